// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/origin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/kpageflags.h"
#include "machine/listset.h"
#include "replay/recorded.h"
#include "trace/event.h"

/* Turns: of events from 0 on, of what no event touched behind them. */
#define TURN_STAYED (1u << 31)

int origin_init(struct origin *o, const struct machine *m, struct err *e)
{
	memset(o, 0, sizeof(*o));
	o->m = m;
	o->first = calloc(m->max_pfn + 1, sizeof(*o->first));
	o->won = calloc((size_t)MACHINE_ZONES * KMM_CPUS, sizeof(*o->won));
	if (o->first && o->won)
		return 0;
	origin_free(o);
	return err_set(e, ENOMEM, "out of memory for %llu page frames",
		       (unsigned long long)m->max_pfn);
}

void origin_free(struct origin *o)
{
	free(o->first);
	free(o->won);
	free(o->bulk);
	memset(o, 0, sizeof(*o));
}

void origin_start(struct origin *o)
{
	o->started = true;
	o->turn = 0;
}

void origin_end(struct origin *o)
{
	o->ended = true;
}

/* ---- first events ---- */

static void learn(struct origin *o, const struct request *q, enum machine_first_state s,
		  unsigned type)
{
	uint64_t end = q->pfn + (1ull << q->sig.order);

	for (uint64_t p = q->pfn; p < end && p < o->m->max_pfn; p++) {
		struct machine_first *f = &o->first[p];

		if (f->state != FIRST_UNKNOWN)
			continue;
		f->state = (uint8_t)s;
		f->cpu = q->cpu;
		f->order = q->sig.order;
		/* A fallback has taken its block from the list before. */
		if (!f->turn)
			f->turn = o->turn;
		if (f->type == FIRST_TYPE_UNKNOWN)
			f->type = (uint8_t)(type + 1);
	}
}

/* ---- pages that a bulk allocation took without an event ---- */

static void take_bulk(struct origin *o, const struct request *q)
{
	if (q->slot >= o->bulk_room) {
		uint32_t room = q->slot < 1024 ? 2048 : q->slot + q->slot / 2;
		struct origin_bulk *more = realloc(o->bulk, room * sizeof(*more));

		if (!more) {
			o->no_memory = true;
			return;
		}
		memset(more + o->bulk_room, 0, (room - o->bulk_room) * sizeof(*more));
		o->bulk = more;
		o->bulk_room = room;
	}
	o->bulk[q->slot] = (struct origin_bulk){ o->turn, q->cpu, q->sig.type };
}

/* Its free names it: it left its list when it was allocated. */
static bool was_bulk(struct origin *o, const struct request *q)
{
	struct request take = *q;
	struct origin_bulk b;

	if (q->slot >= o->bulk_room || !o->bulk[q->slot].turn)
		return false;
	b = o->bulk[q->slot];
	o->bulk[q->slot].turn = 0;
	if (q->pfn >= o->m->max_pfn || o->first[q->pfn].state != FIRST_UNKNOWN)
		return true;
	take.cpu = b.cpu;
	learn(o, &take, FIRST_PCP, b.type);
	if (o->first[q->pfn].turn > b.turn)
		o->first[q->pfn].turn = b.turn;
	return true;
}

static void count_retags(struct origin *o, const struct request *q)
{
	unsigned found = q->sig.aux, from = q->sig.aux2 & 0x7f, pb = o->m->pageblock_order;
	int zone = machine_zone_of(o->m, q->pfn);
	int64_t n = found >= pb ? 1ll << (found - pb) : q->sig.aux2 & 0x80 ? 1 : 0;

	if (zone < 0 || q->sig.type >= KMM_MIGRATETYPES || from >= KMM_MIGRATETYPES)
		return;
	o->retagged[zone][q->sig.type] += n;
	o->retagged[zone][from] -= n;
}

