#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Packed files that are damaged: gzip and zstd around text and around a trace.dat (see tests/fuzz/trace.c).
. tests/lib.sh
export TMPDIR=$tmp LSAN_OPTIONS=suppressions=$PWD/tests/fuzz/lsan.supp:print_suppressions=0

cuts=200 flips=2000
[ -n "${QUICK:-}" ] && cuts=50 flips=400

trace-cmd report $SMALL/trace.dat 2>/dev/null | head -n 60 > "$tmp/text"
"$BUILD/tests/gen/gentrace" -n 200 -o "$tmp/dat" > /dev/null
for what in text dat; do
	for packer in gzip zstd; do
		if command -v $packer > /dev/null; then
			$packer -q -c "$tmp/$what" > "$tmp/packed"
			check "fuzz/$what-$packer" timeout 250 "$BUILD/tests/fuzz/trace" "$tmp/packed" $cuts $flips
		else
			skip "fuzz/$what-$packer" "no $packer"
		fi
	done
done
exit $failed
