// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Property test of the model: random requests against machines of every
 * generation and shape, with the validator after each.  Besides its invariants:
 * no block is handed out that is live, each lies in a zone that its request
 * permits, pages are conserved, the same sequence gives the same events, and
 * when all is freed and drained the zones are whole again.
 *
 * A second sequence, 20 times as long, is checked after every 1000 operations.
 *
 * A sequence that fails is shrunk by leaving out parts of it, and printed.
 * KMEMLAB_PROPERTY_OPS and KMEMLAB_PROPERTY_SEED change its length and seed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mm/kmm.h"
#include "tests/property/sequence.h"

#define FRAMES 4096
#define MOST_LIVE 2048
#define DEFAULT_OPS 100000
#define QUICK_OPS 10000
#define LONG 20	       /* times as long is the second sequence */
#define SPECIAL_CPUS 5 /* marks the machine that has page blocks of special types */

enum op_kind {
	OP_ALLOC,
	OP_FREE,
	OP_FREE_PIECE,
	OP_FREE_BATCHED,
	OP_FREE_DIRECT,
	OP_BULK,
	OP_ALLOC_IN_ZONE,
	OP_SWAP,
	OP_TAKE,
	OP_DRAIN,
	OP_KSWAPD,
	OP_BOOST_CLEAR,
	OP_DECAY,
	OP_BAD_FREE,
	OP_KINDS,
};

static const char *const op_names[OP_KINDS] = {
	"alloc", "free", "free_piece", "free_batched", "free_direct", "bulk",  "alloc_in_zone",
	"swap",	 "take", "drain",      "kswapd",       "boost_clear", "decay", "bad_free",
};

/* Raw random numbers, so that any subsequence is a sequence. */
struct op {
	uint8_t kind, cpu;
	uint32_t a, b;
};

struct block {
	kmm_pfn pfn;
	uint8_t order;
};

struct world {
	struct kmm *mm;
	const struct kmm_config *config;
	struct block live[MOST_LIVE];
	unsigned lives;
	bool owned[FRAMES];
	uint64_t owned_pages, total_pages, events;
	char why[256];
};

/* xorshift64* (Vigna) */
static uint64_t next_random(uint64_t *s)
{
	*s ^= *s >> 12;
	*s ^= *s << 25;
	*s ^= *s >> 27;
	return *s * 2685821657736338717ull;
}

static void mix(struct world *w, uint64_t v)
{
	w->events = (w->events ^ v) * 1099511628211ull;
}

/* ---- observer ---- */

static void saw_alloc(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order, kmm_gfp gfp,
		      unsigned type)
{
	mix(arg, (uint64_t)pfn << 32 | cpu << 16 | order << 8 | type);
	mix(arg, gfp);
}

static void saw_free(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order)
{
	mix(arg, (uint64_t)pfn << 32 | cpu << 16 | order << 8 | 0x10);
}

static void saw_locked(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order, unsigned type,
		       bool refill)
{
	mix(arg, (uint64_t)pfn << 32 | cpu << 16 | order << 8 | type << 1 | refill | 0x20);
}

static void saw_drain(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order, unsigned type)
{
	mix(arg, (uint64_t)pfn << 32 | cpu << 16 | order << 8 | type | 0x40);
}

static void saw_extfrag(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order, unsigned found,
			unsigned type, unsigned from, bool owner)
{
	mix(arg, (uint64_t)pfn << 32 | cpu << 16 | order << 8 | found << 4 | type << 2 | owner);
	mix(arg, from);
}

static struct block forget(struct world *w, unsigned i)
{
	struct block b = w->live[i];

	w->live[i] = w->live[--w->lives];
	memset(&w->owned[b.pfn], 0, 1u << b.order);
	w->owned_pages -= 1u << b.order;
	return b;
}

static uint64_t give_pages(void *arg, unsigned cpu, unsigned zone, uint64_t pages)
{
	struct world *w = arg;
	uint64_t given = 0;

	(void)zone;
	while (w->lives && given < pages && w->lives % 7) {
		struct block b = forget(w, w->lives / 2);

		kmm_free_pages(w->mm, cpu, b.pfn, b.order);
		given += 1u << b.order;
	}
	return given;
}

