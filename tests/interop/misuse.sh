#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The recorder used in ways that it is not made for: one clear line, the right status, nothing left behind; and what
# others do to it while it runs.
. tests/lib.sh
suite=misuse
. tests/interop/recorder.sh

all=/sys/kernel/tracing/instances
# ready DIR: it writes by now.
ready() { for _ in $(seq 300); do [ -s "$1.part/cpu0.raw" ] && return; sleep 0.1; done; }

echo x > file
status "misuse/no name" 2 rec -o '' -d 0.1
status "misuse/below a file" 2 rec -o file/x -d 0.1
status "misuse/a CPU that is not there" 2 rec -o no -C 0,1000 -d 0.1
status "misuse/no CPU" 2 rec -o no -C '' -d 0.1
status "misuse/a process that is not there" 2 rec -o no -p 999999999 -d 0.1
status "misuse/no list of processes" 2 rec -o no -p 1,x -d 0.1
status "misuse/no task's name" 2 rec -o no --comm 'a"b' -d 0.1
status "misuse/more memory than there is" 2 rec -o no -b 999999999999 -d 0.1
status "misuse/no such clock" 2 rec -o no --clock sundial -d 0.1
status "misuse/no time" 2 rec -o no -d 0
status "misuse/no trigger" 2 rec --flight -o no -t nosuch -d 0.1
status "misuse/a flight with snapshots" 2 rec --flight -o no --snapshot exact -d 0.1
status "misuse/a flight without captures" 2 rec --flight -o no --max-captures 0 -d 0.1
status "misuse/a flight of a process that is not there" 2 rec --flight -o no -p 999999999 -d 0.1
status "misuse/no such command" 2 rec -e pages -o no -- /no/such/command
status "misuse/no program" 2 rec -e pages -o no -- ./file
if grep -q './file: Permission denied' err; then ok "misuse/it says why"; else not_ok "misuse/it says why" "$(cat err)"; fi
status "misuse/a file of that name" 2 rec -o file -d 0.1
if [ -z "$(find . -name '*.part')" ] && [ ! -e no ] && [ "$(instances)" = 0 ]; then ok "misuse/nothing is left"; else
	not_ok "misuse/nothing is left" "$(find . -name '*.part' | head -3) $(instances) instances"; fi
if setpriv --reuid 65534 --regid 65534 --clear-groups true 2> /dev/null; then
	export LSAN_OPTIONS=suppressions=$here/tests/fuzz/lsan.supp:print_suppressions=0
	status "misuse/not root" 2 setpriv --reuid 65534 --regid 65534 --clear-groups "$k" record -o /tmp/kmemlab-nobody -d 0.1
else
	skip "misuse/not root" "no setpriv"
fi

# A command gets its own arguments and none of ours, with -- before it or without.
rec -e pages -o given --format json -- sh -c 'printf "<%s>" "$@" > given.args' sh -c --format 'a b' > given.out 2>&1
if [ "$(cat given.args)" = '<-c><--format><a b>' ]; then ok "misuse/a command's arguments"; else
	not_ok "misuse/a command's arguments" "$(cat given.args given.out)"; fi
rec -o given2 -e pages sh -c 'printf "<%s>" "$@" > given.args' sh -d 1 -- > given.out 2>&1
if [ "$(cat given.args)" = '<-d><1><-->' ]; then ok "misuse/a command's arguments without --"; else
	not_ok "misuse/a command's arguments without --" "$(cat given.args given.out)"; fi

# What the command meets is what it would meet without us; a slash behind the name is none of the name.
rec -e pages --format json -o told/ -- sh -c 'yes | head -n 1; kill -9 $$' > told.json 2> err
if [ "$(sed -n '/^{/,$p' told.json | jq .command_status)" = 137 ] && [ -e told/trace.dat ]; then ok "misuse/a command that is killed"; else
	not_ok "misuse/a command that is killed" "$(head -n 1 err)"; fi
if [ -s err ]; then not_ok "misuse/a broken pipe ends the command's commands" "$(head -n 1 err)"; else ok "misuse/a broken pipe ends the command's commands"; fi
rec -e pages -o deaf -d 0.2 -- sh -c 'trap "" TERM; echo $$ > deaf.pid; while :; do sleep 1; done' > deaf.out 2> err; got=$?
if [ $got = 0 ] && grep -q 'still runs' deaf.out && [ -e deaf/trace.dat ]; then ok "misuse/a command that does not end"; else
	not_ok "misuse/a command that does not end" "status $got: $(head -n 1 err)"; fi
kill -9 "$(cat deaf.pid)"

# While one is at work nobody else finishes it; any signal that could end it ends it well.
start -e pages -o live > live.out 2>&1
live=$pid
ready live
status "misuse/--finish of a recorder at work" 2 "$k" record --finish -o live
status "misuse/another into the same folder" 2 rec -e pages -o live -d 0.1
kill -USR1 $live; kill -ALRM $live; wait $live; got=$?
if [ $got = 0 ] && [ -e live/trace.dat ] && [ "$(instances)" = 0 ]; then ok "misuse/any signal ends it well"; else not_ok "misuse/any signal ends it well" "status $got"; fi

# Process 1 is alive, but that is no recorder's instance; what is in use stays.
if mkdir $all/kmemlab-1 $all/kmemlab-2 2> /dev/null; then
	exec 9< $all/kmemlab-2/trace_pipe
	rec -e pages -o tidy -d 0.1 > tidy.out 2>&1
	if [ ! -d $all/kmemlab-1 ] && [ -d $all/kmemlab-2 ]; then ok "misuse/a pid that has come round"; else not_ok "misuse/a pid that has come round"; fi
	exec 9<&-
	rmdir $all/kmemlab-2
else
	skip "misuse/a pid that has come round" "no instance can be made"
fi

# A disk without room for the snapshots has some for the trace; one without any keeps nothing.
mkdir small
flags=$(($(getconf _PHYS_PAGES) * 8 / 1024))
room=$(($(wc -c < /proc/kallsyms) / 1024 * 2 + 12000))
if [ $room -lt $flags ] && mount -t tmpfs -o size=${room}k tmpfs small 2> /dev/null; then
	(cd small && rec --flight -e pages -b 512 -o fl -d 30 --after 0 -t kmem:mm_page_alloc > ../full.out 2> ../err); got=$?
	if [ $got = 2 ] && grep -q 'not whole.*No space' err; then ok "misuse/a flight's full disk is told"; else
		not_ok "misuse/a flight's full disk is told" "status $got: $(head -n 1 err)"; fi
	equal_counts "misuse/the trace counts more than the snapshots" small/fl-0001 1
	umount small
else
	skip "misuse/a flight's full disk" "no tmpfs can be mounted, or the snapshots are smaller than the rest"
fi
if mount -t tmpfs -o size=1000k tmpfs small 2> /dev/null; then
	(cd small && rec --flight -e pages -b 512 -o fl -d 30 --after 0 -t kmem:mm_page_alloc > ../full.out 2> ../err); got=$?
	if [ $got = 2 ] && [ -z "$(ls -A small)" ]; then ok "misuse/no room at all leaves nothing"; else
		not_ok "misuse/no room at all leaves nothing" "status $got: $(head -n 1 err); $(ls -A small)"; fi
	umount small
fi
cd "$here" || exit 1
exit $failed
