// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "replay/recorded.h"
#include "replay/simulated_inside.h"
#include "store/store.h"

#define BULK_MAX 512
#define AHEAD 8 /* records between asking for memory and its use */

/* ---- ids ---- */

/* Where all is put right now and then: what was given meanwhile. */
static void remember(struct simulated *s, struct since g)
{
	if (s->o.anchor_every < 2 || !s->seeded)
		return;
	if (s->since_count == s->since_room) {
		uint32_t room = s->since_room ? s->since_room * 2 : 256;
		struct since *more = realloc(s->since, room * sizeof(*more));

		if (!more) {
			s->no_memory = true;
			return;
		}
		s->since = more;
		s->since_room = room;
	}
	s->since[s->since_count++] = g;
}

static void hold(struct simulated *s, const struct request *q, kmm_pfn got)
{
	const struct held h = { .pfn = got,
				.order = q->sig.order,
				.type = q->sig.type,
				.owner = q->sig.owner,
				.compound = q->sig.gfp & KMM_GFP_COMP,
				.live = true,
				.silent = q->pfn == KMM_NO_PFN };

	if (q->slot == NO_SLOT || !simulated_hold(s, q->slot, &h, q->pfn))
		return;
	if (s->born)
		s->born[q->slot] = h.owner == OWNER_USER && h.type == KMM_MOVABLE ? ++s->births : 0;
	remember(s, (struct since){ .slot = q->slot });
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
		s->stats.first_miss = miss_of(s->mm, q, got);
	}
	/* Another policy is to give other pages. */
	if (!hit && s->o.native)
		s->stats.misses[miss_of(s->mm, q, got)]++;
	s->stats.all.allocations++;
	s->stats.all.hits += hit;
	zone = machine_zone_of(s->m, q->pfn);
	if (zone >= 0 && q->sig.type < KMM_MIGRATETYPES && q->sig.order < KMM_ORDERS) {
		s->stats.by[zone][q->sig.type][q->sig.order].allocations++;
		s->stats.by[zone][q->sig.type][q->sig.order].hits += hit;
	}
}

/* Every page of the block is in use by somebody whom no request named, or was moved there. */
static bool held_unnamed(const struct simulated *s, kmm_pfn pfn, unsigned order)
{
	for (uint32_t i = 0; i < 1u << order; i++) {
		uint64_t word = pfn + i < s->frames ? kmm_frame_word(s->mm, pfn + i) : OF_SIDES;

		if ((word && word != OF_COMPACTION) ||
		    kmm_frame_state(s->mm, pfn + i) != KMM_FRAME_USED)
			return false;
	}
	return true;
}

/*
 * In use, and yet the kernel had it free: by nobody known, then compaction did not take it; by an id, then that
 * has another page in the recording, and its free will tell which.
 */
static void set_free(struct simulated *s, kmm_pfn want, unsigned order)
{
	if (!held_unnamed(s, want, order)) {
		struct held h = simulated_held_at(s, want);

		if (!h.live || h.pfn != want || h.order != order ||
		    kmm_frame_state(s->mm, want) != KMM_FRAME_USED)
			return;
		h.pfn = KMM_NO_PFN;
		simulated_move(s, (uint32_t)kmm_frame_word(s->mm, want) - 1, &h);
		simulated_own(s, want, order, 0);
	}
	kmm_free_pages_direct(s->mm, 0, want, order, true);
}

/* Make the model hold `want` instead of `got`; returns what it holds then. */
static kmm_pfn correct(struct simulated *s, kmm_pfn got, kmm_pfn want, unsigned order)
{
	int ret;

	if (got == want || want == KMM_NO_PFN)
		return got;
	set_free(s, want, order);
	ret = got == KMM_NO_PFN ? kmm_take(s->mm, want, order) :
				  kmm_swap_allocation(s->mm, got, want, order);
	if (!ret)
		return want;
	s->stats.uncorrected++;
	return got;
}

/*
 * The kernel's list had the page that it gave before the model's.  That one comes
 * next, or, where it was passed over the last time too, nobody knows when.
 */
static kmm_pfn correct_list(struct simulated *s, const struct request *q, kmm_pfn got)
{
	bool again = s->passed[q->cpu] == got;

	s->passed[q->cpu] = got;
	if (q->sig.own_obs || got == KMM_NO_PFN)
		return correct(s, got, q->pfn, q->sig.order);
	set_free(s, q->pfn, q->sig.order);
	return kmm_pass_over(s->mm, q->cpu, got, q->pfn, q->sig.order, again) ?
		       correct(s, got, q->pfn, q->sig.order) :
		       q->pfn;
}

