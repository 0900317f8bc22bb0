#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# compare: every number against SQLite's own answer from the same results, and the verdicts that follow from them.
. tests/lib.sh

db=$tmp/x.db
$KMEMLAB replay -n 20 -o "$db" --policy linux-2.6-slab --policy linux-6.18 --policy native+slab.kind=slab "$SMALL" > /dev/null ||
	not_ok compare/replay
$KMEMLAB compare --format json "$db" > "$tmp/c.json" || not_ok compare/runs
control='native, as what-if'
one() { sqlite3 "$db" "$1"; }
last() { one "SELECT max(value) FROM counter k JOIN run r ON r.id = k.run_id WHERE r.policy = '$1' AND k.name = '$2'"; }
# The error of a counter: the largest over all samples.
error() { one "SELECT max(abs(a.value - b.value)) FROM counter a JOIN counter b ON b.seq = a.seq AND
	b.name = a.name JOIN run r ON r.id = a.run_id JOIN run s ON s.id = b.run_id WHERE r.policy = '$control' AND s.policy = 'recorded' AND a.name = '$1'"; }
row() { jq -r --arg m "$1" '.[] | select(.run == "linux-2.6-slab" and .metric == $m) | "\(.against) \(.baseline) \(.value) \(.difference)"' "$tmp/c.json"; }
for what in refills drains fallbacks failed; do
	base=$(last "$control" $what); value=$(last linux-2.6-slab $what); name=$what
	[ $what = failed ] && name='failed allocations'
	if [ "$(row "$name")" = "$control $base $value $((value - base))" ]; then ok "compare/$what"; else
		not_ok "compare/$what" "$(row "$name"), not $control $base $value $((value - base))"; fi
	error=$(error $what)
	# Simulated runs are asked for what the kernel served alone.
	[ $what = failed ] && error=$base
	check "compare/$what-error" jq -e --arg m "$name" --argjson e "$error" \
		'.[] | select(.run == "linux-2.6-slab" and .metric == $m).error - $e | fabs < 1e-6' "$tmp/c.json"
done
# Each what-if has a control that was made as it was: with objects where it has them.
[ "$(one "SELECT group_concat(r.policy || ': ' || c.policy, '; ') FROM run r JOIN run c ON c.id = r.control ORDER BY r.id")" = \
	"linux-2.6-slab: $control; linux-6.18: $control; native+slab.kind=slab: native, with objects, as what-if" ] &&
	ok compare/controls || not_ok compare/controls
check compare/verdicts jq -e 'length > 20 and all(.verdict as $v | ((.difference // 0) | fabs) as $d |
	if .difference == null then $v == "unknown" elif $d == 0 then $v == "the same" elif .error == null then $v == "unknown"
	elif $d <= .error then $v == "within error" elif .difference < 0 then $v == "less" else $v == "more" end)' "$tmp/c.json"
# What was recorded differs from its own simulation by no more than the error.
check compare/recorded-is-within-error jq -e '[.[] | select(.run == "recorded" and .error != null)] | length > 5 and
	all(.verdict == "within error" or .verdict == "the same")' "$tmp/c.json"
$KMEMLAB compare --baseline linux-6.18 --format json "$db" > "$tmp/d.json"
check compare/another-baseline jq -e --arg c "$control" 'map(.run) | unique == (["linux-2.6-slab", "native", "native, with objects", "recorded",
	"native+slab.kind=slab", $c, "native, with objects, as what-if"] | sort)' "$tmp/d.json"
# What moved most: outside the error, by share of the baseline, one row a place; what explains it after that.
check compare/moved jq -e 'group_by(.run) | all(map(select(.verdict == "less" or .verdict == "more")) | sort_by(.moved) |
	map(.moved) == [range(1; length + 1)] and (map(select(.question != "why") | (.relative // infinite) | fabs) | . == (sort | reverse)) and
	(map(select(.question == "why") | .difference | fabs) | . == (sort | reverse)) and
	(map(.question == "why") | . == sort))' "$tmp/c.json"
check compare/nothing-else-moved jq -e 'all(.moved == null or .verdict == "less" or .verdict == "more")' "$tmp/c.json"
check compare/questions jq -e '[.[].question] | unique == ["cost", "fragmentation", "grouping", "huge-pages", "memory", "why"]' "$tmp/c.json"
mixed=$(one "SELECT mixed FROM thp_memory t JOIN run r ON r.id = t.run_id WHERE policy = 'linux-6.18' ORDER BY seq DESC LIMIT 1")
check compare/mixed-blocks jq -e --argjson n "$mixed" '[.[] | select(.run == "linux-6.18" and .metric == "mixed blocks, end").value] == [$n]' "$tmp/c.json"

# Whose pages keep blocks from being whole: of a simulated run all kept pages are shared out among the owners.
for run in native linux-6.18 'native, with objects'; do
	check "compare/all-kept-pages/$run" [ "$(one "SELECT abs((SELECT sum(kept) FROM pin p JOIN run r ON r.id = p.run_id WHERE r.policy = '$run') -
		(SELECT sum(kept_pages) FROM block_use u JOIN run r ON r.id = u.run_id WHERE r.policy = '$run' AND seq = (SELECT max(seq) FROM sample))) < 1")" = 1 ]
	check "compare/all-fallbacks/$run" [ "$(one "SELECT coalesce(sum(events), 0) FROM fallback f JOIN run r ON r.id = f.run_id WHERE r.policy = '$run'")" = "$(last "$run" fallbacks)" ]
done
$KMEMLAB compare "$db" > "$tmp/text"
check compare/text sh -c 'grep -q "^What explains it" "$1" && grep -q "^linux-6.18$" "$1" && [ "$(grep -c "?$" "$1")" = 6 ]' sh "$tmp/text"
# Captures beside each other: what each recorded run says of itself.
$KMEMLAB replay -n 20 -o "$tmp/y.db" --to 9 "$SMALL" > /dev/null
$KMEMLAB compare --captures --format json "$db" "$tmp/y.db" > "$tmp/k.json"
for what in refills drains; do
	here=$(last recorded $what); there=$(sqlite3 "$tmp/y.db" "SELECT max(value) FROM counter k JOIN run r ON r.id = k.run_id WHERE r.mode = 'recorded' AND k.name = '$what'")
	check "compare/captures/$what" jq -e --arg m $what --argjson a "$here" --argjson b "$there" \
		'.[] | select(.metric == $m) | .baseline == $a and .value == $b and .difference == $b - $a and .error == null' "$tmp/k.json"
done
status compare/captures-none 2 $KMEMLAB compare --captures "$db" "$tmp/none.db"
status compare/no-such-run 2 $KMEMLAB compare --baseline nobody "$db"
status compare/no-such-file 2 $KMEMLAB compare "$tmp/none.db"
status compare/no-file 2 $KMEMLAB compare
exit $failed
