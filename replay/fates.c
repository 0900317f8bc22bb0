// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/fates.h"

#include <string.h>

/* Where a page is, and on whose list; KMM_CPUS: anybody's. */
struct whereabouts {
	enum fates_place at;
	unsigned cpu;
};

/* Orders that are looked for. */
struct put {
	const struct fates *f;
	bool (*waits)(const void *who, uint32_t first, uint32_t then);
	const void *who;
	unsigned found, most;
	uint8_t at[FATES_MOST];
	uint8_t *order;
};

bool fates_takes(const struct request *q)
{
	return q->sig.op == REQ_PAGE_ALLOC && q->sig.own_obs && !(q->sig.flags & REQ_FAILED);
}

/* The allocation of this refill stands before it, and has this page at once. */
static bool is_taken_at_once(const struct fates *f, const struct request *q)
{
	for (unsigned k = 0; k < f->n; k++)
		if (fates_takes(f->q[k]) && f->q[k]->slot == q->slot)
			return true;
	return false;
}

/* May this come next to a page that is at *w?  Then where it is behind it. */
static bool may_follow(const struct fates *f, const struct request *q, struct whereabouts *w)
{
	bool unknown = w->at == FATES_NOT_BUDDY, listed = w->at == FATES_ON_LIST || unknown;
	bool own = unknown || w->cpu == q->cpu || w->cpu == KMM_CPUS, ok;
	enum fates_place now = FATES_IN_USE;

	switch (q->sig.op) {
	case OBS_ZONE_LOCKED:
		ok = w->at == FATES_IN_BUDDY;
		now = is_taken_at_once(f, q) ? FATES_IN_USE : FATES_ON_LIST;
		break;
	case OBS_PCPU_DRAIN:
		ok = listed && (own || q->sig.aux != DRAIN_FREE);
		now = FATES_IN_BUDDY;
		break;
	case REQ_PAGE_FREE:
		ok = w->at == FATES_IN_USE || unknown;
		now = q->sig.flags & REQ_DIRECT ? FATES_IN_BUDDY : FATES_ON_LIST;
		break;
	default:
		if (fates_takes(q))
			return true;
		ok = listed && own;
		break;
	}
	*w = (struct whereabouts){ now, q->cpu };
	return ok;
}

/* Has a record of its CPU that stands before it not been put yet? */
static bool is_early(const struct fates *f, unsigned done, unsigned k)
{
	for (unsigned b = 0; b < k; b++)
		if (!(done >> b & 1) && f->q[b]->cpu == f->q[k]->cpu)
			return true;
	return false;
}

/* Does what it would come right behind, of another CPU, wait for it? */
static bool is_awaited(const struct put *x, unsigned n, unsigned k)
{
	const struct fates *f = x->f;

	while (n && fates_takes(f->q[x->at[n - 1]]))
		n--;
	return n && x->waits && f->q[x->at[n - 1]]->cpu != f->q[k]->cpu &&
	       x->waits(x->who, f->number[x->at[n - 1]], f->number[k]);
}

/* Put those that are not in `done` behind the first n of x->at[]. */
static void put_rest(struct put *x, unsigned done, struct whereabouts w, unsigned n)
{
	const struct fates *f = x->f;

	if (n == f->n) {
		if (!x->found++)
			memcpy(x->order, x->at, f->n);
		return;
	}
	for (unsigned k = 0; k < f->n && x->found < x->most; k++) {
		struct whereabouts then = w;

		x->at[n] = (uint8_t)k;
		if (done >> k & 1 || is_early(f, done, k) || !may_follow(f, f->q[k], &then) ||
		    is_awaited(x, n, k))
			continue;
		put_rest(x, done | 1u << k, then, n + 1);
		if (fates_takes(f->q[k])) /* it does nothing itself: anywhere else is the same */
			return;
	}
}

unsigned fates_order(const struct fates *f, enum fates_place start, unsigned most,
		     bool (*waits)(const void *who, uint32_t first, uint32_t then), const void *who,
		     uint8_t *order)
{
	struct put x = { .f = f, .waits = waits, .who = who, .most = most, .order = order };

	put_rest(&x, 0, (struct whereabouts){ start, KMM_CPUS }, 0);
	return x.found;
}
