// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * population_settle: what the first reading tells about the start: where each slab stood
 * whose place the dumps leave open, and which of its objects were free.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay/bysizes.h"
#include "replay/population_inside.h"

/* A CPU that never allocates from the cache, so that it can have what nobody uses; else the first. */
static unsigned idle_cpu(const struct population *p, uint32_t cache)
{
	for (unsigned cpu = 0; cpu < p->m->cpus; cpu++)
		if (!p->hand[(size_t)cache * (p->m->cpus + 1) + cpu].life)
			return cpu;
	return 0;
}

/*
 * Frozen: some CPU's, whose per-CPU area the dump does not reach.  It is the one that
 * allocated from it first: the slab in its hand if that was its first of the cache,
 * else one of its partial list.  What nobody allocates from is given to a CPU's
 * partial list too: it is on one, or in a hand.
 */
static enum kmm_slab_place settle_frozen(const struct population *p, uint32_t slab, unsigned *cpu)
{
	const struct machine_slabpage *x = &p->s->slabpages[slab];
	const uint8_t *seen = p->seen + p->first[slab];

	if (p->life[slab].cpu >= 0) {
		*cpu = (unsigned)p->life[slab].cpu;
		for (unsigned i = 0; i < x->objects; i++)
			if (seen[i] == SEEN_CPU)
				return KMM_SLAB_CPU;
	} else {
		*cpu = idle_cpu(p, x->cache);
	}
	return x->inuse == x->objects ? KMM_SLAB_FULL : KMM_SLAB_CPU_PARTIAL;
}

/* Those of one kind, last or first ones first, become free, as long as any must be. */
static void make_free(struct population *p, uint32_t slab, enum population_seen kind,
		      unsigned *want)
{
	uint32_t at = p->first[slab];

	for (unsigned i = p->s->slabpages[slab].objects; i-- && *want;)
		if (p->seen[at + i] == kind && p->state[at + i] != KMM_OBJECT_FREE) {
			p->state[at + i] = KMM_OBJECT_FREE;
			--*want;
		}
}

/*
 * Seen to live, against the count: they were allocated without an event in the
 * meantime.  Of these the last allocation before the free is known, or there is none.
 */
static int free_the_living(struct population *p, uint32_t slab, unsigned *want)
{
	const struct machine_slabpage *x = &p->s->slabpages[slab];
	uint32_t at = p->first[slab];

	for (unsigned known = 2; known--;)
		for (unsigned i = x->objects; i-- && *want;) {
			if (p->seen[at + i] != SEEN_FREE || p->state[at + i] != KMM_OBJECT_USED ||
			    (known && !p->when[at + i]))
				continue;
			p->state[at + i] = KMM_OBJECT_FREE;
			--*want;
			if (known &&
			    population_imply(p, p->when[at + i] - 1,
					     p->m->direct_map_base + ((uint64_t)x->pfn << 12) +
						     (uint64_t)i * p->m->slabs[x->cache].size))
				return -1;
		}
	return 0;
}

/* What the trace has free although the count says that it lived: its free has no event. */
static int note_silent(struct population *p, uint32_t slab)
{
	const struct machine_slabpage *x = &p->s->slabpages[slab];
	uint32_t at = p->first[slab];

	for (unsigned i = 0; i < x->objects; i++) {
		uint64_t addr = p->m->direct_map_base + ((uint64_t)x->pfn << 12) +
				(uint64_t)i * p->m->slabs[x->cache].size;

		if ((p->seen[at + i] != SEEN_ALLOC && p->seen[at + i] != SEEN_CPU) ||
		    p->state[at + i] != KMM_OBJECT_USED)
			continue;
		p->slab[slab].silent++;
		if (population_free_before(p, p->when[at + i], NO_SLOT, 0, addr))
			return -1;
	}
	return 0;
}

