#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The recorder is killed with -9 at 50 random moments (12 where there is little time, and no more than three quarters of the
# suite's time allow): the next start leaves no instance of it, and --finish makes a capture of whatever whole sub-buffers had reached the disk, no fewer and no more.
. tests/lib.sh

if [ "$(id -u)" != 0 ]; then skip killed "needs root"; exit 0; fi
mountpoint -q /sys/kernel/tracing || mount -t tracefs nodev /sys/kernel/tracing 2> /dev/null
if [ ! -d /sys/kernel/tracing/instances ]; then skip killed "no tracefs"; exit 0; fi
case $KMEMLAB in /*) k=$KMEMLAB ;; *) k=$PWD/$KMEMLAB ;; esac
cd "$tmp" || exit 1

RANDOM=${KMEMLAB_SEED:-$$}
rounds=$([ -n "${QUICK-}" ] && echo 12 || echo 50)
page=$(getconf PAGESIZE)
instances=/sys/kernel/tracing/instances
# shellcheck disable=SC2016
forever='while :; do echo x > f; rm f; /bin/true; done'
before=0 raw=0 wrong=0 guarded=0
: > pids

# The instances of recorders that were killed.
left() {
	while read -r p; do
		ls -d "$instances/kmemlab-$p" "$instances/kmemlab-$p-t" 2> /dev/null
	done < pids
}

# Every second one when it has begun to write, the others at any time from its start on.
moment() { # ROUND
	[ $(($1 % 2)) = 0 ] || for _ in $(seq 200); do
		[ -s run.part/cpu0.raw ] && break
		sleep 0.1
	done
	sleep "$((RANDOM % 2)).$((RANDOM % 10))$((RANDOM % 10))"
}

# Bytes of whole sub-buffers in what it left, and, as trace-cmd reads it, in what was made of that.
whole() { stat -c %s run.part/cpu*.raw | awk -v p="$page" '{ n += int($1 / p) * p } END { printf "%.0f\n", n }'; }
kept() { trace-cmd dump --flyrecord run/trace.dat 2> /dev/null | awk '/size of cpu/ { n += $2 } END { printf "%.0f\n", n }'; }

guard_of() { pgrep -P "$1" -x kmemlab-guard || echo none; }
# Its guardian takes its instance away.
gone_in_time() { for _ in $(seq 100); do [ -d "$instances/kmemlab-$1" ] || return 0; sleep 0.1; done; return 1; }

# What --finish makes of it; says what is wrong.
finish() {
	local want ours theirs

	want=$(whole)
	"$k" record --finish -o run > log 2>&1 || { echo "--finish: $(tail -n 1 log)"; return; }
	[ "$(kept)" = "$want" ] || { echo "$(kept) bytes of $want"; return; }
	ours=$("$k" info --format json run 2> log | jq '.total')
	theirs=$(trace-cmd report run/trace.dat 2> /dev/null | grep -c '\[[0-9]*\]')
	[ -n "$ours" ] && [ "$ours" = "$theirs" ] || echo "ours $ours, trace-cmd $theirs: $(tail -n 1 log)"
}

for round in $(seq "$rounds"); do
	if [ $SECONDS -gt $((${TIMEOUT:-600} * 3 / 4)) ] && [ "$round" -gt 12 ]; then
		echo "# time is over after $((round - 1)) of $rounds times"
		break
	fi
	rm -rf run run.part
	"$k" record -e pages -o run -d 60 -- sh -c "$forever" > log 2>&1 &
	pid=$!
	moment "$round"
	# In two of three rounds its guardian with it: then the next start has to tidy up.
	alone=$((round % 3))
	[ $alone = 0 ] || kill -9 "$(guard_of $pid)" 2> /dev/null
	kill -9 $pid 2> /dev/null
	wait $pid 2> /dev/null
	# It has its folder once it has tidied up after the others.
	if [ -e run.part ] && [ -n "$(left)" ]; then
		not_ok "killed/the next start leaves no instance" "$(left | tr '\n' ' ')"
	fi
	echo $pid >> pids
	if [ $alone = 0 ] && [ -e run.part/cpu0.raw ]; then
		if gone_in_time $pid; then guarded=$((guarded + 1)); else not_ok "killed/its guardian removes the instance" "round $round"; fi
	fi
	if [ ! -e run.part/cpu0.raw ]; then
		before=$((before + 1))
		continue
	fi
	raw=$((raw + 1))
	why=$(finish)
	[ -z "$why" ] || { wrong=$((wrong + 1)); echo "# round $round: $why"; }
done
if [ $guarded -gt 0 ]; then ok "killed/its guardian removes the instance, $guarded times"; else not_ok "killed/its guardian removes the instance" "never"; fi
echo "# killed $raw times while it wrote, $before times before"
if [ $wrong = 0 ] && [ $raw -gt 0 ]; then ok "killed/readable to the last whole sub-buffer, $raw times"; else
	not_ok "killed/readable to the last whole sub-buffer" "$wrong of $raw are not"; fi
"$k" record -o next -d 0.1 > log 2>&1
if [ -e next ] && [ -z "$(left)" ]; then ok "killed/no instance is left after the next start"; else
	not_ok "killed/no instance is left after the next start" "$(left | tr '\n' ' ') $(tail -n 1 log)"; fi
exit $failed
