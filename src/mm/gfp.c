// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/kmm_gfp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BIT(name) ((kmm_gfp)KMM_GFP_##name)
#define RECLAIM (BIT(DIRECT_RECLAIM) | BIT(KSWAPD_RECLAIM))
/* Whoever waits in 2.6 may reclaim and wakes kswapd: its one bit stands for the two of today. */
#define WAIT (BIT(WAIT) | RECLAIM)
#define ZONES (BIT(DMA) | BIT(HIGHMEM) | BIT(DMA32))
#define NONE (-1)

#define USER_2_6 (WAIT | BIT(IO) | BIT(FS) | BIT(HARDWALL))
#define KERNEL (RECLAIM | BIT(IO) | BIT(FS))
#define USER (KERNEL | BIT(HARDWALL))
#define MOVABLE (USER | BIT(HIGHMEM) | BIT(MOVABLE))
#define HUGE ((MOVABLE | BIT(COMP) | BIT(NOMEMALLOC) | BIT(NOWARN)) & ~RECLAIM)

#define GENERATIONS (KMM_LINUX_6_18 + 1)

/* By generation: 2.6, 5.10, 6.1, 6.18. */
static const int64_t types[KMM_GFP_TYPES][GENERATIONS] = {
	[KMM_GFP_TYPE_HIGHUSER_MOVABLE] = { USER_2_6 | BIT(HIGHMEM) | BIT(MOVABLE), MOVABLE,
					    MOVABLE, MOVABLE },
	[KMM_GFP_TYPE_TRANSHUGE] = { NONE, HUGE | BIT(DIRECT_RECLAIM), HUGE | BIT(DIRECT_RECLAIM),
				     HUGE | BIT(DIRECT_RECLAIM) },
	[KMM_GFP_TYPE_TRANSHUGE_LIGHT] = { NONE, HUGE, HUGE, HUGE },
	[KMM_GFP_TYPE_HIGHUSER] = { USER_2_6 | BIT(HIGHMEM), USER | BIT(HIGHMEM),
				    USER | BIT(HIGHMEM), USER | BIT(HIGHMEM) },
	[KMM_GFP_TYPE_USER] = { USER_2_6, USER, USER, USER },
	[KMM_GFP_TYPE_TEMPORARY] = { WAIT | BIT(IO) | BIT(FS) | BIT(RECLAIMABLE), NONE, NONE,
				     NONE },
	[KMM_GFP_TYPE_KERNEL_ACCOUNT] = { NONE, KERNEL | BIT(ACCOUNT), KERNEL | BIT(ACCOUNT),
					  KERNEL | BIT(ACCOUNT) },
	[KMM_GFP_TYPE_KERNEL] = { WAIT | BIT(IO) | BIT(FS), KERNEL, KERNEL, KERNEL },
	[KMM_GFP_TYPE_NOFS] = { WAIT | BIT(IO), RECLAIM | BIT(IO), RECLAIM | BIT(IO),
				RECLAIM | BIT(IO) },
	[KMM_GFP_TYPE_ATOMIC] = { BIT(HIGH), BIT(HIGH) | BIT(ATOMIC) | BIT(KSWAPD_RECLAIM),
				  BIT(HIGH) | BIT(ATOMIC) | BIT(KSWAPD_RECLAIM),
				  BIT(HIGH) | BIT(KSWAPD_RECLAIM) },
	[KMM_GFP_TYPE_NOIO] = { WAIT, RECLAIM, RECLAIM, RECLAIM },
	[KMM_GFP_TYPE_NOWAIT] = { 0, BIT(KSWAPD_RECLAIM), BIT(KSWAPD_RECLAIM),
				  BIT(KSWAPD_RECLAIM) | BIT(NOWARN) },
	[KMM_GFP_TYPE_THISNODE] = { BIT(THISNODE) | BIT(NOWARN) | BIT(NORETRY), NONE, NONE, NONE },
	[KMM_GFP_TYPE_DMA] = { BIT(DMA), BIT(DMA), BIT(DMA), BIT(DMA) },
	[KMM_GFP_TYPE_DMA32] = { BIT(DMA32), BIT(DMA32), BIT(DMA32), BIT(DMA32) },
};

static const char *const type_names[KMM_GFP_TYPES] = {
#define X(name) "GFP_" #name,
	KMM_GFP_TYPES_OF(X)
#undef X
};

static const struct {
	const char *name;
	kmm_gfp bit;
} bits[] = {
#define X(name, bit) { "__GFP_" #name, (kmm_gfp)KMM_GFP_##name },
	KMM_GFP_BITS(X)
#undef X
};

#define BITS (sizeof(bits) / sizeof(*bits))

/* The bits that a kernel of this generation has. */
static kmm_gfp known_bits(enum kmm_generation g)
{
	kmm_gfp always = ZONES | BIT(MOVABLE) | BIT(RECLAIMABLE) | BIT(HIGH) | BIT(IO) | BIT(FS) |
			 BIT(ZERO) | BIT(NOWARN) | BIT(RETRY_MAYFAIL) | BIT(NOFAIL) | BIT(NORETRY) |
			 BIT(COMP) | BIT(NOMEMALLOC) | BIT(HARDWALL) | BIT(THISNODE) | RECLAIM;
	kmm_gfp since_5 = BIT(WRITE) | BIT(MEMALLOC) | BIT(ACCOUNT) | BIT(NOLOCKDEP);
	kmm_gfp since_6 = BIT(ZEROTAGS) | BIT(SKIP_ZERO) | BIT(SKIP_KASAN);

	switch (g) {
	case KMM_LINUX_2_6:
		return always | BIT(WAIT) | BIT(COLD);
	case KMM_LINUX_5_10:
		return always | since_5 | BIT(ATOMIC);
	case KMM_LINUX_6_1:
		return always | since_5 | since_6 | BIT(ATOMIC);
	default:
		return always | since_5 | since_6 | BIT(NO_OBJ_EXT);
	}
}

