/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bind: where the fields of each event stand in its records, looked up once by
 * name in the capture's own format descriptions (through libtraceevent), and
 * the loads that fill a struct event from them.
 *
 * A load has no branches, so that its cost does not hang on the layout: eight
 * bytes that end where the field does (every field stands behind the eight of
 * the common header), shifted down to its width.
 */
#ifndef TRACE_BIND_H
#define TRACE_BIND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/intern.h"
#include "trace/event.h"
#include "trace/gfpbits.h"
#include "trace/pageptr.h"

struct tep_event;

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

/* Places of the fields in binding.f, by payload. */
enum bind_page { PAGE_PFN, PAGE_ORDER, PAGE_GFP, PAGE_TYPE, PAGE_REFILL, PAGE_POINTER };
enum bind_extfrag {
	EXT_PFN,
	EXT_ALLOC_ORDER,
	EXT_FALLBACK_ORDER,
	EXT_ALLOC_TYPE,
	EXT_FALLBACK_TYPE,
	EXT_OWNED,
	EXT_POINTER,
};
enum bind_object {
	OBJ_PTR,
	OBJ_SITE,
	OBJ_REQ,
	OBJ_ALLOC,
	OBJ_GFP,
	OBJ_NODE,
	OBJ_NAME,
	OBJ_ACCOUNTED
};
enum bind_percpu {
	PER_SITE,
	PER_SIZE,
	PER_ALIGN,
	PER_BASE,
	PER_PTR,
	PER_BYTES,
	PER_OFF,
	PER_GFP,
	PER_RESERVED,
	PER_ATOMIC,
};
enum bind_vmap { VMAP_ADDR, VMAP_SIZE, VMAP_ALIGN, VMAP_START, VMAP_END, VMAP_N, VMAP_FAILED };
enum bind_probe { PROBE_ADDR, PROBE_SIZE, PROBE_PFN, PROBE_FLAGS, PROBE_ALIGN };
enum bind_compaction {
	COMP_START,
	COMP_END,
	COMP_MIGRATE,
	COMP_FREE,
	COMP_SCANNED,
	COMP_TAKEN,
	COMP_SYNC,
	COMP_STATUS,
	COMP_ORDER,
};
enum bind_reclaim { REC_NID, REC_ORDER, REC_ZID, REC_GFP, REC_RECLAIMED };
enum bind_print { PRINT_BUF };

struct bind_field {
	uint16_t at;	/* where the eight bytes begin */
	uint8_t shift;	/* 64 less the field's bits */
	uint8_t size;	/* 0: the capture has no such field */
	int32_t absent; /* then its value */
	uint64_t mask;	/* all ones, or 0 where there is no such field */
};

#define BIND_FIELDS 12
#define BIND_NAMES 256 /* a power of two */

/* The name of the last object that was seen from a call site, so that most names need no hashing. */
struct bind_name {
	uint64_t site;
	uint32_t id;
	uint32_t len; /* with its NUL; 0 unused */
	char text[48];
};

/* Fill a payload from a record that is long enough. */
struct binding;
typedef void (*bind_load_fn)(struct binding *b, const uint8_t *rec, uint32_t len, struct event *ev,
			     struct intern *names);

struct binding {
	enum event_kind kind;
	uint8_t payload;   /* enum bind_payload */
	uint16_t need;	   /* bytes that a record must have */
	bind_load_fn load; /* made for where the fields stand */
	bool swap;
	bool is_free;	     /* kfree, kmem_cache_free */
	bool pfn_is_pointer; /* before 4.1: a struct page pointer; there is no pfn but by `pages` */
	bool says_accounted; /* the print format works it out from gfp_flags */
	bool pfn_decimal;    /* as the print format shows it, to 5.10 */
	uint64_t no_pfn;     /* -1UL of the traced kernel */
	struct bind_field f[BIND_FIELDS];
	struct pageptr pages;
	struct gfpbits *gfp;
	struct bind_name *names;
};

/*
 * Bind an event that libtraceevent has parsed.  text: its whole format text, for
 * the flag names.  False: it is of no kind here, or lacks a field its payload
 * cannot do without; it will be EVENT_OTHER.
 */
bool bind_event(struct binding *b, const struct tep_event *te, const char *text, uint32_t len,
		bool swap);
void bind_free(struct binding *b);
/* Is this event one of EVENT_KINDS, under today's name or an old one? */
bool bind_wants(const char *system, const char *name);
/* The payload of a kind; and the names of a payload's fields, alternatives parted by '|'. */
unsigned bind_payload(enum event_kind kind);
const char *const *bind_field_names(unsigned payload);
/* The value of a field that the capture does not have. */
int32_t bind_absent(unsigned payload, unsigned field);
/* A set of bits 1 << field: without these an event of the kind says nothing. */
uint32_t bind_needed(enum event_kind kind);
/* The loader that suits a binding's fields. */
bind_load_fn bind_loader(const struct binding *b);
/* Fill kind and payload from a record; false, and EVENT_OTHER, if it is too short. */
static inline bool bind_load(struct binding *b, const uint8_t *rec, uint32_t len, struct event *ev,
			     struct intern *names)
{
	if (__builtin_expect(len < b->need, 0)) {
		ev->kind = EVENT_OTHER;
		return false;
	}
	ev->kind = (uint16_t)b->kind;
	b->load(b, rec, len, ev, names);
	return true;
}

/* A page event's or object event's gfp_flags as the kernel's own number. */
uint64_t bind_raw_gfp(const struct binding *b, const uint8_t *rec);
/* A page event's struct page pointer, before 4.1. */
uint64_t bind_raw_page(const struct binding *b, const uint8_t *rec);

#endif
