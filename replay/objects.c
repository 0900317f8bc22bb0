// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/objects.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/bysizes.h"
#include "replay/slaborigin.h"

#define KMALLOC_MAX_CACHE 8192 /* larger ones are pages */
#define LOOK_AHEAD 512	       /* records from a slab's page to its first object */
#define DONE 16		       /* frees made ahead of their turn at one time, at most */
#define UNKNOWN_SIZES 64       /* caches for what is not attributed */
#define GFP_KERNEL (KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM | KMM_GFP_IO | KMM_GFP_FS)

/* What stands behind an id. */
struct held {
	kmm_addr at;
	struct kmm_cache *cache; /* NULL: kmalloc */
};

struct known_cache {
	struct kmm_cache *cache;
	bool asked, kmalloc;
};

struct objects {
	struct kmm *mm;
	struct kmm_slab *sl;
	const struct machine *m;
	const struct objects_source *src;
	bool native; /* the captured kernel's own allocator and machine, with nothing changed */
	const kmm_pfn *
		place; /* another machine: where the pages of the start are; NULL: where they were */
	bool seeded;
	bool in_step;	   /* and the slabs of the start as the machine had them */
	bool hidden;	   /* of the start's slabs some are known as numbers only */
	struct held *held; /* [slots] */
	uint32_t slots;
	/* On each CPU, an allocation that may have taken place before frees of an interrupt; seq 0: none. */
	struct waiting {
		uint64_t seq;
		kmm_addr at;
	} waiting[KMM_CPUS];
	uint64_t done[DONE]; /* ordinals of frees that were made ahead of their turn */
	unsigned done_count;
	struct known_cache *by_name; /* [strings] */
	struct {
		uint32_t bytes;
		struct kmm_cache *cache;
	} unknown[UNKNOWN_SIZES];
	unsigned unknown_count;
	/* The object allocated ahead of its turn on each CPU. */
	struct {
		uint64_t seq;
		struct held h;
	} early[KMM_CPUS];
	struct kmm_cache *start_cache; /* of the slab of the start that was asked for last */
	uint32_t start_cache_of;       /* place in machine.slabs */
	uint8_t *rcu; /* a bit a frame: of a slab of the recording that waits for a grace period before it goes */
	uint8_t *had; /* a bit a frame: of a slab at the start, its page's free is ours to do */
	/* Where objects that no request brought are: those of the start under another allocator. */
	struct map moved; /* recorded address -> place in moved_to */
	struct held *moved_to;
	uint32_t moved_count, moved_free; /* moved_free: place to use again, MAP_NONE none */
	kmm_pfn page;			  /* the first that the model gave since it was cleared */
	struct objects_stats stats;
};

/* ---- caches ---- */

static bool has_cache(const struct machine *m, const char *prefix)
{
	for (uint32_t i = 0; i < m->slab_count; i++)
		if (!strncmp(m->slabs[i].name, prefix, strlen(prefix)))
			return true;
	return false;
}

void objects_native_policy(const struct machine *m, struct kmm_slab_policy *p)
{
	unsigned version = m->kernel_major ? KMM_VERSION(m->kernel_major, m->kernel_minor, 0) :
					     KMM_VERSION(6, 1, 0);

	kmm_slab_policy_init(p, KMM_SLUB, version);
	if (!strcmp(m->arch, "i386"))
		p->word = 4;
	p->base = m->direct_map_base;
	p->merge = false; /* the caches that are left are the machine's own */
	if (m->slab_count) {
		p->kmalloc_cgroup = has_cache(m, "kmalloc-cg-");
		p->kmalloc_reclaim = has_cache(m, "kmalloc-rcl-");
		p->kmalloc_random = has_cache(m, "kmalloc-rnd-");
		p->kmalloc_dma = has_cache(m, "dma-kmalloc-");
	}
	p->rcu_delay = true;
}

