// SPDX-License-Identifier: GPL-2.0-or-later
/* silent_end: what the snapshot after the workload tells of pages that no event followed. */
#include <errno.h>
#include <stdlib.h>

#include "replay/silent_inside.h"

#define KPF_BUDDY (1ull << 10)

int silent_after(struct silent *s, const struct machine_state *after, uint64_t number)
{
	bool *listed = calloc(s->m->max_pfn + 1, sizeof(*listed));

	if (!listed)
		return -ENOMEM;
	s->over = number;
	torn_end(s);
	for (uint32_t i = 0; i < after->list_count; i++) {
		const struct machine_list *l = &after->lists[i];

		for (uint32_t n = 0; n < l->count; n++)
			for (uint32_t p = after->list_pfns[l->first + n], k = 0;
			     k < 1u << l->order && p + k < s->m->max_pfn; k++)
				listed[p + k] = true;
	}
	for (uint32_t p = 0; p < s->m->max_pfn; p++) {
		struct silent_frame *f = &s->f[p];
		/* Freed to a list of which it is not known which of the CPU's it was. */
		bool somewhere = !f->list && !f->candidate && f->freed & FREED_AT;

		if (listed[p] || (!f->list && !somewhere))
			continue;
		if (f->list)
			silent_remove(s, p);
		silent_recognise(s, p, 0, number);
	}
	free(listed);
	return 0;
}

/*
 * The snapshot has a page in the free lists that may have gone past its list, though nothing has drained it: it has
 * done so.  Or it has one on a CPU's list that was believed to have gone past that: it has not.
 */
static void tell_past(struct silent *s, const struct machine_state *after)
{
	for (uint32_t i = 0; i < after->list_count; i++) {
		const struct machine_list *l = &after->lists[i];
		bool past = l->cpu < 0;

		for (uint32_t n = 0; n < l->count; n++)
			for (uint32_t p = after->list_pfns[l->first + n], k = 0;
			     k < (past ? 1u << l->order : 1) && p + k < s->m->max_pfn; k++) {
				const struct silent_frame *f = &s->f[p + k];
				uint32_t freed = f->freed & FREED_AT;

				if (f->list && f->freed & MAY_HAVE_PASSED && freed &&
				    freed <= s->over && past != !!(f->freed & SAYS_PAST))
					taken_past(&s->taken, freed - 1);
			}
	}
}

/* What the snapshot has on a CPU's list, or on one of any kind, was not taken. */
static void acquit(struct silent *s, const struct machine_state *after, bool of_cpus)
{
	for (uint32_t i = 0; i < after->list_count; i++) {
		const struct machine_list *l = &after->lists[i];

		for (uint32_t n = 0; n < l->count && (!of_cpus || l->cpu >= 0); n++)
			for (uint32_t k = 0; k < 1u << l->order; k++)
				if (after->list_pfns[l->first + n] + k < s->m->max_pfn)
					s->f[after->list_pfns[l->first + n] + k].candidate = 0;
	}
}

/* A snapshot without lists shows at least what the buddy lists had. */
static void acquit_by_map(struct silent *s, const struct machine_state *after)
{
	for (uint64_t p = 0; p < s->m->max_pfn && p < after->kpageflags_len; p++)
		if (after->kpageflags[p] & KPF_BUDDY)
			s->f[p].candidate = 0;
}

/* Frees in an interrupt whose pages nobody has seen again. */
static void went_past(struct silent *s)
{
	for (uint64_t p = 0; p < s->m->max_pfn; p++)
		if (silent_is_suspect(&s->f[p]) && s->f[p].freed & MAY_HAVE_PASSED) {
			if (!(s->f[p].freed & SAYS_PAST))
				taken_past(&s->taken, (s->f[p].freed & FREED_AT) - 1);
			s->f[p].candidate = 0;
		}
}

int silent_end(struct silent *s, const struct machine_state *after, struct err *e)
{
	torn_end(s);
	/* What has come to a CPU's list did not go past it. */
	if (after && after->have_lists)
		acquit(s, after, true);
	went_past(s);
	if (after && after->have_lists) {
		tell_past(s, after);
		acquit(s, after, false);
	} else if (after && after->have_kpageflags)
		acquit_by_map(s, after);
	for (uint64_t p = 0; p < s->m->max_pfn; p++)
		if (s->f[p].candidate && !silent_may_have_moved(s, (uint32_t)p))
			silent_went(s, (uint32_t)p);
	return taken_end(&s->taken, s->m->cpus) < 0 ?
		       err_set(e, ENOMEM, "out of memory for the pages taken silently") :
		       0;
}
