// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/kmw_block.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "workload/varint.h"

#define TABLE (2 * KMW_BLOCK_RECORDS)
#define CPUS 256 /* memories of the last pid; CPUs share one by number modulo this */
#define SIG_MAX (16 * VARINT_MAX)

/* What a record leaves out, because it follows from those before it. */
enum {
	SAME_CPU = 1 << 0,
	SAME_PID = 1 << 1,  /* as the last record of this CPU */
	HAS_SLOT = 1 << 2,
	HAS_PFN = 1 << 3,
	HAS_ADDR = 1 << 4,
	NEXT_SEQ = 1 << 5,  /* one more than the record before */
	SAME_SEQ = 1 << 6,
};

enum column { COL_SIG, COL_FLAGS, COL_TIME, COL_CPU, COL_PID, COL_SLOT, COL_PFN, COL_ADDR, COL_SEQ, COLUMNS };

/* What both sides remember from record to record. */
struct memory {
	uint64_t time, seq;
	uint32_t cpu, slot;
	uint32_t pid[CPUS];
	uint32_t pfn[REQUEST_OP_COUNT];
	uint64_t *addr; /* [signatures] */
};

struct kmw_packer {
	struct request_sig sig[KMW_BLOCK_RECORDS];
	uint64_t last_addr[KMW_BLOCK_RECORDS];
	uint16_t table[TABLE]; /* signature number + 1 */
	uint32_t sigs, count;
	struct memory m;
	uint8_t *column[COLUMNS], *at[COLUMNS];
};

static void memory_reset(struct memory *m, uint64_t *addr)
{
	memset(m, 0, sizeof(*m));
	m->addr = addr;
}

struct kmw_packer *kmw_packer_new(void)
{
	struct kmw_packer *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	for (unsigned c = 0; c < COLUMNS; c++) {
		p->column[c] = p->at[c] = malloc((size_t)KMW_BLOCK_RECORDS * VARINT_MAX);
		if (!p->column[c]) {
			kmw_packer_free(p);
			return NULL;
		}
	}
	memory_reset(&p->m, p->last_addr);
	return p;
}

void kmw_packer_free(struct kmw_packer *p)
{
	if (!p)
		return;
	for (unsigned c = 0; c < COLUMNS; c++)
		free(p->column[c]);
	free(p);
}

uint32_t kmw_packer_count(const struct kmw_packer *p)
{
	return p->count;
}

/* ---- signatures ---- */

static bool same_sig(const struct request_sig *a, const struct request_sig *b)
{
	return a->site == b->site && a->bytes_req == b->bytes_req && a->bytes_alloc == b->bytes_alloc &&
	       a->gfp == b->gfp && a->cache == b->cache && a->op == b->op && a->flags == b->flags &&
	       a->order == b->order && a->type == b->type && a->owner == b->owner && a->aux == b->aux &&
	       a->aux2 == b->aux2 && a->node == b->node && a->own_obs == b->own_obs;
}

static uint32_t hash_sig(const struct request_sig *s)
{
	uint64_t a = s->site ^ ((uint64_t)s->bytes_req << 40 | (uint64_t)s->own_obs << 32 | s->gfp);
	uint64_t b = (uint64_t)s->op | (uint64_t)s->flags << 8 | (uint64_t)s->order << 16 |
		     (uint64_t)s->type << 24 | (uint64_t)s->owner << 32 | (uint64_t)s->aux << 40 |
		     (uint64_t)s->aux2 << 48 | (uint64_t)(uint8_t)s->node << 56;

	b ^= (uint64_t)s->bytes_alloc << 20 ^ (uint64_t)s->cache << 36;
	a = (a ^ b * 0x9e3779b97f4a7c15ull) * 0xff51afd7ed558ccdull;
	return (uint32_t)(a >> 40);
}

static uint32_t sig_number(struct kmw_packer *p, const struct request_sig *s)
{
	uint32_t i = hash_sig(s) % TABLE;

	for (; p->table[i]; i = (i + 1) % TABLE)
		if (same_sig(&p->sig[p->table[i] - 1], s))
			return p->table[i] - 1u;
	p->sig[p->sigs] = *s;
	p->last_addr[p->sigs] = 0;
	p->table[i] = (uint16_t)(++p->sigs);
	return p->sigs - 1;
}

