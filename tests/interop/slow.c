// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slow: an LD_PRELOAD library that holds each thread up for a second when it has moved some data
 * with splice(2), as a disk does that stalls.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#define BEFORE 20 /* calls */

ssize_t splice(int from, off64_t *from_at, int to, off64_t *to_at, size_t n, unsigned flags)
{
	static ssize_t (*real)(int, off64_t *, int, off64_t *, size_t, unsigned);
	static _Thread_local unsigned calls;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "splice");
	if (++calls == BEFORE)
		sleep(1);
	return real(from, from_at, to, to_at, n, flags);
}
