// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/sweep.h"

#include "replay/silent_inside.h"

/* Another CPU has the lock of this one's lists in this zone: a free does not wait for it. */
bool sweep_locks(const struct silent *s, unsigned cpu, uint32_t pfn)
{
	uint32_t lists = (s->emptied.list - 1) /
			 SILENT_LISTS; /* all types and orders have one lock */

	return s->emptied.list && lists % s->m->cpus == cpu &&
	       (int)(lists / s->m->cpus) == machine_zone_of(s->m, pfn);
}

/* The page of the free that was logged last on the list's CPU was not found: it may come before this record. */
static void note_unfound(struct silent *s, uint64_t number)
{
	struct early_move *x = &s->emptied.freeing;

	if (!x->to || s->f[x->q.pfn].list != s->emptied.list)
		return;
	x->to = number;
	s->unfound[s->unfound_count++ % SILENT_UNFOUND] = *x;
}

/* A drain of all lists is over before this record, or goes on with another list: what it left had been taken before. */
static void end_emptied(struct silent *s, uint64_t number)
{
	if (s->emptied.list && !s->emptied.changed) {
		note_unfound(s, number);
		silent_suspect(s, s->emptied.list - 1, UINT32_MAX, s->emptied.number);
	}
	s->emptied.list = 0;
}

void sweep_found(struct silent *s, uint32_t pfn)
{
	for (uint32_t i = 0; i < SILENT_UNFOUND && i < s->unfound_count; i++) {
		struct early_move *x = &s->unfound[i];

		if (!x->to || x->q.pfn != pfn)
			continue;
		if (x->from + 1 == (s->f[pfn].freed & FREED_AT))
			early_note_move(s->early, x);
		x->to = 0;
	}
}

/* The page stands alone on a list that a drain of all lists should have emptied. */
static void sweep(struct silent *s, uint32_t list)
{
	uint32_t head = (uint32_t)s->m->max_pfn + list, at = s->f[head].next;
	unsigned cpu = list / SILENT_LISTS % s->m->cpus;

	if (cpu != s->sweep.by && cpu < KMM_CPUS && !s->sweep.active[cpu] && at != head &&
	    s->f[at].next == head)
		silent_suspect_block(s, list, at, s->sweep.number);
}

/*
 * A drain of all lists is over.  A page that stands alone on a list of a CPU that did nothing meanwhile is not there: nobody
 * but a task that has not logged it yet has one alone.
 */
static void end_sweep(struct silent *s)
{
	for (uint32_t list = 0; list < s->lists; list++)
		sweep(s, list);
	s->sweep.on = false;
}

/*
 * Before each record: is a drain of all lists under way, and which CPUs do something with pages meanwhile?  Where its CPU is
 * idle behind it, its end is not known; the next allocation elsewhere may be of such a page.
 */
static void follow_all(struct silent *s, const struct request *q, uint64_t number)
{
	bool drains = q->sig.op == OBS_PCPU_DRAIN && q->sig.aux == DRAIN_ALL;
	uint32_t list = q->pfn < s->m->max_pfn ? s->f[q->pfn].list : 0;

	if (s->sweep.on && q->cpu == s->sweep.by && !(drains && q->sig.aux2)) {
		end_sweep(s);
	} else if (s->sweep.on && q->cpu < KMM_CPUS && q->pfn < s->m->max_pfn &&
		   q->sig.op != OBS_MARK) {
		const struct silent_task *t = &s->task[(uint32_t)q->pid % SILENT_TASKS];

		if (q->sig.op == REQ_PAGE_ALLOC && list && list - 1 == silent_list_of(s, q) &&
		    (t->pid != q->pid || t->number <= s->sweep.number))
			sweep(s, list - 1);
		s->sweep.active[q->cpu] = true;
	}
	if (drains && !q->sig.aux2)
		s->sweep = (struct silent_sweep){ .on = true, .by = q->cpu, .number = number };
}

/* Before each record. */
static void follow_emptied(struct silent *s, const struct request *q, uint64_t number)
{
	uint32_t cpu = (s->emptied.list - 1) / SILENT_LISTS % s->m->cpus;

	if (q->cpu == s->emptied.by && !(q->sig.op == OBS_PCPU_DRAIN && q->sig.aux2))
		end_emptied(s, number);
	else if (q->cpu == cpu && q->pfn < s->m->max_pfn)
		s->emptied.changed = true;
}

void sweep_drain(struct silent *s, const struct request *q, uint64_t number)
{
	uint32_t list = s->f[q->pfn].list, cpu = (list - 1) / SILENT_LISTS % s->m->cpus;
	const struct early_move *x = &s->torn.freeing[cpu % KMM_CPUS];
	uint64_t here = number;

	if (!list || q->sig.aux != DRAIN_ALL || list == s->emptied.list || cpu == q->cpu)
		return;
	/* What a drain of these lists leaves was gone when it came to the first of them, as far as is known. */
	if (s->emptied.list && !s->emptied.changed &&
	    (s->emptied.list - 1) / SILENT_LISTS == (list - 1) / SILENT_LISTS)
		number = s->emptied.number;
	end_emptied(s, here);
	s->emptied = (struct silent_emptied){ list, q->cpu, false, number };
	/* Logged, and perhaps not there yet. */
	if (x->to && x->from + 1 == s->f[x->q.pfn].freed && sweep_locks(s, cpu, x->q.pfn)) {
		s->f[x->q.pfn].freed |= MAY_HAVE_PASSED;
		if (torn_can_move(x))
			s->emptied.freeing = *x;
	}
}

void sweep_record(struct silent *s, const struct request *q, uint64_t number)
{
	if (s->emptied.list)
		follow_emptied(s, q, number);
	follow_all(s, q, number);
}
