#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# No score may fall: verify on each capture against the bounds of scores.txt.
. tests/lib.sh

while read -r name score anchored disputed contradictions refills drains fallbacks order rest; do
	case $name in ''|'#'*) continue ;; esac
	dir=$TRACES/$name; [ "$name" = amd64-6.1-small ] && dir=$SMALL
	if [ ! -d "$dir" ]; then skip "scores/$name" "no capture $dir"; continue; fi
	if ! $KMEMLAB verify --format json "$dir" > "$tmp/v.json" 2> "$tmp/err"; then
		not_ok "scores/$name" "$(head -1 "$tmp/err")"; continue
	fi
	jq -r -f tests/fidelity.jq "$tmp/v.json" > "$tmp/f.json"
	worse=$(jq -r --argjson free_running "$score" --argjson anchored "$anchored" --argjson disputed "$disputed" \
		--argjson contradictions "$contradictions" --argjson refills "$refills" \
		--argjson drains "$drains" --argjson fallbacks "$fallbacks" --argjson order_error "$order" '
		. as $got | $ARGS.named | to_entries[] | .key as $k |
		select(if $k == "free_running" or $k == "anchored" then ($got[$k] // 0) < .value
			else ($got[$k] // 1e9) > .value end) |
		"\($k) is \($got[$k]), was \(.value)"' "$tmp/f.json")
	if [ -s "$tmp/f.json" ] && [ -z "$worse" ]; then ok "scores/$name"; else
		not_ok "scores/$name" "$(echo "$worse" | paste -sd';')"
	fi
done < tests/golden/scores.txt
exit $failed
