// SPDX-License-Identifier: GPL-2.0-or-later
/* Property tests of pages: boot memory, the page interface, and machines that run short. */
#include "tests/property/world.h"

#include "mm/kmm_boot.h"
#include "mm/kmm_reclaim.h"
#include "mm/kmm_vmalloc.h"

/* ---- boot memory ---- */

static bool memblock_start(struct world *w, const struct subject *s)
{
	w->it = kmm_memblock_create();
	if (w->it)
		kmm_memblock_set_bottom_up(w->it, s->option);
	return w->it && !kmm_memblock_add(w->it, 4096, UINT64_C(4) << 20, 0, 0) &&
	       !kmm_memblock_add(w->it, UINT64_C(6) << 20, UINT64_C(1) << 20, 1, 0);
}

static bool memblock_step(struct world *w, const struct op *o)
{
	uint64_t size, at;
	struct held h;

	if (wants_more(w, o)) {
		size = 1 + o->b % 70000;
		at = kmm_memblock_alloc(w->it, size, 1u << (o->a >> 8 & 15), o->b % (8u << 20), 0,
					(int)(o->a >> 12 & 3) - 1, o->a & 0x4000);
		if (at == KMM_NO_PHYS)
			return true;
		w->used += size;
		return hold(w, at, size, 0);
	}
	h = drop(w, o->b);
	w->used -= h.size;
	return !kmm_memblock_free(w->it, h.at, h.size);
}

static int memblock_validate(const struct world *w, char *why, size_t n)
{
	if (kmm_memblock_reserved_size(w->it) != w->used) {
		snprintf(why, n, "the reserved sizes do not add up");
		return -1;
	}
	return kmm_memblock_validate(w->it, why, n);
}

static void memblock_end(struct world *w)
{
	kmm_memblock_destroy(w->it);
}

/* ---- pages ---- */

static bool pages_start(struct world *w, const struct subject *s)
{
	struct kmm_pages_config c = { .direct_map = UINT64_C(1) << 40, .highmem = KMM_NO_PFN };

	(void)s;
	w->it = kmm_pages_create(w->mm, &c);
	return w->it;
}

/* Held: address and bytes; extra: order, or 100 for exact pages. */
static bool pages_step(struct world *w, const struct op *o)
{
	unsigned cpu = o->b & 1, order = o->a >> 8 & 3;
	uint64_t at, size;
	struct held h;

	if (wants_more(w, o)) {
		if (o->a & 0x400) {
			at = kmm_get_free_pages(w->it, cpu, GFP_KERNEL, order);
			return !at || hold(w, at, UINT64_C(4096) << order, order);
		}
		size = 1 + o->b % 60000;
		at = kmm_alloc_pages_exact(w->it, cpu, size, GFP_KERNEL);
		return !at || hold(w, at, size, 100);
	}
	h = drop(w, o->b);
	if (kmm_page_count(w->it, kmm_virt_to_page(w->it, h.at)) != 1)
		return complain(w, "a page in use has not one user");
	if (h.extra == 100)
		kmm_free_pages_exact(w->it, cpu, h.at, h.size);
	else
		kmm_free_pages_addr(w->it, cpu, h.at, h.extra);
	return kmm_pages_stats(w->it)->bad_puts ? complain(w, "a free was refused") : true;
}

static int pages_validate(const struct world *w, char *why, size_t n)
{
	return kmm_pages_validate(w->it, why, n);
}

static void pages_end(struct world *w)
{
	while (w->n) {
		struct held h = drop(w, 0);

		if (h.extra == 100)
			kmm_free_pages_exact(w->it, 0, h.at, h.size);
		else
			kmm_free_pages_addr(w->it, 0, h.at, h.extra);
	}
	kmm_pages_destroy(w->it);
}

/* ---- boot memory: the bitmap ---- */

struct bitmap {
	struct kmm_bootmem *b;
	bool taken[FRAMES];
};

