// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * simulated_shortage: what a what-if does when its memory runs short.  The oldest page
 * of user memory goes first: pages from before the start, in order of their frames,
 * then those asked for since, in that order.  kswapd takes them from the low mark on
 * until the high one, at once after the request that woke it; direct reclaim takes 32
 * and more where a request would fail.  Compaction moves single pages of user memory.
 *
 * Approximate: nobody knows which pages were used again, nor from where what was taken
 * would have come back, so it never does.
 */
#include <stdlib.h>
#include <string.h>

#include "machine/kpageflags.h"
#include "machine/machine.h"
#include "replay/simulated_inside.h"
#include "trace/event.h"

#define CLUSTER 32u	/* pages of one step, as SWAP_CLUSTER_MAX */
#define KSWAPD_TRIES 16 /* MAX_RECLAIM_RETRIES: runs in vain until it stays asleep */
#define AGED_KEPT (1u << 31)

/* ---- pages from before the start ---- */

/* Single pages of user memory, by the recorded machine's frame. */
static bool user_before(const struct simulated *s, uint32_t p)
{
	return s->start && p < s->start->kpageflags_len &&
	       view_owner_of_flags(s->start->kpageflags[p]) == OWNER_USER &&
	       !(s->start->kpageflags[p] & KPF_COMPOUND);
}

/* Where such a page is now; KMM_NO_PFN: it went, or another has its frame. */
static kmm_pfn place_before(const struct simulated *s, uint32_t p)
{
	kmm_pfn at = s->place ? s->place[p] : p;
	uint64_t word;

	if (at == KMM_NO_PFN || at >= s->frames || kmm_frame_state(s->mm, at) != KMM_FRAME_USED)
		return KMM_NO_PFN;
	word = kmm_frame_word(s->mm, at);
	if (word && word != OF_COMPACTION)
		return KMM_NO_PFN;
	return kmm_frame_look(s->mm, at).slab ? KMM_NO_PFN : at;
}

/* Who stands where, from the first move on. */
static bool know_origins(struct simulated *s)
{
	if (s->origin)
		return true;
	if (!s->place && simulated_place_pages(s))
		return false;
	s->origin = malloc(s->frames * sizeof(*s->origin));
	for (uint32_t i = 0; s->origin && i < s->frames; i++)
		s->origin[i] = KMM_NO_PFN;
	for (uint32_t p = 0; s->origin && p < s->m->max_pfn; p++)
		if (user_before(s, p) && place_before(s, p) != KMM_NO_PFN)
			s->origin[s->place[p]] = p;
	return s->origin;
}

/* ---- the oldest pages ---- */

static int by_age(const void *a, const void *b)
{
	const struct aged *x = a, *y = b;

	if (x->born != y->born)
		return x->born < y->born ? -1 : 1;
	return x->of < y->of ? -1 : x->of > y->of;
}

static bool add_aged(struct aged **page, uint32_t *count, uint32_t *room, struct aged a)
{
	if (*count == *room) {
		uint32_t n = *room ? *room * 2 : 1024;
		struct aged *more = realloc(*page, n * sizeof(*more));

		if (!more)
			return false;
		*page = more;
		*room = n;
	}
	(*page)[(*count)++] = a;
	return true;
}

static bool queue_page(struct simulated *s, kmm_pfn pfn, uint32_t born, uint32_t of)
{
	int zone = kmm_zone_of(s->mm, pfn);
	struct aged_queue *q = zone < 0 ? NULL : &s->aged[zone];

	return !q || add_aged(&q->page, &q->count, &q->room, (struct aged){ born, of });
}

static bool is_kept(const struct simulated *s, kmm_pfn pfn)
{
	return kmm_frame_state(s->mm, pfn) == KMM_FRAME_USED &&
	       kmm_frame_word(s->mm, pfn) == OF_KEPT;
}

/* Those that are still there. */
static bool queue_kept(struct simulated *s)
{
	uint32_t n = 0;
	bool ok = true;

	for (uint32_t i = 0; i < s->kept_count; i++) {
		struct aged a = s->kept_page[i];

		if (!is_kept(s, a.of))
			continue;
		s->kept_page[n++] = a;
		ok = ok && queue_page(s, a.of, a.born, a.of | AGED_KEPT);
	}
	s->kept_count = n;
	return ok;
}

/* A block of user memory, by its id. */
static bool is_user(const struct simulated *s, uint32_t slot, struct held *h)
{
	*h = simulated_held(s, slot);
	return h->pfn != KMM_NO_PFN && simulated_named(s, slot, h->pfn, h) &&
	       h->owner == OWNER_USER && h->type == KMM_MOVABLE;
}

/*
 * All of user memory in its order.  What has come since is younger than all of it, and
 * waits for the next time; so does the answer that there is none, until some came.
 */
