// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "replay/recorded_inside.h"

static const struct {
	const char *name, *help;
	bool explained;
} kinds[CONTRADICTION_KINDS] = {
#define X(name, text, explained, help) [CONTRADICTION_##name] = { text, help, explained },
	CONTRADICTIONS(X)
#undef X
};

const char *contradiction_name(enum contradiction c)
{
	return kinds[c].name;
}

const char *contradiction_help(enum contradiction c)
{
	return kinds[c].help;
}

bool contradiction_explained(enum contradiction c)
{
	return kinds[c].explained;
}

static void contradict(struct recorded *r, enum contradiction c, uint32_t pfn, uint64_t pages,
		       uint64_t seq)
{
	struct contradiction_count *k = &r->stats.contradictions[c];

	if (!k->events++) {
		k->first_seq = seq;
		k->first_pfn = pfn;
	}
	k->pages += pages;
}

/* ---- states of frames ---- */

void recorded_leave(struct recorded *r, struct frame *f)
{
	if (f->state == FRAME_PCP) {
		pcplists_leave(&r->lists, (uint32_t)(f - r->set.f));
		r->pcp[(size_t)f->zone * r->m->cpus + f->cpu]--;
		r->set.v.pcp_pages[f->zone]--;
	} else if (f->state == FRAME_UNKNOWN) {
		r->unknown--;
	}
}

void recorded_enter(struct recorded *r, uint32_t pfn, unsigned order, enum frame_state s,
		    unsigned cpu, unsigned type, unsigned owner)
{
	for (uint32_t i = 0; i < 1u << order; i++) {
		struct frame *f = &r->set.f[pfn + i];

		recorded_leave(r, f);
		f->state = (uint8_t)s;
		f->order = NOT_HEAD;
		f->type = (uint8_t)type;
		f->owner = (uint8_t)owner;
		f->isolated = false;
		f->cpu = (uint16_t)cpu;
		if (s == FRAME_PCP) {
			r->pcp[(size_t)f->zone * r->m->cpus + cpu]++;
			r->set.v.pcp_pages[f->zone]++;
		}
	}
}

/* Pages of the range in a state. */
static uint32_t in_state(const struct recorded *r, uint32_t pfn, unsigned order, enum frame_state s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < 1u << order; i++)
		n += r->set.f[pfn + i].state == s;
	return n;
}

void recorded_touch(struct recorded *r, uint32_t pfn, uint64_t end)
{
	view_touch(&r->touched, pfn, end);
}

static bool valid(struct recorded *r, const struct request *q, unsigned order)
{
	if (order <= r->set.max_order && q->pfn != KMM_NO_PFN && !(q->pfn & ((1u << order) - 1)) &&
	    q->pfn < r->set.frames && (1u << order) <= r->set.frames - q->pfn &&
	    q->cpu < r->m->cpus && r->set.f[q->pfn].state != FRAME_HOLE) {
		recorded_touch(r, q->pfn, q->pfn + (1ull << order));
		return true;
	}
	contradict(r, CONTRADICTION_OUTSIDE, q->pfn, 1u << (order & 15), q->seq);
	return false;
}

/* Give a block to the buddy lists from wherever its pages were. */
static void release(struct recorded *r, const struct request *q, unsigned order, unsigned type,
		    bool tail)
{
	uint32_t pfn = q->pfn;

	if (in_state(r, pfn, order, FRAME_BUDDY))
		freeset_take(&r->set, pfn, order);
	for (uint32_t i = 0; i < 1u << order; i++) {
		recorded_leave(r, &r->set.f[pfn + i]);
		r->set.f[pfn + i].state = FRAME_NOT_FREE;
	}
	if (!recorded_keep(r, q, pfn, order))
		freeset_put(&r->set, pfn, order, type, tail);
}

/* Count it if any page of the range is in a state in which the event should not find it. */
static void expect_not(struct recorded *r, const struct request *q, enum frame_state s,
		       enum contradiction c)
{
	uint32_t n = in_state(r, q->pfn, q->sig.order, s);

	if (n)
		contradict(r, c, q->pfn, n, q->seq);
}

/* ---- observations ---- */

static void follow_take(struct recorded *r, const struct request *q)
{
	unsigned order = q->sig.order;

	r->stats.refills++;
	if (!valid(r, q, order))
		return;
	expect_not(r, q, FRAME_PCP, CONTRADICTION_TAKE_PCP);
	expect_not(r, q, FRAME_USED,
		   r->set.f[q->pfn].isolated ? CONTRADICTION_NOT_ISOLATED :
					       CONTRADICTION_TAKE_USED);
	expect_not(r, q, FRAME_NOT_FREE, CONTRADICTION_TAKE_USED);
	freeset_take(&r->set, q->pfn, order);
	recorded_enter(r, q->pfn, order, FRAME_PCP, q->cpu, q->sig.type, OWNER_UNKNOWN);
	pcplists_add(&r->lists, q->pfn, order, true);
}

