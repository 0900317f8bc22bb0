// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/replay.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/progress.h"
#include "replay/feed.h"
#include "replay/reanchor.h"
#include "store/store.h"

#define QUEUE 4 /* decoded blocks under way */

/* Set by a signal handler; the only writable global. */
static volatile sig_atomic_t interrupted;

void replay_interrupt(void)
{
	interrupted = 1;
}

/* Decoded blocks, each read by all runs; a block is reused when every run is done with it. */
struct queue {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct request *block[QUEUE];
	uint32_t count[QUEUE];
	uint64_t produced;
	uint64_t *consumed; /* [runs] */
	bool ended;
	unsigned runs;
};

struct worker {
	struct replay *r;
	struct replay_run *run;
	struct queue *q;
	unsigned number;
	struct feed_marks marks;
	uint64_t time;	      /* of the last record */
	struct request *copy; /* of a block, for a target; NULL */
	pthread_t thread;
	bool running;
};

static double now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

const char *replay_start(const struct machine *m)
{
	if (m->before.have_lists)
		return "the real lists, from the dumps in before/";
	if (m->before.have_kpageflags && !m->before.have_zoneinfo)
		return "worked out: the state of after/ run backwards through the events";
	if (m->before.have_kpageflags)
		return "the free-page map before/kpageflags; the order within the lists as later events tell it";
	if (m->before.first)
		return "known in part: no snapshot tells it, only the first event of each page frame";
	return m->have_before ? "unknown: before/ has neither list dumps nor kpageflags" :
				"unknown: no snapshot from before the trace";
}

/* ---- one machine ---- */

static void run_view(const struct replay_run *run, struct view *v)
{
	if (run->recorded)
		recorded_view(run->recorded, v);
	else
		simulated_view(run->simulated, v);
}

static void run_counters(const struct replay_run *run, struct replay_counters *c)
{
	if (run->recorded) {
		const struct recorded_stats *s = recorded_stats(run->recorded);

		*c = (struct replay_counters){ s->allocs,  s->frees,  s->failed,
					       s->refills, s->drains, s->fallbacks };
		c->failed_costly = s->failed_costly;
	} else {
		const struct simulated_stats *s = simulated_stats(run->simulated);
		const struct kmm_stats *k = kmm_stats(simulated_model(run->simulated));

		*c = (struct replay_counters){
			k->allocs,	    k->frees,	    s->failed,	    s->refills,
			s->drains,	    s->fallbacks,   s->reclaimed,   s->reclaimed_kswapd,
			s->direct_reclaims, s->kswapd_runs, k->compactions, s->moved
		};
		c->failed_costly = s->failed_costly;
	}
}

static int run_start(struct worker *w)
{
	struct replay_run *run = w->run;
	const struct machine *m = w->r->m;
	int ret = 0;

	if (m->have_before || (run->recorded && m->before.first))
		ret = run->recorded ? recorded_seed(run->recorded, &m->before, &run->err) :
				      simulated_seed(run->simulated, &m->before, &run->err);
	else if (run->simulated)
		ret = err_set(&run->err, ENODATA,
			      "nothing to start a simulation from: the start is %s",
			      replay_start(m));
	if (ret >= 0 && run->shadow)
		ret = recorded_seed(run->shadow, &m->before, &run->err);
	if (ret >= 0 && run->life)
		ret = slablife_seed(run->life, &m->before, &run->err);
	run->started = true;
	return ret;
}

