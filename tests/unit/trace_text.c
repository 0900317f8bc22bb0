// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The words of trace-cmd report; tests/interop/trace-cmd.sh compares whole
 * captures.  Here: symbols, no flags, an event that only libtraceevent knows.
 */
#include "tests/unit/trace_file.h"

#include "trace/trace.h"

static void lines(void **state)
{
	static const char *const want[] = {
		"pfn=0x1f order=1 migratetype=1 gfp_flags=GFP_KERNEL|__GFP_NOWARN",
		"pfn=0x20 order=0 migratetype=1 gfp_flags=none",
		"call_site=first+0x10 ptr=0xffff888000001000",
		"call_site=0xffffffff81000300 ptr=(nil)",
		"seven=7",
	};
	struct trace_file f;
	struct err e = { 0 };
	struct trace *t;
	struct event ev;
	uint8_t rec[12] = { 0 };

	(void)state;
	file_begin(&f, (struct dw_options){ .cpus = 1 });
	dw_format(
		&f.w, "odd",
		strdup("name: seven\nID: 700\nformat:\n" COMMON
		       "\tfield:int n;\toffset:8;\tsize:4;\tsigned:1;\n\nprint fmt: \"seven=%d\", REC->n\n"));
	f.w.kallsyms = strdup("ffffffff81000000 T first\nffffffff81000200 T second\n");
	page_alloc(&f, 0, 10, 0x1f, 1, 0x2cc0);
	page_alloc(&f, 0, 11, 0x20, 0, 0);
	kfree_event(&f, 0, 12, 0xffffffff81000010, 0xffff888000001000);
	kfree_event(&f, 0, 13, 0xffffffff81000300, 0); /* behind the last symbol */
	dw_store(&f.w, rec, 700, 2);
	dw_store(&f.w, rec + 8, 7, 4);
	assert_true(dw_add(&f.w, 0, 0, 14, rec, sizeof(rec)));
	file_end(&f);
	t = trace_open(f.path, NULL, &e);
	assert_non_null(t);
	for (unsigned i = 0; i < 5; i++) {
		char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);

		assert_int_equal(trace_next(t, &ev, &e), 1);
		assert_int_equal(trace_event_text(t, &ev, out), 0);
		fclose(out);
		assert_string_equal(text, want[i]);
		free(text);
	}
	trace_close(t);
	file_drop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
	};

	return cmocka_run_group_tests_name("trace_text", tests, NULL, NULL);
}
