// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/freescan.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "trace/event.h"

#define CLUSTER 32 /* COMPACT_CLUSTER_MAX */

int freescan_init(struct freescan *f, const struct machine *m, const struct freescan_lists *lists,
		  void *who)
{
	memset(f, 0, sizeof(*f));
	f->m = m;
	f->lists = lists;
	f->who = who;
	f->marked = calloc((m->max_pfn >> m->pageblock_order) + 1, sizeof(*f->marked));
	for (unsigned i = 0; i < FREESCAN_RUNS; i++)
		isolated_init(&f->run[i].isolated, m);
	return f->marked ? 0 : -ENOMEM;
}

void freescan_free(struct freescan *f)
{
	for (unsigned i = 0; i < FREESCAN_RUNS; i++)
		isolated_free(&f->run[i].isolated);
	free(f->marked);
	f->marked = NULL;
}

int freescan_copy(struct freescan *f, const struct freescan *from)
{
	for (unsigned i = 0; i < FREESCAN_RUNS; i++) {
		struct isolated t = f->run[i].isolated;

		f->run[i] = from->run[i];
		f->run[i].isolated = t;
		if (isolated_copy(&f->run[i].isolated, &from->run[i].isolated))
			return -1;
	}
	f->live = from->live;
	f->blind = from->blind;
	memcpy(f->init_free, from->init_free, sizeof(f->init_free));
	memcpy(f->marked, from->marked, (f->m->max_pfn >> f->m->pageblock_order) + 1);
	return 0;
}

static struct freescan_run *run_of(struct freescan *f, int32_t pid)
{
	for (unsigned i = 0; i < FREESCAN_RUNS && f->live; i++)
		if (f->run[i].on && f->run[i].pid == pid)
			return &f->run[i];
	return NULL;
}

static uint32_t block_start(const struct freescan *f, uint32_t pfn)
{
	return pfn & ~((1u << f->m->pageblock_order) - 1);
}

/* ---- taking ---- */

static uint32_t take(struct freescan *f, struct freescan_run *r, uint32_t pfn)
{
	int order = f->lists->block(f->who, pfn);
	uint32_t pages = order < 0 ? 0 : 1u << order;

	if (!pages || isolated_add(&r->isolated, pfn, (unsigned)order))
		return 0;
	f->lists->isolate(f->who, pfn);
	f->taken += pages;
	return pages;
}

/*
 * The linear scanner went from `start` to `end` in steps and took so many pages.
 * Compound pages in use are stepped over whole.
 */
static uint32_t scan(struct freescan *f, struct freescan_run *r, uint32_t start, uint32_t end,
		     uint32_t stride, uint32_t wanted)
{
	uint32_t got = 0;

	for (uint32_t p = start; p < end && got < wanted; p += stride) {
		int order = f->lists->block(f->who, p);

		if (order < 0) {
			p += (1u << f->lists->compound(f->who, p)) - 1;
			continue;
		}
		got += take(f, r, p);
		p += (1u << order) - 1;
	}
	return got;
}

/* ---- the fast search ---- */

static int next_order(struct freescan_run *r, int order)
{
	if (--order < 0)
		order = r->order - 1;
	if (order != r->search)
		return order;
	if (--r->search < 0)
		r->search = r->order - 1;
	return -1;
}

struct search {
	uint32_t low, min; /* blocks from `low` on are good, from `min` on better than none */
	uint32_t limit;	   /* blocks of an order that are looked at */
	uint32_t highest;
	bool deep; /* the scanner is at the start of its way: a longer look, and what it saw counts */
	bool may_find; /* false: what is found is not what the kernel found */
	bool peek;     /* change nothing */
};

