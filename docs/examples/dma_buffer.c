// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A buffer for an ISA device, which reaches the first 16 MiB only: __get_dma_pages
 * gives whole blocks, alloc_pages_exact no more pages than are needed, and in an
 * interrupt nothing may sleep.
 *
 *	cc dma_buffer.c $(pkg-config --cflags --libs kmm)
 */
#include <stdio.h>
#include <stdlib.h>

#include <kmm/kmm_page.h>

#define GFP_KERNEL (KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM | KMM_GFP_IO | KMM_GFP_FS)
#define GFP_ATOMIC (KMM_GFP_HIGH | KMM_GFP_KSWAPD_RECLAIM)
#define DMA_FRAMES 4096
#define FRAMES 16384

static void die(const char *why)
{
	fprintf(stderr, "dma_buffer: %s\n", why);
	exit(1);
}

static struct kmm *make_machine(void)
{
	static struct kmm_config c = { .zones = 2, .cpus = 1, .nodes = 1 };
	char why[200];
	struct kmm *mm;

	kmm_policy_init(&c.policy, KMM_LINUX_2_6);
	c.zone[0] = (struct kmm_zone_config){ .type = KMM_ZONE_DMA,
					      .spanned = DMA_FRAMES,
					      .present = DMA_FRAMES,
					      .managed = DMA_FRAMES };
	c.zone[1] = (struct kmm_zone_config){ .type = KMM_ZONE_NORMAL,
					      .start = DMA_FRAMES,
					      .spanned = FRAMES - DMA_FRAMES,
					      .present = FRAMES - DMA_FRAMES,
					      .managed = FRAMES - DMA_FRAMES };
	mm = kmm_create(&c, why, sizeof(why));
	if (!mm || kmm_seed_boot(mm, 0, DMA_FRAMES, KMM_MOVABLE) ||
	    kmm_seed_boot(mm, DMA_FRAMES, FRAMES, KMM_MOVABLE))
		die(why);
	return mm;
}

static const char *where(const struct kmm_pages *p, uint64_t addr)
{
	return kmm_virt_to_page(p, addr) < DMA_FRAMES ? "below 16 MiB" : "anywhere";
}

int main(void)
{
	struct kmm_pages_config c = { .direct_map = 0xc0000000u, .highmem = KMM_NO_PFN };
	struct kmm *mm = make_machine();
	struct kmm_pages *p = kmm_pages_create(mm, &c);
	uint64_t dma, plain, exact, irq;

	if (!p)
		die("out of memory");
	/* 64 KiB: order 4, aligned to its size, so that it crosses no 64 KiB boundary. */
	dma = kmm_get_dma_pages(p, 0, GFP_KERNEL, 4);
	plain = kmm_get_free_pages(p, 0, GFP_KERNEL, 4);
	printf("GFP_DMA: %s; GFP_KERNEL: %s\n", where(p, dma), where(p, plain));
	printf("aligned to 64 KiB: %s\n", dma % 65536 ? "no" : "yes");

	/* 100 KiB are 25 pages of a block of 32. */
	exact = kmm_alloc_pages_exact(p, 0, 100 * 1024, GFP_KERNEL | KMM_GFP_DMA);
	printf("exact: %s, pages given back at once: %llu\n", where(p, exact),
	       (unsigned long long)kmm_pages_stats(p)->exact_returned);

	/* A page without an address cannot be returned by address. */
	if (kmm_get_free_page(p, 0, GFP_KERNEL | KMM_GFP_HIGHMEM))
		die("a page of high memory has an address");
	printf("__GFP_HIGHMEM by address: refused\n");

	kmm_context_enter(p, 0); /* the interrupt */
	irq = kmm_get_free_page(p, 0, GFP_KERNEL);
	printf("GFP_KERNEL in an interrupt: sleeping in invalid context, %llu time\n",
	       (unsigned long long)kmm_pages_stats(p)->atomic_sleeps);
	kmm_free_page_addr(p, 0, irq);
	irq = kmm_get_free_page(p, 0, GFP_ATOMIC);
	printf("GFP_ATOMIC in an interrupt: still %llu\n",
	       (unsigned long long)kmm_pages_stats(p)->atomic_sleeps);
	kmm_free_page_addr(p, 0, irq);
	kmm_context_leave(p, 0);

	kmm_free_pages_exact(p, 0, exact, 100 * 1024);
	kmm_free_pages_addr(p, 0, plain, 4);
	kmm_free_pages_addr(p, 0, dma, 4);
	kmm_drain_pages(mm, 0, 0, KMM_ZONES);
	printf("free pages of the DMA zone: %llu of %u\n",
	       (unsigned long long)kmm_zone_free_pages(mm, 0), DMA_FRAMES);
	kmm_pages_destroy(p);
	kmm_destroy(mm);
	return 0;
}
