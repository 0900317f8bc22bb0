#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The readers of perf.data and of text on damaged files: tests/fuzz/trace.c takes any format.
. tests/lib.sh
export TMPDIR=$tmp LSAN_OPTIONS=suppressions=$PWD/tests/fuzz/lsan.supp:print_suppressions=0

cuts=200 flips=2000
[ -n "${QUICK:-}" ] && cuts=50 flips=400

damage() { # NAME FILE
	check "fuzz/$1" timeout 250 "$BUILD/tests/fuzz/trace" "$2" $cuts $flips
}

for reader in dat perf text; do
	[ -z "$(ls tests/fuzz/corpus/$reader 2>/dev/null)" ] ||
		check "fuzz/corpus-$reader" "$BUILD/tests/fuzz/reader" $reader tests/fuzz/corpus/$reader/*
done
trace-cmd report $SMALL/trace.dat 2>/dev/null | head -n 400 > "$tmp/text"
damage text "$tmp/text"
trace-cmd report -l $SMALL/trace.dat 2>/dev/null | head -n 400 > "$tmp/latency"
damage text-latency "$tmp/latency"
record() { # NAME OPTIONS...
	name=$1; shift
	# Few events: the head, the formats and the order of records are what is tried.
	if perf record -q "$@" -e kmem:kfree -e kmem:mm_page_alloc -- true > "$tmp/log" 2>&1; then
		damage "$name" "$tmp/data"
	else
		skip "fuzz/$name" "perf cannot record kmem events here"
	fi
}
record perf -o "$tmp/data"
record perf-packed -z -o "$tmp/data"
if perf record -q -o - -e kmem:kfree -- true > "$tmp/data" 2>/dev/null; then
	damage perf-pipe "$tmp/data"
else
	skip fuzz/perf-pipe "perf cannot record kmem events here"
fi
exit $failed
