// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Nanoseconds of CPU time per operation of the object allocators: pairs of allocation and
 * release in LIFO order with few and with many objects live, bursts, and frees
 * in random order; and the bytes that the model takes for a live object.  The
 * system's malloc stands beside them.  The best of several rounds is shown, as
 * the machine is not ours alone.
 *
 * usage: objects [MILLIONS [model | NAME]]: that many objects live from the second
 * column on (1); the model's rows alone, or malloc's alone under another name, for one
 * that LD_PRELOAD brings.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mm/kmm_slab.h"

#define ROUNDS 5
#define GFP_KERNEL (KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM | KMM_GFP_IO | KMM_GFP_FS)
#define SIZE 192
#define PAIRS 2000000u
#define BURST 1000u

enum { PAIR, PAIR_FULL, BURSTS, RANDOM, BYTES, COLUMNS };

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* the machine is not ours alone */
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct kmm *make_machine(kmm_pfn frames)
{
	struct kmm_config *c = calloc(1, sizeof(*c));
	char why[128] = "out of memory";
	struct kmm *mm = NULL;

	if (c) {
		kmm_policy_init(&c->policy, KMM_LINUX_6_1);
		c->cpus = 2;
		c->nodes = 1;
		c->zones = 1;
		c->zone[0] = (struct kmm_zone_config){ .type = KMM_ZONE_NORMAL,
						       .start = 1024,
						       .spanned = frames,
						       .present = frames,
						       .managed = frames };
		mm = kmm_create(c, why, sizeof(why));
		free(c);
	}
	if (!mm || kmm_seed_boot(mm, 1024, 1024 + frames, KMM_MOVABLE)) {
		fprintf(stderr, "objects bench: %s\n", why);
		exit(2);
	}
	return mm;
}

/* An allocator under test; malloc where sl is NULL. */
struct bench {
	struct kmm *mm;
	struct kmm_slab *sl;
	struct kmm_cache *s;
	uint64_t *live;
	unsigned many;
	double ns[COLUMNS];
};

static inline uint64_t take(struct bench *b)
{
	uint64_t at;

	if (b->s)
		at = kmm_kmem_cache_alloc(b->s, 0, GFP_KERNEL);
	else if (b->sl)
		at = kmm_kmalloc(b->sl, 0, SIZE, GFP_KERNEL);
	else
		at = (uint64_t)(uintptr_t)malloc(SIZE);

	if (!at) {
		fprintf(stderr, "objects bench: no memory left\n");
		exit(2);
	}
	return at;
}

static inline void give(struct bench *b, uint64_t at)
{
	if (b->s)
		kmm_kmem_cache_free(b->s, 0, at);
	else if (b->sl)
		kmm_kfree(b->sl, 0, at);
	else
		free((void *)(uintptr_t)at);
}

static double bench_pairs(struct bench *b)
{
	double start = now_ns();

	for (unsigned i = 0; i < PAIRS; i++) {
		uint64_t at = take(b);

		__asm__ volatile("" : : "r"(at) : "memory");
		give(b, at);
	}
	return (now_ns() - start) / PAIRS;
}

static double bench_bursts(struct bench *b)
{
	uint64_t at[BURST];
	double start = now_ns();

	for (unsigned i = 0; i < PAIRS / BURST; i++) {
		for (unsigned k = 0; k < BURST; k++)
			at[k] = take(b);
		for (unsigned k = BURST; k--;)
			give(b, at[k]);
	}
	return (now_ns() - start) / PAIRS;
}

/* Replace a random one of those that live. */
static double bench_random(struct bench *b)
{
	const unsigned n = 1000000;
	uint64_t s = 88172645463325252ull;
	double start = now_ns();

	for (unsigned i = 0; i < n; i++) {
		s ^= s << 13;
		s ^= s >> 7;
		s ^= s << 17;
		give(b, b->live[s % b->many]);
		b->live[s % b->many] = take(b);
	}
	return (now_ns() - start) / n;
}

