// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policies: what is given changes the machine, what is not stays as captured.
 * The captured values used here are those of a 1 GiB machine with Linux 6.1
 * (before/zoneinfo and sysctl_vm of the capture amd64-6.1-files).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "replay/policy.h"

static struct kmm_config machine(void)
{
	struct kmm_config c;

	memset(&c, 0, sizeof(c));
	kmm_policy_init(&c.policy, KMM_LINUX_6_1);
	c.policy.min_free_kbytes = 45056;
	c.policy.watermark_boost_factor = 14000;
	c.policy.thp = true;
	c.zones = 2;
	c.zone[0] = (struct kmm_zone_config){ .type = KMM_ZONE_DMA,
					      .start = 1,
					      .spanned = 4095,
					      .present = 3998,
					      .managed = 3840,
					      .min = 178,
					      .low = 222,
					      .high = 266,
					      .reserve_given = true,
					      .pcp_batch = 1,
					      .pcp_high = 111 };
	c.zone[1] = (struct kmm_zone_config){ .type = KMM_ZONE_DMA32,
					      .start = 4096,
					      .spanned = 258007,
					      .present = 258007,
					      .managed = 242025,
					      .min = 11085,
					      .low = 13856,
					      .high = 16627,
					      .reserve_given = true,
					      .pcp_batch = 63,
					      .pcp_high = 6928 };
	c.cpus = 2;
	c.nodes = 1;
	return c;
}

static void load(struct policy *p, const char *name)
{
	struct err e = { 0 };

	if (policy_load(p, name, &e))
		fail_msg("%s: %s", name, e.text);
}

static void set(struct policy *p, const char *text)
{
	struct err e = { 0 };

	if (policy_set(p, text, &e))
		fail_msg("%s: %s", text, e.text);
}

static struct kmm_config applied(const struct policy *p)
{
	struct kmm_config c = machine();
	struct err e = { 0 };

	if (policy_apply(p, &c, &e))
		fail_msg("%s: %s", p->name, e.text);
	return c;
}

/* A policy file of this content; its name, to be removed by the caller. */
static void write_ini(char path[32], const char *text, size_t len)
{
	int fd;

	strcpy(path, "/tmp/policy-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	close(fd);
}

static int load_ini(struct policy *p, const char *text, struct err *e)
{
	char path[32];
	int ret;

	write_ini(path, text, strlen(text));
	ret = policy_load(p, path, e);
	unlink(path);
	return ret;
}

/* The policy as printed; for the caller to free. */
static char *policy_text(const struct policy *p)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	policy_print(p, f);
	assert_int_equal(fclose(f), 0);
	return text;
}

/* Under native nothing changes, whatever the machine. */
static void test_native(void **state)
{
	struct kmm_config was = machine(), c;
	struct policy p;

	(void)state;
	load(&p, "native");
	assert_string_equal(p.name, "native");
	c = applied(&p);
	assert_memory_equal(&c, &was, sizeof(c));
}

/* The same generation as the captured kernel's: nothing changes either. */
static void test_same_generation(void **state)
{
	struct kmm_config was = machine(), c;
	struct policy p;

	(void)state;
	load(&p, "linux-6.1");
	c = applied(&p);
	assert_memory_equal(&c, &was, sizeof(c));
}

static void test_other_generation(void **state)
{
	struct kmm_config c;
	struct policy p;

	(void)state;
	load(&p, "linux-2.6-slab");
	c = applied(&p);
	assert_int_equal(c.policy.generation, KMM_LINUX_2_6);
	/* 2.6.24 knew neither setting. */
	assert_int_equal(c.policy.watermark_boost_factor, 0);
	assert_int_equal(c.policy.watermark_scale_factor, 0);
	assert_false(c.policy.highatomic_reserve);
	/* The machine's own: marks, batch, size. */
	assert_int_equal(c.zone[1].min, 11085);
	assert_int_equal(c.zone[1].pcp_batch, 63);
	assert_int_equal(c.policy.max_order, 10);
	assert_int_equal(c.policy.min_free_kbytes, 45056);
	/* Computed in another way by each generation. */
	assert_int_equal(c.zone[1].pcp_high, 0);
	load(&p, "linux-6.18");
	c = applied(&p);
	assert_int_equal(c.policy.watermark_boost_factor, 14000);
	assert_int_equal(c.zone[1].pcp_high, 0);
	assert_int_equal(c.zone[1].low, 13856);
}

