// SPDX-License-Identifier: GPL-2.0-or-later
/* resolve_frames: which block covers a page frame. */
#include <errno.h>

#include "workload/resolver.h"

int resolve_frames_cover(struct resolver *r, uint32_t pfn, uint32_t pages, uint32_t slot)
{
	for (uint32_t i = 0; i < pages; i++) {
		struct frame *p = pagemap_at(&r->frames, pfn + i);

		if (!p)
			return resolver_oom(r);
		p->slot = slot;
	}
	return 0;
}

/* A record that no event shows: the block of a slot must have been freed silently before. */
static int imply_free(struct resolver *r, const struct event *ev, uint32_t slot, uint8_t mark)
{
	struct slot *s = &r->slots.s[slot];
	struct window_entry *w = resolver_append(r, ev, REQ_PAGE_FREE);

	if (!w)
		return r->err->code;
	w->r.slot = slot;
	w->r.sig.order = s->order;
	w->r.sig.flags = REQ_IMPLIED;
	w->r.sig.aux = mark;
	w->gives = true;
	if (s->pfn != KMM_NO_PFN)
		for (uint32_t i = 0; i < 1u << s->order; i++)
			if (pagemap_get(&r->frames, s->pfn + i).slot == slot)
				pagemap_at(&r->frames, s->pfn + i)->slot = NO_SLOT;
	r->stats.implied_pages += s->left;
	s->left = 0;
	return 0;
}

/* Whatever still covers these frames was freed without an event. */
int resolve_frames_vacate(struct resolver *r, const struct event *ev, uint32_t pfn, uint32_t pages,
			  uint8_t mark)
{
	for (uint32_t i = 0; i < pages; i++) {
		uint32_t slot = resolver_slot_of(r, pfn + i);

		if (slot != NO_SLOT && imply_free(r, ev, slot, mark) < 0)
			return r->err->code;
	}
	return 0;
}
