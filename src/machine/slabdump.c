// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slabdump: every slab of SLUB's caches, from the dumps of struct page (whose
 * words a slab uses as its own descriptor), of the kmem_cache structures and of
 * the per-CPU areas.  A frame is a slab's head if it names a known cache and its
 * counters fit that cache; the lists that it stands on give its place.
 */
#include <errno.h>
#include <stdlib.h>

#include "machine/dumps.h"
#include "machine/load.h"

#define NONE UINT64_MAX

struct cache_dump {
	uint64_t addr, cpu_slab; /* of the kmem_cache; its per-CPU pointer */
	uint32_t slab;		 /* index into machine.slabs */
};

struct slabdump {
	struct dumps *d;
	struct cache_dump *caches;
	uint32_t cache_count;
	uint8_t *taken;	 /* by frame: 1 a slab's head, 2 listed already */
	uint32_t *heads; /* frames of the slabs, by cache */
	uint32_t head_count;
	struct machine_slabpage *out;
	uint32_t count;
};

static int by_addr(const void *a, const void *b)
{
	const struct cache_dump *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A little-endian pointer at `off` of a structure written as hexadecimal digits. */
static bool hex_pointer(struct span hex, uint32_t off, uint32_t bytes, uint64_t *v)
{
	*v = 0;
	if (span_len(hex) < 2ull * (off + bytes))
		return false;
	for (uint32_t i = 0; i < bytes; i++) {
		int high = hex_digit(hex.p[2 * (off + i)]),
		    low = hex_digit(hex.p[2 * (off + i) + 1]);

		if (high < 0 || low < 0)
			return false;
		*v |= (uint64_t)(high << 4 | low) << (8 * i);
	}
	return true;
}

/* "ADDRESS NAME BYTES..." a line. */
static int read_caches(struct slabdump *s, struct text *t)
{
	struct span line, name, hex, addr;

	while (text_next(t, &line)) {
		struct cache_dump *more, c = { 0 };
		struct machine_slab *slab;

		if (!span_word(&line, &addr) || !span_u64(addr, &c.addr) ||
		    !span_word(&line, &name) || !span_word(&line, &hex) ||
		    !hex_pointer(hex, s->d->l->slab.cpu_slab, s->d->l->pointer, &c.cpu_slab))
			continue;
		c.cpu_slab -= s->d->percpu_start;
		slab = slab_find(s->d->m, name);
		if (!slab)
			slab = slab_add(s->d->m, name);
		if (!slab)
			return -ENOMEM;
		c.slab = (uint32_t)(slab - s->d->m->slabs);
		if (!(s->cache_count & (s->cache_count - 1))) {
			more = realloc(s->caches,
				       (s->cache_count ? s->cache_count * 2 : 1) * sizeof(*more));
			if (!more)
				return -ENOMEM;
			s->caches = more;
		}
		s->caches[s->cache_count++] = c;
	}
	if (s->caches)
		qsort(s->caches, s->cache_count, sizeof(*s->caches), by_addr);
	return 0;
}

static const struct cache_dump *cache_of(const struct slabdump *s, uint64_t pfn)
{
	struct cache_dump key = { .addr = page_read(s->d, pfn, s->d->l->slab.cache) };

	if (!key.addr || !s->caches)
		return NULL;
	return bsearch(&key, s->caches, s->cache_count, sizeof(key), by_addr);
}

static uint32_t inuse_of(uint64_t counters)
{
	return counters & 0xffff;
}

static uint32_t objects_of(uint64_t counters)
{
	return counters >> 16 & 0x7fff;
}

static bool frozen(uint64_t counters)
{
	return counters >> 31 & 1;
}

/* The order that so many objects need: the usual one, or that of a smaller slab. */
static uint8_t order_of(const struct machine_slab *c, uint32_t objects)
{
	uint64_t bytes = (uint64_t)objects * c->size;
	uint8_t order = 0;

	if (objects == c->objs_per_slab)
		return (uint8_t)c->order;
	while (order < c->order && 4096ull << order < bytes)
		order++;
	return order;
}

static bool is_slab(const struct slabdump *s, uint64_t pfn)
{
	const struct cache_dump *c = cache_of(s, pfn);
	uint64_t counters = page_read(s->d, pfn, s->d->l->slab.counters);
	const struct machine_slab *m = c ? &s->d->m->slabs[c->slab] : NULL;

	/* A tail page of a compound block has bit 0 of this word set. */
	return m && !(page_next(s->d, pfn) & 1) && objects_of(counters) &&
	       objects_of(counters) <= m->objs_per_slab &&
	       inuse_of(counters) <= objects_of(counters) && machine_zone_of(s->d->m, pfn) >= 0 &&
	       !(pfn & ((1u << order_of(m, objects_of(counters))) - 1));
}

/* The slabs of each cache together; in order of their frames. */
static int find_slabs(struct slabdump *s)
{
	uint32_t *first = calloc(s->d->m->slab_count + 1ull, sizeof(*first));

	s->taken = calloc(s->d->frames + 1, 1);
	if (!first || !s->taken) {
		free(first);
		return -ENOMEM;
	}
	for (uint64_t p = 0; p < s->d->frames; p++)
		if (is_slab(s, p)) {
			s->taken[p] = 1;
			first[cache_of(s, p)->slab + 1]++;
			s->head_count++;
		}
	for (uint32_t i = 0; i < s->d->m->slab_count; i++)
		first[i + 1] += first[i];
	s->heads = malloc((s->head_count + 1ull) * sizeof(*s->heads));
	s->out = malloc((s->head_count + 1ull) * sizeof(*s->out));
	for (uint64_t p = 0; s->heads && s->out && p < s->d->frames; p++)
		if (s->taken[p])
			s->heads[first[cache_of(s, p)->slab]++] = (uint32_t)p;
	free(first);
	return s->heads && s->out ? 0 : -ENOMEM;
}

/* The slab at a frame that a list names; false: none of this cache, or listed already. */
static bool put(struct slabdump *s, uint32_t cache, uint64_t pfn, enum machine_slab_place place,
		int cpu)
{
	uint64_t counters;

	if (pfn >= s->d->frames || s->taken[pfn] != 1 || cache_of(s, pfn)->slab != cache)
		return false;
	counters = page_read(s->d, pfn, s->d->l->slab.counters);
	s->taken[pfn] = 2;
	s->out[s->count++] = (struct machine_slabpage){
		.pfn = (uint32_t)pfn,
		.cache = cache,
		.objects = (uint16_t)objects_of(counters),
		.inuse = (uint16_t)inuse_of(counters),
		.order = order_of(&s->d->m->slabs[cache], objects_of(counters)),
		.place = (uint8_t)place,
		.cpu = (int16_t)cpu,
	};
	return true;
}

static uint64_t page_of(const struct slabdump *s, uint64_t addr)
{
	uint64_t off = addr - s->d->pages.addr;

	if (!addr || addr < s->d->pages.addr || off % s->d->l->page.size)
		return NONE;
	return off / s->d->l->page.size;
}

static void put_cpus(struct slabdump *s, const struct cache_dump *c)
{
	const struct layout *l = s->d->l;
	uint64_t at, pfn;

	for (uint32_t cpu = 0; cpu < s->d->m->cpus; cpu++) {
		const struct dump *from = &s->d->cpu[cpu];

		if (from->there && dump_pointer(s->d, from, c->cpu_slab + l->slab.cpu_page, &at))
			put(s, c->slab, page_of(s, at), SLAB_ON_CPU, (int)cpu);
	}
	for (uint32_t cpu = 0; cpu < s->d->m->cpus; cpu++) {
		const struct dump *from = &s->d->cpu[cpu];

		if (!from->there ||
		    !dump_pointer(s->d, from, c->cpu_slab + l->slab.cpu_partial, &at))
			continue;
		while ((pfn = page_of(s, at)) != NONE &&
		       put(s, c->slab, pfn, SLAB_CPU_PARTIAL, (int)cpu))
			at = page_read(s->d, pfn,
				       (struct layout_field){ l->slab.next, l->pointer });
	}
}

/* From the first of each node, whose entry before is the list's head and in no page. */
static void put_partials(struct slabdump *s, uint32_t cache, const uint32_t *heads, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint64_t pfn = heads[i], counters = page_read(s->d, pfn, s->d->l->slab.counters);

		if (s->taken[pfn] != 1 || frozen(counters) ||
		    inuse_of(counters) == objects_of(counters) ||
		    page_of_link(s->d, page_prev(s->d, pfn)) != NONE)
			continue;
		while (pfn != NONE && put(s, cache, pfn, SLAB_PARTIAL, -1))
			pfn = page_of_link(s->d, page_next(s->d, pfn));
	}
}

