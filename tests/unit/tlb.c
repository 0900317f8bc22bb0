// SPDX-License-Identifier: GPL-2.0-or-later
/* Data TLBs on sequences that were worked out by hand, and the table of processors. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "replay/tlb.h"

/* First level 4 entries in 2 sets, second 8 in 2 sets; large pages in the first level only. */
static const struct tlb_model small = {
	"small", "made up", { { 4, 2 }, { 2, 0 }, { 0, 0 } }, { { 8, 4 }, { 0, 0 }, { 0, 0 } }
};

static void walk(struct tlb *t, unsigned cpu, const unsigned *pages, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		tlb_access(t, cpu, (uint64_t)pages[i] << 12 | 0x123);
}

static void test_lru(void **state)
{
	/* Pages 0, 2, 4 are of set 0, which holds two: 0 and 2, then 4 pushes 0 out, 0 pushes 2 out. */
	static const unsigned pages[] = { 0, 2, 0, 2, 4, 0, 1, 1 };
	struct tlb t;

	(void)state;
	assert_int_equal(tlb_init(&t, &small, TLB_4K, 2), 0);
	walk(&t, 0, pages, 8);
	assert_int_equal(t.accesses, 8);
	/* Missed: 0, 2, 4, 0 again, 1. */
	assert_int_equal(t.l1_misses, 5);
	/* The second level still had page 0. */
	assert_int_equal(t.walks, 4);
	/* The other CPU has TLBs of its own. */
	walk(&t, 1, pages, 1);
	assert_int_equal(t.walks, 5);
	tlb_free(&t);
}

/* 3 pages in turn through 2 entries, fully associative: LRU misses on each. */
static void test_no_second_level(void **state)
{
	struct tlb t;

	(void)state;
	assert_int_equal(tlb_init(&t, &small, TLB_2M, 1), 0);
	for (unsigned i = 0; i < 9; i++)
		tlb_access(&t, 0, (uint64_t)(i % 3) << 21);
	assert_int_equal(t.l1_misses, 9);
	assert_int_equal(t.walks, 9);
	for (unsigned i = 0; i < 100; i++)
		tlb_access(&t, 0, 4096ull * i);
	assert_int_equal(t.walks, 10);
	tlb_free(&t);
	assert_int_equal(tlb_init(&t, &small, TLB_1G, 1), -ENOENT);
}

/* Reach: 64 x 4 KiB are 256 KiB, 1536 x 4 KiB are 6 MiB, 1536 x 2 MiB are 3 GiB. */
static void test_models(void **state)
{
	const struct tlb_model *m = tlb_find("skylake");

	(void)state;
	assert_int_equal(m->l1[TLB_4K].entries << 12, 256 << 10);
	assert_int_equal(tlb_reach(m, TLB_4K), 6 << 20);
	assert_int_equal(tlb_reach(m, TLB_2M), 3ull << 30);
	assert_null(tlb_find("z80"));
	for (unsigned i = 0; (m = tlb_model(i)); i++) {
		assert_ptr_equal(tlb_find(m->name), m);
		for (unsigned s = 0; s < TLB_SIZES; s++) {
			if (m->l1[s].ways)
				assert_int_equal(m->l1[s].entries % m->l1[s].ways, 0);
			if (m->l2[s].ways)
				assert_int_equal(m->l2[s].entries % m->l2[s].ways, 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lru),
		cmocka_unit_test(test_no_second_level),
		cmocka_unit_test(test_models),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
