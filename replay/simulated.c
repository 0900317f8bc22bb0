// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/simulated.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/model.h"
#include "replay/anchor.h"
#include "replay/freescan.h"
#include "store/store.h"
#include "trace/event.h"

#define BULK_MAX 512
#define OF_SIDES UINT32_MAX /* a frame's word: a page that the sides asked for */

/* What stands behind an id. */
struct held {
	kmm_pfn pfn;  /* the model's page */
	kmm_pfn want; /* the kernel's page */
	uint8_t order;
	uint8_t type;
	uint8_t owner;
	bool live, compound;
};

struct simulated {
	const struct machine *m;
	struct simulated_options o;
	struct kmm *mm;
	struct anchor *anchor;	 /* anchored only */
	struct objects *objects; /* NULL: object requests are passed over */
	struct sides *sides;	 /* NULL: theirs too */
	bool seeded, scoring;
	bool in_objects;   /* what the page model is asked for, the object model asks */
	bool in_sides;	   /* or one of the sides */
	struct held *held; /* [slots] */
	uint32_t slots;
	/* [frames of the recording] the model's page in its stead; NULL: nobody asks */
	kmm_pfn *place;
	uint32_t frames;
	bool *touched; /* [pageblocks] something happened in it since it was asked for last */
	kmm_pfn last;
	int drained_cpu;	   /* whose list the drain under way empties */
	int drained_zone;	   /* in which zone */
	uint32_t unseen[KMM_CPUS]; /* drains of the model by frees that the kernel's have not matched */
	int64_t drain_left; /* pages of its chunk that the kernel's events have still to show */
	uint64_t early;	    /* ordinal of an allocation that was made ahead of its turn */
	kmm_pfn early_pfn;  /* what it got */
	uint64_t requests;
	bool marks_unknown;	    /* the start was worked out: watermarks are those of the end */
	int8_t zone_used[KMM_CPUS]; /* zone of the CPU's last unmovable page; -1 unknown */
	struct freescan scan;
	struct kept {
		int32_t pid;
		uint8_t order;
		kmm_pfn pfn;
	} kept[FREESCAN_RUNS]; /* blocks that direct compactions captured, not yet handed out */
	struct simulated_stats stats;
	struct demand pages, tables; /* kinds page and pgtable */
	struct demand objects_asked; /* responses and pages of kind object */
	uint32_t course_room;
	const struct machine_state *start; /* what the pages held since before were */
};

static void touch(struct simulated *s, kmm_pfn pfn, unsigned order)
{
	for (uint64_t p = pfn; p < pfn + (1ull << order) && p < s->frames;
	     p += 1ull << s->m->pageblock_order)
		s->touched[p >> s->m->pageblock_order] = true;
}

/* ---- the model's own trace points ---- */

static void on_refill(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order, unsigned type, bool pcp)
{
	struct simulated *s = arg;

	(void)cpu, (void)type, (void)pcp;
	touch(s, pfn, order);
	s->stats.refills++;
}

static void on_drain(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order, unsigned type)
{
	struct simulated *s = arg;

	(void)type;
	touch(s, pfn, order);
	s->stats.drains++;
	s->unseen[cpu]++;
}

static void on_fallback(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order, unsigned found,
			unsigned type, unsigned from, bool owned)
{
	struct simulated *s = arg;

	(void)cpu, (void)pfn, (void)order, (void)found, (void)type, (void)from, (void)owned;
	s->stats.fallbacks++;
}

/* mark: slot + 1 of the block that covers the frames, 0: held since before, OF_SIDES */
static void own(struct simulated *s, kmm_pfn pfn, unsigned order, uint32_t mark)
{
	touch(s, pfn, order);
	kmm_set_frame_words(s->mm, pfn, order, mark);
}

static void on_page(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order, kmm_gfp gfp,
		    unsigned type)
{
	struct simulated *s = arg;

	(void)cpu, (void)gfp, (void)type;
	if (pfn == KMM_NO_PFN)
		return;
	touch(s, pfn, order);
	if (s->in_objects) {
		objects_saw_page(s->objects, pfn, order);
		s->objects_asked.pages_taken += 1ull << order;
	}
	if (s->in_sides) {
		own(s, pfn, order, OF_SIDES);
		sides_took(s->sides, pfn);
	}
}

static void on_free(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order)
{
	struct simulated *s = arg;

	(void)cpu;
	touch(s, pfn, order);
	if (s->in_sides)
		own(s, pfn, order, 0);
}

/* A page that no trace point tells of. */
static void on_silent(void *arg, kmm_pfn pfn)
{
	on_page(arg, 0, pfn, 0, 0, 0);
}

