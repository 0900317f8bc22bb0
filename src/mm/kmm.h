/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmm: the model.  One struct kmm is one machine's page allocator: nodes,
 * zones, zonelists, watermarks, buddy lists with migrate types and pageblocks,
 * the HIGHATOMIC reserve and per-CPU page lists.  It knows nothing of traces,
 * files or clocks, keeps no global state and is deterministic: the same calls
 * give the same pages.  Functions bear the kernel's names behind kmm_ and keep
 * their meaning, with the machine and the CPU as explicit arguments.
 *
 * A machine belongs to one thread at a time; any number may exist.
 * Imitated: 2.6.24, 4.19/5.10, 6.1 (step by step), 6.12/6.18; see enum
 * kmm_generation and struct kmm_policy for what differs.
 *
 * Not modelled: what interrupts see of half-done operations, the lag of the
 * kernel's free counter behind its lists (marks are tested against the exact
 * count), cpusets, memory policies and node reclaim, tasks with special rights
 * (memalloc, real time, OOM victims), list shuffling.
 * Which pages sit on the LRU is not known: a page in use counts as movable if
 * it was allocated as movable.
 */
#ifndef KMM_H
#define KMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gfp.h"

#define KMM_ZONES 32 /* zones of all nodes together */

/* Which kernel's rules.  Each sets the defaults of struct kmm_policy. */
enum kmm_generation {
	KMM_LINUX_2_6,	/* 2.6.24: hot/cold lists, largest-first fallback, halving mark check */
	KMM_LINUX_5_10, /* three pcp lists of order 0, high = 6 * batch */
	KMM_LINUX_6_1,	/* pcp lists for orders 0-3 and 9, free factor */
	KMM_LINUX_6_18, /* pcp auto-tuning (alloc_factor, free_count), claim-then-steal fallback */
};

/* Every rule that a what-if may change, apart from the machine's own shape. */
struct kmm_policy {
	enum kmm_generation generation;
	bool mobility_grouping;	  /* migrate types at all */
	unsigned max_order;	  /* top order, inclusive (10) */
	unsigned pageblock_order; /* 9 on x86-64 with huge pages */
	unsigned min_free_kbytes; /* 0: by the kernel's rule; used where a zone's marks are 0 */
	unsigned watermark_scale_factor; /* 1/10000 of managed pages (10) */
	unsigned watermark_boost_factor; /* 1/10000 of the high mark (15000); 0: no boost */
	unsigned lowmem_reserve_ratio[KMM_ZONE_TYPES];
	int pcp_batch; /* -1: from the zone's config, or by the rule; 0: no per-CPU lists */
	int pcp_high;  /* -1: likewise */
	unsigned pcp_high_fraction; /* percpu_pagelist_fraction, later ..._high_fraction; 0: by the other rules */
	unsigned pcp_orders; /* orders 0..n-1 have per-CPU lists: 4, or 1 before 5.13 */
	bool pcp_thp;	     /* lists for the huge-page order too (6.1+ with THP) */
	/*
	 * 6.7+, frees of order 1 to 3 in a row empty a CPU's lists: with pcp_whole_late (6.16+)
	 * only once half of high_min came back beyond a batch; with pcp_keep_batch (the CPU's
	 * share of the last-level cache exceeds 3 batches) only lists of a batch or more.
	 */
	bool pcp_whole_late, pcp_keep_batch;
	/* What a free drains goes batch by batch (6.19+): a batch is over with the block that fills it, and counts as one. */
	bool pcp_drain_batches;
	bool thp; /* huge pages enabled, which raises the computed min_free_kbytes */
	bool highatomic_reserve;
	bool defrag_noretry_nofragment; /* ALLOC_NOFRAGMENT on the fast path */
	bool reclaim;	 /* model reclaim when memory runs out; else allocations fail */
	bool kswapd;	 /* it is woken at the low mark; else nobody is */
	bool compaction; /* move pages to make room for high orders */
	bool oom;	 /* then kill a task, where kmm_reclaim.h knows one */
	bool zone_order; /* zonelists of a NUMA machine by zone first: to 4.13, numa_zonelist_order= */
};

/* Defaults of a generation, as on x86-64 with huge pages. */
void kmm_policy_init(struct kmm_policy *p, enum kmm_generation g);

