/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the model share: small machines, and an observer that writes events down. */
#ifndef TESTS_UNIT_MM_MACHINE_H
#define TESTS_UNIT_MM_MACHINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mm/kmm.h"

#define GFP_KERNEL (KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM | KMM_GFP_IO | KMM_GFP_FS)
#define GFP_USER_MOVABLE (GFP_KERNEL | KMM_GFP_HIGHMEM | KMM_GFP_MOVABLE)
#define GFP_ATOMIC (KMM_GFP_HIGH | KMM_GFP_ATOMIC | KMM_GFP_KSWAPD_RECLAIM)

#define MOST_EVENTS 8192

/* What the model reported: 'a'lloc, 'f'ree, 'l'ocked, 'd'rain, 'k'swapd, 'x' for a fallback. */
struct seen_event {
	char kind;
	unsigned cpu, order, type, found, from;
	kmm_pfn pfn;
	bool flag;
};

struct seen {
	struct seen_event event[MOST_EVENTS];
	unsigned n;
};

static inline void seen_add(void *arg, struct seen_event e)
{
	struct seen *s = arg;

	assert_true(s->n < MOST_EVENTS);
	s->event[s->n++] = e;
}

static inline void seen_alloc(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order, kmm_gfp gfp,
			      unsigned type)
{
	(void)gfp;
	seen_add(arg, (struct seen_event){ 'a', cpu, order, type, 0, 0, pfn, false });
}

static inline void seen_free(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order)
{
	seen_add(arg, (struct seen_event){ 'f', cpu, order, 0, 0, 0, pfn, false });
}

static inline void seen_locked(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order, unsigned type,
			       bool refill)
{
	seen_add(arg, (struct seen_event){ 'l', cpu, order, type, 0, 0, pfn, refill });
}

static inline void seen_drain(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order, unsigned type)
{
	seen_add(arg, (struct seen_event){ 'd', cpu, order, type, 0, 0, pfn, false });
}

static inline void seen_extfrag(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order,
				unsigned found, unsigned type, unsigned from, bool owner)
{
	seen_add(arg, (struct seen_event){ 'x', cpu, order, type, found, from, pfn, owner });
}

static inline void seen_kswapd(void *arg, unsigned cpu, unsigned zone, unsigned order)
{
	seen_add(arg, (struct seen_event){ 'k', cpu, order, zone, 0, 0, 0, false });
}

static inline void seen_watch(struct kmm *mm, struct seen *s)
{
	static const struct kmm_observer all = {
		.mm_page_alloc = seen_alloc,
		.mm_page_free = seen_free,
		.mm_page_alloc_zone_locked = seen_locked,
		.mm_page_pcpu_drain = seen_drain,
		.mm_page_alloc_extfrag = seen_extfrag,
		.wakeup_kswapd = seen_kswapd,
	};

	s->n = 0;
	kmm_observe(mm, &all, s);
}

static inline unsigned seen_count(const struct seen *s, char kind)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->n; i++)
		n += s->event[i].kind == kind;
	return n;
}

/* A configuration without zones: one node, two CPUs, no watermarks to run into. */
static inline struct kmm_config config_of(enum kmm_generation g)
{
	struct kmm_config c;

	memset(&c, 0, sizeof(c));
	kmm_policy_init(&c.policy, g);
	c.cpus = 2;
	c.nodes = 1;
	return c;
}

static inline struct kmm_zone_config *config_zone(struct kmm_config *c, unsigned node,
						  enum kmm_zone_type type, kmm_pfn start,
						  unsigned frames)
{
	struct kmm_zone_config *z = &c->zone[c->zones++];

	z->node = node;
	z->type = type;
	z->start = start;
	z->spanned = z->present = z->managed = frames;
	z->min = 1;
	z->low = 2;
	z->high = 3;
	z->reserve_given = true;
	return z;
}

static inline struct kmm *machine_create(const struct kmm_config *c)
{
	char why[200];
	struct kmm *mm = kmm_create(c, why, sizeof(why));

	if (!mm)
		fail_msg("%s", why);
	return mm;
}

/* One zone of that many frames from 0 on, all in use, with pcp batch 31 and high 407. */
static inline struct kmm *machine_of(enum kmm_generation g, unsigned frames)
{
	struct kmm_config c = config_of(g);
	struct kmm_zone_config *z = config_zone(&c, 0, KMM_ZONE_DMA32, 0, frames);

	z->pcp_batch = 31;
	z->pcp_high = 407;
	return machine_create(&c);
}

/* The blocks of a free list, head first, must be exactly these. */
static inline void check_list(const struct kmm *mm, unsigned order, unsigned type,
			      const kmm_pfn *want, unsigned n)
{
	kmm_pfn at = KMM_NO_PFN;

	for (unsigned i = 0; i < n; i++) {
		at = kmm_free_list_next(mm, 0, order, type, at);
		assert_int_equal(at, want[i]);
	}
	assert_int_equal(kmm_free_list_next(mm, 0, order, type, at), KMM_NO_PFN);
	assert_int_equal(kmm_nr_free(mm, 0, order, type), n);
}

#define CHECK_LIST(mm, order, type, ...)                              \
	check_list(mm, order, type, (const kmm_pfn[]){ __VA_ARGS__ }, \
		   sizeof((const kmm_pfn[]){ __VA_ARGS__ }) / sizeof(kmm_pfn))

static inline void check_pcp_list(const struct kmm *mm, unsigned cpu, unsigned order, unsigned type,
				  const kmm_pfn *want, unsigned n)
{
	kmm_pfn at = KMM_NO_PFN;

	for (unsigned i = 0; i < n; i++) {
		at = kmm_pcp_list_next(mm, cpu, 0, order, type, at);
		assert_int_equal(at, want[i]);
	}
	assert_int_equal(kmm_pcp_list_next(mm, cpu, 0, order, type, at), KMM_NO_PFN);
}

#define CHECK_PCP(mm, cpu, order, type, ...)                                   \
	check_pcp_list(mm, cpu, order, type, (const kmm_pfn[]){ __VA_ARGS__ }, \
		       sizeof((const kmm_pfn[]){ __VA_ARGS__ }) / sizeof(kmm_pfn))

static inline void check_valid(const struct kmm *mm)
{
	char why[200];

	if (kmm_validate(mm, why, sizeof(why)))
		fail_msg("%s", why);
}

static inline void machine_done(struct kmm *mm)
{
	check_valid(mm);
	kmm_destroy(mm);
}

#endif
