// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "workload/kmw_block.h"
#include "workload/kmw_section.h"

#define TABLE_BITS 15 /* places of the signature table: twice as many as records */
#define CPU_NONE 0xffff

/* A cache line's length, so that those in use take few of them. */
struct signature {
	struct request_sig sig;
	uint64_t tail;	   /* own_obs, and above it the shape: what words.w ends with */
	uint64_t last;	   /* address (rotated) or page frame of its last record */
	uint32_t last_pfn; /* where it has both */
	uint32_t count;
};

static inline uint32_t shape_of(const struct signature *s)
{
	return (uint32_t)(s->tail >> 32); /* enum kmw_shape */
}

struct kmw_encoder {
	uint32_t n, signatures, cpus;
	/* Of the record before: */
	uint64_t time, seq;
	uint32_t slot;
	uint32_t cpu, cpu_index, other_index;
	/* The extremes of the block's times and ordinals, where the records do not ascend. */
	uint64_t first, last, max_seq;
	uint32_t max_slot, max_cpu;
	uint8_t *at[KMW_COLUMNS];     /* where the next value goes */
	uint8_t *column[KMW_COLUMNS]; /* starts */
	uint8_t *memory, *out;
	uint16_t *cpu_of;	     /* [cpus] index -> CPU */
	int32_t *pid;		     /* [cpus] of the last record on that CPU */
	uint16_t index_of[KMM_CPUS]; /* CPU -> index */
	uint8_t control[KMW_BLOCK_RECORDS];
	uint16_t code[KMW_BLOCK_RECORDS];
	uint16_t rank[KMW_BLOCK_RECORDS];
	uint64_t order[KMW_BLOCK_RECORDS];
	uint16_t table[1 << TABLE_BITS]; /* signature number + 1, 0 free */
	struct signature sig[KMW_BLOCK_RECORDS];
};

_Static_assert(offsetof(struct request_sig, bytes_req) == 8 &&
		       offsetof(struct request_sig, gfp) == 16 &&
		       offsetof(struct request_sig, op) == 24 &&
		       offsetof(struct request_sig, own_obs) == 32,
	       "signatures are compared in words: there must be no padding before own_obs");

/* Most bytes of a record in a column, and of a signature in the table. */
static const uint8_t column_width[KMW_COLUMNS] = {
	[KMW_COLUMN_CODES] = 2,	 [KMW_COLUMN_TIME] = 8, [KMW_COLUMN_CPU] = 2,
	[KMW_COLUMN_PID] = 4,	 [KMW_COLUMN_SEQ] = 9,	[KMW_COLUMN_SLOT] = 4,
	[KMW_COLUMN_PLACE] = 18,
};
#define SIGNATURE_WIDTH 64
#define COLUMN_SLACK 16 /* values are stored eight bytes at a time */

void kmw_head_store(uint8_t out[KMW_HEAD_LEN], const struct kmw_head *h)
{
	kmw_store64(out, h->first);
	kmw_store64(out + 8, h->last);
	kmw_store64(out + 16, h->ordinal);
	kmw_store64(out + 24, h->events);
	kmw_store32(out + 32, h->records);
	kmw_store32(out + 36, h->observations);
	kmw_store32(out + 40, h->slots);
	kmw_store32(out + 44, h->cpus);
}

int kmw_signature_check(const struct request_sig *s, struct err *e)
{
	bool page = s->op <= REQ_PAGE_BULK || (s->op >= OBS_ZONE_LOCKED && s->op <= OBS_EXTFRAG);

	if (s->op >= REQUEST_OP_COUNT)
		return err_set(e, EINVAL, "a record of the unknown operation %u", s->op);
	if (s->owner >= REQUEST_OWNER_COUNT)
		return err_set(e, EINVAL, "a record of the unknown owner %u", s->owner);
	if (page && (s->order >= KMM_ORDERS || (s->op == OBS_EXTFRAG && s->aux >= KMM_ORDERS)))
		return err_set(e, EINVAL, "a block of order %u",
			       s->order >= KMM_ORDERS ? s->order : s->aux);
	if (page && (s->type >= KMM_MIGRATETYPES ||
		     (s->op == OBS_EXTFRAG && (s->aux2 & 0x7f) >= KMM_MIGRATETYPES)))
		return err_set(e, EINVAL, "an unknown migrate type %u",
			       s->type >= KMM_MIGRATETYPES ? s->type : s->aux2 & 0x7f);
	return 0;
}

