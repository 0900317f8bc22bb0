// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ftext_event: what trace-cmd says of each event of the bundled capture, read as words, is what
 * the capture's own records hold; and words that no program of these writes.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/ftext_event.h"
#include "trace/ftext_line.h"
#include "trace/trace.h"

#define SMALL "traces/amd64-6.1-small/trace.dat"

struct words {
	struct ftext_words w;
	struct intern names;
	struct ftext_type types[EVENT_KIND_COUNT];
};

static void words_init(struct words *x)
{
	assert_int_equal(ftext_words_init(&x->w), 0);
	assert_int_equal(intern_init(&x->names), 0);
	for (unsigned k = 0; k < EVENT_KIND_COUNT; k++)
		ftext_type_init(&x->types[k], k);
}

static void words_free(struct words *x)
{
	ftext_words_free(&x->w);
	intern_free(&x->names);
}

/* The words in memory that ends where they do, so that a sanitizer sees what is read behind them. */
static struct event read_part(struct words *x, enum event_kind kind, const char *text, size_t len)
{
	struct event ev = { 0 };
	char *copy = malloc(len + !len);

	memcpy(copy, text, len);
	assert_int_equal(ftext_event_read(&x->w, &x->types[kind], copy, copy + len, &ev, &x->names),
			 0);
	free(copy);
	return ev;
}

static struct event read_words(struct words *x, enum event_kind kind, const char *text)
{
	return read_part(x, kind, text, strlen(text));
}

/* ---- against trace-cmd ---- */

struct pair {
	struct trace *t;
	struct words *x;
	struct event want, got;
};

static void same_site(const struct pair *p, uint64_t want, uint64_t got)
{
	uint64_t a = 0, b = 0;
	const char *symbol = trace_symbol(p->t, want, &a), *told = ftext_site(&p->x->w, got, &b);

	if (!told) {
		assert_int_equal(got, want);
		return;
	}
	assert_non_null(symbol);
	assert_string_equal(told, symbol);
	assert_int_equal(a, b);
}

/* GFP_ATOMIC had this flag in it up to 6.2, and the text does not say of which kernel it is. */
static void same_gfp(kmm_gfp want, kmm_gfp got)
{
	assert_int_equal(got & ~KMM_GFP_ATOMIC, want & ~KMM_GFP_ATOMIC);
}

static void same_page(const struct pair *p)
{
	assert_int_equal(p->got.page.pfn, p->want.page.pfn);
	same_gfp(p->want.page.gfp, p->got.page.gfp);
	/* "order=0" is written of what has no field for it. */
	assert_int_equal(p->got.page.order, p->want.page.order < 0 ? 0 : p->want.page.order);
	assert_int_equal(p->got.page.migratetype, p->want.page.migratetype);
	assert_int_equal(p->got.page.percpu_refill, p->want.page.percpu_refill);
}

static void same_object(const struct pair *p)
{
	assert_int_equal(p->got.object.ptr, p->want.object.ptr);
	assert_int_equal(p->got.object.bytes_req, p->want.object.bytes_req);
	assert_int_equal(p->got.object.bytes_alloc, p->want.object.bytes_alloc);
	same_gfp(p->want.object.gfp, p->got.object.gfp);
	assert_int_equal(p->got.object.node, p->want.object.node);
	assert_string_equal(intern_str(&p->x->names, p->got.object.name),
			    intern_str(trace_names(p->t), p->want.object.name));
	/* Of kmalloc the text has a word that the record has not: it is worked out of the flags. */
	if (p->want.object.accounted >= 0)
		assert_int_equal(p->got.object.accounted, p->want.object.accounted);
	same_site(p, p->want.object.call_site, p->got.object.call_site);
}

static void same_percpu(const struct pair *p)
{
	assert_int_equal(p->got.percpu.size, p->want.percpu.size);
	assert_int_equal(p->got.percpu.align, p->want.percpu.align);
	assert_int_equal(p->got.percpu.base_addr, p->want.percpu.base_addr);
	assert_int_equal(p->got.percpu.ptr, p->want.percpu.ptr);
	assert_int_equal(p->got.percpu.bytes_alloc, p->want.percpu.bytes_alloc);
	assert_int_equal(p->got.percpu.off, p->want.percpu.off);
	same_gfp(p->want.percpu.gfp, p->got.percpu.gfp);
	assert_int_equal(p->got.percpu.reserved, p->want.percpu.reserved);
	assert_int_equal(p->got.percpu.is_atomic, p->want.percpu.is_atomic);
	same_site(p, p->want.percpu.call_site, p->got.percpu.call_site);
}

