// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * machine_load() on real captures: what the list dumps say must be what the
 * kernel counted in buddyinfo, pagetypeinfo and zoneinfo.
 */
#include "tests/unit/machine_source.h"

/* Pages between the dump and the counters: the recorder's own doings, seen in the trace. */
struct capture {
	const char *name;
	uint32_t cpus, nodes, zones;
	uint64_t direct_map;
	uint32_t slabs;
	bool before;
	uint64_t free_apart, pcp_apart; /* most, in pages, before or after */
	const char *source;
};

static const struct capture captures[] = {
	{ SMALL, 2, 1, 2, 0xffff8d0ac0000000, 157, true, 0, 0, "linux-6.1-amd64" },
	{ "amd64-6.1-boot", 2, 1, 2, 0xffff88a1c0000000, 157, false, 0, 7, "linux-6.1-amd64" },
	{ "amd64-6.1-exact", 2, 1, 2, 0xffff8d7d40000000, 157, true, 0, 0, "linux-6.1-amd64" },
	{ "amd64-6.1-files", 2, 1, 2, 0xffff88a000000000, 157, true, 0, 0, "BTF" },
	{ "amd64-6.1-numa", 4, 2, 3, 0xffff8efc00000000, 157, true, 31, 31, "linux-6.1-amd64" },
	{ "amd64-6.1-pressure", 2, 1, 2, 0xffff8a2640000000, 157, true, 0, 2, "linux-6.1-amd64" },
	{ "amd64-6.1-thp", 2, 1, 2, 0xffff8d9c40000000, 157, true, 0, 0, "linux-6.1-amd64" },
	{ "i386-6.1-highmem", 2, 1, 3, 0xc0000000, 143, true, 0, 0, "linux-6.1-i386" },
};

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static void check_lists(const struct machine *m, const struct machine_state *s,
			const struct capture *c)
{
	uint64_t free_apart = 0, order_apart = 0, pcp_apart = 0;

	assert_true(s->have_lists && s->have_buddyinfo && s->have_pagetypeinfo);
	assert_true(s->have_zoneinfo && s->have_kpageflags);
	assert_non_null(strstr(s->lists_source, c->source));
	for (uint32_t z = 0; z < m->zone_count; z++) {
		uint64_t n[KMM_MIGRATETYPES][KMM_ORDERS] = { 0 }, pcp = 0, total = 0;

		for (uint32_t i = 0; i < s->list_count; i++) {
			const struct machine_list *l = &s->lists[i];

			if (l->zone == z && l->cpu < 0)
				n[l->type][l->order] += l->count;
			else if (l->zone == z)
				pcp += (uint64_t)l->count << l->order;
		}
		for (unsigned o = 0; o < m->orders; o++) {
			uint64_t all = 0;

			for (unsigned t = 0; t < KMM_MIGRATETYPES; t++) {
				free_apart += distance(n[t][o], s->nr_free_type[z][t][o]) << o;
				all += n[t][o];
			}
			order_apart += distance(all, s->nr_free[z][o]) << o;
		}
		for (uint32_t i = 0; i < m->cpus; i++)
			total += s->pcp_infos[z * KMM_CPUS + i].count;
		pcp_apart += distance(pcp, total);
	}
	assert_in_range(free_apart, 0, c->free_apart);
	assert_in_range(order_apart, 0, c->free_apart);
	assert_in_range(pcp_apart, 0, c->pcp_apart);
}

static void test_captures(void **state)
{
	unsigned seen = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(captures) / sizeof(*captures); i++) {
		const struct capture *c = &captures[i];
		struct machine *m = load_capture(c->name);

		if (!m)
			continue;
		seen++;
		assert_int_equal(m->cpus, c->cpus);
		assert_int_equal(m->nodes, c->nodes);
		assert_int_equal(m->zone_count, c->zones);
		assert_int_equal(m->direct_map_base, c->direct_map);
		assert_string_equal(m->direct_map_source, "kcore");
		assert_int_equal(m->slab_count, c->slabs);
		assert_int_equal(m->kernel_major, 6);
		assert_int_equal(m->kernel_minor, 1);
		assert_int_equal(m->page_size, 4096);
		assert_int_equal(m->pageblock_order, 9);
		assert_int_equal(m->orders, 11);
		assert_int_equal(m->have_before, c->before);
		assert_true(m->have_after);
		if (c->before)
			check_lists(m, &m->before, c);
		else
			assert_true(has_note(m, "before/zoneinfo"));
		check_lists(m, &m->after, c);
		machine_free(m);
	}
	assert_true(seen);
}

