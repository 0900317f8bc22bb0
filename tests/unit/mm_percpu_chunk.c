// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunks: which one serves, what pages stand behind it, and the work that balances them. */
#include "mm_machine.h"

#include "mm/kmm_vmalloc.h"
#include "mm/percpu.h"

static struct kmm *machine(unsigned frames)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 16384);

	assert_int_equal(kmm_seed_boot(mm, 0, frames, KMM_MOVABLE), 0);
	return mm;
}

/* Units of 32 KiB: eight pages a CPU in every chunk. */
static struct kmm_percpu *percpu(struct kmm *mm, struct kmm_vmalloc *vm)
{
	struct kmm_percpu_config c;
	struct kmm_percpu *p;

	kmm_percpu_config_init(&c);
	c.static_size = 4096;
	c.reserved_size = 0;
	c.dyn_size = 4096;
	c.atom_size = 4096;
	c.vmalloc = vm;
	p = kmm_percpu_create(mm, &c);
	assert_non_null(p);
	return p;
}

static void check(const struct kmm_percpu *p)
{
	char why[200];

	if (kmm_percpu_validate(p, why, sizeof(why)))
		fail_msg("%s", why);
}

/* Slots by bit length of the largest hole, less three (kernel-facts: max(bits - 3, 1)). */
static void test_slots(void **state)
{
	struct kmm *mm = machine(16384);
	struct kmm_percpu *p = percpu(mm, NULL);

	(void)state;
	assert_int_equal(percpu_slot_of_size(p, 4), 1);
	assert_int_equal(percpu_slot_of_size(p, 15), 1);
	assert_int_equal(percpu_slot_of_size(p, 31), 2);
	assert_int_equal(percpu_slot_of_size(p, 32), 3);
	assert_int_equal(percpu_slot_of_size(p, 4096), 10);
	assert_int_equal(percpu_slot_of_size(p, 32768), p->free_slot);
	assert_int_equal(percpu_slot_of(p, p->first), 10);
	kmm_alloc_percpu(p, 0, 4096, 4);
	assert_int_equal(percpu_slot_of(p, p->first), 0);
	kmm_percpu_destroy(p);
	machine_done(mm);
}

static uint64_t pages_in_use(const struct kmm *mm)
{
	return 16384 - kmm_zone_free_pages(mm, 0) - kmm_pcp_pages(mm, 0, 0) -
	       kmm_pcp_pages(mm, 0, 1);
}

/* A chunk's pages come for all CPUs when a request touches them, and no sooner. */
static void test_population(void **state)
{
	struct kmm *mm = machine(16384);
	struct kmm_percpu *p = percpu(mm, NULL);
	struct kmm_percpu_stats s;
	uint64_t a, b;

	(void)state;
	kmm_alloc_percpu(p, 0, 4096, 4);
	assert_int_equal(pages_in_use(mm), 0);
	a = kmm_alloc_percpu(p, 0, 4096, 4);
	assert_int_equal(pages_in_use(mm), 2);
	assert_true(kmm_per_cpu_ptr_to_page(p, a, 0) != kmm_per_cpu_ptr_to_page(p, a, 1));
	b = kmm_alloc_percpu(p, 0, 6000, 4);
	assert_int_equal(b, a + 4096);
	assert_int_equal(pages_in_use(mm), 6);
	assert_int_equal(kmm_per_cpu_ptr_to_page(p, b + 8192, 0), KMM_NO_PFN);
	/* The chunk fills the rest of this address range's top: below VMALLOC_END, aligned. */
	assert_int_equal(kmm_per_cpu_ptr(p, a, 0), UINT64_C(0xffffe8fffffff000) - 2 * 32768);
	kmm_percpu_stats(p, &s);
	assert_int_equal(s.pages_populated, 6);
	assert_int_equal(s.chunks_created, 1);
	check(p);
	kmm_percpu_destroy(p);
	assert_int_equal(pages_in_use(mm), 0);
	machine_done(mm);
}

/* Without memory the request fails and leaves nothing behind. */
static void test_out_of_memory(void **state)
{
	struct kmm *mm = machine(8);
	struct kmm_percpu *p = percpu(mm, NULL);
	struct kmm_percpu_stats s;

	(void)state;
	kmm_alloc_percpu(p, 0, 4096, 4);
	assert_int_equal(kmm_alloc_percpu(p, 0, 32768, 4), KMM_NO_PTR);
	kmm_percpu_stats(p, &s);
	assert_int_equal(s.failed, 1);
	assert_int_equal(s.pages_populated, 0);
	check(p);
	kmm_percpu_destroy(p);
	machine_done(mm);
}

/*
 * With a vmalloc window the chunk lies where pcpu_get_vm_areas() puts it: below VMALLOC_END,
 * which is 0xffffe8ffffc00000 for two units of 1 MiB in host-6.18 (base_addr of its events).
 */
static void test_address(void **state)
{
	struct kmm *mm = machine(16384);
	struct kmm_vmalloc_config vc;
	struct kmm_percpu_config c;
	struct kmm_vmalloc *vm;
	struct kmm_percpu *p;
	uint64_t ptr = 0;

	(void)state;
	kmm_vmalloc_config_init(&vc, KMM_X86_64, KMM_LINUX_6_18, 0);
	vm = kmm_vmalloc_create(mm, &vc);
	assert_non_null(vm);
	kmm_percpu_config_init(&c);
	c.vmalloc = vm;
	p = kmm_percpu_create(mm, &c);
	for (unsigned i = 0; i < 2; i++)
		ptr = kmm_alloc_percpu(p, 0, 28672, 4);
	assert_int_equal(kmm_per_cpu_ptr(p, ptr, 0), UINT64_C(0xffffe8ffffc00000));
	check(p);
	kmm_percpu_destroy(p);
	kmm_vmalloc_destroy(vm);
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_population),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
