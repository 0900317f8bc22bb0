// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- values ---- */

static int bad(const struct option *o, const char *text, const char *want, struct err *e)
{
	return err_set(e, EINVAL, "--%s: '%s' is not %s", o->name, text, want);
}

static int set_uint(const struct option *o, const char *text, struct err *e)
{
	unsigned shift = 0;
	uint64_t v;
	char *end;

	errno = 0;
	v = strtoull(text, &end, 0);
	if (end == text || *text == '-' || errno)
		return bad(o, text, "a whole number", e);
	switch (*end) {
	case 'k':
	case 'K':
		shift = 10;
		break;
	case 'm':
	case 'M':
		shift = 20;
		break;
	case 'g':
	case 'G':
		shift = 30;
		break;
	default:
		break;
	}
	if (end[shift != 0] || v > UINT64_MAX >> shift)
		return bad(o, text, "a whole number, with k, M or G", e);
	*(uint64_t *)o->value = v << shift;
	return 0;
}

static int set_seconds(const struct option *o, const char *text, struct err *e)
{
	double v;
	char *end;

	if (!strcmp(text, "start")) {
		*(double *)o->value = -INFINITY;
		return 0;
	}
	if (!strcmp(text, "end")) {
		*(double *)o->value = INFINITY;
		return 0;
	}
	v = strtod(text, &end);
	if (end == text || *end || !isfinite(v) || v < 0)
		return bad(o, text, "a time in seconds, start or end", e);
	*(double *)o->value = v;
	return 0;
}

static int set_choice(const struct option *o, const char *text, struct err *e)
{
	char all[256] = "";
	size_t at = 0;

	for (int i = 0; o->choices[i]; i++) {
		if (!strcmp(o->choices[i], text)) {
			*(int *)o->value = i;
			return 0;
		}
		if (at < sizeof(all))
			at += (size_t)snprintf(all + at, sizeof(all) - at, "%s%s", i ? ", " : "",
					       o->choices[i]);
	}
	return err_set(e, EINVAL, "--%s: '%s' is not one of %s", o->name, text, all);
}

static int set_value(const struct option *o, const char *text, struct err *e)
{
	struct option_list *list;
	const char **more;

	switch (o->type) {
	case OPTION_FLAG:
		*(bool *)o->value = true;
		return 0;
	case OPTION_STRING:
		*(const char **)o->value = text;
		return 0;
	case OPTION_LIST:
		list = o->value;
		more = realloc(list->items, (list->count + 1) * sizeof(*more));
		if (!more)
			return err_set(e, ENOMEM, "out of memory");
		list->items = more;
		list->items[list->count++] = text;
		return 0;
	case OPTION_UINT:
		return set_uint(o, text, e);
	case OPTION_SECONDS:
		return set_seconds(o, text, e);
	case OPTION_CHOICE:
		return set_choice(o, text, e);
	}
	return 0;
}

/* ---- parsing ---- */

/* The option of this long name or unambiguous prefix; NULL with e set. */
static const struct option *find_long(const struct command *c, const char *name, size_t len,
				      struct err *e)
{
	const struct option *found = NULL;

	for (const struct option *o = c->options; o && o->name; o++) {
		if (strncmp(o->name, name, len))
			continue;
		if (!o->name[len])
			return o;
		if (found) {
			err_set(e, EINVAL, "--%.*s may be --%s or --%s", (int)len, name,
				found->name, o->name);
			return NULL;
		}
		found = o;
	}
	if (!found)
		err_set(e, EINVAL, "unknown option --%.*s", (int)len, name);
	return found;
}

static int parse_long(const struct command *c, const char *arg, const char *next, bool *used_next,
		      struct err *e)
{
	const char *eq = strchr(arg, '=');
	size_t len = eq ? (size_t)(eq - arg) : strlen(arg);
	const struct option *o;

	if (len == 4 && !strncmp(arg, "help", 4))
		return 1;
	o = find_long(c, arg, len, e);
	if (!o)
		return e ? e->code : -EINVAL;
	if (o->type == OPTION_FLAG)
		return eq ? err_set(e, EINVAL, "--%s takes no value", o->name) :
			    set_value(o, NULL, e);
	if (eq)
		return set_value(o, eq + 1, e);
	if (!next)
		return err_set(e, EINVAL, "--%s needs a value (%s)", o->name, o->metavar);
	*used_next = true;
	return set_value(o, next, e);
}

