// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmalloc: pages from here and there behind one range of addresses, with a
 * guard page; and why a freed range is not used again at once: one flush of
 * every CPU's TLB serves for thousands of them.
 *
 *	cc vmalloc_lazy.c $(pkg-config --cflags --libs kmm)
 */
#include <stdio.h>
#include <stdlib.h>

#include <kmm/kmm_vmalloc.h>

#define FRAMES 16384
#define PAGE 4096

static void die(const char *why)
{
	fprintf(stderr, "vmalloc_lazy: %s\n", why);
	exit(1);
}

static struct kmm *make_machine(enum kmm_generation g)
{
	static struct kmm_config c;
	char why[200];
	struct kmm *mm;

	c = (struct kmm_config){ .zones = 1, .cpus = 2, .nodes = 1 };
	kmm_policy_init(&c.policy, g);
	c.zone[0] = (struct kmm_zone_config){
		.type = KMM_ZONE_NORMAL, .spanned = FRAMES, .present = FRAMES, .managed = FRAMES
	};
	mm = kmm_create(&c, why, sizeof(why));
	if (!mm || kmm_seed_boot(mm, 0, FRAMES, KMM_MOVABLE))
		die(why);
	return mm;
}

/* A line of /proc/vmallocinfo. */
static bool print_area(void *arg, const struct kmm_vm_info *v)
{
	static const char *const kind[] = { "vmalloc", "vmap", "ioremap", "percpu" };

	(void)arg;
	printf("  0x%llx-0x%llx %7llu pages=%llu %s\n", (unsigned long long)v->addr,
	       (unsigned long long)(v->addr + v->size), (unsigned long long)v->size,
	       (unsigned long long)v->pages, kind[v->kind]);
	return true;
}

/* Ten thousand times one page, taken and given back. */
static void churn(enum kmm_arch arch, enum kmm_generation g, const char *name)
{
	struct kmm *mm = make_machine(g);
	struct kmm_vmalloc_config c;
	struct kmm_vmalloc_stats s;
	struct kmm_vmalloc *v;

	kmm_vmalloc_config_init(&c, arch, g, 512u << 20);
	v = kmm_vmalloc_create(mm, &c);
	if (!v)
		die("no window");
	for (unsigned i = 0; i < 10000; i++)
		kmm_vfree(v, 0, kmm_vmalloc(v, 0, PAGE));
	kmm_vmalloc_stats(v, &s);
	printf("%s: %llu flushes, %llu pages of page tables\n", name,
	       (unsigned long long)s.tlb_flushes, (unsigned long long)s.table_pages);
	kmm_vmalloc_destroy(v);
	kmm_destroy(mm);
}

int main(void)
{
	struct kmm *mm = make_machine(KMM_LINUX_6_1);
	struct kmm_vmalloc_config c;
	struct kmm_vmalloc *v;
	uint64_t a;

	kmm_vmalloc_config_init(&c, KMM_X86_64, KMM_LINUX_6_1, 0);
	v = kmm_vmalloc_create(mm, &c);
	if (!v)
		die("no window");
	a = kmm_vmalloc(v, 0, 3 * PAGE);
	kmm_vmalloc(v, 0, 16384);
	kmm_ioremap(v, 0, 0xfed00000, 1024);
	kmm_vmalloc_walk(v, print_area, NULL);
	kmm_vfree(v, 0, a);
	printf("freed; the next range of that size begins %s\n",
	       kmm_vmalloc(v, 0, 3 * PAGE) == a ? "there" : "elsewhere");
	kmm_vm_unmap_aliases(v);
	printf("purged; the next one begins %s\n",
	       kmm_vmalloc(v, 0, 3 * PAGE) == a ? "there" : "elsewhere");
	kmm_vmalloc_destroy(v);
	kmm_destroy(mm);

	churn(KMM_X86_32, KMM_LINUX_2_6, "2.6 ");
	churn(KMM_X86_64, KMM_LINUX_6_1, "6.1 ");
	churn(KMM_X86_64, KMM_LINUX_6_18, "6.18");
	return 0;
}
