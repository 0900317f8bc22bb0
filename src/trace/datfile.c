// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/datfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/dat.h"

#define MAX_FORMATS 65536

int dat_expected(const struct cursor *c, const char *what, struct err *e)
{
	return err_set(e, EBADMSG, "offset %zu: the file ends or is damaged where %s was expected",
		       (size_t)(c->p - c->start), what);
}

static int add_format(struct datfile *d, const char *system, const uint8_t *text, uint64_t len,
		      struct err *e)
{
	if (d->format_count == MAX_FORMATS)
		return err_set(e, EBADMSG, "more than %d event formats", MAX_FORMATS);
	if (d->format_count == d->format_room) {
		uint32_t room = d->format_room ? d->format_room * 2 : 256;
		struct dat_format *more = realloc(d->formats, room * sizeof(*more));

		if (!more)
			return err_set(e, ENOMEM, "out of memory for the event formats");
		d->formats = more;
		d->format_room = room;
	}
	d->formats[d->format_count++] = (struct dat_format){ system, (const char *)text,
							     (uint32_t)len };
	return 0;
}

int dat_read_formats(struct datfile *d, struct cursor *c, const char *system, uint32_t count,
		     struct err *e)
{
	for (uint32_t i = 0; i < count; i++) {
		uint64_t len = cursor_u64(c);
		const uint8_t *text = len < DAT_SECTION_LIMIT ? cursor_bytes(c, len) : NULL;

		if (!text)
			return dat_expected(c, "an event format", e);
		if (add_format(d, system, text, len, e) < 0)
			return err_code(e);
	}
	return 0;
}

int dat_read_systems(struct datfile *d, struct cursor *c, struct err *e)
{
	uint32_t systems = cursor_u32(c);

	for (uint32_t i = 0; i < systems; i++) {
		const char *name = cursor_string(c);
		uint32_t count = cursor_u32(c);

		if (c->bad)
			return dat_expected(c, "an event system", e);
		if (dat_read_formats(d, c, name, count, e) < 0)
			return err_code(e);
	}
	return c->bad ? dat_expected(c, "the number of event systems", e) : 0;
}

int dat_read_header_info(struct datfile *d, struct cursor *c, struct err *e)
{
	const uint8_t *magic = cursor_bytes(c, 12), *text;
	uint64_t len;

	if (!magic || memcmp(magic, "header_page", 12))
		return dat_expected(c, "header_page", e);
	len = cursor_u64(c);
	text = len < DAT_SECTION_LIMIT ? cursor_bytes(c, len) : NULL;
	if (!text)
		return dat_expected(c, "the description of header_page", e);
	d->header_page = (struct dat_text){ (const char *)text, (uint32_t)len };
	magic = cursor_bytes(c, 13);
	if (!magic || memcmp(magic, "header_event", 13))
		return dat_expected(c, "header_event", e);
	len = cursor_u64(c);
	text = len < DAT_SECTION_LIMIT ? cursor_bytes(c, len) : NULL;
	if (!text)
		return dat_expected(c, "the description of header_event", e);
	d->header_event = (struct dat_text){ (const char *)text, (uint32_t)len };
	return 0;
}

int dat_read_text(struct cursor *c, unsigned size_bytes, struct dat_text *t, const char *what,
		  struct err *e)
{
	uint64_t len = size_bytes == 8 ? cursor_u64(c) : cursor_u32(c);
	const uint8_t *p = len < DAT_SECTION_LIMIT ? cursor_bytes(c, len) : NULL;

	if (!p)
		return dat_expected(c, what, e);
	*t = (struct dat_text){ (const char *)p, (uint32_t)len };
	return 0;
}

int dat_read_names(struct datfile *d, struct cursor *c, unsigned size_bytes, struct dat_text *t,
		   const char *what, struct err *e)
{
	uint64_t len = size_bytes == 8 ? cursor_u64(c) : cursor_u32(c);
	uint64_t there = (uint64_t)(c->end - c->p);

	if (c->bad || len >= DAT_SECTION_LIMIT)
		return dat_expected(c, what, e);
	if (len > there) {
		d->cut_names = what;
		len = there;
	}
	*t = (struct dat_text){ (const char *)cursor_bytes(c, len), (uint32_t)len };
	return 0;
}

struct dat_buffer *dat_add_buffer(struct datfile *d, struct err *e)
{
	struct dat_buffer *more;

	if (d->buffer_count == DAT_BUFFERS) {
		err_set(e, EBADMSG, "more than %d buffers", DAT_BUFFERS);
		return NULL;
	}
	more = realloc(d->buffers, (d->buffer_count + 1) * sizeof(*more));
	if (!more) {
		err_set(e, ENOMEM, "out of memory");
		return NULL;
	}
	d->buffers = more;
	memset(&more[d->buffer_count], 0, sizeof(*more));
	more[d->buffer_count].page_size = d->page_size;
	return &more[d->buffer_count++];
}

int dat_add_cpu(struct datfile *d, struct dat_buffer *b, uint32_t cpu, uint64_t offset,
		uint64_t size, struct err *e)
{
	struct dat_cpu *more;

	if (cpu >= DAT_CPUS)
		return err_set(e, EBADMSG, "a CPU numbered %u", cpu);
	if (size && (offset >= d->map.size || size > d->map.size - offset)) {
		/* A cut-off file: what is there is used. */
		d->truncated = true;
		size = offset < d->map.size ? d->map.size - offset : 0;
	}
	more = realloc(b->cpus, (b->cpu_count + 1) * sizeof(*more));
	if (!more)
		return err_set(e, ENOMEM, "out of memory");
	b->cpus = more;
	more[b->cpu_count++] = (struct dat_cpu){ cpu, offset, size };
	return 0;
}

