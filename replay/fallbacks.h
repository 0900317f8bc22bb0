/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fallbacks: what mm_page_alloc_extfrag tells, the kernel's or the model's, summed up by what asked, where it was
 * served from, whether the page block changed hands, and how bad that is for
 * fragmentation.  Severity (docs/metrics.md):
 *
 * whole     a whole page block or more changed hands: nothing was mixed
 * mild      a movable page among unmovable ones: compaction can take it away again;
 *           or unmovable and reclaimable ones among each other
 * moderate  the block was claimed for unmovable or reclaimable pages; movable ones may be
 *           left in it, and later ones go elsewhere
 * severe    an unmovable or reclaimable page in a block that stays Movable: it pins it for
 *           as long as it lives, and the next one may pin another
 */
#ifndef REPLAY_FALLBACKS_H
#define REPLAY_FALLBACKS_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/machine.h"
#include "workload/request.h"

#define FALLBACK_SEVERITIES(X)  \
	X(WHOLE, "whole")       \
	X(MILD, "mild")         \
	X(MODERATE, "moderate") \
	X(SEVERE, "severe")

enum fallback_severity {
#define X(name, text) FALLBACK_##name,
	FALLBACK_SEVERITIES(X)
#undef X
		FALLBACK_SEVERITY_COUNT,
};

struct fallback_row {
	uint8_t zone, type,
		from; /* place in machine.zones; enum kmm_migratetype asked for, and found */
	uint8_t order, found; /* asked for; of the block that it was taken from */
	bool claimed;	      /* the page block belongs to `type` afterwards */
	uint8_t severity;
	uint64_t events;
	uint64_t first, last; /* times */
};

struct fallbacks {
	const struct machine *m;
	struct fallback_row *rows;
	uint32_t count;
	bool no_memory;
};

const char *fallback_severity_name(enum fallback_severity s);
enum fallback_severity fallback_severity(unsigned type, unsigned from, unsigned found, bool claimed,
					 unsigned pageblock_order);
/* A page of type `type` and its order, at this time, out of a block of type `from` and order `found`. */
void fallbacks_add(struct fallbacks *f, uint32_t pfn, unsigned order, unsigned found, unsigned type,
		   unsigned from, bool claimed, uint64_t time);
/* Every record. */
void fallbacks_record(struct fallbacks *f, const struct request *q);
void fallbacks_free(struct fallbacks *f);

#endif
