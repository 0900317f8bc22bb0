#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The recorder on whole machines of their own: Debian's 6.1 for amd64 and i386, and its 6.12 and 6.18 for amd64 where
# they can be had, under QEMU without KVM, forks and files on two CPUs.  The start is exact, the state at the end is the
# kernel's own, the model returns the kernel's page frames (printed only for kernels after 6.1), each trigger of the flight
# recorder comes, and nothing is left behind.  Run by `make check-vm`; needs the packages named there, and Debian's archive.
# Environment: VM        where kernels, tools and the i386 build are kept (build/vm)
#              MACHINES  amd64 i386 amd64-6.12 amd64-6.18
#              ROUNDS    times that the workload does its steps on each CPU (150)
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 2
. tests/lib.sh
VM=${VM:-$BUILD/vm}
ROUNDS=${ROUNDS:-150}
mkdir -p "$VM"
[ -e "$VM/fetched" ] || tests/vm/fetch.sh "$VM" || { not_ok vm/fetch "Debian's kernels cannot be had"; exit 1; }
echo "# kernels: $(cat "$VM/fetched")"

scenario() {	# PRESETS
	cat <<S
cat > /two <<'X'
sh /work a $ROUNDS & sh /work b $ROUNDS & wait
X
# Directories of a minix file system are mapped by kmap(), and its module lies in a vmalloc area.
mkdir /mx; mount -t minix /dev/vdb /mx || { echo 'no minix file system'; exit 1; }
cat >> /two <<'X'
i=0; while [ \$i -lt 60 ]; do echo \$i > /mx/f\$i; i=\$((i + 1)); done; rm -f /mx/f*
umount /mx; rmmod minix; modprobe minix; sleep 0.5
X
kmemlab record --snapshot exact --format json -e $1 -o /out/c -- sh /two > /out/result
echo \$? > /out/status
cat /sys/kernel/tracing/kprobe_events > /out/kprobes_left
ls /sys/kernel/tracing/instances > /out/instances_left
# A recorder that is killed, and one that tidies up behind it.
kmemlab record -e $1 -o /out/killed > /dev/null & pid=\$!
i=0; while [ ! -s /out/killed.part/cpu0.raw ] && [ \$i -lt 600 ]; do sleep 0.1; i=\$((i + 1)); done
kill -9 \$(pidof kmemlab-guard) \$pid; wait \$pid
cat /sys/kernel/tracing/kprobe_events | wc -l > /out/kprobes_of_killed
kmemlab record -e pages -o /out/next -d 0.1 > /dev/null
cat /sys/kernel/tracing/kprobe_events >> /out/kprobes_left
ls /sys/kernel/tracing/instances >> /out/instances_left
rm -rf /out/killed.part /out/next
# One that crashes, and its guardian.
kmemlab record -e $1 -o /out/crashed > /dev/null & pid=\$!
i=0; while [ ! -s /out/crashed.part/cpu0.raw ] && [ \$i -lt 600 ]; do sleep 0.1; i=\$((i + 1)); done
kill -SEGV \$pid; wait \$pid
i=0; while { [ -n "\$(cat /sys/kernel/tracing/kprobe_events)" ] || [ -n "\$(ls /sys/kernel/tracing/instances)" ]; } && [ \$i -lt 300 ]; do sleep 0.1; i=\$((i + 1)); done
cat /sys/kernel/tracing/kprobe_events >> /out/kprobes_left
ls /sys/kernel/tracing/instances >> /out/instances_left
rm -rf /out/crashed.part
# Each trigger of the flight recorder comes: slabs that need more page blocks, huge pages that cannot be had, a process
# that takes all memory, an event that a filter lets through, and a signal.
for t in fallback stall alloc-failure filter by-hand oom; do
	case \$t in filter) what='kmem:mm_page_alloc if order == 9' ;; by-hand) what=oom ;; *) what=\$t ;; esac
	kmemlab record --flight -e pages -o /out/\$t -t "\$what" --after 0.2 --max-captures 1 -d 240 > /out/\$t.log 2>&1 & pid=\$!
	# The triggers' own instance is on when all is set up.
	i=0; until grep -q 1 /sys/kernel/tracing/instances/kmemlab-\$pid-t/tracing_on || [ \$i -ge 300 ]; do sleep 0.2; i=\$((i + 1)); done
	sleep 1
	case \$t in
	fallback) mkdir /out/many; cd /out/many; seq 30000 | xargs mkdir; cd /out; rm -rf /out/many ;;
	filter) echo 8 > /proc/sys/vm/nr_hugepages; echo 0 > /proc/sys/vm/nr_hugepages ;;
	by-hand) kill -USR2 \$pid ;;
	oom) dd if=/dev/zero of=/dev/null count=1 bs=\$(awk '/MemTotal/ { print int(\$2 * 0.95) }' /proc/meminfo)k ;;
	*) echo 4000 > /proc/sys/vm/nr_hugepages; echo 0 > /proc/sys/vm/nr_hugepages ;;
	esac
	wait \$pid
