/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slubsize: the geometry of a SLUB cache: how large an object becomes with its
 * free pointer, red zones and users' records, how many share a slab of which
 * order, and how many slabs a node or CPU keeps.  By version (mm/slub.c of
 * 2.6.22 to 6.18: calculate_sizes, calculate_order, set_min_partial,
 * set_cpu_partial).  Sizes of a debugging cache follow 6.1.
 */
#ifndef MM_SLUBSIZE_H
#define MM_SLUBSIZE_H

#include "mm/cache.h"

#pragma GCC visibility push(hidden)

struct slub_size {
	unsigned size, inuse, align;
	unsigned offset;   /* of the first object in its slab: the left red zone */
	unsigned free_at;  /* of the free pointer from the object's start */
	unsigned track_at; /* of the users' records; 0: none */
	unsigned order, objects, min_order, min_objects;
	unsigned min_partial;
	unsigned cpu_partial;	    /* objects */
	unsigned cpu_partial_slabs; /* 5.16 and later */
};

/* cpus: present.  0; -E2BIG if no order that the machine has (to max_order) will do. */
int slub_size_compute(const struct kmm_slab_policy *p, unsigned cpus, unsigned max_order,
		      const struct kmm_cache_args *a, struct slub_size *g);

#pragma GCC visibility pop
#endif
