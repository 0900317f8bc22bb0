// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "trace/datscrub.h"

#include <errno.h>
#include <event-parse.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "trace/bytes.h"
#include "trace/dat.h"
#include "trace/ring.h"
#include "trace/types.h"

#define CHUNK_PAGES 10 /* as trace-cmd packs them */
#define LEVEL 6
#define PLACES 24 /* fields of a record that are carried over */
#define DISCARDED 29

enum carry { CARRY_PLAIN, CARRY_ADDRESS, CARRY_WORD, CARRY_STRING, CARRY_MARKER };

/* What of a type's records is carried over; the common fields are always. */
struct plan {
	unsigned common; /* bytes */
	unsigned count;
	struct {
		uint16_t at, size;
		uint8_t how; /* enum carry */
	} field[PLACES];
};

struct scrub {
	struct datfile file;
	struct types types;
	struct ring_layout layout;
	struct rebase *key;
	struct plan **plans; /* [TYPES_MAX], made at a type's first record */
	FILE *out;
	ZSTD_CCtx *zstd;
	uint8_t *chunk, *packed;
	size_t packed_room;
	bool keep_going;
	struct datscrub_result *res;
	struct err *e;
};

/* ---- numbers in the file's byte order ---- */

static void put(struct scrub *s, FILE *f, uint64_t v, unsigned size)
{
	uint8_t b[8] = { 0 };

	for (unsigned i = 0; i < size; i++)
		b[s->file.big_endian ? size - 1 - i : i] = (uint8_t)(v >> 8 * i);
	fwrite(b, 1, size, f);
}

static uint64_t load(const struct scrub *s, const uint8_t *p, unsigned size)
{
	bool swap = s->file.swap;

	return size == 8 ? bytes_u64(p, swap) :
	       size == 4 ? bytes_u32(p, swap) :
	       size == 2 ? bytes_u16(p, swap) :
			   *p;
}

static void store(const struct scrub *s, uint8_t *p, uint64_t v, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		p[s->file.big_endian ? size - 1 - i : i] = (uint8_t)(v >> 8 * i);
}

/* ---- what is carried over ---- */

static bool is_one_of(const char *const *list, const char *name)
{
	for (; *list; list++)
		if (!strcmp(*list, name))
			return true;
	return false;
}

/* Systems whose numbers are about memory and nothing else. */
static const char *const systems[] = { "kmem", "percpu",	 "vmalloc", "compaction", "vmscan",
				       "oom",  "page_isolation", "cma",	    "migrate",	  NULL };

/* Fields that hold an address, by the names that kernels and the recorder's kprobes give them. */
static const char *const addresses[] = { "ptr",	     "call_site",  "addr",	   "base_addr",
					 "va_start", "start",	   "end",	   "vstart",
					 "vend",     "page",	   "vaddr",	   "ret",
					 "ip",	     "__probe_ip", "__probe_func", "__probe_ret_ip",
					 NULL };

static enum carry carry_of(const struct scrub *s, const struct tep_event *te,
			   const struct tep_format_field *f)
{
	unsigned pointer = s->key->wide ? 8 : 4;

	/* A per-CPU pointer is an offset: the same however the areas are moved. */
	if (!strcmp(te->system, "percpu") && !strcmp(f->name, "ptr"))
		return CARRY_PLAIN;
	/* Of vmscan, compaction and others start and end are frames or times. */
	if ((!strcmp(f->name, "start") || !strcmp(f->name, "end")) && strcmp(te->system, "vmalloc"))
		return CARRY_WORD;
	if ((unsigned)f->size == pointer && is_one_of(addresses, f->name))
		return CARRY_ADDRESS;
	return f->size == 8 && !(f->flags & TEP_FIELD_IS_SIGNED) ? CARRY_WORD : CARRY_PLAIN;
}

static bool is_ours(const struct scrub *s, uint16_t id, const struct tep_event *te)
{
	const struct type *t = s->types.by_id[id];

	return is_one_of(systems, te->system) || t->binding.kind != EVENT_OTHER;
}

static void add_place(struct plan *p, unsigned at, unsigned size, enum carry how)
{
	if (p->count == PLACES || at < p->common)
		return;
	p->field[p->count].at = (uint16_t)at;
	p->field[p->count].size = (uint16_t)size;
	p->field[p->count++].how = (uint8_t)how;
}

