// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/slabfidelity.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGE 50 /* slabs from which on a cache is judged by itself */
#define LARGE_ERROR 5.0

static struct slab_counts counts_of(const struct machine_slab *s, uint32_t n, const char *name)
{
	for (uint32_t i = 0; i < n; i++)
		if (!strcmp(s[i].name, name))
			return (struct slab_counts){ s[i].num_slabs, s[i].num_slabs << s[i].order,
						     s[i].num_objs, s[i].active_objs };
	return (struct slab_counts){ 0 };
}

static struct slab_row *row_of(struct slabfidelity *f, const char *name)
{
	for (uint32_t i = 0; i < f->count; i++)
		if (!strcmp(f->rows[i].name, name))
			return &f->rows[i];
	snprintf(f->rows[f->count].name, sizeof(f->rows->name), "%s", name);
	return &f->rows[f->count++];
}

static void add(struct slab_counts *to, const struct slab_counts *x)
{
	to->slabs += x->slabs;
	to->pages += x->pages;
	to->objects += x->objects;
	to->active += x->active;
}

static double error_of(uint64_t simulated, uint64_t recorded)
{
	return recorded ? 100.0 * ((double)simulated - (double)recorded) / (double)recorded : NAN;
}

static void judge(struct slabfidelity *f, const struct slab_row *x)
{
	double error = fabs(error_of(x->simulated.slabs, x->recorded.slabs));

	if (x->recorded.slabs < LARGE)
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

	if (x->recorded.pages != y->recorded.pages)
		return x->recorded.pages < y->recorded.pages ? 1 : -1;
	if (x->simulated.pages != y->simulated.pages)
		return x->simulated.pages < y->simulated.pages ? 1 : -1;
	return strcmp(x->name, y->name);
}

int slabfidelity_compute(struct slabfidelity *f, const struct replay *r, int run)
{
	const struct replay_run *x = &r->runs[run];
	const struct machine *m = r->m;

	memset(f, 0, sizeof(*f));
	if (!x->o.slab || !m->after_slab_count)
		return 0;
	f->rows = calloc((size_t)x->cache_count + m->after_slab_count + 1, sizeof(*f->rows));
	if (!f->rows)
		return -ENOMEM;
	f->known = true;
	for (uint32_t i = 0; i < m->after_slab_count; i++) {
		const struct machine_slab *s = &m->after_slabs[i];
		struct slab_row *row = row_of(f, s->name);

		row->order = s->order;
		row->recorded = counts_of(s, 1, s->name);
		if (m->have_before)
			row->before = counts_of(m->slabs, m->slab_count, s->name);
	}
	for (int i = 0; i < x->cache_count; i++) {
		const struct objects_cache *c = &x->caches[i];
		struct slab_row *row = row_of(f, c->name);

		row->order = c->f.order;
		row->simulated = (struct slab_counts){ c->f.slabs, c->f.slabs << c->f.order,
						       c->f.objects, c->f.active_objects };
	}
	for (uint32_t i = 0; i < f->count; i++) {
		add(&f->before, &f->rows[i].before);
		add(&f->recorded, &f->rows[i].recorded);
		add(&f->simulated, &f->rows[i].simulated);
		judge(f, &f->rows[i]);
	}
	f->pages_error = error_of(f->simulated.pages, f->recorded.pages);
	qsort(f->rows, f->count, sizeof(*f->rows), by_pages);
	return 0;
}

void slabfidelity_free(struct slabfidelity *f)
{
	free(f->rows);
	memset(f, 0, sizeof(*f));
}
