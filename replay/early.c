// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/early.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "workload/kmw.h"

#define MOST 64 /* tasks preempted on the way at one time; more are a mistake about the list */

void early_free(struct early *x)
{
	free(x->a);
	free(x->logged);
	free(x->ids);
	memset(x, 0, sizeof(*x));
}

void early_note_move(struct early *x, const struct early_move *m)
{
	if (x->count == x->room) {
		uint32_t room = x->room ? x->room * 2 : 64;
		struct early_move *more = realloc(x->a, room * sizeof(*more));

		if (!more) {
			x->no_memory = true;
			return;
		}
		x->a = more;
		x->room = room;
	}
	x->a[x->count++] = *m;
}

void early_note(struct early *x, const struct request *q, uint64_t from, uint64_t to, uint32_t rank,
		uint16_t cpu)
{
	struct early_move m = { .from = from, .to = to, .rank = rank, .q = *q };

	m.q.cpu = cpu;
	early_note_move(x, &m);
}

static int by_to(const void *pa, const void *pb)
{
	const struct early_move *a = pa, *b = pb;

	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

/* Would n more from `at` on make more moves into the numbers of one block than its readers have room for? */
static bool is_full(const struct early *x, uint32_t kept, uint32_t n, uint32_t at)
{
	return kept + n > KMW_BLOCK_RECORDS &&
	       x->a[at].to - x->a[kept + n - 1 - KMW_BLOCK_RECORDS].to < KMW_BLOCK_RECORDS;
}

/* Groups of more than MOST go, and those that there is no room for. */
static void thin(struct early *x)
{
	uint32_t kept = 0;

	for (uint32_t i = 0, n; i < x->count; i += n) {
		for (n = 1; i + n < x->count && x->a[i + n].to == x->a[i].to;)
			n++;
		if (n > MOST || is_full(x, kept, n, i))
			continue;
		memmove(&x->a[kept], &x->a[i], n * sizeof(*x->a));
		kept += n;
	}
	x->count = kept;
}

/* qsort() hands no context to its comparison: the numbers stand beside the places. */
struct logged {
	uint64_t from;
	uint32_t at;
};

static int by_from(const void *pa, const void *pb)
{
	const struct logged *a = pa, *b = pb;

	return a->from < b->from ? -1 : a->from > b->from;
}

static int by_number(const void *pa, const void *pb)
{
	const struct early_id *a = pa, *b = pb;

	return a->number < b->number ? -1 : a->number > b->number;
}

uint32_t early_slot(const struct early *x, uint64_t number)
{
	uint32_t lo = 0, hi = x->id_count;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (x->ids[mid].number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < x->id_count && x->ids[lo].number == number ? x->ids[lo].slot : NO_SLOT;
}

/* Allocations that are moved have ids of their own, and those whose free is. */
static void give_ids(struct early *x, uint32_t slot)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < x->count; i++)
		if (x->a[i].q.sig.op != REQ_PAGE_FREE) {
			x->a[i].q.slot = slot + i;
			x->ids[n++] = (struct early_id){ x->a[i].from, slot + i };
		}
	if (n)
		qsort(x->ids, n, sizeof(*x->ids), by_number);
	x->id_count = n;
	for (uint32_t i = 0; i < x->count; i++) {
		struct early_move *m = &x->a[i];

		if (m->q.sig.op != REQ_PAGE_FREE || !m->alloc)
			continue;
		m->q.slot = early_slot(x, m->alloc - 1);
		if (m->q.slot == NO_SLOT) {
			m->q.slot = slot + i;
			x->ids[n++] = (struct early_id){ m->alloc - 1, slot + i };
		}
	}
	if (n)
		qsort(x->ids, n, sizeof(*x->ids), by_number);
	x->id_count = n;
}

void early_settle(struct early *x, uint32_t slot)
{
	struct logged *l;

	if (x->count)
		qsort(x->a, x->count, sizeof(*x->a), by_to);
	thin(x);
	l = malloc((x->count + 1) * sizeof(*l));
	x->logged = malloc((x->count + 1) * sizeof(*x->logged));
	x->ids = malloc((x->count + 1) * sizeof(*x->ids));
	x->no_memory |= !l || !x->logged || !x->ids;
	if (x->no_memory) {
		free(l);
		x->count = 0;
		return;
	}
	give_ids(x, slot);
	for (uint32_t i = 0; i < x->count; i++)
		l[i] = (struct logged){ x->a[i].from, i };
	if (x->count)
		qsort(l, x->count, sizeof(*l), by_from);
	for (uint32_t i = 0; i < x->count; i++)
		x->logged[i] = l[i].at;
	free(l);
}

void early_rewind(struct early *x)
{
	x->moved = x->dropped = 0;
	memset(&x->rest, 0, sizeof(x->rest));
}

/* What stood in a record that is read elsewhere belongs to the next one. */
static void hand_on(struct request *rest, struct request *q)
{
	if (!q->kswapd_ends)
		q->kswapd_ends = rest->kswapd_ends;
	if (!q->pcp_batch)
		q->pcp_batch = rest->pcp_batch;
	if (!q->silent.count)
		q->silent = rest->silent;
	if (rest->gone_count) {
		q->gone = rest->gone;
		q->gone_count = (uint16_t)(q->gone_count + rest->gone_count);
	}
	memset(rest, 0, sizeof(*rest));
}

int early_apply(struct early *x, struct request *q, uint32_t n, uint64_t first)
{
	struct request *in;
	uint32_t out = 0;

	if (!x->logged)
		return (int)n;
	if ((x->moved == x->count || x->a[x->moved].to >= first + n) &&
	    (x->dropped == x->count || x->a[x->logged[x->dropped]].from >= first + n) &&
	    !x->rest.kswapd_ends && !x->rest.pcp_batch && !x->rest.silent.count &&
	    !x->rest.gone_count)
		return (int)n;
	in = malloc(n * sizeof(*in));
	if (!in)
		return -ENOMEM;
	memcpy(in, q, n * sizeof(*in));
	for (uint32_t i = 0; i < n; i++) {
		for (; x->moved < x->count && x->a[x->moved].to == first + i; x->moved++) {
			q[out] = x->a[x->moved].q;
			q[out].kswapd_ends = 0;
			q[out].pcp_batch = 0;
			q[out].silent.count = 0;
			q[out].gone_count = 0;
			q[out++].time = in[i].time;
		}
		if (x->dropped < x->count && x->a[x->logged[x->dropped]].from == first + i) {
			x->dropped++;
			hand_on(&in[i], &x->rest);
			continue;
		}
		hand_on(&x->rest, &in[i]);
		q[out++] = in[i];
	}
	free(in);
	return (int)out;
}