/* Compaction moves pages of the live set. */
static bool move_page(void *arg, unsigned cpu, kmm_pfn from, kmm_pfn to)
{
	struct world *w = arg;

	(void)cpu;
	for (unsigned i = 0; i < w->lives; i++) {
		if (w->live[i].pfn != from || w->live[i].order)
			continue;
		w->owned[from] = false;
		w->owned[to] = true;
		w->live[i].pfn = to;
		mix(w, (uint64_t)from << 32 | to);
		return true;
	}
	return false;
}

static const struct kmm_observer observer = {
	.mm_page_alloc = saw_alloc,
	.mm_page_free = saw_free,
	.mm_page_alloc_zone_locked = saw_locked,
	.mm_page_pcpu_drain = saw_drain,
	.mm_page_alloc_extfrag = saw_extfrag,
	.reclaim_pages = give_pages,
	.migrate_page = move_page,
};

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
	z->pcp_batch = 7;
	z->pcp_high = 28;
}

static void base(struct kmm_config *c, enum kmm_generation g, unsigned cpus)
{
	memset(c, 0, sizeof(*c));
	kmm_policy_init(&c->policy, g);
	c->policy.max_order = 7;
	c->policy.pageblock_order = 5;
	c->cpus = cpus;
	c->nodes = 1;
}

static void make_6_1(struct kmm_config *c)
{
	base(c, KMM_LINUX_6_1, 2);
	add_zone(c, 0, KMM_ZONE_DMA, 1, 127);
	add_zone(c, 0, KMM_ZONE_DMA32, 128, 896);
}

static void make_6_18(struct kmm_config *c)
{
	make_6_1(c);
	kmm_policy_init(&c->policy, KMM_LINUX_6_18);
	c->policy.max_order = 7;
	c->policy.pageblock_order = 5;
	for (unsigned i = 0; i < c->zones; i++) {
		c->zone[i].pcp_high_min = 28;
		c->zone[i].pcp_high_max = 100;
	}
}

static void make_5_10(struct kmm_config *c)
{
	base(c, KMM_LINUX_5_10, 2);
	add_zone(c, 0, KMM_ZONE_DMA32, 0, 1024);
}

static void make_2_6(struct kmm_config *c)
{
	base(c, KMM_LINUX_2_6, 2);
	add_zone(c, 0, KMM_ZONE_DMA, 0, 256);
	add_zone(c, 0, KMM_ZONE_NORMAL, 256, 768);
}

static void make_numa(struct kmm_config *c)
{
	base(c, KMM_LINUX_6_1, 4);
	c->nodes = 2;
	c->cpu_node[2] = c->cpu_node[3] = 1;
	add_zone(c, 0, KMM_ZONE_DMA32, 0, 256);
	add_zone(c, 0, KMM_ZONE_NORMAL, 256, 384);
	add_zone(c, 1, KMM_ZONE_NORMAL, 640, 512);
}

/* i386: a boundary within a page block, and pages that only user memory may have. */
static void make_highmem(struct kmm_config *c)
{
	base(c, KMM_LINUX_6_1, 2);
	add_zone(c, 0, KMM_ZONE_DMA, 0, 128);
	add_zone(c, 0, KMM_ZONE_NORMAL, 128, 382);
	add_zone(c, 0, KMM_ZONE_HIGHMEM, 510, 386);
	add_zone(c, 0, KMM_ZONE_MOVABLE, 896, 128);
}

static void make_tiny(struct kmm_config *c)
{
	base(c, KMM_LINUX_6_1, 3);
	add_zone(c, 0, KMM_ZONE_DMA, 3, 17);
	add_zone(c, 0, KMM_ZONE_DMA32, 20, 45);
	add_zone(c, 0, KMM_ZONE_NORMAL, 70, 129);
}

static void make_no_pcp(struct kmm_config *c)
{
	make_6_1(c);
	c->policy.pcp_batch = 0;
}

static void make_no_grouping(struct kmm_config *c)
{
	make_6_1(c);
	c->policy.mobility_grouping = false;
}

static void make_big_pageblock(struct kmm_config *c)
{
	make_6_1(c);
	c->policy.pageblock_order = 7;
	c->policy.watermark_boost_factor = 0;
}

/* Also page blocks that are reserved, isolated, or CMA. */
static void make_special(struct kmm_config *c)
{
	make_6_1(c);
	c->cpus = SPECIAL_CPUS;
}

