/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * places: where the slab objects that live at the end of a workload lie, as the
 * kernel placed them and as simulated allocators would have.  Addresses are
 * physical: what selects a set of a processor's cache.
 */
#ifndef REPLAY_PLACES_H
#define REPLAY_PLACES_H

#include "base/intern.h"
#include "machine/machine.h"
#include "mm/kmm_slab.h"
#include "workload/kmw.h"

enum place_source {
	PLACE_RECORDED,
	PLACE_SLUB,	  /* does not colour */
	PLACE_SLUB_PAGES, /* the same, each cache's slabs on page colours in turn */
	PLACE_SLAB,	  /* colours by a cache line, or the alignment where that is more */
	PLACE_SLAB_TWO,	  /* by twice that: half the colours */
	PLACE_SLAB_FOUR,
	PLACE_SLAB_PLAIN, /* does not colour */
	PLACE_SOURCES,
};

/* "recorded", "slub", "slab, no colouring", ... */
const char *place_source_name(enum place_source s);

struct place {
	uint32_t cache; /* number in `caches` */
	uint64_t address;
};

struct places {
	struct intern caches;
	uint32_t *sizes; /* [caches] bytes from object to object; 0 not known */
	struct place_list {
		struct place *p; /* by address */
		uint64_t count, room;
	} at[PLACE_SOURCES]; /* none where the snapshot does not know its slabs */
	bool no_memory;
};

/* 0 or a negative errno: -ENODATA where no address can be known, or no object lives. */
int places_gather(struct places *p, struct kmw_reader *k, struct machine *m, struct err *e);
/*
 * An invented cache instead: `slabs` slabs full of objects of this size, on a
 * machine of its own.  There is no PLACE_RECORDED.
 */
int places_invent(struct places *p, unsigned object_size, unsigned slabs, struct err *e);
void places_free(struct places *p);

#endif