static int parse_short(const struct command *c, const char *arg, const char *next, bool *used_next,
		       struct err *e)
{
	for (; *arg; arg++) {
		const struct option *o = c->options;
		int ret;

		if (*arg == 'h')
			return 1;
		while (o && o->name && o->letter != *arg)
			o++;
		if (!o || !o->name)
			return err_set(e, EINVAL, "unknown option -%c", *arg);
		if (o->type == OPTION_FLAG) {
			ret = set_value(o, NULL, e);
			if (ret < 0)
				return ret;
			continue;
		}
		if (arg[1])
			return set_value(o, arg + 1, e);
		if (!next)
			return err_set(e, EINVAL, "-%c needs a value (%s)", *arg, o->metavar);
		*used_next = true;
		return set_value(o, next, e);
	}
	return 0;
}

int options_parse(const struct command *c, int argc, char **argv, int *operands, struct err *e)
{
	bool only_operands = false;

	*operands = 0;
	for (int i = 1; i < argc; i++) {
		const char *next = i + 1 < argc ? argv[i + 1] : NULL;
		bool used = false;
		int ret = 0;

		if (only_operands || argv[i][0] != '-' || !argv[i][1]) {
			argv[(*operands)++] = argv[i];
			only_operands |= c->runs_command;
		} else if (!strcmp(argv[i], "--"))
			only_operands = true;
		else if (argv[i][1] == '-')
			ret = parse_long(c, argv[i] + 2, next, &used, e);
		else
			ret = parse_short(c, argv[i] + 1, next, &used, e);
		if (ret)
			return ret;
		i += used;
	}
	argv[*operands] = NULL;
	return 0;
}

/* ---- help ---- */

/* Print text in lines of at most `width`, indented; the first line starts at column `at`. */
static void wrap(FILE *out, const char *text, int indent, int at, int width)
{
	bool first = true;

	while (*text) {
		size_t len = strcspn(text, " \n");

		if (!first && at + 1 + (int)len > width) {
			fprintf(out, "\n%*s", indent, "");
			at = indent;
			first = true;
		}
		if (!first) {
			fputc(' ', out);
			at++;
		}
		fwrite(text, 1, len, out);
		at += (int)len;
		first = false;
		text += len;
		if (text[0] == '\n' && text[1] == '\n') {
			fprintf(out, "\n\n%*s", indent, "");
			at = indent;
			first = true;
		}
		text += strspn(text, " \n");
	}
	fputc('\n', out);
}

static int print_names(const struct option *o, FILE *out)
{
	int n = 0;

	n += o->letter ? fprintf(out, "  -%c, ", o->letter) : fprintf(out, "      ");
	n += fprintf(out, "--%s", o->name);
	if (o->type != OPTION_FLAG)
		n += fprintf(out, " %s", o->metavar);
	return n;
}

static void print_choices(const struct option *o, FILE *out)
{
	fprintf(out, "%26s(", "");
	for (int i = 0; o->choices[i]; i++)
		fprintf(out, "%s%s", i ? ", " : "", o->choices[i]);
	fputs(")\n", out);
}

void options_help(const struct command *c, FILE *out, int width)
{
	if (width < 60)
		width = 60;
	if (width > 100)
		width = 100;
	fprintf(out, "Usage: kmemlab %s [OPTIONS] %s\n\n", c->name, c->args ? c->args : "");
	wrap(out, c->description, 0, 0, width);
	fputs("\nOptions:\n", out);
	for (const struct option *o = c->options; o && o->name; o++) {
		int n = print_names(o, out);

		if (n > 24) {
			fputc('\n', out);
			n = 0;
		}
		fprintf(out, "%*s", 26 - n, "");
		wrap(out, o->help, 26, 26, width);
		if (o->choices)
			print_choices(o, out);
	}
	fprintf(out, "  -h, --help              show this text\n");
	if (c->examples)
		fprintf(out, "\nExamples:\n%s", c->examples);
}

/* ---- man page ---- */

#ifdef KMEMLAB_RELEASED
#define RELEASED KMEMLAB_RELEASED
#else
#define RELEASED "\"\""
#endif

/* `wrap`: break lines at blanks, so that the source can be read too. */
static void roff_put(FILE *out, const char *s, bool wrap)
{
	unsigned column = 0;

	for (; *s; s++) {
		if (!column && (*s == '.' || *s == '\''))
			fputs("\\&", out);
		column++;
		if (*s == '\\') {
			fputs("\\e", out);
		} else if (*s == '-') {
			fputs("\\-", out);
			column++;
		} else if (s[0] == '\n' && s[1] == '\n') {
			fputs("\n.PP\n", out);
			s++;
			column = 0;
		} else if (*s == '\n' || (wrap && *s == ' ' && column > 56)) {
			fputc('\n', out);
			column = 0;
		} else {
			fputc(*s, out);
		}
	}
}

static void roff_text(FILE *out, const char *s)
{
	roff_put(out, s, true);
}

