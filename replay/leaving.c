// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/leaving.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int leaving_init(struct leaving *l)
{
	memset(l, 0, sizeof(*l));
	return map_init(&l->open, 64);
}

void leaving_free(struct leaving *l)
{
	map_free(&l->open);
	free(l->pages);
	memset(l, 0, sizeof(*l));
}

/* A time is over: drains of one CPU alone stand in their order. */
static void end_of_time(struct leaving *l)
{
	bool several = false;

	for (uint64_t i = l->from + 1; i < l->count; i++)
		several |= l->pages[i].cpu != l->pages[l->from].cpu;
	if (l->count >= MAP_NONE)
		several = false;
	for (uint64_t i = l->from; several && i < l->count; i++)
		if (map_put(&l->open, l->pages[i].pfn, (uint32_t)i))
			l->no_memory = true;
	if (!several)
		l->count = l->from;
	l->from = l->count;
}

static void drained(struct leaving *l, const struct request *q, uint64_t number)
{
	if (l->count == l->room) {
		uint64_t room = l->room ? l->room * 2 : 256;
		struct leaving_page *more = realloc(l->pages, room * sizeof(*more));

		if (!more) {
			l->no_memory = true;
			return;
		}
		l->pages = more;
		l->room = room;
	}
	l->time = q->time;
	l->pages[l->count++] = (struct leaving_page){
		.number = number, .pfn = q->pfn, .cpu = q->cpu, .order = q->sig.order
	};
	map_del(&l->open, q->pfn);
}

static void taken(struct leaving *l, const struct request *q, uint64_t number)
{
	for (uint32_t p = q->pfn; l->open.used && p < q->pfn + (1u << q->sig.order); p++) {
		uint32_t at = map_del(&l->open, p);

		if (at == MAP_NONE || p != q->pfn || l->pages[at].order != q->sig.order)
			continue;
		l->pages[at].taken = number;
		l->pages[at].taken_time = q->time;
		l->pages[at].taken_cpu = q->cpu;
	}
}

void leaving_record(struct leaving *l, const struct request *q, uint64_t number)
{
	if (l->from < l->count && q->time != l->time)
		end_of_time(l);
	if (q->pfn == KMM_NO_PFN || q->sig.order >= KMM_ORDERS)
		return;
	if (q->sig.op == OBS_PCPU_DRAIN)
		drained(l, q, number);
	else if (q->sig.op == OBS_ZONE_LOCKED && l->open.used)
		taken(l, q, number);
}

int leaving_compare(const struct leaving *l, uint64_t a, uint64_t b)
{
	const struct leaving_page *x = &l->pages[a], *y = &l->pages[b];

	if (!x->taken || !y->taken)
		return 0;
	if (x->taken_time != y->taken_time)
		return x->taken_time < y->taken_time ? -1 : 1;
	if (x->taken_cpu != y->taken_cpu)
		return 0;
	return x->taken < y->taken ? -1 : x->taken > y->taken;
}
