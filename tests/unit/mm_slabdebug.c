// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Debugging caches of a backed machine: each of the usual mistakes is reported
 * once, where it happened, and nothing is reported where none was made.
 */
#include <errno.h>

#include "tests/unit/mm_slab_machine.h"

#define FRAMES 256

struct reports {
	unsigned n;
	char text[8192];
};

static struct kmm *mm;
static struct kmm_slab *sl;
static struct kmm_cache *s;
static void *memory;
static struct reports seen;

static void report(void *arg, const struct kmm_cache *cache, kmm_addr at, const char *text)
{
	struct reports *r = arg;

	(void)cache;
	(void)at;
	r->n++;
	snprintf(r->text, sizeof(r->text), "%s", text);
}

static void begin(enum kmm_slab_kind kind, unsigned size)
{
	static const struct kmm_slab_observer o = { .report = report };
	struct kmm_slab_policy p;

	memory = aligned_alloc(4096, FRAMES * 4096);
	assert_non_null(memory);
	memset(memory, 0, FRAMES * 4096);
	mm = slab_machine(KMM_LINUX_6_1, FRAMES, 2, 1);
	kmm_slab_policy_init(&p, kind,
			     kind == KMM_SLUB ? KMM_VERSION(6, 1, 0) : KMM_VERSION(2, 6, 24));
	p.memory = memory;
	sl = slab_create(mm, &p);
	memset(&seen, 0, sizeof(seen));
	kmm_slab_observe(sl, &o, &seen);
	s = slab_cache(sl, "victim", size, 0, KMM_SLAB_DEBUG);
}

static uint8_t *take(kmm_addr *at)
{
	*at = kmm_kmem_cache_alloc(s, 1, GFP_KERNEL);
	assert_int_not_equal(*at, KMM_NULL);
	return kmm_slab_bytes(sl, *at);
}

static bool is_slub(void)
{
	return kmm_slab_policy_of(sl)->kind == KMM_SLUB;
}

static void expect(unsigned n, const char *text)
{
	assert_int_equal(seen.n, n);
	if (text && !strstr(seen.text, text))
		fail_msg("\"%s\" is not in: %s", text, seen.text);
}

static void end(void)
{
	slab_done(sl);
	kmm_destroy(mm);
	free(memory);
}

#define BOTH(body)                                                         \
	do {                                                               \
		for (unsigned kind = KMM_SLUB; kind <= KMM_SLAB; kind++) { \
			begin((enum kmm_slab_kind)kind, 52);               \
			body;                                              \
			end();                                             \
		}                                                          \
	} while (0)

static void good_use(void)
{
	kmm_addr at[200];

	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 200; i++)
			memset(take(&at[i]), (int)i, 52);
		assert_int_equal(kmm_kmem_cache_check(s), 0);
		for (unsigned i = 0; i < 200; i++) {
			const uint8_t *p = kmm_slab_bytes(sl, at[i]);

			assert_int_equal(p[0], i);
			assert_int_equal(p[51], i);
			kmm_kmem_cache_free(s, 0, at[i]);
		}
		assert_int_equal(kmm_kmem_cache_check(s), 0);
	}
	expect(0, NULL);
}

static void test_good_use(void **state)
{
	(void)state;
	BOTH(good_use());
}

/* SLUB's right zone begins with the next byte, SLAB's with the last 8 before the user. */
static void overrun(void)
{
	kmm_addr at;
	uint8_t *p = take(&at);

	memset(p, 0x11, 52 + (kmm_slab_policy_of(sl)->kind == KMM_SLUB ? 1 : 5));
	kmm_kmem_cache_free(s, 0, at);
	if (is_slub()) {
		expect(1, "BUG victim (Not tainted): Right Redzone overwritten\n----");
		expect(1, "First byte 0x11 instead of 0xcc\nAllocated age=");
		expect(1, "Object   ");
		expect(1, ": 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11  ................\n");
		expect(1, ": 11 cc cc cc ");
		expect(1, "\nFIX victim: Restoring Right Redzone 0x");
	} else {
		expect(1, "slab error in verify_redzone_free(): cache `victim': memory outside "
			  "object was overwritten\n");
		expect(1, "redzone 1:0xd84156c5635688c0, redzone 2:0x");
	}
	/* Set right again: no further word of it. */
	take(&at);
	expect(1, NULL);
}

