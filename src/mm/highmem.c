// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/highmem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_TASKS (1u << 22)

/*
 * i386: the pkmap window lies below the fixed mappings.  0xff000000 and
 * 0xfffbb000 as Linux 6.1 with PAE has them; 2.6 dmesg shows 0xff800000 without
 * PAE and 0xffa00000 with it.
 */
void kmm_highmem_config_init(struct kmm_highmem_config *c, enum kmm_arch arch,
			     enum kmm_generation g, kmm_pfn highmem)
{
	bool pae = arch == KMM_X86_32_PAE, recent = g >= KMM_LINUX_6_1;

	memset(c, 0, sizeof(*c));
	c->direct_map = UINT64_C(0xc0000000);
	c->highmem = highmem;
	c->pkmap_base = pae ? (recent ? 0xff000000u : 0xffa00000u) : 0xff800000u;
	c->pkmap_slots = pae ? 512 : 1024;
	c->fix_kmap = 0xfffbb000u;
	c->style = g == KMM_LINUX_2_6 ? KMM_KMAP_TYPES : recent ? KMM_KMAP_TASK : KMM_KMAP_CPU;
	c->stack_entries = 16;
	if (arch == KMM_ARM) {
		c->pkmap_base = c->direct_map - (2u << 20); /* PAGE_OFFSET - PMD_SIZE */
		c->pkmap_slots = 512;
		c->fix_kmap = 0xffeff000u;
		c->local_uses_pkmap = true;
	}
	c->cpus = 1;
	c->tasks = 64;
}

/* ---- temporary maps ---- */

static uint64_t fixed_address(const struct kmm_highmem *h, unsigned cpu, unsigned place,
			      unsigned places)
{
	return h->config.fix_kmap - (uint64_t)(place + places * cpu) * 4096;
}

static int misuse(struct kmm_highmem *h, int error)
{
	h->stats.misuse++;
	return error;
}

/* An address that the page has without a temporary map; 0: none. */
static uint64_t ready_address(struct kmm_highmem *h, kmm_pfn pfn)
{
	h->stats.kmaps++;
	if (pfn < h->config.highmem) {
		h->stats.low_pages++;
		return kmm_page_address(h, pfn);
	}
	if (h->config.style == KMM_KMAP_TASK && h->config.local_uses_pkmap) {
		uint32_t slot = pkmap_find(h, pfn);

		if (slot != NO_SLOT && h->slot[slot].count > 1) {
			h->slot[slot].count++;
			h->stats.reused++;
			return kmm_page_address(h, pfn);
		}
	}
	return 0;
}

static bool is_temporary(const struct kmm_highmem *h, uint64_t addr)
{
	unsigned places = h->config.style == KMM_KMAP_TYPES ? KMM_KM_TYPES :
							      h->config.stack_entries;
	uint64_t low = fixed_address(h, h->config.cpus - 1, places - 1, places);

	return addr >= low && addr < h->config.fix_kmap + 4096;
}

static int push(struct kmm_highmem *h, struct kmap_stack *s, unsigned cpu, kmm_pfn pfn,
		uint64_t *addr)
{
	unsigned place = h->config.debug_guards ? 2 * s->depth + 1 : s->depth;

	if (s->depth && s->cpu != cpu)
		return misuse(h, -EINVAL);
	if (s->depth == h->capacity)
		return misuse(h, -EBUSY);
	*addr = fixed_address(h, cpu, place, h->config.stack_entries);
	if (!s->depth)
		h->stats.pinned++;
	s->cpu = cpu;
	s->pfn[s->depth] = pfn;
	s->addr[s->depth++] = *addr;
	h->stats.temporary++;
	if (s->depth > h->stats.deepest)
		h->stats.deepest = s->depth;
	return 0;
}

/* Last in, first out. */
static int pop(struct kmm_highmem *h, struct kmap_stack *s, unsigned cpu, uint64_t addr)
{
	if (!s->depth || s->cpu != cpu || s->addr[s->depth - 1] != (addr & ~UINT64_C(4095)))
		return misuse(h, -EINVAL);
	if (!--s->depth)
		h->stats.pinned--;
	h->stats.local_flushes++;
	return 0;
}

static int map_type(struct kmm_highmem *h, unsigned cpu, kmm_pfn pfn, enum kmm_km_type type,
		    uint64_t *addr)
{
	kmm_pfn *at;

	if ((unsigned)type >= KMM_KM_TYPES)
		return misuse(h, -EINVAL);
	at = &h->typed[cpu * KMM_KM_TYPES + (unsigned)type];
	if (*at != KMM_NO_PFN)
		return misuse(h, -EBUSY);
	*at = pfn;
	*addr = fixed_address(h, cpu, (unsigned)type, KMM_KM_TYPES);
	h->stats.temporary++;
	return 0;
}

