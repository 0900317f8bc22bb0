// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "machine/kallsyms.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct symbol {
	uint64_t addr;
	uint32_t name; /* offset in names */
	uint32_t line; /* keeps the order of aliases as in the file */
};

struct kallsyms {
	struct symbol *s;
	size_t count, room;
	char *names;
	size_t names_len;
};

/* A line of the text. */
struct line {
	uint64_t addr;
	const char *name;
	size_t len;
};

/* The number at p, which ends at *rest. */
static inline uint64_t address_of(const char *p, const char *end, const char **rest)
{
	static const uint8_t digit[256] = {
		['0'] = 1,  ['1'] = 2,	['2'] = 3,  ['3'] = 4,	['4'] = 5,  ['5'] = 6,
		['6'] = 7,  ['7'] = 8,	['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
		['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
		['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
	};
	uint64_t addr = 0;
	unsigned more;

	for (; p < end && (more = digit[(uint8_t)*p]) != 0; p++)
		addr = addr << 4 | (more - 1);
	*rest = p;
	return addr;
}

/* " t name" or " t name\t[module]" behind an address; false if it names nothing. */
static inline bool rest_parse(const char *p, const char *eol, struct line *l)
{
	if (eol - p <= 3 || p[0] != ' ' || p[2] != ' ' || (p[1] | 32) == 'a')
		return false;
	l->name = p + 3;
	for (p = l->name; p < eol && (unsigned char)*p > ' '; p++)
		;
	l->len = (size_t)(p - l->name);
	return l->len > 0;
}

static inline bool line_parse(const char *p, const char *eol, struct line *l)
{
	l->addr = address_of(p, eol, &p);
	return l->addr && rest_parse(p, eol, l);
}

static inline const char *line_end(const char *p, const char *end)
{
	const char *nl = memchr(p, '\n', (size_t)(end - p));

	return nl ? nl : end;
}

static int add(struct kallsyms *k, const struct line *l)
{
	if (k->count == k->room) {
		size_t room = k->room ? k->room * 2 : 4096;
		struct symbol *more = realloc(k->s, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		k->s = more;
		k->room = room;
	}
	memcpy(k->names + k->names_len, l->name, l->len);
	k->names[k->names_len + l->len] = '\0';
	k->s[k->count] = (struct symbol){ l->addr, (uint32_t)k->names_len, (uint32_t)k->count };
	k->count++;
	k->names_len += l->len + 1;
	return 0;
}

static int by_addr(const void *pa, const void *pb)
{
	const struct symbol *a = pa, *b = pb;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return a->line < b->line ? -1 : a->line > b->line;
}

/* The kernel's own symbols stand in order, and those of its modules behind them in none. */
static void sort(struct kallsyms *k)
{
	uint64_t lowest = UINT64_MAX;
	size_t from = 1;

	while (from < k->count && k->s[from - 1].addr <= k->s[from].addr)
		from++;
	if (from >= k->count)
		return;
	for (size_t i = from; i < k->count; i++)
		if (k->s[i].addr < lowest)
			lowest = k->s[i].addr;
	while (from && k->s[from - 1].addr > lowest)
		from--;
	qsort(k->s + from, k->count - from, sizeof(*k->s), by_addr);
}

struct kallsyms *kallsyms_parse(const char *text, size_t len, struct err *e)
{
	struct kallsyms *k = calloc(1, sizeof(*k));
	const char *end = text + len;

	if (!k || len >= UINT32_MAX)
		goto oom;
	k->names = malloc(len + 1); /* a line has more beside its name than that takes to end */
	if (!k->names)
		goto oom;
	for (const char *p = text, *eol; p < end; p = eol + 1) {
		struct line l;

		eol = line_end(p, end);
		if (line_parse(p, eol, &l) && add(k, &l))
			goto oom;
	}
	sort(k);
	return k;
oom:
	err_set(e, ENOMEM, "out of memory for the kernel's symbols");
	kallsyms_free(k);
	return NULL;
}

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
			struct kallsyms_range *out)
{
	const char *end = text + len, *p = text;
	size_t stem = common(names, n);
	bool any = false;

	while (p < end && (p = memmem(p, (size_t)(end - p), names[0], stem))) {
		const char *nl = memrchr(text, '\n', (size_t)(p - text)), *eol = line_end(p, end);
		struct line l;
		bool named = line_parse(nl ? nl + 1 : text, eol, &l);

		for (unsigned i = 0; i < n && named; i++)
			if (strlen(names[i]) == l.len && !memcmp(names[i], l.name, l.len) &&
			    (!out[i].start || l.addr < out[i].start)) {
				out[i].start = l.addr;
				any = true;
			}
		p = eol + 1;
	}
	return any;
}

void kallsyms_ranges(const char *text, size_t len, const char *const *names, unsigned n,
		     struct kallsyms_range *out)
{
	memset(out, 0, n * sizeof(*out));
	if (!len || !find_starts(text, len, names, n, out))
		return;
	for (unsigned i = 0; i < n; i++)
		out[i].end = out[i].start ? UINT64_MAX : 0;
	for (const char *p = text, *eol; p < text + len; p = eol + 1) {
		uint64_t addr = address_of(p, text + len, &p);
		struct line l;

		eol = line_end(p, text + len);
		for (unsigned i = 0; i < n; i++)
			if (addr < out[i].end && addr > out[i].start && rest_parse(p, eol, &l))
				out[i].end = addr;
	}
	for (unsigned i = 0; i < n; i++)
		if (out[i].end == UINT64_MAX)
			out[i].end = out[i].start + 4096;
}

void kallsyms_free(struct kallsyms *k)
{
	if (!k)
		return;
	free(k->s);
	free(k->names);
	free(k);
}

size_t kallsyms_count(const struct kallsyms *k)
{
	return k->count;
}

/* The first symbol of the last address at or below addr, or NULL. */
static const struct symbol *below(const struct kallsyms *k, uint64_t addr)
{
	size_t lo = 0, hi = k->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (k->s[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return NULL;
	for (lo--; lo && k->s[lo - 1].addr == k->s[lo].addr; lo--)
		;
	return &k->s[lo];
}

const char *kallsyms_lookup(const struct kallsyms *k, uint64_t addr, uint64_t *offset)
{
	const struct symbol *s = below(k, addr);

	/* How far the last symbol reaches is not known: perhaps a module was there that is gone. */
	if (!s || (s->addr != addr && s->addr == k->s[k->count - 1].addr))
		return NULL;
	if (offset)
		*offset = addr - s->addr;
	return k->names + s->name;
}

void kallsyms_print(const struct kallsyms *k, uint64_t addr, char *out, size_t n)
{
	uint64_t off = 0;
	const char *name = k ? kallsyms_lookup(k, addr, &off) : NULL;

	if (name)
		snprintf(out, n, "%s+%#" PRIx64, name, off);
	else
		snprintf(out, n, "%#" PRIx64, addr);
}

/* ---- parts of a text ---- */

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
	const char *end = text + len;
	size_t i = 0;

	for (const char *p = text, *eol; p < end; p = eol + 1) {
		struct line l;

		eol = line_end(p, end);
		if (!line_parse(p, eol, &l))
			continue;
		i = span_at(s, n, l.addr, i);
		if (i < n && l.addr > s[i].start)
			s[i].start = l.addr;
		if (i && (!s[i - 1].next || l.addr < s[i - 1].next))
			s[i - 1].next = l.addr;
	}
	for (i = 1; i < n; i++)
		if (s[i - 1].start > s[i].start)
			s[i].start = s[i - 1].start;
	for (i = n; i-- > 1;)
		if (!s[i - 1].next || (s[i].next && s[i].next < s[i - 1].next))
			s[i - 1].next = s[i].next;
}

/* The addresses whose lines are to be kept. */
static int wanted(const char *text, size_t len, const struct map *code,
		  const char *const *functions, unsigned n, struct map *out)
{
	struct span *s = calloc(code->used + 1, sizeof(*s));
	struct kallsyms_range f;
	uint64_t addr;
	uint32_t val;
	size_t count = 0;
	int ret = s ? 0 : -ENOMEM;

	for (size_t at = 0; !ret && map_next(code, &at, &addr, &val);)
		s[count++].addr = addr;
	if (!ret) {
		qsort(s, count, sizeof(*s), by_span);
		find_spans(text, len, s, count);
	}
	for (size_t i = 0; !ret && i < count; i++) {
		ret = map_put(out, s[i].start, 0);
		if (!ret)
			ret = map_put(out, s[i].next, 0);
	}
	for (unsigned i = 0; i < n && !ret; i++) {
		kallsyms_ranges(text, len, &functions[i], 1, &f);
		ret = map_put(out, f.start, 0);
		if (!ret)
			ret = map_put(out, f.end, 0);
	}
	free(s);
	return ret;
}

int kallsyms_cut(const char *text, size_t len, const struct map *code, const char *const *functions,
		 unsigned n, FILE *out, struct err *e)
{
	const char *end = text + len;
	struct map keep;

	if (map_init(&keep, 2 * code->used + 2 * n) ||
	    wanted(text, len, code, functions, n, &keep)) {
		map_free(&keep);
		return err_set(e, ENOMEM, "out of memory for the kernel's symbols");
	}
	for (const char *p = text, *eol; p < end; p = eol + 1) {
		struct line l;

		eol = line_end(p, end);
		if (line_parse(p, eol, &l) && map_get(&keep, l.addr) != MAP_NONE)
			fprintf(out, "%.*s\n", (int)(eol - p), p);
	}
	map_free(&keep);
	return 0;
}
