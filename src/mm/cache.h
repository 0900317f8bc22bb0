/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cache: the inside of struct kmm_slab and struct kmm_cache, and the record of
 * one slab, shared by the files of the object allocators and by nobody else.
 *
 * Words: a slab is a block of pages cut into objects; its record stands apart
 * from the pages and has one 16-bit link an object: the next object on the free
 * list that this one is on, or what else it is.  A slab has one free list of its
 * own; in SLUB a CPU may hold a second one through the same links.
 */
#ifndef MM_CACHE_H
#define MM_CACHE_H

#include "mm/kmm_slab.h"
#include "mm/model.h"

#pragma GCC visibility push(hidden)

#define PAGE_BYTES 4096u
#define PAGE_SHIFT 12
#define SLAB_MAX_ORDER 10 /* slabs are no larger: what the reciprocals below allow */

enum link {
	LINK_END = 0xffff,  /* on a free list, the last there */
	LINK_USED = 0xfffe, /* given out */
	LINK_HELD = 0xfffd, /* in an array of SLAB or a sheaf */
	LINK_MOST = 32767,  /* objects of one slab */
};

enum slab_place {
	PLACE_NONE,	   /* on no list: full, or just taken off one */
	PLACE_CPU,	   /* some CPU allocates from it */
	PLACE_CPU_PARTIAL, /* on some CPU's partial list */
	PLACE_PARTIAL,	   /* on its node's partial list */
	PLACE_FULL,	   /* SLAB */
	PLACE_FREE,	   /* SLAB */
	PLACE_WAITING,	   /* for a grace period */
};

struct slab {
	struct slab *next, *prev; /* on a list of its node; next: of a CPU too */
	struct kmm_cache *cache;
	kmm_addr first;	     /* its first object */
	kmm_addr descriptor; /* SLAB, off-slab: the object that the kernel keeps there */
	kmm_pfn pfn;
	uint16_t objects;
	uint16_t inuse; /* objects that are not on its own free list */
	uint16_t free;	/* head of that list */
	uint16_t cpu;	/* of PLACE_CPU and PLACE_CPU_PARTIAL */
	uint8_t order, node, place, spare;
	uint16_t link[];
};

struct slab_list {
	struct slab *head, *tail;
};

/* Records of one cache's slabs come in chunks, and go when the cache goes. */
struct slab_chunk {
	struct slab_chunk *next;
	size_t bytes;
	uint64_t record[];
};

/* An object in an array of SLAB or a sheaf. */
struct array_entry {
	struct slab *slab;
	uint32_t index;
};

/* A magazine of objects. */
struct sheaf {
	struct sheaf *next;
	uint32_t count;
	struct array_entry entry[];
};

struct slub_cpu {
	struct slab *slab;
	struct slab *partial;
	uint16_t free; /* the free list of its own, within slab */
	uint16_t partial_slabs;
	uint32_t partial_objects; /* counted when the slabs were added: rules before 5.16 */
	struct sheaf *main, *spare, *rcu;
} __attribute__((aligned(64)));

struct slub_node {
	struct slab_list partial;
	uint64_t nr_partial, nr_slabs, nr_objects;
	struct sheaf *full, *empty; /* the barn */
	unsigned nr_full, nr_empty;
};

struct array {
	uint32_t avail, limit, batchcount;
	bool touched;
	struct array_entry entry[];
};

struct slab_node {
	struct slab_list partial, full, free;
	uint64_t nr_slabs, free_objects, free_limit;
	uint64_t next_reap; /* in reaper rounds */
	struct array *shared, **alien;
	unsigned colour_next;
	bool free_touched;
};

/* From where an object comes that is at hand, if only its link and lists need change. */
enum way { WAY_LONG, WAY_SLUB, WAY_SHEAF, WAY_SLAB };

