// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * blocktypes: the type of each pageblock as the kernel's own flags have it, read
 * from its memory: as a text, one line a type, blocks by their number (frame >>
 * order); the format stands in docs/captures.md.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/load.h"
#include "machine/pageblocks.h"

#define HEADING "# kmemlab pageblocks 1"

/*
 * Fallbacks between the reading of the flags and that of pagetypeinfo change a few; more apart
 * means that what was read are no flags.
 */
#define BLOCKS_APART 4
#define SHARE_APART 64 /* or this part of the zone's blocks */

static uint64_t blocks_of(const struct machine *m)
{
	return (m->max_pfn + (1ull << m->pageblock_order) - 1) >> m->pageblock_order;
}

/* ---- out ---- */

static void write_type(const struct machine_state *s, unsigned type, FILE *f)
{
	fprintf(f, "%s:", migratetype_name(type));
	for (uint64_t i = 0, end; i < s->block_count; i = end) {
		end = i + 1;
		if (s->block_types[i] != type)
			continue;
		while (end < s->block_count && s->block_types[end] == type)
			end++;
		if (end - i > 1)
			fprintf(f, " %" PRIu64 "..%" PRIu64, i, end - 1);
		else
			fprintf(f, " %" PRIu64, i);
	}
	fputc('\n', f);
}

static void write_all(const struct machine *m, const struct machine_state *s, FILE *f)
{
	fprintf(f, HEADING "\norder %u\n", m->pageblock_order);
	for (unsigned t = 0; t < KMM_MIGRATETYPES; t++)
		write_type(s, t, f);
}

int machine_blocks_text(const struct machine *m, const struct machine_state *s, struct blob *out,
			struct err *e)
{
	if (!s->block_types)
		return err_set(e, ENOENT, "the types of the pageblocks are not known");
	return state_text(m, s, write_all, "the pageblocks", out, e);
}

/* ---- in ---- */

static uint8_t *new_types(const struct machine *m)
{
	uint64_t n = blocks_of(m);
	uint8_t *types = malloc(n + 1);

	if (types)
		memset(types, PAGEBLOCK_NONE, n + 1);
	return types;
}

static void give(struct machine_state *s, uint8_t *types, uint64_t n)
{
	free(s->block_types);
	s->block_types = types;
	s->block_count = n;
}

/* "12" or "12..40". */
static int parse_piece(struct text *t, struct span word, unsigned type, uint8_t *types, uint64_t n,
		       struct err *e)
{
	struct span first = word, last = word;
	uint64_t a, b;

	for (const char *p = word.p; p + 1 < word.end; p++)
		if (p[0] == '.' && p[1] == '.') {
			first.end = p;
			last.p = p + 2;
			break;
		}
	if (!span_u64(first, &a) || !span_u64(last, &b) || a > b || b >= n)
		return text_bad(t, e, "%.*s is no pageblock below %llu", (int)span_len(word),
				word.p, (unsigned long long)n);
	for (uint64_t i = a; i <= b; i++) {
		if (types[i] != PAGEBLOCK_NONE)
			return text_bad(t, e, "pageblock %llu has two types",
					(unsigned long long)i);
		types[i] = (uint8_t)type;
	}
	return 0;
}

static int parse_line(const struct machine *m, struct text *t, struct span line, uint8_t *types,
		      struct err *e)
{
	struct span word, rest = line;
	uint64_t order;
	int type, ret = 0;

	if (!span_word(&rest, &word))
		return 0;
	if (span_is(word, "order")) {
		if (!span_next_u64(&rest, &order) || order != m->pageblock_order)
			return text_bad(t, e, "pageblocks of order %u were expected",
					m->pageblock_order);
		return 0;
	}
	if (!span_until(&line, ':', &word) || (type = migratetype_by_name(word)) < 0)
		return text_bad(t, e, "expected a migrate type and its pageblocks");
	while (!ret && span_word(&line, &word))
		ret = parse_piece(t, word, (unsigned)type, types, blocks_of(m), e);
	return ret;
}

int blocks_parse(struct machine *m, struct machine_state *s, struct text *t, struct err *e)
{
	struct span line;
	uint8_t *types;
	int ret = 0;

	if (!text_next(t, &line) || !span_is(line, HEADING))
		return text_bad(t, e, "expected \"" HEADING "\"");
	types = new_types(m);
	if (!types)
		return err_set(e, ENOMEM, "out of memory for the pageblocks");
	while (!ret && text_next(t, &line))
		ret = parse_line(m, t, line, types, e);
	if (ret)
		free(types);
	else
		give(s, types, blocks_of(m));
	return ret;
}

/* ---- from the kernel's memory ---- */

/* Blocks by which a zone differs from pagetypeinfo. */
static uint64_t apart(const struct machine *m, const struct machine_state *s, uint32_t zone,
		      const uint8_t *types)
{
	uint64_t count[KMM_MIGRATETYPES] = { 0 }, steps = pageblocks_counted(m, zone), sum = 0;

	for (uint64_t i = 0; i < steps; i++) {
		uint64_t b = pageblock_counted(m, zone, i);

		if (b < blocks_of(m) && types[b] < KMM_MIGRATETYPES)
			count[types[b]]++;
	}
	for (unsigned t = 0; t < KMM_MIGRATETYPES; t++)
		sum += count[t] > s->pageblocks[zone][t] ? count[t] - s->pageblocks[zone][t] :
							   s->pageblocks[zone][t] - count[t];
	return sum;
}

int blocks_from_raw(struct machine *m, struct machine_state *s, const char *dir,
		    const struct blob *raw)
{
	uint64_t n = blocks_of(m);
	uint8_t *types;

	if (!s->have_pagetypeinfo) {
		machine_note(m,
			     "%s/: the pageblocks' flags are not used: no pagetypeinfo to check "
			     "them by",
			     dir);
		return 0;
	}
	types = new_types(m);
	if (!types)
		return -ENOMEM;
	for (uint64_t i = 0; i < n && i < raw->len; i++)
		if (raw->data[i] < m->migratetypes)
			types[i] = m->migratetype_of_raw[raw->data[i]];
	for (uint32_t z = 0; z < m->zone_count; z++) {
		uint64_t off = apart(m, s, z, types), all = pageblocks_counted(m, z);

		if (off <= BLOCKS_APART || off <= all / SHARE_APART)
			continue;
		machine_note(m,
			     "%s/: the pageblocks' flags are not believed: in zone %s of node %u "
			     "they differ from pagetypeinfo by %llu of %llu",
			     dir, m->zones[z].name, m->zones[z].node, (unsigned long long)off,
			     (unsigned long long)all);
		free(types);
		return 0;
	}
	give(s, types, n);
	return 0;
}
