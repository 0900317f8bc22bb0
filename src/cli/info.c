// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemlab info: what a capture or a workload holds. */
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/table.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "trace/trace.h"
#include "workload/summary.h"

static struct input_options in = INPUT_DEFAULTS;
static const char *const kinds[] = { "event", "cpu", NULL };
static int format, by;

static struct option options[] = {
	{ "by", 'b', OPTION_CHOICE, &by, "WHAT", kinds, "the table: event (default) or cpu" },
	{ "format", 'F', OPTION_CHOICE, &format, "FORMAT", table_formats, "how to print it" },
	INPUT_OPTIONS(in),
	{ NULL },
};

static const struct column columns[] = {
	{ "event", "event", COLUMN_STRING, 0, "bare event name" },
	{ "system", "system", COLUMN_STRING, 0, "event system" },
	{ "count", "count", COLUMN_UINT, 0, "events" },
};

static const struct column cpu_columns[] = {
	{ "cpu", "CPU", COLUMN_UINT, 0, "CPU" },
	{ "events", "events", COLUMN_UINT, 0, "events of its own" },
	{ "lost", "lost", COLUMN_UINT, 0, "lost events that the trace has a number of" },
	{ "lost_unknown", "and more", COLUMN_STRING, 0, "more were lost, the trace has no number" },
	{ "overrun", "ring buffer's own count", COLUMN_UINT, 0,
	  "events that the kernel counted as overwritten, refused or dropped; none: not known" },
};

static int by_count(const void *pa, const void *pb)
{
	const struct kmw_event_count *a = pa, *b = pb;

	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return strcmp(a->name, b->name);
}

/* ---- from a trace ---- */

/* Where the symbols of call sites are from; "": the trace; NULL: there are none. */
static const char *note_symbols(struct trace *t)
{
	static char from[PATH_MAX];
	const char *path = trace_symbols_from(t);

	if (path)
		snprintf(from, sizeof(from), "%s", path);
	return path ? from : NULL;
}

static int read_trace(const struct capture *c, struct kmw_summary *s, const char **symbols,
		      struct err *e)
{
	uint64_t *counts = calloc(65536, sizeof(*counts));
	uint64_t first = 0, last = 0;
	struct trace *t = NULL;
	struct event ev;
	int ret = counts ? 0 : err_set(e, 12, "out of memory");

	if (ret >= 0)
		t = input_trace(&in, c, e);
	if (!t) {
		free(counts);
		return err_code(e);
	}
	while ((ret = trace_next(t, &ev, e)) == 1) {
		counts[ev.id]++;
		if (first > ev.time || !last)
			first = ev.time;
		last = ev.time;
	}
	if (ret >= 0)
		ret = summary_of_trace(s, t, counts, 65536, e);
	s->first = first;
	s->last = last;
	*symbols = note_symbols(t);
	if (ret >= 0 && trace_damage(t))
		fprintf(stderr, "kmemlab info: %s; what was whole is counted\n",
			trace_damage(t)->text);
	free(counts);
	trace_close(t);
	return ret;
}

/* ---- printing ---- */

/* What the kernel counted as lost in all ring buffers; false: it is not known of any. */
static bool overruns(const struct kmw_summary *s, uint64_t *n)
{
	bool known = false;

	*n = 0;
	for (uint32_t c = 0; c < s->per_cpu_n; c++) {
		known |= s->per_cpu[c].have_overrun;
		*n += s->per_cpu[c].have_overrun ? s->per_cpu[c].overrun : 0;
	}
	return known;
}

static struct table *event_table(const struct kmw_summary *s)
{
	struct table *t = table_new(columns, sizeof(columns) / sizeof(*columns));

	for (uint32_t i = 0; t && i < s->count_n; i++) {
		table_row(t);
		table_string(t, s->counts[i].name);
		table_string(t, s->counts[i].system);
		table_uint(t, s->counts[i].count);
	}
	return t;
}

