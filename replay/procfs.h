/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * procfs: a view printed in the very layout of /proc/buddyinfo,
 * /proc/pagetypeinfo and the counters of /proc/zoneinfo (Linux 6.1), so that it
 * can be compared with the kernel's own files by diff.
 */
#ifndef REPLAY_PROCFS_H
#define REPLAY_PROCFS_H

#include <stdio.h>

#include "machine/machine.h"
#include "replay/view.h"

void procfs_buddyinfo(const struct machine *m, const struct view *v, FILE *out);
/* A row "Unknown" is added where some block's type is not known: the kernel has no such row. */
void procfs_pagetypeinfo(const struct machine *m, const struct view *v, FILE *out);
void procfs_zoneinfo(const struct machine *m, const struct view *v, FILE *out);

#endif
