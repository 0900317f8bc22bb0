// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/silent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/pageblocks.h"
#include "replay/doubt.h"
#include "replay/recorded.h"
#include "replay/silent_inside.h"
#include "replay/sweep.h"
#include "replay/torn.h"
#include "trace/event.h"

#define COSTLY_ORDER 3		/* PAGE_ALLOC_COSTLY_ORDER */
#define HUGE (COSTLY_ORDER + 1) /* stands for the order of a huge page */

int silent_init(struct silent *s, struct early *early, const struct machine *m, struct err *e)
{
	memset(s, 0, sizeof(*s));
	s->early = early;
	s->m = m;
	s->lists = m->zone_count * m->cpus * SILENT_LISTS;
	s->f = calloc(m->max_pfn + s->lists + 1, sizeof(*s->f));
	s->recognised = calloc(m->cpus + 1, sizeof(*s->recognised));
	s->recognised_at = calloc(m->cpus + 1, sizeof(*s->recognised_at));
	s->last = calloc(m->cpus + 1, sizeof(*s->last));
	s->type = malloc((m->max_pfn >> m->pageblock_order) + 1);
	if (!s->f || !s->recognised || !s->recognised_at || !s->last || !s->type) {
		silent_free(s);
		return err_set(e, ENOMEM, "out of memory for %llu page frames",
			       (unsigned long long)m->max_pfn);
	}
	memset(s->type, KMM_PCPTYPES, (m->max_pfn >> m->pageblock_order) + 1);
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
	free(s->recognised_at);
	free(s->last);
	free(s->type);
	taken_free(&s->taken);
	memset(s, 0, sizeof(*s));
}

/* ---- the lists ---- */

/* Huge pages have a list for MOVABLE ones and one for all others. */
static uint32_t list_at(const struct silent *s, const struct request *q, unsigned type)
{
	int zone = machine_zone_of(s->m, q->pfn);
	unsigned order = q->sig.order;

	if (zone < 0 || q->cpu >= s->m->cpus || type >= KMM_PCPTYPES ||
	    (order > COSTLY_ORDER && !recorded_has_pcp_list(s->m, order)))
		return UINT32_MAX;
	if (order > COSTLY_ORDER) {
		order = HUGE;
		type = type == KMM_MOVABLE ? KMM_MOVABLE : KMM_UNMOVABLE;
	}
	return ((uint32_t)zone * s->m->cpus + q->cpu) * SILENT_LISTS + order * KMM_PCPTYPES + type;
}

uint32_t silent_list_of(const struct silent *s, const struct request *q)
{
	return list_at(s, q, q->sig.type);
}

void silent_expose(struct silent *s, uint32_t list, uint64_t number)
{
	uint32_t first = s->f[s->m->max_pfn + list].next;

	if (first < s->m->max_pfn && number < NUMBER_MAX)
		s->f[first].first = (uint32_t)number + 1;
}

static void append(struct silent *s, uint32_t list, uint32_t pfn)
{
	if (s->f[pfn].list)
		silent_remove(s, pfn);
	silent_insert(s, list, pfn, s->f[s->m->max_pfn + list].prev);
	s->f[pfn].freed = 0;
}

/* Until an event tells.  Where neither lists nor flags say anything of a block, nothing is believed. */
static void guess_types(struct silent *s, const struct machine_state *before)
{
	uint64_t blocks = (s->m->max_pfn >> s->m->pageblock_order) + 1;
	uint8_t *certain = malloc(blocks);
	struct err e;

	if (!certain || machine_pageblocks(s->m, before, s->type, certain, &e))
		s->taken.no_memory = true;
	for (uint64_t b = 0; certain && !before->have_kpageflags && b < blocks; b++)
		if (certain[b] == PAGEBLOCK_GUESSED)
			s->type[b] = KMM_PCPTYPES;
	free(certain);
}

