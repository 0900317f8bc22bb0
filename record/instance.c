// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "record/instance.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <tracefs.h>
#include <unistd.h>

#include "mm/gfp.h"
#include "record/probes.h"

#define PREFIX "kmemlab-"
#define BUSY_TRIES 20
#define BUSY_MS 50

/* ---- what others left ---- */

/* Whoever had that of a dead recorder in use may be about to end just now. */
static bool remove_instance(const char *path, bool dead)
{
	for (int tries = 0; rmdir(path); tries++) {
		if (errno != EBUSY || !dead || tries == BUSY_TRIES)
			return false;
		poll(NULL, 0, BUSY_MS);
	}
	return true;
}

/*
 * A pid says little: it may be somebody else's by now, or one of another pid namespace.  But a
 * recorder holds its instance open, and what is open the kernel does not remove.
 */
static unsigned tidy(const char *dir)
{
	char path[300];
	struct dirent *d;
	unsigned n = 0;
	DIR *all;

	snprintf(path, sizeof(path), "%s/instances", dir);
	all = opendir(path);
	while (all && (d = readdir(all))) {
		int pid, end = 0;

		if (sscanf(d->d_name, PREFIX "%d%n", &pid, &end) != 1 ||
		    (d->d_name[end] && strcmp(d->d_name + end, "-t") != 0) || pid <= 0 ||
		    pid == getpid())
			continue;
		snprintf(path, sizeof(path), "%s/instances/%.64s", dir, d->d_name);
		n += remove_instance(path, kill(pid, 0) && errno == ESRCH);
	}
	if (all)
		closedir(all);
	return n;
}

/* Held while an instance is made and not yet open, so that nobody tidies it away. */
static int lock(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		flock(fd, LOCK_EX);
	return fd;
}

static void unlock(int fd)
{
	if (fd >= 0)
		close(fd);
}

unsigned instance_tidy(void)
{
	const char *dir = tracefs_tracing_dir();
	int held = dir ? lock(dir) : -1;
	unsigned n = dir ? tidy(dir) : 0;

	if (dir)
		probes_tidy();
	unlock(held);
	return n;
}

bool instance_left_by(pid_t pid)
{
	static const char *const suffixes[] = { "", "-t" };
	const char *dir = tracefs_tracing_dir();
	char path[300];

	for (unsigned i = 0; dir && i < 2; i++) {
		snprintf(path, sizeof(path), "%s/instances/" PREFIX "%d%s", dir, (int)pid,
			 suffixes[i]);
		if (!access(path, F_OK))
			return true;
	}
	return false;
}

/* ---- ours ---- */

static int fail(struct err *e, const char *what)
{
	int code = errno ? errno : EIO;

	return err_set(e, code, "%s: %s%s", what, strerror(code),
		       code == EACCES ? " (recording needs root)" : "");
}

/*
 * A locked-down kernel lets nobody open any file of tracefs, not even root (EPERM), and fails on making
 * an instance for want of one (EINVAL), which says nothing.
 */
static int may_trace(const char *dir, struct err *e)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "%s/trace_clock", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno == EPERM)
		return err_set(e, EPERM,
			       "the kernel is locked down (lockdown=confidentiality): it lets "
			       "nobody trace");
	return fail(e, path);
}

/* Made, not recording, and open.  One of this name is of a killed recorder whose pid is now ours. */
static int make(struct instance *in, const char *dir, const char *name, struct err *e)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/instances/%s", dir, name);
	if (!access(path, F_OK) && !remove_instance(path, true))
		return err_set(e, errno, "%s: %s", path, strerror(errno));
	errno = 0;
	in->t = tracefs_instance_create(name);
	if (!in->t)
		return fail(e, "a tracing instance cannot be made");
	in->marker = tracefs_instance_file_open(in->t, "trace_marker", O_WRONLY | O_CLOEXEC);
	if (in->marker < 0)
		return fail(e, "trace_marker");
	/* Whoever reads is woken while there is room yet (half full: the kernel's default; 5.0 and later have the file). */
	tracefs_instance_file_write(in->t, "buffer_percent", "10");
	return instance_on(in, false, e);
}

int instance_open(struct instance *in, const char *suffix, const char *clock, struct err *e)
{
	const char *dir = tracefs_tracing_dir();
	char name[32];
	int held, ret;

	memset(in, 0, sizeof(*in));
	in->marker = in->mark_cpu = -1;
	/* libtracefs may name a folder that is not there. */
	if (!dir || (access(dir, F_OK) && errno == ENOENT))
		return err_set(e, ENOENT,
			       "tracefs is not there: the kernel has no tracing, or it cannot be "
			       "mounted (mount -t tracefs nodev /sys/kernel/tracing, as root)");
	if (access(dir, R_OK | X_OK))
		return fail(e, dir);
	ret = may_trace(dir, e);
	if (ret < 0)
		return ret;
	instance_tidy();
	snprintf(name, sizeof(name), PREFIX "%d%s", (int)getpid(), suffix);
	held = lock(dir);
	ret = make(in, dir, name, e);
	unlock(held);
	if (ret < 0) {
		instance_close(in);
		return ret;
	}
	if (clock && tracefs_instance_file_write(in->t, "trace_clock", clock) < 0) {
		instance_close(in);
		return err_set(e, EINVAL, "the kernel has no trace clock '%.32s'", clock);
	}
	return 0;
}

