// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/slabshown.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay/bysizes.h"
#include "replay/nametest.h"
#include "replay/objaddr.h"
#include "workload/attribution.h"

#define PAGE_SHIFT 12
#define PAGE_BYTES (1u << PAGE_SHIFT)
#define GRAIN 8 /* objects start at multiples of this, or four bytes beside */
#define NO_CACHE UINT32_MAX
#define NO_FRAME 0	 /* no event so far */
#define TAKEN UINT32_MAX /* an event of the frame itself: what comes later is another's */

/* A frame of a slab of the start, or the slab. */
struct shown {
	uint32_t pfn, cache; /* cache: place in machine.slabs; NO_CACHE not told yet */
	uint32_t free;	     /* objects that were allocated first */
	uint64_t asked;	     /* 1 + ordinal of the first of these; 0 none */
	uint64_t seen[PAGE_BYTES / GRAIN / 64]; /* objects that an event showed */
};

struct reading {
	struct machine *m;
	const struct intern *strings;
	struct attribution names;
	uint32_t start; /* mark of the start; UINT32_MAX: where the trace begins */
	bool started;
	uint32_t *frame_of; /* [max_pfn] NO_FRAME, TAKEN, else place in frame + 1 */
	struct shown *frame;
	uint32_t count, room;
	uint32_t *cache_of_string; /* place in machine.slabs + 1, slab_count + 1: none; 0 not asked */
	struct objaddr addr;
};

static void take(struct reading *r, uint64_t pfn, unsigned order)
{
	for (uint64_t f = pfn; f < pfn + (1ull << order) && f < r->m->max_pfn; f++)
		r->frame_of[f] = TAKEN;
}

static int begin(struct reading *r, struct kmw_reader *k, struct machine *m, struct err *e)
{
	static const char mark[] = "snap: before/kpageflags end";

	*r = (struct reading){ .m = m, .strings = kmw_strings(k) };
	if (attribution_load(&r->names, k, e) < 0)
		return err_code(e);
	r->start = intern_find(r->strings, mark, strlen(mark));
	r->started = r->start == UINT32_MAX;
	r->frame_of = calloc(m->max_pfn + 1, sizeof(*r->frame_of));
	r->cache_of_string = calloc(r->strings->count + 1ull, sizeof(*r->cache_of_string));
	if (!r->frame_of || !r->cache_of_string)
		return err_set(e, ENOMEM, "out of memory");
	for (uint32_t i = 0; i < m->before.slabpage_count; i++)
		take(r, m->before.slabpages[i].pfn, m->before.slabpages[i].order);
	return 0;
}

static void end(struct reading *r)
{
	attribution_free(&r->names);
	free(r->frame_of);
	free(r->frame);
	free(r->cache_of_string);
	objaddr_free(&r->addr);
}

/* ---- reading ---- */

static uint32_t cache_of_string(struct reading *r, uint32_t string)
{
	const char *name = intern_str(r->strings, string);
	uint32_t n = r->cache_of_string[string];

	for (uint32_t i = 0; !n && i < r->m->slab_count; i++)
		if (nametest_same(r->m, r->m->slabs[i].name, name))
			n = i + 1;
	if (!n)
		n = r->m->slab_count + 1;
	r->cache_of_string[string] = n;
	return n > r->m->slab_count ? NO_CACHE : n - 1;
}

static uint32_t cache_of(struct reading *r, const struct request *q)
{
	uint32_t string = q->sig.op == REQ_OBJ_FREE ? q->sig.cache :
						      attribution_cache(&r->names, &q->sig);
	int n;

	if (string)
		return cache_of_string(r, string);
	n = q->sig.op == REQ_OBJ_FREE ? -1 :
					bysizes_only(r->m, q->sig.bytes_req, q->sig.bytes_alloc);
	return n < 0 ? NO_CACHE : (uint32_t)n;
}

