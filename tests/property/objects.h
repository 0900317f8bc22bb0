/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Property test of the object allocators, shared by slub.c, slab.c and slob.c: random
 * requests against several versions and machines, with the validator after each.  Besides
 * its invariants: no byte belongs to two objects, objects are aligned and large
 * enough, what is written into them stays and no debugging cache complains of it,
 * bad frees are refused and change nothing, the same sequence gives the
 * same addresses, and when all is freed and shrunk every page is free again.
 *
 * A sequence that fails is shrunk by leaving out parts of it, and printed.
 * KMEMLAB_PROPERTY_OPS and KMEMLAB_PROPERTY_SEED change its length and seed.  A
 * second sequence, 20 times as long, is checked after every 1000 operations.
 */
#ifndef TESTS_PROPERTY_OBJECTS_H
#define TESTS_PROPERTY_OBJECTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mm/kmm_slab.h"
#include "tests/property/sequence.h"

#define GFP_KERNEL (KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM | KMM_GFP_IO | KMM_GFP_FS)
#define GFP_ATOMIC (KMM_GFP_HIGH | KMM_GFP_ATOMIC | KMM_GFP_KSWAPD_RECLAIM)
#define MOST_FRAMES 512
#define MOST_LIVE 700
#define GRAIN 2u
#define CACHES 6
#define DEFAULT_OPS 100000
#define QUICK_OPS 10000

enum op_kind {
	OP_CACHE_ALLOC,
	OP_ALLOC_NODE,
	OP_KMALLOC,
	OP_FREE,
	OP_FREE_RCU,
	OP_KREALLOC,
	OP_BULK,
	OP_SHRINK,
	OP_FLUSH,
	OP_REAP,
	OP_GRACE,
	OP_RECREATE,
	OP_BAD_FREE,
	OP_KINDS,
};

static const char *const op_names[OP_KINDS] = {
	"cache_alloc", "alloc_node", "kmalloc", "free",	 "free_rcu", "krealloc", "bulk",
	"shrink",      "flush",	     "reap",	"grace", "recreate", "bad_free",
};

/* Raw random numbers, so that any subsequence is a sequence. */
struct op {
	uint8_t kind, cpu;
	uint32_t a, b;
};

/* What is tested. */
struct subject {
	enum kmm_generation generation;
	unsigned cpus, nodes, frames;
	void (*tune)(struct kmm_slab_policy *p);
	enum kmm_slab_kind kind;
	unsigned version;
	bool backed; /* with memory behind the addresses */
};

struct object {
	kmm_addr at;
	size_t size;
	int cache;    /* -1: kmalloc */
	uint8_t fill; /* every byte of it, where there is memory */
};

struct world {
	const struct subject *subject;
	struct kmm *mm;
	struct kmm_slab *sl;
	struct kmm_cache *cache[CACHES];
	struct object live[MOST_LIVE];
	unsigned lives;
	uint64_t total_pages, digest;
	bool no_reclaim, damaged;
	void *memory;
	char why[256];
	uint8_t owned[MOST_FRAMES * 4096 / GRAIN];
};

/* xorshift64* (Vigna) */
static uint64_t next_random(uint64_t *s)
{
	*s ^= *s >> 12;
	*s ^= *s << 25;
	*s ^= *s >> 27;
	return *s * 2685821657736338717ull;
}

static bool complain(struct world *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->why, sizeof(w->why), fmt, ap);
	va_end(ap);
	return false;
}

/* ---- the caches of the test ---- */

static void constructor(void *arg, kmm_addr at, void *bytes)
{
	struct world *w = arg;

	(void)bytes;
	w->digest = (w->digest ^ (at - kmm_slab_address(w->sl, 0))) * 1099511628211ull;
}

static const struct kmm_cache_args cache_args[CACHES] = {
	{ .name = "words", .object_size = 40 },
	{ .name = "lines", .object_size = 200, .flags = KMM_SLAB_HWCACHE_ALIGN },
	{ .name = "reclaimable", .object_size = 584, .flags = KMM_SLAB_RECLAIM_ACCOUNT },
	{ .name = "rcu", .object_size = 120, .flags = KMM_SLAB_TYPESAFE_BY_RCU },
	{ .name = "constructed", .object_size = 1000, .align = 32, .ctor = constructor },
	{ .name = "sheaves", .object_size = 256, .sheaf_capacity = 8 },
};

