#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Verdicts and exit statuses: values against the kernel's own files, and a machine made of files.
. tests/lib.sh

verdict() { # NAME STATUS RULE...
	name=$1; want=$2; shift 2
	for rule in "$@"; do set -- "$@" -r "$rule"; shift; done
	$KMEMLAB check "$@" $target > "$tmp/out" 2> "$tmp/err"; got=$?
	if [ $got = "$want" ]; then ok "$name"; else not_ok "$name" "exit status $got: $(cat "$tmp/out" "$tmp/err" | head -1)"; fi
}

target=$SMALL
verdict check/default 0
free=$(awk '{ for (o = 0; o < 11; o++) n += $(5 + o) * 2 ^ o } END { print n }' "$SMALL/after/buddyinfo")
huge=$(awk '{ n += $14 + 2 * $15 } END { print n }' "$SMALL/after/buddyinfo")
verdict check/buddyinfo 0 "free_blocks[9] == $huge" "free_pages > $((free * 99 / 100))" "free_pages < $((free * 101 / 100))"
verdict check/fails 1 "lost == 0" "free_blocks[9] > $huge"
verdict check/unknown-is-no-pass 2 "lost == 0" "nosuch < 1"
verdict check/over-time 0 "free_pages <= 1000000 max" "unusable_index[0] == 0 mean" "free_blocks[0] > 0 min"
counter=$(awk '$1 == "pgalloc_dma32" { print $2 }' "$SMALL/after/vmstat")
verdict check/vmstat 0 "vmstat(pgalloc_dma32) == $counter" "vmstat(pgalloc_dma32)/s > 0"
verdict check/objects 0 "waste(kmalloc) < 20 %" "waste(kmalloc) > 0 %" "live_bytes(dentry) > 0" "slab_unused(dentry) < 5 %"
$KMEMLAB check --format json -r 'lost == 0' -r 'lost > 0' "$SMALL" > "$tmp/j"
check check/json jq -e '.failed == 1 and .unknown == 0 and (.rules | map(.verdict)) == ["passed", "failed"]' "$tmp/j"
$KMEMLAB check --format junit -r 'lost < 0' "$SMALL" > "$tmp/x"
if grep -q '<testsuite name="kmemlab check" tests="1" failures="1" errors="0">' "$tmp/x" && grep -q 'name="lost &lt; 0"' "$tmp/x"; then
	ok check/junit; else not_ok check/junit; fi

# Of a trace alone it is not known what was free, at no instant.
target=$SMALL/trace.dat
verdict check/bare 2 "free_pages > 0"
verdict check/bare-over-time 2 "unusable_index[9] <= 1 max"
verdict check/bare-counters 0 "allocs > 0" "lost == 0"

# A machine of files: 3 blocks of order 9 and 100 single pages.
mkdir -p "$tmp/root/proc"
cp "$SMALL/before/zoneinfo" "$tmp/root/proc/"
awk '{ for (i = 5; i <= NF; i++) $i = 0; if ($4 == "DMA32") { $5 = 100; $14 = 3 } print }' "$SMALL/before/buddyinfo" > "$tmp/root/proc/buddyinfo"
echo "oom_kill 7" > "$tmp/root/proc/vmstat"
target="--live --root $tmp/root"
verdict check/live 0 "free_pages == 1636" "free_blocks[9] == 3" "vmstat(oom_kill) == 7" "unusable_index[9] > 0.061" "unusable_index[9] < 0.062"
verdict check/live-over-time 2 "free_pages > 0 max"
verdict check/live-unknown 2 "slab_unused > 0"
target="--live --root $tmp/nothing"
verdict check/live-without-proc 2 "free_pages > 0"
echo 'lost <' > "$tmp/rules"
status check/bad-rule 2 $KMEMLAB check -f "$tmp/rules" "$SMALL"
status check/no-rules-file 2 $KMEMLAB check -f /no/such "$SMALL"
status check/no-capture 2 $KMEMLAB check
# Without rules a running machine is judged by what it can be judged by.
if [ -r /proc/buddyinfo ]; then
	$KMEMLAB check --live --format json > "$tmp/live" 2> "$tmp/err"; got=$?
	check check/live-default jq -e --argjson rc $got '.unknown == 0 and ((.failed > 0) == ($rc == 1)) and $rc < 2' "$tmp/live"
else
	skip check/live-default "no /proc/buddyinfo"
fi
exit $failed
