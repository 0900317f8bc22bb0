/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine with SLAB of 2.6.24, of whose caches size-256 is looked at. */
#ifndef TESTS_UNIT_MM_SLAB256_H
#define TESTS_UNIT_MM_SLAB256_H

#include "tests/unit/mm_slab_machine.h"

#define MOST 700

static struct kmm *mm;
static struct kmm_slab *sl;
static kmm_addr at[MOST];

/*
 * size-256 of x86-64: 15 objects a slab, arrays of 120 by 60, a shared one of 480
 * where there is more than one CPU.
 */
static struct kmm_cache *begin(unsigned cpus, unsigned nodes)
{
	struct kmm_cache *s;

	sl = slab_of_version(&mm, KMM_SLAB, KMM_VERSION(2, 6, 24), cpus, nodes);
	s = kmm_kmalloc_slab(sl, 256, 0, 0);
	assert_string_equal(kmm_kmem_cache_name(s), "size-256");
	assert_int_equal(slab_figures(s).objs_per_slab, 15);
	assert_int_equal(slab_figures(s).limit, 120);
	return s;
}

static void end(void)
{
	slab_done(sl);
	kmm_destroy(mm);
}

static void take(struct kmm_cache *s, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		at[i] = kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);
}

#endif
