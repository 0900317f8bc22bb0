// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/torn.h"

#include "replay/silent_inside.h"

/* The CPU's task goes on. */
static void settle(struct torn *t, struct early_move *x)
{
	if (x->to > x->from + 1)
		t->interrupted[t->interrupted_count++ % TORN_KEPT] = *x;
	x->to = 0;
}

void torn_note(struct silent *s, const struct request *q, uint64_t number)
{
	const struct silent_frame *f = &s->f[q->pfn];
	struct early_move *x = &s->torn.freeing[q->cpu % KMM_CPUS];

	if (q->sig.aux & FREE_NESTED)
		return;
	settle(&s->torn, x);
	if (q->sig.flags & (REQ_DIRECT | REQ_BATCHED))
		return;
	*x = (struct early_move){ .from = number, .to = number + 1, .q = *q };
	if (f->freed == IN_USE && f->next == q->slot && !f->candidate)
		x->alloc = f->prev;
}

void torn_record(struct silent *s, const struct request *q, uint64_t number)
{
	struct torn *t = &s->torn;
	struct early_move *x = &t->freeing[q->cpu % KMM_CPUS];

	if (!x->to || x->from == number)
		return;
	if (q->sig.op == REQ_PAGE_FREE && q->sig.aux & FREE_NESTED) {
		x->to = number + 1;
		return;
	}
	/* The interrupt's own. */
	if (q->sig.op == OBS_PCPU_DRAIN && x->to > x->from + 1)
		return;
	if (request_is_observation(q) ? q->sig.op != OBS_PCPU_DRAIN :
					q->sig.op == REQ_OBJ_FREE || q->sig.op == REQ_PERCPU_FREE)
		return;
	settle(t, x);
}

const struct early_move *torn_interrupted(const struct silent *s, uint32_t pfn)
{
	const struct early_move *m = NULL;

	for (uint32_t i = 0; i < TORN_KEPT && i < s->torn.interrupted_count && !m; i++) {
		m = &s->torn.interrupted[(s->torn.interrupted_count - 1 - i) % TORN_KEPT];
		if (m->q.pfn != pfn || m->from + 1 != s->f[pfn].freed)
			m = NULL;
	}
	for (uint32_t p = s->f[pfn].prev; m && p < s->m->max_pfn; p = s->f[p].prev) {
		uint64_t freed = s->f[p].freed & FREED_AT;

		if (freed <= m->from + 1 || freed > m->to)
			return NULL;
	}
	return m;
}

static void forget(struct torn *t, struct torn_left *l)
{
	if (l->put)
		t->put--;
	else if (l->missed)
		t->waiting--;
	*l = (struct torn_left){ 0 };
}

/* Has its page had no event since it was put on the list?  It is there, or believed to be missing again. */
static bool still_put(const struct silent *s, const struct torn_left *l)
{
	const struct silent_frame *f = &s->f[l->move.q.pfn];

	return l->put && f->freed == l->move.to + 1 && (f->list || f->candidate);
}

/* The page of l that was put back had been missing all along. */
static void take_back(struct silent *s, struct torn_left *l)
{
	struct silent_frame *f = &s->f[l->move.q.pfn];

	if (f->list)
		silent_remove(s, l->move.q.pfn);
	f->next = l->turn;
	f->prev = l->list;
	f->candidate = l->missed;
	f->freed = (uint32_t)l->move.from + 1;
	forget(&s->torn, l);
}

bool torn_can_move(const struct early_move *x)
{
	return x->to && !x->q.sig.own_obs && (x->q.slot == NO_SLOT || x->alloc);
}

void torn_left(struct silent *s, unsigned cpu, int32_t pid)
{
	struct torn *t = &s->torn;
	const struct early_move *x = &t->freeing[cpu % KMM_CPUS];
	struct torn_left *l;

	/* Its drains would show where it took place. */
	if (x->q.pid != pid || !torn_can_move(x))
		return;
	/* Those about which something is open stay as long as others can go. */
	for (uint32_t i = 0; i < TORN_KEPT && t->left[t->left_count % TORN_KEPT].missed; i++)
		t->left_count++;
	l = &t->left[t->left_count % TORN_KEPT];
	if (still_put(s, l))
		take_back(s, l);
	forget(t, l);
	l->move = *x;
	t->left_count++;
}

