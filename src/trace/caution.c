// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "trace/trace.h"

static void add(char *out, size_t room, const char *what, const char *more)
{
	size_t n = strnlen(out, room);

	if (n < room)
		snprintf(out + n, room - n, "%s%s%s", n ? "; " : "", what, more);
}

void trace_caution(const struct trace *t, char *out, size_t room)
{
	static const char *const of_pointers[] = {
		[TRACE_POINTERS_HASHED] =
			"pointers are hashed: an object's free still finds its allocation, but where "
			"objects and slabs lie is unknown",
		[TRACE_POINTERS_HIDDEN] =
			"pointers are hidden, all alike: objects are counted only, no free finds its "
			"allocation",
	};
	const struct trace_info *in = trace_info(t);

	if (room)
		*out = '\0';
	if (in->pointers != TRACE_POINTERS_RAW)
		add(out, room, of_pointers[in->pointers], "");
	if (in->page_structs)
		add(out, room,
		    "events name a struct page: page frames are worked out from its address",
		    in->frames_told ? "" : ", and where in memory they lie is unknown");
	if (in->sampled)
		add(out, room,
		    "perf kept a sample of the events, not each (-c or -F): what is between is unknown",
		    "");
	if (in->command_only)
		add(out, room,
		    "perf recorded the tasks of a command alone (no -a): what others took and gave back "
		    "is unknown",
		    "");
	if (in->cut_names)
		add(out, room, in->cut_names, " end early in the file: some names are unknown");
}
