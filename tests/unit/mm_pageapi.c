// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests for pages: by address, what is refused, NOFAIL, split and exact pages, contexts. */
#include "mm_machine.h"

#include "mm/kmm_page.h"

#define FRAMES 4096u

static struct kmm_pages *pages(struct kmm *mm, bool (*oom)(void *, unsigned), void *arg)
{
	struct kmm_pages_config c = { .direct_map = UINT64_C(0xffff888000000000),
				      .highmem = KMM_NO_PFN,
				      .descriptor = 64,
				      .oom_kill = oom,
				      .arg = arg };
	struct kmm_pages *p = kmm_pages_create(mm, &c);

	assert_non_null(p);
	return p;
}

static struct kmm *machine(enum kmm_generation g)
{
	struct kmm *mm = machine_of(g, FRAMES);

	assert_int_equal(kmm_seed_boot(mm, 0, FRAMES, KMM_MOVABLE), 0);
	return mm;
}

static void done(struct kmm_pages *p, struct kmm *mm)
{
	char why[200];

	if (kmm_pages_validate(p, why, sizeof(why)))
		fail_msg("%s", why);
	kmm_pages_destroy(p);
	machine_done(mm);
}

static uint64_t in_use(const struct kmm *mm)
{
	uint64_t n = 0;

	for (kmm_pfn i = 0; i < FRAMES; i++)
		n += kmm_frame_state(mm, i) == KMM_FRAME_USED;
	return n;
}

static void test_by_address(void **state)
{
	struct kmm *mm = machine(KMM_LINUX_6_1);
	struct kmm_pages *p = pages(mm, NULL, NULL);
	uint64_t a = kmm_get_free_pages(p, 0, GFP_KERNEL, 3), z;

	(void)state;
	assert_int_equal(a % (8 * 4096), 0);
	assert_int_equal(kmm_virt_to_page(p, a + 4096) - kmm_virt_to_page(p, a), 1);
	z = kmm_get_zeroed_page(p, 0, GFP_ATOMIC);
	assert_true(z && z != a);
	assert_int_equal(kmm_pages_stats(p)->zeroed, 1);
	/* No address, no page. */
	assert_int_equal(kmm_get_free_page(p, 0, GFP_KERNEL | KMM_GFP_HIGHMEM), 0);
	assert_int_equal(kmm_pages_stats(p)->highmem_refused, 1);
	assert_int_equal(kmm_page_alloc(p, 0, KMM_GFP_DMA | KMM_GFP_HIGHMEM, 0), KMM_NO_PFN);
	assert_int_equal(kmm_page_alloc(p, 0, KMM_GFP_DMA | KMM_GFP_DMA32, 0), KMM_NO_PFN);
	assert_int_equal(kmm_pages_stats(p)->bad_combinations, 2);
	kmm_free_pages_addr(p, 0, a, 3);
	kmm_free_page_addr(p, 0, z);
	kmm_free_page_addr(p, 0, 0); /* free_page(NULL) is fine */
	assert_int_equal(kmm_pages_stats(p)->bad_puts, 0);
	kmm_free_page_addr(p, 0, z); /* twice is not */
	assert_int_equal(kmm_pages_stats(p)->bad_puts, 1);
	assert_int_equal(in_use(mm), 0);
	done(p, mm);
}

/* In a backed machine __GFP_ZERO clears the page, and nothing else does. */
static void test_zeroing(void **state)
{
	struct kmm *mm = machine(KMM_LINUX_6_1);
	char *memory = malloc(FRAMES * 4096);
	struct kmm_pages_config c = { .highmem = KMM_NO_PFN, .memory = memory };
	struct kmm_pages *p = kmm_pages_create(mm, &c);
	kmm_pfn dirty, clean;

	(void)state;
	memset(memory, 0x5a, FRAMES * 4096);
	dirty = kmm_page_alloc(p, 0, GFP_KERNEL, 1);
	clean = kmm_page_alloc(p, 0, GFP_KERNEL | KMM_GFP_ZERO, 1);
	assert_int_equal(memory[(size_t)dirty * 4096], 0x5a);
	for (size_t i = 0; i < 8192; i++)
		assert_int_equal(memory[(size_t)clean * 4096 + i], 0);
	assert_int_equal(memory[(size_t)clean * 4096 + 8192], 0x5a);
	done(p, mm);
	free(memory);
}

