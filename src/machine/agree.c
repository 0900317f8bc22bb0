// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>

#include "machine/dumps.h"

/*
 * Between the dump and the counters the recorder itself allocates a little, and
 * an interrupt may drain or refill a per-CPU list.  More than this is another
 * matter: then the layout is wrong, or the dump was torn.
 */
#define PAGES_APART 1024
#define SHARE_APART 32 /* or this part of the zone's free pages */

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

struct sums {
	uint64_t blocks[KMM_MIGRATETYPES][KMM_ORDERS];
	uint64_t pcp_pages;
};

static void sum_zone(const struct listset *set, uint32_t zone, struct sums *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (uint32_t i = 0; i < set->count; i++) {
		const struct machine_list *l = &set->lists[i];

		if (l->zone != zone)
			continue;
		if (l->cpu < 0)
			sum->blocks[l->type][l->order] += l->count;
		else
			sum->pcp_pages += (uint64_t)l->count << l->order;
	}
}

/* Pages by which the free lists differ from the counters; *free: those that are free. */
static uint64_t free_apart(const struct dumps *d, uint32_t z, const struct sums *sum,
			   uint64_t *free)
{
	uint64_t by_order = 0, by_type = 0;

	*free = 0;
	for (uint32_t o = 0; o < d->m->orders; o++) {
		uint64_t all = 0;

		for (unsigned t = 0; t < KMM_MIGRATETYPES; t++) {
			all += sum->blocks[t][o];
			if (d->s->have_pagetypeinfo && !d->s->nr_free_type_cut[z][t][o])
				by_type += distance(sum->blocks[t][o], d->s->nr_free_type[z][t][o])
					   << o;
		}
		*free += d->s->nr_free[z][o] << o;
		if (d->s->have_buddyinfo)
			by_order += distance(all, d->s->nr_free[z][o]) << o;
	}
	return by_order > by_type ? by_order : by_type;
}

static uint64_t pcp_total(const struct dumps *d, uint32_t z)
{
	uint64_t total = 0;

	for (uint32_t c = 0; c < d->m->cpus; c++)
		total += d->s->pcp_infos[(size_t)z * KMM_CPUS + c].count;
	return total;
}

bool lists_agree(const struct dumps *d, const struct listset *set, const char *dir, bool *pcps,
		 char *why, size_t n)
{
	*pcps = true;
	if (!d->s->have_buddyinfo && !d->s->have_pagetypeinfo) {
		snprintf(why, n, "neither buddyinfo nor pagetypeinfo is there to check them by");
		return false;
	}
	for (uint32_t z = 0; z < d->m->zone_count; z++) {
		const struct machine_zone *zone = &d->m->zones[z];
		uint64_t free, apart, total = pcp_total(d, z), pcp_apart;
		struct sums sum;

		sum_zone(set, z, &sum);
		apart = free_apart(d, z, &sum, &free);
		if (apart > PAGES_APART && apart > free / SHARE_APART) {
			snprintf(why, n,
				 "in zone %s of node %u they differ from the counters by %" PRIu64
				 " of %" PRIu64 " free pages",
				 zone->name, zone->node, apart, free);
			return false;
		}
		if (apart)
			machine_note(d->m,
				     "%s/: the dump of the free lists of zone %s, node %u and "
				     "the counters, taken one after the other, differ by "
				     "%" PRIu64 " pages",
				     dir, zone->name, zone->node, apart);
		pcp_apart = distance(sum.pcp_pages, total);
		if (pcp_apart > PAGES_APART && pcp_apart > total / 4)
			*pcps = false;
		else if (pcp_apart)
			machine_note(d->m,
				     "%s/: the dump of the per-CPU lists of zone %s, node %u "
				     "and zoneinfo, taken one after the other, differ by "
				     "%" PRIu64 " pages",
				     dir, zone->name, zone->node, pcp_apart);
	}
	return true;
}
