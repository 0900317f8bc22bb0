// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * resolve_object: slab objects, per-CPU memory, vmalloc areas, kmap probes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "workload/resolver.h"

#define KMALLOC_MAX_CACHE \
	8192 /* the largest kmalloc from a slab; more are pages (two 4 KiB pages) */
#define ZERO_SIZE_PTR 16
#define PAGE_BYTES 4096ull

static uint32_t cut32(uint64_t v)
{
	return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

/* ---- what lives at an address ---- */

/* Its frame, if objects are looked up by that; else KMM_NO_PFN: its address is looked up whole. */
static uint32_t object_frame(const struct resolver *r, uint64_t addr)
{
	return addr & (FRAMEOBJS_ALIGN - 1) ? KMM_NO_PFN : resolver_pfn(r, addr);
}

static uint32_t byte_of(uint64_t addr)
{
	return addr & 0xfff;
}

uint32_t resolver_object_at(const struct resolver *r, uint64_t addr)
{
	uint32_t pfn = object_frame(r, addr);

	/* MAP_NONE is NO_SLOT. */
	return pfn == KMM_NO_PFN ? map_get(&r->objects, addr) :
				   frameobjs_get(&r->frame_objects, pfn, byte_of(addr));
}

static uint32_t forget_object(struct resolver *r, uint64_t addr)
{
	uint32_t pfn = object_frame(r, addr);

	return pfn == KMM_NO_PFN ? map_del(&r->objects, addr) :
				   frameobjs_del(&r->frame_objects, pfn, byte_of(addr));
}

static int note_object(struct resolver *r, uint64_t addr, uint32_t size, uint32_t slot)
{
	uint32_t pfn = object_frame(r, addr);

	return pfn == KMM_NO_PFN ? map_put(&r->objects, addr, slot) :
				   frameobjs_put(&r->frame_objects, pfn, byte_of(addr), size, slot);
}

/* The object is gone, and no event said so (pitfall 1: bulk and RCU frees are silent). */
static int imply_free(struct resolver *r, const struct event *ev, uint64_t addr, uint32_t slot)
{
	struct window_entry *w = resolver_append(r, ev, REQ_OBJ_FREE);

	if (!w)
		return r->err->code;
	w->r.slot = slot;
	w->r.sig.flags = REQ_IMPLIED;
	w->gives = true;
	forget_object(r, addr);
	r->stats.implied_objects++;
	return 0;
}

int resolve_objects_of_page(struct resolver *r, const struct event *ev, uint32_t pfn)
{
	uint64_t start = r->o.direct_map_base + ((uint64_t)pfn << 12);
	uint32_t slot, byte = 0;

	while ((slot = frameobjs_next(&r->frame_objects, pfn, &byte)) != NO_SLOT)
		if (imply_free(r, ev, start + byte, slot) < 0)
			return r->err->code;
	return 0;
}

/* ---- allocation ---- */

/* The general cache's name, as 6.1 writes it: kmalloc[-type]-size, in k from 1024 on. */
static uint32_t kmalloc_name(struct resolver *r, kmm_gfp gfp, uint64_t bytes)
{
	const char *type = gfp & KMM_GFP_DMA	     ? "dma-kmalloc" :
			   gfp & KMM_GFP_RECLAIMABLE ? "kmalloc-rcl" :
			   gfp & KMM_GFP_ACCOUNT     ? "kmalloc-cg" :
						       "kmalloc";
	char name[48];
	int n;

	if (bytes >= 1024)
		n = snprintf(name, sizeof(name), "%s-%uk", type, (unsigned)(bytes >> 10));
	else
		n = snprintf(name, sizeof(name), "%s-%u", type, (unsigned)bytes);
	return r->o.string(r->o.arg, name, (size_t)n);
}

static bool is_vmalloc_site(const struct resolver *r, uint64_t site)
{
	for (unsigned i = 0; i < r->o.vmalloc_site_count; i++)
		if (site >= r->o.vmalloc_sites[i].start && site < r->o.vmalloc_sites[i].end)
			return true;
	return false;
}

/* The second event of one large kmalloc (pitfall 10): it bears the caller's own call site. */
static bool is_twin(const struct resolver *r, const struct ctx *c, const struct event *ev)
{
	const struct window_entry *w;

	if (c->twin == WINDOW_NONE || !window_has(&r->win, c->twin))
		return false;
	w = window_at(&r->win, c->twin);
	return w->r.addr == ev->object.ptr && w->r.sig.bytes_req == cut32(ev->object.bytes_req);
}

/* The second event of a large kmalloc: it names the caller.  Any other object's ends the wait for one. */
static bool take_twin(struct resolver *r, struct ctx *c, const struct event *ev, bool kmalloc)
{
	bool twin = kmalloc && is_twin(r, c, ev);
	struct window_entry *w;

	if (window_has(&r->win, c->twin)) {
		w = window_at(&r->win, c->twin);
		w->waits &= (uint8_t)~WAIT_TWIN;
		if (twin)
			w->r.sig.site = ev->object.call_site;
	}
	c->twin = WINDOW_NONE;
	r->stats.twins += twin;
	return twin;
}

/* The new object may be the page array of a vmalloc area. */
static bool is_array(const struct resolver *r, const struct event *ev)
{
	return ev->object.bytes_req >= 2 * r->o.long_size &&
	       ev->object.bytes_req % r->o.long_size == 0 && ev->object.bytes_req <= 4096 &&
	       is_vmalloc_site(r, ev->object.call_site);
}

static int object_alloc(struct resolver *r, struct ctx *c, const struct event *ev, bool kmalloc)
{
	uint32_t site, old, slot, name, size = cut32(ev->object.bytes_alloc);
	struct window_entry *w;
	struct slot *s;

	if (__builtin_expect(c->twin != WINDOW_NONE, 0) && take_twin(r, c, ev, kmalloc))
		return 0;
	site = sites_get(&r->sites, ev->object.call_site, kmalloc ? 0 : cut32(ev->object.bytes_req),
			 size);
	if (site == UINT32_MAX)
		return resolver_oom(r);
	name = resolver_name(r, ev->object.name);
	if (name)
		sites_learn(&r->sites, site, name);
	else if (kmalloc && !r->sites.s[site].cache && ev->object.bytes_alloc <= KMALLOC_MAX_CACHE)
		sites_learn(&r->sites, site, kmalloc_name(r, ev->object.gfp, size));
	if (c->owner_n && ev->object.ptr)
		resolve_owner(r, c, ev, site);
	old = ev->object.ptr ? resolver_object_at(r, ev->object.ptr) : NO_SLOT;
	if (__builtin_expect(old != NO_SLOT, 0) && imply_free(r, ev, ev->object.ptr, old) < 0)
		return r->err->code;
	w = resolver_append(r, ev, REQ_OBJ_ALLOC);
	if (!w)
		return r->err->code;
	w->r.addr = ev->object.ptr;
	w->r.sig.site = ev->object.call_site;
	w->r.sig.bytes_req = cut32(ev->object.bytes_req);
	w->r.sig.bytes_alloc = size;
	w->r.sig.gfp = ev->object.gfp;
	w->r.sig.cache = name ? name : r->sites.s[site].cache;
	w->r.sig.node = (int8_t)ev->object.node;
	w->r.sig.aux = ev->object.accounted < 0 ? 2 : (uint8_t)ev->object.accounted;
	if (!ev->object.ptr) {
		w->r.sig.flags = REQ_FAILED;
		r->stats.failed++;
		return 0;
	}
	slot = w->r.slot = slots_take(&r->slots);
	if (slot == NO_SLOT || note_object(r, ev->object.ptr, size, slot))
		return resolver_oom(r);
	s = &r->slots.s[slot];
	s->addr = ev->object.ptr;
	s->site = site;
	s->epoch = r->epoch;
	if (!kmalloc)
		return 0;
	if (ev->object.bytes_alloc > KMALLOC_MAX_CACHE) {
		w->waits = WAIT_TWIN;
		c->twin = resolver_newest(r);
	}
	if (__builtin_expect(r->o.vmalloc_site_count, 0) && is_array(r, ev))
		return resolve_bulk(r, c, ev, ev->object.ptr,
				    (uint32_t)(ev->object.bytes_req / r->o.long_size),
				    ev->object.gfp);
	return 0;
}

static int object_free(struct resolver *r, struct ctx *c, const struct event *ev)
{
	uint32_t slot, name;
	struct window_entry *w;

	if (__builtin_expect(ev->object.ptr == 0 || ev->object.ptr == ZERO_SIZE_PTR, 0)) {
		r->stats.null_frees++; /* pitfall 13 */
		return 0;
	}
	name = resolver_name(r, ev->object.name);
	slot = forget_object(r, ev->object.ptr);
	w = resolver_append(r, ev, REQ_OBJ_FREE);
	if (!w)
		return r->err->code;
	w->r.sig.site = ev->object.call_site;
	w->r.sig.cache = name;
	w->r.sig.flags = resolver_flags(r, c, slot) & (uint8_t)~REQ_RESPONSE;
	if (slot == NO_SLOT) {
		w->r.addr = ev->object.ptr;
		w->r.sig.flags |= REQ_UNPAIRED;
		r->stats.unpaired_objects++;
		return 0;
	}
	w->r.slot = slot;
	w->gives = true;
	sites_learn(&r->sites, r->slots.s[slot].site, name);
	return 0;
}

int resolve_object(struct resolver *r, struct ctx *c, const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_KMEM_CACHE_ALLOC:
	case EVENT_KMEM_CACHE_ALLOC_NODE:
		return object_alloc(r, c, ev, false);
	case EVENT_KFREE:
		if (resolve_bulk_free(r, c, ev, ev->object.ptr) < 0)
			return r->err->code;
		return object_free(r, c, ev);
	case EVENT_KMEM_CACHE_FREE:
		return object_free(r, c, ev);
	default:
		return object_alloc(r, c, ev, true);
	}
}

