// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ring buffer's pages against libtraceevent's own decoder (kbuffer) of the
 * same pages: times, lengths and bytes of every record.  Time extends of more
 * than 2^27 ns, long records, losses with a number.
 */
#include "tests/unit/trace_file.h"

#include <kbuffer.h>

#include "trace/datfile.h"
#include "trace/ring.h"

static void make(struct trace_file *f, struct dw_options o, unsigned n)
{
	uint8_t big[400] = { 0 };
	uint64_t time = 5000;

	file_begin(f, o);
	for (unsigned i = 0; i < n; i++) {
		time += i % 97 == 96 ? 1ull << 29 : 100 + i % 50;
		if (i % 31 == 30) {
			dw_store(&f->w, big, 502, 2);
			memset(big + 8, (int)i, sizeof(big) - 8);
			assert_true(dw_add(&f->w, 0, 0, time, big, sizeof(big)));
		} else {
			page_alloc(f, 0, time, 0x1000 + i, 0, 0xcc0);
		}
		if (i % 500 == 499)
			dw_lose(&f->w, 0, 3);
	}
	file_end(f);
}

static void compare(struct dw_options o)
{
	struct trace_file f;
	struct ring_layout l = { 0 };
	struct datfile d;
	struct ring r;
	struct err e = { 0 };
	uint64_t records = 0, lost = 0;
	const struct dat_cpu *cpu;
	struct kbuffer *k;
	int ret;

	make(&f, o, 3000);
	assert_int_equal(datfile_open(&d, f.path, &e), 0);
	assert_true(ring_layout_parse(&l, d.header_page.text, d.header_page.len,
				      d.buffers[0].page_size));
	l.swap = d.swap;
	l.big_endian = d.big_endian;
	cpu = &d.buffers[0].cpus[0];
	assert_int_equal(ring_open(&r, &d, &d.buffers[0], cpu, &l, &e), 0);
	k = kbuffer_alloc(o.long_size == 4 ? KBUFFER_LSIZE_4 : KBUFFER_LSIZE_8,
			  o.big_endian ? KBUFFER_ENDIAN_BIG : KBUFFER_ENDIAN_LITTLE);
	for (uint64_t at = 0; at < cpu->size; at += DW_PAGE) {
		unsigned long long ts;
		void *data;

		assert_int_equal(kbuffer_load_subbuffer(k, (void *)(d.map.data + cpu->offset + at)),
				 0);
		for (data = kbuffer_read_event(k, &ts); data; data = kbuffer_next_event(k, &ts)) {
			ret = ring_next(&r, &e);
			assert_int_equal(ret, 1);
			assert_int_equal(r.time, ts);
			assert_int_equal(r.record_len, (uint32_t)kbuffer_event_size(k));
			assert_memory_equal(r.record, data, r.record_len);
			lost += r.lost;
			r.lost = false;
			records++;
		}
	}
	assert_int_equal(ring_next(&r, &e), 0);
	assert_int_equal(records, 3000);
	assert_int_equal(lost, 5); /* after 500, 1000, ... 2500; none follows the last loss */
	kbuffer_free(k);
	ring_close(&r);
	datfile_close(&d);
	file_drop(&f);
}

static void little_endian(void **state)
{
	(void)state;
	compare((struct dw_options){ .long_size = 8 });
}

static void big_endian(void **state)
{
	(void)state;
	compare((struct dw_options){ .long_size = 8, .big_endian = true });
}

static void of_32_bits(void **state)
{
	(void)state;
	compare((struct dw_options){ .long_size = 4 });
}

/* The data end in the middle of a page. */
static void a_cut_page_is_said(void **state)
{
	struct ring_layout l = { 0 };
	struct trace_file f;
	struct datfile d;
	struct ring r;
	struct err e = { 0 };
	int ret;

	(void)state;
	make(&f, (struct dw_options){ .long_size = 8 }, 300);
	assert_int_equal(datfile_open(&d, f.path, &e), 0);
	assert_true(ring_layout_parse(&l, d.header_page.text, d.header_page.len,
				      d.buffers[0].page_size));
	d.buffers[0].cpus[0].size -= 100;
	assert_int_equal(ring_open(&r, &d, &d.buffers[0], &d.buffers[0].cpus[0], &l, &e), 0);
	while ((ret = ring_next(&r, &e)) > 0)
		;
	assert_true(ret < 0);
	assert_non_null(strstr(e.text, "offset"));
	ring_close(&r);
	datfile_close(&d);
	file_drop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(little_endian),
		cmocka_unit_test(big_endian),
		cmocka_unit_test(of_32_bits),
		cmocka_unit_test(a_cut_page_is_said),
	};

	return cmocka_run_group_tests_name("trace_ring", tests, NULL, NULL);
}
