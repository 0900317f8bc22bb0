#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Captures of every kind from tests/gen/gentrace.c: what was written is what is read; memory does
# not grow with a capture's length; a full disk and an end in the middle leave nothing behind.
. tests/lib.sh
GEN=$BUILD/tests/gen/gentrace

for v in "-V 6" "-V 7" "-V 7 -z zlib" "-V 7 -z zstd" "-b" "-b -l 4" "-l 4" "-V 7 -b -z zstd -l 4" \
	"-O -L 5" "-L 5 -u" "-k old" "-k old -l 4 -b" "-i side -V 7" "-c 16"; do
	# shellcheck disable=SC2086
	"$GEN" -n 20000 -o "$tmp/g.dat" $v > "$tmp/written" || { not_ok "generated/$v"; continue; }
	$KMEMLAB info --format json "$tmp/g.dat" 2> "$tmp/err" |
		jq -r '(.events | to_entries[] | "\(.key) \(.value)"), "lost \(.lost)"' |
		LC_ALL=C sort > "$tmp/read"
	same "generated/$v" "$tmp/written" "$tmp/read"
	# Requests are of events: as many allocations as events, less losses.
	check "generated/$v: import" $KMEMLAB import -q -o "$tmp/g.kmw" "$tmp/g.dat"
done

# Byte order, word size, version and packing are no matter of content.
"$GEN" -n 20000 -o "$tmp/a.dat" > /dev/null
$KMEMLAB dump --resolved --format csv "$tmp/a.dat" > "$tmp/a.csv"
for v in "-V 7 -z zstd" "-b" "-V 7 -b -z zlib"; do
	# shellcheck disable=SC2086
	"$GEN" -n 20000 -o "$tmp/b.dat" $v > /dev/null
	$KMEMLAB dump --resolved --format csv "$tmp/b.dat" > "$tmp/b.csv"
	same "generated/same records: $v" "$tmp/a.csv" "$tmp/b.csv"
done

# Peak memory, KiB: ten times the events with the same live set take a quarter more at most.
peak() { # COMMAND...
	"$@" > /dev/null 2> "$tmp/err" &
	local pid=$! most=0 now
	while now=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' /proc/$pid/status 2> /dev/null) && [ -n "$now" ]; do
		most=$now
		sleep 0.005
	done
	wait $pid && echo "$most"
}
if [ -z "${QUICK:-}" ]; then
	for n in 1 10; do
		"$GEN" -n $((n * 800000)) -o "$tmp/$n.dat" > /dev/null
		peak $KMEMLAB import -q -o "$tmp/$n.kmw" "$tmp/$n.dat" > "$tmp/import$n"
		peak $KMEMLAB state --at end "$tmp/$n.kmw" > "$tmp/replay$n"
	done
	for what in import replay; do
		one=$(cat "$tmp/${what}1") ten=$(cat "$tmp/${what}10")
		if [ -n "$one" ] && [ -n "$ten" ] && [ "$ten" -le $((one + one / 4)) ]; then
			ok "generated/memory of $what"
		else
			not_ok "generated/memory of $what" "$one KiB for 800000 events, $ten KiB for ten times as many"
		fi
	done
else
	skip "generated/memory" "QUICK is set"
fi

# A full disk: one line, status 2, nothing under the final name nor beside it.
"$GEN" -n 200000 -o "$tmp/g.dat" > /dev/null
mkdir "$tmp/full"
(ulimit -f 64; trap '' XFSZ; status "generated/full disk" 2 $KMEMLAB import -q -o "$tmp/full/x.kmw" "$tmp/g.dat"; exit $failed) || failed=1
if [ -z "$(ls -A "$tmp/full")" ]; then ok "generated/full disk leaves nothing"; else
	not_ok "generated/full disk leaves nothing" "$(ls -A "$tmp/full")"; fi

# An end in the middle: never a half-written file under the final name.
"$GEN" -n 2000000 -o "$tmp/g.dat" > /dev/null
for signal in INT TERM KILL; do
	rm -rf "$tmp/end"; mkdir "$tmp/end"
	$KMEMLAB import -q -o "$tmp/end/x.kmw" "$tmp/g.dat" > /dev/null 2>&1 &
	pid=$!
	sleep 0.05
	kill -$signal $pid 2> /dev/null
	wait $pid 2> /dev/null
	if [ ! -e "$tmp/end/x.kmw" ] || $KMEMLAB info "$tmp/end/x.kmw" > /dev/null 2>&1; then
		ok "generated/ended by $signal"
	else
		not_ok "generated/ended by $signal" "a file that cannot be read"
	fi
done
exit $failed
