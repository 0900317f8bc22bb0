/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recorded: the reconstruction.  Follows the placements in the trace: a page
 * leaves the buddy lists at mm_page_alloc_zone_locked, comes back at
 * mm_page_pcpu_drain or at a free that bypasses the per-CPU lists, and a set of
 * free pages has exactly one buddy decomposition.  Nothing is simulated here
 * and no model code is used, so that model and reconstruction check each other.
 *
 * Every event is tested against the state.  A contradiction is counted,
 * classified and located, then the state is resynchronised with the event.
 */
#ifndef REPLAY_RECORDED_H
#define REPLAY_RECORDED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "machine/machine.h"
#include "replay/freescan.h"
#include "replay/freeset.h"
#include "replay/silent.h"
#include "replay/view.h"
#include "workload/request.h"

/* X(NAME, "name", explained, "what it means") */
#define CONTRADICTIONS(X)                                                                                \
	X(TAKE_USED, "taken-in-use", false, "a refill took a page that was in use")                      \
	X(NOT_ISOLATED, "not-isolated", true,                                                            \
	  "a refill took a page that compaction was believed to have taken before")                      \
	X(TAKE_PCP, "direct-free", true,                                                                 \
	  "a refill took a page that was believed on a per-CPU list: its free went past it")             \
	X(CAPTURE, "captured", true,                                                                     \
	  "an allocation got a free block that compaction had just made for it")                         \
	X(ISOLATED, "isolated", true,                                                                    \
	  "a page was freed that was in the buddy lists: compaction had taken it unseen")                \
	X(ALLOC_BUDDY, "unseen-take", false,                                                             \
	  "an allocation got a page that was in the buddy lists")                                        \
	X(ALLOC_USED, "allocated-twice", false, "an allocation got a page that was in use")              \
	X(GIVEN, "silent-give", true,                                                                    \
	  "an allocation got a page that was in use: a task that is not in the trace had given it back") \
	X(FREE_BUDDY, "freed-free", false, "a page was freed that was in the buddy lists")               \
	X(FREE_PCP, "silent-take", true,                                                                 \
	  "a page was freed that was on a per-CPU list: it had been taken without an event")             \
	X(DRAIN_BUDDY, "drained-free", false,                                                            \
	  "a drain gave back a page that was in the buddy lists")                                        \
	X(DRAIN_USED, "drained-in-use", false, "a drain gave back a page that was in use")               \
	X(OUTSIDE, "outside", false, "an event names a page frame outside of all zones")

enum contradiction {
#define X(name, text, explained, help) CONTRADICTION_##name,
	CONTRADICTIONS(X)
#undef X
		CONTRADICTION_KINDS,
};

const char *contradiction_name(enum contradiction c);
const char *contradiction_help(enum contradiction c);
/* True if the kernel is known to do this without an event, and the state can be put right. */
bool contradiction_explained(enum contradiction c);

struct contradiction_count {
	uint64_t events, pages;
	uint64_t first_seq; /* ordinal of the first event that showed it */
	uint32_t first_pfn;
};

struct recorded_stats {
	uint64_t allocs, frees, failed; /* page requests */
	uint64_t failed_costly;		/* of those, of an order above 3 */
	uint64_t refills, drains, fallbacks;
	uint64_t pages_isolated; /* taken by compaction's free scanner */
	uint64_t direct_frees;
	uint64_t unknown_frames; /* still unknown, of `frames` */
	uint64_t frames;
	struct contradiction_count contradictions[CONTRADICTION_KINDS];
};

struct recorded;

/* Frames of the machine's zones, all unknown.  NULL with e on failure. */
struct recorded *recorded_new(const struct machine *m, struct err *e);
void recorded_free(struct recorded *r);
/* Load a snapshot's state; what it does not know stays unknown. */
int recorded_seed(struct recorded *r, const struct machine_state *s, struct err *e);
/* Follow one record; what left its list silently before it (request.gone) is taken off first. */
void recorded_apply(struct recorded *r, const struct request *q);
/* What request.gone numbers, and whether tasks are not in the trace: of the feed that the records come from. */
void recorded_follow(struct recorded *r, const struct silent *s);
const struct recorded_stats *recorded_stats(struct recorded *r);
void recorded_view(const struct recorded *r, struct view *v);
uint8_t recorded_run(const void *r, uint32_t pfn, uint32_t *end);
uint8_t recorded_cell(const struct recorded *r, uint32_t pfn);
enum frame_state recorded_frame(const struct recorded *r, uint32_t pfn);
/* What a page in use is for: enum request_owner, and the migrate type that it was asked for with. */
unsigned recorded_owner(const struct recorded *r, uint32_t pfn, unsigned *type);
/* Migrate type of the page block that holds a frame; VIEW_UNKNOWN. */
unsigned recorded_pageblock(const struct recorded *r, uint32_t pfn);
/* The zone of a frame, as a number of machine.zones; MACHINE_ZONES where there is no frame. */
unsigned recorded_zone(const struct recorded *r, uint32_t pfn);
/* Frames that an event was about; to be cleared by who asks. */
struct view_touched *recorded_touched(struct recorded *r);
/* The head of the free block that holds pfn, its zone and its order; KMM_NO_PFN if it is not free. */
uint32_t recorded_block(const struct recorded *r, uint32_t pfn, unsigned *zone, unsigned *order);
/* Has compaction moved pages so far? */
bool recorded_compacted(const struct recorded *r);
/* Pages on the list of a CPU in a zone. */
uint64_t recorded_pcp(const struct recorded *r, unsigned zone, unsigned cpu);
/*
 * The free lists and the CPUs' lists, head first; KMM_NO_PFN starts and ends.  A CPU's lists in a
 * zone are one, in which those of each order and type keep their order.
 */
uint32_t recorded_free_next(const struct recorded *r, unsigned zone, unsigned order, unsigned type,
			    uint32_t at);
uint32_t recorded_pcp_next(const struct recorded *r, unsigned zone, unsigned cpu, uint32_t at);
/* Order and type of a block that recorded_pcp_next() gave. */
unsigned recorded_pcp_block(const struct recorded *r, uint32_t pfn, unsigned *type);
/* Is no allocation under way, whose refills are still to come? */
bool recorded_settled(const struct recorded *r);
/* The compactions under way, and the FREESCAN_RUNS places of what is kept for one. */
const struct freescan *recorded_scan(const struct recorded *r);
const struct freescan_kept *recorded_kept(const struct recorded *r);
/* Check the bookkeeping itself; 0 or -EUCLEAN with e set. */
int recorded_validate(const struct recorded *r, struct err *e);

/* Do freed pages of this order go to a per-CPU list first? */
bool recorded_has_pcp_list(const struct machine *m, unsigned order);

#endif
