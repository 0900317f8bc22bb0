/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * percpu: the per-CPU memory of one simulated machine.  Requests for it go
 * through the model's per-CPU allocator, which asks the page model for the
 * pages of its chunks itself.
 *
 * The start: no snapshot says how full the chunks were.  They have as much room
 * as the recording used before it was seen to populate a page, and the stock of
 * empty pages that the kernel keeps.
 */
#ifndef REPLAY_PERCPU_H
#define REPLAY_PERCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/map.h"
#include "mm/kmm_percpu.h"
#include "replay/demand.h"
#include "workload/request.h"

/* What a first reading of the workload tells of the start. */
struct percpu_start {
	uint64_t room; /* bytes a CPU */
	uint64_t used; /* bytes of requests since the start that live */
	bool started, populated;
	struct map size_of; /* slot -> bytes */
};

/* 0 or -ENOMEM. */
int percpu_start_init(struct percpu_start *s);
void percpu_start_free(struct percpu_start *s);
/* Every record, in order; from `started` on it counts. 0 or -ENOMEM. */
int percpu_start_record(struct percpu_start *s, const struct request *q);

struct percpu;

/* vmalloc: where its chunks lie; may be NULL. */
struct percpu *percpu_new(struct kmm *mm, const struct percpu_start *s, struct kmm_vmalloc *vmalloc,
			  struct err *e);
void percpu_free(struct percpu *p);

/*
 * From the start on.  percpu_page() is told of a page that the recording took for
 * a request that follows within q[0..n): the request is served now, in its
 * place; true if it was found.
 */
bool percpu_page(struct percpu *p, const struct request *q, uint32_t n);
void percpu_alloc(struct percpu *p, const struct request *q);
void percpu_release(struct percpu *p, const struct request *q);

struct demand percpu_demand(const struct percpu *p);
uint64_t percpu_unmatched(const struct percpu *p); /* frees of what was there before */
struct kmm_percpu *percpu_model(struct percpu *p);

#endif