done > /dev/null 2>&1
# What is refused: the kernel's memory, its types, and in the end, where the kernel can be locked down, everything.
for t in kcore btf; do
	case \$t in kcore) f=/proc/kcore ;; btf) f=/sys/kernel/btf/vmlinux ;; esac
	[ -e \$f ] && mount --bind /dev/null \$f || continue
	kmemlab record --snapshot exact --format json -e pages -o /out/without -d 0.2 > /out/without_\$t; echo \$? >> /out/without_status
	umount \$f; rm -rf /out/without
done
mount -t securityfs securityfs /sys/kernel/security
if echo confidentiality > /sys/kernel/security/lockdown; then
	for t in '-d 1' '--flight -t oom -d 1' '--snapshot exact -d 1' '-- touch /out/ran'; do
		kmemlab record -o /out/locked \$t > /dev/null 2>> /out/locked_err; echo \$? >> /out/locked_status
	done
	ls -d /out/locked.part /out/locked /out/locked-0001 /out/ran /sys/kernel/tracing/instances/* > /out/locked_left 2> /dev/null
fi
S
}

# is NAME JSON-FILE EXPRESSION: jq's answer is true.
is() {
	if jq -e "$3" "$2" > "$tmp/jq" 2>&1; then ok "$1"; else not_ok "$1" "$3 is $(head -c 200 "$tmp/jq"); $(jq -c "${3%% *}" "$2" 2>&1 | head -c 200)"; fi
}

events() { "$KMEMLAB" info --format json "$1" 2> /dev/null | jq --arg e "$2" ".events[\$e] // 0"; }

for machine in ${MACHINES:-amd64 i386 amd64-6.12 amd64-6.18}; do
	arch=${machine%%-*} program=$KMEMLAB presets=all mb=1024
	if [ ! -d "$VM/$machine" ]; then skip vm/$machine "Debian's archive has no such kernel, as this machine knows it"; continue; fi
	if [ $arch = i386 ]; then
		tests/vm/build32.sh "$VM" > "$tmp/build32" 2>&1 || { not_ok vm/i386/build; tail -5 "$tmp/build32"; continue; }
		program=$VM/build/kmemlab presets=all,highmem mb=2048
	fi
	scenario $presets > "$tmp/scenario"
	got=$tmp/$machine
	if ! tests/vm/guest.sh "$VM" $machine "$program" "$tmp/scenario" "$got" $mb > "$tmp/guest" 2>&1 || [ ! -e "$got/status" ]; then
		not_ok vm/$machine/boot; sed 's/^/# /' "$tmp/guest" "$got/log" 2> /dev/null | tail -20; continue
	fi
	if [ "$(cat "$got/status")" = 0 ]; then ok vm/$machine/records; else not_ok vm/$machine/records; sed 's/^/# /' "$got/log" | tail -5; continue; fi
	jq -r '"# start: \(.start_source), \(.start_bytes / 1048576) MiB read in \(.start_seconds * 1000 | floor) ms, \(.start_reads) times, \(.start_torn) torn; lost \(.lost)"' "$got/result"
	is "vm/$machine/exact start" "$got/result" '.start == "lists" and .start_torn == 0 and .lost == 0'
	if [ -s "$got/c/before/pageblocks" ]; then ok "vm/$machine/pageblock types"; else not_ok "vm/$machine/pageblock types"; fi
	[ $machine != amd64 ] || if [ -s "$got/c/before/slabs" ]; then ok "vm/$machine/slabs"; else not_ok "vm/$machine/slabs"; fi
	ours=$("$KMEMLAB" info --format json "$got/c" 2> /dev/null | jq .total)
	theirs=$(trace-cmd report "$got/c/trace.dat" 2> /dev/null | grep -c '\[[0-9]*\]')
	if [ "$ours" = "$theirs" ] && [ "$ours" -gt 10000 ]; then ok "vm/$machine/trace-cmd reads as many events ($ours)"; else
		not_ok "vm/$machine/trace-cmd reads as many events" "$ours, $theirs"; fi

	"$KMEMLAB" state --at end "$got/c" > "$tmp/state" 2> /dev/null
	same "vm/$machine/state at the end is after/buddyinfo" "$tmp/state" "$got/c/after/buddyinfo"
	"$KMEMLAB" verify --format json "$got/c" > "$tmp/verify" 2> /dev/null
	jq -r '"# placement \(.simulated.placement.score * 100) % of \(.simulated.placement.allocations), anchored \(.simulated.placement.anchored * 100) %; refills \(.simulated.refills.recorded)/\(.simulated.refills.simulated)"' "$tmp/verify"
	is "vm/$machine/no contradiction" "$tmp/verify" '.recorded.contradictions == 0 and .recorded.pages_differ == 0'
	if [ $machine = $arch ]; then
		is "vm/$machine/placement, free-running" "$tmp/verify" '.simulated.placement.score >= 0.95'
		is "vm/$machine/placement, anchored" "$tmp/verify" '.simulated.placement.anchored >= 0.99'
		is "vm/$machine/refills" "$tmp/verify" '.simulated.refills | (.recorded - .simulated | fabs) <= .recorded / 100'
	fi

	if [ $machine != $arch ]; then
		if [ "$(events "$got/c" alloc_vmap_area)" -gt 0 ]; then ok "vm/$machine/vmalloc's areas"; else not_ok "vm/$machine/vmalloc's areas"; fi
	elif [ "$(events "$got/c" vmalloc_range)" -gt 0 ] && [ "$(events "$got/c" vmalloc_range)" = "$(events "$got/c" vmalloc_range_ret)" ]; then
		ok "vm/$machine/vmalloc's areas by kprobe"; else not_ok "vm/$machine/vmalloc's areas by kprobe"; fi
	if [ $arch = i386 ]; then
		for p in kmap_high kunmap_high kmap_local kunmap_local; do
			n=$(events "$got/c" $p)
			if [ "$n" -gt 0 ]; then ok "vm/$machine/$p by kprobe ($n)"; else not_ok "vm/$machine/$p by kprobe"; fi
		done
	fi
	for t in fallback:mm_page_alloc_extfrag stall:mm_vmscan_direct_reclaim_begin alloc-failure:mm_page_alloc oom:mark_victim filter:mm_page_alloc by-hand:mm_page_alloc; do
		n=$(events "$got/${t%:*}-0001" "${t#*:}")
		if [ "${n:-0}" -gt 0 ]; then ok "vm/$machine/flight: ${t%:*}"; else
			not_ok "vm/$machine/flight: ${t%:*}" "$(tail -n 1 "$got/${t%:*}.log")"; fi
	done
	if [ "$("$KMEMLAB" dump -e mm_page_alloc "$got/filter-0001" 2> /dev/null | grep -c " order=9 ")" -gt 0 ]; then ok "vm/$machine/flight: the filter's event is in it"; else
		not_ok "vm/$machine/flight: the filter's event is in it"; fi
	[ ! -s "$got/without_kcore" ] || is "vm/$machine/without kcore the next best source is named" "$got/without_kcore" \
		'.start == "kpageflags" and .start_bytes == 0 and (.start_source | test("/proc/kcore"))'
	# Some kernels' layouts stand in a table; the others have none then.
	[ ! -s "$got/without_btf" ] || is "vm/$machine/without BTF the next best source is named" "$got/without_btf" \
		'.start_source | test("layout") and (test("layout BTF") | not)'
	if [ -e "$got/without_status" ] && ! grep -qv '^0$' "$got/without_status"; then ok "vm/$machine/without them it records"; else
		not_ok "vm/$machine/without them it records" "$(tr '\n' ' ' < "$got/without_status")"; fi
	if [ ! -e "$got/locked_status" ]; then skip "vm/$machine/locked down" "this kernel cannot be"; else
		if [ "$(sort -u "$got/locked_status")" = 2 ] && [ "$(wc -l < "$got/locked_err")" = 4 ] && [ "$(grep -c 'is locked down' "$got/locked_err")" = 4 ]; then
			ok "vm/$machine/locked down: a clear word each time"; else
			not_ok "vm/$machine/locked down: a clear word each time" "$(tr '\n' ' ' < "$got/locked_status") $(head -1 "$got/locked_err")"; fi
		if [ ! -s "$got/locked_left" ]; then ok "vm/$machine/locked down: nothing is left"; else
			not_ok "vm/$machine/locked down: nothing is left" "$(head -3 "$got/locked_left" | tr '\n' ' ')"; fi
	fi
	# A kernel with events of its own for vmalloc needs no kprobe.
	if { [ $machine != $arch ] || [ "$(cat "$got/kprobes_of_killed")" -gt 0 ]; } && [ ! -s "$got/kprobes_left" ] && [ ! -s "$got/instances_left" ]; then
		ok "vm/$machine/no kprobe and no instance is left"; else
		not_ok "vm/$machine/no kprobe and no instance is left" "$(cat "$got"/*_left | head -3 | tr '\n' ' ')"; fi
done
exit $failed
