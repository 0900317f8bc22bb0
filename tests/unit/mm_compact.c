// SPDX-License-Identifier: GPL-2.0-or-later
/* Compaction: pages move up until a block is free below; owners may refuse. */
#include "mm_machine.h"

struct owner {
	unsigned asked, agreed;
	bool refuse;
	kmm_pfn from[64], to[64];
};

static bool migrate(void *arg, unsigned cpu, kmm_pfn from, kmm_pfn to)
{
	struct owner *o = arg;

	(void)cpu;
	o->asked++;
	if (o->refuse)
		return false;
	assert_true(o->agreed < 64);
	o->from[o->agreed] = from;
	o->to[o->agreed++] = to;
	return true;
}

/* Every second page of the lower half in use and movable, so that nothing is larger than a page. */
static struct kmm *checkered(struct owner *o, bool compaction)
{
	static const struct kmm_observer watch = { .migrate_page = migrate };
	struct kmm_config c = config_of(KMM_LINUX_6_1);
	struct kmm *mm;

	c.policy.pcp_batch = 0;
	c.policy.compaction = compaction;
	config_zone(&c, 0, KMM_ZONE_NORMAL, 0, 1024);
	mm = machine_create(&c);
	for (kmm_pfn pfn = 0; pfn < 512; pfn += 2) {
		assert_int_equal(kmm_seed_used(mm, pfn, 0, KMM_MOVABLE), 0);
		assert_int_equal(kmm_seed_free(mm, pfn + 1, 0, KMM_MOVABLE), 0);
	}
	memset(o, 0, sizeof(*o));
	kmm_observe(mm, &watch, o);
	return mm;
}

static void test_makes_a_block(void **state)
{
	struct owner o;
	struct kmm *mm = checkered(&o, true);

	(void)state;
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 3), 0);
	assert_int_equal(o.agreed, 4);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(o.from[i], 2 * i);
		assert_int_equal(o.to[i], 511 - 2 * i);
		assert_int_equal(kmm_frame_state(mm, o.to[i]), KMM_FRAME_USED);
	}
	assert_int_equal(kmm_zone_free_pages(mm, 0), 256 - 8);
	assert_int_equal(kmm_stats(mm)->compactions, 1);
	machine_done(mm);
}

static void test_refused(void **state)
{
	struct owner o;
	struct kmm *mm = checkered(&o, true);

	(void)state;
	o.refuse = true;
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 3), KMM_NO_PFN);
	assert_true(o.asked > 0);
	assert_int_equal(kmm_zone_free_pages(mm, 0), 256);
	machine_done(mm);
	/* Nor if the request may not wait, or the policy forbids it. */
	mm = checkered(&o, true);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_ATOMIC, 3), KMM_NO_PFN);
	assert_int_equal(o.asked, 0);
	machine_done(mm);
	mm = checkered(&o, false);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 3), KMM_NO_PFN);
	assert_int_equal(o.asked, 0);
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_makes_a_block),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