/* The commonest state in each cell of the map; a free page counts before others at a tie. */
static void take_column(struct worker *w, const uint8_t *before, uint8_t *cells)
{
	const struct replay_run *run = w->run;
	const void *who = run->recorded ? (const void *)run->recorded : run->simulated;
	view_run_fn cell = run->recorded ? recorded_run : simulated_run;
	uint32_t per = w->r->pages_per_cell, step = per > 64 ? per / 64 : 1;

	for (uint32_t row = 0; row < MAP_ROWS; row++) {
		uint32_t n[CELL_KINDS] = { 0 }, best = CELL_HOLE;

		/* Where nothing happened since the column before, that one stands. */
		if (before && run->use.pages &&
		    !blockuse_fresh(&run->use, (uint64_t)row * per, (uint64_t)(row + 1) * per)) {
			cells[row] = before[row];
			continue;
		}
		for (uint32_t i = 0; i < per;) {
			uint64_t pfn = (uint64_t)row * per + i;
			uint32_t end = (uint32_t)pfn + 1, kind = CELL_HOLE;

			if (pfn < w->r->m->max_pfn) {
				kind = cell(who, (uint32_t)pfn, &end);
				end = end < w->r->m->max_pfn ? end : (uint32_t)w->r->m->max_pfn;
			}
			/* All of a free block that fall into the sample are what its first is. */
			do {
				n[kind]++;
				i += step;
			} while (i < per && (uint64_t)row * per + i < end);
		}
		for (uint32_t k = 1; k < CELL_KINDS; k++)
			if (n[k] > n[best] || (best == CELL_HOLE && n[k]))
				best = k;
		cells[row] = (uint8_t)best;
	}
}

static int all_caches(const struct replay_run *run, struct objects_cache **out)
{
	return run->life ? slablife_all(run->life, out) :
			   objects_caches(simulated_objects(run->simulated), out);
}

static int sample_caches(struct replay_run *run)
{
	struct objects_cache *c = NULL;
	int n = all_caches(run, &c), ret = n;

	if (n >= 0)
		ret = slabseries_take(&run->series, run->taken, c, n);
	free(c);
	return ret < 0 ? err_set(&run->err, ENOMEM, "out of memory for the caches") : 0;
}

static int take_sample(struct worker *w, uint64_t time)
{
	struct replay_run *run = w->run;
	struct replay_sample *s = &run->samples[run->taken];
	uint8_t *cells = run->map ? run->map + (size_t)run->taken * MAP_ROWS : NULL;

	s->time = time;
	s->request = run->requests;
	run_view(run, &s->view);
	run_counters(run, &s->counters);
	if ((run->life || run->o.slab) && sample_caches(run) < 0)
		return err_code(&run->err);
	if (run->use.pages) {
		blockuse_update(&run->use);
		memcpy(s->use, run->use.use, sizeof(s->use));
	}
	if (cells)
		take_column(w, run->taken ? cells - MAP_ROWS : NULL, cells);
	pthread_mutex_lock(&w->q->lock);
	run->taken++;
	pthread_mutex_unlock(&w->q->lock);
	return 0;
}

static uint64_t sample_time(const struct replay *r, uint32_t n)
{
	double span = (double)(r->last - r->first);

	return r->first + (uint64_t)(span * n / (r->o.samples > 1 ? r->o.samples - 1 : 1));
}

static int take_caches(struct replay_run *run)
{
	int n = all_caches(run, &run->caches);

	run->cache_count = n < 0 ? 0 : n;
	run->saw_slabinfo = true;
	return n < 0 ? err_set(&run->err, ENOMEM, "out of memory for the caches") : 0;
}

/* The recorded machine at the moment of the snapshot afterwards, or at the end. */
static int examine(struct worker *w, uint64_t time)
{
	struct replay_run *run = w->run;
	int ret = 0;

	if (run->recorded && !run->disputes.known && w->r->m->have_after)
		ret = disputes_find(&run->disputes, run->recorded, w->r->m, &w->r->m->after,
				    &run->err);
	if (run->life && !run->check.known)
		slabcheck_compare(&run->check, run->life, w->r->m, &w->r->m->after);
	if (ret >= 0 && run->makers.m && !run->forensics.known)
		ret = forensics_find(&run->forensics, run->recorded, &run->makers, run->life,
				     kmw_strings(w->r->k), time, &run->err);
	return ret;
}