static void same_probe(const struct pair *p)
{
	assert_int_equal(p->got.probe.addr, p->want.probe.addr);
	assert_int_equal(p->got.probe.size, p->want.probe.size);
	assert_int_equal(p->got.probe.pfn, p->want.probe.pfn);
	assert_int_equal(p->got.probe.flags, p->want.probe.flags);
	assert_int_equal(p->got.probe.align, p->want.probe.align);
}

static void same_extfrag(const struct pair *p)
{
	assert_int_equal(p->got.extfrag.pfn, p->want.extfrag.pfn);
	assert_int_equal(p->got.extfrag.alloc_order, p->want.extfrag.alloc_order);
	assert_int_equal(p->got.extfrag.fallback_order, p->want.extfrag.fallback_order);
	assert_int_equal(p->got.extfrag.alloc_migratetype, p->want.extfrag.alloc_migratetype);
	assert_int_equal(p->got.extfrag.fallback_migratetype, p->want.extfrag.fallback_migratetype);
	assert_int_equal(p->got.extfrag.change_ownership, p->want.extfrag.change_ownership);
}

/* False: nothing to compare. */
static bool same(const struct pair *p)
{
	assert_int_equal(p->got.kind, p->want.kind);
	switch (bind_payload(p->want.kind)) {
	case PAYLOAD_page:
		same_page(p);
		return true;
	case PAYLOAD_object:
		same_object(p);
		return true;
	case PAYLOAD_percpu:
		same_percpu(p);
		return true;
	case PAYLOAD_probe:
		same_probe(p);
		return true;
	case PAYLOAD_extfrag:
		same_extfrag(p);
		return true;
	case PAYLOAD_print:
		/* In the record with the line end that its writer gave it. */
		assert_in_range(p->want.print.len, p->got.print.len, p->got.print.len + 1);
		assert_memory_equal(p->got.print.text, p->want.print.text, p->got.print.len);
		return true;
	default:
		return false;
	}
}

static void as_trace_cmd_says(void **state)
{
	static struct words x;
	unsigned seen[EVENT_KIND_COUNT] = { 0 }, kinds = 0, all = 0;
	struct pair p = { .x = &x };
	struct err e = { 0 };
	char line[1024];
	FILE *report = popen("trace-cmd report -t " SMALL " 2> /dev/null", "r");

	(void)state;
	assert_non_null(report);
	words_init(&x);
	p.t = trace_open(SMALL, NULL, &e);
	assert_non_null(p.t);
	while (fgets(line, sizeof(line), report)) {
		char *end = line + strcspn(line, "\n");
		struct ftext_line l;

		if (!ftext_line_read(&l, line, end))
			continue;
		assert_int_equal(trace_next(p.t, &p.want, &e), 1);
		if (p.want.kind == EVENT_OTHER)
			continue;
		p.got = p.want;
		assert_int_equal(ftext_event_read(&x.w, &x.types[p.want.kind], l.body, l.end,
						  &p.got, &x.names),
				 0);
		seen[p.want.kind] += same(&p);
		all++;
	}
	if (pclose(report) || !all) {
		trace_close(p.t);
		words_free(&x);
		skip();
	}
	assert_int_equal(trace_next(p.t, &p.want, &e), 0);
	for (unsigned k = 0; k < EVENT_KIND_COUNT; k++)
		kinds += seen[k] > 0;
	print_message("%u events of %u kinds\n", all, kinds);
	assert_true(all > 20000 && kinds >= 14);
	trace_close(p.t);
	words_free(&x);
}

/* ---- words by hand ---- */

