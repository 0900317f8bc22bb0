#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The recorder on the running kernel: its captures open in trace-cmd with equal counts, nothing is left behind whatever
# ends it, and a full disk or kill -9 loses no more than the last sub-buffer.
. tests/lib.sh
suite=record
. tests/interop/recorder.sh

check "record/a command" rec -o one -- sh -c "$work"
equal_counts "record/trace-cmd reads it, with equal counts" one 1000
if [ -z "$(find one -type f -perm /077)" ] && [ -z "$(find one -type d -perm /077)" ]; then ok "record/files are the owner's"; else
	not_ok "record/files are the owner's"; fi
if [ "$(trace-cmd report one/trace.dat 2> /dev/null | grep -c 'snap: before/buddyinfo begin')" = 1 ]; then ok "record/snapshots are marked"; else
	not_ok "record/snapshots are marked"; fi
# At the end the recording knows the free blocks as the kernel counted them. Without ordered lists at the start, a few
# pages whose free went past the per-CPU lists unseen, or that a driver took, may differ: no more than 1 in 200 on a busy machine.
"$k" state --at end one > state.out 2> /dev/null
if cmp -s state.out one/after/buddyinfo; then ok "record/state at the end is after/buddyinfo"; else
	"$k" verify --format json one 2> /dev/null | jq -r '.recorded | "\(.pages_differ) \(.pages_disputed) \(.contradictions) \([.zones[].free_snapshot] | add)"' > apart
	read -r differ disputed wrong free < apart
	echo "# $differ of $free free pages differ at the end, $disputed disputed, $wrong contradictions"
	if [ "$((differ * 200))" -le "$free" ] && [ "$((wrong * 1000))" -le "$free" ]; then
		ok "record/state at the end is after/buddyinfo, but for $differ of $free pages"; else
		not_ok "record/state at the end" "$differ of $free pages differ, $wrong contradictions"; fi
fi
if [ "$(instances)" = 0 ]; then ok "record/no instance is left"; else not_ok "record/no instance is left"; fi

rec --format json -o json -e pages --command-only -- sh -c "$work" > json.out 2> err
if [ "$(jq '.lost' json.out)" = 0 ] && ! trace-cmd report json/trace.dat 2> /dev/null | grep -q kmalloc; then ok "record/preset pages, as JSON"; else
	not_ok "record/preset pages, as JSON" "$(head -1 err)"; fi
# Of objects that nobody recorded there is nothing to say.
"$k" verify json > pages.out 2> err
if grep -q '^Slabs: neither followed nor simulated' pages.out && ! grep -q 'Simulated with the objects' pages.out &&
	[ "$("$k" verify --format json json 2>> err | jq -c .objects)" = null ]; then ok "record/preset pages has no figures of objects"; else
	not_ok "record/preset pages has no figures of objects" "$(tail -n 1 pages.out) $(cat err)"; fi

# kill -9, then the next start tidies up.
for wait in 0.3 0.9 1.7; do
	rm -rf killed killed.part
	start -o killed -- sh -c "$forever" > /dev/null 2>&1
	sleep $wait; kill -9 $pid; wait $pid 2> /dev/null
	if [ -e killed.part/cpu0.raw ]; then
		check "record/killed after $wait s: what was got" "$k" record --finish -o killed
		equal_counts "record/killed after $wait s: readable to its end" killed 0
	else
		ok "record/killed after $wait s, before the first event"
	fi
done
rec -o next -d 0.1 > /dev/null 2>&1
if [ "$(instances)" = 0 ]; then ok "record/the next start removes what was left"; else not_ok "record/the next start removes what was left"; fi

# A crash of any of its threads ends the process; its guardian is left, and removes the instance.
start -e pages -o crashed > crashed.out 2>&1
for _ in $(seq 300); do [ -s crashed.part/cpu0.raw ] && break; sleep 0.1; done
kill -SEGV $pid; wait $pid 2> /dev/null
for _ in $(seq 100); do [ "$(instances)" = 0 ] && break; sleep 0.1; done
if [ "$(instances)" = 0 ]; then ok "record/a crash leaves no instance"; else not_ok "record/a crash leaves no instance"; fi
check "record/a crash: what was got" "$k" record --finish -o crashed
equal_counts "record/a crash: readable to its end" crashed 1

start -o ended > ended.out 2>&1
sleep 2; kill -INT $pid; wait $pid; got=$?
if [ $got = 0 ] && [ -e ended/trace.dat ] && [ "$(instances)" = 0 ]; then ok "record/SIGINT ends it well"; else
	not_ok "record/SIGINT ends it well" "status $got"; fi
status "record/a capture is not overwritten" 2 rec -o ended -d 0.1

mkdir early.part
status "record/--finish of what never began" 2 "$k" record --finish -o early
(ulimit -f 20000; rec -o limited -d 20 -- sh -c "$forever" > limited.out 2>&1); got=$?
if [ $got = 2 ] && [ "$(instances)" = 0 ]; then ok "record/a limit on files ends it like a full disk"; else
	not_ok "record/a limit on files ends it like a full disk" "status $got"; fi

mkdir small
room=$(($(du -sk --exclude=trace.dat one | cut -f1) / 2 + 36000))
if mount -t tmpfs -o size=${room}k tmpfs small 2> /dev/null; then
	(cd small && rec -o full -d 30 -- sh -c "$forever" > ../full.out 2>&1); got=$?
	if [ $got = 2 ] && grep -q 'ENDED EARLY.*No space' full.out; then ok "record/a full disk ends it, and says so"; else
		not_ok "record/a full disk ends it, and says so" "status $got: $(tail -1 full.out)"; fi
	equal_counts "record/what was got before the disk was full" small/full 1000
	umount small
else
	skip "record/full disk" "no tmpfs can be mounted"
fi

status "record/unknown event" 2 rec -o no -e no:such -d 0.1
status "record/unknown preset" 2 rec -o no -e ../x -d 0.1
status "record/no such folder" 2 rec -o no/such/folder -d 0.1
if [ ! -e no ] && [ ! -e no.part ] && [ "$(instances)" = 0 ]; then ok "record/failures leave nothing"; else not_ok "record/failures leave nothing"; fi
cd "$here" || exit 1
exit $failed
