// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * population_read: the first reading: each slab's life, and of the objects of the start
 * their first event.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay/population_inside.h"

#define PAGE_SHIFT 12
#define BEFORE 1 /* bit 0 of an object's address: allocated before the start */

static uint32_t life_at(const struct population *p, uint64_t addr)
{
	uint64_t frame = (addr - p->m->direct_map_base) >> PAGE_SHIFT;

	return addr < p->m->direct_map_base || frame >= p->m->max_pfn || !p->life_of[frame] ?
		       NO_LIFE :
		       p->life_of[frame] - 1;
}

/* Its place in seen[], for an object of a slab of the start; false: none. */
static bool object_at(const struct population *p, const struct population_life *l, uint64_t addr,
		      uint32_t *object)
{
	const struct machine_slabpage *x;
	uint64_t offset;
	uint32_t size;

	if (l->start == NOT_OF_START)
		return false;
	x = &p->s->slabpages[l->start];
	size = p->m->slabs[x->cache].size;
	offset = addr - p->m->direct_map_base - ((uint64_t)x->pfn << PAGE_SHIFT);
	if (!size || offset % size || offset / size >= x->objects)
		return false;
	*object = p->first[l->start] + (uint32_t)(offset / size);
	return true;
}

uint32_t population_cache_of(const struct population *p, uint32_t string)
{
	const char *name;

	if (p->cache_of_string[string])
		return p->cache_of_string[string] - 1;
	name = intern_str(p->strings, string);
	p->cache_of_string[string] = p->m->slab_count + string + 1;
	for (uint32_t i = 0; i < p->m->slab_count; i++)
		if (!strcmp(p->m->slabs[i].name, name))
			p->cache_of_string[string] = i + 1;
	return p->cache_of_string[string] - 1;
}

/* The cache that the event's name or what was learned from others tells; UINT32_MAX: neither does. */
static uint32_t cache_told(const struct population *p, const struct request *q)
{
	uint32_t string = p->names ? attribution_cache(p->names, &q->sig) : q->sig.cache;

	return string ? population_cache_of(p, string) : UINT32_MAX;
}

/* The site of a request that bears no name; NULL: out of memory. */
static struct population_site *site_of(struct population *p, const struct request *q)
{
	uint64_t key;
	struct population_site *x = population_site(p, &q->sig, &key);

	if (x)
		return x;
	if (!(p->site_count & (p->site_count - 1))) {
		struct population_site *more = realloc(p->sites,
						       (p->site_count ? p->site_count * 2ull : 1) *
							       sizeof(*more));

		if (!more)
			return NULL;
		p->sites = more;
	}
	if (map_put(&p->site_at, key, p->site_count))
		return NULL;
	x = &p->sites[p->site_count++];
	*x = (struct population_site){ .site = q->sig.site,
				       .bytes_req = q->sig.bytes_req,
				       .bytes_alloc = q->sig.bytes_alloc,
				       .cache = UINT32_MAX };
	return x;
}

/* An object of a site without a name lies in a slab, whose cache is known or not yet. */
static int learn(struct population *p, const struct request *q, uint32_t life)
{
	struct population_site *x = site_of(p, q);
	uint32_t cache = p->life[life].cache;

	if (!x)
		return -ENOMEM;
	if (cache == UINT32_MAX) {
		x->life = life + 1;
	} else if (x->cache == cache) {
		x->agree++;
	} else if (x->other++ >= x->agree) {
		uint64_t agree = x->agree;

		x->cache = cache;
		x->agree = x->other;
		x->other = agree;
	}
	return 0;
}

/* In how many slabs a site without a name was seen: each frame counts for the first such. */
static int count_page(struct population *p, const struct request *q, uint32_t life)
{
	uint64_t frame = (q->addr - p->m->direct_map_base) >> PAGE_SHIFT;
	uint32_t fresh = life != NO_LIFE && p->life[life].start == NOT_OF_START;
	struct population_site *x;

	if (p->counted || q->addr < p->m->direct_map_base || frame >= p->m->max_pfn ||
	    map_get(&p->page_site, frame) != MAP_NONE)
		return 0;
	x = site_of(p, q);
	if (!x || map_put(&p->page_site, frame, (uint32_t)(x - p->sites) * 2 + fresh))
		return -ENOMEM;
	x->pages++;
	x->fresh += fresh;
	return 0;
}

