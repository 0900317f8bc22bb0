// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forensics on real captures: what each page block is said to hold is what the kernel's
 * own lists and page flags say at the marker of that snapshot, and what lives in each
 * slab is what its struct slab counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine/kpageflags.h"
#include "replay/replay.h"
#include "workload/import.h"

#define SMALL "traces/amd64-6.1-small"

struct world {
	struct kmw_reader *k;
	struct machine *m;
	struct replay r;
};

static void load(struct world *w, const char *path)
{
	struct import_options io = { .compression = KMW_DEFAULT,
				     .from = -INFINITY,
				     .to = INFINITY };
	struct replay_run_options run = { .name = "recorded" };
	struct replay_options o = {
		.runs = &run, .run_count = 1, .samples = 50, .forensics = true, .stop_at = INFINITY
	};
	struct err e = { 0 };

	memset(w, 0, sizeof(*w));
	w->k = import_open(path, &io, NULL, &e);
	if (!w->k)
		fail_msg("%s", e.text);
	w->m = import_machine(w->k, &e);
	assert_non_null(w->m);
	if (replay_all(w->k, w->m, &o, &w->r, &e) < 0)
		fail_msg("%s", e.text);
	assert_true(w->r.runs[0].forensics.known);
}

static void drop(struct world *w)
{
	replay_free(&w->r);
	machine_free(w->m);
	kmw_close(w->k);
}

static unsigned apart(unsigned a, unsigned b)
{
	return a > b ? a - b : b - a;
}

/* Pages of each block on the free and the per-CPU lists of the snapshot, and by its flags. */
static struct block_pages *kernel_blocks(const struct machine *m, uint32_t blocks)
{
	const struct machine_state *s = &m->after;
	struct block_pages *n = calloc(blocks + 1, sizeof(*n));
	uint8_t *listed = calloc(m->max_pfn + 1, 1);

	assert_true(s->have_lists && s->have_kpageflags && n && listed);
	for (uint32_t i = 0; i < s->list_count; i++) {
		const struct machine_list *l = &s->lists[i];

		for (uint32_t j = 0; j < l->count; j++)
			for (uint32_t p = s->list_pfns[l->first + j], k = 0; k < 1u << l->order;
			     k++, p++) {
				listed[p] = 1;
				if (l->cpu < 0)
					n[p >> m->pageblock_order].free++;
				else
					n[p >> m->pageblock_order].pcp++;
			}
	}
	for (uint64_t p = 0; p < s->kpageflags_len && p < m->max_pfn; p++) {
		uint64_t flags = s->kpageflags[p];

		if (listed[p] || flags & KPF_NOPAGE)
			continue;
		if (flags & (KPF_LRU | KPF_ANON) && !(flags & KPF_SLAB))
			n[p >> m->pageblock_order].movable++;
		else
			n[p >> m->pageblock_order].pinned++;
	}
	free(listed);
	return n;
}

struct limits {
	const char *name;
	unsigned free, pcp, movable; /* pages apart, most, all blocks together */
	unsigned slabs;		     /* slabs whose objects differ, most, of a thousand */
};

static void blocks(const struct world *w, const struct limits *x)
{
	const struct forensics *f = &w->r.runs[0].forensics;
	struct block_pages *n = kernel_blocks(w->m, f->use.blocks);
	unsigned d_free = 0, d_pcp = 0, d_movable = 0;

	for (uint32_t b = 0; b < f->use.blocks; b++) {
		d_free += apart(n[b].free, f->use.pages[b].free);
		d_pcp += apart(n[b].pcp, f->use.pages[b].pcp);
		d_movable += apart(n[b].movable, f->use.pages[b].movable);
	}
	free(n);
	print_message("%s: pages apart: free %u, per-CPU %u, movable %u\n", x->name, d_free, d_pcp,
		      d_movable);
	assert_true(d_free <= x->free);
	assert_true(d_pcp <= x->pcp);
	assert_true(d_movable <= x->movable);
}