static bool make_cache(struct world *w, unsigned i)
{
	struct kmm_cache_args a = cache_args[i];

	a.ctor_arg = w;
	w->cache[i] = kmm_kmem_cache_create(w->sl, &a, w->why, sizeof(w->why));
	return w->cache[i];
}

/* ---- live objects ---- */

static uint8_t *grains(struct world *w, kmm_addr at, size_t size, size_t *n)
{
	uint64_t offset = at - kmm_slab_address(w->sl, 0);

	*n = (size_t)((offset + size - 1) / GRAIN - offset / GRAIN + 1);
	return offset + size <= sizeof(w->owned) * GRAIN ? &w->owned[offset / GRAIN] : NULL;
}

static bool adopt(struct world *w, kmm_addr at, size_t size, int cache)
{
	size_t n;
	uint8_t *g = grains(w, at, size, &n);

	w->digest = (w->digest ^ (at - kmm_slab_address(w->sl, 0))) * 1099511628211ull;
	if (!g)
		return complain(w, "%#llx: outside", (unsigned long long)at);
	for (size_t i = 0; i < n; i++)
		if (g[i])
			return complain(w, "%#llx: overlaps a live object", (unsigned long long)at);
	memset(g, 1, n);
	w->live[w->lives] = (struct object){ at, size, cache, (uint8_t)(at >> 3) };
	if (w->memory)
		memset(kmm_slab_bytes(w->sl, at), w->live[w->lives].fill, size);
	w->lives++;
	return true;
}

static void check_bytes(struct world *w, const struct object *o)
{
	const uint8_t *p = kmm_slab_bytes(w->sl, o->at);

	for (size_t i = 0; w->memory && i < o->size; i++)
		w->damaged |= p[i] != o->fill;
}

static struct object forget(struct world *w, unsigned i)
{
	struct object o = w->live[i];
	size_t n;
	uint8_t *g = grains(w, o.at, o.size, &n);

	memset(g, 0, n);
	w->live[i] = w->live[--w->lives];
	return o;
}

static void release(struct world *w, unsigned cpu, unsigned i, bool rcu)
{
	struct object o = forget(w, i);

	check_bytes(w, &o);
	if (o.cache < 0)
		kmm_kfree(w->sl, cpu, o.at);
	else if (rcu)
		kmm_kmem_cache_free_rcu(w->cache[o.cache], cpu, o.at);
	else
		kmm_kmem_cache_free(w->cache[o.cache], cpu, o.at);
}

/* Direct reclaim gives some objects up, in the middle of an allocation. */
static uint64_t give_pages(void *arg, unsigned cpu, unsigned zone, uint64_t pages)
{
	struct world *w = arg;

	(void)zone;
	if (w->no_reclaim)
		return 0;
	for (uint64_t i = 0; i < 2 * pages && w->lives > 40; i++)
		release(w, cpu, (unsigned)(i * 7 % w->lives), false);
	return pages;
}

/* ---- operations ---- */

static kmm_gfp random_gfp(uint32_t r)
{
	static const kmm_gfp kinds[] = {
		GFP_KERNEL,
		GFP_KERNEL,
		GFP_ATOMIC,
		GFP_KERNEL | KMM_GFP_ACCOUNT,
		GFP_KERNEL | KMM_GFP_RECLAIMABLE,
		GFP_KERNEL | KMM_GFP_DMA,
		KMM_GFP_NOWARN,
		GFP_KERNEL | KMM_GFP_ZERO | KMM_GFP_NORETRY,
	};

	return kinds[r % (sizeof(kinds) / sizeof(*kinds))];
}

static size_t random_size(uint32_t r)
{
	static const uint16_t most[] = { 8, 32, 96, 192, 300, 600, 1500, 4096, 9000, 16384 };

	return r / 16 % most[r % 16 < 10 ? r % 16 : r % 4] + 1;
}

