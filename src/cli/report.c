// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemlab report: results as one HTML file, and the figures as files. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analyze/report.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/runs.h"
#include "store/store.h"

#define SAMPLES 240 /* instants, where the replay is done on the way */

static struct input_options in = INPUT_DEFAULTS;
static const char *output;
static int format;
static const char *figures_dir, *zone;
static int figure_format;
static uint64_t capture;
static struct option_list policies;

static struct option options[] = {
	{ "output", 'o', OPTION_STRING, &output, "FILE", NULL,
	  "the report (default: report.html; Markdown and text: standard output)" },
	{ "format", 'F', OPTION_CHOICE, &format, "FORMAT", report_formats,
	  "html (default), or markdown or text, which have the tables and say what the figures show" },
	{ "figures", 'f', OPTION_STRING, &figures_dir, "DIR", NULL,
	  "write each figure to a file in this folder, too" },
	{ "figure-format", 0, OPTION_CHOICE, &figure_format, "FORMAT", figure_formats,
	  "svg (default), or png: without antialiasing and in stroked letters" },
	{ "policy", 'p', OPTION_LIST, &policies, "NAME", NULL,
	  "show the simulated run under this policy beside the recorded one (default: all)" },
	{ "zone", 'z', OPTION_STRING, &zone, "NAME", NULL,
	  "figures of free memory in this zone, such as Normal or \"node 1 Normal\" (default: all together)" },
	{ "capture", 0, OPTION_UINT, &capture, "ID", NULL,
	  "the capture of this number in the results (default: the newest)" },
	INPUT_OPTIONS(in),
	{ .name = NULL },
};

/* By content: every SQLite file begins so. */
static bool is_database(const char *path)
{
	static const char magic[16] = "SQLite format 3";
	char head[sizeof(magic)] = { 0 };
	FILE *f = fopen(path, "rb");
	bool is = f && fread(head, 1, sizeof(head), f) == sizeof(head) &&
		  !memcmp(head, magic, sizeof(head));

	if (f)
		fclose(f);
	return is;
}

/* Results as they are, or made on the way from whatever can be imported. */
static struct store *open_results(const char *path, struct err *e)
{
	struct machines_options mo = { .policies = policies };
	struct runs_result res;
	struct store *s;

	if (is_database(path))
		return store_open(path, false, e);
	s = store_open(":memory:", true, e);
	if (s && runs_to_store(path, &in, &mo, &(struct runs_options){ SAMPLES, true }, s, &res,
			       e) < 0) {
		store_close(s, NULL);
		return NULL;
	}
	return s;
}

static int run(int argc, char **argv)
{
	struct report_options o = {
		.path = output		      ? output :
			format == REPORT_HTML ? "report.html" :
						"-",
		.format = (enum report_format)format,
		.figures_dir = figures_dir,
		.figure_format = (enum figure_format)figure_format,
		.policies = policies.count ? policies.items : NULL,
		.policy_count = policies.count,
		.zone = zone,
	};
	struct err e = { 0 };
	struct store *s;
	int ret;

	if (argc != 1) {
		fprintf(stderr,
			"kmemlab report: one results file or capture is expected; see kmemlab report --help\n");
		return 2;
	}
	if (!is_database(argv[0])) /* then --policy says what to simulate, and all of it is shown */
		o.policy_count = 0;
	s = open_results(argv[0], &e);
	ret = s ? report_write(s, (int64_t)capture, &o, &e) : e.code;
	if (s)
		store_close(s, NULL);
	if (ret >= 0)
		return 0;
	return input_fail("report", &e);
}

struct command cmd_report = {
	.name = "report",
	.summary = "write a report with figures: HTML, Markdown or text",
	.args = "RESULTS.db|CAPTURE",
	.description =
		"Writes one file that tells what a capture and its runs show. It opens with what matters, in "
		"words and by the memory that it costs, and whether it can be trusted; then fidelity, what-ifs "
		"with the simulation's error, fragmentation over time, what holds page blocks, slab caches, "
		"cache sets, TLBs, owners, and the definition of every number. The HTML file needs nothing "
		"beside it and no network; its tables can be sorted and filtered.\n\n"
		"A results file is written by kmemlab replay; of a run that was interrupted the report shows "
		"what was written before, and says so. Given a capture directory, a trace or a workload instead, "
		"it is replayed on the way, and --policy names what to simulate besides native.",
	.examples = "kmemlab report -o small.html small.db\n"
		    "  the report of everything in a results file\n"
		    "kmemlab report --format text small.db\n"
		    "  the same without figures, for a terminal or a mail\n"
		    "kmemlab report --figures figures --policy native small.db\n"
		    "  each figure also as an SVG file, of the recorded machine and one policy\n",
	.options = options,
	.run = run,
};
