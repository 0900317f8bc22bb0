/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gfpbits: a kernel's gfp_flags numbers in the internal set.  The numbers differ
 * between versions and configurations, so they are taken by name from the
 * capture's own print format (`__print_flags(REC->gfp_flags, "|", {number,
 * "name"}, ...)`); composite names such as GFP_KERNEL are taken apart.
 */
#ifndef TRACE_GFPBITS_H
#define TRACE_GFPBITS_H

#include <stdbool.h>
#include <stdint.h>

#include "mm/gfp.h"

#define GFPBITS_MEMO 64 /* a power of two */
#define GFPBITS_NAMES 96

struct gfpbits {
	kmm_gfp bit[64]; /* raw bit number -> internal flags; 0 unknown */
	struct {
		uint64_t raw;
		kmm_gfp gfp;
	} memo[GFPBITS_MEMO]; /* all zero is right for raw 0 in place 0, and never matches elsewhere */
	struct {
		uint64_t mask;
		char name[32];
	} names[GFPBITS_NAMES]; /* as the capture prints them, in its order */
	uint32_t name_count;
};

/* From a format's print text; names that are missing there get 6.x numbers only if none was found at all. */
void gfpbits_parse(struct gfpbits *g, const char *print_format, uint32_t len);
/* The flag of a single name ("__GFP_ZERO"); 0 for composites and unknown ones. */
kmm_gfp gfpbits_flag(const char *name);
kmm_gfp gfpbits_slow(struct gfpbits *g, uint64_t raw);

static inline kmm_gfp gfpbits_get(struct gfpbits *g, uint64_t raw)
{
	uint32_t i = (uint32_t)(raw ^ raw >> 7 ^ raw >> 13) & (GFPBITS_MEMO - 1);

	if (__builtin_expect(g->memo[i].raw == raw, 1))
		return g->memo[i].gfp;
	return gfpbits_slow(g, raw);
}

/* The capture's own words for a raw value ("GFP_KERNEL|__GFP_ZERO"); cut to fit. */
void gfpbits_text(const struct gfpbits *g, uint64_t raw, char *out, unsigned room);

#endif
