// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/isolated.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void isolated_init(struct isolated *t, const struct machine *m)
{
	memset(t, 0, sizeof(*t));
	t->whole = m->kernel_major > 6 || (m->kernel_major == 6 && m->kernel_minor >= 9);
}

void isolated_free(struct isolated *t)
{
	free(t->block);
	free(t->used);
	*t = (struct isolated){ .whole = t->whole };
}

void isolated_clear(struct isolated *t)
{
	t->blocks = t->pages = t->behind = t->used_count = t->used_at = 0;
}

/* Room for n entries at least. */
static int reserve(struct isolated_block **a, uint32_t *room, uint32_t n)
{
	struct isolated_block *more;

	if (n <= *room)
		return 0;
	more = realloc(*a, 2ull * n * sizeof(*more));
	if (!more)
		return -ENOMEM;
	*a = more;
	*room = 2 * n;
	return 0;
}

int isolated_copy(struct isolated *t, const struct isolated *from)
{
	uint32_t blocks = from->blocks + from->behind;

	if (reserve(&t->block, &t->room, blocks) ||
	    reserve(&t->used, &t->used_room, from->used_count))
		return -ENOMEM;
	if (blocks)
		memcpy(t->block, from->block, blocks * sizeof(*t->block));
	if (from->used_count)
		memcpy(t->used, from->used, from->used_count * sizeof(*t->used));
	t->blocks = from->blocks;
	t->pages = from->pages;
	t->behind = from->behind;
	t->used_count = from->used_count;
	t->used_at = from->used_at;
	return 0;
}

int isolated_add(struct isolated *t, uint32_t pfn, unsigned order)
{
	if (reserve(&t->block, &t->room, t->blocks + (t->whole ? 1 : 1u << order)))
		return -ENOMEM;
	t->pages += 1u << order;
	t->behind = 0;
	if (t->whole) {
		memmove(t->block + 1, t->block, t->blocks * sizeof(*t->block));
		t->block[0] = (struct isolated_block){ pfn, (uint8_t)order };
		t->blocks++;
		return 0;
	}
	for (uint32_t i = 0; i < 1u << order; i++)
		t->block[t->blocks++] = (struct isolated_block){ pfn + i, 0 };
	return 0;
}

/* The head of a list; blocks if it is empty. */
static uint32_t head(const struct isolated *t, unsigned order)
{
	uint32_t i = t->blocks;

	while (i && t->block[i - 1].order != order)
		i--;
	return i ? i - 1 : t->blocks;
}

static uint32_t take(struct isolated *t, uint32_t i)
{
	uint32_t pfn = t->block[i].pfn;

	t->pages -= 1u << t->block[i].order;
	memmove(t->block + i, t->block + i + 1, (t->blocks - i - 1) * sizeof(*t->block));
	t->blocks--;
	return pfn;
}

static uint32_t split(struct isolated *t, unsigned order)
{
	unsigned have = order;
	uint32_t i = t->blocks, pfn;

	while (have < KMM_ORDERS && (i = head(t, have)) == t->blocks)
		have++;
	if (i == t->blocks || reserve(&t->block, &t->room, t->blocks + have))
		return KMM_NO_PFN;
	pfn = take(t, i);
	while (have-- > order) {
		t->block[t->blocks++] = (struct isolated_block){ pfn + (1u << have),
								 (uint8_t)have };
		t->pages += 1u << have;
	}
	return pfn;
}

int isolated_exhaust(struct isolated *t)
{
	if (!t->whole)
		return 0;
	if (reserve(&t->used, &t->used_room, t->used_count + t->pages))
		return -ENOMEM;
	for (uint32_t pfn; (pfn = split(t, 0)) != KMM_NO_PFN;)
		t->used[t->used_count++] = (struct isolated_block){ pfn, 0 };
	return 0;
}

uint32_t isolated_next(struct isolated *t, unsigned order)
{
	uint32_t pfn;

	if (!order && t->used_at < t->used_count)
		return t->used[t->used_at++].pfn;
	pfn = split(t, order);
	t->behind += !t->whole && pfn != KMM_NO_PFN;
	return pfn;
}

void isolated_take_back(struct isolated *t, uint32_t pfn)
{
	uint32_t n = 1;

	while (n <= t->behind && t->block[t->blocks + n - 1].pfn != pfn)
		n++;
	if (n > t->behind)
		return;
	t->blocks += n;
	t->pages += n;
	t->behind -= n;
}

int isolated_settle(struct isolated *t)
{
	uint32_t left = t->used_count - t->used_at;

	if (reserve(&t->block, &t->room, t->blocks + left))
		return -ENOMEM;
	if (left)
		memcpy(t->block + t->blocks, t->used + t->used_at, left * sizeof(*t->block));
	t->blocks += left;
	t->pages += left;
	t->used_count = t->used_at = 0;
	return 0;
}

uint32_t isolated_give_back(struct isolated *t, unsigned order)
{
	uint32_t i = head(t, order);

	t->behind = 0;
	return i == t->blocks ? KMM_NO_PFN : take(t, i);
}
