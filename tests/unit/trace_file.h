/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_file: small captures for the tests of src/trace, written by
 * tests/gen/datwriter.h, which knows nothing of the reader.
 */
#ifndef TESTS_TRACE_FILE_H
#define TESTS_TRACE_FILE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/gen/datwriter.h"

#define COMMON                                                                         \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"         \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"         \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"

/* As the kernel 6.1 for x86-64 prints it, shortened. */
#define PAGE_ALLOC_FORMAT                                                                         \
	"name: mm_page_alloc\nID: 501\nformat:\n" COMMON                                          \
	"\tfield:unsigned long pfn;\toffset:8;\tsize:8;\tsigned:0;\n"                             \
	"\tfield:unsigned int order;\toffset:16;\tsize:4;\tsigned:0;\n"                           \
	"\tfield:unsigned long gfp_flags;\toffset:24;\tsize:8;\tsigned:0;\n"                      \
	"\tfield:int migratetype;\toffset:32;\tsize:4;\tsigned:1;\n\n"                            \
	"print fmt: \"page=%p pfn=0x%lx order=%d migratetype=%d gfp_flags=%s\", "                 \
	"REC->pfn, REC->pfn, REC->order, REC->migratetype, (REC->gfp_flags) ? "                   \
	"__print_flags(REC->gfp_flags, \"|\", {( unsigned long)(((( gfp_t)(0x400u|0x800u)) | (( " \
	"gfp_t)0x40u) | (( gfp_t)0x80u))), \"GFP_KERNEL\"}, {( unsigned long)(( gfp_t)0x08u), "   \
	"\"__GFP_MOVABLE\"}, {( unsigned long)(( gfp_t)0x2000u), \"__GFP_NOWARN\"}, {0x40, \"__GFP_IO\"}, {0x80, \"__GFP_FS\"}, {0x400, \"__GFP_DIRECT_RECLAIM\"}, {0x800, \"__GFP_KSWAPD_RECLAIM\"}) : \"none\"\n"

#define KFREE_FORMAT                                                        \
	"name: kfree\nID: 502\nformat:\n" COMMON                            \
	"\tfield:unsigned long call_site;\toffset:8;\tsize:8;\tsigned:0;\n" \
	"\tfield:const void * ptr;\toffset:16;\tsize:8;\tsigned:0;\n\n"     \
	"print fmt: \"call_site=%pS ptr=%p\", (void *)REC->call_site, REC->ptr\n"

struct trace_file {
	struct dw w;
	char path[64];
};

static inline void file_begin(struct trace_file *f, struct dw_options o)
{
	int fd;

	strcpy(f->path, "/tmp/kmemlab-trace-XXXXXX");
	fd = mkstemp(f->path);
	assert_true(fd >= 0);
	close(fd);
	if (!o.cpus)
		o.cpus = 1;
	if (!o.long_size)
		o.long_size = 8;
	if (!o.version)
		o.version = 6;
	if (!o.clock)
		o.clock = "global";
	assert_int_equal(dw_open(&f->w, f->path, &o), 0);
	dw_format(&f->w, "kmem", strdup(PAGE_ALLOC_FORMAT));
	dw_format(&f->w, "kmem", strdup(KFREE_FORMAT));
}

static inline void page_alloc(struct trace_file *f, unsigned cpu, uint64_t time, uint64_t pfn,
			      unsigned order, uint64_t gfp)
{
	uint8_t rec[36] = { 0 };

	dw_store(&f->w, rec, 501, 2);
	dw_store(&f->w, rec + 4, 77, 4);
	dw_store(&f->w, rec + 8, pfn, 8);
	dw_store(&f->w, rec + 16, order, 4);
	dw_store(&f->w, rec + 24, gfp, 8);
	dw_store(&f->w, rec + 32, 1, 4);
	assert_true(dw_add(&f->w, 0, cpu, time, rec, sizeof(rec)));
}

static inline void kfree_event(struct trace_file *f, unsigned cpu, uint64_t time, uint64_t site,
			       uint64_t ptr)
{
	uint8_t rec[24] = { 0 };

	dw_store(&f->w, rec, 502, 2);
	dw_store(&f->w, rec + 4, 78, 4);
	dw_store(&f->w, rec + 8, site, 8);
	dw_store(&f->w, rec + 16, ptr, 8);
	assert_true(dw_add(&f->w, 0, cpu, time, rec, sizeof(rec)));
}

static inline void file_end(struct trace_file *f)
{
	assert_int_equal(dw_close(&f->w), 0);
}

static inline void file_drop(struct trace_file *f)
{
	unlink(f->path);
}

#endif
