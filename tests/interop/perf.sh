#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# perf.data of every form, against perf's own reading and against a trace.dat of the same work.
. tests/lib.sh

# counts_perf FILE, counts_own FILE: "COUNT EVENT" of each event, in the order of names.
counts_perf() {
	perf script -F event -i "$1" 2>/dev/null |
		sed 's/^ *//; s/: *$//; s/^[a-z_]*://' |
		grep -v -e '^$' -e cpu-clock | sort | uniq -c
}
counts_own() {
	"$KMEMLAB" dump --format csv "$@" 2>/dev/null | tail -n +2 | cut -d, -f5 | sort | uniq -c
}

agree() { # NAME FILE
	counts_perf "$2" > "$tmp/theirs"
	counts_own "$2" > "$tmp/ours"
	if [ ! -s "$tmp/theirs" ]; then not_ok "$1" "perf script reads nothing"; return; fi
	same "$1" "$tmp/theirs" "$tmp/ours"
}

if ! command -v perf > /dev/null; then
	skip interop/perf "no perf here"
	exit $failed
fi

# What perf itself recorded elsewhere: percpu events have no name of their own in the list.
if [ -e "$TRACES/host-6.18/perf.data.gz" ]; then
	gzip -dc "$TRACES/host-6.18/perf.data.gz" > "$tmp/host.data"
	# This version of perf prints percpu events without their names.
	perf script -i "$tmp/host.data" 2>/dev/null |
		grep -oE '(kmem|percpu):[a-z_]+:' | sed 's/.*:\(.*\):/\1/' | sort | uniq -c > "$tmp/theirs"
	counts_own "$tmp/host.data" > "$tmp/ours"
	same interop/perf-host-6.18 "$tmp/theirs" "$tmp/ours"
	counts_own "$TRACES/host-6.18/perf.data.gz" > "$tmp/packed"
	same interop/perf-gzip "$tmp/ours" "$tmp/packed"
	"$KMEMLAB" dump --format csv "$tmp/host.data" > "$tmp/file"
	"$KMEMLAB" dump --format csv - < "$tmp/host.data" > "$tmp/stdin"
	same interop/perf-stdin "$tmp/file" "$tmp/stdin"
	cat "$tmp/host.data" | "$KMEMLAB" dump --format csv - > "$tmp/stdin"
	same interop/perf-piped-in "$tmp/file" "$tmp/stdin"
	# Text of perf script, read as text, makes the same requests.
	perf script --ns -i "$tmp/host.data" > "$tmp/host.txt" 2>/dev/null
	# With periods, and with what perf notes of files and tasks before and between the events.
	perf script --ns --show-task-events --show-mmap-events -F +period -i "$tmp/host.data" > "$tmp/host.more" 2>/dev/null
	for f in data txt more; do
		"$KMEMLAB" import -o "$tmp/x.kmw" "$tmp/host.$f" |
			sed 's/^[^:]*//' | grep -v 'events/s' > "$tmp/$f"
	done
	same interop/perf-script-text "$tmp/data" "$tmp/txt"
	same interop/perf-script-text-with-more "$tmp/data" "$tmp/more"
else
	skip interop/perf-host-6.18 "no captures in $TRACES"
fi

if ! perf record -q -e kmem:kfree -o "$tmp/p" -- true > /dev/null 2>&1; then
	skip interop/perf-live "perf cannot record kmem events here"
	exit $failed
