// SPDX-License-Identifier: GPL-2.0-or-later
/* kallsyms: the kernel's symbols in order, those of modules behind them, and what is none of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine/kallsyms.h"

static const char text[] = "0000000000000000 A fixed_percpu_data\n"
			   "0000000000001000 a absolute\n"
			   "0000000000000000 T hidden\n"
			   "ffffffff81000000 T _text\n"
			   "ffffffff81000000 t startup\n"
			   "FFFFFFFF81000100 T vmalloc\n"
			   "ffffffff81000200 T vmalloc_user\n"
			   "ffffffff81000300 t twice\n"
			   "no symbol at all\n"
			   "ffffffff81000400 T\n"
			   "ffffffffc0000200 t second\t[module]\n"
			   "ffffffffc0000100 t first\t[module]\n"
			   "ffffffff81000180 t between\t[module]\n"
			   "ffffffff81000280 t twice\t[vmalloc]\n"
			   "ffffffffc0000300 t last";

static struct kallsyms *parse(const char *s, size_t len)
{
	struct err e = { 0 };
	struct kallsyms *k = kallsyms_parse(s, len, &e);

	assert_non_null(k);
	return k;
}

static void symbols_stand_by_address(void **state)
{
	struct kallsyms *k = parse(text, strlen(text));
	uint64_t off;

	(void)state;
	assert_int_equal(kallsyms_count(k), 10);
	/* of aliases the first in the file */
	assert_string_equal(kallsyms_lookup(k, 0xffffffff81000010, &off), "_text");
	assert_int_equal(off, 0x10);
	assert_string_equal(kallsyms_lookup(k, 0xffffffff8100017f, &off), "vmalloc");
	assert_string_equal(kallsyms_lookup(k, 0xffffffff81000180, &off), "between");
	assert_string_equal(kallsyms_lookup(k, 0xffffffffc0000150, &off), "first");
	assert_string_equal(kallsyms_lookup(k, 0xffffffffc0000300, &off), "last");
	/* nobody knows how far the last one reaches */
	assert_null(kallsyms_lookup(k, 0xffffffffc0000301, &off));
	assert_null(kallsyms_lookup(k, 0x1000, &off));
	kallsyms_free(k);
}

static void a_function_ends_where_the_next_symbol_starts(void **state)
{
	static const char *const names[] = { "vmalloc", "_text",  "twice",    "last",
					     "malloc",	"vmallo", "[module]", "hidden" };
	static const char *const alike[] = { "vmalloc_user", "vmalloc_none", "vmalloc" };
	struct kallsyms_range r[8];

	(void)state;
	assert_int_equal(kallsyms_ranges(text, strlen(text), names, 8, r), 0);
	assert_int_equal(r[0].start, 0xffffffff81000100);
	assert_int_equal(r[0].end, 0xffffffff81000180);
	/* past its alias */
	assert_int_equal(r[1].end, 0xffffffff81000100);
	/* of two of a name the lower one */
	assert_int_equal(r[2].start, 0xffffffff81000280);
	assert_int_equal(r[2].end, 0xffffffff81000300);
	assert_int_equal(r[3].end, r[3].start + 4096);
	/* parts of names, modules and hidden addresses are no functions */
	for (unsigned i = 4; i < 8; i++)
		assert_int_equal(r[i].start, 0);
	assert_int_equal(kallsyms_ranges(text, strlen(text), alike, 3, r), 0);
	assert_int_equal(r[0].start, 0xffffffff81000200);
	assert_int_equal(r[1].start, 0);
	assert_int_equal(r[2].start, 0xffffffff81000100);
	assert_int_equal(kallsyms_ranges(NULL, 0, names, 8, r), 0);
	assert_int_equal(r[0].start, 0);
}

static void nothing_is_an_empty_table(void **state)
{
	struct kallsyms *k = parse("", 0);

	(void)state;
	assert_int_equal(kallsyms_count(k), 0);
	assert_null(kallsyms_lookup(k, 1, NULL));
	kallsyms_free(k);
}

/* Whose an address is and how far a function reaches are the same afterwards; the rest is gone. */
static void what_is_used_is_cut_out(void **state)
{
	static const char *const functions[] = { "second", "nowhere" };
	struct err e = { 0 };
	struct map code;
	char *cut = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&cut, &len);

	(void)state;
	assert_non_null(f);
	assert_int_equal(map_init(&code, 4), 0);
	assert_int_equal(map_put(&code, 0xffffffff81000010, 0), 0);
	assert_int_equal(map_put(&code, 0xffffffff81000180, 0), 0);
	assert_int_equal(map_put(&code, 0x1000, 0), 0);
	assert_int_equal(kallsyms_cut(text, strlen(text), &code, functions, 2, f, &e), 0);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(cut, "ffffffff81000000 T _text\n"
				 "ffffffff81000000 t startup\n"
				 "FFFFFFFF81000100 T vmalloc\n"
				 "ffffffff81000200 T vmalloc_user\n"
				 "ffffffffc0000200 t second\t[module]\n"
				 "ffffffff81000180 t between\t[module]\n"
				 "ffffffffc0000300 t last\n");
	free(cut);
	map_free(&code);
}

/* Every byte in every place of an address: strtoull() says what is a number. */
static void digits_and_nothing_else_are_an_address(void **state)
{
	char line[] = "0000000000000001 T before\n89abCDef01234567 T name";
	char *at = strchr(line, '\n') + 1;

	(void)state;
	for (unsigned place = 0; place < 16; place++)
		for (unsigned c = 1; c < 256; c++) {
			char was = at[place], *rest;
			uint64_t addr;

			at[place] = (char)c;
			addr = strtoull(at, &rest, 16);
			/* what strtoull() takes besides: blanks, signs and 0x */
			if (c <= ' ' || c == '+' || c == '-' || c == 'x' || c == 'X' ||
			    *rest != ' ')
				addr = 0;
			if (c != '\n' && !(c == ' ' && place == 0))
				assert_int_equal(kallsyms_start(line, strlen(line), "name"), addr);
			at[place] = was;
		}
	assert_int_equal(kallsyms_start(line, strlen(line), "before"), 1);
	assert_int_equal(kallsyms_start(line, strlen(line), "nam"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(symbols_stand_by_address),
		cmocka_unit_test(a_function_ends_where_the_next_symbol_starts),
		cmocka_unit_test(nothing_is_an_empty_table),
		cmocka_unit_test(what_is_used_is_cut_out),
		cmocka_unit_test(digits_and_nothing_else_are_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
