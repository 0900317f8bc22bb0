// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/schema.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "store/sql.h"

/* Lookup tables: numbers of enum kmm_migratetype (mm/gfp.h) and enum store_cell (store.h). */
static const char lookups[] =
	"CREATE TABLE migratetype (type INTEGER PRIMARY KEY, name TEXT NOT NULL) WITHOUT "
	"ROWID;INSERT INTO migratetype VALUES "
	"(0,'Unmovable'),(1,'Movable'),(2,'Reclaimable'),(3,'HighAtomic'),(4,'CMA'),(5,'Isolate'),(6,'Unknown');CREATE "
	"TABLE cell_kind (kind INTEGER PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;INSERT INTO "
	"cell_kind VALUES (0,'hole'),(1,'free'),(2,'per-CPU "
	"list'),(3,'user'),(4,'slab'),(5,'kernel'),(6,'reclaimable'),(7,'unknown');CREATE TABLE "
	"page_order (block_order INTEGER PRIMARY KEY) WITHOUT ROWID;INSERT INTO page_order VALUES "
	"(0),(1),(2),(3),(4),(5),(6),(7),(8),(9),(10),(11);";

static const char capture_tables[] =
	"CREATE TABLE capture ( id INTEGER PRIMARY KEY, name TEXT NOT NULL, format TEXT, clock "
	"TEXT, clock_is_time INTEGER NOT NULL CHECK (clock_is_time IN (0, 1)), kernel TEXT, arch "
	"TEXT, first INTEGER NOT NULL, last INTEGER NOT NULL, events INTEGER NOT NULL, lost "
	"INTEGER NOT NULL, cpus INTEGER NOT NULL, nodes INTEGER NOT NULL, page_size INTEGER NOT "
	"NULL, pageblock_order INTEGER NOT NULL, orders INTEGER NOT NULL, mem_total_kb INTEGER "
	"NOT NULL, added TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);CREATE TABLE zone ( capture_id "
	"INTEGER NOT NULL REFERENCES capture ON DELETE CASCADE, zone INTEGER NOT NULL, node "
	"INTEGER NOT NULL, name TEXT NOT NULL, start_pfn INTEGER NOT NULL, spanned INTEGER NOT "
	"NULL, present INTEGER NOT NULL, managed INTEGER NOT NULL, wmark_min INTEGER NOT NULL, "
	"wmark_low INTEGER NOT NULL, wmark_high INTEGER NOT NULL, PRIMARY KEY (capture_id, zone)) "
	"WITHOUT ROWID;CREATE TABLE event_count ( capture_id INTEGER NOT NULL REFERENCES capture "
	"ON DELETE CASCADE, system TEXT NOT NULL, name TEXT NOT NULL, count INTEGER NOT NULL, "
	"PRIMARY KEY (capture_id, system, name)) WITHOUT ROWID;";