static bool bootmem_start(struct world *w, const struct subject *s)
{
	struct bitmap *m = calloc(1, sizeof(*m));

	(void)s;
	w->it = m;
	m->b = m ? kmm_bootmem_create(0, FRAMES) : NULL;
	return m && m->b && !kmm_free_bootmem(m->b, 0, FRAMES * UINT64_C(4096));
}

/* A page that an allocation shares with others stays taken when that one is freed. */
static bool bootmem_step(struct world *w, const struct op *o)
{
	struct bitmap *m = w->it;
	uint64_t size, at;
	struct held h;

	if (wants_more(w, o)) {
		size = 1 + o->b % (o->a & 0x100 ? 30000 : 900);
		at = kmm_alloc_bootmem_core(m->b, size, UINT64_C(1) << (o->a >> 9 & 15),
					    o->a & 0x80 ? UINT64_C(4) << 20 : 0, 0);
		if (at == KMM_NO_PHYS)
			return true;
		for (uint64_t i = at / 4096; i <= (at + size - 1) / 4096; i++)
			m->taken[i] = true;
		return hold(w, at, size, 0);
	}
	h = drop(w, o->b);
	for (uint64_t i = (h.at + 4095) / 4096; i < (h.at + h.size) / 4096; i++)
		m->taken[i] = false;
	return !kmm_free_bootmem(m->b, h.at, h.size) || complain(w, "a free was refused");
}

static int bootmem_validate(const struct world *w, char *why, size_t n)
{
	const struct bitmap *m = w->it;
	struct kmm_bootmem_stats s;
	uint64_t unused = 0;

	kmm_bootmem_stats(m->b, &s);
	for (unsigned i = 0; i < FRAMES; i++)
		unused += !m->taken[i];
	if (s.free_pages == unused)
		return 0;
	snprintf(why, n, "%u pages are free, not %u", (unsigned)s.free_pages, (unsigned)unused);
	return -1;
}

static void bootmem_end(struct world *w)
{
	struct bitmap *m = w->it;

	if (m)
		kmm_bootmem_destroy(m->b);
	free(m);
}

/* ---- a machine that runs short: page cache, slabs, stacks, contiguous ranges, reclaim ---- */

enum { IS_CACHE, IS_KMALLOC, IS_STACK, IS_RANGE, IS_BLOCK, IS_ELEMENT };

struct whole {
	struct kmm_pages *p;
	struct kmm_slab *sl;
	struct kmm_vmalloc *vm;
	struct kmm_stacks *stacks;
	struct kmm_mempool *pool;
	struct kmm_reclaim *r;
	unsigned elements;
};

/* Held page-cache pages by frame: the model takes some of them, and moves others. */
static unsigned find_cached(const struct world *w, kmm_pfn pfn)
{
	for (unsigned i = 0; i < w->n; i++)
		if (w->held[i].extra == IS_CACHE && w->held[i].at == pfn * UINT64_C(4096))
			return i;
	return MOST_HELD;
}

static bool whole_evict(void *arg, kmm_pfn pfn)
{
	struct world *w = arg;
	unsigned i = find_cached(w, pfn);

	if (i == MOST_HELD || pfn % 13 == 0)
		return false;
	drop(w, i);
	return true;
}

static void whole_moved(void *arg, kmm_pfn from, kmm_pfn to)
{
	struct world *w = arg;
	unsigned i = find_cached(w, from);

	if (i < MOST_HELD)
		w->held[i].at = to * UINT64_C(4096);
}

static void whole_release(struct world *w, struct held h)
{
	struct whole *m = w->it;
	kmm_pfn pfn = (kmm_pfn)(h.at / 4096);

	switch (h.extra) {
	case IS_KMALLOC:
		kmm_kfree(m->sl, 0, h.at);
		break;
	case IS_STACK:
		kmm_stack_free(m->stacks, (unsigned)(h.size >> 40), h.at);
		break;
	case IS_RANGE:
		kmm_free_contig_range(m->p, 1, pfn, (unsigned)(h.size / 4096));
		break;
	case IS_ELEMENT:
		m->elements--;
		kmm_mempool_free(m->pool, 1, h.at);
		break;
	default:
		kmm_page_free(m->p, 0, pfn, h.extra == IS_BLOCK ? 2 : 0);
	}
}

