// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists followed from their heads through dumps that were read while the lists changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "machine/dumps.h"

#define FRAMES 128
#define PAGES 0xffffea0000000000ull
#define NODE 0xffff888000010000ull
#define AREA 0xffff888000020000ull /* of CPU 0 */
#define PCP 64			   /* of the zone, in that */
#define FREE_AREA 256		   /* of the zone, in the node */
#define ORDERS 1

static const struct layout layout = {
	.pointer = 8,
	.page = { .size = 64,
		  .lru = 8,
		  .private_ = { 40, 8 },
		  .type = { 48, 4 },
		  .refcount = { 52, 4 } },
	.zone = { .first = 0, .size = 1536, .free_area = FREE_AREA, .pcp = 104 },
	.free_area = { .size = 88, .nr_free = { 80, 8 } },
	.pcp = { .count = { 4, 4 }, .lists = 24, .list_count = 12 },
};

static struct dumped {
	struct machine m;
	struct machine_state s;
	struct dump cpu;
	struct dumps d;
	uint8_t pages[FRAMES * 64], node[1536], area[512];
} x;

static void put64(uint8_t *at, uint64_t v)
{
	memcpy(at, &v, sizeof(v));
}

static uint64_t link_of(unsigned pfn)
{
	return PAGES + pfn * 64 + 8;
}

#define HEAD (AREA + PCP + 24) /* of the list of order 0, UNMOVABLE */

/* As its dump has it; pages that stand on no list are in use. */
static void page(unsigned pfn, uint64_t next, uint64_t prev)
{
	uint8_t *p = x.pages + pfn * 64;

	put64(p + 8, next);
	put64(p + 16, prev);
	memset(p + 48, 0xff, 4);
	memset(p + 52, 0, 4);
}

static void head(uint64_t next, uint64_t prev, uint8_t count)
{
	put64(x.area + PCP + 24, next);
	put64(x.area + PCP + 32, prev);
	x.area[PCP + 4] = count;
}

static void empty(uint8_t *at, uint64_t addr)
{
	put64(at, addr);
	put64(at + 8, addr);
}

static int begin(void **state)
{
	(void)state;
	memset(&x, 0, sizeof(x));
	x.m.zone_count = x.m.zone_types = x.m.cpus = x.m.nodes = 1;
	x.m.max_pfn = FRAMES;
	x.m.orders = ORDERS;
	x.m.migratetypes = 3;
	for (uint8_t t = 0; t < 3; t++)
		x.m.migratetype_of_raw[t] = t;
	x.m.zones[0].spanned = FRAMES;
	x.d = (struct dumps){ .m = &x.m,
			      .s = &x.s,
			      .l = &layout,
			      .frames = FRAMES,
			      .cpu = &x.cpu,
			      .pages = { { x.pages, sizeof(x.pages) }, PAGES, true, true } };
	x.d.node[0] = (struct dump){ { x.node, sizeof(x.node) }, NODE, true, true };
	x.cpu = (struct dump){ { x.area, sizeof(x.area) }, AREA, true, true };
	put64(x.node + 104, PCP);
	for (unsigned t = 0; t < 3; t++)
		empty(x.node + FREE_AREA + 16 * t, NODE + FREE_AREA + 16 * t);
	for (unsigned i = 0; i < 12; i++)
		empty(x.area + PCP + 24 + 16 * i, HEAD + 16 * i);
	for (unsigned p = 0; p < FRAMES; p++)
		x.pages[p * 64 + 52] = 1;
	return 0;
}

static void expect(const uint32_t *pfn, uint32_t n)
{
	struct listset set;

	assert_int_equal(listset_init(&set, FRAMES), 0);
	assert_int_equal(walk_lists(&x.d, &set), 0);
	assert_int_equal(set.count, 1);
	assert_int_equal(set.lists[0].count, n);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(set.pfns[i], pfn[i]);
	listset_free(&set);
}

static void test_whole(void **state)
{
	(void)state;
	page(7, link_of(3), HEAD);
	page(3, link_of(9), link_of(7));
	page(9, HEAD, link_of(3));
	head(link_of(7), link_of(9), 3);
	expect((uint32_t[]){ 7, 3, 9 }, 3);
	assert_int_equal(x.d.broken, 0);
}

/* 5, then 60 and 50 were freed when the dump was behind 20: 5 looks as if it were in use, 4 as if it came first. */
static void test_freed_after_it_was_dumped(void **state)
{
	(void)state;
	page(60, link_of(50), HEAD);
	page(50, link_of(5), link_of(60));
	page(30, link_of(4), link_of(5));
	page(4, link_of(90), HEAD);
	page(90, HEAD, link_of(4));
	head(link_of(60), link_of(90), 6);
	expect((uint32_t[]){ 60, 50, 5, 30, 4, 90 }, 6);
}

/* 5 stands before 4, which was dumped earlier still: nobody says what is behind 5. */
static void test_nobody_tells(void **state)
{
	(void)state;
	page(60, link_of(5), HEAD);
	page(4, link_of(90), HEAD);
	page(90, HEAD, link_of(4));
	head(link_of(60), link_of(90), 4);
	expect((uint32_t[]){ 60, 5, 4, 90 }, 4);
}

/* 70 was dumped behind 60, and is in use by then. */
static void test_gone_before_it_was_dumped(void **state)
{
	(void)state;
	page(60, link_of(70), HEAD);
	page(90, HEAD, link_of(80));
	head(link_of(60), link_of(90), 2);
	expect((uint32_t[]){ 60, 80, 90 }, 3);
}

/* What the head alone names may have come when the moment of the lists was over. */
static void test_head_came_later(void **state)
{
	(void)state;
	page(4, link_of(90), HEAD);
	page(90, HEAD, link_of(4));
	head(link_of(2), link_of(90), 3);
	expect((uint32_t[]){ 4, 90 }, 2);
}

#define TEST(name) cmocka_unit_test_setup(test_##name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whole),	       TEST(freed_after_it_was_dumped),
		TEST(nobody_tells),    TEST(gone_before_it_was_dumped),
		TEST(head_came_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
