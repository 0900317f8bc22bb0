/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * miss: why the model gave another page than the kernel did, as far as where it had the kernel's page tells.
 */
#ifndef REPLAY_MISS_H
#define REPLAY_MISS_H

#include "mm/kmm.h"
#include "workload/request.h"

/* X(NAME, "name", "what it means") */
#define MISSES(X)                                                                              \
	X(NO_PAGE, "no-page", "the model had no page to give")                                 \
	X(ZONE, "zone", "the model took a page of another zone")                               \
	X(IN_USE, "in-use", "the model has the kernel's page in use by somebody else")         \
	X(LIST_ORDER, "list-order",                                                            \
	  "the kernel's page stands further back on the list of that CPU")                     \
	X(OTHER_CPU, "other-cpu", "the kernel's page is on another CPU's list")                \
	X(OFF_LIST, "off-list",                                                                \
	  "the kernel had its page on the CPU's list, the model has it in the free lists")     \
	X(ON_LIST, "on-list",                                                                  \
	  "the kernel took its page from the free lists, the model has it on that CPU's list") \
	X(FREE_ORDER, "free-order", "the kernel took another block of the free lists")

enum miss {
#define X(name, text, help) MISS_##name,
	MISSES(X)
#undef X
		MISS_KINDS,
};

const char *miss_name(enum miss m);
const char *miss_help(enum miss m);
/* What the model did about a request that it answered with `got`, where the kernel's answer was q->pfn. */
enum miss miss_of(const struct kmm *mm, const struct request *q, kmm_pfn got);

#endif
