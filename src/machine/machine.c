// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/freemap.h"
#include "machine/load.h"
#include "machine/model.h"

#define MOST_NOTES 1000

struct load {
	const struct snapshot_source *src;
	struct machine *m;
	struct zoneinfo zi[2]; /* before, after */
	bool have_zi[2], slabs;
};

static const char *const dirs[2] = { "before", "after" };

static struct machine_state *state_of(struct machine *m, int which)
{
	return which ? &m->after : &m->before;
}

/* ---- one file ---- */

/* What is damaged is said and left out; only memory that ran out ends the loading. */
static int tolerate(struct machine *m, int ret, struct err *e, const char *lost)
{
	if (!ret || ret == -ENOMEM)
		return ret;
	machine_note(m, "%s; without it: %s", e->text, lost);
	memset(e, 0, sizeof(*e));
	return 0;
}

/* 1 with its content in b; 0 if there is none that can be read, with a note; -ENOMEM. */
static int get(struct load *l, const char *name, const char *lost, struct blob *b, struct err *e)
{
	int ret = l->src->read(l->src->ctx, name, b, e);

	if (!ret)
		return 1;
	b->data = NULL;
	b->len = 0;
	if (ret != -ENOENT)
		return tolerate(l->m, ret, e, lost);
	memset(e, 0, sizeof(*e));
	if (lost[0])
		machine_note(l->m, "no %s: %s", name, lost);
	return 0;
}

struct part {
	const char *name;
	int (*parse)(struct machine *m, struct text *t, struct err *e);
	const char *lost; /* what is unknown without it; "" if that is worth no word */
};

/* 1 if the file was there and whole. */
static int load_part(struct load *l, const struct part *p, const char *name, struct err *e)
{
	struct blob b;
	struct text t;
	int ret = get(l, name, p->lost, &b, e);

	if (ret <= 0)
		return ret;
	text_init(&t, name, &b);
	ret = p->parse(l->m, &t, e);
	blob_free(&b);
	if (!ret)
		return 1;
	return tolerate(l->m, ret, e, p->lost[0] ? p->lost : "nothing of it is used");
}

/* ---- system/ ---- */

static const struct part first_parts[] = {
	{ "system/version", version_parse,
	  "the kernel's version; it is taken from the trace where that says it" },
	{ "system/kernel_config", kconfig_parse, "" },
	{ "system/iomem", iomem_parse,
	  "where memory lies; the direct map's base can only be inferred from the trace" },
};

/* These need to know the zones. */
static const struct part later_parts[] = {
	{ "system/sysctl_vm", sysctl_parse,
	  "min_free_kbytes and the other settings; the kernel's defaults stand for them" },
	{ "system/thp", thp_parse, "whether huge pages were enabled" },
	{ "system/page_reporting", reporting_parse, "" },
	{ "system/narrowed", narrowed_parse, "" },
	{ "system/cpuinfo", cpuinfo_parse, "" },
	{ "system/nodes", nodes_parse, "" },
	{ "system/ring_buffer_stats", ringstats_parse, "" },
	{ "before/jiffies", jiffies_parse, "" },
	{ "system/cpu_cache", cpucache_parse, "the sizes of the CPU caches" },
};

static int load_system(struct load *l, const struct part *p, size_t n, struct err *e)
{
	int ret = 0;

	for (size_t i = 0; i < n && ret >= 0; i++)
		ret = load_part(l, &p[i], p[i].name, e);
	return ret < 0 ? ret : 0;
}

static int load_kcore(struct load *l, struct err *e)
{
	static const char name[] = "system/kcore_head.raw";
	static const char lost[] = "the direct map's base can only be inferred from the trace";
	struct blob b;
	int ret = get(l, name, lost, &b, e);

	if (ret <= 0)
		return ret;
	ret = kcore_parse(l->m, &b, name, e);
	blob_free(&b);
	return tolerate(l->m, ret, e, lost);
}

/* ---- zones ---- */

static int load_zoneinfo(struct load *l, int which, struct err *e)
{
	char name[32];
	struct blob b;
	struct text t;
	int ret;

	snprintf(name, sizeof(name), "%s/zoneinfo", dirs[which]);
	ret = get(l, name, "", &b, e);
	if (ret <= 0)
		return ret;
	text_init(&t, name, &b);
	ret = zoneinfo_parse(&l->zi[which], &t, e);
	blob_free(&b);
	l->have_zi[which] = !ret;
	return ret;
}

