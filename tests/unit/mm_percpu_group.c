// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whose unit is which, as kernels print it at boot: "pcpu-alloc: s217088 r8192 d28672
 * u1048576 alloc=1*2097152" and "[0] 0 1 [1] 2 3" in amd64-6.1-numa; "s104276 r0 d30892
 * u135168 alloc=33*4096" and "[0] 0 [0] 1" in i386-6.1-highmem.  In the first, a later
 * chunk is two areas of 2097152 bytes in /proc/vmallocinfo.
 */
#include "mm_machine.h"

#include "mm/kmm_percpu.h"
#include "mm/kmm_vmalloc.h"

#define FRAMES 32768u
#define MIB (UINT64_C(1) << 20)

static struct kmm *machine(const unsigned *cpu_node, unsigned cpus, unsigned nodes)
{
	struct kmm_config c = config_of(KMM_LINUX_6_1);
	struct kmm *mm;

	c.cpus = cpus;
	c.nodes = nodes;
	for (unsigned i = 0; i < cpus; i++)
		c.cpu_node[i] = (uint8_t)cpu_node[i];
	for (unsigned i = 0; i < nodes; i++)
		config_zone(&c, i, KMM_ZONE_NORMAL, i * FRAMES / nodes, FRAMES / nodes);
	mm = machine_create(&c);
	assert_int_equal(kmm_seed_boot(mm, 0, FRAMES, KMM_MOVABLE), 0);
	return mm;
}

static void done(struct kmm_percpu *p, struct kmm *mm)
{
	char why[200];

	if (kmm_percpu_validate(p, why, sizeof(why)))
		fail_msg("%s", why);
	kmm_percpu_destroy(p);
	machine_done(mm);
}

static struct kmm_percpu_stats stats(const struct kmm_percpu *p)
{
	struct kmm_percpu_stats s;

	kmm_percpu_stats(p, &s);
	return s;
}

static const unsigned two_by_two[] = { 0, 0, 1, 1 };

/* The distance of the second node's units is the first chunk's, in all chunks. */
static void test_numa(void **state)
{
	struct kmm *mm = machine(two_by_two, 4, 2);
	struct kmm_vmalloc_config vc;
	struct kmm_vmalloc_stats vs;
	struct kmm_percpu_config c;
	struct kmm_vmalloc *vm;
	struct kmm_percpu *p;
	uint64_t ptr, later;

	(void)state;
	kmm_vmalloc_config_init(&vc, KMM_X86_64, KMM_LINUX_6_1, 0);
	vm = kmm_vmalloc_create(mm, &vc);
	kmm_percpu_config_init(&c);
	c.base_addr = UINT64_C(0xffff8efc1f400000);
	c.node_addr[1] = c.base_addr + 512 * MIB;
	c.vmalloc = vm;
	p = kmm_percpu_create(mm, &c);
	assert_true(vm && p);
	assert_int_equal(stats(p).unit_size, MIB);
	assert_int_equal(stats(p).groups, 2);
	assert_int_equal(stats(p).units, 4);
	ptr = kmm_alloc_percpu(p, 0, 64, 8);
	assert_int_equal(kmm_per_cpu_ptr(p, ptr, 0), c.base_addr + ptr);
	assert_int_equal(kmm_per_cpu_ptr(p, ptr, 1), c.base_addr + ptr + MIB);
	assert_int_equal(kmm_per_cpu_ptr(p, ptr, 2), c.base_addr + ptr + 512 * MIB);
	assert_int_equal(kmm_per_cpu_ptr(p, ptr, 3), c.base_addr + ptr + 513 * MIB);
	later = kmm_alloc_percpu(p, 0, 28672, 4);
	kmm_vmalloc_stats(vm, &vs);
	assert_int_equal(vs.areas, 2);
	assert_int_equal(vs.used, 2 * 2097152);
	/* As high as the second area lets it be. */
	assert_int_equal(kmm_per_cpu_ptr(p, later, 3),
			 UINT64_C(0xffffe8ffffe00000) - 2 * MIB + MIB);
	assert_int_equal(kmm_per_cpu_ptr(p, later, 2) - kmm_per_cpu_ptr(p, later, 0), 512 * MIB);
	/* Each CPU's pages are of its own node. */
	for (unsigned cpu = 0; cpu < 4; cpu++)
		assert_int_equal(kmm_zone_of(mm, kmm_per_cpu_ptr_to_page(p, later, cpu)),
				 two_by_two[cpu]);
	kmm_free_percpu(p, later);
	kmm_free_percpu(p, ptr);
	assert_int_equal(stats(p).bad_frees, 0);
	kmm_percpu_destroy(p);
	kmm_vmalloc_destroy(vm);
	machine_done(mm);
}

