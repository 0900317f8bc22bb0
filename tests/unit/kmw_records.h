/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmw_records: records for the tests of the workload format: a stream that looks
 * like a kernel's (few call sites, slots used again, addresses in slabs), and
 * records with every field at its extremes.
 */
#ifndef TESTS_KMW_RECORDS_H
#define TESTS_KMW_RECORDS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "workload/kmw.h"

static inline uint64_t kmw_random(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

/* Any value of `bits` bits, the extremes often. */
static inline uint64_t kmw_extreme(uint64_t *s, unsigned bits)
{
	uint64_t mask = bits < 64 ? (1ull << bits) - 1 : UINT64_MAX, v = kmw_random(s);

	switch (kmw_random(s) % 6) {
	case 0:
		return 0;
	case 1:
		return mask;
	case 2:
		return 1ull << (bits - 1);
	case 3:
		return v & 3;
	case 4:
		return v & mask >> v % bits;
	default:
		return v & mask;
	}
}

static inline void kmw_random_record(struct request *r, uint64_t *s)
{
	memset(r, 0, sizeof(*r));
	r->time = kmw_extreme(s, 64);
	r->slot = (uint32_t)kmw_extreme(s, 32);
	r->pid = (int32_t)kmw_extreme(s, 32);
	r->cpu = (uint16_t)kmw_extreme(s, 10);
	r->pfn = (uint32_t)kmw_extreme(s, 32);
	r->addr = kmw_extreme(s, 64);
	r->seq = kmw_extreme(s, 64);
	r->sig.site = kmw_extreme(s, 64);
	r->sig.bytes_req = (uint32_t)kmw_extreme(s, 32);
	r->sig.bytes_alloc = (uint32_t)kmw_extreme(s, 32);
	r->sig.gfp = (uint32_t)kmw_extreme(s, 32);
	r->sig.cache = (uint32_t)kmw_extreme(s, 32);
	r->sig.op = (uint8_t)(kmw_random(s) % REQUEST_OP_COUNT);
	r->sig.flags = (uint8_t)kmw_extreme(s, 8);
	r->sig.order = (uint8_t)(kmw_random(s) % KMM_ORDERS);
	r->sig.type = (uint8_t)(kmw_random(s) % KMM_MIGRATETYPES);
	r->sig.owner = (uint8_t)(kmw_random(s) % REQUEST_OWNER_COUNT);
	r->sig.aux = (uint8_t)(r->sig.op == OBS_EXTFRAG ? kmw_random(s) % KMM_ORDERS :
							  kmw_extreme(s, 8));
	r->sig.aux2 = (uint8_t)(r->sig.op == OBS_EXTFRAG ?
					kmw_random(s) % KMM_MIGRATETYPES | (kmw_random(s) & 0x80) :
					kmw_extreme(s, 8));
	r->sig.node = (int8_t)kmw_extreme(s, 8);
	r->sig.own_obs = (uint32_t)kmw_extreme(s, 32);
}

#define KMW_LIVE 2000

/* A kernel-like stream: allocations and frees of objects and pages at a few call sites. */
struct kmw_stream {
	uint64_t seed, time, seq;
	uint32_t used, free_n, live_n;
	uint32_t free_slots[KMW_LIVE];
	struct {
		uint32_t slot;
		bool page;
	} live[KMW_LIVE];
};

static inline void kmw_next_record(struct kmw_stream *g, struct request *r)
{
	uint64_t v = kmw_random(&g->seed), w = kmw_random(&g->seed);
	uint32_t n;

	memset(r, 0, sizeof(*r));
	g->time += 50 + v % 900;
	r->time = g->time;
	r->seq = g->seq++;
	r->cpu = (v >> 12) % 8 == 0;
	r->pid = (v >> 16) % 50 == 0 ? 0 : 300 + r->cpu;
	r->pfn = KMM_NO_PFN;
	r->sig.node = -1;
	if (g->live_n < KMW_LIVE && (!g->live_n || v >> 20 & 1)) {
		r->slot = g->free_n ? g->free_slots[--g->free_n] : g->used++;
		g->live[g->live_n].page = w % 5 == 0;
		g->live[g->live_n++].slot = r->slot;
		r->sig.gfp = KMM_GFP_IO | KMM_GFP_FS;
		if (w % 5 == 0) {
			r->sig.op = REQ_PAGE_ALLOC;
			r->sig.type = KMM_MOVABLE;
			r->sig.owner = OWNER_USER;
			r->pfn = 0x1000 + (uint32_t)(w >> 32) % 100000;
			return;
		}
		n = (uint32_t)(w >> 8) % 60;
		r->sig.op = REQ_OBJ_ALLOC;
		r->sig.site = 0xffffffff81000000u + n * 0x1234;
		r->sig.bytes_req = r->sig.bytes_alloc = 32 << n % 5;
		r->sig.cache = 1 + n % 20;
		r->addr = 0xffff888000000000u + ((w >> 40) << 12) + (v >> 40) % 16 * 256;
		return;
	}
	n = (uint32_t)(w % g->live_n);
	r->slot = g->live[n].slot;
	r->sig.op = g->live[n].page ? REQ_PAGE_FREE : REQ_OBJ_FREE;
	g->live[n] = g->live[--g->live_n];
	g->free_slots[g->free_n++] = r->slot;
}

static inline bool kmw_same_record(const struct request *a, const struct request *b)
{
	const struct request_sig *s = &a->sig, *t = &b->sig;

	return a->time == b->time && a->slot == b->slot && a->pid == b->pid && a->cpu == b->cpu &&
	       a->pfn == b->pfn && a->addr == b->addr && a->seq == b->seq && s->site == t->site &&
	       s->bytes_req == t->bytes_req && s->bytes_alloc == t->bytes_alloc &&
	       s->gfp == t->gfp && s->cache == t->cache && s->op == t->op && s->flags == t->flags &&
	       s->order == t->order && s->type == t->type && s->owner == t->owner &&
	       s->aux == t->aux && s->aux2 == t->aux2 && s->node == t->node &&
	       s->own_obs == t->own_obs;
}

/* A name for a file that is not there yet; the caller removes it. */
static inline void kmw_temp_name(char path[256], const char *what)
{
	const char *dir = getenv("TMPDIR");

	snprintf(path, 256, "%.180s/kmw-%s-%ld", dir && *dir ? dir : "/tmp", what, (long)getpid());
}

static inline void kmw_test_summary(struct kmw_summary *s, struct kmw_event_count counts[2])
{
	memset(s, 0, sizeof(*s));
	memset(counts, 0, 2 * sizeof(*counts));
	strcpy(s->source, "a capture 100% \n\tstrange");
	strcpy(s->format, "trace.dat 7");
	strcpy(s->clock, "global");
	strcpy(s->kernel, "6.1.0");
	s->clock_is_time = true;
	s->long_size = 8;
	s->page_size = 4096;
	s->cpus = 2;
	s->events = 12345678901;
	s->lost = 3;
	s->first = 1;
	s->last = UINT64_MAX;
	strcpy(counts[0].system, "kmem");
	strcpy(counts[0].name, "mm_page_alloc");
	counts[0].count = 7;
	strcpy(counts[1].name, "event with blanks");
	counts[1].count = UINT64_MAX;
	s->counts = counts;
	s->count_n = 2;
}

/*
 * Write n records of the stream, with names as they come up, two embedded
 * files and a summary.  0 or a negative errno.
 */
static inline int kmw_write_stream(const char *path, enum kmw_compression c, uint64_t seed,
				   uint32_t n, struct err *e)
{
	struct kmw_writer *w = kmw_create(path, c, e);
	struct kmw_stream *g = calloc(1, sizeof(*g));
	struct kmw_event_count counts[2];
	struct kmw_summary s;
	char name[32];
	int ret = w && g ? 0 : -1;

	if (g)
		g->seed = seed;
	for (uint32_t i = 0; i < n && ret >= 0; i++) {
		struct request r;

		if (i % 5000 == 0) {
			snprintf(name, sizeof(name), "cache-%u", i);
			kmw_string(w, name, strlen(name));
		}
		kmw_next_record(g, &r);
		ret = kmw_put(w, &r, e);
	}
	if (ret >= 0)
		ret = kmw_attach(w, "before/zoneinfo", "Node 0, zone DMA\n", 17, e);
	if (ret >= 0)
		ret = kmw_attach(w, "empty", "", 0, e);
	free(g);
	if (ret < 0) {
		kmw_abort(w);
		return ret;
	}
	kmw_test_summary(&s, counts);
	return kmw_commit(w, &s, e);
}

#endif
