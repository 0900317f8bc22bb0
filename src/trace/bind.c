// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "trace/bind.h"

#include <event-parse.h>
#include <stdlib.h>
#include <string.h>

#include "trace/bytes.h"

enum bind_payload {
	PAYLOAD_page,
	PAYLOAD_extfrag,
	PAYLOAD_object,
	PAYLOAD_percpu,
	PAYLOAD_vmap,
	PAYLOAD_probe,
	PAYLOAD_compaction,
	PAYLOAD_reclaim,
	PAYLOAD_print,
	PAYLOADS,
};

static const struct {
	const char *system, *name;
	uint8_t payload;
} kinds[EVENT_KIND_COUNT] = {
	[EVENT_OTHER] = { NULL, "other", 0 },
#define X(kind, system, name, payload) [EVENT_##kind] = { system, name, PAYLOAD_##payload },
	EVENT_KINDS(X)
#undef X
};

const char *event_kind_name(enum event_kind kind)
{
	return kind < EVENT_KIND_COUNT ? kinds[kind].name : "other";
}

/* Fields by payload, by the names that kernels gave them; '|' separates alternatives. */
enum { PAGE_PFN, PAGE_ORDER, PAGE_GFP, PAGE_TYPE, PAGE_REFILL, PAGE_POINTER };
enum { EXT_PFN, EXT_ALLOC_ORDER, EXT_FALLBACK_ORDER, EXT_ALLOC_TYPE, EXT_FALLBACK_TYPE, EXT_OWNED };
enum { OBJ_PTR, OBJ_SITE, OBJ_REQ, OBJ_ALLOC, OBJ_GFP, OBJ_NODE, OBJ_NAME, OBJ_ACCOUNTED };
enum { PER_SITE, PER_SIZE, PER_ALIGN, PER_BASE, PER_PTR, PER_BYTES, PER_OFF, PER_GFP, PER_RESERVED, PER_ATOMIC };
enum { VMAP_ADDR, VMAP_SIZE, VMAP_ALIGN, VMAP_START, VMAP_END, VMAP_N, VMAP_FAILED };
enum { PROBE_ADDR, PROBE_SIZE, PROBE_PFN, PROBE_FLAGS };
enum { COMP_START, COMP_END, COMP_MIGRATE, COMP_FREE, COMP_SCANNED, COMP_TAKEN, COMP_SYNC, COMP_STATUS };
enum { REC_NID, REC_ORDER, REC_ZID, REC_GFP, REC_RECLAIMED };
enum { PRINT_BUF };

static const char *const fields[PAYLOADS][BIND_FIELDS] = {
	[PAYLOAD_page] = { "pfn", "order", "gfp_flags", "migratetype", "percpu_refill", "page" },
	[PAYLOAD_extfrag] = { "pfn", "alloc_order", "fallback_order", "alloc_migratetype", "fallback_migratetype",
			      "change_ownership" },
	[PAYLOAD_object] = { "ptr", "call_site", "bytes_req", "bytes_alloc", "gfp_flags", "node", "name",
			     "accounted" },
	[PAYLOAD_percpu] = { "call_site", "size", "align", "base_addr", "ptr", "bytes_alloc", "off", "gfp_flags",
			     "reserved", "is_atomic" },
	[PAYLOAD_vmap] = { "addr|va_start|start", "size|end", "align", "vstart", "vend", "nr_lazy|npurged",
			   "failed" },
	[PAYLOAD_probe] = { "addr|page|vaddr|ret", "size", "pfn", "flags|prot" },
	[PAYLOAD_compaction] = { "start_pfn|zone_start", "end_pfn|zone_end", "migrate_pfn", "free_pfn",
				 "nr_scanned|nr_failed", "nr_taken|nr_migrated", "sync", "status" },
	[PAYLOAD_reclaim] = { "nid", "order", "zid", "gfp_flags", "nr_reclaimed" },
	[PAYLOAD_print] = { "buf" },
};

