// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/import.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/progress.h"
#include "machine/kallsyms.h"
#include "trace/ahead.h"
#include "workload/attribution.h"
#include "workload/directmap.h"
#include "workload/summary.h"

#define FACTS "derived/facts"
#define SYMBOLS "system/kallsyms"
#define PRESCAN_EVENTS 400000 /* looked at for the direct map at most */
#define EVENT_IDS 65536
#define BATCH 256 /* events that are read at once */

struct import {
	const struct capture *capture;
	const struct import_options *o;
	struct import_result *res;
	struct snapshot_source source;
	bool have_source;
	struct machine *machine;
	struct trace *trace;
	struct ahead *ahead; /* while its events are read */
	struct kmw_writer *out;
	struct resolver *resolver;
	uint64_t *lost_seen; /* [cpus] */
	uint64_t counts[EVENT_IDS];
	uint64_t first, last;
	uint32_t max_pfn;
};

static double now_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* ---- what the resolver asks for ---- */

static const char *comm_of(void *arg, int32_t pid)
{
	return ahead_comm(((struct import *)arg)->ahead, pid);
}

static const char *name_of(void *arg, uint32_t name)
{
	return ahead_name(((struct import *)arg)->ahead, name);
}

static uint32_t string_of(void *arg, const char *s, size_t len)
{
	return kmw_string(((struct import *)arg)->out, s, len);
}

static int put(void *arg, const struct request *r, struct err *e)
{
	struct import *im = arg;

	if ((r->sig.op == REQ_PAGE_ALLOC || r->sig.op == REQ_PAGE_FREE) && r->pfn != KMM_NO_PFN &&
	    r->pfn >= im->max_pfn)
		im->max_pfn = r->pfn + (1u << r->sig.order);
	return kmw_put(im->out, r, e);
}

/* ---- opening ---- */

static int open_trace(struct import *im, struct err *e)
{
	struct trace_options to = {
		.instance = im->o->instance,
		.keep_going = im->o->keep_going,
		.kallsyms = im->o->kallsyms,
		.kallsyms_or = im->capture->kallsyms[0] ? im->capture->kallsyms : NULL,
		.cpu_mask = im->o->cpu_mask,
		.cpu_mask_len = im->o->cpu_mask_len,
	};

	if (im->o->from > 0)
		to.from = (uint64_t)(im->o->from * 1e9);
	if (isfinite(im->o->to) && im->o->to > 0)
		to.to = (uint64_t)(im->o->to * 1e9);
	im->trace = trace_open(im->capture->trace, &to, e);
	return im->trace ? 0 : err_code(e);
}

static int load_snapshots(struct import *im, struct err *e)
{
	struct snapshot_source none = { 0 };

	if (im->capture->kind == CAPTURE_DIR) {
		int ret = snapshot_dir_open(im->capture->dir, &im->source, e);

		if (ret < 0)
			return ret;
		im->have_source = true;
	}
	im->machine = machine_load(im->have_source ? &im->source : &none, e);
	return im->machine ? 0 : err_code(e);
}

/* The direct map's base: from the snapshot, else by vote over the trace's first events. */
static int find_direct_map(struct import *im, struct err *e)
{
	bool part = im->o->from > 0 || (isfinite(im->o->to) && im->o->to > 0) || im->o->cpu_mask;
	struct trace_options to = { .keep_going = true, .instance = im->o->instance };
	struct trace *t = im->trace;
	struct directmap *d;
	uint32_t votes, of;
	struct event ev[BATCH];
	int ret = 0, got;

	if (trace_info(im->trace)->pointers != TRACE_POINTERS_RAW) {
		/* Equal pointers are still the same object; where it lies nobody can say. */
		snprintf(im->res->direct_map_source, sizeof(im->res->direct_map_source),
			 "unknown: pointers are %s, objects have no place",
			 trace_info(im->trace)->pointers == TRACE_POINTERS_HASHED ? "hashed" :
										    "hidden");
		return 0;
	}
	if (im->machine->direct_map_base) {
		im->res->direct_map_base = im->machine->direct_map_base;
		snprintf(im->res->direct_map_source, sizeof(im->res->direct_map_source), "%s",
			 im->machine->direct_map_source);
		return 0;
	}
	d = malloc(sizeof(*d));
	if (!d)
		return err_set(e, ENOMEM, "out of memory");
	/* All that was recorded may vote, also where a part alone is to be imported. */
	if (part)
		t = trace_open(im->capture->trace, &to, e);
	if (!t) {
		free(d);
		return err_code(e);
	}
	directmap_init(d);
	for (uint32_t n = 0; n < PRESCAN_EVENTS && !directmap_decided(d); n += (uint32_t)got) {
		got = trace_next_many(t, ev, BATCH, NULL);
		if (got <= 0)
			break;
		for (int i = 0; i < got && !directmap_decided(d); i++)
			directmap_event(d, &ev[i]);
	}
	im->res->direct_map_base = directmap_base(d, &votes, &of);
	snprintf(im->res->direct_map_source, sizeof(im->res->direct_map_source),
		 im->res->direct_map_base ? "inferred from the trace: %" PRIu32 " of %" PRIu32
					    " votes" :
					    "unknown: %" PRIu32 " of %" PRIu32 " votes agree",
		 votes, of);
	if (part)
		trace_close(t);
	else
		ret = trace_rewind(t, e);
	free(d);
	return ret;
}

