// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/ahead.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/relay.h"
#include "trace/reader.h"

#define BATCHES 32 /* many: to wake the other thread costs some us under a hypervisor */
#define EVENTS 256 /* few: those of one batch stay in the processor's own cache until it is full */
#define ENOUGH (EVENTS * 3 / 4)

/* The text of a marker. */
struct marker {
	struct marker *next;
	char text[];
};

/* From the event `at` on the process has this name. */
struct comm_told {
	unsigned at;
	int32_t pid;
	uint32_t id;
	const char *name;
};

struct batch {
	struct event ev[EVENTS];
	unsigned count;
	int end; /* 1: more follows; else what trace_next_many() returned after these, and why */
	struct err why;
	uint64_t lost, read, total;
	struct marker *markers;
	const char **names; /* [name_count], those that are new */
	uint32_t name_count, name_room;
	struct comm_told *comms; /* [comm_count] */
	uint32_t comm_count, comm_room;
};

/* Texts by their numbers. */
struct texts {
	const char **v;
	uint32_t count, room;
};

struct ahead {
	struct trace *t;
	struct batch *batch; /* [BATCHES] */
	/*
	 * Of who reads.  Events are put into a batch by one copy: if they were written there one by one, each
	 * line of the cache that the other processor has would be waited for by itself.
	 */
	struct event ev[EVENTS];
	uint32_t names_told; /* of the trace's names */
	/* Of who takes: */
	struct batch *now; /* NULL: none yet */
	const struct event *events;
	unsigned taken; /* events of it */
	uint32_t comms_taken;
	struct texts names, comms;
	struct map comm_of; /* pid -> number in comms */
	bool threaded;
	pthread_t thread;
	struct relay relay;
};

/* The array with room for n elements of this size; NULL: out of memory, it is as it was. */
static void *with_room(void *v, uint32_t *room, uint32_t n, size_t size)
{
	void *more;

	if (v && n <= *room)
		return v;
	more = realloc(v, 2 * ((size_t)n + 8) * size);
	if (more)
		*room = 2 * (n + 8);
	return more;
}

