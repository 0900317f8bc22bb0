/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * window: the stretch of records that cannot be handed on yet.  The order of
 * operations differs from the order of the log, and what a record is follows
 * from later events; so records wait here, in order of operations, until
 * nothing about them or about an earlier one is open.
 */
#ifndef WORKLOAD_WINDOW_H
#define WORKLOAD_WINDOW_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "workload/request.h"
#include "workload/ties.h"

/* What an entry waits for; it may leave when no bit is set. */
enum window_wait {
	WAIT_ALLOC = 1 << 0, /* its refills were seen, its mm_page_alloc was not */
	WAIT_BATCH = 1 << 1, /* a free: mm_page_free_batched may follow */
	WAIT_PAIR = 1 << 2,  /* a free of an unknown page: the kfree of a page array may name it */
	WAIT_OWNER = 1 << 3, /* an allocation: the next object may show what it is for */
	WAIT_BULK = 1 << 4,  /* a silent bulk allocation: may stand later, at its first refill */
	WAIT_TWIN = 1 << 5,  /* a large kmalloc: may be traced a second time */
	WAIT_DRAIN = 1 << 6, /* a free: its drains may follow, and then it stands at the first */
	WAIT_EARLY = 1 << 7, /* a place kept before an interrupt's events */
};

struct window_entry {
	struct request r;
	int64_t ctx;	    /* key of the context that it belongs to, on its CPU */
	struct take take;   /* allocations: their refills */
	uint32_t freed_pfn; /* frees: the page frame, also where r names a slot alone */
	uint8_t freed_type; /* frees: migrate type that it was allocated with; KMM_MIGRATETYPES unknown */
	uint8_t waits; /* enum window_wait */
	bool alone;    /* no other CPU's event has its time */
	bool dropped;  /* came to nothing */
	bool gives;    /* its slot is free for others once this record has left */
};

#define WINDOW_SIZE 1024  /* entries at first; a power of two, small for the cache's sake */
#define WINDOW_USUAL 8192 /* so many may be; beyond, all but allocations is decided by default */
#define WINDOW_MAX (1u << 17) /* entries at most: what happens while one huge page is zeroed */
#define WINDOW_NONE UINT64_MAX

struct window {
	struct window_entry *ring; /* [mask + 1] */
	void *memory;		   /* that it stands in */
	uint64_t mask;		   /* entries of the ring, a power of two, less one */
	uint64_t head, tail;	   /* positions: head is the oldest entry, tail the next free one */
};

int window_init(struct window *w);
void window_free(struct window *w);
/* Double its size; false if it is as large as may be, or no memory is left. */
bool window_grow(struct window *w);

static inline struct window_entry *window_at(const struct window *w, uint64_t pos)
{
	return &w->ring[pos & w->mask];
}

/* Is this position still waiting here? */
static inline bool window_has(const struct window *w, uint64_t pos)
{
	return pos >= w->head && pos < w->tail;
}

static inline bool window_empty(const struct window *w)
{
	return w->head == w->tail;
}

/* Go on at the ring's start where nothing waits: what is in use of it stays in the cache. */
static inline void window_rewind(struct window *w)
{
	if (window_empty(w))
		w->head = w->tail = (w->tail + w->mask) & ~w->mask;
}

/*
 * All that is told neither by the event nor by its context, but for what feed.h puts there, which
 * stays zero here.  Field by field: a compiler makes a slow string operation of the copy of a whole
 * blank entry.
 */
static inline void window_entry_init(struct window_entry *w, enum request_op op)
{
	w->r.slot = NO_SLOT;
	w->r.pfn = KMM_NO_PFN;
	w->r.addr = 0;
	w->r.sig.site = 0;
	w->r.sig.bytes_req = w->r.sig.bytes_alloc = 0;
	w->r.sig.gfp = 0;
	w->r.sig.cache = 0;
	w->r.sig.op = (uint8_t)op;
	w->r.sig.flags = 0;
	w->r.sig.order = w->r.sig.type = w->r.sig.owner = 0;
	w->r.sig.aux = w->r.sig.aux2 = 0;
	w->r.sig.node = -1;
	w->r.sig.own_obs = 0;
	w->take.first = KMM_NO_PFN;
	w->take.end = 0;
	w->take.type = w->take.order = 0;
	w->take.blocks = 0;
	w->freed_pfn = 0;
	w->freed_type = w->waits = 0;
	w->dropped = w->gives = false;
}

static inline bool window_full(const struct window *w)
{
	return w->tail - w->head > w->mask;
}

#endif