/* The i-th of those that are remembered, from the newest on. */
static struct torn_left *left(struct torn *t, uint32_t i)
{
	return &t->left[(t->left_count - 1 - i) % TORN_KEPT];
}

/* The task has done nothing since, as far as is known. */
static bool stands_still(const struct silent *s, const struct early_move *m)
{
	const struct silent_task *t = &s->task[(uint32_t)m->q.pid % SILENT_TASKS];

	return t->pid != m->q.pid || t->number <= m->from + 1;
}

void torn_missed(struct silent *s, uint32_t list, uint64_t number)
{
	struct torn *t = &s->torn;

	for (uint32_t i = 0; i < TORN_KEPT && i < t->left_count; i++) {
		struct torn_left *l = left(t, i);
		const struct early_move *m = &l->move;
		struct silent_frame *f = &s->f[m->q.pfn];
		/* What a bulk allocation was thought to have got: it got the one further back. */
		bool bulk = f->candidate > m->from + 1 &&
			    f->prev == (list | SILENT_RECOGNISED | SILENT_BULK);

		if (!m->to ||
		    (!bulk && (f->candidate != number + 1 || f->prev & SILENT_RECOGNISED)))
			continue;
		if (still_put(s, l)) {
			take_back(s, l);
		} else if (!l->missed && f->freed == m->from + 1 && stands_still(s, m)) {
			l->missed = f->candidate;
			l->list = f->prev;
			l->turn = f->next;
			t->waiting++;
		}
	}
}

void torn_due(struct silent *s, const struct request *q, uint64_t number)
{
	struct torn *t = &s->torn;

	if (q->sig.op == REQ_PAGE_FREE && q->sig.aux & FREE_NESTED)
		return;
	for (uint32_t i = 0; i < TORN_KEPT && i < t->left_count; i++) {
		struct torn_left *l = left(t, i);
		uint32_t pfn = l->move.q.pfn, cpus = s->m->cpus;
		uint32_t list = l->list & ~(SILENT_RECOGNISED | SILENT_BULK);
		uint32_t cpu = list / SILENT_LISTS % cpus;

		if (!l->missed || l->put || l->move.q.pid != q->pid)
			continue;
		if (s->f[pfn].candidate != l->missed || q->cpu >= cpus || number >= FREED_AT) {
			forget(t, l);
			continue;
		}
		list = list - cpu * SILENT_LISTS + q->cpu * SILENT_LISTS;
		silent_insert(s, list, pfn, (uint32_t)s->m->max_pfn + list);
		s->f[pfn].freed = (uint32_t)number + 1;
		silent_expose(s, list, number);
		l->move.to = number;
		l->move.q.cpu = q->cpu;
		l->put = true;
		t->waiting--;
		t->put++;
	}
}

struct torn_left *torn_put(struct silent *s, uint32_t turn)
{
	for (uint32_t i = 0; s->torn.put && i < TORN_KEPT && i < s->torn.left_count; i++)
		if (still_put(s, &s->torn.left[i]) && s->torn.left[i].turn == turn)
			return &s->torn.left[i];
	return NULL;
}

void torn_not_put(struct silent *s, uint32_t turn)
{
	struct torn_left *l = torn_put(s, turn);

	if (l)
		take_back(s, l);
}

void torn_seen(struct silent *s, uint32_t pfn, bool free)
{
	struct torn *t = &s->torn;

	for (uint32_t i = 0; t->put && i < TORN_KEPT && i < t->left_count; i++) {
		struct torn_left *l = left(t, i);

		if (!l->put || l->move.q.pfn != pfn)
			continue;
		if (!still_put(s, l)) {
			forget(t, l);
		} else if (free || !s->f[pfn].list) {
			take_back(s, l);
		} else {
			early_note_move(s->early, &l->move);
			if (l->list & SILENT_BULK)
				silent_mistake(s, l->list, l->missed - 1);
			forget(t, l);
		}
	}
}

void torn_end(struct silent *s)
{
	for (uint32_t i = 0; i < TORN_KEPT && i < s->torn.left_count; i++)
		torn_seen(s, s->torn.left[i].move.q.pfn, true);
}
