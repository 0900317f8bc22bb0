#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# compare: every number against SQLite's own answer from the same results, and the verdicts that follow from them.
. tests/lib.sh

db=$tmp/x.db
$KMEMLAB replay -n 20 -o "$db" --policy linux-2.6-slab --policy linux-6.18 "$SMALL" > /dev/null || not_ok compare/replay
$KMEMLAB compare --format json "$db" > "$tmp/c.json" || not_ok compare/runs
one() { sqlite3 "$db" "$1"; }
last() { one "SELECT max(value) FROM counter k JOIN run r ON r.id = k.run_id WHERE r.policy = '$1' AND k.name = '$2'"; }
row() { jq -r --arg m "$1" '.[] | select(.run == "linux-2.6-slab" and .metric == $m) | "\(.baseline) \(.value) \(.difference) \(.error)"' "$tmp/c.json"; }
for what in refills drains fallbacks; do
	base=$(last native $what); value=$(last linux-2.6-slab $what); recorded=$(last recorded $what)
	error=$((base > recorded ? base - recorded : recorded - base))
	if [ "$(row $what)" = "$base $value $((value - base)) $error" ]; then ok "compare/$what"; else
		not_ok "compare/$what" "$(row $what), not $base $value $((value - base)) $error"; fi
done
check compare/verdicts jq -e 'length > 20 and all(.verdict as $v | ((.difference // 0) | fabs) as $d |
	if .difference == null then $v == "unknown" elif $d == 0 then $v == "the same" elif .error == null then $v == "unknown"
	elif $d <= .error then $v == "within error" elif .difference < 0 then $v == "less" else $v == "more" end)' "$tmp/c.json"
# What was recorded differs from its own simulation by just the error.
check compare/recorded-is-within-error jq -e '[.[] | select(.run == "recorded" and .error != null)] | length > 5 and
	all(.verdict == "within error" or .verdict == "the same")' "$tmp/c.json"
$KMEMLAB compare --baseline linux-6.18 --format json "$db" > "$tmp/d.json"
check compare/another-baseline jq -e 'map(.run) | unique == ["linux-2.6-slab", "native", "native, with objects", "recorded"]' "$tmp/d.json"
# What moved most: outside the error, by share of the baseline, one row a place.
check compare/moved jq -e 'group_by(.run) | all(map(select(.verdict == "less" or .verdict == "more")) | sort_by(.moved) |
	map(.moved) == [range(1; length + 1)] and (map((.relative // infinite) | fabs) | . == (sort | reverse)))' "$tmp/c.json"
check compare/nothing-else-moved jq -e 'all(.moved == null or .verdict == "less" or .verdict == "more")' "$tmp/c.json"
check compare/questions jq -e '[.[].question] | unique == ["cost", "fragmentation", "grouping", "huge-pages", "memory"]' "$tmp/c.json"
mixed=$(one "SELECT mixed FROM thp_memory t JOIN run r ON r.id = t.run_id WHERE policy = 'linux-6.18' ORDER BY seq DESC LIMIT 1")
check compare/mixed-blocks jq -e --argjson n "$mixed" '[.[] | select(.run == "linux-6.18" and .metric == "mixed blocks, end").value] == [$n]' "$tmp/c.json"
$KMEMLAB compare "$db" > "$tmp/text"
check compare/text sh -c 'grep -q "^What explains it" "$1" && grep -q "^linux-6.18:$" "$1" && [ "$(grep -c "?$" "$1")" = 5 ]' sh "$tmp/text"
status compare/no-such-run 2 $KMEMLAB compare --baseline nobody "$db"
status compare/no-such-file 2 $KMEMLAB compare "$tmp/none.db"
status compare/no-file 2 $KMEMLAB compare
exit $failed
