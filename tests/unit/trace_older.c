// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kernels that are no more: the formats and the records are those of each, field by field, as its
 * include/trace/events/kmem.h and gfp.h make them (print formats cut to what names flags and frames).
 */
#include "tests/unit/trace_file.h"

#include "trace/trace.h"

#define KERNEL (KMM_GFP_IO | KMM_GFP_FS | KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM)
#define VMEMMAP 0xffffea0000000000ull

/* To 2.6.32 the format files do not say what is signed; to 2.6.38 there is the big kernel lock's depth. */
#define COMMON_2_6_32                                                       \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\n"         \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\n"         \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\n"                     \
	"\tfield:int common_lock_depth;\toffset:8;\tsize:4;\n\n"

/* Of single bits not all have a name: __GFP_FS and __GFP_HIGHMEM stand in sets only. */
#define FLAGS_2_6_32                                                                                                                                                  \
	"(REC->gfp_flags) ? __print_flags(REC->gfp_flags, \"|\", "                                                                                                    \
	"{(unsigned long)((( gfp_t)0x10u) | (( gfp_t)0x40u) | (( gfp_t)0x80u) | (( gfp_t)0x20000u) | (( gfp_t)0x02u) | (( gfp_t)0x08u)), \"GFP_HIGHUSER_MOVABLE\"}, " \
	"{(unsigned long)((( gfp_t)0x10u) | (( gfp_t)0x40u) | (( gfp_t)0x80u) | (( gfp_t)0x20000u) | (( gfp_t)0x02u)), \"GFP_HIGHUSER\"}, "                           \
	"{(unsigned long)((( gfp_t)0x10u) | (( gfp_t)0x40u) | (( gfp_t)0x80u) | (( gfp_t)0x20000u)), \"GFP_USER\"}, "                                                 \
	"{(unsigned long)((( gfp_t)0x10u) | (( gfp_t)0x40u) | (( gfp_t)0x80u) | (( gfp_t)0x80000u)), \"GFP_TEMPORARY\"}, "                                            \
	"{(unsigned long)((( gfp_t)0x10u) | (( gfp_t)0x40u) | (( gfp_t)0x80u)), \"GFP_KERNEL\"}, "                                                                    \
	"{(unsigned long)((( gfp_t)0x10u) | (( gfp_t)0x40u)), \"GFP_NOFS\"}, "                                                                                        \
	"{(unsigned long)((( gfp_t)0x20u)), \"GFP_ATOMIC\"}, "                                                                                                        \
	"{(unsigned long)((( gfp_t)0x10u)), \"GFP_NOIO\"}, "                                                                                                          \
	"{(unsigned long)(( gfp_t)0x20u), \"GFP_HIGH\"}, "                                                                                                            \
	"{(unsigned long)(( gfp_t)0x10u), \"GFP_WAIT\"}, "                                                                                                            \
	"{(unsigned long)(( gfp_t)0x40u), \"GFP_IO\"}, "                                                                                                              \
	"{(unsigned long)(( gfp_t)0x100u), \"GFP_COLD\"}, "                                                                                                           \
	"{(unsigned long)(( gfp_t)0x200u), \"GFP_NOWARN\"}, "                                                                                                         \
	"{(unsigned long)(( gfp_t)0x400u), \"GFP_REPEAT\"}, "                                                                                                         \
	"{(unsigned long)(( gfp_t)0x800u), \"GFP_NOFAIL\"}, "                                                                                                         \
	"{(unsigned long)(( gfp_t)0x1000u), \"GFP_NORETRY\"}, "                                                                                                       \
	"{(unsigned long)(( gfp_t)0x4000u), \"GFP_COMP\"}, "                                                                                                          \
	"{(unsigned long)(( gfp_t)0x8000u), \"GFP_ZERO\"}, "                                                                                                          \
	"{(unsigned long)(( gfp_t)0x10000u), \"GFP_NOMEMALLOC\"}, "                                                                                                   \
	"{(unsigned long)(( gfp_t)0x20000u), \"GFP_HARDWALL\"}, "                                                                                                     \
	"{(unsigned long)(( gfp_t)0x40000u), \"GFP_THISNODE\"}, "                                                                                                     \
	"{(unsigned long)(( gfp_t)0x80000u), \"GFP_RECLAIMABLE\"}, "                                                                                                  \
	"{(unsigned long)(( gfp_t)0x08u), \"GFP_MOVABLE\"}"                                                                                                           \
	") : \"GFP_NOWAIT\"\n"

