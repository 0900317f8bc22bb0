// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/stat.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- tables ---- */

/* Tables beside the main one of objects, and of pages. */
#define FURTHER_OBJECT (1u << STAT_GFP | 1u << STAT_PROCESS | 1u << STAT_CPU)
#define FURTHER_PAGE \
	(1u << STAT_PAGE_GFP | 1u << STAT_PAGE_PROCESS | 1u << STAT_PAGE_CPU | 1u << STAT_PAGE_SITE)

int stat_init(struct stat *s, unsigned by)
{
	memset(s, 0, sizeof(*s));
	s->by = by | 1u << STAT_SITE | 1u << STAT_PAGE_TYPE;
	if (liveset_init(&s->objects, (unsigned)__builtin_popcount(by & FURTHER_OBJECT)) ||
	    liveset_init(&s->pages, (unsigned)__builtin_popcount(by & FURTHER_PAGE)))
		return -ENOMEM;
	for (unsigned i = 0; i < STAT_BYS; i++) {
		s->t[i].last = UINT32_MAX;
		if (s->by >> i & 1 && map_init(&s->t[i].index, 1024))
			return -ENOMEM;
	}
	return 0;
}

void stat_free(struct stat *s)
{
	liveset_free(&s->objects);
	liveset_free(&s->pages);
	for (unsigned i = 0; i < STAT_BYS; i++) {
		map_free(&s->t[i].index);
		free(s->t[i].rows);
	}
	memset(s, 0, sizeof(*s));
}

/* The row of a key, a new one empty; UINT32_MAX out of memory. */
static uint32_t row_of(struct stat_table *t, uint64_t key, uint64_t size)
{
	uint64_t mixed = key ^ size * 0x9e3779b97f4a7c15ull;
	uint32_t n;

	if (t->last != UINT32_MAX && t->last_key == key && t->last_size == size)
		return t->last;
	n = map_get(&t->index, mixed);
	if (n == MAP_NONE) {
		if (t->count == t->room) {
			uint32_t room = t->room ? t->room * 2 : 256;
			struct stat_row *more = realloc(t->rows, room * sizeof(*more));

			if (!more)
				return UINT32_MAX;
			t->rows = more;
			t->room = room;
		}
		if (map_put(&t->index, mixed, t->count))
			return UINT32_MAX;
		n = t->count++;
		memset(&t->rows[n], 0, sizeof(t->rows[n]));
		t->rows[n].key = key;
		t->rows[n].size = size;
	}
	t->last_key = key;
	t->last_size = size;
	return t->last = n;
}

static void came(struct stat_sums *s, uint64_t req, uint64_t bytes)
{
	s->allocs++;
	s->bytes_req += req;
	s->bytes_alloc += bytes;
	s->live++;
	s->live_bytes += bytes;
	if (s->live_bytes > s->peak_bytes)
		s->peak_bytes = s->live_bytes;
}

static void went(struct stat_sums *s, uint64_t bytes, unsigned lived, bool elsewhere)
{
	s->frees++;
	s->live--;
	s->live_bytes -= bytes;
	s->ping_pong += elsewhere;
	s->lifetime[lived]++;
}

static void forgotten(struct stat_sums *s, uint64_t bytes)
{
	s->live--;
	s->live_bytes -= bytes;
}

void stat_add(struct stat_sums *to, const struct stat_sums *x)
{
	to->allocs += x->allocs;
	to->frees += x->frees;
	to->bytes_req += x->bytes_req;
	to->bytes_alloc += x->bytes_alloc;
	to->live += x->live;
	to->live_bytes += x->live_bytes;
	to->peak_bytes += x->peak_bytes;
	to->ping_pong += x->ping_pong;
	to->failed += x->failed;
	for (unsigned i = 0; i < STAT_LIFETIMES; i++)
		to->lifetime[i] += x->lifetime[i];
}

double stat_lifetime(const struct stat_sums *s, double share)
{
	uint64_t all = 0, seen = 0;

	for (unsigned i = 0; i < STAT_LIFETIMES; i++)
		all += s->lifetime[i];
	for (unsigned i = 0; i < STAT_LIFETIMES; i++) {
		seen += s->lifetime[i];
		if (all && (double)seen >= share * (double)all)
			return ldexp(1, (int)i + 1);
	}
	return NAN;
}

/* ---- what lives ---- */

/* An allocation of `ev` in the further tables of a set; its rows are kept with it. */
static void further_came(struct stat *s, unsigned set, const uint64_t *keys, uint32_t *rows,
			 kmm_gfp gfp, uint64_t req, uint64_t bytes)
{
	for (unsigned by = s->by & set; by; by &= by - 1) {
		unsigned i = (unsigned)__builtin_ctz(by);
		uint32_t n = row_of(&s->t[i], keys[i], 0);

		if (n == UINT32_MAX) {
			s->no_memory = true;
			return;
		}
		*rows++ = n;
		s->t[i].rows[n].gfp = gfp;
		came(&s->t[i].rows[n].sums, req, bytes);
	}
}

