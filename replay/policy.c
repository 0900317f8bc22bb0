// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/policy.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "replay/policykey.h"

#define GENERATION_NATIVE (-1)

static const struct {
	const char *name;
	int generation; /* enum kmm_generation */
	const char *summary;
} bases[] = {
	{ "native", GENERATION_NATIVE, "the captured kernel's own rules and settings" },
	{ "linux-2.6-slab", KMM_LINUX_2_6,
	  "2.6.24: hot and cold lists, largest block first, no HIGHATOMIC reserve" },
	{ "linux-5.10", KMM_LINUX_5_10,
	  "4.4 to 5.12: per-CPU lists of single pages, high = 6 * batch" },
	{ "linux-6.1", KMM_LINUX_6_1, "5.13 to 6.6: per-CPU lists of orders 0-3 and huge pages" },
	{ "linux-6.18", KMM_LINUX_6_18,
	  "6.7 and later: per-CPU lists tune themselves, fallback claims whole page blocks first" },
};

#define BASES (sizeof(bases) / sizeof(*bases))

const char *policy_builtin(unsigned i, const char **summary)
{
	if (i >= BASES)
		return NULL;
	if (summary)
		*summary = bases[i].summary;
	return bases[i].name;
}

int policy_base_find(const char *name)
{
	for (unsigned i = 0; i < BASES; i++)
		if (!strcmp(bases[i].name, name))
			return (int)i;
	return -1;
}

/* Settings that 2.6 did not have: under its rules they are what their absence means. */
static bool unknown_to_2_6(const struct policy_key *key)
{
	return key->offset == offsetof(struct policy_values, page.watermark_scale_factor) ||
	       key->offset == offsetof(struct policy_values, page.watermark_boost_factor);
}

static void sides_init(struct policy_sides *s)
{
	*s = (struct policy_sides){ true, true, true, false, -1 };
}

static void slab_init(struct policy_slab *s)
{
	*s = (struct policy_slab){ false, -1, -1, -1, -1, true, true };
}

void policy_default(const struct policy_key *key, const char *base, char out[POLICY_VALUE])
{
	int i = policy_base_find(base);
	struct policy_values p;

	slab_init(&p.slab);
	sides_init(&p.sides);
	p.shortage = (struct policy_shortage){ -1 };
	if (policy_key_of_others(key)) {
		policy_value(key, &p, out);
		return;
	}
	if (i < 0 || bases[i].generation == GENERATION_NATIVE ||
	    (key->captured && !(bases[i].generation == KMM_LINUX_2_6 && unknown_to_2_6(key)))) {
		snprintf(out, POLICY_VALUE, "captured");
		return;
	}
	kmm_policy_init(&p.page, (enum kmm_generation)bases[i].generation);
	policy_value(key, &p, out);
}

void policy_current(const struct policy *p, const struct policy_key *key, char out[POLICY_VALUE])
{
	if (policy_key_given(p, key->section, key->key))
		policy_value(key, &p->values, out);
	else
		policy_default(key, p->base, out);
}

int policy_set_base(struct policy *p, const char *name, struct err *e)
{
	int i = policy_base_find(name);

	if (i < 0)
		return err_set(e, EINVAL, "'%.64s' is no base; see kmemlab policy list", name);
	if (p->set)
		return err_set(e, EINVAL, "the base must come before the keys");
	snprintf(p->base, sizeof(p->base), "%s", name);
	/* Under native what is not given comes from the machine; these are never used. */
	slab_init(&p->values.slab);
	sides_init(&p->values.sides);
	p->values.machine = (struct target_wish){ -1, -1, -1, -1 };
	p->values.shortage = (struct policy_shortage){ -1 };
	kmm_policy_init(&p->values.page, bases[i].generation == GENERATION_NATIVE ?
						 KMM_LINUX_6_1 :
						 (enum kmm_generation)bases[i].generation);
	return 0;
}

bool policy_is_native(const struct policy *p)
{
	return !strcmp(p->name, "native") && !p->set && !p->values.caches;
}

bool policy_is_captured(const struct policy *p)
{
	const struct policy_key *key;
	struct policy rest = *p;

	for (unsigned k = 0; (key = policy_key(k)); k++)
		if (!strcmp(key->section, "slab") && !strcmp(key->key, "objects"))
			rest.set &= ~(1ull << k);
	return !strcmp(p->base, "native") && !rest.set && !rest.values.caches;
}

/* ---- applying ---- */

