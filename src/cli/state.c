// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemlab state: the reconstructed or simulated machine at a time, in the layout of /proc. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyze/fragindex.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/machines.h"
#include "replay/blockmap.h"
#include "replay/framemap.h"
#include "replay/listmap.h"
#include "replay/procfs.h"
#include "replay/replay.h"
#include "replay/slabmap.h"

static struct input_options in = INPUT_DEFAULTS;
static double at = INFINITY;
static int show, format;
static struct machines_options mo;

enum {
	BUDDYINFO,
	PAGETYPEINFO,
	ZONEINFO,
	UNUSABLE_INDEX,
	EXTFRAG_INDEX,
	SLABINFO,
	FRAMES,
	FRAMES_BINARY,
	PAGEBLOCKS,
	HOLDERS,
	PINS,
	SLABS,
	SLAB_HOLDERS,
	LISTS,
};
static const char *const shows[] = { "buddyinfo",     "pagetypeinfo", "zoneinfo", "unusable_index",
				     "extfrag_index", "slabinfo",     "frames",	  "frames-binary",
				     "pageblocks",    "holders",      "pins",	  "slabs",
				     "slab-holders",  "lists",	      NULL };

static struct option options[] = {
	{ "at", 'a', OPTION_SECONDS, &at, "SECONDS", NULL,
	  "the instant: seconds of the capture's clock, start or end (default)" },
	{ "show", 's', OPTION_CHOICE, &show, "WHAT", shows,
	  "a file of /proc (buddyinfo), or one of the fragmentation indices of debugfs; frames: every free block and what the other frames are, as CSV, "
	  "or with frames-binary a byte a frame; "
	  "pageblocks: what each page block holds; holders: each allocation that keeps one from being "
	  "whole; pins: these by who made them, worst first; slabs: every slab, where it stands, for how "
	  "long, and who has most of it; slab-holders: who holds slabs open that have room; lists: the "
	  "free lists and the lists of the CPUs, in their order" },
	{ "format", 'F', OPTION_CHOICE, &format, "FORMAT", table_formats,
	  "how to print all but the files of the kernel and frames" },
	MACHINES_OPTIONS(mo),
	INPUT_OPTIONS(in),
	{ NULL },
};

/* An instant given in seconds, in units of the capture's clock. */
static double clock_units(const struct kmw_summary *s, double seconds)
{
	return isfinite(seconds) && s->clock_is_time ? seconds * 1e9 : seconds;
}

/* As extfrag/unusable_index and extfrag/extfrag_index of debugfs. */
static void print_index(const struct machine *m, const struct view *v)
{
	for (uint32_t z = 0; z < m->zone_count; z++) {
		uint64_t blocks[KMM_ORDERS];

		for (unsigned o = 0; o < m->orders; o++)
			blocks[o] = view_blocks(v, z, o);
		printf("Node %u, zone %8s ", m->zones[z].node, m->zones[z].name);
		for (unsigned o = 0; o < m->orders; o++) {
			int i = show == UNUSABLE_INDEX ?
					fragindex_unusable_milli(blocks, m->orders, o) :
					fragindex_external_milli(blocks, m->orders, o);

			printf(show == UNUSABLE_INDEX ? "%d.%03d " : "%2d.%03d ", i / 1000,
			       i % 1000);
		}
		putchar('\n');
	}
}

static int print_blocks(struct kmw_reader *k, const struct machine *m, struct replay_run *run,
			struct err *e)
{
	double unit = kmw_summary(k)->clock_is_time ? 1e-9 : 1;
	struct kallsyms *symbols;
	struct table *t;
	int ret = import_symbols(k, &symbols, e);

	if (ret < 0)
		return ret;
	t = show == PAGEBLOCKS ? blockmap_blocks(m, run, symbols) :
	    show == HOLDERS    ? blockmap_holders(m, run, symbols, unit) :
	    show == PINS       ? blockmap_pins(run, symbols, unit) :
	    show == SLABS      ? slabmap_slabs(run, symbols, unit) :
	    show == LISTS      ? listmap_blocks(m, run->recorded) :
				 slabmap_holders(run, symbols, unit);
	ret = t ? table_print(t, (enum table_format)format, stdout) : -ENOMEM;
	table_free(t);
	kallsyms_free(symbols);
	return ret < 0 ? err_set(e, -ret, "the table could not be printed: %s", strerror(-ret)) : 0;
}

