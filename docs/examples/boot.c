// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the first allocation to the page allocator: small requests share pages in
 * bootmem, memblock takes from the top, and what is free at the end becomes
 * free blocks, as large as their alignment lets them be.
 *
 *	cc boot.c $(pkg-config --cflags --libs kmm)
 */
#include <stdio.h>
#include <stdlib.h>

#include <kmm/kmm_boot.h>
#include <kmm/kmm_page.h>

#define FRAMES 16384 /* 64 MiB */
#define MIB (1ull << 20)

static void die(const char *why)
{
	fprintf(stderr, "boot: %s\n", why);
	exit(1);
}

static struct kmm *make_machine(enum kmm_generation g)
{
	static struct kmm_config c;
	char why[200];
	struct kmm *mm;

	c = (struct kmm_config){ .zones = 1, .cpus = 1, .nodes = 1 };
	kmm_policy_init(&c.policy, g);
	c.zone[0] = (struct kmm_zone_config){
		.type = KMM_ZONE_NORMAL, .spanned = FRAMES, .present = FRAMES, .managed = FRAMES
	};
	mm = kmm_create(&c, why, sizeof(why));
	if (!mm)
		die(why);
	return mm;
}

static void print_blocks(const struct kmm *mm)
{
	printf("  free blocks by order:");
	for (unsigned order = 0; order <= 10; order++)
		printf(" %llu", (unsigned long long)kmm_nr_free(mm, 0, order, KMM_MOVABLE));
	printf("\n");
}

int main(void)
{
	struct kmm *old = make_machine(KMM_LINUX_2_6), *new = make_machine(KMM_LINUX_6_1);
	struct kmm_bootmem *b = kmm_bootmem_create(0, FRAMES);
	struct kmm_memblock *m = kmm_memblock_create();
	struct kmm_bootmem_stats s;

	if (!b || !m)
		die("out of memory");
	printf("descriptors of 4 GiB in pages of 8 KiB, 40 bytes each: %llu MiB\n",
	       (unsigned long long)(kmm_page_descriptor_bytes(4096 * MIB, 8192, 40) / MIB));

	/* Everything is taken until the firmware's map says what is usable. */
	kmm_free_bootmem(b, 0, 0xa0000);
	kmm_free_bootmem(b, MIB, 63 * MIB);
	kmm_reserve_bootmem(b, MIB, 3 * MIB + 100); /* the kernel */
	for (unsigned i = 0; i < 3; i++)
		printf("bootmem: 0x%llx\n", (unsigned long long)kmm_alloc_bootmem(b, 1000));
	kmm_bootmem_stats(b, &s);
	printf("  three allocations, %llu in the page of the one before\n",
	       (unsigned long long)s.merged);
	printf("  handed over: %lld pages\n", (long long)kmm_free_all_bootmem(b, old, KMM_MOVABLE));
	print_blocks(old);

	kmm_memblock_add(m, 0, 0xa0000, 0, 0);
	kmm_memblock_add(m, MIB, 63 * MIB, 0, 0);
	kmm_memblock_reserve(m, MIB, 3 * MIB + 100);
	for (unsigned i = 0; i < 3; i++)
		printf("memblock: 0x%llx\n",
		       (unsigned long long)kmm_memblock_alloc(m, 1000, 64, 0, 0, -1, false));
	printf("  reserved: %llu bytes\n", (unsigned long long)kmm_memblock_reserved_size(m));
	printf("  handed over: %lld pages\n",
	       (long long)kmm_memblock_free_all(m, new, KMM_MOVABLE));
	print_blocks(new);
	kmm_bootmem_destroy(b);
	kmm_memblock_destroy(m);
	kmm_destroy(old);
	kmm_destroy(new);
	return 0;
}
