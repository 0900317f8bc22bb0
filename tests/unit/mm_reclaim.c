// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What happens when memory runs short.  The frames of a small machine are all given to a
 * page cache; each test then asks for one more, with one part of the model at work.
 */
#include "mm_machine.h"

#include "mm/kmm_reclaim.h"

#define FRAMES 1024u
#define MIN 40u
#define LOW 50u
#define HIGH 60u
#define FILLER (KMM_GFP_MOVABLE | KMM_GFP_MEMALLOC | KMM_GFP_KSWAPD_RECLAIM)

struct machine {
	struct kmm *mm;
	struct kmm_pages *p;
	struct kmm_reclaim *r;
	kmm_pfn page[2 * FRAMES]; /* of the page cache, by age; those given back stay */
	unsigned n, kills, asked;
	kmm_pfn keep; /* evict() says no to this one */
};

static bool evict(void *arg, kmm_pfn pfn)
{
	struct machine *m = arg;

	m->asked++;
	return pfn != m->keep;
}

static void moved(void *arg, kmm_pfn from, kmm_pfn to)
{
	struct machine *m = arg;

	for (unsigned i = 0; i < m->n; i++)
		if (m->page[i] == from)
			m->page[i] = to;
}

/* A task dies: sixteen pages that no list holds come back. */
static bool oom_kill(void *arg, unsigned cpu)
{
	struct machine *m = arg;
	unsigned freed = 0;

	for (unsigned i = 0; i < m->n && freed < 16; i++)
		if (m->page[i] != KMM_NO_PFN) {
			kmm_page_free(m->p, cpu, m->page[i], 0);
			m->page[i] = KMM_NO_PFN;
			freed++;
		}
	m->kills += freed != 0;
	return freed;
}

/* Everything off but what a test switches on. */
static struct machine start(enum kmm_generation g, const struct kmm_reclaim_config *parts)
{
	struct kmm_config c = config_of(g);
	struct kmm_zone_config *z = config_zone(&c, 0, KMM_ZONE_NORMAL, 0, FRAMES);
	struct kmm_pages_config pc = { .highmem = KMM_NO_PFN };
	struct machine m = { .keep = KMM_NO_PFN };

	z->min = MIN;
	z->low = LOW;
	z->high = HIGH;
	c.policy.pcp_batch = 0;
	c.policy.watermark_boost_factor = 0;
	m.mm = machine_create(&c);
	assert_int_equal(kmm_seed_boot(m.mm, 0, FRAMES, KMM_MOVABLE), 0);
	m.p = kmm_pages_create(m.mm, &pc);
	assert_non_null(m.p);
	m.r = kmm_reclaim_create(m.p, parts);
	assert_non_null(m.r);
	assert_null(kmm_reclaim_create(m.p, parts)); /* one a machine */
	return m;
}

static void finish(struct machine *m)
{
	char why[200];

	if (kmm_pages_validate(m->p, why, sizeof(why)))
		fail_msg("%s", why);
	kmm_reclaim_destroy(m->r);
	kmm_pages_destroy(m->p);
	machine_done(m->mm);
}

/* Pages until the zone is at a mark; on the inactive list, or on none. */
static void fill(struct machine *m, unsigned left, bool listed)
{
	while (kmm_zone_free_pages(m->mm, 0) > left) {
		kmm_pfn pfn = kmm_page_alloc(m->p, 0, FILLER, 0);

		assert_int_not_equal(pfn, KMM_NO_PFN);
		assert_true(m->n < 2 * FRAMES);
		m->page[m->n++] = pfn;
		if (listed)
			assert_int_equal(kmm_lru_add(m->p, pfn, false), 0);
	}
}

/* Woken at the low mark; works to the high one, the oldest pages first. */
static void test_kswapd(void **state)
{
	struct kmm_reclaim_config c = { .kswapd = true };
	struct machine m = start(KMM_LINUX_6_1, &c);
	const struct kmm_reclaim_stats *s = kmm_reclaim_stats(m.r);
	unsigned oldest = 0;
	uint64_t freed;

	(void)state;
	fill(&m, LOW + 1, true);
	assert_false(kmm_kswapd_pending(m.r, 0));
	fill(&m, LOW - 2, true);
	assert_true(kmm_kswapd_pending(m.r, 0));
	/* 48 are free, more than 60 must be; no part of a list is larger than 32. */
	freed = kmm_kswapd_run(m.r, 0, 0);
	assert_in_range(freed, 13, 13 + 31);
	assert_true(kmm_zone_free_pages(m.mm, 0) > HIGH);
	assert_false(kmm_kswapd_pending(m.r, 0));
	while (kmm_frame_state(m.mm, m.page[oldest]) == KMM_FRAME_FREE)
		oldest++;
	assert_int_equal(oldest, freed);
	assert_int_equal(s->pgsteal_kswapd, freed);
	assert_int_equal(s->pgscan_kswapd, freed);
	assert_int_equal(s->pageoutrun, 1);
	assert_int_equal(kmm_kswapd_run(m.r, 0, 0), 0); /* nobody woke it */
	finish(&m);
}

