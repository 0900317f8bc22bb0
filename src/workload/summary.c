// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/summary.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workload/missing.h"

static void take_cpus(struct kmw_summary *s, const struct trace *t)
{
	for (uint32_t c = 0; c < s->cpus; c++) {
		const struct trace_cpu_info *ci = trace_cpu(t, c);

		s->events += ci->events;
		s->lost += ci->lost;
		s->lost_unknown |= ci->lost_unknown;
		if (c < KMM_CPUS)
			s->per_cpu[s->per_cpu_n++] = (struct kmw_cpu_count){
				ci->events, ci->lost, ci->lost_unknown, ci->have_stats, ci->overrun
			};
	}
}

static void take_events(struct kmw_summary *s, const struct trace *t, const uint64_t *counts,
			uint32_t ids)
{
	for (uint32_t id = 0; id < ids; id++) {
		const char *name = trace_event_name(t, (uint16_t)id), *system;
		struct kmw_event_count *k = &s->counts[s->count_n];

		if (!counts[id])
			continue;
		system = trace_event_system(t, (uint16_t)id);
		snprintf(k->system, sizeof(k->system), "%s", system ? system : "");
		if (name)
			snprintf(k->name, sizeof(k->name), "%s", name);
		else
			snprintf(k->name, sizeof(k->name), "event-%u", id);
		k->count = counts[id];
		s->count_n++;
	}
}

static void add_caution(struct kmw_summary *s, const char *text)
{
	size_t n = strlen(s->caution);

	snprintf(s->caution + n, sizeof(s->caution) - n, "%s%s", n && *text ? "; " : "", text);
}

int summary_of_trace(struct kmw_summary *s, const struct trace *t, const uint64_t *counts,
		     uint32_t ids, struct err *e)
{
	const struct trace_info *ti = trace_info(t);
	char missing[sizeof(s->caution)];
	uint32_t n = 0;

	memset(s, 0, sizeof(*s));
	snprintf(s->format, sizeof(s->format), "%s%s%s", ti->format,
		 strcmp(ti->compression, "none") ? ", " : "",
		 strcmp(ti->compression, "none") ? ti->compression : "");
	snprintf(s->clock, sizeof(s->clock), "%s", ti->clock);
	snprintf(s->kernel, sizeof(s->kernel), "%.159s", ti->uname);
	trace_caution(t, s->caution, sizeof(s->caution));
	s->clock_is_time = ti->clock_is_time;
	s->big_endian = ti->big_endian;
	s->long_size = ti->long_size;
	s->page_size = ti->page_size;
	s->cpus = ti->cpus;
	s->truncated = ti->truncated || trace_damage(t);
	for (uint32_t id = 0; id < ids; id++)
		n += counts[id] != 0;
	s->counts = calloc(n + 1, sizeof(*s->counts));
	s->per_cpu = calloc(s->cpus + 1, sizeof(*s->per_cpu));
	if (!s->counts || !s->per_cpu)
		return err_set(e, ENOMEM, "out of memory for the summary");
	take_cpus(s, t);
	take_events(s, t, counts, ids);
	missing_events(t, s->events, missing, sizeof(missing));
	add_caution(s, missing);
	return 0;
}

void summary_add_machine(struct kmw_summary *s, const struct machine *m)
{
	if (!m)
		return;
	if (m->kernel[0])
		snprintf(s->kernel, sizeof(s->kernel), "%s", m->kernel);
	if (m->narrowed[0]) {
		char text[256];

		snprintf(text, sizeof(text),
			 "only the events of %s were recorded: what others took and gave back is "
			 "unknown",
			 m->narrowed);
		add_caution(s, text);
	}
	for (uint32_t c = 0; c < s->per_cpu_n; c++) {
		struct kmw_cpu_count *k = &s->per_cpu[c];

		if (k->have_overrun || !m->ring[c].known)
			continue;
		k->have_overrun = true;
		k->overrun = m->ring[c].lost;
	}
}
