/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model: the inside of struct kmm, shared by the files of this directory and
 * by nobody else.  What the parts do stands in their own headers.
 */
#ifndef MM_MODEL_H
#define MM_MODEL_H

#include <string.h>

#include "mm/kmm.h"

#pragma GCC visibility push(hidden)

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define NOINLINE __attribute__((noinline)) /* off the fast path, and out of its registers */
#define INLINE inline __attribute__((always_inline))

/*
 * One page frame; also one list head, which is a frame behind the last real
 * one, so that links need no test for the end of a list.
 */
struct frame {
	union {
		struct {
			uint32_t next, prev; /* index into kmm.frame; while on a list */
		};
		uint64_t word; /* in use: what its state says */
	};
	union {
		struct {
			uint32_t state : 8; /* enum frame_is */
			uint32_t order : 4; /* of the block, if it heads a free or per-CPU one */
			uint32_t type : 3; /* list's type; in a per-CPU list: as cached; in use: as allocated */
			uint32_t cold : 1; /* 2.6: in which of the CPU's two lists; in use: on the LRU, though not MOVABLE */
			uint32_t zone : 5;
			uint32_t cpu : 10; /* owner of the per-CPU list */
		};
		uint32_t kind;	 /* all of these at once: frame_kind() */
		uint32_t blocks; /* a free list's head: how many it has */
	};
} __attribute__((packed, aligned(4)));
_Static_assert(sizeof(struct frame) == 12, "a frame costs 12 bytes");
_Static_assert(KMM_ORDERS <= 16 && KMM_MIGRATETYPES <= 8 && KMM_ZONES <= 32 && KMM_CPUS <= 1024,
	       "a frame has no bits for more");

/* Where the parts stand in kind, from the lowest bit on. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
enum kind_at { KIND_STATE = 0, KIND_ORDER = 8, KIND_TYPE = 12, KIND_ZONE = 16, KIND_CPU = 21 };
#else
enum kind_at { KIND_STATE = 24, KIND_ORDER = 20, KIND_TYPE = 17, KIND_ZONE = 11, KIND_CPU = 1 };
#endif

enum frame_is {
	FRAME_IS_HOLE,	/* in no zone */
	FRAME_IS_USED,	/* nobody's word is kept with it */
	FRAME_IS_SLAB,	/* in use, the word is of the object allocators: see kmm_slab in cache.h */
	FRAME_IS_NAMED, /* in use, the word is the user's: kmm_set_frame_words() */
	FRAME_IS_FREE,	/* head of a free block */
	FRAME_IS_PCP,	/* head of a block in a per-CPU list */
	FRAME_IS_TAIL,	/* inside a free or per-CPU block */
};

static inline bool frame_in_use(const struct frame *f)
{
	return f->state >= FRAME_IS_USED && f->state <= FRAME_IS_NAMED;
}

enum wmark { WMARK_MIN, WMARK_LOW, WMARK_HIGH, WMARKS };

/* How an allocation may dip into reserves; the kernel's alloc_flags. */
enum alloc_flags {
	ALLOC_WMARK_MASK = 0x3, /* enum wmark */
	ALLOC_NO_WATERMARKS = 0x4,
	ALLOC_OOM = 0x8,
	ALLOC_NON_BLOCK = 0x10,	  /* HARDER before 6.3 */
	ALLOC_MIN_RESERVE = 0x20, /* HIGH before 6.3 */
	ALLOC_CMA = 0x80,
	ALLOC_NOFRAGMENT = 0x100,
	ALLOC_HIGHATOMIC = 0x200,
	ALLOC_KSWAPD = 0x800,
	ALLOC_RESERVES = ALLOC_OOM | ALLOC_NON_BLOCK | ALLOC_MIN_RESERVE | ALLOC_HIGHATOMIC,
};

struct zone {
	uint64_t free_pages;
	uint64_t counted;  /* of those, so many when the counter was seen to last: zonecount.h */
	int32_t count_lag; /* the counter has so many more */
	int32_t count_threshold; /* 0: it has none */
	uint64_t mark[WMARKS];	 /* without the boost */
	uint64_t boost;
	uint64_t kswapd_boost; /* at the start of kswapd's run */
	uint64_t reserve[KMM_ZONE_TYPES];
	uint64_t highatomic; /* pages in reserved page blocks */
	uint64_t managed;
	kmm_pfn start, end;
	uint32_t heads;	   /* first of ORDERS * TYPES list heads */
	uint32_t pcp0;	   /* its lists of CPU 0 in kmm.pcp */
	uint32_t isolated; /* page blocks tagged ISOLATE */
	uint8_t index, node, type;
	uint16_t fast_flags;		  /* enum alloc_flags of every first attempt from here */
	bool kswapd;			  /* kswapd balances it */
	bool boosted_wake;		  /* boosted: wake kswapd at the end of the allocation */
	bool below_high;		  /* 6.7+: seen below the high mark */
	bool below_unsure;		  /* perhaps not: its counter was near the mark */
	uint32_t unsure_times;		  /* it came to be that */
	uint16_t avail[KMM_MIGRATETYPES]; /* bit o: a free block of order o */
	uint64_t pageblocks[KMM_MIGRATETYPES];
};

