/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy: under which rules a machine is simulated.  A base, the rules of one
 * kernel generation or of the captured kernel itself (`native`), and single
 * keys that differ from it.  Built-in, from an INI file, or changed on the
 * command line; one table of keys parses, checks, prints and explains them.
 * Plain data: copied by assignment, nothing to free.
 */
#ifndef REPLAY_POLICY_H
#define REPLAY_POLICY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "mm/kmm_slab.h"
#include "replay/sides.h"
#include "replay/target.h"

/* What the object allocators do. */
struct policy_slab {
	bool objects;				   /* object requests go through the model */
	int32_t kind;				   /* enum kmm_slab_kind; -1: the base's */
	int32_t min_order, max_order, min_objects; /* -1: by the kernel's rule */
	bool cpu_partial, colouring;
};

/* And the other allocators. */
struct policy_sides {
	bool percpu, vmalloc, kmap; /* their requests go through the model */
	bool huge;
	int32_t lazy; /* pages; -1: by the kernel's rule */
};

/* What a what-if does when memory runs short, beside the page policy's. */
struct policy_shortage {
	int32_t kswapd; /* 0, 1; -1: as the size of memory is the captured one or not */
};

/* A section [cache NAME] of its own: what one cache has other than the rest. */
struct policy_cache {
	char name[32];
	int32_t order; /* of its slabs */
};

#define POLICY_CACHES KMM_SLAB_ORDERS

struct policy_values {
	struct kmm_policy page;
	struct policy_slab slab;
	struct policy_sides sides;
	struct target_wish machine;
	struct policy_shortage shortage;
	struct policy_cache cache[POLICY_CACHES];
	unsigned caches; /* so many of them */
};

struct policy {
	char name[64];
	char base[32];		     /* a built-in name */
	struct policy_values values; /* of the keys in set; else the base's, where it has one */
	uint64_t set;		     /* bit k: key k of policy_key() was given */
};

/*
 * A built-in name (tried first), one with keys changed ("native+pcp.batch=15", the name
 * that it then has), or an INI file.  0 or a negative errno.
 */
int policy_load(struct policy *p, const char *name, struct err *e);
/* The captured kernel's own, with no key changed? */
bool policy_is_native(const struct policy *p);
/* That, but for which requests the model answers itself: with or without the objects? */
bool policy_is_captured(const struct policy *p);
/* "section.key=value"; the policy's name says so from then on. */
int policy_set(struct policy *p, const char *text, struct err *e);
/*
 * Put a policy on a captured machine's configuration.  What the base does not
 * decide (its size, its administrator's settings, its watermarks and list sizes)
 * stays as captured, unless a key was given or follows from one that was; such
 * values are cleared, so that the model computes them anew.
 */
int policy_apply(const struct policy *p, struct kmm_config *c, struct err *e);
/*
 * Does the object side go through the model?  Then *slab, the captured kernel's own
 * allocator at first, is made what the policy says.  True if slab.objects is on, or
 * another key of the section was given and slab.objects was not.
 */
bool policy_objects(const struct policy *p, struct kmm_slab_policy *slab);
/*
 * Do requests of other allocators go through the model?  Then *sides, all of them on
 * the captured machine at first, is made what the policy says.  True if the objects
 * do, or a key of theirs was given.
 */
bool policy_sides(const struct policy *p, bool objects, struct sides_policy *sides);
/*
 * Another machine than the captured one?  Then its configuration *c becomes that of the
 * target, before policy_apply(); *slab and *sides are told of it. 0 or -EINVAL.
 */
int policy_machine(const struct policy *p, const struct machine *m, struct target *t,
		   struct kmm_config *c, struct err *e);
void policy_on_target(const struct target *t, struct kmm_slab_policy *slab,
		      struct sides_policy *sides);
/* As an INI file that policy_load() understands: what was not given stands there as a comment. */
void policy_print(const struct policy *p, FILE *out);

/* One built-in policy; NULL after the last. */
const char *policy_builtin(unsigned i, const char **summary);

enum policy_key_type { POLICY_BOOL, POLICY_INT, POLICY_LIST, POLICY_CHOICE };

struct policy_key {
	const char *section, *key;
	enum policy_key_type type;
	const char *unit;
	int64_t min, max;  /* of each number */
	int64_t automatic; /* the number that "auto" stands for; INT64_MIN: none */
	uint32_t offset;   /* in struct policy_values */
	bool captured;	   /* stays as captured under any base, unless given */
	const char *meaning;
	const char *const *names; /* POLICY_CHOICE: of the numbers from 0 on, NULL at the end */
};

#define POLICY_VALUE 128 /* bytes of a printed value */

/* The names of a choice, and auto. */
void policy_names(const struct policy_key *key, char out[POLICY_VALUE]);
/* The k-th key; NULL after the last. */
const struct policy_key *policy_key(unsigned k);
void policy_value(const struct policy_key *key, const struct policy_values *p,
		  char out[POLICY_VALUE]);
/* The key's default under a base: a value, or "captured". */
void policy_default(const struct policy_key *key, const char *base, char out[POLICY_VALUE]);
/* The key's value in a policy: what was given, else the default under its base. */
void policy_current(const struct policy *p, const struct policy_key *key, char out[POLICY_VALUE]);

#endif
