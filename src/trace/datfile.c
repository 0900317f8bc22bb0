// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "trace/datfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "trace/bytes.h"

#define SECTION_LIMIT (256u << 20) /* the largest unpacked section that is believed */
#define MAX_FORMATS 65536
#define MAX_CPUS 4096
#define MAX_BUFFERS 256
#define MAX_OPTION_SECTIONS 4096

enum {
	OPT_DONE = 0,
	OPT_BUFFER = 3,
	OPT_TRACECLOCK = 4,
	OPT_UNAME = 5,
	OPT_OFFSET = 7,
	OPT_TSC2NSEC = 14,
	OPT_HEADER_INFO = 16,
	OPT_EVENT_FORMATS = 18,
	OPT_KALLSYMS = 19,
	OPT_PRINTK = 20,
	OPT_CMDLINES = 21,
	OPT_FTRACE_EVENTS = 17,
};

static int expected(const struct cursor *c, const char *what, struct err *e)
{
	return err_set(e, EBADMSG, "offset %zu: the file ends or is damaged where %s was expected",
		       (size_t)(c->p - c->start), what);
}

/* ---- mapping ---- */

/* Unpack a gzip file into an unlinked temporary one; its descriptor, or a negative errno. */
static int gunzip(const char *path, bool *cut, struct err *e)
{
	const char *dir = getenv("TMPDIR");
	char name[PATH_MAX], buf[65536];
	gzFile g = gzopen(path, "rb");
	int fd, n, ret = 0;

	if (!g)
		return err_set(e, errno ? errno : ENOMEM, "cannot be opened");
	snprintf(name, sizeof(name), "%.4000s/kmemlab-XXXXXX", dir && *dir ? dir : "/tmp");
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0) {
		gzclose(g);
		return err_set(e, errno, "%s: %s", name, strerror(errno));
	}
	unlink(name);
	gzbuffer(g, sizeof(buf));
	while ((n = gzread(g, buf, sizeof(buf))) > 0)
		if (write(fd, buf, (size_t)n) != n) {
			ret = err_set(e, ENOSPC, "no room in %s to unpack it", dir && *dir ? dir : "/tmp");
			break;
		}
	*cut = n < 0 || gzclose(g) != Z_OK;
	if (ret < 0) {
		close(fd);
		return ret;
	}
	return fd;
}

static int map_file(struct datfile *d, const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret = 0;
	uint8_t head[2] = { 0, 0 };
	struct stat st;

	if (fd < 0)
		return err_set(e, errno, "%s", strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(e, EINVAL, "not a regular file");
	}
	if (pread(fd, head, 2, 0) == 2 && head[0] == 0x1f && head[1] == 0x8b) {
		close(fd);
		fd = gunzip(path, &d->truncated, e);
		if (fd < 0)
			return fd;
		if (fstat(fd, &st)) {
			ret = -errno;
			close(fd);
			return ret;
		}
	}
	d->size = (uint64_t)st.st_size;
	if (d->size < 16) {
		close(fd);
		return err_set(e, EBADMSG, "too short for a trace.dat file");
	}
	d->map = mmap(NULL, d->size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (d->map == MAP_FAILED) {
		d->map = NULL;
		return err_set(e, ENOMEM, "cannot be mapped: %s", strerror(errno));
	}
	return 0;
}

/* ---- parts that both versions share ---- */

static int add_format(struct datfile *d, const char *system, const uint8_t *text, uint64_t len, struct err *e)
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
	d->formats[d->format_count++] = (struct dat_format){ system, (const char *)text, (uint32_t)len };
	return 0;
}

static int read_formats(struct datfile *d, struct cursor *c, const char *system, uint32_t count, struct err *e)
{
	for (uint32_t i = 0; i < count; i++) {
		uint64_t len = cursor_u64(c);
		const uint8_t *text = len < SECTION_LIMIT ? cursor_bytes(c, len) : NULL;

		if (!text)
			return expected(c, "an event format", e);
		if (add_format(d, system, text, len, e) < 0)
			return e->code;
	}
	return 0;
}

