// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
	hindsight_free(&f->known);
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
		more[i] = (struct feed_slot){ KMM_NO_PFN, 0 };
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
		s = &f->slots[q->slot];
		if (q->sig.op != REQ_PAGE_FREE)
			*s = (struct feed_slot){ q->pfn, q->sig.order };
		else if (q->pfn == KMM_NO_PFN)
			q->pfn = s->pfn;
	}
	return n;
}

int feed_next(struct feed *f, struct request *out, struct err *e)
{
	int n = next_block(f, out, e);
	uint64_t end = f->number + (n > 0 ? (uint64_t)n : 0);

	for (; f->turned < f->known.wrong_count && f->known.wrong[f->turned] < end; f->turned++)
		out[f->known.wrong[f->turned] - f->number].sig.flags ^= REQ_DIRECT;
	f->number = end;
	for (int i = 0; i < n; i++) {
		out[i].kswapd_ends = 0;
		if (f->ended < f->known.end_count && out[i].time > f->known.ends[f->ended].time)
			out[i].kswapd_ends = 1 + f->known.ends[f->ended++].node;
	}
	return n;
}

/* ---- the first reading ---- */

static int look_ahead(struct feed *f, struct machine *m, struct population *objects, struct err *e)
{
	struct request *q = malloc(KMW_BLOCK_RECORDS * sizeof(*q));
	int n = 0, ret = q ? 0 : err_set(e, ENOMEM, "out of memory");

	if (ret >= 0)
		ret = hindsight_init(&f->known, m, e);
	if (ret >= 0 && f->marks.start == UINT32_MAX) {
		hindsight_start(&f->known);
		if (objects)
			population_start(objects);
	}
	while (ret >= 0 && (n = next_block(f, q, e)) > 0)
		for (int i = 0; i < n && ret >= 0; i++, f->number++) {
			if (q[i].sig.op == OBS_MARK && q[i].pfn == f->marks.start) {
				hindsight_start(&f->known);
				if (objects)
					population_start(objects);
			} else if (q[i].sig.op != OBS_MARK) {
				hindsight_record(&f->known, &q[i], f->number);
				if (objects && population_record(objects, &q[i]))
					ret = err_set(e, ENOMEM, "out of memory");
			}
		}
	free(q);
	if (ret >= 0 && objects && population_settle(objects))
		ret = err_set(e, ENOMEM, "out of memory");
	if (ret >= 0)
		ret = n < 0 ? n : hindsight_end(&f->known, e);
	f->block = 0;
	f->number = 0;
	return ret;
}

int feed_open(struct feed *f, struct kmw_reader *k, struct machine *m, struct population *objects,
	      struct err *e)
{
	bool lists = m->before.have_lists;
	int ret;

	memset(f, 0, sizeof(*f));
	f->k = k;
	f->blocks = kmw_block_count(k);
	f->scratch = kmw_scratch_new();
	if (!f->scratch)
		return err_set(e, ENOMEM, "out of memory");
	f->marks.start = lists ? lists_mark(k, &m->before, "snap: before/struct_page.raw end") :
				 mark(k, "snap: before/kpageflags end");
	f->marks.score_end = mark(k, "snap: after begin");
	f->marks.after_buddyinfo = mark(k, "snap: after/buddyinfo begin");
	f->marks.after_pagetypeinfo = mark(k, "snap: after/pagetypeinfo begin");
	f->marks.after_slabinfo = mark(k, "snap: after/slabinfo begin");
	f->marks.after_zoneinfo = mark(k, "snap: after/zoneinfo begin");
	f->marks.after_frames = m->after.have_lists ?
					lists_mark(k, &m->after,
						   "snap: after/struct_page.raw end") :
					mark(k, "snap: after/kpageflags begin");
	ret = look_ahead(f, m, objects, e);
	if (ret < 0)
		return ret;
	free(m->before.tags);
	m->before.tags = f->known.type;
	m->before.tag_count = f->known.blocks;
	f->known.type = NULL;
	return 0;
}