/* The slabs in these frames are gone, seen or not. */
static void uncount_pages(struct population *p, const struct request *q)
{
	if (!p->site_count || p->counted || q->sig.order >= KMM_ORDERS)
		return;
	for (uint64_t f = q->pfn; f < q->pfn + (1ull << q->sig.order); f++) {
		uint32_t n = map_del(&p->page_site, f);

		if (n == MAP_NONE)
			continue;
		p->sites[n / 2].pages--;
		p->sites[n / 2].fresh -= n & 1;
	}
}

/* An object's bit in a slab that is new in the trace; false: it is not followed. */
static bool bit_of(const struct population *p, const struct population_life *l, uint64_t addr,
		   uint32_t *bit)
{
	uint64_t offset = addr - p->m->direct_map_base - ((uint64_t)l->pfn << PAGE_SHIFT);
	uint32_t size = l->cache < p->m->slab_count ? p->m->slabs[l->cache].size : 0;

	if (l->start != NOT_OF_START || !size || offset % size || offset / size >= LIFE_OBJECTS)
		return false;
	*bit = (uint32_t)(offset / size);
	return true;
}

static bool has(const uint64_t *set, uint32_t bit)
{
	return set[bit / 64] >> bit % 64 & 1;
}

static void change(uint64_t *set, uint32_t bit, bool to)
{
	set[bit / 64] = (set[bit / 64] & ~(1ull << bit % 64)) | (uint64_t)to << bit % 64;
}

/*
 * The CPU took a new page: the slab in its hand and the partial lists had nothing left.
 * What no event shows in that slab was allocated without one.
 */
static int use_up(struct population *p, struct population_life *l)
{
	const struct machine_slab *s = l->cache < p->m->slab_count ? &p->m->slabs[l->cache] : NULL;
	uint64_t base = p->m->direct_map_base + ((uint64_t)l->pfn << PAGE_SHIFT);

	if (!s || l->start != NOT_OF_START || !l->last || p->m->nodes > 1 ||
	    s->objs_per_slab > LIFE_OBJECTS)
		return 0;
	for (uint32_t i = 0; i < s->objs_per_slab; i++) {
		if (has(l->used, i))
			continue;
		if (population_imply(p, l->last - 1, base + (uint64_t)i * s->size))
			return -ENOMEM;
		change(l->used, i, true);
		change(l->silent, i, true);
	}
	return 0;
}

/* A free into a slab, for those that it may have overtaken in the log. */
static void note_free(struct population *p, uint32_t n, const struct request *q)
{
	struct population_life *l = &p->life[n];
	struct population_hand *h;

	if (!l->freed.seq) {
		l->freed.seq = q->seq;
		l->freed.time = q->time;
		l->freed.cpu = q->cpu;
	} else if (!l->tie.seq && q->time == l->freed.time && q->cpu != l->freed.cpu) {
		l->tie.seq = q->seq;
		l->tie.cpu = q->cpu;
	}
	if (l->cache >= p->caches || q->cpu > p->m->cpus)
		return;
	h = &p->hand[(size_t)l->cache * (p->m->cpus + 1) + q->cpu];
	if (h->freed && h->run == p->cpu[q->cpu].run)
		return;
	h->freed = q->seq;
	h->run = p->cpu[q->cpu].run;
}

/* This CPU had the slab on its list: of frees of one time, its own was the first. */
static int settle_tie(struct population *p, struct population_life *l, unsigned cpu)
{
	int ret = 0;

	if (l->tie.seq && l->tie.cpu == cpu)
		ret = population_late_one(p, l->freed.seq, l->tie.seq);
	l->freed.seq = l->tie.seq = 0;
	return ret;
}

