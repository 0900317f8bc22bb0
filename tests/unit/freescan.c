// SPDX-License-Identifier: GPL-2.0-or-later
/* Compaction's free scanner on lists made by hand; the rules are those of kernel 6.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/freescan.h"
#include "replay/freeset.h"
#include "trace/event.h"

#define PID 7

static struct machine machine = { .zone_count = 1,
				  .zones[0] = { .spanned = 16384, .managed = 16384 },
				  .max_pfn = 16384,
				  .orders = 11,
				  .pageblock_order = 9 };

static uint32_t prev(void *who, unsigned zone, unsigned order, uint32_t at)
{
	return freeset_prev(who, zone, order, KMM_MOVABLE, at);
}

static uint32_t next(void *who, unsigned zone, unsigned order, uint32_t at)
{
	return freeset_next(who, zone, order, KMM_MOVABLE, at);
}

static void turn(void *who, unsigned zone, unsigned order, uint32_t first)
{
	freeset_turn(who, zone, order, KMM_MOVABLE, first);
}

static int block(void *who, uint32_t pfn)
{
	const struct freeset *s = who;

	return s->f[pfn].state == FRAME_BUDDY && s->f[pfn].order != NOT_HEAD ? s->f[pfn].order : -1;
}

static unsigned compound(void *who, uint32_t pfn)
{
	(void)who, (void)pfn;
	return 0;
}

static void isolate(void *who, uint32_t pfn)
{
	freeset_remove(who, pfn);
}

static const struct freescan_lists lists = { prev, next, turn, block, compound, isolate };

static void start(struct freeset *s, struct freescan *f)
{
	assert_int_equal(freeset_init(s, &machine), 0);
	for (uint32_t p = 0; p < s->frames; p++)
		s->f[p].state = FRAME_USED;
	for (uint32_t b = 0; b < s->blocks; b++)
		s->block_type[b] = KMM_MOVABLE;
	assert_int_equal(freescan_init(f, &machine, &lists, s), 0);
}

static void stop(struct freeset *s, struct freescan *f)
{
	freescan_free(f);
	freeset_free(s);
}

static void event(struct freescan *f, unsigned kind, uint32_t from, uint32_t to, uint32_t taken)
{
	struct request q = { .pid = PID,
			     .pfn = from,
			     .addr = (uint64_t)to << 32 | taken,
			     .sig = { .op = OBS_COMPACTION, .aux = (uint8_t)kind } };

	freescan_event(f, &q);
}

/* Is it at its end?  It wants a block of order 9. */
static void finished(struct freescan *f)
{
	struct request q = {
		.pid = PID,
		.sig = { .op = OBS_COMPACTION, .aux = EVENT_MM_COMPACTION_FINISHED, .order = 9 }
	};

	freescan_event(f, &q);
}

/* A compaction for order 9, its cursors at both ends of the zone. */
static void begin(struct freescan *f, unsigned how)
{
	struct request q = { .pid = PID,
			     .pfn = 0,
			     .addr = 16384ull << 32,
			     .sig = { .op = OBS_COMPACTION,
				      .aux = EVENT_MM_COMPACTION_BEGIN,
				      .aux2 = (uint8_t)how,
				      .bytes_req = 512,
				      .bytes_alloc = 16384 - 512 } };

	freescan_event(f, &q);
	finished(f);
}

static enum freescan_freed free_page(struct freescan *f, uint32_t pfn, uint32_t *target)
{
	struct request q = {
		.pid = PID, .pfn = pfn, .slot = NO_SLOT, .sig = { .op = REQ_PAGE_FREE }
	};

	return freescan_page(f, &q, target);
}

/*
 * A direct, asynchronous compaction takes the first block from the tail that lies in
 * the upper quarter; its pages are used from its end, and what is left is given back.
 */
