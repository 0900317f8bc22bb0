// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/results.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/evidence.h"
#include "replay/slabfidelity.h"

static int add_capture(struct results *x, const struct kmw_summary *sum, const struct machine *m,
		       struct err *e)
{
	struct store_capture c = {
		.name = sum->source,
		.format = sum->format,
		.clock = sum->clock,
		.kernel = sum->kernel,
		.arch = m->arch,
		.clock_is_time = sum->clock_is_time,
		.first = sum->first,
		.last = sum->last,
		.events = sum->events,
		.lost = sum->lost,
		.cpus = m->cpus,
		.nodes = m->nodes,
		.page_size = m->page_size,
		.pageblock_order = m->pageblock_order,
		.orders = m->orders,
		.mem_total_kb = m->mem_total_kb,
	};
	int ret = 0;

	x->capture = store_add_capture(x->store, &c, e);
	if (x->capture < 0)
		return (int)x->capture;
	for (uint32_t z = 0; z < m->zone_count && ret >= 0; z++) {
		const struct machine_zone *zone = &m->zones[z];

		ret = store_add_zone(x->store, x->capture, z, zone->node, zone->name,
				     zone->start_pfn, zone->spanned, zone->present, zone->managed,
				     zone->min, zone->low, zone->high, e);
	}
	for (uint32_t i = 0; i < sum->count_n && ret >= 0; i++)
		ret = store_add_event_count(x->store, x->capture, sum->counts[i].system,
					    sum->counts[i].name, sum->counts[i].count, e);
	for (uint32_t i = 0; i < m->unknown_count && ret >= 0; i++)
		ret = store_add_note(x->store, x->capture, 0, m->unknown[i], e);
	if (ret >= 0 && sum->lost) {
		char note[96];

		snprintf(note, sizeof(note),
			 "%llu events were lost; what was live then is uncertain",
			 (unsigned long long)sum->lost);
		ret = store_add_note(x->store, x->capture, 0, note, e);
	}
	return ret;
}

int results_begin(struct results *x, struct store *s, const struct kmw_summary *sum,
		  const struct machine *m, const struct replay_run_options *o,
		  const struct results_run *info, unsigned runs, struct err *e)
{
	int ret;

	memset(x, 0, sizeof(*x));
	x->store = s;
	x->runs = runs;
	x->run_ids = calloc(runs + 1, sizeof(*x->run_ids));
	if (!x->run_ids)
		return err_set(e, ENOMEM, "out of memory");
	ret = add_capture(x, sum, m, e);
	for (unsigned i = 0; i < runs && ret >= 0; i++) {
		x->run_ids[i] = store_begin_run(s, x->capture,
						o[i].simulated ? STORE_SIMULATED : STORE_RECORDED,
						info[i].policy, info[i].policy_text, NULL, e);
		ret = x->run_ids[i] < 0 ? (int)x->run_ids[i] : 0;
		if (ret >= 0 && info[i].control >= 0)
			ret = store_set_control(s, x->run_ids[i], x->run_ids[info[i].control], e);
	}
	return ret;
}

static int add_counters(struct results *x, int64_t run, uint32_t seq,
			const struct replay_counters *c, bool simulated, struct err *e)
{
	const struct {
		const char *name;
		uint64_t value;
		bool simulated; /* no event of a recording is its like */
	} all[] = {
		{ "allocs", c->allocs, false },
		{ "frees", c->frees, false },
		{ "failed", c->failed, false },
		{ "failed_costly", c->failed_costly, false },
		{ "refills", c->refills, false },
		{ "drains", c->drains, false },
		{ "fallbacks", c->fallbacks, false },
		{ "reclaimed", c->reclaimed, true },
		{ "reclaimed_kswapd", c->reclaimed_kswapd, true },
		{ "direct_reclaims", c->direct_reclaims, true },
		{ "kswapd_runs", c->kswapd_runs, true },
		{ "compactions", c->compactions, true },
		{ "moved", c->moved, true },
	};
	int ret = 0;

	for (unsigned i = 0; i < sizeof(all) / sizeof(*all) && ret >= 0; i++)
		if (simulated || !all[i].simulated)
			ret = store_add_counter(x->store, run, seq, all[i].name, all[i].value, e);
	return ret;
}

