// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/savings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX
#define LARGEST 8192 /* bytes; kmalloc takes more from pages */

const char *savings_kind_name(enum savings_kind k)
{
	static const char *const names[SAVINGS_KINDS] = { "dedicated cache", "object size",
							  "slab order", "merge" };

	return names[k];
}

const char *savings_cache_name(const struct savings *s, uint32_t cache, char out[48])
{
	if (s->caches[cache].name)
		return intern_str(kmw_strings(s->k), s->caches[cache].name);
	snprintf(out, 48, "not named: %u bytes", s->caches[cache].size);
	return out;
}

/* One more element of an array; NULL out of memory. */
static void *grow(void *array, uint32_t *count, uint32_t *room, size_t size)
{
	if (*count == *room) {
		uint32_t n = *room ? *room * 2 : 256;
		void *more = realloc(array, n * size);

		if (!more)
			return NULL;
		array = more;
		*room = n;
	}
	memset((char *)array + *count * size, 0, size);
	++*count;
	return array;
}

/* ---- who allocates what ---- */

static uint64_t cache_key(uint32_t name, uint32_t size)
{
	return (uint64_t)name << 32 | size;
}

static uint32_t find_cache(const struct savings *s, const struct request *q)
{
	return map_get(&s->by_cache,
		       cache_key(attribution_cache(s->attribution, &q->sig), q->sig.bytes_alloc));
}

static uint32_t get_cache(struct savings *s, const struct request *q)
{
	uint32_t name = attribution_cache(s->attribution, &q->sig), size = q->sig.bytes_alloc;
	uint32_t at = map_get(&s->by_cache, cache_key(name, size));
	struct savings_cache *more;

	if (at != NONE)
		return at;
	more = grow(s->caches, &s->cache_count, &s->cache_room, sizeof(*more));
	if (!more)
		return NONE;
	s->caches = more;
	at = s->cache_count - 1;
	more[at].name = name;
	more[at].size = size;
	more[at].kmalloc = name && strstr(intern_str(kmw_strings(s->k), name), "kmalloc-");
	more[at].first = NONE;
	return map_put(&s->by_cache, cache_key(name, size), at) ? NONE : at;
}

static uint32_t get_group(struct savings *s, const struct request *q)
{
	uint32_t cache = get_cache(s, q), head = map_get(&s->by_site, q->sig.site), at = head;
	struct savings_group *more;

	if (cache == NONE)
		return NONE;
	while (at != NONE && s->groups[at].cache != cache)
		at = s->groups[at].chain;
	if (at != NONE)
		return at;
	more = grow(s->groups, &s->group_count, &s->group_room, sizeof(*more));
	if (!more)
		return NONE;
	s->groups = more;
	at = s->group_count - 1;
	more[at].cache = cache;
	more[at].site = q->sig.site;
	more[at].chain = head;
	more[at].next = s->caches[cache].first;
	s->caches[cache].first = at;
	return map_put(&s->by_site, q->sig.site, at) ? NONE : at;
}

static bool is_alloc(const struct request *q)
{
	return q->sig.op == REQ_OBJ_ALLOC && !(q->sig.flags & REQ_FAILED) && q->slot != NO_SLOT;
}

static bool is_small(const struct request *q)
{
	return q->sig.bytes_alloc && q->sig.bytes_alloc <= LARGEST;
}

/* Makes *table, of elements of `size` bytes, reach to the slot; new ones are zero. */
static int reach(void **table, uint32_t *room, uint32_t slot, size_t size)
{
	uint64_t n = slot + slot / 2ull + 1024;
	void *more;

	if (slot < *room)
		return 0;
	if (n > UINT32_MAX)
		n = UINT32_MAX;
	more = realloc(*table, n * size);
	if (!more)
		return -ENOMEM;
	memset((char *)more + *room * size, 0, (n - *room) * size);
	*table = more;
	*room = (uint32_t)n;
	return 0;
}

struct census {
	struct savings *s;
	uint32_t *of; /* [room] group + 1 by slot */
	uint32_t room;
};

