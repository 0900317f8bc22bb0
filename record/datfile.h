/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * datfile: a trace.dat, version 6 (trace-cmd.dat.v6(5)), from the event formats
 * of a tracing instance and the raw sub-buffers of each CPU.
 *
 * The part before the data is written first, as trace.head, so that the pieces of
 * a recorder that was killed can still be put together.
 */
#ifndef RECORD_DATFILE_H
#define RECORD_DATFILE_H

#include <stdint.h>

#include "base/err.h"
#include "record/presets.h"

struct tracefs_instance;

#define DATFILE_HEAD "trace.head"

/* trace.head in the directory: formats of the events in the set (and of markers), kernel symbols, the clock. */
int datfile_head(int dir, struct tracefs_instance *t, const struct event_set *s, unsigned cpus,
		 const char *clock, struct err *e);
/*
 * trace.dat from trace.head and the CPUs' pieces, in the same directory, and with what is only
 * known at the end: the names of tasks and each CPU's statistics (either may be NULL). The
 * pieces and the head are removed.  Sections end at the last whole sub-buffer.
 * Where the disk has no room for a second copy, each piece shrinks as it is copied; the room
 * that datfile_head() kept back is enough for the rest.
 */
int datfile_finish(int dir, const char *cmdlines, const char (*stats)[512], struct err *e);

#endif
