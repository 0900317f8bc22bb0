// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * model, seed, pageblocks, freemap: a real machine's state put into the model
 * must come out again as the kernel counted it.
 */
#include "machine/model.h"

#include "machine/freemap.h"
#include "tests/unit/machine_source.h"

static const char *const captures[] = { SMALL, "amd64-6.1-exact", "amd64-6.1-numa",
					"i386-6.1-highmem", "amd64-6.1-pressure" };

static struct kmm *model_of(const struct machine *m, struct kmm_config *c)
{
	struct err e = { 0 };
	char why[200] = "";
	struct kmm *mm;

	assert_int_equal(machine_model(m, c, &e), 0);
	mm = kmm_create(c, why, sizeof(why));
	if (!mm)
		print_error("%s\n", why);
	assert_non_null(mm);
	return mm;
}

/* The configuration says what zoneinfo said; the kernel's own rules agree with it. */
static void test_configuration(void **state)
{
	struct machine *m = load_capture(SMALL);
	struct kmm_config *c = calloc(1, sizeof(*c));

	(void)state;
	assert_non_null(m);
	assert_int_equal(machine_model(m, c, NULL), 0);
	assert_int_equal(c->policy.generation, KMM_LINUX_6_1);
	assert_int_equal(c->policy.max_order, 10);
	assert_int_equal(c->policy.pageblock_order, 9);
	assert_true(c->policy.pcp_thp);
	assert_int_equal(c->policy.lowmem_reserve_ratio[KMM_ZONE_NORMAL], 32);
	assert_int_equal(c->zones, 2);
	assert_int_equal(c->zone[1].type, KMM_ZONE_DMA32);
	assert_int_equal(c->zone[1].min, m->zones[1].min - m->zones[1].boost);
	assert_int_equal(c->zone[0].reserve[KMM_ZONE_DMA32], m->zones[0].protection[1]);
	assert_int_equal(c->cpus, 2);
	free(c);
	machine_free(m);
}

/* Below which length does a drain show kswapd? */
static void test_least(void **state)
{
	struct machine m = { .kernel_major = 6, .kernel_minor = 1, .cpus = 2, .zone_count = 2 };

	(void)state;
	m.zones[0] = (struct machine_zone){ .low = 519, .pcp_batch = 15, .pcp_high = 1415 };
	m.zones[1] = (struct machine_zone){ .low = 43, .pcp_batch = 63 };
	assert_int_equal(machine_pcp_least(&m, 0), 1415);
	m.kernel_minor = 12;
	assert_int_equal(machine_pcp_least(&m, 0), 259);
	assert_int_equal(machine_pcp_least(&m, 1), 4 * 63);
	m.zones[0].pcp_high_min = 300;
	m.zones[0].pcp_high_max = 2926;
	assert_int_equal(machine_pcp_least(&m, 0), 300);
}

static void test_highmem_reserves(void **state)
{
	struct machine *m = load_capture("i386-6.1-highmem");
	struct kmm_config *c;

	(void)state;
	if (!m)
		skip();
	c = calloc(1, sizeof(*c));
	assert_int_equal(machine_model(m, c, NULL), 0);
	/* protection: (0, 827, 1995, 1995) in the order DMA, Normal, HighMem, Movable */
	assert_int_equal(c->zone[0].reserve[KMM_ZONE_NORMAL], 827);
	assert_int_equal(c->zone[0].reserve[KMM_ZONE_HIGHMEM], 1995);
	assert_int_equal(c->zone[1].reserve[KMM_ZONE_HIGHMEM], 9342);
	free(c);
	machine_free(m);
}

static void test_nodes(void **state)
{
	struct machine *m = load_capture("amd64-6.1-numa");
	struct kmm_config *c;

	(void)state;
	if (!m)
		skip();
	c = calloc(1, sizeof(*c));
	assert_int_equal(machine_model(m, c, NULL), 0);
	assert_int_equal(c->nodes, 2);
	assert_int_equal(c->distance[0][0], 10);
	assert_int_equal(c->distance[1][0], 20);
	assert_int_equal(c->cpu_node[1], 0);
	assert_int_equal(c->cpu_node[2], 1);
	free(c);
	machine_free(m);
}