static struct kmm_cache *find_cache(const struct objects *o, const char *name)
{
	struct kmm_cache *s = NULL;

	while ((s = kmm_kmem_cache_next(o->sl, s)))
		if (!strcmp(kmm_kmem_cache_name(s), name))
			return s;
	return NULL;
}

static void no_constructor(void *arg, kmm_addr at, void *bytes)
{
	(void)arg, (void)at, (void)bytes;
}

/* With the attributes that sysfs shows; a cache that is new in the trace, by its objects' size. */
static struct kmm_cache *make_cache(struct objects *o, const char *name, uint32_t bytes)
{
	struct kmm_cache_args a = { .name = name, .object_size = bytes };
	char why[160];

	for (uint32_t i = 0; i < o->m->slab_count; i++) {
		const struct machine_slab *x = &o->m->slabs[i];

		if (strcmp(x->name, name) || !x->object_size)
			continue;
		a.object_size = x->object_size;
		a.align = x->align & (x->align - 1) ? 0 : x->align;
		a.flags = (x->hwcache_align ? KMM_SLAB_HWCACHE_ALIGN : 0) |
			  (x->reclaim_account ? KMM_SLAB_RECLAIM_ACCOUNT : 0) |
			  (x->rcu ? KMM_SLAB_TYPESAFE_BY_RCU : 0) |
			  (x->dma ? KMM_SLAB_CACHE_DMA : 0) | (x->accounted ? KMM_SLAB_ACCOUNT : 0);
		a.ctor = x->has_ctor ? no_constructor : NULL;
		break;
	}
	return kmm_kmem_cache_create(o->sl, &a, why, sizeof(why));
}

static bool is_rcu(const struct kmm_cache *c)
{
	return c && kmm_kmem_cache_flags(c) & KMM_SLAB_TYPESAFE_BY_RCU;
}

static struct known_cache *cache_of_string(struct objects *o, uint32_t string, uint32_t bytes)
{
	struct known_cache *c = &o->by_name[string];
	const char *name;

	if (c->asked)
		return c;
	name = intern_str(o->src->strings, string);
	c->asked = true;
	c->kmalloc = attribution_is_kmalloc(name);
	c->cache = find_cache(o, name);
	if (!c->cache && !c->kmalloc)
		c->cache = make_cache(o, name, bytes ? bytes : 8);
	return c;
}

/* What nobody can say the cache of: one cache a size. */
static struct kmm_cache *unknown_cache(struct objects *o, uint32_t bytes)
{
	char name[40];

	for (unsigned i = 0; i < o->unknown_count; i++)
		if (o->unknown[i].bytes == bytes)
			return o->unknown[i].cache;
	if (o->unknown_count == UNKNOWN_SIZES)
		return NULL;
	snprintf(name, sizeof(name), "unattributed-%u", bytes);
	o->unknown[o->unknown_count].bytes = bytes;
	return o->unknown[o->unknown_count++].cache = make_cache(o, name, bytes ? bytes : 8);
}

/* ---- ids ---- */

static bool hold(struct objects *o, uint32_t slot, struct held h)
{
	if (slot == NO_SLOT)
		return true;
	if (slot >= o->slots) {
		uint32_t n = slot + slot / 8 + 1024;
		struct held *more = realloc(o->held, n * sizeof(*more));

		if (!more)
			return false;
		memset(more + o->slots, 0, (n - o->slots) * sizeof(*more));
		o->held = more;
		o->slots = n;
	}
	o->held[slot] = h;
	return true;
}

/* ---- requests ---- */

/* A call site whose objects were never freed by name: by the slabs that they were in, or the sizes. */
static struct kmm_cache *cache_by_place(struct objects *o, const struct request *q)
{
	const char *name = population_cache(&o->src->population, &q->sig);
	struct kmm_cache *c;

