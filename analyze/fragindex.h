/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fragindex: how usable free memory is for blocks of an order.  The input is the
 * number of free blocks per order, of a zone or of any set of zones; blocks[o]
 * for o < orders.  The *_milli forms round as the kernel does in
 * debugfs extfrag/unusable_index and extfrag/extfrag_index.
 */
#ifndef ANALYZE_FRAGINDEX_H
#define ANALYZE_FRAGINDEX_H

#include <stdint.h>

/* F: free pages. */
uint64_t fragindex_pages(const uint64_t *blocks, unsigned orders);
/* S(o): how many blocks of the order the free blocks of that order and above make. */
uint64_t fragindex_suitable(const uint64_t *blocks, unsigned orders, unsigned order);
/*
 * U(o) = (F - S(o) 2^o) / F, the share of free memory that is in smaller pieces;
 * 1 if nothing is free.
 */
double fragindex_unusable(const uint64_t *blocks, unsigned orders, unsigned order);
/*
 * E(o): -1 if a block of the order is free; 0 if nothing is free; else
 * 1 - (1 + F/2^o)/B with B free blocks: towards 0 memory is short, towards 1 it
 * is there, but in pieces.
 */
double fragindex_external(const uint64_t *blocks, unsigned orders, unsigned order);

int fragindex_unusable_milli(const uint64_t *blocks, unsigned orders, unsigned order);
int fragindex_external_milli(const uint64_t *blocks, unsigned orders, unsigned order);

#endif
