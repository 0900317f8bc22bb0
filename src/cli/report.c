// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemlab report: results as one HTML file, and the figures as files. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analyze/report.h"
#include "cli/commands.h"
#include "store/store.h"

static const char *output = "report.html";
static const char *figures_dir, *zone;
static int figure_format;
static uint64_t capture;
static struct option_list policies;

static struct option options[] = {
	{ "output", 'o', OPTION_STRING, &output, "FILE.html", NULL,
	  "the report (default: report.html)" },
	{ "figures", 'f', OPTION_STRING, &figures_dir, "DIR", NULL,
	  "write each figure to a file in this folder, too" },
	{ "figure-format", 0, OPTION_CHOICE, &figure_format, "FORMAT", figure_formats,
	  "svg (default), or png: without antialiasing and in stroked letters" },
	{ "policy", 'p', OPTION_LIST, &policies, "NAME", NULL,
	  "show the simulated run under this policy beside the recorded one (default: all)" },
	{ "zone", 'z', OPTION_STRING, &zone, "NAME", NULL,
	  "figures of free memory in this zone, such as Normal or \"node 1 Normal\" (default: all "
	  "together)" },
	{ "capture", 0, OPTION_UINT, &capture, "ID", NULL,
	  "the capture of this number in the results (default: the newest)" },
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

/* The results to report on.  Everything but where they come from is the same for all inputs. */
static struct store *open_results(const char *path, struct err *e)
{
	FILE *f;

	if (is_database(path))
		return store_open(path, false, e);
	f = fopen(path, "rb");
	if (!f)
		err_set(e, errno, "%s: %s", path, strerror(errno));
	else
		err_set(e, EINVAL,
			"%s: not a results file; `kmemlab replay -o FILE.db %s` makes one", path,
			path);
	if (f)
		fclose(f);
	return NULL;
}

static int run(int argc, char **argv)
{
	struct report_options o = {
		.path = output,
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
		fprintf(stderr, "kmemlab report: one results file is expected; see kmemlab report "
				"--help\n");
		return 2;
	}
	s = open_results(argv[0], &e);
	ret = s ? report_write(s, (int64_t)capture, &o, &e) : e.code;
	if (s)
		store_close(s, NULL);
	if (ret >= 0)
		return 0;
	fprintf(stderr, "kmemlab report: %s\n", e.text);
	return 2;
}

struct command cmd_report = {
	.name = "report",
	.summary = "write an HTML report with figures",
	.args = "RESULTS.db",
	.description =
		"Writes one HTML file that tells what a capture and its runs show: free blocks and "
		"fragmentation over time, pageblocks, a map of memory, event rates, the recorded "
		"machine beside "
		"the simulated ones, with the error between them and what could not be known. The "
		"file needs "
		"nothing beside it and no network.\n\n"
		"A results file is written by kmemlab replay. Of a run that was interrupted the "
		"report shows "
		"what was written before, and says so.",
	.examples = "kmemlab report -o demo/report.html demo/small.db\n"
		    "  the report of everything in a results file\n"
		    "kmemlab report --figures demo/figures --policy native demo/small.db\n"
		    "  each figure also as an SVG file, of the recorded machine and one policy\n",
	.options = options,
	.run = run,
};