static int add_block_use(struct results *x, unsigned run, uint32_t seq, struct err *e)
{
	const struct replay_run *r = &x->r->runs[run];
	int ret = 0;

	for (unsigned z = 0; r->use.pages && z < x->r->m->zone_count && ret >= 0; z++) {
		const struct zone_use *u = &r->samples[seq].use[z];
		struct store_block_use row = { .free = u->blocks[BLOCK_FREE],
					       .movable = u->blocks[BLOCK_MOVABLE],
					       .mixed = u->blocks[BLOCK_MIXED],
					       .pinned = u->blocks[BLOCK_PINNED],
					       .partial = u->blocks[BLOCK_PARTIAL],
					       .unknown = u->blocks[BLOCK_UNKNOWN],
					       .pinning_pages = u->pinning,
					       .kept_pages = u->kept };

		ret = store_add_block_use(x->store, x->run_ids[run], seq, z, &row, e);
	}
	return ret;
}

int results_flush(void *arg, unsigned run, uint32_t from, uint32_t to, struct err *e)
{
	struct results *x = arg;
	const struct replay_run *r = &x->r->runs[run];
	int ret = from ? 0 : store_set_start(x->store, x->run_ids[run], replay_start(x->r->m), e);

	for (uint32_t i = from; i < to && ret >= 0; i++) {
		const struct replay_sample *s = &r->samples[i];
		/* Free lists that are known in part would look like a machine that is nearly full. */
		bool known = !s->view.unknown;
		struct store_sample row = {
			.seq = i,
			.time = s->time,
			.request = s->request,
			.zones = known ? s->view.zones : 0,
			.nr_free = s->view.nr_free,
			.pageblocks = s->view.pageblocks,
			.pcp_pages = s->view.pcp_pages,
		};

		ret = store_add_sample(x->store, x->run_ids[run], &row, e);
		if (ret >= 0)
			ret = add_counters(x, x->run_ids[run], i, &s->counters,
					   r->simulated && !r->o.native, e);
		if (ret >= 0 && known)
			ret = add_block_use(x, run, i, e);
		if (ret >= 0 && r->map)
			ret = store_add_map_column(x->store, x->run_ids[run], i, 0,
						   x->r->pages_per_cell,
						   r->map + (size_t)i * MAP_ROWS, MAP_ROWS, e);
	}
	return ret;
}

/* ---- fidelity ---- */

static int row(struct results *x, int run, const char *metric, double rec, double sim, double error,
	       const char *unit, const char *note, struct err *e)
{
	struct store_fidelity f = { .metric = metric,
				    .zone = -1,
				    .order = -1,
				    .type = -1,
				    .recorded = rec,
				    .simulated = sim,
				    .error = error,
				    .unit = unit,
				    .note = note };

	return run < 0 ? 0 : store_add_fidelity(x->store, x->run_ids[run], &f, e);
}

static double relative(struct fidelity_counts c)
{
	return c.recorded ?
		       100.0 * fabs((double)c.simulated - (double)c.recorded) / (double)c.recorded :
	       c.simulated ? 100.0 :
			     0.0;
}

static int count_row(struct results *x, int run, const char *metric, struct fidelity_counts c,
		     struct err *e)
{
	return row(x, run, metric, (double)c.recorded, (double)c.simulated, relative(c), "%", NULL,
		   e);
}

/* Says why there are neither free blocks nor a comparison of them. */
static int unknown_note(struct results *x, int run, uint64_t unknown, struct err *e)
{
	char note[160];

	snprintf(note, sizeof(note),
		 "nothing is known of %llu of %llu page frames: what was free is not told",
		 (unsigned long long)unknown,
		 (unsigned long long)recorded_stats(x->r->runs[run].recorded)->frames);
	return store_add_note(x->store, x->capture, x->run_ids[run], note, e);
}

