// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/bysizes.h"

#include <string.h>

#include "workload/attribution.h"

int bysizes_only(const struct machine *m, uint32_t bytes_req, uint32_t bytes_alloc)
{
	int found = -1;

	for (uint32_t i = 0; i < m->slab_count; i++) {
		const struct machine_slab *x = &m->slabs[i];

		if (x->object_size != bytes_req || x->size != bytes_alloc ||
		    attribution_is_kmalloc(x->name))
			continue;
		if (found >= 0)
			return -1;
		found = (int)i;
	}
	return found;
}

static const struct machine_slab *afterwards(const struct machine *m, const char *name)
{
	for (uint32_t i = 0; i < m->after_slab_count; i++)
		if (!strcmp(m->after_slabs[i].name, name))
			return &m->after_slabs[i];
	return NULL;
}

#define NONE (-1)
#define SEVERAL (-2)

/* Of these sizes, as far as they are known, with as many pages of slabs afterwards, and as many more than before. */
static int left(const struct machine *m, const uint32_t *object_size, uint32_t bytes_req,
		uint32_t bytes_alloc, uint64_t pages, uint64_t more)
{
	int found = NONE;

	for (uint32_t i = 0; i < m->slab_count; i++) {
		const struct machine_slab *x = &m->slabs[i], *then;
		uint32_t known = x->from_sysfs ? x->object_size : object_size[i];

		if (x->size != bytes_alloc || (known && known != bytes_req) ||
		    attribution_is_kmalloc(x->name))
			continue;
		then = afterwards(m, x->name);
		if (!then || then->num_slabs << x->order < pages ||
		    (more && then->num_slabs << x->order < (x->num_slabs << x->order) + more))
			continue;
		if (found != NONE)
			return SEVERAL;
		found = (int)i;
	}
	return found;
}

int bysizes_left(const struct machine *m, const uint32_t *object_size, uint32_t bytes_req,
		 uint32_t bytes_alloc, uint64_t pages, uint64_t fresh)
{
	int found;

	if (!m->slabs_of_start || !m->after_slab_count || !pages)
		return -1;
	found = left(m, object_size, bytes_req, bytes_alloc, pages, fresh);
	if (found == NONE)
		found = left(m, object_size, bytes_req, bytes_alloc, 1, 0);
	return found < 0 ? -1 : found;
}
