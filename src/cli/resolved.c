// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/resolved.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "replay/feed.h"
#include "replay/replay.h"

struct row {
	uint64_t seq;
	uint32_t slot, sim;
	uint8_t owner, op, flags;
	bool simulated;
};

struct resolved {
	struct row *rows; /* by seq */
	size_t count, room;
};

static struct row *add_row(struct resolved *r, const struct request *q)
{
	if (r->count == r->room) {
		size_t room = r->room ? r->room * 2 : 4096;
		struct row *more = realloc(r->rows, room * sizeof(*more));

		if (!more)
			return NULL;
		r->rows = more;
		r->room = room;
	}
	r->rows[r->count] = (struct row){ q->seq,    q->slot,	   KMM_NO_PFN, q->sig.owner,
					  q->sig.op, q->sig.flags, false };
	return &r->rows[r->count++];
}

static int by_seq(const void *pa, const void *pb)
{
	const struct row *a = pa, *b = pb;

	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

static int follow(struct resolved *r, struct feed *f, const struct machine *m, struct simulated *s,
		  struct err *e)
{
	struct request *q = malloc(FEED_RECORDS * sizeof(*q));
	bool started = false;
	int n, ret = q ? 0 : err_set(e, ENOMEM, "out of memory");

	if (ret >= 0 && s && f->marks.start == UINT32_MAX) {
		ret = simulated_seed(s, &m->before, e);
		started = true;
	}
	while (ret >= 0 && (n = feed_next(f, q, e)) > 0)
		for (int i = 0; i < n && ret >= 0;) {
			const struct request *x = &q[i];
			bool page = x->sig.op == REQ_PAGE_ALLOC || x->sig.op == REQ_PAGE_FREE;
			struct row *row = page && !(x->sig.flags & REQ_IMPLIED) ? add_row(r, x) :
										  NULL;

			if (s && !started && x->sig.op == OBS_MARK && x->pfn == f->marks.start) {
				ret = simulated_seed(s, &m->before, e);
				started = true;
			}
			i += s ? (int)simulated_apply(s, x, (uint32_t)(n - i)) : 1;
			if (row && s && started && x->sig.op == REQ_PAGE_ALLOC) {
				row->sim = simulated_last(s);
				row->simulated = !(x->sig.flags & REQ_FAILED);
			}
		}
	free(q);
	return ret;
}

struct resolved *resolved_make(const char *path, const struct input_options *in,
			       const struct machines_options *mo, struct err *e)
{
	struct resolved *r = calloc(1, sizeof(*r));
	struct kmw_reader *k = r ? input_open(in, path, NULL, e) : NULL;
	struct machine *m = k ? import_machine(k, e) : NULL;
	struct machines set = { 0 };
	struct objects_source objects = { 0 };
	struct sides_source sides = { 0 };
	struct replay_run_options run = { 0 };
	struct simulated *s = NULL;
	struct feed f = { 0 };
	int ret = m ? machines_build(&set, m, mo, e) : -EINVAL;

	if (ret >= 0 && set.count)
		machines_run(&set, 0, &run);
	if (ret >= 0 && run.target)
		ret = err_set(
			e, EINVAL,
			"page frames of another machine cannot stand beside the recorded ones: "
			"leave its keys (machine.*) out");
	if (ret >= 0 && run.slab)
		ret = objects_source_open(&objects, k, m, e);
	if (ret >= 0 && run.sides && sides_source_init(&sides))
		ret = err_set(e, ENOMEM, "out of memory");
	if (ret >= 0)
		ret = feed_open(&f, k, m, run.slab ? &objects.population : NULL,
				run.sides ? &sides : NULL, e);
	if (ret >= 0 && set.count) {
		struct simulated_options so = { .config = run.config,
						.native = policy_is_captured(&set.policy[0]),
						.slab = run.slab,
						.objects = &objects,
						.sides = run.sides,
						.sides_source = &sides };

		s = simulated_new(m, &so, e);
		ret = s ? 0 : err_code(e);
	}
	if (ret >= 0)
		ret = follow(r, &f, m, s, e);
	if (ret >= 0 && r->count)
		qsort(r->rows, r->count, sizeof(*r->rows), by_seq);
	feed_close(&f);
	simulated_free(s);
	objects_source_close(&objects);
	sides_source_free(&sides);
	machines_free(&set);
	if (m)
		machine_free(m);
	kmw_close(k);
	if (ret < 0) {
		resolved_free(r);
		return NULL;
	}
	return r;
}

void resolved_free(struct resolved *r)
{
	if (r)
		free(r->rows);
	free(r);
}

void resolved_text(const struct resolved *r, uint64_t seq, FILE *out)
{
	struct row key = { .seq = seq }, *row;

	if (!r || !r->count)
		return;
	row = bsearch(&key, r->rows, r->count, sizeof(*r->rows), by_seq);
	if (!row)
		return;
	if (row->slot != NO_SLOT)
		fprintf(out, " id=%u", row->slot);
	if (row->op == REQ_PAGE_ALLOC)
		fprintf(out, " owner=%s", request_owner_name(row->owner));
	if (row->flags & REQ_RESPONSE)
		fputs(" response", out);
	if (row->flags & REQ_UNPAIRED)
		fputs(" unpaired", out);
	if (!row->simulated)
		return;
	if (row->sim == KMM_NO_PFN)
		fputs(" sim_pfn=none", out);
	else
		fprintf(out, " sim_pfn=0x%" PRIx32, row->sim);
}
