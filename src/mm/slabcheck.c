// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slabcheck: every invariant of an object allocator: one pass over the frames,
 * which finds all slabs, and one over the caches' lists and arrays.  The first
 * violation is described; nothing is repaired.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "mm/large.h"
#include "mm/slob.h"

struct check {
	const struct kmm_slab *sl;
	char *why;
	size_t size;
	uint64_t live; /* objects given out */
	uint64_t slob_pages, large;
};

static bool __attribute__((format(printf, 2, 3))) fail(struct check *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->why, c->size, fmt, ap);
	va_end(ap);
	return false;
}

/* Length of a free list; more than the objects there are: it is broken. */
static unsigned list_length(const struct slab *slab, unsigned at)
{
	unsigned n = 0;

	for (; at != LINK_END; at = slab->link[at])
		if (at >= slab->objects || ++n > slab->objects)
			return LINK_END;
	return n;
}

static bool check_pages(struct check *c, const struct slab *slab)
{
	const struct kmm *mm = c->sl->mm;

	for (unsigned i = 0; i < 1u << slab->order; i++) {
		const struct frame *f = &mm->frame[slab->pfn + i];

		if (owner_of(c->sl, slab->pfn + i) != (uintptr_t)slab)
			return fail(c, "%s: frame %u is not of the slab at %u", slab->cache->name,
				    slab->pfn + i, slab->pfn);
		if (!frame_in_use(f) || mm->zone[f->zone].node != slab->node)
			return fail(c, "%s: frame %u is not in use, or of another node than %u",
				    slab->cache->name, slab->pfn + i, slab->node);
	}
	return true;
}

static bool check_slab(struct check *c, const struct slab *slab)
{
	struct kmm_cache *s = slab->cache;
	unsigned used = 0, held = 0, own, by_cpu = 0;

	if (!check_pages(c, slab))
		return false;
	if (!slab->objects || slab->objects > s->objects || slab->inuse > slab->objects ||
	    slab->first - s->offset + (uint64_t)slab->objects * s->size >
		    kmm_slab_address(c->sl, slab->pfn) + ((uint64_t)PAGE_BYTES << slab->order))
		return fail(c, "%s: slab %u: %u objects, %u in use, do not fit", s->name, slab->pfn,
			    slab->objects, slab->inuse);
	for (unsigned i = 0; i < slab->objects; i++) {
		used += slab->link[i] == LINK_USED;
		held += slab->link[i] == LINK_HELD;
	}
	own = list_length(slab, slab->free);
	if (slab->place == PLACE_CPU) {
		if (slab->cpu >= c->sl->cpus || s->cpu[slab->cpu].slab != slab)
			return fail(c, "%s: slab %u is not the one of CPU %u", s->name, slab->pfn,
				    slab->cpu);
		by_cpu = list_length(slab, s->cpu[slab->cpu].free);
	}
	if (own == LINK_END || by_cpu == LINK_END || used + held + own + by_cpu != slab->objects)
		return fail(c, "%s: slab %u of %u objects: %u used, %u held, %u and %u on lists",
			    s->name, slab->pfn, slab->objects, used, held, own, by_cpu);
	if (slab->inuse + own != slab->objects)
		return fail(c, "%s: slab %u of %u objects: %u in use, %u free", s->name, slab->pfn,
			    slab->objects, slab->inuse, own);
	if (slab->place == PLACE_NONE && (s->kind == KMM_SLAB || own))
		return fail(c, "%s: slab %u has %u free objects but is on no list", s->name,
			    slab->pfn, own);
	c->live += used;
	s->sum.held += held;
	s->sum.slabs += slab->place != PLACE_WAITING;
	s->sum.partial += slab->place == PLACE_PARTIAL;
	s->sum.cpu_partial += slab->place == PLACE_CPU_PARTIAL;
	return true;
}

