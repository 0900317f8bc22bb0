#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What export writes: well-formed, complete against the capture, and of the shape that Chrome's
# "Trace Event Format" asks for (name, ph, ts, pid and tid of each event; s of an instant; numbers
# in the args of a counter).
. tests/lib.sh

if ! command -v jq > /dev/null; then skip golden/export "no jq"; exit 0; fi
requests=$("$KMEMLAB" import -o "$tmp/x.kmw" $SMALL | sed -n 's/.* -> \([0-9]*\) requests.*/\1/p')
count() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "$2, $3 expected"; fi; }

"$KMEMLAB" export -o "$tmp/csv" $SMALL
count export/csv-rows "$(tail -n +2 "$tmp/csv" | wc -l)" "$requests"
count export/csv-columns "$(sed 's/"[^"]*"//' "$tmp/csv" | awk -F, '{ print NF }' | sort -u)" 17
# Each successful page allocation that has an event stands in it with the recorded frame.
trace-cmd report $SMALL/trace.dat 2> /dev/null | sed -n 's/.* mm_page_alloc: .*pfn=0x\([0-9a-f]*\) order=\([0-9]*\) .*/\1 \2/p' |
	while read -r pfn order; do echo $((0x$pfn)) "$order"; done | grep -v '^0 ' | sort > "$tmp/want"
awk -F, '$4 == "page_alloc" && $6 != "" { print $6, $7 }' "$tmp/csv" | sort > "$tmp/got"
same export/csv-page-frames "$tmp/want" "$tmp/got"

"$KMEMLAB" export --format jsonl $SMALL > "$tmp/jsonl"
count export/jsonl-lines "$(wc -l < "$tmp/jsonl")" "$requests"
check export/jsonl-objects jq -es 'all(has("time") and has("cpu") and has("op"))' "$tmp/jsonl"
jq -r '[.time, .cpu, .op] | @csv' "$tmp/jsonl" | tr -d '"' > "$tmp/got"
tail -n +2 "$tmp/csv" | cut -d, -f1,2,4 > "$tmp/want"
same export/jsonl-as-csv "$tmp/want" "$tmp/got"

"$KMEMLAB" export --format chrome -o "$tmp/chrome" $SMALL
check export/chrome-schema jq -e '.traceEvents | all(
	(.name | type == "string") and (.ph | IN("M", "C", "i")) and (.ts | type == "number") and
	(.pid | type == "number") and (.tid | type == "number") and (.args | type == "object") and
	(if .ph == "i" then .s == "t" else true end) and
	(if .ph == "C" then (.args | length > 0 and all(type == "number")) else true end) and
	(if .ph == "M" then (.name | IN("process_name", "thread_name")) and
		(.args.name | type == "string") else true end))' "$tmp/chrome"
count export/chrome-requests "$(jq '[.traceEvents[] | select(.ph == "i")] | length' "$tmp/chrome")" "$requests"
check export/chrome-order jq -e '[.traceEvents[] | select(.ph == "C").ts] | . == sort' "$tmp/chrome"
"$KMEMLAB" export --format chrome --counters-only $SMALL > "$tmp/counters"
count export/counters-only "$(jq '[.traceEvents[] | select(.ph == "i")] | length' "$tmp/counters")" 0
status export/no-such-file 2 "$KMEMLAB" export "$tmp/none"
status export/full-disk 2 "$KMEMLAB" export -o /dev/full $SMALL
exit $failed
