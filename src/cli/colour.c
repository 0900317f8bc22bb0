// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemlab colour: how the objects that live spread over the sets of the processor's caches. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/table.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/machines.h"
#include "replay/feed.h"
#include "replay/living.h"
#include "replay/replay.h"
#include "replay/setload.h"

#define LEVELS 4
#define TOGETHER "all together"

/* Where the addresses come from. */
enum variant { RECORDED, SLUB, SLAB, SLAB_PLAIN, VARIANTS };
static const char *const variant_names[VARIANTS] = { "recorded", "slub", "slab",
						     "slab, no colouring" };

static struct input_options in = INPUT_DEFAULTS;
static struct option_list geometry;
static int format;
static uint64_t top = 10, hot = 1;

static struct option options[] = {
	{ "cache", 'c', OPTION_LIST, &geometry, "SIZE:WAYS[:LINE]", NULL,
	  "a processor cache to look at instead of the captured machine's, such as 32K:8; may be given "
	  "several times" },
	{ "hot-lines", 'H', OPTION_UINT, &hot, "N", NULL,
	  "cache lines from each object's start that are touched (1); 0: all of it" },
	{ "top", 'n', OPTION_UINT, &top, "N", NULL,
	  "slab caches to show, most objects first (10); 0: all" },
	{ "format", 'F', OPTION_CHOICE, &format, "FORMAT", table_formats, "how to print it" },
	INPUT_OPTIONS(in),
	{ NULL },
};

/* An object, by cache. */
struct place {
	uint32_t cache;
	uint64_t address; /* physical */
};

struct places {
	struct place *p;
	uint64_t count, room;
	bool no_memory;
};

struct colour {
	const struct machine *m;
	struct cache_geometry g[LEVELS];
	unsigned levels;
	struct intern caches;
	uint32_t *sizes; /* [caches] bytes of an object */
	struct places at[VARIANTS];
	uint64_t base; /* of the addresses being gathered */
	struct places *into;
};

static void add_place(struct colour *c, const char *cache, uint64_t address)
{
	struct places *p = c->into;
	uint32_t n = intern_add(&c->caches, cache, strlen(cache));

	if (p->count == p->room) {
		uint64_t room = p->room ? p->room * 2 : 4096;
		struct place *more = realloc(p->p, room * sizeof(*more));

		if (!more) {
			p->no_memory = true;
			return;
		}
		p->p = more;
		p->room = room;
	}
	p->no_memory |= n == UINT32_MAX;
	p->p[p->count++] = (struct place){ n, address - c->base };
}

static void each(void *arg, const struct kmm_cache *s, kmm_addr at)
{
	add_place(arg, kmm_kmem_cache_name(s), at);
}

/* ---- gathering ---- */

static int gather_recorded(struct colour *c, struct kmw_reader *k, struct machine *m,
			   const struct objects_source *src, struct err *e)
{
	struct request *q = malloc(KMW_BLOCK_RECORDS * sizeof(*q));
	struct living l;
	struct feed f = { 0 };
	uint64_t addr;
	uint32_t val;
	size_t at = 0;
	int n = 0, ret = !q || living_init(&l, m, src) ? err_set(e, ENOMEM, "out of memory") : 0;

	if (ret < 0) {
		free(q);
		return ret;
	}
	ret = feed_open(&f, k, m, NULL, e);
	if (ret >= 0 && f.marks.start == UINT32_MAX && living_start(&l))
		ret = err_set(e, ENOMEM, "out of memory");
	while (ret >= 0 && (n = feed_next(&f, q, e)) > 0)
		for (int i = 0; i < n && ret >= 0; i++) {
			int failed = q[i].sig.op == OBS_MARK && q[i].pfn == f.marks.start ?
					     living_start(&l) :
					     living_record(&l, &q[i]);

			if (failed)
				ret = err_set(e, ENOMEM, "out of memory");
		}
	if (ret >= 0 && n < 0)
		ret = n;
	c->into = &c->at[RECORDED];
	c->base = m->direct_map_base;
	while (ret >= 0 && map_next(&l.objects, &at, &addr, &val))
		if (addr >= c->base && (addr - c->base) >> 12 < m->max_pfn)
			add_place(c, living_cache(&l, val), addr);
	feed_close(&f);
	living_free(&l);
	free(q);
	return ret;
}

