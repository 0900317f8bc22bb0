/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * figures: the figures of the report, one panel a run, all panels of a figure
 * with the same axes.  A figure is a row of figure_kinds[]; adding one touches
 * that table and one drawing function (plots.c).
 */
#ifndef ANALYZE_FIGURES_H
#define ANALYZE_FIGURES_H

#include "analyze/chart.h"
#include "analyze/series.h"

/* What is drawn: a capture's runs, of one zone or of all. */
struct figures {
	const struct series_capture *c;
	const struct series *runs;
	unsigned count;
	int zone;	    /* -1: all zones together */
	unsigned main_zone; /* where a figure is of one zone in any case */
	double t0, t1;	    /* of all samples */
	char x_name[64];
};

struct figure_kind {
	const char *id; /* file name and anchor */
	const char *title;
	const char *metric;  /* anchor of the definition, metrics.h */
	const char *caption; /* what to see, in one or two sentences */
	const char *missing; /* said where the data is not there */
	const char *flat;    /* said where it is, but makes no picture; NULL: it always does */
	bool one_zone;	     /* of the main zone where no zone was chosen */
	bool all_zones;	     /* of all zones whatever was chosen */
	bool crisp;
	bool (*has)(const struct figures *x, const struct series *r);
	bool (*known)(const struct figures *x, const struct series *r); /* with flat */
	double (*top)(const struct figures *x,
		      const struct series *r); /* largest value; NULL: fixed axis */
	void (*draw)(const struct figures *x, const struct series *r, struct chart *c,
		     const char *heading, double top);
};

extern const struct figure_kind figure_kinds[]; /* ends with id == NULL */

void figures_init(struct figures *x, const struct series_capture *c, const struct series *runs,
		  unsigned count, int zone);
/* "Recorded", "Simulated: native": cut to what fits a heading. */
void figures_heading(const struct series *r, char *out, size_t size);
/* The zone that a figure shows, in words; "" where it is all of them. */
const char *figures_zone_name(const struct figures *x, const struct figure_kind *k);
/* One panel.  id: of the element in a page, NULL in a file of its own. */
int figures_draw(const struct figures *x, const struct figure_kind *k, unsigned run,
		 enum figure_format format, const char *id, FILE *out, struct err *e);

#endif
