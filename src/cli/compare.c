// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemlab compare: runs side by side, each difference beside the simulation's own error. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/compare.h"
#include "base/json.h"
#include "base/prose.h"
#include "base/table.h"
#include "cli/commands.h"
#include "cli/input.h"

static const char *baseline;
static bool captures;
static int format;

static struct option options[] = {
	{ "baseline", 'b', OPTION_STRING, &baseline, "RUN", NULL,
	  "the run that all others are compared with (each with its control)" },
	{ "captures", 'c', OPTION_FLAG, &captures, NULL, NULL,
	  "what was recorded, file beside file, instead of each file's what-ifs" },
	{ "format", 'F', OPTION_CHOICE, &format, "FORMAT", table_formats, "how to print it" },
	{ NULL },
};

static const struct column columns[] = {
	{ "capture", "capture", COLUMN_STRING, 0, "what was replayed" },
	{ "run", "run", COLUMN_STRING, 0, "policy of the run" },
	{ "against", "against", COLUMN_STRING, 0, "the run that it is compared with" },
	{ "question", "question", COLUMN_STRING, 0, "that the metric helps to answer" },
	{ "metric", "metric", COLUMN_STRING, 0, "docs/metrics.md" },
	{ "baseline", "baseline", COLUMN_REAL, 4, "the metric in the run that is compared with" },
	{ "value", "value", COLUMN_REAL, 4, "the metric in this run" },
	{ "difference", "difference", COLUMN_REAL, 4, "value less baseline" },
	{ "error", "error", COLUMN_REAL, 4,
	  "of the simulation in this metric: the largest |control - recorded|" },
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

	for (unsigned i = 0; i < COMPARE_METRICS; i++) {
		enum compare_metric m = (enum compare_metric)i;
		double a = c->runs[base].value[m], b = c->runs[run].value[m];

		if (isnan(a) && isnan(b))
			continue;
		table_row(t);
		table_string(t, c->capture);
		table_string(t, c->runs[run].name);
		table_string(t, c->runs[base].name);
		table_string(t, compare_question_name(compare_metric_question(m)));
		table_string(t, compare_metric_name(m));
		table_real(t, a);
		table_real(t, b);
		table_real(t, b - a);
		table_real(t, compare_error(c, run, base, m));
		table_string(t, compare_verdict_name(compare_judge(c, run, base, m)));
		table_real(t, compare_relative(c, run, base, m));
		put_moved(t, moved, n, m);
	}
}

/* ---- as text ---- */

/* The rows of each table: numbers of runs, each with that of its baseline. */
struct rows {
	unsigned run[2 * COMPARE_RUNS];
	int base[2 * COMPARE_RUNS]; /* -1: the row only states what it is; its own: a baseline */
	unsigned count;
};

static void put(struct rows *r, unsigned run, int base)
{
	r->run[r->count] = run;
	r->base[r->count++] = base;
}

/* What was recorded, then each baseline and what is compared with it. */
static void order_rows(const struct compare *c, int fixed, struct rows *r)
{
	bool what_ifs = false;

	r->count = 0;
	for (unsigned i = 0; i < c->count; i++)
		what_ifs |= compare_what_if(c, i);
	for (unsigned i = 0; i < c->count && fixed < 0; i++)
		if (c->runs[i].recorded && c->runs[i].complete)
			put(r, i, what_ifs ? -1 : c->native);
	for (unsigned b = 0; b < c->count; b++) {
		bool is_base = fixed >= 0 ? (int)b == fixed :
			       what_ifs	  ? compare_is_control(c, b) :
					    (int)b == c->native;

		if (!is_base)
			continue;
		put(r, b, (int)b);
		for (unsigned i = 0; i < c->count; i++)
			if (i != b && c->runs[i].complete &&
			    (fixed >= 0 ||
			     (what_ifs ? compare_what_if(c, i) && compare_baseline(c, i) == (int)b :
					 !c->runs[i].recorded)))
				put(r, i, (int)b);
	}
}