static bool seed_memory(struct kmm *mm, const struct kmm_config *c)
{
	bool special = c->cpus == SPECIAL_CPUS;
	bool ok = true;

	for (unsigned zone = 0; zone < c->zones && ok; zone++) {
		const struct kmm_zone_config *z = &c->zone[zone];
		kmm_pfn end = z->start + (kmm_pfn)z->spanned;

		if (special && zone == 1) {
			ok = !kmm_seed_boot(mm, end - 64, end, KMM_CMA) &&
			     !kmm_seed_boot(mm, end - 96, end - 64, KMM_ISOLATE) &&
			     !kmm_seed_boot(mm, end - 160, end - 96, KMM_HIGHATOMIC);
			end -= 160;
		}
		ok = ok && !kmm_seed_boot(mm, z->start, end, KMM_MOVABLE);
	}
	return ok;
}

/* ---- one run ---- */

static bool complain(struct world *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->why, sizeof(w->why), fmt, ap);
	va_end(ap);
	return false;
}

/* Highest zone type that each gfp bit combination allows; as the documentation of zones has it. */
static unsigned highest_zone(kmm_gfp gfp)
{
	if (gfp & KMM_GFP_DMA)
		return KMM_ZONE_DMA;
	if (gfp & KMM_GFP_HIGHMEM)
		return gfp & KMM_GFP_MOVABLE ? KMM_ZONE_MOVABLE : KMM_ZONE_HIGHMEM;
	return KMM_ZONE_NORMAL;
}

static bool adopt(struct world *w, kmm_pfn pfn, unsigned order, kmm_gfp gfp)
{
	int zone = kmm_zone_of(w->mm, pfn);

	if (zone < 0 || kmm_zone_of(w->mm, pfn + (1u << order) - 1) != zone)
		return complain(w, "frame %u order %u: in no zone or two", pfn, order);
	if (pfn & ((1u << order) - 1))
		return complain(w, "frame %u order %u: not aligned", pfn, order);
	if (!(gfp & KMM_GFP_DMA) && w->config->zone[zone].type > highest_zone(gfp))
		return complain(w, "frame %u: zone type %d for gfp %#x", pfn,
				(int)w->config->zone[zone].type, gfp);
	for (kmm_pfn p = pfn; p < pfn + (1u << order); p++) {
		if (w->owned[p])
			return complain(w, "frame %u handed out twice", p);
		if (kmm_frame_state(w->mm, p) != KMM_FRAME_USED)
			return complain(w, "frame %u handed out but not in use", p);
		w->owned[p] = true;
	}
	w->live[w->lives].pfn = pfn;
	w->live[w->lives++].order = (uint8_t)order;
	w->owned_pages += 1u << order;
	return true;
}

static kmm_gfp random_gfp(uint32_t r)
{
	static const kmm_gfp kinds[] = {
		KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM,
		KMM_GFP_HIGHMEM | KMM_GFP_MOVABLE | KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM,
		KMM_GFP_RECLAIMABLE | KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM,
		KMM_GFP_HIGH | KMM_GFP_ATOMIC | KMM_GFP_KSWAPD_RECLAIM,
		KMM_GFP_MOVABLE | KMM_GFP_NORETRY | KMM_GFP_DIRECT_RECLAIM,
		KMM_GFP_DMA,
		KMM_GFP_HIGHMEM | KMM_GFP_KSWAPD_RECLAIM,
		KMM_GFP_MEMALLOC | KMM_GFP_COLD,
	};
	kmm_gfp gfp = kinds[r % (sizeof(kinds) / sizeof(kinds[0]))];

	return r & 0x1000 ? gfp | KMM_GFP_THISNODE : gfp;
}

static unsigned random_order(const struct world *w, uint32_t r)
{
	static const uint8_t orders[] = { 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7 };
	unsigned order = orders[r % sizeof(orders)];

	return order > w->config->policy.max_order ? 0 : order;
}

static bool do_alloc(struct world *w, const struct op *o)
{
	kmm_gfp gfp = random_gfp(o->a >> 8);
	unsigned order = random_order(w, o->b);
	kmm_pfn pfn;

	if (w->lives == MOST_LIVE)
		return true;
	if (o->kind == OP_ALLOC_IN_ZONE) {
		unsigned zone = o->b / 64 % w->config->zones;

		pfn = kmm_alloc_pages_in_zone(w->mm, o->cpu, gfp, order, zone);
		if (pfn != KMM_NO_PFN && kmm_zone_of(w->mm, pfn) != (int)zone)
			return complain(w, "frame %u is not of zone %u", pfn, zone);
		gfp = KMM_GFP_DMA;
	} else {
		pfn = kmm_alloc_pages(w->mm, o->cpu, gfp, order);
	}
	return pfn == KMM_NO_PFN || adopt(w, pfn, order, gfp);
}

