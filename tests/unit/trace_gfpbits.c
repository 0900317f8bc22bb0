// SPDX-License-Identifier: GPL-2.0-or-later
/* GFP numbers of three kernels, by the names in their print formats (include/linux/gfp.h of each). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "trace/gfpbits.h"

#define KERNEL (KMM_GFP_IO | KMM_GFP_FS | KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM)

static void parse(struct gfpbits *g, const char *text)
{
	gfpbits_parse(g, text, (uint32_t)strlen(text));
}

static void linux_6_1(void **state)
{
	static struct gfpbits g;
	char text[256];

	(void)state;
	parse(&g, "print fmt: \"gfp_flags=%s\", __print_flags(REC->gfp_flags, \"|\", {( unsigned "
		  "long)(((( gfp_t)(0x400u|0x800u)) | (( gfp_t)0x40u) | (( gfp_t)0x80u))), "
		  "\"GFP_KERNEL\"}, {( unsigned long)(( gfp_t)0x02u), \"__GFP_HIGHMEM\"}, {( "
		  "unsigned long)(( gfp_t)0x08u), \"__GFP_MOVABLE\"}, {( unsigned long)(( "
		  "gfp_t)0x2000u), \"__GFP_NOWARN\"}, {( unsigned long)(( gfp_t)0x40u), "
		  "\"__GFP_IO\"}, {( unsigned long)(( gfp_t)0x80u), \"__GFP_FS\"}, {( unsigned "
		  "long)(( gfp_t)0x400u), \"__GFP_DIRECT_RECLAIM\"}, {( unsigned long)(( "
		  "gfp_t)0x800u), \"__GFP_KSWAPD_RECLAIM\"})");
	assert_int_equal(gfpbits_get(&g, 0), 0);
	assert_int_equal(gfpbits_get(&g, 0xcc0), KERNEL);
	assert_int_equal(gfpbits_get(&g, 0xcc0 | 0x2008),
			 KERNEL | KMM_GFP_NOWARN | KMM_GFP_MOVABLE);
	assert_int_equal(gfpbits_get(&g, 0xcc0), KERNEL); /* remembered */
	gfpbits_text(&g, 0xcc0 | 0x2000, text, sizeof(text));
	assert_string_equal(text, "GFP_KERNEL|__GFP_NOWARN");
	gfpbits_text(&g, 0x40, text, sizeof(text));
	assert_string_equal(text, "__GFP_IO");
}

/* 2.6.32 to 4.3: WAIT is 0x10 and means both kinds of reclaim; RECLAIMABLE is 0x80000. */
static void linux_2_6_32(void **state)
{
	static struct gfpbits g;
	kmm_gfp got;

	(void)state;
	parse(&g,
	      "print fmt: \"gfp_flags=%s\", (REC->gfp_flags) ? __print_flags(REC->gfp_flags, "
	      "\"|\", {(unsigned long)(((gfp_t)0x10u) | ((gfp_t)0x40u) | ((gfp_t)0x80u)), "
	      "\"GFP_KERNEL\"}, {(unsigned long)((gfp_t)0x80000u), \"GFP_RECLAIMABLE\"}, {(unsigned "
	      "long)((gfp_t)0x10u), \"GFP_WAIT\"}, {(unsigned long)((gfp_t)0x40u), \"GFP_IO\"}, "
	      "{(unsigned long)((gfp_t)0x80u), \"GFP_FS\"}) : \"GFP_NOWAIT\"");
	got = gfpbits_get(&g, 0xd0);
	assert_true(got & KMM_GFP_DIRECT_RECLAIM);
	assert_int_equal(got & (KMM_GFP_IO | KMM_GFP_FS), KMM_GFP_IO | KMM_GFP_FS);
	assert_true(gfpbits_get(&g, 0x80000) & KMM_GFP_RECLAIMABLE);
	assert_false(gfpbits_get(&g, 0x10) & KMM_GFP_RECLAIMABLE); /* which it is today */
}

/* A hostile text names a flag that is no number, or never ends. */
static void nonsense_gives_nothing(void **state)
{
	static struct gfpbits g;
	char text[8];

	(void)state;
	parse(&g, "__print_flags(REC->gfp_flags, \"|\", {((((((, \"__GFP_IO\"}, {0x40, \"");
	gfpbits_text(&g, UINT64_MAX, text, sizeof(text));
	assert_true(strlen(text) < sizeof(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(linux_6_1),
		cmocka_unit_test(linux_2_6_32),
		cmocka_unit_test(nonsense_gives_nothing),
	};

	return cmocka_run_group_tests_name("trace_gfpbits", tests, NULL, NULL);
}
