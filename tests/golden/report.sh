#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The report of the bundled capture in its three forms: whole, at one with each other and with the results.
. tests/lib.sh

db=$tmp/r.db
$KMEMLAB replay -n 60 --hardware --set buddy.mobility_grouping=off -o "$db" "$SMALL" > /dev/null || not_ok report/replay
check report/html "$KMEMLAB" report -o "$tmp/r.html" "$db"
$KMEMLAB report --format markdown "$db" > "$tmp/r.md" || not_ok report/markdown
$KMEMLAB report --format text -o "$tmp/r.txt" "$db" || not_ok report/text

# Every section has something in it, and no gap but what the capture cannot tell.
for id in summary unknown fidelity compare figures holders slabs colour tlb owners machine glossary; do
	n=$(sed -n "/<section id=\"$id\"/,/<\/section>/p" "$tmp/r.html" | grep -c '<tr>\|<svg\|<li>\|<dt>\|<p>')
	[ "$n" -gt 0 ] && ok "report/section $id" || not_ok "report/section $id"
done
[ "$(grep -c 'class="gap"' "$tmp/r.html")" = 0 ] && ok report/no-gaps || not_ok report/no-gaps "$(grep 'class="gap"' "$tmp/r.html" | head -3)"
# Where a figure would be flat that is said, and not that it is not known.
[ "$(grep -c "what was free is not known" "$tmp/r.html")" = 0 ] && ok report/flat-is-known || not_ok report/flat-is-known
# Each figure says what part of the capture it shows.
[ "$(grep -c '<figure' "$tmp/r.html")" = "$(grep -c 'class="slice"' "$tmp/r.html")" ] && ok report/slices || not_ok report/slices
# Every number has its definition in the file.
for link in $(grep -o 'href="#[^"]*"' "$tmp/r.html" | sort -u | sed 's/href="#//; s/"//'); do
	grep -q "id=\"$link\"" "$tmp/r.html" || not_ok report/links "$link"
done
[ $failed = 0 ] && ok report/links

# Without the library that draws there is one line that says so, and no half of a report.
mkdir "$tmp/none"; echo "no library" > "$tmp/none/libplot.so.2"
status report/no-libplot 2 env LD_LIBRARY_PATH="$tmp/none" "$KMEMLAB" report -o "$tmp/half.html" "$db"
grep -q libplot "$tmp/err" && [ ! -e "$tmp/half.html" ] && ok report/no-libplot-said || not_ok report/no-libplot-said "$(cat "$tmp/err")"

# The one script is the one that the page's content policy lets run.
sed -n '/<script>/,/<\/script>/p' "$tmp/r.html" | sed '1s/.*<script>//' | sed '$s/<\/script>.*//' > "$tmp/script.js"
if command -v openssl > /dev/null; then
	want=$(head -c -1 "$tmp/script.js" | openssl dgst -sha256 -binary | openssl base64)
	grep -qF "script-src 'sha256-$want'" "$tmp/r.html" && ok report/script-hash || not_ok report/script-hash "script_hash must be $want"
else
	skip report/script-hash "no openssl"
fi
[ "$(grep -c '<script' "$tmp/r.html")" = 1 ] && ok report/one-script || not_ok report/one-script
if command -v node > /dev/null; then check report/script-parses node --check "$tmp/script.js"; else skip report/script-parses "no node"; fi

# The forms say the same: each count of the fidelity table stands in all of them.
for v in $(sqlite3 "$db" "SELECT DISTINCT printf('%,d', recorded) FROM fidelity WHERE metric IN ('refills', 'drains')"); do
	for f in html md txt; do
		grep -q -- "$v" "$tmp/r.$f" && ok "report/$f has $v" || not_ok "report/$f has $v"
	done
done
for f in md txt; do
	[ "$(grep -c '<[a-z]' "$tmp/r.$f")" = 0 ] && ok "report/$f has no markup" || not_ok "report/$f has no markup" "$(grep -m1 '<[a-z]' "$tmp/r.$f")"
done
heads=$(grep -o '<h[1-3]>' "$tmp/r.html" | wc -l)
[ "$(grep -c '^#' "$tmp/r.md")" -ge $((heads - 2)) ] && ok report/markdown-headings || not_ok report/markdown-headings
# In the opening the largest problem comes first.
sed -n '/class="opening"/,/<\/ol>/p' "$tmp/r.html" | grep -c '<li>' > "$tmp/n"
[ "$(cat "$tmp/n")" -ge 3 ] && ok report/opening || not_ok report/opening "$(cat "$tmp/n") findings"
# What stands there is what the results say.
kept=$(sqlite3 "$db" "SELECT mixed FROM thp_memory t JOIN run r ON r.id = t.run_id WHERE r.mode = 'recorded' ORDER BY seq DESC LIMIT 1")
grep -q "Page blocks are mixed:</b> $kept page blocks" "$tmp/r.html" && ok report/mixed-blocks || not_ok report/mixed-blocks "$kept"
# Where it is not known what was free there is no figure of it, no number and no comparison, but the reason.
$KMEMLAB report -o "$tmp/b.html" "$SMALL/trace.dat" || not_ok report/bare
sed -n '/<section id="summary"/,/<\/section>/p' "$tmp/b.html" > "$tmp/b.summary"
check report/bare-says-so grep -q 'What was free at the start is not known' "$tmp/b.summary"
check report/bare-note grep -q '<li>nothing is known of [0-9]* of [0-9]* page frames' "$tmp/b.html"
for id in free-memory free-blocks unusable extfrag pageblocks thp pcp; do
	sed -n "/<figure id=\"$id\"/,/<\/figure>/p" "$tmp/b.html" > "$tmp/figure"
	[ "$(grep -c '<svg' "$tmp/figure")" = 0 ] && grep -q 'class="gap"' "$tmp/figure" &&
		ok "report/bare-no-$id" || not_ok "report/bare-no-$id"
done
[ "$(grep -c '>free pages at the end<' "$tmp/b.html")" = 0 ] && ok report/bare-not-compared || not_ok report/bare-not-compared
# Text keeps to its width, tables too.
[ "$(LC_ALL=C.UTF-8 wc -L < "$tmp/r.txt")" -le 100 ] && ok report/text-width || not_ok report/text-width "$(LC_ALL=C.UTF-8 wc -L < "$tmp/r.txt")"
status report/bad-format 2 "$KMEMLAB" report --format pdf "$db"

exit $failed
