// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/batch.h"

#include <string.h>

#include "machine/model.h"

#define LEAST_REFILLS 4 /* that must agree before they are believed */

void batch_init(struct batch *b, const struct machine *m)
{
	memset(b, 0, sizeof(*b));
	b->m = m;
	for (unsigned cpu = 0; cpu < KMM_CPUS; cpu++)
		b->open[cpu].zone = -1;
	for (unsigned z = 0; z < MACHINE_ZONES; z++)
		for (unsigned o = 0; o < BATCH_ORDERS; o++)
			b->zone[z].full[o] = UINT64_MAX;
}

/* Blocks that a refill takes. */
static uint32_t full(uint32_t batch, unsigned order)
{
	return batch >> order > 2 || !order ? batch >> order : 2;
}

static void refill(struct batch *b, const struct batch_open *o)
{
	struct batch_zone *z = &b->zone[o->zone];

	if (z->full[0] != UINT64_MAX || o->takes < 2)
		return;
	if (o->takes == full(b->m->zones[o->zone].pcp_batch, o->order)) {
		if (z->full[o->order] == UINT64_MAX)
			z->full[o->order] = o->number;
		return;
	}
	/* What had been full so far was not: the batch was smaller still. */
	z->full[o->order] = UINT64_MAX;
	if (o->order)
		return;
	z->refills++;
	if (o->takes < BATCH_SEEN)
		z->by[o->takes]++;
}

void batch_record(struct batch *b, const struct request *q, uint64_t number)
{
	struct batch_open *o = q->cpu < KMM_CPUS ? &b->open[q->cpu] : NULL;

	if (!o || machine_generation(b->m) != KMM_LINUX_6_1)
		return;
	if (q->sig.op == REQ_PAGE_ALLOC && q->sig.own_obs && q->sig.order < BATCH_ORDERS &&
	    !(q->sig.flags & REQ_DIRECT) && q->pfn != KMM_NO_PFN) {
		*o = (struct batch_open){
			q->slot,     q->sig.own_obs, 0, number, machine_zone_of(b->m, q->pfn),
			q->sig.order
		};
		return;
	}
	if (o->zone < 0 || q->slot != o->slot ||
	    (q->sig.op != OBS_ZONE_LOCKED && q->sig.op != OBS_EXTFRAG))
		return;
	o->takes += q->sig.op == OBS_ZONE_LOCKED;
	if (--o->left)
		return;
	refill(b, o);
	o->zone = -1;
}

void batch_end(struct batch *b)
{
	for (uint32_t i = 0; i < b->m->zone_count; i++) {
		struct batch_zone *z = &b->zone[i];
		uint32_t batch = b->m->zones[i].pcp_batch;

		for (uint32_t n = 2; z->full[0] != UINT64_MAX && n < BATCH_SEEN; n++)
			if (z->by[n] >= LEAST_REFILLS && z->by[n] * 4 >= z->refills * 3)
				z->early = n;
		z->number = z->full[0];
		/* Those of higher orders may have shown it earlier, where they tell the two apart. */
		for (unsigned o = 1; z->early && o < BATCH_ORDERS; o++)
			if (full(batch, o) != full(z->early, o) && z->full[o] < z->number)
				z->number = z->full[o];
	}
}
