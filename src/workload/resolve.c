// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * resolve: what all events have in common, and who takes each of them.
 */
#include "workload/resolve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "workload/resolver.h"

#define MOST_FRAMES (1u << 28)
#define FAR 20 /* events ahead: what leads to their memory is asked for */
#define NEAR 6 /* and that memory itself */

int resolver_oom(struct resolver *r)
{
	return err_set(r->err, ENOMEM, "event %llu: out of memory while resolving",
		       (unsigned long long)r->seq);
}

int posvec_push(struct posvec *v, uint64_t pos)
{
	if (v->count == v->room) {
		uint32_t room = v->room ? v->room * 2 : 32;
		uint64_t *more = realloc(v->pos, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		v->pos = more;
		v->room = room;
	}
	v->pos[v->count++] = pos;
	return 0;
}

uint32_t resolver_name_new(struct resolver *r, uint32_t name)
{
	if (!name || !r->o.name)
		return 0;
	if (name >= r->names_room) {
		uint32_t room = name + 256;
		uint32_t *more = realloc(r->names, room * sizeof(*more));

		if (!more)
			return 0;
		memset(more + r->names_room, 0, (room - r->names_room) * sizeof(*more));
		r->names = more;
		r->names_room = room;
	}
	if (!r->names[name]) {
		const char *s = r->o.name(r->o.arg, name);

		r->names[name] = r->o.string(r->o.arg, s, strlen(s)) + 1;
	}
	return r->names[name] - 1;
}

uint8_t resolver_type(const struct resolver *r, int raw)
{
	if (raw < 0 || raw > 15)
		return KMM_UNMOVABLE;
	if (r->o.machine)
		return r->o.machine->migratetype_of_raw[raw];
	return raw < KMM_MIGRATETYPES ? (uint8_t)raw : (uint8_t)KMM_UNMOVABLE;
}

bool resolver_same_zone(const struct resolver *r, uint32_t a, uint32_t b)
{
	return !r->o.machine || !r->o.machine->zone_count ||
	       machine_zone_of(r->o.machine, a) == machine_zone_of(r->o.machine, b);
}

/* ---- events ---- */

static int resolve_compaction(struct resolver *r, struct ctx *c, const struct event *ev)
{
	struct window_entry *w;

	if (ev->kind == EVENT_MM_COMPACTION_BEGIN)
		c->in_compaction = true;
	else if (ev->kind == EVENT_MM_COMPACTION_END)
		c->in_compaction = false;
	c->compacted = ev->kind == EVENT_MM_COMPACTION_END;
	w = resolver_append(r, ev, OBS_COMPACTION);
	if (!w)
		return r->err->code;
	w->r.sig.aux = (uint8_t)ev->kind;
	if (ev->compaction.start_pfn < KMM_NO_PFN)
		w->r.pfn = (uint32_t)ev->compaction.start_pfn;
	w->r.addr = ev->compaction.end_pfn << 32 | (uint32_t)ev->compaction.taken;
	switch (ev->kind) {
	case EVENT_MM_COMPACTION_BEGIN:
		w->r.sig.bytes_req = (uint32_t)ev->compaction.migrate_pfn;
		w->r.sig.bytes_alloc = (uint32_t)ev->compaction.free_pfn;
		w->r.sig.aux2 = (uint8_t)((ev->compaction.sync ? COMPACT_SYNC : 0) |
					  (c->compactor	     ? COMPACT_KCOMPACTD :
					   c->compacts_other ? COMPACT_OTHER :
							       0));
		break;
	case EVENT_MM_COMPACTION_FINISHED:
		w->r.sig.order = (uint8_t)ev->compaction.order;
		break;
	case EVENT_MM_COMPACTION_ISOLATE_FREEPAGES:
		w->r.sig.bytes_req = (uint32_t)ev->compaction.scanned;
		break;
	default:
		break;
	}
	return 0;
}

static uint8_t zone_type(const struct resolver *r, int zid)
{
	const struct machine *m = r->o.machine;

	if (zid < 0 || zid >= KMM_ZONE_TYPES || !m || !m->zone_types)
		return KMM_ZONE_MOVABLE;
	return m->zone_type_of_index[zid];
}

/*
 * It has left its zones alone before it asks whether compaction suits them, on kcompactd's account, and that is for
 * higher orders than its own [balance_pgdat(), kswapd_try_to_sleep(), 6.12].
 */
static bool leaves(const struct kswapd *k, const struct event *ev)
{
	return ev->kind == EVENT_MM_COMPACTION_WAKEUP_KCOMPACTD ||
	       (ev->kind == EVENT_MM_COMPACTION_SUITABLE && ev->reclaim.order > k->order);
}

static void follow_kswapd(struct resolver *r, const struct event *ev)
{
	for (unsigned n = 0; n < KMM_NODES; n++) {
		struct kswapd *k = &r->kswapd[n];

		if (!k->on || k->over || k->pid != ev->pid)
			continue;
		k->last = ev->time;
		k->last_seq = r->seq;
		k->last_cpu = ev->cpu;
		k->over = leaves(k, ev);
	}
}

/* A run of this node's kswapd is over: where its last event was, if there was one. */
static void end_kswapd(struct resolver *r, const struct event *ev, bool again, struct request *q)
{
	struct kswapd *k;

	q->addr = 0;
	if (ev->reclaim.nid < 0 || ev->reclaim.nid >= KMM_NODES)
		return;
	k = &r->kswapd[ev->reclaim.nid];
	if (k->on) {
		q->addr = k->last;
		q->sig.bytes_alloc = k->last_cpu;
		if (r->seq - k->last_seq <= UINT32_MAX)
			q->sig.bytes_req = (uint32_t)(r->seq - k->last_seq);
	}
	*k = (struct kswapd){ .pid = ev->pid,
			      .on = again,
			      .order = ev->reclaim.order,
			      .last = ev->time,
			      .last_seq = r->seq,
			      .last_cpu = ev->cpu };
	r->kswapd_seen = true;
}

static int resolve_reclaim(struct resolver *r, struct ctx *c, const struct event *ev)
{
	struct window_entry *w;

	if (ev->kind == EVENT_MM_VMSCAN_DIRECT_RECLAIM_BEGIN) {
		resolve_page_reclaim(r, c, ev);
		c->in_reclaim = true;
	} else if (ev->kind == EVENT_MM_VMSCAN_DIRECT_RECLAIM_END)
		c->in_reclaim = false;
	w = resolver_append(r, ev, OBS_RECLAIM);
	if (!w)
		return r->err->code;
	w->r.sig.aux = (uint8_t)ev->kind;
	w->r.sig.order = (uint8_t)ev->reclaim.order;
	w->r.sig.node = (int8_t)ev->reclaim.nid;
	w->r.sig.type = zone_type(r, ev->reclaim.zid);
	if (ev->kind == EVENT_MM_VMSCAN_KSWAPD_WAKE || ev->kind == EVENT_MM_VMSCAN_KSWAPD_SLEEP)
		end_kswapd(r, ev, ev->kind == EVENT_MM_VMSCAN_KSWAPD_WAKE, &w->r);
	else
		w->r.addr = ev->reclaim.nr_reclaimed;
	return 0;
}

static int resolve_mark(struct resolver *r, const struct event *ev)
{
	struct window_entry *w = resolver_append(r, ev, OBS_MARK);
	uint32_t len = ev->print.len;

	if (!w)
		return r->err->code;
	while (len && (ev->print.text[len - 1] == '\n' || !ev->print.text[len - 1]))
		len--;
	w->r.pfn = r->o.string(r->o.arg, ev->print.text, len);
	return w->r.pfn == UINT32_MAX ? resolver_oom(r) : 0;
}

/* Events are missing: what was about to be decided by the next event must not be (pitfall 25). */
static int resolve_lost(struct resolver *r, const struct event *ev, uint64_t lost)
{
	struct window_entry *w;

	for (uint32_t i = 0; i < r->cpus * CTX_PER_CPU; i++)
		if (r->ctx[i].key != CTX_NONE) {
			resolve_page_settle_all(r, &r->ctx[i]);
			resolve_context_reset(&r->ctx[i], CTX_NONE);
		}
	for (uint32_t i = 0; i < r->cpus; i++)
		resolve_irq_settle(r, i);
	r->at = NULL;
	r->epoch++;
	r->stats.lost += lost;
	w = resolver_append(r, ev, OBS_LOST);
	if (!w)
		return r->err->code;
	w->r.addr = lost;
	w->r.sig.aux = lost == 0;
	return 0;
}

static inline __attribute__((always_inline)) int dispatch(struct resolver *r, struct ctx *c,
							  const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_MM_PAGE_ALLOC:
		return resolve_page_alloc(r, c, ev);
	case EVENT_MM_PAGE_FREE:
		return resolve_free(r, c, ev);
	case EVENT_MM_PAGE_FREE_BATCHED:
		return resolve_free_batched(r, c, ev);
	case EVENT_MM_PAGE_ALLOC_ZONE_LOCKED:
	case EVENT_MM_PAGE_PCPU_DRAIN:
	case EVENT_MM_PAGE_ALLOC_EXTFRAG:
		return resolve_page_list(r, c, ev);
	case EVENT_KMALLOC:
	case EVENT_KMALLOC_NODE:
	case EVENT_KFREE:
	case EVENT_KMEM_CACHE_ALLOC:
	case EVENT_KMEM_CACHE_ALLOC_NODE:
	case EVENT_KMEM_CACHE_FREE:
		return resolve_object(r, c, ev);
	case EVENT_PERCPU_ALLOC_PERCPU:
	case EVENT_PERCPU_FREE_PERCPU:
		return resolve_percpu(r, c, ev);
	case EVENT_MM_COMPACTION_BEGIN:
	case EVENT_MM_COMPACTION_END:
	case EVENT_MM_COMPACTION_ISOLATE_FREEPAGES:
	case EVENT_MM_COMPACTION_FAST_ISOLATE_FREEPAGES:
	case EVENT_MM_COMPACTION_ISOLATE_MIGRATEPAGES:
	case EVENT_MM_COMPACTION_MIGRATEPAGES:
	case EVENT_MM_COMPACTION_FINISHED:
		return resolve_compaction(r, c, ev);
	case EVENT_MM_COMPACTION_TRY_TO_COMPACT_PAGES:
		c->compacts_other = !(ev->reclaim.gfp & KMM_GFP_MOVABLE);
		return 0;
	case EVENT_MM_VMSCAN_DIRECT_RECLAIM_BEGIN:
	case EVENT_MM_VMSCAN_DIRECT_RECLAIM_END:
	case EVENT_MM_VMSCAN_KSWAPD_WAKE:
	case EVENT_MM_VMSCAN_KSWAPD_SLEEP:
	case EVENT_MM_VMSCAN_WAKEUP_KSWAPD:
		return resolve_reclaim(r, c, ev);
	case EVENT_PRINT:
		return resolve_mark(r, ev);
	case EVENT_OTHER:
	case EVENT_MM_COMPACTION_SUITABLE:
	case EVENT_MM_COMPACTION_WAKEUP_KCOMPACTD:
	case EVENT_PERCPU_ALLOC_PERCPU_FAIL:
	case EVENT_PERCPU_CREATE_CHUNK:
	case EVENT_PERCPU_DESTROY_CHUNK:
		return 0;
	default:
		return resolve_area(r, c, ev);
	}
}

