// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/perf_sample.h"

#include <endian.h>
#include <string.h>

#include "trace/bytes.h"

/* perf_event_attr: offsets of its fields, the same since 2.6.31; later kernels added at the end. */
enum {
	ATTR_TYPE = 0,
	ATTR_CONFIG = 8,
	ATTR_SAMPLE_PERIOD = 16, /* or, with FLAG_FREQ, how many a second */
	ATTR_SAMPLE_TYPE = 24,
	ATTR_READ_FORMAT = 32,
	ATTR_FLAGS = 40,
	ATTR_LEAST = 64,
	ATTR_CLOCKID = 92,
};

/* Bits of the flags word, counted as the recording machine's compiler lays out bit fields. */
enum {
	FLAG_FREQ = 10,
	FLAG_ENABLE_ON_EXEC = 12,
	FLAG_SAMPLE_ID_ALL = 18,
	FLAG_USE_CLOCKID = 25,
};

enum {
	S_IP = 1 << 0,
	S_TID = 1 << 1,
	S_TIME = 1 << 2,
	S_ADDR = 1 << 3,
	S_READ = 1 << 4,
	S_CALLCHAIN = 1 << 5,
	S_ID = 1 << 6,
	S_CPU = 1 << 7,
	S_PERIOD = 1 << 8,
	S_STREAM_ID = 1 << 9,
	S_RAW = 1 << 10,
	S_IDENTIFIER = 1 << 16,
};

enum { TYPE_SOFTWARE = 1, SOFTWARE_DUMMY = 9 };

enum { R_ENABLED = 1, R_RUNNING = 2, R_ID = 4, R_GROUP = 8, R_LOST = 16 };

static bool flag(uint64_t flags, unsigned bit, bool swap)
{
	/* A big-endian compiler fills the word from its top. */
	return flags >> (swap != HOST_BIG_ENDIAN ? 63 - bit : bit) & 1;
}

bool perf_attr_read(struct perf_attr *a, const uint8_t *p, uint64_t len, bool swap)
{
	uint64_t flags;

	memset(a, 0, sizeof(*a));
	if (len < ATTR_LEAST)
		return false;
	flags = bytes_u64(p + ATTR_FLAGS, swap);
	a->type = bytes_u32(p + ATTR_TYPE, swap);
	a->silent = a->type == TYPE_SOFTWARE && bytes_u64(p + ATTR_CONFIG, swap) == SOFTWARE_DUMMY;
	a->sample_type = bytes_u64(p + ATTR_SAMPLE_TYPE, swap);
	a->read_format = bytes_u64(p + ATTR_READ_FORMAT, swap);
	a->sampled = flag(flags, FLAG_FREQ, swap) || bytes_u64(p + ATTR_SAMPLE_PERIOD, swap) > 1;
	a->enable_on_exec = flag(flags, FLAG_ENABLE_ON_EXEC, swap);
	a->sample_id_all = flag(flags, FLAG_SAMPLE_ID_ALL, swap);
	a->use_clockid = flag(flags, FLAG_USE_CLOCKID, swap);
	if (len >= ATTR_CLOCKID + 4)
		a->clockid = (int32_t)bytes_u32(p + ATTR_CLOCKID, swap);
	return true;
}

/* The next eight bytes if the sample has the part; its offset, or 0. */
static uint16_t place(uint64_t type, uint64_t part, uint16_t *at)
{
	uint16_t here = *at;

	if (!(type & part))
		return 0;
	*at = (uint16_t)(here + 8);
	return here;
}

void perf_layout_make(struct perf_layout *l, const struct perf_attr *a)
{
	uint64_t type = a->sample_type;
	uint16_t at = 8, id;

	memset(l, 0, sizeof(*l));
	l->attr = *a;
	l->tracepoint = a->type == 2 && type & S_RAW;
	l->id = place(type, S_IDENTIFIER, &at);
	place(type, S_IP, &at);
	place(type, S_TID, &at);
	l->time = place(type, S_TIME, &at);
	place(type, S_ADDR, &at);
	id = place(type, S_ID, &at);
	if (!l->id)
		l->id = id;
	place(type, S_STREAM_ID, &at);
	l->cpu = place(type, S_CPU, &at);
	place(type, S_PERIOD, &at);
	l->fixed = at;
	l->plain = l->tracepoint && l->time && l->cpu && !(type & (S_READ | S_CALLCHAIN));
	if (!a->sample_id_all)
		return;
	/* From the end: IDENTIFIER, CPU, STREAM_ID, ID, TIME, TID. */
	at = 8;
	place(type, S_IDENTIFIER, &at);
	l->end_cpu = place(type, S_CPU, &at);
	place(type, S_STREAM_ID, &at);
	place(type, S_ID, &at);
	l->end_time = place(type, S_TIME, &at);
	place(type, S_TID, &at);
	l->trailer = (uint16_t)(at - 8);
}

static uint64_t ones(uint64_t v)
{
	return (uint64_t)__builtin_popcountll(v);
}

/* The counter values of a sample: their bytes, or UINT64_MAX. */
static uint64_t read_bytes(const struct perf_attr *a, const uint8_t *p, uint64_t left, bool swap)
{
	uint64_t times = ones(a->read_format & (R_ENABLED | R_RUNNING));
	uint64_t each = 1 + ones(a->read_format & (R_ID | R_LOST)), n = 1;

	if (a->read_format & R_GROUP) {
		if (left < 8)
			return UINT64_MAX;
		n = bytes_u64(p, swap);
		if (n > left / 8)
			return UINT64_MAX;
		times++; /* their number itself */
	}
	return 8 * (times + n * each);
}

bool perf_sample_read(const struct perf_layout *l, const uint8_t *rec, uint32_t len, bool swap,
		      struct perf_sample *s)
{
	uint64_t type = l->attr.sample_type, skip;
	uint32_t at = l->fixed, size;

	if (len < at)
		return false;
	s->time = l->time ? bytes_u64(rec + l->time, swap) : 0;
	s->cpu = l->cpu ? bytes_u32(rec + l->cpu, swap) : PERF_NO_CPU;
	s->chain = NULL;
	s->chain_words = 0;
	s->raw = NULL;
	s->raw_len = 0;
	if (type & S_READ) {
		skip = read_bytes(&l->attr, rec + at, len - at, swap);
		if (skip > len - at)
			return false;
		at += (uint32_t)skip;
	}
	if (type & S_CALLCHAIN) {
		if (len - at < 8)
			return false;
		skip = bytes_u64(rec + at, swap);
		if (skip > (len - at) / 8 - 1)
			return false;
		if (skip) {
			s->chain = rec + at + 8;
			s->chain_words = (uint32_t)skip;
		}
		at += 8 + 8 * (uint32_t)skip;
	}
	if (!(type & S_RAW))
		return true;
	if (len - at < 4)
		return false;
	size = bytes_u32(rec + at, swap);
	if (size > len - at - 4)
		return false;
	s->raw = rec + at + 4;
	s->raw_len = size;
	return true;
}

bool perf_trailer_read(const struct perf_layout *l, const uint8_t *rec, uint32_t len, bool swap,
		       struct perf_sample *s)
{
	s->cpu = PERF_NO_CPU;
	s->time = 0;
	if (!l->attr.sample_id_all || len < 8u + l->trailer)
		return false;
	if (l->end_cpu)
		s->cpu = bytes_u32(rec + len - l->end_cpu, swap);
	if (l->end_time)
		s->time = bytes_u64(rec + len - l->end_time, swap);
	return l->end_time != 0;
}
