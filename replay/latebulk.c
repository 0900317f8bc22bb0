// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/latebulk.h"

#include "replay/silent_inside.h"

/* The i-th of those that are remembered. */
static struct latebulk_page *at(struct latebulk *b, uint32_t i)
{
	return &b->page[i % LATEBULK_KEPT];
}

static uint32_t oldest(const struct latebulk *b)
{
	return b->count < LATEBULK_KEPT ? 0 : b->count - LATEBULK_KEPT;
}

void latebulk_note(struct latebulk *b, const struct request *q, uint64_t number, uint32_t list,
		   uint32_t pfn)
{
	struct latebulk_page *p = at(b, b->count);

	if (b->count >= LATEBULK_KEPT && p->waits)
		b->waiting--;
	*p = (struct latebulk_page){ *q, number, list, pfn, false };
	b->count++;
}

/* Is this frame still believed to be its? */
static bool has(const struct silent *s, const struct latebulk_page *p)
{
	return !p->waits && s->f[p->pfn].candidate == p->number + 1 &&
	       s->f[p->pfn].prev == (p->list | SILENT_RECOGNISED | SILENT_BULK);
}

/* So many pages from i on are of one allocation, whose task did nothing since; 0: it is none such. */
static uint32_t preempted(struct silent *s, uint32_t i)
{
	struct latebulk *b = &s->bulk;
	const struct latebulk_page *first = at(b, i);
	const struct silent_task *t = &s->task[(uint32_t)first->q.pid % SILENT_TASKS];
	uint32_t n = 0;

	while (i + n < b->count && at(b, i + n)->q.seq == first->q.seq && has(s, at(b, i + n)) &&
	       at(b, i + n)->list == first->list)
		n++;
	return t->pid == first->q.pid && n && t->number == at(b, i + n - 1)->number + 1 ? n : 0;
}

/*
 * Without the n pages from i on, what later allocations took stood that much further up the list, but for what was
 * given back meanwhile.  frame[n]: first those, then what is on the list after all.
 */
static bool move_up(struct silent *s, uint32_t i, uint32_t n, uint32_t pfn, bool really)
{
	struct latebulk *b = &s->bulk;
	uint32_t frame[LATEBULK_KEPT], head = 0, list = at(b, i)->list;
	uint64_t number = at(b, i)->number;

	for (uint32_t k = 0; k < n; k++)
		frame[k] = at(b, i + k)->pfn;
	for (uint32_t k = i + n; k < b->count; k++) {
		struct latebulk_page *p = at(b, k);
		uint32_t had = p->pfn;

		if (p->list != list || p->waits)
			continue;
		if (!has(s, p))
			return false;
		if ((s->f[had].freed & FREED_AT) > number)
			continue;
		if (really) {
			p->pfn = frame[head];
			silent_recognise(s, p->pfn, list | SILENT_BULK, p->number);
		}
		frame[head] = had;
		head = (head + 1) % n;
	}
	if (frame[head] != pfn)
		return false;
	if (really) {
		uint32_t above = (uint32_t)s->m->max_pfn + list;

		while ((s->f[s->f[above].next].freed & FREED_AT) > number)
			above = s->f[above].next;
		for (uint32_t k = 0; k < n; k++) {
			silent_insert(s, list, frame[(head + k) % n], above);
			above = frame[(head + k) % n];
		}
	}
	return true;
}

void latebulk_undo(struct silent *s, uint32_t pfn)
{
	struct latebulk *b = &s->bulk;

	for (uint32_t i = oldest(b), n; i < b->count; i += n ? n : 1) {
		n = at(b, i)->waits ? 0 : preempted(s, i);
		if (!n || !move_up(s, i, n, pfn, false))
			continue;
		move_up(s, i, n, pfn, true);
		for (uint32_t k = 0; k < n; k++)
			at(b, i + k)->waits = true;
		b->waiting += n;
		return;
	}
}

struct latebulk_page *latebulk_due(struct latebulk *b, const struct request *q)
{
	for (uint32_t i = oldest(b); b->waiting && i < b->count; i++) {
		struct latebulk_page *p = at(b, i);

		if (!p->waits || p->q.pid != q->pid)
			continue;
		p->waits = false;
		b->waiting--;
		return p;
	}
	return NULL;
}