/* Values of one zone, read off before/zoneinfo by eye. */
static void test_zone_numbers(void **state)
{
	struct machine *m = load_capture("amd64-6.1-numa");
	const struct machine_zone *z;

	(void)state;
	if (!m)
		skip();
	z = &m->zones[2];
	assert_int_equal(z->node, 1);
	assert_string_equal(z->name, "DMA32");
	assert_int_equal(z->type, KMM_ZONE_DMA32);
	assert_int_equal(z->start_pfn, 131072);
	assert_int_equal(m->before.zone_free[2], 82979);
	assert_int_equal(m->zones[0].protection[1], 443);
	assert_int_equal(m->zones[0].protections, 5);
	assert_int_equal(m->zones[0].pcp_high, 118);
	assert_int_equal(m->zones[0].pcp_batch, 1);
	assert_int_equal(m->zone_types, 5);
	assert_int_equal(m->zone_type_of_index[3], KMM_ZONE_MOVABLE);
	assert_int_equal(machine_zone_of(m, 131071), 1);
	assert_int_equal(machine_zone_of(m, 131072), 2);
	assert_int_equal(machine_zone_of(m, 0), -1);
	assert_int_equal(m->min_free_kbytes, 48312);
	assert_int_equal(m->watermark_boost_factor, 15000);
	assert_int_equal(m->before.pageblocks[1][KMM_UNMOVABLE], 80);
	assert_int_equal(m->before.nr_free_type[1][KMM_MOVABLE][10], 79);
	assert_int_equal(m->cache_count, 4);
	assert_int_equal(m->caches[2].size, 512 << 10);
	assert_string_equal(m->caches[3].type, "Unified");
	assert_int_equal(m->caches[3].ways, 16);
	assert_true(m->thp_enabled);
	assert_int_equal(m->thp_compiled, 1);
	assert_int_equal(m->mem_total_kb, 984324);
	machine_free(m);
}

static const struct machine_slab *slab(const struct machine *m, const char *name)
{
	for (uint32_t i = 0; i < m->slab_count; i++)
		if (!strcmp(m->slabs[i].name, name))
			return &m->slabs[i];
	fail_msg("no cache %s", name);
	return NULL;
}

static void test_slabs(void **state)
{
	struct machine *m = load_capture("amd64-6.1-exact");
	const struct machine_slab *s;
	bool aliased = false;

	(void)state;
	if (!m)
		skip();
	s = slab(m, "dentry");
	assert_true(s->from_slabinfo && s->from_sysfs && s->reclaim_account);
	assert_false(s->rcu || s->has_ctor || s->dma);
	assert_int_equal(s->size, 192);
	assert_int_equal(s->object_size, 192);
	assert_int_equal(s->objs_per_slab, 21);
	assert_int_equal(s->order, 0);
	assert_int_equal(s->cpu_partial, 120);
	assert_int_equal(s->min_partial, 5);
	assert_true(slab(m, "TCPv6")->rcu);
	assert_true(slab(m, "inode_cache")->has_ctor);
	/* every cache of slabinfo has its folder, also the shared ones, found through links */
	for (uint32_t i = 0; i < m->slab_count; i++) {
		assert_true(m->slabs[i].from_slabinfo);
		assert_true(m->slabs[i].from_sysfs);
		assert_true(m->slabs[i].name[0] != ':');
		for (uint32_t k = 0; k < m->slabs[i].alias_count; k++)
			aliased |= !strcmp(m->slabs[i].aliases[k], "task_delay_info");
	}
	assert_true(aliased);
	assert_true(slab(m, "pde_opener")->accounted);
	machine_free(m);
}

/*
 * The slabs of the dumps, counted by cache, against slabinfo's own count, read a
 * few hundred events later; and those on the nodes' lists are what sysfs calls
 * partial: not full, of no CPU.
 */
