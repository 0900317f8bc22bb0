// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Type flags against the kernel's numbers: GFP_KERNEL is 0xd0 in 2.6.24 and 0xcc0 in
 * 5.10 and later, GFP_ATOMIC 0x20, 0xa20 and (6.12) 0x820; and sets that trace points of
 * the captures print in words.
 */
#include <errno.h>

#include "mm_machine.h"

#include "mm/kmm_gfp.h"

/* The kernel's own bits, from its gfp.h. */
static const struct {
	kmm_gfp bit;
	unsigned long v2_6, v5_10;
} numbers[] = {
	{ KMM_GFP_DMA, 0x1, 0x1 },
	{ KMM_GFP_HIGHMEM, 0x2, 0x2 },
	{ KMM_GFP_DMA32, 0x4, 0x4 },
	{ KMM_GFP_MOVABLE, 0x100000, 0x8 },
	{ KMM_GFP_RECLAIMABLE, 0x80000, 0x10 },
	{ KMM_GFP_WAIT, 0x10, 0 },
	{ KMM_GFP_HIGH, 0x20, 0x20 },
	{ KMM_GFP_IO, 0x40, 0x40 },
	{ KMM_GFP_FS, 0x80, 0x80 },
	{ KMM_GFP_COLD, 0x100, 0 },
	{ KMM_GFP_ZERO, 0x8000, 0x100 },
	{ KMM_GFP_ATOMIC, 0, 0x200 },
	{ KMM_GFP_DIRECT_RECLAIM, 0, 0x400 },
	{ KMM_GFP_KSWAPD_RECLAIM, 0, 0x800 },
	{ KMM_GFP_NOWARN, 0x200, 0x2000 },
	{ KMM_GFP_RETRY_MAYFAIL, 0x400, 0x4000 },
	{ KMM_GFP_NOFAIL, 0x800, 0x8000 },
	{ KMM_GFP_NORETRY, 0x1000, 0x10000 },
	{ KMM_GFP_COMP, 0x4000, 0x40000 },
	{ KMM_GFP_NOMEMALLOC, 0x10000, 0x80000 },
	{ KMM_GFP_HARDWALL, 0x20000, 0x100000 },
	{ KMM_GFP_THISNODE, 0x40000, 0x200000 },
	{ KMM_GFP_ACCOUNT, 0, 0x400000 },
};

static unsigned long number_of(enum kmm_generation g, kmm_gfp gfp)
{
	unsigned long n = 0;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (gfp & numbers[i].bit)
			n |= g == KMM_LINUX_2_6 ? numbers[i].v2_6 : numbers[i].v5_10;
	return n;
}

static void check_number(enum kmm_generation g, enum kmm_gfp_type type, unsigned long want)
{
	assert_true(kmm_gfp_of(g, type) >= 0);
	assert_int_equal(number_of(g, (kmm_gfp)kmm_gfp_of(g, type)), want);
	assert_null(kmm_gfp_problem(g, (kmm_gfp)kmm_gfp_of(g, type)));
}

static void test_types(void **state)
{
	(void)state;
	check_number(KMM_LINUX_2_6, KMM_GFP_TYPE_NOWAIT, 0);
	check_number(KMM_LINUX_2_6, KMM_GFP_TYPE_ATOMIC, 0x20);
	check_number(KMM_LINUX_2_6, KMM_GFP_TYPE_NOIO, 0x10);
	check_number(KMM_LINUX_2_6, KMM_GFP_TYPE_NOFS, 0x50);
	check_number(KMM_LINUX_2_6, KMM_GFP_TYPE_KERNEL, 0xd0);
	check_number(KMM_LINUX_2_6, KMM_GFP_TYPE_USER, 0x200d0);
	check_number(KMM_LINUX_2_6, KMM_GFP_TYPE_HIGHUSER, 0x200d2);
	check_number(KMM_LINUX_2_6, KMM_GFP_TYPE_DMA, 0x1);
	check_number(KMM_LINUX_5_10, KMM_GFP_TYPE_ATOMIC, 0xa20);
	check_number(KMM_LINUX_6_1, KMM_GFP_TYPE_ATOMIC, 0xa20);
	check_number(KMM_LINUX_6_18, KMM_GFP_TYPE_ATOMIC, 0x820);
	check_number(KMM_LINUX_6_18, KMM_GFP_TYPE_NOWAIT, 0x2800);
	for (enum kmm_generation g = KMM_LINUX_5_10; g <= KMM_LINUX_6_18; g++) {
		check_number(g, KMM_GFP_TYPE_KERNEL, 0xcc0);
		check_number(g, KMM_GFP_TYPE_KERNEL_ACCOUNT, 0x400cc0);
		check_number(g, KMM_GFP_TYPE_NOFS, 0xc40);
		check_number(g, KMM_GFP_TYPE_NOIO, 0xc00);
		check_number(g, KMM_GFP_TYPE_USER, 0x100cc0);
		check_number(g, KMM_GFP_TYPE_HIGHUSER, 0x100cc2);
		check_number(g, KMM_GFP_TYPE_HIGHUSER_MOVABLE, 0x100cca);
		check_number(g, KMM_GFP_TYPE_TRANSHUGE_LIGHT, 0x1c20ca);
		check_number(g, KMM_GFP_TYPE_TRANSHUGE, 0x1c24ca);
	}
	/* No kernel has them all. */
	assert_int_equal(kmm_gfp_of(KMM_LINUX_2_6, KMM_GFP_TYPE_KERNEL_ACCOUNT), -1);
	assert_int_equal(kmm_gfp_of(KMM_LINUX_6_1, KMM_GFP_TYPE_TEMPORARY), -1);
}

