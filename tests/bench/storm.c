// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * storm: as many events of the page allocator as a machine makes.  On each CPU a process maps a
 * few pages, touches each and gives them back, or forks a child that does so, for a given time.
 *
 *     storm SECONDS [pages|forks]
 *
 * Prints the number of pages touched, which is the work that was done: what a recorder costs is
 * how much less of it is done beside it.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGES 1024 /* of one mapping */
#define FORKED 16  /* of a child's */

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static void touch(unsigned pages, size_t size)
{
	char *p = mmap(NULL, pages * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);

	if (p == MAP_FAILED)
		exit(2);
	madvise(p, pages * size, MADV_NOHUGEPAGE);
	for (unsigned i = 0; i < pages; i++)
		p[i * size] = 1;
	munmap(p, pages * size);
}

static uint64_t work(double seconds, int forks)
{
	double end = now() + seconds;
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t touched = 0;

	while (now() < end) {
		if (!forks) {
			touch(PAGES, size);
			touched += PAGES;
			continue;
		}
		pid_t pid = fork();

		if (!pid) {
			touch(FORKED, size);
			_exit(0);
		}
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			exit(2);
		touched += FORKED;
	}
	return touched;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 0;
	int forks = argc > 2 && !strcmp(argv[2], "forks"), n = (int)sysconf(_SC_NPROCESSORS_ONLN);
	volatile uint64_t *touched = mmap(NULL, sizeof(*touched) * (size_t)n,
					  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
					  0);
	uint64_t all = 0;
	int failed = 0, status;

	if (seconds <= 0 || touched == MAP_FAILED) {
		fprintf(stderr, "Usage: storm SECONDS [pages|forks]\n");
		return 2;
	}
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (!pid) {
			touched[i] = work(seconds, forks);
			_exit(0);
		}
		failed |= pid < 0;
	}
	while (wait(&status) > 0)
		failed |= status != 0;
	for (int i = 0; i < n; i++)
		all += touched[i];
	printf("%llu\n", (unsigned long long)all);
	return failed ? 2 : 0;
}
