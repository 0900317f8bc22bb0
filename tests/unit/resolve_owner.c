// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose a page is; numbers are those of docs/events.md. */
#include "tests/unit/resolve.h"

static void flags_tell_first(void **state)
{
	static const struct {
		kmm_gfp gfp;
		int order;
		enum request_owner owner;
	} t[] = {
		{ USER, 0, OWNER_USER },
		{ SLAB, 0, OWNER_SLAB },
		{ SLAB, 3, OWNER_KERNEL },
		{ SLAB | KMM_GFP_COMP, 3, OWNER_SLAB },
		{ KERNEL | KMM_GFP_ZERO | KMM_GFP_ACCOUNT, 0, OWNER_PGTABLE },
		{ KERNEL | KMM_GFP_ZERO | KMM_GFP_ACCOUNT, 2, OWNER_KERNEL },
		{ KERNEL, 0, OWNER_KERNEL },
	};
	struct bench *b = *state;

	for (unsigned i = 0; i < sizeof(t) / sizeof(*t); i++)
		alloc(b, 0x1000 + 0x10 * i, t[i].order, t[i].gfp);
	finish(b);
	for (unsigned i = 0; i < sizeof(t) / sizeof(*t); i++)
		assert_int_equal(rec(b, REQ_PAGE_ALLOC, i)->sig.owner, t[i].owner);
}

/* 9: the next object on the CPU lies inside of it. */
static void the_next_object_decides(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x100, 1, KERNEL);
	object(b, EVENT_KMEM_CACHE_ALLOC, ADDR(0x101) + 192, 7, 184, 192, 1);
	finish(b);
	assert_int_equal(rec(b, REQ_PAGE_ALLOC, 0)->sig.owner, OWNER_SLAB);
	assert_int_equal(rec(b, REQ_PAGE_ALLOC, 0)->sig.site, 7);
	assert_int_equal(rec(b, REQ_PAGE_ALLOC, 0)->sig.bytes_alloc, 192);
}

static void an_object_as_large_as_the_block_is_the_block(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x100, 2, KERNEL | KMM_GFP_COMP);
	object(b, EVENT_KMALLOC, ADDR(0x100), 9, 10000, 16384, 0);
	finish(b);
	assert_int_equal(rec(b, REQ_PAGE_ALLOC, 0)->sig.owner, OWNER_KMALLOC_LARGE);
}

static void objects_elsewhere_say_nothing(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x100, 0, KERNEL);
	object(b, EVENT_KMEM_CACHE_ALLOC, ADDR(0x500), 7, 184, 192, 1);
	b->cpu = 1;
	b->pid = 200;
	object(b, EVENT_KMEM_CACHE_ALLOC, ADDR(0x100), 7, 184, 192, 1);
	finish(b);
	assert_int_equal(rec(b, REQ_PAGE_ALLOC, 0)->sig.owner, OWNER_KERNEL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(flags_tell_first),
		TEST(the_next_object_decides),
		TEST(an_object_as_large_as_the_block_is_the_block),
		TEST(objects_elsewhere_say_nothing),
	};

	return cmocka_run_group_tests_name("resolve_owner", tests, NULL, NULL);
}
