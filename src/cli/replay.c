// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemlab replay: the recorded machine and any number of simulated ones, into a results file. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/input.h"
#include "cli/machines.h"
#include "cli/runs.h"
#include "store/sql.h"

static struct input_options in = INPUT_DEFAULTS;
static struct machines_options mo;
static const char *output;
static uint64_t samples = 240;
static bool hardware;

static struct option options[] = {
	{ "output", 'o', OPTION_STRING, &output, "FILE", NULL,
	  "the results file, SQLite; it may hold several replays (default: the capture's name with .db)" },
	MACHINES_OPTIONS(mo),
	{ "samples", 'n', OPTION_UINT, &samples, "N", NULL, "instants to sample (240)" },
	{ "hardware", 0, OPTION_FLAG, &hardware, NULL, NULL,
	  "also what the processor's caches and TLBs make of it (as colour and tlb); takes as long again" },
	INPUT_OPTIONS(in),
	{ NULL },
};

static void on_signal(int number)
{
	(void)number;
	replay_interrupt();
}

/* Nothing was begun: a file of that name would only mislead. */
static bool holds_nothing(struct store *s)
{
	sqlite3_stmt *st = sql_query(store_db(s), NULL, "SELECT 1 FROM capture", "");
	bool none = st && sql_row(st, NULL) == 0;

	sqlite3_finalize(st);
	return none;
}

static int run(int argc, char **argv)
{
	struct err e = { 0 };
	struct runs_result res;
	struct store *s;
	char name[300];
	bool fresh, empty;
	int ret;

	if (argc != 1 || samples < 2 || samples > 100000) {
		fprintf(stderr, "kmemlab replay: %s; see kmemlab replay --help\n",
			argc != 1 ? "one capture is expected" : "--samples is from 2 to 100000");
		return 2;
	}
	if (!output) {
		struct capture c;

		if (capture_find(argv[0], &c, &e) < 0)
			return input_fail("replay", &e);
		snprintf(name, sizeof(name), "%s.db", c.name);
		output = name;
	}
	fresh = access(output, F_OK);
	s = store_open(output, true, &e);
	if (!s)
		return input_fail("replay", &e);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	ret = runs_to_store(argv[0], &in, &mo,
			    &(struct runs_options){ .samples = (uint32_t)samples,
						    .hardware = hardware },
			    s, &res, &e);
	empty = ret < 0 && fresh && holds_nothing(s);
	if (store_close(s, ret < 0 ? NULL : &e) < 0 && ret >= 0)
		ret = e.code;
	if (empty)
		unlink(output);
	if (ret < 0)
		return input_fail("replay", &e);
	runs_print(&res, output, stdout);
	return res.interrupted ? 2 : 0;
}

struct command cmd_replay = {
	.name = "replay",
	.summary = "reconstruct and simulate, into a results file",
	.args = "CAPTURE",
	.description =
		"Drives the recorded machine and one simulated machine per --policy through the capture in "
		"one pass, each in a thread of its own, and writes samples over time, the map of memory and "
		"the fidelity of the simulation into an SQLite file (docs/schema.md).\n\n"
		"Without --policy the captured kernel's own policy, native, is simulated. Whatever policies "
		"are asked for, native is simulated too, so that its measured error stands beside them.",
	.examples =
		"kmemlab replay -o small.db --policy native --policy linux-6.18 traces/amd64-6.1-small\n"
		"  what would 6.18 have done?\n",
	.options = options,
	.run = run,
};
