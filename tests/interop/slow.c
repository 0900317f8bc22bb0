// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slow: an LD_PRELOAD library that holds up what moves data with splice(2) for as long as the file
 * $STALL is there, as a disk does that stalls.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

ssize_t splice(int from, off64_t *from_at, int to, off64_t *to_at, size_t n, unsigned flags)
{
	static ssize_t (*real)(int, off64_t *, int, off64_t *, size_t, unsigned);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "splice");
	while (access(getenv("STALL"), F_OK) == 0)
		usleep(10000);
	return real(from, from_at, to, to_at, n, flags);
}
