// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "record/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <tracefs.h>
#include <unistd.h>

#include "base/progress.h"
#include "record/buffers.h"
#include "record/child.h"
#include "record/datfile.h"
#include "record/exact.h"
#include "record/facts.h"
#include "record/filter.h"
#include "record/guardian.h"
#include "record/instance.h"
#include "record/outfile.h"
#include "record/privileges.h"
#include "record/probes.h"
#include "record/snapshot.h"
#include "record/spool.h"

#define TICK_MS 50

static volatile sig_atomic_t stopped;

void record_stop(void)
{
	stopped = 1;
}

bool record_stopped(void)
{
	return stopped;
}

struct recording {
	const struct record_options *o;
	struct record_result *r;
	struct event_set events;
	struct instance in;
	struct guardian guardian;
	struct spool *spool;
	struct buffers *buffers; /* NULL: of a size that was asked for */
	struct snapshot_options snap;
	struct exact *exact; /* NULL: not asked for, or not possible here */
	char *unread;	     /* the files that could not be read, a line each */
	size_t unread_len;
	char part[4096];
	int dir; /* DIR.part */
	unsigned cpus;
	struct child child;
	double began; /* when tracing was switched on */
	bool on;      /* tracing runs: what is there becomes a capture */
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static void nap(int ms)
{
	poll(NULL, 0, ms);
}

/* ---- the directory ---- */

static int make_directory(struct recording *c, struct err *e)
{
	if ((size_t)snprintf(c->part, sizeof(c->part), "%s.part", c->o->output) >= sizeof(c->part))
		return err_set(e, ENAMETOOLONG, "%.64s...: too long a name", c->o->output);
	if (!access(c->o->output, F_OK))
		return err_set(e, EEXIST, "%s is there already", c->o->output);
	if (mkdir(c->part, 0700)) {
		if (errno == EEXIST)
			return err_set(
				e, EEXIST,
				"%s is there: a recorder runs, or was killed; `kmemlab record "
				"--finish -o %s` makes a capture of what it left",
				c->part, c->o->output);
		return err_set(e, errno, "%s: %s", c->part, strerror(errno));
	}
	c->dir = open(c->part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->dir < 0) {
		err_set(e, errno, "%s: %s", c->part, strerror(errno));
		rmdir(c->part);
		return err_code(e);
	}
	/* As long as it is held, --finish keeps off; where the file system has no locks, it cannot know. */
	flock(c->dir, LOCK_EX | LOCK_NB);
	return 0;
}

/* ---- the start ---- */

static int take_lists(void *arg, int dir, const char *name, struct err *e)
{
	struct recording *c = arg;
	bool first = !strcmp(name, "before");

	/* In between, the counters are enough. */
	if (!c->exact || (!first && strcmp(name, "after") != 0))
		return 0;
	return exact_take(c->exact, dir, name, instance_mark, &c->in,
			  first ? &c->r->start : &c->r->end, e);
}

/* Where the kernel's memory cannot be read, the next best stands for it, with a word why. */
static void open_exact(struct recording *c)
{
	struct err why = { 0 };

	if (!c->o->exact)
		return;
	c->exact = exact_open("", c->part, &why);
	if (c->exact)
		c->snap.lists = take_lists, c->snap.lists_arg = c;
	else
		snprintf(c->r->start.source, sizeof(c->r->start.source), "%.159s", why.text);
}

static int prepare(struct recording *c, struct err *e)
{
	const struct record_options *o = c->o;
	int ret = event_set_make(&c->events, &o->events, e);

	if (ret >= 0)
		ret = instance_open(&c->in, "", o->clock ? o->clock : "global", e);
	if (ret >= 0)
		ret = guardian_start(&c->guardian, e);
	if (ret >= 0)
		ret = probes_make(&c->events, &c->in.gaps, e);
	if (ret >= 0)
		ret = make_directory(c, e);
	if (ret >= 0 && o->command)
		ret = child_start(&c->child, o->command, e);
	if (ret >= 0)
		ret = instance_enable(&c->in, &c->events, e);
	if (ret >= 0)
		ret = filter_set(&c->in, &c->events, o, c->child.pid, c->cpus, e);
	c->r->buffer_kib = o->buffer_kib;
	if (ret >= 0 && !o->buffer_kib)
		ret = buffers_measure(&c->in, c->cpus, &c->r->buffer_kib, e);
	if (ret >= 0)
		ret = instance_buffer(&c->in, c->r->buffer_kib, e);
	if (ret >= 0) {
		char *clock = tracefs_instance_file_read(c->in.t, "trace_clock", NULL);

		ret = datfile_head(c->dir, c->in.t, &c->events, c->cpus, clock ? clock : "", e);
		free(clock);
	}
	if (ret >= 0)
		ret = facts_take(c->dir, &c->snap, e);
	if (ret >= 0)
		ret = filter_note(c->dir, o, e);
	if (ret >= 0)
		ret = snapshot_slow(c->dir, "before", &c->snap, e);
	if (ret >= 0)
		open_exact(c);
	c->r->buffer_most_kib = c->r->buffer_kib;
	c->r->gaps = c->in.gaps;
	return ret;
}

/* ---- during ---- */

static bool lost_so_far(struct recording *c)
{
	uint64_t lost = 0;
	char stats[512];

	for (unsigned i = 0; i < c->cpus; i++)
		lost += c->r->lost_of[i] = instance_lost(&c->in, i, stats);
	c->r->lost = lost;
	return lost != 0;
}

/* "record: LOST CPU 0 12, CPU 3 7": as many as there is room for. */
static const char *say_lost(const struct recording *c, char *text, size_t size)
{
	size_t n = (size_t)snprintf(text, size, "record: LOST");
	const char *comma = "";

	for (unsigned i = 0; i < c->cpus; i++) {
		char one[40];
		size_t len = (size_t)snprintf(one, sizeof(one), "%s CPU %u %" PRIu64, comma, i,
					      c->r->lost_of[i]);

		if (!c->r->lost_of[i])
			continue;
		if (n + len + 4 > size) {
			snprintf(text + n, size - n, "...");
			break;
		}
		memcpy(text + n, one, len + 1);
		n += len;
		comma = ",";
	}
	return text;
}

static int between(struct recording *c, struct err *e)
{
	char name[32];

	snprintf(name, sizeof(name), "snap-%04u", ++c->r->snapshots);
	return snapshot_take(c->dir, name, false, &c->snap, e);
}

/* Until the command ends, the time is over, somebody stops it or the disk fails. */
static int wait_for_end(struct recording *c, struct err *e)
{
	struct progress bar = { .on = false };
	char text[60];
	double start = now(), next = start + c->o->snapshot_every, said = start;
	bool failed = false;
	int ret = 0;

	if (c->o->progress)
		progress_start(&bar, "record", "bytes");
	while (!stopped && ret >= 0) {
		uint64_t bytes = spool_bytes(c->spool, &failed);
		double t = now();

		if (failed || t - start >= c->o->duration)
			break;
		if (child_ended(&c->child, &c->r->status))
			break;
		if (t >= next) {
			next += c->o->snapshot_every;
			ret = between(c, e);
		}
		if (bar.on && t - said > 0.5) {
			said = t;
			if (lost_so_far(c))
				bar.what = say_lost(c, text, sizeof(text));
			progress_update(&bar, 0, 0, bytes);
		}
		nap(TICK_MS);
	}
	if (bar.on)
		progress_end(&bar);
	c->r->interrupted = stopped;
	return ret;
}

static int record(struct recording *c, struct err *e)
{
	int ret;

	c->spool = spool_start(&c->in, c->dir, c->cpus, c->o->cpus, e);
	if (c->spool && !c->o->buffer_kib)
		c->buffers = buffers_watch(&c->in, c->cpus, c->o->cpus, c->r->buffer_kib, e);
	privileges_drop();
	ret = e->code ? err_code(e) : instance_on(&c->in, true, e);
	if (ret < 0)
		return ret;
	c->on = true;
	c->began = now();
	ret = snapshot_take(c->dir, "before", false, &c->snap, e);
	if (ret >= 0 && c->o->command) {
		ret = child_go(&c->child, e);
		/* There is no such program: nothing was asked of the allocators. */
		c->on = ret >= 0;
	}
	if (ret >= 0)
		ret = wait_for_end(c, e);
	c->r->runs_on = !child_end(&c->child, &c->r->status);
	if (ret >= 0)
		ret = snapshot_take(c->dir, "after", true, &c->snap, e);
	return ret;
}

/* ---- after ---- */

/* What could not be read, what the ring buffers lost, and how the start was got: system/. */
static int write_account(struct recording *c, const char (*stats)[512], struct err *e)
{
	int to = outfile_folder(c->dir, "system", e), ret;
	FILE *f;

	if (to < 0)
		return to;
	ret = facts_log(to, "dmesg_after", &c->snap, e);
	if (c->snap.unread)
		fflush(c->snap.unread);
	if (ret >= 0)
		ret = outfile_put(to, "unread", c->unread, c->unread_len, e);
	for (const char *at = c->unread; at && (at = strchr(at, '\n')); at++)
		c->r->unread++;
	f = ret < 0 ? NULL : outfile_open(to, "ring_buffer_stats", e);
	for (unsigned i = 0; f && stats && i < c->cpus; i++)
		fputs(stats[i], f);
	ret = ret < 0 ? ret : f ? outfile_close(f, to, "ring_buffer_stats", e) : err_code(e);
	close(to);
	return ret < 0 ? err_prefix(e, "system/") : 0;
}

static void end_buffers(struct recording *c)
{
	if (c->buffers)
		c->r->buffer_most_kib = buffers_end(c->buffers);
	c->buffers = NULL;
}

/* What is there becomes a capture, whatever ended the recording. */
static int conclude(struct recording *c, struct err *e)
{
	char(*stats)[512] = calloc(c->cpus, sizeof(*stats)), *cmdlines;
	struct err late = { 0 };
	int ret = 0;

	instance_on(&c->in, false, &late);
	c->r->seconds = now() - c->began;
	late.code = 0;
	end_buffers(c);
	if (spool_stop(c->spool, &late) < 0) {
		c->r->cut = true;
		snprintf(c->r->why, sizeof(c->r->why), "%.190s", late.text);
	}
	c->r->lost = 0;
	for (unsigned i = 0; i < c->cpus && stats; i++)
		c->r->lost += c->r->lost_of[i] = instance_lost(&c->in, i, stats[i]);
	cmdlines = tracefs_instance_file_read(NULL, "saved_cmdlines", NULL);
	if (!c->r->cut)
		ret = snapshot_slow(c->dir, "after", &c->snap, e);
	c->r->bytes = 0;
	for (unsigned i = 0; i < c->cpus; i++)
		c->r->bytes += spool_size(c->spool, i);
	/* Its open files keep the instance. */
	spool_free(c->spool);
	c->spool = NULL;
	instance_close(&c->in);
	probes_remove();
	if (ret >= 0)
		ret = datfile_finish(c->dir, cmdlines, (const char(*)[512])stats, e);
	/* On a full disk the trace is what counts. */
	if (ret >= 0 && write_account(c, (const char(*)[512])stats, e) < 0 && !c->r->cut)
		ret = err_code(e);
	free(stats);
	free(cmdlines);
	if (ret >= 0 && rename(c->part, c->o->output))
		ret = err_set(e, errno, "%s: %s", c->o->output, strerror(errno));
	return ret;
}

int record_run(const struct record_options *o, struct record_result *r, struct err *e)
{
	struct recording c = { .o = o,
			       .r = r,
			       .dir = -1,
			       .child = CHILD_NONE,
			       .in = { .marker = -1 },
			       .guardian = GUARDIAN_NONE };
	struct err why = { 0 };
	int ret;

	memset(r, 0, sizeof(*r));
	r->status = -1;
	c.cpus = (unsigned)sysconf(_SC_NPROCESSORS_CONF);
	c.cpus = r->cpus = c.cpus > KMM_CPUS ? KMM_CPUS : c.cpus;
	c.snap = (struct snapshot_options){ .root = "", .mark = instance_mark, .arg = &c.in };
	c.snap.unread = open_memstream(&c.unread, &c.unread_len);
	ret = prepare(&c, &why);
	if (ret >= 0)
		ret = record(&c, &why);
	if (c.on) {
		/* A full disk ends it, and what was got by then is kept. */
		if (ret < 0) {
			r->cut = true;
			snprintf(r->why, sizeof(r->why), "%.190s", why.text);
		}
		ret = conclude(&c, e);
	} else {
		child_end(&c.child, &r->status);
		end_buffers(&c);
		if (c.spool)
			spool_stop(c.spool, &(struct err){ 0 });
		if (c.dir >= 0) {
			outfile_clear(c.dir);
			rmdir(c.part);
		}
		*e = why;
	}
	spool_free(c.spool);
	instance_close(&c.in);
	probes_remove();
	guardian_dismiss(&c.guardian);
	exact_close(c.exact);
	event_set_free(&c.events);
	if (c.snap.unread)
		fclose(c.snap.unread);
	free(c.unread);
	if (c.dir >= 0)
		close(c.dir);
	return ret;
}

int record_finish(const char *output, struct err *e)
{
	char part[4096];
	int dir, ret;

	snprintf(part, sizeof(part), "%s.part", output);
	if (!access(output, F_OK))
		return err_set(e, EEXIST, "%s is there already", output);
	dir = open(part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_set(e, errno, "%s: %s", part, strerror(errno));
	if (flock(dir, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
		close(dir);
		return err_set(e, EBUSY, "%s: a recorder is still at work in it", part);
	}
	instance_tidy();
	ret = datfile_finish(dir, NULL, NULL, e);
	if (ret >= 0 && rename(part, output))
		ret = err_set(e, errno, "%s: %s", output, strerror(errno));
	close(dir);
	return ret < 0 ? err_prefix(e, "%s: ", part) : 0;
}
