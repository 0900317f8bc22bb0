// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyze/series.h"

#include <errno.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/sql.h"

const char *const series_counter_names[SERIES_COUNTERS] = {
	[SERIES_ALLOCS] = "allocs", [SERIES_FREES] = "frees",	      [SERIES_REFILLS] = "refills",
	[SERIES_DRAINS] = "drains", [SERIES_FALLBACKS] = "fallbacks", [SERIES_FAILED] = "failed",
};

static char *text(sqlite3_stmt *st, int column)
{
	const char *s = (const char *)sqlite3_column_text(st, column);

	return strdup(s ? s : "");
}

static uint64_t count(sqlite3_stmt *st, int column)
{
	int64_t v = sqlite3_column_int64(st, column);

	return v < 0 ? 0 : (uint64_t)v;
}

/* ---- the capture ---- */

static int read_zones(struct store *s, struct series_capture *c, struct err *e)
{
	sqlite3_stmt *st = sql_query(
		store_db(s), e,
		"SELECT zone, node, name, start_pfn, spanned, present, managed, wmark_min, "
		"wmark_low, wmark_high FROM zone WHERE capture_id = ? AND zone BETWEEN 0 AND ?",
		"ii", c->id, (int64_t)SERIES_ZONES - 1);
	int ret = -1;

	while (st && (ret = sql_row(st, e)) == 1) {
		unsigned i = (unsigned)sqlite3_column_int(st, 0);
		struct series_zone *z = &c->zone[i];
		const char *name = (const char *)sqlite3_column_text(st, 2);

		z->node = (unsigned)sqlite3_column_int(st, 1);
		if (c->nodes > 1)
			snprintf(z->name, sizeof(z->name), "node %u %.12s", z->node % 1000,
				 name ? name : "");
		else
			snprintf(z->name, sizeof(z->name), "%s", name ? name : "");
		z->start_pfn = count(st, 3);
		z->spanned = count(st, 4);
		z->present = count(st, 5);
		z->managed = count(st, 6);
		z->min = count(st, 7);
		z->low = count(st, 8);
		z->high = count(st, 9);
		if (c->zones < i + 1)
			c->zones = i + 1;
	}
	sqlite3_finalize(st);
	return ret < 0 ? e->code : 0;
}

int series_capture_read(struct store *s, int64_t id, struct series_capture *c, struct err *e)
{
	sqlite3_stmt *st = sql_query(
		store_db(s), e,
		"SELECT id, name, format, clock, kernel, arch, clock_is_time, first, last, "
		"events, lost, cpus, nodes, page_size, pageblock_order, orders, mem_total_kb FROM "
		"capture WHERE id = ?1 OR ?1 = 0 ORDER BY id DESC LIMIT 1",
		"i", id);
	int ret = st ? sql_row(st, e) : err_code(e);

	memset(c, 0, sizeof(*c));
	if (ret == 1) {
		c->id = sqlite3_column_int64(st, 0);
		c->name = text(st, 1);
		c->format = text(st, 2);
		c->clock = text(st, 3);
		c->kernel = text(st, 4);
		c->arch = text(st, 5);
		c->clock_is_time = sqlite3_column_int(st, 6);
		c->first = count(st, 7);
		c->last = count(st, 8);
		c->events = count(st, 9);
		c->lost = count(st, 10);
		c->cpus = (unsigned)sqlite3_column_int(st, 11);
		c->nodes = (unsigned)sqlite3_column_int(st, 12);
		c->page_size = (unsigned)sqlite3_column_int(st, 13);
		c->pageblock_order = (unsigned)sqlite3_column_int(st, 14);
		c->orders = (unsigned)sqlite3_column_int(st, 15);
		c->mem_total_kb = count(st, 16);
		if (c->page_size < 512 || c->page_size > 1 << 20)
			c->page_size = 4096;
		if (c->orders < 1 || c->orders > KMM_ORDERS)
			c->orders = KMM_ORDERS - 1;
		ret = c->name && c->format && c->clock && c->kernel && c->arch ?
			      0 :
			      err_set(e, ENOMEM, "out of memory");
	} else if (!ret) {
		ret = id ? err_set(e, ENOENT, "there is no capture %lld in the results",
				   (long long)id) :
			   err_set(e, ENOENT, "the results file holds no capture");
	}
	sqlite3_finalize(st);
	return ret < 0 ? ret : read_zones(s, c, e);
}

void series_capture_free(struct series_capture *c)
{
	free(c->name);
	free(c->format);
	free(c->clock);
	free(c->kernel);
	free(c->arch);
	memset(c, 0, sizeof(*c));
}

