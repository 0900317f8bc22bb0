/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify_slabs: the object side of `verify`: the recorded slabs and the simulated ones
 * against the kernel's own counts, and how well caches are found without their names.
 */
#ifndef CLI_VERIFY_SLABS_H
#define CLI_VERIFY_SLABS_H

#include "base/json.h"
#include "base/table.h"
#include "replay/nametest.h"
#include "replay/slabfidelity.h"

struct table *verify_cache_table(const struct slabfidelity *f);
struct table *verify_name_table(const struct nametest *n, const struct intern *strings);

/* objects: the run with an object side, -1 none. 0 or -1. */
int verify_print_slabs(const struct replay *r, int recorded, int objects,
		       const struct slabfidelity *f);
void verify_print_names(const struct nametest *n);
void verify_json_slabs(struct json *j, const struct replay *r, int recorded, int objects,
		       const struct slabfidelity *f);
void verify_json_names(struct json *j, const struct replay *r, const struct nametest *n);

#endif
