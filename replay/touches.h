/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * touches: accesses to memory for the TLB models.  A workload implies some: an
 * object is touched as it is given out and given back, a page as it is zeroed.
 * That is a lower bound of what the kernel and its programs do.  A file of
 * addresses that were really touched makes it real.
 */
#ifndef REPLAY_TOUCHES_H
#define REPLAY_TOUCHES_H

#include "machine/machine.h"
#include "replay/tlb.h"
#include "workload/kmw.h"

#define TOUCHES_TLBS 48

struct touches {
	struct tlb t[TOUCHES_TLBS];
	unsigned count;
	uint64_t objects, pages; /* implied touches of each */
	uint64_t regions;	 /* of a file of DAMON regions */
	uint64_t given;		 /* addresses of a file */
};

/* TLBs of these processors, each with mappings of every size that it has. */
int touches_init(struct touches *x, const struct tlb_model *const *models, unsigned n,
		 unsigned cpus, struct err *e);
void touches_free(struct touches *x);

/* What the records of a workload imply.  m: where the direct map begins. */
int touches_imply(struct touches *x, struct kmw_reader *k, const struct machine *m, struct err *e);

/*
 * Addresses of a file; its form is known by its lines, which may be mixed:
 *   [CPU] ADDRESS                     perf script -F cpu,addr; the CPU may be missing
 *   ... [CPU] TIME: PERIOD EVENT: ADDRESS ...   perf script, with addresses sampled
 *   PID, TID, IP, ADDR, ...           perf mem -D report, by its heading
 *   START-END(SIZE): ACCESSES         a region of DAMON, as damo report raw has it
 *   damon_aggregated: ... START-END: ACCESSES AGE   its trace point
 * Of a region each page is touched once for each of its accesses, since DAMON takes
 * the pages of a region to be alike; from 4096 pages on every n-th page.
 */
int touches_read(struct touches *x, const char *path, struct err *e);

#endif
