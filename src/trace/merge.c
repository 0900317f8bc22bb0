// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int merge_init(struct merge *m, uint32_t rings)
{
	memset(m, 0, sizeof(*m));
	m->rings = calloc((size_t)rings + 1, sizeof(*m->rings));
	m->heap = calloc((size_t)rings + 1, sizeof(*m->heap));
	if (!m->rings || !m->heap)
		return -ENOMEM;
	m->count = rings;
	return 0;
}

void merge_free(struct merge *m)
{
	for (uint32_t i = 0; i < m->count; i++)
		ring_close(&m->rings[i]);
	free(m->rings);
	free(m->heap);
	memset(m, 0, sizeof(*m));
}

static bool before(const struct merge_entry *a, const struct merge_entry *b)
{
	return a->time != b->time ? a->time < b->time : a->ring < b->ring;
}

static void sift_down(struct merge *m)
{
	struct merge_entry moved = m->heap[0];
	uint32_t at = 0, child;

	while ((child = 2 * at + 1) < m->waiting) {
		if (child + 1 < m->waiting && before(&m->heap[child + 1], &m->heap[child]))
			child++;
		if (!before(&m->heap[child], &moved))
			break;
		m->heap[at] = m->heap[child];
		at = child;
	}
	m->heap[at] = moved;
}

void merge_add(struct merge *m, uint32_t ring)
{
	struct merge_entry moved = { m->rings[ring].time, ring };
	uint32_t at = m->waiting++;

	while (at && before(&moved, &m->heap[(at - 1) / 2])) {
		m->heap[at] = m->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	m->heap[at] = moved;
}

int merge_switch(struct merge *m, int ret)
{
	if (ret < 0) {
		m->current = NULL;
		return ret;
	}
	if (ret == 0) {
		m->current = NULL;
		if (!m->waiting)
			return 0;
		m->current = &m->rings[m->heap[0].ring];
		m->heap[0] = m->heap[--m->waiting];
		sift_down(m);
	} else if (m->waiting) {
		struct merge_entry mine = { m->current->time, (uint32_t)(m->current - m->rings) };

		if (before(&m->heap[0], &mine)) {
			m->current = &m->rings[m->heap[0].ring];
			m->heap[0] = mine;
			sift_down(m);
		}
	}
	/* A ring with a lower number goes first where times are equal. */
	m->limit = UINT64_MAX;
	if (m->waiting)
		m->limit = m->heap[0].time + (m->current < &m->rings[m->heap[0].ring] &&
					      m->heap[0].time != UINT64_MAX);
	return 1;
}
