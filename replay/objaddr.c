// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/objaddr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int objaddr_set(struct objaddr *a, uint32_t slot, uint64_t addr)
{
	if (slot >= a->slots) {
		uint32_t n = slot + slot / 2 + 1024;
		uint64_t *more = realloc(a->addr, n * sizeof(*more));

		if (!more)
			return -ENOMEM;
		memset(more + a->slots, 0, (n - a->slots) * sizeof(*more));
		a->addr = more;
		a->slots = n;
	}
	a->addr[slot] = addr;
	return 0;
}

void objaddr_free(struct objaddr *a)
{
	free(a->addr);
	*a = (struct objaddr){ 0 };
}