static const struct kmm_observer observer = {
	.mm_page_alloc = on_page,
	.mm_page_free = on_free,
	.mm_page_alloc_zone_locked = on_refill,
	.mm_page_pcpu_drain = on_drain,
	.mm_page_alloc_extfrag = on_fallback,
};

/* ---- ids ---- */

static struct held *held_at(struct simulated *s, uint32_t slot)
{
	if (slot >= s->slots) {
		uint32_t n = slot + slot / 2 + 1024;
		struct held *more = realloc(s->held, n * sizeof(*more));

		if (!more)
			return NULL;
		memset(more + s->slots, 0, (n - s->slots) * sizeof(*more));
		s->held = more;
		s->slots = n;
	}
	return &s->held[slot];
}

static void hold(struct simulated *s, const struct request *q, kmm_pfn got)
{
	struct held *h = q->slot == NO_SLOT ? NULL : held_at(s, q->slot);

	if (!h)
		return;
	*h = (struct held){ got,
			    q->pfn,
			    q->sig.order,
			    q->sig.type,
			    q->sig.owner,
			    true,
			    q->sig.gfp & KMM_GFP_COMP };
	if (s->seeded && got != KMM_NO_PFN)
		own(s, got, q->sig.order, q->slot + 1);
	for (uint32_t i = 0; s->place && q->pfn != KMM_NO_PFN && i < 1u << q->sig.order; i++)
		if (q->pfn + i < s->m->max_pfn)
			s->place[q->pfn + i] = got == KMM_NO_PFN ? KMM_NO_PFN : got + i;
}

/* ---- allocations ---- */

static void score(struct simulated *s, const struct request *q, kmm_pfn got)
{
	bool hit = got == q->pfn;
	int zone;

	if (!s->scoring)
		return;
	if (s->stats.all.allocations % SCORE_STEP == 0) {
		if (s->stats.courses == s->course_room) {
			uint32_t room = s->course_room ? s->course_room * 2 : 256;
			struct score *more = realloc(s->stats.course, room * sizeof(*more));

			if (more) {
				s->stats.course = more;
				s->course_room = room;
			}
		}
		if (s->stats.courses < s->course_room)
			s->stats.course[s->stats.courses++] = (struct score){ 0, 0 };
	}
	if (s->stats.courses) {
		s->stats.course[s->stats.courses - 1].allocations++;
		s->stats.course[s->stats.courses - 1].hits += hit;
	}
	if (!hit && !s->stats.diverged) {
		s->stats.diverged = true;
		s->stats.first_miss_seq = q->seq;
		s->stats.first_miss_time = q->time;
		s->stats.first_miss_at = s->stats.all.allocations;
		s->stats.first_miss_want = q->pfn;
		s->stats.first_miss_got = got;
	}
	s->stats.all.allocations++;
	s->stats.all.hits += hit;
	zone = machine_zone_of(s->m, q->pfn);
	if (zone >= 0 && q->sig.type < KMM_MIGRATETYPES && q->sig.order < KMM_ORDERS) {
		s->stats.by[zone][q->sig.type][q->sig.order].allocations++;
		s->stats.by[zone][q->sig.type][q->sig.order].hits += hit;
	}
}

/* Every page of the block is in use by somebody whom no request named. */
static bool held_since_before(const struct simulated *s, kmm_pfn pfn, unsigned order)
{
	for (uint32_t i = 0; i < 1u << order; i++)
		if (pfn + i >= s->frames || kmm_frame_word(s->mm, pfn + i) ||
		    kmm_frame_state(s->mm, pfn + i) != KMM_FRAME_USED)
			return false;
	return true;
}

/* Make the model hold `want` instead of `got`; returns what it holds then. */
static kmm_pfn correct(struct simulated *s, kmm_pfn got, kmm_pfn want, unsigned order)
{
	int ret;

	if (got == want || want == KMM_NO_PFN)
		return got;
	/* In use by nobody known, and yet the kernel had it free: compaction did not take it. */
	if (held_since_before(s, want, order))
		kmm_free_pages_direct(s->mm, 0, want, order, true);
	ret = got == KMM_NO_PFN ? kmm_take(s->mm, want, order) :
				  kmm_swap_allocation(s->mm, got, want, order);
	if (!ret)
		return want;
	s->stats.uncorrected++;
	return got;
}

static bool corrects(const struct simulated *s)
{
	return s->o.anchored && (s->o.anchor_every < 2 || s->requests % s->o.anchor_every == 0);
}

/*
 * What the events do not tell of the request, and the kernel's choice of a zone
 * hangs on: the node asked for, the memory policy, which nodes are over their
 * dirty limit (__GFP_WRITE requests pass them over), and near a watermark the
 * zone counters, which lag behind.  The recording stands in for all of these,
 * and how often it had to is counted.
 */