static void put_row(struct table *t, const struct compare *c, const struct rows *r, unsigned row,
		    enum compare_metric m, bool first)
{
	unsigned run = r->run[row];
	int base = r->base[row];
	bool other = base >= 0 && base != (int)run;

	table_row(t);
	table_string(t, first ? compare_metric_name(m) : "");
	table_string(t, c->runs[run].name);
	table_real(t, c->runs[run].value[m]);
	table_real(t, other ? c->runs[run].value[m] - c->runs[base].value[m] : NAN);
	table_real(t, other ? compare_error(c, run, (unsigned)base, m) : NAN);
	table_string(t, other	 ? compare_verdict_name(compare_judge(c, run, (unsigned)base, m)) :
			base < 0 ? "" :
				   "baseline");
}

static int print_question(const struct compare *c, const struct rows *r, enum compare_question q)
{
	struct table *t = table_new(q == COMPARE_FRAGMENTED ? index_columns : short_columns, 6);
	unsigned rows = 0;
	int ret;

	for (unsigned m = 0; t && m < COMPARE_METRICS; m++) {
		bool first = true;

		if (compare_metric_question((enum compare_metric)m) != q)
			continue;
		for (unsigned i = 0; i < r->count; i++) {
			if (isnan(c->runs[r->run[i]].value[m]))
				continue;
			put_row(t, c, r, i, (enum compare_metric)m, first);
			first = false;
			rows++;
		}
	}
	if (rows)
		prose_print(stdout, "\n%s\n", compare_question_text(q));
	ret = !t ? -ENOMEM : rows ? table_print(t, TABLE_TEXT, stdout) : 0;
	table_free(t);
	return ret;
}

#define MOVED 5 /* of each kind */

/* Digits that tell two numbers apart, from those of the metric on: shares of pages may differ by less than one. */
static int digits_between(double a, double b, unsigned digits)
{
	double step = pow(10, -(double)digits);

	while (digits < 4 && round(a / step) == round(b / step)) {
		step /= 10;
		digits++;
	}
	return (int)digits;
}

static unsigned print_moved(const struct compare *c, unsigned run, unsigned base, bool why)
{
	enum compare_metric moved[COMPARE_METRICS];
	unsigned n = compare_moved(c, run, base, moved), printed = 0;

	for (unsigned i = 0; i < n && printed < MOVED; i++) {
		double by = compare_relative(c, run, base, moved[i]);
		double is = c->runs[run].value[moved[i]], was = c->runs[base].value[moved[i]];
		int digits = digits_between(is, was, compare_metric_digits(moved[i]));

		if ((compare_metric_question(moved[i]) == COMPARE_WHY) != why)
			continue;
		if (!printed++ && why)
			prose_print(stdout, "  by whose pages, by which fallbacks\n");
		if (isfinite(by))
			printf("  %+9.1f %%  ", 100 * by);
		else
			printf("  %11s  ", "from 0");
		prose_print(stdout, "%s: %.*f, not %.*f\n", compare_metric_name(moved[i]), digits,
			    is, digits, was);
	}
	return printed;
}

/* Where each what-if went furthest from its baseline, and who holds what there. */
static void print_why(const struct compare *c, const struct rows *r)
{
	prose_print(stdout, "\n%s\n", compare_question_text(COMPARE_WHY));
	for (unsigned i = 0; i < r->count; i++) {
		unsigned run = r->run[i];
		bool moved;

		if (r->base[i] < 0 || r->base[i] == (int)run || c->runs[run].recorded)
			continue;
		prose_print(stdout, "%s\n", c->runs[run].name);
		moved = print_moved(c, run, (unsigned)r->base[i], false);
		moved |= print_moved(c, run, (unsigned)r->base[i], true);
		if (!moved)
			prose_print(stdout, "  nothing outside the error\n");
	}
}

