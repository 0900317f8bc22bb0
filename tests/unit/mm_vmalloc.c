// SPDX-License-Identifier: GPL-2.0-or-later
/* vmalloc: windows, pages behind the addresses, mappings of others' pages, release. */
#include "mm_machine.h"

#include "mm/kmm_vmalloc.h"

#define FRAMES 16384u
#define PAGE UINT64_C(4096)

static struct kmm *machine(enum kmm_generation g)
{
	struct kmm *mm = machine_of(g, FRAMES);

	assert_int_equal(kmm_seed_boot(mm, 0, FRAMES, KMM_MOVABLE), 0);
	return mm;
}

static struct kmm_vmalloc *window(struct kmm *mm, enum kmm_arch arch, enum kmm_generation g,
				  bool huge)
{
	struct kmm_vmalloc_config c;
	struct kmm_vmalloc *v;

	kmm_vmalloc_config_init(&c, arch, g, UINT64_C(896) << 20);
	c.huge = huge;
	v = kmm_vmalloc_create(mm, &c);
	assert_non_null(v);
	return v;
}

static void done(struct kmm_vmalloc *v, struct kmm *mm)
{
	char why[200];

	if (kmm_vmalloc_validate(v, why, sizeof(why)))
		fail_msg("%s", why);
	kmm_vmalloc_destroy(v);
	kmm_drain_pages(mm, 0, 0, KMM_ZONES);
	kmm_drain_pages(mm, 0, 1, KMM_ZONES);
	assert_int_equal(kmm_zone_free_pages(mm, 0), FRAMES);
	machine_done(mm);
}

/* vstart and vend of alloc_vmap_area in host-6.18; i386 with 896 MiB mapped directly. */
static void test_windows(void **state)
{
	struct kmm_vmalloc_config c;

	(void)state;
	kmm_vmalloc_config_init(&c, KMM_X86_64, KMM_LINUX_6_18, 0);
	assert_int_equal(c.start, UINT64_C(0xffffc90000000000));
	assert_int_equal(c.end, UINT64_C(0xffffe8ffffffffff) & ~(PAGE - 1));
	kmm_vmalloc_config_init(&c, KMM_X86_32, KMM_LINUX_2_6, UINT64_C(896) << 20);
	assert_int_equal(c.start, 0xf8800000u);
	assert_true(c.end > 0xff000000u && c.end < 0xff800000u);
	kmm_vmalloc_config_init(&c, KMM_ARM, KMM_LINUX_6_1, UINT64_C(256) << 20);
	assert_int_equal(c.start, 0xd0800000u);
	assert_int_equal(c.end, 0xff800000u);
}

/* First fit, a guard page behind each area, order-0 pages behind the addresses. */
static void test_first_fit(void **state)
{
	struct kmm *mm = machine(KMM_LINUX_6_1);
	struct kmm_vmalloc *v = window(mm, KMM_X86_64, KMM_LINUX_6_1, false);
	uint64_t start = UINT64_C(0xffffc90000000000), a, b, c;
	struct kmm_vmalloc_stats s;

	(void)state;
	a = kmm_vmalloc(v, 0, 5000);
	b = kmm_vmalloc(v, 0, 16384); /* a kernel stack: 0x5000 with its guard */
	c = kmm_vzalloc(v, 0, 1);
	assert_int_equal(a, start);
	assert_int_equal(b, start + 3 * PAGE);
	assert_int_equal(c, b + 5 * PAGE);
	assert_true(kmm_vmalloc_to_page(v, b + 4 * PAGE) == KMM_NO_PFN); /* the guard page */
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(kmm_frame_state(mm, kmm_vmalloc_to_page(v, b + i * PAGE + 7)),
				 KMM_FRAME_USED);
	kmm_vmalloc_stats(v, &s);
	assert_int_equal(s.mapped_pages, 7);
	assert_int_equal(s.used, 10 * PAGE);
	/* One table of each level serves the first 2 MiB. */
	assert_int_equal(s.table_pages, 2);
	assert_true(kmm_vmalloc(v, 0, UINT64_C(2) << 20) != 0);
	kmm_vmalloc_stats(v, &s);
	assert_int_equal(s.table_pages, 3);
	done(v, mm);
}

