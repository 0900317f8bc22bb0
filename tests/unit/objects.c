// SPDX-License-Identifier: GPL-2.0-or-later
/* The object side of a simulated machine, by requests made by hand: what is due by the clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "replay/objects.h"
#include "tests/unit/mm_slab_machine.h"

#define SECOND 1000000000ull

static struct machine_slab slabs[] = { { .name = "mine", .object_size = 256, .size = 256 } };

struct world {
	struct kmm *mm;
	struct machine m;
	struct intern strings;
	struct objects_source src;
	struct objects *o;
};

static void begin(struct world *w, enum kmm_slab_kind kind)
{
	struct kmm_slab_policy p;
	struct err e = { 0 };

	memset(w, 0, sizeof(*w));
	w->mm = slab_machine(KMM_LINUX_6_1, 1024, 1, 1);
	w->m.cpus = 1;
	w->m.max_pfn = 1024;
	w->m.slabs = slabs;
	w->m.slab_count = 1;
	assert_int_equal(intern_init(&w->strings), 0);
	w->src.strings = &w->strings;
	kmm_slab_policy_init(&p, kind, KMM_VERSION(2, 6, 24));
	w->o = objects_new(w->mm, &w->m, &w->src, &p, false, &e);
	assert_non_null(w->o);
	assert_int_equal(objects_seed(w->o, &w->m.before, &e), 0);
}

static void end(struct world *w)
{
	objects_free(w->o);
	kmm_destroy(w->mm);
	intern_free(&w->strings);
}

static void ask(struct world *w, enum request_op op, uint32_t slot, uint64_t time)
{
	struct request q = { .slot = slot, .time = time, .seq = slot };

	q.sig.op = (uint8_t)op;
	q.sig.bytes_req = 256;
	q.sig.bytes_alloc = 256;
	q.sig.gfp = KMM_GFP_DIRECT_RECLAIM;
	q.sig.node = -1;
	if (op == REQ_OBJ_ALLOC)
		objects_alloc(w->o, &q);
	else
		objects_release(w->o, &q, 1);
}

static uint64_t active(const struct world *w)
{
	struct objects_cache *all = NULL;
	uint64_t n;

	assert_int_equal(objects_caches(w->o, &all), 1);
	n = all->f.active_objects;
	free(all);
	return n;
}

/* Of 240 objects, 100 come back into a CPU's array, which the timer of SLAB empties by a fifth of its limit (24). */
static void test_reap(void **state)
{
	struct world w;

	(void)state;
	begin(&w, KMM_SLAB);
	for (uint32_t i = 0; i < 240; i++)
		ask(&w, REQ_OBJ_ALLOC, i, SECOND);
	for (uint32_t i = 0; i < 100; i++)
		ask(&w, REQ_OBJ_FREE, i, SECOND);
	assert_int_equal(active(&w), 240);
	/* Due at 3 s: the array was in use since, and is spared. At 5 s and 7 s it was not. */
	ask(&w, REQ_OBJ_FREE, 1000, 3 * SECOND - 1);
	ask(&w, REQ_OBJ_FREE, 1000, 3 * SECOND);
	assert_int_equal(active(&w), 240);
	ask(&w, REQ_OBJ_FREE, 1000, 5 * SECOND);
	assert_int_equal(active(&w), 216);
	ask(&w, REQ_OBJ_FREE, 1000, 8 * SECOND);
	assert_int_equal(active(&w), 192);
	/* Several at once: two more, then half of the last 4. */
	ask(&w, REQ_OBJ_FREE, 1000, 13 * SECOND);
	assert_int_equal(active(&w), 142);
	end(&w);
}

/* SLUB has no such timer. */
static void test_no_timer(void **state)
{
	struct world w;
	uint64_t before;

	(void)state;
	begin(&w, KMM_SLUB);
	for (uint32_t i = 0; i < 240; i++)
		ask(&w, REQ_OBJ_ALLOC, i, SECOND);
	for (uint32_t i = 0; i < 100; i++)
		ask(&w, REQ_OBJ_FREE, i, SECOND);
	before = active(&w);
	ask(&w, REQ_OBJ_FREE, 1000, 60 * SECOND);
	assert_int_equal(active(&w), before);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_reap),
					    cmocka_unit_test(test_no_timer) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