struct kmm_zone_config {
	unsigned node;
	enum kmm_zone_type type;
	kmm_pfn start, spanned;
	uint64_t present, managed;
	uint64_t min, low, high; /* pages, without boost; all 0: computed from the policy */
	uint64_t reserve[KMM_ZONE_TYPES]; /* lowmem_reserve by zone type of the request */
	bool reserve_given;		  /* false: computed from the ratios */
	int pcp_batch, pcp_high;	  /* 0: computed from managed */
	int pcp_high_min, pcp_high_max;	  /* 6.18; 0: computed */
	uint64_t boost;			  /* watermark boost at the start, pages */
};

struct kmm_config {
	struct kmm_policy policy;
	unsigned zones;
	struct kmm_zone_config zone[KMM_ZONES]; /* by node, then ascending type */
	unsigned cpus;
	uint8_t cpu_node[KMM_CPUS];
	unsigned nodes;
	uint8_t distance[KMM_NODES][KMM_NODES]; /* all 0: 10 local, 20 remote */
};

/*
 * The model reports what it does through the kernel's own trace points.  Any
 * callback may be NULL.  None may call back into the machine, except
 * reclaim_pages, which may free pages.
 */
struct kmm_observer {
	void (*mm_page_alloc)(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order, kmm_gfp gfp,
			      unsigned type);
	void (*mm_page_free)(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order);
	void (*mm_page_alloc_zone_locked)(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order,
					  unsigned type, bool percpu_refill);
	void (*mm_page_pcpu_drain)(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order,
				   unsigned type);
	void (*mm_page_alloc_extfrag)(void *arg, unsigned cpu, kmm_pfn pfn, unsigned alloc_order,
				      unsigned fallback_order, unsigned alloc_type,
				      unsigned fallback_type, bool change_ownership);
	/* Every request for kswapd, also while it runs already. */
	void (*wakeup_kswapd)(void *arg, unsigned cpu, unsigned zone, unsigned order);
	/* The model took these from its users. */
	void (*reclaim)(void *arg, unsigned cpu, unsigned zone, uint64_t pages);
	/*
	 * Direct reclaim: the model wants about `pages` frames of a zone back (movable or
	 * reclaimable ones, oldest first).  The owner of the allocations frees some with
	 * kmm_free_pages() before it returns, and returns how many.  NULL: nothing can be
	 * reclaimed.  Only asked if the policy says `reclaim`.
	 */
	uint64_t (*reclaim_pages)(void *arg, unsigned cpu, unsigned zone, uint64_t pages);
	/*
	 * Compaction wants to move a movable page (order 0) to a free frame: true if the owner
	 * now means `to` where it meant `from`; the model then frees `from`.  The frame's word goes along.  NULL: no page can
	 * move.  Only asked if the policy says `compaction`.
	 */
	bool (*migrate_page)(void *arg, unsigned cpu, kmm_pfn from, kmm_pfn to);
};

struct kmm;

/* NULL on failure, with one line in why[n]. */
struct kmm *kmm_create(const struct kmm_config *c, char *why, size_t n);
void kmm_destroy(struct kmm *mm);
void kmm_observe(struct kmm *mm, const struct kmm_observer *o, void *arg);
/* With the computed values filled in. */
const struct kmm_config *kmm_configuration(const struct kmm *mm);

/* ---- the starting state: after kmm_create() every frame is in use ---- */

/*
 * All seed functions: 0; -EINVAL for what cannot be; -EBUSY if the frames are not in use.
 * Put a free block at the TAIL of its zone's list for this type: call in list order, head first.
 */
int kmm_seed_free(struct kmm *mm, kmm_pfn pfn, unsigned order, unsigned type);
/* Put a block at the TAIL of a CPU's list, the one that serves this order and type. */
int kmm_seed_pcp(struct kmm *mm, unsigned cpu, kmm_pfn pfn, unsigned order, unsigned type);
/* Type of the pageblock that holds pfn.  Seed these before the lists. */
int kmm_seed_pageblock(struct kmm *mm, kmm_pfn pfn, unsigned type);
/* What a block in use was allocated as (unmovable until said otherwise): fallbacks ask. */
int kmm_seed_used(struct kmm *mm, kmm_pfn pfn, unsigned order, unsigned type);
/* free_factor (6.1) of a CPU's lists in a zone; alloc_factor and free_count (6.18). */
int kmm_seed_pcp_factors(struct kmm *mm, unsigned cpu, unsigned zone, int free_factor,
			 int alloc_factor, int free_count);