/* ---- per-CPU memory and areas: an address names what is live ---- */

static int named_alloc(struct resolver *r, const struct event *ev, struct map *m,
		       enum request_op op, uint64_t addr, struct request_sig sig)
{
	uint32_t old = map_get(m, addr), slot;
	struct window_entry *w;

	if (old != MAP_NONE) {
		w = resolver_append(r, ev, op == REQ_VMALLOC ? REQ_VFREE : REQ_PERCPU_FREE);
		if (!w)
			return r->err->code;
		w->r.slot = old;
		w->r.sig.flags = REQ_IMPLIED;
		w->gives = true;
	}
	w = resolver_append(r, ev, op);
	if (!w)
		return r->err->code;
	slot = slots_take(&r->slots);
	if (slot == NO_SLOT || map_put(m, addr, slot))
		return resolver_oom(r);
	r->slots.s[slot].addr = addr;
	r->slots.s[slot].epoch = r->epoch;
	sig.op = w->r.sig.op;
	sig.node = -1;
	w->r.sig = sig;
	w->r.slot = slot;
	w->r.addr = addr;
	return 0;
}

static int named_free(struct resolver *r, const struct event *ev, struct map *m, enum request_op op,
		      uint64_t addr)
{
	uint32_t slot = map_del(m, addr);
	struct window_entry *w = resolver_append(r, ev, op);

	if (!w)
		return r->err->code;
	if (slot == MAP_NONE) {
		w->r.addr = addr;
		w->r.sig.flags = REQ_UNPAIRED;
		return 0;
	}
	w->r.slot = slot;
	w->gives = true;
	return 0;
}

