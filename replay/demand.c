// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/demand.h"

const char *demand_kind_name(enum demand_kind k)
{
	static const char *const names[DEMAND_KINDS] = { "page",    "object",  "percpu",
							 "vmalloc", "pgtable", "kmap" };

	return names[k];
}
