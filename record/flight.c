// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/flight.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <tracefs.h>
#include <unistd.h>

#include "record/datfile.h"
#include "record/facts.h"
#include "record/filter.h"
#include "record/guardian.h"
#include "record/instance.h"
#include "record/outfile.h"
#include "record/privileges.h"
#include "record/probes.h"
#include "record/snapshot.h"
#include "record/spool.h"

#define TICK_MS 100
#define BUFFER_KIB 16384 /* of each CPU, where nothing else is asked for */

static const struct {
	const char *name, *event;
} named[] = {
	{ "alloc-failure", "kmem:mm_page_alloc if pfn == 0xffffffffffffffff" },
	{ "fallback", "kmem:mm_page_alloc_extfrag" },
	{ "oom", "oom:mark_victim" },
	{ "stall", "vmscan:mm_vmscan_direct_reclaim_begin" },
	{ "SIGUSR2", NULL }, /* it always is */
};

static volatile sig_atomic_t by_hand;

void flight_now(void)
{
	by_hand = 1;
}

struct flight {
	const struct record_options *o;
	const struct flight_options *f;
	struct flight_result *r;
	struct event_set events;
	struct guardian guardian;
	struct instance in, watch; /* watch: the triggers' own, looked at all the time */
	int pipe;		   /* its trace_pipe; -1: no triggers but by hand */
	unsigned cpus;
	unsigned number; /* of the last capture: what stands there already is passed over */
	char *clock;
};

/* ---- triggers ---- */

static int add_trigger(struct flight *x, const char *text, struct err *e)
{
	char event[200], *condition;
	const char *name = event;
	struct option_list one = { &name, 1 };
	struct event_set set;
	int ret;

	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++)
		if (!strcmp(text, named[i].name)) {
			text = named[i].event;
			break;
		}
	if (!text)
		return 0;
	if ((size_t)snprintf(event, sizeof(event), "%s", text) >= sizeof(event))
		return err_set(e, EINVAL, "'%.64s...' is too long for a trigger", text);
	condition = strstr(event, " if ");
	if (condition) {
		*condition = '\0';
		condition += 4;
	}
	if (!strchr(event, ':') || strchr(event, ','))
		return err_set(e, EINVAL,
			       "'%.64s' is no trigger: alloc-failure, fallback, oom, stall, "
			       "SIGUSR2 or SYSTEM:EVENT [if FILTER]",
			       event);
	ret = event_set_make(&set, &one, e);
	if (ret >= 0 && condition)
		ret = instance_filter(&x->watch, &set, condition, e);
	if (ret >= 0)
		ret = instance_enable(&x->watch, &set, e);
	event_set_free(&set);
	return ret;
}

