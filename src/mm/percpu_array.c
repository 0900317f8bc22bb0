// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * percpu_array: per-CPU memory to 2.6.29.  What is declared lies in an area that boot
 * memory copied for each CPU, with a reserve behind it for modules; what is allocated
 * is an object of kmalloc for each CPU and an array that points to them (mm/allocpercpu.c
 * and kernel/module.c of 2.6.24).
 */
#include <errno.h>
#include <stdlib.h>

#include "mm/kmm_percpu.h"
#include "mm/kmm_slab.h"
#include "mm/model.h"

#define LINE 64u
#define MOST_AREA (1u << 20)

/* A stretch of the modules' reserve. */
struct stretch {
	uint32_t at, size;
	bool taken;
};

/* One allocation, by the address of its array. */
struct pointers {
	struct pointers *next;
	kmm_addr array;
	kmm_addr of[]; /* by CPU */
};

struct kmm_percpu_array {
	struct kmm *mm;
	struct kmm_slab *sl;
	size_t static_size, area_size, defined;
	struct stretch *stretch;
	unsigned stretches;
	struct pointers *first;
	uint64_t allocs, bad_frees;
};

struct kmm_percpu_array *kmm_percpu_array_create(struct kmm *mm, struct kmm_slab *sl,
						 size_t static_size, size_t area_size)
{
	struct kmm_percpu_array *p;

	if (!static_size || area_size < static_size || area_size > MOST_AREA)
		return NULL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->mm = mm;
	p->sl = sl;
	p->static_size = static_size;
	p->area_size = area_size;
	p->stretches = 1;
	p->stretch = malloc(sizeof(*p->stretch));
	if (!p->stretch) {
		free(p);
		return NULL;
	}
	p->stretch[0] = (struct stretch){ (uint32_t)static_size,
					  (uint32_t)(area_size - static_size), false };
	return p;
}

static void release(struct kmm_percpu_array *p, unsigned cpu, struct pointers *at)
{
	for (unsigned i = 0; i < p->mm->cpus; i++)
		kmm_kfree(p->sl, cpu, at->of[i]);
	kmm_kfree(p->sl, cpu, at->array);
	free(at);
}

void kmm_percpu_array_destroy(struct kmm_percpu_array *p)
{
	if (!p)
		return;
	while (p->first) {
		struct pointers *at = p->first;

		p->first = at->next;
		release(p, 0, at);
	}
	free(p->stretch);
	free(p);
}

/* ---- what is declared ---- */

uint64_t kmm_percpu_array_define(struct kmm_percpu_array *p, size_t size, size_t align)
{
	size_t at;

	if (!align || align & (align - 1) || align > 4096 || !size)
		return KMM_NO_PTR;
	at = (p->defined + align - 1) & ~(align - 1);
	if (at > p->static_size || size > p->static_size - at)
		return KMM_NO_PTR;
	p->defined = at + size;
	return at;
}

static bool insert(struct kmm_percpu_array *p, unsigned i, uint32_t at, uint32_t size, bool taken)
{
	struct stretch *more = realloc(p->stretch, (p->stretches + 1) * sizeof(*more));

	if (!more)
		return false;
	p->stretch = more;
	memmove(&more[i + 1], &more[i], (p->stretches - i) * sizeof(*more));
	more[i] = (struct stretch){ at, size, taken };
	p->stretches++;
	return true;
}

/* First fit; what alignment skips stays a stretch of its own. */
uint64_t kmm_percpu_modalloc(struct kmm_percpu_array *p, size_t size, size_t align)
{
	if (!align || align & (align - 1) || align > LINE || !size || size > p->area_size)
		return KMM_NO_PTR;
	for (unsigned i = 0; i < p->stretches; i++) {
		struct stretch s = p->stretch[i];
		uint32_t skip = (uint32_t)(-s.at & (align - 1));

		if (s.taken || s.size < size + skip)
			continue;
		if (skip && !insert(p, i++, s.at, skip, false))
			return KMM_NO_PTR;
		p->stretch[i] = (struct stretch){ s.at + skip, s.size - skip, false };
		if (s.size - skip > size && !insert(p, i + 1, s.at + skip + (uint32_t)size,
						    s.size - skip - (uint32_t)size, false))
			return KMM_NO_PTR;
		p->stretch[i].size = (uint32_t)size;
		p->stretch[i].taken = true;
		return s.at + skip;
	}
	return KMM_NO_PTR;
}

static void join(struct kmm_percpu_array *p, unsigned i)
{
	if (i + 1 >= p->stretches || p->stretch[i].taken || p->stretch[i + 1].taken)
		return;
	p->stretch[i].size += p->stretch[i + 1].size;
	p->stretches--;
	memmove(&p->stretch[i + 1], &p->stretch[i + 2],
		(p->stretches - i - 1) * sizeof(*p->stretch));
}

void kmm_percpu_modfree(struct kmm_percpu_array *p, uint64_t at)
{
	for (unsigned i = 0; i < p->stretches; i++) {
		if (!p->stretch[i].taken || p->stretch[i].at != at)
			continue;
		p->stretch[i].taken = false;
		join(p, i);
		if (i)
			join(p, i - 1);
		return;
	}
	p->bad_frees++;
}

/* ---- what is allocated ---- */

uint64_t kmm_percpu_array_alloc(struct kmm_percpu_array *p, unsigned cpu, size_t size, kmm_gfp gfp)
{
	unsigned word = kmm_slab_policy_of(p->sl)->word;
	size_t array = (p->mm->cpus * (size_t)word + LINE - 1) / LINE * LINE;
	struct pointers *at;

	if (cpu >= p->mm->cpus || !size || size > KMM_PERCPU_MAX_SIZE)
		return KMM_NO_PTR;
	at = calloc(1, sizeof(*at) + p->mm->cpus * sizeof(at->of[0]));
	if (!at)
		return KMM_NO_PTR;
	at->array = kmm_kmalloc(p->sl, cpu, array, gfp | KMM_GFP_ZERO);
	/* Each CPU's on its own node, and in cache lines of its own. */
	for (unsigned i = 0; at->array != KMM_NULL && i < p->mm->cpus; i++) {
		at->of[i] = kmm_kmalloc_node(p->sl, cpu, (size + LINE - 1) / LINE * LINE,
					     gfp | KMM_GFP_ZERO, p->mm->config.cpu_node[i]);
		if (at->of[i] != KMM_NULL)
			continue;
		release(p, cpu, at);
		return KMM_NO_PTR;
	}
	if (at->array == KMM_NULL) {
		free(at);
		return KMM_NO_PTR;
	}
	at->next = p->first;
	p->first = at;
	p->allocs++;
	return at->array;
}

void kmm_percpu_array_free(struct kmm_percpu_array *p, unsigned cpu, uint64_t ptr)
{
	if (ptr == KMM_NO_PTR)
		return;
	for (struct pointers **link = &p->first; *link; link = &(*link)->next) {
		struct pointers *at = *link;

		if (at->array != ptr || cpu >= p->mm->cpus)
			continue;
		*link = at->next;
		release(p, cpu, at);
		return;
	}
	p->bad_frees++;
}

kmm_addr kmm_percpu_array_ptr(const struct kmm_percpu_array *p, uint64_t ptr, unsigned cpu)
{
	if (cpu >= p->mm->cpus)
		return 0;
	for (const struct pointers *at = p->first; at; at = at->next)
		if (at->array == ptr)
			return at->of[cpu];
	return 0;
}

uint64_t kmm_percpu_array_bad_frees(const struct kmm_percpu_array *p)
{
	return p->bad_frees;
}
