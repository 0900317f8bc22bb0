// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * results OUT.db [samples]: a results file of an invented machine, for looking at
 * reports and for the tests of their writer.  Pages are taken and given back in
 * runs of random length; the free lists are what a buddy system would make of the
 * holes, so that all numbers agree with each other.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store.h"

#define PAGES 131072u /* 512 MiB */
#define DMA_PAGES 4096u
#define ORDERS 11
#define CELL_ROWS 160
#define BLOCK 512u

struct toy {
	uint8_t state[PAGES];
	uint8_t type[PAGES / BLOCK];
	uint64_t rng, counters[6];
};

static uint32_t rnd(struct toy *t, uint32_t n)
{
	t->rng = t->rng * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(t->rng >> 33) % n;
}

static void set(struct toy *t, uint32_t from, uint32_t n, uint8_t state)
{
	for (uint32_t i = from; i < from + n && i < PAGES; i++)
		if (t->state[i] != CELL_HOLE)
			t->state[i] = state;
}

static void start(struct toy *t, uint64_t seed)
{
	memset(t, 0, sizeof(*t));
	t->rng = 88172645463325252ull;
	memset(t->state, CELL_FREE, sizeof(t->state));
	set(t, 0, 600, CELL_KERNEL);
	memset(t->state + 156, CELL_HOLE, 100);
	set(t, 24000, 9000, CELL_KERNEL);
	for (uint32_t i = 0; i < PAGES / BLOCK; i++)
		t->type[i] = i < 6 || (i > 46 && i < 66) ? KMM_UNMOVABLE :
			     i % 61 == 7		 ? KMM_RECLAIMABLE :
							   KMM_MOVABLE;
	for (int i = 0; i < 260; i++)
		set(t, 66 * BLOCK + rnd(t, 50000), 1 + rnd(t, 220),
		    i % 3 ? CELL_USER : CELL_RECLAIMABLE);
	t->rng += seed;
}

/* Load comes and goes in waves; kernel and slab pages stay behind. */
static void step(struct toy *t, double phase)
{
	int takes = (int)(40 + 34 * sin(phase * 9));
	int gives = (int)(40 - 30 * sin(phase * 9 - 0.5));

	for (int i = 0; i < takes; i++) {
		static const uint8_t kinds[] = { CELL_USER,	   CELL_USER, CELL_USER,
						 CELL_RECLAIMABLE, CELL_SLAB, CELL_KERNEL,
						 CELL_PCP };
		uint8_t kind = kinds[rnd(t, sizeof(kinds))];
		uint32_t n = kind == CELL_USER ? 1 + rnd(t, 300) : 1 + rnd(t, 24);
		uint32_t at = rnd(t, PAGES - 400);

		set(t, at, n, kind);
		t->counters[0] += n;
		t->counters[2] += n / 4;
		if (kind == CELL_SLAB && t->type[at / BLOCK] == KMM_MOVABLE && rnd(t, 30) == 0) {
			t->type[at / BLOCK] = rnd(t, 2) ? KMM_UNMOVABLE : KMM_RECLAIMABLE;
			t->counters[4]++;
		}
	}
	for (int i = 0; i < gives * 3; i++) {
		uint32_t at = rnd(t, PAGES - 400), n = 1 + rnd(t, 260);

		for (uint32_t p = at; p < at + n; p++)
			if (t->state[p] == CELL_USER ||
			    (t->state[p] == CELL_RECLAIMABLE && rnd(t, 4) == 0)) {
				t->state[p] = CELL_FREE;
				t->counters[1]++;
				t->counters[3] += rnd(t, 4) == 0;
			}
	}
	t->counters[5] += phase > 0.7 && rnd(t, 9) == 0;
}

static void buddy(const struct toy *t, uint32_t from, uint32_t to,
		  uint32_t out[KMM_MIGRATETYPES + 1][KMM_ORDERS])
{
	for (uint32_t p = from; p < to;) {
		uint32_t run = 0;
		int o = 0;

		while (p + run < to && run < 1u << (ORDERS - 1) && t->state[p + run] == CELL_FREE)
			run++;
		if (!run) {
			p++;
			continue;
		}
		while (o + 1 < ORDERS && 2u << o <= run && p % (2u << o) == 0)
			o++;
		out[t->type[p / BLOCK]][o]++;
		p += 1u << o;
	}
}

