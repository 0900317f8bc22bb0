/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * listmap: every block on the recorded machine's free lists and CPUs' lists, in the
 * order in which requests would get them.  docs/framemap.md has the columns.
 */
#ifndef REPLAY_LISTMAP_H
#define REPLAY_LISTMAP_H

#include "base/table.h"
#include "replay/recorded.h"

/* NULL without memory. */
struct table *listmap_blocks(const struct machine *m, const struct recorded *r);

#endif
