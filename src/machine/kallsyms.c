// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/kallsyms.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/kallsyms_line.h"

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

static int add(struct kallsyms *k, const struct kallsyms_line *l)
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
	struct kallsyms_upper upper = { 0 };
	const char *end = text + len;

	if (!k || len >= UINT32_MAX)
		goto oom;
	k->names = malloc(len + 1); /* a line has more beside its name than that takes to end */
	if (!k->names)
		goto oom;
	for (const char *p = text, *eol; p < end; p = eol + 1) {
		struct kallsyms_line l;

		eol = kallsyms_eol(p, end);
		if (kallsyms_line(p, eol, &l, &upper) && add(k, &l))
			goto oom;
	}
	sort(k);
	return k;
oom:
	err_set(e, ENOMEM, "out of memory for the kernel's symbols");
	kallsyms_free(k);
	return NULL;
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
