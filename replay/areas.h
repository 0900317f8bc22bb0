/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * areas: how much kernel memory is mapped where, and by mappings of which size:
 * the direct map by meminfo's DirectMap lines, the vmalloc space by vmallocinfo.
 */
#ifndef REPLAY_AREAS_H
#define REPLAY_AREAS_H

#include "machine/machine.h"
#include "replay/tlb.h"

enum area_kind {
	AREA_DIRECT,
	AREA_VMALLOC,
	AREA_PERCPU,
	AREA_MODULE,
	AREA_IOREMAP,
	AREA_OTHER,
	AREAS
};

struct area {
	bool known;
	uint64_t ranges;
	uint64_t bytes[TLB_SIZES]; /* by size of its mappings */
	/* Of areas in vmallocinfo, in bytes: what-ifs (mapping.h). */
	uint64_t large, large_rounded; /* areas of 2 MiB and more; rounded up to that */
	uint64_t fits, as_blocks;      /* areas that one block could serve; such blocks */
	uint64_t too_large;	       /* areas that none could: above 4 MiB */
};

const char *area_name(enum area_kind k);
/* From a snapshot's files ("before" or "after"); what they do not say stays unknown. 0 or a negative errno. */
int areas_read(struct area a[AREAS], const struct snapshot_source *src, const char *dir,
	       struct err *e);
/* TLB entries that map all of it at once. */
uint64_t area_entries(const struct area *a);

#endif