static int print_state(struct kmw_reader *k, struct err *e)
{
	struct machine *m = import_machine(k, e);
	struct machines set = { 0 };
	struct replay_options o = { .progress = true };
	struct replay_run_options run = { .name = "recorded" };
	const struct view *v;
	struct replay r = { 0 };
	int ret;

	if (!m)
		return err_code(e);
	if (show == FRAMES_BINARY && isatty(STDOUT_FILENO)) {
		machine_free(m);
		return err_set(e, EINVAL, "binary output is not for a terminal");
	}
	ret = machines_build(&set, m, &mo, e);
	if (ret >= 0 && set.count) {
		machines_run(&set, 0, &run);
		run.native = policy_is_captured(&set.policy[0]);
	}
	if (ret >= 0 && run.simulated && show >= HOLDERS)
		ret = err_set(
			e, EINVAL,
			"who holds a page block or a slab, and the order of the lists, are shown "
			"of the recorded machine only: leave --policy out");
	if (ret >= 0 && show == SLABINFO && run.simulated && !run.slab)
		ret = err_set(e, EINVAL,
			      "this policy does not simulate slabs: add --set slab.objects=on");
	run.slabs = !run.simulated && (show == SLABINFO || show == SLABS || show == SLAB_HOLDERS);
	o.forensics = show >= PAGEBLOCKS && show <= PINS;
	o.runs = &run;
	o.run_count = 1;
	o.stop_at_start = at == -INFINITY;
	o.stop_at = o.stop_at_start ? INFINITY : clock_units(kmw_summary(k), at);
	if (ret >= 0)
		ret = replay_all(k, m, &o, &r, e);
	if (ret >= 0) {
		v = at != INFINITY	 ? &r.runs[0].end :
		    show == PAGETYPEINFO ? &r.runs[0].at_pagetypeinfo :
					   &r.runs[0].at_buddyinfo;
		if (show == BUDDYINFO)
			procfs_buddyinfo(m, v, stdout);
		else if (show == PAGETYPEINFO)
			procfs_pagetypeinfo(m, v, stdout);
		else if (show == ZONEINFO)
			procfs_zoneinfo(m, v, stdout);
		else if (show == UNUSABLE_INDEX || show == EXTFRAG_INDEX)
			print_index(m, v);
		else if (show == SLABINFO)
			ret = slabmap_slabinfo(m, &r.runs[0], at == INFINITY, stdout) ?
				      err_set(e, ENOMEM, "out of memory") :
				      0;
		else if (show == FRAMES)
			framemap_print(m, &r.runs[0], stdout);
		else if (show == FRAMES_BINARY)
			ret = framemap_write(m, &r.runs[0], stdout) ?
				      err_set(e, ENOMEM, "out of memory for the frames") :
				      0;
		else
			ret = print_blocks(k, m, &r.runs[0], e);
		if (ret >= 0 && (fflush(stdout) || ferror(stdout)))
			ret = err_set(e, EIO, "the output could not be written");
		if (!run.simulated && v->unknown)
			fprintf(stderr,
				"kmemlab state: nothing is known of %" PRIu64 " of %" PRIu64
				" page frames at this instant: free blocks are at least those "
				"shown\n",
				v->unknown, recorded_stats(r.runs[0].recorded)->frames);
	}
	replay_free(&r);
	machines_free(&set);
	machine_free(m);
	return ret;
}

static int run(int argc, char **argv)
{
	return input_run("state", &in, argc, argv, print_state);
}

struct command cmd_state = {
	.name = "state",
	.summary = "print the machine at an instant, as /proc would have",
	.args = "CAPTURE",
	.description =
		"Reconstructs the machine from the trace and prints it in the very layout of "
		"/proc/buddyinfo, /proc/pagetypeinfo, /proc/slabinfo or the counters of /proc/zoneinfo, or of "
		"extfrag/unusable_index and extfrag/extfrag_index in debugfs, so that diff can compare it with the "
		"kernel's own file.\n\n"
		"\"end\" is the marker of the matching after/ file where the trace has one (of the indices "
		"that of buddyinfo, which they are made of), else the last event; \"start\" is the instant at which the before/ snapshot holds. With --policy the "
		"machine shown is the one simulated under that policy.\n\n"
		"--show frames prints a CSV of all page frames, for other simulators or to make such a "
		"machine again (docs/framemap.md); \"end\" is then the end of the trace.\n\n"
		"--show pageblocks, holders and pins tell what the page blocks hold and which allocations "
		"keep the mixed ones from being whole: owner, slab cache, call site and age; \"end\" is then "
		"the marker of the page frames' snapshot where the trace has one.\n\n"
		"--show slabs and slab-holders follow each slab and its objects by their addresses "
		"(docs/objects.md); \"end\" is the end of the trace.\n\n"
		"--show lists prints every block on the free lists and on the CPUs' lists from the head of its "
		"list on, which is where the next request of its order and type takes one (a CPU list where one "
		"serves the order, and its tail is what is given back first). The order is the kernel's own where "
		"before/ has the dumps of its lists; elsewhere it is as far as events tell it. A page that was "
		"taken without an event still stands on its CPU's list. \"end\" is the end of the trace.",
	.examples = "kmemlab state --at end --show buddyinfo traces/amd64-6.1-small\n"
		    "  compare with traces/amd64-6.1-small/after/buddyinfo\n"
		    "kmemlab state --show pins traces/amd64-6.1-small\n"
		    "  who keeps page blocks from being whole, worst first\n"
		    "kmemlab state --show slab-holders traces/amd64-6.1-small\n"
		    "  whose objects keep slabs with room in them from going back\n",
	.options = options,
	.run = run,
};
