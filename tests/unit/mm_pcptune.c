// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The self-tuning per-CPU lists of 6.7 and later.  The refill runs 63, 126, 252,
 * 504, 1008, 2016 (order 0), 15 (order 2) and 7 (order 3) were seen on a real
 * 6.18 machine whose lists had room for them.
 */
#include "mm_machine.h"

#include <errno.h>

static struct kmm *machine_marked(int batch, int high_min, int high_max, uint64_t high_mark)
{
	struct kmm_config c = config_of(KMM_LINUX_6_18);
	struct kmm_zone_config *z = config_zone(&c, 0, KMM_ZONE_NORMAL, 0, 32768);
	struct kmm *mm;

	z->pcp_batch = batch;
	z->pcp_high = z->pcp_high_min = high_min;
	z->pcp_high_max = high_max;
	if (high_mark) {
		z->min = 1;
		z->low = 2;
		z->high = high_mark;
	}
	mm = machine_create(&c);
	assert_int_equal(kmm_seed_boot(mm, 16384, 32768, KMM_MOVABLE), 0);
	return mm;
}

static struct kmm *machine_with(int batch, int high_min, int high_max)
{
	return machine_marked(batch, high_min, high_max, 0);
}

static void test_refills_double(void **state)
{
	static const unsigned want[] = { 63, 126, 252, 504, 1008, 2016, 2016 };
	struct kmm *mm = machine_with(63, 6000, 60000);
	struct seen *s = malloc(sizeof(*s));

	(void)state;
	assert_non_null(s);
	for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		seen_watch(mm, s);
		kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0);
		assert_int_equal(seen_count(s, 'l'), want[i]);
		while (kmm_pcp_pages(mm, 0, 0))
			kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0);
	}
	/* A free halves the factor: 5 becomes 2, so the next refill takes 63 << 2. */
	kmm_free_pages(mm, 0, 16384, 0);
	kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0);
	seen_watch(mm, s);
	kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0);
	assert_int_equal(seen_count(s, 'l'), 252);
	free(s);
	machine_done(mm);
}

static void test_refills_of_higher_orders(void **state)
{
	static const unsigned want[] = { 63, 31, 15, 7 };

	(void)state;
	for (unsigned order = 1; order < 4; order++) {
		struct kmm *mm = machine_with(63, 6000, 60000);
		struct seen s;

		for (unsigned i = 0; i < 3; i++) {
			seen_watch(mm, &s);
			while (!seen_count(&s, 'l'))
				kmm_alloc_pages(mm, 0, GFP_KERNEL, order);
			assert_true(seen_count(&s, 'l') == want[order] || s.event[0].kind == 'x');
		}
		machine_done(mm);
	}
}

/* With high fixed at 4 * batch a refill never takes more than the lists may hold. */
static void test_refill_is_bounded_by_high(void **state)
{
	struct kmm *mm = machine_with(63, 252, 252);
	struct seen s;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		/* 63, 126, then at most 252 - 63. */
		static const unsigned want[] = { 63, 126, 189, 189 };

		seen_watch(mm, &s);
		kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0);
		assert_int_equal(seen_count(&s, 'l'), want[i]);
		while (kmm_pcp_pages(mm, 0, 0))
			kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0);
	}
	machine_done(mm);
}

/* A drain gives back as many as were freed in a row, within batch and high - batch. */
static void test_drain_follows_free_count(void **state)
{
	struct kmm *mm = machine_with(10, 100, 100);
	struct seen s;

	(void)state;
	seen_watch(mm, &s);
	for (kmm_pfn pfn = 0; pfn < 99; pfn++)
		kmm_free_pages(mm, 0, pfn, 0);
	assert_int_equal(seen_count(&s, 'd'), 0);
	kmm_free_pages(mm, 0, 99, 0);
	assert_int_equal(seen_count(&s, 'd'), 90); /* 100 in a row, but 10 stay */
	machine_done(mm);

	mm = machine_with(10, 100, 100);
	for (kmm_pfn pfn = 200; pfn < 300; pfn++)
		assert_int_equal(kmm_seed_pcp(mm, 0, pfn, 0, KMM_MOVABLE), 0);
	/* 40 freed of late; each allocation halves that: 20. */
	assert_int_equal(kmm_seed_pcp_factors(mm, 0, 0, 0, 0, 40), 0);
	kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0);
	seen_watch(mm, &s);
	kmm_free_pages(mm, 0, 0, 0);
	assert_int_equal(seen_count(&s, 'd'), 21);
	machine_done(mm);
}

