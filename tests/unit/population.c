// SPDX-License-Identifier: GPL-2.0-or-later
/* Which objects lived at the start, from counts and from what the trace shows later; made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay/population.h"

#define BASE 0xffff888000000000ull
#define AT(frame, object) (BASE + (uint64_t)(frame)*4096 + (object)*1024u)
#define U KMM_OBJECT_USED
#define F KMM_OBJECT_FREE
#define C KMM_OBJECT_CPU_FREE

static struct machine_slab slabs[] = { { .name = "kib", .object_size = 1024, .size = 1024 } };

static const struct intern no_strings;

static void start(struct population *p, struct machine *m, struct machine_slabpage *pages,
		  uint32_t n)
{
	memset(m, 0, sizeof(*m));
	m->max_pfn = 64;
	m->direct_map_base = BASE;
	m->slabs = slabs;
	m->slab_count = 1;
	m->before.slabpages = pages;
	m->before.slabpage_count = n;
	m->before.have_slabpages = true;
	m->cpus = 4;
	assert_int_equal(population_init(p, m, &m->before, NULL, &no_strings), 0);
}

static void event_on(struct population *p, unsigned cpu, enum request_op op, uint32_t slot,
		     uint64_t addr, uint64_t seq)
{
	struct request q = { .slot = slot, .addr = addr, .seq = seq, .cpu = (uint16_t)cpu };

	q.sig.op = op;
	q.sig.site = 77;
	assert_int_equal(population_record(p, &q), 0);
}

static void event(struct population *p, enum request_op op, uint32_t slot, uint64_t addr,
		  uint64_t seq)
{
	event_on(p, 1, op, slot, addr, seq);
}

static void is(struct population *p, uint32_t slab, const uint8_t *want,
	       enum kmm_slab_place want_place)
{
	enum kmm_slab_place place;
	uint8_t got[32768];
	unsigned cpu;

	population_slab(p, slab, got, &place, &cpu);
	assert_int_equal(place, want_place);
	assert_memory_equal(got, want, 4);
}

/* Freed first: it lived. Allocated first: it did not. Never seen: as the count says. */
static void test_first_events(void **state)
{
	struct machine_slabpage pages[] = {
		{ 8, 0, 4, 2, 0, SLAB_PARTIAL, -1 },
		{ 9, 0, 4, 4, 0, SLAB_ON_CPU, 1 },
		{ 10, 0, 4, 3, 0, SLAB_ON_CPU, 0 },
		{ 11, 0, 4, 4, 0, SLAB_FROZEN, -1 },
	};
	struct population p;
	struct machine m;

	(void)state;
	start(&p, &m, pages, 4);
	event(&p, REQ_OBJ_ALLOC, 5, AT(8, 3), 1); /* before the start: it lives then */
	population_start(&p);
	event_on(&p, 1, REQ_OBJ_ALLOC, 8, AT(9, 2), 2);
	event_on(&p, 1, REQ_OBJ_ALLOC, 6, AT(8, 0), 3);
	event_on(&p, 1, REQ_OBJ_FREE, 5, 0, 4);
	event_on(&p, 1, REQ_OBJ_ALLOC, 7, AT(8, 3), 5);
	event_on(&p, 0, REQ_OBJ_ALLOC, 9, AT(10, 1), 6);
	event_on(&p, 0, REQ_OBJ_ALLOC, 10, AT(10, 2), 7);
	event_on(&p, 2, REQ_OBJ_ALLOC, 11, AT(11, 0), 8);
	assert_int_equal(population_settle(&p), 0);
	is(&p, 0, (const uint8_t[]){ F, U, F, U }, KMM_SLAB_PARTIAL);
	is(&p, 1, (const uint8_t[]){ U, U, C, U }, KMM_SLAB_CPU);
	/* One of the two was freed by another CPU: it comes last. */
	is(&p, 2, (const uint8_t[]){ U, C, F, U }, KMM_SLAB_CPU);
	is(&p, 3, (const uint8_t[]){ C, U, U, U }, KMM_SLAB_CPU);
	population_free(&p);
}

