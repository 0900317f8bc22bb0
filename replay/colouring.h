/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * colouring: the load that live objects put on the sets of a processor's caches,
 * by slab cache and by where the addresses come from.
 */
#ifndef REPLAY_COLOURING_H
#define REPLAY_COLOURING_H

#include "replay/places.h"
#include "replay/setload.h"

#define COLOURING_LEVELS 4

struct colouring_options {
	struct cache_geometry g[COLOURING_LEVELS];
	unsigned levels;
	uint64_t hot;	  /* lines from each object's start that are touched; 0: all of it */
	uint64_t top;	  /* slab caches, most objects first; 0: all */
	const char *only; /* the slab cache of this name and no other; NULL: top */
};

/* One slab cache, or all together, at one level. */
struct colouring_row {
	const char *cache; /* COLOURING_ALL: all of them */
	enum place_source source;
	uint32_t object_size; /* 0: not known, or several */
	uint64_t objects;
	const struct setload *load;
	struct setload_figures f;
};

#define COLOURING_ALL "all together"

/* Rows by cache, level, source.  0, or what row() or memory said. */
int colouring_each(const struct places *p, const struct colouring_options *o,
		   int (*row)(void *arg, const struct colouring_row *r, struct err *e), void *arg,
		   struct err *e);

#endif
