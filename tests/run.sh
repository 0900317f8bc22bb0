#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs every suite and sums them up.  A suite is a test program
# ($BUILD/tests/unit/*, $BUILD/tests/property/*: cmocka, printing TAP) or an
# executable script tests/*/*.sh that prints lines `ok NAME`, `not ok NAME` and
# `skip NAME REASON`.  A suite that crashes, hangs, ends with a status other
# than 0 without having said why, or tests nothing counts as one more failure.
#
# Environment: BUILD     folder of the test programs (build)
#              KMEMLAB   the program under test (./kmemlab)
#              KMEMLAB_TRACES  the larger captures (../shared/traces)
#              SUITES    only suites whose name contains this pattern (a regular expression)
#              JOBS      suites at a time (one more than there are CPUs, as some wait)
#              TIMEOUT   seconds a suite (600); a property test may take four times as long
#              QUICK     set by a run that has little time: the bundled captures alone; for the suites themselves too
# The output of each suite is kept in $BUILD/test-logs/.
set -u
cd "$(dirname "$0")/.." || exit 1

export BUILD=${BUILD:-build} KMEMLAB=${KMEMLAB:-$PWD/kmemlab}
export KMEMLAB_TRACES=${KMEMLAB_TRACES:-$PWD/../shared/traces}
[ -z "${QUICK:-}" ] || KMEMLAB_TRACES=/nonexistent/quick-runs-have-the-bundled-captures-alone
export CMOCKA_MESSAGE_OUTPUT=TAP LC_ALL=C
export TIMEOUT=${TIMEOUT:-600}
case $KMEMLAB in /*) ;; *) KMEMLAB=$PWD/$KMEMLAB ;; esac
logs=$BUILD/test-logs

# The suites' names, one a line: the scripts first, as they take longest.
list_suites()
{
	local f

	for f in tests/*/*.sh; do
		case $f in tests/bench/* | tests/gen/* | tests/vm/*) continue ;; esac
		[ -x "$f" ] && echo "${f#tests/}"
	done
	for f in tests/unit/*.c tests/property/*.c; do
		[ -f "$f" ] && echo "${f#tests/}" | sed 's/\.c$//'
	done
}

program_of()
{
	case $1 in *.sh) echo "tests/$1" ;; *) echo "$BUILD/tests/$1" ;; esac
}

# Runs one suite; leaves NAME.log and NAME.sum ("passed failed skipped").
run_one()
{
	local name=$1 limit log=$logs/${1//\//-}.log start=$SECONDS status counts why='' passed failed skipped planned

	TMPDIR=$(mktemp -d) || exit 1
	export TMPDIR
	# Millions of operations, under sanitizers.
	case $name in property/*) limit=$((4 * TIMEOUT)) ;; *) limit=$TIMEOUT ;; esac
	{ timeout -k 10 "$limit" "$(program_of "$name")" >"$log" 2>&1 </dev/null; } 2>/dev/null
	status=$?
	chmod -R u+w "$TMPDIR" 2>/dev/null
	rm -rf "$TMPDIR"

	counts=$(awk '
		/^1\.\.[0-9]+$/ { planned += substr($0, 4) }
		/^(not )?ok .*# SKIP/ || /^skip( |$)/ { skipped++; next }
		/^ok( |$)/ { passed++ }
		/^not ok( |$)/ { failed++ }
		END { print passed + 0, failed + 0, skipped + 0, planned + 0 }' "$log")
	read -r passed failed skipped planned <<<"$counts"
	if [ $status = 124 ] || [ $status = 137 ]; then
		why="stopped after $limit s"
	elif [ $((passed + failed + skipped)) -lt "$planned" ]; then
		why="ended with status $status after $((passed + failed + skipped)) of $planned tests"
	elif [ $status != 0 ] && [ "$failed" = 0 ]; then
		why="ended with status $status"
	elif [ $((passed + failed + skipped)) = 0 ]; then
		why="tested nothing"
	fi
	[ -z "$why" ] || failed=$((failed + 1))
	echo "$passed $failed $skipped" >"${log%.log}.sum"

	( # one suite's lines stay together
		flock 9
		printf '%-6s %-28s %3d passed, %d failed, %d skipped, %d s\n' \
			"$([ "$failed" = 0 ] && echo ok || echo FAILED)" "$name" "$passed" "$failed" \
			"$skipped" $((SECONDS - start))
		sed -nE -e 's/^(not )?ok [0-9]* *-? *# SKIP */skip /' -e 's/^skip /       &/p' "$log"
		if [ "$failed" != 0 ]; then
			[ -z "$why" ] || echo "       $why"
			grep -v '# SKIP' "$log" | grep -E -A 6 '^not ok( |$)' | grep -v '^ok ' |
				head -60 | sed 's/^/       /'
			[ -z "$why" ] || tail -n 25 "$log" | sed 's/^/       | /'
			echo "       all of it: $log"
		fi
	) 9>>"$logs/lock"
}

if [ "${1-}" = --one ]; then
	run_one "$2"
	exit 0
fi

rm -rf "$logs"
mkdir -p "$logs" || exit 1
list_suites | grep -E -- "${SUITES:-.}" | xargs -r -P "${JOBS:-$(($(nproc) + 1))}" -I{} tests/run.sh --one {}
cat "$logs"/*.sum 2>/dev/null | awk '
	{ p += $1; f += $2; s += $3 }
	END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 || p == 0 }'
