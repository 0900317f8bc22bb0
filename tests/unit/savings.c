// SPDX-License-Identifier: GPL-2.0-or-later
/* The advisor: a known waste is found, and quantified as the rules of SLUB have it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kmw_records.h"
#include "replay/savings.h"

#define WASTEFUL 0xffffffff81001000ull
#define THRIFTY 0xffffffff81002000ull

static void put(struct kmw_writer *w, uint8_t op, uint32_t slot, uint64_t site, uint32_t req,
		uint32_t cache)
{
	struct request r = { .time = slot + 1000ull,
			     .slot = slot,
			     .pid = 1,
			     .pfn = KMM_NO_PFN,
			     .addr = 0xffff888000000000ull + slot * 2048ull,
			     .sig = { .op = op,
				      .site = site,
				      .node = -1,
				      .cache = cache,
				      .bytes_req = req,
				      .bytes_alloc = 2048 } };
	struct err e = { 0 };

	if (kmw_put(w, &r, &e) < 0)
		fail_msg("%s", e.text);
}

/* 960 objects of `req` bytes and 32 of 2048, all of kmalloc-2k; then the first `freed` go. */
static struct kmw_reader *workload(uint32_t req, uint32_t freed)
{
	struct kmw_summary sum = { .cpus = 4 };
	char path[] = "/tmp/kmemlab-savings-XXXXXX";
	struct err e = { 0 };
	int fd = mkstemp(path);
	struct kmw_writer *w;
	struct kmw_reader *k;
	uint32_t cache;

	assert_true(fd >= 0);
	close(fd);
	w = kmw_create(path, KMW_NONE, &e);
	if (!w)
		fail_msg("%s", e.text);
	cache = kmw_string(w, "kmalloc-2k", 10);
	for (uint32_t i = 0; i < 960; i++)
		put(w, REQ_OBJ_ALLOC, i, WASTEFUL, req, cache);
	for (uint32_t i = 960; i < 992; i++)
		put(w, REQ_OBJ_ALLOC, i, THRIFTY, 2048, cache);
	for (uint32_t i = 0; i < freed; i++)
		put(w, REQ_OBJ_FREE, i, WASTEFUL, 0, cache);
	if (kmw_commit(w, &sum, &e) < 0)
		fail_msg("%s", e.text);
	k = kmw_open(path, &e);
	if (!k)
		fail_msg("%s", e.text);
	unlink(path);
	return k;
}

static const struct savings_trial *trial(const struct savings *s, enum savings_kind kind)
{
	for (uint32_t i = 0; i < s->trial_count; i++)
		if (s->trials[i].kind == kind)
			return &s->trials[i];
	return NULL;
}

static void advise(struct savings *s, struct attribution *a, struct kmw_reader *k)
{
	struct kmm_slab_policy p;
	struct err e = { 0 };

	kmm_slab_policy_init(&p, KMM_SLUB, KMM_VERSION(6, 1, 0));
	memset(a, 0, sizeof(*a));
	if (attribution_load(a, k, &e) < 0 || savings_read(s, k, a, &p, &e) < 0 ||
	    savings_propose(s, 5, &e) < 0 || savings_try(s, &e) < 0)
		fail_msg("%s", e.text);
}

/*
 * Linux 6.1, 4 CPUs: SLUB wants 4 * (fls(4) + 1) = 16 objects in a slab.  kmalloc-2k: order 3
 * holds 16, so 992 objects take 62 slabs of 32768 bytes: 2031616.  1032-byte objects of their
 * own: 16 need more than order 2 has; order 3 holds 31 and wastes 776 bytes, less than a
 * sixteenth.  960 of them take 31 slabs, the 32 others stay in 2: 33 * 32768 = 1081344.
 */
static void test_1032_in_2k(void **state)
{
	struct kmw_reader *k = workload(1032, 0);
	const struct savings_trial *t;
	struct attribution a;
	struct savings s;

	(void)state;
	advise(&s, &a, k);
	t = trial(&s, SAVINGS_DEDICATED);
	assert_non_null(t);
	assert_true(s.groups[t->group].site == WASTEFUL);
	assert_int_equal(t->size, 1032);
	assert_int_equal(t->was, 3);
	assert_int_equal(t->order, 3);
	assert_int_equal(t->moved, 960);
	assert_int_equal(t->peak[0], 2031616);
	assert_int_equal(t->peak[1], 1081344);
	assert_int_equal(t->end[0], t->peak[0]);
	assert_int_equal(t->end[1], t->peak[1]);
	savings_free(&s);
	attribution_free(&a);
	kmw_close(k);
}

/* Objects that fill their class: nothing of that kind is proposed; half are freed again: not at the peak. */
static void test_nothing_to_save(void **state)
{
	struct kmw_reader *k = workload(2048, 480);
	const struct savings_trial *t;
	struct attribution a;
	struct savings s;

	(void)state;
	advise(&s, &a, k);
	assert_null(trial(&s, SAVINGS_DEDICATED));
	assert_null(trial(&s, SAVINGS_SIZE));
	t = trial(&s, SAVINGS_ORDER);
	assert_non_null(t);
	assert_int_equal(t->peak[0], 2031616);
	assert_true(t->end[0] < t->peak[0]);
	/* What lives at the end needs at least its own bytes. */
	assert_true(t->end[0] >= 512 * 2048 && t->end[1] >= 512 * 2048);
	savings_free(&s);
	attribution_free(&a);
	kmw_close(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_1032_in_2k),
					    cmocka_unit_test(test_nothing_to_save) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
