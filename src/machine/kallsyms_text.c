// SPDX-License-Identifier: GPL-2.0-or-later
/* Parts of the text of /proc/kallsyms, for which a table is not worth making. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>

#include "machine/kallsyms.h"
#include "machine/kallsyms_line.h"

/* How far all names are the same. */
static size_t common(const char *const *names, unsigned n)
{
	size_t len = strlen(names[0]);

	for (unsigned i = 1; i < n; i++)
		for (size_t k = 0; k < len; k++)
			if (names[i][k] != names[0][k])
				len = k;
	return len;
}

/* The lowest address that bears each name.  They are looked for together, by what they have in common. */
static bool find_starts(const char *text, size_t len, const char *const *names, unsigned n,
			uint64_t *start)
{
	const char *end = text + len, *p = text;
	struct kallsyms_upper upper = { 0 };
	size_t stem = n ? common(names, n) : 0;
	bool any = false;

	for (unsigned i = 0; i < n; i++)
		start[i] = 0;
	while (n && p < end && (p = memmem(p, (size_t)(end - p), names[0], stem))) {
		const char *nl = memrchr(text, '\n', (size_t)(p - text)),
			   *eol = kallsyms_eol(p, end);
		struct kallsyms_line l;
		bool named = kallsyms_line(nl ? nl + 1 : text, eol, &l, &upper);

		for (unsigned i = 0; i < n && named; i++)
			if (strlen(names[i]) == l.len && !memcmp(names[i], l.name, l.len) &&
			    (!start[i] || l.addr < start[i])) {
				start[i] = l.addr;
				any = true;
			}
		p = eol + 1;
	}
	return any;
}

/* An address, the start of the symbol that holds it, and of the next one; 0: there is none. */
struct span {
	uint64_t addr, start, next;
};

static int by_span(const void *pa, const void *pb)
{
	const struct span *a = pa, *b = pb;

	return a->addr < b->addr ? -1 : a->addr > b->addr;
}

/* The first of n spans, by address, at or above addr; `hint` is where the line before stood. */
static size_t span_at(const struct span *s, size_t n, uint64_t addr, size_t hint)
{
	size_t lo = 0, hi = n;

	if ((hint == n || s[hint].addr >= addr) && (!hint || s[hint - 1].addr < addr))
		return hint;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s[mid].addr < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* In one pass, without a table: a line is a bound for its neighbours, which hand it on afterwards. */
static void find_spans(const char *text, size_t len, struct span *s, size_t n)
{
	struct kallsyms_upper upper = { 0 };
	const char *end = text + len;
	size_t i = 0;

	qsort(s, n, sizeof(*s), by_span);
	for (const char *p = text, *eol; p < end; p = eol + 1) {
		uint64_t addr = kallsyms_address(p, end, &p, &upper);

		eol = kallsyms_eol(p, end);
		if (!addr || !kallsyms_named(p, eol))
			continue;
		i = span_at(s, n, addr, i);
		if (i < n && addr > s[i].start)
			s[i].start = addr;
		if (i && (!s[i - 1].next || addr < s[i - 1].next))
			s[i - 1].next = addr;
	}
	for (i = 1; i < n; i++)
		if (s[i - 1].start > s[i].start)
			s[i].start = s[i - 1].start;
	for (i = n; i-- > 1;)
		if (!s[i - 1].next || (s[i].next && s[i].next < s[i - 1].next))
			s[i - 1].next = s[i].next;
}

uint64_t kallsyms_start(const char *text, size_t len, const char *name)
{
	struct kallsyms_upper upper = { 0 };
	const char *end = text + len;
	size_t n = strlen(name);
	struct kallsyms_line l;

	for (const char *p = text, *eol; p < end; p = eol + 1) {
		eol = kallsyms_eol(p, end);
		if (kallsyms_line(p, eol, &l, &upper) && l.len == n && !memcmp(l.name, name, n))
			return l.addr;
	}
	return 0;
}

int kallsyms_ranges(const char *text, size_t len, const char *const *names, unsigned n,
		    struct kallsyms_range *out)
{
	uint64_t *start = calloc(n + 1, sizeof(*start));
	struct span *s = calloc(n + 1, sizeof(*s));
	size_t count = 0;
	int ret = start && s ? 0 : -ENOMEM;

	memset(out, 0, n * sizeof(*out));
	if (!ret && len && find_starts(text, len, names, n, start)) {
		for (unsigned i = 0; i < n; i++)
			if (start[i])
				s[count++].addr = start[i];
		find_spans(text, len, s, count);
		for (unsigned i = 0; i < n; i++)
			if (start[i]) {
				uint64_t next = s[span_at(s, count, start[i], 0)].next;

				out[i].start = start[i];
				out[i].end = next ? next : start[i] + 4096;
			}
	}
	free(start);
	free(s);
	return ret;
}

/* The addresses whose lines are to be kept. */
static int wanted(const char *text, size_t len, const struct map *code,
		  const char *const *functions, unsigned n, struct map *out)
{
	struct span *s = calloc(code->used + n + 1, sizeof(*s));
	uint64_t addr, *start = calloc(n + 1, sizeof(*start));
	uint32_t val;
	size_t count = 0;
	int ret = s && start ? 0 : -ENOMEM;

	if (!ret) {
		find_starts(text, len, functions, n, start);
		for (size_t at = 0; map_next(code, &at, &addr, &val);)
			s[count++].addr = addr;
		for (unsigned i = 0; i < n; i++)
			if (start[i])
				s[count++].addr = start[i];
		find_spans(text, len, s, count);
	}
	for (size_t i = 0; !ret && i < count; i++) {
		ret = map_put(out, s[i].start, 0);
		if (!ret)
			ret = map_put(out, s[i].next, 0);
	}
	free(start);
	free(s);
	return ret;
}

int kallsyms_cut(const char *text, size_t len, const struct map *code, const char *const *functions,
		 unsigned n, FILE *out, struct err *e)
{
	struct kallsyms_upper upper = { 0 };
	const char *end = text + len;
	struct map keep;

	if (map_init(&keep, 2 * code->used + 2 * n) ||
	    wanted(text, len, code, functions, n, &keep)) {
		map_free(&keep);
		return err_set(e, ENOMEM, "out of memory for the kernel's symbols");
	}
	for (const char *line = text, *p, *eol; line < end; line = eol + 1) {
		uint64_t addr = kallsyms_address(line, end, &p, &upper);

		eol = kallsyms_eol(p, end);
		if (addr && map_get(&keep, addr) != MAP_NONE && kallsyms_named(p, eol))
			fprintf(out, "%.*s\n", (int)(eol - line), line);
	}
	map_free(&keep);
	return 0;
}