static bool do_cache_alloc(struct world *w, const struct op *o)
{
	unsigned i = o->a % CACHES;
	int node = o->kind == OP_ALLOC_NODE ? (int)(o->b % w->subject->nodes) : -1;
	struct kmm_cache_figures f;
	kmm_addr at;

	if (w->lives == MOST_LIVE)
		return true;
	at = kmm_kmem_cache_alloc_node(w->cache[i], o->cpu, random_gfp(o->b / 8), node);
	if (at == KMM_NULL)
		return true;
	kmm_kmem_cache_figures(w->cache[i], &f);
	if (f.align && at % f.align)
		return complain(w, "%#llx: not aligned to %u", (unsigned long long)at, f.align);
	return adopt(w, at, cache_args[i].object_size, (int)i);
}

static bool do_kmalloc(struct world *w, const struct op *o)
{
	size_t size = random_size(o->a);
	kmm_addr at;

	if (w->lives == MOST_LIVE)
		return true;
	at = kmm_kmalloc_site(w->sl, o->cpu, size, random_gfp(o->b), -1, o->b % 5);
	if (at == KMM_NULL)
		return true;
	if (at % 8)
		return complain(w, "%#llx: not aligned to 8", (unsigned long long)at);
	if (kmm_ksize(w->sl, at) < size)
		return complain(w, "%#llx: holds %zu, not %zu", (unsigned long long)at,
				kmm_ksize(w->sl, at), size);
	return adopt(w, at, size, -1);
}

static bool do_free(struct world *w, const struct op *o)
{
	if (w->lives)
		release(w, o->cpu, o->a % w->lives, o->kind == OP_FREE_RCU);
	return true;
}

static bool do_krealloc(struct world *w, const struct op *o)
{
	size_t size = random_size(o->b);
	struct object old;
	kmm_addr at;

	if (!w->lives || w->live[o->a % w->lives].cache >= 0)
		return true;
	/* It may not be given up while it is moved. */
	old = w->live[o->a % w->lives];
	w->no_reclaim = true;
	at = kmm_krealloc(w->sl, o->cpu, old.at, size, GFP_KERNEL);
	w->no_reclaim = false;
	if (at == KMM_NULL)
		return true;
	forget(w, o->a % w->lives);
	return adopt(w, at, size, -1);
}

static bool do_bulk(struct world *w, const struct op *o)
{
	unsigned i = o->a % CACHES, n = 1 + o->b % 13, got;
	kmm_addr out[13];

	if (w->lives + n > MOST_LIVE)
		return true;
	got = kmm_kmem_cache_alloc_bulk(w->cache[i], o->cpu, random_gfp(o->b / 16), n, out);
	if (got && got != n)
		return complain(w, "%u of %u objects", got, n);
	if (o->b & 1u << 30) {
		kmm_kmem_cache_free_bulk(w->cache[i], o->cpu, got, out);
		return true;
	}
	while (got--)
		if (!adopt(w, out[got], cache_args[i].object_size, (int)i))
			return false;
	return true;
}

static bool do_shrink(struct world *w, const struct op *o)
{
	struct kmm_cache *s = NULL;

	if (o->b & 3) {
		s = w->cache[o->a % CACHES];
	} else {
		for (unsigned i = 0; i <= o->a % 16; i++)
			s = kmm_kmem_cache_next(w->sl, s);
		if (!s)
			return true;
	}
	kmm_kmem_cache_shrink(s, o->cpu);
	return true;
}

/* Destroy a cache: refused if and only if it is the last user's and objects live. */
static bool do_recreate(struct world *w, const struct op *o)
{
	unsigned i = o->a % CACHES;
	struct kmm_cache_figures f;
	unsigned lives = 0;
	int ret;

	for (unsigned k = 0; k < w->lives; k++)
		lives += w->live[k].cache == (int)i;
	if (lives && w->subject->kind == KMM_SLOB)
		return true;
	kmm_kmem_cache_figures(w->cache[i], &f);
	if (lives && f.aliases)
		return true;
	ret = kmm_kmem_cache_destroy(w->cache[i], o->cpu);
	if (!f.aliases && (ret != 0) != (lives != 0))
		return complain(w, "destroy of %s with %u objects: %d", cache_args[i].name, lives,
				ret);
	return ret || make_cache(w, i);
}

