// SPDX-License-Identifier: GPL-2.0-or-later
/* Page descriptors: flags by name, counts, private, mapping, LRU, addresses, what they cost. */
#include <errno.h>

#include "mm_machine.h"

#include "mm/kmm_highmem.h"
#include "mm/kmm_page.h"

#define MEM_MAP 0xc1000000u

static struct kmm *machine(void)
{
	struct kmm_config c = config_of(KMM_LINUX_2_6);
	struct kmm *mm;

	config_zone(&c, 0, KMM_ZONE_NORMAL, 0, 4096);
	config_zone(&c, 0, KMM_ZONE_HIGHMEM, 4096, 2048);
	mm = machine_create(&c);
	assert_int_equal(kmm_seed_boot(mm, 0, 4096, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_boot(mm, 4096, 6144, KMM_MOVABLE), 0);
	return mm;
}

static struct kmm_pages *pages(struct kmm *mm, struct kmm_highmem *maps)
{
	struct kmm_pages_config c = { .direct_map = 0xc0000000u,
				      .highmem = 4096,
				      .maps = maps,
				      .descriptor = 32,
				      .mem_map = MEM_MAP };
	struct kmm_pages *p = kmm_pages_create(mm, &c);

	assert_non_null(p);
	return p;
}

static void done(struct kmm_pages *p, struct kmm *mm)
{
	char why[200];

	if (kmm_pages_validate(p, why, sizeof(why)))
		fail_msg("%s", why);
	kmm_pages_destroy(p);
	machine_done(mm);
}

/* Love, Linux Kernel Development: 40 bytes, pages of 8 KiB, 4 GiB: 524,288 pages, 20 MiB. */
static void test_cost(void **state)
{
	struct kmm *mm = machine();
	struct kmm_pages *p = pages(mm, NULL);
	size_t before = kmm_pages_memory(p);

	(void)state;
	assert_int_equal(kmm_page_descriptor_bytes(UINT64_C(4) << 30, 8192, 40), 20u << 20);
	assert_int_equal(kmm_pages_descriptors(p), 6144 * 32);
	/* Side arrays come with their first use. */
	assert_true(before < 4096);
	kmm_page_alloc(p, 0, GFP_KERNEL, 0);
	kmm_set_page_private(p, 1, 7);
	assert_true(kmm_pages_memory(p) >= before + 6144 * (sizeof(uint32_t) + sizeof(uint64_t)));
	done(p, mm);
}

static void test_flags(void **state)
{
	struct kmm *mm = machine();
	struct kmm_pages *p = pages(mm, NULL);
	kmm_pfn pfn = kmm_page_alloc(p, 0, GFP_KERNEL, 0);
	/* /sys/kernel/debug names them so in every version. */
	static const char *const names[] = { "locked", "dirty", "lru", "slab", "writeback" };

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		assert_string_equal(kmm_page_flag_name((unsigned)kmm_page_flag_find(names[i])),
				    names[i]);
	assert_int_equal(kmm_page_flag_find("lock"), -1);
	assert_null(kmm_page_flag_name(KMM_PG_FLAGS));
	assert_int_equal(kmm_page_set_flag(p, pfn, KMM_PG_LOCKED, true), 0);
	assert_int_equal(kmm_page_set_flag(p, pfn, KMM_PG_DIRTY, true), 0);
	assert_int_equal(kmm_page_set_flag(p, pfn, KMM_PG_DIRTY, false), 0);
	assert_true(kmm_page_flag(p, pfn, KMM_PG_LOCKED));
	assert_false(kmm_page_flag(p, pfn, KMM_PG_DIRTY));
	/* What the model knows cannot be set. */
	assert_int_equal(kmm_page_set_flag(p, pfn, KMM_PG_BUDDY, true), -EINVAL);
	assert_int_equal(kmm_page_set_flag(p, 100000, KMM_PG_LOCKED, true), -EINVAL);
	assert_false(kmm_page_flag(p, pfn, KMM_PG_BUDDY));
	assert_true(kmm_page_flag(p, 1024, KMM_PG_BUDDY));
	assert_int_equal(kmm_page_private(p, 1024), 10); /* a free block's order */
	/* Nothing outlives the page. */
	kmm_page_free(p, 0, pfn, 0);
	assert_false(kmm_page_flag(p, pfn, KMM_PG_LOCKED));
	done(p, mm);
}

static void test_counts(void **state)
{
	struct kmm *mm = machine();
	struct kmm_pages *p = pages(mm, NULL);
	kmm_pfn pfn = kmm_page_alloc(p, 0, GFP_KERNEL, 2);
	kmm_pfn comp = kmm_page_alloc(p, 0, GFP_KERNEL | KMM_GFP_COMP, 2);
	kmm_pfn other = kmm_alloc_pages(mm, 0, GFP_KERNEL, 0);

	(void)state;
	assert_int_equal(kmm_page_count(p, pfn), 1);
	assert_int_equal(kmm_page_count(p, pfn + 1), 0); /* inside a block */
	assert_int_equal(kmm_page_count(p, 2048), 0);	 /* free */
	assert_int_equal(kmm_page_count(p, other), 1);	 /* not from here */
	assert_int_equal(kmm_get_page(p, pfn), 0);
	kmm_page_free(p, 0, pfn, 2); /* one user is left */
	assert_int_equal(kmm_page_count(p, pfn), 1);
	kmm_page_free(p, 0, pfn, 2);
	assert_int_equal(kmm_page_count(p, pfn), 0);
	/* The last put_page() of a compound page frees all of it. */
	assert_true(kmm_page_flag(p, comp + 3, KMM_PG_COMPOUND));
	assert_int_equal(kmm_get_page(p, comp), 0);
	assert_int_equal(kmm_put_page(p, 0, comp), 0);
	assert_int_equal(kmm_put_page(p, 0, comp), 1);
	assert_int_equal(kmm_frame_state(mm, comp + 3), KMM_FRAME_FREE);
	assert_int_equal(kmm_put_page(p, 0, comp), -EINVAL);
	assert_int_equal(kmm_page_add_rmap(p, other), 0);
	assert_int_equal(kmm_page_add_rmap(p, other), 0);
	assert_int_equal(kmm_page_mapcount(p, other), 2);
	assert_int_equal(kmm_page_remove_rmap(p, other), 0);
	assert_int_equal(kmm_page_remove_rmap(p, other), 0);
	assert_int_equal(kmm_page_remove_rmap(p, other), -EINVAL);
	assert_int_equal(kmm_page_set_mapping(p, other, KMM_MAPPING_ANON), 0);
	assert_int_equal(kmm_page_mapping(p, other), KMM_MAPPING_ANON);
	done(p, mm);
}

static void test_lru(void **state)
{
	struct kmm *mm = machine();
	struct kmm_pages *p = pages(mm, NULL);
	kmm_pfn pfn[3];

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		pfn[i] = kmm_page_alloc(p, 0, GFP_KERNEL, 0);
		assert_int_equal(kmm_lru_add(p, pfn[i], false), 0);
	}
	assert_int_equal(kmm_lru_add(p, pfn[1], true), -EBUSY);
	assert_int_equal(kmm_lru_next(p, 0, false, KMM_NO_PFN), pfn[0]);
	assert_int_equal(kmm_lru_next(p, 0, false, pfn[0]), pfn[1]);
	/* mark_page_accessed(), twice: to the other list. */
	assert_int_equal(kmm_lru_del(p, pfn[1]), 0);
	assert_int_equal(kmm_lru_add(p, pfn[1], true), 0);
	assert_true(kmm_page_flag(p, pfn[1], KMM_PG_ACTIVE));
	assert_int_equal(kmm_lru_next(p, 0, false, pfn[0]), pfn[2]);
	assert_int_equal(kmm_lru_next(p, 0, false, pfn[2]), KMM_NO_PFN);
	kmm_page_free(p, 0, pfn[0], 0); /* leaves its list */
	assert_int_equal(kmm_lru_pages(p, 0, false), 1);
	assert_int_equal(kmm_lru_pages(p, 0, true), 1);
	assert_int_equal(kmm_lru_del(p, pfn[0]), -EINVAL);
	done(p, mm);
}

