/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * framemap: a machine's page frames at an instant as CSV, for other simulators and to
 * make such a machine again: a row for each free block, and for each run of frames of
 * one page block that are alike otherwise.  docs/framemap.md has the columns.
 */
#ifndef REPLAY_FRAMEMAP_H
#define REPLAY_FRAMEMAP_H

#include <stdio.h>

#include "machine/machine.h"
#include "replay/replay.h"

/* Of a run as it stands; write errors stay in `out`. */
void framemap_print(const struct machine *m, const struct replay_run *run, FILE *out);

#endif
