# SPDX-License-Identifier: GPL-2.0-or-later
# lib.sh: what the suites in shell share.  Each prints "ok NAME", "not ok NAME" or "skip NAME reason".

KMEMLAB=${KMEMLAB:-./kmemlab}
BUILD=${BUILD:-build}
SMALL=traces/amd64-6.1-small
TRACES=${KMEMLAB_TRACES:-../shared/traces}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0

ok() { echo "ok $1"; }
not_ok() { echo "not ok $1${2:+: $2}"; failed=1; }
skip() { echo "skip $1 $2"; }

# check NAME COMMAND...: the command succeeds; what it says is shown when it does not.
check() {
	name=$1; shift
	if "$@" > "$tmp/out" 2>&1; then ok "$name"; else not_ok "$name"; sed 's/^/# /' "$tmp/out" | head -20; fi
}

# same NAME FILE FILE: equal, byte for byte.
same() {
	if diff "$2" "$3" > "$tmp/diff" 2>&1; then ok "$1"; else not_ok "$1"; sed 's/^/# /' "$tmp/diff" | head -20; fi
}

# status NAME WANTED COMMAND...: the exit status, and one line of error, no more.
status() {
	name=$1; want=$2; shift 2
	"$@" > "$tmp/out" 2> "$tmp/err"; got=$?
	lines=$(wc -l < "$tmp/err")
	if [ $got != "$want" ]; then not_ok "$name" "exit status $got, $want expected"
	elif [ "$want" = 2 ] && [ "$lines" != 1 ]; then not_ok "$name" "$lines lines of error"
	else ok "$name"; fi
}

# The content of FILE or FILE.gz.
content() { if [ -e "$1" ]; then cat "$1"; else gzip -dc "$1.gz"; fi; }
