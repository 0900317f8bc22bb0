// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemlab record: capture what the allocators of this machine are asked to do. */
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/prose.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "record/flight.h"
#include "record/recorder.h"
#include "workload/scrub.h"

static const char *const formats[] = { "text", "json", NULL };

static struct record_options o = { .duration = INFINITY, .snapshot_every = INFINITY };
static const char *cpus;
static bool finish, flight, scrub;
static const char *output;
static struct flight_options fo = { .after = 1, .most = 10, .most_bytes = 1ull << 30 };
static const char *const snapshots[] = { "counters", "exact", NULL };
static int format, snapshot;

static struct option options[] = {
	{ "output", 'o', OPTION_STRING, &output, "DIR", NULL,
	  "the capture directory (default: kmemlab-DATE-TIME)" },
	{ "event", 'e', OPTION_LIST, &o.events, "EVENTS", NULL,
	  "a preset (all, pages, slab, highmem), SYSTEM or SYSTEM:EVENT, several with commas (default: all)" },
	{ "duration", 'd', OPTION_SECONDS, &o.duration, "SECONDS", NULL,
	  "end after so long (default: with the command, or at SIGINT)" },
	{ "buffer-size", 'b', OPTION_UINT, &o.buffer_kib, "KIB", NULL,
	  "ring buffer of each CPU (default: by the rate of events, measured for 0.2 s, and larger where it "
	  "fills up)" },
	{ "cpu", 'C', OPTION_STRING, &cpus, "LIST", NULL, "these CPUs only, such as 0,2-3" },
	{ "pid", 'p', OPTION_STRING, &o.pids, "PIDS", NULL,
	  "these processes and their children only, such as 12,34" },
	{ "comm", 0, OPTION_STRING, &o.comm, "NAME", NULL, "tasks of this name only" },
	{ "command-only", 0, OPTION_FLAG, &o.command_only, NULL, NULL,
	  "the command and its children only" },
	{ "snapshot-every", 0, OPTION_SECONDS, &o.snapshot_every, "SECONDS", NULL,
	  "take snapshots in between too" },
	{ "snapshot", 0, OPTION_CHOICE, &snapshot, "HOW", snapshots,
	  "counters: from /proc and /sys (default); exact: also the order of all free lists, the slabs and "
	  "the pageblocks' types, from the kernel's memory" },
	{ "clock", 0, OPTION_STRING, &o.clock, "CLOCK", NULL,
	  "the trace clock (default: global; counter orders all events of all CPUs)" },
	{ "flight", 0, OPTION_FLAG, &flight, NULL, NULL,
	  "run in a circle, and write a capture DIR-0001 and so on at each trigger and at SIGUSR2" },
	{ "trigger", 't', OPTION_LIST, &fo.triggers, "TRIGGER", NULL,
	  "with --flight: alloc-failure, fallback, oom, stall, SIGUSR2 (always) or 'SYSTEM:EVENT if FILTER'" },
	{ "after", 0, OPTION_SECONDS, &fo.after, "SECONDS", NULL,
	  "with --flight: go on so long after the trigger (1)" },
	{ "max-captures", 0, OPTION_UINT, &fo.most, "N", NULL,
	  "with --flight: end after so many captures (10)" },
	{ "max-bytes", 0, OPTION_UINT, &fo.most_bytes, "BYTES", NULL,
	  "with --flight: end when the traces have so many bytes together (1G)" },
	{ "finish", 0, OPTION_FLAG, &finish, NULL, NULL,
	  "make a capture of what a recorder that was killed left" },
	{ "scrub", 0, OPTION_FLAG, &scrub, NULL, NULL,
	  "make it fit to be given away, as kmemlab scrub does; it is DIR.unscrubbed until then" },
	{ "format", 'F', OPTION_CHOICE, &format, "FORMAT", formats, "how to print the result" },
	{ NULL },
};

static void on_signal(int number)
{
	(void)number;
	record_stop();
}

static void on_trigger(int number)
{
	(void)number;
	flight_now();
}