static bool whole_kill(void *arg, unsigned cpu)
{
	struct world *w = arg;

	(void)cpu;
	if (w->n < 4)
		return false;
	for (unsigned i = 0; i < 4; i++)
		whole_release(w, drop(w, 0));
	return true;
}

static bool whole_start(struct world *w, const struct subject *s)
{
	struct kmm_pages_config pc = { .direct_map = 0, .highmem = KMM_NO_PFN };
	struct whole *m = calloc(1, sizeof(*m));
	struct kmm_reclaim_config rc;
	struct kmm_vmalloc_config vc;
	struct kmm_slab_policy sp;
	unsigned version = s->generation == KMM_LINUX_2_6 ? KMM_VERSION(2, 6, 24) :
							    KMM_VERSION(6, 1, 0);

	w->it = m;
	if (!m)
		return false;
	kmm_reclaim_config_init(&rc);
	rc.evict = whole_evict;
	rc.moved = whole_moved;
	rc.oom_kill = whole_kill;
	rc.arg = w;
	kmm_vmalloc_config_init(&vc, KMM_X86_64, s->generation, 0);
	vc.lazy_max = 64;
	kmm_slab_policy_init(&sp, s->option ? KMM_SLAB : KMM_SLUB, version);
	sp.kmalloc_dma = false;
	sp.base = 0x40000000; /* apart from frames as addresses */
	m->p = kmm_pages_create(w->mm, &pc);
	m->sl = kmm_slab_create(w->mm, &sp, w->why, sizeof(w->why));
	m->vm = kmm_vmalloc_create(w->mm, &vc);
	m->r = m->p ? kmm_reclaim_create(m->p, &rc) : NULL;
	m->stacks = m->p ? kmm_stacks_create(m->p, m->vm, KMM_STACK_VMAPPED, 2) : NULL;
	m->pool = m->sl ? kmm_mempool_create_kmalloc_pool(m->sl, 8, 300, 0) : NULL;
	return m->r && m->vm && m->stacks && m->pool;
}

static bool whole_take(struct world *w, const struct op *o)
{
	struct whole *m = w->it;
	unsigned cpu = o->b & 1, n;
	uint64_t at;
	kmm_pfn pfn;

	switch (o->a >> 8 & 7) {
	case 0:
		at = kmm_kmalloc(m->sl, cpu, 1 + (o->b >> 1) % 3000, GFP_KERNEL);
		return at == KMM_NULL || hold(w, at, 1, IS_KMALLOC);
	case 1:
		at = kmm_stack_alloc(m->stacks, cpu);
		return !at || hold(w, at, 4 * 4096, IS_STACK);
	case 2:
		n = 1 + (o->b >> 1) % 12;
		pfn = kmm_alloc_contig_pages(m->p, cpu, n, 1);
		return pfn == KMM_NO_PFN || hold(w, pfn * UINT64_C(4096), n * 4096, IS_RANGE);
	case 3:
		pfn = kmm_page_alloc(m->p, cpu, o->b & 2 ? GFP_KERNEL : GFP_ATOMIC, 2);
		return pfn == KMM_NO_PFN || hold(w, pfn * UINT64_C(4096), 4 * 4096, IS_BLOCK);
	case 4:
		at = kmm_mempool_alloc(m->pool, cpu, o->b & 2 ? GFP_KERNEL : GFP_ATOMIC);
		m->elements += at != KMM_NULL;
		return at == KMM_NULL || hold(w, at, 300, IS_ELEMENT);
	default:
		pfn = kmm_page_alloc(m->p, cpu, GFP_USER_MOVABLE, 0);
		if (pfn == KMM_NO_PFN)
			return true;
		if (!hold(w, pfn * UINT64_C(4096), 4096, IS_CACHE))
			return false;
		kmm_page_set_flag(m->p, pfn, KMM_PG_DIRTY, o->b & 4);
		return !kmm_lru_add(m->p, pfn, o->b & 8);
	}
}