/* Look through one list from its tail; the block to take, KMM_NO_PFN. */
static uint32_t search_list(struct freescan *f, struct freescan_run *r, struct search *s, int order)
{
	uint32_t seen = 0, best = 0, last = KMM_NO_PFN, found = KMM_NO_PFN;

	for (uint32_t at = f->lists->prev(f->who, r->zone, (unsigned)order, KMM_NO_PFN);
	     at != KMM_NO_PFN; at = f->lists->prev(f->who, r->zone, (unsigned)order, at)) {
		seen++;
		last = at;
		if (at >= s->highest)
			s->highest = block_start(f, at);
		if (at >= s->low) {
			found = at;
			break;
		}
		if (at >= s->min && at > best) {
			best = at;
			s->limit >>= 1;
		}
		if (seen >= s->limit)
			break;
		last = KMM_NO_PFN;
	}
	if (found != KMM_NO_PFN && s->may_find) {
		r->fails = 0;
		r->search = order;
	} else if (found == KMM_NO_PFN && best) {
		found = last = best;
	}
	if (last != KMM_NO_PFN && !s->peek)
		f->lists->turn(f->who, r->zone, (unsigned)order, last);
	if (seen >= s->limit)
		s->limit = s->limit >> 1 ? s->limit >> 1 : 1;
	return found;
}

/*
 * Search the free lists for a block to take, as far as s->may_find and s->peek say.
 * KMM_NO_PFN if it fails.
 */
static uint32_t search(struct freescan *f, struct freescan_run *r, struct search *s)
{
	uint32_t distance = r->free_pfn - r->migrate_pfn, found = KMM_NO_PFN;

	if (f->blind || r->order <= 0)
		return KMM_NO_PFN;
	s->limit = ((CLUSTER >> (r->fails < 31 ? r->fails : 31)) + 1) >> 1;
	s->deep = r->free_pfn >= f->init_free[r->zone];
	if (!s->limit)
		s->limit = 1;
	if (s->deep)
		s->limit = 1u << (f->m->pageblock_order - 1);
	s->low = block_start(f, r->free_pfn - (distance >> 2));
	s->min = block_start(f, r->free_pfn - (distance >> 1));
	if (r->free_pfn <
	    r->migrate_pfn) /* the kernel's distance wraps, and nothing is good enough */
		s->low = s->min = UINT32_MAX;
	if (r->search > r->order - 1)
		r->search = r->order - 1;
	for (int o = r->search; o >= 0 && found == KMM_NO_PFN; o = next_order(r, o)) {
		found = search_list(f, r, s, o);
		if (found != KMM_NO_PFN && s->may_find)
			break;
		found = KMM_NO_PFN;
	}
	if (found == KMM_NO_PFN)
		r->fails = (uint8_t)(r->fails < UINT8_MAX ? r->fails + 1 : r->fails);
	return found;
}

/* What a search would find now. */
static uint32_t would_find(struct freescan *f, const struct freescan_run *r)
{
	struct search s = { .may_find = true, .peek = true };
	struct freescan_run copy = *r;

	return search(f, &copy, &s);
}

/* `may_find` false: the kernel's search is known to have failed. */
static void fast_search(struct freescan *f, struct freescan_run *r, bool may_find)
{
	struct search s = { .may_find = may_find };
	uint32_t found = search(f, r, &s);

	f->searches++;
	if (found == KMM_NO_PFN)
		return;
	f->found++;
	take(f, r, found);
}

/*
 * The block that a fast search got, by its event: of this order, and in the page block at `around` if what lies
 * around it was scanned.  KMM_NO_PFN.
 */
static uint32_t told_block(struct freescan *f, const struct freescan_run *r, unsigned order,
			   uint32_t around)
{
	uint32_t distance = (r->free_pfn - r->migrate_pfn) >> 1, at = KMM_NO_PFN;
	uint32_t min = block_start(f, r->free_pfn - distance);

	if (f->blind || r->free_pfn < r->migrate_pfn)
		return KMM_NO_PFN;
	do
		at = f->lists->prev(f->who, r->zone, order, at);
	while (at != KMM_NO_PFN &&
	       (around == KMM_NO_PFN ? at < min : block_start(f, at) != around));
	return at;
}

