// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The geometry of SLUB caches against the kernel's own: every cache of every
 * snapshot's /sys/kernel/slab, from what was asked of it (object size, alignment,
 * flags, constructor) to what became of it.  And sizes of older kernels from their
 * documentation.
 */
#include "tests/unit/machine_source.h"

#include "mm/kmm_slab.h"
#include "tests/unit/mm_slab_machine.h"

#define MOST_CACHES 512

/* The numbers of one folder of /sys/kernel/slab. */
struct sysfs_cache {
	char name[64];
	unsigned object_size, slab_size, align, order, objs_per_slab, min_partial, cpu_partial;
	unsigned hwcache_align, reclaim_account, destroy_by_rcu, cache_dma, usersize;
	unsigned red_zone, poison, store_user, sanity_checks;
	bool ctor;
};

static struct sysfs_cache caches[MOST_CACHES];
static unsigned cache_count;

static void set_attribute(struct sysfs_cache *c, const char *file, const char *value)
{
	const struct {
		const char *name;
		unsigned *to;
	} fields[] = {
		{ "object_size", &c->object_size },
		{ "slab_size", &c->slab_size },
		{ "align", &c->align },
		{ "order", &c->order },
		{ "objs_per_slab", &c->objs_per_slab },
		{ "min_partial", &c->min_partial },
		{ "cpu_partial", &c->cpu_partial },
		{ "hwcache_align", &c->hwcache_align },
		{ "reclaim_account", &c->reclaim_account },
		{ "destroy_by_rcu", &c->destroy_by_rcu },
		{ "cache_dma", &c->cache_dma },
		{ "usersize", &c->usersize },
		{ "red_zone", &c->red_zone },
		{ "poison", &c->poison },
		{ "store_user", &c->store_user },
		{ "sanity_checks", &c->sanity_checks },
	};

	if (!strcmp(file, "ctor"))
		c->ctor = *value;
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (!strcmp(file, fields[i].name))
			*fields[i].to = (unsigned)strtoul(value, NULL, 10);
}

/* Lines "CACHE/FILE: VALUE"; others are links. */
static void parse_attributes(char *text)
{
	cache_count = 0;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		char *file = strchr(line, '/'), *value = strstr(line, ": ");
		unsigned i;

		if (!file || !value || strstr(line, " -> "))
			continue;
		*file++ = '\0';
		*value = '\0';
		for (i = 0; i < cache_count && strcmp(caches[i].name, line); i++)
			;
		if (i == cache_count) {
			assert_true(cache_count < MOST_CACHES);
			memset(&caches[i], 0, sizeof(caches[i]));
			snprintf(caches[i].name, sizeof(caches[i].name), "%s", line);
			cache_count++;
		}
		set_attribute(&caches[i], file, value + 2);
	}
}

static void constructor(void *arg, kmm_addr at, void *bytes)
{
	(void)arg;
	(void)at;
	(void)bytes;
}

static unsigned flags_of(const struct sysfs_cache *c)
{
	return (c->hwcache_align ? KMM_SLAB_HWCACHE_ALIGN : 0) |
	       (c->reclaim_account ? KMM_SLAB_RECLAIM_ACCOUNT : 0) |
	       (c->destroy_by_rcu ? KMM_SLAB_TYPESAFE_BY_RCU : 0) |
	       (c->cache_dma ? KMM_SLAB_CACHE_DMA : 0) | (c->red_zone ? KMM_SLAB_RED_ZONE : 0) |
	       (c->poison ? KMM_SLAB_POISON : 0) | (c->store_user ? KMM_SLAB_STORE_USER : 0) |
	       (c->sanity_checks ? KMM_SLAB_CONSISTENCY_CHECKS : 0);
}