	if (!name) {
		int n = bysizes_only(o->m, q->sig.bytes_req, q->sig.bytes_alloc);

		if (n < 0)
			return NULL;
		name = o->m->slabs[n].name;
	}
	c = find_cache(o, name);
	return c ? c : make_cache(o, name, q->sig.bytes_alloc);
}

static struct held ask(struct objects *o, const struct request *q)
{
	uint32_t string = attribution_cache(&o->src->attribution, &q->sig);
	int node = q->sig.node < 0 ? -1 : (int)(uint8_t)q->sig.node;
	struct held h = { KMM_NULL, NULL };
	bool kmalloc = !string && q->sig.bytes_alloc > KMALLOC_MAX_CACHE;

	if (string) {
		struct known_cache *c = cache_of_string(o, string,
							q->sig.bytes_req ? q->sig.bytes_req :
									   q->sig.bytes_alloc);

		kmalloc = c->kmalloc;
		h.cache = c->cache;
	} else if (!kmalloc) {
		h.cache = cache_by_place(o, q);
		if (!h.cache) {
			o->stats.unattributed++;
			h.cache = unknown_cache(o, q->sig.bytes_alloc);
		}
	}
	if (kmalloc) {
		h.cache = NULL;
		h.at = kmm_kmalloc_site(o->sl, q->cpu, q->sig.bytes_req, q->sig.gfp, node,
					q->sig.site);
	} else if (h.cache) {
		h.at = kmm_kmem_cache_alloc_node(h.cache, q->cpu, q->sig.gfp, node);
	}
	return h;
}

/* An object that is found by the address that it has in the recording. */
static int keep(struct objects *o, uint64_t at, struct held h)
{
	uint32_t n = o->moved_free;

	if (n != MAP_NONE) {
		if (map_put(&o->moved, at, n))
			return -ENOMEM;
		o->moved_free = (uint32_t)o->moved_to[n].at;
		o->moved_to[n] = h;
		return 0;
	}
	if (!(o->moved_count & (o->moved_count - 1))) {
		struct held *more = realloc(o->moved_to,
					    (o->moved_count ? o->moved_count * 2ull : 1) *
						    sizeof(*more));

		if (!more)
			return -ENOMEM;
		o->moved_to = more;
	}
	if (map_put(&o->moved, at, o->moved_count))
		return -ENOMEM;
	o->moved_to[o->moved_count++] = h;
	return 0;
}

/* What was allocated from the same slab behind this object, without an event. */
static void serve_implied(struct objects *o, const struct request *q, kmm_addr beside)
{
	uint32_t n;
	const struct population_implied *x = population_implied(&o->src->population, q->seq, &n);
	struct kmm_cache *cache = n && beside != KMM_NULL ? kmm_slab_cache_of(o->sl, beside) : NULL;

	for (; n-- && cache; x++) {
		struct held h = { kmm_kmem_cache_alloc(cache, q->cpu, q->sig.gfp), cache };

		if (h.at != KMM_NULL && !keep(o, x->addr, h))
			o->stats.implied++;
	}
}

static void give_back(struct objects *o, unsigned cpu, struct held h)
{
	if (h.cache)
		kmm_kmem_cache_free(h.cache, cpu, h.at);
	else
		kmm_kfree(o->sl, cpu, h.at);
	o->stats.freed++;
}

/* An object that no request brought, by the address that it had. */
static void release_old(struct objects *o, unsigned cpu, kmm_addr at)
{
	uint32_t n = map_del(&o->moved, at);

	if (n != MAP_NONE) {
		give_back(o, cpu, o->moved_to[n]);
		o->moved_to[n].at = o->moved_free;
		o->moved_free = n;
	} else if (o->native && kmm_slab_in_use(o->sl, at)) {
		give_back(o, cpu, (struct held){ at, kmm_slab_cache_of(o->sl, at) });
	} else {
		o->stats.unmatched++;
	}
}

