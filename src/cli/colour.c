// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemlab colour: how the objects that live spread over the sets of the processor's caches. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/loadplot.h"
#include "base/table.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "replay/colouring.h"

static struct input_options in = INPUT_DEFAULTS;
static struct option_list geometry;
static const char *synthetic, *figure, *only;
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
	{ "slab", 'S', OPTION_STRING, &only, "NAME", NULL, "this slab cache and no other" },
	{ "synthetic", 's', OPTION_STRING, &synthetic, "SIZE[:SLABS]", NULL,
	  "instead of a capture: full slabs (64) of objects of this size; needs --cache" },
	{ "figure", 'f', OPTION_STRING, &figure, "FILE.svg", NULL,
	  "draw the set-load histogram of the last slab cache shown at the first level" },
	{ "format", 'F', OPTION_CHOICE, &format, "FORMAT", table_formats, "how to print it" },
	INPUT_OPTIONS(in),
	{ NULL },
};

static const struct column columns[] = {
	{ "cache", "slab cache", COLUMN_STRING, 0, "slab cache, or all of them" },
	{ "addresses", "addresses", COLUMN_STRING, 0,
	  "recorded, or where a simulated allocator has them" },
	{ "level", "level", COLUMN_STRING, 0, "processor cache" },
	{ "objects", "objects", COLUMN_UINT, 0, "objects that live at the end" },
	{ "lines", "lines", COLUMN_UINT, 0, "cache lines that are touched" },
	{ "sets", "sets used", COLUMN_UINT, 0, "cache sets that they fall on" },
	{ "of_sets", "sets", COLUMN_UINT, 0, "cache sets that there are" },
	{ "mean", "mean", COLUMN_REAL, 2, "lines a set, over all sets" },
	{ "deviation", "deviation", COLUMN_REAL, 2, "standard deviation of that" },
	{ "most", "most", COLUMN_UINT, 0, "lines of the fullest set" },
	{ "misses", "misses", COLUMN_PERCENT, 1,
	  "share of the lines that a sweep over all of them misses, LRU" },
	{ "even", "if even", COLUMN_PERCENT, 1, "the same were the lines spread evenly" },
};

struct output {
	struct table *t;
	struct loadplot plot; /* of the cache that the rows are of now */
	char cache[64];
};

static int add_row(void *arg, const struct colouring_row *r, struct err *e)
{
	struct output *out = arg;
	struct table *t = out->t;
	const struct setload *s = r->load;

	table_row(t);
	table_string(t, r->cache);
	table_string(t, place_source_name(r->source));
	table_string(t, s->g.name);
	table_uint(t, r->objects);
	table_uint(t, r->f.lines);
	table_uint(t, r->f.sets_used);
	table_uint(t, s->g.sets);
	table_real(t, r->f.mean);
	table_real(t, r->f.deviation);
	table_uint(t, r->f.most);
	table_real(t, r->f.lines ? (double)r->f.misses / (double)r->f.lines : NAN);
	table_real(t, r->f.lines ? (double)r->f.even_misses / (double)r->f.lines : NAN);
	if (!figure)
		return 0;
	if (strcmp(out->cache, r->cache)) {
		loadplot_free(&out->plot);
		snprintf(out->cache, sizeof(out->cache), "%s", r->cache);
	}
	for (uint32_t i = 0; i < s->g.sets; i++)
		if (loadplot_add(&out->plot, s->g.name, s->g.ways, place_source_name(r->source),
				 s->lines[i], 1))
			return err_set(e, ENOMEM, "out of memory for the figure");
	return 0;
}

static int find_geometry(struct colouring_options *o, const struct machine *m, struct err *e)
{
	int ret = 0;

	if (!geometry.count && !m)
		return err_set(e, EINVAL, "--synthetic needs --cache SIZE:WAYS");
	if (!geometry.count) {
		o->levels = cache_geometries(m, o->g, COLOURING_LEVELS);
		return o->levels ?
			       0 :
			       err_set(e, ENODATA,
				       "the capture does not say what caches its processor has; "
				       "--cache SIZE:WAYS does");
	}
	if (geometry.count > COLOURING_LEVELS)
		return err_set(e, E2BIG, "more than %d caches", COLOURING_LEVELS);
	for (size_t i = 0; i < geometry.count && ret >= 0; i++)
		ret = cache_geometry_parse(geometry.items[i], &o->g[o->levels++], e);
	return ret;
}

