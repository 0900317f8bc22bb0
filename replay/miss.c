// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/miss.h"

static const struct {
	const char *name, *help;
} kinds[MISS_KINDS] = {
#define X(name, text, help) { text, help },
	MISSES(X)
#undef X
};

const char *miss_name(enum miss m)
{
	return kinds[m].name;
}

const char *miss_help(enum miss m)
{
	return kinds[m].help;
}

enum miss miss_of(const struct kmm *mm, const struct request *q, kmm_pfn got)
{
	/* Its own refills, or none since it went past the lists. */
	bool from_free = q->sig.own_obs || q->sig.flags & REQ_DIRECT;

	if (got == KMM_NO_PFN)
		return MISS_NO_PAGE;
	if (kmm_zone_of(mm, got) != kmm_zone_of(mm, q->pfn))
		return MISS_ZONE;
	switch (kmm_frame_state(mm, q->pfn)) {
	case KMM_FRAME_FREE:
		return from_free ? MISS_FREE_ORDER : MISS_OFF_LIST;
	case KMM_FRAME_PCP:
		if (kmm_pcp_owner(mm, q->pfn) != q->cpu)
			return MISS_OTHER_CPU;
		return from_free ? MISS_ON_LIST : MISS_LIST_ORDER;
	default:
		return MISS_IN_USE;
	}
}