static void test_fast_search(void **state)
{
	struct freescan f;
	struct freeset s = { 0 };
	uint32_t target;

	(void)state;
	start(&s, &f);
	freeset_set(&s, 15360, 2, KMM_MOVABLE, true);
	freeset_set(&s, 14336, 2, KMM_MOVABLE, true);
	freeset_set(&s, 4096, 2, KMM_MOVABLE, true); /* the tail, too low */
	begin(&f, 0);
	event(&f, EVENT_MM_COMPACTION_ISOLATE_MIGRATEPAGES, 1024, 1056, 2);
	assert_int_equal(block(&s, 14336), -1);
	assert_int_equal(block(&s, 15360), 2);
	assert_int_equal(free_page(&f, 1025, &target), FREESCAN_SOURCE);
	assert_int_equal(target, 14339);
	assert_int_equal(free_page(&f, 5000, &target), FREESCAN_OTHER); /* not of the range */
	assert_int_equal(free_page(&f, 1024, &target), FREESCAN_SOURCE);
	assert_int_equal(target, 14338);
	event(&f, EVENT_MM_COMPACTION_MIGRATEPAGES, 0, 0, 2);
	/* A page that somebody had asked for, freed in an interrupt. */
	assert_int_equal(freescan_page(&f,
				       &(struct request){ .pid = PID,
							  .pfn = 5000,
							  .slot = 3,
							  .sig = { .op = REQ_PAGE_FREE } },
				       &target),
			 FREESCAN_OTHER);
	assert_int_equal(free_page(&f, 14337, &target), FREESCAN_RETURNED);
	assert_int_equal(target, 14337);
	assert_int_equal(free_page(&f, 14336, &target), FREESCAN_RETURNED);
	assert_int_equal(free_page(&f, 14336, &target), FREESCAN_OTHER);
	/* The list was turned to the block found, before that was taken: those before it come last. */
	assert_int_equal(next(&s, 0, 2, KMM_NO_PFN), 4096);
	assert_int_equal(prev(&s, 0, 2, KMM_NO_PFN), 15360);
	assert_non_null(freescan_direct(&f, PID));
	event(&f, EVENT_MM_COMPACTION_END, 0, 0, 0);
	assert_null(freescan_direct(&f, PID));
	stop(&s, &f);
}

/* Nothing found: the linear scanner's event names the range; async it looks at every 32nd page first. */
static void test_linear(void **state)
{
	struct freescan f;
	struct freeset s = { 0 };
	uint32_t target;

	(void)state;
	start(&s, &f);
	for (uint32_t p = 1536; p < 1600; p += 2) /* all below the middle */
		freeset_set(&s, p, 0, KMM_MOVABLE, true);
	begin(&f, 0);
	event(&f, EVENT_MM_COMPACTION_ISOLATE_MIGRATEPAGES, 1024, 1056, 3);
	assert_int_equal(s.v.nr_free[0][KMM_MOVABLE][0], 32);
	event(&f, EVENT_MM_COMPACTION_ISOLATE_FREEPAGES, 1536, 2048, 2);
	assert_int_equal(block(&s, 1536), -1);
	assert_int_equal(block(&s, 1538), 0); /* stepped over */
	assert_int_equal(block(&s, 1568), -1);
	assert_int_equal(free_page(&f, 1024, &target), FREESCAN_SOURCE);
	assert_int_equal(target, 1568);
	stop(&s, &f);
}

/* kcompactd scans the page block of what the search found, and takes what it needs of it. */
static void test_around(void **state)
{
	struct freescan f;
	struct freeset s = { 0 };
	uint32_t target;

	(void)state;
	start(&s, &f);
	freeset_set(&s, 14400, 0, KMM_MOVABLE, true);
	freeset_set(&s, 14338, 1, KMM_MOVABLE, true);
	begin(&f, COMPACT_SYNC | COMPACT_KCOMPACTD);
	event(&f, EVENT_MM_COMPACTION_ISOLATE_MIGRATEPAGES, 1024, 1056, 3);
	event(&f, EVENT_MM_COMPACTION_ISOLATE_FREEPAGES, 14336, 14848, 1);
	/* Order 1 was found first, as orders are searched downwards; the scan took the page behind it. */
	assert_int_equal(block(&s, 14338), -1);
	assert_int_equal(block(&s, 14400), -1);
	assert_int_equal(free_page(&f, 1030, &target), FREESCAN_SOURCE);
	assert_int_equal(target, 14400);
	assert_int_equal(free_page(&f, 1029, &target), FREESCAN_SOURCE);
	assert_int_equal(target, 14339);
	assert_null(freescan_direct(&f, PID)); /* nothing is kept for kcompactd */
	stop(&s, &f);
}

