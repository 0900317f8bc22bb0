// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemlab export: requests for other tools: CSV, JSON lines, and Chrome's trace format. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "workload/kmw.h"

enum export_format { EXPORT_CSV, EXPORT_JSON, EXPORT_CHROME };

static const char *const formats[] = { "csv", "jsonl", "chrome", NULL };

static struct input_options in = INPUT_DEFAULTS;
static const char *output;
static int format;
static bool no_events;

static struct option options[] = {
	{ "output", 'o', OPTION_STRING, &output, "FILE", NULL,
	  "the file to write (default: standard output)" },
	{ "format", 'F', OPTION_CHOICE, &format, "FORMAT", formats,
	  "csv, jsonl (a JSON object a line), or chrome, which ui.perfetto.dev opens" },
	{ "counters-only", 0, OPTION_FLAG, &no_events, NULL, NULL,
	  "chrome: leave out the single requests, which make a large file" },
	INPUT_OPTIONS(in),
	{ NULL },
};

#define COUNTER_STEP 1000000 /* ns between two values of a counter */

struct export
{
	FILE *out;
	struct kmw_reader *k;
	const struct kmw_summary *s;
	struct json j;
	/* chrome: what each slot holds, and the sums */
	struct held {
		uint32_t pages;
		uint8_t owner;
	} * held;
	int64_t pages[REQUEST_OWNER_COUNT];
	uint64_t counted; /* time of the last value written */
	bool any;
};

static const char *cache_of(const struct export *x, const struct request *r)
{
	return r->sig.cache ? intern_str(kmw_strings(x->k), r->sig.cache) : "";
}

/* Flags by the kernel's names for single ones, joined by '|': the file's numbers are our own. */
static const char *gfp_of(kmm_gfp gfp, char out[512])
{
	static const char *const names[32] = {
#define X(name, bit) [bit] = "__GFP_" #name,
		KMM_GFP_BITS(X)
#undef X
	};
	unsigned at = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < 32; i++)
		if (gfp >> i & 1)
			at += (unsigned)snprintf(out + at, 512 - at, "%s%s", at ? "|" : "",
						 names[i]);
	return out;
}

/* An address: too large for the numbers of many readers of JSON. */
static void put_address(struct json *j, const char *key, uint64_t addr)
{
	char text[24];

	snprintf(text, sizeof(text), "%#" PRIx64, addr);
	json_string(j, key, text);
}

static bool is_page(const struct request *r)
{
	return r->sig.op <= REQ_PAGE_BULK;
}

static void put_quoted(FILE *out, const char *s)
{
	putc('"', out);
	for (; *s; s++) {
		if (*s == '"')
			putc('"', out);
		putc(*s, out);
	}
	putc('"', out);
}

/* Empty where the request has no such thing. */
static void put_csv(struct export *x, const struct request *r)
{
	FILE *f = x->out;
	char gfp[512];

	fprintf(f, "%" PRIu64 ",%u,%" PRId32 ",%s,", r->time, r->cpu, r->pid,
		request_op_name(r->sig.op));
	if (r->slot != NO_SLOT)
		fprintf(f, "%" PRIu32, r->slot);
	putc(',', f);
	if (is_page(r) && r->pfn != KMM_NO_PFN)
		fprintf(f, "%" PRIu32, r->pfn);
	if (is_page(r))
		fprintf(f, ",%u,%u,%s,,,,", r->sig.order, r->sig.type,
			request_owner_name(r->sig.owner));
	else
		fprintf(f, ",,,,%" PRIu32 ",%" PRIu32 ",%#" PRIx64 ",", r->sig.bytes_req,
			r->sig.bytes_alloc, r->addr);
	put_quoted(f, cache_of(x, r));
	fprintf(f, ",%#" PRIx64 ",%s,%d,%u\n", r->sig.site, gfp_of(r->sig.gfp, gfp), r->sig.node,
		r->sig.flags);
}

