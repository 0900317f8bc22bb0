// SPDX-License-Identifier: GPL-2.0-or-later
/* The pitfalls of object events; numbers are those of docs/events.md. */
#include "tests/unit/resolve.h"

/* An id names both ends; cross-CPU frees are nothing special (21). */
static void pairs_across_cpus(void **state)
{
	struct bench *b = *state;

	object(b, EVENT_KMALLOC, ADDR(0x10), 5, 60, 64, 0);
	b->cpu = 3;
	b->pid = 300;
	object(b, EVENT_KFREE, ADDR(0x10), 6, 0, 0, 0);
	finish(b);
	assert_int_equal(rec(b, REQ_OBJ_FREE, 0)->slot, rec(b, REQ_OBJ_ALLOC, 0)->slot);
	assert_int_equal(rec(b, REQ_OBJ_FREE, 0)->cpu, 3);
	assert_int_equal(rec(b, REQ_OBJ_FREE, 0)->addr, 0);
}

/* 13: kfree(NULL) and kfree(ZERO_SIZE_PTR) are events, but free nothing. */
static void null_frees(void **state)
{
	struct bench *b = *state;

	object(b, EVENT_KFREE, 0, 6, 0, 0, 0);
	object(b, EVENT_KFREE, 16, 6, 0, 0, 0);
	finish(b);
	assert_int_equal(b->n, 0);
	assert_int_equal(resolver_stats(b->r)->null_frees, 2);
}

/* 13: a failed kmalloc has no address and no id. */
static void failed_objects(void **state)
{
	struct bench *b = *state;

	object(b, EVENT_KMALLOC, 0, 6, 60, 64, 0);
	finish(b);
	assert_true(rec(b, REQ_OBJ_ALLOC, 0)->sig.flags & REQ_FAILED);
	assert_int_equal(rec(b, REQ_OBJ_ALLOC, 0)->slot, NO_SLOT);
}

/* 1: an address given out again: its free was silent (bulk, RCU). */
static void reuse_implies_a_free(void **state)
{
	struct bench *b = *state;

	object(b, EVENT_KMEM_CACHE_ALLOC, ADDR(0x10), 5, 256, 256, 0);
	object(b, EVENT_KMEM_CACHE_ALLOC, ADDR(0x10), 5, 256, 256, 0);
	finish(b);
	assert_int_equal(count(b, REQ_OBJ_FREE), 1);
	assert_true(rec(b, REQ_OBJ_FREE, 0)->sig.flags & REQ_IMPLIED);
	assert_true(at(b, REQ_OBJ_FREE, 0) < at(b, REQ_OBJ_ALLOC, 1));
}

/*
 * 1: a batch of kfree_rcu() leaves no event.  What is allocated again shows its free then,
 * what is not lives on; a lone kfree_rcu() ends in a kfree, and is one.
 */
static void kfree_rcu(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x10, 0, SLAB);
	for (unsigned i = 0; i < 4; i++)
		object(b, EVENT_KMALLOC, ADDR(0x10) + i * 1024, 5, 1000, 1024, 0);
	/* The grace period is over on another CPU: of one object the free shows, of two it does not. */
	b->cpu = 1;
	b->pid = 15;
	object(b, EVENT_KFREE, ADDR(0x10) + 3 * 1024, 7, 0, 0, 0);
	object(b, EVENT_KMALLOC, ADDR(0x10) + 1024, 5, 1000, 1024, 0);
	b->cpu = 0;
	b->pid = 100;
	object(b, EVENT_KMALLOC, ADDR(0x10), 5, 1000, 1024, 0);
	finish(b);
	assert_int_equal(resolver_stats(b->r)->implied_objects, 2);
	assert_int_equal(count(b, REQ_OBJ_FREE), 3);
	assert_false(rec(b, REQ_OBJ_FREE, 0)->sig.flags & REQ_IMPLIED);
	assert_int_equal(rec(b, REQ_OBJ_FREE, 0)->slot, rec(b, REQ_OBJ_ALLOC, 3)->slot);
	for (unsigned i = 1; i < 3; i++) {
		assert_true(rec(b, REQ_OBJ_FREE, i)->sig.flags & REQ_IMPLIED);
		assert_int_equal(rec(b, REQ_OBJ_FREE, i)->slot, rec(b, REQ_OBJ_ALLOC, 2 - i)->slot);
		assert_true(at(b, REQ_OBJ_FREE, i) < at(b, REQ_OBJ_ALLOC, 3 + i));
	}
}

