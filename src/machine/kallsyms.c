// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/kallsyms.h"

#include <ctype.h>
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
	size_t names_len, names_room;
};

static int add(struct kallsyms *k, uint64_t addr, const char *name, size_t len)
{
	if (k->count == k->room) {
		size_t room = k->room ? k->room * 2 : 4096;
		struct symbol *more = realloc(k->s, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		k->s = more;
		k->room = room;
	}
	if (k->names_len + len + 1 > k->names_room) {
		size_t room = (k->names_room ? k->names_room * 2 : 65536) + len;
		char *more = room < UINT32_MAX ? realloc(k->names, room) : NULL;

		if (!more)
			return -ENOMEM;
		k->names = more;
		k->names_room = room;
	}
	memcpy(k->names + k->names_len, name, len);
	k->names[k->names_len + len] = '\0';
	k->s[k->count] = (struct symbol){ addr, (uint32_t)k->names_len, (uint32_t)k->count };
	k->count++;
	k->names_len += len + 1;
	return 0;
}

static int by_addr(const void *pa, const void *pb)
{
	const struct symbol *a = pa, *b = pb;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return a->line < b->line ? -1 : a->line > b->line;
}

struct kallsyms *kallsyms_parse(const char *text, size_t len, struct err *e)
{
	struct kallsyms *k = calloc(1, sizeof(*k));
	const char *p = text, *end = text + len;

	if (!k)
		goto oom;
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p)), *eol = nl ? nl : end, *name;
		uint64_t addr = 0;

		for (; p < eol && isxdigit((unsigned char)*p); p++)
			addr = addr << 4 |
			       (uint64_t)(isdigit((unsigned char)*p) ? *p - '0' :
								       (*p | 32) - 'a' + 10);
		/* " t name" or " t name\t[module]" */
		if (addr && eol - p > 3 && p[0] == ' ' && p[2] == ' ' && p[1] != 'A' &&
		    p[1] != 'a') {
			name = p + 3;
			for (p = name; p < eol && !isspace((unsigned char)*p); p++)
				;
			if (p > name && add(k, addr, name, (size_t)(p - name)))
				goto oom;
		}
		p = eol + 1;
	}
	if (k->count)
		qsort(k->s, k->count, sizeof(*k->s), by_addr);
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

uint64_t kallsyms_start(const struct kallsyms *k, uint64_t addr)
{
	const struct symbol *s = below(k, addr);

	return s ? s->addr : 0;
}

uint64_t kallsyms_next(const struct kallsyms *k, uint64_t addr)
{
	const struct symbol *s = below(k, addr), *end = k->s + k->count;

	for (s = s ? s : k->s; s < end; s++)
		if (s->addr > addr)
			return s->addr;
	return 0;
}

bool kallsyms_range(const struct kallsyms *k, const char *name, uint64_t *start, uint64_t *end)
{
	for (size_t i = 0; i < k->count; i++) {
		size_t n = i;

		if (strcmp(k->names + k->s[i].name, name))
			continue;
		while (n < k->count && k->s[n].addr == k->s[i].addr)
			n++;
		*start = k->s[i].addr;
		*end = n < k->count ? k->s[n].addr : k->s[i].addr + 4096;
		return true;
	}
	return false;
}
