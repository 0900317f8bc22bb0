/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * btf: sizes and member offsets of a kernel's structs, from its BTF type
 * information (/sys/kernel/btf/vmlinux; format in the kernel's
 * Documentation/bpf/btf.rst).  Only what the layout of the list dumps needs.
 * The blob must outlive the reader; read-only after opening.
 *
 * Not libbpf: this also reads the BTF inside other people's captures, and
 * libbpf 1.1 does not check a file's types before it follows them.
 */
#ifndef MACHINE_BTF_H
#define MACHINE_BTF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/file.h"

struct btf;

struct btf_member {
	uint32_t offset, size; /* bytes, from the start of the struct */
	uint32_t count;	       /* elements, 1 unless it is an array */
};

struct btf *btf_open(const struct blob *b, const char *name, struct err *e);
void btf_close(struct btf *t);
bool btf_struct_size(const struct btf *t, const char *name, uint32_t *size);
/* A member by name, also inside unnamed structs and unions; bit fields are not found. */
bool btf_find_member(const struct btf *t, const char *strct, const char *member,
		     struct btf_member *out);
/* A constant of any enum of 32-bit values. */
bool btf_find_constant(const struct btf *t, const char *name, uint32_t *value);

#endif
