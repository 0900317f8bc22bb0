/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * request: one record of a workload.  Two streams run in one order of
 * operations (not the order of the log): *requests*, what was asked of the
 * allocators, and *observations*, what the kernel was seen to do.  A what-if
 * replays requests and skips observations; reconstruction and scoring use both.
 *
 * Order of operations: an allocation stands at the first event that belongs to
 * it, before the refills (OBS_ZONE_LOCKED) and fallbacks (OBS_EXTFRAG) that it
 * caused; `own_obs` counts those, which follow on the same CPU.  A batched free
 * stands where its mm_page_free_batched was; drains follow the free that caused
 * them.  Pages taken silently (bulk allocation for vmalloc and kernel stacks)
 * have a request where they must have been taken.
 */
#ifndef WORKLOAD_REQUEST_H
#define WORKLOAD_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/machine.h"
#include "mm/gfp.h"

/* X(NAME, "name") requests first, observations from OBS_ZONE_LOCKED on. */
#define REQUEST_OPS(X)                                                           \
	X(REQ_PAGE_ALLOC, "page_alloc")                                          \
	X(REQ_PAGE_FREE, "page_free")                                            \
	X(REQ_PAGE_BULK, "page_bulk") /* one silent page of a bulk allocation */ \
	X(REQ_OBJ_ALLOC, "obj_alloc")                                            \
	X(REQ_OBJ_FREE, "obj_free")                                              \
	X(REQ_PERCPU_ALLOC, "percpu_alloc")                                      \
	X(REQ_PERCPU_FREE, "percpu_free")                                        \
	X(REQ_VMALLOC, "vmalloc")                                                \
	X(REQ_VFREE, "vfree")                                                    \
	X(REQ_KMAP, "kmap")                                                      \
	X(REQ_KUNMAP, "kunmap")                                                  \
	X(OBS_ZONE_LOCKED, "zone_locked")                                        \
	X(OBS_PCPU_DRAIN, "pcpu_drain")                                          \
	X(OBS_EXTFRAG, "extfrag")                                                \
	X(OBS_COMPACTION, "compaction")                                          \
	X(OBS_RECLAIM, "reclaim")                                                \
	X(OBS_MARK, "mark")                                                      \
	X(OBS_LOST, "lost")

enum request_op {
#define X(op, name) op,
	REQUEST_OPS(X)
#undef X
		REQUEST_OP_COUNT,
};

/* What a page allocation is for, as far as the events tell. */
#define REQUEST_OWNERS(X)                                            \
	X(OWNER_UNKNOWN, "unknown")                                  \
	X(OWNER_USER, "user") /* anonymous or page cache: movable */ \
	X(OWNER_SLAB, "slab")                                        \
	X(OWNER_KMALLOC_LARGE, "kmalloc-large")                      \
	X(OWNER_PERCPU, "percpu")                                    \
	X(OWNER_VMALLOC, "vmalloc")                                  \
	X(OWNER_PGTABLE, "pgtable")                                  \
	X(OWNER_KERNEL, "kernel") /* other unmovable pages */

enum request_owner {
#define X(owner, name) owner,
	REQUEST_OWNERS(X)
#undef X
		REQUEST_OWNER_COUNT,
};

/*
 * Why a per-CPU list was drained (kernel 6.1).  Only the first is a consequence of
 * a request; the others depend on what no event shows, so their time is recorded.
 */
enum drain_cause {
	DRAIN_FREE,   /* a free filled the list */
	DRAIN_ALL,    /* direct reclaim made progress without a page: all CPUs, all zones */
	DRAIN_ZONE,   /* kcompactd: all CPUs, its zone */
	DRAIN_CPU,    /* compaction left a block: its own CPU and zone */
	DRAIN_EITHER, /* after a free inside a compaction: DRAIN_FREE or DRAIN_CPU */
	DRAIN_SOME,   /* the vmstat pass, lists of other nodes' zones: so many pages */
};

/* What else is known of a page's free. */
enum free_mark {
	FREE_TAIL = 1 << 0,   /* with REQ_DIRECT: to the list's tail (tails of alloc_pages_exact) */
	FREE_IRQ = 1 << 1,    /* in an interrupt that came while preemption was off twice, as it is
			   while the lock of a per-CPU list is held */
	FREE_NESTED = 1 << 2, /* in an interrupt */
	FREE_FOUND = 1 << 3,  /* with REQ_IMPLIED: an allocation got the page next */
};

/* How a compaction began. */
enum compact_flag {
	COMPACT_SYNC = 1 << 0,
	COMPACT_KCOMPACTD = 1 << 1,
	COMPACT_OTHER =
		1 << 2, /* for a request that is not for MOVABLE memory, as far as is known */
};

