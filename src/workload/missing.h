/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * missing: events that were not recorded though others of their kind were, and what is unknown without them.
 */
#ifndef WORKLOAD_MISSING_H
#define WORKLOAD_MISSING_H

#include "trace/trace.h"

/*
 * A sentence into out, "" for nothing.  The trace was read to its end; events: how many it has.  Text
 * describes no event that did not happen, so a short one says nothing.
 */
void missing_events(const struct trace *t, uint64_t events, char *out, size_t room);

#endif
