/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of simulated share; nobody else includes it. */
#ifndef REPLAY_SIMULATED_INSIDE_H
#define REPLAY_SIMULATED_INSIDE_H

#include "replay/anchor.h"
#include "replay/freescan.h"
#include "replay/simulated.h"
#include "replay/vmstat.h"

#define OF_SIDES UINT32_MAX	       /* a frame's word: a page that the sides asked for */
#define OF_COMPACTION (UINT32_MAX - 1) /* a frame's word: taken for pages that compaction moves */
#define OF_KEPT       \
	(UINT32_MAX - \
	 2) /* a frame's word: of user memory that the recorded kernel took back by then */
#define COMPACTORS 32 /* tasks that compact at a time */

/* What stands behind an id. */
struct held {
	kmm_pfn pfn; /* the model's page; KMM_NO_PFN: it has none */
	uint8_t order;
	uint8_t type, owner; /* kept with the page: simulated_named() */
	bool compound;
	bool live;
	bool silent; /* no event named the kernel's page */
};

struct simulated {
	const struct machine *m;
	struct simulated_options o;
	struct kmm *mm;
	struct anchor *anchor;	 /* anchored only */
	struct objects *objects; /* NULL: object requests are passed over */
	struct sides *sides;	 /* NULL: theirs too */
	bool seeded, scoring;
	bool in_objects;     /* what the page model is asked for, the object model asks */
	bool in_sides;	     /* or one of the sides */
	uint32_t *held;	     /* [slots] see simulated_held.c */
	struct held *before; /* [slots] the same until the start, NULL after it */
	uint32_t slots;
	bool wants;
	kmm_pfn *want; /* [slots] the kernel's page; NULL: nobody asks */
	/* [frames of the recording] the model's page in its stead; NULL: nobody asks */
	kmm_pfn *place;
	struct transfer transfer; /* another machine: how the start was placed there */
	uint32_t frames;
	struct view_touched touched;
	kmm_pfn last;
	int drained_cpu;	   /* whose list the drain under way empties */
	int drained_zone;	   /* in which zone */
	uint32_t unseen[KMM_CPUS]; /* drains of the model by frees that the kernel's have not matched */
	int64_t drain_left; /* pages of its chunk that the kernel's events have still to show */
	struct {
		uint32_t pages; /* so far; 0: none is under way */
		uint8_t zone;
	} lowering[KMM_CPUS]; /* drains by the work that the kernel does once a second */
	uint64_t early;	      /* ordinal of an allocation that was made ahead of its turn */
	kmm_pfn early_pfn;    /* what it got */
	uint64_t requests;
	uint64_t time; /* of the record under way */
	uint16_t cpu;  /* likewise */
	struct fallbacks fallbacks;
	uint64_t reanchored; /* as many of them when it was last made what the reconstruction is */
	struct since {
		uint32_t slot;	  /* NO_SLOT: a page that no request names */
		struct held held; /* which one, then; else filled in when all is put right */
	} * since; /* what was given since then, and before without an event (reanchor.h) */
	uint32_t since_count, since_room;
	bool no_memory;		    /* something given was not remembered */
	bool marks_unknown;	    /* the start was worked out: watermarks are those of the end */
	int8_t zone_used[KMM_CPUS]; /* zone of the CPU's last unmovable page; -1 unknown */
	kmm_pfn passed[KMM_CPUS]; /* anchored: the model's last page that the kernel had not next */
	struct vmstat vmstat;
	struct freescan scan;
	struct freescan_kept kept[FREESCAN_RUNS];
	/* Of a what-if whose memory runs short: */
	struct aged_queue {
		struct aged {
			uint32_t born; /* 0: before the start */
			uint32_t of; /* its slot; the recorded machine's frame; AGED_KEPT and the model's */
		} * page;
		uint32_t next, count, room;
	} aged[KMM_ZONES];     /* user memory, oldest first */
	uint32_t *born;	       /* [slots] when it was asked for; NULL: nothing is taken back */
	uint32_t births;       /* of user memory */
	uint32_t collected_at; /* births then */
	bool collected;
	struct aged *kept_page; /* of kept pages */
	uint32_t kept_count, kept_room;
	int32_t compacting[COMPACTORS]; /* tasks; 0: none */
	uint32_t *origin; /* [frames] whose page from before the start is there; NULL: none has moved */
	bool may_run_short, own_kswapd;
	bool any_woken;
	int8_t woken[KMM_NODES]; /* highest zone type and 1 that kswapd is to balance; 0: it sleeps */
	unsigned waker;		 /* CPU */
	uint8_t in_vain[KMM_NODES]; /* runs of kswapd without a page, one after the other */
	struct simulated_stats stats;
	struct demand pages, tables; /* kinds page and pgtable */
	struct demand objects_asked; /* responses and pages of kind object */
	uint32_t course_room;
	const struct machine_state *start; /* what the pages held since before were */
};

