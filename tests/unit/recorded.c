// SPDX-License-Identifier: GPL-2.0-or-later
/* What contradicts the reconstruction, and what explains it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "replay/recorded_inside.h"

static uint64_t count(struct recorded *r, enum contradiction kind)
{
	return recorded_stats(r)->contradictions[kind].events;
}

/*
 * An allocation gets a page that is in use.  Where MOVABLE pages went that nobody asked for, there are tasks that
 * the trace does not have, and one of them may have given it back: seen so of pages of pipes, whose readers free
 * them.  Else that is a contradiction.
 */
static void a_page_that_was_given_back_unseen(void **state)
{
	struct machine *m = calloc(1, sizeof(*m));

	(void)state;
	assert_non_null(m);
	m->zone_count = m->cpus = 1;
	m->zones[0].spanned = m->zones[0].managed = m->max_pfn = 4096;
	m->orders = 11;
	m->pageblock_order = 9;
	m->kernel_major = 6;
	m->kernel_minor = 18;
	for (unsigned unseen = 0; unseen < 2; unseen++) {
		struct silent s = { .unseen = unseen };
		struct request q = { .pfn = 100, .slot = 1, .sig = { .op = REQ_PAGE_ALLOC } };
		struct err e;
		struct recorded *r = recorded_new(m, &e);

		assert_non_null(r);
		recorded_follow(r, &s);
		recorded_apply(r, &q);
		q.sig.op = REQ_PAGE_FREE;
		q.sig.flags = REQ_IMPLIED;
		q.sig.aux = FREE_FOUND;
		recorded_apply(r, &q);
		assert_int_equal(count(r, CONTRADICTION_ALLOC_USED), !unseen);
		assert_int_equal(count(r, CONTRADICTION_GIVEN), unseen);
		recorded_free(r);
	}
	assert_false(contradiction_explained(CONTRADICTION_ALLOC_USED));
	assert_true(contradiction_explained(CONTRADICTION_GIVEN));
	free(m);
}

/* A page of a huge page is freed by itself: that has been split, and is scanned page by page. */
static void a_compound_page_is_split(void **state)
{
	struct machine *m = calloc(1, sizeof(*m));
	struct request q = { .pfn = 512,
			     .slot = 1,
			     .sig = { .op = REQ_PAGE_ALLOC, .order = 9, .gfp = KMM_GFP_COMP } };
	struct recorded *r;
	struct err e;

	(void)state;
	assert_non_null(m);
	m->zone_count = m->cpus = 1;
	m->zones[0].spanned = m->zones[0].managed = m->max_pfn = 4096;
	m->orders = 11;
	m->pageblock_order = 9;
	m->kernel_major = 6;
	m->kernel_minor = 1;
	r = recorded_new(m, &e);
	assert_non_null(r);
	recorded_apply(r, &q);
	assert_int_equal(recorded_lists.compound(r, 512), 9);
	q = (struct request){ .pfn = 700,
			      .slot = 1,
			      .sig = { .op = REQ_PAGE_FREE, .flags = REQ_PIECE } };
	recorded_apply(r, &q);
	assert_int_equal(recorded_lists.compound(r, 512), 0);
	recorded_free(r);
	free(m);
}

/*
 * Compaction took half of a MOVABLE page block: from 6.10 on its other free blocks come last on their
 * lists then [__isolate_free_page(), 6.12], before that they stay [6.1].
 */
static void half_of_a_page_block_is_taken(void **state)
{
	struct machine *m = calloc(1, sizeof(*m));
	struct err e;

	(void)state;
	assert_non_null(m);
	m->zone_count = m->cpus = 1;
	m->zones[0].spanned = m->zones[0].managed = m->max_pfn = 4096;
	m->orders = 11;
	m->pageblock_order = 9;
	m->kernel_major = 6;
	for (m->kernel_minor = 9; m->kernel_minor < 11; m->kernel_minor++) {
		struct recorded *r = recorded_new(m, &e);

		assert_non_null(r);
		for (uint32_t b = 0; b < 8; b++)
			freeset_retag(&r->set, b << 9, KMM_MOVABLE);
		freeset_set(&r->set, 512, 0, KMM_MOVABLE, true);
		freeset_set(&r->set, 4, 0, KMM_MOVABLE, true);
		freeset_set(&r->set, 768, 8, KMM_MOVABLE, true);
		recorded_lists.isolate(r, 768);
		assert_int_equal(freeset_next(&r->set, 0, 0, KMM_MOVABLE, KMM_NO_PFN),
				 m->kernel_minor < 10 ? 512 : 4);
		assert_int_equal(r->set.block_type[1], KMM_MOVABLE);
		recorded_free(r);
	}
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_that_was_given_back_unseen),
		cmocka_unit_test(a_compound_page_is_split),
		cmocka_unit_test(half_of_a_page_block_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