/* What was freed before this without an event. */
static void release_silent(struct objects *o, const struct request *q)
{
	uint32_t n, turn = 0;
	const struct population_freed *x = population_freed(&o->src->population, q->seq, &n);
	bool now = true;

	for (; n--; x++) {
		struct held *h = x->slot < o->slots ? &o->held[x->slot] : NULL;

		if (x->turn != turn) {
			turn = x->turn;
			now = turn == POPULATION_GONE ||
			      (o->native && kmm_slab_full(o->sl, x->addr));
		}
		if (!now ||
		    (turn == POPULATION_GONE && o->native && !kmm_slab_in_use(o->sl, x->addr)))
			continue;
		if (x->slot == NO_SLOT) {
			release_old(o, q->cpu, x->addr);
		} else if (h && h->at != KMM_NULL) {
			give_back(o, q->cpu, *h);
			*h = (struct held){ KMM_NULL, NULL };
		}
		o->stats.early++;
	}
}

/*
 * The recorded kernel had a page for it, if it needed one, and the model has none above its
 * marks: what reclaim gave back for it came at another time.  Any zone then, whatever its marks.
 */
static struct held ask_any(struct objects *o, const struct request *q)
{
	struct held h = ask(o, q);

	for (unsigned z = kmm_configuration(o->mm)->zones; h.at == KMM_NULL && o->in_step && z--;) {
		kmm_expect_zone(o->mm, (int)z);
		h = ask(o, q);
		kmm_expect_zone(o->mm, -1);
		o->stats.past_marks += h.at != KMM_NULL;
	}
	return h;
}

static struct held serve(struct objects *o, const struct request *q)
{
	struct held h;

	release_silent(o, q);
	h = ask_any(o, q);
	serve_implied(o, q, h.at);
	o->stats.requested++;
	if (h.at == KMM_NULL)
		o->stats.failed++;
	else
		o->stats.served++;
	return h;
}

void objects_alloc(struct objects *o, const struct request *q)
{
	struct held h;

	if (q->sig.flags & REQ_FAILED)
		return;
	if (!o->seeded)
		h = (struct held){ q->addr, NULL };
	else if (o->early[q->cpu].seq == q->seq)
		h = o->early[q->cpu].h;
	else
		h = serve(o, q);
	if (!hold(o, q->slot, h) && h.at != KMM_NULL)
		o->stats.unmatched++;
}

static void release(struct objects *o, const struct request *q)
{
	struct held *h = q->slot == NO_SLOT || q->slot >= o->slots ? NULL : &o->held[q->slot];

	if (o->seeded)
		o->stats.frees++;
	if (!h) {
		if (o->seeded && q->slot == NO_SLOT)
			release_old(o, q->cpu, q->addr);
		return;
	}
	if (h->at != KMM_NULL && o->seeded)
		give_back(o, q->cpu, *h);
	else if (o->seeded && !(q->sig.flags & REQ_IMPLIED))
		o->stats.unmatched++;
	*h = (struct held){ KMM_NULL, NULL };
}

/* The record with this ordinal, among those that are there; NULL: it is further on. */
static const struct request *record_of(const struct request *q, uint32_t n, uint64_t seq)
{
	for (uint32_t i = 1; i < n && i < LOOK_AHEAD; i++)
		if (q[i].seq == seq)
			return &q[i];
	return NULL;
}

/* An interrupt's free is about to change from which slab its task, already at it, allocates. */
static void alloc_late(struct objects *o, const struct request *q, uint32_t n, kmm_addr freed)
{
	struct waiting *w = &o->waiting[q->cpu];
	uint64_t pending = o->early[q->cpu].seq;
	const struct request *late;

	if ((pending != UINT64_MAX && pending > q->seq) ||
	    kmm_slab_cache_of(o->sl, freed) != kmm_slab_cache_of(o->sl, w->at) ||
	    !kmm_slab_full(o->sl, freed) || !kmm_slab_comes_next(o->sl, q->cpu, w->at))
		return;
	late = record_of(q, n, w->seq);
	if (!late)
		return;
	o->early[q->cpu].seq = late->seq;
	o->early[q->cpu].h = serve(o, late);
	w->seq = 0;
}