static bool do_bad_free(struct world *w, const struct op *o)
{
	uint64_t before = kmm_slab_stats(w->sl)->bad_frees;
	struct kmm_cache *s;
	struct object ob;

	if (!w->lives)
		return true;
	ob = w->live[o->a % w->lives];
	s = w->cache[ob.cache < 0 ? 0 : ob.cache];
	switch (o->b % 4) {
	case 0: /* not the beginning of an object */
		kmm_kfree(w->sl, o->cpu, ob.at + 1);
		break;
	case 1: /* nobody's */
		kmm_kfree(w->sl, o->cpu, kmm_slab_address(w->sl, MOST_FRAMES + 5) + 64);
		break;
	case 2: /* another cache's */
		kmm_kmem_cache_free(s == w->cache[1] ? w->cache[2] : w->cache[1], o->cpu, ob.at);
		if (w->subject->kind == KMM_SLOB)
			return complain(w, "unreachable");
		break;
	default: /* twice */
		if (w->subject->kind == KMM_SLOB && ob.cache >= 0)
			return true;
		release(w, o->cpu, o->a % w->lives, false);
		if (ob.cache < 0)
			kmm_kfree(w->sl, o->cpu, ob.at);
		else
			kmm_kmem_cache_free(s, o->cpu, ob.at);
	}
	return kmm_slab_stats(w->sl)->bad_frees == before + 1 ||
	       complain(w, "%#llx: bad free %u was not refused", (unsigned long long)ob.at,
			o->b % 4);
}

static bool step(struct world *w, const struct op *o)
{
	switch (o->kind) {
	case OP_CACHE_ALLOC:
	case OP_ALLOC_NODE:
		return do_cache_alloc(w, o);
	case OP_KMALLOC:
		return do_kmalloc(w, o);
	case OP_FREE:
	case OP_FREE_RCU:
		return do_free(w, o);
	case OP_KREALLOC:
		return do_krealloc(w, o);
	case OP_BULK:
		return do_bulk(w, o);
	case OP_SHRINK:
		return do_shrink(w, o);
	case OP_FLUSH:
		kmm_slab_flush_cpu(w->sl, o->cpu);
		return true;
	case OP_REAP:
		kmm_slab_reap(w->sl, o->cpu);
		return true;
	case OP_GRACE:
		kmm_slab_grace_period(w->sl, o->cpu);
		return true;
	case OP_RECREATE:
		return do_recreate(w, o);
	default:
		/* SLOB cannot know a cache's objects from another's. */
		return (w->subject->kind == KMM_SLOB && o->b % 4 == 2) || do_bad_free(w, o);
	}
}

/* ---- machines ---- */

static void add_zone(struct kmm_config *c, unsigned node, enum kmm_zone_type type, kmm_pfn start,
		     unsigned frames)
{
	struct kmm_zone_config *z = &c->zone[c->zones++];

	z->node = node;
	z->type = type;
	z->start = start;
	z->spanned = z->present = z->managed = frames;
	z->min = frames / 64 + 1;
	z->low = z->min + z->min / 4 + 1;
	z->high = z->low + z->min / 4 + 1;
	z->reserve_given = true;
	z->pcp_batch = 7;
	z->pcp_high = 28;
}

static struct kmm *make_machine(const struct subject *s, char *why, size_t n)
{
	static struct kmm_config c;
	struct kmm *mm;

	memset(&c, 0, sizeof(c));
	kmm_policy_init(&c.policy, s->generation);
	c.policy.max_order = 6;
	c.policy.pageblock_order = 5;
	c.cpus = s->cpus;
	c.nodes = s->nodes;
	add_zone(&c, 0, KMM_ZONE_DMA, 0, 64);
	add_zone(&c, 0, KMM_ZONE_NORMAL, 64, s->frames / s->nodes - 64);
	for (unsigned node = 1; node < s->nodes; node++)
		add_zone(&c, node, KMM_ZONE_NORMAL, s->frames / s->nodes * node,
			 s->frames / s->nodes);
	for (unsigned cpu = 0; cpu < s->cpus; cpu++)
		c.cpu_node[cpu] = (uint8_t)(cpu % s->nodes);
	mm = kmm_create(&c, why, n);
	for (unsigned i = 0; mm && i < c.zones; i++)
		kmm_seed_boot(mm, c.zone[i].start, c.zone[i].start + (kmm_pfn)c.zone[i].spanned,
			      KMM_MOVABLE);
	return mm;
}

