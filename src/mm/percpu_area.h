/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * percpu_area: the map of one per-CPU chunk: which of its 4-byte cells are
 * taken, and hints that spare most of the search.  The hints are part of the
 * behaviour, not only of the speed: where they are coarse the kernel passes
 * over holes, and so must we.  After Linux 4.14 to 6.1, mm/percpu.c.
 *
 * One block of hints covers one page, one more the whole chunk.  In a block
 * `best` is the largest known run of free cells and `scan` a smaller one before
 * it, up to which the search for something larger need not look (a run that an
 * alignment once hid may be overlooked so).
 */
#ifndef MM_PERCPU_AREA_H
#define MM_PERCPU_AREA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

#define CELL 4		/* bytes, PCPU_MIN_ALLOC_SIZE */
#define PAGE_CELLS 1024 /* cells of a page, one hint block */

struct percpu_hint {
	int cells;	 /* that this block covers */
	int first;	 /* where the first free one may be */
	int left, right; /* free at the beginning, at the end */
	int best, best_at;
	int scan, scan_at;
};

struct percpu_area {
	uint64_t *taken;   /* by cell */
	uint64_t *bound;   /* first cells, and those behind a last one */
	uint64_t *present; /* by page: populated */
	struct percpu_hint all;
	struct percpu_hint *page;
	int pages, cells;
	int free;	 /* cells */
	int present_n;	 /* pages */
	int empty_pages; /* populated and wholly free */
	int from, to;	 /* cells that can be allocated */
};

/* 0 or -ENOMEM.  Of `pages` pages only the cells [from, to) can ever be allocated. */
int percpu_area_init(struct percpu_area *a, int pages, int from, int to);
void percpu_area_free(struct percpu_area *a);
/* Where a run might fit, to be handed to _take(); -1.  align in cells, a power of two. */
int percpu_area_find(const struct percpu_area *a, int cells, int align, bool present_only);
/* Take the first run that fits at or after `from`, within a page of it.  The cell, or -1. */
int percpu_area_take(struct percpu_area *a, int cells, int align, int from);
/* Take exactly this run; false if some of it is taken. */
bool percpu_area_take_at(struct percpu_area *a, int cells, int at);
/* Give back what begins at this cell: how many cells; 0 if nothing begins there. */
int percpu_area_give(struct percpu_area *a, int at);
/* Pages [from, to) got memory, or lost it. */
void percpu_area_populate(struct percpu_area *a, int from, int to);
void percpu_area_depopulate(struct percpu_area *a, int from, int to);
/* Size of the allocation that begins here, in cells; 0 if none does. */
int percpu_area_size(const struct percpu_area *a, int at);
/* Is this cell one of those that can never be allocated? */
static inline bool percpu_area_hidden(const struct percpu_area *a, int at)
{
	return at < a->from || at >= a->to;
}

/* NULL, or which rule is broken. */
const char *percpu_area_check(const struct percpu_area *a);

#pragma GCC visibility pop
#endif
