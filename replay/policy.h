/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy: the rules that a simulated machine follows, by name, by INI file or by
 * single keys.  One table describes all keys: it parses, checks, lists and
 * prints them.  The base `native` is the captured kernel's own.
 */
#ifndef REPLAY_POLICY_H
#define REPLAY_POLICY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "mm/kmm.h"

struct policy {
	char name[64];
	char base[32];		/* a built-in policy's name */
	struct kmm_policy values;
	uint64_t set;		/* bit n: key n was given, not taken from the base */
};

enum policy_type { POLICY_BOOL, POLICY_UINT, POLICY_INT, POLICY_LIST };

struct policy_key {
	const char *section, *key;
	enum policy_type type;
	size_t offset;		/* in struct kmm_policy */
	int64_t least, most;
	const char *unit, *help;
};

extern const struct policy_key policy_keys[]; /* ends with section == NULL */
extern const char *const policy_bases[];      /* built-in names, NULL-terminated */
const char *policy_base_help(unsigned base);

/* A built-in name, or the path of an INI file (`base = NAME` before the first section). */
int policy_load(struct policy *p, const char *name, struct err *e);
/* "section.key=value" */
int policy_set(struct policy *p, const char *assignment, struct err *e);
/* Change a captured machine's configuration to this policy. */
int policy_apply(const struct policy *p, struct kmm_config *c, struct err *e);
/* The value of a key as text. */
void policy_value(const struct kmm_policy *v, const struct policy_key *k, char *out, size_t room);
/* As an INI file that policy_load() understands. */
void policy_print(const struct policy *p, FILE *out);

#endif
