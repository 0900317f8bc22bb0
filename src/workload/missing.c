// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/missing.h"

#include <stdio.h>
#include <string.h>

#define SEEN 1000 /* events of a text that would have shown each kind */

static const struct {
	enum event_kind kinds[2];
	/* It counts where one of these was recorded. */
	enum event_kind with[2];
	const char *unknown;
} groups[] = {
	{ { EVENT_MM_PAGE_ALLOC }, { EVENT_MM_PAGE_FREE }, "which pages were taken" },
	{ { EVENT_MM_PAGE_FREE }, { EVENT_MM_PAGE_ALLOC }, "which pages were given back" },
	{ { EVENT_MM_PAGE_FREE_BATCHED },
	  { EVENT_MM_PAGE_FREE },
	  "in which order batches of pages were given back" },
	{ { EVENT_MM_PAGE_ALLOC_ZONE_LOCKED, EVENT_MM_PAGE_PCPU_DRAIN },
	  { EVENT_MM_PAGE_ALLOC, EVENT_MM_PAGE_FREE },
	  "what moved between the CPUs' lists and the free lists" },
	{ { EVENT_KFREE }, { EVENT_KMALLOC, EVENT_KMALLOC_NODE }, "what of kmalloc was freed" },
	{ { EVENT_KMEM_CACHE_FREE },
	  { EVENT_KMEM_CACHE_ALLOC, EVENT_KMEM_CACHE_ALLOC_NODE },
	  "what of the caches was freed" },
};

static bool has(const struct trace *t, enum event_kind kind)
{
	return kind != EVENT_OTHER && trace_has_kind(t, kind);
}

static void add(char *out, size_t room, const char *format, const char *text)
{
	size_t n = strlen(out);

	snprintf(out + n, room - n, format, text);
}

void missing_events(const struct trace *t, uint64_t events, char *out, size_t room)
{
	bool text = !strncmp(trace_info(t)->format, "text", 4);

	*out = '\0';
	if (text && events < SEEN)
		return;
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		const enum event_kind *k = groups[i].kinds;
		const char *comma = "";
		char names[64] = "";

		if (!has(t, groups[i].with[0]) && !has(t, groups[i].with[1]))
			continue;
		/* No drain may have happened. */
		if (text && has(t, k[0]))
			continue;
		for (unsigned j = 0; j < 2 && k[j] != EVENT_OTHER; j++) {
			if (has(t, k[j]))
				continue;
			add(names, sizeof(names), "%s", comma);
			add(names, sizeof(names), "%s", event_kind_name(k[j]));
			comma = " and ";
		}
		if (!names[0])
			continue;
		add(out, room, "%s", *out ? "; without " : "without ");
		add(out, room, "%s", names);
		add(out, room, " it is unknown %s", groups[i].unknown);
	}
}
