# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
# recorder.sh: what the suites that record on the running kernel share.  They work in $tmp; $suite names their skips.

# What recorders of this test left: others may be recording, and be killed, on this machine too.
instances() {
	local n=0 p
	while read -r p; do
		[ ! -d "/sys/kernel/tracing/instances/kmemlab-$p" ] && [ ! -d "/sys/kernel/tracing/instances/kmemlab-$p-t" ] ||
			n=$((n + 1))
	done < "$tmp/pids"
	echo $n
}
start() { "$k" record "$@" & pid=$!; echo $pid >> "$tmp/pids"; }
rec() { start "$@"; wait $pid; }
: > "$tmp/pids"
if [ "$(id -u)" != 0 ]; then skip "$suite" "needs root"; exit 0; fi
mountpoint -q /sys/kernel/tracing || mount -t tracefs nodev /sys/kernel/tracing 2> /dev/null
if [ ! -d /sys/kernel/tracing/instances ]; then skip "$suite" "no tracefs"; exit 0; fi

work='i=0; while [ $i -lt 100 ]; do /bin/true; echo $i > f.$i; rm f.$i; i=$((i + 1)); done'
forever='while :; do /bin/true; done'
case $KMEMLAB in /*) k=$KMEMLAB ;; *) k=$PWD/$KMEMLAB ;; esac
here=$PWD
cd "$tmp" || exit 1

# equal_counts NAME CAPTURE LEAST: as many events as trace-cmd shows, and no fewer than LEAST.
equal_counts() {
	ours=$($k info --format json "$2" 2> /dev/null | jq '.total')
	theirs=$(trace-cmd report "$2/trace.dat" 2> /dev/null | grep -c '\[[0-9]*\]')
	if [ "$ours" = "$theirs" ] && [ "$ours" -ge "$3" ]; then ok "$1"; else
		not_ok "$1" "ours $ours, trace-cmd $theirs"; fi
}

