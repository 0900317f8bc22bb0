#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Object replay: the slabs at the end against the kernel's own after/slabinfo; under every allocator each demand is
# accounted for; two runs give the same rows.
. tests/lib.sh

while read -r name placement pages worst course active by_slab missing rest; do
	case $name in ''|'#'*) continue ;; esac
	dir=$TRACES/$name; [ "$name" = amd64-6.1-small ] && dir=$SMALL
	if [ ! -d "$dir" ]; then skip "objects/$name" "no capture $dir"; continue; fi
	if ! $KMEMLAB verify --format json "$dir" > "$tmp/v.json" 2> "$tmp/err"; then
		not_ok "objects/$name" "$(head -1 "$tmp/err")"; continue
	fi
	if jq -e --argjson p "$placement" --argjson g "$pages" --argjson w "$worst" \
		--argjson c "$course" --argjson a "$active" --argjson s "$by_slab" --argjson n "${missing:-0}" '
		(.objects |
		.placement >= $p and (.slab_pages_error | fabs) <= $g and .large_caches_worst <= $w and
		.slab_pages_mean_error <= $c and (.recorded_slabs | (.active_error | fabs) <= $a and .active > 0 and
		(.by_slab | .compared > 0 and .not_recorded <= $n and .same_count >= $s * .compared)) and
		.large_caches > 0 and .requested == .served + .failed and .requested > 0 and .slabs_not_adopted == 0)
	' "$tmp/v.json" > /dev/null; then ok "objects/$name"; else
		not_ok "objects/$name" "$(jq -c '.objects | del(.caches)' "$tmp/v.json")"
	fi
done < tests/golden/objects.txt

# Memory: with the tables of ids, at most 16 bytes a page frame and 48 a live object.
for dir in $SMALL $TRACES/*; do
	[ -e "$dir/trace.dat" ] || [ -e "$dir/trace.dat.gz" ] || continue
	[ -z "$QUICK" ] || [ "$dir" = "$SMALL" ] || continue
	t=objects/memory/$(basename "$dir")
	if $KMEMLAB import -q -o "$tmp/m.kmw" "$dir" 2> "$tmp/err" &&
	   "$BUILD/tests/bench/replay" "$tmp/m.kmw" 1 > "$tmp/out" 2> "$tmp/err"; then
		if sed -n 's/.*: \(.*\) M.s by itself; \(.*\) B a page frame, \(.*\) B a live object.*/\2 \3/p' "$tmp/out" |
			awk '{ exit !($1 > 0 && $1 <= 16 && $2 > 0 && $2 <= 48) }'; then ok "$t"; else not_ok "$t" "$(cat "$tmp/out")"; fi
	elif grep -q 'which pages were free' "$tmp/err"; then
		skip "$t" "$(tail -1 "$tmp/err")"
	else
		not_ok "$t" "$(tail -1 "$tmp/err")"
	fi
done

rows="SELECT d.kind, d.requested, d.served, d.failed FROM demand d JOIN run r ON r.id = d.run_id
	WHERE r.policy LIKE '%slab%' ORDER BY 1;
	SELECT c.* FROM slab_cache c JOIN run r ON r.id = c.run_id WHERE r.policy LIKE '%slab%' ORDER BY 2;
	SELECT metric, simulated FROM fidelity ORDER BY id"
asked=
for kind in slub slab slob; do
	for turn in 1 2; do
		rm -f "$tmp/$turn.db"
		$KMEMLAB replay -n 10 -o "$tmp/$turn.db" --set slab.kind=$kind "$SMALL" > "$tmp/out" 2>&1 ||
			not_ok "objects/$kind runs" "$(tail -1 "$tmp/out")"
		sqlite3 "$tmp/$turn.db" "$rows" > "$tmp/$turn.rows"
	done
	if [ -s "$tmp/1.rows" ] && cmp -s "$tmp/1.rows" "$tmp/2.rows"; then ok "objects/$kind is deterministic"; else
		not_ok "objects/$kind is deterministic" "two runs differ"; fi
	now=$(sed -n 's/^object|\([0-9]*\)|.*/\1/p' "$tmp/1.rows")
	[ -n "$asked" ] || asked=$now
	if [ -n "$now" ] && [ "$now" = "$asked" ]; then ok "objects/$kind is asked for as many objects"; else
		not_ok "objects/$kind is asked for as many objects" "$now, slub $asked"; fi
done

# Whatever runs beside it, and on however many processors, a machine's rows are the same, byte for byte.
rows_of() {	# FILE: all that a run's rows say, but for the time that it took and the numbers of the runs
	for t in sample sample_zone free_blocks pageblocks counter block_use map_column slab_change slab_cache demand fidelity owner; do
		sqlite3 -quote -separator '|' "$1" "SELECT * FROM $t" |
			awk -F'|' -v wanted="$(sqlite3 "$1" "SELECT group_concat(id, ' ') FROM run WHERE policy IN ('recorded', 'native', 'linux-5.10+slab.objects=on')")" -v t=$t '
			BEGIN { n = split(wanted, w, " "); for (i = 1; i <= n; i++) number[w[i]] = i }
			t == "fidelity" { sub(/^[0-9]+\|/, "") }
			$1 in number { sub(/^[0-9]+/, number[$1]); print t "|" $0 }'
	done
}
many="-p linux-6.18 -p linux-6.1 -p linux-2.6-slab"
for turn in 1 2 8 one-cpu; do
	rm -f "$tmp/$turn.db"
	others= alone=
	[ $turn = 8 ] && others=$many
	[ $turn = one-cpu ] && alone="taskset -c $(taskset -pc $$ | sed 's/.*: *//; s/[-,].*//')"
	# shellcheck disable=SC2086
	$alone $KMEMLAB replay -n 20 -o "$tmp/$turn.db" -p linux-5.10 $others --set slab.objects=on "$SMALL" > "$tmp/out" 2>&1 ||
		not_ok "objects/threads $turn" "$(tail -1 "$tmp/out")"
	rows_of "$tmp/$turn.db" > "$tmp/$turn.rows"
	[ "$(wc -l < "$tmp/$turn.rows")" -gt 3000 ] || not_ok "objects/threads $turn" "$(wc -l < "$tmp/$turn.rows") rows"
	[ $turn = 1 ] || same "objects/threads $turn" "$tmp/1.rows" "$tmp/$turn.rows"
done
exit $failed
