// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemlab scrub: a capture that can be given away. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/commands.h"
#include "cli/input.h"
#include "workload/scrub.h"

static bool keep_going, quiet;

static struct option options[] = {
	{ "keep-going", 'k', OPTION_FLAG, &keep_going, NULL, NULL,
	  "scrub what is whole of a damaged trace" },
	{ "quiet", 'q', OPTION_FLAG, &quiet, NULL, NULL, "no summary" },
	{ NULL },
};

static int run(int argc, char **argv)
{
	struct scrub_result res;
	struct capture c;
	struct err e = { 0 };

	if (argc != 2) {
		fprintf(stderr, "kmemlab scrub: a capture and a new name for it are expected; see "
				"kmemlab scrub --help\n");
		return 2;
	}
	if (capture_find(argv[0], &c, &e) < 0)
		return input_fail("scrub", &e);
	if (c.kind == CAPTURE_KMW) {
		fprintf(stderr,
			"kmemlab scrub: %s is a workload; scrub the capture that it was made from\n",
			argv[0]);
		return 2;
	}
	if (scrub_capture(&c, argv[1], keep_going, &res, &e) < 0)
		return input_fail("scrub", &e);
	if (quiet)
		return 0;
	printf("%s: %" PRIu64 " events, %" PRIu64 " of them without content; %" PRIu32
	       " process names replaced",
	       argv[1], res.trace.events, res.trace.blanked, res.trace.names);
	if (c.kind == CAPTURE_DIR)
		printf("; %u snapshot files, %u left out", res.files, res.dropped);
	putchar('\n');
	return 0;
}

struct command cmd_scrub = {
	.name = "scrub",
	.summary = "make a capture fit to be given away",
	.args = "CAPTURE NEW",
	.description =
		"Writes a copy of a capture directory, or of a bare trace.dat, that gives the same results "
		"and does not tell which machine it is from: virtual addresses are moved by a key that is "
		"drawn anew for each capture and kept nowhere, so that pointers still pair, and alignment, "
		"places in slabs and direct-map arithmetic stay what they were; page frame numbers and pids "
		"stay; process names become tokens (the same name the same token); of other events than "
		"those of memory management only the time and place are kept; the raw dumps of kernel memory "
		"become lists of page frames; of the kernel's symbols those stay that tell where the calls in the "
		"trace come from. The host's name, the command line, kernel messages, modules, "
		"devices and all files that kmemlab does not read are left out.\n\n"
		"What stays can still be told apart by who knows it: the kernel's release, how much memory "
		"and how many CPUs there are, the names of slab caches and kernel symbols, and when each "
		"event happened. The distances between the direct map, vmalloc and vmemmap are kept, and so "
		"is that from the kernel's text to its modules.\n\n"
		"The new trace.dat is of file version 7, packed with zstd: trace-cmd 3.0 and later reads it.",
	.examples = "kmemlab scrub traces/amd64-6.1-small small-scrubbed\n"
		    "  a copy of the bundled capture that could be given away\n",
	.options = options,
	.run = run,
};
