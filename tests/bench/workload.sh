#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# workload.sh FOLDER: files and processes for a second or so, for run.sh to record.
cd "$1" || exit 1
n=0
while [ $n -lt 80 ]; do
	for i in 0 1 2 3 4 5 6 7 8 9; do
		head -c $((i * 3000)) /dev/zero > "$n.$i"
	done
	cat "$n".* | tr a b > /dev/null
	rm -f "$n".[0-4]
	n=$((n + 1))
done
rm -f ./*.[0-9]
