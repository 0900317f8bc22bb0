#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The state export read back by its documented format (docs/framemap.md) and nothing else: what the bytes say is what
# the kernel's own buddyinfo and pagetypeinfo said at that moment.
. tests/lib.sh

# decode FILE: "blocks NODE ZONE n n n ..." as buddyinfo, "types NODE ZONE n n n ..." as the end of pagetypeinfo.
decode() {
	od -v -An -tu1 -w1 "$1" | awk '
		function le(at, n,   v) { for (v = 0; n--;) v = v * 256 + b[at + n]; return v }
		{ b[NR - 1] = $1 + 0 }
		END {
			for (i = 0; i < 8; i++) magic = magic sprintf("%c", b[i])
			if (magic != "KMFRAME1") { print "no frame map"; exit }
			frames = le(8, 8); page = le(16, 4); pb = 2 ^ le(20, 2); zones = le(22, 2); at = 24
			for (z = 0; z < zones; z++) {
				first[z] = le(at, 8); spanned[z] = le(at + 8, 8); node[z] = le(at + 16, 4)
				for (i = 20; i < 32 && b[at + i]; i++) name[z] = name[z] sprintf("%c", b[at + i])
				at += 32
			}
			types = at; map = at + int((frames + pb - 1) / pb)
			if (NR != map + frames) { print "length"; exit }
			for (z = 0; z < zones; z++) {
				split("", n); split("", t)
				for (p = first[z]; p < first[z] + spanned[z] && p < frames; p++) {
					if (b[map + p] % 16 == 1 && b[map + p] < 240) n[int(b[map + p] / 16)]++
					# pagetypeinfo counts the page blocks whose first frame in the zone is memory
					if ((p == first[z] || p % pb == 0) && b[map + p] % 16) t[b[types + int(p / pb)]]++
				}
				line = "blocks " node[z] " " name[z]
				for (o = 0; o < 11; o++) line = line " " n[o] + 0
				print line
				line = "types " node[z] " " name[z]
				for (k = 0; k < 4; k++) line = line " " t[k] + 0
				print line
			}
		}'
}

for name in amd64-6.1-small amd64-6.1-exact amd64-6.1-numa i386-6.1-highmem; do
	dir=$TRACES/$name; [ $name = amd64-6.1-small ] && dir=$SMALL
	if [ ! -d "$dir" ]; then skip "framemap/$name" "no capture $dir"; continue; fi
	at=$($KMEMLAB dump -e print "$dir" 2> /dev/null |
		sed -n 's/.*\] *\([0-9.]*\): print.*snap: after\/buddyinfo begin.*/\1/p')
	$KMEMLAB state --show frames-binary --at "$at" "$dir" > "$tmp/map" 2> "$tmp/err" || not_ok "framemap/$name" "$(head -n 1 "$tmp/err")"
	decode "$tmp/map" > "$tmp/read"
	awk '/^Node/ { sub(",", "", $2); printf "blocks %s %s", $2, $4; for (o = 0; o < 11; o++) printf " %d", $(5 + o); print "" }' \
		"$dir/after/buddyinfo" | sort > "$tmp/a"
	grep '^blocks' "$tmp/read" | sort > "$tmp/b"
	same "framemap/$name-buddyinfo" "$tmp/a" "$tmp/b"
	[ $name != i386-6.1-highmem ] || continue # no dump tells its page blocks at the start
	awk '/^Number of blocks/ { on = 1; next } on && /^Node/ { sub(",", "", $2); printf "types %s %s", $2, $4
		for (k = 0; k < 4; k++) printf " %d", $(5 + k); print "" } !NF { on = 0 }' "$dir/after/pagetypeinfo" | sort > "$tmp/a"
	grep '^types' "$tmp/read" | sort > "$tmp/b"
	same "framemap/$name-pagetypeinfo" "$tmp/a" "$tmp/b"
done
exit $failed