static int unmap_type(struct kmm_highmem *h, unsigned cpu, uint64_t addr, enum kmm_km_type type)
{
	kmm_pfn *at;

	if ((unsigned)type >= KMM_KM_TYPES)
		return misuse(h, -EINVAL);
	at = &h->typed[cpu * KMM_KM_TYPES + (unsigned)type];
	if (*at == KMM_NO_PFN ||
	    (addr & ~UINT64_C(4095)) != fixed_address(h, cpu, (unsigned)type, KMM_KM_TYPES))
		return misuse(h, -EINVAL);
	*at = KMM_NO_PFN;
	h->stats.local_flushes++;
	return 0;
}

static struct kmap_stack *stack_of(struct kmm_highmem *h, unsigned task, unsigned cpu)
{
	return &h->stack[h->config.style == KMM_KMAP_TASK ? task : cpu];
}

int kmm_kmap_atomic(struct kmm_highmem *h, unsigned task, unsigned cpu, kmm_pfn pfn,
		    enum kmm_km_type type, uint64_t *addr)
{
	int r = 0;

	*addr = 0;
	if (task >= h->config.tasks || cpu >= h->config.cpus || pfn == KMM_NO_PFN)
		return misuse(h, -EINVAL);
	*addr = ready_address(h, pfn);
	if (!*addr && h->config.style == KMM_KMAP_TYPES)
		r = map_type(h, cpu, pfn, type, addr);
	else if (!*addr)
		r = push(h, stack_of(h, task, cpu), cpu, pfn, addr);
	if (!r)
		h->preempt[cpu]++;
	return r;
}

static int unmap(struct kmm_highmem *h, unsigned task, unsigned cpu, uint64_t addr)
{
	unsigned woken;

	if (is_temporary(h, addr))
		return pop(h, stack_of(h, task, cpu), cpu, addr);
	if (addr >= h->config.direct_map &&
	    addr < kmm_page_address(h, 0) + (uint64_t)h->config.highmem * 4096)
		return 0;
	/* A permanent map that was found in its place. */
	if (h->config.local_uses_pkmap && addr >= h->config.pkmap_base) {
		uint64_t slot = (addr - h->config.pkmap_base) / 4096;

		if (slot < h->config.pkmap_slots && h->slot[slot].count > 1)
			return kmm_kunmap(h, h->slot[slot].pfn, &woken) < 0 ? -EINVAL : 0;
	}
	return misuse(h, -EINVAL);
}

int kmm_kunmap_atomic(struct kmm_highmem *h, unsigned task, unsigned cpu, uint64_t addr,
		      enum kmm_km_type type)
{
	int r;

	if (task >= h->config.tasks || cpu >= h->config.cpus || !h->preempt[cpu])
		return misuse(h, -EINVAL);
	if (h->config.style == KMM_KMAP_TYPES && is_temporary(h, addr))
		r = unmap_type(h, cpu, addr, type);
	else
		r = unmap(h, task, cpu, addr);
	if (!r)
		h->preempt[cpu]--;
	return r;
}

int kmm_kmap_local(struct kmm_highmem *h, unsigned task, unsigned cpu, kmm_pfn pfn, uint64_t *addr)
{
	*addr = 0;
	if (h->config.style != KMM_KMAP_TASK || task >= h->config.tasks || cpu >= h->config.cpus ||
	    pfn == KMM_NO_PFN)
		return misuse(h, -EINVAL);
	*addr = ready_address(h, pfn);
	return *addr ? 0 : push(h, &h->stack[task], cpu, pfn, addr);
}

int kmm_kunmap_local(struct kmm_highmem *h, unsigned task, unsigned cpu, uint64_t addr)
{
	if (h->config.style != KMM_KMAP_TASK || task >= h->config.tasks || cpu >= h->config.cpus)
		return misuse(h, -EINVAL);
	return unmap(h, task, cpu, addr);
}

int kmm_kmap_switch(struct kmm_highmem *h, unsigned cpu, unsigned prev, unsigned next)
{
	if (h->config.style != KMM_KMAP_TASK || prev >= h->config.tasks ||
	    next >= h->config.tasks || cpu >= h->config.cpus || h->preempt[cpu] ||
	    (h->stack[prev].depth && h->stack[prev].cpu != cpu) ||
	    (h->stack[next].depth && h->stack[next].cpu != cpu))
		return misuse(h, -EINVAL);
	h->stats.switched += h->stack[prev].depth + h->stack[next].depth;
	h->stats.local_flushes += h->stack[prev].depth;
	return 0;
}

/* ---- what is behind an address ---- */

/* The page that a temporary map shows to the task; KMM_NO_PFN. */
static kmm_pfn temporary_page(const struct kmm_highmem *h, unsigned task, unsigned cpu,
			      uint64_t page)
{
	const struct kmap_stack *s;

	if (h->config.style == KMM_KMAP_TYPES) {
		for (unsigned type = 0; type < KMM_KM_TYPES; type++)
			if (fixed_address(h, cpu, type, KMM_KM_TYPES) == page)
				return h->typed[cpu * KMM_KM_TYPES + type];
		return KMM_NO_PFN;
	}
	s = &h->stack[h->config.style == KMM_KMAP_TASK ? task : cpu];
	for (unsigned d = 0; d < s->depth; d++)
		if (s->addr[d] == page && s->cpu == cpu)
			return s->pfn[d];
	return KMM_NO_PFN;
}

