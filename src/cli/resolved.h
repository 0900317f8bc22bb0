/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * resolved: per event what the resolver made of it and what a simulated machine
 * answered, for `dump`.  Held in memory for the whole capture: 24 bytes an event
 * of the page allocator, so meant for looking, not for the hot path.
 */
#ifndef CLI_RESOLVED_H
#define CLI_RESOLVED_H

#include <stdint.h>
#include <stdio.h>

#include "cli/input.h"
#include "cli/machines.h"

struct resolved;

/* Import the capture and, if a policy is asked for, simulate the first one.  NULL with e on failure. */
struct resolved *resolved_make(const char *path, const struct input_options *in,
			       const struct machines_options *mo, struct err *e);
void resolved_free(struct resolved *r);
/* " id=7 owner=slab sim_pfn=0x1a2b" for the event with this ordinal; nothing if there is nothing to say. */
void resolved_text(const struct resolved *r, uint64_t seq, FILE *out);

#endif