/* What took place before this free, though it was logged behind it. */
static void make_late(struct objects *o, const struct request *q, uint32_t n)
{
	const struct held *h = q->slot < o->slots ? &o->held[q->slot] : NULL;
	kmm_addr freed = h ? h->at : q->addr;
	uint32_t count;
	const struct population_late *x = population_late(&o->src->population, q->seq, &count);

	for (; count--; x++) {
		const struct request *late = record_of(q, n, x->seq);

		if (!late)
			continue;
		if (late->sig.op == REQ_OBJ_ALLOC) {
			o->waiting[q->cpu] = (struct waiting){ late->seq, late->addr };
		} else if (o->done_count < DONE && kmm_slab_full(o->sl, freed)) {
			o->done[o->done_count++] = late->seq;
			release(o, late);
		}
	}
	if (o->waiting[q->cpu].seq > q->seq)
		alloc_late(o, q, n, freed);
}

static bool is_done(struct objects *o, uint64_t seq)
{
	for (unsigned i = 0; i < o->done_count; i++)
		if (o->done[i] == seq) {
			o->done[i] = o->done[--o->done_count];
			return true;
		}
	return false;
}

void objects_release(struct objects *o, const struct request *q, uint32_t n)
{
	if (o->done_count && is_done(o, q->seq))
		return;
	if (o->in_step && o->seeded)
		make_late(o, q, n);
	release(o, q);
}

void objects_fetch(const struct objects *o, uint32_t slot)
{
	if (slot < o->slots)
		__builtin_prefetch(&o->held[slot]);
}

/* ---- pages ---- */

static bool has_bit(const uint8_t *set, uint32_t pfn)
{
	return set[pfn >> 3] >> (pfn & 7) & 1;
}

static void set_bit(uint8_t *set, uint32_t pfn, bool to)
{
	set[pfn >> 3] = (uint8_t)((set[pfn >> 3] & ~(1u << (pfn & 7))) | (unsigned)to << (pfn & 7));
}

void objects_saw_page(struct objects *o, kmm_pfn pfn, unsigned order)
{
	(void)order;
	o->stats.pages_taken++;
	if (o->page == KMM_NO_PFN)
		o->page = pfn;
}

kmm_pfn objects_page(struct objects *o, const struct request *q, uint32_t n)
{
	uint64_t first = o->m->direct_map_base + ((uint64_t)q->pfn << 12);
	uint64_t bytes = 4096ull << q->sig.order;

	o->stats.pages_expected++;
	for (uint32_t i = 1; i < n && i < LOOK_AHEAD; i++) {
		const struct request *x = &q[i];

		if (x->sig.op != REQ_OBJ_ALLOC || x->cpu != q->cpu || x->addr - first >= bytes ||
		    x->sig.flags & REQ_FAILED || o->early[q->cpu].seq == x->seq)
			continue;
		o->page = KMM_NO_PFN;
		o->early[q->cpu].seq = x->seq;
		o->early[q->cpu].h = serve(o, x);
		if (q->pfn < o->m->max_pfn)
			set_bit(o->rcu, q->pfn, is_rcu(o->early[q->cpu].h.cache));
		return o->page;
	}
	return KMM_NO_PFN;
}

void objects_page_freed(struct objects *o, const struct request *q)
{
	release_silent(o, q);
	/* Whose start was not dumped has other lists, and other slabs that wait. */
	if (o->in_step && (kmm_slab_given_back(o->sl, q->cpu, q->pfn) ||
			   (q->pfn < o->m->max_pfn && !has_bit(o->rcu, q->pfn))))
		return;
	kmm_slab_grace_period(o->sl, q->cpu);
}