static struct table *cpu_table(const struct kmw_summary *s)
{
	struct table *t = table_new(cpu_columns, sizeof(cpu_columns) / sizeof(*cpu_columns));

	for (uint32_t c = 0; t && c < s->per_cpu_n; c++) {
		const struct kmw_cpu_count *k = &s->per_cpu[c];

		table_row(t);
		table_uint(t, c);
		table_uint(t, k->events);
		table_uint(t, k->lost);
		table_string(t, k->lost_unknown ? "yes" : "no");
		if (k->have_overrun)
			table_uint(t, k->overrun);
		else
			table_none(t);
	}
	return t;
}

static void json_cpus(struct json *j, const struct kmw_summary *s)
{
	uint64_t n;

	if (overruns(s, &n))
		json_uint(j, "overrun", n);
	else
		json_null(j, "overrun");
	json_array(j, "by_cpu");
	for (uint32_t c = 0; c < s->per_cpu_n; c++) {
		const struct kmw_cpu_count *k = &s->per_cpu[c];

		json_object(j, NULL);
		json_uint(j, "cpu", c);
		json_uint(j, "events", k->events);
		json_uint(j, "lost", k->lost);
		json_bool(j, "lost_unknown", k->lost_unknown);
		if (k->have_overrun)
			json_uint(j, "overrun", k->overrun);
		else
			json_null(j, "overrun");
		json_end_object(j);
	}
	json_end_array(j);
}

static void print_json(const struct kmw_summary *s, const char *name, const struct machine *m,
		       const char *symbols)
{
	struct json j;

	json_start(&j, stdout);
	json_object(&j, NULL);
	json_string(&j, "capture", name);
	json_object(&j, "events");
	for (uint32_t i = 0; i < s->count_n; i++)
		json_uint(&j, s->counts[i].name, s->counts[i].count);
	json_end_object(&j);
	json_uint(&j, "total", s->events);
	json_uint(&j, "lost", s->lost);
	json_bool(&j, "lost_unknown", s->lost_unknown);
	json_cpus(&j, s);
	json_uint(&j, "cpus", s->cpus);
	json_string(&j, "clock", s->clock);
	json_real(&j, "first_s", s->clock_is_time && s->events ? (double)s->first / 1e9 : NAN);
	json_real(&j, "last_s", s->clock_is_time && s->events ? (double)s->last / 1e9 : NAN);
	json_string(&j, "format", s->format);
	json_string(&j, "kernel", s->kernel[0] ? s->kernel : NULL);
	json_uint(&j, "long_size", s->long_size);
	json_bool(&j, "big_endian", s->big_endian);
	json_bool(&j, "truncated", s->truncated);
	json_string(&j, "symbols", symbols && !*symbols ? "trace" : symbols);
	json_array(&j, "unknown");
	if (s->caution[0])
		json_string(&j, NULL, s->caution);
	for (uint32_t i = 0; m && i < m->unknown_count; i++)
		json_string(&j, NULL, m->unknown[i]);
	json_end_array(&j);
	json_end_object(&j);
	json_finish(&j);
}

/* Only where it tells something that the trace itself does not. */
static void print_overruns(const struct kmw_summary *s)
{
	uint64_t n;

	if (overruns(s, &n) && (s->lost_unknown || n != s->lost))
		printf("lost      the ring buffers counted %" PRIu64
		       " events overwritten, refused or dropped\n",
		       n);
}

static void print_machine(const struct machine *m)
{
	if (m->zone_count)
		printf("machine   %u CPUs, %u node%s, %u zones, page blocks of order %u\n", m->cpus,
		       m->nodes, m->nodes == 1 ? "" : "s", m->zone_count, m->pageblock_order);
	for (uint32_t i = 0; i < m->unknown_count; i++)
		printf("unknown   %s\n", m->unknown[i]);
}

