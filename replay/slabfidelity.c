// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/slabfidelity.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGE 50 /* slabs from which on a cache is judged by itself */
#define LARGE_ERROR 5.0

static struct slab_row *row_of(struct slabfidelity *f, const char *name)
{
	for (uint32_t i = 0; i < f->count; i++)
		if (!strcmp(f->rows[i].name, name))
			return &f->rows[i];
	snprintf(f->rows[f->count].name, sizeof(f->rows->name), "%s", name);
	return &f->rows[f->count++];
}

static struct slab_counts kernel_counts(const struct machine_slab *s)
{
	return (struct slab_counts){ s->num_slabs, s->num_slabs << s->order, s->num_objs,
				     s->active_objs, 0 };
}

static struct slab_counts run_counts(const struct objects_cache *c)
{
	return (struct slab_counts){ c->f.slabs, c->f.slabs << c->f.order, c->f.objects,
				     c->f.active_objects, c->f.in_use };
}

static void add(struct slab_counts *to, const struct slab_counts *x)
{
	to->slabs += x->slabs;
	to->pages += x->pages;
	to->objects += x->objects;
	to->active += x->active;
	to->in_use += x->in_use;
}

static double error_of(uint64_t is, uint64_t should)
{
	return should ? 100.0 * ((double)is - (double)should) / (double)should : NAN;
}

static void judge(struct slabfidelity *f, const struct slab_row *x)
{
	double error = fabs(error_of(x->simulated.slabs, x->kernel.slabs));

	if (x->kernel.slabs < LARGE)
		return;
	f->large++;
	f->beyond += error > LARGE_ERROR;
	if (f->large == 1 || error > f->worst) {
		f->worst = error;
		snprintf(f->worst_name, sizeof(f->worst_name), "%s", x->name);
	}
}

static int by_pages(const void *a, const void *b)
{
	const struct slab_row *x = a, *y = b;

	if (x->kernel.pages != y->kernel.pages)
		return x->kernel.pages < y->kernel.pages ? 1 : -1;
	if (x->simulated.pages != y->simulated.pages)
		return x->simulated.pages < y->simulated.pages ? 1 : -1;
	return strcmp(x->name, y->name);
}

/* ---- over time ---- */

struct course {
	double sum, max;
	uint32_t n;
};

static void course_add(struct course *c, uint64_t simulated, uint64_t recorded)
{
	double error = recorded ? fabs(error_of(simulated, recorded)) : simulated ? 100 : 0;

	c->sum += error;
	c->n++;
	if (error > c->max)
		c->max = error;
}

static void course_to(const struct course *c, struct slab_row *row)
{
	row->pages_mean = c->n ? c->sum / c->n : NAN;
	row->pages_max = c->n ? c->max : NAN;
}

static uint64_t pages_at(const struct slabseries_cache *c, uint32_t sample)
{
	return c ? (uint64_t)c->point[sample].slabs << c->order : 0;
}

static int compare_courses(struct slabfidelity *f, const struct replay_run *rec,
			   const struct replay_run *sim)
{
	uint32_t n = rec->taken < sim->taken ? rec->taken : sim->taken;
	uint64_t *all = calloc(2 * (n + 1ull), sizeof(*all));
	struct course total = { 0, 0, 0 };

	if (!all)
		return -ENOMEM;
	for (uint32_t i = 0; i < f->count; i++) {
		const struct slabseries_cache *a = slabseries_find(&rec->series, f->rows[i].name),
					      *b = slabseries_find(&sim->series, f->rows[i].name);
		struct course c = { 0, 0, 0 };

		for (uint32_t s = 0; s < n; s++) {
			course_add(&c, pages_at(b, s), pages_at(a, s));
			all[2 * s] += pages_at(a, s);
			all[2 * s + 1] += pages_at(b, s);
		}
		course_to(&c, &f->rows[i]);
	}
	for (uint32_t s = 0; s < n; s++)
		course_add(&total, all[2 * s + 1], all[2 * s]);
	course_to(&total, &f->all);
	free(all);
	return 0;
}

