// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/nametest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "workload/attribution.h"

/* Frees of one name, of objects from one call site and of one size. */
struct seen {
	uint64_t site;
	uint32_t bytes_req, bytes_alloc, cache;
	uint64_t learned, hidden;
};

struct pass {
	struct seen *seen;
	uint32_t count;
	struct map index;
	struct {
		uint64_t site;
		uint32_t bytes_req, bytes_alloc;
		bool live, hidden;
	} * slots;
	uint32_t room;
};

int nametest_by_sizes(const struct machine *m, uint32_t bytes_req, uint32_t bytes_alloc)
{
	int found = -1;

	for (uint32_t i = 0; i < m->slab_count; i++) {
		const struct machine_slab *x = &m->slabs[i];

		if (x->object_size != bytes_req || x->size != bytes_alloc ||
		    attribution_is_kmalloc(x->name))
			continue;
		if (found >= 0)
			return -1;
		found = (int)i;
	}
	return found;
}

static int see(struct pass *p, uint32_t slot, uint32_t cache)
{
	uint64_t key = p->slots[slot].site * 31 + p->slots[slot].bytes_alloc;
	uint32_t n;

	key = (key * 1000003 + p->slots[slot].bytes_req) * 1000003 + cache;
	n = map_get(&p->index, key);
	if (n == MAP_NONE) {
		if (!(p->count & (p->count - 1))) {
			struct seen *more = realloc(p->seen, (p->count ? p->count * 2ull : 1) *
								     sizeof(*more));

			if (!more)
				return -ENOMEM;
			p->seen = more;
		}
		n = p->count++;
		p->seen[n] = (struct seen){ p->slots[slot].site,
					    p->slots[slot].bytes_req,
					    p->slots[slot].bytes_alloc,
					    cache,
					    0,
					    0 };
		if (map_put(&p->index, key, n))
			return -ENOMEM;
	}
	if (p->slots[slot].hidden)
		p->seen[n].hidden++;
	else
		p->seen[n].learned++;
	return 0;
}

static int record(struct pass *p, const struct request *q)
{
	if (q->slot == NO_SLOT || (q->sig.op != REQ_OBJ_ALLOC && q->sig.op != REQ_OBJ_FREE))
		return 0;
	if (q->slot >= p->room) {
		uint32_t n = q->slot + q->slot / 2 + 1024;
		void *more = realloc(p->slots, n * sizeof(*p->slots));

		if (!more)
			return -ENOMEM;
		p->slots = more;
		memset(p->slots + p->room, 0, (n - p->room) * sizeof(*p->slots));
		p->room = n;
	}
	if (q->sig.op == REQ_OBJ_ALLOC) {
		p->slots[q->slot].site = q->sig.site;
		p->slots[q->slot].bytes_req = q->sig.bytes_req;
		p->slots[q->slot].bytes_alloc = q->sig.bytes_alloc;
		p->slots[q->slot].hidden = q->seq * 0x9e3779b97f4a7c15ull >> 63;
		p->slots[q->slot].live = true;
		return 0;
	}
	if (!p->slots[q->slot].live)
		return 0;
	p->slots[q->slot].live = false;
	return q->sig.cache && !(q->sig.flags & REQ_IMPLIED) ? see(p, q->slot, q->sig.cache) : 0;
}

/* What would be said of objects from this site and of these sizes; 0: nothing. */
static uint32_t guess(const struct pass *p, const struct seen *x, const struct machine *m,
		      const struct intern *strings)
{
	uint32_t best = 0;
	uint64_t most = 0;
	int n;

	for (uint32_t i = 0; i < p->count; i++) {
		const struct seen *y = &p->seen[i];

		if (y->site == x->site && y->bytes_req == x->bytes_req &&
		    y->bytes_alloc == x->bytes_alloc && y->learned > most) {
			most = y->learned;
			best = y->cache;
		}
	}
	if (best)
		return best;
	n = nametest_by_sizes(m, x->bytes_req, x->bytes_alloc);
	if (n < 0)
		return 0;
	best = intern_find(strings, m->slabs[n].name, strlen(m->slabs[n].name));
	/* A cache that no event names is none of those that are asked about. */
	return best == UINT32_MAX ? 0 : best;
}

static struct nametest_row *row_of(struct nametest *t, uint32_t cache)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (t->rows[i].cache == cache)
			return &t->rows[i];
	t->rows[t->count].cache = cache;
	return &t->rows[t->count++];
}

static int by_objects(const void *a, const void *b)
{
	const struct nametest_row *x = a, *y = b;

	if (x->objects != y->objects)
		return x->objects < y->objects ? 1 : -1;
	return x->cache < y->cache ? -1 : x->cache > y->cache;
}

static int compare(struct nametest *t, const struct pass *p, const struct machine *m,
		   const struct intern *strings, struct err *e)
{
	t->rows = calloc(p->count + 1ull, sizeof(*t->rows));
	if (!t->rows)
		return err_set(e, ENOMEM, "out of memory");
	for (uint32_t i = 0; i < p->count; i++) {
		const struct seen *x = &p->seen[i];
		struct nametest_row *row;
		uint32_t said;

		if (!x->hidden)
			continue;
		said = guess(p, x, m, strings);
		row = row_of(t, x->cache);
		row->objects += x->hidden;
		*(said == x->cache ? &row->right : said ? &row->wrong : &row->unknown) += x->hidden;
	}
	for (uint32_t i = 0; i < t->count; i++) {
		t->objects += t->rows[i].objects;
		t->right += t->rows[i].right;
		t->wrong += t->rows[i].wrong;
		t->unknown += t->rows[i].unknown;
	}
	if (t->count)
		qsort(t->rows, t->count, sizeof(*t->rows), by_objects);
	return 0;
}

int nametest_run(struct nametest *t, struct kmw_reader *k, const struct machine *m, struct err *e)
{
	struct request *q = malloc(KMW_BLOCK_RECORDS * sizeof(*q));
	struct kmw_scratch *scratch = kmw_scratch_new();
	struct pass p = { .count = 0 };
	int ret = 0;

	memset(t, 0, sizeof(*t));
	if (!q || !scratch || map_init(&p.index, 256))
		ret = err_set(e, ENOMEM, "out of memory");
	for (uint32_t b = 0; b < kmw_block_count(k) && ret >= 0; b++) {
		ret = kmw_block_read(k, b, q, scratch, e);
		for (int i = 0, n = ret; i < n && ret >= 0; i++)
			if (record(&p, &q[i]))
				ret = err_set(e, ENOMEM, "out of memory");
	}
	if (ret >= 0)
		ret = compare(t, &p, m, kmw_strings(k), e);
	map_free(&p.index);
	free(p.seen);
	free(p.slots);
	free(q);
	if (scratch)
		kmw_scratch_free(scratch);
	return ret < 0 ? ret : 0;
}

void nametest_free(struct nametest *t)
{
	free(t->rows);
	memset(t, 0, sizeof(*t));
}
