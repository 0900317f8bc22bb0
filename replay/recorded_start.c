// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/freemap.h"
#include "machine/kpageflags.h"
#include "machine/pageblocks.h"
#include "replay/recorded_inside.h"

struct recorded *recorded_new(const struct machine *m, struct err *e)
{
	struct recorded *r = calloc(1, sizeof(*r));

	if (!r)
		goto oom;
	r->m = m;
	r->claims_silent = request_claims_silently(m);
	r->pending_free = UINT32_MAX;
	if (freescan_init(&r->scan, m, &recorded_lists, r))
		goto oom;
	r->scan.blind = r->bare = true;
	for (unsigned i = 0; i < FREESCAN_RUNS; i++)
		r->kept[i].pfn = KMM_NO_PFN;
	r->pcp = calloc((size_t)(m->zone_count + 1) * (m->cpus + 1), sizeof(*r->pcp));
	r->giving_back = calloc(m->cpus + 1u, sizeof(*r->giving_back));
	if (freeset_init(&r->set, m) || pcplists_init(&r->lists, &r->set) || !r->pcp ||
	    !r->giving_back || map_init(&r->waiting, 64))
		goto oom;
	if (view_touched_init(&r->touched, r->set.frames, m->pageblock_order))
		goto oom;
	for (uint32_t z = 0; z < m->zone_count; z++) {
		const struct machine_zone *zone = &m->zones[z];
		uint64_t end = zone->start_pfn + zone->spanned;

		for (uint64_t p = zone->start_pfn; p < end && p < r->set.frames; p++) {
			r->set.f[p].state = FRAME_UNKNOWN;
			r->set.f[p].zone = (uint8_t)z;
			r->unknown++;
			r->stats.frames++;
		}
		for (uint64_t p = zone->start_pfn; p < end && p < r->set.frames;
		     p = (p | ((1u << m->pageblock_order) - 1)) + 1)
			r->set.v.pageblocks[z][VIEW_UNKNOWN]++;
	}
	return r;
oom:
	recorded_free(r);
	err_set(e, ENOMEM, "out of memory for %llu page frames", (unsigned long long)m->max_pfn);
	return NULL;
}

void recorded_free(struct recorded *r)
{
	if (!r)
		return;
	map_free(&r->waiting);
	free(r->pending);
	free(r->pcp);
	pcplists_free(&r->lists);
	free(r->giving_back);
	view_touched_free(&r->touched);
	freescan_free(&r->scan);
	freeset_free(&r->set);
	free(r);
}

static void seed_flags(struct recorded *r, const struct machine_state *s)
{
	enum frame_state used = s->have_lists ? FRAME_USED : FRAME_NOT_FREE;

	for (uint32_t p = 0; p < r->set.frames && p < s->kpageflags_len; p++) {
		uint64_t flags = s->kpageflags[p];

		if (r->set.f[p].state != FRAME_UNKNOWN)
			continue;
		if (flags & KPF_NOPAGE) {
			r->set.f[p].state = FRAME_HOLE;
			r->unknown--;
		} else if (!(flags & KPF_BUDDY)) {
			unsigned owner = view_owner_of_flags(flags);

			recorded_enter(r, p, 0, used, 0,
				       owner == OWNER_USER ? KMM_MOVABLE : KMM_UNMOVABLE, owner);
		}
	}
}

static void seed_block(struct recorded *r, uint32_t pfn, unsigned order, unsigned type)
{
	for (uint32_t k = 0; k < 1u << order; k++)
		recorded_leave(r, &r->set.f[pfn + k]);
	freeset_set(&r->set, pfn, order, type, true);
}

static int seed_map(struct recorded *r, const struct machine_state *s, const uint8_t *certain,
		    struct err *e)
{
	struct freemap map;
	int ret = freemap_build(&map, r->m, s, r->set.block_type, certain, e);

