// SPDX-License-Identifier: GPL-2.0-or-later
/* dat7: trace.dat files of version 7, made of sections that options point to: trace-cmd.dat.v7(5). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/dat.h"

#define MAX_OPTION_SECTIONS 4096

/* Content of the section at an offset, unpacked if need be. */
static int open_section(struct datfile *d, uint64_t offset, uint16_t want, struct cursor *out,
			uint16_t *flags, struct err *e)
{
	struct cursor c = { d->map.data, d->map.data, d->map.data + d->map.size, d->swap, false };
	uint64_t size;
	uint16_t id;

	if (offset >= d->map.size)
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
	if (*flags & 1 && want != DAT_BUFFER) {
		uint32_t packed = cursor_u32(&c), plain = cursor_u32(&c);
		const uint8_t *src = cursor_bytes(&c, packed);
		uint8_t **more, *buf;

		/* No text packs better than this. */
		if (!src || plain > DAT_SECTION_LIMIT - d->section_bytes ||
		    (plain > 1u << 20 && plain / 256 > packed))
			return err_set(e, EBADMSG,
				       "offset %llu: the sizes of section %u cannot be right",
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
		d->section_bytes += plain;
		buf[plain] = 0;
		if (unpack(&d->unpacker, src, packed, buf, plain, e) < 0)
			return err_prefix(e, "section %u: ", want);
		*out = (struct cursor){ buf, buf, buf + plain, d->swap, false };
		return 0;
	}
	if (want != DAT_BUFFER && size > (uint64_t)(c.end - c.p))
		return err_set(e, EBADMSG, "offset %llu: section %u ends after the file",
			       (unsigned long long)offset, want);
	*out = c;
	if (want != DAT_BUFFER)
		out->end = c.p + size;
	return 0;
}

static int read_buffer(struct datfile *d, struct cursor *c, struct err *e)
{
	uint64_t offset = cursor_u64(c);
	const char *name = cursor_string(c), *own = cursor_string(c);
	uint32_t page = cursor_u32(c), cpus = cursor_u32(c);
	const char *clock = *own ? own : d->clock;
	struct cursor section = { 0 };
	struct dat_buffer *b;
	uint16_t flags;

	if (c->bad || cpus > DAT_CPUS)
		return dat_expected(c, "the description of a buffer", e);
	if (open_section(d, offset, DAT_BUFFER, &section, &flags, e) < 0)
		return err_code(e);
	b = dat_add_buffer(d, e);
	if (!b)
		return err_code(e);
	snprintf(b->name, sizeof(b->name), "%s", name);
	dat_clock_name(clock, strlen(clock), b->clock, sizeof(b->clock));
	b->page_size = page;
	b->packed = flags & 1;
	for (uint32_t i = 0; i < cpus; i++) {
		uint32_t cpu = cursor_u32(c);
		uint64_t at = cursor_u64(c), size = cursor_u64(c);

		if (c->bad)
			return dat_expected(c, "the place of a CPU's data", e);
		if (dat_add_cpu(d, b, cpu, at, size, e) < 0)
			return err_code(e);
	}
	return 0;
}

static int read_option(struct datfile *d, uint16_t id, const uint8_t *p, uint32_t len,
		       struct err *e)
{
	struct cursor c = { p, p, p + len, d->swap, false }, s;
	uint16_t flags;
	int ret;

	if (id == DAT_BUFFER)
		return read_buffer(d, &c, e);
	if (id < DAT_HEADER_INFO || id > DAT_CMDLINES)
		return dat_read_option(d, id, p, len, e);
	ret = open_section(d, cursor_u64(&c), id, &s, &flags, e);
	if (ret < 0)
		return ret;
	switch (id) {
	case DAT_HEADER_INFO:
		return dat_read_header_info(d, &s, e);
	case DAT_FTRACE_EVENTS:
		return dat_read_formats(d, &s, "ftrace", cursor_u32(&s), e);
	case DAT_EVENT_FORMATS:
		return dat_read_systems(d, &s, e);
	case DAT_KALLSYMS:
		return dat_read_names(d, &s, 4, &d->kallsyms, "kallsyms", e);
	case DAT_PRINTK:
		return dat_read_names(d, &s, 4, &d->printk, "the printk formats", e);
	default:
		return dat_read_names(d, &s, 8, &d->cmdlines, "the saved command lines", e);
	}
}

int dat7_read(struct datfile *d, struct cursor *c, struct err *e)
{
	uint64_t next;

	snprintf(d->compression, sizeof(d->compression), "%.15s", cursor_string(c));
	cursor_string(c);
	next = cursor_u64(c);
	if (c->bad)
		return dat_expected(c, "the compression and the place of the options", e);
	d->unpacker.method = unpack_method(d->compression);
	if (d->unpacker.method == UNPACK_UNKNOWN)
		return err_set(e, EPROTONOSUPPORT, "unknown compression '%s'", d->compression);
	for (unsigned sections = 0; next; sections++) {
		struct cursor s = { 0 };
		uint16_t flags, id;

		if (sections == MAX_OPTION_SECTIONS)
			return err_set(e, EBADMSG, "the option sections go round in a circle");
		if (open_section(d, next, 0, &s, &flags, e) < 0)
			return err_code(e);
		for (;;) {
			uint32_t len;
			const uint8_t *p;

			id = cursor_u16(&s);
			len = cursor_u32(&s);
			p = cursor_bytes(&s, len);
			if (!p)
				return dat_expected(&s, "an option", e);
			if (id == DAT_DONE) {
				next = len >= 8 ? bytes_u64(p, d->swap) : 0;
				break;
			}
			if (read_option(d, id, p, len, e) < 0)
				return err_code(e);
		}
	}
	if (!d->buffer_count)
		return err_set(e, EBADMSG, "no trace buffer in the file");
	return 0;
}
