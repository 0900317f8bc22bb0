// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/doubt.h"

#include "replay/silent_inside.h"

struct silent_doubt *doubt_raise(struct silent *s, const struct request *q, uint64_t number)
{
	const struct silent_task *t = &s->task[(uint32_t)q->pid % SILENT_TASKS];
	uint32_t above = s->f[q->pfn].prev;
	struct silent_doubt *d = &s->doubt[s->doubts % SILENT_DOUBTS];
	const struct early_move *torn;
	uint64_t to;

	if (above >= s->m->max_pfn || !s->f[above].freed)
		return NULL;
	to = (s->f[above].freed & FREED_AT) - 1;
	torn = torn_interrupted(s, q->pfn);
	if (torn)
		*d = (struct silent_doubt){ .number = number, .move = *torn };
	else if (t->pid != q->pid || t->number <= to)
		*d = (struct silent_doubt){
			.number = number,
			.move = { .from = number, .to = silent_taken_at(s, q, q->cpu, to), .q = *q }
		};
	else
		return NULL;
	d->turn = s->turn;
	s->doubts++;
	return d;
}

struct silent_doubt *doubt_of(struct silent *s, uint64_t number)
{
	for (uint32_t i = 0; i < SILENT_DOUBTS && i < s->doubts; i++) {
		struct silent_doubt *d = &s->doubt[(s->doubts - 1 - i) % SILENT_DOUBTS];

		if (d->number == number)
			return d;
	}
	return NULL;
}

/* What stood before it is still there, behind what was freed since. */
static void put_back(struct silent *s, const struct silent_doubt *d, uint32_t list)
{
	uint32_t head = (uint32_t)s->m->max_pfn + list, before = head;

	for (uint32_t p = s->f[head].next; p != head; p = s->f[p].next) {
		uint64_t freed = s->f[p].freed & FREED_AT;

		if (freed <= d->number + 1)
			break;
		before = p;
	}
	for (uint32_t turn = d->turn; turn - d->turn < d->turns; turn++) {
		uint32_t pfn = s->missing[turn % SILENT_MISSING];

		if (s->turn - turn > SILENT_MISSING || s->f[pfn].next != turn ||
		    s->f[pfn].prev != list || s->f[pfn].candidate != d->number + 1)
			continue;
		silent_insert(s, list, pfn, before);
		before = pfn;
	}
}

void doubt_decide(struct silent *s, struct silent_doubt *d, uint32_t list)
{
	early_note(s->early, &d->move.q, d->move.from, d->move.to, 0, d->move.q.cpu);
	d->decided = true;
	put_back(s, d, list);
}
