// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyze/rules.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const compares[] = { "<", "<=", ">", ">=", "==", "!=" };
static const char *const whens[] = { "at end", "max", "min", "mean" };
static const char *const verdicts[] = { "passed", "FAILED", "unknown" };

const char *rule_verdict_name(enum rule_verdict v)
{
	return verdicts[v];
}

void rules_free(struct rules *s)
{
	for (unsigned i = 0; i < s->count; i++)
		free(s->r[i].text);
	free(s->r);
	memset(s, 0, sizeof(*s));
}

struct line {
	const char *file, *start, *p;
	unsigned number;
};

static int bad(const struct line *l, struct err *e, const char *what)
{
	return err_set(e, EINVAL, "%s: line %u, column %u: %s", l->file, l->number,
		       (unsigned)(l->p - l->start) + 1, what);
}

static void blanks(struct line *l)
{
	l->p += strspn(l->p, " \t\r");
}

static int parse_metric(struct line *l, struct rule *r, struct err *e)
{
	size_t n = strspn(l->p, "abcdefghijklmnopqrstuvwxyz_/");
	char *end;

	if (!n || n >= sizeof(r->metric))
		return bad(l, e, "expected the name of a metric");
	memcpy(r->metric, l->p, n);
	l->p += n;
	r->order = -1;
	if (*l->p == '[') {
		r->order = (int)strtol(l->p + 1, &end, 10);
		if (end == l->p + 1 || *end != ']' || r->order < 0 || r->order > 63)
			return bad(l, e, "expected [ORDER]");
		l->p = end + 1;
	} else if (*l->p == '(') {
		const char *close = strchr(l->p, ')');

		if (!close || close == l->p + 1 || (size_t)(close - l->p) > sizeof(r->name))
			return bad(l, e, "expected (NAME)");
		memcpy(r->name, l->p + 1, (size_t)(close - l->p) - 1);
		l->p = close + 1;
		/* A rate of what is named: "vmstat(compact_stall)/s". */
		if (!strncmp(l->p, "/s", 2) && strlen(r->metric) + 3 < sizeof(r->metric)) {
			strcat(r->metric, "/s");
			l->p += 2;
		}
	}
	return 0;
}

static int parse_compare(struct line *l, struct rule *r, struct err *e)
{
	blanks(l);
	for (unsigned longest = 2; longest; longest--)
		for (unsigned i = 0; i < sizeof(compares) / sizeof(*compares); i++)
			if (strlen(compares[i]) == longest &&
			    !strncmp(l->p, compares[i], longest)) {
				r->compare = (enum rule_compare)i;
				l->p += longest;
				return 0;
			}
	return bad(l, e, "expected <, <=, >, >=, == or !=");
}

static int parse_limit(struct line *l, struct rule *r, struct err *e)
{
	char *end;

	blanks(l);
	r->limit = strtod(l->p, &end);
	if (end == l->p || !isfinite(r->limit))
		return bad(l, e, "expected a number");
	l->p = end;
	blanks(l);
	if (*l->p == '%') {
		r->percent = true;
		r->limit /= 100;
		l->p++;
	}
	blanks(l);
	for (unsigned i = 0; i < sizeof(whens) / sizeof(*whens); i++) {
		size_t n = strlen(whens[i]);

		if (!strncmp(l->p, whens[i], n) && !isalnum((unsigned char)l->p[n])) {
			r->when = (enum rule_when)i;
			l->p += n;
			break;
		}
	}
	blanks(l);
	return *l->p ? bad(l, e, "expected %, \"at end\", max, min, mean or the end of the line") :
		       0;
}

static int parse_line(struct rules *s, struct line *l, struct err *e)
{
	struct rule r = { .line = l->number }, *more;
	int ret;

	blanks(l);
	if (!*l->p)
		return 0;
	ret = parse_metric(l, &r, e);
	if (ret >= 0)
		ret = parse_compare(l, &r, e);
	if (ret >= 0)
		ret = parse_limit(l, &r, e);
	if (ret < 0)
		return ret;
	more = realloc(s->r, (s->count + 1) * sizeof(*more));
	if (!more)
		return err_set(e, ENOMEM, "out of memory");
	s->r = more;
	r.text = strdup(l->start + strspn(l->start, " \t"));
	if (!r.text)
		return err_set(e, ENOMEM, "out of memory");
	for (size_t n = strlen(r.text); n && strchr(" \t\r", r.text[n - 1]);)
		r.text[--n] = '\0';
	s->r[s->count++] = r;
	return 0;
}

int rules_parse(struct rules *s, const char *file, const char *text, struct err *e)
{
	char *copy = strdup(text), *at = copy, *line;
	unsigned number = 0;
	int ret = copy ? 0 : err_set(e, ENOMEM, "out of memory");

	memset(s, 0, sizeof(*s));
	while (ret >= 0 && (line = strsep(&at, "\n"))) {
		struct line l = { file, line, line, ++number };

		line[strcspn(line, "#")] = '\0';
		ret = parse_line(s, &l, e);
	}
	free(copy);
	if (ret >= 0 && !s->count)
		ret = err_set(e, EINVAL, "%s: no rule in it", file);
	if (ret < 0)
		rules_free(s);
	return ret;
}

static bool holds(const struct rule *r)
{
	switch (r->compare) {
	case RULE_LT:
		return r->value < r->limit;
	case RULE_LE:
		return r->value <= r->limit;
	case RULE_GT:
		return r->value > r->limit;
	case RULE_GE:
		return r->value >= r->limit;
	case RULE_EQ:
		return r->value == r->limit;
	default:
		return r->value != r->limit;
	}
}

void rules_judge(struct rules *s, rule_value_fn *value, void *arg, unsigned *failed,
		 unsigned *unknown)
{
	*failed = *unknown = 0;
	for (unsigned i = 0; i < s->count; i++) {
		struct rule *r = &s->r[i];

		r->error = NAN;
		r->why[0] = '\0';
		if (!value(arg, r, &r->value, &r->error, r->why) || isnan(r->value)) {
			r->verdict = RULE_UNKNOWN;
			r->value = NAN;
			++*unknown;
		} else if (holds(r)) {
			r->verdict = RULE_PASSED;
		} else {
			r->verdict = RULE_FAILED;
			++*failed;
		}
	}
}
