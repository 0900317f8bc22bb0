// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The per-CPU allocator against recordings: the requests of a capture are put
 * to the model, and the places (chunk and offset) that it chooses must be the
 * kernel's.
 *
 * What was allocated before the recording is known only by hindsight: a cell of
 * a chunk that was there before is taken as free at the start if the capture
 * allocates it before any free of it, and as in use otherwise.  Cells that stay
 * free all along are therefore unknown to the model.  A chunk that the capture
 * sees made needs no such help.
 */
#include "mm_machine.h"

#include "mm/kmm_percpu.h"
#include "trace/trace.h"

#define MOST 4096
#define MOST_CELLS (1u << 18)

struct step {
	enum { ALLOC, FREE, CREATE } what;
	size_t size, align;
	uint64_t base;
	int off;
	bool atomic, reserved;
};

struct capture {
	const char *name;
	size_t static_size, reserved, dyn;
	uint64_t base_addr;
	size_t unit;
	unsigned first, reserved_allocs, later; /* allocations by place */
};

static struct step steps[MOST];
static unsigned n_steps;

static bool load(const char *name)
{
	const char *dir = getenv("KMEMLAB_TRACES");
	static const char *const files[] = { "trace.dat", "trace.dat.gz" };
	struct trace *t = NULL;
	struct err e = { 0 };
	struct event ev;
	char path[512];
	int got;

	n_steps = 0;
	for (unsigned i = 0; i < 2 && !t; i++) {
		snprintf(path, sizeof(path), "%s/%s/%s", dir ? dir : "../shared/traces", name,
			 files[i]);
		t = trace_open(path, NULL, &e);
	}
	if (!t)
		return false;
	while ((got = trace_next(t, &ev, &e)) == 1) {
		struct step *s = &steps[n_steps];

		if (ev.kind == EVENT_PERCPU_ALLOC_PERCPU)
			s->what = ALLOC;
		else if (ev.kind == EVENT_PERCPU_FREE_PERCPU)
			s->what = FREE;
		else if (ev.kind == EVENT_PERCPU_CREATE_CHUNK)
			s->what = CREATE;
		else
			continue;
		s->size = ev.percpu.size;
		s->align = ev.percpu.align;
		s->base = ev.percpu.base_addr;
		s->off = ev.percpu.off;
		s->atomic = ev.percpu.is_atomic > 0;
		s->reserved = ev.percpu.reserved > 0;
		assert_true(++n_steps < MOST);
	}
	assert_int_equal(got, 0);
	trace_close(t);
	return true;
}

/* Frames enough for some chunks, nothing to run into. */
static struct kmm *machine(void)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 16384);

	assert_int_equal(kmm_seed_boot(mm, 0, 16384, KMM_MOVABLE), 0);
	return mm;
}

static void mark(uint8_t *cell, int off, size_t size, uint8_t what, bool only_new)
{
	for (size_t i = (size_t)off / 4; i < ((size_t)off + size) / 4; i++) {
		assert_true(i < MOST_CELLS);
		if (!only_new || !cell[i])
			cell[i] = what;
	}
}

/* cell[]: 1 allocated first, 2 freed first: in use at the start. */
static void look_ahead(uint8_t *cell, uint64_t base)
{
	static size_t size_at[MOST_CELLS];

	memset(cell, 0, MOST_CELLS);
	memset(size_at, 0, sizeof(size_at));
	for (unsigned i = 0; i < n_steps; i++) {
		const struct step *s = &steps[i];

		if (s->base != base || s->what == CREATE)
			continue;
		assert_true(s->off >= 0 && (size_t)s->off / 4 < MOST_CELLS);
		if (s->what == ALLOC) {
			mark(cell, s->off, s->size, 1, true);
			size_at[s->off / 4] = s->size;
		} else if (!size_at[s->off / 4]) {
			/* Its size is not known: one cell, and what follows until the next mark. */
			mark(cell, s->off, 4, 2, true);
		}
	}
}

static void seed(struct kmm_percpu *p, uint64_t ptr0, const uint8_t *cell, size_t cells)
{
	for (size_t i = 0; i < cells;) {
		size_t from = i;

		if (cell[i] == 1) {
			i++;
			continue;
		}
		/* One allocation for each that the capture frees, with what is unknown behind it. */
		for (i++; i < cells && cell[i] == 0 && i - from < 8192; i++)
			;
		assert_int_equal(kmm_percpu_seed(p, ptr0 + from * 4, (i - from) * 4), 0);
	}
}