enum request_flag {
	REQ_RESPONSE = 1 << 0, /* the kernel's own reaction, not demand: reclaim, migration, retries,
			   the kmap_local_pfn inside of a kmap_local */
	REQ_FAILED = 1 << 1,   /* the allocation failed; not demand either */
	REQ_BATCHED = 1 << 2,  /* freed through the batched path */
	REQ_DIRECT = 1 << 3,   /* goes past the per-CPU lists (an interrupt found them locked) */
	REQ_UNPAIRED =
		1 << 4,	    /* a free of what was allocated before, or silently: slot is NO_SLOT */
	REQ_PIECE = 1 << 5, /* frees part of its slot's block; the rest stays live */
	REQ_IMPLIED =
		1 << 6, /* no event shows it: a silent free or allocation that must have happened */
	REQ_UNCERTAIN = 1 << 7, /* events were lost near it */
};

#define NO_SLOT UINT32_MAX

/*
 * The fields that repeat: few distinct combinations occur in one trace, so the
 * file stores each combination once a block and a record names it.
 */
struct request_sig {
	uint64_t site; /* call site, an address of the traced kernel; 0 unknown */
	uint32_t bytes_req,
		bytes_alloc; /* object, percpu, vmalloc: sizes; 0xffffffff and more are cut.
				OBS_COMPACTION: begin: migrate_pfn, free_pfn; free scanner: frames scanned.
				OBS_RECLAIM: kswapd's wake and sleep: events since the last one of its run
				before, 0 none; that one's CPU */
	kmm_gfp gfp;
	uint32_t cache; /* string number of the slab cache's name; 0 unknown */
	uint8_t op;	/* enum request_op */
	uint8_t flags;	/* enum request_flag */
	uint8_t order; /* pages; OBS_EXTFRAG: alloc_order; OBS_COMPACTION, finished: wanted, 255 none;
			   percpu, vmalloc: log2 of the alignment */
	uint8_t type;	  /* enum kmm_migratetype; OBS_EXTFRAG: alloc_migratetype;
			   OBS_RECLAIM: highest enum kmm_zone_type */
	uint8_t owner;	  /* enum request_owner */
	uint8_t aux;	  /* OBS_ZONE_LOCKED: percpu_refill (0, 1, 2 absent);
			   OBS_EXTFRAG: fallback_order; OBS_COMPACTION, OBS_RECLAIM: enum event_kind;
			   OBS_PCPU_DRAIN: enum drain_cause;
			   REQ_PAGE_FREE: enum free_mark;
			   OBS_LOST: 1 if the number is unknown; objects: accounted (0, 1, 2 absent);
			   kmap, kunmap, vmalloc: enum event_kind */
	uint8_t aux2;	  /* OBS_EXTFRAG: fallback_migratetype, with 0x80 for change_ownership;
			   OBS_COMPACTION, its begin: enum compact_flag;
			   OBS_PCPU_DRAIN: 1 if it goes on where the one before stopped */
	int8_t node;	  /* requested node, -1 any or unknown */
	uint32_t own_obs; /* allocations: observations of its own that follow on this CPU */
};

struct request {
	uint64_t time;
	uint32_t slot; /* the id; used again after its release. NO_SLOT: none */
	int32_t pid;
	uint16_t cpu;
	uint32_t pfn; /* page ops, kmaps and page observations: the frame; KMM_NO_PFN unknown or failed.
			   OBS_MARK: string number of its text */
	uint64_t addr;	     /* objects, percpu, vmalloc, kmap: address (allocs and unpaired frees);
			   OBS_COMPACTION: end_pfn << 32 | taken; OBS_LOST: how many;
			   OBS_RECLAIM: pages reclaimed; kswapd's wake and sleep: time of the last
			   event of its run before, 0 none;
			   OBS_PCPU_DRAIN: put there by feed.h: 1 + its place in leaving.pages,
			   0 none */
	uint8_t kswapd_ends; /* put there by feed.h: before this record kswapd of node N - 1 was done */
	uint16_t pcp_batch; /* put there by feed.h: the batch of its page's zone from here on; 0: as before */
	struct {	    /* put there by feed.h: pages that a CPU's list lost silently before */
		uint16_t count, cpu;
		uint8_t order : 4, type : 4;
		uint8_t zone : 7;
		uint8_t bulk : 1; /* by a bulk allocation, which alone leaves no event here */
	} silent;
	uint16_t gone_count; /* put there by feed.h: so many frames of its silent.gone[], from `gone` on, */
	uint32_t gone; /* are on no list any more: for who follows the recording */
	uint64_t seq;  /* ordinal of the event in the merged trace that it was made from */
	struct request_sig sig;
};

static inline bool request_is_observation(const struct request *r)
{
	return r->sig.op >= OBS_ZONE_LOCKED;
}

/* Kernel 6.10+: a steal or the claim of a whole page block shows as extfrag alone. */
bool request_claims_silently(const struct machine *m);
/*
 * Does this record take its pages out of the buddy lists?  A refill does; from 6.10 on so does a
 * fallback, unless it claims a part of a page block: that one is told as a refill too.
 */
bool request_takes(const struct machine *m, const struct request *q);
const char *request_op_name(enum request_op op);
const char *request_owner_name(enum request_owner owner);

#endif
