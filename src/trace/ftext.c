// SPDX-License-Identifier: GPL-2.0-or-later
/* ftext: traces as text: the kernel's own, trace-cmd's and perf's (see ftext_line.h, ftext_graph.h). */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "trace/bytes.h"
#include "trace/dat.h"
#include "trace/ftext_event.h"
#include "trace/ftext_graph.h"
#include "trace/ftext_line.h"
#include "trace/reader.h"

#define LOOK \
	(1u << 20) /* bytes that are looked at to know the format: other lines may come first */
#define SURVEY (8u << 20) /* and to know the kind of pointers and clock */
#define GIVE_BACK (8u << 20)
#define TYPES 4096
#define TASKS 64 /* that are remembered, a power of two */

struct ftext {
	const char *p, *end;
	const char *given_back;
	struct intern type_names;
	struct ftext_type *types[TYPES]; /* by number in type_names, which is the event's id */
	struct dat_format formats[TYPES];
	struct ftext_words words;
	struct ftext_graph graph;
	/* What was last found for a process, and for a name of an event: so most lines need no look-up. */
	struct {
		int32_t pid;
		uint32_t len; /* 0: unused */
		char name[16];
	} tasks[TASKS];
	struct {
		uint32_t id, len;
		char name[32];
	} named[TASKS];
	uint64_t *lost; /* [cpus]: told since the CPU's last event */
	bool *lost_any;
	uint64_t last, late;
};

/* The line at p: its end, without the line end. */
static const char *line_end(const char *p, const char *end)
{
	const char *nl = memchr(p, '\n', (size_t)(end - p));

	return nl ? nl : end;
}

static bool ftext_knows(const struct filemap *m)
{
	const char *p = (const char *)m->data;
	const char *end = p + (m->size < LOOK ? m->size : LOOK);
	struct ftext_graph graph = { 0 };
	struct ftext_line l;

	if (memchr(p, '\0', (size_t)(end - p)))
		return false;
	while (p < end) {
		const char *eol = line_end(p, end);

		if ((eol - p > 10 && !memcmp(p, "# tracer: ", 10)) || ftext_line_read(&l, p, eol) ||
		    ftext_graph_read(&graph, &l, p, eol))
			return true;
		p = eol + 1;
	}
	return false;
}

/* ---- event types ---- */

static enum event_kind kind_named(const char *name)
{
	for (unsigned k = 1; k < EVENT_KIND_COUNT; k++)
		if (!strcmp(event_kind_name((enum event_kind)k), name))
			return (enum event_kind)k;
	/* As in binary traces before 3.3; and trace_marker as the kernel itself writes it. */
	if (!strcmp(name, "mm_page_free_direct"))
		return EVENT_MM_PAGE_FREE;
	if (!strcmp(name, "mm_pagevec_free"))
		return EVENT_MM_PAGE_FREE_BATCHED;
	return strcmp(name, "tracing_mark_write") ? EVENT_OTHER : EVENT_PRINT;
}

static struct ftext_type *add_type(struct trace *t, const struct ftext_line *l, uint32_t id)
{
	struct ftext *f = t->state;
	const char *name = intern_str(&f->type_names, id);
	struct type *type = calloc(1, sizeof(*type));
	struct ftext_type *mine = calloc(1, sizeof(*mine));

	if (type)
		type->name = strdup(name);
	if (!type || !mine || !type->name) {
		free(type);
		free(mine);
		return NULL;
	}
	ftext_type_init(mine, kind_named(name));
	f->formats[id].system = l->system ? intern_str(&f->type_names,
						       intern_add(&f->type_names, l->system,
								  l->system_len)) :
					    event_kind_system(mine->kind);
	type->format = &f->formats[id];
	types_set(&t->types, (uint16_t)id, type);
	t->types.kinds[mine->kind] = true;
	f->types[id] = mine;
	return mine;
}

/* The type of a line; NULL when out of memory or of numbers for types. */
static struct ftext_type *type_of(struct trace *t, const struct ftext_line *l, uint16_t *id)
{
	struct ftext *f = t->state;
	uint32_t len = l->name_len, n;
	unsigned at = (len * 7 + (uint8_t)l->name[len - 1] + (uint8_t)l->name[len / 2]) % TASKS;