static void test_split_and_exact(void **state)
{
	struct kmm *mm = machine(KMM_LINUX_6_1);
	struct kmm_pages *p = pages(mm, NULL, NULL);
	kmm_pfn pfn = kmm_page_alloc(p, 0, GFP_KERNEL, 2), comp;
	uint64_t a;

	(void)state;
	assert_int_equal(kmm_split_page(p, pfn, 1), -22);
	assert_int_equal(kmm_split_page(p, pfn, 2), 0);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(kmm_page_count(p, pfn + i), 1);
		kmm_page_free(p, 0, pfn + i, 0);
	}
	comp = kmm_page_alloc(p, 0, GFP_KERNEL | KMM_GFP_COMP, 2);
	assert_int_equal(kmm_split_page(p, comp, 2), -22);
	kmm_page_free(p, 0, comp, 2);
	/* 5 pages come from a block of 8; 3 go back at once. */
	a = kmm_alloc_pages_exact(p, 0, 5 * 4096 - 10, GFP_KERNEL);
	assert_true(a != 0);
	assert_int_equal(in_use(mm), 5);
	assert_int_equal(kmm_pages_stats(p)->exact_returned, 3);
	kmm_free_pages_exact(p, 0, a, 5 * 4096 - 10);
	assert_int_equal(in_use(mm), 0);
	assert_int_equal(kmm_alloc_pages_exact(p, 0, 0, GFP_KERNEL), 0);
	assert_int_equal(kmm_alloc_pages_exact(p, 0, UINT64_MAX, GFP_KERNEL), 0);
	done(p, mm);
}

struct victims {
	struct kmm *mm;
	kmm_pfn pfn[4];
	unsigned n;
};

static bool kill_one(void *arg, unsigned cpu)
{
	struct victims *v = arg;

	if (!v->n)
		return false;
	kmm_free_pages(v->mm, cpu, v->pfn[--v->n], 0);
	return true;
}

/* NOFAIL: below the marks to the last page, then by killing; NORETRY and atomic ones give up. */
static void test_nofail(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_6_1);
	struct victims v = { 0 };
	struct kmm_pages *p;
	struct kmm *mm;
	uint64_t last;

	(void)state;
	config_zone(&c, 0, KMM_ZONE_NORMAL, 0, 1024)->min = 64;
	c.zone[0].low = 80;
	c.zone[0].high = 96;
	c.policy.pcp_batch = 0;
	mm = machine_create(&c);
	assert_int_equal(kmm_seed_boot(mm, 0, 1024, KMM_UNMOVABLE), 0);
	p = pages(mm, kill_one, &v);
	v.mm = mm;
	while (kmm_page_alloc(p, 0, GFP_KERNEL | KMM_GFP_NORETRY, 0) != KMM_NO_PFN)
		;
	last = kmm_zone_free_pages(mm, 0);
	assert_int_equal(last, 64); /* the min mark */
	/* __GFP_HIGH halves the mark (6.1: GFP_ATOMIC digs deeper, too). */
	while (kmm_page_alloc(p, 0, GFP_KERNEL | KMM_GFP_HIGH, 0) != KMM_NO_PFN)
		;
	assert_int_equal(kmm_zone_free_pages(mm, 0), 32);
	for (unsigned i = 0; i < 32; i++)
		assert_true(kmm_page_alloc(p, 0, GFP_KERNEL | KMM_GFP_NOFAIL, 0) != KMM_NO_PFN);
	assert_int_equal(kmm_zone_free_pages(mm, 0), 0);
	assert_int_equal(kmm_pages_stats(p)->nofail_reserves, 32);
	/* Somebody dies, or nobody is left. */
	for (v.n = 0; v.n < 4; v.n++)
		v.pfn[v.n] = v.n;
	assert_int_equal(kmm_page_alloc(p, 0, GFP_KERNEL | KMM_GFP_NOFAIL, 0), KMM_NO_PFN);
	assert_int_equal(kmm_pages_stats(p)->oom_kills, 4); /* four pages are still below min */
	assert_int_equal(kmm_pages_stats(p)->nofail_stuck, 1);
	assert_int_equal(kmm_page_alloc(p, 0, KMM_GFP_NOFAIL, 0), KMM_NO_PFN);
	assert_int_equal(kmm_pages_stats(p)->atomic_nofail, 1);
	kmm_pages_destroy(p);
	machine_done(mm);
}