static int texts_set(struct texts *x, uint32_t number, const char *s)
{
	const char **v = with_room(x->v, &x->room, number + 1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	x->v = v;
	for (; x->count <= number; x->count++)
		v[x->count] = "";
	v[number] = s;
	return 0;
}

/* ---- reading ---- */

static void forget_markers(struct batch *b)
{
	while (b->markers) {
		struct marker *m = b->markers;

		b->markers = m->next;
		free(m);
	}
}

static int keep_marker(struct batch *b, struct event *ev)
{
	struct marker *m = malloc(sizeof(*m) + ev->print.len);

	if (!m)
		return -ENOMEM;
	memcpy(m->text, ev->print.text, ev->print.len);
	ev->print.text = m->text;
	m->next = b->markers;
	b->markers = m;
	return 0;
}

/* What the reader says until its next call is kept: of the n events that it put behind the others, and of processes. */
static int keep(struct ahead *a, struct batch *b, unsigned n)
{
	struct comm_news *news = &a->t->comm_news;
	struct comm_told *comms = with_room(b->comms, &b->comm_room, b->comm_count + news->count,
					    sizeof(*comms));
	int ret = 0;

	if (!comms)
		return -ENOMEM;
	b->comms = comms;
	for (uint32_t i = 0; i < news->count; i++)
		comms[b->comm_count++] = (struct comm_told){
			b->count, news->v[i].pid, news->v[i].id,
			intern_str(&a->t->comms, news->v[i].id)
		};
	news->count = 0;
	for (struct event *ev = a->ev + b->count; n && !ret; ev++, n--) {
		ev->record = NULL;
		ev->record_len = 0;
		if (__builtin_expect(ev->kind == EVENT_PRINT, 0))
			ret = keep_marker(b, ev);
	}
	return ret;
}

/* Names of caches that are new. */
static int tell_names(struct ahead *a, struct batch *b)
{
	const struct intern *known = &a->t->names;
	uint32_t n = known->count - a->names_told;
	const char **names = with_room(b->names, &b->name_room, n, sizeof(*names));

	if (!names)
		return -ENOMEM;
	b->names = names;
	for (b->name_count = 0; b->name_count < n; b->name_count++)
		names[b->name_count] = known->strings[a->names_told++];
	return 0;
}

static void fill(struct ahead *a, struct batch *b)
{
	int got, ret = 0;

	forget_markers(b);
	b->count = b->comm_count = 0;
	do {
		got = trace_next_many(a->t, a->ev + b->count, EVENTS - b->count, &b->why);
		ret = keep(a, b, got > 0 ? (unsigned)got : 0);
		b->count += got > 0 ? (unsigned)got : 0;
	} while (got > 0 && !ret && b->count < ENOUGH && !a->ev[b->count - 1].lost);
	b->end = got > 0 ? 1 : got;
	if (b->count)
		b->lost = trace_cpu(a->t, a->ev[b->count - 1].cpu)->lost;
	b->read = trace_progress(a->t, &b->total);
	if (ret || tell_names(a, b)) {
		b->count = 0;
		b->end = err_set(&b->why, ENOMEM, "out of memory for what is read ahead");
	}
}

static void *run(void *arg)
{
	struct ahead *a = arg;
	int slot, end = 1;

	while (end == 1 && (slot = relay_room(&a->relay)) >= 0) {
		struct batch *b = &a->batch[slot];

		fill(a, b);
		memcpy(b->ev, a->ev, b->count * sizeof(*b->ev));
		end = b->end;
		relay_give(&a->relay);
	}
	relay_end(&a->relay);
	return NULL;
}

/* ---- taking ---- */

static int learn_comm(struct ahead *a, int32_t pid, uint32_t id, const char *name)
{
	return texts_set(&a->comms, id, name) || map_put(&a->comm_of, (uint32_t)pid, id) ? -ENOMEM :
											   0;
}

/* The next batch, and what is known with it; one always follows a batch that is not the last. */
static int turn(struct ahead *a)
{
	int slot = 0;

	if (a->threaded) {
		if (a->now)
			relay_done(&a->relay);
		slot = relay_next(&a->relay);
	} else {
		fill(a, &a->batch[slot]);
	}
	a->now = &a->batch[slot];
	a->events = a->threaded ? a->now->ev : a->ev;
	a->taken = a->comms_taken = 0;
	for (uint32_t i = 0; i < a->now->name_count; i++)
		if (texts_set(&a->names, a->names.count, a->now->names[i]))
			return -ENOMEM;
	return 0;
}

/* What is known from the next event on; how many of the batch's events there are until more is. */
static unsigned learn(struct ahead *a)
{
	const struct batch *b = a->now;

	for (; a->comms_taken < b->comm_count; a->comms_taken++) {
		const struct comm_told *c = &b->comms[a->comms_taken];

		if (c->at > a->taken)
			return c->at;
		if (learn_comm(a, c->pid, c->id, c->name))
			return 0;
	}
	return b->count;
}

int ahead_next(struct ahead *a, const struct event **ev, uint64_t *lost, struct err *e)
{
	unsigned from, to = 0;

	while (!a->now || a->taken == a->now->count) {
		if (a->now && a->now->end != 1) {
			if (a->now->end < 0)
				*e = a->now->why;
			return a->now->end;
		}
		if (turn(a))
			goto oom;
	}
	from = a->taken;
	to = learn(a);
	if (!to)
		goto oom;
	*ev = &a->events[from];
	*lost = a->now->lost;
	a->taken = to;
	return (int)(to - from);
oom:
	return err_set(e, ENOMEM, "out of memory for what is read ahead");
}

const char *ahead_name(const struct ahead *a, uint32_t name)
{
	return name < a->names.count ? a->names.v[name] : "";
}

const char *ahead_comm(const struct ahead *a, int32_t pid)
{
	uint32_t id;

	if (pid == 0)
		return "<idle>";
	id = map_get(&a->comm_of, (uint32_t)pid);
	return id == MAP_NONE ? NULL : a->comms.v[id];
}

uint64_t ahead_progress(const struct ahead *a, uint64_t *total)
{
	*total = a->now ? a->now->total : 0;
	return a->now ? a->now->read : 0;
}

/* ---- start and end ---- */

static int learn_known_comms(struct ahead *a)
{
	const struct map *m = &a->t->comm_of;
	uint64_t pid;
	uint32_t id;

	for (size_t at = 0; map_next(m, &at, &pid, &id);)
		if (learn_comm(a, (int32_t)pid, id, intern_str(&a->t->comms, id)))
			return -ENOMEM;
	return 0;
}

struct ahead *ahead_start(struct trace *t, struct err *e)
{
	struct ahead *a = calloc(1, sizeof(*a));

	if (!a)
		goto oom;
	a->t = t;
	relay_init(&a->relay, BATCHES);
	a->batch = calloc(BATCHES, sizeof(*a->batch));
	if (!a->batch || map_init(&a->comm_of, t->comm_of.used) || learn_known_comms(a))
		goto oom;
	t->comm_news.wanted = true;
	a->threaded = relay_helps() && !pthread_create(&a->thread, NULL, run, a);
	return a;
oom:
	ahead_stop(a);
	err_set(e, ENOMEM, "out of memory for a trace read ahead");
	return NULL;
}

void ahead_stop(struct ahead *a)
{
	if (!a)
		return;
	if (a->threaded) {
		relay_stop(&a->relay);
		pthread_join(a->thread, NULL);
	}
	a->t->comm_news.wanted = false;
	for (unsigned i = 0; a->batch && i < BATCHES; i++) {
		forget_markers(&a->batch[i]);
		free(a->batch[i].names);
		free(a->batch[i].comms);
	}
	relay_free(&a->relay);
	map_free(&a->comm_of);
	free(a->names.v);
	free(a->comms.v);
	free(a->batch);
	free(a);
}
