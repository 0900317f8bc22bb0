// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/evidence.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/pinned.h"
#include "workload/import.h"

#define SITE 200

struct writer {
	struct store *s;
	int64_t id;
	const struct replay *r;
	struct replay_run *run;
	struct kallsyms *symbols;
};

static void site_text(const struct writer *w, uint64_t site, char out[SITE])
{
	*out = 0;
	if (site)
		kallsyms_print(w->symbols, site, out, SITE);
}

static uint64_t time_of(uint64_t since)
{
	return since == FORENSICS_BEFORE ? STORE_NO_TIME : since;
}

static int pin_rows(const struct writer *w, struct err *e)
{
	const struct forensics *f = &w->run->forensics;
	char site[SITE];
	int ret = 0;

	for (uint32_t i = 0; i < f->pin_count && ret >= 0; i++) {
		const struct pin *p = &f->pins[i];
		struct store_pin row = {
			.owner = request_owner_name((enum request_owner)p->owner),
			.cache = p->cache,
			.site = site,
			.reclaimable = p->reclaimable,
			.before = p->before,
			.kept = p->kept,
			.blocks = p->blocks,
			.alone = p->alone,
			.pages = p->pages,
			.allocations = p->holders,
			.one_object = p->one_object,
			.oldest = time_of(p->oldest),
			.newest = time_of(p->newest),
		};

		site_text(w, p->site, site);
		ret = store_add_pin(w->s, w->id, i, &row, e);
	}
	return ret;
}

/* The pin that most pages of a block belong to, and its largest allocation there. */
static uint32_t largest(const struct forensics *f, uint32_t block, uint64_t *since)
{
	uint32_t best = 0;
	uint64_t most = 0;

	for (uint32_t i = f->first[block]; i < f->first[block + 1]; i++) {
		uint64_t pages = 0;

		for (uint32_t j = f->first[block]; j < f->first[block + 1]; j++)
			if (f->holders[j].pin == f->holders[i].pin)
				pages += f->holders[j].pages;
		if (pages > most) {
			most = pages;
			best = f->holders[i].pin;
			*since = f->holders[i].since;
		}
	}
	return best;
}

static int block_rows(const struct writer *w, struct err *e)
{
	const struct forensics *f = &w->run->forensics;
	int ret = 0;

	for (uint32_t b = 0; b < f->use.blocks && ret >= 0; b++) {
		const struct block_pages *n = &f->use.pages[b];
		struct store_mixed_block row = {
			.first_pfn = (uint64_t)b << w->r->m->pageblock_order,
			.zone = f->use.zone[b],
			.type = f->type[b],
			.free = n->free,
			.pcp = n->pcp,
			.movable = n->movable,
			.pinned = n->pinned,
			.allocations = f->first[b + 1] - f->first[b],
		};
		uint64_t since = FORENSICS_BEFORE;

		if (!row.allocations)
			continue;
		row.rank = largest(f, b, &since);
		row.since = time_of(since);
		ret = store_add_mixed_block(w->s, w->id, &row, e);
	}
	return ret;
}

static int by_kept(const void *a, const void *b)
{
	const struct store_pin *x = a, *y = b;

	return x->kept > y->kept ? -1 : x->kept < y->kept;
}

/* Of a simulated machine owners are known, not caches and call sites. */
static int owner_pin_rows(const struct writer *w, struct err *e)
{
	struct pinned p[REQUEST_OWNER_COUNT];
	struct store_pin rows[REQUEST_OWNER_COUNT];
	unsigned n = 0;
	int ret = 0;

	pinned_find(&w->run->use, p);
	for (unsigned i = 0; i < REQUEST_OWNER_COUNT; i++)
		if (p[i].pages)
			rows[n++] = (struct store_pin){
				.owner = request_owner_name((enum request_owner)i),
				.cache = "",
				.site = "",
				.kept = p[i].kept,
				.blocks = p[i].blocks,
				.alone = p[i].alone,
				.pages = p[i].pages,
				.allocations = p[i].runs,
				.oldest = STORE_NO_TIME,
				.newest = STORE_NO_TIME,
			};
	if (n)
		qsort(rows, n, sizeof(*rows), by_kept);
	for (unsigned i = 0; i < n && ret >= 0; i++)
		ret = store_add_pin(w->s, w->id, i, &rows[i], e);
	return ret;
}

