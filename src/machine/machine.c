// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "machine/machine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/parse.h"

static const char *const attachments[] = {
	"before/buddyinfo", "before/pagetypeinfo", "before/zoneinfo", "before/kpageflags", "before/slabinfo",
	"before/lists",	    "after/buddyinfo",	   "after/pagetypeinfo", "after/zoneinfo", "after/kpageflags",
	"after/slabinfo",   "after/lists",	   "system/version",	 "system/iomem",   "system/kcore_head.raw",
	"system/sysctl_vm", "system/cpu_cache",	   "system/nodes",	 "system/thp",	   NULL,
};

const char *const *machine_attachments(void)
{
	return attachments;
}

void machine_note(struct machine *m, const char *fmt, ...)
{
	char **more = realloc(m->unknown, (m->unknown_count + 1) * sizeof(*more));
	va_list ap;

	if (!more)
		return;
	m->unknown = more;
	va_start(ap, fmt);
	if (vasprintf(&more[m->unknown_count], fmt, ap) >= 0)
		m->unknown_count++;
	va_end(ap);
}

struct loading {
	struct machine *m;
	const struct snapshot_source *src;
	struct err *e;
};

/* The content of a file: 1; 0 if it is not there; negative errno. */
static int get(struct loading *l, const char *dir, const char *name, char *full, size_t room, struct blob *b)
{
	int ret;

	snprintf(full, room, "%s/%s", dir, name);
	if (!l->src->read)
		return 0;
	ret = l->src->read(l->src->ctx, full, b, l->e);
	return ret == -ENOENT ? 0 : ret < 0 ? ret : 1;
}

typedef int (*parse_fn)(struct machine *m, struct machine_state *s, const struct blob *b, const char *file,
			struct err *e);

static int state_file(struct loading *l, struct machine_state *s, const char *dir, const char *name,
		      parse_fn parse)
{
	struct blob b;
	char full[64];
	int ret = get(l, dir, name, full, sizeof(full), &b);

	if (ret != 1)
		return ret;
	ret = parse(l->m, s, &b, full, l->e);
	blob_free(&b);
	return ret < 0 ? ret : 1;
}

static int load_kpageflags(struct machine *m, struct machine_state *s, const struct blob *b, const char *file,
			   struct err *e)
{
	(void)file;
	return parse_kpageflags(m, s, b) < 0 ? err_set(e, ENOMEM, "out of memory for the page flags") : 0;
}

static int load_slabinfo(struct machine *m, struct machine_state *s, const struct blob *b, const char *file,
			 struct err *e)
{
	(void)s;
	return m->slab_count ? 0 : parse_slabinfo(m, b, file, e);
}

static int load_state(struct loading *l, struct machine_state *s, const char *dir, bool *have)
{
	static const struct {
		const char *name;
		parse_fn parse;
	} files[] = {
		{ "zoneinfo", parse_zoneinfo },		{ "buddyinfo", parse_buddyinfo },
		{ "pagetypeinfo", parse_pagetypeinfo }, { "kpageflags", load_kpageflags },
		{ "slabinfo", load_slabinfo },
	};
	int ret;

	for (unsigned i = 0; i < sizeof(files) / sizeof(*files); i++) {
		ret = state_file(l, s, dir, files[i].name, files[i].parse);
		if (ret < 0)
			return ret;
		*have |= ret == 1;
	}
	if (!l->m->zone_count)
		return 0;
	ret = state_file(l, s, dir, "lists", parse_lists);
	if (ret == 0 && l->src->read)
		ret = parse_dumps(l->m, s, l->src, dir, l->e);
	return ret;
}

