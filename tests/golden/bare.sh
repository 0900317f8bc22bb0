#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A bare trace: what is claimed to be known of it must be what the capture with its snapshots shows.
. tests/lib.sh

# What the frames of $1 are, one a line; frames of which nothing is known are left out.
frames()
{
	awk -F, 'NR > 1 && $5 != "unknown" {
		for (i = 0; i < $2; i++) print $1 + i, $5 == "free" ? "free" : $5 == "pcp" ? "pcp" : "used" }' "$1"
}

for name in small exact files numa i386-6.1-highmem pressure thp; do
	case $name in
	small) dir=$SMALL ;;
	i386*) dir=$TRACES/$name ;;
	*) dir=$TRACES/amd64-6.1-$name ;;
	esac
	if [ ! -d "$dir" ]; then skip "bare/$name" "no capture $dir"; continue; fi
	rm -rf "$tmp/bare"; mkdir "$tmp/bare"; cp "$dir"/trace.dat* "$tmp/bare"
	for at in start end; do
		$KMEMLAB state --at $at --show frames "$dir" 2> "$tmp/err" > "$tmp/full.csv"
		$KMEMLAB state --at $at --show frames "$tmp/bare" 2> "$tmp/err" > "$tmp/bare.csv"
		frames "$tmp/full.csv" > "$tmp/full"
		frames "$tmp/bare.csv" > "$tmp/known"
		# Not one frame free in the one and in use in the other; and something is known.
		if awk 'NR == FNR { is[$1] = $2; next }
			$1 in is { n++; if ((is[$1] == "free") != ($2 == "free")) { print; bad = 1; exit } }
			END { exit bad || n < 500 }' "$tmp/full" "$tmp/known" > "$tmp/wrong"
		then ok "bare/$name/$at"; else not_ok "bare/$name/$at" "$(cat "$tmp/wrong")"; fi
	done
	$KMEMLAB verify --format json "$tmp/bare" > "$tmp/v.json" 2> "$tmp/err"
	# It shrinks as pages are touched, and never grows.
	if jq -e '.recorded | .unknown_frames <= .unknown_course[0] and .unknown_frames < .frames and
		(.unknown_course | . == (sort | reverse))' "$tmp/v.json" > /dev/null
	then ok "bare/$name/course"; else not_ok "bare/$name/course" "$(jq -c '.recorded.unknown_course' "$tmp/v.json" | head -c 200)"; fi
done
exit $failed
