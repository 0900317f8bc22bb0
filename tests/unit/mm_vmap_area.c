// SPDX-License-Identifier: GPL-2.0-or-later
/* Ranges of the window: a long random run of every kind with all sums checked. */
#include "mm_machine.h"

#include "mm/vmap_area.h"

static uint32_t next_random(uint64_t *x)
{
	*x = *x * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*x >> 33);
}

static void run(enum kmm_generation g, unsigned steps)
{
	struct kmm *mm = machine_of(g, 4096);
	struct kmm_vmalloc_config c;
	struct kmm_vmalloc_stats s;
	struct kmm_vmalloc *v;
	uint64_t held[64], seed = 11;
	unsigned n = 0;
	char why[200];

	assert_int_equal(kmm_seed_boot(mm, 0, 4096, KMM_MOVABLE), 0);
	kmm_vmalloc_config_init(&c, KMM_X86_32, g, UINT64_C(896) << 20);
	c.end = c.start + (UINT64_C(4) << 20); /* tight: failures and purges */
	c.lazy_max = 64;
	c.huge = true;
	c.huge_order = 4;
	v = kmm_vmalloc_create(mm, &c);
	assert_non_null(v);
	for (unsigned i = 0; i < steps; i++) {
		uint32_t r = next_random(&seed), bytes = ((r >> 8 & 63) + 1) * 3000;
		unsigned cpu = r >> 30 & 1;

		if (n < 64 && r % 100 < 60) {
			uint64_t addr = 0;

			switch (r >> 16 & 3) {
			case 0:
				addr = kmm_ioremap(v, cpu, 0x10000000u + (r & 0xfff), bytes);
				break;
			case 1:
				addr = kmm_get_vm_area(v, cpu, bytes, KMM_VM_MAP);
				break;
			default:
				addr = kmm_vmalloc(v, cpu, bytes);
				break;
			}
			if (addr)
				held[n++] = addr;
		} else if (n) {
			unsigned k = r % n;

			/* Two of these three are refused. */
			kmm_vfree(v, cpu, held[k]);
			kmm_iounmap(v, held[k]);
			kmm_vunmap(v, held[k]);
			held[k] = held[--n];
		}
		if (kmm_vmalloc_validate(v, why, sizeof(why)))
			fail_msg("step %u: %s", i, why);
	}
	kmm_vmalloc_stats(v, &s);
	assert_true(s.failed > 100);
	assert_int_equal(s.allocs - s.frees, n);
	assert_true(g == KMM_LINUX_2_6 ? s.tlb_flushes >= s.frees : s.purges > 100);
	assert_true(g != KMM_LINUX_6_18 || s.pool_hits > 100);
	kmm_vmalloc_destroy(v);
	kmm_drain_pages(mm, 0, 0, KMM_ZONES);
	kmm_drain_pages(mm, 0, 1, KMM_ZONES);
	assert_int_equal(kmm_zone_free_pages(mm, 0), 4096);
	machine_done(mm);
}

static void test_random(void **state)
{
	(void)state;
	run(KMM_LINUX_2_6, 100000);
	run(KMM_LINUX_6_1, 100000);
	run(KMM_LINUX_6_18, 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_random) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
