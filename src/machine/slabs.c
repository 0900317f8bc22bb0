// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slabs: the slabs of a state as text.  A line "cache NAME" for each cache, and
 * below it a line for each place: "cpu 0:", "cpu_partial 0:", "partial:",
 * "full:", "frozen:", with the slabs in list order as
 * FRAME:OBJECTS-IN-USE/OBJECTS/ORDER.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "machine/load.h"

#define HEADING "# kmemlab slabs 1"

static const char *const places[SLAB_PLACES] = {
	[SLAB_ON_CPU] = "cpu", [SLAB_CPU_PARTIAL] = "cpu_partial", [SLAB_PARTIAL] = "partial",
	[SLAB_FULL] = "full",  [SLAB_FROZEN] = "frozen",
};

/* ---- out ---- */

static void write_all(const struct machine *m, const struct machine_state *s, FILE *f)
{
	const struct machine_slabpage *last = NULL;

	fprintf(f, HEADING "\n");
	for (uint32_t i = 0; i < s->slabpage_count; i++) {
		const struct machine_slabpage *p = &s->slabpages[i];
		bool new_cache = !last || last->cache != p->cache;

		if (new_cache)
			fprintf(f, "%scache %s", last ? "\n" : "", m->slabs[p->cache].name);
		if (new_cache || last->place != p->place || last->cpu != p->cpu) {
			fprintf(f, "\n%s", places[p->place]);
			if (p->cpu >= 0)
				fprintf(f, " %d", p->cpu);
			fputc(':', f);
		}
		fprintf(f, " %" PRIu32 ":%u/%u/%u", p->pfn, p->inuse, p->objects, p->order);
		last = p;
	}
	fputc('\n', f);
}

int machine_slabs_text(const struct machine *m, const struct machine_state *s, struct blob *out,
		       struct err *e)
{
	if (!s->have_slabpages)
		return err_set(e, ENOENT, "the slabs are not known");
	return state_text(m, s, write_all, "the slabs", out, e);
}

/* ---- in ---- */

struct reading {
	struct machine *m;
	struct text *t;
	struct machine_slabpage *out, next; /* next: cache, place and CPU of the line */
	uint32_t count, room;
	uint8_t *seen; /* a bit a frame */
};

/* "FRAME:INUSE/OBJECTS/ORDER" */
static int parse_slab(struct reading *r, struct span word, struct err *e)
{
	struct span pfn, inuse, objects;
	uint64_t v[4];

	if (!span_until(&word, ':', &pfn) || !span_until(&word, '/', &inuse) ||
	    !span_until(&word, '/', &objects) || !span_u64(pfn, &v[0]) || !span_u64(inuse, &v[1]) ||
	    !span_u64(objects, &v[2]) || !span_u64(word, &v[3]) || v[3] >= KMM_ORDERS ||
	    v[0] >= r->m->max_pfn || v[0] & ((1ull << v[3]) - 1) || !v[2] || v[2] > 0x7fff ||
	    v[1] > v[2])
		return text_bad(r->t, e, "expected a slab as FRAME:USED/OBJECTS/ORDER");
	for (uint64_t p = v[0]; p < v[0] + (1ull << v[3]) && p < r->m->max_pfn; p++) {
		if (r->seen[p >> 3] >> (p & 7) & 1)
			return text_bad(r->t, e, "page frame %llu is of two slabs",
					(unsigned long long)p);
		r->seen[p >> 3] |= (uint8_t)(1 << (p & 7));
	}
	if (r->count == r->room) {
		uint32_t room = r->room ? r->room * 2 : 1024;
		struct machine_slabpage *more = realloc(r->out, room * sizeof(*more));

		if (!more)
			return err_set(e, ENOMEM, "out of memory for the slabs");
		r->out = more;
		r->room = room;
	}
	r->next.pfn = (uint32_t)v[0];
	r->next.inuse = (uint16_t)v[1];
	r->next.objects = (uint16_t)v[2];
	r->next.order = (uint8_t)v[3];
	r->out[r->count++] = r->next;
	return 0;
}

static int parse_cache(struct reading *r, struct span name, struct err *e)
{
	struct machine_slab *s;

	while (name.p < name.end && *name.p == ' ')
		name.p++;
	if (!span_len(name))
		return text_bad(r->t, e, "expected the cache's name");
	s = slab_find(r->m, name);
	if (!s)
		s = slab_add(r->m, name);
	if (!s)
		return err_set(e, ENOMEM, "no room for the cache");
	r->next.cache = (uint32_t)(s - r->m->slabs);
	return 0;
}

static int parse_place(struct reading *r, struct span line, struct err *e)
{
	struct span where, name, word;
	uint64_t cpu;
	int ret = 0;

	if (r->next.cache == UINT32_MAX || !span_until(&line, ':', &where) ||
	    !span_word(&where, &name))
		return text_bad(r->t, e, "expected \"cache NAME\" or a place below one");
	for (r->next.place = 0; r->next.place < SLAB_PLACES; r->next.place++)
		if (span_is(name, places[r->next.place]))
			break;
	r->next.cpu = -1;
	if (r->next.place == SLAB_PLACES)
		return text_bad(r->t, e, "unknown place %.*s", (int)span_len(name), name.p);
	if (r->next.place <= SLAB_CPU_PARTIAL) {
		if (!span_next_u64(&where, &cpu) || cpu >= r->m->cpus)
			return text_bad(r->t, e, "expected a CPU's number below %u", r->m->cpus);
		r->next.cpu = (int16_t)cpu;
	}
	while (!ret && span_word(&line, &word))
		ret = parse_slab(r, word, e);
	return ret;
}

int slabs_parse(struct machine *m, struct machine_state *s, struct text *t, struct err *e)
{
	struct reading r = { .m = m, .t = t, .next = { .cache = UINT32_MAX } };
	struct span line, rest, word;
	int ret = 0;

	if (!text_next(t, &line) || !span_is(line, HEADING))
		return text_bad(t, e, "expected \"" HEADING "\"");
	r.seen = calloc(m->max_pfn / 8 + 1, 1);
	if (!r.seen)
		return err_set(e, ENOMEM, "out of memory for the slabs");
	while (!ret && text_next(t, &line)) {
		rest = line;
		if (!span_word(&rest, &word))
			continue;
		ret = span_is(word, "cache") ? parse_cache(&r, rest, e) : parse_place(&r, line, e);
	}
	free(r.seen);
	if (ret) {
		free(r.out);
		return ret;
	}
	free(s->slabpages); /* of the raw dumps, where a capture has both */
	s->slabpages = r.out;
	s->slabpage_count = s->dumped_slabs = r.count;
	s->have_slabpages = true;
	return 0;
}