static int expect_zone(struct simulated *s, const struct request *q)
{
	const struct kmm_config *c = kmm_configuration(s->mm);
	int zone = q->pfn == KMM_NO_PFN ? -1 : kmm_zone_of(s->mm, q->pfn);
	int node = q->sig.node < 0 ? -1 : q->sig.node;

	if (!s->o.native || zone < 0)
		return node;
	if (node < 0 && c->zone[zone].node != c->cpu_node[q->cpu]) {
		node = (int)c->zone[zone].node;
		s->stats.nodes_given++;
	}
	if (q->sig.type == KMM_UNMOVABLE)
		s->zone_used[q->cpu] = (int8_t)zone;
	kmm_expect_zone(s->mm, zone);
	return node;
}

/* A page request that none of the other allocators makes itself. */
static void count(struct simulated *s, const struct request *q, kmm_pfn got)
{
	struct demand *d = s->sides && q->sig.owner == OWNER_PGTABLE ? &s->tables : &s->pages;

	s->stats.failed += got == KMM_NO_PFN;
	if (q->sig.flags & REQ_RESPONSE)
		d->responses++;
	else
		demand_count(d, got != KMM_NO_PFN);
	d->pages_recorded += 1ull << q->sig.order;
	d->pages_taken += got == KMM_NO_PFN ? 0 : 1ull << q->sig.order;
}

/* What a compaction kept for this request; KMM_NO_PFN. */
static kmm_pfn take_kept(struct simulated *s, const struct request *q)
{
	for (unsigned i = 0; i < FREESCAN_RUNS; i++) {
		struct kept *k = &s->kept[i];
		kmm_pfn pfn = k->pfn;

		if (pfn == KMM_NO_PFN || k->pid != q->pid)
			continue;
		k->pfn = KMM_NO_PFN;
		if (k->order == q->sig.order)
			return pfn;
		kmm_free_pages_direct(s->mm, q->cpu, pfn, k->order, false);
	}
	return KMM_NO_PFN;
}

static void alloc(struct simulated *s, const struct request *q)
{
	kmm_gfp gfp = s->sides ? sides_gfp(s->sides, q) : q->sig.gfp;
	bool direct = q->sig.flags & REQ_DIRECT;
	kmm_pfn got = q->sig.order ? take_kept(s, q) : KMM_NO_PFN;

	if (direct)
		kmm_lock_pcp(s->mm, true);
	if (got == KMM_NO_PFN)
		got = kmm_alloc_pages_node(s->mm, q->cpu, expect_zone(s, q), gfp, q->sig.order);
	if (direct)
		kmm_lock_pcp(s->mm, false);
	s->requests++;
	count(s, q, got);
	score(s, q, got);
	s->last = got;
	if (corrects(s)) {
		got = correct(s, got, q->pfn, q->sig.order);
		if (q->sig.own_obs)
			anchor_alloc(s->anchor, q);
	}
	hold(s, q, got);
	if (s->sides)
		sides_filled(s->sides, q, got);
}

/* A page of the recording that the sides may have to ask for themselves; false: they have not. */
static bool side_page(struct simulated *s, const struct request *q, uint32_t n)
{
	bool taken;

	s->in_sides = true;
	taken = sides_page(s->sides, q, n);
	sides_silent(s->sides, on_silent, s);
	s->in_sides = false;
	if (!taken)
		return false;
	hold(s, q, KMM_NO_PFN);
	s->last = sides_next_taken(s->sides);
	s->requests++;
	score(s, q, s->last);
	return true;
}

static void side_request(struct simulated *s, const struct request *q, uint32_t n)
{
	kmm_pfn pfn = KMM_NO_PFN;

	if (s->place && q->pfn < s->m->max_pfn)
		pfn = s->place[q->pfn];
	s->in_sides = true;
	sides_request(s->sides, q, n, pfn);
	sides_silent(s->sides, on_silent, s);
	s->in_sides = false;
}

/*
 * A page that the recorded slabs took: the model's take one now, or have room
 * enough.  What they take at another time is no hit of this request.
 */
static void slab_page(struct simulated *s, const struct request *q, uint32_t n)
{
	bool direct = q->sig.flags & REQ_DIRECT;

	s->objects_asked.pages_recorded += 1ull << q->sig.order;
	hold(s, q, KMM_NO_PFN);
	if (direct)
		kmm_lock_pcp(s->mm, true);
	expect_zone(s, q);
	s->in_objects = true;
	s->last = objects_page(s->objects, q, n);
	s->in_objects = false;
	kmm_expect_zone(s->mm, -1);
	if (direct)
		kmm_lock_pcp(s->mm, false);
	s->requests++;
	score(s, q, s->last);
}

