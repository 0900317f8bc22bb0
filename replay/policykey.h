/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policykey: the table of the keys that a policy may change, which parses, checks and
 * explains them, and what the files of policies share; others use policy.h.
 */
#ifndef REPLAY_POLICYKEY_H
#define REPLAY_POLICYKEY_H

#include "replay/policy.h"

/* Its number; -1: there is none. */
int policy_key_find(const char *section, const char *key);
bool policy_key_given(const struct policy *p, const char *section, const char *key);
/* 0, or -EINVAL. */
int policy_key_parse(const struct policy_key *k, struct policy_values *p, const char *text,
		     struct err *e);
bool policy_key_of_pages(const struct policy_key *key);
bool policy_key_of_machine(const struct policy_key *key);
bool policy_key_of_slab(const struct policy_key *key);
bool policy_key_of_sides(const struct policy_key *key);
/* Of neither pages nor the machine: the same under every base. */
bool policy_key_of_others(const struct policy_key *key);

/* The number of a base; -1: there is none. */
int policy_base_find(const char *name);
/* 0, or -EINVAL. */
int policy_set_base(struct policy *p, const char *name, struct err *e);

#endif
