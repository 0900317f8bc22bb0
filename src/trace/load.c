// SPDX-License-Identifier: GPL-2.0-or-later
/* load: a struct event's payload from a record, by the places that bind.c found. */
#include <string.h>

#include "trace/bind.h"
#include "trace/bytes.h"

/* Eight bytes with the wanted ones at the top. */
static inline uint64_t get_top(const struct bind_field *f, const uint8_t *rec, bool swap)
{
	uint64_t v;

	memcpy(&v, rec + f->at, sizeof(v));
	if (swap)
		v = __builtin_bswap64(v);
	/* The wanted bytes are the last ones: high in a little-endian word, else low. */
	if (swap != HOST_BIG_ENDIAN)
		v <<= f->shift;
	return v;
}

/* A field that is there: bind_event() has seen to it. */
static inline uint64_t get_sure(const struct binding *b, unsigned i, const uint8_t *rec, bool swap)
{
	return get_top(&b->f[i], rec, swap) >> b->f[i].shift;
}

static inline uint64_t get(const struct binding *b, unsigned i, const uint8_t *rec, bool swap)
{
	return (get_sure(b, i, rec, swap) & b->f[i].mask) | (uint64_t)(int64_t)b->f[i].absent;
}

static inline int64_t get_signed(const struct binding *b, unsigned i, const uint8_t *rec, bool swap)
{
	int64_t v = (int64_t)get_top(&b->f[i], rec, swap) >> b->f[i].shift;

	return (v & (int64_t)b->f[i].mask) | b->f[i].absent;
}

static __attribute__((noinline)) uint32_t learn_name(struct bind_name *memo, const char *s,
						     uint32_t n, uint64_t site,
						     struct intern *names)
{
	uint32_t id = intern_add(names, s, strnlen(s, n));

	if (id == UINT32_MAX)
		return 0;
	if (n <= sizeof(memo->text)) {
		memo->site = site;
		memo->id = id;
		memo->len = n;
		memcpy(memo->text, s, n);
	}
	return id;
}

/* A __data_loc: offset in the low half, length (with its NUL) in the high half. */
static inline uint32_t load_name(struct binding *b, const uint8_t *rec, uint32_t len, uint64_t loc,
				 uint64_t site, struct intern *names)
{
	uint32_t at = loc & 0xffff, n = (uint32_t)loc >> 16;
	const char *s = (const char *)rec + at;
	struct bind_name *memo;

	if (at >= len || n > len - at || n < 2)
		return 0;
	/* Some sites free for many caches. */
	memo = &b->names[(site ^ site >> 8 ^ n * 37 ^ (uint32_t)s[0] * 11) & (BIND_NAMES - 1)];
	if (__builtin_expect(memo->len == n && memo->site == site, 1) &&
	    bytes_same((const uint8_t *)memo->text, (const uint8_t *)s, n))
		return memo->id;
	return learn_name(memo, s, n, site, names);
}

/* Of a struct page's address. */
static uint64_t frame_of(const struct binding *b, uint64_t addr)
{
	if (!addr || !b->pages.size || addr < b->pages.start)
		return EVENT_NO_PFN;
	return (addr - b->pages.start) / b->pages.size;
}

static inline void load_page(struct binding *b, const uint8_t *rec, struct event *ev, bool swap)
{
	uint64_t pfn = get(b, PAGE_PFN, rec, swap);

	ev->page.pfn = pfn == b->no_pfn ? EVENT_NO_PFN : pfn;
	if (__builtin_expect(b->pfn_is_pointer, 0))
		ev->page.pfn = frame_of(b, get(b, PAGE_POINTER, rec, swap));
	ev->page.order = (int16_t)get_signed(b, PAGE_ORDER, rec, swap);
	ev->page.gfp = gfpbits_get(b->gfp, get(b, PAGE_GFP, rec, swap));
	ev->page.migratetype = (int16_t)get_signed(b, PAGE_TYPE, rec, swap);
	ev->page.percpu_refill = (int8_t)get(b, PAGE_REFILL, rec, swap);
}

