// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "trace/trace.h"

#include <errno.h>
#include <event-parse.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "machine/kallsyms.h"
#include "trace/bind.h"
#include "trace/bytes.h"
#include "trace/datfile.h"
#include "trace/reader.h"
#include "trace/ring.h"

#define COMM_LEN 64

/* ---- event types ---- */

/* A line "name: value" of a format's text. */
static bool format_line(const char *text, uint32_t len, const char *key, char *out, size_t room)
{
	const char *p = memmem(text, len, key, strlen(key)), *end = text + len;
	size_t n = 0;

	if (!p)
		return false;
	for (p += strlen(key); p < end && *p == ' '; p++)
		;
	while (p + n < end && p[n] != '\n' && n + 1 < room)
		n++;
	memcpy(out, p, n);
	out[n] = '\0';
	return n > 0;
}

/* Events that have a struct of their own are bound now; others are parsed when they are to be printed. */
static int read_types(struct trace *t, struct err *e)
{
	for (uint32_t i = 0; i < t->file.format_count; i++) {
		const struct dat_format *f = &t->file.formats[i];
		char name[128], id[16];
		struct trace_type *type;
		unsigned long number;
		struct tep_event *te;

		if (!format_line(f->text, f->len, "name:", name, sizeof(name)) ||
		    !format_line(f->text, f->len, "\nID:", id, sizeof(id)))
			continue;
		number = strtoul(id, NULL, 10);
		if (number >= TRACE_TYPES || t->types[number])
			continue;
		type = calloc(1, sizeof(*type));
		if (!type)
			return err_set(e, ENOMEM, "out of memory for the event types");
		t->types[number] = type;
		type->name = strdup(name);
		type->format = f;
		if (!type->name)
			return err_set(e, ENOMEM, "out of memory for the event types");
		if (!trace_wants(f->system, name))
			continue;
		if (tep_parse_event(t->tep, f->text, f->len, f->system) != 0)
			continue;
		type->parsed = true;
		te = tep_find_event(t->tep, (int)number);
		if (te && bind_event(&type->binding, te, f->text, f->len, t->layout.swap))
			t->kinds[type->binding.kind] = true;
		else
			bind_free(&type->binding);
	}
	return 0;
}

/* ---- names of processes ---- */

static int read_cmdlines(struct trace *t, struct err *e)
{
	const char *p = t->file.cmdlines.text, *end = p + t->file.cmdlines.len;

	if (intern_init(&t->comms) || map_init(&t->comm_of, 256))
		return err_set(e, ENOMEM, "out of memory for process names");
	while (p && p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p)), *eol = nl ? nl : end, *space;

		space = memchr(p, ' ', (size_t)(eol - p));
		if (space && eol - space - 1 < COMM_LEN) {
			uint32_t id = intern_add(&t->comms, space + 1, (size_t)(eol - space - 1));

			if (id == UINT32_MAX || map_put(&t->comm_of, (uint64_t)strtol(p, NULL, 10), id))
				return err_set(e, ENOMEM, "out of memory for process names");
		}
		p = eol + 1;
	}
	return 0;
}

const char *trace_comm(const struct trace *t, int32_t pid)
{
	uint32_t id;

	if (pid == 0)
		return "<idle>";
	id = map_get(&t->comm_of, (uint64_t)pid);
	return id == MAP_NONE ? NULL : intern_str(&t->comms, id);
}

/* ---- merging the CPUs: a heap by (time, cpu) ---- */

static bool before(const struct trace *t, uint32_t a, uint32_t b)
{
	uint64_t ta = t->rings[a].time, tb = t->rings[b].time;

	return ta != tb ? ta < tb : t->rings[a].cpu < t->rings[b].cpu;
}

