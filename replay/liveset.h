/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * liveset: what each address (or page frame) was last allocated as.  An address is
 * never forgotten, since perf kmem counts a second free of it too; so memory follows
 * the number of addresses that were in use, not the trace's length: 40 B each, at
 * most half of the table unused.
 */
#ifndef REPLAY_LIVESET_H
#define REPLAY_LIVESET_H

#include <stdbool.h>
#include <stdint.h>

struct live {
	uint64_t key; /* never 0 */
	uint64_t time;
	uint64_t bytes; /* of its last allocation */
	uint32_t row;	/* whose it is */
	int32_t cpu;	/* where it was allocated; -1 once it was freed (perf kmem) */
	bool live;
};

struct liveset {
	struct live *places;
	uint64_t mask, used;
};

/* 0 or -ENOMEM. */
int liveset_init(struct liveset *s);
void liveset_free(struct liveset *s);
/* NULL if the key was never put. */
struct live *liveset_get(const struct liveset *s, uint64_t key);
/* The place of a key, a new one empty (key set, all else 0); NULL out of memory. Valid until the next call. */
struct live *liveset_put(struct liveset *s, uint64_t key);

#endif