/* The CPU has this slab in hand: from now on, or since that tenure began. */
static int in_hand(struct population *p, uint32_t n, const struct request *q)
{
	struct population_life *l = &p->life[n];
	bool is_new = l->cpu < 0 && l->start == NOT_OF_START;
	struct population_hand *h;
	int ret = 0;

	if (l->cpu < 0)
		l->cpu = (int16_t)q->cpu;
	if (l->cache >= p->caches || q->cpu > p->m->cpus)
		return 0;
	h = &p->hand[(size_t)l->cache * (p->m->cpus + 1) + q->cpu];
	if (h->life != n + 1) {
		if (is_new && h->life)
			ret = use_up(p, &p->life[h->life - 1]);
		/* Those of an interrupt, if it is by the same task. */
		if (h->freed && h->run == p->cpu[q->cpu].run && !ret)
			ret = population_late_one(p, h->freed, q->seq);
		h->away |= h->life != 0 ||
			   (l->start != NOT_OF_START &&
			    p->s->slabpages[l->start].place != SLAB_ON_CPU &&
			    p->s->slabpages[l->start].place != SLAB_FROZEN) ||
			   l->start == NOT_OF_START;
		h->life = n + 1;
		l->tenure = q->seq;
	}
	h->freed = 0;
	return ret;
}

static bool first_tenure(const struct population *p, const struct population_life *l, unsigned cpu)
{
	const struct machine_slabpage *x = &p->s->slabpages[l->start];

	return (x->place == SLAB_ON_CPU ? x->cpu == (int)cpu : x->place == SLAB_FROZEN) &&
	       l->cache < p->caches && cpu <= p->m->cpus &&
	       !p->hand[(size_t)l->cache * (p->m->cpus + 1) + cpu].away;
}

static int follow_alloc(struct population *p, const struct request *q)
{
	uint32_t n = life_at(p, q->addr), object, told, bit;
	struct population_life *l;

	if (objaddr_set(&p->addr, q->slot, q->addr | (p->started ? 0 : BEFORE)))
		return -ENOMEM;
	if (!p->started)
		return 0;
	told = cache_told(p, q);
	if (told == UINT32_MAX && count_page(p, q, n))
		return -ENOMEM;
	if (n == NO_LIFE)
		return 0;
	l = &p->life[n];
	if (l->cache == UINT32_MAX)
		l->cache = told;
	if (told == UINT32_MAX && learn(p, q, n))
		return -ENOMEM;
	if (in_hand(p, n, q) || settle_tie(p, l, q->cpu))
		return -ENOMEM;
	if (bit_of(p, l, q->addr, &bit)) {
		if (has(l->silent, bit) &&
		    population_free_before(p, l->tenure, NO_SLOT, 0, q->addr))
			return -ENOMEM;
		change(l->used, bit, true);
		change(l->silent, bit, false);
	}
	if (object_at(p, l, q->addr, &object) && !p->seen[object]) {
		p->seen[object] = first_tenure(p, l, q->cpu) ? SEEN_CPU : SEEN_ALLOC;
		p->when[object] = l->tenure;
	}
	l->last = q->seq + 1;
	/* It lived until now, and its free has no event: that was before the tenure. */
	if (p->ending != NO_SLOT && p->ending_seq == q->seq && l->tenure != q->seq &&
	    population_free_before(p, l->tenure, p->ending, 0, q->addr))
		return -ENOMEM;
	p->ending = NO_SLOT;
	return 0;
}

/* A free of what no event allocated: it lived at the start, or was allocated in bulk. */
static int follow_unpaired(struct population *p, const struct request *q)
{
	uint32_t n = life_at(p, q->addr), object, bit;
	struct population_life *l = n == NO_LIFE ? NULL : &p->life[n];

	if (!l)
		return 0;
	note_free(p, n, q);
	if (bit_of(p, l, q->addr, &bit)) {
		bool known = has(l->silent, bit);

		change(l->used, bit, false);
		change(l->silent, bit, false);
		if (known)
			return 0;
	}
	if (object_at(p, l, q->addr, &object) && !p->seen[object]) {
		p->seen[object] = SEEN_FREE;
		p->when[object] = l->last;
		return 0;
	}
	return l->last ? population_imply(p, l->last - 1, q->addr) : 0;
}

