#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A start population without dumps: what slabinfo counted before and what the events show, held against slabinfo of
# afterwards, which nothing of it is taken from. Captures that have dumps are read without them.
. tests/lib.sh

while read -r name pages worst active rest; do
	case $name in ''|'#'*) continue ;; esac
	dir=$TRACES/$name; [ "$name" = amd64-6.1-small ] && dir=$SMALL
	if [ ! -d "$dir" ]; then skip "slabstart/$name" "no capture $dir"; continue; fi
	rm -rf "$tmp/bare"; cp -r "$dir" "$tmp/bare"; chmod -R u+w "$tmp/bare"
	for at in before after; do
		rm -f "$tmp/bare/$at"/struct_page* "$tmp/bare/$at"/pgdat* "$tmp/bare/$at"/percpu* "$tmp/bare/$at"/kmem_caches*
	done
	if ! $KMEMLAB verify --format json "$tmp/bare" > "$tmp/v.json" 2> "$tmp/err"; then
		not_ok "slabstart/$name" "$(head -1 "$tmp/err")"; continue
	fi
	if jq -e --argjson g "$pages" --argjson w "$worst" --argjson a "$active" '
		.objects | (.slab_pages_error | fabs) <= $g and .large_caches > 0 and .large_caches_worst <= $w and
		(.recorded_slabs | (.active_error | fabs) <= $a and .active > 0 and (has("by_slab") | not)) and
		.slabs_counted_only > 0 and .slabs_adopted > 0 and .slabs_not_adopted == 0 and
		.requested == .served + .failed and .requested > 0
	' "$tmp/v.json" > /dev/null; then ok "slabstart/$name"; else
		not_ok "slabstart/$name" "$(jq -c '.objects | del(.caches)' "$tmp/v.json")"
	fi
done < tests/golden/slabstart.txt

# Under another allocator the slabs that are known give their pages back, and what lived in them is allocated anew.
for kind in slab slob; do
	rm -rf "$tmp/bare"; cp -r "$SMALL" "$tmp/bare"; chmod -R u+w "$tmp/bare"
	rm -f "$tmp"/bare/*/struct_page* "$tmp"/bare/*/pgdat* "$tmp"/bare/*/percpu* "$tmp"/bare/*/kmem_caches* "$tmp/x.db"
	$KMEMLAB replay -n 10 -o "$tmp/x.db" --set slab.kind=$kind "$tmp/bare" > "$tmp/out" 2>&1 ||
		not_ok "slabstart/$kind runs" "$(tail -1 "$tmp/out")"
	n=$(sqlite3 "$tmp/x.db" "SELECT sum(requested) FROM demand d JOIN run r ON r.id = d.run_id
		WHERE r.policy LIKE '%slab.kind=$kind%' AND d.kind = 'object' AND requested = served + failed AND failed = 0")
	if [ "${n:-0}" -gt 10000 ]; then ok "slabstart/$kind"; else not_ok "slabstart/$kind" "${n:-no} objects"; fi
done
exit $failed
