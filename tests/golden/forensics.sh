#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Page blocks, who holds them, and the evidence in a results file: what must agree does.
. tests/lib.sh

state() { $KMEMLAB state --format json "$@" "$SMALL" 2>> "$tmp/errors"; }
state --show pageblocks > "$tmp/blocks"
state --show holders > "$tmp/holders"
state --show pins > "$tmp/pins"
check forensics/blocks jq -e 'length > 10 and all(.free + .pcp + .movable + .pinned + .unknown <= 512)' "$tmp/blocks"
check forensics/holders-fill-their-blocks jq -e --slurpfile h "$tmp/holders" '
	[.[] | select(.kind == "mixed") | [.pfn, .pinned]] == ($h[0] | group_by(.block) | map([.[0].block, (map(.pages) | add)]))' "$tmp/blocks"
check forensics/pins-sum-up jq -e --slurpfile b "$tmp/blocks" '
	([$b[0][] | select(.kind == "mixed") | .free + .pcp + .movable] | add) as $kept |
	((map(.kept) | add) - $kept | fabs) < 0.01 and (map(.kept) == (map(.kept) | sort | reverse))' "$tmp/pins"
check forensics/slabs-have-sites jq -e '[.[] | select(.cache != null and .site != null)] | length > 0' "$tmp/pins"
$KMEMLAB state --show pageblocks --format csv "$SMALL" > "$tmp/csv"
check forensics/csv test "$(wc -l < "$tmp/csv")" = "$(jq 'length + 1' "$tmp/blocks")"
# The free pages of blocks at the start are the kernel's own count.
state --show pageblocks --at start > "$tmp/start"
want=$(awk '{ for (o = 0; o < 11; o++) n += $(5 + o) * 2 ^ o } END { print n }' "$SMALL/before/buddyinfo")
check forensics/start-is-buddyinfo test "$(jq 'map(.free) | add' "$tmp/start")" = "$want"
check forensics/start-types sh -c '
	jq -r "group_by(.type) | map(\"\(.[0].type) \(length)\")[]" "$1" | sort > "$3"
	awk "/^Number of blocks/ { for (i = 5; i <= NF; i++) name[i] = \$i }
		/^Node.*zone/ && name[5] && !/type/ { for (i = 5; i <= NF; i++) n[i] += \$i }
		END { for (i in n) if (n[i]) print name[i], n[i] }" "$2" | sort | diff - "$3"' \
	sh "$tmp/start" "$SMALL/before/pagetypeinfo" "$tmp/types"
# The binary map: its free blocks are those of the CSV, and so is every frame's state.
$KMEMLAB state --show frames "$SMALL" > "$tmp/frames.csv" 2>> "$tmp/errors"
$KMEMLAB state --show frames-binary "$SMALL" > "$tmp/frames.bin" 2>> "$tmp/errors"
at() { od -An -v -t "u$2" -j "$1" -N "$2" "$tmp/frames.bin" | tr -d ' '; }
frames=$(at 8 8); zones=$(at 22 2); blocks=$(((frames + 511) / 512)); head=$((24 + 32 * zones))
check forensics/binary-length test "$(wc -c < "$tmp/frames.bin")" = $((head + blocks + frames))
check forensics/binary-magic test "$(head -c 8 "$tmp/frames.bin")" = KMFRAME1
od -An -v -t u1 -w1 -j $((head + blocks)) "$tmp/frames.bin" | awk '{ s = $1 % 16; o = int($1 / 16)
	if (s == 1 && o < 15) print NR - 1, o; n[s]++ } END { for (s in n) if (s > 0) print "state", s, n[s] }' | sort > "$tmp/of.bin"
awk -F, 'BEGIN { split("free pcp user slab kernel reclaimable unknown", w, " "); for (i in w) id[w[i]] = i }
	NR > 1 { if ($5 == "free") print $1, $6; n[id[$5]] += $2 } END { for (s in n) print "state", s, n[s] }' "$tmp/frames.csv" | sort > "$tmp/of.csv"
same forensics/binary-as-csv "$tmp/of.csv" "$tmp/of.bin"
status forensics/holders-of-a-simulation 2 $KMEMLAB state --show pins --policy native "$SMALL"

$KMEMLAB replay -o "$tmp/r.db" --samples 20 "$SMALL" > /dev/null 2>> "$tmp/errors"
db() { sqlite3 "$tmp/r.db" "$1"; }
state --show pageblocks --policy native > "$tmp/native"
counts='[.[] | .kind] | [map(select(. == "free")), map(select(. == "movable")), map(select(. == "mixed")), map(select(. == "pinned")), map(select(. == "partial"))] | map(length) | join("|")'
check forensics/simulated-samples-as-a-count-anew test "$(db "SELECT sum(free), sum(movable), sum(mixed), sum(pinned), sum(partial)
	FROM block_use u JOIN run r ON r.id = u.run_id WHERE r.policy = 'native' AND seq = 19")" = "$(jq -r "$counts" "$tmp/native")"
check forensics/same-blocks-in-all-runs test "$(db "SELECT count(DISTINCT n) FROM (SELECT sum(free + movable + mixed + pinned + partial + unknown) AS n
	FROM block_use GROUP BY run_id, seq)")" = 1
check forensics/grouping-is-no-worse test "$(db "SELECT count(*) FROM thp_memory WHERE grouped < thp_able")" = 0
check forensics/db-pins test "$(db "SELECT count(*) FROM pin p JOIN run r ON r.id = p.run_id WHERE r.mode = 'recorded'")" = "$(jq length "$tmp/pins")"
check forensics/db-mixed-blocks test "$(db "SELECT count(*), sum(pinned), sum(allocations) FROM mixed_block")" = \
	"$(jq -r '[.[] | select(.kind == "mixed")] | [length, (map(.pinned) | add), (map(.holders) | add)] | join("|")' "$tmp/blocks")"
check forensics/db-fallbacks-are-the-events test "$(db "SELECT coalesce(sum(events), 0) FROM fallback f JOIN run r ON r.id = f.run_id WHERE r.mode = 'recorded'")" = \
	"$(db "SELECT value FROM counter c JOIN run r ON r.id = c.run_id WHERE r.mode = 'recorded' AND c.name = 'fallbacks' AND seq = 19")"
check forensics/db-sites test "$(db "SELECT sum(allocs) > 10000, min(frees <= allocs), min(bytes_req <= bytes_alloc), min(held_req <= held_alloc) FROM object_site")" = "1|1|1|1"
check forensics/db-occupancy test "$(db "SELECT sum(slabs) > 3000, min(in_use <= room) FROM slab_occupancy")" = "1|1"
# Where the model gets nearly each page right, so it does what could be large: pages that compaction moved are movable.
if [ -d "$TRACES/amd64-6.1-pressure" ]; then
	$KMEMLAB replay -o "$tmp/p.db" "$TRACES/amd64-6.1-pressure" > /dev/null 2>> "$tmp/errors"
	far=$(sqlite3 "$tmp/p.db" "SELECT max(abs(a.thp_able - b.thp_able)) FROM thp_memory a JOIN run ra ON ra.id = a.run_id AND ra.mode = 'recorded'
		JOIN thp_memory b ON b.seq = a.seq JOIN run rb ON rb.id = b.run_id AND rb.policy = 'native'")
	[ "${far:-99}" -le 1 ] && ok forensics/moved-pages-are-movable || not_ok forensics/moved-pages-are-movable "$far page blocks apart"
else
	skip forensics/moved-pages-are-movable "no amd64-6.1-pressure"
fi
check forensics/no-errors test ! -s "$tmp/errors"
exit $failed