/* What was live is freed, or given out again without a free that the trace shows. */
static void further_went(struct stat *s, unsigned set, const uint32_t *rows, uint64_t bytes,
			 unsigned lived, bool elsewhere, bool unseen)
{
	for (unsigned by = s->by & set; by; by &= by - 1) {
		struct stat_sums *x = &s->t[__builtin_ctz(by)].rows[*rows++].sums;

		if (unseen)
			forgotten(x, bytes);
		else
			went(x, bytes, lived, elsewhere);
	}
}

static unsigned bucket(uint64_t from, uint64_t to)
{
	return to > from ? 63 - (unsigned)__builtin_clzll(to - from) : 0;
}

/* ---- objects ---- */

static void object_alloc(struct stat *s, const struct event *ev, bool kmalloc)
{
	uint32_t n = row_of(&s->t[STAT_SITE], ev->object.call_site, ev->object.bytes_alloc);
	struct stat_row *row;
	struct live *x;

	s->slab.allocations++;
	s->slab.bytes_requested += ev->object.bytes_req;
	s->slab.bytes_allocated += ev->object.bytes_alloc;
	if (n == UINT32_MAX) {
		s->no_memory = true;
		return;
	}
	row = &s->t[STAT_SITE].rows[n];
	row->kmalloc = kmalloc;
	row->gfp = ev->object.gfp;
	if (!ev->object.ptr) {
		s->slab.failed++;
		row->sums.failed++;
		return;
	}
	if (ev->object.name && !row->cache)
		row->cache = ev->object.name;
	x = liveset_put(&s->objects, ev->object.ptr);
	if (!x) {
		s->no_memory = true;
		return;
	}
	if (x->live) {
		struct stat_row *was = &s->t[STAT_SITE].rows[x->row];

		forgotten(&was->sums, was->size);
		further_went(s, FURTHER_OBJECT, liveset_rows(&s->objects, x), was->size, 0, false,
			     true);
	}
	x->time = ev->time;
	x->row = n;
	x->cpu = (int16_t)ev->cpu;
	x->live = true;
	came(&row->sums, ev->object.bytes_req, ev->object.bytes_alloc);
	if (s->by & FURTHER_OBJECT) {
		uint64_t keys[STAT_BYS] = { [STAT_GFP] = ev->object.gfp,
					    [STAT_PROCESS] = (uint32_t)ev->pid,
					    [STAT_CPU] = ev->cpu };

		further_came(s, FURTHER_OBJECT, keys, liveset_rows(&s->objects, x), ev->object.gfp,
			     ev->object.bytes_req, ev->object.bytes_alloc);
	}
}

static void object_free(struct stat *s, const struct event *ev)
{
	struct live *x = ev->object.ptr ? liveset_get(&s->objects, ev->object.ptr) : NULL;
	struct stat_row *row;
	unsigned lived;
	bool elsewhere;

	if (!x)
		return;
	row = &s->t[STAT_SITE].rows[x->row];
	/* As perf kmem: an address that it knows counts each time it is freed. */
	s->slab.frees++;
	s->slab.bytes_freed += row->size;
	elsewhere = x->cpu != (int16_t)ev->cpu;
	s->slab.ping_pong += elsewhere && x->live;
	x->cpu = -1;
	if (!x->live)
		return;
	x->live = false;
	if (ev->object.name && !row->cache)
		row->cache = ev->object.name;
	lived = bucket(x->time, ev->time);
	went(&row->sums, row->size, lived, elsewhere);
	if (s->by & FURTHER_OBJECT)
		further_went(s, FURTHER_OBJECT, liveset_rows(&s->objects, x), row->size, lived,
			     elsewhere, false);
}

/* kmalloc's class as the kernel names it; a cache's own name where a free told it. */
void stat_cache_name(const struct stat_row *r, const struct intern *names, char *out, size_t n)
{
	const char *type = r->gfp & KMM_GFP_DMA		? "dma-kmalloc" :
			   r->gfp & KMM_GFP_RECLAIMABLE ? "kmalloc-rcl" :
			   r->gfp & KMM_GFP_ACCOUNT	? "kmalloc-cg" :
							  "kmalloc";

	if (r->cache)
		snprintf(out, n, "%s", intern_str(names, r->cache));
	else if (!r->kmalloc)
		snprintf(out, n, "not named: %" PRIu64 " bytes", r->size);
	else if (r->size > 8192)
		snprintf(out, n, "kmalloc: large");
	else if (r->size >= 1024)
		snprintf(out, n, "%s-%" PRIu64 "k", type, r->size >> 10);
	else
		snprintf(out, n, "%s-%" PRIu64, type, r->size);
}