unsigned series_main_zone(const struct series_capture *c)
{
	unsigned best = 0;

	for (unsigned i = 1; i < c->zones; i++)
		if (c->zone[i].managed > c->zone[best].managed)
			best = i;
	return best;
}

int series_zone_by_name(const struct series_capture *c, const char *name)
{
	for (unsigned i = 0; i < c->zones; i++)
		if (!strcmp(c->zone[i].name, name))
			return (int)i;
	for (unsigned i = 0; i < c->zones; i++) { /* "Normal" of the first node that has one */
		const char *last = strrchr(c->zone[i].name, ' ');

		if (last && !strcmp(last + 1, name))
			return (int)i;
	}
	return -1;
}

/* ---- samples ---- */

/* The place of a sample among those taken; `at` moves forward, since rows come in order of seq. */
static bool place(const struct series *r, int64_t seq, uint32_t *at)
{
	while (*at < r->samples && r->seq[*at] < seq)
		(*at)++;
	return *at < r->samples && r->seq[*at] == seq;
}

static int read_times(struct store *s, const struct series_capture *c, struct series *r,
		      struct err *e)
{
	sqlite3_stmt *st;
	uint32_t every, i = 0;
	int ret = -1;

	st = sql_query(store_db(s), e,
		       "SELECT count(*) FROM sample WHERE run_id = ? AND seq BETWEEN 0 AND "
		       "4294967295",
		       "i", r->id);
	if (st && (ret = sql_row(st, e)) == 1)
		r->in_file = (uint32_t)sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	if (ret < 0)
		return err_code(e);
	every = r->in_file > SERIES_SAMPLES ? (r->in_file - 1) / SERIES_SAMPLES + 1 : 1;
	r->seq = calloc(SERIES_SAMPLES + 2, sizeof(*r->seq));
	r->time = calloc(SERIES_SAMPLES + 2, sizeof(*r->time));
	if (!r->seq || !r->time)
		return err_set(e, ENOMEM, "out of memory");
	st = sql_query(store_db(s), e,
		       "SELECT seq, time FROM sample WHERE run_id = ? AND seq BETWEEN 0 AND "
		       "4294967295 ORDER BY seq",
		       "i", r->id);
	ret = -1;
	for (; st && (ret = sql_row(st, e)) == 1; i++) {
		double t = (double)count(st, 1);

		if ((i % every && i + 1 < r->in_file) || r->samples > SERIES_SAMPLES)
			continue;
		t = c->clock_is_time ? t / 1e9 : t;
		if (r->samples && t < r->time[r->samples - 1])
			t = r->time[r->samples - 1]; /* lines never run backwards */
		r->seq[r->samples] = (uint32_t)sqlite3_column_int64(st, 0);
		r->time[r->samples++] = t;
	}
	sqlite3_finalize(st);
	return ret < 0 ? e->code : 0;
}

/*
 * Sample by sample, since of very many only some are taken.  No row at all: the
 * free lists are not known, not empty throughout.
 */
static int read_blocks(struct store *s, struct series *r, struct err *e)
{
	sqlite3_stmt *st = sql_query(store_db(s), e,
				     "SELECT zone, block_order, blocks FROM free_blocks WHERE "
				     "run_id = ?1 AND seq = ?2",
				     "i", r->id);
	int ret = st ? 0 : err_code(e);

	for (uint32_t i = 0; i < r->samples && ret >= 0; i++) {
		sqlite3_reset(st);
		sqlite3_bind_int64(st, 2, r->seq[i]);
		while ((ret = sql_row(st, e)) == 1) {
			int64_t zone = sqlite3_column_int64(st, 0);
			int64_t order = sqlite3_column_int64(st, 1);
			uint64_t n = count(st, 2);
			uint32_t *to;

			if (!r->blocks && !(r->blocks = calloc(r->samples, sizeof(*r->blocks)))) {
				ret = err_set(e, ENOMEM, "out of memory");
				break;
			}
			if (zone < 0 || zone >= SERIES_ZONES || order < 0 ||
			    order >= (int64_t)r->orders)
				continue;
			to = &r->blocks[i][zone][order];
			*to = n > UINT32_MAX - *to ? UINT32_MAX : *to + (uint32_t)n;
		}
	}
	sqlite3_finalize(st);
	return ret < 0 ? ret : 0;
}

