// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/load.h"

static const char *const type_names[KMM_ZONE_TYPES] = {
	[KMM_ZONE_DMA] = "DMA",		[KMM_ZONE_DMA32] = "DMA32",
	[KMM_ZONE_NORMAL] = "Normal",	[KMM_ZONE_HIGHMEM] = "HighMem",
	[KMM_ZONE_MOVABLE] = "Movable", [KMM_ZONE_DEVICE] = "Device",
};

const char *machine_zone_type_name(unsigned type)
{
	return type < KMM_ZONE_TYPES ? type_names[type] : "?";
}

int zone_type_by_name(struct span name)
{
	for (int i = 0; i < KMM_ZONE_TYPES; i++)
		if (span_is(name, type_names[i]))
			return i;
	return -1;
}

/* The zone being read: it counts only once it is seen to have memory. */
struct reading {
	struct zoneinfo *z;
	struct text *t;
	struct machine_zone zone;
	uint64_t free;
	bool open, have_spanned, have_start, have_managed, after_protection;
	uint32_t first_pcp;
	int32_t cpu; /* whose per-CPU counters follow; -1 none */
};

static int close_zone(struct reading *r, struct err *e)
{
	struct zoneinfo *z = r->z;
	struct machine_zone *last = z->count ? &z->zones[z->count - 1] : NULL;

	if (!r->open)
		return 0;
	r->open = false;
	if (!r->zone.present) {
		z->pcp_count = r->first_pcp;
		return 0;
	}
	if (!r->have_spanned || !r->have_start)
		return text_bad(r->t, e, "zone %s of node %u ends without its %s", r->zone.name,
				r->zone.node, r->have_spanned ? "start_pfn" : "spanned pages");
	if (!r->have_managed)
		r->zone.managed = r->zone.present;
	if (r->zone.start_pfn > MACHINE_FRAMES_MAX || r->zone.spanned > MACHINE_FRAMES_MAX ||
	    r->zone.start_pfn + r->zone.spanned > MACHINE_FRAMES_MAX)
		return text_bad(r->t, e, "zone %s of node %u ends beyond page frame %llu",
				r->zone.name, r->zone.node, (unsigned long long)MACHINE_FRAMES_MAX);
	if (r->zone.present > r->zone.spanned || r->zone.managed > r->zone.spanned)
		return text_bad(r->t, e, "zone %s of node %u has more pages than it spans",
				r->zone.name, r->zone.node);
	if (last && (last->node > r->zone.node ||
		     (last->node == r->zone.node && last->type >= r->zone.type)))
		return text_bad(r->t, e, "zone %s of node %u stands out of order", r->zone.name,
				r->zone.node);
	if (z->count == MACHINE_ZONES)
		return text_bad(r->t, e, "more than %d zones", MACHINE_ZONES);
	z->free[z->count] = r->free;
	z->zones[z->count++] = r->zone;
	if (z->nodes <= r->zone.node)
		z->nodes = r->zone.node + 1u;
	return 0;
}

static int open_zone(struct reading *r, struct span line, struct err *e)
{
	struct span number, word, name;
	struct zoneinfo *z = r->z;
	uint64_t node;
	int type, ret = close_zone(r, e);
	bool known = false;

	if (ret)
		return ret;
	if (!span_until(&line, ',', &number) || !span_word(&number, &word) ||
	    !span_next_u64(&number, &node) || !span_word(&line, &word) || !span_is(word, "zone") ||
	    !span_word(&line, &name))
		return text_bad(r->t, e, "expected \"Node N, zone NAME\"");
	type = zone_type_by_name(name);
	if (node >= KMM_NODES || type < 0)
		return text_bad(r->t, e, "no such zone: %.*s of node %llu", (int)span_len(name),
				name.p, (unsigned long long)node);
	for (uint32_t i = 0; i < z->types; i++)
		known |= z->type_of_index[i] == type;
	if (!known)
		z->type_of_index[z->types++] = (uint8_t)type;
	memset(&r->zone, 0, sizeof(r->zone));
	r->zone.node = (uint8_t)node;
	r->zone.type = (uint8_t)type;
	span_copy(name, r->zone.name, sizeof(r->zone.name));
	r->free = 0;
	r->open = true;
	r->have_spanned = r->have_start = r->have_managed = r->after_protection = false;
	r->first_pcp = z->pcp_count;
	r->cpu = -1;
	return 0;
}

static int read_protection(struct reading *r, struct span line, struct err *e)
{
	struct span piece;

	r->after_protection = true;
	if (!span_until(&line, '(', &piece))
		return text_bad(r->t, e, "expected \"protection: (...)\"");
	while (r->zone.protections < KMM_ZONE_TYPES) {
		bool more = span_until(&line, ',', &piece);
		struct span word;
		uint64_t v;

		if (!more && !span_until(&line, ')', &piece))
			return text_bad(r->t, e, "the list of reserves is cut off");
		if (!span_word(&piece, &word) || !span_u64(word, &v))
			return text_bad(r->t, e, "a reserve is no number");
		r->zone.protection[r->zone.protections++] = v;
		if (!more)
			break;
	}
	return 0;
}