/*
 * What whoever gets the CPU does first for the task before: its memory descriptor may go, with its tables, and a list
 * may be full by that.
 */
static bool gives_back(enum event_kind kind)
{
	return kind == EVENT_MM_PAGE_FREE || kind == EVENT_MM_PAGE_PCPU_DRAIN ||
	       kind == EVENT_KMEM_CACHE_FREE || kind == EVENT_KFREE ||
	       kind == EVENT_PERCPU_FREE_PERCPU;
}

/* A task that had reclaimed pages and got none is moved, and then drains all lists. */
static void reclaimed_elsewhere(struct resolver *r, struct ctx *c)
{
	const struct ctx *last = c;

	for (uint32_t i = 0; i < r->cpus * CTX_PER_CPU; i++)
		if (r->ctx[i].key == c->key && r->ctx[i].used > last->used)
			last = &r->ctx[i];
	if (last->last_kind == EVENT_MM_VMSCAN_DIRECT_RECLAIM_END)
		c->last_kind = last->last_kind;
}

/* The task goes on where it lost the CPU, or another one: maybe between an allocation's refills and its event. */
static __attribute__((noinline)) void resume(struct resolver *r, struct ctx *c,
					     const struct event *ev)
{
	if (ev->kind == EVENT_MM_PAGE_ALLOC && c->open == WINDOW_NONE)
		resolve_page_moved(r, c, ev);
	if (ev->kind == EVENT_MM_PAGE_PCPU_DRAIN && c->key > 0)
		reclaimed_elsewhere(r, c);
	c->resumed = ev->kind == EVENT_OTHER || gives_back((enum event_kind)ev->kind);
}

