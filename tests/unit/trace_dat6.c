// SPDX-License-Identifier: GPL-2.0-or-later
/* Version 6, as trace-cmd.dat.v6(5) describes it. */
#include "tests/unit/trace_file.h"

#include "trace/datfile.h"

static void parts_of_a_file(void **state)
{
	struct trace_file f;
	struct datfile d;
	struct err e = { 0 };

	(void)state;
	file_begin(&f, (struct dw_options){ .cpus = 3, .clock = "mono", .offset = 12345 });
	page_alloc(&f, 1, 10, 1, 0, 0xcc0);
	file_end(&f);
	assert_int_equal(datfile_open(&d, f.path, &e), 0);
	assert_int_equal(d.version, 6);
	assert_int_equal(d.long_size, 8);
	assert_false(d.big_endian);
	assert_int_equal(d.page_size, DW_PAGE);
	assert_string_equal(d.clock, "mono");
	assert_int_equal(d.time_offset, 12345);
	assert_true(d.format_count >= 2);
	assert_int_equal(d.buffer_count, 1);
	assert_int_equal(d.buffers[0].cpu_count, 3);
	assert_int_equal(d.buffers[0].cpus[1].size, DW_PAGE);
	assert_int_equal(d.buffers[0].cpus[0].size, 0);
	assert_false(d.buffers[0].packed);
	datfile_close(&d);
	file_drop(&f);
}

static void instances(void **state)
{
	struct trace_file f;
	struct datfile d;
	struct err e = { 0 };

	(void)state;
	file_begin(&f, (struct dw_options){ .cpus = 2, .instance = "side" });
	page_alloc(&f, 0, 10, 1, 0, 0xcc0);
	file_end(&f);
	assert_int_equal(datfile_open(&d, f.path, &e), 0);
	assert_int_equal(d.buffer_count, 2);
	assert_string_equal(d.buffers[0].name, "");
	assert_string_equal(d.buffers[1].name, "side");
	datfile_close(&d);
	file_drop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_of_a_file),
		cmocka_unit_test(instances),
	};

	return cmocka_run_group_tests_name("trace_dat6", tests, NULL, NULL);
}