void silent_start(struct silent *s, const struct machine_state *before)
{
	for (uint32_t p = 0; p < s->m->max_pfn; p++)
		if (s->f[p].list)
			silent_remove(s, p);
	for (uint32_t i = 0; i < before->list_count; i++) {
		const struct machine_list *l = &before->lists[i];
		const uint32_t *pfn = &before->list_pfns[l->first];
		struct request q = { .cpu = (uint16_t)l->cpu,
				     .sig = { .order = l->order, .type = l->type } };

		for (uint32_t n = 0; l->cpu >= 0 && n < l->count; n++) {
			q.pfn = pfn[n];
			if (q.pfn < s->m->max_pfn && silent_list_of(s, &q) != UINT32_MAX)
				append(s, silent_list_of(s, &q), q.pfn);
		}
	}
	guess_types(s, before);
}

/* A page that a free put on a list was of the type of its page block. */
static void learn_type(struct silent *s, const struct request *q)
{
	if (s->f[q->pfn].freed & FREED_AT && q->sig.type < KMM_PCPTYPES)
		s->type[q->pfn >> s->m->pageblock_order] = q->sig.type;
}

/* ---- what was taken ---- */

static struct taken_page page_of(const struct silent *s, uint32_t list, uint64_t number)
{
	unsigned order = list % SILENT_LISTS / KMM_PCPTYPES;

	return (struct taken_page){
		.number = number,
		.cpu = (uint16_t)(list / SILENT_LISTS % s->m->cpus),
		.order = (uint8_t)(order == HUGE ? s->m->pageblock_order : order),
		.type = (uint8_t)(list % KMM_PCPTYPES),
		.zone = (uint8_t)(list / SILENT_LISTS / s->m->cpus),
	};
}

static void believe(struct silent *s, uint32_t list, uint64_t number)
{
	struct taken_page page = page_of(s, list, number);

	taken_add(&s->taken, &page);
}

void silent_mistake(struct silent *s, uint32_t list, uint64_t number)
{
	struct taken_page page = page_of(s, list & ~(SILENT_RECOGNISED | SILENT_BULK), number);

	taken_mistake(&s->taken, &page);
}

void silent_went(struct silent *s, uint32_t pfn)
{
	const struct silent_frame *f = &s->f[pfn];

	if (silent_is_suspect(f)) {
		believe(s, f->prev, (f->asked ? f->asked : f->candidate) - 1);
		s->unseen += f->prev % KMM_PCPTYPES == KMM_MOVABLE;
	}
	if (f->freed & SAYS_PAST) /* it had not: it was on its list */
		taken_past(&s->taken, (f->freed & FREED_AT) - 1);
	taken_gone(&s->taken, f->candidate - 1, pfn);
}

/*
 * A bulk allocation got none of what was given back after it: in an interrupt that came while it held the list's lock, such
 * pages go past the list [free_unref_page(), 5.18 on].
 */
void silent_suspect_block(struct silent *s, uint32_t list, uint32_t pfn, uint64_t number)
{
	uint32_t *known = &s->recognised[list / SILENT_LISTS % s->m->cpus];

	silent_remove(s, pfn);
	if (list % SILENT_LISTS == KMM_UNMOVABLE && *known &&
	    (s->f[pfn].freed & FREED_AT) <= s->recognised_at[list / SILENT_LISTS % s->m->cpus]) {
		(*known)--;
		silent_recognise(s, pfn, list, number);
	} else {
		if (number < NUMBER_MAX)
			s->f[pfn].candidate = (uint32_t)number + 1;
		s->f[pfn].prev = list;
	}
	s->missing[s->turn % SILENT_MISSING] = pfn;
	s->f[pfn].next = s->turn++;
}

/* Everything on the list before `until` (its head: all) must have gone before this record. */
void silent_suspect(struct silent *s, uint32_t list, uint32_t until, uint64_t number)
{
	uint32_t head = (uint32_t)s->m->max_pfn + list, at = s->f[head].next;

	while (at != until && at != head) {
		uint32_t next = s->f[at].next;

		silent_suspect_block(s, list, at, number);
		at = next;
	}
}

