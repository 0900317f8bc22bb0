// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay/awake.h"
#include "replay/mapread.h"
#include "replay/overtaken.h"
#include "replay/tieorder.h"
#include "replay/vmstat.h"
#include "trace/event.h"

static uint32_t mark(const struct kmw_reader *k, const char *text)
{
	return intern_find(kmw_strings(k), text, strlen(text));
}

/* Where the ordered lists of a state hold. */
static uint32_t lists_mark(const struct kmw_reader *k, const struct machine_state *s,
			   const char *usual)
{
	return mark(k, s->lists_mark[0] ? s->lists_mark : usual);
}

void feed_close(struct feed *f)
{
	if (f->scratch)
		kmw_scratch_free(f->scratch);
	free(f->slots);
	free(f->batch);
	silent_free(&f->silent);
	early_free(&f->early);
	leaving_free(&f->leaving);
	turns_free(&f->turns);
	free(f->held);
	hindsight_free(&f->known);
	origin_free(&f->origin);
	memset(f, 0, sizeof(*f));
}

static int grow(struct feed *f, uint32_t slot, struct err *e)
{
	uint32_t room = slot + slot / 2 + 1024;
	struct feed_slot *more = slot < NO_SLOT / 2 ? realloc(f->slots, room * sizeof(*more)) :
						      NULL;

	if (!more)
		return err_set(e, ENOMEM, "out of memory for %u slots", slot);
	for (uint32_t i = f->slot_room; i < room; i++)
		more[i] = (struct feed_slot){ KMM_NO_PFN, NO_SLOT, 0 };
	f->slots = more;
	f->slot_room = room;
	return 0;
}

/* The next block as the file and the slots have it. */
static int next_block(struct feed *f, struct request *out, struct err *e)
{
	int n;

	if (f->block == f->blocks)
		return 0;
	n = kmw_block_read(f->k, f->block++, out, f->scratch, e);
	for (int i = 0; i < n; i++) {
		struct request *q = &out[i];
		struct feed_slot *s;

		if (q->slot == NO_SLOT ||
		    (q->sig.op != REQ_PAGE_ALLOC && q->sig.op != REQ_PAGE_FREE &&
		     q->sig.op != REQ_PAGE_BULK))
			continue;
		if (q->slot >= f->slot_room && grow(f, q->slot, e) < 0)
			return err_code(e);
		if (q->slot >= f->slot_most)
			f->slot_most = q->slot + 1;
		s = &f->slots[q->slot];
		if (q->sig.op != REQ_PAGE_FREE)
			*s = (struct feed_slot){ q->pfn,
						 early_slot(&f->early, f->number + (uint32_t)i),
						 q->sig.order };
		else if (q->pfn == KMM_NO_PFN)
			q->pfn = s->pfn;
		if (s->alias != NO_SLOT)
			q->slot = s->alias;
	}
	return n;
}

/* A block with what hindsight tells about its records. */
static int told_block(struct feed *f, struct request *out, struct err *e)
{
	int n = next_block(f, out, e);
	uint64_t end = f->number + (n > 0 ? (uint64_t)n : 0);

	for (; f->turned < f->known.wrong_count && f->known.wrong[f->turned] < end; f->turned++)
		out[f->known.wrong[f->turned] - f->number].sig.flags ^= REQ_DIRECT;
	for (int i = 0; i < n; i++) {
		out[i].pcp_batch = 0;
		out[i].silent.count = 0;
		out[i].gone_count = 0;
	}
	for (; f->silent_at < f->silent.taken.count &&
	       f->silent.taken.page[f->silent_at].number < end;
	     f->silent_at++) {
		const struct taken_page *t = &f->silent.taken.page[f->silent_at];
		struct request *q = &out[t->number - f->number];

		q->silent.count++;
		q->silent.cpu = t->cpu;
		q->silent.order = t->order & 15;
		q->silent.type = t->type & 15;
		q->silent.zone = t->zone & 127;
		q->silent.bulk = !f->silent.unseen && !t->order && t->type == KMM_UNMOVABLE;
	}
	for (; f->gone_at < f->silent.taken.gone_count &&
	       f->silent.taken.gone[f->gone_at].number < end;
	     f->gone_at++) {
		struct request *q = &out[f->silent.taken.gone[f->gone_at].number - f->number];

		if (!q->gone_count)
			q->gone = (uint32_t)f->gone_at;
		q->gone_count++;
	}
	for (; f->left < f->leaving.count && f->leaving.pages[f->left].number < end; f->left++)
		out[f->leaving.pages[f->left].number - f->number].addr = f->left + 1;
	for (uint32_t z = 0; z < f->batch->m->zone_count; z++) {
		const struct batch_zone *b = &f->batch->zone[z];

		if (b->early && b->number >= f->number && b->number < end)
			out[b->number - f->number].pcp_batch =
				(uint16_t)f->batch->m->zones[z].pcp_batch;
	}
	for (int i = 0; i < n; i++) {
		out[i].kswapd_ends = 0;
		if (f->ended < f->known.end_count &&
		    hindsight_ended(&f->known.ends[f->ended], &out[i]))
			out[i].kswapd_ends = 1 + f->known.ends[f->ended++].node;
	}
	if (n > 0)
		n = early_apply(&f->early, out, (uint32_t)n, f->number);
	if (n == -ENOMEM)
		return err_set(e, ENOMEM, "out of memory");
	f->number = end;
	f->given += n > 0 ? (uint64_t)n : 0;
	return n;
}

