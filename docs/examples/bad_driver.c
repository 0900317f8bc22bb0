// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The usual mistakes of a driver, on a machine that has real memory and a cache
 * with all of SLUB's debugging on: one byte too many, a write after the free, a
 * second free, the wrong cache, and a field that was read before it was written.
 *
 *	cc bad_driver.c $(pkg-config --cflags --libs kmm)
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kmm/kmm_slab.h>

#define GFP_KERNEL (KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM | KMM_GFP_IO | KMM_GFP_FS)
#define FRAMES 1024

struct packet {
	char name[20];
	unsigned length, flags;
};

static void die(const char *why)
{
	fprintf(stderr, "bad_driver: %s\n", why);
	exit(1);
}

/* As the kernel would log it. */
static void report(void *arg, const struct kmm_cache *s, kmm_addr at, const char *text)
{
	(void)arg;
	(void)s;
	(void)at;
	printf("%s\n", text);
}

static struct kmm *make_machine(void)
{
	static struct kmm_config c = { .zones = 1, .cpus = 1, .nodes = 1 };
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
	static const struct kmm_slab_observer observer = { .report = report };
	struct kmm_cache_args args = { .name = "packet",
				       .object_size = sizeof(struct packet),
				       .flags = KMM_SLAB_DEBUG };
	void *memory = aligned_alloc(4096, FRAMES * 4096);
	struct kmm *mm = make_machine();
	struct kmm_slab_policy policy;
	struct kmm_cache *packets, *others;
	struct packet *p;
	struct kmm_slab *sl;
	unsigned flags;
	kmm_addr at;
	char why[200];

	if (!memory)
		die("no memory");
	kmm_slab_policy_init(&policy, KMM_SLUB, KMM_VERSION(6, 1, 0));
	policy.memory = memory;
	policy.base = 0xffff888000000000; /* so that the same addresses are printed every time */
	sl = kmm_slab_create(mm, &policy, why, sizeof(why));
	packets = sl ? kmm_kmem_cache_create(sl, &args, why, sizeof(why)) : NULL;
	args.name = "others";
	others = sl ? kmm_kmem_cache_create(sl, &args, why, sizeof(why)) : NULL;
	if (!packets || !others)
		die(why);
	kmm_slab_observe(sl, &observer, NULL);

	at = kmm_kmem_cache_alloc(packets, 0, GFP_KERNEL);
	p = kmm_slab_bytes(sl, at);
	puts("a field that nobody wrote:");
	memset(p, 0, offsetof(struct packet, flags));
	kmm_slab_read(sl, 0, at + offsetof(struct packet, flags), &flags, sizeof(flags));

	puts("one byte too many:");
	memset(p, 0, sizeof(*p) + 1);
	kmm_kmem_cache_free(packets, 0, at);

	puts("freed twice:");
	kmm_kmem_cache_free(packets, 0, at);

	puts("written after the free:");
	p->length = 1500;
	at = kmm_kmem_cache_alloc(packets, 0, GFP_KERNEL);

	puts("given to another cache:");
	kmm_kmem_cache_free(others, 0, at);

	kmm_kmem_cache_free(packets, 0, at);
	kmm_slab_destroy(sl);
	kmm_destroy(mm);
	free(memory);
	return 0;
}
