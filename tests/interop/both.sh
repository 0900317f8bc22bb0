#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One workload in a trace.dat and in a perf.data, recorded at once.
. tests/lib.sh

if [ "$(id -u)" != 0 ] || ! command -v perf > /dev/null || ! [ -d /sys/kernel/tracing/instances ]; then
	skip interop/both "needs root, tracefs and perf"
	exit $failed
fi

# The same work in both at once, of one task from one stop to the next, so that both have the very same
# events: equal counts, equal requests one by one, equal results of replay.
dir=/sys/kernel/tracing/instances/kmemlab-both$$
record() { # into an instance that `trace-cmd extract` takes away
	mkdir "$dir" 2> /dev/null || return 1
	rm -rf "$tmp/files" "$tmp/dat" "$tmp/perf"
	mkdir -p "$tmp/files" "$tmp/dat/before" "$tmp/perf"
	# shellcheck disable=SC2016
	sh -c 'kill -STOP $$; for i in 1 2 3 4; do n=0; while [ $n -lt 1500 ]; do
		echo "$i $n" > "$1/$n"; read x < "$1/$n"; n=$((n + 1)); done; done; kill -STOP $$' sh "$tmp/files" &
	pid=$!
	stopped() { for _ in $(seq 600); do grep -q '^State:.*stopped' /proc/$pid/status && return; sleep 0.1; done; }
	stopped
	echo 0 > "$dir/tracing_on"
	echo 40000 > "$dir/buffer_size_kb"
	echo $pid > "$dir/set_event_pid"
	echo 1 > "$dir/events/kmem/enable"
	echo 1 > "$dir/tracing_on"
	perf record -q -N --no-buildid -m 8M -p $pid -e 'kmem:*' -o "$tmp/perf/perf.data" > "$tmp/log" 2>&1 &
	perf=$!
	sleep 2
	for file in buddyinfo zoneinfo pagetypeinfo kpageflags meminfo slabinfo; do
		cat /proc/$file > "$tmp/dat/before/$file"
	done
	cp -r "$tmp/dat/before" "$tmp/perf"
	kill -CONT $pid
	sleep 0.5
	stopped
	echo 0 > "$dir/tracing_on"
	kill -INT $perf
	wait $perf
	kill -KILL $pid
	wait $pid 2>/dev/null
	echo 0 > "$dir/events/kmem/enable"
	trace-cmd extract -B "${dir##*/}" -o "$tmp/dat/trace.dat" > "$tmp/log" 2>&1
	# Whoever read it last may not have let go yet.
	for _ in $(seq 50); do [ -d "$dir" ] || return 0; rmdir "$dir" 2> /dev/null && return; sleep 0.1; done
	return 1
}

# The requests in their order, without times and ids.
order_of() { "$KMEMLAB" export --format csv "$@" | cut -d, -f2-4,6-; }

if mkdir "$dir" 2>/dev/null && rmdir "$dir"; then
	trap 'rmdir "$dir" 2>/dev/null; rm -rf "$tmp"' EXIT
	instance="--instance ${dir##*/}"
	# Each as a capture with the same state before it.  Requests without the numbers that tie a free to its
	# allocation, sorted: an interrupt may come between the two recorders, and its events stand earlier
	# in one of them.  Results without the times, which each recorder read for itself, nor the errors over
	# time (the mean and the maximum of samples), which are taken at instants of these clocks.
	all_of() { # OPTIONS... DIR: what every stage makes of it
		"$KMEMLAB" dump --format csv "$@" | tail -n +2 | cut -d, -f5 | sort | uniq -c
		"$KMEMLAB" export --format csv "$@" | cut -d, -f2-4,6- | sort
		"$KMEMLAB" import -q -o "$tmp/both.kmw" "$@"
		"$KMEMLAB" replay -o "$tmp/both.db" "$tmp/both.kmw" > /dev/null
		sqlite3 "$tmp/both.db" \
			"SELECT 'fidelity', * FROM fidelity WHERE metric NOT LIKE 'free blocks per order, %'
			AND metric NOT LIKE 'slab pages over time%'"
		for table in slab_cache demand event_count; do
			sqlite3 "$tmp/both.db" "SELECT '$table', * FROM $table"
		done
		# At the end: the samples before it are taken by time.
		sqlite3 "$tmp/both.db" "SELECT c.run_id, name, value FROM counter c JOIN (SELECT run_id, max(seq) AS last
			FROM counter GROUP BY run_id) USING (run_id) WHERE seq = last" \
			"SELECT f.run_id, zone, type, block_order, blocks FROM free_blocks f JOIN (SELECT run_id,
			max(seq) AS last FROM free_blocks GROUP BY run_id) USING (run_id) WHERE seq = last"
		rm -f "$tmp"/both.db*
	}
	# An interrupt between the two recorders turns the order of events in one of them, and with it where slabs take
	# their objects, and a second's work may fall between other events by the one clock than by the other: then
	# once more, and in the end, where the order was turned, without the run that has objects, the fourth.
	for try in 1 2 3; do
		record || break
		# shellcheck disable=SC2086
		all_of $instance "$tmp/dat" > "$tmp/theirs"
		all_of "$tmp/perf" > "$tmp/ours"
		cmp -s "$tmp/theirs" "$tmp/ours" && break
		echo "# something came between the recorders ($try)"
	done
	# shellcheck disable=SC2086
	order_of $instance "$tmp/dat" > "$tmp/order"
	order_of "$tmp/perf" | cmp -s - "$tmp/order" || sed -i -E '/^([a-z_]+\|)?4\|/d' "$tmp/theirs" "$tmp/ours"
	if [ "$(wc -l < "$tmp/theirs")" -gt 5000 ]; then
		same interop/both-equal "$tmp/theirs" "$tmp/ours"
	else
		not_ok interop/both-equal "hardly any events: $(tail -n 1 "$tmp/log")"
	fi
fi
exit $failed
