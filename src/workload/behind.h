/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * behind: records that a thread of its own puts into a workload file, behind the
 * one that makes them, where there is more than one CPU for it; else, and where no thread can be had, they are put
 * there at once.  The file is the same: strings are handed over with the records that they came before.
 *
 * From behind_start() to behind_finish() the writer is that thread's.
 */
#ifndef WORKLOAD_BEHIND_H
#define WORKLOAD_BEHIND_H

#include "workload/kmw.h"

struct behind;

/* NULL: out of memory. */
struct behind *behind_start(struct kmw_writer *w, struct err *e);
/* As kmw_put(), whose failure may show at a later record only. */
int behind_put(struct behind *b, const struct request *r, struct err *e);
/* As kmw_string(). */
uint32_t behind_string(struct behind *b, const char *s, size_t len);
/* All records are put; frees b.  0, or the first failure of kmw_put(). */
int behind_finish(struct behind *b, struct err *e);

#endif
