/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * resolver: the inside of resolve.h, shared by its files: resolve.c (dispatch)
 * and the resolve_*.c.
 */
#ifndef WORKLOAD_RESOLVER_H
#define WORKLOAD_RESOLVER_H

#include "base/map.h"
#include "workload/frameobjs.h"
#include "workload/pagemap.h"
#include "workload/resolve.h"
#include "workload/slots.h"
#include "workload/tieevents.h"
#include "workload/window.h"

#define CTX_PER_CPU \
	8 /* contexts remembered per CPU; the least recently used one is settled and reused */
#define CTX_OWNERS 8	  /* page allocations whose owner is still open, per context */
#define OWNER_PATIENCE 12 /* events of a context after which the owner is decided by flags */

/*
 * A run of kswapd, from its wake-up on; its end shows only in that no event follows, or in that it looks whether
 * kcompactd is to run.
 */
struct kswapd {
	int32_t pid;
	bool on, over;
	int order;		 /* that it was woken for */
	uint64_t last, last_seq; /* time and number of its last event */
	uint32_t last_cpu;
};

/* Positions in the window, in order. */
struct posvec {
	uint64_t *pos;
	uint32_t count, room;
};

/*
 * A context is a flow of control whose events follow each other: a task on a
 * CPU, or that CPU's softirq, hardirq or NMI level.
 */
struct ctx {
	int64_t key;		/* pid, or -1 - level; CTX_NONE: free place */
	uint64_t used;		/* ordinal of its last event + 1; 0: none yet */
	uint16_t last_kind;	/* of its last event */
	uint32_t list_pfn;	/* page frame of its last free, refill or drain */
	int32_t list_pid;	/* whose that free was */
	uint32_t batched_first; /* of a page whose batched event came before its free; KMM_NO_PFN */
	bool reclaimer;		/* kswapd or kcompactd */
	bool compactor;		/* kcompactd */
	bool boot_init;		/* pgdatinit: hands the rest of memory over at boot */
	bool unbound;		/* a worker of no CPU: may help it */
	uint8_t drain;		/* enum drain_cause of the drains that follow each other here */
	bool in_reclaim, in_compaction;
	bool compacts_other; /* its compactions are for a request that is not for MOVABLE memory */
	bool compacted;	     /* a compaction ended, and no event of the allocators has come since */
	uint64_t open;	     /* allocation whose refills were seen; WINDOW_NONE */
	bool resumed;	     /* another task ran here, and since then this one has but given back */
	uint64_t twin;	     /* large kmalloc that may be traced again */
	uint64_t bulk;	     /* first of bulk_n silent pages that may still move; WINDOW_NONE */
	uint32_t bulk_n;
	uint32_t bulk_array; /* number of their array */
	uint32_t bulk_gfp;   /* with which they were asked for */
	bool bulk_moved;     /* they stand at their first refill already */
	uint32_t exact_slot; /* block just allocated that alloc_pages_exact may trim; NO_SLOT */
	uint64_t area_size;  /* of the vmalloc_range probe that is under way, 0 */
	uint8_t area_align;  /* and its alignment, as a power of two */
	uint64_t big_size;   /* of the one in which that one is, for the array of its pages, 0 */
	uint8_t big_align;
	uint64_t kmap_page;    /* struct page of the kmap_local just before */
	uint64_t last_free;    /* WAIT_DRAIN; WINDOW_NONE */
	struct posvec frees;   /* WAIT_BATCH */
	uint32_t frees_before; /* of them were logged before another task ran here */
	bool area_gone; /* those from area_frees on are of an area that was unmapped just before */
	uint32_t area_frees;
	struct posvec unpaired; /* WAIT_PAIR */
	uint64_t owner[CTX_OWNERS];
	uint32_t owner_n, owner_age;
};

/* Is anything undecided that a later event of the context decides? */
static inline bool ctx_pending(const struct ctx *c)
{
	return c->frees.count | c->unpaired.count | c->bulk_n | c->owner_n | c->compacted ||
	       (c->open & c->twin & c->last_free) != WINDOW_NONE || c->exact_slot != NO_SLOT;
}

#define CTX_NONE INT64_MIN
#define CTX_SOFTIRQ (-2) /* higher levels are smaller */
#define CTX_HARDIRQ (-3)
#define CTX_NMI (-4)

/* A CPU's interrupts since its task's last event. */
struct irq {
	uint64_t early; /* place kept before their page events; WINDOW_NONE */
	int32_t task;	/* the one that they interrupted */
	int32_t last;	/* the task of the last event of a task */
	uint8_t recent; /* place of the last event's context among the CPU's */
};

/* The page array of a vmalloc area and the slots of its silent pages. */
struct page_array {
	uint32_t n;
	uint32_t *slots;
	uint32_t next_free;
};

/* Where struct page 0 lies, from a kmap_local and the kmap_local_pfn inside it; two such pairs tell. */
struct page_structs {
	uint64_t addr, pfn; /* the first pair; addr 0: none yet */
	uint64_t base, size;
};