static int see_mark(struct worker *w, const struct request *q)
{
	struct replay_run *run = w->run;

	if (q->pfn == w->marks.after_buddyinfo && !run->saw_buddyinfo) {
		run_view(run, &run->at_buddyinfo);
		run->saw_buddyinfo = true;
		if (run->recorded)
			reading_begin(&run->reads_buddyinfo, w->r->m, false, &run->at_buddyinfo);
	} else if (q->pfn == w->marks.after_pagetypeinfo && !run->saw_pagetypeinfo) {
		run_view(run, &run->at_pagetypeinfo);
		run->saw_pagetypeinfo = true;
		if (run->recorded)
			reading_begin(&run->reads_pagetypeinfo, w->r->m, true,
				      &run->at_pagetypeinfo);
	} else if (q->pfn == w->marks.buddyinfo_read) {
		reading_end(&run->reads_buddyinfo);
	} else if (q->pfn == w->marks.pagetypeinfo_read) {
		reading_end(&run->reads_pagetypeinfo);
	} else if (q->pfn == w->marks.after_slabinfo && (run->o.slab || run->life) &&
		   !run->saw_slabinfo) {
		return take_caches(run);
	} else if (q->pfn == w->marks.frames_read && run->recorded) {
		return disputes_reading(&run->disputes, w->r->m) ?
			       err_set(&run->err, ENOMEM, "out of memory for a comparison") :
			       0;
	} else if (q->pfn == w->marks.after_frames) {
		return examine(w, q->time);
	} else if (q->pfn == w->marks.score_end && !run->score_ended) {
		run_counters(run, &run->at_score_end);
		run->score_ended = true;
		if (run->simulated)
			simulated_score_end(run->simulated);
	}
	return 0;
}

/* Behind this time something is due: the next sample, or the end (not before 0). */
static uint64_t next_due(const struct worker *w)
{
	const struct replay_run *run = w->run;
	uint64_t next = run->taken < w->r->o.samples ? sample_time(w->r, run->taken) : UINT64_MAX;
	double stop = w->r->o.stop_at;

	return stop < (double)next ? (uint64_t)stop : next;
}

/* A record of this time is next: take the samples before it.  1: it is beyond the end. */
static int reach(struct worker *w, uint64_t time)
{
	struct replay_run *run = w->run;

	while (run->started && run->taken < w->r->o.samples && time > sample_time(w->r, run->taken))
		if (take_sample(w, sample_time(w->r, run->taken)) < 0)
			return run->err.code;
	return (double)time > w->r->o.stop_at;
}

/* 1: it is to stop here. */
static int pass_mark(struct worker *w, const struct request *x)
{
	struct replay_run *run = w->run;

	if (!run->started && x->pfn == w->marks.start && run_start(w) < 0)
		return run->err.code;
	if (w->r->o.stop_at_start && run->started)
		return 1;
	return run->started && see_mark(w, x) < 0 ? run->err.code : 0;
}

/* q[n] are there. Returns how many records it used, or a negative errno. */
static int through_simulated(struct replay_run *run, const struct request *q, uint32_t n)
{
	uint32_t used = simulated_apply(run->simulated, q, n);

	/* A bulk allocation takes all its pages at once. */
	run->requests += used - 1;
	run->page_requests += used - 1;
	if (!run->shadow || !run->started)
		return (int)used;
	for (uint32_t k = 0; k < used; k++)
		recorded_apply(run->shadow, &q[k]);
	if (used < n && reanchor_due(run->simulated, run->shadow, &q[used]) &&
	    reanchor(run->simulated, run->shadow, &run->err) < 0)
		return run->err.code;
	return (int)used;
}

/* Is a file being read that does not have the zones as they are? */
static void see_reading(struct replay_run *run, struct reading *r, struct view *at)
{
	struct view v;

	if (!reading_goes_on(r))
		return;
	run_view(run, &v);
	reading_see(r, &v, at);
}

static int through_recorded(const struct worker *w, const struct request *x)
{
	struct replay_run *run = w->run;

	if (run->started) {
		recorded_apply(run->recorded, x);
		disputes_record(&run->disputes, w->r->m, x);
		owners_record(&run->owners, x);
		fallbacks_record(&run->fallbacks, x);
		see_reading(run, &run->reads_buddyinfo, &run->at_buddyinfo);
		see_reading(run, &run->reads_pagetypeinfo, &run->at_pagetypeinfo);
	}
	if (run->life && slablife_record(run->life, x))
		return err_set(&run->err, ENOMEM, "out of memory for the recorded slabs");
	if (run->makers.m)
		makers_record(&run->makers, x);
	return 1;
}

