// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/load.h"

static const struct {
	const char *name;
	enum kmm_migratetype type;
} names[] = {
	{ "Unmovable", KMM_UNMOVABLE },
	{ "Movable", KMM_MOVABLE },
	{ "Reclaimable", KMM_RECLAIMABLE },
	{ "HighAtomic", KMM_HIGHATOMIC },
	{ "Reserve", KMM_HIGHATOMIC }, /* before 4.4 */
	{ "CMA", KMM_CMA },
	{ "Isolate", KMM_ISOLATE },
};

int migratetype_by_name(struct span name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (span_is(name, names[i].name))
			return (int)names[i].type;
	return -1;
}

const char *migratetype_name(unsigned type)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].type == type)
			return names[i].name;
	return "?";
}

/* The file as far as it is read; copied into the state when it proved whole. */
struct types {
	uint64_t nr_free[MACHINE_ZONES][KMM_MIGRATETYPES][KMM_ORDERS];
	bool cut[MACHINE_ZONES][KMM_MIGRATETYPES][KMM_ORDERS];
	uint64_t blocks[MACHINE_ZONES][KMM_MIGRATETYPES];
	bool seen[MACHINE_ZONES][KMM_MIGRATETYPES], seen_blocks[MACHINE_ZONES];
	uint8_t raw[16]; /* the columns of "Number of blocks type", in the kernel's own order */
	uint32_t raws;
	uint32_t pageblock_order, orders;
};

/* "Node    0, zone    DMA32" with either one more word after it or none; its zone. */
static int parse_zone(const struct machine *m, struct text *t, struct span *line, bool comma,
		      struct err *e)
{
	struct span number, word, name;
	uint64_t node;
	int zone;

	if (!span_until(line, ',', &number) || !span_word(&number, &word) ||
	    !span_is(word, "Node") || !span_next_u64(&number, &node) || !span_word(line, &word) ||
	    !span_is(word, "zone") || !span_word(line, &name))
		return text_bad(t, e, "expected \"Node N, zone NAME\"");
	if (comma && span_ends(name, ","))
		name.end--;
	zone = machine_find_zone(m, node, name);
	if (zone < 0)
		return text_bad(t, e, "zoneinfo has no zone %.*s of node %llu", (int)span_len(name),
				name.p, (unsigned long long)node);
	return zone;
}

/* "Node 0, zone DMA, type Movable 0 1 >100000 ..." */
static int parse_free(const struct machine *m, struct text *t, struct span line, struct types *y,
		      struct err *e)
{
	int zone = parse_zone(m, t, &line, true, e), type;
	struct span word, name;
	uint32_t n = 0;
	bool cut = false;

	if (zone < 0)
		return zone;
	if (!span_word(&line, &word) || !span_is(word, "type") || !span_word(&line, &name))
		return text_bad(t, e, "expected \"type NAME\"");
	type = migratetype_by_name(name);
	if (type < 0)
		return text_bad(t, e, "unknown migrate type %.*s", (int)span_len(name), name.p);
	while (span_word(&line, &word)) {
		uint64_t v;

		if (*word.p == '>') {
			cut = true;
			if (++word.p == word.end)
				continue;
		}
		if (n == KMM_ORDERS)
			return text_bad(t, e, "more than %d orders", KMM_ORDERS);
		if (!span_u64(word, &v) || v > MACHINE_FRAMES_MAX)
			return text_bad(t, e, "a number of free blocks was expected");
		y->cut[zone][type][n] = cut;
		y->nr_free[zone][type][n++] = v;
		cut = false;
	}
	if ((y->orders && y->orders != n) || !n)
		return text_bad(t, e, "%u orders where %u were expected", n, y->orders);
	y->orders = n;
	y->seen[zone][type] = true;
	return 0;
}

static int parse_header(struct text *t, struct span line, struct types *y, struct err *e)
{
	struct span word;

	y->raws = 0;
	while (span_word(&line, &word)) {
		int type = migratetype_by_name(word);

		if (type < 0)
			return text_bad(t, e, "unknown migrate type %.*s", (int)span_len(word),
					word.p);
		if (y->raws == sizeof(y->raw))
			return text_bad(t, e, "more than %zu migrate types", sizeof(y->raw));
		y->raw[y->raws++] = (uint8_t)type;
	}
	return y->raws ? 0 : text_bad(t, e, "no migrate types");
}

/* "Node 0, zone DMA 1 7 0 0 0" */
static int parse_blocks(const struct machine *m, struct text *t, struct span line, struct types *y,
			struct err *e)
{
	int zone = parse_zone(m, t, &line, false, e);

