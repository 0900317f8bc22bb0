#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Lost events in info: what the trace tells of them, and the ring buffers' own counters, which know a number where the
# trace knows only that there were some.  The counters are those that trace-cmd shows of the same file.
. tests/lib.sh
GEN=$BUILD/tests/gen/gentrace

if ! command -v jq > /dev/null || ! command -v trace-cmd > /dev/null; then skip golden/lost "no jq or trace-cmd"; exit 0; fi

# Other counters put into a capture, of each CPU one.
trace-cmd convert --file-version 6 --compression none -i $SMALL/trace.dat -o "$tmp/plain.dat" > /dev/null 2>&1
sed -e '0,/^overrun: 0/s//overrun: 7/' -e '0,/^dropped events: 0/s//dropped events: 5/' -e '0,/^commit overrun: 0/s//commit overrun: 3/' \
	"$tmp/plain.dat" > "$tmp/lossy.dat"
for f in plain lossy; do
	trace-cmd report --stat "$tmp/$f.dat" 2> /dev/null |
		awk -F': *' '/^CPU: /{ cpu = $2; n[cpu] = 0 } /^(overrun|commit overrun|dropped events):/{ n[cpu] += $2 } END { for (c in n) print c, n[c] }' |
		sort -n > "$tmp/theirs"
	"$KMEMLAB" info --format json "$tmp/$f.dat" | jq -r '.by_cpu[] | "\(.cpu) \(.overrun)"' > "$tmp/ours"
	same "lost/$f: as trace-cmd shows it" "$tmp/theirs" "$tmp/ours"
done
[ "$(awk '{ n += $2 } END { print n }' "$tmp/ours")" = 15 ] && ok lost/counters-changed || not_ok lost/counters-changed "$(cat "$tmp/ours")"
"$KMEMLAB" info "$tmp/plain.dat" | grep -q '^lost ' && not_ok lost/nothing-to-tell || ok lost/nothing-to-tell

# Of a trace that has no number itself, from the counters beside it: text, JSON and CSV, and of a workload of it.
mkdir -p "$tmp/c/system"
"$GEN" -n 20000 -L 5 -u -o "$tmp/c/trace.dat" > /dev/null
printf '== cpu0\nentries: 9\noverrun: 40\ncommit overrun: 1\ndropped events: 0\n== cpu1\noverrun: 2\ncommit overrun: 0\ndropped events: 300\n' \
	> "$tmp/c/system/ring_buffer_stats"
"$KMEMLAB" import -q -o "$tmp/c.kmw" "$tmp/c"
for c in "$tmp/c" "$tmp/c.kmw"; do
	n=${c##*/}
	"$KMEMLAB" info "$c" > "$tmp/text"
	if grep -q '^events .* lost 0 and more, number unknown$' "$tmp/text" && grep -q '^lost .* 343 events' "$tmp/text"; then ok "lost/$n: text"; else
		not_ok "lost/$n: text" "$(grep -E '^(events|lost)' "$tmp/text")"; fi
	if [ "$("$KMEMLAB" info --format json "$c" | jq -c '[.lost, .lost_unknown, .overrun, .by_cpu[].overrun]')" = '[0,true,343,41,302]' ]; then ok "lost/$n: json"; else
		not_ok "lost/$n: json" "$("$KMEMLAB" info --format json "$c" | jq -c '[.lost, .lost_unknown, .overrun, .by_cpu]')"; fi
	"$KMEMLAB" info --by cpu --format csv "$c" | cut -d, -f1,3- > "$tmp/csv"
	if [ "$(tr '\n' ' ' < "$tmp/csv")" = "cpu,lost,lost_unknown,overrun 0,0,yes,41 1,0,yes,302 " ]; then ok "lost/$n: csv"; else
		not_ok "lost/$n: csv" "$(tr '\n' ' ' < "$tmp/csv")"; fi
	if [ "$("$KMEMLAB" info --by cpu --format csv "$c" | awk -F, 'NR > 1 { n += $2 } END { print n }')" = 20000 ]; then ok "lost/$n: events by CPU"; else
		not_ok "lost/$n: events by CPU"; fi
done
# A file that is no such thing is told of; one of a machine without the file knows nothing.
echo 'overrun: 5' > "$tmp/c/system/ring_buffer_stats"
"$KMEMLAB" info "$tmp/c" | grep -q '^unknown .*ring_buffer_stats: line 1: ' && ok lost/damaged || not_ok lost/damaged
rm "$tmp/c/system/ring_buffer_stats"
if [ "$("$KMEMLAB" info --format json "$tmp/c" | jq -c '[.overrun, .by_cpu[].overrun]')" = '[null,null,null]' ]; then ok lost/not-known; else not_ok lost/not-known; fi
exit $failed
