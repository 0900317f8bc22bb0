#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What recording costs, beside perf record on the same workload in turns: slowdown of a fork+file workload, bytes an
# event, events lost.  Median of RUNS; needs root, tracefs and perf.
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 2

KMEMLAB=$(realpath "${KMEMLAB:-./kmemlab}")
RUNS=${RUNS:-5}
TMP=$(mktemp -d "${TMPDIR:-/tmp}/kmemlab-bench.XXXXXX") || exit 2
trap 'rm -rf "$TMP"' EXIT
if [ "$(id -u)" != 0 ] || [ ! -d /sys/kernel/tracing/instances ] || ! command -v perf > /dev/null; then
	echo "recording: needs root, tracefs and perf; left out"; exit 0
fi
cat > "$TMP/work.sh" <<'WORK'
cd "$1" || exit 1
for j in 1 2; do
	(i=0; while [ $i -lt 1500 ]; do /bin/true; echo $i > f.$j.$i; rm f.$j.$i; i=$((i + 1)); done) &
done
wait
WORK
mkdir "$TMP/w"
now() { date +%s.%N; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
timed() { local t; t=$(now); sh "$TMP/work.sh" "$TMP/w"; echo "$(now) $t" | awk '{ print $1 - $2 }'; }
# What the workload itself took, whatever the recorder does before and after.
cat > "$TMP/timed.sh" <<WORK
t=\$(date +%s.%N); sh $TMP/work.sh $TMP/w; echo "\$(date +%s.%N) \$t" | awk '{ print \$1 - \$2 }' > $TMP/took
WORK
events='kmem:*'
for i in $(seq "$RUNS"); do
	timed >> "$TMP/plain"
	rm -rf "$TMP/c"
	"$KMEMLAB" record -e kmem --format json -o "$TMP/c" -- sh "$TMP/timed.sh" > "$TMP/own.json" || exit 2
	cat "$TMP/took" >> "$TMP/own"
	n=$("$KMEMLAB" info --format json "$TMP/c" | jq '.total')
	jq -r --argjson n "$n" '[.bytes / $n, .lost, $n / .seconds] | @tsv' "$TMP/own.json" >> "$TMP/own.rates"
	perf record -a -q -e "$events" -o "$TMP/perf.data" -- sh "$TMP/timed.sh" 2> "$TMP/perf.err" || exit 2
	cat "$TMP/took" >> "$TMP/perf"
	n=$(perf report --stats -i "$TMP/perf.data" 2> /dev/null | awk '/SAMPLE events:/ { print $3; exit }')
	lost=$(perf report --stats -i "$TMP/perf.data" 2> /dev/null | awk '/LOST/ { print $3; exit }')
	echo "$(($(stat -c %s "$TMP/perf.data") / n)) ${lost:-0}" >> "$TMP/perf.rates"
done
plain=$(median < "$TMP/plain")
for who in own perf; do
	t=$(median < "$TMP/$who")
	bytes=$(awk '{ print $1 }' "$TMP/$who.rates" | median)
	lost=$(awk '{ n += $2 } END { print n + 0 }' "$TMP/$who.rates")
	awk -v who=$who -v t="$t" -v p="$plain" -v b="$bytes" -v l="$lost" 'BEGIN {
		printf "recording, %-14s workload %.2f s, %.2f x without; %.1f bytes an event; %d lost\n",
			who == "own" ? "kmemlab record" : "perf record", t, t / p, b, l }'
done
awk -v p="$plain" '{ n += $3 } END { printf "recording: %.0f events a second; without a recorder %.2f s\n", n / NR, p }' "$TMP/own.rates"
