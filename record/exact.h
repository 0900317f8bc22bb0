/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exact: an exact start.  The order of the free lists and per-CPU lists, the
 * slabs of each cache and the types of the pageblocks, read from the running
 * kernel's own memory and written as the texts NAME/lists, NAME/slabs and
 * NAME/pageblocks of a capture (docs/captures.md).
 *
 * What was read is believed only if it agrees with buddyinfo, pagetypeinfo and
 * zoneinfo of the same moment.  Lists that changed while they were read are
 * noticed by their links, and everything is read again, a few times at most.
 */
#ifndef RECORD_EXACT_H
#define RECORD_EXACT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct exact;

struct exact_result {
	bool lists, slabs, pageblocks; /* what could be had */
	unsigned reads;		       /* times that the memory was read */
	double seconds;		       /* of the last reading, between its marks */
	uint32_t torn;		       /* lists that changed meanwhile, of the last */
	uint64_t bytes;		       /* read of the kernel's memory each time */
	char source[160];	       /* "/proc/kcore, layout ...", or why there are no lists */
};

/*
 * Find everything and set memory aside, so that reading allocates nothing.  part: the capture
 * directory under construction, whose system/ is there.  root: "" on a live system.  NULL with the
 * reason in e where this kernel's lists cannot be read.
 */
struct exact *exact_open(const char *root, const char *part, struct err *e);
void exact_close(struct exact *x);
/* Read and write name/lists and so on below dir.  mark as in snapshot.h.  A negative errno only if writing fails. */
int exact_take(struct exact *x, int dir, const char *name,
	       void (*mark)(void *arg, const char *text), void *arg, struct exact_result *r,
	       struct err *e);

#endif
