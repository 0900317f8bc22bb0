// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemlab compare: runs side by side, each difference beside the simulation's own error. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analyze/compare.h"
#include "base/json.h"
#include "base/table.h"
#include "cli/commands.h"
#include "cli/input.h"

static const char *baseline;
static int format;

static struct option options[] = {
	{ "baseline", 'b', OPTION_STRING, &baseline, "RUN", NULL,
	  "the run that the others are compared with (native)" },
	{ "format", 'F', OPTION_CHOICE, &format, "FORMAT", table_formats, "how to print it" },
	{ NULL },
};

static const struct column columns[] = {
	{ "capture", "capture", COLUMN_STRING, 0, "what was replayed" },
	{ "run", "run", COLUMN_STRING, 0, "policy of the run" },
	{ "question", "question", COLUMN_STRING, 0, "that the metric helps to answer" },
	{ "metric", "metric", COLUMN_STRING, 0, "docs/metrics.md" },
	{ "baseline", "baseline", COLUMN_REAL, 4, "the metric in the run that is compared with" },
	{ "value", "value", COLUMN_REAL, 4, "the metric in this run" },
	{ "difference", "difference", COLUMN_REAL, 4, "value less baseline" },
	{ "error", "error", COLUMN_REAL, 4,
	  "of the simulation in this metric: |native - recorded|" },
	{ "verdict", "verdict", COLUMN_STRING, 0,
	  "within error: the difference is not larger than the error and tells nothing" },
	{ "relative", "relative", COLUMN_PERCENT, 1, "difference as a share of the baseline" },
	{ "moved", "moved", COLUMN_UINT, 0,
	  "1: of what is outside the error, the metric that moved most; 2: the next; ..." },
};

/* As text each question is a table of its own; counts have no decimals. */
static const struct column short_columns[] = {
	{ "metric", "", COLUMN_STRING, 0, "" },	  { "run", "run", COLUMN_STRING, 0, "" },
	{ "value", "value", COLUMN_REAL, 0, "" }, { "difference", "diff", COLUMN_REAL, 0, "" },
	{ "error", "error", COLUMN_REAL, 0, "" }, { "verdict", "", COLUMN_STRING, 0, "" },
};
static const struct column index_columns[] = {
	{ "metric", "", COLUMN_STRING, 0, "" },	  { "run", "run", COLUMN_STRING, 0, "" },
	{ "value", "value", COLUMN_REAL, 4, "" }, { "difference", "diff", COLUMN_REAL, 4, "" },
	{ "error", "error", COLUMN_REAL, 4, "" }, { "verdict", "", COLUMN_STRING, 0, "" },
};

static int find(const struct compare *c, const char *name)
{
	for (unsigned i = 0; i < c->count; i++)
		if (!strcmp(c->runs[i].name, name))
			return (int)i;
	return -1;
}

static void put_moved(struct table *t, const enum compare_metric *moved, unsigned n,
		      enum compare_metric m)
{
	for (unsigned i = 0; i < n; i++)
		if (moved[i] == m) {
			table_uint(t, i + 1);
			return;
		}
	table_none(t);
}

static void add_rows(struct table *t, const struct compare *c, unsigned run, unsigned base)
{
	enum compare_metric moved[COMPARE_METRICS];
	unsigned n = compare_moved(c, run, base, moved);

	for (unsigned m = 0; m < COMPARE_METRICS; m++) {
		double a = c->runs[base].value[m], b = c->runs[run].value[m];

		if (isnan(a) && isnan(b))
			continue;
		table_row(t);
		table_string(t, c->capture);
		table_string(t, c->runs[run].name);
		table_string(t, compare_question_name(
					compare_metric_question((enum compare_metric)m)));
		table_string(t, compare_metric_name((enum compare_metric)m));
		table_real(t, a);
		table_real(t, b);
		table_real(t, b - a);
		table_real(t, compare_error(c, (enum compare_metric)m));
		table_string(t, compare_verdict_name(
					compare_judge(c, run, base, (enum compare_metric)m)));
		table_real(t, compare_relative(c, run, base, (enum compare_metric)m));
		put_moved(t, moved, n, (enum compare_metric)m);
	}
}

/* ---- as text ---- */

static bool shown(const struct compare *c, unsigned run, unsigned base)
{
	return run == base || c->runs[run].complete;
}

static int print_question(const struct compare *c, unsigned base, enum compare_question q)
{
	struct table *t = table_new(q == COMPARE_FRAGMENTED ? index_columns : short_columns, 6);
	unsigned rows = 0;
	int ret;

	for (unsigned m = 0; t && m < COMPARE_METRICS; m++) {
		bool first = true;

		if (compare_metric_question((enum compare_metric)m) != q)
			continue;
		for (unsigned i = 0; i < c->count; i++) {
			/* The baseline first. */
			unsigned r = !i ? base : i <= base ? i - 1 : i;

			if (!shown(c, r, base) || isnan(c->runs[r].value[m]))
				continue;
			table_row(t);
			table_string(t, first ? compare_metric_name((enum compare_metric)m) : "");
			first = false;
			table_string(t, c->runs[r].name);
			table_real(t, c->runs[r].value[m]);
			table_real(t,
				   r == base ? NAN : c->runs[r].value[m] - c->runs[base].value[m]);
			table_real(t, r == base ? NAN : compare_error(c, (enum compare_metric)m));
			table_string(t, r == base ? "baseline" :
						    compare_verdict_name(
							    compare_judge(c, r, base,
									  (enum compare_metric)m)));
			rows++;
		}
	}
	if (rows)
		printf("\n%s\n", compare_question_text(q));
	ret = !t ? -ENOMEM : rows ? table_print(t, TABLE_TEXT, stdout) : 0;
	table_free(t);
	return ret;
}

