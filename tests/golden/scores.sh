#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# No score may fall: verify on each capture against the bounds of scores.txt.
. tests/lib.sh

while read -r name score anchored disputed contradictions refills drains fallbacks order rest; do
	case $name in ''|'#'*) continue ;; esac
	dir=$TRACES/$name; [ -d "traces/$name" ] && dir=traces/$name
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

# Where the simulation is right by itself, making it what the reconstruction is changes nothing: the order of
# all lists is the kernel's in both.
while read -r name every; do
	dir=$TRACES/$name; [ $name = amd64-6.1-small ] && dir=$SMALL
	if [ ! -d "$dir" ]; then skip "scores/put-right-$name" "no capture $dir"; continue; fi
	$KMEMLAB verify --format json --anchor-every "$every" "$dir" > "$tmp/v.json" 2> "$tmp/err"
	check "scores/put-right-$name" jq -e '
		[.simulated.anchored_every[].score] == [1, 1, 1]' "$tmp/v.json"
done <<'EVERY'
amd64-6.1-small 10,100,1000
amd64-6.1-exact 10,100,1000
amd64-6.1-pressure 100,1000,10000
EVERY
exit $failed
