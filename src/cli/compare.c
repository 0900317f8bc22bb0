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
	{ "metric", "metric", COLUMN_STRING, 0, "docs/metrics.md" },
	{ "baseline", "baseline", COLUMN_REAL, 4, "the metric in the run that is compared with" },
	{ "value", "value", COLUMN_REAL, 4, "the metric in this run" },
	{ "difference", "difference", COLUMN_REAL, 4, "value less baseline" },
	{ "error", "error", COLUMN_REAL, 4,
	  "of the simulation in this metric: |native - recorded|" },
	{ "verdict", "verdict", COLUMN_STRING, 0,
	  "within error: the difference is not larger than the error and tells nothing" },
};

static int find(const struct compare *c, const char *name)
{
	for (unsigned i = 0; i < c->count; i++)
		if (!strcmp(c->runs[i].name, name))
			return (int)i;
	return -1;
}

static void add_rows(struct table *t, const struct compare *c, unsigned run, unsigned base)
{
	for (unsigned m = 0; m < COMPARE_METRICS; m++) {
		double a = c->runs[base].value[m], b = c->runs[run].value[m];

		if (isnan(a) && isnan(b))
			continue;
		table_row(t);
		table_string(t, c->capture);
		table_string(t, c->runs[run].name);
		table_string(t, compare_metric_name((enum compare_metric)m));
		table_real(t, a);
		table_real(t, b);
		table_real(t, b - a);
		table_real(t, compare_error(c, (enum compare_metric)m));
		table_string(t, compare_verdict_name(
					compare_judge(c, run, base, (enum compare_metric)m)));
	}
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
	for (int i = 0; i < argc && ret >= 0; i++)
		ret = add_file(t, argv[i], &e);
	if (ret >= 0 && table_print(t, (enum table_format)format, stdout) < 0)
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
		"Of each file the newest capture is taken.",
	.examples =
		"kmemlab replay -o what-if.db --policy linux-5.10 --set pcp.batch=15 traces/amd64-6.1-small\n"
		"  first replay\n"
		"kmemlab compare what-if.db\n"
		"  then compare\n",
	.options = options,
	.run = run,
};
