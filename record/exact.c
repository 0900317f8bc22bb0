// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "record/exact.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "machine/machine.h"
#include "machine/pageblocks.h"
#include "record/outfile.h"
#include "record/whereabouts.h"

#define READS 4		 /* at most */
#define PIECE (1u << 20) /* read at once */
#define UNREADABLE 0xee	 /* stands for memory that could not be read */
#define CACHE_BYTES 280	 /* of a kmem_cache that are kept */
#define CACHE_NAME 64
#define MOST_CACHES 4096
#define AVAILABLE_SHARE 2 /* of the memory that is available, what an exact start may take */

struct region {
	uint8_t *data;
	uint64_t len, addr;
};

struct cache {
	uint64_t addr;
	char name[CACHE_NAME];
	uint8_t bytes[CACHE_BYTES];
};

/* What the kernel says of its lists itself, read right after them. */
static const char *const counters[] = { "zoneinfo", "buddyinfo", "pagetypeinfo", "slabinfo" };
#define COUNTERS (sizeof(counters) / sizeof(*counters))

struct exact {
	const char *root, *part;
	struct machine *m; /* as far as it was known when this was opened */
	struct kmemory mem;
	struct whereabouts w;
	struct layout own;
	const struct layout *l;
	struct region pages, node[KMM_NODES], cpu[KMM_CPUS], flags;
	struct cache *caches;
	uint32_t cache_count;
	struct blob counter[COUNTERS];
	bool taken; /* the counters are those of a reading, not live */
};

/* ---- a source for the machine's own readers: memory in place of files ---- */

static int copy_out(const char *text, size_t len, struct blob *out)
{
	out->data = malloc(len + 1);
	if (!out->data)
		return -ENOMEM;
	memcpy(out->data, text, len);
	out->data[len] = '\0';
	out->len = len;
	return 0;
}

static void print_symbols(const struct exact *x, FILE *f)
{
	fprintf(f, "struct_page_base 0x%" PRIx64 "\nsizeof_struct_page %u\n", x->w.pages,
		x->l->page.size);
	fprintf(f, "__per_cpu_start 0x%" PRIx64 "\n", x->w.percpu_start);
	for (uint32_t i = 0; i < x->m->nodes; i++)
		if (x->w.node[i])
			fprintf(f, "node_data[%u] 0x%" PRIx64 "\n", i, x->w.node[i]);
	for (uint32_t i = 0; i < x->m->cpus; i++)
		if (x->w.cpu[i])
			fprintf(f, "__per_cpu_offset[%u] 0x%" PRIx64 "\n", i, x->w.cpu[i]);
}

static void print_caches(const struct exact *x, FILE *f)
{
	for (uint32_t i = 0; i < x->cache_count; i++) {
		const struct cache *c = &x->caches[i];

		fprintf(f, "0x%" PRIx64 " %s ", c->addr, c->name);
		for (size_t k = 0; k < CACHE_BYTES; k++)
			fprintf(f, "%02x", c->bytes[k]);
		fputc('\n', f);
	}
}

/* One byte a block: its type, 255 where there is none. */
static void print_blocks(const struct exact *x, FILE *f)
{
	unsigned bits = x->l->pageblock_bits;
	uint64_t at = 0, next = 0;

	for (uint32_t i = 0; i < x->w.block_pieces; i++) {
		const struct whereabouts_blocks *p = &x->w.blocks[i];

		/* A zone that begins inside a block shares it with the one before. */
		for (uint64_t b = 0; b < p->count; b++) {
			uint64_t bit = b * bits, byte = at + bit / 8;

			if (p->first + b < next)
				continue;
			for (; next < p->first + b; next++)
				putc(255, f);
			putc(x->flags.data[byte] >> bit % 8 & 7, f);
			next++;
		}
		at += (p->count * bits + 63) / 64 * 8;
	}
}

static int print(const struct exact *x, void (*what)(const struct exact *, FILE *),
		 struct blob *out)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	int ret;

	if (!f)
		return -ENOMEM;
	what(x, f);
	ret = ferror(f) | fclose(f) ? -ENOMEM : copy_out(text, len, out);
	free(text);
	return ret;
}

static int read_file(const char *folder, const char *name, struct blob *out, struct err *e)
{
	char *path;
	int ret;

	out->data = NULL;
	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return err_set(e, ENOMEM, "out of memory");
	ret = file_read(path, 1u << 28, out, e);
	free(path);
	return ret;
}