static void print_symbols(const char *symbols)
{
	if (!symbols)
		printf("unknown   symbols of the kernel: call sites are addresses; --kallsyms FILE "
		       "names them\n");
	else if (*symbols)
		printf("symbols   %s\n", symbols);
}

static int print_text(const struct kmw_summary *s, const char *name, const struct machine *m,
		      const char *symbols)
{
	struct table *t;
	int ret;

	if (format == TABLE_TEXT) {
		printf("capture   %s (%s)\n", name, s->format);
		if (s->kernel[0])
			printf("kernel    %s\n", s->kernel);
		printf("events    %" PRIu64 " on %u CPUs, lost %" PRIu64 "%s\n", s->events, s->cpus,
		       s->lost, s->lost_unknown ? " and more, number unknown" : "");
		print_overruns(s);
		if (s->clock_is_time && s->events)
			printf("clock     %s, %.6f to %.6f s (%.3f s)\n", s->clock,
			       (double)s->first / 1e9, (double)s->last / 1e9,
			       (double)(s->last - s->first) / 1e9);
		else
			printf("clock     %s, %" PRIu64 " to %" PRIu64 "; it counts no time\n",
			       s->clock, s->first, s->last);
		if (s->truncated)
			printf("DAMAGED   the capture ends early or is damaged\n");
		if (s->caution[0])
			printf("unknown   %s\n", s->caution);
		print_symbols(symbols);
		if (m)
			print_machine(m);
		putchar('\n');
	}
	t = by ? cpu_table(s) : event_table(s);
	ret = t ? table_print(t, (enum table_format)format, stdout) : -12;
	table_free(t);
	return ret;
}

static int show(const char *path, struct err *e)
{
	struct kmw_summary s = { 0 };
	struct kmw_reader *k = NULL;
	struct snapshot_source src = { 0 };
	struct machine *m = NULL;
	const char *symbols = "";
	struct capture c;
	int ret = capture_find(path, &c, e);

	if (ret < 0)
		return ret;
	if (c.kind == CAPTURE_KMW) {
		k = kmw_open(c.trace, e);
		if (!k)
			return err_code(e);
		s = *kmw_summary(k);
		m = import_machine(k, e);
		ret = m ? 0 : err_code(e);
	} else {
		ret = read_trace(&c, &s, &symbols, e);
		if (ret >= 0 && c.kind == CAPTURE_DIR && snapshot_dir_open(c.dir, &src, e) >= 0) {
			m = machine_load(&src, e);
			snapshot_dir_close(&src);
			ret = m ? 0 : err_code(e);
		}
	}
	if (ret >= 0 && !k)
		summary_add_machine(&s, m);
	if (s.counts)
		qsort(s.counts, s.count_n, sizeof(*s.counts), by_count);
	if (ret >= 0 && format == TABLE_JSON)
		print_json(&s, c.name, m, symbols);
	else if (ret >= 0)
		ret = print_text(&s, c.name, m, symbols);
	if (!k) {
		free(s.counts);
		free(s.per_cpu);
	}
	kmw_close(k);
	if (m)
		machine_free(m);
	return ret;
}

static int run(int argc, char **argv)
{
	struct err e = { 0 };

	if (argc != 1) {
		fprintf(stderr, "kmemlab info: one capture is expected; see kmemlab info --help\n");
		return 2;
	}
	return show(argv[0], &e) < 0 ? input_fail("info", &e) : 0;
}

struct command cmd_info = {
	.name = "info",
	.summary = "show what a capture holds",
	.args = "CAPTURE",
	.description =
		"Counts the events by type and the lost ones, and shows the clock, the time span, the "
		"machine and what cannot be known from this capture. Where the kernel counted losses that the "
		"trace has no number of, its ring buffers' own counters are shown too (--by cpu: for each CPU). "
		"CAPTURE is a capture directory, a "
		"bare trace.dat (also gzip-compressed) or a workload.",
	.examples = "kmemlab info --format json traces/amd64-6.1-small\n"
		    "  for scripts\n",
	.options = options,
	.run = run,
};