static int print(const struct places *p, struct colouring_options *o, struct err *e)
{
	struct output out = { .t = table_new(columns, sizeof(columns) / sizeof(*columns)) };
	int ret = out.t ? 0 : err_set(e, ENOMEM, "out of memory");

	o->hot = hot;
	o->top = top;
	o->only = only;
	if (ret >= 0)
		ret = colouring_each(p, o, add_row, &out, e);
	if (ret >= 0 && table_print(out.t, (enum table_format)format, stdout) < 0)
		ret = err_set(e, EIO, "the table could not be printed");
	if (ret >= 0 && figure)
		ret = loadplot_file(&out.plot, out.cache, figure, e);
	loadplot_free(&out.plot);
	table_free(out.t);
	return ret;
}

static int colour(struct kmw_reader *k, struct err *e)
{
	struct machine *m = import_machine(k, e);
	struct colouring_options o = { .levels = 0 };
	struct places p = { .no_memory = false };
	int ret = m ? find_geometry(&o, m, e) : err_code(e);

	if (ret >= 0)
		ret = places_gather(&p, k, m, e);
	if (ret >= 0)
		ret = print(&p, &o, e);
	places_free(&p);
	if (m)
		machine_free(m);
	return ret;
}

static int invented(struct err *e)
{
	struct colouring_options o = { .levels = 0 };
	struct places p = { .no_memory = false };
	char *end;
	unsigned long size = strtoul(synthetic, &end, 10), slabs = 64;
	int ret;

	if (*end == ':')
		slabs = strtoul(end + 1, &end, 10);
	if (*end || size < 8 || size > 1 << 20 || !slabs || slabs > 1 << 16)
		return err_set(e, EINVAL,
			       "'%.40s' is not SIZE[:SLABS], such as 904:64 (8 to 1048576 bytes, "
			       "65536 slabs at most)",
			       synthetic);
	ret = find_geometry(&o, NULL, e);
	if (ret >= 0)
		ret = places_invent(&p, (unsigned)size, (unsigned)slabs, e);
	top = 1;
	if (ret >= 0)
		ret = print(&p, &o, e);
	places_free(&p);
	return ret;
}

static int run(int argc, char **argv)
{
	struct err e = { 0 };

	if (!synthetic)
		return input_run("colour", &in, argc, argv, colour);
	if (argc) {
		fprintf(stderr, "kmemlab colour: --synthetic takes no capture\n");
		return 2;
	}
	return invented(&e) < 0 ? input_fail("colour", &e) : 0;
}

struct command cmd_colour = {
	.name = "colour",
	.summary = "live objects over the sets of the caches",
	.args = "[CAPTURE]",
	.description =
		"Takes the slab objects that live at the end of a capture, at the addresses that the kernel "
		"gave them and at those that simulated allocators have for them, and counts the cache lines at "
		"their starts by set. The allocators: SLUB, which does not colour; the same with each cache's "
		"slabs on the page colours in turn; SLAB with its colouring, with two and four times its colour "
		"offset, and without. A set of more lines than the cache has ways misses on each of them when "
		"all are touched in turn (LRU); beside it stands what an even spread would miss.\n\n"
		"The set is (physical address / line) mod sets. Last-level caches that hash addresses do not "
		"follow that. Simulated addresses need a snapshot that knows its slabs (docs/objects.md).",
	.examples = "kmemlab colour --top 3 traces/amd64-6.1-small\n"
		    "  all objects, and the three largest caches\n"
		    "kmemlab colour --cache 32K:8 --cache 1M:16 traces/amd64-6.1-small\n"
		    "  on another processor\n"
		    "kmemlab colour --synthetic 904:32 --cache 32K:8 --figure bonwick.svg\n"
		    "  objects that leave room over in each slab: what colouring was made for\n",
	.options = options,
	.run = run,
};
