// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemlab advise: what other slab caches would save, tried on the recorded requests. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/prose.h"
#include "base/table.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "machine/kallsyms.h"
#include "replay/objects.h"
#include "replay/savings.h"

#define MOST 64

static struct input_options in = INPUT_DEFAULTS;
static int format;
static uint64_t tries = 5;
static bool all;

static struct option options[] = {
	{ "tries", 't', OPTION_UINT, &tries, "N", NULL,
	  "alternatives of each kind to replay, those that could save most first (5; at most 64)" },
	{ "all", 'a', OPTION_FLAG, &all, NULL, NULL, "show also what saves nothing, or costs" },
	{ "format", 'F', OPTION_CHOICE, &format, "FORMAT", table_formats, "how to print it" },
	INPUT_OPTIONS(in),
	{ NULL },
};

static const struct column columns[] = {
	{ "saved_peak", "saved, peak", COLUMN_INT, 0,
	  "bytes less in slabs at the peak; negative: more" },
	{ "saved_end", "at end", COLUMN_INT, 0, "the same at the end" },
	{ "of_peak", "of", COLUMN_UINT, 0, "bytes in slabs at the peak, as it is" },
	{ "kind", "alternative", COLUMN_STRING, 0, "what is done otherwise" },
	{ "cache", "slab cache", COLUMN_STRING, 0, "whose objects" },
	{ "size", "size", COLUMN_UINT, 0, "bytes of an object there" },
	{ "new_size", "to", COLUMN_UINT, 0, "bytes of an object in the new cache" },
	{ "order", "order", COLUMN_UINT, 0, "of the slabs as it is" },
	{ "new_order", "to", COLUMN_UINT, 0, "of the new cache's slabs" },
	{ "objects", "objects", COLUMN_UINT, 0, "allocations that the new cache serves" },
	{ "with", "with", COLUMN_STRING, 0, "call site, or the other cache of a merge" },
};

static int64_t saved(const uint64_t bytes[2])
{
	return (int64_t)(bytes[0] - bytes[1]);
}

static int by_saving(const void *a, const void *b)
{
	const struct savings_trial *x = a, *y = b;

	if (saved(x->peak) != saved(y->peak))
		return saved(x->peak) < saved(y->peak) ? 1 : -1;
	if (saved(x->end) != saved(y->end))
		return saved(x->end) < saved(y->end) ? 1 : -1;
	return x->cache < y->cache ? -1 : x->cache > y->cache;
}

static int print(struct savings *s, const struct kallsyms *k, struct err *e)
{
	struct table *t = table_new(columns, sizeof(columns) / sizeof(*columns));
	uint32_t saving = 0;
	char name[48], site[200];
	int ret = 0;

	if (s->trial_count)
		qsort(s->trials, s->trial_count, sizeof(*s->trials), by_saving);
	for (uint32_t i = 0; t && i < s->trial_count; i++) {
		const struct savings_trial *x = &s->trials[i];

		saving += saved(x->peak) > 0;
		if (!all && saved(x->peak) <= 0)
			continue;
		table_row(t);
		table_int(t, saved(x->peak));
		table_int(t, saved(x->end));
		table_uint(t, x->peak[0]);
		table_string(t, savings_kind_name(x->kind));
		table_string(t, savings_cache_name(s, x->cache, name));
		table_uint(t, s->caches[x->cache].size);
		table_uint(t, x->size);
		table_uint(t, x->was);
		table_uint(t, x->order);
		table_uint(t, x->moved);
		if (x->kind == SAVINGS_DEDICATED) {
			kallsyms_print(k, s->groups[x->group].site, site, sizeof(site));
			table_string(t, site);
		} else if (x->kind == SAVINGS_MERGE) {
			table_string(t, savings_cache_name(s, x->other, name));
		} else {
			table_none(t);
		}
	}
	if (format == TABLE_TEXT)
		prose_print(
			stdout,
			"%" PRIu64
			" objects of the trace in %u caches, %u alternatives replayed through "
			"SLUB of Linux %u.%u, slabs empty at the start; %u save at the peak. Bytes:\n",
			s->objects, s->cache_count, s->trial_count, s->policy.version >> 16,
			s->policy.version >> 8 & 255, saving);
	if (!t || table_print(t, (enum table_format)format, stdout) < 0)
		ret = err_set(e, EIO, "the table could not be printed");
	table_free(t);
	return ret;
}

static int advise(struct kmw_reader *k, struct err *e)
{
	struct machine *m = import_machine(k, e);
	struct attribution a = { 0 };
	struct kmm_slab_policy policy;
	struct kallsyms *symbols = NULL;
	struct savings s = { 0 };
	int ret = m ? attribution_load(&a, k, e) : err_code(e);

	if (ret >= 0)
		ret = import_symbols(k, &symbols, e);
	if (ret >= 0) {
		objects_native_policy(m, &policy);
		ret = savings_read(&s, k, &a, &policy, e);
	}
	if (ret >= 0 && !s.objects)
		ret = err_set(e, ENODATA, "no slab object is allocated in this capture");
	if (ret >= 0)
		ret = savings_propose(&s, (uint32_t)tries, e);
	if (ret >= 0)
		ret = savings_try(&s, e);
	if (ret >= 0)
		ret = print(&s, symbols, e);
	savings_free(&s);
	kallsyms_free(symbols);
	attribution_free(&a);
	if (m)
		machine_free(m);
	return ret;
}

static int run(int argc, char **argv)
{
	if (!tries || tries > MOST) {
		fprintf(stderr, "kmemlab advise: --tries: 1 to %d\n", MOST);
		return 2;
	}
	return input_run("advise", &in, argc, argv, advise);
}

struct command cmd_advise = {
	.name = "advise",
	.summary = "what other slab caches would save",
	.args = "CAPTURE",
	.description =
		"Looks for call sites and caches whose slabs hold more memory than they need, and replays the "
		"recorded allocations and frees through the model of SLUB, as they are and under the "
		"alternative: a cache of its own for a call site of kmalloc; one more size class of kmalloc, or "
		"objects cut so that one more fits a slab; slabs of one order less or more; one cache for "
		"the objects of two of nearly the same size. What is compared are the bytes of the slabs' "
		"pages.\n\n"
		"Only objects allocated in the trace take part, and slabs are empty at its start: on the real "
		"machine, free objects of slabs that existed would serve some of them, so savings of short "
		"traces are too high. Alternatives are tried one by one: their savings do not add up.",
	.examples = "kmemlab advise traces/amd64-6.1-small\n"
		    "  what saves memory, most first\n"
		    "kmemlab advise --all --tries 20 --format csv traces/amd64-6.1-small\n"
		    "  everything that was tried\n",
	.options = options,
	.run = run,
};