static bool do_bulk(struct world *w, const struct op *o)
{
	kmm_gfp gfp = random_gfp(o->a >> 8);
	unsigned n = 1 + o->b % 9, got;
	kmm_pfn out[9];

	if (w->lives + n > MOST_LIVE)
		return true;
	got = kmm_alloc_pages_bulk(w->mm, o->cpu, gfp, n, out);
	if (got > n)
		return complain(w, "%u bulk pages for %u", got, n);
	for (unsigned i = 0; i < got; i++)
		if (!adopt(w, out[i], 0, gfp))
			return false;
	return true;
}

/* Free one page of a block; the rest lives on as blocks of its own. */
static bool do_free_piece(struct world *w, const struct op *o)
{
	struct block b;

	if (!w->lives || w->lives + 8 > MOST_LIVE)
		return true;
	b = forget(w, o->a % w->lives);
	for (unsigned order = 0; order < b.order; order++)
		if (!adopt(w, b.pfn + (1u << order), order, KMM_GFP_DMA))
			return false;
	kmm_free_pages(w->mm, o->cpu, b.pfn, 0);
	return true;
}

static bool do_free(struct world *w, const struct op *o)
{
	struct block b;

	if (!w->lives)
		return true;
	b = forget(w, o->a % w->lives);
	if (o->kind == OP_FREE_BATCHED && !b.order)
		kmm_free_page_batched(w->mm, o->cpu, b.pfn);
	else if (o->kind == OP_FREE_DIRECT)
		kmm_free_pages_direct(w->mm, o->cpu, b.pfn, b.order, o->b & 1);
	else
		kmm_free_pages(w->mm, o->cpu, b.pfn, b.order);
	if (kmm_frame_state(w->mm, b.pfn) == KMM_FRAME_USED)
		return complain(w, "frame %u is still in use after its free", b.pfn);
	return true;
}

/* Exchange a live block for another that the model holds free. */
static bool do_swap(struct world *w, const struct op *o)
{
	kmm_pfn want = o->b % FRAMES;
	bool all_free = true;
	struct block b;
	int ret;

	if (!w->lives)
		return true;
	b = w->live[o->a % w->lives];
	want &= ~((1u << b.order) - 1);
	for (kmm_pfn p = want; p < want + (1u << b.order); p++) {
		enum kmm_frame_state s = kmm_frame_state(w->mm, p);

		all_free &= (s == KMM_FRAME_FREE || s == KMM_FRAME_PCP) &&
			    kmm_zone_of(w->mm, p) == kmm_zone_of(w->mm, want);
	}
	ret = kmm_swap_allocation(w->mm, b.pfn, want, b.order);
	if (want == b.pfn)
		return ret == 0 || complain(w, "swap of %u with itself", want);
	if ((ret == 0) != all_free)
		return complain(w, "swap of %u for %u: %d", b.pfn, want, ret);
	if (ret)
		return true;
	forget(w, o->a % w->lives);
	return adopt(w, want, b.order, KMM_GFP_DMA);
}

static bool do_take(struct world *w, const struct op *o)
{
	unsigned order = random_order(w, o->b);
	kmm_pfn pfn = o->a % FRAMES & ~((1u << order) - 1);

	if (w->lives == MOST_LIVE || kmm_take(w->mm, pfn, order))
		return true;
	return adopt(w, pfn, order, KMM_GFP_DMA);
}

/* Frees that must be refused: free frames, wrong alignment, outside. */
static bool do_bad_free(struct world *w, const struct op *o)
{
	uint64_t before = kmm_stats(w->mm)->bad_frees;
	kmm_pfn pfn = o->a % FRAMES;

	if (kmm_frame_state(w->mm, pfn) == KMM_FRAME_USED)
		pfn = UINT32_MAX - o->b % 100;
	kmm_free_pages(w->mm, o->cpu, pfn, o->b % 3);
	if (kmm_stats(w->mm)->bad_frees != before + 1)
		return complain(w, "free of %u was not refused", pfn);
	return true;
}