/* Values of fields that the capture does not have, where not 0. */
static const struct {
	uint8_t payload, field;
	int32_t value;
} absent[] = {
	{ PAYLOAD_page, PAGE_PFN, -1 },	      { PAYLOAD_page, PAGE_ORDER, -1 },
	{ PAYLOAD_page, PAGE_TYPE, -1 },      { PAYLOAD_page, PAGE_REFILL, -1 },
	{ PAYLOAD_extfrag, EXT_OWNED, -1 },   { PAYLOAD_object, OBJ_NODE, -1 },
	{ PAYLOAD_object, OBJ_ACCOUNTED, -1 }, { PAYLOAD_percpu, PER_RESERVED, -1 },
	{ PAYLOAD_percpu, PER_ATOMIC, -1 },   { PAYLOAD_vmap, VMAP_FAILED, -1 },
	{ PAYLOAD_probe, PROBE_PFN, -1 },     { PAYLOAD_reclaim, REC_NID, -1 },
};

#define F(field) (1u << (field))

/* Fields without which an event of this kind says nothing. */
static uint32_t needed(enum event_kind kind)
{
	switch (kind) {
	case EVENT_MM_PAGE_ALLOC_EXTFRAG:
		return F(EXT_PFN) | F(EXT_ALLOC_ORDER) | F(EXT_FALLBACK_ORDER) | F(EXT_ALLOC_TYPE) |
		       F(EXT_FALLBACK_TYPE);
	case EVENT_KMALLOC:
	case EVENT_KMALLOC_NODE:
	case EVENT_KMEM_CACHE_ALLOC:
	case EVENT_KMEM_CACHE_ALLOC_NODE:
		return F(OBJ_PTR) | F(OBJ_ALLOC);
	case EVENT_KFREE:
	case EVENT_KMEM_CACHE_FREE:
		return F(OBJ_PTR);
	case EVENT_PERCPU_ALLOC_PERCPU:
		return F(PER_PTR) | F(PER_SIZE);
	case EVENT_PERCPU_FREE_PERCPU:
		return F(PER_PTR);
	case EVENT_ALLOC_VMAP_AREA:
		return F(VMAP_ADDR) | F(VMAP_SIZE);
	case EVENT_FREE_VMAP_AREA_NOFLUSH:
		return F(VMAP_ADDR);
	case EVENT_VMALLOC_RANGE:
		return F(PROBE_SIZE);
	case EVENT_KMAP_LOCAL_PFN:
		return F(PROBE_PFN);
	case EVENT_VMALLOC_RANGE_RET:
	case EVENT_VFREE:
	case EVENT_VFREE_ATOMIC:
	case EVENT_VUNMAP:
	case EVENT_VMAP_RET:
	case EVENT_REMOVE_VM_AREA:
	case EVENT_KMAP_HIGH:
	case EVENT_KMAP_HIGH_RET:
	case EVENT_KUNMAP_HIGH:
	case EVENT_KMAP_LOCAL:
	case EVENT_KMAP_LOCAL_RET:
	case EVENT_KMAP_LOCAL_PFN_RET:
	case EVENT_KUNMAP_LOCAL:
		return F(PROBE_ADDR);
	case EVENT_PRINT:
		return F(PRINT_BUF);
	default:
		return 0;
	}
}

static struct tep_format_field *find(const struct tep_event *te, const char *names)
{
	char name[64];

	while (*names) {
		size_t len = strcspn(names, "|");
		struct tep_format_field *f;

		memcpy(name, names, len);
		name[len] = '\0';
		f = tep_find_field((struct tep_event *)te, name);
		if (f)
			return f;
		names += len + (names[len] == '|');
	}
	return NULL;
}

static enum event_kind kind_of(const char *system, const char *name)
{
	for (unsigned k = 1; k < EVENT_KIND_COUNT; k++)
		if (!strcmp(kinds[k].name, name) && (!kinds[k].system || !strcmp(kinds[k].system, system)))
			return (enum event_kind)k;
	/* Before 3.3 the page frees bore other names, and a pagevec's page gave only the second. */
	if (!strcmp(system, "kmem") &&
	    (!strcmp(name, "mm_page_free_direct") || !strcmp(name, "mm_pagevec_free")))
		return EVENT_MM_PAGE_FREE;
	return EVENT_OTHER;
}

