// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Nanoseconds of CPU time per operation of the model: pairs of allocation and release
 * through the per-CPU lists, past them, in bursts that refill and drain, and a
 * mix with a large live set; and the pairs again while very many pages live.  The
 * best of several rounds is shown, as the machine is not ours alone.
 *
 * usage: mm [MILLIONS]: that many pages live in the last two columns (1).
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mm/kmm.h"

#define ROUNDS 5
#define SHORT_ROUNDS 40 /* of pairs: short enough for some to go undisturbed */
#define GFP_KERNEL (KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM | KMM_GFP_IO | KMM_GFP_FS)
#define GFP_USER_MOVABLE (GFP_KERNEL | KMM_GFP_HIGHMEM | KMM_GFP_MOVABLE)
#define LIVE (1u << 17)

struct live {
	kmm_pfn pfn;
	unsigned order;
};

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* the machine is not ours alone */
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* So many pages in use, and some more to allocate from. */
static struct kmm *make_full_machine(enum kmm_generation g, bool pcp, uint64_t pages)
{
	uint64_t frames = (pages + 65536) & ~UINT64_C(1023);
	struct kmm_config *c = calloc(1, sizeof(*c));
	char why[128] = "out of memory";
	struct kmm *mm = NULL;

	if (c) {
		kmm_policy_init(&c->policy, g);
		if (!pcp)
			c->policy.pcp_batch = 0;
		c->cpus = 2;
		c->nodes = 1;
		c->zones = 1;
		c->zone[0] = (struct kmm_zone_config){ .type = KMM_ZONE_NORMAL,
						       .spanned = (kmm_pfn)frames,
						       .present = frames,
						       .managed = frames,
						       .min = 64,
						       .low = 80,
						       .high = 96 };
		mm = kmm_create(c, why, sizeof(why));
		free(c);
	}
	if (!mm || kmm_seed_boot(mm, 0, (kmm_pfn)frames, KMM_MOVABLE)) {
		fprintf(stderr, "mm bench: %s\n", why);
		exit(2);
	}
	for (uint64_t i = 0; i < pages; i++)
		if (kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0) == KMM_NO_PFN) {
			fprintf(stderr, "mm bench: no page left after %llu\n",
				(unsigned long long)i);
			exit(2);
		}
	return mm;
}

/* A machine of 1 GiB as the kernel lays it out. */
static struct kmm *make_machine(enum kmm_generation g, bool pcp)
{
	struct kmm_config *c = calloc(1, sizeof(*c));
	char why[128] = "out of memory";
	struct kmm *mm = NULL;

	if (c) {
		kmm_policy_init(&c->policy, g);
		if (!pcp)
			c->policy.pcp_batch = 0;
		c->cpus = 2;
		c->nodes = 1;
		c->zones = 2;
		c->zone[0] = (struct kmm_zone_config){ .type = KMM_ZONE_DMA,
						       .start = 1,
						       .spanned = 4095,
						       .present = 3998,
						       .managed = 3840 };
		c->zone[1] = (struct kmm_zone_config){ .type = KMM_ZONE_DMA32,
						       .start = 4096,
						       .spanned = 258048,
						       .present = 258016,
						       .managed = 242000 };
		mm = kmm_create(c, why, sizeof(why));
		free(c);
	}
	if (!mm || kmm_seed_boot(mm, 64, 4096, KMM_MOVABLE) ||
	    kmm_seed_boot(mm, 4096, 258048, KMM_MOVABLE)) {
		fprintf(stderr, "mm bench: %s\n", why);
		exit(2);
	}
	return mm;
}

static double best(double a, double b)
{
	return a < b ? a : b;
}

static double bench_pairs(struct kmm *mm, unsigned order)
{
	const unsigned n = 100000;
	double ns = 1e9;

	for (unsigned round = 0; round < SHORT_ROUNDS; round++) {
		double start = now_ns();

		for (unsigned i = 0; i < n; i++)
			kmm_free_pages(mm, 0, kmm_alloc_pages(mm, 0, GFP_KERNEL, order), order);
		ns = best(ns, (now_ns() - start) / n);
	}
	return ns;
}

