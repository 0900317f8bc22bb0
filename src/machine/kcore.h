/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kcore: the head of /proc/kcore, an ELF core file of the running kernel: which
 * virtual addresses stand where in it, and VMCOREINFO, the kernel's own list of
 * addresses, sizes and offsets for those who read its memory.  The head may come
 * from anybody's capture, so nothing in it is trusted.
 */
#ifndef MACHINE_KCORE_H
#define MACHINE_KCORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/file.h"

struct kcore_segment {
	uint64_t vaddr, size, offset;
	uint64_t paddr; /* UINT64_MAX: none */
};

struct kcore {
	struct kcore_segment *s;
	uint32_t count;
	uint32_t machine; /* EM_X86_64, ... */
	bool wide;	  /* 64-bit */
	char *info;	  /* VMCOREINFO, lines NAME=VALUE; NULL: it has none */
};

/* The head must reach to the end of the program headers; VMCOREINFO is taken if it is in it whole. */
int kcore_read(struct kcore *k, const struct blob *head, const char *name, struct err *e);
void kcore_free(struct kcore *k);
/* A value of VMCOREINFO by its name, such as "SIZE(page)" or "SYMBOL(mem_section)". */
bool kcore_info(const struct kcore *k, const char *name, uint64_t *v);

#endif
