#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The recorder on machines that refuse it something: tracefs, events, the kernel's memory, its types, the snapshots'
# files.  What it cannot do without it names in one line, with status 2 and nothing left; for the rest it takes the next
# best source and says which.  (A kernel that is locked down is tried in a virtual machine: tests/vm/run.sh.)
. tests/lib.sh
suite=refused
. tests/interop/recorder.sh

if ! unshare -m true 2> /dev/null; then skip refused "no mount namespace can be made"; exit 0; fi
# without COMMANDS ARGUMENT...: record, in a mount namespace in which the commands were run before.
without() {
	local before=$1
	shift
	# shellcheck disable=SC2016
	unshare -m sh -c 'eval "$1" || exit 77; shift; exec "$@"' sh "$before" "$k" record "$@"
}
nothing_left() {
	if [ ! -e no ] && [ -z "$(find . -maxdepth 1 -name 'no*')" ] && [ "$(instances)" = 0 ]; then ok "$1: nothing is left"; else
		not_ok "$1: nothing is left" "$(ls)"; fi
}
# refuses NAME WORDS COMMANDS ARGUMENT...: status 2, and one line with the words in it.
refuses() {
	local what=refused/$1 words=$2
	shift 2
	status "$what" 2 without "$@" -o no -d 0.1
	if grep -qF -- "$words" err; then ok "$what: the word"; else not_ok "$what: the word" "$(head -n 1 err)"; fi
	nothing_left "$what"
}
# What libtracefs forgets is no finding of ours.
export LSAN_OPTIONS=suppressions=$here/tests/fuzz/lsan.supp:print_suppressions=0
refuses "no tracefs" "tracefs is not there" 'mount -t tmpfs none /sys'
refuses "no tracefs, flight" "tracefs is not there" 'mount -t tmpfs none /sys' --flight
refuses "no such event" "no event kmem:no_such_event" : -e kmem:no_such_event
refuses "no such system" "no event nosuch:*" : -e nosuch
refuses "a trigger without its event" "no event oom:no_such_event" : --flight -t oom:no_such_event
[ "$(getconf LONG_BIT)" != 64 ] || refuses "no high memory" "no high memory" : -e highmem

# A user who may not: by name, and where the tracing folder is open to all.
if setpriv --reuid 65534 --clear-groups true 2> /dev/null; then
	mkdir -m 777 open
	status "refused/no root" 2 setpriv --reuid 65534 --regid 65534 --clear-groups "$k" record -o "$tmp/open/no" -d 0.1
	if grep -q 'needs root' "$tmp/err"; then ok "refused/no root: the word"; else not_ok "refused/no root: the word" "$(head -n 1 "$tmp/err")"; fi
	[ -z "$(ls open)" ] && ok "refused/no root: nothing is left" || not_ok "refused/no root: nothing is left" "$(ls open)"
else
	skip "refused/no root" "no setpriv"
fi

# told NAME WORDS COMMANDS...: an exact start cannot be had; the recording goes on from what stands for it.
told() {
	without "$3" -e pages --snapshot exact --format json -o have -d 0.2 > have.json 2> err; got=$?
	if [ $got = 0 ] && [ "$(jq -r .start have.json)" = kpageflags ] && [ ! -e have/before/lists ] && [ -s have/before/kpageflags ] &&
	   jq -r .start_source have.json | grep -q -- "$2"; then ok "refused/$1: what stands for it ($(jq -r .start_source have.json))"; else
		not_ok "refused/$1: what stands for it" "status $got: $(jq -c '[.start, .start_source]' have.json 2>&1) $(head -n 1 err)"; fi
	"$k" verify have > verify.out 2> err
	if grep -qE 'order .*unknown|kpageflags' verify.out err; then ok "refused/$1: verify says so"; else not_ok "refused/$1: verify says so" "$(head -n 1 err)"; fi
	rm -rf have
}
if [ -e /proc/kcore ]; then
	told "no kernel memory" kcore 'mount --bind /dev/null /proc/kcore'
else
	told "no kernel memory" kcore :
	skip "refused/kernel memory that cannot be read" "this kernel has no /proc/kcore"
fi
without 'mount --bind /dev/null /proc/kallsyms' -e pages -o have -d 0.2 > have.out 2> err; got=$?
if [ $got = 0 ] && "$k" verify have > verify.out 2> err; then ok "refused/no symbols"; else not_ok "refused/no symbols" "status $got: $(head -n 1 err)"; fi
rm -rf have
# Without the frames' flags either, the state at the start is known from the counters alone.
without 'mount --bind /dev/null /proc/kpageflags && mount --bind /dev/null /proc/slabinfo' -e pages -o have -d 0.2 > have.out 2> err; got=$?
if [ $got = 0 ] && "$k" info have > info.out 2> err && grep -q '^unknown .*kpageflags\|^unknown .*page frames' info.out; then ok "refused/no flags of frames"; else
	not_ok "refused/no flags of frames" "status $got: $(grep -c ^unknown info.out) unknown; $(head -n 1 err)"; fi
cd "$here" || exit 1
exit $failed
