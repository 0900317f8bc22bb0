// SPDX-License-Identifier: GPL-2.0-or-later
/* The tree of ranges: against a plain list, and its lowest fit. */
#include "mm_machine.h"

#include "mm/vmap_tree.h"

static void test_tree(void **state)
{
	static struct vmap v[500];
	struct vmap *root = NULL;
	uint64_t at;
	size_t n;

	(void)state;
	/* Ranges of 1 to 7 pages, 8 pages apart, put in out of order. */
	for (unsigned k = 0; k < 500; k++) {
		unsigned i = k * 211 % 500;

		v[i].start = (uint64_t)(i + 1) * 0x8000;
		v[i].size = (uint64_t)(i * 13 % 7 + 1) * 0x1000;
		vmap_tree_insert(&root, &v[i]);
		assert_null(vmap_tree_check(root, &n));
		assert_int_equal(n, k + 1);
	}
	for (unsigned i = 0; i < 500; i++) {
		assert_ptr_equal(vmap_tree_find(root, v[i].start), &v[i]);
		assert_ptr_equal(vmap_tree_find(root, v[i].start + v[i].size - 1), &v[i]);
		assert_null(vmap_tree_find(root, v[i].start + v[i].size));
		assert_ptr_equal(vmap_tree_from(root, v[i].start - 1), &v[i]);
		assert_ptr_equal(vmap_tree_before(root, v[i].start + 1), &v[i]);
	}
	for (unsigned pages = 1; pages <= 8; pages++) {
		for (uint64_t from = 0; from < 0x8000 * 501; from += 0x13000) {
			struct vmap *want = NULL;

			for (unsigned i = 0; i < 500 && !want; i++) {
				uint64_t s = v[i].start > from ? v[i].start : from;

				if (s < v[i].start + v[i].size &&
				    v[i].start + v[i].size - s >= pages * 0x1000u)
					want = &v[i];
			}
			assert_ptr_equal(vmap_tree_fit(root, pages * 0x1000u, 0x1000, from,
						       UINT64_MAX, &at),
					 want);
		}
	}
	/* Aligned to 8 pages, all begin where they are; to 16, every second one. */
	assert_ptr_equal(vmap_tree_fit(root, 0x1000, 0x10000, 0, UINT64_MAX, &at), &v[1]);
	assert_int_equal(at, 0x10000);
	for (unsigned i = 0; i < 500; i++) {
		vmap_tree_remove(&root, &v[i * 97 % 500]);
		assert_null(vmap_tree_check(root, &n));
	}
	assert_null(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_tree) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
