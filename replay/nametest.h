/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nametest: how often an object's cache is found where no event names it.  Objects
 * that events named, when they were allocated or else when they were freed, are dealt into two
 * parts.  From one part the caches of call
 * sites are learned; of the other the names are hidden, the caches found by site and
 * sizes, by the other objects of the slab, or by the sizes that sysfs shows, and then
 * compared with the names.
 *
 * Dealt by a hash of the event that allocated the object, the test tells whether a site
 * and its sizes stand for one cache.  Dealt by the order of events, the late half from the early one and
 * the other way round, it tells what is found of sites that are new.
 */
#ifndef REPLAY_NAMETEST_H
#define REPLAY_NAMETEST_H

#include "machine/machine.h"
#include "workload/kmw.h"

enum nametest_split {
	NAMETEST_HASH,	/* half of the objects, at random */
	NAMETEST_LATE,	/* learned from the first half of the events, tested on the second */
	NAMETEST_EARLY, /* the other way round */
	NAMETEST_SPLITS,
};

const char *nametest_split_name(enum nametest_split s);

struct nametest_counts {
	uint64_t objects, right, wrong, unknown; /* of those whose names were hidden */
};

struct nametest_row {
	uint32_t cache; /* string number */
	struct nametest_counts by[NAMETEST_SPLITS];
};

struct nametest {
	struct nametest_counts all[NAMETEST_SPLITS];
	struct nametest_row *rows; /* by objects, most first */
	uint32_t count;
};

/* Reads the workload four times. 0 or a negative errno. */
int nametest_run(struct nametest *t, struct kmw_reader *k, const struct machine *m, struct err *e);
void nametest_free(struct nametest *t);
/* Do two names mean one cache: the same, or merged with each other? */
bool nametest_same(const struct machine *m, const char *a, const char *b);

#endif