#define FRAME "(unsigned long)((REC->page) - ((struct page *)(0xffffea0000000000UL)))"

/* x86-64: struct page has 56 bytes. */
static const char *const linux_2_6_32[] = {
	"name: mm_page_alloc\nID: 186\nformat:\n" COMMON_2_6_32
	"\tfield:struct page * page;\toffset:16;\tsize:8;\n"
	"\tfield:unsigned int order;\toffset:24;\tsize:4;\n"
	"\tfield:gfp_t gfp_flags;\toffset:28;\tsize:4;\n"
	"\tfield:int migratetype;\toffset:32;\tsize:4;\n\n"
	"print fmt: \"page=%p pfn=%lu order=%d migratetype=%d gfp_flags=%s\", REC->page, " FRAME
	", REC->order, REC->migratetype, " FLAGS_2_6_32,
	"name: mm_page_free_direct\nID: 188\nformat:\n" COMMON_2_6_32
	"\tfield:struct page * page;\toffset:16;\tsize:8;\n"
	"\tfield:unsigned int order;\toffset:24;\tsize:4;\n\n"
	"print fmt: \"page=%p pfn=%lu order=%d\", REC->page, " FRAME ", REC->order\n",
	"name: mm_pagevec_free\nID: 187\nformat:\n" COMMON_2_6_32
	"\tfield:struct page * page;\toffset:16;\tsize:8;\n"
	"\tfield:int cold;\toffset:24;\tsize:4;\n\n"
	"print fmt: \"page=%p pfn=%lu order=0 cold=%d\", REC->page, " FRAME ", REC->cold\n",
	"name: mm_page_alloc_extfrag\nID: 183\nformat:\n" COMMON_2_6_32
	"\tfield:struct page * page;\toffset:16;\tsize:8;\n"
	"\tfield:int alloc_order;\toffset:24;\tsize:4;\n"
	"\tfield:int fallback_order;\toffset:28;\tsize:4;\n"
	"\tfield:int alloc_migratetype;\toffset:32;\tsize:4;\n"
	"\tfield:int fallback_migratetype;\toffset:36;\tsize:4;\n\n"
	"print fmt: \"page=%p pfn=%lu alloc_order=%d\", REC->page, " FRAME ", REC->alloc_order\n",
	"name: kmalloc_node\nID: 192\nformat:\n" COMMON_2_6_32
	"\tfield:unsigned long call_site;\toffset:16;\tsize:8;\n"
	"\tfield:const void * ptr;\toffset:24;\tsize:8;\n"
	"\tfield:size_t bytes_req;\toffset:32;\tsize:8;\n"
	"\tfield:size_t bytes_alloc;\toffset:40;\tsize:8;\n"
	"\tfield:gfp_t gfp_flags;\toffset:48;\tsize:4;\n"
	"\tfield:int node;\toffset:52;\tsize:4;\n\n"
	"print fmt: \"call_site=%lx ptr=%p bytes_req=%zu bytes_alloc=%zu gfp_flags=%s node=%d\", "
	"REC->call_site, REC->ptr, REC->bytes_req, REC->bytes_alloc, " FLAGS_2_6_32,
	"name: kmem_cache_alloc\nID: 193\nformat:\n" COMMON_2_6_32
	"\tfield:unsigned long call_site;\toffset:16;\tsize:8;\n"
	"\tfield:const void * ptr;\toffset:24;\tsize:8;\n"
	"\tfield:size_t bytes_req;\toffset:32;\tsize:8;\n"
	"\tfield:size_t bytes_alloc;\toffset:40;\tsize:8;\n"
	"\tfield:gfp_t gfp_flags;\toffset:48;\tsize:4;\n\n"
	"print fmt: \"call_site=%lx ptr=%p bytes_req=%zu bytes_alloc=%zu gfp_flags=%s\", "
	"REC->call_site, REC->ptr, REC->bytes_req, REC->bytes_alloc, " FLAGS_2_6_32,
	"name: kmem_cache_free\nID: 189\nformat:\n" COMMON_2_6_32
	"\tfield:unsigned long call_site;\toffset:16;\tsize:8;\n"
	"\tfield:const void * ptr;\toffset:24;\tsize:8;\n\n"
	"print fmt: \"call_site=%lx ptr=%p\", REC->call_site, REC->ptr\n",
};