/* Whatever would end it otherwise; but not SIGHUP where it was started by nohup. */
static void catch_signals(void)
{
	static const int ending[] = { SIGINT,  SIGTERM, SIGHUP,	 SIGQUIT,
				      SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU };
	struct sigaction end = { .sa_handler = on_signal }, now;

	for (size_t i = 0; i < sizeof(ending) / sizeof(*ending); i++) {
		if (ending[i] == SIGHUP && !sigaction(SIGHUP, NULL, &now) &&
		    now.sa_handler == SIG_IGN)
			continue;
		sigaction(ending[i], &end, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a limit on files ends it as a full disk does */
}

static int fail(const struct err *e)
{
	fprintf(stderr, "kmemlab record: %s\n", e->text);
	return 2;
}

static int status_of(const struct record_result *r)
{
	return WIFEXITED(r->status) ? WEXITSTATUS(r->status) : 128 + WTERMSIG(r->status);
}

static void print_json(const struct record_result *r)
{
	struct json j;

	json_start(&j, stdout);
	json_object(&j, NULL);
	json_string(&j, "capture", output);
	json_bool(&j, "scrubbed", scrub);
	json_uint(&j, "bytes", r->bytes);
	json_uint(&j, "lost", r->lost);
	json_array(&j, "lost_of_cpu");
	for (unsigned i = 0; i < r->cpus; i++)
		json_uint(&j, NULL, r->lost_of[i]);
	json_end_array(&j);
	json_real(&j, "seconds", r->seconds);
	json_uint(&j, "buffer_kib", r->buffer_kib);
	json_uint(&j, "buffer_most_kib", r->buffer_most_kib);
	json_uint(&j, "snapshots", r->snapshots);
	json_uint(&j, "files_unread", r->unread);
	json_string(&j, "start",
		    r->start.lists ? "lists" :
		    o.exact	   ? "kpageflags" :
				     "not asked for");
	json_string(&j, "start_source", r->start.source);
	json_uint(&j, "start_reads", r->start.reads);
	json_uint(&j, "start_torn", r->start.torn);
	json_real(&j, "start_seconds", r->start.seconds);
	json_uint(&j, "start_bytes", r->start.bytes);
	json_uint(&j, "events_missing", r->gaps.count);
	json_string(&j, "events_missing_names", r->gaps.names);
	if (r->cut)
		json_string(&j, "cut_off", r->why);
	else
		json_null(&j, "cut_off");
	if (r->status >= 0)
		json_uint(&j, "command_status", (uint64_t)status_of(r));
	else
		json_null(&j, "command_status");
	json_end_object(&j);
	json_finish(&j);
}

/* Where the simulation will start from. */
static void put_start(FILE *f, const struct record_result *r)
{
	const struct exact_result *s = &r->start;

	if (!s->lists) {
		fprintf(f,
			"  start: the free-page map before/kpageflags, the order within the lists "
			"unknown: %s\n",
			s->source);
		return;
	}
	fprintf(f, "  start: lists%s%s in order, from %s\n", s->slabs ? ", slabs" : "",
		s->pageblocks ? ", pageblocks" : "", s->source);
	fprintf(f, "  start: %.1f MiB of the kernel's memory read in %.1f ms",
		(double)s->bytes / (1 << 20), s->seconds * 1e3);
	if (s->reads > 1)
		fprintf(f, ", %u times", s->reads);
	if (s->torn)
		fprintf(f, "; %u lists changed while they were read", s->torn);
	fprintf(f, "\n");
}

static void put_text(FILE *f, const struct record_result *r)
{
	fprintf(f, "%s: %.1f MiB in %.1f s, ring buffer %" PRIu64 " KiB a CPU", output,
		(double)r->bytes / (1 << 20), r->seconds, r->buffer_kib);
	if (r->buffer_most_kib > r->buffer_kib)
		fprintf(f, ", of the busiest %" PRIu64 " in the end", r->buffer_most_kib);
	fprintf(f, "\n");
	if (!r->lost) {
		fprintf(f, "  no event lost\n");
	} else {
		fprintf(f, "  LOST %" PRIu64 " events:", r->lost);
		for (unsigned i = 0; i < r->cpus; i++)
			if (r->lost_of[i])
				fprintf(f, " CPU %u %" PRIu64, i, r->lost_of[i]);
		fprintf(f, "; a larger --buffer-size or fewer events (-e) help\n");
	}
	if (o.exact)
		put_start(f, r);
	if (r->gaps.count)
		fprintf(f, "  not recorded, as this kernel does not have it: %s\n", r->gaps.names);
	if (r->unread)
		fprintf(f, "  %u files of the machine could not be read: system/unread\n",
			r->unread);
	if (r->cut)
		fprintf(f, "  ENDED EARLY: %s\n", r->why);
	if (r->status > 0 && !r->cut)
		fprintf(f, "  the command ended with status %d\n", status_of(r));
	if (r->runs_on)
		fprintf(f, "  the command was told to end, but still runs\n");
}

static void print_text(const struct record_result *r)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (!f) {
		put_text(stdout, r);
		return;
	}
	put_text(f, r);
	if (!fclose(f))
		prose_print(stdout, "%s", text);
	free(text);
}

static int run_flight(struct err *e)
{
	struct sigaction sa = { .sa_handler = on_trigger };
	struct flight_result r;
	int ret;

	sigaction(SIGUSR2, &sa, NULL);
	ret = flight_run(&o, &fo, &r, e);
	if (r.captures)
		prose_print(stdout, "%u captures, %.1f MiB of trace, the last is %s\n", r.captures,
			    (double)r.bytes / (1 << 20), r.last);
	else if (ret >= 0)
		printf("no trigger came\n");
	if (r.gaps.count)
		prose_print(stdout, "not recorded, as this kernel does not have it: %s\n",
			    r.gaps.names);
	return ret < 0 ? fail(e) : 0;
}

/* What was recorded becomes the scrubbed capture that was asked for. */
static int replace(struct err *e)
{
	struct scrub_result r;

	umask(077);
	if (scrub_replace(o.output, output, &r, e) >= 0)
		return 0;
	return err_prefix(e, "not scrubbed, the capture as recorded is %s: ", o.output);
}

static int end_killed(struct err *e)
{
	if (record_finish(o.output, e) < 0)
		return err_code(e);
	return scrub ? replace(e) : 0;
}

/* One line that says what does not go together; NULL: it all does. */
static const char *misused(int argc)
{
	if (output && !*output)
		return "-o wants a name";
	if (finish && (!output || argc))
		return "--finish wants -o DIR and nothing else";
	if (o.command_only && !argc)
		return "--command-only wants a command";
	if (flight && argc)
		return "--flight takes no command";
	if (!flight && fo.triggers.count)
		return "--trigger wants --flight";
	if (flight && scrub)
		return "--flight writes while it records; scrub its captures afterwards with "
		       "kmemlab scrub";
	if (flight && (snapshot || isfinite(o.snapshot_every)))
		return "--flight takes its snapshots at the triggers: no --snapshot, no "
		       "--snapshot-every";
	if (!(o.duration > 0) || !(o.snapshot_every > 0))
		return "a time must be above 0";
	if (!fo.most || !fo.most_bytes)
		return "a limit must be above 0";
	return NULL;
}

/* DIR as it was given, without slashes behind it; and where it is recorded, if it is to be scrubbed. */
static void name_output(void)
{
	static char name[PATH_MAX], unscrubbed[PATH_MAX + 16];
	time_t t = time(NULL);
	struct tm tm;

	if (output) {
		size_t n = strlen(output);

		while (n > 1 && output[n - 1] == '/')
			n--;
		snprintf(name, sizeof(name), "%.*s", (int)n, output);
	} else {
		localtime_r(&t, &tm);
		strftime(name, sizeof(name), "kmemlab-%Y%m%d-%H%M%S", &tm);
	}
	output = o.output = name;
	if (scrub) {
		snprintf(unscrubbed, sizeof(unscrubbed), "%s.unscrubbed", output);
		o.output = unscrubbed;
	}
}

static int run(int argc, char **argv)
{
	static uint8_t mask[KMM_CPUS];
	const char *misuse = misused(argc);
	struct record_result r;
	struct err e = { 0 };

	if (misuse) {
		fprintf(stderr, "kmemlab record: %s\n", misuse);
		return 2;
	}
	name_output();
	if (scrub && !access(output, F_OK)) {
		fprintf(stderr, "kmemlab record: %s is there already\n", output);
		return 2;
	}
	if (finish)
		return end_killed(&e) < 0 ? fail(&e) : 0;
	if (cpus && input_cpu_mask(cpus, mask, &e) < 0)
		return fail(&e);
	o.exact = snapshot == 1;
	o.cpus = cpus ? mask : NULL;
	o.command = argc ? argv : NULL;
	o.progress = isatty(STDERR_FILENO);
	catch_signals();
	if (flight)
		return run_flight(&e);
	if (record_run(&o, &r, &e) < 0)
		return fail(&e);
	if (scrub && replace(&e) < 0)
		return fail(&e);
	if (format)
		print_json(&r);
	else
		print_text(&r);
	return r.cut ? 2 : 0;
}

struct command cmd_record = {
	.name = "record",
	.summary = "capture what this machine's allocators are asked to do",
	.args = "[[--] COMMAND [ARGUMENT...]]",
	.runs_command = true,
	.description =
		"Records the allocators' events of the whole machine into a capture directory, with snapshots "
		"of /proc and /sys from before and after, until the command ends, the time is over or SIGINT "
		"comes. It uses a tracing instance of its own, so that nobody else's tracing is disturbed, and "
		"removes it on every way out; one that a killed recorder left is removed by a process that "
		"waited for that, or by the next.\n\n"
		"The capture's trace.dat can be read by trace-cmd and KernelShark too. Files are readable by "
		"their owner only: kernel addresses are secrets. What the ring buffers had no room for is "
		"counted by CPU and told at the end. Recording needs root.\n\n"
		"Everything goes to DIR.part, which becomes DIR when it is whole. A full disk ends the "
		"recording with what was got by then, and status 2.",
	.examples = "kmemlab record -o capture -d 10\n"
		    "  ten seconds of everything\n"
		    "kmemlab record -e pages -- make -j8\n"
		    "  the page allocator's events while a command runs\n",
	.options = options,
	.run = run,
};
