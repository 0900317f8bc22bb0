#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every event of every capture, line by line, against trace-cmd report; counts and losses too.
# Three fields that trace-cmd makes up are left out on its side: page= beside pfn=, computed offline
# from a layout that it does not have, and of extfrag pageblock_order= and fragmenting=, which are
# expressions of the print format, not fields of the record.
. tests/lib.sh

if ! command -v trace-cmd > /dev/null; then skip interop/trace-cmd "trace-cmd is not installed"; exit 0; fi

made_up() {
	sed -E 's/ page=(0x[0-9a-f]+|\(nil\)) pfn=/ pfn=/; s/ pageblock_order=[0-9]+ / /; s/ fragmenting=[0-9]+ / /'
}

compare() { # NAME FILE
	local plain=$2 n

	case $2 in *.gz) plain=$tmp/plain.dat; gzip -dc "$2" > "$plain" ;; esac
	trace-cmd report -N "$plain" 2> /dev/null > "$tmp/whole"
	grep -vE '^(cpus=[0-9]+|CPU [0-9]+ is empty|CPU:?[0-9]+ \[.*EVENTS DROPPED\])' "$tmp/whole" |
		made_up > "$tmp/theirs"
	$KMEMLAB dump "$2" 2> "$tmp/err" | grep -v 'EVENTS DROPPED' | made_up > "$tmp/ours"
	n=$(wc -l < "$tmp/theirs")
	if [ "$n" -lt 1000 ]; then not_ok "interop/$1" "trace-cmd shows $n events"; return; fi
	if cmp -s "$tmp/theirs" "$tmp/ours"; then ok "interop/$1: all $n events"; else
		not_ok "interop/$1" "$(diff "$tmp/theirs" "$tmp/ours" | grep -c '^[<>]') lines differ"
		diff "$tmp/theirs" "$tmp/ours" | head -6 | cut -c1-200 | sed 's/^/# /'
	fi
	# By name: the fourth column, less its colon.
	sed 's/^.*\] *[0-9.]*: *//; s/: .*//; s/:$//' "$tmp/theirs" | sort | uniq -c |
		awk '{print $2, $1}' | LC_ALL=C sort > "$tmp/counts"
	$KMEMLAB info --format json "$2" > "$tmp/info.json" 2> "$tmp/err"
	jq -r '.events | to_entries[] | "\(.key) \(.value)"' "$tmp/info.json" | LC_ALL=C sort > "$tmp/own"
	same "interop/$1: counts by name" "$tmp/counts" "$tmp/own"
	theirs=$(sed -n 's/.*\[\([0-9]*\) EVENTS DROPPED\].*/\1/p' "$tmp/whole" | awk '{s += $1} END {print s + 0}')
	lost=$(jq .lost "$tmp/info.json")
	if [ "$theirs" = "$lost" ]; then ok "interop/$1: lost events ($lost)"; else
		not_ok "interop/$1: lost events" "trace-cmd $theirs, kmemlab $lost"; fi
}

compare amd64-6.1-small $SMALL/trace.dat
for dir in "$TRACES"/*/; do
	name=$(basename "$dir")
	if [ -n "${QUICK:-}" ]; then skip "interop/$name" "QUICK is set"; continue; fi
	for f in "$dir"trace.dat "$dir"trace.dat.gz; do
		[ -e "$f" ] && compare "$name" "$f"
	done
done
[ -d "$TRACES" ] || skip "interop/captures" "no folder $TRACES"
exit $failed
