#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The trace.dat reader on damaged files of every kind: tests/fuzz/trace.c.
. tests/lib.sh
export TMPDIR=$tmp LSAN_OPTIONS=suppressions=$PWD/tests/fuzz/lsan.supp:print_suppressions=0

cuts=200 flips=2000
[ -n "${QUICK:-}" ] && cuts=50 flips=400
# An allocation sized by a field of the file would hit the limit; sanitizers reserve more
# address space than that for themselves.
limit=unlimited
nm "$BUILD/tests/fuzz/trace" | grep -q __asan_init || limit=2000000

damage() { # NAME FILE
	check "fuzz/trace-$1" timeout 250 bash -c \
		"ulimit -v $limit; '$BUILD/tests/fuzz/trace' '$2' $cuts $flips"
}

for variant in "6" "6 -b -l 4" "7" "7 -z zlib" "7 -z zstd" "6 -O -L 9" "7 -k old -i side"; do
	# shellcheck disable=SC2086
	"$BUILD/tests/gen/gentrace" -n 600 -o "$tmp/g.dat" -V $variant > /dev/null &&
		damage "$(echo "$variant" | tr -d ' -')" "$tmp/g.dat"
done
cuts=40 flips=100 damage bundled $SMALL/trace.dat
exit $failed
