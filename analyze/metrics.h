/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metrics: what each number of a report means.  One table is the source of the
 * report's glossary, of docs/metrics.md and of the links between them.
 */
#ifndef ANALYZE_METRICS_H
#define ANALYZE_METRICS_H

#include <stdio.h>

struct metric {
	const char *id; /* anchor: "metric-ID" in the report */
	const char *name;
	const char *unit;
	const char *definition;
	const char *source; /* what it is computed from */
	const char *limits; /* what it does not tell */
	const char *rows;   /* its rows in the table `fidelity`, separated by '|'; NULL: none */
};

extern const struct metric metrics[]; /* ends with id == NULL */

/* The metric that a row of the fidelity table belongs to, or NULL. */
const struct metric *metrics_of_row(const char *row);
/* docs/metrics.md */
void metrics_print_markdown(FILE *out);
/* The report's glossary. */
void metrics_print_html(FILE *out);

#endif