/* Freed, and nothing of its list was seen meanwhile: it is gone, and what refills put before it. */
static void suspect_found(struct silent *s, uint32_t pfn, uint64_t number)
{
	uint32_t list = s->f[pfn].list - 1, head = (uint32_t)s->m->max_pfn + list, at = pfn;

	while (at != head) {
		uint32_t prev = s->f[at].prev;

		if (at == pfn || !s->f[at].freed)
			silent_suspect_block(s, list, at, number);
		at = prev;
	}
}

/* ---- events ---- */

bool silent_may_have_moved(const struct silent *s, uint32_t pfn)
{
	const struct silent_frame *f = &s->f[pfn];
	unsigned type = silent_is_suspect(f) ? f->prev % KMM_PCPTYPES :
					       s->type[pfn >> s->m->pageblock_order];

	return f->freed & MAY_HAVE_PASSED && (type == KMM_MOVABLE || type == KMM_PCPTYPES) &&
	       s->compacted > (f->freed & FREED_AT);
}

/* A page left by the front door, or was drained: if it was suspected, the order of the log misled. */
static void gone(struct silent *s, uint32_t pfn, bool in_use, uint64_t number)
{
	struct silent_frame *f = &s->f[pfn];

	if (f->list && in_use)
		suspect_found(s, pfn, number);
	if (f->list)
		silent_remove(s, pfn);
	if (f->candidate && in_use && !silent_may_have_moved(s, pfn))
		silent_went(s, pfn);
	else if (f->candidate && !in_use && f->prev & SILENT_BULK)
		silent_mistake(s, f->prev, f->candidate - 1);
	f->candidate = 0;
}

static void use(struct silent *s, const struct request *q, uint64_t number)
{
	s->f[q->pfn].freed = IN_USE;
	s->f[q->pfn].next = q->slot;
	s->f[q->pfn].prev = number < NUMBER_MAX ? (uint32_t)number + 1 : 0;
}

/* Pages of a block from `first` on were on no list by themselves. */
static void joined(struct silent *s, const struct request *q, uint32_t first)
{
	for (uint32_t p = first; p < q->pfn + (1u << q->sig.order) && p < s->m->max_pfn; p++) {
		gone(s, p, false, 0);
		s->f[p].freed = 0;
	}
}

uint64_t silent_taken_at(const struct silent *s, const struct request *q, unsigned cpu, uint64_t to)
{
	const struct silent_task *t = &s->task[(uint32_t)q->pid % SILENT_TASKS];
	uint32_t first = s->f[q->pfn].first;

	if (t->pid == q->pid && t->cpu == cpu && t->left && t->left - 1 < to && first &&
	    first < t->left)
		return t->left - 1;
	return to;
}

/* The list of another CPU that could have served the request, else itself. */
static bool is_sister(const struct silent *s, uint32_t a, uint32_t b)
{
	return a % SILENT_LISTS == b % SILENT_LISTS &&
	       a / SILENT_LISTS / s->m->cpus == b / SILENT_LISTS / s->m->cpus;
}

/* A page that was thought to be missing is handed out as if it had stayed. */
static void has_stayed(struct silent *s, const struct request *q, uint32_t list)
{
	const struct silent_frame *f = &s->f[q->pfn];
	const struct silent_task *t = &s->task[(uint32_t)q->pid % SILENT_TASKS];
	struct silent_doubt *d = silent_is_suspect(f) ? doubt_of(s, f->candidate - 1) : NULL;

	if (d && !d->decided && is_sister(s, f->prev, list) && t->pid == q->pid &&
	    t->number > d->number)
		doubt_decide(s, d, f->prev);
}

/*
 * Is a page of this list found missing that stood on it when a bulk allocation before this record (+ 1) was made, and
 * was thought to have been left by that?
 */
static bool lacks_another(const struct silent *s, uint32_t list, uint32_t number)
{
	for (uint32_t n = 1; n <= SILENT_DOUBTS && n <= s->turn; n++) {
		const struct silent_frame *f = &s->f[s->missing[(s->turn - n) % SILENT_MISSING]];

		if (f->candidate > number && f->next == s->turn - n && f->prev == list &&
		    (f->freed & FREED_AT) < number)
			return true;
	}
	return false;
}

