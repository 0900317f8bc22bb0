#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A scrubbed capture gives the results of the one it was made from, and has none of its addresses and names.
. tests/lib.sh

# results DIR: all that replay, verify and stat say, less the capture's name, the names of processes,
# and how long it took.
results() {
	local name=${1##*/}

	"$KMEMLAB" replay -q -o "$tmp/r.db" "$1" > /dev/null 2>&1 || "$KMEMLAB" replay -o "$tmp/r.db" "$1" > /dev/null
	sqlite3 "$tmp/r.db" .dump | grep -v '^INSERT INTO capture VALUES' |
		sed -E "/^INSERT INTO run VALUES/s/,[0-9.e-]*,(NULL|[0-9]+)\);/,\1);/"
	rm -f "$tmp"/r.db*
	"$KMEMLAB" verify --format json "$1" | sed "s/\"$name\"//"
	# In whatever order those come that have as much as each other.
	"$KMEMLAB" stat --by all --top 0 "$1" | sed -E "s/$name//; s/^[^ ]*-([0-9]+) +/task \1 /; s/0x[0-9a-f]{8,16}/ADDRESS/; s/ +/ /g" | sort
}

# Addresses in a trace: hexadecimal numbers of a kernel's half.
addresses() {
	trace-cmd report -R "$1" 2>/dev/null | grep -oE '\b(0x)?(ff[0-9a-f]{14}|[c-e][0-9a-f]{7})\b' |
		sed 's/^0x//' | grep -v '^ffffffffffffff' | sort -u
}

# Names of processes as "PID NAME"; those of memory management's own threads are kept.
names() {
	"$KMEMLAB" dump --format csv "$1" | tail -n +2 | cut -d, -f3,4 | sort -u | tr , ' ' |
		grep -vE ' "?(kswapd|kcompactd|khugepaged|ksmd|kmemlab|<idle>|<\.\.\.>|$)'
}

scrub() { # NAME CAPTURE
	local name=$1 from=$2 to=$tmp/scrubbed trace

	rm -rf "$to"
	if ! "$KMEMLAB" scrub -q "$from" "$to" 2> "$tmp/err"; then
		not_ok "golden/scrub-$name" "$(cat "$tmp/err")"
		return
	fi
	results "$from" > "$tmp/was"
	results "$to" > "$tmp/is"
	if [ "$(wc -l < "$tmp/was")" -lt 500 ]; then
		not_ok "golden/scrub-$name" "only $(wc -l < "$tmp/was") lines of results"
	else
		same "golden/scrub-$name" "$tmp/was" "$tmp/is"
	fi
	trace=$(ls "$from"/trace.dat*)
	case $trace in *.gz) gzip -dc "$trace" > "$tmp/trace.dat"; trace=$tmp/trace.dat ;; esac
	addresses "$trace" > "$tmp/old"
	{ addresses "$to/trace.dat"
	  for f in $(find "$to" -type f ! -name 'trace.dat' ! -name 'kpage*'); do
		case $f in *.gz) gzip -dc "$f" ;; *) cat "$f" ;; esac
	  done | grep -aoE '\b(ff[0-9a-f]{14}|[c-e][0-9a-f]{7})\b' | sort -u; } | sort -u > "$tmp/new"
	# Every word of the unpacked file, in case that a field is not shown.
	trace-cmd convert --file-version 6 --compression none -i "$to/trace.dat" -o "$tmp/plain.dat" > /dev/null 2>&1
	{ od -An -v -t x8 -w8 "$tmp/plain.dat"; od -An -v -t x8 -w8 -j 4 "$tmp/plain.dat"; } |
		tr -d ' ' | grep '^ff' | sort -u >> "$tmp/new"
	sort -u "$tmp/new" | comm -12 - "$tmp/old" > "$tmp/left"
	if [ "$(wc -l < "$tmp/old")" -lt 100 ]; then
		not_ok "golden/scrub-$name-addresses" "only $(wc -l < "$tmp/old") addresses to look for"
	elif [ -s "$tmp/left" ]; then
		not_ok "golden/scrub-$name-addresses" "$(wc -l < "$tmp/left") are left, $(head -n 1 "$tmp/left") first"
	else
		ok "golden/scrub-$name-addresses"
	fi
	names "$from" > "$tmp/old"
	cut -d' ' -f2- "$tmp/old" | sort -u | sed 's/.*/,&,/' > "$tmp/words"
	"$KMEMLAB" dump --format csv "$to" | grep -cFf "$tmp/words" > "$tmp/left"
	grep -acFf "$tmp/old" "$tmp/plain.dat" >> "$tmp/left"
	if [ "$(wc -l < "$tmp/old")" -lt 3 ]; then
		not_ok "golden/scrub-$name-names" "only $(wc -l < "$tmp/old") names to look for"
	elif [ "$(tr '\n' ' ' < "$tmp/left")" != "0 0 " ]; then
		not_ok "golden/scrub-$name-names" "some are left: $(tr '\n' ' ' < "$tmp/left")"
	else
		ok "golden/scrub-$name-names"
	fi
	# The same events, and nothing that tells who built or ran the kernel.
	trace-cmd report "$trace" 2>/dev/null | grep -cE '^ .*: ' > "$tmp/was"
	trace-cmd report "$to/trace.dat" 2>/dev/null | grep -cE '^ .*: ' > "$tmp/is"
	same "golden/scrub-$name-trace-cmd" "$tmp/was" "$tmp/is"
	if grep -rqaE 'debian-kernel@|BOOT_IMAGE|console=ttyS0' "$to" "$tmp/plain.dat"; then
		not_ok "golden/scrub-$name-machine" "$(grep -rlaE 'debian-kernel@|BOOT_IMAGE|console=ttyS0' "$to" "$tmp/plain.dat" | tr '\n' ' ')"
	else
		ok "golden/scrub-$name-machine"
	fi
}