static int64_t ctx_key(const struct event *ev)
{
	if (!(ev->irq & (EVENT_NMI | EVENT_HARDIRQ | EVENT_SOFTIRQ)))
		return ev->pid;
	return ev->irq & EVENT_NMI ? CTX_NMI : ev->irq & EVENT_HARDIRQ ? CTX_HARDIRQ : CTX_SOFTIRQ;
}

/* A task's event. */
static inline void enter_task(struct resolver *r, struct ctx *c, const struct event *ev)
{
	struct irq *q = &r->irq[ev->cpu];

	if (ev->pid == 1)
		r->deferred = KMM_NO_PFN; /* init waits until the memory is there */
	if (__builtin_expect(q->early != WINDOW_NONE, 0))
		resolve_irq_leave(r, ev);
	if (q->last != ev->pid) {
		/*
		 * Another task ran here meanwhile: a free and its drain are not torn apart so.
		 * Between a reclaim and the drain of all lists the task may sleep.
		 */
		if (c->last_kind != EVENT_MM_VMSCAN_DIRECT_RECLAIM_END)
			c->last_kind = EVENT_OTHER;
		c->frees_before = c->frees.count;
		c->resumed = true;
		q->last = ev->pid;
	}
	if (__builtin_expect(c->resumed, 0))
		resume(r, c, ev);
	if (__builtin_expect(r->kswapd_seen, 0) && ev->kind != EVENT_MM_VMSCAN_KSWAPD_WAKE &&
	    ev->kind != EVENT_MM_VMSCAN_KSWAPD_SLEEP)
		follow_kswapd(r, ev);
}