/*
 * A task that was preempted between taking its page and logging it, and did nothing since.  Others took
 * what stood behind the page meanwhile, or gave back what stands before it now, or it went to another CPU; or a bulk
 * allocation was thought to have got it.
 */
static void took_place_early(struct silent *s, const struct request *q, uint32_t list,
			     uint64_t number)
{
	const struct silent_frame *f = &s->f[q->pfn];
	const struct silent_task *t = &s->task[(uint32_t)q->pid % SILENT_TASKS];
	bool bulk = f->candidate && f->prev & SILENT_BULK, missing = silent_is_suspect(f);
	uint32_t was = bulk    ? f->prev & ~(SILENT_RECOGNISED | SILENT_BULK) :
		       missing ? f->prev :
				 f->list - 1;
	const struct silent_doubt *d = missing ? doubt_of(s, f->candidate - 1) : NULL;
	uint64_t to = number;

	if (d && d->decided)
		return; /* it was not missing */
	if (bulk && !lacks_another(s, was, f->candidate))
		return;
	if (missing || bulk)
		to = f->candidate - 1;
	else if (!f->list || was == list)
		return;
	else if (f->prev < s->m->max_pfn && s->f[f->prev].freed)
		to = (s->f[f->prev].freed & FREED_AT) - 1;
	if (!is_sister(s, was, list))
		return;
	if (!(t->pid == q->pid && t->number > to))
		early_note(s->early, q, number,
			   silent_taken_at(s, q, was / SILENT_LISTS % s->m->cpus, to),
			   missing ? f->next : 0, (uint16_t)(was / SILENT_LISTS % s->m->cpus));
}

/* A drain passed this page over: a task that did nothing since had it, and logs it now. */
static bool passed_over(struct silent *s, const struct request *q, uint32_t list, uint64_t number)
{
	const struct silent_frame *f = &s->f[q->pfn];
	const struct silent_task *t = &s->task[(uint32_t)q->pid % SILENT_TASKS];
	unsigned cpu = (f->list - 1) / SILENT_LISTS % s->m->cpus;

	if (!f->list || !f->passed || !is_sister(s, f->list - 1, list) ||
	    (t->pid == q->pid && t->number >= f->passed))
		return false;
	early_note(s->early, q, number, silent_taken_at(s, q, cpu, f->passed - 1), 0,
		   (uint16_t)cpu);
	return true;
}

static void follow_alloc(struct silent *s, const struct request *q, uint64_t number)
{
	struct silent_open *o = q->cpu < KMM_CPUS ? &s->open[q->cpu] : NULL;
	uint32_t list = silent_list_of(s, q);

	if (list == UINT32_MAX || !o)
		return;
	if (list % SILENT_LISTS == KMM_UNMOVABLE)
		s->last[q->cpu] = list + 1;
	if (q->sig.own_obs) {
		*o = (struct silent_open){ .slot = q->slot, .number = number, .pfn = q->pfn };
		if (q->sig.flags & REQ_DIRECT)
			return;
		silent_suspect(s, list, UINT32_MAX, number);
		if (q->sig.order == 0 && q->sig.type == KMM_UNMOVABLE)
			s->recognised[q->cpu] = 0;
		return;
	}
	if (s->f[q->pfn].candidate && s->f[q->pfn].prev == (list | SILENT_RECOGNISED | SILENT_BULK))
		latebulk_undo(s, q->pfn);
	has_stayed(s, q, list);
	if (!passed_over(s, q, list, number)) {
		if (s->f[q->pfn].list == list + 1) {
			struct silent_doubt *d = doubt_raise(s, q, number);
			uint32_t turn = s->turn;

			silent_suspect(s, list, q->pfn, number);
			if (d)
				d->turns = s->turn - turn;
			if (s->turn != turn)
				torn_missed(s, list, number);
		}
		took_place_early(s, q, list, number);
	}
	learn_type(s, q);
	torn_seen(s, q->pfn, false);
	gone(s, q->pfn, false, number);
	silent_expose(s, list, number);
	use(s, q, number);
}

