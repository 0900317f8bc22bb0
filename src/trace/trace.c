// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "machine/kallsyms.h"
#include "trace/bytes.h"
#include "trace/reader.h"

/* ---- opening ---- */

int trace_damaged(struct trace *t, struct err *why, struct err *e)
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

static int start_rings(struct trace *t, const struct dat_buffer *b, struct err *e)
{
	free(t->cpus);
	t->cpus = calloc((size_t)t->info.cpus + 1, sizeof(*t->cpus));
	if (!t->cpus || merge_init(&t->merge, b->cpu_count) < 0)
		return err_set(e, ENOMEM, "out of memory for %u CPUs", b->cpu_count);
	for (uint32_t i = 0; !b->name[0] && i < t->file.stat_count; i++) {
		const struct dat_stat *s = &t->file.stats[i];

		if (s->cpu < t->info.cpus) {
			t->cpus[s->cpu].have_stats = true;
			t->cpus[s->cpu].overrun = s->lost;
		}
	}
	for (uint32_t i = 0; i < b->cpu_count; i++) {
		const struct dat_cpu *c = &b->cpus[i];
		struct ring *r = &t->merge.rings[i];
		struct err why = { 0 };
		int ret;

		t->cpus[c->cpu].bytes += c->size;
		if (t->o.cpu_mask && (c->cpu >= t->o.cpu_mask_len || !t->o.cpu_mask[c->cpu]))
			continue;
		ret = ring_open(r, &t->file, b, c, &t->layout, &why);
		if (ret >= 0)
			ret = ring_next(r, &why);
		if (ret < 0 && trace_damaged(t, &why, e) < 0)
			return why.code;
		if (ret == 1)
			merge_add(&t->merge, i);
	}
	return 0;
}

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
	snprintf(in->uname, sizeof(in->uname), "%.*s",
		 (int)strnlen(t->file.uname.text ? t->file.uname.text : "", t->file.uname.len),
		 t->file.uname.text ? t->file.uname.text : "");
	snprintf(in->instance, sizeof(in->instance), "%s", b->name);
	in->truncated = t->file.truncated;
	in->cut_names = t->file.cut_names;
	in->time_shift = t->file.time_shift;
	in->tells_ties = true;
}

/* The window in times as shown; and what can be said of it in the file's own, to pass over pages. */
static void set_window(struct trace *t)
{
	uint64_t to = t->o.to ? t->o.to : UINT64_MAX;

	t->from = t->o.from;
	t->span = to >= t->from ? to - t->from : 0;
	t->convert = t->file.tsc_mult || t->file.time_offset;
	if (!t->convert)
		t->layout.from = t->from;
}

/* A file of another format. */
static int open_source(struct trace *t, struct filemap *m, const struct source *source,
		       struct err *e)
{
	struct err why = { 0 };

	t->file.map = *m;
	t->source = source;
	if (t->o.instance && *t->o.instance)
		return err_set(e, ENOENT, "%s: no buffer instance '%s' in the trace", t->path,
			       t->o.instance);
	if (intern_init(&t->names) || comms_read(t, e) < 0)
		return err_set(e, ENOMEM, "out of memory");
	if (m->cut) {
		err_set(&why, EBADMSG, "the packed file is damaged or cut off after byte %llu",
			(unsigned long long)m->size);
		if (trace_damaged(t, &why, e) < 0)
			return err_code(e);
	}
	set_window(t);
	t->info.truncated = m->cut;
	if (source->open(t, e) < 0)
		return err_prefix(e, "%s: ", t->path);
	t->cpus = calloc((size_t)t->info.cpus + 1, sizeof(*t->cpus));
	return t->cpus ? 0 : err_set(e, ENOMEM, "out of memory for %u CPUs", t->info.cpus);
}

/* lent: the file where it is open already. */
static int open_all(struct trace *t, const struct filemap *lent, struct err *e)
{
	const struct dat_buffer *b;
	const struct source *source;
	struct filemap map;

	if (lent)
		map = *lent;
	else if (filemap_open(&map, t->path, e) < 0)
		return err_prefix(e, "%s: ", t->path);
	source = source_find(&map);
	if (source)
		return open_source(t, &map, source, e);
	if (datfile_read(&t->file, &map, t->path, e) < 0)
		return err_code(e);
	b = find_buffer(t, e);
	if (!b)
		return err_code(e);
	if (!t->file.header_page.text ||
	    !ring_layout_parse(&t->layout, t->file.header_page.text, t->file.header_page.len,
			       b->page_size ? b->page_size : t->file.page_size))
		return err_set(e, EBADMSG,
			       "%s: the description of a ring-buffer page makes no sense", t->path);
	t->layout.swap = t->file.swap;
	t->layout.big_endian = t->file.big_endian;
	fill_info(t, b);
	if (t->file.truncated && !t->o.keep_going)
		return err_set(e, EBADMSG,
			       "%s: the file is cut off: a CPU's data ends after byte %llu",
			       t->path, (unsigned long long)t->file.map.size);
	if (t->file.truncated)
		err_set(&t->damage, EBADMSG, "%s: the file is cut off after byte %llu", t->path,
			(unsigned long long)t->file.map.size);
	if (intern_init(&t->names))
		return err_set(e, ENOMEM, "out of memory");
	if (types_init(&t->types, &t->file, t->info.long_size, e) < 0 || comms_read(t, e) < 0)
		return err_code(e);
	set_window(t);
	return start_rings(t, b, e);
}