static bool check_slob_page(struct check *c, const struct slob_page *p)
{
	unsigned units = 0, end = 0;

	if (!frame_in_use(&c->sl->mm->frame[p->pfn]))
		return fail(c, "SLOB page %u is not in use", p->pfn);
	for (unsigned i = 0; i < p->blocks; i++) {
		const struct slob_free *b = &p->block[i];

		if ((i && b->start <= end) || !b->units || b->start + b->units > SLOB_UNITS)
			return fail(c, "SLOB page %u: free block %u of %u units at %u", p->pfn, i,
				    b->units, b->start);
		if (slob_begins_in(p, b->start, b->start + b->units))
			return fail(c, "SLOB page %u: an object begins in the free block at %u",
				    p->pfn, b->start);
		end = b->start + b->units;
		if (end < SLOB_UNITS && !(p->begins[end / 64] >> end % 64 & 1))
			return fail(c, "SLOB page %u: no object begins at %u", p->pfn, end);
		units += b->units;
	}
	if (units != p->units || !units != (p->list == SLOB_OFF_LIST))
		return fail(c, "SLOB page %u: %u free units, %u counted, on list %u", p->pfn, units,
			    p->units, p->list);
	for (unsigned i = 0; i < SLOB_UNITS / 64; i++)
		c->live += (unsigned)__builtin_popcountll(p->begins[i]);
	c->slob_pages++;
	return true;
}

static bool check_frames(struct check *c)
{
	const struct kmm_slab *sl = c->sl;

	for (kmm_pfn pfn = 0; pfn < sl->frames; pfn++) {
		uintptr_t owner = owner_of(sl, pfn);

		if (!owner)
			continue;
		if (owner & 1) {
			if (!frame_in_use(&sl->mm->frame[pfn]))
				return fail(c, "frame %u of a large object is not in use", pfn);
			c->large++;
		} else if (sl->kind == KMM_SLOB) {
			if (!check_slob_page(c, (const struct slob_page *)owner))
				return false;
		} else {
			const struct slab *slab = (const struct slab *)owner;

			if (pfn != slab->pfn)
				return fail(c, "frame %u: in the middle of a slab", pfn);
			if (!check_slab(c, slab))
				return false;
			pfn += (1u << slab->order) - 1;
		}
	}
	return true;
}

/* A list of slabs that all stand where it says. */
static bool check_list(struct check *c, const struct kmm_cache *s, const struct slab_list *l,
		       enum slab_place place, unsigned node, uint64_t *n)
{
	const struct slab *before = NULL;

	*n = 0;
	for (const struct slab *slab = l->head; slab; before = slab, slab = slab->next) {
		if (slab->prev != before || slab->cache != s || slab->place != place ||
		    slab->node != node || ++*n > s->sum.slabs)
			return fail(c, "%s: node %u: slab %u does not belong on the list of %d",
				    s->name, node, slab->pfn, (int)place);
	}
	return l->tail == before || fail(c, "%s: node %u: wrong tail", s->name, node);
}

/* What a sheaf holds. */
static bool check_sheaf(struct check *c, const struct kmm_cache *s, const struct sheaf *sheaf,
			uint64_t *held)
{
	for (uint32_t i = 0; sheaf && i < sheaf->count; i++) {
		const struct slab *slab = sheaf->entry[i].slab;
		unsigned index = sheaf->entry[i].index;

		if (slab->cache != s || slab_of(c->sl, slab->first) != slab)
			return fail(c, "%s: a foreign object in a sheaf", s->name);
		if (index >= slab->objects || slab->link[index] != LINK_HELD)
			return fail(c, "%s: slab %u: an object in a sheaf is not held", s->name,
				    slab->pfn);
	}
	if (sheaf)
		*held += sheaf->count;
	return !sheaf || sheaf->count <= s->sheaf_capacity ||
	       fail(c, "%s: overfull sheaf", s->name);
}

static bool check_barn(struct check *c, const struct kmm_cache *s, const struct slub_node *n,
		       uint64_t *held)
{
	unsigned full = 0, empty = 0;

	for (const struct sheaf *sheaf = n->full; sheaf; sheaf = sheaf->next, full++)
		if (!check_sheaf(c, s, sheaf, held))
			return false;
	for (const struct sheaf *sheaf = n->empty; sheaf; sheaf = sheaf->next, empty++)
		if (sheaf->count)
			return fail(c, "%s: an empty sheaf has objects", s->name);
	return (full == n->nr_full && empty == n->nr_empty) ||
	       fail(c, "%s: %u full and %u empty sheaves, %u and %u counted", s->name, full, empty,
		    n->nr_full, n->nr_empty);
}