bool objects_had(const struct objects *o, uint32_t pfn)
{
	return pfn < o->m->max_pfn && has_bit(o->had, pfn);
}

void objects_place(struct objects *o, const kmm_pfn *place)
{
	o->place = place;
}

bool objects_hold(const struct objects *o, uint32_t pfn)
{
	return kmm_slab_holds(o->sl, pfn);
}

/* ---- the start ---- */

static void mark_had(struct objects *o, const struct machine_slabpage *x)
{
	for (uint64_t f = x->pfn; f < x->pfn + (1ull << x->order) && f < o->m->max_pfn; f++)
		set_bit(o->had, (uint32_t)f, true);
	if (x->pfn < o->m->max_pfn)
		set_bit(o->rcu, x->pfn, o->m->slabs[x->cache].rcu);
}

/* Slabs of the start come cache by cache. */
static struct kmm_cache *cache_of_slab(struct objects *o, const struct machine_slabpage *x)
{
	const struct machine_slab *s = &o->m->slabs[x->cache];
	struct kmm_cache *c;

	if (o->start_cache && o->start_cache_of == x->cache)
		return o->start_cache;
	c = find_cache(o, s->name);
	o->start_cache_of = x->cache;
	return o->start_cache = c ? c : make_cache(o, s->name, s->object_size);
}

static int adopt(struct objects *o, const struct machine_slabpage *x, uint32_t i, uint8_t *object,
		 struct kmm_cache *c)
{
	struct kmm_slab_start a = {
		.pfn = x->pfn, .order = x->order, .objects = x->objects, .object = object
	};

	o->stats.silent += population_slab(&o->src->population, i, object, &a.place, &a.cpu);
	if (!c || kmm_kmem_cache_adopt(c, &a)) {
		o->stats.not_adopted++;
		return 0;
	}
	o->stats.adopted++;
	mark_had(o, x);
	return 0;
}

/* Another allocator: the pages go back first, all of them, then the objects come. */
static void give_up_pages(struct objects *o, const struct machine_state *s)
{
	for (uint32_t i = 0; i < s->slabpage_count; i++) {
		const struct machine_slabpage *x = &s->slabpages[i];

		for (uint32_t f = 0; o->place && f < 1u << x->order; f++)
			if (x->pfn + f < o->m->max_pfn && o->place[x->pfn + f] != KMM_NO_PFN)
				kmm_free_pages_direct(o->mm, 0, o->place[x->pfn + f], 0, true);
		if (!o->place && kmm_frame_state(o->mm, x->pfn) != KMM_FRAME_USED)
			continue;
		if (!o->place)
			kmm_free_pages_direct(o->mm, 0, x->pfn, x->order, true);
		mark_had(o, x);
	}
}

static int allocate_anew(struct objects *o, const struct machine_slabpage *x, uint32_t i,
			 uint8_t *object)
{
	const struct machine_slab *s = &o->m->slabs[x->cache];
	bool kmalloc = attribution_is_kmalloc(s->name);
	struct kmm_cache *c = kmalloc ? NULL : cache_of_slab(o, x);
	enum kmm_slab_place place;
	unsigned cpu;

	o->stats.silent += population_slab(&o->src->population, i, object, &place, &cpu);
	cpu %= kmm_configuration(o->mm)->cpus;
	for (unsigned k = 0; k < x->objects; k++) {
		uint64_t was = o->m->direct_map_base + ((uint64_t)x->pfn << 12) +
			       (uint64_t)k * s->size;
		struct held h = { KMM_NULL, c };

		if (object[k] != KMM_OBJECT_USED)
			continue;
		if (kmalloc)
			h.at = kmm_kmalloc(o->sl, cpu, s->object_size, GFP_KERNEL);
		else if (c)
			h.at = kmm_kmem_cache_alloc(c, cpu, GFP_KERNEL);
		if (h.at == KMM_NULL) {
			o->stats.left_out++;
			continue;
		}
		if (!(o->moved_count & (o->moved_count - 1))) {
			struct held *more = realloc(o->moved_to,
						    (o->moved_count ? o->moved_count * 2ull : 1) *
							    sizeof(*more));

			if (!more)
				return -ENOMEM;
			o->moved_to = more;
		}
		if (map_put(&o->moved, was, o->moved_count))
			return -ENOMEM;
		o->moved_to[o->moved_count++] = h;
		o->stats.anew++;
	}
	return 0;
}

