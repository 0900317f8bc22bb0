// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyze/memmap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

struct source {
	const uint8_t *cells;
	const double *time;
	uint32_t samples, rows;
	double t0, t1;
	uint8_t kinds, unknown;
};

/* The most frequent state among cells [from, to) of one sample. */
static uint8_t dominant(const struct source *s, const uint8_t *column, uint32_t from, uint32_t to)
{
	uint32_t n[256] = { 0 };
	uint8_t best = s->unknown;
	uint32_t most = 0;

	for (uint32_t i = from; i < to; i++) {
		uint8_t kind = column[i] < s->kinds ? column[i] : s->unknown;

		if (++n[kind] > most) {
			most = n[kind];
			best = kind;
		}
	}
	return best;
}

static void fill(const struct source *s, struct memmap_grid *g)
{
	uint32_t at = 0;

	for (unsigned c = 0; c < g->columns; c++) {
		double middle = s->t0 + (s->t1 - s->t0) * (c + 0.5) / g->columns;

		while (at + 1 < s->samples && s->time[at + 1] <= middle)
			at++;
		for (unsigned r = 0; r < g->rows; r++)
			g->cells[c * g->rows + r] =
				dominant(s, s->cells + (size_t)at * s->rows,
					 (uint32_t)((uint64_t)r * s->rows / g->rows),
					 (uint32_t)((uint64_t)(r + 1) * s->rows / g->rows));
	}
}

static void find_common(struct memmap_grid *g)
{
	size_t n[256] = { 0 }, most = 0;

	for (size_t i = 0; i < (size_t)g->columns * g->rows; i++)
		if (++n[g->cells[i]] > most) {
			most = n[g->cells[i]];
			g->common = g->cells[i];
		}
}

/*
 * A run of one state in a column lengthens the rectangle of an equal run in the
 * column before, else begins a new one.  open[row] is the rectangle that begins
 * at that row in the column before.  False if MEMMAP_RECTS do not suffice.
 */
static bool merge(struct memmap_grid *g)
{
	uint32_t open[2][MEMMAP_ROWS];

	memset(open, 0xff, sizeof(open));
	g->count = 0;
	for (unsigned c = 0; c < g->columns; c++) {
		const uint8_t *column = g->cells + c * g->rows;
		uint32_t *before = open[c & 1], *now = open[!(c & 1)];

		memset(now, 0xff, sizeof(open[0]));
		for (unsigned r = 0, end; r < g->rows; r = end) {
			struct memmap_rect *m = before[r] == NONE ? NULL : &g->rects[before[r]];

			for (end = r + 1; end < g->rows && column[end] == column[r]; end++)
				;
			if (column[r] == g->common)
				continue;
			if (m && m->y1 == end && m->kind == column[r]) {
				m->x1++;
				now[r] = before[r];
				continue;
			}
			if (g->count == MEMMAP_RECTS)
				return false;
			now[r] = (uint32_t)g->count;
			g->rects[g->count++] = (struct memmap_rect){ (uint16_t)c, (uint16_t)r,
								     (uint16_t)(c + 1),
								     (uint16_t)end, column[r] };
		}
	}
	return true;
}

int memmap_reduce(const uint8_t *cells, const double *time, uint32_t samples, uint32_t rows,
		  double t0, double t1, uint8_t kinds, uint8_t unknown, struct memmap_grid *g,
		  struct err *e)
{
	struct source s = { cells, time, samples, rows, t0, t1, kinds, unknown };

	memset(g, 0, sizeof(*g));
	if (!samples || !rows)
		return 0;
	g->columns = MEMMAP_COLUMNS;
	g->rows = rows < MEMMAP_ROWS ? rows : MEMMAP_ROWS;
	g->cells = malloc((size_t)g->columns * g->rows);
	g->rects = malloc(MEMMAP_RECTS * sizeof(*g->rects));
	if (!g->cells || !g->rects) {
		memmap_free(g);
		return err_set(e, ENOMEM, "out of memory");
	}
	for (bool narrow = true;; narrow = !narrow) {
		fill(&s, g);
		find_common(g);
		if (merge(g))
			return 0;
		if (narrow)
			g->columns /= 2;
		else
			g->rows /= 2;
	}
}

void memmap_free(struct memmap_grid *g)
{
	free(g->cells);
	free(g->rects);
	memset(g, 0, sizeof(*g));
}
