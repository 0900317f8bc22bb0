/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dumps: the raw memory of one snapshot that holds the kernel's lists: the
 * array of struct page, each node's pglist_data with its zones, and the per-CPU
 * areas.  Where the last two are there, walk.c follows the lists from their
 * heads; where only the pages are, chains.c puts the lists together from the
 * links between them, since both ends of a list point at its head.
 */
#ifndef MACHINE_DUMPS_H
#define MACHINE_DUMPS_H

#include <string.h>

#include "machine/layout.h"
#include "machine/listset.h"
#include "machine/machine.h"
#include "machine/text.h"

struct dump {
	struct blob b;
	uint64_t addr; /* of its first byte */
	bool there, lent;
};

struct dumps {
	struct machine *m;
	const struct machine_state *s;
	const struct layout *l;
	struct dump pages, node[KMM_NODES], *cpu; /* cpu[m->cpus] */
	uint64_t frames;			  /* in pages */
	uint64_t page_size;			  /* of one struct page, as symbols.txt says */
	uint64_t percpu_start; /* per-CPU addresses count from here: 0 on x86-64 up to 6.14 */
	uint32_t broken;       /* lists whose links did not hold */
	char why[120];	       /* the first of them */
	uint32_t searches;     /* for neighbours of pages that came while the pages were read */
};

/* An unsigned little-endian number of 1, 2, 4 or 8 bytes; false beyond the end. */
static inline bool dump_read(const struct dump *d, uint64_t off, uint32_t size, uint64_t *v)
{
	*v = 0;
	if (!size || size > 8 || off > d->b.len || size > d->b.len - off)
		return false;
	memcpy(v, d->b.data + off, size);
	return true;
}

static inline bool dump_pointer(const struct dumps *d, const struct dump *from, uint64_t off,
				uint64_t *v)
{
	return dump_read(from, off, d->l->pointer, v);
}

/* A member of a page that is known to be in range. */
static inline uint64_t page_read(const struct dumps *d, uint64_t pfn, struct layout_field f)
{
	uint64_t v;

	dump_read(&d->pages, pfn * d->l->page.size + f.offset, f.size, &v);
	return v;
}

static inline uint64_t page_next(const struct dumps *d, uint64_t pfn)
{
	return page_read(d, pfn, (struct layout_field){ d->l->page.lru, d->l->pointer });
}

static inline uint64_t page_prev(const struct dumps *d, uint64_t pfn)
{
	return page_read(d, pfn,
			 (struct layout_field){ d->l->page.lru + d->l->pointer, d->l->pointer });
}

/* Address of a page's list entry, and the page of such an address (UINT64_MAX: none). */
static inline uint64_t page_link(const struct dumps *d, uint64_t pfn)
{
	return d->pages.addr + pfn * d->l->page.size + d->l->page.lru;
}

static inline uint64_t page_of_link(const struct dumps *d, uint64_t addr)
{
	uint64_t off = addr - d->pages.addr - d->l->page.lru;

	if (addr < d->pages.addr || off % d->l->page.size || off / d->l->page.size >= d->frames)
		return UINT64_MAX;
	return off / d->l->page.size;
}

/*
 * Neither in use nor a free block: what a page in a per-CPU list looks like, as far as the layout knows.
 * (kpageflags was read at another moment, so it is not asked.)
 */
static inline bool page_idle(const struct dumps *d, uint64_t pfn)
{
	return d->l->page.type.size && d->l->page.refcount.size &&
	       page_read(d, pfn, d->l->page.type) == UINT32_MAX &&
	       !page_read(d, pfn, d->l->page.refcount);
}

/* Order and type of the i-th per-CPU list; false if there is none. */
bool pcp_list_of_index(const struct dumps *d, uint32_t i, uint8_t *order, uint8_t *type);
/* Note a list whose links do not hold. */
void dumps_broken(struct dumps *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* 0, or -ENOMEM. */
int walk_lists(struct dumps *d, struct listset *set);
int chain_lists(struct dumps *d, struct listset *set);
/* The slabs, into the state; caches by the text of kmem_caches.txt. 0 or -ENOMEM. */
int dumps_slabs(struct dumps *d, struct machine_state *s, struct text *caches);
/*
 * Do the lists agree with buddyinfo, pagetypeinfo and zoneinfo?  False: they are
 * not to be believed (why says it).  Small differences, from events between the
 * dump and the counters, are noted.  *pcps: whether the per-CPU lists may stay.
 */
bool lists_agree(const struct dumps *d, const struct listset *set, const char *dir, bool *pcps,
		 char *why, size_t n);

#endif
