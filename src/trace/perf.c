// SPDX-License-Identifier: GPL-2.0-or-later
/* perf: files of `perf record`, in the form of a file and in that of a pipe. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "trace/bytes.h"
#include "trace/perf_order.h"
#include "trace/reader.h"

#define FILES_MAX 4096 /* beside the first, of a directory */
#define AHEAD 512      /* bytes that are asked for before their turn comes */

/* A file of records, and its next one. */
struct stream {
	struct filemap map; /* .data NULL: the trace's own */
	struct perf_order order;
	struct perf_record head;
	bool have_head, ended;
};

struct perf {
	struct perf_file file;
	struct stream *streams;
	uint32_t stream_count;
	bool sweeps;	       /* a single file, of which sweep() reads most samples */
	uint64_t *lost;	       /* [cpus]: told since the CPU's last event */
	uint64_t lost_records; /* sum of all LOST records: LOST_SAMPLES counts those again */
	uint64_t lost_samples;
	uint64_t last, late, ordinal;
};

static bool perf_knows(const struct filemap *m)
{
	return m->size >= 16 &&
	       (!memcmp(m->data, "PERFILE2", 8) || !memcmp(m->data, "2ELIFREP", 8));
}

/* ftrace's names of the same clocks. */
static const char *clock_name(const struct perf_attr *a)
{
	if (!a->use_clockid)
		return "perf";
	switch (a->clockid) {
	case CLOCK_MONOTONIC:
		return "mono";
	case CLOCK_MONOTONIC_RAW:
		return "mono_raw";
	case CLOCK_BOOTTIME:
		return "boot";
	case CLOCK_TAI:
		return "tai";
	case CLOCK_REALTIME:
		return "realtime";
	default:
		return "unknown";
	}
}

static void fill_info(struct trace *t, const struct perf *p)
{
	struct trace_info *in = &t->info;
	struct ring_layout l;
	const struct perf_layout *first = &p->file.layouts[0];

	snprintf(in->format, sizeof(in->format), "perf.data%s", p->file.pipe ? " (pipe)" : "");
	snprintf(in->compression, sizeof(in->compression), "none");
	snprintf(in->clock, sizeof(in->clock), "%s",
		 first->time ? clock_name(&first->attr) : "none");
	in->clock_is_time = first->time != 0;
	in->tells_ties = in->clock_is_time;
	for (uint32_t i = 0; i < p->file.layout_count; i++) {
		const struct perf_layout *of = &p->file.layouts[i];

		in->sampled |= of->tracepoint && of->attr.sampled;
		in->command_only |= of->tracepoint && of->attr.enable_on_exec;
	}
	in->big_endian = t->file.big_endian;
	in->page_size = t->file.page_size;
	in->cpus = p->file.cpus;
	/* The kernel's own long; the tracing data's is the recorder's. */
	in->long_size = t->file.long_size;
	if (t->file.header_page.text &&
	    ring_layout_parse(&l, t->file.header_page.text, t->file.header_page.len, in->page_size))
		in->long_size = l.commit_size;
	if (p->file.release[0])
		snprintf(in->uname, sizeof(in->uname), "Linux %s %s", p->file.release,
			 p->file.arch);
}

static struct stream *add_stream(struct perf *p, struct err *e)
{
	struct stream *more = realloc(p->streams, (p->stream_count + 1) * sizeof(*more));

	if (!more) {
		err_set(e, ENOMEM, "out of memory for the files of records");
		return NULL;
	}
	p->streams = more;
	memset(&more[p->stream_count], 0, sizeof(*more));
	return &more[p->stream_count++];
}