void *kmm_highmem_bytes(const struct kmm_highmem *h, unsigned task, unsigned cpu, uint64_t addr)
{
	uint64_t page = addr & ~UINT64_C(4095), slot = (page - h->config.pkmap_base) / 4096;
	kmm_pfn pfn = KMM_NO_PFN;

	if (!h->config.memory || task >= h->config.tasks || cpu >= h->config.cpus)
		return NULL;
	if (is_temporary(h, addr))
		pfn = temporary_page(h, task, cpu, page);
	else if (page >= h->config.pkmap_base && slot < h->config.pkmap_slots)
		pfn = h->slot[slot].pfn; /* also after the last unmap, until the flush */
	else if (page >= h->config.direct_map &&
		 (page - h->config.direct_map) / 4096 < h->config.highmem)
		pfn = (kmm_pfn)((page - h->config.direct_map) / 4096);
	if (pfn == KMM_NO_PFN)
		return NULL;
	return (char *)h->config.memory + (size_t)pfn * 4096 + addr % 4096;
}

/* ---- the whole ---- */

static bool config_fits(const struct kmm_highmem_config *c)
{
	return c->pkmap_slots && c->pkmap_slots <= 4096 &&
	       !(c->pkmap_slots & (c->pkmap_slots - 1)) && c->cpus && c->cpus <= KMM_CPUS &&
	       c->tasks && c->tasks <= MOST_TASKS && c->stack_entries > 2 &&
	       c->stack_entries <= 64 && c->style <= KMM_KMAP_TASK;
}

static bool init_stacks(struct kmm_highmem *h)
{
	const struct kmm_highmem_config *c = &h->config;
	bool by_task = c->style == KMM_KMAP_TASK;

	/* A task's counter must stay below the number of entries; a CPU's may reach it. */
	h->stacks = by_task ? c->tasks : c->cpus;
	h->capacity = by_task ? (c->stack_entries - 1) / (c->debug_guards ? 2 : 1) :
				c->stack_entries;
	h->stack = calloc(h->stacks, sizeof(*h->stack));
	h->typed = malloc((size_t)c->cpus * KMM_KM_TYPES * sizeof(*h->typed));
	h->preempt = calloc(c->cpus, sizeof(*h->preempt));
	if (!h->stack || !h->typed || !h->preempt)
		return false;
	for (unsigned i = 0; i < c->cpus * KMM_KM_TYPES; i++)
		h->typed[i] = KMM_NO_PFN;
	for (unsigned i = 0; i < h->stacks; i++) {
		h->stack[i].pfn = calloc(h->capacity, sizeof(kmm_pfn));
		h->stack[i].addr = calloc(h->capacity, sizeof(uint64_t));
		if (!h->stack[i].pfn || !h->stack[i].addr)
			return false;
	}
	return true;
}

struct kmm_highmem *kmm_highmem_create(const struct kmm_highmem_config *c)
{
	struct kmm_highmem *h;

	if (!config_fits(c))
		return NULL;
	h = calloc(1, sizeof(*h));
	if (!h)
		return NULL;
	h->config = *c;
	if (!pkmap_init(h) || !init_stacks(h)) {
		kmm_highmem_destroy(h);
		return NULL;
	}
	return h;
}

void kmm_highmem_destroy(struct kmm_highmem *h)
{
	if (!h)
		return;
	for (unsigned i = 0; h->stack && i < h->stacks; i++) {
		free(h->stack[i].pfn);
		free(h->stack[i].addr);
	}
	free(h->stack);
	free(h->typed);
	free(h->preempt);
	free(h->slot);
	free(h->waiting);
	free(h);
}

unsigned kmm_highmem_preempt_count(const struct kmm_highmem *h, unsigned cpu)
{
	return cpu < h->config.cpus ? h->preempt[cpu] : 0;
}

void kmm_highmem_stats(const struct kmm_highmem *h, struct kmm_highmem_stats *s)
{
	*s = h->stats;
	s->mapped = s->longest_chain = 0;
	pkmap_stats(h, s);
}

int kmm_highmem_validate(const struct kmm_highmem *h, char *why, size_t n)
{
	const char *bad = pkmap_check(h);
	unsigned pinned = 0;

	for (unsigned i = 0; i < h->stacks && !bad; i++) {
		const struct kmap_stack *s = &h->stack[i];

		if (s->depth > h->capacity)
			bad = "a stack is deeper than it can be";
		pinned += s->depth > 0;
		for (unsigned d = 0; d < s->depth && !bad; d++)
			if (s->pfn[d] < h->config.highmem || !is_temporary(h, s->addr[d]))
				bad = "a temporary map is of low memory, or outside its window";
	}
	if (!bad && pinned != h->stats.pinned)
		bad = "the pinned tasks are miscounted";
	if (!bad)
		return 0;
	if (n)
		snprintf(why, n, "highmem: %s", bad);
	return -EUCLEAN;
}
