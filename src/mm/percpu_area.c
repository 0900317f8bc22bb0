// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/percpu_area.h"

#include <errno.h>
#include <string.h>

#include "mm/bits.h"

static int align_up(int at, int align)
{
	return (at + align - 1) & -align;
}

/* Alignment of a cell number; that of 0 is the best. */
static int alignment(int at)
{
	return at ? __builtin_ctz((unsigned)at) : 31;
}

static bool overlap(int a, int a_len, int b, int b_len)
{
	return a < b + b_len && b < a + a_len;
}

/* ---- hints ---- */

/* A free run [start, end) of the block is known: fit it in. */
static void hint_learn(struct percpu_hint *h, int start, int end)
{
	int run = end - start;

	if (start < h->first)
		h->first = start;
	if (!start)
		h->left = run;
	if (end == h->cells)
		h->right = run;

	if (run > h->best) {
		/* The old best may serve as the scan hint, which lies before the best. */
		if (start < h->best_at) {
			h->scan = 0;
		} else if (h->best > h->scan) {
			h->scan_at = h->best_at;
			h->scan = h->best;
		} else if (start < h->scan_at) {
			h->scan = 0;
		}
		h->best_at = start;
		h->best = run;
	} else if (run == h->best) {
		if (h->best_at && alignment(start) > alignment(h->best_at)) {
			h->best_at = start;
			if (start < h->scan_at && h->best > h->scan)
				h->scan = 0;
		} else if (start > h->scan_at || h->best > h->scan) {
			h->scan_at = start;
			h->scan = run;
		}
	} else if (start < h->best_at &&
		   (run > h->scan || (run == h->scan && start > h->scan_at))) {
		h->scan_at = start;
		h->scan = run;
	}
}

/* The best run is gone: continue from the scan hint.  Returns where to look on. */
static int hint_restart(struct percpu_hint *h)
{
	if (!h->scan) {
		h->best = 0;
		return h->first;
	}
	h->best_at = h->scan_at;
	h->best = h->scan;
	h->scan = 0;
	return h->best_at + h->best;
}

/* Where the search for so many cells may begin in the block. */
static int hint_from(const struct percpu_hint *h, int cells)
{
	if (h->scan && h->best_at > h->scan_at && cells > h->scan)
		return h->scan_at + h->scan;
	return h->first;
}

static bool hint_fits(const struct percpu_hint *h, int cells, int align)
{
	return align_up(h->best_at, align) - h->best_at + cells <= h->best;
}

static void hint_fill(struct percpu_hint *h, bool is_free)
{
	h->scan = 0;
	h->best = h->left = h->right = is_free ? h->cells : 0;
	if (is_free)
		h->first = h->best_at = 0;
}

static void page_rescan(struct percpu_area *a, int page)
{
	struct percpu_hint *h = &a->page[page];
	size_t base = (size_t)page * PAGE_CELLS, end = base + PAGE_CELLS, at;

	at = base + (size_t)hint_restart(h);
	h->right = 0;
	while ((at = bits_find(a->taken, false, at, end)) < end) {
		size_t stop = bits_find(a->taken, true, at, end);

		hint_learn(h, (int)(at - base), (int)(stop - base));
		at = stop;
	}
}

/*
 * The next free run as the pages' hints know it, from cell *at on: at most one
 * run inside a page and one over its end.  Sets *at and *run.
 */
static void next_known_run(const struct percpu_area *a, int *at, int *run)
{
	int inside = *at % PAGE_CELLS;

	*run = 0;
	for (int page = *at / PAGE_CELLS; page < a->pages; page++, inside = 0) {
		const struct percpu_hint *h = &a->page[page];

		if (*run) {
			*run += h->left;
			if (h->left == PAGE_CELLS)
				continue;
			return;
		}
		*run = h->best;
		if (h->best && h->best_at >= inside && h->best + h->best_at < PAGE_CELLS) {
			*at = page * PAGE_CELLS + h->best_at;
			return;
		}
		*run = h->right;
		*at = (page + 1) * PAGE_CELLS - h->right;
	}
}

static void chunk_rescan(struct percpu_area *a, bool all)
{
	int at, run;

	if (all)
		a->all.scan = 0;
	at = hint_restart(&a->all);
	for (next_known_run(a, &at, &run); at < a->cells; next_known_run(a, &at, &run)) {
		hint_learn(&a->all, at, at + run);
		at += run + 1;
	}
}

