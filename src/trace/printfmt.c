// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "trace/printfmt.h"

#include <stddef.h>
#include <string.h>

#define DEPTH 128     /* of nested expressions; the kernel's GFP flags take some 30 */
#define NAME 128      /* bytes of a name */
#define WIDTH 3	      /* digits of a field's width in the format */
#define LOOK_UPS 1000 /* of fields; the kernel's longest name some 100 */

struct scan {
	const char *p, *end;
	const char *fields; /* up to the print format */
	size_t fields_len;
	unsigned depth, looked_up;
};

static bool expression(struct scan *s);

/* ---- words ---- */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char next(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n'))
		s->p++;
	return s->p < s->end ? *s->p : '\0';
}

static bool take(struct scan *s, const char *text)
{
	size_t n = strlen(text);

	next(s);
	if ((size_t)(s->end - s->p) < n || memcmp(s->p, text, n) != 0)
		return false;
	s->p += n;
	return true;
}

/* A name, into `out` where that is not NULL. */
static bool name(struct scan *s, char out[NAME])
{
	const char *start;
	size_t n;

	if (!is_letter(next(s)))
		return false;
	for (start = s->p; s->p < s->end && (is_letter(*s->p) || is_digit(*s->p)); s->p++)
		;
	n = (size_t)(s->p - start);
	if (n >= NAME)
		return false;
	if (out) {
		memcpy(out, start, n);
		out[n] = '\0';
	}
	return true;
}

/* 12, 0x1fUL, 'c' */
static bool number(struct scan *s, bool *zero)
{
	bool nothing = true;

	if (next(s) == '\'') {
		if (s->end - s->p < 3 || s->p[2] != '\'' || s->p[1] < ' ' || s->p[1] == '\\')
			return false;
		s->p += 3;
		*zero = false;
		return true;
	}
	if (!is_digit(next(s)))
		return false;
	for (; s->p < s->end && (is_letter(*s->p) || is_digit(*s->p)); s->p++)
		nothing &= strchr("0xXuUlL", *s->p) != NULL;
	*zero = nothing;
	return true;
}

static bool string(struct scan *s)
{
	if (next(s) != '"')
		return false;
	for (s->p++; s->p < s->end && *s->p != '"'; s->p++) {
		if (*s->p == '\\' && s->p + 1 < s->end)
			s->p++;
		if (*s->p != '\n' && *s->p != '\t' && (*s->p < ' ' || *s->p > '~'))
			return false;
	}
	return s->p < s->end && *s->p++ == '"';
}

static bool strings(struct scan *s)
{
	if (!string(s))
		return false;
	while (string(s))
		;
	return true;
}

/* ---- the format ---- */

/* No width of the record's choice, and none of thousands; with %.*s and %*p it
 * is a length that is looked at. */
static bool widths_sane(const char *p, const char *end)
{
	for (; p < end; p++) {
		unsigned digits = 0;

		if (*p != '%')
			continue;
		for (p++; p < end && strchr("-+ #.0123456789*hlzjtqL", *p); p++) {
			digits = is_digit(*p) ? digits + 1 : 0;
			if (digits > WIDTH)
				return false;
			if (*p == '*' && (p + 1 == end || !strchr("sp", p[1])))
				return false;
		}
	}
	return true;
}

static bool format(struct scan *s)
{
	const char *start;

	next(s);
	start = s->p;
	return strings(s) && widths_sane(start, s->p);
}

/* ---- expressions ---- */

/* Is there a line "field:TYPE NAME;" or "field:TYPE NAME[...];"? */
static bool has_field(struct scan *s, const char *wanted)
{
	static const char key[] = "\tfield:";
	const char *p = s->fields, *end = p + s->fields_len;
	size_t n = strlen(wanted);

	if (++s->looked_up > LOOK_UPS)
		return false;
	while ((p = memmem(p, (size_t)(end - p), key, sizeof(key) - 1))) {
		const char *stop, *bracket;

		p += sizeof(key) - 1;
		stop = memchr(p, ';', (size_t)(end - p));
		if (!stop)
			return false;
		bracket = memchr(p, '[', (size_t)(stop - p));
		/* "__data_loc char[] name" has brackets before the name. */
		if (bracket && stop[-1] == ']')
			stop = bracket;
		if ((size_t)(stop - p) > n && !memcmp(stop - n, wanted, n) &&
		    !is_letter(stop[-(ptrdiff_t)n - 1]) && !is_digit(stop[-(ptrdiff_t)n - 1]))
			return true;
	}
	return false;
}

static bool field(struct scan *s)
{
	char word[NAME];

	return name(s, word) && has_field(s, word);
}

/* "unsigned long", "struct page *": how many words and stars; 0 where there is none. */
static unsigned type(struct scan *s)
{
	unsigned n = 0;

	while (name(s, NULL))
		n++;
	while (n && take(s, "*"))
		n++;
	return n;
}