/* The frame's place; NULL: out of memory. */
static struct shown *frame_at(struct reading *r, uint32_t pfn)
{
	uint32_t *at = &r->frame_of[pfn];

	if (*at != NO_FRAME)
		return &r->frame[*at - 1];
	if (r->count == r->room) {
		uint32_t room = r->room ? r->room * 2 : 1024;
		struct shown *more = realloc(r->frame, room * sizeof(*more));

		if (!more)
			return NULL;
		r->frame = more;
		r->room = room;
	}
	r->frame[r->count] = (struct shown){ .pfn = pfn, .cache = NO_CACHE };
	*at = ++r->count;
	return &r->frame[r->count - 1];
}

/* An object came or went; which is its first event? */
static int object(struct reading *r, uint64_t addr, const struct request *q)
{
	uint64_t pfn = (addr - r->m->direct_map_base) >> PAGE_SHIFT;
	uint32_t bit = (uint32_t)(addr % PAGE_BYTES) / GRAIN;
	struct shown *x;

	if (!r->started || addr < r->m->direct_map_base || pfn >= r->m->max_pfn ||
	    r->frame_of[pfn] == TAKEN)
		return 0;
	x = frame_at(r, (uint32_t)pfn);
	if (!x)
		return -ENOMEM;
	if (x->cache == NO_CACHE)
		x->cache = cache_of(r, q);
	if (x->seen[bit / 64] >> bit % 64 & 1)
		return 0;
	x->seen[bit / 64] |= 1ull << bit % 64;
	if (q->sig.op != REQ_OBJ_ALLOC)
		return 0;
	x->free++;
	if (!x->asked)
		x->asked = q->seq + 1;
	return 0;
}

static int record(struct reading *r, const struct request *q)
{
	switch (q->sig.op) {
	case REQ_OBJ_ALLOC:
		if (q->sig.flags & REQ_FAILED)
			return 0;
		if (q->slot != NO_SLOT && objaddr_set(&r->addr, q->slot, q->addr))
			return -ENOMEM;
		return object(r, q->addr, q);
	case REQ_OBJ_FREE:
		return object(r, q->slot == NO_SLOT ? q->addr : objaddr_get(&r->addr, q->slot), q);
	case REQ_PAGE_ALLOC:
	case REQ_PAGE_FREE:
	case OBS_ZONE_LOCKED:
	case OBS_PCPU_DRAIN:
		if (r->started && q->sig.order < KMM_ORDERS)
			take(r, q->pfn, q->sig.order);
		return 0;
	case OBS_MARK:
		r->started |= q->pfn == r->start;
		return 0;
	default:
		return 0;
	}
}

/* ---- what was read ---- */

static uint32_t block_of(const struct reading *r, const struct shown *x)
{
	return x->pfn & ~((1u << r->m->slabs[x->cache].order) - 1);
}

