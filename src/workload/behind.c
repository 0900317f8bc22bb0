// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/behind.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/relay.h"

#define BATCHES 32 /* as in trace/ahead.c */
#define RECORDS 256

_Static_assert(KMW_BLOCK_RECORDS % RECORDS == 0,
	       "strings stand before the block that a batch ends, and before no earlier one");

struct batch {
	struct request r[RECORDS];
	unsigned count;
	const char **strings; /* [string_count], those that are new */
	uint32_t string_count, string_room;
};

struct behind {
	struct kmw_writer *w;
	bool threaded;
	pthread_t thread;
	struct relay relay;
	struct batch *batch;   /* [BATCHES] */
	struct batch *now;     /* being filled; NULL: the thread has failed */
	struct intern strings; /* with the writer's numbers */
	uint32_t strings_told;
	struct err why; /* the thread's failure */
};

/* ---- the thread ---- */

static int write_batch(struct behind *b, const struct batch *now)
{
	int ret = 0;

	for (uint32_t i = 0; i < now->string_count; i++)
		if (kmw_string(b->w, now->strings[i], strlen(now->strings[i])) == UINT32_MAX)
			return err_set(&b->why, ENOMEM, "out of memory for strings");
	for (unsigned i = 0; i < now->count && ret >= 0; i++)
		ret = kmw_put(b->w, &now->r[i], &b->why);
	return ret;
}

static void *run(void *arg)
{
	struct behind *b = arg;
	int slot, ret = 0;

	while (ret >= 0 && (slot = relay_next(&b->relay)) >= 0) {
		ret = write_batch(b, &b->batch[slot]);
		relay_done(&b->relay);
	}
	relay_stop(&b->relay);
	return NULL;
}

/* ---- who makes them ---- */

static void next_batch(struct behind *b)
{
	int slot = relay_room(&b->relay);

	b->now = slot < 0 ? NULL : &b->batch[slot];
	if (b->now)
		b->now->count = b->now->string_count = 0;
}

static int tell_strings(struct behind *b)
{
	struct batch *now = b->now;
	uint32_t n = b->strings.count - b->strings_told;

	if (n > now->string_room) {
		const char **more = realloc(now->strings, 2 * (size_t)n * sizeof(*more));

		if (!more)
			return -ENOMEM;
		now->strings = more;
		now->string_room = 2 * n;
	}
	while (now->string_count < n)
		now->strings[now->string_count++] = b->strings.strings[b->strings_told++];
	return 0;
}

static __attribute__((noinline)) int hand_on(struct behind *b, struct err *e)
{
	if (tell_strings(b))
		return err_set(e, ENOMEM, "out of memory for strings");
	relay_give(&b->relay);
	next_batch(b);
	if (b->now)
		return 0;
	*e = b->why;
	return err_code(e);
}

int behind_put(struct behind *b, const struct request *r, struct err *e)
{
	if (!b->threaded)
		return kmw_put(b->w, r, e);
	if (__builtin_expect(!b->now, 0)) {
		*e = b->why;
		return err_code(e);
	}
	b->now->r[b->now->count++] = *r;
	return b->now->count < RECORDS ? 0 : hand_on(b, e);
}

uint32_t behind_string(struct behind *b, const char *s, size_t len)
{
	if (!b->threaded)
		return kmw_string(b->w, s, len);
	return intern_add(&b->strings, s, len < KMW_STRING_MAX ? len : KMW_STRING_MAX);
}

/* ---- start and end ---- */

static void behind_free(struct behind *b)
{
	for (unsigned i = 0; b->batch && i < BATCHES; i++)
		free(b->batch[i].strings);
	free(b->batch);
	intern_free(&b->strings);
	relay_free(&b->relay);
	free(b);
}

struct behind *behind_start(struct kmw_writer *w, struct err *e)
{
	struct behind *b = calloc(1, sizeof(*b));

	if (!b)
		goto oom;
	b->w = w;
	relay_init(&b->relay, BATCHES);
	if (!relay_helps())
		return b;
	b->batch = calloc(BATCHES, sizeof(*b->batch));
	if (!b->batch || intern_init(&b->strings))
		goto oom;
	b->threaded = !pthread_create(&b->thread, NULL, run, b);
	if (b->threaded)
		next_batch(b);
	return b;
oom:
	if (b)
		behind_free(b);
	err_set(e, ENOMEM, "out of memory for a workload written behind");
	return NULL;
}

int behind_finish(struct behind *b, struct err *e)
{
	int ret = 0;

	if (b->threaded) {
		if (b->now)
			ret = hand_on(b, e);
		relay_end(&b->relay);
		pthread_join(b->thread, NULL);
		if (b->why.code < 0) {
			*e = b->why;
			ret = err_code(e);
		}
	}
	behind_free(b);
	return ret;
}
