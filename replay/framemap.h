/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * framemap: a machine's page frames at an instant as CSV, for other simulators and to
 * make such a machine again: a row for each free block, and for each run of frames of
 * one page block that are alike otherwise; or in binary.  docs/framemap.md has both.
 */
#ifndef REPLAY_FRAMEMAP_H
#define REPLAY_FRAMEMAP_H

#include <stdio.h>

#include "machine/machine.h"
#include "replay/replay.h"

#define FRAMEMAP_MAGIC "KMFRAME1" /* 8 bytes, the last one the version */

/* The same in binary, a byte a frame; write errors stay in `out`. 0 or -ENOMEM. */
int framemap_write(const struct machine *m, const struct replay_run *run, FILE *out);
/* Of a run as it stands; write errors stay in `out`. */
void framemap_print(const struct machine *m, const struct replay_run *run, FILE *out);

#endif
