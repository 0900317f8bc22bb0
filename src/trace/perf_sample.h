/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perf_sample: where the parts of a perf sample stand, as its event's attribute
 * says (perf_event_open(2), "PERF_RECORD_SAMPLE" and "sample_id_all").
 */
#ifndef TRACE_PERF_SAMPLE_H
#define TRACE_PERF_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define PERF_NO_ID UINT64_MAX
#define PERF_NO_CPU UINT32_MAX

/* What a perf_event_attr says of the records. */
struct perf_attr {
	uint32_t type; /* 2: a tracepoint */
	uint64_t sample_type, read_format;
	bool sample_id_all, use_clockid;
	bool silent; /* the recorder's own "dummy", which carries other records and has no samples */
	bool sampled; /* not each event, but some a second or one in several */
	bool enable_on_exec; /* of a command's tasks alone: perf starts it so where no other target is named */
	int32_t clockid;
};

/* Offsets from the record's start, of 8 bytes each; 0: not there. */
struct perf_layout {
	struct perf_attr attr;
	uint16_t id, time, cpu;
	uint16_t fixed; /* bytes up to the first part of variable length */
	/* in the trailer of other records, from the record's end */
	uint16_t end_time, end_cpu, trailer;
	bool tracepoint;
	bool plain; /* the raw data stand at `fixed`, in this machine's byte order as the rest */
};

struct perf_sample {
	uint64_t time;	      /* 0 where there is none */
	uint32_t cpu;	      /* PERF_NO_CPU where there is none */
	const uint8_t *chain; /* addresses of 8 bytes; NULL where there are none */
	uint32_t chain_words;
	const uint8_t *raw;
	uint32_t raw_len;
};

/* Read an attr of `len` bytes (64 at least); false if it is too short. */
bool perf_attr_read(struct perf_attr *a, const uint8_t *p, uint64_t len, bool swap);
void perf_layout_make(struct perf_layout *l, const struct perf_attr *a);
/* The whole of a sample record of len bytes; false if it is too short for what it should hold. */
bool perf_sample_read(const struct perf_layout *l, const uint8_t *rec, uint32_t len, bool swap,
		      struct perf_sample *s);
/* The same in a few instructions, of a plain layout. */
static inline bool perf_sample_plain(const struct perf_layout *l, const uint8_t *rec, uint32_t len,
				     struct perf_sample *s)
{
	uint32_t size;

	if (__builtin_expect(len < l->fixed + 4u, 0))
		return false;
	memcpy(&size, rec + l->fixed, 4);
	memcpy(&s->time, rec + l->time, 8);
	memcpy(&s->cpu, rec + l->cpu, 4);
	s->raw = rec + l->fixed + 4;
	s->chain = NULL;
	s->chain_words = 0;
	s->raw_len = size;
	return size <= len - l->fixed - 4;
}

/* Time and CPU of a record that is no sample; false where it has none. */
bool perf_trailer_read(const struct perf_layout *l, const uint8_t *rec, uint32_t len, bool swap,
		       struct perf_sample *s);

#endif
