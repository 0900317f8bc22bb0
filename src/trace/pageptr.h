/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pageptr: page frames of kernels before 4.1, whose page events name the struct
 * page.  These stand in one array by frame number (vmemmap, mem_map), so a frame
 * is (address - start) / size.  The start is in the events' own print format
 * where the kernel has a vmemmap.  A struct page's size is in no file, but blocks
 * lie at multiples of their own size, and with a wrong one they would not.
 */
#ifndef TRACE_PAGEPTR_H
#define TRACE_PAGEPTR_H

#include <stdbool.h>
#include <stdint.h>

struct trace;

/* The array as far as it is known; size 0: not at all, no address gives a frame. */
struct pageptr {
	uint64_t start;
	uint32_t size;
	bool told; /* the start is the kernel's own; else frames are right but for a constant */
};

/* An address that was seen, and the order of its block. */
struct pageptr_seen {
	uint64_t addr;
	unsigned order;
};

/* Where the array starts, by a print format: "((struct page *)(0xffffea0000000000UL))"; 0: it does not say. */
uint64_t pageptr_start(const char *text, uint32_t len);
/*
 * The array by n addresses of a kernel with longs of so many bytes.  start: what pageptr_start()
 * said.  Without it the frames are made to fit the blocks, which lie at multiples of their size.
 */
struct pageptr pageptr_guess(const struct pageptr_seen *seen, uint32_t n, uint64_t start,
			     unsigned long_size);
/* Look at the first events of a trace that was just opened, and set its bindings. */
void pageptr_survey(struct trace *t);

#endif