static void check_words(enum kmm_generation g, const char *text)
{
	char back[200];
	kmm_gfp gfp;

	assert_int_equal(kmm_gfp_parse(g, text, &gfp), 0);
	assert_int_equal(kmm_gfp_format(g, gfp, back, sizeof(back)), strlen(text));
	assert_string_equal(back, text);
}

static void test_words(void **state)
{
	kmm_gfp gfp;
	char small[8];

	(void)state;
	check_words(KMM_LINUX_6_1, "GFP_KERNEL|__GFP_ZERO");
	check_words(KMM_LINUX_6_1, "GFP_HIGHUSER_MOVABLE|__GFP_ZERO|__GFP_COMP");
	check_words(KMM_LINUX_6_1, "GFP_NOWAIT|__GFP_NORETRY|__GFP_COMP|__GFP_NOMEMALLOC");
	check_words(KMM_LINUX_6_18, "__GFP_HIGH");
	check_words(KMM_LINUX_2_6, "GFP_KERNEL|__GFP_REPEAT|__GFP_COLD");
	check_words(KMM_LINUX_2_6, "GFP_NOIO|__GFP_FS");
	check_words(KMM_LINUX_6_1, "0");
	/* Each kernel its own words. */
	assert_int_equal(kmm_gfp_parse(KMM_LINUX_6_1, "__GFP_COLD", &gfp), -EINVAL);
	assert_int_equal(kmm_gfp_parse(KMM_LINUX_6_1, "__GFP_REPEAT", &gfp), -EINVAL);
	assert_int_equal(kmm_gfp_parse(KMM_LINUX_6_1, "__GFP_WAIT", &gfp), -EINVAL);
	assert_int_equal(kmm_gfp_parse(KMM_LINUX_2_6, "__GFP_RECLAIM", &gfp), -EINVAL);
	assert_int_equal(kmm_gfp_parse(KMM_LINUX_6_18, "__GFP_ATOMIC", &gfp), -EINVAL);
	assert_int_equal(kmm_gfp_parse(KMM_LINUX_6_1, "GFP_KERNEL|", &gfp), -EINVAL);
	assert_int_equal(kmm_gfp_parse(KMM_LINUX_6_1, "", &gfp), -EINVAL);
	assert_int_equal(kmm_gfp_format(KMM_LINUX_6_1, GFP_KERNEL, small, sizeof(small)), 10);
	assert_string_equal(small, "GFP_KER");
}

static void test_rules(void **state)
{
	(void)state;
	assert_null(kmm_gfp_problem(KMM_LINUX_6_1, GFP_KERNEL | KMM_GFP_NOFAIL));
	assert_non_null(kmm_gfp_problem(KMM_LINUX_6_1, GFP_ATOMIC | KMM_GFP_NOFAIL));
	assert_non_null(
		kmm_gfp_problem(KMM_LINUX_6_1, GFP_KERNEL | KMM_GFP_NOFAIL | KMM_GFP_NORETRY));
	assert_non_null(kmm_gfp_problem(KMM_LINUX_6_1, KMM_GFP_DMA | KMM_GFP_HIGHMEM));
	assert_non_null(kmm_gfp_problem(KMM_LINUX_6_1, KMM_GFP_DMA | KMM_GFP_DMA32));
	assert_non_null(kmm_gfp_problem(KMM_LINUX_6_1, KMM_GFP_DMA32 | KMM_GFP_HIGHMEM));
	assert_null(kmm_gfp_problem(KMM_LINUX_6_1, KMM_GFP_MOVABLE | KMM_GFP_HIGHMEM));
	assert_non_null(kmm_gfp_problem(KMM_LINUX_6_1, KMM_GFP_MOVABLE | KMM_GFP_RECLAIMABLE));
	assert_non_null(kmm_gfp_problem(KMM_LINUX_6_1, GFP_KERNEL | KMM_GFP_COLD));
	assert_true(kmm_gfp_may_sleep(GFP_KERNEL));
	assert_true(kmm_gfp_may_sleep(KMM_GFP_WAIT));
	assert_false(kmm_gfp_may_sleep(GFP_ATOMIC));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