static int source_read(void *ctx, const char *name, struct blob *out, struct err *e)
{
	const struct exact *x = ctx;

	out->data = NULL;
	out->len = 0;
	for (size_t i = 0; i < COUNTERS; i++) {
		char path[4200];

		if (strncmp(name, "before/", 7) != 0 || strcmp(name + 7, counters[i]) != 0)
			continue;
		if (x->taken)
			return x->counter[i].data ? copy_out((const char *)x->counter[i].data,
							     x->counter[i].len, out) :
						    -ENOENT;
		snprintf(path, sizeof(path), "%s/proc", x->root);
		return read_file(path, counters[i], out, e);
	}
	if (!strncmp(name, "system/", 7) || !strcmp(name, "before/slab_attrs.txt"))
		return read_file(x->part, name, out, e);
	if (!x->taken)
		return -ENOENT;
	if (!strcmp(name, "before/symbols.txt"))
		return print(x, print_symbols, out);
	if (!strcmp(name, "before/kmem_caches.txt") && x->cache_count)
		return print(x, print_caches, out);
	if (!strcmp(name, "before/pageblocks.raw") && x->flags.data)
		return print(x, print_blocks, out);
	return -ENOENT;
}

static bool source_lend(void *ctx, const char *name, struct blob *out)
{
	const struct exact *x = ctx;
	const struct region *r = NULL;
	unsigned i;

	/* Without the per-CPU areas, the lists are better put together from the pages alone. */
	if (!strcmp(name, "before/struct_page.raw"))
		r = &x->pages;
	else if (sscanf(name, "before/pgdat%u.raw", &i) == 1 && i < KMM_NODES && x->cpu[0].data)
		r = &x->node[i];
	else if (sscanf(name, "before/percpu%u.raw", &i) == 1 && i < KMM_CPUS)
		r = &x->cpu[i];
	if (!r || !r->data)
		return false;
	*out = (struct blob){ r->data, r->len };
	return true;
}

/* ---- opening ---- */

/* From the kernel's own type information, else from the table. */
static int find_layout(struct exact *x, struct err *e)
{
	struct err why = { 0 };
	struct blob types;
	struct btf *btf;
	uint64_t size = 0;

	if (!read_file(x->part, "system/btf_vmlinux.raw", &types, &why)) {
		btf = btf_open(&types, "BTF", &why);
		if (btf && !layout_from_btf(&x->own, btf, x->m, &why))
			x->l = &x->own;
		btf_close(btf);
		blob_free(&types);
	}
	kmemory_info(&x->mem, "SIZE(page)", &size);
	if (!x->l)
		x->l = layout_find(x->m, size);
	if (!x->l)
		return err_set(e, ENOENT,
			       "no layout of this kernel's structs, neither BTF nor in the table");
	/* VMCOREINFO is the running kernel's word. */
	if (size && size != x->l->page.size)
		return err_set(e, ENOENT,
			       "layout %s has a struct page of %u bytes, the kernel one of %llu",
			       x->l->name, x->l->page.size, (unsigned long long)size);
	return 0;
}

static uint64_t available(const char *root)
{
	char path[4200], line[200];
	unsigned long long kb = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/proc/meminfo", root);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f) && sscanf(line, "MemAvailable: %llu", &kb) != 1)
		;
	if (f)
		fclose(f);
	return kb * 1024;
}

/* Touched now, so that reading into it allocates nothing; a child must not share it. */
static int set_aside(struct region *r, uint64_t addr, uint64_t len, struct err *e)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED)
		return err_set(e, ENOMEM, "no memory for %llu MiB of the kernel's",
			       (unsigned long long)(len >> 20));
	madvise(p, len, MADV_DONTFORK);
	*r = (struct region){ p, len, addr };
	return 0;
}