static int open_triggers(struct flight *x, struct err *e)
{
	int ret;

	if (!x->f->triggers.count)
		return 0;
	ret = instance_open(&x->watch, "-t", NULL, e);
	if (ret >= 0)
		ret = instance_buffer(&x->watch, 64, e);
	for (size_t i = 0; i < x->f->triggers.count && ret >= 0; i++)
		ret = add_trigger(x, x->f->triggers.items[i], e);
	if (ret < 0)
		return ret;
	x->pipe = tracefs_instance_file_open(x->watch.t, "trace_pipe",
					     O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (x->pipe < 0)
		return err_set(e, errno ? errno : EIO, "trace_pipe of the triggers");
	return instance_on(&x->watch, true, e);
}

/* Wait for a tick; true if a trigger came. */
static bool triggered(struct flight *x)
{
	struct pollfd p = { x->pipe, POLLIN, 0 };
	bool came = false;
	char text[4096];

	poll(x->pipe >= 0 ? &p : NULL, x->pipe >= 0, TICK_MS);
	while (x->pipe >= 0 && read(x->pipe, text, sizeof(text)) > 0)
		came = true;
	if (by_hand) {
		by_hand = 0;
		came = true;
	}
	return came;
}

/* ---- a capture ---- */

/* The trace of the ring buffers as they stand, into the pieces that datfile_finish() takes. */
static int write_trace(struct flight *x, int dir, char (*stats)[512], struct err *late,
		       struct err *e)
{
	int ret = datfile_head(dir, x->in.t, &x->events, x->cpus, x->clock ? x->clock : "", e);
	struct spool *spool;

	if (ret < 0)
		return ret;
	spool = spool_start(&x->in, dir, x->cpus, x->o->cpus, e);
	if (!spool)
		return err_code(e);
	spool_stop(spool, late);
	for (unsigned i = 0; i < x->cpus; i++) {
		x->r->lost += instance_lost(&x->in, i, stats[i]);
		x->r->bytes += spool_size(spool, i);
	}
	spool_free(spool);
	return 0;
}

/*
 * The counters stand in the trace, which ends before the page frames are read: that takes seconds on
 * a busy machine, in which a buffer that runs in a circle would lose what came before the trigger.
 */
static int end_trace(void *arg, int dir, const char *name, struct err *e)
{
	struct flight *x = arg;

	(void)dir;
	(void)name;
	return instance_on(&x->in, false, e);
}

/* Where the disk is full the trace is what counts: *late says what of the rest is missing, or that it is cut off. */
static int write_capture(struct flight *x, int dir, struct err *late, struct err *e)
{
	struct snapshot_options snap = {
		.root = "", .mark = instance_mark, .arg = &x->in, .lists = end_trace, .lists_arg = x
	};
	char(*stats)[512] = calloc(x->cpus, sizeof(*stats)), *cmdlines;
	int ret = stats ? 0 : err_set(e, ENOMEM, "out of memory");

	if (ret >= 0)
		snapshot_take(dir, "after", true, &snap, late);
	if (ret >= 0)
		ret = instance_on(&x->in, false, e);
	if (ret >= 0)
		ret = write_trace(x, dir, stats, late, e);
	cmdlines = tracefs_instance_file_read(NULL, "saved_cmdlines", NULL);
	if (ret >= 0 && !late->code)
		facts_take(dir, &snap, late);
	if (ret >= 0 && !late->code)
		filter_note(dir, x->o, late);
	if (ret >= 0 && !late->code)
		snapshot_slow(dir, "after", &snap, late);
	if (ret >= 0)
		ret = datfile_finish(dir, cmdlines, (const char(*)[512])stats, e);
	free(cmdlines);
	free(stats);
	return ret;
}

/* A folder that stands for no earlier capture: DIR-NUMBER.part, open. */
static int make_folder(struct flight *x, char *part, size_t size, struct err *e)
{
	int dir;

	do {
		if ((size_t)snprintf(x->r->last, sizeof(x->r->last), "%s-%04u", x->o->output,
				     ++x->number) >= sizeof(x->r->last))
			return err_set(e, ENAMETOOLONG, "%.64s...: too long a name", x->o->output);
		snprintf(part, size, "%s.part", x->r->last);
	} while ((!access(x->r->last, F_OK) || !access(part, F_OK)) && x->number < 9999);
	if (mkdir(part, 0700))
		return err_set(e, errno, "%s: %s", part, strerror(errno));
	dir = open(part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0)
		return dir;
	err_set(e, errno, "%s: %s", part, strerror(errno));
	rmdir(part);
	return err_code(e);
}

/* What follows a trigger; a signal to end does not wait for it. */
static void go_on(double seconds)
{
	struct timespec t = { (time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9) };

	while (!record_stopped() && nanosleep(&t, &t) && errno == EINTR)
		;
}

static int capture(struct flight *x, struct err *e)
{
	char part[4096 + 8];
	struct err late = { 0 };
	int dir, ret;

	go_on(x->f->after);
	dir = make_folder(x, part, sizeof(part), e);
	if (dir < 0)
		return dir;
	ret = write_capture(x, dir, &late, e);
	if (ret >= 0 && rename(part, x->r->last))
		ret = err_set(e, errno, "%s: %s", x->r->last, strerror(errno));
	if (ret < 0) {
		outfile_clear(dir);
		rmdir(part);
	}
	close(dir);
	if (ret < 0)
		return ret;
	x->r->captures++;
	if (late.code)
		return err_set(e, -late.code, "%.200s is not whole: %.200s", x->r->last, late.text);
	tracefs_instance_file_clear(x->in.t, "trace");
	return instance_on(&x->in, true, e);
}

/* ---- the whole ---- */

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static int fly(struct flight *x, struct err *e)
{
	double start;
	int ret = event_set_make(&x->events, &x->o->events, e);

	if (ret >= 0)
		ret = instance_open(&x->in, "", x->o->clock ? x->o->clock : "global", e);
	if (ret >= 0)
		ret = guardian_start(&x->guardian, e);
	if (ret >= 0)
		ret = probes_make(&x->events, &x->in.gaps, e);
	if (ret >= 0)
		ret = instance_enable(&x->in, &x->events, e);
	if (ret >= 0)
		ret = filter_set(&x->in, &x->events, x->o, 0, x->cpus, e);
	if (ret >= 0)
		ret = instance_buffer(&x->in, x->o->buffer_kib ? x->o->buffer_kib : BUFFER_KIB, e);
	if (ret >= 0)
		ret = open_triggers(x, e);
	if (ret < 0)
		return ret;
	privileges_drop();
	x->clock = tracefs_instance_file_read(x->in.t, "trace_clock", NULL);
	ret = instance_on(&x->in, true, e);
	start = now(); /* setting up takes its time, on a busy machine seconds */
	while (ret >= 0 && !record_stopped() && now() - start < x->o->duration &&
	       x->r->captures < x->f->most && x->r->bytes < x->f->most_bytes)
		if (triggered(x))
			ret = capture(x, e);
	return ret;
}

int flight_run(const struct record_options *o, const struct flight_options *f,
	       struct flight_result *r, struct err *e)
{
	struct flight x = { .o = o, .f = f, .r = r, .pipe = -1, .guardian = GUARDIAN_NONE };
	int ret;

	memset(r, 0, sizeof(*r));
	x.in.marker = x.watch.marker = -1;
	x.cpus = (unsigned)sysconf(_SC_NPROCESSORS_CONF);
	x.cpus = x.cpus > KMM_CPUS ? KMM_CPUS : x.cpus;
	ret = fly(&x, e);
	r->gaps = x.in.gaps;
	if (x.pipe >= 0)
		close(x.pipe);
	instance_close(&x.watch);
	instance_close(&x.in);
	probes_remove();
	guardian_dismiss(&x.guardian);
	event_set_free(&x.events);
	free(x.clock);
	return ret;
}
