// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/taken.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mm/gfp.h"

void taken_free(struct taken *t)
{
	free(t->page);
	free(t->mistaken);
	free(t->gone);
	free(t->past);
	memset(t, 0, sizeof(*t));
}

/* The array with room for one more, if there is memory; else as it was. */
static void *grown(struct taken *t, void *all, uint64_t count, uint64_t *room, size_t size)
{
	uint64_t more = *room ? *room * 2 : 64;
	void *p;

	if (count < *room)
		return all;
	p = realloc(all, more * size);
	if (!p) {
		t->no_memory = true;
		return all;
	}
	*room = more;
	return p;
}

void taken_add(struct taken *t, const struct taken_page *page)
{
	t->page = grown(t, t->page, t->count, &t->room, sizeof(*t->page));
	if (t->count < t->room)
		t->page[t->count++] = *page;
}

void taken_mistake(struct taken *t, const struct taken_page *page)
{
	t->mistaken = grown(t, t->mistaken, t->mistaken_count, &t->mistaken_room,
			    sizeof(*t->mistaken));
	if (t->mistaken_count < t->mistaken_room)
		t->mistaken[t->mistaken_count++] = *page;
}

void taken_gone(struct taken *t, uint64_t number, uint32_t pfn)
{
	t->gone = grown(t, t->gone, t->gone_count, &t->gone_room, sizeof(*t->gone));
	if (t->gone_count < t->gone_room)
		t->gone[t->gone_count++] = (struct taken_frame){ number, pfn };
}

void taken_past(struct taken *t, uint64_t number)
{
	t->past = grown(t, t->past, t->past_count, &t->past_room, sizeof(*t->past));
	if (t->past_count < t->past_room)
		t->past[t->past_count++] = number;
}

/* What is missing behind a page that a bulk allocation did not get after all, it got. */
static int correct(struct taken *t, unsigned cpus)
{
	uint32_t *owed = calloc(cpus + 1, sizeof(*owed));
	uint64_t kept = 0, seen = 0;

	if (!owed)
		return -ENOMEM;
	for (uint64_t k = 0; k < t->count; k++) {
		struct taken_page *p = &t->page[k];

		while (seen < t->mistaken_count && t->mistaken[seen].number <= p->number)
			owed[t->mistaken[seen++].cpu]++;
		if (!p->order && p->type == KMM_UNMOVABLE && owed[p->cpu])
			owed[p->cpu]--;
		else
			t->page[kept++] = *p;
	}
	t->count = kept;
	free(owed);
	return 0;
}

static int by_number(const void *pa, const void *pb)
{
	const struct taken_page *a = pa, *b = pb;

	return a->number < b->number ? -1 : a->number > b->number;
}

static int gone_by_number(const void *pa, const void *pb)
{
	const struct taken_frame *a = pa, *b = pb;

	return a->number != b->number ? a->number < b->number ? -1 : 1 :
	       a->pfn < b->pfn	      ? -1 :
					a->pfn > b->pfn;
}

int taken_end(struct taken *t, unsigned cpus)
{
	if (t->no_memory)
		return -ENOMEM;
	if (t->count)
		qsort(t->page, t->count, sizeof(*t->page), by_number);
	if (t->mistaken_count)
		qsort(t->mistaken, t->mistaken_count, sizeof(*t->mistaken), by_number);
	if (t->gone_count)
		qsort(t->gone, t->gone_count, sizeof(*t->gone), gone_by_number);
	return correct(t, cpus);
}