/* One zone's compaction for order 9 from start to end. */
static void begin_zone(struct freescan *f, unsigned how, uint32_t first, uint32_t end)
{
	struct request q = { .pid = PID,
			     .pfn = first,
			     .addr = (uint64_t)end << 32,
			     .sig = { .op = OBS_COMPACTION,
				      .aux = EVENT_MM_COMPACTION_BEGIN,
				      .aux2 = (uint8_t)how,
				      .bytes_req = first,
				      .bytes_alloc = end - 512 } };

	freescan_event(f, &q);
	finished(f);
}

/* kcompactd takes the order at which a search found something along to the next zone; a direct compaction does not. */
static void test_next_zone(void **state)
{
	static const unsigned how[] = { COMPACT_SYNC | COMPACT_KCOMPACTD, 0 };

	(void)state;
	machine.zone_count = 2;
	machine.zones[0].spanned = machine.zones[1].spanned = machine.zones[1].start_pfn = 8192;
	for (unsigned i = 0; i < 2; i++) {
		struct freescan f;
		struct freeset s = { 0 };

		start(&s, &f);
		for (uint32_t p = 8192; p < 16384; p++)
			s.f[p].zone = 1;
		freeset_set(&s, 7168, 1, KMM_MOVABLE, true);
		freeset_set(&s, 15360, 1, KMM_MOVABLE, true);
		freeset_set(&s, 14848, 2, KMM_MOVABLE, true);
		begin_zone(&f, how[i], 0, 8192);
		event(&f, EVENT_MM_COMPACTION_ISOLATE_MIGRATEPAGES, 0, 512, 2);
		assert_int_equal(block(&s, 7168), -1);
		event(&f, EVENT_MM_COMPACTION_END, 0, 8192, 0);
		begin_zone(&f, how[i], 8192, 16384);
		event(&f, EVENT_MM_COMPACTION_ISOLATE_MIGRATEPAGES, 8192, 8704, 2);
		assert_int_equal(block(&s, 15360), i ? 1 : -1);
		assert_int_equal(block(&s, 14848), i ? -1 : 2);
		stop(&s, &f);
	}
	machine.zone_count = 1;
	machine.zones[0].spanned = 16384;
}

/*
 * Where not all of the pages could be moved, the rest of the page block is left out, and a source is searched
 * for anew: the block found becomes the last of its list.  Not where all were, and not from 6.3 on.
 */
static void test_some_stayed(void **state)
{
	static const struct {
		uint32_t minor, moved;
		bool searches;
	} cases[] = { { 1, 1, true }, { 1, 2, false }, { 3, 1, false } };

	(void)state;
	machine.kernel_major = 6;
	for (unsigned i = 0; i < 3; i++) {
		struct freescan f;
		struct freeset s = { 0 };

		machine.kernel_minor = cases[i].minor;
		start(&s, &f);
		freeset_set(&s, 2560, 8, KMM_MOVABLE, true);
		freeset_set(&s, 3584, 8, KMM_MOVABLE, true);
		freeset_set(&s, 15360, 2, KMM_MOVABLE, true);
		begin(&f, 0);
		event(&f, EVENT_MM_COMPACTION_ISOLATE_MIGRATEPAGES, 1024, 1056, 2);
		event(&f, EVENT_MM_COMPACTION_MIGRATEPAGES, 0, 0, cases[i].moved);
		assert_int_equal(next(&s, 0, 8, KMM_NO_PFN), 2560);
		event(&f, EVENT_MM_COMPACTION_ISOLATE_MIGRATEPAGES, 2560, 2592, 2);
		assert_int_equal(next(&s, 0, 8, KMM_NO_PFN), cases[i].searches ? 3584 : 2560);
		stop(&s, &f);
	}
	machine.kernel_major = machine.kernel_minor = 0;
}

/* The scanners met before a page block was found to move pages from: the lists had been searched for one. */
static void test_no_source(void **state)
{
	struct freescan f;
	struct freeset s = { 0 };

	(void)state;
	start(&s, &f);
	for (uint32_t i = 0; i < 40; i++)
		freeset_set(&s, 8192 + i * 32, 4, KMM_MOVABLE, true);
	begin(&f, 0);
	assert_int_equal(next(&s, 0, 4, KMM_NO_PFN), 8192);
	finished(&f);
	/* 33 of them were looked at, and the next one comes last. */
	assert_int_equal(prev(&s, 0, 4, KMM_NO_PFN), 8192 + 33 * 32);
	assert_int_equal(next(&s, 0, 4, KMM_NO_PFN), 8192 + 34 * 32);
	stop(&s, &f);
}

