// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/kmm_reclaim.h"

#include <errno.h>
#include <stdlib.h>

#include "mm/page.h"
#include "mm/watermark.h"

#define CLUSTER 32u /* SWAP_CLUSTER_MAX */
#define SHRINK_BATCH 128u
#define PRIORITY 12u /* DEF_PRIORITY */

struct shrinker {
	struct kmm_shrinker is;
	uint64_t left; /* of a batch, kept for the next time */
};

struct waking {
	bool pending;
	unsigned order;
	int highest;
};

struct kmm_reclaim {
	struct kmm *mm;
	struct kmm_pages *pages;
	struct kmm_reclaim_config config;
	struct shrinker *shrinker;
	unsigned shrinkers;
	struct waking node[KMM_NODES];
	bool busy; /* what reclaim frees or asks for makes no reclaim */
	struct kmm_reclaim_stats stats;
};

/* Who reclaims, on which CPU, and what became of it. */
struct scan {
	unsigned cpu, priority;
	bool kswapd;
	uint64_t scanned, freed;
};

void kmm_reclaim_config_init(struct kmm_reclaim_config *c)
{
	*c = (struct kmm_reclaim_config){
		.kswapd = true, .direct = true, .shrinkers = true, .compaction = true, .oom = true
	};
}

/* ---- pages of the lists ---- */

static void to_list(struct kmm_reclaim *r, kmm_pfn pfn, bool active)
{
	kmm_lru_del(r->pages, pfn);
	kmm_lru_add(r->pages, pfn, active);
}

void kmm_mark_page_accessed(struct kmm_reclaim *r, kmm_pfn pfn)
{
	struct kmm_pages *p = r->pages;

	if (!kmm_page_flag(p, pfn, KMM_PG_LRU))
		return;
	if (!kmm_page_flag(p, pfn, KMM_PG_REFERENCED)) {
		kmm_page_set_flag(p, pfn, KMM_PG_REFERENCED, true);
	} else if (!kmm_page_flag(p, pfn, KMM_PG_ACTIVE)) {
		kmm_page_set_flag(p, pfn, KMM_PG_REFERENCED, false);
		to_list(r, pfn, true);
		r->stats.pgactivate++;
	}
}

/* Whether the page may go from its owner: only the lists hold it, and he agrees. */
static bool evict(struct kmm_reclaim *r, kmm_pfn pfn)
{
	return kmm_page_count(r->pages, pfn) == 1 && !kmm_page_flag(r->pages, pfn, KMM_PG_LOCKED) &&
	       (!r->config.evict || r->config.evict(r->config.arg, pfn));
}

/* The oldest inactive page: freed, activated or sent round. */
static void scan_page(struct kmm_reclaim *r, struct scan *s, kmm_pfn pfn)
{
	struct kmm_pages *p = r->pages;
	unsigned order;

	s->scanned++;
	if (kmm_page_flag(p, pfn, KMM_PG_REFERENCED)) {
		kmm_page_set_flag(p, pfn, KMM_PG_REFERENCED, false);
		to_list(r, pfn, true);
		r->stats.pgactivate++;
		return;
	}
	if (!evict(r, pfn)) {
		to_list(r, pfn, false);
		r->stats.pgrotated++;
		return;
	}
	r->stats.nr_vmscan_write += kmm_page_flag(p, pfn, KMM_PG_DIRTY);
	order = kmm_page_flag(p, pfn, KMM_PG_COMPOUND) && p->order ? p->order[pfn] : 0;
	kmm_put_page(p, s->cpu, pfn);
	s->freed += UINT64_C(1) << order;
}

/* Where active pages are more than inactive ones, the oldest of them follow. */
static void refill_inactive(struct kmm_reclaim *r, unsigned zone, uint64_t n)
{
	while (n-- && kmm_lru_pages(r->pages, zone, true) > kmm_lru_pages(r->pages, zone, false)) {
		kmm_pfn pfn = kmm_lru_next(r->pages, zone, true, KMM_NO_PFN);

		kmm_page_set_flag(r->pages, pfn, KMM_PG_REFERENCED, false);
		to_list(r, pfn, false);
		r->stats.pgdeactivate++;
	}
}

