#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# stat's totals against perf kmem's own on the same file: equal wherever both define the same thing.
. tests/lib.sh

# perf_totals FILE: what perf kmem says, a name and a number a line, in our names.
perf_totals() {
	perf kmem -i "$1" --slab stat 2>&1 | sed -n '
		s/^Total bytes requested: *\([0-9,]*\)$/slab.bytes_requested \1/p
		s/^Total bytes allocated: *\([0-9,]*\)$/slab.bytes_allocated \1/p
		s/^Total bytes freed: *\([0-9,]*\)$/slab.bytes_freed \1/p
		s/^Total bytes wasted on internal fragmentation: *\([0-9,]*\)$/slab.bytes_wasted \1/p
		s/^Cross CPU allocations: .*\/\([0-9,]*\)$/slab.allocations \1/p' | tr -d ,
	perf kmem -i "$1" --page stat 2>&1 | sed -n '
		s/^Total allocation requests *: *\([0-9,]*\) *\[ *\([0-9,]*\) KB \]/page.allocations \1\npage.kib_allocated \2/p
		s/^Total free requests *: *\([0-9,]*\) *\[ *\([0-9,]*\) KB \]/page.frees \1\npage.kib_freed \2/p
		s/^Total alloc+freed requests *: *\([0-9,]*\) .*/page.allocated_and_freed \1/p
		s/^Total alloc-only requests *: *\([0-9,]*\) .*/page.allocated_only \1/p
		s/^Total free-only requests *: *\([0-9,]*\) .*/page.freed_only \1/p
		s/^Total allocation failures *: *\([0-9,]*\) .*/page.failures \1/p' | tr -d ,
}
own_totals() {
	"$KMEMLAB" stat --format json "$1" | jq -r '
		(.slab | "slab.bytes_requested \(.bytes_requested)", "slab.bytes_allocated \(.bytes_allocated)",
			"slab.bytes_freed \(.bytes_freed)", "slab.bytes_wasted \(.bytes_wasted)",
			"slab.allocations \(.allocations)"),
		(.page | "page.allocations \(.allocations)", "page.kib_allocated \(.bytes_allocated / 1024)",
			"page.frees \(.frees)", "page.kib_freed \(.bytes_freed / 1024)",
			"page.allocated_and_freed \(.allocated_and_freed)", "page.allocated_only \(.allocated_only)",
			"page.freed_only \(.freed_only)", "page.failures \(.failures)")'
}
agree() { # NAME FILE
	perf_totals "$2" | sort > "$tmp/theirs"
	own_totals "$2" | sort > "$tmp/ours"
	if [ "$(wc -l < "$tmp/theirs")" -lt 12 ]; then not_ok "$1" "perf kmem says too little"; return; fi
	same "$1" "$tmp/theirs" "$tmp/ours"
}

# Without perf: what is printed twice agrees, and the tables sum up to the totals.
"$KMEMLAB" stat --by site,cache,size,gfp,process,cpu,order --top 0 --format json "$SMALL" > "$tmp/all.json"
check "stat/tables sum up to the totals" jq -e '
	.slab as $s | .page as $p | [.site, .cache, .size, .gfp, .process, .cpu] |
	all((map(.allocs) | add) == $s.allocations and (map(.bytes_allocated) | add) == $s.bytes_allocated and
		(map(.bytes_requested) | add) == $s.bytes_requested)' "$tmp/all.json"
check "stat/orders sum up" jq -e '([.order[] | .type0 + .type1 + .type2 + .type3 + .type4] | add) == .page.allocations' "$tmp/all.json"
check "stat/live is allocations less frees" jq -e '[.site, .cache, .size] | all(.[]; all(.[]; .live <= .allocs - .frees))' "$tmp/all.json"
# Every event, counted by trace-cmd.
n=$(trace-cmd report "$SMALL/trace.dat" 2> /dev/null | grep -cE ' (kmalloc|kmem_cache_alloc): ')
if [ "$(jq .slab.allocations "$tmp/all.json")" = "$n" ]; then ok "stat/allocations as trace-cmd counts them"; else
	not_ok "stat/allocations as trace-cmd counts them" "$n"; fi
"$KMEMLAB" stat --by cache --live --format json "$SMALL" > "$tmp/live.json"
check "stat/--live is sorted by live bytes" jq -e '[.cache[].live_bytes] | length > 3 and . == (sort | reverse) and all(. > 0)' "$tmp/live.json"
status "stat/unknown table" 2 "$KMEMLAB" stat --by nonsense "$SMALL"
status "stat/no capture" 2 "$KMEMLAB" stat
status "stat/no such capture" 2 "$KMEMLAB" stat /no/such

if ! command -v perf > /dev/null; then skip stat/perf "no perf here"; exit $failed; fi
if [ -e "$TRACES/host-6.18/perf.data.gz" ]; then
	gzip -dc "$TRACES/host-6.18/perf.data.gz" > "$tmp/host.data"
	agree stat/perf-host-6.18 "$tmp/host.data"
else
	skip stat/perf-host-6.18 "no captures in $TRACES"
fi
if perf record -q -a -e 'kmem:*' -o "$tmp/live.data" -- sh -c 'for i in 1 2 3 4 5 6 7 8 9; do ls > /dev/null; done' > /dev/null 2>&1; then
	agree stat/perf-live "$tmp/live.data"
else
	skip stat/perf-live "perf cannot record kmem events here"
fi
exit $failed