/* A direct compaction for a request that is not for MOVABLE memory searches for no source, and turns no list. */
static void test_source_of_others(void **state)
{
	(void)state;
	for (unsigned other = 0; other < 2; other++) {
		struct freescan f;
		struct freeset s = { 0 };

		start(&s, &f);
		for (uint32_t i = 0; i < 40; i++)
			freeset_set(&s, 8192 + i * 32, 4, KMM_MOVABLE, true);
		begin(&f, other ? COMPACT_OTHER : 0);
		finished(&f);
		assert_int_equal(next(&s, 0, 4, KMM_NO_PFN), other ? 8192 : 8192 + 34 * 32);
		stop(&s, &f);
	}
}

/* Order 8, from the first of the list on: 9216, 768, 8192. */
static void start_with_three(struct freeset *s, struct freescan *f)
{
	start(s, f);
	freeset_set(s, 8192, 8, KMM_MOVABLE, true);
	freeset_set(s, 768, 8, KMM_MOVABLE, true);
	freeset_set(s, 9216, 8, KMM_MOVABLE, true);
}

/*
 * The search found the page block that the scanner had come to, marked it, and so it was passed over: its free block is
 * the last of its list.  From 6.5 on nothing is marked; it was not found.
 */
static void test_source_passed_over(void **state)
{
	(void)state;
	machine.kernel_major = 6;
	for (machine.kernel_minor = 1; machine.kernel_minor < 9; machine.kernel_minor += 7) {
		struct freescan f;
		struct freeset s = { 0 };

		start_with_three(&s, &f);
		begin(&f, COMPACT_SYNC);
		/* All behind it were marked before. */
		finished(&f);
		assert_int_equal(next(&s, 0, 8, KMM_NO_PFN),
				 machine.kernel_minor == 1 ? 9216 : 8192);
		stop(&s, &f);
	}
	machine.kernel_major = machine.kernel_minor = 0;
}

/* A compaction whose free scanner stands at `free`, and whose search for a source ends without one. */
static void search_in_vain(struct freescan *f, uint32_t free)
{
	struct request q = { .pid = PID,
			     .addr = 16384ull << 32,
			     .sig = { .op = OBS_COMPACTION,
				      .aux = EVENT_MM_COMPACTION_BEGIN,
				      .aux2 = COMPACT_SYNC,
				      .bytes_req = 512,
				      .bytes_alloc = free } };

	freescan_event(f, &q);
	finished(f);
	finished(f);
	event(f, EVENT_MM_COMPACTION_END, 0, 16384, 0);
}

/*
 * What one search marked or saw marked, no later one finds, of whichever compaction: get_pageblock_skip() in
 * fast_find_migrateblock() (mm/compaction.c, 6.1).  Then the list stays as it is.  Marks are taken away all at once, by
 * __reset_isolation_suitable(), which puts the free scanner to the last page of the zone's last suitable page block.
 */
static void test_source_marked(void **state)
{
	(void)state;
	machine.kernel_major = 6;
	machine.kernel_minor = 1;
	for (int reset = 0; reset < 2; reset++) {
		struct freescan f;
		struct freeset s = { 0 };

		start_with_three(&s, &f);
		search_in_vain(&f, 16384 - 512);
		assert_int_equal(next(&s, 0, 8, KMM_NO_PFN), 9216);
		freeset_turn(&s, 0, 8, KMM_MOVABLE, 8192);
		search_in_vain(&f, reset ? 16384 - 1 : 16384 - 512);
		assert_int_equal(next(&s, 0, 8, KMM_NO_PFN), reset ? 9216 : 8192);
		stop(&s, &f);
	}
	machine.kernel_major = machine.kernel_minor = 0;
}

/*
 * The lists hold what the kernel did not find, in every order: the search that is known
 * to have failed ends, and leaves it there.
 */
