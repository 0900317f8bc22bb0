// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/nametest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "replay/bysizes.h"
#include "replay/population.h"
#include "workload/attribution.h"
#include "workload/sites.h"

/* Frees of one name, of objects from one call site and of one size. */
struct seen {
	uint64_t site;
	uint32_t bytes_req, bytes_alloc, cache;
	uint64_t learned[NAMETEST_SPLITS], hidden[NAMETEST_SPLITS];
};

struct pass {
	struct seen *seen;
	uint32_t count;
	struct map index;
	uint64_t middle; /* ordinal of the event that parts the early from the late */
	struct {
		uint64_t site, seq;
		uint32_t bytes_req, bytes_alloc;
		bool live, hidden;
	} * slots;
	uint32_t room;
	enum {
		NAMED_NOT_SEEN,
		NAMED_AT_ALLOC,
		NAMED_AT_FREE
	} named; /* by the events of this kernel */
};

const char *nametest_split_name(enum nametest_split s)
{
	static const char *const names[NAMETEST_SPLITS] = { "half", "late", "early" };

	return names[s];
}

static const struct machine_slab *slab_named(const struct machine *m, const char *name)
{
	for (uint32_t i = 0; i < m->slab_count; i++) {
		const struct machine_slab *x = &m->slabs[i];

		if (!strcmp(x->name, name))
			return x;
		for (uint32_t k = 0; k < x->alias_count; k++)
			if (!strcmp(x->aliases[k], name))
				return x;
	}
	return NULL;
}

bool nametest_same(const struct machine *m, const char *a, const char *b)
{
	const struct machine_slab *x = slab_named(m, a);

	return !strcmp(a, b) || (x && x == slab_named(m, b));
}

/* ---- the names ---- */

/*
 * Whether an allocation's own event bears the name (the import puts what it has learned in its place
 * where not): by the first of an object that is not kmalloc's, of which nothing can be learned yet.
 */
static void see_kernel(struct pass *p, const struct request *q, const struct intern *strings)
{
	if (p->named == NAMED_NOT_SEEN && q->sig.bytes_req &&
	    !(q->sig.cache && attribution_is_kmalloc(intern_str(strings, q->sig.cache))))
		p->named = q->sig.cache ? NAMED_AT_ALLOC : NAMED_AT_FREE;
}

static int see(struct pass *p, const struct request *q)
{
	uint64_t key = p->slots[q->slot].site * 31 + p->slots[q->slot].bytes_alloc;
	uint64_t born = p->slots[q->slot].seq;
	uint32_t n;

	key = (key * 1000003 + p->slots[q->slot].bytes_req) * 1000003 + q->sig.cache;
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
		p->seen[n] = (struct seen){ .site = p->slots[q->slot].site,
					    .bytes_req = p->slots[q->slot].bytes_req,
					    .bytes_alloc = p->slots[q->slot].bytes_alloc,
					    .cache = q->sig.cache };
		if (map_put(&p->index, key, n))
			return -ENOMEM;
	}
	if (p->slots[q->slot].hidden)
		p->seen[n].hidden[NAMETEST_HASH]++;
	else
		p->seen[n].learned[NAMETEST_HASH]++;
	/* Of an object that is named when it goes, and lives across the middle, neither half tells. */
	p->seen[n].learned[NAMETEST_LATE] += q->seq < p->middle;
	p->seen[n].hidden[NAMETEST_LATE] += born >= p->middle;
	p->seen[n].learned[NAMETEST_EARLY] += born >= p->middle;
	p->seen[n].hidden[NAMETEST_EARLY] += q->seq < p->middle;
	return 0;
}

static int record(struct pass *p, const struct request *q, const struct intern *strings)
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
		p->slots[q->slot].seq = q->seq;
		p->slots[q->slot].bytes_req = q->sig.bytes_req;
		p->slots[q->slot].bytes_alloc = q->sig.bytes_alloc;
		p->slots[q->slot].hidden = q->seq * 0x9e3779b97f4a7c15ull >> 63;
		p->slots[q->slot].live = true;
		see_kernel(p, q, strings);
		return p->named == NAMED_AT_ALLOC && q->sig.cache &&
				       !attribution_is_kmalloc(intern_str(strings, q->sig.cache)) ?
			       see(p, q) :
			       0;
	}
	if (!p->slots[q->slot].live)
		return 0;
	p->slots[q->slot].live = false;
	return p->named == NAMED_AT_FREE && q->sig.cache && !(q->sig.flags & REQ_IMPLIED) ?
		       see(p, q) :
		       0;
}

/* ---- what would be said without them ---- */

/* What one part teaches of sites and sizes, as the import would keep it. */
static int teach(struct attribution *a, const struct pass *p, enum nametest_split split)
{
	memset(a, 0, sizeof(*a));
	a->sites = calloc(p->count + 1ull, sizeof(*a->sites));
	if (!a->sites || map_init(&a->by_site, 1024))
		return -ENOMEM;
	for (uint32_t i = 0; i < p->count; i++) {
		const struct seen *x = &p->seen[i];
		uint64_t key = sites_key(x->site, x->bytes_req, x->bytes_alloc);
		struct attribution_site *s;
		uint32_t at;

		if (!x->learned[split])
			continue;
		for (; (at = map_get(&a->by_site, key)) != MAP_NONE; key++)
			if (a->sites[at].site == x->site &&
			    a->sites[at].bytes_req == x->bytes_req &&
			    a->sites[at].bytes_alloc == x->bytes_alloc)
				break;
		if (at == MAP_NONE && map_put(&a->by_site, key, at = a->count++))
			return -ENOMEM;
		s = &a->sites[at];
		if (s->named < x->learned[split])
			*s = (struct attribution_site){ x->site,  x->bytes_req,	     x->bytes_alloc,
							x->cache, x->learned[split], 0 };
	}
	return 0;
}