/* Today's limit of a CPU's lists, between high_min and high_max (6.7+; nothing before it). */
int kmm_seed_pcp_high(struct kmm *mm, unsigned cpu, unsigned zone, int high);
/*
 * So many pages more are on a CPU's lists, nobody knows which: they are never handed out nor
 * given back, but count where the lists' limits are tested.
 */
int kmm_seed_pcp_hidden(struct kmm *mm, unsigned cpu, unsigned zone, unsigned pages);
/* The batch of a zone's per-CPU lists; it changes when the zone grows. */
int kmm_set_pcp_batch(struct kmm *mm, unsigned zone, unsigned batch);
/* Free every frame of [start, end) as maximal blocks, as memblock does at boot. */
int kmm_seed_boot(struct kmm *mm, kmm_pfn start, kmm_pfn end, unsigned type);

/* ---- requests ---- */

/* The first frame, or KMM_NO_PFN. */
kmm_pfn kmm_alloc_pages(struct kmm *mm, unsigned cpu, kmm_gfp gfp, unsigned order);
kmm_pfn kmm_alloc_pages_node(struct kmm *mm, unsigned cpu, int nid, kmm_gfp gfp, unsigned order);
/*
 * From this zone and no other, whatever its watermarks: for a replay that knows
 * where the kernel went.  KMM_NO_PFN, and no event, if the zone has nothing.
 */
kmm_pfn kmm_alloc_pages_in_zone(struct kmm *mm, unsigned cpu, kmm_gfp gfp, unsigned order,
				unsigned zone);
/*
 * Whether the next fallback that could take a page block over does so: 1 yes,
 * 0 no, -1 by the kernel's rule.  The rule counts movable pages; a recording
 * knows the outcome (change_ownership).
 */
void kmm_expect_ownership(struct kmm *mm, int change);
/*
 * The next allocation comes from this zone (-1: by the rules), if the zone may
 * serve it and has a block.  For kmm_alloc_pages_bulk(), which takes all from one zone, also KMM_LISTED: from one whose
 * list has them all.  Near a mark the kernel's choice hangs on counters
 * that no recording shows; kmm_stats.zones_expected counts where it was another
 * one than the marks would have had.
 */
#define KMM_LISTED (-2)
void kmm_expect_zone(struct kmm *mm, int zone);
/*
 * 6.7+: whether the next free drains its list, -1 by rule.  It says which side of its high mark the kernel saw the
 * zone's counter on, and is heeded only where what CPUs keep back from that may have decided (kmm_count_threshold());
 * kmm_stats.marks_expected counts where the rule had it on the other.  It also says how late the work came that
 * lowers the limits once a second, kmm_pcp_lower() or kmm_pcp_decay(): up to its next turn; and whether a free of order 1
 * to 3 had enough frees before it to empty the lists, where one allocation more or less decides; limits_expected.
 */
void kmm_expect_drain(struct kmm *mm, int drains);
/* alloc_pages_bulk(): up to n order-0 pages into out[]; returns how many. */
unsigned kmm_alloc_pages_bulk(struct kmm *mm, unsigned cpu, kmm_gfp gfp, unsigned n, kmm_pfn *out);
/* One page from this zone as the bulk allocator takes it; KMM_NO_PFN if the zone has none. */
kmm_pfn kmm_alloc_bulk_page_in_zone(struct kmm *mm, unsigned cpu, kmm_gfp gfp, unsigned zone);
/*
 * A request found no page: what it saw on its way through the zones, which from 6.7 on remember that they were seen
 * below their high mark.
 */
void kmm_saw_failure(struct kmm *mm, unsigned cpu, int nid, kmm_gfp gfp, unsigned order);
/* __free_pages() of a block, or of an aligned part of one. */
void kmm_free_pages(struct kmm *mm, unsigned cpu, kmm_pfn pfn, unsigned order);
/* One page of a batched free (free_unref_page_list). */
void kmm_free_page_batched(struct kmm *mm, unsigned cpu, kmm_pfn pfn);
/* One page into the cold list (2.6.24; elsewhere as kmm_free_pages() of order 0). */
void kmm_free_page_cold(struct kmm *mm, unsigned cpu, kmm_pfn pfn);
/* Straight to the buddy lists; to_tail as for the tails of alloc_pages_exact(). */
void kmm_free_pages_direct(struct kmm *mm, unsigned cpu, kmm_pfn pfn, unsigned order, bool to_tail);
/*
 * Until taken back, requests find the per-CPU lists locked, as those of an interrupt do
 * that came while its CPU was using them: they go past the lists.
 */