static void slabs(const struct world *w, const struct limits *x)
{
	const struct replay_run *run = &w->r.runs[0];
	const struct machine_state *s = &w->m->after;
	unsigned wrong = 0, all = 0;
	struct slabuse u;

	assert_int_equal(slabuse_init(&u, &run->makers, run->life, kmw_strings(w->k)), 0);
	for (uint32_t i = 0; i < s->slabpage_count; i++) {
		const struct machine_slabpage *p = &s->slabpages[i];
		struct slab got = slabuse_slab(&u, p->pfn);

		/* Of a CPU's slab the kernel counts what is in its hand as in use. */
		if (p->place == SLAB_ON_CPU || p->place == SLAB_FROZEN)
			continue;
		all++;
		wrong += got.objects != p->inuse;
	}
	slabuse_free(&u);
	print_message("%s: %u of %u slabs hold another number of objects\n", x->name, wrong, all);
	assert_true(!x->slabs || all > 2000);
	assert_true(wrong * 1000 <= all * x->slabs);
}

/* What the samples kept up to date is what a count from the start gives. */
static void kept_up(const struct world *w)
{
	const struct replay_run *run = &w->r.runs[0];
	struct blockuse u;

	assert_int_equal(blockuse_init(&u, w->m, run->recorded, NULL), 0);
	blockuse_update(&u);
	for (uint32_t z = 0; z < w->m->zone_count; z++)
		assert_memory_equal(&u.use[z], &run->samples[run->taken - 1].use[z],
				    sizeof(u.use[z]));
	blockuse_free(&u);
}

static void consistent(const struct world *w)
{
	const struct forensics *f = &w->r.runs[0].forensics;
	double kept = 0, want = 0;
	uint64_t pages = 0, pinned = 0;

	for (uint32_t b = 0; b < f->use.blocks; b++) {
		const struct block_pages *n = &f->use.pages[b];
		uint32_t held = 0;

		for (uint32_t i = f->first[b]; i < f->first[b + 1]; i++) {
			const struct holder *h = &f->holders[i];

			assert_int_equal(h->block, b);
			assert_int_equal(h->pfn >> w->m->pageblock_order, b);
			held += h->pages;
		}
		if (f->use.zone[b] == 0xff || blockuse_kind(&f->use, b) != BLOCK_MIXED) {
			assert_int_equal(held, 0);
			continue;
		}
		assert_int_equal(held, n->pinned);
		pinned += n->pinned;
		want += n->free + n->pcp + n->movable;
	}
	for (uint32_t i = 0; i < f->pin_count; i++) {
		kept += f->pins[i].kept;
		pages += f->pins[i].pages;
		assert_true(f->pins[i].alone <= f->pins[i].blocks);
	}
	assert_int_equal(pages, pinned);
	assert_true(fabs(kept - want) < 0.5);
}

static void check(const char *dir, const struct limits *x)
{
	struct world w;
	char path[500];

	snprintf(path, sizeof(path), "%s%s", dir, x->name);
	load(&w, path);
	consistent(&w);
	kept_up(&w);
	blocks(&w, x);
	slabs(&w, x);
	drop(&w);
}

static void bundled(void **state)
{
	static const struct limits x = { SMALL, 0, 12, 12, 1 };

	(void)state;
	check("", &x);
}

static void captures(void **state)
{
	/* The per-CPU pages are those of kernel stacks, taken without an event. */
	static const struct limits all[] = {
		{ "amd64-6.1-exact", 0, 16, 4, 6 },  { "amd64-6.1-files", 0, 16, 4, 1 },
		{ "amd64-6.1-numa", 0, 24, 4, 4 },   { "amd64-6.1-pressure", 190, 4, 190, 3 },
		{ "amd64-6.1-thp", 484, 4, 487, 3 }, { "i386-6.1-highmem", 0, 0, 4, 0 },
	};
	const char *traces = getenv("KMEMLAB_TRACES");
	char dir[400];

	(void)state;
	snprintf(dir, sizeof(dir), "%s/", traces ? traces : "../shared/traces");
	if (access(dir, R_OK)) {
		print_message("the larger captures are not here\n");
		skip();
	}
	for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++)
		check(dir, &all[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bundled),
		cmocka_unit_test(captures),
	};

	return cmocka_run_group_tests_name("forensics", tests, NULL, NULL);
}
