// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "machine/freemap.h"
#include "machine/kpageflags.h"
#include "machine/model.h"

struct seeding {
	const struct machine *m;
	const struct machine_state *s;
	struct kmm *mm;
	uint8_t *type, *certain; /* of each pageblock */
	uint64_t blocks;
};

static int refused(int ret, uint64_t pfn, struct err *e)
{
	return err_set(e, -ret, "the starting state cannot be: the model refuses page frame %llu",
		       (unsigned long long)pfn);
}

static int seed_pageblocks(const struct seeding *d, struct err *e)
{
	unsigned order = d->m->pageblock_order;
	int ret = 0;

	for (uint64_t b = 0; b < d->blocks && !ret; b++) {
		uint64_t pfn = b << order, end = pfn + (1ull << order);

		if (d->type[b] >= KMM_MIGRATETYPES)
			continue;
		/* A zone may begin inside the block. */
		while (pfn < end && kmm_zone_of(d->mm, (kmm_pfn)pfn) < 0)
			pfn++;
		if (pfn == end)
			continue;
		ret = kmm_seed_pageblock(d->mm, (kmm_pfn)pfn, d->type[b]);
		if (ret)
			refused(ret, pfn, e);
	}
	return ret;
}

/* A free block; one that the model's policy has no list for is as many of its largest ones. */
static int seed_free(const struct seeding *d, uint32_t pfn, unsigned order, unsigned type,
		     struct err *e)
{
	unsigned top = kmm_configuration(d->mm)->policy.max_order;
	unsigned piece = order < top ? order : top;

	for (uint32_t p = pfn; p < pfn + (1u << order); p += 1u << piece) {
		int ret = kmm_seed_free(d->mm, p, piece, type);

		if (ret)
			return refused(ret, p, e);
	}
	return 0;
}

static int seed_free_lists(const struct seeding *d, struct err *e)
{
	const struct machine_state *s = d->s;

	for (uint32_t i = 0; i < s->list_count; i++) {
		const struct machine_list *l = &s->lists[i];

		for (uint32_t n = 0; n < l->count && l->cpu < 0; n++) {
			uint32_t pfn = s->list_pfns[l->first + n];
			int ret = seed_free(d, pfn, l->order, l->type, e);

			if (ret)
				return ret;
		}
	}
	return 0;
}

/* Behind the free lists: what another policy has no per-CPU list for is merged into them. */
static int seed_pcp_lists(const struct seeding *d, struct err *e)
{
	const struct machine_state *s = d->s;

	for (uint32_t i = 0; i < s->list_count; i++) {
		const struct machine_list *l = &s->lists[i];

		for (uint32_t n = 0; n < l->count && l->cpu >= 0; n++) {
			uint32_t pfn = s->list_pfns[l->first + n];
			int ret = kmm_seed_pcp(d->mm, (unsigned)l->cpu, pfn, l->order, l->type);

			if (ret == -EINVAL)
				ret = kmm_seed_boot(d->mm, pfn, pfn + (1u << l->order),
						    kmm_pageblock_type(d->mm, pfn));
			if (ret)
				return refused(ret, pfn, e);
		}
	}
	return 0;
}

static int known(int32_t v)
{
	return v < 0 ? 0 : v;
}

static void seed_limits(const struct seeding *d)
{
	for (uint32_t z = 0; d->s->pcp_infos && z < d->m->zone_count; z++)
		for (uint32_t c = 0; c < d->m->cpus; c++) {
			const struct machine_pcpinfo *p = &d->s->pcp_infos[z * KMM_CPUS + c];

			kmm_seed_pcp_high(d->mm, c, z, (int)p->high);
			kmm_seed_pcp_hidden(d->mm, c, z, p->hidden);
		}
	for (uint32_t i = 0; i < d->s->pcp_count; i++) {
		const struct machine_pcp *p = &d->s->pcps[i];

		kmm_seed_pcp_factors(d->mm, p->cpu, p->zone, known(p->free_factor),
				     known(p->alloc_factor), known(p->free_count));
		if (p->high >= 0)
			kmm_seed_pcp_high(d->mm, p->cpu, p->zone, p->high);
	}
}

static int seed_map(const struct seeding *d, struct err *e)
{
	struct freemap f;
	int ret = freemap_build(&f, d->m, d->s, d->type, d->certain, e);

	for (uint64_t i = 0; i < f.count && !ret; i++) {
		const struct free_block *b = &f.blocks[i];

		ret = seed_free(d, b->pfn, b->order, b->type, e);
	}
	freemap_free(&f);
	return ret;
}

/* Pages on the LRU are movable: fallbacks count them. */
static void seed_movable(const struct seeding *d)
{
	for (uint64_t p = 0; p < d->s->kpageflags_len && p < d->m->max_pfn; p++)
		if (d->s->kpageflags[p] & KPF_LRU &&
		    kmm_frame_state(d->mm, (kmm_pfn)p) == KMM_FRAME_USED)
			kmm_seed_used(d->mm, (kmm_pfn)p, 0, KMM_MOVABLE);
}

int machine_seed(const struct machine *m, const struct machine_state *s, struct kmm *mm,
		 struct err *e)
{
	struct seeding d = { .m = m, .s = s, .mm = mm };
	int ret;

	if (!s->have_lists && !s->have_kpageflags)
		return err_set(e, ENODATA, "the snapshot does not say which pages were free");
	d.blocks = (m->max_pfn + (1ull << m->pageblock_order) - 1) >> m->pageblock_order;
	d.type = malloc(d.blocks + 1);
	d.certain = malloc(d.blocks + 1);
	ret = d.type && d.certain ? machine_pageblocks(m, s, d.type, d.certain, e) :
				    err_set(e, ENOMEM, "out of memory for the starting state");
	if (!ret)
		ret = seed_pageblocks(&d, e);
	if (!ret)
		ret = s->have_lists ? seed_free_lists(&d, e) : seed_map(&d, e);
	if (!ret)
		ret = seed_pcp_lists(&d, e);
	if (!ret) {
		seed_limits(&d);
		seed_movable(&d);
	}
	free(d.type);
	free(d.certain);
	return ret;
}