static uint8_t *put_sig(uint8_t *o, const struct request_sig *s)
{
	o = varint_put(o, s->op);
	o = varint_put(o, s->flags);
	o = varint_put(o, s->site);
	o = varint_put(o, s->bytes_req);
	o = varint_put(o, s->bytes_alloc);
	o = varint_put(o, s->gfp);
	o = varint_put(o, s->cache);
	o = varint_put(o, s->order);
	o = varint_put(o, s->type);
	o = varint_put(o, s->owner);
	o = varint_put(o, s->aux);
	o = varint_put(o, s->aux2);
	o = varint_put(o, varint_zigzag(s->node));
	return varint_put(o, s->own_obs);
}

static void get_sig(struct varints *c, struct request_sig *s)
{
	memset(s, 0, sizeof(*s));
	s->op = (uint8_t)varint_get(c);
	s->flags = (uint8_t)varint_get(c);
	s->site = varint_get(c);
	s->bytes_req = (uint32_t)varint_get(c);
	s->bytes_alloc = (uint32_t)varint_get(c);
	s->gfp = (kmm_gfp)varint_get(c);
	s->cache = (uint32_t)varint_get(c);
	s->order = (uint8_t)varint_get(c);
	s->type = (uint8_t)varint_get(c);
	s->owner = (uint8_t)varint_get(c);
	s->aux = (uint8_t)varint_get(c);
	s->aux2 = (uint8_t)varint_get(c);
	s->node = (int8_t)varint_unzigzag(varint_get(c));
	s->own_obs = (uint32_t)varint_get(c);
	if (s->op >= REQUEST_OP_COUNT)
		c->bad = true;
}

/* ---- packing ---- */

static void put(struct kmw_packer *p, enum column c, uint64_t v)
{
	p->at[c] = varint_put(p->at[c], v);
}

void kmw_packer_put(struct kmw_packer *p, const struct request *r)
{
	uint32_t sig = sig_number(p, &r->sig);
	struct memory *m = &p->m;
	unsigned flags = 0;

	put(p, COL_SIG, sig);
	put(p, COL_TIME, varint_zigzag((int64_t)(r->time - m->time)));
	m->time = r->time;
	if (r->cpu == m->cpu) {
		flags |= SAME_CPU;
	} else {
		put(p, COL_CPU, r->cpu);
		m->cpu = r->cpu;
	}
	if ((uint32_t)r->pid == m->pid[r->cpu % CPUS]) {
		flags |= SAME_PID;
	} else {
		put(p, COL_PID, varint_zigzag((int32_t)((uint32_t)r->pid - m->pid[r->cpu % CPUS])));
		m->pid[r->cpu % CPUS] = (uint32_t)r->pid;
	}
	if (r->slot != NO_SLOT) {
		flags |= HAS_SLOT;
		put(p, COL_SLOT, varint_zigzag((int64_t)r->slot - m->slot));
		m->slot = r->slot;
	}
	if (r->pfn != KMM_NO_PFN) {
		flags |= HAS_PFN;
		put(p, COL_PFN, varint_zigzag((int64_t)r->pfn - m->pfn[r->sig.op]));
		m->pfn[r->sig.op] = r->pfn;
	}
	if (r->addr) {
		flags |= HAS_ADDR;
		put(p, COL_ADDR, varint_zigzag((int64_t)(r->addr - m->addr[sig])));
		m->addr[sig] = r->addr;
	}
	if (r->seq == m->seq + 1)
		flags |= NEXT_SEQ;
	else if (r->seq == m->seq)
		flags |= SAME_SEQ;
	else
		put(p, COL_SEQ, varint_zigzag((int64_t)(r->seq - m->seq)));
	m->seq = r->seq;
	*p->at[COL_FLAGS]++ = (uint8_t)flags;
	p->count++;
}

size_t kmw_packer_bound(const struct kmw_packer *p)
{
	size_t n = (2 + COLUMNS) * VARINT_MAX + (size_t)p->sigs * SIG_MAX;

	for (unsigned c = 0; c < COLUMNS; c++)
		n += (size_t)(p->at[c] - p->column[c]);
	return n;
}

