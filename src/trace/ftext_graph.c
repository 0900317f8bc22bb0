// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "trace/ftext_graph.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/event.h"

#define UNKNOWN "<...>"

int ftext_graph_init(struct ftext_graph *g, uint32_t cpus)
{
	g->lines = 0;
	g->cpus = cpus;
	g->first = calloc(cpus, sizeof(*g->first));
	g->now = calloc(cpus, sizeof(*g->now));
	return g->first && g->now ? 0 : -ENOMEM;
}

void ftext_graph_rewind(struct ftext_graph *g)
{
	g->lines = 0;
	memcpy(g->now, g->first, g->cpus * sizeof(*g->now));
}

void ftext_graph_free(struct ftext_graph *g)
{
	free(g->first);
	free(g->now);
}

static void trim(const char **p, const char **end)
{
	while (*p < *end && **p == ' ')
		(*p)++;
	while (*p < *end && (*end)[-1] == ' ')
		(*end)--;
}

/* "init-1" */
static bool read_task(struct ftext_graph_task *task, const char *p, const char *end)
{
	const char *dash;
	uint64_t pid;

	trim(&p, &end);
	dash = memrchr(p, '-', (size_t)(end - p));
	if (!dash || !ftext_number(dash + 1, end, &pid) || pid > INT32_MAX)
		return false;
	task->comm = p;
	task->comm_len = (uint32_t)(dash - p);
	task->pid = (int32_t)pid;
	return true;
}

/* " 0)", and what is behind it. */
static const char *read_cpu(const char *p, const char *end, uint32_t *cpu)
{
	const char *paren = memchr(p, ')', (size_t)(end - p)), *stop = paren;
	uint64_t n;

	if (!paren)
		return NULL;
	trim(&p, &stop);
	if (!ftext_number(p, stop, &n) || n > UINT16_MAX)
		return NULL;
	*cpu = (uint32_t)n;
	return paren + 1;
}

/* " 0)     init-1     =>     sh-98": the CPU, and both tasks. */
static bool read_switch(const char *p, const char *end, uint32_t *cpu,
			struct ftext_graph_task *before, struct ftext_graph_task *after)
{
	const char *arrow = memmem(p, (size_t)(end - p), " => ", 4);

	p = arrow ? read_cpu(p, arrow, cpu) : NULL;
	return p && read_task(before, p, arrow) && read_task(after, arrow + 4, end);
}

void ftext_graph_look(struct ftext_graph *g, const char *p, const char *end)
{
	struct ftext_graph_task before, after;
	uint32_t cpu;

	if (read_switch(p, end, &cpu, &before, &after) && cpu < g->cpus && !g->first[cpu].comm)
		g->first[cpu] = before;
}

/* The columns before the duration, of which an event has none: "init-1     |  ..... |  ", or less. */
static bool read_columns(struct ftext_line *l, struct ftext_graph_task *task, const char *p,
			 const char *end)
{
	while (p < end) {
		const char *bar = memchr(p, '|', (size_t)(end - p)), *from = p, *to = bar;

		if (!bar)
			return false;
		trim(&from, &to);
		if (from < to && !read_task(task, from, to) && !ftext_flags(l, from, to))
			return false;
		p = bar + 1;
		while (p < end && *p == ' ')
			p++;
	}
	return true;
}

static void take_task(struct ftext_line *l, const struct ftext_graph_task *task)
{
	l->comm = task->comm ? task->comm : UNKNOWN;
	l->comm_len = task->comm ? task->comm_len : sizeof(UNKNOWN) - 1;
	l->pid = task->comm ? task->pid : -1 - (int32_t)l->cpu;
}

static bool read_event(struct ftext_graph *g, struct ftext_line *l, const char *p, const char *end)
{
	const char *comment = memmem(p, (size_t)(end - p), " /* ", 4), *from = p, *bar;
	struct ftext_graph_task task = { 0 };

	if (!comment)
		return false;
	bar = memchr(p, '|', (size_t)(comment - p));
	if (!bar)
		return false;
	l->irq = l->preempt = 0;
	l->clock = FTEXT_COUNTS;
	trim(&from, &bar);
	if (ftext_seconds(from, bar, &l->time)) {
		l->clock = FTEXT_SECONDS;
		p = (const char *)memchr(bar, '|', (size_t)(comment - bar)) + 1;
	}
	p = read_cpu(p, comment, &l->cpu);
	if (!p || !read_columns(l, &task, p, comment) || !ftext_name(l, comment + 4, end - 3))
		return false;
	if (!task.comm && l->cpu < g->cpus)
		task = g->now[l->cpu];
	take_task(l, &task);
	g->lines++;
	if (l->clock == FTEXT_COUNTS)
		l->time = g->lines;
	return true;
}

bool ftext_graph_read(struct ftext_graph *g, struct ftext_line *l, const char *p, const char *end)
{
	struct ftext_graph_task before, after;
	uint32_t cpu;

	while (p < end && end[-1] == ' ')
		end--;
	if (end - p > 6 && !memcmp(end - 3, " */", 3))
		return read_event(g, l, p, end);
	if (read_switch(p, end, &cpu, &before, &after) && cpu < g->cpus)
		g->now[cpu] = after;
	return false;
}