static int recorded_rows(struct results *x, const struct fidelity *f, int run, struct err *e)
{
	uint64_t unknown = run < 0 ? 0 : x->r->runs[run].end.unknown;
	int ret = unknown ? unknown_note(x, run, unknown, e) : 0;

	if (ret >= 0 && f->have_snapshot && !unknown) {
		ret = row(
			x, run, "free pages at the end", (double)f->all.free_recorded, NAN,
			(double)f->all.pages_differ, "pages",
			"against after/buddyinfo: sum over zones and orders of |difference in blocks| * 2^order",
			e);
		if (ret >= 0)
			ret = row(x, run, "free blocks that differ", (double)f->all.blocks_differ,
				  NAN, (double)f->all.blocks_differ, "blocks",
				  "against after/buddyinfo", e);
	}
	if (ret >= 0 && f->have_types && !unknown)
		ret = row(x, run, "pageblocks by type that differ",
			  (double)f->all.pageblocks_differ, NAN, (double)f->all.pageblocks_differ,
			  "pageblocks", "against after/pagetypeinfo", e);
	if (ret >= 0)
		ret = row(x, run, "contradictions", (double)f->contradictions, NAN,
			  (double)f->contradictions, "events",
			  "events that the reconstructed state does not allow", e);
	if (ret >= 0)
		ret = row(x, run, "silent moves put right", (double)f->explained, NAN,
			  (double)f->explained, "events",
			  "the kernel is known to make these without an event", e);
	return ret;
}

static int simulated_rows(struct results *x, const struct fidelity *f, int run, int anchored,
			  struct err *e)
{
	double share = f->placement.allocations ?
			       (double)f->placement.hits / (double)f->placement.allocations :
			       NAN;
	int ret = row(
		x, run, "placement", 1, share, 1 - share, "share",
		"allocations for which the model returned the kernel's own page, never corrected",
		e);

	if (ret >= 0)
		ret = count_row(x, run, "refills", f->refills, e);
	if (ret >= 0)
		ret = count_row(x, run, "drains", f->drains, e);
	if (ret >= 0)
		ret = count_row(x, run, "fallbacks", f->fallbacks, e);
	if (ret >= 0)
		ret = row(x, run, "free blocks per order, mean error", NAN, NAN,
			  f->order_error_mean, "% of free pages", NULL, e);
	if (ret >= 0)
		ret = row(x, run, "free blocks per order, maximum error", NAN, NAN,
			  f->order_error_max, "% of free pages", NULL, e);
	if (ret >= 0 && f->have_anchored) {
		share = f->anchored.allocations ?
				(double)f->anchored.hits / (double)f->anchored.allocations :
				NAN;
		ret = row(x, anchored, "placement, anchored", 1, share, 1 - share, "share",
			  "as placement, with the model corrected after each allocation", e);
	}
	return ret;
}

static int owner_rows(struct results *x, unsigned run, struct err *e)
{
	const struct owners *o = &x->r->runs[run].owners;
	int ret = o->no_memory ? err_set(e, ENOMEM, "out of memory for the owners of pages") : 0;

	for (uint32_t i = 0; i < o->count && ret >= 0; i++) {
		const struct owner_total *t = &o->t[i];

		ret = store_add_owner(x->store, x->run_ids[run],
				      request_owner_name((enum request_owner)t->owner),
				      t->cache ? intern_str(kmw_strings(x->r->k), t->cache) : NULL,
				      t->allocs, t->frees, t->live, t->peak, e);
	}
	return ret;
}