static void test_contexts(void **state)
{
	struct kmm *mm = machine(KMM_LINUX_6_1);
	struct kmm_pages *p = pages(mm, NULL, NULL);

	(void)state;
	assert_int_equal(kmm_context_leave(p, 0), -22);
	kmm_page_alloc(p, 0, GFP_KERNEL, 0);
	kmm_context_enter(p, 0);
	kmm_page_alloc(p, 0, GFP_ATOMIC, 0);
	kmm_page_alloc(p, 1, GFP_KERNEL, 0);
	assert_int_equal(kmm_pages_stats(p)->atomic_sleeps, 0);
	kmm_page_alloc(p, 0, GFP_KERNEL, 0);
	assert_int_equal(kmm_pages_stats(p)->atomic_sleeps, 1);
	assert_int_equal(kmm_context_leave(p, 0), 0);
	done(p, mm);
}

struct held {
	kmm_pfn pfn;
	unsigned order, uses;
};

/* 100,000 random requests; counts, lists and the machine itself are checked on the way. */
static void test_random(void **state)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 1024);
	struct kmm_pages *p = pages(mm, NULL, NULL);
	static struct held held[256];
	uint64_t x = 17;
	unsigned n = 0;
	char why[200];

	(void)state;
	assert_int_equal(kmm_seed_boot(mm, 0, 1024, KMM_MOVABLE), 0);
	for (unsigned i = 0; i < 100000; i++) {
		uint32_t r;

		x = x * 6364136223846793005u + 1442695040888963407u;
		r = (uint32_t)(x >> 33);
		if (n < 256 && r % 5 < 2) {
			unsigned order = r >> 8 & 3;
			kmm_pfn pfn = kmm_page_alloc(p, r >> 12 & 1,
						     GFP_KERNEL | (r & 0x2000 ? KMM_GFP_COMP : 0),
						     order);

			if (pfn != KMM_NO_PFN)
				held[n++] = (struct held){ pfn, order, 1 };
		} else if (n && r % 5 == 2) {
			held[r % n].uses += !kmm_get_page(p, held[r % n].pfn);
		} else if (n && r % 5 == 3) {
			(void)kmm_lru_add(p, held[r % n].pfn, r >> 16 & 1);
		} else if (n) {
			struct held *h = &held[r % n];

			assert_int_equal(kmm_page_count(p, h->pfn), h->uses);
			kmm_page_free(p, r >> 12 & 1, h->pfn, h->order);
			if (!--h->uses)
				*h = held[--n];
		}
		if (kmm_pages_validate(p, why, sizeof(why)))
			fail_msg("step %u: %s", i, why);
		if (i % 64 == 0)
			check_valid(mm);
	}
	assert_int_equal(kmm_pages_stats(p)->bad_puts, 0);
	kmm_pages_destroy(p);
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_address),	cmocka_unit_test(test_zeroing),
		cmocka_unit_test(test_split_and_exact), cmocka_unit_test(test_nofail),
		cmocka_unit_test(test_contexts),	cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