const char *const import_functions[IMPORT_FUNCTIONS] = {
	"__vmalloc_node_range",	      "__vmalloc_node_range_noprof",
	"__vmalloc_area_node",	      "__vmalloc_area_node.constprop.0",
	"__vmalloc_area_node.isra.0", "free_pages_bulk",
};
#define VMALLOC_FUNCTIONS (IMPORT_FUNCTIONS - 1)
#define AREA_JOINER import_functions[IMPORT_FUNCTIONS - 1]

static unsigned vmalloc_sites(struct import *im, struct resolve_range *out, unsigned room)
{
	struct kallsyms_range f[VMALLOC_FUNCTIONS] = { 0 };
	unsigned n = 0;

	if (trace_functions(im->trace, import_functions, VMALLOC_FUNCTIONS, f) < 0)
		return 0;
	for (unsigned i = 0; i < VMALLOC_FUNCTIONS && n < room; i++)
		if (f[i].start)
			out[n++] = (struct resolve_range){ f[i].start, f[i].end };
	return n;
}

/* Does the kernel have free_pages_bulk(), with which vfree joins neighbours before it frees them (7.x)? */
static bool joins_areas(struct import *im)
{
	struct kallsyms_range f = { 0 };

	/* A text has names where something was called from, and no list of them. */
	return trace_lists_symbols(im->trace) &&
	       trace_functions(im->trace, &AREA_JOINER, 1, &f) >= 0 && f.start;
}

/* ---- the end ---- */

static int attach_file(struct import *im, const char *name, struct err *e)
{
	struct blob b;
	int ret = im->source.read(im->source.ctx, name, &b, e);

	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		return ret;
	ret = kmw_attach(im->out, name, b.data, b.len, e);
	blob_free(&b);
	return ret;
}

static int attach_text(struct import *im, const char *name, const struct machine_state *s,
		       int (*make)(const struct machine *, const struct machine_state *,
				   struct blob *, struct err *),
		       struct err *e)
{
	struct blob b;
	int ret = make(im->machine, s, &b, e);

	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		return ret;
	ret = kmw_attach(im->out, name, b.data, b.len, e);
	blob_free(&b);
	return ret;
}

static int attach_stream(struct import *im, const char *name, FILE *f, char **text, size_t *len,
			 struct err *e)
{
	int ret;

	if (fclose(f))
		return err_set(e, ENOMEM, "out of memory for %s", name);
	ret = kmw_attach(im->out, name, *text, *len, e);
	free(*text);
	return ret;
}

/* Which cache each call site allocates from. */
static int attach_sites(struct import *im, struct err *e)
{
	const struct sites *t = resolver_sites(im->resolver);
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return err_set(e, ENOMEM, "out of memory for " ATTRIBUTION_NAME);
	fprintf(f, "# call-site bytes-requested bytes-allocated cache frees-with-this-name "
		   "frees-with-another\n");
	for (uint32_t i = 0; i < t->count; i++)
		fprintf(f,
			"%#" PRIx64 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu64 " %" PRIu64
			"\n",
			t->s[i].addr, t->s[i].bytes_req, t->s[i].bytes, t->s[i].cache,
			t->s[i].named, t->s[i].other);
	return attach_stream(im, ATTRIBUTION_NAME, f, &text, &len, e);
}

