// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A copy between two pages that a 32-bit kernel cannot see: each gets a
 * temporary window, last mapped first unmapped.  Then the permanent window with
 * its counters, and what a page of low memory costs: nothing.
 *
 *	cc highmem_copy.c $(pkg-config --cflags --libs kmm)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kmm/kmm_highmem.h>
#include <kmm/kmm_page.h>

#define GFP_KERNEL (KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM | KMM_GFP_IO | KMM_GFP_FS)
#define HIGHMEM 2048 /* a machine whose kernel maps only 8 of its 16 MiB */
#define FRAMES 4096

static void die(const char *why)
{
	fprintf(stderr, "highmem_copy: %s\n", why);
	exit(1);
}

static struct kmm *make_machine(void)
{
	static struct kmm_config c = { .zones = 2, .cpus = 1, .nodes = 1 };
	char why[200];
	struct kmm *mm;

	kmm_policy_init(&c.policy, KMM_LINUX_6_1);
	c.zone[0] = (struct kmm_zone_config){
		.type = KMM_ZONE_NORMAL, .spanned = HIGHMEM, .present = HIGHMEM, .managed = HIGHMEM
	};
	c.zone[1] = (struct kmm_zone_config){ .type = KMM_ZONE_HIGHMEM,
					      .start = HIGHMEM,
					      .spanned = FRAMES - HIGHMEM,
					      .present = FRAMES - HIGHMEM,
					      .managed = FRAMES - HIGHMEM };
	mm = kmm_create(&c, why, sizeof(why));
	if (!mm || kmm_seed_boot(mm, 0, HIGHMEM, KMM_MOVABLE) ||
	    kmm_seed_boot(mm, HIGHMEM, FRAMES, KMM_MOVABLE))
		die(why);
	return mm;
}

static void copy_highpage(struct kmm_highmem *h, kmm_pfn to, kmm_pfn from)
{
	uint64_t src, dst;

	if (kmm_kmap_atomic(h, 0, 0, from, 0, &src) || kmm_kmap_atomic(h, 0, 0, to, 0, &dst))
		die("no temporary window");
	printf("from window 0x%llx to window 0x%llx, preemption off %u times\n",
	       (unsigned long long)src, (unsigned long long)dst, kmm_highmem_preempt_count(h, 0));
	memcpy(kmm_highmem_bytes(h, 0, 0, dst), kmm_highmem_bytes(h, 0, 0, src), 4096);
	if (!kmm_kunmap_atomic(h, 0, 0, src, 0))
		die("the first window went before the second");
	if (kmm_kunmap_atomic(h, 0, 0, dst, 0) || kmm_kunmap_atomic(h, 0, 0, src, 0))
		die("no such window");
	printf("after the copy the window shows %s\n",
	       kmm_highmem_bytes(h, 0, 0, src) ? "something" : "nothing");
}

int main(void)
{
	struct kmm *mm = make_machine();
	struct kmm_highmem_config hc;
	struct kmm_pages_config pc = { .direct_map = 0xc0000000u, .highmem = HIGHMEM };
	struct kmm_highmem_stats s;
	struct kmm_highmem *h;
	char *memory = calloc(FRAMES, 4096); /* the machine's own */
	struct kmm_pages *p;
	kmm_pfn from, to;
	unsigned woken;
	uint64_t addr;

	kmm_highmem_config_init(&hc, KMM_X86_32, KMM_LINUX_6_1, HIGHMEM);
	hc.memory = memory;
	h = kmm_highmem_create(&hc);
	pc.maps = h;
	pc.memory = memory;
	p = kmm_pages_create(mm, &pc);
	if (!h || !p || !memory)
		die("out of memory");

	from = kmm_page_alloc(p, 0, GFP_KERNEL | KMM_GFP_HIGHMEM, 0);
	to = kmm_page_alloc(p, 0, GFP_KERNEL | KMM_GFP_HIGHMEM | KMM_GFP_ZERO, 0);
	printf("high memory: %s; page_address: %llu\n", from >= HIGHMEM ? "yes" : "no",
	       (unsigned long long)kmm_page_virtual(p, from));
	strcpy(memory + (size_t)from * 4096, "hello from high memory");
	copy_highpage(h, to, from);
	printf("copied: %s\n", memory + (size_t)to * 4096);

	/* For longer: a slot of the permanent window, which may have to be waited for. */
	if (kmm_kmap(h, 0, true, to, &addr) || kmm_kmap(h, 0, true, to, &addr))
		die("no slot");
	printf("kmap, twice: 0x%llx, counter %u\n", (unsigned long long)addr,
	       kmm_pkmap_count(h, 1));
	kmm_kunmap(h, to, &woken);
	kmm_kunmap(h, to, &woken);
	printf("unmapped: counter %u, still at 0x%llx until a flush\n", kmm_pkmap_count(h, 1),
	       (unsigned long long)kmm_page_virtual(p, to));
	kmm_kmap_flush_unused(h);
	printf("flushed: counter %u, address %llu\n", kmm_pkmap_count(h, 1),
	       (unsigned long long)kmm_page_virtual(p, to));

	kmm_kmap(h, 0, true, 5, &addr);
	kmm_highmem_stats(h, &s);
	printf("frame 5 is low: 0x%llx at once; flushes of the window: %llu\n",
	       (unsigned long long)addr, (unsigned long long)s.flushes);
	free(memory);
	kmm_pages_destroy(p);
	kmm_highmem_destroy(h);
	kmm_destroy(mm);
	return 0;
}
