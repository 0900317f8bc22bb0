/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * story: requests and what else records tell, by hand, to silent.h.  A test reads like a trace.  The machine has two CPUs, one
 * zone and two page blocks.
 */
#ifndef TESTS_UNIT_STORY_H
#define TESTS_UNIT_STORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "replay/silent.h"

struct story {
	struct machine m;
	struct silent s;
	struct early early;
	uint64_t n; /* number of the next record */
};

#define STORY(f) cmocka_unit_test_setup_teardown(f, story_begin, story_end)

static int story_begin(void **state)
{
	static struct story s;
	struct err e;

	memset(&s, 0, sizeof(s));
	s.m.max_pfn = 1024;
	s.m.pageblock_order = 9;
	s.m.cpus = 2;
	s.m.zone_count = 1;
	s.m.zones[0].spanned = 1024;
	*state = &s;
	return silent_init(&s.s, &s.early, &s.m, &e);
}

static int story_end(void **state)
{
	silent_free(&((struct story *)*state)->s);
	early_free(&((struct story *)*state)->early);
	return 0;
}

static inline void tell_request(struct story *s, const struct request *q)
{
	silent_record(&s->s, q, s->n++);
}

static inline void tell(struct story *s, enum request_op op, uint32_t pfn, uint32_t slot,
			uint32_t own)
{
	tell_request(s, &(struct request){
				.pfn = pfn,
				.slot = slot,
				.sig = { .op = (uint8_t)op, .own_obs = own },
			});
}

static inline void tell_movable(struct story *s, enum request_op op, uint32_t pfn, uint32_t slot,
				uint32_t own)
{
	tell_request(s, &(struct request){
				.pfn = pfn,
				.slot = slot,
				.sig = { .op = (uint8_t)op, .own_obs = own, .type = KMM_MOVABLE },
			});
}

/* 10 to 14 come with the allocation of 10. */
static inline void refill(struct story *s)
{
	tell(s, REQ_PAGE_ALLOC, 10, 1, 5);
	for (uint32_t p = 10; p < 15; p++)
		tell(s, OBS_ZONE_LOCKED, p, 1, 0);
}

static inline void push(struct story *s, uint32_t pfn, uint32_t slot, unsigned aux)
{
	tell_request(s, &(struct request){
				.pfn = pfn,
				.slot = slot,
				.sig = { .op = REQ_PAGE_FREE, .aux = (uint8_t)aux },
			});
}

/* What was freed last is handed out first; the type of its page block is known from 20, freed and handed out. */
static inline void learn_block(struct story *s)
{
	push(s, 20, NO_SLOT, 0);
	tell(s, REQ_PAGE_ALLOC, 20, 9, 0);
}

static inline void alloc_by(struct story *s, uint32_t pfn, int32_t pid, uint16_t cpu)
{
	tell_request(s, &(struct request){ .pfn = pfn, .slot = pfn, .pid = pid, .cpu = cpu });
}

static inline void push_by(struct story *s, uint32_t pfn, int32_t pid, unsigned aux)
{
	tell_request(s, &(struct request){
				.pfn = pfn,
				.slot = NO_SLOT,
				.pid = pid,
				.sig = { .op = REQ_PAGE_FREE, .aux = (uint8_t)aux },
			});
}

/* A kernel stack's pages, of which no event tells. */
static inline void bulk_by(struct story *s, int32_t pid, uint32_t pages)
{
	for (uint32_t i = 0; i < pages; i++)
		tell_request(s, &(struct request){
					.pfn = KMM_NO_PFN,
					.slot = 100 + i,
					.pid = pid,
					.seq = 7,
					.sig = { .op = REQ_PAGE_BULK },
				});
}

static inline void by(struct story *s, int32_t pid, enum request_op op, uint32_t pfn, uint8_t order)
{
	tell_request(s, &(struct request){
				.pfn = pfn,
				.slot = NO_SLOT,
				.pid = pid,
				.sig = { .op = (uint8_t)op, .order = order },
			});
}

static inline void drain_all(struct story *s, uint32_t pfn, bool goes_on)
{
	tell_request(s, &(struct request){
				.pfn = pfn,
				.slot = NO_SLOT,
				.cpu = 1,
				.pid = 300,
				.sig = { .op = OBS_PCPU_DRAIN, .aux = DRAIN_ALL, .aux2 = goes_on },
			});
}

#endif
