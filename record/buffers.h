/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * buffers: how large the ring buffers are.  At first by the rate of events, measured before; then
 * a thread looks on, and doubles the buffer of a CPU that fills up faster than it is emptied.  What
 * is in a ring buffer stays there when it grows.
 */
#ifndef RECORD_BUFFERS_H
#define RECORD_BUFFERS_H

#include <stdint.h>

#include "record/instance.h"

struct buffers;

/* Two seconds' worth of the busiest CPU's events, KiB a CPU.  Records for a moment and keeps nothing. */
int buffers_measure(struct instance *in, unsigned cpus, uint64_t *kib, struct err *e);
/* Look on from now: they are of kib each.  mask: the CPUs that are recorded, [cpus]; NULL: all.  NULL on error. */
struct buffers *buffers_watch(struct instance *in, unsigned cpus, const uint8_t *mask, uint64_t kib,
			      struct err *e);
/* The largest one's KiB at the end.  b may be NULL: 0. */
uint64_t buffers_end(struct buffers *b);

#endif
