// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/fallbacks.h"

#include <stdlib.h>
#include <string.h>

#define OWNED 0x80 /* request_sig.aux2 */

const char *fallback_severity_name(enum fallback_severity s)
{
	static const char *const names[FALLBACK_SEVERITY_COUNT] = {
#define X(name, text) [FALLBACK_##name] = text,
		FALLBACK_SEVERITIES(X)
#undef X
	};

	return names[s];
}

enum fallback_severity fallback_severity(unsigned type, unsigned from, unsigned found, bool claimed,
					 unsigned pageblock_order)
{
	if (found >= pageblock_order)
		return FALLBACK_WHOLE;
	if (type == KMM_MOVABLE || (from != KMM_MOVABLE && from != KMM_CMA))
		return FALLBACK_MILD;
	return claimed ? FALLBACK_MODERATE : FALLBACK_SEVERE;
}

static struct fallback_row *row_of(struct fallbacks *f, const struct fallback_row *x)
{
	struct fallback_row *r;

	for (uint32_t i = 0; i < f->count; i++) {
		r = &f->rows[i];
		if (r->zone == x->zone && r->type == x->type && r->from == x->from &&
		    r->order == x->order && r->found == x->found && r->claimed == x->claimed)
			return r;
	}
	if (!(f->count & (f->count - 1))) {
		r = realloc(f->rows, (f->count ? f->count * 2ull : 1) * sizeof(*r));
		if (!r)
			return NULL;
		f->rows = r;
	}
	r = &f->rows[f->count++];
	*r = *x;
	return r;
}

void fallbacks_add(struct fallbacks *f, uint32_t pfn, unsigned order, unsigned found, unsigned type,
		   unsigned from, bool claimed, uint64_t time)
{
	int zone = machine_zone_of(f->m, pfn);
	struct fallback_row x = {
		.zone = (uint8_t)(zone < 0 ? 0 : zone),
		.type = (uint8_t)type,
		.from = (uint8_t)from,
		.order = (uint8_t)order,
		.found = (uint8_t)found,
		.claimed = claimed,
		.severity = (uint8_t)fallback_severity(type, from, found, claimed,
						       f->m->pageblock_order),
		.first = time,
	};
	struct fallback_row *r = row_of(f, &x);

	if (!r) {
		f->no_memory = true;
		return;
	}
	r->events++;
	r->last = time;
}

void fallbacks_record(struct fallbacks *f, const struct request *q)
{
	if (q->sig.op == OBS_EXTFRAG)
		fallbacks_add(f, q->pfn, q->sig.order, q->sig.aux, q->sig.type,
			      q->sig.aux2 & (OWNED - 1), q->sig.aux2 & OWNED, q->time);
}

void fallbacks_free(struct fallbacks *f)
{
	free(f->rows);
	memset(f, 0, sizeof(*f));
}
