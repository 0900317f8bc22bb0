// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "trace/types.h"

#include <errno.h>
#include <event-parse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/bytes.h"
#include "trace/fieldfmt.h"
#include "trace/printfmt.h"

/* A line "name: value" of a format's text. */
static bool format_line(const char *text, uint32_t len, const char *key, char *out, size_t room)
{
	const char *p = memmem(text, len, key, strlen(key)), *end = text + len;
	size_t n = 0;

	if (!p)
		return false;
	for (p += strlen(key); p < end && *p == ' '; p++)
		;
	while (p + n < end && p[n] != '\n' && p[n] && n + 1 < room)
		n++;
	memcpy(out, p, n);
	out[n] = '\0';
	return n > 0;
}

void types_set(struct types *ts, uint16_t id, struct type *type)
{
	ts->by_id[id] = type;
	if (ts->end <= id)
		ts->end = id + 1u;
}

static int add_type(struct types *ts, const struct dat_format *f, struct err *e)
{
	char name[128], id[16];
	unsigned long number;
	struct tep_event *te;
	struct type *type;

	if (!format_line(f->text, f->len, "name:", name, sizeof(name)) ||
	    !format_line(f->text, f->len, "\nID:", id, sizeof(id)))
		return 0;
	number = strtoul(id, NULL, 10);
	if (number >= TYPES_MAX || ts->by_id[number])
		return 0;
	type = calloc(1, sizeof(*type));
	if (!type || !(type->name = strdup(name))) {
		free(type);
		return err_set(e, ENOMEM, "out of memory for the event types");
	}
	types_set(ts, (uint16_t)number, type);
	type->format = f;
	if (!bind_wants(f->system, name))
		return 0;
	te = types_tep_event(ts, (uint16_t)number);
	if (te && bind_event(&type->binding, te, f->text, f->len, ts->swap))
		ts->kinds[type->binding.kind] = true;
	else
		bind_free(&type->binding);
	return 0;
}

/* No record is longer than 64 KiB. */
static bool fields_sane(const struct tep_format_field *f)
{
	for (; f; f = f->next)
		if (f->offset < 0 || f->size < 0 || f->offset > UINT16_MAX - f->size ||
		    f->size > UINT16_MAX)
			return false;
	return true;
}

static struct tep_handle *new_handle(const struct types *ts)
{
	struct tep_handle *tep = tep_alloc();

	if (!tep)
		return NULL;
	tep_set_file_bigendian(tep, ts->big_endian ? TEP_BIG_ENDIAN : TEP_LITTLE_ENDIAN);
	tep_set_local_bigendian(tep, HOST_BIG_ENDIAN ? TEP_BIG_ENDIAN : TEP_LITTLE_ENDIAN);
	tep_set_long_size(tep, (int)ts->long_size);
	return tep;
}

static struct tep_event *parse(struct tep_handle *tep, const char *text, size_t len,
			       const char *system, uint16_t id)
{
	struct tep_event *te;

	if (!fieldfmt_sane(text, len) || tep_parse_event(tep, text, len, system) != 0)
		return NULL;
	te = tep_find_event(tep, id);
	return te && fields_sane(te->format.fields) && fields_sane(te->format.common_fields) ? te :
											       NULL;
}

/*
 * The print format is left out: it is most of the text, nothing but printing
 * needs it, and libtraceevent's parser of it was not made for hostile input.
 */
struct tep_event *types_tep_event(struct types *ts, uint16_t id)
{
	static const char no_print[] = "\nprint fmt: \"\"\n";
	struct type *type = ts->by_id[id];
	const struct dat_format *f;
	const char *end;
	char *text;
	size_t len;

	if (!type || type->parsed)
		return type ? type->tep : NULL;
	type->parsed = true;
	f = type->format;
	if (!f->len) /* a text's events have none */
		return NULL;
	end = memmem(f->text, f->len, "\nprint fmt:", 11);
	len = end ? (size_t)(end - f->text) : f->len;
	text = malloc(len + sizeof(no_print));
	if (!text)
		return NULL;
	memcpy(text, f->text, len);
	memcpy(text + len, no_print, sizeof(no_print));
	type->tep = parse(ts->tep, text, len + sizeof(no_print) - 1, f->system, id);
	free(text);
	return type->tep;
}

