// SPDX-License-Identifier: GPL-2.0-or-later
/* What is asked about single frames and page blocks. */
#include "mm_machine.h"

static void test_states(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_6_1);
	struct kmm *mm;

	(void)state;
	config_zone(&c, 0, KMM_ZONE_DMA, 1, 999);
	mm = machine_create(&c);
	assert_int_equal(kmm_frame_state(mm, 0), KMM_FRAME_HOLE);
	assert_int_equal(kmm_frame_state(mm, 1000), KMM_FRAME_HOLE);
	assert_int_equal(kmm_frame_state(mm, UINT32_MAX), KMM_FRAME_HOLE);
	assert_int_equal(kmm_zone_of(mm, 0), -1);
	assert_int_equal(kmm_zone_of(mm, UINT32_MAX), -1);
	assert_int_equal(kmm_zone_of(mm, 999), 0);
	assert_int_equal(kmm_seed_free(mm, 64, 5, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_pcp(mm, 0, 8, 3, KMM_MOVABLE), 0);
	for (kmm_pfn pfn = 1; pfn < 1000; pfn++) {
		enum kmm_frame_state want = KMM_FRAME_USED;

		if (pfn >= 64 && pfn < 96)
			want = KMM_FRAME_FREE;
		else if (pfn >= 8 && pfn < 16)
			want = KMM_FRAME_PCP;
		assert_int_equal(kmm_frame_state(mm, pfn), want);
	}
	machine_done(mm);
}

/*
 * pagetypeinfo samples every 512th frame from a zone's first: zone DMA of a PC,
 * 1 to 4095, has 8 page blocks; a page block that two zones share counts where
 * the sample falls.
 */
static void test_pageblock_counts(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_6_1);
	struct kmm *mm;

	(void)state;
	config_zone(&c, 0, KMM_ZONE_DMA, 1, 4095);
	config_zone(&c, 0, KMM_ZONE_NORMAL, 4096, 1000); /* ends within a page block */
	config_zone(&c, 0, KMM_ZONE_HIGHMEM, 5096, 1048);
	mm = machine_create(&c);
	assert_int_equal(kmm_pageblocks(mm, 0, KMM_MOVABLE), 8);
	assert_int_equal(kmm_pageblocks(mm, 1, KMM_MOVABLE), 2);
	assert_int_equal(kmm_pageblocks(mm, 2, KMM_MOVABLE), 3);
	/* The shared one, 4608-5119: one tag, seen by both. */
	assert_int_equal(kmm_seed_pageblock(mm, 5000, KMM_UNMOVABLE), 0);
	assert_int_equal(kmm_pageblock_type(mm, 5100), KMM_UNMOVABLE);
	assert_int_equal(kmm_pageblocks(mm, 1, KMM_UNMOVABLE), 1);
	assert_int_equal(kmm_pageblocks(mm, 2, KMM_UNMOVABLE), 1);
	assert_int_equal(kmm_pageblocks(mm, 2, KMM_MOVABLE), 2);
	machine_done(mm);
}

/* 12 bytes a frame: what the library keeps beside it is a side array. */
static void test_memory(void **state)
{
	struct kmm *small = machine_of(KMM_LINUX_6_1, 1 << 16);
	struct kmm *large = machine_of(KMM_LINUX_6_1, 1 << 20);
	size_t grown = kmm_memory(large) - kmm_memory(small);
	size_t frames = (1 << 20) - (1 << 16);

	(void)state;
	/* A page block's tag is one byte more in 512 frames. */
	assert_int_equal(grown, frames * 12 + frames / 512);
	kmm_destroy(small);
	kmm_destroy(large);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_pageblock_counts),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