static void put_fields(struct export *x, struct json *j, const struct request *r)
{
	char gfp[512];

	if (r->slot != NO_SLOT)
		json_uint(j, "id", r->slot);
	if (is_page(r)) {
		if (r->pfn != KMM_NO_PFN)
			json_uint(j, "pfn", r->pfn);
		json_uint(j, "order", r->sig.order);
		json_uint(j, "migratetype", r->sig.type);
		json_string(j, "owner", request_owner_name(r->sig.owner));
	} else {
		json_uint(j, "bytes_req", r->sig.bytes_req);
		json_uint(j, "bytes_alloc", r->sig.bytes_alloc);
		put_address(j, "addr", r->addr);
		if (r->sig.cache)
			json_string(j, "cache", cache_of(x, r));
	}
	put_address(j, "site", r->sig.site);
	json_string(j, "gfp", gfp_of(r->sig.gfp, gfp));
	json_uint(j, "flags", r->sig.flags);
}

static void put_json(struct export *x, const struct request *r)
{
	json_start(&x->j, x->out);
	x->j.lines = 0; /* an object a line */
	json_object(&x->j, NULL);
	json_uint(&x->j, "time", r->time);
	json_uint(&x->j, "cpu", r->cpu);
	json_int(&x->j, "pid", r->pid);
	json_string(&x->j, "op", request_op_name(r->sig.op));
	put_fields(x, &x->j, r);
	json_end_object(&x->j);
	json_finish(&x->j);
}

/* ---- Chrome's trace format ---- */

/* The members that every event has; times are in microseconds. */
static void start_event(struct export *x, const char *name, const char *ph, uint64_t time,
			uint32_t tid)
{
	json_object(&x->j, NULL);
	json_string(&x->j, "name", name);
	json_string(&x->j, "cat", "kmem");
	json_string(&x->j, "ph", ph);
	json_real(&x->j, "ts", (double)time / 1e3);
	json_uint(&x->j, "pid", 1);
	json_uint(&x->j, "tid", tid);
}

static void name_track(struct export *x, const char *what, uint32_t tid, const char *name)
{
	start_event(x, what, "M", 0, tid);
	json_object(&x->j, "args");
	json_string(&x->j, "name", name);
	json_end_object(&x->j);
	json_end_object(&x->j);
}

static void put_counters(struct export *x, uint64_t time)
{
	start_event(x, "pages allocated since the start", "C", time, 0);
	json_object(&x->j, "args");
	for (unsigned i = 0; i < REQUEST_OWNER_COUNT; i++)
		json_int(&x->j, request_owner_name((enum request_owner)i), x->pages[i]);
	json_end_object(&x->j);
	json_end_object(&x->j);
	x->counted = time;
	x->any = true;
}

/* Blocks that were there before the trace are in no counter, and so is their release. */
static void count_pages(struct export *x, const struct request *r)
{
	uint32_t n = 1u << r->sig.order;
	struct held *h;

	if (!x->held || !is_page(r) || r->slot >= x->s->slots || r->sig.flags & REQ_FAILED)
		return;
	h = &x->held[r->slot];
	if (r->sig.op != REQ_PAGE_FREE) {
		h->pages = n;
		h->owner = r->sig.owner;
		x->pages[h->owner] += n;
	} else {
		if (!(r->sig.flags & REQ_PIECE) || n > h->pages)
			n = h->pages;
		h->pages -= n;
		x->pages[h->owner] -= n;
	}
}

static void put_chrome(struct export *x, const struct request *r)
{
	count_pages(x, r);
	if (!x->any || r->time - x->counted >= COUNTER_STEP)
		put_counters(x, r->time);
	if (no_events)
		return;
	start_event(x, request_op_name(r->sig.op), "i", r->time, r->cpu + 1u);
	json_string(&x->j, "s", "t");
	json_object(&x->j, "args");
	json_int(&x->j, "task", r->pid);
	put_fields(x, &x->j, r);
	json_end_object(&x->j);
	json_end_object(&x->j);
}

