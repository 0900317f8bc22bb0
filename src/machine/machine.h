/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machine: what is known of the traced machine, from the snapshot files of a
 * capture directory (before/, after/, system/) or from the same files embedded
 * in a workload.  A missing file lowers what is known; what could not be known
 * stands as a line in `unknown`.
 *
 * Numbers are in the model's vocabulary (mm/gfp.h): migrate types and zone types
 * are translated by name from the files.  Read-only after loading, so it may be
 * shared by threads.
 */
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/file.h"
#include "mm/gfp.h"

#define MACHINE_MARKED 8
#define MACHINE_ZONES 32 /* zones of all nodes together */

/* Where the files come from: a directory, or the attachments of a workload. */
struct snapshot_source {
	/* Content of e.g. "before/zoneinfo" (unpacked).  0; -ENOENT; other negative errno with e set. */
	int (*read)(void *ctx, const char *name, struct blob *out, struct err *e);
	void *ctx;
	/* Of raw dumps: memory that stays the source's own; NULL, or false: none, read() is asked. */
	bool (*lend)(void *ctx, const char *name, struct blob *out);
};

/* A source over a capture directory; free with snapshot_dir_close(). */
int snapshot_dir_open(const char *dir, struct snapshot_source *src, struct err *e);
void snapshot_dir_close(struct snapshot_source *src);

struct machine_zone {
	uint8_t node;
	uint8_t type;  /* enum kmm_zone_type */
	char name[16]; /* "DMA32" */
	uint64_t start_pfn, spanned, present, managed, cma;
	uint64_t min, low, high;	     /* watermarks, pages, as printed (boost included) */
	uint64_t boost;			     /* 0 where not printed */
	uint64_t protection[KMM_ZONE_TYPES]; /* lowmem_reserve by the kernel's own zone index */
	uint32_t protections;
	uint32_t pcp_batch, pcp_high, pcp_high_min, pcp_high_max; /* of CPU 0; 0 unknown */
	uint64_t stat_threshold;
};

struct machine_cpu {
	bool present;
	uint8_t node;
};

struct machine_cache { /* one row of cpu_cache: L1d, L1i, L2, L3 */
	uint8_t level;
	char type[16]; /* "Data", "Unified" */
	uint32_t size, line, ways, sets;
	uint32_t sharers; /* CPUs that share it; 0 unknown */
};

/* A slab cache as slabinfo, /sys/kernel/slab and the kmem_cache dump show it. */
struct machine_slab {
	char *name; /* the surviving cache's name */
	uint32_t object_size, size, align, order, objs_per_slab;
	uint32_t min_partial, cpu_partial;
	uint64_t active_objs, num_objs, active_slabs, num_slabs; /* slabinfo */
	uint64_t hidden_slabs, hidden_objs,
		hidden_active; /* of the start's, what no slabpage stands for */
	bool reclaim_account, rcu, has_ctor, accounted, dma, hwcache_align;
	bool from_slabinfo, from_sysfs;
	char **aliases; /* other names that are merged into it */
	uint32_t alias_count;
};

/* A line of vmallocinfo: a range of the vmalloc window, with its guard page. */
struct machine_area {
	uint64_t addr, size; /* bytes; addr 0: the file hides it, of all areas */
	uint32_t pages;	     /* that it owns; 0: somebody else's, or device memory */
	bool percpu;	     /* a per-CPU chunk */
};

/* Where a slab stood (SLUB). */
enum machine_slab_place {
	SLAB_ON_CPU,	  /* its CPU allocates from it */
	SLAB_CPU_PARTIAL, /* on its CPU's partial list */
	SLAB_PARTIAL,	  /* on its node's partial list */
	SLAB_FULL,	  /* on no list */
	SLAB_FROZEN,	  /* some CPU's, not known whose */
	SLAB_PLACES,
};

/* One slab, from the dumps. */
struct machine_slabpage {
	uint32_t pfn, cache; /* cache: index into machine.slabs */
	uint16_t objects;
	uint16_t inuse; /* of a CPU's slab: with what is on that CPU's own free list */
	uint8_t order;
	uint8_t place; /* enum machine_slab_place */
	int16_t cpu;   /* of the first two places, else -1 */
};

/* One ordered free list or per-CPU list, head first. */
struct machine_list {
	uint8_t zone; /* index into machine.zones */
	int32_t cpu;  /* -1: a buddy free list; else the owner of the per-CPU list */
	uint8_t order;
	uint8_t type; /* enum kmm_migratetype; for the huge-page per-CPU lists KMM_UNMOVABLE or KMM_MOVABLE */
	uint32_t first, count; /* in machine_state.list_pfns */
};