/* 2.6.24 uses an address again at once; later kernels when enough is queued for one flush. */
static void test_lazy_purge(void **state)
{
	struct kmm *mm = machine(KMM_LINUX_2_6);
	struct kmm_vmalloc *v = window(mm, KMM_X86_32, KMM_LINUX_2_6, false);
	struct kmm_vmalloc_stats s;
	uint64_t a = kmm_vmalloc(v, 0, PAGE);

	(void)state;
	kmm_vfree(v, 0, a);
	assert_int_equal(kmm_vmalloc(v, 0, PAGE), a);
	kmm_vmalloc_stats(v, &s);
	assert_int_equal(s.tlb_flushes, 1);
	done(v, mm);

	mm = machine(KMM_LINUX_6_1);
	v = window(mm, KMM_X86_64, KMM_LINUX_6_1, false);
	kmm_vmalloc_stats(v, &s);
	assert_int_equal(s.lazy_max, 2 * 8192); /* two CPUs: bit length 2, times 32 MiB */
	a = kmm_vmalloc(v, 0, PAGE);
	kmm_vfree(v, 0, a);
	for (unsigned i = 1; i < 8192; i++) {
		uint64_t next = kmm_vmalloc(v, 0, PAGE);

		assert_int_equal(next, a + i * 2 * PAGE);
		kmm_vfree(v, 0, next);
	}
	kmm_vmalloc_stats(v, &s);
	assert_int_equal(s.lazy_pages, 16384);
	assert_int_equal(s.purges, 0);
	kmm_vfree(v, 0, kmm_vmalloc(v, 0, PAGE)); /* one more than the limit */
	kmm_vmalloc_stats(v, &s);
	assert_int_equal(s.lazy_pages, 0);
	assert_int_equal(s.purges, 1);
	assert_int_equal(s.tlb_flushes, 1);
	assert_int_equal(s.purged_areas, 8193);
	assert_int_equal(s.chunks, 1);
	assert_int_equal(kmm_vmalloc(v, 0, PAGE), a);
	done(v, mm);
}

struct told {
	uint64_t number[3];
	unsigned frees, purges;
};

static void told_free(void *arg, uint64_t va_start, uint64_t nr_lazy, uint64_t nr_lazy_max)
{
	struct told *t = arg;

	*t = (struct told){ { va_start, nr_lazy, nr_lazy_max }, t->frees + 1, t->purges };
}

static void told_purge(void *arg, uint64_t start, uint64_t end, uint64_t npurged)
{
	struct told *t = arg;

	*t = (struct told){ { start, end, npurged }, t->frees, t->purges + 1 };
}

/* What the trace points of a free and of a purge say: pages in the queue, and its limit; the range. */
static void test_trace_points(void **state)
{
	static const struct kmm_vmalloc_observer watch = { .free_vmap_area_noflush = told_free,
							   .purge_vmap_area_lazy = told_purge };
	struct kmm *mm = machine(KMM_LINUX_6_1);
	struct kmm_vmalloc *v = window(mm, KMM_X86_64, KMM_LINUX_6_1, false);
	uint64_t a = kmm_vmalloc(v, 0, PAGE), b = kmm_vmalloc(v, 0, 2 * PAGE);
	struct told t = { .frees = 0 };

	(void)state;
	kmm_vmalloc_observe(v, &watch, &t);
	kmm_vfree(v, 0, b);
	assert_int_equal(t.number[0], b);
	assert_int_equal(t.number[1], 3); /* with the guard page */
	assert_int_equal(t.number[2], 16384);
	kmm_vfree(v, 0, a);
	assert_int_equal(t.number[0], a);
	assert_int_equal(t.number[1], 5);
	assert_int_equal(t.frees, 2);
	assert_int_equal(t.purges, 0);
	kmm_vm_unmap_aliases(v);
	assert_int_equal(t.purges, 1);
	assert_int_equal(t.number[0], a);
	assert_int_equal(t.number[1], b + 3 * PAGE);
	assert_int_equal(t.number[2], 2);
	done(v, mm);
}

/* 6.9 and later: a purged range of up to 256 pages serves its own CPU's node again, newest first. */
static void test_pools(void **state)
{
	struct kmm *mm = machine(KMM_LINUX_6_18);
	struct kmm_vmalloc *v = window(mm, KMM_X86_64, KMM_LINUX_6_18, false);
	uint64_t a = kmm_vmalloc(v, 0, PAGE), b = kmm_vmalloc(v, 0, PAGE);
	struct kmm_vmalloc_stats s;

	(void)state;
	kmm_vfree(v, 0, a);
	kmm_vfree(v, 0, b);
	kmm_vm_unmap_aliases(v);
	kmm_vmalloc_stats(v, &s);
	assert_int_equal(s.pooled_pages, 4);
	assert_true(kmm_vmalloc(v, 1, PAGE) > b);
	assert_int_equal(kmm_vmalloc(v, 0, PAGE), b);
	assert_int_equal(kmm_vmalloc(v, 0, PAGE), a);
	kmm_vmalloc_stats(v, &s);
	assert_int_equal(s.pool_hits, 2);
	done(v, mm);
}

static void test_huge(void **state)
{
	struct kmm *mm = machine(KMM_LINUX_6_1);
	struct kmm_vmalloc *v = window(mm, KMM_X86_64, KMM_LINUX_6_1, true);
	uint64_t small = kmm_vmalloc(v, 0, PAGE), a = kmm_vmalloc(v, 0, UINT64_C(3) << 20);
	struct kmm_vmalloc_stats s;

	(void)state;
	assert_true(small != 0);
	assert_int_equal(a % (UINT64_C(2) << 20), 0);
	/* Rounded to 4 MiB; each half is one block. */
	assert_int_equal(kmm_vmalloc_to_page(v, a) % 512, 0);
	assert_int_equal(kmm_vmalloc_to_page(v, a + PAGE), kmm_vmalloc_to_page(v, a) + 1);
	kmm_vmalloc_stats(v, &s);
	assert_int_equal(s.huge_mappings, 2);
	assert_int_equal(s.mapped_pages, 1 + 1024);
	assert_int_equal(s.table_pages, 2); /* no page table below the huge entries */
	kmm_vfree(v, 0, a);
	done(v, mm);
}