static int fallback_rows(const struct writer *w, struct err *e)
{
	const struct fallbacks *f = w->run->simulated ? simulated_fallbacks(w->run->simulated) :
							&w->run->fallbacks;
	int ret = f->no_memory ? err_set(e, ENOMEM, "out of memory for the fallbacks") : 0;

	for (uint32_t i = 0; i < f->count && ret >= 0; i++) {
		const struct fallback_row *x = &f->rows[i];
		struct store_fallback row = {
			.zone = x->zone,
			.type = x->type,
			.from = x->from,
			.order = x->order,
			.found = x->found,
			.claimed = x->claimed,
			.severity = fallback_severity_name((enum fallback_severity)x->severity),
			.events = x->events,
			.first = x->first,
			.last = x->last,
		};

		ret = store_add_fallback(w->s, w->id, &row, e);
	}
	return ret;
}

static int occupancy_rows(const struct writer *w, struct err *e)
{
	const struct forensics *f = &w->run->forensics;
	int ret = 0;

	for (uint32_t i = 0; i < f->cache_count; i++)
		for (uint32_t n = 0; n <= f->caches[i].room && ret >= 0; n++)
			if (f->caches[i].by[n])
				ret = store_add_occupancy(w->s, w->id, f->caches[i].cache,
							  f->caches[i].room, n, f->caches[i].by[n],
							  e);
	return ret;
}

/* ---- waste ---- */

struct site_sum {
	const struct maker *x;
	char cache[64];
	char site[SITE];
};

static int by_names(const void *a, const void *b)
{
	const struct site_sum *x = a, *y = b;
	int c = strcmp(x->cache, y->cache);

	return c ? c : strcmp(x->site, y->site);
}

static struct site_sum *site_sums(const struct writer *w, uint32_t *count)
{
	const struct makers *k = &w->run->makers;
	struct site_sum *all = malloc((k->count + 1ull) * sizeof(*all));

	*count = 0;
	for (uint32_t i = 0; all && i < k->count; i++) {
		struct site_sum *n = &all[*count];

		if (!k->makers[i].object)
			continue;
		n->x = &k->makers[i];
		if (n->x->cache)
			snprintf(n->cache, sizeof(n->cache), "%s",
				 intern_str(kmw_strings(w->r->k), n->x->cache));
		else
			snprintf(n->cache, sizeof(n->cache), "not named: %u bytes",
				 n->x->bytes_alloc);
		site_text(w, n->x->site, n->site);
		++*count;
	}
	if (all && *count)
		qsort(all, *count, sizeof(*all), by_names);
	return all;
}

static int site_rows(const struct writer *w, struct err *e)
{
	uint32_t count;
	struct site_sum *all = site_sums(w, &count);
	int ret = all ? 0 : err_set(e, ENOMEM, "out of memory for the call sites");

	for (uint32_t i = 0; i < count && ret >= 0;) {
		struct store_object_site row = { .cache = all[i].cache, .site = all[i].site };
		uint32_t from = i;

		for (; i < count && !by_names(&all[i], &all[from]); i++) {
			const struct maker *x = all[i].x;

			row.allocs += x->allocs;
			row.frees += x->frees;
			row.live += x->live;
			row.bytes_req += x->bytes_req;
			row.bytes_alloc += x->bytes_given;
			row.live_req += x->live_req;
			row.live_alloc += x->live_bytes;
			row.held_req += x->held_req;
			row.held_alloc += x->held_bytes;
		}
		ret = store_add_object_site(w->s, w->id, &row, e);
	}
	free(all);
	return ret;
}

int evidence_store(struct store *s, int64_t run_id, const struct replay *r, unsigned run,
		   struct err *e)
{
	struct writer w = { .s = s, .id = run_id, .r = r, .run = &r->runs[run] };
	int ret;

	if (w.run->simulated) {
		ret = fallback_rows(&w, e);
		/* Page blocks are those of the captured machine. */
		return ret < 0 || !w.run->use.pages || w.run->o.target ? ret :
									 owner_pin_rows(&w, e);
	}
	if (!w.run->makers.m)
		return 0;
	ret = import_symbols(r->k, &w.symbols, e);
	makers_settle(&w.run->makers, r->last);
	if (ret >= 0 && w.run->makers.no_memory)
		ret = err_set(e, ENOMEM, "out of memory for what was allocated by whom");
	if (ret >= 0)
		ret = pin_rows(&w, e);
	if (ret >= 0)
		ret = block_rows(&w, e);
	if (ret >= 0)
		ret = fallback_rows(&w, e);
	if (ret >= 0)
		ret = occupancy_rows(&w, e);
	if (ret >= 0)
		ret = site_rows(&w, e);
	kallsyms_free(w.symbols);
	return ret;
}
