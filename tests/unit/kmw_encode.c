// SPDX-License-Identifier: GPL-2.0-or-later
/* The columnar form: every field of every record survives, the size keeps its promise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kmw_records.h"
#include "workload/kmw_block.h"

struct state {
	struct kmw_encoder *encoder;
	struct kmw_decoder *decoder;
	struct request in[KMW_BLOCK_RECORDS], out[KMW_BLOCK_RECORDS];
	uint8_t *raw;
};

static int setup(void **state)
{
	struct state *s = calloc(1, sizeof(*s));

	s->encoder = kmw_encoder_new();
	s->decoder = kmw_decoder_new();
	*state = s;
	return s->encoder && s->decoder ? 0 : -1;
}

static int teardown(void **state)
{
	struct state *s = *state;

	kmw_encoder_free(s->encoder);
	kmw_decoder_free(s->decoder);
	free(s);
	return 0;
}

/* Encode in[0..n) and decode it again; the encoded length. */
static size_t round_trip(struct state *s, uint32_t n, struct kmw_head *h)
{
	struct err e = { 0 };
	const uint8_t *raw;
	size_t len;

	for (uint32_t i = 0; i < n; i++)
		if (kmw_encoder_put(s->encoder, &s->in[i], &e) != (int)i + 1)
			fail_msg("record %u: %s", i, e.text);
	raw = kmw_encoder_finish(s->encoder, h, &len);
	assert_int_equal(h->records, n);
	s->raw = calloc(1, len + KMW_DECODE_SLACK);
	assert_non_null(s->raw);
	memcpy(s->raw, raw, len);
	if (kmw_decode(s->decoder, h, s->raw, len, s->out, &e))
		fail_msg("%s", e.text);
	free(s->raw);
	for (uint32_t i = 0; i < n; i++)
		if (!kmw_same_record(&s->in[i], &s->out[i]))
			fail_msg("record %u of %u differs", i, n);
	return len;
}

static void test_extremes(void **state)
{
	struct state *s = *state;
	uint64_t seed = 88172645463325252u;
	struct kmw_head h;

	for (unsigned round = 0; round < 40; round++) {
		uint32_t n = round < 20 ? round + 1 : 1 + kmw_random(&seed) % KMW_BLOCK_RECORDS;
		uint64_t first = UINT64_MAX, last = 0;
		uint32_t observations = 0, slots = 0, cpus = 0;

		if (round == 39)
			n = KMW_BLOCK_RECORDS;
		for (uint32_t i = 0; i < n; i++) {
			struct request *r = &s->in[i];

			/* Now and then the one before it, with one thing changed. */
			if (i && round % 2 && kmw_random(&seed) % 4) {
				*r = s->in[kmw_random(&seed) % i];
				r->seq = s->in[i - 1].seq + 1;
				r->addr += kmw_random(&seed) % 3 * 8;
			} else {
				kmw_random_record(r, &seed);
			}
			first = r->time < first ? r->time : first;
			last = r->time > last ? r->time : last;
			observations += request_is_observation(r);
			if (r->slot != NO_SLOT && r->slot >= slots)
				slots = r->slot + 1;
			cpus = r->cpu >= cpus ? r->cpu + 1u : cpus;
		}
		round_trip(s, n, &h);
		assert_int_equal(h.first, first);
		assert_int_equal(h.last, last);
		assert_int_equal(h.observations, observations);
		assert_int_equal(h.slots, slots);
		assert_int_equal(h.cpus, cpus);
	}
}

/* Each field alone at its extremes, everything else zero. */
static void test_one_field(void **state)
{
	static const uint64_t values[] = { 0,	       1,	   127,	       128,
					   255,	       256,	   65535,      65536,
					   0xffffff,   0x1000000,  INT32_MAX,  0x80000000,
					   UINT32_MAX, 1ull << 55, 1ull << 56, INT64_MAX,
					   1ull << 63, UINT64_MAX };
	struct state *s = *state;
	struct kmw_head h;
	uint32_t n = 0;

	for (unsigned field = 0; field < 6; field++)
		for (unsigned i = 0; i < sizeof(values) / sizeof(*values); i++) {
			struct request *r = &s->in[n++];

			memset(r, 0, sizeof(*r));
			r->slot = NO_SLOT;
			r->pfn = KMM_NO_PFN;
			r->time = field == 0 ? values[i] : 0;
			r->seq = field == 1 ? values[i] : 0;
			r->addr = field == 2 ? values[i] : 0;
			r->pid = field == 3 ? (int32_t)values[i] : 0;
			if (field == 4)
				r->slot = (uint32_t)values[i];
			if (field == 5)
				r->pfn = (uint32_t)values[i];
		}
	round_trip(s, n, &h);
}

/* More signatures than one byte can name, and as many as there are records. */
static void test_many_signatures(void **state)
{
	struct state *s = *state;
	struct kmw_head h;

	for (uint32_t i = 0; i < KMW_BLOCK_RECORDS; i++) {
		memset(&s->in[i], 0, sizeof(s->in[i]));
		s->in[i].sig.op = REQ_OBJ_ALLOC;
		s->in[i].sig.site = i;
	}
	round_trip(s, KMW_BLOCK_RECORDS, &h);
	for (uint32_t i = 0; i < KMW_BLOCK_RECORDS; i++)
		s->in[i].sig.site = i % 300;
	round_trip(s, KMW_BLOCK_RECORDS, &h);
}

/* A kernel-like stream takes at most 8 bytes a record before it is even packed. */
static void test_size(void **state)
{
	struct state *s = *state;
	static struct kmw_stream g = { .seed = 1 };
	struct kmw_head h;

	for (uint32_t i = 0; i < KMW_BLOCK_RECORDS; i++)
		kmw_next_record(&g, &s->in[i]);
	assert_in_range(round_trip(s, KMW_BLOCK_RECORDS, &h), 1, 8 * KMW_BLOCK_RECORDS);
}

static void refuse(struct state *s, const struct request *r, const char *what)
{
	struct err e = { 0 };

	assert_true(kmw_encoder_put(s->encoder, r, &e) < 0);
	if (!strstr(e.text, what))
		fail_msg("'%s' does not say '%s'", e.text, what);
}

/* What nobody could use as an index is refused, and leaves the encoder as it was. */
static void test_refused(void **state)
{
	struct state *s = *state;
	struct request good, r;
	struct kmw_head h;

	memset(&good, 0, sizeof(good));
	r = good;
	r.cpu = KMM_CPUS;
	refuse(s, &r, "CPU 1024");
	r = good;
	r.sig.op = REQUEST_OP_COUNT;
	refuse(s, &r, "operation");
	r = good;
	r.sig.owner = REQUEST_OWNER_COUNT;
	refuse(s, &r, "owner");
	r = good;
	r.sig.order = KMM_ORDERS;
	refuse(s, &r, "order 12");
	r.sig.op = OBS_RECLAIM; /* its order is not a block's */
	s->in[0] = r;
	r = good;
	r.sig.op = OBS_PCPU_DRAIN;
	r.sig.type = KMM_MIGRATETYPES;
	refuse(s, &r, "migrate type 6");
	r = good;
	r.sig.op = OBS_EXTFRAG;
	r.sig.aux = 200;
	refuse(s, &r, "order 200");
	r.sig.aux = 0;
	r.sig.aux2 = 0x80 | 99;
	refuse(s, &r, "migrate type 99");
	round_trip(s, 1, &h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_extremes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_field, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_signatures, setup, teardown),
		cmocka_unit_test_setup_teardown(test_size, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	};

	return cmocka_run_group_tests_name("kmw_encode", tests, NULL, NULL);
}
