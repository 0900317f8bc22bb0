// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slaborigin on real captures that have dumps of both ends: those of before/ are put
 * aside, worked out from those of after/, and compared.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "replay/slaborigin.h"
#include "workload/import.h"

#define SMALL "traces/amd64-6.1-small"

static int by_pfn(const void *a, const void *b)
{
	const struct machine_slabpage *x = a, *y = b;

	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

/* At least so many slabs are found; of a thousand at most so many hold another number of objects. */
static void check(const char *path, unsigned least, unsigned apart)
{
	struct import_options io = { .compression = KMW_DEFAULT,
				     .from = -INFINITY,
				     .to = INFINITY };
	struct err e = { 0 };
	struct kmw_reader *k = import_open(path, &io, NULL, &e);
	struct machine *m = k ? import_machine(k, &e) : NULL;
	struct machine_slabpage *was;
	uint32_t n, strangers = 0, other = 0;

	if (!m)
		fail_msg("%s", e.text);
	was = m->before.slabpages;
	n = m->before.slabpage_count;
	assert_true(m->before.have_slabpages && m->slabs_of_start);
	/* Where it has its own, nothing is worked out. */
	assert_int_equal(slaborigin_find(k, m, &e), 0);
	assert_ptr_equal(m->before.slabpages, was);
	m->before.have_slabpages = m->slabs_of_start = false;
	assert_int_equal(slaborigin_find(k, m, &e), 0);
	assert_true(m->before.have_slabpages);
	qsort(was, n, sizeof(*was), by_pfn);
	for (uint32_t i = 0; i < m->before.slabpage_count; i++) {
		const struct machine_slabpage *x = &m->before.slabpages[i];
		const struct machine_slabpage *y = bsearch(x, was, n, sizeof(*was), by_pfn);

		strangers += !y || y->cache != x->cache || y->order != x->order;
		/* Of a CPU's slab the dumps count what is free in its hand as in use. */
		if (y && y->place != SLAB_ON_CPU && y->place != SLAB_FROZEN)
			other += y->inuse != x->inuse;
	}
	print_message("%s: %u of %u slabs, %u hold another number of objects\n", path,
		      m->before.slabpage_count, n, other);
	assert_true(m->before.slabpage_count >= least && m->before.slabpage_count <= n);
	assert_int_equal(strangers, 0);
	assert_true(other * 1000 <= m->before.slabpage_count * apart);
	free(was);
	machine_free(m);
	kmw_close(k);
}

static void bundled(void **state)
{
	(void)state;
	check(SMALL, 3000, 10);
}

static void captures(void **state)
{
	static const struct {
		const char *name;
		unsigned least, apart;
	} all[] = {
		{ "exact", 3500, 5 },
		{ "files", 4000, 10 },
		{ "numa", 3250, 20 },
		{ "thp", 3000, 10 },
	};
	const char *traces = getenv("KMEMLAB_TRACES");
	char path[400];

	(void)state;
	snprintf(path, sizeof(path), "%s/amd64-6.1-exact", traces ? traces : "../shared/traces");
	if (access(path, R_OK)) {
		print_message("the larger captures are not here\n");
		skip();
	}
	for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++) {
		snprintf(path, sizeof(path), "%s/amd64-6.1-%s",
			 traces ? traces : "../shared/traces", all[i].name);
		check(path, all[i].least, all[i].apart);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bundled),
		cmocka_unit_test(captures),
	};

	return cmocka_run_group_tests_name("slaborigin", tests, NULL, NULL);
}
