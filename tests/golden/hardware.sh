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
# What a profiler or DAMON saw, in their own words: 3 pages on CPU 1, then regions of 4 and of 1 page, and what
# DAMON did not see touched.
cat > "$tmp/script" <<'END'
# perf script -F comm,pid,cpu,time,event,addr
        bash   812 [001]  33.100000:          1 cpu/mem-loads/P:     7f0000001008
        bash   812 [001]  33.200000:          1 cpu/mem-loads/P:     7f0000002010
[001]     7f0000003000
END
cat > "$tmp/damo" <<'END'
base_time_absolute: 8 m 59.809 s

monitoring_start:                0 ns
nr_regions: 3
7f0000001000-7f0000005000(  16.000 KiB):	3
7f0000005000-7f0000006000(   4.000 KiB):	1
7f0000006000-7f0000009000(  12.000 KiB):	0
END
# The trace point, in decimal: 0x1000-0x3000 seen touched twice.
echo ' kdamond.0-77 [000] ..... 9.5: damon_aggregated: target_id=0 nr_regions=1 4096-12288: 2 7' > "$tmp/damon"
printf '# PID, TID, IP, ADDR, LOCAL WEIGHT, DSRC, SYMBOL\n 10 10 0x55 0x1008 7 |OP LOAD main\n 10 10 0x55 0x2008 7 |OP LOAD main\n' > "$tmp/mem"
for form in script:3:3 damo:13:5 damon:4:2 mem:2:2; do
	f=${form%%:*}; rest=${form#*:}
	$KMEMLAB tlb --model skylake --accesses "$tmp/$f" --format json "$SMALL" > "$tmp/own.json"
	check "tlb/accesses of $f" jq -e --argjson n "${rest%:*}" --argjson w "${rest#*:}" \
		'.pressure[0] | .accesses == $n and .walks == $w' "$tmp/own.json"
done
status "tlb/unknown processor" 2 "$KMEMLAB" tlb --model z80 "$SMALL"
# Objects of 904 bytes on lines of 64: 960. SLAB has 4 in a page and 256 bytes over, 4 colours: with 32 slabs, 4 sets of
# 32 lines without colouring and 16 sets of 8, which is all that 8 ways hold, with it.  What Bonwick's paper is about.
$KMEMLAB colour --synthetic 904:32 --cache 32K:8 --figure "$tmp/b.svg" --format json > "$tmp/b.json"
check "colour/an invented cache" jq -e '
	(map({key: .addresses, value: .}) | from_entries) as $r |
	$r["slab, no colouring"].sets == 4 and $r["slab, no colouring"].most == 32 and $r["slab, no colouring"].misses == 1 and
	$r["slab"].sets == 16 and $r["slab"].most == 8 and $r["slab"].misses == 0 and
	$r["slab, offset 2x"].sets == 8 and $r["slab, offset 4x"].sets == 4' "$tmp/b.json"
check "colour/its figure" grep -q '<svg.*' "$tmp/b.svg"
# The same in a recorded cache, one of inodes: SLUB as recorded and SLAB without colouring crowd, colouring lets all fit.
$KMEMLAB colour --slab ext4_inode_cache --cache 256K:8 --format json "$SMALL" > "$tmp/x.json"
check "colour/a recorded cache of inodes" jq -e '(map({key: .addresses, value: .}) | from_entries) as $r |
	$r.recorded.misses == 1 and $r["slab, no colouring"].misses == 1 and $r.slab.misses == 0 and
	$r.slab.sets > 5 * $r.recorded.sets' "$tmp/x.json"
status "colour/no such slab cache" 2 "$KMEMLAB" colour --slab nothing "$SMALL"
status "colour/an invented cache needs a processor" 2 "$KMEMLAB" colour --synthetic 904
# A machine of two page colours, slabs of a page: in turn, each has half of them.
$KMEMLAB colour --synthetic 64:64 --cache 64K:8 --format json > "$tmp/p.json"
check "colour/page colours in turn" jq -e '.[] | select(.addresses == "slub, page colours in turn") |
	.deviation == 0 and .most == 32' "$tmp/p.json"

# The results file has the same numbers.
$KMEMLAB replay -n 10 --hardware -o "$tmp/hw.db" "$SMALL" > /dev/null
sqlite3 -json "$tmp/hw.db" "SELECT cache, addresses, level, objects, lines, sets_used AS sets, most FROM set_load
	WHERE hot_lines = 1 AND cache = 'all together' ORDER BY id" > "$tmp/db.json"
jq '[.[] | select(.cache == "all together") | {cache, addresses, level, objects, lines, sets, most}]' "$tmp/colour.json" > "$tmp/want.json"
jq . "$tmp/db.json" > "$tmp/have.json"
same "hardware/results as colour has them" "$tmp/want.json" "$tmp/have.json"
bad=$(sqlite3 "$tmp/hw.db" "SELECT count(*) FROM set_load l WHERE sets <> (SELECT sum(sets) FROM set_histogram h WHERE
	h.set_load_id = l.id) OR lines <> (SELECT sum(sets * lines) FROM set_histogram h WHERE h.set_load_id = l.id)")
[ "$bad" = 0 ] && ok "hardware/histograms add up" || not_ok "hardware/histograms add up" "$bad"
sqlite3 -json "$tmp/hw.db" "SELECT mapping, accesses, l1_misses, walks FROM tlb_pressure WHERE processor LIKE '%Zen 3' ORDER BY id" |
	jq . > "$tmp/have.json"
jq '[.pressure[] | select(.model | endswith("Zen 3")) | {mapping, accesses, l1_misses, walks}]' "$tmp/tlb.json" > "$tmp/want.json"
same "hardware/pressure as tlb has it" "$tmp/want.json" "$tmp/have.json"
# A workload file says the same as the capture it was made from.
$KMEMLAB import -q -o "$tmp/s.kmw" "$SMALL"
$KMEMLAB tlb --model all --format json "$tmp/s.kmw" > "$tmp/kmw.json"
same "hardware/tlb of a workload" "$tmp/tlb.json" "$tmp/kmw.json"

# Maps of high memory: the window of the recorded kernel is flushed as often as the recording says.
if [ -d "$TRACES/i386-6.1-highmem" ]; then
	$KMEMLAB tlb --format json "$TRACES/i386-6.1-highmem" > "$tmp/h.json"
	n=$($KMEMLAB info --format json "$TRACES/i386-6.1-highmem" | jq .events.flush_all_zero_pkmaps)
	check "kmap/flushes as recorded" jq -e --argjson n "$n" '(.kmap | length == 4) and
		(.kmap[] | select(.own == "yes") | .flushes == $n) and (.kmap | map(.flushes) | . == (sort | reverse))' "$tmp/h.json"
else
	skip "kmap/flushes as recorded" "no capture of a machine with high memory"
fi
exit $failed