static void roff_option(const struct option *o, FILE *out)
{
	fputs(".TP\n", out);
	if (o->letter)
		fprintf(out, "\\fB\\-%c\\fR, ", o->letter);
	fputs("\\fB\\-\\-", out);
	roff_text(out, o->name);
	fputs("\\fR", out);
	if (o->type != OPTION_FLAG)
		fprintf(out, " \\fI%s\\fR", o->metavar);
	fputc('\n', out);
	roff_text(out, o->help);
	if (o->choices) {
		fputs("\n(", out);
		for (int i = 0; o->choices[i]; i++) {
			fputs(i ? ",\n" : "", out);
			roff_text(out, o->choices[i]);
		}
		fputc(')', out);
	}
	if (o->type == OPTION_LIST)
		fputs("; may be given several times", out);
	fputs(".\n", out);
}

/* Examples are pairs of lines: a command, and what it does, indented. */
static void roff_examples(const char *s, FILE *out)
{
	while (*s) {
		size_t len = strcspn(s, "\n");
		char line[512];

		snprintf(line, sizeof(line), "%.*s", (int)len, s + strspn(s, " "));
		if (*s != ' ')
			fputs(".TP\n.B ", out);
		roff_put(out, line, *s == ' ');
		fputc('\n', out);
		s += len + (s[len] == '\n');
	}
}

void options_man(const struct command *c, FILE *out)
{
	fputs(".TH KMEMLAB\\-", out);
	for (const char *p = c->name; *p; p++)
		fputc(*p - ('a' <= *p && *p <= 'z' ? 'a' - 'A' : 0), out);
	fprintf(out, " 1 " RELEASED " kmemlab \"User Commands\"\n.SH NAME\nkmemlab\\-%s \\- ",
		c->name);
	roff_text(out, c->summary);
	fprintf(out, "\n.SH SYNOPSIS\n.B kmemlab %s\n[\\fIOPTIONS\\fR] ", c->name);
	roff_text(out, c->args ? c->args : "");
	fputs("\n.SH DESCRIPTION\n", out);
	roff_text(out, c->description);
	fputs("\n.SH OPTIONS\n", out);
	for (const struct option *o = c->options; o && o->name; o++)
		roff_option(o, out);
	fputs(".TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nShow a short help.\n", out);
	fputs(".SH EXIT STATUS\n0: done, or passed. 1: a verdict failed. 2: could not be done or judged.\n",
	      out);
	if (c->examples) {
		fputs(".SH EXAMPLES\n", out);
		roff_examples(c->examples, out);
	}
	fputs(".SH SEE ALSO\n.BR kmemlab (1)\n", out);
}

/* ---- bash completion ---- */

static void complete_command(const struct command *c, FILE *out)
{
	fprintf(out, "\t%s)\n\t\tcase \"$prev\" in\n", c->name);
	for (const struct option *o = c->options; o && o->name; o++) {
		if (!o->choices)
			continue;
		fprintf(out, "\t\t--%s", o->name);
		if (o->letter)
			fprintf(out, "|-%c", o->letter);
		fputs(") words=\"", out);
		for (int i = 0; o->choices[i]; i++)
			fprintf(out, "%s%s", i ? " " : "", o->choices[i]);
		fputs("\" ;;\n", out);
	}
	fputs("\t\t*) [[ $cur == -* ]] && words=\"", out);
	for (const struct option *o = c->options; o && o->name; o++)
		fprintf(out, "--%s ", o->name);
	fputs("--help\" ;;\n\t\tesac ;;\n", out);
}

void options_completion(const struct command *const *all, FILE *out)
{
	fputs("# bash completion for kmemlab, made from its option tables\n"
	      "_kmemlab()\n{\n\tlocal cur prev words= command=${COMP_WORDS[1]}\n"
	      "\tcur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\tif [[ $cur == = ]]; then\n\t\tcur=\n"
	      "\telif [[ $prev == = && $COMP_CWORD -gt 2 ]]; then\n"
	      "\t\tprev=${COMP_WORDS[COMP_CWORD-2]}\n\tfi\n"
	      "\tif [[ $COMP_CWORD -eq 1 ]]; then\n\t\tCOMPREPLY=($(compgen -W \"",
	      out);
	for (unsigned i = 0; all[i]; i++)
		fprintf(out, "%s ", all[i]->name);
	fputs("help --help --version\" -- \"$cur\"))\n\t\treturn\n\tfi\n\tcase \"$command\" in\n",
	      out);
	for (unsigned i = 0; all[i]; i++)
		complete_command(all[i], out);
	fputs("\tesac\n\tif [[ -n $words ]]; then\n\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	      "\telse\n\t\tcompopt -o filenames 2>/dev/null\n\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n\tfi\n}\n"
	      "complete -F _kmemlab kmemlab\n",
	      out);
}