static inline void load_object(struct binding *b, const uint8_t *rec, uint32_t len,
			       struct event *ev, struct intern *names, bool swap)
{
	ev->object.ptr = get_sure(b, OBJ_PTR, rec, swap);
	ev->object.call_site = get(b, OBJ_SITE, rec, swap);
	ev->object.bytes_req = get(b, OBJ_REQ, rec, swap);
	ev->object.bytes_alloc = get(b, OBJ_ALLOC, rec, swap);
	ev->object.gfp = gfpbits_get(b->gfp, get(b, OBJ_GFP, rec, swap));
	ev->object.node = (int32_t)get_signed(b, OBJ_NODE, rec, swap);
	ev->object.accounted = (int8_t)get(b, OBJ_ACCOUNTED, rec, swap);
	ev->object.name = b->names ? load_name(b, rec, len, get_sure(b, OBJ_NAME, rec, swap),
					       ev->object.call_site, names) :
				     0;
}

static inline void load_free(struct binding *b, const uint8_t *rec, uint32_t len, struct event *ev,
			     struct intern *names, bool swap)
{
	ev->object.ptr = get_sure(b, OBJ_PTR, rec, swap);
	ev->object.call_site = get(b, OBJ_SITE, rec, swap);
	ev->object.bytes_req = 0;
	ev->object.bytes_alloc = 0;
	ev->object.gfp = 0;
	ev->object.node = -1;
	ev->object.accounted = -1;
	ev->object.name = b->names ? load_name(b, rec, len, get_sure(b, OBJ_NAME, rec, swap),
					       ev->object.call_site, names) :
				     0;
}

static void load_percpu(struct binding *b, const uint8_t *rec, struct event *ev)
{
	bool swap = b->swap;

	ev->percpu.call_site = get(b, PER_SITE, rec, swap);
	ev->percpu.size = get(b, PER_SIZE, rec, swap);
	ev->percpu.align = get(b, PER_ALIGN, rec, swap);
	ev->percpu.base_addr = get(b, PER_BASE, rec, swap);
	ev->percpu.ptr = get(b, PER_PTR, rec, swap);
	ev->percpu.bytes_alloc = get(b, PER_BYTES, rec, swap);
	ev->percpu.off = (int32_t)get_signed(b, PER_OFF, rec, swap);
	ev->percpu.gfp = gfpbits_get(b->gfp, get(b, PER_GFP, rec, swap));
	ev->percpu.reserved = (int8_t)get(b, PER_RESERVED, rec, swap);
	ev->percpu.is_atomic = (int8_t)get(b, PER_ATOMIC, rec, swap);
}

static void load_extfrag(const struct binding *b, const uint8_t *rec, struct event *ev)
{
	bool swap = b->swap;

	ev->extfrag.pfn = b->pfn_is_pointer ? frame_of(b, get_sure(b, EXT_POINTER, rec, swap)) :
					      get_sure(b, EXT_PFN, rec, swap);
	ev->extfrag.alloc_order = (int16_t)get_signed(b, EXT_ALLOC_ORDER, rec, swap);
	ev->extfrag.fallback_order = (int16_t)get_signed(b, EXT_FALLBACK_ORDER, rec, swap);
	ev->extfrag.alloc_migratetype = (int16_t)get_signed(b, EXT_ALLOC_TYPE, rec, swap);
	ev->extfrag.fallback_migratetype = (int16_t)get_signed(b, EXT_FALLBACK_TYPE, rec, swap);
	ev->extfrag.change_ownership = (int8_t)get(b, EXT_OWNED, rec, swap);
}

static void load_vmap(const struct binding *b, const uint8_t *rec, struct event *ev)
{
	bool swap = b->swap;

	ev->vmap.addr = get(b, VMAP_ADDR, rec, swap);
	ev->vmap.size = get(b, VMAP_SIZE, rec, swap);
	if (b->kind == EVENT_PURGE_VMAP_AREA_LAZY)
		ev->vmap.size -= ev->vmap.addr;
	ev->vmap.align = get(b, VMAP_ALIGN, rec, swap);
	ev->vmap.vstart = get(b, VMAP_START, rec, swap);
	ev->vmap.vend = get(b, VMAP_END, rec, swap);
	ev->vmap.n = get(b, VMAP_N, rec, swap);
	ev->vmap.failed = (int8_t)get(b, VMAP_FAILED, rec, swap);
}

