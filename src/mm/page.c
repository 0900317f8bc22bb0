// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/page.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "mm/kmm_highmem.h"

/* ---- the arrays ---- */

bool page_exists(const struct kmm_pages *p, kmm_pfn pfn)
{
	return pfn < p->mm->frames && p->mm->frame[pfn].state != FRAME_IS_HOLE;
}

bool page_need(const struct kmm_pages *p, void **array, size_t size)
{
	if (!*array)
		*array = calloc(p->mm->frames, size);
	return *array;
}

#define NEED(p, array) page_need(p, (void **)&(p)->array, sizeof(*(p)->array))

struct kmm_pages *kmm_pages_create(struct kmm *mm, const struct kmm_pages_config *c)
{
	struct kmm_pages *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->mm = mm;
	p->config = *c;
	p->atomic = calloc(mm->cpus, sizeof(*p->atomic));
	if (!p->atomic) {
		free(p);
		return NULL;
	}
	for (unsigned zone = 0; zone < KMM_ZONES; zone++)
		for (unsigned active = 0; active < 2; active++)
			p->newest[zone][active] = p->oldest[zone][active] = NO_LINK;
	return p;
}

void kmm_pages_destroy(struct kmm_pages *p)
{
	if (!p)
		return;
	free(p->flags);
	free(p->count);
	free(p->mapcount);
	free(p->private_value);
	free(p->mapping);
	free(p->order);
	free(p->newer);
	free(p->older);
	free(p->atomic);
	free(p);
}

uint64_t kmm_page_descriptor_bytes(uint64_t memory, unsigned page_size, unsigned descriptor)
{
	return page_size ? memory / page_size * descriptor : 0;
}

uint64_t kmm_pages_descriptors(const struct kmm_pages *p)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < p->mm->zones; i++)
		n += p->mm->config.zone[i].present;
	return n * p->config.descriptor;
}

size_t kmm_pages_memory(const struct kmm_pages *p)
{
	size_t each = 0;

	each += p->flags ? sizeof(*p->flags) : 0;
	each += p->count ? sizeof(*p->count) : 0;
	each += p->mapcount ? sizeof(*p->mapcount) : 0;
	each += p->private_value ? sizeof(*p->private_value) : 0;
	each += p->mapping ? sizeof(*p->mapping) : 0;
	each += p->order ? sizeof(*p->order) : 0;
	each += p->newer ? sizeof(*p->newer) : 0;
	each += p->older ? sizeof(*p->older) : 0;
	return sizeof(*p) + p->mm->cpus * sizeof(*p->atomic) + each * p->mm->frames;
}

/* ---- flags ---- */

static const char *const flag_names[] = {
#define X(name, text) [KMM_PG_##name] = #text,
	KMM_PAGE_FLAGS(X)
#undef X
};

const char *kmm_page_flag_name(unsigned flag)
{
	return flag < KMM_PG_FLAGS ? flag_names[flag] : NULL;
}

int kmm_page_flag_find(const char *name)
{
	for (int i = 0; i < KMM_PG_FLAGS; i++)
		if (!strcmp(name, flag_names[i]))
			return i;
	return -1;
}

/* Two flags are what the model knows: they cannot be set by hand. */
static bool flag_is_derived(enum kmm_page_flag flag)
{
	return flag == KMM_PG_BUDDY || flag == KMM_PG_LRU;
}

int kmm_page_set_flag(struct kmm_pages *p, kmm_pfn pfn, enum kmm_page_flag flag, bool on)
{
	if (!page_exists(p, pfn) || (unsigned)flag >= KMM_PG_FLAGS || flag_is_derived(flag))
		return -EINVAL;
	if (!NEED(p, flags))
		return -ENOMEM;
	if (on)
		p->flags[pfn] |= 1u << flag;
	else
		p->flags[pfn] &= ~(1u << flag);
	return 0;
}

bool kmm_page_flag(const struct kmm_pages *p, kmm_pfn pfn, enum kmm_page_flag flag)
{
	if (!page_exists(p, pfn) || (unsigned)flag >= KMM_PG_FLAGS)
		return false;
	if (flag == KMM_PG_BUDDY)
		return p->mm->frame[pfn].state == FRAME_IS_FREE;
	return p->flags && p->flags[pfn] >> flag & 1;
}

