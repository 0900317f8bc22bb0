#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The recorder told to record less, or more often: some CPUs, some processes, tasks of a name, snapshots in between; two
# of them at once; and the flight recorder's limits.  What it should hold is known from who did the work.
. tests/lib.sh
suite=narrowed
[ -z "${QUICK:-}" ] || { skip narrowed "QUICK is set"; exit 0; }
. tests/interop/recorder.sh

events() { "$k" info --format json "$1" 2> /dev/null | jq "$2"; }
# The marks of the snapshots, each file's begin and end: as many as without any narrowing.
rec -e pages -o all -d 0.2 > all.out 2>&1
marks=$(events all .events.print)
# On a CPU that the recorder is not on, the marks come with it.
last=$(($(getconf _NPROCESSORS_ONLN) - 1))
for cpu in 0 $last; do
	taskset -c $((last - cpu)) "$k" record -e pages -C $cpu -o cpu$cpu -d 0.3 > cpu.out 2>&1
	if [ "$(events cpu$cpu "[.by_cpu[] | select(.events > 0).cpu] == [$cpu]")" = true ]; then ok "narrowed/CPU $cpu alone"; else
		not_ok "narrowed/CPU $cpu alone" "$(events cpu$cpu .by_cpu | tr -d ' \n') $(tail -n 1 cpu.out)"; fi
	if [ "$(events cpu$cpu .events.print)" = "$marks" ] && [ "$marks" -gt 20 ]; then ok "narrowed/CPU $cpu: all $marks marks"; else
		not_ok "narrowed/CPU $cpu: all marks" "$(events cpu$cpu .events.print) of $marks"; fi
	[ "$last" != 0 ] || break
done

# A process and its children, by their pids: only theirs, and of each of them some.
tasks() { "$k" dump --format csv "$1" 2> /dev/null | awk -F, 'NR > 1 && $5 != "print" { print $3 }' | sort -u; }
mkfifo go
# shellcheck disable=SC2016
sh -c 'read x < go; for i in 1 2 3; do sh -c "echo \$\$ >> pids.seen; exec cat /proc/self/status" > /dev/null; done; echo $$ >> pids.seen; read x < go' &
shell=$!
start -e slab -p $shell -o pid -d 30 > pid.out 2>&1
for _ in $(seq 300); do [ -s pid.part/before/buddyinfo ] && break; sleep 0.1; done
sleep 0.5
echo > go; sleep 2; kill -INT $pid; wait $pid
echo > go; wait $shell
tasks pid > pids.got
sort -u pids.seen > pids.want
if [ "$(wc -l < pids.want)" = 4 ] && [ -z "$(comm -13 pids.got pids.want)" ] && [ -z "$(comm -23 pids.got pids.want)" ]; then ok "narrowed/a process and its children"; else
	not_ok "narrowed/a process and its children" "got $(tr '\n' ' ' < pids.got), want $(tr '\n' ' ' < pids.want)"; fi

# Tasks of a name.
cp /bin/true ./kmlnamed
# shellcheck disable=SC2016
rec -e slab --comm kmlnamed -o comm -- sh -c 'i=0; while [ $i -lt 20 ]; do ./kmlnamed; /bin/true; i=$((i + 1)); done' > comm.out 2>&1
"$k" dump --format csv comm 2> /dev/null | awk -F, 'NR > 1 && $5 != "print" { print $3, $4 }' | sort -u > comm.got
if [ "$(wc -l < comm.got)" -ge 20 ] && ! grep -v ' "\?kmlnamed' comm.got | grep -qv '<\.\.\.>'; then ok "narrowed/tasks of a name"; else
	not_ok "narrowed/tasks of a name" "$(wc -l < comm.got): $(grep -v ' "\?kmlnamed' comm.got | head -3 | tr '\n' ' ')"; fi