/* i386 without a vmemmap: mem_map is wherever it was put, 32 bytes a page. */
static const char *const linux_2_6_32_i386[] = {
	"name: mm_page_alloc\nID: 186\nformat:\n" COMMON_2_6_32
	"\tfield:struct page * page;\toffset:12;\tsize:4;\n"
	"\tfield:unsigned int order;\toffset:16;\tsize:4;\n"
	"\tfield:gfp_t gfp_flags;\toffset:20;\tsize:4;\n"
	"\tfield:int migratetype;\toffset:24;\tsize:4;\n\n"
	"print fmt: \"page=%p pfn=%lu order=%d migratetype=%d gfp_flags=%s\", REC->page, ((unsigned "
	"long)((REC->page) - mem_map) + (0UL)), REC->order, REC->migratetype, " FLAGS_2_6_32,
	"name: mm_page_free_direct\nID: 188\nformat:\n" COMMON_2_6_32
	"\tfield:struct page * page;\toffset:12;\tsize:4;\n"
	"\tfield:unsigned int order;\toffset:16;\tsize:4;\n\n"
	"print fmt: \"page=%p pfn=%lu order=%d\", REC->page, ((unsigned long)((REC->page) - mem_map) + "
	"(0UL)), REC->order\n",
};

/* x86-64: struct page has 64 bytes; today's names of the frees, and the batched event's `cold`. */
static const char *const linux_3_10[] = {
	"name: mm_page_alloc\nID: 330\nformat:\n" COMMON
	"\tfield:struct page * page;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:unsigned int order;\toffset:16;\tsize:4;\tsigned:0;\n"
	"\tfield:gfp_t gfp_flags;\toffset:20;\tsize:4;\tsigned:0;\n"
	"\tfield:int migratetype;\toffset:24;\tsize:4;\tsigned:1;\n\n"
	"print fmt: \"page=%p pfn=%lu order=%d migratetype=%d gfp_flags=%s\", REC->page, REC->page ? " FRAME
	" : 0, REC->order, REC->migratetype, " FLAGS_2_6_32,
	"name: mm_page_free_batched\nID: 331\nformat:\n" COMMON
	"\tfield:struct page * page;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:int cold;\toffset:16;\tsize:4;\tsigned:1;\n\n"
	"print fmt: \"page=%p pfn=%lu order=0 cold=%d\", REC->page, " FRAME ", REC->cold\n",
};