/* 1, 11: a slab page is freed: whatever lived in it is gone, and nothing else. */
static void page_free_ends_its_objects(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x10, 0, SLAB);
	object(b, EVENT_KMEM_CACHE_ALLOC, ADDR(0x10), 5, 256, 256, 0);
	object(b, EVENT_KMEM_CACHE_ALLOC, ADDR(0x10) + 256, 5, 256, 256, 0);
	object(b, EVENT_KMEM_CACHE_ALLOC, ADDR(0x11), 5, 256, 256, 0);
	freed(b, 0x10, 0);
	object(b, EVENT_KMEM_CACHE_FREE, ADDR(0x11), 5, 0, 0, 1);
	finish(b);
	assert_int_equal(resolver_stats(b->r)->implied_objects, 2);
	assert_int_equal(count(b, REQ_OBJ_FREE), 3);
	assert_false(rec(b, REQ_OBJ_FREE, 2)->sig.flags & (REQ_IMPLIED | REQ_UNPAIRED));
}

/* 10: a large kmalloc is traced twice from 6.12 on: once it is, with the caller's own call site. */
static void large_kmallocs_are_traced_twice(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x40, 2, KERNEL | KMM_GFP_COMP);
	object(b, EVENT_KMALLOC, ADDR(0x40), 0xaaa, 12000, 16384, 0);
	object(b, EVENT_KMALLOC, ADDR(0x40), 0xbbb, 12000, 16384, 0);
	object(b, EVENT_KFREE, ADDR(0x40), 1, 0, 0, 0);
	finish(b);
	assert_int_equal(count(b, REQ_OBJ_ALLOC), 1);
	assert_int_equal(rec(b, REQ_OBJ_ALLOC, 0)->sig.site, 0xbbb);
	assert_int_equal(count(b, REQ_OBJ_FREE), 1);
	assert_int_equal(resolver_stats(b->r)->twins, 1);
	assert_int_equal(resolver_stats(b->r)->implied_objects, 0);
	assert_int_equal(rec(b, REQ_PAGE_ALLOC, 0)->sig.owner, OWNER_KMALLOC_LARGE);
}

/* 9: the next object inside the page tells whose it is; the cache is learned from frees. */
static void slab_pages_are_recognised(void **state)
{
	struct bench *b = *state;

	object(b, EVENT_KMEM_CACHE_ALLOC, ADDR(0x90), 0xcafe, 192, 192, 0);
	object(b, EVENT_KMEM_CACHE_FREE, ADDR(0x90), 1, 0, 0, 1);
	alloc(b, 0x10, 1, SLAB | KMM_GFP_COMP);
	object(b, EVENT_KMALLOC, ADDR(0x77), 9, 8, 8,
	       0); /* the vector of an accounted slab may come first */
	object(b, EVENT_KMEM_CACHE_ALLOC, ADDR(0x11) + 192, 0xcafe, 192, 192, 0);
	finish(b);
	assert_int_equal(rec(b, REQ_PAGE_ALLOC, 0)->sig.owner, OWNER_SLAB);
	assert_string_equal(intern_str(&b->strings, rec(b, REQ_PAGE_ALLOC, 0)->sig.cache),
			    "dentry");
	assert_string_equal(intern_str(&b->strings, rec(b, REQ_OBJ_ALLOC, 2)->sig.cache), "dentry");
}