static const char run_tables[] =
	"CREATE TABLE run ( id INTEGER PRIMARY KEY, capture_id INTEGER NOT NULL REFERENCES "
	"capture ON DELETE CASCADE, mode TEXT NOT NULL CHECK (mode IN ('recorded', 'simulated')), "
	"policy TEXT NOT NULL, policy_text TEXT, start TEXT, status TEXT NOT NULL CHECK (status "
	"IN ('incomplete', 'complete', 'stopped')), requests INTEGER, seconds REAL, control INTEGER "
	"REFERENCES run ON DELETE SET NULL);CREATE INDEX run_of_control ON run (control);CREATE INDEX "
	"run_of_capture ON run (capture_id);CREATE TABLE note ( id INTEGER PRIMARY KEY, "
	"capture_id INTEGER NOT NULL REFERENCES capture ON DELETE CASCADE, run_id INTEGER "
	"REFERENCES run ON DELETE CASCADE, text TEXT NOT NULL);CREATE INDEX note_of_capture ON "
	"note (capture_id);CREATE INDEX note_of_run ON note (run_id);CREATE TABLE fidelity ( id "
	"INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, metric "
	"TEXT NOT NULL, zone INTEGER, block_order INTEGER, type INTEGER REFERENCES migratetype, "
	"recorded REAL, simulated REAL, error REAL, unit TEXT, note TEXT);CREATE INDEX "
	"fidelity_of_run ON fidelity (run_id);CREATE TABLE owner ( run_id INTEGER NOT NULL "
	"REFERENCES run ON DELETE CASCADE, owner TEXT NOT NULL, cache TEXT NOT NULL, allocs "
	"INTEGER NOT NULL, frees INTEGER NOT NULL, pages_live INTEGER NOT NULL, pages_peak "
	"INTEGER NOT NULL, PRIMARY KEY (run_id, owner, cache)) WITHOUT ROWID;CREATE TABLE demand "
	"( run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, kind TEXT NOT NULL, "
	"requested INTEGER NOT NULL, served INTEGER NOT NULL, failed INTEGER NOT NULL, responses "
	"INTEGER NOT NULL, pages_recorded INTEGER NOT NULL, pages_taken INTEGER NOT NULL, PRIMARY "
	"KEY (run_id, kind), CHECK (requested = served + failed)) WITHOUT ROWID;CREATE TABLE "
	"slab_cache ( run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, cache TEXT NOT "
	"NULL, slab_order INTEGER NOT NULL, object_size INTEGER NOT NULL, size INTEGER NOT NULL, "
	"slabs INTEGER NOT NULL, objects INTEGER NOT NULL, active INTEGER NOT NULL, in_use "
	"INTEGER NOT NULL, PRIMARY KEY (run_id, cache)) WITHOUT ROWID;";

/* What holds the page blocks of the recorded machine, and the fallbacks that brought it there. */
static const char forensic_tables[] =
	"CREATE TABLE pin ( run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, rank INTEGER "
	"NOT NULL, owner TEXT NOT NULL, cache TEXT NOT NULL, site TEXT NOT NULL, reclaimable "
	"INTEGER NOT NULL, kept REAL NOT NULL, blocks INTEGER NOT NULL, alone INTEGER NOT NULL, "
	"pages INTEGER NOT NULL, allocations INTEGER NOT NULL, one_object INTEGER NOT NULL, "
	"before_start INTEGER NOT NULL, oldest INTEGER, newest INTEGER, PRIMARY KEY (run_id, rank)) "
	"WITHOUT ROWID;CREATE TABLE mixed_block ( run_id INTEGER NOT NULL REFERENCES run ON DELETE "
	"CASCADE, first_pfn INTEGER NOT NULL, zone INTEGER NOT NULL, type INTEGER NOT NULL "
	"REFERENCES migratetype, free INTEGER NOT NULL, pcp INTEGER NOT NULL, movable INTEGER NOT "
	"NULL, pinned INTEGER NOT NULL, allocations INTEGER NOT NULL, rank INTEGER NOT NULL, since "
	"INTEGER, PRIMARY KEY (run_id, first_pfn), FOREIGN KEY (run_id, rank) REFERENCES pin ON "
	"DELETE CASCADE) WITHOUT ROWID;CREATE TABLE fallback ( run_id INTEGER NOT NULL REFERENCES "
	"run ON DELETE CASCADE, zone INTEGER NOT NULL, type INTEGER NOT NULL REFERENCES migratetype, "
	"from_type INTEGER NOT NULL REFERENCES migratetype, block_order INTEGER NOT NULL, "
	"found_order INTEGER NOT NULL, claimed INTEGER NOT NULL CHECK (claimed IN (0, 1)), severity "
	"TEXT NOT NULL, events INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, "
	"PRIMARY KEY (run_id, zone, type, from_type, block_order, found_order, claimed)) WITHOUT "
	"ROWID;CREATE TABLE slab_occupancy ( run_id INTEGER NOT NULL REFERENCES run ON DELETE "
	"CASCADE, cache TEXT NOT NULL, room INTEGER NOT NULL, in_use INTEGER NOT NULL, slabs INTEGER "
	"NOT NULL, PRIMARY KEY (run_id, cache, room, in_use)) WITHOUT ROWID;CREATE TABLE object_site "
	"( run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, cache TEXT NOT NULL, site TEXT "
	"NOT NULL, allocs INTEGER NOT NULL, frees INTEGER NOT NULL, live INTEGER NOT NULL, bytes_req "
	"INTEGER NOT NULL, bytes_alloc INTEGER NOT NULL, live_req INTEGER NOT NULL, live_alloc "
	"INTEGER NOT NULL, held_req REAL NOT NULL, held_alloc REAL NOT NULL, PRIMARY KEY (run_id, "
	"cache, site)) WITHOUT ROWID;";