bool bind_wants(const char *system, const char *name)
{
	return kind_of(system, name) != EVENT_OTHER;
}

static void bind_fields(struct binding *b, const struct tep_event *te)
{
	const char *const *names = fields[b->payload];

	for (unsigned i = 0; i < BIND_FIELDS && names[i]; i++) {
		struct tep_format_field *f = find(te, names[i]);
		unsigned end;

		if (!f || f->offset < 8 || f->offset > 60000)
			continue;
		if (b->payload == PAYLOAD_print) {
			/* An array: its place alone is wanted. */
			b->f[i] = (struct bind_field){ .at = (uint16_t)f->offset, .size = 1 };
			continue;
		}
		if (f->size != 1 && f->size != 2 && f->size != 4 && f->size != 8)
			continue;
		end = (unsigned)(f->offset + f->size);
		b->f[i] = (struct bind_field){ .at = (uint16_t)(end - 8), .shift = (uint8_t)(64 - 8 * f->size),
					       .size = (uint8_t)f->size, .mask = UINT64_MAX };
		if (b->need < end)
			b->need = (uint16_t)end;
	}
	for (unsigned i = 0; i < sizeof(absent) / sizeof(*absent); i++)
		if (absent[i].payload == b->payload && !b->f[absent[i].field].size)
			b->f[absent[i].field].absent = absent[i].value;
}

static bool has(const struct binding *b, unsigned i)
{
	return b->f[i].size != 0;
}

bool bind_event(struct binding *b, const struct tep_event *te, const char *text, uint32_t len, bool swap)
{
	enum event_kind kind = kind_of(te->system, te->name);
	uint32_t need = needed(kind);

	memset(b, 0, sizeof(*b));
	if (kind == EVENT_OTHER)
		return false;
	b->kind = kind;
	b->payload = kinds[kind].payload;
	b->swap = swap;
	b->is_free = kind == EVENT_KFREE || kind == EVENT_KMEM_CACHE_FREE;
	b->need = 8; /* the common header; see bind.h */
	bind_fields(b, te);
	for (unsigned i = 0; i < BIND_FIELDS; i++)
		if (need & F(i) && !has(b, i))
			return false;
	if (b->payload == PAYLOAD_page) {
		b->pfn_is_pointer = !has(b, PAGE_PFN);
		if (b->pfn_is_pointer && !has(b, PAGE_POINTER))
			return false;
		b->no_pfn = b->f[PAGE_PFN].size == 4 ? UINT32_MAX : UINT64_MAX;
	}
	b->pfn_decimal = memmem(text, len, "pfn=%lu", 7) != NULL;
	b->says_accounted = b->payload == PAYLOAD_object && !has(b, OBJ_ACCOUNTED) &&
			    memmem(text, len, "accounted=", 10) != NULL;
	b->gfp = malloc(sizeof(*b->gfp));
	if (!b->gfp)
		return false;
	gfpbits_parse(b->gfp, text, len);
	if (b->payload == PAYLOAD_object && has(b, OBJ_NAME)) {
		b->names = calloc(BIND_NAMES, sizeof(*b->names));
		if (!b->names)
			return false;
	}
	return true;
}

void bind_free(struct binding *b)
{
	free(b->gfp);
	free(b->names);
	b->gfp = NULL;
	b->names = NULL;
}

/* ---- loads ---- */

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

static inline bool same_bytes(const char *a, const char *b, uint32_t n)
{
	uint64_t x, y;

	if (n < 8) {
		while (n--)
			if (a[n] != b[n])
				return false;
		return true;
	}
	for (uint32_t i = 0; i + 8 <= n; i += 8) {
		memcpy(&x, a + i, 8);
		memcpy(&y, b + i, 8);
		if (x != y)
			return false;
	}
	memcpy(&x, a + n - 8, 8);
	memcpy(&y, b + n - 8, 8);
	return x == y;
}

