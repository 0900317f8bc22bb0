# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# Sourced by run.sh: timing a command and printing it as a row.  measure() leaves
# the microseconds in $best and the rate in $rate, both empty if the command failed,
# and in $spent the microseconds of processor time of the run that had the least;
# own() makes the rate the one that the rows after it are compared with.

own_rate=
prefix=
rate=
best=
spent=
TIMEFORMAT='%3U %3S'

heading() {
	printf '\n%s\n' "$1"
	own_rate=
}

group() {
	printf '  %s\n' "$1"
	own_rate=
}

own() {
	own_rate=$rate
}

skip() {
	printf '  skipped: %s: %s\n' "$1" "$2"
}

lost() {
	printf '  FAILED: %s\n' "$1"
	failed=$((failed + 1))
	rate=
}

# aside NOTE COMMAND...: rows of another file, compared by rate with the rows before
aside() {
	printf '    beside it, %s:\n' "$1"
	shift
	prefix='  '
	"$@"
	prefix=
}

size_of() {
	stat -c %s "$1" | awk '{
		if ($1 >= 1048576) printf "%.1f MiB", $1 / 1048576
		else printf "%.0f KiB", $1 / 1024 }'
}

# measure LABEL AMOUNT COMMAND...: best wall time of RUNS runs, and the rate
measure() {
	local label=$1 amount=$2 start end took used i

	shift 2
	rate=
	best=
	spent=
	for ((i = 0; i < RUNS; i++)); do
		start=$EPOCHREALTIME
		if ! { time "$@" > /dev/null 2> "$TMP/err"; } 2> "$TMP/time"; then
			best=
			lost "$label: $(tail -n 1 "$TMP/err")"
			return
		fi
		end=$EPOCHREALTIME
		took=$((${end/[.,]/} - ${start/[.,]/}))
		[ -n "$best" ] && [ "$best" -le "$took" ] || best=$took
		used=$(awk '{ print int(($1 + $2) * 1e6) }' "$TMP/time")
		[ -n "$spent" ] && [ "$spent" -le "$used" ] || spent=$used
	done
	row "$label" "$amount" "$best"
}

# row LABEL AMOUNT MICROSECONDS
row() {
	rate=$(awk -v n="$2" -v t="$3" 'BEGIN { printf "%.4f", n / t }')
	printf '    %s%-46s %10s in %8.3f s = %8.3f M/s%s\n' "$prefix" "$1" "$2" \
		"$(awk -v t="$3" 'BEGIN { printf "%.6f", t / 1e6 }')" "$rate" "$(ratio)"
}

# processor_row AMOUNT: the same by the processor time that was spent, of all threads
processor_row() {
	[ -z "$rate" ] || awk -v p="$prefix" -v n="$1" -v t="$spent" 'BEGIN {
		printf "    %s%-46s %10s in %8.3f s = %8.3f M/s\n", p, "  of processor time", n, t / 1e6,
			t ? n / t : 0 }'
}

ratio() {
	[ -z "$own_rate" ] || awk -v a="$own_rate" -v b="$rate" \
		'BEGIN { if (b > 0) printf "   kmemlab: %.1f times that", a / b }'
}

# peak LABEL COMMAND...: the largest resident set of one run
peak() {
	local label=$1

	shift
	if ! /usr/bin/time -f %M -o "$TMP/peak" "$@" > /dev/null 2> "$TMP/err"; then
		lost "$label: $(tail -n 1 "$TMP/err")"
		return
	fi
	printf '    %-38s %8.1f MiB at most\n' "$label" "$(awk '{ print $1 / 1024 }' "$TMP/peak")"
}