static void sift_down(struct trace *t, uint32_t at)
{
	for (;;) {
		uint32_t least = at, child = 2 * at + 1;

		if (child < t->heap_count && before(t, t->heap[child], t->heap[least]))
			least = child;
		if (child + 1 < t->heap_count && before(t, t->heap[child + 1], t->heap[least]))
			least = child + 1;
		if (least == at)
			return;
		child = t->heap[at];
		t->heap[at] = t->heap[least];
		t->heap[least] = child;
		at = least;
	}
}

/* A damaged CPU: fail, or with keep_going leave it out from here on. */
static int damage(struct trace *t, struct err *why, struct err *e)
{
	err_prefix(why, "%s: ", t->path);
	if (!t->o.keep_going) {
		if (e)
			*e = *why;
		return why->code;
	}
	if (!t->damage.code)
		t->damage = *why;
	return 0;
}

static int advance_root(struct trace *t, struct err *e)
{
	struct err why = { 0 };
	int ret = ring_next(&t->rings[t->heap[0]], &why);

	if (ret < 0) {
		ret = damage(t, &why, e);
		if (ret < 0)
			return ret;
	}
	if (ret == 0)
		t->heap[0] = t->heap[--t->heap_count];
	if (t->heap_count > 1)
		sift_down(t, 0);
	return 0;
}

static int start_rings(struct trace *t, const struct dat_buffer *b, struct err *e)
{
	t->rings = calloc(b->cpu_count + 1, sizeof(*t->rings));
	t->heap = calloc(b->cpu_count + 1, sizeof(*t->heap));
	t->cpus = calloc(t->info.cpus + 1, sizeof(*t->cpus));
	if (!t->rings || !t->heap || !t->cpus)
		return err_set(e, ENOMEM, "out of memory for %u CPUs", b->cpu_count);
	for (uint32_t i = 0; i < b->cpu_count; i++) {
		const struct dat_cpu *c = &b->cpus[i];
		struct err why = { 0 };
		int ret;

		if (t->o.cpu_mask && (c->cpu >= t->o.cpu_mask_len || !t->o.cpu_mask[c->cpu]))
			continue;
		t->cpus[c->cpu].bytes = c->size;
		ret = ring_open(&t->rings[i], &t->file, b, c, &t->layout, &why);
		if (ret >= 0)
			ret = ring_next(&t->rings[i], &why);
		if (ret < 0 && damage(t, &why, e) < 0)
			return e ? e->code : ret;
		t->ring_count = i + 1;
		if (ret == 1)
			t->heap[t->heap_count++] = i;
	}
	for (uint32_t i = t->heap_count; i-- > 0;)
		sift_down(t, i);
	return 0;
}

/* ---- opening ---- */

static const struct dat_buffer *find_buffer(const struct trace *t, struct err *e)
{
	const char *want = t->o.instance ? t->o.instance : "";

	for (uint32_t i = 0; i < t->file.buffer_count; i++)
		if (!strcmp(t->file.buffers[i].name, want))
			return &t->file.buffers[i];
	if (!t->o.instance && t->file.buffer_count)
		return &t->file.buffers[0];
	err_set(e, ENOENT, "%s: no buffer instance '%s' in the trace", t->path, want);
	return NULL;
}

static bool counts_time(const char *clock)
{
	return strcmp(clock, "counter") && strcmp(clock, "x86-tsc") && strcmp(clock, "ppc-tb") &&
	       strcmp(clock, "uptime");
}

