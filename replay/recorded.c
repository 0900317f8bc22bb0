// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/recorded.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "machine/freemap.h"
#include "machine/model.h"
#include "machine/pageblocks.h"
#include "replay/freescan.h"
#include "store/store.h"
#include "trace/event.h"

struct recorded {
	const struct machine *m;
	struct freeset set;
	struct freescan scan;
	struct kept {
		int32_t pid;
		uint8_t order;
		uint32_t pfn;
	} kept[FREESCAN_RUNS]; /* blocks that direct compactions captured, not yet handed out */
	bool *touched;	       /* [pageblocks] an event was about it since it was asked for last */
	bool compacted;	       /* compaction has been seen to move pages */
	bool *giving_back;     /* [cpus] a compaction there may give back what it did not need */
	bool claims_silent;    /* 6.10+: a steal shows as extfrag alone */
	uint64_t *pcp;	       /* [zone * cpus + cpu] pages */
	uint64_t unknown;
	struct map
		waiting; /* slot -> number in pending[]: allocations whose refills are still to come */
	struct pending {
		struct request q;
		uint32_t left;
		uint32_t next_free;
	} * pending;
	uint32_t pending_count, pending_room, pending_free;
	struct recorded_stats stats;
};

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

static void leave(struct recorded *r, struct frame *f)
{
	if (f->state == FRAME_PCP) {
		r->pcp[(size_t)f->zone * r->m->cpus + f->cpu]--;
		r->set.v.pcp_pages[f->zone]--;
	} else if (f->state == FRAME_UNKNOWN) {
		r->unknown--;
	}
}

static void enter(struct recorded *r, uint32_t pfn, unsigned order, enum frame_state s,
		  unsigned cpu, unsigned type, unsigned owner)
{
	for (uint32_t i = 0; i < 1u << order; i++) {
		struct frame *f = &r->set.f[pfn + i];

		leave(r, f);
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

static void touch(struct recorded *r, uint32_t pfn, uint64_t end)
{
	for (uint64_t b = pfn >> r->m->pageblock_order; b << r->m->pageblock_order < end; b++)
		r->touched[b] = true;
}

static bool valid(struct recorded *r, const struct request *q, unsigned order)
{
	if (order <= r->set.max_order && q->pfn != KMM_NO_PFN && !(q->pfn & ((1u << order) - 1)) &&
	    q->pfn < r->set.frames && (1u << order) <= r->set.frames - q->pfn &&
	    q->cpu < r->m->cpus && r->set.f[q->pfn].state != FRAME_HOLE) {
		touch(r, q->pfn, q->pfn + (1ull << order));
		return true;
	}
	contradict(r, CONTRADICTION_OUTSIDE, q->pfn, 1u << (order & 15), q->seq);
	return false;
}

/* Mark a block as taken by compaction. */
static void hold_isolated(struct recorded *r, uint32_t pfn, unsigned order)
{
	touch(r, pfn, pfn + (1ull << order));
	enter(r, pfn, order, FRAME_USED, 0, KMM_MOVABLE, OWNER_USER);
	for (uint32_t i = 0; i < 1u << order; i++)
		r->set.f[pfn + i].isolated = true;
	r->stats.pages_isolated += 1u << order;
}

/*
 * The block that these pages make whole is kept for the task that compacts, as
 * soon as it is as large as wanted (pitfall 5).
 */
static bool keep(struct recorded *r, const struct request *q, uint32_t pfn, unsigned order)
{
	const struct freescan_run *run = freescan_direct(&r->scan, q->pid);
	struct kept *k = NULL;
	uint32_t whole;

	if (!run || run->order <= 0 || (unsigned)run->order < order ||
	    machine_zone_of(r->m, pfn) != (int)run->zone)
		return false;
	for (unsigned i = 0; i < FREESCAN_RUNS; i++) {
		if (r->kept[i].pfn != KMM_NO_PFN && r->kept[i].pid == q->pid)
			return false;
		if (r->kept[i].pfn == KMM_NO_PFN)
			k = &r->kept[i];
	}
	whole = pfn & ~((1u << run->order) - 1);
	if (!k || !freeset_completes(&r->set, pfn, order, (unsigned)run->order))
		return false;
	freeset_take(&r->set, whole, (unsigned)run->order);
	hold_isolated(r, whole, (unsigned)run->order);
	*k = (struct kept){ q->pid, (uint8_t)run->order, whole };
	return true;
}

/* Give a block to the buddy lists from wherever its pages were. */
static void release(struct recorded *r, const struct request *q, unsigned order, unsigned type,
		    bool tail)
{
	uint32_t pfn = q->pfn;

	if (in_state(r, pfn, order, FRAME_BUDDY))
		freeset_take(&r->set, pfn, order);
	for (uint32_t i = 0; i < 1u << order; i++) {
		leave(r, &r->set.f[pfn + i]);
		r->set.f[pfn + i].state = FRAME_NOT_FREE;
	}
	if (!keep(r, q, pfn, order))
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
	enter(r, q->pfn, order, FRAME_PCP, q->cpu, q->sig.type, OWNER_UNKNOWN);
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
	if (!valid(r, q, found))
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
			for (uint32_t p = start; p < end; p++)
				if (r->set.f[p].state == FRAME_BUDDY &&
				    r->set.f[p].order != NOT_HEAD)
					freeset_move(&r->set, p, type);
			if (owned)
				freeset_retag(&r->set, q->pfn, type);
		} else if (head != KMM_NO_PFN) {
			freeset_move(&r->set, head, type);
		}
	} else if (head != KMM_NO_PFN && !r->claims_silent) {
		freeset_move(&r->set, head, type);
	}
	/* There a whole-block claim and a steal are not reported as a take; a partial claim is. */
	if (r->claims_silent && !(partial && owned)) {
		struct request take = *q;

		r->stats.refills--;
		follow_take(r, &take);
	}
}

