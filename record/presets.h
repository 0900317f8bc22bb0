/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * presets: which events are recorded, by a name for a usual set or one by one.
 */
#ifndef RECORD_PRESETS_H
#define RECORD_PRESETS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/options.h"

struct preset_event {
	const char *system, *event;
	bool needed; /* without it the capture is of little use */
	bool wanted; /* without it something remains unknown; else other kernels have others */
};

/* Events that were wanted and that this kernel does not have. */
struct event_gaps {
	unsigned count;
	char names[400]; /* "percpu, oom": as many as there is room for */
};

/* What kprobes stand in for (probes.h). */
enum preset_probes {
	PROBES_HIGHMEM = 1,
	PROBES_VMALLOC = 2, /* where the kernel has no such events */
};

struct event_set {
	struct preset_event *e; /* the names belong to the set */
	unsigned count;
	unsigned probes; /* enum preset_probes */
};

/* "pages", "slab", "all", "highmem", or SYSTEM:EVENT, SYSTEM, several with commas; none: "all". 0 or a negative errno. */
int event_set_make(struct event_set *s, const struct option_list *wanted, struct err *e);
void event_set_free(struct event_set *s);
/* One more event that is not needed.  0 or -ENOMEM. */
int event_set_add(struct event_set *s, const char *system, const char *event);
void event_gaps_add(struct event_gaps *g, const char *system, const char *event);
/* The n-th preset's name and what it is for; NULL after the last. */
const char *preset_name(unsigned n, const char **help);

#endif