static void fill_info(struct trace *t, const struct dat_buffer *b)
{
	struct trace_info *in = &t->info;

	snprintf(in->format, sizeof(in->format), "trace.dat %u", t->file.version);
	snprintf(in->compression, sizeof(in->compression), "%s", t->file.compression);
	snprintf(in->clock, sizeof(in->clock), "%s", b->clock[0] ? b->clock : "local");
	in->clock_is_time = counts_time(in->clock) || t->file.tsc_mult;
	in->big_endian = t->file.big_endian;
	in->long_size = t->layout.commit_size; /* the kernel's; the file's own is the user space's */
	in->page_size = t->file.page_size;
	in->sub_buffer = t->layout.page;
	for (uint32_t i = 0; i < b->cpu_count; i++)
		if (in->cpus <= b->cpus[i].cpu)
			in->cpus = b->cpus[i].cpu + 1;
	snprintf(in->uname, sizeof(in->uname), "%.*s", (int)strnlen(t->file.uname.text ? t->file.uname.text : "",
									t->file.uname.len),
		 t->file.uname.text ? t->file.uname.text : "");
	snprintf(in->instance, sizeof(in->instance), "%s", b->name);
	in->truncated = t->file.truncated;
}

static int open_all(struct trace *t, struct err *e)
{
	const struct dat_buffer *b;

	if (datfile_open(&t->file, t->path, e) < 0)
		return e->code;
	b = find_buffer(t, e);
	if (!b)
		return e->code;
	if (!t->file.header_page.text ||
	    !ring_layout_parse(&t->layout, t->file.header_page.text, t->file.header_page.len,
			       b->page_size ? b->page_size : t->file.page_size))
		return err_set(e, EBADMSG, "%s: the description of a ring-buffer page makes no sense", t->path);
	t->layout.swap = t->file.swap;
	t->layout.big_endian = t->file.big_endian;
	fill_info(t, b);
	if (t->file.truncated && !t->o.keep_going)
		return err_set(e, EBADMSG, "%s: the file is cut off: a CPU's data ends after byte %llu", t->path,
			       (unsigned long long)t->file.size);
	if (t->file.truncated)
		err_set(&t->damage, EBADMSG, "%s: the file is cut off after byte %llu", t->path,
			(unsigned long long)t->file.size);
	t->tep = tep_alloc();
	t->types = calloc(TRACE_TYPES, sizeof(*t->types));
	if (!t->tep || !t->types || intern_init(&t->names))
		return err_set(e, ENOMEM, "out of memory");
	tep_set_file_bigendian(t->tep, t->file.big_endian ? TEP_BIG_ENDIAN : TEP_LITTLE_ENDIAN);
	tep_set_local_bigendian(t->tep, HOST_BIG_ENDIAN ? TEP_BIG_ENDIAN : TEP_LITTLE_ENDIAN);
	tep_set_long_size(t->tep, t->info.long_size);
	if (read_types(t, e) < 0 || read_cmdlines(t, e) < 0)
		return e->code;
	return start_rings(t, b, e);
}

struct trace *trace_open(const char *path, const struct trace_options *o, struct err *e)
{
	struct trace *t = calloc(1, sizeof(*t));
	struct err mine = { 0 };

	if (!e)
		e = &mine;
	if (!t) {
		err_set(e, ENOMEM, "out of memory");
		return NULL;
	}
	if (o)
		t->o = *o;
	tep_set_loglevel(TEP_LOG_NONE); /* a format that it does not understand becomes EVENT_OTHER */
	t->path = strdup(path);
	if (!t->path)
		err_set(e, ENOMEM, "out of memory");
	if (!t->path || open_all(t, e) < 0) {
		trace_close(t);
		return NULL;
	}
	return t;
}

void trace_close(struct trace *t)
{
	if (!t)
		return;
	for (unsigned i = 0; t->types && i < TRACE_TYPES; i++)
		if (t->types[i]) {
			bind_free(&t->types[i]->binding);
			free(t->types[i]->name);
			free(t->types[i]);
		}
	for (uint32_t i = 0; t->rings && i < t->ring_count; i++)
		ring_close(&t->rings[i]);
	if (t->tep)
		tep_free(t->tep);
	kallsyms_free(t->symbols);
	map_free(&t->comm_of);
	intern_free(&t->comms);
	intern_free(&t->names);
	free(t->types);
	free(t->rings);
	free(t->heap);
	free(t->cpus);
	datfile_close(&t->file);
	free(t->path);
	free(t);
}

