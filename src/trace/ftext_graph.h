/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ftext_graph: events among the calls that the function_graph tracer writes, as comments:
 *
 *     6.203182 |   0)     init-1     |  ..... |               |  / * kfree: ... * /
 *
 * The CPU is always there (but for options/funcgraph-cpu turned off, which leaves no event to be
 * read); time, task and flags are where options funcgraph-abstime, funcgraph-proc and
 * latency-format ask for them.  Where no line has a time, their order stands for it; where none has
 * a task, the lines between them tell that another one runs on a CPU (kernel/trace/
 * trace_functions_graph.c, 6.1).
 */
#ifndef TRACE_FTEXT_GRAPH_H
#define TRACE_FTEXT_GRAPH_H

#include "trace/ftext_line.h"

/* A task on a CPU; comm NULL: not told yet. */
struct ftext_graph_task {
	const char *comm;
	uint32_t comm_len;
	int32_t pid;
};

struct ftext_graph {
	uint64_t lines; /* of events, so far */
	uint32_t cpus;
	struct ftext_graph_task *first, *now; /* [cpus] */
};

/* 0 or -ENOMEM.  Nothing is known of any task then. */
int ftext_graph_init(struct ftext_graph *g, uint32_t cpus);
/* From the first line again. */
void ftext_graph_rewind(struct ftext_graph *g);
void ftext_graph_free(struct ftext_graph *g);
/*
 * As ftext_line_read.  The task of a CPU of which no line told is called "<...>", and has a number
 * below 0 for each CPU: it is none of the others.
 */
bool ftext_graph_read(struct ftext_graph *g, struct ftext_line *l, const char *p, const char *end);
/* A line that tells of another task: the one before is noted as the CPU's first, if none was. */
void ftext_graph_look(struct ftext_graph *g, const char *p, const char *end);

#endif
