/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_scrubbed: a trace.dat that tells which machine it came from, and what datscrub makes of it.
 */
#ifndef TESTS_TRACE_SCRUBBED_H
#define TESTS_TRACE_SCRUBBED_H

#include "tests/unit/trace_file.h"

#include "trace/datscrub.h"
#include "trace/trace.h"

#define SECRET "correct-horse"
#define TEXT 0xffffffff81000000ull
#define DIRECT 0xffff888000000000ull

static const char print_format[] = "name: print\nID: 5\nformat:\n" COMMON
				   "\tfield:unsigned long ip;\toffset:8;\tsize:8;\tsigned:0;\n"
				   "\tfield:char buf[];\toffset:16;\tsize:0;\tsigned:0;\n\n"
				   "print fmt: \"%ps: %s\", (void *)REC->ip, REC->buf\n";

/* Of another subsystem: a text, and a number of eight bytes. */
static const char other_format[] =
	"name: sched_process_exec\nID: 300\nformat:\n" COMMON
	"\tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:0;\n"
	"\tfield:unsigned long secret;\toffset:24;\tsize:8;\tsigned:0;\n\n"
	"print fmt: \"comm=%s secret=%lx\", REC->comm, REC->secret\n";

static inline void add_text(struct trace_file *f, uint64_t time, const char *text)
{
	uint8_t rec[64] = { 0 };

	dw_store(&f->w, rec, 5, 2);
	dw_store(&f->w, rec + 4, 77, 4);
	dw_store(&f->w, rec + 8, TEXT + 0x100, 8);
	strcpy((char *)rec + 16, text);
	assert_true(dw_add(&f->w, 0, 0, time, rec, (unsigned)(16 + strlen(text) + 1)));
}

static inline void add_other(struct trace_file *f, uint64_t time)
{
	uint8_t rec[32] = { 0 };

	dw_store(&f->w, rec, 300, 2);
	dw_store(&f->w, rec + 4, 77, 4);
	strcpy((char *)rec + 8, SECRET);
	dw_store(&f->w, rec + 24, DIRECT + 0x1234560, 8);
	assert_true(dw_add(&f->w, 0, 1, time, rec, sizeof(rec)));
}

static inline void write_capture(struct trace_file *f, struct dw_options o)
{
	o.cpus = 2;
	file_begin(f, o);
	dw_format(&f->w, NULL, strdup(print_format));
	dw_format(&f->w, "sched", strdup(other_format));
	f->w.kallsyms = strdup(
		"ffffffff81000000 T _text\nffffffff81000200 T further\nffffffff81000300 T end\n"
		"ffffffffa0000000 t unused\t[module]\nffffffffa0001000 t behind\t[module]\n");
	f->w.cmdlines = strdup("77 " SECRET "\n78 kswapd0\n79 " SECRET "\n80 \n");
	add_text(f, 5, "snap: before/buddyinfo begin");
	for (unsigned i = 0; i < 300; i++) {
		page_alloc(f, 0, 10 + 4 * i, 0x1000 + i, i % 4, 0xcc0);
		kfree_event(f, 1, 11 + 4 * i, TEXT + 0x204, DIRECT + 64 * i);
		if (i % 100 == 50)
			add_other(f, 12 + 4 * i);
	}
	add_text(f, 4999, "snap: /home/" SECRET);
	add_text(f, 5000, "hello " SECRET);
	kfree_event(f, 0, 5001, 0, 16); /* no address of anything */
	file_end(f);
}

static const char *const functions[] = { "further" };

static inline FILE *scrub(const char *path, struct rebase *key, bool keep_going, char to[64],
			  int want, struct datscrub_result *res)
{
	const struct datscrub_options how = { keep_going, functions, 1 };
	struct err e = { 0 };
	struct map code;
	FILE *out;

	strcpy(to, "/tmp/kmemlab-scrub-XXXXXX");
	out = fdopen(mkstemp(to), "w+");
	assert_non_null(out);
	assert_int_equal(rebase_init(key, 8, &e), 0);
	assert_int_equal(map_init(&code, 16), 0);
	assert_int_equal(datscrub(path, key, &how, out, &code, res, &e), want);
	map_free(&code);
	if (want)
		assert_true(*e.text && !strchr(e.text, '\n'));
	return out;
}

#endif
