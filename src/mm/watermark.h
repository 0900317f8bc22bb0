/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watermark: may this zone give a block of this order away?  The exact number
 * of free pages is tested; the kernel's own counter lags by what its CPUs have
 * not folded in yet (up to stat_threshold pages each), which is not modelled.
 */
#ifndef MM_WATERMARK_H
#define MM_WATERMARK_H

#include "mm/model.h"

#pragma GCC visibility push(hidden)

/* `mark` includes the boost; `highest` is the request's highest zone type. */
bool watermark_ok(const struct kmm *mm, const struct zone *z, unsigned order, uint64_t mark,
		  unsigned highest, unsigned flags);
/* As the allocator asks: by the mark in `flags`; with the second chance that boosted zones have. */
bool watermark_allows(const struct kmm *mm, const struct zone *z, unsigned order, unsigned highest,
		      unsigned flags, kmm_gfp gfp);

#pragma GCC visibility pop
#endif
