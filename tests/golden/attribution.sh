#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Which cache? The names that the kernel gave are hidden, the caches found by other means, and compared with them.
. tests/lib.sh

while read -r name half late early rest; do
	case $name in ''|'#'*) continue ;; esac
	dir=$TRACES/$name; [ "$name" = amd64-6.1-small ] && dir=$SMALL
	if [ ! -d "$dir" ]; then skip "attribution/$name" "no capture $dir"; continue; fi
	if ! $KMEMLAB verify --format json "$dir" > "$tmp/v.json" 2> "$tmp/err"; then
		not_ok "attribution/$name" "$(head -1 "$tmp/err")"; continue
	fi
	if jq -e --argjson h "$half" --argjson l "$late" --argjson e "$early" '
		def good($floor): .right + .wrong + .unknown == .objects and .objects > 0 and .wrong == 0 and
			100 * .right >= $floor * .objects;
		.attribution | good($h) and (.late | good($l)) and (.early | good($e)) and
		(.objects == ([.caches[].objects] | add)) and (.right == ([.caches[].right] | add))
	' "$tmp/v.json" > /dev/null; then ok "attribution/$name"; else
		not_ok "attribution/$name" "$(jq -c '.attribution | del(.caches)' "$tmp/v.json")"
	fi
done < tests/golden/attribution.txt

exit $failed
