// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/ties.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MOST 4096 /* records of one time that are looked at; more stay as they are */

static bool is_take(const struct tie *t)
{
	return t->take.first != KMM_NO_PFN;
}

static bool same_list(const struct take *a, const struct take *b)
{
	return a->type == b->type && a->order == b->order;
}

static int hand_on(struct ties *x, struct tie *t)
{
	t->done = true;
	ties_note(x, &t->take);
	return x->put(x->arg, t);
}

/* ---- who came first ---- */

/* A drain of this very page by another CPU, not handed on yet; or 0. */
static uint32_t drain_of(const struct ties *x, uint32_t i)
{
	const struct tie *t = &x->t[i];

	for (uint32_t j = i + 1; j < x->count; j++) {
		const struct request *r = &x->t[j].r;

		if (!x->t[j].done && r->cpu != t->r.cpu && r->sig.op == OBS_PCPU_DRAIN &&
		    t->take.first - r->pfn < 1u << r->sig.order)
			return j;
	}
	return 0;
}

/* A refill of another CPU that came before this one; or 0. */
static uint32_t refill_before(const struct ties *x, uint32_t i)
{
	const struct take *t = &x->t[i].take;
	uint32_t end = x->end[t->type][t->order];

	if (t->first == end)
		return 0;
	for (uint32_t j = i + 1; j < x->count; j++) {
		const struct tie *o = &x->t[j];

		if (!o->done && o->r.cpu != x->t[i].r.cpu && is_take(o) && same_list(&o->take, t) &&
		    (o->take.first == end || o->take.end == t->first))
			return j;
	}
	return 0;
}

/* Is the page among those that the operation at i drains? */
static bool drains(const struct ties *x, uint32_t i, uint32_t pfn, bool *any, unsigned type)
{
	for (uint32_t j = i + 1; j < x->count; j++) {
		const struct request *r = &x->t[j].r;

		if (r->cpu != x->t[i].r.cpu)
			continue;
		if (r->sig.op != OBS_PCPU_DRAIN)
			break;
		*any |= r->sig.type == type;
		if (pfn - r->pfn < 1u << r->sig.order)
			return true;
	}
	return false;
}

/* The operation at i drains; a refill of another CPU that did not get what it drained; or 0. */
static uint32_t refill_untouched(const struct ties *x, uint32_t i)
{
	bool free = x->t[i].r.sig.op == REQ_PAGE_FREE;

	for (uint32_t j = i + 1; free && j < x->count; j++) {
		const struct tie *o = &x->t[j];
		bool any = false;

		if (o->done || o->r.cpu == x->t[i].r.cpu || !is_take(o))
			continue;
		return !drains(x, i, o->take.first, &any, o->take.type) && any ? j : 0;
	}
	return 0;
}

/* The last free of another CPU that put this page where the drain at i found it; or 0. */
static uint32_t free_of(const struct ties *x, uint32_t i)
{
	const struct request *r = &x->t[i].r;

	for (uint32_t j = x->count - 1; j > i; j--)
		if (!x->t[j].done && x->t[j].r.cpu != r->cpu && x->t[j].freed == r->pfn)
			return j;
	return 0;
}

static uint32_t before(const struct ties *x, uint32_t i)
{
	const struct request *r = &x->t[i].r;
	uint32_t j;

	if (r->sig.op == OBS_PCPU_DRAIN)
		return r->sig.aux == DRAIN_ALL || r->sig.aux == DRAIN_ZONE ? free_of(x, i) : 0;
	if (!is_take(&x->t[i]))
		return refill_untouched(x, i);
	j = drain_of(x, i);
	return j ? j : refill_before(x, i);
}

/* ---- taking one forward ---- */

static bool releases(const struct request *r)
{
	return r->slot != NO_SLOT &&
	       (r->sig.op == REQ_PAGE_FREE || r->sig.op == REQ_OBJ_FREE ||
		r->sig.op == REQ_PERCPU_FREE || r->sig.op == REQ_VFREE || r->sig.op == REQ_KUNMAP);
}

/* Does the record at k need what the record at n, of another CPU, gives? */
static bool needs(const struct ties *x, uint32_t k, uint32_t n)
{
	const struct request *r = &x->t[k].r, *o = &x->t[n].r;

	if (releases(r))
		return o->slot == r->slot && !request_is_observation(o);
	if (r->sig.op == OBS_ZONE_LOCKED)
		return o->sig.op == OBS_PCPU_DRAIN && r->pfn - o->pfn < 1u << o->sig.order;
	return r->sig.op == OBS_PCPU_DRAIN && x->t[n].freed == r->pfn;
}

/* All of its CPU that stands before it comes along; what that needs must be there already. */
static bool may_come(const struct ties *x, uint32_t i, uint32_t j)
{
	uint16_t cpu = x->t[j].r.cpu;

	for (uint32_t k = i; k < x->count; k++) {
		if (x->t[k].done || x->t[k].r.cpu != cpu)
			continue;
		if (k > j && !request_is_observation(&x->t[k].r))
			break;
		for (uint32_t n = i; n < k; n++)
			if (!x->t[n].done && x->t[n].r.cpu != cpu && needs(x, k, n))
				return false;
	}
	return true;
}

static int bring(struct ties *x, uint32_t i, uint32_t j)
{
	uint16_t cpu = x->t[j].r.cpu;
	int ret = 0;

	for (uint32_t k = i; k <= j && ret >= 0; k++)
		if (!x->t[k].done && x->t[k].r.cpu == cpu)
			ret = hand_on(x, &x->t[k]);
	for (uint32_t k = j + 1; k < x->count && ret >= 0; k++) {
		if (x->t[k].r.cpu != cpu)
			continue;
		if (!request_is_observation(&x->t[k].r))
			break;
		if (!x->t[k].done)
			ret = hand_on(x, &x->t[k]);
	}
	x->turned++;
	return ret;
}

/* ---- a time is over ---- */

static bool several_cpus(const struct ties *x)
{
	for (uint32_t i = 1; i < x->count; i++)
		if (x->t[i].r.cpu != x->t[0].r.cpu)
			return true;
	return false;
}

int ties_flush(struct ties *x)
{
	bool order = x->count > 1 && x->count <= MOST && several_cpus(x);
	int ret = 0;

	for (uint32_t i = 0; i < x->count && ret >= 0;) {
		uint32_t j;

		if (x->t[i].done) {
			i++;
			continue;
		}
		j = order ? before(x, i) : 0;
		if (j && may_come(x, i, j)) {
			/* Whoever comes before that one goes first of all. */
			uint32_t k = before(x, j);

			ret = bring(x, i, k && !x->t[k].done && may_come(x, i, k) ? k : j);
		} else {
			ret = hand_on(x, &x->t[i++]);
		}
	}
	x->count = 0;
	return ret;
}

int ties_add(struct ties *x, const struct tie *t)
{
	int ret = 0;

	if (x->count && x->t[0].r.time != t->r.time)
		ret = ties_flush(x);
	if (ret < 0)
		return ret;
	if (x->count == x->room) {
		uint32_t room = x->room ? x->room * 2 : 256;
		struct tie *more = realloc(x->t, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		x->t = more;
		x->room = room;
	}
	x->t[x->count++] = *t;
	return 0;
}

void ties_init(struct ties *x, int (*put)(void *arg, const struct tie *t), void *arg)
{
	memset(x, 0, sizeof(*x));
	memset(x->end, 0xff, sizeof(x->end));
	x->put = put;
	x->arg = arg;
}

void ties_free(struct ties *x)
{
	free(x->t);
	memset(x, 0, sizeof(*x));
}