/* What no list named: by the counters alone. */
static void put_others(struct slabdump *s, uint32_t cache, const uint32_t *heads, uint32_t n)
{
	static const enum machine_slab_place places[] = { SLAB_PARTIAL, SLAB_FULL, SLAB_FROZEN };

	for (size_t k = 0; k < sizeof(places) / sizeof(*places); k++)
		for (uint32_t i = 0; i < n; i++) {
			uint64_t c = page_read(s->d, heads[i], s->d->l->slab.counters);
			enum machine_slab_place is = frozen(c)			  ? SLAB_FROZEN :
						     inuse_of(c) == objects_of(c) ? SLAB_FULL :
										    SLAB_PARTIAL;

			if (is == places[k])
				put(s, cache, heads[i], is, -1);
		}
}

static void place_all(struct slabdump *s)
{
	for (uint32_t at = 0, n; at < s->head_count; at += n) {
		const struct cache_dump *c = cache_of(s, s->heads[at]);

		for (n = 1; at + n < s->head_count; n++)
			if (cache_of(s, s->heads[at + n])->slab != c->slab)
				break;
		put_cpus(s, c);
		put_partials(s, c->slab, s->heads + at, n);
		put_others(s, c->slab, s->heads + at, n);
	}
}

int dumps_slabs(struct dumps *d, struct machine_state *to, struct text *caches)
{
	struct slabdump s = { .d = d };
	int ret = read_caches(&s, caches);

	if (!ret && s.cache_count)
		ret = find_slabs(&s);
	if (!ret && s.cache_count) {
		place_all(&s);
		to->slabpages = s.out;
		to->slabpage_count = to->dumped_slabs = s.count;
		to->have_slabpages = true;
		s.out = NULL;
	}
	free(s.caches);
	free(s.taken);
	free(s.heads);
	free(s.out);
	return ret;
}
