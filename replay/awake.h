/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * awake: what frees tell of kswapd.  While kswapd balances a zone a CPU's lists in it may hold
 * min(4 * batch, high) pages, else high (mm/page_alloc.c, nr_pcp_high(), 6.1): a free that drains
 * a list below its high mark was made meanwhile, and one that leaves more than 4 * batch was not.
 *
 * Its wake-up is logged before it marks its zones (balance_pgdat()): frees that leave more until its next event came before.
 *
 * So where kswapd loses the CPU between its last page and its look after kcompactd, which is taken for the
 * end of its run, frees of other tasks tell that the run was over before.
 */
#ifndef REPLAY_AWAKE_H
#define REPLAY_AWAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "replay/hindsight.h"
#include "replay/recorded.h"
#include "replay/turns.h"

/*
 * How large pcp->free_factor may be at most, on which it hangs whether a free of order 1 to 3 empties the lists (5.13 to 6.6): a
 * free that drains adds one, up to MOST_BATCHES, and an allocation halves it.
 */
struct awake_factors {
	uint8_t allocs[MACHINE_ZONES]
		      [KMM_CPUS]; /* since the last drain by a free; enough of them make it 0 */
};

/* A record comes next. */
void awake_factors_follow(struct awake_factors *f, const struct machine *m,
			  const struct request *q);
/* May a free on q's CPU, of a page of q's zone, find it above 0? */
bool awake_factors_any(const struct awake_factors *f, const struct machine *m,
		       const struct request *q);

/*
 * Is q, which n records begin with, the first page of such a drain?  r has followed what came before `from`,
 * which is not behind q; freed_order: of the last free of q's CPU, 0 where it is known not to have emptied the lists.
 */
bool awake_drain(const struct recorded *r, const struct machine *m, const struct request *from,
		 const struct request *q, uint32_t n, unsigned freed_order);

/* A node's kswapd as the records show it. */
struct awake_run {
	bool on;     /* its run is not over */
	bool asleep; /* a free behind its last sign says that it is all the same */
	int32_t pid;
	uint8_t type;	 /* of the highest zone that it balances */
	uint64_t woken;	 /* place of its wake-up + 1, until it is seen at work; 0 */
	uint64_t before; /* place of the last free that it had not marked its zones for, + 1; 0 */
	struct hindsight_end sign; /* the last record that is its own, or shows it at work */
};

/*
 * q, which n records begin with, comes next, at this place, UINT64_MAX if that is not certain; r has followed what came
 * before `from`; works: q is the first page of a drain as above.  a: [KMM_NODES].
 * True if a wake-up is to be read elsewhere: as *late says.
 */
bool awake_follow(struct awake_run *a, const struct recorded *r, const struct machine *m,
		  const struct request *from, const struct request *q, uint32_t n, bool works,
		  uint64_t place, struct turns_move *late);
/* The run is believed to have ended at x: put there where it did, as far as frees tell. */
void awake_end(struct awake_run *a, struct hindsight_end *x);

/*
 * Does q tell that nothing behind it belongs to the run that ended at x?  kswapd wakes for another one, or has
 * gone to sleep, which it does for good only when it has balanced its node and waited for 100 ms.
 */
bool awake_settled(const struct hindsight_end *x, const struct request *q);

#endif
