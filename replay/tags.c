// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/tags.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay/feed.h"

#define UNKNOWN KMM_MIGRATETYPES

struct tags {
	const struct machine *m;
	uint8_t *type; /* [blocks] */
	uint64_t *freed; /* [frames] bits: freed since the start, on a per-CPU list as far as is known */
	uint8_t *settled; /* [blocks] a fallback has changed it since the start */
	uint64_t blocks;
	bool started;
};

static bool was_freed(const struct tags *t, uint32_t pfn)
{
	return t->freed[pfn / 64] >> (pfn % 64) & 1;
}

static void set_freed(struct tags *t, uint32_t pfn, unsigned order, bool on)
{
	for (uint32_t p = pfn; p < pfn + (1u << order) && p < t->m->max_pfn; p++)
		if (on)
			t->freed[p / 64] |= 1ull << (p % 64);
		else
			t->freed[p / 64] &= ~(1ull << (p % 64));
}

static void learn(struct tags *t, uint32_t pfn, unsigned type)
{
	uint64_t b = pfn >> t->m->pageblock_order;

	if (b >= t->blocks || t->settled[b] || type >= KMM_PCPTYPES)
		return;
	/* Before the start the latest word counts, after it the first one. */
	if (!t->started || t->type[b] == UNKNOWN)
		t->type[b] = (uint8_t)type;
}

static void fallback(struct tags *t, const struct request *q)
{
	unsigned found = q->sig.aux, pb = t->m->pageblock_order;
	uint64_t first = q->pfn >> pb, last = first + (found > pb ? 1u << (found - pb) : 1);

	if (found < pb && !(q->sig.aux2 & 0x80))
		return;
	for (uint64_t b = first; b < last && b < t->blocks; b++)
		if (t->started)
			t->settled[b] = 1;
		else
			t->type[b] = q->sig.type;
}

static void follow(struct tags *t, const struct request *q)
{
	if (q->pfn == KMM_NO_PFN || q->pfn >= t->m->max_pfn || q->sig.order >= KMM_ORDERS)
		return;
	switch (q->sig.op) {
	case REQ_PAGE_FREE:
		set_freed(t, q->pfn, q->sig.order, !(q->sig.flags & REQ_DIRECT));
		break;
	case REQ_PAGE_ALLOC:
		/* With refills of its own it may have got one of these pages. */
		if (!q->sig.own_obs && was_freed(t, q->pfn) && q->sig.order <= 3)
			learn(t, q->pfn, q->sig.type);
		set_freed(t, q->pfn, q->sig.order, false);
		break;
	case OBS_PCPU_DRAIN:
		if (was_freed(t, q->pfn))
			learn(t, q->pfn, q->sig.type);
		set_freed(t, q->pfn, q->sig.order, false);
		break;
	case OBS_ZONE_LOCKED:
		set_freed(t, q->pfn, q->sig.order, false);
		break;
	case OBS_EXTFRAG:
		fallback(t, q);
		break;
	default:
		break;
	}
}

int tags_learn(struct kmw_reader *k, struct machine *m, struct err *e)
{
	struct tags t = { .m = m };
	struct request *q = malloc(KMW_BLOCK_RECORDS * sizeof(*q));
	struct feed f = { 0 };
	int n = 0, ret;

	t.blocks = (m->max_pfn >> m->pageblock_order) + 1;
	t.type = malloc(t.blocks);
	t.settled = calloc(t.blocks, 1);
	t.freed = calloc(m->max_pfn / 64 + 1, sizeof(*t.freed));
	ret = q && t.type && t.settled && t.freed ?
		      0 :
		      err_set(e, ENOMEM, "out of memory for the pageblocks");
	if (ret >= 0) {
		memset(t.type, UNKNOWN, t.blocks);
		ret = feed_open(&f, k, m->before.have_lists, e);
	}
	t.started = f.marks.start == UINT32_MAX;
	while (ret >= 0 && (n = feed_next(&f, q, e)) > 0)
		for (int i = 0; i < n; i++)
			if (q[i].sig.op == OBS_MARK)
				t.started |= q[i].pfn == f.marks.start;
			else
				follow(&t, &q[i]);
	if (ret >= 0 && n < 0)
		ret = n;
	feed_close(&f);
	free(q);
	free(t.freed);
	free(t.settled);
	if (ret < 0) {
		free(t.type);
		return ret;
	}
	free(m->before.tags);
	m->before.tags = t.type;
	m->before.tag_count = t.blocks;
	return 0;
}
