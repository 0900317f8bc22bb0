// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/places.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/model.h"
#include "replay/feed.h"
#include "replay/living.h"
#include "replay/policy.h"
#include "replay/replay.h"

#define GFP_KERNEL (KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM | KMM_GFP_IO | KMM_GFP_FS)
#define INVENTED_FRAMES (1u << 16) /* 256 MiB */

const char *place_source_name(enum place_source s)
{
	static const char *const names[PLACE_SOURCES] = {
		[PLACE_RECORDED] = "recorded",
		[PLACE_SLUB] = "slub",
		[PLACE_SLUB_PAGES] = "slub, page colours in turn",
		[PLACE_SLAB] = "slab",
		[PLACE_SLAB_TWO] = "slab, offset 2x",
		[PLACE_SLAB_FOUR] = "slab, offset 4x",
		[PLACE_SLAB_PLAIN] = "slab, no colouring",
	};

	return names[s];
}

static int init(struct places *p, struct err *e)
{
	memset(p, 0, sizeof(*p));
	return intern_init(&p->caches) ? err_set(e, ENOMEM, "out of memory") : 0;
}

void places_free(struct places *p)
{
	for (unsigned s = 0; s < PLACE_SOURCES; s++)
		free(p->at[s].p);
	free(p->sizes);
	intern_free(&p->caches);
	memset(p, 0, sizeof(*p));
}

static void add(struct places *p, enum place_source s, const char *cache, uint64_t address)
{
	struct place_list *l = &p->at[s];
	uint32_t n = intern_add(&p->caches, cache, strlen(cache));

	if (l->count == l->room) {
		uint64_t room = l->room ? l->room * 2 : 4096;
		struct place *more = realloc(l->p, room * sizeof(*more));

		if (!more) {
			p->no_memory = true;
			return;
		}
		l->p = more;
		l->room = room;
	}
	p->no_memory |= n == UINT32_MAX;
	l->p[l->count++] = (struct place){ n, address };
}

/* ---- from a simulated allocator ---- */

struct walk {
	struct places *p;
	enum place_source source;
	uint64_t base;
};

static void each(void *arg, const struct kmm_cache *s, kmm_addr at)
{
	struct walk *w = arg;

	add(w->p, w->source, kmm_kmem_cache_name(s), at - w->base);
}

static void walk(struct places *p, enum place_source s, const struct kmm_slab *sl, uint64_t base)
{
	struct walk w = { p, s, base };

	kmm_slab_walk(sl, each, &w);
}