/* The file itself, and those beside it: of them all is records. */
static int open_streams(struct trace *t, struct perf *p, struct err *e)
{
	const uint8_t *map = t->file.map.data;
	struct stream *s = add_stream(p, e);
	char path[PATH_MAX];

	if (!s)
		return err_code(e);
	perf_order_init(&s->order, &p->file, map, map + p->file.data, map + p->file.end, false);
	for (unsigned i = 0; p->file.in_directory && i < FILES_MAX; i++) {
		struct stat st;

		snprintf(path, sizeof(path), "%.4000s.%u", t->path, i);
		if (stat(path, &st))
			break;
		if (!st.st_size)
			continue;
		s = add_stream(p, e);
		if (!s || filemap_open(&s->map, path, e) < 0)
			return err_prefix(e, ".%u: ", i);
		perf_order_init(&s->order, &p->file, s->map.data, s->map.data,
				s->map.data + s->map.size, true);
	}
	return 0;
}

static int perf_open(struct trace *t, struct err *e)
{
	struct perf *p = calloc(1, sizeof(*p));

	t->state = p;
	if (!p)
		return err_set(e, ENOMEM, "out of memory");
	if (perf_file_open(&p->file, &t->file, e) < 0)
		return err_code(e);
	fill_info(t, p);
	t->kernel = p->file.kernel;
	p->lost = calloc(p->file.cpus, sizeof(*p->lost));
	if (!p->lost)
		return err_set(e, ENOMEM, "out of memory for %u CPUs", p->file.cpus);
	if (open_streams(t, p, e) < 0)
		return err_code(e);
	if (types_init(&t->types, &t->file, t->info.long_size, e) < 0)
		return err_code(e);
	p->sweeps = p->stream_count == 1 && p->streams[0].order.plain && t->info.clock_is_time &&
		    t->types.common.usual && !t->o.cpu_mask;
	return 0;
}

static void perf_close(struct trace *t)
{
	struct perf *p = t->state;

	if (!p)
		return;
	for (uint32_t i = 0; i < p->stream_count; i++) {
		perf_order_free(&p->streams[i].order);
		filemap_close(&p->streams[i].map);
	}
	free(p->streams);
	perf_file_close(&p->file);
	free(p->lost);
	free(p);
}

static void perf_rewind(struct trace *t)
{
	struct perf *p = t->state;

	for (uint32_t i = 0; i < p->stream_count; i++) {
		struct stream *s = &p->streams[i];
		struct perf_order old = s->order;

		perf_order_init(&s->order, &p->file, old.start, old.first, old.end, old.sorted);
		perf_order_free(&old);
		s->have_head = s->ended = false;
	}
	memset(p->lost, 0, p->file.cpus * sizeof(*p->lost));
	p->lost_records = p->lost_samples = 0;
	p->last = p->late = p->ordinal = 0;
}

static int put_comm(void *arg, int32_t tid, const char *name, size_t len)
{
	return comms_put(arg, tid, name, len);
}

/* The earliest of the streams' next records. As perf_order_next(). */
static int merge_streams(struct trace *t, struct perf *p, struct perf_record *r, struct err *e)
{
	struct stream *best = NULL;

	for (uint32_t i = 0; i < p->stream_count; i++) {
		struct stream *s = &p->streams[i];

		if (!s->have_head && !s->ended) {
			int ret = perf_order_next(&s->order, &s->head, put_comm, t, e);

			if (ret < 0)
				return i ? err_prefix(e, ".%u: ", i - 1) : ret;
			s->have_head = ret == 1;
			s->ended = ret == 0;
		}
		if (s->have_head && (!best || s->head.s.time < best->head.s.time))
			best = s;
	}
	if (!best)
		return 0;
	for (uint32_t i = 0; i < p->stream_count; i++) {
		const struct stream *s = &p->streams[i];

		best->head.tied |= s->have_head && s->head.s.time == best->head.s.time &&
				   s->head.s.cpu != best->head.s.cpu;
	}
	*r = best->head;
	best->have_head = false;
	return 1;
}

static inline int next_record(struct trace *t, struct perf *p, struct perf_record *r, struct err *e)
{
	if (__builtin_expect(p->stream_count == 1, 1))
		return perf_order_next(&p->streams[0].order, r, put_comm, t, e);
	return merge_streams(t, p, r, e);
}

