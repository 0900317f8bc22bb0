// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reports letter by letter, as far as a kernel's log has no callers, tasks and
 * times: print_trailer() and its kin of mm/slub.c, mm/slab.c.
 */
#include "tests/unit/mm_slab_machine.h"

#define FRAMES 64
#define BASE 0xffff888000000000ull
#define LINE "============================================================================="
#define DASH "-----------------------------------------------------------------------------"

static struct kmm *mm;
static struct kmm_slab *sl;
static void *memory;
static char seen[8192];
static unsigned reports;

static void report(void *arg, const struct kmm_cache *s, kmm_addr at, const char *text)
{
	(void)arg;
	(void)s;
	(void)at;
	reports++;
	snprintf(seen, sizeof(seen), "%s", text);
}

static struct kmm_cache *begin(enum kmm_slab_kind kind, unsigned version, unsigned flags)
{
	static const struct kmm_slab_observer o = { .report = report };
	struct kmm_slab_policy p;

	memory = aligned_alloc(4096, FRAMES * 4096);
	assert_non_null(memory);
	memset(memory, 0, FRAMES * 4096);
	mm = slab_machine(KMM_LINUX_6_1, FRAMES, 1, 1);
	kmm_slab_policy_init(&p, kind, version);
	p.memory = memory;
	p.base = BASE;
	sl = slab_create(mm, &p);
	kmm_slab_observe(sl, &o, NULL);
	reports = 0;
	*seen = '\0';
	return slab_cache(sl, "victim", 20, 0, flags);
}

static void end(void)
{
	slab_done(sl);
	kmm_destroy(mm);
	free(memory);
}

static void expect(unsigned n, const char *want)
{
	assert_int_equal(reports, n);
	assert_string_equal(seen, want);
}

/* Two bytes too many; address and bytes of what stands around the object. */
static void overrun(unsigned version)
{
	struct kmm_cache *s = begin(KMM_SLUB, version, KMM_SLAB_RED_ZONE | KMM_SLAB_POISON);
	kmm_addr at = kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);

	memset(kmm_slab_bytes(sl, at), 'A', 22);
	kmm_kmem_cache_free(s, 0, at);
}

#define AROUND                                                                               \
	"Slab 0xffff888000000000 objects=85 used=1 fp=0xffff888000000038\n"                  \
	"Object 0xffff888000000008 @offset=8\n\n"                                            \
	"Redzone  ffff888000000000: cc cc cc cc cc cc cc cc                          "       \
	"........\n"                                                                         \
	"Object   ffff888000000008: 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41  "       \
	"AAAAAAAAAAAAAAAA\n"                                                                 \
	"Object   ffff888000000018: 41 41 41 41                                      AAAA\n" \
	"Redzone  ffff88800000001c: 41 41 cc cc                                      AA..\n" \
	"Padding  ffff888000000028: 5a 5a 5a 5a 5a 5a 5a 5a                          ZZZZZZZZ\n"

static void test_slub(void **state)
{
	(void)state;
	overrun(KMM_VERSION(6, 1, 0));
	expect(1, LINE "\nBUG victim (Not tainted): Right Redzone overwritten\n" DASH "\n\n"
		       "0xffff88800000001c-0xffff88800000001d @offset=28. "
		       "First byte 0x41 instead of 0xcc\n" AROUND
		       "FIX victim: Restoring Right Redzone "
		       "0xffff88800000001c-0xffff88800000001d=0xcc\n");
	end();
}

/* Before 5.14 the sides have one name, and what follows the title is called INFO. */
static void test_slub_5_10(void **state)
{
	(void)state;
	overrun(KMM_VERSION(5, 10, 0));
	expect(1, LINE "\nBUG victim (Not tainted): Redzone overwritten\n" DASH "\n\n"
		       "INFO: 0xffff88800000001c-0xffff88800000001d @offset=28. "
		       "First byte 0x41 instead of 0xcc\n" AROUND "FIX victim: Restoring Redzone "
		       "0xffff88800000001c-0xffff88800000001d=0xcc\n");
	end();
}

