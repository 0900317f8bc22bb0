// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/mapread.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/kpageflags.h"
#include "replay/recorded.h"

int mapread_init(struct mapread *r, const struct machine *m, struct machine_state *s,
		 uint32_t begin, uint32_t end, bool to_end)
{
	memset(r, 0, sizeof(*r));
	r->m = m;
	r->begin = begin;
	r->end = end;
	if (!s->have_kpageflags || begin == UINT32_MAX || end == UINT32_MAX)
		return 0;
	r->s = s;
	if (to_end)
		return 0;
	r->seen = calloc(s->kpageflags_len / 8 + 1, 1);
	return r->seen ? 0 : -ENOMEM;
}

void mapread_free(struct mapread *r)
{
	free(r->seen);
	memset(r, 0, sizeof(*r));
}

static void put(struct mapread *r, const struct request *q, bool free_then)
{
	uint64_t end = q->pfn + (1ull << q->sig.order);

	for (uint64_t p = q->pfn; p < end && p < r->s->kpageflags_len; p++) {
		if (r->seen && r->seen[p / 8] >> p % 8 & 1)
			continue;
		if (r->seen)
			r->seen[p / 8] |= (uint8_t)(1u << p % 8);
		if (free_then)
			r->s->kpageflags[p] |= KPF_BUDDY;
		else
			r->s->kpageflags[p] &= ~KPF_BUDDY;
	}
}

/*
 * Does the record say where its pages were before, or what became of them?  Then: were they, are they free?
 * Of the end only what enters or leaves the buddy lists tells: a page that the reading found there was there, and
 * that a free which the events cannot tell from others went past the per-CPU list then shows.
 */
static bool tells(const struct mapread *r, const struct request *q, bool before, bool *is_free)
{
	switch (q->sig.op) {
	case REQ_PAGE_ALLOC:
		/* With refills of its own: these tell. */
		*is_free = false;
		return before && !(q->sig.flags & REQ_FAILED) && !q->sig.own_obs;
	case REQ_PAGE_FREE:
		*is_free = !before;
		return before || q->sig.flags & REQ_DIRECT ||
		       !recorded_has_pcp_list(r->m, q->sig.order);
	case OBS_PCPU_DRAIN:
		*is_free = !before;
		return true;
	default:
		*is_free = before;
		return request_takes(r->m, q);
	}
}

void mapread_record(struct mapread *r, const struct request *q)
{
	bool is_free;

	if (!r->s)
		return;
	if (q->sig.op == OBS_MARK) {
		r->inside = q->pfn == r->begin || (r->inside && q->pfn != r->end);
		return;
	}
	if (r->inside && q->pfn != KMM_NO_PFN && q->sig.order < KMM_ORDERS &&
	    tells(r, q, r->seen != NULL, &is_free))
		put(r, q, is_free);
}
