/* SPDX-License-Identifier: GPL-2.0-or-later */
/* page: the sections of the report that are text and tables; report.c puts them in order. */
#ifndef ANALYZE_PAGE_H
#define ANALYZE_PAGE_H

#include <stdio.h>

#include "analyze/compare.h"
#include "analyze/figures.h"

struct page {
	FILE *out;
	struct store *s;
	const struct series_capture *c;
	const struct series *runs;
	unsigned count;
	const struct figures *figures;
	const struct compare *compare;
};

/* From the doctype to the end of the contents line. */
void page_head(const struct page *p);
void page_foot(const struct page *p);
/* Each writes one section; a negative errno if the results could not be read. */
int page_summary(const struct page *p, struct err *e);
int page_unknown(const struct page *p, struct err *e);
int page_fidelity(const struct page *p, struct err *e);
int page_owners(const struct page *p, struct err *e);
int page_compare(const struct page *p, struct err *e); /* pagecompare.c */
int page_holders(const struct page *p, struct err *e); /* pageholders.c */
int page_slabs(const struct page *p, struct err *e);   /* pageslabs.c */
int page_waste(const struct page *p, struct err *e);   /* its last tables: pageholders.c */
int page_colour(const struct page *p, struct err *e);  /* pagehardware.c */
int page_tlb(const struct page *p, struct err *e);
int page_machine(const struct page *p, struct err *e);
void page_glossary(const struct page *p);

#endif
