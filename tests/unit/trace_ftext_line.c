// SPDX-License-Identifier: GPL-2.0-or-later
/* ftext_line: lines as the kernel, trace-cmd and perf write them, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "trace/ftext_line.h"

static bool read_line(struct ftext_line *l, const char *s)
{
	return ftext_line_read(l, s, s + strlen(s));
}

static void columns(void **state)
{
	static const struct {
		const char *line, *comm, *name;
		int32_t pid;
		uint32_t cpu;
		uint64_t time;
	} want[] = {
		{ " a: 1.5: b-7 [002] .... 12.000001: kfree: ptr=1", "a: 1.5: b", "kfree", 7, 2,
		  12000001000 },
		{ "  x-y-12 ( 12) [001] d.h1. 0.1: kfree: ", "x-y", "kfree", 12, 1, 100000000 },
		{ "    snap-107     1..s..     8.480823: kfree:  a", "snap", "kfree", 107, 1,
		  8480823000 },
		{ "    bash-1241      0..... 170095us : kfree: a", "bash", "kfree", 1241, 0,
		  170095000 },
		{ "    bash-1241      10d.h1. 170095us!: kfree: a", "bash", "kfree", 1241, 10,
		  170095000 },
		{ "  snap-107   [001]  4711: print: hello", "snap", "print", 107, 1, 4711 },
		{ "    snap-107   [001]     5.138987: (+98)    kfree:  a", "snap", "kfree", 107, 1,
		  5138987000 },
		{ "  fuzz-dat  2183 [000] 28151.382751:          1      kmem:kfree: a", "fuzz-dat",
		  "kfree", 2183, 0, 28151382751000 },
		{ "  my cc1   308/309 [000] 18036.337574412:   kmem:mm_page_alloc: page=0",
		  "my cc1", "mm_page_alloc", 309, 0, 18036337574412 },
	};
	struct ftext_line l;

	(void)state;
	for (unsigned i = 0; i < sizeof(want) / sizeof(*want); i++) {
		assert_true(read_line(&l, want[i].line));
		assert_int_equal(l.comm_len, strlen(want[i].comm));
		assert_memory_equal(l.comm, want[i].comm, l.comm_len);
		assert_int_equal(l.name_len, strlen(want[i].name));
		assert_memory_equal(l.name, want[i].name, l.name_len);
		assert_int_equal(l.pid, want[i].pid);
		assert_int_equal(l.cpu, want[i].cpu);
		assert_int_equal(l.time, want[i].time);
	}
	assert_int_equal(l.system_len, 4);
}

static void no_events(void **state)
{
	static const char *const lines[] = {
		"",
		":",
		"#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION",
		"cpus=2",
		"CPU:0 [LOST 12 EVENTS]",
		"    bash-1241 [000] .... 12.5",
		"    bash-1241 .... 12.5: kfree: a",
		"    bash [000] .... 12.5: kfree: a",
		"    bash-99999999999 [000] .... 12.5: kfree: a",
		"    bash-1 [000] .... 99999999999999999999.5: kfree: a",
		"  perf 19872 [000] 28151.382649: PERF_RECORD_FORK(22:22):(19872:19872)",
		"    bash-1 [000] 12.5: (+98)",
		"    bash-1 [000] 12.5: 98 ",
	};
	struct ftext_line l;
	uint32_t cpu;
	uint64_t n;

	(void)state;
	for (unsigned i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		assert_false(read_line(&l, lines[i]));
	assert_true(ftext_line_lost(lines[4], lines[4] + strlen(lines[4]), &cpu, &n));
	assert_int_equal(n, 12);
	assert_false(ftext_line_lost(lines[3], lines[3] + strlen(lines[3]), &cpu, &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(columns),
					    cmocka_unit_test(no_events) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
