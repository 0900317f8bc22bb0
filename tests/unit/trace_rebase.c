// SPDX-License-Identifier: GPL-2.0-or-later
/* rebase: what moves, what stays, and that arithmetic survives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "trace/rebase.h"

static void wide(void **state)
{
	const uint64_t base = 0xffff8d0ac0000000, text = 0xffffffff9a400000;
	struct err e = { 0 };
	struct rebase r;

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		uint64_t moved, module;

		assert_int_equal(rebase_init(&r, 8, &e), 0);
		moved = rebase_address(&r, base);
		assert_true(moved < base && moved >= 0xffff800000000000);
		assert_int_equal((base - moved) % (1ull << 30), 0);
		for (uint64_t off = 1; off < 1ull << 36; off *= 7)
			assert_int_equal(rebase_address(&r, base + off), moved + off);
		/* vmalloc and vmemmap with it, the text by itself, modules with the text */
		assert_int_equal(rebase_address(&r, 0xffffc90000000000),
				 0xffffc90000000000 - (base - moved));
		moved = rebase_address(&r, text);
		assert_true(moved < text && moved >= 0xffffffff00000000);
		assert_int_equal((text - moved) % (2u << 20), 0);
		module = rebase_address(&r, 0xffffffffc0123000);
		assert_int_equal(module, 0xffffffffc0123000 - (text - moved));
		/* null, ZERO_SIZE_PTR, error values */
		assert_int_equal(rebase_address(&r, 0), 0);
		assert_int_equal(rebase_address(&r, 16), 16);
		assert_int_equal(rebase_address(&r, (uint64_t)-12), (uint64_t)-12);
		/* a word that is a number */
		assert_int_equal(rebase_word(&r, 0x123456789abc), 0x123456789abc);
		assert_int_equal(rebase_word(&r, UINT64_MAX), UINT64_MAX);
		assert_int_equal(rebase_word(&r, base), rebase_address(&r, base));
		rebase_free(&r);
	}
}

static void narrow(void **state)
{
	struct err e = { 0 };
	struct rebase r;

	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		uint64_t moved;

		assert_int_equal(rebase_init(&r, 4, &e), 0);
		moved = rebase_address(&r, 0xc1000000);
		assert_true(moved <= 0x81000000 && moved >= 0x51000000);
		assert_int_equal(rebase_address(&r, 0xf8001000), moved + 0x37001000);
		assert_int_equal(rebase_address(&r, 0xfffffff4), 0xfffffff4);
		rebase_free(&r);
	}
}

static void names(void **state)
{
	const char *a, *b;
	char first[REBASE_TOKEN];
	struct err e = { 0 };
	struct rebase r;

	(void)state;
	assert_int_equal(rebase_init(&r, 8, &e), 0);
	a = rebase_name(&r, "postgres", 8);
	snprintf(first, sizeof(first), "%s", a);
	assert_true(strlen(first) == 10 && !strstr(first, "post"));
	b = rebase_name(&r, "bash", 4);
	assert_string_not_equal(first, b);
	for (unsigned i = 0; i < 1000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "worker-%u", i);
		assert_non_null(rebase_name(&r, name, strlen(name)));
	}
	assert_string_equal(rebase_name(&r, "postgres", 8), first);
	assert_string_equal(rebase_name(&r, "kswapd0", 7), "kswapd0");
	/* What a replay goes by stays, and no more: the rest of such a name is anybody's. */
	assert_string_equal(rebase_name(&r, "kworker/u4:1-btrfs", 18), "kworker/u4");
	assert_string_equal(rebase_name(&r, "pgdatinit0", 10), "pgdatinit0");
	assert_string_equal(rebase_name(&r, "kswapd-of-alice", 15), "kswapd");
	assert_string_equal(rebase_name(&r, "kcompactd0123456", 16), "kcompactd012345");
	assert_null(strstr(rebase_name(&r, "kworker/0:1-mm", 14), "kworker"));
	rebase_free(&r);
}

static void move(struct rebase *r, const char *in, bool addresses, const char *want)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	rebase_text(r, in, strlen(in), addresses, f);
	fclose(f);
	assert_string_equal(text, want);
	free(text);
}

static void text(void **state)
{
	struct err e = { 0 };
	struct rebase r;

	(void)state;
	assert_int_equal(rebase_init(&r, 8, &e), 0);
	r.text = 0x10000000;
	r.other = 64ull << 30;
	move(&r, "ffffffff9a400000 T _text\n0000000000000000 A zero\n", true,
	     "ffffffff8a400000 T _text\n0000000000000000 A zero\n");
	move(&r, "0xffffc90000000000-0xffffc90000005000   20480 f+0x1/0x2\n", true,
	     "0xffffc8f000000000-0xffffc8f000005000   20480 f+0x1/0x2\n");
	move(&r, "deadbeef 12345678901234567890 ffffffffffffffff 0xff feedfacecafebeef0", false,
	     "deadbeef 12345678901234567890 ffffffffffffffff 0xff feedfacecafebeef0");
	rebase_free(&r);
	assert_int_equal(rebase_init(&r, 4, &e), 0);
	r.other = 4u << 28;
	move(&r, "c1000000 T _text", true, "81000000 T _text");
	move(&r, "c1000000 pages", false, "c1000000 pages");
	rebase_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wide),
		cmocka_unit_test(narrow),
		cmocka_unit_test(names),
		cmocka_unit_test(text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