/* The symbols of the call sites. */
static int attach_symbols(struct import *im, struct err *e)
{
	const struct sites *t = resolver_sites(im->resolver);
	struct map code;
	char *text = NULL;
	size_t len = 0;
	FILE *f;
	int ret = map_init(&code, t->count);

	for (uint32_t i = 0; i < t->count && !ret; i++)
		ret = map_put(&code, t->s[i].addr, 0);
	f = ret ? NULL : open_memstream(&text, &len);
	if (!f) {
		map_free(&code);
		return err_set(e, ENOMEM, "out of memory for " SYMBOLS);
	}
	ret = trace_symbols_cut(im->trace, &code, f, e);
	map_free(&code);
	if (ret < 0) {
		fclose(f);
		free(text);
		return ret;
	}
	return attach_stream(im, SYMBOLS, f, &text, &len, e);
}

static int attach_facts(struct import *im, struct err *e)
{
	const struct resolve_stats *s = resolver_stats(im->resolver);
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return err_set(e, ENOMEM, "out of memory for " FACTS);
	fprintf(f, "max_pfn %" PRIu32 "\ndirect_map_base %#" PRIx64 "\ndirect_map_source %s\n",
		im->max_pfn, im->res->direct_map_base, im->res->direct_map_source);
	fprintf(f,
		"null_frees %" PRIu64 "\ntwins %" PRIu64 "\nbatched %" PRIu64
		"\nbatched_alone %" PRIu64 "\n",
		s->null_frees, s->twins, s->batched, s->batched_alone);
	fprintf(f,
		"unpaired_pages %" PRIu64 "\nunpaired_objects %" PRIu64 "\nimplied_pages %" PRIu64
		"\nimplied_objects %" PRIu64 "\n",
		s->unpaired_pages, s->unpaired_objects, s->implied_pages, s->implied_objects);
	fprintf(f,
		"bulk_pages %" PRIu64 "\nbulk_paired %" PRIu64 "\nsilent_refills %" PRIu64
		"\nforced %" PRIu64 "\n",
		s->bulk_pages, s->bulk_paired, s->silent_refills, s->forced);
	return attach_stream(im, FACTS, f, &text, &len, e);
}

static int attach_all(struct import *im, struct err *e)
{
	const struct machine_state *before = &im->machine->before, *after = &im->machine->after;
	const char *const *names = machine_attachments();
	int ret = 0;

	for (; im->have_source && *names && ret >= 0; names++)
		ret = attach_file(im, *names, e);
	if (ret >= 0)
		ret = attach_text(im, "before/lists", before, machine_lists_text, e);
	if (ret >= 0)
		ret = attach_text(im, "after/lists", after, machine_lists_text, e);
	if (ret >= 0)
		ret = attach_text(im, "before/slabs", before, machine_slabs_text, e);
	if (ret >= 0)
		ret = attach_text(im, "after/slabs", after, machine_slabs_text, e);
	if (ret >= 0)
		ret = attach_text(im, "before/pageblocks", before, machine_blocks_text, e);
	if (ret >= 0)
		ret = attach_text(im, "after/pageblocks", after, machine_blocks_text, e);
	if (ret >= 0)
		ret = attach_sites(im, e);
	if (ret >= 0)
		ret = attach_symbols(im, e);
	if (ret >= 0)
		ret = attach_facts(im, e);
	return ret;
}

static int summarise(struct import *im, struct kmw_summary *s, struct err *e)
{
	const struct resolve_stats *rs = resolver_stats(im->resolver);
	uint32_t ids = EVENT_IDS;
	int ret;

	while (ids && !im->counts[ids - 1])
		ids--;
	ret = summary_of_trace(s, im->trace, im->counts, ids, e);
	if (ret < 0)
		return ret;
	summary_add_machine(s, im->machine);
	snprintf(s->source, sizeof(s->source), "%s", im->capture->name);
	s->first = im->first;
	s->last = im->last;
	s->requests = rs->requests;
	s->observations = rs->observations;
	s->slots = rs->slots;
	im->res->events = s->events;
	im->res->lost = s->lost;
	im->res->resolved = *rs;
	return 0;
}