/* The list that a fallback took from; a claim mixes the lists of a whole pageblock. */
static void fallback(struct origin *o, const struct request *q)
{
	unsigned found = q->sig.aux, pb = o->m->pageblock_order;
	uint64_t p = q->pfn & ~((1ull << found) - 1), end = p + (1ull << found);

	if (found >= KMM_ORDERS)
		return;
	count_retags(o, q);
	for (; p < end && p < o->m->max_pfn; p++)
		if (o->first[p].state == FIRST_UNKNOWN && o->first[p].type == FIRST_TYPE_UNKNOWN) {
			o->first[p].type = (uint8_t)((q->sig.aux2 & 0x7f) + 1);
			o->first[p].turn = o->turn;
		}
	if (found >= pb)
		return;
	p = (uint64_t)q->pfn >> pb << pb;
	for (end = p + (1ull << pb); p < end && p < o->m->max_pfn; p++)
		if (o->first[p].state == FIRST_UNKNOWN && o->first[p].type == FIRST_TYPE_UNKNOWN)
			o->first[p].type = FIRST_TYPE_BLOCK;
}

static void compaction(struct origin *o, const struct request *q)
{
	if (q->sig.aux == EVENT_MM_COMPACTION_MIGRATEPAGES ||
	    q->sig.aux == EVENT_MM_COMPACTION_ISOLATE_FREEPAGES)
		o->compacted = true;
}

/* ---- how many pages the per-CPU lists hold ---- */

void origin_counted(struct origin *o)
{
	o->counted |= o->started;
}

static bool by_list(const struct origin *o, const struct request *q)
{
	return !(q->sig.flags & (REQ_DIRECT | REQ_FAILED)) &&
	       (q->sig.order <= 3 || q->sig.order == o->m->pageblock_order);
}

/* Pages that the lists of the request's CPU won by it. */
static int64_t won(const struct origin *o, const struct request *q)
{
	int64_t pages = 1ll << q->sig.order;

	switch (q->sig.op) {
	case REQ_PAGE_ALLOC:
		return by_list(o, q) ? -pages : 0;
	case REQ_PAGE_FREE:
		return by_list(o, q) ? pages : 0;
	case OBS_ZONE_LOCKED:
		return q->sig.aux ? pages : 0;
	case OBS_PCPU_DRAIN:
		return -pages;
	default:
		return 0;
	}
}

static void count(struct origin *o, const struct request *q)
{
	int zone = machine_zone_of(o->m, q->pfn);

	if (zone >= 0 && q->cpu < KMM_CPUS)
		o->won[zone * KMM_CPUS + q->cpu] += won(o, q);
}

void origin_record(struct origin *o, const struct request *q)
{
	if (q->sig.op == OBS_LOST)
		o->lost = true;
	if (q->sig.op == OBS_COMPACTION)
		compaction(o, q);
	if (o->lost || !o->started || o->ended || q->sig.order >= KMM_ORDERS)
		return;
	if (o->turn < TURN_STAYED - 1)
		o->turn++;
	if (q->sig.op == REQ_PAGE_BULK && q->slot != NO_SLOT)
		take_bulk(o, q);
	if (q->pfn >= o->m->max_pfn) {
		if (q->sig.op == REQ_PAGE_FREE && q->slot < o->bulk_room)
			o->bulk[q->slot].turn = 0;
		return;
	}
	if (!o->counted)
		count(o, q);
	switch (q->sig.op) {
	case REQ_PAGE_ALLOC:
		/* With refills of its own: these tell. */
		if (q->sig.flags & REQ_FAILED || q->sig.own_obs)
			break;
		if ((q->sig.order > 3 && q->sig.order != o->m->pageblock_order) ||
		    q->sig.flags & REQ_DIRECT)
			learn(o, q, FIRST_USED, q->sig.type);
		else
			learn(o, q, FIRST_PCP, q->sig.type);
		break;
	case REQ_PAGE_FREE:
		if (was_bulk(o, q))
			break;
		learn(o, q, o->compacted ? FIRST_MOVED : FIRST_USED, KMM_MOVABLE);
		break;
	case OBS_ZONE_LOCKED:
		learn(o, q, FIRST_FREE, q->sig.type);
		break;
	case OBS_PCPU_DRAIN:
		learn(o, q, FIRST_PCP_TAIL, q->sig.type);
		break;
	case OBS_EXTFRAG:
		fallback(o, q);
		if (request_takes(o->m, q))
			learn(o, q, FIRST_FREE, q->sig.aux2 & 0x7f);
		break;
	default:
		break;
	}
}

/* ---- what no event touched ---- */