/* Far beyond the object, where SLUB keeps nothing. */
static void far_overrun(void)
{
	struct kmm_cache_figures f;
	kmm_addr at;
	uint8_t *p = take(&at);

	if (!is_slub())
		return;
	kmm_kmem_cache_figures(s, &f);
	p[f.size - 16 - 1] = 0;
	kmm_kmem_cache_free(s, 0, at);
	expect(1, "BUG victim (Not tainted): Object padding overwritten");
	expect(1, "First byte 0x0 instead of 0x5a");
}

static void test_overrun(void **state)
{
	(void)state;
	BOTH(overrun());
	BOTH(far_overrun());
}

static void underrun(void)
{
	kmm_addr at;
	uint8_t *p = take(&at);

	p[-1] = 0;
	assert_int_equal(kmm_kmem_cache_check(s), 1);
	expect(1, is_slub() ? "Left Redzone overwritten" : "memory outside object was overwritten");
	kmm_kmem_cache_free(s, 0, at);
	expect(1, NULL);
}

static void test_underrun(void **state)
{
	(void)state;
	BOTH(underrun());
}

static void use_after_free(void)
{
	kmm_addr at;
	uint8_t *p = take(&at);

	kmm_kmem_cache_free(s, 1, at);
	p[10] = 0x22;
	p[12] = 0x22;
	if (kmm_slab_policy_of(sl)->kind == KMM_SLUB) {
		char where[64];

		take(&at);
		expect(1, "Poison overwritten");
		expect(1, "First byte 0x22 instead of 0x6b");
		snprintf(where, sizeof(where), "0x%llx-0x%llx", (unsigned long long)at + 10,
			 (unsigned long long)at + 12);
		expect(1, where);
		expect(1, "\nFreed age=");
		expect(1, " cpu=1\nSlab 0x");
	} else {
		/* In the CPU's array it is the next to be given. */
		take(&at);
		expect(1, "Slab corruption: victim start=0x");
		expect(1, ", len=52\nRedzone: 0x9f911029d74e35b/0x9f911029d74e35b\n");
		expect(1, "\n000: 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 22 6b 22 6b 6b 6b\n010: 6b");
	}
}

static void test_use_after_free(void **state)
{
	(void)state;
	BOTH(use_after_free());
}

static void wrong_frees(void)
{
	struct kmm_cache *other = slab_cache(sl, "other", 52, 0, KMM_SLAB_DEBUG);
	kmm_addr at;

	take(&at);
	kmm_kmem_cache_free(other, 0, at);
	expect(1, is_slub() ?
			  "cache_from_obj: Wrong slab cache. other but object is from victim\n" :
			  "mismatch in kmem_cache_free: expected cache other, got victim\n");
	kmm_kmem_cache_free(s, 0, at);
	kmm_kmem_cache_free(s, 0, at);
	expect(2, is_slub() ? "BUG victim (Not tainted): Object already free\n" :
			      "cache `victim': double free detected\n");
}

static void test_wrong_frees(void **state)
{
	(void)state;
	BOTH(wrong_frees());
}

/* What no red zone sees: reads. */
static void reads(void)
{
	kmm_addr at;
	uint8_t *p = take(&at), got[60];

	memset(p, 0, 20);
	assert_int_equal(kmm_slab_read(sl, 0, at, got, 20), 0);
	assert_int_equal(got[19], 0);
	expect(0, NULL);
	/* Bytes 20 to 23 were never written. */
	assert_int_equal(kmm_slab_read(sl, 0, at + 16, got, 8), -EINVAL);
	expect(1, "BUG: KMSAN: uninit-value\nRead of size 8 at addr 0x");
	expect(1, "which belongs to the cache victim of size 52\n");
	expect(1, "16 bytes inside of\n 52-byte region [0x");
	assert_int_equal(kmm_slab_read(sl, 0, at + 50, got, 1), -EINVAL);
	assert_int_equal(kmm_slab_read(sl, 0, at + 10, got, 43), -EINVAL);
	expect(3, "BUG: KASAN: slab-out-of-bounds\nRead of size 43");
	kmm_kmem_cache_free(s, 0, at);
	assert_int_equal(kmm_slab_read(sl, 1, at + 4, got, 4), -EINVAL);
	expect(4, "BUG: KASAN: slab-use-after-free\nRead of size 4 at addr 0x");
	assert_int_equal(kmm_slab_read(sl, 1, kmm_slab_address(sl, 1u << 24), got, 4), -EFAULT);
	expect(4, NULL);
}