/* Records that were lost are told where they are missed: with the CPU's next event. */
static void note_lost(struct perf *p, const struct perf_record *r)
{
	uint32_t cpu = r->s.cpu < p->file.cpus ? r->s.cpu : 0;
	bool samples = r->type == PERF_LOST_SAMPLES;
	uint32_t at = samples ? 8 : 16; /* LOST: an id before the number */
	uint64_t n, known, *told = samples ? &p->lost_samples : &p->lost_records;

	if (r->len < at + 8)
		return;
	n = bytes_u64(r->p + at, p->file.swap);
	/*
	 * LOST_SAMPLES are sums of what each event missed: the same losses again.  They stand before
	 * the last LOST records or after them, so only what is new in either counts.
	 */
	known = p->lost_records > p->lost_samples ? p->lost_records : p->lost_samples;
	*told += n;
	if (*told > known)
		p->lost[cpu] += *told - known;
}

static __attribute__((noinline)) void give_lost(struct trace *t, struct perf *p, struct event *ev)
{
	ev->lost = true;
	t->cpus[ev->cpu].lost += p->lost[ev->cpu];
	p->lost[ev->cpu] = 0;
}

/* What came too late to be put in order stands where it came, and is told of. */
static __attribute__((noinline)) void count_late(struct trace *t, struct perf *p)
{
	p->late++;
	err_set(&t->damage, EBADMSG,
		"%s: %" PRIu64 " events came later in the file than its rounds allow; they stand "
		"where they came",
		t->path, p->late);
}

static inline uint64_t in_order(struct trace *t, struct perf *p, uint64_t time)
{
	if (__builtin_expect(time < p->last, 0)) {
		count_late(t, p);
		return p->last;
	}
	p->last = time;
	return time;
}

/* perf counts in that its own probe turned preemption off, ftrace does not (read in 6.1). */
static inline void own_preempt(struct event *ev)
{
	if (ev->preempt & EVENT_PREEMPT_DEPTH)
		ev->preempt--;
}

#define PASSED_OVER 2 /* beside 1, 0 and errors, as trace_next() returns them */

static __attribute__((noinline)) int no_such_cpu(struct trace *t, uint32_t cpu, struct err *e)
{
	struct err why;

	err_set(&why, EBADMSG, "a sample of CPU %u, where the machine has %u", cpu, t->info.cpus);
	return trace_damaged(t, &why, e) < 0 ? why.code : PASSED_OVER;
}

static int give_sample(struct trace *t, struct perf *p, const struct perf_sample *s, uint32_t len,
		       bool tied, struct event *ev, struct err *e)
{
	struct trace_cpu_info *info;
	uint64_t time;

	ev->cpu = s->cpu == PERF_NO_CPU ? 0 : s->cpu;
	if (__builtin_expect(ev->cpu >= p->file.cpus, 0))
		return no_such_cpu(t, ev->cpu, e);
	if (t->o.cpu_mask && (ev->cpu >= t->o.cpu_mask_len || !t->o.cpu_mask[ev->cpu]))
		return PASSED_OVER;
	time = t->info.clock_is_time ? in_order(t, p, s->time) : p->ordinal++;
	if (__builtin_expect(time - t->from > t->span, 0)) {
		p->lost[ev->cpu] = 0;
		return time < t->from ? PASSED_OVER : 0;
	}
	if (!types_common(&t->types, s->raw, s->raw_len, ev))
		return PASSED_OVER;
	own_preempt(ev);
	ev->time = time;
	ev->tied = tied;
	ev->lost = false;
	if (__builtin_expect(p->lost[ev->cpu] != 0, 0))
		give_lost(t, p, ev);
	info = &t->cpus[ev->cpu];
	info->events++;
	info->bytes += len;
	t->chain = s->chain;
	t->chain_words = s->chain_words;
	types_load(&t->types, s->raw, s->raw_len, ev, &t->names);
	return 1;
}

