/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * input: the options that say what to read and which part of it, shared by all
 * commands that take a capture.
 */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/options.h"
#include "machine/machine.h"
#include "trace/trace.h"
#include "workload/capture.h"
#include "workload/import.h"

struct input_options {
	double from, to;
	const char *cpus;
	const char *instance;
	const char *kallsyms;
	bool keep_going;
	uint8_t cpu_mask[KMM_CPUS]; /* of `cpus`, for as long as a trace is open */
};

#define INPUT_DEFAULTS                            \
	{                                         \
		.from = -INFINITY, .to = INFINITY \
	}

/* Rows for a command's option table; `in` is a struct input_options. */
#define INPUT_OPTIONS(in)                                                             \
	{ "from",                                                                     \
	  0,                                                                          \
	  OPTION_SECONDS,                                                             \
	  &(in).from,                                                                 \
	  "SECONDS",                                                                  \
	  NULL,                                                                       \
	  "leave out events before this time (the capture's own clock)" },            \
		{ "to",                                                               \
		  0,                                                                  \
		  OPTION_SECONDS,                                                     \
		  &(in).to,                                                           \
		  "SECONDS",                                                          \
		  NULL,                                                               \
		  "leave out events after this time" },                               \
		{ "cpu",                                                              \
		  'C',                                                                \
		  OPTION_STRING,                                                      \
		  &(in).cpus,                                                         \
		  "LIST",                                                             \
		  NULL,                                                               \
		  "events of these CPUs only, such as 0,2-3" },                       \
		{ "instance",                                                         \
		  0,                                                                  \
		  OPTION_STRING,                                                      \
		  &(in).instance,                                                     \
		  "NAME",                                                             \
		  NULL,                                                               \
		  "read this buffer instance of the trace instead of the main one" }, \
		{ "kallsyms",                                                         \
		  0,                                                                  \
		  OPTION_STRING,                                                      \
		  &(in).kallsyms,                                                     \
		  "FILE",                                                             \
		  NULL,                                                               \
		  "take the kernel's symbols from this copy of its /proc/kallsyms" }, \
	{                                                                             \
		"keep-going", 'k', OPTION_FLAG, &(in).keep_going, NULL, NULL,         \
			"use what is readable of a damaged trace instead of failing"  \
	}

/* A CPU list into a mask of KMM_CPUS bytes. */
int input_cpu_mask(const char *list, uint8_t mask[KMM_CPUS], struct err *e);
/* The events of c that are asked for; NULL with e set. */
struct trace *input_trace(struct input_options *in, const struct capture *c, struct err *e);
/* Open the one capture of argv as a workload, importing it on the way where needed. */
struct kmw_reader *input_open(const struct input_options *in, const char *path,
			      struct import_result *res, struct err *e);
/* Print the error as one line and return 2, "could not do or judge". */
int input_fail(const char *command, const struct err *e);
/* The whole of a command that wants one capture as a workload; its exit status. */
int input_run(const char *command, const struct input_options *in, int argc, char **argv,
	      int (*work)(struct kmw_reader *k, struct err *e));

#endif
