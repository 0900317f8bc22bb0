// SPDX-License-Identifier: GPL-2.0-or-later
/* import on the bundled capture: what comes out against what the capture's own files say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace/trace.h"
#include "workload/import.h"

#define SMALL "traces/amd64-6.1-small"

static struct import_options defaults = { .compression = KMW_NONE,
					  .from = -INFINITY,
					  .to = INFINITY };

/* The file's memory of requests: every slot is taken before it is released, and released once. */
static void slots_pair_up(void **state)
{
	struct request *q = malloc(KMW_BLOCK_RECORDS * sizeof(*q));
	struct kmw_scratch *s = kmw_scratch_new();
	struct import_result res;
	struct err e = { 0 };
	struct kmw_reader *k = import_open(SMALL, &defaults, &res, &e);
	uint64_t pairs = 0;
	uint8_t *live;

	(void)state;
	assert_non_null(k);
	live = calloc(kmw_summary(k)->slots + 1, 1);
	for (uint32_t b = 0; b < kmw_block_count(k); b++) {
		int n = kmw_block_read(k, b, q, s, &e);

		assert_true(n > 0);
		for (int i = 0; i < n; i++) {
			bool takes = q[i].sig.op == REQ_PAGE_ALLOC ||
				     q[i].sig.op == REQ_OBJ_ALLOC || q[i].sig.op == REQ_PAGE_BULK ||
				     q[i].sig.op == REQ_PERCPU_ALLOC || q[i].sig.op == REQ_VMALLOC;

			if (q[i].slot == NO_SLOT || request_is_observation(&q[i]) ||
			    q[i].sig.flags & (REQ_PIECE | REQ_FAILED))
				continue;
			assert_true(q[i].slot < kmw_summary(k)->slots);
			assert_int_equal(live[q[i].slot], !takes);
			live[q[i].slot] = takes;
			pairs += !takes;
		}
	}
	assert_true(pairs > 10000);
	free(live);
	free(q);
	kmw_scratch_free(s);
	kmw_close(k);
}

/* The base in kcore's headers is the one that the trace votes for. */
static void base_from_headers_and_from_votes(void **state)
{
	struct import_result headers, votes;
	struct err e = { 0 };

	(void)state;
	kmw_close(import_open(SMALL, &defaults, &headers, &e));
	kmw_close(import_open(SMALL "/trace.dat", &defaults, &votes, &e));
	assert_non_null(strstr(headers.direct_map_source, "kcore"));
	assert_non_null(strstr(votes.direct_map_source, "inferred"));
	assert_true(headers.direct_map_base != 0);
	assert_int_equal(headers.direct_map_base, votes.direct_map_base);
}

/* The machine that a workload carries is the directory's. */
static void workload_carries_the_machine(void **state)
{
	struct snapshot_source src;
	struct err e = { 0 };
	struct kmw_reader *k = import_open(SMALL, &defaults, NULL, &e);
	struct machine *a, *b;

	(void)state;
	assert_non_null(k);
	assert_int_equal(snapshot_dir_open(SMALL, &src, &e), 0);
	a = machine_load(&src, &e);
	b = import_machine(k, &e);
	assert_non_null(a);
	assert_non_null(b);
	assert_int_equal(a->zone_count, b->zone_count);
	assert_int_equal(a->max_pfn, b->max_pfn);
	assert_int_equal(a->direct_map_base, b->direct_map_base);
	assert_memory_equal(a->before.nr_free_type, b->before.nr_free_type,
			    sizeof(a->before.nr_free_type));
	assert_true(a->before.have_lists && b->before.have_lists);
	assert_int_equal(a->before.list_pfn_count, b->before.list_pfn_count);
	assert_memory_equal(a->before.list_pfns, b->before.list_pfns,
			    a->before.list_pfn_count * sizeof(uint32_t));
	machine_free(a);
	machine_free(b);
	snapshot_dir_close(&src);
	kmw_close(k);
}

/* A bare trace: one zone, and words for what is not known. */
static void bare_trace(void **state)
{
	struct err e = { 0 };
	struct kmw_reader *k = import_open(SMALL "/trace.dat", &defaults, NULL, &e);
	struct machine *m;

	(void)state;
	assert_non_null(k);
	m = import_machine(k, &e);
	assert_non_null(m);
	assert_int_equal(m->zone_count, 1);
	assert_false(m->have_before);
	assert_true(m->unknown_count > 0);
	assert_true(m->max_pfn > 1000);
	machine_free(m);
	kmw_close(k);
}

/* What the trace knows by name has that name in a workload made of it alone. */
static void call_sites_keep_their_names(void **state)
{
	struct err e = { 0 };
	struct kmw_reader *k = import_open(SMALL "/trace.dat", &defaults, NULL, &e);
	struct trace *t = trace_open(SMALL "/trace.dat", NULL, &e);
	struct kallsyms *symbols = NULL;
	unsigned named = 0;
	struct event ev;

	(void)state;
	assert_non_null(k);
	assert_non_null(t);
	assert_int_equal(import_symbols(k, &symbols, &e), 0);
	assert_non_null(symbols);
	while (trace_next(t, &ev, &e) == 1) {
		uint64_t there, here;
		const char *name;

		if (ev.kind != EVENT_KMALLOC)
			continue;
		name = trace_symbol(t, ev.object.call_site, &there);
		if (!name)
			continue;
		assert_string_equal(kallsyms_lookup(symbols, ev.object.call_site, &here), name);
		assert_int_equal(here, there);
		named++;
	}
	assert_true(named > 1000);
	kallsyms_free(symbols);
	trace_close(t);
	kmw_close(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_pair_up),
		cmocka_unit_test(base_from_headers_and_from_votes),
		cmocka_unit_test(workload_carries_the_machine),
		cmocka_unit_test(bare_trace),
		cmocka_unit_test(call_sites_keep_their_names),
	};

	if (access(SMALL, F_OK)) {
		fprintf(stderr, "import: run from the top of the source tree\n");
		return 1;
	}
	return cmocka_run_group_tests_name("import", tests, NULL, NULL);
}