/* What the hardware makes of it: cache sets, TLB entries, maps of high memory. */
static const char hardware_tables[] =
	"CREATE TABLE set_load ( id INTEGER PRIMARY KEY, capture_id INTEGER NOT NULL REFERENCES "
	"capture ON DELETE CASCADE, cache TEXT NOT NULL, addresses TEXT NOT NULL, level TEXT NOT "
	"NULL, size INTEGER NOT NULL, ways INTEGER NOT NULL, line INTEGER NOT NULL, sets INTEGER "
	"NOT NULL, hot_lines INTEGER NOT NULL, object_size INTEGER, objects INTEGER NOT NULL, "
	"lines INTEGER NOT NULL, sets_used INTEGER NOT NULL, most INTEGER NOT NULL, mean REAL NOT "
	"NULL, deviation REAL NOT NULL, misses INTEGER NOT NULL, even_misses INTEGER NOT "
	"NULL);CREATE INDEX set_load_of_capture ON set_load (capture_id);CREATE TABLE "
	"set_histogram ( set_load_id INTEGER NOT NULL REFERENCES set_load ON DELETE CASCADE, lines "
	"INTEGER NOT NULL, sets INTEGER NOT NULL, PRIMARY KEY (set_load_id, lines)) WITHOUT "
	"ROWID;CREATE TABLE mapping ( id INTEGER PRIMARY KEY, capture_id INTEGER NOT NULL "
	"REFERENCES capture ON DELETE CASCADE, subject TEXT NOT NULL, how TEXT NOT NULL, ranges "
	"INTEGER, bytes_4k INTEGER NOT NULL, bytes_2m INTEGER NOT NULL, bytes_1g INTEGER NOT "
	"NULL, entries INTEGER NOT NULL, extra INTEGER NOT NULL);CREATE INDEX mapping_of_capture "
	"ON mapping (capture_id);CREATE TABLE tlb_pressure ( id INTEGER PRIMARY KEY, capture_id "
	"INTEGER NOT NULL REFERENCES capture ON DELETE CASCADE, processor TEXT NOT NULL, mapping "
	"TEXT NOT NULL, reach INTEGER NOT NULL, accesses INTEGER NOT NULL, l1_misses INTEGER NOT "
	"NULL, walks INTEGER NOT NULL);CREATE INDEX tlb_pressure_of_capture ON tlb_pressure "
	"(capture_id);CREATE TABLE kmap ( id INTEGER PRIMARY KEY, capture_id INTEGER NOT NULL "
	"REFERENCES capture ON DELETE CASCADE, slots INTEGER NOT NULL, own INTEGER NOT NULL, maps "
	"INTEGER NOT NULL, reused INTEGER NOT NULL, flushes INTEGER NOT NULL, sleeps INTEGER NOT "
	"NULL, temporary INTEGER NOT NULL, local_flushes INTEGER NOT NULL);CREATE INDEX "
	"kmap_of_capture ON kmap (capture_id);";

