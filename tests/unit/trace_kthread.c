// SPDX-License-Identifier: GPL-2.0-or-later
/* kthread: names as the kernel gives them, and such that only look like them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "trace/kthread.h"

static void names(void **state)
{
	static const struct {
		const char *name, *kept;
		enum kthread is;
	} of[] = {
		{ "kswapd0", "kswapd0", KTHREAD_KSWAPD },
		{ "kswapd12", "kswapd12", KTHREAD_KSWAPD },
		{ "kcompactd1", "kcompactd1", KTHREAD_KCOMPACTD },
		{ "kworker/u4:1", "kworker/u4", KTHREAD_UNBOUND },
		{ "kworker/u9:0-flush-8:0", "kworker/u9", KTHREAD_UNBOUND },
		{ "pgdatinit0", "pgdatinit0", KTHREAD_PGDATINIT },
		{ "khugepaged", "khugepaged", KTHREAD_OTHER },
		{ "<idle>", "<idle>", KTHREAD_OTHER },
		/* Those of one CPU, ordinary tasks, and nothing. */
		{ "kworker/0:1", "", KTHREAD_NONE },
		{ "kswap", "", KTHREAD_NONE },
		{ "my-kswapd0", "", KTHREAD_NONE },
		{ "", "", KTHREAD_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(*of); i++) {
		size_t kept = 99;

		assert_int_equal(kthread_of(of[i].name, strlen(of[i].name), &kept), of[i].is);
		assert_int_equal(kept, strlen(of[i].kept));
	}
}

/* The length ends it, not a zero. */
static void cut_short(void **state)
{
	size_t kept;

	(void)state;
	assert_int_equal(kthread_of("kswapd07", 7, &kept), KTHREAD_KSWAPD);
	assert_int_equal(kept, 7);
	assert_int_equal(kthread_of("kswapd0", 5, &kept), KTHREAD_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(cut_short),
	};

	return cmocka_run_group_tests_name("trace_kthread", tests, NULL, NULL);
}
