/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bysizes: the cache of objects that no event names, by their sizes and by the numbers of
 * slabs that the snapshots count.
 *
 * kmem_cache_alloc() reports the cache's own object_size and size.  Where sysfs tells
 * these, the only cache that has them is the one.  /proc/slabinfo tells the size alone,
 * which several caches share; of these, some are ruled out: those whose object_size is
 * known to be another, from sysfs or from objects that events named; those that had fewer
 * slabs afterwards than the site's objects were seen in; and those that did not grow by as
 * many slabs as the site was seen to take new pages for.  If one is left, it is the one:
 * an inference, as a cache may have given back as many slabs as it took.  If none is left, slabs
 * went without an event (a trace of some tasks alone), and those that have any at all remain.
 */
#ifndef REPLAY_BYSIZES_H
#define REPLAY_BYSIZES_H

#include <stdint.h>

#include "machine/machine.h"

/*
 * The only cache of these sizes, as an index into machine.slabs; -1 where there are several
 * or none.
 */
int bysizes_only(const struct machine *m, uint32_t bytes_req, uint32_t bytes_alloc);
/*
 * The only cache that is not ruled out, likewise. object_size: [slab_count] what events told
 * of it, 0 nothing. pages: page frames of slabs that the site's objects were seen in and that
 * stood at the end; fresh: those of them whose slab was new. Needs slabinfo of before and after.
 */
int bysizes_left(const struct machine *m, const uint32_t *object_size, uint32_t bytes_req,
		 uint32_t bytes_alloc, uint64_t pages, uint64_t fresh);

#endif