/* Take what a fast search is told to have got. */
static void take_found(struct freescan *f, struct freescan_run *r, uint32_t around)
{
	uint32_t found = would_find(f, r);
	int order = found == KMM_NO_PFN ? -1 : f->lists->block(f->who, found);
	unsigned want = 0;

	while (r->found >> (want + 1))
		want++;
	r->found = 0;
	if (order == (int)want && (around == KMM_NO_PFN || block_start(f, found) == around)) {
		fast_search(f, r, true);
		return;
	}
	/* The lists are not quite those of the kernel. */
	r->fails = 0;
	found = told_block(f, r, want, around);
	if (found != KMM_NO_PFN)
		take(f, r, found);
}

/* Something else than a scan comes next: nothing around the block was scanned. */
static void end_look(struct freescan *f, struct freescan_run *r)
{
	if (r->found)
		take_found(f, r, KMM_NO_PFN);
	r->looking = false;
}

/* A fast search got so many pages, by its event: one block. */
static void told_search(struct freescan *f, struct freescan_run *r, uint32_t taken)
{
	end_look(f, r);
	isolated_exhaust(&r->isolated);
	r->looking = true;
	r->around = taken;
	r->stride = r->sync || taken ? 1 : CLUSTER;
	r->found = taken;
	if (!taken)
		fast_search(f, r, false);
}

/*
 * A page is freed though no target was left for it.  Where what lies around a
 * block taken is scanned too, the scan would have shown: the page had been freed
 * by its owner meanwhile, and needed no target.
 */
static bool needed_none(struct freescan *f, const struct freescan_run *r)
{
	uint32_t found = r->direct && !r->sync ? KMM_NO_PFN : would_find(f, r);
	int order = found == KMM_NO_PFN ? -1 : f->lists->block(f->who, found);

	return (!r->direct || r->sync) && (order < 0 || 1u << order < r->wanted);
}

/*
 * A target is needed.  Where the search is going to find one and nothing around it is
 * looked at, no event will say so: it is done now.
 */
static void need_target(struct freescan *f, struct freescan_run *r)
{
	uint32_t found;
	int order;

	if (r->met)
		r->free_pfn = block_start(f, r->migrate_pfn);
	r->met = false;
	if (f->m->searches_told)
		return;
	found = would_find(f, r);
	order = found == KMM_NO_PFN ? -1 : f->lists->block(f->who, found);
	r->due = true;
	if (order < 0 || ((!r->direct || r->sync) && 1u << order < r->wanted))
		return;
	fast_search(f, r, true);
	r->due = !r->isolated.pages;
}

/*
 * Pages were left for which there was no target: the fast search had failed, and the linear scanner come
 * to the migration scanner's page block without a look into any other.
 */
static void found_none(struct freescan *f, struct freescan_run *r)
{
	fast_search(f, r, false);
	r->free_pfn = block_start(f, r->migrate_pfn);
}

/* ---- the migration scanner's own search ---- */

/*
 * An asynchronous direct compaction that could not move all of what it isolated goes on behind
 * the block that it wants; from 6.3 on it goes on with the page block.
 */
static void skip_block(const struct freescan *f, struct freescan_run *r)
{
	bool stays = f->m->kernel_major > 6 || (f->m->kernel_major == 6 && f->m->kernel_minor >= 3);
	uint32_t block = r->order > 0 ? 1u << r->order : 1;

	if (r->direct && !r->sync && !stays)
		r->migrate_pfn = (r->migrate_pfn + block - 1) & ~(block - 1);
}

/* The page block is marked to be skipped, until all marks of its zone are taken away. */
static void mark(struct freescan *f, uint32_t pfn)
{
	if (pfn < f->m->max_pfn) /* a what-if may have more memory */
		f->marked[pfn >> f->m->pageblock_order] = 1;
}

static bool is_marked(const struct freescan *f, uint32_t pfn)
{
	return pfn < f->m->max_pfn && f->marked[pfn >> f->m->pageblock_order];
}