/* anew: the machine changed since the last sample. */
static void put_sample(struct store *s, int64_t run, const struct toy *t, uint32_t seq,
		       uint64_t time, bool anew)
{
	static const char *const names[] = { "allocs", "frees",	    "refills",
					     "drains", "fallbacks", "failed" };
	static uint32_t blocks[2][KMM_MIGRATETYPES + 1][KMM_ORDERS], types[2][KMM_MIGRATETYPES + 1];
	static uint64_t pcp[2];
	static uint8_t cells[CELL_ROWS];
	struct store_sample x = { .seq = seq,
				  .time = time,
				  .request = t->counters[0],
				  .zones = 2,
				  .nr_free = blocks,
				  .pageblocks = types,
				  .pcp_pages = pcp };

	if (!anew)
		goto put;
	memset(blocks, 0, sizeof(blocks));
	memset(types, 0, sizeof(types));
	memset(pcp, 0, sizeof(pcp));
	buddy(t, 0, DMA_PAGES, blocks[0]);
	buddy(t, DMA_PAGES, PAGES, blocks[1]);
	for (uint32_t i = 0; i < PAGES / BLOCK; i++)
		types[i >= DMA_PAGES / BLOCK][t->type[i]]++;
	for (uint32_t i = 0; i < PAGES; i++)
		pcp[i >= DMA_PAGES] += t->state[i] == CELL_PCP;
	for (uint32_t r = 0; r < CELL_ROWS; r++) {
		uint32_t n[CELL_KINDS] = { 0 }, best = 0;

		for (uint32_t i = r * (PAGES / CELL_ROWS); i < (r + 1) * (PAGES / CELL_ROWS); i++)
			if (++n[t->state[i]] > n[best])
				best = t->state[i];
		cells[r] = (uint8_t)best;
	}
put:
	store_add_sample(s, run, &x, NULL);
	for (int i = 0; i < 6; i++)
		store_add_counter(s, run, seq, names[i], t->counters[i], NULL);
	store_add_map_column(s, run, seq, 0, PAGES / CELL_ROWS, cells, CELL_ROWS, NULL);
}

static void put_run(struct store *s, int64_t capture, bool simulated, const char *policy,
		    uint64_t seed, uint32_t samples)
{
	static struct toy t;
	int64_t run = store_begin_run(s, capture, simulated ? STORE_SIMULATED : STORE_RECORDED,
				      policy, simulated ? "[pcp]\nbatch=63\n" : NULL,
				      "lists of before/struct_page.raw", NULL);
	struct store_fidelity f[] = {
		{ "placement", -1, -1, -1, 1, 0.934, 0.066, "share",
		  "allocations for which the model returned the kernel's own page, never "
		  "corrected" },
		{ "refills", -1, -1, -1, 5492, 5467, 0.455, "%", NULL },
		{ "free blocks per order, mean error", -1, -1, -1, NAN, NAN, 1.37,
		  "% of free pages", NULL },
	};
	struct store_fidelity r = { "free pages at the end",  -1, -1, -1, 39817, NAN, 12, "pages",
				    "against after/buddyinfo" };

	uint32_t every = samples / 500 + 1; /* of very many samples most are alike */

	start(&t, seed);
	for (uint32_t i = 0; i < samples; i++) {
		bool anew = i % every == 0;

		put_sample(s, run, &t, i,
			   8467971000ull + (uint64_t)i * 19055870000ull / (samples - 1), anew);
		if (anew)
			step(&t, i / (double)samples);
	}
	for (unsigned i = 0; simulated && i < 3; i++)
		store_add_fidelity(s, run, &f[i], NULL);
	if (!simulated) {
		store_add_fidelity(s, run, &r, NULL);
		store_add_owner(s, run, "user", NULL, 84210, 80133, 4077, 21055, NULL);
		store_add_owner(s, run, "slab", "ext4_inode_cache", 3120, 410, 10840, 10992, NULL);
		store_add_owner(s, run, "slab", "dentry", 1410, 120, 1290, 1301, NULL);
		store_add_owner(s, run, "page table", NULL, 2210, 2190, 20, 388, NULL);
	}
	store_end_run(s, run, true, t.counters[0] + t.counters[1], 0.21, NULL);
}

int main(int argc, char **argv)
{
	struct store_capture c = {
		.name = "invented-512M",
		.format = "trace.dat 7",
		.clock = "global",
		.kernel = "6.1.0-56-amd64",
		.arch = "x86_64",
		.clock_is_time = true,
		.first = 8467971000,
		.last = 27523841000,
		.events = 993466,
		.lost = 0,
		.cpus = 2,
		.nodes = 1,
		.page_size = 4096,
		.pageblock_order = 9,
		.orders = ORDERS,
		.mem_total_kb = 468132,
	};
	uint32_t samples = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 240;
	struct err e = { 0 };
	struct store *s;
	int64_t id;

	if (argc < 2 || samples < 2) {
		fprintf(stderr, "usage: results OUT.db [samples]\n");
		return 2;
	}
	remove(argv[1]);
	s = store_open(argv[1], true, &e);
	id = s ? store_add_capture(s, &c, &e) : -1;
	if (id > 0) {
		store_add_zone(s, id, 0, 0, "DMA", 1, 4095, 3998, 3840, 61, 76, 91, NULL);
		store_add_zone(s, id, 1, 0, "DMA32", 4096, 126976, 126976, 113193, 1812, 2265, 2718,
			       NULL);
		store_add_event_count(s, id, "kmem", "mm_page_alloc", 122423, NULL);
		store_add_event_count(s, id, "kmem", "mm_page_free", 122719, NULL);
		store_add_event_count(s, id, "kmem", "mm_page_alloc_zone_locked", 5492, NULL);
		store_add_note(
			s, id, 0,
			"The order within the free lists at the start is a guess: there is no "
			"dump of struct page.",
			NULL);
		put_run(s, id, false, "recorded", 0, samples);
		put_run(s, id, true, "native", 7, samples);
		put_run(s, id, true, "linux-6.18", 99, samples);
	}
	if (!s || store_close(s, &e) < 0 || id < 0) {
		fprintf(stderr, "results: %s\n", e.text);
		return 2;
	}
	return 0;
}
