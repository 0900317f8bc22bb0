/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * facts: what does not change while a capture is taken, as the files of its
 * folder system/ (docs/captures.md).
 */
#ifndef RECORD_FACTS_H
#define RECORD_FACTS_H

#include "record/snapshot.h"

/* 0 or a negative errno. */
int facts_take(int dir, const struct snapshot_options *o, struct err *e);
/* The kernel's log into a file. */
int facts_log(int dir, const char *name, const struct snapshot_options *o, struct err *e);

#endif
