#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What recording costs, beside perf record and, where it runs, trace-cmd record on the same workload in turns: slowdown of a
# fork+file workload, bytes an event, events lost.  Median of RUNS; needs root, tracefs and perf.  Then storms of page faults,
# of forks and of pipes on all CPUs for STORM seconds: the rate of events, what is lost, the recorder's memory; and how much
# less work is done beside it: the median of six rounds, each compared within itself, as machines get faster and slower meanwhile.
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 2

KMEMLAB=$(realpath "${KMEMLAB:-./kmemlab}")
RUNS=${RUNS:-5}
TMP=$(mktemp -d "${TMPDIR:-/tmp}/kmemlab-bench.XXXXXX") || exit 2
trap 'rm -rf "$TMP"; rmdir "$instance" 2> /dev/null' EXIT
instance=/sys/kernel/tracing/instances/kmemlab-bench$$
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
# trace-cmd record wants a kernel with the function tracer, whatever it is to record.
with_trace_cmd() { rm -f "$TMP"/tc.dat*; trace-cmd record -q -B "${instance##*/}" -e kmem -o "$TMP/tc.dat" "$@" > "$TMP/tc.out" 2>&1; }
if with_trace_cmd true; then peer=yes; else
	peer=; echo "recording: trace-cmd record does not run here: $(tail -n 1 "$TMP/tc.out" | sed 's/^ *//')"; fi
for i in $(seq "$RUNS"); do
	timed >> "$TMP/plain"
	rm -rf "$TMP/c"
	"$KMEMLAB" record -e kmem --format json -o "$TMP/c" -- sh "$TMP/timed.sh" > "$TMP/own.json" || exit 2
	cat "$TMP/took" >> "$TMP/own"
	n=$("$KMEMLAB" info --format json "$TMP/c" | jq '.total')
	jq -r --argjson n "$n" --argjson took "$(cat "$TMP/took")" '[.bytes / $n, .lost, $n / $took] | @tsv' "$TMP/own.json" >> "$TMP/own.rates"
	perf record -a -q -e "$events" -o "$TMP/perf.data" -- sh "$TMP/timed.sh" 2> "$TMP/perf.err" || exit 2
	cat "$TMP/took" >> "$TMP/perf"
	n=$(perf report --stats -i "$TMP/perf.data" 2> /dev/null | awk '/SAMPLE events:/ { print $3; exit }')
	lost=$(perf report --stats -i "$TMP/perf.data" 2> /dev/null | awk '/LOST/ { print $3; exit }')
	echo "$(($(stat -c %s "$TMP/perf.data") / n)) ${lost:-0}" >> "$TMP/perf.rates"
	[ -n "$peer" ] || continue
	with_trace_cmd sh "$TMP/timed.sh" || exit 2
	cat "$TMP/took" >> "$TMP/trace-cmd"
	"$KMEMLAB" info --format json --instance "${instance##*/}" "$TMP/tc.dat" |
		jq -r --argjson size "$(stat -c %s "$TMP/tc.dat")" '"\($size / .total) \(.lost)"' >> "$TMP/trace-cmd.rates"
done
plain=$(median < "$TMP/plain")
for who in own perf trace-cmd; do
	[ -s "$TMP/$who" ] || continue
	t=$(median < "$TMP/$who")
	bytes=$(awk '{ print $1 }' "$TMP/$who.rates" | median)
	lost=$(awk '{ n += $2 } END { print n + 0 }' "$TMP/$who.rates")
	awk -v who=$who -v t="$t" -v p="$plain" -v b="$bytes" -v l="$lost" 'BEGIN {
		printf "recording, %-14s workload %.2f s, %.2f x without; %.1f bytes an event; %d lost\n",
			who == "own" ? "kmemlab record" : who " record", t, t / p, b, l }'
done
awk -v p="$plain" '{ n += $3 } END { printf "recording: %.2f M events a second while the workload ran; without a recorder it took %.2f s\n", n / NR / 1e6, p }' "$TMP/own.rates"

storm=${BUILD:-build}/tests/bench/storm
seconds=${STORM:-30}
short=$(((seconds + 4) / 5))
if [ ! -x "$storm" ] || [ ! -x /usr/bin/time ]; then echo "storms: $storm is not built, or no /usr/bin/time; left out"; exit 0; fi
storm=$(realpath "$storm")
# beside WHO SECONDS: a storm beside a recorder, or none; how much it did goes to did, what the recorder says to own.json and stats.
beside() {
	case $1 in
	nobody) "$storm" "$2" $kind > "$TMP/did" ;;
	own)
		rm -rf "$TMP/c"
		# shellcheck disable=SC2016
		/usr/bin/time -f %M -o "$TMP/peak" "$KMEMLAB" record -e kmem --format json -o "$TMP/c" -- \
			sh -c '"$1" "$2" "$3" > "$4"' sh "$storm" "$2" $kind "$TMP/did" > "$TMP/own.json" ;;
	perf)
		# shellcheck disable=SC2016
		/usr/bin/time -f %M -o "$TMP/peak" perf record -a -q -e "$events" -o "$TMP/perf.data" -- \
			sh -c '"$1" "$2" "$3" > "$4"' sh "$storm" "$2" $kind "$TMP/did" 2> "$TMP/perf.err" ;;
	esac || exit 2
}
# said WHO EVENTS LOST BYTES: a line of the table; the slowdown is of short storms in turns
said() {
	awk -v who="$1" -v n="$2" -v l="$3" -v b="$4" -v s="$seconds" -v slowdown="$(median < "$TMP/$5.slowdown")" \
		-v kind="$kind" -v peak="$(tail -n 1 "$TMP/peak")" 'BEGIN {
		printf "storm of %s, %-14s %.2f M events a second (%.2f M in all), %d lost, %.1f bytes an event; %.2f x the time a %s without;", \
			kind, who, n / s / 1e6, n / 1e6, l, b / n, slowdown, kind == "pipes" ? "pipe" : "page"
		printf " memory %.1f MiB\n", peak / 1024 }'
}
for kind in pages forks pipes; do
	rm -f "$TMP"/*.slowdown
	for order in "own perf" "perf own" "own perf" "perf own" "own perf" "perf own"; do
		beside nobody $short
		plain=$(cat "$TMP/did")
		for who in $order; do
			beside "$who" $short
			awk -v plain="$plain" '{ print plain / $1 }' "$TMP/did" >> "$TMP/$who.slowdown"
		done
	done
	beside own "$seconds"
	said "kmemlab record" "$("$KMEMLAB" info --format json "$TMP/c" | jq .total)" "$(jq .lost "$TMP/own.json")" \
		"$(jq .bytes "$TMP/own.json")" own
	rm -rf "$TMP/c"
	beside perf "$seconds"
	perf report --stats -i "$TMP/perf.data" 2> /dev/null > "$TMP/stats"
	said "perf record" "$(awk '/SAMPLE events:/ { print $3; exit }' "$TMP/stats")" \
		"$(awk '/LOST/ { n += $3 } END { print n + 0 }' "$TMP/stats")" "$(stat -c %s "$TMP/perf.data")" perf
	rm -f "$TMP/perf.data"
done