static int set_all_aside(struct exact *x, struct err *e)
{
	uint64_t pages = x->m->max_pfn * x->l->page.size, flags = 0;
	int ret;

	for (uint32_t i = 0; i < x->w.block_pieces; i++)
		flags += (x->w.blocks[i].count * x->l->pageblock_bits + 63) / 64 * 8;
	if (pages > available(x->root) / AVAILABLE_SHARE)
		return err_set(e, ENOMEM,
			       "it would take %llu MiB of memory, more than half of what is "
			       "available",
			       (unsigned long long)(pages >> 20));
	ret = set_aside(&x->pages, x->w.pages, pages, e);
	for (uint32_t i = 0; i < x->m->nodes && ret >= 0 && x->w.node_len; i++)
		if (x->w.node[i])
			ret = set_aside(&x->node[i], x->w.node[i], x->w.node_len, e);
	for (uint32_t i = 0; i < x->m->cpus && ret >= 0 && x->w.percpu_len; i++)
		if (x->w.cpu[i])
			ret = set_aside(&x->cpu[i], x->w.cpu[i] + x->w.percpu_start,
					x->w.percpu_len, e);
	if (ret >= 0 && flags)
		ret = set_aside(&x->flags, 0, flags, e);
	if (ret >= 0 && x->w.caches && x->l->slab.cache.size) {
		struct region r = { 0 };

		ret = set_aside(&r, 0, MOST_CACHES * sizeof(*x->caches), e);
		x->caches = (struct cache *)(void *)r.data;
	}
	return ret;
}

static int prepare(struct exact *x, struct err *e)
{
	struct snapshot_source src = { .read = source_read, .ctx = x };
	int ret = kmemory_open(&x->mem, x->root, e);

	if (ret < 0)
		return ret;
	x->m = machine_load(&src, e);
	if (!x->m)
		return err_code(e);
	if (!x->m->zone_count)
		return err_set(e, ENOENT, "/proc/zoneinfo cannot be read");
	ret = find_layout(x, e);
	if (ret >= 0)
		ret = whereabouts_find(&x->w, &x->mem, x->m, x->l, e);
	return ret < 0 ? ret : set_all_aside(x, e);
}

struct exact *exact_open(const char *root, const char *part, struct err *e)
{
	struct exact *x = calloc(1, sizeof(*x));

	if (!x) {
		err_set(e, ENOMEM, "out of memory");
		return NULL;
	}
	x->root = root;
	x->part = part;
	x->mem.fd = -1;
	if (prepare(x, e) >= 0)
		return x;
	exact_close(x);
	return NULL;
}

static void give_back(struct region *r)
{
	if (r->data)
		munmap(r->data, r->len);
}

void exact_close(struct exact *x)
{
	if (!x)
		return;
	give_back(&x->pages);
	give_back(&x->flags);
	for (size_t i = 0; i < KMM_NODES; i++)
		give_back(&x->node[i]);
	for (size_t i = 0; i < KMM_CPUS; i++)
		give_back(&x->cpu[i]);
	if (x->caches)
		munmap(x->caches, MOST_CACHES * sizeof(*x->caches));
	for (size_t i = 0; i < COUNTERS; i++)
		blob_free(&x->counter[i]);
	whereabouts_free(&x->w);
	kmemory_close(&x->mem);
	machine_free(x->m);
	free(x);
}

/* ---- reading ---- */

/* What cannot be read is filled with a byte that no list goes through. */
static void read_region(const struct exact *x, struct region *r)
{
	for (uint64_t at = 0, n; at < r->len; at += n) {
		n = r->len - at < PIECE ? r->len - at : PIECE;
		if (kmemory_read(&x->mem, r->addr + at, r->data + at, n))
			continue;
		for (uint64_t p = at; p < at + n; p += 4096) {
			uint64_t some = at + n - p < 4096 ? at + n - p : 4096;

			if (!kmemory_read(&x->mem, r->addr + p, r->data + p, some))
				memset(r->data + p, UNREADABLE, some);
		}
	}
}

static void read_flags(struct exact *x)
{
	uint64_t at = 0;

	for (uint32_t i = 0; i < x->w.block_pieces && x->flags.data; i++) {
		uint64_t n = (x->w.blocks[i].count * x->l->pageblock_bits + 63) / 64 * 8;

		if (!kmemory_read(&x->mem, x->w.blocks[i].addr, x->flags.data + at, n))
			memset(x->flags.data + at, 0xff, n);
		at += n;
	}
}

static void read_caches(struct exact *x)
{
	uint64_t at = x->w.caches, name;

	x->cache_count = 0;
	while (x->caches && x->cache_count < MOST_CACHES && kmemory_pointer(&x->mem, at, &at) &&
	       at && at != x->w.caches) {
		struct cache *c = &x->caches[x->cache_count];

		c->addr = at - x->l->cache.list;
		memset(c->name, 0, sizeof(c->name));
		if (!kmemory_read(&x->mem, c->addr, c->bytes, CACHE_BYTES) ||
		    !kmemory_pointer(&x->mem, c->addr + x->l->cache.name, &name) ||
		    !kmemory_read(&x->mem, name, c->name, CACHE_NAME - 1))
			break;
		/* A name with a space would not survive the text; none is known. */
		c->name[strcspn(c->name, " \n")] = '\0';
		x->cache_count += c->name[0] != '\0';
	}
}