/* A block of records through one machine.  1: it is to stop here. */
static int run_block(struct worker *w, const struct request *q, uint32_t n)
{
	struct replay_run *run = w->run;
	uint64_t due = next_due(w);

	if (n && ((w->r->o.stop_at_start && run->started) || w->r->o.stop_at < 0))
		return 1;
	for (uint32_t i = 0; i < n;) {
		const struct request *x = &q[i];
		int ret = 0;

		if (x->time > due) {
			ret = reach(w, x->time);
			due = next_due(w);
		}
		if (!ret) {
			w->time = x->time;
			if (x->sig.op == OBS_MARK)
				ret = pass_mark(w, x);
		}
		if (ret)
			return ret;
		if (!request_is_observation(x)) {
			run->requests++;
			run->page_requests += x->sig.op <= REQ_PAGE_BULK;
		}
		ret = run->simulated ? through_simulated(run, x, n - i) : through_recorded(w, x);
		if (ret < 0)
			return ret;
		i += (uint32_t)ret;
	}
	return 0;
}

/* The block as it stands on another machine; the block is everybody's, so it is copied. */
static const struct request *mapped(struct worker *w, const struct request *q, uint32_t n)
{
	const struct target *t = w->run->o.target;

	if (!t || t->cpus == 0)
		return q;
	if (!w->copy)
		w->copy = malloc(FEED_RECORDS * sizeof(*w->copy));
	if (!w->copy) {
		err_set(&w->run->err, ENOMEM, "out of memory for a block of records");
		return NULL;
	}
	memcpy(w->copy, q, n * sizeof(*q));
	for (uint32_t i = 0; i < n; i++)
		target_map(t, &w->copy[i]);
	return w->copy;
}

static void *run_thread(void *arg)
{
	struct worker *w = arg;
	struct queue *q = w->q;
	uint64_t at = 0;
	int stop = 0;

	if (w->marks.start == UINT32_MAX)
		stop = run_start(w);
	for (;;) {
		pthread_mutex_lock(&q->lock);
		while (at == q->produced && !q->ended)
			pthread_cond_wait(&q->changed, &q->lock);
		if (at == q->produced) {
			pthread_mutex_unlock(&q->lock);
			break;
		}
		pthread_mutex_unlock(&q->lock);
		if (!stop) {
			double t = now(CLOCK_THREAD_CPUTIME_ID);

			const struct request *block = mapped(w, q->block[at % QUEUE],
							     q->count[at % QUEUE]);

			stop = block ? run_block(w, block, q->count[at % QUEUE]) : -ENOMEM;
			w->run->seconds += now(CLOCK_THREAD_CPUTIME_ID) - t;
		}
		pthread_mutex_lock(&q->lock);
		q->consumed[w->number] = ++at;
		pthread_cond_broadcast(&q->changed);
		pthread_mutex_unlock(&q->lock);
	}
	if (w->run->err.code < 0)
		return NULL;
	run_view(w->run, &w->run->end);
	if ((w->run->o.slab || w->run->life) && !w->run->saw_slabinfo && take_caches(w->run) < 0)
		return NULL;
	if (examine(w, w->time) < 0)
		return NULL;
	if (!w->run->saw_buddyinfo)
		w->run->at_buddyinfo = w->run->end;
	if (!w->run->saw_pagetypeinfo)
		w->run->at_pagetypeinfo = w->run->saw_buddyinfo ? w->run->at_buddyinfo :
								  w->run->end;
	if (!w->run->score_ended)
		run_counters(w->run, &w->run->at_score_end);
	while (!stop && w->run->started && w->run->taken < w->r->o.samples)
		if (take_sample(w, sample_time(w->r, w->run->taken)) < 0)
			break;
	return NULL;
}

/* ---- all of them ---- */

static bool has_room(const struct queue *q)
{
	for (unsigned i = 0; i < q->runs; i++)
		if (q->produced - q->consumed[i] >= QUEUE)
			return false;
	return true;
}

/* Hand new samples to the caller, outside of the lock. */
static int flush(struct replay *r, struct queue *q, uint32_t *flushed, struct err *e)
{
	for (unsigned i = 0; i < r->o.run_count && r->o.flush; i++) {
		uint32_t taken;
		int ret;

		pthread_mutex_lock(&q->lock);
		taken = r->runs[i].taken;
		pthread_mutex_unlock(&q->lock);
		if (taken == flushed[i])
			continue;
		ret = r->o.flush(r->o.arg, i, flushed[i], taken, e);
		if (ret < 0)
			return ret;
		flushed[i] = taken;
	}
	return 0;
}

