// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/silent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX (UINT32_MAX - 1)

int silent_init(struct silent *s, const struct machine *m, struct err *e)
{
	memset(s, 0, sizeof(*s));
	s->m = m;
	s->lists = m->zone_count * m->cpus * SILENT_LISTS;
	s->f = calloc(m->max_pfn + s->lists + 1, sizeof(*s->f));
	s->recognised = calloc(m->cpus + 1, sizeof(*s->recognised));
	if (!s->f || !s->recognised) {
		silent_free(s);
		return err_set(e, ENOMEM, "out of memory for %llu page frames",
			       (unsigned long long)m->max_pfn);
	}
	for (uint32_t i = 0; i < s->lists; i++) {
		uint32_t head = (uint32_t)m->max_pfn + i;

		s->f[head].next = s->f[head].prev = head;
	}
	return 0;
}

void silent_free(struct silent *s)
{
	free(s->f);
	free(s->recognised);
	free(s->takes);
	memset(s, 0, sizeof(*s));
}

/* ---- the lists ---- */

static uint32_t list_of(const struct silent *s, const struct request *q)
{
	int zone = machine_zone_of(s->m, q->pfn);

	if (zone < 0 || q->cpu >= s->m->cpus || q->sig.order > 3 || q->sig.type >= KMM_PCPTYPES)
		return UINT32_MAX;
	return ((uint32_t)zone * s->m->cpus + q->cpu) * SILENT_LISTS + q->sig.order * KMM_PCPTYPES +
	       q->sig.type;
}

static void remove_block(struct silent *s, uint32_t pfn)
{
	struct silent_frame *f = &s->f[pfn];

	s->f[f->prev].next = f->next;
	s->f[f->next].prev = f->prev;
	f->list = 0;
}

static void append(struct silent *s, uint32_t list, uint32_t pfn)
{
	uint32_t head = (uint32_t)s->m->max_pfn + list;
	struct silent_frame *f = &s->f[pfn];

	if (f->list)
		remove_block(s, pfn);
	f->prev = s->f[head].prev;
	f->next = head;
	s->f[f->prev].next = pfn;
	s->f[head].prev = pfn;
	f->list = list + 1;
	f->candidate = 0;
}

/* ---- what was taken ---- */

static void believe(struct silent *s, uint32_t list, uint64_t number)
{
	if (s->count == s->room) {
		uint64_t room = s->room ? s->room * 2 : 256;
		struct silent_take *more = realloc(s->takes, room * sizeof(*more));

		if (!more) {
			s->no_memory = true;
			return;
		}
		s->takes = more;
		s->room = room;
	}
	s->takes[s->count++] = (struct silent_take){
		.number = number,
		.cpu = (uint16_t)(list / SILENT_LISTS % s->m->cpus),
		.order = (uint8_t)(list % SILENT_LISTS / KMM_PCPTYPES),
		.type = (uint8_t)(list % KMM_PCPTYPES),
	};
}

/* Everything on the list before `until` (its head: all) must have gone before this record. */
static void suspect(struct silent *s, uint32_t list, uint32_t until, uint64_t number)
{
	uint32_t head = (uint32_t)s->m->max_pfn + list, at = s->f[head].next;
	uint32_t *known = &s->recognised[list / SILENT_LISTS % s->m->cpus];
	bool order0 = list % SILENT_LISTS == KMM_UNMOVABLE;

	while (at != until && at != head) {
		uint32_t next = s->f[at].next;

		remove_block(s, at);
		if (order0 && *known)
			(*known)--;
		else if (number < NUMBER_MAX)
			s->f[at].candidate = (uint32_t)number + 1;
		/* Its list, for when it is believed. */
		s->f[at].prev = list;
		at = next;
	}
}

/* ---- events ---- */

/* A page left by the front door, or was drained: if it was suspected, the order of the log misled. */
static void gone(struct silent *s, uint32_t pfn, bool in_use, uint64_t number)
{
	struct silent_frame *f = &s->f[pfn];

	if (f->list && in_use) {
		/* Freed, and nothing of its list was seen meanwhile. */
		uint32_t list = f->list - 1u;

		suspect(s, list, f->next, number);
	}
	if (f->list)
		remove_block(s, pfn);
	if (f->candidate && in_use)
		believe(s, f->prev, f->candidate - 1);
	f->candidate = 0;
}