/* An object's own request, where it was not served with its slab's page. */
static void object(struct simulated *s, const struct request *q)
{
	s->in_objects = s->seeded;
	s->objects_asked.responses += s->seeded && q->sig.flags & REQ_FAILED;
	if (q->sig.op == REQ_OBJ_ALLOC)
		objects_alloc(s->objects, q);
	else
		objects_release(s->objects, q);
	s->in_objects = false;
}

/*
 * Where the watermarks of the time are not known (boot), they cannot choose the
 * zone: it is the one that the CPU's last request was served from.
 */
static uint32_t bulk_in_zone(struct simulated *s, const struct request *q, uint32_t want,
			     kmm_pfn *out)
{
	uint32_t got = 0;

	while (got < want) {
		out[got] = kmm_alloc_bulk_page_in_zone(s->mm, q->cpu, q->sig.gfp,
						       (unsigned)s->zone_used[q->cpu]);
		if (out[got] == KMM_NO_PFN)
			break;
		got++;
	}
	return got;
}

static uint32_t bulk(struct simulated *s, const struct request *q, uint32_t n)
{
	kmm_pfn out[BULK_MAX];
	uint32_t want = 1, got;

	while (want < n && want < BULK_MAX && q[want].sig.op == REQ_PAGE_BULK &&
	       q[want].seq == q->seq && q[want].cpu == q->cpu)
		want++;
	if (s->sides) {
		bool taken;

		s->in_sides = true;
		taken = sides_bulk(s->sides, q, want, n);
		sides_silent(s->sides, on_silent, s);
		s->in_sides = false;
		for (uint32_t i = 0; i < want && taken; i++)
			hold(s, &q[i], KMM_NO_PFN);
		if (taken)
			return want;
	}
	if (s->o.native && s->marks_unknown && s->zone_used[q->cpu] >= 0)
		got = bulk_in_zone(s, q, want, out);
	else
		got = kmm_alloc_pages_bulk(s->mm, q->cpu, q->sig.gfp, want, out);
	for (uint32_t i = 0; i < want; i++) {
		hold(s, &q[i], i < got ? out[i] : KMM_NO_PFN);
		count(s, &q[i], i < got ? out[i] : KMM_NO_PFN);
	}
	return want;
}

/* Pages that went without an event, as the order of the lists gave away. */
static void take_silently(struct simulated *s, const struct request *q)
{
	kmm_gfp gfp = KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM | KMM_GFP_IO | KMM_GFP_FS;

	if (q->silent.type == KMM_MOVABLE)
		gfp |= KMM_GFP_MOVABLE;
	else if (q->silent.type == KMM_RECLAIMABLE)
		gfp |= KMM_GFP_RECLAIMABLE;
	for (unsigned i = 0; i < q->silent.count; i++)
		if (kmm_alloc_pages(s->mm, q->silent.cpu, gfp, q->silent.order) != KMM_NO_PFN)
			s->stats.silent++;
}

/* ---- frees ---- */

static void give_back(struct simulated *s, const struct request *q, kmm_pfn pfn, unsigned order)
{
	s->unseen[q->cpu] = 0;
	own(s, pfn, order, 0);
	if (q->sig.flags & REQ_DIRECT)
		kmm_free_pages_direct(s->mm, q->cpu, pfn, order, q->sig.aux);
	else if (q->sig.flags & REQ_BATCHED && order == 0)
		kmm_free_page_batched(s->mm, q->cpu, pfn);
	else
		kmm_free_pages(s->mm, q->cpu, pfn, order);
}

static void free_unknown(struct simulated *s, const struct request *q)
{
	if (q->pfn == KMM_NO_PFN)
		return;
	if (s->objects && objects_had(s->objects, q->pfn)) {
		objects_page_freed(s->objects, q->cpu);
		return;
	}
	if (s->objects && objects_hold(s->objects, q->pfn)) {
		s->stats.unmatched_frees++;
		return;
	}
	/* What the model has free was taken silently, mostly by compaction as a target. */
	if (!held_since_before(s, q->pfn, q->sig.order) &&
	    (kmm_frame_state(s->mm, q->pfn) == KMM_FRAME_USED ||
	     kmm_take(s->mm, q->pfn, q->sig.order))) {
		s->stats.unmatched_frees++;
		return;
	}
	give_back(s, q, q->pfn, q->sig.order);
}