static void check_cache(struct kmm_slab *sl, const struct sysfs_cache *c, const char *where)
{
	struct kmm_cache_args a = {
		.name = c->name,
		.object_size = c->object_size,
		.align = c->align,
		.flags = flags_of(c),
		.ctor = c->ctor ? constructor : NULL,
		.usersize = c->usersize,
	};
	struct kmm_cache_figures f;
	char why[200];
	struct kmm_cache *s = kmm_kmem_cache_create(sl, &a, why, sizeof(why));

	if (!s)
		fail_msg("%s: %s", where, why);
	kmm_kmem_cache_figures(s, &f);
	if (f.size != c->slab_size || f.align != c->align || f.order != c->order ||
	    f.objs_per_slab != c->objs_per_slab || f.min_partial != c->min_partial ||
	    f.cpu_partial != c->cpu_partial)
		fail_msg("%s %s (%u bytes): size %u/%u align %u/%u order %u/%u objects %u/%u "
			 "min_partial %u/%u cpu_partial %u/%u",
			 where, c->name, c->object_size, f.size, c->slab_size, f.align, c->align,
			 f.order, c->order, f.objs_per_slab, c->objs_per_slab, f.min_partial,
			 c->min_partial, f.cpu_partial, c->cpu_partial);
	assert_int_equal(kmm_kmem_cache_destroy(s, 0), 0);
	/* The alignment itself follows from the line where the cache asked for no more. */
	if (!c->hwcache_align)
		return;
	a.align = 0;
	s = kmm_kmem_cache_create(sl, &a, why, sizeof(why));
	assert_non_null(s);
	kmm_kmem_cache_figures(s, &f);
	if (f.align > c->align)
		fail_msg("%s %s: aligned to %u, not %u", where, c->name, f.align, c->align);
	kmm_kmem_cache_destroy(s, 0);
}

/* The letters of a folder like ":aA-0000128" are flags that a partner must share. */
static struct kmm_cache_args args_of_folder(const struct sysfs_cache *c)
{
	size_t letters = strcspn(c->name, "-");

	return (struct kmm_cache_args){
		.name = c->name,
		.object_size = c->object_size,
		.align = c->align,
		.flags = flags_of(c) | (memchr(c->name, 'A', letters) ? KMM_SLAB_ACCOUNT : 0),
	};
}

static bool merge(struct kmm_slab *sl, const struct sysfs_cache *a, const struct sysfs_cache *b)
{
	struct kmm_cache_args first = args_of_folder(a), second = args_of_folder(b);
	struct kmm_cache *s = kmm_kmem_cache_create(sl, &first, NULL, 0);
	struct kmm_cache *t = kmm_kmem_cache_create(sl, &second, NULL, 0);
	bool same = s == t;

	assert_true(s && t);
	assert_int_equal(kmm_kmem_cache_destroy(t, 0), 0);
	assert_int_equal(kmm_kmem_cache_destroy(s, 0), 0);
	return same;
}

/*
 * Two caches that may merge, and have folders of their own, did not merge with each
 * other: nor may they here, one way or the other (which was there first is not known).
 */
static unsigned check_merging(struct kmm *mm, struct kmm_slab_policy p, const char *where)
{
	struct kmm_slab *sl;
	unsigned pairs = 0;

	p.merge = true;
	sl = slab_create(mm, &p);
	for (unsigned i = 0; i < cache_count; i++)
		for (unsigned k = i + 1; k < cache_count; k++) {
			if (caches[i].name[0] != ':' || caches[k].name[0] != ':')
				continue;
			pairs++;
			if (merge(sl, &caches[i], &caches[k]) && merge(sl, &caches[k], &caches[i]))
				fail_msg("%s: %s and %s merge", where, caches[i].name,
					 caches[k].name);
		}
	slab_done(sl);
	return pairs;
}

/* The kmalloc caches stand there from the beginning: sizes and alignments by name. */
static unsigned check_kmalloc(struct kmm_slab *sl, const struct sysfs_cache *c, const char *where)
{
	struct kmm_cache *s = NULL;
	struct kmm_cache_figures f;

	while ((s = kmm_kmem_cache_next(sl, s)))
		if (!strcmp(kmm_kmem_cache_name(s), c->name))
			break;
	if (!s)
		return 0;
	kmm_kmem_cache_figures(s, &f);
	if (f.size != c->slab_size || f.align != c->align || f.order != c->order ||
	    f.object_size != c->object_size)
		fail_msg("%s %s: %u bytes, align %u, order %u; there %u, %u, %u", where, c->name,
			 f.size, f.align, f.order, c->slab_size, c->align, c->order);
	return 1;
}

