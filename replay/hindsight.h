/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hindsight: what later events give away about earlier ones.
 *
 * Types of the pageblocks at the start: no snapshot holds them, and they decide
 * on which list a freed page lands.  Evidence, read in the kernel (6.1): a page
 * that goes to a per-CPU list keeps the type that its pageblock had when it was
 * freed, and shows it when it is drained (the migratetype of
 * mm_page_pcpu_drain) or handed out again from that list without a refill (the
 * migratetype of the request); one that went past the list shows it when a
 * refill takes it.  A fallback that takes a pageblock over ends
 * what can be learned of its start.
 *
 * Frees that went past the per-CPU list, because an interrupt found it locked:
 * the page's next event tells.  A refill takes it from the buddy lists; a drain
 * or an allocation without a refill shows that it was on the per-CPU list.  Where a refill and another CPU's drain of the
 * page have one time of the clock, the drain came first, whichever was logged first.
 *
 * Blocks that a compaction is believed to have captured, but that a refill had put on a list.
 *
 * Ends of kswapd's runs: no event tells them.  Its last event before it wakes
 * again or sleeps is taken for the end.
 */
#ifndef REPLAY_HINDSIGHT_H
#define REPLAY_HINDSIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "machine/machine.h"
#include "workload/request.h"

struct hindsight {
	const struct machine *m;
	uint8_t *type;	   /* [blocks] enum kmm_migratetype, HINDSIGHT_UNKNOWN */
	uint8_t *settled;  /* [blocks] a fallback has changed it since the start */
	uint32_t *free_of; /* [frames] number of the record that freed it last, see hindsight.c */
	uint64_t blocks;
	uint64_t *wrong; /* [wrong_count] ascending: frees whose REQ_DIRECT is to be turned */
	uint64_t wrong_count, wrong_room;
	struct hindsight_take {
		uint32_t pfn, free; /* the number of its free */
		uint16_t cpu;
	} * takes; /* [take_count] at take_time, of pages that were believed on a per-CPU list */
	uint32_t take_count, take_room;
	uint64_t take_time;
	struct hindsight_end {
		uint64_t time; /* of the last event of a run */
		uint64_t seq;  /* the number of that event; UINT64_MAX: behind all of its time */
		uint16_t cpu;  /* where it was */
		uint8_t node;
	} * ends; /* [end_count] ascending */
	uint64_t end_count, end_room;
	bool started, no_memory;
};

#define HINDSIGHT_UNKNOWN KMM_MIGRATETYPES

int hindsight_init(struct hindsight *h, const struct machine *m, struct err *e);
void hindsight_free(struct hindsight *h);
/* The state of the "before" snapshot holds from here. */
void hindsight_start(struct hindsight *h);
/* Records in order, with their numbers in the workload. */
void hindsight_record(struct hindsight *h, const struct request *q, uint64_t number);
/* Did the run that ended so end before this record? */
bool hindsight_ended(const struct hindsight_end *x, const struct request *q);
/* The free with this number went past the per-CPU list, though it does not say so. */
void hindsight_past(struct hindsight *h, uint64_t number);
/*
 * The snapshot after the workload holds here: what it has free and no drain gave
 * back was freed past the per-CPU list.  For captures whose start is unknown.
 */
void hindsight_after(struct hindsight *h, const struct machine_state *after);
/* Sort what was learned.  -ENOMEM if something could not be kept. */
int hindsight_end(struct hindsight *h, struct err *e);

#endif
