// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/dumps.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "machine/load.h"

bool pcp_list_of_index(const struct dumps *d, uint32_t i, uint8_t *order, uint8_t *type)
{
	uint32_t n = d->l->pcp.list_count;

	if (i >= n)
		return false;
	if (i < 12) {
		*order = (uint8_t)(i / KMM_PCPTYPES);
		*type = d->m->migratetype_of_raw[i % KMM_PCPTYPES];
		return true;
	}
	/* Huge pages: one list for all, later one for movable pages and one for the rest. */
	*order = (uint8_t)d->m->pageblock_order;
	*type = i == n - 1 ? KMM_MOVABLE : KMM_UNMOVABLE;
	return true;
}

void dumps_broken(struct dumps *d, const char *fmt, ...)
{
	va_list ap;

	if (d->broken++)
		return;
	va_start(ap, fmt);
	vsnprintf(d->why, sizeof(d->why), fmt, ap);
	va_end(ap);
}

/* "node_data[1]" with this name before the bracket; its number, or -1. */
static int64_t index_of(struct span name, const char *array, uint32_t below)
{
	struct span piece;
	uint64_t i;

	if (!span_until(&name, '[', &piece) || !span_is(piece, array) ||
	    !span_until(&name, ']', &piece) || !span_u64(piece, &i) || i >= below)
		return -1;
	return (int64_t)i;
}

static int parse_symbols(struct dumps *d, struct text *t, struct err *e)
{
	struct span line, name;

	while (text_next(t, &line)) {
		uint64_t v;
		int64_t i;

		if (!span_word(&line, &name) || *name.p == '#')
			continue;
		if (!span_next_u64(&line, &v))
			return text_bad(t, e, "expected a name and a number");
		if (span_is(name, "struct_page_base"))
			d->pages.addr = v;
		else if (span_is(name, "sizeof_struct_page"))
			d->page_size = v;
		else if (span_is(name, "contig_page_data") && !d->node[0].addr)
			d->node[0].addr = v;
		else if (span_is(name, "__per_cpu_start"))
			d->percpu_start = v;
		else if ((i = index_of(name, "node_data", KMM_NODES)) >= 0)
			d->node[i].addr = v;
		else if ((i = index_of(name, "__per_cpu_offset", d->m->cpus)) >= 0)
			d->cpu[i].addr = v;
	}
	return 0;
}

/* 0 also if it is not there; a damaged one is noted; -ENOMEM. */
static int read_dump(struct dumps *d, const struct snapshot_source *src, const char *name,
		     struct dump *to)
{
	struct err e = { 0 };
	int ret;

	if (src->lend && src->lend(src->ctx, name, &to->b)) {
		to->there = to->lent = true;
		return 0;
	}
	ret = src->read(src->ctx, name, &to->b, &e);
	to->there = !ret;
	if (!ret || ret == -ENOENT)
		return 0;
	to->b.data = NULL;
	if (ret == -ENOMEM)
		return ret;
	machine_note(d->m, "%s", e.text);
	return 0;
}

static void drop_dump(struct dump *d)
{
	if (!d->lent)
		blob_free(&d->b);
}

static int read_symbols(struct dumps *d, const struct snapshot_source *src, const char *dir)
{
	struct dump symbols = { 0 };
	struct err e = { 0 };
	char name[64];
	struct text t;
	int ret;

	snprintf(name, sizeof(name), "%s/symbols.txt", dir);
	ret = read_dump(d, src, name, &symbols);
	if (ret || !symbols.there)
		return ret;
	text_init(&t, name, &symbols.b);
	if (parse_symbols(d, &t, &e))
		machine_note(d->m, "%s", e.text);
	blob_free(&symbols.b);
	return 0;
}

static int read_dumps(struct dumps *d, const struct snapshot_source *src, const char *dir)
{
	char name[64];
	int ret;

	snprintf(name, sizeof(name), "%s/struct_page.raw", dir);
	ret = read_dump(d, src, name, &d->pages);
	if (ret || !d->pages.there)
		return ret;
	ret = read_symbols(d, src, dir);
	for (uint32_t i = 0; i < d->m->nodes && !ret; i++) {
		snprintf(name, sizeof(name), "%s/pgdat%u.raw", dir, i);
		if (d->node[i].addr)
			ret = read_dump(d, src, name, &d->node[i]);
	}
	for (uint32_t i = 0; i < d->m->cpus && !ret; i++) {
		snprintf(name, sizeof(name), "%s/percpu%u.raw", dir, i);
		if (!d->cpu[i].addr)
			continue;
		d->cpu[i].addr += d->percpu_start;
		ret = read_dump(d, src, name, &d->cpu[i]);
	}
	return ret;
}