/* After the slab's page went back, its frame tells about another slab. */
static void test_page_gone(void **state)
{
	struct machine_slabpage pages[] = { { 8, 0, 4, 4, 0, SLAB_FULL, -1 } };
	struct request gone = { .slot = NO_SLOT, .pfn = 8 };
	struct population p;
	struct machine m;

	(void)state;
	start(&p, &m, pages, 1);
	population_start(&p);
	gone.sig.op = REQ_PAGE_FREE;
	assert_int_equal(population_record(&p, &gone), 0);
	event(&p, REQ_OBJ_ALLOC, 1, AT(8, 1), 9);
	assert_int_equal(population_settle(&p), 0);
	is(&p, 0, (const uint8_t[]){ U, U, U, U }, KMM_SLAB_FULL);
	population_free(&p);
}

/* A site that no free names is known by the slabs that its objects lie in. */
static void test_cache_of_site(void **state)
{
	struct machine_slabpage pages[] = { { 8, 0, 4, 2, 0, SLAB_PARTIAL, -1 } };
	const struct request_sig site = { .site = 77 }, other = { .site = 78 };
	struct population p;
	struct machine m;

	(void)state;
	start(&p, &m, pages, 1);
	population_start(&p);
	event(&p, REQ_OBJ_ALLOC, 1, AT(8, 1), 9);
	assert_int_equal(population_settle(&p), 0);
	assert_string_equal(population_cache(&p, &site), "kib");
	assert_null(population_cache(&p, &other));
	population_free(&p);
}

/* So is one whose slab is known only later, by what is allocated beside it or by the dumps of afterwards. */
static void test_cache_told_later(void **state)
{
	struct machine_slabpage there = { 8, 0, 4, 4, 0, SLAB_FULL, -1 };
	struct machine_slabpage after = { 12, 0, 4, 1, 0, SLAB_PARTIAL, -1 };
	const struct request_sig site = { .site = 77 };
	struct request taken = { .slot = NO_SLOT, .pfn = 12, .seq = 1 };
	struct population p;
	struct machine m;

	(void)state;
	for (unsigned known = 0; known < 2; known++) {
		start(&p, &m, &there, 1);
		m.after.slabpages = &after;
		m.after.slabpage_count = known;
		population_start(&p);
		taken.sig.op = REQ_PAGE_ALLOC;
		taken.sig.owner = OWNER_SLAB;
		assert_int_equal(population_record(&p, &taken), 0);
		event(&p, REQ_OBJ_ALLOC, 1, AT(12, 1), 9);
		population_after(&p);
		assert_int_equal(population_settle(&p), 0);
		if (known)
			assert_string_equal(population_cache(&p, &site), "kib");
		else
			assert_null(population_cache(&p, &site));
		population_free(&p);
	}
}

/*
 * Two slabs in one CPU's hand by turns: what is on the CPU's own list is allocated in the
 * first tenure.  What comes later was in use, and its free has no event: it is put where
 * that later tenure began.
 */
