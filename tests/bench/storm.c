// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * storm: as many events of the allocators as a machine makes.  On each CPU a process maps a few
 * pages, touches each and gives them back, or forks a child that does so, or opens pipes and
 * closes them (objects of six caches and no page fault, where a virtual machine makes those
 * slow), for a given time.
 *
 *     storm SECONDS [pages|forks|pipes]
 *
 * Prints the number of pages touched or pipes made, which is the work that was done: what a
 * recorder costs is how much less of it is done beside it.
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
#define PIPES 256  /* between two looks at the clock */

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

static unsigned pages(size_t size)
{
	touch(PAGES, size);
	return PAGES;
}

static unsigned forks(size_t size)
{
	pid_t pid = fork();

	if (!pid) {
		touch(FORKED, size);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		exit(2);
	return FORKED;
}

static unsigned pipes(size_t size)
{
	int end[2];

	(void)size;
	for (unsigned i = 0; i < PIPES; i++) {
		if (pipe(end))
			exit(2);
		close(end[0]);
		close(end[1]);
	}
	return PIPES;
}

static const struct kind {
	const char *name;
	unsigned (*once)(size_t size);
} kinds[] = { { "pages", pages }, { "forks", forks }, { "pipes", pipes } };

static const struct kind *kind_of(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

static uint64_t work(double seconds, const struct kind *kind)
{
	double end = now() + seconds;
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t done = 0;

	while (now() < end)
		done += kind->once(size);
	return done;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 0;
	const struct kind *kind = kind_of(argc > 2 ? argv[2] : "pages");
	int n = (int)sysconf(_SC_NPROCESSORS_ONLN);
	volatile uint64_t *done = mmap(NULL, sizeof(*done) * (size_t)n, PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t all = 0;
	int failed = 0, status;

	if (seconds <= 0 || !kind || done == MAP_FAILED) {
		fprintf(stderr, "Usage: storm SECONDS [pages|forks|pipes]\n");
		return 2;
	}
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (!pid) {
			done[i] = work(seconds, kind);
			_exit(0);
		}
		failed |= pid < 0;
	}
	while (wait(&status) > 0)
		failed |= status != 0;
	for (int i = 0; i < n; i++)
		all += done[i];
	printf("%llu\n", (unsigned long long)all);
	return failed ? 2 : 0;
}
