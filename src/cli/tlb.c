// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemlab tlb: what maps the kernel's memory, and the pressure on the TLB that allocations alone make. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/progress.h"
#include "base/table.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "replay/areas.h"
#include "replay/tlb.h"
#include "trace/trace.h"
#include "workload/capture.h"

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
	  "addresses that were really touched, instead of what the events imply: \"[CPU] ADDRESS\" a line, "
	  "hexadecimal, such as perf script -F addr prints" },
	{ "format", 'F', OPTION_CHOICE, &format, "FORMAT", table_formats, "how to print it" },
	INPUT_OPTIONS(in),
	{ NULL },
};

static const char *const size_names[TLB_SIZES] = { "4 KiB", "2 MiB", "1 GiB" };

struct context {
	struct machine *m; /* NULL: a bare trace */
	struct area areas[AREAS];
	const struct tlb_model *models[MOST_MODELS];
	unsigned model_count;
	struct tlb t[MOST_MODELS * TLB_SIZES];
	unsigned count, cpus;
	uint64_t touches[2]; /* of objects, of pages */
};

/* ---- what is mapped ---- */

static const struct column area_columns[] = {
	{ "area", "area", COLUMN_STRING, 0, "part of the kernel's address space" },
	{ "ranges", "ranges", COLUMN_UINT, 0, "areas in vmallocinfo" },
	{ "bytes_4k", "by 4 KiB", COLUMN_UINT, 0, "bytes mapped by 4 KiB pages" },
	{ "bytes_2m", "by 2 MiB", COLUMN_UINT, 0, "bytes mapped by 2 MiB pages" },
	{ "bytes_1g", "by 1 GiB", COLUMN_UINT, 0, "bytes mapped by 1 GiB pages" },
	{ "entries", "TLB entries", COLUMN_UINT, 0, "entries that map all of it at once" },
	{ "entries_4k", "if all 4 KiB", COLUMN_UINT, 0, "entries if there were no large pages" },
};

static struct table *area_table(const struct context *c)
{
	struct table *t = table_new(area_columns, sizeof(area_columns) / sizeof(*area_columns));

	for (unsigned k = 0; t && k < AREAS; k++) {
		const struct area *a = &c->areas[k];
		uint64_t all = a->bytes[TLB_4K] + a->bytes[TLB_2M] + a->bytes[TLB_1G];

		if (!a->known)
			continue;
		table_row(t);
		table_string(t, area_name((enum area_kind)k));
		if (k == AREA_DIRECT)
			table_none(t);
		else
			table_uint(t, a->ranges);
		for (unsigned s = 0; s < TLB_SIZES; s++)
			table_uint(t, a->bytes[s]);
		table_uint(t, area_entries(a));
		table_uint(t, (all + 4095) >> 12);
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
	{ "reach", "reach, KiB", COLUMN_UINT, 0, "what the larger level maps" },
	{ "accesses", "accesses", COLUMN_UINT, 0, "touches of memory" },
	{ "l1_misses", "L1 misses", COLUMN_UINT, 0, "not in the first level" },
	{ "walks", "page walks", COLUMN_UINT, 0, "in neither level" },
	{ "walk_share", "walks", COLUMN_PERCENT, 2, "share of the accesses" },
};

static struct table *pressure_table(const struct context *c)
{
	struct table *t = table_new(pressure_columns,
				    sizeof(pressure_columns) / sizeof(*pressure_columns));