/* ---- events ---- */

static uint64_t shown_time(const struct trace *t, uint64_t time)
{
	if (t->file.tsc_mult) {
		time = (uint64_t)(((unsigned __int128)time * t->file.tsc_mult) >> t->file.tsc_shift);
		time = time > t->file.tsc_offset ? time - t->file.tsc_offset : 0;
	}
	return time + (uint64_t)t->file.time_offset;
}

int trace_next(struct trace *t, struct event *ev, struct err *e)
{
	for (;;) {
		const uint8_t *rec;
		struct trace_type *type;
		struct ring *r;
		uint16_t id;

		if (t->delivered) {
			int ret = advance_root(t, e);

			t->delivered = false;
			if (ret < 0)
				return ret;
		}
		if (!t->heap_count)
			return 0;
		r = &t->rings[t->heap[0]];
		t->delivered = true;
		rec = r->record;
		ev->time = shown_time(t, r->time);
		if (ev->time < t->o.from || (t->o.to && ev->time > t->o.to) || r->record_len < 8)
			continue;
		ev->cpu = r->cpu;
		ev->lost = r->lost;
		if (r->lost) {
			t->cpus[r->cpu].lost += r->lost_count;
			t->cpus[r->cpu].lost_unknown |= !r->lost_count;
			r->lost = false;
		}
		t->cpus[r->cpu].events++;
		ev->record = rec;
		ev->record_len = r->record_len;
		id = ev->id = bytes_u16(rec, t->layout.swap);
		ev->irq = rec[2];
		ev->preempt = rec[3];
		ev->pid = (int32_t)bytes_u32(rec + 4, t->layout.swap);
		ev->kind = EVENT_OTHER;
		type = t->types[id];
		if (type && type->binding.kind != EVENT_OTHER &&
		    !bind_load(&type->binding, rec, r->record_len, ev, &t->names))
			ev->kind = EVENT_OTHER;
		return 1;
	}
}

const struct trace_info *trace_info(const struct trace *t)
{
	return &t->info;
}

const struct trace_cpu_info *trace_cpu(const struct trace *t, uint32_t cpu)
{
	static const struct trace_cpu_info none;

	return cpu < t->info.cpus ? &t->cpus[cpu] : &none;
}

const struct err *trace_damage(const struct trace *t)
{
	return t->damage.code ? &t->damage : NULL;
}

const struct intern *trace_names(const struct trace *t)
{
	return &t->names;
}

const char *trace_event_name(const struct trace *t, uint16_t id)
{
	return t->types[id] ? t->types[id]->name : NULL;
}

const char *trace_event_system(const struct trace *t, uint16_t id)
{
	return t->types[id] ? t->types[id]->format->system : NULL;
}

bool trace_has_kind(const struct trace *t, enum event_kind kind)
{
	return kind < EVENT_KIND_COUNT && t->kinds[kind];
}

const char *trace_symbol(const struct trace *t, uint64_t addr, uint64_t *offset)
{
	struct trace *w = (struct trace *)t; /* the table is made at its first use */

	if (!w->symbols && t->file.kallsyms.len)
		w->symbols = kallsyms_parse(t->file.kallsyms.text, t->file.kallsyms.len, NULL);
	return w->symbols ? kallsyms_lookup(w->symbols, addr, offset) : NULL;
}

uint64_t trace_progress(const struct trace *t, uint64_t *total)
{
	uint64_t done = 0;

	*total = 0;
	for (uint32_t i = 0; i < t->ring_count; i++) {
		const struct ring *r = &t->rings[i];
		uint64_t bytes = t->cpus[r->cpu].bytes, end = r->data_end;
		uint64_t at = r->packed ? r->chunk_at : r->next ? (uint64_t)(r->next - t->file.map) : end;

		*total += bytes;
		done += end - at <= bytes ? bytes - (end - at) : 0;
	}
	return done;
}