/* A __data_loc: offset in the low half, length (with its NUL) in the high half. */
static inline uint32_t load_name(struct binding *b, const uint8_t *rec, uint32_t len, uint64_t loc, uint64_t site,
				 struct intern *names)
{
	uint32_t at = loc & 0xffff, n = (uint32_t)loc >> 16;
	const char *s = (const char *)rec + at;
	struct bind_name *memo;
	uint32_t id;

	if (at >= len || n > len - at || n < 2)
		return 0;
	/* Some sites free for many caches. */
	memo = &b->names[(site ^ site >> 8 ^ n * 37 ^ (uint32_t)s[0] * 11) & (BIND_NAMES - 1)];
	if (memo->len == n && memo->site == site && same_bytes(memo->text, s, n))
		return memo->id;
	id = intern_add(names, s, strnlen(s, n));
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

static inline void load_page(struct binding *b, const uint8_t *rec, struct event *ev, bool swap)
{
	uint64_t pfn = get(b, PAGE_PFN, rec, swap);

	ev->page.pfn = pfn == b->no_pfn ? EVENT_NO_PFN : pfn;
	ev->page.order = (int16_t)get_signed(b, PAGE_ORDER, rec, swap);
	ev->page.gfp = gfpbits_get(b->gfp, get(b, PAGE_GFP, rec, swap));
	ev->page.migratetype = (int16_t)get_signed(b, PAGE_TYPE, rec, swap);
	ev->page.percpu_refill = (int8_t)get(b, PAGE_REFILL, rec, swap);
}

static inline void load_object(struct binding *b, const uint8_t *rec, uint32_t len, struct event *ev,
			       struct intern *names, bool swap)
{
	ev->object.ptr = get_sure(b, OBJ_PTR, rec, swap);
	ev->object.call_site = get(b, OBJ_SITE, rec, swap);
	ev->object.bytes_req = get(b, OBJ_REQ, rec, swap);
	ev->object.bytes_alloc = get(b, OBJ_ALLOC, rec, swap);
	ev->object.gfp = gfpbits_get(b->gfp, get(b, OBJ_GFP, rec, swap));
	ev->object.node = (int32_t)get_signed(b, OBJ_NODE, rec, swap);
	ev->object.accounted = (int8_t)get(b, OBJ_ACCOUNTED, rec, swap);
	ev->object.name = b->names ? load_name(b, rec, len, get_sure(b, OBJ_NAME, rec, swap), ev->object.call_site,
					       names) : 0;
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
	ev->object.name = b->names ? load_name(b, rec, len, get_sure(b, OBJ_NAME, rec, swap), ev->object.call_site,
					       names) : 0;
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

	ev->extfrag.pfn = get_sure(b, EXT_PFN, rec, swap);
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
static inline __attribute__((always_inline)) void load(struct binding *b, const uint8_t *rec, uint32_t len,
							struct event *ev, struct intern *names, bool swap)
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

static __attribute__((noinline)) void load_swapped(struct binding *b, const uint8_t *rec, uint32_t len,
						   struct event *ev, struct intern *names)
{
	load(b, rec, len, ev, names, true);
}

bool bind_load(struct binding *b, const uint8_t *rec, uint32_t len, struct event *ev, struct intern *names)
{
	if (__builtin_expect(len < b->need, 0)) {
		ev->kind = EVENT_OTHER;
		return false;
	}
	ev->kind = (uint16_t)b->kind;
	if (__builtin_expect(b->swap, 0))
		load_swapped(b, rec, len, ev, names);
	else
		load(b, rec, len, ev, names, false);
	return true;
}

uint64_t bind_raw_gfp(const struct binding *b, const uint8_t *rec)
{
	return get(b, b->payload == PAYLOAD_page ? PAGE_GFP : b->payload == PAYLOAD_percpu ? PER_GFP : OBJ_GFP, rec,
		   b->swap);
}