/* The rules of a generation on a machine that ran another, or the same. */
static void apply_base(enum kmm_generation g, struct kmm_config *c)
{
	struct kmm_policy was = c->policy;

	kmm_policy_init(&c->policy, g);
	c->policy.max_order = was.max_order;
	c->policy.pageblock_order = was.pageblock_order;
	c->policy.min_free_kbytes = was.min_free_kbytes;
	c->policy.thp = was.thp;
	c->policy.kswapd = was.kswapd;
	memcpy(c->policy.lowmem_reserve_ratio, was.lowmem_reserve_ratio,
	       sizeof(was.lowmem_reserve_ratio));
	/* Settings that one of the two kernels does not have cannot be taken over. */
	if (g != KMM_LINUX_2_6 && was.generation != KMM_LINUX_2_6) {
		c->policy.watermark_scale_factor = was.watermark_scale_factor;
		c->policy.watermark_boost_factor = was.watermark_boost_factor;
	}
	if (g == was.generation)
		return;
	/* Each generation finds the length of the per-CPU lists in another way. */
	for (unsigned z = 0; z < c->zones; z++)
		c->zone[z].pcp_high = c->zone[z].pcp_high_min = c->zone[z].pcp_high_max = 0;
}

/* Captured values that follow from a key that was given are computed anew. */
static void clear_captured(const struct policy *p, struct kmm_config *c)
{
	bool marks = policy_key_given(p, "zone", "min_free_kbytes") ||
		     policy_key_given(p, "zone", "watermark_scale_factor");
	bool batch = policy_key_given(p, "pcp", "batch");
	bool later = c->policy.generation >= KMM_LINUX_6_1;
	/* high is 6 * batch at first, then a share of the low mark. */
	bool high = policy_key_given(p, "pcp", "high") || (later ? marks : batch);

	for (unsigned i = 0; i < c->zones; i++) {
		struct kmm_zone_config *z = &c->zone[i];

		if (marks)
			z->min = z->low = z->high = 0;
		if (policy_key_given(p, "zone", "lowmem_reserve_ratio"))
			z->reserve_given = false;
		if (batch)
			z->pcp_batch = 0;
		if (high)
			z->pcp_high = z->pcp_high_min = z->pcp_high_max = 0;
	}
}

static bool another_size(const struct target_wish *w)
{
	return w->preset >= 0 || w->memory >= 0 || w->nodes >= 0;
}

int policy_apply(const struct policy *p, struct kmm_config *c, struct err *e)
{
	int base = policy_base_find(p->base);
	const struct kmm_policy *now = &c->policy;
	const struct policy_key *key;

	if (base < 0)
		return err_set(e, EINVAL, "'%.31s' is no base", p->base);
	if (bases[base].generation != GENERATION_NATIVE)
		apply_base((enum kmm_generation)bases[base].generation, c);
	for (unsigned k = 0; (key = policy_key(k)); k++) {
		size_t size = key->type == POLICY_BOOL ? sizeof(bool) :
			      key->type == POLICY_INT  ? sizeof(int32_t) :
							 KMM_ZONE_TYPES * sizeof(int32_t);

		if (p->set >> k & 1 && policy_key_of_pages(key))
			memcpy((char *)&c->policy + key->offset,
			       (const char *)&p->values + key->offset, size);
	}
	if (p->values.shortage.kswapd >= 0)
		c->policy.kswapd = p->values.shortage.kswapd;
	else if (another_size(&p->values.machine))
		c->policy.kswapd = true; /* the recorded one says nothing */
	clear_captured(p, c);
	if (now->pageblock_order > now->max_order)
		return err_set(e, EINVAL, "policy %s: pageblock_order %u is above max_order %u",
			       p->name, now->pageblock_order, now->max_order);
	if (now->generation <= KMM_LINUX_5_10 && (now->pcp_orders > 1 || now->pcp_thp))
		return err_set(e, EINVAL,
			       "policy %s: kernels before 5.13 have per-CPU lists of order "
			       "0 only",
			       p->name);
	return 0;
}

/* ---- objects ---- */