static uint64_t free_pages(const struct world *w)
{
	uint64_t pages = 0;

	for (unsigned zone = 0; zone < 1 + w->subject->nodes; zone++) {
		pages += kmm_zone_free_pages(w->mm, zone);
		for (unsigned cpu = 0; cpu < w->subject->cpus; cpu++)
			pages += kmm_pcp_pages(w->mm, zone, cpu);
	}
	return pages;
}

/* Pages that the caches themselves are in: one object each, and as few slabs as hold them. */
static bool pages_of_caches(struct world *w, uint64_t *pages)
{
	struct kmm_cache *first = kmm_kmem_cache_next(w->sl, NULL);
	struct kmm_cache_figures f;
	unsigned caches = 0;

	*pages = 0;
	if (!kmm_slab_policy_of(w->sl)->kmem_cache_size)
		return true;
	for (struct kmm_cache *s = first; s; s = kmm_kmem_cache_next(w->sl, s))
		caches++;
	kmm_kmem_cache_figures(first, &f);
	*pages = f.slabs << f.order;
	return f.in_use == caches - (w->subject->kind == KMM_SLAB) ||
	       complain(w, "%u caches, %llu objects of kmem_cache", caches,
			(unsigned long long)f.in_use);
}

/* Free and shrink everything: no page may be missing. */
static bool all_comes_back(struct world *w)
{
	uint64_t kept;

	while (w->lives)
		release(w, w->lives % w->subject->cpus, w->lives - 1, false);
	kmm_slab_grace_period(w->sl, 0);
	/* Twice, as what SLAB keeps off its slabs returns to other caches. */
	for (unsigned round = 0; round < 3; round++)
		for (struct kmm_cache *s = NULL; (s = kmm_kmem_cache_next(w->sl, s));)
			kmm_kmem_cache_shrink(s, 0);
	kmm_slab_grace_period(w->sl, 0);
	if (kmm_slab_validate(w->sl, w->why, sizeof(w->why)) ||
	    kmm_validate(w->mm, w->why, sizeof(w->why)) || !pages_of_caches(w, &kept))
		return false;
	return free_pages(w) + kept == w->total_pages ||
	       complain(w, "%llu pages of %llu came back", (unsigned long long)free_pages(w),
			(unsigned long long)w->total_pages);
}

static bool start(struct world *w)
{
	static const struct kmm_observer pages = { .reclaim_pages = give_pages };
	const struct subject *s = w->subject;
	struct kmm_slab_policy p;

	w->mm = make_machine(s, w->why, sizeof(w->why));
	if (!w->mm)
		return false;
	w->total_pages = free_pages(w);
	kmm_observe(w->mm, &pages, w);
	kmm_slab_policy_init(&p, s->kind, s->version);
	if (s->backed) {
		w->memory = aligned_alloc(4096, MOST_FRAMES * 4096);
		if (!w->memory)
			return complain(w, "out of memory");
		memset(w->memory, 0, MOST_FRAMES * 4096);
		p.memory = w->memory;
	}
	p.kmalloc_dma = false;
	p.kmalloc_min = 32; /* small slabs are quick to check */
	if (s->tune)
		s->tune(&p);
	w->sl = kmm_slab_create(w->mm, &p, w->why, sizeof(w->why));
	if (!w->sl)
		return false;
	for (unsigned i = 0; i < CACHES; i++)
		if (!make_cache(w, i))
			return false;
	return true;
}

/* Run a sequence; true if all went well.  *at: the operation that failed. */
static bool run(struct world *w, const struct subject *s, const struct op *ops, unsigned n,
		unsigned stride, unsigned *at)
{
	bool ok;

	memset(w, 0, sizeof(*w));
	w->subject = s;
	ok = start(w);
	for (*at = 0; ok && *at < n; ++*at) {
		struct op o = ops[*at];

		o.cpu = (uint8_t)(o.cpu % s->cpus);
		ok = step(w, &o);
		if (ok && (w->damaged || kmm_slab_stats(w->sl)->reports))
			ok = complain(w, "an object was written by others");
		if (ok && *at % stride == 0)
			ok = !kmm_slab_validate(w->sl, w->why, sizeof(w->why));
		if (ok && *at % stride == 0)
			ok = !kmm_validate(w->mm, w->why, sizeof(w->why));
		if (!ok)
			break;
	}
	ok = ok && all_comes_back(w);
	kmm_slab_destroy(w->sl);
	kmm_destroy(w->mm);
	free(w->memory);
	return ok;
}

