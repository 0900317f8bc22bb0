// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/transfer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/kpageflags.h"
#include "machine/model.h"

#define SPARE 2 /* page blocks of high memory that stay free */
#define GFP_KERNEL (KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM | KMM_GFP_IO | KMM_GFP_FS)
#define GFP_MOVABLE (GFP_KERNEL | KMM_GFP_HIGHMEM | KMM_GFP_MOVABLE)

enum kind { DMA, LOW, HIGH, KINDS };

/* Page blocks of the target, of one node and kind, by address. */
struct blocks {
	kmm_pfn *first;
	uint32_t count, used;
};

struct work {
	const struct machine *m;
	const struct machine_state *s;
	const struct target *target;
	struct kmm *from, *to;
	struct transfer *t;
	uint32_t pages; /* of a page block */
	struct blocks blocks[KMM_NODES][KINDS];
	kmm_pfn frames; /* of the target */
	uint8_t *taken; /* [frames] */
	uint32_t turn;
};

static enum kind kind_of(enum kmm_zone_type type)
{
	return type == KMM_ZONE_DMA ? DMA : type >= KMM_ZONE_HIGHMEM ? HIGH : LOW;
}

static bool used(const struct work *w, uint64_t p)
{
	return kmm_frame_state(w->from, (kmm_pfn)p) == KMM_FRAME_USED;
}

static bool movable(const struct work *w, uint64_t p)
{
	if (w->s->have_kpageflags && p < w->s->kpageflags_len)
		return w->s->kpageflags[p] & KPF_LRU && !(w->s->kpageflags[p] & KPF_SLAB);
	return kmm_pageblock_type(w->from, (kmm_pfn)p) == KMM_MOVABLE;
}

static bool whole(const struct work *w, kmm_pfn first, int zone)
{
	for (uint32_t i = 0; i < w->pages; i++)
		if (kmm_zone_of(w->to, first + i) != zone ||
		    kmm_frame_state(w->to, first + i) == KMM_FRAME_HOLE)
			return false;
	return true;
}

static int find_blocks(struct work *w)
{
	const struct kmm_config *c = kmm_configuration(w->to);

	for (unsigned z = 0; z < c->zones; z++) {
		kmm_pfn end = c->zone[z].start + c->zone[z].spanned;
		struct blocks *b = &w->blocks[c->zone[z].node][kind_of(c->zone[z].type)];
		kmm_pfn p = (c->zone[z].start + w->pages - 1) / w->pages * w->pages;
		kmm_pfn *more = realloc(b->first, (b->count + c->zone[z].spanned / w->pages + 1) *
							  sizeof(*more));

		if (!more)
			return -ENOMEM;
		b->first = more;
		for (; p + w->pages <= end; p += w->pages)
			if (whole(w, p, (int)z))
				b->first[b->count++] = p;
	}
	return 0;
}

/* A page block of the target; KMM_NO_PFN: there is none. */
static kmm_pfn next_block(struct work *w, uint32_t node, enum kind kind, bool all_move)
{
	static const enum kind movable_order[KINDS] = { HIGH, LOW, DMA };
	enum kind order[KINDS] = { kind == DMA ? DMA : LOW, kind == DMA ? LOW : DMA, KINDS };
	uint32_t nodes = w->target->nodes, from = w->target->from_nodes, span;
	uint32_t home = (uint32_t)((uint64_t)(node % from) * nodes / from);

	/* More nodes than there were: those of the group take turns. */
	span = nodes > from ? nodes / from : 1;
	home += w->turn++ % span;
	for (unsigned k = 0; k < KINDS; k++) {
		enum kind what = all_move && kind != DMA ? movable_order[k] : order[k];

		for (uint32_t n = 0; n < nodes && what != KINDS; n++) {
			struct blocks *b = &w->blocks[(home + n) % nodes][what];
			uint32_t spare = what == HIGH ? SPARE : 0;

			if (b->used + spare < b->count)
				return b->first[b->used++];
		}
	}
	return KMM_NO_PFN;
}

static bool look(const struct work *w, uint64_t first, uint64_t end, bool *all_move)
{
	bool any = false;

	*all_move = true;
	for (uint64_t p = first; p < end; p++)
		if (used(w, p)) {
			any = true;
			*all_move &= movable(w, p);
		}
	return any;
}

static void put(struct work *w, uint64_t p, kmm_pfn to)
{
	w->t->place[p] = to;
	w->t->pages++;
	if (movable(w, p))
		kmm_seed_used(w->to, to, 0, KMM_MOVABLE);
}

