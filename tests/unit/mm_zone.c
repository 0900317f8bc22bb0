// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is computed from a zone's size, against worked examples and against
 * /proc/zoneinfo of real machines (the captures in KMEMLAB_TRACES).
 */
#include <stdlib.h>

#include "mm_machine.h"

#include "mm/zone.h"

/* ---- worked examples ---- */

static void test_min_free_kbytes(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_6_18);

	(void)state;
	/* Three lowmem zones with huge pages: (2 + 9) * 512 * 3 pages. */
	config_zone(&c, 0, KMM_ZONE_DMA, 1, 4095);
	config_zone(&c, 0, KMM_ZONE_DMA32, 4096, 1044480);
	config_zone(&c, 0, KMM_ZONE_NORMAL, 1048576, 5000000);
	assert_int_equal(zone_min_free_kbytes(&c), 67584);
	/* sqrt(16 * lowmem): 1 GiB 4096, 16 GiB 16384, capped at 256 MiB. */
	c.policy.thp = false;
	c.zones = 1;
	c.zone[0].managed = 262144;
	assert_int_equal(zone_min_free_kbytes(&c), 4096);
	c.zone[0].managed = 4194304;
	assert_int_equal(zone_min_free_kbytes(&c), 16384);
	c.zone[0].managed = 1ull << 34;
	assert_int_equal(zone_min_free_kbytes(&c), 262144);
	c.zone[0].managed = 16;
	assert_int_equal(zone_min_free_kbytes(&c), 128);
	c.policy.min_free_kbytes = 1234;
	assert_int_equal(zone_min_free_kbytes(&c), 1234);
	/* 2.6.24 stops at 64 MiB. */
	c = config_of(KMM_LINUX_2_6);
	config_zone(&c, 0, KMM_ZONE_NORMAL, 0, 1000)->present = 1ull << 34;
	assert_int_equal(zone_min_free_kbytes(&c), 65536);
}

static void test_batch(void **state)
{
	(void)state;
	/* 2.6.24: at most 31, reached by 512 MiB. */
	assert_int_equal(zone_batch(KMM_LINUX_2_6, 1 << 20, 0), 31);
	assert_int_equal(zone_batch(KMM_LINUX_2_6, 131072, 0), 31);
	assert_int_equal(zone_batch(KMM_LINUX_2_6, 65536, 0), 15);
	assert_int_equal(zone_batch(KMM_LINUX_2_6, 4096, 0), 0);
	/* Later: 63 for zones of 1 GiB or more. */
	assert_int_equal(zone_batch(KMM_LINUX_6_1, 0, 262144), 63);
	assert_int_equal(zone_batch(KMM_LINUX_6_1, 0, 113193), 31);
	assert_int_equal(zone_batch(KMM_LINUX_6_18, 0, 262144), 63);
	assert_int_equal(zone_batch(KMM_LINUX_6_18, 0, 3840), 1);
}

static struct kmm_zone_config with_fraction(enum kmm_generation g, unsigned pages,
					    unsigned fraction, unsigned cold_batch,
					    unsigned cold_high)
{
	struct kmm_config c = config_of(g);
	struct kmm_zone_config z;
	struct kmm *mm;

	config_zone(&c, 0, KMM_ZONE_NORMAL, 0, pages);
	c.zone[0].pcp_batch = 7;
	c.zone[0].pcp_high = 42;
	c.policy.pcp_high_fraction = fraction;
	mm = machine_create(&c);
	z = kmm_configuration(mm)->zone[0];
	if (cold_batch) {
		assert_int_equal(mm->pcp[0].side[1].batch, cold_batch);
		assert_int_equal(mm->pcp[0].side[1].high, cold_high);
	}
	machine_done(mm);
	return z;
}

