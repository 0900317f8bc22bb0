// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/map.h"
#include "workload/frameobjs.h"
#include "workload/slots.h"

static uint32_t first(const struct frameobjs *f, uint32_t pfn)
{
	uint32_t byte = 0;

	return frameobjs_next(f, pfn, &byte);
}

static void what_is_put_is_found_until_it_goes(void **state)
{
	struct frameobjs f;
	struct pagemap frames;
	struct pool p;

	(void)state;
	pool_init(&p);
	pagemap_init(&frames, (struct frame){ 0, FRAMEOBJS_NONE }, &p);
	frameobjs_init(&f, &frames);
	assert_int_equal(frameobjs_get(&f, 7, 0), NO_SLOT);
	assert_int_equal(first(&f, 7), NO_SLOT);
	assert_int_equal(frameobjs_put(&f, 7, 192, 192, 5), 0);
	assert_int_equal(frameobjs_put(&f, 7, 0, 192, 6), 0);
	assert_int_equal(frameobjs_get(&f, 7, 192), 5);
	assert_int_equal(frameobjs_get(&f, 8, 192), NO_SLOT);
	assert_int_equal(frameobjs_get(&f, 7, 200), NO_SLOT);
	assert_int_equal(first(&f, 7), 6);
	assert_int_equal(frameobjs_del(&f, 7, 0), 6);
	assert_int_equal(frameobjs_del(&f, 7, 0), NO_SLOT);
	assert_int_equal(first(&f, 7), 5);
	assert_int_equal(frameobjs_del(&f, 7, 192), 5);
	assert_int_equal(first(&f, 7), NO_SLOT);
	pagemap_free(&frames);
	pool_free(&p);
}

/* A page of another cache, or of no cache at all: objects that fit no table made before. */
static void smaller_objects_make_a_finer_table(void **state)
{
	struct frameobjs f;
	struct pagemap frames;
	struct pool p;

	(void)state;
	pool_init(&p);
	pagemap_init(&frames, (struct frame){ 0, FRAMEOBJS_NONE }, &p);
	frameobjs_init(&f, &frames);
	assert_int_equal(frameobjs_put(&f, 3, 0, 16384, 1), 0);
	assert_int_equal(frameobjs_put(&f, 3, 2048, 64, 2), 0);
	assert_int_equal(frameobjs_put(&f, 3, 100, 20, 3), 0);
	assert_int_equal(frameobjs_get(&f, 3, 0), 1);
	assert_int_equal(frameobjs_get(&f, 3, 2048), 2);
	assert_int_equal(frameobjs_get(&f, 3, 100), 3);
	assert_int_equal(frameobjs_del(&f, 3, 0), 1);
	assert_int_equal(first(&f, 3), 3);
	pagemap_free(&frames);
	pool_free(&p);
}

/* Against a hash table, with frames that fill and empty and objects of many sizes. */
static void it_is_a_map_of_places(void **state)
{
	struct frameobjs f;
	struct pagemap frames;
	struct pool p;
	struct map m;
	uint64_t x = 88172645463325252ull;

	(void)state;
	pool_init(&p);
	pagemap_init(&frames, (struct frame){ 0, FRAMEOBJS_NONE }, &p);
	frameobjs_init(&f, &frames);
	assert_int_equal(map_init(&m, 64), 0);
	for (uint32_t i = 0; i < 200000; i++) {
		uint32_t pfn, byte;
		uint64_t addr;

		x ^= x << 13; /* Marsaglia's xorshift64 */
		x ^= x >> 7;
		x ^= x << 17;
		pfn = x % 50 * 4099;
		byte = (uint32_t)(x >> 20) % 1024 * (i < 100000 ? 64 : FRAMEOBJS_ALIGN) % 4096;
		addr = (uint64_t)pfn << 12 | byte;
		if (map_get(&m, addr) == MAP_NONE && x >> 63) {
			assert_int_equal(frameobjs_put(&f, pfn, byte, 64u << (x >> 60 & 7), i), 0);
			assert_int_equal(map_put(&m, addr, i), 0);
		} else if (x >> 62 & 1) {
			assert_int_equal(frameobjs_del(&f, pfn, byte), map_del(&m, addr));
		}
		assert_int_equal(frameobjs_get(&f, pfn, byte), map_get(&m, addr));
	}
	for (uint32_t pfn = 0; pfn < 50 * 4099; pfn += 4099)
		for (uint32_t byte = 0; byte < 4096; byte += FRAMEOBJS_ALIGN)
			assert_int_equal(frameobjs_del(&f, pfn, byte),
					 map_del(&m, (uint64_t)pfn << 12 | byte));
	assert_int_equal(m.used, 0);
	map_free(&m);
	pagemap_free(&frames);
	pool_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_is_found_until_it_goes),
		cmocka_unit_test(smaller_objects_make_a_finer_table),
		cmocka_unit_test(it_is_a_map_of_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
