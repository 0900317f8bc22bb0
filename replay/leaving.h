/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leaving: which of the pages that several CPUs drained at one time of the clock left the
 * free lists first.
 *
 * A drained page goes to the head of its list and a refill takes the head: the later it was
 * drained, the sooner it is gone (mm/page_alloc.c, 6.1; a page whose buddy's buddy is free goes
 * to the tail and is an exception).  So where a clock that stood still hides the order of two
 * drains, the refills to come tell it.  What has merged meanwhile tells nothing.
 */
#ifndef REPLAY_LEAVING_H
#define REPLAY_LEAVING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "workload/request.h"

struct leaving {
	struct leaving_page {
		uint64_t number; /* of the drain's record, ascending */
		uint64_t taken;	 /* of the refill's; 0: none took it as it was */
		uint64_t taken_time;
		uint32_t pfn;
		uint16_t cpu, taken_cpu;
		uint8_t order;
	} * pages;
	uint64_t count, room;
	struct map open;     /* page frame -> place in pages of a page that is still there */
	uint64_t time, from; /* pages from here on were drained at this time */
	bool no_memory;
};

/* 0, or -ENOMEM. */
int leaving_init(struct leaving *l);
void leaving_free(struct leaving *l);
/* Records in order, with their numbers in the workload. */
void leaving_record(struct leaving *l, const struct request *q, uint64_t number);
/*
 * Of the pages at these places of l->pages, which left first?  Below 0 the first one, above 0 the
 * second one, 0 where the refills share a time of the clock too or did not come.
 */
int leaving_compare(const struct leaving *l, uint64_t a, uint64_t b);

#endif
