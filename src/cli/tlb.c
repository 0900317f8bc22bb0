// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemlab tlb: what maps the kernel's memory, what could, and the pressure on the TLB. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/prose.h"
#include "base/table.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "replay/hardware.h"
#include "replay/kmaps.h"
#include "replay/mapping.h"
#include "replay/replay.h"
#include "replay/touches.h"

#define MOST_MODELS 16
#define HUGE_ORDER 9

static struct input_options in = INPUT_DEFAULTS;
static struct option_list wanted;
static const char *accesses;
static int format;

static struct option options[] = {
	{ "model", 'm', OPTION_LIST, &wanted, "NAME", NULL,
	  "processors: core2, haswell, skylake, icelake, goldencove, k10, zen2, zen3, zen4, cortex-a72, "
	  "neoverse-n1, or all (default: skylake, zen3, neoverse-n1)" },
	{ "accesses", 'a', OPTION_STRING, &accesses, "FILE", NULL,
	  "addresses that were really touched, instead of what the events imply: lines of perf script with "
	  "addresses (\"[CPU] ADDRESS\" will do), of perf mem -D report, of damo report raw, or of "
	  "DAMON's trace point" },
	{ "format", 'F', OPTION_CHOICE, &format, "FORMAT", table_formats, "how to print it" },
	INPUT_OPTIONS(in),
	{ NULL },
};

static const char *const size_names[TLB_SIZES] = { "4 KiB", "2 MiB", "1 GiB" };

struct context {
	struct machine *m;
	struct mapping map;
	struct kmaps kmaps;
	const struct tlb_model *models[MOST_MODELS];
	unsigned model_count;
	struct touches x;
};

/* ---- what is mapped ---- */

static const struct column area_columns[] = {
	{ "area", "memory", COLUMN_STRING, 0,
	  "part of the kernel's address space, or user memory" },
	{ "how", "mapped", COLUMN_STRING, 0, "as it was, or as it could be" },
	{ "ranges", "ranges", COLUMN_UINT, 0, "areas in vmallocinfo" },
	{ "bytes_4k", "by 4 KiB", COLUMN_BYTES, 0, "bytes mapped by 4 KiB pages" },
	{ "bytes_2m", "by 2 MiB", COLUMN_BYTES, 0, "bytes mapped by 2 MiB pages" },
	{ "bytes_1g", "by 1 GiB", COLUMN_BYTES, 0, "bytes mapped by 1 GiB pages" },
	{ "entries", "TLB entries", COLUMN_UINT, 0, "entries that map all of it at once" },
	{ "extra", "extra", COLUMN_BYTES, 0, "bytes of memory that it would take more" },
};

static struct table *area_table(const struct context *c)
{
	struct table *t = table_new(area_columns, sizeof(area_columns) / sizeof(*area_columns));

	for (unsigned i = 0; t && i < c->map.count; i++) {
		const struct mapping_row *r = &c->map.row[i];

		table_row(t);
		table_string(t, r->subject);
		table_string(t, r->how);
		if (r->ranges)
			table_uint(t, r->ranges);
		else
			table_none(t);
		for (unsigned s = 0; s < TLB_SIZES; s++)
			table_uint(t, r->bytes[s]);
		table_uint(t, r->entries);
		table_uint(t, r->extra);
	}
	return t;
}

static const struct column free_columns[] = {
	{ "node", "node", COLUMN_UINT, 0, "node" },
	{ "zone", "zone", COLUMN_STRING, 0, "zone" },
	{ "free_pages", "free pages", COLUMN_UINT, 0, "in after/buddyinfo, else before/buddyinfo" },
	{ "huge", "in 2 MiB blocks", COLUMN_UINT, 0, "free pages that could be mapped by 2 MiB" },
	{ "share", "share", COLUMN_PERCENT, 1, "of the free pages" },
	{ "entries", "TLB entries", COLUMN_UINT, 0,
	  "entries for the free pages, mapped as large as can be" },
};

static struct table *free_table(const struct context *c)
{
	const struct machine *m = c->m;
	const struct machine_state *s = m->have_after && m->after.have_buddyinfo ? &m->after :
										   &m->before;
	struct table *t = table_new(free_columns, sizeof(free_columns) / sizeof(*free_columns));

	for (uint32_t z = 0; t && z < m->zone_count && s->have_buddyinfo; z++) {
		uint64_t all = 0, huge = 0;

		for (unsigned o = 0; o < m->orders; o++) {
			all += s->nr_free[z][o] << o;
			huge += o >= HUGE_ORDER ? s->nr_free[z][o] << o : 0;
		}
		table_row(t);
		table_uint(t, m->zones[z].node);
		table_string(t, m->zones[z].name);
		table_uint(t, all);
		table_uint(t, huge);
		table_real(t, all ? (double)huge / (double)all : NAN);
		table_uint(t, all - huge + (huge >> HUGE_ORDER));
	}
	return t;
}

