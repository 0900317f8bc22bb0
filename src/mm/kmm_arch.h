/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmm_arch: the architectures whose address layouts the library knows, and the
 * zones that a machine of each has.  Pages are 4 KiB in all of them.
 */
#ifndef KMM_ARCH_H
#define KMM_ARCH_H

#include "kmm.h"

enum kmm_arch {
	KMM_X86_32,	/* two-level page tables, 3 GiB for user space */
	KMM_X86_32_PAE, /* three levels */
	KMM_X86_64,	/* four levels, no address randomisation */
	KMM_ARM,	/* 32 bits, two levels */
	KMM_ARM64,	/* 48-bit addresses, as of Linux 6.1 */
};

/*
 * The zones of a machine with so many bytes of memory, shared evenly between
 * c->nodes nodes, and its CPUs among them; c->policy, c->cpus
 * and c->nodes stand there before.
 * movable: bytes at the top of each node for ZONE_MOVABLE (movablecore=).  All of a
 * zone is managed: what boot memory keeps is for the caller to take off.
 * 0; -EINVAL: less than 16 MiB a node, or more than the architecture can have.
 *
 *	x86-32, PAE	DMA to 16 MiB, NORMAL to 896 MiB (some MiB less from 5.10 on),
 *			HIGHMEM to 4 or 64 GiB
 *	x86-64		DMA to 16 MiB, DMA32 to 4 GiB with a hole from 3 GiB on, NORMAL
 *	arm		memory from 1 GiB on: NORMAL for 760 MiB, HIGHMEM
 *	arm64		memory from 1 GiB on: DMA to 4 GiB, NORMAL (a DMA32 that is empty)
 */
int kmm_arch_zones(struct kmm_config *c, enum kmm_arch arch, uint64_t memory, uint64_t movable);

#endif