/* ---- searching ---- */

/* Like next_known_run(), but only what holds so many cells; *run: how far to skip if unwanted. */
static void next_fit(const struct percpu_area *a, int cells, int align, int *at, int *run)
{
	int inside = *at % PAGE_CELLS;

	*run = 0;
	for (int page = *at / PAGE_CELLS; page < a->pages; page++, inside = 0) {
		const struct percpu_hint *h = &a->page[page];
		int tail;

		if (*run) {
			*run += h->left;
			if (*run >= cells)
				return;
			if (h->left == PAGE_CELLS)
				continue;
		}
		if (h->best && h->best_at >= inside && hint_fits(h, cells, align)) {
			int from = hint_from(h, cells);

			*run = align_up(h->best_at, align) - from + cells;
			*at = page * PAGE_CELLS + from;
			return;
		}
		tail = align_up(PAGE_CELLS - h->right, align);
		*run = PAGE_CELLS - tail;
		*at = page * PAGE_CELLS + tail;
		if (*run >= cells)
			return;
	}
	*at = a->cells;
}

/* Whether all pages of a run are populated; if not, *next is where to look on. */
static bool run_present(const struct percpu_area *a, int at, int cells, int *next)
{
	size_t from = (size_t)(at / PAGE_CELLS);
	size_t to = (size_t)((at + cells + PAGE_CELLS - 1) / PAGE_CELLS);
	size_t hole = bits_find(a->present, false, from, to);

	if (hole >= to)
		return true;
	*next = (int)bits_find(a->present, true, hole + 1, to) * PAGE_CELLS;
	return false;
}

int percpu_area_find(const struct percpu_area *a, int cells, int align, bool present_only)
{
	int at, run, next = 0;

	if (!hint_fits(&a->all, cells, align))
		return -1;
	at = hint_from(&a->all, cells);
	for (next_fit(a, cells, align, &at, &run); at < a->cells;
	     next_fit(a, cells, align, &at, &run)) {
		if (!present_only || run_present(a, at, run, &next))
			return at;
		at = next;
	}
	return -1;
}

/* The largest run that a search passed over becomes a scan hint of its page. */
static void learn_passed(struct percpu_area *a, int at, int run)
{
	int page = at / PAGE_CELLS, inside = at % PAGE_CELLS;
	size_t base = (size_t)page * PAGE_CELLS;

	if (inside + run > PAGE_CELLS)
		return;
	hint_learn(&a->page[page], (int)(bits_run_start(a->taken, base, (size_t)at) - base),
		   inside + run);
}

/* ---- taking ---- */

static void take_in_page(struct percpu_area *a, int page, int from, int to)
{
	struct percpu_hint *h = &a->page[page];
	size_t base = (size_t)page * PAGE_CELLS;

	if (from == h->first)
		h->first = (int)(bits_find(a->taken, false, base + (size_t)to, base + PAGE_CELLS) -
				 base);
	if (overlap(h->scan_at, h->scan, from, to - from))
		h->scan = 0;
	if (overlap(h->best_at, h->best, from, to - from)) {
		if (!from)
			h->left = 0;
		page_rescan(a, page);
		return;
	}
	if (h->left > from)
		h->left = from;
	if (h->right > PAGE_CELLS - to)
		h->right = PAGE_CELLS - to;
}

/* The end of a run that began in a page before: it covers the page's beginning. */
static void take_page_start(struct percpu_area *a, int page, int to)
{
	struct percpu_hint *h = &a->page[page];
	size_t base = (size_t)page * PAGE_CELLS;

	h->first = (int)(bits_find(a->taken, false, base + (size_t)to, base + PAGE_CELLS) - base);
	if (to == PAGE_CELLS) {
		hint_fill(h, false);
		return;
	}
	if (to > h->scan_at)
		h->scan = 0;
	h->left = 0;
	if (to > h->best_at)
		page_rescan(a, page);
	else if (h->right > PAGE_CELLS - to)
		h->right = PAGE_CELLS - to;
}

