// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemlab dump: events as text, like trace-cmd report. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/table.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/resolved.h"
#include "trace/trace.h"

static struct input_options in = INPUT_DEFAULTS;
static struct machines_options mo;
static int format;
static const char *events;
static bool resolved;

static struct option options[] = {
	{ "event", 'e', OPTION_STRING, &events, "NAMES", NULL,
	  "only these events, separated by commas" },
	{ "resolved", 'r', OPTION_FLAG, &resolved, NULL, NULL,
	  "show owner and id of page allocations and frees" },
	MACHINES_OPTIONS(mo),
	{ "format", 'F', OPTION_CHOICE, &format, "FORMAT", table_formats, "how to print it" },
	INPUT_OPTIONS(in),
	{ NULL },
};

/* Is the name one of the comma-separated list? */
static bool listed(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = list; *p;) {
		size_t n = strcspn(p, ",");

		if (n == len && !strncmp(p, name, n))
			return true;
		p += n + (p[n] == ',');
	}
	return false;
}

#define LOST_CPUS 4096 /* the reader knows no more CPUs */

struct dump {
	struct trace *t;
	bool is_time;
	uint8_t wanted[65536]; /* 0 not looked up, 1 yes, 2 no */
	char *text;
	size_t len;
	struct json j;
	struct resolved *resolved; /* then t is the whole trace, of which a part is shown */
	uint64_t from, to;
	uint64_t seq;
	uint64_t lost[LOST_CPUS]; /* reported so far, by CPU */
};

/* Of a trace that is read as a whole: is this event in the part to be shown? */
static bool in_part(const struct dump *d, const struct event *ev)
{
	return ev->time >= d->from && ev->time <= d->to &&
	       (!in.cpus || (ev->cpu < KMM_CPUS && in.cpu_mask[ev->cpu]));
}

static bool wants(struct dump *d, const struct event *ev)
{
	const char *name;

	if (!events)
		return true;
	if (!d->wanted[ev->id]) {
		name = trace_event_name(d->t, ev->id);
		d->wanted[ev->id] = name && listed(events, name) ? 1 : 2;
	}
	return d->wanted[ev->id] == 1;
}

/* Ids and simulated page frames are those of the whole capture, whatever part of it is shown. */
static int resolve(struct dump *d, const char *path, struct input_options *all, struct err *e)
{
	if (in.cpus && input_cpu_mask(in.cpus, in.cpu_mask, e) < 0)
		return err_code(e);
	if (isfinite(in.from) && in.from > 0)
		d->from = (uint64_t)(in.from * 1e9);
	if (isfinite(in.to) && in.to > 0)
		d->to = (uint64_t)(in.to * 1e9);
	all->from = -INFINITY;
	all->to = INFINITY;
	all->cpus = NULL;
	d->resolved = resolved_make(path, all, &mo, e);
	return d->resolved ? 0 : err_code(e);
}

static const char *comm_of(const struct dump *d, int32_t pid)
{
	const char *comm = trace_comm(d->t, pid);

	return comm ? comm : "<...>";
}

static void print_time(const struct dump *d, uint64_t time, FILE *out)
{
	if (d->is_time) /* to the microsecond, rounded, as trace-cmd does */
		fprintf(out, "%" PRIu64 ".%06" PRIu64, (time + 500) / 1000000000,
			(time + 500) / 1000 % 1000000);
	else
		fprintf(out, "%" PRIu64, time);
}

/* The text of an event, in memory; valid until the next call. */
static const char *text_of(struct dump *d, const struct event *ev)
{
	FILE *f;

	free(d->text);
	d->text = NULL;
	f = open_memstream(&d->text, &d->len);
	if (!f)
		return "";
	trace_event_text(d->t, ev, f);
	resolved_text(d->resolved, d->seq, f);
	if (fclose(f) || !d->text)
		return "";
	while (d->len && d->text[d->len - 1] == '\n')
		d->text[--d->len] = '\0';
	return d->text;
}

static void print_line(struct dump *d, const struct event *ev)
{
	const char *name = trace_event_name(d->t, ev->id);
	char event[80];

	printf("%16s-%-5d [%03u]", comm_of(d, ev->pid), ev->pid, ev->cpu);
	if (d->is_time)
		printf(" %5" PRIu64 ".%06" PRIu64, (ev->time + 500) / 1000000000,
		       (ev->time + 500) / 1000 % 1000000);
	else
		printf("%12" PRIu64, ev->time);
	snprintf(event, sizeof(event), "%.70s:", name ? name : "unknown");
	printf(": %-21s ", event);
	trace_event_text(d->t, ev, stdout);
	resolved_text(d->resolved, d->seq, stdout);
	putchar('\n');
}