static void test_generations(void **state)
{
	static const struct {
		unsigned major, minor;
		enum kmm_generation is;
	} v[] = { { 2, 6, KMM_LINUX_2_6 },   { 4, 3, KMM_LINUX_2_6 },  { 4, 4, KMM_LINUX_5_10 },
		  { 5, 12, KMM_LINUX_5_10 }, { 5, 13, KMM_LINUX_6_1 }, { 6, 6, KMM_LINUX_6_1 },
		  { 6, 7, KMM_LINUX_6_18 },  { 0, 0, KMM_LINUX_6_1 } };
	struct machine *m = calloc(1, sizeof(*m));

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(*v); i++) {
		m->kernel_major = v[i].major;
		m->kernel_minor = v[i].minor;
		assert_int_equal(machine_generation(m), v[i].is);
	}
	free(m);
}

/* Counts of a list dump, per zone, order and type, and of the per-CPU lists. */
static uint64_t listed(const struct machine_state *s, uint32_t zone, unsigned order, unsigned type)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < s->list_count; i++)
		if (s->lists[i].zone == zone && s->lists[i].cpu < 0 && s->lists[i].order == order &&
		    s->lists[i].type == type)
			n += s->lists[i].count;
	return n;
}

static void check_seed(const struct machine *m, const struct machine_state *s)
{
	struct kmm_config *c = calloc(1, sizeof(*c));
	struct kmm *mm = model_of(m, c);
	struct err e = { 0 };
	char why[200] = "";

	assert_int_equal(machine_seed(m, s, mm, &e), 0);
	if (kmm_validate(mm, why, sizeof(why)))
		fail_msg("%s", why);
	for (uint32_t z = 0; z < m->zone_count; z++) {
		for (unsigned o = 0; o < m->orders; o++)
			for (unsigned t = 0; t < KMM_MIGRATETYPES; t++)
				assert_int_equal(kmm_nr_free(mm, z, o, t), listed(s, z, o, t));
		for (unsigned t = 0; t < KMM_MIGRATETYPES && s->have_pagetypeinfo; t++)
			assert_in_range(kmm_pageblocks(mm, z, t) + 1, s->pageblocks[z][t],
					s->pageblocks[z][t] + 2);
	}
	for (uint32_t i = 0; i < s->list_count; i++) {
		const struct machine_list *l = &s->lists[i];
		kmm_pfn at = KMM_NO_PFN;

		for (uint32_t n = 0; n < l->count; n++) {
			at = l->cpu < 0 ? kmm_free_list_next(mm, l->zone, l->order, l->type, at) :
					  kmm_pcp_list_next(mm, (unsigned)l->cpu, l->zone, l->order,
							    l->type, at);
			assert_int_equal(at, s->list_pfns[l->first + n]);
		}
	}
	kmm_destroy(mm);
	free(c);
}

/* From the list dumps: the same blocks on the same lists in the same order. */
static void test_seed_lists(void **state)
{
	unsigned seen = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(captures) / sizeof(*captures); i++) {
		struct machine *m = load_capture(captures[i]);

		if (!m)
			continue;
		check_seed(m, &m->before);
		check_seed(m, &m->after);
		machine_free(m);
		seen++;
	}
	assert_true(seen);
}

/* The pageblocks' types come out as often as pagetypeinfo counts them. */
static void check_pageblocks(const struct machine *m, const struct machine_state *s)
{
	uint64_t blocks = (m->max_pfn >> m->pageblock_order) + 2,
		 pages = 1ull << m->pageblock_order;
	uint8_t *type = malloc(2 * blocks);

	assert_int_equal(machine_pageblocks(m, s, type, type + blocks, NULL), 0);
	for (uint32_t z = 0; z < m->zone_count; z++) {
		const struct machine_zone *zone = &m->zones[z];
		uint64_t count[KMM_MIGRATETYPES + 1] = { 0 };

		for (uint64_t p = 0; p < zone->spanned; p += pages)
			count[type[(zone->start_pfn + p) >> m->pageblock_order]]++;
		for (unsigned t = 0; t < KMM_MIGRATETYPES; t++)
			assert_int_equal(count[t], s->pageblocks[z][t]);
	}
	free(type);
}

static void test_pageblock_counts(void **state)
{
	struct machine *m = load_capture(SMALL);

	(void)state;
	assert_non_null(m);
	check_pageblocks(m, &m->before);
	check_pageblocks(m, &m->after);
	machine_free(m);
	m = load_capture("amd64-6.1-numa");
	if (m)
		check_pageblocks(m, &m->after);
	machine_free(m);
}

/*
 * Without the dumps the map must give the very blocks that the dumps show, and
 * the types as counted; the small capture's kpageflags and dump are a moment apart.
 */