#define PCP_LISTS 14 /* 3 types * 4 orders, then 2 of the huge-page order */
#define PCP_HEADS 16 /* places kept for them, for alignment */
#define PCP_THP_LIST 12
#define PCP_FACTOR_MAX 5 /* CONFIG_PCP_BATCH_SCALE_MAX */
#define COSTLY_ORDER 3

/* One CPU's page lists in one zone. */
struct pcp {
	uint32_t head;	/* first of its list heads */
	int32_t count;	/* base pages */
	int32_t hidden; /* more of them, which nobody knows: they only lengthen the lists */
	int32_t high, batch;
	int32_t high_min, high_max; /* 6.7+: high moves between these */
	int32_t free_count;	    /* 6.7+: freed since the last allocation, roughly */
	int32_t kept_back;	    /* free pages that are not in the zone's counter yet */
	int32_t high_late; /* 6.7+: high at most, if the once-a-second work ran one time less than it was due */
	int32_t high_least; /* 6.7+: high at least, if that work came behind refills, which raise high */
	int32_t high_else; /* while that is unsure: high, if the zone is on the other side of its mark */
	uint32_t else_since; /* zone.unsure_times as high_else began */
	uint16_t cpu;
	uint8_t zone;
	uint8_t free_factor;   /* 5.13-6.6 */
	uint8_t alloc_factor;  /* 6.7+ */
	bool freed_high_order; /* 6.7+: the previous free was of order 1..3 */
	bool lowers_late;      /* 6.7+: high is high_late, for that work has not run yet */
	struct {
		int32_t count, high, batch;
	} side[2]; /* 2.6: hot, cold */
} __attribute__((aligned(64)));

/* Who is asked when memory runs short, where the observer does not say (reclaim.c). */
struct shortage {
	void *arg;
	uint64_t (*reclaim_pages)(void *arg, unsigned cpu, unsigned zone, uint64_t pages);
	bool (*migrate_page)(void *arg, unsigned cpu, kmm_pfn from, kmm_pfn to);
	void (*wakeup_kswapd)(void *arg, unsigned zone, unsigned order, unsigned highest);
	bool (*out_of_memory)(void *arg, unsigned cpu);
};

struct zonelist {
	unsigned n;
	struct zone *zone[KMM_ZONES];
};

/* What the flags that name zone and mobility say, from one node on. */
#define ROUTES 32u /* sets of these flags, the lowest bits of a kmm_gfp */
struct route {
	struct zone *zone; /* the first of the list; NULL: none has memory */
	uint32_t used;	   /* frame_kind() of a page that it gives */
	uint8_t type;
	uint8_t highest; /* zone type */
	uint8_t mark;	 /* above which nothing but the page need change: enum wmark */
};

struct kmm {
	struct frame *frame; /* in frame_memory, aligned */
	void *frame_memory;
	uint8_t *tag; /* migrate type of each page block */
	struct pcp *pcp;
	uint32_t cpus;
	uint32_t frames; /* real ones: a multiple of the top block */
	uint32_t pageblock_pages;
	uint16_t pcp_orders;	 /* bit o: order o has per-CPU lists */
	uint16_t pcp_order_mask; /* those that may be used now */
	uint8_t max_order, pageblock_order;
	uint8_t generation; /* enum kmm_generation */
	bool grouping;
	bool has_dma32;		 /* a zone of this type is configured, populated or not */
	bool unmergeable;	 /* page blocks once had a type that keeps buddies apart */
	int8_t expect_ownership; /* for the next fallback; -1 by rule */
	int8_t expect_zone;	 /* for the next allocation; -1 by rule */
	int8_t expect_drain;	 /* for the next free; -1 by rule */
	int16_t capture_zone;	 /* what is freed may be kept for a compaction of this zone; -1 */
	uint8_t capture_order;	 /* the order that it wants; UINT8_MAX where there is none */
	uint8_t capture_type;	 /* and the migrate type */
	kmm_pfn captured;	 /* the block kept; KMM_NO_PFN */
	uint8_t zones;
	struct kmm_stats stats;
	struct kmm_observer seen;
	void *seen_arg;
	struct shortage shortage;
	struct zone *freed; /* where the last page was freed to: see frame_zone() */
	struct zone zone[KMM_ZONES];
	uint8_t highest[16];			     /* zone type by the low four gfp bits */
	struct zonelist (*zonelist)[KMM_ZONE_TYPES]; /* by node, highest zone type */
	struct route (*route)[ROUTES];		     /* by node, flags */
	uint32_t all_frames;			     /* with the list heads */
	struct kmm_config config;
};

/* Tell the observer, if it listens to this. */
#define OBSERVE(mm, event, ...)                                        \
	do {                                                           \
		if ((mm)->seen.event)                                  \
			(mm)->seen.event((mm)->seen_arg, __VA_ARGS__); \
	} while (0)

#pragma GCC visibility pop
#endif