static int read_pageblocks(struct store *s, struct series *r, struct err *e)
{
	sqlite3_stmt *st =
		sql_query(store_db(s), e,
			  "SELECT seq, type, sum(pageblocks) FROM pageblocks WHERE run_id = ? "
			  "GROUP BY seq, type ORDER BY seq",
			  "i", r->id);
	uint32_t at = 0;
	int ret = -1;

	while (st && (ret = sql_row(st, e)) == 1) {
		int64_t type = sqlite3_column_int64(st, 1);
		uint64_t n = count(st, 2);

		if (!r->pageblocks &&
		    !(r->pageblocks = calloc(r->samples, sizeof(*r->pageblocks)))) {
			ret = err_set(e, ENOMEM, "out of memory");
			break;
		}
		if (place(r, sqlite3_column_int64(st, 0), &at) && type >= 0 && type < SERIES_TYPES)
			r->pageblocks[at][type] = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
	}
	sqlite3_finalize(st);
	return ret < 0 ? e->code : 0;
}

static int read_pcp(struct store *s, struct series *r, struct err *e)
{
	sqlite3_stmt *st = sql_query(store_db(s), e,
				     "SELECT seq, sum(pcp_pages) FROM sample_zone WHERE run_id = "
				     "? AND pcp_pages IS NOT NULL GROUP BY seq ORDER BY seq",
				     "i", r->id);
	uint32_t at = 0;
	int ret = -1;

	while (st && (ret = sql_row(st, e)) == 1) {
		if (!r->pcp_pages && !(r->pcp_pages = calloc(r->samples, sizeof(*r->pcp_pages)))) {
			ret = err_set(e, ENOMEM, "out of memory");
			break;
		}
		if (place(r, sqlite3_column_int64(st, 0), &at))
			r->pcp_pages[at] = count(st, 1);
	}
	sqlite3_finalize(st);
	return ret < 0 ? e->code : 0;
}

static int read_thp(struct store *s, struct series *r, struct err *e)
{
	sqlite3_stmt *st = sql_query(store_db(s), e,
				     "SELECT seq, free, thp_able, grouped FROM thp_memory WHERE "
				     "run_id = ? ORDER BY seq",
				     "i", r->id);
	uint32_t at = 0;
	int ret = -1;

	while (st && (ret = sql_row(st, e)) == 1) {
		if (!r->thp) {
			r->thp = malloc(r->samples * sizeof(*r->thp));
			if (!r->thp) {
				ret = err_set(e, ENOMEM, "out of memory");
				break;
			}
			for (uint32_t i = 0; i < r->samples; i++)
				for (unsigned k = 0; k < SERIES_THP; k++)
					r->thp[i][k] = NAN;
		}
		if (place(r, sqlite3_column_int64(st, 0), &at))
			for (unsigned k = 0; k < SERIES_THP; k++)
				r->thp[at][k] = sql_real(st, 1 + (int)k);
	}
	sqlite3_finalize(st);
	return ret < 0 ? e->code : 0;
}

static int read_counters(struct store *s, struct series *r, struct err *e)
{
	sqlite3_stmt *st = sql_query(store_db(s), e,
				     "SELECT seq, name, value FROM counter WHERE run_id = ? ORDER "
				     "BY seq",
				     "i", r->id);
	uint32_t at = 0;
	int ret = -1;

	r->counters = malloc(r->samples * sizeof(*r->counters));
	if (!r->counters) {
		sqlite3_finalize(st);
		return err_set(e, ENOMEM, "out of memory");
	}
	for (uint32_t i = 0; i < r->samples; i++)
		for (unsigned k = 0; k < SERIES_COUNTERS; k++)
			r->counters[i][k] = NAN;
	while (st && (ret = sql_row(st, e)) == 1) {
		const char *name = (const char *)sqlite3_column_text(st, 1);

		if (!place(r, sqlite3_column_int64(st, 0), &at))
			continue;
		for (unsigned k = 0; name && k < SERIES_COUNTERS; k++)
			if (!strcmp(name, series_counter_names[k]))
				r->counters[at][k] = (double)count(st, 2);
	}
	sqlite3_finalize(st);
	return ret < 0 ? e->code : 0;
}