static int by_address(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static void sort(struct place_list *l)
{
	if (l->count)
		qsort(l->p, l->count, sizeof(*l->p), by_address);
}

/*
 * SLUB's objects, with each cache's slabs dealt out to consecutive frames: all
 * page colours in turn, as a page allocator that minds them would.  A slab is a
 * block of 2^order pages, aligned to its size.
 */
static int deal_pages(struct places *p, const struct kmm_slab *sl, struct err *e)
{
	const struct place_list *from = &p->at[PLACE_SLUB];
	uint8_t *order = calloc(p->caches.count + 1ull, sizeof(*order));
	struct dealt {
		uint64_t slab, as;
	} *d = calloc(p->caches.count + 1ull, sizeof(*d));

	for (struct kmm_cache *s = kmm_kmem_cache_next(sl, NULL); order && d && s;
	     s = kmm_kmem_cache_next(sl, s)) {
		const char *name = kmm_kmem_cache_name(s);
		uint32_t n = intern_add(&p->caches, name, strlen(name));
		struct kmm_cache_figures f;

		kmm_kmem_cache_figures(s, &f);
		if (n < p->caches.count && n != UINT32_MAX && f.in_use)
			order[n] = (uint8_t)f.order;
	}
	for (uint64_t i = 0; order && d && i < from->count; i++) {
		const struct place *x = &from->p[i];
		uint64_t bytes = 4096ull << order[x->cache], slab = x->address & ~(bytes - 1);
		struct dealt *t = &d[x->cache];

		if (!t->slab) /* caches lie far apart, and do not all begin at the same colour */
			t->as = ((uint64_t)x->cache << 40) + x->cache * bytes;
		else if (t->slab != slab + 1)
			t->as += bytes;
		t->slab = slab + 1; /* 0: none yet */
		add(p, PLACE_SLUB_PAGES, intern_str(&p->caches, x->cache),
		    t->as + (x->address - slab));
	}
	if (!order || !d)
		p->no_memory = true;
	free(order);
	free(d);
	return p->no_memory ? err_set(e, ENOMEM, "out of memory") : 0;
}

/* The policies of the simulated sources; PLACE_SLUB's is there already. */
static void make_policies(struct kmm_slab_policy slab[PLACE_SOURCES])
{
	const struct kmm_slab_policy *slub = &slab[PLACE_SLUB];
	struct kmm_slab_policy *own = &slab[PLACE_SLAB];

	kmm_slab_policy_init(own, KMM_SLAB, slub->version);
	own->base = slub->base;
	own->word = slub->word;
	own->merge = false;
	slab[PLACE_SLAB_TWO] = slab[PLACE_SLAB_FOUR] = slab[PLACE_SLAB_PLAIN] = *own;
	slab[PLACE_SLAB_TWO].slab_colour_step = 2;
	slab[PLACE_SLAB_FOUR].slab_colour_step = 4;
	slab[PLACE_SLAB_PLAIN].slab_no_colour = true;
}

static const enum place_source simulated[] = { PLACE_SLUB, PLACE_SLAB, PLACE_SLAB_TWO,
					       PLACE_SLAB_FOUR, PLACE_SLAB_PLAIN };
#define SIMULATED (sizeof(simulated) / sizeof(*simulated))

/* ---- a workload ---- */

static int gather_recorded(struct places *p, struct kmw_reader *k, struct machine *m,
			   const struct objects_source *src, struct err *e)
{
	struct request *q = malloc(FEED_RECORDS * sizeof(*q));
	struct living l;
	struct feed f = { 0 };
	uint64_t addr;
	uint32_t val;
	size_t at = 0;
	int n = 0, ret = !q || living_init(&l, m, src) ? err_set(e, ENOMEM, "out of memory") : 0;

	if (ret < 0) {
		free(q);
		return ret;
	}
	ret = feed_open(&f, k, m, NULL, NULL, e);
	if (ret >= 0 && f.marks.start == UINT32_MAX && living_start(&l))
		ret = err_set(e, ENOMEM, "out of memory");
	while (ret >= 0 && (n = feed_next(&f, q, e)) > 0)
		for (int i = 0; i < n && ret >= 0; i++) {
			int failed = q[i].sig.op == OBS_MARK && q[i].pfn == f.marks.start ?
					     living_start(&l) :
					     living_record(&l, &q[i]);

			if (failed)
				ret = err_set(e, ENOMEM, "out of memory");
		}
	if (ret >= 0 && n < 0)
		ret = n;
	while (ret >= 0 && map_next(&l.objects, &at, &addr, &val))
		if (addr >= m->direct_map_base && (addr - m->direct_map_base) >> 12 < m->max_pfn)
			add(p, PLACE_RECORDED, living_cache(&l, val), addr - m->direct_map_base);
	feed_close(&f);
	living_free(&l);
	free(q);
	return ret;
}

/* All simulated allocators in one pass, and the recorded objects in another. */
static int gather(struct places *p, struct kmw_reader *k, struct machine *m,
		  const struct kmm_config *native, struct err *e)
{
	struct kmm_slab_policy slab[PLACE_SOURCES];
	struct replay_run_options o[SIMULATED];
	struct replay_options ro = { .runs = o, .stop_at = INFINITY, .progress = true };
	struct replay r = { 0 };
	int ret = 0;

	objects_native_policy(m, &slab[PLACE_SLUB]);
	make_policies(slab);
	for (unsigned i = 0; i < SIMULATED && native; i++)
		o[ro.run_count++] = (struct replay_run_options){ .simulated = true,
								 .native = true,
								 .name = place_source_name(
									 simulated[i]),
								 .config = native,
								 .slab = &slab[simulated[i]] };
	if (ro.run_count)
		ret = replay_all(k, m, &ro, &r, e);
	for (unsigned i = 0; i < ro.run_count && ret >= 0; i++)
		walk(p, simulated[i], objects_model(simulated_objects(r.runs[i].simulated)),
		     slab[simulated[i]].base);
	if (ro.run_count && ret >= 0) {
		sort(&p->at[PLACE_SLUB]);
		ret = deal_pages(p, objects_model(simulated_objects(r.runs[0].simulated)), e);
	}
	if (!ro.run_count) {
		r.objects.strings = kmw_strings(k);
		ret = attribution_load(&r.objects.attribution, k, e);
	}
	if (ret >= 0)
		ret = gather_recorded(p, k, m, &r.objects, e);
	if (!ro.run_count)
		attribution_free(&r.objects.attribution);
	replay_free(&r);
	return ret;
}

/* Sizes by the snapshot's caches. */
static int measure(struct places *p, const struct machine *m, struct err *e)
{
	p->sizes = calloc(p->caches.count + 1ull, sizeof(*p->sizes));
	if (!p->sizes || p->no_memory)
		return err_set(e, ENOMEM, "out of memory");
	for (uint32_t c = 0; c < p->caches.count; c++)
		for (uint32_t i = 0; i < m->slab_count && !p->sizes[c]; i++)
			if (!strcmp(m->slabs[i].name, intern_str(&p->caches, c)))
				p->sizes[c] = m->slabs[i].size;
	return 0;
}

int places_gather(struct places *p, struct kmw_reader *k, struct machine *m, struct err *e)
{
	struct policy policy;
	struct kmm_config native;
	bool simulate = m->before.have_slabpages;
	int ret = init(p, e);

	if (ret >= 0 && !m->direct_map_base)
		ret = err_set(e, ENODATA,
			      "where the direct map begins is not known, so no address is");
	if (ret >= 0 && simulate)
		ret = policy_load(&policy, "native", e);
	if (ret >= 0 && simulate)
		ret = machine_model(m, &native, e);
	if (ret >= 0 && simulate)
		ret = policy_apply(&policy, &native, e);
	if (ret >= 0)
		ret = gather(p, k, m, simulate ? &native : NULL, e);
	if (ret >= 0)
		ret = measure(p, m, e);
	for (unsigned s = 0; s < PLACE_SOURCES && ret >= 0; s++)
		sort(&p->at[s]);
	if (ret >= 0 && !p->at[PLACE_RECORDED].count)
		ret = err_set(e, ENODATA, "no slab object lives in this capture");
	return ret;
}

/* ---- an invented cache ---- */

static int invent(struct places *p, enum place_source source, const struct kmm_slab_policy *policy,
		  const struct kmm_config *config, unsigned size, unsigned slabs, struct err *e)
{
	char why[160] = "", name[32];
	struct kmm *mm = kmm_create(config, why, sizeof(why));
	struct kmm_slab *sl = mm && !kmm_seed_boot(mm, 0, INVENTED_FRAMES, KMM_MOVABLE) ?
				      kmm_slab_create(mm, policy, why, sizeof(why)) :
				      NULL;
	struct kmm_cache_args a = { .name = name,
				    .object_size = size,
				    .flags = KMM_SLAB_NO_MERGE | KMM_SLAB_HWCACHE_ALIGN };
	struct kmm_cache *s;
	struct kmm_cache_figures f = { 0 };
	int ret = 0;

	snprintf(name, sizeof(name), "invented-%u", size);
	s = sl ? kmm_kmem_cache_create(sl, &a, why, sizeof(why)) : NULL;
	if (!s)
		ret = err_set(e, EINVAL, "no cache of %u-byte objects can be made%s%.120s", size,
			      *why ? ": " : "", why);
	if (ret >= 0)
		kmm_kmem_cache_figures(s, &f);
	for (uint64_t i = 0; ret >= 0 && i < (uint64_t)slabs * f.objs_per_slab; i++) {
		kmm_addr at = kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);

		if (at == KMM_NULL)
			ret = err_set(e, ENOSPC, "%u slabs do not fit in the machine's 256 MiB",
				      slabs);
		else
			add(p, source, name, at - kmm_slab_address(sl, 0));
	}
	sort(&p->at[source]);
	if (ret >= 0 && source == PLACE_SLUB)
		ret = deal_pages(p, sl, e);
	if (ret >= 0 && !p->sizes) {
		p->sizes = calloc(p->caches.count + 1ull, sizeof(*p->sizes));
		for (uint32_t i = 0; p->sizes && i < p->caches.count; i++)
			p->sizes[i] = f.size;
	}
	if (sl)
		kmm_slab_destroy(sl);
	if (mm)
		kmm_destroy(mm);
	return ret >= 0 && (!p->sizes || p->no_memory) ? err_set(e, ENOMEM, "out of memory") : ret;
}

int places_invent(struct places *p, unsigned size, unsigned slabs, struct err *e)
{
	struct kmm_slab_policy slab[PLACE_SOURCES];
	struct kmm_config c;
	int ret = init(p, e);

	memset(&c, 0, sizeof(c));
	kmm_policy_init(&c.policy, KMM_LINUX_6_1);
	c.cpus = c.nodes = c.zones = 1;
	c.zone[0] = (struct kmm_zone_config){ .type = KMM_ZONE_NORMAL,
					      .spanned = INVENTED_FRAMES,
					      .present = INVENTED_FRAMES,
					      .managed = INVENTED_FRAMES };
	kmm_slab_policy_init(&slab[PLACE_SLUB], KMM_SLUB, KMM_VERSION(6, 1, 0));
	make_policies(slab);
	for (unsigned i = 0; i < SIMULATED && ret >= 0; i++)
		ret = invent(p, simulated[i], &slab[simulated[i]], &c, size, slabs, e);
	return ret;
}