/* The geometry that all other files are read against. */
static void take_zones(struct machine *m, const struct zoneinfo *z)
{
	memcpy(m->zones, z->zones, sizeof(m->zones));
	m->zone_count = z->count;
	m->nodes = z->nodes;
	m->cpus = z->cpus;
	memcpy(m->zone_type_of_index, z->type_of_index, sizeof(m->zone_type_of_index));
	m->zone_types = z->types;
	for (uint32_t i = 0; i < z->count; i++) {
		uint64_t end = z->zones[i].start_pfn + z->zones[i].spanned;

		if (m->max_pfn < end)
			m->max_pfn = end;
	}
	for (uint32_t i = 0; i < z->pcp_count; i++)
		m->cpu[z->pcps[i].cpu].present = true;
}

/* Older kernels print populated zones only; the reserves tell how many types there are. */
static void guess_zone_types(struct machine *m)
{
	static const uint8_t x86_64[] = { KMM_ZONE_DMA, KMM_ZONE_DMA32, KMM_ZONE_NORMAL,
					  KMM_ZONE_MOVABLE, KMM_ZONE_DEVICE };
	static const uint8_t x86_32[] = { KMM_ZONE_DMA, KMM_ZONE_NORMAL, KMM_ZONE_HIGHMEM,
					  KMM_ZONE_MOVABLE, KMM_ZONE_DEVICE };
	uint32_t n = m->zone_count ? m->zones[0].protections : 0;

	if (m->zone_types >= n || n > sizeof(x86_64))
		return;
	memcpy(m->zone_type_of_index, !strcmp(m->arch, "i386") ? x86_32 : x86_64, n);
	m->zone_types = n;
}

static int zone_of_row(const struct machine *m, const struct machine_zone *z)
{
	for (uint32_t i = 0; i < m->zone_count; i++)
		if (m->zones[i].node == z->node && m->zones[i].type == z->type)
			return (int)i;
	return -1;
}

static int fill_state_zones(struct load *l, int which, struct err *e)
{
	struct machine_state *s = state_of(l->m, which);
	const struct zoneinfo *zi = &l->zi[which];
	struct machine *m = l->m;

	if (!l->have_zi[which])
		return 0;
	s->pcp_infos = calloc((size_t)m->zone_count * KMM_CPUS, sizeof(*s->pcp_infos));
	if (!s->pcp_infos)
		return err_set(e, ENOMEM, "out of memory");
	for (uint32_t i = 0; i < zi->count; i++) {
		int z = zone_of_row(m, &zi->zones[i]);

		if (z < 0) {
			machine_note(m,
				     "%s/zoneinfo has a zone %s of node %u that was not there "
				     "before; it is left out",
				     dirs[which], zi->zones[i].name, zi->zones[i].node);
			continue;
		}
		s->zones[z] = zi->zones[i];
		s->zone_free[z] = zi->free[i];
		for (uint32_t k = 0; k < zi->pcp_count; k++) {
			struct machine_pcpinfo *p =
				&s->pcp_infos[(size_t)z * KMM_CPUS + zi->pcps[k].cpu];

			if (zi->pcps[k].zone != i)
				continue;
			p->count += zi->pcps[k].count;
			p->high = zi->pcps[k].high;
		}
	}
	s->have_zoneinfo = true;
	return 0;
}

static int load_zones(struct load *l, struct err *e)
{
	struct machine *m = l->m;

	for (int w = 0; w < 2; w++) {
		int ret = load_zoneinfo(l, w, e);

		if (ret < 0)
			return ret;
	}
	if (l->have_zi[0] || l->have_zi[1])
		take_zones(m, l->have_zi[0] ? &l->zi[0] : &l->zi[1]);
	else
		machine_note(m, "no zoneinfo: zones, watermarks and free lists are unknown");
	return 0;
}

/* ---- before/ and after/ ---- */

static int load_counts(struct load *l, int which, struct err *e)
{
	static const struct {
		const char *name;
		int (*parse)(struct machine *m, struct machine_state *s, struct text *t,
			     struct err *e);
		const char *lost;
	} parts[] = {
		{ "buddyinfo", buddyinfo_parse,
		  "the free blocks of each order at this snapshot cannot be checked" },
		{ "pagetypeinfo", pagetypeinfo_parse,
		  "the free blocks and pageblocks of each migrate type at this snapshot" },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		char name[32];
		struct blob b;
		struct text t;
		int ret;

		snprintf(name, sizeof(name), "%s/%s", dirs[which], parts[i].name);
		ret = get(l, name, parts[i].lost, &b, e);
		if (ret < 0)
			return ret;
		if (!ret)
			continue;
		text_init(&t, name, &b);
		ret = parts[i].parse(l->m, state_of(l->m, which), &t, e);
		blob_free(&b);
		ret = tolerate(l->m, ret, e, parts[i].lost);
		if (ret)
			return ret;
	}
	return 0;
}