static int produce(struct replay *r, struct feed *f, struct queue *q, uint32_t *flushed,
		   struct err *e)
{
	struct progress bar = { .on = false };
	uint64_t records = 0;
	int n = 1, ret = 0;

	if (r->o.progress)
		progress_start(&bar, "replay", "records");
	while (n > 0 && !interrupted && ret >= 0) {
		pthread_mutex_lock(&q->lock);
		while (!has_room(q))
			pthread_cond_wait(&q->changed, &q->lock);
		pthread_mutex_unlock(&q->lock);
		n = feed_next(f, q->block[q->produced % QUEUE], e);
		if (n < 0)
			ret = n;
		if (n <= 0)
			break;
		pthread_mutex_lock(&q->lock);
		q->count[q->produced % QUEUE] = (uint32_t)n;
		q->produced++;
		pthread_cond_broadcast(&q->changed);
		pthread_mutex_unlock(&q->lock);
		records += (uint64_t)n;
		ret = flush(r, q, flushed, e);
		if (bar.on)
			progress_update(&bar, f->block, f->blocks, records);
	}
	if (bar.on)
		progress_end(&bar);
	return ret;
}

static int make_runs(struct replay *r, struct err *e)
{
	const struct machine *m = r->m;

	r->runs = calloc(r->o.run_count, sizeof(*r->runs));
	if (!r->runs)
		return err_set(e, ENOMEM, "out of memory");
	for (unsigned i = 0; i < r->o.run_count; i++) {
		struct replay_run *run = &r->runs[i];
		struct simulated_options so = { .config = r->o.runs[i].config,
						.native = r->o.runs[i].native,
						.anchored = r->o.runs[i].anchored,
						.anchor_every = r->o.runs[i].anchor_every,
						.slab = r->o.runs[i].slab,
						.objects = &r->objects,
						.sides = r->o.runs[i].sides,
						.target = r->o.runs[i].target,
						.sides_source = &r->sides };

		run->o = r->o.runs[i];
		run->fallbacks.m = m;
		if (run->o.simulated)
			run->simulated = simulated_new(m, &so, e);
		else if (owners_init(&run->owners))
			return err_set(e, ENOMEM, "out of memory");
		else
			run->recorded = recorded_new(m, e);
		if (!run->simulated && !run->recorded)
			return err_code(e);
		if (run->o.anchor_every > 1) {
			run->shadow = recorded_new(m, e);
			if (!run->shadow)
				return err_code(e);
		}
		if ((run->o.slabs || r->o.forensics) && run->recorded) {
			run->life = slablife_new(m, &r->objects, e);
			if (!run->life)
				return err_code(e);
		}
		slabseries_init(&run->series, r->o.samples);
		if (r->o.forensics && !run->o.anchored &&
		    (blockuse_init(&run->use, m, run->recorded, run->simulated) ||
		     (run->recorded && makers_init(&run->makers, m, &r->objects.attribution))))
			return err_set(e, ENOMEM, "out of memory for what the page blocks hold");
		run->samples = calloc(r->o.samples + 1ull, sizeof(*run->samples));
		if (r->o.map)
			run->map = calloc(r->o.samples + 1ull, MAP_ROWS);
		if (!run->samples || (r->o.map && !run->map))
			return err_set(e, ENOMEM, "out of memory for %u samples", r->o.samples);
	}
	return 0;
}

/* What the object side of any run needs; *want: whether one has such a side. */
static int open_objects(struct replay *r, struct machine *m, bool *want, struct err *e)
{
	*want = r->o.forensics;
	for (unsigned i = 0; i < r->o.run_count; i++)
		*want |= r->o.runs[i].slab || r->o.runs[i].slabs;
	return *want ? objects_source_open(&r->objects, r->k, m, e) : 0;
}

static int open_sides(struct replay *r, bool *want, struct err *e)
{
	*want = false;
	for (unsigned i = 0; i < r->o.run_count; i++)
		*want |= r->o.runs[i].sides != NULL;
	return *want && sides_source_init(&r->sides) ? err_set(e, ENOMEM, "out of memory") : 0;
}

