/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mapread: a free-page map of one instant from one that was read over a while.
 * kpageflags of a large machine takes seconds to read, and meanwhile pages come
 * and go; but whatever moved a page in that time is in the trace between the
 * marks "begin" and "end", so the map at either end follows: the last event of a
 * page tells what it was at the end, its first event what it was at the beginning.
 * Moves without an event stay as they were read.
 */
#ifndef REPLAY_MAPREAD_H
#define REPLAY_MAPREAD_H

#include <stdint.h>

#include "machine/machine.h"
#include "workload/request.h"

struct mapread {
	const struct machine *m;
	struct machine_state *s; /* NULL: it has no map, or needs none */
	uint32_t begin, end;	 /* its marks, UINT32_MAX: not in the trace */
	uint8_t *seen;		 /* by frame, a bit: it has had its event; for the beginning only */
	bool inside;		 /* between the marks */
};

/* to_end: the map is to hold at the mark of its end, else at that of its beginning.  -ENOMEM. */
int mapread_init(struct mapread *r, const struct machine *m, struct machine_state *s,
		 uint32_t begin, uint32_t end, bool to_end);
void mapread_free(struct mapread *r);
/* Records of the whole trace, in order. */
void mapread_record(struct mapread *r, const struct request *q);

#endif