/* A line of its own, in the words of trace-cmd; said even where the event itself is not wanted. */
static void print_lost(struct dump *d, const struct event *ev)
{
	uint64_t lost = trace_cpu(d->t, ev->cpu)->lost, more = lost - d->lost[ev->cpu % LOST_CPUS];

	d->lost[ev->cpu % LOST_CPUS] = lost;
	if (more)
		printf("CPU:%u [%" PRIu64 " EVENTS DROPPED]\n", ev->cpu, more);
	else
		printf("CPU:%u [EVENTS DROPPED]\n", ev->cpu);
}

static void put_csv(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"')
			putchar('"');
		putchar(*s);
	}
	putchar('"');
}

static void print_csv(struct dump *d, const struct event *ev)
{
	const char *name = trace_event_name(d->t, ev->id);

	print_time(d, ev->time, stdout);
	printf(",%u,%d,", ev->cpu, ev->pid);
	put_csv(comm_of(d, ev->pid));
	printf(",%s,", name ? name : "unknown");
	put_csv(text_of(d, ev));
	putchar('\n');
}

static void print_object(struct dump *d, const struct event *ev)
{
	json_object(&d->j, NULL);
	if (d->is_time)
		json_real(&d->j, "time_s", (double)ev->time / 1e9);
	else
		json_uint(&d->j, "time", ev->time);
	json_uint(&d->j, "cpu", ev->cpu);
	json_int(&d->j, "pid", ev->pid);
	json_string(&d->j, "comm", comm_of(d, ev->pid));
	json_string(&d->j, "event", trace_event_name(d->t, ev->id));
	json_string(&d->j, "text", text_of(d, ev));
	json_end_object(&d->j);
}

static int dump_all(struct dump *d, struct err *e)
{
	struct event ev;
	int ret;

	if (format == TABLE_CSV)
		puts("time,cpu,pid,comm,event,text");
	if (format == TABLE_JSON) {
		json_start(&d->j, stdout);
		json_array(&d->j, NULL);
	}
	while ((ret = trace_next(d->t, &ev, e)) == 1) {
		bool part = !d->resolved || in_part(d, &ev);

		if (part && ev.lost && format == TABLE_TEXT)
			print_lost(d, &ev);
		if (part && wants(d, &ev)) {
			if (format == TABLE_TEXT)
				print_line(d, &ev);
			else if (format == TABLE_CSV)
				print_csv(d, &ev);
			else
				print_object(d, &ev);
		}
		d->seq++;
		if (ferror(stdout))
			return err_set(e, 5, "the output could not be written");
	}
	if (format == TABLE_JSON) {
		json_end_array(&d->j);
		json_finish(&d->j);
	}
	return ret;
}

static int show(const char *path, struct err *e)
{
	struct dump *d = calloc(1, sizeof(*d));
	struct input_options all = in;
	struct capture c;
	int ret = d ? capture_find(path, &c, e) : err_set(e, 12, "out of memory");

	if (d)
		d->to = UINT64_MAX;
	if (ret >= 0 && c.kind == CAPTURE_KMW)
		ret = err_set(e, 22, "%s: a workload has no events any more; dump its capture",
			      path);
	/* Ordinals of events name the rows, so both passes must see the same events. */
	if (ret >= 0 && (resolved || mo.policies.count || mo.sets.count))
		ret = resolve(d, path, &all, e);
	if (ret >= 0) {
		d->t = input_trace(&all, &c, e);
		ret = d->t ? 0 : err_code(e);
	}
	if (ret >= 0) {
		d->is_time = trace_info(d->t)->clock_is_time;
		ret = dump_all(d, e);
		if (trace_damage(d->t))
			fprintf(stderr, "kmemlab dump: %s\n", trace_damage(d->t)->text);
	}
	if (d) {
		resolved_free(d->resolved);
		trace_close(d->t);
		free(d->text);
	}
	free(d);
	return ret;
}

static int run(int argc, char **argv)
{
	struct err e = { 0 };

	if (argc != 1) {
		fprintf(stderr, "kmemlab dump: one capture is expected; see kmemlab dump --help\n");
		return 2;
	}
	return show(argv[0], &e) < 0 ? input_fail("dump", &e) : 0;
}

struct command cmd_dump = {
	.name = "dump",
	.summary = "print events as text, with what was resolved and simulated",
	.args = "CAPTURE",
	.description =
		"Prints the events in time order with the columns of trace-cmd report. With --resolved each page "
		"allocation and free also shows its id and what the page is for; with --policy the page frame "
		"that the simulated machine returned (sim_pfn) stands beside the recorded one, so that anyone "
		"can recompute the placement score; both are those of the whole capture then, whatever part of it "
		"is shown. With --set slab.objects=on the slabs of the simulated machine "
		"ask for their pages themselves: beside the page of a recorded slab stands the one that the "
		"model took for the object that was the first in it, or none.",
	.examples = "kmemlab dump --event mm_page_alloc --policy native traces/amd64-6.1-small\n"
		    "  recorded and simulated page frames\n",
	.options = options,
	.run = run,
};
