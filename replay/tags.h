/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tags: what the events give away about the pageblocks' types at the start.  No
 * snapshot holds them, and they decide on which list a freed page lands.
 *
 * Evidence, read in the kernel (6.1): a page that goes to a per-CPU list keeps
 * the type that its pageblock had when it was freed, and shows it when it is
 * drained (the migratetype of mm_page_pcpu_drain) or handed out again from that
 * list without a refill (the migratetype of the request).  A fallback that
 * takes a pageblock over ends what can be learned of its start.
 */
#ifndef REPLAY_TAGS_H
#define REPLAY_TAGS_H

#include "base/err.h"
#include "machine/machine.h"
#include "workload/kmw.h"

/* Read the workload once and fill m->before.tags. 0 or a negative errno. */
int tags_learn(struct kmw_reader *k, struct machine *m, struct err *e);

#endif