/* The first column says how the map is laid out; columns of another layout are left out. */
static int read_map(struct store *s, struct series *r, struct err *e)
{
	sqlite3_stmt *st = sql_query(store_db(s), e,
				     "SELECT seq, first_pfn, pages_per_cell, cells FROM "
				     "map_column WHERE run_id = ? ORDER BY seq",
				     "i", r->id);
	struct series_map *m = &r->map;
	uint32_t at = 0;
	int ret = -1;

	while (st && (ret = sql_row(st, e)) == 1) {
		const uint8_t *cells = sqlite3_column_blob(st, 3);
		int n = sqlite3_column_bytes(st, 3);
		int64_t pages = sqlite3_column_int64(st, 2);

		if (!cells || n < 1 || n > SERIES_MAP_ROWS || pages < 1 || pages > UINT32_MAX)
			continue;
		if (!m->cells) {
			m->first_pfn = count(st, 1);
			m->pages_per_cell = (uint32_t)pages;
			m->rows = (uint32_t)n;
			m->cells = malloc((size_t)r->samples * m->rows);
			if (!m->cells) {
				ret = err_set(e, ENOMEM, "out of memory");
				break;
			}
			memset(m->cells, CELL_KINDS, (size_t)r->samples * m->rows);
		}
		if ((uint32_t)n == m->rows && pages == m->pages_per_cell &&
		    place(r, sqlite3_column_int64(st, 0), &at))
			memcpy(m->cells + (size_t)at * m->rows, cells, (size_t)n);
	}
	sqlite3_finalize(st);
	return ret < 0 ? e->code : 0;
}

static int read_samples(struct store *s, const struct series_capture *c, struct series *r,
			struct err *e)
{
	int ret = read_times(s, c, r, e);

	if (ret < 0 || !r->samples)
		return ret;
	ret = read_blocks(s, r, e);
	if (ret >= 0)
		ret = read_pageblocks(s, r, e);
	if (ret >= 0)
		ret = read_pcp(s, r, e);
	if (ret >= 0)
		ret = read_thp(s, r, e);
	if (ret >= 0)
		ret = read_counters(s, r, e);
	return ret < 0 ? ret : read_map(s, r, e);
}

/* A policy may know fewer orders: a block of one that is not there is neither free nor short. */
static unsigned policy_orders(const char *text, unsigned orders)
{
	const char *section = text ? strstr(text, "[buddy]") : NULL;
	const char *end = section ? strstr(section, "\n[") : NULL;
	const char *key = section ? strstr(section, "\nmax_order = ") : NULL;
	long order = key && (!end || key < end) ? strtol(key + 13, NULL, 10) : -1;

	return order >= 0 && order < (long)orders ? (unsigned)order + 1 : orders;
}

int series_read(struct store *s, const struct series_capture *c, struct series *runs, unsigned *n,
		struct err *e)
{
	sqlite3_stmt *st = sql_query(
		store_db(s), e,
		"SELECT id, mode = 'simulated', policy, start, status, requests, "
		"seconds, policy_text FROM run WHERE capture_id = ? ORDER BY mode, id LIMIT ?",
		"ii", c->id, (int64_t)SERIES_RUNS);
	int ret = -1;

	*n = 0;
	while (st && (ret = sql_row(st, e)) == 1) {
		struct series *r = &runs[(*n)++];

		memset(r, 0, sizeof(*r));
		r->id = sqlite3_column_int64(st, 0);
		r->simulated = sqlite3_column_int(st, 1);
		r->policy = text(st, 2);
		r->start = text(st, 3);
		r->status = text(st, 4);
		r->requests = sql_real(st, 5);
		r->seconds = sql_real(st, 6);
		r->orders = c->orders;
		if (r->simulated)
			r->orders = policy_orders((const char *)sqlite3_column_text(st, 7),
						  c->orders);
		if (!r->policy || !r->start || !r->status)
			ret = err_set(e, ENOMEM, "out of memory");
		if (ret < 0)
			break;
	}
	sqlite3_finalize(st);
	for (unsigned i = 0; i < *n && ret >= 0; i++)
		ret = read_samples(s, c, &runs[i], e);
	if (ret >= 0)
		return 0;
	series_free(runs, *n);
	*n = 0;
	return err_code(e);
}

void series_free(struct series *runs, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		free(runs[i].policy);
		free(runs[i].start);
		free(runs[i].status);
		free(runs[i].seq);
		free(runs[i].time);
		free(runs[i].blocks);
		free(runs[i].pageblocks);
		free(runs[i].counters);
		free(runs[i].pcp_pages);
		free(runs[i].thp);
		free(runs[i].map.cells);
	}
}

void series_blocks(const struct series *r, uint32_t sample, int zone, uint64_t out[KMM_ORDERS])
{
	memset(out, 0, KMM_ORDERS * sizeof(*out));
	for (int z = zone < 0 ? 0 : zone; z < SERIES_ZONES; z++) {
		for (unsigned o = 0; o < r->orders; o++)
			out[o] += r->blocks[sample][z][o];
		if (zone >= 0)
			break;
	}
}
