// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/tlb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NONE         \
	{            \
		0, 0 \
	}

static const struct tlb_model models[] = {
	{ "core2", "Intel Core 2", { { 256, 4 }, { 32, 4 }, NONE }, { NONE, NONE, NONE } },
	{ "haswell",
	  "Intel Haswell",
	  { { 64, 4 }, { 32, 4 }, { 4, 0 } },
	  { { 1024, 8 }, { 1024, 8 }, NONE } },
	{ "skylake",
	  "Intel Skylake, Cascade Lake",
	  { { 64, 4 }, { 32, 4 }, { 4, 0 } },
	  { { 1536, 12 }, { 1536, 12 }, { 16, 4 } } },
	{ "icelake",
	  "Intel Ice Lake",
	  { { 64, 4 }, { 32, 4 }, { 8, 0 } },
	  { { 2048, 16 }, { 1024, 8 }, { 1024, 8 } } },
	{ "goldencove",
	  "Intel Golden Cove",
	  { { 96, 6 }, { 32, 4 }, { 8, 0 } },
	  { { 2048, 16 }, { 1024, 8 }, { 1024, 8 } } },
	{ "k10",
	  "AMD K10",
	  { { 48, 0 }, { 48, 0 }, { 48, 0 } },
	  { { 512, 4 }, { 128, 2 }, { 16, 0 } } },
	{ "zen2",
	  "AMD Zen 2",
	  { { 64, 0 }, { 64, 0 }, { 64, 0 } },
	  { { 2048, 16 }, { 2048, 16 }, NONE } },
	{ "zen3",
	  "AMD Zen 3",
	  { { 64, 0 }, { 64, 0 }, { 64, 0 } },
	  { { 2048, 16 }, { 2048, 16 }, NONE } },
	{ "zen4",
	  "AMD Zen 4",
	  { { 72, 0 }, { 72, 0 }, { 72, 0 } },
	  { { 3072, 24 }, { 3072, 24 }, NONE } },
	{ "cortex-a72",
	  "Arm Cortex-A72",
	  { { 32, 0 }, { 32, 0 }, NONE },
	  { { 1024, 4 }, { 1024, 4 }, NONE } },
	{ "neoverse-n1",
	  "Arm Neoverse N1",
	  { { 48, 0 }, { 48, 0 }, { 48, 0 } },
	  { { 1280, 5 }, { 1280, 5 }, { 1280, 5 } } },
};

const struct tlb_model *tlb_model(unsigned n)
{
	return n < sizeof(models) / sizeof(*models) ? &models[n] : NULL;
}

const struct tlb_model *tlb_find(const char *name)
{
	for (unsigned i = 0; i < sizeof(models) / sizeof(*models); i++)
		if (!strcmp(models[i].name, name))
			return &models[i];
	return NULL;
}

unsigned tlb_shift(enum tlb_size size)
{
	return size == TLB_4K ? 12 : size == TLB_2M ? 21 : 30;
}

uint64_t tlb_reach(const struct tlb_model *m, enum tlb_size size)
{
	unsigned entries = m->l1[size].entries > m->l2[size].entries ? m->l1[size].entries :
								       m->l2[size].entries;

	return (uint64_t)entries << tlb_shift(size);
}

int tlb_init(struct tlb *t, const struct tlb_model *m, enum tlb_size size, unsigned cpus)
{
	*t = (struct tlb){ .model = m, .size = size, .cpus = cpus };
	if (!m->l1[size].entries)
		return -ENOENT;
	t->cpu = calloc(cpus, sizeof(*t->cpu));
	for (unsigned i = 0; t->cpu && i < cpus; i++) {
		t->cpu[i].l1 = calloc(m->l1[size].entries, sizeof(uint64_t));
		t->cpu[i].l2 = calloc(m->l2[size].entries + 1u, sizeof(uint64_t));
		if (!t->cpu[i].l1 || !t->cpu[i].l2) {
			tlb_free(t);
			return -ENOMEM;
		}
	}
	return t->cpu ? 0 : -ENOMEM;
}

void tlb_free(struct tlb *t)
{
	for (unsigned i = 0; t->cpu && i < t->cpus; i++) {
		free(t->cpu[i].l1);
		free(t->cpu[i].l2);
	}
	free(t->cpu);
	t->cpu = NULL;
}

/* Is the page there?  In any case it is afterwards, as the most recent of its set. */
static bool touch(uint64_t *entries, struct tlb_geometry g, uint64_t page)
{
	unsigned ways = g.ways ? g.ways : g.entries, at;
	uint64_t *set = entries + page % (g.entries / ways) * ways, tag = page + 1;

	for (at = 0; at < ways - 1 && set[at] != tag; at++)
		;
	bool hit = set[at] == tag;

	memmove(set + 1, set, at * sizeof(*set));
	set[0] = tag;
	return hit;
}

void tlb_access(struct tlb *t, unsigned cpu, uint64_t address)
{
	uint64_t page = address >> tlb_shift(t->size);
	struct tlb_cpu *c = &t->cpu[cpu % t->cpus];

	t->accesses++;
	if (touch(c->l1, t->model->l1[t->size], page))
		return;
	t->l1_misses++;
	if (!t->model->l2[t->size].entries || !touch(c->l2, t->model->l2[t->size], page))
		t->walks++;
}