/* Its place among the records is too late: somebody else has the page by now. */
static bool came_late(const struct silent *s, const struct request *q)
{
	return s->f[q->pfn].freed == IN_USE && q->slot != NO_SLOT && s->f[q->pfn].next != q->slot;
}

/*
 * Is it only to be supposed that this free went past the list, which an interrupt may have found locked?  Then the
 * page's next event tells; if that is a free, somebody took it without an event, which is from the list.
 */
static bool may_have_reached(const struct request *q)
{
	return q->sig.flags & REQ_DIRECT && q->sig.aux & FREE_NESTED && !(q->sig.aux & FREE_TAIL);
}

/* The page goes before all others of its list. */
static void follow_free(struct silent *s, const struct request *q, uint64_t number)
{
	uint32_t list;

	if (came_late(s, q))
		return;
	torn_seen(s, q->pfn, true);
	torn_note(s, q, number);
	for (uint32_t p = q->pfn; p < q->pfn + (1u << q->sig.order) && p < s->m->max_pfn; p++) {
		gone(s, p, true, number);
		s->f[p].freed = 0;
	}
	if ((q->sig.flags & REQ_DIRECT && !may_have_reached(q)) || number >= FREED_AT)
		return;
	list = list_at(s, q, s->type[q->pfn >> s->m->pageblock_order]);
	if (list != UINT32_MAX) {
		silent_insert(s, list, q->pfn, (uint32_t)s->m->max_pfn + list);
		silent_expose(s, list, number);
	}
	s->f[q->pfn].freed = (uint32_t)number + 1;
	if (may_have_reached(q))
		s->f[q->pfn].freed |= MAY_HAVE_PASSED | SAYS_PAST;
	else if (q->sig.aux & FREE_IRQ ||
		 (!(q->sig.flags & REQ_BATCHED) && sweep_locks(s, q->cpu, q->pfn)))
		s->f[q->pfn].freed |= MAY_HAVE_PASSED;
}

/*
 * A drain takes the last page of a list.  What stands behind the one that it took had gone before, and before
 * that one was put in front of it.
 */
static void pass_over(struct silent *s, const struct request *q, uint64_t number)
{
	uint32_t head = (uint32_t)s->m->max_pfn + s->f[q->pfn].list - 1;
	uint64_t freed = s->f[q->pfn].freed & FREED_AT;

	if (!s->f[q->pfn].list || number >= NUMBER_MAX)
		return;
	for (uint32_t at = s->f[q->pfn].next; at != head; at = s->f[at].next)
		if (!s->f[at].passed)
			s->f[at].passed = (uint32_t)(freed ? freed : number + 1);
}

static void follow_drain(struct silent *s, const struct request *q, uint64_t number)
{
	sweep_drain(s, q, number);
	pass_over(s, q, number);
	learn_type(s, q);
	torn_seen(s, q->pfn, false);
	if (silent_is_suspect(&s->f[q->pfn]))
		sweep_found(s, q->pfn);
	gone(s, q->pfn, false, number);
	s->f[q->pfn].freed = 0;
}

/*
 * The page that the request of this refill got has come.  What the refill brought before it was gone by then: somebody
 * had asked for that before the request, and the refill is theirs.
 */
static void refill_of_others(struct silent *s, const struct silent_open *o, uint32_t list,
			     uint64_t number)
{
	uint32_t head = (uint32_t)s->m->max_pfn + list;

	while (o->number < NUMBER_MAX && s->f[head].next != head) {
		uint32_t pfn = s->f[head].next;

		silent_suspect_block(s, list, pfn, number);
		s->f[pfn].asked = (uint32_t)o->number + 1;
	}
}

/*
 * A bulk allocation refills a list of another zone than that which served its CPU last: it has all of its pages from there,
 * and what it was thought to have had stands where it stood.
 */
static void other_zone(struct silent *s, struct silent_open *o, uint32_t list, uint64_t number)
{
	uint32_t *known = &s->recognised[list / SILENT_LISTS % s->m->cpus];
	uint32_t head = (uint32_t)s->m->max_pfn + list;

	latebulk_forget(s, o->seq);
	*known -= o->known < *known ? o->known : *known;
	/* First what is on the list. */
	for (o->takes = o->pages; o->takes && s->f[head].next != head; o->takes--) {
		uint32_t pfn = s->f[head].next;

		silent_remove(s, pfn);
		silent_recognise(s, pfn, list, number);
	}
}