static int count(void *arg, const struct request *q)
{
	struct census *c = arg;
	struct savings *s = c->s;
	struct savings_group *g;
	struct savings_cache *x;
	uint32_t at;

	s->records++;
	if (q->cpu >= s->cpus)
		s->cpus = q->cpu + 1u;
	if (q->sig.op == REQ_OBJ_FREE && q->slot < c->room && c->of[q->slot]) {
		g = &s->groups[c->of[q->slot] - 1];
		g->live--;
		s->caches[g->cache].live--;
		c->of[q->slot] = 0;
	}
	if (!is_alloc(q))
		return 0;
	if (!is_small(q)) {
		s->skipped++;
		return 0;
	}
	if (q->slot >= (uint64_t)kmw_block_count(s->k) * KMW_BLOCK_RECORDS)
		return -EBADMSG;
	at = get_group(s, q);
	if (at == NONE || reach((void **)&c->of, &c->room, q->slot, sizeof(*c->of)))
		return -ENOMEM;
	if (c->of[q->slot]) /* given out twice: the trace lost its free */
		return 0;
	s->objects++;
	c->of[q->slot] = at + 1;
	g = &s->groups[at];
	x = &s->caches[g->cache];
	g->allocs++;
	g->req += q->sig.bytes_req;
	x->allocs++;
	if (q->sig.bytes_req > g->most_req)
		g->most_req = q->sig.bytes_req;
	if (++g->live > g->peak)
		g->peak = g->live;
	if (++x->live > x->peak)
		x->peak = x->live;
	return 0;
}

static int each_request(const struct kmw_reader *k, int (*f)(void *arg, const struct request *q),
			void *arg, struct err *e)
{
	struct request *q = malloc(KMW_BLOCK_RECORDS * sizeof(*q));
	struct kmw_scratch *scratch = kmw_scratch_new();
	int ret = q && scratch ? 0 : err_set(e, ENOMEM, "out of memory");

	for (uint32_t b = 0; b < kmw_block_count(k) && ret >= 0; b++) {
		int n = kmw_block_read(k, b, q, scratch, e);

		ret = n < 0 ? n : 0;
		for (int i = 0; i < n && ret >= 0; i++)
			ret = f(arg, &q[i]);
		if (ret == -EBADMSG)
			err_set(e, EBADMSG,
				"a record names a slot beyond what the workload has records");
		else if (n >= 0 && ret < 0)
			err_set(e, ENOMEM, "out of memory, or of the model's memory");
	}
	kmw_scratch_free(scratch);
	free(q);
	return ret;
}

int savings_read(struct savings *s, const struct kmw_reader *k, const struct attribution *a,
		 const struct kmm_slab_policy *policy, struct err *e)
{
	struct census c = { .s = s };
	int ret;

	memset(s, 0, sizeof(*s));
	s->k = k;
	s->attribution = a;
	s->policy = *policy;
	s->policy.merge = false;
	s->policy.rcu_delay = false;
	s->cpus = kmw_summary(k)->cpus;
	s->cpus = !s->cpus ? 1 : s->cpus < KMM_CPUS ? s->cpus : KMM_CPUS;
	if (map_init(&s->by_cache, 256) || map_init(&s->by_site, 1024))
		return err_set(e, ENOMEM, "out of memory");
	ret = each_request(k, count, &c, e);
	s->slots = c.room;
	free(c.of);
	return ret;
}

void savings_free(struct savings *s)
{
	map_free(&s->by_cache);
	map_free(&s->by_site);
	free(s->caches);
	free(s->groups);
	free(s->trials);
	memset(s, 0, sizeof(*s));
}

/* ---- a model ---- */

struct model {
	struct kmm *mm;
	struct kmm_slab *sl;
	struct kmm_cache *bin[2];
	kmm_addr *at; /* [room] by slot */
	uint32_t room;
	uint64_t pages, peak;
};

static void page_taken(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order, kmm_gfp gfp,
		       unsigned type)
{
	struct model *m = arg;

	(void)cpu, (void)gfp, (void)type;
	if (pfn == KMM_NO_PFN)
		return;
	m->pages += 1ull << order;
	if (m->pages > m->peak)
		m->peak = m->pages;
}

static void page_given_back(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order)
{
	struct model *m = arg;

	(void)cpu, (void)pfn;
	m->pages -= 1ull << order;
}

static void model_free(struct model *m)
{
	if (m->sl)
		kmm_slab_destroy(m->sl);
	if (m->mm)
		kmm_destroy(m->mm);
	free(m->at);
	memset(m, 0, sizeof(*m));
}