static void add_fields(const struct scrub *s, struct plan *p, uint16_t id,
		       const struct tep_event *te)
{
	for (struct tep_format_field *f = te->format.fields; f; f = f->next) {
		unsigned at = (unsigned)f->offset, size = (unsigned)f->size;

		if (s->types.by_id[id]->binding.kind == EVENT_PRINT && !strcmp(f->name, "buf"))
			add_place(p, at, 0, CARRY_MARKER);
		else if (f->flags & TEP_FIELD_IS_DYNAMIC) {
			if (!strcmp(te->system, "kmem") && !strcmp(f->name, "name") && size == 4)
				add_place(p, at, size, CARRY_STRING);
		} else if (!(f->flags & (TEP_FIELD_IS_ARRAY | TEP_FIELD_IS_STRING)) &&
			   (size == 1 || size == 2 || size == 4 || size == 8)) {
			add_place(p, at, size, carry_of(s, te, f));
		}
	}
}

static struct plan *plan_of(struct scrub *s, uint16_t id)
{
	const struct types_common *c = &s->types.common;
	struct tep_event *te;
	struct plan *p;

	if (s->plans[id])
		return s->plans[id];
	p = s->plans[id] = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->common = c->need > 8 ? c->need : 8;
	te = s->types.by_id[id] ? types_tep_event(&s->types, id) : NULL;
	if (te && is_ours(s, id, te))
		add_fields(s, p, id, te);
	return p;
}

/* ---- records ---- */

/* A dynamic array: its place and length, and what stands there. */
static void carry_string(const struct scrub *s, uint8_t *to, const uint8_t *from, uint32_t len,
			 unsigned at)
{
	uint32_t loc = (uint32_t)load(s, from + at, 4), where = loc & 0xffff, n = loc >> 16;
	bool inside = false;

	if (where >= len || n > len - where)
		return;
	store(s, to + at, loc, 4);
	/* Up to 5.8 a group's own caches were called "dentry(7:NAME OF THE GROUP)". */
	for (uint32_t i = where; i < where + n; i++) {
		bool closes = from[i] == ')';

		inside &= !closes && from[i];
		to[i] = inside ? 'x' : from[i];
		inside |= from[i] == '(';
	}
}

static void carry_marker(uint8_t *to, const uint8_t *from, uint32_t len, unsigned at)
{
	static const char own[] = "snap: ";
	size_t n = at < len ? strnlen((const char *)from + at, len - at) : 0;

	if (n >= sizeof(own) - 1 && !memcmp(from + at, own, sizeof(own) - 1))
		memcpy(to + at, from + at, n);
	else
		memset(to + at, '.', n);
}

/* A record's content anew, into memory that is all 0. */
static int carry(struct scrub *s, uint8_t *to, const uint8_t *from, uint32_t len)
{
	struct event ev;
	struct plan *p;

	if (!types_load_common(&s->types, from, len, &ev)) {
		s->res->blanked++;
		return 0;
	}
	p = plan_of(s, ev.id);
	if (!p)
		return err_set(s->e, ENOMEM, "out of memory for the event types");
	memcpy(to, from, p->common < len ? p->common : len);
	s->res->events++;
	s->res->blanked += !p->count;
	for (unsigned i = 0; i < p->count; i++) {
		unsigned at = p->field[i].at, size = p->field[i].size;
		uint64_t v;

		if (at + size > len)
			continue;
		switch (p->field[i].how) {
		case CARRY_STRING:
			carry_string(s, to, from, len, at);
			break;
		case CARRY_MARKER:
			carry_marker(to, from, len, at);
			break;
		default:
			v = load(s, from + at, size);
			if (p->field[i].how == CARRY_ADDRESS)
				v = rebase_address(s->key, v);
			else if (p->field[i].how == CARRY_WORD)
				v = rebase_word(s->key, v);
			store(s, to + at, v, size);
		}
	}
	return 0;
}

/* ---- sub-buffers ---- */

/* Of what lies between two records, the words that say how long it is and how much time it takes. */
static void carry_gap(const struct scrub *s, uint8_t *to, const uint8_t *from, const uint8_t *end)
{
	memcpy(to, from, (size_t)(end - from));
	while (end - from >= 8) {
		uint32_t head = bytes_u32(from, s->layout.swap), len = 4;

		if ((s->layout.big_endian ? head >> 27 : head & 31) == DISCARDED) {
			len = bytes_u32(from + 4, s->layout.swap);
			if (!(s->layout.big_endian ? head & 0x7ffffff : head >> 5) || len < 4 ||
			    len > (size_t)(end - from) - 4)
				len = (uint32_t)(end - from) - 4;
			memset(to + 8, 0, len - 4);
		}
		to += 4 + len;
		from += 4 + len;
	}
}