static void release(struct simulated *s, const struct request *q)
{
	struct held *h = q->slot == NO_SLOT || q->slot >= s->slots ? NULL : &s->held[q->slot];
	kmm_pfn pfn, target;

	if (s->seeded && s->o.native && freescan_page(&s->scan, q, &target) == FREESCAN_RETURNED) {
		give_back(s, q, target, 0);
		return;
	}
	if (!h || !h->live) {
		if (s->seeded)
			free_unknown(s, q);
		return;
	}
	if (!(q->sig.flags & REQ_PIECE))
		h->live = false;
	if (!s->seeded)
		return;
	if (s->objects && (h->owner == OWNER_SLAB || h->owner == OWNER_KMALLOC_LARGE)) {
		objects_page_freed(s->objects, q->cpu);
		return;
	}
	if (s->sides && h->pfn == KMM_NO_PFN &&
	    (h->owner == OWNER_VMALLOC || h->owner == OWNER_PERCPU)) {
		bool known;

		s->in_sides = true;
		known = sides_page_freed(s->sides, h->owner, q->slot, q->cpu);
		s->in_sides = false;
		if (known)
			return;
	}
	pfn = h->pfn;
	if (q->sig.flags & REQ_PIECE) {
		if (pfn == KMM_NO_PFN)
			return;
		pfn += q->pfn - h->want;
	} else if (h->want == KMM_NO_PFN && q->pfn != KMM_NO_PFN && s->o.anchored &&
		   pfn != KMM_NO_PFN) {
		/* A silent page shows itself only now. */
		kmm_pfn now = correct(s, pfn, q->pfn, 0);

		if (now != pfn) {
			own(s, pfn, 0, 0);
			pfn = now;
		}
	} else if (pfn == KMM_NO_PFN && h->want == KMM_NO_PFN) {
		/* Taken silently before the start. */
		free_unknown(s, q);
		return;
	}
	if (pfn == KMM_NO_PFN || kmm_frame_state(s->mm, pfn) != KMM_FRAME_USED) {
		s->stats.unmatched_frees++;
		return;
	}
	give_back(s, q, pfn, q->sig.order);
}

/* ---- what the machine around the allocator did ---- */

/* The free lists as compaction's free scanner meets them. */

static uint32_t list_prev(void *who, unsigned zone, unsigned order, uint32_t at)
{
	return kmm_free_list_prev(((struct simulated *)who)->mm, zone, order, KMM_MOVABLE, at);
}

static uint32_t list_next(void *who, unsigned zone, unsigned order, uint32_t at)
{
	return kmm_free_list_next(((struct simulated *)who)->mm, zone, order, KMM_MOVABLE, at);
}

static void list_turn(void *who, unsigned zone, unsigned order, uint32_t first)
{
	kmm_free_list_turn(((struct simulated *)who)->mm, zone, order, KMM_MOVABLE, first);
}

static int free_block(void *who, uint32_t pfn)
{
	return kmm_free_block_order(((struct simulated *)who)->mm, pfn);
}

static unsigned compound_page(void *who, uint32_t pfn)
{
	const struct simulated *s = who;
	uint32_t word = kmm_frame_word(s->mm, pfn);
	const struct held *h = word && word != OF_SIDES ? &s->held[word - 1] : NULL;

	return h && h->pfn == pfn && h->compound ? h->order : 0;
}

static void isolate_block(void *who, uint32_t pfn)
{
	struct simulated *s = who;
	int order = kmm_isolate_block(s->mm, pfn);

	if (order >= 0)
		touch(s, pfn, (unsigned)order);
}

static const struct freescan_lists lists = { list_prev,	 list_next,	list_turn,
					     free_block, compound_page, isolate_block };

static void reclaim_event(struct simulated *s, const struct request *q)
{
	unsigned node = q->sig.node < 0 ? 0 : (unsigned)q->sig.node;

	if (q->sig.aux == EVENT_MM_VMSCAN_KSWAPD_WAKE)
		kmm_kswapd(s->mm, node, q->sig.type);
	else if (q->sig.aux == EVENT_MM_VMSCAN_KSWAPD_SLEEP)
		kmm_kswapd(s->mm, node, -1);
}

/* ---- drains whose time no request gives away ---- */

#define DRAIN_CHUNK 5 /* 6.1: batch << 5 pages at a time, the list locked meanwhile */

/*
 * The owner's next allocation got a page without a refill, which it would have
 * needed after the drain: it came before, and is logged after it.
 */
