// SPDX-License-Identifier: GPL-2.0-or-later
/* dat6: trace.dat files of version 6, one thing after the other: trace-cmd.dat.v6(5). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "trace/dat.h"

static int read_cpu_table(struct datfile *d, struct cursor *c, struct dat_buffer *b, uint32_t cpus,
			  struct err *e)
{
	for (uint32_t i = 0; i < cpus; i++) {
		uint64_t offset = cursor_u64(c), size = cursor_u64(c);

		if (c->bad)
			return dat_expected(c, "the place of a CPU's data", e);
		if (dat_add_cpu(d, b, i, offset, size, e) < 0)
			return err_code(e);
	}
	return 0;
}

static int read_instance6(struct datfile *d, const uint8_t *p, uint32_t len, uint32_t cpus,
			  struct err *e)
{
	struct cursor o = { p, p, p + len, d->swap, false };
	uint64_t offset = cursor_u64(&o);
	const char *name = cursor_string(&o);
	struct cursor c = { d->map.data, d->map.data, d->map.data + d->map.size, d->swap, false };
	const uint8_t *magic;
	struct dat_buffer *b;
	char clock[32];

	if (o.bad || offset >= d->map.size)
		return err_set(e, EBADMSG, "a buffer instance whose place is outside of the file");
	c.p += offset;
	magic = cursor_bytes(&c, 10);
	snprintf(clock, sizeof(clock), "%s", d->clock);
	if (magic && !memcmp(magic, "options  ", 10)) {
		/* The instance's own options come first. */
		uint16_t id;

		while ((id = cursor_u16(&c)) != DAT_DONE && !c.bad) {
			uint32_t n = cursor_u32(&c);
			const uint8_t *option = cursor_bytes(&c, n);

			if (option && n && id == DAT_TRACECLOCK)
				dat_clock_name((const char *)option, n, clock, sizeof(clock));
		}
		magic = cursor_bytes(&c, 10);
	}
	if (!magic || memcmp(magic, "flyrecord", 10))
		return dat_expected(&c, "an instance's data", e);
	b = dat_add_buffer(d, e);
	if (!b)
		return err_code(e);
	snprintf(b->name, sizeof(b->name), "%s", name);
	snprintf(b->clock, sizeof(b->clock), "%s", clock);
	return read_cpu_table(d, &c, b, cpus, e);
}

/* Older writers put the text of the clock behind the CPUs' places, and an empty option before them. */
static void read_clock(struct datfile *d, struct cursor *c)
{
	uint64_t len = cursor_u64(c);
	const uint8_t *text = len < 4096 ? cursor_bytes(c, len) : NULL;

	if (text && memchr(text, '[', len))
		dat_clock_name((const char *)text, len, d->clock, sizeof(d->clock));
}

int dat6_read(struct datfile *d, struct cursor *c, struct err *e)
{
	const uint8_t *instance[DAT_BUFFERS], *magic;
	uint32_t instance_len[DAT_BUFFERS], instances = 0, cpus, n;
	struct dat_buffer *b;
	bool clock_follows = false;

	if (dat_read_header_info(d, c, e) < 0)
		return err_code(e);
	n = cursor_u32(c);
	if (dat_read_formats(d, c, "ftrace", n, e) < 0 || dat_read_systems(d, c, e) < 0 ||
	    dat_read_text(c, 4, &d->kallsyms, "kallsyms", e) < 0 ||
	    dat_read_text(c, 4, &d->printk, "the printk formats", e) < 0 ||
	    dat_read_text(c, 8, &d->cmdlines, "the saved command lines", e) < 0)
		return err_code(e);
	cpus = cursor_u32(c);
	if (c->bad || cpus > DAT_CPUS)
		return dat_expected(c, "the number of CPUs", e);
	magic = cursor_bytes(c, 10);
	if (magic && !memcmp(magic, "options  ", 10)) {
		uint16_t id;

		while ((id = cursor_u16(c)) != DAT_DONE && !c->bad) {
			uint32_t len = cursor_u32(c);
			const uint8_t *p = cursor_bytes(c, len);

			if (!p)
				return dat_expected(c, "an option", e);
			if (dat_read_option(d, id, p, len, e) < 0)
				return err_code(e);
			clock_follows |= id == DAT_TRACECLOCK && !len;
			if (id == DAT_BUFFER && instances < DAT_BUFFERS) {
				instance[instances] = p;
				instance_len[instances++] = len;
			}
		}
		magic = cursor_bytes(c, 10);
	}
	if (!magic || memcmp(magic, "flyrecord", 10))
		return dat_expected(
			c,
			magic && !memcmp(magic, "latency", 7) ?
				"raw ring-buffer data (a latency trace holds text only)" :
				"flyrecord",
			e);
	b = dat_add_buffer(d, e);
	if (!b)
		return err_code(e);
	if (read_cpu_table(d, c, b, cpus, e) < 0)
		return err_code(e);
	if (clock_follows)
		read_clock(d, c);
	snprintf(b->clock, sizeof(b->clock), "%s", d->clock);
	for (uint32_t i = 0; i < instances; i++)
		if (read_instance6(d, instance[i], instance_len[i], cpus, e) < 0)
			return err_code(e);
	return 0;
}