struct tep_event *types_printable(struct types *ts, uint16_t id)
{
	struct type *type = ts->by_id[id];

	if (!type || type->print_parsed)
		return type ? type->print : NULL;
	type->print_parsed = true;
	if (!type->format->len || !printfmt_sane(type->format->text, type->format->len))
		return NULL;
	if (!ts->printer)
		ts->printer = new_handle(ts);
	if (ts->printer)
		type->print = parse(ts->printer, type->format->text, type->format->len,
				    type->format->system, id);
	return type->print;
}

static bool find_common(struct tep_event *te, const char *name, uint16_t *at, uint8_t *size,
			uint16_t *need)
{
	struct tep_format_field *f = tep_find_common_field(te, name);

	if (!f || f->offset < 0 || f->offset > 4096 ||
	    (f->size != 1 && f->size != 2 && f->size != 4))
		return false;
	*at = (uint16_t)f->offset;
	*size = (uint8_t)f->size;
	if (*need < f->offset + f->size)
		*need = (uint16_t)(f->offset + f->size);
	return true;
}

/* All types of a kernel share their common fields; the first that can be understood tells them. */
static void read_common(struct types *ts)
{
	struct types_common c = { .usual = true, .need = 8 };

	for (unsigned i = 0; i < ts->end; i++) {
		struct tep_event *te = ts->by_id[i] ? types_tep_event(ts, (uint16_t)i) : NULL;

		if (!te || !find_common(te, "common_type", &c.type, &c.type_size, &c.need) ||
		    !find_common(te, "common_flags", &c.flags, &c.flags_size, &c.need) ||
		    !find_common(te, "common_preempt_count", &c.preempt, &c.preempt_size,
				 &c.need) ||
		    !find_common(te, "common_pid", &c.pid, &c.pid_size, &c.need))
			continue;
		c.usual = c.type == 0 && c.type_size == 2 && c.flags == 2 && c.flags_size == 1 &&
			  c.preempt == 3 && c.preempt_size == 1 && c.pid == 4 && c.pid_size == 4;
		break;
	}
	ts->common = c;
}

int types_init(struct types *ts, const struct datfile *f, unsigned long_size, struct err *e)
{
	memset(ts, 0, sizeof(*ts));
	ts->swap = f->swap;
	ts->by_id = calloc(TYPES_MAX, sizeof(void *));
	ts->long_size = long_size;
	ts->big_endian = f->big_endian;
	/* A format that it does not understand becomes EVENT_OTHER. */
	tep_set_loglevel(TEP_LOG_NONE);
	ts->tep = new_handle(ts);
	if (!ts->by_id || !ts->tep)
		return err_set(e, ENOMEM, "out of memory for the event types");
	for (uint32_t i = 0; i < f->format_count; i++)
		if (add_type(ts, &f->formats[i], e) < 0)
			return err_code(e);
	read_common(ts);
	return 0;
}

void types_free(struct types *ts)
{
	for (unsigned i = 0; i < ts->end; i++)
		if (ts->by_id[i]) {
			bind_free(&ts->by_id[i]->binding);
			free(ts->by_id[i]->name);
			free(ts->by_id[i]);
		}
	free(ts->by_id);
	if (ts->tep)
		tep_free(ts->tep);
	if (ts->printer)
		tep_free(ts->printer);
	memset(ts, 0, sizeof(*ts));
}

static uint32_t load_small(const uint8_t *p, unsigned size, bool swap)
{
	return size == 1 ? *p : size == 2 ? bytes_u16(p, swap) : bytes_u32(p, swap);
}

bool types_load_common(const struct types *ts, const uint8_t *rec, uint32_t len, struct event *ev)
{
	const struct types_common *c = &ts->common;

	if (len < c->need)
		return false;
	ev->id = (uint16_t)load_small(rec + c->type, c->type_size, ts->swap);
	ev->irq = (uint8_t)load_small(rec + c->flags, c->flags_size, ts->swap);
	ev->preempt = (uint8_t)load_small(rec + c->preempt, c->preempt_size, ts->swap);
	ev->pid = (int32_t)load_small(rec + c->pid, c->pid_size, ts->swap);
	return true;
}