/* ---- counts ---- */

int page_set_counts(struct kmm_pages *p, kmm_pfn pfn, unsigned order, bool compound)
{
	if (!NEED(p, count) || !NEED(p, order) || (compound && !NEED(p, flags)))
		return -ENOMEM;
	p->order[pfn] = (uint8_t)order;
	p->count[pfn] = 2;
	for (kmm_pfn i = pfn + 1; i < pfn + (1u << order); i++)
		p->count[i] = 1;
	for (kmm_pfn i = pfn; compound && i < pfn + (1u << order); i++)
		p->flags[i] |= 1u << KMM_PG_COMPOUND;
	return 0;
}

/* The pages are free, or somebody else's: nothing of a descriptor outlives its use. */
void page_forget(struct kmm_pages *p, kmm_pfn pfn, unsigned n)
{
	for (kmm_pfn i = pfn; i < pfn + n; i++) {
		kmm_lru_del(p, i);
		if (p->count)
			p->count[i] = 0;
		if (p->flags)
			p->flags[i] = 0;
		if (p->mapcount)
			p->mapcount[i] = 0;
		if (p->private_value)
			p->private_value[i] = 0;
		if (p->mapping)
			p->mapping[i] = KMM_MAPPING_NONE;
	}
}

unsigned kmm_page_count(const struct kmm_pages *p, kmm_pfn pfn)
{
	if (!page_exists(p, pfn) || !frame_in_use(&p->mm->frame[pfn]))
		return 0;
	return p->count && p->count[pfn] ? p->count[pfn] - 1 : 1;
}

int kmm_get_page(struct kmm_pages *p, kmm_pfn pfn)
{
	unsigned n = kmm_page_count(p, pfn);

	if (!n || n >= UINT32_MAX - 2)
		return -EINVAL;
	if (!NEED(p, count) || !NEED(p, order))
		return -ENOMEM;
	p->count[pfn] = n + 2;
	return 0;
}

int kmm_put_page(struct kmm_pages *p, unsigned cpu, kmm_pfn pfn)
{
	unsigned n = kmm_page_count(p, pfn), order;

	if (!n) {
		p->stats.bad_puts++;
		return -EINVAL;
	}
	if (n > 1) {
		p->count[pfn]--;
		return 0;
	}
	/* Only a compound page knows that it is more than one page. */
	order = kmm_page_flag(p, pfn, KMM_PG_COMPOUND) && p->order ? p->order[pfn] : 0;
	page_forget(p, pfn, 1u << order);
	kmm_free_pages(p->mm, cpu, pfn, order);
	return 1;
}

unsigned kmm_page_mapcount(const struct kmm_pages *p, kmm_pfn pfn)
{
	return page_exists(p, pfn) && p->mapcount ? p->mapcount[pfn] : 0;
}

int kmm_page_add_rmap(struct kmm_pages *p, kmm_pfn pfn)
{
	if (!kmm_page_count(p, pfn))
		return -EINVAL;
	if (!NEED(p, mapcount))
		return -ENOMEM;
	p->mapcount[pfn]++;
	return 0;
}

int kmm_page_remove_rmap(struct kmm_pages *p, kmm_pfn pfn)
{
	if (!kmm_page_mapcount(p, pfn))
		return -EINVAL;
	p->mapcount[pfn]--;
	return 0;
}

/* ---- private, mapping ---- */

int kmm_set_page_private(struct kmm_pages *p, kmm_pfn pfn, uint64_t value)
{
	if (!page_exists(p, pfn))
		return -EINVAL;
	if (!NEED(p, private_value))
		return -ENOMEM;
	p->private_value[pfn] = value;
	return 0;
}

uint64_t kmm_page_private(const struct kmm_pages *p, kmm_pfn pfn)
{
	if (!page_exists(p, pfn))
		return 0;
	/* A free block keeps its order there. */
	if (p->mm->frame[pfn].state == FRAME_IS_FREE)
		return p->mm->frame[pfn].order;
	return p->private_value ? p->private_value[pfn] : 0;
}

