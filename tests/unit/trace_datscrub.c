// SPDX-License-Identifier: GPL-2.0-or-later
/* datscrub: event by event beside the file that it was made from, and what must not be in it. */
#define _GNU_SOURCE
#include "tests/unit/trace_file.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

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

static void add_text(struct trace_file *f, uint64_t time, const char *text)
{
	uint8_t rec[64] = { 0 };

	dw_store(&f->w, rec, 5, 2);
	dw_store(&f->w, rec + 4, 77, 4);
	dw_store(&f->w, rec + 8, TEXT + 0x100, 8);
	strcpy((char *)rec + 16, text);
	assert_true(dw_add(&f->w, 0, 0, time, rec, (unsigned)(16 + strlen(text) + 1)));
}

static void add_other(struct trace_file *f, uint64_t time)
{
	uint8_t rec[32] = { 0 };

	dw_store(&f->w, rec, 300, 2);
	dw_store(&f->w, rec + 4, 77, 4);
	strcpy((char *)rec + 8, SECRET);
	dw_store(&f->w, rec + 24, DIRECT + 0x1234560, 8);
	assert_true(dw_add(&f->w, 0, 1, time, rec, sizeof(rec)));
}

static void write_capture(struct trace_file *f, struct dw_options o)
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

static FILE *scrub(const char *path, struct rebase *key, bool keep_going, char to[64], int want,
		   struct datscrub_result *res)
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

static void same_event(const struct event *a, const struct event *b, const struct rebase *key)
{
	assert_int_equal(b->time, a->time);
	assert_int_equal(b->cpu, a->cpu);
	assert_int_equal(b->pid, a->pid);
	assert_int_equal(b->kind, a->kind);
	assert_int_equal(b->id, a->id);
	assert_int_equal(b->record_len, a->record_len);
	switch (a->kind) {
	case EVENT_MM_PAGE_ALLOC:
		assert_int_equal(b->page.pfn, a->page.pfn);
		assert_int_equal(b->page.order, a->page.order);
		assert_int_equal(b->page.gfp, a->page.gfp);
		assert_int_equal(b->page.migratetype, a->page.migratetype);
		break;
	case EVENT_KFREE:
		assert_int_equal(b->object.ptr, rebase_address(key, a->object.ptr));
		assert_int_equal(b->object.call_site, rebase_address(key, a->object.call_site));
		break;
	case EVENT_PRINT:
		assert_int_equal(b->print.len, a->print.len);
		if (!strncmp(a->print.text, "snap: before", 12))
			assert_memory_equal(b->print.text, a->print.text, a->print.len);
		else
			assert_int_equal(strspn(b->print.text, "."), a->print.len);
		break;
	default:
		for (unsigned i = 8; i < b->record_len; i++)
			assert_int_equal(b->record[i], 0);
	}
}

static bool has_secret(const struct event *ev)
{
	return memmem(ev->record, ev->record_len, SECRET, strlen(SECRET)) != NULL;
}