static int read_systems(struct datfile *d, struct cursor *c, struct err *e)
{
	uint32_t systems = cursor_u32(c);

	for (uint32_t i = 0; i < systems; i++) {
		const char *name = cursor_string(c);
		uint32_t count = cursor_u32(c);

		if (c->bad)
			return expected(c, "an event system", e);
		if (read_formats(d, c, name, count, e) < 0)
			return e->code;
	}
	return c->bad ? expected(c, "the number of event systems", e) : 0;
}

static int read_header_info(struct datfile *d, struct cursor *c, struct err *e)
{
	const uint8_t *magic = cursor_bytes(c, 12), *text;
	uint64_t len;

	if (!magic || memcmp(magic, "header_page", 12))
		return expected(c, "header_page", e);
	len = cursor_u64(c);
	text = len < SECTION_LIMIT ? cursor_bytes(c, len) : NULL;
	if (!text)
		return expected(c, "the description of header_page", e);
	d->header_page = (struct dat_text){ (const char *)text, (uint32_t)len };
	magic = cursor_bytes(c, 13);
	if (!magic || memcmp(magic, "header_event", 13))
		return expected(c, "header_event", e);
	len = cursor_u64(c);
	if (len >= SECTION_LIMIT || !cursor_bytes(c, len))
		return expected(c, "the description of header_event", e);
	return 0;
}

static int read_text32(struct cursor *c, struct dat_text *t, const char *what, struct err *e)
{
	uint32_t len = cursor_u32(c);
	const uint8_t *p = cursor_bytes(c, len);

	if (!p)
		return expected(c, what, e);
	*t = (struct dat_text){ (const char *)p, len };
	return 0;
}

static int read_cmdlines(struct datfile *d, struct cursor *c, struct err *e)
{
	uint64_t len = cursor_u64(c);
	const uint8_t *p = len < SECTION_LIMIT ? cursor_bytes(c, len) : NULL;

	if (!p)
		return expected(c, "the saved command lines", e);
	d->cmdlines = (struct dat_text){ (const char *)p, (uint32_t)len };
	return 0;
}

static struct dat_buffer *add_buffer(struct datfile *d, struct err *e)
{
	struct dat_buffer *more;

