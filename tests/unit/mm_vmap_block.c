// SPDX-License-Identifier: GPL-2.0-or-later
/* vm_map_ram: places of a block, each used once; blocks that go; long mappings. */
#include "mm_machine.h"

#include "mm/kmm_vmalloc.h"

#define FRAMES 16384u
#define PAGE UINT64_C(4096)
#define BLOCK 128u

static struct kmm *machine(enum kmm_generation g)
{
	struct kmm *mm = machine_of(g, FRAMES);

	assert_int_equal(kmm_seed_boot(mm, 0, FRAMES, KMM_MOVABLE), 0);
	return mm;
}

static struct kmm_vmalloc *window(struct kmm *mm, enum kmm_generation g, unsigned block)
{
	struct kmm_vmalloc_config c;
	struct kmm_vmalloc *v;

	kmm_vmalloc_config_init(&c, KMM_X86_64, g, 0);
	c.ram_block = block;
	v = kmm_vmalloc_create(mm, &c);
	assert_non_null(v);
	return v;
}

static struct kmm_vmalloc_stats stats(const struct kmm_vmalloc *v)
{
	struct kmm_vmalloc_stats s;
	char why[200];

	if (kmm_vmalloc_validate(v, why, sizeof(why)))
		fail_msg("%s", why);
	kmm_vmalloc_stats(v, &s);
	return s;
}

static const kmm_pfn pages[200] = { 7, 9, 11, 13, 15, 17, 19, 21 };

/* One after the other, in powers of two, by CPU; the same place never twice. */
static void test_places(void **state)
{
	struct kmm *mm = machine(KMM_LINUX_6_1);
	struct kmm_vmalloc *v = window(mm, KMM_LINUX_6_1, BLOCK);
	uint64_t a = kmm_vm_map_ram(v, 0, pages, 1), b = kmm_vm_map_ram(v, 0, pages, 3), c, d;

	(void)state;
	assert_int_equal(a % (BLOCK * PAGE), 0);
	assert_int_equal(b, a + PAGE);
	c = kmm_vm_map_ram(v, 0, pages + 1, 1);
	assert_int_equal(c, b + 4 * PAGE); /* three pages take four */
	assert_int_equal(kmm_vmalloc_to_page(v, b + 2 * PAGE), 11);
	assert_int_equal(kmm_vmalloc_to_page(v, b + 3 * PAGE), KMM_NO_PFN);
	kmm_vm_unmap_ram(v, c, 1);
	assert_int_equal(kmm_vmalloc_to_page(v, c), KMM_NO_PFN);
	assert_int_equal(kmm_vm_map_ram(v, 0, pages, 1), c + PAGE);
	d = kmm_vm_map_ram(v, 1, pages, 1); /* another CPU's block */
	assert_true(d < a || d >= a + BLOCK * PAGE);
	assert_int_equal(stats(v).ram_blocks, 2);
	assert_int_equal(stats(v).areas, 2);
	assert_int_equal(stats(v).tlb_flushes, 0);
	/* One block used up: the next. */
	for (unsigned i = 7; i < BLOCK; i++)
		assert_true(kmm_vm_map_ram(v, 0, pages, 1) - a < BLOCK * PAGE);
	c = kmm_vm_map_ram(v, 0, pages, 1);
	assert_true(c - a >= BLOCK * PAGE);
	assert_int_equal(stats(v).ram_blocks, 3);
	kmm_vmalloc_destroy(v);
	machine_done(mm);
}