static void test_tenure(void **state)
{
	struct machine_slabpage pages[] = {
		{ 8, 0, 4, 4, 0, SLAB_ON_CPU, 1 },
		{ 9, 0, 4, 2, 0, SLAB_PARTIAL, -1 },
	};
	const struct population_freed *x;
	struct population p;
	struct machine m;
	uint32_t n;

	(void)state;
	start(&p, &m, pages, 2);
	population_start(&p);
	event(&p, REQ_OBJ_ALLOC, 1, AT(8, 0), 10);
	event(&p, REQ_OBJ_ALLOC, 2, AT(9, 0), 11);
	event(&p, REQ_OBJ_ALLOC, 3, AT(9, 1), 12);
	event(&p, REQ_OBJ_FREE, 1, 0, 13);
	event(&p, REQ_OBJ_ALLOC, 1, AT(8, 0), 14);
	event(&p, REQ_OBJ_ALLOC, 4, AT(8, 3), 15);
	assert_int_equal(population_settle(&p), 0);
	is(&p, 0, (const uint8_t[]){ C, U, U, U }, KMM_SLAB_CPU);
	is(&p, 1, (const uint8_t[]){ F, F, U, U }, KMM_SLAB_PARTIAL);
	x = population_freed(&p, 14, &n);
	assert_int_equal(n, 1);
	assert_int_equal(x->addr, AT(8, 3));
	assert_int_equal(x->slot, NO_SLOT);
	population_freed(&p, 15, &n);
	assert_int_equal(n, 0);
	population_free(&p);
}

/* An allocation of what an id names: freed in silence, before the tenure in which it is given out again. */
static void test_silent_free(void **state)
{
	struct machine_slabpage pages[] = {
		{ 8, 0, 4, 4, 0, SLAB_ON_CPU, 1 },
		{ 9, 0, 4, 3, 0, SLAB_PARTIAL, -1 },
	};
	struct request implied = { .slot = 1, .seq = 13, .cpu = 1 };
	const struct population_freed *x;
	struct population p;
	struct machine m;
	uint32_t n;

	(void)state;
	start(&p, &m, pages, 2);
	population_start(&p);
	event(&p, REQ_OBJ_ALLOC, 1, AT(8, 0), 10);
	event(&p, REQ_OBJ_ALLOC, 2, AT(9, 0), 11);
	event(&p, REQ_OBJ_FREE, NO_SLOT, AT(8, 2), 12);
	event(&p, REQ_OBJ_ALLOC, 3, AT(8, 2), 12);
	implied.sig.op = REQ_OBJ_FREE;
	implied.sig.flags = REQ_IMPLIED;
	assert_int_equal(population_record(&p, &implied), 0);
	event(&p, REQ_OBJ_ALLOC, 1, AT(8, 0), 13);
	assert_int_equal(population_settle(&p), 0);
	x = population_freed(&p, 12, &n);
	assert_int_equal(n, 1);
	assert_int_equal(x->slot, 1);
	population_free(&p);
}

/* Frozen, but in no CPU's dump: the first slab that a CPU allocates from was in its hand, the next on its list. */
static void test_frozen(void **state)
{
	struct machine_slabpage pages[] = {
		{ 8, 0, 4, 3, 0, SLAB_FROZEN, -1 },
		{ 9, 0, 4, 3, 0, SLAB_FROZEN, -1 },
		{ 10, 0, 4, 1, 0, SLAB_FROZEN, -1 },
	};
	enum kmm_slab_place place;
	uint8_t got[32768];
	struct population p;
	struct machine m;
	unsigned cpu;

	(void)state;
	start(&p, &m, pages, 3);
	population_start(&p);
	event_on(&p, 2, REQ_OBJ_ALLOC, 1, AT(8, 0), 10);
	event_on(&p, 2, REQ_OBJ_ALLOC, 2, AT(8, 1), 11);
	event_on(&p, 2, REQ_OBJ_ALLOC, 3, AT(9, 1), 12);
	assert_int_equal(population_settle(&p), 0);
	is(&p, 0, (const uint8_t[]){ C, F, U, U }, KMM_SLAB_CPU);
	population_slab(&p, 1, got, &place, &cpu);
	assert_int_equal(place, KMM_SLAB_CPU_PARTIAL);
	assert_int_equal(cpu, 2);
	population_slab(&p, 2, got, &place, &cpu);
	assert_int_equal(place, KMM_SLAB_CPU_PARTIAL);
	assert_int_equal(cpu, 0);
	population_free(&p);
}