static void event_by_event(void **state)
{
	static const struct dw_options kinds[] = {
		{ .version = 6 },
		{ .version = 6, .big_endian = true, .odd = true },
		{ .version = 7, .packing = DW_ZSTD },
		{ .version = 7, .packing = DW_ZLIB, .odd = true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct datscrub_result res;
		struct trace *from, *to;
		struct event a, b;
		struct trace_file f;
		struct rebase key;
		struct err e = { 0 };
		unsigned n = 0, secrets = 0;
		uint64_t offset;
		char path[64];

		write_capture(&f, kinds[i]);
		assert_int_equal(datscrub_long_size(f.path, &e), 8);
		fclose(scrub(f.path, &key, false, path, 0, &res));
		from = trace_open(f.path, NULL, &e);
		to = trace_open(path, NULL, &e);
		if (!from || !to)
			fail_msg("%s", e.text);
		assert_string_equal(trace_info(to)->format, "trace.dat 7");
		assert_string_equal(trace_info(to)->compression, "zstd");
		assert_int_equal(trace_info(to)->big_endian, kinds[i].big_endian);
		assert_string_equal(trace_info(to)->clock, trace_info(from)->clock);
		for (; trace_next(from, &a, &e) == 1; n++) {
			assert_int_equal(trace_next(to, &b, &e), 1);
			same_event(&a, &b, &key);
			secrets += has_secret(&a);
			assert_false(has_secret(&b));
		}
		assert_int_equal(trace_next(to, &b, &e), 0);
		assert_int_equal(n, 607);
		assert_int_equal(secrets, 5); /* it was there to be found */
		assert_int_equal(res.events, 607);
		assert_int_equal(res.blanked, 3);
		/* Names: a token for each, the same for the same; memory management's own stay. */
		assert_int_equal(res.names, 1);
		assert_string_equal(trace_comm(to, 77), trace_comm(to, 79));
		assert_null(strstr(trace_comm(to, 77), SECRET));
		assert_string_equal(trace_comm(to, 78), "kswapd0");
		assert_string_equal(trace_symbol(to, rebase_address(&key, TEXT + 0x204), &offset),
				    "further");
		assert_int_equal(offset, 4);
		assert_string_equal(trace_symbol(from, 0xffffffffa0000010, &offset), "unused");
		assert_null(trace_symbol(to, rebase_address(&key, 0xffffffffa0000010), &offset));
		assert_null(strstr(trace_info(to)->uname, "generated"));
		trace_close(from);
		trace_close(to);
		rebase_free(&key);
		unlink(path);
		file_drop(&f);
	}
}

/* The time of day goes; what else the times were shifted by stays, and how far they are apart. */
static void date(void **state)
{
	struct dw_options o = { .version = 6, .offset = 1000000, .date = 1700000000000000 };
	const uint64_t day = o.date * 1000;
	struct datscrub_result res;
	struct trace *from, *to;
	struct event a, b;
	struct trace_file f;
	struct rebase key;
	struct err e = { 0 };
	char path[64];

	(void)state;
	write_capture(&f, o);
	fclose(scrub(f.path, &key, false, path, 0, &res));
	from = trace_open(f.path, NULL, &e);
	to = trace_open(path, NULL, &e);
	assert_true(from && to);
	while (trace_next(from, &a, &e) == 1) {
		assert_int_equal(trace_next(to, &b, &e), 1);
		assert_in_range(a.time, day + o.offset, day + o.offset + 6000);
		assert_int_equal(b.time, a.time - day);
	}
	trace_close(from);
	trace_close(to);
	rebase_free(&key);
	unlink(path);
	file_drop(&f);
}

/* What is damaged is refused, or scrubbed as far as it is whole. */
static void cut_off(void **state)
{
	struct datscrub_result res;
	struct trace_file f;
	struct rebase key;
	struct err e = { 0 };
	char path[64];
	FILE *file;
	long size;

	(void)state;
	write_capture(&f, (struct dw_options){ .version = 6 });
	file = fopen(f.path, "r");
	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	fclose(file);
	assert_int_equal(truncate(f.path, size - 100), 0);
	fclose(scrub(f.path, &key, false, path, -EBADMSG, &res));
	rebase_free(&key);
	unlink(path);
	fclose(scrub(f.path, &key, true, path, 0, &res));
	assert_in_range(res.events, 100, 607);
	rebase_free(&key);
	unlink(path);
	assert_int_equal(truncate(f.path, 100), 0);
	assert_true(datscrub_long_size(f.path, &e) < 0);
	file_drop(&f);
}

/* A limit on the size of files does what a full disk does. */
static void no_room(void **state)
{
	struct datscrub_result res;
	const struct datscrub_options how = { false, functions, 1 };
	struct rlimit was, small;
	struct map code;
	struct trace_file f;
	struct rebase key;
	char path[64];
	struct err e = { 0 };
	FILE *out;

	(void)state;
	write_capture(&f, (struct dw_options){ .version = 6 });
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = was;
	small.rlim_cur = 2000;
	strcpy(path, "/tmp/kmemlab-scrub-XXXXXX");
	out = fdopen(mkstemp(path), "w+");
	assert_non_null(out);
	setvbuf(out, NULL, _IOFBF, 512);
	assert_int_equal(rebase_init(&key, 8, &e), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(map_init(&code, 16), 0);
	assert_true(datscrub(f.path, &key, &how, out, &code, &res, &e) < 0);
	map_free(&code);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_true(*e.text);
	fclose(out);
	rebase_free(&key);
	unlink(path);
	file_drop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(event_by_event),
		cmocka_unit_test(date),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(no_room),
	};

	return cmocka_run_group_tests_name("trace_datscrub", tests, NULL, NULL);
}