static void take_run(struct percpu_area *a, int cells, int at)
{
	int first = at / PAGE_CELLS, last = (at + cells - 1) / PAGE_CELLS;

	for (int page = first; page <= last; page++)
		a->empty_pages -= a->page[page].best == PAGE_CELLS;
	bits_set(a->taken, (size_t)at, (size_t)cells);
	bits_set(a->bound, (size_t)at, 1);
	bits_clear(a->bound, (size_t)at + 1, (size_t)cells - 1);
	bits_set(a->bound, (size_t)at + (size_t)cells, 1);
	a->free -= cells;
	if (at == a->all.first)
		a->all.first = (int)bits_find(a->taken, false, (size_t)at + (size_t)cells,
					      (size_t)a->cells);

	take_in_page(a, first, at % PAGE_CELLS,
		     first == last ? at % PAGE_CELLS + cells : PAGE_CELLS);
	for (int page = first + 1; page < last; page++)
		hint_fill(&a->page[page], false);
	if (last != first)
		take_page_start(a, last, (at + cells - 1) % PAGE_CELLS + 1);
	if (overlap(a->all.scan_at, a->all.scan, at, cells))
		a->all.scan = 0;
	if (overlap(a->all.best_at, a->all.best, at, cells))
		chunk_rescan(a, false);
}

int percpu_area_take(struct percpu_area *a, int cells, int align, int from)
{
	size_t n = (size_t)cells, at = (size_t)from, end = at + n + PAGE_CELLS;
	int passed = 0, passed_at = 0;

	if (end > (size_t)a->cells)
		end = (size_t)a->cells;
	for (;;) {
		size_t stop;
		int run;

		at = bits_find(a->taken, false, at, end);
		at = (size_t)align_up((int)at, align);
		if (at + n > end)
			return -1;
		stop = bits_find(a->taken, true, at, at + n);
		if (stop == at + n)
			break;
		run = (int)(stop - at);
		if (run > passed || (run == passed && passed_at &&
				     (!at || alignment((int)at) > alignment(passed_at)))) {
			passed = run;
			passed_at = (int)at;
		}
		at = stop + 1;
	}
	if (passed)
		learn_passed(a, passed_at, passed);
	take_run(a, cells, (int)at);
	return (int)at;
}

bool percpu_area_take_at(struct percpu_area *a, int cells, int at)
{
	if (cells <= 0 || at < 0 || at > a->cells - cells ||
	    bits_find(a->taken, true, (size_t)at, (size_t)at + (size_t)cells) <
		    (size_t)at + (size_t)cells)
		return false;
	take_run(a, cells, at);
	return true;
}

/* ---- giving back ---- */

int percpu_area_size(const struct percpu_area *a, int at)
{
	if (at < 0 || at >= a->cells || !bits_test(a->bound, (size_t)at) ||
	    !bits_test(a->taken, (size_t)at))
		return 0;
	return (int)bits_find(a->bound, true, (size_t)at + 1, (size_t)a->cells) - at;
}

int percpu_area_give(struct percpu_area *a, int at)
{
	int cells = percpu_area_size(a, at);
	int first = at / PAGE_CELLS, last = (at + cells - 1) / PAGE_CELLS, start, end;
	size_t base = (size_t)first * PAGE_CELLS, last_base = (size_t)last * PAGE_CELLS;

	if (!cells)
		return 0;
	bits_clear(a->taken, (size_t)at, (size_t)cells);
	a->free += cells;
	if (at < a->all.first)
		a->all.first = at;

	/* The whole free run around it, as far as its pages reach. */
	start = (int)(bits_run_start(a->taken, base, (size_t)at) - base);
	end = (int)(bits_find(a->taken, true, (size_t)at + (size_t)cells, last_base + PAGE_CELLS) -
		    last_base);
	hint_learn(&a->page[first], start, first == last ? end : PAGE_CELLS);
	if (last != first)
		hint_learn(&a->page[last], 0, end);
	for (int page = first + 1; page < last; page++)
		hint_fill(&a->page[page], true);
	for (int page = first; page <= last; page++)
		a->empty_pages += a->page[page].best == PAGE_CELLS;

	/*
	 * The chunk's best may miss a run's growth within a page.  A free inside a page other than the first does
	 * not reach it: the kernel (5.1 to 6.18) takes the end within the page for one within the
	 * chunk there, so that the run seems empty.
	 */
	if (first != last || end - start >= PAGE_CELLS)
		chunk_rescan(a, true);
	else if (!first)
		hint_learn(&a->all, start, end);
	return cells;
}

/* ---- pages ---- */

void percpu_area_populate(struct percpu_area *a, int from, int to)
{
	bits_set(a->present, (size_t)from, (size_t)(to - from));
	a->present_n += to - from;
	a->empty_pages += to - from;
}

