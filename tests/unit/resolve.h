/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * resolve: events by hand into a resolver, records out into an array.  A test
 * reads like a trace: who, on which CPU, what.
 */
#ifndef TESTS_RESOLVE_H
#define TESTS_RESOLVE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "workload/resolve.h"

#define BASE 0xffff888000000000ull /* of the direct map */
#define ADDR(pfn) (BASE + ((uint64_t)(pfn) << 12))
#define KERNEL (KMM_GFP_IO | KMM_GFP_FS | KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM)
#define USER (KERNEL | KMM_GFP_MOVABLE | KMM_GFP_HIGHMEM | KMM_GFP_HARDWALL)
#define SLAB (KERNEL | KMM_GFP_NOWARN | KMM_GFP_NORETRY)
#define VMALLOC_SITE 0xffffffff81300010ull
#define OUT 8192

struct bench {
	struct resolver *r;
	struct request out[OUT];
	unsigned n;
	struct intern strings;
	uint64_t time;
	unsigned cpu;
	int pid;
	uint8_t irq;
	bool lost;
	bool tied; /* the clock stands still, and the events of all CPUs have one time */
	uint64_t lost_count;
	bool joins_areas; /* as bench_machine() is to have it */
};

static uint32_t bench_string(void *arg, const char *s, size_t len)
{
	return intern_add(&((struct bench *)arg)->strings, s, len);
}

static const char *bench_name(void *arg, uint32_t name)
{
	(void)arg;
	return name == 1 ? "dentry" : "filp";
}

static const char *bench_comm(void *arg, int32_t pid)
{
	(void)arg;
	return pid == 30 ? "kswapd0" : "work";
}

static int bench_put(void *arg, const struct request *q, struct err *e)
{
	struct bench *b = arg;

	(void)e;
	assert_true(b->n < OUT);
	b->out[b->n++] = *q;
	return 0;
}

/* A resolver of events from such a machine; NULL: nothing is known of it. */
static inline void bench_machine(struct bench *b, const struct machine *m)
{
	static const struct resolve_range vmalloc = { VMALLOC_SITE - 0x10, VMALLOC_SITE + 0x100 };
	struct resolve_options o = { .machine = m,
				     .direct_map_base = BASE,
				     .vmalloc_sites = &vmalloc,
				     .vmalloc_site_count = 1,
				     .joins_areas = b->joins_areas,
				     .long_size = 8,
				     .comm = bench_comm,
				     .name = bench_name,
				     .string = bench_string,
				     .put = bench_put,
				     .arg = b };
	struct err e;

	resolver_free(b->r);
	b->r = resolver_new(&o, &e);
}

static inline int bench_setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	if (!b || intern_init(&b->strings))
		return -1;
	bench_machine(b, NULL);
	b->pid = 100;
	*state = b;
	return b->r ? 0 : -1;
}

static inline int bench_teardown(void **state)
{
	struct bench *b = *state;

	resolver_free(b->r);
	intern_free(&b->strings);
	free(b);
	return 0;
}

static inline void feed(struct bench *b, struct event *ev)
{
	struct err e = { 0 };

	ev->time = b->time;
	b->time += !b->tied;
	ev->tied = b->tied;
	ev->cpu = b->cpu;
	ev->pid = b->pid;
	ev->irq = b->irq;
	ev->lost = b->lost;
	assert_int_equal(resolver_events(b->r, ev, 1, b->lost_count, &e), 0);
	b->lost = false;
	b->lost_count = 0;
}

static inline void finish(struct bench *b)
{
	struct err e = { 0 };

	assert_int_equal(resolver_finish(b->r, &e), 0);
}

static inline void page_event(struct bench *b, enum event_kind kind, uint64_t pfn, int order,
			      int type, kmm_gfp gfp)
{
	struct event ev = { .kind = (uint16_t)kind };

	ev.page.pfn = pfn;
	ev.page.order = (int16_t)order;
	ev.page.migratetype = (int16_t)type;
	ev.page.gfp = gfp;
	ev.page.percpu_refill = kind == EVENT_MM_PAGE_ALLOC_ZONE_LOCKED ? 1 : -1;
	feed(b, &ev);
}

static inline void alloc(struct bench *b, uint64_t pfn, int order, kmm_gfp gfp)
{
	page_event(b, EVENT_MM_PAGE_ALLOC, pfn, order, gfp & KMM_GFP_MOVABLE ? 1 : 0, gfp);
}

static inline void locked(struct bench *b, uint64_t pfn, int order)
{
	page_event(b, EVENT_MM_PAGE_ALLOC_ZONE_LOCKED, pfn, order, 0, 0);
}

static inline void freed(struct bench *b, uint64_t pfn, int order)
{
	page_event(b, EVENT_MM_PAGE_FREE, pfn, order, -1, 0);
}

static inline void batched(struct bench *b, uint64_t pfn)
{
	page_event(b, EVENT_MM_PAGE_FREE_BATCHED, pfn, -1, -1, 0);
}

static inline void drained(struct bench *b, uint64_t pfn, int order)
{
	page_event(b, EVENT_MM_PAGE_PCPU_DRAIN, pfn, order, 0, 0);
}

static inline void object(struct bench *b, enum event_kind kind, uint64_t ptr, uint64_t site,
			  uint64_t req, uint64_t bytes, uint32_t name)
{
	struct event ev = { .kind = (uint16_t)kind };

	ev.object.ptr = ptr;
	ev.object.call_site = site;
	ev.object.bytes_req = req;
	ev.object.bytes_alloc = bytes;
	ev.object.node = -1;
	ev.object.accounted = -1;
	ev.object.name = name;
	ev.object.gfp = KERNEL;
	feed(b, &ev);
}

/* Number of records of an operation, and the n-th of them. */
static inline unsigned count(const struct bench *b, enum request_op op)
{
	unsigned n = 0;

	for (unsigned i = 0; i < b->n; i++)
		n += b->out[i].sig.op == op;
	return n;
}

static inline int at(const struct bench *b, enum request_op op, unsigned n)
{
	for (unsigned i = 0; i < b->n; i++)
		if (b->out[i].sig.op == op && !n--)
			return (int)i;
	fail_msg("no such record");
	return -1;
}

static inline const struct request *rec(const struct bench *b, enum request_op op, unsigned n)
{
	return &b->out[at(b, op, n)];
}

#endif
