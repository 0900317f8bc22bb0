// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/bits.h"
#include "mm/percpu.h"

/* For the stock: fail rather than reclaim hard. */
#define STOCK_GFP (PERCPU_GFP | KMM_GFP_NORETRY | KMM_GFP_NOWARN)

/* Of the wholly free chunks one is kept; `unbacked`: destroy only those without pages. */
static void destroy_free_chunks(struct kmm_percpu *p, bool unbacked)
{
	struct chunk *head = &p->slot[p->free_slot], *next;

	for (struct chunk *c = head->next; c != head; c = next) {
		uint64_t base = c->base;

		next = c->next;
		if (c == head->next || (unbacked && c->area.empty_pages))
			continue;
		if (c->area.present_n) {
			int present = c->area.present_n;

			percpu_release_pages(p, c, 0, c->area.pages);
			p->stats.pages_depopulated += (uint64_t)present * p->cpus;
			p->empty_pages -= c->area.empty_pages;
		}
		percpu_destroy_chunk(p, c);
		p->stats.chunks_destroyed++;
		PERCPU_OBSERVE(p, percpu_destroy_chunk, base);
	}
}

static bool page_empty(const struct chunk *c, int page)
{
	return c->area.page[page].best == PAGE_CELLS && bits_test(c->area.present, (size_t)page);
}

/*
 * Take empty pages from a chunk, the last ones first.  False if the stock ran
 * low, so that the chunk is needed after all.
 */
static bool shed_pages(struct kmm_percpu *p, struct chunk *c)
{
	bool flushed = false, kept = true;

	for (int i = c->area.pages; i > 0 && c->area.empty_pages;) {
		int end = i;

		if (p->empty_pages < EMPTY_PAGES_HIGH) {
			kept = false;
			break;
		}
		while (i > 0 && page_empty(c, i - 1))
			i--;
		if (i < end) {
			percpu_depopulate(p, c, i, end);
			flushed = true;
		} else {
			i--;
		}
	}
	p->stats.tlb_flushes += flushed;
	return kept;
}

static void reclaim_pages(struct kmm_percpu *p)
{
	struct chunk *head = &p->slot[p->to_depopulate], *c;

	while ((c = head->next) != head) {
		bool kept = shed_pages(p, c);

		if (!kept || (size_t)c->area.free * CELL == p->unit_size)
			percpu_reintegrate(p, c);
		else
			percpu_move(p, c, p->sidelined, false);
	}
}

/* Populate up to n pages of the chunk; how many. */
static int stock_chunk(struct kmm_percpu *p, struct chunk *c, unsigned cpu, int n, bool *failed)
{
	int done = 0, pages = c->area.pages, at = 0;

	while (done < n) {
		int to;

		at = (int)bits_find(c->area.present, false, (size_t)at, (size_t)pages);
		if (at >= pages)
			break;
		to = (int)bits_find(c->area.present, true, (size_t)at, (size_t)pages);
		if (to - at > n - done)
			to = at + n - done;
		if (percpu_populate(p, c, cpu, at, to, STOCK_GFP)) {
			*failed = true;
			break;
		}
		done += to - at;
		at = to;
	}
	return done;
}

/* The first chunk of the slot that lacks pages. */
static struct chunk *unpopulated_chunk(struct kmm_percpu *p, unsigned slot)
{
	for (struct chunk *c = p->slot[slot].next; c != &p->slot[slot]; c = c->next)
		if (c->area.present_n < c->area.pages)
			return c;
	return NULL;
}

static void fill_stock(struct kmm_percpu *p, unsigned cpu)
{
	bool failed = false;

	for (;;) {
		int want = EMPTY_PAGES_HIGH;

		if (p->atomic_failed)
			p->atomic_failed = false;
		else if (p->empty_pages >= EMPTY_PAGES_HIGH)
			return;
		else if (p->empty_pages > 0)
			want -= p->empty_pages;
		/* The fullest chunks first. */
		for (unsigned slot = percpu_slot_of_size(p, PAGE_BYTES);
		     slot <= p->free_slot && want && !failed; slot++) {
			struct chunk *c = unpopulated_chunk(p, slot);

			if (c)
				want -= stock_chunk(p, c, cpu, want, &failed);
		}
		if (failed || !want || !percpu_create_chunk(p))
			return;
	}
}

bool kmm_percpu_balance_pending(const struct kmm_percpu *p)
{
	return p->balance;
}

void kmm_percpu_balance(struct kmm_percpu *p, unsigned cpu)
{
	p->balance = false;
	destroy_free_chunks(p, false);
	reclaim_pages(p);
	fill_stock(p, cpu);
	destroy_free_chunks(p, true);
}
