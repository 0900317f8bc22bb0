/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * snapshot: what the kernel says of its memory at one moment, as files of a
 * capture directory (docs/captures.md).
 */
#ifndef RECORD_SNAPSHOT_H
#define RECORD_SNAPSHOT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

struct snapshot_options {
	const char *root; /* "" on a live system; a folder that stands for / in tests */
	/* Called before and after each file with "snap: NAME/FILE begin" and "... end"; may be NULL. */
	void (*mark)(void *arg, const char *text);
	void *arg;
	/* Takes the ordered lists at their place in a snapshot (exact.h); NULL: nobody does. */
	int (*lists)(void *arg, int dir, const char *name, struct err *e);
	void *lists_arg;
	FILE *unread; /* a line for each file that could not be read; may be NULL */
};

/*
 * The files into dir/name/, 0600; what is not there or not readable is left out. 0 or a negative
 * errno.  Slow ones whose reading makes many events by themselves belong where nothing is
 * traced: snapshot_slow(); the others between marks in the trace: snapshot_take(), in
 * the order of a start or, for last, of an end, so that the free lists are read nearest to the
 * workload.
 */
int snapshot_slow(int dir, const char *name, const struct snapshot_options *o, struct err *e);
int snapshot_take(int dir, const char *name, bool last, const struct snapshot_options *o,
		  struct err *e);
/* One file of the machine into dir/name; 1: it cannot be had, which is noted. */
int snapshot_copy(int dir, const struct snapshot_options *o, const char *file, const char *name,
		  struct err *e);
void snapshot_unread(const struct snapshot_options *o, const char *path, int code);

#endif