static const char sample_tables[] =
	"CREATE TABLE sample ( run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, seq "
	"INTEGER NOT NULL, time INTEGER NOT NULL, request INTEGER NOT NULL, PRIMARY KEY (run_id, "
	"seq)) WITHOUT ROWID;CREATE TABLE sample_zone ( run_id INTEGER NOT NULL, seq INTEGER NOT "
	"NULL, zone INTEGER NOT NULL, pcp_pages INTEGER, PRIMARY KEY (run_id, seq, zone), FOREIGN "
	"KEY (run_id, seq) REFERENCES sample ON DELETE CASCADE) WITHOUT ROWID;CREATE TABLE "
	"free_blocks ( run_id INTEGER NOT NULL, seq INTEGER NOT NULL, zone INTEGER NOT NULL, type "
	"INTEGER NOT NULL REFERENCES migratetype, block_order INTEGER NOT NULL, blocks INTEGER "
	"NOT NULL CHECK (blocks > 0), PRIMARY KEY (run_id, seq, zone, type, block_order), FOREIGN "
	"KEY (run_id, seq) REFERENCES sample ON DELETE CASCADE) WITHOUT ROWID;CREATE TABLE "
	"pageblocks ( run_id INTEGER NOT NULL, seq INTEGER NOT NULL, zone INTEGER NOT NULL, type "
	"INTEGER NOT NULL REFERENCES migratetype, pageblocks INTEGER NOT NULL, PRIMARY KEY "
	"(run_id, seq, zone, type), FOREIGN KEY (run_id, seq) REFERENCES sample ON DELETE "
	"CASCADE) WITHOUT ROWID;CREATE TABLE counter ( run_id INTEGER NOT NULL, seq INTEGER NOT "
	"NULL, name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (run_id, seq, name), "
	"FOREIGN KEY (run_id, seq) REFERENCES sample ON DELETE CASCADE) WITHOUT ROWID;CREATE "
	"TABLE map_column ( run_id INTEGER NOT NULL, seq INTEGER NOT NULL, first_pfn INTEGER NOT "
	"NULL, pages_per_cell INTEGER NOT NULL, cells BLOB NOT NULL, PRIMARY KEY (run_id, seq), "
	"FOREIGN KEY (run_id, seq) REFERENCES sample ON DELETE CASCADE) WITHOUT ROWID;CREATE TABLE "
	"block_use ( run_id INTEGER NOT NULL, seq INTEGER NOT NULL, zone INTEGER NOT NULL, free "
	"INTEGER NOT NULL, movable INTEGER NOT NULL, mixed INTEGER NOT NULL, pinned INTEGER NOT "
	"NULL, partial INTEGER NOT NULL, unknown INTEGER NOT NULL, pinning_pages INTEGER NOT NULL, "
	"kept_pages INTEGER NOT NULL, PRIMARY KEY (run_id, seq, zone), FOREIGN KEY (run_id, seq) "
	"REFERENCES sample ON DELETE CASCADE) WITHOUT ROWID;CREATE TABLE slab_change ( run_id "
	"INTEGER NOT NULL, cache TEXT NOT NULL, seq INTEGER NOT NULL, slabs INTEGER NOT NULL, "
	"active INTEGER NOT NULL, in_use INTEGER NOT NULL, partial INTEGER, partial_since "
	"INTEGER, PRIMARY KEY (run_id, cache, seq), FOREIGN KEY (run_id, seq) REFERENCES sample "
	"ON DELETE CASCADE) WITHOUT ROWID;";

static const char slab_views[] =
	"CREATE VIEW slab_series AS WITH c AS (SELECT *, lead(seq, 1, 1 << 62) OVER (PARTITION BY "
	"run_id, cache ORDER BY seq) AS until FROM slab_change) SELECT c.run_id, c.cache, s.seq, "
	"s.time, c.slabs, c.active, c.in_use, c.partial, max(s.time - c.partial_since, 0) AS "
	"partial_age FROM c JOIN sample s ON s.run_id = c.run_id AND s.seq >= c.seq AND s.seq < "
	"c.until;";