/* Frames have numbers from 4.1 on, __GFP_RECLAIM two bits from 4.4 on; 4.15 dropped `cold`. */
static const char *const linux_4_19[] = {
	"name: mm_page_alloc\nID: 378\nformat:\n" COMMON
	"\tfield:unsigned long pfn;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:unsigned int order;\toffset:16;\tsize:4;\tsigned:0;\n"
	"\tfield:gfp_t gfp_flags;\toffset:20;\tsize:4;\tsigned:0;\n"
	"\tfield:int migratetype;\toffset:24;\tsize:4;\tsigned:1;\n\n"
	"print fmt: \"page=%p pfn=%lu order=%d migratetype=%d gfp_flags=%s\", REC->pfn != -1UL ? (((struct "
	"page *)vmemmap_base) + (REC->pfn)) : ((void *)0), REC->pfn != -1UL ? REC->pfn : 0, REC->order, "
	"REC->migratetype, (REC->gfp_flags) ? __print_flags(REC->gfp_flags, \"|\", {(unsigned "
	"long)(((( gfp_t)(0x200000u|0x400000u)) | (( gfp_t)0x40u) | (( gfp_t)0x80u))), \"GFP_KERNEL\"}, "
	"{(unsigned long)(( gfp_t)0x08u), \"__GFP_MOVABLE\"}, {(unsigned long)(( gfp_t)0x8000u), "
	"\"__GFP_ZERO\"}, {(unsigned long)(( gfp_t)0x40u), \"__GFP_IO\"}, {(unsigned long)(( gfp_t)0x80u), "
	"\"__GFP_FS\"}, {(unsigned long)(( gfp_t)0x200000u), \"__GFP_DIRECT_RECLAIM\"}, {(unsigned long)(( "
	"gfp_t)0x400000u), \"__GFP_KSWAPD_RECLAIM\"}) : \"none\"\n",
};

/* A trace of one kernel, and what was read of it. */
struct older {
	struct trace_file f;
	uint64_t time;
	struct trace *t;
	struct event ev[32];
	unsigned n;
};

static void begin(struct older *x, unsigned long_size, const char *const *formats, unsigned n)
{
	struct dw_options o = { .cpus = 1, .long_size = long_size, .version = 6, .clock = "local" };
	int fd;

	memset(x, 0, sizeof(*x));
	strcpy(x->f.path, "/tmp/kmemlab-older-XXXXXX");
	fd = mkstemp(x->f.path);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(dw_open(&x->f.w, x->f.path, &o), 0);
	for (unsigned i = 0; i < n; i++)
		dw_format(&x->f.w, "kmem", strdup(formats[i]));
}

#define BEGIN(x, size, formats) begin(x, size, formats, sizeof(formats) / sizeof(*(formats)))

/* A record: its common part (lock depth -1 where there is one) and then fields, {value, size} each. */
static void put(struct older *x, unsigned id, bool lock_depth, unsigned n,
		const uint64_t (*fields)[2])
{
	uint8_t rec[96] = { 0 };
	unsigned at = 8;

	dw_store(&x->f.w, rec, id, 2);
	dw_store(&x->f.w, rec + 4, 1893, 4);
	if (lock_depth) {
		dw_store(&x->f.w, rec + at, UINT32_MAX, 4);
		at += 4;
	}
	for (unsigned i = 0; i < n; i++) {
		unsigned size = (unsigned)fields[i][1];

		at = (at + size - 1) & ~(size - 1);
		dw_store(&x->f.w, rec + at, fields[i][0], size);
		at += size;
	}
	x->time += 1000;
	assert_true(dw_add(&x->f.w, 0, 0, x->time, rec, at));
}

#define PUT(x, id, lock_depth, ...)                                               \
	put(x, id, lock_depth, sizeof((const uint64_t[][2]){ __VA_ARGS__ }) / 16, \
	    (const uint64_t[][2]){ __VA_ARGS__ })

static void read_all(struct older *x)
{
	struct err e = { 0 };

	assert_int_equal(dw_close(&x->f.w), 0);
	x->t = trace_open(x->f.path, NULL, &e);
	if (!x->t)
		fail_msg("%s", e.text);
	while (x->n < 32 && trace_next(x->t, &x->ev[x->n], &e) == 1)
		x->n++;
	assert_int_equal(e.code, 0);
}

static void end(struct older *x)
{
	trace_close(x->t);
	file_drop(&x->f);
}

