// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * whereabouts: where things stood in the memory of the bundled capture's machine, as its
 * recorder wrote it down (symbols.txt); and flat memory, made by hand.
 */
#include "tests/unit/kcore_capture.h"

#include <errno.h>

#include "record/whereabouts.h"
#include "tests/unit/machine_source.h"

static int find(struct whereabouts *w, const struct kcore_file *k, const struct machine *m,
		const struct layout *l, struct err *e)
{
	struct kmemory mem;
	int ret;

	memset(e, 0, sizeof(*e));
	if (kmemory_open(&mem, k->root, e) < 0)
		fail_msg("%s", e->text);
	ret = whereabouts_find(w, &mem, m, l, e);
	kmemory_close(&mem);
	return ret;
}

static void sparse_memory(void **state)
{
	struct machine *m = load_capture(CAPTURE);
	const struct layout *l = layout_find(m, 64);
	struct kcore_capture c;
	struct whereabouts w;
	uint64_t other;
	struct err e;

	(void)state;
	assert_non_null(l);
	capture_begin(&c);
	kcore_end(&c.k, c.info);
	assert_int_equal(find(&w, &c.k, m, l, &e), 0);
	assert_int_equal(w.pages, c.pages);
	assert_int_equal(w.node[0], c.node);
	assert_int_equal(w.node[1], 0);
	assert_int_equal(w.cpu[0], c.cpu[0]);
	assert_int_equal(w.cpu[1], c.cpu[1]);
	assert_int_equal(w.percpu_start, 0);
	/* The zones reach to where VMCOREINFO has the number of them (OFFSET(pglist_data.nr_zones)) or less. */
	assert_in_range(w.node_len, 1536 * 2, 171552);
	/* What is wanted of a CPU's area lies in the half a megabyte that the dumps have; a unit has 1 MiB. */
	assert_in_range(w.percpu_len, 4096, 1 << 20);
	assert_int_equal(w.caches, c.caches);
	assert_int_equal(w.block_pieces, 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(w.blocks[i].addr, c.usage + 0x100 * i + 24);
		assert_int_equal(w.blocks[i].first, SECTION_BLOCKS * i);
		assert_int_equal(w.blocks[i].count, SECTION_BLOCKS);
	}
	whereabouts_free(&w);

	/* Its second section's pages elsewhere: no one array. */
	other = (c.pages + (1 << 24)) | 0xf;
	kcore_change(&c.k, c.sections + 0x100000 + 32, &other, 8);
	assert_int_equal(find(&w, &c.k, m, l, &e), -ENOENT);
	assert_non_null(strstr(e.text, "one array"));
	assert_null(w.blocks);
	/* A section that is not there is passed over. */
	other = 0;
	kcore_change(&c.k, c.sections + 0x100000 + 32, &other, 8);
	assert_int_equal(find(&w, &c.k, m, l, &e), 0);
	assert_int_equal(w.block_pieces, 1);
	whereabouts_free(&w);
	kcore_change(&c.k, c.sections, &other, 8);
	assert_int_equal(find(&w, &c.k, m, l, &e), -ENOENT);
	assert_non_null(strstr(e.text, "no section"));
	kcore_drop(&c.k);
	machine_free(m);
}

/* A kernel whose symbols are hidden still tells where its pages are. */
static void without_kallsyms(void **state)
{
	struct machine *m = load_capture(CAPTURE);
	struct kcore_capture c;
	struct whereabouts w;
	struct err e;

	(void)state;
	capture_begin(&c);
	kcore_end(&c.k, c.info);
	kcore_put_text(&c.k, "proc/kallsyms", "0000000000000000 T _stext\n");
	assert_int_equal(find(&w, &c.k, m, layout_find(m, 64), &e), 0);
	assert_int_equal(w.pages, c.pages);
	assert_int_equal(w.node[0], c.node); /* VMCOREINFO has node_data */
	assert_int_equal(w.cpu[0], 0);
	assert_int_equal(w.percpu_len, 0);
	assert_int_equal(w.caches, 0);
	whereabouts_free(&w);
	kcore_drop(&c.k);
	machine_free(m);
}

/* 32 bits, one array that mem_map points at, and each zone's flags behind a pointer of its own. */
static void flat_memory(void **state)
{
	const struct layout l = { .pointer = 4,
				  .page = { .size = 40 },
				  .zone = { .first = 16, .size = 100, .pageblock_flags = 60 } };
	struct machine m = { .nodes = 1,
			     .cpus = 1,
			     .zone_count = 2,
			     .zone_types = 3,
			     .pageblock_order = 10,
			     .max_pfn = 6000 };
	uint32_t node[100] = { 0 };
	struct kcore_file k;
	struct whereabouts w;
	struct err e;

	(void)state;
	m.zone_type_of_index[0] = KMM_ZONE_DMA;
	m.zone_type_of_index[1] = KMM_ZONE_NORMAL;
	m.zone_type_of_index[2] = KMM_ZONE_HIGHMEM;
	m.zones[0] = (struct machine_zone){ .type = KMM_ZONE_DMA, .start_pfn = 1, .spanned = 4095 };
	m.zones[1] = (struct machine_zone){ .type = KMM_ZONE_NORMAL,
					    .start_pfn = 4096,
					    .spanned = 1904 };
	node[(16 + 60) / 4] = 0xf7001000;
	node[(16 + 100 + 60) / 4] = 0xf7002000;
	kcore_begin(&k, false);
	kcore_word(&k, 0xc1500000, 0xf6000000); /* mem_map */
	kcore_map(&k, 0xc1600000, node, sizeof(node));
	kcore_end(&k,
		  "SYMBOL(mem_map)=c1500000\nSYMBOL(contig_page_data)=c1600000\nPAGESIZE=4096\n");
	assert_int_equal(find(&w, &k, &m, &l, &e), 0);
	assert_int_equal(w.pages, 0xf6000000);
	assert_int_equal(w.node[0], 0xc1600000);
	assert_int_equal(w.node_len, 16 + 3 * 100);
	assert_int_equal(w.block_pieces, 2);
	assert_int_equal(w.blocks[0].addr, 0xf7001000);
	assert_int_equal(w.blocks[0].first, 0);
	assert_int_equal(w.blocks[0].count, 4);
	assert_int_equal(w.blocks[1].addr, 0xf7002000);
	assert_int_equal(w.blocks[1].first, 4);
	assert_int_equal(w.blocks[1].count, 2); /* 4096 .. 6000, the second not full */
	whereabouts_free(&w);
	node[0] = 0;
	kcore_change(&k, 0xc1500000, node, 4);
	assert_int_equal(find(&w, &k, &m, &l, &e), -ENOENT);
	assert_non_null(strstr(e.text, "mem_map"));
	kcore_drop(&k);

	kcore_begin(&k, false);
	kcore_end(&k, "PAGESIZE=4096\n");
	assert_int_equal(find(&w, &k, &m, &l, &e), -ENOENT);
	assert_non_null(strstr(e.text, "VMCOREINFO"));
	kcore_drop(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sparse_memory),
		cmocka_unit_test(without_kallsyms),
		cmocka_unit_test(flat_memory),
	};

	return cmocka_run_group_tests_name("record_whereabouts", tests, NULL, NULL);
}