static void read_all(struct exact *x)
{
	read_region(x, &x->pages);
	for (uint32_t i = 0; i < x->m->nodes; i++)
		read_region(x, &x->node[i]);
	for (uint32_t i = 0; i < x->m->cpus; i++)
		read_region(x, &x->cpu[i]);
	read_flags(x);
	read_caches(x);
}

static void read_counters(struct exact *x)
{
	struct err e = { 0 };
	char path[4200];

	snprintf(path, sizeof(path), "%s/proc", x->root);
	for (size_t i = 0; i < COUNTERS; i++) {
		blob_free(&x->counter[i]);
		read_file(path, counters[i], &x->counter[i], &e);
	}
}

/* ---- writing ---- */

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static int write_text(const struct machine *m, int dir, const char *name,
		      int (*text)(const struct machine *, const struct machine_state *,
				  struct blob *, struct err *),
		      bool *got, struct err *e)
{
	struct err why = { 0 };
	struct blob b;
	int ret = text(m, &m->before, &b, &why);

	*got = !ret;
	if (ret == -ENOENT)
		return 0;
	if (ret)
		return err_set(e, -ret, "%s", why.text);
	ret = outfile_put(dir, name, b.data, b.len, e);
	blob_free(&b);
	return ret;
}

static int write_all(struct machine *m, int dir, const char *name, struct exact_result *r,
		     struct err *e)
{
	int to = outfile_folder(dir, name, e), ret;

	if (to < 0)
		return to;
	snprintf(m->before.lists_source, sizeof(m->before.lists_source), "%.120s", r->source);
	ret = write_text(m, to, "lists", machine_lists_text, &r->lists, e);
	/* Where the lists are not to be believed, the slabs are not either. */
	if (ret >= 0 && r->lists)
		ret = write_text(m, to, "slabs", machine_slabs_text, &r->slabs, e);
	if (ret >= 0)
		ret = write_text(m, to, "pageblocks", machine_blocks_text, &r->pageblocks, e);
	close(to);
	return ret < 0 ? err_prefix(e, "%s/", name) : 0;
}

/* Read once; the machine with its lists, or NULL with e. */
static struct machine *read_once(struct exact *x, const char *name,
				 void (*mark)(void *arg, const char *text), void *arg,
				 struct exact_result *r, struct err *e)
{
	struct snapshot_source src = { source_read, x, source_lend };
	char what[24] = "lists", text[80];
	struct machine *m;
	double start;

	/* A second reading must not be taken for the first in the trace. */
	if (r->reads++)
		snprintf(what, sizeof(what), "lists.%u", r->reads);
	snprintf(text, sizeof(text), "snap: %.20s/%s begin", name, what);
	if (mark)
		mark(arg, text);
	start = now();
	read_all(x);
	r->seconds = now() - start;
	snprintf(text, sizeof(text), "snap: %.20s/%s end", name, what);
	if (mark)
		mark(arg, text);
	read_counters(x);
	x->taken = true;
	m = machine_load(&src, e);
	if (m)
		snprintf(m->before.lists_mark, sizeof(m->before.lists_mark), "%.47s", text);
	return m;
}

static void describe(const struct machine *m, struct exact_result *r)
{
	const struct machine_state *s = &m->before;
	const char *layout = strchr(s->lists_source, ',');

	r->torn = s->lists_torn;
	/* Where from, and by which layout; or why there are none. */
	if (s->have_lists)
		snprintf(r->source, sizeof(r->source), "/proc/kcore%s", layout ? layout : "");
	else
		snprintf(r->source, sizeof(r->source), "%s", s->lists_source);
}

int exact_take(struct exact *x, int dir, const char *name,
	       void (*mark)(void *arg, const char *text), void *arg, struct exact_result *r,
	       struct err *e)
{
	struct machine *m = NULL;
	int ret;

	memset(r, 0, sizeof(*r));
	r->bytes = x->pages.len;
	do {
		machine_free(m);
		m = read_once(x, name, mark, arg, r, e);
		if (!m)
			return err_code(e);
		describe(m, r);
	} while (r->reads < READS && (!m->before.have_lists || r->torn));
	ret = write_all(m, dir, name, r, e);
	machine_free(m);
	return ret;
}
