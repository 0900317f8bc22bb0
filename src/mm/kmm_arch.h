/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmm_arch: the architectures whose address layouts the library knows.  Pages
 * are 4 KiB in all of them.
 */
#ifndef KMM_ARCH_H
#define KMM_ARCH_H

enum kmm_arch {
	KMM_X86_32,	/* two-level page tables, 3 GiB for user space */
	KMM_X86_32_PAE, /* three levels */
	KMM_X86_64,	/* four levels, no address randomisation */
	KMM_ARM,	/* 32 bits, two levels */
	KMM_ARM64,	/* 48-bit addresses, as of Linux 6.1 */
};

#endif