static void kernel_2_6_32(void **state)
{
	struct older x;
	char text[512];

	(void)state;
	BEGIN(&x, 8, linux_2_6_32);
	/* Frames 0x1a9a8, of order 3, and 0x2345. */
	PUT(&x, 186, true, { VMEMMAP + 0x1a9a8 * 56, 8 }, { 3, 4 }, { 0x80d0, 4 }, { 0, 4 });
	PUT(&x, 186, true, { VMEMMAP + 0x2345 * 56, 8 }, { 0, 4 }, { 0x200da, 4 }, { 2, 4 });
	PUT(&x, 186, true, { 0, 8 }, { 9, 4 }, { 0x20, 4 }, { 0, 4 });
	PUT(&x, 183, true, { VMEMMAP + 0x1a9a0 * 56, 8 }, { 0, 4 }, { 4, 4 }, { 0, 4 }, { 2, 4 });
	PUT(&x, 192, true, { 0xffffffff81127a6f, 8 }, { 0xffff88003d5a8000, 8 }, { 100, 8 },
	    { 128, 8 }, { 0x20, 4 }, { 1, 4 });
	PUT(&x, 193, true, { 0xffffffff8117ab01, 8 }, { 0xffff88003d5a9000, 8 }, { 192, 8 },
	    { 192, 8 }, { 0x800d0, 4 });
	PUT(&x, 189, true, { 0xffffffff8117ab02, 8 }, { 0xffff88003d5a9000, 8 });
	PUT(&x, 188, true, { VMEMMAP + 0x1a9a8 * 56, 8 }, { 3, 4 });
	PUT(&x, 187, true, { VMEMMAP + 0x2345 * 56, 8 }, { 1, 4 });
	read_all(&x);
	assert_int_equal(x.n, 9);
	assert_int_equal(x.ev[0].kind, EVENT_MM_PAGE_ALLOC);
	assert_int_equal(x.ev[0].pid, 1893);
	assert_int_equal(x.ev[0].page.pfn, 0x1a9a8);
	assert_int_equal(x.ev[0].page.order, 3);
	assert_int_equal(x.ev[0].page.gfp & (KERNEL | KMM_GFP_ZERO), KERNEL | KMM_GFP_ZERO);
	assert_int_equal(x.ev[1].page.pfn, 0x2345);
	assert_int_equal(x.ev[1].page.migratetype, 2);
	assert_true(x.ev[1].page.gfp & KMM_GFP_MOVABLE);
	assert_true(x.ev[1].page.gfp & KMM_GFP_HIGHMEM);
	assert_false(x.ev[1].page.gfp & KMM_GFP_UNKNOWN);
	assert_int_equal(x.ev[2].page.pfn, EVENT_NO_PFN);
	assert_false(x.ev[2].page.gfp & KMM_GFP_DIRECT_RECLAIM);
	assert_int_equal(x.ev[3].kind, EVENT_MM_PAGE_ALLOC_EXTFRAG);
	assert_int_equal(x.ev[3].extfrag.pfn, 0x1a9a0);
	assert_int_equal(x.ev[3].extfrag.fallback_order, 4);
	assert_int_equal(x.ev[3].extfrag.change_ownership, -1);
	assert_int_equal(x.ev[4].kind, EVENT_KMALLOC_NODE);
	assert_int_equal(x.ev[4].object.bytes_alloc, 128);
	assert_int_equal(x.ev[4].object.node, 1);
	assert_int_equal(x.ev[5].kind, EVENT_KMEM_CACHE_ALLOC);
	assert_int_equal(x.ev[5].object.name, 0);
	assert_int_equal(x.ev[5].object.node, -1);
	assert_true(x.ev[5].object.gfp & KMM_GFP_RECLAIMABLE);
	assert_int_equal(x.ev[6].object.ptr, x.ev[5].object.ptr);
	assert_int_equal(x.ev[6].object.name, 0);
	assert_int_equal(x.ev[7].kind, EVENT_MM_PAGE_FREE);
	assert_int_equal(x.ev[7].page.pfn, 0x1a9a8);
	assert_int_equal(x.ev[7].page.order, 3);
	assert_int_equal(x.ev[8].kind, EVENT_MM_PAGE_FREE_BATCHED);
	assert_int_equal(x.ev[8].page.pfn, 0x2345);
	assert_true(trace_info(x.t)->page_structs && trace_info(x.t)->frames_told);
	trace_caution(x.t, text, sizeof(text));
	assert_non_null(strstr(text, "struct page"));
	assert_null(strstr(text, "unknown"));
	end(&x);
}

