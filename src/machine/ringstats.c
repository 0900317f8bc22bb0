// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "machine/load.h"

/*
 * The kernel's per_cpu/cpuN/stats, one CPU behind the other, under "CPU: N" or "== cpuN".  Lost are
 * events that were overwritten before anybody read them (overrun, also those of an interrupted write,
 * commit overrun) and those that found no room (dropped events).
 */
int ringstats_parse(struct machine *m, struct text *t, struct err *e)
{
	static const char *const heads[] = { "CPU: ", "== cpu" };
	static const char *const counters[] = { "overrun: ", "commit overrun: ",
						"dropped events: " };
	struct machine_ring ring[KMM_CPUS] = { 0 }, *now = NULL;
	struct span line;
	uint64_t v;

	while (text_next(t, &line)) {
		for (unsigned i = 0; i < 2; i++) {
			if (!span_starts(line, heads[i]))
				continue;
			line.p += strlen(heads[i]);
			if (!span_next_u64(&line, &v) || v >= KMM_CPUS)
				return text_bad(t, e, "a CPU's number below %d is expected",
						KMM_CPUS);
			now = &ring[v];
			now->known = true;
		}
		for (unsigned i = 0; i < 3; i++) {
			if (!span_starts(line, counters[i]))
				continue;
			line.p += strlen(counters[i]);
			if (!now || !span_next_u64(&line, &v))
				return text_bad(t, e, "%s",
						now ? "no number behind its colon" :
						      "a counter of no CPU");
			now->lost += v;
		}
	}
	memcpy(m->ring, ring, sizeof(ring));
	return 0;
}
