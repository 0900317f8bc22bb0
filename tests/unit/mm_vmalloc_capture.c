// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmalloc against recordings of Linux 6.1: kernel stacks are taken and freed,
 * and the model must give the kernel's addresses: the lowest that fit, 16 KiB
 * aligned with a guard page, and none that was freed before.  The window begins
 * at the first address seen; below it nothing is known.
 */
#include "mm_machine.h"

#include "mm/kmm_vmalloc.h"
#include "trace/trace.h"

#define FRAMES 16384u

struct result {
	unsigned calls, equal, frees;
	uint64_t purges;
};

static struct trace *open_capture(const char *name)
{
	const char *dir = getenv("KMEMLAB_TRACES");
	static const char *const files[] = { "trace.dat", "trace.dat.gz" };
	struct trace *t = NULL;
	struct err e = { 0 };
	char path[512];

	for (unsigned i = 0; i < 2 && !t; i++) {
		snprintf(path, sizeof(path), "%s/%s/%s", dir ? dir : "../shared/traces", name,
			 files[i]);
		t = trace_open(path, NULL, &e);
	}
	return t;
}

static struct kmm_vmalloc *window_from(struct kmm *mm, uint64_t start, enum kmm_generation rules)
{
	struct kmm_vmalloc_config c;
	struct kmm_vmalloc *v;

	kmm_vmalloc_config_init(&c, KMM_X86_64, rules, 0);
	c.start = start;
	c.end = start + (UINT64_C(1) << 32);
	v = kmm_vmalloc_create(mm, &c);
	assert_non_null(v);
	return v;
}

/* The size is in the call's event, the address in that of its return, of the same task. */
static struct result replay(struct trace *t, enum kmm_generation rules)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, FRAMES);
	static uint64_t asked[32768];
	struct result r = { 0 };
	struct kmm_vmalloc *v = NULL;
	struct kmm_vmalloc_stats s;
	struct err e = { 0 };
	struct event ev;
	char why[200];

	memset(asked, 0, sizeof(asked));
	assert_int_equal(kmm_seed_boot(mm, 0, FRAMES, KMM_MOVABLE), 0);
	while (trace_next(t, &ev, &e) == 1) {
		struct kmm_vm_request q = { .align = 16384, .gfp = GFP_KERNEL, .node = -1 };
		unsigned task = ev.pid > 0 && ev.pid < 32768 ? (unsigned)ev.pid : 0;

		if (ev.kind == EVENT_VMALLOC_RANGE) {
			asked[task] = ev.probe.size;
		} else if (ev.kind == EVENT_VMALLOC_RANGE_RET && asked[task]) {
			if (!v)
				v = window_from(mm, ev.probe.addr, rules);
			q.size = asked[task];
			asked[task] = 0;
			r.calls++;
			r.equal += kmm_vmalloc_range(v, 0, &q) == ev.probe.addr;
			if (kmm_vmalloc_validate(v, why, sizeof(why)))
				fail_msg("%s", why);
		} else if (ev.kind == EVENT_VFREE && v) {
			r.frees++;
			kmm_vfree(v, 0, ev.probe.addr);
		}
	}
	assert_non_null(v);
	kmm_vmalloc_stats(v, &s);
	r.purges = s.purges;
	kmm_vmalloc_destroy(v);
	machine_done(mm);
	return r;
}

static void check_capture(const char *name, unsigned calls)
{
	struct trace *t = open_capture(name);
	struct result r, eager;

	if (!t)
		skip();
	r = replay(t, KMM_LINUX_6_1);
	trace_close(t);
	/* Rules that use freed addresses again at once do not pass. */
	t = open_capture(name);
	eager = replay(t, KMM_LINUX_2_6);
	trace_close(t);
	print_message("%s: %u of %u addresses equal (%u with 2.6's rules), %u frees, %u purges\n",
		      name, r.equal, r.calls, eager.equal, r.frees, (unsigned)r.purges);
	assert_int_equal(r.calls, calls);
	assert_int_equal(r.equal, r.calls);
	assert_int_equal(r.purges, 0);
	assert_true(eager.equal * 2 < r.calls);
}

static void test_files(void **state)
{
	(void)state;
	check_capture("amd64-6.1-files", 201);
}

static void test_numa(void **state)
{
	(void)state;
	check_capture("amd64-6.1-numa", 53);
}

static void test_exact(void **state)
{
	(void)state;
	check_capture("amd64-6.1-exact", 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_numa),
		cmocka_unit_test(test_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