/* ---- at the end ---- */

static void fill_rows(struct slabfidelity *f, const struct replay *r, const struct replay_run *rec,
		      const struct replay_run *sim)
{
	const struct machine *m = r->m;

	for (uint32_t i = 0; i < m->after_slab_count; i++) {
		struct slab_row *row = row_of(f, m->after_slabs[i].name);

		row->order = m->after_slabs[i].order;
		row->kernel = kernel_counts(&m->after_slabs[i]);
	}
	f->shown = m->slabs_hidden;
	for (uint32_t i = 0; m->slabs_of_start && i < m->slab_count; i++) {
		row_of(f, m->slabs[i].name)->before = kernel_counts(&m->slabs[i]);
		f->hidden += m->slabs[i].hidden_slabs;
	}
	for (int i = 0; i < rec->cache_count; i++) {
		const struct objects_cache *c = &rec->caches[i];
		struct slab_row *row = row_of(f, c->name);

		row->order = c->f.order;
		row->followed = run_counts(c);
		row->taken[0] = c->f.made;
		row->given_back[0] = c->f.gone;
	}
	for (int i = 0; sim && i < sim->cache_count; i++) {
		const struct objects_cache *c = &sim->caches[i];
		struct slab_row *row = row_of(f, c->name);

		row->order = c->f.order;
		row->simulated = run_counts(c);
		row->taken[1] = c->f.made;
		row->given_back[1] = c->f.gone;
	}
}

static void sum_up(struct slabfidelity *f)
{
	uint64_t differ = 0;

	for (uint32_t i = 0; i < f->count; i++) {
		const struct slab_row *x = &f->rows[i];

		add(&f->all.before, &x->before);
		add(&f->all.kernel, &x->kernel);
		add(&f->all.followed, &x->followed);
		add(&f->all.simulated, &x->simulated);
		for (int k = 0; k < 2; k++) {
			f->all.taken[k] += x->taken[k];
			f->all.given_back[k] += x->given_back[k];
		}
		differ += x->followed.active > x->kernel.active ?
				  x->followed.active - x->kernel.active :
				  x->kernel.active - x->followed.active;
		if (f->simulated)
			judge(f, x);
	}
	f->pages_error = f->simulated ? error_of(f->all.simulated.pages, f->all.kernel.pages) : NAN;
	f->active_error = error_of(f->all.followed.active, f->all.kernel.active);
	f->active_differ = f->all.kernel.active ?
				   100.0 * (double)differ / (double)f->all.kernel.active :
				   NAN;
}

int slabfidelity_compute(struct slabfidelity *f, const struct replay *r, int recorded,
			 int simulated)
{
	const struct replay_run *rec = &r->runs[recorded],
				*sim = simulated < 0 ? NULL : &r->runs[simulated];
	const struct machine *m = r->m;

	memset(f, 0, sizeof(*f));
	if (!m->after_slab_count || !rec->life)
		return 0;
	f->untraced = !slablife_stats(rec->life)->allocs && !slablife_stats(rec->life)->frees;
	if (f->untraced)
		return 0;
	f->rows = calloc((size_t)rec->cache_count + (sim ? (size_t)sim->cache_count : 0) +
				 m->after_slab_count + m->slab_count + 1,
			 sizeof(*f->rows));
	if (!f->rows)
		return -ENOMEM;
	f->known = true;
	f->simulated = sim;
	fill_rows(f, r, rec, sim);
	sum_up(f);
	if (sim && compare_courses(f, rec, sim)) {
		slabfidelity_free(f);
		return -ENOMEM;
	}
	qsort(f->rows, f->count, sizeof(*f->rows), by_pages);
	return 0;
}

void slabfidelity_free(struct slabfidelity *f)
{
	free(f->rows);
	memset(f, 0, sizeof(*f));
}