fi
# shellcheck disable=SC2016
work='i=0; while [ $i -lt 30 ]; do ls / > /dev/null; i=$((i + 1)); done'
record() { # NAME OPTIONS...
	name=$1; shift
	if perf record -q -o "$tmp/$name" "$@" -- sh -c "$work" > "$tmp/log" 2>&1; then
		agree "interop/perf-$name" "$tmp/$name"
	else
		skip "interop/perf-$name" "perf record $*: $(tail -n 1 "$tmp/log")"
	fi
}
record all-cpus -a -e 'kmem:*'
record threads -e 'kmem:*'
record per-thread --per-thread -e 'kmem:*'
record packed -z -a -e 'kmem:*'
record callchains -g -a -e 'kmem:*'
record mixed -a -e 'kmem:*' -e cpu-clock
record clockid -k mono -a -e 'kmem:*'
# A directory with a file a buffer, and events whose samples differ in what they hold.
record files --threads -a -e 'kmem:*'
record files-packed --threads -z -a -e 'kmem:*'
record layouts -a -e 'kmem:kmalloc/call-graph=fp/' -e kmem:kfree -e 'kmem:mm_page_alloc/call-graph=no/' -e cpu-clock
record addresses -a -d -P -W --sample-identifier -e 'kmem:*'
record small-buffers -a -m 1 -e 'kmem:*'
# The file has no symbols of the kernel, only its build id: perf finds them by that, and so do we.  In what they
# name as kernel addresses they must agree, and a list that is given is taken instead.
sites_perf() { perf script -F trace -i "$1" 2> /dev/null | grep -o 'call_site=[^ ]*' | sort | uniq -c; }
sites_own() { "$KMEMLAB" dump "$@" 2> /dev/null | grep -o 'call_site=[^ ]*' | sort | uniq -c; }
sites_perf "$tmp/all-cpus" > "$tmp/theirs"
if grep -q 'call_site=[a-z_]*+0x' "$tmp/theirs"; then
	sites_own "$tmp/all-cpus" > "$tmp/ours"
	same interop/perf-symbols "$tmp/theirs" "$tmp/ours"
	check interop/perf-symbols-are-named sh -c '"$1" info "$2" | grep -q "^symbols .*kallsyms$"' sh "$KMEMLAB" "$tmp/all-cpus"
	printf '%s\n' 'ffff800000000000 T below' 'fffffffffffffff0 T above' > "$tmp/kallsyms"
	sites_own --kallsyms "$tmp/kallsyms" "$tmp/all-cpus" > "$tmp/ours"
	check interop/perf-symbols-given sh -c 'grep -q call_site=below+0x "$1" && ! grep -v -q call_site=below+0x "$1"' sh "$tmp/ours"
else
	skip interop/perf-symbols "perf script names no call site here"
fi
perf record -q -e 'kmem:*' -a -o - -- sh -c "$work" > "$tmp/pipe" 2> "$tmp/log" &&
	agree interop/perf-pipe "$tmp/pipe"
perf record -q -z -e 'kmem:*' -a -o - -- sh -c "$work" > "$tmp/pipe" 2> "$tmp/log" &&
	agree interop/perf-pipe-packed "$tmp/pipe"
if perf kmem --slab --page record -o "$tmp/kmem" -- sh -c "$work" > "$tmp/log" 2>&1; then
	agree interop/perf-kmem-record "$tmp/kmem"
	# perf kmem's own sum of slab allocations
	perf kmem -i "$tmp/kmem" --slab stat 2>/dev/null |
		sed -n 's/^Total bytes requested: *//p' | tr -d ,  > "$tmp/theirs"
	"$KMEMLAB" dump -e kmalloc,kmem_cache_alloc,kmalloc_node,kmem_cache_alloc_node "$tmp/kmem" |
		grep -o 'bytes_req=[0-9]*' | awk -F= '{ n += $2 } END { print n }' > "$tmp/ours"
	same interop/perf-kmem-stat "$tmp/theirs" "$tmp/ours"
else
	skip interop/perf-kmem-record "$(tail -n 1 "$tmp/log")"