static void test_marks(void **state)
{
	struct kmm_config c;
	struct policy p;

	(void)state;
	load(&p, "native");
	set(&p, "zone.min_free_kbytes=65536");
	assert_string_equal(p.name, "native+zone.min_free_kbytes=65536");
	c = applied(&p);
	assert_int_equal(c.policy.min_free_kbytes, 65536);
	for (unsigned z = 0; z < 2; z++) {
		assert_int_equal(c.zone[z].min | c.zone[z].low | c.zone[z].high, 0);
		assert_true(c.zone[z].reserve_given);
		/* From 5.14 on the kernel derives pcp high from the low mark. */
		assert_int_equal(c.zone[z].pcp_high, 0);
	}
	assert_int_equal(c.zone[1].pcp_batch, 63);
	assert_int_equal(c.policy.watermark_boost_factor, 14000);
	/* Before that it was 6 * batch, which stands. */
	load(&p, "native");
	set(&p, "zone.watermark_scale_factor=100");
	c = machine();
	c.policy.generation = KMM_LINUX_5_10;
	c.policy.pcp_orders = 1;
	c.policy.pcp_thp = false;
	assert_int_equal(policy_apply(&p, &c, NULL), 0);
	assert_int_equal(c.zone[1].high, 0);
	assert_int_equal(c.zone[1].pcp_high, 6928);
}

static void assert_close(uint64_t got, uint64_t want)
{
	assert_in_range(got, want - want / 50, want + want / 50);
}

/*
 * Told to use the captured machine's min_free_kbytes, the model finds the marks
 * that it had, but for 2 %: the kernel computed them before the last pages of
 * its image had been given to the allocator.
 */
static void test_marks_computed(void **state)
{
	struct kmm_config c, was = machine();
	struct policy p;
	struct kmm *mm;
	char why[200];

	(void)state;
	load(&p, "native");
	set(&p, "zone.min_free_kbytes=45056");
	c = applied(&p);
	mm = kmm_create(&c, why, sizeof(why));
	assert_non_null(mm);
	c = *kmm_configuration(mm);
	kmm_destroy(mm);
	for (unsigned z = 0; z < 2; z++) {
		assert_close(c.zone[z].min, was.zone[z].min);
		assert_close(c.zone[z].low, was.zone[z].low);
		assert_close(c.zone[z].high, was.zone[z].high);
	}
	assert_close((uint64_t)c.zone[1].pcp_high, (uint64_t)was.zone[1].pcp_high);
}

static void test_reserve_and_pcp(void **state)
{
	struct kmm_config c;
	struct policy p;

	(void)state;
	load(&p, "native");
	set(&p, "zone.lowmem_reserve_ratio = 128, 64 32");
	c = applied(&p);
	assert_int_equal(c.policy.lowmem_reserve_ratio[KMM_ZONE_DMA], 128);
	assert_int_equal(c.policy.lowmem_reserve_ratio[KMM_ZONE_DMA32], 64);
	assert_int_equal(c.policy.lowmem_reserve_ratio[KMM_ZONE_NORMAL], 32);
	assert_int_equal(c.policy.lowmem_reserve_ratio[KMM_ZONE_MOVABLE], 0);
	assert_false(c.zone[0].reserve_given);
	assert_int_equal(c.zone[1].min, 11085);
	load(&p, "native");
	set(&p, "pcp.batch=7");
	c = applied(&p);
	assert_int_equal(c.policy.pcp_batch, 7);
	assert_int_equal(c.zone[1].pcp_batch, 0);
	assert_int_equal(c.zone[1].pcp_high, 6928);
	load(&p, "native");
	set(&p, "pcp.high=auto");
	c = applied(&p);
	assert_int_equal(c.policy.pcp_high, -1);
	assert_int_equal(c.zone[1].pcp_high, 0);
	assert_int_equal(c.zone[1].pcp_batch, 63);
}

