// SPDX-License-Identifier: GPL-2.0-or-later
/* pageptr: arrays of struct page of real kernels (include/linux/mmzone.h, arch/x86: pgtable_64_types.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "trace/pageptr.h"

#define VMEMMAP 0xffffea0000000000ull

static uint64_t start_of(const char *text)
{
	return pageptr_start(text, (uint32_t)strlen(text));
}

static void start_by_print_format(void **state)
{
	(void)state;
	assert_int_equal(
		start_of("print fmt: \"page=%p pfn=%lu\", REC->page, (unsigned long)((REC->page)"
			 " - ((struct page *)(0xffffea0000000000UL)))"),
		VMEMMAP);
	assert_int_equal(start_of("((struct page *)0xe2000000UL)"), 0xe2000000); /* 2.6.2x i386 */
	/* FLATMEM: a symbol, whose value nobody tells. */
	assert_int_equal(start_of("((unsigned long)((REC->page) - mem_map) + (0UL))"), 0);
	assert_int_equal(start_of("(struct page *)"), 0);
	assert_int_equal(start_of("(struct page *)(0x"), 0);
	assert_int_equal(start_of(""), 0);
}

/* Pages 0, 1, 2, ... of an array fit every size that divides it; blocks of higher orders only their own. */
static void size_by_the_blocks(void **state)
{
	static const uint32_t sizes[] = { 56, 64 };
	static const struct {
		uint64_t pfn;
		unsigned order;
	} blocks[] = { { 0x1240, 6 }, { 0x18, 3 }, { 0x25, 0 }, { 0x3002, 1 } };

	(void)state;
	for (unsigned s = 0; s < 2; s++) {
		struct pageptr_seen seen[4];
		struct pageptr a;

		for (unsigned i = 0; i < 4; i++)
			seen[i] = (struct pageptr_seen){ VMEMMAP + blocks[i].pfn * sizes[s],
							 blocks[i].order };
		a = pageptr_guess(seen, 4, VMEMMAP, 8);
		assert_true(a.told);
		assert_int_equal(a.start, VMEMMAP);
		assert_int_equal(a.size, sizes[s]);
		/* Without the start: the same size, and frames that blocks of their order can have. */
		a = pageptr_guess(seen, 4, 0, 8);
		assert_false(a.told);
		assert_int_equal(a.size, sizes[s]);
		for (unsigned i = 0; i < 4; i++)
			assert_int_equal((seen[i].addr - a.start) / a.size % (1u << seen[i].order),
					 0);
	}
}

/* Numbers that are no addresses of one array give no frames. */
static void nonsense(void **state)
{
	static const struct pageptr_seen odd[] = { { VMEMMAP + 3, 0 }, { VMEMMAP + 70, 0 } };
	static const struct pageptr_seen low[] = { { 0x1000, 0 }, { VMEMMAP, 0 } };

	(void)state;
	assert_int_equal(pageptr_guess(odd, 2, VMEMMAP, 8).size, 0);
	assert_int_equal(pageptr_guess(low, 2, VMEMMAP, 8).size, 0);
	assert_int_equal(pageptr_guess(NULL, 0, VMEMMAP, 8).size, 0);
	assert_int_equal(pageptr_guess(NULL, 0, 0, 4).size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(start_by_print_format),
		cmocka_unit_test(size_by_the_blocks),
		cmocka_unit_test(nonsense),
	};

	return cmocka_run_group_tests_name("trace_pageptr", tests, NULL, NULL);
}
