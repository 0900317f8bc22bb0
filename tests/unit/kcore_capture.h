/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kcore_capture: the machine of the bundled capture as a folder that stands for /: its
 * dumps in a proc/kcore at the addresses where they stood, beside them the words that the
 * capture's symbols.txt says stood at the kernel's symbols, and the files of its before/ in
 * proc/.  What no dump has is made up: the descriptors of its two sections, and types of
 * pageblocks of which only the numbers are those of pagetypeinfo.
 */
#ifndef TESTS_UNIT_KCORE_CAPTURE_H
#define TESTS_UNIT_KCORE_CAPTURE_H

#include "tests/unit/kcore_file.h"

#include "base/file.h"
#include "machine/kcore.h"

#define CAPTURE "traces/amd64-6.1-small"
#define SECTION_PAGES 32768 /* 2^27 bytes: NUMBER(SECTION_SIZE_BITS) */
#define SECTION_BLOCKS (SECTION_PAGES / 512)

struct kcore_capture {
	struct kcore_file k;
	char part[80]; /* a capture directory under construction, with its system/ */
	uint64_t pages, node, cpu[2], caches, sections, usage;
	char info[16384]; /* VMCOREINFO, as it was */
};

static inline void capture_read(const char *name, struct blob *b)
{
	struct err e = { 0 };
	char path[200];

	snprintf(path, sizeof(path), CAPTURE "/%s", name);
	if (file_read(path, 64u << 20, b, &e))
		fail_msg("%s: %s", path, e.text);
}

static inline void capture_map(struct kcore_capture *c, const char *name, uint64_t addr)
{
	struct blob b;

	capture_read(name, &b);
	kcore_map(&c->k, addr, b.data, b.len);
	blob_free(&b);
}

static inline void capture_copy(struct kcore_capture *c, const char *from, const char *to)
{
	struct blob b;

	capture_read(from, &b);
	kcore_put(&c->k, to, b.data, b.len);
	blob_free(&b);
}

/* "slab_caches 0xADDRESS 0xWORD", "node_data[0] 0xVALUE" */
static inline void capture_symbols(struct kcore_capture *c)
{
	struct blob b;

	capture_read("before/symbols.txt", &b);
	for (char *line = strtok((char *)b.data, "\n"); line; line = strtok(NULL, "\n")) {
		unsigned long long addr, word;
		char name[64];
		int n = sscanf(line, "%63s 0x%llx 0x%llx", name, &addr, &word);

		if (n == 3 && !strcmp(name, "slab_caches"))
			c->caches = addr;
		if (n == 3 && !strcmp(name, "mem_section"))
			c->sections = word;
		if (n == 3 && (!strcmp(name, "slab_caches") || !strcmp(name, "pcpu_unit_size") ||
			       !strcmp(name, "node_data")))
			kcore_word(&c->k, addr, word);
		/* One word a CPU, the first of which symbols.txt has. */
		if (n == 3 && !strcmp(name, "__per_cpu_offset")) {
			kcore_word(&c->k, addr, word);
			c->usage = addr + 8;
		}
		if (n == 2 && !strcmp(name, "struct_page_base"))
			c->pages = addr;
		if (n == 2 && !strcmp(name, "node_data[0]"))
			c->node = addr;
		if (n == 2 && !strcmp(name, "__per_cpu_offset[0]"))
			c->cpu[0] = addr;
		if (n == 2 && !strcmp(name, "__per_cpu_offset[1]"))
			c->cpu[1] = addr;
	}
	kcore_word(&c->k, c->usage, c->cpu[1]);
	blob_free(&b);
}

