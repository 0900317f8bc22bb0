// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/kmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "trace/event.h"

#define TASKS 1024u /* that hold a map, or wait for one, at a time */
#define DEPTH 32    /* temporary maps of a task, of low pages too */

/* A task that holds temporary maps, last in, first out. */
struct task {
	int64_t key; /* pid, or -1 - CPU of an idle task; 0 free */
	unsigned depth, waits;
	uint16_t cpu;
	uint64_t addr[DEPTH]; /* 0: the map failed */
	uint8_t type[DEPTH];  /* enum kmm_km_type */
};

/* A page of the recording that is permanently mapped, by its frame there. */
struct mapped {
	uint32_t recorded;
	kmm_pfn pfn;
	uint32_t users, waiting; /* waiting: no slot so far */
	unsigned task;		 /* who waits */
};

struct kmap {
	struct kmm_highmem *model;
	struct kmm_highmem_config config;
	struct task task[TASKS];
	struct map by_key; /* task.key -> place */
	unsigned unused[TASKS], unused_count;
	struct map by_frame; /* recorded frame -> place in mapped[] */
	struct mapped *mapped;
	uint32_t count, room;
	uint64_t waiting;
	struct kmap_stats stats;
	struct demand d;
};

struct kmap *kmap_new(const struct kmm_highmem_config *c, unsigned cpus, struct err *e)
{
	struct kmap *k = calloc(1, sizeof(*k));

	if (!k || map_init(&k->by_key, 64) || map_init(&k->by_frame, 64))
		goto fail;
	k->config = *c;
	k->config.cpus = cpus;
	k->config.tasks = TASKS;
	k->model = kmm_highmem_create(&k->config);
	for (unsigned i = TASKS; i--;)
		k->unused[k->unused_count++] = i;
	if (k->model)
		return k;
fail:
	err_set(e, ENOMEM, "the kmap windows cannot be built");
	kmap_free(k);
	return NULL;
}

void kmap_free(struct kmap *k)
{
	if (!k)
		return;
	if (k->model)
		kmm_highmem_destroy(k->model);
	map_free(&k->by_key);
	map_free(&k->by_frame);
	free(k->mapped);
	free(k);
}

/* ---- tasks ---- */

static struct task *find_task(struct kmap *k, const struct request *q, bool make)
{
	/* Idle tasks share pid 0: one for each CPU. */
	int64_t key = q->pid > 0 ? q->pid : -1 - (int64_t)q->cpu;
	uint32_t at = map_get(&k->by_key, (uint64_t)key);

	if (at != MAP_NONE || !make)
		return at == MAP_NONE ? NULL : &k->task[at];
	if (!k->unused_count || map_put(&k->by_key, (uint64_t)key, k->unused[k->unused_count - 1]))
		return NULL;
	at = k->unused[--k->unused_count];
	k->task[at] = (struct task){ .key = key, .cpu = q->cpu };
	return &k->task[at];
}

static void done_task(struct kmap *k, struct task *t)
{
	if (t->depth || t->waits)
		return;
	map_del(&k->by_key, (uint64_t)t->key);
	k->unused[k->unused_count++] = (unsigned)(t - k->task);
}

/* ---- temporary maps ---- */

/* Where slots are by purpose, which the recording does not tell: the first that is free. */
static int map_temporary(struct kmap *k, unsigned task, unsigned cpu, kmm_pfn pfn, uint64_t *addr,
			 uint8_t *type)
{
	int ret = -EBUSY;

	*type = 0;
	if (k->config.style == KMM_KMAP_TASK)
		return kmm_kmap_local(k->model, task, cpu, pfn, addr);
	for (unsigned i = 0; i < KMM_KM_TYPES && ret == -EBUSY; i++) {
		*type = (uint8_t)i;
		ret = kmm_kmap_atomic(k->model, task, cpu, pfn, (enum kmm_km_type)i, addr);
		if (k->config.style != KMM_KMAP_TYPES)
			break;
	}
	return ret;
}

static void unmap_temporary(struct kmap *k, unsigned task, unsigned cpu, uint64_t addr,
			    uint8_t type)
{
	/* A page of low memory has its address anyway. */
	if (addr < k->config.pkmap_base && k->config.style == KMM_KMAP_TASK)
		return;
	if (k->config.style == KMM_KMAP_TASK ?
		    kmm_kunmap_local(k->model, task, cpu, addr) :
		    kmm_kunmap_atomic(k->model, task, cpu, addr, (enum kmm_km_type)type))
		k->stats.unmatched++;
}

static void map_local(struct kmap *k, const struct request *q, kmm_pfn pfn)
{
	struct task *t = find_task(k, q, true);
	uint64_t addr = 0;

	if (!t || t->depth == DEPTH) {
		demand_count(&k->d, 0);
		return;
	}
	if (!t->depth)
		t->cpu = q->cpu;
	if (map_temporary(k, (unsigned)(t - k->task), t->cpu, pfn, &addr, &t->type[t->depth]))
		addr = 0;
	demand_count(&k->d, addr != 0);
	t->addr[t->depth++] = addr;
}

static void unmap_local(struct kmap *k, const struct request *q)
{
	struct task *t = find_task(k, q, false);
	uint64_t addr;

	if (!t || !t->depth) {
		k->stats.unmatched++;
		return;
	}
	addr = t->addr[--t->depth];
	if (addr)
		unmap_temporary(k, (unsigned)(t - k->task), t->cpu, addr, t->type[t->depth]);
	done_task(k, t);
}