/* Those that the trace or a file that was named has. */
static int open_symbols(struct trace *t, struct err *e)
{
	struct err none = { 0 };
	int ret;

	if (t->o.kallsyms) {
		ret = symbols_read(&t->symbols, t->o.kallsyms, e);
		if (ret >= 0 && !kallsyms_count(symbols_table(&t->symbols)))
			ret = err_set(e, EBADMSG, "%s: no symbols, one a line as in /proc/kallsyms",
				      t->o.kallsyms);
		return ret;
	}
	t->symbols.text = t->file.kallsyms.text;
	t->symbols.len = t->file.kallsyms.len;
	if (t->symbols.len || !t->o.kallsyms_or)
		return 0;
	ret = symbols_read(&t->symbols, t->o.kallsyms_or, &none);
	return ret == -ENOENT ? 0 : ret < 0 ? err_set(e, -ret, "%s", none.text) : 0;
}

static struct trace *open_trace(const char *path, const struct trace_options *o,
				const struct filemap *lent, struct err *e)
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
	t->path = strdup(path);
	if (!t->path)
		err_set(e, ENOMEM, "out of memory");
	if (!t->path || open_all(t, lent, e) < 0 || open_symbols(t, e) < 0) {
		trace_close(t);
		return NULL;
	}
	t->opened = t->damage;
	return t;
}

struct trace *trace_open(const char *path, const struct trace_options *o, struct err *e)
{
	struct trace *t = open_trace(path, o, NULL, e);

	if (t)
		pageptr_survey(t);
	return t;
}

struct trace *trace_open_again(const struct trace *t)
{
	struct trace_options o = t->o;
	struct filemap map = t->file.map;

	o.keep_going = true;
	map.lent = true;
	return open_trace(t->path, &o, &map, NULL);
}

int trace_rewind(struct trace *t, struct err *e)
{
	t->damage = t->opened;
	if (!t->source) {
		merge_free(&t->merge);
		return start_rings(t, find_buffer(t, e), e);
	}
	memset(t->cpus, 0, t->info.cpus * sizeof(*t->cpus));
	t->source->rewind(t);
	return 0;
}

void trace_close(struct trace *t)
{
	if (!t)
		return;
	if (t->source)
		t->source->close(t);
	merge_free(&t->merge);
	types_free(&t->types);
	symbols_free(&t->symbols);
	map_free(&t->comm_of);
	free(t->comm_news.v);
	intern_free(&t->comms);
	intern_free(&t->names);
	free(t->cpus);
	free(t->spare);
	datfile_close(&t->file);
	free(t->path);
	free(t);
}

/* ---- events ---- */

/* time * mult >> shift (below 64), with 96 bits in between, on machines of 32 bits too. */
static uint64_t scale(uint64_t time, uint32_t mult, uint32_t shift)
{
	uint64_t low = (time & UINT32_MAX) * mult, high = (time >> 32) * mult + (low >> 32);

	if (shift < 32)
		return high << (32 - shift) | (low & UINT32_MAX) >> shift;
	return high >> (shift - 32);
}

/* As trace-cmd works it out. */
static uint64_t shown_time(const struct trace *t, uint64_t time)
{
	if (t->file.tsc_mult)
		time = scale(time, t->file.tsc_mult, t->file.tsc_shift);
	return time + t->file.time_offset;
}

static void count_lost(struct trace *t, struct ring *r)
{
	t->cpus[r->cpu].lost += r->lost_count;
	t->cpus[r->cpu].lost_unknown |= !r->lost_count;
	r->lost = false;
}

