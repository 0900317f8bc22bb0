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
# Call site by call site: bytes given and asked for, allocations.  perf shows those with bytes alone.
agree_callers() { # NAME FILE
	perf kmem -i "$2" --slab --caller --raw-ip stat 2> /dev/null | tr -d ' ' | awk -F'[|/]' '
		/^0x/ { print $1, $2, $4, $6 }' | sort > "$tmp/theirs.callers"
	"$KMEMLAB" stat --by site --top 0 --raw-ip --format json "$2" 2> /dev/null | jq -r '.site[] |
		select(.bytes_allocated > 0) | "\(.name) \(.bytes_allocated) \(.bytes_requested) \(.allocs)"' |
		sort > "$tmp/ours.callers"
	if [ "$(wc -l < "$tmp/theirs.callers")" -lt 20 ]; then not_ok "$1" "perf kmem names too few callers"; return; fi
	same "$1" "$tmp/theirs.callers" "$tmp/ours.callers"
}
agree() { # NAME FILE
	perf_totals "$2" | sort > "$tmp/theirs"
	own_totals "$2" | sort > "$tmp/ours"
	agree_callers "$1-callers" "$2"
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
# Cache by cache against the kernel's own slabinfo afterwards: an object takes what its cache gives each of them, and no more
# live of those that were allocated in the capture than it counts in use; but for caches whose objects kfree_rcu() frees in
# bulk, of which no event tells.
slabinfo_agrees() { # NAME CAPTURE [CACHE FREED IN BULK]
	"$KMEMLAB" stat --by cache --top 0 --format json "$2" | jq -r '.cache[] | select(.allocs > 0) |
		"\(.name) \(.live) \(.bytes_allocated / .allocs)"' | sort > "$tmp/caches"
	content "$2/after/slabinfo" | awk 'NR > 2 { print $1, $2, $4 }' | sort > "$tmp/slabinfo"
	join "$tmp/caches" "$tmp/slabinfo" > "$tmp/both"
	if [ "$(wc -l < "$tmp/both")" -lt 50 ]; then not_ok "$1" "only $(wc -l < "$tmp/both") caches"; return; fi
	check "$1" awk -v bulk="${3:-}" '$2 > $4 && $1 != bulk || $3 != $5 { print; bad = 1 } END { exit bad }' "$tmp/both"
}
slabinfo_agrees "stat/slabinfo afterwards" "$SMALL"
for c in exact:kmalloc-96 files numa pressure; do
	bulk=${c#"${c%:*}"} c=${c%:*}
	if [ -d "$TRACES/amd64-6.1-$c" ]; then slabinfo_agrees "stat/slabinfo afterwards, $c" "$TRACES/amd64-6.1-$c" "${bulk#:}"; else
		skip "stat/slabinfo afterwards, $c" "no such capture"; fi
done

# Every event, counted by trace-cmd.
n=$(trace-cmd report "$SMALL/trace.dat" 2> /dev/null | grep -cE ' (kmalloc|kmem_cache_alloc): ')
if [ "$(jq .slab.allocations "$tmp/all.json")" = "$n" ]; then ok "stat/allocations as trace-cmd counts them"; else
	not_ok "stat/allocations as trace-cmd counts them" "$n"; fi
"$KMEMLAB" stat --by cache --live --format json "$SMALL" > "$tmp/live.json"
check "stat/--live is sorted by live bytes" jq -e '[.cache[].live_bytes] | length > 3 and . == (sort | reverse) and all(. > 0)' "$tmp/live.json"
status "stat/unknown table" 2 "$KMEMLAB" stat --by nonsense "$SMALL"
status "stat/no capture" 2 "$KMEMLAB" stat
status "stat/no such capture" 2 "$KMEMLAB" stat /no/such

# Function by function as trace-cmd mem has it, which counts failed allocations too, and
# goes on holding what was given out again without a free that the trace shows.
for capture in "$SMALL" "$TRACES"/amd64-6.1-files "$TRACES"/amd64-6.1-numa "$TRACES"/amd64-6.1-thp "$TRACES"/amd64-6.1-pressure; do
	name=stat/trace-cmd-mem-${capture##*/}
	if [ ! -e "$capture/trace.dat" ]; then skip "$name" "not there"; continue; fi
	"$KMEMLAB" stat --by function --top 0 --format json "$capture" > "$tmp/f.json"
	jq -r '.function[] | select(.failed > 0).name' "$tmp/f.json" > "$tmp/failed"
	trace-cmd mem -i "$capture/trace.dat" 2> /dev/null | awk 'NR > 2 && NF == 9 { print $1, $5, $6, $3 }' |
		grep -vwFf "$tmp/failed" | sort > "$tmp/mem"
	jq -r '.function[] | "\(.name) \(.bytes_allocated) \(.bytes_requested) \(.live_bytes)"' "$tmp/f.json" |
		grep -vwFf "$tmp/failed" | sort > "$tmp/own"
	if [ "$(wc -l < "$tmp/mem")" -lt 40 ]; then not_ok "$name" "trace-cmd mem says too little"; continue; fi
	cut -d' ' -f1-3 "$tmp/mem" > "$tmp/mem.sums"; cut -d' ' -f1-3 "$tmp/own" > "$tmp/own.sums"
	same "$name" "$tmp/mem.sums" "$tmp/own.sums"
	check "$name-live" awk 'NR == FNR { mem[$1] = $4; next } { n++; same += $4 == mem[$1]; if ($4 > mem[$1]) bad++ }
		END { exit bad || same < n - 2 }' "$tmp/mem" "$tmp/own"
done

# The callers in ftrace's stacks, read out of trace-cmd's text by other means.
dir=/sys/kernel/tracing/instances/kmemlab-stat$$
if [ "$(id -u)" = 0 ] && mkdir "$dir" 2> /dev/null; then
	# Nothing before the task is known; an instance starts with tracing on.
	echo 0 > "$dir/tracing_on"
	echo 30000 > "$dir/buffer_size_kb"
	if { echo 1 > "$dir/options/stacktrace" && echo 1 > "$dir/events/kmem/mm_page_alloc/enable" &&
	     echo 1 > "$dir/events/kmem/kmalloc/enable"; } 2> /dev/null; then
		# One task's and its children's only: a stack stands apart from its event where interrupts come between.
		echo 1 > "$dir/options/event-fork"
		# shellcheck disable=SC2016
		sh -c 'echo $$ > "$1/set_event_pid"; echo 1 > "$1/tracing_on"
			for i in 1 2 3 4 5; do ls -l /usr/bin > /dev/null; unshare -m mount -t tmpfs none "$2"; done' sh "$dir" "$tmp"
		echo 0 > "$dir/tracing_on"
		trace-cmd extract -B "${dir##*/}" -o "$tmp/stacks.dat" > /dev/null 2>&1
	fi
	rmdir "$dir"
fi
if [ -s "$tmp/stacks.dat" ]; then
	"$KMEMLAB" stat --instance "${dir##*/}" --by page-site --top 0 --format json "$tmp/stacks.dat" 2> /dev/null |
		jq -r '.["page-site"][] | "\(.name) \(.allocs)"' | sed 's/+0x[0-9a-f]*//' |
		awk '{ n[$1] += $2 } END { for (f in n) print f, n[f] }' | sort > "$tmp/own"
	# Each stack is of the event before it on its CPU.
	trace-cmd report "$tmp/stacks.dat" 2> /dev/null | awk '
		match($0, /\[[0-9]+\]/) { cpu = substr($0, RSTART, RLENGTH) }
		/kernel_stack: / { inside = waits[cpu]; waits[cpu] = 0; next }
		/^=> / { if (inside && $2 !~ /alloc_(pages|frozen|slab)|folio_alloc|post_alloc|page_from_freelist|zeroed_page|free_pages|slab|kmem_cache|kmalloc|mempool_alloc|kvm?alloc|trace_|__traceiter/) {
				n[$2]++; inside = 0 } ; next }
		{ inside = 0; waits[cpu] = / mm_page_alloc: / }
		END { for (f in n) print f, n[f] }' | sort > "$tmp/trace-cmd"
	[ -s "$tmp/trace-cmd" ] || skip "stat/stacks" "no stack was recorded"
	for f in pte_alloc_one __filemap_get_folio; do
		a=$(awk -v f=$f '$1 == f { print $2 }' "$tmp/own"); b=$(awk -v f=$f '$1 == f { print $2 }' "$tmp/trace-cmd")
		if [ -z "$b" ]; then skip "stat/stacks-$f" "this kernel did not call it"; continue; fi
		if [ "$a" = "$b" ]; then ok "stat/stacks-$f"; else not_ok "stat/stacks-$f" "$a, trace-cmd: $b"; fi
	done
	# A wrapper's allocations go to whom it is called by: mount(2) copies its arguments with strndup_user().
	for w in "" -w; do
		"$KMEMLAB" stat --instance "${dir##*/}" $w --by function --top 0 --format json "$tmp/stacks.dat" 2> /dev/null |
			jq -r '.function[] | "\(.name) \(.allocs)"' | sort > "$tmp/functions$w"
	done
	trace-cmd report "$tmp/stacks.dat" 2> /dev/null | awk '
		match($0, /\[[0-9]+\]/) { cpu = substr($0, RSTART, RLENGTH) }
		/kernel_stack: / { inside = waits[cpu]; waits[cpu] = 0; next }
		/^=> / { if (inside && wrapped) { n[$2]++; inside = wrapped = 0 }; wrapped = inside && $2 == "strndup_user"; next }
		{ inside = wrapped = 0; waits[cpu] = / kmalloc: / }
		END { for (f in n) print f, n[f] }' | sort > "$tmp/wrapped"
	if [ -s "$tmp/wrapped" ]; then
		# What each function has more with -w than without, and no less.
		join -a 1 -e 0 -o 0,1.2,2.2 "$tmp/functions-w" "$tmp/functions" | awk '$2 > $3 { print $1, $2 - $3 }' > "$tmp/gained"
		same "stat/wrappers" "$tmp/wrapped" <(join "$tmp/wrapped" "$tmp/gained" | awk '{ print $1, $3 }')
		if grep -q '^strndup_user ' "$tmp/functions" && ! grep -q '^strndup_user ' "$tmp/functions-w"; then ok "stat/wrappers are skipped"; else
			not_ok "stat/wrappers are skipped"; fi
		check "stat/wrappers lose nothing" [ "$(awk '{ n += $2 } END { print n }' "$tmp/functions")" = "$(awk '{ n += $2 } END { print n }' "$tmp/functions-w")" ]
	else
		skip stat/wrappers "nothing was mounted"
	fi
else
	skip stat/stacks "needs root and tracefs"
fi

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