static void test_bad_settings(void **state)
{
	static const char *const bad[] = {
		"",
		"zone",
		"zone.min_free_kbytes",
		"min_free_kbytes=1",
		"zone.nothing=1",
		"zone.min_free_kbytes=",
		"zone.min_free_kbytes=-1",
		"zone.min_free_kbytes=9999999999",
		"zone.min_free_kbytes=12x",
		"zone.min_free_kbytes=1 2",
		"buddy.max_order=12",
		"buddy.max_order=auto",
		"buddy.mobility_grouping=maybe",
		"pcp.batch=-1",
		"zone.lowmem_reserve_ratio=",
		"zone.lowmem_reserve_ratio=1 2 3 4 5 6 7",
		"zone.lowmem_reserve_ratio=1 x",
		"policy.base=native",
		"pcp.orders=5",
		"pcp.batch=18446744073709551617",
		"cache dentry.order=11",
		"cache dentry.order=",
		"cache dentry.size=64",
		"cache .order=1",
		"cache a-name-that-no-slab-cache-has-room-for.order=1",
	};
	struct policy p, was;

	(void)state;
	load(&p, "native");
	was = p;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct err e = { 0 };

		if (!policy_set(&p, bad[i], &e))
			fail_msg("'%s' was accepted", bad[i]);
		assert_true(e.text[0]);
		assert_memory_equal(&p, &was, sizeof(p));
	}
}

static void test_cannot_be(void **state)
{
	struct kmm_config c = machine();
	struct err e = { 0 };
	struct policy p;

	(void)state;
	load(&p, "linux-5.10");
	set(&p, "pcp.orders=4");
	assert_true(policy_apply(&p, &c, &e) < 0);
	assert_non_null(strstr(e.text, "order 0 only"));
	load(&p, "native");
	set(&p, "buddy.max_order=5");
	c = machine();
	assert_true(policy_apply(&p, &c, &e) < 0);
	assert_non_null(strstr(e.text, "pageblock_order 9 is above max_order 5"));
}

/* A cache's own section: order of its slabs; the last one given counts. */
static void test_cache(void **state)
{
	struct kmm_slab_policy s;
	struct err e = { 0 };
	char text[48];
	struct policy p;

	(void)state;
	load(&p, "native");
	set(&p, "cache dentry.order=3");
	set(&p, "cache kmalloc-64.order=1");
	set(&p, "cache dentry.order=2");
	assert_string_equal(p.name, "native+cache dentry.order=3+cache kmalloc-64.order=1+...");
	assert_false(policy_is_native(&p));
	kmm_slab_policy_init(&s, KMM_SLUB, KMM_VERSION(6, 1, 0));
	assert_true(policy_objects(&p, &s));
	assert_int_equal(s.orders, 2);
	assert_string_equal(s.order_of[0].cache, "dentry");
	assert_int_equal(s.order_of[0].order, 2);
	assert_int_equal(s.order_of[1].order, 1);
	for (unsigned i = 2; i < POLICY_CACHES; i++) {
		snprintf(text, sizeof(text), "cache c%u.order=0", i);
		set(&p, text);
	}
	assert_true(policy_set(&p, "cache one-more.order=0", &e) < 0);
}

