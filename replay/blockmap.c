// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/blockmap.h"

#include <math.h>
#include <stdio.h>

#define SITE 200

static void put_site(struct table *t, const struct kallsyms *k, uint64_t site)
{
	char text[SITE];

	if (!site) {
		table_none(t);
		return;
	}
	kallsyms_print(k, site, text, sizeof(text));
	table_string(t, text);
}

static void put_name(struct table *t, const char *name)
{
	if (name && *name)
		table_string(t, name);
	else
		table_none(t);
}

/* ---- blocks ---- */

static const struct column block_columns[] = {
	{ "pfn", "pfn", COLUMN_UINT, 0, "first page frame" },
	{ "node", "node", COLUMN_UINT, 0, "node" },
	{ "zone", "zone", COLUMN_STRING, 0, "zone" },
	{ "type", "type", COLUMN_STRING, 0, "migrate type of the page block" },
	{ "kind", "kind", COLUMN_STRING, 0, "free, movable, mixed, pinned, partial, unknown" },
	{ "free", "free", COLUMN_UINT, 0, "pages in the buddy lists" },
	{ "pcp", "pcp", COLUMN_UINT, 0, "pages on per-CPU lists" },
	{ "movable", "mov", COLUMN_UINT, 0, "movable pages in use" },
	{ "pinned", "pin", COLUMN_UINT, 0, "pages that can neither be moved nor are free" },
	{ "unknown", "unkn", COLUMN_UINT, 0, "pages of which nothing is known" },
	{ "holders", "holders", COLUMN_UINT, 0, "allocations that pin it, of a mixed block" },
	{ "owner", "largest", COLUMN_STRING, 0, "whose pages of those are most" },
	{ "cache", "cache", COLUMN_STRING, 0, "its slab cache" },
	{ "site", "call site", COLUMN_STRING, 0, "its call site" },
};

static unsigned type_of(const struct replay_run *run, uint32_t pfn)
{
	unsigned type = run->recorded ?
				recorded_pageblock(run->recorded, pfn) :
				kmm_pageblock_type(simulated_model(run->simulated), (kmm_pfn)pfn);

	return type < KMM_MIGRATETYPES ? type : VIEW_UNKNOWN;
}

static void put_holder(struct table *t, const struct forensics *f, uint32_t block,
		       const struct kallsyms *k)
{
	const struct holder *h = f->known ? &f->holders[f->first[block]] : NULL;
	uint32_t n = f->known ? f->first[block + 1] - f->first[block] : 0;

	if (!n) {
		for (unsigned i = 0; i < 4; i++)
			table_none(t);
		return;
	}
	table_uint(t, n);
	table_string(t, request_owner_name((enum request_owner)f->pins[h->pin].owner));
	put_name(t, f->pins[h->pin].cache);
	put_site(t, k, f->pins[h->pin].site);
}

struct table *blockmap_blocks(const struct machine *m, struct replay_run *run,
			      const struct kallsyms *k)
{
	struct table *t = table_new(block_columns, sizeof(block_columns) / sizeof(*block_columns));
	const struct forensics *f = &run->forensics;
	const struct blockuse *u = f->known ? &f->use : &run->use;

	if (!f->known)
		blockuse_update(&run->use);
	for (uint32_t b = 0; t && b < u->blocks; b++) {
		const struct block_pages *n = &u->pages[b];

		if (u->zone[b] >= m->zone_count || n->hole >> m->pageblock_order)
			continue;
		table_row(t);
		table_uint(t, (uint64_t)b << m->pageblock_order);
		table_uint(t, m->zones[u->zone[b]].node);
		table_string(t, m->zones[u->zone[b]].name);
		table_string(t, view_type_names[f->known ? f->type[b] :
							   type_of(run, b << m->pageblock_order)]);
		table_string(t, block_kind_name(blockuse_kind(u, b)));
		table_uint(t, n->free);
		table_uint(t, n->pcp);
		table_uint(t, n->movable);
		table_uint(t, n->pinned);
		table_uint(t, n->unknown);
		put_holder(t, f, b, k);
	}
	return t;
}

/* ---- holders ---- */

