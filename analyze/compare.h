/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compare: runs of one capture side by side, each difference beside the error that
 * the simulation has in the very same figure: |native - recorded|.  A difference
 * that is not larger tells nothing about the policy.
 */
#ifndef ANALYZE_COMPARE_H
#define ANALYZE_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

/* What one wants to know; each metric answers one of them. */
enum compare_question {
	COMPARE_FRAGMENTED,
	COMPARE_HUGE_PAGES,
	COMPARE_APART,
	COMPARE_MEMORY,
	COMPARE_COST,
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
	double value[COMPARE_METRICS]; /* NaN: not known */
};

struct compare {
	char capture[256];
	/*
	 * Without the anchored one, which answers another question.  The slab pages of native
	 * are those of the run that is native with objects.
	 */
	struct compare_run *runs;
	unsigned count;
	int recorded, native, objects; /* numbers of runs; -1: there is none */
};

const char *compare_metric_name(enum compare_metric m);
enum compare_question compare_metric_question(enum compare_metric m);
/* "How fragmented is free memory?", and a word for it: "fragmentation". */
const char *compare_question_text(enum compare_question q);
const char *compare_question_name(enum compare_question q);
const char *compare_verdict_name(enum compare_verdict v);

/* A capture of a results file; 0: the newest. -ENOENT where there is none. */
int compare_read(struct compare *c, struct store *s, int64_t capture, struct err *e);
void compare_free(struct compare *c);
/* The error of the simulation in a metric; NaN not known. */
double compare_error(const struct compare *c, enum compare_metric m);
/*
 * What explains a run's differences: the metrics that are outside the error, those that
 * moved by the largest share of the baseline first, into m[COMPARE_METRICS].  How many.
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