static void slab_of_base(const char *base, struct kmm_slab_policy *s)
{
	static const struct {
		const char *base;
		enum kmm_slab_kind kind;
		unsigned version;
	} of[] = { { "linux-2.6-slab", KMM_SLAB, KMM_VERSION(2, 6, 24) },
		   { "linux-5.10", KMM_SLUB, KMM_VERSION(5, 10, 0) },
		   { "linux-6.1", KMM_SLUB, KMM_VERSION(6, 1, 0) },
		   { "linux-6.18", KMM_SLUB, KMM_VERSION(6, 18, 0) } };

	for (size_t i = 0; i < sizeof(of) / sizeof(*of); i++) {
		struct kmm_slab_policy was = *s;

		if (strcmp(base, of[i].base) ||
		    (of[i].kind == was.kind && of[i].version == was.version))
			continue;
		kmm_slab_policy_init(s, of[i].kind, of[i].version);
		s->word = was.word;
		s->base = was.base;
		s->merge = was.merge;
		s->rcu_delay = was.rcu_delay;
	}
}

bool policy_objects(const struct policy *p, struct kmm_slab_policy *slab)
{
	const struct policy_slab *v = &p->values.slab;
	const struct policy_key *key;
	bool any = false;

	if (policy_key_given(p, "slab", "objects")) {
		any = v->objects;
	} else {
		/* Another machine has slabs of its own as well. */
		for (unsigned k = 0; (key = policy_key(k)); k++)
			any |= (policy_key_of_slab(key) || policy_key_of_machine(key)) &&
			       p->set >> k & 1;
		any |= p->values.caches != 0;
	}
	if (!any)
		return false;
	slab_of_base(p->base, slab);
	if (policy_key_given(p, "slab", "kind") && v->kind >= 0 &&
	    slab->kind != (enum kmm_slab_kind)v->kind) {
		struct kmm_slab_policy was = *slab;

		kmm_slab_policy_init(slab, (enum kmm_slab_kind)v->kind, was.version);
		slab->word = was.word;
		slab->base = was.base;
		slab->merge = was.merge;
		slab->rcu_delay = was.rcu_delay;
	}
	if (policy_key_given(p, "slab", "max_order") && v->max_order >= 0)
		slab->slub_max_order = (unsigned)v->max_order;
	if (policy_key_given(p, "slab", "min_order") && v->min_order >= 0)
		slab->slub_min_order = (unsigned)v->min_order;
	if (slab->slub_max_order < slab->slub_min_order)
		slab->slub_max_order = slab->slub_min_order;
	if (policy_key_given(p, "slab", "min_objects") && v->min_objects >= 0)
		slab->slub_min_objects = (unsigned)v->min_objects;
	if (policy_key_given(p, "slab", "cpu_partial"))
		slab->cpu_partial = v->cpu_partial;
	if (policy_key_given(p, "slab", "colouring"))
		slab->slab_no_colour = !v->colouring;
	slab->orders = p->values.caches;
	for (unsigned i = 0; i < p->values.caches; i++) {
		snprintf(slab->order_of[i].cache, sizeof(slab->order_of[i].cache), "%s",
			 p->values.cache[i].name);
		slab->order_of[i].order = (unsigned)p->values.cache[i].order;
	}
	return true;
}

/* ---- the other allocators ---- */

bool policy_sides(const struct policy *p, bool objects, struct sides_policy *sides)
{
	const struct policy_sides *v = &p->values.sides;
	const struct policy_key *key;
	bool any = objects;

	for (unsigned k = 0; (key = policy_key(k)); k++)
		any |= policy_key_of_sides(key) && p->set >> k & 1;
	sides->percpu = v->percpu && (objects || policy_key_given(p, "percpu", "replay"));
	sides->vmalloc = v->vmalloc && (objects || policy_key_given(p, "vmalloc", "replay") ||
					policy_key_given(p, "vmalloc", "huge") ||
					policy_key_given(p, "vmalloc", "lazy_max"));
	sides->kmap = v->kmap && (objects || policy_key_given(p, "highmem", "replay"));
	sides->vmalloc_huge = v->huge;
	sides->vmalloc_lazy = v->lazy < 0 ? 0 : v->lazy;
	return any;
}

/* ---- another machine ---- */

int policy_machine(const struct policy *p, const struct machine *m, struct target *t,
		   struct kmm_config *c, struct err *e)
{
	return target_build(t, &p->values.machine, m, c, e);
}

void policy_on_target(const struct target *t, struct kmm_slab_policy *slab,
		      struct sides_policy *sides)
{
	unsigned word = t->arch == KMM_X86_64 || t->arch == KMM_ARM64 ? 8 : 4;

	sides->anew = sides->arch != t->arch;
	sides->arch = t->arch;
	if (!sides->anew)
		return;
	slab->word = word;
	slab->base = 0;
}