static void pop_before_drain(struct simulated *s, const struct request *q, uint32_t n, int owner,
			     int zone)
{
	for (uint32_t i = 1; i < n && i < 256; i++) {
		if (q[i].cpu != owner || q[i].sig.op > REQ_PAGE_BULK)
			continue;
		if (q[i].sig.op == REQ_PAGE_ALLOC && !q[i].sig.own_obs && q[i].sig.order <= 3 &&
		    !(q[i].sig.flags & REQ_FAILED) && q[i].pfn != KMM_NO_PFN &&
		    machine_zone_of(s->m, q[i].pfn) == zone &&
		    (s->early == UINT64_MAX || s->early < q[i].seq)) {
			alloc(s, &q[i]);
			s->early = q[i].seq;
			s->early_pfn = s->last;
		}
		return;
	}
}

static void drain_chunk(struct simulated *s, const struct request *q, uint32_t n, int owner,
			int zone)
{
	const struct kmm_config *c = kmm_configuration(s->mm);
	uint64_t had, chunk;

	if (owner != q->cpu)
		pop_before_drain(s, q, n, owner, zone);
	had = chunk = kmm_pcp_pages(s->mm, (unsigned)zone, (unsigned)owner);
	if (c->policy.generation >= KMM_LINUX_6_1)
		chunk = (uint64_t)c->zone[zone].pcp_batch << DRAIN_CHUNK;
	kmm_drain_some(s->mm, q->cpu, (unsigned)owner, (unsigned)zone, (unsigned)chunk);
	s->drained_cpu = owner;
	s->drained_zone = zone;
	s->drain_left = (int64_t)(had < chunk ? had : chunk);
}

/*
 * Such a drain happens when the kernel's did; what it gives back is the model's
 * affair.  One of all CPUs comes to each one's list in its turn, which is when a
 * page of that list shows.
 */
static void drain(struct simulated *s, const struct request *q, uint32_t n)
{
	int zone = q->pfn == KMM_NO_PFN ? -1 : machine_zone_of(s->m, q->pfn), owner = q->cpu;

	if (zone < 0)
		return;
	if (!q->sig.aux2)
		s->drain_left = 0;
	switch (q->sig.aux) {
	case DRAIN_ALL:
	case DRAIN_ZONE:
		owner = kmm_pcp_owner(s->mm, q->pfn);
		if (s->drain_left <= 0 && (owner >= 0 || !q->sig.aux2))
			drain_chunk(s, q, n, owner < 0 ? q->cpu : owner, zone);
		else if (owner >= 0 && (owner != s->drained_cpu || zone != s->drained_zone))
			drain_chunk(s, q, n, owner, zone);
		break;
	case DRAIN_CPU:
		if (s->drain_left <= 0)
			drain_chunk(s, q, n, owner, zone);
		break;
	case DRAIN_EITHER:
		if (!s->unseen[q->cpu])
			drain_chunk(s, q, n, owner, zone);
		break;
	case DRAIN_SOME:
		kmm_drain_some(s->mm, q->cpu, q->cpu, (unsigned)zone, 1u << q->sig.order);
		break;
	default:
		break;
	}
	s->drain_left -= 1ll << q->sig.order;
	if (s->unseen[q->cpu])
		s->unseen[q->cpu]--;
}

/* A task that compacts keeps the first block that its frees make whole. */
static void keep_for(struct simulated *s, const struct request *q)
{
	const struct freescan_run *r = s->o.native ? freescan_direct(&s->scan, q->pid) : NULL;

	if (r && r->order > 0)
		kmm_capture(s->mm, (int)r->zone, (unsigned)r->order,
			    (unsigned)r->order >= s->m->pageblock_order ? KMM_MOVABLE :
									  KMM_UNMOVABLE);
}

static void keep(struct simulated *s, const struct request *q)
{
	const struct freescan_run *r = s->o.native ? freescan_direct(&s->scan, q->pid) : NULL;
	kmm_pfn pfn;

	if (!r)
		return;
	pfn = kmm_captured(s->mm);
	kmm_capture(s->mm, -1, 0, 0);
	for (unsigned i = 0; i < FREESCAN_RUNS && pfn != KMM_NO_PFN; i++)
		if (s->kept[i].pfn == KMM_NO_PFN) {
			s->kept[i] = (struct kept){ q->pid, (uint8_t)r->order, pfn };
			return;
		}
}