static struct kmm *machine_by(bool late, bool keep)
{
	struct kmm_config c = config_of(KMM_LINUX_6_18);
	struct kmm_zone_config *z = config_zone(&c, 0, KMM_ZONE_NORMAL, 0, 32768);
	struct kmm *mm;

	z->pcp_batch = 10;
	z->pcp_high = z->pcp_high_min = z->pcp_high_max = 40;
	c.policy.pcp_whole_late = late;
	c.policy.pcp_keep_batch = keep;
	mm = machine_create(&c);
	assert_int_equal(kmm_seed_boot(mm, 16384, 32768, KMM_MOVABLE), 0);
	return mm;
}

/* 6.16 on: half of high_min (20 here) must have come back beyond the batch of 10. */
static void test_high_order_frees_drain_late(void **state)
{
	struct kmm *mm = machine_by(true, true);

	(void)state;
	for (kmm_pfn pfn = 0; pfn < 96; pfn += 32)
		kmm_free_pages(mm, 0, pfn, 3); /* 8, 16, 24: fewer than 30 */
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 24);
	kmm_free_pages(mm, 0, 96, 3); /* 24 before it */
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 32);
	kmm_free_pages(mm, 0, 128, 3); /* 32 before it: all go */
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 0);
	machine_done(mm);
}

/*
 * 30 of 44 pages are to be drained.  At once that is 4 blocks of 8; by batches of 10 it is 2 and 2 of them, and then
 * the last one and 2 single pages.
 */
static void test_drains_by_batches(void **state)
{
	(void)state;
	for (unsigned batches = 0; batches < 2; batches++) {
		struct kmm_config c = config_of(KMM_LINUX_6_18);
		struct kmm_zone_config *z = config_zone(&c, 0, KMM_ZONE_NORMAL, 0, 32768);
		struct kmm *mm;

		z->pcp_batch = 10;
		z->pcp_high = z->pcp_high_min = z->pcp_high_max = 40;
		c.policy.pcp_drain_batches = batches;
		mm = machine_create(&c);
		assert_int_equal(kmm_seed_boot(mm, 16384, 32768, KMM_MOVABLE), 0);
		for (kmm_pfn i = 0; i < 4; i++) {
			kmm_free_pages(mm, 0, 32 * i, 3);
			kmm_free_pages(mm, 0, 1024 + 2 * i, 0);
		}
		assert_int_equal(kmm_pcp_pages(mm, 0, 0), 36);
		kmm_free_pages(mm, 0, 128, 3);
		assert_int_equal(kmm_pcp_pages(mm, 0, 0), batches ? 2 : 12);
		machine_done(mm);
	}
}

/* A CPU with much cache does not empty lists shorter than a batch. */
static void test_high_order_frees_keep_a_batch(void **state)
{
	(void)state;
	for (unsigned keep = 0; keep < 2; keep++) {
		struct kmm *mm = machine_by(false, keep);

		/* As many as the batch came back of late, and one such free before. */
		assert_int_equal(kmm_seed_pcp_factors(mm, 0, 0, 0, 0, 10), 0);
		kmm_free_pages(mm, 0, 0, 1);
		kmm_free_pages(mm, 0, 16, 1);
		assert_int_equal(kmm_pcp_pages(mm, 0, 0), keep ? 4 : 0);
		machine_done(mm);
	}
}

/* To 6.15: frees of order 1 to 3 in a row, once batch pages came back, go on to the buddy lists. */
static void test_high_order_frees_drain(void **state)
{
	struct kmm *mm = machine_by(false, false);
	struct seen s;

	(void)state;
	seen_watch(mm, &s);
	kmm_free_pages(mm, 0, 0, 3);  /* the first of a row: kept */
	kmm_free_pages(mm, 0, 16, 3); /* 8 freed so far, below batch: kept */
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 16);
	kmm_free_pages(mm, 0, 32, 3);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 0);
	assert_int_equal(seen_count(&s, 'd'), 3);
	/* An order 0 free breaks the row. */
	kmm_free_pages(mm, 0, 100, 0);
	kmm_free_pages(mm, 0, 48, 3);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 9);
	machine_done(mm);
}