static bool check_slub(struct check *c, const struct kmm_cache *s)
{
	uint64_t slabs = 0, partial = 0, held = 0, cpu_partial = 0;

	for (unsigned node = 0; node < c->sl->nodes; node++) {
		const struct slub_node *n = &s->node[node];
		uint64_t listed;

		if (!check_list(c, s, &n->partial, PLACE_PARTIAL, node, &listed) ||
		    !check_barn(c, s, n, &held))
			return false;
		if (listed != n->nr_partial)
			return fail(c, "%s: node %u: %llu partial slabs, %llu counted", s->name,
				    node, (unsigned long long)listed,
				    (unsigned long long)n->nr_partial);
		for (const struct slab *slab = n->partial.head; slab; slab = slab->next)
			if (slab->free == LINK_END)
				return fail(c, "%s: slab %u: full, on the partial list", s->name,
					    slab->pfn);
		slabs += n->nr_slabs;
		partial += n->nr_partial;
	}
	for (unsigned cpu = 0; cpu < c->sl->cpus; cpu++) {
		const struct slub_cpu *pc = &s->cpu[cpu];
		uint64_t n = 0;

		if (pc->slab ? pc->slab->place != PLACE_CPU || pc->slab->cpu != cpu :
			       pc->free != LINK_END)
			return fail(c, "%s: CPU %u: not its slab", s->name, cpu);
		for (const struct slab *slab = pc->partial; slab; slab = slab->next)
			if (slab->place != PLACE_CPU_PARTIAL || slab->cpu != cpu ||
			    slab->cache != s || slab->free == LINK_END || ++n > s->sum.slabs)
				return fail(c, "%s: CPU %u: slab %u is not partial there", s->name,
					    cpu, slab->pfn);
		if (n != pc->partial_slabs)
			return fail(c, "%s: CPU %u: %llu partial slabs, %u counted", s->name, cpu,
				    (unsigned long long)n, pc->partial_slabs);
		cpu_partial += n;
		if (!check_sheaf(c, s, pc->main, &held) || !check_sheaf(c, s, pc->spare, &held) ||
		    !check_sheaf(c, s, pc->rcu, &held))
			return false;
	}
	if (slabs != s->sum.slabs || partial != s->sum.partial ||
	    cpu_partial != s->sum.cpu_partial || held != s->sum.held)
		return fail(c,
			    "%s: %llu slabs, %llu and %llu partial, %llu objects held; counted "
			    "%llu, %llu, %llu, %llu",
			    s->name, (unsigned long long)s->sum.slabs,
			    (unsigned long long)s->sum.partial,
			    (unsigned long long)s->sum.cpu_partial, (unsigned long long)s->sum.held,
			    (unsigned long long)slabs, (unsigned long long)partial,
			    (unsigned long long)cpu_partial, (unsigned long long)held);
	return true;
}

static bool check_array(struct check *c, const struct kmm_cache *s, const struct array *a, int node,
			uint64_t *held)
{
	if (!a)
		return true;
	if (a->avail > a->limit)
		return fail(c, "%s: %u entries in an array of %u", s->name, a->avail, a->limit);
	for (uint32_t i = 0; i < a->avail; i++) {
		const struct slab *slab = a->entry[i].slab;

		if (slab->cache != s || a->entry[i].index >= slab->objects ||
		    slab->link[a->entry[i].index] != LINK_HELD || (node >= 0 && slab->node != node))
			return fail(c, "%s: slab %u, object %u: does not belong in an array",
				    s->name, slab->pfn, a->entry[i].index);
	}
	*held += a->avail;
	return true;
}