static int load_system(struct loading *l)
{
	struct machine *m = l->m;
	struct blob b;
	char full[64];
	int ret;

	ret = get(l, "system", "version", full, sizeof(full), &b);
	if (ret == 1) {
		parse_version(m, (const char *)b.data);
		blob_free(&b);
	}
	if (ret >= 0 && (ret = get(l, "system", "iomem", full, sizeof(full), &b)) == 1) {
		ret = parse_iomem(m, &b, l->e);
		blob_free(&b);
	}
	if (ret >= 0 && (ret = get(l, "system", "kcore_head.raw", full, sizeof(full), &b)) == 1) {
		parse_kcore(m, &b);
		blob_free(&b);
	}
	if (ret >= 0 && (ret = get(l, "system", "sysctl_vm", full, sizeof(full), &b)) == 1) {
		parse_sysctl(m, &b);
		blob_free(&b);
	}
	if (ret >= 0 && (ret = get(l, "system", "cpu_cache", full, sizeof(full), &b)) == 1) {
		parse_cpu_cache(m, &b);
		blob_free(&b);
	}
	if (ret >= 0 && (ret = get(l, "system", "nodes", full, sizeof(full), &b)) == 1) {
		parse_nodes(m, &b);
		blob_free(&b);
	}
	if (ret >= 0 && (ret = get(l, "system", "thp", full, sizeof(full), &b)) == 1) {
		m->thp_enabled = !strstr((const char *)b.data, "[never]");
		blob_free(&b);
	}
	return ret < 0 ? ret : 0;
}

static void say_what_is_missing(struct machine *m)
{
	if (!m->have_before)
		machine_note(m, "no before/ snapshot: what memory looked like at the start is unknown");
	else if (!m->before.have_lists)
		machine_note(m, "the order of the free lists at the start is unknown: %s",
			     m->before.lists_source[0] ? m->before.lists_source : "no list dumps");
	if (m->have_before && !m->before.have_kpageflags && !m->before.have_lists)
		machine_note(m, "before/ has neither kpageflags nor list dumps: which pages were free is unknown");
	if (m->have_before && !m->before.have_pagetypeinfo)
		machine_note(m, "no before/pagetypeinfo: the types of the pageblocks are guessed");
	if (!m->have_after)
		machine_note(m, "no after/ snapshot: the reconstruction cannot be held against the kernel's counters");
	if (!m->direct_map_base)
		machine_note(m, "no kcore headers: the base of the direct map is inferred from the trace");
	if (!m->kernel[0])
		machine_note(m, "no system/version: the kernel's version is taken from the trace, if it has one");
}

struct machine *machine_load(const struct snapshot_source *src, struct err *e)
{
	struct machine *m = calloc(1, sizeof(*m));
	struct loading l = { m, src, e };
	int ret;

	if (!m) {
		err_set(e, ENOMEM, "out of memory");
		return NULL;
	}
	m->page_size = 4096;
	for (unsigned i = 0; i < 16; i++) /* 4.4 and later without CMA, until pagetypeinfo tells */
		m->migratetype_of_raw[i] = i < 4 ? (uint8_t)i : (uint8_t)KMM_ISOLATE;
	ret = load_system(&l);
	if (ret >= 0)
		ret = load_state(&l, &m->before, "before", &m->have_before);
	if (ret >= 0)
		ret = load_state(&l, &m->after, "after", &m->have_after);
	if (ret < 0) {
		machine_free(m);
		return NULL;
	}
	say_what_is_missing(m);
	return m;
}

static void state_free(struct machine_state *s)
{
	free(s->kpageflags);
	free(s->lists);
	free(s->list_pfns);
	free(s->pcps);
	free(s->pcp_totals);
	free(s->tags);
}

void machine_free(struct machine *m)
{
	if (!m)
		return;
	state_free(&m->before);
	state_free(&m->after);
	for (uint32_t i = 0; i < m->slab_count; i++)
		free(m->slabs[i].name);
	for (uint32_t i = 0; i < m->unknown_count; i++)
		free(m->unknown[i]);
	free(m->unknown);
	free(m->slabs);
	free(m->ram_first);
	free(m->ram_last);
	free(m);
}