static bool whole_step(struct world *w, const struct op *o)
{
	struct whole *m = w->it;

	if (o->a % 7 == 0)
		kmm_kswapd_run(m->r, o->b & 1, 0);
	if (o->a % 5 == 0 && w->n)
		kmm_mark_page_accessed(m->r, (kmm_pfn)(w->held[o->b % w->n].at / 4096));
	if (o->a % 1999 == 0)
		kmm_reclaim_all(m->r, 1);
	/* More than there is room for, now and then. */
	if (!w->n || (w->n < MOST_HELD && o->a % 100 < 70))
		return whole_take(w, o);
	whole_release(w, drop(w, o->b));
	return true;
}

static int whole_validate(const struct world *w, char *why, size_t n)
{
	const struct whole *m = w->it;
	struct kmm_mempool_stats s;

	kmm_mempool_stats(m->pool, &s);
	if (s.out != m->elements || s.curr_nr > s.min_nr) {
		snprintf(why, n, "the pool's elements are miscounted");
		return -1;
	}
	if (kmm_pages_stats(m->p)->bad_puts || kmm_slab_stats(m->sl)->bad_frees) {
		snprintf(why, n, "a free was refused");
		return -1;
	}
	if (kmm_slab_validate(m->sl, why, n) || kmm_vmalloc_validate(m->vm, why, n))
		return -1;
	return kmm_pages_validate(m->p, why, n);
}

static void whole_end(struct world *w)
{
	struct whole *m = w->it;

	while (m && w->n)
		whole_release(w, drop(w, 0));
	if (!m)
		return;
	kmm_mempool_destroy(m->pool, 0);
	kmm_stacks_destroy(m->stacks);
	kmm_reclaim_destroy(m->r);
	kmm_vmalloc_destroy(m->vm);
	/* Again and again, as what SLAB keeps off its slabs returns to other caches. */
	for (unsigned round = 0; m->sl && round < 3; round++)
		for (struct kmm_cache *s = NULL; (s = kmm_kmem_cache_next(m->sl, s));)
			kmm_kmem_cache_shrink(s, 0);
	kmm_slab_destroy(m->sl);
	kmm_pages_destroy(m->p);
	free(m);
}

/* ---- subjects ---- */

#define MEMBLOCK memblock_start, memblock_step, memblock_validate, memblock_end
#define PAGES pages_start, pages_step, pages_validate, pages_end
#define BOOTMEM bootmem_start, bootmem_step, bootmem_validate, bootmem_end
#define WHOLE whole_start, whole_step, whole_validate, whole_end

int main(void)
{
	static const struct subject all[] = {
		{ "memblock", KMM_LINUX_6_1, MEMBLOCK, false },
		{ "memblock bottom up", KMM_LINUX_6_1, MEMBLOCK, true },
		{ "pages 2.6", KMM_LINUX_2_6, PAGES, false },
		{ "pages 6.1", KMM_LINUX_6_1, PAGES, false },
		{ "bootmem", KMM_LINUX_2_6, BOOTMEM, false },
		{ "shortage 2.6 SLAB", KMM_LINUX_2_6, WHOLE, true, 0, 256 },
		{ "shortage 6.1 SLUB", KMM_LINUX_6_1, WHOLE, false, 0, 256 },
		{ "shortage 6.18 SLUB", KMM_LINUX_6_18, WHOLE, false, 0, 256 },
	};

	return run_subjects(all, sizeof(all) / sizeof(*all));
}
