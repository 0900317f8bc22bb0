// SPDX-License-Identifier: GPL-2.0-or-later
/* datscrub: event by event beside the file that it was made from, and what must not be in it. */
#define _GNU_SOURCE
#include "tests/unit/trace_scrubbed.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(event_by_event),
	};

	return cmocka_run_group_tests_name("trace_datscrub", tests, NULL, NULL);
}