static void test_seed_map(void **state)
{
	struct machine *m = load_capture(SMALL);
	struct machine_state *s;
	struct kmm_config *c = calloc(1, sizeof(*c));
	uint64_t apart = 0, pages = 0;
	char why[200] = "";
	struct kmm *mm;

	(void)state;
	assert_non_null(m);
	s = &m->before;
	s->have_lists = false;
	s->list_count = s->pcp_count = 0;
	mm = model_of(m, c);
	assert_int_equal(machine_seed(m, s, mm, NULL), 0);
	if (kmm_validate(mm, why, sizeof(why)))
		fail_msg("%s", why);
	for (uint32_t z = 0; z < m->zone_count; z++)
		for (unsigned o = 0; o < m->orders; o++)
			for (unsigned t = 0; t < KMM_MIGRATETYPES; t++) {
				uint64_t is = kmm_nr_free(mm, z, o, t),
					 was = s->nr_free_type[z][t][o];

				apart += (is > was ? is - was : was - is) << o;
				pages += was << o;
			}
	print_message("map against pagetypeinfo: %llu of %llu pages apart\n",
		      (unsigned long long)apart, (unsigned long long)pages);
	assert_true(apart * 50 <= pages);
	kmm_destroy(mm);
	free(c);
	machine_free(m);
}

static void test_seed_nothing(void **state)
{
	struct machine *m = load_capture("host-6.18");
	struct kmm_config *c;
	struct err e = { 0 };
	struct kmm *mm;

	(void)state;
	if (!m)
		skip();
	c = calloc(1, sizeof(*c));
	mm = model_of(m, c);
	assert_int_equal(c->policy.generation, KMM_LINUX_6_18);
	assert_int_equal(c->zone[2].pcp_high_min, 6916);
	assert_int_equal(machine_seed(m, &m->before, mm, &e), -ENODATA);
	assert_non_null(strstr(e.text, "which pages were free"));
	kmm_destroy(mm);
	free(c);
	machine_free(m);
}

/* Another policy has no per-CPU lists: their pages must not be lost. */
static void test_seed_without_pcp(void **state)
{
	struct machine *m = load_capture(SMALL);
	struct kmm_config *c = calloc(1, sizeof(*c));
	uint64_t free_pages = 0, all = 0;
	char why[200] = "";
	struct kmm *mm;

	(void)state;
	assert_non_null(m);
	assert_int_equal(machine_model(m, c, NULL), 0);
	c->policy.pcp_batch = 0;
	mm = kmm_create(c, why, sizeof(why));
	assert_non_null(mm);
	assert_int_equal(machine_seed(m, &m->before, mm, NULL), 0);
	assert_int_equal(kmm_validate(mm, why, sizeof(why)), 0);
	for (uint32_t i = 0; i < m->before.list_count; i++)
		all += (uint64_t)m->before.lists[i].count << m->before.lists[i].order;
	for (uint32_t z = 0; z < m->zone_count; z++)
		free_pages += kmm_zone_free_pages(mm, z);
	assert_int_equal(free_pages, all);
	kmm_destroy(mm);
	free(c);
	machine_free(m);
}

/* An event that gave a pageblock away outweighs what lies in it. */
static void test_tags(void **state)
{
	struct machine *m = load_capture(SMALL);
	uint64_t blocks = (m->max_pfn >> 9) + 2;
	uint8_t *type = malloc(2 * blocks);

	(void)state;
	m->before.tags = malloc(blocks);
	memset(m->before.tags, KMM_MIGRATETYPES, blocks);
	m->before.tag_count = blocks;
	m->before.tags[20] = KMM_HIGHATOMIC;
	m->before.have_pagetypeinfo = false;
	assert_int_equal(machine_pageblocks(m, &m->before, type, type + blocks, NULL), 0);
	assert_int_equal(type[20], KMM_HIGHATOMIC);
	assert_int_equal(type[blocks + 20], PAGEBLOCK_KNOWN);
	free(type);
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_configuration),
		cmocka_unit_test(test_least),
		cmocka_unit_test(test_highmem_reserves),
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_generations),
		cmocka_unit_test(test_seed_lists),
		cmocka_unit_test(test_pageblock_counts),
		cmocka_unit_test(test_seed_map),
		cmocka_unit_test(test_seed_nothing),
		cmocka_unit_test(test_seed_without_pcp),
		cmocka_unit_test(test_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