/* 30: general caches are named by size, as the kernel names them. */
static void kmalloc_caches_have_names(void **state)
{
	struct bench *b = *state;

	object(b, EVENT_KMALLOC, ADDR(0x10), 1, 60, 64, 0);
	object(b, EVENT_KMALLOC, ADDR(0x20), 2, 2000, 2048, 0);
	finish(b);
	assert_string_equal(intern_str(&b->strings, rec(b, REQ_OBJ_ALLOC, 0)->sig.cache),
			    "kmalloc-64");
	assert_string_equal(intern_str(&b->strings, rec(b, REQ_OBJ_ALLOC, 1)->sig.cache),
			    "kmalloc-2k");
}

/* 18: addresses outside of the direct map belong to no page here. */
static void addresses_elsewhere(void **state)
{
	struct bench *b = *state;

	object(b, EVENT_KMALLOC, 0xffffc90000001000, 1, 60, 64, 0);
	freed(b, 0x1, 0);
	object(b, EVENT_KFREE, 0xffffc90000001000, 1, 0, 0, 0);
	finish(b);
	assert_int_equal(rec(b, REQ_OBJ_FREE, 0)->slot, rec(b, REQ_OBJ_ALLOC, 0)->slot);
	assert_int_equal(resolver_stats(b->r)->implied_objects, 0);
}

/* 14: krealloc is an allocation and a free; both are what they say. */
static void krealloc_grows(void **state)
{
	struct bench *b = *state;

	object(b, EVENT_KMALLOC, ADDR(0x10), 1, 60, 64, 0);
	object(b, EVENT_KMALLOC, ADDR(0x20), 2, 100, 128, 0);
	object(b, EVENT_KFREE, ADDR(0x10), 2, 0, 0, 0);
	finish(b);
	assert_int_equal(rec(b, REQ_OBJ_FREE, 0)->slot, rec(b, REQ_OBJ_ALLOC, 0)->slot);
}

static void percpu(struct bench *b, enum event_kind kind, uint64_t ptr, uint64_t size)
{
	struct event ev = { .kind = (uint16_t)kind };

	ev.percpu.ptr = ptr;
	ev.percpu.size = size;
	ev.percpu.align = 8;
	feed(b, &ev);
}

/* A percpu free has no size: its id remembers. */
static void percpu_pairs(void **state)
{
	struct bench *b = *state;

	percpu(b, EVENT_PERCPU_ALLOC_PERCPU, 0x6000, 64);
	percpu(b, EVENT_PERCPU_FREE_PERCPU, 0x6000, 0);
	percpu(b, EVENT_PERCPU_FREE_PERCPU, 0x7000, 0);
	percpu(b, EVENT_PERCPU_FREE_PERCPU, 0, 0);
	finish(b);
	assert_int_equal(rec(b, REQ_PERCPU_FREE, 0)->slot, rec(b, REQ_PERCPU_ALLOC, 0)->slot);
	assert_true(rec(b, REQ_PERCPU_FREE, 1)->sig.flags & REQ_UNPAIRED);
	assert_int_equal(count(b, REQ_PERCPU_FREE), 2);
}

/* The probes of a kernel without vmalloc events: entry gives the size, return the address. */
static void areas_from_probes(void **state)
{
	struct event entry = { .kind = EVENT_VMALLOC_RANGE },
		     ret = { .kind = EVENT_VMALLOC_RANGE_RET };
	struct event gone = { .kind = EVENT_REMOVE_VM_AREA };
	struct bench *b = *state;

	entry.probe.size = 16384;
	ret.probe.addr = gone.probe.addr = 0xffffc90000010000;
	feed(b, &entry);
	feed(b, &ret);
	feed(b, &gone);
	finish(b);
	assert_int_equal(rec(b, REQ_VMALLOC, 0)->sig.bytes_req, 16384);
	assert_int_equal(rec(b, REQ_VFREE, 0)->slot, rec(b, REQ_VMALLOC, 0)->slot);
}