static void start_block(struct kmw_encoder *c)
{
	for (uint32_t i = 0; i < c->cpus; i++)
		c->index_of[c->cpu_of[i]] = CPU_NONE;
	memset(c->table, 0, sizeof(c->table));
	memcpy(c->at, c->column, sizeof(c->at));
	c->n = c->signatures = c->cpus = 0;
	c->time = 0;
	c->seq = UINT64_MAX;
	c->slot = 0;
	c->cpu = UINT32_MAX;
	c->cpu_index = c->other_index = 0;
	c->first = c->last = c->max_seq = 0;
	c->max_slot = c->max_cpu = 0;
}

struct kmw_encoder *kmw_encoder_new(void)
{
	struct kmw_encoder *c = calloc(1, sizeof(*c));
	size_t size = 0;

	if (!c)
		return NULL;
	for (unsigned k = 0; k < KMW_COLUMNS; k++)
		size += (size_t)KMW_BLOCK_RECORDS * column_width[k] + COLUMN_SLACK;
	c->memory = malloc(size);
	c->out = malloc(KMW_BODY_MAX);
	c->cpu_of = malloc(KMM_CPUS * sizeof(*c->cpu_of));
	c->pid = malloc(KMM_CPUS * sizeof(*c->pid));
	if (!c->memory || !c->out || !c->cpu_of || !c->pid) {
		kmw_encoder_free(c);
		return NULL;
	}
	size = 0;
	for (unsigned k = 0; k < KMW_COLUMNS; k++) {
		c->column[k] = c->memory + size;
		size += (size_t)KMW_BLOCK_RECORDS * column_width[k] + COLUMN_SLACK;
	}
	memset(c->index_of, 0xff, sizeof(c->index_of));
	start_block(c);
	return c;
}

void kmw_encoder_free(struct kmw_encoder *c)
{
	if (!c)
		return;
	free(c->memory);
	free(c->out);
	free(c->cpu_of);
	free(c->pid);
	free(c);
}

/* ---- one record ---- */

/* The signature in words: the last one is what stands behind the fields that are all in use. */
struct words {
	uint64_t w[5];
};

static inline uint64_t word(const struct request_sig *s, unsigned i)
{
	uint64_t v;

	memcpy(&v, (const uint8_t *)s + 8 * i, sizeof(v));
	return v;
}

static inline struct words words_of(const struct request *r, uint32_t shape)
{
	const struct request_sig *s = &r->sig;

	return (struct words){ { word(s, 0), word(s, 1), word(s, 2), word(s, 3),
				 s->own_obs | (uint64_t)shape << 32 } };
}

static inline bool same_signature(const struct signature *s, const struct words *x)
{
	return !((word(&s->sig, 0) ^ x->w[0]) | (word(&s->sig, 1) ^ x->w[1]) |
		 (word(&s->sig, 2) ^ x->w[2]) | (word(&s->sig, 3) ^ x->w[3]) | (s->tail ^ x->w[4]));
}

static inline uint64_t turned(uint64_t v, unsigned bits)
{
	return v << bits | v >> (64 - bits);
}

/*
 * The first places of a signature in the table.  The words are turned so that the bits that vary from
 * one to the next stand in different places; the factor is odd and without a pattern.
 */
static inline uint32_t place_of(const struct words *x)
{
	uint64_t h = x->w[0] ^ turned(x->w[1], 17) ^ turned(x->w[2], 31) ^ turned(x->w[3], 47) ^
		     x->w[4] << 11;

	return (uint32_t)(h * 0x9e3779b97f4a7c15u >> (64 - TABLE_BITS));
}