/* What ends a list in place of a text. */
static bool nothing(struct scan *s)
{
	return take(s, "((void *)0)") || take(s, "((void*)0)") || take(s, "NULL") || take(s, "0");
}

/* {value, "text"}, ... up to the end of the call */
static bool pairs(struct scan *s)
{
	do {
		if (!take(s, "{") || !expression(s) || !take(s, ",") ||
		    !(strings(s) || nothing(s)) || !take(s, "}"))
			return false;
	} while (take(s, ","));
	return true;
}

/* What stands between a function's parentheses: a letter for each argument. */
static const struct {
	const char *name,
		*arguments; /* n name of a field, e expression, s string, p pairs, t type */
} functions[] = {
	{ "__print_flags", "esp" },
	{ "__print_symbolic", "ep" },
	{ "__print_hex", "ee" },
	{ "__print_hex_str", "ee" },
	{ "__print_array", "eee" },
	{ "__get_str", "n" },
	{ "__get_rel_str", "n" },
	{ "__get_dynamic_array", "n" },
	{ "__get_rel_dynamic_array", "n" },
	{ "__get_dynamic_array_len", "n" },
	{ "__get_rel_dynamic_array_len", "n" },
	{ "__get_bitmask", "n" },
	{ "__get_rel_bitmask", "n" },
	{ "__get_cpumask", "n" },
	{ "__get_rel_cpumask", "n" },
	{ "__builtin_expect", "ee" },
	{ "sizeof", "t" },
};

static bool argument(struct scan *s, char kind)
{
	switch (kind) {
	case 'n':
		return field(s);
	case 's':
		return string(s);
	case 'p':
		return pairs(s);
	case 't':
		return type(s) > 0;
	default:
		return expression(s);
	}
}

static bool call(struct scan *s, const char *function)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
		const char *a = functions[i].arguments;

		if (strcmp(functions[i].name, function) != 0)
			continue;
		for (; *a; a++)
			if ((a != functions[i].arguments && !take(s, ",")) || !argument(s, *a))
				return false;
		return take(s, ")");
	}
	return false;
}

/* Behind a word in parentheses a sign is one of two sides, behind a type of several it is not. */
static bool starts_operand(struct scan *s, unsigned words)
{
	char c = next(s);

	return is_letter(c) || is_digit(c) || (c && strchr("\"(~!", c)) || (words > 1 && c == '-');
}

static bool operand(struct scan *s)
{
	char word[NAME];
	bool zero;

	while (take(s, "!") || take(s, "~") || take(s, "-") || take(s, "+"))
		;
	if (strings(s)) {
		; /* and what may stand behind it */
	} else if (name(s, word)) {
		if (take(s, "(") && !call(s, word))
			return false;
	} else if (take(s, "(")) {
		struct scan cast = *s;
		unsigned words = type(&cast);

		if (words && take(&cast, ")") && starts_operand(&cast, words)) {
			*s = cast;
			return expression(s);
		}
		if (!expression(s) || !take(s, ")"))
			return false;
	} else if (!number(s, &zero)) {
		return false;
	}
	for (;;)
		if (take(s, "->") || take(s, ".")) {
			if (!field(s))
				return false;
		} else if (take(s, "[")) {
			if (!expression(s) || !take(s, "]"))
				return false;
		} else {
			return true;
		}
}

/* An operator of two sides: 1; 0 none; -1 one that divides by what may be 0. */
static int operation(struct scan *s)
{
	static const char *const all[] = { "||", "&&", "<<", ">>", "==", "!=", "<=", ">=",
					   "|",	 "^",  "&",  "<",  ">",	 "+",  "-",  "*" };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (take(s, all[i]))
			return 1;
	if (take(s, "/") || take(s, "%")) {
		struct scan divisor = *s;
		bool zero = true;

		return number(&divisor, &zero) && !zero ? 1 : -1;
	}
	return 0;
}

static bool expression(struct scan *s)
{
	bool good = ++s->depth < DEPTH && operand(s);
	int more = 0;

	while (good && (more = operation(s)) == 1)
		good = operand(s);
	if (good && take(s, "?"))
		good = expression(s) && take(s, ":") && expression(s);
	s->depth--;
	return good && more >= 0;
}

bool printfmt_sane(const char *text, size_t len)
{
	static const char begin[] = "\nprint fmt:";
	const char *at = len ? memmem(text, len, begin, sizeof(begin) - 1) : NULL;
	struct scan s = { .p = at, .end = text + len, .fields = text };

	if (!at)
		return false;
	s.p += sizeof(begin) - 1;
	s.fields_len = (size_t)(at - text);
	if (!format(&s))
		return false;
	while (take(&s, ","))
		if (!expression(&s))
			return false;
	return next(&s) == '\0' && s.p == s.end;
}