static int carry_page(struct scrub *s, uint32_t cpu, uint8_t *to, const uint8_t *page)
{
	const struct ring_layout *l = &s->layout;
	const uint8_t *done;
	struct ring r;
	int ret = ring_open_page(&r, l, cpu, page, s->e);

	memset(to, 0, l->page);
	if (ret < 0)
		return ret;
	done = page + l->data_offset;
	memcpy(to, page, l->data_offset);
	while ((ret = ring_next(&r, s->e)) == 1) {
		carry_gap(s, to + (done - page), done, r.record);
		ret = carry(s, to + (r.record - page), r.record, r.record_len);
		if (ret < 0)
			return ret;
		done = r.p;
	}
	if (ret < 0)
		return ret;
	carry_gap(s, to + (done - page), done, r.page_end);
	/* The number of lost events, where it is there, stands behind the data. */
	if (r.lost_count)
		memcpy(to + (r.page_end - page), r.page_end, l->commit_size);
	return 0;
}

/* The size of the sub-buffers, and room for a chunk of them. */
static int set_pages(struct scrub *s, const struct dat_buffer *b)
{
	const struct dat_text *t = &s->file.header_page;

	if (!ring_layout_parse(&s->layout, t->text, t->len,
			       b->page_size ? b->page_size : s->file.page_size))
		return err_set(s->e, EBADMSG,
			       "the description of a ring-buffer page makes no sense");
	free(s->chunk);
	free(s->packed);
	s->packed_room = ZSTD_compressBound((size_t)CHUNK_PAGES * s->layout.page);
	s->chunk = malloc((size_t)CHUNK_PAGES * s->layout.page);
	s->packed = malloc(s->packed_room);
	return s->chunk && s->packed ? 0 : err_set(s->e, ENOMEM, "out of memory for sub-buffers");
}

static int put_chunk(struct scrub *s, unsigned pages)
{
	size_t plain = (size_t)pages * s->layout.page;
	size_t n = ZSTD_compressCCtx(s->zstd, s->packed, s->packed_room, s->chunk, plain, LEVEL);

	if (ZSTD_isError(n))
		return err_set(s->e, EIO, "zstd: %s", ZSTD_getErrorName(n));
	put(s, s->out, n, 4);
	put(s, s->out, plain, 4);
	fwrite(s->packed, 1, n, s->out);
	return 0;
}

/* Where a failure is damage that the caller wants to pass over, the CPU's data end there. */
static int tolerate(const struct scrub *s, int ret)
{
	if (ret == -EBADMSG && s->keep_going) {
		memset(s->e, 0, sizeof(*s->e));
		return 0;
	}
	return ret;
}

/* All sub-buffers of a CPU: the number of chunks, and each of them. */
static int put_cpu(struct scrub *s, const struct dat_buffer *b, const struct dat_cpu *c)
{
	off_t at = ftello(s->out);
	unsigned pages = 0;
	uint32_t chunks = 0;
	const uint8_t *page;
	struct ring r;
	int ret;

	put(s, s->out, 0, 4);
	ret = ring_open(&r, &s->file, b, c, &s->layout, s->e);
	while (ret >= 0 && (ret = ring_page(&r, &page, s->e)) == 1) {
		ret = carry_page(s, c->cpu, s->chunk + (size_t)pages * s->layout.page, page);
		if (ret < 0)
			break;
		if (++pages == CHUNK_PAGES) {
			ret = put_chunk(s, pages);
			chunks++;
			pages = 0;
		}
	}
	ring_close(&r);
	ret = tolerate(s, ret);
	if (ret >= 0 && pages) {
		ret = put_chunk(s, pages);
		chunks++;
	}
	if (ret < 0)
		return ret;
	fseeko(s->out, at, SEEK_SET);
	put(s, s->out, chunks, 4);
	fseeko(s->out, 0, SEEK_END);
	return 0;
}

/* ---- the file around them: trace-cmd.dat.v7(5) ---- */