static void unmark_all(struct freescan *f, unsigned zone)
{
	const struct machine_zone *z = &f->m->zones[zone];

	for (uint64_t p = z->start_pfn; p < z->start_pfn + z->spanned && p < f->m->max_pfn;
	     p += 1u << f->m->pageblock_order)
		f->marked[p >> f->m->pageblock_order] = 0;
}

/* To 6.4 (but for 6.0 and the first of 6.1) a search for a source marks the page block that it found. */
static bool marks_found(const struct freescan *f)
{
	return f->m->kernel_major < 6 || (f->m->kernel_major == 6 && f->m->kernel_minor < 5);
}

/*
 * If the page block that a search found and marked is the one that the scanner had come to, it is passed over without an
 * event; KMM_NO_PFN: it cannot have been, for instance because it had a mark already.
 */
static uint32_t passed_over(const struct freescan *f, const struct freescan_run *r, uint32_t start)
{
	uint32_t here = block_start(f, r->migrate_pfn);

	return marks_found(f) && start != here && !is_marked(f, here) ? here : KMM_NO_PFN;
}

/*
 * Before pages are isolated from a new page block, the lists are searched from the
 * head for one that has free pages already.  Which it was, the event says; KMM_NO_PFN: none did.
 * A direct compaction for a request that is not for MOVABLE memory leaves that out (read in 6.1 and 6.12).
 */
static void find_source(struct freescan *f, struct freescan_run *r, uint32_t start)
{
	uint32_t zone_start = (uint32_t)f->m->zones[r->zone].start_pfn, high, seen = 0;
	uint32_t limit = (CLUSTER >> (r->fails < 31 ? r->fails : 31)) + 1;
	uint32_t distance = (r->free_pfn - r->migrate_pfn) >> 1, passed;

	if (f->blind || r->other || r->order <= COSTLY_ORDER || r->free_pfn < r->migrate_pfn ||
	    (r->migrate_pfn != zone_start && r->migrate_pfn != block_start(f, r->migrate_pfn)))
		return;
	if (r->migrate_pfn != zone_start)
		distance >>= 2;
	high = block_start(f, r->migrate_pfn + distance);
	if (start == block_start(f, start) && is_marked(f, start))
		unmark_all(f, r->zone); /* it was not skipped */
	passed = passed_over(f, r, start);
	for (int o = r->order - 1; o >= COSTLY_ORDER && seen < limit; o--)
		for (uint32_t at = f->lists->next(f->who, r->zone, (unsigned)o, KMM_NO_PFN);
		     at != KMM_NO_PFN; at = f->lists->next(f->who, r->zone, (unsigned)o, at)) {
			/* A start inside of a page block is where the scanner went on. */
			uint32_t in = block_start(f, at);
			bool found = at < high && (in == start || in == passed);
			uint32_t behind;

			if (seen++ < limit && !found) {
				if (at < high)
					mark(f, in);
				continue;
			}
			/* It becomes the last. */
			behind = f->lists->next(f->who, r->zone, (unsigned)o, at);
			if (behind != KMM_NO_PFN)
				f->lists->turn(f->who, r->zone, (unsigned)o, behind);
			if (seen <= limit && found) {
				r->fails = 0;
				if (marks_found(f))
					mark(f, in);
				return;
			}
			break;
		}
	r->fails = (uint8_t)(r->fails < UINT8_MAX ? r->fails + 1 : r->fails);
}

/* ---- events ---- */

/* Where a compaction of this task comes: where its last one was, else at a free place; NULL. */
static struct freescan_run *place(struct freescan *f, int32_t pid)
{
	struct freescan_run *empty = NULL;

	for (unsigned i = 0; i < FREESCAN_RUNS; i++) {
		if (f->run[i].pid == pid)
			return &f->run[i];
		if (!f->run[i].on && !empty)
			empty = &f->run[i];
	}
	return empty;
}

/* kcompactd goes on in the next zone up, with what its fast searches have come to. */
static void go_on(struct freescan_run *r, const struct freescan_run *before)
{
	if (r->direct || before->direct || before->pid != r->pid || before->zone >= r->zone ||
	    before->order <= 0)
		return;
	r->search = before->search;
	r->fails = before->fails;
}