/* How another machine than the captured one was made, and what was in its memory. */
static int target_note(struct results *x, unsigned run, struct err *e)
{
	const struct replay_run *r = &x->r->runs[run];
	const struct target *t = r->o.target;
	const struct transfer *moved = t ? simulated_transfer(r->simulated) : NULL;
	struct objects *objects = moved ? simulated_objects(r->simulated) : NULL;
	const struct kmm_config *c;
	char note[1024];
	size_t n;

	if (!t)
		return 0;
	c = kmm_configuration(simulated_model(r->simulated));
	n = (size_t)snprintf(note, sizeof(note),
			     "another machine: %u CPUs, %u nodes; zones:", c->cpus, c->nodes);
	for (unsigned z = 0; z < c->zones && n < sizeof(note); z++)
		n += (size_t)snprintf(note + n, sizeof(note) - n, " %u %s of node %u (%llu pages)",
				      z, machine_zone_type_name(c->zone[z].type), c->zone[z].node,
				      (unsigned long long)c->zone[z].present);
	if (moved && n < sizeof(note))
		n += (size_t)snprintf(
			note + n, sizeof(note) - n,
			"; pages of the start: %llu placed, %llu of them one by one, %llu left out",
			(unsigned long long)moved->pages, (unsigned long long)moved->single,
			(unsigned long long)moved->left_out);
	if (objects && n < sizeof(note))
		snprintf(note + n, sizeof(note) - n,
			 "; objects of the start: %llu allocated anew, %llu left out",
			 (unsigned long long)objects_stats(objects)->anew,
			 (unsigned long long)objects_stats(objects)->left_out);
	return store_add_note(x->store, x->capture, x->run_ids[run], note, e);
}

/* What a simulated run was asked for, and its caches. */
static int object_rows(struct results *x, unsigned run, struct err *e)
{
	const struct replay_run *r = &x->r->runs[run];
	int ret = 0;

	for (unsigned k = 0; r->simulated && k < DEMAND_KINDS && ret >= 0; k++) {
		struct demand d = simulated_demand(r->simulated, (enum demand_kind)k);
		struct store_demand row = { .kind = demand_kind_name((enum demand_kind)k),
					    .requested = d.requested,
					    .served = d.served,
					    .failed = d.failed,
					    .responses = d.responses,
					    .pages_recorded = d.pages_recorded,
					    .pages_taken = d.pages_taken };

		if (simulated_has(r->simulated, (enum demand_kind)k))
			ret = store_add_demand(x->store, x->run_ids[run], &row, e);
	}
	for (int i = 0; r->simulated && i < r->cache_count && ret >= 0; i++) {
		const struct kmm_cache_figures *f = &r->caches[i].f;
		struct store_slab_cache c = { .name = r->caches[i].name,
					      .order = f->order,
					      .object_size = f->object_size,
					      .size = f->size,
					      .slabs = f->slabs,
					      .objects = f->objects,
					      .active = f->active_objects,
					      .in_use = f->in_use };

		ret = store_add_slab_cache(x->store, x->run_ids[run], &c, e);
	}
	return ret;
}

static bool same_point(const struct slabseries_point *a, const struct slabseries_point *b)
{
	return a->slabs == b->slabs && a->active == b->active && a->in_use == b->in_use &&
	       a->partial == b->partial && a->partial_since == b->partial_since;
}

/* The caches over the samples: a row where one changed. */
static int series_rows(struct results *x, unsigned run, struct err *e)
{
	const struct replay_run *r = &x->r->runs[run];
	int ret = 0;

	for (uint32_t i = 0; i < r->series.count && ret >= 0; i++) {
		const struct slabseries_cache *c = &r->series.cache[i];
		struct slabseries_point was = { 0 };

		for (uint32_t n = 0; n < r->taken && ret >= 0; n++) {
			const struct slabseries_point *p = &c->point[n];
			struct store_slab_change change = {
				.slabs = p->slabs,
				.active = p->active,
				.in_use = p->in_use,
				.have_partial = r->life,
				.partial = p->partial,
				.partial_since = p->partial ? p->partial_since : STORE_NO_TIME
			};

			if (!same_point(p, &was))
				ret = store_add_slab_change(x->store, x->run_ids[run], c->name, n,
							    &change, e);
			was = *p;
		}
	}
	return ret;
}