static void shrink_zone(struct kmm_reclaim *r, struct scan *s, unsigned zone, uint64_t want)
{
	uint64_t n = (kmm_lru_pages(r->pages, zone, false) >> s->priority) + 1;

	refill_inactive(r, zone, (kmm_lru_pages(r->pages, zone, true) >> s->priority) + 1);
	if (n > kmm_lru_pages(r->pages, zone, false))
		n = kmm_lru_pages(r->pages, zone, false);
	while (n-- && s->freed < want) {
		kmm_pfn pfn = kmm_lru_next(r->pages, zone, false, KMM_NO_PFN);

		if (pfn == KMM_NO_PFN)
			break;
		scan_page(r, s, pfn);
	}
}

/* ---- shrinkers ---- */

int kmm_shrinker_register(struct kmm_reclaim *r, const struct kmm_shrinker *s)
{
	struct shrinker *more = realloc(r->shrinker, (r->shrinkers + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	r->shrinker = more;
	more[r->shrinkers++] = (struct shrinker){ .is = *s };
	return 0;
}

static uint64_t free_pages_now(const struct kmm *mm)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < mm->zones; i++) {
		n += mm->zone[i].free_pages;
		for (unsigned cpu = 0; cpu < mm->cpus; cpu++)
			n += (uint64_t)mm->pcp[mm->zone[i].pcp0 + cpu].count;
	}
	return n;
}

static uint64_t all_lru_pages(const struct kmm_reclaim *r)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < r->mm->zones; i++)
		n += kmm_lru_pages(r->pages, i, false) + kmm_lru_pages(r->pages, i, true);
	return n;
}

/* The same pressure on objects as `scanned` of so many pages are. */
static void shrink_objects(struct kmm_reclaim *r, struct scan *s, uint64_t scanned, uint64_t lru)
{
	uint64_t before = free_pages_now(r->mm), after;

	for (unsigned i = 0; r->config.shrinkers && i < r->shrinkers; i++) {
		struct shrinker *k = &r->shrinker[i];
		uint64_t seeks = k->is.seeks ? k->is.seeks : 2, count = k->is.count(k->is.arg);

		k->left += 4 * scanned / seeks * count / (lru + 1) +
			   (lru ? 0 : count >> s->priority);
		if (k->left > 2 * count)
			k->left = 2 * count;
		for (; k->left >= SHRINK_BATCH || (k->left && !s->priority);) {
			uint64_t n = k->left < SHRINK_BATCH ? k->left : SHRINK_BATCH;

			r->stats.slab_objects += k->is.scan(k->is.arg, s->cpu, n);
			r->stats.slabs_scanned += n;
			k->left -= n;
		}
	}
	after = free_pages_now(r->mm);
	if (after > before) {
		r->stats.slab_pages += after - before;
		s->freed += after - before;
	}
}

/* ---- the two who reclaim ---- */

/* One pass of a priority over zones up to a type: those of a node, or of all. */
static void shrink_zones(struct kmm_reclaim *r, struct scan *s, int node, unsigned highest,
			 uint64_t want)
{
	uint64_t lru = all_lru_pages(r), scanned = s->scanned;

	for (unsigned i = 0; i < r->mm->zones; i++) {
		const struct zone *z = &r->mm->zone[i];

		if (z->type <= highest && (node < 0 || z->node == (unsigned)node))
			shrink_zone(r, s, i, want);
	}
	shrink_objects(r, s, s->scanned - scanned, lru);
}

static void account(struct kmm_reclaim *r, const struct scan *s)
{
	uint64_t *scanned = s->kswapd ? &r->stats.pgscan_kswapd : &r->stats.pgscan_direct;
	uint64_t *freed = s->kswapd ? &r->stats.pgsteal_kswapd : &r->stats.pgsteal_direct;

	*scanned += s->scanned;
	*freed += s->freed;
}

static uint64_t reclaim_until(struct kmm_reclaim *r, unsigned cpu, unsigned highest, uint64_t want)
{
	struct scan s = { .cpu = cpu, .priority = PRIORITY };

	if (r->busy)
		return 0;
	r->busy = true;
	r->stats.allocstall++;
	for (; s.freed < want; s.priority--) {
		shrink_zones(r, &s, -1, highest, want);
		if (!s.priority)
			break;
	}
	account(r, &s);
	r->busy = false;
	return s.freed;
}

static uint64_t direct_reclaim(void *arg, unsigned cpu, unsigned zone, uint64_t pages)
{
	struct kmm_reclaim *r = arg;

	if (!r->config.direct)
		return 0;
	return reclaim_until(r, cpu, r->mm->zone[zone].type, pages < CLUSTER ? CLUSTER : pages);
}

