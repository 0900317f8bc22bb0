#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What stat says of lives, peaks and other CPUs, and its options, beside the same worked out of trace-cmd's text.
. tests/lib.sh

# sites FROM TO: call site by call site: allocations, frees, bytes asked for and given, live objects and bytes, frees on
# another CPU, how many sizes it asks for, most bytes at once, and the exact 50th, 90th and 99th percentile of the lives in ns (- without one).
sites() {
	trace-cmd report -t "$SMALL/trace.dat" 2> /dev/null | sed -n 's/^.* \[\([0-9]*\)\] *\([0-9]*\)\.\([0-9]*\): \(kmalloc\|kmem_cache_alloc\|kfree\|kmem_cache_free\): /\1 \2\3 \4 /p' |
		awk -v from="$1" -v to="$2" '
		function number(field) { return match($0, " " field "=[^ ]*") ? substr($0, RSTART + length(field) + 2, RLENGTH - length(field) - 2) : "" }
		$2 < from || $2 > to { next }
		{ p = number("ptr") }
		p == "(nil)" { next }
		/ (kmalloc|kmem_cache_alloc) / {
			s = number("call_site"); got = number("bytes_alloc")
			sizes[s] += !seen[s, got]++
			if (p in site) { live[site[p]]--; bytes[site[p]] -= size[p] }	# a free that left no event
			site[p] = s; size[p] = got; cpu[p] = $1; since[p] = $2
			n[s]++; asked[s] += number("bytes_req"); given[s] += got; live[s]++; bytes[s] += got
			if (bytes[s] > most[s]) most[s] = bytes[s]
			next
		}
		p in site {
			s = site[p]; frees[s]++; live[s]--; bytes[s] -= size[p]; other[s] += cpu[p] != $1
			printf "life %s %d\n", s, $2 - since[p]
			delete site[p]
		}
		END { for (s in n) print "site", s, n[s], frees[s] + 0, asked[s], given[s], live[s], bytes[s], other[s] + 0, most[s], sizes[s] }' |
		sort -k1,1 -k2,2 -k3,3n | awk '
		$1 == "life" { l[$2, ++c[$2]] = $3; next }
		function at(s, share,   i) { i = int(share * c[s]); if (i < share * c[s]) i++; return c[s] ? l[s, i] : "-" }
		{ print $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, at($2, .5), at($2, .9), at($2, .99) }' | sort
}
own() { # OPTIONS...
	"$KMEMLAB" stat --by site --top 0 --format json "$@" "$SMALL" | jq -r '.site[] | select(.allocs > 0) |
		"\(.name) \(.allocs) \(.frees) \(.bytes_requested) \(.bytes_allocated) \(.live) \(.live_bytes) \(.ping_pong) \(.peak_bytes) 0 \(.life_p50 // "-") \(.life_p90 // "-") \(.life_p99 // "-")"' | sort
}
# lives NAME: our power of two is the next one above the exact percentile.
lives() {
	join <(cut -d' ' -f1,11-13 "$tmp/theirs") <(cut -d' ' -f1,11-13 "$tmp/own") > "$tmp/lives"
	if awk '{ for (i = 2; i <= 4; i++) { a = $i; b = $(i + 3)
			if (a == "-" || b == "-") { bad += a != b; continue }
			b *= 1e9; n++; if (a > b || a < b / 2 && b > 2) { print; bad++ } } }
		END { exit bad > 0 || n < 60 }' "$tmp/lives" > "$tmp/bad"; then ok "$1"; else not_ok "$1" "$(head -1 "$tmp/bad")"; fi
}
both() { # NAME FROM TO OPTIONS...
	sites "$2" "$3" > "$tmp/theirs"
	own "${@:4}" > "$tmp/own"
	cut -d' ' -f1-8 "$tmp/theirs" > "$tmp/a"; cut -d' ' -f1-8 "$tmp/own" > "$tmp/b"
	[ "$(wc -l < "$tmp/a")" -gt 40 ] || not_ok "$1" "trace-cmd says too little"
	same "$1" "$tmp/a" "$tmp/b"
	# Of a site with several sizes the peak is the sum of theirs: an upper bound.
	join <(cut -d' ' -f1,9,10 "$tmp/theirs") <(cut -d' ' -f1,9 "$tmp/own") > "$tmp/peaks"
	check "$1-peaks" awk '$4 < $2 || $3 == 1 && $4 != $2 { print; bad++ } { one += $3 == 1 } END { exit bad > 0 || one < 30 }' "$tmp/peaks"
	lives "$1-lives"
}
if ! command -v trace-cmd > /dev/null; then skip stat-life "no trace-cmd"; exit 0; fi
both stat-life/all 0 999999999999999
both stat-life/time 5400000000 5800000000 --time 5.4,5.8

# The tables' order and length, beside the whole table.
"$KMEMLAB" stat --by site --top 0 --format json "$SMALL" > "$tmp/all.json"
for key in requested:bytes_requested bytes:bytes_allocated allocs:allocs frees:frees live:live_bytes peak:peak_bytes ping-pong:ping_pong; do
	"$KMEMLAB" stat --by site --sort ${key%:*} --top 7 --format json "$SMALL" > "$tmp/top.json"
	check "stat-life/sort ${key%:*}" jq -e --slurpfile all "$tmp/all.json" --arg k ${key#*:} '
		(.site | map(.[$k])) == ($all[0].site | map(.[$k]) | sort | reverse | .[:7])' "$tmp/top.json"
done
"$KMEMLAB" stat --by site --live --top 0 --format json "$SMALL" > "$tmp/live.json"
check stat-life/live jq -e --slurpfile all "$tmp/all.json" '
	(.site | map(.live) | add) == ($all[0].site | map(.live) | add) and (.site | length) > 3 and
	(.site | length) == ($all[0].site | map(select(.live > 0)) | length)' "$tmp/live.json"
check stat-life/churn jq -e '.site | all(.peak_bytes == 0 or (.churn - .bytes_allocated / .peak_bytes | fabs) < 1e-9)' "$tmp/all.json"
check stat-life/waste jq -e '.site | all(.bytes_allocated == 0 or ((.waste - 1 + .bytes_requested / .bytes_allocated) | fabs) < 1e-9)' "$tmp/all.json"
exit $failed