/* The capture's own type information, else the table; NULL l if neither fits. */
static int find_layout(struct dumps *d, const struct snapshot_source *src, struct layout *own)
{
	static const char name[] = "system/btf_vmlinux.raw";
	struct dump types = { 0 };
	struct err e = { 0 };
	struct btf *btf;
	int ret = read_dump(d, src, name, &types);

	if (ret)
		return ret;
	d->l = layout_find(d->m, d->page_size);
	if (!types.there)
		return 0;
	btf = btf_open(&types.b, name, &e);
	if (btf && !layout_from_btf(own, btf, d->m, &e)) {
		if (own->page.size == d->page_size)
			d->l = own;
		else
			err_set(&e, EBADMSG,
				"%s is of another kernel: struct page has %u bytes, "
				"symbols.txt says %llu",
				name, own->page.size, (unsigned long long)d->page_size);
	}
	btf_close(btf);
	blob_free(&types.b);
	if (e.code == -ENOMEM)
		return e.code;
	if (e.code)
		machine_note(d->m, "%s", e.text);
	return 0;
}

static void say(struct machine_state *s, struct machine *m, const char *dir, const char *why)
{
	snprintf(s->lists_source, sizeof(s->lists_source), "%.*s", (int)sizeof(s->lists_source) - 1,
		 why);
	machine_note(m, "%s/: the order of the free lists is unknown: %s", dir, why);
}

/* Reject what the counters contradict; -ENOENT: nothing is left. */
static int check(struct dumps *d, struct listset *set, const char *dir, char *why, size_t n)
{
	bool pcps;

	if (d->broken > set->count / 8 + 2) {
		snprintf(why, n, "%u lists do not hold together, first %s", d->broken, d->why);
		return -ENOENT;
	}
	if (!lists_agree(d, set, dir, &pcps, why, n))
		return -ENOENT;
	if (d->broken)
		machine_note(d->m,
			     "%s/: the dump was torn by what happened meanwhile: %u lists, "
			     "first %s",
			     dir, d->broken, d->why);
	if (!pcps) {
		listset_drop_pcps(set);
		machine_note(d->m,
			     "%s/: the dump of the per-CPU lists contradicts zoneinfo; it is "
			     "not used",
			     dir);
	}
	return 0;
}

static int collect(struct dumps *d, struct machine_state *s, const char *dir)
{
	bool heads = d->l->zone.size && d->node[d->m->zones[0].node].there;
	struct listset set;
	char why[256];
	int ret = listset_init(&set, d->m->max_pfn);

	if (!ret)
		ret = heads ? walk_lists(d, &set) : chain_lists(d, &set);
	if (!ret && check(d, &set, dir, why, sizeof(why))) {
		say(s, d->m, dir, why);
	} else if (!ret) {
		snprintf(s->lists_source, sizeof(s->lists_source), "struct_page.raw%s, layout %s",
			 heads ? "" : " (list heads found by the links)", d->l->name);
		listset_give(&set, s);
		s->lists_torn = d->broken;
		s->have_lists = true;
	}
	listset_free(&set);
	return ret;
}

static int read_slabs(struct dumps *d, struct machine_state *s, const char *dir,
		      const struct snapshot_source *src)
{
	struct dump caches = { 0 };
	char name[64];
	struct text t;
	int ret;

	if (!d->l->slab.cache.size)
		return 0;
	snprintf(name, sizeof(name), "%s/kmem_caches.txt", dir);
	ret = read_dump(d, src, name, &caches);
	if (ret || !caches.there)
		return ret;
	text_init(&t, name, &caches.b);
	ret = dumps_slabs(d, s, &t);
	blob_free(&caches.b);
	return ret;
}

static int load(struct dumps *d, struct machine_state *s, const char *dir,
		const struct snapshot_source *src)
{
	struct layout own;
	int ret = read_dumps(d, src, dir);

	if (ret)
		return ret;
	if (!d->pages.there) {
		say(s, d->m, dir, "no struct_page.raw");
		return 0;
	}
	ret = find_layout(d, src, &own);
	if (ret)
		return ret;
	if (!d->pages.addr || !d->page_size) {
		say(s, d->m, dir, "symbols.txt does not say where the array of pages starts");
		return 0;
	}
	if (!d->l) {
		say(s, d->m, dir,
		    "no layout of this kernel's structs, neither BTF nor in the table");
		return 0;
	}
	d->frames = d->pages.b.len / d->l->page.size;
	if (d->frames > d->m->max_pfn)
		d->frames = d->m->max_pfn;
	d->m->vmemmap_base = d->pages.addr;
	d->m->struct_page_size = d->page_size;
	ret = collect(d, s, dir);
	return ret ? ret : read_slabs(d, s, dir, src);
}

int dumps_load(struct machine *m, struct machine_state *s, const char *dir,
	       const struct snapshot_source *src, struct err *e)
{
	struct dumps d = { .m = m, .s = s };
	int ret = -ENOMEM;

	d.cpu = calloc(m->cpus + 1u, sizeof(*d.cpu));
	if (d.cpu)
		ret = load(&d, s, dir, src);
	drop_dump(&d.pages);
	for (uint32_t i = 0; i < KMM_NODES; i++)
		drop_dump(&d.node[i]);
	for (uint32_t i = 0; d.cpu && i < m->cpus; i++)
		drop_dump(&d.cpu[i]);
	free(d.cpu);
	return ret ? err_set(e, ENOMEM, "out of memory") : 0;
}
