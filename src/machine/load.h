/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load: what the readers of single snapshot files offer to machine_load(), and
 * to nobody else.  Each reader gets a whole file as a text or a blob, fills its
 * part of the machine or of one state, and returns 0, -ENOMEM, or -EBADMSG with
 * file and line in e; it leaves nothing half filled that another part would
 * take for whole.
 */
#ifndef MACHINE_LOAD_H
#define MACHINE_LOAD_H

#include <stdio.h>

#include "machine/machine.h"
#include "machine/text.h"

#define MACHINE_FRAMES_MAX (1ull << 30) /* the model's limit: 4 TiB */

/* What one zoneinfo says, before it is known which other files agree with it. */
struct zoneinfo {
	struct machine_zone zones[MACHINE_ZONES];
	uint64_t free[MACHINE_ZONES];
	uint32_t count, nodes, cpus;
	uint8_t type_of_index[KMM_ZONE_TYPES];
	uint32_t types;
	struct zoneinfo_pcp {
		uint8_t zone;
		uint16_t cpu;
		uint32_t count, high;
	} * pcps;
	uint32_t pcp_count, pcp_room;
};

int zoneinfo_parse(struct zoneinfo *z, struct text *t, struct err *e);
void zoneinfo_free(struct zoneinfo *z);

/* enum kmm_zone_type by the kernel's name, -1 unknown; enum kmm_migratetype likewise. */
int zone_type_by_name(struct span name);
int migratetype_by_name(struct span name);
const char *migratetype_name(unsigned type);
/* Index into m->zones; -1 if there is no such zone. */
int machine_find_zone(const struct machine *m, uint64_t node, struct span name);

int buddyinfo_parse(struct machine *m, struct machine_state *s, struct text *t, struct err *e);
int pagetypeinfo_parse(struct machine *m, struct machine_state *s, struct text *t, struct err *e);
/* Without a pagetypeinfo: by the kernel's version and configuration. */
void pagetypeinfo_default(struct machine *m, bool cma);
int slabinfo_parse(struct machine *m, struct text *t, struct err *e);
int slabattrs_parse(struct machine *m, struct text *t, struct err *e);
struct machine_slab *slab_find(struct machine *m, struct span name);
struct machine_slab *slab_add(struct machine *m, struct span name);
void slabs_free(struct machine_slab *s, uint32_t n);
int vmallocinfo_parse(struct machine *m, struct text *t, struct err *e);
int iomem_parse(struct machine *m, struct text *t, struct err *e);
int kcore_parse(struct machine *m, const struct blob *b, const char *name, struct err *e);
int version_parse(struct machine *m, struct text *t, struct err *e);
int sysctl_parse(struct machine *m, struct text *t, struct err *e);
int thp_parse(struct machine *m, struct text *t, struct err *e);
int reporting_parse(struct machine *m, struct text *t, struct err *e);
int narrowed_parse(struct machine *m, struct text *t, struct err *e);
int meminfo_parse(struct machine *m, struct text *t, struct err *e);
int ringstats_parse(struct machine *m, struct text *t, struct err *e);
int jiffies_parse(struct machine *m, struct text *t, struct err *e);
int kconfig_parse(struct machine *m, struct text *t, struct err *e);
int cpuinfo_parse(struct machine *m, struct text *t, struct err *e);
int nodes_parse(struct machine *m, struct text *t, struct err *e);
int cpucache_parse(struct machine *m, struct text *t, struct err *e);

/* What `write` writes of a state, `what` for messages; 0 or -ENOMEM. */
typedef void state_writer(const struct machine *m, const struct machine_state *s, FILE *f);
int state_text(const struct machine *m, const struct machine_state *s, state_writer *write,
	       const char *what, struct blob *out, struct err *e);
/* The ordered lists of a state, from "DIR/lists" or from the raw dumps. */
int lists_parse(const struct machine *m, struct machine_state *s, struct text *t, struct err *e);
int slabs_parse(struct machine *m, struct machine_state *s, struct text *t, struct err *e);
/* The pageblocks' types: from "DIR/pageblocks"; from raw numbers, one byte a block, if they agree
 * with pagetypeinfo.  -ENOMEM is the only failure of the latter. */
int blocks_parse(struct machine *m, struct machine_state *s, struct text *t, struct err *e);
int blocks_from_raw(struct machine *m, struct machine_state *s, const char *dir,
		    const struct blob *raw);
int dumps_load(struct machine *m, struct machine_state *s, const char *dir,
	       const struct snapshot_source *src, struct err *e);

#endif