/* What still lived when the page went was freed without an event: in bulk. */
static int note_gone(struct population *p, uint32_t slab)
{
	const struct machine_slabpage *x = &p->s->slabpages[slab];
	const struct population_life *l = &p->life[slab];
	uint32_t at = p->first[slab];

	for (unsigned i = 0; i < x->objects && l->gone; i++) {
		uint64_t addr = p->m->direct_map_base + ((uint64_t)x->pfn << 12) +
				(uint64_t)i * p->m->slabs[x->cache].size;

		if (p->seen[at + i] != SEEN_NOTHING || p->state[at + i] != KMM_OBJECT_USED)
			continue;
		if (population_free_before(p, l->gone_with, NO_SLOT, l->gone_turn, addr) ||
		    population_free_before(p, l->gone, NO_SLOT, POPULATION_GONE, addr))
			return -1;
	}
	return 0;
}

static int settle(struct population *p, uint32_t slab)
{
	static const enum kmm_slab_place places[] = { [SLAB_ON_CPU] = KMM_SLAB_CPU,
						      [SLAB_CPU_PARTIAL] = KMM_SLAB_CPU_PARTIAL,
						      [SLAB_PARTIAL] = KMM_SLAB_PARTIAL,
						      [SLAB_FULL] = KMM_SLAB_FULL };
	const struct machine_slabpage *x = &p->s->slabpages[slab];
	unsigned want = x->objects - x->inuse; /* on the slab's own free list */
	unsigned cpu = x->cpu < 0 ? 0 : (unsigned)x->cpu;
	uint32_t at = p->first[slab];
	enum kmm_slab_place place = x->place == SLAB_FROZEN ? settle_frozen(p, slab, &cpu) :
							      places[x->place];

	memset(p->state + at, KMM_OBJECT_USED, x->objects);
	for (unsigned i = 0; i < x->objects && place == KMM_SLAB_CPU; i++)
		if (p->seen[at + i] == SEEN_CPU)
			p->state[at + i] = KMM_OBJECT_CPU_FREE;
	p->slab[slab].place = (uint8_t)place;
	p->slab[slab].cpu = (uint16_t)cpu;
	make_free(p, slab, SEEN_ALLOC, &want);
	/*
	 * What others freed into a CPU's slab is among what was allocated later: how long
	 * the CPU's own list was is not known, so no more is free than was used.
	 */
	make_free(p, slab, SEEN_CPU, &want);
	/* Free to the end, or never touched: any will do that was not seen to live. */
	make_free(p, slab, SEEN_NOTHING, &want);
	return free_the_living(p, slab, &want) || note_silent(p, slab) || note_gone(p, slab) ? -1 :
											       0;
}

/* The object_size of each of machine.slabs that events told; 0: none did. NULL: out of memory. */
static uint32_t *sizes_told(const struct population *p)
{
	uint32_t *size = calloc(p->m->slab_count + 1ull, sizeof(*size));

	for (uint32_t i = 0; size && p->names && i < p->names->count; i++) {
		const struct attribution_site *x = &p->names->sites[i];
		uint32_t cache = x->cache ? population_cache_of(p, x->cache) : UINT32_MAX;

		if (cache < p->m->slab_count && x->bytes_req)
			size[cache] = x->bytes_req;
	}
	return size;
}

int population_settle_sites(struct population *p)
{
	uint32_t *size = p->site_count && p->life ? sizes_told(p) : NULL;

	if (!size)
		return p->site_count && p->life ? -ENOMEM : 0;
	for (uint32_t i = 0; i < p->site_count; i++) {
		struct population_site *x = &p->sites[i];
		int left;

		/* What was learned of a slab after the site had taken from it. */
		if (x->cache == UINT32_MAX && x->life)
			x->cache = p->life[x->life - 1].cache;
		if (x->cache != UINT32_MAX)
			continue;
		left = bysizes_left(p->m, size, x->bytes_req, x->bytes_alloc, x->pages, x->fresh);
		if (left >= 0)
			x->cache = (uint32_t)left;
	}
	free(size);
	return 0;
}

int population_settle_slabs(struct population *p)
{
	for (uint32_t i = 0; p->seen && i < p->s->slabpage_count; i++)
		if (settle(p, i))
			return -ENOMEM;
	return 0;
}