static void follow_free(struct population *p, const struct request *q)
{
	uint64_t addr = objaddr_get(&p->addr, q->slot);
	uint32_t n, object, bit;

	objaddr_clear(&p->addr, q->slot);
	if (!p->started || !addr)
		return;
	n = life_at(p, addr & ~1ull);
	if (n != NO_LIFE && !(q->sig.flags & REQ_IMPLIED))
		note_free(p, n, q);
	if (n != NO_LIFE && bit_of(p, &p->life[n], addr & ~1ull, &bit))
		change(p->life[n].used, bit, false);
	if (addr & BEFORE && n != NO_LIFE && object_at(p, &p->life[n], addr & ~1ull, &object) &&
	    !p->seen[object]) {
		p->seen[object] = SEEN_FREE;
		p->when[object] = 0;
	} else if (q->sig.flags & REQ_IMPLIED) {
		p->ending = q->slot;
		p->ending_seq = q->seq;
	}
}

static int page_taken(struct population *p, const struct request *q)
{
	if (q->sig.flags & REQ_FAILED || q->pfn >= p->m->max_pfn)
		return 0;
	uncount_pages(p, q);
	if (q->sig.owner != OWNER_SLAB)
		return 0;
	if (p->life_count == p->life_room) {
		uint32_t room = p->life_room * 2;
		struct population_life *more = realloc(p->life, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		p->life = more;
		p->life_room = room;
	}
	p->life[p->life_count++] = (struct population_life){ .pfn = q->pfn,
							     .order = q->sig.order,
							     .start = NOT_OF_START,
							     .cache = UINT32_MAX,
							     .cpu = -1 };
	for (uint64_t f = q->pfn; f < q->pfn + (1ull << q->sig.order) && f < p->m->max_pfn; f++)
		p->life_of[f] = p->life_count;
	return 0;
}

/* The slab is gone: what happens in its frames later is another's. */
static int page_gone(struct population *p, const struct request *q, struct population_cpu *cpu)
{
	struct population_life *l;

	uncount_pages(p, q);
	if (q->pfn >= p->m->max_pfn || !p->life_of[q->pfn])
		return 0;
	l = &p->life[p->life_of[q->pfn] - 1];
	if (!cpu->gives_back) {
		cpu->gives_back = q->seq;
		cpu->given_back = 0;
	}
	l->gone = q->seq;
	l->gone_with = cpu->gives_back;
	l->gone_turn = ++cpu->given_back;
	for (uint64_t f = l->pfn; f < l->pfn + (1ull << l->order) && f < p->m->max_pfn; f++)
		p->life_of[f] = 0;
	return settle_tie(p, l, q->cpu);
}

void population_after(struct population *p)
{
	const struct machine_state *s = &p->m->after;

	for (uint32_t i = 0; p->seen && i < s->slabpage_count; i++) {
		const struct machine_slabpage *x = &s->slabpages[i];
		struct population_life *l = x->pfn < p->m->max_pfn && p->life_of[x->pfn] ?
						    &p->life[p->life_of[x->pfn] - 1] :
						    NULL;

		if (l && l->pfn == x->pfn && l->cache == UINT32_MAX)
			l->cache = x->cache;
	}
	p->counted = true;
}

static int follow(struct population *p, const struct request *q, struct population_cpu *cpu)
{
	switch (q->sig.op) {
	case REQ_OBJ_ALLOC:
		return q->slot == NO_SLOT ? 0 : follow_alloc(p, q);
	case REQ_OBJ_FREE:
		if (q->slot != NO_SLOT && q->slot < p->addr.slots)
			follow_free(p, q);
		else if (p->started && q->slot == NO_SLOT)
			return follow_unpaired(p, q);
		return 0;
	case REQ_PAGE_ALLOC:
		return p->started ? page_taken(p, q) : 0;
	case REQ_PAGE_FREE:
		return p->started ? page_gone(p, q, cpu) : 0;
	default:
		return 0;
	}
}

int population_record(struct population *p, const struct request *q)
{
	struct population_cpu *cpu;
	int ret;

	if (!p->seen)
		return 0;
	cpu = &p->cpu[q->cpu < p->m->cpus ? q->cpu : p->m->cpus];
	if (cpu->pid != q->pid) {
		cpu->pid = q->pid;
		cpu->run++;
	}
	if (q->sig.op != REQ_PAGE_FREE)
		cpu->gives_back = 0;
	ret = follow(p, q, cpu);
	if (q->sig.op == REQ_OBJ_ALLOC || q->sig.op == REQ_PAGE_ALLOC)
		cpu->run++;
	return ret;
}
