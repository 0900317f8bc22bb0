/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * event: one recorded event, the same plain struct for every source.
 *
 * A reader fills it from the capture's own format descriptions: fields that the
 * capture does not have stand at the "absent" value given beside them.  Times
 * are in ns; for a clock that counts no time (`counter`, `x86-tsc`, `uptime` in
 * jiffies is time) they are in the clock's own unit (see trace_info.clock).
 */
#ifndef TRACE_EVENT_H
#define TRACE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "mm/gfp.h"

/* X(KIND, "system", "event", payload): every event that has a struct of its own here. */
#define EVENT_KINDS(X)                                                                             \
	X(MM_PAGE_ALLOC, "kmem", "mm_page_alloc", page)                                            \
	X(MM_PAGE_FREE, "kmem", "mm_page_free", page)                                              \
	X(MM_PAGE_FREE_BATCHED, "kmem", "mm_page_free_batched", page)                              \
	X(MM_PAGE_ALLOC_ZONE_LOCKED, "kmem", "mm_page_alloc_zone_locked", page)                    \
	X(MM_PAGE_PCPU_DRAIN, "kmem", "mm_page_pcpu_drain", page)                                  \
	X(MM_PAGE_ALLOC_EXTFRAG, "kmem", "mm_page_alloc_extfrag", extfrag)                         \
	X(KMALLOC, "kmem", "kmalloc", object)                                                      \
	X(KMALLOC_NODE, "kmem", "kmalloc_node", object)                                            \
	X(KFREE, "kmem", "kfree", object)                                                          \
	X(KMEM_CACHE_ALLOC, "kmem", "kmem_cache_alloc", object)                                    \
	X(KMEM_CACHE_ALLOC_NODE, "kmem", "kmem_cache_alloc_node", object)                          \
	X(KMEM_CACHE_FREE, "kmem", "kmem_cache_free", object)                                      \
	X(PERCPU_ALLOC_PERCPU, "percpu", "percpu_alloc_percpu", percpu)                            \
	X(PERCPU_ALLOC_PERCPU_FAIL, "percpu", "percpu_alloc_percpu_fail", percpu)                  \
	X(PERCPU_FREE_PERCPU, "percpu", "percpu_free_percpu", percpu)                              \
	X(PERCPU_CREATE_CHUNK, "percpu", "percpu_create_chunk", percpu)                            \
	X(PERCPU_DESTROY_CHUNK, "percpu", "percpu_destroy_chunk", percpu)                          \
	X(ALLOC_VMAP_AREA, "vmalloc", "alloc_vmap_area", vmap)                                     \
	X(FREE_VMAP_AREA_NOFLUSH, "vmalloc", "free_vmap_area_noflush", vmap)                       \
	X(PURGE_VMAP_AREA_LAZY, "vmalloc", "purge_vmap_area_lazy", vmap)                           \
	X(VMALLOC_RANGE, NULL, "vmalloc_range", probe)                                             \
	X(VMALLOC_RANGE_RET, NULL, "vmalloc_range_ret", probe)                                     \
	X(VFREE, NULL, "vfree", probe)                                                             \
	X(VFREE_ATOMIC, NULL, "vfree_atomic", probe)                                               \
	X(VUNMAP, NULL, "vunmap", probe)                                                           \
	X(VMAP_RET, NULL, "vmap_ret", probe)                                                       \
	X(REMOVE_VM_AREA, NULL, "remove_vm_area", probe)                                           \
	X(KMAP_HIGH, NULL, "kmap_high", probe)                                                     \
	X(KMAP_HIGH_RET, NULL, "kmap_high_ret", probe)                                             \
	X(KUNMAP_HIGH, NULL, "kunmap_high", probe)                                                 \
	X(KMAP_LOCAL, NULL, "kmap_local", probe)                                                   \
	X(KMAP_LOCAL_RET, NULL, "kmap_local_ret", probe)                                           \
	X(KMAP_LOCAL_PFN, NULL, "kmap_local_pfn", probe)                                           \
	X(KMAP_LOCAL_PFN_RET, NULL, "kmap_local_pfn_ret", probe)                                   \
	X(KUNMAP_LOCAL, NULL, "kunmap_local", probe)                                               \
	X(FLUSH_ALL_ZERO_PKMAPS, NULL, "flush_all_zero_pkmaps", probe)                             \
	X(MM_COMPACTION_BEGIN, "compaction", "mm_compaction_begin", compaction)                    \
	X(MM_COMPACTION_END, "compaction", "mm_compaction_end", compaction)                        \
	X(MM_COMPACTION_ISOLATE_FREEPAGES, "compaction", "mm_compaction_isolate_freepages",        \
	  compaction)                                                                              \
	X(MM_COMPACTION_ISOLATE_MIGRATEPAGES, "compaction", "mm_compaction_isolate_migratepages",  \
	  compaction)                                                                              \
	X(MM_COMPACTION_MIGRATEPAGES, "compaction", "mm_compaction_migratepages", compaction)      \
	X(MM_COMPACTION_FINISHED, "compaction", "mm_compaction_finished", compaction)              \
	X(MM_VMSCAN_DIRECT_RECLAIM_BEGIN, "vmscan", "mm_vmscan_direct_reclaim_begin", reclaim)     \
	X(MM_VMSCAN_DIRECT_RECLAIM_END, "vmscan", "mm_vmscan_direct_reclaim_end", reclaim)         \
	X(MM_VMSCAN_KSWAPD_WAKE, "vmscan", "mm_vmscan_kswapd_wake", reclaim)                       \
	X(MM_VMSCAN_KSWAPD_SLEEP, "vmscan", "mm_vmscan_kswapd_sleep", reclaim)                     \
	X(MM_VMSCAN_WAKEUP_KSWAPD, "vmscan", "mm_vmscan_wakeup_kswapd", reclaim)                   \
	X(MM_COMPACTION_FAST_ISOLATE_FREEPAGES, "compaction",                                      \
	  "mm_compaction_fast_isolate_freepages", compaction)                                      \
	X(MM_COMPACTION_SUITABLE, "compaction", "mm_compaction_suitable", reclaim)                 \
	X(MM_COMPACTION_WAKEUP_KCOMPACTD, "compaction", "mm_compaction_wakeup_kcompactd", reclaim) \
	X(MM_COMPACTION_TRY_TO_COMPACT_PAGES, "compaction", "mm_compaction_try_to_compact_pages",  \
	  reclaim)                                                                                 \
	X(PRINT, "ftrace", "print", print)

