// SPDX-License-Identifier: GPL-2.0-or-later
/* Version 7: sections behind options, packed or not, as trace-cmd.dat.v7(5) describes them. */
#include "tests/unit/trace_file.h"

#include "trace/datfile.h"

static void packings(void **state)
{
	const enum dw_packing packing[] = { DW_PLAIN, DW_ZLIB, DW_ZSTD };
	const char *const name[] = { "none", "zlib", "zstd" };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct trace_file f;
		struct datfile d;
		struct err e = { 0 };

		file_begin(&f, (struct dw_options){ .cpus = 2,
						    .version = 7,
						    .packing = packing[i],
						    .big_endian = i == 1,
						    .instance = "side" });
		page_alloc(&f, 0, 10, 1, 0, 0xcc0);
		file_end(&f);
		assert_int_equal(datfile_open(&d, f.path, &e), 0);
		assert_int_equal(d.version, 7);
		assert_string_equal(d.compression, name[i]);
		assert_int_equal(d.big_endian, i == 1);
		assert_true(d.format_count >= 2);
		assert_int_equal(d.buffer_count, 2);
		assert_string_equal(d.buffers[1].name, "side");
		assert_int_equal(d.buffers[0].packed, i > 0);
		datfile_close(&d);
		file_drop(&f);
	}
}

/* A list of names may end early, as trace-cmd extract has been seen to write it: what is there is used. */
static void short_names(void **state)
{
	static const char names[] = "7 seven\n8 eight\n";
	struct trace_file f;
	struct datfile d;
	struct err e = { 0 };
	uint8_t *text, size[8] = { 200 };
	size_t len;
	long at = -1;
	FILE *file;

	(void)state;
	file_begin(&f, (struct dw_options){ .version = 7 });
	f.w.cmdlines = strdup(names);
	page_alloc(&f, 0, 10, 1, 0, 0xcc0);
	file_end(&f);
	file = fopen(f.path, "r+b");
	assert_non_null(file);
	text = malloc(1 << 20);
	len = fread(text, 1, 1 << 20, file);
	for (size_t i = 8; i + sizeof(names) < len && at < 0; i++)
		if (!memcmp(text + i, names, sizeof(names) - 1))
			at = (long)i - 8;
	assert_true(at > 0);
	fseek(file, at, SEEK_SET);
	assert_int_equal(fwrite(size, 1, 8, file), 8);
	fclose(file);
	free(text);
	assert_int_equal(datfile_open(&d, f.path, &e), 0);
	assert_non_null(d.cut_names);
	assert_int_equal(d.cmdlines.len, sizeof(names) - 1);
	assert_memory_equal(d.cmdlines.text, names, sizeof(names) - 1);
	datfile_close(&d);
	file_drop(&f);
}

/* Option sections that name each other would never end. */
static void nothing_goes_round(void **state)
{
	struct trace_file f;
	struct datfile d;
	struct err e = { 0 };
	uint8_t byte;
	FILE *file;
	int refused = 0;

	(void)state;
	file_begin(&f, (struct dw_options){ .version = 7 });
	page_alloc(&f, 0, 10, 1, 0, 0xcc0);
	file_end(&f);
	/* Each of the first bytes, the place of the options among them, with other values. */
	for (long at = 10; at < 60; at++) {
		file = fopen(f.path, "r+b");
		fseek(file, at, SEEK_SET);
		assert_int_equal(fread(&byte, 1, 1, file), 1);
		fseek(file, at, SEEK_SET);
		fputc(byte ^ 0x41, file);
		fclose(file);
		e = (struct err){ 0 };
		if (datfile_open(&d, f.path, &e) < 0) {
			assert_true(e.text[0]);
			refused++;
		} else {
			datfile_close(&d);
		}
		file = fopen(f.path, "r+b");
		fseek(file, at, SEEK_SET);
		fputc(byte, file);
		fclose(file);
	}
	assert_true(refused > 5);
	file_drop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packings),
		cmocka_unit_test(short_names),
		cmocka_unit_test(nothing_goes_round),
	};

	return cmocka_run_group_tests_name("trace_dat7", tests, NULL, NULL);
}