struct made {
	unsigned chunks;
	uint64_t base;
};

enum { FIRST, RESERVED, LATER };

static void count_chunk(void *arg, uint64_t base)
{
	struct made *m = arg;

	m->chunks++;
	m->base = base;
}

static void check_capture(const struct capture *c)
{
	static const struct kmm_percpu_observer watch = { .percpu_create_chunk = count_chunk };
	uint64_t first_base = c->base_addr + c->static_size + c->reserved, second = 0;
	static uint64_t ptr_at[3][MOST_CELLS];
	unsigned equal[3] = { 0 }, allocs[3] = { 0 };
	static uint8_t cell[MOST_CELLS];
	struct kmm_percpu_config cfg;
	struct kmm_percpu_stats st;
	struct made m = { 0 };
	struct kmm_percpu *p;
	struct kmm *mm;
	char why[200];

	if (!load(c->name))
		skip();
	mm = machine();
	kmm_percpu_config_init(&cfg);
	cfg.static_size = c->static_size;
	cfg.reserved_size = c->reserved;
	cfg.dyn_size = c->dyn;
	cfg.base_addr = c->base_addr;
	cfg.memcg = true;
	p = kmm_percpu_create(mm, &cfg);
	assert_non_null(p);
	kmm_percpu_observe(p, &watch, &m);
	look_ahead(cell, first_base);
	seed(p, c->static_size + c->reserved, cell, c->dyn / 4);
	memset(ptr_at, 0xff, sizeof(ptr_at));

	for (unsigned i = 0; i < n_steps; i++) {
		const struct step *s = &steps[i];
		unsigned which = s->reserved ? RESERVED : s->base == first_base ? FIRST : LATER;
		uint64_t want = s->base - c->base_addr + (uint64_t)s->off, got;
		kmm_gfp gfp = s->atomic ? KMM_GFP_KSWAPD_RECLAIM : GFP_KERNEL;
		bool same;

		if (s->what == CREATE) {
			assert_int_equal(second, 0);
			second = s->base;
		} else if (s->what == FREE) {
			uint64_t *known = &ptr_at[which][s->off / 4];

			if (*known == KMM_NO_PTR && which == FIRST)
				*known = want;
			kmm_free_percpu(p, *known);
			*known = KMM_NO_PTR;
		} else {
			got = s->reserved ? kmm_alloc_reserved_percpu(p, 0, s->size, s->align) :
					    kmm_alloc_percpu_gfp(p, 0, s->size, s->align, gfp);
			ptr_at[which][s->off / 4] = got;
			/* A later chunk's address is that of another address space. */
			if (which == LATER)
				same = s->base == second &&
				       got + c->base_addr == m.base + (uint64_t)s->off;
			else
				same = got == want;
			allocs[which]++;
			equal[which] += same;
		}
		if (kmm_percpu_balance_pending(p))
			kmm_percpu_balance(p, 0);
		if (kmm_percpu_validate(p, why, sizeof(why)))
			fail_msg("step %u: %s", i, why);
	}
	kmm_percpu_stats(p, &st);
	print_message("%s: equal places: %u of %u in the first chunk, %u of %u in the reserve, "
		      "%u of %u in a chunk made meanwhile; chunks made by the model: %u\n",
		      c->name, equal[FIRST], allocs[FIRST], equal[RESERVED], allocs[RESERVED],
		      equal[LATER], allocs[LATER], m.chunks);
	assert_int_equal(allocs[FIRST], c->first);
	assert_int_equal(allocs[RESERVED], c->reserved_allocs);
	assert_int_equal(allocs[LATER], c->later);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(equal[i], allocs[i]);
	assert_int_equal(m.chunks, 1);
	assert_int_equal(st.failed, 0);
	assert_int_equal(st.bad_frees, 0);
	assert_int_equal(st.unit_size, c->unit);
	kmm_percpu_destroy(p);
	machine_done(mm);
}

static void test_boot(void **state)
{
	/* dmesg: percpu: Embedded 62 pages/cpu s217088 r8192 d28672 u1048576 */
	static const struct capture c = { "amd64-6.1-boot", 217088, 8192, 28672, 0xffff88a1fe800000,
					  1048576,	    393,    1,	  86 };

	(void)state;
	check_capture(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_boot) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
