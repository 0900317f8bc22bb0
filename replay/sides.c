// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/sides.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TAKEN 64	      /* pages remembered of one request */
#define HIGHMEM_FRAMES 229376 /* 896 MiB: where high memory begins on x86-32 */

struct sides {
	struct percpu *percpu; /* each NULL: not there */
	struct vmalloc *vmalloc;
	struct kmap *kmap;
	bool kmaps;    /* recorded ones; else by the rule */
	bool high_pte; /* page tables may be in high memory */
	kmm_pfn taken[TAKEN];
	unsigned taken_count, taken_at;
};

/* ---- what the recording tells of the start ---- */

int sides_source_init(struct sides_source *s)
{
	*s = (struct sides_source){ .kmaps = false };
	return percpu_start_init(&s->percpu);
}

void sides_source_free(struct sides_source *s)
{
	percpu_start_free(&s->percpu);
}

void sides_source_start(struct sides_source *s)
{
	s->percpu.started = true;
}

int sides_source_record(struct sides_source *s, const struct request *q)
{
	s->kmaps |= q->sig.op == REQ_KMAP;
	if (q->sig.op == REQ_VMALLOC && s->percpu.started && q->addr &&
	    (!s->lowest_area || q->addr < s->lowest_area))
		s->lowest_area = q->addr;
	return percpu_start_record(&s->percpu, q);
}

/* ---- building ---- */

enum kmm_arch sides_arch(const struct machine *m)
{
	bool pae = strstr(m->kernel, "pae") || m->max_pfn > 1u << 20;

	if (!strcmp(m->arch, "i386"))
		return pae ? KMM_X86_32_PAE : KMM_X86_32;
	return !strcmp(m->arch, "aarch64") ? KMM_ARM64 :
	       !strncmp(m->arch, "arm", 3) ? KMM_ARM :
					     KMM_X86_64;
}

void sides_native_policy(const struct machine *m, struct sides_policy *p)
{
	*p = (struct sides_policy){
		.percpu = true, .vmalloc = true, .kmap = true, .arch = sides_arch(m)
	};
}

static kmm_pfn first_high(const struct kmm_config *c)
{
	kmm_pfn first = KMM_NO_PFN;

	for (unsigned z = 0; z < c->zones; z++)
		if (c->zone[z].type == KMM_ZONE_HIGHMEM && c->zone[z].present &&
		    c->zone[z].start < first)
			first = c->zone[z].start;
	return first;
}

static uint64_t low_bytes(const struct kmm_config *c)
{
	uint64_t end = 0;

	for (unsigned z = 0; z < c->zones; z++)
		if (c->zone[z].type != KMM_ZONE_HIGHMEM &&
		    (uint64_t)c->zone[z].start + c->zone[z].spanned > end)
			end = (uint64_t)c->zone[z].start + c->zone[z].spanned;
	return (end < HIGHMEM_FRAMES ? end : HIGHMEM_FRAMES) << 12;
}

struct sides *sides_new(struct kmm *mm, const struct machine *m, const struct sides_policy *p,
			const struct sides_source *src, struct err *e)
{
	const struct kmm_config *c = kmm_configuration(mm);
	struct sides *s = calloc(1, sizeof(*s));
	kmm_pfn high = first_high(c);

	if (!s) {
		err_set(e, ENOMEM, "out of memory");
		return NULL;
	}
	if (p->vmalloc) {
		struct kmm_vmalloc_config v;

		kmm_vmalloc_config_init(&v, p->arch, c->policy.generation, low_bytes(c));
		v.huge = p->vmalloc_huge;
		v.lazy_max = (uint64_t)p->vmalloc_lazy;
		s->vmalloc = vmalloc_new(mm, m, &v, p->anew, src->lowest_area, e);
		if (!s->vmalloc)
			goto fail;
	}
	if (p->percpu) {
		s->percpu = percpu_new(mm, &src->percpu,
				       s->vmalloc ? vmalloc_model(s->vmalloc) : NULL, e);
		if (!s->percpu)
			goto fail;
	}
	s->high_pte = high != KMM_NO_PFN;
	/* Where all memory is low there is no window. */
	if (p->kmap && (high != KMM_NO_PFN || p->arch == KMM_X86_32 || p->arch == KMM_X86_32_PAE ||
			p->arch == KMM_ARM)) {
		struct kmm_highmem_config h;

		kmm_highmem_config_init(&h, p->arch, c->policy.generation,
					high == KMM_NO_PFN ? HIGHMEM_FRAMES : high);
		s->kmaps = src->kmaps;
		s->kmap = kmap_new(&h, c->cpus, e);
		if (!s->kmap)
			goto fail;
	}
	return s;
fail:
	sides_free(s);
	return NULL;
}