	if (zone < 0)
		return zone;
	for (uint32_t i = 0; i < y->raws; i++) {
		uint64_t v;

		if (!span_next_u64(&line, &v) || v > MACHINE_FRAMES_MAX)
			return text_bad(t, e, "expected %u numbers of pageblocks", y->raws);
		y->blocks[zone][y->raw[i]] = v;
	}
	y->seen_blocks[zone] = true;
	return 0;
}

static int parse_line(const struct machine *m, struct text *t, struct span line, struct types *y,
		      bool *blocks, struct err *e)
{
	struct span word, rest = line;
	uint64_t v;

	if (!span_word(&rest, &word))
		return 0;
	if (span_starts(line, "Page block order:")) {
		line.p += strlen("Page block order:");
		if (!span_next_u64(&line, &v) || !v || v >= KMM_ORDERS)
			return text_bad(t, e, "the page block order is not within 1..%d",
					KMM_ORDERS - 1);
		y->pageblock_order = (uint32_t)v;
		return 0;
	}
	if (span_starts(line, "Free pages count")) {
		*blocks = false;
		return 0;
	}
	if (span_starts(line, "Number of blocks type")) {
		*blocks = true;
		line.p += strlen("Number of blocks type");
		return parse_header(t, line, y, e);
	}
	/* Pages per block; with page_owner also "Number of mixed blocks" and its rows. */
	if (span_starts(line, "Number of mixed")) {
		y->raws = 0;
		return 0;
	}
	if (!span_is(word, "Node"))
		return 0;
	if (!*blocks)
		return parse_free(m, t, line, y, e);
	return y->raws ? parse_blocks(m, t, line, y, e) : 0;
}

static int check_whole(const struct machine *m, struct text *t, const struct types *y,
		       struct err *e)
{
	if (!y->pageblock_order)
		return text_bad(t, e, "the page block order is missing");
	for (uint32_t z = 0; z < m->zone_count; z++) {
		bool all = y->seen_blocks[z];

		for (uint32_t i = 0; i < y->raws; i++)
			all &= y->seen[z][y->raw[i]];
		if (!all)
			return text_bad(t, e, "rows of zone %s of node %u are missing",
					m->zones[z].name, m->zones[z].node);
	}
	if (m->orders && m->orders != y->orders)
		return text_bad(t, e, "%u orders where buddyinfo has %u", y->orders, m->orders);
	return 0;
}

int pagetypeinfo_parse(struct machine *m, struct machine_state *s, struct text *t, struct err *e)
{
	struct types *y = calloc(1, sizeof(*y));
	bool blocks = false;
	struct span line;
	int ret = 0;

	if (!y)
		return err_set(e, ENOMEM, "out of memory");
	while (!ret && text_next(t, &line))
		ret = parse_line(m, t, line, y, &blocks, e);
	if (!ret)
		ret = check_whole(m, t, y, e);
	if (!ret) {
		m->orders = y->orders;
		m->pageblock_order = y->pageblock_order;
		memset(m->migratetype_of_raw, KMM_ISOLATE, sizeof(m->migratetype_of_raw));
		memcpy(m->migratetype_of_raw, y->raw, y->raws);
		m->migratetypes = y->raws;
		memcpy(s->nr_free_type, y->nr_free, sizeof(y->nr_free));
		memcpy(s->nr_free_type_cut, y->cut, sizeof(y->cut));
		memcpy(s->pageblocks, y->blocks, sizeof(y->blocks));
		s->have_pagetypeinfo = true;
	}
	free(y);
	return ret;
}

void pagetypeinfo_default(struct machine *m, bool cma)
{
	static const uint8_t before_4_4[] = { KMM_UNMOVABLE, KMM_RECLAIMABLE, KMM_MOVABLE,
					      KMM_HIGHATOMIC };
	static const uint8_t since_4_4[] = { KMM_UNMOVABLE, KMM_MOVABLE, KMM_RECLAIMABLE,
					     KMM_HIGHATOMIC };
	bool old = m->kernel_major &&
		   (m->kernel_major < 4 || (m->kernel_major == 4 && m->kernel_minor < 4));

	memset(m->migratetype_of_raw, KMM_ISOLATE, sizeof(m->migratetype_of_raw));
	memcpy(m->migratetype_of_raw, old ? before_4_4 : since_4_4, sizeof(since_4_4));
	if (cma)
		m->migratetype_of_raw[4] = KMM_CMA;
	m->migratetypes = cma ? 6 : 5;
}
