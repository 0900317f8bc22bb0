// SPDX-License-Identifier: GPL-2.0-or-later
/* zoneinfo: zones, watermarks and per-CPU list sizes from /proc/zoneinfo. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "machine/lines.h"
#include "machine/parse.h"

int machine_zone_type(const char *name)
{
	static const char *const names[KMM_ZONE_TYPES] = {
		[KMM_ZONE_DMA] = "DMA",		[KMM_ZONE_DMA32] = "DMA32",	[KMM_ZONE_NORMAL] = "Normal",
		[KMM_ZONE_HIGHMEM] = "HighMem", [KMM_ZONE_MOVABLE] = "Movable", [KMM_ZONE_DEVICE] = "Device",
	};

	for (int t = 0; t < KMM_ZONE_TYPES; t++)
		if (!strcmp(names[t], name))
			return t;
	return -1;
}

int machine_zone_find(const struct machine *m, unsigned node, const char *name)
{
	for (uint32_t z = 0; z < m->zone_count; z++)
		if (m->zones[z].node == node && !strcmp(m->zones[z].name, name))
			return (int)z;
	return -1;
}

int machine_zone_of(const struct machine *m, uint64_t pfn)
{
	for (uint32_t z = 0; z < m->zone_count; z++)
		if (pfn >= m->zones[z].start_pfn && pfn - m->zones[z].start_pfn < m->zones[z].spanned)
			return (int)z;
	return -1;
}

struct field {
	const char *key;
	size_t offset;
};

#define F(key, name) { key, offsetof(struct machine_zone, name) }
static const struct field fields[] = {
	F("boost", boost), F("min", min), F("low", low), F("high", high), F("spanned", spanned),
	F("present", present), F("managed", managed), F("cma", cma), F("start_pfn:", start_pfn),
};

/* "protection: (0, 442, 442)" */
static void protection(struct machine_zone *z, const char *p)
{
	z->protections = 0;
	while (*p && z->protections < KMM_ZONE_TYPES) {
		while (*p && (*p < '0' || *p > '9'))
			p++;
		if (*p)
			z->protection[z->protections++] = strtoull(p, (char **)&p, 10);
	}
}

struct walk {
	struct machine *m;
	struct machine_state *s;
	struct machine_zone z;
	int number;	/* of the zone being read, -1 none */
	bool defines;	/* this file defines the machine's zones */
	uint32_t cpu;
	uint64_t free;
	uint32_t counts[KMM_CPUS];
	uint32_t cpus;
};

/* A zone's paragraph is complete. */
static void finish(struct walk *w)
{
	struct machine *m = w->m;

	if (w->number < 0)
		return;
	if (w->defines && w->z.spanned && m->zone_count < MACHINE_ZONES && machine_zone_type(w->z.name) >= 0) {
		w->number = (int)m->zone_count++;
		w->z.type = (uint8_t)machine_zone_type(w->z.name);
		m->zones[w->number] = w->z;
		if (w->z.start_pfn + w->z.spanned > m->max_pfn)
			m->max_pfn = w->z.start_pfn + w->z.spanned;
		if (m->nodes <= w->z.node)
			m->nodes = w->z.node + 1u;
		if (m->cpus < w->cpus)
			m->cpus = w->cpus;
	} else {
		w->number = machine_zone_find(m, w->z.node, w->z.name);
	}
	if (w->number >= 0) {
		uint32_t *totals = w->s->pcp_totals;

		w->z.type = m->zones[w->number].type;
		w->s->zones[w->number] = w->z;
		w->s->zone_free[w->number] = w->free;
		if (totals)
			memcpy(totals + (size_t)w->number * KMM_CPUS, w->counts, w->cpus * sizeof(*totals));
	}
	w->number = -1;
}

static void zone_line(struct walk *w, const char *text)
{
	char key[32];
	uint64_t v;

	if (sscanf(text, " pages free %" SCNu64, &v) == 1) {
		w->free = v;
	} else if (!strncmp(text, "        protection:", 19)) {
		protection(&w->z, text + 19);
	} else if (sscanf(text, " cpu: %" SCNu64, &v) == 1) {
		w->cpu = v < KMM_CPUS ? (uint32_t)v : 0;
		if (w->cpus <= w->cpu)
			w->cpus = w->cpu + 1;
	} else if (sscanf(text, " %31s %" SCNu64, key, &v) == 2) {
		if (!strcmp(key, "count:"))
			w->counts[w->cpu] = (uint32_t)v;
		if (w->cpu == 0 && !strcmp(key, "high:"))
			w->z.pcp_high = (uint32_t)v;
		else if (w->cpu == 0 && !strcmp(key, "batch:"))
			w->z.pcp_batch = (uint32_t)v;
		else if (w->cpu == 0 && !strcmp(key, "high_min:"))
			w->z.pcp_high_min = (uint32_t)v;
		else if (w->cpu == 0 && !strcmp(key, "high_max:"))
			w->z.pcp_high_max = (uint32_t)v;
		for (unsigned i = 0; i < sizeof(fields) / sizeof(*fields); i++)
			if (!strcmp(key, fields[i].key))
				*(uint64_t *)((char *)&w->z + fields[i].offset) = v;
	}
}

int parse_zoneinfo(struct machine *m, struct machine_state *s, const struct blob *b, const char *file,
		   struct err *e)
{
	struct walk *w = calloc(1, sizeof(*w));
	struct lines l = lines_of(b);
	unsigned zones = 0;

	free(s->pcp_totals);
	s->pcp_totals = calloc((size_t)MACHINE_ZONES * KMM_CPUS, sizeof(*s->pcp_totals));
	if (!w || !s->pcp_totals) {
		free(w);
		return err_set(e, ENOMEM, "out of memory");
	}
	w->m = m;
	w->s = s;
	w->number = -1;
	w->defines = m->zone_count == 0;
	while (lines_next(&l)) {
		unsigned node;
		char name[16];

		if (sscanf(l.text, "Node %u, zone %15s", &node, name) == 2) {
			finish(w);
			if (node >= KMM_NODES) {
				free(w);
				return err_set(e, EBADMSG, "%s:%u: a node numbered %u", file, l.number, node);
			}
			memset(&w->z, 0, sizeof(w->z));
			memset(w->counts, 0, sizeof(w->counts));
			w->z.node = (uint8_t)node;
			snprintf(w->z.name, sizeof(w->z.name), "%s", name);
			w->number = 0;
			w->cpu = 0;
			zones++;
		} else if (w->number >= 0) {
			zone_line(w, l.text);
		}
	}
	finish(w);
	free(w);
	if (!zones)
		return err_set(e, EBADMSG, "%s: no zone in it", file);
	if (m->max_pfn > UINT32_MAX - (1u << 12))
		return err_set(e, EBADMSG, "%s: page frames beyond 16 TiB", file);
	s->have_zoneinfo = true;
	return 0;
}