static int print_text(const struct compare *c, int fixed)
{
	struct rows r;
	int ret = 0;

	prose_print(
		stdout,
		"%s\nerror: how far the captured kernel's own policy, simulated, is from what was "
		"recorded; a difference that is not larger says nothing about the policy\n",
		c->capture);
	order_rows(c, fixed, &r);
	for (unsigned q = 0; q < COMPARE_WHY && ret >= 0; q++)
		ret = print_question(c, &r, (enum compare_question)q);
	print_why(c, &r);
	return ret;
}

static int add_file(struct table *t, const char *path, struct err *e)
{
	struct store *s = store_open(path, false, e);
	struct compare c;
	int ret = s ? compare_read(&c, s, 0, e) : err_code(e), fixed = -1;

	if (ret >= 0) {
		if (baseline)
			fixed = find(&c, baseline);
		if (baseline && fixed < 0)
			ret = err_set(e, ENOENT, "%s: no run is called '%.64s'", path, baseline);
		else if (!baseline && c.native < 0)
			ret = err_set(e, ENOENT,
				      "%s: nothing was simulated that could be compared with",
				      path);
		if (ret >= 0 && format == TABLE_TEXT && print_text(&c, fixed) < 0)
			ret = err_set(e, EIO, "the tables could not be printed");
		for (unsigned i = 0; i < c.count && ret >= 0; i++) {
			int base = fixed >= 0 ? fixed : compare_baseline(&c, i);

			if ((int)i != base && c.runs[i].complete)
				add_rows(t, &c, i, (unsigned)base);
		}
		compare_free(&c);
	}
	if (s)
		store_close(s, &(struct err){ 0 });
	return ret;
}

/* ---- captures ---- */

static const struct column capture_columns[] = {
	{ "metric", "", COLUMN_STRING, 0, "" },	   { "capture", "capture", COLUMN_STRING, 0, "" },
	{ "value", "value", COLUMN_REAL, 4, "" },  { "difference", "diff", COLUMN_REAL, 4, "" },
	{ "relative", "", COLUMN_PERCENT, 1, "" },
};

/* Where what was recorded of a file's newest capture stands: a run's number, or a negative errno. */
static int recorded_of(const char *path, struct compare *c, struct err *e)
{
	struct store *s = store_open(path, false, e);
	int ret = s ? compare_read(c, s, 0, e) : err_code(e);

	if (s)
		store_close(s, &(struct err){ 0 });
	if (ret < 0)
		return ret;
	if (c->recorded < 0)
		return err_set(e, ENOENT, "%s: nothing was recorded in it", path);
	return c->recorded;
}

static void put_capture(struct table *t, const struct compare *c, const struct compare *first,
			enum compare_metric m, bool heads)
{
	double a = first->runs[first->recorded].value[m], b = c->runs[c->recorded].value[m];

	table_row(t);
	if (format != TABLE_TEXT) {
		table_string(t, c->capture);
		table_string(t, "recorded");
		table_string(t, first->capture);
		table_string(t, compare_question_name(compare_metric_question(m)));
		table_string(t, compare_metric_name(m));
		table_real(t, a);
		table_real(t, b);
		table_real(t, b - a);
		table_none(t);
		table_string(t, compare_verdict_name(isnan(b - a) ? COMPARE_UNKNOWN :
						     b < a	  ? COMPARE_LESS :
						     b > a	  ? COMPARE_MORE :
								    COMPARE_SAME));
		table_real(t, a == b ? 0 : (b - a) / fabs(a));
		table_none(t);
		return;
	}
	table_string(t, heads ? compare_metric_name(m) : "");
	table_string(t, c->capture);
	table_real(t, b);
	table_real(t, c == first ? NAN : b - a);
	table_real(t, c == first ? NAN : a == b ? 0 : (b - a) / fabs(a));
}

