/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the object allocators share: machines, and caches on them. */
#ifndef TESTS_UNIT_MM_SLAB_MACHINE_H
#define TESTS_UNIT_MM_SLAB_MACHINE_H

#include <errno.h>

#include "mm/kmm_slab.h"
#include "tests/unit/mm_machine.h"

/* A machine with all of its frames free, evenly spread over its nodes; CPU n is of node n % nodes. */
static inline struct kmm *slab_machine(enum kmm_generation g, unsigned frames, unsigned cpus,
				       unsigned nodes)
{
	struct kmm_config c = config_of(g);
	struct kmm *mm;

	c.cpus = cpus;
	c.nodes = nodes;
	for (unsigned cpu = 0; cpu < cpus; cpu++)
		c.cpu_node[cpu] = (uint8_t)(cpu % nodes);
	for (unsigned node = 0; node < nodes; node++)
		config_zone(&c, node, KMM_ZONE_NORMAL, frames / nodes * node, frames / nodes);
	mm = machine_create(&c);
	for (unsigned node = 0; node < nodes; node++)
		assert_int_equal(kmm_seed_boot(mm, frames / nodes * node,
					       frames / nodes * (node + 1), KMM_MOVABLE),
				 0);
	return mm;
}

static inline struct kmm_slab *slab_create(struct kmm *mm, const struct kmm_slab_policy *p)
{
	char why[200];
	struct kmm_slab *sl = kmm_slab_create(mm, p, why, sizeof(why));

	if (!sl)
		fail_msg("%s", why);
	return sl;
}

/* An allocator of this version on a machine of 1024 frames. */
static inline struct kmm_slab *slab_of_version(struct kmm **mm, enum kmm_slab_kind kind,
					       unsigned version, unsigned cpus, unsigned nodes)
{
	struct kmm_slab_policy p;

	*mm = slab_machine(KMM_LINUX_6_1, 1024, cpus, nodes);
	kmm_slab_policy_init(&p, kind, version);
	return slab_create(*mm, &p);
}

static inline struct kmm_cache *slab_cache(struct kmm_slab *sl, const char *name, unsigned size,
					   unsigned align, unsigned flags)
{
	struct kmm_cache_args a = {
		.name = name, .object_size = size, .align = align, .flags = flags
	};
	char why[200];
	struct kmm_cache *s = kmm_kmem_cache_create(sl, &a, why, sizeof(why));

	if (!s)
		fail_msg("%s", why);
	return s;
}

static inline struct kmm_cache_figures slab_figures(const struct kmm_cache *s)
{
	struct kmm_cache_figures f;

	kmm_kmem_cache_figures(s, &f);
	return f;
}

static inline void slab_valid(const struct kmm_slab *sl)
{
	char why[300];

	if (kmm_slab_validate(sl, why, sizeof(why)))
		fail_msg("%s", why);
}

static inline void slab_done(struct kmm_slab *sl)
{
	slab_valid(sl);
	kmm_slab_destroy(sl);
}

#endif
