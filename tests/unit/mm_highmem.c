// SPDX-License-Identifier: GPL-2.0-or-later
/* Temporary maps of all three styles, and what misuse of them is told. */
#include <errno.h>

#include "mm_machine.h"

#include "mm/kmm_highmem.h"

#define HIGH 229376u /* 896 MiB */

static struct kmm_highmem *highmem(enum kmm_generation g, bool guards)
{
	struct kmm_highmem_config c;
	struct kmm_highmem *h;

	kmm_highmem_config_init(&c, KMM_X86_32, g, HIGH);
	c.cpus = 2;
	if (guards) {
		c.stack_entries = 33;
		c.debug_guards = true;
	}
	h = kmm_highmem_create(&c);
	assert_non_null(h);
	return h;
}

static void done(struct kmm_highmem *h)
{
	char why[200];

	if (kmm_highmem_validate(h, why, sizeof(why)))
		fail_msg("%s", why);
	kmm_highmem_destroy(h);
}

/* 2.6.24: one slot a CPU and type; no nesting in a type. */
static void test_types(void **state)
{
	struct kmm_highmem *h = highmem(KMM_LINUX_2_6, false);
	uint64_t a, b, c;

	(void)state;
	assert_int_equal(kmm_kmap_atomic(h, 0, 0, HIGH, KMM_KM_USER0, &a), 0);
	assert_int_equal(kmm_kmap_atomic(h, 0, 0, HIGH + 1, KMM_KM_USER0, &b), -EBUSY);
	assert_int_equal(kmm_kmap_atomic(h, 0, 0, HIGH + 1, KMM_KM_USER1, &b), 0);
	assert_int_equal(kmm_kmap_atomic(h, 1, 1, HIGH + 1, KMM_KM_USER0, &c), 0);
	assert_int_equal(a - b, 4096);
	assert_int_equal(a - c, KMM_KM_TYPES * 4096);
	assert_int_equal(kmm_highmem_preempt_count(h, 0), 2);
	/* In any order, but with the type it was mapped with. */
	assert_int_equal(kmm_kunmap_atomic(h, 0, 0, b, KMM_KM_USER0), -EINVAL);
	assert_int_equal(kmm_kunmap_atomic(h, 0, 0, a, KMM_KM_USER0), 0);
	assert_int_equal(kmm_kunmap_atomic(h, 0, 0, b, KMM_KM_USER1), 0);
	assert_int_equal(kmm_kunmap_atomic(h, 1, 1, c, KMM_KM_USER0), 0);
	assert_int_equal(kmm_kunmap_atomic(h, 1, 1, c, KMM_KM_USER0), -EINVAL);
	assert_int_equal(kmm_highmem_preempt_count(h, 0), 0);
	done(h);
}

/* 2.6.37: a stack a CPU, 16 deep, last in first out. */
static void test_cpu_stack(void **state)
{
	struct kmm_highmem *h = highmem(KMM_LINUX_5_10, false);
	uint64_t a[16], more;

	(void)state;
	for (unsigned i = 0; i < 16; i++) {
		assert_int_equal(kmm_kmap_atomic(h, i % 3, 0, HIGH + i, 0, &a[i]), 0);
		assert_int_equal(a[0] - a[i], i * 4096);
	}
	assert_int_equal(kmm_kmap_atomic(h, 0, 0, HIGH, 0, &more), -EBUSY);
	assert_int_equal(kmm_kunmap_atomic(h, 0, 0, a[14], 0), -EINVAL);
	for (unsigned i = 16; i-- > 0;)
		assert_int_equal(kmm_kunmap_atomic(h, 0, 0, a[i], 0), 0);
	assert_int_equal(kmm_kunmap_atomic(h, 0, 0, a[0], 0), -EINVAL);
	done(h);
}

/* 5.11: a stack a task; 15 of its 16 entries, 16 of 33 with guards. */
static void check_task_stack(bool guards, unsigned most)
{
	struct kmm_highmem *h = highmem(KMM_LINUX_6_1, guards);
	unsigned entries = guards ? 33 : 16;
	struct kmm_highmem_config c;
	struct kmm_highmem_stats s;
	uint64_t a[16], more;

	kmm_highmem_config_init(&c, KMM_X86_32, KMM_LINUX_6_1, HIGH);
	/* Slots of CPU 1 lie below those of CPU 0; with guards every second one stays empty. */
	for (unsigned i = 0; i < most; i++) {
		unsigned slot = entries + (guards ? 2 * i + 1 : i);

		assert_int_equal(kmm_kmap_local(h, 5, 1, HIGH + i, &a[i]), 0);
		assert_int_equal(a[i], c.fix_kmap - slot * UINT64_C(4096));
	}
	assert_int_equal(kmm_kmap_local(h, 5, 1, HIGH, &more), -EBUSY);
	/* Another task on this CPU has the same addresses; the switch makes them its own. */
	assert_int_equal(kmm_kmap_switch(h, 1, 5, 6), 0);
	assert_int_equal(kmm_kmap_local(h, 6, 1, HIGH + 99, &more), 0);
	assert_int_equal(more, a[0]);
	assert_int_equal(kmm_kmap_switch(h, 1, 6, 5), 0);
	/* Who has maps stays on his CPU. */
	assert_int_equal(kmm_kmap_switch(h, 0, 0, 5), -EINVAL);
	assert_int_equal(kmm_kmap_local(h, 5, 0, HIGH, &more), -EINVAL);
	kmm_highmem_stats(h, &s);
	assert_int_equal(s.pinned, 2);
	assert_int_equal(s.switched, most + 1 + most);
	assert_int_equal(s.deepest, most);
	/* The address may point into the page. */
	for (unsigned i = most; i-- > 0;)
		assert_int_equal(kmm_kunmap_local(h, 5, 1, a[i] + 0xe60), 0);
	done(h);
}

