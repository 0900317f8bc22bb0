#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# libfuzzer.sh READER...: each target of tests/fuzz/reader.c for FUZZ_SECONDS, one after the other.
# The corpus grows in $BUILD/corpus; what was found is kept in $BUILD/found.  Status 1: a finding.
set -u
cd "$(dirname "$0")/../.." || exit 2

BUILD=${BUILD:-build-fuzz}
export LSAN_OPTIONS=suppressions=$PWD/tests/fuzz/lsan.supp:print_suppressions=0
TMPDIR=$(mktemp -d /dev/shm/kmemlab-fuzz.XXXXXX 2>/dev/null || mktemp -d) || exit 2
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
status=0
for reader in "$@"; do
	mkdir -p "$BUILD/corpus/$reader" "$BUILD/found" || exit 2
	log=$BUILD/fuzz-$reader.log
	# Lost leaks are libtraceevent's; an input that takes ten seconds or 2 GB is a finding.
	"$BUILD/fuzz-$reader" -max_total_time="${FUZZ_SECONDS:-1800}" -timeout=10 -rss_limit_mb=2048 \
		-max_len=65536 -artifact_prefix="$BUILD/found/$reader-" -print_final_stats=1 \
		"$BUILD/corpus/$reader" "tests/fuzz/corpus/$reader" > "$log" 2>&1
	code=$?
	execs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	cov=$(sed -n 's/.* cov: \([0-9]*\).*/\1/p' "$log" | tail -n 1)
	if [ $code = 0 ]; then
		echo "ok fuzz/libfuzzer-$reader: ${execs:-?} inputs in ${FUZZ_SECONDS:-1800} s, ${cov:-?} edges"
	else
		echo "not ok fuzz/libfuzzer-$reader: $(grep -m 1 -E 'ERROR|SUMMARY|runtime error' "$log")"
		status=1
	fi
done
exit $status
