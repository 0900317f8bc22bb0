// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint32_t mark(const struct kmw_reader *k, const char *text)
{
	return intern_find(kmw_strings(k), text, strlen(text));
}

int feed_open(struct feed *f, struct kmw_reader *k, bool lists, struct err *e)
{
	memset(f, 0, sizeof(*f));
	f->k = k;
	f->blocks = kmw_block_count(k);
	f->scratch = kmw_scratch_new();
	if (!f->scratch)
		return err_set(e, ENOMEM, "out of memory");
	f->marks.start = mark(k, lists ? "snap: before/struct_page.raw end" :
					 "snap: before/kpageflags end");
	f->marks.score_end = mark(k, "snap: after begin");
	f->marks.after_buddyinfo = mark(k, "snap: after/buddyinfo begin");
	f->marks.after_pagetypeinfo = mark(k, "snap: after/pagetypeinfo begin");
	f->marks.after_zoneinfo = mark(k, "snap: after/zoneinfo begin");
	return 0;
}

void feed_close(struct feed *f)
{
	if (f->scratch)
		kmw_scratch_free(f->scratch);
	free(f->slots);
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

int feed_next(struct feed *f, struct request *out, struct err *e)
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