/* Something happened in the page blocks of this block. */
void simulated_touch(struct simulated *s, kmm_pfn pfn, unsigned order);
/* mark: simulated_hold()'s, 0: held since before, OF_SIDES, OF_COMPACTION, OF_KEPT */
void simulated_own(struct simulated *s, kmm_pfn pfn, unsigned order, uint64_t mark);

/* simulated_held.c: what stands behind an id.  Where, how large and whether it lives. */
struct held simulated_held(const struct simulated *s, uint32_t slot);
/* Is the frame this id's?  Then the rest of h. */
bool simulated_named(const struct simulated *s, uint32_t slot, kmm_pfn pfn, struct held *h);
/* Likewise of the id whose frame this is; not live: of none. */
struct held simulated_held_at(const struct simulated *s, kmm_pfn pfn);
/* The kernel's page, where somebody asks. */
kmm_pfn simulated_want(const struct simulated *s, uint32_t slot);
/* false: out of memory. */
bool simulated_hold(struct simulated *s, uint32_t slot, const struct held *h, kmm_pfn want);
/* It has another page, or none: the words of the frames are the caller's to write. */
void simulated_move(struct simulated *s, uint32_t slot, const struct held *h);
/* A page of its block is freed by itself: the rest is no compound page any more. */
void simulated_split(struct simulated *s, uint32_t slot);
/* It lives no more; its frames are the caller's to give back. */
void simulated_let_go(struct simulated *s, uint32_t slot);
/* At the start; false: out of memory. */
bool simulated_hold_from_before(struct simulated *s);
void simulated_held_free(struct simulated *s);
/* Answer the request q[0] for a page, by whichever allocator of the model it is for; n records are there. */
void simulated_page(struct simulated *s, const struct request *q, uint32_t n);

/* simulated_observe.c: what the model says that it does. */
void simulated_watch(struct simulated *s);
/* A page that no trace point tells of; arg: the struct simulated. */
void simulated_silent(void *arg, kmm_pfn pfn);

/* simulated_shortage.c: what a what-if does when its memory runs short. */
void simulated_may_run_short(const struct simulated *s, struct kmm_observer *o);
void simulated_shortage_free(struct simulated *s);
/* Pages that the recorded kernel took back stay with the model, whose own kswapd has to find them. */
bool simulated_keeps(const struct simulated *s, const struct request *q);
void simulated_keep_pages(struct simulated *s, kmm_pfn pfn, unsigned order, uint32_t born);
void simulated_follow_compaction(struct simulated *s, const struct request *q);
/* kswapd runs, if it was woken. */
void simulated_balance(struct simulated *s);
/* Was any page of this unnamed block moved, or taken away? */
bool simulated_is_elsewhere(const struct simulated *s, kmm_pfn pfn, unsigned order);

/* Pages of the start are where they were; those held by name, where the model has them. 0, -ENOMEM */
int simulated_place_pages(struct simulated *s);

/* simulated_around.c: what the kernel around the allocator was seen to do. */
extern const struct freescan_lists simulated_lists;
void simulated_reclaim(struct simulated *s, const struct request *q);
/* How exact the zones' counters are, by whether kswapd is awake. */
void simulated_count(struct simulated *s, unsigned node, bool awake);
/* A drain whose time no request gives away; q[n] is what follows. */
void simulated_drain(struct simulated *s, const struct request *q, uint32_t n);
/* The CPU's drain by the once-a-second work has come to its end, or was left for something else. */
void simulated_lowered(struct simulated *s, unsigned cpu);
/*
 * Did the free that n records begin with drain its list, as its task's next record tells, wherever that is?  Where another
 * task has the CPU first it drains another list than it seems to, if it drains: -1, as where its task has none left.
 */
int simulated_free_drains(const struct request *q, uint32_t n);
/* Before a free: was its list drained then?  The kernel's own look at a mark that is near hangs on it. */
void simulated_expect_drain(struct simulated *s, const struct request *q, uint32_t n);
/* Before and after a free: a task that compacts keeps the first block that its frees make whole. */
void simulated_keep_for(struct simulated *s, const struct request *q);
void simulated_keep(struct simulated *s, const struct request *q);

#endif
