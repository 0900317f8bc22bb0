// SPDX-License-Identifier: GPL-2.0-or-later
/* datscrub_record: what of each record is carried over. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <event-parse.h>
#include <stdlib.h>
#include <string.h>

#include "trace/datscrub_inside.h"

enum carry { CARRY_PLAIN, CARRY_ADDRESS, CARRY_CODE, CARRY_WORD, CARRY_STRING, CARRY_MARKER };

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
static const char *const addresses[] = { "ptr",	   "addr", "base_addr", "va_start", "start", "end",
					 "vstart", "vend", "page",	"vaddr",    "ret",   NULL };
/* And such of instructions. */
static const char *const code[] = { "call_site",      "ip", "__probe_ip", "__probe_func",
				    "__probe_ret_ip", NULL };

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
	if ((unsigned)f->size == pointer && is_one_of(code, f->name))
		return CARRY_CODE;
	return f->size == 8 && !(f->flags & TEP_FIELD_IS_SIGNED) ? CARRY_WORD : CARRY_PLAIN;
}

static bool is_ours(const struct scrub *s, uint16_t id, const struct tep_event *te)
{
	const struct type *t = s->types.by_id[id];

	return is_one_of(systems, te->system) || t->binding.kind != EVENT_OTHER;
}

static void add_place(struct plan *p, unsigned at, unsigned size, enum carry how)
{
	if (p->count == SCRUB_PLACES || at < p->common)
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
	uint32_t loc = (uint32_t)scrub_load(s, from + at, 4), where = loc & 0xffff, n = loc >> 16;
	bool inside = false;

	if (where >= len || n > len - where)
		return;
	scrub_store(s, to + at, loc, 4);
	/* Up to 5.8 a group's own caches were called "dentry(7:NAME OF THE GROUP)". */
	for (uint32_t i = where; i < where + n; i++) {
		bool closes = from[i] == ')';

		inside &= !closes && from[i];
		to[i] = inside ? 'x' : from[i];
		inside |= from[i] == '(';
	}
}

/* "snap: before", "snap: after/zoneinfo begin", "snap: snap-0001/...": words of the recorder's and no others. */
static bool is_own_marker(const char *p, size_t n)
{
	static const char *const own[] = { "snap: before", "snap: after", "snap: snap-" };
	unsigned slashes = 0;
	bool ours = false;

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		ours |= n >= strlen(own[i]) && !memcmp(p, own[i], strlen(own[i]));
	for (size_t i = 6; i < n && ours; i++) {
		slashes += p[i] == '/';
		ours = slashes < 2 && (isalnum((unsigned char)p[i]) || strchr("/ ._-\n", p[i]));
	}
	return ours;
}

static void carry_marker(uint8_t *to, const uint8_t *from, uint32_t len, unsigned at)
{
	size_t n = at < len ? strnlen((const char *)from + at, len - at) : 0;

	if (is_own_marker((const char *)from + at, n))
		memcpy(to + at, from + at, n);
	else
		memset(to + at, '.', n);
}

/* A record's content anew, into memory that is all 0. */
int scrub_carry(struct scrub *s, uint8_t *to, const uint8_t *from, uint32_t len)
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
			v = scrub_load(s, from + at, size);
			if (p->field[i].how == CARRY_CODE && map_put(s->code, v, 0))
				return err_set(s->e, ENOMEM, "out of memory for call sites");
			if (p->field[i].how == CARRY_ADDRESS || p->field[i].how == CARRY_CODE)
				v = rebase_address(s->key, v);
			else if (p->field[i].how == CARRY_WORD)
				v = rebase_word(s->key, v);
			scrub_store(s, to + at, v, size);
		}
	}
	return 0;
}