/* ---- pressure ---- */

static const struct column pressure_columns[] = {
	{ "model", "processor", COLUMN_STRING, 0, "whose data TLBs" },
	{ "mapping", "mapped by", COLUMN_STRING, 0, "size of the direct map's pages" },
	{ "reach", "reach", COLUMN_KIB, 0, "KiB that the larger level maps" },
	{ "accesses", "accesses", COLUMN_UINT, 0, "touches of memory" },
	{ "l1_misses", "L1 misses", COLUMN_UINT, 0, "not in the first level" },
	{ "walks", "page walks", COLUMN_UINT, 0, "in neither level" },
	{ "walk_share", "walks", COLUMN_PERCENT, 2, "share of the accesses" },
};

static struct table *pressure_table(const struct context *c)
{
	struct table *t = table_new(pressure_columns,
				    sizeof(pressure_columns) / sizeof(*pressure_columns));

	for (unsigned i = 0; t && i < c->x.count; i++) {
		const struct tlb *x = &c->x.t[i];

		table_row(t);
		table_string(t, x->model->processor);
		table_string(t, size_names[x->size]);
		table_uint(t, tlb_reach(x->model, x->size) >> 10);
		table_uint(t, x->accesses);
		table_uint(t, x->l1_misses);
		table_uint(t, x->walks);
		table_real(t, x->accesses ? (double)x->walks / (double)x->accesses : NAN);
	}
	return t;
}

/* ---- maps of high memory ---- */

static const struct column kmap_columns[] = {
	{ "slots", "slots", COLUMN_UINT, 0, "of the window for permanent maps" },
	{ "own", "captured", COLUMN_STRING, 0, "whether the captured kernel's window is so" },
	{ "maps", "kmaps", COLUMN_UINT, 0, "permanent maps asked for" },
	{ "reused", "reused", COLUMN_UINT, 0, "that found their page mapped" },
	{ "flushes", "flushes", COLUMN_UINT, 0, "of the window, from the TLBs of all CPUs" },
	{ "sleeps", "sleeps", COLUMN_UINT, 0, "tasks that had to wait for a slot" },
	{ "temporary", "kmap_local", COLUMN_UINT, 0, "temporary maps" },
	{ "local_flushes", "of one page", COLUMN_UINT, 0, "flushes of one address on one CPU" },
};

static struct table *kmap_table(const struct context *c)
{
	struct table *t = table_new(kmap_columns, sizeof(kmap_columns) / sizeof(*kmap_columns));

	for (unsigned i = 0; t && i < c->kmaps.count; i++) {
		const struct kmaps_window *w = &c->kmaps.window[i];

		table_row(t);
		table_uint(t, w->slots);
		table_string(t, w->own ? "yes" : "no");
		table_uint(t, w->s.kmaps - w->s.temporary);
		table_uint(t, w->s.reused);
		table_uint(t, w->s.flushes);
		table_uint(t, w->s.sleeps);
		table_uint(t, w->s.temporary);
		table_uint(t, w->s.local_flushes);
	}
	return t;
}

/* ---- the whole ---- */

static int find_models(struct context *c, struct err *e)
{
	const char *const *names = wanted.count ? wanted.items : hardware_processors;
	size_t n = wanted.count;

	while (!wanted.count && names[n])
		n++;
	for (size_t i = 0; i < n; i++) {
		const char *name = names[i];
		const struct tlb_model *m;

		if (!strcmp(name, "all")) {
			c->model_count = 0;
			for (unsigned k = 0; (m = tlb_model(k)) && k < MOST_MODELS; k++)
				c->models[c->model_count++] = m;
			return 0;
		}
		m = tlb_find(name);
		if (!m)
			return err_set(e, EINVAL,
				       "no processor '%.32s' is known; --help names them", name);
		if (c->model_count == MOST_MODELS)
			return err_set(e, E2BIG, "more than %d processors", MOST_MODELS);
		c->models[c->model_count++] = m;
	}
	return 0;
}

/* What user memory there is, by the machine as it was in the end. */
static int recorded_end(struct context *c, struct kmw_reader *k, struct err *e)
{
	struct replay_run_options o = { .name = "recorded" };
	struct replay_options ro = {
		.runs = &o, .run_count = 1, .stop_at = INFINITY, .progress = true
	};
	struct replay r = { 0 };
	int ret = replay_all(k, c->m, &ro, &r, e);

	if (ret >= 0)
		mapping_user(&c->map, r.runs[0].recorded, c->m);
	replay_free(&r);
	return ret;
}