uint32_t simulated_apply(struct simulated *s, const struct request *q, uint32_t n)
{
	s->last = KMM_NO_PFN;
	if (q->kswapd_ends && s->seeded)
		kmm_kswapd(s->mm, q->kswapd_ends - 1u, -1);
	if (q->silent.count && s->seeded)
		take_silently(s, q);
	if (q->pcp_batch && s->seeded && s->o.native && q->pfn != KMM_NO_PFN)
		kmm_set_pcp_batch(s->mm, (unsigned)kmm_zone_of(s->mm, q->pfn), q->pcp_batch);
	switch (q->sig.op) {
	case REQ_PAGE_ALLOC:
		if (q->sig.flags & REQ_FAILED || q->pfn == KMM_NO_PFN) {
			s->pages.responses += s->seeded;
			break;
		}
		if (s->seeded && q->seq == s->early)
			s->last = s->early_pfn;
		else if (s->seeded && s->objects && objects_own(q))
			slab_page(s, q, n);
		else if (s->seeded && s->sides && side_page(s, q, n))
			break;
		else if (s->seeded)
			alloc(s, q);
		else
			hold(s, q, q->pfn);
		break;
	case REQ_PAGE_BULK:
		if (s->seeded)
			return bulk(s, q, n);
		hold(s, q, KMM_NO_PFN);
		break;
	case REQ_PAGE_FREE:
		keep_for(s, q);
		release(s, q);
		keep(s, q);
		break;
	case REQ_OBJ_ALLOC:
	case REQ_OBJ_FREE:
		if (s->objects)
			object(s, q);
		break;
	case REQ_PERCPU_ALLOC:
	case REQ_PERCPU_FREE:
	case REQ_VMALLOC:
	case REQ_VFREE:
	case REQ_KMAP:
	case REQ_KUNMAP:
		if (s->sides && s->seeded)
			side_request(s, q, n);
		break;
	case OBS_PCPU_DRAIN:
		if (!s->seeded)
			break;
		keep_for(s, q);
		drain(s, q, n);
		keep(s, q);
		if (corrects(s))
			anchor_drained(s->anchor, s->mm, q);
		break;
	case OBS_ZONE_LOCKED:
	case OBS_EXTFRAG:
		if (s->seeded && s->anchor)
			anchor_taken(s->anchor, s->mm, q);
		break;
	case OBS_COMPACTION:
		if (s->seeded && s->o.native)
			freescan_event(&s->scan, q);
		break;
	case OBS_RECLAIM:
		if (s->seeded)
			reclaim_event(s, q);
		break;
	default:
		break;
	}
	return 1;
}

/* ---- start and end ---- */

struct simulated *simulated_new(const struct machine *m, const struct simulated_options *o,
				struct err *e)
{
	struct simulated *s = calloc(1, sizeof(*s));
	char why[256];

	if (!s) {
		err_set(e, ENOMEM, "out of memory");
		return NULL;
	}
	s->m = m;
	s->o = *o;
	s->early = UINT64_MAX;
	freescan_init(&s->scan, m, &lists, s);
	for (unsigned i = 0; i < FREESCAN_RUNS; i++)
		s->kept[i].pfn = KMM_NO_PFN;
	s->frames = (uint32_t)m->max_pfn;
	s->touched = calloc((s->frames >> m->pageblock_order) + 1ull, sizeof(*s->touched));
	s->mm = s->touched ? kmm_create(o->config, why, sizeof(why)) : NULL;
	if (!s->mm) {
		err_set(e, s->touched ? EINVAL : ENOMEM, "the model cannot be built: %s",
			s->touched ? why : "out of memory");
		simulated_free(s);
		return NULL;
	}
	s->anchor = o->anchored ? anchor_new() : NULL;
	if (o->anchored && !s->anchor) {
		err_set(e, ENOMEM, "out of memory");
		simulated_free(s);
		return NULL;
	}
	kmm_observe(s->mm, &observer, s);
	if (o->slab) {
		s->objects = objects_new(s->mm, m, o->objects, o->slab, e);
		if (!s->objects) {
			simulated_free(s);
			return NULL;
		}
	}
	return s;
}

void simulated_free(struct simulated *s)
{
	if (!s)
		return;
	objects_free(s->objects);
	sides_free(s->sides);
	if (s->mm)
		kmm_destroy(s->mm);
	anchor_free(s->anchor);
	freescan_free(&s->scan);
	free(s->stats.course);
	free(s->held);
	free(s->place);
	free(s->touched);
	free(s);
}

/* Pages of the start are where they were; those held by name, where the model has them. */
static int place_pages(struct simulated *s)
{
	s->place = malloc((s->m->max_pfn + 1) * sizeof(*s->place));
	for (uint64_t p = 0; s->place && p < s->m->max_pfn; p++)
		s->place[p] = (kmm_pfn)p;
	return s->place ? 0 : -ENOMEM;
}

