// SPDX-License-Identifier: GPL-2.0-or-later
/* datscrub_record: of markers the recorder's own words stay, and of others their length alone. */
#define _GNU_SOURCE
#include "tests/unit/trace_scrubbed.h"

static void markers(void **state)
{
	static const struct {
		const char *text;
		bool stays;
	} of[] = {
		{ "snap: before begin", true },
		{ "snap: after/zoneinfo end", true },
		{ "snap: snap-0001/buddyinfo begin", true },
		{ "snap: before", true },
		/* A path, another word, what only begins like one, and what is none. */
		{ "snap: /home/" SECRET, false },
		{ "snap: " SECRET, false },
		{ "snap: after/a/" SECRET, false },
		{ "snap: before <" SECRET ">", false },
		{ "snap", false },
		{ SECRET, false },
	};
	const unsigned n = sizeof(of) / sizeof(*of);
	struct datscrub_result res;
	struct trace_file f;
	struct rebase key;
	struct err e = { 0 };
	struct trace *t;
	struct event ev;
	char path[64];

	(void)state;
	file_begin(&f, (struct dw_options){ .version = 6, .cpus = 1 });
	dw_format(&f.w, NULL, strdup(print_format));
	for (unsigned i = 0; i < n; i++)
		add_text(&f, 10 + i, of[i].text);
	file_end(&f);
	fclose(scrub(f.path, &key, false, path, 0, &res));
	t = trace_open(path, NULL, &e);
	assert_non_null(t);
	for (unsigned i = 0; i < n; i++) {
		size_t len = strlen(of[i].text);

		assert_int_equal(trace_next(t, &ev, &e), 1);
		assert_int_equal(ev.print.len, len);
		if (of[i].stays)
			assert_memory_equal(ev.print.text, of[i].text, len);
		else
			assert_int_equal(strspn(ev.print.text, "."), len);
	}
	assert_int_equal(trace_next(t, &ev, &e), 0);
	trace_close(t);
	rebase_free(&key);
	unlink(path);
	file_drop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(markers),
	};

	return cmocka_run_group_tests_name("trace_datscrub_record", tests, NULL, NULL);
}
