/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * batch: the batch of the per-CPU lists early in a trace, as the refills show
 * it.  A zone's batch follows from its size, and at boot the kernel hands the
 * rest of memory over late: until then it refills by fewer pages than zoneinfo
 * says afterwards (6.1: batch pages for order 0).
 */
#ifndef REPLAY_BATCH_H
#define REPLAY_BATCH_H

#include <stdint.h>

#include "machine/machine.h"
#include "workload/request.h"

#define BATCH_ORDERS 4
#define BATCH_SEEN 256 /* refills of fewer pages are told apart */

struct batch {
	const struct machine *m;
	struct batch_open {
		uint32_t slot, left, takes;
		uint64_t number; /* of the allocation's record */
		int zone;	 /* -1: none under way */
		uint8_t order;
	} open[KMM_CPUS];
	struct batch_zone {
		uint32_t refills,
			by[BATCH_SEEN]; /* of order 0, before the first one of zoneinfo's batch */
		uint64_t full[BATCH_ORDERS]; /* record of the first refill as zoneinfo's batch has it */
		uint64_t number;	     /* record from which on zoneinfo's batch holds */
		uint32_t early;		     /* batch until then; 0: zoneinfo's all along */
	} zone[MACHINE_ZONES];
};

void batch_init(struct batch *b, const struct machine *m);
void batch_record(struct batch *b, const struct request *q, uint64_t number);
/* Decide. */
void batch_end(struct batch *b);

#endif
