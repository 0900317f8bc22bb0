#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The flight recorder: each trigger, what it writes, and what it leaves.
. tests/lib.sh
suite=flight
. tests/interop/recorder.sh

# Something for the recorders to see: an idle machine may do nothing for as long as one of them runs.
while :; do /bin/true; sleep 0.01; done & load=$!
start --flight -e pages -o fl -d 20 --max-captures 1 --after 0.2 > fl.out 2>&1
sleep 1.5; kill -USR2 $pid; wait $pid; got=$?
if [ $got = 0 ]; then equal_counts "flight/SIGUSR2 writes a capture" fl-0001 100; else not_ok "flight/SIGUSR2 writes a capture" "status $got"; fi
# What earlier ones wrote, or left when they were killed, stays, and does not count.
mkdir fl-0002.part
start --flight -e pages -o fl -d 20 --max-captures 1 --after 0 > fl.out 2>&1
sleep 1.5; kill -USR2 $pid; wait $pid; got=$?
if [ $got = 0 ] && [ -e fl-0003/trace.dat ] && [ ! -e fl-0004 ]; then ok "flight/goes on where others ended"; else
	not_ok "flight/goes on where others ended" "status $got: $(tail -1 fl.out)"; fi
rec --flight -o tr -d 20 --max-captures 1 --after 0 -t 'kmem:kmem_cache_free if name == "filp"' > fl.out 2>&1
equal_counts "flight/a trigger with a filter" tr-0001 100
# The time that was asked for begins when all is set up: so short a one still sees what comes all the time.
rec --flight -e pages -o brief -d 0.2 --max-captures 1 --after 0 -t kmem:mm_page_alloc > fl.out 2>&1
if [ -e brief-0001/trace.dat ]; then ok "flight/setting up takes nothing of the time"; else
	not_ok "flight/setting up takes nothing of the time" "$(tail -1 fl.out)"; fi
# Each named trigger is one that this kernel takes; one of them is made to come, in a memory group of its own.
for t in alloc-failure fallback oom stall; do
	check "flight/trigger $t" rec --flight -e pages -o named -d 0.2 --max-captures 1 --after 0 -t $t
	rm -rf named-0001
done
group=/sys/fs/cgroup/memory/kmemlab-test-$$
if mkdir "$group" 2> /dev/null && echo 20M > "$group/memory.limit_in_bytes" && echo 0 > "$group/memory.swappiness"; then
	start --flight -e pages -o oom -d 30 --max-captures 1 --after 0.1 -t oom > fl.out 2>&1
	sleep 1.5
	# shellcheck disable=SC2016
	sh -c 'echo $$ > "$1/cgroup.procs"; head -c 200M /dev/zero | tail -c 200M > /dev/null' sh "$group" 2> /dev/null
	wait $pid
	equal_counts "flight/out of memory writes a capture" oom-0001 100
	if trace-cmd report oom-0001/trace.dat 2> /dev/null | grep -q 'mark_victim'; then ok "flight/the trigger is in the capture"; else
		not_ok "flight/the trigger is in the capture" "$(tail -1 fl.out)"; fi
else
	skip "flight/out of memory" "no memory group can be made"
fi
rmdir "$group" 2> /dev/null
status "flight/bad filter" 2 rec --flight -o no -t 'kmem:kmalloc if nonsense >' -d 0.1
status "flight/trigger without flight" 2 rec -o no -t oom -d 0.1
if [ "$(instances)" = 0 ]; then ok "flight/leaves no instance"; else not_ok "flight/leaves no instance"; fi
cd "$here" || exit 1
kill $load
exit $failed