fi
# What perf was asked to leave out is said, where the file shows it: all but some samples, all tasks but a command's.
said() { # OPTION...
	perf record -q -o "$tmp/part" -e 'kmem:*' "$@" -- sh -c "$work" > "$tmp/log" 2>&1
	"$KMEMLAB" stat "$tmp/part" 2>&1 > /dev/null | grep -oE 'kept a sample|of a command alone' || echo all
}
{ said -a -c 3; said -a -F 1000; said; said -a; } > "$tmp/ours"
printf 'kept a sample\nkept a sample\nof a command alone\nall\n' > "$tmp/theirs"
same interop/perf-part-is-said "$tmp/theirs" "$tmp/ours"
# What was lost is told twice: by each buffer where it happened, and by each event at the end, which
# also knows of losses that nothing came after.
perf script -D -i "$tmp/small-buffers" 2>/dev/null |
	sed -n 's/.*PERF_RECORD_LOST: .*lost:\([0-9]*\).*/lost \1/p
		s/.*PERF_RECORD_LOST_SAMPLES: .*lost samples *:\([0-9]*\).*/samples \1/p' |
	awk '{ n[$1] += $2 } END { a = n["lost"]; b = n["samples"]; print (a > b ? a : b) + 0 }' \
	> "$tmp/theirs"
"$KMEMLAB" import -o "$tmp/x.kmw" "$tmp/small-buffers" |
	sed -n 's/.*LOST: \([0-9]*\) events.*/\1/p' > "$tmp/ours"
[ -s "$tmp/ours" ] || echo 0 > "$tmp/ours"
same interop/perf-lost "$tmp/theirs" "$tmp/ours"

# The same work in a trace.dat and in a perf.data, recorded at once on all CPUs: all that one process does from one stop
# to the next, as it makes no event while it stands.  The kernel keeps its events alone, so that neither buffer
# overflows when others are busy.
dir=/sys/kernel/tracing/instances/kmemlab-test$$
if [ "$(id -u)" != 0 ] || ! mkdir "$dir" 2>/dev/null; then
	skip interop/perf-and-trace-dat "needs root and tracefs"
	exit $failed
fi
trap 'rmdir "$dir" 2>/dev/null; rm -rf "$tmp"' EXIT
# shellcheck disable=SC2016
until_stopped='for i in $(seq 600); do grep -q "^State:.*stopped" /proc/$1/status && exit 0; sleep 0.1; done; exit 1'
# shellcheck disable=SC2016
sh -c "kill -STOP \$\$; $work; kill -STOP \$\$" &
pid=$!
sh -c "$until_stopped" sh $pid
echo 0 > "$dir/tracing_on"
echo 8000 > "$dir/buffer_size_kb"
echo "common_pid == $pid" > "$dir/events/kmem/filter"
echo 1 > "$dir/events/kmem/enable"
echo 1 > "$dir/tracing_on"
perf record -q -N --no-buildid -a -m 2M -e 'kmem:*' --filter "common_pid == $pid" -o "$tmp/both.data" -- \
	sh -c "kill -CONT \$1; sleep 0.1; $until_stopped" sh $pid > "$tmp/log" 2>&1
echo 0 > "$dir/tracing_on"
kill -KILL $pid
wait $pid 2> /dev/null
echo 0 > "$dir/events/kmem/enable"
trace-cmd extract -B "${dir##*/}" -o "$tmp/both.dat" > "$tmp/log" 2>&1
of_pid() { # OPTIONS... FILE: what was lost, and how many of each event
	"$KMEMLAB" info --format json "$@" | jq '{ lost, events }'
	"$KMEMLAB" dump --format csv "$@" | awk -F, -v pid="$pid" '$3 == pid { print $5 }' | sort | uniq -c
}
of_pid --instance "${dir##*/}" "$tmp/both.dat" > "$tmp/theirs" 2> "$tmp/err"
of_pid "$tmp/both.data" > "$tmp/ours" 2>> "$tmp/err"
if [ "$(grep -c ' [a-z_]*$' "$tmp/ours")" -gt 5 ] && grep -q '"lost": 0' "$tmp/ours"; then
	same interop/perf-and-trace-dat "$tmp/theirs" "$tmp/ours"
else
	not_ok interop/perf-and-trace-dat "hardly any events, or some lost: $(cat "$tmp/log" "$tmp/err" | tail -n 1)"
fi
exit $failed
