#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# docs/coverage.md: no cell of its tables is empty, and the files, functions and tests that it
# names are there.
. tests/lib.sh

grep '^|' docs/coverage.md | grep -v '^|---' > "$tmp/rows"
awk -F'|' '{ for (i = 2; i < NF; i++) if ($i ~ /^ *$/) print }' "$tmp/rows" > "$tmp/empty"
same coverage/no-empty-cell /dev/null "$tmp/empty"
awk -F'|' 'NF < 5' "$tmp/rows" > "$tmp/short"
same coverage/three-columns /dev/null "$tmp/short"

: > "$tmp/missing"
for test in $(grep -o '`test_[a-z0-9_*]*`' "$tmp/rows" | tr -d '`' | sort -u); do
	grep -q "^static void $(echo "$test" | sed 's/\*/[a-z0-9_]*/')(" tests/unit/*.c \
		tests/property/*.c || echo "$test" >> "$tmp/missing"
done
for file in $(grep -o '\b[a-z][a-z0-9_/]*\.[ch]\b' "$tmp/rows" | sort -u); do
	[ -f "src/mm/$file" ] || [ -f "$file" ] || [ -f "tests/$file" ] ||
		echo "$file" >> "$tmp/missing"
done
for test in $(sed 's/`[^`]*`//g' "$tmp/rows" | grep -o '\bmm_[a-z0-9_]*' | sort -u); do
	[ -f "tests/unit/$test.c" ] || echo "$test" >> "$tmp/missing"
done
for function in $(cut -d'|' -f3 "$tmp/rows" | grep -o '`[a-z0-9_]*`' | tr -d '`' | sort -u); do
	grep -q "\b$function(" src/mm/*.[ch] || echo "$function" >> "$tmp/missing"
done
same coverage/all-there /dev/null "$tmp/missing"
exit $failed
