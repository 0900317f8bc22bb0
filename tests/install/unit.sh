#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The unit of systemd that runs the flight recorder: well formed as installed, and its command records.
. tests/lib.sh

unit=$tmp/kmemlab-flight.service
case $KMEMLAB in /*) ;; *) KMEMLAB=$PWD/$KMEMLAB ;; esac
mkdir -p "$tmp/bin"
ln -s "$KMEMLAB" "$tmp/bin/kmemlab"
# As `make install` does it.
sed "s|@PREFIX@|$tmp|" record/kmemlab-flight.service > "$unit"
if grep -q @ "$unit"; then not_ok unit/prefix "$(grep @ "$unit" | head -1)"; else ok unit/prefix; fi
if command -v systemd-analyze > /dev/null; then
	check unit/verify systemd-analyze verify --man=no "$unit"
	# It says no word of what it does not know either.
	if [ -s "$tmp/out" ]; then not_ok unit/verify-words "$(head -1 "$tmp/out")"; else ok unit/verify-words; fi
else
	skip unit/verify "no systemd-analyze"
fi
# Where its captures go is a folder that systemd makes for it, and may write to under its restrictions.
state=/var/lib/$(sed -n 's/^StateDirectory=//p' "$unit")
if grep -q "^ExecStart=.* --output $state/" "$unit" && grep -q "^ReadWritePaths=$state " "$unit"; then ok unit/state; else
	not_ok unit/state "$state"; fi
if [ "$(id -u)" = 0 ] && [ -d /sys/kernel/tracing/instances ]; then
	command=$(sed -n "s|^ExecStart=||p" "$unit" | sed "s|$state|$tmp|")
	# shellcheck disable=SC2086
	$command > "$tmp/log" 2>&1 & pid=$!
	sleep 2
	kill -USR2 $pid
	i=0; while [ ! -e "$tmp/flight-0001/trace.dat" ] && [ $i -lt 100 ]; do sleep 0.2; i=$((i + 1)); done
	kill -TERM $pid
	wait $pid; got=$?
	if [ $got = 0 ] && [ -e "$tmp/flight-0001/trace.dat" ] && [ ! -d "/sys/kernel/tracing/instances/kmemlab-$pid" ]; then ok unit/runs; else
		not_ok unit/runs "status $got: $(tail -n 1 "$tmp/log")"; fi
else
	skip unit/runs "needs root and tracefs"
fi
exit $failed
