// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/buffers.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tracefs.h>
#include <unistd.h>

#include "record/privileges.h"

#define RATE_MS 200 /* how long the rate of events is measured */
#define SECONDS 2   /* of the measured rate that the buffers hold */
#define LEAST 8192  /* KiB a CPU */
#define MOST 131072 /* KiB a CPU */
#define SHARE 16    /* all together grow to no more than this part of memory */
#define BYTES_PER_EVENT 48
#define LOOK_MS 20

int buffers_measure(struct instance *in, unsigned cpus, uint64_t *kib, struct err *e)
{
	uint64_t most = 0;
	char stats[512];
	int ret = instance_buffer(in, LEAST / 4, e);

	if (ret >= 0)
		ret = instance_on(in, true, e);
	if (ret < 0)
		return ret;
	poll(NULL, 0, RATE_MS);
	ret = instance_on(in, false, e);
	for (unsigned i = 0; i < cpus; i++) {
		uint64_t lost = instance_lost(in, i, stats), n = lost;
		const char *at = strstr(stats, "\nentries: ");

		n += at ? strtoull(at + 10, NULL, 10) : 0;
		most = n > most ? n : most;
	}
	tracefs_instance_file_clear(in->t, "trace");
	*kib = most * 1000 / RATE_MS * SECONDS * BYTES_PER_EVENT / 1024;
	*kib = *kib < LEAST ? LEAST : *kib > MOST ? MOST : *kib;
	return ret;
}

struct watched {
	uint64_t kib;
	int stats; /* fd; -1: not watched, or as large as it may be */
};

struct buffers {
	struct instance *in;
	struct watched *w;
	unsigned cpus;
	uint64_t all, most; /* KiB */
	pthread_t thread;
	atomic_bool ending;
};

/* Bytes that nobody has taken yet. */
static uint64_t unread(int stats)
{
	char text[512];
	ssize_t n = pread(stats, text, sizeof(text) - 1, 0);
	const char *at;

	text[n > 0 ? n : 0] = '\0';
	at = strstr(text, "\nbytes: ");
	return at ? strtoull(at + 8, NULL, 10) : 0;
}

static void leave_alone(struct watched *w)
{
	if (w->stats >= 0)
		close(w->stats);
	w->stats = -1;
}

/* One that cannot grow, as memory is short, stays as it is: what it has no room for is counted. */
static void grow(struct buffers *b, unsigned cpu)
{
	struct watched *w = &b->w[cpu];
	uint64_t kib = 2 * w->kib > MOST ? MOST : 2 * w->kib;
	char name[64], text[32];

	if (kib <= w->kib || b->all + kib - w->kib > b->most) {
		leave_alone(w);
		return;
	}
	snprintf(name, sizeof(name), "per_cpu/cpu%u/buffer_size_kb", cpu);
	snprintf(text, sizeof(text), "%" PRIu64, kib);
	if (tracefs_instance_file_write(b->in->t, name, text) < 0) {
		leave_alone(w);
		return;
	}
	b->all += kib - w->kib;
	w->kib = kib;
}

static void *look_on(void *arg)
{
	struct buffers *b = arg;

	privileges_go_first();
	privileges_drop_all();
	for (; !atomic_load(&b->ending); poll(NULL, 0, LOOK_MS))
		for (unsigned i = 0; i < b->cpus; i++)
			if (b->w[i].stats >= 0 && unread(b->w[i].stats) > b->w[i].kib * 1024 / 2)
				grow(b, i);
	return NULL;
}

struct buffers *buffers_watch(struct instance *in, unsigned cpus, const uint8_t *mask, uint64_t kib,
			      struct err *e)
{
	uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	struct buffers *b = calloc(1, sizeof(*b));

	if (b)
		b->w = calloc(cpus, sizeof(*b->w));
	if (!b || !b->w) {
		free(b);
		err_set(e, ENOMEM, "out of memory");
		return NULL;
	}
	b->in = in;
	b->cpus = cpus;
	b->all = kib * cpus;
	b->most = memory / SHARE / 1024;
	for (unsigned i = 0; i < cpus; i++) {
		char name[64];

		snprintf(name, sizeof(name), "per_cpu/cpu%u/stats", i);
		b->w[i].kib = kib;
		b->w[i].stats = mask && !mask[i] ? -1 :
						   tracefs_instance_file_open(in->t, name,
									      O_RDONLY | O_CLOEXEC);
	}
	if (!pthread_create(&b->thread, NULL, look_on, b))
		return b;
	for (unsigned i = 0; i < cpus; i++)
		leave_alone(&b->w[i]);
	free(b->w);
	free(b);
	err_set(e, EAGAIN, "cannot start a thread");
	return NULL;
}

uint64_t buffers_end(struct buffers *b)
{
	uint64_t most = 0;

	if (!b)
		return 0;
	atomic_store(&b->ending, true);
	pthread_join(b->thread, NULL);
	for (unsigned i = 0; i < b->cpus; i++) {
		most = b->w[i].kib > most ? b->w[i].kib : most;
		leave_alone(&b->w[i]);
	}
	free(b->w);
	free(b);
	return most;
}
