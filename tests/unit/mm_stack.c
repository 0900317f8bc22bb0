// SPDX-License-Identifier: GPL-2.0-or-later
/* Kernel stacks: of one page, of two, vmapped with a guard page and two kept by each CPU. */
#include "mm_machine.h"

#include "mm/kmm_page.h"
#include "mm/kmm_vmalloc.h"

static void test_pages(void **state)
{
	struct kmm *mm = machine_of(KMM_LINUX_2_6, 1024);
	struct kmm_pages_config c = { .direct_map = 0xc0000000u, .highmem = KMM_NO_PFN };
	struct kmm_pages *p = kmm_pages_create(mm, &c);

	(void)state;
	assert_int_equal(kmm_seed_boot(mm, 0, 1024, KMM_MOVABLE), 0);
	for (unsigned order = 0; order < 2; order++) {
		struct kmm_stacks *s = kmm_stacks_create(p, NULL, KMM_STACK_PAGES, order);
		struct kmm_stacks_stats st;
		uint64_t a = kmm_stack_alloc(s, 0);

		/* current_thread_info() masks the stack pointer: aligned to its size. */
		assert_true(a && a % (UINT64_C(4096) << order) == 0);
		kmm_stacks_stats(s, &st);
		assert_int_equal(st.pages, 1u << order);
		kmm_stack_free(s, 0, a);
		kmm_stacks_stats(s, &st);
		assert_int_equal(st.pages, 0);
		kmm_stacks_destroy(s);
	}
	assert_null(kmm_stacks_create(p, NULL, KMM_STACK_PAGES, 4));
	assert_null(kmm_stacks_create(p, NULL, KMM_STACK_VMAPPED, 2));
	kmm_pages_destroy(p);
	machine_done(mm);
}

static uint64_t last_size, last_align;

static void saw_area(void *arg, uint64_t addr, uint64_t size, uint64_t align, uint64_t vstart,
		     uint64_t vend, bool failed)
{
	(void)arg, (void)addr, (void)vstart, (void)vend, (void)failed;
	last_size = size;
	last_align = align;
}

/* alloc_vmap_area of host-6.18 has size=0x5000 align=0x4000 for a stack of 16 KiB. */
static void test_vmapped(void **state)
{
	static const struct kmm_vmalloc_observer watch = { .alloc_vmap_area = saw_area };
	struct kmm *mm = machine_of(KMM_LINUX_6_18, 1024);
	struct kmm_pages_config c = { .highmem = KMM_NO_PFN };
	struct kmm_pages *p = kmm_pages_create(mm, &c);
	struct kmm_vmalloc_config vc;
	struct kmm_stacks_stats st;
	struct kmm_vmalloc *v;
	struct kmm_stacks *s;
	uint64_t a[3];

	(void)state;
	assert_int_equal(kmm_seed_boot(mm, 0, 1024, KMM_MOVABLE), 0);
	kmm_vmalloc_config_init(&vc, KMM_X86_64, KMM_LINUX_6_18, 0);
	v = kmm_vmalloc_create(mm, &vc);
	kmm_vmalloc_observe(v, &watch, NULL);
	s = kmm_stacks_create(p, v, KMM_STACK_VMAPPED, 2);
	for (unsigned i = 0; i < 3; i++)
		a[i] = kmm_stack_alloc(s, 0);
	assert_int_equal(last_size, 0x5000);
	assert_int_equal(last_align, 0x4000);
	for (unsigned i = 0; i < 3; i++)
		kmm_stack_free(s, 0, a[i]);
	kmm_stacks_stats(s, &st);
	assert_int_equal(st.kept, 2);
	assert_int_equal(st.pages, 8);
	/* Another CPU has none of them. */
	assert_true(kmm_stack_alloc(s, 1) != a[0]);
	assert_int_equal(kmm_stack_alloc(s, 0), a[0]);
	assert_int_equal(kmm_stack_alloc(s, 0), a[1]);
	kmm_stacks_stats(s, &st);
	assert_int_equal(st.cached, 2);
	kmm_stacks_destroy(s);
	kmm_vmalloc_destroy(v);
	kmm_pages_destroy(p);
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_vmapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