static void test_slab_dump(void **state)
{
	static const char *const names[] = { SMALL, "amd64-6.1-exact", "amd64-6.1-files",
					     "amd64-6.1-numa", "amd64-6.1-thp" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct machine *m = load_capture(names[i]);
		uint64_t *slabs, apart = 0, all = 0, same = 0;

		if (!m)
			continue;
		assert_true(m->before.have_slabpages);
		slabs = calloc(m->slab_count, sizeof(*slabs));
		for (uint32_t k = 0; k < m->before.slabpage_count; k++) {
			const struct machine_slabpage *p = &m->before.slabpages[k];

			slabs[p->cache]++;
			if (p->place == SLAB_FULL)
				assert_int_equal(p->inuse, p->objects);
			if (p->place == SLAB_PARTIAL)
				assert_true(p->inuse < p->objects);
			assert_int_equal(p->cpu >= 0, p->place <= SLAB_CPU_PARTIAL);
		}
		for (uint32_t k = 0; k < m->slab_count; k++) {
			uint64_t want = m->slabs[k].num_slabs;

			all += want;
			apart += slabs[k] > want ? slabs[k] - want : want - slabs[k];
			same += slabs[k] == want;
		}
		print_message("%s: %u slabs, slabinfo %llu; %llu of %u caches equal\n", names[i],
			      m->before.slabpage_count, (unsigned long long)all,
			      (unsigned long long)same, m->slab_count);
		assert_true(apart * 200 <= all);
		assert_true(same * 10 >= m->slab_count * 9ull);
		free(slabs);
		machine_free(m);
	}
}

/* kernel 6.18 without any dump: little is known, and that is said. */
static void test_few_files(void **state)
{
	struct machine *m = load_capture("host-6.18");

	(void)state;
	if (!m)
		skip();
	assert_int_equal(m->kernel_minor, 18);
	assert_string_equal(m->arch, "x86_64");
	assert_int_equal(m->zones[2].pcp_high_max, 92160);
	assert_int_equal(m->zones[1].pcp_high_min, 3625);
	assert_int_equal(m->zones[1].pcp_high_max, 48307);
	assert_int_equal(m->slab_count, 235);
	assert_int_equal(m->direct_map_base, 0);
	assert_false(m->before.have_lists || m->before.have_kpageflags);
	assert_true(has_note(m, "no system/kcore_head.raw"));
	assert_true(has_note(m, "no before/kpageflags"));
	assert_true(has_note(m, "no struct_page.raw"));
	machine_free(m);
}

/* What a workload embeds: the attachments and the lists as text. */
struct embedded {
	struct snapshot_source inner;
	const struct machine *m;
};

static int read_embedded(void *ctx, const char *name, struct blob *out, struct err *e)
{
	struct embedded *x = ctx;

	if (!strcmp(name, "before/lists"))
		return machine_lists_text(x->m, &x->m->before, out, e);
	if (!strcmp(name, "after/lists"))
		return machine_lists_text(x->m, &x->m->after, out, e);
	if (!strcmp(name, "before/slabs"))
		return machine_slabs_text(x->m, &x->m->before, out, e);
	for (const char *const *a = machine_attachments(); *a; a++)
		if (!strcmp(*a, name))
			return x->inner.read(x->inner.ctx, name, out, e);
	return -ENOENT;
}

static void same_state(const struct machine_state *a, const struct machine_state *b)
{
	assert_int_equal(a->have_lists, b->have_lists);
	assert_string_equal(a->lists_source, b->lists_source);
	assert_int_equal(a->list_count, b->list_count);
	for (uint32_t i = 0; i < a->list_count; i++) {
		const struct machine_list *p = &a->lists[i], *q = &b->lists[i];

		assert_int_equal(p->zone, q->zone);
		assert_int_equal(p->cpu, q->cpu);
		assert_int_equal(p->order, q->order);
		assert_int_equal(p->type, q->type);
		assert_int_equal(p->count, q->count);
		assert_memory_equal(a->list_pfns + p->first, b->list_pfns + q->first,
				    p->count * sizeof(*a->list_pfns));
	}
	assert_int_equal(a->pcp_count, b->pcp_count);
	for (uint32_t i = 0; i < a->pcp_count; i++) {
		const struct machine_pcp *p = &a->pcps[i], *q = &b->pcps[i];

		assert_int_equal(p->zone, q->zone);
		assert_int_equal(p->cpu, q->cpu);
		assert_memory_equal(&p->count, &q->count,
				    sizeof(*p) - offsetof(struct machine_pcp, count));
	}
	assert_memory_equal(a->nr_free, b->nr_free, sizeof(a->nr_free));
	assert_memory_equal(a->nr_free_type, b->nr_free_type, sizeof(a->nr_free_type));
	assert_int_equal(a->kpageflags_len, b->kpageflags_len);
}