static bool check_node_lists(struct check *c, const struct kmm_cache *s, unsigned node,
			     uint64_t *slabs)
{
	const struct slab_node *n = &s->lists[node];
	uint64_t full, partial, none, all, free = 0;

	if (!check_list(c, s, &n->full, PLACE_FULL, node, &full) ||
	    !check_list(c, s, &n->partial, PLACE_PARTIAL, node, &partial) ||
	    !check_list(c, s, &n->free, PLACE_FREE, node, &none))
		return false;
	for (const struct slab *slab = n->full.head; slab; slab = slab->next)
		free += slab->objects - slab->inuse;
	if (free)
		return fail(c, "%s: node %u: a full slab has free objects", s->name, node);
	for (const struct slab *slab = n->partial.head; slab; slab = slab->next) {
		if (!slab->inuse || slab->inuse == slab->objects)
			return fail(c, "%s: slab %u: not partial", s->name, slab->pfn);
		free += slab->objects - slab->inuse;
	}
	for (const struct slab *slab = n->free.head; slab; slab = slab->next) {
		if (slab->inuse)
			return fail(c, "%s: slab %u: not free", s->name, slab->pfn);
		free += slab->objects;
	}
	all = full + partial + none;
	if (all != n->nr_slabs || free != n->free_objects)
		return fail(c, "%s: node %u: %llu slabs, %llu free objects; counted %llu, %llu",
			    s->name, node, (unsigned long long)all, (unsigned long long)free,
			    (unsigned long long)n->nr_slabs, (unsigned long long)n->free_objects);
	*slabs += n->nr_slabs;
	return true;
}

static bool check_slab_cache(struct check *c, const struct kmm_cache *s)
{
	uint64_t held = 0, slabs = 0;

	for (unsigned cpu = 0; cpu < c->sl->cpus; cpu++)
		if (!check_array(c, s, s->arrays[cpu], -1, &held))
			return false;
	for (unsigned node = 0; node < c->sl->nodes; node++) {
		const struct slab_node *n = &s->lists[node];

		if (!check_node_lists(c, s, node, &slabs) ||
		    !check_array(c, s, n->shared, (int)node, &held))
			return false;
		for (unsigned other = 0; n->alien && other < c->sl->nodes; other++)
			if (!check_array(c, s, n->alien[other], (int)other, &held))
				return false;
	}
	if (slabs != s->sum.slabs || held != s->sum.held)
		return fail(c, "%s: %llu slabs, %llu objects held; counted %llu, %llu", s->name,
			    (unsigned long long)s->sum.slabs, (unsigned long long)s->sum.held,
			    (unsigned long long)slabs, (unsigned long long)held);
	return true;
}

static bool check_slob_lists(struct check *c)
{
	for (unsigned list = 0; list < SLOB_OFF_LIST; list++) {
		const struct slob_list *l = &c->sl->slob.list[list];
		const struct slob_page *before = NULL;
		uint64_t n = 0;

		for (const struct slob_page *p = l->head; p; before = p, p = p->next)
			if (p->prev != before || p->list != list || ++n > c->slob_pages)
				return fail(c, "SLOB list %u: page %u does not belong", list,
					    p->pfn);
		if (l->tail != before)
			return fail(c, "SLOB list %u: wrong tail", list);
	}
	return c->slob_pages == c->sl->slob.pages ||
	       fail(c, "%llu SLOB pages, %llu counted", (unsigned long long)c->slob_pages,
		    (unsigned long long)c->sl->slob.pages);
}

int kmm_slab_validate(const struct kmm_slab *sl, char *why, size_t n)
{
	struct check c = { .sl = sl, .why = why, .size = n };
	uint64_t counted;
	bool ok;

	if (n)
		*why = '\0';
	for (struct kmm_cache *s = sl->first; s; s = s->next)
		memset(&s->sum, 0, sizeof(s->sum));
	ok = check_frames(&c);
	for (const struct kmm_cache *s = sl->first; ok && s; s = s->next) {
		if (s->kind == KMM_SLUB)
			ok = check_slub(&c, s);
		else if (s->kind == KMM_SLAB)
			ok = check_slab_cache(&c, s);
	}
	ok = ok && (sl->kind != KMM_SLOB || check_slob_lists(&c));
	if (ok && c.large != sl->large_objects)
		ok = fail(&c, "%llu large objects, %llu counted", (unsigned long long)c.large,
			  (unsigned long long)sl->large_objects);
	c.live += c.large;
	counted = sl->stats.adopted + sl->stats.allocs - sl->stats.frees;
	if (ok && c.live != counted)
		ok = fail(&c, "%llu objects live, %llu counted", (unsigned long long)c.live,
			  (unsigned long long)counted);
	return ok ? 0 : -EUCLEAN;
}