static void stayed(struct origin *o, uint64_t pfn, unsigned order, enum machine_first_state s,
		   uint32_t turn, const struct machine_list *l)
{
	uint64_t end = pfn + (1ull << order);

	for (uint64_t p = pfn; p < end && p < o->m->max_pfn; p++) {
		struct machine_first *f = &o->first[p];

		if (f->state != FIRST_UNKNOWN)
			continue;
		f->state = (uint8_t)s;
		f->turn = turn;
		f->stayed = true;
		if (!l)
			continue;
		f->order = l->order;
		f->cpu = (uint16_t)(l->cpu < 0 ? 0 : l->cpu);
		if (f->type == FIRST_TYPE_UNKNOWN)
			f->type = (uint8_t)(l->type + 1);
	}
}

void origin_after(struct origin *o, const struct machine_state *after)
{
	if (o->has_after || o->lost || (!after->have_lists && !after->have_kpageflags))
		return;
	o->has_after = true;
	for (uint32_t i = 0; after->have_lists && i < after->list_count; i++) {
		const struct machine_list *l = &after->lists[i];

		for (uint32_t n = 0; n < l->count; n++)
			stayed(o, after->list_pfns[l->first + n], l->order,
			       l->cpu < 0 ? FIRST_FREE : FIRST_PCP, TURN_STAYED + n, l);
	}
	for (uint64_t p = 0; p < o->m->max_pfn; p++) {
		bool buddy = !after->have_lists && p < after->kpageflags_len &&
			     after->kpageflags[p] & KPF_BUDDY;

		if (p >= after->kpageflags_len || !(after->kpageflags[p] & KPF_NOPAGE))
			stayed(o, p, 0, buddy ? FIRST_FREE : FIRST_USED, TURN_STAYED + (uint32_t)p,
			       NULL);
	}
}

/* ---- the start ---- */

/* One block of a per-CPU list at the start. */
struct on_list {
	uint32_t pfn, turn;
	uint16_t cpu;
	uint8_t zone, order, type;
	bool tail; /* drained: the last of the list went first */
};

static int by_place(const void *pa, const void *pb)
{
	const struct on_list *a = pa, *b = pb;

	if (a->zone != b->zone)
		return a->zone < b->zone ? -1 : 1;
	if (a->cpu != b->cpu)
		return a->cpu < b->cpu ? -1 : 1;
	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	if (a->tail != b->tail)
		return a->tail ? 1 : -1;
	if (a->turn != b->turn)
		return (a->turn < b->turn) != a->tail ? -1 : 1;
	return a->pfn < b->pfn ? -1 : a->pfn > b->pfn;
}

static int put_list(struct listset *s, const struct on_list *l, uint64_t n)
{
	int ret = 0;

	for (uint64_t i = 0; i < n && !ret; i++) {
		const struct on_list *a = &l[i], *b = i ? &l[i - 1] : NULL;

		if (!b || a->zone != b->zone || a->cpu != b->cpu || a->order != b->order ||
		    a->type != b->type) {
			if (b)
				listset_close(s);
			ret = listset_open(s, a->zone, a->cpu, a->order, a->type);
		}
		if (!ret)
			ret = listset_add(s, a->pfn, a->order);
		if (ret == -EEXIST)
			ret = 0;
	}
	if (n)
		listset_close(s);
	return ret;
}

/* The per-CPU lists of the start: what left them, in the order in which it did. */
static int give_lists(const struct origin *o, struct machine_state *to)
{
	const struct machine *m = o->m;
	struct listset s;
	struct on_list *l;
	uint64_t n = 0;
	int ret;

	for (uint64_t p = 0; p < m->max_pfn; p++)
		n += o->first[p].state == FIRST_PCP || o->first[p].state == FIRST_PCP_TAIL;
	l = malloc((n + 1) * sizeof(*l));
	if (!l || listset_init(&s, m->max_pfn)) {
		free(l);
		return -ENOMEM;
	}
	n = 0;
	for (uint64_t p = 0; p < m->max_pfn; p++) {
		const struct machine_first *f = &o->first[p];
		int zone = machine_zone_of(m, p);

		if ((f->state != FIRST_PCP && f->state != FIRST_PCP_TAIL) || zone < 0 ||
		    f->cpu >= m->cpus || p & ((1ull << f->order) - 1))
			continue;
		l[n++] = (struct on_list){ .pfn = (uint32_t)p,
					   .turn = f->turn,
					   .cpu = f->cpu,
					   .zone = (uint8_t)zone,
					   .order = f->order,
					   .type = (uint8_t)(f->type ? f->type - 1 : KMM_MOVABLE),
					   .tail = f->state == FIRST_PCP_TAIL };
	}
	qsort(l, n, sizeof(*l), by_place);
	ret = put_list(&s, l, n);
	free(l);
	if (!ret)
		listset_give(&s, to);
	listset_free(&s);
	return ret;
}

