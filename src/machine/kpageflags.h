/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kpageflags: what the 64-bit words of /proc/kpageflags say of a page frame, by the kernel's
 * own numbers (include/uapi/linux/kernel-page-flags.h; bit 32 of include/linux/).
 * Other bits of a slab's pages mean nothing.
 */
#ifndef MACHINE_KPAGEFLAGS_H
#define MACHINE_KPAGEFLAGS_H

#define KPF_LRU (1ull << 5)
#define KPF_SLAB (1ull << 7)
#define KPF_BUDDY (1ull << 10) /* free in the buddy lists, head of its block or not */
#define KPF_ANON (1ull << 12)
#define KPF_COMPOUND (1ull << 15 | 1ull << 16) /* head, tail */
#define KPF_NOPAGE (1ull << 20)
#define KPF_PGTABLE (1ull << 26)
#define KPF_RESERVED (1ull << 32)

#endif