int kmm_page_set_mapping(struct kmm_pages *p, kmm_pfn pfn, enum kmm_page_mapping kind)
{
	if (!page_exists(p, pfn) || (unsigned)kind > KMM_MAPPING_ANON)
		return -EINVAL;
	if (!NEED(p, mapping))
		return -ENOMEM;
	p->mapping[pfn] = (uint8_t)kind;
	return 0;
}

enum kmm_page_mapping kmm_page_mapping(const struct kmm_pages *p, kmm_pfn pfn)
{
	if (!page_exists(p, pfn) || !p->mapping)
		return KMM_MAPPING_NONE;
	return (enum kmm_page_mapping)p->mapping[pfn];
}

/* ---- LRU ---- */

int kmm_lru_add(struct kmm_pages *p, kmm_pfn pfn, bool active)
{
	unsigned zone;

	if (!kmm_page_count(p, pfn))
		return -EINVAL;
	if (!NEED(p, flags) || !NEED(p, newer) || !NEED(p, older))
		return -ENOMEM;
	if (kmm_page_flag(p, pfn, KMM_PG_LRU))
		return -EBUSY;
	zone = p->mm->frame[pfn].zone;
	p->newer[pfn] = NO_LINK;
	p->older[pfn] = p->newest[zone][active];
	if (p->older[pfn] != NO_LINK)
		p->newer[p->older[pfn]] = pfn;
	else
		p->oldest[zone][active] = pfn;
	p->newest[zone][active] = pfn;
	p->lru[zone][active]++;
	p->flags[pfn] |= 1u << KMM_PG_LRU;
	kmm_page_set_flag(p, pfn, KMM_PG_ACTIVE, active);
	return 0;
}

int kmm_lru_del(struct kmm_pages *p, kmm_pfn pfn)
{
	bool active;
	unsigned zone;

	if (!kmm_page_flag(p, pfn, KMM_PG_LRU))
		return -EINVAL;
	active = kmm_page_flag(p, pfn, KMM_PG_ACTIVE);
	zone = p->mm->frame[pfn].zone;
	if (p->newer[pfn] != NO_LINK)
		p->older[p->newer[pfn]] = p->older[pfn];
	else
		p->newest[zone][active] = p->older[pfn];
	if (p->older[pfn] != NO_LINK)
		p->newer[p->older[pfn]] = p->newer[pfn];
	else
		p->oldest[zone][active] = p->newer[pfn];
	p->lru[zone][active]--;
	p->flags[pfn] &= ~(1u << KMM_PG_LRU | 1u << KMM_PG_ACTIVE);
	return 0;
}

/* The link that points to a page from its neighbour, or from the end of the list. */
static void relink(struct kmm_pages *p, kmm_pfn pfn, unsigned zone, bool active)
{
	*(p->newer[pfn] != NO_LINK ? &p->older[p->newer[pfn]] : &p->newest[zone][active]) = pfn;
	*(p->older[pfn] != NO_LINK ? &p->newer[p->older[pfn]] : &p->oldest[zone][active]) = pfn;
}

void page_migrate(struct kmm_pages *p, kmm_pfn from, kmm_pfn to)
{
	bool listed = kmm_page_flag(p, from, KMM_PG_LRU), active;

	if (p->count) {
		p->count[to] = p->count[from];
		p->order[to] = p->order[from];
		p->count[from] = 0;
	}
	if (p->mapcount) {
		p->mapcount[to] = p->mapcount[from];
		p->mapcount[from] = 0;
	}
	if (p->private_value) {
		p->private_value[to] = p->private_value[from];
		p->private_value[from] = 0;
	}
	if (p->mapping) {
		p->mapping[to] = p->mapping[from];
		p->mapping[from] = KMM_MAPPING_NONE;
	}
	if (p->config.memory)
		memcpy((char *)p->config.memory + (size_t)to * PAGE_BYTES,
		       (char *)p->config.memory + (size_t)from * PAGE_BYTES, PAGE_BYTES);
	if (!p->flags)
		return;
	p->flags[to] = p->flags[from];
	p->flags[from] = 0;
	if (!listed)
		return;
	active = p->flags[to] >> KMM_PG_ACTIVE & 1;
	p->newer[to] = p->newer[from];
	p->older[to] = p->older[from];
	relink(p, to, p->mm->frame[from].zone, active);
}