static void collect(struct simulated *s)
{
	struct held h;
	bool ok = true;

	for (unsigned z = 0; z < KMM_ZONES; z++)
		s->aged[z].count = s->aged[z].next = 0;
	s->collected = true;
	s->collected_at = s->births;
	for (uint32_t p = 0; ok && p < s->m->max_pfn; p++) {
		kmm_pfn at = user_before(s, p) ? place_before(s, p) : KMM_NO_PFN;

		if (at != KMM_NO_PFN)
			ok = queue_page(s, at, 0, p);
	}
	for (uint32_t i = 0; ok && i < s->slots; i++)
		if (s->born[i] && is_user(s, i, &h))
			ok = queue_page(s, h.pfn, s->born[i], i);
	ok = ok && queue_kept(s);
	s->no_memory |= !ok;
	for (unsigned z = 0; z < KMM_ZONES; z++)
		if (s->aged[z].count)
			qsort(s->aged[z].page, s->aged[z].count, sizeof(struct aged), by_age);
}

/* Every page of the block is still there and its own. */
static bool whole(const struct simulated *s, uint32_t slot, struct held h)
{
	for (uint32_t i = 0; i < 1u << h.order; i++)
		if (!simulated_named(s, slot, h.pfn + i, &h))
			return false;
	return true;
}

/* The block's page is no more, though it lives; another has it, or none. */
static void lose(struct simulated *s, uint32_t slot, struct held h, kmm_pfn to)
{
	kmm_pfn want = simulated_want(s, slot);

	for (uint32_t i = 0; s->place && want != KMM_NO_PFN && i < 1u << h.order; i++)
		if (want + i < s->m->max_pfn)
			s->place[want + i] = to == KMM_NO_PFN ? to : to + i;
	h.pfn = to;
	simulated_move(s, slot, &h);
}

/* Take the page away from who has it; how many pages that freed. */
static uint64_t take_back(struct simulated *s, unsigned cpu, struct aged a)
{
	kmm_pfn pfn;
	unsigned order = 0;

	if (a.of & AGED_KEPT) {
		pfn = a.of & ~AGED_KEPT;
		if (!is_kept(s, pfn))
			return 0;
	} else if (!a.born) {
		pfn = place_before(s, a.of);
		if (pfn == KMM_NO_PFN)
			return 0;
		if (s->place)
			s->place[a.of] = KMM_NO_PFN;
	} else {
		struct held h;

		if (a.of >= s->slots || s->born[a.of] != a.born || !is_user(s, a.of, &h) ||
		    !whole(s, a.of, h))
			return 0;
		pfn = h.pfn;
		order = h.order;
		lose(s, a.of, h, KMM_NO_PFN);
	}
	simulated_own(s, pfn, order, 0);
	kmm_free_pages(s->mm, cpu, pfn, order);
	return 1ull << order;
}

/* The zone with the oldest page of those up to this type; node -1: of all nodes. */
static struct aged_queue *oldest(struct simulated *s, int node, unsigned type)
{
	const struct kmm_config *c = kmm_configuration(s->mm);
	struct aged_queue *found = NULL;

	for (unsigned z = 0; z < c->zones; z++) {
		struct aged_queue *q = &s->aged[z];

		if (q->next == q->count || c->zone[z].type > type ||
		    (node >= 0 && c->zone[z].node != (unsigned)node))
			continue;
		if (!found || by_age(&q->page[q->next], &found->page[found->next]) < 0)
			found = q;
	}
	return found;
}

static uint64_t reclaim(struct simulated *s, unsigned cpu, int node, unsigned type, uint64_t want)
{
	uint64_t freed = 0;

	while (freed < want) {
		struct aged_queue *q = oldest(s, node, type);

		if (q)
			freed += take_back(s, cpu, q->page[q->next++]);
		else if (s->collected && s->births - s->collected_at < CLUSTER)
			break;
		else
			collect(s);
	}
	s->stats.reclaimed += freed;
	return freed;
}

static uint64_t on_reclaim(void *arg, unsigned cpu, unsigned zone, uint64_t pages)
{
	struct simulated *s = arg;
	uint64_t freed;

	s->stats.direct_reclaims++;
	freed = reclaim(s, cpu, -1, kmm_configuration(s->mm)->zone[zone].type, pages);
	if (freed)
		memset(s->in_vain, 0, sizeof(s->in_vain));
	return freed;
}

/* ---- what the recorded kernel took back ---- */

void simulated_follow_compaction(struct simulated *s, const struct request *q)
{
	unsigned i = 0;

	while (i < COMPACTORS && s->compacting[i] != q->pid)
		i++;
	if (q->sig.aux == EVENT_MM_COMPACTION_END && i < COMPACTORS)
		s->compacting[i] = 0;
	if (q->sig.aux != EVENT_MM_COMPACTION_BEGIN || i < COMPACTORS)
		return;
	for (i = 0; i < COMPACTORS; i++)
		if (!s->compacting[i]) {
			s->compacting[i] = q->pid;
			return;
		}
}

/* What compaction frees has moved, and is no page less. */
bool simulated_keeps(const struct simulated *s, const struct request *q)
{
	if (!s->own_kswapd || !(q->sig.flags & REQ_RESPONSE))
		return false;
	for (unsigned i = 0; i < COMPACTORS; i++)
		if (q->pid && s->compacting[i] == q->pid)
			return false;
	return true;
}

