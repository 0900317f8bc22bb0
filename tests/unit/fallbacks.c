// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "replay/fallbacks.h"

static void severities(void **state)
{
	(void)state;
	/* Whole blocks are not mixed, whoever takes them. */
	assert_int_equal(fallback_severity(KMM_UNMOVABLE, KMM_MOVABLE, 9, true, 9), FALLBACK_WHOLE);
	assert_int_equal(fallback_severity(KMM_UNMOVABLE, KMM_MOVABLE, 10, true, 9),
			 FALLBACK_WHOLE);
	assert_int_equal(fallback_severity(KMM_UNMOVABLE, KMM_MOVABLE, 8, true, 9),
			 FALLBACK_MODERATE);
	assert_int_equal(fallback_severity(KMM_UNMOVABLE, KMM_MOVABLE, 0, false, 9),
			 FALLBACK_SEVERE);
	assert_int_equal(fallback_severity(KMM_RECLAIMABLE, KMM_MOVABLE, 0, false, 9),
			 FALLBACK_SEVERE);
	assert_int_equal(fallback_severity(KMM_RECLAIMABLE, KMM_UNMOVABLE, 0, false, 9),
			 FALLBACK_MILD);
	assert_int_equal(fallback_severity(KMM_MOVABLE, KMM_UNMOVABLE, 0, false, 9), FALLBACK_MILD);
}

static void tell(struct fallbacks *f, uint64_t time, uint32_t pfn, unsigned type, unsigned found,
		 unsigned aux2)
{
	struct request q = { .time = time, .pfn = pfn };

	q.sig.op = OBS_EXTFRAG;
	q.sig.type = (uint8_t)type;
	q.sig.aux = (uint8_t)found;
	q.sig.aux2 = (uint8_t)aux2;
	fallbacks_record(f, &q);
}

static void rows(void **state)
{
	static struct machine m = { .zone_count = 1, .pageblock_order = 9, .max_pfn = 4096 };
	struct fallbacks f = { .m = &m };

	(void)state;
	m.zones[0].spanned = m.zones[0].present = 4096;
	tell(&f, 5, 100, KMM_UNMOVABLE, 3, KMM_MOVABLE);
	tell(&f, 9, 700, KMM_UNMOVABLE, 3, KMM_MOVABLE);
	tell(&f, 7, 700, KMM_UNMOVABLE, 3, KMM_MOVABLE | 0x80);
	assert_int_equal(f.count, 2);
	assert_int_equal(f.rows[0].events, 2);
	assert_int_equal(f.rows[0].first, 5);
	assert_int_equal(f.rows[0].last, 9);
	assert_int_equal(f.rows[0].severity, FALLBACK_SEVERE);
	assert_int_equal(f.rows[1].events, 1);
	assert_true(f.rows[1].claimed);
	assert_int_equal(f.rows[1].severity, FALLBACK_MODERATE);
	fallbacks_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(severities),
		cmocka_unit_test(rows),
	};

	return cmocka_run_group_tests_name("fallbacks", tests, NULL, NULL);
}