static void best(double *least, double v)
{
	if (*least == 0 || v < *least)
		*least = v;
}

static void run(struct bench *b)
{
	size_t before = b->sl ? kmm_slab_memory(b->sl) : 0;

	best(&b->ns[PAIR], bench_pairs(b));
	best(&b->ns[BURSTS], bench_bursts(b));
	for (unsigned i = 0; i < b->many; i++)
		b->live[i] = take(b);
	if (b->sl)
		b->ns[BYTES] = (double)(kmm_slab_memory(b->sl) - before) / b->many;
	best(&b->ns[PAIR_FULL], bench_pairs(b));
	best(&b->ns[RANDOM], bench_random(b));
	for (unsigned i = b->many; i--;)
		give(b, b->live[i]);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		enum kmm_slab_kind kind;
		unsigned version;
		bool sheaf, kmalloc;
	} rows[] = {
		{ "SLUB 2.6.24", KMM_SLUB, KMM_VERSION(2, 6, 24), false, false },
		{ "SLUB 6.1", KMM_SLUB, KMM_VERSION(6, 1, 0), false, false },
		{ "SLUB 6.18", KMM_SLUB, KMM_VERSION(6, 18, 0), false, false },
		{ "6.18 sheaves", KMM_SLUB, KMM_VERSION(6, 18, 0), true, false },
		{ "SLAB 2.6.24", KMM_SLAB, KMM_VERSION(2, 6, 24), false, false },
		{ "SLAB 6.1", KMM_SLAB, KMM_VERSION(6, 1, 0), false, false },
		{ "kmalloc 6.1", KMM_SLUB, KMM_VERSION(6, 1, 0), false, true },
		{ "malloc", KMM_SLUB, 0, false, false },
	};
	const char *only = argc > 2 ? argv[2] : "";
	bool model = !*only || !strcmp(only, "model"), others = strcmp(only, "model") != 0;
	unsigned long millions = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
	unsigned many;
	uint64_t *live;

	if (!millions || millions > 1000) {
		fprintf(stderr, "objects bench: 1 to 1000 million objects\n");
		return 2;
	}
	many = (unsigned)(millions * 1000000);
	live = malloc(many * sizeof(*live));
	if (!live)
		return 2;
	if (model)
		printf("%-13s %10s %10s %10s %10s %10s   ns per alloc and free of %d bytes\n",
		       "objects", "pair", "pair/live", "burst", "random", "B/object", SIZE);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bench b = { .live = live, .many = many };
		const char *name = rows[i].version || !*only ? rows[i].name : only;

		if (rows[i].version ? !model : !others)
			continue;

		for (unsigned round = 0; round < (millions > 4 ? 1 : ROUNDS); round++) {
			struct kmm_cache_args a = { .name = "bench", .object_size = SIZE };
			struct kmm_slab_policy p;
			char why[200];

			if (rows[i].version) {
				b.mm = make_machine(many / 16);
				kmm_slab_policy_init(&p, rows[i].kind, rows[i].version);
				b.sl = kmm_slab_create(b.mm, &p, why, sizeof(why));
				a.sheaf_capacity = rows[i].sheaf ? 32 : 0;
				b.s = b.sl ? kmm_kmem_cache_create(b.sl, &a, why, sizeof(why)) :
					     NULL;
				if (rows[i].kmalloc)
					b.s = NULL;
				else if (!b.s) {
					fprintf(stderr, "objects bench: %s\n", why);
					return 2;
				}
			}
			run(&b);
			kmm_slab_destroy(b.sl);
			kmm_destroy(b.mm);
		}
		printf("%-13s %10.1f %10.1f %10.1f %10.1f %10.1f\n", name, b.ns[PAIR],
		       b.ns[PAIR_FULL], b.ns[BURSTS], b.ns[RANDOM], b.ns[BYTES]);
	}
	free(live);
	return 0;
}
