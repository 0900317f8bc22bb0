/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture: what a user names on the command line: a capture directory (a trace
 * with snapshots beside it), a bare trace, or a workload made from either.
 */
#ifndef WORKLOAD_CAPTURE_H
#define WORKLOAD_CAPTURE_H

#include <limits.h>

#include "base/err.h"

enum capture_kind { CAPTURE_DIR, CAPTURE_TRACE, CAPTURE_KMW };

struct capture {
	enum capture_kind kind;
	char trace[PATH_MAX];	 /* the trace or workload file */
	char dir[PATH_MAX];	 /* CAPTURE_DIR: where before/, after/ and system/ are */
	char kallsyms[PATH_MAX]; /* CAPTURE_DIR: where the kernel's symbols would be; else "" */
	char name[256]; /* for people: the last part of the path, without .dat, .gz, .kmw */
};

/* Look at the path and the first bytes of the file.  0 or a negative errno. */
int capture_find(const char *path, struct capture *c, struct err *e);

#endif
