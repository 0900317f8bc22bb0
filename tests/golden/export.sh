#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What export writes: well-formed, complete against the capture, and of the shape that Chrome's published
# "Trace Event Format" asks for (trace_event.jq).
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
broken() { jq -rf tests/golden/trace_event.jq "$1" 2>&1 | head -n 3; }
wrong=$(broken "$tmp/chrome")
if [ -z "$wrong" ]; then ok export/chrome-schema; else not_ok export/chrome-schema "$(head -n 1 <<< "$wrong")"; fi
# The schema finds what is wrong: each of these changes breaks a rule.
head -n 8 "$tmp/chrome" > "$tmp/some"; grep -m 3 '"ph": "i"' "$tmp/chrome" | sed '$s/,$//' >> "$tmp/some"; printf ']}\n' >> "$tmp/some"
if [ -n "$(broken "$tmp/some")" ]; then not_ok export/schema-of-a-part "$(broken "$tmp/some" | head -n 1)"; fi
while IFS=: read -r what change; do
	jq "$change" "$tmp/some" > "$tmp/bad"
	if [ -n "$(broken "$tmp/bad")" ] && ! cmp -s "$tmp/some" "$tmp/bad"; then ok "export/schema-finds-$what"; else not_ok "export/schema-finds-$what"; fi
done <<'X'
no-events:del(.traceEvents)
other-unit:.displayTimeUnit = "us"
other-member:.events = []
no-name:.traceEvents[5] |= del(.name)
no-time:.traceEvents[5].ts = "5"
no-phase:.traceEvents[5] |= del(.ph)
other-phase:.traceEvents[5].ph = "I"
no-process:.traceEvents[4] |= del(.pid)
no-thread:.traceEvents[4].tid = "1"
other-scope:(.traceEvents[] | select(.ph == "i")).s = "x"
text-in-counter:(.traceEvents[] | select(.ph == "C")).args.user = "1"
empty-counter:(.traceEvents[] | select(.ph == "C")).args = {}
scope-of-counter:(.traceEvents[] | select(.ph == "C")).s = "t"
no-metadata:(.traceEvents[] | select(.ph == "M")).name = "process"
no-args-name:(.traceEvents[] | select(.ph == "M")).args = {}
no-categories:(.traceEvents[] | select(.ph == "i")).cat = ""
X
# The times are those of the table, to the nanosecond, and each request stands on its CPU's track.
jq -r '.traceEvents[] | select(.ph == "i") | "\(.ts * 1000 | round) \(.tid - 1) \(.name)"' "$tmp/chrome" > "$tmp/got"
tail -n +2 "$tmp/csv" | awk -F, '{ print $1, $2, $4 }' > "$tmp/want"
same export/chrome-times "$tmp/want" "$tmp/got"
# The counters: pages that were allocated and not yet freed, of all owners together, worked out from the table.
jq -r '[.traceEvents[] | select(.ph == "C")] | .[-1].args | add' "$tmp/chrome" > "$tmp/got"
tail -n +2 "$tmp/csv" | awk -F, '($4 == "page_alloc" || $4 == "page_bulk") && int($17 / 2) % 2 == 0 { n[$5] = 2 ^ $7; all += n[$5] }
	$4 == "page_free" && n[$5] { p = 2 ^ $7; if (p > n[$5]) p = n[$5]; n[$5] -= p; all -= p } END { print all + 0 }' > "$tmp/want"
same export/chrome-counters "$tmp/want" "$tmp/got"
[ "$(cat "$tmp/got")" -gt 100 ] || not_ok export/counters-of-nothing "$(cat "$tmp/got") pages"
count export/chrome-requests "$(jq '[.traceEvents[] | select(.ph == "i")] | length' "$tmp/chrome")" "$requests"
check export/chrome-order jq -e '[.traceEvents[] | select(.ph == "C").ts] | . == sort' "$tmp/chrome"
"$KMEMLAB" export --format chrome --counters-only $SMALL > "$tmp/counters"
count export/counters-only "$(jq '[.traceEvents[] | select(.ph == "i")] | length' "$tmp/counters")" 0
status export/no-such-file 2 "$KMEMLAB" export "$tmp/none"
status export/full-disk 2 "$KMEMLAB" export -o /dev/full $SMALL
exit $failed