struct kmm_cache {
	struct kmm_slab *sl;
	uint64_t reciprocal; /* of size, 44 bits after the point */
	uint32_t size;	     /* from object to object */
	uint32_t objects;    /* of a slab of the usual order */
	uint8_t kind, order, min_order;
	uint8_t way; /* enum way */
	bool debug;  /* all of it slow */
	bool backed; /* SLUB: free pointers are written into the objects */
	uint16_t sheaf_capacity;
	union {
		struct slub_cpu *cpu;  /* SLUB */
		struct array **arrays; /* SLAB, by CPU */
	};
	union {
		struct slub_node *node;
		struct slab_node *lists;
	};
	/* ---- what follows is not of the fast path ---- */
	uint32_t object_size, inuse, align;
	uint32_t offset;   /* of the first object: SLUB's left red zone */
	uint32_t free_at;  /* SLUB: of the free pointer within the object */
	uint32_t track_at; /* SLUB: of the two users, 0: none */
	uint32_t min_objects;
	uint32_t min_partial, cpu_partial, cpu_partial_slabs;
	uint32_t flags, usersize;
	kmm_gfp gfp; /* that each slab's allocation adds */
	/* SLAB */
	uint32_t colours, colour_off, leftover, management;
	uint32_t limit, batchcount, shared;
	bool off_slab, management_last;
	struct kmm_cache *descriptors; /* off-slab: where they come from */
	struct kmm_cache_counts counts;
	uint64_t out; /* objects out of their slabs: what counts.maxobjs is the most of */
	/* SLUB */
	uint16_t *sequence; /* of a random free list */
	uint64_t random;
	unsigned defrag_clock;
	void (*ctor)(void *arg, kmm_addr at, void *bytes);
	void *ctor_arg;
	size_t record_bytes;
	struct slab *records; /* unused ones, by next */
	struct slab_chunk *chunks;
	uint32_t chunk_records;
	uint64_t made, gone; /* slabs */
	kmm_addr self;	     /* the object that it is itself, with policy.kmem_cache_size */
	unsigned users;	     /* create calls that meant this cache */
	struct kmm_cache *next, *prev;
	char *name;
	/* Scratch of the validator: what all slabs together show. */
	struct {
		uint64_t slabs, held, partial, cpu_partial;
	} sum;
};

struct slob_list {
	struct slob_page *head, *tail;
};

struct slob {
	struct slob_list list[3]; /* pages for objects below 256, below 1024, and others */
	uint64_t pages;
};

#define KMALLOC_SHIFTS 26 /* classes up to 32 MiB */
enum kmalloc_type {
	KMALLOC_NORMAL,
	KMALLOC_RANDOM_LAST = 15, /* 15 further copies of the normal ones */
	KMALLOC_RECLAIM = 16,
	KMALLOC_CGROUP,
	KMALLOC_DMA,
	KMALLOC_TYPES,
};

struct kmm_slab {
	struct kmm *mm;
	kmm_addr base;
	kmm_pfn frames;
	uint32_t cpus, nodes;
	bool watched;
	uint8_t kind;
	struct kmm_slab_stats stats;
	struct kmm_slab_observer seen;
	void *seen_arg;
	struct kmm_slab_policy policy;
	struct kmm_cache *first, *last;
	struct kmm_cache *of_caches; /* where they come from, or NULL */
	struct slab_list waiting;    /* for a grace period */
	struct slob slob;
	unsigned *rounds;	/* SLAB: of the reaper, by CPU */
	unsigned *reap_node;	/* SLAB: whose alien array is next, by CPU */
	uint64_t large_objects; /* kmallocs straight from pages */
	uint64_t clock;		/* operations of debugging caches */
	size_t memory;
	uint8_t class_by_8[24]; /* sizes to 192, in steps of 8: class */
	uint8_t top_class;	/* larger sizes come from pages, if at all */
	struct kmm_cache *kmalloc[KMALLOC_TYPES][KMALLOC_SHIFTS];
};

/* Tell the observer, if it listens to this. */
#define SLAB_OBSERVE(sl, event, ...)                                   \
	do {                                                           \
		if ((sl)->seen.event)                                  \
			(sl)->seen.event((sl)->seen_arg, __VA_ARGS__); \
	} while (0)

/* ---- lists of slabs ---- */

static inline void slab_list_add(struct slab_list *l, struct slab *slab, bool to_tail)
{
	if (to_tail) {
		slab->prev = l->tail;
		slab->next = NULL;
		*(l->tail ? &l->tail->next : &l->head) = slab;
		l->tail = slab;
	} else {
		slab->next = l->head;
		slab->prev = NULL;
		*(l->head ? &l->head->prev : &l->tail) = slab;
		l->head = slab;
	}
}

static inline void slab_list_del(struct slab_list *l, struct slab *slab)
{
	*(slab->prev ? &slab->prev->next : &l->head) = slab->next;
	*(slab->next ? &slab->next->prev : &l->tail) = slab->prev;
}

/* ---- addresses ---- */