static bool conserved(struct world *w)
{
	uint64_t pages = w->owned_pages;

	for (unsigned zone = 0; zone < w->config->zones; zone++) {
		pages += kmm_zone_free_pages(w->mm, zone);
		for (unsigned cpu = 0; cpu < w->config->cpus; cpu++)
			pages += kmm_pcp_pages(w->mm, zone, cpu);
	}
	return pages == w->total_pages ||
	       complain(w, "%llu pages of %llu", (unsigned long long)pages,
			(unsigned long long)w->total_pages);
}

static bool step(struct world *w, const struct op *o)
{
	switch (o->kind) {
	case OP_ALLOC:
	case OP_ALLOC_IN_ZONE:
		return do_alloc(w, o);
	case OP_FREE:
	case OP_FREE_BATCHED:
	case OP_FREE_DIRECT:
		return do_free(w, o);
	case OP_FREE_PIECE:
		return do_free_piece(w, o);
	case OP_BULK:
		return do_bulk(w, o);
	case OP_SWAP:
		return do_swap(w, o);
	case OP_TAKE:
		return do_take(w, o);
	case OP_DRAIN:
		if (o->b & 1)
			kmm_drain_pages(w->mm, o->cpu, o->a % w->config->cpus, KMM_ZONES);
		else
			kmm_drain_some(w->mm, o->cpu, o->a % w->config->cpus,
				       o->b / 2 % w->config->zones, o->b / 64 % 10);
		return true;
	case OP_KSWAPD:
		kmm_kswapd(w->mm, o->a % w->config->nodes, (int)(o->b % KMM_ZONE_TYPES) - 1);
		return true;
	case OP_BOOST_CLEAR:
		kmm_boost_clear(w->mm, o->a % w->config->zones, o->b % 64);
		return true;
	case OP_DECAY:
		kmm_pcp_decay(w->mm, o->cpu);
		return true;
	default:
		return do_bad_free(w, o);
	}
}

/* Free and drain everything: each zone must be as whole as it was at the start. */
static bool all_comes_back(struct world *w)
{
	while (w->lives) {
		struct block b = forget(w, w->lives - 1);

		kmm_free_pages(w->mm, 0, b.pfn, b.order);
	}
	for (unsigned cpu = 0; cpu < w->config->cpus; cpu++)
		kmm_drain_pages(w->mm, 0, cpu, KMM_ZONES);
	if (kmm_validate(w->mm, w->why, sizeof(w->why)))
		return false;
	for (unsigned zone = 0; zone < w->config->zones; zone++)
		if (kmm_zone_free_pages(w->mm, zone) != w->config->zone[zone].managed)
			return complain(w, "zone %u lost pages", zone);
	return conserved(w);
}

/* Run a sequence, the validator after each `every` operations; true if all went well.  *at: the operation that failed. */
static bool run(struct world *w, const struct kmm_config *c, const struct op *ops, unsigned n,
		unsigned every, unsigned *at)
{
	bool ok;

	memset(w, 0, sizeof(*w));
	w->config = c;
	w->mm = kmm_create(c, w->why, sizeof(w->why));
	if (!w->mm)
		return false;
	ok = seed_memory(w->mm, c);
	for (unsigned zone = 0; zone < c->zones; zone++)
		w->total_pages += c->zone[zone].managed;
	kmm_observe(w->mm, &observer, w);
	for (*at = 0; ok && *at < n; ++*at) {
		struct op o = ops[*at];

		o.cpu = (uint8_t)(o.cpu % c->cpus);
		ok = step(w, &o);
		if (ok && (*at + 1) % every == 0)
			ok = conserved(w) && !kmm_validate(w->mm, w->why, sizeof(w->why));
		if (!ok)
			break;
	}
	ok = ok && all_comes_back(w);
	kmm_destroy(w->mm);
	return ok;
}

