// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "mm/kmm_vmalloc.h"
#include "mm/page.h"

#define CACHED 2 /* NR_CACHED_STACKS */
#define STACK_GFP                                                                    \
	(KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM | KMM_GFP_IO | KMM_GFP_FS | \
	 KMM_GFP_ACCOUNT | KMM_GFP_ZERO)

struct kmm_stacks {
	struct kmm_pages *pages;
	struct kmm_vmalloc *vmalloc;
	enum kmm_stack_kind kind;
	unsigned order, cpus;
	uint64_t *kept; /* [cpu * CACHED + i]: 0 is an empty place */
	struct kmm_stacks_stats stats;
};

struct kmm_stacks *kmm_stacks_create(struct kmm_pages *p, struct kmm_vmalloc *v,
				     enum kmm_stack_kind kind, unsigned order)
{
	struct kmm_stacks *s;

	if (order > COSTLY_ORDER || (kind == KMM_STACK_VMAPPED && !v))
		return NULL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->pages = p;
	s->vmalloc = v;
	s->kind = kind;
	s->order = order;
	s->cpus = p->mm->cpus;
	s->kept = calloc((size_t)s->cpus * CACHED, sizeof(*s->kept));
	if (!s->kept) {
		free(s);
		return NULL;
	}
	return s;
}

void kmm_stacks_destroy(struct kmm_stacks *s)
{
	if (!s)
		return;
	for (unsigned i = 0; s->vmalloc && i < s->cpus * CACHED; i++)
		kmm_vfree(s->vmalloc, i / CACHED, s->kept[i]);
	free(s->kept);
	free(s);
}

static uint64_t new_stack(struct kmm_stacks *s, unsigned cpu)
{
	uint64_t size = UINT64_C(4096) << s->order;
	struct kmm_vm_request r = { .size = size, .align = size, .gfp = STACK_GFP, .node = -1 };

	if (s->kind == KMM_STACK_PAGES)
		return kmm_get_free_pages(s->pages, cpu, STACK_GFP, s->order);
	/* No accounting of the pages one by one. */
	r.gfp &= ~(kmm_gfp)KMM_GFP_ACCOUNT;
	return kmm_vmalloc_range(s->vmalloc, cpu, &r);
}

uint64_t kmm_stack_alloc(struct kmm_stacks *s, unsigned cpu)
{
	uint64_t addr = 0;

	if (cpu >= s->cpus)
		return 0;
	for (unsigned i = 0; i < CACHED && !addr; i++) {
		addr = s->kept[cpu * CACHED + i];
		s->kept[cpu * CACHED + i] = 0;
	}
	if (addr) {
		s->stats.cached++;
		s->stats.kept--;
	} else {
		addr = new_stack(s, cpu);
	}
	if (!addr)
		return 0;
	s->stats.allocs++;
	s->stats.in_use++;
	return addr;
}

void kmm_stack_free(struct kmm_stacks *s, unsigned cpu, uint64_t addr)
{
	if (!addr || cpu >= s->cpus || !s->stats.in_use)
		return;
	s->stats.in_use--;
	if (s->kind == KMM_STACK_PAGES) {
		kmm_free_pages_addr(s->pages, cpu, addr, s->order);
		return;
	}
	for (unsigned i = 0; i < CACHED; i++) {
		if (s->kept[cpu * CACHED + i])
			continue;
		s->kept[cpu * CACHED + i] = addr;
		s->stats.kept++;
		return;
	}
	kmm_vfree(s->vmalloc, cpu, addr);
}

void kmm_stacks_stats(const struct kmm_stacks *s, struct kmm_stacks_stats *out)
{
	*out = s->stats;
	out->pages = (s->stats.in_use + s->stats.kept) << s->order;
}
