// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A mempool behind a block driver: requests must be had to write pages out, and
 * pages are written out because there is no memory.  Four requests in reserve
 * break the circle.  The machine's memory is used up; requests then come from the
 * reserve until that is empty, an interrupt handler fails, a process would sleep,
 * and each request that completes serves the next.
 *
 *	cc driver_mempool.c $(pkg-config --cflags --libs kmm)
 */
#include <stdio.h>
#include <stdlib.h>

#include <kmm/kmm_slab.h>

#define GFP_ATOMIC (KMM_GFP_HIGH | KMM_GFP_ATOMIC | KMM_GFP_KSWAPD_RECLAIM)
#define GFP_NOIO (KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM)
#define RESERVE 4

static void die(const char *why)
{
	fprintf(stderr, "driver_mempool: %s\n", why);
	exit(1);
}

static struct kmm *make_machine(void)
{
	static struct kmm_config c = { .zones = 1, .cpus = 1, .nodes = 1 };
	char why[200];
	struct kmm *mm;

	kmm_policy_init(&c.policy, KMM_LINUX_6_1);
	c.zone[0] = (struct kmm_zone_config){ .type = KMM_ZONE_NORMAL,
					      .start = 1024,
					      .spanned = 1024,
					      .present = 1024,
					      .managed = 1024 };
	mm = kmm_create(&c, why, sizeof(why));
	if (!mm || kmm_seed_boot(mm, 1024, 2048, KMM_MOVABLE))
		die(why);
	return mm;
}

static void show(const struct kmm_mempool *pool, const char *when)
{
	struct kmm_mempool_stats st;

	kmm_mempool_stats(pool, &st);
	printf("%-22s %u of %u in reserve, %llu out\n", when, st.curr_nr, st.min_nr,
	       (unsigned long long)st.out);
}

int main(void)
{
	struct kmm_cache_args args = { .name = "driver_request",
				       .object_size = 512,
				       .flags = KMM_SLAB_HWCACHE_ALIGN };
	struct kmm *mm = make_machine();
	struct kmm_slab_policy policy;
	struct kmm_cache *requests;
	struct kmm_mempool *pool;
	kmm_addr request[RESERVE];
	struct kmm_slab *sl;
	unsigned pages = 0;
	char why[200];

	kmm_slab_policy_init(&policy, KMM_SLUB, KMM_VERSION(6, 1, 0));
	sl = kmm_slab_create(mm, &policy, why, sizeof(why));
	requests = sl ? kmm_kmem_cache_create(sl, &args, why, sizeof(why)) : NULL;
	if (!requests)
		die(why);
	pool = kmm_mempool_create_slab_pool(RESERVE, requests, 0);
	if (!pool)
		die("no reserve");
	show(pool, "created:");

	/* All other memory goes, and what is left in the cache's slabs. */
	while (kmm_alloc_pages(mm, 0, GFP_ATOMIC, 0) != KMM_NO_PFN)
		pages++;
	while (kmm_kmem_cache_alloc(requests, 0, GFP_ATOMIC) != KMM_NULL)
		;
	printf("memory is used up:     %s\n", pages > 900 ? "yes" : "no");

	for (unsigned i = 0; i < RESERVE; i++)
		request[i] = kmm_mempool_alloc(pool, 0, GFP_NOIO);
	show(pool, "four writes begun:");
	printf("in an interrupt:       %s\n",
	       kmm_mempool_alloc(pool, 0, GFP_ATOMIC) == KMM_NULL ? "fails" : "?");
	printf("in a process:          %s\n",
	       kmm_mempool_alloc(pool, 0, GFP_NOIO) == KMM_NULL ? "would sleep" : "?");

	kmm_mempool_free(pool, 0, request[0]);
	show(pool, "one write completed:");
	request[0] = kmm_mempool_alloc(pool, 0, GFP_NOIO);
	show(pool, "the next one begun:");

	for (unsigned i = 1; i < RESERVE; i++)
		kmm_mempool_free(pool, 0, request[i]);
	printf("destroy, one is out:   %d\n", kmm_mempool_destroy(pool, 0));
	kmm_slab_destroy(sl);
	kmm_destroy(mm);
	return 0;
}