static void generate(struct op *ops, unsigned n, uint64_t seed)
{
	/* Mostly requests; allocation and release take turns at having the upper hand. */
	static const uint8_t growing[] = {
		OP_ALLOC, OP_ALLOC, OP_ALLOC, OP_ALLOC,		OP_ALLOC, OP_ALLOC,	 OP_ALLOC,
		OP_ALLOC, OP_FREE,  OP_BULK,  OP_ALLOC_IN_ZONE, OP_SWAP,  OP_FREE_PIECE,
	};
	static const uint8_t shrinking[] = {
		OP_ALLOC,      OP_ALLOC, OP_FREE,	  OP_FREE,	   OP_FREE,
		OP_FREE,       OP_FREE,	 OP_FREE_BATCHED, OP_FREE_BATCHED, OP_FREE_DIRECT,
		OP_FREE_PIECE, OP_SWAP,	 OP_BULK,
	};

	for (unsigned i = 0; i < n; i++) {
		uint64_t r = next_random(&seed);
		const uint8_t *mostly = i / 500 % 2 ? shrinking : growing;

		if (r % 16)
			ops[i].kind = mostly[r / 16 % sizeof(growing)];
		else
			ops[i].kind = (uint8_t)(r / 16 % OP_KINDS);
		ops[i].cpu = (uint8_t)(r >> 56);
		r = next_random(&seed);
		ops[i].a = (uint32_t)r;
		ops[i].b = (uint32_t)(r >> 32);
	}
}

struct trial {
	struct world *w;
	const struct kmm_config *c;
};

static bool passes_again(void *arg, const void *ops, unsigned n)
{
	const struct trial *t = arg;
	unsigned at;

	return run(t->w, t->c, ops, n, 1, &at);
}

static void check_machine(void (*make)(struct kmm_config *c))
{
	const char *quick = getenv("QUICK");
	unsigned n = (unsigned)number_from("KMEMLAB_PROPERTY_OPS",
					   quick && *quick ? QUICK_OPS : DEFAULT_OPS);
	unsigned at = 0, many = n * LONG;
	uint64_t seed = number_from("KMEMLAB_PROPERTY_SEED", 20261) * 0x9e3779b97f4a7c15ull | 1;
	struct world *w = malloc(sizeof(*w));
	struct op *ops = calloc((size_t)n * LONG, sizeof(*ops));
	struct kmm_config *c = malloc(sizeof(*c));
	uint64_t events;

	assert_true(w && ops && c && n);
	make(c);
	generate(ops, n, seed);
	if (!run(w, c, ops, n, 1, &at)) {
		fprintf(stderr, "after %u operations: %s\n", at, w->why);
		n = shrink(ops, at < n ? at + 1 : n, sizeof(*ops), passes_again,
			   &(struct trial){ w, c });
		run(w, c, ops, n, 1, &at);
		for (unsigned i = 0; i < n; i++)
			fprintf(stderr, "  %s cpu %u a %#x b %#x\n", op_names[ops[i].kind],
				ops[i].cpu % c->cpus, ops[i].a, ops[i].b);
		fail_msg("%u operations suffice: %s", n, w->why);
	}
	events = w->events;
	assert_true(run(w, c, ops, n < 2000 ? n : 2000, 1, &at));
	assert_true(run(w, c, ops, n, 1, &at));
	assert_int_equal(events, w->events);
	generate(ops, many, seed * 3);
	if (!run(w, c, ops, many, 1000, &at))
		fail_msg("after %u operations, seed %#llx: %s", at, (unsigned long long)seed * 3,
			 w->why);
	free(c);
	free(ops);
	free(w);
}

#define MACHINE_TEST(name)                    \
	static void test_##name(void **state) \
	{                                     \
		(void)state;                  \
		check_machine(make_##name);   \
	}

MACHINE_TEST(6_1)
MACHINE_TEST(6_18)
MACHINE_TEST(5_10)
MACHINE_TEST(2_6)
MACHINE_TEST(numa)
MACHINE_TEST(highmem)
MACHINE_TEST(tiny)
MACHINE_TEST(no_pcp)
MACHINE_TEST(no_grouping)
MACHINE_TEST(big_pageblock)
MACHINE_TEST(special)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_6_1),	    cmocka_unit_test(test_6_18),
		cmocka_unit_test(test_5_10),	    cmocka_unit_test(test_2_6),
		cmocka_unit_test(test_numa),	    cmocka_unit_test(test_highmem),
		cmocka_unit_test(test_tiny),	    cmocka_unit_test(test_no_pcp),
		cmocka_unit_test(test_no_grouping), cmocka_unit_test(test_big_pageblock),
		cmocka_unit_test(test_special),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
