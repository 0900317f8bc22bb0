// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/hindsight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay/recorded.h"
#include "trace/event.h"

/* In free_of: a record's number + 1, whether the record says REQ_DIRECT, and whether the page may be on another list now. */
#define SAYS_DIRECT (1u << 31)
#define ANY_TYPE (1u << 30)
#define NUMBER_MAX (ANY_TYPE - 3)
#define CERTAIN (ANY_TYPE - 1) /* or: it went there for certain, past the list */
#define LISTED (ANY_TYPE - 2)  /* or: a refill put it on a list */

static void set_freed(struct hindsight *h, uint32_t pfn, unsigned order, uint32_t by)
{
	for (uint32_t p = pfn; p < pfn + (1u << order) && p < h->m->max_pfn; p++)
		h->free_of[p] = by;
}

/* Was the frame freed last, so far as is known? */
static bool is_freed(const struct hindsight *h, uint32_t pfn)
{
	return h->free_of[pfn] && h->free_of[pfn] != LISTED;
}

/* ---- types of pageblocks ---- */

static void learn_type(struct hindsight *h, uint32_t pfn, unsigned type)
{
	uint64_t b = pfn >> h->m->pageblock_order;

	if (b >= h->blocks || h->settled[b] || type >= KMM_PCPTYPES)
		return;
	/* Before the start the latest word counts, after it the first one. */
	if (!h->started || h->type[b] == HINDSIGHT_UNKNOWN)
		h->type[b] = (uint8_t)type;
}

static void fallback(struct hindsight *h, const struct request *q)
{
	unsigned found = q->sig.aux, pb = h->m->pageblock_order;
	uint64_t first = q->pfn >> pb, last = first + (found > pb ? 1u << (found - pb) : 1);

	for (uint64_t p = first << pb; found < pb && p < last << pb && p < h->m->max_pfn; p++)
		if (is_freed(h, p)) /* what is taken next there may come from another type's list */
			h->free_of[p] |= ANY_TYPE;
	if (found < pb && !(q->sig.aux2 & 0x80))
		return;
	for (uint64_t b = first; b < last && b < h->blocks; b++)
		if (h->started)
			h->settled[b] = 1;
		else
			h->type[b] = q->sig.type;
}

/* ---- where freed pages went ---- */

static void add_wrong(struct hindsight *h, uint64_t number)
{
	if (h->wrong_count == h->wrong_room) {
		uint64_t room = h->wrong_room ? h->wrong_room * 2 : 256;
		uint64_t *more = realloc(h->wrong, room * sizeof(*more));

		if (!more) {
			h->no_memory = true;
			return;
		}
		h->wrong = more;
		h->wrong_room = room;
	}
	h->wrong[h->wrong_count++] = number;
}

/* Is the free of this frame, which is then *number, known to have gone the other way than its record says? */
static bool went_otherwise(const struct hindsight *h, uint32_t pfn, bool direct, uint32_t *number)
{
	uint32_t by = h->free_of[pfn], free = by & ~(SAYS_DIRECT | ANY_TYPE);

	*number = free - 1;
	return is_freed(h, pfn) && free != CERTAIN && !(by & SAYS_DIRECT) != !direct;
}

/* The free of this frame is known to have gone past the per-CPU list, or not. */
static void learn_way(struct hindsight *h, uint32_t pfn, bool direct)
{
	uint32_t number;

	if (went_otherwise(h, pfn, direct, &number))
		add_wrong(h, number);
}

/* A refill got the frame: its free went past the list, unless another CPU drains it at this time. */
static void learn_taken(struct hindsight *h, const struct request *q, uint32_t pfn)
{
	uint32_t number;

	if (!went_otherwise(h, pfn, true, &number))
		return;
	if (h->take_count == h->take_room) {
		uint32_t room = h->take_room ? h->take_room * 2 : 64;
		struct hindsight_take *more = realloc(h->takes, room * sizeof(*more));

		if (!more) {
			h->no_memory = true;
			return;
		}
		h->takes = more;
		h->take_room = room;
	}
	h->take_time = q->time;
	h->takes[h->take_count++] = (struct hindsight_take){ pfn, number, q->cpu };
}