/* ---- compaction's free scanner meets the free lists ---- */

static uint32_t list_prev(void *who, unsigned zone, unsigned order, uint32_t at)
{
	return freeset_prev(&((struct recorded *)who)->set, zone, order, KMM_MOVABLE, at);
}

static uint32_t list_next(void *who, unsigned zone, unsigned order, uint32_t at)
{
	return freeset_next(&((struct recorded *)who)->set, zone, order, KMM_MOVABLE, at);
}

static void list_turn(void *who, unsigned zone, unsigned order, uint32_t first)
{
	freeset_turn(&((struct recorded *)who)->set, zone, order, KMM_MOVABLE, first);
}

static int free_block(void *who, uint32_t pfn)
{
	const struct recorded *r = who;

	return pfn < r->set.frames && r->set.f[pfn].state == FRAME_BUDDY &&
			       r->set.f[pfn].order != NOT_HEAD ?
		       r->set.f[pfn].order :
		       -1;
}

static unsigned compound_page(void *who, uint32_t pfn)
{
	const struct recorded *r = who;

	return pfn < r->set.frames && r->set.f[pfn].state == FRAME_USED &&
			       r->set.f[pfn].order != NOT_HEAD ?
		       r->set.f[pfn].order :
		       0;
}

static void isolate_block(void *who, uint32_t pfn)
{
	struct recorded *r = who;
	unsigned order = r->set.f[pfn].order, pb = r->m->pageblock_order;

	freeset_remove(&r->set, pfn);
	/* What is taken from nearly all of a page block is going to be movable. */
	if (order + 1 >= pb)
		for (uint32_t b = pfn; b < pfn + (1u << order); b += 1u << pb)
			if (r->set.block_type[b >> pb] < KMM_PCPTYPES ||
			    r->set.block_type[b >> pb] == VIEW_UNKNOWN)
				freeset_retag(&r->set, b, KMM_MOVABLE);
	hold_isolated(r, pfn, order);
}

static const struct freescan_lists lists = { list_prev,	 list_next,	list_turn,
					     free_block, compound_page, isolate_block };

/* ---- requests ---- */

