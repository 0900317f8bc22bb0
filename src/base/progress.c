// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/table.h"
#include "base/utf8.h"

#define LINE 256

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static void add(char line[LINE], const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(char line[LINE], const char *format, ...)
{
	size_t n = strlen(line);
	va_list args;

	va_start(args, format);
	vsnprintf(line + n, LINE - n, format, args);
	va_end(args);
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
	char line[LINE] = "";
	double t, spent;
	size_t room;

	if (!p->on)
		return;
	t = now();
	if (t - p->last < 0.1)
		return;
	p->last = t;
	spent = t - p->start;
	add(line, "%s: ", p->what);
	if (total)
		add(line, "%3.0f%%, ", 100.0 * (double)done / (double)total);
	add(line, "%.1f M %s, %.1f M/s", (double)count / 1e6, p->unit, (double)count / spent / 1e6);
	if (total && done && done < total)
		add(line, ", %.0f s left", spent * (double)(total - done) / (double)done);
	/* A line that goes on below could not be drawn anew. */
	room = table_terminal(stderr);
	fprintf(stderr, "\r\033[K%.*s", (int)(room ? utf8_fit(line, room - 1) : strlen(line)),
		line);
	fflush(stderr);
}

void progress_end(struct progress *p)
{
	if (p->on)
		fputs("\r\033[K", stderr);
	p->on = false;
}