static void follow_alloc(struct silent *s, const struct request *q, uint64_t number)
{
	struct silent_open *o = q->cpu < KMM_CPUS ? &s->open[q->cpu] : NULL;
	uint32_t list = list_of(s, q);

	if (list == UINT32_MAX || !o)
		return;
	if (q->sig.own_obs) {
		*o = (struct silent_open){ .slot = q->slot, .pfn = q->pfn };
		if (q->sig.flags & REQ_DIRECT)
			return;
		suspect(s, list, UINT32_MAX, number);
		if (q->sig.order == 0 && q->sig.type == KMM_UNMOVABLE)
			s->recognised[q->cpu] = 0;
		return;
	}
	if (s->f[q->pfn].list == list + 1)
		suspect(s, list, q->pfn, number);
	gone(s, q->pfn, false, number);
}

static void follow_refill(struct silent *s, const struct request *q, uint64_t number)
{
	struct silent_open *o = q->cpu < KMM_CPUS ? &s->open[q->cpu] : NULL;
	uint32_t list = list_of(s, q);

	if (list == UINT32_MAX || !o)
		return;
	if (q->slot != o->slot) {
		/* A refill for which no allocation is known: one took place silently. */
		*o = (struct silent_open){ .slot = q->slot, .pfn = q->pfn };
		suspect(s, list, UINT32_MAX, number);
		believe(s, list, number);
	} else if (o->bulk) {
		suspect(s, list, UINT32_MAX, number);
		o->bulk = false;
	}
	if (q->pfn != o->pfn)
		append(s, list, q->pfn);
	else if (s->f[q->pfn].list)
		remove_block(s, q->pfn);
}

static void follow_bulk(struct silent *s, const struct request *q)
{
	if (q->cpu >= s->m->cpus || q->cpu >= KMM_CPUS)
		return;
	s->recognised[q->cpu]++;
	if (q->sig.own_obs)
		s->open[q->cpu] = (struct silent_open){ .slot = q->slot,
							.pfn = KMM_NO_PFN,
							.bulk = true };
}

void silent_record(struct silent *s, const struct request *q, uint64_t number)
{
	if (q->sig.op == REQ_PAGE_BULK)
		follow_bulk(s, q);
	if (q->pfn >= s->m->max_pfn || q->sig.op == OBS_MARK)
		return;
	switch (q->sig.op) {
	case REQ_PAGE_ALLOC:
		if (!(q->sig.flags & REQ_FAILED))
			follow_alloc(s, q, number);
		break;
	case OBS_ZONE_LOCKED:
		follow_refill(s, q, number);
		break;
	case REQ_PAGE_FREE:
		for (uint32_t p = q->pfn; p < q->pfn + (1u << q->sig.order) && p < s->m->max_pfn;
		     p++)
			gone(s, p, true, number);
		break;
	case OBS_PCPU_DRAIN:
		gone(s, q->pfn, false, number);
		break;
	default:
		break;
	}
}

static int by_number(const void *pa, const void *pb)
{
	const struct silent_take *a = pa, *b = pb;

	return a->number < b->number ? -1 : a->number > b->number;
}

/* What the snapshot has on a list of any kind was not taken. */
static void acquit(struct silent *s, const struct machine_state *after)
{
	for (uint32_t i = 0; i < after->list_count; i++) {
		const struct machine_list *l = &after->lists[i];

		for (uint32_t n = 0; n < l->count; n++)
			for (uint32_t k = 0; k < 1u << l->order; k++)
				if (after->list_pfns[l->first + n] + k < s->m->max_pfn)
					s->f[after->list_pfns[l->first + n] + k].candidate = 0;
	}
}

int silent_end(struct silent *s, const struct machine_state *after, struct err *e)
{
	if (after && after->have_lists) {
		acquit(s, after);
		for (uint32_t p = 0; p < s->m->max_pfn; p++)
			if (s->f[p].candidate)
				believe(s, s->f[p].prev, s->f[p].candidate - 1);
	}
	if (s->no_memory)
		return err_set(e, ENOMEM, "out of memory for the pages taken silently");
	if (s->count)
		qsort(s->takes, s->count, sizeof(*s->takes), by_number);
	return 0;
}
