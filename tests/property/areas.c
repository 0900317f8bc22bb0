// SPDX-License-Identifier: GPL-2.0-or-later
/* Property tests of addresses: vmalloc, per-CPU memory, high memory. */
#include "tests/property/world.h"

#include "mm/kmm_highmem.h"
#include "mm/kmm_percpu.h"
#include "mm/kmm_vmalloc.h"

/* ---- vmalloc ---- */

static bool vmalloc_start(struct world *w, const struct subject *s)
{
	struct kmm_vmalloc_config c;

	kmm_vmalloc_config_init(&c, KMM_X86_64, s->generation, 0);
	c.end = c.start + (UINT64_C(6) << 20); /* tight */
	c.lazy_max = 128;
	c.huge = s->option;
	c.huge_order = 4;
	c.ram_block = 128;
	w->it = kmm_vmalloc_create(w->mm, &c);
	return w->it;
}

static bool vmalloc_step(struct world *w, const struct op *o)
{
	static const kmm_pfn pages[80];
	unsigned cpu = o->b & 1, n = 1 + (o->b >> 8) % 80;
	struct kmm_vmalloc_stats s;
	struct held h;
	uint64_t size, at;

	if (o->a % 9 == 0)
		kmm_vfree_work(w->it, cpu);
	if (o->a % 997 == 0)
		kmm_vm_unmap_aliases(w->it);
	if (wants_more(w, o)) {
		size = 1 + o->b % (o->a & 0x100 ? 200000 : 20000);
		switch (o->a >> 9 & 7) {
		case 0:
			at = kmm_ioremap(w->it, cpu, 0x80000000u + (o->b & 0xffff), size);
			return !at || hold(w, at, size, 0);
		case 1:
			at = kmm_get_vm_area(w->it, cpu, size, KMM_VM_MAP);
			return !at || hold(w, at, size, 1);
		case 2:
		case 3:
			at = kmm_vm_map_ram(w->it, cpu, pages, n);
			if (at &&
			    kmm_vmalloc_to_page(w->it, at + (n - 1) * UINT64_C(4096)) != pages[0])
				return complain(w, "no page behind an address");
			return !at || hold(w, at, n * UINT64_C(4096), 3);
		default:
			at = kmm_vmalloc(w->it, cpu, size);
			if (at && kmm_vmalloc_to_page(w->it, at + size - 1) == KMM_NO_PFN)
				return complain(w, "no page behind an address");
			return !at || hold(w, at, size, 2);
		}
	}
	h = drop(w, o->b);
	if (h.extra == 0)
		kmm_iounmap(w->it, h.at);
	else if (h.extra == 1)
		kmm_vunmap(w->it, h.at);
	else if (h.extra == 3)
		kmm_vm_unmap_ram(w->it, h.at, (unsigned)(h.size / 4096));
	else if (o->a & 0x1000 && w->generation != KMM_LINUX_2_6)
		kmm_vfree_atomic(w->it, cpu, h.at);
	else
		kmm_vfree(w->it, cpu, h.at);
	kmm_vmalloc_stats(w->it, &s);
	return !s.bad_frees || complain(w, "a free was refused");
}

static int vmalloc_validate(const struct world *w, char *why, size_t n)
{
	return kmm_vmalloc_validate(w->it, why, n);
}

static void vmalloc_end(struct world *w)
{
	kmm_vmalloc_destroy(w->it);
}

/* ---- per-CPU memory ---- */

static bool percpu_start(struct world *w, const struct subject *s)
{
	struct kmm_percpu_config c;

	kmm_percpu_config_init(&c);
	c.static_size = 5000;
	c.reserved_size = s->option ? 3000 : 0;
	c.dyn_size = 9000;
	c.atom_size = s->option ? 65536 : 4096;
	w->it = kmm_percpu_create(w->mm, &c);
	return w->it;
}

static bool percpu_step(struct world *w, const struct op *o)
{
	unsigned cpu = o->b & 1;
	uint64_t ptr;

	if (kmm_percpu_balance_pending(w->it) && o->a % 11 == 0)
		kmm_percpu_balance(w->it, cpu);
	if (wants_more(w, o)) {
		size_t size = 1 + (o->b >> 1) % (o->a & 0x700 ? 300 : 12000);
		kmm_gfp gfp = o->a & 0x1800 ? GFP_KERNEL : GFP_ATOMIC;

		if (o->a % 17 == 0)
			ptr = kmm_alloc_reserved_percpu(w->it, cpu, size, 8);
		else
			ptr = kmm_alloc_percpu_gfp(w->it, cpu, size, 1u << (o->b >> 20 & 7), gfp);
		return ptr == KMM_NO_PTR || hold(w, ptr, size, 0);
	}
	kmm_free_percpu(w->it, drop(w, o->b >> 1).at);
	return true;
}

static int percpu_validate(const struct world *w, char *why, size_t n)
{
	return kmm_percpu_validate(w->it, why, n);
}

static void percpu_end(struct world *w)
{
	kmm_percpu_destroy(w->it);
}

/* Two nodes' units apart, chunks in a vmalloc window. */
struct numa {
	struct kmm_vmalloc *vm;
	struct kmm_percpu *p;
};

