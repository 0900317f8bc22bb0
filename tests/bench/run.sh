#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Speeds and sizes, each beside its peers' on the same capture in the same run:
# best of RUNS runs on one core, wall clock from start to exit of the program; imports
# also by their processor time, and on all cores.
# What a machine cannot measure (no capture, no perf, not root) is said and left out.
#
#   KMEMLAB         the program (./kmemlab)
#   KMEMLAB_TRACES  folder of large captures (../shared/traces)
#   BUILD           where make put its tests (build)
#   RUNS, CPU       3, and 1 where there is a second core
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 2

KMEMLAB=${KMEMLAB:-./kmemlab}
TRACES=${KMEMLAB_TRACES:-../shared/traces}
BUILD=${BUILD:-build}
RUNS=${RUNS:-3}
CORES=$(nproc)
CPU=${CPU:-$((CORES > 1))}
GEN=$BUILD/tests/gen/gentrace

TMP=$(mktemp -d "${TMPDIR:-/tmp}/kmemlab-bench.XXXXXX") || exit 2
INSTANCE=
failed=0

cleanup() {
	[ -z "$INSTANCE" ] || rmdir "$INSTANCE" 2>/dev/null
	rm -rf "$TMP"
}
trap cleanup EXIT
trap 'exit 2' INT TERM

# shellcheck source=tests/bench/measure.sh
. tests/bench/measure.sh
taskset -pc "$CPU" $$ > /dev/null		# and so all that is started here

have_program() {
	command -v "$1" > /dev/null
}

# plain FROM TO: a trace.dat of any kind as an uncompressed one of version 6
plain() {
	trace-cmd convert --file-version 6 --compression none -i "$1" -o "$2" > "$TMP/log" 2>&1
}

# events FILE: how many events a trace.dat has, counted by trace-cmd
events() {
	trace-cmd report "$1" 2>/dev/null | grep -vcE '^(cpus=|CPU)'
}

# imported OPTIONS... CAPTURE: events and requests of an import, as it says itself
imported() {
	"$KMEMLAB" import -o "$TMP/x.kmw" "$@" 2> "$TMP/err" |
		sed -n 's/.*: \([0-9]*\) events -> \([0-9]*\) requests.*/\1 \2/p'
}

import_own() {		# EVENTS OPTIONS... CAPTURE
	local n=$1 got

	shift
	# A rate means nothing unless all of the events were really read.
	got=$(imported "$@")
	if [ "${got% *}" != "$n" ]; then
		lost "kmemlab import: ${got% *} events where trace-cmd has $n $(tail -n 1 "$TMP/err")"
		return
	fi
	measure "kmemlab import" "$n" "$KMEMLAB" import -q -o "$TMP/x.kmw" "$@"
	own
	processor_row "$n"
	# Its threads have more than one core then; what it is compared with has one.
	[ "$CORES" -gt 1 ] || return
	own_rate='' measure "kmemlab import, all $CORES cores" "$n" \
		taskset -c "0-$((CORES - 1))" "$KMEMLAB" import -q -o "$TMP/x.kmw" "$@"
	processor_row "$n"
}

import_trace() {	# EVENTS OPTIONS... FILE: kmemlab beside trace-cmd report
	import_own "$@"
	measure "trace-cmd report" "$1" trace-cmd report "${*: -1}"
}

import_perf() {		# FILE: perf's own two readers
	local n

	n=$(perf script -F event -i "$1" 2>/dev/null | wc -l)
	# perf kmem takes its options before "stat" only; --page fails on some of perf's own files
	if perf kmem -i "$1" --slab --page stat > /dev/null 2>&1; then
		measure "perf kmem stat --slab --page" "$n" perf kmem -i "$1" --slab --page stat
	elif perf kmem -i "$1" --slab stat > /dev/null 2>&1; then
		measure "perf kmem stat --slab" "$n" perf kmem -i "$1" --slab stat
	else
		skip "perf kmem stat" "fails on this file"
	fi
	measure "perf script" "$n" perf script -i "$1"
	import_own "$n" "$1"
}