	for (uint64_t i = 0; i < map.count; i++)
		seed_block(r, map.blocks[i].pfn, map.blocks[i].order, map.blocks[i].type);
	freemap_free(&map);
	return ret;
}

/* Without any map: the frames of which later events tell where they were; the rest is unknown. */
static void seed_first(struct recorded *r, const struct machine_state *s)
{
	for (uint32_t p = 0; p < r->set.frames && p < r->m->max_pfn; p++) {
		const struct machine_first *f = &s->first[p];

		if (r->set.f[p].state != FRAME_UNKNOWN)
			continue;
		if (f->state == FIRST_USED) {
			recorded_enter(r, p, 0, FRAME_NOT_FREE, 0, KMM_UNMOVABLE, OWNER_UNKNOWN);
		} else if (f->state == FIRST_FREE) {
			recorded_leave(r, &r->set.f[p]);
			freeset_put(&r->set, p, 0,
				    f->type != FIRST_TYPE_UNKNOWN && f->type != FIRST_TYPE_BLOCK ?
					    f->type - 1u :
					    r->set.block_type[p >> r->m->pageblock_order],
				    false);
		}
	}
}

static int seed_lists(struct recorded *r, const struct machine_state *s, struct err *e)
{
	for (uint32_t i = 0; i < s->list_count; i++) {
		const struct machine_list *l = &s->lists[i];

		for (uint32_t n = 0; n < l->count; n++) {
			uint32_t pfn = s->list_pfns[l->first + n];
			uint32_t pages = 1u << l->order;

			if (l->order > r->set.max_order || pfn >= r->set.frames ||
			    pages > r->set.frames - pfn || pfn & (pages - 1))
				return err_set(
					e, EBADMSG,
					"a list of the snapshot holds page frame %#x of order %u",
					pfn, l->order);
			for (uint32_t k = 0; k < pages; k++)
				if (r->set.f[pfn + k].state == FRAME_BUDDY ||
				    r->set.f[pfn + k].state == FRAME_PCP)
					return err_set(
						e, EBADMSG,
						"the lists of the snapshot hold page frame %#x twice",
						pfn + k);
			if (l->cpu >= 0 && (uint32_t)l->cpu < r->m->cpus) {
				recorded_enter(r, pfn, l->order, FRAME_PCP, (unsigned)l->cpu,
					       l->type, OWNER_UNKNOWN);
				pcplists_add(&r->lists, pfn, l->order, true);
				continue;
			}
			seed_block(r, pfn, l->order, l->type);
		}
	}
	return 0;
}

int recorded_seed(struct recorded *r, const struct machine_state *s, struct err *e)
{
	uint8_t *certain = malloc(r->set.blocks + 1ull);
	int ret;

	if (!certain)
		return err_set(e, ENOMEM, "out of memory for %u pageblocks", r->set.blocks);
	ret = machine_pageblocks(r->m, s, r->set.block_type, certain, e);
	if (!ret && s->have_kpageflags && !s->have_lists)
		ret = seed_map(r, s, certain, e);
	free(certain);
	if (ret < 0)
		return ret;
	memset(r->set.v.pageblocks, 0, sizeof(r->set.v.pageblocks));
	for (uint32_t z = 0; z < r->m->zone_count; z++) {
		uint64_t end = r->m->zones[z].start_pfn + r->m->zones[z].spanned;

		for (uint64_t p = r->m->zones[z].start_pfn; p < end && p < r->set.frames;
		     p = (p | ((1u << r->m->pageblock_order) - 1)) + 1)
			r->set.v.pageblocks[z][r->set.block_type[p >> r->m->pageblock_order]]++;
	}
	r->scan.blind = !s->have_lists;
	r->bare = !s->have_lists && !s->have_kpageflags;
	if (s->have_kpageflags)
		seed_flags(r, s);
	else if (s->first)
		seed_first(r, s);
	return seed_lists(r, s, e);
}
