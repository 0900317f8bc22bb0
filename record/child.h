/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * child: the command that is recorded.  It is there from the start, so that filters can name
 * it, and waits to be let go, so that tracing is on from its first instruction.
 */
#ifndef RECORD_CHILD_H
#define RECORD_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct child {
	const char *name;
	pid_t pid; /* 0: none, or it has ended */
	int go;	   /* a byte here lets it run; -1 none */
	int fate;  /* why it could not be run comes from here; its end when it runs; -1 none */
};

#define CHILD_NONE ((struct child){ .go = -1, .fate = -1 })

/* Fork it; it waits.  command: NULL-terminated, looked up in PATH, no shell. */
int child_start(struct child *c, char **command, struct err *e);
/* Let it run; an error if there is no such program. */
int child_go(struct child *c, struct err *e);
/* Has it ended by itself?  *status then as of wait(). */
bool child_ended(struct child *c, int *status);
/* SIGTERM, and some seconds for it; true if it ended.  One that does not end is left running. */
bool child_end(struct child *c, int *status);

#endif