/* percpu_pagelist_fraction: of each CPU, and the batch with it, at most 96; since 5.14 of all CPUs. */
static void test_fraction(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_6_1);
	struct kmm_zone_config z = with_fraction(KMM_LINUX_2_6, 65536, 64, 7, 30);
	char why[200];

	(void)state;
	assert_int_equal(z.pcp_high, 1024);
	assert_int_equal(z.pcp_batch, 96);
	z = with_fraction(KMM_LINUX_2_6, 65536, 1024, 7, 30);
	assert_int_equal(z.pcp_high, 64);
	assert_int_equal(z.pcp_batch, 16);
	z = with_fraction(KMM_LINUX_5_10, 65536, 8, 0, 0);
	assert_int_equal(z.pcp_high, 8192);
	assert_int_equal(z.pcp_batch, 96);
	z = with_fraction(KMM_LINUX_6_1, 65536, 8, 0, 0);
	assert_int_equal(z.pcp_high, 4096);
	assert_int_equal(z.pcp_batch, 7);
	/* But not less than four batches. */
	z = with_fraction(KMM_LINUX_6_1, 65536, 4096, 0, 0);
	assert_int_equal(z.pcp_high, 28);
	z = with_fraction(KMM_LINUX_6_18, 65536, 8, 0, 0);
	assert_int_equal(z.pcp_high_min, 4096);
	assert_int_equal(z.pcp_high_max, 4096);
	config_zone(&c, 0, KMM_ZONE_NORMAL, 0, 4096);
	c.policy.pcp_high_fraction = 7;
	assert_null(kmm_create(&c, why, sizeof(why)));
}

/*
 * A DMA zone of 3977 pages in zoneinfo of 5.10: batch 1 and limit 0, since 3977 / 1024 / 4 is no batch; one of 8192
 * pages has the same batch and a limit.
 */
static void test_no_batch(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_5_10);
	const struct kmm_zone_config *z;
	struct kmm *mm;

	(void)state;
	config_zone(&c, 0, KMM_ZONE_DMA, 0, 3977)->pcp_batch = 1;
	config_zone(&c, 0, KMM_ZONE_NORMAL, 4096, 8192)->pcp_batch = 1;
	config_zone(&c, 0, KMM_ZONE_HIGHMEM, 12288, 3977)->pcp_batch = 15;
	mm = machine_create(&c);
	z = kmm_configuration(mm)->zone;
	assert_int_equal(z[0].pcp_batch, 1);
	assert_int_equal(z[0].pcp_high, 0);
	assert_int_equal(z[1].pcp_batch, 1);
	assert_int_equal(z[1].pcp_high, 6);
	assert_int_equal(z[2].pcp_high, 90);
	kmm_destroy(mm);
}

/* 2.6.24 on i386 with 1 GiB: 896 MiB lowmem, 128 MiB HIGHMEM. */
static void test_marks_2_6(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_2_6);
	const struct kmm_zone_config *z;
	struct kmm *mm;

	(void)state;
	memset(config_zone(&c, 0, KMM_ZONE_DMA, 0, 4096)->reserve, 0, sizeof(c.zone[0].reserve));
	config_zone(&c, 0, KMM_ZONE_NORMAL, 4096, 225280);
	config_zone(&c, 0, KMM_ZONE_HIGHMEM, 229376, 32768);
	for (unsigned i = 0; i < 3; i++) {
		c.zone[i].min = c.zone[i].low = c.zone[i].high = 0;
		c.zone[i].reserve_given = false;
	}
	mm = machine_create(&c);
	z = kmm_configuration(mm)->zone;
	/* isqrt(16 * 917504) = 3831 kB, 957 pages; by share of 229376 pages. */
	assert_int_equal(kmm_configuration(mm)->policy.min_free_kbytes, 3831);
	assert_int_equal(z[0].min, 957 * 4096 / 229376);
	assert_int_equal(z[1].min, 939);
	assert_int_equal(z[1].low, 939 + 939 / 4);
	assert_int_equal(z[1].high, 939 + 939 / 2);
	assert_int_equal(z[2].min, 32);
	assert_int_equal(z[2].low, 32 + 136 / 4); /* 957 * 32768 / 229376 = 136 */
	assert_int_equal(z[0].reserve[KMM_ZONE_NORMAL], 225280 / 256);
	assert_int_equal(z[0].reserve[KMM_ZONE_HIGHMEM], (225280 + 32768) / 256);
	assert_int_equal(z[1].reserve[KMM_ZONE_HIGHMEM], 32768 / 32);
	assert_int_equal(z[1].pcp_batch, 31);
	assert_int_equal(z[1].pcp_high, 186);
	kmm_destroy(mm);
}

