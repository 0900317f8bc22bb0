// SPDX-License-Identifier: GPL-2.0-or-later
/* The cache of caches, and the caches without which a kernel cannot go on. */
#include "machine/machine.h"
#include "tests/unit/machine_source.h"
#include "tests/unit/mm_slab_machine.h"

#define KMEM_CACHE_6_1 224u /* bytes, as /sys/kernel/slab/kmem_cache/object_size has it */

static const struct machine_slab *find_slab(const struct machine *m, const char *name)
{
	for (uint32_t i = 0; i < m->slab_count; i++)
		if (!strcmp(m->slabs[i].name, name))
			return &m->slabs[i];
	return NULL;
}

static struct kmm_cache *find_cache(const struct kmm_slab *sl, const char *name)
{
	struct kmm_cache *s = NULL;

	while ((s = kmm_kmem_cache_next(sl, s)))
		if (!strcmp(kmm_kmem_cache_name(s), name))
			return s;
	return NULL;
}

/* As many objects of kmem_cache as the kernel had caches, itself among them. */
static void check_capture(const char *capture, unsigned in_hand)
{
	struct machine *m = load_capture(capture);
	const struct machine_slab *kernels;
	struct kmm_cache_figures f;
	struct kmm_slab_policy p;
	struct kmm_slab *sl;
	struct kmm *mm;

	if (!m)
		return;
	kernels = find_slab(m, "kmem_cache");
	assert_non_null(kernels);
	assert_int_equal(kernels->object_size, KMEM_CACHE_6_1);
	kmm_slab_policy_init(&p, KMM_SLUB, KMM_VERSION(m->kernel_major, m->kernel_minor, 0));
	p.merge = false;
	p.kmem_cache_size = kernels->object_size;
	mm = slab_machine(KMM_LINUX_6_1, 1024, m->cpus, 1);
	sl = slab_create(mm, &p);
	for (uint32_t i = 0; i < m->slab_count; i++)
		if (!find_cache(sl, m->slabs[i].name))
			slab_cache(sl, m->slabs[i].name, 64, 0, 0);
	f = slab_figures(find_cache(sl, "kmem_cache"));
	print_message("%s: %u caches, %llu objects of kmem_cache, there %llu\n", capture,
		      m->slab_count, (unsigned long long)f.in_use,
		      (unsigned long long)kernels->active_objs);
	assert_int_equal(f.size, kernels->size);
	assert_int_equal(f.objs_per_slab, kernels->objs_per_slab);
	assert_int_equal(f.in_use, m->slab_count);
	/* What a CPU has in hand counts as active. */
	assert_true(f.in_use <= kernels->active_objs);
	assert_true(kernels->active_objs - f.in_use <= in_hand);
	slab_done(sl);
	kmm_destroy(mm);
	machine_free(m);
}

static void test_captures(void **state)
{
	(void)state;
	check_capture("traces/amd64-6.1-small", 15);
	check_capture("amd64-6.1-exact", 0); /* its caches were shrunk before */
	;
}

static unsigned events;

static void on_alloc(void *arg, unsigned cpu, const struct kmm_cache *s, kmm_addr at, kmm_gfp gfp,
		     int node)
{
	(void)arg, (void)cpu, (void)gfp, (void)node;
	assert_string_equal(kmm_kmem_cache_name(s), "kmem_cache");
	assert_int_not_equal(at, KMM_NULL);
	events++;
}

static void on_free(void *arg, unsigned cpu, const struct kmm_cache *s, kmm_addr at)
{
	on_alloc(arg, cpu, s, at, 0, -1);
}

/* An object for each cache, back with the cache, and a slab more where one is full. */
static void check_kind(enum kmm_slab_kind kind, unsigned version, unsigned itself)
{
	static const struct kmm_slab_observer o = { .kmem_cache_alloc = on_alloc,
						    .kmem_cache_free = on_free };
	struct kmm *mm = slab_machine(KMM_LINUX_6_1, 1024, 2, 1);
	struct kmm_cache *cc, *s[32];
	unsigned caches = 0;
	struct kmm_slab_policy p;
	struct kmm_slab *sl;

	kmm_slab_policy_init(&p, kind, version);
	p.merge = false;
	p.kmem_cache_size = 700; /* off the slab, were there anything to keep it in yet */
	sl = slab_create(mm, &p);
	cc = kmm_kmem_cache_next(sl, NULL);
	assert_string_equal(kmm_kmem_cache_name(cc), "kmem_cache");
	assert_false(slab_figures(cc).off_slab);
	for (struct kmm_cache *c = cc; c; c = kmm_kmem_cache_next(sl, c))
		caches++;
	if (kind != KMM_SLOB)
		assert_int_equal(slab_figures(cc).in_use, caches - 1 + itself);
	events = 0;
	kmm_slab_observe(sl, &o, NULL);
	for (unsigned i = 0; i < 32; i++)
		s[i] = slab_cache(sl, "one more", 100, 0, 0);
	assert_int_equal(events, 32);
	if (kind != KMM_SLOB) {
		assert_int_equal(slab_figures(cc).in_use, caches + 31 + itself);
		assert_true(slab_figures(cc).slabs >=
			    (caches + 31) / slab_figures(cc).objs_per_slab);
	}
	assert_int_equal(kmm_kmem_cache_destroy(cc, 0), -EBUSY);
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(kmm_kmem_cache_destroy(s[i], 1), 0);
	assert_int_equal(events, 64);
	if (kind != KMM_SLOB)
		assert_int_equal(slab_figures(cc).in_use, caches - 1 + itself);
	slab_done(sl);
	kmm_destroy(mm);
}