static void begin(struct freescan *f, const struct request *q)
{
	struct freescan_run *r = place(f, q->pid), before;
	int zone = machine_zone_of(f->m, q->pfn);

	if (!r || zone < 0)
		return;
	before = *r;
	f->live += !r->on;
	*r = (struct freescan_run){ .pid = q->pid,
				    .on = true,
				    .sync = q->sig.aux2 & COMPACT_SYNC,
				    .direct = !(q->sig.aux2 & COMPACT_KCOMPACTD),
				    .other = q->sig.aux2 & COMPACT_OTHER,
				    .order = -1,
				    .search = INT_MAX,
				    .stride = q->sig.aux2 & COMPACT_SYNC ? 1 : CLUSTER,
				    .zone = (unsigned)zone,
				    .migrate_pfn = q->sig.bytes_req,
				    .free_pfn = q->sig.bytes_alloc,
				    .isolated = r->isolated };
	go_on(r, &before);
	isolated_clear(&r->isolated);
	/* A reset, which takes away all marks, leaves it inside a page block, anything else at the start of one. */
	if (r->free_pfn != block_start(f, r->free_pfn)) {
		f->init_free[zone] = r->free_pfn;
		unmark_all(f, (unsigned)zone);
	}
}

/*
 * Is a scan from pfn on one of what lies around a block that the fast search found?  Where it found
 * none on a deep look, the highest page block that it saw is looked at so, and becomes the place of
 * the linear scanner; or, for a direct compaction, the lowest that would have done.
 */
static bool looks_around(struct freescan *f, struct freescan_run *r, uint32_t pfn, bool *failed)
{
	struct search s = { .may_find = true, .peek = true };
	struct freescan_run copy = *r;
	uint32_t found, around;

	if (r->direct && !r->sync)
		return false;
	found = search(f, &copy, &s);
	*failed = found == KMM_NO_PFN;
	if (!*failed)
		return block_start(f, r->free_pfn) != block_start(f, pfn) ||
		       block_start(f, found) == block_start(f, pfn);
	if (!s.deep)
		return false;
	around = s.highest >= s.min ? s.highest : r->direct ? s.min : KMM_NO_PFN;
	return around == block_start(f, pfn);
}

/* The linear scanner looked for targets: the fast search had failed, or had not got enough. */
static void scanned(struct freescan *f, struct freescan_run *r, const struct request *q)
{
	uint32_t end = (uint32_t)(q->addr >> 32), taken = (uint32_t)q->addr, got;
	bool enough, failed = false;

	if (q->pfn >= end || end > f->m->max_pfn)
		return;
	if (f->m->searches_told && !r->looking) {
		isolated_exhaust(&r->isolated);
		r->looking = true;
		r->around = false;
		r->stride = r->sync ? 1 : CLUSTER;
	}
	if (r->found)
		take_found(f, r, block_start(f, q->pfn));
	if (r->due) {
		/* Around what the search took, all of its page block is scanned. */
		r->around = looks_around(f, r, q->pfn, &failed);
		fast_search(f, r, r->around);
		if (r->around && failed)
			r->free_pfn = block_start(f, q->pfn);
		r->due = false;
		r->stride = r->sync || r->isolated.pages ? 1 : CLUSTER;
	}
	r->met = false;
	got = scan(f, r, q->pfn, end, r->stride, taken);
	/* The lists are not quite those of the kernel: what is there, then. */
	if (got < taken && r->stride > 1)
		scan(f, r, q->pfn, end, 1, taken - got);
	r->stride = (uint8_t)(taken ? 1 : r->stride < CLUSTER ? r->stride * 2 : CLUSTER);
	r->barren = !r->isolated.pages;
	if (r->around) { /* only once for a search */
		r->around = false;
		return;
	}
	enough = r->isolated.pages >= r->wanted;
	r->met = !enough && end == block_start(f, end);
	r->free_pfn = end != block_start(f, end) ? end :
		      enough ? block_start(f, end - 1) - (1u << f->m->pageblock_order) :
			       block_start(f, end - 1);
}