/* Recorded runs have no error of a simulation; how exact they are verify says. */
static int compare_captures(struct table *t, char **paths, int n, struct err *e)
{
	struct compare *c = calloc((size_t)n, sizeof(*c));
	int ret = c ? 0 : err_set(e, ENOMEM, "out of memory");

	for (int i = 0; i < n && ret >= 0; i++)
		ret = recorded_of(paths[i], &c[i], e);
	for (unsigned m = 0; m < COMPARE_METRICS && ret >= 0; m++)
		for (int i = format == TABLE_TEXT ? 0 : 1; i < n; i++)
			if (!isnan(c[i].runs[c[i].recorded].value[m]))
				put_capture(t, &c[i], &c[0], (enum compare_metric)m, !i);
	for (int i = 0; c && i < n; i++)
		compare_free(&c[i]);
	free(c);
	if (ret >= 0 && format == TABLE_TEXT)
		prose_print(
			stdout,
			"As recorded, beside %s.\nHow exactly, kmemlab verify says; what differs may be the workload's doing.\n\n",
			paths[0]);
	return ret < 0 ? ret : 0;
}

static int compare_files(struct table *t, char **paths, int n, struct err *e)
{
	int ret = 0;

	for (int i = 0; i < n && ret >= 0; i++) {
		if (i && format == TABLE_TEXT)
			putchar('\n');
		ret = add_file(t, paths[i], e);
	}
	return ret;
}

static int run(int argc, char **argv)
{
	bool short_table = captures && format == TABLE_TEXT;
	struct table *t = short_table ?
				  table_new(capture_columns,
					    sizeof(capture_columns) / sizeof(*capture_columns)) :
				  table_new(columns, sizeof(columns) / sizeof(*columns));
	struct err e = { 0 };
	int ret = t ? 0 : err_set(&e, ENOMEM, "out of memory");

	if (argc < 1) {
		fprintf(stderr,
			"kmemlab compare: a results file is expected; see kmemlab compare --help\n");
		table_free(t);
		return 2;
	}
	if (ret >= 0)
		ret = captures ? compare_captures(t, argv, argc, &e) :
				 compare_files(t, argv, argc, &e);
	if (ret >= 0 && format == TABLE_TEXT && (fflush(stdout) || ferror(stdout)))
		ret = err_set(&e, EIO, "the output could not be written");
	if (ret >= 0 && (format != TABLE_TEXT || captures) &&
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
		"Compares the runs of results files, figure by figure. Beside each difference stands the error "
		"that the simulation has in that very figure on that capture. It is measured on the what-if's "
		"control: the captured kernel's own policy, simulated as what-ifs are, without what the recording "
		"tells of the kernel's placements (\"native, as what-if\"). How far that is from what was recorded, "
		"at worst over the whole capture, is the error; what-ifs are compared "
		"with it. A difference that is not larger is \"within error\": it says nothing about the policy. How "
		"well the model knows another kernel's rules, no recording of this one can tell.\n\n"
		"The figures stand by the question that they help to answer; at the end is what explains a run: "
		"the metrics outside the error that moved by the largest share of the baseline, and what goes with "
		"them: whose pages keep page blocks from being whole, and how bad the fallbacks were. CSV and JSON have "
		"a row for each metric and run, with its question, and its place among what moved.\n\n"
		"With --captures what was recorded stands side by side, of each file's newest capture beside that of the "
		"first one: before and after a kernel upgrade, say. There is no error of a simulation in it, and what "
		"differs may be the workload's doing.\n\n"
		"Of each file the newest capture is taken.",
	.examples =
		"kmemlab replay -o what-if.db --policy linux-5.10 --set pcp.batch=15 traces/amd64-6.1-small\n"
		"  first replay\n"
		"kmemlab compare what-if.db\n"
		"  then compare\n"
		"kmemlab compare --captures what-if.db what-if.db\n"
		"  what was recorded, capture beside capture\n",
	.options = options,
	.run = run,
};