static int put_section(struct scrub *s, unsigned id, char *text, size_t len, uint64_t *at)
{
	size_t room = ZSTD_compressBound(len), n;
	uint8_t *packed = malloc(room);

	*at = (uint64_t)ftello(s->out);
	n = packed ? ZSTD_compressCCtx(s->zstd, packed, room, text, len, LEVEL) : 0;
	if (!packed || ZSTD_isError(n)) {
		free(packed);
		return err_set(s->e, ENOMEM, "out of memory for section %u", id);
	}
	put(s, s->out, id, 2);
	put(s, s->out, 1, 2);
	put(s, s->out, 0, 4);
	put(s, s->out, n + 8, 8);
	put(s, s->out, n, 4);
	put(s, s->out, len, 4);
	fwrite(packed, 1, n, s->out);
	free(packed);
	return 0;
}

static void put_sized(struct scrub *s, FILE *f, const char *text, uint64_t len, unsigned size)
{
	put(s, f, len, size);
	if (len)
		fwrite(text, 1, len, f);
}

static void put_header_info(struct scrub *s, FILE *f)
{
	fwrite("header_page", 1, 12, f);
	put_sized(s, f, s->file.header_page.text, s->file.header_page.len, 8);
	fwrite("header_event", 1, 13, f);
	put_sized(s, f, s->file.header_event.text, s->file.header_event.len, 8);
}

static bool of_ftrace(const struct dat_format *f)
{
	return !strcmp(f->system, "ftrace");
}

static void put_ftrace_formats(struct scrub *s, FILE *f)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->file.format_count; i++)
		n += of_ftrace(&s->file.formats[i]);
	put(s, f, n, 4);
	for (uint32_t i = 0; i < s->file.format_count; i++)
		if (of_ftrace(&s->file.formats[i]))
			put_sized(s, f, s->file.formats[i].text, s->file.formats[i].len, 8);
}

/* Formats stand by system, each system's together. */
static void put_formats(struct scrub *s, FILE *f)
{
	const struct dat_format *all = s->file.formats;
	uint32_t count = s->file.format_count, n = 0;

	for (uint32_t i = 0; i < count; i++)
		n += !of_ftrace(&all[i]) && (!i || strcmp(all[i].system, all[i - 1].system));
	put(s, f, n, 4);
	for (uint32_t i = 0; i < count;) {
		uint32_t end = i;

		while (end < count && !strcmp(all[end].system, all[i].system))
			end++;
		if (!of_ftrace(&all[i])) {
			fwrite(all[i].system, 1, strlen(all[i].system) + 1, f);
			put(s, f, end - i, 4);
			for (uint32_t k = i; k < end; k++)
				put_sized(s, f, all[k].text, all[k].len, 8);
		}
		i = end;
	}
}

/* Lines "PID NAME". */
static int put_cmdlines(struct scrub *s, FILE *f)
{
	const char *p = s->file.cmdlines.text, *end = p ? p + s->file.cmdlines.len : NULL;
	char *text = NULL;
	size_t len = 0;
	FILE *t = open_memstream(&text, &len);

	while (t && p && p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p)), *eol = nl ? nl : end;
		const char *space = p, *token;

		while (space < eol && *space == ' ')
			space++;
		space = memchr(space, ' ', (size_t)(eol - space));
		if (space && strspn(p, " 0123456789") == (size_t)(space + 1 - p)) {
			token = rebase_name(s->key, space + 1,
					    strnlen(space + 1, (size_t)(eol - space - 1)));
			if (!token)
				break;
			fprintf(t, "%.*s %s\n", (int)(space - p), p, token);
		}
		p = eol + 1;
	}
	if (!t || fclose(t) || (p && p < end)) {
		free(text);
		return err_set(s->e, ENOMEM, "out of memory for process names");
	}
	put_sized(s, f, text, len, 8);
	free(text);
	return 0;
}

static int put_kallsyms(struct scrub *s, FILE *f)
{
	char *text = NULL;
	size_t len = 0;
	FILE *t = open_memstream(&text, &len);

	if (t && s->file.kallsyms.len)
		rebase_text(s->key, s->file.kallsyms.text, s->file.kallsyms.len, true, t);
	if (!t || fclose(t)) {
		free(text);
		return err_set(s->e, ENOMEM, "out of memory for the symbols");
	}
	put_sized(s, f, text, len, 4);
	free(text);
	return 0;
}

static void put_option(struct scrub *s, FILE *f, unsigned id, const void *data, size_t len)
{
	put(s, f, id, 2);
	put(s, f, len, 4);
	fwrite(data, 1, len, f);
}

