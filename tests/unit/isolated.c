// SPDX-License-Identifier: GPL-2.0-or-later
/* In which order a compaction's free blocks become targets, before and from kernel 6.9 on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/isolated.h"

static void start(struct isolated *t, uint32_t minor)
{
	struct machine m = { .kernel_major = 6, .kernel_minor = minor };

	isolated_init(t, &m);
}

static void test_pages(void **state)
{
	struct isolated t;

	(void)state;
	start(&t, 1);
	assert_int_equal(isolated_add(&t, 64, 2), 0);
	assert_int_equal(isolated_add(&t, 32, 0), 0);
	assert_int_equal(t.pages, 5);
	assert_int_equal(isolated_next(&t, 0), 32);
	assert_int_equal(isolated_next(&t, 0), 67);
	assert_int_equal(isolated_give_back(&t, 0), 66);
	assert_int_equal(t.pages, 2);
	isolated_free(&t);
}

/* The smallest block that will do is taken from its list's head; its upper halves come before others. */
static void test_blocks(void **state)
{
	struct isolated t;

	(void)state;
	start(&t, 12);
	assert_int_equal(isolated_add(&t, 64, 3), 0);
	assert_int_equal(isolated_add(&t, 128, 1), 0);
	assert_int_equal(isolated_add(&t, 256, 1), 0);
	assert_int_equal(isolated_next(&t, 0), 128);
	assert_int_equal(isolated_next(&t, 0), 129);
	assert_int_equal(isolated_next(&t, 2), 64);
	assert_int_equal(isolated_next(&t, 1), 256);
	assert_int_equal(isolated_next(&t, 0), 68);
	/* What is left: 69, and 70 with 71. */
	assert_int_equal(t.pages, 3);
	assert_int_equal(isolated_give_back(&t, 2), KMM_NO_PFN);
	assert_int_equal(isolated_give_back(&t, 0), 69);
	assert_int_equal(isolated_give_back(&t, 1), 70);
	assert_int_equal(isolated_next(&t, 0), KMM_NO_PFN);
	isolated_free(&t);
}

/* More was looked for while a batch got its targets: those before are used first, though smaller ones came. */
static void test_batch(void **state)
{
	struct isolated t;

	(void)state;
	start(&t, 12);
	assert_int_equal(isolated_add(&t, 64, 1), 0);
	assert_int_equal(isolated_exhaust(&t), 0);
	assert_int_equal(isolated_add(&t, 128, 0), 0);
	assert_int_equal(isolated_next(&t, 0), 64);
	/* The second page of the batch was not moved. */
	assert_int_equal(isolated_settle(&t), 0);
	assert_int_equal(t.pages, 2);
	assert_int_equal(isolated_next(&t, 0), 65);
	assert_int_equal(isolated_next(&t, 0), 128);
	isolated_free(&t);
}

static void test_copy(void **state)
{
	struct isolated t, copy;

	(void)state;
	start(&t, 12);
	start(&copy, 12);
	assert_int_equal(isolated_add(&t, 64, 1), 0);
	assert_int_equal(isolated_copy(&copy, &t), 0);
	assert_int_equal(isolated_next(&t, 1), 64);
	assert_int_equal(isolated_next(&copy, 0), 64);
	assert_int_equal(copy.pages, 1);
	isolated_free(&t);
	isolated_free(&copy);
}

/* Two of the three pages that were to be moved had been freed by their owners: the last two targets come back. */
static void test_not_needed(void **state)
{
	struct isolated t, copy;

	(void)state;
	start(&t, 1);
	start(&copy, 1);
	assert_int_equal(isolated_add(&t, 64, 2), 0);
	for (uint32_t p = 67; p > 64; p--)
		assert_int_equal(isolated_next(&t, 0), p);
	assert_int_equal(isolated_copy(&copy, &t), 0);
	isolated_take_back(&t, 32); /* never was there */
	assert_int_equal(t.pages, 1);
	isolated_take_back(&t, 66);
	assert_int_equal(t.pages, 3);
	for (uint32_t p = 66; p > 63; p--) {
		isolated_take_back(&t, p);
		assert_int_equal(isolated_give_back(&t, 0), p);
	}
	/* Now that one was given back, those used before it were used. */
	isolated_take_back(&t, 67);
	assert_int_equal(isolated_give_back(&t, 0), KMM_NO_PFN);
	isolated_take_back(&copy, 65);
	assert_int_equal(isolated_give_back(&copy, 0), 65);
	/* What was taken in between stands before what was used. */
	assert_int_equal(isolated_next(&copy, 0), 64);
	assert_int_equal(isolated_add(&copy, 32, 0), 0);
	isolated_take_back(&copy, 64);
	assert_int_equal(copy.pages, 1);
	isolated_free(&t);
	isolated_free(&copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),	   cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_batch),	   cmocka_unit_test(test_copy),
		cmocka_unit_test(test_not_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