void freescan_event(struct freescan *f, const struct request *q)
{
	struct freescan_run *r = run_of(f, q->pid);

	if (q->sig.aux == EVENT_MM_COMPACTION_BEGIN && q->pfn != KMM_NO_PFN)
		begin(f, q);
	if (!r)
		return;
	switch (q->sig.aux) {
	case EVENT_MM_COMPACTION_FINISHED:
		r->order = q->sig.order < KMM_ORDERS ? q->sig.order : -1;
		if (r->seeking) /* a source, and none was suitable until the scanners met */
			find_source(f, r, KMM_NO_PFN);
		r->seeking = true;
		break;
	case EVENT_MM_COMPACTION_ISOLATE_MIGRATEPAGES:
		find_source(f, r, q->pfn);
		r->seeking = false;
		r->from = q->pfn;
		r->to = r->migrate_pfn = (uint32_t)(q->addr >> 32);
		r->wanted = (uint32_t)q->addr;
		r->moved = 0;
		r->moving = r->wanted;
		end_look(f, r);
		r->due = r->barren = false;
		if (r->wanted && !r->isolated.pages)
			need_target(f, r);
		break;
	case EVENT_MM_COMPACTION_ISOLATE_FREEPAGES:
		scanned(f, r, q);
		break;
	case EVENT_MM_COMPACTION_FAST_ISOLATE_FREEPAGES:
		told_search(f, r, (uint32_t)q->addr);
		break;
	case EVENT_MM_COMPACTION_MIGRATEPAGES:
		end_look(f, r);
		/* Those whose old page somebody else frees later have gone too. */
		while (r->moved < (uint32_t)q->addr) {
			if (!r->isolated.pages && !f->m->searches_told)
				fast_search(f, r, true);
			if (isolated_next(&r->isolated, 0) == KMM_NO_PFN)
				break;
			r->moved++;
		}
		if (!f->m->searches_told && !r->isolated.pages && r->moved < r->wanted &&
		    !r->barren)
			found_none(f, r);
		isolated_settle(&r->isolated);
		if ((uint32_t)q->addr < r->wanted)
			skip_block(f, r);
		r->moving = r->due = false;
		break;
	case EVENT_MM_COMPACTION_END:
		end_look(f, r);
		r->on = false;
		f->live--;
		break;
	default:
		break;
	}
}

enum freescan_freed freescan_page(struct freescan *f, const struct request *q, uint32_t *target)
{
	struct freescan_run *r = run_of(f, q->pid);

	*target = KMM_NO_PFN;
	if (!r || q->pfn == KMM_NO_PFN || (q->sig.order && !r->isolated.whole))
		return FREESCAN_OTHER;
	if (f->m->searches_told)
		end_look(f, r);
	if (r->moving && q->pfn >= r->from && q->pfn < r->to) {
		r->moved += 1u << q->sig.order;
		if (r->due && needed_none(f, r))
			return FREESCAN_SOURCE;
		if (r->due)
			fast_search(f, r, true);
		r->due = false;
		*target = isolated_next(&r->isolated, q->sig.order);
		if (!r->isolated.pages && r->moved < r->wanted)
			need_target(f, r);
		return FREESCAN_SOURCE;
	}
	/* Somebody asked for a page that an interrupt gives back meanwhile: it is no target. */
	if (r->moving || q->slot != NO_SLOT)
		return FREESCAN_OTHER;
	isolated_take_back(&r->isolated, q->pfn);
	*target = isolated_give_back(&r->isolated, q->sig.order);
	return *target == KMM_NO_PFN ? FREESCAN_OTHER : FREESCAN_RETURNED;
}

const struct freescan_run *freescan_direct(const struct freescan *f, int32_t pid)
{
	for (unsigned i = 0; i < FREESCAN_RUNS && f->live; i++)
		if (f->run[i].on && f->run[i].pid == pid && f->run[i].direct)
			return &f->run[i];
	return NULL;
}
