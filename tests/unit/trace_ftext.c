// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ftext: text of several kernels, each fixture in the words that that version's
 * print formats (include/trace/events/kmem.h) and header (kernel/trace/trace_output.c)
 * write, read as events.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace/trace.h"

struct text {
	char path[64];
	struct trace *t;
	struct event ev[16];
	unsigned n;
};

static void read_text(struct text *x, const char *content)
{
	struct err e = { 0 };
	struct event ev;
	FILE *f;

	memset(x, 0, sizeof(*x));
	snprintf(x->path, sizeof(x->path), "ftext-XXXXXX");
	f = fdopen(mkstemp(x->path), "w");
	assert_non_null(f);
	fputs(content, f);
	fclose(f);
	x->t = trace_open(x->path, NULL, &e);
	unlink(x->path);
	if (!x->t)
		fail_msg("%s", e.text);
	while (trace_next(x->t, &ev, &e) == 1 && x->n < 16)
		x->ev[x->n++] = ev;
	assert_int_equal(e.code, 0);
}

/* 2.6.32: no column of flags, %p and %lx as they are, bare names for single flags, old frees. */
static void kernel_2_6_32(void **state)
{
	struct text x;

	(void)state;
	read_text(
		&x,
		"# tracer: nop\n#\n"
		"#           TASK-PID    CPU#    TIMESTAMP  FUNCTION\n"
		"#              | |       |          |         |\n"
		"            bash-1893  [001]   315.210331: mm_page_alloc: page=c1a3f2c0 pfn=108950 "
		"order=1 migratetype=0 gfp_flags=GFP_KERNEL|GFP_ZERO\n"
		"            bash-1893  [001]   315.210340: kmalloc_node: call_site=c10b1f3a "
		"ptr=f5a3c000 bytes_req=100 bytes_alloc=128 gfp_flags=GFP_ATOMIC node=0\n"
		"            bash-1893  [001]   315.210350: kmem_cache_alloc_node: call_site=c10b1f3a "
		"ptr=f5a3d000 bytes_req=40 bytes_alloc=40 gfp_flags=GFP_NOFS node=-1\n"
		"            bash-1893  [001]   315.210360: kmem_cache_free: call_site=c10b1f3a "
		"ptr=f5a3d000\n"
		"            bash-1893  [001]   315.210370: mm_page_free_direct: page=c1a3f2c0 "
		"pfn=108950 order=1\n"
		"            bash-1893  [001]   315.210380: mm_pagevec_free: page=c1a3f2e0 "
		"pfn=108951 order=0 cold=1\n");
	assert_int_equal(x.n, 6);
	assert_int_equal(trace_info(x.t)->long_size, 4);
	assert_int_equal(trace_info(x.t)->pointers, TRACE_POINTERS_RAW);
	assert_int_equal(x.ev[0].kind, EVENT_MM_PAGE_ALLOC);
	assert_int_equal(x.ev[0].time, 315210331000);
	assert_int_equal(x.ev[0].cpu, 1);
	assert_int_equal(x.ev[0].pid, 1893);
	assert_int_equal(x.ev[0].page.pfn, 108950);
	assert_int_equal(x.ev[0].page.order, 1);
	assert_true(x.ev[0].page.gfp & KMM_GFP_ZERO);
	assert_true(x.ev[0].page.gfp & KMM_GFP_FS);
	assert_false(x.ev[0].page.gfp & KMM_GFP_UNKNOWN);
	assert_int_equal(x.ev[1].kind, EVENT_KMALLOC_NODE);
	assert_int_equal(x.ev[1].object.ptr, 0xf5a3c000);
	assert_int_equal(x.ev[1].object.call_site, 0xc10b1f3a);
	assert_int_equal(x.ev[1].object.bytes_req, 100);
	assert_int_equal(x.ev[1].object.bytes_alloc, 128);
	assert_int_equal(x.ev[1].object.node, 0);
	assert_true(x.ev[1].object.gfp & KMM_GFP_HIGH);
	assert_int_equal(x.ev[2].kind, EVENT_KMEM_CACHE_ALLOC_NODE);
	assert_int_equal(x.ev[2].object.node, -1);
	assert_int_equal(x.ev[3].object.name, 0);
	assert_int_equal(x.ev[4].kind, EVENT_MM_PAGE_FREE);
	assert_int_equal(x.ev[4].page.order, 1);
	assert_string_equal(trace_event_name(x.t, x.ev[4].id), "mm_page_free_direct");
	assert_int_equal(x.ev[5].kind, EVENT_MM_PAGE_FREE_BATCHED);
	assert_int_equal(x.ev[5].page.pfn, 108951);
	trace_close(x.t);
}

