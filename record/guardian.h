/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guardian: a process of the recorder's own that does nothing but wait.  If the recorder ends without
 * having cleaned up (a crash of one of its threads, kill -9), it removes what that left in tracefs, and
 * ends.  Where it was killed too, the next start does (instance_tidy()).
 */
#ifndef RECORD_GUARDIAN_H
#define RECORD_GUARDIAN_H

#include <sys/types.h>

#include "base/err.h"

struct guardian {
	pid_t pid; /* 0: none */
	int line;  /* by its end the guardian knows of the recorder's */
};

#define GUARDIAN_NONE ((struct guardian){ 0, -1 })

/* Before there are threads, and before privileges are dropped.  0 or a negative errno. */
int guardian_start(struct guardian *g, struct err *e);
/* All is cleaned up: it ends.  Harmless where there is none. */
void guardian_dismiss(struct guardian *g);

#endif