/* Small fallbacks add a page block each, up to one and a half high marks; not in small zones. */
static void test_boost_cap(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_6_1);
	struct kmm_zone_config *z = config_zone(&c, 0, KMM_ZONE_DMA32, 0, 16384);
	struct kmm *mm;

	(void)state;
	z->high = 1000;
	c.policy.pcp_batch = 0;
	mm = machine_create(&c);
	for (kmm_pfn pfn = 0; pfn < 8192; pfn += 512)
		kmm_seed_free(mm, pfn, 3, KMM_RECLAIMABLE);
	for (unsigned i = 0; i < 4; i++) {
		static const unsigned want[] = { 512, 1024, 1500, 1500 };

		/* An order 3 block each, so that the requester's own list is empty again. */
		assert_int_not_equal(kmm_alloc_pages_in_zone(mm, 0, GFP_KERNEL, 3, 0), KMM_NO_PFN);
		assert_int_equal(kmm_zone_boost(mm, 0), want[i]);
	}
	kmm_boost_clear(mm, 0, 1000);
	assert_int_equal(kmm_zone_boost(mm, 0), 500);
	kmm_boost_clear(mm, 0, 1000);
	assert_int_equal(kmm_zone_boost(mm, 0), 0);
	machine_done(mm);

	c.zone[0].spanned = c.zone[0].present = c.zone[0].managed = 2047;
	mm = machine_create(&c);
	kmm_seed_free(mm, 0, 3, KMM_RECLAIMABLE);
	assert_int_equal(kmm_alloc_pages_in_zone(mm, 0, GFP_KERNEL, 3, 0), 0);
	assert_int_equal(kmm_seed_free(mm, 512, 3, KMM_RECLAIMABLE), 0);
	assert_int_equal(kmm_alloc_pages_in_zone(mm, 0, GFP_KERNEL, 3, 0), 512);
	assert_int_equal(kmm_stats(mm)->fallbacks, 2);
	assert_int_equal(kmm_zone_boost(mm, 0), 0);
	machine_done(mm);
}

/* ---- zoneinfo of real machines ---- */

struct real_zone {
	struct kmm_zone_config c;
	unsigned long protection[KMM_ZONE_TYPES];
	unsigned protections;
};

struct real_machine {
	struct real_zone zone[KMM_ZONES];
	unsigned zones, nodes;
};

static const char *const type_names[] = { "DMA", "DMA32", "Normal", "HighMem", "Movable", "Device" };

static void read_protection(struct real_zone *z, const char *text)
{
	char *end;

	for (; z->protections < KMM_ZONE_TYPES; text = end + 1) {
		z->protection[z->protections++] = strtoul(text, &end, 10);
		if (*end != ',')
			break;
	}
}

/* The first value of each kind in a zone counts: per-CPU lists come last and are all alike. */
static void read_line(struct real_zone *z, const char *line)
{
	unsigned long v;
	const char *list;

	if (sscanf(line, " min %lu", &v) == 1)
		z->c.min = v;
	else if (sscanf(line, " low %lu", &v) == 1)
		z->c.low = v;
	else if (sscanf(line, " high %lu", &v) == 1)
		z->c.high = v;
	else if (sscanf(line, " boost %lu", &v) == 1)
		z->c.boost = v;
	else if (sscanf(line, " spanned %lu", &v) == 1)
		z->c.spanned = v;
	else if (sscanf(line, " present %lu", &v) == 1)
		z->c.present = v;
	else if (sscanf(line, " managed %lu", &v) == 1)
		z->c.managed = v;
	else if (sscanf(line, " start_pfn: %lu", &v) == 1)
		z->c.start = (kmm_pfn)v;
	else if (sscanf(line, " high: %lu", &v) == 1)
		z->c.pcp_high = (int)v;
	else if (sscanf(line, " batch: %lu", &v) == 1)
		z->c.pcp_batch = (int)v;
	else if (sscanf(line, " high_min: %lu", &v) == 1)
		z->c.pcp_high_min = (int)v;
	else if (sscanf(line, " high_max: %lu", &v) == 1)
		z->c.pcp_high_max = (int)v;
	else if ((list = strstr(line, "protection: (")))
		read_protection(z, list + strlen("protection: ("));
}

static bool read_zoneinfo(struct real_machine *m, const char *dir)
{
	char path[512], line[512], name[16];
	struct real_zone *z = NULL;
	unsigned node;
	FILE *f;

	memset(m, 0, sizeof(*m));
	snprintf(path, sizeof(path), "%s/zoneinfo", dir);
	f = fopen(path, "r");
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "Node %u, zone %15s", &node, name) == 2) {
			assert_true(m->zones < KMM_ZONES);
			z = &m->zone[m->zones++];
			z->c.node = node;
			m->nodes = node + 1;
			for (unsigned t = 0; t < KMM_ZONE_TYPES; t++)
				if (!strcmp(type_names[t], name))
					z->c.type = t;
		} else if (z) {
			read_line(z, line);
		}
	}
	fclose(f);
	return true;
}