void percpu_area_depopulate(struct percpu_area *a, int from, int to)
{
	bits_clear(a->present, (size_t)from, (size_t)(to - from));
	a->present_n -= to - from;
	a->empty_pages -= to - from;
}

int percpu_area_init(struct percpu_area *a, int pages, int from, int to)
{
	memset(a, 0, sizeof(*a));
	a->pages = pages;
	a->cells = pages * PAGE_CELLS;
	a->from = from;
	a->to = to;
	a->taken = bits_new((size_t)a->cells);
	a->bound = bits_new((size_t)a->cells + 1);
	a->present = bits_new((size_t)pages);
	a->page = calloc((size_t)pages, sizeof(*a->page));
	if (!a->taken || !a->bound || !a->present || !a->page) {
		percpu_area_free(a);
		return -ENOMEM;
	}
	for (int i = 0; i < pages; i++) {
		a->page[i].cells = PAGE_CELLS;
		hint_fill(&a->page[i], true);
	}
	a->all.cells = a->cells;
	hint_fill(&a->all, true);
	a->free = a->cells;
	bits_set(a->bound, 0, 1);
	bits_set(a->bound, (size_t)a->cells, 1);
	if (from)
		take_run(a, from, 0);
	if (to < a->cells)
		take_run(a, a->cells - to, to);
	return 0;
}

void percpu_area_free(struct percpu_area *a)
{
	free(a->taken);
	free(a->bound);
	free(a->present);
	free(a->page);
	memset(a, 0, sizeof(*a));
}

/* ---- checking ---- */

static const char *check_page(const struct percpu_area *a, int page)
{
	const struct percpu_hint *h = &a->page[page];
	size_t base = (size_t)page * PAGE_CELLS, end = base + PAGE_CELLS, at = base;
	int longest = 0, left = 0, right = 0;

	while ((at = bits_find(a->taken, false, at, end)) < end) {
		size_t stop = bits_find(a->taken, true, at, end);
		int run = (int)(stop - at);

		if (at == base)
			left = run;
		if (stop == end)
			right = run;
		if (run > longest)
			longest = run;
		if ((int)(at - base) < h->first)
			return "a free cell lies before the page's first free one";
		at = stop;
	}
	if (h->best > longest || (longest == PAGE_CELLS && h->best != longest))
		return "a page's best run is longer than any, or misses a free page";
	/*
	 * Where a scan hint behind the best run takes its place, the kernel does not look at the
	 * page's ends again: the right one may be known too small, the left one too large.
	 */
	if (h->left < left || h->right > right)
		return "a page's free ends are wrong";
	if (h->best && bits_find(a->taken, true, base + (size_t)h->best_at,
				 base + (size_t)(h->best_at + h->best)) <
			       base + (size_t)(h->best_at + h->best))
		return "a page's best run is not free";
	if (h->scan && h->scan > h->best)
		return "a page's scan hint is larger than its best";
	return NULL;
}

const char *percpu_area_check(const struct percpu_area *a)
{
	int empty = 0, longest = 0;
	size_t at = 0;

	for (int i = 0; i < a->pages; i++) {
		const char *bad = check_page(a, i);

		if (bad)
			return bad;
		empty += a->page[i].best == PAGE_CELLS && bits_test(a->present, (size_t)i);
	}
	if (empty != a->empty_pages)
		return "the empty populated pages are miscounted";
	if ((int)bits_count(a->present, 0, (size_t)a->pages) != a->present_n)
		return "the populated pages are miscounted";
	if (a->cells - (int)bits_count(a->taken, 0, (size_t)a->cells) != a->free)
		return "the free cells are miscounted";
	if (bits_find(a->taken, false, 0, (size_t)a->cells) < (size_t)a->all.first)
		return "a free cell lies before the chunk's first free one";
	while ((at = bits_find(a->taken, false, at, (size_t)a->cells)) < (size_t)a->cells) {
		size_t stop = bits_find(a->taken, true, at, (size_t)a->cells);

		if ((int)(stop - at) > longest)
			longest = (int)(stop - at);
		at = stop;
	}
	if (a->all.best > longest)
		return "the chunk's best run is longer than any free one";
	/* What grows at both ends inside a page is not seen: less than a page on either side. */
	if (longest - a->all.best >= 2 * PAGE_CELLS)
		return "the chunk's best run misses two pages or more";
	return NULL;
}