/* Keep the records from `from` on for the next block. */
static int hold_back(struct feed *f, const struct request *q, uint32_t from, uint32_t n,
		     struct err *e)
{
	f->held_count = n - from;
	free(f->held);
	f->held = malloc(f->held_count * sizeof(*f->held));
	if (!f->held)
		return err_set(e, ENOMEM, "out of memory");
	memcpy(f->held, q + from, f->held_count * sizeof(*f->held));
	return (int)from;
}

int feed_next(struct feed *f, struct request *out, struct err *e)
{
	uint32_t had = f->held_count;
	uint64_t first = f->given - had;
	int n;

	if (had)
		memcpy(out, f->held, had * sizeof(*out));
	f->held_count = 0;
	n = told_block(f, out + had, e);
	if (n < 0)
		return n;
	n += (int)had;
	for (; f->tied < f->turns.count && f->turns.groups[f->tied].first < first + (uint64_t)n;
	     f->tied++) {
		const struct turns_group *t = &f->turns.groups[f->tied];
		uint32_t at = (uint32_t)(t->first - first);

		if (at + t->count > (uint32_t)n && at)
			return hold_back(f, out, at, (uint32_t)n, e);
		if (at + t->count <= (uint32_t)n && turns_apply(&f->turns, f->tied, out + at) < 0)
			return err_set(e, ENOMEM, "out of memory");
	}
	return n;
}

/* ---- the first reading ---- */

#define IDLE_EXPECTED 10000 /* records: one of the idle task is among as many, as a rule */

/* From here on the trace tells about the start. */
static void start(struct feed *f, const struct machine *m, struct population *objects,
		  struct sides_source *sides)
{
	hindsight_start(&f->known);
	if (m->before.have_lists)
		silent_start(&f->silent, &m->before);
	if (f->origin.first)
		origin_start(&f->origin);
	if (objects)
		population_start(objects);
	if (sides)
		sides_source_start(sides);
}

/* The snapshot after the workload holds here. */
static void see_after(struct feed *f, const struct machine *m)
{
	if (m->have_after && !m->before.have_kpageflags)
		hindsight_after(&f->known, &m->after);
	origin_end(&f->origin);
}

static int see_mark(struct feed *f, const struct machine *m, struct population *objects,
		    struct sides_source *sides, uint32_t text)
{
	bool after = text == f->marks.after_frames && text != UINT32_MAX;

	if (text == f->marks.start)
		start(f, m, objects, sides);
	if (text == f->marks.counted && f->origin.first)
		origin_counted(&f->origin);
	if (after && f->origin.first)
		see_after(f, m);
	if (after && objects)
		population_after(objects);
	if (text == f->marks.score_end && text != UINT32_MAX)
		f->over = f->number;
	/* What went unseen did so in the workload, before the snapshots were read. */
	return after && m->have_after && m->after.have_lists ?
		       silent_after(&f->silent, &m->after, f->over ? f->over : f->number) :
		       0;
}