static void follow_refill(struct silent *s, const struct request *q, uint64_t number)
{
	struct silent_open *o = q->cpu < KMM_CPUS ? &s->open[q->cpu] : NULL;
	uint32_t list = silent_list_of(s, q);
	bool nobody;

	if (list == UINT32_MAX || !o)
		return;
	nobody = q->slot != o->slot;
	if (nobody) {
		/* A refill for which no allocation is known: one took place silently. */
		*o = (struct silent_open){ .slot = q->slot, .pfn = q->pfn };
		silent_suspect(s, list, UINT32_MAX, number);
		believe(s, list, number);
	} else if (o->bulk) {
		if (s->last[q->cpu] && list != s->last[q->cpu] - 1)
			other_zone(s, o, list, number);
		silent_suspect(s, list, UINT32_MAX, number);
		o->bulk = false;
	}
	if (!nobody && o->takes) {
		o->takes--;
		append(s, list, q->pfn);
		silent_remove(s, q->pfn);
		silent_recognise(s, q->pfn, list, number + 1);
		return;
	}
	if (q->pfn != o->pfn) {
		append(s, list, q->pfn);
		if (s->f[q->pfn].prev >= s->m->max_pfn)
			silent_expose(s, list, number);
	} else {
		refill_of_others(s, o, list, number);
		use(s, q, o->number);
	}
	/* Nobody is known to have asked: it is taken once the refill has it. */
	if (nobody)
		silent_recognise(s, q->pfn, list, number + 1);
}

/*
 * The list that serves a bulk allocation, + 1; 0: not known.  vmalloc asks for highmem, where there is any
 * [__vmalloc_area_node()]; else it is that of the CPU's last UNMOVABLE request.
 */
static uint32_t bulk_list(const struct silent *s, const struct request *q)
{
	for (uint32_t z = s->m->zone_count; z-- && q->sig.gfp & KMM_GFP_HIGHMEM;) {
		uint32_t list = (z * s->m->cpus + q->cpu) * SILENT_LISTS + KMM_UNMOVABLE;
		uint32_t head = (uint32_t)s->m->max_pfn + list;

		if (s->m->zones[z].type == KMM_ZONE_HIGHMEM && s->f[head].next != head)
			return list + 1;
	}
	return s->last[q->cpu];
}

/* What it takes is not logged: the first page of the list, as far as that is known; KMM_NO_PFN. */
static uint32_t follow_bulk(struct silent *s, const struct request *q, uint64_t number)
{
	uint32_t list, head, first = KMM_NO_PFN;
	struct silent_open *o;

	if (q->cpu >= s->m->cpus || q->cpu >= KMM_CPUS)
		return first;
	o = &s->open[q->cpu];
	if (q->sig.own_obs)
		*o = (struct silent_open){
			.slot = q->slot, .pfn = KMM_NO_PFN, .bulk = true, .seq = q->seq
		};
	if (o->bulk && o->seq == q->seq)
		o->pages++;
	list = bulk_list(s, q);
	head = (uint32_t)s->m->max_pfn + list - 1;
	if (!q->sig.own_obs && list && s->f[head].next != head) {
		list--;
		first = s->f[head].next;
		silent_remove(s, first);
		silent_expose(s, list, number);
		silent_recognise(s, first, list | SILENT_BULK, number);
	} else {
		s->recognised[q->cpu]++;
		s->recognised_at[q->cpu] = (uint32_t)number + 1;
		o->known += o->bulk && o->seq == q->seq;
	}
	return first;
}

