// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "trace/perf_order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "trace/bytes.h"

#define HELD_MAX (512u << 20) /* of unpacked records; more are not waited for */
#define RUNS_MAX (1u << 20)
#define GIVE_BACK (8u << 20)
#define AHEAD 2048	      /* bytes that are asked for before they are looked at */
#define SORTED_PART (1 << 18) /* bytes looked at ahead where there are no rounds */

/* ---- the heap ---- */

static bool before(const struct perf_run *a, const struct perf_run *b)
{
	if (a->time != b->time)
		return a->time < b->time;
	return a->cpu != b->cpu ? a->cpu < b->cpu : a->seq < b->seq;
}

static void sift_up(struct perf_order *o, uint32_t at)
{
	struct perf_run moved = o->heap[at];

	while (at && before(&moved, &o->heap[(at - 1) / 2])) {
		o->heap[at] = o->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	o->heap[at] = moved;
}

static void sift_down(struct perf_order *o)
{
	struct perf_run moved = o->heap[0];
	uint32_t at = 0, child;

	while ((child = 2 * at + 1) < o->waiting) {
		if (child + 1 < o->waiting && before(&o->heap[child + 1], &o->heap[child]))
			child++;
		if (!before(&o->heap[child], &moved))
			break;
		o->heap[at] = o->heap[child];
		at = child;
	}
	o->heap[at] = moved;
}

static struct perf_run pop(struct perf_order *o)
{
	struct perf_run first = o->heap[0];

	o->heap[0] = o->heap[--o->waiting];
	if (o->waiting)
		sift_down(o);
	return first;
}

/* ---- reading a round ---- */

static uint32_t record_type(const struct perf_order *o, const uint8_t *p)
{
	return bytes_u32(p, o->f->swap);
}

static uint32_t record_size(const struct perf_order *o, const uint8_t *p)
{
	return bytes_u16(p + 6, o->f->swap);
}

/* Time and CPU of a record, as far as it has them; false if it is no whole sample. */
static bool read_stamp(const struct perf_order *o, const uint8_t *p, uint32_t type, uint32_t len,
		       struct perf_sample *s)
{
	const struct perf_layout *l;

	if (type != PERF_SAMPLE)
		return perf_trailer_read(&o->f->layouts[0], p, len, o->f->swap, s);
	l = perf_file_layout(o->f, p, len);
	if (!l || len < l->fixed)
		return false;
	s->time = l->time ? bytes_u64(p + l->time, o->f->swap) : 0;
	s->cpu = l->cpu ? bytes_u32(p + l->cpu, o->f->swap) : PERF_NO_CPU;
	return true;
}

static int start_run(struct perf_order *o, const struct perf_sample *s, const uint8_t *p,
		     struct arena *arena, struct err *e)
{
	uint32_t n = o->waiting + o->fresh;

	if (!o->heap || n == o->room) {
		uint32_t room = n ? 2 * n : 64;
		struct perf_run *more = realloc(o->heap, room * sizeof(*more));

		if (!more)
			return err_set(e, ENOMEM, "out of memory for the order of records");
		o->heap = more;
		o->room = room;
	}
	o->heap[n] = (struct perf_run){ s->time, s->cpu, o->seq++, p, p, arena };
	arena_hold(arena);
	o->fresh++;
	o->open = true;
	return 0;
}

/* Put a record where it belongs: behind the run under way, or at the start of one. */
static int take(struct perf_order *o, const uint8_t *p, uint32_t len, struct arena *arena,
		struct err *e)
{
	uint32_t type = record_type(o, p);
	struct perf_run *run = o->open ? &o->heap[o->waiting + o->fresh - 1] : NULL;
	struct perf_sample s;

	if (!read_stamp(o, p, type, len, &s)) {
		if (type == PERF_SAMPLE)
			return 0; /* of an event that the file does not describe */
		s.time = o->last; /* a loss without a time: where it stands */
	}
	if (!run || s.time < o->last || run->end != p) {
		if (start_run(o, &s, p, arena, e) < 0)
			return err_code(e);
		run = &o->heap[o->waiting + o->fresh - 1];
	}
	run->end = p + len;
	o->last = s.time;
	if (s.time > o->latest)
		o->latest = s.time;
	return 0;
}

static int take_comm(const struct perf_order *o, const uint8_t *p, uint32_t len, perf_comm_fn comm,
		     void *arg, struct err *e)
{
	if (!comm || len <= 16)
		return 0;
	if (comm(arg, (int32_t)bytes_u32(p + 12, o->f->swap), (const char *)p + 16,
		 strnlen((const char *)p + 16, len - 16)))
		return err_set(e, ENOMEM, "out of memory for process names");
	return 0;
}

/* Records from p on, in memory of their own or in the file: 1 where a round ends, else 0. */
static int scan_one(struct perf_order *o, const uint8_t *p, struct arena *arena, perf_comm_fn comm,
		    void *arg, struct err *e)
{
	uint32_t len = record_size(o, p);

	switch (record_type(o, p)) {
	case PERF_SAMPLE:
	case PERF_LOST:
	case PERF_LOST_SAMPLES:
		return take(o, p, len, arena, e);
	case PERF_COMM:
		return take_comm(o, p, len, comm, arg, e);
	case PERF_FINISHED_ROUND:
		o->open = false;
		return 1;
	default:
		return 0;
	}
}

/* The whole records of the arena from `at` on; the offset of what is left over, or < 0. */
static int64_t scan_arena(struct perf_order *o, size_t at, perf_comm_fn comm, void *arg,
			  struct err *e)
{
	struct arena *a = o->arenas.filling;

	while (a->len - at >= PERF_RECORD_HEAD) {
		uint32_t len = record_size(o, a->data + at);
		int ret;

		if (len < PERF_RECORD_HEAD)
			return err_set(e, EBADMSG, "a record of %u bytes in packed data", len);
		if (len > a->len - at)
			break;
		ret = scan_one(o, a->data + at, a, comm, arg, e);
		if (ret < 0)
			return ret;
		at += len;
	}
	return (int64_t)at;
}

static int scan_packed(struct perf_order *o, const uint8_t *p, uint32_t len, perf_comm_fn comm,
		       void *arg, struct err *e)
{
	const uint8_t *end = p + len;
	int more = 1;

	p += PERF_RECORD_HEAD;
	if (record_type(o, end - len) == PERF_COMPRESSED2) {
		uint64_t size = len >= 16 ? bytes_u64(p, o->f->swap) : UINT64_MAX;

		if (size > len - 16)
			return err_set(e, EBADMSG, "a packed record without its size");
		p += 8;
		end = p + size;
	}
	if (!o->arenas.filling && arenas_turn(&o->arenas, 0, e) < 0)
		return err_code(e);
	o->open = false;
	while (more) {
		/* What an earlier piece left over stands before what is unpacked now. */
		int64_t at = (int64_t)o->packed_done;

		more = arenas_unpack(&o->arenas, &p, end, e);
		if (more >= 0)
			at = scan_arena(o, (size_t)at, comm, arg, e);
		if (more < 0 || at < 0)
			return err_code(e);
		o->packed_done = (size_t)at;
		if (o->arenas.filling->len == ARENA_SIZE) {
			if (arenas_turn(&o->arenas, ARENA_SIZE - (size_t)at, e) < 0)
				return err_code(e);
			o->packed_done = 0;
			o->open = false;
		}
	}
	o->open = false;
	return 0;
}

static uint64_t offset(const struct perf_order *o, const uint8_t *p)
{
	return (uint64_t)(p - o->start);
}

/*
 * Samples that continue the run under way: all but one in some thousands, so that this is the
 * whole cost of looking ahead.
 */
static void scan_run(struct perf_order *o, const uint8_t *end)
{
	const struct perf_layout *l = o->plain;
	struct perf_run *run = &o->heap[o->waiting + o->fresh - 1];
	const uint8_t *p = o->p;
	uint64_t last = o->last;

	if (run->end != p || p > end)
		return;
	while ((size_t)(end - p) >= l->fixed) {
		uint32_t type, len;
		uint64_t time;
		uint16_t size;

		__builtin_prefetch(p + AHEAD);
		memcpy(&type, p, 4);
		memcpy(&size, p + 6, 2);
		memcpy(&time, p + l->time, 8);
		len = size;
		if (type != PERF_SAMPLE || len < l->fixed || len > (size_t)(end - p) || time < last)
			break;
		last = time;
		p += len;
	}
	o->p = run->end = p;
	o->last = last;
	if (last > o->latest)
		o->latest = last;
}

/* Records up to the end of a round: 1, or 0 at the end of the file. */
static int scan_round(struct perf_order *o, perf_comm_fn comm, void *arg, struct err *e)
{
	const uint8_t *end = o->end;

	if (o->sorted && end - o->p > SORTED_PART)
		end = o->p + SORTED_PART;
	while (o->p < o->end) {
		const uint8_t *p = o->p;
		uint64_t len = perf_record_len(o->f, p, o->end);
		uint32_t type;
		int ret;

		if (!len)
			return err_set(e, EBADMSG,
				       "offset %llu: the file ends or is damaged where a record "
				       "was expected",
				       (unsigned long long)offset(o, p));
		type = record_type(o, p);
		if (type == PERF_COMPRESSED || type == PERF_COMPRESSED2)
			ret = scan_packed(o, p, record_size(o, p), comm, arg, e);
		else
			ret = scan_one(o, p, NULL, comm, arg, e);
		if (ret < 0)
			return err_prefix(e, "offset %llu: ", (unsigned long long)offset(o, p));
		o->p = p + len;
		if (o->plain && o->open)
			scan_run(o, end);
		if (ret || o->arenas.held > HELD_MAX || o->waiting + o->fresh > RUNS_MAX ||
		    (o->sorted && o->p >= end))
			return 1;
	}
	return 0;
}

/* The file's memory before anything that is waiting is not needed any more. */
static void give_back(struct perf_order *o)
{
	const uint8_t *least = o->p;

	for (uint32_t i = 0; i < o->waiting; i++)
		if (!o->heap[i].arena && o->heap[i].p < least)
			least = o->heap[i].p;
	least -= (uintptr_t)least % 4096;
	if (least > o->given_back && (size_t)(least - o->given_back) >= GIVE_BACK) {
		madvise((void *)o->given_back, (size_t)(least - o->given_back), MADV_DONTNEED);
		o->given_back = least;
	}
}

static void fill(struct perf_order *o, perf_comm_fn comm, void *arg)
{
	int ret;

	give_back(o);
	ret = scan_round(o, comm, arg, &o->broken);
	o->open = false;
	o->limit = o->round_latest;
	o->round_latest = o->latest;
	if (ret <= 0) {
		o->ended = true;
		o->limit = UINT64_MAX;
	} else if (o->sorted || o->arenas.held > HELD_MAX || o->waiting + o->fresh > RUNS_MAX) {
		o->limit = o->latest;
	}
	for (; o->fresh; o->fresh--)
		sift_up(o, o->waiting++);
}

/* ---- handing out ---- */

void perf_order_init(struct perf_order *o, const struct perf_file *f, const uint8_t *map,
		     const uint8_t *p, const uint8_t *end, bool sorted)
{
	memset(o, 0, sizeof(*o));
	o->f = f;
	o->start = map;
	o->first = o->p = p;
	o->end = end;
	o->sorted = sorted;
	o->given_back = map;
	if (f->uniform && !f->swap && f->layouts[f->sampled].plain)
		o->plain = &f->layouts[f->sampled];
}

void perf_order_free(struct perf_order *o)
{
	if (o->current.p)
		arena_drop(&o->arenas, o->current.arena);
	for (uint32_t i = 0; i < o->waiting + o->fresh; i++)
		arena_drop(&o->arenas, o->heap[i].arena);
	arenas_free(&o->arenas);
	free(o->heap);
	memset(o, 0, sizeof(*o));
}

/* The record at the start of the current run; false if it is no whole one. */
static bool read_head(struct perf_order *o, struct perf_record *r)
{
	struct perf_run *run = &o->current;
	const struct perf_layout *l;

	r->p = run->p;
	r->type = record_type(o, run->p);
	r->len = record_size(o, run->p);
	r->tracepoint = false;
	if (__builtin_expect(r->type != PERF_SAMPLE, 0)) {
		r->s.raw = NULL;
		if (!perf_trailer_read(&o->f->layouts[0], r->p, r->len, o->f->swap, &r->s))
			r->s.time = run->time;
	} else {
		l = perf_file_layout(o->f, r->p, r->len);
		if (!l || !(o->plain ? perf_sample_plain(l, r->p, r->len, &r->s) :
				       perf_sample_read(l, r->p, r->len, o->f->swap, &r->s)))
			return false;
		r->tracepoint = l->tracepoint;
	}
	run->time = r->s.time;
	run->cpu = r->s.cpu;
	return true;
}

/* Records of the current run that are earlier than this come before all that waits. */
static void set_bound(struct perf_order *o)
{
	o->bound = o->limit;
	if (o->waiting && o->heap[0].time < o->bound)
		o->bound = o->heap[0].time;
}

/* Take a run that has the earliest record; false at the end. */
static bool choose(struct perf_order *o, perf_comm_fn comm, void *arg)
{
	while (!o->ended && (!o->waiting || o->heap[0].time > o->limit))
		fill(o, comm, arg);
	if (!o->waiting)
		return false;
	o->current = pop(o);
	set_bound(o);
	return true;
}

/* Is the current run's record, which was read, the earliest? */
static bool is_first(const struct perf_order *o)
{
	return o->current.time <= o->limit && !(o->waiting && before(&o->heap[0], &o->current));
}

/* Does another CPU's record with the time of the current one wait? */
static bool is_tied(const struct perf_order *o)
{
	if (!o->waiting || o->heap[0].time != o->current.time)
		return false;
	for (uint32_t i = 0; i < o->waiting; i++)
		if (o->heap[i].time == o->current.time && o->heap[i].cpu != o->current.cpu)
			return true;
	return false;
}

/* The current run, as it now is, waits, and the one that has the earliest record takes its place. */
static inline void change_over(struct perf_order *o, struct perf_run moved)
{
	struct perf_run *heap = o->heap;

	o->current = heap[0];
	heap[0] = moved;
	/* Mostly two CPUs take turns, and other runs are of later rounds. */
	if ((o->waiting > 1 && before(&heap[1], &moved)) ||
	    (o->waiting > 2 && before(&heap[2], &moved)))
		sift_down(o);
	set_bound(o);
}

/* The current run has to wait: for the one that is earlier, or for a round that is not read yet. */
static void give_way(struct perf_order *o)
{
	if (o->current.time > o->limit) {
		o->heap[o->waiting++] = o->current; /* its place was free: it came from there */
		sift_up(o, o->waiting - 1);
		o->current = (struct perf_run){ 0 };
		return;
	}
	change_over(o, o->current);
}

bool perf_order_turn(struct perf_order *o, const uint8_t *p, uint64_t time, uint32_t cpu)
{
	struct perf_run *run = &o->current;

	if (!o->waiting || o->heap[0].time > o->limit || time <= o->heap[0].time)
		return false;
	change_over(o, (struct perf_run){ time, cpu, run->seq, p, run->end, run->arena });
	return true;
}

/* The current run's record, where it is a plain sample that comes before all that waits: almost always. */
static bool read_plain(struct perf_order *o, struct perf_record *r)
{
	const uint8_t *p = o->current.p;

	if (p == o->current.end || !o->plain || record_type(o, p) != PERF_SAMPLE)
		return false;
	r->len = record_size(o, p);
	if (!perf_sample_plain(o->plain, p, r->len, &r->s) || r->s.time >= o->bound)
		return false;
	o->current.p = p + r->len;
	r->p = p;
	r->type = PERF_SAMPLE;
	r->tracepoint = true;
	r->tied = false;
	return true;
}

int perf_order_next(struct perf_order *o, struct perf_record *r, perf_comm_fn comm, void *arg,
		    struct err *e)
{
	while (!read_plain(o, r)) {
		struct perf_run *run = &o->current;
		bool whole;

		if (run->p && run->p == run->end) {
			arena_drop(&o->arenas, run->arena);
			*run = (struct perf_run){ 0 };
		}
		if (!run->p) {
			if (!choose(o, comm, arg))
				goto end;
			continue;
		}
		whole = read_head(o, r);
		if (!is_first(o)) {
			give_way(o);
			continue;
		}
		r->tied = is_tied(o);
		run->p += r->len;
		if (!whole)
			return err_set(e, EBADMSG,
				       "a sample of %u bytes is too short for what it should hold",
				       r->len);
		return 1;
	}
	return 1;
end:
	if (!o->broken.code)
		return 0;
	*e = o->broken;
	o->broken.code = 0;
	return e->code;
}

uint64_t perf_order_progress(const struct perf_order *o, uint64_t *total)
{
	*total = (uint64_t)(o->end - o->start);
	return offset(o, o->p);
}