struct resolver {
	struct resolve_options o;
	uint64_t mapped; /* frames of the direct map: those that may have an address in it */
	struct resolve_stats stats;
	struct window win;
	struct tieevents tied;
	struct ties ties;
	struct slots slots;
	struct sites sites;
	struct pool memory;    /* of the tables of frames */
	struct pagemap frames; /* the slot is NO_SLOT once freed, PAGE_UNSEEN before any event */
	struct frameobjs frame_objects; /* place in the direct map -> slot of the object there */
	struct map objects;		/* any other address -> slot of the object there */
	struct map percpu, areas;	/* address -> slot */
	struct map arrays;		/* address of a page array -> number in array[] */
	struct page_array *array;
	uint32_t array_count, array_room, array_free;
	struct ctx *ctx; /* [cpus][CTX_PER_CPU] */
	struct irq *irq; /* [cpus] */
	uint32_t cpus;
	uint64_t seq;	  /* ordinal of the current event */
	uint64_t arrived; /* events so far */
	bool alone;	  /* the current event shares its time with no other CPU's */
	int64_t current;  /* key of the current event's context */
	struct ctx *at;	  /* of the event before, on this CPU; NULL: none */
	uint32_t at_cpu;
	uint32_t deferred; /* from this frame on memory is being handed over at boot; KMM_NO_PFN: it is not */
	struct kswapd kswapd[KMM_NODES];
	bool kswapd_seen;
	uint64_t alone_until; /* positions before this one share their time with no other CPU */
	bool finishing;	      /* no event follows any more */
	struct page_structs structs;
	uint16_t epoch;	 /* lost-event gaps so far */
	uint32_t *names; /* event name number -> workload string + 1 */
	uint32_t names_room;
	struct err *err; /* of the call in progress */
};

#define PAGE_UNSEEN (NO_SLOT - 1)

static inline uint32_t resolver_slot_of(const struct resolver *r, uint32_t pfn)
{
	uint32_t slot = pagemap_get(&r->frames, pfn).slot;

	return slot == PAGE_UNSEEN ? NO_SLOT : slot;
}

/* Frame of a direct-map address, or KMM_NO_PFN. */
static inline uint32_t resolver_pfn(const struct resolver *r, uint64_t addr)
{
	uint64_t pfn = (addr - r->o.direct_map_base) >> 12;

	return pfn < r->mapped ? (uint32_t)pfn : KMM_NO_PFN;
}

/* REQ_RESPONSE and REQ_UNCERTAIN as the context and the slot's age demand. */
static inline uint8_t resolver_flags(const struct resolver *r, const struct ctx *c, uint32_t slot)
{
	uint8_t flags = (c->reclaimer | c->in_reclaim | c->in_compaction) ? REQ_RESPONSE : 0;

	if (slot != NO_SLOT && r->slots.s[slot].epoch != r->epoch)
		flags |= REQ_UNCERTAIN;
	return flags;
}

/* ---- resolve.c ---- */

/* Resolve an event, the seq-th of the trace. */
int resolver_take(struct resolver *r, const struct event *ev, uint64_t seq, uint64_t lost,
		  struct err *e);

int resolver_oom(struct resolver *r);
int posvec_push(struct posvec *v, uint64_t pos);
/* As resolver_name(), for a name that is new. */
uint32_t resolver_name_new(struct resolver *r, uint32_t name);
/* An event's name as a string of the workload; 0 none. */
static inline uint32_t resolver_name(struct resolver *r, uint32_t name)
{
	if (name < r->names_room && r->names[name])
		return r->names[name] - 1;
	return resolver_name_new(r, name);
}

uint8_t resolver_type(const struct resolver *r, int raw);

/* True too where nothing is known of zones. */
bool resolver_same_zone(const struct resolver *r, uint32_t a, uint32_t b);

/* ---- resolve_context.c ---- */
void resolve_context_reset(struct ctx *c, int64_t key);
/* The event's context, which has this key, where it is not that of the event before; NULL: r->err is set. */
struct ctx *resolve_context_get(struct resolver *r, const struct event *ev, int64_t key);

/* ---- resolve_leave.c ---- */
/*
 * A new entry at the end of the window, the newest(), filled from the event; NULL: failed, r->err is set.
 */
struct window_entry *resolver_append(struct resolver *r, const struct event *ev,
				     enum request_op op);
/* Its position. */
static inline uint64_t resolver_newest(const struct resolver *r)
{
	return r->win.tail - 1;
}

/* Does the oldest entry keep all others waiting, or is there none? */
static inline bool window_shut(const struct resolver *r)
{
	return window_empty(&r->win) || window_at(&r->win, r->win.head)->waits;
}

/* Between an allocation's refills, or an interrupt, and its own event: a highmem page is mapped to be cleared. */
static inline bool resolver_is_kmap(enum event_kind kind)
{
	return kind >= EVENT_KMAP_HIGH && kind <= EVENT_FLUSH_ALL_ZERO_PKMAPS;
}

