// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/pcplists.h"

#include <stdlib.h>

int pcplists_init(struct pcplists *l, struct freeset *set)
{
	size_t n = (size_t)(set->m->zone_count + 1) * (set->m->cpus + 1);

	l->set = set;
	l->cpus = set->m->cpus;
	l->ends = malloc(n * sizeof(*l->ends));
	for (size_t i = 0; l->ends && i < n; i++)
		l->ends[i] = (struct pcpends){ KMM_NO_PFN, KMM_NO_PFN };
	return l->ends ? 0 : -1;
}

void pcplists_free(struct pcplists *l)
{
	free(l->ends);
}

static struct pcpends *ends_of(const struct pcplists *l, const struct frame *f)
{
	return &l->ends[(size_t)f->zone * l->cpus + f->cpu];
}

void pcplists_add(struct pcplists *l, uint32_t pfn, unsigned order, bool tail)
{
	struct frame *f = l->set->f;
	struct pcpends *e = ends_of(l, &f[pfn]);

	f[pfn].order = (uint8_t)order;
	f[pfn].prev = tail ? e->last : KMM_NO_PFN;
	f[pfn].next = tail ? KMM_NO_PFN : e->first;
	if (f[pfn].prev == KMM_NO_PFN)
		e->first = pfn;
	else
		f[f[pfn].prev].next = pfn;
	if (f[pfn].next == KMM_NO_PFN)
		e->last = pfn;
	else
		f[f[pfn].next].prev = pfn;
}

/* The head of the block on a list that holds the frame. */
static uint32_t head_of(const struct pcplists *l, uint32_t pfn)
{
	const struct frame *f = l->set->f;

	for (unsigned order = 0; order <= l->set->max_order; order++) {
		uint32_t head = pfn & ~((1u << order) - 1);

		if (f[head].state == FRAME_PCP && f[head].order != NOT_HEAD &&
		    f[head].order >= order)
			return head;
	}
	return KMM_NO_PFN;
}

void pcplists_leave(struct pcplists *l, uint32_t pfn)
{
	uint32_t head = head_of(l, pfn);
	struct frame *f = l->set->f;
	struct pcpends *e;

	if (head == KMM_NO_PFN)
		return;
	e = ends_of(l, &f[head]);
	if (f[head].prev == KMM_NO_PFN)
		e->first = f[head].next;
	else
		f[f[head].prev].next = f[head].next;
	if (f[head].next == KMM_NO_PFN)
		e->last = f[head].prev;
	else
		f[f[head].next].prev = f[head].prev;
	f[head].order = NOT_HEAD;
}

uint32_t pcplists_next(const struct pcplists *l, unsigned zone, unsigned cpu, uint32_t at)
{
	return at == KMM_NO_PFN ? l->ends[(size_t)zone * l->cpus + cpu].first : l->set->f[at].next;
}
