// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/slots.h"

#include <stdlib.h>
#include <string.h>

void slots_init(struct slots *t)
{
	memset(t, 0, sizeof(*t));
}

void slots_free(struct slots *t)
{
	free(t->s);
	free(t->given);
	slots_init(t);
}

uint32_t slots_take_new(struct slots *t)
{
	if (t->count == t->room) {
		uint32_t room = t->room ? t->room * 2 : 1024, *given;
		struct slot *more;

		if (room <= t->room || room >= NO_SLOT)
			return NO_SLOT;
		more = realloc(t->s, room * sizeof(*more));
		if (!more)
			return NO_SLOT;
		t->s = more;
		given = realloc(t->given, room * sizeof(*given));
		if (!given)
			return NO_SLOT;
		t->given = given;
		t->room = room;
	}
	return t->count++;
}