/* So many out, then all of them back. */
static double bench_bursts(struct kmm *mm, struct live *live)
{
	const unsigned n = 1000, bursts = 1000;
	double start = now_ns();

	for (unsigned b = 0; b < bursts; b++) {
		for (unsigned i = 0; i < n; i++)
			live[i].pfn = kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0);
		for (unsigned i = 0; i < n; i++)
			kmm_free_pages(mm, 0, live[i].pfn, 0);
	}
	return (now_ns() - start) / ((double)n * bursts);
}

/* Replace a random live block by another, of mixed orders, types and CPUs. */
static double bench_mix(struct kmm *mm, struct live *live)
{
	const unsigned n = 1000000;
	uint64_t s = 88172645463325252ull;
	double start;

	for (unsigned i = 0; i < LIVE; i++)
		live[i].pfn = kmm_alloc_pages(mm, i & 1, GFP_USER_MOVABLE, live[i].order = 0);
	start = now_ns();
	for (unsigned i = 0; i < n; i++) {
		struct live *l;

		s ^= s << 13;
		s ^= s >> 7;
		s ^= s << 17;
		l = &live[s % LIVE];
		kmm_free_pages(mm, s >> 20 & 1, l->pfn, l->order);
		l->order = (s >> 21 & 15) < 14 ? 0 : (unsigned)(s >> 25 & 3);
		l->pfn = kmm_alloc_pages(mm, s >> 27 & 1,
					 s >> 28 & 3 ? GFP_USER_MOVABLE : GFP_KERNEL, l->order);
	}
	start = (now_ns() - start) / n;
	for (unsigned i = 0; i < LIVE; i++)
		kmm_free_pages(mm, 0, live[i].pfn, live[i].order);
	return start;
}

static double bench_live(enum kmm_generation g, bool pcp, uint64_t pages)
{
	struct kmm *mm = make_full_machine(g, pcp, pages);
	double ns = 1e9;

	for (unsigned round = 0; round < ROUNDS; round++)
		ns = best(ns, bench_pairs(mm, 0));
	kmm_destroy(mm);
	return ns;
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "2.6", "5.10", "6.1", "6.18" };
	struct live *live = malloc(LIVE * sizeof(*live));

	unsigned long millions = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;

	if (!millions || millions > 1000) {
		fprintf(stderr, "mm bench: 1 to 1000 million pages\n");
		return 2;
	}
	if (!live)
		return 2;
	printf("%-6s %12s %12s %12s %12s %12s %12s %12s   ns per alloc and free; %lu M pages live\n",
	       "linux", "pcp order 0", "no pcp", "order 4", "bursts", "live mix", "pcp/live",
	       "no pcp/live", millions);
	for (unsigned g = KMM_LINUX_2_6; g <= KMM_LINUX_6_18; g++) {
		double ns[5] = { 1e9, 1e9, 1e9, 1e9, 1e9 };

		for (unsigned round = 0; round < ROUNDS; round++) {
			struct kmm *mm = make_machine(g, true), *bare = make_machine(g, false);

			ns[0] = best(ns[0], bench_pairs(mm, 0));
			ns[1] = best(ns[1], bench_pairs(bare, 0));
			ns[2] = best(ns[2], bench_pairs(mm, 4));
			ns[3] = best(ns[3], bench_bursts(mm, live));
			ns[4] = best(ns[4], bench_mix(mm, live));
			kmm_destroy(mm);
			kmm_destroy(bare);
		}
		printf("%-6s %12.1f %12.1f %12.1f %12.1f %12.1f %12.1f %12.1f\n", names[g], ns[0],
		       ns[1], ns[2], ns[3], ns[4], bench_live(g, true, millions * 1000000),
		       bench_live(g, false, millions * 1000000));
		fflush(stdout);
	}
	free(live);
	return 0;
}