static inline kmm_addr slab_object(const struct slab *slab, const struct kmm_cache *s,
				   unsigned index)
{
	return slab->first + (uint64_t)index * s->size;
}

/* Frame of an address; at least sl->frames for one that has none. */
static inline uint64_t addr_frame(const struct kmm_slab *sl, kmm_addr at)
{
	return (at - sl->base) >> PAGE_SHIFT;
}

/*
 * What a frame is of, kept in its own word while it is in use: the struct slab (or
 * slob_page); odd: it heads a large kmalloc; 0: neither.
 */
static inline uintptr_t owner_of(const struct kmm_slab *sl, uint64_t frame)
{
	const struct frame *f = &sl->mm->frame[frame];

	return f->state == FRAME_IS_SLAB ? (uintptr_t)f->word : 0;
}

static inline void set_owner(struct kmm_slab *sl, kmm_pfn pfn, uintptr_t owner)
{
	struct frame *f = &sl->mm->frame[pfn];

	f->word = owner;
	f->state = owner ? FRAME_IS_SLAB : FRAME_IS_USED;
}

/* The slab that an address lies in, NULL if in none.  Not for SLOB. */
static inline struct slab *slab_of(const struct kmm_slab *sl, kmm_addr at)
{
	uint64_t frame = addr_frame(sl, at);
	uintptr_t owner;

	if (unlikely(frame >= sl->frames))
		return NULL;
	owner = owner_of(sl, frame);
	return unlikely(owner & 1) ? NULL : (struct slab *)owner;
}

/* Which object of its slab an address is; at least slab->objects if it is none. */
static inline unsigned slab_index(const struct slab *slab, const struct kmm_cache *s, kmm_addr at)
{
	uint64_t offset = at - slab->first;
	uint64_t index;

	if (unlikely(offset >> (PAGE_SHIFT + SLAB_MAX_ORDER)))
		return LINK_END;
	index = (offset * s->reciprocal) >> 44;
	return likely(index * s->size == offset) ? (unsigned)index : LINK_END;
}

/* The free pointer of an object, as real bytes of a backed machine. */
void slabdebug_write_link(const struct kmm_cache *s, const struct slab *slab, unsigned index);

/* An object goes on a free list, before `next`. */
static inline void slab_link(const struct kmm_cache *s, struct slab *slab, unsigned index,
			     uint16_t next)
{
	slab->link[index] = next;
	if (unlikely(s->backed))
		slabdebug_write_link(s, slab, index);
}

/* ---- the parts of cache.c that others use ---- */

bool cache_refuse(char *why, size_t n, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* A cache of any kind, without a look for one to merge with. */
struct kmm_cache *cache_create(struct kmm_slab *sl, const struct kmm_cache_args *a, char *why,
			       size_t n);
/* The cache of caches, if the policy has one: before all others. */
bool cache_create_first(struct kmm_slab *sl, char *why, size_t n);
/* Memory of one cache. */
void cache_discard(struct kmm_cache *s);
/* An object without a word to the observer; the count of objects is kept here. */
kmm_addr cache_alloc(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node);
/* false: refused as bad. */
bool cache_free(struct kmm_cache *s, unsigned cpu, kmm_addr at);
/* Likewise of a slab that the address was found in. */
bool cache_free_in(struct slab *slab, unsigned cpu, kmm_addr at);
/* Count a free that cannot be, and report it. */
bool cache_bad_free(struct kmm_slab *sl, const struct kmm_cache *s, kmm_addr at, const char *what);
/*
 * Pages without an address, or beyond what an object's user can name, hold no object: to
 * 4.7 who asks for them hits a bug, later the kernel complains and does without the flags.
 */
bool cache_check_gfp(struct kmm_slab *sl, const struct kmm_cache *s, kmm_gfp *gfp);
/* Does the policy give this cache's slabs an order of their own? */
bool slab_own_order(const struct kmm_slab_policy *p, const char *name, unsigned *order);
/* The alignment of an object by flags and wish, as SLUB and SLOB have it. */
unsigned cache_alignment(const struct kmm_slab_policy *p, unsigned flags, unsigned align,
			 unsigned object_size);

static inline unsigned order_for(uint64_t bytes)
{
	unsigned order = 0;

	while (((uint64_t)PAGE_BYTES << order) < bytes)
		order++;
	return order;
}

static inline unsigned round_up_to(unsigned v, unsigned multiple)
{
	return (v + multiple - 1) / multiple * multiple;
}

#pragma GCC visibility pop
#endif
