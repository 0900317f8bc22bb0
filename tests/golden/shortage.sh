#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What a what-if does where its memory runs short, and that each part of it can be switched off.
. tests/lib.sh

# replay NAME POLICY CAPTURE: the counters of the last run at its end, NAME=VALUE a line.
replay() {
	rm -f "$tmp/$1.db"
	$KMEMLAB replay -n 5 -o "$tmp/$1.db" --policy "$2" "$3" > "$tmp/out" 2>&1 || { not_ok "$1" "$(tail -1 "$tmp/out")"; return 1; }
	sqlite3 "$tmp/$1.db" "SELECT name || '=' || value FROM counter WHERE run_id = (SELECT max(id) FROM run)
		AND seq = (SELECT max(seq) FROM counter) ORDER BY name" > "$tmp/$1"
}
value() { sed -n "s/^$2=//p" "$tmp/$1"; }

# 96 MiB in the place of 1 GiB.
small=native+machine.memory=96
$KMEMLAB import -q -o "$tmp/k.kmw" $SMALL
replay none "$small+reclaim.enabled=off+compaction.enabled=off" "$tmp/k.kmw"
replay direct "$small+reclaim.kswapd=off" "$tmp/k.kmw"
replay kswapd "$small" "$tmp/k.kmw"
replay again "$small" "$tmp/k.kmw"
[ "$(value none failed)" -gt 0 ] && [ "$(value none reclaimed)" = 0 ] && [ "$(value none moved)" = 0 ] &&
	[ "$(value none kswapd_runs)" = 0 ] && ok shortage/off || not_ok shortage/off "$(tr '\n' ' ' < "$tmp/none")"
[ "$(value direct direct_reclaims)" -gt 0 ] && [ "$(value direct kswapd_runs)" = 0 ] && [ "$(value direct reclaimed)" -gt 0 ] &&
	[ "$(value direct reclaimed_kswapd)" = 0 ] && [ "$(value direct failed)" -lt "$(value none failed)" ] &&
	ok shortage/direct || not_ok shortage/direct "$(tr '\n' ' ' < "$tmp/direct")"
[ "$(value kswapd kswapd_runs)" -gt 0 ] && [ "$(value kswapd reclaimed_kswapd)" -gt 0 ] &&
	[ "$(value kswapd failed)" -lt "$(value none failed)" ] && ok shortage/kswapd || not_ok shortage/kswapd "$(tr '\n' ' ' < "$tmp/kswapd")"
for t in counter demand sample_zone pageblocks; do
	sqlite3 "$tmp/kswapd.db" "SELECT * FROM $t WHERE run_id = (SELECT max(id) FROM run)" > "$tmp/a"
	sqlite3 "$tmp/again.db" "SELECT * FROM $t WHERE run_id = (SELECT max(id) FROM run)" > "$tmp/b"
	same "shortage/twice/$t" "$tmp/a" "$tmp/b"
done
[ -n "$(sqlite3 "$tmp/kswapd.db" "SELECT text FROM note WHERE text LIKE 'memory ran short: %'")" ] &&
	ok shortage/note || not_ok shortage/note

# A task that wants several pages at once has the rest one by one where lists of CPUs do not serve it (or 5.10 knows no such call).
replay lists native+pcp.batch=0 "$SMALL"
replay older linux-5.10 "$SMALL"
[ "$(value lists failed) $(value older failed)" = "0 0" ] && ok shortage/bulk || not_ok shortage/bulk "$(value lists failed), $(value older failed) failed"

# Where the watermarks of the time are not known, the failures that come of it are said to.
c=$TRACES/amd64-6.1-boot
if [ -d "$c" ]; then
	replay boot native+pcp.batch=31 "$c"
	n=$(value boot failed)
	[ "$n" -gt 0 ] && [ -n "$(sqlite3 "$tmp/boot.db" "SELECT text FROM note WHERE run_id = (SELECT max(id) FROM run)
		AND text LIKE '$n requests that the kernel served got nothing; %watermarks%'")" ] &&
		ok shortage/marks-of-the-time || not_ok shortage/marks-of-the-time "$n failed"
else
	skip shortage/marks-of-the-time "no capture of a boot"
fi

# The kernel's own counters: as much was taken back there as the model takes under the captured marks.
c=$TRACES/amd64-6.1-pressure
if [ -d "$c" ]; then
	replay pressure native+reclaim.kswapd=on "$c"
	stolen=$(for when in after before; do content "$c/$when/vmstat"; done | awk '/^pgsteal_(kswapd|direct) / {
		n += (++seen[$1] == 1) ? $2 : -$2 } END { print n }')
	awk -v a="$(value pressure reclaimed)" -v b="$stolen" 'BEGIN { exit !(b > 1000 && a > .98 * b && a < 1.02 * b) }' &&
		ok "shortage/as-much-as-the-kernel" || not_ok "shortage/as-much-as-the-kernel" "$(value pressure reclaimed) pages, pgsteal $stolen"
else
	skip shortage/as-much-as-the-kernel "no capture under pressure"
fi
# Huge pages where lists of another length leave no block: compaction makes some.
c=$TRACES/amd64-6.1-thp
if [ -d "$c" ]; then
	replay moves native+pcp.batch=31 "$c"
	replay stays native+pcp.batch=31+compaction.enabled=off+reclaim.enabled=off "$c"
	[ "$(value moves moved)" -gt 0 ] && [ "$(value stays moved)" = 0 ] && [ "$(value moves failed)" -lt "$(value stays failed)" ] &&
		ok shortage/compaction || not_ok shortage/compaction "$(tr '\n' ' ' < "$tmp/moves")"
else
	skip shortage/compaction "no capture of huge pages"
fi
exit $failed
