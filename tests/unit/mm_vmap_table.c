// SPDX-License-Identifier: GPL-2.0-or-later
/* Page tables: one a 2 MiB and one above it a GiB on x86-64; one a 4 MiB on i386. */
#include "mm_machine.h"

#include "mm/vmap_area.h"

static uint64_t tables(enum kmm_arch arch, uint64_t offset, uint64_t size)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 4096);
	struct kmm_vmalloc_config c;
	struct kmm_vmalloc *v;
	uint64_t n;

	assert_int_equal(kmm_seed_boot(mm, 0, 4096, KMM_MOVABLE), 0);
	kmm_vmalloc_config_init(&c, arch, KMM_LINUX_6_1, UINT64_C(512) << 20);
	v = kmm_vmalloc_create(mm, &c);
	assert_int_equal(vmap_table_fill(v, 0, c.start + offset, size, 0), 0);
	assert_int_equal(vmap_table_fill(v, 0, c.start + offset, size, 0), 0); /* nothing new */
	n = v->stats.table_pages;
	kmm_vmalloc_destroy(v);
	kmm_drain_pages(mm, 0, 0, KMM_ZONES);
	assert_int_equal(kmm_zone_free_pages(mm, 0), 4096);
	machine_done(mm);
	return n;
}

static void test_counts(void **state)
{
	uint64_t mib = UINT64_C(1) << 20;

	(void)state;
	assert_int_equal(tables(KMM_X86_64, 0, 4096), 2);
	assert_int_equal(tables(KMM_X86_64, 0, 2 * mib), 2);
	assert_int_equal(tables(KMM_X86_64, 2 * mib - 4096, 8192), 3);
	assert_int_equal(tables(KMM_X86_64, 1024 * mib - 4096, 8192), 4);
	assert_int_equal(tables(KMM_X86_64, 0, 100 * mib), 51);
	assert_int_equal(tables(KMM_X86_32, 0, 4 * mib), 1);
	assert_int_equal(tables(KMM_X86_32_PAE, 0, 4 * mib), 2);
	assert_int_equal(tables(KMM_X86_32, 0, 64 * mib), 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_counts) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