/*
 * What the snapshot has, put right by first events.  What the snapshot after the workload shows does not
 * count: a move that no event tells of has to come to light.
 */
static void override(const struct origin *o, struct machine_state *s, uint64_t p)
{
	const struct machine_first *f = &o->first[p];
	unsigned state = f->stayed ? FIRST_UNKNOWN : f->state;
	uint64_t *w = &s->kpageflags[p];

	if (state == FIRST_UNKNOWN || state == FIRST_MOVED)
		return;
	if (state == FIRST_FREE && !(*w & KPF_BUDDY)) {
		*w = KPF_BUDDY;
		s->frames_put_right++;
	} else if (state != FIRST_FREE && *w & KPF_BUDDY) {
		*w = 0;
		s->frames_put_right++;
	}
}

/* The snapshot after the workload stands for all that no event touched. */
static int whole_map(const struct origin *o, struct machine *m)
{
	struct machine_state *s = &m->before;
	const struct machine_state *after = &m->after;

	s->kpageflags = calloc(m->max_pfn + 1, sizeof(*s->kpageflags));
	if (!s->kpageflags)
		return -ENOMEM;
	s->kpageflags_len = m->max_pfn;
	for (uint64_t p = 0; p < m->max_pfn; p++) {
		uint64_t was = p < after->kpageflags_len ? after->kpageflags[p] : 0;

		if (o->first[p].state == FIRST_FREE)
			s->kpageflags[p] = KPF_BUDDY;
		else if (o->first[p].stayed || was & KPF_NOPAGE)
			s->kpageflags[p] = was & ~KPF_BUDDY;
		s->frames_stayed += o->first[p].stayed;
	}
	s->have_kpageflags = true;
	s->pageblocks_worked_out = after->have_pagetypeinfo;
	for (uint32_t z = 0; z < m->zone_count; z++)
		for (unsigned t = 0; t < KMM_MIGRATETYPES; t++) {
			int64_t n = (int64_t)after->pageblocks[z][t] - o->retagged[z][t];

			s->pageblocks[z][t] = n > 0 ? (uint64_t)n : 0;
		}
	memcpy(s->zones, after->zones, sizeof(s->zones));
	return 0;
}

/* Pages that zoneinfo counts on the lists, beyond those that an event named. */
static void hide(const struct origin *o, struct machine *m)
{
	struct machine_pcpinfo *p = m->before.pcp_infos;
	int64_t *known;

	if (!p || !o->counted)
		return;
	known = o->won;
	for (uint32_t i = 0; i < m->before.list_count; i++) {
		const struct machine_list *l = &m->before.lists[i];

		if (l->cpu >= 0)
			known[l->zone * KMM_CPUS + l->cpu] += (int64_t)l->count << l->order;
	}
	for (uint32_t i = 0; i < m->zone_count * KMM_CPUS; i++)
		if (p[i].count > known[i])
			p[i].hidden = (uint32_t)(p[i].count - (known[i] > 0 ? known[i] : 0));
}

int origin_settle(struct origin *o, struct machine *m, struct err *e)
{
	struct machine_state *s = &m->before;
	int ret = 0;

	if (s->have_kpageflags)
		for (uint64_t p = 0; p < m->max_pfn && p < s->kpageflags_len; p++)
			override(o, s, p);
	else if (o->has_after)
		ret = whole_map(o, m);
	if (!ret)
		ret = o->no_memory ? -ENOMEM : give_lists(o, s);
	if (ret)
		return err_set(e, -ret, "out of memory for the start of %llu page frames",
			       (unsigned long long)m->max_pfn);
	hide(o, m);
	free(s->first);
	s->first = o->first;
	o->first = NULL;
	return 0;
}
