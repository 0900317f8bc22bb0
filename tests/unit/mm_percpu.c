// SPDX-License-Identifier: GPL-2.0-or-later
/* Per-CPU memory: the first chunk's sizes, requests, and what is refused. */
#include "mm_machine.h"

#include "mm/kmm_percpu.h"

static struct kmm *machine(void)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 16384);

	assert_int_equal(kmm_seed_boot(mm, 0, 16384, KMM_MOVABLE), 0);
	return mm;
}

static struct kmm_percpu *percpu(struct kmm *mm, size_t fixed, size_t reserved, size_t dyn,
				 size_t atom)
{
	struct kmm_percpu_config c;
	struct kmm_percpu *p;

	kmm_percpu_config_init(&c);
	c.static_size = fixed;
	c.reserved_size = reserved;
	c.dyn_size = dyn;
	c.atom_size = atom;
	p = kmm_percpu_create(mm, &c);
	assert_non_null(p);
	return p;
}

static void done(struct kmm_percpu *p, struct kmm *mm)
{
	char why[200];

	if (kmm_percpu_validate(p, why, sizeof(why)))
		fail_msg("%s", why);
	kmm_percpu_destroy(p);
	machine_done(mm);
}

/* What two kernels printed: "Embedded 62 pages/cpu s217088 r8192 d28672 u1048576". */
static void test_first_chunk_sizes(void **state)
{
	struct kmm *mm = machine();
	struct kmm_percpu *p = percpu(mm, 217088, 8192, 28672, 2 << 20);
	struct kmm_percpu_stats s;

	(void)state;
	kmm_percpu_stats(p, &s);
	assert_int_equal(s.unit_size, 1048576);
	assert_int_equal(s.dyn_size, 28672);
	kmm_percpu_destroy(p);
	/* 6.18: static 185560, the dynamic part stretched to 31528: 53 pages, two CPUs in 2 MiB. */
	p = percpu(mm, 185560, 0, 28672, 2 << 20);
	kmm_percpu_stats(p, &s);
	assert_int_equal(s.unit_size, 1048576);
	assert_int_equal(s.dyn_size, 31528);
	assert_int_equal(s.free_bytes, 31528);
	done(p, mm);
}

static void test_static_area(void **state)
{
	struct kmm *mm = machine();
	struct kmm_percpu *p = percpu(mm, 64, 0, 28672, 0);

	(void)state;
	assert_int_equal(kmm_define_per_cpu(p, 4, 4), 0);
	assert_int_equal(kmm_define_per_cpu(p, 8, 8), 8);
	assert_int_equal(kmm_define_per_cpu(p, 48, 16), 16);
	assert_int_equal(kmm_define_per_cpu(p, 4, 4), KMM_NO_PTR);
	assert_int_equal(kmm_define_per_cpu(p, 4, 3), KMM_NO_PTR);
	/* Each CPU has its own copy, a unit apart. */
	assert_int_equal(kmm_per_cpu_ptr(p, 8, 1) - kmm_per_cpu_ptr(p, 8, 0), 32768);
	assert_int_equal(kmm_per_cpu_ptr_to_page(p, 8, 0), KMM_NO_PFN);
	done(p, mm);
}

static void test_requests(void **state)
{
	struct kmm *mm = machine();
	struct kmm_percpu *p = percpu(mm, 4096, 4096, 28672, 2 << 20);
	uint64_t a, b, c;
	struct kmm_percpu_stats s;

	(void)state;
	a = kmm_alloc_percpu(p, 0, 1, 1); /* becomes 4 bytes */
	b = kmm_alloc_percpu(p, 0, 16, 16);
	c = kmm_alloc_percpu(p, 0, 4, 4); /* between them */
	assert_int_equal(a, 8192);
	assert_int_equal(b, 8192 + 16);
	assert_int_equal(c, 8192 + 4);
	kmm_free_percpu(p, a);
	assert_int_equal(kmm_alloc_percpu(p, 0, 4, 4), a);
	/* The reserve is separate and runs out by itself. */
	assert_int_equal(kmm_alloc_reserved_percpu(p, 0, 4096, 8), 4096);
	assert_int_equal(kmm_alloc_reserved_percpu(p, 0, 4, 4), KMM_NO_PTR);
	/* Refused: nothing, more than the smallest unit, odd alignments, no such CPU. */
	assert_int_equal(kmm_alloc_percpu(p, 0, 0, 4), KMM_NO_PTR);
	assert_int_equal(kmm_alloc_percpu(p, 0, 32769, 4), KMM_NO_PTR);
	assert_int_equal(kmm_alloc_percpu(p, 0, 4, 24), KMM_NO_PTR);
	assert_int_equal(kmm_alloc_percpu(p, 0, 4, 8192), KMM_NO_PTR);
	assert_int_equal(kmm_alloc_percpu(p, 2, 4, 4), KMM_NO_PTR);
	/* Freed twice, never allocated, the hidden part before the reserve. */
	kmm_free_percpu(p, b);
	kmm_free_percpu(p, b);
	kmm_free_percpu(p, b + 4);
	kmm_free_percpu(p, 0);
	kmm_free_percpu(p, KMM_NO_PTR);
	kmm_percpu_stats(p, &s);
	assert_int_equal(s.bad_frees, 3);
	assert_int_equal(s.failed, 6);
	assert_int_equal(s.used_bytes, 4096 + 8);
	done(p, mm);
}

