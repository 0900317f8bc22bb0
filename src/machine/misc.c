// SPDX-License-Identifier: GPL-2.0-or-later
/* misc: the small files: version, sysctl, iomem, kcore headers, caches, nodes, slabinfo, kpageflags. */
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "machine/lines.h"
#include "machine/parse.h"

int parse_kpageflags(struct machine *m, struct machine_state *s, const struct blob *b)
{
	uint64_t n = b->len / 8;

	if (m->max_pfn && n > m->max_pfn)
		n = m->max_pfn;
	s->kpageflags = malloc(n * 8 + 8);
	if (!s->kpageflags)
		return -ENOMEM;
	memcpy(s->kpageflags, b->data, n * 8); /* in the byte order of the machine, little-endian so far */
	for (uint64_t i = 0; i < n; i++)
		s->kpageflags[i] = le64toh(s->kpageflags[i]);
	s->kpageflags_len = n;
	s->have_kpageflags = n > 0;
	return 0;
}

static struct machine_slab *add_slab(struct machine *m)
{
	struct machine_slab *more = realloc(m->slabs, (m->slab_count + 1) * sizeof(*more));

	if (!more)
		return NULL;
	m->slabs = more;
	memset(&more[m->slab_count], 0, sizeof(*more));
	return &more[m->slab_count++];
}

int parse_slabinfo(struct machine *m, const struct blob *b, const char *file, struct err *e)
{
	struct lines l = lines_of(b);

	while (lines_next(&l)) {
		unsigned long active, num, size, objs, pages, slabs, all;
		struct machine_slab *s;
		char name[64];

		if (l.text[0] == '#' || !strncmp(l.text, "slabinfo", 8))
			continue;
		if (sscanf(l.text, "%63s %lu %lu %lu %lu %lu : tunables %*u %*u %*u : slabdata %lu %lu", name,
			   &active, &num, &size, &objs, &pages, &slabs, &all) != 8)
			return err_set(e, EBADMSG, "%s:%u: not a line of slabinfo 2.1", file, l.number);
		s = add_slab(m);
		if (!s || !(s->name = strdup(name)))
			return err_set(e, ENOMEM, "out of memory");
		s->active_objs = active;
		s->num_objs = num;
		s->size = (uint32_t)size;
		s->objs_per_slab = (uint32_t)objs;
		while (1ul << s->order < pages && s->order < KMM_ORDERS)
			s->order++;
		s->active_slabs = slabs;
		s->num_slabs = all;
		s->from_slabinfo = true;
	}
	return 0;
}

int parse_iomem(struct machine *m, const struct blob *b, struct err *e)
{
	struct lines l = lines_of(b);

	while (lines_next(&l)) {
		uint64_t first, last;
		uint64_t *f, *t;

		if (!strstr(l.text, "System RAM") ||
		    sscanf(l.text, " %" SCNx64 "-%" SCNx64, &first, &last) != 2 || last <= first)
			continue;
		f = realloc(m->ram_first, (m->ram_count + 1) * sizeof(*f));
		if (f)
			m->ram_first = f;
		t = realloc(m->ram_last, (m->ram_count + 1) * sizeof(*t));
		if (t)
			m->ram_last = t;
		if (!f || !t)
			return err_set(e, ENOMEM, "out of memory");
		f[m->ram_count] = first;
		t[m->ram_count++] = last;
	}
	return 0;
}

static bool in_ram(const struct machine *m, uint64_t paddr)
{
	for (uint32_t i = 0; i < m->ram_count; i++)
		if (paddr >= m->ram_first[i] && paddr <= m->ram_last[i])
			return true;
	return false;
}

struct load {
	uint64_t vaddr, paddr, size;
};

/* Program headers of a 32- or 64-bit ELF core; how many are of type PT_LOAD. */
static unsigned loads(const struct blob *b, struct load *out, unsigned room)
{
	unsigned n = 0;

	if (b->len < EI_NIDENT || memcmp(b->data, ELFMAG, SELFMAG) || b->data[EI_DATA] != ELFDATA2LSB)
		return 0;
	if (b->data[EI_CLASS] == ELFCLASS64) {
		Elf64_Ehdr h;

		if (b->len < sizeof(h))
			return 0;
		memcpy(&h, b->data, sizeof(h));
		for (unsigned i = 0; i < h.e_phnum && n < room; i++) {
			uint64_t at = h.e_phoff + (uint64_t)i * sizeof(Elf64_Phdr);
			Elf64_Phdr p;

			if (at > b->len || b->len - at < sizeof(p))
				break;
			memcpy(&p, b->data + at, sizeof(p));
			if (p.p_type == PT_LOAD)
				out[n++] = (struct load){ p.p_vaddr, p.p_paddr, p.p_memsz };
		}
	} else {
		Elf32_Ehdr h;

		if (b->len < sizeof(h))
			return 0;
		memcpy(&h, b->data, sizeof(h));
		for (unsigned i = 0; i < h.e_phnum && n < room; i++) {
			uint64_t at = h.e_phoff + (uint64_t)i * sizeof(Elf32_Phdr);
			Elf32_Phdr p;

			if (at > b->len || b->len - at < sizeof(p))
				break;
			memcpy(&p, b->data + at, sizeof(p));
			if (p.p_type == PT_LOAD)
				out[n++] = (struct load){ p.p_vaddr,
							  p.p_paddr == UINT32_MAX ? UINT64_MAX : p.p_paddr,
							  p.p_memsz };
		}
	}
	return n;
}

