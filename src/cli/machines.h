/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machines: the machines to simulate, from --policy and --set.
 */
#ifndef CLI_MACHINES_H
#define CLI_MACHINES_H

#include "base/err.h"
#include "base/options.h"
#include "machine/machine.h"
#include "mm/kmm.h"
#include "replay/policy.h"
#include "replay/replay.h"
#include "replay/sides.h"

struct machines_options {
	struct option_list policies; /* names or files */
	struct option_list sets;     /* section.key=value, for all policies */
};

#define MACHINES_OPTIONS(mo)                                                                 \
	{ "policy",                                                                          \
	  'p',                                                                               \
	  OPTION_LIST,                                                                       \
	  &(mo).policies,                                                                    \
	  "NAME",                                                                            \
	  NULL,                                                                              \
	  "simulate under it: a name (kmemlab policy list), NAME+KEY=VALUE, an INI file" },  \
	{                                                                                    \
		"set", 0, OPTION_LIST, &(mo).sets, "SECTION.KEY=VALUE", NULL,                \
			"change a key of the simulated policies (see `kmemlab policy show`)" \
	}

#define MACHINES_MAX 32

struct machines {
	unsigned count;
	struct policy *policy;	   /* [count] */
	struct kmm_config *config; /* [count] */
	struct machines_slab {
		bool on; /* the objects go through the model too */
		struct kmm_slab_policy policy;
	} * slab; /* [count] */
	struct machines_sides {
		bool on;
		struct sides_policy policy;
	} * sides;	       /* [count] */
	struct target *target; /* [count] */
};

/* One machine a policy; --set without --policy means native with that key changed. */
int machines_build(struct machines *s, const struct machine *m, const struct machines_options *o,
		   struct err *e);
/* The machine under the captured kernel's own policy, appended at the end. */
int machines_add_native(struct machines *s, const struct machine *m, struct err *e);
/* The i-th of them as a run of a replay; the rest of *o is left as it is. Valid as long as s is. */
void machines_run(const struct machines *s, unsigned i, struct replay_run_options *o);
void machines_free(struct machines *s);

#endif