/* What a failed allocation looks like: 6.1, 4.19 and 2.6.32. */
static void failures(void **state)
{
	static struct words x;
	struct event ev;

	(void)state;
	words_init(&x);
	ev = read_words(&x, EVENT_MM_PAGE_ALLOC,
			"page=(nil) pfn=0x0 order=9 migratetype=1 gfp_flags=GFP_TRANSHUGE");
	assert_int_equal(ev.page.pfn, EVENT_NO_PFN);
	assert_int_equal(ev.page.order, 9);
	ev = read_words(&x, EVENT_MM_PAGE_ALLOC,
			"page=(null) pfn=0 order=3 migratetype=0 gfp_flags=GFP_ATOMIC");
	assert_int_equal(ev.page.pfn, EVENT_NO_PFN);
	/* Frame 0 is one where there is a page. */
	ev = read_words(&x, EVENT_MM_PAGE_ALLOC,
			"page=ffffea0000000000 pfn=0 order=3 migratetype=0 gfp_flags=GFP_ATOMIC");
	assert_int_equal(ev.page.pfn, 0);
	words_free(&x);
}

static void flags(void **state)
{
	static struct words x;
	struct event ev;

	(void)state;
	words_init(&x);
	ev = read_words(&x, EVENT_KMALLOC,
			"call_site=f+0x1 ptr=0xffff888003c0a000 bytes_req=1 bytes_alloc=8 "
			"gfp_flags=GFP_KERNEL|__GFP_ZERO|__GFP_NOWARN node=0 accounted=true");
	assert_int_equal(ev.object.gfp, KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM |
						KMM_GFP_IO | KMM_GFP_FS | KMM_GFP_ZERO |
						KMM_GFP_NOWARN);
	assert_int_equal(ev.object.accounted, 1);
	assert_int_equal(ev.object.node, 0);
	ev = read_words(
		&x, EVENT_KMALLOC,
		"call_site=f ptr=0xffff888003c0a000 bytes_req=1 bytes_alloc=8 gfp_flags=none");
	assert_int_equal(ev.object.gfp, 0);
	assert_int_equal(ev.object.node, -1);
	ev = read_words(&x, EVENT_KMALLOC,
			"call_site=f ptr=0xffff888003c0a000 bytes_req=1 bytes_alloc=8 "
			"gfp_flags=__GFP_OF_ANOTHER_AGE");
	assert_int_equal(ev.object.gfp, (kmm_gfp)KMM_GFP_UNKNOWN);
	words_free(&x);
}

static void sites(void **state)
{
	static struct words x;
	static const char *const text[] = { "rcu_do_batch+0x19a/0x500", "rcu_do_batch+0x19a",
					    "rcu_do_batch", "ffffffff8117ab01",
					    "0xffffffff8117ab01" };
	uint64_t site[5], offset, start, end;

	(void)state;
	words_init(&x);
	for (unsigned i = 0; i < 5; i++) {
		char line[200];

		snprintf(line, sizeof(line), "call_site=%s ptr=0xffff888003c0a000", text[i]);
		site[i] = read_words(&x, EVENT_KFREE, line).object.call_site;
	}
	assert_int_equal(site[0], site[1]);
	assert_string_equal(ftext_site(&x.w, site[0], &offset), "rcu_do_batch");
	assert_int_equal(offset, 0x19a);
	assert_string_equal(ftext_site(&x.w, site[2], &offset), "rcu_do_batch");
	assert_int_equal(offset, 0);
	assert_int_equal(site[3], 0xffffffff8117ab01);
	assert_int_equal(site[4], 0xffffffff8117ab01);
	/* Whoever asks for a function gets the numbers of its call sites, before and after they are seen. */
	assert_int_equal(ftext_function(&x.w, "rcu_do_batch", &start, &end), 0);
	assert_true(site[0] >= start && site[0] < end && site[2] == start);
	assert_int_equal(ftext_function(&x.w, "rcu_do", &start, &end), 0);
	assert_false(site[0] >= start && site[0] < end);
	assert_in_range(read_words(&x, EVENT_KFREE,
				   "call_site=rcu_do+0x10/0x20 ptr=0xffff888003c0a000")
				.object.call_site,
			start, end - 1);
	assert_null(ftext_site(&x.w, site[3], &offset));
	assert_null(ftext_site(&x.w, 0, &offset));
	words_free(&x);
}