/* Referenced pages are spared and become active; dirty ones are written; users keep theirs. */
static void test_second_chance(void **state)
{
	struct kmm_reclaim_config c = { .kswapd = true, .evict = evict };
	struct machine m;
	const struct kmm_reclaim_stats *s;
	uint64_t freed;

	(void)state;
	m = start(KMM_LINUX_6_1, &c);
	kmm_reclaim_destroy(m.r);
	c.arg = &m;
	m.r = kmm_reclaim_create(m.p, &c);
	s = kmm_reclaim_stats(m.r);
	fill(&m, LOW - 2, true);
	kmm_page_set_flag(m.p, m.page[0], KMM_PG_REFERENCED, true);
	kmm_page_set_flag(m.p, m.page[1], KMM_PG_DIRTY, true);
	kmm_get_page(m.p, m.page[2]);
	m.keep = m.page[3];
	kmm_page_set_flag(m.p, m.page[4], KMM_PG_LOCKED, true);
	freed = kmm_kswapd_run(m.r, 1, 0);
	assert_in_range(freed, 13, 13 + 31);
	assert_int_equal(s->pgscan_kswapd, freed + 4);
	assert_true(kmm_page_flag(m.p, m.page[0], KMM_PG_ACTIVE));
	assert_int_equal(s->pgactivate, 1);
	assert_int_equal(s->nr_vmscan_write, 1);
	assert_int_equal(kmm_frame_state(m.mm, m.page[1]), KMM_FRAME_FREE);
	for (unsigned i = 2; i <= 4; i++)
		assert_int_equal(kmm_frame_state(m.mm, m.page[i]), KMM_FRAME_USED);
	assert_int_equal(s->pgrotated, 3);
	assert_int_equal(m.asked, freed + 1);
	/* Used twice: active without a scan. */
	kmm_mark_page_accessed(m.r, m.page[100]);
	assert_false(kmm_page_flag(m.p, m.page[100], KMM_PG_ACTIVE));
	kmm_mark_page_accessed(m.r, m.page[100]);
	assert_true(kmm_page_flag(m.p, m.page[100], KMM_PG_ACTIVE));
	kmm_put_page(m.p, 0, m.page[2]);
	finish(&m);
}

/* All pages active: the oldest come to the inactive list and go from there. */
static void test_deactivate(void **state)
{
	struct kmm_reclaim_config c = { .kswapd = true };
	struct machine m = start(KMM_LINUX_6_1, &c);

	(void)state;
	fill(&m, LOW - 2, false);
	for (unsigned i = 0; i < m.n; i++)
		assert_int_equal(kmm_lru_add(m.p, m.page[i], true), 0);
	assert_true(kmm_kswapd_run(m.r, 0, 0) >= 10);
	assert_true(kmm_zone_free_pages(m.mm, 0) > HIGH);
	assert_true(kmm_reclaim_stats(m.r)->pgdeactivate >= 10);
	assert_int_equal(kmm_frame_state(m.mm, m.page[0]), KMM_FRAME_FREE);
	assert_int_equal(kmm_frame_state(m.mm, m.page[m.n - 1]), KMM_FRAME_USED);
	finish(&m);
}

