// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
/*
 * Two kinds of lines: "DIR/FILE: VALUE" for each file of a cache's folder in
 * /sys/kernel/slab, and "NAME -> DIR" for a symbolic link.  A cache that may be
 * shared has a folder like ":A-0000128" and one link a name; the name that
 * slabinfo and the trace events use is the one of the cache that came first.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "machine/load.h"

#define MOST_FOLDERS 16384

struct link {
	uint32_t name, folder; /* interned */
};

struct attrs {
	struct intern names;
	struct machine_slab *folders; /* by interned name; name unused, only its attributes */
	uint32_t room;
	struct link *links;
	uint32_t link_count;
};

static int grow_folders(struct attrs *a, uint32_t id)
{
	uint32_t room = a->room ? a->room : 256;
	struct machine_slab *more;

	while (room <= id)
		room *= 2;
	if (room == a->room)
		return 0;
	more = realloc(a->folders, room * sizeof(*more));
	if (!more)
		return -ENOMEM;
	memset(more + a->room, 0, (room - a->room) * sizeof(*more));
	a->folders = more;
	a->room = room;
	return 0;
}

static int intern_span(struct attrs *a, struct text *t, struct span s, uint32_t *id, struct err *e)
{
	if (!span_len(s) || span_len(s) > 255 || memchr(s.p, 0, span_len(s)))
		return text_bad(t, e, "a cache's name was expected");
	*id = intern_add(&a->names, s.p, span_len(s));
	if (*id == UINT32_MAX || grow_folders(a, *id))
		return err_set(e, ENOMEM, "out of memory");
	if (*id > MOST_FOLDERS)
		return text_bad(t, e, "more than %d names", MOST_FOLDERS);
	return 0;
}

static int parse_link(struct attrs *a, struct text *t, struct span name, struct span target,
		      struct err *e)
{
	struct link *more;
	uint32_t from, to;
	int ret = intern_span(a, t, name, &from, e);

	if (!ret)
		ret = intern_span(a, t, target, &to, e);
	if (ret)
		return ret;
	if (!(a->link_count & (a->link_count - 1))) {
		more = realloc(a->links, (a->link_count ? a->link_count * 2 : 1) * sizeof(*more));
		if (!more)
			return err_set(e, ENOMEM, "out of memory");
		a->links = more;
	}
	if (a->link_count == MOST_FOLDERS)
		return text_bad(t, e, "more than %d links", MOST_FOLDERS);
	a->links[a->link_count++] = (struct link){ from, to };
	return 0;
}

static int parse_attr(struct attrs *a, struct text *t, struct span folder, struct span file,
		      struct span value, struct err *e)
{
	struct machine_slab *s;
	struct span word = value;
	uint64_t v = 0;
	uint32_t id = 0;
	int ret = intern_span(a, t, folder, &id, e);
	bool number;

	if (ret)
		return ret;
	s = &a->folders[id];
	s->from_sysfs = true;
	number = span_next_u64(&word, &v) && v <= UINT32_MAX;
	if (span_is(file, "ctor")) {
		s->has_ctor = span_word(&value, &word);
		return 0;
	}
	const struct {
		const char *name;
		uint32_t *to;
		bool *flag;
	} fields[] = {
		{ "object_size", &s->object_size, NULL },
		{ "slab_size", &s->size, NULL },
		{ "align", &s->align, NULL },
		{ "order", &s->order, NULL },
		{ "objs_per_slab", &s->objs_per_slab, NULL },
		{ "min_partial", &s->min_partial, NULL },
		{ "cpu_partial", &s->cpu_partial, NULL },
		{ "reclaim_account", NULL, &s->reclaim_account },
		{ "destroy_by_rcu", NULL, &s->rcu },
		{ "cache_dma", NULL, &s->dma },
		{ "hwcache_align", NULL, &s->hwcache_align },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		if (!span_is(file, fields[i].name))
			continue;
		if (!number || (span_is(file, "order") && v >= KMM_ORDERS))
			return text_bad(t, e, "%s has no such value", fields[i].name);
		if (fields[i].to)
			*fields[i].to = (uint32_t)v;
		else
			*fields[i].flag = v;
	}
	return 0;
}

