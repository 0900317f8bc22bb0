// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/fidelity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static void against_snapshot(const struct replay *r, const struct replay_run *run,
			     struct fidelity *f)
{
	const struct machine_state *s = &r->m->after;

	f->have_snapshot = r->m->have_after && s->have_buddyinfo;
	f->have_types = r->m->have_after && s->have_pagetypeinfo;
	for (uint32_t z = 0; z < r->m->zone_count; z++) {
		struct fidelity_zone *x = &f->zone[z];

		x->read_after = run->reads_buddyinfo.zone[z].after;
		x->free_recorded = view_free_pages(&run->at_buddyinfo, z);
		for (unsigned o = 0; o < r->m->orders; o++) {
			uint64_t d = distance(view_blocks(&run->at_buddyinfo, z, o),
					      s->nr_free[z][o]);

			x->free_snapshot += s->nr_free[z][o] << o;
			x->blocks_differ += f->have_snapshot ? d : 0;
			x->pages_differ += f->have_snapshot ? d << o : 0;
			for (unsigned t = 0; f->have_types && t < KMM_MIGRATETYPES; t++)
				if (!s->nr_free_type_cut[z][t][o])
					x->type_blocks_differ +=
						distance(run->at_pagetypeinfo.nr_free[z][t][o],
							 s->nr_free_type[z][t][o]);
		}
		for (unsigned t = 0; f->have_types && t < KMM_MIGRATETYPES; t++)
			x->pageblocks_differ += distance(run->at_pagetypeinfo.pageblocks[z][t],
							 s->pageblocks[z][t]);
		f->all.free_recorded += x->free_recorded;
		f->all.free_snapshot += x->free_snapshot;
		f->all.blocks_differ += x->blocks_differ;
		f->all.pages_differ += x->pages_differ;
		f->all.type_blocks_differ += x->type_blocks_differ;
		f->all.pageblocks_differ += x->pageblocks_differ;
	}
}

/* Unusable free-space index of an order over all zones: the share of free memory in smaller blocks. */
static double unusable(const struct view *v, uint32_t zones, unsigned order)
{
	uint64_t free = 0, usable = 0;

	for (uint32_t z = 0; z < zones; z++)
		for (unsigned o = 0; o < KMM_ORDERS; o++) {
			uint64_t pages = view_blocks(v, z, o) << o;

			free += pages;
			usable += o >= order ? pages : 0;
		}
	return free ? (double)(free - usable) / (double)free : 1;
}

static void over_time(const struct replay *r, const struct replay_run *rec,
		      const struct replay_run *sim, struct fidelity *f)
{
	uint32_t n = rec->taken < sim->taken ? rec->taken : sim->taken, zones = r->m->zone_count,
		 used = 0;
	double sum = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct view *a = &rec->samples[i].view, *b = &sim->samples[i].view;
		uint64_t free = 0;
		double error = 0;

		for (uint32_t z = 0; z < zones; z++)
			free += view_free_pages(a, z);
		if (!free)
			continue;
		for (unsigned o = 0; o < KMM_ORDERS; o++) {
			uint64_t d = 0;

			for (uint32_t z = 0; z < zones; z++)
				d += distance(view_blocks(a, z, o), view_blocks(b, z, o)) << o;
			f->order_error[o] += 100.0 * (double)d / (double)free;
			error += 100.0 * (double)d / (double)free;
			f->unusable_error[o] += fabs(unusable(a, zones, o) - unusable(b, zones, o));
		}
		sum += error;
		if (isnan(f->order_error_max) || error > f->order_error_max)
			f->order_error_max = error;
		used++;
	}
	if (!used)
		return;
	f->order_error_mean = sum / used;
	for (unsigned o = 0; o < KMM_ORDERS; o++) {
		f->order_error[o] /= used;
		f->unusable_error[o] /= used;
	}
}

void fidelity_compute(const struct replay *r, int recorded, int simulated, int anchored,
		      struct fidelity *f)
{
	const struct replay_run *rec = &r->runs[recorded];
	const struct recorded_stats *s = recorded_stats(rec->recorded);

	memset(f, 0, sizeof(*f));
	f->order_error_mean = f->order_error_max = NAN;
	against_snapshot(r, rec, f);
	f->pages_disputed = rec->disputes.known ? rec->disputes.pages : f->all.pages_differ;
	for (unsigned c = 0; c < CONTRADICTION_KINDS; c++)
		if (contradiction_explained(c))
			f->explained += s->contradictions[c].events;
		else
			f->contradictions += s->contradictions[c].events;
	f->refills.recorded = rec->at_score_end.refills;
	f->drains.recorded = rec->at_score_end.drains;
	f->fallbacks.recorded = rec->at_score_end.fallbacks;
	if (simulated >= 0) {
		const struct replay_run *sim = &r->runs[simulated];

		f->have_simulated = true;
		f->placement = simulated_stats(sim->simulated)->all;
		f->refills.simulated = sim->at_score_end.refills;
		f->drains.simulated = sim->at_score_end.drains;
		f->fallbacks.simulated = sim->at_score_end.fallbacks;
		f->zones_given = simulated_stats(sim->simulated)->nodes_given +
				 kmm_stats(simulated_model(sim->simulated))->zones_expected;
		f->marks_given = kmm_stats(simulated_model(sim->simulated))->marks_expected;
		f->limits_given = kmm_stats(simulated_model(sim->simulated))->limits_expected;
		over_time(r, rec, sim, f);
	}
	if (anchored >= 0) {
		f->have_anchored = true;
		f->anchored = simulated_stats(r->runs[anchored].simulated)->all;
	}
}
