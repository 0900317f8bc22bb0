#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The examples of the library: each compiles with its headers and libkmm alone, and says what
# stands beside it.
. tests/lib.sh

mkdir "$tmp/include"
ln -s "$PWD/src/mm" "$tmp/include/kmm"
sanitize=$(grep -o -e '-fsanitize=[^ ]*' "$BUILD/flags" | sort -u)
for example in docs/examples/*.c; do
	n=$(basename "$example" .c)
	# shellcheck disable=SC2086
	check "examples/$n/compiles" ${CC:-cc} -std=gnu11 -Wall -Wextra -Werror $sanitize \
		-I"$tmp/include" -o "$tmp/$n" "$example" "$BUILD/libkmm.a"
	[ -x "$tmp/$n" ] || continue
	"$tmp/$n" > "$tmp/$n.txt" 2>&1
	same "examples/$n/output" "docs/examples/$n.txt" "$tmp/$n.txt"
done
exit $failed