static void check_snapshot(const struct machine *m, const struct snapshot_source *src,
			   const char *capture, const char *file)
{
	struct kmm_slab_policy p;
	struct blob text = { 0 };
	struct kmm_slab *sl;
	struct kmm *mm;
	char where[128];
	unsigned kmallocs = 0;

	if (src->read(src->ctx, file, &text, NULL))
		return;
	snprintf(where, sizeof(where), "%s/%s", capture, file);
	parse_attributes((char *)text.data);
	blob_free(&text);
	assert_true(cache_count > 100);
	kmm_slab_policy_init(&p, KMM_SLUB, KMM_VERSION(m->kernel_major, m->kernel_minor, 0));
	p.merge = false;
	if (!strcmp(m->arch, "i386")) {
		p.word = 4;
		p.min_align = 8;
	}
	mm = slab_machine(KMM_LINUX_6_1, 1024, m->cpus, 1);
	sl = slab_create(mm, &p);
	for (unsigned i = 0; i < cache_count; i++) {
		kmallocs += check_kmalloc(sl, &caches[i], where);
		check_cache(sl, &caches[i], where);
	}
	print_message("%s: %u caches, %u of kmalloc\n", where, cache_count, kmallocs);
	assert_true(kmallocs >= 20);
	slab_done(sl);
	assert_true(check_merging(mm, p, where) > 100);
	kmm_destroy(mm);
}

static void test_sysfs(void **state)
{
	static const char *const captures[] = {
		SMALL,
		"amd64-6.1-boot",
		"amd64-6.1-exact",
		"amd64-6.1-files",
		"amd64-6.1-numa",
		"amd64-6.1-pressure",
		"amd64-6.1-thp",
		"i386-6.1-highmem",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(captures) / sizeof(*captures); i++) {
		struct machine *m = load_capture(captures[i]);
		struct snapshot_source src;

		if (!m)
			continue;
		assert_true(open_capture(captures[i], &src));
		check_snapshot(m, &src, captures[i], "before/slab_attrs.txt");
		check_snapshot(m, &src, captures[i], "after/slab_attrs.txt");
		snapshot_dir_close(&src);
		machine_free(m);
	}
}