/* A request that may sleep reclaims 32 pages; one that may not, or that is told not to, fails. */
static void test_direct(void **state)
{
	struct kmm_reclaim_config c = { .direct = true };
	struct machine m = start(KMM_LINUX_6_1, &c);
	kmm_gfp classic = KMM_GFP_WAIT | KMM_GFP_IO | KMM_GFP_FS;

	(void)state;
	fill(&m, 10, true);
	assert_int_equal(kmm_page_alloc(m.p, 0, KMM_GFP_KSWAPD_RECLAIM, 0), KMM_NO_PFN);
	assert_int_equal(kmm_reclaim_stats(m.r)->allocstall, 0);
	assert_int_not_equal(kmm_page_alloc(m.p, 0, GFP_KERNEL, 0), KMM_NO_PFN);
	/* 42 free, at the min mark 41 are needed. */
	assert_int_equal(kmm_reclaim_stats(m.r)->allocstall, 1);
	assert_int_equal(kmm_reclaim_stats(m.r)->pgsteal_direct, 32);
	/* In the words of 2.6. */
	fill(&m, 10, true);
	assert_int_not_equal(kmm_page_alloc(m.p, 0, classic, 0), KMM_NO_PFN);
	assert_int_equal(kmm_reclaim_stats(m.r)->allocstall, 2);
	finish(&m);
	c.direct = false;
	m = start(KMM_LINUX_6_1, &c);
	fill(&m, 10, true);
	assert_int_equal(kmm_page_alloc(m.p, 0, GFP_KERNEL, 0), KMM_NO_PFN);
	finish(&m);
}

struct objects {
	struct machine *m;
	kmm_pfn page[64];
	uint64_t left, asked;
};

static uint64_t count_objects(void *arg)
{
	return ((struct objects *)arg)->left;
}

/* Sixteen objects a page. */
static uint64_t scan_objects(void *arg, unsigned cpu, uint64_t n)
{
	struct objects *o = arg;
	uint64_t freed = 0;

	o->asked += n;
	for (; freed < n && o->left; freed++)
		if (--o->left % 16 == 0)
			kmm_page_free(o->m->p, cpu, o->page[o->left / 16], 0);
	return freed;
}

/* Objects go under the same pressure as pages, and all of them where there are no pages. */
static void test_shrinker(void **state)
{
	struct kmm_reclaim_config c = { .direct = true, .shrinkers = true };
	struct machine m = start(KMM_LINUX_6_1, &c);
	struct objects o = { .m = &m, .left = 1024 };
	struct kmm_shrinker s = { "dentry", 2, count_objects, scan_objects, &o };

	(void)state;
	for (unsigned i = 0; i < 64; i++)
		o.page[i] = kmm_page_alloc(m.p, 0, GFP_KERNEL | KMM_GFP_RECLAIMABLE, 0);
	assert_int_equal(kmm_shrinker_register(m.r, &s), 0);
	fill(&m, 10, false);
	assert_int_not_equal(kmm_page_alloc(m.p, 0, GFP_KERNEL, 0), KMM_NO_PFN);
	assert_true(kmm_reclaim_stats(m.r)->slab_pages >= 32);
	assert_int_equal(kmm_reclaim_stats(m.r)->slab_objects, 1024 - o.left);
	assert_int_equal(kmm_reclaim_stats(m.r)->slabs_scanned, o.asked);
	kmm_reclaim_all(m.r, 0);
	assert_int_equal(o.left, 0);
	finish(&m);
	/* With the shrinkers off nothing helps. */
	c.shrinkers = false;
	m = start(KMM_LINUX_6_1, &c);
	o = (struct objects){ .m = &m, .left = 16 };
	assert_int_equal(kmm_shrinker_register(m.r, &s), 0);
	fill(&m, 10, false);
	assert_int_equal(kmm_page_alloc(m.p, 0, GFP_KERNEL, 0), KMM_NO_PFN);
	assert_int_equal(o.left, 16);
	finish(&m);
}

/* Every second page is free: pages move together, with all that is known of them. */
static void test_compaction(void **state)
{
	struct kmm_reclaim_config c = { .compaction = true, .moved = moved };
	struct machine m = start(KMM_LINUX_6_1, &c);
	unsigned where;
	kmm_pfn big;

	(void)state;
	kmm_reclaim_destroy(m.r);
	c.arg = &m;
	m.r = kmm_reclaim_create(m.p, &c);
	fill(&m, 0, true);
	for (unsigned i = 0; i < m.n; i++)
		if (m.page[i] % 2) {
			kmm_page_free(m.p, 0, m.page[i], 0);
			m.page[i] = KMM_NO_PFN;
		}
	for (where = 0; m.page[where] != 0; where++)
		;
	kmm_page_set_flag(m.p, 0, KMM_PG_DIRTY, true);
	kmm_set_page_private(m.p, 0, 4711);
	big = kmm_page_alloc(m.p, 0, GFP_KERNEL, 3);
	assert_int_not_equal(big, KMM_NO_PFN);
	assert_true(kmm_reclaim_stats(m.r)->compact_migrated >= 4);
	assert_int_not_equal(m.page[where], 0);
	assert_int_equal(kmm_page_private(m.p, m.page[where]), 4711);
	assert_true(kmm_page_flag(m.p, m.page[where], KMM_PG_DIRTY));
	assert_int_equal(kmm_page_count(m.p, m.page[where]), 1);
	assert_int_equal(kmm_lru_pages(m.p, 0, false), FRAMES / 2);
	finish(&m);
}

