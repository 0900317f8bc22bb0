/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slabdebug: what debugging caches keep around their objects, as real bytes of a
 * backed machine: red zones, poison and the last users, checked at every
 * allocation and free, with a report in the kernel's style for what is wrong and
 * the bytes set right again.  Free pointers are real bytes too, in every SLUB cache:
 * nothing follows them, so a machine survives what overwrites them.  Values are those
 * of include/linux/poison.h; SLUB fills its red zones with bytes, SLAB with two words of 64 bits.  Caches with a
 * constructor or freed by RCU are not poisoned.
 *
 * Without backing there is nothing to check, and these do nothing.
 */
#ifndef MM_SLABDEBUG_H
#define MM_SLABDEBUG_H

#include "mm/cache.h"

#pragma GCC visibility push(hidden)

/* Fill in the bytes of all objects of a new slab. */
void slabdebug_new_slab(struct kmm_cache *s, const struct slab *slab);
/* Before an object is given out, and before it goes to a free list. */
void slabdebug_alloc(struct kmm_cache *s, const struct slab *slab, unsigned index, unsigned cpu);
void slabdebug_free(struct kmm_cache *s, const struct slab *slab, unsigned index, unsigned cpu);

/* "Allocated age=3 cpu=0" and "Freed ...", where the cache notes them; how many characters. */
size_t slabdebug_print_users(const struct kmm_cache *s, kmm_addr at, char *text, size_t n);
/* SLUB: where in an object's room nothing is kept any more. */
uint32_t slabdebug_info_end(const struct kmm_cache *s);
/* Behind the object: SLUB's fills it up to the next word, SLAB's is the last but the user. */
const uint8_t *slabdebug_right_zone(const struct kmm_cache *s, const uint8_t *bytes, size_t *n);

#pragma GCC visibility pop
#endif