static const char summary_views[] =
	"CREATE VIEW run_summary AS SELECT r.id AS run_id, r.capture_id, c.name AS capture, "
	"r.mode, r.policy, r.start, r.status,  r.requests, r.seconds, r.requests / "
	"nullif(r.seconds, 0) AS requests_per_second,  (SELECT count(*) FROM sample s WHERE "
	"s.run_id = r.id) AS samples,  (SELECT max(time) FROM sample s WHERE s.run_id = r.id) AS "
	"last_time FROM run r JOIN capture c ON c.id = r.capture_id;CREATE VIEW latest_sample AS "
	"SELECT s.run_id, s.seq, s.time, s.request FROM sample s WHERE s.seq = (SELECT max(seq) "
	"FROM sample t WHERE t.run_id = s.run_id);CREATE VIEW fidelity_side_by_side AS SELECT "
	"r.capture_id, f.run_id, r.mode, r.policy, f.metric, z.name AS zone, z.node, "
	"f.block_order,  t.name AS type, f.recorded, f.simulated, f.error, f.unit, f.note FROM "
	"fidelity f JOIN run r ON r.id = f.run_id LEFT JOIN zone z ON z.capture_id = r.capture_id "
	"AND z.zone = f.zone LEFT JOIN migratetype t ON t.type = f.type;CREATE VIEW event_rate AS "
	"SELECT run_id, seq, time, name, value - before AS events, time - time_before AS "
	"duration,  1.0 * (value - before) / nullif(time - time_before, 0) AS per_unit FROM "
	"(SELECT k.run_id, k.seq, s.time, k.name, k.value,   lag(k.value) OVER w AS before, "
	"lag(s.time) OVER w AS time_before  FROM counter k JOIN sample s ON s.run_id = k.run_id "
	"AND s.seq = k.seq  WINDOW w AS (PARTITION BY k.run_id, k.name ORDER BY k.seq)) WHERE "
	"before IS NOT NULL;";

/*
 * The definitions of docs/metrics.md in SQL: S(o) blocks of order o could be cut
 * from the free blocks there are.  Zero rows are not stored, so each sample is
 * crossed with all orders that its capture has.
 */
static const char fragmentation_views[] =
	"CREATE VIEW zone_free AS SELECT z.run_id, z.seq, s.time, z.zone, o.block_order,  "
	"coalesce(sum(f.blocks << f.block_order), 0) AS free_pages,  coalesce(sum(f.blocks), 0) "
	"AS free_blocks,  coalesce(sum(f.blocks) FILTER (WHERE f.block_order = o.block_order), 0) "
	"AS blocks,  coalesce(sum(f.blocks << (f.block_order - o.block_order))   FILTER (WHERE "
	"f.block_order >= o.block_order), 0) AS suitable FROM sample_zone z JOIN sample s ON "
	"s.run_id = z.run_id AND s.seq = z.seq JOIN run r ON r.id = z.run_id JOIN capture c ON "
	"c.id = r.capture_id JOIN page_order o ON o.block_order < c.orders LEFT JOIN free_blocks "
	"f ON f.run_id = z.run_id AND f.seq = z.seq AND f.zone = z.zone GROUP BY z.run_id, z.seq, "
	"z.zone, o.block_order;CREATE VIEW zone_fragmentation AS SELECT *, CASE WHEN free_pages = "
	"0 THEN 1.0   ELSE 1.0 * (free_pages - (suitable << block_order)) / free_pages END AS "
	"unusable,  CASE WHEN free_blocks = 0 THEN 0.0 WHEN suitable > 0 THEN -1.0   ELSE 1.0 - "
	"(1.0 + 1.0 * free_pages / (1 << block_order)) / free_blocks END AS extfrag FROM "
	"zone_free;CREATE VIEW fragmentation AS SELECT run_id, seq, time, block_order, "
	"sum(free_pages) AS free_pages,  sum(free_blocks) AS free_blocks, sum(blocks) AS blocks, "
	"sum(suitable) AS suitable,  CASE WHEN sum(free_pages) = 0 THEN 1.0 ELSE   1.0 * "
	"(sum(free_pages) - (sum(suitable) << block_order)) / sum(free_pages) END AS unusable "
	"FROM zone_free GROUP BY run_id, seq, block_order;";

