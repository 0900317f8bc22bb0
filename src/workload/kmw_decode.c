// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "workload/kmw_block.h"
#include "workload/kmw_section.h"

struct signature {
	struct request_sig sig;
	uint64_t last;	   /* address (rotated) or page frame of its last record */
	uint64_t last_pfn; /* where it has both */
	uint8_t shape;	   /* enum kmw_shape */
};

struct kmw_decoder {
	uint16_t cpu[KMM_CPUS];
	int32_t pid[KMM_CPUS];
	struct signature sig[KMW_BLOCK_RECORDS];
};

/* Where the columns of a block are. */
struct columns {
	uint32_t signatures, cpus;
	const uint8_t *control, *codes, *end[KMW_COLUMNS];
	const uint8_t *at[KMW_COLUMNS];
};

void kmw_head_load(struct kmw_head *h, const uint8_t in[KMW_HEAD_LEN])
{
	h->first = kmw_load64(in);
	h->last = kmw_load64(in + 8);
	h->ordinal = kmw_load64(in + 16);
	h->events = kmw_load64(in + 24);
	h->records = kmw_load32(in + 32);
	h->observations = kmw_load32(in + 36);
	h->slots = kmw_load32(in + 40);
	h->cpus = kmw_load32(in + 44);
}

struct kmw_decoder *kmw_decoder_new(void)
{
	return calloc(1, sizeof(struct kmw_decoder));
}

void kmw_decoder_free(struct kmw_decoder *d)
{
	free(d);
}

static int damaged(struct err *e, const char *what)
{
	return err_set(e, EBADMSG, "%s", what);
}

/* ---- the tables ---- */

static const uint8_t *get(const uint8_t *p, const uint8_t *end, uint64_t *v)
{
	return p < end ? p + kmw_varint_get(p, v) : end + 1;
}

static int load_signatures(struct kmw_decoder *d, const uint8_t *p, const uint8_t *end, uint32_t n,
			   struct err *e)
{
	uint64_t v = 0, site = 0, cache = 0;
	uint32_t gfp = 0;

	for (uint32_t i = 0; i < n; i++) {
		p = get(p, end, &v);
		site += kmw_unzigzag(v);
		d->sig[i].sig.site = site;
	}
	for (uint32_t i = 0; i < n; i++) {
		p = get(p, end, &v);
		d->sig[i].sig.bytes_req = (uint32_t)v;
	}
	for (uint32_t i = 0; i < n; i++) {
		p = get(p, end, &v);
		d->sig[i].sig.bytes_alloc = (uint32_t)(d->sig[i].sig.bytes_req + kmw_unzigzag(v));
	}
	for (uint32_t i = 0; i < n; i++) {
		p = get(p, end, &v);
		gfp ^= (uint32_t)v;
		d->sig[i].sig.gfp = gfp;
	}
	for (uint32_t i = 0; i < n; i++) {
		p = get(p, end, &v);
		cache += kmw_unzigzag(v);
		d->sig[i].sig.cache = (uint32_t)cache;
	}
	for (uint32_t i = 0; i < n; i++) {
		p = get(p, end, &v);
		d->sig[i].sig.own_obs = (uint32_t)v;
	}
	if (p > end || (uint64_t)(end - p) != (uint64_t)n * 9)
		return damaged(e, "the signature table has a wrong length");
	for (uint32_t i = 0; i < n; i++, p += 9) {
		struct request_sig *s = &d->sig[i].sig;

		s->op = p[0];
		s->flags = p[1];
		s->order = p[2];
		s->type = p[3];
		s->owner = p[4];
		s->aux = p[5];
		s->aux2 = p[6];
		s->node = (int8_t)p[7];
		d->sig[i].shape = p[8];
		d->sig[i].last = d->sig[i].last_pfn = 0;
		if (kmw_signature_check(s, e) < 0)
			return -EINVAL;
		if (p[8] & ~KMW_SHAPES)
			return damaged(e, "a signature of unknown shape");
	}
	return 0;
}

static int load_tables(struct kmw_decoder *d, const struct kmw_head *h, const uint8_t *raw,
		       size_t len, struct columns *c, struct err *e)
{
	uint64_t need = KMW_BLOCK_HEAD + 2ull * h->records;
	uint32_t table, n;
	const uint8_t *p = raw + KMW_BLOCK_HEAD;
	int ret;

	if (len < KMW_BLOCK_HEAD)
		return damaged(e, "a block too short for its header");
	c->signatures = kmw_load32(raw);
	c->cpus = kmw_load32(raw + 4);
	table = kmw_load32(raw + 8);
	need += table + 2ull * c->cpus;
	for (unsigned k = 0; k < KMW_COLUMNS; k++)
		need += kmw_load32(raw + 12 + 4 * k);
	if (need != len || c->signatures > h->records || c->cpus > KMM_CPUS || !c->signatures ||
	    !c->cpus)
		return damaged(e, "the columns of a block do not fill it");
	ret = load_signatures(d, p, p + table, c->signatures, e);
	if (ret)
		return ret;
	p += table;
	for (uint32_t i = 0; i < c->cpus; i++, p += 2) {
		d->cpu[i] = kmw_load16(p);
		d->pid[i] = 0;
		if (d->cpu[i] >= KMM_CPUS || d->cpu[i] >= h->cpus)
			return damaged(e, "a CPU beyond the block's last");
	}
	c->control = p;
	c->codes = p + h->records;
	p += 2 * (size_t)h->records;
	for (unsigned k = 0; k < KMW_COLUMNS; k++) {
		n = kmw_load32(raw + 12 + 4 * k);
		c->at[k] = p;
		p += n;
		c->end[k] = p;
	}
	return 0;
}

