/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rebase: the key of one scrubbed capture: how far each part of the kernel's
 * address space is moved, and which token stands for which process name.  It is
 * drawn from getrandom(2) and is kept nowhere.
 *
 * Within a part all addresses move by the same number, a multiple of what any
 * structure of the kernel is aligned to, so equal pointers stay equal and
 * alignment, offsets in slabs and direct-map arithmetic stay what they were:
 *
 *   kernel text and modules, the top 64 GiB         down by 2 MiB times 32 .. 511
 *   direct map, vmalloc, vmemmap, ...               down by 1 GiB times 64 .. 8191
 *   kernels whose addresses begin at 0 (s390)       up by as much
 *   32 bits                                         down by 256 MiB times 4 .. 7
 *
 * So an address is hidden about as well as the kernel's own randomisation hides it
 * (9 bits of the text's place, 13 of the direct map's; with 32 bits, where the direct
 * map has a place that everybody knows, 2); the distances between direct map,
 * vmalloc and vmemmap, and from the text to the modules, are kept.
 * Null, error values and small numbers are no addresses and stay.
 */
#ifndef TRACE_REBASE_H
#define TRACE_REBASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/intern.h"

#define REBASE_TEXT 0xfffffff000000000ull /* from here on the kernel's text and modules */
#define REBASE_TOKEN 16			  /* bytes of a token, with its NUL */

struct rebase {
	bool wide; /* the traced kernel has 64 bits */
	uint64_t text, other;
	struct intern names;
	char (*tokens)[REBASE_TOKEN]; /* [room], by number in names */
	uint32_t room;
	uint32_t replaced; /* names that got a token */
};

/* Draw a key for a kernel whose long has so many bytes. 0 or a negative errno. */
int rebase_init(struct rebase *r, unsigned long_size, struct err *e);
void rebase_free(struct rebase *r);
/* What is known to be an address. */
uint64_t rebase_address(const struct rebase *r, uint64_t v);
/* A word that may be anything: changed only where it can be nothing but a kernel address. */
uint64_t rebase_word(const struct rebase *r, uint64_t v);
/*
 * The token of a process name; of tasks that a replay goes by, or that tell of memory management and
 * nothing else (kthread.h), the beginning that says so stays: "kswapd0", "kworker/u4".
 * NULL: out of memory.
 */
const char *rebase_name(struct rebase *r, const char *name, size_t len);
/*
 * Copy a text; hexadecimal numbers that are addresses are moved.  With 32 bits any number of
 * eight digits may be one, so only where `addresses` says that the text is made of them.
 */
void rebase_text(const struct rebase *r, const char *p, size_t len, bool addresses, FILE *out);

#endif
