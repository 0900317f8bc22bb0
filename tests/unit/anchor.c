// SPDX-License-Identifier: GPL-2.0-or-later
/* What a model is put right with. */
#include "mm_machine.h"

#include "replay/anchor.h"

#define SLOT 7

static struct request taken(enum request_op op, kmm_pfn pfn)
{
	struct request q = { .slot = SLOT, .pfn = pfn };

	q.sig.op = (uint8_t)op;
	q.sig.type = KMM_UNMOVABLE;
	return q;
}

static struct kmm *machine_listed(void)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_18, 2048);

	assert_int_equal(kmm_seed_free(mm, 512, 3, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 0, 3, KMM_UNMOVABLE), 0);
	return mm;
}

/* A page that a fallback took (6.10 on) is of the refill, though no mm_page_alloc_zone_locked tells of it. */
static void test_stolen_page(void **state)
{
	struct kmm *mm = machine_listed();
	struct anchor *a = anchor_new();
	struct request alloc = taken(REQ_PAGE_ALLOC, 0), first = taken(OBS_ZONE_LOCKED, 0),
		       stolen = taken(OBS_EXTFRAG, 512), last = taken(OBS_ZONE_LOCKED, 1);

	(void)state;
	assert_non_null(a);
	assert_int_equal(kmm_take(mm, 0, 0), 0);
	alloc.sig.own_obs = 3;
	anchor_alloc(a, &alloc);
	anchor_taken(a, mm, &first, true);
	anchor_taken(a, mm, &stolen, true);
	anchor_taken(a, mm, &last, true);
	assert_int_equal(kmm_pcp_list_next(mm, 0, 0, 0, KMM_UNMOVABLE, KMM_NO_PFN), 512);
	assert_int_equal(kmm_pcp_list_next(mm, 0, 0, 0, KMM_UNMOVABLE, 512), 1);
	anchor_free(a);
	machine_done(mm);
}

/* A page block that the kernel claimed, in part (0x80: it changed hands) or whole, and the model did not. */
static void test_claimed(void **state)
{
	struct kmm *mm = machine_listed();
	struct anchor *a = anchor_new();
	struct request q = taken(OBS_EXTFRAG, 512);

	(void)state;
	assert_non_null(a);
	q.sig.aux = 3;
	anchor_claimed(a, mm, &q);
	assert_int_equal(kmm_pageblock_type(mm, 512), KMM_MOVABLE);
	q.sig.aux2 = 0x80 | KMM_MOVABLE;
	anchor_claimed(a, mm, &q);
	assert_int_equal(kmm_pageblock_type(mm, 512), KMM_UNMOVABLE);
	CHECK_LIST(mm, 3, KMM_UNMOVABLE, 0, 512);
	q = taken(OBS_EXTFRAG, 1024);
	q.sig.aux = 10;
	anchor_claimed(a, mm, &q);
	assert_int_equal(kmm_pageblock_type(mm, 1024), KMM_UNMOVABLE);
	assert_int_equal(kmm_pageblock_type(mm, 1536), KMM_UNMOVABLE);
	anchor_free(a);
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stolen_page),
		cmocka_unit_test(test_claimed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