/* The kernel's own caches in the end, as those of the recorded run; in use: as its slabs were followed. */
static int slabinfo_rows(struct results *x, int run, struct err *e)
{
	const struct machine *m = x->r->m;
	const struct replay_run *r = run < 0 ? NULL : &x->r->runs[run];
	int ret = 0;

	for (uint32_t i = 0; i < m->after_slab_count && r && ret >= 0; i++) {
		const struct machine_slab *s = &m->after_slabs[i];
		struct store_slab_cache c = { .name = s->name,
					      .order = s->order,
					      .object_size = s->size,
					      .size = s->size,
					      .slabs = s->num_slabs,
					      .objects = s->num_objs,
					      .active = s->active_objs,
					      .in_use = s->active_objs };

		for (int k = 0; k < r->cache_count; k++)
			if (!strcmp(r->caches[k].name, s->name))
				c.in_use = r->caches[k].f.in_use;
		if (s->num_slabs)
			ret = store_add_slab_cache(x->store, x->run_ids[run], &c, e);
	}
	return ret;
}

/* Slab pages and objects, the recorded slabs and the simulated ones against after/slabinfo. */
static int slab_rows(struct results *x, const struct slabfidelity *f, int recorded, int objects,
		     struct err *e)
{
	int ret = row(x, recorded, "active objects at the end", (double)f->all.kernel.active, NAN,
		      fabs(f->active_error), "%", "of the recorded slabs, against after/slabinfo",
		      e);

	if (ret >= 0)
		ret = row(x, recorded, "objects held free by CPUs",
			  (double)(f->all.followed.active - f->all.followed.in_use), NAN, NAN,
			  "objects", "slabinfo counts them as active", e);
	if (ret < 0 || !f->simulated)
		return ret;
	ret = row(x, objects, "slab pages at the end", (double)f->all.kernel.pages,
		  (double)f->all.simulated.pages, fabs(f->pages_error), "%",
		  "against after/slabinfo", e);
	if (ret >= 0)
		ret = row(x, objects, "slab pages over time", NAN, NAN, f->all.pages_mean, "%",
			  "mean error against the recorded slabs", e);
	if (ret >= 0)
		ret = row(x, objects, "slab pages over time, maximum", NAN, NAN, f->all.pages_max,
			  "%", NULL, e);
	if (ret >= 0 && f->large)
		ret = row(x, objects, "slabs of a cache, largest error", NAN, NAN, f->worst, "%",
			  "of caches with 50 slabs and more, against after/slabinfo", e);
	return ret;
}

/* The object side under the captured kernel's own allocator, against that. */
static int object_fidelity(struct results *x, int recorded, int run, struct err *e)
{
	struct slabfidelity f;
	const struct simulated_stats *s = run < 0 ? NULL :
						    simulated_stats(x->r->runs[run].simulated);
	double share = s && s->all.allocations ? (double)s->all.hits / (double)s->all.allocations :
						 NAN;
	int ret = !s ? 0 :
		       row(x, run, "placement, with objects", 1, share, 1 - share, "share",
			   "the same, with slabs that ask for their pages themselves", e);

	if (ret < 0)
		return ret;
	if (slabfidelity_compute(&f, x->r, recorded, run))
		return err_set(e, ENOMEM, "out of memory");
	if (f.known)
		ret = slab_rows(x, &f, recorded, run, e);
	slabfidelity_free(&f);
	return ret;
}

