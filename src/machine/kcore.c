// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The base of the direct map: a segment with a physical address in RAM lies in
 * the direct map, so virtual less physical address is its base, except for the
 * kernel's own text, which x86-64 maps a second time at the top of the address
 * space.
 */
#include "machine/kcore.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/load.h"

#define X86_64_TEXT 0xffffffff80000000ull
#define NOTE "VMCOREINFO"

struct header {
	uint64_t off;
	uint32_t size, count;
};

static int read_header(struct kcore *k, const struct blob *b, const char *name, struct header *h,
		       struct err *e)
{
	if (b->len < sizeof(Elf64_Ehdr) || memcmp(b->data, ELFMAG, SELFMAG) != 0)
		return err_set(e, EBADMSG, "%s: offset 0: no ELF header", name);
	if (b->data[EI_DATA] != ELFDATA2LSB)
		return err_set(e, EBADMSG, "%s: offset %d: only little-endian kernels are known",
			       name, EI_DATA);
	k->wide = b->data[EI_CLASS] == ELFCLASS64;
	if (k->wide) {
		Elf64_Ehdr x;

		memcpy(&x, b->data, sizeof(x));
		*h = (struct header){ x.e_phoff, x.e_phentsize, x.e_phnum };
		k->machine = x.e_machine;
	} else {
		Elf32_Ehdr x;

		memcpy(&x, b->data, sizeof(x));
		*h = (struct header){ x.e_phoff, x.e_phentsize, x.e_phnum };
		k->machine = x.e_machine;
	}
	if (h->size < (k->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
		return err_set(e, EBADMSG, "%s: program headers of %u bytes", name, h->size);
	if (h->off > b->len || h->count > (b->len - h->off) / h->size)
		return err_set(e, EBADMSG, "%s: the %u program headers at offset %llu are cut off",
			       name, h->count, (unsigned long long)h->off);
	return 0;
}

/* A program header and its type. */
static uint32_t read_segment(const struct kcore *k, const uint8_t *at, struct kcore_segment *s)
{
	if (k->wide) {
		Elf64_Phdr p;

		memcpy(&p, at, sizeof(p));
		*s = (struct kcore_segment){ p.p_vaddr, p.p_memsz, p.p_offset, p.p_paddr };
		if (p.p_type == PT_NOTE)
			s->size = p.p_filesz;
		return p.p_type;
	} else {
		Elf32_Phdr p;

		memcpy(&p, at, sizeof(p));
		*s = (struct kcore_segment){ p.p_vaddr, p.p_memsz, p.p_offset, p.p_paddr };
		if (p.p_paddr == UINT32_MAX)
			s->paddr = UINT64_MAX;
		if (p.p_type == PT_NOTE)
			s->size = p.p_filesz;
		return p.p_type;
	}
}

/* The text of the note VMCOREINFO among those of a segment.  0 or -ENOMEM. */
static int read_notes(struct kcore *k, const struct blob *b, const struct kcore_segment *s)
{
	uint64_t at = s->offset, end = s->offset + s->size;

	if (at > b->len || end < at)
		return 0;
	if (end > b->len)
		end = b->len;
	while (!k->info && end - at >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr n; /* of the same shape in both classes */
		uint64_t name = at + sizeof(n), text, next;

		memcpy(&n, b->data + at, sizeof(n));
		text = name + ((uint64_t)n.n_namesz + 3) / 4 * 4;
		next = text + ((uint64_t)n.n_descsz + 3) / 4 * 4;
		if (next > end)
			return 0;
		if (n.n_namesz == sizeof(NOTE) && !memcmp(b->data + name, NOTE, sizeof(NOTE))) {
			k->info = strndup((const char *)b->data + text, n.n_descsz);
			if (!k->info)
				return -ENOMEM;
		}
		at = next;
	}
	return 0;
}

int kcore_read(struct kcore *k, const struct blob *b, const char *name, struct err *e)
{
	struct header h;
	int ret;

	memset(k, 0, sizeof(*k));
	ret = read_header(k, b, name, &h, e);
	if (ret)
		return ret;
	k->s = calloc(h.count + 1ull, sizeof(*k->s));
	if (!k->s)
		return err_set(e, ENOMEM, "out of memory");
	for (uint32_t i = 0; i < h.count && !ret; i++) {
		struct kcore_segment s;
		uint32_t type = read_segment(k, b->data + h.off + (uint64_t)i * h.size, &s);

		if (type == PT_NOTE)
			ret = read_notes(k, b, &s);
		else if (type == PT_LOAD)
			k->s[k->count++] = s;
	}
	if (!ret)
		return 0;
	kcore_free(k);
	return err_set(e, ENOMEM, "out of memory");
}

void kcore_free(struct kcore *k)
{
	free(k->s);
	free(k->info);
	memset(k, 0, sizeof(*k));
}

bool kcore_info(const struct kcore *k, const char *name, uint64_t *v)
{
	size_t len = strlen(name);

	for (const char *at = k->info; at; at = strchr(at, '\n')) {
		char *end;

		at += *at == '\n';
		if (strncmp(at, name, len) != 0 || at[len] != '=')
			continue;
		at += len + 1;
		*v = strtoull(at, &end, strncmp(name, "SYMBOL", 6) ? 10 : 16);
		return end > at;
	}
	return false;
}

/* ---- the direct map ---- */

static bool in_ram(const struct machine *m, const struct kcore_segment *s)
{
	uint64_t last = s->paddr + (s->size ? s->size - 1 : 0);

	if (s->paddr == UINT64_MAX || last < s->paddr)
		return false;
	for (uint32_t i = 0; i < m->ram_count; i++)
		if (s->paddr <= m->ram_last[i] && last >= m->ram_first[i])
			return true;
	return false;
}

int kcore_parse(struct machine *m, const struct blob *b, const char *name, struct err *e)
{
	uint32_t seen = 0;
	uint64_t base = 0;
	struct kcore k;
	bool agree = true;
	int ret = kcore_read(&k, b, name, e);

	if (ret)
		return ret;
	if (k.machine == EM_X86_64 || k.machine == EM_386)
		snprintf(m->arch, sizeof(m->arch), k.machine == EM_386 ? "i386" : "x86_64");
	for (uint32_t i = 0; i < k.count; i++) {
		const struct kcore_segment *s = &k.s[i];

		if (!in_ram(m, s) || (k.machine == EM_X86_64 && s->vaddr >= X86_64_TEXT))
			continue;
		agree &= !seen || base == s->vaddr - s->paddr;
		base = s->vaddr - s->paddr;
		seen++;
	}
	kcore_free(&k);
	if (seen && agree) {
		m->direct_map_base = base;
		snprintf(m->direct_map_source, sizeof(m->direct_map_source), "kcore");
	} else {
		machine_note(m, "%s: %s; the direct map's base is not taken from there", name,
			     seen ? "its segments of RAM disagree" : "no segment lies in RAM");
	}
	return 0;
}
