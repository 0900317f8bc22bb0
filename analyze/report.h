/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report: one file that tells what a capture and its runs show: HTML that needs
 * nothing beside it (style, figures and a few lines of script are inside), Markdown
 * or text.  Only results are read, never a capture or a workload.
 */
#ifndef ANALYZE_REPORT_H
#define ANALYZE_REPORT_H

#include <stddef.h>

#include "analyze/figure.h"
#include "base/err.h"
#include "store/store.h"

enum report_format { REPORT_HTML, REPORT_MARKDOWN, REPORT_TEXT };
extern const char *const report_formats[]; /* "html", "markdown", "text", NULL */

struct report_options {
	const char *path; /* the report; "-": standard output; NULL: none */
	enum report_format format;
	const char *figures_dir; /* write each panel as a file there, too; NULL: no */
	enum figure_format figure_format;
	const char *const *policies; /* simulated runs to show; none: all */
	size_t policy_count;
	const char *zone; /* figures of this zone; NULL: all zones */
};

/* capture 0: the newest of the file.  0 or a negative errno. */
int report_write(struct store *s, int64_t capture, const struct report_options *o, struct err *e);

#endif
