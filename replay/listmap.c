// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/listmap.h"

static const struct column columns[] = {
	{ "node", "node", COLUMN_UINT, 0, "node" },
	{ "zone", "zone", COLUMN_STRING, 0, "zone" },
	{ "cpu", "cpu", COLUMN_INT, 0, "whose list; none: the buddy system's" },
	{ "order", "order", COLUMN_UINT, 0, "the block is 2^order pages" },
	{ "type", "type", COLUMN_STRING, 0, "migrate type of the list" },
	{ "place", "place", COLUMN_UINT, 0, "from the head of the list, 0 the first" },
	{ "pfn", "pfn", COLUMN_HEX, 0, "first page frame" },
};

struct place {
	unsigned zone, order, type;
	int cpu; /* -1: the buddy system's */
};

static void put(struct table *t, const struct machine *m, const struct place *p, uint64_t n,
		kmm_pfn pfn)
{
	table_row(t);
	table_uint(t, m->zones[p->zone].node);
	table_string(t, m->zones[p->zone].name);
	if (p->cpu < 0)
		table_none(t);
	else
		table_int(t, p->cpu);
	table_uint(t, p->order);
	table_string(t, view_type_names[p->type]);
	table_uint(t, n);
	table_uint(t, pfn);
}

/* The next block of this order and type; the reconstruction keeps those of a CPU and zone on one list. */
static kmm_pfn next_pcp(const struct recorded *r, const struct place *p, kmm_pfn at)
{
	while ((at = recorded_pcp_next(r, p->zone, (unsigned)p->cpu, at)) != KMM_NO_PFN) {
		unsigned type, order = recorded_pcp_block(r, at, &type);

		/* The other types have no lists of their own there. */
		if (order == p->order && (type < KMM_PCPTYPES ? type : KMM_MOVABLE) == p->type)
			break;
	}
	return at;
}

static void put_list(struct table *t, const struct machine *m, const struct recorded *r,
		     const struct place *p)
{
	uint64_t n = 0;

	for (kmm_pfn at = KMM_NO_PFN;
	     (at = p->cpu < 0 ? recorded_free_next(r, p->zone, p->order, p->type, at) :
				next_pcp(r, p, at)) != KMM_NO_PFN;)
		put(t, m, p, n++, at);
}

struct table *listmap_blocks(const struct machine *m, const struct recorded *r)
{
	struct table *t = table_new(columns, sizeof(columns) / sizeof(*columns));
	struct place p;

	for (p.zone = 0; t && p.zone < m->zone_count; p.zone++)
		for (p.cpu = -1; p.cpu < (int)m->cpus; p.cpu++)
			for (p.order = 0; p.order < m->orders; p.order++)
				for (p.type = 0; p.type < (p.cpu < 0 ? VIEW_TYPES : KMM_PCPTYPES);
				     p.type++)
					put_list(t, m, r, &p);
	return t;
}