static void put_text_option(struct scrub *s, FILE *f, unsigned id, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void put_text_option(struct scrub *s, FILE *f, unsigned id, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put_option(s, f, id, text, strlen(text) + 1);
}

/* "Linux HOST RELEASE MACHINE" without the host. */
static void put_uname(struct scrub *s, FILE *f)
{
	char text[256], *release, *host;

	if (!s->file.uname.len)
		return;
	snprintf(text, sizeof(text), "%.*s", (int)strnlen(s->file.uname.text, s->file.uname.len),
		 s->file.uname.text);
	host = strchr(text, ' ');
	release = host ? strchr(host + 1, ' ') : NULL;
	if (release)
		put_text_option(s, f, DAT_UNAME, "%.*s scrubbed%s", (int)(host - text), text,
				release);
}

static void put_options(struct scrub *s, FILE *f)
{
	const struct datfile *d = &s->file;
	uint8_t tsc[16] = { 0 }, cpus[4];

	put_text_option(s, f, DAT_TRACECLOCK, "[%s]\n", d->clock);
	put_uname(s, f);
	if (d->buffer_count) {
		store(s, cpus, d->buffers[0].cpu_count, 4);
		put_option(s, f, DAT_CPUCOUNT, cpus, 4);
	}
	if (d->time_offset)
		put_text_option(s, f, DAT_OFFSET, "%" PRId64, (int64_t)d->time_offset);
	if (d->tsc_mult) {
		store(s, tsc, d->tsc_mult, 4);
		store(s, tsc + 4, d->tsc_shift, 4);
		put_option(s, f, DAT_TSC2NSEC, tsc, 16);
	}
	for (uint32_t i = 0; i < d->stat_count; i++)
		put_text_option(s, f, DAT_CPUSTAT, "CPU: %u\noverrun: %" PRIu64 "\n",
				d->stats[i].cpu, d->stats[i].lost);
}

static int put_buffer(struct scrub *s, const struct dat_buffer *b, FILE *options)
{
	uint64_t section = (uint64_t)ftello(s->out), *at, end;
	int ret = set_pages(s, b);

	if (ret < 0)
		return ret;
	at = calloc(2 * (size_t)b->cpu_count + 1, sizeof(*at));
	if (!at)
		return err_set(s->e, ENOMEM, "out of memory");
	put(s, s->out, DAT_BUFFER, 2);
	put(s, s->out, 1, 2);
	put(s, s->out, 0, 4);
	put(s, s->out, 0, 8);
	for (uint32_t i = 0; i < b->cpu_count && ret >= 0; i++) {
		while (ftello(s->out) % 4096)
			putc(0, s->out);
		at[2 * i] = (uint64_t)ftello(s->out);
		ret = put_cpu(s, b, &b->cpus[i]);
		/* trace-cmd leaves the word with the number of chunks out of the size. */
		at[2 * i + 1] = (uint64_t)ftello(s->out) - at[2 * i] - 4;
	}
	if (ret < 0) {
		free(at);
		return ret;
	}
	end = (uint64_t)ftello(s->out);
	fseeko(s->out, (off_t)section + 8, SEEK_SET);
	put(s, s->out, end - section - 16, 8);
	fseeko(s->out, 0, SEEK_END);
	put(s, options, DAT_BUFFER, 2);
	put(s, options,
	    8 + strlen(b->name) + 1 + strlen(b->clock) + 1 + 8 + 20 * (uint64_t)b->cpu_count, 4);
	put(s, options, section, 8);
	fwrite(b->name, 1, strlen(b->name) + 1, options);
	fwrite(b->clock, 1, strlen(b->clock) + 1, options);
	put(s, options, s->layout.page, 4);
	put(s, options, b->cpu_count, 4);
	for (uint32_t i = 0; i < b->cpu_count; i++) {
		put(s, options, b->cpus[i].cpu, 4);
		put(s, options, at[2 * i], 8);
		put(s, options, at[2 * i + 1], 8);
	}
	free(at);
	return 0;
}

/* One of the sections before the data, and the option that says where it is. */
static int put_part(struct scrub *s, unsigned id, FILE *options)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	uint8_t place[8];
	uint64_t at;
	int ret = 0;

	if (!f)
		return err_set(s->e, ENOMEM, "out of memory for section %u", id);
	switch (id) {
	case DAT_HEADER_INFO:
		put_header_info(s, f);
		break;
	case DAT_FTRACE_EVENTS:
		put_ftrace_formats(s, f);
		break;
	case DAT_EVENT_FORMATS:
		put_formats(s, f);
		break;
	case DAT_KALLSYMS:
		ret = put_kallsyms(s, f);
		break;
	case DAT_CMDLINES:
		ret = put_cmdlines(s, f);
		break;
	default:
		put_sized(s, f, "", 0, 4);
	}
	if (fclose(f) && ret >= 0)
		ret = err_set(s->e, ENOMEM, "out of memory for section %u", id);
	if (ret >= 0)
		ret = put_section(s, id, text, len, &at);
	free(text);
	if (ret < 0)
		return ret;
	store(s, place, at, 8);
	put_option(s, options, id, place, 8);
	return 0;
}