/* An area of 513 pages: the array of its pages does not fit in one, and is an area of two by itself, inside of it. */
static void areas_whose_array_is_one(void **state)
{
	struct event entry = { .kind = EVENT_VMALLOC_RANGE },
		     ret = { .kind = EVENT_VMALLOC_RANGE_RET }, gone = { .kind = EVENT_VFREE };
	const uint64_t big = 0xffffc90000100000, array = 0xffffc90000010000;
	struct bench *b = *state;

	entry.probe.size = 513 * 4096;
	feed(b, &entry);
	entry.probe.size = 513 * 8;
	feed(b, &entry);
	object(b, EVENT_KMALLOC, ADDR(0x700), VMALLOC_SITE, 16, 16, 0);
	ret.probe.addr = array;
	feed(b, &ret);
	ret.probe.addr = big;
	feed(b, &ret);
	assert_int_equal(resolver_stats(b->r)->bulk_pages, 515);

	gone.probe.addr = big;
	feed(b, &gone);
	gone.kind = EVENT_REMOVE_VM_AREA;
	feed(b, &gone);
	for (unsigned i = 0; i < 513; i++)
		freed(b, 0x1000 + i, 0);
	gone.kind = EVENT_VFREE;
	gone.probe.addr = array;
	feed(b, &gone);
	gone.kind = EVENT_REMOVE_VM_AREA;
	feed(b, &gone);
	for (unsigned i = 0; i < 2; i++)
		freed(b, 0x2000 + i, 0);
	object(b, EVENT_KFREE, ADDR(0x700), 8, 0, 0, 0);
	finish(b);
	assert_int_equal(resolver_stats(b->r)->bulk_paired, 515);
	assert_int_equal(resolver_stats(b->r)->unpaired_pages, 0);
	assert_int_equal(rec(b, REQ_VMALLOC, 0)->sig.bytes_req, 513 * 8);
	assert_int_equal(rec(b, REQ_VMALLOC, 1)->sig.bytes_req, 513 * 4096);
	assert_int_equal(rec(b, REQ_VFREE, 0)->slot, rec(b, REQ_VMALLOC, 1)->slot);
	/* The array's two pages come first, and its own are given back last. */
	assert_int_equal(rec(b, REQ_PAGE_FREE, 0)->slot, rec(b, REQ_PAGE_BULK, 2)->slot);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 513)->slot, rec(b, REQ_PAGE_BULK, 0)->slot);
}

/* One that fails leaves nothing under way. */
static void an_area_that_fails(void **state)
{
	struct event entry = { .kind = EVENT_VMALLOC_RANGE },
		     ret = { .kind = EVENT_VMALLOC_RANGE_RET };
	struct bench *b = *state;

	entry.probe.size = 513 * 4096;
	feed(b, &entry);
	feed(b, &ret);
	entry.probe.size = 513 * 8;
	feed(b, &entry);
	ret.probe.addr = 0xffffc90000010000;
	feed(b, &ret);
	finish(b);
	assert_int_equal(count(b, REQ_VMALLOC), 1);
	assert_int_equal(count(b, REQ_PAGE_BULK), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pairs_across_cpus),
		TEST(null_frees),
		TEST(failed_objects),
		TEST(reuse_implies_a_free),
		TEST(kfree_rcu),
		TEST(page_free_ends_its_objects),
		TEST(large_kmallocs_are_traced_twice),
		TEST(slab_pages_are_recognised),
		TEST(kmalloc_caches_have_names),
		TEST(addresses_elsewhere),
		TEST(krealloc_grows),
		TEST(percpu_pairs),
		TEST(areas_from_probes),
		TEST(areas_whose_array_is_one),
		TEST(an_area_that_fails),
	};

	return cmocka_run_group_tests_name("resolve_object", tests, NULL, NULL);
}