static int gather(struct colour *c, struct kmw_reader *k, struct machine *m, struct err *e)
{
	struct kmm_slab_policy slab[VARIANTS];
	struct replay_run_options o[VARIANTS - 1];
	struct machines native = { 0 };
	struct replay r = { 0 };
	int ret = 0;
	struct replay_options ro = { .runs = o, .stop_at = INFINITY, .progress = true };

	if (m->before.have_slabpages)
		ret = machines_add_native(&native, m, e);
	if (ret < 0)
		return ret;
	objects_native_policy(m, &slab[SLUB]);
	kmm_slab_policy_init(&slab[SLAB], KMM_SLAB, slab[SLUB].version);
	slab[SLAB].base = slab[SLUB].base;
	slab[SLAB].word = slab[SLUB].word;
	slab[SLAB].merge = false;
	slab[SLAB_PLAIN] = slab[SLAB];
	slab[SLAB_PLAIN].slab_no_colour = true;
	for (unsigned v = SLUB; v < VARIANTS && native.count; v++)
		o[ro.run_count++] = (struct replay_run_options){ .simulated = true,
								 .native = true,
								 .name = variant_names[v],
								 .config = native.config,
								 .slab = &slab[v] };
	if (ro.run_count)
		ret = replay_all(k, m, &ro, &r, e);
	for (unsigned v = SLUB; v < VARIANTS && native.count && ret >= 0; v++) {
		c->into = &c->at[v];
		c->base = slab[v].base;
		kmm_slab_walk(objects_model(simulated_objects(r.runs[v - SLUB].simulated)), each,
			      c);
	}
	if (!ro.run_count) {
		r.objects.strings = kmw_strings(k);
		ret = attribution_load(&r.objects.attribution, k, e);
	}
	if (ret >= 0)
		ret = gather_recorded(c, k, m, &r.objects, e);
	if (!ro.run_count)
		attribution_free(&r.objects.attribution);
	replay_free(&r);
	machines_free(&native);
	for (unsigned v = 0; v < VARIANTS && ret >= 0; v++)
		if (c->at[v].no_memory)
			ret = err_set(e, ENOMEM, "out of memory");
	return ret;
}

/* ---- counting ---- */

static uint32_t object_size(const struct colour *c, uint32_t cache)
{
	const char *name = intern_str(&c->caches, cache);

	for (uint32_t i = 0; i < c->m->slab_count; i++)
		if (!strcmp(c->m->slabs[i].name, name))
			return c->m->slabs[i].size;
	return 0;
}

/* The lines of one cache's objects (UINT32_MAX: of all); how many objects. */
static uint64_t load(const struct colour *c, enum variant v, uint32_t cache, struct setload *s)
{
	uint64_t objects = 0, last = UINT64_MAX;

	setload_clear(s);
	for (uint64_t i = 0; i < c->at[v].count; i++) {
		const struct place *p = &c->at[v].p[i];
		uint32_t size = c->sizes[p->cache], line = s->g.line;
		uint64_t first = p->address / line;
		uint64_t end = (p->address + (size ? size : 1) - 1) / line + 1;

		if (cache != UINT32_MAX && p->cache != cache)
			continue;
		objects++;
		if (hot && end - first > hot)
			end = first + hot;
		/* Neighbours in order of addresses may share a line. */
		for (uint64_t l = first == last ? first + 1 : first; l < end; l++)
			setload_add(s, l * line);
		last = end - 1;
	}
	return objects;
}

static int by_address(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

struct ranked {
	uint32_t cache;
	uint64_t objects;
};

static int by_objects(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->objects != y->objects)
		return x->objects < y->objects ? 1 : -1;
	return x->cache < y->cache ? -1 : x->cache > y->cache;
}

/* ---- printing ---- */

static const struct column columns[] = {
	{ "cache", "slab cache", COLUMN_STRING, 0, "slab cache, or all of them" },
	{ "addresses", "addresses", COLUMN_STRING, 0,
	  "recorded, or where a simulated allocator has them" },
	{ "level", "level", COLUMN_STRING, 0, "processor cache" },
	{ "objects", "objects", COLUMN_UINT, 0, "objects that live at the end" },
	{ "lines", "lines", COLUMN_UINT, 0, "cache lines that are touched" },
	{ "sets", "sets used", COLUMN_UINT, 0, "cache sets that they fall on" },
	{ "of_sets", "of", COLUMN_UINT, 0, "cache sets that there are" },
	{ "mean", "mean", COLUMN_REAL, 2, "lines a set, over all sets" },
	{ "deviation", "deviation", COLUMN_REAL, 2, "standard deviation of that" },
	{ "most", "most", COLUMN_UINT, 0, "lines of the fullest set" },
	{ "misses", "misses", COLUMN_PERCENT, 1,
	  "share of the lines that a sweep over all of them misses, LRU" },
	{ "even", "if even", COLUMN_PERCENT, 1, "the same were the lines spread evenly" },
};

static void add_row(const struct colour *c, struct table *t, enum variant v, uint32_t cache,
		    struct setload *s)
{
	struct setload_figures f;
	uint64_t objects = load(c, v, cache, s);

	setload_figures(s, &f);
	table_row(t);
	table_string(t, cache == UINT32_MAX ? TOGETHER : intern_str(&c->caches, cache));
	table_string(t, variant_names[v]);
	table_string(t, s->g.name);
	table_uint(t, objects);
	table_uint(t, f.lines);
	table_uint(t, f.sets_used);
	table_uint(t, s->g.sets);
	table_real(t, f.mean);
	table_real(t, f.deviation);
	table_uint(t, f.most);
	table_real(t, f.lines ? (double)f.misses / (double)f.lines : NAN);
	table_real(t, f.lines ? (double)f.even_misses / (double)f.lines : NAN);
}

