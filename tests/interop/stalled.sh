#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A disk that stalls amid more events than any measurement before foresaw: the ring buffers grow, and nothing is lost.
# How fast the machine is decides nothing here: the disk stalls until what has to happen has happened, and the events come
# in bursts, each of which has room in the half of a buffer that is free when it is to grow.
. tests/lib.sh
suite=stalled
. tests/interop/recorder.sh

storm=$here/$BUILD/tests/bench/storm
if [ ! -x "$storm" ]; then skip stalled "$storm is not built"; exit 0; fi
if ! ${CC:-cc} -shared -fPIC -o slow.so "$here/tests/interop/slow.c" -ldl 2> log; then
	skip stalled "no library can be built: $(head -n 1 log)"; exit 0; fi
export STALL=$tmp/stall
bursts="touch \"$tmp/begun\"; while [ -e \"\$STALL\" ]; do \"$storm\" 0.03 pipes; sleep 0.2; done"

# stalled UNTIL NAME OPTION...: the disk stalls from the start, and until UNTIL says so of the files of the instance's
# CPUs, asked when the bursts have begun; into NAME and NAME.json
stalled() {
	local until=$1 name=$2
	shift 2
	rm -f begun
	touch "$STALL"
	LD_PRELOAD=$tmp/slow.so ASAN_OPTIONS=verify_asan_link_order=0 "$k" record --format json -e kmem -o "$name" "$@" \
		-- sh -c "$bursts" > "$name.out" 2> err &
	pid=$!
	echo $pid >> pids
	for _ in $(seq 1200); do
		if [ -e begun ]; then ! $until "/sys/kernel/tracing/instances/kmemlab-$pid/per_cpu" || break; fi
		kill -0 $pid 2> /dev/null || break
		sleep 0.1
	done
	rm -f "$STALL"
	wait $pid
	sed -n '/^{/,$p' "$name.out" > "$name.json"
}
# A buffer is larger than the smallest was at first.
grown() {
	local now
	now=$(cat "$1"/cpu*/buffer_size_kb 2> /dev/null | sort -n)
	first=${first:-${now%%$'\n'*}}
	[ "${now##*$'\n'}" -gt "$first" ]
}
overrun() { grep -qs '^overrun: [1-9]' "$1"/cpu*/stats; }

stalled grown growing
if jq -e '.lost == 0 and .buffer_most_kib > .buffer_kib' growing.json > log; then ok "stalled/the ring buffers grow, nothing is lost"; else
	not_ok "stalled/the ring buffers grow, nothing is lost" "$(jq -c '[.lost, .buffer_kib, .buffer_most_kib]' growing.json) $(head -n 1 err)"; fi
equal_counts "stalled/trace-cmd reads it, with equal counts" growing 10000
# The size that was asked for stays, and what it has no room for is counted.
stalled overrun fixed -b 1024
if jq -e '.lost > 0 and .buffer_most_kib == 1024' fixed.json > log; then ok "stalled/a size that was asked for stays"; else
	not_ok "stalled/a size that was asked for stays" "$(jq -c '[.lost, .buffer_kib, .buffer_most_kib]' fixed.json) $(head -n 1 err)"; fi
counted=$("$k" info --format json fixed | jq '.overrun')
if [ "$counted" = "$(jq .lost fixed.json)" ]; then ok "stalled/what was lost is counted in the capture"; else
	not_ok "stalled/what was lost is counted in the capture" "$counted of $(jq .lost fixed.json)"; fi
exit $failed
