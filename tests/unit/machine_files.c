// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The readers of single snapshot files: forms of other kernels than those of the
 * captures, and what is said of damaged ones.  The texts are in the form that
 * the kernels of that age print.
 */
#include "tests/unit/machine_source.h"

#define ZONE_24                                                                \
	"Node 0, zone      DMA\n"                                              \
	"  pages free     2015\n        min      22\n        low      27\n"    \
	"        high     33\n        scanned  0 (a: 3 i: 0)\n"                \
	"        spanned  4096\n        present  3950\n"                       \
	"    nr_free_pages 2015\n"                                             \
	"        protection: (0, 991, 991)\n"                                  \
	"  pagesets\n"                                                         \
	"    cpu: 0 pcp: 0\n              count: 3\n              high:  18\n" \
	"              batch: 3\n"                                             \
	"    cpu: 0 pcp: 1\n              count: 4\n              high:  6\n"  \
	"              batch: 1\n"                                             \
	"  all_unreclaimable: 0\n  prev_priority:     12\n  start_pfn:         0\n"

static void test_zoneinfo_of_2_6(void **state)
{
	struct memory_file files[] = {
		{ "system/version", "Linux version 2.6.24-generic (x@y) #1\n", 0 },
		{ "before/zoneinfo", ZONE_24, 0 },
		{ NULL, NULL, 0 },
	};
	struct err e = { 0 };
	struct machine *m = load_files(files, &e);

	(void)state;
	assert_non_null(m);
	assert_int_equal(m->kernel_major, 2);
	assert_int_equal(m->kernel_minor, 6);
	assert_int_equal(m->zone_count, 1);
	assert_int_equal(m->zones[0].managed, 3950); /* it knew no managed pages */
	assert_int_equal(m->zones[0].pcp_high, 18);
	assert_int_equal(m->zones[0].pcp_batch, 3);
	assert_int_equal(m->before.pcp_infos[0].count, 7); /* hot and cold */
	assert_int_equal(m->zones[0].protections, 3);
	/* the raw numbers of that age: reclaimable before movable */
	assert_int_equal(m->migratetype_of_raw[1], KMM_RECLAIMABLE);
	assert_int_equal(m->migratetype_of_raw[2], KMM_MOVABLE);
	assert_true(has_note(m, "no before/buddyinfo"));
	machine_free(m);
}

#define ZONE(node, name, start, pages)                                                         \
	"Node " #node ", zone " name "\n  pages free " #pages "\n        min 10\n"             \
	"        low 12\n        high 14\n        spanned " #pages "\n        present " #pages \
	"\n        managed " #pages "\n        protection: (0, 0)\n  pagesets\n    cpu: 0\n"   \
	"              count: 0\n              high: 10\n              batch: 1\n"             \
	"  start_pfn: " #start "\n"

static struct machine *load_zone_and(const char *name, const char *text)
{
	struct memory_file files[] = {
		{ "before/zoneinfo", ZONE(0, "Normal", 0, 4096), 0 },
		{ name, text, 0 },
		{ NULL, NULL, 0 },
	};
	struct err e = { 0 };
	struct machine *m = load_files(files, &e);

	assert_non_null(m);
	return m;
}

