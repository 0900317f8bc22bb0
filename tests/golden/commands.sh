#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Commands as people and scripts use them: formats, errors, exit status.
. tests/lib.sh

commands="import info dump state replay verify report policy export"

check version $KMEMLAB --version
for c in $commands; do
	check "help/$c" $KMEMLAB $c --help
	$KMEMLAB help $c > "$tmp/help" && grep -q "^Usage: kmemlab $c" "$tmp/help" && ok "usage/$c" || not_ok "usage/$c"
	status "bad-option/$c" 2 $KMEMLAB $c --no-such-option
done
status unknown-command 2 $KMEMLAB frobnicate
status no-file 2 $KMEMLAB info "$tmp/none"
status no-trace-in-directory 2 $KMEMLAB info "$tmp"
head -c 1000 /dev/zero > "$tmp/zeros"
for c in info import state verify dump; do status "not-a-trace/$c" 2 $KMEMLAB $c "$tmp/zeros"; done
status bad-policy 2 $KMEMLAB state --policy no-such-policy $SMALL
status bad-key 2 $KMEMLAB state --set zone.no_such_key=1 $SMALL
status bad-value 2 $KMEMLAB state --set buddy.max_order=99 $SMALL
status no-directory 2 $KMEMLAB import -o "$tmp/none/x.kmw" $SMALL

# info: the object that scripts rely on.
$KMEMLAB info --format json $SMALL > "$tmp/info.json"
jq -e '(.events | type == "object" and .mm_page_alloc > 0) and (.lost | type == "number") and
	(.cpus == 2) and .clock == "global" and .first_s < .last_s' "$tmp/info.json" > /dev/null &&
	ok info/json || not_ok info/json
$KMEMLAB import -q -o "$tmp/small.kmw" $SMALL
$KMEMLAB info --format json "$tmp/small.kmw" > "$tmp/kmw.json"
jq -e --slurpfile a "$tmp/info.json" '.events == $a[0].events and .lost == $a[0].lost and .cpus == $a[0].cpus and
	.clock == $a[0].clock and .first_s == $a[0].first_s and .last_s == $a[0].last_s' "$tmp/kmw.json" > /dev/null &&
	ok info/workload || not_ok info/workload

# verify: the keys that scripts rely on.
$KMEMLAB verify --format json $SMALL > "$tmp/verify.json"
jq -e '(.recorded | .pages_free > 0 and .pages_disputed == 0 and .blocks_differ == 0 and .contradictions == 0) and
	(.simulated | (.placement | .score >= 0 and .score <= 1 and .anchored >= 0 and .allocations > 0 and .hits > 0) and
	.refills.recorded > 0 and .refills.simulated > 0 and .drains.recorded >= 0 and .fallbacks.simulated >= 0 and
	.order_error_mean >= 0)' "$tmp/verify.json" > /dev/null && ok verify/json || not_ok verify/json

# The score can be recomputed from dump, by anyone.
$KMEMLAB dump --policy native --event mm_page_alloc --format csv $SMALL > "$tmp/dump.csv"
hits=$(sed -n 's/.*pfn=\(0x[0-9a-f]*\) .*sim_pfn=\(0x[0-9a-f]*\).*/\1 \2/p' "$tmp/dump.csv" | awk '$1 == $2' | wc -l)
all=$(grep -c sim_pfn "$tmp/dump.csv")
jq -e --argjson h "$hits" --argjson n "$all" '.simulated.placement | .hits <= $h and .allocations <= $n and
	($n - .allocations) < 50' "$tmp/verify.json" > /dev/null && ok dump/score || not_ok dump/score "$hits of $all"

# A part of it has the ids and the simulated page frames of the whole.
from=$(sed -n '2000s/,.*//p' "$tmp/dump.csv") to=$(sed -n '3000s/,.*//p' "$tmp/dump.csv")
$KMEMLAB dump --policy native --event mm_page_alloc --format csv --from "$from" --to "$to" --cpu 1 $SMALL > "$tmp/part.csv"
awk -F, -v from="$from" -v to="$to" 'NR == 1 || ($1 >= from && $1 <= to && $2 == 1)' "$tmp/dump.csv" > "$tmp/part_of_all.csv"
[ "$(wc -l < "$tmp/part_of_all.csv")" -gt 100 ] || : > "$tmp/part.csv" # nothing would be shown by that
same dump/part "$tmp/part_of_all.csv" "$tmp/part.csv"