void kmm_lock_pcp(struct kmm *mm, bool locked);
/* drain_local_pages()/drain_pages_zone(): zone KMM_ZONES: all zones. */
void kmm_drain_pages(struct kmm *mm, unsigned caller_cpu, unsigned owner_cpu, unsigned zone);
/* Drain only so many pages, as the vmstat pass does with lists of other nodes' zones. */
void kmm_drain_some(struct kmm *mm, unsigned caller_cpu, unsigned owner_cpu, unsigned zone,
		    unsigned pages);
/* The vmstat interval of a CPU passed: 6.18 lets its lists shrink. Nothing elsewhere. */
void kmm_pcp_decay(struct kmm *mm, unsigned cpu);
/* The same without the drain, for a replay that sees the kernel's. */
void kmm_pcp_lower(struct kmm *mm, unsigned cpu);
/* Pages that it has still to give back; what is not above 0: none. */
int kmm_pcp_excess(const struct kmm *mm, unsigned cpu, unsigned zone);
/*
 * That drain gave back so many pages.  If it is over, the lists are as long as their limit, and how many pages are on
 * them that nobody knows follows, to a batch.  A whole number of batches may not be all: between two the
 * work can be preempted (6.18).
 */
void kmm_pcp_lowered(struct kmm *mm, unsigned cpu, unsigned zone, unsigned pages);
/*
 * The counter of free pages that the marks are tested against lacks what each CPU keeps back: up to so many pages
 * (stat_threshold). 0, as at first: it is exact.
 */
void kmm_count_threshold(struct kmm *mm, unsigned zone, unsigned pages);
/* This CPU keeps nothing back: refresh_cpu_vm_stats(). */
void kmm_count_fold(struct kmm *mm, unsigned cpu);
/*
 * kswapd balances the zones of a node up to this type (enum kmm_zone_type; -1:
 * its run is over).  Meanwhile pcp high is min(4 * batch, high) in them; at the
 * end the boost that stood at the start is taken off.
 */
void kmm_kswapd(struct kmm *mm, unsigned node, int highest);
/* Take off so much of a zone's boost. */
void kmm_boost_clear(struct kmm *mm, unsigned zone, uint64_t pages);

/* ---- correction: for re-anchoring on a recorded machine ---- */

/*
 * After the model answered `got`, make it as if it had answered `want` (both of
 * this order): `want` leaves wherever it is (a per-CPU list: `got` takes its
 * place there; a free block: it is split out and `got` is freed into its place
 * in the lists).  0; -EBUSY if the model holds `want` as in use.
 */
int kmm_swap_allocation(struct kmm *mm, kmm_pfn got, kmm_pfn want, unsigned order);
/*
 * Likewise for what a CPU's list gave: `got` goes back to that list, to its head, or
 * `behind` all others of it.  -EINVAL for an order without lists.
 */
int kmm_pass_over(struct kmm *mm, unsigned cpu, kmm_pfn got, kmm_pfn want, unsigned order,
		  bool behind);
/* Take exactly this block out of the free or per-CPU lists.  0, or -EBUSY. */
int kmm_take(struct kmm *mm, kmm_pfn pfn, unsigned order);

/* ---- compaction, as a recording shows it ---- */

/*
 * Take the free block that starts at pfn, whole; page blocks that it nearly fills become
 * MOVABLE (kernel 6.1, __isolate_free_page; from 6.10 on the other free blocks of theirs
 * go to the tails of their lists).  Its order; -1: no free block starts there.
 */
int kmm_isolate_block(struct kmm *mm, unsigned cpu, kmm_pfn pfn);
/* As kmm_free_list_next(), tail first. */
kmm_pfn kmm_free_list_prev(const struct kmm *mm, unsigned zone, unsigned order, unsigned type,
			   kmm_pfn at);
/* Turn a free list, so that a block of it becomes the first and those before it come last. */
void kmm_free_list_turn(struct kmm *mm, unsigned zone, unsigned order, unsigned type,
			kmm_pfn first);