uint64_t kmm_lru_pages(const struct kmm_pages *p, unsigned zone, bool active)
{
	return zone < p->mm->zones ? p->lru[zone][active] : 0;
}

kmm_pfn kmm_lru_next(const struct kmm_pages *p, unsigned zone, bool active, kmm_pfn at)
{
	if (zone >= p->mm->zones)
		return KMM_NO_PFN;
	if (at == KMM_NO_PFN)
		return p->oldest[zone][active];
	return kmm_page_flag(p, at, KMM_PG_LRU) ? p->newer[at] : KMM_NO_PFN;
}

/* ---- addresses ---- */

uint64_t kmm_page_virtual(const struct kmm_pages *p, kmm_pfn pfn)
{
	if (!page_exists(p, pfn))
		return 0;
	if (pfn < p->config.highmem)
		return p->config.direct_map + (uint64_t)pfn * PAGE_BYTES;
	return p->config.maps ? kmm_page_address(p->config.maps, pfn) : 0;
}

kmm_pfn kmm_virt_to_page(const struct kmm_pages *p, uint64_t addr)
{
	uint64_t pfn = (addr - p->config.direct_map) / PAGE_BYTES;

	if (addr < p->config.direct_map || pfn >= p->mm->frames || pfn >= p->config.highmem ||
	    !page_exists(p, (kmm_pfn)pfn))
		return KMM_NO_PFN;
	return (kmm_pfn)pfn;
}

uint64_t kmm_pfn_to_page(const struct kmm_pages *p, kmm_pfn pfn)
{
	if (!page_exists(p, pfn) || !p->config.descriptor)
		return 0;
	return p->config.mem_map + (uint64_t)pfn * p->config.descriptor;
}

kmm_pfn kmm_page_to_pfn(const struct kmm_pages *p, uint64_t page)
{
	uint64_t in = page - p->config.mem_map;

	if (!p->config.descriptor || page < p->config.mem_map || in % p->config.descriptor ||
	    in / p->config.descriptor >= p->mm->frames ||
	    !page_exists(p, (kmm_pfn)(in / p->config.descriptor)))
		return KMM_NO_PFN;
	return (kmm_pfn)(in / p->config.descriptor);
}

int kmm_page_node(const struct kmm_pages *p, kmm_pfn pfn)
{
	int zone = kmm_zone_of(p->mm, pfn);

	return zone < 0 ? -1 : p->mm->zone[zone].node;
}

/* ---- checking ---- */

static const char *check_lru(const struct kmm_pages *p, unsigned zone, bool active)
{
	uint64_t n = 0;

	for (kmm_pfn at = p->oldest[zone][active]; at != NO_LINK; at = p->newer[at]) {
		if (p->mm->frame[at].zone != zone || !frame_in_use(&p->mm->frame[at]))
			return "an LRU list holds a page of another zone, or a free one";
		if (kmm_page_flag(p, at, KMM_PG_ACTIVE) != active)
			return "an LRU list holds a page of the other list";
		if (++n > p->lru[zone][active])
			break;
	}
	return n == p->lru[zone][active] ? NULL : "an LRU list is miscounted";
}

int kmm_pages_validate(const struct kmm_pages *p, char *why, size_t n)
{
	const char *bad = NULL;

	for (unsigned zone = 0; zone < p->mm->zones && !bad; zone++) {
		bad = check_lru(p, zone, false);
		if (!bad)
			bad = check_lru(p, zone, true);
	}
	for (kmm_pfn i = 0; p->count && i < p->mm->frames && !bad; i++)
		if (p->count[i] && !frame_in_use(&p->mm->frame[i]))
			bad = "a free page has a count";
	for (kmm_pfn i = 0; p->mapcount && i < p->mm->frames && !bad; i++)
		if (p->mapcount[i] && !frame_in_use(&p->mm->frame[i]))
			bad = "a free page is mapped";
	if (!bad)
		return 0;
	if (n)
		snprintf(why, n, "pages: %s", bad);
	return -EUCLEAN;
}