static void test_addresses(void **state)
{
	struct kmm_highmem_config c;
	struct kmm_highmem *h;
	struct kmm *mm = machine();
	struct kmm_pages *p;
	uint64_t addr;
	unsigned woken;

	(void)state;
	kmm_highmem_config_init(&c, KMM_X86_32, KMM_LINUX_2_6, 4096);
	h = kmm_highmem_create(&c);
	p = pages(mm, h);
	assert_int_equal(kmm_page_virtual(p, 5), 0xc0005000u);
	assert_int_equal(kmm_virt_to_page(p, 0xc0005fffu), 5);
	assert_int_equal(kmm_virt_to_page(p, 0xc1000000u), KMM_NO_PFN); /* high memory */
	assert_int_equal(kmm_virt_to_page(p, 0xbffff000u), KMM_NO_PFN);
	/* NULL while it is not mapped. */
	assert_int_equal(kmm_page_virtual(p, 5000), 0);
	assert_int_equal(kmm_kmap(h, 0, true, 5000, &addr), 0);
	assert_int_equal(kmm_page_virtual(p, 5000), addr);
	assert_int_equal(kmm_kunmap(h, 5000, &woken), 0);
	kmm_kmap_flush_unused(h);
	assert_int_equal(kmm_page_virtual(p, 5000), 0);
	/* mem_map[]: from number to descriptor and back. */
	assert_int_equal(kmm_pfn_to_page(p, 5), MEM_MAP + 5 * 32);
	assert_int_equal(kmm_page_to_pfn(p, MEM_MAP + 5 * 32), 5);
	assert_int_equal(kmm_page_to_pfn(p, MEM_MAP + 5 * 32 + 4), KMM_NO_PFN);
	assert_int_equal(kmm_page_to_pfn(p, MEM_MAP - 32), KMM_NO_PFN);
	assert_int_equal(kmm_pfn_to_page(p, 1 << 20), 0);
	assert_int_equal(kmm_page_node(p, 5), 0);
	assert_int_equal(kmm_page_node(p, 1 << 20), -1);
	kmm_highmem_destroy(h);
	done(p, mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cost),	  cmocka_unit_test(test_flags),
		cmocka_unit_test(test_counts),	  cmocka_unit_test(test_lru),
		cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
