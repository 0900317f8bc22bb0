// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/simulated_inside.h"

void simulated_touch(struct simulated *s, kmm_pfn pfn, unsigned order)
{
	view_touch(&s->touched, pfn, pfn + (1ull << order));
}

static void on_refill(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order, unsigned type, bool pcp)
{
	struct simulated *s = arg;

	(void)cpu, (void)type, (void)pcp;
	simulated_touch(s, pfn, order);
	s->stats.refills++;
}

static void on_drain(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order, unsigned type)
{
	struct simulated *s = arg;

	(void)type;
	simulated_touch(s, pfn, order);
	s->stats.drains++;
	s->unseen[cpu]++;
}

static void on_fallback(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order, unsigned found,
			unsigned type, unsigned from, bool owned)
{
	struct simulated *s = arg;

	(void)cpu;
	/* From 6.10 on no other event tells of a page that was stolen into a per-CPU list. */
	simulated_touch(s, pfn, order);
	s->stats.fallbacks++;
	fallbacks_add(&s->fallbacks, pfn, order, found, type, from, owned, s->time);
}

void simulated_own(struct simulated *s, kmm_pfn pfn, unsigned order, uint64_t mark)
{
	simulated_touch(s, pfn, order);
	kmm_set_frame_words(s->mm, pfn, order, mark);
}

static void on_page(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order, kmm_gfp gfp,
		    unsigned type)
{
	struct simulated *s = arg;

	(void)cpu, (void)gfp, (void)type;
	if (pfn == KMM_NO_PFN)
		return;
	simulated_touch(s, pfn, order);
	if (s->in_objects) {
		objects_saw_page(s->objects, pfn, order);
		s->objects_asked.pages_taken += 1ull << order;
	}
	if (s->in_sides) {
		simulated_own(s, pfn, order, OF_SIDES);
		sides_took(s->sides, pfn);
	}
}

static void on_free(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order)
{
	struct simulated *s = arg;

	(void)cpu;
	simulated_touch(s, pfn, order);
	if (s->in_sides)
		simulated_own(s, pfn, order, 0);
}

/* A page that no trace point tells of. */
void simulated_silent(void *arg, kmm_pfn pfn)
{
	on_page(arg, 0, pfn, 0, 0, 0);
}

static const struct kmm_observer watcher = {
	.mm_page_alloc = on_page,
	.mm_page_free = on_free,
	.mm_page_alloc_zone_locked = on_refill,
	.mm_page_pcpu_drain = on_drain,
	.mm_page_alloc_extfrag = on_fallback,
};

void simulated_watch(struct simulated *s)
{
	struct kmm_observer o = watcher;

	if (s->may_run_short)
		simulated_may_run_short(s, &o);
	kmm_observe(s->mm, &o, s);
}