/* What explains it: where a run went furthest from the baseline. */
static void print_moved(const struct compare *c, unsigned run, unsigned base)
{
	enum compare_metric moved[COMPARE_METRICS];
	unsigned n = compare_moved(c, run, base, moved);

	printf("%s:\n", c->runs[run].name);
	if (!n)
		printf("  nothing outside the error\n");
	for (unsigned i = 0; i < n && i < 5; i++) {
		double by = compare_relative(c, run, base, moved[i]);
		bool index = compare_metric_question(moved[i]) == COMPARE_FRAGMENTED;

		if (isfinite(by))
			printf("  %+7.1f %%  ", 100 * by);
		else
			printf("  from none  ");
		printf("%s (%.*f, baseline %.*f)\n", compare_metric_name(moved[i]), index ? 4 : 0,
		       c->runs[run].value[moved[i]], index ? 4 : 0, c->runs[base].value[moved[i]]);
	}
}

static int print_text(const struct compare *c, unsigned base)
{
	int ret = 0;

	printf("%s: runs beside %s; error: of the simulation, |native - recorded|\n", c->capture,
	       c->runs[base].name);
	for (unsigned q = 0; q < COMPARE_QUESTIONS && ret >= 0; q++)
		ret = print_question(c, base, (enum compare_question)q);
	printf("\nWhat explains it: what moved most, outside the error\n");
	for (unsigned i = 0; i < c->count; i++)
		if (i != base && c->runs[i].complete && !c->runs[i].recorded)
			print_moved(c, i, base);
	return ret;
}

static int add_file(struct table *t, const char *path, struct err *e)
{
	const char *name = baseline ? baseline : "native";
	struct store *s = store_open(path, false, e);
	struct compare c;
	int ret = s ? compare_read(&c, s, 0, e) : err_code(e), base;

	if (ret >= 0) {
		base = find(&c, name);
		if (base < 0)
			ret = err_set(e, ENOENT, "%s: no run is called '%.64s'", path, name);
		if (ret >= 0 && format == TABLE_TEXT && print_text(&c, (unsigned)base) < 0)
			ret = err_set(e, EIO, "the tables could not be printed");
		for (unsigned i = 0; i < c.count && ret >= 0; i++)
			if ((int)i != base && c.runs[i].complete)
				add_rows(t, &c, i, (unsigned)base);
		compare_free(&c);
	}
	if (s)
		store_close(s, &(struct err){ 0 });
	return ret;
}

static int run(int argc, char **argv)
{
	struct table *t = table_new(columns, sizeof(columns) / sizeof(*columns));
	struct err e = { 0 };
	int ret = t ? 0 : err_set(&e, ENOMEM, "out of memory");

	if (argc < 1) {
		fprintf(stderr,
			"kmemlab compare: a results file is expected; see kmemlab compare --help\n");
		table_free(t);
		return 2;
	}
	for (int i = 0; i < argc && ret >= 0; i++) {
		if (i && format == TABLE_TEXT)
			putchar('\n');
		ret = add_file(t, argv[i], &e);
	}
	if (ret >= 0 && format == TABLE_TEXT && (fflush(stdout) || ferror(stdout)))
		ret = err_set(&e, EIO, "the output could not be written");
	if (ret >= 0 && format != TABLE_TEXT &&
	    table_print(t, (enum table_format)format, stdout) < 0)
		ret = err_set(&e, EIO, "the table could not be printed");
	table_free(t);
	return ret < 0 ? input_fail("compare", &e) : 0;
}

struct command cmd_compare = {
	.name = "compare",
	.summary = "runs side by side, with the simulation's error",
	.args = "RESULTS...",
	.description =
		"Compares the runs of results files with a baseline, figure by figure. Beside each difference "
		"stands the error that the simulation has in that very figure on that capture: how far the "
		"captured kernel's own policy, simulated, is from what was recorded. A difference that is not "
		"larger is \"within error\": it says nothing about the policy.\n\n"
		"The figures stand by the question that they help to answer; at the end is what explains a run: "
		"the metrics outside the error that moved by the largest share of the baseline. CSV and JSON have "
		"a row for each metric and run, with its question, and its place among what moved.\n\n"
		"Of each file the newest capture is taken.",
	.examples =
		"kmemlab replay -o what-if.db --policy linux-5.10 --set pcp.batch=15 traces/amd64-6.1-small\n"
		"  first replay\n"
		"kmemlab compare what-if.db\n"
		"  then compare\n",
	.options = options,
	.run = run,
};