/* Per zone and CPU: the counters of struct per_cpu_pages. */
struct machine_pcp {
	uint8_t zone;
	uint16_t cpu;
	int32_t count, high, batch;
	int32_t free_factor, expire;	  /* -1 unknown */
	int32_t alloc_factor, free_count; /* 6.7 and later; -1 unknown */
	int32_t high_min, high_max;	  /* the same */
};

/* Where a frame was at the start, as its first event tells. */
enum machine_first_state {
	FIRST_UNKNOWN,
	FIRST_FREE,	/* in the buddy lists */
	FIRST_PCP,	/* on a CPU's list, and left it at the head */
	FIRST_PCP_TAIL, /* drained from it */
	FIRST_USED,
	FIRST_MOVED, /* freed first, after compaction may have put a page into it: unknown */
};

#define FIRST_TYPE_UNKNOWN 0
#define FIRST_TYPE_BLOCK 0xff /* of its pageblock, as that was at the start */

/* What later events tell of a frame at the start (replay/origin.h). */
struct machine_first {
	uint32_t turn; /* in which it left its list: the order of the list */
	uint16_t cpu;  /* whose list */
	uint8_t state; /* enum machine_first_state */
	uint8_t order; /* of the block on a CPU's list */
	uint8_t type;  /* enum kmm_migratetype + 1 of its list, or FIRST_TYPE_... */
	bool stayed;   /* no event touched it: known from the snapshot after the workload */
};

/* The state of memory at one snapshot ("before" or "after"). */
struct machine_state {
	bool have_buddyinfo, have_pagetypeinfo, have_zoneinfo, have_kpageflags, have_lists;
	uint64_t nr_free[MACHINE_ZONES][KMM_ORDERS];			    /* buddyinfo */
	uint64_t nr_free_type[MACHINE_ZONES][KMM_MIGRATETYPES][KMM_ORDERS]; /* pagetypeinfo */
	bool nr_free_type_cut[MACHINE_ZONES][KMM_MIGRATETYPES][KMM_ORDERS]; /* "> 100000" */
	uint64_t pageblocks[MACHINE_ZONES][KMM_MIGRATETYPES];		    /* pagetypeinfo */
	bool pageblocks_worked_out; /* ... or those of the other snapshot less what the events changed */
	uint64_t zone_free[MACHINE_ZONES]; /* zoneinfo "pages free" (lags) */
	uint64_t *kpageflags;		   /* [max_pfn] raw words (kpageflags.h), NULL unknown */
	uint64_t kpageflags_len;
	/* The dumps of the real lists; from struct_page, pgdat and percpu dumps. */
	struct machine_list *lists;
	uint32_t list_count;
	uint32_t *list_pfns;
	uint64_t list_pfn_count;
	struct machine_pcp *pcps;
	uint32_t pcp_count;
	char lists_source[128]; /* "struct_page.raw, layout linux-6.1-amd64" or why there are none */
	char lists_mark[48]; /* the mark in the trace at which they hold; "" as of a struct_page.raw */
	uint32_t lists_torn; /* of them: changed while they were read */
	/* Every slab, cache by cache, of each place in list order, head first; from the dumps */
	struct machine_slabpage *slabpages;
	uint32_t slabpage_count;
	bool have_slabpages;
	uint32_t dumped_slabs; /* so many come from dumps; events showed the others (replay/slabshown.h) */
	/* per-CPU lists, from zoneinfo: [zone * KMM_CPUS + cpu], NULL unknown */
	struct machine_pcpinfo {
		uint32_t count, high; /* pages on them; their limit */
		uint32_t hidden;      /* of them, at the start: no event tells which they are */
	} * pcp_infos;
	struct machine_zone zones[MACHINE_ZONES]; /* as this snapshot's zoneinfo printed them */
	/* Types of pageblocks as read in the kernel, KMM_MIGRATETYPES none; NULL: not read */
	uint8_t *block_types;
	uint64_t block_count;
	/* Types of pageblocks that later events gave away, KMM_MIGRATETYPES unknown; NULL: none */
	uint8_t *tags;
	uint64_t tag_count;
	/* [max_pfn] what later events told of frames that no list dump shows; NULL: nothing */
	struct machine_first *first;
	uint32_t pcp_batch[MACHINE_ZONES]; /* where it was another than zoneinfo's; 0: it was not */
	uint64_t frames_put_right; /* the map had them otherwise: it is not read in one instant */
	uint64_t frames_stayed;	   /* known from the snapshot after the workload alone */
};

/* The kernel's clock of ticks, and how it stands in the trace's time. */
struct machine_jiffies {
	uint32_t hz;	  /* ticks a second; 0 unknown */
	uint64_t count;	  /* as before/jiffies has it */
	uint64_t mono_ns; /* the monotonic clock at which the tick `count` began */
	uint64_t at;	  /* ns of the trace's clock at which it did; 0 unknown */
	uint64_t marked_ns[MACHINE_MARKED]; /* the monotonic clock at marks of the trace */
	uint32_t marked;
};

