// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/percpu.h"

#include <errno.h>
#include <stdlib.h>

#define LOOK_AHEAD 256 /* records from a chunk's page to the request that it was for */
#define STOCK 20480    /* bytes: the four empty pages that the kernel keeps, and one begun */
#define MOST_ROOM (64u << 20)
#define GFP_KERNEL (KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM | KMM_GFP_IO | KMM_GFP_FS)

struct percpu {
	struct kmm_percpu *model;
	struct map by_slot; /* slot -> place in ptr[] */
	uint64_t *ptr;
	uint32_t count, unused; /* unused: first free place, MAP_NONE none; its ptr is the next */
	uint64_t early;		/* ordinal of a request served ahead of its turn */
	uint64_t unmatched;
	struct demand d;
};

/* ---- the start ---- */

int percpu_start_init(struct percpu_start *s)
{
	*s = (struct percpu_start){ .room = 0 };
	return map_init(&s->size_of, 64);
}

void percpu_start_free(struct percpu_start *s)
{
	map_free(&s->size_of);
}

int percpu_start_record(struct percpu_start *s, const struct request *q)
{
	uint32_t bytes;

	if (!s->started || s->populated)
		return 0;
	switch (q->sig.op) {
	case REQ_PAGE_ALLOC:
		s->populated = q->sig.owner == OWNER_PERCPU;
		return 0;
	case REQ_PERCPU_ALLOC:
		s->used += q->sig.bytes_req;
		if (s->used > s->room)
			s->room = s->used;
		return q->slot == NO_SLOT ? 0 : map_put(&s->size_of, q->slot, q->sig.bytes_req);
	case REQ_PERCPU_FREE:
		bytes = q->slot == NO_SLOT ? MAP_NONE : map_del(&s->size_of, q->slot);
		s->used -= bytes == MAP_NONE ? 0 : bytes;
		return 0;
	default:
		return 0;
	}
}

/* All of the first chunk but its end is in use. */
static int fill(struct kmm_percpu *m, const struct kmm_percpu_config *c, uint64_t room)
{
	struct kmm_percpu_stats s;
	uint64_t at = c->static_size + c->reserved_size, end;

	kmm_percpu_stats(m, &s);
	end = at + (s.dyn_size > room ? s.dyn_size - room : 0);
	while (at < end) {
		uint64_t n = end - at < KMM_PERCPU_MAX_SIZE ? end - at : KMM_PERCPU_MAX_SIZE;

		if (kmm_percpu_seed(m, at, n))
			return -EINVAL;
		at += n;
	}
	return 0;
}

struct percpu *percpu_new(struct kmm *mm, const struct percpu_start *s, struct kmm_vmalloc *vmalloc,
			  struct err *e)
{
	struct percpu *p = calloc(1, sizeof(*p));
	uint64_t room = (s->room + 4095) / 4096 * 4096 + STOCK;
	struct kmm_percpu_config c;

	kmm_percpu_config_init(&c);
	room = room < MOST_ROOM ? room : MOST_ROOM;
	c.dyn_size = room > c.dyn_size ? room : c.dyn_size;
	c.vmalloc = vmalloc;
	if (!p || map_init(&p->by_slot, 64))
		goto fail;
	p->unused = MAP_NONE;
	p->early = UINT64_MAX;
	p->model = kmm_percpu_create(mm, &c);
	if (p->model && !fill(p->model, &c, room))
		return p;
fail:
	err_set(e, ENOMEM, "the per-CPU allocator cannot be built");
	percpu_free(p);
	return NULL;
}

void percpu_free(struct percpu *p)
{
	if (!p)
		return;
	if (p->model)
		kmm_percpu_destroy(p->model);
	map_free(&p->by_slot);
	free(p->ptr);
	free(p);
}

/* ---- requests ---- */

static int keep(struct percpu *p, uint32_t slot, uint64_t ptr)
{
	uint32_t n = p->unused;

	if (n != MAP_NONE) {
		if (map_put(&p->by_slot, slot, n))
			return -ENOMEM;
		p->unused = (uint32_t)p->ptr[n];
		p->ptr[n] = ptr;
		return 0;
	}
	n = p->count;
	if (!(n & (n - 1))) {
		uint64_t *more = realloc(p->ptr, (n ? n * 2ull : 1) * sizeof(*more));

		if (!more)
			return -ENOMEM;
		p->ptr = more;
	}
	if (map_put(&p->by_slot, slot, n))
		return -ENOMEM;
	p->ptr[p->count++] = ptr;
	return 0;
}

static void balance(struct percpu *p, unsigned cpu)
{
	if (kmm_percpu_balance_pending(p->model))
		kmm_percpu_balance(p->model, cpu);
}

static void serve(struct percpu *p, const struct request *q)
{
	size_t align = q->sig.order <= 12 ? (size_t)1 << q->sig.order : 4096;
	/* Before 6.0 the event has no GFP flags. */
	kmm_gfp gfp = q->sig.gfp ? q->sig.gfp : q->sig.aux ? KMM_GFP_KSWAPD_RECLAIM : GFP_KERNEL;
	uint64_t ptr = q->sig.aux2 ?
			       kmm_alloc_reserved_percpu(p->model, q->cpu, q->sig.bytes_req,
							 align) :
			       kmm_alloc_percpu_gfp(p->model, q->cpu, q->sig.bytes_req, align, gfp);
	bool kept = ptr != KMM_NO_PTR && q->slot != NO_SLOT && !keep(p, q->slot, ptr);

	if (ptr != KMM_NO_PTR && !kept)
		kmm_free_percpu(p->model, ptr);
	demand_count(&p->d, kept);
	balance(p, q->cpu);
}

bool percpu_page(struct percpu *p, const struct request *q, uint32_t n)
{
	p->d.pages_recorded += 1ull << q->sig.order;
	for (uint32_t i = 1; i < n && i < LOOK_AHEAD; i++) {
		if (q[i].sig.op != REQ_PERCPU_ALLOC || q[i].cpu != q->cpu || q[i].pid != q->pid)
			continue;
		if (q[i].seq == p->early)
			return false;
		p->early = q[i].seq;
		serve(p, &q[i]);
		return true;
	}
	return false;
}

void percpu_alloc(struct percpu *p, const struct request *q)
{
	if (q->seq != p->early)
		serve(p, q);
}

void percpu_release(struct percpu *p, const struct request *q)
{
	uint32_t n = q->slot == NO_SLOT ? MAP_NONE : map_del(&p->by_slot, q->slot);

	if (n == MAP_NONE) {
		p->unmatched++;
		return;
	}
	kmm_free_percpu(p->model, p->ptr[n]);
	p->ptr[n] = p->unused;
	p->unused = n;
	balance(p, q->cpu);
}

struct demand percpu_demand(const struct percpu *p)
{
	struct kmm_percpu_stats s;
	struct demand d = p->d;

	kmm_percpu_stats(p->model, &s);
	d.pages_taken = s.pages_populated;
	return d;
}

uint64_t percpu_unmatched(const struct percpu *p)
{
	return p->unmatched;
}

struct kmm_percpu *percpu_model(struct percpu *p)
{
	return p->model;
}
