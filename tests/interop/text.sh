#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Text of trace-cmd report makes the same requests as the trace.dat that it was made from.
. tests/lib.sh

# said FILE: what import says of it, without names, rates and sizes
said() { "$KMEMLAB" import -o "$tmp/x.kmw" "$1" | sed 's/^[^:]*\.kmw//' | grep -v 'events/s'; }

variants() { # NAME FILE
	said "$2" > "$tmp/want"
	for how in "" -t -l -R --ts-diff "-t -l"; do
		# shellcheck disable=SC2086
		trace-cmd report $how -i "$2" > "$tmp/trace.txt" 2>/dev/null
		said "$tmp/trace.txt" > "$tmp/got"
		# Rounding to microseconds makes ties of what was not one.
		same "interop/text-$1${how// /}" "$tmp/want" "$tmp/got"
	done
	gzip -c "$tmp/trace.txt" > "$tmp/trace.gz"
	said "$tmp/trace.gz" > "$tmp/got"
	same "interop/text-$1-gzip" "$tmp/want" "$tmp/got"
	if command -v zstd > /dev/null; then
		zstd -q -c "$tmp/trace.txt" > "$tmp/trace.zst"
		said "$tmp/trace.zst" > "$tmp/got"
		same "interop/text-$1-zstd" "$tmp/want" "$tmp/got"
	fi
	said - < "$tmp/trace.txt" > "$tmp/got"
	same "interop/text-$1-stdin" "$tmp/want" "$tmp/got"
}

variants small $SMALL/trace.dat
# With the machine's state before it, the model returns as many of the kernel's page frames: call sites are told by name there.
mkdir "$tmp/words"
cp -r $SMALL/before $SMALL/system "$tmp/words"
trace-cmd report $SMALL/trace.dat > "$tmp/words/trace.dat" 2> /dev/null
for c in $SMALL "$tmp/words"; do
	"$KMEMLAB" verify --format json "$c" 2> /dev/null | jq -c '.simulated | .placement.allocations, .placement.score, .placement.anchored, .refills'
done > "$tmp/both"
head -n 4 "$tmp/both" > "$tmp/want"
tail -n +5 "$tmp/both" > "$tmp/got"
if grep -q '"recorded":[1-9]' "$tmp/want"; then same interop/text-placement "$tmp/want" "$tmp/got"; else not_ok interop/text-placement "verify says nothing"; fi
# Each request, not only their sums: the words of all events, and the time to the nanosecond.
trace-cmd report -t $SMALL/trace.dat > "$tmp/trace.txt" 2>/dev/null
for e in mm_page_alloc mm_page_free kmem_cache_free; do
	"$KMEMLAB" dump --format csv -e $e $SMALL/trace.dat | cut -d, -f1-5 > "$tmp/want"
	"$KMEMLAB" dump --format csv -e $e "$tmp/trace.txt" | cut -d, -f1-5 > "$tmp/got"
	same "interop/text-columns-$e" "$tmp/want" "$tmp/got"
done
# The words of its events are those that stand in it.
"$KMEMLAB" dump -e mm_page_alloc,kmem_cache_alloc,kmem_cache_free "$tmp/trace.txt" | sed 's/^.*: [a-z_]*: *//' > "$tmp/got"
grep -E ' (mm_page_alloc|kmem_cache_alloc|kmem_cache_free): ' "$tmp/trace.txt" | sed -E 's/^.*: [a-z_]*: *//; s/^\(.*\) (call_site=)/\1/' > "$tmp/want"
same interop/text-words "$tmp/want" "$tmp/got"

dir=/sys/kernel/tracing/instances/kmemlab-text$$
if [ "$(id -u)" != 0 ] || ! mkdir "$dir" 2>/dev/null; then
	skip interop/text-live "needs root and tracefs"
	exit $failed