static void test_file(void **state)
{
	struct err e = { 0 };
	struct kmm_config c;
	struct policy p;

	(void)state;
	if (load_ini(&p,
		     "; what if\n[policy]\nname = small lists\nbase = linux-6.18\r\n\n"
		     "[pcp]\n  batch=1 ; least\nthp = off\n# end\n[buddy]\nmobility_grouping=no",
		     &e))
		fail_msg("%s", e.text);
	assert_string_equal(p.name, "small lists");
	assert_string_equal(p.base, "linux-6.18");
	c = applied(&p);
	assert_int_equal(c.policy.generation, KMM_LINUX_6_18);
	assert_int_equal(c.policy.pcp_batch, 1);
	assert_false(c.policy.pcp_thp);
	assert_false(c.policy.mobility_grouping);
	assert_true(c.policy.highatomic_reserve);
}

static void test_bad_files(void **state)
{
	static const struct {
		const char *text, *what;
	} bad[] = {
		{ "[policy]\nbase = linux-9\n", "line 2: 'linux-9' is no base" },
		{ "[pcp]\nbatch = 1\n[policy]\nbase = native\n",
		  "line 4: the base must come before" },
		{ "[pcp]\nbatch = 1\nbatch = 1\n", "line 3: pcp.batch is given twice" },
		{ "[pcp\nbatch = 1\n", "line 1: '[pcp' is not [SECTION]" },
		{ "batch = 1\n", "line 1: unknown key '.batch'" },
		{ "[pcp]\nbatch\n", "line 2: 'batch' is not KEY = VALUE" },
		{ "[policy]\nname =\n", "line 2: a name of 1 to 63 bytes" },
		{ "[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n", "line 1" },
		{ "[]\n[\n", "line 2" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct err e = { 0 };
		struct policy p;

		if (!load_ini(&p, bad[i].text, &e))
			fail_msg("accepted: %s", bad[i].text);
		if (!strstr(e.text, bad[i].what))
			fail_msg("'%s' does not say '%s'", e.text, bad[i].what);
	}
}

static void test_missing_file(void **state)
{
	struct err e = { 0 };
	struct policy p;

	(void)state;
	assert_true(policy_load(&p, "linux-7", &e) < 0);
	assert_non_null(strstr(e.text, "neither a built-in policy nor a file"));
	assert_true(policy_load(&p, "/nonexistent/x.ini", &e) < 0);
	assert_non_null(strstr(e.text, "/nonexistent/x.ini"));
}

/* The name that a report writes asks for the same policy again. */
static void test_named_with_keys(void **state)
{
	struct err e = { 0 };
	struct policy p, q;

	(void)state;
	load(&p, "linux-5.10");
	set(&p, "pcp.batch=15");
	set(&p, "buddy.max_order=9");
	load(&q, "linux-5.10+pcp.batch=15+buddy.max_order=9");
	assert_string_equal(p.name, q.name);
	assert_string_equal(p.base, q.base);
	assert_int_equal(p.set, q.set);
	assert_true(policy_load(&q, "native+pcp.bitch=15", &e) < 0);
	assert_non_null(strstr(e.text, "bitch"));
	e = (struct err){ 0 };
	assert_true(policy_load(&q, "native+", &e) < 0);
	e = (struct err){ 0 };
	assert_true(policy_load(&q, "nobody+pcp.batch=15", &e) < 0);
}

/* Whatever a file holds: an error or a policy, never a crash. */
static void test_damaged_files(void **state)
{
	struct policy p, q;
	unsigned seed = 1, refused = 0;
	char *text, path[32];
	size_t len;

	(void)state;
	load(&q, "linux-6.1");
	set(&q, "zone.lowmem_reserve_ratio=1 2 3 4 5 6");
	text = policy_text(&q);
	len = strlen(text);
	for (unsigned i = 0; i < 500; i++) {
		size_t at = (size_t)rand_r(&seed) % len;
		char was = text[at];
		struct err e = { 0 };

		text[at] = (char)rand_r(&seed);
		write_ini(path, text, i % 2 ? len : at + 1);
		if (policy_load(&p, path, &e) < 0) {
			assert_true(e.text[0]);
			refused++;
		}
		unlink(path);
		text[at] = was;
	}
	assert_true(refused > 0 && refused < 500);
	free(text);
}

/* A printed policy read again is the same policy, with every key given or none. */
static void test_text(void **state)
{
	const char *name;
	struct err e = { 0 };

	(void)state;
	for (unsigned i = 0; (name = policy_builtin(i, NULL)); i++) {
		for (unsigned all = 0; all < 2; all++) {
			const struct policy_key *key;
			struct policy p, q;
			char *text;

			load(&p, name);
			for (unsigned k = 0; all && (key = policy_key(k)); k++) {
				char value[POLICY_VALUE], line[2 * POLICY_VALUE];

				policy_value(key, &p.values, value);
				snprintf(line, sizeof(line), "%s.%s=%s", key->section, key->key,
					 value);
				set(&p, line);
			}
			text = policy_text(&p);
			if (load_ini(&q, text, &e))
				fail_msg("%s", e.text);
			assert_string_equal(q.name, p.name);
			assert_string_equal(q.base, p.base);
			assert_int_equal(q.set, p.set);
			assert_memory_equal(&q.values, &p.values, sizeof(p.values));
			free(text);
		}
	}
}

/* The table is sound: unique names, values of its own within its own range. */
static void test_keys(void **state)
{
	const struct policy_key *a, *b;

	(void)state;
	for (unsigned i = 0; (a = policy_key(i)); i++) {
		char value[POLICY_VALUE];

		assert_true(a->min < a->max && a->meaning[0]);
		for (unsigned k = 0; k < i && (b = policy_key(k)); k++) {
			assert_true(strcmp(a->section, b->section) || strcmp(a->key, b->key));
			assert_int_not_equal(a->offset, b->offset);
		}
		policy_default(a, "native", value);
		/* Nobody captures what is replayed by which model. */
		if (!strcmp(a->section, "slab") || !strcmp(a->section, "percpu") ||
		    !strcmp(a->section, "vmalloc") || !strcmp(a->section, "highmem") ||
		    !strcmp(a->key, "kswapd")) {
			assert_string_not_equal(value, "captured");
			continue;
		}
		assert_string_equal(value, "captured");
		policy_default(a, "linux-6.1", value);
		assert_true(!a->captured == !!strcmp(value, "captured"));
	}
}

/* Zonelists by zone, and lists as a share of their zone. */
static void test_zone_order_and_fraction(void **state)
{
	struct kmm_config c = machine();
	struct policy p;
	struct err e = { 0 };

	(void)state;
	c.policy.kswapd = false;
	assert_int_equal(policy_load(&p, "native+zone.zone_order=on+pcp.high_fraction=8", &e), 0);
	assert_int_equal(policy_apply(&p, &c, &e), 0);
	assert_true(c.policy.zone_order);
	assert_int_equal(c.policy.pcp_high_fraction, 8);
	assert_false(c.policy.kswapd);
	c = machine();
	c.policy.kswapd = false;
	assert_int_equal(policy_load(&p, "native+machine.memory=64", &e), 0);
	assert_int_equal(policy_apply(&p, &c, &e), 0);
	assert_false(c.policy.zone_order);
	assert_true(c.policy.kswapd); /* another size of memory */
	assert_int_equal(policy_set(&p, "reclaim.kswapd=off", &e), 0);
	assert_int_equal(policy_apply(&p, &c, &e), 0);
	assert_false(c.policy.kswapd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zone_order_and_fraction),
		cmocka_unit_test(test_native),
		cmocka_unit_test(test_same_generation),
		cmocka_unit_test(test_other_generation),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_marks_computed),
		cmocka_unit_test(test_reserve_and_pcp),
		cmocka_unit_test(test_bad_settings),
		cmocka_unit_test(test_cannot_be),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_missing_file),
		cmocka_unit_test(test_named_with_keys),
		cmocka_unit_test(test_damaged_files),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