void instance_close(struct instance *in)
{
	if (in->marker >= 0)
		close(in->marker);
	in->marker = -1;
	if (!in->t)
		return;
	tracefs_trace_off(in->t);
	tracefs_instance_file_write(in->t, "events/enable", "0");
	tracefs_instance_destroy(in->t);
	tracefs_instance_free(in->t);
	in->t = NULL;
}

static bool has_event(struct instance *in, const struct preset_event *x)
{
	char name[200];

	snprintf(name, sizeof(name), "events/%s%s%s/enable", x->system, x->event ? "/" : "",
		 x->event ? x->event : "");
	return tracefs_file_exists(in->t, name);
}

int instance_enable(struct instance *in, const struct event_set *s, struct err *e)
{
	for (unsigned i = 0; i < s->count; i++) {
		const struct preset_event *x = &s->e[i];

		if (!has_event(in, x)) {
			if (x->needed)
				return err_set(e, ENOENT, "this kernel has no event %s:%s",
					       x->system, x->event ? x->event : "*");
			if (x->wanted)
				event_gaps_add(&in->gaps, x->system, x->event);
			continue;
		}
		errno = 0;
		if (tracefs_event_enable(in->t, x->system, x->event))
			return fail(e, x->event ? x->event : x->system);
	}
	return 0;
}

int instance_buffer(struct instance *in, uint64_t kib, struct err *e)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, kib);
	errno = 0;
	if (tracefs_instance_file_write(in->t, "buffer_size_kb", text) < 0)
		return err_set(e, ENOMEM, "no ring buffer of %" PRIu64 " KiB a CPU", kib);
	return 0;
}

int instance_pids(struct instance *in, const char *pids, struct err *e)
{
	tracefs_option_enable(in->t, TRACEFS_OPTION_EVENT_FORK);
	errno = 0;
	if (tracefs_instance_file_write(in->t, "set_event_pid", pids) < 0)
		return fail(e, "set_event_pid");
	return 0;
}

int instance_filter(struct instance *in, const struct event_set *s, const char *filter,
		    struct err *e)
{
	for (unsigned i = 0; i < s->count; i++) {
		const struct preset_event *x = &s->e[i];
		char name[200];

		if (!has_event(in, x))
			continue;
		snprintf(name, sizeof(name), "events/%s%s%s/filter", x->system, x->event ? "/" : "",
			 x->event ? x->event : "");
		if (tracefs_instance_file_write(in->t, name, filter) < 0)
			return err_set(e, EINVAL,
				       "the kernel does not take '%.100s' as a filter of %s",
				       filter, x->event ? x->event : x->system);
	}
	return 0;
}

/* Words of 32 CPUs, the highest first. */
static void mask_text(const uint8_t *mask, unsigned cpus, char *text, size_t size)
{
	size_t n = 0;

	*text = '\0';
	for (int word = (int)(cpus - 1) / 32; word >= 0; word--) {
		uint32_t bits = 0;

		for (unsigned b = 0; b < 32; b++)
			bits |= (uint32_t)(mask[word * 32 + (int)b] != 0) << b;
		n += (size_t)snprintf(text + n, size - n, "%s%08" PRIx32, n ? "," : "", bits);
	}
}

static bool move_to(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	return !sched_setaffinity(0, sizeof(one), &one);
}

int instance_cpus(struct instance *in, const uint8_t *mask, unsigned cpus, struct err *e)
{
	char text[KMM_CPUS / 4 + KMM_CPUS / 32 + 1];
	cpu_set_t was;

	mask_text(mask, cpus, text, sizeof(text));
	errno = 0;
	if (tracefs_instance_file_write(in->t, "tracing_cpumask", text) < 0)
		return fail(e, "tracing_cpumask");
	if (sched_getaffinity(0, sizeof(was), &was))
		return fail(e, "the recorder's CPUs");
	for (unsigned i = 0; i < cpus && in->mark_cpu < 0; i++)
		if (mask[i] && move_to((int)i))
			in->mark_cpu = (int)i;
	sched_setaffinity(0, sizeof(was), &was);
	return in->mark_cpu < 0 ? err_set(e, EINVAL,
					  "the recorder may run on none of these CPUs, so that it "
					  "could mark nothing in the trace") :
				  0;
}

int instance_on(struct instance *in, bool on, struct err *e)
{
	errno = 0;
	if (on ? tracefs_trace_on(in->t) : tracefs_trace_off(in->t))
		return fail(e, "tracing_on");
	return 0;
}

void instance_mark(void *arg, const char *text)
{
	struct instance *in = arg;
	cpu_set_t was;
	bool moved = in->mark_cpu >= 0 && !sched_getaffinity(0, sizeof(was), &was) &&
		     move_to(in->mark_cpu);

	/* A mark that gets lost loses an exact place, nothing else. */
	if (write(in->marker, text, strlen(text)) < 0)
		errno = 0;
	if (moved)
		sched_setaffinity(0, sizeof(was), &was);
}

uint64_t instance_lost(struct instance *in, unsigned cpu, char stats[512])
{
	static const char *const counters[] = { "\noverrun: ", "\ncommit overrun: ",
						"\ndropped events: " };
	char name[64], *text;
	uint64_t lost = 0;
	int n;

	snprintf(name, sizeof(name), "per_cpu/cpu%u/stats", cpu);
	text = tracefs_instance_file_read(in->t, name, &n);
	*stats = '\0';
	if (!text)
		return 0;
	snprintf(stats, 512, "CPU: %u\n%s", cpu, text);
	for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++) {
		const char *at = strstr(stats, counters[i]);

		if (at)
			lost += strtoull(at + strlen(counters[i]), NULL, 10);
	}
	free(text);
	return lost;
}
