// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tracefs.h>
#include <unistd.h>

#include "record/privileges.h"

struct cpu {
	struct spool *s;
	unsigned number;
	struct tracefs_cpu *from;
	int to;
	pthread_t thread;
	bool running;
	_Atomic uint64_t bytes;
};

struct spool {
	struct cpu *cpu;
	unsigned cpus;
	atomic_bool stopping;
	atomic_int error; /* errno of the first write that failed */
};

void spool_name(unsigned cpu, char name[32])
{
	snprintf(name, 32, "cpu%u.raw", cpu);
}

static void *move(void *arg)
{
	struct cpu *c = arg;
	int n;

	privileges_go_first();
	privileges_drop_all();

	while (!atomic_load(&c->s->stopping)) {
		errno = 0;
		n = tracefs_cpu_write(c->from, c->to, false);
		if (n > 0) {
			atomic_fetch_add(&c->bytes, (uint64_t)n);
		} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
			int none = 0;

			atomic_compare_exchange_strong(&c->s->error, &none, errno ? errno : EIO);
			break;
		}
	}
	return NULL;
}

struct spool *spool_start(struct instance *in, int dir, unsigned cpus, const uint8_t *mask,
			  struct err *e)
{
	struct spool *s = calloc(1, sizeof(*s));

	if (s)
		s->cpu = calloc(cpus, sizeof(*s->cpu));
	if (!s || !s->cpu) {
		free(s);
		err_set(e, ENOMEM, "out of memory");
		return NULL;
	}
	s->cpus = cpus;
	for (unsigned i = 0; i < cpus; i++)
		s->cpu[i] = (struct cpu){ .s = s, .number = i, .to = -1 };
	for (unsigned i = 0; i < cpus; i++) {
		struct cpu *c = &s->cpu[i];
		char name[32];

		if (mask && !mask[i])
			continue;
		spool_name(i, name);
		c->to = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (c->to < 0) {
			err_set(e, errno, "%s: %s", name, strerror(errno));
			break;
		}
		errno = 0;
		c->from = tracefs_cpu_open(in->t, (int)i, false);
		if (!c->from) {
			if (errno == ENODEV || errno == ENXIO)
				continue; /* the CPU is offline */
			err_set(e, errno ? errno : EIO, "per_cpu/cpu%u/trace_pipe_raw: %s", i,
				strerror(errno ? errno : EIO));
			break;
		}
		c->running = !pthread_create(&c->thread, NULL, move, c);
		if (!c->running) {
			err_set(e, EAGAIN, "cannot start a thread");
			break;
		}
	}
	if (!e->code)
		return s;
	spool_stop(s, &(struct err){ 0 });
	spool_free(s);
	return NULL;
}

uint64_t spool_bytes(const struct spool *s, bool *failed)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < s->cpus; i++)
		n += atomic_load(&s->cpu[i].bytes);
	*failed = atomic_load(&s->error) != 0;
	return n;
}

/* What is in the ring buffer still, the last, partly filled sub-buffer too. */
static void drain(struct cpu *c)
{
	int n;

	do {
		errno = 0;
		n = tracefs_cpu_flush_write(c->from, c->to);
		if (n > 0)
			atomic_fetch_add(&c->bytes, (uint64_t)n);
		else if (n < 0 && errno && errno != EAGAIN && errno != EINTR) {
			int none = 0;

			atomic_compare_exchange_strong(&c->s->error, &none, errno);
		}
	} while (n > 0);
}

int spool_stop(struct spool *s, struct err *e)
{
	int error;

	atomic_store(&s->stopping, true);
	for (unsigned i = 0; i < s->cpus; i++)
		if (s->cpu[i].from)
			tracefs_cpu_stop(s->cpu[i].from);
	for (unsigned i = 0; i < s->cpus; i++)
		if (s->cpu[i].running)
			pthread_join(s->cpu[i].thread, NULL);
	for (unsigned i = 0; i < s->cpus; i++) {
		s->cpu[i].running = false;
		if (s->cpu[i].from && !atomic_load(&s->error))
			drain(&s->cpu[i]);
	}
	error = atomic_load(&s->error);
	return error ? err_set(e, error, "writing the trace: %s", strerror(error)) : 0;
}

uint64_t spool_size(const struct spool *s, unsigned cpu)
{
	return atomic_load(&s->cpu[cpu].bytes);
}

void spool_free(struct spool *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < s->cpus; i++) {
		if (s->cpu[i].from)
			tracefs_cpu_close(s->cpu[i].from);
		if (s->cpu[i].to >= 0)
			close(s->cpu[i].to);
	}
	free(s->cpu);
	free(s);
}