static int look_ahead(struct feed *f, struct machine *m, struct population *objects,
		      struct sides_source *sides, struct err *e)
{
	struct mapread before, after;
	struct request *q = malloc(KMW_BLOCK_RECORDS * sizeof(*q));
	int n = 0, ret = q ? 0 : err_set(e, ENOMEM, "out of memory");
	struct vmstat_seen vmstat = { .count = 0 };
	uint32_t read = mark(f->k, "snap: before/jiffies read");
	bool idle = false; /* something happened in interrupts of the idle task */

	if (mapread_init(&before, m, &m->before, mark(f->k, "snap: before/kpageflags begin"),
			 mark(f->k, "snap: before/kpageflags end"), true) |
	    mapread_init(&after, m, &m->after, mark(f->k, "snap: after/kpageflags begin"),
			 mark(f->k, "snap: after/kpageflags end"), false))
		ret = err_set(e, ENOMEM, "out of memory");
	if (ret >= 0)
		ret = hindsight_init(&f->known, m, e);
	if (ret >= 0)
		ret = silent_init(&f->silent, &f->early, m, e);
	if (ret >= 0 && leaving_init(&f->leaving))
		ret = err_set(e, ENOMEM, "out of memory");
	if (ret >= 0 && !m->before.have_lists)
		ret = origin_init(&f->origin, m, e);
	if (ret >= 0 && f->marks.start == UINT32_MAX)
		ret = see_mark(f, m, objects, sides, UINT32_MAX);
	while (ret >= 0 && (n = next_block(f, q, e)) > 0)
		for (int i = 0; i < n && ret >= 0; i++, f->number++) {
			idle |= q[i].pid == 0;
			m->searches_told |= q[i].sig.op == OBS_COMPACTION &&
					    q[i].sig.aux ==
						    EVENT_MM_COMPACTION_FAST_ISOLATE_FREEPAGES;
			mapread_record(&before, &q[i]);
			mapread_record(&after, &q[i]);
			if (q[i].sig.op == OBS_MARK) {
				if (q[i].pfn == read)
					vmstat_mark(&vmstat, &m->jiffies, q[i].time);
				if (see_mark(f, m, objects, sides, q[i].pfn))
					ret = err_set(e, ENOMEM, "out of memory");
			} else {
				f->have_ties |= i && q[i].time == q[i - 1].time &&
						q[i].cpu != q[i - 1].cpu &&
						q[i].sig.op <= REQ_PAGE_BULK;
				vmstat_see(&vmstat, &q[i]);
				latefree_race(&f->race, &q[i], f->number);
				leaving_record(&f->leaving, &q[i], f->number);
				hindsight_record(&f->known, &q[i], f->number);
				batch_record(f->batch, &q[i], f->number);
				silent_record(&f->silent, &q[i], f->number);
				if (f->origin.first)
					origin_record(&f->origin, &q[i]);
				if ((objects && population_record(objects, &q[i])) ||
				    (sides && sides_source_record(sides, &q[i])))
					ret = err_set(e, ENOMEM, "out of memory");
			}
		}
	free(q);
	mapread_free(&before);
	mapread_free(&after);
	if (ret >= 0 && objects && population_settle(objects))
		ret = err_set(e, ENOMEM, "out of memory");
	if (ret >= 0)
		ret = n;
	if (ret >= 0 && f->origin.first && !f->origin.ended)
		see_after(f, m);
	/* Only now is its map that of the moment at which it began to be read. */
	if (ret >= 0 && f->origin.first && m->have_after)
		origin_after(&f->origin, &m->after);
	if (ret >= 0)
		ret = silent_end(&f->silent, m->have_after ? &m->after : NULL, e);
	if (ret >= 0)
		early_settle(&f->early, f->slot_most);
	if (ret >= 0 && f->leaving.no_memory)
		ret = err_set(e, ENOMEM, "out of memory for pages drained at one time");
	if (ret >= 0 && f->early.no_memory)
		ret = err_set(e, ENOMEM, "out of memory for allocations logged late");
	for (uint64_t i = 0; ret >= 0 && i < f->silent.taken.past_count; i++)
		hindsight_past(&f->known, f->silent.taken.past[i]);
	if (ret >= 0)
		ret = hindsight_end(&f->known, e);
	batch_end(f->batch);
	if (ret >= 0 && vmstat_settle(&vmstat, m))
		ret = err_set(e, ENOMEM, "out of memory");
	vmstat_seen_free(&vmstat);
	m->no_idle = !idle && f->number >= IDLE_EXPECTED;
	f->block = 0;
	f->number = 0;
	return ret;
}