static int load_kpageflags(struct load *l, int which, struct err *e)
{
	struct machine_state *s = state_of(l->m, which);
	char name[32];
	struct blob b;
	uint64_t words;
	int ret;

	snprintf(name, sizeof(name), "%s/kpageflags", dirs[which]);
	ret = get(l, name, "which page frames were free or in use at this snapshot", &b, e);
	if (ret <= 0)
		return ret;
	words = b.len / sizeof(uint64_t);
	if (words > l->m->max_pfn)
		words = l->m->max_pfn;
	if (!words) {
		if (l->m->max_pfn)
			machine_note(l->m,
				     "%s is empty: which page frames were free or in use at this "
				     "snapshot is unknown",
				     name);
		blob_free(&b);
		return 0;
	}
	if (words < l->m->max_pfn)
		machine_note(l->m,
			     "%s ends at page frame %llu of %llu; what the others were is "
			     "unknown",
			     name, (unsigned long long)words, (unsigned long long)l->m->max_pfn);
	s->kpageflags = (uint64_t *)(void *)b.data;
	s->kpageflags_len = words;
	s->have_kpageflags = true;
	return 0;
}

static int load_lists(struct load *l, int which, struct err *e)
{
	struct machine_state *s = state_of(l->m, which);
	static const char lost[] = "the order of the free lists at this snapshot";
	char name[32];
	struct blob b;
	struct text t;
	int ret;

	snprintf(name, sizeof(name), "%s/lists", dirs[which]);
	ret = get(l, name, "", &b, e);
	if (ret < 0)
		return ret;
	if (!ret)
		return dumps_load(l->m, s, dirs[which], l->src, e);
	text_init(&t, name, &b);
	ret = lists_parse(l->m, s, &t, e);
	blob_free(&b);
	return tolerate(l->m, ret, e, lost);
}

static int load_slabs(struct load *l, int which, struct err *e)
{
	char name[32];
	struct blob b;
	struct text t;
	int ret;

	snprintf(name, sizeof(name), "%s/slabs", dirs[which]);
	ret = get(l, name, "", &b, e);
	if (ret <= 0)
		return ret;
	text_init(&t, name, &b);
	ret = slabs_parse(l->m, state_of(l->m, which), &t, e);
	blob_free(&b);
	return tolerate(l->m, ret, e, "which slabs there were at this snapshot");
}

static int load_blocks(struct load *l, int which, struct err *e)
{
	char name[32];
	struct blob b;
	struct text t;
	int ret;

	snprintf(name, sizeof(name), "%s/pageblocks", dirs[which]);
	ret = get(l, name, "", &b, e);
	if (ret < 0)
		return ret;
	if (ret) {
		text_init(&t, name, &b);
		ret = blocks_parse(l->m, state_of(l->m, which), &t, e);
		blob_free(&b);
		return tolerate(l->m, ret, e, "the pageblocks' types are inferred");
	}
	snprintf(name, sizeof(name), "%s/pageblocks.raw", dirs[which]);
	ret = get(l, name, "", &b, e);
	if (ret <= 0)
		return ret;
	ret = blocks_from_raw(l->m, state_of(l->m, which), dirs[which], &b);
	blob_free(&b);
	return ret ? err_set(e, ENOMEM, "out of memory") : 0;
}

/* The rest is about the machine, not the moment: the first snapshot that has it serves. */
static int load_once(struct load *l, int which, struct err *e)
{
	static const struct part meminfo = { "meminfo", meminfo_parse, "" };
	static const struct part slabs[] = { { "slabinfo", slabinfo_parse, "" },
					     { "slab_attrs.txt", slabattrs_parse, "" } };
	char name[32];
	int ret = 0;

	if (!l->m->mem_total_kb) {
		snprintf(name, sizeof(name), "%s/%s", dirs[which], meminfo.name);
		ret = load_part(l, &meminfo, name, e);
	}
	for (size_t i = 0; i < 2 && ret >= 0 && !l->slabs; i++) {
		snprintf(name, sizeof(name), "%s/%s", dirs[which], slabs[i].name);
		ret = load_part(l, &slabs[i], name, e);
	}
	if (!l->slabs && l->m->slab_count) {
		l->slabs = true;
		l->m->slabs_of_start = which == 0;
	}
	return ret < 0 ? ret : 0;
}