/* Nothing to reclaim: a task dies; but not for those who may give up, nor for large blocks. */
static void test_oom(void **state)
{
	struct kmm_reclaim_config c = { .direct = true, .oom = true, .oom_kill = oom_kill };
	struct machine m = start(KMM_LINUX_6_1, &c);

	(void)state;
	kmm_reclaim_destroy(m.r);
	c.arg = &m;
	m.r = kmm_reclaim_create(m.p, &c);
	fill(&m, 30, false);
	assert_int_equal(kmm_page_alloc(m.p, 0, GFP_ATOMIC & ~KMM_GFP_HIGH, 0), KMM_NO_PFN);
	assert_int_equal(kmm_page_alloc(m.p, 0, GFP_KERNEL | KMM_GFP_NORETRY, 0), KMM_NO_PFN);
	assert_int_equal(kmm_page_alloc(m.p, 0, GFP_KERNEL & ~KMM_GFP_FS, 0), KMM_NO_PFN);
	assert_int_equal(kmm_page_alloc(m.p, 0, GFP_KERNEL, 4), KMM_NO_PFN);
	assert_int_equal(m.kills, 0);
	assert_int_not_equal(kmm_page_alloc(m.p, 0, GFP_KERNEL, 0), KMM_NO_PFN);
	assert_int_equal(m.kills, 1);
	assert_int_equal(kmm_stats(m.mm)->oom_kills, 1);
	assert_int_equal(kmm_reclaim_stats(m.r)->oom_kill, 1);
	finish(&m);
}

/*
 * A small zone below that nothing can be taken from.  Since 4.8 kswapd rests once the upper one
 * is above its high mark; before, it went on for as long as there was something.
 */
static uint64_t balance_two(enum kmm_generation g)
{
	struct kmm_reclaim_config parts = { .kswapd = true };
	struct kmm_config c = config_of(g);
	struct kmm_zone_config *dma = config_zone(&c, 0, KMM_ZONE_DMA, 0, 512), *normal;
	struct kmm_pages_config pc = { .highmem = KMM_NO_PFN };
	struct machine m = { .keep = KMM_NO_PFN };
	uint64_t freed;

	dma->min = dma->low = dma->high = 30;
	normal = config_zone(&c, 0, KMM_ZONE_NORMAL, 512, FRAMES);
	normal->min = MIN;
	normal->low = LOW;
	normal->high = HIGH;
	c.policy.pcp_batch = 0;
	c.policy.watermark_boost_factor = 0;
	m.mm = machine_create(&c);
	assert_int_equal(kmm_seed_boot(m.mm, 512, 512 + FRAMES, KMM_MOVABLE), 0);
	m.p = kmm_pages_create(m.mm, &pc);
	m.r = kmm_reclaim_create(m.p, &parts);
	assert_non_null(m.r);
	while (kmm_zone_free_pages(m.mm, 1) > MIN + 1) {
		kmm_pfn pfn = kmm_page_alloc(m.p, 0, FILLER, 0);

		assert_int_not_equal(pfn, KMM_NO_PFN);
		assert_int_equal(kmm_lru_add(m.p, pfn, false), 0);
	}
	assert_true(kmm_kswapd_pending(m.r, 0));
	freed = kmm_kswapd_run(m.r, 0, 0);
	assert_true(kmm_zone_free_pages(m.mm, 1) > HIGH);
	finish(&m);
	return freed;
}

static void test_balance(void **state)
{
	(void)state;
	assert_in_range(balance_two(KMM_LINUX_6_1), HIGH - MIN, 2 * 32);
	assert_int_equal(balance_two(KMM_LINUX_2_6), FRAMES - MIN - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kswapd),	      cmocka_unit_test(test_balance),
		cmocka_unit_test(test_second_chance), cmocka_unit_test(test_deactivate),
		cmocka_unit_test(test_direct),	      cmocka_unit_test(test_shrinker),
		cmocka_unit_test(test_compaction),    cmocka_unit_test(test_oom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
