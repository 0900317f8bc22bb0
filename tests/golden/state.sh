#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The reconstructed machine against the kernel's own files, by diff.
. tests/lib.sh

# On captures without compaction the state at the end is the kernel's, block for block.
for name in small exact files numa i386-6.1-highmem; do
	case $name in
	small) dir=$SMALL ;;
	i386*) dir=$TRACES/$name ;;
	*) dir=$TRACES/amd64-6.1-$name ;;
	esac
	if [ ! -d "$dir" ]; then skip "state/buddyinfo/$name" "no capture $dir"; continue; fi
	$KMEMLAB state --at end --show buddyinfo "$dir" > "$tmp/buddyinfo" 2> "$tmp/err"
	same "state/buddyinfo/$name" "$tmp/buddyinfo" "$dir/after/buddyinfo"
done

# By type and by pageblock too, where the lists at the start are known.
for name in small exact files numa; do
	dir=$TRACES/amd64-6.1-$name; [ $name = small ] && dir=$SMALL
	if [ ! -d "$dir" ]; then skip "state/pagetypeinfo/$name" "no capture $dir"; continue; fi
	$KMEMLAB state --show pagetypeinfo "$dir" > "$tmp/pagetypeinfo" 2> "$tmp/err"
	same "state/pagetypeinfo/$name" "$tmp/pagetypeinfo" "$dir/after/pagetypeinfo"
done

# A workload carries all that the capture's directory tells.
check import $KMEMLAB import -q -o "$tmp/small.kmw" $SMALL
$KMEMLAB state "$tmp/small.kmw" > "$tmp/a"
same state/workload "$tmp/a" $SMALL/after/buddyinfo
# The start is the kernel's as well: nothing of the page allocator happens between marker and file there.
$KMEMLAB state --at start $SMALL > "$tmp/a"
same state/start "$tmp/a" $SMALL/before/buddyinfo
# Deterministic: twice the same workload, byte for byte.
$KMEMLAB import -q -o "$tmp/again.kmw" $SMALL
same import/deterministic "$tmp/small.kmw" "$tmp/again.kmw"
exit $failed