/* ---- the pass ---- */

/* How many of its CPU's events were lost just before this one, if `all` were up to it. */
static uint64_t lost_before(struct import *im, const struct event *ev, uint64_t all)
{
	uint64_t known;

	if (!ev->lost)
		return 0;
	known = im->lost_seen[ev->cpu];
	im->lost_seen[ev->cpu] = all;
	return all - known;
}

/* All events, as far as they are good. */
static int read_all(struct import *im, struct progress *bar, struct err *e)
{
	const struct event *ev;
	uint64_t n = 0, shown = 0, lost;
	int got, ret = 0;

	while ((got = ahead_next(im->ahead, &ev, &lost, e)) > 0) {
		const struct event *last = ev + got - 1;

		if (!n)
			im->first = ev->time;
		im->last = last->time;
		for (int i = 0; i < got; i++)
			im->counts[ev[i].id]++;
		ret = resolver_events(im->resolver, ev, (unsigned)got, lost_before(im, last, lost),
				      e);
		if (ret < 0)
			return ret;
		n += (unsigned)got;
		if (bar->on && n - shown > 0xffff) {
			uint64_t total, done = ahead_progress(im->ahead, &total);

			progress_update(bar, done, total, n);
			shown = n;
		}
	}
	return got;
}

static int pass(struct import *im, struct err *e)
{
	struct progress bar = { .on = false };
	int ret;

	im->ahead = ahead_start(im->trace, e);
	if (!im->ahead)
		return err_code(e);
	if (im->o->progress)
		progress_start(&bar, "import", "events");
	ret = read_all(im, &bar, e);
	if (bar.on)
		progress_end(&bar);
	if (ret >= 0)
		ret = resolver_finish(im->resolver, e);
	ahead_stop(im->ahead);
	return ret;
}

static void import_close(struct import *im)
{
	resolver_free(im->resolver);
	if (im->trace)
		trace_close(im->trace);
	if (im->machine)
		machine_free(im->machine);
	if (im->have_source)
		snapshot_dir_close(&im->source);
	free(im->lost_seen);
	free(im);
}

int import_capture(const struct capture *c, const char *out, const struct import_options *o,
		   struct import_result *res, struct err *e)
{
	struct import *im = calloc(1, sizeof(*im));
	struct kmw_summary summary = { 0 };
	struct resolve_range sites[8];
	struct resolve_options ro = {
		.comm = comm_of, .name = name_of, .string = string_of, .put = put
	};
	double start = now_seconds();
	int ret;

	if (!im)
		return err_set(e, ENOMEM, "out of memory");
	memset(res, 0, sizeof(*res));
	im->capture = c;
	im->o = o;
	im->res = res;
	ret = open_trace(im, e);
	if (ret >= 0)
		ret = load_snapshots(im, e);
	if (ret >= 0)
		ret = find_direct_map(im, e);
	if (ret < 0)
		goto out;
	ret = -ENOMEM;
	im->lost_seen = calloc(trace_info(im->trace)->cpus + 1, sizeof(*im->lost_seen));
	im->out = kmw_create(out, o->compression, e);
	if (!im->out || !im->lost_seen)
		goto out;
	ro.machine = im->machine;
	ro.direct_map_base = res->direct_map_base;
	ro.long_size = trace_info(im->trace)->long_size;
	ro.tells_ties = trace_info(im->trace)->tells_ties;
	ro.vmalloc_sites = sites;
	ro.vmalloc_site_count = vmalloc_sites(im, sites, 8);
	ro.joins_areas = joins_areas(im);
	ro.arg = im;
	im->resolver = resolver_new(&ro, e);
	if (!im->resolver)
		goto out;
	ret = pass(im, e);
	if (ret >= 0)
		ret = attach_all(im, e);
	if (ret >= 0)
		ret = summarise(im, &summary, e);
	if (ret >= 0) {
		kmw_written(im->out, &res->bytes_blocks, &res->bytes_rest);
		ret = kmw_commit(im->out, &summary, e);
		im->out = NULL;
	}
	if (trace_damage(im->trace))
		snprintf(res->damage, sizeof(res->damage), "%s", trace_damage(im->trace)->text);
	res->seconds = now_seconds() - start;
out:
	if (im->out)
		kmw_abort(im->out);
	free(summary.counts);
	free(summary.per_cpu);
	import_close(im);
	return ret;
}

