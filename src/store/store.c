// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/schema.h"
#include "store/sql.h"

#define BATCH_ROWS 16384 /* a commit costs an fsync or two; a killed run loses at most this much */

enum statement {
	ADD_CAPTURE,
	ADD_ZONE,
	ADD_EVENT_COUNT,
	ADD_NOTE,
	ADD_RUN,
	END_RUN,
	SET_CONTROL,
	SET_START,
	ADD_SAMPLE,
	ADD_SAMPLE_ZONE,
	ADD_FREE_BLOCKS,
	ADD_PAGEBLOCKS,
	ADD_COUNTER,
	ADD_MAP_COLUMN,
	ADD_FIDELITY,
	ADD_OWNER,
	ADD_DEMAND,
	ADD_SLAB_CACHE,
	ADD_SLAB_CHANGE,
	ADD_BLOCK_USE,
	ADD_PIN,
	ADD_MIXED_BLOCK,
	ADD_FALLBACK,
	ADD_OCCUPANCY,
	ADD_OBJECT_SITE,
	ADD_SET_LOAD,
	ADD_SET_HISTOGRAM,
	ADD_MAPPING,
	ADD_TLB_PRESSURE,
	ADD_KMAP,
	STATEMENTS,
};

static const char *const sql_text[STATEMENTS] = {
	[ADD_CAPTURE] =
		("INSERT INTO capture (name, format, clock, kernel, arch, clock_is_time, first, "
		 "last,"
		 " events, lost, cpus, nodes, page_size, pageblock_order, orders, mem_total_kb)"
		 " VALUES (coalesce(?,''),?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"),
	[ADD_ZONE] = "INSERT INTO zone VALUES (?,?,?,coalesce(?,''),?,?,?,?,?,?,?)",
	[ADD_EVENT_COUNT] = "INSERT INTO event_count VALUES (?,coalesce(?,''),coalesce(?,''),?)",
	[ADD_NOTE] =
		"INSERT INTO note (capture_id, run_id, text) VALUES (?,nullif(?,0),coalesce(?,''))",
	[ADD_RUN] = ("INSERT INTO run (capture_id, mode, policy, policy_text, start, status)"
		     " VALUES (?,?,coalesce(?,''),?,?,'incomplete')"),
	[END_RUN] = "UPDATE run SET status = ?, requests = ?, seconds = ? WHERE id = ?",
	[SET_CONTROL] = "UPDATE run SET control = ? WHERE id = ?",
	[SET_START] = "UPDATE run SET start = ? WHERE id = ?",
	[ADD_SAMPLE] = "INSERT INTO sample VALUES (?,?,?,?)",
	[ADD_SAMPLE_ZONE] = "INSERT INTO sample_zone VALUES (?,?,?,nullif(?,-1))",
	[ADD_FREE_BLOCKS] = "INSERT INTO free_blocks VALUES (?,?,?,?,?,?)",
	[ADD_PAGEBLOCKS] = "INSERT INTO pageblocks VALUES (?,?,?,?,?)",
	[ADD_COUNTER] = "INSERT INTO counter VALUES (?,?,?,?)",
	[ADD_MAP_COLUMN] = "INSERT INTO map_column VALUES (?,?,?,?,?)",
	[ADD_FIDELITY] =
		("INSERT INTO fidelity (run_id, metric, zone, block_order, type, recorded, "
		 "simulated,"
		 " error, unit, note) VALUES (?,?,nullif(?,-1),nullif(?,-1),nullif(?,-1),?,?,?,?,?)"),
	[ADD_OWNER] = "INSERT INTO owner VALUES (?,?,coalesce(?,''),?,?,?,?)",
	[ADD_DEMAND] = "INSERT INTO demand VALUES (?,?,?,?,?,?,?,?)",
	[ADD_SET_LOAD] =
		("INSERT INTO set_load (capture_id, cache, addresses, level, size, ways, line, sets,"
		 " hot_lines, object_size, objects, lines, sets_used, most, mean, deviation, misses,"
		 " even_misses) VALUES (?,?,?,?,?,?,?,?,?,nullif(?,0),?,?,?,?,?,?,?,?)"),
	[ADD_SET_HISTOGRAM] = "INSERT INTO set_histogram VALUES (?,?,?)",
	[ADD_MAPPING] = ("INSERT INTO mapping (capture_id, subject, how, ranges, bytes_4k, bytes_2m,"
			 " bytes_1g, entries, extra) VALUES (?,?,?,nullif(?,0),?,?,?,?,?)"),
	[ADD_TLB_PRESSURE] = ("INSERT INTO tlb_pressure (capture_id, processor, mapping, reach,"
			      " accesses, l1_misses, walks) VALUES (?,?,?,?,?,?,?)"),
	[ADD_KMAP] = ("INSERT INTO kmap (capture_id, slots, own, maps, reused, flushes, sleeps,"
		      " temporary, local_flushes) VALUES (?,?,?,?,?,?,?,?,?)"),
	[ADD_SLAB_CACHE] = "INSERT INTO slab_cache VALUES (?,?,?,?,?,?,?,?,?)",
	[ADD_SLAB_CHANGE] = "INSERT INTO slab_change VALUES (?,?,?,?,?,?,nullif(?,-1),nullif(?,-1))",
	[ADD_BLOCK_USE] = "INSERT INTO block_use VALUES (?,?,?,?,?,?,?,?,?,?,?)",
	[ADD_PIN] = "INSERT INTO pin VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,nullif(?,-1),nullif(?,-1))",
	[ADD_MIXED_BLOCK] = "INSERT INTO mixed_block VALUES (?,?,?,?,?,?,?,?,?,?,nullif(?,-1))",
	[ADD_FALLBACK] = "INSERT INTO fallback VALUES (?,?,?,?,?,?,?,?,?,?,?)",
	[ADD_OCCUPANCY] = "INSERT INTO slab_occupancy VALUES (?,?,?,?,?)",
	[ADD_OBJECT_SITE] = "INSERT INTO object_site VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
};