static int parse_line(struct attrs *a, struct text *t, struct span line, struct err *e)
{
	static const char arrow[] = " -> ";
	const char *at = span_len(line) ? memmem(line.p, span_len(line), arrow, 4) : NULL;
	struct span folder, file;

	if (!span_len(line))
		return 0;
	if (at && !memchr(line.p, '/', (size_t)(at - line.p)))
		return parse_link(a, t, (struct span){ line.p, at },
				  (struct span){ at + 4, line.end }, e);
	if (!span_until(&line, '/', &folder) || !span_until(&line, ':', &file))
		return text_bad(t, e, "expected \"CACHE/FILE: VALUE\" or \"ALIAS -> CACHE\"");
	return parse_attr(a, t, folder, file, line, e);
}

static struct span span_of(const char *s)
{
	return (struct span){ s, s + strlen(s) };
}

static int add_alias(struct machine_slab *s, const char *name)
{
	char **more = realloc(s->aliases, (s->alias_count + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	s->aliases = more;
	more[s->alias_count] = strdup(name);
	return more[s->alias_count] ? (s->alias_count++, 0) : -ENOMEM;
}

static void take_attrs(struct machine_slab *to, const struct machine_slab *from, const char *folder)
{
	to->from_sysfs = true;
	to->object_size = from->object_size;
	to->align = from->align;
	to->min_partial = from->min_partial;
	to->cpu_partial = from->cpu_partial;
	to->reclaim_account = from->reclaim_account;
	to->rcu = from->rcu;
	to->has_ctor = from->has_ctor;
	to->dma = from->dma;
	to->hwcache_align = from->hwcache_align;
	/* ":aA-0000128": the letters are the flags that a partner must share. */
	if (folder[0] == ':' && strchr(folder, '-'))
		to->accounted = memchr(folder, 'A', (size_t)(strchr(folder, '-') - folder));
	if (to->from_slabinfo)
		return;
	to->size = from->size;
	to->order = from->order;
	to->objs_per_slab = from->objs_per_slab;
}

/* The cache of a folder: the linked name that slabinfo has, else the first link. */
static struct machine_slab *owner_of(struct machine *m, const struct attrs *a, uint32_t folder)
{
	const char *first = intern_str(&a->names, folder);
	struct machine_slab *s = slab_find(m, span_of(first));
	bool linked = false;

	for (uint32_t i = 0; !s && i < a->link_count; i++) {
		const char *name = intern_str(&a->names, a->links[i].name);

		if (a->links[i].folder != folder)
			continue;
		s = slab_find(m, span_of(name));
		if (!linked)
			first = name;
		linked = true;
	}
	return s ? s : slab_add(m, span_of(first));
}

static int merge(struct machine *m, const struct attrs *a)
{
	uint32_t *owner = calloc(a->names.count + 1ull, sizeof(*owner)); /* slab + 1 */
	int ret = owner ? 0 : -ENOMEM;

	for (uint32_t id = 0; !ret && id < a->names.count && id < a->room; id++) {
		struct machine_slab *s;

		if (!a->folders[id].from_sysfs)
			continue;
		s = owner_of(m, a, id);
		if (!s) {
			ret = -ENOMEM;
			break;
		}
		take_attrs(s, &a->folders[id], intern_str(&a->names, id));
		owner[id] = (uint32_t)(s - m->slabs) + 1;
	}
	for (uint32_t i = 0; !ret && i < a->link_count; i++) {
		const char *name = intern_str(&a->names, a->links[i].name);
		uint32_t o = owner[a->links[i].folder];

		if (o && strcmp(m->slabs[o - 1].name, name))
			ret = add_alias(&m->slabs[o - 1], name);
	}
	free(owner);
	return ret;
}

int slabattrs_parse(struct machine *m, struct text *t, struct err *e)
{
	struct attrs a = { 0 };
	struct span line;
	int ret;

	if (intern_init(&a.names))
		return err_set(e, ENOMEM, "out of memory");
	ret = grow_folders(&a, 0) ? err_set(e, ENOMEM, "out of memory") : 0;
	while (!ret && text_next(t, &line))
		ret = parse_line(&a, t, line, e);
	if (!ret && merge(m, &a))
		ret = err_set(e, ENOMEM, "%s: no room for its caches", t->name);
	free(a.links);
	free(a.folders);
	intern_free(&a.names);
	return ret;
}