/*
 * Plain samples one after the other, up to one that asks for more than a few instructions: events of
 * their own CPU were lost before it, it comes late, is outside the window or is none.
 */
static unsigned sweep(struct trace *t, struct perf *p, struct event *ev, unsigned room)
{
	struct perf_order *o = &p->streams[0].order;
	const uint8_t *at = o->current.p, *end = o->current.end;
	const uint64_t from = t->from, span = t->span;
	uint64_t bound = o->bound, last = p->last;
	const struct perf_layout *l = o->plain;
	const size_t head = l->fixed + 4u, cpu_at = l->cpu, time_at = l->time;
	struct trace_cpu_info *info = NULL;
	uint64_t on = UINT64_MAX; /* which info is of: at first no sample's, not even PERF_NO_CPU */
	struct event *v = ev, *full = ev + room;

	while (v < full && at != end) {
		const uint8_t *raw = at + head;
		uint32_t size = bytes_u16(at + 6, false), cpu, len;
		uint64_t time;

		__builtin_prefetch(at + AHEAD);
		if (bytes_u32(at, false) != PERF_SAMPLE || size < head)
			break;
		len = bytes_u32(raw - 4, false);
		time = bytes_u64(at + time_at, false);
		cpu = bytes_u32(at + cpu_at, false);
		if (len < TYPES_COMMON || len > size - head)
			break;
		if (__builtin_expect(time >= bound, 0)) {
			if (!perf_order_turn(o, at, time, cpu))
				break;
			at = o->current.p;
			end = o->current.end;
			bound = o->bound;
			continue;
		}
		if (__builtin_expect(cpu != on, 0)) {
			if (cpu >= p->file.cpus || p->lost[cpu])
				break;
			on = cpu;
			info = &t->cpus[cpu];
		}
		if (time < last || time - from > span)
			break;
		last = time;
		at += size;
		types_usual(raw, false, v);
		own_preempt(v);
		v->time = time;
		v->cpu = cpu;
		v->tied = v->lost = false;
		info->events++;
		info->bytes += size;
		types_load(&t->types, raw, len, v++, &t->names);
	}
	o->current.p = at;
	p->last = last;
	t->chain = NULL;
	return (unsigned)(v - ev);
}

/* Any record, and whatever may be wrong with it. */
static __attribute__((noinline)) int next_of_all(struct trace *t, struct event *ev, struct err *e)
{
	struct perf *p = t->state;
	int ret = PASSED_OVER;

	while (ret == PASSED_OVER) {
		struct perf_record r;
		struct err why;

		ret = next_record(t, p, &r, &why);
		if (ret < 0) {
			ret = trace_damaged(t, &why, e) < 0 ? why.code : PASSED_OVER;
		} else if (ret > 0) {
			ret = PASSED_OVER;
			if (r.type != PERF_SAMPLE)
				note_lost(p, &r);
			else if (r.tracepoint)
				ret = give_sample(t, p, &r.s, r.len, r.tied, ev, e);
		}
	}
	return ret;
}

static int perf_next(struct trace *t, struct event *ev, unsigned room, struct err *e)
{
	struct perf *p = t->state;
	unsigned n = p->sweeps ? sweep(t, p, ev, room) : 0;

	return n ? (int)n : next_of_all(t, ev, e);
}

static uint64_t perf_progress(const struct trace *t, uint64_t *total)
{
	const struct perf *p = t->state;

	uint64_t done = 0, all;

	*total = 0;
	for (uint32_t i = 0; i < p->stream_count; i++) {
		done += perf_order_progress(&p->streams[i].order, &all);
		*total += all;
	}
	return done;
}

const struct source source_perf = {
	.knows = perf_knows,
	.open = perf_open,
	.close = perf_close,
	.next = perf_next,
	.rewind = perf_rewind,
	.progress = perf_progress,
};
