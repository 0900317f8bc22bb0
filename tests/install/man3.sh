#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The library's manual pages: one a public header, well formed, and every exported function named.
. tests/lib.sh

for header in src/mm/kmm*.h src/mm/gfp.h; do
	page=$(basename "$header" .h)
	made=$BUILD/man/$page.3
	check "man3/$page/well-formed" mandoc -T lint -W error "$made"
	awk -v links=1 -f docs/man3.awk "$header" | sort > "$tmp/functions"
	# A function of the header has a prototype in the page's synopsis.
	sed -n '/^\.SH SYNOPSIS/,/^\.SH DESCRIPTION/p' "$made" |
		grep -o 'kmm_[a-z0-9_]*(' | tr -d '(' | sort > "$tmp/named"
	same "man3/$page/functions" "$tmp/functions" "$tmp/named"
done
# What the library exports is what the headers declare.
awk -v links=1 -f docs/man3.awk src/mm/kmm*.h | sort -u > "$tmp/declared"
nm -D --defined-only "$BUILD/libkmm.so.0" | awk '$2 == "T" { print $3 }' | sort -u > "$tmp/exported"
same man3/exported "$tmp/declared" "$tmp/exported"
exit $failed
