// SPDX-License-Identifier: GPL-2.0-or-later
/* Permanent maps: counters, the round of slots, the flush, and who waits. */
#include <errno.h>

#include "mm_machine.h"

#include "mm/kmm_highmem.h"

#define HIGH 229376u

static struct kmm_highmem *highmem(enum kmm_arch arch)
{
	struct kmm_highmem_config c;
	struct kmm_highmem *h;

	kmm_highmem_config_init(&c, arch, KMM_LINUX_2_6, HIGH);
	h = kmm_highmem_create(&c);
	assert_non_null(h);
	return h;
}

static void check(const struct kmm_highmem *h)
{
	char why[200];

	if (kmm_highmem_validate(h, why, sizeof(why)))
		fail_msg("%s", why);
}

static void test_counters(void **state)
{
	struct kmm_highmem *h = highmem(KMM_X86_32);
	unsigned woken;
	uint64_t a, b;

	(void)state;
	assert_int_equal(kmm_kmap(h, 0, true, HIGH, &a), 0);
	assert_int_equal(kmm_kmap(h, 1, true, HIGH, &b), 0);
	assert_int_equal(a, b);
	assert_int_equal(kmm_pkmap_count(h, 1), 3); /* the first slot is 1 */
	assert_int_equal(kmm_kunmap(h, HIGH, &woken), 0);
	assert_int_equal(kmm_kunmap(h, HIGH, &woken), 0);
	assert_int_equal(kmm_pkmap_count(h, 1), 1);
	assert_int_equal(kmm_kunmap(h, HIGH, &woken), -EINVAL);
	/* Still mapped: no search. */
	assert_int_equal(kmm_page_address(h, HIGH), a);
	assert_int_equal(kmm_kmap(h, 0, true, HIGH, &b), 0);
	assert_int_equal(a, b);
	check(h);
	kmm_highmem_destroy(h);
}

/* A window of 1024 (512 with PAE): the slot after the last is 0, and the flush comes before it. */
static void check_window(enum kmm_arch arch, unsigned slots)
{
	struct kmm_highmem *h = highmem(arch);
	struct kmm_highmem_stats s;
	uint64_t a, first, zero;
	unsigned woken;

	kmm_kmap(h, 0, true, HIGH, &first);
	kmm_kunmap(h, HIGH, &woken);
	for (unsigned i = 2; i < slots; i++) {
		assert_int_equal(kmm_kmap(h, 0, true, HIGH + i, &a), 0);
		assert_int_equal(a - first, (i - 1) * 4096);
	}
	kmm_highmem_stats(h, &s);
	assert_int_equal(s.flushes, 0);
	assert_int_equal(kmm_kmap(h, 0, true, HIGH + slots, &zero), 0);
	assert_int_equal(first - zero, 4096);
	kmm_highmem_stats(h, &s);
	assert_int_equal(s.flushes, 1);
	assert_int_equal(s.slots_flushed, 1);
	assert_int_equal(kmm_page_address(h, HIGH), 0);
	assert_int_equal(kmm_kmap(h, 0, true, HIGH + slots + 1, &a), 0);
	assert_int_equal(a, first);
	/* Full now. */
	assert_int_equal(kmm_kmap(h, 7, false, HIGH + slots + 2, &a), -EPERM);
	assert_int_equal(kmm_kmap(h, 7, true, HIGH + slots + 2, &a), -EAGAIN);
	assert_int_equal(kmm_kmap(h, 8, true, HIGH + slots + 3, &a), -EAGAIN);
	assert_int_equal(kmm_kunmap(h, HIGH + 9, &woken), 1);
	assert_int_equal(woken, 7);
	assert_int_equal(kmm_kmap(h, 7, true, HIGH + slots + 2, &a), 0);
	assert_int_equal(a - zero, 9 * 4096);
	/* Somebody else maps the page that the other waits for. */
	assert_int_equal(kmm_kunmap(h, HIGH + 10, &woken), 1);
	assert_int_equal(woken, 8);
	assert_int_equal(kmm_kmap(h, 1, true, HIGH + slots + 3, &a), 0);
	assert_int_equal(kmm_kmap(h, 8, true, HIGH + slots + 3, &first), 0);
	assert_int_equal(a, first);
	kmm_highmem_stats(h, &s);
	assert_int_equal(s.sleeps, 2);
	assert_int_equal(s.atomic_sleeps, 1);
	assert_int_equal(s.mapped, slots);
	check(h);
	kmm_highmem_destroy(h);
}

static void test_window(void **state)
{
	(void)state;
	check_window(KMM_X86_32, 1024);
	check_window(KMM_X86_32_PAE, 512);
}

static uint32_t next_random(uint64_t *x)
{
	*x = *x * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*x >> 33);
}

/* 100,000 random calls: a page has one address, and all counters add up. */
static void test_random(void **state)
{
	static unsigned users[700];
	struct kmm_highmem_config c;
	struct kmm_highmem_stats s;
	struct kmm_highmem *h;
	uint64_t seed = 3, a;
	unsigned woken;

	(void)state;
	kmm_highmem_config_init(&c, KMM_X86_32_PAE, KMM_LINUX_6_1, HIGH);
	c.pkmap_slots = 64;
	h = kmm_highmem_create(&c);
	memset(users, 0, sizeof(users));
	for (unsigned i = 0; i < 100000; i++) {
		uint32_t r = next_random(&seed), page = r % 700;

		if (r >> 20 & 1) {
			int got = kmm_kmap(h, r >> 21 & 63, true, HIGH + page, &a);

			assert_true(got == 0 || got == -EAGAIN);
			users[page] += !got;
			assert_true(got || kmm_page_address(h, HIGH + page) == a);
		} else {
			for (unsigned k = 0; k < 700 && !users[page]; k++)
				page = (page + 1) % 700;
			if (users[page]) {
				assert_true(kmm_kunmap(h, HIGH + page, &woken) >= 0);
				users[page]--;
			}
		}
		check(h);
	}
	kmm_highmem_stats(h, &s);
	assert_true(s.flushes > 100 && s.sleeps > 100 && s.wakeups > 100);
	kmm_highmem_destroy(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
