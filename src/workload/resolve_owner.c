// SPDX-License-Identifier: GPL-2.0-or-later
/* resolve_owner: whose a page is; by its flags at first, then by what follows on its CPU. */
#include <string.h>

#include "workload/resolver.h"

#define SLAB_TRY (KMM_GFP_NOWARN | KMM_GFP_NORETRY)

enum request_owner resolve_owner_guess(kmm_gfp gfp, unsigned order)
{
	if (gfp & KMM_GFP_MOVABLE)
		return OWNER_USER;
	/* SLUB's first attempt at a slab adds both bits, and COMP above order 0. */
	if ((gfp & SLAB_TRY) == SLAB_TRY && (order == 0 || gfp & KMM_GFP_COMP))
		return OWNER_SLAB;
	/* Page tables are zeroed and charged; so are few other pages of order 0 and 1. */
	if (order <= 1 && gfp & KMM_GFP_ZERO && gfp & KMM_GFP_ACCOUNT && !(gfp & KMM_GFP_HARDWALL))
		return OWNER_PGTABLE;
	return OWNER_KERNEL;
}

static void owner_decide(struct resolver *r, uint64_t pos, enum request_owner owner)
{
	struct window_entry *w;

	if (!window_has(&r->win, pos))
		return;
	w = window_at(&r->win, pos);
	w->r.sig.owner = (uint8_t)owner;
	w->waits &= (uint8_t)~WAIT_OWNER;
}

void resolve_owner_give_up(struct resolver *r, struct ctx *c, uint32_t keep)
{
	uint32_t drop = c->owner_n - keep;

	for (uint32_t i = 0; i < drop; i++)
		if (window_has(&r->win, c->owner[i]))
			window_at(&r->win, c->owner[i])->waits &= (uint8_t)~WAIT_OWNER;
	memmove(c->owner, c->owner + drop, keep * sizeof(*c->owner));
	c->owner_n = keep;
}

/* The decisive sign of a slab page (pitfall 9): the next object on this CPU lies inside it. */
void resolve_owner(struct resolver *r, struct ctx *c, const struct event *ev, uint32_t site)
{
	uint32_t pfn = resolver_pfn(r, ev->object.ptr);

	for (uint32_t i = 0; i < c->owner_n; i++) {
		struct window_entry *w = window_at(&r->win, c->owner[i]);
		uint32_t first = w->r.pfn;

		if (!window_has(&r->win, c->owner[i]) || pfn == KMM_NO_PFN || pfn < first ||
		    pfn - first >= 1u << w->r.sig.order)
			continue;
		w->r.sig.site = ev->object.call_site;
		if (ev->object.bytes_alloc >= 4096ull << w->r.sig.order &&
		    (ev->kind == EVENT_KMALLOC || ev->kind == EVENT_KMALLOC_NODE) &&
		    !(ev->object.ptr & 0xfff) && pfn == first) {
			owner_decide(r, c->owner[i], OWNER_KMALLOC_LARGE);
		} else {
			w->r.sig.cache = r->sites.s[site].cache;
			w->r.sig.bytes_alloc = (uint32_t)ev->object.bytes_alloc;
			owner_decide(r, c->owner[i], OWNER_SLAB);
		}
		memmove(&c->owner[i], &c->owner[i + 1], (c->owner_n - i - 1) * sizeof(*c->owner));
		c->owner_n--;
		return;
	}
}
