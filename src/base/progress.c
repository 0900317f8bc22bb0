// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

void progress_start(struct progress *p, const char *what, const char *unit)
{
	p->what = what;
	p->unit = unit;
	p->on = isatty(STDERR_FILENO);
	p->start = p->last = now();
}

void progress_update(struct progress *p, uint64_t done, uint64_t total, uint64_t count)
{
	double t, spent;

	if (!p->on)
		return;
	t = now();
	if (t - p->last < 0.1)
		return;
	p->last = t;
	spent = t - p->start;
	fprintf(stderr, "\r\033[K%s: ", p->what);
	if (total)
		fprintf(stderr, "%3.0f%%, ", 100.0 * (double)done / (double)total);
	fprintf(stderr, "%.1f M %s, %.1f M/s", (double)count / 1e6, p->unit,
		(double)count / spent / 1e6);
	if (total && done && done < total)
		fprintf(stderr, ", %.0f s left", spent * (double)(total - done) / (double)done);
	fflush(stderr);
}

void progress_end(struct progress *p)
{
	if (p->on)
		fputs("\r\033[K", stderr);
	p->on = false;
}
