/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compare: runs of one capture side by side, each difference beside the error of the
 * simulation in that very figure on that capture.
 *
 * The error of a what-if is measured on its *control*: the captured kernel's own policy,
 * simulated in the very same way, without what the recording tells of the kernel's
 * placements.  How far the control is from what was recorded is the error: the largest
 * distance over the whole course, since at one instant, the end, they may agree by luck.
 * A what-if is compared with its control; a difference that is not larger than the
 * error tells nothing about the policy.  What the error cannot tell is how well the model
 * knows the other policy.
 */
#ifndef ANALYZE_COMPARE_H
#define ANALYZE_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

#define COMPARE_RUNS 256 /* most runs of a capture that are looked at */

/* What one wants to know; each metric answers one of them. */
enum compare_question {
	COMPARE_FRAGMENTED,
	COMPARE_HUGE_PAGES,
	COMPARE_APART,
	COMPARE_MEMORY,
	COMPARE_COST,
	COMPARE_WHY, /* what explains the others */
	COMPARE_QUESTIONS,
};

enum compare_metric {
	COMPARE_UNUSABLE_END, /* unusable index of the page block's order */
	COMPARE_UNUSABLE_MAX,
	COMPARE_HUGE_FREE_END, /* blocks of that order that the free memory makes */
	COMPARE_THP_ABLE,  /* page blocks that are free or that compaction could free, at the end */
	COMPARE_MIXED,	   /* page blocks with pinning and other pages, at the end */
	COMPARE_FREE_END,  /* pages */
	COMPARE_UNMOVABLE, /* page blocks that are not movable, at the end */
	COMPARE_FALLBACKS,
	COMPARE_REFILLS,
	COMPARE_DRAINS,
	COMPARE_FAILED,
	COMPARE_SLAB_PAGES, /* of runs with objects */
	/* Pages that an owner's keep from being whole in mixed blocks at the end. */
	COMPARE_KEPT_SLAB,
	COMPARE_KEPT_LARGE,
	COMPARE_KEPT_PGTABLE,
	COMPARE_KEPT_OTHER,
	COMPARE_KEPT_START, /* there before the start */
	/* Fallbacks by severity. */
	COMPARE_SEVERE,
	COMPARE_MODERATE,
	COMPARE_MILD,
	COMPARE_WHOLE,
	COMPARE_METRICS,
};

enum compare_verdict {
	COMPARE_UNKNOWN, /* a number is missing */
	COMPARE_SAME,
	COMPARE_WITHIN_ERROR,
	COMPARE_LESS,
	COMPARE_MORE,
};

struct compare_run {
	int64_t id;
	char name[80]; /* "recorded", "native", ... */
	bool recorded, complete;
	bool own;		       /* of the captured kernel's own policy: no what-if */
	int control;		       /* number of the run that it is judged by; -1: none */
	double value[COMPARE_METRICS]; /* NaN: not known */
	/* Of the control, or of the run itself, against the recorded one; NaN: not known. */
	double error[COMPARE_METRICS];
};

struct compare {
	char capture[256];
	struct compare_run *runs; /* without the anchored one, which answers another question */
	unsigned count;
	int recorded, native; /* numbers of runs; -1: there is none */
};

const char *compare_metric_name(enum compare_metric m);
enum compare_question compare_metric_question(enum compare_metric m);
/* "pages", "page blocks", "events", or "0 to 1". */
const char *compare_metric_unit(enum compare_metric m);
/* Decimals that it is worth to be printed with. */
unsigned compare_metric_digits(enum compare_metric m);
/* "How fragmented is free memory?", and a word for it: "fragmentation". */
const char *compare_question_text(enum compare_question q);
const char *compare_question_name(enum compare_question q);
const char *compare_verdict_name(enum compare_verdict v);

/* A capture of a results file; 0: the newest. -ENOENT where there is none. */
int compare_read(struct compare *c, struct store *s, int64_t capture, struct err *e);
void compare_free(struct compare *c);
/* A complete run under another policy than the captured kernel's? */
bool compare_what_if(const struct compare *c, unsigned run);
/* Is the run the control of a complete what-if? */
bool compare_is_control(const struct compare *c, unsigned run);
/* What a run is compared with: its control, else native; -1: there is nothing. */
int compare_baseline(const struct compare *c, unsigned run);
/* The error of a difference between two runs, the larger one's; NaN not known. */
double compare_error(const struct compare *c, unsigned run, unsigned baseline,
		     enum compare_metric m);
/*
 * The metrics of a run that are outside the error, those that moved by the largest share
 * of the baseline first, then what explains them, the largest differences first; into
 * m[COMPARE_METRICS].  How many.
 */
unsigned compare_moved(const struct compare *c, unsigned run, unsigned baseline,
		       enum compare_metric m[COMPARE_METRICS]);
/* (value - baseline) / baseline; infinite from 0 on, NaN not known. */
double compare_relative(const struct compare *c, unsigned run, unsigned baseline,
			enum compare_metric m);
/* A run against the baseline (a run's number). */
enum compare_verdict compare_judge(const struct compare *c, unsigned run, unsigned baseline,
				   enum compare_metric m);

#endif