size_t kmw_packer_finish(struct kmw_packer *p, uint8_t *out)
{
	uint8_t *o = varint_put(varint_put(out, p->count), p->sigs);

	for (uint32_t i = 0; i < p->sigs; i++)
		o = put_sig(o, &p->sig[i]);
	for (unsigned c = 0; c < COLUMNS; c++)
		o = varint_put(o, (uint64_t)(p->at[c] - p->column[c]));
	for (unsigned c = 0; c < COLUMNS; c++) {
		size_t n = (size_t)(p->at[c] - p->column[c]);

		memcpy(o, p->column[c], n);
		o += n;
		p->at[c] = p->column[c];
	}
	memset(p->table, 0, sizeof(p->table));
	memory_reset(&p->m, p->last_addr);
	p->sigs = p->count = 0;
	return (size_t)(o - out);
}

/* ---- unpacking ---- */

static int damaged(struct err *e)
{
	return err_set(e, EBADMSG, "damaged block of requests");
}

int kmw_unpack(const uint8_t *in, size_t len, struct request *out, struct request_sig *sigs, struct err *e)
{
	struct varints head = { in, in + len, false }, col[COLUMNS];
	uint64_t count = varint_get(&head), n = varint_get(&head), size[COLUMNS];
	uint64_t addrs[64], *addr = addrs;
	bool bad = false;
	struct memory m;

	if (head.bad || count > KMW_BLOCK_RECORDS || n > count)
		return damaged(e);
	for (uint64_t i = 0; i < n; i++)
		get_sig(&head, &sigs[i]);
	for (unsigned c = 0; c < COLUMNS; c++)
		size[c] = varint_get(&head);
	for (unsigned c = 0; c < COLUMNS; c++) {
		if (head.bad || size[c] > (uint64_t)(head.end - head.p))
			return damaged(e);
		col[c] = (struct varints){ head.p, head.p + size[c], false };
		head.p += size[c];
	}
	if (size[COL_FLAGS] != count)
		return damaged(e);
	if (n > sizeof(addrs) / sizeof(*addrs)) {
		addr = malloc(n * sizeof(*addr));
		if (!addr)
			return err_set(e, ENOMEM, "out of memory for a block");
	}
	memset(addr, 0, n * sizeof(*addr));
	memory_reset(&m, addr);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t sig = varint_get(&col[COL_SIG]);
		unsigned flags = *col[COL_FLAGS].p++;
		struct request *r = &out[i];

		if (sig >= n) {
			bad = true;
			break;
		}
		r->sig = sigs[sig];
		r->time = m.time += (uint64_t)varint_unzigzag(varint_get(&col[COL_TIME]));
		if (!(flags & SAME_CPU))
			m.cpu = (uint16_t)varint_get(&col[COL_CPU]);
		r->cpu = (uint16_t)m.cpu;
		if (!(flags & SAME_PID))
			m.pid[m.cpu % CPUS] += (uint32_t)varint_unzigzag(varint_get(&col[COL_PID]));
		r->pid = (int32_t)m.pid[m.cpu % CPUS];
		r->slot = NO_SLOT;
		if (flags & HAS_SLOT)
			r->slot = m.slot += (uint32_t)varint_unzigzag(varint_get(&col[COL_SLOT]));
		r->pfn = KMM_NO_PFN;
		if (flags & HAS_PFN)
			r->pfn = m.pfn[r->sig.op] += (uint32_t)varint_unzigzag(varint_get(&col[COL_PFN]));
		r->addr = 0;
		if (flags & HAS_ADDR)
			r->addr = m.addr[sig] += (uint64_t)varint_unzigzag(varint_get(&col[COL_ADDR]));
		if (flags & NEXT_SEQ)
			m.seq++;
		else if (!(flags & SAME_SEQ))
			m.seq += (uint64_t)varint_unzigzag(varint_get(&col[COL_SEQ]));
		r->seq = m.seq;
	}
	for (unsigned c = 0; c < COLUMNS; c++)
		bad |= col[c].bad;
	if (addr != addrs)
		free(addr);
	return bad ? damaged(e) : (int)count;
}