static void test_zoneinfo_errors(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "pages free 1\n", "before/zoneinfo: line 1: " },
		{ "Node 0, zone Normal\n  pages free x\n", "line 2: " },
		{ "Node 0, zone Wrong\n", "no such zone: Wrong of node 0" },
		{ "Node 77, zone Normal\n", "of node 77" },
		{ "Node 0, zone Normal\n present 5\n spanned 5\n", "without its start_pfn" },
		{ "Node 0, zone Normal\n present 5\n start_pfn: 0\n", "without its spanned" },
		{ "Node 0, zone Normal\n present 6\n spanned 5\n start_pfn: 0\n", "than it spans" },
		{ "Node 0, zone Normal\n present 5\n spanned 5\n start_pfn: 99999999999\n",
		  "ends beyond page frame" },
		{ "Node 0, zone Normal\n present 5\n spanned 18446744073709551616\n",
		  "spanned is no number" },
		{ "Node 0, zone Normal\n protection: (0, 1", "cut off" },
		{ "Node 0, zone Normal\n pagesets\n cpu: 5000\n", "a CPU's number below" },
		{ ZONE(0, "Normal", 0, 64) ZONE(0, "Normal", 64, 64), "out of order" },
		{ "Node 0, zone Normal\n present 0\n spanned 0\n", "no zone has memory" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct memory_file files[] = { { "before/zoneinfo", bad[i].text, 0 },
					       { NULL, NULL, 0 } };
		struct err e = { 0 };

		assert_null(load_files(files, &e));
		if (!strstr(e.text, bad[i].says))
			fail_msg("case %zu says: %s", i, e.text);
		assert_int_equal(e.code, -EBADMSG);
	}
}

/* Zones without memory are no zones, but tell what the reserves' columns mean. */
static void test_empty_zones(void **state)
{
	struct memory_file files[] = {
		{ "after/zoneinfo",
		  ZONE(0, "DMA", 1, 512) "Node 0, zone Normal\n  pages free 0\n"
					 "        spanned 0\n        present 0\n",
		  0 },
		{ NULL, NULL, 0 },
	};
	struct machine *m = load_files(files, NULL);

	(void)state;
	assert_non_null(m);
	assert_int_equal(m->zone_count, 1);
	assert_int_equal(m->zone_types, 2);
	assert_int_equal(m->zone_type_of_index[1], KMM_ZONE_NORMAL);
	assert_false(m->have_before);
	assert_true(m->have_after);
	assert_int_equal(m->max_pfn, 513);
	machine_free(m);
}

#define TYPES(a, b, c, d, extra)                                                              \
	"Page block order: 9\nPages per block:  512\n\n"                                      \
	"Free pages count per migrate type at order 0 1\n"                                    \
	"Node    0, zone   Normal, type " a " 1 2\n"                                          \
	"Node    0, zone   Normal, type " b " 3 >100000\n"                                    \
	"Node    0, zone   Normal, type " c " 5 > 100000\n"                                   \
	"Node    0, zone   Normal, type " d " 7 8\n" extra "\nNumber of blocks type " a " " b \
	" " c " " d

static void test_pagetypeinfo_with_cma(void **state)
{
	struct machine *m = load_zone_and(
		"before/pagetypeinfo",
		TYPES("Unmovable", "Movable", "Reclaimable", "HighAtomic",
		      "Node    0, zone   Normal, type CMA 9 10\n"
		      "Node    0, zone   Normal, type Isolate 0 0\n") " CMA Isolate\n"
								      "Node 0, zone   Normal 1 2 3 4 5 6\n");

	(void)state;
	assert_true(m->before.have_pagetypeinfo);
	assert_int_equal(m->orders, 2);
	assert_int_equal(m->migratetypes, 6);
	assert_int_equal(m->migratetype_of_raw[4], KMM_CMA);
	assert_int_equal(m->migratetype_of_raw[5], KMM_ISOLATE);
	assert_int_equal(m->before.nr_free_type[0][KMM_CMA][1], 10);
	assert_int_equal(m->before.pageblocks[0][KMM_ISOLATE], 6);
	assert_int_equal(m->before.nr_free_type[0][KMM_MOVABLE][1], 100000);
	assert_true(m->before.nr_free_type_cut[0][KMM_MOVABLE][1]);
	assert_true(m->before.nr_free_type_cut[0][KMM_RECLAIMABLE][1]);
	assert_false(m->before.nr_free_type_cut[0][KMM_MOVABLE][0]);
	machine_free(m);
}