static inline __attribute__((always_inline)) int take(struct resolver *r, const struct event *ev,
						      uint64_t seq, uint64_t lost, struct err *e)
{
	int64_t key = ctx_key(ev);
	struct ctx *c;
	int ret;

	r->err = e;
	r->seq = seq;
	r->current = key;
	if (__builtin_expect(r->win.tail - r->win.head > r->win.mask / 2 + 1, 0)) {
		ret = resolve_relieve(r);
		if (ret < 0)
			return ret;
	}
	if (__builtin_expect(ev->lost, 0)) {
		ret = resolve_lost(r, ev, lost);
		if (ret < 0)
			return ret;
	}
	c = r->at;
	if (!c || c->key != key || r->at_cpu != ev->cpu) {
		c = resolve_context_get(r, ev, key);
		if (!c)
			return e ? e->code : -ENOMEM;
	}
	if (__builtin_expect(key >= 0, 1)) {
		enter_task(r, c, ev);
	} else if (ev->kind == EVENT_MM_PAGE_FREE || ev->kind == EVENT_MM_PAGE_ALLOC) {
		ret = resolve_irq_enter(r, ev);
		if (ret < 0)
			return ret;
	}
	if (ctx_pending(c))
		resolve_page_settle(r, c, (enum event_kind)ev->kind);
	ret = dispatch(r, c, ev);
	c->used = seq + 1;
	c->last_kind = ev->kind;
	if (ret < 0)
		return ret;
	return window_shut(r) ? 0 : resolve_leave(r);
}

int resolver_take(struct resolver *r, const struct event *ev, uint64_t seq, uint64_t lost,
		  struct err *e)
{
	return take(r, ev, seq, lost, e);
}

/* An event whose time others have, or that comes after such ones. */
static __attribute__((noinline)) int take_tied(struct resolver *r, const struct event *ev,
					       uint64_t seq, uint64_t lost, struct err *e)
{
	r->err = e;
	r->alone = false;
	/* A text lives no longer than its event, and events before a gap do not mix with others. */
	if (r->tied.count &&
	    (tieevents_over(&r->tied, ev) || ev->kind == EVENT_PRINT || ev->lost) &&
	    tieevents_flush(&r->tied, r, e) < 0)
		return err_code(e);
	if ((ev->tied || r->tied.count) && ev->kind != EVENT_PRINT && !ev->lost)
		return tieevents_add(&r->tied, ev, seq, lost) ? resolver_oom(r) : 0;
	r->alone = r->o.tells_ties && !ev->tied;
	return resolver_take(r, ev, seq, lost, e);
}

static inline int take_one(struct resolver *r, const struct event *ev, uint64_t lost, struct err *e)
{
	uint64_t seq = r->arrived++;

	if (__builtin_expect(r->tied.count || ev->tied, 0))
		return take_tied(r, ev, seq, lost, e);
	r->alone = r->o.tells_ties;
	return take(r, ev, seq, lost, e);
}

/*
 * What an event is about is in memory that nothing has touched for long.  It is asked for in two
 * steps, since the second one reads what the first asked for.
 */
