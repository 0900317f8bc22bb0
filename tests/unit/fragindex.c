// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fragindex: the kernel is the judge.  Each capture has the kernel's own
 * unusable_index and extfrag_index beside a buddyinfo.  The files were read one
 * after the other, so that in some zones a few pages moved between them; where
 * none did, ours must agree to the last digit.  In none of these was memory so
 * fragmented that the external index differs from -1; fragindex.txt beside this
 * file is from a machine made for that, read while nothing moved.
 */
#define _GNU_SOURCE
#include <glob.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/fragindex.h"

#define ORDERS 11
#define ZONES 16

/* "Node 0, zone DMA32 v v v ...": the values. */
static bool zone_line(const char *line, double v[ORDERS])
{
	const char *p = strstr(line, "zone");
	char *q;
	int skip = 0;

	if (!p || sscanf(p, "zone %*s%n", &skip) < 0 || !skip)
		return false;
	p += skip;
	for (int o = 0; o < ORDERS; o++, p = q)
		v[o] = strtod(p, &q);
	return true;
}

/* The values of each zone's line; returns the number of lines. */
static int read_lines(const char *path, double v[ZONES][ORDERS])
{
	FILE *f = fopen(path, "r");
	char line[512];
	int n = 0;

	if (!f)
		return 0;
	while (n < ZONES && fgets(line, sizeof(line), f))
		n += zone_line(line, v[n]);
	fclose(f);
	return n;
}

static int milli(double v)
{
	return (int)lround(v * 1000);
}

/* Zone lines of one snapshot, and those of them that agree in every order. */
static void compare(const char *buddyinfo, unsigned *lines, unsigned *equal)
{
	double blocks[ZONES][ORDERS], unusable[ZONES][ORDERS], external[ZONES][ORDERS];
	int n = read_lines(buddyinfo, blocks),
	    dir = (int)strlen(buddyinfo) - (int)strlen("buddyinfo");
	char path[4096];

	snprintf(path, sizeof(path), "%.*sextfrag_unusable_index", dir, buddyinfo);
	if (read_lines(path, unusable) != n)
		return;
	snprintf(path, sizeof(path), "%.*sextfrag_extfrag_index", dir, buddyinfo);
	assert_int_equal(read_lines(path, external), n);
	for (int z = 0; z < n; z++) {
		uint64_t b[ORDERS];
		unsigned agree = 0;

		for (int o = 0; o < ORDERS; o++)
			b[o] = (uint64_t)blocks[z][o];
		for (unsigned o = 0; o < ORDERS; o++) {
			int u = fragindex_unusable_milli(b, ORDERS, o), ku = milli(unusable[z][o]);

			assert_in_range(abs(u - ku), 0, 30);
			agree += u == ku &&
				 fragindex_external_milli(b, ORDERS, o) == milli(external[z][o]);
		}
		(*lines)++;
		*equal += agree == ORDERS;
	}
}

static void agrees_with_the_kernel(void **state)
{
	const char *traces = getenv("KMEMLAB_TRACES");
	unsigned lines = 0, equal = 0;
	char pattern[4096];
	glob_t g;

	(void)state;
	snprintf(pattern, sizeof(pattern), "%s/*/*/buddyinfo",
		 traces ? traces : "../shared/traces");
	if (glob(pattern, 0, NULL, &g)) {
		print_message("no captures at %s\n", pattern);
		skip();
	}
	for (size_t i = 0; i < g.gl_pathc; i++)
		compare(g.gl_pathv[i], &lines, &equal);
	globfree(&g);
	if (!lines) {
		print_message("no capture has extfrag_unusable_index\n");
		skip();
	}
	print_message("%u of %u zones agree to the last digit\n", equal, lines);
	assert_true(2 * equal > lines);
}

/* The next heading "@NAME" and the zone lines after it; returns their number, -1 at the end. */
static int read_table(FILE *f, const char *name, double v[ZONES][ORDERS])
{
	char line[512], heading[64];
	long before;
	int n = -1;

	snprintf(heading, sizeof(heading), "@%s", name);
	while (n < ZONES && (before = ftell(f)) >= 0 && fgets(line, sizeof(line), f)) {
		if (n < 0) {
			n = strncmp(line, heading, strlen(heading)) ? n : 0;
		} else if (zone_line(line, v[n])) {
			n++;
		} else {
			fseek(f, before, SEEK_SET);
			break;
		}
	}
	return n;
}

/* Every figure, to the last digit, on a machine where blocks of high orders had run out. */
static void agrees_on_a_fragmented_machine(void **state)
{
	double blocks[ZONES][ORDERS], unusable[ZONES][ORDERS], external[ZONES][ORDERS];
	unsigned lines = 0, fragmented = 0;
	FILE *f = fopen("tests/unit/fragindex.txt", "r");
	int n;

	(void)state;
	assert_non_null(f);
	while ((n = read_table(f, "buddyinfo", blocks)) >= 0) {
		assert_int_equal(read_table(f, "unusable_index", unusable), n);
		assert_int_equal(read_table(f, "extfrag_index", external), n);
		for (int z = 0; z < n; z++, lines++) {
			uint64_t b[ORDERS];

			for (int o = 0; o < ORDERS; o++)
				b[o] = (uint64_t)blocks[z][o];
			for (unsigned o = 0; o < ORDERS; o++) {
				assert_int_equal(fragindex_unusable_milli(b, ORDERS, o),
						 milli(unusable[z][o]));
				assert_int_equal(fragindex_external_milli(b, ORDERS, o),
						 milli(external[z][o]));
				fragmented += external[z][o] > 0;
			}
		}
	}
	fclose(f);
	assert_int_equal(lines, 20);
	assert_in_range(fragmented, 20, lines * ORDERS);
}

static void worked_example(void **state)
{
	/* docs/metrics.md: 5, 3, 0, 2 free blocks of orders 0 to 3 are 27 pages */
	static const uint64_t b[ORDERS] = { 5, 3, 0, 2 };

	(void)state;
	assert_int_equal(fragindex_pages(b, ORDERS), 27);
	assert_int_equal(fragindex_suitable(b, ORDERS, 2), 4);
	assert_true(fabs(fragindex_unusable(b, ORDERS, 2) - 11 / 27.0) < 1e-12);
	assert_int_equal(fragindex_unusable_milli(b, ORDERS, 2), 407);
	assert_true(fragindex_external(b, ORDERS, 3) == -1);
	assert_true(fabs(fragindex_external(b, ORDERS, 4) - (1 - (1 + 27 / 16.0) / 10)) < 1e-12);
}

static void nothing_free(void **state)
{
	static const uint64_t b[ORDERS];

	(void)state;
	for (unsigned o = 0; o < ORDERS; o++) {
		assert_true(fragindex_unusable(b, ORDERS, o) == 1);
		assert_true(fragindex_external(b, ORDERS, o) == 0);
		assert_int_equal(fragindex_external_milli(b, ORDERS, o), 0);
		assert_int_equal(fragindex_unusable_milli(b, ORDERS, o), 1000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_the_kernel),
		cmocka_unit_test(agrees_on_a_fragmented_machine),
		cmocka_unit_test(worked_example),
		cmocka_unit_test(nothing_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