/* Page blocks change hands. */
static void follow_fallback(struct silent *s, const struct request *q)
{
	unsigned pb = s->m->pageblock_order;
	uint64_t first = q->pfn >> pb,
		 last = first + (q->sig.aux > pb ? 1u << (q->sig.aux - pb) : 1);

	if (q->sig.aux >= KMM_ORDERS || q->sig.type >= KMM_PCPTYPES ||
	    (q->sig.aux < pb && !(q->sig.aux2 & 0x80)))
		return;
	for (uint64_t b = first; b < last && b <= s->m->max_pfn >> pb; b++)
		s->type[b] = q->sig.type;
}

static void follow_page(struct silent *s, const struct request *q, uint64_t number)
{
	switch (q->sig.op) {
	case REQ_PAGE_ALLOC:
		if (q->sig.flags & REQ_FAILED)
			break;
		joined(s, q, q->pfn + 1);
		follow_alloc(s, q, number);
		break;
	case OBS_ZONE_LOCKED:
	case OBS_EXTFRAG:
		if (q->sig.op == OBS_EXTFRAG)
			follow_fallback(s, q);
		if (!request_takes(s->m, q))
			break;
		joined(s, q, q->pfn);
		follow_refill(s, q, number);
		break;
	case REQ_PAGE_FREE:
		follow_free(s, q, number);
		break;
	case OBS_PCPU_DRAIN:
		follow_drain(s, q, number);
		break;
	default:
		break;
	}
}

/*
 * Something that the task itself did, as far as is known: interrupts mostly give back, and so does whoever
 * gets the CPU next for a task that is gone (its page tables, from finish_task_switch()).
 */
static bool is_tasks(struct silent *s, const struct request *q, uint64_t number)
{
	struct silent_running *t = &s->running[q->cpu % KMM_CPUS];

	if (t->pid != q->pid) {
		struct silent_task *was = &s->task[(uint32_t)t->pid % SILENT_TASKS];

		if (was->pid == t->pid) {
			was->left = number + 1;
			was->cpu = q->cpu;
		}
		torn_left(s, q->cpu, t->pid);
		*t = (struct silent_running){ .pid = q->pid };
	}
	switch (q->sig.op) {
	case REQ_PAGE_FREE:
		return !(q->sig.aux & FREE_NESTED) && (t->worked || q->sig.flags & REQ_BATCHED);
	case REQ_OBJ_FREE:
	case REQ_PERCPU_FREE:
		return false;
	default:
		t->worked |= !request_is_observation(q);
		return !request_is_observation(q);
	}
}

/* The task was preempted before it took its pages. */
static void follow_late_bulk(struct silent *s, const struct request *q, uint64_t number)
{
	uint32_t rank = 0;

	for (struct latebulk_page *p; (p = latebulk_due(&s->bulk, q));) {
		p->q.cpu = q->cpu;
		early_note(s->early, &p->q, p->number, number, rank++, q->cpu);
		follow_bulk(s, &p->q, number);
	}
}

void silent_record(struct silent *s, const struct request *q, uint64_t number)
{
	bool tasks = is_tasks(s, q, number);
	struct silent_task *t = &s->task[(uint32_t)q->pid % SILENT_TASKS];

	sweep_record(s, q, number);
	if (tasks && s->bulk.waiting)
		follow_late_bulk(s, q, number);
	if (tasks && t->bulk && t->pid == q->pid && t->left && q->sig.op != REQ_PAGE_BULK)
		latebulk_again(&s->bulk, q, number);
	if (s->torn.waiting)
		torn_due(s, q, number);
	if (q->sig.op == REQ_PAGE_BULK && q->cpu < s->m->cpus) {
		uint32_t list = bulk_list(s, q), pfn = follow_bulk(s, q, number);

		if (list && !q->sig.own_obs)
			latebulk_note(&s->bulk, q, number, list - 1, pfn);
	}
	if (q->sig.op == OBS_COMPACTION && q->sig.aux == EVENT_MM_COMPACTION_ISOLATE_FREEPAGES)
		s->compacted = number + 1;
	if (q->pfn < s->m->max_pfn && q->sig.op != OBS_MARK)
		follow_page(s, q, number);
	torn_record(s, q, number);
	if (tasks)
		*t = (struct silent_task){ .pid = q->pid,
					   .bulk = q->sig.op == REQ_PAGE_BULK,
					   .number = number + 1 };
}
