// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "trace/trace.h"

void trace_caution(const struct trace *t, char *out, size_t room)
{
	static const char *const of_pointers[] = {
		[TRACE_POINTERS_RAW] = "",
		[TRACE_POINTERS_HASHED] =
			"pointers are hashed: an object's free still finds its allocation, but where "
			"objects and slabs lie is unknown",
		[TRACE_POINTERS_HIDDEN] =
			"pointers are hidden, all alike: objects are counted only, no free finds its "
			"allocation",
	};
	const struct trace_info *in = trace_info(t);
	const char *pointers = of_pointers[in->pointers];

	snprintf(out, room, "%s%s%s%s", pointers, *pointers && in->cut_names ? "; " : "",
		 in->cut_names ? in->cut_names : "",
		 in->cut_names ? " end early in the file: some names are unknown" : "");
}
