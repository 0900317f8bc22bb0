/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slabreport: what a debugging cache says when something is wrong, in the words and
 * the layout of its kernel's log: SLUB's of 6.1 (before 5.14 both red zones are called
 * alike), SLAB's of 2.6.24.  Callers and tasks are not known, and left out.  One text
 * of several lines goes to the observer.
 */
#ifndef MM_SLABREPORT_H
#define MM_SLABREPORT_H

#include "mm/cache.h"

#pragma GCC visibility push(hidden)

#define REPORT_FREED "Object already free"

enum slabreport_what {
	REPORT_LEFT_ZONE,
	REPORT_RIGHT_ZONE,
	REPORT_POISON,
	REPORT_FREE_POINTER,
	REPORT_PADDING,
};

/* Bytes [bad, end) of the object's room are not `want`; given_out: it should have been in use. */
void slabreport_overwritten(const struct kmm_cache *s, kmm_addr at, enum slabreport_what what,
			    const uint8_t *bad, const uint8_t *end, uint8_t want, bool given_out);
/* A free that cannot be. s: NULL for kfree. */
void slabreport_bad_free(struct kmm_slab *sl, const struct kmm_cache *s, kmm_addr at,
			 const char *what);
/* Flags that no object can be had by, and what the kernel does with. s: NULL for pages. */
void slabreport_bad_gfp(struct kmm_slab *sl, const struct kmm_cache *s, kmm_gfp bad, kmm_gfp rest);
/* A read of n bytes that is none of the reader's, or of what nobody wrote. */
void slabreport_read(struct kmm_slab *sl, const struct kmm_cache *s, kmm_addr object, kmm_addr at,
		     size_t n, unsigned cpu, const char *what);

#pragma GCC visibility pop
#endif