static void test_reads(void **state)
{
	(void)state;
	BOTH(reads());
}

/* Poison of objects free and given out: 6b and a5; SLAB gives them out with 5a. */
static void bytes(void)
{
	kmm_addr at;
	uint8_t *p = take(&at);
	uint8_t fresh = kmm_slab_policy_of(sl)->kind == KMM_SLUB ? 0x6b : 0x5a;

	assert_int_equal(p[0], fresh);
	assert_int_equal(p[50], fresh);
	assert_int_equal(p[51], 0xa5);
	assert_true(kmm_slab_untouched(sl, at, 52));
	p[7] = 1;
	assert_true(kmm_slab_untouched(sl, at, 7));
	assert_false(kmm_slab_untouched(sl, at, 8));
	kmm_kmem_cache_free(s, 0, at);
	assert_int_equal(p[0], 0x6b);
	assert_int_equal(p[7], 0x6b);
	assert_int_equal(p[51], 0xa5);
}

static void test_bytes(void **state)
{
	(void)state;
	BOTH(bytes());
}

/* __GFP_ZERO is zeroes, in kmalloc too; krealloc keeps what was there. */
static void test_zero(void **state)
{
	kmm_addr at;
	uint8_t *p;

	(void)state;
	begin(KMM_SLUB, 52);
	at = kmm_kmalloc(sl, 0, 100, GFP_KERNEL);
	memset(kmm_slab_bytes(sl, at), 0xee, 100);
	kmm_kfree(sl, 0, at);
	at = kmm_kmalloc(sl, 0, 100, GFP_KERNEL | KMM_GFP_ZERO);
	p = kmm_slab_bytes(sl, at);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(p[i], 0);
	memset(p, 0x77, 100);
	at = kmm_krealloc(sl, 0, at, 5000, GFP_KERNEL);
	p = kmm_slab_bytes(sl, at);
	assert_int_equal(p[0], 0x77);
	assert_int_equal(p[99], 0x77);
	/* Addresses are those of the memory itself. */
	assert_ptr_equal(p, (void *)(uintptr_t)at);
	end();
}

/* In a plain cache a freed object's middle points to the next free one (5.7 and later). */
static void test_free_pointers(void **state)
{
	struct kmm_cache *plain;
	kmm_addr at[3], pointer;

	(void)state;
	begin(KMM_SLUB, 52);
	plain = slab_cache(sl, "plain", 64, 0, KMM_SLAB_NO_MERGE);
	for (unsigned i = 0; i < 3; i++)
		at[i] = kmm_kmem_cache_alloc(plain, 0, GFP_KERNEL);
	memset(kmm_slab_bytes(sl, at[0]), 0x33, 64);
	kmm_kmem_cache_free(plain, 0, at[1]);
	kmm_kmem_cache_free(plain, 0, at[0]);
	memcpy(&pointer, (uint8_t *)kmm_slab_bytes(sl, at[0]) + 32, sizeof(pointer));
	assert_int_equal(pointer, at[1]);
	/* All else of it is as it was. */
	assert_int_equal(*((uint8_t *)kmm_slab_bytes(sl, at[0]) + 31), 0x33);
	assert_int_equal(*((uint8_t *)kmm_slab_bytes(sl, at[0]) + 40), 0x33);
	end();
}

/* Behind a poisoned object, where an overrun meets it; the slab survives. */
static void test_corrupt_pointer(void **state)
{
	kmm_addr at;
	uint8_t *p;

	(void)state;
	begin(KMM_SLUB, 52);
	p = take(&at);
	kmm_kmem_cache_free(s, 0, at);
	/* 52 bytes, red zone to 56, then the pointer. */
	p[57] ^= 0xff;
	take(&at);
	expect(1, "Freepointer corrupt");
	for (unsigned i = 0; i < 100; i++)
		take(&at);
	expect(1, NULL);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_use),      cmocka_unit_test(test_overrun),
		cmocka_unit_test(test_underrun),      cmocka_unit_test(test_use_after_free),
		cmocka_unit_test(test_wrong_frees),   cmocka_unit_test(test_reads),
		cmocka_unit_test(test_bytes),	      cmocka_unit_test(test_zero),
		cmocka_unit_test(test_free_pointers), cmocka_unit_test(test_corrupt_pointer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
