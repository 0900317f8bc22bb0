// SPDX-License-Identifier: GPL-2.0-or-later
/* memblock: regions that merge and split, top-down search, hand-over; against a bitmap. */
#include "mm_machine.h"

#include "mm/kmm_boot.h"

#define MIB (UINT64_C(1) << 20)

static void check(const struct kmm_memblock *m)
{
	char why[200];

	if (kmm_memblock_validate(m, why, sizeof(why)))
		fail_msg("%s", why);
}

static void test_regions(void **state)
{
	struct kmm_memblock *m = kmm_memblock_create();

	(void)state;
	/* The memory map of a PC: 640 KiB, then from 1 MiB on; two nodes. */
	assert_int_equal(kmm_memblock_add(m, 0, 0xa0000, 0, 0), 0);
	assert_int_equal(kmm_memblock_add(m, MIB, 63 * MIB, 0, 0), 0);
	assert_int_equal(kmm_memblock_add(m, 64 * MIB, 64 * MIB, 1, 0), 0);
	assert_null(kmm_memblock_memory(m, 3));
	/* What is there already is not added again; like neighbours become one. */
	assert_int_equal(kmm_memblock_add(m, 0x90000, MIB, 0, 0), 0);
	assert_null(kmm_memblock_memory(m, 2));
	assert_int_equal(kmm_memblock_memory(m, 0)->size, 64 * MIB);
	assert_int_equal(kmm_memblock_phys_mem_size(m), 128 * MIB);
	assert_int_equal(kmm_memblock_remove(m, 10 * MIB, MIB), 0);
	assert_int_equal(kmm_memblock_memory(m, 1)->base, 11 * MIB);
	assert_int_equal(kmm_memblock_add(m, 0, 0, 0, 0), -22);
	assert_int_equal(kmm_memblock_add(m, UINT64_MAX, 2, 0, 0), -22);
	check(m);
	kmm_memblock_destroy(m);
}

static void test_search(void **state)
{
	struct kmm_memblock *m = kmm_memblock_create();

	(void)state;
	kmm_memblock_add(m, 0, 64 * MIB, 0, 0);
	kmm_memblock_add(m, 64 * MIB, 64 * MIB, 1, 0);
	kmm_memblock_add(m, 128 * MIB, MIB, 1, KMM_MEMBLOCK_NOMAP);
	/* From the top; the end is aligned down. */
	assert_int_equal(kmm_memblock_alloc(m, 100, 64, 0, 0, -1, false), 128 * MIB - 128);
	assert_int_equal(kmm_memblock_alloc(m, 64, 64, 0, 0, -1, false), 128 * MIB - 192);
	assert_int_equal(kmm_memblock_alloc(m, MIB, MIB, 0, 0, 0, false), 63 * MIB);
	/* A node that has too little gives way, unless it must not. */
	assert_int_equal(kmm_memblock_alloc(m, 63 * MIB + 1, 4096, 0, 0, 0, true), KMM_NO_PHYS);
	assert_int_equal(kmm_memblock_alloc(m, 63 * MIB + 1, 4096, 0, 0, 0, false),
			 65 * MIB - 4096);
	kmm_memblock_set_current_limit(m, 32 * MIB);
	assert_int_equal(kmm_memblock_alloc(m, 4096, 4096, 0, 0, -1, false), 32 * MIB - 4096);
	kmm_memblock_set_bottom_up(m, true);
	assert_int_equal(kmm_memblock_alloc(m, 4096, 4096, 0, 0, -1, false), 4096);
	/* Below the start, if nothing is above. */
	assert_int_equal(kmm_memblock_alloc(m, 4096, 4096, 40 * MIB, 0, -1, false), 8192);
	assert_int_equal(kmm_memblock_free(m, 4096, 8192), 0);
	assert_int_equal(kmm_memblock_find_in_range(m, 1, 1, 0, 0, -1), 4096);
	check(m);
	kmm_memblock_destroy(m);
}

static void test_hand_over(void **state)
{
	struct kmm_memblock *m = kmm_memblock_create();
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 4096);

	(void)state;
	kmm_memblock_add(m, 0, 12 * MIB, 0, 0);
	kmm_memblock_reserve(m, 0, 4096);
	kmm_memblock_reserve(m, 4 * MIB + 100, 200); /* a page is lost */
	assert_int_equal(kmm_memblock_free_all(m, mm, KMM_MOVABLE), 3072 - 2);
	assert_int_equal(kmm_zone_free_pages(mm, 0), 3070);
	CHECK_LIST(mm, 0, KMM_MOVABLE, 1, 1025);
	CHECK_LIST(mm, 10, KMM_MOVABLE, 2048);
	kmm_memblock_destroy(m);
	machine_done(mm);
}

/* Random adds and removes of both kinds, against a map of pages. */
static void test_random(void **state)
{
	static bool memory[1000], reserved[1000];
	struct kmm_memblock *m = kmm_memblock_create();
	uint64_t x = 9;

	(void)state;
	memset(memory, 0, sizeof(memory));
	memset(reserved, 0, sizeof(reserved));
	for (unsigned i = 0; i < 100000; i++) {
		unsigned at, n, what;
		bool *map;

		x = x * 6364136223846793005u + 1442695040888963407u;
		at = (x >> 33) % 1000;
		n = 1 + (x >> 43) % 20;
		n = at + n > 1000 ? 1000 - at : n;
		what = x >> 62;
		map = what & 1 ? memory : reserved;
		for (unsigned k = at; k < at + n; k++)
			map[k] = what < 2;
		if (what == 0)
			kmm_memblock_reserve(m, at * 4096u, n * 4096u);
		else if (what == 1)
			kmm_memblock_add(m, at * 4096u, n * 4096u, 0, 0);
		else if (what == 2)
			kmm_memblock_free(m, at * 4096u, n * 4096u);
		else
			kmm_memblock_remove(m, at * 4096u, n * 4096u);
		check(m);
		if (i % 16 == 0) {
			uint64_t want = KMM_NO_PHYS, pages = 0;

			for (unsigned k = 1; k < 1000; k++)
				if (memory[k] && !reserved[k])
					want = k * UINT64_C(4096);
			for (unsigned k = 0; k < 1000; k++)
				pages += memory[k];
			assert_int_equal(kmm_memblock_find_in_range(m, 4096, 4096, 0, 0, -1), want);
			assert_int_equal(kmm_memblock_phys_mem_size(m), pages * 4096);
		}
	}
	kmm_memblock_destroy(m);
}

/* An alignment that leads out of the region, at either end, finds nothing. */
static void test_alignment(void **state)
{
	struct kmm_memblock *m = kmm_memblock_create();

	(void)state;
	assert_int_equal(kmm_memblock_add(m, 0x5000, 0x2000, -1, 0), 0);
	assert_int_equal(kmm_memblock_find_in_range(m, 0x1000, 0x1000, 0, 0, -1), 0x6000);
	assert_int_equal(kmm_memblock_find_in_range(m, 0x1000, 0x4000, 0, 0, -1), KMM_NO_PHYS);
	kmm_memblock_set_bottom_up(m, true);
	assert_int_equal(kmm_memblock_find_in_range(m, 0x1000, 0x1000, 0, 0, -1), 0x5000);
	assert_int_equal(kmm_memblock_find_in_range(m, 0x1000, 0x4000, 0, 0, -1), KMM_NO_PHYS);
	kmm_memblock_destroy(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alignment), cmocka_unit_test(test_regions),
		cmocka_unit_test(test_search),	  cmocka_unit_test(test_hand_over),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
