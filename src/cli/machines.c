// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/machines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/model.h"
#include "replay/objects.h"

static int reserve(struct machines *s, struct err *e)
{
	struct policy *p = realloc(s->policy, (s->count + 1) * sizeof(*p));
	struct machines_slab *slab;
	struct machines_sides *sides;
	struct target *target;
	struct kmm_config *c;

	if (!p)
		return err_set(e, ENOMEM, "out of memory");
	s->policy = p;
	c = realloc(s->config, (s->count + 1) * sizeof(*c));
	if (!c)
		return err_set(e, ENOMEM, "out of memory");
	s->config = c;
	slab = realloc(s->slab, (s->count + 1) * sizeof(*slab));
	if (!slab)
		return err_set(e, ENOMEM, "out of memory");
	s->slab = slab;
	sides = realloc(s->sides, (s->count + 1) * sizeof(*sides));
	if (!sides)
		return err_set(e, ENOMEM, "out of memory");
	s->sides = sides;
	target = realloc(s->target, (s->count + 1) * sizeof(*target));
	if (!target)
		return err_set(e, ENOMEM, "out of memory");
	s->target = target;
	return s->count < MACHINES_MAX ? 0 :
					 err_set(e, E2BIG, "more than %d policies", MACHINES_MAX);
}

static int add(struct machines *s, const struct machine *m, const char *name,
	       const struct machines_options *o, struct err *e)
{
	struct policy *p;
	int ret = reserve(s, e);

	if (ret < 0)
		return ret;
	p = &s->policy[s->count];
	ret = policy_load(p, name, e);
	for (size_t i = 0; o && i < o->sets.count && ret >= 0; i++)
		ret = policy_set(p, o->sets.items[i], e);
	if (ret >= 0)
		ret = machine_model(m, &s->config[s->count], e);
	if (ret >= 0)
		ret = policy_machine(p, m, &s->target[s->count], &s->config[s->count], e);
	if (ret >= 0)
		ret = policy_apply(p, &s->config[s->count], e);
	if (ret < 0)
		return ret;
	objects_native_policy(m, &s->slab[s->count].policy);
	s->slab[s->count].on = policy_objects(p, &s->slab[s->count].policy);
	sides_native_policy(m, &s->sides[s->count].policy);
	s->sides[s->count].on = policy_sides(p, s->slab[s->count].on, &s->sides[s->count].policy);
	policy_on_target(&s->target[s->count], &s->slab[s->count].policy,
			 &s->sides[s->count].policy);
	s->count++;
	return 0;
}

int machines_build(struct machines *s, const struct machine *m, const struct machines_options *o,
		   struct err *e)
{
	int ret = 0;

	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < o->policies.count && ret >= 0; i++)
		ret = add(s, m, o->policies.items[i], o, e);
	if (!o->policies.count && o->sets.count)
		ret = add(s, m, "native", o, e);
	return ret;
}

int machines_add_native(struct machines *s, const struct machine *m, struct err *e)
{
	return add(s, m, "native", NULL, e);
}

void machines_run(const struct machines *s, unsigned i, struct replay_run_options *o)
{
	o->simulated = true;
	o->name = s->policy[i].name;
	o->config = &s->config[i];
	o->slab = s->slab[i].on ? &s->slab[i].policy : NULL;
	o->sides = s->sides[i].on ? &s->sides[i].policy : NULL;
	o->target = s->target[i].other ? &s->target[i] : NULL;
}

void machines_free(struct machines *s)
{
	free(s->policy);
	free(s->config);
	free(s->slab);
	free(s->sides);
	free(s->target);
	memset(s, 0, sizeof(*s));
}