static void test_pagetypeinfo_of_2_6(void **state)
{
	struct machine *m = load_zone_and("before/pagetypeinfo",
					  TYPES("Unmovable", "Reclaimable", "Movable", "Reserve",
						"") "\nNode 0, zone   Normal 1 2 3 4\n");

	(void)state;
	assert_int_equal(m->migratetypes, 4);
	assert_int_equal(m->migratetype_of_raw[1], KMM_RECLAIMABLE);
	assert_int_equal(m->migratetype_of_raw[2], KMM_MOVABLE);
	assert_int_equal(m->migratetype_of_raw[3], KMM_HIGHATOMIC);
	assert_int_equal(m->before.pageblocks[0][KMM_MOVABLE], 3);
	machine_free(m);
}

/* Damaged files are named with their line, and left out. */
static void test_noted(void **state)
{
	static const struct {
		const char *name, *text, *says;
	} bad[] = {
		{ "before/buddyinfo", "Node 0, zone Normal 1 2 x\n", "before/buddyinfo: line 1: " },
		{ "before/buddyinfo", "Node 1, zone Normal 1 2\n", "zone Normal of node 1" },
		{ "before/buddyinfo", "Node 0, zone Normal 1 9999999\n", "more free memory" },
		{ "before/buddyinfo", "Node 0, zone Normal 1 1 1 1 1 1 1 1 1 1 1 1 1\n",
		  "more than 12 orders" },
		{ "before/buddyinfo", "\n", "0 zones where zoneinfo has 1" },
		{ "before/pagetypeinfo", "Page block order: 99\n", "line 1: the page block order" },
		{ "before/pagetypeinfo", "Page block order: 9\n", "rows of zone Normal" },
		{ "before/pagetypeinfo",
		  TYPES("Unmovable", "Movable", "Reclaimable", "Odd", "") "\n",
		  "line 8: unknown migrate type Odd" },
		{ "before/slabinfo", "nonsense\n", "before/slabinfo: line 1: " },
		{ "before/slabinfo", "slabinfo - version: 2.1\na 1 2 3 4 5\n", "line 2: " },
		{ "before/slab_attrs.txt", "dentry/order: 77\n", "order has no such value" },
		{ "before/slab_attrs.txt", "nothing\n", "line 1: expected" },
		{ "before/jiffies", "marked at x nsecs\n",
		  "line 1: no number behind \"marked at \"" },
		{ "before/jiffies", "marked at 1 nsecs\nnow at 2 nsecs\njiffies: -\n", "line 3: " },
		{ "before/jiffies", "now at 2 nsecs\njiffies: 1\n", "jiffies are missing" },
		{ "before/lists", "what\n", "before/lists: line 1: " },
		{ "before/lists", "# kmemlab lists 1\nfree 0 Normal 2 Movable: 6\n",
		  "line 2: 6 is no" },
		{ "before/lists", "# kmemlab lists 1\nfree 0 Normal 0 Movable: 6 7 6\n",
		  "on a list already" },
		{ "before/lists", "# kmemlab lists 1\nfree 0 Normal 0 Movable: 0..9999999999\n",
		  "is no block" },
		{ "before/lists", "# kmemlab lists 1\npcp 0 Normal 9 0 Movable: 6\n",
		  "a CPU's number below 1" },
		{ "before/slabs", "what\n", "before/slabs: line 1: " },
		{ "before/slabs", "# kmemlab slabs 1\nfull: 1:1/1/0\n", "a place below one" },
		{ "before/slabs", "# kmemlab slabs 1\ncache a\nfull: 1:2/1/0\n",
		  "line 3: expected a slab" },
		{ "before/slabs", "# kmemlab slabs 1\ncache a\nfull: 1:1/1/0 1:1/1/0\n",
		  "is of two slabs" },
		{ "before/slabs", "# kmemlab slabs 1\ncache a\ncpu 7: 1:1/1/0\n",
		  "a CPU's number below 1" },
		{ "system/version", "Linux version next\n", "no kernel release" },
		{ "system/iomem", "zz-ff : System RAM\n", "system/iomem: line 1" },
		{ "system/sysctl_vm", "a: 1\nmin_free_kbytes: x\n", "system/sysctl_vm: line 2" },
		{ "system/nodes", "== /x/node0/cpulist\n0-9999\n", "a list of CPUs" },
		{ "system/kcore_head.raw", "short", "no ELF header" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct machine *m = load_zone_and(bad[i].name, bad[i].text);

		if (!has_note(m, bad[i].says))
			fail_msg("case %zu: last note: %s", i, m->unknown[m->unknown_count - 1]);
		assert_false(m->before.have_buddyinfo || m->before.have_pagetypeinfo ||
			     m->before.have_lists);
		machine_free(m);
	}
}

static void test_iomem_hidden(void **state)
{
	struct machine *m = load_zone_and("system/iomem", "00000000-00000000 : System RAM\n"
							  "00000000-00000000 : System RAM\n");

	(void)state;
	assert_int_equal(m->ram_count, 0);
	assert_true(has_note(m, "hidden"));
	machine_free(m);
	m = load_zone_and("system/iomem", "00001000-0009ffff : System RAM\n"
					  "  00002000-00003000 : Kernel code\n"
					  "100000000-23fffffff : System RAM\n");
	assert_int_equal(m->ram_count, 2);
	assert_true(m->ram_first[1] == 0x100000000 && m->ram_last[1] == 0x23fffffff);
	machine_free(m);
}

/* As a guest with a balloon of 6.18 has it; before its driver runs, without the feature, without such an order. */
static void test_reporting(void **state)
{
#define BALLOON "/sys/bus/virtio/drivers/virtio_balloon/virtio0/"
#define ORDER "/sys/module/page_reporting/parameters/page_reporting_order: "
	static const struct {
		const char *text;
		bool on;
	} of[] = {
		{ ORDER "9\n" BALLOON "status: 0x0000000f\n" BALLOON "features: 0110010100\n",
		  true },
		{ ORDER "9\n" BALLOON "status: 0x00000003\n" BALLOON "features: 0110010100\n",
		  false },
		{ ORDER "9\n" BALLOON "status: 0x0000000f\n" BALLOON "features: 0110000100\n",
		  false },
		{ ORDER "11\n" BALLOON "status: 0x0000000f\n" BALLOON "features: 0110010100\n",
		  false },
		{ BALLOON "status: 0x0000000f\n" BALLOON "features: 01100\n", false },
		{ "nonsense\n" BALLOON "features:\n", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(*of); i++) {
		struct machine *m = load_zone_and("system/page_reporting", of[i].text);

		assert_int_equal(has_note(m, "free blocks of order 9 and more are reported"),
				 of[i].on);
		machine_free(m);
	}
}

static void test_narrowed(void **state)
{
	struct machine *m = load_zone_and("system/narrowed",
					  "cpus\ncomm\n\nsomething else\ncpus\n");

	(void)state;
	assert_string_equal(m->narrowed, "some CPUs and tasks of one name");
	machine_free(m);
	m = load_zone_and("system/version", "6.1.0 x86_64\n");
	assert_string_equal(m->narrowed, "");
	machine_free(m);
}

static void test_topology(void **state)
{
	struct machine *m = load_zone_and("system/nodes",
					  "== /sys/devices/system/node/node0/cpulist\n0-1,4\n"
					  "== /sys/devices/system/node/node0/distance\n10 31\n"
					  "== /sys/devices/system/node/node1/cpulist\n2-3\n"
					  "== /sys/devices/system/node/node1/meminfo\nNode 1 x\n");

	(void)state;
	assert_int_equal(m->nodes, 2);
	assert_int_equal(m->cpus, 5);
	assert_int_equal(m->cpu[3].node, 1);
	assert_int_equal(m->cpu[4].node, 0);
	assert_int_equal(m->distance[0][1], 31);
	machine_free(m);
	m = load_zone_and("system/cpuinfo", "processor\t: 0\nflags : x\n\nprocessor\t: 3\n");
	assert_int_equal(m->cpus, 4);
	assert_true(m->cpu[3].present && !m->cpu[2].present);
	machine_free(m);
}

static void test_settings(void **state)
{
	struct machine *m = load_zone_and(
		"system/thp",
		"/sys/kernel/mm/transparent_hugepage/enabled: always madvise [never]\n");

	(void)state;
	assert_int_equal(m->thp_compiled, 1);
	assert_false(m->thp_enabled);
	machine_free(m);
	m = load_zone_and("system/kernel_config", "CONFIG_CMA=y\n# CONFIG_TRANSPARENT_HUGEPAGE is "
						  "not set\nCONFIG_X86_64=y\n");
	assert_int_equal(m->thp_compiled, 0);
	assert_string_equal(m->arch, "x86_64");
	/* no pagetypeinfo: the numbers follow from the configuration */
	assert_int_equal(m->migratetype_of_raw[4], KMM_CMA);
	assert_int_equal(m->migratetype_of_raw[5], KMM_ISOLATE);
	machine_free(m);
	m = load_zone_and("system/sysctl_vm", "lowmem_reserve_ratio: 7\nmin_free_kbytes: 123\n"
					      "watermark_boost_factor: 0\n");
	assert_true(m->have_sysctl);
	assert_int_equal(m->min_free_kbytes, 123);
	machine_free(m);
}

/* Of several readings the one in which the count was taken soonest after the time. */
static void test_jiffies(void **state)
{
	struct memory_file files[] = {
		{ "before/zoneinfo", ZONE(0, "Normal", 0, 4096), 0 },
		{ "system/kernel_config", "CONFIG_HZ_250=y\nCONFIG_HZ=250\n", 0 },
		{ "before/jiffies",
		  "marked at 58870346549 nsecs\nnow at 58871602110 nsecs\njiffies: 4294907018\n"
		  "marked at 58901606639 nsecs\nnow at 58902238642 nsecs\njiffies: 4294907021\n"
		  "marked at 58903944005 nsecs\nnow at 58917060548 nsecs\njiffies: 4294907025\n",
		  0 },
		{ NULL, NULL, 0 },
	};
	struct machine *m = load_files(files, NULL);

	(void)state;
	assert_non_null(m);
	assert_int_equal(m->jiffies.hz, 250);
	assert_int_equal(m->jiffies.marked, 3);
	assert_int_equal(m->jiffies.marked_ns[1], 58901606639);
	/* 14725 ticks less 4294907021; the others have one more, or the same */
	assert_int_equal(m->jiffies.count, 4294907021);
	assert_int_equal(m->jiffies.mono_ns, 58900000000);
	machine_free(m);
}

/* A shared cache: its folder has a made-up name, slabinfo the first user's. */
static void test_ring_buffers(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} cases[] = {
		{ "CPU: 0\nentries: 4\noverrun: 1\ncommit overrun: 2\ndropped events: 3\n"
		  "CPU: 2\noverrun: 18\n",
		  true },
		{ "== cpu0\noverrun: 6\n== cpu2\ndropped events: 18\n", true },
		{ "overrun: 1\n", false },
		{ "CPU: 1024\n", false },
		{ "CPU: 0\noverrun: x\n", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct machine *m = load_zone_and("system/ring_buffer_stats", cases[i].text);

		assert_int_equal(has_note(m, "ring_buffer_stats"), !cases[i].good);
		assert_int_equal(m->ring[0].known, cases[i].good);
		assert_false(m->ring[1].known);
		assert_int_equal(m->ring[0].lost, cases[i].good ? 6 : 0);
		assert_int_equal(m->ring[2].lost, cases[i].good ? 18 : 0);
		machine_free(m);
	}
}

static void test_slab_aliases(void **state)
{
	struct memory_file files[] = {
		{ "before/zoneinfo", ZONE(0, "Normal", 0, 4096), 0 },
		{ "before/slabinfo",
		  "slabinfo - version: 2.1\n# name ...\n"
		  "second 10 32 128 32 1 : tunables 0 0 0 : slabdata 1 1 0\n",
		  0 },
		{ "before/slab_attrs.txt",
		  "first -> :A-0000128\n:A-0000128/object_size: 120\n"
		  ":A-0000128/slab_size: 128\nsecond -> :A-0000128\n:A-0000128/ctor: \n"
		  "alone/order: 3\nalone/slab_size: 4096 \nalone/ctor: init_once+0x0/0x10\n",
		  0 },
		{ NULL, NULL, 0 },
	};
	struct machine *m = load_files(files, NULL);

	(void)state;
	assert_non_null(m);
	assert_int_equal(m->slab_count, 2);
	assert_string_equal(m->slabs[0].name, "second");
	assert_int_equal(m->slabs[0].object_size, 120);
	assert_int_equal(m->slabs[0].alias_count, 1);
	assert_string_equal(m->slabs[0].aliases[0], "first");
	assert_true(m->slabs[0].accounted && !m->slabs[0].has_ctor);
	assert_string_equal(m->slabs[1].name, "alone");
	assert_true(m->slabs[1].has_ctor && !m->slabs[1].from_slabinfo);
	assert_int_equal(m->slabs[1].order, 3);
	machine_free(m);
}

static void test_lists_text(void **state)
{
	static const char text[] =
		"# kmemlab lists 1\n"
		"source a hand\n"
		"counters 0 Normal 0: count 9 high 10 batch 1 free_factor 2 expire -1"
		" alloc_factor -1 free_count -1\n"
		"free 0 Normal 1 Movable: 100..140 20 12..4\n"
		"pcp 0 Normal 0 0 Unmovable: 1 3 2\n";
	struct machine *m = load_zone_and("before/lists", text);
	struct blob out;

	(void)state;
	assert_true(m->before.have_lists);
	assert_int_equal(m->before.list_count, 2);
	assert_int_equal(m->before.lists[0].count, 21 + 1 + 5);
	assert_int_equal(m->before.list_pfns[20], 140);
	assert_int_equal(m->before.list_pfns[26], 4);
	assert_int_equal(m->before.pcps[0].free_factor, 2);
	assert_int_equal(machine_lists_text(m, &m->before, &out, NULL), 0);
	assert_string_equal((char *)out.data, text);
	blob_free(&out);
	assert_int_equal(machine_lists_text(m, &m->after, &out, NULL), -ENOENT);
	machine_free(m);
}

static void test_nothing(void **state)
{
	struct snapshot_source none = { 0 };
	struct memory_file files[] = { { NULL, NULL, 0 } };
	struct machine *m = machine_load(&none, NULL);

	(void)state;
	assert_non_null(m);
	assert_int_equal(m->zone_count, 0);
	assert_true(has_note(m, "no snapshots"));
	machine_free(m);
	m = load_files(files, NULL);
	assert_non_null(m);
	assert_true(has_note(m, "no zoneinfo"));
	machine_free(m);
}

/* A kpageflags that is too short serves as far as it goes. */
static void test_short_kpageflags(void **state)
{
	static const uint64_t words[100] = { [3] = 1ull << 10 };
	struct memory_file files[] = {
		{ "before/zoneinfo", ZONE(0, "Normal", 0, 4096), 0 },
		{ "before/kpageflags", words, sizeof(words) - 3 },
		{ NULL, NULL, 0 },
	};
	struct machine *m = load_files(files, NULL);

	(void)state;
	assert_non_null(m);
	assert_int_equal(m->before.kpageflags_len, 99);
	assert_true(m->before.kpageflags[3] == 1ull << 10);
	assert_true(has_note(m, "ends at page frame 99 of 4096"));
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zoneinfo_of_2_6),
		cmocka_unit_test(test_zoneinfo_errors),
		cmocka_unit_test(test_empty_zones),
		cmocka_unit_test(test_pagetypeinfo_with_cma),
		cmocka_unit_test(test_pagetypeinfo_of_2_6),
		cmocka_unit_test(test_noted),
		cmocka_unit_test(test_iomem_hidden),
		cmocka_unit_test(test_reporting),
		cmocka_unit_test(test_narrowed),
		cmocka_unit_test(test_topology),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_jiffies),
		cmocka_unit_test(test_ring_buffers),
		cmocka_unit_test(test_slab_aliases),
		cmocka_unit_test(test_lists_text),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_short_kpageflags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