int simulated_seed(struct simulated *s, const struct machine_state *st, struct err *e)
{
	int ret = machine_seed(s->m, st, s->mm, e);

	if (ret < 0)
		return ret;
	for (unsigned z = 0; z < s->m->zone_count && s->o.native; z++)
		if (st->pcp_batch[z])
			kmm_set_pcp_batch(s->mm, z, st->pcp_batch[z]);
	s->start = st;
	s->marks_unknown = !st->have_zoneinfo;
	memset(s->zone_used, -1, sizeof(s->zone_used));
	s->seeded = s->scoring = true;
	for (uint32_t i = 0; i < s->slots; i++)
		if (s->held[i].live && s->held[i].pfn != KMM_NO_PFN)
			own(s, s->held[i].pfn, s->held[i].order, i + 1);
	if (s->objects && objects_seed(s->objects, st, e) < 0)
		return err_code(e);
	if (s->o.sides) {
		s->sides = sides_new(s->mm, s->m, s->o.sides, s->o.sides_source, e);
		if (!s->sides)
			return err_code(e);
		if (sides_follows_pages(s->sides) && !s->place && place_pages(s))
			return err_set(e, ENOMEM, "out of memory");
	}
	s->stats.refills = s->stats.drains = s->stats.fallbacks = 0;
	return 0;
}

void simulated_score_end(struct simulated *s)
{
	s->scoring = false;
}

const struct simulated_stats *simulated_stats(const struct simulated *s)
{
	return &s->stats;
}

kmm_pfn simulated_last(const struct simulated *s)
{
	return s->last;
}

struct kmm *simulated_model(struct simulated *s)
{
	return s->mm;
}

struct objects *simulated_objects(struct simulated *s)
{
	return s->objects;
}

struct sides *simulated_sides(struct simulated *s)
{
	return s->sides;
}

bool simulated_has(const struct simulated *s, enum demand_kind k)
{
	return k == DEMAND_PAGE	  ? true :
	       k == DEMAND_OBJECT ? s->objects != NULL :
				    s->sides && sides_have(s->sides, k);
}

struct demand simulated_demand(const struct simulated *s, enum demand_kind k)
{
	struct demand d = { 0 };

	if (k == DEMAND_PAGE)
		return s->pages;
	if (k == DEMAND_PGTABLE)
		return s->tables;
	if (k == DEMAND_OBJECT && s->objects) {
		const struct objects_stats *o = objects_stats(s->objects);

		d = s->objects_asked;
		d.requested = o->requested;
		d.served = o->served;
		d.failed = o->failed;
		return d;
	}
	return s->sides ? sides_demand(s->sides, k) : d;
}

void simulated_view(const struct simulated *s, struct view *v)
{
	const struct kmm_config *c = kmm_configuration(s->mm);

	memset(v, 0, sizeof(*v));
	v->zones = c->zones;
	for (unsigned z = 0; z < c->zones; z++) {
		for (unsigned t = 0; t < KMM_MIGRATETYPES; t++) {
			for (unsigned o = 0; o <= c->policy.max_order; o++)
				v->nr_free[z][t][o] = (uint32_t)kmm_nr_free(s->mm, z, o, t);
			v->pageblocks[z][t] = (uint32_t)kmm_pageblocks(s->mm, z, t);
		}
		for (unsigned cpu = 0; cpu < c->cpus; cpu++)
			v->pcp_pages[z] += kmm_pcp_pages(s->mm, z, cpu);
	}
}

bool simulated_touched(struct simulated *s, uint32_t block)
{
	bool was = block <= s->frames >> s->m->pageblock_order && s->touched[block];

	if (was)
		s->touched[block] = false;
	return was;
}

uint8_t simulated_cell(const void *who, uint32_t pfn)
{
	const struct simulated *s = who;
	const struct held *h;

	switch (kmm_frame_state(s->mm, pfn)) {
	case KMM_FRAME_HOLE:
		return CELL_HOLE;
	case KMM_FRAME_FREE:
		return CELL_FREE;
	case KMM_FRAME_PCP:
		return CELL_PCP;
	default:
		break;
	}
	if (pfn >= s->frames)
		return CELL_HOLE;
	if (kmm_frame_word(s->mm, pfn) == OF_SIDES)
		return CELL_KERNEL;
	if (s->objects && objects_hold(s->objects, pfn))
		return CELL_SLAB;
	if (!kmm_frame_word(s->mm, pfn)) {
		unsigned owner = s->start && pfn < s->start->kpageflags_len ?
					 view_owner_of_flags(s->start->kpageflags[pfn]) :
					 OWNER_UNKNOWN;

		return owner == OWNER_SLAB ? CELL_SLAB :
		       owner == OWNER_USER ? CELL_USER :
					     CELL_UNKNOWN;
	}
	h = &s->held[kmm_frame_word(s->mm, pfn) - 1];
	if (h->owner == OWNER_SLAB)
		return CELL_SLAB;
	if (h->type == KMM_MOVABLE)
		return CELL_USER;
	return h->type == KMM_RECLAIMABLE ? CELL_RECLAIMABLE : CELL_KERNEL;
}
