// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * printfmt: what kernels write passes wherever libtraceevent can make something of it, and what
 * no kernel writes does not.
 */
#define _GNU_SOURCE
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <event-parse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "trace/datfile.h"
#include "trace/printfmt.h"

/* libtraceevent forgets parts of the formats that it refuses; asked by LeakSanitizer, where that is built in. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libtraceevent.so";
}

/* Does libtraceevent understand it? */
static bool parses(const char *text, size_t len)
{
	struct tep_handle *tep = tep_alloc();
	const char *id = memmem(text, len, "\nID: ", 5);
	struct tep_event *te;
	bool good;

	assert_true(tep && id);
	tep_set_loglevel(TEP_LOG_NONE);
	good = !tep_parse_event(tep, text, len, "x");
	te = tep_find_event(tep, atoi(id + 5));
	good &= te && !(te->flags & TEP_EVENT_FL_FAILED);
	tep_free(tep);
	return good;
}

static void passes_if_it_parses(const char *name, const char *text, size_t len, unsigned *both)
{
	/* A divisor out of the record may be 0; one event of thermal sees to that in another way. */
	if (!parses(text, len) || memmem(text, len, "/ REC->", 7))
		return;
	if (!printfmt_sane(text, len))
		fail_msg("%s: %.*s", name, (int)len, text);
	++*both;
}

static void of_the_bundled_capture(void **state)
{
	struct datfile d;
	struct err e = { 0 };
	unsigned both = 0;

	(void)state;
	assert_int_equal(datfile_open(&d, "traces/amd64-6.1-small/trace.dat", &e), 0);
	for (uint32_t i = 0; i < d.format_count; i++)
		passes_if_it_parses(d.formats[i].system, d.formats[i].text, d.formats[i].len,
				    &both);
	datfile_close(&d);
	assert_true(both >= 20);
}

/* Those of all events that this machine's kernel has. */
static void of_this_kernel(void **state)
{
	unsigned both = 0;
	glob_t all;

	(void)state;
	if (glob("/sys/kernel/tracing/events/*/*/format", 0, NULL, &all)) {
		print_message("no tracefs\n");
		skip();
	}
	for (size_t i = 0; i < all.gl_pathc; i++) {
		static char text[1 << 20];
		FILE *f = fopen(all.gl_pathv[i], "r");
		size_t len = f ? fread(text, 1, sizeof(text), f) : 0;

		if (len)
			passes_if_it_parses(all.gl_pathv[i], text, len, &both);
		if (f)
			fclose(f);
	}
	globfree(&all);
	print_message("%u formats\n", both);
	assert_true(both >= 100);
}

#define FIELDS                                                                                   \
	"name: x\nID: 1\nformat:\n\tfield:unsigned short common_type;\toffset:0;\tsize:2;\n"     \
	"\n\tfield:int a;\toffset:8;\n\tfield:u8 b[16];\toffset:12;\n\tfield:unsigned long f;\n" \
	"\tfield:__data_loc char[] name;\n\tfield:dev_t dev;\n\tfield:size_t len;\n"             \
	"\tfield:struct page * page;\n\tfield:int order;\n\n"

static bool sane(const char *print)
{
	char text[4096];

	snprintf(text, sizeof(text), FIELDS "print fmt: %s\n", print);
	return printfmt_sane(text, strlen(text));
}

static void by_hand(void **state)
{
	static const char *const good[] = {
		"\"\"",
		"\"page=%p order=%d\", REC->page, REC->order",
		"\"a\" \"b %s\", (REC->a) ? \"yes\" : \"no\"",
		"\"%s\", __print_flags(REC->f, \"|\", {(unsigned long)(((gfp_t)0x400u)|((gfp_t)(1UL << 6))), \"A\"}, { 0, ((void *)0) })",
		"\"%s\", __print_symbolic(REC->f, { 0, \"A_\" \"B\" }, { X_Y, \"C\" }, { -1, 0 })",
		"\"%d\", (unsigned long)-4095",
		"\"%d,%d\", ((unsigned int) ((REC->dev) >> 20)), ((unsigned int) ((REC->dev) & ((1U << 20) - 1)))",
		"\"%.*s\", REC->len, __get_str(name)",
		"\"%d\", REC->a / 1000 % 0x10",
		"\"%c\", REC->a[0] ? 'x' : '.'",
	};
	/* As libfuzzer and a kernel that lies would write it. */
	static const char *const bad[] = {
		"",
		"REC->page",
		"\"a",
		"\"a\",",
		"\"a\", REC->",
		"\"a\", REC->no_such_field",
		"\"a\", REC->ag",
		"\"a\", __print_flags(REC->fkernels, \"|\", {0xd0, \"A\"})",
		"\"a\", __get_str(names)",
		"\"a\", (REC->a",
		"\"a\", REC->a ?",
		"\"a\", REC->a ? 1",
		"\"a\", (REC->f) ? __print_flags(REC->flag\xce\xff\xdd\x83{0xd0, \"A\"}) : \"B\"",
		"\"a\", __print_flags(REC->f, \"|\")",
		"\"a\", __print_flags(REC->f, {0, \"A\"})",
		"\"a\", __print_symbolic(REC->f, {0 \"A\"})",
		"\"a\", __get_str(1)",
		"\"a\", __get_str(a",
		"\"a\", somebodys_own(REC->a)",
		"\"a\", REC->a / REC->b",
		"\"a\", REC->a % 0x0",
		"\"%1000000000d\", REC->a",
		"\"%*d\", REC->a, REC->b",
		"\"a\" REC->a",
		"\"a\", REC->a }",
		"\"a\x01\"",
	};
	char deep[2000] = "\"a\", ";

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (!sane(good[i]))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (sane(bad[i]))
			fail_msg("let through: %s", bad[i]);
	for (unsigned i = 0; i < 500; i++)
		strcat(deep, "(");
	strcat(deep, "1");
	for (unsigned i = 0; i < 500; i++)
		strcat(deep, ")");
	assert_false(sane(deep));
	assert_false(printfmt_sane("name: x\nID: 1\n", 14));
}

/* Nothing is read behind the text's end: each beginning of one, in memory of its own. */
static void cut_off(void **state)
{
	static const char text[] = FIELDS
		"print fmt: \"a %.3d\", (int)REC->a ? __print_flags(REC->f, "
		"\"|\", {(1UL << 3), \"A\"}, {0, 0}) : 'c' == 0x10";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		char *copy = malloc(n + !n);

		memcpy(copy, text, n);
		printfmt_sane(copy, n);
		free(copy);
	}
	assert_true(printfmt_sane(text, sizeof(text) - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_the_bundled_capture),
		cmocka_unit_test(of_this_kernel),
		cmocka_unit_test(by_hand),
		cmocka_unit_test(cut_off),
	};

	return cmocka_run_group_tests_name("trace_printfmt", tests, NULL, NULL);
}