uint64_t kmm_reclaim_all(struct kmm_reclaim *r, unsigned cpu)
{
	uint64_t freed, all = 0;

	do {
		freed = cpu < r->mm->cpus ? reclaim_until(r, cpu, KMM_ZONE_DEVICE, UINT64_MAX) : 0;
		all += freed;
	} while (freed);
	return all;
}

static void wake(void *arg, unsigned zone, unsigned order, unsigned highest)
{
	struct kmm_reclaim *r = arg;
	struct waking *w = &r->node[r->mm->zone[zone].node];

	if (!r->config.kswapd)
		return;
	if (!w->pending || order > w->order)
		w->order = order;
	if (!w->pending || (int)highest > w->highest)
		w->highest = (int)highest;
	w->pending = true;
}

bool kmm_kswapd_pending(const struct kmm_reclaim *r, unsigned node)
{
	return node < KMM_NODES && r->node[node].pending;
}

/* All zones that the request could use above their high marks; since 4.8 one is enough. */
static bool balanced(const struct kmm_reclaim *r, unsigned node, const struct waking *w)
{
	bool all = r->mm->generation == KMM_LINUX_2_6;

	for (unsigned i = 0; i < r->mm->zones; i++) {
		const struct zone *z = &r->mm->zone[i];

		if (z->node == node && (int)z->type <= w->highest && z->managed &&
		    watermark_ok(r->mm, z, 0, z->mark[WMARK_HIGH] + z->boost, (unsigned)w->highest,
				 0) != all)
			return !all;
	}
	return all;
}

uint64_t kmm_kswapd_run(struct kmm_reclaim *r, unsigned cpu, unsigned node)
{
	struct scan s = { .cpu = cpu, .priority = PRIORITY, .kswapd = true };
	struct waking w;

	if (cpu >= r->mm->cpus || node >= KMM_NODES || !r->node[node].pending || r->busy)
		return 0;
	w = r->node[node];
	r->node[node].pending = false;
	r->busy = true;
	r->stats.pageoutrun++;
	kmm_kswapd(r->mm, node, w.highest);
	while (!balanced(r, node, &w)) {
		uint64_t freed = s.freed;

		shrink_zones(r, &s, (int)node, (unsigned)w.highest, s.freed + CLUSTER);
		/* What one's own lists hold is no free page of the zone. */
		kmm_drain_pages(r->mm, cpu, cpu, KMM_ZONES);
		if (s.freed - freed >= CLUSTER)
			continue;
		if (!s.priority)
			break;
		s.priority--;
	}
	kmm_kswapd(r->mm, node, -1);
	account(r, &s);
	r->busy = false;
	return s.freed;
}

/* ---- compaction, and the end ---- */

static bool migrate(void *arg, unsigned cpu, kmm_pfn from, kmm_pfn to)
{
	struct kmm_reclaim *r = arg;

	(void)cpu;
	if (!r->config.compaction || !r->config.moved ||
	    !kmm_page_flag(r->pages, from, KMM_PG_LRU) || kmm_page_count(r->pages, from) != 1 ||
	    kmm_page_flag(r->pages, from, KMM_PG_COMPOUND)) {
		r->stats.compact_fail++;
		return false;
	}
	page_migrate(r->pages, from, to);
	r->config.moved(r->config.arg, from, to);
	r->stats.compact_migrated++;
	return true;
}

static bool out_of_memory(void *arg, unsigned cpu)
{
	struct kmm_reclaim *r = arg;

	if (!r->config.oom || !r->config.oom_kill || !r->config.oom_kill(r->config.arg, cpu))
		return false;
	r->stats.oom_kill++;
	return true;
}

/* ---- the whole ---- */

struct kmm_reclaim *kmm_reclaim_create(struct kmm_pages *p, const struct kmm_reclaim_config *c)
{
	struct kmm_reclaim *r;

	if (p->mm->shortage.arg)
		return NULL;
	r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->mm = p->mm;
	r->pages = p;
	r->config = *c;
	r->mm->shortage = (struct shortage){ r, direct_reclaim, migrate, wake, out_of_memory };
	return r;
}

void kmm_reclaim_destroy(struct kmm_reclaim *r)
{
	if (!r)
		return;
	memset(&r->mm->shortage, 0, sizeof(r->mm->shortage));
	free(r->shrinker);
	free(r);
}

const struct kmm_reclaim_stats *kmm_reclaim_stats(const struct kmm_reclaim *r)
{
	return &r->stats;
}
