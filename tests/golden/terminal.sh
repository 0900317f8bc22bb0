#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Text on a terminal: no line is wider than it, names that differ stay different, what is left out is said; into a pipe
# everything goes as it is.
. tests/lib.sh

if ! command -v script > /dev/null; then skip terminal "no script(1)"; exit 0; fi
case $KMEMLAB in /*) ;; *) KMEMLAB=$PWD/$KMEMLAB ;; esac
# on COLUMNS COMMAND: what a terminal of so many columns shows.
on() {
	script -qec "stty cols $1 rows 50; $2 2> /dev/null" /dev/null < /dev/null | tr -d '\r'
}
# Lines wider than $1, an ellipsis counted once.
wide() { sed 's/\xe2\x80\xa6/./g' | awk -v most="$1" 'length($0) > most { print; n++ } END { exit n > 0 }'; }

on 60 "$KMEMLAB check -r 'lost == 0' $SMALL" > "$tmp/t"
if ! grep -q passed "$tmp/t"; then skip terminal "script(1) gives no terminal here"; exit 0; fi
middle=native+zone.min_free_kbytes=2000
$KMEMLAB replay -n 20 -o "$tmp/r.db" --policy native+pcp.batch=0 --policy native+pcp.batch=1 \
	--policy "$middle+pcp.batch=0+reclaim.kswapd=off" --policy "$middle+pcp.batch=1+reclaim.kswapd=off" "$SMALL" > /dev/null 2>&1 || not_ok terminal/replay
for columns in 60 80; do
	for c in info stat verify "state --show pins" "state --show pageblocks" "colour --top 1" tlb advise; do
		on $columns "$KMEMLAB $c $SMALL" > "$tmp/t"
		[ "$(wc -l < "$tmp/t")" -gt 3 ] || not_ok "terminal/$columns/$c" "says nothing"
		if wide $columns < "$tmp/t" > "$tmp/wide"; then ok "terminal/$columns/$c"; else
			not_ok "terminal/$columns/$c" "$(head -1 "$tmp/wide")"; fi
	done
	on $columns "$KMEMLAB compare $tmp/r.db" > "$tmp/t"
	if wide $columns < "$tmp/t" > "$tmp/wide"; then ok "terminal/$columns/compare"; else not_ok "terminal/$columns/compare" "$(head -1 "$tmp/wide")"; fi
	# Two policies whose names differ in their last character, each with a verdict.
	n=$(grep -E 'h=[01]( |$)' "$tmp/t" | awk '{ print $1 }' | sort -u | wc -l)
	[ "$n" -ge 2 ] && grep -q baseline "$tmp/t" && ok "terminal/$columns/names differ" || not_ok "terminal/$columns/names differ" "$n"
	# And two that differ in the middle: no two rows of a metric look the same.
	sed -n "/^How much memory/,/^What does it cost/p" "$tmp/t" | grep -c "tch=[01]+" > "$tmp/n"
	[ "$(cat "$tmp/n")" -ge 4 ] && ok "terminal/$columns/middles differ" || not_ok "terminal/$columns/middles differ" "$(cat "$tmp/n")"
done
# The recorder's line while it runs is never wider than the terminal, or it could not be drawn anew; its result is broken up.
if [ "$(id -u)" = 0 ] && [ -d /sys/kernel/tracing/instances ]; then
	for columns in 24 60 200; do
		rm -rf "$tmp/rec"
		script -qec "stty cols $columns rows 50; $KMEMLAB record --snapshot exact -b 64 -o $tmp/rec -d 2" /dev/null < /dev/null > "$tmp/raw"
		tr '\r' '\n' < "$tmp/raw" | sed 's/\x1b\[K//g' | grep -v "^$tmp" > "$tmp/t"
		if grep -q 'record: ' "$tmp/t" && grep -q 'start:' "$tmp/t" && wide $columns < "$tmp/t" > "$tmp/wide"; then ok "terminal/$columns/record"; else
			not_ok "terminal/$columns/record" "$(head -1 "$tmp/wide") $(tail -n 3 "$tmp/t")"; fi
	done
else
	skip terminal/record "needs root and tracefs"
fi
on 60 "$KMEMLAB state --show pins $SMALL" > "$tmp/t"
tr '\n' ' ' < "$tmp/t" | grep -q 'no room for: .* --format csv)' && ok terminal/left-out || not_ok terminal/left-out
# A pipe is no terminal.
$KMEMLAB state --show pins "$SMALL" > "$tmp/p" 2> /dev/null
! grep -q 'no room for' "$tmp/p" && [ "$(head -1 "$tmp/p" | wc -w)" -gt "$(head -1 "$tmp/t" | wc -w)" ] && ok terminal/pipe || not_ok terminal/pipe
exit $failed