/* ---- permanent maps ---- */

static struct mapped *mapped_at(struct kmap *k, uint32_t recorded, kmm_pfn pfn)
{
	uint32_t at = map_get(&k->by_frame, recorded);

	if (at != MAP_NONE)
		return &k->mapped[at];
	if (k->count == k->room) {
		uint32_t room = k->room ? k->room * 2 : 64;
		struct mapped *more = realloc(k->mapped, room * sizeof(*more));

		if (!more)
			return NULL;
		k->mapped = more;
		k->room = room;
	}
	if (map_put(&k->by_frame, recorded, k->count))
		return NULL;
	k->mapped[k->count] = (struct mapped){ .recorded = recorded, .pfn = pfn };
	return &k->mapped[k->count++];
}

static void forget(struct kmap *k, struct mapped *x)
{
	uint32_t at = (uint32_t)(x - k->mapped);

	if (x->users || x->waiting)
		return;
	map_del(&k->by_frame, x->recorded);
	if (at != --k->count) {
		k->mapped[at] = k->mapped[k->count];
		/* The key is there already: this cannot fail. */
		map_put(&k->by_frame, k->mapped[at].recorded, at);
	}
}

static void map_high(struct kmap *k, const struct request *q, kmm_pfn pfn)
{
	struct mapped *x = mapped_at(k, q->pfn, pfn);
	struct task *t = find_task(k, q, true);
	uint64_t addr;
	int ret;

	if (!x || !t) {
		demand_count(&k->d, 0);
		return;
	}
	ret = kmm_kmap(k->model, (unsigned)(t - k->task), true, x->pfn, &addr);
	if (ret == -EAGAIN) {
		x->task = (unsigned)(t - k->task);
		x->waiting++;
		t->waits++;
		k->waiting++;
		k->stats.waited++;
		k->d.requested++;
		return;
	}
	demand_count(&k->d, !ret);
	x->users += !ret;
	done_task(k, t);
	forget(k, x);
}

/* A slot was given back: whoever slept tries again. */
static void wake(struct kmap *k, unsigned task)
{
	for (uint32_t i = 0; i < k->count; i++) {
		struct mapped *x = &k->mapped[i];
		uint64_t addr;

		if (!x->waiting || x->task != task || kmm_kmap(k->model, task, true, x->pfn, &addr))
			continue;
		x->waiting--;
		x->users++;
		k->waiting--;
		k->d.served++;
		k->task[task].waits--;
		done_task(k, &k->task[task]);
		return;
	}
}

static void unmap_high(struct kmap *k, const struct request *q)
{
	uint32_t at = map_get(&k->by_frame, q->pfn);
	struct mapped *x;
	unsigned woken;
	int ret;

	if (at == MAP_NONE || !k->mapped[at].users) {
		/* It waits still, and the recording is done with it already. */
		if (at != MAP_NONE && k->mapped[at].waiting) {
			x = &k->mapped[at];
			x->waiting--;
			k->waiting--;
			k->d.failed++;
			k->task[x->task].waits--;
			done_task(k, &k->task[x->task]);
			forget(k, x);
			return;
		}
		k->stats.unmatched++;
		return;
	}
	x = &k->mapped[at];
	x->users--;
	ret = kmm_kunmap(k->model, x->pfn, &woken);
	forget(k, x);
	if (ret == 1)
		wake(k, woken);
}

/* ---- requests ---- */

void kmap_map(struct kmap *k, const struct request *q, kmm_pfn pfn)
{
	if (q->sig.flags & REQ_RESPONSE) {
		k->d.responses++;
		return;
	}
	k->stats.recorded++;
	if (pfn == KMM_NO_PFN) {
		/* Some page of high memory; it needs a map all the same. */
		k->stats.unknown++;
		pfn = k->config.highmem;
	}
	if (q->sig.aux == EVENT_KMAP_HIGH)
		map_high(k, q, pfn);
	else
		map_local(k, q, pfn);
}

void kmap_unmap(struct kmap *k, const struct request *q)
{
	if (q->sig.aux == EVENT_KUNMAP_HIGH)
		unmap_high(k, q);
	else
		unmap_local(k, q);
}

void kmap_fill(struct kmap *k, const struct request *q, kmm_pfn pfn)
{
	struct task *t;

	if (!(q->sig.gfp & (KMM_GFP_ZERO | KMM_GFP_HIGHMEM)))
		return;
	t = find_task(k, q, true);
	for (uint32_t i = 0; i < 1u << q->sig.order; i++) {
		uint64_t addr = 0;
		uint8_t type = 0;

		k->stats.by_rule++;
		if (!t || map_temporary(k, (unsigned)(t - k->task), q->cpu, pfn + i, &addr, &type))
			addr = 0;
		demand_count(&k->d, addr != 0);
		if (addr)
			unmap_temporary(k, (unsigned)(t - k->task), q->cpu, addr, type);
	}
	if (t)
		done_task(k, t);
}

struct demand kmap_demand(const struct kmap *k)
{
	struct demand d = k->d;

	d.failed += k->waiting;
	return d;
}

const struct kmap_stats *kmap_stats(const struct kmap *k)
{
	return &k->stats;
}

struct kmm_highmem *kmap_model(struct kmap *k)
{
	return k->model;
}
