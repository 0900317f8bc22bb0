// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lists: the ordered lists of a state as text, one list a line, head first; the
 * format stands in docs/captures.md.  Blocks that follow one another in memory
 * are written as FIRST..LAST, upwards or downwards in steps of one block.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/listset.h"
#include "machine/load.h"

#define HEADING "# kmemlab lists 1"

/* ---- out ---- */

static void write_blocks(FILE *f, const uint32_t *p, uint32_t n, unsigned order)
{
	uint32_t step = 1u << order;

	for (uint32_t i = 0; i < n;) {
		bool up = i + 1 < n && p[i + 1] == p[i] + step;
		bool down = i + 1 < n && p[i + 1] + step == p[i];
		uint32_t end = i + 1;

		while (end < n && ((up && p[end] == p[end - 1] + step) ||
				   (down && p[end] + step == p[end - 1])))
			end++;
		if (end - i > 2) {
			fprintf(f, " %" PRIu32 "..%" PRIu32, p[i], p[end - 1]);
			i = end;
		} else {
			fprintf(f, " %" PRIu32, p[i++]);
		}
	}
	fputc('\n', f);
}

static void write_all(const struct machine *m, const struct machine_state *s, FILE *f)
{
	fprintf(f, HEADING "\nsource %s\n", s->lists_source);
	if (s->lists_mark[0])
		fprintf(f, "mark %s\n", s->lists_mark);
	for (uint32_t i = 0; i < s->pcp_count; i++) {
		const struct machine_pcp *p = &s->pcps[i];
		const struct machine_zone *z = &m->zones[p->zone];

		fprintf(f, "counters %u %s %u:", z->node, z->name, p->cpu);
		fprintf(f, " count %d high %d batch %d", p->count, p->high, p->batch);
		fprintf(f, " free_factor %d expire %d", p->free_factor, p->expire);
		fprintf(f, " alloc_factor %d free_count %d", p->alloc_factor, p->free_count);
		if (p->high_max >= 0)
			fprintf(f, " high_min %d high_max %d", p->high_min, p->high_max);
		fputc('\n', f);
	}
	for (uint32_t i = 0; i < s->list_count; i++) {
		const struct machine_list *l = &s->lists[i];
		const struct machine_zone *z = &m->zones[l->zone];

		if (l->cpu < 0)
			fprintf(f, "free %u %s %u %s:", z->node, z->name, l->order,
				migratetype_name(l->type));
		else
			fprintf(f, "pcp %u %s %d %u %s:", z->node, z->name, l->cpu, l->order,
				migratetype_name(l->type));
		write_blocks(f, s->list_pfns + l->first, l->count, l->order);
	}
}

int machine_lists_text(const struct machine *m, const struct machine_state *s, struct blob *out,
		       struct err *e)
{
	if (!s->have_lists)
		return err_set(e, ENOENT, "there are no ordered lists: %s", s->lists_source);
	return state_text(m, s, write_all, "the lists", out, e);
}

/* ---- in ---- */

struct reading {
	const struct machine *m;
	struct text *t;
	struct listset set;
	char source[sizeof(((struct machine_state *)NULL)->lists_source)];
	char mark[sizeof(((struct machine_state *)NULL)->lists_mark)];
};

static int parse_zone(struct reading *r, struct span *s, struct err *e)
{
	struct span name;
	uint64_t node;
	int zone = -1;

	if (span_next_u64(s, &node) && span_word(s, &name))
		zone = machine_find_zone(r->m, node, name);
	return zone < 0 ? text_bad(r->t, e, "expected a node and one of its zones") : zone;
}

static int parse_cpu(struct reading *r, struct span *s, struct err *e)
{
	uint64_t cpu;

	if (!span_next_u64(s, &cpu) || cpu >= r->m->cpus)
		return text_bad(r->t, e, "expected a CPU's number below %u", r->m->cpus);
	return (int)cpu;
}

static bool next_int(struct span *s, int32_t *v)
{
	struct span word;
	uint64_t n;

	if (!span_word(s, &word))
		return false;
	if (span_is(word, "-1")) {
		*v = -1;
		return true;
	}
	*v = 0;
	return span_u64(word, &n) && n <= INT32_MAX && (*v = (int32_t)n, true);
}

