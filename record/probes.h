/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probes: events that the kernel does not have, made by kprobes: the mappings
 * of high memory on 32-bit machines, and vmalloc's areas on kernels before 6.2.
 * They stand in a group of our own, kmemlab_PID, and go when the recorder goes;
 * those of a recorder that was killed are removed by the next one.
 */
#ifndef RECORD_PROBES_H
#define RECORD_PROBES_H

#include <sys/types.h>

#include "record/presets.h"

/*
 * Make those that the set wants and this kernel allows, and add them to the set; those that it does
 * not allow to the gaps.  Asked for by name ("highmem") and none of them there: -ENOENT.
 */
int probes_make(struct event_set *s, struct event_gaps *gaps, struct err *e);
/* Remove this process's own; their events must be disabled in every instance. */
void probes_remove(void);
/* Remove those of recorders that have no instance: they were killed. */
void probes_tidy(void);
/* Are there still some of the recorder that has this pid, or had it? */
bool probes_left_by(pid_t pid);

#endif
