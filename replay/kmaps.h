/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmaps: the traffic of temporary and permanent maps of high memory, replayed
 * through windows of several sizes: how often each would have been flushed from
 * all TLBs.
 */
#ifndef REPLAY_KMAPS_H
#define REPLAY_KMAPS_H

#include "machine/machine.h"
#include "mm/kmm_highmem.h"
#include "workload/kmw.h"

#define KMAPS_WINDOWS 4

struct kmaps {
	struct kmaps_window {
		unsigned slots;
		bool own; /* of the captured kernel */
		struct kmm_highmem_stats s;
	} window[KMAPS_WINDOWS];
	unsigned count;
	uint64_t maps; /* requests; 0: the capture has none */
};

/* 0 or a negative errno. */
int kmaps_replay(struct kmaps *x, struct kmw_reader *k, const struct machine *m, struct err *e);

#endif
