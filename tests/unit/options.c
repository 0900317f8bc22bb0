// SPDX-License-Identifier: GPL-2.0-or-later
/* options: the command line as GNU programs take it, and as those do that run another command. */
#define _GNU_SOURCE
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/options.h"

static bool quiet, quick;
static const char *file;
static uint64_t size;
static double from;
static int shade;
static struct option_list names;
static const char *const shades[] = { "light", "dark", NULL };

static struct option options[] = {
	{ "quiet", 'q', OPTION_FLAG, &quiet, NULL, NULL, "say nothing" },
	{ "quick", 'k', OPTION_FLAG, &quick, NULL, NULL, "be quick" },
	{ "file", 'f', OPTION_STRING, &file, "FILE", NULL, "a file" },
	{ "size", 's', OPTION_UINT, &size, "N", NULL, "how much" },
	{ "from", 0, OPTION_SECONDS, &from, "S", NULL, "since when" },
	{ "shade", 0, OPTION_CHOICE, &shade, "SHADE", shades, "which" },
	{ "name", 'n', OPTION_LIST, &names, "NAME", NULL, "one more" },
	{ 0 },
};
static struct command command = { .name = "test", .options = options };

#define ARGS 16
static char *args[ARGS];

/* Parse a line of words; its result, and the operands in args. */
static int parse(const char *line, int *operands, struct err *e)
{
	static char words[256];
	int n = 1;

	quiet = quick = false;
	file = NULL;
	size = 0;
	free(names.items);
	names = (struct option_list){ 0 };
	snprintf(words, sizeof(words), "%s", line);
	args[0] = "test";
	for (char *w = strtok(words, " "); w && n < ARGS - 1; w = strtok(NULL, " "))
		args[n++] = w;
	args[n] = NULL;
	*e = (struct err){ 0 };
	return options_parse(&command, n, args, operands, e);
}

static int setup(void **state)
{
	(void)state;
	command.runs_command = false;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(names.items);
	names = (struct option_list){ 0 };
	return 0;
}

static void every_form_of_a_value(void **state)
{
	struct err e;
	int n;

	(void)state;
	assert_int_equal(parse("--file a -s4k -qk --from start --shade dark -n x --name=y", &n, &e),
			 0);
	assert_int_equal(n, 0);
	assert_null(args[0]);
	assert_string_equal(file, "a");
	assert_int_equal(size, 4096);
	assert_true(quiet && quick);
	assert_true(isinf(from) && from < 0);
	assert_int_equal(shade, 1);
	assert_int_equal(names.count, 2);
	assert_string_equal(names.items[1], "y");
}

static void operands_stand_anywhere(void **state)
{
	struct err e;
	int n;

	(void)state;
	assert_int_equal(parse("one -q two -- -f", &n, &e), 0);
	assert_int_equal(n, 3);
	assert_string_equal(args[0], "one");
	assert_string_equal(args[1], "two");
	assert_string_equal(args[2], "-f");
	assert_null(args[3]);
	assert_true(quiet);
	assert_null(file);
}

/* What is given to exec ends where its arguments do, whatever stood before it. */
static void a_command_keeps_its_options(void **state)
{
	static const char *const lines[] = { "-q -s 1 make -f x", "-q -s 1 -- make -f x" };
	struct err e;
	int n;

	(void)state;
	command.runs_command = true;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(parse(lines[i], &n, &e), 0);
		assert_int_equal(n, 3);
		assert_string_equal(args[0], "make");
		assert_string_equal(args[1], "-f");
		assert_string_equal(args[2], "x");
		assert_null(args[3]);
		assert_null(file);
		assert_true(quiet);
	}
}

static void prefixes(void **state)
{
	struct err e;
	int n;

	(void)state;
	assert_int_equal(parse("--fi a", &n, &e), 0);
	assert_string_equal(file, "a");
	assert_int_equal(parse("--qui", &n, &e), -EINVAL);
	assert_string_equal(e.text, "--qui may be --quiet or --quick");
}

static void what_is_wrong_is_said(void **state)
{
	static const struct {
		const char *line, *text;
	} wrong[] = {
		{ "--nothing", "unknown option --nothing" },
		{ "-x", "unknown option -x" },
		{ "--quiet=1", "--quiet takes no value" },
		{ "--file", "--file needs a value (FILE)" },
		{ "-f", "-f needs a value (FILE)" },
	};
	struct err e;
	int n;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_int_equal(parse(wrong[i].line, &n, &e), -EINVAL);
		assert_string_equal(e.text, wrong[i].text);
	}
	assert_int_equal(parse("-q --help", &n, &e), 1);
	assert_int_equal(parse("-qh", &n, &e), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_form_of_a_value, setup, teardown),
		cmocka_unit_test_setup_teardown(operands_stand_anywhere, setup, teardown),
		cmocka_unit_test_setup_teardown(a_command_keeps_its_options, setup, teardown),
		cmocka_unit_test_setup_teardown(prefixes, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_wrong_is_said, setup, teardown),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