/* Frees until the lists give something back; how much that is. */
static unsigned frees_to_drain(struct kmm *mm, unsigned *drained)
{
	struct seen s;
	unsigned n = 0;

	seen_watch(mm, &s);
	while (!seen_count(&s, 'd'))
		kmm_free_pages(mm, 0, n++, 0);
	*drained = seen_count(&s, 'd');
	return n;
}

/*
 * batch 10, high between 40 and 4000.  A refill of 10 raises high to 50: with 9 on the list, 41
 * frees reach it, and 40 go, as 10 stay.  Pages freed before raise it only once it is reached.
 */
static void test_high_grows(void **state)
{
	struct kmm *mm = machine_with(10, 40, 4000);
	unsigned drained;

	(void)state;
	assert_int_not_equal(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0), KMM_NO_PFN);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 9);
	assert_int_equal(frees_to_drain(mm, &drained), 41);
	assert_int_equal(drained, 40);
	machine_done(mm);

	mm = machine_with(10, 40, 4000);
	assert_int_equal(kmm_seed_pcp_factors(mm, 0, 0, 0, 0, 60), 0);
	assert_int_equal(frees_to_drain(mm, &drained), 40);
	assert_int_equal(drained, 30);
	machine_done(mm);
}

/*
 * Refills double while high grows with them; below the zone's high mark it stays at 40, which
 * leaves room for 40 - 10.
 */
static void test_below_high_mark(void **state)
{
	static const unsigned want[2][5] = { { 10, 20, 40, 80, 160 }, { 10, 20, 30, 30, 30 } };

	(void)state;
	for (unsigned below = 0; below < 2; below++) {
		struct kmm *mm = machine_marked(10, 40, 4000, below ? 30000 : 3);
		struct seen s;

		for (unsigned i = 0; i < 5; i++) {
			seen_watch(mm, &s);
			kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0);
			assert_int_equal(seen_count(&s, 'l'), want[below][i]);
			while (kmm_pcp_pages(mm, 0, 0))
				kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0);
		}
		machine_done(mm);
	}
}

/* So it does once a request has failed: of 16384 free pages one of order 9 counts 511 as not there. */
static void test_failed_request(void **state)
{
	static const unsigned want[2][5] = { { 10, 20, 40, 80, 160 }, { 10, 20, 30, 30, 30 } };

	(void)state;
	for (unsigned failed = 0; failed < 2; failed++) {
		struct kmm *mm = machine_marked(10, 40, 4000, 16000);
		struct seen s;

		if (failed)
			kmm_saw_failure(mm, 0, -1, GFP_USER_MOVABLE, 9);
		for (unsigned i = 0; i < 5; i++) {
			seen_watch(mm, &s);
			kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0);
			assert_int_equal(seen_count(&s, 'l'), want[failed][i]);
			while (kmm_pcp_pages(mm, 0, 0))
				kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0);
		}
		machine_done(mm);
	}
}

/*
 * Refills of 10 to 80 blocks leave 16234 pages of 16384 and 79 on the list; the next request finds the zone below
 * its high mark.  Then each free drains a batch, until what one gave back brings the zone above it.
 */
static void test_above_high_mark(void **state)
{
	struct kmm *mm = machine_marked(10, 10, 4000, 16260);

	(void)state;
	for (unsigned i = 0; i < 72; i++)
		kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0);
	assert_int_equal(kmm_zone_free_pages(mm, 0), 16234);
	for (unsigned i = 0; i < 5; i++) {
		kmm_free_pages(mm, 0, 16384 + i, 0);
		assert_int_equal(kmm_zone_free_pages(mm, 0), 16234 + 10 * (i < 3 ? i + 1 : 3));
	}
	machine_done(mm);
}

/*
 * The same, but up to 40 pages may be kept back from the counter: whether the list was drained tells on which
 * side of the mark it was.  Where the counter is exact, it does not matter what the recording says.
 */
static void test_recording_tells_the_side(void **state)
{
	(void)state;
	for (unsigned near = 0; near < 2; near++) {
		struct kmm *mm = machine_marked(10, 10, 4000, 16260);

		kmm_count_threshold(mm, 0, near ? 20 : 0);
		for (unsigned i = 0; i < 72; i++)
			kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0);
		for (unsigned i = 0; i < 5; i++) {
			kmm_expect_drain(mm, 0);
			kmm_free_pages(mm, 0, 16384 + i, 0);
		}
		assert_int_equal(kmm_zone_free_pages(mm, 0), near ? 16234 : 16264);
		assert_int_equal(kmm_stats(mm)->marks_expected, near);
		machine_done(mm);
	}
}

