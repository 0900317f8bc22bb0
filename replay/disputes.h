/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disputes: page frames about which the reconstruction and the snapshot taken
 * after the workload disagree: free in the one, not free in the other.
 *
 * A dump of all page frames is read over a while.  A frame that left the free lists, or came to them, in that time was
 * read before it did or after, and is in no dispute.
 */
#ifndef REPLAY_DISPUTES_H
#define REPLAY_DISPUTES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "machine/machine.h"
#include "replay/recorded.h"

/* X(NAME, "why") */
#define DISPUTES(X)                                                       \
	X(MOVED_IN, "compaction took it unseen and moved a page into it") \
	X(TAKEN, "taken without an event")                                \
	X(PASSED, "its free went past the per-CPU list, unseen")          \
	X(GIVEN, "given back without an event, or compaction did not take it")

enum dispute_kind {
#define X(name, text) DISPUTE_##name,
	DISPUTES(X)
#undef X
		DISPUTE_KINDS,
};

const char *dispute_why(enum dispute_kind k);

struct dispute {
	uint32_t pfn, pages; /* neighbours of one kind are one range */
	uint8_t zone;
	uint8_t kind;
};

struct disputes {
	bool known;	   /* the snapshot tells which frames are free */
	struct dispute *d; /* [count], by page frame */
	uint32_t count;
	uint64_t pages;
	uint64_t *moved; /* [frames] a bit: to or from the free lists while they were read; NULL: not looked at */
};

/* From here on the snapshot's frames are read.  0, or -ENOMEM. */
int disputes_reading(struct disputes *x, const struct machine *m);
/* A record, which may come meanwhile. */
void disputes_record(struct disputes *x, const struct machine *m, const struct request *q);
/* Compare with the free lists of the snapshot, else with its kpageflags; freed with disputes_free. */
int disputes_find(struct disputes *x, const struct recorded *r, const struct machine *m,
		  const struct machine_state *s, struct err *e);
void disputes_free(struct disputes *x);

#endif
