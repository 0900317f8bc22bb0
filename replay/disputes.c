// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/disputes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/kpageflags.h"

const char *dispute_why(enum dispute_kind k)
{
	static const char *const why[DISPUTE_KINDS] = {
#define X(name, text) [DISPUTE_##name] = text,
		DISPUTES(X)
#undef X
	};

	return why[k];
}

/* One bit a frame: free in the snapshot. */
static uint64_t *free_frames(const struct machine *m, const struct machine_state *s)
{
	uint64_t *bits = calloc(m->max_pfn / 64 + 1, sizeof(*bits));

	if (!bits)
		return NULL;
	if (!s->have_lists) {
		for (uint64_t p = 0; p < s->kpageflags_len && p < m->max_pfn; p++)
			if (s->kpageflags[p] & KPF_BUDDY)
				bits[p / 64] |= 1ull << (p % 64);
		return bits;
	}
	for (uint32_t i = 0; i < s->list_count; i++) {
		const struct machine_list *l = &s->lists[i];

		for (uint32_t n = 0; l->cpu < 0 && n < l->count; n++) {
			uint64_t first = s->list_pfns[l->first + n];

			for (uint64_t p = first; p < first + (1ull << l->order) && p < m->max_pfn;
			     p++)
				bits[p / 64] |= 1ull << (p % 64);
		}
	}
	return bits;
}

static int kind_of(const struct recorded *r, uint32_t pfn, bool free_then)
{
	switch (recorded_frame(r, pfn)) {
	case FRAME_BUDDY:
		return free_then ? -1 : recorded_compacted(r) ? DISPUTE_MOVED_IN : DISPUTE_TAKEN;
	case FRAME_PCP:
		return free_then ? DISPUTE_PASSED : -1;
	case FRAME_USED:
	case FRAME_NOT_FREE:
		return free_then ? DISPUTE_GIVEN : -1;
	default:
		return -1;
	}
}

static int add(struct disputes *x, uint32_t *room, uint32_t pfn, int zone, int kind)
{
	struct dispute *last = x->d && x->count ? &x->d[x->count - 1] : NULL;

	x->pages++;
	if (last && last->pfn + last->pages == pfn && last->kind == kind && last->zone == zone) {
		last->pages++;
		return 0;
	}
	if (!x->d || x->count == *room) {
		uint32_t more = *room ? *room * 2 : 64;
		struct dispute *d = realloc(x->d, more * sizeof(*d));

		if (!d)
			return -ENOMEM;
		x->d = d;
		*room = more;
	}
	x->d[x->count++] = (struct dispute){ pfn, 1, (uint8_t)zone, (uint8_t)kind };
	return 0;
}

int disputes_reading(struct disputes *x, const struct machine *m)
{
	free(x->moved);
	x->moved = calloc(m->max_pfn / 64 + 1, sizeof(*x->moved));
	return x->moved ? 0 : -ENOMEM;
}

/* Do its pages leave the free lists, or join them? */
static bool moves(const struct machine *m, const struct request *q)
{
	if (q->sig.op == REQ_PAGE_FREE)
		return q->sig.flags & REQ_DIRECT || !recorded_has_pcp_list(m, q->sig.order);
	return q->sig.op == OBS_PCPU_DRAIN || request_takes(m, q);
}

void disputes_record(struct disputes *x, const struct machine *m, const struct request *q)
{
	if (!x->moved || x->known || q->pfn == KMM_NO_PFN || q->sig.order >= KMM_ORDERS ||
	    !moves(m, q))
		return;
	for (uint64_t p = q->pfn; p < q->pfn + (1ull << q->sig.order) && p < m->max_pfn; p++)
		x->moved[p / 64] |= 1ull << (p % 64);
}

int disputes_find(struct disputes *x, const struct recorded *r, const struct machine *m,
		  const struct machine_state *s, struct err *e)
{
	uint64_t *bits;
	uint32_t room = 0;
	int ret = 0;

	if (!s->have_lists && !s->have_kpageflags)
		return 0;
	bits = free_frames(m, s);
	for (uint32_t p = 0; bits && !ret && p < m->max_pfn; p++) {
		bool moved = x->moved && x->moved[p / 64] >> (p % 64) & 1;
		int zone = moved ? -1 : machine_zone_of(m, p);
		int kind = zone < 0 ? -1 : kind_of(r, p, bits[p / 64] >> (p % 64) & 1);

		if (kind >= 0)
			ret = add(x, &room, p, zone, kind);
	}
	if (!bits || ret) {
		free(bits);
		disputes_free(x);
		return err_set(e, ENOMEM, "out of memory for the comparison with the snapshot");
	}
	free(bits);
	x->known = true;
	return 0;
}

void disputes_free(struct disputes *x)
{
	free(x->d);
	free(x->moved);
	memset(x, 0, sizeof(*x));
}