int objects_seed(struct objects *o, const struct machine_state *s, struct err *e)
{
	uint8_t *object = malloc(1 << 15);
	int ret = object ? 0 : -ENOMEM;

	o->seeded = true;
	if (!population_known(&o->src->population)) {
		free(object);
		return 0;
	}
	if (!o->native && !ret)
		give_up_pages(o, s);
	for (uint32_t i = 0; i < s->slabpage_count && !ret; i++)
		ret = o->native ? adopt(o, &s->slabpages[i], i, object,
					cache_of_slab(o, &s->slabpages[i])) :
				  allocate_anew(o, &s->slabpages[i], i, object);
	free(object);
	/* What was allocated before the start and lives is among them. */
	for (uint32_t i = 0; i < o->slots && !o->native && !ret; i++) {
		uint32_t n = o->held[i].at == KMM_NULL ? MAP_NONE :
							 map_del(&o->moved, o->held[i].at);

		if (o->held[i].at != KMM_NULL)
			o->held[i] = n == MAP_NONE ? (struct held){ KMM_NULL, NULL } :
						     o->moved_to[n];
	}
	for (uint32_t i = 0; i < o->slots && o->native && !ret; i++)
		if (o->held[i].at != KMM_NULL && !kmm_slab_in_use(o->sl, o->held[i].at))
			o->held[i].at = KMM_NULL;
	o->stats.pages_taken = 0;
	return ret ? err_set(e, ENOMEM, "out of memory for the objects of the start") : 0;
}

/* Nothing changed that decides where an object goes? */
static bool same_policy(const struct kmm_slab_policy *a, const struct kmm_slab_policy *b)
{
	return !b->orders && a->kind == b->kind && a->version == b->version && a->word == b->word &&
	       a->base == b->base && a->merge == b->merge && a->debug == b->debug &&
	       a->cpu_partial == b->cpu_partial && a->slub_min_order == b->slub_min_order &&
	       a->slub_max_order == b->slub_max_order &&
	       a->slub_min_objects == b->slub_min_objects &&
	       a->kmalloc_cgroup == b->kmalloc_cgroup && a->kmalloc_reclaim == b->kmalloc_reclaim &&
	       a->kmalloc_dma == b->kmalloc_dma && a->kmalloc_random == b->kmalloc_random &&
	       a->sheaves == b->sheaves;
}

struct objects *objects_new(struct kmm *mm, const struct machine *m,
			    const struct objects_source *src, const struct kmm_slab_policy *policy,
			    bool anew, struct err *e)
{
	struct objects *o = calloc(1, sizeof(*o));
	char why[200] = "out of memory";
	struct kmm_slab_policy own;

	if (!o) {
		err_set(e, ENOMEM, "out of memory");
		return NULL;
	}
	o->mm = mm;
	o->m = m;
	o->src = src;
	objects_native_policy(m, &own);
	o->native = !anew && same_policy(&own, policy);
	o->hidden = m->slabs_hidden;
	o->in_step = o->native && !o->hidden;
	o->page = KMM_NO_PFN;
	o->moved_free = MAP_NONE;
	for (unsigned c = 0; c < KMM_CPUS; c++)
		o->early[c].seq = UINT64_MAX;
	o->by_name = calloc(src->strings->count + 1ull, sizeof(*o->by_name));
	o->had = calloc(m->max_pfn / 8 + 1, 1);
	o->rcu = calloc(m->max_pfn / 8 + 1, 1);
	o->sl = o->by_name && o->had && o->rcu && !map_init(&o->moved, 16) ?
			kmm_slab_create(mm, policy, why, sizeof(why)) :
			NULL;
	if (o->sl)
		return o;
	err_set(e, EINVAL, "the slab model cannot be built: %s", why);
	objects_free(o);
	return NULL;
}

