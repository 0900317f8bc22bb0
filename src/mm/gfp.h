/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gfp: the vocabulary that requests are made in.  Allocation flags, migrate
 * types and zone types under the kernel's names, with numbers of our own:
 * the kernel's numbers differ from version to version (kernel headers gfp.h
 * and gfp_types.h, 2.6.24 to 7.x), so a reader translates by name.
 * No code in here; readers and the model both use it.
 */
#ifndef KMM_GFP_H
#define KMM_GFP_H

#include <stdint.h>

typedef uint32_t kmm_gfp; /* a set of KMM_GFP_* bits */

/* X(NAME, bit): NAME is the kernel's name without its __GFP_ prefix. */
#define KMM_GFP_BITS(X)                                                 \
	X(DMA, 0)                                                       \
	X(HIGHMEM, 1)                                                   \
	X(DMA32, 2)                                                     \
	X(MOVABLE, 3)                                                   \
	X(RECLAIMABLE, 4)                                               \
	X(HIGH, 5)                                                      \
	X(IO, 6)                                                        \
	X(FS, 7)                                                        \
	X(ZERO, 8)                                                      \
	X(ATOMIC, 9) /* to 6.2; a hint that the caller cannot sleep */  \
	X(DIRECT_RECLAIM, 10)                                           \
	X(KSWAPD_RECLAIM, 11)                                           \
	X(WRITE, 12)                                                    \
	X(NOWARN, 13)                                                   \
	X(RETRY_MAYFAIL, 14) /* REPEAT before 4.13 */                   \
	X(NOFAIL, 15)                                                   \
	X(NORETRY, 16)                                                  \
	X(MEMALLOC, 17)                                                 \
	X(COMP, 18)                                                     \
	X(NOMEMALLOC, 19)                                               \
	X(HARDWALL, 20)                                                 \
	X(THISNODE, 21)                                                 \
	X(ACCOUNT, 22)                                                  \
	X(ZEROTAGS, 23)                                                 \
	X(SKIP_ZERO, 24)                                                \
	X(SKIP_KASAN, 25)                                               \
	X(NO_OBJ_EXT, 26)                                               \
	X(NOLOCKDEP, 27)                                                \
	X(COLD, 28)    /* to 4.14 */                                    \
	X(WAIT, 29)    /* to 4.3; readers also set both RECLAIM bits */ \
	X(NOTRACK, 30) /* to 4.14 */                                    \
	X(UNKNOWN, 31) /* the capture had a bit that no name explains */

enum kmm_gfp_bit {
#define X(name, bit) KMM_GFP_##name = (int)(1u << (bit)),
	KMM_GFP_BITS(X)
#undef X
};

/*
 * Migrate types in the numbering of 4.4 and later; ISOLATE is 5 here whether or
 * not CMA is configured.  2.6.24's RESERVE takes the place of HIGHATOMIC.
 */
enum kmm_migratetype {
	KMM_UNMOVABLE,
	KMM_MOVABLE,
	KMM_RECLAIMABLE,
	KMM_HIGHATOMIC,
	KMM_CMA,
	KMM_ISOLATE,
	KMM_MIGRATETYPES,
	KMM_PCPTYPES = 3, /* types that have per-CPU lists of their own */
};

enum kmm_zone_type {
	KMM_ZONE_DMA,
	KMM_ZONE_DMA32,
	KMM_ZONE_NORMAL,
	KMM_ZONE_HIGHMEM,
	KMM_ZONE_MOVABLE,
	KMM_ZONE_DEVICE,
	KMM_ZONE_TYPES,
};

#define KMM_ORDERS 12 /* room for any MAX_ORDER met (11 orders by default) */
#define KMM_NODES 64  /* most nodes of one machine */
#define KMM_CPUS 1024 /* most CPUs of one machine */

typedef uint32_t kmm_pfn; /* page frame number: 16 TiB of 4 KiB pages */
#define KMM_NO_PFN UINT32_MAX

#endif