/* Freed a second time without an allocation: bulk, beside the slab's last allocation with an event. */
static void test_bulk(void **state)
{
	struct machine_slabpage pages[] = { { 8, 0, 4, 4, 0, SLAB_FULL, -1 } };
	const struct population_implied *x;
	struct population p;
	struct machine m;
	uint32_t n;

	(void)state;
	start(&p, &m, pages, 1);
	population_start(&p);
	event(&p, REQ_OBJ_FREE, NO_SLOT, AT(8, 2), 20);
	event(&p, REQ_OBJ_FREE, NO_SLOT, AT(8, 3), 21);
	event(&p, REQ_OBJ_ALLOC, 1, AT(8, 3), 30);
	event(&p, REQ_OBJ_FREE, NO_SLOT, AT(8, 2), 40);
	assert_int_equal(population_settle(&p), 0);
	x = population_implied(&p, 30, &n);
	assert_int_equal(n, 1);
	assert_int_equal(x->addr, AT(8, 2));
	population_implied(&p, 20, &n);
	assert_int_equal(n, 0);
	population_free(&p);
}

static void slab_page(struct population *p, uint32_t pfn, uint64_t seq)
{
	struct request q = { .slot = NO_SLOT, .pfn = pfn, .seq = seq, .cpu = 1 };

	q.sig.op = REQ_PAGE_ALLOC;
	q.sig.owner = OWNER_SLAB;
	assert_int_equal(population_record(p, &q), 0);
}

static void named(struct population *p, uint32_t name, uint32_t slot, uint64_t addr, uint64_t seq)
{
	struct request q = { .slot = slot, .addr = addr, .seq = seq, .cpu = 1 };

	q.sig.op = REQ_OBJ_ALLOC;
	q.sig.cache = name;
	assert_int_equal(population_record(p, &q), 0);
}

/*
 * A CPU that takes a page for a slab has used up the one in its hand: what no event shows
 * there was allocated silently.  Freed later with an event, it is not implied once more;
 * allocated later, it was freed without an event before.
 */
static void test_new_page(void **state)
{
	struct machine_slabpage pages[] = { { 8, 0, 4, 4, 0, SLAB_FULL, -1 } };
	const struct population_implied *implied;
	const struct population_freed *freed;
	struct population p;
	struct intern strings;
	struct machine m;
	uint32_t n, kib;

	(void)state;
	assert_int_equal(intern_init(&strings), 0);
	kib = intern_add(&strings, "kib", 3);
	start(&p, &m, pages, 1);
	population_free(&p);
	m.nodes = 1;
	slabs[0].objs_per_slab = 4;
	assert_int_equal(population_init(&p, &m, &m.before, NULL, &strings), 0);
	population_start(&p);
	slab_page(&p, 20, 1);
	named(&p, kib, 1, AT(20, 0), 2);
	named(&p, kib, 2, AT(20, 2), 3);
	slab_page(&p, 21, 4);
	named(&p, kib, 3, AT(21, 0), 5);
	event(&p, REQ_OBJ_FREE, NO_SLOT, AT(20, 1), 6);
	named(&p, kib, 4, AT(20, 3), 7);
	assert_int_equal(population_settle(&p), 0);
	implied = population_implied(&p, 3, &n);
	assert_int_equal(n, 2);
	assert_int_equal(implied[0].addr, AT(20, 1));
	assert_int_equal(implied[1].addr, AT(20, 3));
	freed = population_freed(&p, 7, &n);
	assert_int_equal(n, 1);
	assert_int_equal(freed->addr, AT(20, 3));
	slabs[0].objs_per_slab = 0;
	population_free(&p);
	intern_free(&strings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_events),  cmocka_unit_test(test_page_gone),
		cmocka_unit_test(test_cache_of_site), cmocka_unit_test(test_cache_told_later),
		cmocka_unit_test(test_tenure),	      cmocka_unit_test(test_silent_free),
		cmocka_unit_test(test_frozen),	      cmocka_unit_test(test_bulk),
		cmocka_unit_test(test_new_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
