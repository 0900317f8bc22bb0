// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemlab: finds the command, parses its options, runs it. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/commands.h"

#ifndef KMEMLAB_VERSION
#define KMEMLAB_VERSION "unknown"
#endif
#ifndef KMEMLAB_RELEASED
#define KMEMLAB_RELEASED "\"\""
#endif

static const struct command *const commands[] = {
	&cmd_record, &cmd_import, &cmd_stat,	&cmd_info,   &cmd_dump,	  &cmd_state,
	&cmd_replay, &cmd_verify, &cmd_report,	&cmd_policy, &cmd_export, &cmd_colour,
	&cmd_tlb,    &cmd_check,  &cmd_compare, &cmd_advise, &cmd_scrub,  NULL,
};

static const struct command *find(const char *name)
{
	for (unsigned i = 0; commands[i]; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static int terminal_width(void)
{
	struct winsize w;

	return isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) && w.ws_col ?
		       w.ws_col :
		       80;
}

static void print_overview(FILE *out)
{
	fputs("Usage: kmemlab COMMAND [OPTIONS] ...\n\n"
	      "Reconstruct what a Linux kernel's memory allocators did from an ftrace capture,\n"
	      "replay it under other policies, and report, with the error stated.\n\nCommands:\n",
	      out);
	for (unsigned i = 0; commands[i]; i++)
		fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\n`kmemlab help COMMAND` tells more. Exit status: 0 done or passed, 1 a verdict failed,\n"
	      "2 could not do or judge.\n",
	      out);
}

static void print_main_man(FILE *out)
{
	fputs(".TH KMEMLAB 1 " KMEMLAB_RELEASED " kmemlab \"User Commands\"\n.SH NAME\nkmemlab \\- "
	      "trace\\-driven replay of the Linux kernel's memory allocators\n"
	      ".SH SYNOPSIS\n.B kmemlab\n\\fICOMMAND\\fR [\\fIOPTIONS\\fR] ...\n.SH DESCRIPTION\n"
	      "Reads ftrace captures of the kmem events, reconstructs what the real\nallocators did, replays "
	      "the same requests through a model of them, and\nreports, with the model's error stated.\n"
	      ".SH COMMANDS\n",
	      out);
	for (unsigned i = 0; commands[i]; i++)
		fprintf(out, ".TP\n.BR kmemlab\\-%s (1)\n%s\n", commands[i]->name,
			commands[i]->summary);
	fputs(".SH EXAMPLES\n.nf\n"
	      "kmemlab report \\-o small.html traces/amd64\\-6.1\\-small\n"
	      "kmemlab replay \\-o first.db \\-\\-policy native+pcp.batch=15 traces/amd64\\-6.1\\-small\n"
	      "kmemlab compare first.db\n"
	      ".fi\n"
	      ".SH EXIT STATUS\n0: done, or passed. 1: a verdict failed. 2: could not be done or judged.\n"
	      ".SH SEE ALSO\n.BR kmemlab\\-policy (5),\n.BR kmemlab\\-kmw (5),\n"
	      ".BR kmemlab\\-schema (5),\n.BR kmm (3)\n",
	      out);
}

static int unknown(const char *name)
{
	fprintf(stderr, "kmemlab: unknown command '%s'; see kmemlab --help\n", name);
	return 2;
}

static int help(int argc, char **argv)
{
	const struct command *c;

	if (argc < 2) {
		print_overview(stdout);
		return 0;
	}
	if (!strcmp(argv[1], "--completion")) {
		options_completion(commands, stdout);
		return 0;
	}
	if (!strcmp(argv[1], "--names")) { /* of the commands, for scripts */
		for (unsigned i = 0; commands[i]; i++)
			puts(commands[i]->name);
		return 0;
	}
	if (!strcmp(argv[1],
		    "--man")) { /* for the build: the man page of a command, or of the program */
		c = argc > 2 ? find(argv[2]) : NULL;
		if (argc > 2 && !c)
			return unknown(argv[2]);
		if (c)
			options_man(c, stdout);
		else
			print_main_man(stdout);
		return 0;
	}
	c = find(argv[1]);
	if (!c)
		return unknown(argv[1]);
	options_help(c, stdout, terminal_width());
	return 0;
}

static int run(const struct command *c, int argc, char **argv)
{
	struct err e = { 0 };
	int operands, ret = options_parse(c, argc, argv, &operands, &e);

	if (ret == 1) {
		options_help(c, stdout, terminal_width());
		return 0;
	}
	if (ret < 0) {
		fprintf(stderr, "kmemlab %s: %s; see kmemlab %s --help\n", c->name, e.text,
			c->name);
		return 2;
	}
	return c->run(operands, argv);
}

int main(int argc, char **argv)
{
	const struct command *c;
	int status;

	signal(SIGPIPE, SIG_DFL);
	if (argc < 2) {
		print_overview(stderr);
		return 2;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("kmemlab " KMEMLAB_VERSION);
		return 0;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_overview(stdout);
		return 0;
	}
	if (!strcmp(argv[1], "help")) {
		status = help(argc - 1, argv + 1);
	} else {
		c = find(argv[1]);
		status = c ? run(c, argc - 1, argv + 1) : unknown(argv[1]);
	}
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "kmemlab: the output could not be written\n");
		return 2;
	}
	return status;
}
