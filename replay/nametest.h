/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nametest: how often an object's cache is found where no event names it.  Objects
 * whose free bore a name are dealt into two halves by a hash of the event that
 * allocated them.  From one half the caches of call sites are learned; of the other
 * the names are hidden, the caches found by site and size or by the sizes that
 * sysfs shows, and then compared with the names.
 */
#ifndef REPLAY_NAMETEST_H
#define REPLAY_NAMETEST_H

#include "machine/machine.h"
#include "workload/kmw.h"

struct nametest_row {
	uint32_t cache; /* string number */
	uint64_t objects, right, wrong, unknown;
};

struct nametest {
	uint64_t objects, right, wrong, unknown; /* of the hidden half */
	struct nametest_row *rows;		 /* by objects, most first */
	uint32_t count;
};

/* Reads the workload once. 0 or a negative errno. */
int nametest_run(struct nametest *t, struct kmw_reader *k, const struct machine *m, struct err *e);
void nametest_free(struct nametest *t);
/*
 * The only cache of these sizes (kmem_cache_alloc() reports the cache's own object_size
 * and size), as an index into machine.slabs; -1 where there are several or none.
 */
int nametest_by_sizes(const struct machine *m, uint32_t bytes_req, uint32_t bytes_alloc);

#endif
