/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * awake: what a drain tells of kswapd.  While kswapd balances a zone a CPU's lists in it may hold
 * min(4 * batch, high) pages, else high (mm/page_alloc.c, nr_pcp_high(), 6.1): a free that drains
 * a list below its high mark was made meanwhile.
 */
#ifndef REPLAY_AWAKE_H
#define REPLAY_AWAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "replay/recorded.h"

/*
 * Is q, which n records begin with, the first page of such a drain?  r has followed what came before `from`,
 * which is not behind q; freed_order: of the last free of q's CPU.
 */
bool awake_drain(const struct recorded *r, const struct machine *m, const struct request *from,
		 const struct request *q, uint32_t n, unsigned freed_order);

#endif
