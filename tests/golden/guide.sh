#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# docs/guide.md: each command does what it should, and each line that the guide shows below it is in its output.
. tests/lib.sh

CAPTURES=$KMEMLAB_TRACES
export CAPTURES
mkdir "$tmp/at" "$tmp/bin"
ln -s "$PWD/traces" "$tmp/at/traces"
ln -s "$KMEMLAB" "$tmp/bin/kmemlab"
PATH=$tmp/bin:$PATH
n=0 ran=false lines=0

finish() {	# the lines of one command
	[ "$lines" = 0 ] || { [ -s "$tmp/missing" ] && not_ok "guide/lines of command $n" "$(head -1 "$tmp/missing")" || ok "guide/lines of command $n"; }
	lines=0
	: > "$tmp/missing"
}

: > "$tmp/missing"
while IFS= read -r line; do
	case $line in
	'    $ '*)
		finish
		n=$((n + 1)) ran=false command=${line#    \$ }
		if [[ $command == *CAPTURES* || $command == *pressure.db* || $command == *thp.db* ]] &&
			[ ! -d "$CAPTURES/amd64-6.1-pressure" -o ! -d "$CAPTURES/amd64-6.1-thp" ]; then
			skip "guide/command $n" "no such capture"
			continue
		fi
		(cd "$tmp/at" && sh -c "$command") > "$tmp/out" 2>&1 < /dev/null
		got=$? ran=true
		# A check may say no; here it may not.
		[ $got = 0 ] && ok "guide/command $n" || not_ok "guide/command $n" "$command: $(tail -n 1 "$tmp/out")"
		sed -i 's/ *$//' "$tmp/out" ;;
	'    '*)
		$ran || continue
		lines=$((lines + 1))
		grep -qxF -e "${line#    }" "$tmp/out" || echo "${line#    }" >> "$tmp/missing" ;;
	esac
done < docs/guide.md
finish
[ $n -ge 10 ] && ok guide/commands || not_ok guide/commands "only $n"
exit $failed