static int by_block(const void *a, const void *b)
{
	const struct shown *x = a, *y = b;

	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

static int by_cache(const void *a, const void *b)
{
	const struct shown *x = a, *y = b;

	if (x->cache != y->cache)
		return x->cache < y->cache ? -1 : 1;
	if (x->asked != y->asked)
		return x->asked < y->asked ? -1 : 1;
	return by_block(a, b);
}

/* Frames become slabs: those of one block, of the cache that the first of them to be told has. */
static void join(struct reading *r)
{
	uint32_t n = 0;

	if (!r->count)
		return;
	qsort(r->frame, r->count, sizeof(*r->frame), by_block);
	for (uint32_t i = 0; i < r->count; i++) {
		struct shown x = r->frame[i], *last = n ? &r->frame[n - 1] : NULL;

		if (last && x.pfn < last->pfn + (1u << r->m->slabs[last->cache].order)) {
			last->free += x.free;
			if (x.asked && (!last->asked || x.asked < last->asked))
				last->asked = x.asked;
			continue;
		}
		if (x.cache == NO_CACHE || !r->m->slabs[x.cache].objs_per_slab)
			continue;
		x.pfn = block_of(r, &x);
		r->frame[n++] = x;
	}
	r->count = n;
	qsort(r->frame, r->count, sizeof(*r->frame), by_cache);
}

/* The slabs of one cache, which were turned to in this order. */
static void place(struct reading *r, uint32_t from, uint32_t to, struct machine_slabpage *pages)
{
	struct machine_slab *c = &r->m->slabs[r->frame[from].cache];
	uint64_t on_node = r->m->slabs_of_start ? c->num_objs - c->active_objs : 0;
	uint64_t active = 0, slabs = to - from;

	for (uint32_t i = to; i-- > from;) {
		const struct shown *x = &r->frame[i];
		uint32_t free = x->free < c->objs_per_slab ? x->free : c->objs_per_slab;
		struct machine_slabpage *p = &pages[i];

		*p = (struct machine_slabpage){ .pfn = x->pfn,
						.cache = x->cache,
						.objects = (uint16_t)c->objs_per_slab,
						.inuse = (uint16_t)(c->objs_per_slab - free),
						.order = (uint8_t)c->order,
						.place = free ? SLAB_FROZEN : SLAB_FULL,
						.cpu = -1 };
		if (free && free <= on_node) {
			on_node -= free;
			p->place = SLAB_PARTIAL;
		}
		active += p->place == SLAB_PARTIAL ? p->inuse : p->objects;
	}
	if (!r->m->slabs_hidden)
		return;
	c->hidden_slabs = c->num_slabs > slabs ? c->num_slabs - slabs : 0;
	c->hidden_objs = c->hidden_slabs * c->objs_per_slab;
	c->hidden_active = c->active_objs > active ? c->active_objs - active : 0;
	if (c->hidden_active > c->hidden_objs)
		c->hidden_active = c->hidden_objs;
}

static int give(struct reading *r)
{
	struct machine *m = r->m;
	uint32_t had = m->before.slabpage_count;
	struct machine_slabpage *pages;

	join(r);
	pages = realloc(m->before.slabpages, (had + r->count + 1ull) * sizeof(*pages));
	if (!pages)
		return -ENOMEM;
	m->slabs_hidden = m->slabs_of_start;
	for (uint32_t i = 0; m->slabs_hidden && i < m->slab_count; i++) {
		m->slabs[i].hidden_slabs = m->slabs[i].num_slabs;
		m->slabs[i].hidden_objs = m->slabs[i].num_objs;
		m->slabs[i].hidden_active = m->slabs[i].active_objs;
	}
	for (uint32_t i = 0, n; i < r->count; i = n) {
		for (n = i; n < r->count && r->frame[n].cache == r->frame[i].cache;)
			n++;
		place(r, i, n, pages + had);
	}
	m->before.slabpages = pages;
	m->before.slabpage_count = had + r->count;
	m->before.have_slabpages = true;
	return 0;
}

int slabshown_find(struct kmw_reader *k, struct machine *m, struct err *e)
{
	struct request *q;
	struct kmw_scratch *scratch;
	struct reading r = { 0 };
	int n = 0, ret;

	q = malloc(KMW_BLOCK_RECORDS * sizeof(*q));
	scratch = kmw_scratch_new();
	ret = q && scratch ? begin(&r, k, m, e) : err_set(e, ENOMEM, "out of memory");
	for (uint32_t b = 0; b < kmw_block_count(k) && ret >= 0; b++) {
		n = kmw_block_read(k, b, q, scratch, e);
		ret = n < 0 ? n : 0;
		for (int i = 0; i < n && ret >= 0; i++)
			if (record(&r, &q[i]))
				ret = err_set(e, ENOMEM, "out of memory for the start's slabs");
	}
	if (ret >= 0 && give(&r))
		ret = err_set(e, ENOMEM, "out of memory for the slabs of the start");
	end(&r);
	free(q);
	if (scratch)
		kmw_scratch_free(scratch);
	return ret;
}