	if (f->named[at].len == len &&
	    bytes_same((const uint8_t *)f->named[at].name, (const uint8_t *)l->name, len)) {
		n = f->named[at].id;
	} else {
		n = intern_add(&f->type_names, l->name, len);
		if (n >= TYPES)
			return NULL;
		if (len <= sizeof(f->named[at].name)) {
			f->named[at].id = n;
			f->named[at].len = len;
			memcpy(f->named[at].name, l->name, len);
		}
	}
	*id = (uint16_t)n;
	return f->types[n] ? f->types[n] : add_type(t, l, n);
}

static int put_comm(struct trace *t, const struct ftext_line *l)
{
	struct ftext *f = t->state;
	unsigned at = (uint32_t)l->pid % TASKS;

	if (f->tasks[at].pid == l->pid && f->tasks[at].len == l->comm_len && l->comm_len &&
	    bytes_same((const uint8_t *)f->tasks[at].name, (const uint8_t *)l->comm, l->comm_len))
		return 0;
	if (l->comm_len == 5 && !memcmp(l->comm, "<...>", 5))
		return 0;
	if (comms_put(t, l->pid, l->comm, l->comm_len))
		return -ENOMEM;
	if (l->comm_len <= sizeof(f->tasks[at].name)) {
		f->tasks[at].pid = l->pid;
		f->tasks[at].len = l->comm_len;
		memcpy(f->tasks[at].name, l->comm, l->comm_len);
	}
	return 0;
}

/* ---- opening ---- */

struct survey {
	uint32_t cpus;
	uint64_t lines, others; /* of events, and that are nothing that belongs to a trace */
	uint64_t raw, hashed, hidden, wide;
	uint8_t clock;
	bool named_systems; /* "kmem:kfree": perf script */
};

static void look_at_pointer(struct survey *s, const struct ftext_line *l)
{
	const char *p = memmem(l->body, (size_t)(l->end - l->body), " ptr=", 5), *stop;
	unsigned bits;

	if (!p)
		return;
	p += 5;
	stop = memchr(p, ' ', (size_t)(l->end - p));
	switch (ftext_pointer(p, stop ? stop : l->end, &bits)) {
	case FTEXT_RAW:
		s->raw++;
		break;
	case FTEXT_HASHED:
		s->hashed++;
		break;
	case FTEXT_HIDDEN:
		s->hidden++;
		break;
	default:
		break;
	}
	s->wide += bits == 64;
}

/* "cpus=2" of trace-cmd; "... #P:2" of the kernel */
static uint32_t cpus_of(const char *p, const char *eol)
{
	const char *n = NULL;

	if (eol - p > 5 && !memcmp(p, "cpus=", 5))
		n = p + 5;
	else if (p < eol && *p == '#' && (n = memmem(p, (size_t)(eol - p), "#P:", 3)))
		n += 3;
	return n && n < eol ? (uint32_t)atoi(n) : 0;
}

/* Empty, a heading, or what trace-cmd says in front ("cpus=2", "version = 6", "CPU 1 is empty"). */
static bool is_heading(const char *p, const char *eol)
{
	static const char *const starts[] = { "#", "cpus=", "version", "CPU" };

	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		size_t len = strlen(starts[i]);

		if ((size_t)(eol - p) >= len && !memcmp(p, starts[i], len))
			return true;
	}
	while (p < eol && (*p == ' ' || *p == '\r'))
		p++;
	return p == eol;
}

static void look_at_event(struct survey *s, const struct ftext_line *l, bool early)
{
	if (!s->lines++) {
		s->clock = l->clock;
		s->named_systems = l->system != NULL;
	}
	if (l->cpu < DAT_CPUS && l->cpu >= s->cpus)
		s->cpus = l->cpu + 1;
	if (early)
		look_at_pointer(s, l);
}

/* Of the first part of the text all; of the rest the CPUs, where no line tells their number. */
static void survey(struct trace *t, struct survey *s)
{
	struct ftext *f = t->state;
	const char *p = f->p;
	uint32_t told = 0;
	struct ftext_line l;

	memset(s, 0, sizeof(*s));
	while (p < f->end && (!told || !s->lines || (size_t)(p - f->p) < SURVEY)) {
		const char *eol = line_end(p, f->end);

		if (!s->lines && !told)
			told = cpus_of(p, eol);
		if (told > DAT_CPUS)
			told = 0;
		if (ftext_line_read(&l, p, eol) || ftext_graph_read(&f->graph, &l, p, eol)) {
			look_at_event(s, &l, (size_t)(p - f->p) < SURVEY);
		} else {
			ftext_graph_look(&f->graph, p, eol);
			s->others += !is_heading(p, eol);
		}
		p = eol + 1;
	}
	s->cpus = told > s->cpus ? told : s->cpus;
}