int objects_source_open(struct objects_source *s, struct kmw_reader *k, struct machine *m,
			struct err *e)
{
	s->strings = kmw_strings(k);
	if (attribution_load(&s->attribution, k, e) < 0)
		return err_code(e);
	if (slaborigin_find(k, m, e) < 0)
		return err_code(e);
	if (population_init(&s->population, m, &m->before, &s->attribution, s->strings))
		return err_set(e, ENOMEM, "out of memory for the objects of the start");
	return 0;
}

void objects_source_close(struct objects_source *s)
{
	population_free(&s->population);
	attribution_free(&s->attribution);
}

void objects_free(struct objects *o)
{
	if (!o)
		return;
	kmm_slab_destroy(o->sl);
	map_free(&o->moved);
	free(o->moved_to);
	free(o->held);
	free(o->by_name);
	free(o->had);
	free(o->rcu);
	free(o);
}

const struct objects_stats *objects_stats(const struct objects *o)
{
	return &o->stats;
}

struct kmm_slab *objects_model(struct objects *o)
{
	return o->sl;
}

size_t objects_memory(const struct objects *o)
{
	uint32_t places = o->moved_count ? 1 : 0;

	while (places < o->moved_count)
		places *= 2;
	return kmm_slab_memory(o->sl) + o->slots * sizeof(*o->held) +
	       places * sizeof(*o->moved_to) +
	       (o->moved.mask + 1) * (sizeof(*o->moved.keys) + sizeof(*o->moved.vals)) +
	       o->m->max_pfn / 4;
}

/* Of the start's slabs, those that no event shows: they are as they were. */
static void add_hidden(const struct machine_slab *x, struct objects_cache *c)
{
	c->f.slabs += x->hidden_slabs;
	c->f.active_slabs += x->hidden_slabs;
	c->f.objects += x->hidden_objs;
	c->f.active_objects += x->hidden_active;
	c->f.in_use += x->hidden_active;
}

int objects_caches(const struct objects *o, struct objects_cache **out)
{
	struct kmm_cache *s = NULL;
	int n = 0;

	while ((s = kmm_kmem_cache_next(o->sl, s)))
		n++;
	*out = calloc((size_t)n + o->m->slab_count + 1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	n = 0;
	while ((s = kmm_kmem_cache_next(o->sl, s))) {
		const char *name = kmm_kmem_cache_name(s);
		struct objects_cache *c = &(*out)[n];

		kmm_kmem_cache_figures(s, &c->f);
		for (uint32_t i = 0; o->hidden && i < o->m->slab_count; i++)
			if (!strcmp(o->m->slabs[i].name, name))
				add_hidden(&o->m->slabs[i], c);
		if (!c->f.slabs)
			continue;
		memccpy(c->name, name, 0, sizeof(c->name) - 1);
		n++;
	}
	for (uint32_t i = 0; o->hidden && i < o->m->slab_count; i++) {
		const struct machine_slab *x = &o->m->slabs[i];
		struct objects_cache *c = &(*out)[n];

		if (!x->hidden_slabs || find_cache(o, x->name))
			continue;
		memccpy(c->name, x->name, 0, sizeof(c->name) - 1);
		c->f.object_size = x->object_size;
		c->f.size = x->size;
		c->f.order = x->order;
		c->f.objs_per_slab = x->objs_per_slab;
		add_hidden(x, c);
		n++;
	}
	return n;
}