/* ---- opening whatever there is as a workload ---- */

struct kmw_reader *import_open(const char *path, const struct import_options *o,
			       struct import_result *res, struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	struct import_result dummy;
	struct kmw_reader *k;
	struct capture c;
	char name[PATH_MAX];
	int fd;

	if (!res)
		res = &dummy;
	memset(res, 0, sizeof(*res));
	if (capture_find(path, &c, e) < 0)
		return NULL;
	if (c.kind == CAPTURE_KMW)
		return kmw_open(c.trace, e);
	snprintf(name, sizeof(name), "%.4000s/kmemlab-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	fd = mkstemp(name);
	if (fd < 0) {
		err_set(e, errno, "%s: %s", name, strerror(errno));
		return NULL;
	}
	close(fd);
	k = import_capture(&c, name, o, res, e) < 0 ? NULL : kmw_open(name, e);
	unlink(name);
	return k;
}

/* ---- the machine of a workload ---- */

static int read_attachment(void *ctx, const char *name, struct blob *out, struct err *e)
{
	return kmw_attachment(ctx, name, out, e);
}

/* A line "key value" of the facts; 0 if it is not there. */
static uint64_t fact(const struct blob *b, const char *key)
{
	const char *p = (const char *)b->data;
	size_t len = strlen(key);

	for (; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
		if (!strncmp(p, key, len) && p[len] == ' ')
			return strtoull(p + len, NULL, 0);
	return 0;
}

/* No snapshot: one zone of the frames that the requests named. */
static void guess_zones(struct machine *m, const struct kmw_summary *s, uint64_t max_pfn)
{
	struct machine_zone *z = &m->zones[0];

	if (max_pfn < 1024)
		max_pfn = 1024;
	m->max_pfn = (max_pfn + 1023) & ~1023ull;
	m->zone_count = 1;
	z->type = KMM_ZONE_NORMAL;
	snprintf(z->name, sizeof(z->name), "Normal");
	z->spanned = z->present = z->managed = m->max_pfn;
	machine_note(m,
		     "no zoneinfo: all page frames up to the highest one seen stand in one zone");
	if (m->cpus < s->cpus)
		m->cpus = s->cpus;
	if (!m->nodes)
		m->nodes = 1;
}

struct machine *import_machine(struct kmw_reader *k, struct err *e)
{
	struct snapshot_source src = { read_attachment, k };
	const struct kmw_summary *s = kmw_summary(k);
	struct machine *m = machine_load(&src, e);
	struct blob facts = { 0 };

	if (!m)
		return NULL;
	if (kmw_attachment(k, FACTS, &facts, e) < 0)
		memset(&facts, 0, sizeof(facts));
	if (!m->direct_map_base)
		m->direct_map_base = fact(&facts, "direct_map_base");
	if (s->caution[0])
		machine_note(m, "%s", s->caution);
	if (!m->zone_count)
		guess_zones(m, s, fact(&facts, "max_pfn"));
	if (m->cpus < s->cpus && s->cpus <= KMM_CPUS)
		m->cpus = s->cpus;
	if (!m->pageblock_order)
		m->pageblock_order = 9;
	if (!m->orders)
		m->orders = 11;
	if (!m->kernel_major && s->kernel[0]) {
		snprintf(m->kernel, sizeof(m->kernel), "%s", s->kernel);
		sscanf(m->kernel, "%" SCNu32 ".%" SCNu32, &m->kernel_major, &m->kernel_minor);
	}
	blob_free(&facts);
	return m;
}

int import_symbols(struct kmw_reader *k, struct kallsyms **out, struct err *e)
{
	struct blob text = { 0 };
	int ret = kmw_attachment(k, SYMBOLS, &text, e);

	*out = NULL;
	if (ret < 0)
		return ret == -ENOENT ? 0 : ret;
	*out = kallsyms_parse((const char *)text.data, text.len, e);
	blob_free(&text);
	return *out ? 0 : err_code(e);
}
