// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/slaborigin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay/objaddr.h"
#include "replay/slabshown.h"

#define PAGE_SHIFT 12

struct reading {
	const struct machine *m;
	uint32_t start; /* mark of the start; UINT32_MAX: where the trace begins */
	uint32_t mark;	/* where the dumps hold; UINT32_MAX: at the end */
	uint32_t *slab_of; /* [max_pfn] place in after.slabpages + 1, of slabs that no event touched so far */
	int32_t *more; /* [slabs] objects that they hold more in the end than at the start */
	bool *moved;   /* [slabs] an object of it came or went */
	struct objaddr addr;
	bool started, over;
};

static int begin(struct reading *r, const struct machine *m, const struct intern *strings)
{
	static const char usual[] = "snap: after/struct_page.raw end";
	const struct machine_state *s = &m->after;
	const char *mark = s->lists_mark[0] ? s->lists_mark : usual;
	const char *start = !m->before.have_lists   ? "snap: before/kpageflags end" :
			    m->before.lists_mark[0] ? m->before.lists_mark :
						      "snap: before/struct_page.raw end";

	*r = (struct reading){ .m = m,
			       .start = intern_find(strings, start, strlen(start)),
			       .mark = intern_find(strings, mark, strlen(mark)) };
	r->started = r->start == UINT32_MAX;
	r->slab_of = calloc(m->max_pfn + 1, sizeof(*r->slab_of));
	r->more = calloc(s->slabpage_count + 1ull, sizeof(*r->more));
	r->moved = calloc(s->slabpage_count + 1ull, sizeof(*r->moved));
	if (!r->slab_of || !r->more || !r->moved)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->slabpage_count; i++) {
		const struct machine_slabpage *x = &s->slabpages[i];

		for (uint64_t f = x->pfn; f < x->pfn + (1ull << x->order) && f < m->max_pfn; f++)
			r->slab_of[f] = i + 1;
	}
	return 0;
}

static void end(struct reading *r)
{
	free(r->slab_of);
	free(r->more);
	free(r->moved);
	objaddr_free(&r->addr);
}

/* A page that is given or taken away: what was there before is no slab that stayed. */
static void touch(struct reading *r, const struct request *q)
{
	const struct machine_slabpage *x;

	for (uint64_t f = q->pfn; f < q->pfn + (1ull << q->sig.order) && f < r->m->max_pfn; f++) {
		if (!r->slab_of[f])
			continue;
		x = &r->m->after.slabpages[r->slab_of[f] - 1];
		for (uint64_t p = x->pfn; p < x->pfn + (1ull << x->order) && p < r->m->max_pfn; p++)
			r->slab_of[p] = 0;
	}
}

static void object(struct reading *r, uint64_t addr, int by)
{
	uint64_t frame = (addr - r->m->direct_map_base) >> PAGE_SHIFT;

	if (!r->started || addr < r->m->direct_map_base || frame >= r->m->max_pfn ||
	    !r->slab_of[frame])
		return;
	r->more[r->slab_of[frame] - 1] += by;
	r->moved[r->slab_of[frame] - 1] = true;
}

static int record(struct reading *r, const struct request *q)
{
	switch (q->sig.op) {
	case REQ_OBJ_ALLOC:
		if (q->sig.flags & REQ_FAILED)
			return 0;
		object(r, q->addr, 1);
		return q->slot == NO_SLOT ? 0 : objaddr_set(&r->addr, q->slot, q->addr);
	case REQ_OBJ_FREE:
		object(r, q->slot == NO_SLOT ? q->addr : objaddr_get(&r->addr, q->slot), -1);
		return 0;
	case REQ_PAGE_ALLOC:
	case REQ_PAGE_FREE:
	case OBS_ZONE_LOCKED:
	case OBS_PCPU_DRAIN:
		if (r->started && q->pfn < r->m->max_pfn && q->sig.order < KMM_ORDERS)
			touch(r, q);
		return 0;
	case OBS_MARK:
		r->started |= q->pfn == r->start;
		r->over = q->pfn == r->mark;
		return 0;
	default:
		return 0;
	}
}

/* What stayed, as it stood at the start. */
static int give(const struct reading *r, struct machine *m)
{
	const struct machine_state *after = &m->after;
	struct machine_slabpage *pages = malloc((after->slabpage_count + 1ull) * sizeof(*pages));
	uint32_t n = 0;

	if (!pages)
		return -ENOMEM;
	for (uint32_t i = 0; i < after->slabpage_count; i++) {
		struct machine_slabpage x = after->slabpages[i];
		int64_t inuse = (int64_t)x.inuse - r->more[i];

		if (x.pfn >= m->max_pfn || r->slab_of[x.pfn] != i + 1)
			continue;
		x.inuse = (uint16_t)(inuse < 0 ? 0 : inuse > x.objects ? x.objects : inuse);
		if (r->moved[i]) {
			x.place = x.inuse == x.objects ? SLAB_FULL : SLAB_PARTIAL;
			x.cpu = -1;
		}
		pages[n++] = x;
	}
	m->before.slabpages = pages;
	m->before.slabpage_count = m->before.dumped_slabs = n;
	m->before.have_slabpages = true;
	return 0;
}

int slaborigin_find(struct kmw_reader *k, struct machine *m, struct err *e)
{
	struct request *q;
	struct kmw_scratch *scratch;
	struct reading r = { 0 };
	int n = 0, ret;

	if (m->before.have_slabpages || !m->direct_map_base || kmw_summary(k)->lost)
		return 0;
	if (m->slabs_of_start || !m->after.have_slabpages)
		return m->slabs_of_start ? slabshown_find(k, m, e) : 0;
	q = malloc(KMW_BLOCK_RECORDS * sizeof(*q));
	scratch = kmw_scratch_new();
	ret = q && scratch ? begin(&r, m, kmw_strings(k)) : -ENOMEM;
	for (uint32_t b = 0; b < kmw_block_count(k) && !ret && !r.over && n >= 0; b++) {
		n = kmw_block_read(k, b, q, scratch, e);
		for (int i = 0; i < n && !ret && !r.over; i++)
			ret = record(&r, &q[i]);
	}
	if (!ret && n >= 0)
		ret = give(&r, m);
	end(&r);
	free(q);
	if (scratch)
		kmw_scratch_free(scratch);
	if (n < 0 || ret)
		return n < 0 ? n : err_set(e, ENOMEM, "out of memory for the slabs of the start");
	return slabshown_find(k, m, e);
}