int64_t kmm_gfp_of(enum kmm_generation g, enum kmm_gfp_type type)
{
	if ((unsigned)g >= GENERATIONS || (unsigned)type >= KMM_GFP_TYPES)
		return NONE;
	return types[type][g];
}

/* A single name. */
static int parse_name(enum kmm_generation g, const char *name, size_t n, kmm_gfp *gfp)
{
	if (n == strlen("__GFP_REPEAT") && !strncmp(name, "__GFP_REPEAT", n)) {
		*gfp |= BIT(RETRY_MAYFAIL); /* its name before 4.13 */
		return g == KMM_LINUX_2_6 ? 0 : -EINVAL;
	}
	if (n == strlen("__GFP_RECLAIM") && !strncmp(name, "__GFP_RECLAIM", n)) {
		*gfp |= RECLAIM;
		return g == KMM_LINUX_2_6 ? -EINVAL : 0;
	}
	if (n == strlen("__GFP_WAIT") && !strncmp(name, "__GFP_WAIT", n)) {
		*gfp |= WAIT;
		return g == KMM_LINUX_2_6 ? 0 : -EINVAL;
	}
	for (unsigned i = 0; i < KMM_GFP_TYPES; i++)
		if (strlen(type_names[i]) == n && !strncmp(type_names[i], name, n)) {
			*gfp |= types[i][g] == NONE ? 0 : (kmm_gfp)types[i][g];
			return types[i][g] == NONE ? -EINVAL : 0;
		}
	for (unsigned i = 0; i < BITS; i++)
		if (strlen(bits[i].name) == n && !strncmp(bits[i].name, name, n)) {
			*gfp |= bits[i].bit;
			return bits[i].bit & known_bits(g) ? 0 : -EINVAL;
		}
	return -EINVAL;
}

int kmm_gfp_parse(enum kmm_generation g, const char *text, kmm_gfp *gfp)
{
	*gfp = 0;
	if ((unsigned)g >= GENERATIONS)
		return -EINVAL;
	if (!strcmp(text, "0"))
		return 0;
	for (;;) {
		size_t n = strcspn(text, "|");
		int ret = parse_name(g, text, n, gfp);

		if (ret)
			return ret;
		if (!text[n])
			return 0;
		text += n + 1;
	}
}

static size_t append(char *text, size_t n, size_t at, const char *name)
{
	int len = snprintf(at < n ? text + at : NULL, at < n ? n - at : 0, "%s%s", at ? "|" : "",
			   name);

	return at + (size_t)len;
}

int kmm_gfp_format(enum kmm_generation g, kmm_gfp gfp, char *text, size_t n)
{
	size_t at = 0;

	if (n)
		*text = '\0';
	if ((unsigned)g >= GENERATIONS)
		return -EINVAL;
	for (unsigned i = 0; i < KMM_GFP_TYPES; i++) {
		int64_t set = types[i][g];

		if (set <= 0 || ((kmm_gfp)set & ~gfp))
			continue;
		at = append(text, n, at, type_names[i]);
		gfp &= ~(kmm_gfp)set;
	}
	if (g == KMM_LINUX_2_6 && gfp & BIT(WAIT))
		gfp &= ~RECLAIM;
	for (unsigned i = 0; i < BITS; i++) {
		bool repeat = g == KMM_LINUX_2_6 && bits[i].bit == BIT(RETRY_MAYFAIL);

		if (gfp & bits[i].bit)
			at = append(text, n, at, repeat ? "__GFP_REPEAT" : bits[i].name);
	}
	return at ? (int)at : (int)append(text, n, 0, "0");
}

bool kmm_gfp_may_sleep(kmm_gfp gfp)
{
	return gfp & (BIT(DIRECT_RECLAIM) | BIT(WAIT));
}

const char *kmm_gfp_problem(enum kmm_generation g, kmm_gfp gfp)
{
	kmm_gfp zones = gfp & ZONES;

	if ((unsigned)g >= GENERATIONS || gfp & ~known_bits(g))
		return "a flag that this kernel does not have";
	if (zones & (zones - 1))
		return "zones that exclude each other";
	if (gfp & BIT(MOVABLE) && gfp & BIT(RECLAIMABLE))
		return "both movable and reclaimable";
	if (gfp & BIT(NOFAIL) && !kmm_gfp_may_sleep(gfp))
		return "must not fail, but may not sleep either";
	if (gfp & BIT(NOFAIL) && gfp & (BIT(NORETRY) | BIT(RETRY_MAYFAIL)))
		return "must not fail, but may give up";
	if (gfp & BIT(NORETRY) && gfp & BIT(RETRY_MAYFAIL))
		return "may not retry, but shall";
	return NULL;
}