/* With the two users; then what is no object at all, which has nothing around it. */
static void test_slub_frees(void **state)
{
	struct kmm_cache *s = begin(KMM_SLUB, KMM_VERSION(6, 1, 0),
				    KMM_SLAB_STORE_USER | KMM_SLAB_POISON);
	kmm_addr at = kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);

	(void)state;
	kmm_kmem_cache_free(s, 0, at);
	kmm_kmem_cache_free(s, 0, at);
	assert_non_null(strstr(seen, LINE "\nBUG victim (Not tainted): Object already free\n" DASH
					  "\n\nAllocated age=1 cpu=0\nFreed age=0 cpu=0\n"
					  "Slab 0xffff888000000000 objects="));
	assert_non_null(strstr(seen, "6b 6b 6b a5                                      kkk.\n"));
	assert_non_null(strstr(seen, "\nFIX victim: Object at 0xffff888000000000 not freed\n"));
	kmm_kmem_cache_free(s, 0, at + 1);
	expect(2, LINE "\nBUG victim (Not tainted): Invalid object pointer\n" DASH "\n\n"
		       "FIX victim: Object at 0xffff888000000001 not freed\n");
	kmm_kfree(sl, 0, BASE + 60 * 4096);
	expect(3, LINE "\nBUG kmalloc (Not tainted): Attempt to free object outside of slab\n" DASH
		       "\n\nFIX kmalloc: Object at 0xffff88800003c000 not freed\n");
	end();
}

static void test_slab(void **state)
{
	struct kmm_cache *s = begin(KMM_SLAB, KMM_VERSION(2, 6, 24),
				    KMM_SLAB_RED_ZONE | KMM_SLAB_POISON);
	kmm_addr at = kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);

	(void)state;
	memset(kmm_slab_bytes(sl, at), 'A', 25);
	kmm_kmem_cache_free(s, 0, at);
	expect(1,
	       "slab error in verify_redzone_free(): cache `victim': "
	       "memory outside object was overwritten\n"
	       "0xffff8880000003f8: redzone 1:0xd84156c5635688c0, redzone 2:0xd84156c563568841\n");
	*(uint8_t *)kmm_slab_bytes(sl, at) = 'B';
	assert_int_equal(kmm_kmem_cache_alloc(s, 0, GFP_KERNEL), at);
	expect(2, "Slab corruption: victim start=0xffff888000000400, len=20\n"
		  "Redzone: 0x9f911029d74e35b/0x9f911029d74e35b\n"
		  "000: 42 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b\n"
		  "010: 6b 6b 6b a5\n");
	kmm_kmem_cache_free(s, 0, at);
	kmm_kmem_cache_free(s, 0, at);
	expect(3, "slab error in verify_redzone_free(): cache `victim': double free detected\n"
		  "0xffff8880000003f8: redzone 1:0x9f911029d74e35b, redzone 2:0x9f911029d74e35b\n");
	end();
}

/* Nobody listens: what was wrong is counted and set right all the same. */
static void test_unheard(void **state)
{
	struct kmm_cache *s = begin(KMM_SLUB, KMM_VERSION(6, 1, 0),
				    KMM_SLAB_RED_ZONE | KMM_SLAB_POISON);
	kmm_addr at = kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);
	uint8_t got;

	(void)state;
	kmm_slab_observe(sl, NULL, NULL);
	memset(kmm_slab_bytes(sl, at), 'A', 22);
	kmm_kmem_cache_free(s, 0, at);
	assert_int_equal(kmm_slab_stats(sl)->reports, 1);
	assert_int_equal(kmm_slab_read(sl, 0, at, &got, 1), -EINVAL);
	assert_int_equal(kmm_slab_stats(sl)->reports, 2);
	kmm_kmem_cache_free(s, 0, at);
	assert_int_equal(kmm_slab_stats(sl)->bad_frees, 1);
	assert_int_equal(reports, 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slub),	   cmocka_unit_test(test_slub_5_10),
		cmocka_unit_test(test_slub_frees), cmocka_unit_test(test_slab),
		cmocka_unit_test(test_unheard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
