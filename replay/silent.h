/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * silent: pages that left a per-CPU list without an event, as the order of the
 * list gives away.  A refill appends its pages, a free puts its page before all
 * others, and allocations take from the head; so whatever stood before a page that
 * an allocation got, or was still there when the next refill came, was gone before.
 * That is so of its own refill as well, if what it got was not the first page of that.
 *
 * It was taken, by a bulk allocation, by a task whose events are not in the trace or
 * while an event was off: the page's own next event is a free (it was in use), or it
 * has none and the snapshot after the workload does not have it free.
 *
 * Or it never was there: its free, in an interrupt that came while the list's lock
 * was held (FREE_IRQ) or while another CPU drained the list, went past it.  A page of such
 * a free that has no other event is taken for that; where a refill takes it, hindsight.h knows.
 *
 * What the resolver recognised (REQ_PAGE_BULK) is not found again; but which frames it took is known
 * here alone, by the same order.  A reconstruction takes them off their lists.
 */
#ifndef REPLAY_SILENT_H
#define REPLAY_SILENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "machine/machine.h"
#include "replay/early.h"
#include "replay/latebulk.h"
#include "replay/taken.h"
#include "replay/torn.h"
#include "workload/request.h"

#define SILENT_LISTS (5 * KMM_PCPTYPES) /* orders 0 to 3 and huge pages by type */

#define SILENT_RECOGNISED (1u << 31) /* its request is known, which only its frame was not of */
#define SILENT_BULK (1u << 30)	     /* that is a bulk allocation */
#define SILENT_TASKS 4096
#define SILENT_DOUBTS 64
#define SILENT_UNFOUND 64
#define SILENT_MISSING 16384

struct silent {
	const struct machine *m;
	struct early *early;
	struct silent_task { /* by pid, as far as no other pid came since */
		int32_t pid;
		bool bulk;	 /* its last record is a bulk allocation's */
		uint16_t cpu;	 /* that it lost to another task .. */
		uint64_t number; /* of its last record, + 1 */
		uint64_t left;	 /* .. whose first record this is, + 1; 0: it has not */
	} task[SILENT_TASKS];
	struct silent_doubt {
		uint64_t number;	/* of the request that raised it */
		struct early_move move; /* what took place elsewhere, if it is so */
		uint32_t turn, turns;	/* of what stood before that: not missing then */
		bool decided;		/* it is */
	} doubt[SILENT_DOUBTS];		/* the last ones, in a circle */
	uint32_t doubts;
	struct torn torn;
	struct silent_emptied {	 /* a list of another CPU that a drain of all lists is at */
		uint32_t list;	 /* + 1; 0: none */
		uint16_t by;	 /* the CPU that drains */
		bool changed;	 /* perhaps: the list's CPU did something meanwhile */
		uint64_t number; /* of the first page's record */
		struct early_move
			freeing; /* logged there, and perhaps not on the list yet; to 0: nothing */
	} emptied;
	struct early_move unfound
		[SILENT_UNFOUND]; /* frees that such drains did not find, the last ones, in a circle */
	uint32_t unfound_count;
	struct silent_sweep { /* a drain of all lists */
		bool on;
		uint16_t by;
		uint64_t number;       /* of its record */
		bool active[KMM_CPUS]; /* they did something meanwhile */
	} sweep;
	struct latebulk bulk;
	uint32_t turn;			  /* of what was found to be missing */
	uint32_t missing[SILENT_MISSING]; /* the last of it, in a circle */
	struct silent_frame {
		uint32_t next,
			prev; /* block of a list; [max_pfn + list] are the heads.  A candidate's:
				   the turn in which it was found missing, its list and
				   maybe SILENT_RECOGNISED, SILENT_BULK */
		uint32_t candidate; /* record before which it must have gone, + 1; 0: none */
		uint32_t list;	    /* number + 1; 0: on none */
		uint32_t freed;	    /* its free put it there: that record + 1, MAY_HAVE_PASSED */
		uint32_t passed; /* on a list, but a drain passed it over: record before which it went, + 1 */
		uint32_t asked; /* a candidate that a refill brought: the record of what asked for that, + 1 */
		uint32_t first; /* it was the first of its list after this record, + 1; 0: never */
	} * f;
	uint8_t *type; /* [page blocks] of the list that pages freed there go to; KMM_PCPTYPES unknown */
	uint32_t lists;
	uint32_t *last; /* [cpus] the list that served the last UNMOVABLE request of order 0 there, + 1 */
	uint32_t *recognised;	 /* [cpus] silent pages that are known by their requests */
	uint32_t *recognised_at; /* [cpus] the last of those, + 1 */
	struct silent_running {
		int32_t pid; /* of the CPU's last record */
		bool worked; /* it did more than free pages since it got the CPU */
	} running[KMM_CPUS];
	struct silent_open {
		uint32_t slot;	 /* whose refills they are */
		uint64_t number; /* of its record */
		uint32_t pfn;	 /* what it got of them */
		bool bulk;	 /* it is a bulk allocation, and none of its refills was seen yet */
		uint64_t seq;	 /* of that bulk allocation */
		uint32_t pages,
			known; /* that it asks for, and of them those that are among `recognised` */
		uint32_t takes; /* pages that it gets yet of its refills */
	} open[KMM_CPUS];
	struct taken taken;
	uint64_t unseen; /* of its pages MOVABLE, which no bulk allocation asks for: by tasks that are not in the trace */
	uint64_t over; /* record at which the snapshot after the workload holds; 0: not known */
	uint64_t compacted; /* last record at which compaction took free pages, + 1 */
};

/* Allocations that are found to have taken place earlier are noted in *early. */
int silent_init(struct silent *s, struct early *early, const struct machine *m, struct err *e);
void silent_free(struct silent *s);
/* Here the dump from before the workload has its lists: the CPUs' are known from here on. */
void silent_start(struct silent *s, const struct machine_state *before);
void silent_record(struct silent *s, const struct request *q, uint64_t number);
/*
 * Here the snapshot has its lists: what it does not have on any had left before, unless it is seen to
 * leave later.  0 or -ENOMEM.
 */
int silent_after(struct silent *s, const struct machine_state *after, uint64_t number);
/* Decide what no event followed; after: what the snapshot has free was not taken. NULL: unknown. */
int silent_end(struct silent *s, const struct machine_state *after, struct err *e);

#endif
