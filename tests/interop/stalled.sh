#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A disk that stalls in a storm of events, as no measurement before it foresaw: the ring buffers grow, and nothing is lost.
. tests/lib.sh
suite=stalled
. tests/interop/recorder.sh

storm=$here/$BUILD/tests/bench/storm
if [ ! -x "$storm" ]; then skip stalled "$storm is not built"; exit 0; fi
if ! ${CC:-cc} -shared -fPIC -o slow.so "$here/tests/interop/slow.c" -ldl 2> log; then
	skip stalled "no library can be built: $(head -n 1 log)"; exit 0; fi
stall="env LD_PRELOAD=$tmp/slow.so ASAN_OPTIONS=verify_asan_link_order=0"

# stalled NAME OPTION...: into NAME and NAME.json
stalled() { $stall "$k" record --format json -e kmem -o "$@" -- "$storm" 1.5 pipes > "$1.out" 2> err; sed -n '/^{/,$p' "$1.out" > "$1.json"; }
stalled grown
if jq -e '.lost == 0 and .buffer_most_kib > .buffer_kib' grown.json > log; then ok "stalled/the ring buffers grow, nothing is lost"; else
	not_ok "stalled/the ring buffers grow, nothing is lost" "$(jq -c '[.lost, .buffer_kib, .buffer_most_kib]' grown.json) $(head -n 1 err)"; fi
equal_counts "stalled/trace-cmd reads it, with equal counts" grown 10000
# The size that was asked for stays, and what it has no room for is counted.
stalled fixed -b 1024
if jq -e '.lost > 0 and .buffer_most_kib == 1024' fixed.json > log; then ok "stalled/a size that was asked for stays"; else
	not_ok "stalled/a size that was asked for stays" "$(jq -c '[.lost, .buffer_kib, .buffer_most_kib]' fixed.json) $(head -n 1 err)"; fi
counted=$("$k" info --format json fixed | jq '.overrun')
if [ "$counted" = "$(jq .lost fixed.json)" ]; then ok "stalled/what was lost is counted in the capture"; else
	not_ok "stalled/what was lost is counted in the capture" "$counted of $(jq .lost fixed.json)"; fi
exit $failed
