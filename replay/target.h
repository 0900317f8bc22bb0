/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * target: the machine that a capture is replayed on, where it is not the one that
 * was captured: another architecture, size of memory, number of nodes or CPUs.
 *
 * Zones are laid out as the architecture's kernel does (kmm_arch.h), the same
 * share of them managed as was captured, and marks, reserves and list sizes
 * computed anew.  Of C captured CPUs and N here, CPU c is c * N / C where there
 * are fewer; where there are more, each has a group of them, in which a task's
 * number chooses.  Nodes likewise, without the choice.
 */
#ifndef REPLAY_TARGET_H
#define REPLAY_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "machine/machine.h"
#include "mm/kmm_arch.h"
#include "workload/request.h"

/* -1: as captured. */
struct target_wish {
	int32_t preset; /* enum kmm_arch */
	int32_t memory; /* MiB */
	int32_t nodes, cpus;
};

struct target {
	bool other; /* not the captured machine */
	bool moved; /* nor its zones: what was in memory has to be placed anew */
	enum kmm_arch arch;
	uint32_t cpus, nodes, from_cpus, from_nodes;
};

enum kmm_arch target_arch_of(const struct machine *m);
/* c: the captured machine's configuration, which becomes the target's. 0 or -EINVAL. */
int target_build(struct target *t, const struct target_wish *w, const struct machine *m,
		 struct kmm_config *c, struct err *e);
/* A record as it stands on the target. */
void target_map(const struct target *t, struct request *q);

#endif