static void load_compaction(const struct binding *b, const uint8_t *rec, struct event *ev)
{
	bool swap = b->swap;

	ev->compaction.start_pfn = get(b, COMP_START, rec, swap);
	ev->compaction.end_pfn = get(b, COMP_END, rec, swap);
	ev->compaction.migrate_pfn = get(b, COMP_MIGRATE, rec, swap);
	ev->compaction.free_pfn = get(b, COMP_FREE, rec, swap);
	ev->compaction.scanned = get(b, COMP_SCANNED, rec, swap);
	ev->compaction.taken = get(b, COMP_TAKEN, rec, swap);
	ev->compaction.sync = (int8_t)get_signed(b, COMP_SYNC, rec, swap);
	ev->compaction.status = (uint8_t)get(b, COMP_STATUS, rec, swap);
	ev->compaction.order = (int16_t)get_signed(b, COMP_ORDER, rec, swap);
}

static void load_reclaim(const struct binding *b, const uint8_t *rec, struct event *ev)
{
	bool swap = b->swap;

	ev->reclaim.nid = (int32_t)get_signed(b, REC_NID, rec, swap);
	ev->reclaim.order = (int16_t)get_signed(b, REC_ORDER, rec, swap);
	ev->reclaim.zid = (int16_t)get_signed(b, REC_ZID, rec, swap);
	ev->reclaim.gfp = gfpbits_get(b->gfp, get(b, REC_GFP, rec, swap));
	ev->reclaim.nr_reclaimed = get(b, REC_RECLAIMED, rec, swap);
}

static void load_rest(struct binding *b, const uint8_t *rec, uint32_t len, struct event *ev)
{
	bool swap = b->swap;
	uint32_t at;

	switch (b->payload) {
	case PAYLOAD_percpu:
		load_percpu(b, rec, ev);
		break;
	case PAYLOAD_extfrag:
		load_extfrag(b, rec, ev);
		break;
	case PAYLOAD_vmap:
		load_vmap(b, rec, ev);
		break;
	case PAYLOAD_probe:
		ev->probe.addr = get(b, PROBE_ADDR, rec, swap);
		ev->probe.size = get(b, PROBE_SIZE, rec, swap);
		ev->probe.pfn = get(b, PROBE_PFN, rec, swap);
		ev->probe.flags = get(b, PROBE_FLAGS, rec, swap);
		ev->probe.align = get(b, PROBE_ALIGN, rec, swap);
		break;
	case PAYLOAD_compaction:
		load_compaction(b, rec, ev);
		break;
	case PAYLOAD_reclaim:
		load_reclaim(b, rec, ev);
		break;
	default:
		at = b->f[PRINT_BUF].at;
		ev->print.text = (const char *)rec + (at < len ? at : len);
		ev->print.len = at < len ? (uint32_t)strnlen(ev->print.text, len - at) : 0;
	}
}

/* A body for each byte order, so that the usual one has no test for it. */
static inline __attribute__((always_inline)) void load(struct binding *b, const uint8_t *rec,
						       uint32_t len, struct event *ev,
						       struct intern *names, bool swap)
{
	if (b->payload == PAYLOAD_page)
		load_page(b, rec, ev, swap);
	else if (b->payload != PAYLOAD_object)
		load_rest(b, rec, len, ev);
	else if (b->is_free)
		load_free(b, rec, len, ev, names, swap);
	else
		load_object(b, rec, len, ev, names, swap);
}

static void load_plain(struct binding *b, const uint8_t *rec, uint32_t len, struct event *ev,
		       struct intern *names)
{
	load(b, rec, len, ev, names, false);
}

static void load_swapped(struct binding *b, const uint8_t *rec, uint32_t len, struct event *ev,
			 struct intern *names)
{
	load(b, rec, len, ev, names, true);
}

/* ---- events of today's kernels of 64 bits: no field is shifted, and which are there is known ---- */

static inline uint64_t get_word(const struct binding *b, unsigned i, const uint8_t *rec)
{
	return bytes_u64(rec + b->f[i].at, false);
}

static inline int32_t get_int(const struct binding *b, unsigned i, const uint8_t *rec)
{
	return (int32_t)bytes_u32(rec + b->f[i].at + 4, false);
}

static void load_page_alone(struct binding *b, const uint8_t *rec, uint32_t len, struct event *ev,
			    struct intern *names)
{
	(void)len;
	(void)names;
	ev->page.pfn = get_word(b, PAGE_PFN, rec);
	ev->page.gfp = 0;
	ev->page.order = ev->page.migratetype = -1;
	ev->page.percpu_refill = -1;
}

static void load_page_order(struct binding *b, const uint8_t *rec, uint32_t len, struct event *ev,
			    struct intern *names)
{
	load_page_alone(b, rec, len, ev, names);
	ev->page.order = (int16_t)get_int(b, PAGE_ORDER, rec);
}