/* All records once more, without names, for what lies beside what in slabs. */
static int read_slabs(struct population *pop, struct kmw_reader *k, uint32_t start, uint32_t after,
		      struct request *q, struct kmw_scratch *scratch, struct err *e)
{
	int n = 0;

	if (start == UINT32_MAX)
		population_start(pop);
	for (uint32_t b = 0; b < kmw_block_count(k); b++) {
		n = kmw_block_read(k, b, q, scratch, e);
		for (int i = 0; i < n; i++) {
			if (q[i].sig.op == OBS_MARK && q[i].pfn == start)
				population_start(pop);
			if (q[i].sig.op == OBS_MARK && q[i].pfn == after)
				population_after(pop);
			q[i].sig.cache = 0;
			if (q[i].sig.op != OBS_MARK && population_record(pop, &q[i]))
				return err_set(e, ENOMEM, "out of memory");
		}
		if (n < 0)
			return n;
	}
	return population_settle(pop) ? err_set(e, ENOMEM, "out of memory") : 0;
}

/* The name that would be given; NULL: none. */
static const char *guess(const struct attribution *a, const struct population *pop,
			 const struct seen *x, const struct machine *m,
			 const struct intern *strings)
{
	struct request_sig sig = { .site = x->site,
				   .bytes_req = x->bytes_req,
				   .bytes_alloc = x->bytes_alloc };
	uint32_t string = attribution_cache(a, &sig);
	const char *name = string ? intern_str(strings, string) : population_cache(pop, &sig);
	int n = name ? -1 : bysizes_only(m, x->bytes_req, x->bytes_alloc);

	return name ? name : n < 0 ? NULL : m->slabs[n].name;
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

	if (x->by[0].objects != y->by[0].objects)
		return x->by[0].objects < y->by[0].objects ? 1 : -1;
	return x->cache < y->cache ? -1 : x->cache > y->cache;
}

static void compare(struct nametest *t, const struct pass *p, const struct attribution *a,
		    const struct population *pop, enum nametest_split split,
		    const struct machine *m, const struct intern *strings)
{
	for (uint32_t i = 0; i < p->count; i++) {
		const struct seen *x = &p->seen[i];
		struct nametest_counts *c;
		const char *said;

		if (!x->hidden[split])
			continue;
		said = guess(a, pop, x, m, strings);
		c = &row_of(t, x->cache)->by[split];
		c->objects += x->hidden[split];
		*(!said ? &c->unknown :
		  nametest_same(m, said, intern_str(strings, x->cache)) ?
			  &c->right :
			  &c->wrong) += x->hidden[split];
	}
}

static int test_split(struct nametest *t, const struct pass *p, enum nametest_split split,
		      struct kmw_reader *k, const struct machine *m, struct request *q,
		      struct kmw_scratch *scratch, struct err *e)
{
	const struct intern *strings = kmw_strings(k);
	const char *mark = m->before.have_lists ? "snap: before/struct_page.raw end" :
						  "snap: before/kpageflags end";
	const char *end = m->after.lists_mark[0] ? m->after.lists_mark :
						   "snap: after/struct_page.raw end";
	struct population pop = { .started = false };
	struct machine_state dumped = m->before;
	struct attribution a;
	int ret = 0;

	/* Slabs that were found by the names must not tell these. */
	dumped.slabpage_count = dumped.dumped_slabs;
	if (teach(&a, p, split) || population_init(&pop, m, &dumped, &a, strings))
		ret = err_set(e, ENOMEM, "out of memory");
	else if (population_known(&pop))
		ret = read_slabs(&pop, k, intern_find(strings, mark, strlen(mark)),
				 intern_find(strings, end, strlen(end)), q, scratch, e);
	if (ret >= 0)
		compare(t, p, &a, &pop, split, m, strings);
	population_free(&pop);
	attribution_free(&a);
	return ret;
}

static void sum_up(struct nametest *t)
{
	for (uint32_t i = 0; i < t->count; i++)
		for (unsigned s = 0; s < NAMETEST_SPLITS; s++) {
			const struct nametest_counts *c = &t->rows[i].by[s];

			t->all[s].objects += c->objects;
			t->all[s].right += c->right;
			t->all[s].wrong += c->wrong;
			t->all[s].unknown += c->unknown;
		}
	if (t->count)
		qsort(t->rows, t->count, sizeof(*t->rows), by_objects);
}

int nametest_run(struct nametest *t, struct kmw_reader *k, const struct machine *m, struct err *e)
{
	struct request *q = malloc(KMW_BLOCK_RECORDS * sizeof(*q));
	struct kmw_scratch *scratch = kmw_scratch_new();
	const struct kmw_summary *s = kmw_summary(k);
	struct pass p = { .middle = s->events / 2 };
	int ret = 0;

	memset(t, 0, sizeof(*t));
	if (!q || !scratch || map_init(&p.index, 256))
		ret = err_set(e, ENOMEM, "out of memory");
	for (uint32_t b = 0; b < kmw_block_count(k) && ret >= 0; b++) {
		ret = kmw_block_read(k, b, q, scratch, e);
		for (int i = 0, n = ret; i < n && ret >= 0; i++)
			if (record(&p, &q[i], kmw_strings(k)))
				ret = err_set(e, ENOMEM, "out of memory");
	}
	if (ret >= 0) {
		t->rows = calloc(p.count + 1ull, sizeof(*t->rows));
		ret = t->rows ? 0 : err_set(e, ENOMEM, "out of memory");
	}
	for (unsigned split = 0; split < NAMETEST_SPLITS && ret >= 0; split++)
		ret = test_split(t, &p, split, k, m, q, scratch, e);
	sum_up(t);
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
