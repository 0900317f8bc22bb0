#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The reconstructed machine against the kernel's own files, by diff.
. tests/lib.sh

# On captures without compaction the state at the end is the kernel's, block for block.
for name in small exact files numa i386-6.1-highmem; do
	case $name in
	small) dir=$SMALL ;;
	i386*) dir=$TRACES/$name ;;
	*) dir=$TRACES/amd64-6.1-$name ;;
	esac
	if [ ! -d "$dir" ]; then skip "state/buddyinfo/$name" "no capture $dir"; continue; fi
	$KMEMLAB state --at end --show buddyinfo "$dir" > "$tmp/buddyinfo" 2> "$tmp/err"
	same "state/buddyinfo/$name" "$tmp/buddyinfo" "$dir/after/buddyinfo"
done

# By type and by pageblock too, where the lists at the start are known.
for name in small exact files numa; do
	dir=$TRACES/amd64-6.1-$name; [ $name = small ] && dir=$SMALL
	if [ ! -d "$dir" ]; then skip "state/pagetypeinfo/$name" "no capture $dir"; continue; fi
	$KMEMLAB state --show pagetypeinfo "$dir" > "$tmp/pagetypeinfo" 2> "$tmp/err"
	same "state/pagetypeinfo/$name" "$tmp/pagetypeinfo" "$dir/after/pagetypeinfo"
done

# slabinfo at its marker, as the kernel counted it: every cache of it, from addresses and SLUB's rules alone.
$KMEMLAB state --show slabinfo $SMALL > "$tmp/slabinfo"
same state/slabinfo "$tmp/slabinfo" $SMALL/after/slabinfo
# Each slab is told once, and their sums are the caches'.
$KMEMLAB state --show slabs --format csv $SMALL > "$tmp/slabs"
if awk -F, 'NR > 1 { n++; if (seen[$2]++ || $8 > $7 || ($5 == "full" && $8 < $7)) bad++ } END { exit !(n > 3000) || bad }' "$tmp/slabs"
then ok state/slabs; else not_ok state/slabs "a slab twice, or with more in use than fit"; fi
$KMEMLAB state --show slab-holders --format csv $SMALL > "$tmp/holders"
open=$(awk -F, 'NR > 1 && $8 > 0 && $8 < $7 { n += $8 } END { print n }' "$tmp/slabs")
held=$(awk -F, 'NR > 1 { n += $5 } END { print n }' "$tmp/holders")
if [ "$open" = "$held" ]; then ok state/slab-holders; else not_ok state/slab-holders "$held objects, slabs with room have $open"; fi

# The series of a replay's samples is what slabinfo was at each of them.
$KMEMLAB replay -n 9 -o "$tmp/s.db" $SMALL > "$tmp/out" 2>&1
sqlite3 "$tmp/s.db" "SELECT printf('%d.%09d', time / 1000000000, time % 1000000000), seq FROM sample WHERE run_id = 1 AND seq > 0" |
while IFS='|' read -r at seq; do
	sqlite3 "$tmp/s.db" "SELECT cache, active, slabs FROM slab_series WHERE run_id = 1 AND seq = $seq AND slabs > 0 ORDER BY 1" > "$tmp/a"
	$KMEMLAB state --show slabinfo --at "$at" $SMALL | awk 'NR > 2 && $15 > 0 { print $1 "|" $2 "|" $15 }' | sort > "$tmp/b"
	sort "$tmp/a" | cmp - "$tmp/b" && echo "$(wc -l < "$tmp/b")"
done > "$tmp/agree" 2>&1
if [ "$(awk '$1 > 50' "$tmp/agree" | wc -l)" = 8 ]; then ok state/slab-series; else not_ok state/slab-series "$(head -1 "$tmp/agree")"; fi

# A workload carries all that the capture's directory tells.
check import $KMEMLAB import -q -o "$tmp/small.kmw" $SMALL
$KMEMLAB state "$tmp/small.kmw" > "$tmp/a"
same state/workload "$tmp/a" $SMALL/after/buddyinfo
# The start is the kernel's as well: nothing of the page allocator happens between marker and file there.
$KMEMLAB state --at start $SMALL > "$tmp/a"
same state/start "$tmp/a" $SMALL/before/buddyinfo
# Deterministic: twice the same workload, byte for byte.
$KMEMLAB import -q -o "$tmp/again.kmw" $SMALL
same import/deterministic "$tmp/small.kmw" "$tmp/again.kmw"
# The frame map's free blocks are buddyinfo of the same instant, and its rows cover the zones without a gap.
for at in start 5.5; do
	$KMEMLAB state --show frames --at $at $SMALL > "$tmp/frames"
	awk -F, 'NR > 1 && $5 == "free" { n[$4, $6]++ }
		END { for (z = 0; z < 2; z++) { name = z ? "DMA32" : "DMA"
			for (o = 0; o < 11; o++) printf "%d%s", n[name, o], o < 10 ? " " : "\n" } }' "$tmp/frames" > "$tmp/a"
	$KMEMLAB state --show buddyinfo --at $at $SMALL | awk '{ for (o = 0; o < 11; o++) printf "%d%s", $(5 + o), o < 10 ? " " : "\n" }' > "$tmp/b"
	same state/frames-$at "$tmp/a" "$tmp/b"
done
# Page frames that zoneinfo has: present ones.
present=$(awk '$1 == "present" { n += $2 } END { print n }' $SMALL/before/zoneinfo)
frames=$(awk -F, 'NR > 1 { n += $2 } END { print n }' "$tmp/frames")
if [ "$frames" -ge "$present" ] && [ "$frames" -le $((present * 101 / 100)) ]; then ok state/frames-cover; else
	not_ok state/frames-cover "$frames rows of $present present frames"; fi
# Which traces have no event of the idle task.
no_idle() { $KMEMLAB verify --format json "$1" 2> /dev/null | jq .no_idle; }
no_idle $SMALL > "$tmp/a"
if [ -e "${KMEMLAB_TRACES:-../shared/traces}/host-6.18" ]; then
	no_idle "${KMEMLAB_TRACES:-../shared/traces}/host-6.18" >> "$tmp/a"
	printf 'false\ntrue\n' > "$tmp/b"
else
	echo false > "$tmp/b"
fi
same state/no-idle "$tmp/a" "$tmp/b"
check state/frames-simulated $KMEMLAB state --show frames --policy linux-2.6-slab $SMALL
exit $failed
