/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rules: thresholds that a machine or a capture has to meet, one a line:
 *
 *     METRIC[ORDER] or METRIC(NAME)  <, <=, >, >=, == or !=  NUMBER [%]  [at end | max | min | mean]
 *
 * such as "unusable_index[9] < 0.5 at end", "fallbacks/s < 10", "waste(kmalloc) < 15 %".
 * '#' starts a comment.  What a metric is, its provider knows; a rule that nobody can
 * judge is neither passed nor failed.
 */
#ifndef ANALYZE_RULES_H
#define ANALYZE_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum rule_compare { RULE_LT, RULE_LE, RULE_GT, RULE_GE, RULE_EQ, RULE_NE };
enum rule_when { RULE_END, RULE_MAX, RULE_MIN, RULE_MEAN };
enum rule_verdict { RULE_PASSED, RULE_FAILED, RULE_UNKNOWN };

struct rule {
	char *text; /* as written, without the comment */
	unsigned line;
	char metric[40];
	int order;     /* -1: none given */
	char name[64]; /* "": none given */
	enum rule_compare compare;
	double limit; /* a share where it was given in percent */
	bool percent;
	enum rule_when when;
	/* Filled by rules_judge(). */
	enum rule_verdict verdict;
	double value, error; /* error: how far the value may be off, NaN not known */
	char why[120];	     /* RULE_UNKNOWN: why */
};

struct rules {
	struct rule *r;
	unsigned count;
};

/* A text of rules; file is for messages, with line and column. */
int rules_parse(struct rules *s, const char *file, const char *text, struct err *e);
void rules_free(struct rules *s);

/* The value of a rule's metric; false with why[120] if it cannot be had. */
typedef bool rule_value_fn(void *arg, const struct rule *r, double *value, double *error,
			   char why[120]);
/* How many failed and how many are unknown. */
void rules_judge(struct rules *s, rule_value_fn *value, void *arg, unsigned *failed,
		 unsigned *unknown);
const char *rule_verdict_name(enum rule_verdict v); /* "passed", "FAILED", "unknown" */

#endif
