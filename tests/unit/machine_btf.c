// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * btf and layout: the offsets that a real kernel's BTF gives are those of the
 * table, which were found by other means (lists read with them agree with the
 * kernel's counters); and BTF that is cut off or flipped does no harm.
 */
#include "machine/btf.h"

#include "machine/layout.h"
#include "tests/unit/machine_source.h"

static bool read_btf(struct blob *b)
{
	struct snapshot_source src;
	struct err e = { 0 };
	int ret;

	if (!open_capture("amd64-6.1-files", &src))
		return false;
	ret = src.read(src.ctx, "system/btf_vmlinux.raw", b, &e);
	snapshot_dir_close(&src);
	return !ret;
}

static void same(struct layout_field a, struct layout_field b)
{
	assert_int_equal(a.offset, b.offset);
	assert_int_equal(a.size, b.size);
}

static void test_table_is_btf(void **state)
{
	struct machine *m = calloc(1, sizeof(*m));
	const struct layout *table;
	struct layout l;
	struct err e = { 0 };
	struct blob b;
	struct btf *t;

	(void)state;
	if (!read_btf(&b)) {
		free(m);
		skip();
	}
	m->kernel_major = 6;
	m->kernel_minor = 1;
	strcpy(m->arch, "x86_64");
	table = layout_find(m, 64);
	assert_non_null(table);
	assert_null(layout_find(m, 40));
	t = btf_open(&b, "btf", &e);
	assert_non_null(t);
	assert_int_equal(layout_from_btf(&l, t, m, &e), 0);
	assert_int_equal(l.pointer, table->pointer);
	assert_int_equal(l.page.size, table->page.size);
	assert_int_equal(l.page.lru, table->page.lru);
	same(l.page.index, table->page.index);
	same(l.page.private_, table->page.private_);
	same(l.page.type, table->page.type);
	same(l.page.refcount, table->page.refcount);
	assert_int_equal(l.buddy_type, table->buddy_type);
	assert_int_equal(l.zone.first, table->zone.first);
	assert_int_equal(l.zone.size, table->zone.size);
	assert_int_equal(l.zone.free_area, table->zone.free_area);
	assert_int_equal(l.zone.pcp, table->zone.pcp);
	assert_int_equal(l.free_area.size, table->free_area.size);
	same(l.free_area.nr_free, table->free_area.nr_free);
	same(l.pcp.count, table->pcp.count);
	same(l.pcp.high, table->pcp.high);
	same(l.pcp.batch, table->pcp.batch);
	same(l.pcp.free_factor, table->pcp.free_factor);
	same(l.pcp.expire, table->pcp.expire);
	assert_int_equal(l.pcp.alloc_factor.size, 0);
	assert_int_equal(l.pcp.lists, table->pcp.lists);
	assert_int_equal(l.pcp.list_count, table->pcp.list_count);
	btf_close(t);
	blob_free(&b);
	free(m);
}

/* struct s { int a; union { struct { char b[3]; }; }; } with one unnamed level each. */
static const uint32_t tiny[] = {
	/* header: magic, version, flags; length; types at 0, 144 bytes; strings behind them */
	0x0001eb9f,
	24,
	0,
	144,
	144,
	12,
	/* 1: int, 4 bytes */ 1,
	1u << 24,
	4,
	32,
	/* 2: char */ 0,
	1u << 24,
	1,
	8,
	/* 3: char[3] */ 0,
	3u << 24,
	0,
	2,
	1,
	3,
	/* 4: struct { b } */ 0,
	4u << 24 | 1,
	3,
	5,
	3,
	0,
	/* 5: union { 4 } */ 0,
	5u << 24 | 1,
	4,
	0,
	4,
	0,
	/* 6: struct s { a; 5 } */ 7,
	4u << 24 | 2,
	8,
	9,
	1,
	0,
	0,
	5,
	32,
	/* fill: volatile of 1 */ 0,
	9u << 24 | 0,
	1 - 0,
	/* "\0int\0b\0s\0a\0" */ 0x746e6900,
	0x73006200,
	0x00006100,
};

static void test_members(void **state)
{
	struct blob b = { (uint8_t *)(uintptr_t)tiny, sizeof(tiny) };
	struct btf_member f;
	struct err e = { 0 };
	uint32_t size, fixed[sizeof(tiny) / 4];
	struct btf *t;

	(void)state;
	/* the lengths follow from the array itself */
	memcpy(fixed, tiny, sizeof(tiny));
	fixed[3] = fixed[4] = (uint32_t)sizeof(tiny) - 24 - 12;
	b.data = (uint8_t *)fixed;
	t = btf_open(&b, "tiny", &e);
	if (!t)
		fail_msg("%s", e.text);
	assert_true(btf_struct_size(t, "s", &size));
	assert_int_equal(size, 8);
	assert_true(btf_find_member(t, "s", "a", &f));
	assert_int_equal(f.offset, 0);
	assert_int_equal(f.size, 4);
	assert_true(btf_find_member(t, "s", "b", &f));
	assert_int_equal(f.offset, 4);
	assert_int_equal(f.size, 1);
	assert_int_equal(f.count, 3);
	assert_false(btf_find_member(t, "s", "c", &f));
	assert_false(btf_find_member(t, "x", "a", &f));
	btf_close(t);
}

/* Every cut, and every bit of the tiny one flipped; no answer is expected, only an end. */
static void test_damage(void **state)
{
	unsigned opened = 0, refused = 0;
	struct machine *m = calloc(1, sizeof(*m));

	(void)state;
	for (size_t bit = 0; bit < sizeof(tiny) * 8; bit++) {
		uint8_t *copy = malloc(sizeof(tiny));
		struct blob b = { copy, sizeof(tiny) };
		struct btf_member f;
		struct err e = { 0 };
		struct layout l;
		struct btf *t;

		memcpy(copy, tiny, sizeof(tiny));
		((uint32_t *)(void *)copy)[3] = ((
			uint32_t *)(void *)copy)[4] = (uint32_t)sizeof(tiny) - 24 - 12;
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (bit % 2)
			b.len = bit / 8;
		t = btf_open(&b, "tiny", &e);
		if (t) {
			btf_find_member(t, "s", "b", &f);
			assert_int_equal(layout_from_btf(&l, t, m, &e), -ENOENT);
			opened++;
		} else {
			assert_int_equal(e.code, -EBADMSG);
			refused++;
		}
		btf_close(t);
		free(copy);
	}
	assert_true(opened && refused);
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_is_btf),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