static __attribute__((noinline)) int32_t add_signature(struct kmw_encoder *c,
						       const struct request *r, uint32_t shape,
						       uint32_t at, struct err *e)
{
	struct signature *s = &c->sig[c->signatures];

	if (kmw_signature_check(&r->sig, e) < 0)
		return -EINVAL;
	memset(s, 0, sizeof(*s));
	s->sig = r->sig;
	s->tail = words_of(r, shape).w[4];
	c->table[at] = (uint16_t)++c->signatures;
	return (int32_t)c->signatures - 1;
}

/* The number of the record's signature, which is added if it is new; -EINVAL: it may not be stored. */
static inline int32_t signature_of(struct kmw_encoder *c, const struct request *r, uint32_t shape,
				   struct err *e)
{
	struct words x = words_of(r, shape);
	uint32_t at = place_of(&x), n;

	for (; (n = c->table[at]) != 0; at = (at + 1) & ((1 << TABLE_BITS) - 1))
		if (__builtin_expect(same_signature(&c->sig[n - 1], &x), 1))
			return (int32_t)n - 1;
	return add_signature(c, r, shape, at, e);
}

/* A record before the one before it: what ascends no more does not end with its highest value. */
static __attribute__((noinline)) void note_time(struct kmw_encoder *c, uint64_t time)
{
	if (!c->n || time < c->first)
		c->first = time;
	if (c->time > c->last)
		c->last = c->time;
}

static __attribute__((noinline)) void put_seq(struct kmw_encoder *c, uint64_t seq)
{
	if (c->n && c->seq > c->max_seq)
		c->max_seq = c->seq;
	c->at[KMW_COLUMN_SEQ] += kmw_varint_put(c->at[KMW_COLUMN_SEQ],
						kmw_zigzag(seq - c->seq - 1));
}

/* The record stands on another CPU than the one before it; control bits, or a negative errno. */
static __attribute__((noinline)) int change_cpu(struct kmw_encoder *c, const struct request *r,
						struct err *e)
{
	uint32_t index, other = c->other_index;
	bool first = c->cpu == UINT32_MAX;

	if (r->cpu >= KMM_CPUS)
		return err_set(e, EINVAL, "CPU %u is beyond the last one, %d", r->cpu,
			       KMM_CPUS - 1);
	index = c->index_of[r->cpu];
	if (index == CPU_NONE) {
		index = c->cpus++;
		c->index_of[r->cpu] = (uint16_t)index;
		c->cpu_of[index] = r->cpu;
		c->pid[index] = 0;
		if (r->cpu >= c->max_cpu)
			c->max_cpu = r->cpu;
	}
	c->cpu = r->cpu;
	if (first) /* index 0, where the decoder starts too */
		return 0;
	c->other_index = c->cpu_index;
	c->cpu_index = index;
	if (index == other)
		return KMW_CPU_OTHER;
	kmw_store16(c->at[KMW_COLUMN_CPU], (uint16_t)index);
	c->at[KMW_COLUMN_CPU] += 2;
	return KMW_CPU_GIVEN;
}

/* One less than the bytes of a value; 3 for all that needs more than three. */
static inline unsigned size_class(uint64_t v)
{
	unsigned k = (unsigned)(63 - __builtin_clzll(v | 1)) >> 3;

	return k < 3 ? k : 3;
}

static void put_place(struct kmw_encoder *c, struct signature *s, const struct request *r)
{
	uint8_t *p = c->at[KMW_COLUMN_PLACE];
	uint64_t v;

	if (shape_of(s) & KMW_HAS_ADDR) {
		/* Addresses are mostly multiples of 8: rotated, their differences are small. */
		v = r->addr >> 3 | r->addr << 61;
		p += kmw_varint_put(p, kmw_zigzag(v - s->last));
		s->last = v;
		if (shape_of(s) & KMW_HAS_PFN) {
			p += kmw_varint_put(p, kmw_zigzag((uint64_t)r->pfn - s->last_pfn));
			s->last_pfn = r->pfn;
		}
	} else {
		p += kmw_varint_put(p, kmw_zigzag(r->pfn - s->last));
		s->last = r->pfn;
	}
	c->at[KMW_COLUMN_PLACE] = p;
}

