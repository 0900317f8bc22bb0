// SPDX-License-Identifier: GPL-2.0-or-later
/* Fields are found by name, wherever they stand and however wide they are. */
#include "tests/unit/trace_file.h"

#include <event-parse.h>

#include "trace/bind.h"

static void bind(struct binding *b, const char *text, bool swap, bool wanted)
{
	struct tep_handle *tep = tep_alloc();
	size_t len = strlen(text);
	struct tep_event *te;

	tep_set_long_size(tep, 8);
	assert_int_equal(tep_parse_event(tep, text, len, "kmem"), 0);
	te = tep_find_event(tep, 501);
	assert_non_null(te);
	assert_int_equal(bind_event(b, te, text, (uint32_t)len, swap), wanted);
	tep_free(tep);
}

/* The order of 6.1, another one, and 4-byte flags, as 6.x kernels have them. */
static void fields_may_move(void **state)
{
	struct binding a, b;
	struct intern names;
	struct event ev = { .time = 0 };
	uint8_t rec[48] = { 0 };
	uint64_t pfn = 0x12345;
	uint32_t order = 3, gfp = 0xcc0, type = 2;

	(void)state;
	assert_int_equal(intern_init(&names), 0);
	bind(&a, PAGE_ALLOC_FORMAT, false, true);
	memcpy(rec + 8, &pfn, 8);
	memcpy(rec + 16, &order, 4);
	memcpy(rec + 24, &gfp, 4);
	memcpy(rec + 32, &type, 4);
	assert_true(bind_load(&a, rec, 36, &ev, &names));
	assert_int_equal(ev.kind, EVENT_MM_PAGE_ALLOC);
	assert_int_equal(ev.page.pfn, 0x12345);
	assert_int_equal(ev.page.order, 3);
	assert_int_equal(ev.page.migratetype, 2);
	assert_true(ev.page.gfp & KMM_GFP_DIRECT_RECLAIM);
	assert_int_equal(bind_raw_gfp(&a, rec), 0xcc0);
	bind(&b,
	     "name: mm_page_alloc\nID: 501\nformat:\n" COMMON
	     "\tfield:int migratetype;\toffset:8;\tsize:4;\tsigned:1;\n"
	     "\tfield:gfp_t gfp_flags;\toffset:12;\tsize:4;\tsigned:0;\n"
	     "\tfield:unsigned char order;\toffset:16;\tsize:1;\tsigned:0;\n"
	     "\tfield:unsigned long pfn;\toffset:24;\tsize:8;\tsigned:0;\n\n"
	     "print fmt: \"gfp_flags=%s\", __print_flags(REC->gfp_flags, \"|\", {0xcc0, "
	     "\"GFP_KERNEL\"}, {0x40, \"__GFP_IO\"}, {0x80, \"__GFP_FS\"}, {0x400, "
	     "\"__GFP_DIRECT_RECLAIM\"}, {0x800, \"__GFP_KSWAPD_RECLAIM\"})\n",
	     false, true);
	memset(rec, 0, sizeof(rec));
	memcpy(rec + 8, &type, 4);
	memcpy(rec + 12, &gfp, 4);
	rec[16] = 3;
	memcpy(rec + 24, &pfn, 8);
	assert_true(bind_load(&b, rec, 32, &ev, &names));
	assert_int_equal(ev.page.pfn, 0x12345);
	assert_int_equal(ev.page.order, 3);
	assert_int_equal(ev.page.migratetype, 2);
	assert_true(ev.page.gfp & KMM_GFP_DIRECT_RECLAIM);
	bind_free(&a);
	bind_free(&b);
	intern_free(&names);
}

static void names(void **state)
{
	(void)state;
	assert_true(bind_wants("kmem", "mm_page_alloc"));
	assert_true(bind_wants("kmem", "mm_page_free_direct")); /* mm_page_free before 3.3 */
	assert_true(bind_wants("kmem", "mm_pagevec_free"));	/* mm_page_free_batched */
	assert_false(bind_wants("sched", "mm_page_alloc"));
	assert_false(bind_wants("kmem", "rss_stat"));
}

/* What an event cannot do without is missing: it is of no kind, and nothing is kept. */
static void lacking_fields(void **state)
{
	struct binding b;

	(void)state;
	bind(&b,
	     "name: mm_page_alloc\nID: 501\nformat:\n" COMMON
	     "\tfield:int migratetype;\toffset:8;\tsize:4;\tsigned:1;\n\nprint fmt: \"\"\n",
	     false, false);
	assert_int_equal(b.kind, EVENT_OTHER);
	assert_null(b.gfp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_may_move),
		cmocka_unit_test(names),
		cmocka_unit_test(lacking_fields),
	};

	return cmocka_run_group_tests_name("trace_bind", tests, NULL, NULL);
}