fi
trap 'echo 0 > "$dir/tracing_on"; rmdir "$dir"; rm -rf "$tmp"' EXIT
echo 1 > "$dir/events/kmem/enable"
i=0; while [ $i -lt 20 ]; do ls / > /dev/null; i=$((i + 1)); done
echo 0 > "$dir/events/kmem/enable"
# Which pairs there are does not hang on whether pointers are hashed.
pairs() { said "$1" | grep -E 'requests|no known' | sed 's/; silent frees.*//'; }
counts() { grep -v '^#' "$1" | grep -oE ': [a-z_]+: ' | sort | uniq -c | sort -k3; }
own() { "$KMEMLAB" dump --format csv "$1" | sed 1d | cut -d, -f5 | sort | uniq -c |
	sed 's/\([a-z_]*\)$/: \1: /' | sort -k3; }
cat "$dir/trace" > "$tmp/hashed.txt"
echo 0 > "$dir/options/hash-ptr" 2>/dev/null
cat "$dir/trace" > "$tmp/raw.txt"
echo 1 > "$dir/options/hash-ptr" 2>/dev/null
counts "$tmp/raw.txt" > "$tmp/want"
own "$tmp/raw.txt" > "$tmp/got"
same interop/text-live "$tmp/want" "$tmp/got"
echo 1 > "$dir/options/latency-format"
cat "$dir/trace" > "$tmp/latency.txt"
echo 0 > "$dir/options/latency-format"
own "$tmp/latency.txt" > "$tmp/got"
same interop/text-live-latency "$tmp/want" "$tmp/got"
echo 1 > "$dir/options/record-tgid" 2>/dev/null
cat "$dir/trace" > "$tmp/tgid.txt"
own "$tmp/tgid.txt" > "$tmp/got"
same interop/text-live-tgid "$tmp/want" "$tmp/got"
# Until it is empty, however long that takes.
dd if="$dir/trace_pipe" of="$tmp/pipe.txt" bs=64k iflag=nonblock 2> "$tmp/err"
own "$tmp/pipe.txt" > "$tmp/got"
same interop/text-live-pipe "$tmp/want" "$tmp/got"
if grep -q 'ptr=00000000[0-9a-f]*[1-9a-f]' "$tmp/hashed.txt"; then
	said "$tmp/hashed.txt" > "$tmp/said"
	check interop/text-hashed-is-said grep -q 'pointers are hashed' "$tmp/said"
	"$KMEMLAB" info "$tmp/hashed.txt" > "$tmp/info"
	check interop/text-hashed-in-info grep -q '^unknown .*pointers are hashed' "$tmp/info"
	"$KMEMLAB" verify --format json "$tmp/hashed.txt" 2> "$tmp/err" | jq -e '.unknown | any(test("pointers are hashed"))' > "$tmp/unknown"
	check interop/text-hashed-in-verify grep -q true "$tmp/unknown"
	"$KMEMLAB" state "$tmp/hashed.txt" 2> "$tmp/err" > "$tmp/out"
	check interop/text-hashed-in-state grep -q 'pointers are hashed' "$tmp/err"
	"$KMEMLAB" info "$tmp/raw.txt" > "$tmp/info"
	if grep -q 'pointers' "$tmp/info"; then not_ok interop/text-raw-is-not; else ok interop/text-raw-is-not; fi
	# All alike, as a kernel before its random numbers are ready prints them: counted, not paired.
	sed 's/ptr=[0-9a-f]*/ptr=(____ptrval____)/' "$tmp/raw.txt" > "$tmp/hidden.txt"
	own "$tmp/raw.txt" > "$tmp/want"
	own "$tmp/hidden.txt" > "$tmp/got"
	same interop/text-hidden-counts "$tmp/want" "$tmp/got"
	"$KMEMLAB" info "$tmp/hidden.txt" > "$tmp/info"
	check interop/text-hidden-in-info grep -q '^unknown .*pointers are hidden' "$tmp/info"
	"$KMEMLAB" dump --format csv -e kmem_cache_free,kfree "$tmp/hashed.txt" |
		grep -o 'ptr=[0-9a-fx]*' | sort -u | wc -l > "$tmp/got"
	"$KMEMLAB" dump --format csv -e kmem_cache_free,kfree "$tmp/raw.txt" |
		grep -o 'ptr=[0-9a-fx]*' | sort -u | wc -l > "$tmp/want"
	same interop/text-hashed-tells-apart "$tmp/want" "$tmp/got"
else
	skip interop/text-hashed "this kernel does not hash pointers"
fi
exit $failed
