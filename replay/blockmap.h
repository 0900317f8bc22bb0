/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * blockmap: a machine's page blocks at an instant as tables: every block and what it
 * holds; every allocation that keeps one from being whole; and these summed up by who
 * made them, worst first.  docs/framemap.md has the columns.
 */
#ifndef REPLAY_BLOCKMAP_H
#define REPLAY_BLOCKMAP_H

#include "base/table.h"
#include "machine/kallsyms.h"
#include "replay/replay.h"

/* Of a run as it stands at its end, with options.forensics.  NULL out of memory. */
struct table *blockmap_blocks(const struct machine *m, struct replay_run *run,
			      const struct kallsyms *k);
/* Of a recorded run alone.  `unit`: seconds of the clock's unit. */
struct table *blockmap_holders(const struct machine *m, const struct replay_run *run,
			       const struct kallsyms *k, double unit);
struct table *blockmap_pins(const struct replay_run *run, const struct kallsyms *k, double unit);

#endif