/*
 * The high mark is 5000 and so is what is set aside for lower zones, and the fallback has just added 512 pages to
 * it.  The 10240 that are free are enough without those: it hangs on when they were added, which the recording knows.
 */
static void test_recording_tells_of_the_boost(void **state)
{
	(void)state;
	for (unsigned boosted = 0; boosted < 2; boosted++) {
		struct kmm_config c = config_of(KMM_LINUX_6_18);
		struct kmm_zone_config *z = config_zone(&c, 0, KMM_ZONE_NORMAL, 0, 32768);
		kmm_pfn page[12];
		struct kmm *mm;

		c.policy.watermark_boost_factor = 15000;
		z->pcp_batch = 10;
		z->pcp_high = z->pcp_high_min = 10;
		z->pcp_high_max = 4000;
		z->min = 1;
		z->low = 2;
		z->high = 5000;
		z->reserve_given = true;
		z->reserve[KMM_ZONE_NORMAL] = z->reserve[KMM_ZONE_MOVABLE] = 5000;
		mm = machine_create(&c);
		for (kmm_pfn pfn = 0; pfn < 40 * 512; pfn += 512)
			assert_int_equal(kmm_seed_free(mm, pfn, 8,
						       boosted ? KMM_RECLAIMABLE : KMM_MOVABLE),
					 0);
		kmm_count_threshold(mm, 0, 20);
		/* The second finds what the first one has left. */
		for (unsigned i = 0; i < 12; i++)
			page[i] = kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0);
		assert_int_equal(kmm_zone_boost(mm, 0), boosted ? 512 : 0);
		for (unsigned i = 0; i < 12; i++) {
			kmm_expect_drain(mm, 0);
			kmm_free_pages(mm, 0, page[i], 0);
		}
		assert_int_equal(kmm_stats(mm)->marks_expected, boosted);
		machine_done(mm);
	}
}

/* Refills have raised high to 250.  Frees that seem to be below the mark lower it to 100, until one shows that they are not. */
static void test_limit_of_the_other_side(void **state)
{
	struct kmm *mm = machine_marked(10, 100, 4000, 16260);

	(void)state;
	kmm_count_threshold(mm, 0, 20);
	for (unsigned i = 0; i < 72; i++)
		kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0);
	for (unsigned i = 0; i < 72; i++) {
		kmm_expect_drain(mm, i < 21 ? -1 : 0);
		kmm_free_pages(mm, 0, 16384 + i, 0);
	}
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 150);
	assert_int_equal(kmm_stats(mm)->marks_expected, 1);
	machine_done(mm);
}

/* Frees the n pages from `from` on; what the recording says of each: does it drain its list? */
static void free_told(struct kmm *mm, const kmm_pfn *from, unsigned n, int drains)
{
	for (unsigned i = 0; i < n; i++) {
		kmm_expect_drain(mm, drains);
		kmm_free_pages(mm, 0, from[i], 0);
	}
	kmm_expect_drain(mm, -1);
}

/*
 * The work that lowers limits once a second took 800 to 700, or has not run yet.  A recording whose frees do not
 * drain at 700 says how high the limit is, but not beyond 800; what drained once, drains there again.
 */
static void test_recording_tells_the_limit(void **state)
{
	static const unsigned limit[] = { 700, 750, 800 };

	(void)state;
	for (unsigned k = 0; k < 3; k++) {
		struct kmm *mm = machine_with(10, 100, 4000);
		kmm_pfn page[1200];
		unsigned n;

		for (unsigned i = 0; i < 1200; i++)
			page[i] = kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0);
		n = limit[k] - (unsigned)kmm_pcp_pages(mm, 0, 0);
		assert_in_range(n, 320, 800);
		assert_int_equal(kmm_seed_pcp_high(mm, 0, 0, 800), 0);
		kmm_pcp_lower(mm, 0);
		free_told(mm, page, n - 1, 0);
		assert_int_equal(kmm_pcp_pages(mm, 0, 0), limit[k] - 1);
		assert_int_equal(kmm_stats(mm)->limits_expected, limit[k] > 700);
		/* At 800 it drains whatever the recording has: 32 batches. */
		free_told(mm, page + n - 1, 1, limit[k] < 800);
		assert_int_equal(kmm_pcp_pages(mm, 0, 0), limit[k] - 320);
		free_told(mm, page + n, 319, 0);
		assert_int_equal(kmm_pcp_pages(mm, 0, 0), limit[k] - 1);
		free_told(mm, page + n + 319, 1, 0);
		assert_int_equal(kmm_pcp_pages(mm, 0, 0), limit[k] - 320);
		machine_done(mm);
	}
}