/* What the caches held in the end, to compare with. */
static int load_after_slabs(struct load *l, struct err *e)
{
	static const char lost[] = "what the slab caches held in the end";
	struct machine then = { 0 };
	struct blob b;
	struct text t;
	int ret = get(l, "after/slabinfo", "", &b, e);

	if (ret <= 0)
		return ret;
	text_init(&t, "after/slabinfo", &b);
	ret = slabinfo_parse(&then, &t, e);
	blob_free(&b);
	l->m->after_slabs = then.slabs;
	l->m->after_slab_count = then.slab_count;
	return tolerate(l->m, ret, e, lost);
}

/* Not every capture has them, and only a replay of vmalloc areas asks. */
static int load_areas(struct load *l, struct err *e)
{
	static const char lost[] = "which vmalloc areas there were";
	static const char name[] = "before/vmallocinfo";
	struct blob b;
	struct text t;
	int ret = get(l, name, "", &b, e);

	if (ret <= 0)
		return ret;
	text_init(&t, name, &b);
	ret = vmallocinfo_parse(l->m, &t, e);
	blob_free(&b);
	if (ret < 0)
		l->m->area_count = 0;
	return tolerate(l->m, ret, e, lost);
}

static int load_state(struct load *l, int which, struct err *e)
{
	bool *have = which ? &l->m->have_after : &l->m->have_before;
	struct machine_state *s = state_of(l->m, which);
	int ret;

	if (!l->have_zi[which]) {
		if (l->m->zone_count)
			machine_note(
				l->m,
				"no %s/zoneinfo: nothing was read of the machine %s the workload",
				dirs[which], dirs[which]);
		return load_once(l, which, e);
	}
	ret = fill_state_zones(l, which, e);
	if (!ret)
		ret = load_counts(l, which, e);
	if (!ret)
		ret = load_kpageflags(l, which, e);
	if (!ret)
		ret = load_once(l, which, e); /* the caches, which the slabs name */
	if (!ret)
		ret = load_lists(l, which, e);
	if (!ret)
		ret = load_slabs(l, which, e);
	if (!ret)
		ret = load_blocks(l, which, e);
	if (!ret && !which)
		ret = load_areas(l, e);
	*have = s->have_zoneinfo;
	return ret;
}

/* ---- what follows from several files ---- */

static void settle(struct machine *m)
{
	uint64_t managed = 0, kb;

	m->page_size = 4096;
	for (uint32_t i = 0; i < m->zone_count; i++)
		managed += m->zones[i].managed;
	/* MemTotal is the sum of the managed pages, nearly. */
	kb = managed ? m->mem_total_kb / managed : 0;
	if (strcmp(m->arch, "x86_64") && strcmp(m->arch, "i386") && kb >= 15)
		m->page_size = kb >= 60 ? 65536 : 16384;
	if (!m->nodes)
		m->nodes = 1;
	if (m->nodes > 1 && !m->have_nodes)
		machine_note(m, "no system/nodes: which CPU is on which node is unknown; all "
				"stand on node 0");
	if (!m->pageblock_order && m->zone_count) {
		m->pageblock_order = 9;
		machine_note(m, "the page block order is unknown; 9 stands for it");
	}
	if (!m->orders)
		m->orders = 11;
	if (m->zone_count && !m->slab_count)
		machine_note(m, "neither slabinfo nor slab_attrs.txt: slab caches are known from "
				"the trace only");
}

/* The model knows four kernels; others are close to one of them. */
static void note_generation(struct machine *m)
{
	static const char *const rules[] = { "2.6.24", "5.10", "6.1", "6.12 to 6.18" };
	uint32_t v = m->kernel_major * 1000 + m->kernel_minor;

	if (!v || v == 2006 || v == 5010 || v == 6001 || (v >= 6012 && v <= 6018))
		return;
	machine_note(m, "kernel %u.%u is modelled by the rules of %s", m->kernel_major,
		     m->kernel_minor, rules[machine_generation(m)]);
}