enum event_kind {
	EVENT_OTHER, /* counted and shown as text, no payload here */
#define X(kind, system, event, payload) EVENT_##kind,
	EVENT_KINDS(X)
#undef X
		EVENT_KIND_COUNT,
};

/* Bits of event.irq: the kernel's common_flags that say in which context the event was made. */
enum event_context {
	EVENT_HARDIRQ = 0x08,
	EVENT_SOFTIRQ = 0x10,
	EVENT_NMI = 0x40,
};

#define EVENT_NO_PFN UINT64_MAX /* a failed allocation; also: the capture has no pfn */

#define EVENT_PREEMPT_DEPTH 0xf /* of preempt; above it, migration disabled (5.16) */

struct event {
	uint64_t time; /* ns, or the clock's own unit */
	uint32_t cpu;
	int32_t pid;
	uint16_t kind;	 /* enum event_kind */
	uint16_t id;	 /* the capture's own id of the event type, key of trace_event_name() */
	uint8_t irq;	 /* common_flags of the record */
	uint8_t preempt; /* common_preempt_count, as ftrace has it */
	bool lost;	 /* events were lost on this CPU just before this one */
	bool tied;	 /* another CPU's next event has the same time */
	union {
		struct {
			uint64_t pfn;	      /* EVENT_NO_PFN if the allocation failed */
			kmm_gfp gfp;	      /* mm_page_alloc only */
			int16_t order;	      /* -1 where the event has none */
			int16_t migratetype;  /* the raw number of that kernel; -1 absent */
			int8_t percpu_refill; /* zone_locked only; -1 absent */
		} page;
		struct {
			uint64_t pfn;
			int16_t alloc_order, fallback_order;
			int16_t alloc_migratetype, fallback_migratetype; /* raw numbers */
			int8_t change_ownership;			 /* -1 absent */
		} extfrag;
		struct {
			uint64_t ptr;
			uint64_t call_site;
			uint64_t bytes_req, bytes_alloc; /* 0 for a free */
			kmm_gfp gfp;
			int32_t node;	  /* -1: any node, or absent */
			uint32_t name;	  /* number in trace_names(); 0 absent */
			int8_t accounted; /* -1 absent */
		} object;
		struct {
			uint64_t call_site; /* 0 absent */
			uint64_t size, align;
			uint64_t base_addr, ptr, bytes_alloc;
			int32_t off;
			kmm_gfp gfp;
			int8_t reserved, is_atomic;
		} percpu;
		struct {
			uint64_t addr, size; /* free: va_start, 0; purge: start, end - start */
			uint64_t align, vstart, vend;
			uint64_t n; /* nr_lazy, npurged */
			int8_t failed;
		} vmap;
		struct {
			/* a kprobe of traces/README.md; by the probe's own argument names */
			uint64_t addr; /* addr, page, vaddr or ret; an address of the traced kernel */
			uint64_t size;	/* size=, 0 absent */
			uint64_t pfn;	/* pfn=, EVENT_NO_PFN absent */
			uint64_t flags; /* flags= (page->flags) or prot, 0 absent */
			uint64_t align; /* align=, 0 absent */
		} probe;
		struct {
			uint64_t start_pfn, end_pfn; /* begin: zone_start, zone_end */
			uint64_t migrate_pfn, free_pfn;
			uint64_t scanned,
				taken; /* migratepages: nr_migrated in taken, nr_failed in scanned */
			int16_t order; /* finished: wanted; -1 the whole zone */
			int8_t sync;
			uint8_t status;
		} compaction;
		struct {
			int32_t nid;
			int16_t order, zid;
			kmm_gfp gfp;
			uint64_t nr_reclaimed;
		} reclaim;
		struct {
			const char *
				text; /* in the reader's memory until the next event; not terminated */
			uint32_t len;
		} print;
	};
	const uint8_t *record; /* the raw record, until the next event, for trace_event_text() */
	uint32_t record_len;
};

/* "mm_page_alloc" for EVENT_MM_PAGE_ALLOC; "other" for EVENT_OTHER. */
const char *event_kind_name(enum event_kind kind);
/* "kmem"; "unknown" for kprobes, whose system is whatever their maker chose. */
const char *event_kind_system(enum event_kind kind);

#endif