static void kernel_2_6_32_i386(void **state)
{
	struct older x;
	char text[512];

	(void)state;
	BEGIN(&x, 4, linux_2_6_32_i386);
	PUT(&x, 186, true, { 0xc1a3f2c0, 4 }, { 0, 4 }, { 0xd0, 4 }, { 0, 4 });
	PUT(&x, 186, true, { 0xc1a3f320, 4 }, { 2, 4 }, { 0xd0, 4 }, { 0, 4 });
	PUT(&x, 188, true, { 0xc1a3f2c0, 4 }, { 0, 4 });
	PUT(&x, 188, true, { 0xc1a3f360, 4 }, { 1, 4 }); /* half of the second */
	read_all(&x);
	assert_int_equal(x.n, 4);
	/* How far pages lie from each other is known, and that blocks are aligned; not where. */
	assert_int_equal(x.ev[1].page.pfn - x.ev[0].page.pfn, 3);
	assert_int_equal(x.ev[1].page.pfn % 4, 0);
	assert_int_equal(x.ev[2].page.pfn, x.ev[0].page.pfn);
	assert_int_equal(x.ev[3].page.pfn, x.ev[1].page.pfn + 2);
	assert_false(trace_info(x.t)->frames_told);
	trace_caution(x.t, text, sizeof(text));
	assert_non_null(strstr(text, "unknown"));
	end(&x);
}

static void kernel_3_10(void **state)
{
	struct older x;

	(void)state;
	BEGIN(&x, 8, linux_3_10);
	PUT(&x, 330, false, { VMEMMAP + 0x48d11ull * 64, 8 }, { 0, 4 }, { 0x200da, 4 }, { 2, 4 });
	PUT(&x, 330, false, { VMEMMAP + 0x48d40ull * 64, 8 }, { 4, 4 }, { 0xd0, 4 }, { 0, 4 });
	PUT(&x, 331, false, { VMEMMAP + 0x48d11ull * 64, 8 }, { 0, 4 });
	read_all(&x);
	assert_int_equal(x.n, 3);
	assert_int_equal(x.ev[0].page.pfn, 0x48d11);
	assert_int_equal(x.ev[1].page.pfn, 0x48d40);
	assert_int_equal(x.ev[2].kind, EVENT_MM_PAGE_FREE_BATCHED);
	assert_int_equal(x.ev[2].page.pfn, 0x48d11);
	end(&x);
}

static void kernel_4_19(void **state)
{
	struct older x;
	char text[512];

	(void)state;
	BEGIN(&x, 8, linux_4_19);
	PUT(&x, 378, false, { 0x12345, 8 }, { 0, 4 }, { 0x6080c0, 4 }, { 1, 4 });
	PUT(&x, 378, false, { UINT64_MAX, 8 }, { 9, 4 }, { 0x4000c0, 4 }, { 1, 4 });
	read_all(&x);
	assert_int_equal(x.ev[0].page.pfn, 0x12345);
	assert_int_equal(x.ev[0].page.gfp, KERNEL | KMM_GFP_ZERO);
	assert_int_equal(x.ev[1].page.pfn, EVENT_NO_PFN);
	assert_int_equal(x.ev[1].page.gfp, KERNEL & ~KMM_GFP_DIRECT_RECLAIM);
	trace_caution(x.t, text, sizeof(text));
	assert_string_equal(text, "");
	end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_2_6_32),
		cmocka_unit_test(kernel_2_6_32_i386),
		cmocka_unit_test(kernel_3_10),
		cmocka_unit_test(kernel_4_19),
	};

	return cmocka_run_group_tests_name("trace_older", tests, NULL, NULL);
}