static bool numa_start(struct world *w, const struct subject *s)
{
	struct numa *n = calloc(1, sizeof(*n));
	struct kmm_vmalloc_config vc;
	struct kmm_percpu_config c;

	(void)s;
	w->it = n;
	if (!n)
		return false;
	kmm_vmalloc_config_init(&vc, KMM_X86_64, KMM_LINUX_6_1, 0);
	vc.lazy_max = 64;
	kmm_percpu_config_init(&c);
	c.static_size = 5000;
	c.reserved_size = 0;
	c.dyn_size = 9000;
	c.atom_size = 4096;
	c.node_addr[1] = c.base_addr + (1u << 20);
	c.vmalloc = n->vm = kmm_vmalloc_create(w->mm, &vc);
	n->p = n->vm ? kmm_percpu_create(w->mm, &c) : NULL;
	return n->p;
}

static bool numa_step(struct world *w, const struct op *o)
{
	struct numa *n = w->it;
	bool ok;

	w->it = n->p;
	ok = percpu_step(w, o);
	w->it = n;
	return ok;
}

static int numa_validate(const struct world *w, char *why, size_t len)
{
	const struct numa *n = w->it;
	int ret = kmm_percpu_validate(n->p, why, len);

	return ret ? ret : kmm_vmalloc_validate(n->vm, why, len);
}

static void numa_end(struct world *w)
{
	struct numa *n = w->it;

	kmm_percpu_destroy(n->p);
	if (n->vm)
		kmm_vmalloc_destroy(n->vm);
	free(n);
}

/* ---- high memory ---- */

static bool highmem_start(struct world *w, const struct subject *s)
{
	struct kmm_highmem_config c;

	kmm_highmem_config_init(&c, s->option ? KMM_ARM : KMM_X86_32_PAE, s->generation, 100);
	c.pkmap_slots = 64;
	c.cpus = 2;
	c.tasks = 8;
	w->it = kmm_highmem_create(&c);
	return w->it;
}

/* Held: page and number of its maps, for as long as it has any. */
static bool highmem_kmap(struct world *w, const struct op *o)
{
	kmm_pfn pfn = 50 + o->b % 300;
	uint64_t at, again;
	unsigned woken, i;

	for (i = 0; i < w->n && w->held[i].at != pfn; i++)
		;
	if (wants_more(w, o)) {
		if (kmm_kmap(w->it, o->a >> 8 & 7, o->a & 0x1000, pfn, &at))
			return true;
		again = kmm_page_address(w->it, pfn);
		if (at != again)
			return complain(w, "a mapped page has another address");
		if (i == w->n)
			return hold(w, pfn, 1, 1);
		w->held[i].extra++;
		return true;
	}
	i = o->b % w->n;
	if (kmm_kunmap(w->it, (kmm_pfn)w->held[i].at, &woken) < 0)
		return complain(w, "a mapped page cannot be unmapped");
	if (!--w->held[i].extra)
		drop(w, i);
	return true;
}

static bool highmem_step(struct world *w, const struct op *o)
{
	uint64_t at;
	unsigned cpu = o->b >> 16 & 1, task = 2 * (o->b >> 17 & 3) + cpu;

	if (o->a % 3)
		return highmem_kmap(w, o);
	/* A pair of temporary maps, left in order. */
	if (!kmm_kmap_atomic(w->it, task, cpu, 50 + o->b % 300, o->a >> 8 & 7, &at) &&
	    kmm_kunmap_atomic(w->it, task, cpu, at, o->a >> 8 & 7))
		return complain(w, "a temporary map cannot be undone");
	return true;
}

static int highmem_validate(const struct world *w, char *why, size_t n)
{
	return kmm_highmem_validate(w->it, why, n);
}

static void highmem_end(struct world *w)
{
	kmm_highmem_destroy(w->it);
}

/* ---- subjects ---- */

#define VMALLOC vmalloc_start, vmalloc_step, vmalloc_validate, vmalloc_end
#define PERCPU percpu_start, percpu_step, percpu_validate, percpu_end
#define NUMA numa_start, numa_step, numa_validate, numa_end
#define HIGHMEM highmem_start, highmem_step, highmem_validate, highmem_end

int main(void)
{
	static const struct subject all[] = {
		{ "vmalloc 2.6", KMM_LINUX_2_6, VMALLOC, false },
		{ "vmalloc 6.1", KMM_LINUX_6_1, VMALLOC, false },
		{ "vmalloc 6.18", KMM_LINUX_6_18, VMALLOC, false },
		{ "vmalloc huge", KMM_LINUX_6_1, VMALLOC, true },
		{ "percpu", KMM_LINUX_6_1, PERCPU, false },
		{ "percpu reserved", KMM_LINUX_6_1, PERCPU, true },
		{ "percpu numa", KMM_LINUX_6_1, NUMA, false, 2 },
		{ "highmem 2.6", KMM_LINUX_2_6, HIGHMEM, false },
		{ "highmem 5.10", KMM_LINUX_5_10, HIGHMEM, false },
		{ "highmem 6.1", KMM_LINUX_6_1, HIGHMEM, false },
		{ "highmem arm", KMM_LINUX_6_1, HIGHMEM, true },
	};

	return run_subjects(all, sizeof(all) / sizeof(*all));
}
