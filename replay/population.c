// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/population.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SHIFT 12

enum { SEEN_NOTHING, SEEN_ALLOC, SEEN_FREE };

bool population_known(const struct population *p)
{
	return p->s && p->s->have_slabpages && p->m->direct_map_base;
}

int population_init(struct population *p, const struct machine *m, const struct machine_state *s)
{
	uint64_t objects = 0;

	memset(p, 0, sizeof(*p));
	p->m = m;
	p->s = s;
	if (!population_known(p))
		return 0;
	p->slab_of = calloc(m->max_pfn + 1, sizeof(*p->slab_of));
	p->first = malloc((s->slabpage_count + 1ull) * sizeof(*p->first));
	p->cpu = malloc((s->slabpage_count + 1ull) * sizeof(*p->cpu));
	p->last = calloc(m->max_pfn + 1, sizeof(*p->last));
	if (!p->slab_of || !p->first || !p->cpu || !p->last || map_init(&p->implied_at, 64))
		return -ENOMEM;
	for (uint32_t i = 0; i < s->slabpage_count; i++) {
		const struct machine_slabpage *x = &s->slabpages[i];

		for (uint64_t f = x->pfn; f < x->pfn + (1ull << x->order) && f < m->max_pfn; f++)
			p->slab_of[f] = i + 1;
		p->first[i] = (uint32_t)objects;
		p->cpu[i] = -1;
		objects += x->objects;
	}
	p->first[s->slabpage_count] = (uint32_t)objects;
	if (objects > UINT32_MAX)
		return -ENOMEM;
	p->seen = calloc(objects + 1, 1);
	return p->seen ? 0 : -ENOMEM;
}

void population_free(struct population *p)
{
	free(p->slab_of);
	free(p->first);
	free(p->seen);
	free(p->cpu);
	free(p->addr);
	free(p->last);
	free(p->implied);
	map_free(&p->implied_at);
	memset(p, 0, sizeof(*p));
}

void population_start(struct population *p)
{
	p->started = true;
}

/* The slab that an address was in at the start; its object's place in seen[]; false if none. */
static bool object_at(const struct population *p, uint64_t addr, uint32_t *slab, uint32_t *object)
{
	uint64_t frame = (addr - p->m->direct_map_base) >> PAGE_SHIFT, offset;
	const struct machine_slabpage *x;
	uint32_t size;

	if (addr < p->m->direct_map_base || frame >= p->m->max_pfn || !p->slab_of[frame])
		return false;
	*slab = p->slab_of[frame] - 1;
	x = &p->s->slabpages[*slab];
	size = p->m->slabs[x->cache].size;
	offset = addr - p->m->direct_map_base - ((uint64_t)x->pfn << PAGE_SHIFT);
	if (!size || offset % size || offset / size >= x->objects)
		return false;
	*object = p->first[*slab] + (uint32_t)(offset / size);
	return true;
}

static int remember(struct population *p, uint32_t slot, uint64_t addr)
{
	if (slot >= p->slots) {
		uint32_t n = slot + slot / 2 + 1024;
		uint64_t *more = realloc(p->addr, n * sizeof(*more));

		if (!more)
			return -ENOMEM;
		memset(more + p->slots, 0, (n - p->slots) * sizeof(*more));
		p->addr = more;
		p->slots = n;
	}
	p->addr[slot] = addr;
	return 0;
}

static void see(struct population *p, const struct request *q, uint64_t addr, uint8_t what)
{
	uint32_t slab, object;

	if (!object_at(p, addr, &slab, &object) || p->seen[object])
		return;
	p->seen[object] = what;
	if (what == SEEN_ALLOC && p->cpu[slab] < 0)
		p->cpu[slab] = (int16_t)q->cpu;
}

static uint64_t frame_of(const struct population *p, uint64_t addr)
{
	uint64_t frame = (addr - p->m->direct_map_base) >> PAGE_SHIFT;

	return addr < p->m->direct_map_base || frame >= p->m->max_pfn ? UINT64_MAX : frame;
}

/* A free of what did not live: allocated in bulk, with the last object of its frame that has an event. */
static int imply(struct population *p, const struct request *q)
{
	uint64_t frame = frame_of(p, q->addr);

	if (frame == UINT64_MAX || !p->last[frame])
		return 0;
	if (!(p->implied_count & (p->implied_count - 1))) {
		struct population_implied *more =
			realloc(p->implied,
				(p->implied_count ? p->implied_count * 2ull : 1) * sizeof(*more));

		if (!more)
			return -ENOMEM;
		p->implied = more;
	}
	p->implied[p->implied_count++] = (struct population_implied){ p->last[frame] - 1, q->addr,
								      q->sig.cache };
	return 0;
}

static int unpaired(struct population *p, const struct request *q)
{
	uint32_t slab, object;

	if (!object_at(p, q->addr, &slab, &object) || p->seen[object])
		return imply(p, q);
	p->seen[object] = SEEN_FREE;
	return 0;
}