static unsigned read_sysctl(const char *dir, const char *name)
{
	char path[512], line[512], key[64];
	unsigned v, found = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/sysctl_vm", dir);
	f = fopen(path, "r");
	if (!f)
		return 0;
	snprintf(key, sizeof(key), "%.60s", name);
	while (fgets(line, sizeof(line), f)) {
		const char *at = strstr(line, key);

		if (at && sscanf(at + strlen(key), "%*[ :=]%u", &v) == 1)
			found = v;
	}
	fclose(f);
	return found;
}

/* A configuration with nothing but the zones' sizes. */
static struct kmm_config config_from(const struct real_machine *m, enum kmm_generation g,
				     unsigned cpus, unsigned min_free_kbytes)
{
	struct kmm_config c = config_of(g);

	c.policy.min_free_kbytes = min_free_kbytes;
	c.cpus = cpus;
	for (unsigned i = 0; i < m->zones; i++) {
		const struct kmm_zone_config *r = &m->zone[i].c;

		c.zone[i] = (struct kmm_zone_config){ .node = r->node,
						      .type = r->type,
						      .start = r->start,
						      .spanned = r->spanned,
						      .present = r->present,
						      .managed = r->managed };
	}
	c.nodes = m->nodes;
	c.zones = m->zones;
	/* The captured machines share their CPUs evenly between their nodes, in order. */
	for (unsigned cpu = 0; cpu < cpus; cpu++)
		c.cpu_node[cpu] = (uint8_t)(cpu * c.nodes / cpus);
	return c;
}

/* Zone types that this kernel prints, by position in its protection list. */
static unsigned nth_type(const struct real_machine *m, unsigned n)
{
	for (unsigned i = 0; i < m->zones; i++)
		if (m->zone[i].c.node == m->zone[0].c.node && n-- == 0)
			return m->zone[i].c.type;
	return KMM_ZONE_TYPES;
}

/* "" if the computed marks and limits are what the kernel printed, else the first difference. */
static void compare_marks(const struct real_machine *m, const struct kmm_config *c, char why[200])
{
	*why = '\0';
	for (unsigned i = 0; i < m->zones && !*why; i++) {
		const struct kmm_zone_config *r = &m->zone[i].c, *z = &c->zone[i];

		if (!r->managed)
			continue;
		if (z->min + r->boost != r->min || z->low + r->boost != r->low ||
		    z->high + r->boost != r->high)
			snprintf(why, 200, "zone %u: marks %d %d %d, computed %d %d %d", i,
				 (int)r->min, (int)r->low, (int)r->high, (int)z->min, (int)z->low,
				 (int)z->high);
		else if (z->pcp_batch != r->pcp_batch)
			snprintf(why, 200, "zone %u: batch %d, computed %d", i, r->pcp_batch,
				 z->pcp_batch);
		else if (r->pcp_high_max ? z->pcp_high_min != r->pcp_high_min ||
						   z->pcp_high_max != r->pcp_high_max :
					   z->pcp_high != r->pcp_high)
			snprintf(why, 200, "zone %u: high %d %d %d, computed %d %d %d", i,
				 r->pcp_high, r->pcp_high_min, r->pcp_high_max, z->pcp_high,
				 z->pcp_high_min, z->pcp_high_max);
	}
}

static void compare_reserve(const struct real_machine *m, const struct kmm_config *c, char why[200])
{
	*why = '\0';
	for (unsigned i = 0; i < m->zones && !*why; i++)
		for (unsigned n = 0; n < m->zone[i].protections && !*why; n++) {
			unsigned type = nth_type(m, n);

			if (type < KMM_ZONE_TYPES && m->zone[i].c.managed &&
			    c->zone[i].reserve[type] != m->zone[i].protection[n])
				snprintf(why, 200, "zone %u: protection[%u] %lu, computed %d", i, n,
					 m->zone[i].protection[n], (int)c->zone[i].reserve[type]);
		}
}

/* Of the lowmem zones of a node. */
static unsigned largest_zone(const struct real_machine *m, unsigned node)
{
	unsigned best = KMM_ZONES;

	for (unsigned i = 0; i < m->zones; i++)
		if (m->zone[i].c.node == node && m->zone[i].c.type <= KMM_ZONE_NORMAL &&
		    (best == KMM_ZONES || m->zone[i].c.managed > m->zone[best].c.managed))
			best = i;
	assert_true(best < KMM_ZONES);
	return best;
}

