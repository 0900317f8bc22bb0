// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kcore: the base of the direct map, from the ELF program headers at the start
 * of /proc/kcore.  A segment with a physical address in RAM lies in the direct
 * map, so virtual less physical address is its base, except for the kernel's
 * own text, which x86-64 maps a second time at the top of the address space.
 */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "machine/load.h"

#define X86_64_TEXT 0xffffffff80000000ull

struct segment {
	uint64_t vaddr, paddr, size;
};

static bool in_ram(const struct machine *m, const struct segment *s)
{
	uint64_t last = s->paddr + (s->size ? s->size - 1 : 0);

	for (uint32_t i = 0; i < m->ram_count; i++)
		if (s->paddr <= m->ram_last[i] && last >= m->ram_first[i])
			return true;
	return false;
}

/* The i-th program header; false if it is no loaded segment with a physical address. */
static bool read_segment(const struct blob *b, uint64_t off, bool wide, struct segment *s)
{
	if (wide) {
		Elf64_Phdr p;

		memcpy(&p, b->data + off, sizeof(p));
		*s = (struct segment){ p.p_vaddr, p.p_paddr, p.p_memsz };
		return p.p_type == PT_LOAD && p.p_paddr != UINT64_MAX &&
		       p.p_paddr + p.p_memsz >= p.p_paddr;
	} else {
		Elf32_Phdr p;

		memcpy(&p, b->data + off, sizeof(p));
		*s = (struct segment){ p.p_vaddr, p.p_paddr, p.p_memsz };
		return p.p_type == PT_LOAD && p.p_paddr != UINT32_MAX;
	}
}

static int read_header(const struct blob *b, const char *name, uint64_t *off, uint32_t *size,
		       uint32_t *count, uint32_t *machine, struct err *e)
{
	bool wide;

	if (b->len < sizeof(Elf64_Ehdr) || memcmp(b->data, ELFMAG, SELFMAG))
		return err_set(e, EBADMSG, "%s: offset 0: no ELF header", name);
	if (b->data[EI_DATA] != ELFDATA2LSB)
		return err_set(e, EBADMSG, "%s: offset %d: only little-endian kernels are known",
			       name, EI_DATA);
	wide = b->data[EI_CLASS] == ELFCLASS64;
	if (wide) {
		Elf64_Ehdr h;

		memcpy(&h, b->data, sizeof(h));
		*off = h.e_phoff, *size = h.e_phentsize, *count = h.e_phnum;
		*machine = h.e_machine;
	} else {
		Elf32_Ehdr h;

		memcpy(&h, b->data, sizeof(h));
		*off = h.e_phoff, *size = h.e_phentsize, *count = h.e_phnum;
		*machine = h.e_machine;
	}
	if (*size < (wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
		return err_set(e, EBADMSG, "%s: program headers of %u bytes", name, *size);
	if (*off > b->len || *count > (b->len - *off) / *size)
		return err_set(e, EBADMSG, "%s: the %u program headers at offset %llu are cut off",
			       name, *count, (unsigned long long)*off);
	return 0;
}

int kcore_parse(struct machine *m, const struct blob *b, const char *name, struct err *e)
{
	uint32_t size = 0, count = 0, machine = 0, seen = 0;
	uint64_t off = 0, base = 0;
	struct segment s;
	bool agree = true, wide;
	int ret = read_header(b, name, &off, &size, &count, &machine, e);

	if (ret)
		return ret;
	wide = b->data[EI_CLASS] == ELFCLASS64;
	if (machine == EM_X86_64 || machine == EM_386)
		snprintf(m->arch, sizeof(m->arch), machine == EM_386 ? "i386" : "x86_64");
	for (uint32_t i = 0; i < count; i++) {
		if (!read_segment(b, off + (uint64_t)i * size, wide, &s) || !in_ram(m, &s))
			continue;
		if (machine == EM_X86_64 && s.vaddr >= X86_64_TEXT)
			continue;
		agree &= !seen || base == s.vaddr - s.paddr;
		base = s.vaddr - s.paddr;
		seen++;
	}
	if (seen && agree) {
		m->direct_map_base = base;
		snprintf(m->direct_map_source, sizeof(m->direct_map_source), "kcore");
	} else {
		machine_note(m, "%s: %s; the direct map's base is not taken from there", name,
			     seen ? "its segments of RAM disagree" : "no segment lies in RAM");
	}
	return 0;
}