/* What the model did about its lack of memory, and what nobody knows of that. */
static int shortage_note(struct results *x, unsigned run, struct err *e)
{
	const struct replay_run *r = &x->r->runs[run];
	const struct simulated_stats *s = r->simulated ? simulated_stats(r->simulated) : NULL;
	char note[640];
	size_t n;

	if (!s || !(s->reclaimed | s->moved | s->kept))
		return 0;
	n = (size_t)snprintf(note, sizeof(note), "memory ran short: ");
	if (s->reclaimed)
		n += (size_t)snprintf(
			note + n, sizeof(note) - n,
			"%llu pages of user memory were taken back, the oldest first, since which were used "
			"again is not known, and do not return; ",
			(unsigned long long)s->reclaimed);
	if (s->reclaimed_kswapd)
		n += (size_t)snprintf(note + n, sizeof(note) - n,
				      "%llu of them by kswapd, which ran %llu times; ",
				      (unsigned long long)s->reclaimed_kswapd,
				      (unsigned long long)s->kswapd_runs);
	if (s->kept)
		n += (size_t)snprintf(note + n, sizeof(note) - n,
				      "%llu that the recorded kernel took back stayed; ",
				      (unsigned long long)s->kept);
	if (s->moved)
		n += (size_t)snprintf(note + n, sizeof(note) - n, "compaction moved %llu pages; ",
				      (unsigned long long)s->moved);
	if (s->reclaimed)
		n += (size_t)snprintf(note + n, sizeof(note) - n,
				      "dentries and inodes, which the kernel shrinks too, live as "
				      "long as in the recording; ");
	note[n - 2] = 0; /* no semicolon at the end */
	return store_add_note(x->store, x->capture, x->run_ids[run], note, e);
}

/* Why requests got nothing that the kernel served, where its watermarks of the time are not known. */
static int kept_back_note(struct results *x, unsigned run, struct err *e)
{
	const struct replay_run *r = &x->r->runs[run];
	const struct simulated_stats *s = r->simulated ? simulated_stats(r->simulated) : NULL;
	char note[512];

	if (!s || !s->kept_back)
		return 0;
	snprintf(
		note, sizeof(note),
		"%llu requests that the kernel served got nothing; %llu of them for a single page while "
		"pages were free, but not above the watermarks, of which those of the end alone are known. A "
		"kernel that boots has lower ones (zero until init_per_zone_wmark_min(), and khugepaged "
		"raises them again), so this tells of the missing watermarks, not of the policy",
		(unsigned long long)s->failed, (unsigned long long)s->kept_back);
	return store_add_note(x->store, x->capture, x->run_ids[run], note, e);
}

int results_end(struct results *x, const struct fidelity *f, int recorded, int simulated,
		int anchored, int objects, struct err *e)
{
	int ret = slabinfo_rows(x, recorded, e);

	if (ret >= 0 && f) {
		ret = recorded_rows(x, f, recorded, e);
		if (ret >= 0 && f->have_simulated)
			ret = simulated_rows(x, f, simulated, anchored, e);
		if (ret >= 0)
			ret = object_fidelity(x, recorded, objects, e);
	}
	for (unsigned i = 0; i < x->runs && ret >= 0; i++)
		ret = owner_rows(x, i, e);
	for (unsigned i = 0; i < x->runs && ret >= 0; i++)
		ret = object_rows(x, i, e);
	for (unsigned i = 0; i < x->runs && ret >= 0; i++)
		ret = series_rows(x, i, e);
	for (unsigned i = 0; i < x->runs && ret >= 0; i++)
		ret = target_note(x, i, e);
	for (unsigned i = 0; i < x->runs && ret >= 0; i++)
		ret = shortage_note(x, i, e);
	for (unsigned i = 0; i < x->runs && ret >= 0; i++)
		ret = kept_back_note(x, i, e);
	for (unsigned i = 0; i < x->runs && ret >= 0; i++)
		ret = evidence_store(x->store, x->run_ids[i], x->r, i, e);
	for (unsigned i = 0; i < x->runs && ret >= 0; i++)
		ret = store_end_run(x->store, x->run_ids[i], !x->r->interrupted,
				    x->r->runs[i].requests, x->r->runs[i].seconds, e);
	return ret;
}

void results_close(struct results *x)
{
	free(x->run_ids);
	memset(x, 0, sizeof(*x));
}