# So can that with objects, where slabs ask for their pages themselves; another machine has no frames to compare.
dir=$TRACES/i386-6.1-highmem
if [ -d "$dir" ]; then
	$KMEMLAB dump --policy native --set slab.objects=on --event mm_page_alloc "$dir" > "$tmp/dump.txt"
	hits=$(sed -n 's/.*pfn=\(0x[0-9a-f]*\) .*sim_pfn=\(0x[0-9a-f]*\).*/\1 \2/p' "$tmp/dump.txt" | awk '$1 == $2' | wc -l)
	$KMEMLAB verify --format json "$dir" | jq -e --argjson h "$hits" --argjson n "$(grep -c sim_pfn "$tmp/dump.txt")" '
		.simulated.placement.allocations == $n and (.objects.placement - $h / $n | fabs) < 1e-9 and $h < $n
	' > /dev/null && ok dump/objects || not_ok dump/objects "$hits"
else
	skip dump/objects "no capture $dir"
fi
status dump/other-machine 2 $KMEMLAB dump --policy native --set machine.cpus=1 $SMALL

# Every text table has a CSV and a JSON form that parse.
for c in info verify; do
	$KMEMLAB $c --format csv $SMALL > "$tmp/csv" && [ "$(head -1 "$tmp/csv" | tr -dc , | wc -c)" -ge 2 ] &&
		ok "csv/$c" || not_ok "csv/$c"
done
$KMEMLAB policy list --format json | jq -e 'length >= 5' > /dev/null && ok json/policy || not_ok json/policy
$KMEMLAB dump --format json --event mm_page_alloc_extfrag $SMALL | jq -e 'type == "array"' > /dev/null &&
	ok json/dump || not_ok json/dump

# replay and report.
check replay $KMEMLAB replay -n 60 -o "$tmp/r.db" --policy linux-6.18 --set pcp.batch=1 $SMALL
check report $KMEMLAB report -o "$tmp/r.html" "$tmp/r.db"
check report/capture $KMEMLAB report -o "$tmp/c.html" $SMALL
grep -q '<svg' "$tmp/r.html" && ! grep -qE '(src|href)="http' "$tmp/r.html" && ok report/self-contained ||
	not_ok report/self-contained
sqlite3 "$tmp/r.db" 'pragma integrity_check' | grep -qx ok && ok results/integrity || not_ok results/integrity
[ "$(sqlite3 "$tmp/r.db" 'pragma foreign_key_check' | wc -l)" = 0 ] && ok results/foreign-keys ||
	not_ok results/foreign-keys

# A replay that has nothing to start from leaves no file.
status replay/no-start 2 $KMEMLAB replay -o "$tmp/none.db" --policy linux-6.1 $SMALL/trace.dat
[ ! -e "$tmp/none.db" ] && ok replay/nothing-left || not_ok replay/nothing-left

# A pipe that closes early is no error, and nothing is said.
$KMEMLAB dump $SMALL 2> "$tmp/err" | head -1 > /dev/null
[ ! -s "$tmp/err" ] && ok pipe || not_ok pipe "$(head -1 "$tmp/err")"
# A disk that is full: one line, nothing left behind.
if [ -w /dev/full ]; then
	$KMEMLAB info $SMALL > /dev/full 2> "$tmp/err"; [ $? = 2 ] && ok full/stdout || not_ok full/stdout
fi
(ulimit -f 8; trap '' XFSZ; $KMEMLAB import -q -o "$tmp/full.kmw" $SMALL 2> "$tmp/err"); got=$?
[ $got = 2 ] && [ ! -e "$tmp/full.kmw" ] && [ -z "$(ls "$tmp" | grep full.kmw)" ] && ok full/import ||
	not_ok full/import "status $got, $(ls "$tmp" | tr '\n' ' ')"
exit $failed