static int start_chrome(struct export *x, struct err *e)
{
	char name[16];

	if (!x->s->clock_is_time)
		return err_set(e, EINVAL,
			       "the capture's clock '%s' counts no time; Chrome's format needs it",
			       x->s->clock);
	x->held = calloc((size_t)x->s->slots + 1, sizeof(*x->held));
	if (!x->held)
		return err_set(e, ENOMEM, "out of memory for %" PRIu32 " slots", x->s->slots);
	json_start(&x->j, x->out);
	x->j.lines = 2; /* an event a line */
	json_object(&x->j, NULL);
	json_string(&x->j, "displayTimeUnit", "ns");
	json_array(&x->j, "traceEvents");
	name_track(x, "process_name", 0, "kernel memory");
	for (uint32_t cpu = 0; cpu < x->s->cpus; cpu++) {
		snprintf(name, sizeof(name), "CPU %" PRIu32, cpu);
		name_track(x, "thread_name", cpu + 1, name);
	}
	return 0;
}

static int write_all(struct export *x, struct err *e)
{
	struct request *q = malloc(KMW_BLOCK_RECORDS * sizeof(*q));
	struct kmw_scratch *s = kmw_scratch_new();
	uint64_t last = 0;
	int ret = 0;

	if (!q || !s)
		ret = err_set(e, ENOMEM, "out of memory");
	if (ret >= 0 && format == EXPORT_CSV)
		fputs("time,cpu,pid,op,id,pfn,order,migratetype,owner,bytes_req,bytes_alloc,addr,"
		      "cache,site,gfp,node,flags\n",
		      x->out);
	if (ret >= 0 && format == EXPORT_CHROME)
		ret = start_chrome(x, e);
	for (uint32_t b = 0; ret >= 0 && b < kmw_block_count(x->k); b++) {
		int n = kmw_block_read(x->k, b, q, s, e);

		ret = n;
		for (int i = 0; i < n; i++) {
			last = q[i].time;
			if (request_is_observation(&q[i]))
				continue;
			if (format == EXPORT_CSV)
				put_csv(x, &q[i]);
			else if (format == EXPORT_JSON)
				put_json(x, &q[i]);
			else
				put_chrome(x, &q[i]);
		}
		if (ferror(x->out))
			ret = err_set(e, EIO, "the output could not be written");
	}
	if (ret >= 0 && format == EXPORT_CHROME) {
		put_counters(x, last);
		json_end_array(&x->j);
		json_end_object(&x->j);
		json_finish(&x->j);
	}
	free(q);
	kmw_scratch_free(s);
	return ret;
}

/* 0 if all that was written has arrived. */
static int finish(FILE *out)
{
	if (out == stdout)
		return fflush(out);
	return fclose(out);
}

static int run(int argc, char **argv)
{
	struct export x = { .out = stdout };
	struct err e = { 0 };
	int ret = 0;

	if (argc != 1) {
		fprintf(stderr,
			"kmemlab export: one capture is expected; see kmemlab export --help\n");
		return 2;
	}
	x.k = input_open(&in, argv[0], NULL, &e);
	if (!x.k)
		return input_fail("export", &e);
	x.s = kmw_summary(x.k);
	if (output)
		x.out = fopen(output, "we");
	if (!x.out)
		ret = err_set(&e, errno, "%s: %s", output, strerror(errno));
	if (ret >= 0)
		ret = write_all(&x, &e);
	if (x.out && finish(x.out) && ret >= 0)
		ret = err_set(&e, errno, "the output could not be written: %s", strerror(errno));
	free(x.held);
	kmw_close(x.k);
	return ret < 0 ? input_fail("export", &e) : 0;
}

struct command cmd_export = {
	.name = "export",
	.summary = "write requests for other tools",
	.args = "CAPTURE",
	.description =
		"Writes the requests of a capture or workload as CSV or JSON lines, with times in ns (or the "
		"clock's own unit), or as a trace in Chrome's JSON format, which ui.perfetto.dev and "
		"chrome://tracing open: a track of requests for each CPU, and a counter of the pages that were "
		"allocated since the start of the trace, by what they are for, once a millisecond.\n\n"
		"Observations (what the kernel did on its own) are left out; kmemlab dump shows all events.",
	.examples = "kmemlab export --format csv -o small.csv traces/amd64-6.1-small\n"
		    "  requests of the bundled capture\n",
	.options = options,
	.run = run,
};