static int write_file(struct scrub *s)
{
	char *text = NULL;
	size_t len = 0;
	FILE *options = open_memstream(&text, &len);
	uint64_t first, at = 0;
	int ret = 0;

	if (!options)
		return err_set(s->e, ENOMEM, "out of memory");
	fwrite("\x17\x08\x44tracing7", 1, 12, s->out);
	put(s, s->out, s->file.big_endian, 1);
	put(s, s->out, s->file.long_size, 1);
	put(s, s->out, s->file.page_size, 4);
	fwrite("zstd\0"
	       "1",
	       1, 7, s->out);
	first = (uint64_t)ftello(s->out);
	put(s, s->out, 0, 8);
	for (unsigned id = DAT_HEADER_INFO; id <= DAT_CMDLINES && ret >= 0; id++)
		ret = put_part(s, id, options);
	if (ret >= 0)
		put_options(s, options);
	for (uint32_t i = 0; i < s->file.buffer_count && ret >= 0; i++)
		ret = put_buffer(s, &s->file.buffers[i], options);
	put_option(s, options, DAT_DONE, "\0\0\0\0\0\0\0", 8);
	if (fclose(options) && ret >= 0)
		ret = err_set(s->e, ENOMEM, "out of memory for the options");
	if (ret >= 0)
		ret = put_section(s, 0, text, len, &at);
	free(text);
	if (ret < 0)
		return ret;
	fseeko(s->out, (off_t)first, SEEK_SET);
	put(s, s->out, at, 8);
	fseeko(s->out, 0, SEEK_END);
	return ferror(s->out) ?
		       err_set(s->e, errno ? errno : EIO, "the output could not be written") :
		       0;
}

/* ---- the whole ---- */

static int open_input(struct scrub *s, const char *path)
{
	if (datfile_open(&s->file, path, s->e) < 0)
		return err_code(s->e);
	if (!s->file.buffers || !s->file.header_page.text)
		return err_set(s->e, EBADMSG, "no buffer or no description of its pages");
	if (set_pages(s, s->file.buffers) < 0)
		return err_code(s->e);
	if (s->file.truncated && !s->keep_going)
		return err_set(s->e, EBADMSG, "%s: the file is cut off after byte %" PRIu64, path,
			       s->file.map.size);
	s->layout.swap = s->file.swap;
	s->layout.big_endian = s->file.big_endian;
	return 0;
}

int datscrub_long_size(const char *path, struct err *e)
{
	struct scrub s = { .keep_going = true, .e = e };
	int ret = open_input(&s, path);

	if (ret >= 0)
		ret = s.layout.commit_size;
	datfile_close(&s.file);
	free(s.chunk);
	free(s.packed);
	return ret;
}

int datscrub(const char *path, struct rebase *r, bool keep_going, FILE *out,
	     struct datscrub_result *res, struct err *e)
{
	struct scrub s = { .key = r, .out = out, .keep_going = keep_going, .res = res, .e = e };
	int ret = open_input(&s, path);

	memset(res, 0, sizeof(*res));
	if (ret < 0)
		goto out;
	res->long_size = s.layout.commit_size;
	s.plans = calloc(TYPES_MAX, sizeof(*s.plans));
	s.zstd = ZSTD_createCCtx();
	if (!s.plans || !s.zstd) {
		ret = err_set(e, ENOMEM, "out of memory");
		goto out;
	}
	ret = types_init(&s.types, &s.file, s.layout.commit_size, e);
	if (ret >= 0)
		ret = write_file(&s);
	res->names = r->names.count;
out:
	if (ret < 0 && s.file.map.data)
		err_prefix(e, "%s: ", path);
	for (unsigned i = 0; s.plans && i < TYPES_MAX; i++)
		free(s.plans[i]);
	free(s.plans);
	types_free(&s.types);
	ZSTD_freeCCtx(s.zstd);
	free(s.chunk);
	free(s.packed);
	datfile_close(&s.file);
	return ret;
}
