#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The manual: every page well formed, and every example of it does what it says.
. tests/lib.sh
[ -z "${QUICK:-}" ] || { skip man "QUICK is set"; exit 0; }

for page in "$BUILD"/man/*; do
	mandoc -T lint -W style "$page" > "$tmp/lint" 2>&1
	[ ! -s "$tmp/lint" ] && ok "man/$(basename "$page")" || not_ok "man/$(basename "$page")" "$(head -1 "$tmp/lint")"
done

# One folder for all of them, as a reader would have it who follows the manual.
mkdir "$tmp/at" "$tmp/bin"
cp -r traces "$tmp/at"
printf 'all:\n' > "$tmp/at/Makefile"
case $KMEMLAB in /*) ;; *) KMEMLAB=$PWD/$KMEMLAB ;; esac
ln -s "$KMEMLAB" "$tmp/bin/kmemlab"
PATH=$tmp/bin:$PATH
can_trace=false
[ "$(id -u)" = 0 ] && [ -n "$(ls /sys/kernel/tracing 2> /dev/null)" ] && can_trace=true

# run NAME COMMAND: as a shell would, in that folder.
run() {
	case $2 in
	"kmemlab record"*) $can_trace || { skip "$1" "needs root and tracefs"; return; } ;;
	*--live*) [ -r /proc/buddyinfo ] || { skip "$1" "no /proc/buddyinfo"; return; } ;;
	esac
	if (cd "$tmp/at" && sh -c "$2") > "$tmp/out" 2>&1 < /dev/null; then ok "$1"; else
		not_ok "$1" "$2"; sed 's/^/# /' "$tmp/out" | head -5; fi
}

# Those of the commands; replay first, whose results others read.
for c in replay $("$KMEMLAB" help --names); do
	"$KMEMLAB" help "$c" | sed -n '/^Examples:/,$p' | grep '^kmemlab ' > "$tmp/examples"
	[ -s "$tmp/examples" ] || not_ok "man/$c/examples" "there is none"
	n=0
	while read -r example; do
		n=$((n + 1))
		[ "$c" = replay ] && [ -e "$tmp/at/small.db" ] && [ $n = 1 ] && continue
		run "man/$c/example $n" "$example"
	done < "$tmp/examples"
done

# Those of the program's own page.
sed -n '/^\.SH EXAMPLES/,/^\.fi/p' "$BUILD/man/kmemlab.1" | grep '^kmemlab ' | sed 's/\\-/-/g' > "$tmp/examples"
[ "$(wc -l < "$tmp/examples")" -ge 3 ] || not_ok man/kmemlab/examples "fewer than three"
n=0
while read -r example; do
	n=$((n + 1))
	run "man/kmemlab/example $n" "$example"
done < "$tmp/examples"

# Those of section 5: lines of code that begin like a command, and SQL.
for page in docs/policies.md docs/kmw.md docs/schema.md; do
	n=0
	sed -n 's/^    \(\(kmemlab\|sqlite3\) .*\)/\1/p' "$page" | sed 's/   .*//' > "$tmp/examples"
	while read -r example; do
		n=$((n + 1))
		run "man/$(basename "$page" .md)/example $n" "$example"
	done < "$tmp/examples"
done
sed -n '/^    SELECT/,/;$/p' docs/schema.md > "$tmp/examples.sql"
[ "$(grep -c SELECT "$tmp/examples.sql")" -ge 3 ] || not_ok man/schema/sql "no statements found"
run man/schema/sql "sqlite3 -bail small.db < $tmp/examples.sql"
[ "$(wc -l < "$tmp/out")" -ge 3 ] || not_ok man/schema/sql "no rows"
# The file of policies(5), read back as a policy.
sed -n '/^## Files/,/^## Adding/p' docs/policies.md | sed -n 's/^    //p' > "$tmp/at/small-lists.ini"
run man/policies/file "kmemlab policy show small-lists.ini | grep -q '^batch = 15'"
exit $failed