static struct kmm_cache *new_cache(struct model *m, const char *name, uint32_t size, struct err *e)
{
	struct kmm_cache_args a = { .name = name, .object_size = size, .flags = KMM_SLAB_NO_MERGE };
	char why[200] = "";
	struct kmm_cache *c = kmm_kmem_cache_create(m->sl, &a, why, sizeof(why));

	if (!c)
		err_set(e, EINVAL, "a cache of %u bytes cannot be modelled: %s", size, why);
	return c;
}

/* Caches of these sizes (0: none) on a machine with room for so many bytes four times over. */
static int model_init(struct model *m, const struct savings *s, const struct kmm_slab_policy *p,
		      const uint32_t size[2], uint64_t bytes, struct err *e)
{
	static const struct kmm_observer watch = { .mm_page_alloc = page_taken,
						   .mm_page_free = page_given_back };
	struct kmm_config *c = calloc(1, sizeof(*c));
	uint64_t frames = (bytes / 1024 + (64 << 10) / 4 + 1023) & ~1023ull;
	char why[200] = "out of memory";

	memset(m, 0, sizeof(*m));
	if (c && frames < 1u << 30) {
		kmm_policy_init(&c->policy, KMM_LINUX_6_1);
		c->cpus = s->cpus;
		c->nodes = 1;
		c->zones = 1;
		c->zone[0] = (struct kmm_zone_config){ .type = KMM_ZONE_NORMAL,
						       .spanned = (kmm_pfn)frames,
						       .present = frames,
						       .managed = frames };
		m->mm = kmm_create(c, why, sizeof(why));
	}
	free(c);
	if (m->mm && !kmm_seed_boot(m->mm, 0, (kmm_pfn)frames, KMM_MOVABLE))
		m->sl = kmm_slab_create(m->mm, p, why, sizeof(why));
	if (!m->sl) {
		model_free(m);
		return err_set(e, ENOMEM, "the slab model cannot be built: %s", why);
	}
	for (unsigned i = 0; i < 2; i++)
		if (size[i] && !(m->bin[i] = new_cache(m, i ? "new" : "old", size[i], e))) {
			model_free(m);
			return err_code(e);
		}
	kmm_observe(m->mm, &watch, m);
	return 0;
}

static void figures_of(const struct savings *s, uint32_t size, struct kmm_cache_figures *f,
		       const struct kmm_slab_policy *p, int *ret, struct err *e)
{
	struct model m;

	memset(f, 0, sizeof(*f));
	*ret = model_init(&m, s, p, (const uint32_t[]){ size, 0 }, 0, e);
	if (*ret < 0)
		return;
	kmm_kmem_cache_figures(m.bin[0], f);
	model_free(&m);
}

/* ---- what to try ---- */

static struct savings_trial *add_trial(struct savings *s, enum savings_kind kind, uint32_t cache,
				       struct err *e)
{
	struct savings_trial *more = grow(s->trials, &s->trial_count, &s->trial_room,
					  sizeof(*more));

	if (!more) {
		err_set(e, ENOMEM, "out of memory");
		return NULL;
	}
	s->trials = more;
	more += s->trial_count - 1;
	more->kind = kind;
	more->cache = cache;
	more->other = more->group = NONE;
	return more;
}

static uint32_t up8(uint32_t n)
{
	return (n + 7) & ~7u;
}

struct ranked {
	uint64_t worth;
	uint32_t at, size;
};

static int by_worth(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->worth != y->worth)
		return x->worth < y->worth ? 1 : -1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static int propose_dedicated(struct savings *s, struct ranked *r, uint32_t most, struct err *e)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->group_count; i++) {
		const struct savings_group *g = &s->groups[i];
		const struct savings_cache *c = &s->caches[g->cache];
		uint32_t size = up8(g->most_req ? g->most_req : 1);

		if (c->kmalloc && g->most_req < c->size && size < c->size &&
		    g->peak * (c->size - size) >= 4096)
			r[n++] = (struct ranked){ g->peak * (c->size - size), i, size };
	}
	qsort(r, n, sizeof(*r), by_worth);
	for (uint32_t i = 0; i < n && i < most; i++) {
		struct savings_trial *t = add_trial(s, SAVINGS_DEDICATED, s->groups[r[i].at].cache,
						    e);

		if (!t)
			return -ENOMEM;
		t->group = r[i].at;
		t->size = r[i].size;
	}
	return 0;
}

/* The class between those of kmalloc that would spare a cache's callers most. */
static struct ranked best_class(const struct savings *s, uint32_t cache)
{
	const struct savings_cache *c = &s->caches[cache];
	struct ranked best = { 0, cache, 0 };