/* ---- the second reading ---- */

/* Records of one time that begin at q, as far as n tell. */
static uint32_t one_time(const struct request *q, uint32_t n)
{
	uint32_t k = 1;

	while (k < n && q[k].time == q[0].time && q[k].sig.op != OBS_MARK)
		k++;
	return k;
}

/* kswapd was still balancing a zone, though no event of it has come since what was taken for its end. */
static void extend_kswapd(struct feed *f, const struct machine *m, const struct request *q,
			  uint64_t ended)
{
	struct hindsight_end *x = &f->known.ends[ended - 1];
	int zone = machine_zone_of(m, q->pfn);

	if (zone < 0 || m->zones[zone].node != x->node)
		return;
	x->time = q->time;
	x->seq = UINT64_MAX;
}

#define AHEAD \
	OVERTAKEN_MOST /* records behind those of one time that have to be there, or the trace ends */

static int by_from(const void *pa, const void *pb)
{
	const struct turns_move *a = pa, *b = pb;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return a->behind < b->behind ? -1 : a->behind > b->behind;
}

/* Follow the records as a reconstruction does, and find the order of those of one time. */
static int order_ties(struct feed *f, const struct machine *m, struct err *e)
{
	uint64_t ended = 0; /* so many of kswapd's runs, the last one not followed by another */
	uint8_t freed[KMM_CPUS] = {
		0
	}; /* order of each CPU's last free, as long as it may have emptied the lists */
	bool idle = false;
	struct awake_run awake[KMM_NODES] = { 0 };
	struct turns_move woken;
	struct awake_factors *factors = calloc(1, sizeof(*factors));
	struct turns turns = { 0 };
	struct latefree late;
	struct request *q = malloc(FEED_RECORDS * sizeof(*q));
	uint16_t *order = malloc(TIEORDER_MOST * sizeof(*order));
	struct recorded *r = recorded_new(m, e);
	int n = 0, ret = q && order && r && factors ? 0 : err_set(e, ENOMEM, "out of memory");
	bool started = false;

	if (latefree_init(&late, m) < 0)
		ret = err_set(e, ENOMEM, "out of memory for %llu page frames",
			      (unsigned long long)m->max_pfn);
	if (r)
		recorded_follow(r, &f->silent);
	while (ret >= 0 && (n = feed_next(f, q, e)) > 0) {
		uint64_t first = f->given - f->held_count - (uint64_t)n;

		for (uint32_t i = 0, k; i < (uint32_t)n && ret >= 0; i += k) {
			uint32_t moved;
			bool ties;

			k = one_time(q + i, (uint32_t)n - i);
			/* It, or what an operation of it does, may go on in the next block. */
			if (i && i + k + AHEAD > (uint32_t)n && f->block < f->blocks &&
			    k < TIEORDER_MOST) {
				ret = hold_back(f, q, i, (uint32_t)n, e);
				break;
			}
			if (!started && q[i].sig.op == OBS_MARK && q[i].pfn == f->marks.start) {
				ret = recorded_seed(r, &m->before, e);
				started = true;
			}
			if (!started)
				continue;
			ties = tieorder_matters(q + i, k);
			moved = ties ? 0 : overtaken_by(r, q + i, (uint32_t)n - i);
			if (moved >= k)
				k = moved + 1;
			for (uint32_t x = i; x < i + k; x++) {
				bool works;

				idle |= q[x].kswapd_ends != 0;
				ended += q[x].kswapd_ends != 0;
				if (q[x].kswapd_ends)
					awake_end(&awake[q[x].kswapd_ends - 1],
						  &f->known.ends[ended - 1]);
				if (idle && ended &&
				    awake_settled(&f->known.ends[ended - 1], &q[x]))
					idle = false;
				if (q[x].sig.op == REQ_PAGE_FREE)
					freed[q[x].cpu % KMM_CPUS] = awake_factors_any(factors, m,
										       &q[x]) ?
									     q[x].sig.order :
									     0;
				works = awake_drain(r, m, &q[i], &q[x], (uint32_t)n - x,
						    freed[q[x].cpu % KMM_CPUS]);
				awake_factors_follow(factors, m, &q[x]);
				if (idle && ended && works)
					extend_kswapd(f, m, &q[x], ended);
				if (awake_follow(awake, r, m, &q[i], &q[x], (uint32_t)n - x, works,
						 ties || moved ? UINT64_MAX : first + x, &woken))
					latefree_move(&late, woken);
			}
			for (uint32_t x = 0; !ties && x < k; x++) {
				uint32_t at = !x ? moved : x <= moved ? x - 1 : x;

				if (x <= moved)
					order[x] = (uint16_t)at;
				latefree_record(&late, r, &q[i + at], first + i + x);
				recorded_apply(r, &q[i + at]);
			}
			if (moved && turns_add(&turns, first + i, moved + 1, order) < 0)
				ret = err_set(e, ENOMEM, "out of memory");
			if (ties &&
			    tieorder_follow(r, &late, &f->leaving, first + i, q + i, k, order) &&
			    turns_add(&turns, first + i, k, order) < 0) {
				ret = err_set(e, ENOMEM, "out of memory");
			}
		}
	}
	if (late.move_count)
		qsort(late.moves, late.move_count, sizeof(*late.moves), by_from);
	if (ret >= 0 && (late.no_memory || turns_move(&turns, late.moves, late.move_count) < 0))
		ret = err_set(e, ENOMEM, "out of memory");
	f->turns = turns;
	latefree_free(&late);
	free(q);
	free(order);
	free(factors);
	recorded_free(r);
	f->block = 0;
	f->number = f->given = f->turned = f->ended = f->tied = f->silent_at = f->gone_at =
		f->left = 0;
	early_rewind(&f->early);
	f->held_count = 0;
	return ret < 0 ? ret : n;
}

