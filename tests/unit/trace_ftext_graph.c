// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ftext_graph: events among calls, as function_graph of Linux 6.1 wrote them in a virtual machine,
 * with its options in turn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "trace/ftext_graph.h"

static bool read_line(struct ftext_graph *g, struct ftext_line *l, const char *s)
{
	return ftext_graph_read(g, l, s, s + strlen(s));
}

static void columns(void **state)
{
	static const struct {
		const char *line, *comm;
		int32_t pid;
		uint32_t cpu;
		uint64_t time;
		unsigned clock, preempt;
	} want[] = {
		{ " 1)               |  /* mm_page_alloc: page=000000006a7754aa pfn=0x16cf3 order=0 */",
		  "<...>", -2, 1, 1, FTEXT_COUNTS, 0 },
		{ " 0)     init-1     |               |    /* mm_page_alloc: page=0 pfn=0x1 order=0 */ ",
		  "init", 1, 0, 2, FTEXT_COUNTS, 0 },
		{ " 1)     sh-98      |  ...1. |               |  /* mm_page_alloc: pfn=0x1 order=0 */",
		  "sh", 98, 1, 3, FTEXT_COUNTS, 1 },
		{ "    6.203182 |   0)               |  /* mm_page_alloc: page=0 pfn=0x16cf3 order=0 */",
		  "<...>", -1, 0, 6203182000, FTEXT_SECONDS, 0 },
		{ "    6.265789 |   1)   my-sh-98   |  ...2. |               |  /* mm_page_alloc: pfn=0x1 */",
		  "my-sh", 98, 1, 6265789000, FTEXT_SECONDS, 2 },
	};
	struct ftext_graph g;
	struct ftext_line l;

	(void)state;
	assert_int_equal(ftext_graph_init(&g, 2), 0);
	for (unsigned i = 0; i < sizeof(want) / sizeof(*want); i++) {
		assert_true(read_line(&g, &l, want[i].line));
		assert_int_equal(l.comm_len, strlen(want[i].comm));
		assert_memory_equal(l.comm, want[i].comm, l.comm_len);
		assert_int_equal(l.pid, want[i].pid);
		assert_int_equal(l.cpu, want[i].cpu);
		assert_int_equal(l.time, want[i].time);
		assert_int_equal(l.clock, want[i].clock);
		assert_int_equal(l.preempt, want[i].preempt);
		assert_int_equal(l.name_len, strlen("mm_page_alloc"));
		assert_int_equal(l.end[-1] == '/' || l.end[-1] == ' ', 0);
	}
	ftext_graph_free(&g);
}

static void calls_are_no_events(void **state)
{
	static const char *const lines[] = {
		" 1)               |  kmem_cache_alloc() {",
		" 1) + 62.854 us   |  }",
		" 0) # 4257.042 us |  } /* kmem_cache_alloc */",
		" 0)     init-1     | # 4257.042 us |  } /* kmem_cache_alloc */",
		" 0)   ==========> |",
		" ------------------------------------------",
		/* options/funcgraph-cpu turned off */
		"    6.203182 |      init-1     |               |  /* kfree: call_site=0x1 ptr=0x2 */",
		"/* kfree: ptr=0 */",
		" */",
		"",
	};
	struct ftext_graph g;
	struct ftext_line l;

	(void)state;
	assert_int_equal(ftext_graph_init(&g, 2), 0);
	for (unsigned i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		assert_false(read_line(&g, &l, lines[i]));
	ftext_graph_free(&g);
}

/* Whose events they are, where only a change of the task is told: before the first, of the one that it names first. */
static void tasks_by_what_runs(void **state)
{
	static const char event[] = " 1)               |  /* kfree: call_site=0x1 ptr=0x2 */";
	static const char change[] = " 1)     sh-98      =>     sh-99     ";
	struct ftext_graph g;
	struct ftext_line l;

	(void)state;
	assert_int_equal(ftext_graph_init(&g, 2), 0);
	ftext_graph_look(&g, change, change + strlen(change));
	ftext_graph_rewind(&g);
	assert_true(read_line(&g, &l, event));
	assert_int_equal(l.pid, 98);
	assert_false(read_line(&g, &l, change));
	assert_true(read_line(&g, &l, event));
	assert_int_equal(l.pid, 99);
	/* Of a CPU that the survey did not see. */
	assert_false(read_line(&g, &l, " 7)     sh-98      =>     sh-99     "));
	assert_true(read_line(&g, &l, " 7)               |  /* kfree: ptr=0x2 */"));
	assert_int_equal(l.pid, -8);
	ftext_graph_free(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns),
		cmocka_unit_test(calls_are_no_events),
		cmocka_unit_test(tasks_by_what_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
