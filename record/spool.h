/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spool: one thread a CPU moves whole sub-buffers from the kernel's ring buffer
 * to a file by splice, without a copy through this process.  A disk that fills up
 * stops all of them; what was written by then stays.
 */
#ifndef RECORD_SPOOL_H
#define RECORD_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "record/instance.h"

struct spool;

/* Threads for the CPUs of mask (NULL: all), each into NAME.N of the directory; they begin at once. */
struct spool *spool_start(struct instance *in, int dir, unsigned cpus, const uint8_t *mask,
			  struct err *e);
/* Bytes written so far; *failed: a write failed and the threads have stopped. */
uint64_t spool_bytes(const struct spool *s, bool *failed);
/* Tracing is off: write what is left, end the threads.  A failed write is told; what is there is good. */
int spool_stop(struct spool *s, struct err *e);
/* Bytes of one CPU's file. */
uint64_t spool_size(const struct spool *s, unsigned cpu);
void spool_free(struct spool *s);
/* The name of a CPU's file. */
void spool_name(unsigned cpu, char name[32]);

#endif
