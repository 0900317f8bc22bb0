// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/awake.h"

#include "machine/model.h"

#define MOST_BATCHES 5 /* as a power of two: CONFIG_PCP_BATCH_SCALE_MAX */

/* Pages on the lists of q's CPU in this zone once records [from, q), which r has not followed yet, took place. */
static int64_t listed_by(const struct recorded *r, const struct machine *m, unsigned zone,
			 const struct request *from, const struct request *q)
{
	int64_t listed = (int64_t)recorded_pcp(r, zone, q->cpu);

	for (; from < q; from++) {
		int64_t pages = 1ll << (from->sig.order & 15);

		if (from->cpu != q->cpu || from->pfn == KMM_NO_PFN ||
		    !recorded_has_pcp_list(m, from->sig.order) ||
		    machine_zone_of(m, from->pfn) != (int)zone)
			continue;
		if (from->sig.op == OBS_ZONE_LOCKED ||
		    (from->sig.op == REQ_PAGE_FREE && !(from->sig.flags & REQ_DIRECT)))
			listed += pages;
		else if (from->sig.op == OBS_PCPU_DRAIN || from->sig.op == REQ_PAGE_ALLOC)
			listed -= pages;
	}
	return listed;
}

/* How much the drain that begins at q gives back. */
static int64_t drained_from(const struct request *q, uint32_t n)
{
	int64_t drained = 0;

	for (uint32_t i = 0; i < n; i++)
		if (q[i].cpu == q->cpu && q[i].sig.op == OBS_PCPU_DRAIN)
			drained += 1ll << (q[i].sig.order & 15);
		else if (q[i].cpu == q->cpu)
			break;
	return drained;
}

bool awake_drain(const struct recorded *r, const struct machine *m, const struct request *from,
		 const struct request *q, uint32_t n, unsigned freed_order)
{
	const struct machine_zone *z;
	int64_t listed, most;
	int zone;

	if (q->sig.op != OBS_PCPU_DRAIN || q->sig.aux2 || q->pfn == KMM_NO_PFN ||
	    (q->sig.aux != DRAIN_FREE && q->sig.aux != DRAIN_EITHER))
		return false;
	zone = machine_zone_of(m, q->pfn);
	if (zone < 0 || q->cpu >= m->cpus)
		return false;
	z = &m->zones[zone];
	listed = listed_by(r, m, (unsigned)zone, from, q);
	/* A free of order 1 to 3 may drain at any length, but all, from 6.7 on so many batches at most. */
	most = listed;
	if (machine_generation(m) >= KMM_LINUX_6_18 && most > (int64_t)z->pcp_batch << MOST_BATCHES)
		most = (int64_t)z->pcp_batch << MOST_BATCHES;
	if (freed_order && drained_from(q, n) + (int64_t)z->pcp_batch >= most)
		return false;
	/* Other CPUs' operations of one time are not counted, and lengths may be a few batches off: well below it. */
	return listed < (int64_t)machine_pcp_least(m, (uint32_t)zone) - 4 * (int64_t)z->pcp_batch;
}
