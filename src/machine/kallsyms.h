/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kallsyms: the traced kernel's symbols, from the text of /proc/kallsyms
 * ("address type name [module]").  Absolute and zero addresses are left out: a
 * restricted kernel prints zeros.  Read-only after loading.
 */
#ifndef MACHINE_KALLSYMS_H
#define MACHINE_KALLSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/map.h"

struct kallsyms;

/* Parse a text; it is not kept.  NULL with e on failure; an empty table is no failure. */
struct kallsyms *kallsyms_parse(const char *text, size_t len, struct err *e);
void kallsyms_free(struct kallsyms *k);
size_t kallsyms_count(const struct kallsyms *k);
/* The symbol that holds addr and the distance from its start; NULL if none is known to. */
const char *kallsyms_lookup(const struct kallsyms *k, uint64_t addr, uint64_t *offset);
/* "name+0x1f" into out[n]; the address where k is NULL or knows no name for it. */
void kallsyms_print(const struct kallsyms *k, uint64_t addr, char *out, size_t n);
/* From the first address of a symbol to that of the one that follows; start 0: there is none. */
struct kallsyms_range {
	uint64_t start, end;
};
/* Of n names, from the text itself: a table is not worth making for a few.  0 or -ENOMEM. */
int kallsyms_ranges(const char *text, size_t len, const char *const *names, unsigned n,
		    struct kallsyms_range *out);
/* Of one name the first line's address, which is the kernel's own, as its modules' stand behind; 0: there is none. */
uint64_t kallsyms_start(const char *text, size_t len, const char *name);
/*
 * Copy of a text those lines that tell whose each key of `code` is, and how far the n named functions
 * reach; both with the symbol behind, which tells the end. 0 or a negative errno.
 */
int kallsyms_cut(const char *text, size_t len, const struct map *code, const char *const *functions,
		 unsigned n, FILE *out, struct err *e);

#endif