struct store {
	sqlite3 *db;
	char *path;
	sqlite3_stmt *statements[STATEMENTS];
	unsigned pending;   /* rows since BEGIN */
	bool open;	    /* a transaction is open */
	struct err failure; /* the first failed write; nothing is written after it */
};

/* ---- opening, transactions, closing ---- */

static int configure(struct store *s, struct err *e)
{
	/*
	 * A rollback journal, not WAL: a finished file is one file, and what a
	 * killed writer leaves is put right by the next reader.
	 */
	static const char pragmas[] =
		"PRAGMA journal_mode=DELETE; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
		"PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8192;";
	int rc;

	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, 5000);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_limit(s->db, SQLITE_LIMIT_LENGTH, 64 << 20);
	rc = sqlite3_exec(s->db, pragmas, NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : sql_error(s->db, s->path, rc, e);
}

static void destroy(struct store *s)
{
	for (unsigned i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(s->statements[i]);
	sqlite3_close(s->db);
	free(s->path);
	free(s);
}

/* Where SQLite could not create a file it tried to read it, and tells of that attempt. */
static int open_error(struct store *s, int rc, bool create, struct err *e)
{
	int fd;

	if ((rc & 0xff) != SQLITE_CANTOPEN || !create)
		return sql_error(s->db, s->path, rc, e);
	fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return err_set(e, errno, "%s: cannot be created (%s)", s->path, strerror(errno));
	close(fd);
	return sql_error(s->db, s->path, rc, e);
}

struct store *store_open(const char *path, bool create, struct err *e)
{
	struct store *s;
	int rc;

	if (!*path) {
		err_set(e, ENOENT, "the name of the results file is empty");
		return NULL;
	}
	s = calloc(1, sizeof(*s));
	if (!s || !(s->path = strdup(path))) {
		err_set(e, ENOMEM, "%s: out of memory", path);
		free(s);
		return NULL;
	}
	/* Without write permission SQLite opens for reading, and the first write says so. */
	rc = sqlite3_open_v2(path, &s->db,
			     SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0), NULL);
	if (rc != SQLITE_OK) {
		open_error(s, rc, create, e);
		destroy(s);
		return NULL;
	}
	if (configure(s, e) < 0 || schema_make_or_check(s->db, path, create, e) < 0) {
		destroy(s);
		return NULL;
	}
	return s;
}