/* ---- pages ---- */

static unsigned order_of(const struct event *ev)
{
	return ev->page.order < 0 || ev->page.order >= KMM_ORDERS ? 0 : (unsigned)ev->page.order;
}

static void page_alloc(struct stat *s, const struct event *ev, uint32_t page_size)
{
	unsigned order = order_of(ev), type = (uint8_t)ev->page.migratetype;
	uint64_t bytes = (uint64_t)page_size << order;
	struct stat_row *row;
	struct live *x;
	uint32_t n;

	if (ev->page.pfn == EVENT_NO_PFN) {
		s->page.failures++;
		s->page.bytes_failed += bytes;
		return;
	}
	s->page.allocations++;
	s->page.bytes_allocated += bytes;
	if (type < KMM_MIGRATETYPES + 2)
		s->page.orders[order][type]++;
	n = row_of(&s->t[STAT_PAGE_TYPE], order << 8 | type, bytes);
	x = n == UINT32_MAX ? NULL : liveset_put(&s->pages, ev->page.pfn + 1);
	if (!x) {
		s->no_memory = true;
		return;
	}
	if (x->live) {
		struct stat_row *was = &s->t[STAT_PAGE_TYPE].rows[x->row];

		forgotten(&was->sums, was->size);
		further_went(s, FURTHER_PAGE, liveset_rows(&s->pages, x), was->size, 0, false,
			     true);
	}
	row = &s->t[STAT_PAGE_TYPE].rows[n];
	row->gfp = ev->page.gfp;
	x->time = ev->time;
	x->row = n;
	x->cpu = (int16_t)ev->cpu;
	x->live = true;
	came(&row->sums, bytes, bytes);
	if (s->by & FURTHER_PAGE) {
		uint64_t keys[STAT_BYS] = { [STAT_PAGE_GFP] = ev->page.gfp,
					    [STAT_PAGE_PROCESS] = (uint32_t)ev->pid,
					    [STAT_PAGE_CPU] = ev->cpu,
					    [STAT_PAGE_SITE] = s->page_site };

		further_came(s, FURTHER_PAGE, keys, liveset_rows(&s->pages, x), ev->page.gfp, bytes,
			     bytes);
	}
}

/* A block that was freed in pieces counts as freed with its first. */
static void page_free(struct stat *s, const struct event *ev, uint32_t page_size)
{
	uint64_t bytes = (uint64_t)page_size << order_of(ev);
	struct live *x = liveset_get(&s->pages, ev->page.pfn + 1);
	struct stat_row *row;
	unsigned lived;
	bool elsewhere;

	s->page.frees++;
	s->page.bytes_freed += bytes;
	if (!x || !x->live) {
		s->page.free_only++;
		s->page.bytes_free_only += bytes;
		return;
	}
	x->live = false;
	s->page.paired++;
	s->page.bytes_paired += bytes;
	row = &s->t[STAT_PAGE_TYPE].rows[x->row];
	lived = bucket(x->time, ev->time);
	elsewhere = x->cpu != (int16_t)ev->cpu;
	went(&row->sums, row->size, lived, elsewhere);
	if (s->by & FURTHER_PAGE)
		further_went(s, FURTHER_PAGE, liveset_rows(&s->pages, x), row->size, lived,
			     elsewhere, false);
}

bool stat_event(struct stat *s, const struct event *ev, uint32_t page_size)
{
	switch (ev->kind) {
	case EVENT_KMALLOC:
	case EVENT_KMALLOC_NODE:
		object_alloc(s, ev, true);
		break;
	case EVENT_KMEM_CACHE_ALLOC:
	case EVENT_KMEM_CACHE_ALLOC_NODE:
		object_alloc(s, ev, false);
		break;
	case EVENT_KFREE:
	case EVENT_KMEM_CACHE_FREE:
		object_free(s, ev);
		break;
	case EVENT_MM_PAGE_ALLOC:
		page_alloc(s, ev, page_size);
		break;
	case EVENT_MM_PAGE_FREE:
		page_free(s, ev, page_size);
		break;
	default:
		break;
	}
	return !s->no_memory;
}

void stat_prefetch(const struct stat *s, const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_KMALLOC:
	case EVENT_KMALLOC_NODE:
	case EVENT_KMEM_CACHE_ALLOC:
	case EVENT_KMEM_CACHE_ALLOC_NODE:
	case EVENT_KFREE:
	case EVENT_KMEM_CACHE_FREE:
		liveset_prefetch(&s->objects, ev->object.ptr);
		break;
	case EVENT_MM_PAGE_ALLOC:
	case EVENT_MM_PAGE_FREE:
		liveset_prefetch(&s->pages, ev->page.pfn + 1);
		break;
	default:
		break;
	}
}