static void test_task_stack(void **state)
{
	(void)state;
	check_task_stack(false, 15);
	check_task_stack(true, 16);
}

/* Low memory takes nothing, whatever the kind. */
static void test_low_pages(void **state)
{
	struct kmm_highmem *h = highmem(KMM_LINUX_6_1, false);
	struct kmm_highmem_stats s;
	unsigned woken;
	uint64_t a;

	(void)state;
	assert_int_equal(kmm_page_address(h, 2), 0xc0002000u);
	assert_int_equal(kmm_page_address(h, HIGH), 0);
	assert_int_equal(kmm_kmap(h, 0, false, 2, &a), 0);
	assert_int_equal(a, 0xc0002000u);
	assert_int_equal(kmm_kunmap(h, 2, &woken), 0);
	assert_int_equal(kmm_kmap_local(h, 0, 0, 3, &a), 0);
	assert_int_equal(kmm_kunmap_local(h, 0, 0, a), 0);
	assert_int_equal(kmm_kmap_atomic(h, 0, 0, 4, 0, &a), 0);
	assert_int_equal(kmm_kunmap_atomic(h, 0, 0, a, 0), 0);
	kmm_highmem_stats(h, &s);
	assert_int_equal(s.low_pages, 3);
	assert_int_equal(s.temporary, 0);
	assert_int_equal(s.misuse, 0);
	done(h);
}

/* arm finds a page that is mapped permanently and uses that map; i386 does not. */
static void test_permanent_map_used(void **state)
{
	struct kmm_highmem_config c;
	struct kmm_highmem *h;
	uint64_t a, b;
	unsigned woken;

	(void)state;
	kmm_highmem_config_init(&c, KMM_ARM, KMM_LINUX_6_1, HIGH);
	h = kmm_highmem_create(&c);
	assert_int_equal(kmm_kmap(h, 0, true, HIGH, &a), 0);
	assert_int_equal(kmm_kmap_local(h, 0, 0, HIGH, &b), 0);
	assert_int_equal(a, b);
	assert_int_equal(kmm_pkmap_count(h, 1), 3);
	assert_int_equal(kmm_kunmap_local(h, 0, 0, b), 0);
	assert_int_equal(kmm_kunmap(h, HIGH, &woken), 0);
	assert_int_equal(kmm_pkmap_count(h, 1), 1);
	done(h);
	h = highmem(KMM_LINUX_6_1, false);
	kmm_kmap(h, 0, true, HIGH, &a);
	assert_int_equal(kmm_kmap_local(h, 0, 0, HIGH, &b), 0);
	assert_true(a != b);
	done(h);
}

/* In a backed machine a window shows the page's bytes, to who mapped it and as long as it is mapped. */
static void test_bytes(void **state)
{
	enum kmm_generation g[] = { KMM_LINUX_2_6, KMM_LINUX_5_10, KMM_LINUX_6_1 };
	struct kmm_highmem_config c;
	struct kmm_highmem *h;
	char *memory = calloc(8, 4096);
	unsigned woken;
	uint64_t a, b;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		kmm_highmem_config_init(&c, KMM_X86_32, g[i], 4);
		c.cpus = 2;
		c.memory = memory;
		h = kmm_highmem_create(&c);
		assert_int_equal(kmm_kmap_atomic(h, 1, 1, 5, KMM_KM_USER0, &a), 0);
		assert_ptr_equal(kmm_highmem_bytes(h, 1, 1, a + 7), memory + 5 * 4096 + 7);
		assert_null(kmm_highmem_bytes(h, 1, 1, a - 4096));
		if (g[i] == KMM_LINUX_6_1)
			assert_null(kmm_highmem_bytes(h, 2, 1, a)); /* another task's */
		assert_int_equal(kmm_kunmap_atomic(h, 1, 1, a, KMM_KM_USER0), 0);
		assert_null(kmm_highmem_bytes(h, 1, 1, a));
		/* A permanent one is seen by all, until the flush. */
		assert_int_equal(kmm_kmap(h, 0, true, 6, &b), 0);
		kmm_kunmap(h, 6, &woken);
		assert_ptr_equal(kmm_highmem_bytes(h, 3, 0, b), memory + 6 * 4096);
		kmm_kmap_flush_unused(h);
		assert_null(kmm_highmem_bytes(h, 3, 0, b));
		assert_ptr_equal(kmm_highmem_bytes(h, 0, 0, 0xc0003000u), memory + 3 * 4096);
		assert_null(kmm_highmem_bytes(h, 0, 0, 0xc0004000u));
		done(h);
	}
	free(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_cpu_stack),
		cmocka_unit_test(test_task_stack),
		cmocka_unit_test(test_low_pages),
		cmocka_unit_test(test_permanent_map_used),
		cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
