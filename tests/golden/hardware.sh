#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# colour and tlb on the bundled capture: against slabinfo, against each other, and on addresses made by hand.
. tests/lib.sh

$KMEMLAB colour --top 0 --format json "$SMALL" > "$tmp/colour.json" || not_ok "colour/runs"
# Objects that live at the end: slabinfo counts a CPU's slab as full, so it has up to 5 % more.
active=$(awk 'NR > 2 { n += $2 } END { print n }' "$SMALL/after/slabinfo")
live=$(jq '[.[] | select(.cache == "all together" and .addresses == "recorded")][0].objects' "$tmp/colour.json")
if [ "$live" -le "$active" ] && [ $((live * 100)) -ge $((active * 95)) ]; then ok "colour/objects of slabinfo, but for per-CPU slack"; else
	not_ok "colour/objects of slabinfo, but for per-CPU slack" "$live of $active"; fi
# The simulated SLUB has its objects nearly where the kernel had them.
check "colour/simulated SLUB as recorded" jq -e '
	[.[] | select(.cache == "all together")] | group_by(.level) | length == 3 and all(
		(map(select(.addresses == "recorded"))[0]) as $r | (map(select(.addresses == "slub"))[0]) as $s |
		($s.most - $r.most | fabs) <= 0.05 * $r.most + 1 and ($s.deviation - $r.deviation | fabs) <= 0.02 * $r.deviation)' "$tmp/colour.json"
# A cache whose slabs have room left over: colouring reaches sets that nothing else does.
check "colour/colouring uses more sets" jq -e '
	[.[] | select(.cache == "inode_cache" and .level == "L1d")] |
	(map(select(.addresses == "slab"))[0].sets) > (map(select(.addresses == "slab, no colouring"))[0].sets)' "$tmp/colour.json"
check "colour/rows are consistent" jq -e 'all(.sets <= .of_sets and .sets <= .lines and .most <= .lines and
	(.misses // 0) <= 1 and .lines <= .objects * 40)' "$tmp/colour.json"
check "colour/another processor" "$KMEMLAB" colour --cache 32K:8 --top 1 "$SMALL"
status "colour/no such cache" 2 "$KMEMLAB" colour --cache 33K:8:7 "$SMALL"
status "colour/a bare trace knows no caches" 2 "$KMEMLAB" colour "$SMALL/trace.dat"

$KMEMLAB tlb --model all --format json "$SMALL" > "$tmp/tlb.json" || not_ok "tlb/runs"
check "tlb/larger pages never miss more" jq -e '
	[.pressure[] | select(.mapped != "x")] | group_by(.model) | length > 8 and
	all(sort_by(.mapping | {"4 KiB": 0, "2 MiB": 1, "1 GiB": 2}[.]) | [.[].walks] | . == (sort | reverse))' "$tmp/tlb.json"
check "tlb/walks are L1 misses are accesses" jq -e '.pressure | all(.walks <= .l1_misses and .l1_misses <= .accesses)' "$tmp/tlb.json"
kb=$(awk '/^DirectMap/ { n += $2 } END { print n }' "$SMALL/after/meminfo")
check "tlb/the direct map of meminfo" jq -e --argjson kb "$kb" '.areas[] | select(.area == "direct map") |
	(.bytes_4k + .bytes_2m + .bytes_1g) / 1024 == $kb' "$tmp/tlb.json"
# 65 pages in turn through 64 entries in 16 sets of 4: only the set with five pages misses again.
i=0; : > "$tmp/addr"
for turn in 1 2 3; do i=0; while [ $i -lt 65 ]; do printf '[0] %x\n' $((i * 4096)) >> "$tmp/addr"; i=$((i + 1)); done; done
$KMEMLAB tlb --model skylake --accesses "$tmp/addr" --format json "$SMALL" > "$tmp/own.json"
check "tlb/given accesses: 65 + 2 * 5 misses, 65 walks" jq -e '.pressure[0] |
	.accesses == 195 and .l1_misses == 75 and .walks == 65' "$tmp/own.json"
echo nonsense > "$tmp/addr"
status "tlb/damaged accesses" 2 "$KMEMLAB" tlb --accesses "$tmp/addr" "$SMALL"
status "tlb/unknown processor" 2 "$KMEMLAB" tlb --model z80 "$SMALL"
exit $failed