static void test_not_found(void **state)
{
	struct freescan f;
	struct freeset s = { 0 };

	(void)state;
	start(&s, &f);
	for (unsigned order = 0; order < 9; order++)
		freeset_set(&s, 13312 + (1u << order), (uint8_t)order, KMM_MOVABLE, true);
	begin(&f, COMPACT_SYNC | COMPACT_KCOMPACTD);
	event(&f, EVENT_MM_COMPACTION_ISOLATE_MIGRATEPAGES, 1024, 1536,
	      500); /* more than a block has */
	event(&f, EVENT_MM_COMPACTION_ISOLATE_FREEPAGES, 16384 - 512, 16384, 0);
	assert_int_equal(f.searches, 1);
	for (unsigned order = 0; order < 9; order++)
		assert_int_equal(block(&s, 13312 + (1u << order)), order);
	stop(&s, &f);
}

/* A scan for targets may be the first that is heard of a compaction, where events were lost: it ends. */
static void test_first_scan(void **state)
{
	struct freescan f;
	struct freeset s = { 0 };

	(void)state;
	for (unsigned sync = 0; sync < 2; sync++) {
		start(&s, &f);
		freeset_set(&s, 15875, 0, KMM_MOVABLE, true);
		begin(&f, sync ? COMPACT_SYNC : 0);
		event(&f, EVENT_MM_COMPACTION_ISOLATE_FREEPAGES, 15872, 16384, 1);
		assert_int_equal(block(&s, 15875), -1); /* taken */
		assert_int_equal(f.taken, 1);
		stop(&s, &f);
	}
}

/* Without the order of the lists nothing is taken but what events show. */
static void test_blind(void **state)
{
	struct freescan f;
	struct freeset s = { 0 };

	(void)state;
	start(&s, &f);
	f.blind = true;
	freeset_set(&s, 15360, 2, KMM_MOVABLE, true);
	begin(&f, 0);
	event(&f, EVENT_MM_COMPACTION_ISOLATE_MIGRATEPAGES, 1024, 1056, 2);
	assert_int_equal(block(&s, 15360), 2);
	event(&f, EVENT_MM_COMPACTION_ISOLATE_FREEPAGES, 15360, 15364, 4);
	assert_int_equal(block(&s, 15360), -1);
	stop(&s, &f);
}

/* From 6.4 on an event tells of the fast search; the page block that is scanned around it tells which block it was. */
static void test_told(void **state)
{
	struct freescan f;
	struct freeset s = { 0 };

	(void)state;
	machine.searches_told = true;
	start(&s, &f);
	/* By the order of the list it would be the one at 15872. */
	freeset_set(&s, 15872, 1, KMM_MOVABLE, true);
	freeset_set(&s, 15360, 1, KMM_MOVABLE, false);
	freeset_set(&s, 15400, 0, KMM_MOVABLE, true);
	begin(&f, COMPACT_KCOMPACTD);
	event(&f, EVENT_MM_COMPACTION_ISOLATE_MIGRATEPAGES, 1024, 1056, 3);
	assert_int_equal(f.taken, 0);
	event(&f, EVENT_MM_COMPACTION_FAST_ISOLATE_FREEPAGES, 8192, 15872, 2);
	assert_int_equal(f.taken, 0);
	event(&f, EVENT_MM_COMPACTION_ISOLATE_FREEPAGES, 15360, 15872, 1);
	assert_int_equal(f.taken, 3);
	assert_int_equal(block(&s, 15360), -1);
	assert_int_equal(block(&s, 15400), -1);
	assert_int_equal(block(&s, 15872), 1);
	/* With nothing scanned around it, it is the first from the tail. */
	event(&f, EVENT_MM_COMPACTION_MIGRATEPAGES, 0, 0, 3);
	event(&f, EVENT_MM_COMPACTION_ISOLATE_MIGRATEPAGES, 1056, 1088, 2);
	event(&f, EVENT_MM_COMPACTION_FAST_ISOLATE_FREEPAGES, 8192, 15872, 2);
	event(&f, EVENT_MM_COMPACTION_MIGRATEPAGES, 0, 0, 2);
	assert_int_equal(block(&s, 15872), -1);
	stop(&s, &f);
	machine.searches_told = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fast_search),
		cmocka_unit_test(test_linear),
		cmocka_unit_test(test_around),
		cmocka_unit_test(test_not_found),
		cmocka_unit_test(test_first_scan),
		cmocka_unit_test(test_blind),
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_next_zone),
		cmocka_unit_test(test_some_stayed),
		cmocka_unit_test(test_no_source),
		cmocka_unit_test(test_source_of_others),
		cmocka_unit_test(test_source_passed_over),
		cmocka_unit_test(test_source_marked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
