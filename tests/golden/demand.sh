#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every demand is accounted for, under each object allocator and on each machine: the capture runs to its end,
# requested = served + failed by kind, and requested is what the capture's own events count; two runs give the same rows.
. tests/lib.sh

# What the events after the start count, by kind; pages of vmalloc's own events are none of kind page.
count_events() {
	$KMEMLAB dump -r --format csv "$1" | awk -F, '
		/snap: before.struct_page.raw end/ { on = 1 }
		!on { next }
		$5 == "kmalloc" || $5 == "kmem_cache_alloc" { if (/ptr=0x0 |ptr=\(nil\)/) refused++; else object++ }
		$5 == "percpu_alloc_percpu" { percpu++ }
		$5 == "vmalloc_range_ret" && !/ret=0x0"/ { vmalloc++ }
		$5 == "kmap_local" || $5 == "kmap_high" { kmap++ }
		$5 == "mm_page_alloc" && !/owner=vmalloc/ && match($0, /order=[0-9]+/) {
			if (/pfn=0x0 |pfn=0xffffffff|pfn=-1/) next
			pages += 2 ^ substr($0, RSTART + 6, RLENGTH - 6) }
		END { print object + 0, percpu + 0, vmalloc + 0, kmap + 0, pages + 0 }'
}

for dir in $SMALL $TRACES/*; do
	name=$(basename "$dir")
	[ -d "$dir/before" ] && [ -e "$dir/trace.dat" -o -e "$dir/trace.dat.gz" ] || continue
	# All of them with EVERY=1; it takes minutes. In pressure the feed gives more at once than a block of the file holds.
	machines="captured x86-32-pae"; kinds="slub slab slob"
	case $name in
	*small | *exact) ;;
	*pressure) [ -n "$EVERY" ] || { machines=x86-32-pae; kinds=slub; } ;;
	*) [ -n "$EVERY" ] || continue ;;
	esac
	[ -n "$QUICK" ] && [ "$dir" != $SMALL ] && continue
	ls "$dir"/before/struct_page.raw* > /dev/null 2>&1 || continue
	$KMEMLAB import -q -o "$tmp/k.kmw" "$dir" 2> "$tmp/err" || { not_ok "demand/$name" "$(head -1 "$tmp/err")"; continue; }
	count_events "$dir" > "$tmp/events"
	read -r object percpu vmalloc kmap pages < "$tmp/events"
	for machine in $machines; do
		for kind in $kinds; do
			set -- --set slab.kind=$kind
			[ $machine = captured ] || set -- "$@" --set machine.preset=$machine
			t=demand/$name/$machine/$kind
			turns=1; [ "$dir" = $SMALL ] && turns='1 2'
			for turn in $turns; do
				rm -f "$tmp/$turn.db"
				$KMEMLAB replay -n 5 -o "$tmp/$turn.db" "$@" "$tmp/k.kmw" > "$tmp/out" 2>&1 ||
					{ not_ok "$t runs" "$(tail -1 "$tmp/out")"; continue 2; }
				sqlite3 "$tmp/$turn.db" "SELECT d.* FROM demand d ORDER BY 1, 2;
					SELECT f.* FROM free_blocks f ORDER BY 1, 2, 3, 4, 5; SELECT * FROM slab_cache ORDER BY 1, 2;
					SELECT * FROM counter ORDER BY 1, 2, 3" > "$tmp/$turn.rows"
			done
			[ "$turns" = 1 ] || same "$t is deterministic" "$tmp/1.rows" "$tmp/2.rows"
			bad=$(sqlite3 "$tmp/1.db" "CREATE TEMP VIEW x AS SELECT d.*, r.status FROM demand d JOIN run r ON r.id = d.run_id
					WHERE r.id = (SELECT max(id) FROM run);
				SELECT 'not complete' FROM x WHERE status <> 'complete' LIMIT 1;
				SELECT kind || ': ' || requested || ' <> ' || served || ' + ' || failed FROM x WHERE requested <> served + failed;
				SELECT kind || ': requested ' || requested || ', events $object' FROM x WHERE kind = 'object' AND requested <> $object;
				SELECT kind || ': requested ' || requested || ', events $percpu' FROM x WHERE kind = 'percpu' AND requested <> $percpu;
				SELECT kind || ': requested ' || requested || ', events $vmalloc' FROM x WHERE kind = 'vmalloc'
					AND requested <> $vmalloc;
				SELECT kind || ': requested ' || requested || ', events $kmap' FROM x WHERE kind = 'kmap' AND $kmap > 0
					AND requested <> $kmap;
				SELECT 'no kmaps by the rule: ' || count(*) FROM x WHERE kind = 'kmap' AND requested > 0
					HAVING count(*) = 0 AND '$machine' = 'x86-32-pae';
				SELECT 'pages: ' || sum(pages_recorded) || ', events $pages' FROM x WHERE kind <> 'vmalloc'
					HAVING sum(pages_recorded) <> $pages;
				SELECT 'kinds: ' || group_concat(kind) FROM x HAVING sum(kind IN ('page', 'object', 'percpu', 'vmalloc', 'pgtable')) <> 5" 2>&1)
			if [ -z "$bad" ]; then ok "$t"; else not_ok "$t" "$bad"; fi
		done
	done
done

# Other machines: of other sizes, with other numbers of CPUs and nodes. What does not fit fails, and is counted.
for set in machine.cpus=1 machine.cpus=7 machine.memory=1024 machine.memory=96 machine.nodes=2 machine.preset=arm64; do
	# What the model takes back would leave room for all.
	more=; [ $set != machine.memory=96 ] || more="--set reclaim.enabled=off"
	rm -f "$tmp/m.db"
	if ! $KMEMLAB replay -n 5 -o "$tmp/m.db" --set $set $more $SMALL > "$tmp/out" 2>&1; then
		not_ok "demand/$set" "$(tail -1 "$tmp/out")"; continue; fi
	bad=$(sqlite3 "$tmp/m.db" "CREATE TEMP VIEW x AS SELECT d.* FROM demand d WHERE run_id = (SELECT max(id) FROM run);
		SELECT kind || ': ' || requested || ' <> ' || served || ' + ' || failed FROM x WHERE requested <> served + failed;
		SELECT 'other requests than on the captured machine: ' || x.kind || ' ' || x.requested FROM x JOIN demand d
			ON d.kind = x.kind AND d.run_id = (SELECT min(run_id) FROM demand WHERE kind = 'object') AND d.requested <> x.requested;
		SELECT 'failed: ' || sum(failed) FROM x HAVING (sum(failed) > 0) <> ('$set' = 'machine.memory=96')" 2>&1)
	if [ -z "$bad" ]; then ok "demand/$set"; else not_ok "demand/$set" "$bad"; fi
done
# A machine that cannot hold what was live at the start: that is no request, and the note tells of it.
c=$TRACES/amd64-6.1-files
if [ -d "$c" ]; then
	rm -f "$tmp/m.db"
	if $KMEMLAB replay -n 2 -o "$tmp/m.db" --set machine.memory=96 "$c" > "$tmp/out" 2>&1; then
		check demand/start-left-out [ -n "$(sqlite3 "$tmp/m.db" "SELECT text FROM note
			WHERE text LIKE '%; objects of the start: % allocated anew, % left out' AND text NOT LIKE '% 0 left out'")" ]
	else
		not_ok demand/start-left-out "$(tail -1 "$tmp/out")"
	fi
else
	skip demand/start-left-out "no such capture"
fi
exit $failed
