/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random requests for what areas.c and pages.c name, each on small machines of several
 * kernels.  100,000
 * operations with every invariant checked after each, and 2 million with a
 * check every 1,000; what a request returned must not overlap what others hold.
 * A failing sequence is shrunk before it is shown.
 *
 * KMEMLAB_PROPERTY_SEED and KMEMLAB_PROPERTY_OPS choose other sequences; QUICK
 * makes them short.
 */
#ifndef TESTS_PROPERTY_WORLD_H
#define TESTS_PROPERTY_WORLD_H

#include <pthread.h>

#include "tests/property/sequence.h"
#include "tests/unit/mm_machine.h"

#define FRAMES 2048u
#define MOST_HELD 200u
#define DEFAULT_OPS 100000u
#define QUICK_OPS 5000u
#define THREADS 8
#define MOST_SUBJECTS 32

struct op {
	uint32_t a, b;
};

struct held {
	uint64_t at, size;
	unsigned extra;
};

struct world {
	enum kmm_generation generation;
	struct kmm *mm;
	void *it; /* the allocator under test */
	struct held held[MOST_HELD];
	unsigned n;
	uint64_t used; /* of the shadow, where there is one */
	char why[200];
};

struct subject {
	const char *name;
	enum kmm_generation generation;
	bool (*start)(struct world *w, const struct subject *s);
	bool (*step)(struct world *w, const struct op *o);
	int (*validate)(const struct world *w, char *why, size_t n);
	void (*end)(struct world *w);
	bool option;
	unsigned nodes;	 /* 0: one */
	unsigned frames; /* 0: FRAMES */
};

static bool complain(struct world *w, const char *what)
{
	snprintf(w->why, sizeof(w->why), "%s", what);
	return false;
}

/* Something was given: it must be apart from all that is held. */
static bool hold(struct world *w, uint64_t at, uint64_t size, unsigned extra)
{
	for (unsigned i = 0; i < w->n; i++)
		if (at < w->held[i].at + w->held[i].size && w->held[i].at < at + size)
			return complain(w, "two allocations overlap");
	w->held[w->n++] = (struct held){ at, size, extra };
	return true;
}

static struct held drop(struct world *w, uint32_t which)
{
	struct held *h = &w->held[which % w->n], was = *h;

	*h = w->held[--w->n];
	return was;
}

static bool wants_more(const struct world *w, const struct op *o)
{
	return !w->n || (w->n < MOST_HELD && o->a % 100 < (o->b >> 28 < 8 ? 60u : 45u));
}

/* ---- running ---- */

static struct kmm *new_machine(enum kmm_generation g, unsigned nodes, unsigned frames)
{
	struct kmm_config c = config_of(g);
	char why[200];
	struct kmm *mm;

	c.nodes = nodes;
	for (unsigned i = 0; i < nodes; i++) {
		struct kmm_zone_config *z = config_zone(&c, i, KMM_ZONE_NORMAL, i * frames / nodes,
							frames / nodes);

		z->pcp_batch = 7;
		z->pcp_high = 40;
		c.cpu_node[i] = (uint8_t)i;
	}
	mm = kmm_create(&c, why, sizeof(why));
	if (mm && kmm_seed_boot(mm, 0, frames, KMM_MOVABLE)) {
		kmm_destroy(mm);
		mm = NULL;
	}
	return mm;
}

/* True if all went well and every page came back.  *at: the operation that failed. */
static bool run(struct world *w, const struct subject *s, const struct op *ops, unsigned n,
		unsigned stride, unsigned *at)
{
	unsigned nodes = s->nodes ? s->nodes : 1, frames = s->frames ? s->frames : FRAMES;
	uint64_t whole = 0;
	bool ok;

	memset(w, 0, sizeof(*w));
	*at = 0;
	w->generation = s->generation;
	w->mm = new_machine(s->generation, nodes, frames);
	if (!w->mm)
		return complain(w, "no machine");
	ok = s->start(w, s) || complain(w, "no allocator");
	for (; ok && *at < n; ++*at) {
		ok = s->step(w, &ops[*at]);
		if (ok && *at % stride == 0)
			ok = !s->validate(w, w->why, sizeof(w->why));
		if (ok && *at % stride == 0)
			ok = !kmm_validate(w->mm, w->why, sizeof(w->why));
		if (!ok)
			break;
	}
	if (w->it)
		s->end(w);
	kmm_drain_pages(w->mm, 0, 0, KMM_ZONES);
	kmm_drain_pages(w->mm, 0, 1, KMM_ZONES);
	for (unsigned i = 0; i < nodes; i++)
		whole += kmm_zone_free_pages(w->mm, i);
	if (ok && whole != frames)
		ok = complain(w, "pages did not come back");
	if (ok && kmm_stats(w->mm)->bad_frees)
		ok = complain(w, "the machine refused a free");
	kmm_destroy(w->mm);
	return ok;
}

