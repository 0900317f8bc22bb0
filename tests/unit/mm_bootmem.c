// SPDX-License-Identifier: GPL-2.0-or-later
/* The boot memory allocator of 2.6: sharing of pages, goals, partial pages lost, hand-over. */
#include "mm_machine.h"

#include "mm/kmm_boot.h"

#define MIB (UINT64_C(1) << 20)

static void test_sharing(void **state)
{
	struct kmm_bootmem *b = kmm_bootmem_create(0, 16384);
	struct kmm_bootmem_stats s;
	uint64_t a;

	(void)state;
	kmm_bootmem_stats(b, &s);
	assert_int_equal(s.map_bytes, 2048); /* a bit a page: 64 MiB */
	assert_int_equal(s.free_pages, 0);
	assert_int_equal(kmm_alloc_bootmem(b, 100), KMM_NO_PHYS); /* all reserved at first */
	assert_int_equal(kmm_free_bootmem(b, MIB, 63 * MIB), 0);
	/* Above the DMA zone, small ones in one page, the next page when it is full. */
	a = kmm_alloc_bootmem(b, 100);
	assert_int_equal(a, 16 * MIB);
	assert_int_equal(kmm_alloc_bootmem(b, 200), a + 128);
	assert_int_equal(kmm_alloc_bootmem(b, 5000), a + 384);
	kmm_bootmem_stats(b, &s);
	assert_int_equal(s.merged, 2);
	assert_int_equal(s.free_pages, 63 * 256 - 2); /* 384 + 5000 bytes: two pages */
	/* Page aligned: a page of its own.  Low: from the bottom. */
	assert_int_equal(kmm_alloc_bootmem_pages(b, 1), a + 8192);
	assert_int_equal(kmm_alloc_bootmem_low(b, 64), MIB);
	assert_int_equal(kmm_alloc_bootmem_low_pages(b, 8192), MIB + 4096);
	/* A large alignment is that of the address. */
	assert_int_equal(kmm_alloc_bootmem_core(b, 4096, 4 * MIB, 17 * MIB, 0), 20 * MIB);
	kmm_bootmem_destroy(b);
}

/* A goal is an address, also on a node that does not begin at 0; below it when nothing is above. */
static void test_goal_of_a_node(void **state)
{
	struct kmm_bootmem *b = kmm_bootmem_create(1024, 2048);

	(void)state;
	assert_int_equal(kmm_free_bootmem(b, 4 * MIB, 4 * MIB), 0);
	assert_int_equal(kmm_alloc_bootmem_core(b, 4096, 4096, 6 * MIB, 0), 6 * MIB);
	assert_int_equal(kmm_alloc_bootmem_core(b, 3 * MIB / 2, 4096, 7 * MIB, 0), 4 * MIB);
	kmm_bootmem_destroy(b);
}

static void test_partial_pages(void **state)
{
	struct kmm_bootmem *b = kmm_bootmem_create(256, 512);
	struct kmm_bootmem_stats s;

	(void)state;
	/* 256 * 4096 is the node's start; a page and two halves: one page comes back. */
	assert_int_equal(kmm_free_bootmem(b, 256 * 4096 + 2048, 8192), 0);
	kmm_bootmem_stats(b, &s);
	assert_int_equal(s.free_pages, 1);
	assert_int_equal(s.lost, 4096);
	assert_int_equal(kmm_free_bootmem(b, 300 * 4096 + 1, 4096), 0);
	kmm_bootmem_stats(b, &s);
	assert_int_equal(s.free_pages, 1);
	/* A reservation takes every page that it touches. */
	assert_int_equal(kmm_free_bootmem(b, 400 * 4096, 40960), 0);
	assert_int_equal(kmm_reserve_bootmem(b, 401 * 4096 + 4095, 2), 0);
	kmm_bootmem_stats(b, &s);
	assert_int_equal(s.free_pages, 9);
	assert_int_equal(kmm_free_bootmem(b, 255 * 4096, 4096), -22);
	assert_int_equal(kmm_reserve_bootmem(b, 511 * 4096, 4097), -22);
	assert_int_equal(kmm_free_bootmem(b, 300 * 4096, UINT64_MAX), -22);
	assert_null(kmm_bootmem_create(5, 5));
	kmm_bootmem_destroy(b);
}

static void test_hand_over(void **state)
{
	struct kmm_bootmem *b = kmm_bootmem_create(0, 4096);
	struct kmm *mm = machine_of(KMM_LINUX_2_6, 4096);
	struct kmm_bootmem_stats s;

	(void)state;
	kmm_free_bootmem(b, 0, 16 * MIB);
	kmm_reserve_bootmem(b, 0, 4096);
	kmm_alloc_bootmem_low_pages(b, 3 * 4096);
	assert_int_equal(kmm_free_all_bootmem(b, mm, KMM_MOVABLE), 4096 - 4);
	assert_int_equal(kmm_zone_free_pages(mm, 0), 4096 - 4);
	/* Maximal aligned blocks. */
	CHECK_LIST(mm, 2, KMM_MOVABLE, 4);
	CHECK_LIST(mm, 9, KMM_MOVABLE, 512);
	CHECK_LIST(mm, 10, KMM_MOVABLE, 3072, 2048, 1024); /* 2.6: each at the head */
	/* Nothing is left to hand over, or to allocate. */
	assert_int_equal(kmm_free_all_bootmem(b, mm, KMM_MOVABLE), 0);
	assert_int_equal(kmm_alloc_bootmem_low(b, 1), KMM_NO_PHYS);
	kmm_bootmem_stats(b, &s);
	assert_int_equal(s.free_pages, 0);
	kmm_bootmem_destroy(b);
	machine_done(mm);
}

/* Random requests: none overlaps another. */
static void test_random(void **state)
{
	struct kmm_bootmem *b = kmm_bootmem_create(0, 4096);
	static uint8_t owner[16 << 20];
	uint64_t x = 5, allocs = 0;

	(void)state;
	memset(owner, 0, sizeof(owner));
	kmm_free_bootmem(b, 0, 16 * MIB);
	for (unsigned i = 0; i < 20000; i++) {
		uint64_t size, align, at;

		x = x * 6364136223846793005u + 1442695040888963407u;
		size = 1 + (x >> 40) % ((x >> 33) % 8 ? 500 : 9000);
		align = UINT64_C(1) << (x >> 60);
		at = kmm_alloc_bootmem_core(b, size, align, (x >> 20) % (16 * MIB), 0);
		if (at == KMM_NO_PHYS)
			continue;
		allocs++;
		assert_int_equal(at % align, 0);
		assert_true(at + size <= 16 * MIB);
		for (uint64_t k = at; k < at + size; k++)
			assert_int_equal(owner[k]++, 0);
	}
	assert_true(allocs > 4000 && allocs < 20000);
	kmm_bootmem_destroy(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goal_of_a_node), cmocka_unit_test(test_sharing),
		cmocka_unit_test(test_partial_pages),  cmocka_unit_test(test_hand_over),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
