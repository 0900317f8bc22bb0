// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/load.h"

#define MOST_SLABS 8192

struct machine_slab *slab_find(struct machine *m, struct span name)
{
	for (uint32_t i = 0; i < m->slab_count; i++)
		if (span_is(name, m->slabs[i].name))
			return &m->slabs[i];
	return NULL;
}

/* Room grows by doubling: the count alone says when. */
struct machine_slab *slab_add(struct machine *m, struct span name)
{
	uint32_t n = m->slab_count;
	struct machine_slab *s;

	if (n == MOST_SLABS)
		return NULL;
	if (!(n & (n - 1))) {
		s = realloc(m->slabs, (n ? n * 2 : 1) * sizeof(*s));
		if (!s)
			return NULL;
		m->slabs = s;
	}
	s = &m->slabs[n];
	memset(s, 0, sizeof(*s));
	s->name = strndup(name.p, span_len(name));
	if (!s->name)
		return NULL;
	m->slab_count++;
	return s;
}

void slabs_free(struct machine_slab *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t k = 0; k < s[i].alias_count; k++)
			free(s[i].aliases[k]);
		free(s[i].aliases);
		free(s[i].name);
	}
	free(s);
}

static int order_of_pages(uint64_t pages)
{
	if (!pages || pages & (pages - 1) || pages > 1u << (KMM_ORDERS - 1))
		return -1;
	return __builtin_ctzll(pages);
}

/* "name active num objsize objperslab pagesperslab : tunables ... : slabdata active num avail" */
static int parse_row(struct machine *m, struct text *t, struct span line, struct err *e)
{
	struct span name, counts, word;
	uint64_t v[5], active, slabs;
	struct machine_slab *s;

	if (!span_word(&line, &name))
		return 0;
	for (int i = 0; i < 5; i++)
		if (!span_next_u64(&line, &v[i]))
			return text_bad(t, e, "five numbers were expected after the cache's name");
	if (v[2] > UINT32_MAX || v[3] > UINT32_MAX || order_of_pages(v[4]) < 0)
		return text_bad(t, e, "object size %llu, %llu a slab of %llu pages: impossible",
				(unsigned long long)v[2], (unsigned long long)v[3],
				(unsigned long long)v[4]);
	if (!span_until(&line, ':', &counts) || !span_until(&line, ':', &counts) ||
	    !span_word(&line, &word) || !span_is(word, "slabdata") ||
	    !span_next_u64(&line, &active) || !span_next_u64(&line, &slabs))
		return text_bad(t, e, "expected \": slabdata\" and the numbers of slabs");
	if (slab_find(m, name))
		return text_bad(t, e, "cache %.*s appears twice", (int)span_len(name), name.p);
	s = slab_add(m, name);
	if (!s)
		return err_set(e, ENOMEM, "%s: no room for its caches", t->name);
	s->from_slabinfo = true;
	s->active_objs = v[0];
	s->num_objs = v[1];
	s->size = (uint32_t)v[2];
	s->objs_per_slab = (uint32_t)v[3];
	s->order = (uint32_t)order_of_pages(v[4]);
	s->active_slabs = active;
	s->num_slabs = slabs;
	return 0;
}

int slabinfo_parse(struct machine *m, struct text *t, struct err *e)
{
	struct span line;
	int ret = 0;

	if (!text_next(t, &line) || !span_starts(line, "slabinfo - version: 2."))
		return text_bad(t, e, "expected \"slabinfo - version: 2.\"");
	while (!ret && text_next(t, &line))
		if (line.p < line.end && *line.p != '#')
			ret = parse_row(m, t, line, e);
	if (ret) {
		slabs_free(m->slabs, m->slab_count);
		m->slabs = NULL;
		m->slab_count = 0;
	}
	return ret;
}