/*
 * base = vaddr - paddr of the segments that are RAM; all must agree.  The
 * kernel-text segment has a real paddr too, but belongs to another mapping.
 */
void parse_kcore(struct machine *m, const struct blob *b)
{
	struct load all[256];
	unsigned n = loads(b, all, 256), used = 0;
	uint64_t base = 0;

	for (unsigned i = 0; i < n; i++) {
		bool text = all[i].vaddr >= 0xffffffff80000000ull;

		if (all[i].paddr == UINT64_MAX || text || !in_ram(m, all[i].paddr))
			continue;
		if (used && base != all[i].vaddr - all[i].paddr) {
			machine_note(m, "the headers of kcore disagree about the base of the direct map");
			return;
		}
		base = all[i].vaddr - all[i].paddr;
		used++;
	}
	if (!used)
		return;
	m->direct_map_base = base;
	snprintf(m->direct_map_source, sizeof(m->direct_map_source), "kcore, %u segments agree", used);
}

void parse_version(struct machine *m, const char *text)
{
	const char *p = strstr(text, "Linux version ");

	p = p ? p + 14 : text;
	snprintf(m->kernel, sizeof(m->kernel), "%.*s", (int)strcspn(p, " \n"), p);
	sscanf(m->kernel, "%" SCNu32 ".%" SCNu32, &m->kernel_major, &m->kernel_minor);
	if (strstr(text, "-686") || strstr(text, "i386") || strstr(text, "i686"))
		snprintf(m->arch, sizeof(m->arch), "i386");
	else if (strstr(text, "x86_64") || strstr(text, "amd64"))
		snprintf(m->arch, sizeof(m->arch), "x86_64");
}

void parse_sysctl(struct machine *m, const struct blob *b)
{
	struct lines l = lines_of(b);

	while (lines_next(&l)) {
		uint32_t r[KMM_ZONE_TYPES] = { 0 };
		uint32_t v;

		if (sscanf(l.text, "min_free_kbytes: %" SCNu32, &v) == 1)
			m->min_free_kbytes = v;
		else if (sscanf(l.text, "watermark_scale_factor: %" SCNu32, &v) == 1)
			m->watermark_scale_factor = v;
		else if (sscanf(l.text, "watermark_boost_factor: %" SCNu32, &v) == 1)
			m->watermark_boost_factor = v;
		else if (sscanf(l.text, "lowmem_reserve_ratio: %" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu32,
				&r[0], &r[1], &r[2], &r[3], &r[4]) > 1)
			memcpy(m->lowmem_reserve_ratio, r, sizeof(r));
	}
}

/* "/sys/devices/system/cpu/cpu0/cache/index0/size: 32K" */
void parse_cpu_cache(struct machine *m, const struct blob *b)
{
	struct lines l = lines_of(b);

	while (lines_next(&l)) {
		unsigned index;
		char key[48], value[48];
		struct machine_cache *c;

		if (sscanf(l.text, "/sys/devices/system/cpu/cpu0/cache/index%u/%47[^:]: %47s", &index, key, value) != 3 ||
		    index >= sizeof(m->caches) / sizeof(*m->caches))
			continue;
		c = &m->caches[index];
		if (m->cache_count <= index)
			m->cache_count = index + 1;
		if (!strcmp(key, "level"))
			c->level = (uint8_t)atoi(value);
		else if (!strcmp(key, "type"))
			snprintf(c->type, sizeof(c->type), "%.15s", value);
		else if (!strcmp(key, "size"))
			c->size = (uint32_t)strtoul(value, NULL, 10) << (strchr(value, 'M') ? 20 : 10);
		else if (!strcmp(key, "coherency_line_size"))
			c->line = (uint32_t)atoi(value);
		else if (!strcmp(key, "ways_of_associativity"))
			c->ways = (uint32_t)atoi(value);
		else if (!strcmp(key, "number_of_sets"))
			c->sets = (uint32_t)atoi(value);
	}
}

/* "== /sys/devices/system/node/node1/cpulist" followed by "2-3" */
void parse_nodes(struct machine *m, const struct blob *b)
{
	struct lines l = lines_of(b);
	int node = -1;

	while (lines_next(&l)) {
		char key[32];
		unsigned n;

		if (sscanf(l.text, "== /sys/devices/system/node/node%u/%31s", &n, key) == 2) {
			node = n < KMM_NODES && !strcmp(key, "cpulist") ? (int)n : -1;
			continue;
		}
		for (const char *p = l.text; node >= 0 && *p;) {
			char *end;
			unsigned long a = strtoul(p, &end, 10), z = a;

			if (end == p)
				break;
			if (*end == '-')
				z = strtoul(end + 1, &end, 10);
			for (; a <= z && a < KMM_CPUS; a++) {
				m->cpu[a].node = (uint8_t)node;
				m->cpu[a].present = true;
				if (m->cpus <= a)
					m->cpus = (uint32_t)a + 1;
			}
			p = *end == ',' ? end + 1 : end + strlen(end);
		}
		node = -1;
	}
}