/* What a CPU's ring buffer says of itself when the recording ends. */
struct machine_ring {
	bool known;
	uint64_t lost; /* events overwritten, refused or dropped */
};

/* When the kernel's once-a-second work was seen to drain a CPU's lists; ns of the trace's clock. */
struct machine_turn {
	uint64_t time;
	uint32_t cpu;
};

struct machine {
	char kernel[160]; /* "6.1.0-56-amd64", "" unknown */
	uint32_t kernel_major, kernel_minor;
	char arch[16]; /* "x86_64", "i386", "" unknown */
	uint32_t page_size;
	uint32_t pageblock_order, orders; /* orders: number of columns of buddyinfo, 11 */
	uint8_t migratetype_of_raw[16];	  /* the capture's raw number -> enum kmm_migratetype */
	uint32_t migratetypes;		  /* how many raw numbers the kernel has */
	uint8_t zone_type_of_index[KMM_ZONE_TYPES]; /* the kernel's zone index -> enum kmm_zone_type */
	uint32_t zone_types;
	uint32_t nodes, cpus, zone_count;
	uint64_t max_pfn;
	struct machine_jiffies jiffies;
	struct machine_turn *turns;
	uint32_t turn_count;
	bool searches_told; /* the trace has compaction's fast searches (6.4 on) */
	bool no_idle; /* no event of the idle task: only some were traced, or no CPU ever idled */
	struct machine_zone zones[MACHINE_ZONES]; /* from before/zoneinfo, else after/zoneinfo */
	struct machine_cpu cpu[KMM_CPUS];
	struct machine_ring ring[KMM_CPUS];
	uint8_t distance[KMM_NODES][KMM_NODES]; /* all 0: unknown */
	struct machine_cache caches[16];
	uint32_t cache_count;
	struct machine_slab *slabs; /* from before/, else after/ */
	uint32_t slab_count;
	bool slabs_hidden;		  /* some of the start's are known as numbers only */
	bool slabs_of_start;		  /* their counts are those of before/, not of after/ */
	struct machine_slab *after_slabs; /* from after/slabinfo: names and counts only */
	uint32_t after_slab_count;
	struct machine_area *areas; /* of before/vmallocinfo */
	uint32_t area_count;
	uint64_t *ram_first, *ram_last; /* System RAM of iomem, inclusive byte addresses */
	uint32_t ram_count;
	uint64_t direct_map_base;		 /* 0 unknown */
	char direct_map_source[64];		 /* "kcore", "trace", "" */
	uint64_t vmemmap_base, struct_page_size; /* 0 unknown */
	uint32_t min_free_kbytes, watermark_scale_factor, watermark_boost_factor;
	uint32_t lowmem_reserve_ratio[KMM_ZONE_TYPES];
	bool have_sysctl; /* the settings above and the ratios are the machine's own */
	bool have_nodes;  /* cpu[].node is known */
	bool thp_enabled;
	int8_t thp_compiled; /* 1, 0, or -1 unknown */
	bool cma_compiled;
	uint64_t mem_total_kb;
	struct machine_state before, after;
	bool have_before, have_after;
	char narrowed[128]; /* of whom alone events were recorded, "some CPUs and tasks of one name"; "": of all */
	char **unknown; /* what could not be known, one sentence each */
	uint32_t unknown_count;
};

/* Parse all that the source has.  NULL only when out of memory or a file is damaged beyond use. */
struct machine *machine_load(const struct snapshot_source *src, struct err *e);
void machine_free(struct machine *m);
/* The zone that holds a pfn; -1 if none does. */
int machine_zone_of(const struct machine *m, uint64_t pfn);
/* "DMA32", as the kernel writes it; enum kmm_zone_type. */
const char *machine_zone_type_name(unsigned type);
/* Add a sentence to `unknown` (printf-like). */
void machine_note(struct machine *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Names of the files that a workload must embed so that machine_load() on it
 * gives the same result: a NULL-terminated list.  The raw dumps are not among
 * them; "before/lists", "before/slabs" and "before/pageblocks" stand for them
 * ("after/..." likewise), made by the functions below and understood by machine_load().
 */
const char *const *machine_attachments(void);
/* The ordered lists of a state as text, one list a line; see docs/captures.md.  -ENOENT if it has none. */
int machine_lists_text(const struct machine *m, const struct machine_state *s, struct blob *out,
		       struct err *e);
/* The slabs of a state likewise ("before/slabs"). */
int machine_slabs_text(const struct machine *m, const struct machine_state *s, struct blob *out,
		       struct err *e);
/* The pageblocks' types, where they were read in the kernel ("before/pageblocks"). */
int machine_blocks_text(const struct machine *m, const struct machine_state *s, struct blob *out,
			struct err *e);

#endif
