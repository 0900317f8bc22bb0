// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/turns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void turns_free(struct turns *t)
{
	free(t->groups);
	free(t->orders);
	memset(t, 0, sizeof(*t));
}

int turns_add(struct turns *t, uint64_t first, uint32_t n, const uint16_t *order)
{
	if (t->count == t->room) {
		uint64_t room = t->room ? t->room * 2 : 64;
		struct turns_group *more = realloc(t->groups, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		t->groups = more;
		t->room = room;
	}
	if (t->order_count + n > t->order_room) {
		uint64_t room = (t->order_count + n) * 2;
		uint16_t *more = realloc(t->orders, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		t->orders = more;
		t->order_room = room;
	}
	memcpy(t->orders + t->order_count, order, n * sizeof(*order));
	t->groups[t->count++] = (struct turns_group){ first, n, (uint32_t)t->order_count };
	t->order_count += n;
	return 0;
}

/* ---- moves besides groups ---- */

/* Groups and moves that have records in common, from the next of each on. */
struct cluster {
	uint64_t first, end;
	uint64_t group, groups, move, moves;
};

/* The first of those left, and all that reach into what it became. */
static struct cluster next_cluster(const struct turns *t, uint64_t group,
				   const struct turns_move *m, uint64_t move, uint64_t n)
{
	struct cluster c = { .group = group, .move = move, .first = UINT64_MAX };
	bool more = true;

	if (group < t->count)
		c.first = t->groups[group].first;
	if (move < n && m[move].from < c.first)
		c.first = m[move].from;
	c.end = c.first + 1;
	while (more) {
		more = false;
		for (; c.group + c.groups < t->count; c.groups++, more = true) {
			const struct turns_group *g = &t->groups[c.group + c.groups];

			if (g->first >= c.end)
				break;
			if (g->first + g->count > c.end)
				c.end = g->first + g->count;
		}
		for (; c.move + c.moves < n && m[c.move + c.moves].from < c.end;
		     c.moves++, more = true)
			if (m[c.move + c.moves].behind >= c.end)
				c.end = m[c.move + c.moves].behind + 1;
	}
	return c;
}

static uint32_t place_of(const uint16_t *at, uint32_t n, uint16_t what)
{
	uint32_t i = 0;

	while (i < n && at[i] != what)
		i++;
	return i;
}

/* What stands for place `from` comes right behind what stands for place `behind`. */
static void move_one(uint16_t *at, uint32_t n, uint16_t from, uint16_t behind)
{
	uint32_t a = place_of(at, n, from), b = place_of(at, n, behind);

	if (a >= b || b == n)
		return;
	memmove(at + a, at + a + 1, (b - a) * sizeof(*at));
	at[b] = from;
}

static int put_cluster(struct turns *to, const struct turns *t, const struct cluster *c,
		       const struct turns_move *m, uint16_t *at, uint16_t *order)
{
	uint32_t n = (uint32_t)(c->end - c->first);

	for (uint32_t i = 0; i < n; i++)
		at[i] = order[i] = (uint16_t)i;
	for (uint64_t i = c->group; i < c->group + c->groups; i++) {
		const struct turns_group *g = &t->groups[i];
		uint32_t first = (uint32_t)(g->first - c->first);

		for (uint32_t k = 0; k < g->count; k++)
			order[first + k] = (uint16_t)(first + t->orders[g->order + k]);
	}
	for (uint64_t i = c->move; i < c->move + c->moves; i++)
		move_one(at, n, (uint16_t)(m[i].from - c->first),
			 (uint16_t)(m[i].behind - c->first));
	for (uint32_t i = 0; i < n; i++)
		at[i] = order[at[i]];
	return turns_add(to, c->first, n, at);
}

/* Too wide to be one group: its moves go, its groups stay. */
static int put_groups(struct turns *to, const struct turns *t, const struct cluster *c)
{
	int ret = 0;

	for (uint64_t i = c->group; i < c->group + c->groups && !ret; i++)
		ret = turns_add(to, t->groups[i].first, t->groups[i].count,
				t->orders + t->groups[i].order);
	return ret;
}

int turns_move(struct turns *t, const struct turns_move *m, uint64_t n)
{
	uint16_t *room = malloc(2 * TURNS_MOST * sizeof(*room));
	struct turns to = { 0 };
	uint64_t group = 0, move = 0;
	int ret = room ? 0 : -ENOMEM;

	while (!ret && (group < t->count || move < n)) {
		struct cluster c;

		while (move < n && m[move].behind - m[move].from >= TURNS_MOST)
			move++;
		if (group == t->count && move == n)
			break;
		c = next_cluster(t, group, m, move, n);
		if (c.end - c.first <= TURNS_MOST)
			ret = put_cluster(&to, t, &c, m, room, room + TURNS_MOST);
		else
			ret = put_groups(&to, t, &c);
		group += c.groups;
		move += c.moves;
	}
	free(room);
	if (ret) {
		turns_free(&to);
		return ret;
	}
	turns_free(t);
	*t = to;
	return 0;
}

/* ---- reading ---- */

/* Do the records about each id keep their turns? */
static bool keeps_ids(const struct request *q, const uint16_t *order, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (order[i] >= i || q[order[i]].slot == NO_SLOT)
			continue;
		for (uint32_t k = 0; k < i; k++)
			if (order[k] > order[i] && q[order[k]].slot == q[order[i]].slot)
				return false;
	}
	return true;
}

int turns_apply(const struct turns *t, uint64_t group, struct request *q)
{
	const struct turns_group *g = &t->groups[group];
	const uint16_t *order = t->orders + g->order;
	struct request *copy;
	uint8_t ends = q[0].kswapd_ends;

	if (!keeps_ids(q, order, g->count))
		return 0;
	copy = malloc(g->count * sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	memcpy(copy, q, g->count * sizeof(*copy));
	copy[0].kswapd_ends = 0;
	for (uint32_t i = 0; i < g->count; i++)
		q[i] = copy[order[i]];
	if (ends)
		q[0].kswapd_ends = ends;
	free(copy);
	return 0;
}