static void fill_info(struct trace *t, const struct survey *s)
{
	struct trace_info *in = &t->info;

	snprintf(in->format, sizeof(in->format), "text%s", s->named_systems ? " (perf)" : "");
	snprintf(in->compression, sizeof(in->compression), "none");
	snprintf(in->clock, sizeof(in->clock), "%s",
		 s->clock == FTEXT_COUNTS ? "counter" : "local");
	in->clock_is_time = s->clock != FTEXT_COUNTS;
	in->long_size = s->wide || !(s->raw + s->hashed) ? 8 : 4;
	in->page_size = 4096;
	in->cpus = s->cpus ? s->cpus : 1;
	in->pointers = s->hashed	    ? TRACE_POINTERS_HASHED :
		       s->hidden && !s->raw ? TRACE_POINTERS_HIDDEN :
					      TRACE_POINTERS_RAW;
}

static int ftext_open(struct trace *t, struct err *e)
{
	struct ftext *f = calloc(1, sizeof(*f));
	struct survey s;

	t->state = f;
	if (!f || intern_init(&f->type_names) || ftext_words_init(&f->words) ||
	    ftext_graph_init(&f->graph, DAT_CPUS))
		return err_set(e, ENOMEM, "out of memory");
	f->p = f->given_back = (const char *)t->file.map.data;
	f->end = f->p + t->file.map.size;
	survey(t, &s);
	if (!s.lines && s.others)
		return err_set(e, EBADMSG,
			       "none of %" PRIu64
			       " lines of text names a CPU and an event, as the kernel's "
			       "do with option context-info and without raw, hex and bin",
			       s.others);
	ftext_graph_rewind(&f->graph);
	fill_info(t, &s);
	f->lost = calloc(t->info.cpus, sizeof(*f->lost));
	f->lost_any = calloc(t->info.cpus, sizeof(*f->lost_any));
	if (!f->lost || !f->lost_any)
		return err_set(e, ENOMEM, "out of memory for %u CPUs", t->info.cpus);
	return types_init(&t->types, &t->file, t->info.long_size, e);
}

static void ftext_close(struct trace *t)
{
	struct ftext *f = t->state;

	if (!f)
		return;
	for (unsigned i = 0; i < TYPES; i++)
		free(f->types[i]);
	ftext_words_free(&f->words);
	ftext_graph_free(&f->graph);
	intern_free(&f->type_names);
	free(f->lost);
	free(f->lost_any);
	free(f);
}

static void ftext_rewind(struct trace *t)
{
	struct ftext *f = t->state;

	f->p = f->given_back = (const char *)t->file.map.data;
	f->last = f->late = 0;
	ftext_graph_rewind(&f->graph);
	memset(f->lost, 0, t->info.cpus * sizeof(*f->lost));
	memset(f->lost_any, 0, t->info.cpus * sizeof(*f->lost_any));
}

/* ---- events ---- */

static void give_lost(struct trace *t, struct ftext *f, struct event *ev)
{
	ev->lost = true;
	t->cpus[ev->cpu].lost += f->lost[ev->cpu];
	t->cpus[ev->cpu].lost_unknown |= !f->lost[ev->cpu];
	f->lost[ev->cpu] = 0;
	f->lost_any[ev->cpu] = false;
}

/* The next line of an event or of a loss; false at the end. */
static bool next_line(struct trace *t, struct ftext *f, struct ftext_line *l)
{
	while (f->p < f->end) {
		const char *p = f->p, *eol = line_end(p, f->end);
		uint64_t n;
		uint32_t cpu;

		f->p = eol + (eol < f->end);
		if (ftext_line_read(l, p, eol) || ftext_graph_read(&f->graph, l, p, eol))
			return true;
		if (ftext_line_lost(p, eol, &cpu, &n) && cpu < t->info.cpus) {
			f->lost[cpu] += n;
			f->lost_any[cpu] = true;
		}
	}
	return false;
}

