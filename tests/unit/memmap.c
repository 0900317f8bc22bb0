// SPDX-License-Identifier: GPL-2.0-or-later
/* memmap: the rectangles with their ground are exactly the grid, and never too many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/memmap.h"

#define KINDS 8
#define UNKNOWN 7

/* Paint what would be drawn and compare. */
static void check(const struct memmap_grid *g)
{
	uint8_t *painted = malloc((size_t)g->columns * g->rows);

	assert_non_null(painted);
	assert_in_range(g->count, 0, MEMMAP_RECTS);
	memset(painted, g->common, (size_t)g->columns * g->rows);
	for (size_t i = 0; i < g->count; i++) {
		const struct memmap_rect *r = &g->rects[i];

		assert_true(r->x0 < r->x1 && r->x1 <= g->columns && r->y0 < r->y1 &&
			    r->y1 <= g->rows);
		assert_true(r->kind != g->common && r->kind < KINDS);
		for (unsigned x = r->x0; x < r->x1; x++)
			for (unsigned y = r->y0; y < r->y1; y++)
				painted[x * g->rows + y] = r->kind;
	}
	assert_memory_equal(painted, g->cells, (size_t)g->columns * g->rows);
	free(painted);
}

static void random_maps(void **state)
{
	static uint8_t cells[300 * 400];
	static double time[300];

	(void)state;
	srand(3);
	for (int round = 0; round < 40; round++) {
		uint32_t samples = 1 + (uint32_t)rand() % 300, rows = 1 + (uint32_t)rand() % 400;
		int calm = 1 + rand() % 200;
		struct memmap_grid g;

		for (uint32_t i = 0; i < samples; i++)
			time[i] = i * 0.1;
		for (uint32_t i = 0; i < samples * rows; i++)
			cells[i] = i && rand() % calm ? cells[i - 1] :
							(uint8_t)(rand() % (KINDS + 2));
		assert_int_equal(memmap_reduce(cells, time, samples, rows, 0, time[samples - 1],
					       KINDS, UNKNOWN, &g, NULL),
				 0);
		check(&g);
		memmap_free(&g);
	}
}

static void noise_is_made_coarser(void **state)
{
	static uint8_t cells[MEMMAP_COLUMNS * MEMMAP_ROWS];
	static double time[MEMMAP_COLUMNS];
	struct memmap_grid g;

	(void)state;
	srand(4);
	for (unsigned i = 0; i < MEMMAP_COLUMNS; i++)
		time[i] = i;
	for (unsigned i = 0; i < sizeof(cells); i++)
		cells[i] = (uint8_t)(rand() % KINDS);
	assert_int_equal(memmap_reduce(cells, time, MEMMAP_COLUMNS, MEMMAP_ROWS, 0,
				       MEMMAP_COLUMNS - 1, KINDS, UNKNOWN, &g, NULL),
			 0);
	assert_true(g.columns < MEMMAP_COLUMNS);
	check(&g);
	memmap_free(&g);
}

static void equal_columns_are_one_rectangle(void **state)
{
	/* three samples of four cells: free, then two of user at the top, then the same */
	static const uint8_t cells[] = { 1, 1, 1, 1, 1, 1, 3, 3, 1, 1, 3, 3 };
	static const double time[] = { 0, 1, 2 };
	struct memmap_grid g;

	(void)state;
	assert_int_equal(memmap_reduce(cells, time, 3, 4, 0, 2, KINDS, UNKNOWN, &g, NULL), 0);
	assert_int_equal(g.common, 1);
	assert_int_equal(g.count, 1);
	assert_int_equal(g.rects[0].kind, 3);
	assert_int_equal(g.rects[0].x0, g.columns / 2); /* time 1 of 0..2 */
	assert_int_equal(g.rects[0].x1, g.columns);
	assert_int_equal(g.rects[0].y0, 2);
	assert_int_equal(g.rects[0].y1, 4);
	memmap_free(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_maps),
		cmocka_unit_test(noise_is_made_coarser),
		cmocka_unit_test(equal_columns_are_one_rectangle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
