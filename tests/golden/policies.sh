#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What-ifs do what their key says.
. tests/lib.sh

$KMEMLAB import -q -o "$tmp/k.kmw" $SMALL
for p in $($KMEMLAB policy list --format csv | sed 1d | cut -d, -f1); do
	check "show/$p" $KMEMLAB policy show "$p"
	$KMEMLAB state --policy "$p" "$tmp/k.kmw" > "$tmp/$p" 2> "$tmp/err" && [ -s "$tmp/$p" ] && ok "state/$p" ||
		not_ok "state/$p" "$(head -1 "$tmp/err")"
done
# A policy file that says what the base says is the base.
$KMEMLAB policy show linux-6.18 > "$tmp/file.ini"
$KMEMLAB state --policy "$tmp/file.ini" "$tmp/k.kmw" > "$tmp/f"
same show-and-load "$tmp/f" "$tmp/linux-6.18"
# Without per-CPU lists nothing lies on them.
$KMEMLAB state --show zoneinfo --set pcp.batch=0 "$tmp/k.kmw" > "$tmp/z"
grep -q 'count: 0$' "$tmp/z" && ! grep -q 'count: [1-9]' "$tmp/z" && ok no-pcp || not_ok no-pcp "$(grep count: "$tmp/z" | tr '\n' ' ')"
# A smaller top order cuts the start's larger blocks up: the same pages are free, none of them in a block above it.
$KMEMLAB state --at start --policy native "$tmp/k.kmw" > "$tmp/ten"
$KMEMLAB state --at start --set buddy.max_order=9 "$tmp/k.kmw" > "$tmp/nine"
pages() { awk '{ for (o = 0; o < NF - 4; o++) n += $(o + 5) * 2 ^ o } END { print n }' "$1"; }
awk '$15 { found = 1 } END { exit !found }' "$tmp/ten" && ! awk '$15 { found = 1 } END { exit !found }' "$tmp/nine" &&
	[ "$(pages "$tmp/ten")" = "$(pages "$tmp/nine")" ] && ok max-order-9 ||
	not_ok max-order-9 "$(pages "$tmp/ten") and $(pages "$tmp/nine") pages"
# Two nodes, the first with hardly any high memory: what it cannot hold goes to its own normal memory, in
# zone order to the high memory of the second node.
for order in off on; do
	$KMEMLAB replay -n 2 -o "$tmp/$order.db" --policy "native+machine.preset=x86-32-pae+machine.nodes=2+machine.memory=1764+zone.zone_order=$order" \
		"$tmp/k.kmw" > /dev/null 2> "$tmp/err" || not_ok "zone-order/$order" "$(head -1 "$tmp/err")"
	for zone in 1 3; do
		sqlite3 "$tmp/$order.db" "SELECT max(free_pages) FROM zone_free WHERE run_id = (SELECT max(id) FROM run)
			AND seq = (SELECT max(seq) FROM sample) AND zone = $zone" > "$tmp/$order.$zone"
	done
done
[ "$(cat "$tmp/on.1")" -gt "$(cat "$tmp/off.1")" ] && [ "$(cat "$tmp/on.3")" -lt "$(cat "$tmp/off.3")" ] && ok zone-order ||
	not_ok zone-order "free pages of node 0 NORMAL, node 1 HIGHMEM: $(cat "$tmp"/off.[13] "$tmp"/on.[13] | tr '\n' ' ')"
exit $failed