static void give_back(struct ftext *f)
{
	if ((size_t)(f->p - f->given_back) < GIVE_BACK)
		return;
	madvise((void *)f->given_back, GIVE_BACK, MADV_DONTNEED);
	f->given_back += GIVE_BACK;
}

/* Lines stand in order of time, but for what was written while it was read. */
static uint64_t in_order(struct trace *t, struct ftext *f, uint64_t time)
{
	if (time >= f->last) {
		f->last = time;
		return time;
	}
	f->late++;
	err_set(&t->damage, EBADMSG,
		"%s: %" PRIu64
		" lines are earlier than one before them; they stand where they came",
		t->path, f->late);
	return f->last;
}

static int ftext_next(struct trace *t, struct event *ev, unsigned room, struct err *e)
{
	struct ftext *f = t->state;
	struct ftext_line l;

	(void)room;
	while (next_line(t, f, &l)) {
		struct ftext_type *type;
		uint64_t time;

		if (l.cpu >= t->info.cpus || (l.clock == FTEXT_COUNTS) == t->info.clock_is_time)
			continue;
		if (t->o.cpu_mask && (l.cpu >= t->o.cpu_mask_len || !t->o.cpu_mask[l.cpu]))
			continue;
		time = in_order(t, f, l.time);
		if (time - t->from > t->span) {
			f->lost[l.cpu] = 0;
			f->lost_any[l.cpu] = false;
			if (time < t->from)
				continue;
			return 0;
		}
		type = type_of(t, &l, &ev->id);
		ev->time = time;
		ev->cpu = l.cpu;
		ev->pid = l.pid;
		ev->irq = l.irq;
		ev->preempt = l.preempt;
		ev->lost = ev->tied = false;
		ev->record = (const uint8_t *)l.body;
		ev->record_len = (uint32_t)(l.end - l.body);
		if (!type || put_comm(t, &l) < 0 ||
		    ftext_event_read(&f->words, type, l.body, l.end, ev, &t->names) < 0)
			return err_set(e, ENOMEM,
				       "%s: out of memory, or more than %d types of events",
				       t->path, TYPES);
		if (f->lost_any[ev->cpu])
			give_lost(t, f, ev);
		t->cpus[ev->cpu].events++;
		t->cpus[ev->cpu].bytes += ev->record_len;
		give_back(f);
		return 1;
	}
	return 0;
}

static uint64_t ftext_progress(const struct trace *t, uint64_t *total)
{
	const struct ftext *f = t->state;

	*total = t->file.map.size;
	return (uint64_t)(f->p - (const char *)t->file.map.data);
}

static int ftext_text(struct trace *t, const struct event *ev, FILE *out)
{
	const char *p = (const char *)ev->record, *end = p + ev->record_len, *close;

	(void)t;
	/* trace-cmd's plugin repeats the call site in front. */
	if (p < end && *p == '(' && (close = memchr(p, ')', (size_t)(end - p))) &&
	    end - close > 12 && !memcmp(close, ") call_site=", 12))
		p = close + 2;
	fwrite(p, 1, (size_t)(end - p), out);
	return ferror(out) ? -EIO : 0;
}

static int ftext_gfp_text(const struct trace *t, const struct event *ev, char *out, unsigned room)
{
	const char *p = (const char *)ev->record, *end = p + ev->record_len, *stop;

	(void)t;
	p = memmem(p, ev->record_len, "gfp_flags=", 10);
	if (!p)
		return -ENOENT;
	p += 10;
	stop = memchr(p, ' ', (size_t)(end - p));
	snprintf(out, room, "%.*s", (int)((stop ? stop : end) - p), p);
	return 0;
}

static const char *ftext_symbol(const struct trace *t, uint64_t addr, uint64_t *offset)
{
	const struct ftext *f = t->state;

	return ftext_site(&f->words, addr, offset);
}

static int ftext_range(struct trace *t, const char *name, struct kallsyms_range *out)
{
	struct ftext *f = t->state;

	return ftext_function(&f->words, name, &out->start, &out->end);
}

const struct source source_ftext = {
	.knows = ftext_knows,
	.open = ftext_open,
	.close = ftext_close,
	.next = ftext_next,
	.rewind = ftext_rewind,
	.progress = ftext_progress,
	.text = ftext_text,
	.gfp_text = ftext_gfp_text,
	.symbol = ftext_symbol,
	.function = ftext_range,
};
