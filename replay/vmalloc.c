// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/vmalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "trace/event.h"

#define LOOK_AHEAD 128	       /* records between an area's pages and its address */
#define UNCLAIMED 16	       /* areas whose address may still come */
#define LOOK_AHEAD_TRACED 4096 /* and where each page has an event of its own */
#define GIB (UINT64_C(1) << 30)
#define PAGE 4096u

struct area {
	uint64_t addr; /* of the model; 0: given back */
	uint32_t refs; /* slots that name it; 0: the place is free, and addr the next one */
};

struct vmalloc {
	struct kmm_vmalloc *model;
	struct area *area;
	uint32_t count, unused; /* unused: first free place; MAP_NONE none */
	struct map by_slot;	/* slot of the area or of one of its pages -> place */
	struct map old;		/* recorded address of an area of the start -> place */
	uint64_t done;		/* ordinal of a request served ahead of its turn */
	uint32_t done_area;
	bool counted; /* its pages were, as silent ones: an event of one tells nothing new */
	uint64_t run; /* ordinal of the pages attached last */
	uint32_t run_area;
	/* An area whose event comes before its pages (6.2 and later). */
	struct {
		uint32_t slot, bytes, pid;
		uint16_t cpu;
		uint8_t align;
		bool on;
	} pending;
	/* Areas that were made by their pages, last first. */
	struct {
		uint32_t pages, area;
		int32_t pid;
	} unclaimed[UNCLAIMED];
	unsigned unclaimed_count;
	uint64_t fresh; /* address of the area made since vmalloc_taken(); 0 none */
	uint64_t unmatched, displaced;
	struct demand d;
};

/* ---- the start ---- */

static int keep(struct vmalloc *v, uint64_t addr, uint32_t *at)
{
	uint32_t n = v->unused;

	if (n != MAP_NONE) {
		v->unused = (uint32_t)v->area[n].addr;
	} else {
		n = v->count;
		if (!(n & (n - 1))) {
			struct area *more = realloc(v->area, (n ? n * 2ull : 1) * sizeof(*more));

			if (!more)
				return -ENOMEM;
			v->area = more;
		}
		v->count++;
	}
	v->area[n] = (struct area){ addr, 0 };
	*at = n;
	return 0;
}

static void let_go(struct vmalloc *v, uint32_t at)
{
	struct area *a = &v->area[at];

	if (--a->refs)
		return;
	a->addr = v->unused;
	v->unused = at;
}

static int put(struct vmalloc *v, struct map *m, uint64_t key, uint32_t at)
{
	if (map_put(m, key, at))
		return -ENOMEM;
	v->area[at].refs++;
	return 0;
}