/* The lines of /proc/slabinfo tell a cache's whole size, and what a slab became. */
static void check_slabinfo(const struct machine *m, const struct snapshot_source *src,
			   const char *file)
{
	struct kmm_slab_policy p;
	struct blob text = { 0 };
	struct kmm_slab *sl;
	struct kmm *mm;
	char *save = NULL;
	unsigned n = 0;

	assert_int_equal(src->read(src->ctx, file, &text, NULL), 0);
	kmm_slab_policy_init(&p, KMM_SLUB, KMM_VERSION(m->kernel_major, m->kernel_minor, 0));
	p.merge = false;
	mm = slab_machine(KMM_LINUX_6_18, 1024, m->cpus, 1);
	sl = slab_create(mm, &p);
	for (char *line = strtok_r((char *)text.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		unsigned size, objects, pages;
		struct kmm_cache_figures f;
		char name[64];

		if (sscanf(line, "%63s %*u %*u %u %u %u :", name, &size, &objects, &pages) != 4)
			continue;
		f = slab_figures(slab_cache(sl, name, size, 0, 0));
		if (f.size != size || f.objs_per_slab != objects || 1u << f.order != pages)
			fail_msg("%s: %s of %u: %u objects on %u pages, not %u on %u", file, name,
				 size, f.objs_per_slab, 1u << f.order, objects, pages);
		n++;
	}
	print_message("%s: %u caches\n", file, n);
	assert_true(n > 200);
	blob_free(&text);
	slab_done(sl);
	kmm_destroy(mm);
}

/* The rules since 6.8. */
static void test_slabinfo_6_18(void **state)
{
	struct machine *m = load_capture("host-6.18");
	struct snapshot_source src;

	(void)state;
	if (!m)
		skip();
	assert_true(open_capture("host-6.18", &src));
	assert_int_equal(m->kernel_minor, 18);
	check_slabinfo(m, &src, "before/slabinfo");
	check_slabinfo(m, &src, "after/slabinfo");
	snapshot_dir_close(&src);
	machine_free(m);
}

/*
 * Older rules, worked by hand from their sources (mm/slub.c of 2.6.24, 3.0, 4.19):
 * 2.6.24 wants 4 objects on at most 2 pages and wastes an eighth; 3.0 wants
 * 4 * (bits of the possible CPUs + 1) on at most 8 pages and wastes a sixteenth;
 * before 5.12 CPUs count that are possible, then those that are there.
 */
static void test_older_rules(void **state)
{
	static const struct {
		unsigned version, possible, size, order, objects, min_partial, cpu_partial;
	} rows[] = {
		{ KMM_VERSION(2, 6, 24), 0, 256, 0, 16, 2, 0 },
		/* 5 * 704 leave 576 of 4096, more than an eighth; 11 leave 448 of 8192. */
		{ KMM_VERSION(2, 6, 24), 0, 704, 1, 11, 2, 0 },
		{ KMM_VERSION(2, 6, 24), 0, 2048, 1, 4, 2, 0 },
		/* 4 do not fit on two pages, 2 do. */
		{ KMM_VERSION(2, 6, 24), 0, 4096, 1, 2, 2, 0 },
		/* One, and more than a quarter wasted. */
		{ KMM_VERSION(2, 6, 24), 0, 5120, 1, 1, 2, 0 },
		/* 2 CPUs: 12 objects; 12 * 256 are less than a page. */
		{ KMM_VERSION(3, 0, 0), 0, 256, 0, 16, 8, 0 },
		{ KMM_VERSION(3, 0, 0), 0, 1024, 2, 16, 10, 0 },
		/* As many as fit on 8 pages: 4, not 12. */
		{ KMM_VERSION(3, 0, 0), 0, 8192, 3, 4, 10, 0 },
		{ KMM_VERSION(4, 19, 0), 0, 1024, 2, 16, 5, 6 },
		{ KMM_VERSION(4, 19, 0), 0, 8192, 3, 4, 6, 2 },
		{ KMM_VERSION(4, 19, 0), 0, 192, 0, 21, 5, 30 },
		/* 64 possible CPUs: 4 * (7 + 1) = 32 objects, two pages of 256 bytes. */
		{ KMM_VERSION(5, 10, 0), 64, 256, 1, 32, 5, 13 },
		{ KMM_VERSION(5, 12, 0), 64, 256, 0, 16, 5, 13 },
		{ KMM_VERSION(5, 16, 0), 64, 256, 0, 16, 5, 52 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct kmm *mm = slab_machine(KMM_LINUX_6_1, 256, 2, 1);
		struct kmm_slab_policy p;
		struct kmm_cache_figures f;
		struct kmm_slab *sl;

		kmm_slab_policy_init(&p, KMM_SLUB, rows[i].version);
		p.possible_cpus = rows[i].possible;
		p.merge = false;
		sl = slab_create(mm, &p);
		f = slab_figures(slab_cache(sl, "old", rows[i].size, 0, 0));
		if (f.order != rows[i].order || f.objs_per_slab != rows[i].objects ||
		    f.min_partial != rows[i].min_partial || f.cpu_partial != rows[i].cpu_partial)
			fail_msg("row %zu: order %u, %u objects, min_partial %u, cpu_partial %u", i,
				 f.order, f.objs_per_slab, f.min_partial, f.cpu_partial);
		slab_done(sl);
		kmm_destroy(mm);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sysfs),
		cmocka_unit_test(test_slabinfo_6_18),
		cmocka_unit_test(test_older_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
