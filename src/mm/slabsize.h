/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slabsize: the geometry of a SLAB cache: objects of a slab, its order, where the
 * management of a slab stands, and how many colours the left-over allows; the
 * sizes of the arrays of a CPU (mm/slab.c).  Three sets of rules: to 3.12 a
 * descriptor and an index an object, of 2 bytes to 2.6.13, then of 4 (2.6.24:
 * kmem_cache_create, calculate_slab_order, cache_estimate, enable_cpucache); 3.13 to 4.5 an index of
 * 4 bytes, then 1, without a descriptor; from 4.6 on an index within a free object
 * where that is large enough, else off the slab, else at the slab's end.
 */
#ifndef MM_SLABSIZE_H
#define MM_SLABSIZE_H

#include "mm/cache.h"

#pragma GCC visibility push(hidden)

struct slab_size {
	unsigned flags; /* red zones and users' records only where the alignment leaves them room */
	unsigned size, align;
	unsigned offset; /* of an object within its buffer: the left red zone */
	unsigned track_at;
	unsigned order, objects;
	unsigned management; /* bytes of a slab's descriptor and indexes; 0: inside an object */
	unsigned leftover;   /* bytes that colours may use */
	unsigned colours, colour_off;
	bool off_slab, management_last;
	unsigned limit, batchcount, shared; /* of a CPU's array; shared: in batches */
};

/* 0, or -E2BIG if no order to max_order will do.  early: there is nothing yet to keep off a slab. */
int slab_size_compute(const struct kmm_slab_policy *p, unsigned cpus, unsigned max_order,
		      const struct kmm_cache_args *a, bool early, struct slab_size *g);

#pragma GCC visibility pop
#endif
