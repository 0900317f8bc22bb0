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

void fallbacks_record(struct fallbacks *f, const struct request *q)
{
	struct fallback_row x = { .first = q->time };
	struct fallback_row *r;
	int zone;

	if (q->sig.op != OBS_EXTFRAG)
		return;
	zone = machine_zone_of(f->m, q->pfn);
	x.zone = (uint8_t)(zone < 0 ? 0 : zone);
	x.type = q->sig.type;
	x.from = q->sig.aux2 & (OWNED - 1);
	x.order = q->sig.order;
	x.found = q->sig.aux;
	x.claimed = q->sig.aux2 & OWNED;
	x.severity = (uint8_t)fallback_severity(x.type, x.from, x.found, x.claimed,
						f->m->pageblock_order);
	r = row_of(f, &x);
	if (!r) {
		f->no_memory = true;
		return;
	}
	r->events++;
	r->last = q->time;
}

void fallbacks_free(struct fallbacks *f)
{
	free(f->rows);
	memset(f, 0, sizeof(*f));
}
