// SPDX-License-Identifier: GPL-2.0-or-later
/* percpu_counter: pieces, carries and the error of a plain read. */
#include "mm_machine.h"

#include "mm/kmm_percpu.h"

static void test_counter(void **state)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 4096);
	struct kmm_percpu_counter c;
	struct kmm_percpu_config cfg;
	struct kmm_percpu_stats s;
	struct kmm_percpu *p;

	(void)state;
	kmm_percpu_config_init(&cfg);
	p = kmm_percpu_create(mm, &cfg);
	assert_int_equal(kmm_percpu_counter_init(&c, p, 0, 100, GFP_KERNEL), 0);
	assert_int_equal(c.batch, 32);
	for (unsigned i = 0; i < 31; i++) {
		kmm_percpu_counter_add(&c, 0, 1);
		kmm_percpu_counter_add(&c, 1, -1);
	}
	assert_int_equal(kmm_percpu_counter_read(&c), 100);
	assert_int_equal(kmm_percpu_counter_sum(&c), 100);
	kmm_percpu_counter_add(&c, 0, 1);
	assert_int_equal(kmm_percpu_counter_read(&c), 132);
	assert_int_equal(kmm_percpu_counter_sum(&c), 101);
	kmm_percpu_counter_add(&c, 1, -1);
	assert_int_equal(kmm_percpu_counter_read(&c), 100);
	assert_int_equal(c.carries, 2);
	kmm_percpu_counter_add(&c, 0, INT64_C(1) << 40);
	assert_int_equal(kmm_percpu_counter_compare(&c, 101), 1);
	kmm_percpu_counter_set(&c, 5);
	kmm_percpu_counter_add(&c, 1, 7);
	assert_int_equal(kmm_percpu_counter_compare(&c, 12), 0);
	assert_int_equal(kmm_percpu_counter_compare(&c, 13), -1);
	/* So far apart that the pieces cannot matter; and near again. */
	kmm_percpu_counter_set(&c, 1000000);
	kmm_percpu_counter_add(&c, 0, 3);
	assert_int_equal(kmm_percpu_counter_compare(&c, 2000000), -1);
	assert_int_equal(kmm_percpu_counter_compare(&c, 500000), 1);
	assert_int_equal(kmm_percpu_counter_compare(&c, 1000003), 0);
	kmm_percpu_counter_set(&c, 0);
	kmm_percpu_counter_destroy(&c);
	kmm_percpu_counter_destroy(&c);
	kmm_percpu_stats(p, &s);
	assert_int_equal(s.used_bytes, 0);
	assert_int_equal(s.bad_frees, 0);
	kmm_percpu_destroy(p);
	machine_done(mm);
}

/* Two for each CPU, where that is more than 32. */
static void test_batch(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_6_1);
	struct kmm_percpu_counter counter;
	struct kmm_percpu_config cfg;
	struct kmm_percpu *p;
	struct kmm *mm;

	(void)state;
	c.cpus = 20;
	config_zone(&c, 0, KMM_ZONE_NORMAL, 0, 4096);
	mm = machine_create(&c);
	kmm_percpu_config_init(&cfg);
	p = kmm_percpu_create(mm, &cfg);
	assert_non_null(p);
	assert_int_equal(kmm_percpu_counter_init(&counter, p, 0, 0, GFP_KERNEL), 0);
	assert_int_equal(counter.batch, 40);
	kmm_percpu_counter_destroy(&counter);
	kmm_percpu_destroy(p);
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_counter),
					    cmocka_unit_test(test_batch) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
