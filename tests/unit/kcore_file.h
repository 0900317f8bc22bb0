/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kcore_file: a folder that stands for / with a proc/kcore in it: an ELF core file of
 * whatever memory a test puts there, written by the structs of <elf.h> and the layout
 * of notes in elf(5), and by nothing of the reader.
 */
#ifndef TESTS_UNIT_KCORE_FILE_H
#define TESTS_UNIT_KCORE_FILE_H

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define KCORE_HEAD 131072 /* room for program headers and the note; memory stands behind it */
#define KCORE_SEGMENTS 600

struct kcore_file {
	char root[64];
	FILE *f;
	bool wide;
	unsigned count;
	uint64_t at;
	struct {
		uint64_t addr, offset, len;
	} s[KCORE_SEGMENTS];
};

/* A file of the folder, with the folders that it stands in. */
static inline void kcore_put(const struct kcore_file *k, const char *path, const void *data,
			     size_t len)
{
	char name[400];
	FILE *f;

	snprintf(name, sizeof(name), "%s/%s", k->root, path);
	for (char *at = name + strlen(k->root) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		mkdir(name, 0700);
		*at = '/';
	}
	f = fopen(name, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static inline void kcore_put_text(const struct kcore_file *k, const char *path, const char *text)
{
	kcore_put(k, path, text, strlen(text));
}

static inline void kcore_begin(struct kcore_file *k, bool wide)
{
	char name[128];

	memset(k, 0, sizeof(*k));
	strcpy(k->root, "/tmp/kmemlab-kcore-XXXXXX");
	assert_non_null(mkdtemp(k->root));
	kcore_put(k, "proc/kcore", "", 0);
	snprintf(name, sizeof(name), "%s/proc/kcore", k->root);
	k->f = fopen(name, "r+");
	assert_non_null(k->f);
	k->wide = wide;
	k->at = KCORE_HEAD;
}

/* Memory of the kernel's from addr on. */
static inline void kcore_map(struct kcore_file *k, uint64_t addr, const void *data, size_t len)
{
	assert_true(k->count < KCORE_SEGMENTS);
	k->s[k->count].addr = addr;
	k->s[k->count].offset = k->at;
	k->s[k->count++].len = len;
	assert_int_equal(fseek(k->f, (long)k->at, SEEK_SET), 0);
	assert_int_equal(fwrite(data, 1, len, k->f), len);
	k->at += len;
}

static inline void kcore_word(struct kcore_file *k, uint64_t addr, uint64_t v)
{
	kcore_map(k, addr, &v, k->wide ? 8 : 4);
}

static inline void kcore_segment(struct kcore_file *k, uint32_t type, uint64_t addr,
				 uint64_t offset, uint64_t len)
{
	if (k->wide) {
		Elf64_Phdr p = { .p_type = type,
				 .p_offset = offset,
				 .p_vaddr = addr,
				 .p_paddr = UINT64_MAX,
				 .p_filesz = len,
				 .p_memsz = type == PT_NOTE ? 0 : len };

		fwrite(&p, sizeof(p), 1, k->f);
	} else {
		Elf32_Phdr p = { .p_type = type,
				 .p_offset = (uint32_t)offset,
				 .p_vaddr = (uint32_t)addr,
				 .p_paddr = UINT32_MAX,
				 .p_filesz = (uint32_t)len,
				 .p_memsz = type == PT_NOTE ? 0 : (uint32_t)len };

		fwrite(&p, sizeof(p), 1, k->f);
	}
}

/* The headers, and a note VMCOREINFO of that text behind one of another name. */
static inline void kcore_end(struct kcore_file *k, const char *info)
{
	Elf64_Nhdr other = { .n_namesz = 5, .n_descsz = 6 },
		   note = { .n_namesz = sizeof("VMCOREINFO"), .n_descsz = (uint32_t)strlen(info) };
	uint64_t notes = KCORE_HEAD / 2;
	char pad[4] = { 0 };

	assert_true(note.n_descsz < KCORE_HEAD / 2 - 100);
	rewind(k->f);
	if (k->wide) {
		Elf64_Ehdr h = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1 },
				 .e_type = ET_CORE,
				 .e_machine = EM_X86_64,
				 .e_phoff = sizeof(h),
				 .e_phentsize = sizeof(Elf64_Phdr),
				 .e_phnum = (uint16_t)(k->count + 1) };

		fwrite(&h, sizeof(h), 1, k->f);
	} else {
		Elf32_Ehdr h = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, 1 },
				 .e_type = ET_CORE,
				 .e_machine = EM_386,
				 .e_phoff = sizeof(h),
				 .e_phentsize = sizeof(Elf32_Phdr),
				 .e_phnum = (uint16_t)(k->count + 1) };

		fwrite(&h, sizeof(h), 1, k->f);
	}
	kcore_segment(k, PT_NOTE, 0, notes, 12 + 8 + 8 + 12 + 12 + (note.n_descsz + 3) / 4 * 4);
	for (unsigned i = 0; i < k->count; i++)
		kcore_segment(k, PT_LOAD, k->s[i].addr, k->s[i].offset, k->s[i].len);
	assert_true(ftell(k->f) < (long)notes);
	assert_int_equal(fseek(k->f, (long)notes, SEEK_SET), 0);
	fwrite(&other, 12, 1, k->f);
	fwrite("CORE\0\0\0\0status\0\0", 16, 1, k->f);
	fwrite(&note, 12, 1, k->f);
	fwrite("VMCOREINFO\0\0", 12, 1, k->f);
	fwrite(info, note.n_descsz, 1, k->f);
	fwrite(pad, (4 - note.n_descsz % 4) % 4, 1, k->f);
	assert_int_equal(fclose(k->f), 0);
	k->f = NULL;
}

/* Other bytes where memory is mapped already. */
static inline void kcore_change(const struct kcore_file *k, uint64_t addr, const void *data,
				size_t len)
{
	char name[128];
	FILE *f;

	snprintf(name, sizeof(name), "%s/proc/kcore", k->root);
	f = fopen(name, "r+");
	assert_non_null(f);
	for (unsigned i = 0; i < k->count; i++)
		if (addr >= k->s[i].addr && addr - k->s[i].addr + len <= k->s[i].len) {
			fseek(f, (long)(k->s[i].offset + (addr - k->s[i].addr)), SEEK_SET);
			assert_int_equal(fwrite(data, 1, len, f), len);
			assert_int_equal(fclose(f), 0);
			return;
		}
	fail_msg("%llx is not mapped", (unsigned long long)addr);
}

static inline void kcore_drop(const struct kcore_file *k)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf %s", k->root);
	assert_int_equal(system(command), 0);
}

#endif
