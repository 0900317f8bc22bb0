// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/hardware.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "replay/colouring.h"
#include "replay/kmaps.h"
#include "replay/mapping.h"
#include "replay/touches.h"

#define CACHES 10 /* slab caches with most objects */

const char *const hardware_processors[] = { "skylake", "zen3", "neoverse-n1", NULL };

/* ---- cache sets ---- */

struct sink {
	struct store *s;
	int64_t capture;
	uint64_t hot;
};

static int add_load(void *arg, const struct colouring_row *r, struct err *e)
{
	struct sink *k = arg;
	const struct cache_geometry *g = &r->load->g;
	uint64_t *histogram = calloc(r->f.most + 1ull, sizeof(*histogram));
	struct store_set_load x = { .cache = r->cache,
				    .addresses = place_source_name(r->source),
				    .level = g->name,
				    .size = g->size,
				    .ways = g->ways,
				    .line = g->line,
				    .sets = g->sets,
				    .hot_lines = k->hot,
				    .object_size = r->object_size,
				    .objects = r->objects,
				    .lines = r->f.lines,
				    .sets_used = r->f.sets_used,
				    .most = r->f.most,
				    .mean = r->f.mean,
				    .deviation = r->f.deviation,
				    .misses = r->f.misses,
				    .even_misses = r->f.even_misses,
				    .histogram = histogram };
	int ret;

	if (!histogram)
		return err_set(e, ENOMEM, "out of memory for a histogram");
	for (uint32_t i = 0; i < g->sets; i++)
		histogram[r->load->lines[i]]++;
	ret = store_add_set_load(k->s, k->capture, &x, e);
	free(histogram);
	return ret;
}

/* By the first line of each object, and by the whole of it. */
static int add_loads(struct kmw_reader *k, struct machine *m, struct store *s, int64_t capture,
		     struct err *e)
{
	struct sink sink = { s, capture, 1 };
	struct colouring_options o = { .top = CACHES };
	struct places p = { .no_memory = false };
	struct err own = { 0 };
	int ret;

	o.levels = cache_geometries(m, o.g, COLOURING_LEVELS);
	if (!o.levels)
		return store_add_note(
			s, capture, 0,
			"the processor's caches are not known: their sets' load is not shown", e);
	ret = places_gather(&p, k, m, &own);
	if (ret == -ENODATA) {
		char note[320];

		snprintf(note, sizeof(note), "the load of cache sets is not known: %.240s",
			 own.text);
		places_free(&p);
		return store_add_note(s, capture, 0, note, e);
	}
	if (ret < 0)
		*e = own;
	for (sink.hot = 1; sink.hot < 2 && ret >= 0; sink.hot--) {
		o.hot = sink.hot;
		ret = colouring_each(&p, &o, add_load, &sink, e);
	}
	places_free(&p);
	return ret;
}

/* ---- mappings ---- */

static int read_attachment(void *ctx, const char *name, struct blob *out, struct err *e)
{
	return kmw_attachment(ctx, name, out, e);
}

int hardware_areas(struct kmw_reader *k, const struct machine *m, struct area areas[AREAS],
		   struct err *e)
{
	struct snapshot_source src = { read_attachment, k };

	return areas_read(areas, &src, m->have_after ? "after" : "before", e);
}

static int add_mappings(struct kmw_reader *k, const struct machine *m,
			const struct recorded *recorded, struct store *s, int64_t capture,
			struct err *e)
{
	struct area areas[AREAS];
	struct mapping x = { .count = 0 };
	int ret = hardware_areas(k, m, areas, e);

	if (ret < 0)
		return ret;
	mapping_areas(&x, areas);
	if (recorded)
		mapping_user(&x, recorded, m);
	for (unsigned i = 0; i < x.count && ret >= 0; i++) {
		const struct mapping_row *r = &x.row[i];
		struct store_mapping row = { .subject = r->subject,
					     .how = r->how,
					     .ranges = r->ranges,
					     .bytes = { r->bytes[0], r->bytes[1], r->bytes[2] },
					     .entries = r->entries,
					     .extra = r->extra };

		ret = store_add_mapping(s, capture, &row, e);
	}
	return ret;
}

/* ---- TLBs ---- */

static int add_pressure(struct kmw_reader *k, const struct machine *m, struct store *s,
			int64_t capture, struct err *e)
{
	static const char *const sizes[TLB_SIZES] = { "4 KiB", "2 MiB", "1 GiB" };
	const struct tlb_model *models[8];
	struct touches x;
	unsigned n = 0;
	int ret;

	for (; hardware_processors[n]; n++)
		models[n] = tlb_find(hardware_processors[n]);
	ret = touches_init(&x, models, n, m->cpus ? m->cpus : 64, e);
	if (ret >= 0)
		ret = touches_imply(&x, k, m, e);
	for (unsigned i = 0; i < x.count && ret >= 0; i++) {
		const struct tlb *t = &x.t[i];
		struct store_tlb_pressure row = { .processor = t->model->processor,
						  .mapping = sizes[t->size],
						  .reach = tlb_reach(t->model, t->size),
						  .accesses = t->accesses,
						  .l1_misses = t->l1_misses,
						  .walks = t->walks };

		if (t->accesses)
			ret = store_add_tlb_pressure(s, capture, &row, e);
	}
	touches_free(&x);
	return ret;
}

static int add_kmaps(struct kmw_reader *k, const struct machine *m, struct store *s,
		     int64_t capture, struct err *e)
{
	struct kmaps x;
	int ret = kmaps_replay(&x, k, m, e);

	for (unsigned i = 0; i < x.count && ret >= 0; i++) {
		const struct kmaps_window *w = &x.window[i];
		struct store_kmap row = { .slots = w->slots,
					  .own = w->own,
					  .maps = w->s.kmaps - w->s.temporary,
					  .reused = w->s.reused,
					  .flushes = w->s.flushes,
					  .sleeps = w->s.sleeps,
					  .temporary = w->s.temporary,
					  .local_flushes = w->s.local_flushes };

		ret = store_add_kmap(s, capture, &row, e);
	}
	return ret;
}

int hardware_to_store(struct kmw_reader *k, struct machine *m, const struct recorded *recorded,
		      struct store *s, int64_t capture, struct err *e)
{
	int ret = add_loads(k, m, s, capture, e);

	if (ret >= 0)
		ret = add_mappings(k, m, recorded, s, capture, e);
	if (ret >= 0)
		ret = add_pressure(k, m, s, capture, e);
	return ret < 0 ? ret : add_kmaps(k, m, s, capture, e);
}
