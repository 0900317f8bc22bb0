// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "trace/bind.h"

#include <event-parse.h>
#include <stdlib.h>
#include <string.h>

#include "trace/bytes.h"

static const struct {
	const char *system, *name;
	uint8_t payload;
} kinds[EVENT_KIND_COUNT] = { [EVENT_OTHER] = { NULL, "other", 0 },
#define X(kind, system, name, payload) [EVENT_##kind] = { system, name, PAYLOAD_##payload },
			      EVENT_KINDS(X)
#undef X
};

const char *event_kind_name(enum event_kind kind)
{
	return kind < EVENT_KIND_COUNT ? kinds[kind].name : "other";
}

const char *event_kind_system(enum event_kind kind)
{
	return kind < EVENT_KIND_COUNT && kinds[kind].system ? kinds[kind].system : "unknown";
}

unsigned bind_payload(enum event_kind kind)
{
	return kind < EVENT_KIND_COUNT ? kinds[kind].payload : 0;
}

/* Fields by payload, by the names that kernels gave them; '|' separates alternatives. */
static const char *const fields[PAYLOADS][BIND_FIELDS] = {
	[PAYLOAD_page] = { "pfn", "order", "gfp_flags", "migratetype", "percpu_refill", "page" },
	[PAYLOAD_extfrag] = { "pfn", "alloc_order", "fallback_order", "alloc_migratetype",
			      "fallback_migratetype", "change_ownership", "page" },
	[PAYLOAD_object] = { "ptr", "call_site", "bytes_req", "bytes_alloc", "gfp_flags", "node",
			     "name", "accounted" },
	[PAYLOAD_percpu] = { "call_site", "size", "align", "base_addr", "ptr", "bytes_alloc", "off",
			     "gfp_flags", "reserved", "is_atomic" },
	[PAYLOAD_vmap] = { "addr|va_start|start", "size|end", "align", "vstart", "vend",
			   "nr_lazy|npurged", "failed" },
	[PAYLOAD_probe] = { "addr|page|vaddr|ret", "size", "pfn", "flags|prot", "align" },
	[PAYLOAD_compaction] = { "start_pfn|zone_start", "end_pfn|zone_end", "migrate_pfn",
				 "free_pfn", "nr_scanned|nr_failed", "nr_taken|nr_migrated", "sync",
				 "status", "order" },
	[PAYLOAD_reclaim] = { "nid", "order", "zid", "gfp_flags|gfp_mask", "nr_reclaimed" },
	[PAYLOAD_print] = { "buf" },
};

/* Values of fields that the capture does not have, where not 0. */
static const struct {
	uint8_t payload, field;
	int32_t value;
} absent[] = {
	{ PAYLOAD_page, PAGE_PFN, -1 },	       { PAYLOAD_page, PAGE_ORDER, -1 },
	{ PAYLOAD_page, PAGE_TYPE, -1 },       { PAYLOAD_page, PAGE_REFILL, -1 },
	{ PAYLOAD_extfrag, EXT_OWNED, -1 },    { PAYLOAD_object, OBJ_NODE, -1 },
	{ PAYLOAD_object, OBJ_ACCOUNTED, -1 }, { PAYLOAD_percpu, PER_RESERVED, -1 },
	{ PAYLOAD_percpu, PER_ATOMIC, -1 },    { PAYLOAD_vmap, VMAP_FAILED, -1 },
	{ PAYLOAD_probe, PROBE_PFN, -1 },      { PAYLOAD_reclaim, REC_NID, -1 },
};

const char *const *bind_field_names(unsigned payload)
{
	return fields[payload];
}

int32_t bind_absent(unsigned payload, unsigned field)
{
	for (unsigned i = 0; i < sizeof(absent) / sizeof(*absent); i++)
		if (absent[i].payload == payload && absent[i].field == field)
			return absent[i].value;
	return 0;
}

#define F(field) (1u << (field))

/* Fields without which an event of this kind says nothing. */
uint32_t bind_needed(enum event_kind kind)
{
	switch (kind) {
	case EVENT_MM_PAGE_ALLOC_EXTFRAG:
		return F(EXT_ALLOC_ORDER) | F(EXT_FALLBACK_ORDER) | F(EXT_ALLOC_TYPE) |
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
	/* A capture describes some thousand events, and most differ in their second letter at the latest. */
	if (!name[0])
		return EVENT_OTHER;
	for (unsigned k = 1; k < EVENT_KIND_COUNT; k++)
		if (kinds[k].name[0] == name[0] && kinds[k].name[1] == name[1] &&
		    !strcmp(kinds[k].name, name) &&
		    (!kinds[k].system || !strcmp(kinds[k].system, system)))
			return (enum event_kind)k;
	/* The names before 3.3. */
	if (!strcmp(system, "kmem") && !strcmp(name, "mm_page_free_direct"))
		return EVENT_MM_PAGE_FREE;
	if (!strcmp(system, "kmem") && !strcmp(name, "mm_pagevec_free"))
		return EVENT_MM_PAGE_FREE_BATCHED;
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
		b->f[i] = (struct bind_field){ .at = (uint16_t)(end - 8),
					       .shift = (uint8_t)(64 - 8 * f->size),
					       .size = (uint8_t)f->size,
					       .mask = UINT64_MAX };
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

static bool bind_kind(struct binding *b, enum event_kind kind, const struct tep_event *te,
		      const char *text, uint32_t len, bool swap)
{
	uint32_t need = bind_needed(kind);

	b->kind = kind;
	b->payload = kinds[kind].payload;
	b->swap = swap;
	b->is_free = kind == EVENT_KFREE || kind == EVENT_KMEM_CACHE_FREE;
	b->need = 8; /* the common header; see bind.h */
	bind_fields(b, te);
	for (unsigned i = 0; i < BIND_FIELDS; i++)
		if (need & F(i) && !has(b, i))
			return false;
	if (b->payload == PAYLOAD_extfrag) {
		b->pfn_is_pointer = !has(b, EXT_PFN);
		if (b->pfn_is_pointer && !has(b, EXT_POINTER))
			return false;
	}
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
	b->load = bind_loader(b);
	return true;
}

bool bind_event(struct binding *b, const struct tep_event *te, const char *text, uint32_t len,
		bool swap)
{
	enum event_kind kind = kind_of(te->system, te->name);

	memset(b, 0, sizeof(*b));
	if (kind == EVENT_OTHER)
		return false;
	if (bind_kind(b, kind, te, text, len, swap))
		return true;
	/* A format that lacks what its event must have is that of something else. */
	bind_free(b);
	memset(b, 0, sizeof(*b));
	return false;
}

void bind_free(struct binding *b)
{
	free(b->gfp);
	free(b->names);
	b->gfp = NULL;
	b->names = NULL;
}
