/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * parse: the snapshot files one by one.  Each takes the file's content and puts
 * what it says into the machine or a state; 0, or -EBADMSG with file and line.
 */
#ifndef MACHINE_PARSE_H
#define MACHINE_PARSE_H

#include "machine/machine.h"

/* Number of the zone of this node and name; -1 if there is none. */
int machine_zone_find(const struct machine *m, unsigned node, const char *name);
/* enum kmm_zone_type of "DMA32"; -1 unknown. */
int machine_zone_type(const char *name);

/* zoneinfo: zones, marks, per-CPU list totals.  The first one parsed defines the machine's zones. */
int parse_zoneinfo(struct machine *m, struct machine_state *s, const struct blob *b, const char *file,
		   struct err *e);
int parse_buddyinfo(struct machine *m, struct machine_state *s, const struct blob *b, const char *file,
		    struct err *e);
int parse_pagetypeinfo(struct machine *m, struct machine_state *s, const struct blob *b, const char *file,
		       struct err *e);
int parse_kpageflags(struct machine *m, struct machine_state *s, const struct blob *b);
int parse_slabinfo(struct machine *m, const struct blob *b, const char *file, struct err *e);
int parse_iomem(struct machine *m, const struct blob *b, struct err *e);
/* ELF headers of /proc/kcore: the base of the direct map. */
void parse_kcore(struct machine *m, const struct blob *b);
void parse_version(struct machine *m, const char *text);
void parse_sysctl(struct machine *m, const struct blob *b);
void parse_cpu_cache(struct machine *m, const struct blob *b);
void parse_nodes(struct machine *m, const struct blob *b);
/* The list dumps of a state (struct_page, pgdat, percpu), or their digest ("lists"). */
int parse_dumps(struct machine *m, struct machine_state *s, const struct snapshot_source *src, const char *dir,
		struct err *e);
int parse_lists(struct machine *m, struct machine_state *s, const struct blob *b, const char *file,
		struct err *e);

#endif