struct seen_percpu {
	size_t bytes;
	bool atomic;
	unsigned fails;
};

static void saw_alloc(void *arg, bool reserved, bool is_atomic, size_t size, size_t align,
		      uint64_t base, int off, uint64_t ptr, size_t bytes, kmm_gfp gfp)
{
	struct seen_percpu *s = arg;

	(void)reserved, (void)size, (void)align, (void)base, (void)off, (void)ptr, (void)gfp;
	s->bytes = bytes;
	s->atomic = is_atomic;
}

static void saw_fail(void *arg, bool reserved, bool is_atomic, size_t size, size_t align)
{
	struct seen_percpu *s = arg;

	(void)reserved, (void)is_atomic, (void)size, (void)align;
	s->fails++;
}

/* bytes_alloc in host-6.18: 64 for 16 bytes on two CPUs, with memory control groups. */
static void test_events(void **state)
{
	static const struct kmm_percpu_observer o = { .percpu_alloc_percpu = saw_alloc,
						      .percpu_alloc_percpu_fail = saw_fail };
	struct seen_percpu s = { 0 };
	struct kmm_percpu_config c;
	struct kmm *mm = machine();
	struct kmm_percpu *p;

	(void)state;
	kmm_percpu_config_init(&c);
	c.memcg = true;
	p = kmm_percpu_create(mm, &c);
	assert_non_null(p);
	kmm_percpu_observe(p, &o, &s);
	kmm_alloc_percpu(p, 0, 16, 8);
	assert_int_equal(s.bytes, 64);
	assert_false(s.atomic);
	/* GFP_NOWAIT, as blkg_alloc() asks in amd64-6.1-boot. */
	kmm_alloc_percpu_gfp(p, 0, 4, 4, KMM_GFP_KSWAPD_RECLAIM);
	assert_int_equal(s.bytes, 16);
	assert_true(s.atomic);
	/* Without populated pages an atomic request fails; one that may sleep makes a chunk. */
	while (kmm_alloc_percpu_gfp(p, 0, 1024, 4, KMM_GFP_KSWAPD_RECLAIM) != KMM_NO_PTR)
		;
	assert_int_equal(s.fails, 1);
	assert_true(kmm_percpu_balance_pending(p));
	assert_true(kmm_alloc_percpu(p, 0, 1024, 4) != KMM_NO_PTR);
	done(p, mm);
}

static void test_preemption(void **state)
{
	struct kmm *mm = machine();
	struct kmm_percpu *p = percpu(mm, 4096, 0, 28672, 0);
	uint64_t var = kmm_define_per_cpu(p, 8, 8);
	struct kmm_percpu_stats s;

	(void)state;
	assert_int_equal(kmm_put_cpu_var(p, 1), -22);
	assert_int_equal(kmm_get_cpu_var(p, var, 1), kmm_per_cpu_ptr(p, var, 1));
	assert_int_equal(kmm_preempt_count(p, 1), 1);
	assert_int_equal(kmm_preempt_count(p, 0), 0);
	/* On this CPU nothing may sleep now. */
	kmm_alloc_percpu(p, 1, 4, 4);
	kmm_alloc_percpu(p, 0, 4, 4);
	kmm_alloc_percpu_gfp(p, 1, 4, 4, KMM_GFP_HIGH);
	kmm_percpu_stats(p, &s);
	assert_int_equal(s.atomic_sleeps, 1);
	assert_int_equal(kmm_put_cpu_var(p, 1), 0);
	done(p, mm);
}

static void test_bad_configurations(void **state)
{
	struct kmm *mm = machine();
	struct kmm_percpu_config c;

	(void)state;
	kmm_percpu_config_init(&c);
	c.static_size = 0;
	assert_null(kmm_percpu_create(mm, &c));
	kmm_percpu_config_init(&c);
	c.dyn_size = SIZE_MAX;
	assert_null(kmm_percpu_create(mm, &c));
	kmm_percpu_config_init(&c);
	c.atom_size = 12288;
	assert_null(kmm_percpu_create(mm, &c));
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_chunk_sizes), cmocka_unit_test(test_static_area),
		cmocka_unit_test(test_requests),	  cmocka_unit_test(test_events),
		cmocka_unit_test(test_preemption),	  cmocka_unit_test(test_bad_configurations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
