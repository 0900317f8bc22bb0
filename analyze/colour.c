// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyze/colour.h"

#include "mm/gfp.h"
#include "store/store.h"

enum { BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILLION, PURPLE };

static const struct colour okabe_ito[8] = {
	{ 0x00, 0x00, 0x00 }, { 0xe6, 0x9f, 0x00 }, { 0x56, 0xb4, 0xe9 }, { 0x00, 0x9e, 0x73 },
	{ 0xf0, 0xe4, 0x42 }, { 0x00, 0x72, 0xb2 }, { 0xd5, 0x5e, 0x00 }, { 0xcc, 0x79, 0xa7 },
};

/* The viridis scale at tenths. */
static const struct colour viridis[11] = {
	{ 0x44, 0x01, 0x54 }, { 0x48, 0x24, 0x75 }, { 0x41, 0x44, 0x87 }, { 0x35, 0x5f, 0x8d },
	{ 0x2a, 0x78, 0x8e }, { 0x21, 0x91, 0x8c }, { 0x22, 0xa8, 0x84 }, { 0x44, 0xbf, 0x70 },
	{ 0x7a, 0xd1, 0x51 }, { 0xbd, 0xdf, 0x26 }, { 0xfd, 0xe7, 0x25 },
};

/* Yellow to brown, after ColorBrewer's YlOrBr. */
static const struct colour warm[6] = {
	{ 0xff, 0xf3, 0xb8 }, { 0xfe, 0xd9, 0x76 }, { 0xfe, 0xa9, 0x35 },
	{ 0xe8, 0x6d, 0x10 }, { 0xb8, 0x40, 0x05 }, { 0x6b, 0x20, 0x04 },
};

static uint8_t mix(uint8_t a, uint8_t b, double t)
{
	return (uint8_t)(a + (b - a) * t + 0.5);
}

static struct colour scale(const struct colour *stops, unsigned n, double v)
{
	double at = v <= 0 ? 0 : v >= 1 ? n - 1 : v * (n - 1);
	unsigned i = (unsigned)at;
	double t;

	if (i >= n - 1)
		i = n - 2;
	t = at - i;
	return (struct colour){ mix(stops[i].r, stops[i + 1].r, t),
				mix(stops[i].g, stops[i + 1].g, t),
				mix(stops[i].b, stops[i + 1].b, t) };
}

struct colour colour_order(unsigned order, unsigned orders)
{
	/* The lightest tenth would vanish on white paper. */
	double last = orders > 1 ? orders - 1 : 1;

	return scale(viridis, 11, 0.9 * (1 - order / last));
}

struct colour colour_type(unsigned type)
{
	static const uint8_t of[KMM_MIGRATETYPES] = {
		[KMM_UNMOVABLE] = VERMILLION, [KMM_MOVABLE] = SKY, [KMM_RECLAIMABLE] = GREEN,
		[KMM_HIGHATOMIC] = PURPLE,    [KMM_CMA] = YELLOW,  [KMM_ISOLATE] = BLACK,
	};

	return type < KMM_MIGRATETYPES ? okabe_ito[of[type]] : COLOUR_GREY;
}

struct colour colour_cell(unsigned kind)
{
	switch (kind) {
	case CELL_HOLE:
		return (struct colour){ 0xff, 0xff, 0xff };
	case CELL_FREE:
		return (struct colour){ 0xe6, 0xea, 0xee };
	case CELL_PCP:
		return okabe_ito[PURPLE];
	case CELL_USER:
		return okabe_ito[SKY];
	case CELL_SLAB:
		return okabe_ito[ORANGE];
	case CELL_KERNEL:
		return okabe_ito[VERMILLION];
	case CELL_RECLAIMABLE:
		return okabe_ito[GREEN];
	default:
		return COLOUR_GREY;
	}
}

struct colour colour_heat(double v)
{
	return scale(warm, 6, v);
}

struct colour colour_category(unsigned i)
{
	return okabe_ito[i % 8];
}
