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
# The whole machine replayed with slabs of that order, from what it really held at the start, agrees: at its peak the
# cache takes less where the advisor says that it saves, and more where it costs. The control's slabs are slabinfo's.
peaks() { # ORDER: at the peak as it is, and with it
	$KMEMLAB replay -n 200 -o "$tmp/order$1.db" --set "cache biovec-max.order=$1" "$SMALL" > /dev/null 2>&1
	sqlite3 "$tmp/order$1.db" "SELECT max(s.slabs) * (4096 << c.slab_order) FROM slab_series s JOIN run r ON r.id = s.run_id
		JOIN slab_cache c ON c.run_id = r.id AND c.cache = s.cache WHERE s.cache = 'biovec-max' AND
		r.policy IN ('native, with objects, as what-if', 'native+cache biovec-max.order=$1') GROUP BY r.id ORDER BY r.id"
}
for order in 2 4; do
	said=$(jq ".[] | select(.cache == \"biovec-max\" and .kind == \"slab order\" and .new_order == $order) | .saved_peak" "$tmp/all.json")
	# shellcheck disable=SC2046
	set -- $(peaks $order)
	saved=$(($1 - $2))
	# The sign is the advisor's, and the bytes are no further off than those slabs that stood there before.
	if [ -n "$said" ] && [ $((saved * said)) -gt 0 ] && [ $((saved - said)) -le 65536 ] && [ $((said - saved)) -le 65536 ]
	then ok "advise/replayed, order $order"; else not_ok "advise/replayed, order $order" "$saved, the advisor: $said"; fi
done
status "advise/no tries" 2 $KMEMLAB advise --tries 0 "$SMALL"
status "advise/no capture" 2 $KMEMLAB advise
status "advise/no such file" 2 $KMEMLAB advise "$tmp/none"
exit $failed
