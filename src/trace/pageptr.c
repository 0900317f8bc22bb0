// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "trace/pageptr.h"

#include <stdlib.h>
#include <string.h>

#include "trace/reader.h"

#define EVENTS 100000 /* that are looked at */
#define PAGES 20000   /* and page events among them */
#define ORDERS 11

#define VMEMMAP_SPAN (1ull << 40) /* of x86-64's, and it begins at a multiple */

/* Where lowmem begins on 32-bit machines: no array starts before it. */
#define LOWMEM 0xc0000000u

/*
 * sizeof(struct page), largest first: x86-64 has 56 bytes, and 64 from 3.2 on where two words are
 * compared at once (SLUB); 32 bits have 32, and more with debugging or a virtual address in it.
 */
#define SIZES 4
static const uint32_t sizes[2][SIZES] = { { 44, 40, 36, 32 }, { 64, 56 } };

uint64_t pageptr_start(const char *text, uint32_t len)
{
	static const char cast[] = "(struct page *)";
	const char *p = memmem(text, len, cast, sizeof(cast) - 1), *end = text + len;
	uint64_t v = 0;

	if (!p)
		return 0;
	for (p += sizeof(cast) - 1; p < end && (*p == '(' || *p == ' ' || *p == ')'); p++)
		;
	if (end - p < 3 || p[0] != '0' || (p[1] | 0x20) != 'x')
		return 0;
	for (p += 2; p < end; p++) {
		unsigned c = (unsigned char)*p | 0x20u;

		if (c >= '0' && c <= '9')
			v = v << 4 | (c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (c - 'a' + 10);
		else
			break;
	}
	return v;
}

/* Would every block lie at a multiple of its size?  from: where one of the largest may begin. */
static bool blocks_fit(const struct pageptr_seen *seen, uint32_t n, uint64_t from, uint32_t size)
{
	for (uint32_t i = 0; i < n; i++) {
		uint64_t away = seen[i].addr > from ? seen[i].addr - from : from - seen[i].addr;

		if (away % ((uint64_t)size << seen[i].order))
			return false;
	}
	return true;
}

struct pageptr pageptr_guess(const struct pageptr_seen *seen, uint32_t n, uint64_t start,
			     unsigned long_size)
{
	struct pageptr a = { .start = start, .told = start != 0 };
	const uint32_t *size = sizes[long_size == 8];
	const struct pageptr_seen *largest = seen;

	for (uint32_t i = 0; i < n; i++)
		if (seen[i].order > largest->order)
			largest = &seen[i];
	if (n && !a.told)
		a.start = long_size == 8 ? largest->addr & ~(VMEMMAP_SPAN - 1) : LOWMEM;
	for (uint32_t i = 0; i < n; i++)
		if (seen[i].addr < a.start) /* no address of a struct page */
			return a;
	for (unsigned i = 0; n && i < SIZES && !a.size; i++)
		if (size[i] && blocks_fit(seen, n, a.told ? start : largest->addr, size[i]))
			a.size = size[i];
	/* The largest block tells where frame 0 can be, but for multiples of its own size. */
	if (a.size && !a.told)
		a.start += (largest->addr - a.start) % ((uint64_t)a.size << largest->order);
	return a;
}

static void set(struct types *ts, const struct pageptr *a)
{
	for (unsigned i = 0; i < ts->end; i++)
		if (ts->by_id[i] && ts->by_id[i]->binding.pfn_is_pointer)
			ts->by_id[i]->binding.pages = *a;
}

/* A page event's address: as it is bound here, the frame is the address. */
static bool is_page(const struct event *ev)
{
	return ev->kind >= EVENT_MM_PAGE_ALLOC && ev->kind <= EVENT_MM_PAGE_PCPU_DRAIN &&
	       ev->page.pfn != EVENT_NO_PFN;
}

static uint32_t look(struct trace *t, struct pageptr_seen *seen)
{
	const struct pageptr plain = { .size = 1 };
	struct event ev;
	uint32_t n = 0;

	set(&t->types, &plain);
	for (uint32_t i = 0; i < EVENTS && n < PAGES && trace_next(t, &ev, NULL) == 1; i++)
		if (is_page(&ev)) {
			seen[n].addr = ev.page.pfn;
			seen[n++].order = ev.page.order >= 0 && ev.page.order < ORDERS ?
						  (unsigned)ev.page.order :
						  0;
		}
	return n;
}

void pageptr_survey(struct trace *t)
{
	struct pageptr_seen *seen;
	struct trace *again;
	uint64_t start = 0;
	bool any = false;

	for (unsigned i = 0; i < t->types.end; i++) {
		const struct type *type = t->types.by_id[i];

		if (!type || !type->binding.pfn_is_pointer)
			continue;
		any = true;
		if (!start)
			start = pageptr_start(type->format->text, type->format->len);
	}
	if (!any)
		return;
	seen = malloc(PAGES * sizeof(*seen));
	again = seen ? trace_open_again(t) : NULL;
	if (again) {
		uint32_t n = look(again, seen);
		struct pageptr a = pageptr_guess(seen, n, start, t->info.long_size);

		set(&t->types, &a);
		t->info.page_structs = true;
		t->info.frames_told = a.told && a.size;
	}
	trace_close(again);
	free(seen);
}