/* A chunk must pass over what lies in the way of any of its areas. */
static void test_congruent(void **state)
{
	struct kmm *mm = machine(two_by_two, 4, 2);
	uint64_t offsets[] = { 0, 8 * MIB }, sizes[] = { 2 * MIB, 2 * MIB }, at[3];
	struct kmm_vmalloc_config vc;
	struct kmm_vmalloc *vm;

	(void)state;
	kmm_vmalloc_config_init(&vc, KMM_X86_64, KMM_LINUX_6_1, 0);
	vc.end = vc.start + 16 * MIB;
	vm = kmm_vmalloc_create(mm, &vc);
	at[0] = kmm_get_percpu_areas(vm, offsets, sizes, 2, 2 * MIB);
	assert_int_equal(at[0], vc.start + 6 * MIB);
	at[1] = kmm_get_percpu_areas(vm, offsets, sizes, 2, 2 * MIB);
	assert_int_equal(at[1], vc.start + 4 * MIB);
	at[2] = kmm_get_percpu_areas(vm, offsets, sizes, 2, 2 * MIB);
	assert_int_equal(at[2], vc.start + 2 * MIB);
	kmm_free_vm_area(vm, at[1]);
	kmm_free_vm_area(vm, at[1] + 8 * MIB);
	kmm_vm_unmap_aliases(vm);
	assert_int_equal(kmm_get_percpu_areas(vm, offsets, sizes, 2, 2 * MIB), at[1]);
	/* Not in order, or without size. */
	offsets[0] = 16 * MIB;
	assert_int_equal(kmm_get_percpu_areas(vm, offsets, sizes, 2, 2 * MIB), 0);
	assert_int_equal(kmm_get_percpu_areas(vm, offsets, sizes, 0, 2 * MIB), 0);
	kmm_vmalloc_destroy(vm);
	machine_done(mm);
}

/*
 * Three CPUs here, one there: two units an allocation would leave two of six empty, more
 * than a third of four, so each unit has its own 2 MiB.
 */
static void test_uneven(void **state)
{
	static const unsigned nodes[] = { 0, 1, 0, 0 };
	struct kmm *mm = machine(nodes, 4, 2);
	struct kmm_percpu_config c;
	struct kmm_percpu *p;
	uint64_t ptr;

	(void)state;
	kmm_percpu_config_init(&c);
	p = kmm_percpu_create(mm, &c);
	assert_non_null(p);
	assert_int_equal(stats(p).unit_size, 2 * MIB);
	assert_int_equal(stats(p).units, 4);
	/* By group, then by number: 0, 2, 3, and 1 behind them. */
	ptr = kmm_alloc_percpu(p, 0, 64, 8);
	assert_int_equal(kmm_per_cpu_ptr(p, ptr, 2) - kmm_per_cpu_ptr(p, ptr, 0), 2 * MIB);
	assert_int_equal(kmm_per_cpu_ptr(p, ptr, 3) - kmm_per_cpu_ptr(p, ptr, 0), 4 * MIB);
	assert_int_equal(kmm_per_cpu_ptr(p, ptr, 1) - kmm_per_cpu_ptr(p, ptr, 0), 6 * MIB);
	done(p, mm);
}

static void test_i386(void **state)
{
	static const unsigned nodes[] = { 0, 0 };
	struct kmm *mm = machine(nodes, 2, 1);
	struct kmm_percpu_config c;
	struct kmm_percpu *p;

	(void)state;
	kmm_percpu_config_init(&c);
	c.static_size = 104276;
	c.reserved_size = 0;
	c.atom_size = 4096;
	p = kmm_percpu_create(mm, &c);
	assert_non_null(p);
	assert_int_equal(stats(p).unit_size, 135168);
	assert_int_equal(stats(p).dyn_size, 30892);
	assert_int_equal(stats(p).groups, 1);
	assert_int_equal(stats(p).units, 2);
	done(p, mm);
}

static void test_refused(void **state)
{
	struct kmm *mm = machine(two_by_two, 4, 2);
	struct kmm_percpu_config c;

	(void)state;
	kmm_percpu_config_init(&c);
	c.node_addr[1] = c.base_addr + 1 * MIB; /* within the first node's */
	assert_null(kmm_percpu_create(mm, &c));
	c.node_addr[1] = c.base_addr - 16 * MIB; /* below it */
	assert_null(kmm_percpu_create(mm, &c));
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numa),	cmocka_unit_test(test_congruent),
		cmocka_unit_test(test_uneven),	cmocka_unit_test(test_i386),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