static void follow_drain(struct recorded *r, const struct request *q)
{
	unsigned order = q->sig.order;

	r->stats.drains++;
	if (!valid(r, q, order))
		return;
	expect_not(r, q, FRAME_USED, CONTRADICTION_DRAIN_USED);
	expect_not(r, q, FRAME_BUDDY, CONTRADICTION_DRAIN_BUDDY);
	release(r, q, order, q->sig.type, false);
}

/* A fallback: which lists and tags changed (kernel 4.19 to 6.9; from 6.10 claim and steal are apart). */
static void follow_fallback(struct recorded *r, const struct request *q)
{
	unsigned found = q->sig.aux, type = q->sig.type, pb = r->m->pageblock_order;
	bool owned = q->sig.aux2 & 0x80, partial = found < pb;
	uint32_t head;

	r->stats.fallbacks++;
	/* Where a part of a page block was claimed, the page is the one handed out, anywhere in the page block. */
	if (!valid(r, q, r->claims_silent && partial && owned ? q->sig.order : found))
		return;
	head = freeset_block_of(&r->set, q->pfn);
	if (!partial) {
		for (uint32_t p = q->pfn; p < q->pfn + (1u << found); p += 1u << pb)
			freeset_retag(&r->set, p, type);
		if (head != KMM_NO_PFN)
			freeset_move(&r->set, head, type);
	} else if (r->claims_silent ? owned : found >= pb / 2 || type != KMM_MOVABLE) {
		const struct machine_zone *z = &r->m->zones[r->set.f[q->pfn].zone];
		uint32_t start = q->pfn & ~((1u << pb) - 1), end = start + (1u << pb);
		unsigned tag = r->set.block_type[q->pfn >> pb];

		/* What lies before the zone is left out; nothing moves but the block if its end is over. */
		if (start < z->start_pfn)
			start = q->pfn;
		if ((tag < KMM_PCPTYPES || tag == VIEW_UNKNOWN) &&
		    end <= z->start_pfn + z->spanned) {
			freeset_move_range(&r->set, start, end, type);
			if (owned)
				freeset_retag(&r->set, q->pfn, type);
		} else if (head != KMM_NO_PFN) {
			freeset_move(&r->set, head, type);
		}
	} else if (head != KMM_NO_PFN && !r->claims_silent) {
		freeset_move(&r->set, head, type);
	}
	if (request_takes(r->m, q)) {
		struct request take = *q;

		r->stats.refills--;
		follow_take(r, &take);
	}
}

/* ---- requests ---- */

void recorded_use(struct recorded *r, const struct request *q)
{
	recorded_enter(r, q->pfn, q->sig.order, FRAME_USED, q->cpu, q->sig.type, q->sig.owner);
	if (q->sig.order && q->sig.gfp & KMM_GFP_COMP)
		r->set.f[q->pfn].order = q->sig.order;
}
static void follow_alloc(struct recorded *r, const struct request *q)
{
	unsigned order = q->sig.order;

	r->stats.allocs++;
	if (!valid(r, q, order))
		return;
	if (order && recorded_hand_out(r, q))
		return;
	expect_not(r, q, FRAME_BUDDY,
		   q->sig.flags & REQ_DIRECT && !q->sig.own_obs ? CONTRADICTION_CAPTURE :
								  CONTRADICTION_ALLOC_BUDDY);
	expect_not(r, q, FRAME_USED, CONTRADICTION_ALLOC_USED);
	freeset_take(&r->set, q->pfn, order);
	recorded_use(r, q);
}

bool recorded_has_pcp_list(const struct machine *m, unsigned order)
{
	if (m->kernel_major > 5 || (m->kernel_major == 5 && m->kernel_minor >= 13) ||
	    !m->kernel_major)
		return order <= 3 || order == m->pageblock_order;
	return order == 0;
}

/*
 * A page of a compound page is freed by itself only after that was split, as huge pages are before they are written to swap
 * (__split_huge_page(), 6.1): the rest is compound no more.
 */
static void split_compound(struct recorded *r, const struct request *q)
{
	for (unsigned order = q->sig.order + 1u; order <= r->set.max_order; order++) {
		struct frame *head = &r->set.f[q->pfn & ~((1u << order) - 1)];

		if (head->state == FRAME_USED && head->order == order)
			head->order = NOT_HEAD;
	}
}