/* 3.10: four flags; a failed allocation; numbers that had no name then. */
static void kernel_3_10(void **state)
{
	struct text x;

	(void)state;
	read_text(
		&x,
		"# tracer: nop\n#\n# entries-in-buffer/entries-written: 3/3   #P:4\n#\n"
		"     kworker/0:1-33    [000] d.h2   100.000001: mm_page_alloc: page=(null) pfn=0 "
		"order=9 migratetype=2 gfp_flags=GFP_TRANSHUGE|GFP_NOWARN\n"
		"          <idle>-0     [003] ..s.   100.000002: mm_page_free: "
		"page=ffffea0000123440 pfn=298257 order=0\n"
		"     my task: 1-34     [002] ....   100.000003: kmalloc: call_site=ffffffff8117ab01 "
		"ptr=ffff880036c0a000 bytes_req=32 bytes_alloc=32 gfp_flags=GFP_KERNEL\n");
	assert_int_equal(x.n, 3);
	assert_int_equal(trace_info(x.t)->cpus, 4);
	assert_int_equal(x.ev[0].page.pfn, EVENT_NO_PFN);
	assert_int_equal(x.ev[0].page.order, 9);
	assert_int_equal(x.ev[0].irq, EVENT_HARDIRQ);
	assert_int_equal(x.ev[0].preempt, 2);
	assert_int_equal(x.ev[1].irq, EVENT_SOFTIRQ);
	assert_int_equal(x.ev[1].page.pfn, 298257);
	assert_string_equal(trace_comm(x.t, 33), "kworker/0:1");
	assert_string_equal(trace_comm(x.t, 34), "my task: 1");
	assert_int_equal(x.ev[2].object.call_site, 0xffffffff8117ab01);
	trace_close(x.t);
}

/* 4.19: %p is hashed: the same object has the same number, which is no address. */
static void kernel_4_19_hashed(void **state)
{
	struct text x;

	(void)state;
	read_text(
		&x,
		"            bash-1241  [000] .... 18051.169695: kmalloc: "
		"call_site=ffffffff8119f20d ptr=0000000064caed6c bytes_req=64 bytes_alloc=64 "
		"gfp_flags=GFP_KERNEL\n"
		"CPU:0 [LOST 12 EVENTS]\n"
		"            bash-1241  [000] .... 18051.170004: kfree: call_site=ffffffff8119f20d "
		"ptr=0000000064caed6c\n"
		"            bash-1241  [000] .... 18051.170005: mm_page_free: "
		"page=00000000fab82ebc pfn=1091467 order=0\n");
	assert_int_equal(x.n, 3);
	assert_int_equal(trace_info(x.t)->pointers, TRACE_POINTERS_HASHED);
	assert_int_equal(trace_info(x.t)->long_size, 8);
	assert_int_equal(x.ev[0].object.ptr, x.ev[1].object.ptr);
	assert_false(x.ev[0].lost);
	assert_true(x.ev[1].lost);
	assert_int_equal(trace_cpu(x.t, 0)->lost, 12);
	assert_int_equal(x.ev[2].page.pfn, 1091467);
	trace_close(x.t);
}

/* Early in the boot of 4.15 to 5.x: pointers all alike leave counts only. */
static void hidden_pointers(void **state)
{
	struct text x;

	(void)state;
	read_text(&x, "         swapper/0-1     [000] ....     0.510331: kmalloc: "
		      "call_site=ffffffff8119f20d ptr=(____ptrval____) bytes_req=64 "
		      "bytes_alloc=64 gfp_flags=GFP_KERNEL\n"
		      "         swapper/0-1     [000] ....     0.510340: mm_page_alloc: "
		      "page=(____ptrval____) pfn=4096 order=0 migratetype=0 "
		      "gfp_flags=GFP_KERNEL\n");
	assert_int_equal(x.n, 2);
	assert_int_equal(trace_info(x.t)->pointers, TRACE_POINTERS_HIDDEN);
	assert_int_equal(x.ev[0].kind, EVENT_OTHER);
	assert_string_equal(trace_event_name(x.t, x.ev[0].id), "kmalloc");
	assert_int_equal(x.ev[1].kind, EVENT_MM_PAGE_ALLOC);
	assert_int_equal(x.ev[1].page.pfn, 4096);
	trace_close(x.t);
}