static void test_kinds(void **state)
{
	(void)state;
	/* SLUB's is an object of itself, SLAB's a variable of the kernel. */
	check_kind(KMM_SLUB, KMM_VERSION(6, 1, 0), 1);
	check_kind(KMM_SLAB, KMM_VERSION(2, 6, 24), 0);
	check_kind(KMM_SLAB, KMM_VERSION(4, 19, 0), 0);
	check_kind(KMM_SLOB, KMM_VERSION(4, 19, 0), 0);
}

static void last_words(void *arg, const char *text)
{
	snprintf(arg, 200, "%s", text);
}

static void check_panic(enum kmm_slab_kind kind, unsigned version, const char *want)
{
	static const struct kmm_slab_observer o = { .panic = last_words };
	struct kmm_cache_args a = { .name = "task_struct", .object_size = 1 << 30 };
	struct kmm *mm;
	struct kmm_slab *sl = slab_of_version(&mm, kind, version, 1, 1);
	char said[200] = "", why[200];

	kmm_slab_observe(sl, &o, said);
	/* Others only hear of it. */
	assert_null(kmm_kmem_cache_create(sl, &a, why, sizeof(why)));
	assert_string_equal(said, "");
	a.flags = KMM_SLAB_PANIC;
	assert_null(kmm_kmem_cache_create(sl, &a, why, sizeof(why)));
	assert_string_equal(said, want);
	assert_non_null(strstr(why, "1073741824"));
	assert_null(kmm_kmem_cache_create(sl, &a, NULL, 0));
	/* No word where there is no need. */
	*said = '\0';
	a.object_size = 1000;
	assert_non_null(kmm_kmem_cache_create(sl, &a, why, sizeof(why)));
	assert_string_equal(said, "");
	assert_string_equal(why, "");
	slab_done(sl);
	kmm_destroy(mm);
}

static void test_panic(void **state)
{
	(void)state;
	check_panic(KMM_SLAB, KMM_VERSION(2, 6, 24),
		    "kmem_cache_create(): failed to create slab `task_struct'");
	check_panic(KMM_SLUB, KMM_VERSION(2, 6, 24), "Cannot create slabcache task_struct");
	check_panic(KMM_SLUB, KMM_VERSION(4, 9, 0),
		    "kmem_cache_create: Failed to create slab 'task_struct'. Error -22");
	check_panic(KMM_SLUB, KMM_VERSION(6, 1, 0),
		    "kmem_cache_create_usercopy: Failed to create slab 'task_struct'. Error -22");
}

/* With no memory for the object that the cache is, there is no cache. */
static void test_no_memory(void **state)
{
	static const struct kmm_slab_observer o = { .panic = last_words };
	struct kmm_cache_args a = { .name = "late", .object_size = 64, .flags = KMM_SLAB_PANIC };
	struct kmm *mm = slab_machine(KMM_LINUX_6_1, 64, 1, 1);
	char said[200] = "", why[200];
	struct kmm_slab_policy p;
	struct kmm_slab *sl;
	struct kmm_cache *cc;
	uint64_t caches, made;

	(void)state;
	kmm_slab_policy_init(&p, KMM_SLUB, KMM_VERSION(6, 1, 0));
	p.merge = false;
	p.kmem_cache_size = KMEM_CACHE_6_1;
	sl = slab_create(mm, &p);
	kmm_slab_observe(sl, &o, said);
	cc = kmm_kmem_cache_next(sl, NULL);
	while (kmm_alloc_pages(mm, 0, GFP_KERNEL, 0) != KMM_NO_PFN)
		;
	caches = slab_figures(cc).in_use;
	for (made = 0; kmm_kmem_cache_create(sl, &a, why, sizeof(why)); made++)
		assert_true(made < slab_figures(cc).objs_per_slab);
	assert_string_equal(why, "out of memory");
	assert_string_equal(said,
			    "kmem_cache_create_usercopy: Failed to create slab 'late'. Error -12");
	assert_int_equal(slab_figures(cc).in_use, caches + made);
	slab_done(sl);
	kmm_destroy(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captures),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_panic),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