int resolve_percpu(struct resolver *r, struct ctx *c, const struct event *ev)
{
	struct request_sig sig = { 0 };

	/* Pages that were populated for it are the ones with HIGHMEM but without MOVABLE just before. */
	for (uint32_t i = 0; i < c->owner_n; i++) {
		struct window_entry *w = window_at(&r->win, c->owner[i]);

		if (window_has(&r->win, c->owner[i]) && w->r.sig.owner == OWNER_KERNEL &&
		    w->r.sig.gfp & KMM_GFP_HIGHMEM && !(w->r.sig.gfp & KMM_GFP_HARDWALL))
			w->r.sig.owner = OWNER_PERCPU;
	}
	if (ev->kind == EVENT_PERCPU_FREE_PERCPU)
		return ev->percpu.ptr ?
			       named_free(r, ev, &r->percpu, REQ_PERCPU_FREE, ev->percpu.ptr) :
			       0;
	sig.site = ev->percpu.call_site;
	sig.bytes_req = cut32(ev->percpu.size);
	sig.bytes_alloc = cut32(ev->percpu.bytes_alloc);
	sig.gfp = ev->percpu.gfp;
	sig.order = ev->percpu.align ? (uint8_t)__builtin_ctzll(ev->percpu.align) : 0;
	sig.aux = ev->percpu.is_atomic == 1;
	sig.aux2 = ev->percpu.reserved == 1;
	return named_alloc(r, ev, &r->percpu, REQ_PERCPU_ALLOC, ev->percpu.ptr, sig);
}

/* A kmap_local of a page of high memory calls kmap_local_pfn for it. */
static void learn_structs(struct page_structs *s, uint64_t page, uint64_t pfn)
{
	uint64_t size;

	if (!s->addr) {
		s->addr = page;
		s->pfn = pfn;
	} else if (!s->size && pfn != s->pfn && (pfn > s->pfn) == (page > s->addr)) {
		size = pfn > s->pfn ? (page - s->addr) / (pfn - s->pfn) :
				      (s->addr - page) / (s->pfn - pfn);
		if (size < 8 || size > 256 || s->addr < s->pfn * size)
			return;
		s->size = size;
		s->base = s->addr - s->pfn * size;
	}
}

static uint32_t frame_of_struct(const struct resolver *r, uint64_t page)
{
	const struct machine *m = r->o.machine;
	bool told = m && m->vmemmap_base && m->struct_page_size;
	uint64_t base = told ? m->vmemmap_base : r->structs.base, pfn;
	uint64_t size = told ? m->struct_page_size : r->structs.size;

	if (!size || page < base)
		return KMM_NO_PFN;
	pfn = (page - base) / size;
	return pfn < (m && m->max_pfn ? m->max_pfn : 1u << 28) ? (uint32_t)pfn : KMM_NO_PFN;
}