struct sqlite3 *store_db(struct store *s)
{
	return s->db;
}

/* Keep the first failure; the batch it was in is undone. */
static int fail(struct store *s, int rc, struct err *e)
{
	sql_error(s->db, s->path, rc, &s->failure);
	if (!sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	s->open = false;
	if (e)
		*e = s->failure;
	return s->failure.code;
}

static int commit(struct store *s, struct err *e)
{
	int rc;

	if (s->failure.code) {
		if (e)
			*e = s->failure;
		return s->failure.code;
	}
	if (!s->open)
		return 0;
	rc = sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return fail(s, rc, e);
	s->open = false;
	s->pending = 0;
	return 0;
}

int store_close(struct store *s, struct err *e)
{
	int ret;

	if (!s)
		return 0;
	ret = commit(s, e);
	destroy(s);
	return ret;
}

/* Before the rows of one call: a batch never ends in the middle of a sample. */
static int begin(struct store *s, struct err *e)
{
	int rc, ret = 0;

	if (s->failure.code || s->pending >= BATCH_ROWS)
		ret = commit(s, e);
	if (ret < 0 || s->open)
		return ret;
	rc = sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return fail(s, rc, e);
	s->open = true;
	return 0;
}

static int prepare(struct store *s, enum statement which, struct err *e)
{
	int rc = SQLITE_OK;

	if (!s->statements[which])
		rc = sqlite3_prepare_v3(s->db, sql_text[which], -1, SQLITE_PREPARE_PERSISTENT,
					&s->statements[which], NULL);
	return rc == SQLITE_OK ? 0 : fail(s, rc, e);
}

static int step(struct store *s, enum statement which, struct err *e)
{
	sqlite3_stmt *st = s->statements[which];
	int rc = sqlite3_step(st), ret = 0;

	if (rc != SQLITE_DONE)
		ret = fail(s, rc, e);
	sqlite3_reset(st);
	s->pending++;
	return ret;
}

/* Write one row; the types are sql_bind()'s. */
static int put(struct store *s, enum statement which, struct err *e, const char *types, ...)
{
	va_list ap;
	int rc, ret = prepare(s, which, e);

	if (ret < 0)
		return ret;
	va_start(ap, types);
	rc = sql_vbind(s->statements[which], types, ap);
	va_end(ap);
	return rc == SQLITE_OK ? step(s, which, e) : fail(s, rc, e);
}

/* ---- a capture ---- */

int64_t store_add_capture(struct store *s, const struct store_capture *c, struct err *e)
{
	int ret = begin(s, e);

	if (ret >= 0)
		ret = put(s, ADD_CAPTURE, e, "tttttiuuuuiiiiiu", c->name, c->format, c->clock,
			  c->kernel, c->arch, (int64_t)c->clock_is_time, c->first, c->last,
			  c->events, c->lost, (int64_t)c->cpus, (int64_t)c->nodes,
			  (int64_t)c->page_size, (int64_t)c->pageblock_order, (int64_t)c->orders,
			  c->mem_total_kb);
	return ret < 0 ? ret : sqlite3_last_insert_rowid(s->db);
}

int store_add_zone(struct store *s, int64_t capture, unsigned zone, unsigned node, const char *name,
		   uint64_t start_pfn, uint64_t spanned, uint64_t present, uint64_t managed,
		   uint64_t min, uint64_t low, uint64_t high, struct err *e)
{
	int ret = begin(s, e);

	return ret < 0 ? ret :
			 put(s, ADD_ZONE, e, "iiituuuuuuu", capture, (int64_t)zone, (int64_t)node,
			     name, start_pfn, spanned, present, managed, min, low, high);
}

int store_add_event_count(struct store *s, int64_t capture, const char *system, const char *name,
			  uint64_t count, struct err *e)
{
	int ret = begin(s, e);

	return ret < 0 ? ret : put(s, ADD_EVENT_COUNT, e, "ittu", capture, system, name, count);
}

int store_add_note(struct store *s, int64_t capture, int64_t run, const char *text, struct err *e)
{
	int ret = begin(s, e);

	return ret < 0 ? ret : put(s, ADD_NOTE, e, "iit", capture, run, text);
}

/* ---- a run ---- */

int64_t store_begin_run(struct store *s, int64_t capture, enum store_mode mode, const char *policy,
			const char *policy_text, const char *start, struct err *e)
{
	int64_t id;
	int ret = begin(s, e);

	if (ret >= 0)
		ret = put(s, ADD_RUN, e, "itttt", capture,
			  mode == STORE_RECORDED ? "recorded" : "simulated", policy, policy_text,
			  start);
	if (ret < 0)
		return ret;
	id = sqlite3_last_insert_rowid(s->db);
	ret = commit(s, e); /* whatever comes now, the file says that this run was begun */
	return ret < 0 ? ret : id;
}

int store_set_control(struct store *s, int64_t run, int64_t control, struct err *e)
{
	int ret = begin(s, e);

	return ret < 0 ? ret : put(s, SET_CONTROL, e, "ii", control, run);
}

int store_set_start(struct store *s, int64_t run, const char *start, struct err *e)
{
	int ret = begin(s, e);

	return ret < 0 ? ret : put(s, SET_START, e, "ti", start, run);
}

int store_end_run(struct store *s, int64_t run, bool complete, uint64_t requests, double seconds,
		  struct err *e)
{
	int ret = begin(s, e);

	if (ret >= 0)
		ret = put(s, END_RUN, e, "tudi", complete ? "complete" : "stopped", requests,
			  seconds, run);
	return ret < 0 ? ret : commit(s, e);
}

static int add_zone_of_sample(struct store *s, int64_t run, const struct store_sample *x,
			      unsigned zone, struct err *e)
{
	int64_t seq = x->seq, pcp = x->pcp_pages ? (int64_t)(x->pcp_pages[zone] & INT64_MAX) : -1;
	int ret = put(s, ADD_SAMPLE_ZONE, e, "iiii", run, seq, (int64_t)zone, pcp);

	for (int t = 0; t <= KMM_MIGRATETYPES && ret >= 0; t++) {
		for (int o = 0; o < KMM_ORDERS && ret >= 0; o++)
			if (x->nr_free[zone][t][o])
				ret = put(s, ADD_FREE_BLOCKS, e, "iiiiii", run, seq, (int64_t)zone,
					  (int64_t)t, (int64_t)o, (int64_t)x->nr_free[zone][t][o]);
		if (ret >= 0 && x->pageblocks && x->pageblocks[zone][t])
			ret = put(s, ADD_PAGEBLOCKS, e, "iiiii", run, seq, (int64_t)zone,
				  (int64_t)t, (int64_t)x->pageblocks[zone][t]);
	}
	return ret;
}

int store_add_sample(struct store *s, int64_t run, const struct store_sample *x, struct err *e)
{
	int ret = begin(s, e);

	if (ret >= 0)
		ret = put(s, ADD_SAMPLE, e, "iiuu", run, (int64_t)x->seq, x->time, x->request);
	for (unsigned z = 0; z < x->zones && ret >= 0; z++)
		ret = add_zone_of_sample(s, run, x, z, e);
	return ret;
}

int store_add_counter(struct store *s, int64_t run, uint32_t seq, const char *name, uint64_t value,
		      struct err *e)
{
	int ret = begin(s, e);

	return ret < 0 ? ret : put(s, ADD_COUNTER, e, "iitu", run, (int64_t)seq, name, value);
}

int store_add_map_column(struct store *s, int64_t run, uint32_t seq, uint64_t first_pfn,
			 uint32_t pages_per_cell, const uint8_t *cells, uint32_t count,
			 struct err *e)
{
	sqlite3_stmt *st;
	int rc, ret = begin(s, e);

	if (ret >= 0)
		ret = prepare(s, ADD_MAP_COLUMN, e);
	if (ret < 0)
		return ret;
	st = s->statements[ADD_MAP_COLUMN];
	rc = sql_bind(st, "iiui", run, (int64_t)seq, first_pfn, (int64_t)pages_per_cell);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_blob64(st, 5, cells ? cells : (const uint8_t *)"", count,
					 SQLITE_STATIC);
	return rc == SQLITE_OK ? step(s, ADD_MAP_COLUMN, e) : fail(s, rc, e);
}

int store_add_fidelity(struct store *s, int64_t run, const struct store_fidelity *f, struct err *e)
{
	int ret = begin(s, e);

	return ret < 0 ? ret :
			 put(s, ADD_FIDELITY, e, "itiiidddtt", run, f->metric, (int64_t)f->zone,
			     (int64_t)f->order, (int64_t)f->type, f->recorded, f->simulated,
			     f->error, f->unit, f->note);
}

int store_add_owner(struct store *s, int64_t run, const char *owner, const char *cache,
		    uint64_t allocs, uint64_t frees, uint64_t pages_live, uint64_t pages_peak,
		    struct err *e)
{
	int ret = begin(s, e);

	return ret < 0 ? ret :
			 put(s, ADD_OWNER, e, "ittuuuu", run, owner, cache, allocs, frees,
			     pages_live, pages_peak);
}

int store_add_demand(struct store *s, int64_t run, const struct store_demand *d, struct err *e)
{
	int ret = begin(s, e);

	return ret < 0 ? ret :
			 put(s, ADD_DEMAND, e, "ituuuuuu", run, d->kind, d->requested, d->served,
			     d->failed, d->responses, d->pages_recorded, d->pages_taken);
}

int store_add_slab_cache(struct store *s, int64_t run, const struct store_slab_cache *c,
			 struct err *e)
{
	int ret = begin(s, e);

	return ret < 0 ? ret :
			 put(s, ADD_SLAB_CACHE, e, "ituuuuuuu", run, c->name, (uint64_t)c->order,
			     (uint64_t)c->object_size, (uint64_t)c->size, c->slabs, c->objects,
			     c->active, c->in_use);
}

static int64_t time_or_none(uint64_t t)
{
	return t == STORE_NO_TIME ? -1 : (int64_t)(t & INT64_MAX);
}

int store_add_slab_change(struct store *s, int64_t run, const char *cache, uint32_t seq,
			  const struct store_slab_change *c, struct err *e)
{
	int ret = begin(s, e);

	return ret < 0 ? ret :
			 put(s, ADD_SLAB_CHANGE, e, "itiuuuii", run, cache, (int64_t)seq,
			     (uint64_t)c->slabs, (uint64_t)c->active, (uint64_t)c->in_use,
			     c->have_partial ? (int64_t)c->partial : -1,
			     time_or_none(c->have_partial ? c->partial_since : STORE_NO_TIME));
}

/* ---- what holds the page blocks ---- */

int store_add_block_use(struct store *s, int64_t run, uint32_t seq, unsigned zone,
			const struct store_block_use *u, struct err *e)
{
	int ret = begin(s, e);

	return ret < 0 ? ret :
			 put(s, ADD_BLOCK_USE, e, "iiiuuuuuuuu", run, (int64_t)seq, (int64_t)zone,
			     u->free, u->movable, u->mixed, u->pinned, u->partial, u->unknown,
			     u->pinning_pages, u->kept_pages);
}

int store_add_pin(struct store *s, int64_t run, unsigned rank, const struct store_pin *p,
		  struct err *e)
{
	int ret = begin(s, e);

	return ret < 0 ? ret :
			 put(s, ADD_PIN, e, "iitttiduuuuuiii", run, (int64_t)rank, p->owner,
			     p->cache, p->site, (int64_t)p->reclaimable, p->kept, p->blocks,
			     p->alone, p->pages, p->allocations, p->one_object, (int64_t)p->before,
			     time_or_none(p->oldest), time_or_none(p->newest));
}

int store_add_mixed_block(struct store *s, int64_t run, const struct store_mixed_block *b,
			  struct err *e)
{
	int ret = begin(s, e);

	return ret < 0 ? ret :
			 put(s, ADD_MIXED_BLOCK, e, "iuiiuuuuuii", run, b->first_pfn,
			     (int64_t)b->zone, (int64_t)b->type, b->free, b->pcp, b->movable,
			     b->pinned, b->allocations, (int64_t)b->rank, time_or_none(b->since));
}

int store_add_fallback(struct store *s, int64_t run, const struct store_fallback *f, struct err *e)
{
	int ret = begin(s, e);

	return ret < 0 ?
		       ret :
		       put(s, ADD_FALLBACK, e, "iiiiiiituuu", run, (int64_t)f->zone,
			   (int64_t)f->type, (int64_t)f->from, (int64_t)f->order, (int64_t)f->found,
			   (int64_t)f->claimed, f->severity, f->events, f->first, f->last);
}

int store_add_occupancy(struct store *s, int64_t run, const char *cache, unsigned room,
			unsigned in_use, uint64_t slabs, struct err *e)
{
	int ret = begin(s, e);

	return ret < 0 ? ret :
			 put(s, ADD_OCCUPANCY, e, "itiiu", run, cache, (int64_t)room,
			     (int64_t)in_use, slabs);
}

int store_add_object_site(struct store *s, int64_t run, const struct store_object_site *o,
			  struct err *e)
{
	int ret = begin(s, e);

	return ret < 0 ? ret :
			 put(s, ADD_OBJECT_SITE, e, "ittuuuuuuudd", run, o->cache, o->site,
			     o->allocs, o->frees, o->live, o->bytes_req, o->bytes_alloc,
			     o->live_req, o->live_alloc, o->held_req, o->held_alloc);
}

/* ---- hardware ---- */

int store_add_set_load(struct store *s, int64_t capture, const struct store_set_load *x,
		       struct err *e)
{
	int64_t id;
	int ret = begin(s, e);

	if (ret >= 0)
		ret = put(s, ADD_SET_LOAD, e, "itttuuuuuuuuuudduu", capture, x->cache, x->addresses,
			  x->level, (uint64_t)x->size, (uint64_t)x->ways, (uint64_t)x->line,
			  (uint64_t)x->sets, x->hot_lines, (uint64_t)x->object_size, x->objects,
			  x->lines, (uint64_t)x->sets_used, (uint64_t)x->most, x->mean,
			  x->deviation, x->misses, x->even_misses);
	id = ret < 0 ? 0 : sqlite3_last_insert_rowid(s->db);
	for (uint32_t i = 0; i <= x->most && ret >= 0; i++)
		if (x->histogram[i])
			ret = put(s, ADD_SET_HISTOGRAM, e, "iuu", id, (uint64_t)i, x->histogram[i]);
	return ret;
}

int store_add_mapping(struct store *s, int64_t capture, const struct store_mapping *x,
		      struct err *e)
{
	int ret = begin(s, e);

	return ret < 0 ? ret :
			 put(s, ADD_MAPPING, e, "ittuuuuuu", capture, x->subject, x->how, x->ranges,
			     x->bytes[0], x->bytes[1], x->bytes[2], x->entries, x->extra);
}

int store_add_tlb_pressure(struct store *s, int64_t capture, const struct store_tlb_pressure *x,
			   struct err *e)
{
	int ret = begin(s, e);

	return ret < 0 ? ret :
			 put(s, ADD_TLB_PRESSURE, e, "ittuuuu", capture, x->processor, x->mapping,
			     x->reach, x->accesses, x->l1_misses, x->walks);
}

int store_add_kmap(struct store *s, int64_t capture, const struct store_kmap *x, struct err *e)
{
	int ret = begin(s, e);

	return ret < 0 ? ret :
			 put(s, ADD_KMAP, e, "iuiuuuuuu", capture, (uint64_t)x->slots,
			     (int64_t)x->own, x->maps, x->reused, x->flushes, x->sleeps,
			     x->temporary, x->local_flushes);
}