# Every command says on what narrow ground it stands.
for c in cpu0 pid comm; do "$k" verify $c 2>&1 > /dev/null | grep -o 'only the events of .* were recorded'; done > said.got
"$k" verify all 2>&1 > /dev/null | grep 'only the events' >> said.got
printf 'only the events of %s were recorded\n' 'some CPUs' 'some processes' 'tasks of one name' > said.want
same narrowed/is-said said.want said.got
# So it is with events that should stand beside those that were asked for.
rec -e kmem:mm_page_alloc,kmem:kmalloc -o some -d 0.2 > some.out 2>&1
{ "$k" verify some; "$k" verify all; } 2>&1 > /dev/null | grep -o 'without [a-z_]* ' > said.got
printf 'without %s \n' mm_page_free mm_page_alloc_zone_locked kfree > said.want
same narrowed/what-is-missing said.want said.got

# Snapshots in between, each with its marks in the trace and its files in a folder.
rec -e pages --snapshot-every 1 -o often -d 3.5 --format json > often.json 2> err
n=$(jq .snapshots often.json)
"$k" dump -e print often 2> /dev/null | grep -c 'snap: snap-[0-9]*/buddyinfo begin' > often.marks
if [ "$n" -ge 1 ] && [ "$(find often -maxdepth 1 -name 'snap-*' | wc -l)" = "$n" ] && [ "$(cat often.marks)" = "$n" ] && [ -s often/snap-0001/zoneinfo ]; then
	ok "narrowed/snapshots in between ($n)"; else not_ok "narrowed/snapshots in between" "$n, $(cat often.marks) marked; $(head -n 1 err)"; fi

# Two recorders at once see the same work, event for event, and neither takes the other's instance.
start -e slab --comm kmlnamed -o one -d 60 > one.out 2>&1; first=$pid
start -e slab --comm kmlnamed -o two -d 60 > two.out 2>&1; second=$pid
for d in one two; do for _ in $(seq 600); do [ -s $d.part/before/buddyinfo ] && break; sleep 0.1; done; done
sleep 1
for _ in $(seq 20); do ./kmlnamed; done
kill -INT $first; wait $first; got=$?
kill -INT $second; wait $second; got=$got$?
if [ $got = 00 ] && [ "$(instances)" = 0 ]; then ok "narrowed/two at once end well"; else not_ok "narrowed/two at once end well" "$got: $(tail -n 1 one.out) $(tail -n 1 two.out)"; fi
for d in one two; do "$k" dump --format csv $d 2> /dev/null | awk -F, 'NR > 1 && $5 != "print" { print $2, $3, $5 }' > $d.events; done
# Of one time on two CPUs either may stand first.
for d in one two; do sort -o $d.events $d.events; done
same "narrowed/two at once: the same events" one.events two.events
[ "$(wc -l < one.events)" -gt 1000 ] || not_ok "narrowed/two at once: hardly any events" "$(wc -l < one.events)"

# The flight recorder's limits: a trigger that comes all the time, so many captures, so many bytes.
rec --flight -e pages -b 512 -o many -d 60 --after 0 --max-captures 2 -t kmem:mm_page_alloc > fl.out 2>&1; got=$?
if [ $got = 0 ] && [ "$(find . -maxdepth 1 -name 'many-*' | wc -l)" = 2 ] && grep -q '^2 captures' fl.out; then ok "narrowed/so many captures of a flight"; else
	not_ok "narrowed/so many captures of a flight" "status $got: $(find . -maxdepth 1 -name 'many-*' | tr '\n' ' ')$(tail -n 1 fl.out)"; fi
rec --flight -e pages -b 512 -o heavy -d 60 --after 0 --max-bytes 1000 -t kmem:mm_page_alloc > fl.out 2>&1; got=$?
if [ $got = 0 ] && [ "$(find . -maxdepth 1 -name 'heavy-*' | wc -l)" = 1 ]; then ok "narrowed/so many bytes of a flight"; else
	not_ok "narrowed/so many bytes of a flight" "status $got: $(find . -maxdepth 1 -name 'heavy-*' | tr '\n' ' ')$(tail -n 1 fl.out)"; fi
if [ "$(instances)" = 0 ]; then ok "narrowed/no instance is left"; else not_ok "narrowed/no instance is left"; fi
cd "$here" || exit 1
exit $failed
