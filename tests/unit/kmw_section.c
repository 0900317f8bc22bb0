// SPDX-License-Identifier: GPL-2.0-or-later
/* Sections: what is written is read again, and no damage of a single byte goes unnoticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "workload/kmw_section.h"

static uint8_t body[50000];

/* The bytes of one section, written at position `at` of a file. */
static char *write_one(enum kmw_compression c, size_t len, uint64_t at, size_t *size)
{
	struct kmw_packer *p = kmw_packer_new();
	struct err e = { 0 };
	char *data = NULL;
	FILE *f = open_memstream(&data, size);
	uint64_t end = at;

	for (uint64_t i = 0; i < at; i++)
		putc('.', f);
	if (kmw_section_write(f, &end, p, KMW_SECTION_FILE, c, "plain", 5, body, len, &e))
		fail_msg("%s", e.text);
	fclose(f);
	assert_int_equal(end, *size);
	kmw_packer_free(p);
	return data;
}

static void test_round_trip(void **state)
{
	static const size_t lens[] = { 0, 1, 100, sizeof(body) };
	struct kmw_packer *p = kmw_packer_new();
	static uint8_t out[sizeof(body)];

	(void)state;
	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)(i / 7);
	for (int c = KMW_NONE; c <= KMW_ZSTD; c++)
		for (unsigned i = 0; i < 4; i++) {
			struct kmw_section s;
			size_t size;
			char *data = write_one((enum kmw_compression)c, lens[i], 24, &size);

			assert_int_equal(kmw_section_parse((uint8_t *)data, size, 24, &s, NULL), 0);
			assert_int_equal(s.end, size);
			assert_int_equal(s.raw_len, lens[i]);
			assert_int_equal(s.plain_len, 5);
			assert_memory_equal(s.plain, "plain", 5);
			assert_int_equal(kmw_section_unpack(&s, p, out, NULL), 0);
			assert_memory_equal(out, body, lens[i]);
			if (c != KMW_NONE && lens[i] == sizeof(body))
				assert_true(s.stored_len < s.raw_len / 4);
			free(data);
		}
	kmw_packer_free(p);
}

static void test_damage(void **state)
{
	struct kmw_section s;
	struct err e = { 0 };
	size_t size;
	char *data = write_one(KMW_ZSTD, 2000, 24, &size);

	(void)state;
	for (size_t i = 24; i < size; i++) {
		data[i] ^= 0x10;
		assert_true(kmw_section_parse((uint8_t *)data, size, 24, &s, &e) < 0);
		assert_true(strstr(e.text, "offset 24"));
		data[i] ^= 0x10;
	}
	for (size_t n = 0; n < size; n++)
		assert_true(kmw_section_parse((uint8_t *)data, n, 24, &s, &e) < 0);
	assert_true(kmw_section_parse((uint8_t *)data, size, UINT64_MAX - 10, &s, &e) < 0);
	/* A section at another place than it was written for. */
	memmove(data, data + 24, size - 24);
	assert_true(kmw_section_parse((uint8_t *)data, size - 24, 0, &s, &e) < 0);
	assert_non_null(strstr(e.text, "belongs elsewhere"));
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests_name("kmw_section", tests, NULL, NULL);
}