/* trace_clock's text names all clocks, the one in use in brackets: "local [global] counter". */
void dat_clock_name(const char *text, size_t len, char *out, size_t room)
{
	const char *open = memchr(text, '[', len), *close;

	if (open && (close = memchr(open, ']', len - (size_t)(open - text)))) {
		text = open + 1;
		len = (size_t)(close - text);
	}
	snprintf(out, room, "%.*s", (int)strnlen(text, len), text);
}

static int64_t number(const uint8_t *p, uint32_t len)
{
	char buf[40];

	snprintf(buf, sizeof(buf), "%.*s", (int)len, (const char *)p);
	return strtoll(buf, NULL, 0);
}

/* The value of a line "key N" in a text; 0 where it is missing. */
static uint64_t stat_line(const char *text, const char *key)
{
	const char *p = strstr(text, key);

	return p ? strtoull(p + strlen(key), NULL, 10) : 0;
}

/* The kernel's per_cpu/cpuN/stats as it was when the recording ended. */
static int read_cpustat(struct datfile *d, const uint8_t *p, uint32_t len, struct err *e)
{
	struct dat_stat *more;
	char text[1024];

	snprintf(text, sizeof(text), "\n%.*s", (int)(len < 1000 ? len : 1000), (const char *)p);
	if (strncmp(text, "\nCPU:", 5) || d->stat_count == DAT_CPUS)
		return 0;
	more = realloc(d->stats, (d->stat_count + 1) * sizeof(*more));
	if (!more)
		return err_set(e, ENOMEM, "out of memory");
	d->stats = more;
	more[d->stat_count++] = (struct dat_stat){
		.cpu = (uint32_t)stat_line(text, "\nCPU:"),
		.lost = stat_line(text, "\noverrun:") + stat_line(text, "\ncommit overrun:") +
			stat_line(text, "\ndropped events:"),
	};
	return 0;
}

int dat_read_option(struct datfile *d, uint16_t id, const uint8_t *p, uint32_t len, struct err *e)
{
	struct cursor c = { p, p, p + len, d->swap, false };

	switch (id) {
	case DAT_CPUSTAT:
		return read_cpustat(d, p, len, e);
	case DAT_TRACECLOCK:
		if (len)
			dat_clock_name((const char *)p, len, d->clock, sizeof(d->clock));
		break;
	case DAT_UNAME:
		d->uname = (struct dat_text){ (const char *)p, len };
		break;
	case DAT_DATE: /* in microseconds */
		d->date += (uint64_t)number(p, len) * 1000;
		d->time_offset += (uint64_t)number(p, len) * 1000;
		break;
	case DAT_OFFSET:
		d->time_offset += (uint64_t)number(p, len);
		break;
	case DAT_TIME_SHIFT:
		d->time_shift = true;
		break;
	case DAT_TSC2NSEC:
		d->tsc_mult = cursor_u32(&c);
		d->tsc_shift = cursor_u32(&c);
		if (c.bad || d->tsc_shift > 63)
			d->tsc_mult = 0;
		break;
	default:
		break;
	}
	return 0;
}

int datfile_read(struct datfile *d, const struct filemap *map, const char *path, struct err *e)
{
	struct cursor c;
	const uint8_t *magic;
	const char *version;
	uint8_t order;
	int ret;

	memset(d, 0, sizeof(*d));
	snprintf(d->compression, sizeof(d->compression), "none");
	snprintf(d->clock, sizeof(d->clock), "local");
	d->map = *map;
	d->truncated = d->map.cut;
	c = (struct cursor){ d->map.data, d->map.data, d->map.data + d->map.size, false, false };
	magic = cursor_bytes(&c, 10);
	ret = -EBADMSG;
	if (!magic || memcmp(magic, "\x17\x08\x44tracing", 10)) {
		err_set(e, EBADMSG,
			"neither trace.dat (no \"tracing\" at its start) nor perf.data, nor trace "
			"text, whose lines name a task, a CPU, a time and an event");
		goto out;
	}
	version = cursor_string(&c);
	order = cursor_u8(&c);
	d->long_size = cursor_u8(&c);
	d->big_endian = order == 1;
	c.swap = d->swap = d->big_endian != HOST_BIG_ENDIAN;
	d->page_size = cursor_u32(&c);
	if (c.bad || order > 1 || (d->long_size != 4 && d->long_size != 8)) {
		dat_expected(&c, "byte order, long size and page size", e);
		goto out;
	}
	if (!strcmp(version, "6")) {
		d->version = 6;
		ret = dat6_read(d, &c, e);
	} else if (!strcmp(version, "7")) {
		d->version = 7;
		ret = dat7_read(d, &c, e);
	} else {
		ret = err_set(e, EPROTONOSUPPORT, "trace.dat version '%s'; 6 and 7 are known",
			      version);
	}
out:
	if (ret < 0) {
		err_prefix(e, "%s: ", path);
		datfile_close(d);
	}
	return ret;
}

int datfile_open(struct datfile *d, const char *path, struct err *e)
{
	struct filemap map;

	memset(d, 0, sizeof(*d));
	if (filemap_open(&map, path, e) < 0)
		return err_prefix(e, "%s: ", path);
	return datfile_read(d, &map, path, e);
}

void datfile_close(struct datfile *d)
{
	for (uint32_t i = 0; i < d->buffer_count; i++)
		free(d->buffers[i].cpus);
	for (uint32_t i = 0; i < d->section_count; i++)
		free(d->sections[i]);
	unpack_free(&d->unpacker);
	free(d->sections);
	free(d->buffers);
	free(d->formats);
	free(d->stats);
	filemap_close(&d->map);
	memset(d, 0, sizeof(*d));
}