static void generate(struct op *ops, unsigned n, uint64_t seed)
{
	for (unsigned i = 0; i < n; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		ops[i].a = (uint32_t)(seed >> 33);
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		ops[i].b = (uint32_t)(seed >> 32);
	}
}

struct trial {
	struct world *w;
	const struct subject *s;
};

static bool passes_again(void *arg, const void *ops, unsigned n)
{
	const struct trial *t = arg;
	unsigned at;

	return run(t->w, t->s, ops, n, 1, &at);
}

static void check_sequence(struct world *w, const struct subject *s, unsigned n, uint64_t seed,
			   unsigned stride)
{
	struct op *ops = calloc(n, sizeof(*ops));
	unsigned at = 0;

	assert_true(ops && n);
	generate(ops, n, seed);
	if (!run(w, s, ops, n, stride, &at)) {
		fprintf(stderr, "%s: after %u operations: %s\n", s->name, at, w->why);
		n = shrink(ops, at < n ? at + 1 : n, sizeof(*ops), passes_again,
			   &(struct trial){ w, s });
		run(w, s, ops, n, 1, &at);
		for (unsigned i = 0; i < n && i < 100; i++)
			fprintf(stderr, "  a %#x b %#x\n", ops[i].a, ops[i].b);
		fail_msg("%s: %u operations suffice: %s", s->name, n, w->why);
	}
	free(ops);
}

/* Of this program. */
static const struct subject *subjects;
static unsigned subject_count;

static uint64_t seed_from(void)
{
	return number_from("KMEMLAB_PROPERTY_SEED", 20263) * 0x9e3779b97f4a7c15ull | 1;
}

static void test_subject(void **state)
{
	const struct subject *s = *state;
	const char *quick = getenv("QUICK");
	unsigned n = (unsigned)number_from("KMEMLAB_PROPERTY_OPS",
					   quick && *quick ? QUICK_OPS : DEFAULT_OPS);
	struct world *w = malloc(sizeof(*w));

	assert_non_null(w);
	check_sequence(w, s, n, seed_from(), 1);
	check_sequence(w, s, 20 * n, ~seed_from(), 1000);
	free(w);
}

/* Each thread its own machines: nothing is shared. */
static void *run_all(void *arg)
{
	struct world *w = malloc(sizeof(*w));
	static const unsigned n = 2000;
	struct op *ops = calloc(n, sizeof(*ops));
	bool *ok = arg;
	unsigned at;

	*ok = w && ops;
	if (*ok)
		generate(ops, n, seed_from());
	for (unsigned i = 0; *ok && i < subject_count; i++)
		*ok = run(w, &subjects[i], ops, n, 16, &at);
	free(ops);
	free(w);
	return NULL;
}

static void test_threads(void **state)
{
	pthread_t thread[THREADS];
	bool ok[THREADS];

	(void)state;
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, run_all, &ok[i]), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(thread[i], NULL), 0);
		assert_true(ok[i]);
	}
}

/* The main program: each subject a test, and all of them from eight threads. */
static int run_subjects(const struct subject *s, unsigned n)
{
	struct CMUnitTest tests[MOST_SUBJECTS + 1];

	subjects = s;
	subject_count = n;
	for (unsigned i = 0; i < n; i++)
		tests[i] = (struct CMUnitTest){ s[i].name, test_subject, NULL, NULL,
						(void *)(uintptr_t)&s[i] };
	tests[n] = (struct CMUnitTest)cmocka_unit_test(test_threads);
	return _cmocka_run_group_tests("subjects", tests, n + 1, NULL, NULL);
}

#endif