/* ---- the records ---- */

static const uint64_t time_mask[4] = { 0xff, 0xffff, 0xffffff, UINT64_MAX };
static const uint8_t time_len[4] = { 1, 2, 3, 8 };
static const uint32_t slot_mask[4] = { 0xff, 0xffff, 0xffffff, UINT32_MAX };

/*
 * Reads beyond the end of a column where the file is wrong, into the next one
 * or the slack; no read depends on what was found there but through the checked
 * indices.  That a column was not used up exactly is found out at the end.
 */
int kmw_decode(struct kmw_decoder *d, const struct kmw_head *h, const uint8_t *raw, size_t len,
	       struct request *out, struct err *e)
{
	uint32_t cpu = 0, other = 0, slot = 0, slots = 0, wrong = 0;
	const uint8_t *code, *time, *cpu_at, *pid, *seq_at, *slot_at, *place;
	uint64_t now = 0, seq = UINT64_MAX;
	struct columns c = { 0 };
	int ret;

	if (!h->records || h->records > KMW_BLOCK_RECORDS)
		return damaged(e, "a block of no or too many records");
	ret = load_tables(d, h, raw, len, &c, e);
	if (ret)
		return ret;
	code = c.at[KMW_COLUMN_CODES];
	time = c.at[KMW_COLUMN_TIME];
	cpu_at = c.at[KMW_COLUMN_CPU];
	pid = c.at[KMW_COLUMN_PID];
	seq_at = c.at[KMW_COLUMN_SEQ];
	slot_at = c.at[KMW_COLUMN_SLOT];
	place = c.at[KMW_COLUMN_PLACE];
	for (uint32_t i = 0; i < h->records; i++) {
		struct request *q = &out[i];
		unsigned control = c.control[i], k = control & KMW_TIME, skip;
		uint32_t n = c.codes[i], v32, has;
		struct signature *s;
		uint64_t v, mask;

		if (__builtin_expect(n == KMW_CODE_LONG, 0)) {
			n = kmw_load16(code);
			code += 2;
		}
		wrong |= n >= c.signatures;
		s = &d->sig[n < c.signatures ? n : 0];
		q->sig = s->sig;

		now += kmw_unzigzag(kmw_load64(time) & time_mask[k]);
		time += time_len[k];
		q->time = now;

		if (control & (KMW_CPU_OTHER | KMW_CPU_GIVEN)) {
			uint32_t next = other;

			if (control & KMW_CPU_GIVEN) {
				next = kmw_load16(cpu_at);
				cpu_at += 2;
				wrong |= next >= c.cpus || control & KMW_CPU_OTHER;
				next = next < c.cpus ? next : 0;
			}
			other = cpu;
			cpu = next;
		}
		q->cpu = d->cpu[cpu];
		if (__builtin_expect(control & KMW_PID_GIVEN, 0)) {
			d->pid[cpu] = (int32_t)kmw_load32(pid);
			pid += 4;
		}
		q->pid = d->pid[cpu];

		seq++;
		if (control & KMW_SEQ_GIVEN) {
			seq_at += kmw_varint_get(seq_at, &v);
			seq += kmw_unzigzag(v);
		}
		q->seq = seq;

		k = (control & KMW_SLOT) >> 2;
		has = -(uint32_t)(s->shape & KMW_HAS_SLOT);
		v32 = kmw_load32(slot_at) & slot_mask[k] & has;
		slot += v32 >> 1 ^ -(v32 & 1);
		slot_at += (k + 1) & has;
		q->slot = slot | ~has;
		slots = (slot & has) > slots ? slot & has : slots;

		skip = kmw_varint_get(place, &v);
		mask = -(uint64_t)(s->shape > KMW_HAS_SLOT);
		place += skip & mask;
		s->last += kmw_unzigzag(v) & mask;
		mask = -(uint64_t)((s->shape & KMW_HAS_ADDR) / KMW_HAS_ADDR);
		q->addr = (s->last << 3 | s->last >> 61) & mask;
		has = -(uint32_t)((s->shape & KMW_HAS_PFN) / KMW_HAS_PFN);
		q->pfn = (uint32_t)s->last | ~has;
		if (__builtin_expect(s->shape >= (KMW_HAS_ADDR | KMW_HAS_PFN), 0)) {
			place += kmw_varint_get(place, &v);
			s->last_pfn += kmw_unzigzag(v);
			q->pfn = (uint32_t)s->last_pfn;
		}
	}
	if (wrong)
		return damaged(e, "a record names what its block does not have");
	if (code != c.end[KMW_COLUMN_CODES] || time != c.end[KMW_COLUMN_TIME] ||
	    cpu_at != c.end[KMW_COLUMN_CPU] || pid != c.end[KMW_COLUMN_PID] ||
	    seq_at != c.end[KMW_COLUMN_SEQ] || slot_at != c.end[KMW_COLUMN_SLOT] ||
	    place != c.end[KMW_COLUMN_PLACE])
		return damaged(e, "the columns of a block do not fit its records");
	if (slots >= h->slots && (slots || h->slots))
		return damaged(e, "a record names a slot beyond the block's highest");
	return 0;
}