/* The event of the record found; false: it is not to be shown. */
static inline bool give_record(struct trace *t, struct event *ev)
{
	struct ring *r = t->merge.current;
	uint64_t time = r->time;

	if (__builtin_expect(t->convert, 0))
		time = shown_time(t, time);
	if (__builtin_expect(time - t->from > t->span, 0)) {
		if (time < t->from)
			r->lost = false;
		else
			merge_drop(&t->merge); /* time does not run backwards */
		return false;
	}
	if (__builtin_expect(!types_common(&t->types, r->record, r->record_len, ev), 0))
		return false;
	ev->time = time;
	ev->cpu = r->cpu;
	ev->lost = r->lost;
	ev->tied = t->merge.waiting && t->merge.heap[0].time == r->time;
	if (__builtin_expect(r->lost, 0))
		count_lost(t, r);
	t->cpus[r->cpu].events++;
	types_load(&t->types, r->record, r->record_len, ev, &t->names);
	return true;
}

static int dat_next(struct trace *t, struct event *ev, unsigned room, struct err *e)
{
	for (;;) {
		struct err why; /* not cleared: this is the hot path */
		int ret = merge_next(&t->merge, &why);
		unsigned n = 0;

		if (__builtin_expect(ret <= 0, 0)) {
			if (ret == 0)
				return 0;
			if (trace_damaged(t, &why, e) < 0)
				return why.code;
			continue;
		}
		do {
			n += give_record(t, &ev[n]);
		} while (n < room && !(n && ev[n - 1].lost) && merge_step(&t->merge));
		if (n)
			return (int)n;
	}
}

int trace_next_many(struct trace *t, struct event *ev, unsigned room, struct err *e)
{
	return t->source ? t->source->next(t, ev, room, e) : dat_next(t, ev, room, e);
}

int trace_next(struct trace *t, struct event *ev, struct err *e)
{
	return trace_next_many(t, ev, 1, e);
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
	return t->types.by_id[id] ? t->types.by_id[id]->name : NULL;
}

const char *trace_event_system(const struct trace *t, uint16_t id)
{
	return t->types.by_id[id] ? t->types.by_id[id]->format->system : NULL;
}

bool trace_has_kind(const struct trace *t, enum event_kind kind)
{
	return kind < EVENT_KIND_COUNT && t->types.kinds[kind];
}

/* ---- symbols ---- */

/* Those that the trace or a named file has, else those that are found. */
static struct symbols *all_symbols(struct trace *t)
{
	if (!t->symbols.len && !t->symbols_sought)
		symbols_find(&t->symbols, &t->kernel);
	t->symbols_sought = true;
	return &t->symbols;
}

const char *trace_symbol(const struct trace *t, uint64_t addr, uint64_t *offset)
{
	const struct kallsyms *k;
	const char *name = NULL;

	if (t->source && t->source->symbol)
		name = t->source->symbol(t, addr, offset);
	if (name)
		return name;
	k = symbols_table(all_symbols((struct trace *)t));
	return k ? kallsyms_lookup(k, addr, offset) : NULL;
}

const char *trace_symbols_from(struct trace *t)
{
	const struct symbols *s = all_symbols(t);

	return s->len ? s->from : t->source && t->source->symbol ? "" : NULL;
}

int trace_symbols_cut(struct trace *t, const struct map *code, FILE *out, struct err *e)
{
	const struct symbols *s = all_symbols(t);
	uint64_t addr, off;
	uint32_t val;

	for (size_t at = 0; t->source && t->source->symbol && map_next(code, &at, &addr, &val);) {
		const char *name = t->source->symbol(t, addr, &off);

		if (name)
			fprintf(out, "%016" PRIx64 " t %s\n", addr - off, name);
	}
	return s->len ? kallsyms_cut(s->text, s->len, code, NULL, 0, out, e) : 0;
}

bool trace_lists_symbols(const struct trace *t)
{
	return !t->source || !t->source->function;
}

int trace_functions(struct trace *t, const char *const *names, unsigned n,
		    struct kallsyms_range *out)
{
	int ret = 0;

	if (!t->source || !t->source->function) {
		bool told = !t->symbols.by_id;

		return kallsyms_ranges(told ? t->symbols.text : NULL, told ? t->symbols.len : 0,
				       names, n, out);
	}
	for (unsigned i = 0; i < n && !ret; i++)
		ret = t->source->function(t, names[i], &out[i]);
	return ret;
}

const char *trace_instance(const struct trace *t, uint32_t i)
{
	return i < t->file.buffer_count ? t->file.buffers[i].name : NULL;
}

uint64_t trace_progress(const struct trace *t, uint64_t *total)
{
	uint64_t done = 0, all;

	if (t->source)
		return t->source->progress(t, total);
	*total = 0;
	for (uint32_t i = 0; i < t->merge.count; i++)
		if (t->merge.rings[i].file) {
			done += ring_progress(&t->merge.rings[i], &all);
			*total += all;
		}
	return done;
}
