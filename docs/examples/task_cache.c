// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A cache of task_structs, the books' example of the slab allocator, on a machine
 * of 2.6.24 with one processor: what a cache looks like when it is made, where its
 * objects stand, what fork and exit do to /proc/slabinfo, and why a cache in use
 * cannot be destroyed.  Its slabs have no room for colours; those of struct file,
 * 192 bytes, have two: the first object stands 64 bytes further in every second.
 *
 *	cc task_cache.c $(pkg-config --cflags --libs kmm)
 */
#include <stdio.h>
#include <stdlib.h>

#include <kmm/kmm_slab.h>

#define GFP_KERNEL (KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM | KMM_GFP_IO | KMM_GFP_FS)
#define TASKS 7

static void die(const char *why)
{
	fprintf(stderr, "task_cache: %s\n", why);
	exit(1);
}

/* 16 MiB of memory from 16 MiB on. */
static struct kmm *make_machine(void)
{
	static struct kmm_config c = { .zones = 1, .cpus = 1, .nodes = 1 };
	char why[200];
	struct kmm *mm;

	kmm_policy_init(&c.policy, KMM_LINUX_2_6);
	c.zone[0] = (struct kmm_zone_config){ .type = KMM_ZONE_NORMAL,
					      .start = 4096,
					      .spanned = 4096,
					      .present = 4096,
					      .managed = 4096 };
	mm = kmm_create(&c, why, sizeof(why));
	if (!mm || kmm_seed_boot(mm, 4096, 8192, KMM_MOVABLE))
		die(why);
	return mm;
}

static void show(const struct kmm_cache *s)
{
	char line[200];

	kmm_kmem_cache_slabinfo(s, line, sizeof(line));
	puts(line);
}

/* Three slabs of 20 objects, and where the first of each stands. */
static void show_colours(struct kmm_slab *sl)
{
	struct kmm_cache_args args = { .name = "filp",
				       .object_size = 192,
				       .flags = KMM_SLAB_HWCACHE_ALIGN };
	char why[200];
	struct kmm_cache *files = kmm_kmem_cache_create(sl, &args, why, sizeof(why));

	if (!files)
		die(why);
	for (unsigned slab = 0; slab < 3; slab++) {
		unsigned first = 4096;

		for (unsigned i = 0; i < 20; i++) {
			kmm_addr at = kmm_kmem_cache_alloc(files, 0, GFP_KERNEL);

			if (at % 4096 < first)
				first = (unsigned)(at % 4096);
		}
		printf("slab %u of files begins at %u\n", slab, first);
	}
	show(files);
}

int main(void)
{
	/* sizeof(struct task_struct) was 1360 on an i386 of that time. */
	struct kmm_cache_args args = { .name = "task_struct", .object_size = 1360, .align = 16 };
	struct kmm *mm = make_machine();
	struct kmm_slab_policy policy;
	struct kmm_cache_figures f;
	struct kmm_cache *tasks;
	kmm_addr task[TASKS];
	struct kmm_slab *sl;
	char why[200];

	kmm_slab_policy_init(&policy, KMM_SLAB, KMM_VERSION(2, 6, 24));
	policy.word = 4;
	sl = kmm_slab_create(mm, &policy, why, sizeof(why));
	tasks = sl ? kmm_kmem_cache_create(sl, &args, why, sizeof(why)) : NULL;
	if (!tasks)
		die(why);

	kmm_kmem_cache_figures(tasks, &f);
	printf("%u objects of %u bytes on %u page(s), %u bytes over; the descriptor %s\n",
	       f.objs_per_slab, f.size, 1u << f.order, f.leftover,
	       f.off_slab ? "is off the slab" : "is on the slab");
	show(tasks);

	for (unsigned i = 0; i < TASKS; i++) {
		task[i] = kmm_kmem_cache_alloc(tasks, 0, GFP_KERNEL);
		printf("fork: frame %u, offset %4u\n", kmm_slab_frame(sl, task[i]),
		       (unsigned)(task[i] % 4096));
	}
	show(tasks);

	printf("destroy with tasks: %d\n", kmm_kmem_cache_destroy(tasks, 0));
	for (unsigned i = 0; i < TASKS; i++)
		kmm_kmem_cache_free(tasks, 0, task[i]);
	/* The array of the processor keeps them: the pages stay. */
	show(tasks);
	printf("shrink: %d\n", kmm_kmem_cache_shrink(tasks, 0));
	show(tasks);
	printf("destroy without: %d\n", kmm_kmem_cache_destroy(tasks, 0));
	show_colours(sl);

	kmm_slab_destroy(sl);
	kmm_destroy(mm);
	return 0;
}
