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
exit $failed
