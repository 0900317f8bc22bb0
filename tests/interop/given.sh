#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# record --scrub: what is fit to be given away, and nothing else is left.
. tests/lib.sh
suite=given
. tests/interop/recorder.sh

# Scrubbed at once: no name of a process, nothing of the machine, nothing left of what was recorded; and of one that was killed.
check "given/is made" rec --scrub -e pages -o given -- sh -c "$work"
equal_counts "given/trace-cmd reads it, with equal counts" given 100
scrubbed() { # NAME DIR
	if [ -e "$2" ] && [ ! -e "$2.unscrubbed" ] && [ ! -e "$2/system/cmdline" ] && [ -z "$(find "$2" -perm /077)" ] &&
		! "$k" dump --format csv "$2" 2> /dev/null | cut -d, -f4 | grep -qE '^"?(sh|true|rm)"?$'; then ok "$1"; else
		not_ok "$1" "$(ls -d "$2"*)"; fi
}
scrubbed "given/leaves nothing that tells" given
start --scrub -e pages -o late -- sh -c "$forever" > /dev/null 2>&1
for _ in $(seq 200); do [ ! -s late.unscrubbed.part/cpu0.raw ] || break; sleep 0.1; done
kill -9 $pid; wait $pid 2> /dev/null
check "given/of a killed one" "$k" record --finish --scrub -o late
scrubbed "given/of a killed one leaves nothing that tells" late
status "given/without a place" 2 rec --scrub -o given -d 0.1
status "given/in flight" 2 rec --scrub --flight -o no -d 0.1
cd "$here" || exit 1
exit $failed
