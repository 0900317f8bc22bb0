/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model: a described machine turned into the model's configuration and starting
 * state.  The only place that knows both sides.
 */
#ifndef MACHINE_MODEL_H
#define MACHINE_MODEL_H

#include "machine/machine.h"
#include "machine/pageblocks.h"
#include "mm/kmm.h"

/*
 * The nearest of the generations that the model knows: before 4.4 the rules of
 * 2.6, to 5.12 those of 5.10, to 6.6 those of 6.1, then those of 6.18; 6.1 where
 * the version is unknown.
 */
enum kmm_generation machine_generation(const struct machine *m);

/*
 * The machine under its own kernel's policy: zones, watermarks (the boost taken
 * off), reserves, per-CPU list sizes, nodes, and the settings that sysctl_vm tells.
 */
int machine_model(const struct machine *m, struct kmm_config *c, struct err *e);
/*
 * Pages below which a free drains a CPU's lists of a zone only while kswapd balances it: their limit, or from 6.7
 * on, when a zone below its high mark lets go of everything above it, the least that the limit can be.
 */
uint32_t machine_pcp_least(const struct machine *m, uint32_t zone);

/*
 * Put a snapshot's state into a model, every frame of which is in use: from the
 * real lists where the snapshot has them, else from the free-page map (freemap.h),
 * with the order within the lists by address and empty per-CPU lists.  -ENODATA
 * where it has neither.
 */
int machine_seed(const struct machine *m, const struct machine_state *s, struct kmm *mm,
		 struct err *e);

#endif
