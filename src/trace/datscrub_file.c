// SPDX-License-Identifier: GPL-2.0-or-later
/* datscrub_file: the file around the sub-buffers: trace-cmd.dat.v7(5). */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "machine/kallsyms.h"
#include "trace/dat.h"
#include "trace/datscrub_inside.h"

static int put_section(struct scrub *s, unsigned id, char *text, size_t len, uint64_t *at)
{
	size_t room = ZSTD_compressBound(len), n;
	uint8_t *packed = malloc(room);

	*at = (uint64_t)ftello(s->out);
	n = packed ? ZSTD_compressCCtx(s->zstd, packed, room, text, len, SCRUB_LEVEL) : 0;
	if (!packed || ZSTD_isError(n)) {
		free(packed);
		return err_set(s->e, ENOMEM, "out of memory for section %u", id);
	}
	scrub_put(s, s->out, id, 2);
	scrub_put(s, s->out, 1, 2);
	scrub_put(s, s->out, 0, 4);
	scrub_put(s, s->out, n + 8, 8);
	scrub_put(s, s->out, n, 4);
	scrub_put(s, s->out, len, 4);
	fwrite(packed, 1, n, s->out);
	free(packed);
	return 0;
}

static void put_sized(struct scrub *s, FILE *f, const char *text, uint64_t len, unsigned size)
{
	scrub_put(s, f, len, size);
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
	scrub_put(s, f, n, 4);
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
	scrub_put(s, f, n, 4);
	for (uint32_t i = 0; i < count;) {
		uint32_t end = i;

		while (end < count && !strcmp(all[end].system, all[i].system))
			end++;
		if (!of_ftrace(&all[i])) {
			fwrite(all[i].system, 1, strlen(all[i].system) + 1, f);
			scrub_put(s, f, end - i, 4);
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
	char *cut = NULL, *text = NULL;
	size_t cut_len = 0, len = 0;
	FILE *c = open_memstream(&cut, &cut_len), *t = open_memstream(&text, &len);
	int ret = 0;

	if (c && s->file.kallsyms.len)
		ret = kallsyms_cut(s->file.kallsyms.text, s->file.kallsyms.len, s->code,
				   s->o->functions, s->o->function_count, c, s->e);
	if ((!c || fclose(c)) && ret >= 0)
		ret = err_set(s->e, ENOMEM, "out of memory for the symbols");
	if (t && ret >= 0)
		rebase_text(s->key, cut, cut_len, true, t);
	if ((!t || fclose(t)) && ret >= 0)
		ret = err_set(s->e, ENOMEM, "out of memory for the symbols");
	if (ret >= 0)
		put_sized(s, f, text, len, 4);
	free(cut);
	free(text);
	return ret;
}

static void put_option(struct scrub *s, FILE *f, unsigned id, const void *data, size_t len)
{
	scrub_put(s, f, id, 2);
	scrub_put(s, f, len, 4);
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
		scrub_store(s, cpus, d->buffers[0].cpu_count, 4);
		put_option(s, f, DAT_CPUCOUNT, cpus, 4);
	}
	/* Without the date; times stand as far from each other as they did. */
	if (d->time_offset != d->date)
		put_text_option(s, f, DAT_OFFSET, "%" PRId64, (int64_t)(d->time_offset - d->date));
	if (d->tsc_mult) {
		scrub_store(s, tsc, d->tsc_mult, 4);
		scrub_store(s, tsc + 4, d->tsc_shift, 4);
		put_option(s, f, DAT_TSC2NSEC, tsc, 16);
	}
	for (uint32_t i = 0; i < d->stat_count; i++)
		put_text_option(s, f, DAT_CPUSTAT, "CPU: %u\noverrun: %" PRIu64 "\n",
				d->stats[i].cpu, d->stats[i].lost);
}

/* The n-th of the file, by which number an instance goes: whoever made it chose its name. */
static int put_buffer(struct scrub *s, const struct dat_buffer *b, uint32_t n, FILE *options)
{
	char name[24] = "";
	uint64_t section = (uint64_t)ftello(s->out), *at, end;
	int ret = scrub_set_pages(s, b);

	if (ret < 0)
		return ret;
	at = calloc(2 * (size_t)b->cpu_count + 1, sizeof(*at));
	if (!at)
		return err_set(s->e, ENOMEM, "out of memory");
	scrub_put(s, s->out, DAT_BUFFER, 2);
	scrub_put(s, s->out, 1, 2);
	scrub_put(s, s->out, 0, 4);
	scrub_put(s, s->out, 0, 8);
	for (uint32_t i = 0; i < b->cpu_count && ret >= 0; i++) {
		while (ftello(s->out) % 4096)
			putc(0, s->out);
		at[2 * i] = (uint64_t)ftello(s->out);
		ret = scrub_put_cpu(s, b, &b->cpus[i]);
		/* trace-cmd leaves the word with the number of chunks out of the size. */
		at[2 * i + 1] = (uint64_t)ftello(s->out) - at[2 * i] - 4;
	}
	if (ret < 0) {
		free(at);
		return ret;
	}
	if (b->name[0])
		snprintf(name, sizeof(name), "instance-%" PRIu32, n);
	end = (uint64_t)ftello(s->out);
	fseeko(s->out, (off_t)section + 8, SEEK_SET);
	scrub_put(s, s->out, end - section - 16, 8);
	fseeko(s->out, 0, SEEK_END);
	scrub_put(s, options, DAT_BUFFER, 2);
	scrub_put(s, options,
		  8 + strlen(name) + 1 + strlen(b->clock) + 1 + 8 + 20 * (uint64_t)b->cpu_count, 4);
	scrub_put(s, options, section, 8);
	fwrite(name, 1, strlen(name) + 1, options);
	fwrite(b->clock, 1, strlen(b->clock) + 1, options);
	scrub_put(s, options, s->layout.page, 4);
	scrub_put(s, options, b->cpu_count, 4);
	for (uint32_t i = 0; i < b->cpu_count; i++) {
		scrub_put(s, options, b->cpus[i].cpu, 4);
		scrub_put(s, options, at[2 * i], 8);
		scrub_put(s, options, at[2 * i + 1], 8);
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
	scrub_store(s, place, at, 8);
	put_option(s, options, id, place, 8);
	return 0;
}

int scrub_write_file(struct scrub *s)
{
	char *text = NULL;
	size_t len = 0;
	FILE *options = open_memstream(&text, &len);
	uint64_t first, at = 0;
	int ret = 0;

	if (!options)
		return err_set(s->e, ENOMEM, "out of memory");
	fwrite("\x17\x08\x44tracing7", 1, 12, s->out);
	scrub_put(s, s->out, s->file.big_endian, 1);
	scrub_put(s, s->out, s->file.long_size, 1);
	scrub_put(s, s->out, s->file.page_size, 4);
	fwrite("zstd\0"
	       "1",
	       1, 7, s->out);
	first = (uint64_t)ftello(s->out);
	scrub_put(s, s->out, 0, 8);
	for (unsigned id = DAT_HEADER_INFO; id <= DAT_CMDLINES && ret >= 0; id++)
		if (id != DAT_KALLSYMS)
			ret = put_part(s, id, options);
	if (ret >= 0)
		put_options(s, options);
	for (uint32_t i = 0; i < s->file.buffer_count && ret >= 0; i++)
		ret = put_buffer(s, &s->file.buffers[i], i, options);
	/* Which symbols are needed is known now. */
	if (ret >= 0)
		ret = put_part(s, DAT_KALLSYMS, options);
	put_option(s, options, DAT_DONE, "\0\0\0\0\0\0\0", 8);
	if (fclose(options) && ret >= 0)
		ret = err_set(s->e, ENOMEM, "out of memory for the options");
	if (ret >= 0)
		ret = put_section(s, 0, text, len, &at);
	free(text);
	if (ret < 0)
		return ret;
	fseeko(s->out, (off_t)first, SEEK_SET);
	scrub_put(s, s->out, at, 8);
	fseeko(s->out, 0, SEEK_END);
	return ferror(s->out) ?
		       err_set(s->e, errno ? errno : EIO, "the output could not be written") :
		       0;
}
