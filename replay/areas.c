// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/areas.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/text.h"

const char *area_name(enum area_kind k)
{
	static const char *const names[AREAS] = { "direct map", "vmalloc", "per-CPU chunks",
						  "modules",	"ioremap", "other vmap" };

	return names[k];
}

uint64_t area_entries(const struct area *a)
{
	uint64_t n = 0;

	for (unsigned s = 0; s < TLB_SIZES; s++)
		n += (a->bytes[s] + (1ull << tlb_shift((enum tlb_size)s)) - 1) >>
		     tlb_shift((enum tlb_size)s);
	return n;
}

/* "DirectMap4k:      36700 kB" */
static void read_meminfo(struct area *a, struct text *t)
{
	struct span line, name;
	uint64_t kb;

	while (text_next(t, &line)) {
		if (!span_until(&line, ':', &name) || !span_next_u64(&line, &kb))
			continue;
		if (!span_starts(name, "DirectMap"))
			continue;
		a->known = true;
		/* 4 MiB pages, of 32-bit without PAE, count as two of 2 MiB. */
		if (span_is(name, "DirectMap4k"))
			a->bytes[TLB_4K] += kb << 10;
		else if (span_is(name, "DirectMap1G"))
			a->bytes[TLB_1G] += kb << 10;
		else
			a->bytes[TLB_2M] += kb << 10;
	}
}

static bool has(struct span line, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = line.p; p + n <= line.end; p++)
		if (!memcmp(p, word, n))
			return true;
	return false;
}

#define LARGE (2ull << 20)
#define MOST_BLOCK (4ull << 20) /* KMALLOC_MAX_SIZE: a block of order 10 */

static void add_area(struct area *a, uint64_t bytes)
{
	uint64_t block = 4096;

	a->bytes[TLB_4K] += bytes;
	if (bytes >= LARGE) {
		a->large += bytes;
		a->large_rounded += (bytes + LARGE - 1) & ~(LARGE - 1);
	}
	if (bytes > MOST_BLOCK) {
		a->too_large++;
		return;
	}
	while (block < bytes)
		block <<= 1;
	a->fits += bytes;
	a->as_blocks += block;
}

/* "0xffffc90000000000-0xffffc90000005000   20480 caller+0x1/0x2 pages=4 vmalloc" */
static void read_vmallocinfo(struct area a[AREAS], struct text *t)
{
	struct span line, range, rest;
	uint64_t bytes;

	while (text_next(t, &line)) {
		enum area_kind k;

		rest = line;
		if (!span_word(&rest, &range) || !span_next_u64(&rest, &bytes))
			continue;
		k = has(rest, "pcpu_get_vm_areas") ? AREA_PERCPU :
		    has(rest, "module_alloc") || has(rest, "execmem") || has(rest, "load_module") ?
						     AREA_MODULE :
		    has(rest, " ioremap") ? AREA_IOREMAP :
		    has(rest, " vmalloc") ? AREA_VMALLOC :
					    AREA_OTHER;
		/* The guard page at the end is mapped by nothing. */
		a[k].known = true;
		a[k].ranges++;
		add_area(&a[k], bytes > 4096 ? bytes - 4096 : bytes);
	}
}

static int read_file(const struct snapshot_source *src, const char *dir, const char *file,
		     struct blob *b, struct text *t, char name[64], struct err *e)
{
	int ret;

	snprintf(name, 64, "%s/%s", dir, file);
	ret = src->read(src->ctx, name, b, e);
	if (ret)
		return ret;
	text_init(t, name, b);
	return 0;
}

int areas_read(struct area a[AREAS], const struct snapshot_source *src, const char *dir,
	       struct err *e)
{
	char name[64];
	struct blob b;
	struct text t;
	int ret;

	memset(a, 0, AREAS * sizeof(*a));
	ret = read_file(src, dir, "meminfo", &b, &t, name, e);
	if (!ret) {
		read_meminfo(&a[AREA_DIRECT], &t);
		blob_free(&b);
	} else if (ret != -ENOENT) {
		return ret;
	}
	ret = read_file(src, dir, "vmallocinfo", &b, &t, name, e);
	if (ret)
		return ret == -ENOENT ? 0 : ret;
	for (unsigned k = AREA_VMALLOC; k < AREAS; k++)
		a[k].known = true;
	read_vmallocinfo(a, &t);
	blob_free(&b);
	return 0;
}