# What names this machine and its users: words that stand in no other's captures.
identity() {
	{ hostname; cat /etc/machine-id /proc/sys/kernel/random/boot_id /sys/class/net/*/address /sys/class/dmi/id/*serial* /sys/class/dmi/id/*uuid*
	  cat /sys/class/net/*/address | tr -d :
	  tr ' ' '\n' < /proc/cmdline | awk 'length > 11'
	  sed -n 's/^model name[^:]*: //p' /proc/cpuinfo
	  sed -n 's/^Linux version [^ ]* (\([^)]*\)).*/\1/p' /proc/version
	  ip -o addr | awk '{ sub("/.*", "", $4); print $4 }' | awk 'length > 6'
	  awk -F: 'length($6) > 6 { print $6 }' /etc/passwd; date +%Y-%m-%d; pwd; echo "$tmp"; } 2> /dev/null |
		awk 'length > 4 && !/^[0: ]*$/' | sort -u
}
# nothing_of_it NAME DIR: none of these words in any file of it, as it stands and unpacked; and no time of any file.
nothing_of_it() {
	local f left
	identity > "$tmp/identity"
	rm -rf "$tmp/flat"; mkdir "$tmp/flat"
	trace-cmd convert --file-version 6 --compression none -i "$2/trace.dat" -o "$tmp/flat/trace.dat" > /dev/null 2>&1
	# Of the page frames' words nothing can be text.
	find "$2" -name '*.gz' ! -name 'kpage*' | while read -r f; do gzip -dc "$f" > "$tmp/flat/$(echo "${f#"$2"/}" | tr / _)"; done
	left=$(grep -rhaoFf "$tmp/identity" "$2" "$tmp/flat" | sort -u | tr '\n' ' ')
	if [ "$(wc -l < "$tmp/identity")" -lt 5 ]; then not_ok "$1" "only $(wc -l < "$tmp/identity") words to look for"
	elif [ -n "$left" ]; then not_ok "$1" "is in it: $left"
	elif [ "$(find "$2" -printf '%TY\n' | sort -u)" != 1970 ]; then not_ok "$1" "a file's time tells when it was made"
	else ok "$1"; fi
}

scrub small $SMALL
# And one of this machine, as it is recorded, at once and afterwards.
if [ "$(id -u)" = 0 ] && [ -d /sys/kernel/tracing/instances ]; then
	# shellcheck disable=SC2016
	work='i=0; while [ $i -lt 12 ]; do /bin/true; cat /proc/self/comm > f.$i; rm f.$i; i=$((i + 1)); done'
	case $KMEMLAB in /*) ;; *) KMEMLAB=$PWD/$KMEMLAB ;; esac
	(cd "$tmp" && "$KMEMLAB" record --command-only -o ours -- sh -c "$work" > live.out 2>&1)
	scrub ours "$tmp/ours"
	nothing_of_it golden/scrub-ours-identity "$tmp/scrubbed"
	(cd "$tmp" && "$KMEMLAB" record --scrub --command-only --format json -o away -- sh -c "$work" > away.json 2> err)
	if [ "$(jq .scrubbed "$tmp/away.json")" = true ] && [ ! -e "$tmp/away.unscrubbed" ] &&
	   [ ! -e "$tmp/away/system/cmdline" ] && [ ! -e "$tmp/away/system/dmesg_before" ] && [ -z "$(find "$tmp/away" -type f -perm /077)" ] &&
	   "$KMEMLAB" dump --format csv "$tmp/away" | tail -n +2 | cut -d, -f4 | sort -u > "$tmp/names" && ! grep -qxE '"?(sh|true|cat)"?' "$tmp/names"; then
		ok golden/scrub-recorded; else not_ok golden/scrub-recorded "$(head -1 "$tmp/err") $(head -5 "$tmp/names" | tr '\n' ' ')"; fi
else
	skip golden/scrub-live "needs root and tracefs"
fi
if [ -d "$TRACES" ]; then
	captures=
	[ -n "${QUICK:-}" ] || captures=amd64-6.1-exact
	# A quarter of an hour.
	[ -z "${EVERY:-}" ] || captures="$captures amd64-6.1-numa amd64-6.1-pressure i386-6.1-highmem host-6.18"
	for capture in $captures; do
		[ -d "$TRACES/$capture" ] && scrub "$capture" "$TRACES/$capture"
	done
else
	skip golden/scrub-large "no captures in $TRACES"
fi

# An instance is called by whom it was made for, a date tells the time of day, a marker says anything: none of it is left.
"$BUILD/tests/gen/gentrace" -n 3000 -i alices-project -o "$tmp/instance.dat" > /dev/null
"$KMEMLAB" scrub -q "$tmp/instance.dat" "$tmp/instance-scrubbed.dat"
if grep -qa alice "$tmp/instance.dat" && ! grep -qa alice "$tmp/instance-scrubbed.dat" &&
   [ "$("$KMEMLAB" info --instance instance-1 --format json "$tmp/instance-scrubbed.dat" | jq -c .events)" = "$("$KMEMLAB" info --instance alices-project --format json "$tmp/instance.dat" | jq -c .events)" ]; then
	ok golden/scrub-instance; else not_ok golden/scrub-instance; fi

# Two scrubs of one capture do not tell that they are one.
"$KMEMLAB" scrub -q $SMALL/trace.dat "$tmp/one.dat" && "$KMEMLAB" scrub -q $SMALL/trace.dat "$tmp/two.dat"
if cmp -s "$tmp/one.dat" "$tmp/two.dat"; then not_ok golden/scrub-key; else ok golden/scrub-key; fi
status golden/scrub-exists 2 "$KMEMLAB" scrub $SMALL/trace.dat "$tmp/one.dat"
trace-cmd report $SMALL/trace.dat 2>/dev/null | head -n 100 > "$tmp/text"
status golden/scrub-text 2 "$KMEMLAB" scrub "$tmp/text" "$tmp/three.dat"
head -c 200000 $SMALL/trace.dat > "$tmp/cut.dat"
status golden/scrub-cut 2 "$KMEMLAB" scrub "$tmp/cut.dat" "$tmp/four.dat"
[ -e "$tmp/four.dat" ] && not_ok golden/scrub-cut-left || ok golden/scrub-cut-left
exit $failed
