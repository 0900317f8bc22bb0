/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doubt: requests that got a page before which others stand on its list, a part of silent.
 *
 * Those were gone before, or were given back after the request's task took the page and was preempted, or the page's own
 * free had not reached the list yet.  The latter is so if one of them is handed out as if it had stayed.
 */
#ifndef REPLAY_DOUBT_H
#define REPLAY_DOUBT_H

#include "replay/silent.h"

/* A request got this page, and what stands before it is going to be found missing; NULL: no doubt about that. */
struct silent_doubt *doubt_raise(struct silent *s, const struct request *q, uint64_t number);
/* The one that the request with this number raised; NULL. */
struct silent_doubt *doubt_of(struct silent *s, uint64_t number);
/* What that got had been taken before what stood before it came, or freed after that: it is on its list still. */
void doubt_decide(struct silent *s, struct silent_doubt *d, uint32_t list);

#endif