section_import() {
	local big=$TRACES/amd64-6.1-files small=traces/amd64-6.1-small n

	heading "Import, M events/s (aim: at least 10, better 20)"
	if [ -e "$big/trace.dat" ] && plain "$big/trace.dat" "$TMP/files.dat"; then
		n=$(events "$TMP/files.dat")
		group "amd64-6.1-files, uncompressed ($(size_of "$TMP/files.dat"))"
		import_trace "$n" "$TMP/files.dat"
		if [ -e "$TRACES/host-6.18/perf.data.gz" ] && have_program perf; then
			gzip -dc "$TRACES/host-6.18/perf.data.gz" > "$TMP/perf.data"
			aside "host-6.18/perf.data, events of its own" import_perf "$TMP/perf.data"
		else
			skip "perf kmem stat, perf script" "no perf or no host-6.18/perf.data.gz"
		fi
		trace-cmd report -t "$TMP/files.dat" > "$TMP/files.txt" 2>/dev/null
		group "the same as text of trace-cmd report ($(size_of "$TMP/files.txt")), M lines/s"
		import_own "$n" "$TMP/files.txt"
		rm -f "$TMP/files.txt"
		group "amd64-6.1-files, zstd ($(size_of "$big/trace.dat"))"
		import_trace "$n" "$big/trace.dat"
		group "amd64-6.1-files, zstd, with its snapshots"
		import_own "$n" "$big"
	else
		skip "amd64-6.1-files" "not in $TRACES"
	fi
	group "amd64-6.1-small, zstd ($(size_of $small/trace.dat)): mostly start-up"
	import_trace "$(events $small/trace.dat)" $small/trace.dat
}

section_stat() {
	local big=$TRACES/amd64-6.1-files n

	heading "Who allocates what, M events/s (aim: at least 8)"
	if [ ! -e "$TMP/files.dat" ]; then skip "amd64-6.1-files" "not in $TRACES"; return; fi
	n=$(events "$TMP/files.dat")
	group "amd64-6.1-files, uncompressed"
	measure "kmemlab stat" "$n" "$KMEMLAB" stat "$TMP/files.dat"
	own
	measure "kmemlab stat --by all" "$n" "$KMEMLAB" stat --by all "$TMP/files.dat"
	measure "trace-cmd mem" "$n" trace-cmd mem -i "$TMP/files.dat"
	[ -e "$TMP/perf.data" ] || return
	n=$(perf script -F event -i "$TMP/perf.data" 2>/dev/null | wc -l)
	group "host-6.18/perf.data"
	measure "kmemlab stat" "$n" "$KMEMLAB" stat "$TMP/perf.data"
	own
	measure "perf kmem stat --slab --page" "$n" perf kmem -i "$TMP/perf.data" --slab --page stat
}

# 27,000 samples of three runs, as the generator makes them; sqlite3 reads them all and draws nothing.
section_report() {
	heading "Report of 100 MB of results, MB/s (aim: at least 20, that is under 5 s, into a few MB)"
	"$BUILD/tests/gen/results" "$TMP/big.db" 27000 || { lost "gen/results"; return; }
	group "generated ($(size_of "$TMP/big.db"))"
	measure "kmemlab report" "$(stat -c %s "$TMP/big.db")" "$KMEMLAB" report -o "$TMP/big.html" "$TMP/big.db"
	own
	measure "kmemlab compare" "$(stat -c %s "$TMP/big.db")" "$KMEMLAB" compare "$TMP/big.db"
	measure "sqlite3 .dump" "$(stat -c %s "$TMP/big.db")" sqlite3 "$TMP/big.db" .dump
	printf '    the report has %s\n' "$(size_of "$TMP/big.html")"
}

# A trace.dat and a perf.data of the same workload, recorded at the same time on this machine.
section_live() {
	local dir=/sys/kernel/tracing/instances/kmemlab-bench$$ n

	heading "Import of a live recording, trace.dat and perf.data of one workload, M events/s"
	if [ "$(id -u)" != 0 ] || ! have_program perf || ! mkdir "$dir" 2>/dev/null; then
		skip "live recording" "needs root, tracefs and perf"
		return
	fi
	INSTANCE=$dir
	echo 0 > "$dir/tracing_on"
	echo 60000 > "$dir/buffer_size_kb"
	echo 1 > "$dir/options/event-fork"
	mkdir "$TMP/live"
	if ! { echo 1 > "$dir/events/kmem/enable"; } 2>/dev/null; then
		skip "live recording" "the kernel has no kmem events"
		return
	fi
	echo 1 > "$dir/tracing_on"
	# shellcheck disable=SC2016
	taskset -c "0-$((CORES - 1))" sh -c 'echo $$ > "$1/set_event_pid" &&
		exec perf record -q -N --no-buildid -m 16M -e "kmem:*" -o "$2.perf" -- \
			sh tests/bench/workload.sh "$2"' sh "$dir" "$TMP/live" > "$TMP/log" 2>&1
	echo 0 > "$dir/tracing_on"
	if ! trace-cmd extract -B "${dir##*/}" -o "$TMP/live7.dat" > "$TMP/log" 2>&1 ||
	   ! plain "$TMP/live7.dat" "$TMP/live.dat" || [ ! -s "$TMP/live.perf" ]; then
		skip "live recording" "perf or trace-cmd failed: $(tail -n 1 "$TMP/log")"
		return
	fi
	n=$(events "$TMP/live.dat")
	group "one workload, kernel $(uname -r | cut -d- -f1); trace.dat uncompressed, $(size_of "$TMP/live.dat")"
	import_trace "$n" --instance "${dir##*/}" "$TMP/live.dat"
	aside "perf.data, $(size_of "$TMP/live.perf")" import_perf "$TMP/live.perf"
	rm -f "$TMP"/live*.dat
	import_storm
}