static void generate(struct op *ops, unsigned n, uint64_t seed)
{
	/* Mostly requests; allocation and release take turns at having the upper hand. */
	static const uint8_t growing[] = { OP_CACHE_ALLOC, OP_CACHE_ALLOC, OP_CACHE_ALLOC,
					   OP_CACHE_ALLOC, OP_KMALLOC,	   OP_KMALLOC,
					   OP_KMALLOC,	   OP_FREE,	   OP_FREE,
					   OP_FREE_RCU,	   OP_BULK,	   OP_ALLOC_NODE };
	static const uint8_t shrinking[] = { OP_CACHE_ALLOC, OP_KMALLOC, OP_KREALLOC, OP_FREE,
					     OP_FREE,	     OP_FREE,	 OP_FREE,     OP_FREE,
					     OP_FREE,	     OP_FREE,	 OP_FREE_RCU, OP_BULK };

	for (unsigned i = 0; i < n; i++) {
		uint64_t r = next_random(&seed);
		const uint8_t *mostly = i / 700 % 2 ? shrinking : growing;

		if (r % 32)
			ops[i].kind = mostly[r / 32 % sizeof(growing)];
		else
			ops[i].kind = (uint8_t)(r / 32 % OP_KINDS);
		ops[i].cpu = (uint8_t)(r >> 56);
		r = next_random(&seed);
		ops[i].a = (uint32_t)r;
		ops[i].b = (uint32_t)(r >> 32);
	}
}

struct trial {
	struct world *w;
	const struct subject *s;
};

static bool passes_again(void *arg, const void *ops, unsigned n)
{
	const struct trial *t = arg;
	unsigned at;

	return run(t->w, t->s, ops, n, 1, &at);
}

/* One sequence; a failure is looked for again with a check after each operation. */
static void check_sequence(struct world *w, const struct subject *s, unsigned n, uint64_t seed,
			   unsigned stride)
{
	struct op *ops = calloc(n, sizeof(*ops));
	unsigned at = 0;

	assert_true(ops && n);
	generate(ops, n, seed);
	if (!run(w, s, ops, n, stride, &at)) {
		fprintf(stderr, "after %u operations: %s\n", at, w->why);
		n = shrink(ops, at < n ? at + 1 : n, sizeof(*ops), passes_again,
			   &(struct trial){ w, s });
		run(w, s, ops, n, 1, &at);
		for (unsigned i = 0; i < n && i < 100; i++)
			fprintf(stderr, "  %s cpu %u a %#x b %#x\n", op_names[ops[i].kind],
				ops[i].cpu % s->cpus, ops[i].a, ops[i].b);
		fail_msg("%u operations suffice: %s", n, w->why);
	}
	free(ops);
}

static void check_same_again(struct world *w, const struct subject *s, uint64_t seed)
{
	struct op ops[2000];
	uint64_t digest;
	unsigned at;

	generate(ops, 2000, seed);
	assert_true(run(w, s, ops, 2000, 1, &at));
	digest = w->digest;
	assert_true(run(w, s, ops, 2000, 1, &at));
	assert_int_equal(digest, w->digest);
}

static void check_subject(const struct subject *s)
{
	uint64_t seed = number_from("KMEMLAB_PROPERTY_SEED", 20262) * 0x9e3779b97f4a7c15ull | 1;
	const char *quick = getenv("QUICK");
	unsigned n = (unsigned)number_from("KMEMLAB_PROPERTY_OPS",
					   quick && *quick ? QUICK_OPS : DEFAULT_OPS);
	struct world *w = malloc(sizeof(*w));

	assert_non_null(w);
	check_sequence(w, s, n, seed, 1);
	check_sequence(w, s, 20 * n, ~seed, 1000);
	check_same_again(w, s, seed);
	free(w);
}

#define SUBJECT(name, ...)                                         \
	static void test_##name(void **state)                      \
	{                                                          \
		static const struct subject subject = __VA_ARGS__; \
		(void)state;                                       \
		check_subject(&subject);                           \
	}

#endif
