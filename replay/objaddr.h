/* SPDX-License-Identifier: GPL-2.0-or-later */
/* objaddr: the address of the object that an id names, for frees that name the id only. */
#ifndef REPLAY_OBJADDR_H
#define REPLAY_OBJADDR_H

#include <stdint.h>

struct objaddr {
	uint64_t *addr; /* [slots]; 0: none */
	uint32_t slots;
};

/* -ENOMEM. */
int objaddr_set(struct objaddr *a, uint32_t slot, uint64_t addr);
void objaddr_free(struct objaddr *a);

/* 0: none. */
static inline uint64_t objaddr_get(const struct objaddr *a, uint32_t slot)
{
	return slot < a->slots ? a->addr[slot] : 0;
}

static inline void objaddr_clear(struct objaddr *a, uint32_t slot)
{
	if (slot < a->slots)
		a->addr[slot] = 0;
}

#endif