static int put(struct table *t, const char *heading)
{
	int ret;

	if (format == TABLE_TEXT)
		printf("%s", heading);
	ret = t ? table_print(t, (enum table_format)format, stdout) : -ENOMEM;
	table_free(t);
	return ret;
}

static int print_json(const struct context *c)
{
	struct {
		const char *name;
		struct table *t;
	} all[] = { { "areas", area_table(c) },
		    { "free", free_table(c) },
		    { "kmap", kmap_table(c) },
		    { "pressure", pressure_table(c) } };
	struct json j;

	json_start(&j, stdout);
	json_object(&j, NULL);
	json_string(&j, "accesses",
		    accesses ? accesses : "implied by allocations and frees: a lower bound");
	for (unsigned k = 0; k < sizeof(all) / sizeof(*all); k++) {
		json_array(&j, all[k].name);
		if (all[k].t)
			table_json(all[k].t, &j);
		json_end_array(&j);
		table_free(all[k].t);
	}
	json_end_object(&j);
	return json_finish(&j);
}

static int print(const struct context *c)
{
	int ret = 0;

	if (format == TABLE_JSON)
		return print_json(c);
	if (format == TABLE_CSV)
		return put(pressure_table(c), "");
	if (c->map.count)
		ret = put(area_table(c), "Memory by its mappings:\n");
	if (ret >= 0 && c->m->zone_count && c->m->have_before)
		ret = put(free_table(c), "\nFree memory that could be mapped large:\n");
	if (ret >= 0 && c->kmaps.count)
		ret = put(kmap_table(c),
			  "\nMaps of high memory, replayed through windows of several sizes:\n");
	if (accesses)
		prose_print(stdout,
			    "\nData TLBs on the accesses of %s (%" PRIu64 " addresses, %" PRIu64
			    " regions):\n",
			    accesses, c->x.given, c->x.regions);
	else
		prose_print(
			stdout,
			"\nData TLBs on what the events imply (a LOWER BOUND: %" PRIu64
			" touches of objects as they come and go, %" PRIu64
			" of pages zeroed; what programs and the kernel do with them is not in the trace):\n",
			c->x.objects, c->x.pages);
	return ret < 0 ? ret : put(pressure_table(c), "");
}

static int tlb(struct kmw_reader *k, struct err *e)
{
	struct area areas[AREAS];
	struct context c = { .m = NULL };
	int ret = find_models(&c, e);

	if (ret >= 0) {
		c.m = import_machine(k, e);
		ret = c.m ? hardware_areas(k, c.m, areas, e) : err_code(e);
	}
	if (ret >= 0) {
		mapping_areas(&c.map, areas);
		ret = c.m->have_before ? recorded_end(&c, k, e) : 0;
	}
	if (ret >= 0)
		ret = kmaps_replay(&c.kmaps, k, c.m, e);
	if (ret >= 0)
		ret = touches_init(&c.x, c.models, c.model_count, c.m->cpus ? c.m->cpus : 64, e);
	if (ret >= 0)
		ret = accesses ? touches_read(&c.x, accesses, e) : touches_imply(&c.x, k, c.m, e);
	if (ret >= 0 && print(&c) < 0)
		ret = err_set(e, EIO, "the tables could not be printed");
	touches_free(&c.x);
	if (c.m)
		machine_free(c.m);
	return ret;
}

static int run(int argc, char **argv)
{
	return input_run("tlb", &in, argc, argv, tlb);
}

struct command cmd_tlb = {
	.name = "tlb",
	.summary = "what maps the kernel's memory, and the pressure on the TLB",
	.args = "CAPTURE",
	.description =
		"Prints how the kernel's memory is mapped (the direct map by meminfo, the vmalloc space by "
		"vmallocinfo), how many TLB entries map all of it, and what it would take otherwise: huge "
		"vmalloc, vmalloc areas taken with kmalloc, the direct map in 4 KiB, user memory in 2 MiB as "
		"far as the free blocks allow, or after a perfect compaction. Where the capture has maps of high "
		"memory, how often windows of several sizes would have been flushed. Then the pressure: a trace of allocations has no accesses, but for those "
		"that it implies, an object as it is given out and given back, a page that is zeroed. They are "
		"run through the data TLBs of named processors, one for each CPU, with the direct map in pages "
		"of 4 KiB, 2 MiB and 1 GiB. That is a lower bound; --accesses takes the addresses that a "
		"profiler saw instead.\n\n"
		"Levels are set-associative with LRU; where a processor shares a structure between sizes, one "
		"size has it for itself.",
	.examples = "kmemlab tlb traces/amd64-6.1-small\n"
		    "  the direct map in small pages and in large ones\n"
		    "kmemlab tlb --model all --format csv traces/amd64-6.1-small\n"
		    "  every processor that is known\n",
	.options = options,
	.run = run,
};
