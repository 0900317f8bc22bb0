// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/bind.h"

#include <event-parse.h>
#include <stdlib.h>

#include "trace/reader.h"

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

/* Number of leading fields without which a payload says nothing. */
static const uint8_t needed[PAYLOADS] = { [PAYLOAD_extfrag] = 5, [PAYLOAD_object] = 1, [PAYLOAD_percpu] = 0,
					  [PAYLOAD_vmap] = 1, [PAYLOAD_print] = 1 };

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

bool trace_wants(const char *system, const char *name)
{
	return kind_of(system, name) != EVENT_OTHER;
}

bool bind_event(struct binding *b, const struct tep_event *te, const char *text, uint32_t len, bool swap)
{
	enum event_kind kind = kind_of(te->system, te->name);
	const char *const *names;

	memset(b, 0, sizeof(*b));
	if (kind == EVENT_OTHER)
		return false;
	b->kind = kind;
	b->payload = kinds[kind].payload;
	b->swap = swap;
	names = fields[b->payload];
	for (unsigned i = 0; i < BIND_FIELDS && names[i]; i++) {
		struct tep_format_field *f = find(te, names[i]);

		if (!f || f->offset < 0 || f->offset > 60000)
			continue;
		if (b->payload == PAYLOAD_print) {
			b->f[i] = (struct bind_field){ (uint16_t)f->offset, 1, false };
		} else if (f->size == 1 || f->size == 2 || f->size == 4 || f->size == 8) {
			b->f[i] = (struct bind_field){ (uint16_t)f->offset, (uint8_t)f->size,
						       f->flags & TEP_FIELD_IS_SIGNED };
			if (b->need < f->offset + f->size)
				b->need = (uint16_t)(f->offset + f->size);
		}
	}
	for (unsigned i = 0; i < needed[b->payload]; i++)
		if (!bind_has(b, i))
			return false;
	if (b->payload == PAYLOAD_page) {
		b->pfn_is_pointer = !bind_has(b, PAGE_PFN);
		if (b->pfn_is_pointer && !bind_has(b, PAGE_POINTER))
			return false;
	}
	if (b->payload <= PAYLOAD_object || b->payload == PAYLOAD_percpu || b->payload == PAYLOAD_reclaim) {
		b->gfp = malloc(sizeof(*b->gfp));
		if (!b->gfp)
			return false;
		gfpbits_parse(b->gfp, text, len);
	}
	if (b->payload == PAYLOAD_object && bind_has(b, OBJ_NAME)) {
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

/* A __data_loc: offset in the low half, length (with its NUL) in the high half. */
static uint32_t load_name(struct binding *b, const uint8_t *rec, uint32_t len, uint64_t site,
			  struct intern *names)
{
	uint32_t loc = (uint32_t)bind_get(b, OBJ_NAME, rec), at = loc & 0xffff, n = loc >> 16;
	uint32_t memo = (uint32_t)(site ^ site >> 8) & (BIND_NAMES - 1);
	const char *s = (const char *)rec + at;

	if (at >= len || n > len - at || n < 2)
		return 0;
	if (b->names[memo].site == site && b->names[memo].len == n - 1) {
		const char *have = intern_str(names, b->names[memo].name);

		if (!memcmp(have, s, n - 1))
			return b->names[memo].name;
	}
	n = (uint32_t)strnlen(s, n);
	b->names[memo].name = intern_add(names, s, n);
	if (b->names[memo].name == UINT32_MAX)
		return 0;
	b->names[memo].site = n < 255 ? site : 0;
	b->names[memo].len = (uint8_t)n;
	return b->names[memo].name;
}

static void load_page(struct binding *b, const uint8_t *rec, struct event *ev)
{
	uint64_t pfn = bind_get(b, PAGE_PFN, rec);

	if (b->pfn_is_pointer)
		pfn = EVENT_NO_PFN;
	else if (b->f[PAGE_PFN].size == 4 && pfn == UINT32_MAX)
		pfn = EVENT_NO_PFN; /* -1UL of a 32-bit kernel */
	ev->page.pfn = pfn;
	ev->page.order = bind_has(b, PAGE_ORDER) ? (int16_t)bind_get(b, PAGE_ORDER, rec) : -1;
	ev->page.gfp = bind_has(b, PAGE_GFP) ? gfpbits_get(b->gfp, bind_get(b, PAGE_GFP, rec)) : 0;
	ev->page.migratetype = bind_has(b, PAGE_TYPE) ? (int16_t)bind_get(b, PAGE_TYPE, rec) : -1;
	ev->page.percpu_refill = bind_has(b, PAGE_REFILL) ? (int8_t)bind_get(b, PAGE_REFILL, rec) : -1;
}

static void load_object(struct binding *b, const uint8_t *rec, uint32_t len, struct event *ev,
			struct intern *names)
{
	ev->object.ptr = bind_get(b, OBJ_PTR, rec);
	ev->object.call_site = bind_get(b, OBJ_SITE, rec);
	ev->object.bytes_req = bind_get(b, OBJ_REQ, rec);
	ev->object.bytes_alloc = bind_get(b, OBJ_ALLOC, rec);
	ev->object.gfp = bind_has(b, OBJ_GFP) ? gfpbits_get(b->gfp, bind_get(b, OBJ_GFP, rec)) : 0;
	ev->object.node = bind_has(b, OBJ_NODE) ? (int32_t)bind_get(b, OBJ_NODE, rec) : -1;
	ev->object.accounted = bind_has(b, OBJ_ACCOUNTED) ? bind_get(b, OBJ_ACCOUNTED, rec) != 0 : -1;
	ev->object.name = b->names ? load_name(b, rec, len, ev->object.call_site, names) : 0;
}

static void load_percpu(struct binding *b, const uint8_t *rec, struct event *ev)
{
	ev->percpu.call_site = bind_get(b, PER_SITE, rec);
	ev->percpu.size = bind_get(b, PER_SIZE, rec);
	ev->percpu.align = bind_get(b, PER_ALIGN, rec);
	ev->percpu.base_addr = bind_get(b, PER_BASE, rec);
	ev->percpu.ptr = bind_get(b, PER_PTR, rec);
	ev->percpu.bytes_alloc = bind_get(b, PER_BYTES, rec);
	ev->percpu.off = (int32_t)bind_get(b, PER_OFF, rec);
	ev->percpu.gfp = bind_has(b, PER_GFP) ? gfpbits_get(b->gfp, bind_get(b, PER_GFP, rec)) : 0;
	ev->percpu.reserved = bind_has(b, PER_RESERVED) ? bind_get(b, PER_RESERVED, rec) != 0 : -1;
	ev->percpu.is_atomic = bind_has(b, PER_ATOMIC) ? bind_get(b, PER_ATOMIC, rec) != 0 : -1;
}

static void load_rest(struct binding *b, const uint8_t *rec, uint32_t len, struct event *ev)
{
	uint32_t at;

	switch (b->payload) {
	case PAYLOAD_extfrag:
		ev->extfrag.pfn = bind_get(b, EXT_PFN, rec);
		ev->extfrag.alloc_order = (int16_t)bind_get(b, EXT_ALLOC_ORDER, rec);
		ev->extfrag.fallback_order = (int16_t)bind_get(b, EXT_FALLBACK_ORDER, rec);
		ev->extfrag.alloc_migratetype = (int16_t)bind_get(b, EXT_ALLOC_TYPE, rec);
		ev->extfrag.fallback_migratetype = (int16_t)bind_get(b, EXT_FALLBACK_TYPE, rec);
		ev->extfrag.change_ownership = bind_has(b, EXT_OWNED) ? bind_get(b, EXT_OWNED, rec) != 0 : -1;
		break;
	case PAYLOAD_vmap:
		ev->vmap.addr = bind_get(b, VMAP_ADDR, rec);
		ev->vmap.size = bind_get(b, VMAP_SIZE, rec);
		if (ev->kind == EVENT_PURGE_VMAP_AREA_LAZY)
			ev->vmap.size -= ev->vmap.addr;
		ev->vmap.align = bind_get(b, VMAP_ALIGN, rec);
		ev->vmap.vstart = bind_get(b, VMAP_START, rec);
		ev->vmap.vend = bind_get(b, VMAP_END, rec);
		ev->vmap.n = bind_get(b, VMAP_N, rec);
		ev->vmap.failed = bind_has(b, VMAP_FAILED) ? bind_get(b, VMAP_FAILED, rec) != 0 : -1;
		break;
	case PAYLOAD_probe:
		ev->probe.addr = bind_get(b, PROBE_ADDR, rec);
		ev->probe.size = bind_get(b, PROBE_SIZE, rec);
		ev->probe.pfn = bind_has(b, PROBE_PFN) ? bind_get(b, PROBE_PFN, rec) : EVENT_NO_PFN;
		ev->probe.flags = bind_get(b, PROBE_FLAGS, rec);
		break;
	case PAYLOAD_compaction:
		ev->compaction.start_pfn = bind_get(b, COMP_START, rec);
		ev->compaction.end_pfn = bind_get(b, COMP_END, rec);
		ev->compaction.migrate_pfn = bind_get(b, COMP_MIGRATE, rec);
		ev->compaction.free_pfn = bind_get(b, COMP_FREE, rec);
		ev->compaction.scanned = bind_get(b, COMP_SCANNED, rec);
		ev->compaction.taken = bind_get(b, COMP_TAKEN, rec);
		ev->compaction.sync = (int8_t)bind_get(b, COMP_SYNC, rec);
		ev->compaction.status = (uint8_t)bind_get(b, COMP_STATUS, rec);
		break;
	case PAYLOAD_reclaim:
		ev->reclaim.nid = bind_has(b, REC_NID) ? (int32_t)bind_get(b, REC_NID, rec) : -1;
		ev->reclaim.order = (int16_t)bind_get(b, REC_ORDER, rec);
		ev->reclaim.zid = (int16_t)bind_get(b, REC_ZID, rec);
		ev->reclaim.gfp = bind_has(b, REC_GFP) ? gfpbits_get(b->gfp, bind_get(b, REC_GFP, rec)) : 0;
		ev->reclaim.nr_reclaimed = bind_get(b, REC_RECLAIMED, rec);
		break;
	default:
		at = b->f[PRINT_BUF].offset;
		ev->print.text = (const char *)rec + (at < len ? at : len);
		ev->print.len = at < len ? (uint32_t)strnlen(ev->print.text, len - at) : 0;
	}
}

bool bind_load(struct binding *b, const uint8_t *rec, uint32_t len, struct event *ev, struct intern *names)
{
	if (len < b->need)
		return false;
	ev->kind = (uint16_t)b->kind;
	if (b->payload == PAYLOAD_page)
		load_page(b, rec, ev);
	else if (b->payload == PAYLOAD_object)
		load_object(b, rec, len, ev, names);
	else if (b->payload == PAYLOAD_percpu)
		load_percpu(b, rec, ev);
	else
		load_rest(b, rec, len, ev);
	return true;
}