static inline uint32_t frame_of(const struct resolver *r, const struct event *ev)
{
	if (ev->kind >= EVENT_KMALLOC && ev->kind <= EVENT_KMEM_CACHE_FREE)
		return resolver_pfn(r, ev->object.ptr);
	if (ev->kind >= EVENT_MM_PAGE_ALLOC && ev->kind <= EVENT_MM_PAGE_PCPU_DRAIN)
		return (uint32_t)ev->page.pfn;
	return KMM_NO_PFN;
}

static inline void ask_for_frame(const struct resolver *r, const struct event *ev)
{
	pagemap_prefetch(&r->frames, frame_of(r, ev));
}

static inline void ask_for_rest(const struct resolver *r, const struct event *ev)
{
	struct frame f = pagemap_get(&r->frames, frame_of(r, ev));

	if (ev->kind >= EVENT_KMALLOC)
		frameobjs_prefetch(&r->frame_objects, f.objects, (uint32_t)ev->object.ptr & 0xfff);
	else if (f.slot < r->slots.count)
		__builtin_prefetch(&r->slots.s[f.slot]);
}

int resolver_events(struct resolver *r, const struct event *ev, unsigned n, uint64_t lost,
		    struct err *e)
{
	const struct event *end = ev + n;
	int ret = 0;

	for (const struct event *next = ev; next < end && next < ev + FAR; next++)
		ask_for_frame(r, next);
	for (; ev < end && ret >= 0; ev++) {
		if (end - ev > FAR)
			ask_for_frame(r, ev + FAR);
		if (end - ev > NEAR)
			ask_for_rest(r, ev + NEAR);
		ret = take_one(r, ev, lost, e);
	}
	return ret;
}

int resolver_finish(struct resolver *r, struct err *e)
{
	int ret = tieevents_flush(&r->tied, r, e);

	if (ret < 0)
		return ret;
	r->err = e;
	r->finishing = true;
	for (uint32_t i = 0; i < r->cpus * CTX_PER_CPU; i++)
		if (r->ctx[i].key != CTX_NONE)
			resolve_page_settle_all(r, &r->ctx[i]);
	for (uint32_t i = 0; i < r->cpus; i++)
		resolve_irq_settle(r, i);
	ret = resolve_leave(r);
	if (ret >= 0)
		ret = ties_flush(&r->ties);
	r->stats.ties = r->ties.turned;
	r->stats.events = r->arrived;
	r->stats.slots = r->slots.count;
	return ret;
}

struct resolver *resolver_new(const struct resolve_options *o, struct err *e)
{
	struct resolver *r = calloc(1, sizeof(*r));

	if (!r)
		goto oom;
	r->o = *o;
	if (o->direct_map_base)
		r->mapped = o->machine && o->machine->max_pfn ? o->machine->max_pfn : MOST_FRAMES;
	if (r->mapped > MOST_FRAMES)
		r->mapped = MOST_FRAMES;
	r->array_free = UINT32_MAX;
	r->deferred = KMM_NO_PFN;
	slots_init(&r->slots);
	ties_init(&r->ties, resolve_leave_tie, r);
	pool_init(&r->memory);
	pagemap_init(&r->frames, (struct frame){ PAGE_UNSEEN, FRAMEOBJS_NONE }, &r->memory);
	frameobjs_init(&r->frame_objects, &r->frames);
	if (window_init(&r->win) || sites_init(&r->sites) || map_init(&r->objects, 64) ||
	    map_init(&r->percpu, 64) || map_init(&r->areas, 64) || map_init(&r->arrays, 64))
		goto oom;
	return r;
oom:
	err_set(e, ENOMEM, "out of memory for the resolver");
	resolver_free(r);
	return NULL;
}

void resolver_free(struct resolver *r)
{
	if (!r)
		return;
	for (uint32_t i = 0; i < r->cpus * CTX_PER_CPU; i++) {
		free(r->ctx[i].frees.pos);
		free(r->ctx[i].unpaired.pos);
	}
	for (uint32_t i = 0; i < r->array_count; i++)
		free(r->array[i].slots);
	free(r->array);
	tieevents_free(&r->tied);
	free(r->ctx);
	free(r->irq);
	free(r->names);
	map_free(&r->arrays);
	map_free(&r->areas);
	map_free(&r->percpu);
	map_free(&r->objects);
	sites_free(&r->sites);
	pagemap_free(&r->frames);
	pool_free(&r->memory);
	slots_free(&r->slots);
	ties_free(&r->ties);
	window_free(&r->win);
	free(r);
}

const struct resolve_stats *resolver_stats(const struct resolver *r)
{
	return &r->stats;
}

const struct sites *resolver_sites(const struct resolver *r)
{
	return &r->sites;
}