/* "0xADDRESS NAME HEX": each with its bytes, and its name where they point to. */
static inline void capture_caches(struct kcore_capture *c)
{
	struct blob b;

	capture_read("before/kmem_caches.txt", &b);
	for (char *line = strtok((char *)b.data, "\n"); line; line = strtok(NULL, "\n")) {
		unsigned long long addr;
		uint8_t bytes[512];
		char name[64], *hex = strrchr(line, ' ') + 1;
		uint64_t at;
		size_t n = 0;

		assert_int_equal(sscanf(line, "0x%llx %63s", &addr, name), 2);
		for (; n < sizeof(bytes) && sscanf(hex + 2 * n, "%2hhx", &bytes[n]) == 1; n++)
			;
		kcore_map(&c->k, addr, bytes, n);
		/* OFFSET of kmem_cache.name in Debian's 6.1, as gdb and pahole have it */
		memcpy(&at, bytes + 96, 8);
		strncpy((char *)bytes, name, 64);
		kcore_map(&c->k, at, bytes, 64);
	}
	blob_free(&b);
}

/* mem_section: a table of roots, a root of sections, each with its pages and its pageblocks' flags. */
static inline void capture_sections(struct kcore_capture *c)
{
	/* pagetypeinfo: DMA 1 unmovable, 7 movable; DMA32 16, 64 and 8 reclaimable */
	static const struct {
		unsigned count;
		uint8_t type;
	} types[] = { { 1, 0 }, { 7, 1 }, { 16, 0 }, { 64, 1 }, { 8, 2 } };
	uint64_t root = c->sections + 0x100000, section[2][4] = { 0 };
	uint8_t flags[SECTION_BLOCKS] = { 0 }; /* of both: four bits a block */
	unsigned b = 0;

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		for (unsigned n = 0; n < types[i].count; n++, b++)
			flags[b / 2] |= (uint8_t)(types[i].type << b % 2 * 4);
	c->usage = root + 0x1000;
	for (unsigned i = 0; i < 2; i++) {
		section[i][0] = c->pages | 0xf; /* its low bits say that there is one */
		section[i][1] = c->usage + 0x100 * i;
		kcore_map(&c->k, section[i][1] + 24, flags + SECTION_BLOCKS / 2 * i,
			  SECTION_BLOCKS / 2);
	}
	kcore_word(&c->k, c->sections, root);
	kcore_map(&c->k, root, section, sizeof(section));
}

static inline void capture_begin(struct kcore_capture *c)
{
	static const char *const counters[] = { "zoneinfo", "buddyinfo", "pagetypeinfo", "slabinfo",
						"meminfo" };
	static const char *const facts[] = { "version",	  "iomem", "nodes",
					     "sysctl_vm", "thp",   "cpuinfo" };
	struct err e = { 0 };
	struct kcore head;
	struct blob b;
	char to[64];

	memset(c, 0, sizeof(*c));
	kcore_begin(&c->k, true);
	capture_symbols(c);
	capture_map(c, "before/struct_page.raw", c->pages);
	capture_map(c, "before/pgdat0.raw", c->node);
	capture_map(c, "before/percpu0.raw", c->cpu[0]);
	capture_map(c, "before/percpu1.raw", c->cpu[1]);
	capture_caches(c);
	capture_sections(c);
	capture_read("system/kcore_head.raw", &b);
	assert_int_equal(kcore_read(&head, &b, "kcore_head.raw", &e), 0);
	assert_true(strlen(head.info) < sizeof(c->info));
	strcpy(c->info, head.info);
	kcore_free(&head);
	blob_free(&b);
	capture_copy(c, "system/kallsyms", "proc/kallsyms");
	for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++) {
		snprintf(to, sizeof(to), "before/%s", counters[i]);
		capture_read(to, &b);
		snprintf(to, sizeof(to), "proc/%s", counters[i]);
		kcore_put(&c->k, to, b.data, b.len);
		blob_free(&b);
	}
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
		char from[64];

		snprintf(from, sizeof(from), "system/%s", facts[i]);
		snprintf(to, sizeof(to), "part/system/%s", facts[i]);
		capture_copy(c, from, to);
	}
	capture_copy(c, "before/slab_attrs.txt", "part/before/slab_attrs.txt");
	snprintf(c->part, sizeof(c->part), "%s/part", c->k.root);
}

#endif
