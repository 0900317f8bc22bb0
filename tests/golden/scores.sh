#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# No score may fall: verify on each capture against the floors of scores.txt.
. tests/lib.sh

while read -r name score anchored disputed contradictions rest; do
	case $name in ''|'#'*) continue ;; esac
	dir=$TRACES/$name; [ "$name" = amd64-6.1-small ] && dir=$SMALL
	if [ ! -d "$dir" ]; then skip "scores/$name" "no capture $dir"; continue; fi
	if ! $KMEMLAB verify --format json "$dir" > "$tmp/v.json" 2> "$tmp/err"; then
		not_ok "scores/$name" "$(head -1 "$tmp/err")"; continue
	fi
	if jq -e --argjson s "$score" --argjson a "$anchored" --argjson d "$disputed" --argjson c "$contradictions" '
		(.recorded.pages_disputed // 0) <= $d and .recorded.contradictions <= $c and
		($s == 0 or (.simulated.placement.score >= $s and .simulated.placement.anchored >= $a))
	' "$tmp/v.json" > /dev/null; then ok "scores/$name"; else
		not_ok "scores/$name" "$(jq -c '[.simulated.placement.score, .simulated.placement.anchored, .recorded.pages_disputed, .recorded.contradictions]' "$tmp/v.json") against $score $anchored $disputed $contradictions"
	fi
done < tests/golden/scores.txt
exit $failed
