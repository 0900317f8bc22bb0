// SPDX-License-Identifier: GPL-2.0-or-later
/* Event types by the capture's own format texts, through libtraceevent. */
#include "tests/unit/trace_file.h"

#include <event-parse.h>

#include "trace/types.h"

static void formats(void **state)
{
	struct trace_file f;
	struct datfile d;
	struct types ts;
	struct tep_event *te;
	struct err e = { 0 };

	(void)state;
	file_begin(&f, (struct dw_options){ .cpus = 1 });
	/* Neither a name nor a number, a number out of range, a format that cannot be parsed. */
	dw_format(&f.w, "odd", strdup("nothing of the kind\n"));
	dw_format(&f.w, "odd",
		  strdup("name: far\nID: 99999999\nformat:\n" COMMON "\n\nprint fmt: \"\"\n"));
	dw_format(&f.w, "odd", strdup("name: bad\nID: 600\nformat:\n\tfield:;;;offset:x;\n"));
	/* Of the right name, but without its page frame. */
	dw_format(&f.w, "kmem",
		  strdup("name: mm_page_free\nID: 601\nformat:\n" COMMON
			 "\tfield:int other;\toffset:8;\tsize:4;\tsigned:1;\n\n"
			 "print fmt: \"%d\", REC->other\n"));
	page_alloc(&f, 0, 10, 1, 0, 0xcc0);
	file_end(&f);
	assert_int_equal(datfile_open(&d, f.path, &e), 0);
	assert_int_equal(types_init(&ts, &d, 8, &e), 0);
	assert_true(ts.common.usual);
	assert_non_null(ts.by_id[501]);
	assert_int_equal(ts.by_id[501]->binding.kind, EVENT_MM_PAGE_ALLOC);
	assert_string_equal(ts.by_id[501]->name, "mm_page_alloc");
	assert_int_equal(ts.by_id[502]->binding.kind, EVENT_KFREE);
	assert_true(ts.kinds[EVENT_KFREE]);
	assert_non_null(ts.by_id[601]);
	assert_int_equal(ts.by_id[601]->binding.kind, EVENT_OTHER);
	assert_null(ts.by_id[601]->binding.gfp);
	te = types_tep_event(&ts, 501);
	assert_non_null(te);
	assert_int_equal(tep_find_field(te, "gfp_flags")->offset, 24);
	assert_null(types_tep_event(&ts, 12345));
	assert_non_null(types_printable(&ts, 501));
	types_free(&ts);
	datfile_close(&d);
	file_drop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats),
	};

	return cmocka_run_group_tests_name("trace_types", tests, NULL, NULL);
}
