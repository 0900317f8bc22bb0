/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * colour: the palettes of all figures.  Categories take the eight colours of
 * Okabe and Ito, which a colour-blind reader can tell apart; what has an order
 * takes a scale whose lightness falls steadily, so that it also reads in grey.
 */
#ifndef ANALYZE_COLOUR_H
#define ANALYZE_COLOUR_H

#include <stdint.h>

struct colour {
	uint8_t r, g, b;
};

#define COLOUR_INK ((struct colour){ 0x1f, 0x29, 0x33 })   /* titles */
#define COLOUR_MUTED ((struct colour){ 0x52, 0x5f, 0x6b }) /* tick labels */
#define COLOUR_GRID ((struct colour){ 0xe3, 0xe7, 0xeb })
#define COLOUR_FRAME ((struct colour){ 0x9a, 0xa5, 0xb1 })
#define COLOUR_GREY ((struct colour){ 0x8f, 0x96, 0x9d })

/* An order of blocks, 0 light to orders - 1 dark. */
struct colour colour_order(unsigned order, unsigned orders);
/* A migratetype, KMM_MIGRATETYPES for unknown. */
struct colour colour_type(unsigned type);
/* A state of memory, enum store_cell. */
struct colour colour_cell(unsigned kind);
/* 0..1, light to dark. */
struct colour colour_heat(double v);
/* Okabe and Ito's, by their usual number, 0 black to 7 purple. */
struct colour colour_category(unsigned i);

#endif
