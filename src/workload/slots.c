// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/slots.h"

#include <stdlib.h>
#include <string.h>

void slots_init(struct slots *t)
{
	memset(t, 0, sizeof(*t));
	t->free = NO_SLOT;
}

void slots_free(struct slots *t)
{
	free(t->s);
	slots_init(t);
}

uint32_t slots_take(struct slots *t, enum slot_kind kind)
{
	uint32_t n = t->free;

	if (n != NO_SLOT) {
		t->free = t->s[n].left;
	} else {
		if (t->count == t->room) {
			uint32_t room = t->room ? t->room * 2 : 1024;
			struct slot *more = NULL;

			if (room > t->room && room < NO_SLOT)
				more = realloc(t->s, room * sizeof(*more));
			if (!more)
				return NO_SLOT;
			t->s = more;
			t->room = room;
		}
		n = t->count++;
	}
	t->s[n].kind = (uint8_t)kind;
	t->used++;
	return n;
}

void slots_give(struct slots *t, uint32_t n)
{
	t->s[n].kind = SLOT_FREE;
	t->s[n].left = t->free;
	t->free = n;
	t->used--;
}
