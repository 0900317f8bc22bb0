/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * setload: how cache lines spread over the sets of a processor's cache.  The set of
 * an address is (physical address / line) mod sets; a last-level cache that hashes
 * addresses does not follow that, so there it is only a model.
 *
 * One sweep touches every line once, over and over, with LRU in each set: a set of
 * more lines than ways then misses on each of them, another one on none.
 */
#ifndef REPLAY_SETLOAD_H
#define REPLAY_SETLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "machine/machine.h"

struct cache_geometry {
	char name[16]; /* "L1d", "L2", "L3" */
	uint32_t size, line, ways, sets;
};

/* Data and unified caches of the machine, first level first; how many of most. */
unsigned cache_geometries(const struct machine *m, struct cache_geometry *g, unsigned most);
/* "32K:8" or "32K:8:64": size, ways, line (64). -EINVAL with e. */
int cache_geometry_parse(const char *text, struct cache_geometry *g, struct err *e);

struct setload {
	struct cache_geometry g;
	uint32_t *lines; /* [sets] */
	uint64_t total;
};

/* 0 or -ENOMEM. */
int setload_init(struct setload *s, const struct cache_geometry *g);
void setload_free(struct setload *s);
/* A line that holds this physical address; each line is added once. */
void setload_add(struct setload *s, uint64_t address);
void setload_clear(struct setload *s);

struct setload_figures {
	uint64_t lines;
	uint32_t sets_used, most; /* most: lines of the fullest set */
	double mean;		  /* lines a set, over all sets */
	double deviation;	  /* standard deviation of that */
	uint64_t misses;	  /* of one sweep */
	uint64_t even_misses;	  /* were the lines spread evenly */
};

void setload_figures(const struct setload *s, struct setload_figures *f);

#endif
