// SPDX-License-Identifier: GPL-2.0-or-later
/* pageblocks: of a zone of eight blocks, what kpageflags and pagetypeinfo together say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "machine/kpageflags.h"
#include "machine/pageblocks.h"

#define BLOCKS 8
#define PAGES 512

struct zone_of_eight {
	struct machine m;
	struct machine_state s;
	uint64_t flags[BLOCKS * PAGES];
	uint8_t type[BLOCKS + 1], certain[BLOCKS + 1];
};

static void fill(struct zone_of_eight *z, unsigned block, uint64_t flags)
{
	for (unsigned i = 0; i < PAGES; i++)
		z->flags[block * PAGES + i] = flags;
}

/* Two blocks of user pages, one of slabs, and five of which kpageflags says nothing. */
static void setup(struct zone_of_eight *z)
{
	memset(z, 0, sizeof(*z));
	z->m.pageblock_order = 9;
	z->m.max_pfn = sizeof(z->flags) / sizeof(*z->flags);
	z->m.zone_count = 1;
	z->m.zones[0].spanned = z->m.max_pfn;
	z->s.kpageflags = z->flags;
	z->s.kpageflags_len = z->m.max_pfn;
	z->s.have_kpageflags = z->s.have_pagetypeinfo = true;
	fill(z, 0, KPF_LRU);
	fill(z, 1, KPF_LRU);
	fill(z, 2, KPF_SLAB);
}

static void look(struct zone_of_eight *z)
{
	assert_int_equal(machine_pageblocks(&z->m, &z->s, z->type, z->certain, NULL), 0);
}

/* The kernel's own pages show no flag: all eight are counted, so all eight are there. */
static void all_are_counted(void **state)
{
	struct zone_of_eight z;

	(void)state;
	setup(&z);
	z.s.pageblocks[0][KMM_MOVABLE] = 2;
	z.s.pageblocks[0][KMM_UNMOVABLE] = 6;
	look(&z);
	assert_int_equal(z.type[0], KMM_MOVABLE);
	assert_int_equal(z.type[1], KMM_MOVABLE);
	assert_int_equal(z.type[2], KMM_UNMOVABLE);
	for (unsigned b = 3; b < BLOCKS; b++)
		assert_int_not_equal(z.type[b], PAGEBLOCK_NONE);
}

/*
 * A 6.18 machine whose firmware leaves 3 to 4 GB to devices, and whose kernel sets memory up as it is
 * needed: pagetypeinfo had 1528 of the zone's 2040 blocks, and 3456 of 10752.
 */
static void those_not_counted_are_at_the_end(void **state)
{
	struct zone_of_eight z;

	(void)state;
	setup(&z);
	z.s.pageblocks[0][KMM_MOVABLE] = 2;
	z.s.pageblocks[0][KMM_UNMOVABLE] = 3;
	fill(&z, 6, KPF_BUDDY); /* in use, or free: no hole */
	look(&z);
	assert_int_not_equal(z.type[3], PAGEBLOCK_NONE);
	assert_int_equal(z.type[4], PAGEBLOCK_NONE);
	assert_int_equal(z.type[5], PAGEBLOCK_NONE);
	assert_int_not_equal(z.type[6], PAGEBLOCK_NONE);
	assert_int_equal(z.type[7], PAGEBLOCK_NONE);
}

/* Without pagetypeinfo nothing says that they are not there; NOPAGE does. */
static void no_counts(void **state)
{
	struct zone_of_eight z;

	(void)state;
	setup(&z);
	z.s.have_pagetypeinfo = false;
	fill(&z, 4, KPF_NOPAGE);
	look(&z);
	for (unsigned b = 3; b < BLOCKS; b++)
		assert_int_equal(z.type[b] == PAGEBLOCK_NONE, b == 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_counted),
		cmocka_unit_test(those_not_counted_are_at_the_end),
		cmocka_unit_test(no_counts),
	};

	return cmocka_run_group_tests_name("machine_pageblocks", tests, NULL, NULL);
}