# A perf.data of which start-up is no part: some seconds of forks on all CPUs, of the whole machine.
import_storm() {
	if ! taskset -c "0-$((CORES - 1))" perf record -a -q -N --no-buildid -m 16M -e 'kmem:*' \
			-o "$TMP/storm.perf" -- "$BUILD/tests/bench/storm" 3 forks > "$TMP/log" 2>&1; then
		skip "storm of forks" "perf or bench/storm failed: $(tail -n 1 "$TMP/log")"
		return
	fi
	group "a storm of forks on all CPUs; perf.data, $(size_of "$TMP/storm.perf")"
	import_perf "$TMP/storm.perf"
	rm -f "$TMP/storm.perf"
}

section_workload() {
	local capture line events requests bytes

	heading "Workload file, bytes an event without the start state (aim: at most 8)"
	for capture in traces/amd64-6.1-small "$TRACES"/amd64-6.1-{files,exact,pressure} \
		       "$TRACES/i386-6.1-highmem"; do
		[ -d "$capture" ] || { skip "${capture##*/}" "not there"; continue; }
		for how in none zstd; do
			line=$("$KMEMLAB" import -z $how -o "$TMP/w.kmw" "$capture" 2>&1) || {
				lost "kmemlab import -z $how ${capture##*/}: $line"; continue; }
			events=$(sed -n 's/.*: \([0-9]*\) events -> .*/\1/p;' <<< "$line")
			requests=$(sed -n 's/.* -> \([0-9]*\) requests.*/\1/p' <<< "$line")
			bytes=$(sed -n 's/.*; \([0-9.]*\) bytes an event.*/\1/p' <<< "$line")
			printf '  %-32s %-6s %10s events %10s requests %7s B/event %10s in all\n' \
				"${capture##*/}" $how "$events" "$requests" "$bytes" \
				"$(size_of "$TMP/w.kmw")"
		done
	done
}

