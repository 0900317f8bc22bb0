/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scrub: a capture made fit to be given away: what replay, verify and stat work
 * with is kept and gives the same results; what tells the machine, its users and
 * its secrets is moved, replaced or left out (see trace/rebase.h and
 * trace/datscrub.h).  Of a capture directory
 *
 *   kept as they are     counters and settings of memory management, page flags
 *   addresses moved      kallsyms, vmallocinfo, slab attributes
 *   parts kept           version (the release), iomem (RAM), cpuinfo (the CPUs' numbers),
 *                        kernel_config (switches), kcore_head.raw (the direct map)
 *   told in other words  the raw dumps: as lists of page frames and slabs ("lists", "slabs")
 *   left out             all else: the command line, kernel messages, modules, devices, swap,
 *                        interrupts, scripts, ...
 */
#ifndef WORKLOAD_SCRUB_H
#define WORKLOAD_SCRUB_H

#include <stdbool.h>

#include "base/err.h"
#include "trace/datscrub.h"
#include "workload/capture.h"

struct scrub_result {
	struct datscrub_result trace;
	unsigned files;	  /* snapshot files that were written */
	unsigned dropped; /* files of the capture that were left out */
};

/*
 * Scrub a capture directory or a bare trace.dat into `out`, a directory or a file
 * that must not exist yet.  0 or a negative errno; nothing is left behind on
 * failure.
 */
int scrub_capture(const struct capture *c, const char *out, bool keep_going,
		  struct scrub_result *res, struct err *e);
/* The same of the capture directory `raw`, which is removed once `out` is whole. */
int scrub_replace(const char *raw, const char *out, struct scrub_result *res, struct err *e);

#endif
