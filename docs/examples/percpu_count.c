// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each CPU its own copy: a static variable, a dynamic one, and a counter that
 * touches shared memory once in a batch.
 *
 *	cc percpu_count.c $(pkg-config --cflags --libs kmm)
 */
#include <stdio.h>
#include <stdlib.h>

#include <kmm/kmm_percpu.h>

#define GFP_KERNEL (KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM | KMM_GFP_IO | KMM_GFP_FS)
#define FRAMES 16384

static void die(const char *why)
{
	fprintf(stderr, "percpu_count: %s\n", why);
	exit(1);
}

static struct kmm *make_machine(void)
{
	static struct kmm_config c = { .zones = 1, .cpus = 4, .nodes = 1 };
	char why[200];
	struct kmm *mm;

	kmm_policy_init(&c.policy, KMM_LINUX_6_1);
	c.zone[0] = (struct kmm_zone_config){
		.type = KMM_ZONE_NORMAL, .spanned = FRAMES, .present = FRAMES, .managed = FRAMES
	};
	mm = kmm_create(&c, why, sizeof(why));
	if (!mm || kmm_seed_boot(mm, 0, FRAMES, KMM_MOVABLE))
		die(why);
	return mm;
}

int main(void)
{
	struct kmm *mm = make_machine();
	struct kmm_percpu_config c;
	struct kmm_percpu_counter count;
	struct kmm_percpu_stats s;
	struct kmm_percpu *p;
	uint64_t runs, big;

	kmm_percpu_config_init(&c);
	p = kmm_percpu_create(mm, &c);
	if (!p)
		die("no first chunk");
	kmm_percpu_stats(p, &s);
	printf("unit: %zu bytes, %zu of them for dynamic areas\n", s.unit_size, s.dyn_size);

	runs = kmm_define_per_cpu(p, 8, 8); /* DEFINE_PER_CPU(long, runs) */
	printf("runs of CPU 3: %llu units above that of CPU 0\n",
	       (unsigned long long)((kmm_per_cpu_ptr(p, runs, 3) - kmm_per_cpu_ptr(p, runs, 0)) /
				    s.unit_size));
	kmm_get_cpu_var(p, runs, 1);
	printf("get_cpu_var: preemption off %u time\n", kmm_preempt_count(p, 1));
	kmm_put_cpu_var(p, 1);

	/* More than the first chunk has left: a second chunk, pages for what is asked only. */
	big = kmm_alloc_percpu(p, 0, 28672, 64);
	big = kmm_alloc_percpu(p, 0, 20000, 64);
	kmm_percpu_stats(p, &s);
	printf("chunks made: %llu, pages put into them: %llu (4 CPUs, 5 pages)\n",
	       (unsigned long long)s.chunks_created, (unsigned long long)s.pages_populated);
	kmm_free_percpu(p, big);

	if (kmm_percpu_counter_init(&count, p, 0, 0, GFP_KERNEL))
		die("no counter");
	for (unsigned i = 0; i < 1000; i++)
		kmm_percpu_counter_add(&count, i % 4, 1);
	printf("1000 counts: read %lld, sum %lld, shared writes %llu\n",
	       (long long)kmm_percpu_counter_read(&count),
	       (long long)kmm_percpu_counter_sum(&count), (unsigned long long)count.carries);
	kmm_percpu_counter_destroy(&count);
	kmm_percpu_destroy(p);
	kmm_destroy(mm);
	return 0;
}