typedef void compare_fn(const struct real_machine *m, const struct kmm_config *c, char why[200]);

/*
 * The kernel computed these values before it gave its init memory and initrd
 * back (reserves also later, whenever somebody reads their ratio): the largest zone
 * of each node then managed up to `late` pages less than it does now.  Some number
 * of pages must explain all values of a kind together.
 */
static void check_values(struct real_machine *m, const struct kmm_config *sizes, unsigned late,
			 compare_fn *compare, const char *name)
{
	char why[200], first[200] = "";

	for (unsigned node = 0; node <= late; node += m->nodes > 1 ? 8 : late + 1)
		for (unsigned less = 0; less <= late; less += m->nodes > 1 ? 8 : 1) {
			struct kmm_config c = *sizes;

			c.zone[largest_zone(m, 0)].managed -= less;
			c.zone[largest_zone(m, m->nodes - 1)].managed -= node;
			zone_compute(&c);
			compare(m, &c, why);
			if (!*why)
				return;
			if (!*first)
				snprintf(first, sizeof(first), "%s", why);
		}
	fail_msg("%s: %s", name, first);
}

static void check_capture(const char *name, const char *when, enum kmm_generation g, unsigned cpus,
			  unsigned late)
{
	const char *traces = getenv("KMEMLAB_TRACES");
	struct real_machine *m = malloc(sizeof(*m));
	struct kmm_config c;
	char dir[400];

	assert_non_null(m);
	if (!traces || !*traces)
		traces = "../shared/traces";
	snprintf(dir, sizeof(dir), "%s/%s/%s", traces, name, when);
	if (!read_zoneinfo(m, dir)) {
		free(m);
		print_message("no %s/zoneinfo: skipped\n", dir);
		skip();
	}
	snprintf(dir, sizeof(dir), "%s/%s/system", traces, name);
	c = config_from(m, g, cpus, read_sysctl(dir, "min_free_kbytes"));
	check_values(m, &c, late, compare_marks, name);
	check_values(m, &c, late, compare_reserve, name);
	free(m);
}

static void test_zoneinfo_exact(void **state)
{
	(void)state;
	check_capture("amd64-6.1-exact", "before", KMM_LINUX_6_1, 2, 0);
}

static void test_zoneinfo_files(void **state)
{
	(void)state;
	check_capture("amd64-6.1-files", "before", KMM_LINUX_6_1, 2, 8192);
}

static void test_zoneinfo_numa(void **state)
{
	(void)state;
	check_capture("amd64-6.1-numa", "before", KMM_LINUX_6_1, 4, 4096);
}

static void test_zoneinfo_pressure(void **state)
{
	(void)state;
	check_capture("amd64-6.1-pressure", "before", KMM_LINUX_6_1, 2, 0);
}

static void test_zoneinfo_thp(void **state)
{
	(void)state;
	check_capture("amd64-6.1-thp", "before", KMM_LINUX_6_1, 2, 8192);
}

static void test_zoneinfo_boot(void **state)
{
	(void)state;
	check_capture("amd64-6.1-boot", "after", KMM_LINUX_6_1, 2, 8192);
}

static void test_zoneinfo_highmem(void **state)
{
	(void)state;
	check_capture("i386-6.1-highmem", "before", KMM_LINUX_6_1, 2, 8192);
}

static void test_zoneinfo_6_18(void **state)
{
	(void)state;
	check_capture("host-6.18", "before", KMM_LINUX_6_18, 2, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_min_free_kbytes),	 cmocka_unit_test(test_batch),
		cmocka_unit_test(test_no_batch),	 cmocka_unit_test(test_fraction),
		cmocka_unit_test(test_marks_2_6),	 cmocka_unit_test(test_boost_cap),
		cmocka_unit_test(test_zoneinfo_exact),	 cmocka_unit_test(test_zoneinfo_files),
		cmocka_unit_test(test_zoneinfo_numa),	 cmocka_unit_test(test_zoneinfo_pressure),
		cmocka_unit_test(test_zoneinfo_thp),	 cmocka_unit_test(test_zoneinfo_boot),
		cmocka_unit_test(test_zoneinfo_highmem), cmocka_unit_test(test_zoneinfo_6_18),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