/* Their time is over. */
static void settle_takes(struct hindsight *h)
{
	for (uint32_t i = 0; i < h->take_count; i++)
		add_wrong(h, h->takes[i].free);
	h->take_count = 0;
}

/* A page that its own CPU drains was on that one's list: another's refill got it behind that. */
static void drop_take(struct hindsight *h, const struct request *q)
{
	bool own = q->sig.aux == DRAIN_FREE || q->sig.aux == DRAIN_EITHER ||
		   q->sig.aux == DRAIN_CPU;

	for (uint32_t i = 0; own && i < h->take_count; i++)
		if (h->takes[i].pfn == q->pfn && h->takes[i].cpu != q->cpu) {
			h->takes[i] = h->takes[--h->take_count];
			return;
		}
}

/* Memory that is handed over at boot gets its pageblocks' types with their first frames. */
static void handed_over(struct hindsight *h, const struct request *q)
{
	uint32_t pb = h->m->pageblock_order, end = q->pfn + (1u << q->sig.order);

	if (!(q->sig.flags & REQ_UNPAIRED))
		return;
	for (uint32_t p = (q->pfn + (1u << pb) - 1) >> pb << pb; p < end; p += 1u << pb)
		learn_type(h, p, KMM_MOVABLE);
}

static void follow_free(struct hindsight *h, const struct request *q, uint64_t number)
{
	bool direct = q->sig.flags & REQ_DIRECT;
	uint32_t by = 0;

	/* A batched event is there only if the page went to the list; tails never do. */
	if (direct && q->sig.aux & FREE_TAIL) {
		by = CERTAIN;
		handed_over(h, q);
	}
	if (!by && number < NUMBER_MAX)
		by = (uint32_t)(number + 1) | (direct ? SAYS_DIRECT : 0);
	set_freed(h, q->pfn, q->sig.order, by);
}

static void follow_take(struct hindsight *h, const struct request *q)
{
	uint32_t last = 0;

	for (uint32_t p = q->pfn; p < q->pfn + (1u << q->sig.order) && p < h->m->max_pfn; p++) {
		if (is_freed(h, p) && h->free_of[p] != last) {
			learn_taken(h, q, p);
			if (!(h->free_of[p] & ANY_TYPE))
				learn_type(h, p, q->sig.type);
		}
		last = h->free_of[p];
	}
	set_freed(h, q->pfn, q->sig.order, LISTED);
}

static void follow_pcp(struct hindsight *h, const struct request *q)
{
	learn_way(h, q->pfn, false);
	if (is_freed(h, q->pfn) && !(h->free_of[q->pfn] & ANY_TYPE))
		learn_type(h, q->pfn, q->sig.type);
	set_freed(h, q->pfn, q->sig.order, 0);
}

void hindsight_past(struct hindsight *h, uint64_t number)
{
	add_wrong(h, number);
}

void hindsight_after(struct hindsight *h, const struct machine_state *after)
{
	for (uint32_t i = 0; i < after->list_count; i++) {
		const struct machine_list *l = &after->lists[i];

		for (uint32_t n = 0; l->cpu < 0 && n < l->count; n++) {
			uint32_t pfn = after->list_pfns[l->first + n], last = 0;

			for (uint32_t p = pfn; p < pfn + (1u << l->order) && p < h->m->max_pfn;
			     p++) {
				if (is_freed(h, p) && h->free_of[p] != last)
					learn_way(h, p, true);
				last = h->free_of[p];
				h->free_of[p] = 0;
			}
		}
	}
}

/* ---- kswapd ---- */

static void follow_kswapd(struct hindsight *h, const struct request *q)
{
	if ((q->sig.aux != EVENT_MM_VMSCAN_KSWAPD_WAKE &&
	     q->sig.aux != EVENT_MM_VMSCAN_KSWAPD_SLEEP) ||
	    !q->addr || q->sig.node < 0)
		return;
	if (h->end_count == h->end_room) {
		uint64_t room = h->end_room ? h->end_room * 2 : 64;
		struct hindsight_end *more = realloc(h->ends, room * sizeof(*more));

		if (!more) {
			h->no_memory = true;
			return;
		}
		h->ends = more;
		h->end_room = room;
	}
	h->ends[h->end_count++] = (struct hindsight_end){
		.time = q->addr,
		.seq = q->sig.bytes_req ? q->seq - q->sig.bytes_req : UINT64_MAX,
		.cpu = (uint16_t)q->sig.bytes_alloc,
		.node = (uint8_t)q->sig.node,
	};
}