/* Hand on all that keeps no other waiting.  0, or what resolve_options.put() said. */
int resolve_leave(struct resolver *r);
/* One of those whose order `ties` has found. */
int resolve_leave_tie(void *arg, const struct tie *t);
/* The window is half full: more of it, or its oldest entries are decided.  As resolve_leave(). */
int resolve_relieve(struct resolver *r);

/* ---- resolve_page.c ---- */
int resolve_page_alloc(struct resolver *r, struct ctx *c, const struct event *ev);
int resolve_page_list(struct resolver *r, struct ctx *c,
		      const struct event *ev); /* zone_locked, drain, extfrag */
/* A task that logs an allocation first on this CPU: were its refills on another, before it was moved? */
void resolve_page_moved(struct resolver *r, struct ctx *c, const struct event *ev);
/* Decide what the event `kind` shows about the context's earlier page events; of those something is open. */
void resolve_page_settle(struct resolver *r, struct ctx *c, enum event_kind kind);
/* A task begins to reclaim. */
void resolve_page_reclaim(struct resolver *r, struct ctx *c, const struct event *ev);
/* Decide what waits in the context, but for an allocation whose refills were seen. */
void resolve_page_settle_most(struct resolver *r, struct ctx *c);
/* Decide everything that waits in the context. */
void resolve_page_settle_all(struct resolver *r, struct ctx *c);

/* ---- resolve_free.c ---- */
int resolve_free(struct resolver *r, struct ctx *c, const struct event *ev);
int resolve_free_batched(struct resolver *r, struct ctx *c, const struct event *ev);
/* The context's frees that waited for their batched event stay where they were logged. */
void resolve_free_settle(struct resolver *r, struct ctx *c);
/* No drain follows the context's last free. */
void resolve_free_settle_drain(struct resolver *r, struct ctx *c);
/* One does: the free stands there. */
int resolve_free_at_drain(struct resolver *r, struct ctx *c, const struct event *ev);
/* vfree logs page by page, and frees neighbours together after that: join those of the context's area. */
void resolve_free_area(struct resolver *r, struct ctx *c);
/* The frees that could have been a page array's are nobody's. */
void resolve_free_unpaired(struct resolver *r, struct ctx *c);

/* ---- resolve_owner.c ---- */
/* The owner as far as flags tell. */
enum request_owner resolve_owner_guess(kmm_gfp gfp, unsigned order);
/* An object was allocated at addr: is it the first of a page that waits for its owner? */
void resolve_owner(struct resolver *r, struct ctx *c, const struct event *ev, uint32_t site);
/* All but the newest `keep` pages stay what their flags made them. */
void resolve_owner_give_up(struct resolver *r, struct ctx *c, uint32_t keep);

/* ---- resolve_frames.c ---- */
/* The frames belong to a slot's block, or NO_SLOT to none. */
int resolve_frames_cover(struct resolver *r, uint32_t pfn, uint32_t pages, uint32_t slot);
/* Whatever still covers these frames was freed without an event; mark: of its implied free. */
int resolve_frames_vacate(struct resolver *r, const struct event *ev, uint32_t pfn, uint32_t pages,
			  uint8_t mark);

/* ---- resolve_bulk.c ---- */
/* Silent pages: n of them after the allocation of their array at addr. */
int resolve_bulk(struct resolver *r, struct ctx *c, const struct event *ev, uint64_t addr,
		 uint32_t n, uint32_t gfp);
/* The array at addr is freed: name the frees just before. */
int resolve_bulk_free(struct resolver *r, struct ctx *c, const struct event *ev, uint64_t addr);

/* ---- resolve_irq.c ---- */
/* Does this event's interrupt find the per-CPU list of the frame's zone locked? */
bool resolve_irq_locked(const struct resolver *r, const struct event *ev, uint32_t pfn);
/* Before an interrupt's page event. */
int resolve_irq_enter(struct resolver *r, const struct event *ev);
/* Before a task's event: what it did not do before the interrupt is settled. */
void resolve_irq_leave(struct resolver *r, const struct event *ev);
/* The entry of an allocation that was made before the interrupts seen just now; NULL: it was not. */
struct window_entry *resolve_irq_early(struct resolver *r, const struct event *ev, uint64_t *pos);
void resolve_irq_settle(struct resolver *r, uint32_t cpu);

/* ---- resolve_object.c ---- */
int resolve_object(struct resolver *r, struct ctx *c, const struct event *ev);
int resolve_percpu(struct resolver *r, struct ctx *c, const struct event *ev);
int resolve_area(struct resolver *r, struct ctx *c,
		 const struct event *ev); /* vmap events and probes, kmap probes */
/* Slot of the object that lives at this address; NO_SLOT. */
uint32_t resolver_object_at(const struct resolver *r, uint64_t addr);
/* A slab page is freed: whatever lived in it is gone. */
int resolve_objects_of_page(struct resolver *r, const struct event *ev, uint32_t pfn);

#endif