	for (unsigned i = 0; t && i < c->count; i++) {
		const struct tlb *x = &c->t[i];

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

static void touch(struct context *c, uint32_t cpu, uint64_t address)
{
	for (unsigned i = 0; i < c->count; i++)
		tlb_access(&c->t[i], cpu, address);
}

/*
 * What an event says was touched: an object when it is given out and when it is given
 * back (its free pointer, its contents), a page that is zeroed.
 */
static void imply(struct context *c, const struct event *ev)
{
	uint64_t base = c->m ? c->m->direct_map_base : 0;

	switch (ev->kind) {
	case EVENT_KMALLOC:
	case EVENT_KMALLOC_NODE:
	case EVENT_KMEM_CACHE_ALLOC:
	case EVENT_KMEM_CACHE_ALLOC_NODE:
	case EVENT_KFREE:
	case EVENT_KMEM_CACHE_FREE:
		if (ev->object.ptr < 4096)
			return;
		touch(c, ev->cpu, ev->object.ptr);
		c->touches[0]++;
		return;
	case EVENT_MM_PAGE_ALLOC:
		if (!base || ev->page.pfn == EVENT_NO_PFN || !(ev->page.gfp & KMM_GFP_ZERO))
			return;
		touch(c, ev->cpu, base + (ev->page.pfn << 12));
		c->touches[1]++;
		return;
	default:
		return;
	}
}

static int read_events(struct context *c, const struct capture *cap, struct err *e)
{
	struct trace_options o = { .keep_going = in.keep_going, .instance = in.instance };
	struct progress bar;
	struct trace *t = trace_open(cap->trace, &o, e);
	uint64_t n = 0, total;
	struct event ev;
	int ret;

	if (!t)
		return err_code(e);
	progress_start(&bar, "tlb", "events");
	while ((ret = trace_next(t, &ev, e)) == 1) {
		imply(c, &ev);
		if (!(++n & 0xffff) && bar.on) {
			uint64_t done = trace_progress(t, &total);

			progress_update(&bar, done, total, n);
		}
	}
	progress_end(&bar);
	trace_close(t);
	return ret;
}

static int read_accesses(struct context *c, struct err *e)
{
	FILE *f = fopen(accesses, "re");
	char line[256];
	unsigned number = 0;
	int ret = 0;

	if (!f)
		return err_set(e, errno, "%s: %s", accesses, strerror(errno));
	while (ret >= 0 && fgets(line, sizeof(line), f)) {
		unsigned long long addr;
		unsigned cpu;

		number++;
		if (line[strspn(line, " \t\n")] == '\0' || *line == '#')
			continue;
		if (sscanf(line, " [%u] %llx", &cpu, &addr) != 2) {
			cpu = 0;
			if (sscanf(line, " %llx", &addr) != 1)
				ret = err_set(e, EBADMSG, "%s: line %u: expected \"[CPU] ADDRESS\"",
					      accesses, number);
		}
		if (ret >= 0)
			touch(c, cpu, addr);
	}
	if (ret >= 0 && ferror(f))
		ret = err_set(e, EIO, "%s: cannot be read", accesses);
	fclose(f);
	return ret;
}

/* ---- the whole ---- */

static int find_models(struct context *c, struct err *e)
{
	static const char *const usual[] = { "skylake", "zen3", "neoverse-n1" };
	const char *const *names = wanted.count ? wanted.items : usual;
	size_t n = wanted.count ? wanted.count : sizeof(usual) / sizeof(*usual);

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

static int make_tlbs(struct context *c, struct err *e)
{
	for (unsigned i = 0; i < c->model_count; i++)
		for (unsigned s = 0; s < TLB_SIZES; s++) {
			int ret = tlb_init(&c->t[c->count], c->models[i], (enum tlb_size)s,
					   c->cpus);

			if (!ret)
				c->count++;
			else if (ret == -ENOMEM)
				return err_set(e, ENOMEM, "out of memory");
		}
	return 0;
}

static int load(struct context *c, const struct capture *cap, struct err *e)
{
	struct snapshot_source src;
	int ret;

	c->cpus = 64;
	if (cap->kind != CAPTURE_DIR)
		return 0;
	ret = snapshot_dir_open(cap->dir, &src, e);
	if (ret < 0)
		return ret;
	c->m = machine_load(&src, e);
	ret = c->m ? areas_read(c->areas, &src, c->m->have_after ? "after" : "before", e) :
		     err_code(e);
	snapshot_dir_close(&src);
	if (c->m && c->m->cpus)
		c->cpus = c->m->cpus;
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
	struct json j;
	struct table *t;

	json_start(&j, stdout);
	json_object(&j, NULL);
	json_string(&j, "accesses",
		    accesses ? accesses : "implied by allocations and frees: a lower bound");
	for (unsigned k = 0; k < 3; k++) {
		t = k == 0 ? (c->m ? area_table(c) : NULL) :
		    k == 1 ? (c->m ? free_table(c) : NULL) :
			     pressure_table(c);
		json_array(&j, k == 0 ? "areas" : k == 1 ? "free" : "pressure");
		if (t)
			table_json(t, &j);
		json_end_array(&j);
		table_free(t);
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
	if (c->m) {
		ret = put(area_table(c), "Kernel memory by its mappings, bytes:\n");
		if (ret >= 0)
			ret = put(free_table(c), "\nFree memory that could be mapped large:\n");
		printf("\n");
	}
	if (accesses)
		printf("Data TLBs on the accesses of %s:\n", accesses);
	else
		printf("Data TLBs on what the events imply (a LOWER BOUND: %" PRIu64
		       " touches of objects as they come and\ngo, %" PRIu64
		       " of pages zeroed; what programs and the kernel do with them is not in the trace):\n",
		       c->touches[0], c->touches[1]);
	return ret < 0 ? ret : put(pressure_table(c), "");
}

static int run(int argc, char **argv)
{
	struct context c = { .m = NULL };
	struct capture cap;
	struct err e = { 0 };
	int ret;

	if (argc != 1) {
		fprintf(stderr, "kmemlab tlb: one capture is expected; see kmemlab tlb --help\n");
		return 2;
	}
	ret = find_models(&c, &e);
	if (ret >= 0)
		ret = capture_find(argv[0], &cap, &e);
	if (ret >= 0 && cap.kind == CAPTURE_KMW)
		ret = err_set(&e, EINVAL, "%s: a workload has no events any more; give its capture",
			      argv[0]);
	if (ret >= 0)
		ret = load(&c, &cap, &e);
	if (ret >= 0)
		ret = make_tlbs(&c, &e);
	if (ret >= 0)
		ret = accesses ? read_accesses(&c, &e) : read_events(&c, &cap, &e);
	if (ret >= 0 && print(&c) < 0)
		ret = err_set(&e, EIO, "the tables could not be printed");
	for (unsigned i = 0; i < c.count; i++)
		tlb_free(&c.t[i]);
	if (c.m)
		machine_free(c.m);
	return ret < 0 ? input_fail("tlb", &e) : 0;
}

struct command cmd_tlb = {
	.name = "tlb",
	.summary = "what maps the kernel's memory, and the pressure on the TLB",
	.args = "CAPTURE",
	.description =
		"Prints how the kernel's memory is mapped (the direct map by meminfo, the vmalloc space by "
		"vmallocinfo), how many TLB entries map all of it, and how much of the free memory could be "
		"mapped by 2 MiB pages. Then the pressure: a trace of allocations has no accesses, but for those "
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
