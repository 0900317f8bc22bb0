#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The workload reader on damaged files, made from the bundled capture: tests/fuzz/kmw.c.
dir=${TMPDIR:-/tmp}
capture=traces/amd64-6.1-small
cuts=200 flips=2000
[ -n "${QUICK:-}" ] && cuts=50 flips=400
if [ ! -e $capture ]; then
	echo "skip fuzz-kmw the bundled capture is not there"
	exit 0
fi
for method in none zlib zstd; do
	# The limit on memory would be hit by an allocation sized by a field of the file;
	# sanitizers reserve more address space than that for themselves.
	limit=unlimited
	nm "$BUILD/tests/fuzz/kmw" | grep -q __asan_init || limit=1000000
	if "$KMEMLAB" import -q -z $method -o "$dir/f.kmw" $capture &&
	   (ulimit -v $limit; "$BUILD/tests/fuzz/kmw" "$dir/f.kmw" $cuts $flips); then
		echo "ok fuzz-kmw-$method"
	else
		echo "not ok fuzz-kmw-$method"
	fi
done