/* Huge pages there are, that compaction could make, and that perfect grouping would leave. */
static const char forensic_views[] =
	"CREATE VIEW thp_memory AS SELECT u.run_id, u.seq, s.time, sum(u.free) AS free, "
	"sum(u.free + u.movable) AS thp_able, sum(u.free + u.movable + u.mixed - (u.pinning_pages + "
	"(1 << c.pageblock_order) - 1 >> c.pageblock_order)) AS grouped, sum(u.mixed) AS mixed, "
	"sum(u.pinned) AS pinned, sum(u.partial) AS partial, sum(u.unknown) AS unknown, "
	"sum(u.pinning_pages) AS pinning_pages, sum(u.kept_pages) AS kept_pages FROM block_use u "
	"JOIN sample s ON s.run_id = u.run_id AND s.seq = u.seq JOIN run r ON r.id = u.run_id JOIN "
	"capture c ON c.id = r.capture_id GROUP BY u.run_id, u.seq;CREATE VIEW site_waste AS SELECT "
	"run_id, cache, site, allocs, live, bytes_alloc, 1.0 - 1.0 * bytes_req / "
	"nullif(bytes_alloc, 0) AS traffic_waste, held_alloc, 1.0 - held_req / nullif(held_alloc, 0) "
	"AS held_waste, live_alloc, live_alloc - live_req AS live_wasted FROM object_site;CREATE "
	"VIEW cache_waste AS SELECT run_id, cache, sum(allocs) AS allocs, sum(live) AS live, "
	"sum(bytes_alloc) AS bytes_alloc, 1.0 - 1.0 * sum(bytes_req) / nullif(sum(bytes_alloc), 0) "
	"AS traffic_waste, sum(held_alloc) AS held_alloc, 1.0 - sum(held_req) / "
	"nullif(sum(held_alloc), 0) AS held_waste, sum(live_alloc) AS live_alloc, sum(live_alloc) - "
	"sum(live_req) AS live_wasted FROM object_site GROUP BY run_id, cache;CREATE VIEW "
	"cache_occupancy AS SELECT run_id, cache, sum(slabs) AS slabs, sum(slabs * room) AS room, "
	"sum(slabs * in_use) AS in_use, coalesce(sum(slabs) FILTER (WHERE in_use = 0), 0) AS empty, "
	"coalesce(sum(slabs) FILTER (WHERE in_use = 1 AND room > 1), 0) AS one_object, "
	"coalesce(sum(slabs) FILTER (WHERE in_use = room), 0) AS full, max(0, sum(slabs) - "
	"(sum(slabs * in_use) + max(room) - 1) / max(room)) AS spare FROM slab_occupancy GROUP BY "
	"run_id, cache;";

static const char *const parts[] = {
	lookups,       capture_tables, run_tables,    forensic_tables,	   hardware_tables,
	sample_tables, slab_views,     summary_views, fragmentation_views, forensic_views,
};

static int make_objects(sqlite3 *db)
{
	int rc = SQLITE_OK;

	for (unsigned i = 0; i < sizeof(parts) / sizeof(*parts) && rc == SQLITE_OK; i++)
		rc = sqlite3_exec(db, parts[i], NULL, NULL, NULL);
	return rc;
}

