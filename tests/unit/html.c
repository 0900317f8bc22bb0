// SPDX-License-Identifier: GPL-2.0-or-later
/* html: no text of a capture can act as markup; numbers are grouped and cut to what matters. */
#define _GNU_SOURCE
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/html.h"

#define BAD "\xef\xbf\xbd"

static char text[4096];

static FILE *begin(void)
{
	FILE *f = fmemopen(text, sizeof(text), "w");

	assert_non_null(f);
	text[0] = 0; /* nothing at all is written where there is no output */
	return f;
}

static void expect_text(const char *in, const char *want)
{
	FILE *f = begin();

	html_text(f, in);
	fclose(f);
	assert_string_equal(text, want);
}

static void expect_real(double v, int digits, const char *want)
{
	FILE *f = begin();

	html_real(f, v, digits);
	fclose(f);
	assert_string_equal(text, want);
}

static void text_is_inert(void **state)
{
	(void)state;
	expect_text("<script>alert('x' & \"y\")</script>",
		    "&lt;script&gt;alert(&#39;x&#39; &amp; &quot;y&quot;)&lt;/script&gt;");
	expect_text("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		    "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
	expect_text("a\xff"
		    "b\xc3",
		    "a" BAD "b" BAD);
	expect_text("\xc0\xbc", BAD BAD); /* an overlong '<' */
	expect_text("\xe0\x80\xbc", BAD BAD BAD);
	expect_text("\xed\xa0\x80", BAD BAD BAD); /* half a surrogate pair */
	expect_text("a\x1b[31m\x7f", "a" BAD "[31m" BAD);
	expect_text("x\xe2\x80\xaey", "x" BAD "y"); /* turns the direction of writing */
	expect_text(NULL, "");
}

static void numbers(void **state)
{
	FILE *f;

	(void)state;
	f = begin();
	html_count(f, 1234567);
	fclose(f);
	assert_string_equal(text, "1,234,567");
	expect_real(0.066, 3, "0.066");
	expect_real(93.4, 4, "93.4");
	expect_real(19.05587, 4, "19.06");
	expect_real(5492, 9, "5,492");
	expect_real(1234567.891, 4, "1,234,568");
	expect_real(-2.5, 3,
		    "\xe2\x88\x92"
		    "2.5");
	expect_real(0, 3, "0");
	expect_real(NAN, 3, "\xe2\x80\x93");
	expect_real(1e300, 4, "1e+300");
	f = begin();
	html_kib(f, 468132);
	fclose(f);
	assert_string_equal(text, "457 MiB");
	f = begin();
	html_kib(f, 1048000); /* no 1,023.4 MiB that is rounded to 1,024 */
	fclose(f);
	assert_string_equal(text, "1,023 MiB");
	f = begin();
	html_kib(f, 1048412);
	fclose(f);
	assert_string_equal(text, "1 GiB");
}

static void expect_percent(double share, const char *want)
{
	FILE *f = begin();

	html_percent(f, share);
	fclose(f);
	assert_string_equal(text, want);
}

static void percents(void **state)
{
	(void)state;
	expect_percent(0, "0\xc2\xa0%");
	expect_percent(0.0004, "&lt;0.1\xc2\xa0%");
	expect_percent(0.0005, "0.1\xc2\xa0%");
	expect_percent(0.484, "48.4\xc2\xa0%");
	expect_percent(0.9996, "&gt;99.9\xc2\xa0%");
	expect_percent(1, "100\xc2\xa0%");
	expect_percent(NAN, "\xe2\x80\x93");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_inert),
		cmocka_unit_test(numbers),
		cmocka_unit_test(percents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