/*
 * From now on what is freed is freed by a task that compacts this zone for a block of this
 * order and type: the first that becomes whole is kept for it, past the lists.  Zone -1: no more.
 */
void kmm_capture(struct kmm *mm, int zone, unsigned order, unsigned type);
/* The block kept, in use from now on; KMM_NO_PFN: none was. */
kmm_pfn kmm_captured(struct kmm *mm);

/* ---- state ---- */

enum kmm_frame_state { KMM_FRAME_HOLE, KMM_FRAME_FREE, KMM_FRAME_PCP, KMM_FRAME_USED };
enum kmm_frame_state kmm_frame_state(const struct kmm *mm, kmm_pfn pfn);
/* The same, with what is kept beside it. */
struct kmm_frame_view {
	enum kmm_frame_state state;
	kmm_pfn end;   /* a frame beyond it up to which all are so: the end of its free block */
	uint64_t word; /* kmm_set_frame_words() */
	bool slab;     /* of a slab, or of a large kmalloc */
};
struct kmm_frame_view kmm_frame_look(const struct kmm *mm, kmm_pfn pfn);
/*
 * A word of the user's for each frame in use, kept in the frame's own record: 0 until it
 * is set, and again once the frame is free.  Frames of slabs and those not in use have
 * none; setting theirs does nothing.
 */
uint64_t kmm_frame_word(const struct kmm *mm, kmm_pfn pfn);
void kmm_set_frame_words(struct kmm *mm, kmm_pfn pfn, unsigned order, uint64_t word);
/* Order of the free block that starts at this frame; -1: none does. */
int kmm_free_block_order(const struct kmm *mm, kmm_pfn pfn);
/* The CPU on whose list the frame is; -1: on none. */
int kmm_pcp_owner(const struct kmm *mm, kmm_pfn pfn);
unsigned kmm_pageblock_type(const struct kmm *mm, kmm_pfn pfn);
int kmm_zone_of(const struct kmm *mm, kmm_pfn pfn); /* -1: none */
/* Free blocks. */
uint64_t kmm_nr_free(const struct kmm *mm, unsigned zone, unsigned order, unsigned type);
uint64_t kmm_zone_free_pages(const struct kmm *mm, unsigned zone);
uint64_t kmm_zone_boost(const struct kmm *mm, unsigned zone); /* pages, as it stands now */
uint64_t kmm_pcp_pages(const struct kmm *mm, unsigned zone, unsigned cpu);
uint64_t kmm_pageblocks(const struct kmm *mm, unsigned zone, unsigned type);
/*
 * Walk a free list or per-CPU list, head first; KMM_NO_PFN starts and ends.  `at`
 * must be on that list.  2.6.24: type 0 is the hot list, 1 the cold one.
 */
kmm_pfn kmm_free_list_next(const struct kmm *mm, unsigned zone, unsigned order, unsigned type,
			   kmm_pfn at);
kmm_pfn kmm_pcp_list_next(const struct kmm *mm, unsigned cpu, unsigned zone, unsigned order,
			  unsigned type, kmm_pfn at);

struct kmm_stats {
	uint64_t allocs, frees, failed;
	uint64_t refills;   /* blocks taken through mm_page_alloc_zone_locked */
	uint64_t drains;    /* blocks given back through mm_page_pcpu_drain */
	uint64_t fallbacks; /* mm_page_alloc_extfrag */
	uint64_t ownership_changes;
	uint64_t zone_locks; /* zone lock acquisitions */
	uint64_t slowpaths, kswapd_wakeups, direct_reclaims, compactions, boosts;
	uint64_t oom_kills;
	uint64_t highatomic_reserved;
	uint64_t zones_expected; /* allocations that kmm_expect_zone() sent elsewhere */
	uint64_t marks_expected; /* zones that kmm_expect_drain() had on the other side of their mark */
	uint64_t limits_expected; /* frees that it had find another limit, or more or fewer frees before them */
	uint64_t bad_frees; /* of what was not in use, or not a block: ignored */
};
const struct kmm_stats *kmm_stats(const struct kmm *mm);
/* Check every invariant; 0, or -EUCLEAN with one line in why[n]. */
int kmm_validate(const struct kmm *mm, char *why, size_t n);
size_t kmm_memory(const struct kmm *mm); /* bytes that the machine takes */

#endif
