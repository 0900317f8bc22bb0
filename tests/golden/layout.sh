#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The report in a browser, from the width of a small phone to that of a desk: no label is cut off or lies over another one,
# nothing is wider than the page or its cell.
. tests/lib.sh

browser=
for b in chromium chromium-browser google-chrome; do command -v $b > /dev/null && browser=$b && break; done
[ -z "${QUICK:-}" ] || { skip layout "QUICK is set"; exit 0; }
[ -n "$browser" ] || { skip layout "no browser"; exit 0; }
$KMEMLAB replay -n 60 --hardware -o "$tmp/r.db" --set buddy.mobility_grouping=off --policy native+zone.min_free_kbytes=41552 \
	--policy native+slab.kind=slab --policy native+slab.max_order=0 "$SMALL" > /dev/null || not_ok layout/replay
$KMEMLAB report -o "$tmp/r.html" "$tmp/r.db" || not_ok layout/report
for width in 320 400 800 1400; do
	timeout 120 $browser --headless --no-sandbox --disable-gpu --allow-file-access-from-files --user-data-dir="$tmp/browser" \
		--virtual-time-budget=8000 --window-size=1600,1000 --dump-dom "file://$PWD/tests/golden/layout.html?$tmp/r.html&$width" \
		2> /dev/null | sed -n '/<pre id="said">/,/<\/pre>/p' | sed 's/.*<pre id="said">//; s/<\/pre>.*//' > "$tmp/said"
	n=$(sed -n 's/^looked at \([0-9]*\) labels$/\1/p' "$tmp/said")
	if [ "${n:-0}" -lt 200 ]; then skip "layout/$width" "the browser does not show it"; continue; fi
	grep -v '^looked at\|^$' "$tmp/said" > "$tmp/bad"
	[ ! -s "$tmp/bad" ] && ok "layout/$width" || { not_ok "layout/$width" "$(wc -l < "$tmp/bad"), such as $(head -1 "$tmp/bad")"; sed 's/^/# /' "$tmp/bad" | head -20; }
done
exit $failed