/* Whole page blocks; in left[] those for which there was none. */
static void place_blocks(struct work *w, uint8_t *left, bool movable_ones)
{
	for (uint64_t b = 0; b * w->pages < w->m->max_pfn; b++) {
		uint64_t first = b * w->pages, end = first + w->pages;
		bool all_move;
		kmm_pfn to;
		int zone;

		end = end < w->m->max_pfn ? end : w->m->max_pfn;
		if (!look(w, first, end, &all_move) || all_move != movable_ones)
			continue;
		for (zone = -1; first < end && zone < 0; first++)
			zone = machine_zone_of(w->m, first);
		if (zone < 0)
			continue;
		first = b * w->pages;
		to = next_block(w, w->m->zones[zone].node,
				kind_of((enum kmm_zone_type)w->m->zones[zone].type), all_move);
		left[b] = to == KMM_NO_PFN;
		if (to == KMM_NO_PFN)
			continue;
		for (uint64_t p = first; p < end; p++)
			if (used(w, p)) {
				w->taken[to + (p - first)] = 1;
				put(w, p, to + (kmm_pfn)(p - first));
			}
		for (first = b * w->pages; kmm_zone_of(w->from, (kmm_pfn)first) < 0;)
			first++;
		kmm_seed_pageblock(w->to, to, kmm_pageblock_type(w->from, (kmm_pfn)first));
	}
}

/* All that nothing was placed on is free. */
static int free_rest(struct work *w)
{
	kmm_pfn p = 0;

	while (p < w->frames) {
		kmm_pfn end = p;
		int zone = kmm_zone_of(w->to, p);
		unsigned type;

		if (zone < 0 || w->taken[p] || kmm_frame_state(w->to, p) != KMM_FRAME_USED) {
			p++;
			continue;
		}
		type = kmm_pageblock_type(w->to, p);
		while (end < w->frames && !w->taken[end] && kmm_zone_of(w->to, end) == zone &&
		       kmm_frame_state(w->to, end) == KMM_FRAME_USED &&
		       kmm_pageblock_type(w->to, end) == type)
			end++;
		if (kmm_seed_boot(w->to, p, end, type))
			return -EINVAL;
		p = end;
	}
	return 0;
}

static void place_single(struct work *w, const uint8_t *left, bool movable_ones)
{
	for (uint64_t p = 0; p < w->m->max_pfn; p++) {
		kmm_pfn to;

		if (!left[p / w->pages] || !used(w, p) || movable(w, p) != movable_ones)
			continue;
		to = kmm_alloc_pages(w->to, 0, movable_ones ? GFP_MOVABLE : GFP_KERNEL, 0);
		if (to == KMM_NO_PFN) {
			w->t->left_out++;
			continue;
		}
		w->t->place[p] = to;
		w->t->pages++;
		w->t->single++;
	}
}

static void seed_types(struct work *w)
{
	/* As at boot: all page blocks are movable until something takes them. */
	for (kmm_pfn p = 0; p < w->frames; p++)
		if (kmm_zone_of(w->to, p) >= 0 &&
		    (p % w->pages == 0 || kmm_zone_of(w->to, p - 1) < 0))
			kmm_seed_pageblock(w->to, p, KMM_MOVABLE);
}

int transfer_start(struct transfer *t, const struct machine *m, const struct machine_state *s,
		   const struct target *target, struct kmm *mm, struct err *e)
{
	const struct kmm_config *c = kmm_configuration(mm);
	struct work w = { .m = m, .s = s, .target = target, .to = mm, .t = t };
	struct kmm_config captured;
	uint8_t *left = NULL;
	char why[200];
	int ret = machine_model(m, &captured, e);

	memset(t, 0, sizeof(*t));
	if (ret < 0)
		return ret;
	w.pages = 1u << c->policy.pageblock_order;
	for (unsigned z = 0; z < c->zones; z++)
		if (c->zone[z].start + c->zone[z].spanned > w.frames)
			w.frames = c->zone[z].start + c->zone[z].spanned;
	w.from = kmm_create(&captured, why, sizeof(why));
	w.taken = calloc(w.frames + 1ull, 1);
	left = calloc(m->max_pfn / w.pages + 2, 1);
	t->place = malloc((m->max_pfn + 1) * sizeof(*t->place));
	if (!w.from || !w.taken || !left || !t->place || find_blocks(&w))
		ret = err_set(e, ENOMEM, "out of memory for the start on another machine");
	for (uint64_t p = 0; !ret && p < m->max_pfn; p++)
		t->place[p] = KMM_NO_PFN;
	if (!ret)
		ret = machine_seed(m, s, w.from, e);
	if (!ret) {
		seed_types(&w);
		place_blocks(&w, left, false);
		place_blocks(&w, left, true);
		if (free_rest(&w))
			ret = err_set(e, EINVAL, "the start cannot be placed on this machine");
	}
	if (!ret) {
		place_single(&w, left, false);
		place_single(&w, left, true);
	}
	for (unsigned n = 0; n < KMM_NODES; n++)
		for (unsigned k = 0; k < KINDS; k++)
			free(w.blocks[n][k].first);
	if (w.from)
		kmm_destroy(w.from);
	free(w.taken);
	free(left);
	return ret;
}