int replay_all(struct kmw_reader *k, struct machine *m, const struct replay_options *o,
	       struct replay *r, struct err *e)
{
	struct worker *w = calloc(o->run_count + 1, sizeof(*w));
	uint32_t *flushed = calloc(o->run_count + 1, sizeof(*flushed));
	struct queue q = { .runs = o->run_count };
	const struct kmw_summary *s = kmw_summary(k);
	double start = now(CLOCK_MONOTONIC);
	struct feed f = { 0 };
	bool objects = false, sides = false;
	int ret;

	memset(r, 0, sizeof(*r));
	r->k = k;
	r->m = m;
	r->o = *o;
	r->first = s->first;
	r->last = s->last;
	r->pages_per_cell = (uint32_t)((m->max_pfn + MAP_ROWS - 1) / MAP_ROWS);
	pthread_mutex_init(&q.lock, NULL);
	pthread_cond_init(&q.changed, NULL);
	q.consumed = calloc(o->run_count + 1, sizeof(*q.consumed));
	ret = w && flushed && q.consumed ? 0 : err_set(e, ENOMEM, "out of memory");
	for (unsigned i = 0; i < QUEUE && !ret; i++) {
		q.block[i] = malloc(FEED_RECORDS * sizeof(struct request));
		if (!q.block[i])
			ret = err_set(e, ENOMEM, "out of memory for the queue of blocks");
	}
	if (ret >= 0)
		ret = open_objects(r, m, &objects, e);
	if (ret >= 0)
		ret = open_sides(r, &sides, e);
	if (ret >= 0)
		ret = feed_open(&f, k, m, objects ? &r->objects.population : NULL,
				sides ? &r->sides : NULL, e);
	if (ret >= 0)
		ret = make_runs(r, e);
	for (unsigned i = 0; i < o->run_count && ret >= 0; i++) {
		if (r->runs[i].recorded)
			recorded_follow(r->runs[i].recorded, &f.silent);
		if (r->runs[i].shadow)
			recorded_follow(r->runs[i].shadow, &f.silent);
		w[i] = (struct worker){
			.r = r, .run = &r->runs[i], .q = &q, .number = i, .marks = f.marks
		};
		w[i].running = !pthread_create(&w[i].thread, NULL, run_thread, &w[i]);
		if (!w[i].running)
			ret = err_set(e, EAGAIN, "cannot start a thread");
	}
	if (ret >= 0)
		ret = produce(r, &f, &q, flushed, e);
	pthread_mutex_lock(&q.lock);
	q.ended = true;
	pthread_cond_broadcast(&q.changed);
	pthread_mutex_unlock(&q.lock);
	for (unsigned i = 0; w && i < o->run_count; i++) {
		if (w[i].running)
			pthread_join(w[i].thread, NULL);
		free(w[i].copy);
	}
	r->interrupted = interrupted;
	for (unsigned i = 0; r->runs && i < o->run_count && ret >= 0; i++)
		if (r->runs[i].err.code < 0) {
			*e = r->runs[i].err;
			ret = e->code;
		}
	if (ret >= 0)
		ret = flush(r, &q, flushed, e);
	for (unsigned i = 0; i < QUEUE; i++)
		free(q.block[i]);
	feed_close(&f);
	free(q.consumed);
	free(flushed);
	free(w);
	pthread_cond_destroy(&q.changed);
	pthread_mutex_destroy(&q.lock);
	r->seconds = now(CLOCK_MONOTONIC) - start;
	return ret;
}

void replay_free(struct replay *r)
{
	for (unsigned i = 0; r->runs && i < r->o.run_count; i++) {
		recorded_free(r->runs[i].recorded);
		recorded_free(r->runs[i].shadow);
		slablife_free(r->runs[i].life);
		slabseries_free(&r->runs[i].series);
		simulated_free(r->runs[i].simulated);
		free(r->runs[i].samples);
		free(r->runs[i].map);
		disputes_free(&r->runs[i].disputes);
		owners_free(&r->runs[i].owners);
		fallbacks_free(&r->runs[i].fallbacks);
		blockuse_free(&r->runs[i].use);
		makers_free(&r->runs[i].makers);
		forensics_free(&r->runs[i].forensics);
		free(r->runs[i].caches);
	}
	objects_source_close(&r->objects);
	sides_source_free(&r->sides);
	free(r->runs);
	memset(r, 0, sizeof(*r));
}