/* The window begins at a multiple of 1 GiB, wherever the kernel was loaded. */
static void fit_window(struct kmm_vmalloc_config *c, const struct machine *m, uint64_t lowest)
{
	uint64_t span = c->end - c->start, low = lowest ? lowest : UINT64_MAX, high = 0;

	for (uint32_t i = 0; i < m->area_count; i++) {
		if (!m->areas[i].addr)
			break; /* of none */
		low = m->areas[i].addr < low ? m->areas[i].addr : low;
		high = m->areas[i].addr + m->areas[i].size > high ?
			       m->areas[i].addr + m->areas[i].size :
			       high;
	}
	/* A 32-bit window is where it is. */
	if (low == UINT64_MAX || low >> 32 == 0)
		return;
	c->start = low & ~(GIB - 1);
	c->end = c->start + span;
	if (high > c->end && high - c->end < span)
		c->end = (high + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

static int seed(struct vmalloc *v, const struct kmm_vmalloc_config *c, const struct machine *m,
		bool anew, uint64_t lowest)
{
	bool placed = m->area_count && m->areas[0].addr;

	if (!placed && !anew && lowest > c->start && lowest < c->end)
		return kmm_vmalloc_seed(v->model, c->start, lowest - c->start, KMM_VM_MAP);
	if (!placed && !anew && !lowest)
		return kmm_vmalloc_seed(v->model, c->start, 2 * PAGE, KMM_VM_MAP);
	/* Areas that lie nobody knows where can be placed by their sizes, and by them only. */
	if (!placed && !anew)
		return 0;
	for (uint32_t i = 0; i < m->area_count; i++) {
		const struct machine_area *a = &m->areas[i];
		enum kmm_vm_kind kind = a->percpu ? KMM_VM_PERCPU : KMM_VM_MAP;
		uint64_t addr = a->addr;
		uint32_t at;

		if (anew)
			addr = a->size > PAGE ? kmm_get_vm_area(v->model, 0, a->size - PAGE, kind) :
						0;
		else if (kmm_vmalloc_seed(v->model, addr, a->size, kind))
			addr = 0;
		if (!addr) {
			v->displaced++;
			continue;
		}
		if (a->addr && (keep(v, addr, &at) || put(v, &v->old, a->addr, at)))
			return -ENOMEM;
	}
	return 0;
}

struct vmalloc *vmalloc_new(struct kmm *mm, const struct machine *m,
			    const struct kmm_vmalloc_config *in, bool anew, uint64_t lowest,
			    struct err *e)
{
	struct vmalloc *v = calloc(1, sizeof(*v));
	struct kmm_vmalloc_config c = *in;

	if (!v || map_init(&v->by_slot, 64) || map_init(&v->old, 64))
		goto fail;
	v->unused = MAP_NONE;
	v->done = v->run = UINT64_MAX;
	if (!anew)
		fit_window(&c, m, lowest);
	v->model = kmm_vmalloc_create(mm, &c);
	if (v->model && !seed(v, &c, m, anew, lowest))
		return v;
fail:
	err_set(e, ENOMEM, "the vmalloc allocator cannot be built");
	vmalloc_free(v);
	return NULL;
}

void vmalloc_free(struct vmalloc *v)
{
	if (!v)
		return;
	if (v->model)
		kmm_vmalloc_destroy(v->model);
	map_free(&v->by_slot);
	map_free(&v->old);
	free(v->area);
	free(v);
}

/* ---- requests ---- */

/* An area with pages; its place, MAP_NONE if there is none. */
static uint32_t serve(struct vmalloc *v, const struct request *q, uint64_t pages, uint8_t align)
{
	struct kmm_vm_request r = { .size = pages * PAGE,
				    .align = align < 40 ? UINT64_C(1) << align : 0,
				    .gfp = q->sig.gfp,
				    .node = -1,
				    .huge = true };
	uint64_t addr;
	uint32_t at;

	/* A probe's record has no GFP flags. */
	if (!r.gfp)
		r.gfp = KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM | KMM_GFP_IO | KMM_GFP_FS;
	if (r.align < PAGE)
		r.align = 0;
	addr = kmm_vmalloc_range(v->model, q->cpu, &r);
	if (addr && keep(v, addr, &at)) {
		kmm_vfree(v->model, q->cpu, addr);
		addr = 0;
	}
	demand_count(&v->d, addr != 0);
	v->d.pages_taken += addr ? pages : 0;
	v->fresh = addr;
	return addr ? at : MAP_NONE;
}

/* The record of the area that these pages are of, which follows them (the probe's). */
static const struct request *find_area(const struct vmalloc *v, const struct request *q, uint32_t n,
				       uint32_t pages, uint32_t most)
{
	for (uint32_t i = 1; i < n && i < most; i++)
		if (q[i].sig.op == REQ_VMALLOC && q[i].pid == q->pid)
			return q[i].sig.aux == EVENT_VMALLOC_RANGE_RET && q[i].seq != v->done &&
					       (!pages || q[i].sig.bytes_alloc / PAGE == pages) ?
				       &q[i] :
				       NULL;
	return NULL;
}

/* Its address may come far behind, where the task was interrupted. */
static void expect_claim(struct vmalloc *v, const struct request *q, uint32_t pages, uint32_t at)
{
	if (v->unclaimed_count == UNCLAIMED)
		let_go(v, v->unclaimed[--v->unclaimed_count].area);
	memmove(v->unclaimed + 1, v->unclaimed, v->unclaimed_count * sizeof(*v->unclaimed));
	v->unclaimed[0].pages = pages;
	v->unclaimed[0].area = at;
	v->unclaimed[0].pid = q->pid;
	v->unclaimed_count++;
	/* The place stays until then. */
	v->area[at].refs++;
}

/* The area of a record whose pages came before, and nobody knew what for; MAP_NONE. */
static uint32_t claim(struct vmalloc *v, const struct request *q)
{
	for (unsigned i = 0; i < v->unclaimed_count; i++) {
		uint32_t at = v->unclaimed[i].area;

		if (v->unclaimed[i].pid != q->pid ||
		    v->unclaimed[i].pages != q->sig.bytes_alloc / PAGE)
			continue;
		v->unclaimed_count--;
		memmove(v->unclaimed + i, v->unclaimed + i + 1,
			(v->unclaimed_count - i) * sizeof(*v->unclaimed));
		return at;
	}
	return MAP_NONE;
}

void vmalloc_bulk(struct vmalloc *v, const struct request *q, uint32_t want, uint32_t n)
{
	const struct request *x = find_area(v, q, n, want, want + LOOK_AHEAD);
	uint32_t at = MAP_NONE;

	v->d.pages_recorded += want;
	if (v->run == q->seq) {
		at = v->run_area;
	} else if (x) {
		at = serve(v, q, want, x->sig.order);
		v->done = x->seq;
		v->done_area = at;
		v->counted = true;
	} else if (v->pending.on && v->pending.cpu == q->cpu &&
		   v->pending.pid == (uint32_t)q->pid && v->pending.bytes / PAGE == want + 1) {
		at = serve(v, q, want, v->pending.align);
		if (at != MAP_NONE && put(v, &v->by_slot, v->pending.slot, at))
			v->unmatched++;
		v->pending.on = false;
	} else {
		/* Nothing tells of addresses: the pages are the request. */
		at = serve(v, q, want, 0);
		if (at != MAP_NONE)
			expect_claim(v, q, want, at);
	}
	v->run = q->seq;
	v->run_area = at;
	for (uint32_t i = 0; i < want && at != MAP_NONE; i++)
		if (q[i].slot != NO_SLOT && put(v, &v->by_slot, q[i].slot, at))
			v->unmatched++;
}

bool vmalloc_page(struct vmalloc *v, const struct request *q, uint32_t n)
{
	const struct request *x = find_area(v, q, n, 0, LOOK_AHEAD_TRACED);

	if (!x) {
		/* A further page of the area that was served just now. */
		if (v->done == UINT64_MAX || v->done_area == MAP_NONE)
			return false;
		for (uint32_t i = 1; i < n && i < LOOK_AHEAD_TRACED; i++)
			if (q[i].seq == v->done) {
				v->d.pages_recorded += v->counted ? 0 : 1ull << q->sig.order;
				return q->slot == NO_SLOT ||
				       !put(v, &v->by_slot, q->slot, v->done_area);
			}
		return false;
	}
	v->d.pages_recorded += 1ull << q->sig.order;
	v->done_area = serve(v, q, x->sig.bytes_alloc / PAGE, x->sig.order);
	v->done = x->seq;
	v->counted = false;
	if (v->done_area != MAP_NONE && q->slot != NO_SLOT &&
	    put(v, &v->by_slot, q->slot, v->done_area))
		v->unmatched++;
	return true;
}

/* Do the pages of the area that was just announced follow? */
static bool pages_follow(const struct request *q, uint32_t n)
{
	uint32_t pages = 0;

	for (uint32_t i = 1; i < n && i < LOOK_AHEAD + pages; i++) {
		if (q[i].cpu != q->cpu || q[i].pid != q->pid)
			continue;
		if (q[i].sig.op == REQ_PAGE_BULK)
			pages++;
		else if (pages || q[i].sig.op == REQ_VMALLOC)
			break;
	}
	return pages && q->sig.bytes_alloc / PAGE == pages + 1;
}

void vmalloc_alloc(struct vmalloc *v, const struct request *q, uint32_t n)
{
	uint32_t at = MAP_NONE;
	bool claimed = false;
	uint64_t addr;

	if (q->seq == v->done) {
		at = v->done_area;
	} else if ((at = claim(v, q)) != MAP_NONE) {
		claimed = true;
	} else if (q->sig.aux == EVENT_VMALLOC_RANGE_RET) {
		/* Its pages left no trace: too many for one page array, or none that was seen. */
		at = serve(v, q, q->sig.bytes_alloc / PAGE, q->sig.order);
	} else if (pages_follow(q, n)) {
		v->pending.on = true;
		v->pending.slot = q->slot;
		v->pending.bytes = q->sig.bytes_alloc;
		v->pending.pid = (uint32_t)q->pid;
		v->pending.cpu = q->cpu;
		v->pending.align = q->sig.order;
		return;
	} else {
		/* Addresses alone: a mapping of others' pages, or of a device. */
		addr = q->sig.bytes_alloc > PAGE ?
			       kmm_get_vm_area(v->model, q->cpu, q->sig.bytes_alloc - PAGE,
					       KMM_VM_MAP) :
			       0;
		if (addr && keep(v, addr, &at)) {
			kmm_free_vm_area(v->model, addr);
			addr = 0;
		}
		demand_count(&v->d, addr != 0);
		at = addr ? at : MAP_NONE;
	}
	if (at != MAP_NONE && q->slot != NO_SLOT && put(v, &v->by_slot, q->slot, at))
		v->unmatched++;
	if (claimed)
		let_go(v, at);
}

static void give_back(struct vmalloc *v, uint32_t at, unsigned cpu)
{
	struct area *a = &v->area[at];

	if (!a->addr)
		return;
	if (kmm_vmalloc_to_page(v->model, a->addr) != KMM_NO_PFN)
		kmm_vfree(v->model, cpu, a->addr);
	else
		kmm_free_vm_area(v->model, a->addr);
	a->addr = 0;
}

void vmalloc_release(struct vmalloc *v, const struct request *q)
{
	uint32_t at = q->slot == NO_SLOT ? map_del(&v->old, q->addr) :
					   map_del(&v->by_slot, q->slot);

	if (at == MAP_NONE) {
		v->unmatched++;
		return;
	}
	/* Where its pages are known, it goes with the first of them that is freed. */
	if (v->area[at].refs == 1)
		give_back(v, at, q->cpu);
	let_go(v, at);
}

bool vmalloc_page_freed(struct vmalloc *v, uint32_t slot, unsigned cpu)
{
	uint32_t at = map_del(&v->by_slot, slot);

	if (at == MAP_NONE)
		return false;
	give_back(v, at, cpu);
	let_go(v, at);
	return true;
}

void vmalloc_taken(struct vmalloc *v, void (*each)(void *arg, kmm_pfn pfn), void *arg)
{
	kmm_pfn pfn;

	for (uint64_t at = v->fresh;
	     v->fresh && (pfn = kmm_vmalloc_to_page(v->model, at)) != KMM_NO_PFN; at += PAGE)
		each(arg, pfn);
	v->fresh = 0;
}

struct demand vmalloc_demand(const struct vmalloc *v)
{
	struct kmm_vmalloc_stats s;
	struct demand d = v->d;

	kmm_vmalloc_stats(v->model, &s);
	d.pages_taken += s.table_pages;
	return d;
}

uint64_t vmalloc_unmatched(const struct vmalloc *v)
{
	return v->unmatched;
}

uint64_t vmalloc_displaced(const struct vmalloc *v)
{
	return v->displaced;
}

struct kmm_vmalloc *vmalloc_model(struct vmalloc *v)
{
	return v->model;
}