static void follow_free(struct recorded *r, const struct request *q)
{
	unsigned order = q->sig.order, tag;
	uint32_t target;

	r->stats.frees++;
	if (!valid(r, q, order))
		return;
	if (q->sig.flags & REQ_PIECE)
		split_compound(r, q);
	freescan_page(&r->scan, q, &target);
	if (q->sig.flags & REQ_IMPLIED && q->sig.aux & FREE_FOUND)
		contradict(r, r->unseen_tasks ? CONTRADICTION_GIVEN : CONTRADICTION_ALLOC_USED,
			   q->pfn, 1u << order, q->seq);
	expect_not(r, q, FRAME_PCP, CONTRADICTION_FREE_PCP);
	expect_not(r, q, FRAME_BUDDY,
		   r->compacted ? CONTRADICTION_ISOLATED : CONTRADICTION_FREE_BUDDY);
	recorded_take_isolated(r, q);
	freeset_take(&r->set, q->pfn, order);
	tag = r->set.block_type[q->pfn >> r->m->pageblock_order];
	if (recorded_has_pcp_list(r->m, order) && !(q->sig.flags & REQ_DIRECT) &&
	    tag != KMM_ISOLATE) {
		recorded_enter(r, q->pfn, order, FRAME_PCP, q->cpu, tag, OWNER_UNKNOWN);
		pcplists_add(&r->lists, q->pfn, order, false);
		return;
	}
	r->stats.direct_frees++;
	release(r, q, order, tag, q->sig.flags & REQ_DIRECT && q->sig.aux & FREE_TAIL);
}

/* ---- allocations that stand before their refills ---- */

static void wait_for_refills(struct recorded *r, const struct request *q)
{
	uint32_t n = r->pending_free;

	if (n != UINT32_MAX) {
		r->pending_free = r->pending[n].next_free;
	} else {
		if (r->pending_count == r->pending_room) {
			uint32_t room = r->pending_room ? r->pending_room * 2 : 64;
			struct pending *more = realloc(r->pending, room * sizeof(*more));

			if (!more) {
				follow_alloc(r, q);
				return;
			}
			r->pending = more;
			r->pending_room = room;
		}
		n = r->pending_count++;
	}
	r->pending[n].q = *q;
	r->pending[n].left = q->sig.own_obs;
	if (map_put(&r->waiting, q->slot, n))
		follow_alloc(r, q);
}

static void own_observation(struct recorded *r, const struct request *q)
{
	uint32_t n = q->slot == NO_SLOT || !r->waiting.used ? MAP_NONE :
							      map_get(&r->waiting, q->slot);

	if (n == MAP_NONE || --r->pending[n].left)
		return;
	map_del(&r->waiting, q->slot);
	follow_alloc(r, &r->pending[n].q);
	r->pending[n].next_free = r->pending_free;
	r->pending_free = n;
}

/* A block that was taken off a CPU's list without an event. */
static void take_silently(struct recorded *r, uint32_t pfn)
{
	const struct frame *f = &r->set.f[pfn];
	unsigned order;

	if (pfn >= r->set.frames || f->state != FRAME_PCP || f->order == NOT_HEAD)
		return;
	order = f->order;
	recorded_touch(r, pfn, pfn + (1ull << order));
	recorded_enter(r, pfn, order, FRAME_USED, f->cpu, f->type, OWNER_KERNEL);
}

void recorded_follow(struct recorded *r, const struct silent *s)
{
	r->gone = s->taken.gone;
	r->unseen_tasks = s->unseen;
}

void recorded_apply(struct recorded *r, const struct request *q)
{
	for (uint32_t i = 0; r->gone && i < q->gone_count; i++)
		take_silently(r, r->gone[q->gone + i].pfn);
	switch (q->sig.op) {
	case REQ_PAGE_ALLOC:
		if (q->sig.flags & REQ_FAILED) {
			r->stats.failed++;
			r->stats.failed_costly += q->sig.order > COSTLY_ORDER;
		} else if (q->sig.own_obs && q->slot != NO_SLOT)
			wait_for_refills(r, q);
		else
			follow_alloc(r, q);
		break;
	case REQ_PAGE_FREE:
		if (q->pfn != KMM_NO_PFN)
			follow_free(r, q);
		break;
	case OBS_ZONE_LOCKED:
		follow_take(r, q);
		own_observation(r, q);
		break;
	case OBS_EXTFRAG:
		follow_fallback(r, q);
		own_observation(r, q);
		break;
	case OBS_PCPU_DRAIN:
		follow_drain(r, q);
		break;
	case OBS_COMPACTION:
		recorded_compaction(r, q);
		break;
	default:
		break;
	}
}
