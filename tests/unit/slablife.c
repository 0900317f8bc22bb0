// SPDX-License-Identifier: GPL-2.0-or-later
/* Slabs followed through events made by hand: who is in them, where they stand, what slabinfo would say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay/slablife.h"

#define BASE 0xffff888000000000ull
#define AT(frame, object) (BASE + (uint64_t)(frame)*4096 + (object)*1024u)

/* Slabs of four objects, two slabs at most on a CPU's partial list, no empty one kept beyond one. */
static struct machine_slab caches[] = { { .name = "kib",
					  .object_size = 1024,
					  .size = 1024,
					  .objs_per_slab = 4,
					  .min_partial = 1,
					  .cpu_partial = 4,
					  .from_sysfs = true } };

struct world {
	struct machine m;
	struct objects_source src;
	struct slablife *l;
	struct intern strings;
	uint64_t seq;
	struct err e;
};

static void start(struct world *w, struct machine_slabpage *pages, uint32_t n)
{
	memset(w, 0, sizeof(*w));
	w->m.max_pfn = 64;
	w->m.cpus = 2;
	w->m.direct_map_base = BASE;
	w->m.slabs = caches;
	w->m.slab_count = 1;
	w->m.have_before = w->m.slabs_of_start = true;
	w->m.before.slabpages = pages;
	w->m.before.slabpage_count = n;
	w->m.before.have_slabpages = true;
	assert_int_equal(intern_init(&w->strings), 0);
	w->src.strings = &w->strings;
	assert_int_equal(population_init(&w->src.population, &w->m, &w->m.before, NULL,
					 &w->strings),
			 0);
	assert_int_equal(population_settle(&w->src.population), 0);
	w->l = slablife_new(&w->m, &w->src, &w->e);
	assert_non_null(w->l);
	assert_int_equal(slablife_seed(w->l, &w->m.before, &w->e), 0);
}

static void stop(struct world *w)
{
	assert_int_equal(slablife_validate(w->l, &w->e), 0);
	slablife_free(w->l);
	population_free(&w->src.population);
	intern_free(&w->strings);
}

static void tell(struct world *w, unsigned cpu, enum request_op op, uint32_t slot, uint64_t addr,
		 uint32_t pfn)
{
	struct request q = { .slot = slot, .addr = addr, .pfn = pfn, .cpu = (uint16_t)cpu };

	q.seq = q.time = ++w->seq;
	q.sig.op = (uint8_t)op;
	q.sig.site = 0x1000 + slot;
	q.sig.bytes_req = q.sig.bytes_alloc = 1024;
	q.sig.owner = op == REQ_PAGE_ALLOC ? OWNER_SLAB : OWNER_UNKNOWN;
	assert_int_equal(slablife_record(w->l, &q), 0);
}

static void is(const struct world *w, uint32_t frame, enum life_place place, int cpu,
	       unsigned in_use)
{
	const struct life_slab *s = slablife_of_frame(w->l, frame);

	assert_non_null(s);
	assert_string_equal(life_place_name((enum life_place)s->place), life_place_name(place));
	if (cpu >= 0)
		assert_int_equal(s->cpu, cpu);
	assert_int_equal(s->in_use, in_use);
}

static void counts(const struct world *w, uint64_t slabs, uint64_t active, uint64_t in_use)
{
	struct objects_cache c;

	slablife_figures(w->l, 0, &c);
	assert_int_equal(c.f.slabs, slabs);
	assert_int_equal(c.f.active_objects, active);
	assert_int_equal(c.f.in_use, in_use);
}

/* A new slab: in the CPU's hand from its first object on; a page that no object came to is none's. */
/* Slabs with both users and room, and the mean time since which. */
static void partial(const struct world *w, uint32_t slabs, uint64_t since)
{
	struct objects_cache *all = NULL;

	assert_int_equal(slablife_all(w->l, &all), 1);
	assert_int_equal(all->partial, slabs);
	assert_int_equal(all->partial_since, since);
	free(all);
}

static void test_new_slab(void **state)
{
	struct world w;

	(void)state;
	start(&w, NULL, 0);
	tell(&w, 1, REQ_PAGE_ALLOC, 90, 0, 8);
	counts(&w, 0, 0, 0);
	tell(&w, 1, REQ_OBJ_ALLOC, 1, AT(8, 2), 0);
	tell(&w, 1, REQ_OBJ_ALLOC, 2, AT(8, 1), 0);
	is(&w, 8, LIFE_CPU, 1, 2);
	counts(&w, 1, 4, 2); /* slabinfo: all of a CPU's slab is active */
	assert_int_equal(slablife_of_frame(w.l, 8)->object[2].time, 2);
	assert_int_equal(slablife_site(w.l, slablife_of_frame(w.l, 8)->object[1].site), 0x1002);
	tell(&w, 1, REQ_OBJ_FREE, 1, 0, 0);
	is(&w, 8, LIFE_CPU, 1, 1);
	tell(&w, 1, REQ_PAGE_FREE, 90, 0, 8);
	assert_null(slablife_of_frame(w.l, 8));
	counts(&w, 0, 0, 0);
	stop(&w);
}