void simulated_keep_pages(struct simulated *s, kmm_pfn pfn, unsigned order, uint32_t born)
{
	simulated_own(s, pfn, order, OF_KEPT);
	for (uint32_t i = 0; i < 1u << order; i++)
		s->no_memory |= !add_aged(&s->kept_page, &s->kept_count, &s->kept_room,
					  (struct aged){ born, pfn + i });
	s->stats.kept += 1ull << order;
}

/* ---- kswapd ---- */

static void on_wakeup(void *arg, unsigned cpu, unsigned zone, unsigned order)
{
	struct simulated *s = arg;
	const struct kmm_zone_config *z = &kmm_configuration(s->mm)->zone[zone];

	(void)order;
	if (s->in_vain[z->node] >= KSWAPD_TRIES)
		return;
	if (s->woken[z->node] < (int)z->type + 1)
		s->woken[z->node] = (int8_t)(z->type + 1);
	s->waker = cpu;
	s->any_woken = true;
}

/* To 4.7 all zones up to the type have to be above their high marks, later one of them. */
static bool balanced(const struct simulated *s, unsigned node, unsigned highest)
{
	const struct kmm_config *c = kmm_configuration(s->mm);
	bool all = c->policy.generation == KMM_LINUX_2_6;

	for (unsigned z = 0; z < c->zones; z++) {
		const struct kmm_zone_config *x = &c->zone[z];
		bool above = kmm_zone_free_pages(s->mm, z) >
			     x->high + kmm_zone_boost(s->mm, z) + x->reserve[highest];

		if (x->node == node && x->type <= highest && x->managed && above != all)
			return !all;
	}
	return all;
}

static void balance(struct simulated *s, unsigned node, unsigned highest)
{
	uint64_t before = s->stats.reclaimed;

	s->stats.kswapd_runs++;
	kmm_kswapd(s->mm, node, (int)highest);
	while (!balanced(s, node, highest)) {
		uint64_t freed = reclaim(s, s->waker, (int)node, highest, CLUSTER);

		/* What one's own lists hold is no free page of the zone. */
		kmm_drain_pages(s->mm, s->waker, s->waker, KMM_ZONES);
		s->stats.reclaimed_kswapd += freed;
		if (freed < CLUSTER)
			break;
	}
	s->in_vain[node] = s->stats.reclaimed == before ? (uint8_t)(s->in_vain[node] + 1) : 0;
	kmm_kswapd(s->mm, node, -1);
}

void simulated_balance(struct simulated *s)
{
	s->any_woken = false;
	for (unsigned node = 0; node < KMM_NODES; node++) {
		int highest = s->woken[node] - 1;

		s->woken[node] = 0;
		if (highest >= 0)
			balance(s, node, (unsigned)highest);
	}
}

/* ---- compaction ---- */

static bool move_named(struct simulated *s, uint32_t slot, kmm_pfn from, kmm_pfn to)
{
	struct held h;

	if (!is_user(s, slot, &h) || h.order || h.pfn != from)
		return false;
	lose(s, slot, h, to);
	return true;
}

static bool move_before(struct simulated *s, kmm_pfn from, kmm_pfn to)
{
	uint32_t p;

	if (!know_origins(s))
		return false;
	p = s->origin[from];
	if (p == KMM_NO_PFN || s->place[p] != from)
		return false;
	s->place[p] = to;
	s->origin[to] = p;
	kmm_set_frame_words(s->mm, from, 0, OF_COMPACTION);
	return true;
}

static bool on_migrate(void *arg, unsigned cpu, kmm_pfn from, kmm_pfn to)
{
	struct simulated *s = arg;
	uint32_t word = (uint32_t)kmm_frame_word(s->mm, from);
	bool moved;

	(void)cpu;
	if (word && word < OF_KEPT)
		moved = move_named(s, word - 1, from, to);
	else
		moved = word != OF_SIDES && word != OF_KEPT && !kmm_frame_look(s->mm, from).slab &&
			move_before(s, from, to);
	if (moved)
		simulated_touch(s, to, 0);
	s->stats.moved += moved;
	return moved;
}

bool simulated_is_elsewhere(const struct simulated *s, kmm_pfn pfn, unsigned order)
{
	for (uint32_t i = 0; s->origin && i < 1u << order; i++)
		if (pfn + i < s->m->max_pfn && s->place[pfn + i] != pfn + i)
			return true;
	return false;
}

void simulated_may_run_short(const struct simulated *s, struct kmm_observer *o)
{
	o->reclaim_pages = on_reclaim;
	if (s->own_kswapd)
		o->wakeup_kswapd = on_wakeup;
	o->migrate_page = on_migrate;
}

void simulated_shortage_free(struct simulated *s)
{
	for (unsigned z = 0; z < KMM_ZONES; z++)
		free(s->aged[z].page);
	free(s->kept_page);
	free(s->origin);
}
