// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * resolve_bulk: the silent pages of vmalloc areas and kernel stacks, known by the
 * array that holds them (pitfall 2), which is an area itself where one page does not hold it.
 */
#include <stdlib.h>

#include "workload/resolver.h"

static uint32_t array_new(struct resolver *r, uint32_t n)
{
	uint32_t at = r->array_free;

	if (at != UINT32_MAX) {
		r->array_free = r->array[at].next_free;
	} else {
		if (r->array_count == r->array_room) {
			uint32_t room = r->array_room ? r->array_room * 2 : 64;
			struct page_array *more = realloc(r->array, room * sizeof(*more));

			if (!more)
				return UINT32_MAX;
			r->array = more;
			r->array_room = room;
		}
		at = r->array_count++;
	}
	r->array[at].n = n;
	r->array[at].slots = malloc(n * sizeof(*r->array[at].slots));
	return r->array[at].slots ? at : UINT32_MAX;
}

int resolve_bulk(struct resolver *r, struct ctx *c, const struct event *ev, uint64_t addr,
		 uint32_t n, uint32_t gfp)
{
	uint32_t at = array_new(r, n);

	if (at == UINT32_MAX || map_put(&r->arrays, addr, at))
		return resolver_oom(r);
	for (uint32_t i = 0; i < n; i++) {
		struct window_entry *w = resolver_append(r, ev, REQ_PAGE_BULK);

		if (!w)
			return r->err->code;
		w->r.slot = slots_take(&r->slots);
		if (w->r.slot == NO_SLOT)
			return resolver_oom(r);
		r->slots.s[w->r.slot] = (struct slot){ .pfn = KMM_NO_PFN,
						       .left = 1,
						       .epoch = r->epoch };
		r->array[at].slots[i] = w->r.slot;
		w->r.sig.gfp = gfp | KMM_GFP_HIGHMEM;
		w->r.sig.type = KMM_UNMOVABLE;
		w->r.sig.owner = OWNER_VMALLOC;
		w->r.sig.flags = REQ_IMPLIED;
		w->waits = WAIT_BULK;
		if (i == 0)
			c->bulk = resolver_newest(r);
	}
	c->bulk_n = n;
	c->bulk_array = at;
	c->bulk_gfp = gfp;
	c->bulk_moved = false;
	r->stats.bulk_pages += n;
	return 0;
}

/* vfree gives the pages back one by one in array order, then the array itself. */
int resolve_bulk_free(struct resolver *r, struct ctx *c, const struct event *ev, uint64_t addr)
{
	uint32_t at = r->arrays.used ? map_get(&r->arrays, addr) : MAP_NONE, n, have, skip;
	struct page_array *a;

	if (at == MAP_NONE) {
		if (c->unpaired.count)
			resolve_free_unpaired(r, c);
		return 0;
	}
	a = &r->array[at];
	n = a->n;
	have = c->unpaired.count < n ? c->unpaired.count : n;
	skip = c->unpaired.count - have;
	for (uint32_t i = 0; i < n; i++) {
		struct window_entry *w;

		if (have == n && window_has(&r->win, c->unpaired.pos[skip + i])) {
			w = window_at(&r->win, c->unpaired.pos[skip + i]);
			w->r.sig.flags &= (uint8_t)~REQ_UNPAIRED;
			r->stats.bulk_paired++;
			r->stats.unpaired_pages--;
		} else {
			w = resolver_append(r, ev, REQ_PAGE_FREE);
			if (!w)
				return r->err->code;
			w->r.sig.flags = REQ_IMPLIED;
		}
		w->r.slot = a->slots[i];
		r->slots.s[a->slots[i]].left = 0;
		w->gives = true;
	}
	free(a->slots);
	a->slots = NULL;
	a->next_free = r->array_free;
	r->array_free = at;
	map_del(&r->arrays, addr);
	resolve_free_unpaired(r, c);
	return 0;
}