static bool corrects(const struct simulated *s)
{
	return s->o.anchored && s->o.anchor_every < 2;
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

static bool some_free(const struct simulated *s)
{
	for (unsigned z = 0; z < kmm_configuration(s->mm)->zones; z++)
		if (kmm_zone_free_pages(s->mm, z))
			return true;
	return false;
}

/* A page request that none of the other allocators makes itself. */
static void count(struct simulated *s, const struct request *q, kmm_pfn got)
{
	struct demand *d = s->sides && q->sig.owner == OWNER_PGTABLE ? &s->tables : &s->pages;

	if (got == KMM_NO_PFN) {
		s->stats.failed++;
		s->stats.failed_costly += q->sig.order > COSTLY_ORDER;
		s->stats.kept_back += s->marks_unknown && !q->sig.order && some_free(s);
	}
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
		struct freescan_kept *k = &s->kept[i];
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

static void page_alloc(struct simulated *s, const struct request *q)
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
		if (got != q->pfn)
			got = correct_list(s, q, got);
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
	sides_silent(s->sides, simulated_silent, s);
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
	sides_silent(s->sides, simulated_silent, s);
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
static void object(struct simulated *s, const struct request *q, uint32_t n)
{
	s->in_objects = s->seeded;
	s->objects_asked.responses += s->seeded && q->sig.flags & REQ_FAILED;
	if (q->sig.op == REQ_OBJ_ALLOC)
		objects_alloc(s->objects, q);
	else
		objects_release(s->objects, q, n);
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

/* What the events behind q[0 .. want) tell of the zone of its pages: a refill of theirs, or that there was none. */
static int bulk_from(const struct simulated *s, const struct request *q, uint32_t want, uint32_t n)
{
	uint32_t next = want;

	/* Of a large area more may follow. */
	while (next < n && (q[next].cpu != q->cpu || q[next].sig.op == REQ_PAGE_BULK))
		next++;
	if (next == n)
		return -1;
	return q[next].sig.op == OBS_ZONE_LOCKED && !q[next].sig.order ?
		       machine_zone_of(s->m, q[next].pfn) :
		       KMM_LISTED;
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
		sides_silent(s->sides, simulated_silent, s);
		s->in_sides = false;
		for (uint32_t i = 0; i < want && taken; i++)
			hold(s, &q[i], KMM_NO_PFN);
		if (taken)
			return want;
	}
	if (s->o.native && s->marks_unknown && s->zone_used[q->cpu] >= 0) {
		got = bulk_in_zone(s, q, want, out);
	} else {
		if (s->o.native)
			kmm_expect_zone(s->mm, bulk_from(s, q, want, n));
		got = kmm_alloc_pages_bulk(s->mm, q->cpu, q->sig.gfp, want, out);
		kmm_expect_zone(s->mm, -1);
	}
	/* Whoever wants them all asks for the rest one by one. */
	for (kmm_pfn one; got < want; got++) {
		one = kmm_alloc_pages(s->mm, q->cpu, q->sig.gfp, 0);
		if (one == KMM_NO_PFN)
			break;
		out[got] = one;
	}
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
	for (unsigned i = 0; i < q->silent.count; i++) {
		kmm_pfn got = KMM_NO_PFN;

		if (s->o.native && q->silent.bulk)
			got = kmm_alloc_bulk_page_in_zone(s->mm, q->silent.cpu, gfp,
							  q->silent.zone);
		if (got == KMM_NO_PFN)
			got = kmm_alloc_pages(s->mm, q->silent.cpu, gfp, q->silent.order);
		if (got == KMM_NO_PFN)
			continue;
		s->stats.silent++;
		remember(s, (struct since){ NO_SLOT, { .pfn = got, .order = q->silent.order } });
	}
}

/* ---- frees ---- */

static void give_back(struct simulated *s, const struct request *q, kmm_pfn pfn, unsigned order)
{
	s->unseen[q->cpu] = 0;
	simulated_own(s, pfn, order, 0);
	if (q->sig.flags & REQ_DIRECT)
		kmm_free_pages_direct(s->mm, q->cpu, pfn, order, q->sig.aux & FREE_TAIL);
	else if (q->sig.flags & REQ_BATCHED && order == 0)
		kmm_free_page_batched(s->mm, q->cpu, pfn);
	else
		kmm_free_pages(s->mm, q->cpu, pfn, order);
}

/* Of what lived before on another machine: page by page, for its pages need not be neighbours. */
static void free_moved(struct simulated *s, const struct request *q)
{
	for (uint32_t i = 0; i < 1u << q->sig.order; i++) {
		kmm_pfn pfn = q->pfn + i < s->m->max_pfn ? s->place[q->pfn + i] : KMM_NO_PFN;

		if (pfn == KMM_NO_PFN || !held_unnamed(s, pfn, 0) ||
		    (s->objects && objects_hold(s->objects, pfn))) {
			s->stats.unmatched_frees++;
			continue;
		}
		if (simulated_keeps(s, q))
			simulated_keep_pages(s, pfn, 0, 0);
		else
			give_back(s, q, pfn, 0);
		s->place[q->pfn + i] = KMM_NO_PFN;
	}
}

/* The page model's requests, meanwhile, are those of slabs. */
static void slab_page_freed(struct simulated *s, const struct request *q)
{
	s->in_objects = true;
	objects_page_freed(s->objects, q);
	s->in_objects = false;
}

static void free_unknown(struct simulated *s, const struct request *q)
{
	if (q->pfn == KMM_NO_PFN)
		return;
	if (s->objects && objects_had(s->objects, q->pfn)) {
		slab_page_freed(s, q);
		return;
	}
	if ((s->o.target && s->o.target->moved) ||
	    simulated_is_elsewhere(s, q->pfn, q->sig.order)) {
		free_moved(s, q);
		return;
	}
	if (s->objects && objects_hold(s->objects, q->pfn)) {
		s->stats.unmatched_frees++;
		return;
	}
	/* What the model has free was taken silently, mostly by compaction as a target. */
	if (!held_unnamed(s, q->pfn, q->sig.order) &&
	    (kmm_frame_state(s->mm, q->pfn) == KMM_FRAME_USED ||
	     kmm_take(s->mm, q->pfn, q->sig.order))) {
		s->stats.unmatched_frees++;
		return;
	}
	if (simulated_keeps(s, q) && held_unnamed(s, q->pfn, q->sig.order))
		simulated_keep_pages(s, q->pfn, q->sig.order, 0);
	else
		give_back(s, q, q->pfn, q->sig.order);
}

static void release(struct simulated *s, const struct request *q)
{
	struct held h = simulated_held(s, q->slot);
	kmm_pfn pfn = h.pfn, target;
	bool user;

	if (s->seeded && s->o.native && freescan_page(&s->scan, q, &target) == FREESCAN_RETURNED) {
		give_back(s, q, target, q->sig.order);
		return;
	}
	if (!h.live) {
		if (s->seeded)
			free_unknown(s, q);
		return;
	}
	if (!(q->sig.flags & REQ_PIECE))
		simulated_let_go(s, q->slot);
	if (!s->seeded)
		return;
	if (pfn == KMM_NO_PFN && s->objects &&
	    (h.owner == OWNER_SLAB || h.owner == OWNER_KMALLOC_LARGE)) {
		slab_page_freed(s, q);
		return;
	}
	if (s->sides && pfn == KMM_NO_PFN &&
	    (h.owner == OWNER_VMALLOC || h.owner == OWNER_PERCPU)) {
		bool known;

		s->in_sides = true;
		known = sides_page_freed(s->sides, h.owner, q->slot, q->cpu);
		s->in_sides = false;
		if (known)
			return;
	}
	if (q->sig.flags & REQ_PIECE) {
		if (pfn == KMM_NO_PFN)
			return;
		simulated_split(s, q->slot);
		pfn += q->pfn & ((1u << h.order) - 1);
	}
	user = pfn != KMM_NO_PFN && simulated_named(s, q->slot, pfn, &h) && h.owner == OWNER_USER &&
	       h.type == KMM_MOVABLE;
	if (!(q->sig.flags & REQ_PIECE) && h.silent) {
		if (pfn == KMM_NO_PFN) {
			/* Taken silently before the start. */
			free_unknown(s, q);
			return;
		}
		if (q->pfn != KMM_NO_PFN && s->o.anchored) {
			/* A silent page shows itself only now. */
			kmm_pfn now = correct(s, pfn, q->pfn, 0);

			if (now != pfn)
				simulated_own(s, pfn, 0, 0);
			pfn = now;
		}
	}
	if (pfn == KMM_NO_PFN || kmm_frame_state(s->mm, pfn) != KMM_FRAME_USED) {
		s->stats.unmatched_frees++;
		return;
	}
	if (user && simulated_keeps(s, q))
		simulated_keep_pages(s, pfn, q->sig.order, s->born[q->slot]);
	else
		give_back(s, q, pfn, q->sig.order);
}

void simulated_page(struct simulated *s, const struct request *q, uint32_t n)
{
	if (s->objects && objects_own(q))
		slab_page(s, q, n);
	else if (!s->sides || !side_page(s, q, n))
		page_alloc(s, q);
}

/* What feed.h found that happens before this record. */
static void before(struct simulated *s, const struct request *q)
{
	if (q->kswapd_ends && s->seeded && !s->o.target && !s->own_kswapd)
		kmm_kswapd(s->mm, q->kswapd_ends - 1u, -1);
	if (q->silent.count && s->seeded)
		take_silently(s, q);
	if (q->pcp_batch && s->seeded && s->o.native && q->pfn != KMM_NO_PFN)
		kmm_set_pcp_batch(s->mm, (unsigned)kmm_zone_of(s->mm, q->pfn), q->pcp_batch);
}

/* All but the objects. */
static uint32_t apply(struct simulated *s, const struct request *q, uint32_t n)
{
	switch (q->sig.op) {
	case REQ_PAGE_ALLOC:
		if (q->sig.flags & REQ_FAILED || q->pfn == KMM_NO_PFN) {
			s->pages.responses += s->seeded;
			if (s->seeded && s->o.native)
				kmm_saw_failure(s->mm, q->cpu, q->sig.node < 0 ? -1 : q->sig.node,
						q->sig.gfp, q->sig.order);
			break;
		}
		if (s->seeded && q->seq == s->early)
			s->last = s->early_pfn;
		else if (s->seeded)
			simulated_page(s, q, n);
		else
			hold(s, q, q->pfn);
		break;
	case REQ_PAGE_BULK:
		if (s->seeded)
			return bulk(s, q, n);
		hold(s, q, KMM_NO_PFN);
		break;
	case REQ_PAGE_FREE:
		simulated_keep_for(s, q);
		simulated_expect_drain(s, q, n);
		release(s, q);
		kmm_expect_drain(s->mm, -1);
		simulated_keep(s, q);
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
		simulated_keep_for(s, q);
		simulated_drain(s, q, n);
		simulated_keep(s, q);
		if (corrects(s))
			anchor_drained(s->anchor, s->mm, q);
		break;
	case OBS_ZONE_LOCKED:
	case OBS_EXTFRAG:
		if (s->seeded && s->anchor && q->sig.op == OBS_EXTFRAG)
			anchor_claimed(s->anchor, s->mm, q);
		if (s->seeded && s->anchor)
			anchor_taken(s->anchor, s->mm, q, request_takes(s->m, q));
		break;
	case OBS_COMPACTION:
		if (s->seeded && s->o.native)
			freescan_event(&s->scan, q);
		break;
	case OBS_RECLAIM:
		if (s->seeded && !s->own_kswapd)
			simulated_reclaim(s, q);
		break;
	default:
		break;
	}
	return 1;
}

/* What an id stands for is anywhere in memory: it is asked for while others are served. */
static void fetch(const struct simulated *s, const struct request *q)
{
	if (q->slot == NO_SLOT)
		return;
	if (q->sig.op != REQ_OBJ_ALLOC && q->sig.op != REQ_OBJ_FREE) {
		if (s->held)
			__builtin_prefetch(&s->held[q->slot < s->slots ? q->slot : 0]);
	} else if (s->objects)
		objects_fetch(s->objects, q->slot);
}

uint32_t simulated_apply(struct simulated *s, const struct request *q, uint32_t n)
{
	if (n > AHEAD)
		fetch(s, &q[AHEAD]);
	s->last = KMM_NO_PFN;
	s->time = q->time;
	s->cpu = q->cpu;
	if (s->any_woken)
		simulated_balance(s);
	if (q->time >= s->vmstat.soonest && s->seeded)
		vmstat_pass(&s->vmstat, s->mm, q->time, s->o.native);
	if (s->lowering[q->cpu].pages && (q->sig.op != OBS_PCPU_DRAIN || q->sig.aux != DRAIN_SOME))
		simulated_lowered(s, q->cpu);
	if (s->own_kswapd && q->sig.op == OBS_COMPACTION)
		simulated_follow_compaction(s, q);
	/* What the kernel was seen to do says nothing of another machine. */
	if (s->o.target && request_is_observation(q))
		return 1;
	if (q->kswapd_ends | q->pcp_batch | q->silent.count)
		before(s, q);
	if (q->sig.op != REQ_OBJ_ALLOC && q->sig.op != REQ_OBJ_FREE)
		return apply(s, q, n);
	if (s->objects)
		object(s, q, n);
	return 1;
}