static int note_maps(struct machine *m, struct err *e)
{
	int ret = 0;

	for (int w = 0; w < 2 && !ret; w++) {
		const struct machine_state *s = state_of(m, w);

		if (s->have_kpageflags && !s->have_lists)
			ret = freemap_note(m, s, dirs[w], e);
	}
	return ret;
}

static int load_all(struct load *l, struct err *e)
{
	struct machine *m = l->m;
	int ret = load_system(l, first_parts, sizeof(first_parts) / sizeof(*first_parts), e);

	pagetypeinfo_default(m, m->cma_compiled);
	if (!ret)
		ret = load_kcore(l, e);
	if (!ret)
		ret = load_zones(l, e);
	if (ret)
		return ret;
	guess_zone_types(m);
	ret = load_system(l, later_parts, sizeof(later_parts) / sizeof(*later_parts), e);
	for (int w = 0; w < 2 && !ret; w++)
		ret = load_state(l, w, e);
	if (!ret)
		ret = load_after_slabs(l, e);
	if (ret)
		return ret;
	settle(m);
	note_generation(m);
	return note_maps(m, e);
}

struct machine *machine_load(const struct snapshot_source *src, struct err *e)
{
	struct machine *m = calloc(1, sizeof(*m));
	struct load l = { .src = src, .m = m };
	struct err why = { 0 };
	int ret = 0;

	if (!m) {
		err_set(e, ENOMEM, "out of memory");
		return NULL;
	}
	m->thp_compiled = -1;
	if (src && src->read) {
		ret = load_all(&l, &why);
	} else {
		pagetypeinfo_default(m, false);
		m->page_size = 4096;
		machine_note(m, "no snapshots: zones, starting state and slab caches are unknown");
	}
	zoneinfo_free(&l.zi[0]);
	zoneinfo_free(&l.zi[1]);
	if (!ret)
		return m;
	err_set(e, -ret, "%s", why.text);
	machine_free(m);
	return NULL;
}

/* ---- the machine ---- */

static void state_free(struct machine_state *s)
{
	free(s->kpageflags);
	free(s->lists);
	free(s->list_pfns);
	free(s->slabpages);
	free(s->pcps);
	free(s->pcp_infos);
	free(s->block_types);
	free(s->tags);
	free(s->first);
}

void machine_free(struct machine *m)
{
	if (!m)
		return;
	state_free(&m->before);
	state_free(&m->after);
	slabs_free(m->slabs, m->slab_count);
	slabs_free(m->after_slabs, m->after_slab_count);
	free(m->areas);
	free(m->ram_first);
	free(m->ram_last);
	for (uint32_t i = 0; i < m->unknown_count; i++)
		free(m->unknown[i]);
	free(m->unknown);
	free(m->turns);
	free(m);
}

int machine_zone_of(const struct machine *m, uint64_t pfn)
{
	for (uint32_t i = 0; i < m->zone_count; i++)
		if (pfn >= m->zones[i].start_pfn &&
		    pfn - m->zones[i].start_pfn < m->zones[i].spanned)
			return (int)i;
	return -1;
}

/* A note that finds no memory is lost; what it would say is not worth failing for. */
void machine_note(struct machine *m, const char *fmt, ...)
{
	char **more, *text;
	va_list ap;
	int n;

	if (m->unknown_count == MOST_NOTES)
		return;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	more = realloc(m->unknown, (m->unknown_count + 1) * sizeof(*more));
	if (!more) {
		free(text);
		return;
	}
	m->unknown = more;
	m->unknown[m->unknown_count++] = text;
}

const char *const *machine_attachments(void)
{
	static const char *const names[] = {
		"system/version",
		"system/kernel_config",
		"system/iomem",
		"system/kcore_head.raw",
		"system/sysctl_vm",
		"system/thp",
		"system/cpuinfo",
		"system/nodes",
		"system/cpu_cache",
		"system/page_reporting",
		"system/narrowed",
		"before/zoneinfo",
		"before/buddyinfo",
		"before/pagetypeinfo",
		"before/meminfo",
		"before/slabinfo",
		"before/slab_attrs.txt",
		"before/kpageflags",
		"after/zoneinfo",
		"after/buddyinfo",
		"after/pagetypeinfo",
		"after/meminfo",
		"after/slabinfo",
		"after/slab_attrs.txt",
		"after/kpageflags",
		"before/vmallocinfo",
		"after/vmallocinfo",
		"before/jiffies",
		NULL,
	};

	return names;
}
