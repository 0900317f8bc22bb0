// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/trace_file.h"

#include "trace/trace.h"

static void names_of_processes(void **state)
{
	struct trace_file f;
	struct err e = { 0 };
	struct trace *t;

	(void)state;
	file_begin(&f, (struct dw_options){ .cpus = 1 });
	f.w.cmdlines = strdup(
		"1 init\n77 a name with blanks\nnonsense\n78\n  79 kworker/0:1\n"
		"80 this-name-is-longer-than-any-kernel-would-ever-save-it-by-far-and-more\n"
		"81 last");
	page_alloc(&f, 0, 10, 1, 0, 0xcc0);
	file_end(&f);
	t = trace_open(f.path, NULL, &e);
	assert_non_null(t);
	assert_string_equal(trace_comm(t, 0), "<idle>");
	assert_string_equal(trace_comm(t, 1), "init");
	assert_string_equal(trace_comm(t, 77), "a name with blanks");
	assert_string_equal(trace_comm(t, 79), "kworker/0:1");
	assert_string_equal(trace_comm(t, 81), "last");
	assert_null(trace_comm(t, 78));
	assert_null(trace_comm(t, 80));
	assert_null(trace_comm(t, -1));
	trace_close(t);
	file_drop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_processes),
	};

	return cmocka_run_group_tests_name("trace_comms", tests, NULL, NULL);
}