static int resolve_kmap(struct resolver *r, struct ctx *c, const struct event *ev,
			enum request_op op)
{
	struct window_entry *w = resolver_append(r, ev, op);

	if (!w)
		return r->err->code;
	w->r.addr = ev->probe.addr;
	w->r.sig.aux = (uint8_t)ev->kind;
	if (ev->kind == EVENT_KMAP_LOCAL_PFN) {
		w->r.addr = 0;
		w->r.pfn = ev->probe.pfn < KMM_NO_PFN ? (uint32_t)ev->probe.pfn : KMM_NO_PFN;
		/* The second step of the same request. */
		if (c->last_kind == EVENT_KMAP_LOCAL) {
			w->r.sig.flags = REQ_RESPONSE;
			learn_structs(&r->structs, c->kmap_page, ev->probe.pfn);
		}
	} else if (ev->kind != EVENT_KUNMAP_LOCAL) {
		w->r.pfn = frame_of_struct(r, ev->probe.addr);
		c->kmap_page = ev->probe.addr;
	}
	return 0;
}

/* An area begins: maybe the array of the pages of the one that is under way, where that does not fit in a page. */
static void begin_area(const struct resolver *r, struct ctx *c, const struct event *ev)
{
	uint64_t array = (c->area_size + PAGE_BYTES - 1) / PAGE_BYTES * r->o.long_size;

	if (array > PAGE_BYTES && ev->probe.size == array) {
		c->big_size = c->area_size;
		c->big_align = c->area_align;
		c->bulk_gfp = 0;
	} else {
		c->big_size = 0;
	}
	c->area_size = ev->probe.size;
	c->area_align = ev->probe.align ? (uint8_t)__builtin_ctzll(ev->probe.align) : 0;
}

static int end_area(struct resolver *r, struct ctx *c, const struct event *ev)
{
	struct request_sig sig = {
		.bytes_req = cut32(c->area_size),
		.bytes_alloc = cut32((c->area_size + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1)),
		.order = c->area_align,
		.aux = (uint8_t)ev->kind,
	};
	uint64_t size = c->area_size, big = c->big_size;
	uint64_t pages = (big + PAGE_BYTES - 1) / PAGE_BYTES;
	int ret;

	c->area_size = big;
	c->area_align = c->big_align;
	c->big_size = 0;
	if (!ev->probe.addr || !size)
		return 0;
	ret = named_alloc(r, ev, &r->areas, REQ_VMALLOC, ev->probe.addr, sig);
	/* Its own pages were known by their array's kmalloc; now come those of the big one. */
	if (ret < 0 || !pages || pages > WINDOW_USUAL || !c->bulk_gfp)
		return ret;
	return resolve_bulk(r, c, ev, ev->probe.addr, (uint32_t)pages, c->bulk_gfp);
}

int resolve_area(struct resolver *r, struct ctx *c, const struct event *ev)
{
	struct request_sig sig = { 0 };

	switch (ev->kind) {
	case EVENT_VMALLOC_RANGE:
		begin_area(r, c, ev);
		return 0;
	case EVENT_VMALLOC_RANGE_RET:
		return end_area(r, c, ev);
	case EVENT_ALLOC_VMAP_AREA:
		if (ev->vmap.failed == 1)
			return 0;
		sig.bytes_req = sig.bytes_alloc = cut32(ev->vmap.size);
		sig.order = ev->vmap.align ? (uint8_t)__builtin_ctzll(ev->vmap.align) : 0;
		sig.aux = (uint8_t)ev->kind;
		return named_alloc(r, ev, &r->areas, REQ_VMALLOC, ev->vmap.addr, sig);
	case EVENT_FREE_VMAP_AREA_NOFLUSH:
		return named_free(r, ev, &r->areas, REQ_VFREE, ev->vmap.addr);
	case EVENT_VFREE:
		return resolve_bulk_free(r, c, ev, ev->probe.addr);
	case EVENT_REMOVE_VM_AREA:
		if (resolve_bulk_free(r, c, ev, ev->probe.addr) < 0)
			return r->err->code;
		return named_free(r, ev, &r->areas, REQ_VFREE, ev->probe.addr);
	case EVENT_KMAP_HIGH:
	case EVENT_KMAP_LOCAL:
	case EVENT_KMAP_LOCAL_PFN:
		return resolve_kmap(r, c, ev, REQ_KMAP);
	case EVENT_KUNMAP_HIGH:
	case EVENT_KUNMAP_LOCAL:
		return resolve_kmap(r, c, ev, REQ_KUNMAP);
	default:
		return 0; /* vunmap: remove_vm_area follows; return probes, purges, flushes */
	}
}