int kmw_encoder_put(struct kmw_encoder *c, const struct request *r, struct err *e)
{
	static const uint8_t time_len[] = { 1, 2, 3, 8 };
	uint32_t shape = (r->slot != NO_SLOT ? KMW_HAS_SLOT : 0u) | (r->addr ? KMW_HAS_ADDR : 0u) |
			 (r->pfn != KMM_NO_PFN ? KMW_HAS_PFN : 0u);
	uint64_t dt = kmw_zigzag(r->time - c->time);
	uint32_t n = c->n, delta;
	struct signature *s;
	unsigned control, k;
	int32_t code;

	control = k = size_class(dt);
	if (__builtin_expect(r->cpu != c->cpu, 0)) {
		int bits = change_cpu(c, r, e);

		if (bits < 0)
			return bits;
		control |= (unsigned)bits;
	}
	code = signature_of(c, r, shape, e);
	if (code < 0)
		return code;
	s = &c->sig[code];
	s->count++;
	c->code[n] = (uint16_t)code;

	kmw_store64(c->at[KMW_COLUMN_TIME], dt);
	c->at[KMW_COLUMN_TIME] += time_len[k];
	if (__builtin_expect(!n || r->time < c->time, 0))
		note_time(c, r->time);
	c->time = r->time;
	if (r->pid != c->pid[c->cpu_index]) {
		control |= KMW_PID_GIVEN;
		kmw_store32(c->at[KMW_COLUMN_PID], (uint32_t)r->pid);
		c->at[KMW_COLUMN_PID] += 4;
		c->pid[c->cpu_index] = r->pid;
	}
	if (r->seq != c->seq + 1) {
		control |= KMW_SEQ_GIVEN;
		put_seq(c, r->seq);
	}
	c->seq = r->seq;
	if (shape & KMW_HAS_SLOT) {
		delta = r->slot - c->slot;
		delta = delta << 1 ^ (uint32_t)((int32_t)delta >> 31);
		k = size_class(delta);
		control |= k << 2;
		kmw_store32(c->at[KMW_COLUMN_SLOT], delta);
		c->at[KMW_COLUMN_SLOT] += k + 1;
		c->slot = r->slot;
		if (r->slot >= c->max_slot)
			c->max_slot = r->slot + 1;
	}
	if (shape & (KMW_HAS_ADDR | KMW_HAS_PFN))
		put_place(c, s, r);
	c->control[n] = (uint8_t)control;
	c->n = n + 1;
	return (int)c->n;
}

uint32_t kmw_encoder_count(const struct kmw_encoder *c)
{
	return c->n;
}

/* ---- the end of a block ---- */

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Frequent signatures get low numbers, which take one byte. */
static uint32_t rank_signatures(struct kmw_encoder *c)
{
	uint32_t observations = 0;

	for (uint32_t i = 0; i < c->signatures; i++) {
		c->order[i] = (uint64_t)(KMW_BLOCK_RECORDS - c->sig[i].count) << 32 | i;
		if (c->sig[i].sig.op >= OBS_ZONE_LOCKED)
			observations += c->sig[i].count;
	}
	qsort(c->order, c->signatures, sizeof(*c->order), by_value);
	for (uint32_t i = 0; i < c->signatures; i++)
		c->rank[(uint32_t)c->order[i]] = (uint16_t)i;
	return observations;
}

static const struct signature *ranked(const struct kmw_encoder *c, uint32_t rank)
{
	return &c->sig[(uint32_t)c->order[rank]];
}

