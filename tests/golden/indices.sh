#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Both fragmentation indices of the reconstructed machine, to the last digit that the kernel prints: beside the files of
# debugfs that were read at the same marked moment of a capture, and beside those of the running machine.
. tests/lib.sh

# The bundled machine has single pages where whole blocks were, so that the external index is not -1 everywhere.
for index in unusable extfrag; do
	file=traces/amd64-6.1-fragmented/after/extfrag_${index}_index
	$KMEMLAB state --show ${index}_index traces/amd64-6.1-fragmented > "$tmp/own" 2> "$tmp/err"
	same indices/$index "$tmp/own" "$file"
done
n=$(tr ' ' '\n' < traces/amd64-6.1-fragmented/after/extfrag_extfrag_index | grep -c '^0\.[0-9]*[1-9]')
[ "$n" -ge 2 ] && ok indices/fragmented || not_ok indices/fragmented "$n of the external indices are above 0"
# They change in the capture.
$KMEMLAB state --show unusable_index traces/amd64-6.1-fragmented > "$tmp/own"
$KMEMLAB state --at start --show unusable_index traces/amd64-6.1-fragmented > "$tmp/start"
! cmp -s "$tmp/start" "$tmp/own" && ok indices/moves || not_ok indices/moves

# The running machine: zone by zone, all orders, where debugfs can be had and nothing moved while its files were read.
cat > "$tmp/read" <<'E2'
mount -t debugfs none "$1" 2> /dev/null && [ -r "$1/extfrag/unusable_index" ] || exit 77
i=0
while [ $i -lt 50 ]; do
	cat /proc/buddyinfo > "$2/buddyinfo"
	cat "$1/extfrag/unusable_index" > "$2/unusable"
	cat "$1/extfrag/extfrag_index" > "$2/extfrag"
	cat /proc/buddyinfo > "$2/again"
	cmp -s "$2/buddyinfo" "$2/again" && exit 0
	i=$((i + 1))
done
exit 77
E2
mkdir -p "$tmp/debugfs" "$tmp/root/proc"
if ! unshare -m sh "$tmp/read" "$tmp/debugfs" "$tmp" 2> /dev/null; then
	skip indices/live "no debugfs, or a machine that never rests"
	exit $failed
fi
cp /proc/zoneinfo "$tmp/root/proc/"
lines=$(wc -l < "$tmp/buddyinfo") orders=$(awk 'NR == 1 { print NF - 4 }' "$tmp/buddyinfo")
rules=
o=0
while [ $o -lt "$orders" ]; do
	rules="$rules -r unusable_index[$o]<=1 -r extfrag_index[$o]<=1"
	o=$((o + 1))
done
z=1
while [ $z -le "$lines" ]; do
	# One zone alone has free memory: the metrics are of all of them together.
	awk -v z=$z '{ if (NR != z) for (i = 5; i <= NF; i++) $i = 0; print }' "$tmp/buddyinfo" > "$tmp/root/proc/buddyinfo"
	# shellcheck disable=SC2086
	$KMEMLAB check --live --root "$tmp/root" --format json $rules | jq -r '.rules[].value' |
		awk '{ print NR % 2 ? int($1 * 1000 + 1e-9) : $1 < 0 ? -1000 : $1 }' > "$tmp/own"
	awk -v z=$z 'FNR == 1 { f++ } FNR == z { for (i = 5; i <= NF; i++) v[f, i] = $i * 1000; n = NF }
		END { for (i = 5; i <= n; i++) print int(v[1, i] + 0.5) "\n" int(v[2, i] + (v[2, i] < 0 ? -0.5 : 0.5)) }' \
		"$tmp/unusable" "$tmp/extfrag" > "$tmp/kernel"
	# The kernel rounds the external index in two steps of thousandths.
	if paste "$tmp/own" "$tmp/kernel" | awk '{ if (NR % 2 || $1 < 0) bad += $1 != $2; else bad += $2 - $1 * 1000 < -1e-9 || $2 - $1 * 1000 > 2 }
		END { exit NR < 10 || bad > 0 }'; then ok "indices/live zone $z"; else
		not_ok "indices/live zone $z" "$(paste "$tmp/own" "$tmp/kernel" | tr '\n' ';' | head -c 300)"; fi
	z=$((z + 1))
done
exit $failed