section_replay() {
	local capture name n alone own

	heading "Replay, M requests/s (aim: at least 10 for one policy, better 20)"
	for capture in traces/amd64-6.1-small "$TRACES"/amd64-6.1-{exact,files}; do
		[ -d "$capture" ] || { skip "${capture##*/}" "not there"; continue; }
		name=${capture##*/}
		n=$(imported "$capture")
		n=${n#* }
		if [ -z "$n" ] || ! mv "$TMP/x.kmw" "$TMP/$name.kmw"; then
			lost "kmemlab import $name: $(tail -n 1 "$TMP/err")"
			continue
		fi
		group "$name"
		# Whatever is asked for, the recorded machine and native, free and anchored, run too.
		replay_of "$name" "$n" "native, all of a run"
		alone=$best
		replay_of "$name" "$n" "and 3 more policies" -p linux-6.18 -p linux-6.1 -p linux-2.6-slab
		[ -z "$alone" ] || [ -z "$best" ] || [ $((best - alone)) -lt 30000 ] ||
			row "one policy more (the difference / 3)" "$n" $(((best - alone) / 3))
		replay_of "$name" "$n" "and one with objects" --set slab.objects=on
		# The run's own time, without reading the workload and writing the results.
		own=$(sqlite3 "$TMP/x.db" "SELECT CAST(seconds * 1e6 AS INTEGER) FROM run
			WHERE policy LIKE '%slab.objects%'" 2> /dev/null)
		[ -z "$own" ] || row "pages and objects, beside the others" "$n" "$own"
	done
	group "pages and objects, one machine alone; bytes with the tables of ids (aim: 16 a frame, 48 a live object)"
	for capture in traces/amd64-6.1-small "$TRACES"/amd64-6.1-{files,numa,thp,pressure} \
		       "$TRACES"/i386-6.1-highmem; do
		name=${capture##*/}
		[ -d "$capture" ] || { skip "$name" "not there"; continue; }
		if "$KMEMLAB" import -q -o "$TMP/x.kmw" "$capture" 2> "$TMP/err" &&
		   own=$("$BUILD/tests/bench/replay" "$TMP/x.kmw" 2> "$TMP/err"); then
			printf '    %-20s %s\n' "$name" "$own"
		else
			lost "bench/replay $name: $(tail -n 1 "$TMP/err")"
		fi
	done
	[ -e "$TMP/perf.data" ] || return
	n=$(perf script -F event -i "$TMP/perf.data" 2>/dev/null | wc -l)
	group "its peer's far smaller job: host-6.18/perf.data, events"
	measure "perf kmem stat --slab --page" "$n" perf kmem -i "$TMP/perf.data" --slab --page stat
}

replay_of() {		# NAME REQUESTS LABEL OPTIONS...
	local name=$1 n=$2 label=$3 said

	shift 3
	rm -f "$TMP"/x.db*
	said=$("$KMEMLAB" replay -o "$TMP/x.db" "$@" "$TMP/$name.kmw" 2> "$TMP/err")
	best=
	if [[ $said != *": $n requests "*"native:"* ]]; then
		lost "kmemlab replay, $label: not $n requests simulated: $said $(tail -n 1 "$TMP/err")"
		return
	fi
	measure "kmemlab replay, $label" "$n" fresh_db "$KMEMLAB" replay -o "$TMP/x.db" "$@" "$TMP/$name.kmw"
}

fresh_db() {
	rm -f "$TMP"/x.db*
	"$@"
}

section_memory() {
	heading "Peak memory against the capture's length, live set equal (aim: the same)"
	if [ ! -x "$GEN" ]; then
		skip "generated captures" "$GEN is not built"
		return
	fi
	for times in 1 10; do
		if ! "$GEN" -n "$((times * 500000))" -o "$TMP/gen.dat" > "$TMP/log" 2>&1; then
			lost "gentrace: $(tail -n 1 "$TMP/log")"
			return
		fi
		peak "kmemlab import, ${times}x" "$KMEMLAB" import -q -o "$TMP/gen.kmw" "$TMP/gen.dat"
		rm -f "$TMP"/x.db*
		peak "kmemlab replay, ${times}x" "$KMEMLAB" replay -o "$TMP/x.db" "$TMP/gen.kmw"
	done
}

section_model() {
	local bench=$BUILD/tests/bench library name free

	heading "The model by itself, one million live"
	if [ ! -x "$bench/mm" ] || [ ! -x "$bench/objects" ]; then
		skip "model" "$bench/mm or objects is not built"
		return
	fi
	"$bench/mm" | sed 's/^/  /' || lost "bench/mm"
	"$bench/objects" | sed 's/^/  /' || lost "bench/objects"
	for name in jemalloc mimalloc; do
		library=$(ldconfig -p | awk -v n="lib$name.so" 'index($1, n) == 1 { print $NF; exit }')
		if [ -n "$library" ]; then
			LD_PRELOAD=$library "$bench/objects" 1 $name | sed 's/^/  /' || lost "$name"
		else
			skip "$name" "not installed"
		fi
	done
	heading "The model by itself, 100 million live"
	free=$(awk '/^MemAvailable/ { print int($2 / 1048576) }' /proc/meminfo)
	if [ "$free" -lt 6 ]; then
		skip "100 million live" "6 GiB of memory are needed, $free are free"
		return
	fi
	"$bench/mm" 100 | sed 's/^/  /' || lost "bench/mm 100"
	"$bench/objects" 100 model | sed 's/^/  /' || lost "bench/objects 100"
}

[ -x "$KMEMLAB" ] || { echo "bench: $KMEMLAB is not built" >&2; exit 2; }
have_program trace-cmd || { echo "bench: trace-cmd is needed as a peer" >&2; exit 2; }
printf '%s; core %s of %s, best of %s runs\n' \
	"$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$CPU" "$CORES" "$RUNS"
for section in ${SECTIONS:-import stat report live workload replay memory model}; do
	"section_$section"
done
[ $failed = 0 ] || { echo; echo "bench: $failed measurements failed" >&2; exit 2; }
