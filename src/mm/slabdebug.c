// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/slabdebug.h"
void slabdebug_new_slab(struct kmm_cache *s, const struct slab *slab)
{
	(void)s;
	(void)slab;
}
void slabdebug_alloc(struct kmm_cache *s, const struct slab *slab, unsigned index, unsigned cpu)
{
	(void)s;
	(void)slab;
	(void)index;
	(void)cpu;
}
void slabdebug_free(struct kmm_cache *s, const struct slab *slab, unsigned index, unsigned cpu)
{
	(void)s;
	(void)slab;
	(void)index;
	(void)cpu;
}
