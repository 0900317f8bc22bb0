/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmemory: the memory of the running kernel, read through /proc/kcore.  Reading
 * allocates nothing in the kernel, so it leaves no event in a trace.
 */
#ifndef RECORD_KMEMORY_H
#define RECORD_KMEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "machine/kcore.h"

#define KMEMORY_SYMBOLS 6

struct kmemory {
	int fd;
	struct kcore k;
	struct kmemory_symbol {
		const char *name;
		uint64_t addr; /* 0: unknown, or the kernel hides it */
	} symbols[KMEMORY_SYMBOLS];
};

/* root: "" on a live system.  A kernel without kcore, or one that keeps it shut, is told so in one line. */
int kmemory_open(struct kmemory *k, const char *root, struct err *e);
void kmemory_close(struct kmemory *k);
/* False where the kernel does not map it or does not give it out. */
bool kmemory_read(const struct kmemory *k, uint64_t addr, void *to, size_t len);
/* A pointer of the kernel's own size; a number of `size` bytes. */
bool kmemory_pointer(const struct kmemory *k, uint64_t addr, uint64_t *v);
unsigned kmemory_pointer_size(const struct kmemory *k);
/* The address of a variable, from VMCOREINFO or, for those in kmemory.c's table, kallsyms. */
bool kmemory_symbol(const struct kmemory *k, const char *name, uint64_t *addr);
/* A value of VMCOREINFO. */
bool kmemory_info(const struct kmemory *k, const char *name, uint64_t *v);

#endif