static void use(struct recorded *r, const struct request *q)
{
	enter(r, q->pfn, q->sig.order, FRAME_USED, q->cpu, q->sig.type, q->sig.owner);
	if (q->sig.order && q->sig.gfp & KMM_GFP_COMP)
		r->set.f[q->pfn].order = q->sig.order;
}

/* The block that the task's compaction kept; any other that it has goes back. */
static bool hand_out_kept(struct recorded *r, const struct request *q)
{
	for (unsigned i = 0; i < FREESCAN_RUNS; i++) {
		struct kept *k = &r->kept[i];
		uint32_t pfn = k->pfn;

		if (pfn == KMM_NO_PFN || k->pid != q->pid)
			continue;
		k->pfn = KMM_NO_PFN;
		if (pfn == q->pfn && k->order == q->sig.order) {
			use(r, q);
			return true;
		}
		freeset_put(&r->set, pfn, k->order, r->set.block_type[pfn >> r->m->pageblock_order],
			    false);
	}
	return false;
}

static void follow_alloc(struct recorded *r, const struct request *q)
{
	unsigned order = q->sig.order;

	r->stats.allocs++;
	if (!valid(r, q, order))
		return;
	if (order && hand_out_kept(r, q))
		return;
	expect_not(r, q, FRAME_BUDDY,
		   q->sig.flags & REQ_DIRECT && !q->sig.own_obs ? CONTRADICTION_CAPTURE :
								  CONTRADICTION_ALLOC_BUDDY);
	expect_not(r, q, FRAME_USED, CONTRADICTION_ALLOC_USED);
	freeset_take(&r->set, q->pfn, order);
	use(r, q);
}

bool recorded_has_pcp_list(const struct machine *m, unsigned order)
{
	if (m->kernel_major > 5 || (m->kernel_major == 5 && m->kernel_minor >= 13) ||
	    !m->kernel_major)
		return order <= 3 || order == m->pageblock_order;
	return order == 0;
}

/*
 * Compaction gives back what it did not need of blocks that it had taken from
 * the free lists without an event; it takes whole blocks.
 */
static void take_isolated(struct recorded *r, const struct request *q)
{
	uint32_t head = r->giving_back[q->cpu] ? freeset_block_of(&r->set, q->pfn) : KMM_NO_PFN;
	unsigned order;

	if (head == KMM_NO_PFN)
		return;
	order = r->set.f[head].order;
	if (order >= r->m->pageblock_order)
		return;
	freeset_remove(&r->set, head);
	hold_isolated(r, head, order);
}

static void follow_compaction(struct recorded *r, const struct request *q)
{
	bool *giving = q->cpu < r->m->cpus ? &r->giving_back[q->cpu] : NULL;

	freescan_event(&r->scan, q);
	switch (q->sig.aux) {
	case EVENT_MM_COMPACTION_MIGRATEPAGES:
		r->compacted = true;
		if (giving)
			*giving = true;
		break;
	case EVENT_MM_COMPACTION_ISOLATE_MIGRATEPAGES:
		/* From now on until they are moved their old frames are freed. */
		if (giving && (uint32_t)q->addr)
			*giving = false;
		break;
	case EVENT_MM_COMPACTION_BEGIN:
	case EVENT_MM_COMPACTION_END:
		if (giving)
			*giving = false;
		break;
	default:
		break;
	}
}

