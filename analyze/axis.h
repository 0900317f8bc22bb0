/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * axis: where the ticks of an axis stand and what is written beside them.
 * Steps are 1, 2 or 5 times a power of ten.
 */
#ifndef ANALYZE_AXIS_H
#define ANALYZE_AXIS_H

#include <stdbool.h>

#define AXIS_TICKS 24
#define AXIS_LABEL 24

struct axis {
	double lo, hi; /* in data units */
	bool log;      /* by log(1 + v): counts from zero to millions in one picture */
	unsigned ticks;
	double at[AXIS_TICKS];
	char label[AXIS_TICKS][AXIS_LABEL];
};

/* From lo to exactly hi, about `want` ticks inside. */
void axis_exact(struct axis *a, double lo, double hi, unsigned want);
/* From 0 to the next tick above hi. */
void axis_from_zero(struct axis *a, double hi, unsigned want);
/* Logarithmic from 0 to hi or the next power of ten. */
void axis_from_zero_log(struct axis *a, double hi);
/* Where a value stands, 0 at lo, 1 at hi; values outside are moved to the nearer end. */
double axis_place(const struct axis *a, double v);

/* A number for a label: at most `digits` decimals, k M G from a thousand on. */
void axis_format(char out[AXIS_LABEL], double v, int digits);

#endif
