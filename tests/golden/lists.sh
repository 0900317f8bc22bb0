#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The order of all lists against the kernel's own: the lists that the dumps in after/ show, which kmemlab prints
# as the start of a capture that begins with them, and those that the reconstruction has at that moment.
. tests/lib.sh

# rows FILE free|cpu: the lists of the buddy system or of the CPUs, without the places on them
rows() { awk -F, -v OFS=, -v want="$2" 'NR > 1 && ($3 == "") == (want == "free") { $6 = ""; print }' "$1"; }

for name in amd64-6.1-small amd64-6.1-exact amd64-6.1-numa; do
	dir=$TRACES/$name; [ $name = amd64-6.1-small ] && dir=$SMALL
	if [ ! -d "$dir" ]; then skip "lists/$name" "no capture $dir"; continue; fi
	dir=$(realpath "$dir")
	rm -rf "$tmp/c"; mkdir "$tmp/c"
	ln -s "$dir"/trace.dat* "$dir/system" "$tmp/c/"
	ln -s "$dir/after" "$tmp/c/before"
	at=$($KMEMLAB dump -e print "$dir" 2> /dev/null |
		sed -n 's/.*\] *\([0-9.]*\): print.*snap: after\/pgdat0.raw begin.*/\1/p')
	$KMEMLAB state --show lists --at start --format csv "$tmp/c" > "$tmp/theirs" 2> "$tmp/err"
	$KMEMLAB state --show lists --at "$at" --format csv "$dir" > "$tmp/ours" 2>> "$tmp/err"
	rows "$tmp/theirs" free > "$tmp/a"; rows "$tmp/ours" free > "$tmp/b"
	[ "$(wc -l < "$tmp/a")" -gt 100 ] || not_ok "lists/$name" "no lists: $(head -n 1 "$tmp/err")"
	same "lists/$name-free" "$tmp/a" "$tmp/b"
	# Pages of kernel stacks are taken without an event, four at a time: but for one that only a later event tells,
	# they are off the lists too.
	rows "$tmp/theirs" cpu > "$tmp/a"; rows "$tmp/ours" cpu > "$tmp/b"
	diff "$tmp/a" "$tmp/b" > "$tmp/diff"
	more=$(grep -c '^>' "$tmp/diff")
	if [ -s "$tmp/a" ] && ! grep -q '^<' "$tmp/diff" && { [ "$more" = 0 ] || [ "$more" = 4 ]; } &&
	   [ "$(grep '^>' "$tmp/diff" | grep -vc ',0,Unmovable,')" = 0 ]; then ok "lists/$name-cpus"; else
		not_ok "lists/$name-cpus" "$(head -n 3 "$tmp/diff" | paste -sd' ')"; fi
done

# How many pages the CPUs hold, where zoneinfo was read: the kernel's own count, but for a kernel stack of four pages
# that was taken just before, of which only later events tell.
for name in amd64-6.1-small amd64-6.1-boot amd64-6.1-exact amd64-6.1-files amd64-6.1-numa amd64-6.1-pressure amd64-6.1-thp i386-6.1-highmem; do
	dir=$TRACES/$name; [ $name = amd64-6.1-small ] && dir=$SMALL
	if [ ! -d "$dir" ]; then skip "lists/$name-count" "no capture $dir"; continue; fi
	at=$($KMEMLAB dump -e print "$dir" 2> /dev/null |
		sed -n 's/.*\] *\([0-9.]*\): print.*snap: after\/zoneinfo begin.*/\1/p')
	$KMEMLAB state --show zoneinfo --at "$at" "$dir" 2> /dev/null | awk '/^Node/ { z = $2 $4 } /count:/ { print z, $2 }' | sort > "$tmp/ours"
	awk '/^Node/ { z = $2 $4 } /count:/ { n[z] += $2 } END { for (z in n) print z, n[z] }' "$dir/after/zoneinfo" | sort > "$tmp/theirs"
	join "$tmp/theirs" "$tmp/ours" > "$tmp/counts"
	if awk '{ bad += $3 != $2 && $3 != $2 + 4; n += $2 } END { exit bad > 0 || n < 100 }' "$tmp/counts"
	then ok "lists/$name-count"; else not_ok "lists/$name-count" "$(paste -sd' ' "$tmp/counts")"; fi
done
status lists/simulated 2 $KMEMLAB state --show lists --policy linux-6.1 $SMALL
exit $failed