/*
 * The work is late: a list of 700 is not drained until it has 800.  Then it runs, and 700 is the limit, where a free
 * drains the list; what the recording drains before that is nothing that the work can have done.
 */
static void test_recording_tells_when_the_limit_fell(void **state)
{
	static const struct {
		unsigned drained, left;
	} is[] = { { 700, 380 }, { 690, 690 } };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct kmm *mm = machine_with(10, 100, 4000);
		kmm_pfn page[1200];
		unsigned n;

		for (unsigned k = 0; k < 1200; k++)
			page[k] = kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0);
		n = 800 - (unsigned)kmm_pcp_pages(mm, 0, 0);
		assert_in_range(n, 320, 800);
		assert_int_equal(kmm_seed_pcp_high(mm, 0, 0, 800), 0);
		kmm_pcp_lower(mm, 0);
		free_told(mm, page, n - 1, 0);
		free_told(mm, page + n - 1, 1, 1);
		assert_int_equal(kmm_pcp_pages(mm, 0, 0), 480);
		free_told(mm, page + n, is[i].drained - 481, 0);
		free_told(mm, page + n + is[i].drained - 481, 1, 1);
		assert_int_equal(kmm_pcp_pages(mm, 0, 0), is[i].left);
		machine_done(mm);
	}
}

/*
 * The work brought 800 down to 700, and refills of 10 and 20 raised that to 730: an eighth of 30 less where it came
 * behind them, at 830.
 */
static void test_the_limit_fell_behind_refills(void **state)
{
	static const struct {
		unsigned drained, left;
	} is[] = { { 730, 410 }, { 727, 407 }, { 720, 720 } };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct kmm *mm = machine_with(10, 100, 4000);
		kmm_pfn page[1200];
		unsigned n = 0;

		for (; n < 900 || (n < 1200 && kmm_pcp_pages(mm, 0, 0)); n++)
			page[n] = kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0);
		assert_int_equal(kmm_pcp_pages(mm, 0, 0), 0);
		assert_int_equal(kmm_seed_pcp_factors(mm, 0, 0, 0, 0, 0), 0);
		assert_int_equal(kmm_seed_pcp_high(mm, 0, 0, 800), 0);
		kmm_pcp_lower(mm, 0);
		for (unsigned k = 0; k < 11; k++)
			kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0);
		assert_int_equal(kmm_pcp_pages(mm, 0, 0), 19);
		free_told(mm, page, is[i].drained - 20, 0);
		free_told(mm, page + is[i].drained - 20, 1, 1);
		assert_int_equal(kmm_pcp_pages(mm, 0, 0), is[i].left);
		machine_done(mm);
	}
}

/*
 * An allocation and the frees of an interrupt: which came first is not sure, and an allocation halves the count of frees in a
 * row.  Whether the recording has the lists emptied tells, as far as that can have mattered; 10 are enough.
 */
static void test_recording_tells_of_frees_in_a_row(void **state)
{
	static const struct {
		int counted, told, left;
	} is[] = {
		{ 6, -1, 4 }, { 6, 1, 0 }, { 4, 1, 4 }, { 10, -1, 0 }, { 10, 0, 4 }, { 20, 0, 0 }
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(is) / sizeof(*is); i++) {
		struct kmm *mm = machine_by(false, false);

		assert_int_equal(kmm_seed_pcp_factors(mm, 0, 0, 0, 0, is[i].counted - 2), 0);
		kmm_free_pages(mm, 0, 0, 1);
		kmm_expect_drain(mm, is[i].told);
		kmm_free_pages(mm, 0, 16, 1);
		assert_int_equal(kmm_pcp_pages(mm, 0, 0), is[i].left);
		machine_done(mm);
	}
}

/* Frees in a row are counted to 32 batches. */
static void test_free_count_has_a_cap(void **state)
{
	struct kmm *mm = machine_with(10, 1000, 1000);
	unsigned drained;

	(void)state;
	assert_int_equal(frees_to_drain(mm, &drained), 1000);
	assert_int_equal(drained, 320);
	machine_done(mm);
}