static const struct column holder_columns[] = {
	{ "block", "block", COLUMN_UINT, 0, "first page frame of the mixed page block" },
	{ "pfn", "pfn", COLUMN_UINT, 0, "first page frame that pins it" },
	{ "pages", "pages", COLUMN_UINT, 0, "page frames of the allocation in this block" },
	{ "owner", "owner", COLUMN_STRING, 0, "what it is for" },
	{ "cache", "cache", COLUMN_STRING, 0, "slab cache" },
	{ "site", "call site", COLUMN_STRING, 0,
	  "of most objects in the slab, or of the allocation" },
	{ "objects", "objects", COLUMN_UINT, 0, "that live in the slab" },
	{ "room", "of", COLUMN_UINT, 0, "objects that fit into the slab" },
	{ "pid", "pid", COLUMN_INT, 0, "process that allocated it" },
	{ "since", "since", COLUMN_REAL, 6,
	  "when, in the clock's seconds; none: before the start" },
	{ "age", "age", COLUMN_REAL, 6, "of the allocation, in seconds" },
};

struct table *blockmap_holders(const struct machine *m, const struct replay_run *run,
			       const struct kallsyms *k, double unit)
{
	struct table *t = table_new(holder_columns,
				    sizeof(holder_columns) / sizeof(*holder_columns));
	const struct forensics *f = &run->forensics;

	for (uint32_t i = 0; t && i < f->holder_count; i++) {
		const struct holder *h = &f->holders[i];
		bool before = h->since == FORENSICS_BEFORE, slab = h->objects != SLABUSE_UNKNOWN;

		table_row(t);
		table_uint(t, (uint64_t)h->block << m->pageblock_order);
		table_uint(t, h->pfn);
		table_uint(t, h->pages);
		table_string(t, request_owner_name((enum request_owner)f->pins[h->pin].owner));
		put_name(t, f->pins[h->pin].cache);
		put_site(t, k, f->pins[h->pin].site);
		if (slab)
			table_uint(t, h->objects);
		else
			table_none(t);
		if (slab)
			table_uint(t, h->room);
		else
			table_none(t);
		if (h->pid >= 0)
			table_int(t, h->pid);
		else
			table_none(t);
		table_real(t, before ? NAN : (double)h->since * unit);
		table_real(t, before ? NAN : (double)(f->time - h->since) * unit);
	}
	return t;
}

/* ---- pins ---- */

static const struct column pin_columns[] = {
	{ "kept", "kept", COLUMN_REAL, 0,
	  "pages, free or movable, that its pages keep from being part of a whole block: its share" },
	{ "blocks", "blocks", COLUMN_UINT, 0, "mixed page blocks that it holds pages of" },
	{ "alone", "alone", COLUMN_UINT, 0, "of these, those that nothing else pins" },
	{ "pages", "pages", COLUMN_UINT, 0, "its pages in them" },
	{ "owner", "owner", COLUMN_STRING, 0, "what they are for" },
	{ "cache", "cache", COLUMN_STRING, 0, "slab cache" },
	{ "site", "call site", COLUMN_STRING, 0,
	  "that most of the objects in the slabs come from, or the page itself" },
	{ "reclaimable", "recl", COLUMN_STRING, 0, "yes: a shrinker may free them" },
	{ "holders", "allocs", COLUMN_UINT, 0,
	  "allocations; those of before the start by runs of pages" },
	{ "one_object", "1 obj", COLUMN_UINT, 0, "slabs of them that one object holds" },
	{ "oldest", "oldest", COLUMN_REAL, 3, "age in seconds; none: there before the start" },
	{ "newest", "newest", COLUMN_REAL, 3, "age in seconds of the youngest since the start" },
};

struct table *blockmap_pins(const struct replay_run *run, const struct kallsyms *k, double unit)
{
	struct table *t = table_new(pin_columns, sizeof(pin_columns) / sizeof(*pin_columns));
	const struct forensics *f = &run->forensics;

	for (uint32_t i = 0; t && i < f->pin_count; i++) {
		const struct pin *p = &f->pins[i];
		bool any = p->newest != FORENSICS_BEFORE;

		table_row(t);
		table_real(t, p->kept);
		table_uint(t, p->blocks);
		table_uint(t, p->alone);
		table_uint(t, p->pages);
		table_string(t, request_owner_name((enum request_owner)p->owner));
		put_name(t, p->cache);
		put_site(t, k, p->site);
		table_string(t, p->reclaimable ? "yes" : "no");
		table_uint(t, p->holders);
		table_uint(t, p->one_object);
		table_real(t, p->before || !any ? NAN : (double)(f->time - p->oldest) * unit);
		table_real(t, any ? (double)(f->time - p->newest) * unit : NAN);
	}
	return t;
}