static int by_after(const void *a, const void *b)
{
	const struct population_implied *x = a, *y = b;

	if (x->after != y->after)
		return x->after < y->after ? -1 : 1;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

int population_settle(struct population *p)
{
	if (p->implied_count)
		qsort(p->implied, p->implied_count, sizeof(*p->implied), by_after);
	for (uint32_t i = p->implied_count; i--;)
		if (map_put(&p->implied_at, p->implied[i].after, i))
			return -ENOMEM;
	return 0;
}

const struct population_implied *population_implied(const struct population *p, uint64_t seq,
						    uint32_t *n)
{
	uint32_t at = p->implied_count ? map_get(&p->implied_at, seq) : MAP_NONE;

	*n = 0;
	if (at == MAP_NONE)
		return NULL;
	while (at + *n < p->implied_count && p->implied[at + *n].after == seq)
		++*n;
	return &p->implied[at];
}

int population_cache(const struct population *p, uint64_t addr)
{
	uint32_t slab, object;

	return p->seen && object_at(p, addr, &slab, &object) ? (int)p->s->slabpages[slab].cache :
							       -1;
}

/* The slab is gone: what happens in its frames later is another's. */
static void page_gone(struct population *p, const struct request *q)
{
	if (q->pfn == KMM_NO_PFN || q->pfn >= p->m->max_pfn || !p->slab_of[q->pfn])
		return;
	for (uint64_t f = q->pfn; f < q->pfn + (1ull << q->sig.order) && f < p->m->max_pfn; f++)
		p->slab_of[f] = 0;
}

int population_record(struct population *p, const struct request *q)
{
	if (!p->seen)
		return 0;
	switch (q->sig.op) {
	case REQ_OBJ_ALLOC:
		if (q->slot == NO_SLOT)
			return 0;
		if (!p->started)
			return remember(p, q->slot, q->addr);
		if (q->slot < p->slots)
			p->addr[q->slot] = 0;
		see(p, q, q->addr, SEEN_ALLOC);
		if (frame_of(p, q->addr) != UINT64_MAX)
			p->last[frame_of(p, q->addr)] = q->seq + 1;
		return 0;
	case REQ_OBJ_FREE:
		if (q->slot != NO_SLOT && q->slot < p->slots) {
			if (p->started && p->addr[q->slot])
				see(p, q, p->addr[q->slot], SEEN_FREE);
			p->addr[q->slot] = 0;
		} else if (p->started && q->slot == NO_SLOT) {
			return unpaired(p, q);
		}
		return 0;
	case REQ_PAGE_FREE:
		if (p->started)
			page_gone(p, q);
		return 0;
	default:
		return 0;
	}
}

/* Where a slab stood whose CPU the dumps do not show. */
static enum kmm_slab_place settle_frozen(const struct population *p, uint32_t slab, unsigned *cpu)
{
	const struct machine_slabpage *x = &p->s->slabpages[slab];

	if (p->cpu[slab] >= 0 && x->inuse == x->objects) {
		*cpu = (unsigned)p->cpu[slab];
		return KMM_SLAB_CPU;
	}
	return x->inuse == x->objects ? KMM_SLAB_FULL : KMM_SLAB_PARTIAL;
}

unsigned population_slab(const struct population *p, uint32_t slab, uint8_t *object,
			 enum kmm_slab_place *place, unsigned *cpu)
{
	static const enum kmm_slab_place places[] = { [SLAB_ON_CPU] = KMM_SLAB_CPU,
						      [SLAB_CPU_PARTIAL] = KMM_SLAB_CPU_PARTIAL,
						      [SLAB_PARTIAL] = KMM_SLAB_PARTIAL,
						      [SLAB_FULL] = KMM_SLAB_FULL };
	const struct machine_slabpage *x = &p->s->slabpages[slab];
	const uint8_t *seen = p->seen + p->first[slab];
	unsigned want = x->objects - x->inuse; /* on the slab's own free list */
	unsigned silent = 0;

	*cpu = x->cpu < 0 ? 0 : (unsigned)x->cpu;
	*place = x->place == SLAB_FROZEN ? settle_frozen(p, slab, cpu) : places[x->place];
	memset(object, KMM_OBJECT_USED, x->objects);
	for (unsigned i = 0; i < x->objects; i++)
		if (seen[i] == SEEN_ALLOC) {
			if (*place == KMM_SLAB_CPU)
				object[i] = KMM_OBJECT_CPU_FREE;
			else if (want && want--)
				object[i] = KMM_OBJECT_FREE;
			else
				silent++;
		}
	/*
	 * What others freed into a CPU's slab is among what was allocated later: how long
	 * the CPU's own list was is not known, so no more is free than was used.
	 */
	for (unsigned i = x->objects; i-- && want;)
		if (object[i] == KMM_OBJECT_CPU_FREE) {
			object[i] = KMM_OBJECT_FREE;
			want--;
		}
	/* Free to the end, or never touched: any will do that was not seen to live. */
	for (unsigned i = x->objects; i-- && want;)
		if (seen[i] == SEEN_NOTHING && object[i] == KMM_OBJECT_USED) {
			object[i] = KMM_OBJECT_FREE;
			want--;
		}
	/* Seen to live, against the count: allocated without an event in the meantime. */
	for (unsigned i = x->objects; i-- && want;)
		if (object[i] == KMM_OBJECT_USED) {
			object[i] = KMM_OBJECT_FREE;
			want--;
		}
	return silent;
}