int feed_open(struct feed *f, struct kmw_reader *k, struct machine *m, struct population *objects,
	      struct sides_source *sides, struct err *e)
{
	bool lists = m->before.have_lists;
	int ret;

	memset(f, 0, sizeof(*f));
	f->k = k;
	f->blocks = kmw_block_count(k);
	f->scratch = kmw_scratch_new();
	f->batch = malloc(sizeof(*f->batch));
	if (!f->scratch || !f->batch)
		return err_set(e, ENOMEM, "out of memory");
	batch_init(f->batch, m);
	f->marks.start = lists ? lists_mark(k, &m->before, "snap: before/struct_page.raw end") :
				 mark(k, "snap: before/kpageflags end");
	f->marks.counted = mark(k, "snap: before/zoneinfo begin");
	f->marks.score_end = mark(k, "snap: after begin");
	f->marks.after_buddyinfo = mark(k, "snap: after/buddyinfo begin");
	f->marks.after_pagetypeinfo = mark(k, "snap: after/pagetypeinfo begin");
	f->marks.buddyinfo_read = mark(k, "snap: after/buddyinfo end");
	f->marks.pagetypeinfo_read = mark(k, "snap: after/pagetypeinfo end");
	f->marks.after_slabinfo = mark(k, "snap: after/slabinfo begin");
	f->marks.after_zoneinfo = mark(k, "snap: after/zoneinfo begin");
	f->marks.frames_read = m->after.have_lists && !m->after.lists_mark[0] ?
				       mark(k, "snap: after/struct_page.raw begin") :
				       UINT32_MAX;
	f->marks.after_frames = m->after.have_lists ?
					lists_mark(k, &m->after,
						   "snap: after/struct_page.raw end") :
					mark(k, "snap: after/kpageflags begin");
	ret = look_ahead(f, m, objects, sides, e);
	if (ret < 0)
		return ret;
	free(m->before.tags);
	m->before.tags = f->known.type;
	m->before.tag_count = f->known.blocks;
	f->known.type = NULL;
	for (uint32_t z = 0; z < m->zone_count; z++)
		m->before.pcp_batch[z] = f->batch->zone[z].early;
	if (f->origin.first) {
		ret = origin_settle(&f->origin, m, e);
		m->have_before |= !ret && m->before.have_kpageflags;
	}
	if ((f->have_ties || f->race.seen || f->known.end_count) && lists &&
	    f->marks.start != UINT32_MAX)
		ret = order_ties(f, m, e);
	return ret;
}