static void follow_free(struct recorded *r, const struct request *q)
{
	unsigned order = q->sig.order, tag;
	uint32_t target;

	r->stats.frees++;
	if (!valid(r, q, order))
		return;
	freescan_page(&r->scan, q, &target);
	expect_not(r, q, FRAME_PCP, CONTRADICTION_FREE_PCP);
	expect_not(r, q, FRAME_BUDDY,
		   r->compacted ? CONTRADICTION_ISOLATED : CONTRADICTION_FREE_BUDDY);
	take_isolated(r, q);
	freeset_take(&r->set, q->pfn, order);
	tag = r->set.block_type[q->pfn >> r->m->pageblock_order];
	if (recorded_has_pcp_list(r->m, order) && !(q->sig.flags & REQ_DIRECT) &&
	    tag != KMM_ISOLATE) {
		enter(r, q->pfn, order, FRAME_PCP, q->cpu, tag, OWNER_UNKNOWN);
		return;
	}
	r->stats.direct_frees++;
	release(r, q, order, tag, q->sig.flags & REQ_DIRECT && q->sig.aux);
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

void recorded_apply(struct recorded *r, const struct request *q)
{
	switch (q->sig.op) {
	case REQ_PAGE_ALLOC:
		if (q->sig.flags & REQ_FAILED)
			r->stats.failed++;
		else if (q->sig.own_obs && q->slot != NO_SLOT)
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
		follow_compaction(r, q);
		break;
	default:
		break;
	}
}

/* ---- the start ---- */

struct recorded *recorded_new(const struct machine *m, struct err *e)
{
	struct recorded *r = calloc(1, sizeof(*r));

	if (!r)
		goto oom;
	r->m = m;
	r->claims_silent = m->kernel_major > 6 || (m->kernel_major == 6 && m->kernel_minor >= 10);
	r->pending_free = UINT32_MAX;
	freescan_init(&r->scan, m, &lists, r);
	for (unsigned i = 0; i < FREESCAN_RUNS; i++)
		r->kept[i].pfn = KMM_NO_PFN;
	r->pcp = calloc((size_t)(m->zone_count + 1) * (m->cpus + 1), sizeof(*r->pcp));
	r->giving_back = calloc(m->cpus + 1u, sizeof(*r->giving_back));
	if (freeset_init(&r->set, m) || !r->pcp || !r->giving_back || map_init(&r->waiting, 64))
		goto oom;
	r->touched = calloc(r->set.blocks + 1ull, sizeof(*r->touched));
	if (!r->touched)
		goto oom;
	for (uint32_t z = 0; z < m->zone_count; z++) {
		const struct machine_zone *zone = &m->zones[z];
		uint64_t end = zone->start_pfn + zone->spanned;

		for (uint64_t p = zone->start_pfn; p < end && p < r->set.frames; p++) {
			r->set.f[p].state = FRAME_UNKNOWN;
			r->set.f[p].zone = (uint8_t)z;
			r->unknown++;
			r->stats.frames++;
		}
		for (uint64_t p = zone->start_pfn; p < end && p < r->set.frames;
		     p = (p | ((1u << m->pageblock_order) - 1)) + 1)
			r->set.v.pageblocks[z][VIEW_UNKNOWN]++;
	}
	return r;
oom:
	recorded_free(r);
	err_set(e, ENOMEM, "out of memory for %llu page frames", (unsigned long long)m->max_pfn);
	return NULL;
}

void recorded_free(struct recorded *r)
{
	if (!r)
		return;
	map_free(&r->waiting);
	free(r->pending);
	free(r->pcp);
	free(r->giving_back);
	free(r->touched);
	freescan_free(&r->scan);
	freeset_free(&r->set);
	free(r);
}

#define KPF_BUDDY (1ull << 10)
#define KPF_NOPAGE (1ull << 20)

static void seed_flags(struct recorded *r, const struct machine_state *s)
{
	enum frame_state used = s->have_lists ? FRAME_USED : FRAME_NOT_FREE;

	for (uint32_t p = 0; p < r->set.frames && p < s->kpageflags_len; p++) {
		uint64_t flags = s->kpageflags[p];

		if (r->set.f[p].state != FRAME_UNKNOWN)
			continue;
		if (flags & KPF_NOPAGE) {
			r->set.f[p].state = FRAME_HOLE;
			r->unknown--;
		} else if (!(flags & KPF_BUDDY)) {
			unsigned owner = view_owner_of_flags(flags);

			enter(r, p, 0, used, 0, owner == OWNER_USER ? KMM_MOVABLE : KMM_UNMOVABLE,
			      owner);
		}
	}
}

static void seed_block(struct recorded *r, uint32_t pfn, unsigned order, unsigned type)
{
	for (uint32_t k = 0; k < 1u << order; k++)
		leave(r, &r->set.f[pfn + k]);
	freeset_set(&r->set, pfn, order, type, true);
}

static int seed_map(struct recorded *r, const struct machine_state *s, const uint8_t *certain,
		    struct err *e)
{
	struct freemap map;
	int ret = freemap_build(&map, r->m, s, r->set.block_type, certain, e);

	for (uint64_t i = 0; i < map.count; i++)
		seed_block(r, map.blocks[i].pfn, map.blocks[i].order, map.blocks[i].type);
	freemap_free(&map);
	return ret;
}

/* Without any map: the frames of which later events tell where they were; the rest is unknown. */
static void seed_first(struct recorded *r, const struct machine_state *s)
{
	for (uint32_t p = 0; p < r->set.frames && p < r->m->max_pfn; p++) {
		const struct machine_first *f = &s->first[p];

		if (r->set.f[p].state != FRAME_UNKNOWN)
			continue;
		if (f->state == FIRST_USED) {
			enter(r, p, 0, FRAME_NOT_FREE, 0, KMM_UNMOVABLE, OWNER_UNKNOWN);
		} else if (f->state == FIRST_FREE) {
			leave(r, &r->set.f[p]);
			freeset_put(&r->set, p, 0,
				    f->type != FIRST_TYPE_UNKNOWN && f->type != FIRST_TYPE_BLOCK ?
					    f->type - 1u :
					    r->set.block_type[p >> r->m->pageblock_order],
				    false);
		}
	}
}

static int seed_lists(struct recorded *r, const struct machine_state *s, struct err *e)
{
	for (uint32_t i = 0; i < s->list_count; i++) {
		const struct machine_list *l = &s->lists[i];

		for (uint32_t n = 0; n < l->count; n++) {
			uint32_t pfn = s->list_pfns[l->first + n];
			uint32_t pages = 1u << l->order;

			if (l->order > r->set.max_order || pfn >= r->set.frames ||
			    pages > r->set.frames - pfn || pfn & (pages - 1))
				return err_set(
					e, EBADMSG,
					"a list of the snapshot holds page frame %#x of order %u",
					pfn, l->order);
			if (l->cpu >= 0 && (uint32_t)l->cpu < r->m->cpus) {
				enter(r, pfn, l->order, FRAME_PCP, (unsigned)l->cpu, l->type,
				      OWNER_UNKNOWN);
				continue;
			}
			seed_block(r, pfn, l->order, l->type);
		}
	}
	return 0;
}

int recorded_seed(struct recorded *r, const struct machine_state *s, struct err *e)
{
	uint8_t *certain = malloc(r->set.blocks + 1ull);
	int ret;

	if (!certain)
		return err_set(e, ENOMEM, "out of memory for %u pageblocks", r->set.blocks);
	ret = machine_pageblocks(r->m, s, r->set.block_type, certain, e);
	if (!ret && s->have_kpageflags && !s->have_lists)
		ret = seed_map(r, s, certain, e);
	free(certain);
	if (ret < 0)
		return ret;
	memset(r->set.v.pageblocks, 0, sizeof(r->set.v.pageblocks));
	for (uint32_t z = 0; z < r->m->zone_count; z++) {
		uint64_t end = r->m->zones[z].start_pfn + r->m->zones[z].spanned;

		for (uint64_t p = r->m->zones[z].start_pfn; p < end && p < r->set.frames;
		     p = (p | ((1u << r->m->pageblock_order) - 1)) + 1)
			r->set.v.pageblocks[z][r->set.block_type[p >> r->m->pageblock_order]]++;
	}
	r->scan.blind = !s->have_lists;
	if (s->have_kpageflags)
		seed_flags(r, s);
	else if (s->first)
		seed_first(r, s);
	return seed_lists(r, s, e);
}

/* ---- what it knows ---- */

const struct recorded_stats *recorded_stats(struct recorded *r)
{
	r->stats.unknown_frames = r->unknown;
	return &r->stats;
}

void recorded_view(const struct recorded *r, struct view *v)
{
	*v = r->set.v;
	v->unknown = r->unknown;
}

enum frame_state recorded_frame(const struct recorded *r, uint32_t pfn)
{
	return pfn < r->set.frames ? (enum frame_state)r->set.f[pfn].state : FRAME_HOLE;
}

unsigned recorded_owner(const struct recorded *r, uint32_t pfn, unsigned *type)
{
	*type = r->set.f[pfn].type;
	return r->set.f[pfn].owner;
}

unsigned recorded_pageblock(const struct recorded *r, uint32_t pfn)
{
	return pfn < r->set.frames ? r->set.block_type[pfn >> r->m->pageblock_order] : VIEW_UNKNOWN;
}

bool recorded_first(const struct recorded *r, uint32_t pfn, unsigned order, unsigned type)
{
	unsigned zone;

	if (pfn >= r->set.frames || type >= VIEW_TYPES)
		return false;
	zone = r->set.f[pfn].zone;
	for (; order <= r->set.max_order; order++)
		if (r->set.v.nr_free[zone][type][order])
			return freeset_next(&r->set, zone, order, type, KMM_NO_PFN) == pfn;
	return false;
}

bool recorded_touched(struct recorded *r, uint32_t block)
{
	bool was = block < r->set.blocks && r->touched[block];

	if (was)
		r->touched[block] = false;
	return was;
}

bool recorded_compacted(const struct recorded *r)
{
	return r->compacted;
}

uint64_t recorded_pcp(const struct recorded *r, unsigned zone, unsigned cpu)
{
	return r->pcp[(size_t)zone * r->m->cpus + cpu];
}

uint8_t recorded_cell(const void *who, uint32_t pfn)
{
	const struct recorded *r = who;
	const struct frame *f;

	if (pfn >= r->set.frames)
		return CELL_HOLE;
	f = &r->set.f[pfn];
	switch (f->state) {
	case FRAME_HOLE:
		return CELL_HOLE;
	case FRAME_BUDDY:
		return CELL_FREE;
	case FRAME_PCP:
		return CELL_PCP;
	case FRAME_UNKNOWN:
		return CELL_UNKNOWN;
	default:
		break;
	}
	if (f->owner == OWNER_SLAB)
		return CELL_SLAB;
	if (f->type == KMM_MOVABLE)
		return CELL_USER;
	if (f->type == KMM_RECLAIMABLE)
		return CELL_RECLAIMABLE;
	return f->owner == OWNER_UNKNOWN ? CELL_UNKNOWN : CELL_KERNEL;
}

int recorded_validate(const struct recorded *r, struct err *e)
{
	struct view v;

	memset(&v, 0, sizeof(v));
	for (uint32_t p = 0; p < r->set.frames; p++) {
		const struct frame *f = &r->set.f[p];

		if (f->state == FRAME_PCP)
			v.pcp_pages[f->zone]++;
		if (f->state != FRAME_BUDDY || f->order == NOT_HEAD)
			continue;
		if (p & ((1u << f->order) - 1))
			return err_set(e, EUCLEAN, "free block %#x of order %u is not aligned", p,
				       f->order);
		for (uint32_t i = 1; i < 1u << f->order; i++)
			if (r->set.f[p + i].state != FRAME_BUDDY ||
			    r->set.f[p + i].order != NOT_HEAD)
				return err_set(
					e, EUCLEAN,
					"frame %#x inside free block %#x of order %u is not free",
					p + i, p, f->order);
		if (f->order < r->set.max_order &&
		    freeset_may_join(&r->set, p, p ^ 1u << f->order, f->order))
			return err_set(e, EUCLEAN,
				       "free block %#x of order %u has not joined its buddy", p,
				       f->order);
		v.nr_free[f->zone][f->type][f->order]++;
	}
	if (memcmp(v.nr_free, r->set.v.nr_free, sizeof(v.nr_free)) ||
	    memcmp(v.pcp_pages, r->set.v.pcp_pages, sizeof(v.pcp_pages)))
		return err_set(e, EUCLEAN, "the counts of free blocks do not match the blocks");
	return 0;
}