/* Documentation/core-api/printk-formats.rst: %p is 32 bits of a hash, %px and %lx the address. */
static void pointers(void **state)
{
	static const struct {
		const char *text;
		enum ftext_pointer is;
		unsigned bits;
	} all[] = {
		{ "0xffff888003c0a000", FTEXT_RAW, 64 },
		{ "ffff888003c0a000", FTEXT_RAW, 64 },
		{ "0000000064caed6c", FTEXT_HASHED, 64 },
		{ "00000000fab82ebc", FTEXT_HASHED, 64 },
		{ "f5a3c000", FTEXT_RAW, 32 },
		{ "64caed6c", FTEXT_HASHED, 32 },
		{ "0xc5a3c000", FTEXT_RAW, 32 },
		{ "(____ptrval____)", FTEXT_HIDDEN, 0 },
		{ "(nil)", FTEXT_NIL, 0 },
		{ "(null)", FTEXT_NIL, 0 },
		{ "0000000000000000", FTEXT_NIL, 0 },
		{ "0x0", FTEXT_NIL, 0 },
		{ "", FTEXT_NIL, 0 },
		{ "x", FTEXT_NIL, 0 },
		{ "0x", FTEXT_NIL, 0 },
		{ "ffff888003c0a00g", FTEXT_NIL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		unsigned bits = 77;
		enum ftext_pointer is = ftext_pointer(all[i].text,
						      all[i].text + strlen(all[i].text), &bits);

		if (is != all[i].is || bits != all[i].bits)
			fail_msg("'%s' is taken for %d of %u bits", all[i].text, is, bits);
	}
}

/* What is not there stands at its absent value, and an event without what it needs is of no kind. */
static void lines_that_end_early(void **state)
{
	static const struct {
		enum event_kind kind;
		const char *text;
	} all[] = {
		{ EVENT_MM_PAGE_ALLOC, "page=0xffffea0000123440 pfn=0x48d1 order=2 migratetype=1 "
				       "gfp_flags=GFP_KERNEL|__GFP_COMP" },
		{ EVENT_MM_PAGE_ALLOC_EXTFRAG,
		  "page=0xffffea0000123440 pfn=0x48d1 alloc_order=0 fallback_order=5 pageblock_order=9 "
		  "alloc_migratetype=0 fallback_migratetype=1 fragmenting=1 change_ownership=0" },
		{ EVENT_KMEM_CACHE_ALLOC,
		  "call_site=getname_flags+0x2b ptr=0xffff8d0ac12f4000 name=names_cache bytes_req=4096 "
		  "bytes_alloc=4096 gfp_flags=GFP_KERNEL node=-1 accounted=false" },
		{ EVENT_PERCPU_ALLOC_PERCPU,
		  "call_site=x+0x1f reserved=0 is_atomic=0 size=32 align=8 base_addr=0xfffff1bf7fc00000 "
		  "off=4144 ptr=0x64b4b4801030 bytes_alloc=128 gfp_flags=GFP_KERNEL" },
		{ EVENT_ALLOC_VMAP_AREA,
		  "va_start: 18446683600572096512 size=20480 align=16384 vstart=0xffffc90000000000 "
		  "vend=0xffffe8ffffffffff failed=0" },
		{ EVENT_MM_COMPACTION_BEGIN,
		  "zone_start=0x1000 migrate_pfn=0x1000 free_pfn=0x1fe00 zone_end=0x1ffd7, mode=sync" },
		{ EVENT_VMALLOC_RANGE,
		  "(ffffffffb68f0730) size=16384 align=16384 start=0xffffd1bf80000000" },
		{ EVENT_PRINT, "tracing_mark_write: snap: before begin" },
	};
	static struct words x;

	(void)state;
	words_init(&x);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		for (size_t n = 0; n <= strlen(all[i].text); n++) {
			struct event ev = read_part(&x, all[i].kind, all[i].text, n);

			assert_true(ev.kind == all[i].kind || ev.kind == EVENT_OTHER);
			/* The whole line is of its kind, nothing at all is not. */
			if (n == strlen(all[i].text))
				assert_int_equal(ev.kind, all[i].kind);
			if (!n && all[i].kind != EVENT_PRINT &&
			    all[i].kind != EVENT_MM_COMPACTION_BEGIN &&
			    all[i].kind != EVENT_VMALLOC_RANGE)
				assert_int_equal(ev.kind, EVENT_OTHER);
		}
	}
	words_free(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_trace_cmd_says),
		cmocka_unit_test(failures),
		cmocka_unit_test(flags),
		cmocka_unit_test(sites),
		cmocka_unit_test(pointers),
		cmocka_unit_test(lines_that_end_early),
	};

	return cmocka_run_group_tests_name("trace_ftext_event", tests, NULL, NULL);
}