static int print(const struct colour *c, struct err *e)
{
	struct ranked *r = calloc(c->caches.count + 2ull, sizeof(*r));
	struct table *t = table_new(columns, sizeof(columns) / sizeof(*columns));
	struct setload s[LEVELS];
	uint32_t n = c->caches.count;
	int ret = r && t ? 0 : err_set(e, ENOMEM, "out of memory");

	memset(s, 0, sizeof(s));
	for (unsigned i = 0; i < c->levels && ret >= 0; i++)
		if (setload_init(&s[i], &c->g[i]))
			ret = err_set(e, ENOMEM, "out of memory for %u cache sets", c->g[i].sets);
	for (uint32_t i = 0; i < n && ret >= 0; i++)
		r[i].cache = i;
	for (uint64_t i = 0; i < c->at[RECORDED].count && ret >= 0; i++)
		r[c->at[RECORDED].p[i].cache].objects++;
	if (ret >= 0 && n)
		qsort(r, n, sizeof(*r), by_objects);
	for (uint32_t i = 0; i <= n && ret >= 0 && (!top || i <= top); i++) {
		uint32_t cache = i ? r[i - 1].cache : UINT32_MAX;

		if (i && !r[i - 1].objects)
			break;
		for (unsigned l = 0; l < c->levels; l++)
			for (unsigned v = 0; v < VARIANTS; v++)
				if (c->at[v].count)
					add_row(c, t, (enum variant)v, cache, &s[l]);
	}
	if (ret >= 0 && table_print(t, (enum table_format)format, stdout) < 0)
		ret = err_set(e, EIO, "the table could not be printed");
	for (unsigned i = 0; i < c->levels; i++)
		setload_free(&s[i]);
	table_free(t);
	free(r);
	return ret;
}

static int find_geometry(struct colour *c, struct err *e)
{
	int ret = 0;

	if (!geometry.count) {
		c->levels = cache_geometries(c->m, c->g, LEVELS);
		return c->levels ?
			       0 :
			       err_set(e, ENODATA,
				       "the capture does not say what caches its processor has; "
				       "--cache SIZE:WAYS does");
	}
	if (geometry.count > LEVELS)
		return err_set(e, E2BIG, "more than %d caches", LEVELS);
	for (size_t i = 0; i < geometry.count && ret >= 0; i++)
		ret = cache_geometry_parse(geometry.items[i], &c->g[c->levels++], e);
	return ret;
}

static int colour(struct kmw_reader *k, struct err *e)
{
	struct machine *m = import_machine(k, e);
	struct colour c = { .m = m };
	int ret = m ? 0 : err_code(e);

	if (ret >= 0 && !m->direct_map_base)
		ret = err_set(e, ENODATA,
			      "where the direct map begins is not known, so no address is");
	if (ret >= 0)
		ret = find_geometry(&c, e);
	if (ret >= 0 && intern_init(&c.caches))
		ret = err_set(e, ENOMEM, "out of memory");
	if (ret >= 0)
		ret = gather(&c, k, m, e);
	c.sizes = calloc(c.caches.count + 1ull, sizeof(*c.sizes));
	if (ret >= 0 && !c.sizes)
		ret = err_set(e, ENOMEM, "out of memory");
	for (uint32_t i = 0; i < c.caches.count && ret >= 0; i++)
		c.sizes[i] = object_size(&c, i);
	for (unsigned v = 0; v < VARIANTS && ret >= 0; v++)
		if (c.at[v].count)
			qsort(c.at[v].p, c.at[v].count, sizeof(struct place), by_address);
	if (ret >= 0 && !c.at[RECORDED].count)
		ret = err_set(e, ENODATA, "no slab object lives in this capture");
	if (ret >= 0)
		ret = print(&c, e);
	for (unsigned v = 0; v < VARIANTS; v++)
		free(c.at[v].p);
	free(c.sizes);
	intern_free(&c.caches);
	if (m)
		machine_free(m);
	return ret;
}

static int run(int argc, char **argv)
{
	return input_run("colour", &in, argc, argv, colour);
}

struct command cmd_colour = {
	.name = "colour",
	.summary = "live objects over the sets of the caches",
	.args = "CAPTURE",
	.description =
		"Takes the slab objects that live at the end of a capture, at the addresses that the kernel "
		"gave them and at those that simulated allocators have for them (SLUB, which does not colour; "
		"SLAB with its colouring and without), and counts the cache lines at their starts by set. A "
		"set of more lines than the cache has ways misses on each of them when all are touched in "
		"turn (LRU); beside it stands what an even spread would miss.\n\n"
		"The set is (physical address / line) mod sets. Last-level caches that hash addresses do not "
		"follow that. Simulated addresses need a snapshot that knows its slabs (docs/objects.md).",
	.examples = "kmemlab colour --top 3 traces/amd64-6.1-small\n"
		    "  all objects, and the three largest caches\n"
		    "kmemlab colour --cache 32K:8 --cache 1M:16 traces/amd64-6.1-small\n"
		    "  on another processor\n",
	.options = options,
	.run = run,
};
