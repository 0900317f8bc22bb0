// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "trace/trace.h"
#include "workload/directmap.h"

#define BASE 0xffff888000000000ull

static void page(struct directmap *d, uint64_t pfn, kmm_gfp gfp)
{
	struct event ev = { .kind = EVENT_MM_PAGE_ALLOC };

	ev.page.pfn = pfn;
	ev.page.gfp = gfp;
	directmap_event(d, &ev);
}

static void object(struct directmap *d, uint64_t ptr)
{
	struct event ev = { .kind = EVENT_KMEM_CACHE_ALLOC };

	ev.object.ptr = ptr;
	directmap_event(d, &ev);
}

static void pairs_vote(void **state)
{
	struct directmap d;
	uint32_t votes, of;

	(void)state;
	directmap_init(&d);
	for (uint64_t i = 0; i < 20; i++) {
		page(&d, 0x41000 + i, 0);
		object(&d, BASE + ((0x41000 + i) << 12) + 0x80);
	}
	assert_int_equal(directmap_base(&d, &votes, &of), BASE);
	assert_int_equal(votes, 20);
	assert_int_equal(of, 20);
}

/* Too few votes, or too many against it: nothing is claimed. */
static void doubt_gives_no_base(void **state)
{
	struct directmap d;
	uint32_t votes, of;

	(void)state;
	directmap_init(&d);
	for (uint64_t i = 0; i < 7; i++) {
		page(&d, 0x1000 + i, 0);
		object(&d, BASE + ((0x1000 + i) << 12));
	}
	assert_int_equal(directmap_base(&d, &votes, &of), 0);
	for (uint64_t i = 0; i < 7; i++) {
		page(&d, 0x1000 + i, 0);
		object(&d, BASE + (1ull << 40) + ((0x1000 + i) << 12));
	}
	assert_int_equal(directmap_base(&d, &votes, &of), 0);
}

/* User pages and objects elsewhere do not vote. */
static void strangers_do_not_vote(void **state)
{
	struct directmap d;
	uint32_t votes, of;

	(void)state;
	directmap_init(&d);
	page(&d, 0x1000, KMM_GFP_MOVABLE);
	object(&d, BASE + 0x1000000);
	page(&d, 0x1000, 0);
	object(&d, BASE + 0x9999000);
	page(&d, EVENT_NO_PFN, 0);
	object(&d, BASE);
	directmap_base(&d, &votes, &of);
	assert_int_equal(of, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_vote),
		cmocka_unit_test(doubt_gives_no_base),
		cmocka_unit_test(strangers_do_not_vote),
	};

	return cmocka_run_group_tests_name("directmap", tests, NULL, NULL);
}
