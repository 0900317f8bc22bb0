// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "trace/gfpbits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECLAIM (KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM)

static const struct {
	const char *name;
	kmm_gfp gfp;
} known[] = {
#define X(name, bit) { "__GFP_" #name, KMM_GFP_##name },
	KMM_GFP_BITS(X)
#undef X
		{ "__GFP_REPEAT", KMM_GFP_RETRY_MAYFAIL },
	{ "__GFP_HIGHMEM_MOVABLE", KMM_GFP_HIGHMEM | KMM_GFP_MOVABLE },
	{ "__GFP_SKIP_KASAN_POISON", KMM_GFP_SKIP_KASAN },
	{ "__GFP_SKIP_KASAN_UNPOISON", KMM_GFP_SKIP_KASAN },
	{ "__GFP_NOTRACK_FALSE_POSITIVE", KMM_GFP_NOTRACK },
	{ "__GFP_OTHER_NODE", KMM_GFP_NOTRACK },
	{ "GFP_DMA", KMM_GFP_DMA },
	{ "GFP_DMA32", KMM_GFP_DMA32 },
};

/* Names without a bit of their own in the print format, by what they are made of (kernel 4.x to 6.x). */
kmm_gfp gfpbits_flag(const char *name)
{
	for (unsigned i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(known[i].name, name))
			return known[i].gfp == KMM_GFP_WAIT ? KMM_GFP_WAIT | RECLAIM : known[i].gfp;
	/* Before 4.x the table had bare names for single bits: GFP_WAIT, GFP_IO, ... */
	if (!strncmp(name, "GFP_", 4)) {
		char full[48];

		snprintf(full, sizeof(full), "__%s", name);
		for (unsigned i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (!strcmp(known[i].name, full))
				return known[i].gfp == KMM_GFP_WAIT ? KMM_GFP_WAIT | RECLAIM :
								      known[i].gfp;
	}
	return 0;
}

/*
 * A number as the kernel's headers leave it in the print format: flags, casts,
 * |, &, ~, << and parentheses, e.g. "(( gfp_t)(0x400u|0x800u)) & ~(( gfp_t)0x400u)".
 */
struct expr {
	const char *p, *end;
	unsigned depth;
};

static uint64_t eval_or(struct expr *x);

static char peek(struct expr *x)
{
	while (x->p < x->end && (*x->p == ' ' || *x->p == '\t'))
		x->p++;
	return x->p < x->end ? *x->p : '\0';
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static uint64_t eval_unary(struct expr *x)
{
	uint64_t v = 0;
	bool cast;

	if (x->depth > 64)
		return 0;
	x->depth++;
	switch (peek(x)) {
	case '~':
		x->p++;
		v = ~eval_unary(x);
		break;
	case '(':
		x->p++;
		cast = is_word(peek(x));
		if (cast)
			while (x->p < x->end && *x->p != ')')
				x->p++;
		else
			v = eval_or(x);
		if (peek(x) == ')')
			x->p++;
		if (cast)
			v = eval_unary(x);
		break;
	default:
		if (peek(x) >= '0' && *x->p <= '9') {
			char *stop;

			v = strtoull(x->p, &stop, 0);
			x->p = stop;
			while (x->p < x->end && strchr("uUlL", *x->p))
				x->p++;
		} else {
			x->p = x->end; /* nothing that is understood */
		}
	}
	x->depth--;
	return v;
}

static uint64_t eval_shift(struct expr *x)
{
	uint64_t v = eval_unary(x);

	while (peek(x) == '<' && x->p + 1 < x->end && x->p[1] == '<') {
		uint64_t by;

		x->p += 2;
		by = eval_unary(x);
		v = by < 64 ? v << by : 0;
	}
	return v;
}

static uint64_t eval_and(struct expr *x)
{
	uint64_t v = eval_shift(x);

	while (peek(x) == '&') {
		x->p++;
		v &= eval_shift(x);
	}
	return v;
}

static uint64_t eval_or(struct expr *x)
{
	uint64_t v = eval_and(x);

	while (peek(x) == '|') {
		x->p++;
		v |= eval_and(x);
	}
	return v;
}

static void add(struct gfpbits *g, uint64_t mask, const char *name, size_t len)
{
	if (g->name_count == GFPBITS_NAMES || !mask || len >= sizeof(g->names[0].name))
		return;
	g->names[g->name_count].mask = mask;
	memcpy(g->names[g->name_count].name, name, len);
	g->names[g->name_count++].name[len] = '\0';
}

/* 6.1's numbers (kernel-6.1 gfp_types.h), for a format whose print text names none. */
static void assume_modern(struct gfpbits *g)
{
	static const kmm_gfp bits[] = {
		KMM_GFP_DMA,
		KMM_GFP_HIGHMEM,
		KMM_GFP_DMA32,
		KMM_GFP_MOVABLE,
		KMM_GFP_RECLAIMABLE,
		KMM_GFP_HIGH,
		KMM_GFP_IO,
		KMM_GFP_FS,
		KMM_GFP_ZERO,
		KMM_GFP_ATOMIC,
		KMM_GFP_DIRECT_RECLAIM,
		KMM_GFP_KSWAPD_RECLAIM,
		KMM_GFP_WRITE,
		KMM_GFP_NOWARN,
		KMM_GFP_RETRY_MAYFAIL,
		KMM_GFP_NOFAIL,
		KMM_GFP_NORETRY,
		KMM_GFP_MEMALLOC,
		KMM_GFP_COMP,
		KMM_GFP_NOMEMALLOC,
		KMM_GFP_HARDWALL,
		KMM_GFP_THISNODE,
		KMM_GFP_ACCOUNT,
		KMM_GFP_ZEROTAGS,
	};

	for (unsigned i = 0; i < sizeof(bits) / sizeof(*bits); i++)
		g->bit[i] = bits[i];
}

#define RECLAIM_IO_FS (RECLAIM | KMM_GFP_IO | KMM_GFP_FS)

/* What sets are made of, as far as they teach a bit that has no name of its own in some kernel. */
static const struct {
	const char *name;
	kmm_gfp gfp;
} sets[] = {
	{ "__GFP_RECLAIM", RECLAIM },
	{ "GFP_NOIO", RECLAIM },
	{ "GFP_NOWAIT", KMM_GFP_KSWAPD_RECLAIM },
	{ "GFP_KERNEL", RECLAIM_IO_FS },
	{ "GFP_HIGHUSER", RECLAIM_IO_FS | KMM_GFP_HARDWALL | KMM_GFP_HIGHMEM },
};

/* The one bit of a set that is not known yet is what is left of it. */
static bool learn_set(struct gfpbits *g, uint64_t rest, kmm_gfp want)
{
	for (unsigned b = 0; b < 64; b++)
		if (rest & 1ull << b && g->bit[b]) {
			want &= ~g->bit[b];
			rest &= ~(1ull << b);
		}
	if (!rest || rest & (rest - 1) || !want)
		return false;
	g->bit[__builtin_ctzll(rest)] = want;
	return true;
}

/* A set may need what another one teaches. */
static void learn_sets(struct gfpbits *g)
{
	bool more = true;

	while (more) {
		more = false;
		for (uint32_t i = 0; i < g->name_count; i++)
			for (unsigned k = 0; k < sizeof(sets) / sizeof(*sets); k++)
				if (!strcmp(g->names[i].name, sets[k].name))
					more |= learn_set(g, g->names[i].mask, sets[k].gfp);
	}
}

void gfpbits_parse(struct gfpbits *g, const char *text, uint32_t len)
{
	const char *p = text, *end = text + len;
	bool any = false;

	memset(g, 0, sizeof(*g));
	p = memmem(text, len, "__print_flags(", 14);
	if (!p)
		p = end;
	while (p < end) {
		const char *open = memchr(p, '{', (size_t)(end - p)), *comma, *quote, *close;
		struct expr x;

		if (!open)
			break;
		quote = memchr(open, '"', (size_t)(end - open));
		close = quote ? memchr(quote + 1, '"', (size_t)(end - quote - 1)) : NULL;
		if (!close)
			break;
		for (comma = quote; comma > open && *comma != ','; comma--)
			;
		x = (struct expr){ open + 1, comma, 0 };
		add(g, eval_or(&x), quote + 1, (size_t)(close - quote - 1));
		p = close + 1;
	}
	for (uint32_t i = 0; i < g->name_count; i++) {
		uint64_t mask = g->names[i].mask;
		kmm_gfp flags = gfpbits_flag(g->names[i].name);

		if (flags && !(mask & (mask - 1))) {
			g->bit[__builtin_ctzll(mask)] |= flags;
			any = true;
		}
	}
	learn_sets(g);
	if (!any)
		assume_modern(g);
}

kmm_gfp gfpbits_slow(struct gfpbits *g, uint64_t raw)
{
	uint32_t i = (uint32_t)(raw ^ raw >> 7 ^ raw >> 13) & (GFPBITS_MEMO - 1);
	kmm_gfp gfp = 0;

	for (uint64_t rest = raw; rest; rest &= rest - 1) {
		kmm_gfp flags = g->bit[__builtin_ctzll(rest)];

		gfp |= flags ? flags : (kmm_gfp)KMM_GFP_UNKNOWN;
	}
	g->memo[i].raw = raw;
	g->memo[i].gfp = gfp;
	return gfp;
}

void gfpbits_text(const struct gfpbits *g, uint64_t raw, char *out, unsigned room)
{
	unsigned at = 0;

	if (!room)
		return;
	out[0] = '\0';
	if (!raw) {
		snprintf(out, room, "0");
		return;
	}
	for (uint32_t i = 0; i < g->name_count && raw && at < room; i++)
		if ((raw & g->names[i].mask) == g->names[i].mask) {
			at += (unsigned)snprintf(out + at, room - at, "%s%s", at ? "|" : "",
						 g->names[i].name);
			raw &= ~g->names[i].mask;
		}
	if (raw && at < room)
		snprintf(out + at, room - at, "%s0x%llx", at ? "|" : "", (unsigned long long)raw);
}
