// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "replay/owners.h"

static void tell(struct owners *o, enum request_op op, uint32_t slot, unsigned order,
		 enum request_owner owner, uint32_t cache, uint8_t flags)
{
	struct request q = { .slot = slot };

	q.sig.op = (uint8_t)op;
	q.sig.order = (uint8_t)order;
	q.sig.owner = (uint8_t)owner;
	q.sig.cache = cache;
	q.sig.flags = flags;
	owners_record(o, &q);
}

static void totals(void **state)
{
	struct owners o;

	(void)state;
	assert_int_equal(owners_init(&o), 0);
	tell(&o, REQ_PAGE_ALLOC, 1, 3, OWNER_SLAB, 7, 0);
	tell(&o, REQ_PAGE_ALLOC, 2, 0, OWNER_SLAB, 7, 0);
	tell(&o, REQ_PAGE_ALLOC, 3, 2, OWNER_USER, 7, 0); /* a cache is a slab's alone */
	tell(&o, REQ_PAGE_ALLOC, 4, 9, OWNER_USER, 0, REQ_FAILED);
	tell(&o, REQ_PAGE_FREE, 1, 3, OWNER_UNKNOWN, 0, 0);
	tell(&o, REQ_PAGE_FREE, 3, 0, OWNER_UNKNOWN, 0, REQ_PIECE);
	tell(&o, REQ_PAGE_FREE, 3, 1, OWNER_UNKNOWN, 0, REQ_PIECE);
	tell(&o, REQ_PAGE_FREE, 999, 0, OWNER_UNKNOWN, 0, 0); /* older than the trace */
	assert_int_equal(o.count, 2);
	assert_int_equal(o.t[0].allocs, 2);
	assert_int_equal(o.t[0].frees, 1);
	assert_int_equal(o.t[0].live, 1);
	assert_int_equal(o.t[0].peak, 9);
	assert_int_equal(o.t[0].cache, 7);
	assert_int_equal(o.t[1].owner, OWNER_USER);
	assert_int_equal(o.t[1].cache, 0);
	assert_int_equal(o.t[1].live, 1);
	assert_int_equal(o.t[1].peak, 4);
	owners_free(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(totals),
	};

	return cmocka_run_group_tests_name("owners", tests, NULL, NULL);
}
