VARIANT=1
NAME=amd64-6.1-small
ARCH=amd64 RAM=192 SMP=2
SCRATCH=1 BUFKB=6000 SNAPOPT="-m -k"
PREP=asis
# vmalloc tracepoints came in 6.2; kprobes stand in for them
KPROBES='p:lab/vmalloc_range __vmalloc_node_range size=%di:u64 align=%si:u64 start=%dx:x64 end=%cx:x64
r:lab/vmalloc_range_ret __vmalloc_node_range ret=$retval:x64
p:lab/vfree vfree addr=%di:x64
p:lab/vfree_atomic vfree_atomic addr=%di:x64
p:lab/vunmap vunmap addr=%di:x64
r:lab/vmap_ret vmap ret=$retval:x64
p:lab/remove_vm_area remove_vm_area addr=%di:x64'
EVENTS="kmem/kmalloc kmem/kmalloc_node kmem/kfree kmem/kmem_cache_alloc kmem/kmem_cache_alloc_node kmem/kmem_cache_free kmem/mm_page_* percpu/* compaction/* vmscan/* oom/* vmalloc/*"
# before tracing, in the guest's init only: use up some of the reclaimable blocks, so that
# the workload runs out of free ones and falls back to blocks of another migratetype
[ $$ != 1 ] || work files 9 /tmp/w0 4500 100 4000
workload() {
	work files 1 /tmp/w1 350 20000 300 &
	work files 2 /mnt/w2 1100 3000 2500 &
	wait
	work fork 3 14 &
	work pipe 4 700 &
	wait
	work anon 5 6 1 &
	rm -rf /tmp/w1 &
	wait; sync
}
