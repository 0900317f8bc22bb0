// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/setload.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SETS (1u << 24)

static bool power_of_two(uint32_t v)
{
	return v && !(v & (v - 1));
}

unsigned cache_geometries(const struct machine *m, struct cache_geometry *g, unsigned most)
{
	unsigned n = 0;

	for (unsigned level = 1; level <= 4; level++)
		for (uint32_t i = 0; i < m->cache_count && n < most; i++) {
			const struct machine_cache *c = &m->caches[i];

			if (c->level != level || !strcmp(c->type, "Instruction") || !c->sets ||
			    c->sets > MOST_SETS || !c->ways || !power_of_two(c->line))
				continue;
			g[n] = (struct cache_geometry){
				.size = c->size, .line = c->line, .ways = c->ways, .sets = c->sets
			};
			snprintf(g[n].name, sizeof(g[n].name), "L%u%s", level,
				 strcmp(c->type, "Data") ? "" : "d");
			n++;
			break;
		}
	return n;
}

int cache_geometry_parse(const char *text, struct cache_geometry *g, struct err *e)
{
	unsigned long size, ways, line = 64;
	char unit = '\0', *end;

	memset(g, 0, sizeof(*g));
	size = strtoul(text, &end, 10);
	if (*end && strchr("kKmM", *end))
		unit = *end++;
	size <<= unit == 'k' || unit == 'K' ? 10 : unit ? 20 : 0;
	ways = *end == ':' ? strtoul(end + 1, &end, 10) : 0;
	if (*end == ':')
		line = strtoul(end + 1, &end, 10);
	if (*end || !ways || ways > 1024 || line < 8 || line > 1024 ||
	    !power_of_two((uint32_t)line) || size < ways * line || size > 1ul << 30 ||
	    size % (ways * line))
		return err_set(e, EINVAL,
			       "'%.40s' is no cache: SIZE:WAYS[:LINE], such as 32K:8 or 1M:16:64",
			       text);
	g->size = (uint32_t)size;
	g->ways = (uint32_t)ways;
	g->line = (uint32_t)line;
	g->sets = (uint32_t)(size / (ways * line));
	snprintf(g->name, sizeof(g->name), "%.15s", text);
	return 0;
}

int setload_init(struct setload *s, const struct cache_geometry *g)
{
	s->g = *g;
	s->total = 0;
	s->lines = calloc(g->sets, sizeof(*s->lines));
	return s->lines ? 0 : -ENOMEM;
}

void setload_free(struct setload *s)
{
	free(s->lines);
	memset(s, 0, sizeof(*s));
}

void setload_clear(struct setload *s)
{
	memset(s->lines, 0, s->g.sets * sizeof(*s->lines));
	s->total = 0;
}

void setload_add(struct setload *s, uint64_t address)
{
	s->lines[address / s->g.line % s->g.sets]++;
	s->total++;
}

void setload_figures(const struct setload *s, struct setload_figures *f)
{
	double square = 0;

	memset(f, 0, sizeof(*f));
	if (!s->g.sets)
		return;
	f->lines = s->total;
	f->mean = (double)s->total / s->g.sets;
	for (uint32_t i = 0; i < s->g.sets; i++) {
		uint32_t n = s->lines[i];

		f->sets_used += n != 0;
		f->most = n > f->most ? n : f->most;
		f->misses += n > s->g.ways ? n : 0;
		square += ((double)n - f->mean) * ((double)n - f->mean);
	}
	f->deviation = sqrt(square / s->g.sets);
	/* Evenly: some sets have one line more than the others. */
	uint64_t low = s->total / s->g.sets, more = s->total % s->g.sets;

	if (low > s->g.ways)
		f->even_misses += (s->g.sets - more) * low;
	if (low + 1 > s->g.ways)
		f->even_misses += more * (low + 1);
}