	for (uint32_t i = c->first; i != NONE; i = s->groups[i].next) {
		uint32_t size = up8(s->groups[i].most_req ? s->groups[i].most_req : 1), users = 0;
		uint64_t peak = 0;

		for (uint32_t j = c->first;
		     s->groups[i].most_req < c->size && size < c->size && j != NONE;
		     j = s->groups[j].next)
			if (s->groups[j].most_req <= size) {
				peak += s->groups[j].peak;
				users++;
			}
		if (users > 1 && peak * (c->size - size) > best.worth) {
			best.worth = peak * (c->size - size);
			best.size = size;
		}
	}
	return best;
}

static int propose_size(struct savings *s, struct ranked *r, uint32_t most, struct err *e)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->cache_count; i++)
		if (s->caches[i].kmalloc) {
			r[n] = best_class(s, i);
			n += r[n].worth >= 4096;
		}
	qsort(r, n, sizeof(*r), by_worth);
	for (uint32_t i = 0; i < n && i < most; i++) {
		struct savings_trial *t = add_trial(s, SAVINGS_SIZE, r[i].at, e);

		if (!t)
			return -ENOMEM;
		t->size = r[i].size;
	}
	return 0;
}

/* For the caches that hold most: other orders, objects cut to fit once more, a neighbour. */
static int propose_for(struct savings *s, uint32_t cache, struct err *e)
{
	const struct savings_cache *c = &s->caches[cache];
	struct kmm_cache_figures f, g;
	struct savings_trial *t;
	uint32_t near = NONE, cut;
	int ret;

	figures_of(s, c->size, &f, &s->policy, &ret, e);
	for (int step = -1; step <= 1 && ret >= 0; step += 2) {
		struct kmm_slab_policy p = s->policy;

		if (f.order + (unsigned)step > 5)
			continue;
		p.slub_min_order = p.slub_max_order = f.order + (unsigned)step;
		figures_of(s, c->size, &g, &p, &ret, e);
		if (ret < 0 || g.order != p.slub_max_order)
			continue;
		t = add_trial(s, SAVINGS_ORDER, cache, e);
		if (!t)
			return -ENOMEM;
		t->size = c->size;
		t->order = g.order;
		t->was = f.order;
	}
	cut = ret >= 0 ? (4096u << f.order) / (f.objs_per_slab + 1) & ~7u : 0;
	if (!c->kmalloc && cut >= c->size - c->size / 8 && cut < c->size && cut) {
		t = add_trial(s, SAVINGS_SIZE, cache, e);
		if (!t)
			return -ENOMEM;
		t->size = cut;
	}
	for (uint32_t i = 0; i < s->cache_count; i++)
		if (i != cache && s->caches[i].name && !s->caches[i].kmalloc && !c->kmalloc &&
		    s->caches[i].size >= c->size && s->caches[i].size <= c->size + c->size / 8 &&
		    (s->caches[i].size != c->size || i > cache) &&
		    (near == NONE || s->caches[i].size < s->caches[near].size))
			near = i;
	if (ret >= 0 && near != NONE) {
		t = add_trial(s, SAVINGS_MERGE, cache, e);
		if (!t)
			return -ENOMEM;
		t->other = near;
		t->size = s->caches[near].size;
	}
	return ret;
}

int savings_propose(struct savings *s, uint32_t most, struct err *e)
{
	uint32_t n = s->group_count > s->cache_count ? s->group_count : s->cache_count;
	struct ranked *r = calloc(n + 1ull, sizeof(*r));
	int ret = r ? 0 : err_set(e, ENOMEM, "out of memory");

	if (ret >= 0)
		ret = propose_dedicated(s, r, most, e);
	if (ret >= 0)
		ret = propose_size(s, r, most, e);
	for (uint32_t i = 0; i < s->cache_count && ret >= 0; i++)
		r[i] = (struct ranked){ s->caches[i].peak * s->caches[i].size, i, 0 };
	if (ret >= 0)
		qsort(r, s->cache_count, sizeof(*r), by_worth);
	for (uint32_t i = 0; i < s->cache_count && i < most && ret >= 0; i++)
		ret = propose_for(s, r[i].at, e);
	free(r);
	return ret;
}

/* ---- trying it ---- */

#define AT_ONCE 2

