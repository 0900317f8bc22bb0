// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/framemap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/store.h"

static const char *const states[CELL_KINDS] = {
	[CELL_FREE] = "free",	    [CELL_PCP] = "pcp",	      [CELL_USER] = "user",
	[CELL_SLAB] = "slab",	    [CELL_KERNEL] = "kernel", [CELL_RECLAIMABLE] = "reclaimable",
	[CELL_UNKNOWN] = "unknown",
};

static uint8_t cell(const struct replay_run *run, uint64_t pfn)
{
	uint32_t end;

	return run->recorded ? recorded_run(run->recorded, (uint32_t)pfn, &end) :
			       simulated_run(run->simulated, (uint32_t)pfn, &end);
}

static unsigned type_of(const struct replay_run *run, uint64_t pfn)
{
	unsigned type = run->recorded ?
				recorded_pageblock(run->recorded, (uint32_t)pfn) :
				kmm_pageblock_type(simulated_model(run->simulated), (kmm_pfn)pfn);

	return type < KMM_MIGRATETYPES ? type : VIEW_UNKNOWN;
}

/* Frames alike from pfn on, within the page block. */
static uint64_t alike(const struct machine *m, const struct replay_run *run, uint64_t pfn,
		      uint64_t end)
{
	uint64_t stop = ((pfn >> m->pageblock_order) + 1) << m->pageblock_order, at = pfn + 1;
	uint8_t kind = cell(run, pfn);

	while (at < end && at < stop && cell(run, at) == kind)
		at++;
	return at - pfn;
}

/* The largest aligned block of free frames at pfn: a set of free frames is made up of blocks in one way only. */
static unsigned free_order(const struct machine *m, const struct replay_run *run, uint64_t pfn,
			   uint64_t end)
{
	unsigned order = 0;

	while (order + 1 < m->orders && !(pfn & ((2ull << order) - 1)) &&
	       pfn + (2ull << order) <= end) {
		uint64_t at = pfn + (1ull << order), stop = pfn + (2ull << order);

		while (at < stop && cell(run, at) == CELL_FREE)
			at++;
		if (at < stop)
			break;
		order++;
	}
	return order;
}

void framemap_print(const struct machine *m, const struct replay_run *run, FILE *out)
{
	fputs("pfn,frames,node,zone,state,order,pageblock_type\n", out);
	for (uint32_t z = 0; z < m->zone_count; z++) {
		const struct machine_zone *zone = &m->zones[z];
		uint64_t end = zone->start_pfn + zone->spanned, frames;

		if (end > m->max_pfn)
			end = m->max_pfn;
		for (uint64_t pfn = zone->start_pfn; pfn < end; pfn += frames) {
			uint8_t kind = cell(run, pfn);
			unsigned order = 0;

			if (kind == CELL_FREE)
				order = free_order(m, run, pfn, end);
			frames = kind == CELL_FREE ? 1ull << order : alike(m, run, pfn, end);
			if (kind == CELL_HOLE)
				continue;
			fprintf(out, "%" PRIu64 ",%" PRIu64 ",%u,%s,%s,", pfn, frames, zone->node,
				zone->name, states[kind]);
			if (kind == CELL_FREE)
				fprintf(out, "%u", order);
			fprintf(out, ",%s\n", view_type_names[type_of(run, pfn)]);
		}
	}
}

/* ---- binary ---- */

/* Little-endian, whatever machine writes it. */
static void put(FILE *out, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		putc((int)(v >> 8 * i & 255), out);
}

static void put_name(FILE *out, const char *name, size_t n)
{
	char text[64] = { 0 };

	memcpy(text, name, strnlen(name, n - 1));
	fwrite(text, 1, n, out);
}

/* The state of a frame, and of a free block's first one its order. */
static void put_frames(const struct machine *m, const struct replay_run *run, uint8_t *f)
{
	memset(f, CELL_HOLE, m->max_pfn);
	for (uint32_t z = 0; z < m->zone_count; z++) {
		const struct machine_zone *zone = &m->zones[z];
		uint64_t end = zone->start_pfn + zone->spanned, pfn = zone->start_pfn;

		if (end > m->max_pfn)
			end = m->max_pfn;
		while (pfn < end) {
			uint8_t kind = cell(run, pfn);
			unsigned order = kind == CELL_FREE ? free_order(m, run, pfn, end) : 0;

			f[pfn] = (uint8_t)(kind | order << 4);
			for (uint64_t i = 1; i < 1ull << order; i++)
				f[pfn + i] = CELL_FREE | 0xf0;
			pfn += 1ull << order;
		}
	}
}

int framemap_write(const struct machine *m, const struct replay_run *run, FILE *out)
{
	uint64_t blocks = (m->max_pfn + (1ull << m->pageblock_order) - 1) >> m->pageblock_order;
	uint8_t *f = malloc(m->max_pfn + 1);

	if (!f)
		return -ENOMEM;
	put_frames(m, run, f);
	fwrite(FRAMEMAP_MAGIC, 1, 8, out);
	put(out, m->max_pfn, 8);
	put(out, m->page_size, 4);
	put(out, m->pageblock_order, 2);
	put(out, m->zone_count, 2);
	for (uint32_t z = 0; z < m->zone_count; z++) {
		put(out, m->zones[z].start_pfn, 8);
		put(out, m->zones[z].spanned, 8);
		put(out, m->zones[z].node, 4);
		put_name(out, m->zones[z].name, 12);
	}
	for (uint64_t b = 0; b < blocks; b++)
		put(out, type_of(run, b << m->pageblock_order), 1);
	fwrite(f, 1, m->max_pfn, out);
	free(f);
	return 0;
}
