/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memmap: the map of memory, page frames by time, reduced to a number of cells that
 * a page can carry and merged into rectangles of one state.
 */
#ifndef ANALYZE_MEMMAP_H
#define ANALYZE_MEMMAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define MEMMAP_COLUMNS 240
#define MEMMAP_ROWS 160
#define MEMMAP_RECTS 12000 /* about 200 KB of SVG */

struct memmap_rect {
	uint16_t x0, y0, x1, y1; /* cells, [x0, x1) by [y0, y1) */
	uint8_t kind;
};

struct memmap_grid {
	unsigned columns, rows;
	uint8_t *cells; /* [columns][rows] */
	struct memmap_rect *rects;
	size_t count;
	uint8_t common; /* the most frequent state: drawn as the ground, not in rects */
};

/*
 * From cells[samples][rows], sample i at time[i] (rising), to a grid whose columns
 * are equal spans of [t0, t1].  A column shows the last sample before its middle; a
 * row the first most frequent state of its cells.  Grids that need more than
 * MEMMAP_RECTS rectangles are made coarser.  Values from `kinds` on are taken as
 * `unknown`.
 */
int memmap_reduce(const uint8_t *cells, const double *time, uint32_t samples, uint32_t rows,
		  double t0, double t1, uint8_t kinds, uint8_t unknown, struct memmap_grid *g,
		  struct err *e);
void memmap_free(struct memmap_grid *g);

#endif