/* A block goes when all of it was given and came back, or with a purge if nobody uses it. */
static void test_blocks_go(void **state)
{
	struct kmm *mm = machine(KMM_LINUX_6_1);
	struct kmm_vmalloc *v = window(mm, KMM_LINUX_6_1, BLOCK);
	uint64_t a[BLOCK], other;

	(void)state;
	for (unsigned i = 0; i < BLOCK; i += 32)
		a[i] = kmm_vm_map_ram(v, 0, pages, 32);
	for (unsigned i = 0; i < BLOCK; i += 32) {
		assert_int_equal(stats(v).lazy_areas, 0);
		kmm_vm_unmap_ram(v, a[i], 32);
	}
	assert_int_equal(stats(v).lazy_areas, 1);
	assert_int_equal(stats(v).lazy_pages, BLOCK);
	other = kmm_vm_map_ram(v, 0, pages, 8);
	kmm_vm_unmap_ram(v, other, 8);
	assert_int_equal(stats(v).areas, 1);
	kmm_vm_unmap_aliases(v);
	assert_int_equal(stats(v).areas, 0);
	assert_int_equal(stats(v).lazy_areas, 0);
	assert_int_equal(stats(v).tlb_flushes, 1); /* one for all */
	/* A block that is in use stays, but what was unmapped in it is flushed. */
	other = kmm_vm_map_ram(v, 0, pages, 1);
	a[0] = kmm_vm_map_ram(v, 0, pages, 1);
	kmm_vm_unmap_ram(v, other, 1);
	kmm_vm_unmap_aliases(v);
	assert_int_equal(stats(v).areas, 1);
	assert_int_equal(stats(v).tlb_flushes, 2);
	kmm_vm_unmap_aliases(v);
	assert_int_equal(stats(v).tlb_flushes, 2);
	kmm_vmalloc_destroy(v);
	machine_done(mm);
}

static void test_long(void **state)
{
	struct kmm *mm = machine(KMM_LINUX_6_1);
	struct kmm_vmalloc *v = window(mm, KMM_LINUX_6_1, BLOCK);
	uint64_t at = kmm_vm_map_ram(v, 0, pages, 65), block;

	(void)state;
	assert_int_equal(stats(v).ram_blocks, 0);
	assert_int_equal(stats(v).used, 65 * PAGE); /* no guard page */
	block = kmm_vm_map_ram(v, 0, pages, 64);
	assert_int_equal(stats(v).ram_blocks, 1);
	/* What is none, or of another length. */
	kmm_vm_unmap_ram(v, at, 64);
	kmm_vm_unmap_ram(v, at + PAGE, 64);
	kmm_vm_unmap_ram(v, block, 32);
	kmm_vm_unmap_ram(v, block + 64 * PAGE, 1);
	kmm_free_vm_area(v, block);
	kmm_vunmap(v, at);
	assert_int_equal(stats(v).bad_frees, 6);
	kmm_vm_unmap_ram(v, at, 65);
	kmm_vm_unmap_ram(v, block, 64);
	kmm_vm_unmap_ram(v, block, 64);
	assert_int_equal(stats(v).bad_frees, 7);
	kmm_vmalloc_destroy(v);
	machine_done(mm);
}

/* 128 GiB count as the window of 64 bits: for two CPUs the block is as long as any can be. */
static void test_sizes(void **state)
{
	struct kmm *mm = machine(KMM_LINUX_6_1), *old = machine(KMM_LINUX_2_6);
	struct kmm_vmalloc *v = window(mm, KMM_LINUX_6_1, 0);
	struct kmm_vmalloc_config c;

	(void)state;
	assert_int_equal(kmm_vm_map_ram(v, 0, pages, 1) % (1024 * PAGE), 0);
	assert_int_equal(stats(v).used, 1024 * PAGE);
	kmm_vmalloc_destroy(v);
	/* i386: 120 MiB or so, a sixteenth of it for two CPUs. */
	kmm_vmalloc_config_init(&c, KMM_X86_32, KMM_LINUX_6_1, UINT64_C(888) << 20);
	v = kmm_vmalloc_create(mm, &c);
	assert_true(kmm_vm_map_ram(v, 0, pages, 32));
	assert_int_equal(stats(v).used, 512 * PAGE);
	assert_true(kmm_vm_map_ram(v, 0, pages, 33));
	assert_int_equal(stats(v).used, 545 * PAGE);
	kmm_vmalloc_destroy(v);
	/* It came with 2.6.28. */
	v = window(old, KMM_LINUX_2_6, 0);
	assert_int_equal(kmm_vm_map_ram(v, 0, pages, 1), 0);
	kmm_vmalloc_destroy(v);
	machine_done(old);
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_blocks_go),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