bool hindsight_ended(const struct hindsight_end *x, const struct request *q)
{
	/* A clock may stand still long beyond the run; what its own CPU did then did come behind it. */
	return q->time > x->time || (q->time == x->time && q->cpu == x->cpu && q->seq > x->seq);
}

void hindsight_start(struct hindsight *h)
{
	h->started = true;
}

void hindsight_record(struct hindsight *h, const struct request *q, uint64_t number)
{
	if (h->take_count && q->time != h->take_time)
		settle_takes(h);
	if (q->sig.op == OBS_RECLAIM)
		follow_kswapd(h, q);
	if (q->pfn == KMM_NO_PFN || q->pfn >= h->m->max_pfn || q->sig.order >= KMM_ORDERS)
		return;
	switch (q->sig.op) {
	case REQ_PAGE_FREE:
		follow_free(h, q, number);
		break;
	case REQ_PAGE_ALLOC:
		/* A block that a refill had put on a list is none that a compaction captured. */
		if (q->sig.flags & REQ_DIRECT && h->free_of[q->pfn] == LISTED)
			add_wrong(h, number);
		/* With refills of its own, these tell. */
		if (!q->sig.own_obs && q->sig.order <= 3)
			follow_pcp(h, q);
		else if (!q->sig.own_obs)
			set_freed(h, q->pfn, q->sig.order, 0);
		break;
	case OBS_PCPU_DRAIN:
		drop_take(h, q);
		follow_pcp(h, q);
		break;
	case OBS_ZONE_LOCKED:
		follow_take(h, q);
		break;
	case OBS_EXTFRAG:
		fallback(h, q);
		if (request_takes(h->m, q))
			follow_take(h, q);
		break;
	default:
		break;
	}
}

/* ---- the ends ---- */

int hindsight_init(struct hindsight *h, const struct machine *m, struct err *e)
{
	memset(h, 0, sizeof(*h));
	h->m = m;
	h->blocks = (m->max_pfn >> m->pageblock_order) + 1;
	h->type = malloc(h->blocks);
	h->settled = calloc(h->blocks, 1);
	h->free_of = calloc(m->max_pfn + 1, sizeof(*h->free_of));
	if (!h->type || !h->settled || !h->free_of) {
		hindsight_free(h);
		return err_set(e, ENOMEM, "out of memory for %llu page frames",
			       (unsigned long long)m->max_pfn);
	}
	memset(h->type, HINDSIGHT_UNKNOWN, h->blocks);
	return 0;
}

void hindsight_free(struct hindsight *h)
{
	free(h->type);
	free(h->settled);
	free(h->free_of);
	free(h->wrong);
	free(h->takes);
	free(h->ends);
	memset(h, 0, sizeof(*h));
}

static int ascending(const void *pa, const void *pb)
{
	const uint64_t *a = pa, *b = pb;

	return *a < *b ? -1 : *a > *b;
}

static int by_time(const void *pa, const void *pb)
{
	const struct hindsight_end *a = pa, *b = pb;

	return a->time < b->time ? -1 : a->time > b->time;
}

int hindsight_end(struct hindsight *h, struct err *e)
{
	uint64_t kept = 0;

	settle_takes(h);
	if (h->no_memory)
		return err_set(e, ENOMEM, "out of memory for what later events tell");
	if (h->wrong_count)
		qsort(h->wrong, h->wrong_count, sizeof(*h->wrong), ascending);
	for (uint64_t i = 0; i < h->wrong_count; i++)
		if (!kept || h->wrong[kept - 1] != h->wrong[i])
			h->wrong[kept++] = h->wrong[i];
	h->wrong_count = kept;
	if (h->end_count)
		qsort(h->ends, h->end_count, sizeof(*h->ends), by_time);
	return 0;
}
