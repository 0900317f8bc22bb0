#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# advise on the bundled capture: what it tried is consistent, and its errors are one line.
. tests/lib.sh

$KMEMLAB advise --all --format json "$SMALL" > "$tmp/all.json" || not_ok "advise/runs"
check "advise/rows are consistent" jq -e 'length > 5 and all(.saved_peak < .of_peak and .objects > 0 and
	.new_size > 0 and (.of_peak % 4096) == 0 and (.saved_peak % 4096) == 0)' "$tmp/all.json"
check "advise/largest savings first" jq -e '[.[].saved_peak] | . == (sort | reverse)' "$tmp/all.json"
$KMEMLAB advise --format json "$SMALL" > "$tmp/some.json"
check "advise/without --all only what saves" jq -e --slurpfile all "$tmp/all.json" \
	'. == ($all[0] | map(select(.saved_peak > 0)))' "$tmp/some.json"
$KMEMLAB import -o "$tmp/small.kmw" "$SMALL" > "$tmp/import" 2>&1
$KMEMLAB advise --all --format json "$tmp/small.kmw" > "$tmp/kmw.json"
same "advise/a workload as its capture" "$tmp/all.json" "$tmp/kmw.json"
status "advise/no tries" 2 $KMEMLAB advise --tries 0 "$SMALL"
status "advise/no capture" 2 $KMEMLAB advise
status "advise/no such file" 2 $KMEMLAB advise "$tmp/none"
exit $failed