/* Full slabs that get an object back: the freeing CPU's partial list, and when that is full the node's. */
static void test_partial_lists(void **state)
{
	struct machine_slabpage pages[] = {
		{ 8, 0, 4, 4, 0, SLAB_FULL, -1 },
		{ 9, 0, 4, 4, 0, SLAB_FULL, -1 },
		{ 10, 0, 4, 4, 0, SLAB_FULL, -1 },
	};
	struct world w;

	(void)state;
	start(&w, pages, 3);
	counts(&w, 3, 12, 12);
	tell(&w, 0, REQ_OBJ_FREE, NO_SLOT, AT(8, 0), 0);
	tell(&w, 0, REQ_OBJ_FREE, NO_SLOT, AT(9, 0), 0);
	is(&w, 8, LIFE_CPU_PARTIAL, 0, 3);
	assert_int_equal(slablife_of_frame(w.l, 8)->partial_since, 1);
	counts(&w, 3, 12, 10);
	tell(&w, 0, REQ_OBJ_FREE, NO_SLOT, AT(10, 0), 0);
	is(&w, 8, LIFE_NODE, -1, 3);
	is(&w, 9, LIFE_NODE, -1, 3);
	is(&w, 10, LIFE_CPU_PARTIAL, 0, 3);
	counts(&w, 3, 10, 9);
	partial(&w, 3, 2); /* since 1, 2 and 3 */
	/* The other CPU takes from the node: the first, and another with it. */
	tell(&w, 1, REQ_OBJ_ALLOC, 1, AT(9, 0), 0);
	is(&w, 9, LIFE_CPU, 1, 4);
	is(&w, 8, LIFE_CPU_PARTIAL, 1, 3);
	counts(&w, 3, 12, 10);
	partial(&w, 2, 2); /* since 1 and 3: the second is full again */
	stop(&w);
}

/* What came to a CPU's list with a slab that it took was a guess, if the order of the node's list was not known. */
static void test_other_came(void **state)
{
	struct machine_slabpage pages[] = {
		{ 8, 0, 4, 2, 0, SLAB_PARTIAL, -1 },  { 9, 0, 4, 2, 0, SLAB_PARTIAL, -1 },
		{ 10, 0, 4, 2, 0, SLAB_PARTIAL, -1 }, { 11, 0, 4, 2, 0, SLAB_PARTIAL, -1 },
		{ 12, 0, 4, 2, 0, SLAB_PARTIAL, -1 },
	};
	struct world w;

	(void)state;
	start(&w, pages, 5);
	tell(&w, 0, REQ_OBJ_ALLOC, 1, AT(8, 3), 0);
	is(&w, 8, LIFE_CPU, 0, 3);
	is(&w, 9, LIFE_CPU_PARTIAL, 0, 2);
	is(&w, 10, LIFE_CPU_PARTIAL, 0, 2);
	counts(&w, 5, 16, 11);
	/* It was this one that came with the first: one of the two is the node's. */
	tell(&w, 0, REQ_OBJ_ALLOC, 2, AT(12, 3), 0);
	is(&w, 12, LIFE_CPU, 0, 3);
	is(&w, 9, LIFE_CPU_PARTIAL, 0, 2);
	is(&w, 10, LIFE_NODE, -1, 2);
	is(&w, 11, LIFE_NODE, -1, 2);
	stop(&w);
}

/* An empty slab goes where the node has as many as it wants; slabinfo has it no more, its page comes later. */
static void test_given_up(void **state)
{
	struct machine_slabpage pages[] = {
		{ 8, 0, 4, 1, 0, SLAB_PARTIAL, -1 },
		{ 9, 0, 4, 1, 0, SLAB_PARTIAL, -1 },
	};
	struct world w;

	(void)state;
	start(&w, pages, 2);
	counts(&w, 2, 2, 2);
	tell(&w, 0, REQ_OBJ_FREE, NO_SLOT, AT(8, 0), 0);
	is(&w, 8, LIFE_WAITING, -1, 0);
	counts(&w, 1, 1, 1);
	tell(&w, 0, REQ_PAGE_FREE, NO_SLOT, 0, 8);
	counts(&w, 1, 1, 1);
	stop(&w);
}

/* kmalloc of pages, a vmalloc address and an object of KFENCE's pool are told apart from slabs. */
static void test_addresses(void **state)
{
	struct request large = { .slot = 1, .addr = AT(16, 0), .seq = 1 };
	struct world w;

	(void)state;
	start(&w, NULL, 0);
	large.sig.op = REQ_OBJ_ALLOC;
	large.sig.bytes_req = large.sig.bytes_alloc = 16384;
	assert_int_equal(slablife_record(w.l, &large), 0);
	tell(&w, 0, REQ_OBJ_ALLOC, 2, 0xffffc90000001000ull, 0);
	tell(&w, 0, REQ_OBJ_ALLOC, 3, AT(20, 0), 0); /* no page was taken for it */
	assert_int_equal(slablife_stats(w.l)->large, 1);
	assert_int_equal(slablife_stats(w.l)->outside, 1);
	assert_int_equal(slablife_stats(w.l)->no_slab, 1);
	assert_int_equal(slablife_stats(w.l)->in_slabs, 0);
	stop(&w);
}

/* Without dumps: counts of slabinfo, and slabs as they show themselves. */
static void test_counts_only(void **state)
{
	struct world w;

	(void)state;
	caches[0].num_slabs = 3;
	caches[0].num_objs = 12;
	caches[0].active_objs = 11;
	memset(&w, 0, sizeof(w));
	start(&w, NULL, 0);
	slablife_free(w.l);
	w.m.before.have_slabpages = false;
	w.l = slablife_new(&w.m, &w.src, &w.e);
	assert_int_equal(slablife_seed(w.l, &w.m.before, &w.e), 0);
	counts(&w, 3, 11, 11); /* as slabinfo had it: one is free on a node's list */
	caches[0].num_slabs = caches[0].num_objs = caches[0].active_objs = 0;
	stop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_slab),   cmocka_unit_test(test_partial_lists),
		cmocka_unit_test(test_other_came), cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_addresses),  cmocka_unit_test(test_counts_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
