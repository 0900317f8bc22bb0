// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kmap and kmap_local against a recording of Linux 6.1 on i386 with PAE: the
 * same calls must give the same addresses, and the pkmap window must be flushed
 * as often.  The first slot searched follows from the first address seen.
 */
#include "mm_machine.h"

#include "mm/kmm_highmem.h"
#include "trace/trace.h"

#define PAGE_STRUCT 40 /* bytes, i386 6.1 */
#define TASKS 32768
#define CPUS 2

struct pending {
	uint64_t want; /* what the model answered */
	kmm_pfn pfn;
	bool open;
};

struct counts {
	unsigned calls, equal;
};

static struct trace *open_capture(void)
{
	const char *dir = getenv("KMEMLAB_TRACES");
	static const char *const files[] = { "trace.dat", "trace.dat.gz" };
	struct trace *t = NULL;
	struct err e = { 0 };
	char path[512];

	for (unsigned i = 0; i < 2 && !t; i++) {
		snprintf(path, sizeof(path), "%s/i386-6.1-highmem/%s",
			 dir ? dir : "../shared/traces", files[i]);
		t = trace_open(path, NULL, &e);
	}
	return t;
}

static kmm_pfn pfn_of(uint64_t page, uint64_t base)
{
	assert_true(page >= base && (page - base) % PAGE_STRUCT == 0);
	return (kmm_pfn)((page - base) / PAGE_STRUCT);
}

/* Where struct page 0 is: a kmap_local and the kmap_local_pfn inside it name the same page. */
static uint64_t find_base(void)
{
	struct trace *t = open_capture();
	uint64_t page = 0, base = 0;
	struct err e = { 0 };
	struct event ev;

	if (!t)
		skip();
	while (!base && trace_next(t, &ev, &e) == 1) {
		if (ev.kind == EVENT_KMAP_LOCAL && ev.cpu == 0)
			page = ev.probe.addr;
		else if (ev.kind == EVENT_KMAP_LOCAL_PFN && ev.cpu == 0 && page)
			base = page - ev.probe.pfn * PAGE_STRUCT;
	}
	trace_close(t);
	assert_true(base != 0);
	return base;
}

static void answer(struct pending *p, uint64_t got, struct counts *c)
{
	if (!p->open)
		return;
	p->open = false;
	c->calls++;
	c->equal += p->want == got;
}

static void test_addresses(void **state)
{
	static struct pending high[TASKS], local[TASKS];
	struct counts kmap = { 0 }, temporary = { 0 };
	uint64_t base = find_base(), flushes = 0, unmaps = 0, refused = 0;
	struct kmm_highmem_config c;
	struct kmm_highmem_stats s;
	struct kmm_highmem *h;
	struct trace *t = open_capture();
	struct err e = { 0 };
	struct event ev;
	unsigned woken;
	char why[200];

	(void)state;
	/* kmap_high and kmap_local_pfn are called for high memory only. */
	kmm_highmem_config_init(&c, KMM_X86_32_PAE, KMM_LINUX_6_1, 0);
	c.cpus = CPUS;
	c.tasks = TASKS;
	h = kmm_highmem_create(&c);
	assert_non_null(h);
	while (trace_next(t, &ev, &e) == 1) {
		unsigned task = ev.pid > 0 ? (unsigned)ev.pid : 1 + ev.cpu;
		uint64_t addr = 0;

		/* Idle tasks share pid 0: one for each CPU. */
		if (task >= TASKS || ev.cpu >= CPUS)
			continue;
		switch (ev.kind) {
		case EVENT_KMAP_HIGH:
			high[task].pfn = pfn_of(ev.probe.addr, base);
			high[task].open = !kmm_kmap(h, task, true, high[task].pfn, &addr);
			high[task].want = addr;
			break;
		case EVENT_KMAP_HIGH_RET:
			answer(&high[task], ev.probe.addr, &kmap);
			break;
		case EVENT_KUNMAP_HIGH:
			kmm_kunmap(h, pfn_of(ev.probe.addr, base), &woken);
			break;
		case EVENT_FLUSH_ALL_ZERO_PKMAPS:
			flushes++;
			break;
		case EVENT_KMAP_LOCAL_PFN:
			local[task].open = !kmm_kmap_local(h, task, ev.cpu, (kmm_pfn)ev.probe.pfn,
							   &addr);
			local[task].want = addr;
			break;
		case EVENT_KMAP_LOCAL_PFN_RET:
			answer(&local[task], ev.probe.addr, &temporary);
			break;
		case EVENT_KUNMAP_LOCAL:
			/* Low pages and pkmap addresses pass through here, too. */
			if (ev.probe.addr < c.pkmap_base)
				break;
			unmaps++;
			refused += kmm_kunmap_local(h, task, ev.cpu, ev.probe.addr) != 0;
			break;
		default:
			break;
		}
	}
	trace_close(t);
	kmm_highmem_stats(h, &s);
	print_message("i386-6.1-highmem: kmap: %u of %u addresses equal, %u flushes (recorded %u); "
		      "kmap_local: %u of %u equal, %u of %u unmaps refused; deepest %u\n",
		      kmap.equal, kmap.calls, (unsigned)s.flushes, (unsigned)flushes,
		      temporary.equal, temporary.calls, (unsigned)refused, (unsigned)unmaps,
		      s.deepest);
	if (kmm_highmem_validate(h, why, sizeof(why)))
		fail_msg("%s", why);
	assert_int_equal(kmap.calls, 6422);
	assert_int_equal(kmap.equal, kmap.calls);
	assert_int_equal(s.flushes, flushes);
	assert_int_equal(temporary.calls, 223276);
	assert_int_equal(temporary.equal, temporary.calls);
	assert_int_equal(unmaps, temporary.calls);
	assert_int_equal(refused, 0);
	kmm_highmem_destroy(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_addresses) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