void sides_free(struct sides *s)
{
	if (!s)
		return;
	/* Its chunks are areas. */
	percpu_free(s->percpu);
	vmalloc_free(s->vmalloc);
	kmap_free(s->kmap);
	free(s);
}

/* ---- pages ---- */

static void forget_taken(struct sides *s)
{
	s->taken_count = s->taken_at = 0;
}

void sides_took(struct sides *s, kmm_pfn pfn)
{
	if (s->taken_count < TAKEN)
		s->taken[s->taken_count++] = pfn;
}

kmm_pfn sides_next_taken(struct sides *s)
{
	return s->taken_at < s->taken_count ? s->taken[s->taken_at++] : KMM_NO_PFN;
}

void sides_silent(struct sides *s, void (*each)(void *arg, kmm_pfn pfn), void *arg)
{
	if (s->vmalloc)
		vmalloc_taken(s->vmalloc, each, arg);
}

bool sides_page(struct sides *s, const struct request *q, uint32_t n)
{
	if (q->sig.owner == OWNER_PERCPU && s->percpu) {
		/* A further page of the request that was served with the first one. */
		if (s->taken_at == s->taken_count)
			forget_taken(s);
		percpu_page(s->percpu, q, n);
		return true;
	}
	if (q->sig.owner == OWNER_VMALLOC && s->vmalloc) {
		if (s->taken_at == s->taken_count)
			forget_taken(s);
		return vmalloc_page(s->vmalloc, q, n);
	}
	return false;
}

bool sides_bulk(struct sides *s, const struct request *q, uint32_t want, uint32_t n)
{
	if (!s->vmalloc || q->sig.owner != OWNER_VMALLOC)
		return false;
	forget_taken(s);
	vmalloc_bulk(s->vmalloc, q, want, n);
	return true;
}

bool sides_page_freed(struct sides *s, uint8_t owner, uint32_t slot, unsigned cpu)
{
	/* A chunk's pages go when the model gives them back. */
	if (owner == OWNER_PERCPU && s->percpu)
		return true;
	return owner == OWNER_VMALLOC && s->vmalloc && vmalloc_page_freed(s->vmalloc, slot, cpu);
}

/* ---- requests ---- */

void sides_request(struct sides *s, const struct request *q, uint32_t n, kmm_pfn pfn)
{
	forget_taken(s);
	switch (q->sig.op) {
	case REQ_PERCPU_ALLOC:
		if (s->percpu)
			percpu_alloc(s->percpu, q);
		break;
	case REQ_PERCPU_FREE:
		if (s->percpu)
			percpu_release(s->percpu, q);
		break;
	case REQ_VMALLOC:
		if (s->vmalloc)
			vmalloc_alloc(s->vmalloc, q, n);
		break;
	case REQ_VFREE:
		if (s->vmalloc)
			vmalloc_release(s->vmalloc, q);
		break;
	case REQ_KMAP:
		if (s->kmap)
			kmap_map(s->kmap, q, pfn);
		break;
	case REQ_KUNMAP:
		if (s->kmap)
			kmap_unmap(s->kmap, q);
		break;
	default:
		break;
	}
}

void sides_filled(struct sides *s, const struct request *q, kmm_pfn pfn)
{
	if (s->kmap && !s->kmaps && pfn != KMM_NO_PFN)
		kmap_fill(s->kmap, q, pfn);
}

kmm_gfp sides_gfp(const struct sides *s, const struct request *q)
{
	/* CONFIG_HIGHPTE: tables of processes may lie in high memory; the upper levels are few. */
	if (s->high_pte && q->sig.owner == OWNER_PGTABLE && q->sig.order == 0)
		return q->sig.gfp | KMM_GFP_HIGHMEM;
	return q->sig.gfp;
}

bool sides_follows_pages(const struct sides *s)
{
	return s->kmap && s->kmaps;
}

/* ---- figures ---- */

bool sides_have(const struct sides *s, enum demand_kind k)
{
	return k == DEMAND_PGTABLE || (k == DEMAND_PERCPU && s->percpu) ||
	       (k == DEMAND_VMALLOC && s->vmalloc) || (k == DEMAND_KMAP && s->kmap);
}

struct demand sides_demand(const struct sides *s, enum demand_kind k)
{
	if (k == DEMAND_PERCPU && s->percpu)
		return percpu_demand(s->percpu);
	if (k == DEMAND_VMALLOC && s->vmalloc)
		return vmalloc_demand(s->vmalloc);
	if (k == DEMAND_KMAP && s->kmap)
		return kmap_demand(s->kmap);
	return (struct demand){ 0 };
}

const struct percpu *sides_percpu(const struct sides *s)
{
	return s->percpu;
}

const struct vmalloc *sides_vmalloc(const struct sides *s)
{
	return s->vmalloc;
}

const struct kmap *sides_kmap(const struct sides *s)
{
	return s->kmap;
}