	if (d->buffer_count == MAX_BUFFERS) {
		err_set(e, EBADMSG, "more than %d buffers", MAX_BUFFERS);
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

static int add_cpu(struct datfile *d, struct dat_buffer *b, uint32_t cpu, uint64_t offset, uint64_t size,
		   struct err *e)
{
	struct dat_cpu *more;

	if (cpu >= MAX_CPUS)
		return err_set(e, EBADMSG, "a CPU numbered %u", cpu);
	if (size && (offset >= d->size || size > d->size - offset)) {
		/* A cut-off file: what is there is used. */
		d->truncated = true;
		size = offset < d->size ? d->size - offset : 0;
	}
	more = realloc(b->cpus, (b->cpu_count + 1) * sizeof(*more));
	if (!more)
		return err_set(e, ENOMEM, "out of memory");
	b->cpus = more;
	more[b->cpu_count++] = (struct dat_cpu){ cpu, offset, size };
	return 0;
}

/* trace_clock's text names all clocks, the one in use in brackets: "local [global] counter". */
static void clock_name(const char *text, size_t len, char *out, size_t room)
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

static void common_option(struct datfile *d, uint16_t id, const uint8_t *p, uint32_t len, char *clock)
{
	struct cursor c = { p, p, p + len, d->swap, false };

	switch (id) {
	case OPT_TRACECLOCK:
		clock_name((const char *)p, len, clock, 32);
		break;
	case OPT_UNAME:
		d->uname = (struct dat_text){ (const char *)p, len };
		break;
	case OPT_OFFSET:
		d->time_offset += number(p, len);
		break;
	case OPT_TSC2NSEC:
		d->tsc_mult = cursor_u32(&c);
		d->tsc_shift = cursor_u32(&c);
		d->tsc_offset = cursor_u64(&c);
		if (c.bad || d->tsc_shift > 63)
			d->tsc_mult = 0;
		break;
	default:
		break;
	}
}

/* ---- version 6 ---- */

static int read_cpu_table(struct datfile *d, struct cursor *c, struct dat_buffer *b, uint32_t cpus, struct err *e)
{
	for (uint32_t i = 0; i < cpus; i++) {
		uint64_t offset = cursor_u64(c), size = cursor_u64(c);

		if (c->bad)
			return expected(c, "the place of a CPU's data", e);
		if (add_cpu(d, b, i, offset, size, e) < 0)
			return e->code;
	}
	return 0;
}

static int read_instance6(struct datfile *d, const uint8_t *p, uint32_t len, uint32_t cpus, const char *clock,
			  struct err *e)
{
	struct cursor o = { p, p, p + len, d->swap, false };
	uint64_t offset = cursor_u64(&o);
	const char *name = cursor_string(&o);
	struct cursor c = { d->map, d->map, d->map + d->size, d->swap, false };
	const uint8_t *magic;
	struct dat_buffer *b;

	if (o.bad || offset >= d->size)
		return err_set(e, EBADMSG, "a buffer instance whose place is outside of the file");
	c.p += offset;
	magic = cursor_bytes(&c, 10);
	if (magic && !memcmp(magic, "options  ", 10)) {
		/* The instance's own options come first; none of them matters here. */
		uint16_t id;

		while ((id = cursor_u16(&c)) != OPT_DONE && !c.bad)
			cursor_bytes(&c, cursor_u32(&c));
		magic = cursor_bytes(&c, 10);
	}
	if (!magic || memcmp(magic, "flyrecord", 10))
		return expected(&c, "an instance's data", e);
	b = add_buffer(d, e);
	if (!b)
		return e->code;
	snprintf(b->name, sizeof(b->name), "%s", name);
	snprintf(b->clock, sizeof(b->clock), "%s", clock);
	return read_cpu_table(d, &c, b, cpus, e);
}

static int read_v6(struct datfile *d, struct cursor *c, struct err *e)
{
	const uint8_t *instance[MAX_BUFFERS], *magic;
	uint32_t instance_len[MAX_BUFFERS], instances = 0, cpus, n;
	char clock[32] = "local";
	struct dat_buffer *b;

	if (read_header_info(d, c, e) < 0)
		return e->code;
	n = cursor_u32(c);
	if (read_formats(d, c, "ftrace", n, e) < 0 || read_systems(d, c, e) < 0 ||
	    read_text32(c, &d->kallsyms, "kallsyms", e) < 0 ||
	    read_text32(c, &d->printk, "the printk formats", e) < 0 || read_cmdlines(d, c, e) < 0)
		return e->code;
	cpus = cursor_u32(c);
	if (c->bad || cpus > MAX_CPUS)
		return expected(c, "the number of CPUs", e);
	magic = cursor_bytes(c, 10);
	if (magic && !memcmp(magic, "options  ", 10)) {
		uint16_t id;

		while ((id = cursor_u16(c)) != OPT_DONE && !c->bad) {
			uint32_t len = cursor_u32(c);
			const uint8_t *p = cursor_bytes(c, len);

			if (!p)
				return expected(c, "an option", e);
			common_option(d, id, p, len, clock);
			if (id == OPT_BUFFER && instances < MAX_BUFFERS) {
				instance[instances] = p;
				instance_len[instances++] = len;
			}
		}
		magic = cursor_bytes(c, 10);
	}
	if (!magic || memcmp(magic, "flyrecord", 10))
		return expected(c, magic && !memcmp(magic, "latency", 7) ?
				"raw ring-buffer data (a latency trace holds text only)" : "flyrecord", e);
	b = add_buffer(d, e);
	if (!b)
		return e->code;
	snprintf(b->clock, sizeof(b->clock), "%s", clock);
	if (read_cpu_table(d, c, b, cpus, e) < 0)
		return e->code;
	for (uint32_t i = 0; i < instances; i++)
		if (read_instance6(d, instance[i], instance_len[i], cpus, clock, e) < 0)
			return e->code;
	return 0;
}

/* ---- version 7 ---- */

/* Content of the section at an offset, unpacked if need be. */
static int open_section(struct datfile *d, uint64_t offset, uint16_t want, struct cursor *out, uint16_t *flags,
			struct err *e)
{
	struct cursor c = { d->map, d->map, d->map + d->size, d->swap, false };
	uint64_t size;
	uint16_t id;

	if (offset >= d->size)
		return err_set(e, EBADMSG, "offset %llu of section %u is outside of the file",
			       (unsigned long long)offset, want);
	c.p += offset;
	id = cursor_u16(&c);
	*flags = cursor_u16(&c);
	cursor_u32(&c);
	size = cursor_u64(&c);
	if (c.bad || id != want)
		return err_set(e, EBADMSG, "offset %llu: section %u was expected",
			       (unsigned long long)offset, want);
	if (*flags & 1 && want != OPT_BUFFER) {
		uint32_t packed = cursor_u32(&c), plain = cursor_u32(&c);
		const uint8_t *src = cursor_bytes(&c, packed);
		uint8_t **more, *buf;

		/* Only runs of one byte pack better than this, and no large section is one. */
		if (!src || plain > SECTION_LIMIT || (plain > 1u << 20 && plain / 4096 > packed))
			return err_set(e, EBADMSG, "offset %llu: the sizes of section %u cannot be right",
				       (unsigned long long)offset, want);
		buf = malloc(plain + 1u);
		more = realloc(d->sections, (d->section_count + 1) * sizeof(*more));
		if (more)
			d->sections = more;
		if (!buf || !more) {
			free(buf);
			return err_set(e, ENOMEM, "out of memory for section %u", want);
		}
		d->sections[d->section_count++] = buf;
		buf[plain] = 0;
		if (unpack(&d->unpacker, src, packed, buf, plain, e) < 0)
			return err_prefix(e, "section %u: ", want);
		*out = (struct cursor){ buf, buf, buf + plain, d->swap, false };
		return 0;
	}
	if (want != OPT_BUFFER && size > (uint64_t)(c.end - c.p))
		return err_set(e, EBADMSG, "offset %llu: section %u ends after the file",
			       (unsigned long long)offset, want);
	*out = c;
	if (want != OPT_BUFFER)
		out->end = c.p + size;
	return 0;
}

static int read_buffer7(struct datfile *d, struct cursor *c, const char *clock, struct err *e)
{
	uint64_t offset = cursor_u64(c);
	const char *name = cursor_string(c), *own = cursor_string(c);
	uint32_t page = cursor_u32(c), cpus = cursor_u32(c);
	struct cursor section;
	struct dat_buffer *b;
	uint16_t flags;

	if (c->bad || cpus > MAX_CPUS)
		return expected(c, "the description of a buffer", e);
	if (open_section(d, offset, OPT_BUFFER, &section, &flags, e) < 0)
		return e->code;
	b = add_buffer(d, e);
	if (!b)
		return e->code;
	snprintf(b->name, sizeof(b->name), "%s", name);
	clock_name(*own ? own : clock, strlen(*own ? own : clock), b->clock, sizeof(b->clock));
	b->page_size = page;
	b->packed = flags & 1;
	for (uint32_t i = 0; i < cpus; i++) {
		uint32_t cpu = cursor_u32(c);
		uint64_t at = cursor_u64(c), size = cursor_u64(c);

		if (c->bad)
			return expected(c, "the place of a CPU's data", e);
		if (add_cpu(d, b, cpu, at, size, e) < 0)
			return e->code;
	}
	return 0;
}

static int read_option7(struct datfile *d, uint16_t id, const uint8_t *p, uint32_t len, char *clock,
			struct err *e)
{
	struct cursor c = { p, p, p + len, d->swap, false }, s;
	uint16_t flags;
	int ret;

	if (id == OPT_BUFFER)
		return read_buffer7(d, &c, clock, e);
	if (id < OPT_HEADER_INFO || id > OPT_CMDLINES) {
		common_option(d, id, p, len, clock);
		return 0;
	}
	ret = open_section(d, cursor_u64(&c), id, &s, &flags, e);
	if (ret < 0)
		return ret;
	switch (id) {
	case OPT_HEADER_INFO:
		return read_header_info(d, &s, e);
	case OPT_FTRACE_EVENTS:
		return read_formats(d, &s, "ftrace", cursor_u32(&s), e);
	case OPT_EVENT_FORMATS:
		return read_systems(d, &s, e);
	case OPT_KALLSYMS:
		return read_text32(&s, &d->kallsyms, "kallsyms", e);
	case OPT_PRINTK:
		return read_text32(&s, &d->printk, "the printk formats", e);
	default:
		return read_cmdlines(d, &s, e);
	}
}

static int read_v7(struct datfile *d, struct cursor *c, struct err *e)
{
	char clock[32] = "local";
	uint64_t next;

	snprintf(d->compression, sizeof(d->compression), "%.15s", cursor_string(c));
	cursor_string(c);
	next = cursor_u64(c);
	if (c->bad)
		return expected(c, "the compression and the place of the options", e);
	d->unpacker.method = unpack_method(d->compression);
	if (d->unpacker.method == UNPACK_UNKNOWN)
		return err_set(e, EPROTONOSUPPORT, "unknown compression '%s'", d->compression);
	for (unsigned sections = 0; next; sections++) {
		struct cursor s;
		uint16_t flags, id;

		if (sections == MAX_OPTION_SECTIONS)
			return err_set(e, EBADMSG, "the option sections go round in a circle");
		if (open_section(d, next, 0, &s, &flags, e) < 0)
			return e->code;
		for (;;) {
			uint32_t len;
			const uint8_t *p;

			id = cursor_u16(&s);
			len = cursor_u32(&s);
			p = cursor_bytes(&s, len);
			if (!p)
				return expected(&s, "an option", e);
			if (id == OPT_DONE) {
				next = len >= 8 ? bytes_u64(p, d->swap) : 0;
				break;
			}
			if (read_option7(d, id, p, len, clock, e) < 0)
				return e->code;
		}
	}
	if (!d->buffer_count)
		return err_set(e, EBADMSG, "no trace buffer in the file");
	return 0;
}

/* ---- the file ---- */

int datfile_open(struct datfile *d, const char *path, struct err *e)
{
	struct cursor c;
	const uint8_t *magic;
	const char *version;
	uint8_t order;
	int ret;

	memset(d, 0, sizeof(*d));
	snprintf(d->compression, sizeof(d->compression), "none");
	ret = map_file(d, path, e);
	if (ret < 0)
		goto out;
	c = (struct cursor){ d->map, d->map, d->map + d->size, false, false };
	magic = cursor_bytes(&c, 10);
	ret = -EBADMSG;
	if (!magic || memcmp(magic, "\x17\x08\x44tracing", 10)) {
		err_set(e, EBADMSG, "not a trace.dat file (no \"tracing\" at its start)");
		goto out;
	}
	version = cursor_string(&c);
	order = cursor_u8(&c);
	d->long_size = cursor_u8(&c);
	d->big_endian = order == 1;
	c.swap = d->swap = d->big_endian != HOST_BIG_ENDIAN;
	d->page_size = cursor_u32(&c);
	if (c.bad || order > 1 || (d->long_size != 4 && d->long_size != 8)) {
		expected(&c, "byte order, long size and page size", e);
		goto out;
	}
	if (!strcmp(version, "6")) {
		d->version = 6;
		ret = read_v6(d, &c, e);
	} else if (!strcmp(version, "7")) {
		d->version = 7;
		ret = read_v7(d, &c, e);
	} else {
		ret = err_set(e, EPROTONOSUPPORT, "trace.dat version '%s'; 6 and 7 are known", version);
	}
out:
	if (ret < 0) {
		err_prefix(e, "%s: ", path);
		datfile_close(d);
	}
	return ret;
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
	if (d->map)
		munmap((void *)d->map, d->size);
	memset(d, 0, sizeof(*d));
}