static void test_attachments(void **state)
{
	static const char *const names[] = { SMALL, "amd64-6.1-numa", "i386-6.1-highmem",
					     "host-6.18" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct machine *m = load_capture(names[i]), *again;
		struct embedded x = { .m = m };
		struct snapshot_source src = { read_embedded, &x };
		struct err e = { 0 };

		if (!m)
			continue;
		assert_true(open_capture(names[i], &x.inner));
		again = machine_load(&src, &e);
		assert_non_null(again);
		same_state(&m->before, &again->before);
		same_state(&m->after, &again->after);
		assert_int_equal(m->before.have_slabpages, again->before.have_slabpages);
		assert_int_equal(m->before.slabpage_count, again->before.slabpage_count);
		for (uint32_t k = 0; k < m->before.slabpage_count; k++) {
			const struct machine_slabpage *a = &m->before.slabpages[k];
			const struct machine_slabpage *b = &again->before.slabpages[k];

			assert_string_equal(m->slabs[a->cache].name, again->slabs[b->cache].name);
			assert_int_equal(a->pfn, b->pfn);
			assert_int_equal(a->inuse, b->inuse);
			assert_int_equal(a->objects, b->objects);
			assert_int_equal(a->order, b->order);
			assert_int_equal(a->place, b->place);
			assert_int_equal(a->cpu, b->cpu);
		}
		assert_memory_equal(m->zones, again->zones, sizeof(m->zones));
		assert_int_equal(m->direct_map_base, again->direct_map_base);
		assert_int_equal(m->slab_count, again->slab_count);
		assert_string_equal(m->kernel, again->kernel);
		machine_free(again);
		machine_free(m);
		snapshot_dir_close(&x.inner);
	}
}

/* Debian's layout without its own dumps of nodes and CPUs: by the links alone, the same lists. */
static int read_pages_only(void *ctx, const char *name, struct blob *out, struct err *e)
{
	const struct snapshot_source *inner = ctx;

	if (strstr(name, "/pgdat") || strstr(name, "/percpu"))
		return -ENOENT;
	return inner->read(inner->ctx, name, out, e);
}

static int by_place(const void *pa, const void *pb)
{
	const struct machine_list *a = pa, *b = pb;

	if (a->zone != b->zone)
		return a->zone < b->zone ? -1 : 1;
	if (a->cpu != b->cpu)
		return a->cpu < b->cpu ? -1 : 1;
	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	return (int)a->type - b->type;
}

static void test_lists_by_links(void **state)
{
	struct machine *m = load_capture(SMALL), *linked;
	struct snapshot_source inner, src = { read_pages_only, &inner };
	struct err e = { 0 };

	(void)state;
	assert_true(open_capture(SMALL, &inner));
	linked = machine_load(&src, &e);
	assert_non_null(linked);
	assert_true(linked->before.have_lists);
	assert_non_null(strstr(linked->before.lists_source, "by the links"));
	assert_int_equal(linked->before.list_count, m->before.list_count);
	qsort(m->before.lists, m->before.list_count, sizeof(*m->before.lists), by_place);
	qsort(linked->before.lists, m->before.list_count, sizeof(*m->before.lists), by_place);
	for (uint32_t i = 0; i < m->before.list_count; i++) {
		const struct machine_list *p = &m->before.lists[i], *q = &linked->before.lists[i];

		assert_int_equal(by_place(p, q), 0);
		assert_int_equal(p->count, q->count);
		assert_memory_equal(m->before.list_pfns + p->first,
				    linked->before.list_pfns + q->first,
				    p->count * sizeof(uint32_t));
	}
	snapshot_dir_close(&inner);
	machine_free(linked);
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captures),       cmocka_unit_test(test_zone_numbers),
		cmocka_unit_test(test_slabs),	       cmocka_unit_test(test_slab_dump),
		cmocka_unit_test(test_few_files),      cmocka_unit_test(test_attachments),
		cmocka_unit_test(test_lists_by_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