/* Each vmstat interval takes an eighth off high, down to its minimum, and drains what is above. */
static void test_decay(void **state)
{
	struct kmm *mm = machine_with(10, 40, 4000);
	uint64_t before;

	(void)state;
	/* A run of frees raises high to what was freed and a batch. */
	for (kmm_pfn pfn = 0; pfn < 300; pfn++)
		kmm_free_pages(mm, 0, pfn, 0);
	before = kmm_pcp_pages(mm, 0, 0);
	assert_true(before > 40);
	for (unsigned i = 0; i < 40; i++)
		kmm_pcp_decay(mm, 0);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 40);
	kmm_pcp_decay(mm, 0);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 40);
	machine_done(mm);
}

/* When the drain is over the lists are as long as their limit: so many pages nobody knows are there. */
static void test_a_drain_that_is_over_tells_the_length(void **state)
{
	struct kmm *mm = machine_with(10, 100, 4000);

	(void)state;
	assert_int_equal(kmm_seed_pcp_high(mm, 0, 0, 800), 0);
	assert_int_equal(kmm_seed_pcp_hidden(mm, 0, 0, 737), 0); /* 740 in truth */
	for (kmm_pfn pfn = 0; pfn < 40; pfn++)
		kmm_free_pages(mm, 0, pfn, 0);
	kmm_pcp_lower(mm, 0);
	/* 800 less an eighth of it; the kernel, with 780 there, gives back 80 */
	assert_int_equal(kmm_pcp_excess(mm, 0, 0), 77);
	kmm_drain_some(mm, 0, 0, 0, 20);
	kmm_pcp_lowered(mm, 0, 0, 20); /* of two batches more may follow */
	assert_int_equal(kmm_pcp_excess(mm, 0, 0), 57);
	kmm_drain_some(mm, 0, 0, 0, 15);
	kmm_pcp_lowered(mm, 0, 0, 35); /* too far off to be a matter of a few pages */
	assert_int_equal(kmm_pcp_excess(mm, 0, 0), 42);
	assert_int_equal(kmm_seed_pcp_hidden(mm, 0, 0, 690), 0);
	assert_int_equal(kmm_pcp_excess(mm, 0, 0), -5);
	kmm_pcp_lowered(mm, 0, 0, 35);
	assert_int_equal(kmm_pcp_excess(mm, 0, 0), 0);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 5);
	assert_int_equal(kmm_pcp_excess(mm, 0, 1), 0);
	machine_done(mm);
}

/* Pages that nobody knows lengthen the lists, but are neither drained nor handed out. */
static void test_hidden_pages_count(void **state)
{
	struct kmm *mm = machine_with(10, 100, 100);
	struct seen s;

	(void)state;
	assert_int_equal(kmm_seed_pcp_hidden(mm, 0, 0, 90), 0);
	assert_int_equal(kmm_seed_pcp_hidden(mm, 0, 1, 90), -EINVAL);
	seen_watch(mm, &s);
	for (kmm_pfn pfn = 0; pfn < 10; pfn++)
		kmm_free_pages(mm, 0, pfn, 0);
	assert_int_equal(seen_count(&s, 'd'), 10); /* the tenth makes 100 */
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 0);
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refills_double),
		cmocka_unit_test(test_refills_of_higher_orders),
		cmocka_unit_test(test_refill_is_bounded_by_high),
		cmocka_unit_test(test_drain_follows_free_count),
		cmocka_unit_test(test_high_order_frees_drain),
		cmocka_unit_test(test_hidden_pages_count),
		cmocka_unit_test(test_high_order_frees_drain_late),
		cmocka_unit_test(test_high_order_frees_keep_a_batch),
		cmocka_unit_test(test_high_grows),
		cmocka_unit_test(test_below_high_mark),
		cmocka_unit_test(test_failed_request),
		cmocka_unit_test(test_drains_by_batches),
		cmocka_unit_test(test_above_high_mark),
		cmocka_unit_test(test_recording_tells_the_side),
		cmocka_unit_test(test_recording_tells_of_the_boost),
		cmocka_unit_test(test_limit_of_the_other_side),
		cmocka_unit_test(test_recording_tells_the_limit),
		cmocka_unit_test(test_recording_tells_when_the_limit_fell),
		cmocka_unit_test(test_the_limit_fell_behind_refills),
		cmocka_unit_test(test_recording_tells_of_frees_in_a_row),
		cmocka_unit_test(test_free_count_has_a_cap),
		cmocka_unit_test(test_decay),
		cmocka_unit_test(test_a_drain_that_is_over_tells_the_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