static int start_cpu(struct reading *r, struct span line, struct err *e)
{
	struct zoneinfo *z = r->z;
	struct zoneinfo_pcp *more;
	uint64_t cpu;

	if (!span_next_u64(&line, &cpu) || cpu >= KMM_CPUS)
		return text_bad(r->t, e, "expected a CPU's number below %d", KMM_CPUS);
	/* 2.6.24 prints hot and cold lists, each behind the CPU's number. */
	if (z->pcp_count > r->first_pcp && z->pcps[z->pcp_count - 1].cpu == cpu)
		return 0;
	if (z->pcp_count == z->pcp_room) {
		z->pcp_room = z->pcp_room ? z->pcp_room * 2 : 64;
		more = realloc(z->pcps, z->pcp_room * sizeof(*more));
		if (!more)
			return err_set(e, ENOMEM, "out of memory");
		z->pcps = more;
	}
	z->pcps[z->pcp_count++] = (struct zoneinfo_pcp){ (uint8_t)z->count, (uint16_t)cpu, 0, 0 };
	r->cpu = (int32_t)cpu;
	if (z->cpus <= cpu)
		z->cpus = (uint32_t)cpu + 1;
	return 0;
}

static int read_pcp(struct reading *r, struct span key, struct span line, struct err *e)
{
	struct machine_zone *z = &r->zone;
	uint32_t *to = NULL;
	uint64_t v;

	if (!span_next_u64(&line, &v) || v > INT32_MAX)
		return text_bad(r->t, e, "expected a number of pages");
	if (span_is(key, "count:")) {
		r->z->pcps[r->z->pcp_count - 1].count += (uint32_t)v;
		return 0;
	}
	if (span_is(key, "high:")) {
		to = &z->pcp_high;
		r->z->pcps[r->z->pcp_count - 1].high = (uint32_t)v;
	} else if (span_is(key, "batch:")) {
		to = &z->pcp_batch;
	} else if (span_is(key, "high_min:")) {
		to = &z->pcp_high_min;
	} else if (span_is(key, "high_max:")) {
		to = &z->pcp_high_max;
	}
	if (to && r->cpu == 0 && !*to)
		*to = (uint32_t)v;
	return 0;
}

static int read_counter(struct reading *r, struct span key, struct span line, struct err *e)
{
	struct machine_zone *z = &r->zone;
	const struct {
		const char *name;
		uint64_t *to;
		bool *have;
	} fields[] = {
		{ "boost", &z->boost, NULL },
		{ "min", &z->min, NULL },
		{ "low", &z->low, NULL },
		{ "high", &z->high, NULL },
		{ "spanned", &z->spanned, &r->have_spanned },
		{ "present", &z->present, NULL },
		{ "managed", &z->managed, &r->have_managed },
		{ "cma", &z->cma, NULL },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		if (!span_is(key, fields[i].name))
			continue;
		if (!span_next_u64(&line, fields[i].to))
			return text_bad(r->t, e, "%s is no number", fields[i].name);
		if (fields[i].have)
			*fields[i].have = true;
	}
	return 0;
}

static int read_line(struct reading *r, struct span key, struct span line, struct err *e)
{
	struct span word;

	if (span_is(key, "pages")) {
		if (!span_word(&line, &word) || !span_is(word, "free") ||
		    !span_next_u64(&line, &r->free))
			return text_bad(r->t, e, "expected \"pages free N\"");
		return 0;
	}
	if (span_is(key, "protection:"))
		return read_protection(r, line, e);
	if (span_is(key, "cpu:"))
		return start_cpu(r, line, e);
	if (span_is(key, "start_pfn:")) {
		r->have_start = true;
		return span_next_u64(&line, &r->zone.start_pfn) ?
			       0 :
			       text_bad(r->t, e, "start_pfn is no number");
	}
	if (span_is(key, "vm")) {
		/* "vm stats threshold: N" */
		if (span_word(&line, &word) && span_word(&line, &word))
			span_next_u64(&line, &r->zone.stat_threshold);
		return 0;
	}
	if (r->cpu >= 0 && span_ends(key, ":"))
		return read_pcp(r, key, line, e);
	return r->after_protection ? 0 : read_counter(r, key, line, e);
}

int zoneinfo_parse(struct zoneinfo *z, struct text *t, struct err *e)
{
	struct reading r = { .z = z, .t = t, .cpu = -1 };
	struct span line, key;
	int ret = 0;

	while (!ret && text_next(t, &line)) {
		struct span rest = line;

		if (!span_word(&rest, &key))
			continue;
		if (span_is(key, "Node"))
			ret = open_zone(&r, line, e);
		else if (r.open)
			ret = read_line(&r, key, rest, e);
		else
			ret = text_bad(t, e, "expected \"Node N, zone NAME\"");
	}
	if (!ret)
		ret = close_zone(&r, e);
	if (!ret && !z->count)
		ret = text_bad(t, e, "no zone has memory");
	return ret;
}

void zoneinfo_free(struct zoneinfo *z)
{
	free(z->pcps);
	z->pcps = NULL;
}
