/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmm_gfp: the flags of a request by their names.  What a caller writes are mostly
 * type flags, GFP_KERNEL and its kin: sets of the single bits of gfp.h, and other
 * sets in other kernels.  Here they are, for each generation, with the rules by
 * which bits combine and who may sleep.
 *
 * After include/linux/gfp.h of 2.6.24, 5.10 and 6.1, gfp_types.h of 6.12.
 * Functions of their arguments alone: any thread may call them.
 */
#ifndef KMM_GFP_NAMES_H
#define KMM_GFP_NAMES_H

#include "kmm.h"

/* X(NAME): GFP_NAME of the kernel. */
#define KMM_GFP_TYPES_OF(X) \
	X(HIGHUSER_MOVABLE) \
	X(TRANSHUGE)        \
	X(TRANSHUGE_LIGHT)  \
	X(HIGHUSER)         \
	X(USER)             \
	X(TEMPORARY)        \
	X(KERNEL_ACCOUNT)   \
	X(KERNEL)           \
	X(NOFS)             \
	X(ATOMIC)           \
	X(NOIO)             \
	X(NOWAIT)           \
	X(THISNODE)         \
	X(DMA)              \
	X(DMA32)

enum kmm_gfp_type {
#define X(name) KMM_GFP_TYPE_##name,
	KMM_GFP_TYPES_OF(X)
#undef X
		KMM_GFP_TYPES,
};

/* The bits of a type flag; -1 if that kernel has none of this name. */
int64_t kmm_gfp_of(enum kmm_generation g, enum kmm_gfp_type type);
/* "GFP_KERNEL|__GFP_ZERO": 0 and the bits, or -EINVAL for a name that this kernel does not know. */
int kmm_gfp_parse(enum kmm_generation g, const char *text, kmm_gfp *gfp);
/* The same backwards, the largest type flag first, as trace points print it; as snprintf(). */
int kmm_gfp_format(enum kmm_generation g, kmm_gfp gfp, char *text, size_t n);
/* What is wrong with this set of bits; NULL: nothing. */
const char *kmm_gfp_problem(enum kmm_generation g, kmm_gfp gfp);
/* Whether the caller says that it can sleep: __GFP_WAIT, or __GFP_DIRECT_RECLAIM since 4.4. */
bool kmm_gfp_may_sleep(kmm_gfp gfp);

#endif
