// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules as people write them, and what is said of those that are wrong. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/rules.h"

static void test_parse(void **state)
{
	struct rules s;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(rules_parse(&s, "f",
				     "# a comment\n\nunusable_index[9] < 0.5 at end # why\n"
				     "  waste(kmalloc-cg) <= 15 %\nfallbacks/s>10 max\r\n"
				     "vmstat(compact_stall)/s != -1e3 mean",
				     &e),
			 0);
	assert_int_equal(s.count, 4);
	assert_string_equal(s.r[0].metric, "unusable_index");
	assert_int_equal(s.r[0].order, 9);
	assert_int_equal(s.r[0].line, 3);
	assert_string_equal(s.r[0].text, "unusable_index[9] < 0.5 at end");
	assert_int_equal(s.r[0].when, RULE_END);
	assert_string_equal(s.r[1].name, "kmalloc-cg");
	assert_true(s.r[1].percent && fabs(s.r[1].limit - 0.15) < 1e-12);
	assert_int_equal(s.r[1].compare, RULE_LE);
	assert_string_equal(s.r[2].metric, "fallbacks/s");
	assert_int_equal(s.r[2].when, RULE_MAX);
	assert_int_equal(s.r[2].order, -1);
	assert_string_equal(s.r[3].metric, "vmstat/s");
	assert_int_equal(s.r[3].compare, RULE_NE);
	assert_true(s.r[3].limit == -1000);
	rules_free(&s);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *words;
	} bad[] = {
		{ "", "no rule" },
		{ "# nothing\n", "no rule" },
		{ "< 5", "line 1, column 1: expected the name" },
		{ "lost", "line 1, column 5: expected <" },
		{ "lost = 5", "expected <" },
		{ "lost <", "expected a number" },
		{ "lost < nan", "expected a number" },
		{ "\nunusable_index[x] < 1", "line 2, column 15: expected [ORDER]" },
		{ "unusable_index[99] < 1", "expected [ORDER]" },
		{ "waste() < 1", "expected (NAME)" },
		{ "waste(x < 1", "expected (NAME)" },
		{ "lost < 5 sometimes", "line 1, column 10: expected %" },
		{ "lost < 5 maximum", "expected %" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct rules s;
		struct err e = { 0 };

		assert_int_equal(rules_parse(&s, "f", bad[i].text, &e), -EINVAL);
		if (!strstr(e.text, bad[i].words))
			fail_msg("'%s': %s", bad[i].text, e.text);
		assert_int_equal(s.count, 0);
	}
}

static bool value(void *arg, const struct rule *r, double *v, double *error, char why[120])
{
	(void)arg;
	*error = 0.25;
	if (!strcmp(r->metric, "five"))
		*v = 5;
	else if (!strcmp(r->metric, "nothing"))
		*v = NAN;
	else
		snprintf(why, 120, "unheard of");
	return strcmp(r->metric, "what") != 0;
}

/* Nothing that cannot be judged passes. */
static void test_judge(void **state)
{
	static const char text[] = "five < 6\nfive < 5\nfive <= 5\nfive > 5\nfive >= 5\nfive == 5\n"
				   "five != 5\nnothing < 1\nwhat > 0\n";
	static const enum rule_verdict want[] = { RULE_PASSED, RULE_FAILED,  RULE_PASSED,
						  RULE_FAILED, RULE_PASSED,  RULE_PASSED,
						  RULE_FAILED, RULE_UNKNOWN, RULE_UNKNOWN };
	unsigned failed, unknown;
	struct rules s;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(rules_parse(&s, "f", text, &e), 0);
	rules_judge(&s, value, NULL, &failed, &unknown);
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++)
		assert_int_equal(s.r[i].verdict, want[i]);
	assert_int_equal(failed, 3);
	assert_int_equal(unknown, 2);
	assert_string_equal(s.r[8].why, "unheard of");
	rules_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_judge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
