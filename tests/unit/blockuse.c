// SPDX-License-Identifier: GPL-2.0-or-later
/* blockuse: counting anew only what the model says that it changed misses nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "mm/kmm.h"
#include "replay/blockuse.h"

#define FRAMES 16384
#define BLOCKS 200 /* free ones, of eight pages, each beside eight in use */
#define GFP_MOVABLE                                                                  \
	(KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM | KMM_GFP_IO | KMM_GFP_FS | \
	 KMM_GFP_MOVABLE)

struct world {
	struct machine m;
	struct machine_list list;
	uint32_t pfns[BLOCKS];
	struct kmm_config c;
	struct simulated *s;
	struct blockuse use;
};

/* One zone, of which only small unmovable blocks are free. */
static void begin(struct world *w, unsigned version)
{
	struct simulated_options o = { .config = &w->c };
	struct err e = { 0 };

	memset(w, 0, sizeof(*w));
	w->m.max_pfn = FRAMES;
	w->m.page_size = 4096;
	w->m.pageblock_order = 9;
	w->m.orders = 11;
	w->m.cpus = w->m.nodes = w->m.zone_count = 1;
	w->m.zones[0].spanned = w->m.zones[0].present = w->m.zones[0].managed = FRAMES;
	w->m.zones[0].type = KMM_ZONE_NORMAL;
	for (uint32_t i = 0; i < BLOCKS; i++)
		w->pfns[i] = i * 16;
	w->list = (struct machine_list){
		.cpu = -1, .order = 3, .type = KMM_UNMOVABLE, .count = BLOCKS
	};
	w->m.before.have_lists = w->m.have_before = true;
	w->m.before.lists = &w->list;
	w->m.before.list_count = 1;
	w->m.before.list_pfns = w->pfns;
	w->m.before.list_pfn_count = BLOCKS;

	kmm_policy_init(&w->c.policy, version);
	w->c.policy.watermark_boost_factor = 0; /* what is free is little */
	w->c.cpus = w->c.nodes = w->c.zones = 1;
	w->c.zone[0] = (struct kmm_zone_config){
		.type = KMM_ZONE_NORMAL, .spanned = FRAMES, .present = FRAMES, .managed = FRAMES
	};
	w->s = simulated_new(&w->m, &o, &e);
	if (!w->s || simulated_seed(w->s, &w->m.before, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(blockuse_init(&w->use, &w->m, NULL, w->s), 0);
}

static void end(struct world *w)
{
	blockuse_free(&w->use);
	simulated_free(w->s);
}

/* The counts that were kept up to date are those of a count from the start. */
static void same(struct world *w)
{
	struct blockuse u;

	assert_int_equal(blockuse_init(&u, &w->m, NULL, w->s), 0);
	blockuse_update(&u);
	blockuse_update(&w->use);
	assert_memory_equal(u.pages, w->use.pages, u.blocks * sizeof(*u.pages));
	assert_memory_equal(&u.use[0], &w->use.use[0], sizeof(u.use[0]));
	blockuse_free(&u);
}

/* What a refill steals lies on the per-CPU list, and no refill's event tells of it since 6.10. */
static void a_refill_steals(unsigned version, bool told)
{
	static struct world w;
	const struct simulated_stats *st;
	unsigned listed = 0;

	begin(&w, version);
	st = simulated_stats(w.s);
	same(&w);
	for (uint32_t i = 0; i < 200; i++) {
		struct request q = { .slot = i, .pfn = i, .seq = i };

		q.sig.op = REQ_PAGE_ALLOC;
		q.sig.gfp = GFP_MOVABLE;
		q.sig.type = KMM_MOVABLE;
		q.sig.node = -1;
		assert_int_equal(simulated_apply(w.s, &q, 1), 1);
		assert_int_not_equal(simulated_last(w.s), KMM_NO_PFN);
		listed += kmm_pcp_pages(simulated_model(w.s), 0, 0) > 0;
		same(&w);
	}
	assert_true(listed > 50);
	assert_true(st->fallbacks > 0);
	assert_int_equal(st->refills > 0, told);
	end(&w);
}

static void a_refill_steals_6_1(void **state)
{
	(void)state;
	a_refill_steals(KMM_LINUX_6_1, true);
}

static void a_refill_steals_6_18(void **state)
{
	(void)state;
	a_refill_steals(KMM_LINUX_6_18, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refill_steals_6_1),
		cmocka_unit_test(a_refill_steals_6_18),
	};

	return cmocka_run_group_tests_name("blockuse", tests, NULL, NULL);
}
