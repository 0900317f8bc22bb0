/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kthread: tasks whose names say what they do for memory management.  A replay goes by some of them, so
 * a scrubbed capture keeps that much of their names.
 */
#ifndef TRACE_KTHREAD_H
#define TRACE_KTHREAD_H

#include <stddef.h>

enum kthread {
	KTHREAD_NONE,
	KTHREAD_KSWAPD,
	KTHREAD_KCOMPACTD,
	KTHREAD_UNBOUND,   /* a kworker that runs on any CPU of its node: "kworker/u4:1" */
	KTHREAD_PGDATINIT, /* frees memory at boot */
	KTHREAD_OTHER,	   /* khugepaged, ksmd, the idle task, kmemlab itself */
};

/* By the name's beginning; *kept: how much of it says so, with the number that follows ("kswapd0"). */
enum kthread kthread_of(const char *name, size_t len, size_t *kept);

#endif
