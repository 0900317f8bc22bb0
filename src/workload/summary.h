/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * summary: what a trace that was read to its end tells of itself: struct kmw_summary, but for what
 * only a workload has (source, requests).
 */
#ifndef WORKLOAD_SUMMARY_H
#define WORKLOAD_SUMMARY_H

#include "machine/machine.h"
#include "trace/trace.h"
#include "workload/kmw.h"

/*
 * counts: [ids] events read, by id; none had a higher one.  0, or -ENOMEM; s->counts and s->per_cpu are for the caller
 * to free, on failure too.
 */
int summary_of_trace(struct kmw_summary *s, const struct trace *t, const uint64_t *counts,
		     uint32_t ids, struct err *e);
/*
 * What the snapshots add (m may be NULL): the kernel's name, and the ring buffers' counters
 * (system/ring_buffer_stats) of CPUs whose counters the trace does not have.
 */
void summary_add_machine(struct kmw_summary *s, const struct machine *m);

#endif