static void load_page_alloc(struct binding *b, const uint8_t *rec, uint32_t len, struct event *ev,
			    struct intern *names)
{
	(void)len;
	(void)names;
	ev->page.pfn = get_word(b, PAGE_PFN, rec);
	ev->page.gfp = gfpbits_get(b->gfp, get_word(b, PAGE_GFP, rec));
	ev->page.order = (int16_t)get_int(b, PAGE_ORDER, rec);
	ev->page.migratetype = (int16_t)get_int(b, PAGE_TYPE, rec);
	ev->page.percpu_refill = -1;
}

static void load_object_alloc(struct binding *b, const uint8_t *rec, uint32_t len, struct event *ev,
			      struct intern *names)
{
	uint64_t site = get_word(b, OBJ_SITE, rec);

	ev->object.ptr = get_word(b, OBJ_PTR, rec);
	ev->object.call_site = site;
	ev->object.bytes_req = get_word(b, OBJ_REQ, rec);
	ev->object.bytes_alloc = get_word(b, OBJ_ALLOC, rec);
	ev->object.gfp = gfpbits_get(b->gfp, get_word(b, OBJ_GFP, rec));
	ev->object.node = get_int(b, OBJ_NODE, rec);
	ev->object.accounted = (int8_t)get(b, OBJ_ACCOUNTED, rec, false);
	ev->object.name = b->names ? load_name(b, rec, len, get_sure(b, OBJ_NAME, rec, false), site,
					       names) :
				     0;
}

static void load_object_free(struct binding *b, const uint8_t *rec, uint32_t len, struct event *ev,
			     struct intern *names)
{
	uint64_t site = get_word(b, OBJ_SITE, rec);

	ev->object.ptr = get_word(b, OBJ_PTR, rec);
	ev->object.call_site = site;
	ev->object.bytes_req = 0;
	ev->object.bytes_alloc = 0;
	ev->object.gfp = 0;
	ev->object.node = -1;
	ev->object.accounted = -1;
	ev->object.name = b->names ? load_name(b, rec, len, get_sure(b, OBJ_NAME, rec, false), site,
					       names) :
				     0;
}

/* Is the field so wide; 0: is there none? */
static bool is_wide(const struct binding *b, unsigned i, unsigned size)
{
	return b->f[i].size == size;
}

static bind_load_fn page_loader(const struct binding *b)
{
	bool typed = is_wide(b, PAGE_GFP, 8) && is_wide(b, PAGE_TYPE, 4);

	if (!is_wide(b, PAGE_PFN, 8) || !is_wide(b, PAGE_REFILL, 0))
		return load_plain;
	if (is_wide(b, PAGE_ORDER, 4) && typed)
		return load_page_alloc;
	if (!is_wide(b, PAGE_GFP, 0) || !is_wide(b, PAGE_TYPE, 0))
		return load_plain;
	if (is_wide(b, PAGE_ORDER, 4))
		return load_page_order;
	return is_wide(b, PAGE_ORDER, 0) ? load_page_alone : load_plain;
}

static bind_load_fn object_loader(const struct binding *b)
{
	if (!is_wide(b, OBJ_PTR, 8) || !is_wide(b, OBJ_SITE, 8))
		return load_plain;
	if (b->is_free)
		return load_object_free;
	return is_wide(b, OBJ_REQ, 8) && is_wide(b, OBJ_ALLOC, 8) && is_wide(b, OBJ_GFP, 8) &&
			       is_wide(b, OBJ_NODE, 4) ?
		       load_object_alloc :
		       load_plain;
}

bind_load_fn bind_loader(const struct binding *b)
{
	if (b->swap)
		return load_swapped;
	if (HOST_BIG_ENDIAN)
		return load_plain;
	return b->payload == PAYLOAD_page   ? page_loader(b) :
	       b->payload == PAYLOAD_object ? object_loader(b) :
					      load_plain;
}

uint64_t bind_raw_gfp(const struct binding *b, const uint8_t *rec)
{
	return get(b,
		   b->payload == PAYLOAD_page	? PAGE_GFP :
		   b->payload == PAYLOAD_percpu ? PER_GFP :
						  OBJ_GFP,
		   rec, b->swap);
}

uint64_t bind_raw_page(const struct binding *b, const uint8_t *rec)
{
	return get(b, PAGE_POINTER, rec, b->swap);
}