struct lines {
	unsigned n;
	struct kmm_vm_info line[8];
};

static bool visit(void *arg, const struct kmm_vm_info *info)
{
	struct lines *l = arg;

	assert_true(l->n < 8);
	l->line[l->n++] = *info;
	return true;
}

/* vmap, ioremap, and what /proc/vmallocinfo would show. */
static void test_mappings(void **state)
{
	struct kmm *mm = machine(KMM_LINUX_6_1);
	struct kmm_vmalloc *v = window(mm, KMM_X86_64, KMM_LINUX_6_1, false);
	kmm_pfn pages[3];
	struct lines l = { 0 };
	struct kmm_vmalloc_stats s;
	uint64_t map, io;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		pages[i] = kmm_alloc_pages(mm, 0, GFP_KERNEL, 0);
	map = kmm_vmap(v, 0, pages, 3);
	/* 64 KiB at an odd place: 17 pages, from a multiple of 128 KiB on. */
	io = kmm_ioremap(v, 0, 0xfed00010, 65536);
	assert_int_equal(io % 4096, 0x10);
	assert_int_equal((io & ~(PAGE - 1)) % 131072, 0);
	assert_int_equal(kmm_vmalloc_to_page(v, map + 2 * PAGE), pages[2]);
	kmm_vmalloc_walk(v, visit, &l);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.line[0].kind, KMM_VM_MAP);
	assert_int_equal(l.line[0].size, 4 * PAGE);
	assert_int_equal(l.line[0].pages, 3);
	assert_int_equal(l.line[1].kind, KMM_VM_IOREMAP);
	assert_int_equal(l.line[1].phys, 0xfed00000);
	assert_int_equal(l.line[1].size, 18 * PAGE);
	/* Each needs its own way back. */
	kmm_vfree(v, 0, map);
	kmm_vunmap(v, io);
	kmm_vfree(v, 0, map + PAGE);
	kmm_vfree(v, 0, 0);
	kmm_vmalloc_stats(v, &s);
	assert_int_equal(s.bad_frees, 3);
	kmm_vunmap(v, map);
	kmm_iounmap(v, io);
	kmm_vmalloc_stats(v, &s);
	assert_int_equal(s.areas, 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(kmm_frame_state(mm, pages[i]), KMM_FRAME_USED);
		kmm_free_pages(mm, 0, pages[i], 0);
	}
	done(v, mm);
}

/* More than there is; more than the machine can back: both leave everything as it was. */
static void test_failures(void **state)
{
	struct kmm *mm = machine(KMM_LINUX_6_1);
	struct kmm_vmalloc *v = window(mm, KMM_X86_64, KMM_LINUX_6_1, false);
	struct kmm_vmalloc_stats s;
	uint64_t a;

	(void)state;
	assert_int_equal(kmm_vmalloc(v, 0, (FRAMES + 1) * PAGE), 0);
	assert_int_equal(kmm_vmalloc(v, 0, 0), 0);
	assert_int_equal(kmm_vmalloc(v, 9, PAGE), 0);
	a = kmm_vmalloc(v, 0, FRAMES / 2 * PAGE);
	assert_true(a != 0);
	assert_int_equal(kmm_vmalloc(v, 0, FRAMES / 4 * 3 * PAGE), 0);
	kmm_vmalloc_stats(v, &s);
	assert_int_equal(s.failed, 4);
	assert_int_equal(s.mapped_pages, FRAMES / 2);
	done(v, mm);
}

/* Single pages are asked for through the bulk allocator from 6.1 on: it reports none of them. */
static void test_page_events(void **state)
{
	static struct seen seen;
	struct kmm *mm = machine(KMM_LINUX_6_1);
	struct kmm_vmalloc *v = window(mm, KMM_X86_64, KMM_LINUX_6_1, false);

	(void)state;
	kmm_vmalloc(v, 0, PAGE); /* the page tables are there from now on */
	seen_watch(mm, &seen);
	kmm_vmalloc(v, 0, 101 * PAGE);
	assert_int_equal(seen_count(&seen, 'a'), 1); /* 100 in bulk, one remains */
	kmm_observe(mm, NULL, NULL);
	done(v, mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_windows),	    cmocka_unit_test(test_first_fit),
		cmocka_unit_test(test_lazy_purge),  cmocka_unit_test(test_trace_points),
		cmocka_unit_test(test_pools),	    cmocka_unit_test(test_huge),
		cmocka_unit_test(test_mappings),    cmocka_unit_test(test_failures),
		cmocka_unit_test(test_page_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