struct batch {
	struct savings *s;
	struct savings_trial *t[AT_ONCE];
	struct model m[AT_ONCE][2]; /* as it is, and the alternative */
	unsigned count;
};

/* The cache of a model that an object comes from; -1: the trial is not about it. */
static int bin_of(const struct savings *s, const struct savings_trial *t, bool alternative,
		  uint32_t cache, const struct request *q)
{
	if (t->kind == SAVINGS_MERGE && cache == t->other)
		return alternative ? 0 : 1;
	if (cache != t->cache)
		return -1;
	if (!alternative)
		return 0;
	if (t->kind == SAVINGS_DEDICATED)
		return q->sig.site == s->groups[t->group].site;
	if (t->kind == SAVINGS_SIZE && s->caches[cache].kmalloc)
		return q->sig.bytes_req <= t->size;
	return 0;
}

static int play(void *arg, const struct request *q)
{
	struct batch *b = arg;
	bool release = q->sig.op == REQ_OBJ_FREE, alloc = is_alloc(q) && is_small(q);
	uint32_t cache = alloc ? find_cache(b->s, q) : NONE;

	for (unsigned i = 0; (release || alloc) && i < b->count; i++)
		for (unsigned k = 0; k < 2; k++) {
			struct model *m = &b->m[i][k];
			int bin;

			if (release) {
				if (q->slot < m->room && m->at[q->slot]) {
					kmm_kfree(m->sl, q->cpu, m->at[q->slot]);
					m->at[q->slot] = KMM_NULL;
				}
				continue;
			}
			bin = bin_of(b->s, b->t[i], k, cache, q);
			if (bin < 0)
				continue;
			if (reach((void **)&m->at, &m->room, q->slot, sizeof(*m->at)))
				return -ENOMEM;
			if (m->at[q->slot])
				continue;
			m->at[q->slot] = kmm_kmem_cache_alloc(m->bin[bin], q->cpu,
							      KMM_GFP_DIRECT_RECLAIM |
								      KMM_GFP_KSWAPD_RECLAIM |
								      KMM_GFP_IO | KMM_GFP_FS);
			if (!m->at[q->slot])
				return -ENOMEM;
			b->t[i]->moved += k && (!m->bin[1] || bin);
		}
	return 0;
}

static int begin(struct batch *b, struct savings_trial *t, struct err *e)
{
	struct savings *s = b->s;
	const struct savings_cache *c = &s->caches[t->cache];
	struct kmm_slab_policy p = s->policy;
	struct model *m = b->m[b->count];
	uint64_t bytes = c->peak * c->size;
	uint32_t old[2] = { c->size, 0 }, new[2] = { c->size, 0 };
	struct kmm_cache_figures f;
	bool split = t->kind == SAVINGS_DEDICATED || (t->kind == SAVINGS_SIZE && c->kmalloc);
	int ret;

	if (t->kind == SAVINGS_MERGE) {
		bytes += s->caches[t->other].peak * s->caches[t->other].size;
		old[1] = s->caches[t->other].size;
	}
	new[split] = t->size;
	if (t->kind == SAVINGS_ORDER)
		p.slub_min_order = p.slub_max_order = t->order;
	ret = model_init(&m[0], s, &s->policy, old, bytes, e);
	if (ret >= 0) {
		ret = model_init(&m[1], s, &p, new, bytes, e);
		if (ret < 0)
			model_free(&m[0]);
	}
	if (ret < 0)
		return ret;
	kmm_kmem_cache_figures(m[0].bin[0], &f);
	t->was = f.order;
	kmm_kmem_cache_figures(m[1].bin[split], &f);
	t->order = f.order;
	b->t[b->count++] = t;
	return 0;
}

int savings_try(struct savings *s, struct err *e)
{
	int ret = 0;

	for (uint32_t i = 0; i < s->trial_count && ret >= 0;) {
		struct batch b = { .s = s };

		while (i < s->trial_count && b.count < AT_ONCE && ret >= 0)
			ret = begin(&b, &s->trials[i++], e);
		if (ret >= 0)
			ret = each_request(s->k, play, &b, e);
		for (unsigned n = 0; n < b.count; n++)
			for (unsigned k = 0; k < 2; k++) {
				b.t[n]->peak[k] = b.m[n][k].peak << 12;
				b.t[n]->end[k] = b.m[n][k].pages << 12;
				model_free(&b.m[n][k]);
			}
	}
	return ret;
}
