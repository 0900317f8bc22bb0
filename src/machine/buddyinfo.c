// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "machine/load.h"

int machine_find_zone(const struct machine *m, uint64_t node, struct span name)
{
	for (uint32_t i = 0; i < m->zone_count; i++)
		if (m->zones[i].node == node && span_is(name, m->zones[i].name))
			return (int)i;
	return -1;
}

/* "Node 0, zone      DMA      1      0 ..." */
static int parse_row(struct machine *m, struct text *t, struct span line,
		     uint64_t nr_free[][KMM_ORDERS], uint32_t *orders, struct err *e)
{
	struct span number, word, name;
	uint64_t node, v;
	uint32_t n = 0;
	int zone;

	if (!span_until(&line, ',', &number) || !span_word(&number, &word) ||
	    !span_is(word, "Node") || !span_next_u64(&number, &node) || !span_word(&line, &word) ||
	    !span_is(word, "zone") || !span_word(&line, &name))
		return text_bad(t, e, "expected \"Node N, zone NAME\" and the free blocks");
	zone = machine_find_zone(m, node, name);
	if (zone < 0)
		return text_bad(t, e, "zoneinfo has no zone %.*s of node %llu", (int)span_len(name),
				name.p, (unsigned long long)node);
	while (span_word(&line, &word)) {
		if (n == KMM_ORDERS)
			return text_bad(t, e, "more than %d orders", KMM_ORDERS);
		if (!span_u64(word, &v))
			return text_bad(t, e, "a number of free blocks was expected");
		if (v << n >> n != v || v << n > m->zones[zone].spanned)
			return text_bad(t, e, "more free memory than zone %s has",
					m->zones[zone].name);
		nr_free[zone][n++] = v;
	}
	if (*orders && *orders != n)
		return text_bad(t, e, "%u orders where %u were expected", n, *orders);
	*orders = n;
	return 0;
}

int buddyinfo_parse(struct machine *m, struct machine_state *s, struct text *t, struct err *e)
{
	uint64_t nr_free[MACHINE_ZONES][KMM_ORDERS] = { 0 };
	struct span line, word, rest;
	uint32_t orders = m->orders, rows = 0;

	while (text_next(t, &line)) {
		int ret;

		rest = line;
		if (!span_word(&rest, &word))
			continue;
		ret = parse_row(m, t, line, nr_free, &orders, e);
		if (ret)
			return ret;
		rows++;
	}
	if (rows != m->zone_count)
		return text_bad(t, e, "%u zones where zoneinfo has %u", rows, m->zone_count);
	m->orders = orders;
	memcpy(s->nr_free, nr_free, sizeof(nr_free));
	s->have_buddyinfo = true;
	return 0;
}