static int parse_counters(struct reading *r, struct span where, struct span line, struct err *e)
{
	struct machine_pcp p = { .count = -1,
				 .high = -1,
				 .batch = -1,
				 .free_factor = -1,
				 .expire = -1,
				 .alloc_factor = -1,
				 .free_count = -1,
				 .high_min = -1,
				 .high_max = -1 };
	const struct {
		const char *name;
		int32_t *to;
	} keys[] = {
		{ "count", &p.count },		 { "high", &p.high },
		{ "batch", &p.batch },		 { "free_factor", &p.free_factor },
		{ "expire", &p.expire },	 { "alloc_factor", &p.alloc_factor },
		{ "free_count", &p.free_count }, { "high_min", &p.high_min },
		{ "high_max", &p.high_max },
	};
	int zone = parse_zone(r, &where, e), cpu = zone < 0 ? zone : parse_cpu(r, &where, e);
	struct span word;

	if (cpu < 0)
		return cpu;
	p.zone = (uint8_t)zone;
	p.cpu = (uint16_t)cpu;
	while (span_word(&line, &word)) {
		int32_t v;

		if (!next_int(&line, &v))
			return text_bad(r->t, e, "a counter is no number");
		for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
			if (span_is(word, keys[i].name))
				*keys[i].to = v;
	}
	if (r->set.pcp_count >= r->m->zone_count * r->m->cpus)
		return text_bad(r->t, e, "more counters than CPUs");
	return listset_add_pcp(&r->set, &p) ? err_set(e, ENOMEM, "out of memory") : 0;
}

/* "123" or "100..140" or "140..100". */
static int parse_piece(struct reading *r, struct span word, unsigned order, struct err *e)
{
	struct span first = word, last;
	uint64_t a, b, step = 1ull << order;
	int ret = 0;

	last = word;
	for (const char *p = word.p; p + 1 < word.end; p++)
		if (p[0] == '.' && p[1] == '.') {
			first.end = p;
			last.p = p + 2;
			break;
		}
	if (!span_u64(first, &a) || !span_u64(last, &b) || a >= r->m->max_pfn ||
	    b >= r->m->max_pfn || a % step || b % step)
		return text_bad(r->t, e, "%.*s is no block of order %u", (int)span_len(word),
				word.p, order);
	for (uint64_t p = a; !ret; p = a < b ? p + step : p - step) {
		ret = listset_add(&r->set, p, order);
		if (p == b)
			break;
	}
	if (ret == -EEXIST)
		return text_bad(r->t, e, "%.*s holds frames that are on a list already",
				(int)span_len(word), word.p);
	return ret ? err_set(e, ENOMEM, "out of memory") : 0;
}

static int parse_list(struct reading *r, struct span where, struct span line, bool pcp,
		      struct err *e)
{
	int zone = parse_zone(r, &where, e), cpu = -1, type = -1, ret;
	struct span word;
	uint64_t order;

	if (zone < 0)
		return zone;
	if (pcp) {
		cpu = parse_cpu(r, &where, e);
		if (cpu < 0)
			return cpu;
	}
	if (!span_next_u64(&where, &order) || order >= KMM_ORDERS || !span_word(&where, &word) ||
	    (type = migratetype_by_name(word)) < 0)
		return text_bad(r->t, e, "expected an order and a migrate type");
	ret = listset_open(&r->set, (uint8_t)zone, cpu, (uint8_t)order, (uint8_t)type);
	if (ret)
		return err_set(e, ENOMEM, "out of memory");
	while (!ret && span_word(&line, &word))
		ret = parse_piece(r, word, (unsigned)order, e);
	listset_close(&r->set);
	return ret;
}

static int parse_line(struct reading *r, struct span line, struct err *e)
{
	struct span rest = line, word, where;

	if (!span_word(&rest, &word) || *word.p == '#')
		return 0;
	if (span_is(word, "source") || span_is(word, "mark")) {
		if (rest.p < rest.end)
			rest.p++;
		if (span_is(word, "source"))
			span_copy(rest, r->source, sizeof(r->source));
		else
			span_copy(rest, r->mark, sizeof(r->mark));
		return 0;
	}
	if (!span_until(&rest, ':', &where))
		return text_bad(r->t, e,
				"expected \"free ...:\", \"pcp ...:\" or \"counters ...:\"");
	if (span_is(word, "free"))
		return parse_list(r, where, rest, false, e);
	if (span_is(word, "pcp"))
		return parse_list(r, where, rest, true, e);
	if (span_is(word, "counters"))
		return parse_counters(r, where, rest, e);
	return text_bad(r->t, e, "unknown kind of line: %.*s", (int)span_len(word), word.p);
}

int lists_parse(const struct machine *m, struct machine_state *s, struct text *t, struct err *e)
{
	struct reading r = { .m = m, .t = t };
	struct span line;
	int ret = 0;

	if (!text_next(t, &line) || !span_is(line, HEADING))
		return text_bad(t, e, "expected \"" HEADING "\"");
	if (listset_init(&r.set, m->max_pfn))
		return err_set(e, ENOMEM, "out of memory");
	while (!ret && text_next(t, &line))
		ret = parse_line(&r, line, e);
	if (!ret) {
		listset_give(&r.set, s);
		memcpy(s->lists_source, r.source, sizeof(r.source));
		memcpy(s->lists_mark, r.mark, sizeof(r.mark));
		s->have_lists = true;
	}
	listset_free(&r.set);
	return ret;
}
