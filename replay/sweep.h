/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sweep: what a drain of all lists tells of pages that left them silently, a part of silent.
 *
 * It comes to every CPU's lists, one after the other, and leaves nothing behind.  So what it did not find on a list that it
 * was at, or that it should have emptied without a page, had been taken: by a task that lost the CPU before it logged
 * that.  Where the list's CPU did something meanwhile, the page may have come behind the drain.  So did the last one that it
 * freed, whose task lost the CPU between mm_page_free and the list, if that page is seen to leave the list later.
 */
#ifndef REPLAY_SWEEP_H
#define REPLAY_SWEEP_H

#include "replay/silent.h"

/* Before each record. */
void sweep_record(struct silent *s, const struct request *q, uint64_t number);
/* A page is drained, and stands on its list yet. */
void sweep_drain(struct silent *s, const struct request *q, uint64_t number);
/* A page is drained, and suspected to have been missing: it came behind another drain that did not find it? */
void sweep_found(struct silent *s, uint32_t pfn);
/* Does a drain by another CPU have the lock of this one's lists in the zone of this page?  A free does not wait for it. */
bool sweep_locks(const struct silent *s, unsigned cpu, uint32_t pfn);

#endif