static int make(sqlite3 *db, const char *path, struct err *e)
{
	char pragma[96];
	int rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = make_objects(db);
	snprintf(pragma, sizeof(pragma), "PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT",
		 SCHEMA_APPLICATION_ID, SCHEMA_VERSION);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, pragma, NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : sql_error(db, path, rc, e);
}

/* A single number from a query, or -1. */
static int64_t number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st = NULL;
	int64_t v = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		v = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return v;
}

static const char object_list[] =
	"SELECT name, type, sql FROM sqlite_schema WHERE type = 'trigger' OR (sql IS NOT NULL AND "
	"name NOT LIKE 'sqlite\\_%' ESCAPE '\\') ORDER BY type, name";

/* Walk the objects of the file beside those of a schema just made in memory. */
static int compare(sqlite3 *db, sqlite3 *want, const char *path, struct err *e)
{
	sqlite3_stmt *a = NULL, *b = NULL;
	int rc, ret = 0;

	rc = sqlite3_prepare_v2(want, object_list, -1, &a, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(db, "SELECT type, sql FROM sqlite_schema WHERE name = ?1",
					-1, &b, NULL);
	if (rc != SQLITE_OK) {
		ret = sql_error(db, path, rc, e);
		goto out;
	}
	while (sqlite3_step(a) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(a, 0), *sql;

		sqlite3_reset(b);
		sqlite3_bind_text(b, 1, name, -1, SQLITE_STATIC);
		rc = sqlite3_step(b);
		sql = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(b, 1) : NULL;
		if (!sql || strcmp(sql, (const char *)sqlite3_column_text(a, 2))) {
			ret = rc == SQLITE_ROW || rc == SQLITE_DONE ?
				      err_set(e, EINVAL, "%s: '%s' is %s in schema version %d",
					      path, name,
					      rc == SQLITE_ROW ? "not as expected" : "missing",
					      SCHEMA_VERSION) :
				      sql_error(db, path, rc, e);
			break;
		}
	}
	if (!ret && number(db, "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'") != 0)
		ret = err_set(e, EINVAL, "%s: a trigger was added; such a file is not read", path);
out:
	sqlite3_finalize(a);
	sqlite3_finalize(b);
	return ret;
}

static int check(sqlite3 *db, const char *path, struct err *e)
{
	int64_t id = number(db, "PRAGMA application_id"),
		version = number(db, "PRAGMA user_version");
	sqlite3 *want = NULL;
	int rc, ret;

	if (id != SCHEMA_APPLICATION_ID)
		return err_set(e, EINVAL, "%s: an SQLite file, but not one of kmemlab's results",
			       path);
	if (version != SCHEMA_VERSION)
		return err_set(e, EINVAL,
			       "%s: results of schema version %lld; this program reads version %d",
			       path, (long long)version, SCHEMA_VERSION);
	rc = sqlite3_open(":memory:", &want);
	if (rc == SQLITE_OK)
		rc = make_objects(want);
	ret = rc == SQLITE_OK ? compare(db, want, path, e) : sql_error(want, path, rc, e);
	sqlite3_close(want);
	return ret;
}

int schema_make_or_check(sqlite3 *db, const char *path, int create, struct err *e)
{
	sqlite3_stmt *st = NULL;
	/* The first real read: also finds out whether this is an SQLite file at all. */
	int rc = sqlite3_prepare_v2(db, "SELECT count(*) FROM sqlite_schema", -1, &st, NULL);
	int64_t objects = -1;

	if (rc == SQLITE_OK) {
		rc = sqlite3_step(st);
		if (rc == SQLITE_ROW)
			objects = sqlite3_column_int64(st, 0);
	}
	sqlite3_finalize(st);
	if (objects < 0)
		return sql_error(db, path, rc, e);
	if (objects || number(db, "PRAGMA application_id") > 0)
		return check(db, path, e);
	if (!create)
		return err_set(e, EINVAL, "%s: empty, not a results file", path);
	return make(db, path, e);
}
