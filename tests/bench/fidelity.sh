#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# How far the reconstruction and the simulation are from the real machine, on every capture that is
# there: the capture is its own peer, since it holds what the kernel did.  docs/fidelity.md explains
# the columns.
#
#   KMEMLAB         the program (./kmemlab)
#   KMEMLAB_TRACES  folder of large captures (../shared/traces)
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 2

KMEMLAB=${KMEMLAB:-./kmemlab}
TRACES=${KMEMLAB_TRACES:-../shared/traces}
failed=0

printf '\nFidelity: the simulation (policy native) and the reconstruction against what the kernel did\n'
printf '  %-20s %11s %9s %9s %8s %8s %9s %8s %9s %6s\n' '' allocations free-run. anchored refills drains \
	fallbacks order disputed contra-
printf '  %-20s %11s %9s %9s %8s %8s %9s %8s %9s %6s\n' capture scored right right off off off error '' dict.
for capture in traces/* "$TRACES"/*; do
	[ -d "$capture" ] || continue
	[ "${capture%/*}" = traces ] || [ ! -e "traces/${capture##*/}" ] || continue
	compgen -G "$capture/trace.dat*" > /dev/null || compgen -G "$capture/perf.data*" > /dev/null || continue
	"$KMEMLAB" verify --format json "$capture" 2> /dev/null |
		jq -r -f tests/fidelity.jq 2> /dev/null |
		jq -r 'def share: . * 1e5 | round / 1e3 | "\(.)%";
			if .simulated then [.allocations, (.free_running, .anchored, .refills, .drains,
				.fallbacks, .order_error, .disputed_share | share), .contradictions]
			else ["-", "-", "-", "-", "-", "-", "-", (.disputed_share | share), .contradictions] end |
			@tsv' |
		awk -F'\t' -v name="${capture##*/}" '
			{ printf "  %-20s %11s %9s %9s %8s %8s %9s %8s %9s %6s\n", name, $1, $2, $3, $4, $5, $6, $7, $8, $9 }
			END { exit NR != 1 }' ||
		{ echo "  FAILED: kmemlab verify ${capture##*/}"; failed=2; }
done
exit $failed
