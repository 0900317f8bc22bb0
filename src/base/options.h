/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options: one table per command describes its options; the parser, --help,
 * the man page and the bash completion all come from it.
 */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

enum option_type {
	OPTION_FLAG,	/* bool *: set to true */
	OPTION_STRING,	/* const char **: points into argv */
	OPTION_LIST,	/* struct option_list *: may be repeated */
	OPTION_UINT,	/* uint64_t *: a whole number, with k, M, G suffixes of 1024 */
	OPTION_SECONDS, /* double *: seconds; also "start" (-INFINITY) and "end" (INFINITY) */
	OPTION_CHOICE,	/* int *: index into choices */
};

struct option_list {
	const char **items;
	size_t count;
};

struct option {
	const char *name; /* long name without dashes */
	char letter;	  /* 0: none */
	enum option_type type;
	void *value;
	const char *metavar;	    /* "FILE"; NULL for flags */
	const char *const *choices; /* NULL-terminated; also completes OPTION_STRING */
	const char *help;	    /* one sentence, no full stop needed */
};

struct command {
	const char *name;
	const char *summary;	 /* one line, for the list of commands and the man page's NAME */
	const char *args;	 /* "CAPTURE", "[CAPTURE...]" for the usage line */
	const char *description; /* paragraphs for --help and the man page; '\n\n' between them */
	const char *examples; /* lines "command\n  what it does\n"; commands are run by the tests */
	struct option *options; /* ends with name == NULL */
	bool runs_command; /* the operands are a command with options of its own: they begin at the first */
	int (*run)(int argc, char **argv); /* operands only; returns the exit status 0, 1 or 2 */
};

/*
 * Parse argv[1..] against the table.  GNU style: --name=value, --name value, -xVALUE, clustered flags,
 * -- ends options, operands anywhere unless runs_command.  Operands are moved to argv[0..], ended by NULL there,
 * and counted in *operands.
 * 0; -EINVAL with e set; 1 if --help was asked for (nothing printed).
 * An unambiguous prefix of a long name is accepted.
 */
int options_parse(const struct command *c, int argc, char **argv, int *operands, struct err *e);
void options_help(const struct command *c, FILE *out, int width);
/* roff man page, section 1. */
void options_man(const struct command *c, FILE *out);
/* The bash completion function for all commands of a NULL-terminated array. */
void options_completion(const struct command *const *all, FILE *out);

#endif
