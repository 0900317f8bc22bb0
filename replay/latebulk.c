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
	*p = (struct latebulk_page){ .q = *q, .number = number, .list = list, .pfn = pfn };
	b->count++;
}

/* Is this frame still believed to be its, or, where the list had none left, what is missing next? */
static bool has(const struct silent *s, const struct latebulk_page *p)
{
	if (p->pfn == KMM_NO_PFN)
		return !p->waits && s->recognised[p->q.cpu];
	return !p->waits && s->f[p->pfn].candidate == p->number + 1 &&
	       s->f[p->pfn].prev == (p->list | SILENT_RECOGNISED | SILENT_BULK);
}

void latebulk_forget(struct silent *s, uint64_t seq)
{
	struct latebulk *b = &s->bulk;

	for (; b->count; b->count--) {
		struct latebulk_page *p = at(b, b->count - 1);

		if (p->q.seq != seq || !has(s, p))
			break;
		if (p->pfn == KMM_NO_PFN)
			continue; /* silent.h knows how many those are */
		silent_insert(s, p->list, p->pfn, (uint32_t)s->m->max_pfn + p->list);
	}
}

/* So many pages from i on are of one allocation, which is believed to have had them all. */
static uint32_t pages_of(struct silent *s, uint32_t i)
{
	struct latebulk *b = &s->bulk;
	const struct latebulk_page *first = at(b, i);
	uint32_t n = 0;

	while (i + n < b->count && at(b, i + n)->q.seq == first->q.seq && has(s, at(b, i + n)) &&
	       at(b, i + n)->list == first->list)
		n++;
	return n;
}

/* Did its task do nothing since? */
static bool preempted(const struct silent *s, const struct latebulk_page *last)
{
	const struct silent_task *t = &s->task[(uint32_t)last->q.pid % SILENT_TASKS];

	return t->pid == last->q.pid && t->number == last->number + 1;
}

/* The list that served its task when it ran again. */
static uint32_t list_again(const struct silent *s, const struct latebulk_page *p)
{
	uint32_t lists = s->m->cpus * SILENT_LISTS;

	return p->list / lists * lists + p->cpu * SILENT_LISTS + p->list % SILENT_LISTS;
}

/* The record before which the page found missing in this turn had left that list, + 1; 0: it had not. */
static uint32_t missing_since(struct silent *s, uint32_t turn, uint32_t list)
{
	const struct silent_frame *f = &s->f[s->missing[turn % SILENT_MISSING]];
	const struct torn_left *put;

	if (f->candidate && f->next == turn && f->prev == list)
		return f->candidate;
	put = torn_put(s, turn);
	return put && put->list == list ? put->missed : 0;
}

/*
 * The turn of the first of the n pages that were the first found missing from that list after its task
 * went on, all at one time; s->turn: there are none.
 */
static uint32_t missed(struct silent *s, const struct latebulk_page *p, uint32_t n)
{
	uint32_t list = list_again(s, p), k = 0;
	uint32_t turn = s->turn > SILENT_MISSING ? s->turn - SILENT_MISSING : 0;

	for (; turn < s->turn; turn++) {
		uint32_t since = missing_since(s, turn, list);

		if (!since || since < p->again)
			continue;
		while (k < n && turn + k < s->turn && missing_since(s, turn + k, list) == since)
			k++;
		return k == n ? turn : s->turn;
	}
	return turn;
}

/*
 * Without the n pages from i on, of which the first `known` are known, what later allocations took stood that much
 * further up the list, but for what was given back meanwhile.  frame[known]: first those, then what is on the list
 * after all.
 */
static bool move_up(struct silent *s, uint32_t i, uint32_t n, uint32_t known, uint32_t pfn,
		    bool really)
{
	struct latebulk *b = &s->bulk;
	uint32_t frame[LATEBULK_KEPT], head = 0, list = at(b, i)->list;
	uint64_t number = at(b, i)->number;

	for (uint32_t k = 0; k < known; k++)
		frame[k] = at(b, i + k)->pfn;
	for (uint32_t k = i + n; k < b->count; k++) {
		struct latebulk_page *p = at(b, k);
		uint32_t had = p->pfn;

		if (p->list != list || p->waits)
			continue;
		if (p->pfn == KMM_NO_PFN || !has(s, p))
			return false;
		if ((s->f[had].freed & FREED_AT) > number)
			continue;
		if (really) {
			p->pfn = frame[head];
			silent_recognise(s, p->pfn, list | SILENT_BULK, p->number);
		}
		frame[head] = had;
		head = (head + 1) % known;
	}
	if (frame[head] != pfn)
		return false;
	if (really) {
		uint32_t above = (uint32_t)s->m->max_pfn + list;

		while ((s->f[s->f[above].next].freed & FREED_AT) > number)
			above = s->f[above].next;
		for (uint32_t k = 0; k < known; k++) {
			silent_insert(s, list, frame[(head + k) % known], above);
			above = frame[(head + k) % known];
		}
	}
	return true;
}

/* Its task has gone on since: the n pages that were found missing then are what it got. */
static void found(struct silent *s, uint32_t i, uint32_t n, uint32_t turn)
{
	for (uint32_t k = 0; k < n; k++) {
		struct latebulk_page *p = at(&s->bulk, i + k);

		torn_not_put(s, turn + k);
		silent_recognise(s, s->missing[(turn + k) % SILENT_MISSING],
				 list_again(s, p) | SILENT_BULK, p->again - 1);
		early_note(s->early, &p->q, p->number, p->again - 1, k, p->cpu);
	}
}

void latebulk_undo(struct silent *s, uint32_t pfn)
{
	struct latebulk *b = &s->bulk;

	for (uint32_t i = oldest(b), n; i < b->count; i += n ? n : 1) {
		uint32_t turn = s->turn, known = 0;
		bool waits;

		n = at(b, i)->waits ? 0 : pages_of(s, i);
		while (known < n && at(b, i + known)->pfn != KMM_NO_PFN)
			known++;
		waits = n && preempted(s, at(b, i + n - 1));
		if (!known || (!waits && !at(b, i)->again) || !move_up(s, i, n, known, pfn, false))
			continue;
		if (!waits && (turn = missed(s, at(b, i), n)) == s->turn)
			continue;
		move_up(s, i, n, known, pfn, true);
		s->recognised[at(b, i)->q.cpu] -= n - known;
		if (!waits) {
			found(s, i, n, turn);
			return;
		}
		for (uint32_t k = 0; k < n; k++)
			at(b, i + k)->waits = true;
		b->waiting += n;
		return;
	}
}

void latebulk_again(struct latebulk *b, const struct request *q, uint64_t number)
{
	for (uint32_t i = b->count; i > oldest(b); i--) {
		struct latebulk_page *p = at(b, i - 1);

		if (p->q.pid != q->pid)
			continue;
		if (p->again || p->waits)
			break;
		p->again = number + 1;
		p->cpu = q->cpu;
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
