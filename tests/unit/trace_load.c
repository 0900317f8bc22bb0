// SPDX-License-Identifier: GPL-2.0-or-later
/* Values out of records: failed allocations, byte orders, short records, the window of times. */
#include "tests/unit/trace_file.h"

#include "trace/trace.h"

static void values(void **state)
{
	(void)state;
	for (unsigned big = 0; big < 2; big++) {
		struct trace_file f;
		struct err e = { 0 };
		struct trace *t;
		struct event ev;

		file_begin(&f, (struct dw_options){ .big_endian = big });
		page_alloc(&f, 0, 1000, 0xabcdef, 2, 0xcc8);
		page_alloc(&f, 0, 1001, UINT64_MAX, 9, 0xcc0);
		kfree_event(&f, 0, 1002, 0xffffffff81234567, 0xffff888012345678);
		file_end(&f);
		t = trace_open(f.path, NULL, &e);
		assert_non_null(t);
		assert_int_equal(trace_info(t)->big_endian, big);
		assert_int_equal(trace_next(t, &ev, &e), 1);
		assert_int_equal(ev.time, 1000);
		assert_int_equal(ev.pid, 77);
		assert_int_equal(ev.page.pfn, 0xabcdef);
		assert_int_equal(ev.page.order, 2);
		assert_true(ev.page.gfp & KMM_GFP_MOVABLE);
		assert_int_equal(trace_next(t, &ev, &e), 1);
		assert_true(ev.page.pfn == EVENT_NO_PFN);
		assert_int_equal(trace_next(t, &ev, &e), 1);
		assert_int_equal(ev.kind, EVENT_KFREE);
		assert_int_equal(ev.object.call_site, 0xffffffff81234567);
		assert_int_equal(ev.object.ptr, 0xffff888012345678);
		assert_int_equal(trace_next(t, &ev, &e), 0);
		trace_close(t);
		file_drop(&f);
	}
}

/* A record that ends before its fields do is an event of no kind. */
static void a_short_record(void **state)
{
	uint8_t rec[12] = { 0 };
	struct trace_file f;
	struct err e = { 0 };
	struct trace *t;
	struct event ev;

	(void)state;
	file_begin(&f, (struct dw_options){ .cpus = 1 });
	dw_store(&f.w, rec, 501, 2);
	assert_true(dw_add(&f.w, 0, 0, 5, rec, sizeof(rec)));
	file_end(&f);
	t = trace_open(f.path, NULL, &e);
	assert_non_null(t);
	assert_int_equal(trace_next(t, &ev, &e), 1);
	assert_int_equal(ev.kind, EVENT_OTHER);
	trace_close(t);
	file_drop(&f);
}

static void windows_and_masks(void **state)
{
	const uint8_t second[] = { 0, 1 };
	struct trace_options o = { .from = 1020, .to = 1030 };
	struct trace_file f;
	struct err e = { 0 };
	struct trace *t;
	struct event ev;
	unsigned n = 0;

	(void)state;
	file_begin(&f, (struct dw_options){ .cpus = 2 });
	for (unsigned i = 0; i < 100; i++)
		page_alloc(&f, i & 1, 1000 + i, i, 0, 0xcc0);
	file_end(&f);
	t = trace_open(f.path, &o, &e);
	assert_non_null(t);
	while (trace_next(t, &ev, &e) > 0) {
		assert_in_range(ev.time, 1020, 1030);
		n++;
	}
	assert_int_equal(n, 11);
	trace_close(t);
	o = (struct trace_options){ .cpu_mask = second, .cpu_mask_len = 2 };
	t = trace_open(f.path, &o, &e);
	assert_non_null(t);
	for (n = 0; trace_next(t, &ev, &e) > 0; n++)
		assert_int_equal(ev.cpu, 1);
	assert_int_equal(n, 50);
	trace_close(t);
	file_drop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(a_short_record),
		cmocka_unit_test(windows_and_masks),
	};

	return cmocka_run_group_tests_name("trace_load", tests, NULL, NULL);
}