/* Field by field, so that like stands beside like. */
static uint8_t *store_signatures(const struct kmw_encoder *c, uint8_t *p)
{
	uint64_t site = 0;
	uint32_t gfp = 0, cache = 0;

	for (uint32_t i = 0; i < c->signatures; i++) {
		p += kmw_varint_put(p, kmw_zigzag(ranked(c, i)->sig.site - site));
		site = ranked(c, i)->sig.site;
	}
	for (uint32_t i = 0; i < c->signatures; i++)
		p += kmw_varint_put(p, ranked(c, i)->sig.bytes_req);
	for (uint32_t i = 0; i < c->signatures; i++) {
		const struct request_sig *s = &ranked(c, i)->sig;

		p += kmw_varint_put(p, kmw_zigzag((uint64_t)s->bytes_alloc - s->bytes_req));
	}
	for (uint32_t i = 0; i < c->signatures; i++) {
		p += kmw_varint_put(p, ranked(c, i)->sig.gfp ^ gfp);
		gfp = ranked(c, i)->sig.gfp;
	}
	for (uint32_t i = 0; i < c->signatures; i++) {
		p += kmw_varint_put(p, kmw_zigzag((uint64_t)ranked(c, i)->sig.cache - cache));
		cache = ranked(c, i)->sig.cache;
	}
	for (uint32_t i = 0; i < c->signatures; i++)
		p += kmw_varint_put(p, ranked(c, i)->sig.own_obs);
	for (uint32_t i = 0; i < c->signatures; i++) {
		const struct request_sig *s = &ranked(c, i)->sig;

		p[0] = s->op;
		p[1] = s->flags;
		p[2] = s->order;
		p[3] = s->type;
		p[4] = s->owner;
		p[5] = s->aux;
		p[6] = s->aux2;
		p[7] = (uint8_t)s->node;
		p[8] = (uint8_t)shape_of(ranked(c, i));
		p += 9;
	}
	return p;
}

static uint8_t *store_codes(struct kmw_encoder *c, uint8_t *p)
{
	for (uint32_t i = 0; i < c->n; i++) {
		uint16_t rank = c->rank[c->code[i]];

		if (rank < KMW_CODE_LONG) {
			p[i] = (uint8_t)rank;
			continue;
		}
		p[i] = KMW_CODE_LONG;
		kmw_store16(c->at[KMW_COLUMN_CODES], rank);
		c->at[KMW_COLUMN_CODES] += 2;
	}
	return p + c->n;
}

static uint64_t highest(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

const uint8_t *kmw_encoder_finish(struct kmw_encoder *c, struct kmw_head *h, size_t *len)
{
	uint8_t *p = c->out + KMW_BLOCK_HEAD, *table = p;

	_Static_assert(KMW_BLOCK_HEAD + KMW_BLOCK_RECORDS * (SIGNATURE_WIDTH + 2 + 47) +
				       KMM_CPUS * 2 + 64 <=
			       KMW_BODY_MAX,
		       "the largest block must fit a section");
	memset(h, 0, sizeof(*h));
	h->records = c->n;
	h->first = c->first;
	h->last = highest(c->time, c->last);
	h->events = highest(c->n ? c->seq : 0, c->max_seq);
	h->events += h->events != UINT64_MAX;
	h->slots = c->max_slot;
	h->cpus = c->max_cpu + 1;
	h->observations = rank_signatures(c);
	p = store_signatures(c, p);
	kmw_store32(c->out, c->signatures);
	kmw_store32(c->out + 4, c->cpus);
	kmw_store32(c->out + 8, (uint32_t)(p - table));
	for (uint32_t i = 0; i < c->cpus; i++, p += 2)
		kmw_store16(p, c->cpu_of[i]);
	memcpy(p, c->control, c->n);
	p = store_codes(c, p + c->n);
	for (unsigned k = 0; k < KMW_COLUMNS; k++) {
		size_t n = (size_t)(c->at[k] - c->column[k]);

		kmw_store32(c->out + 12 + 4 * k, (uint32_t)n);
		memcpy(p, c->column[k], n);
		p += n;
	}
	*len = (size_t)(p - c->out);
	start_block(c);
	return c->out;
}