/* 6.18, latency-format: the CPU before the flags, times in microseconds; symbols for sites. */
static void kernel_6_18_latency(void **state)
{
	struct text x;
	uint64_t offset;

	(void)state;
	read_text(&x, "# tracer: nop\n#\n# nop latency trace v1.1.5 on 6.18.0\n"
		      "# latency: 0 us, #2/2, CPU#0 | (M:PREEMPT VP:0, KP:0, SP:0 HP:0 #P:2)\n"
		      "    bash-1241      1d.s1. 18051170095us+: kmem_cache_alloc: "
		      "call_site=copy_process+0x995/0x1c80 ptr=ffff88a09075ec46 name=sighand_cache "
		      "bytes_req=2080 bytes_alloc=2112 gfp_flags=GFP_KERNEL|__GFP_ACCOUNT node=-1 "
		      "accounted=true\n");
	assert_int_equal(x.n, 1);
	assert_int_equal(x.ev[0].time, 18051170095000);
	assert_int_equal(x.ev[0].cpu, 1);
	assert_int_equal(x.ev[0].irq, EVENT_SOFTIRQ);
	assert_string_equal(intern_str(trace_names(x.t), x.ev[0].object.name), "sighand_cache");
	assert_int_equal(x.ev[0].object.accounted, 1);
	assert_string_equal(trace_symbol(x.t, x.ev[0].object.call_site, &offset), "copy_process");
	assert_int_equal(offset, 0x995);
	trace_close(x.t);
}

/* What is no trace is not taken for one. */
static void other_text(void **state)
{
	char path[] = "ftext-XXXXXX";
	FILE *f = fdopen(mkstemp(path), "w");
	struct err e = { 0 };

	(void)state;
	fputs("a letter of 12 lines: hello\nnote: 1.5: no\n", f);
	fclose(f);
	assert_null(trace_open(path, NULL, &e));
	assert_true(e.code < 0);
	unlink(path);
}

/* 6.1's function_graph: events among the calls; without options/funcgraph-abstime in the order of a counter. */
static void kernel_6_1_function_graph(void **state)
{
	struct text x;

	(void)state;
	read_text(
		&x,
		"# tracer: function_graph\n#\n"
		"# CPU  DURATION                  FUNCTION CALLS\n"
		"# |     |   |                     |   |   |   |\n"
		" 0)               |  /* kmem_cache_free: call_site=__fput+0x100/0x250 "
		"ptr=000000000b80b94a name=lsm_file_cache */\n"
		" 1)               |  __alloc_pages() {\n"
		" 1)               |  /* mm_page_alloc: page=00000000e3d52f89 pfn=0x349b order=0 "
		"migratetype=1 gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_COMP */\n"
		" 1)   8.253 us    |  }\n"
		" ------------------------------------------\n"
		" 1)     sh-98      =>     sh-99     \n"
		" ------------------------------------------\n\n"
		" 1)               |  /* mm_page_free: page=00000000e3d52f89 pfn=0x349b order=0 */\n");
	assert_int_equal(x.n, 3);
	assert_string_equal(trace_info(x.t)->clock, "counter");
	assert_int_equal(trace_info(x.t)->cpus, 2);
	assert_int_equal(trace_info(x.t)->pointers, TRACE_POINTERS_HASHED);
	assert_int_equal(x.ev[0].kind, EVENT_KMEM_CACHE_FREE);
	assert_int_equal(x.ev[1].kind, EVENT_MM_PAGE_ALLOC);
	assert_int_equal(x.ev[1].page.pfn, 0x349b);
	assert_true(x.ev[1].page.gfp & KMM_GFP_MOVABLE);
	assert_int_equal(x.ev[1].pid, 98);
	assert_int_equal(x.ev[2].pid, 99);
	assert_int_equal(x.ev[2].time, 3);
	trace_close(x.t);
}

/* Written with options raw, hex, or without context-info: a heading, and no line that can be read. */
static void no_line_of_an_event(void **state)
{
	static const char text[] = "# tracer: nop\n#\n18289 1 26972832570417 type: 646\n"
				   "rss_stat: mm_id=3457881142 curr=1 size=4050944B\n";
	char path[] = "ftext-XXXXXX";
	FILE *f = fdopen(mkstemp(path), "w");
	struct err e = { 0 };

	(void)state;
	fputs(text, f);
	fclose(f);
	assert_null(trace_open(path, NULL, &e));
	assert_int_equal(err_code(&e), -EBADMSG);
	assert_non_null(strstr(e.text, "none of 2 lines"));
	unlink(path);
}

/* One that recorded nothing is a trace all the same. */
static void an_empty_one(void **state)
{
	struct text x;

	(void)state;
	read_text(&x, "# tracer: nop\n#\n# entries-in-buffer/entries-written: 0/0   #P:2\n\n");
	assert_int_equal(x.n, 0);
	trace_close(x.t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_2_6_32),
		cmocka_unit_test(kernel_3_10),
		cmocka_unit_test(kernel_4_19_hashed),
		cmocka_unit_test(hidden_pointers),
		cmocka_unit_test(kernel_6_18_latency),
		cmocka_unit_test(other_text),
		cmocka_unit_test(kernel_6_1_function_graph),
		cmocka_unit_test(no_line_of_an_event),
		cmocka_unit_test(an_empty_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
