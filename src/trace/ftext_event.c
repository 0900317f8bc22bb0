// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "trace/ftext_event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/bytes.h"

/*
 * A call site that the text gives as a symbol gets a number that is no address
 * of any machine: the symbol's, and the offset in it.
 */
#define SITE_BASE 0x5000000000000000ull
#define SITE_OFFSET_BITS 24

#define RECLAIM (KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM)
#define KERNEL (RECLAIM | KMM_GFP_IO | KMM_GFP_FS)
#define HIGHUSER (KERNEL | KMM_GFP_HARDWALL | KMM_GFP_HIGHMEM)
#define HUGE (HIGHUSER | KMM_GFP_MOVABLE | KMM_GFP_COMP | KMM_GFP_NOMEMALLOC | KMM_GFP_NOWARN)

/* The kernel's names for sets of flags (include/linux/gfp.h, 2.6.24 to 6.18). */
static const struct {
	const char *name;
	kmm_gfp gfp;
} sets[] = {
	{ "none", 0 },
	{ "GFP_NOWAIT", KMM_GFP_KSWAPD_RECLAIM },
	{ "GFP_ATOMIC", KMM_GFP_HIGH | KMM_GFP_KSWAPD_RECLAIM },
	{ "GFP_NOIO", RECLAIM },
	{ "GFP_NOFS", RECLAIM | KMM_GFP_IO },
	{ "GFP_KERNEL", KERNEL },
	{ "GFP_KERNEL_ACCOUNT", KERNEL | KMM_GFP_ACCOUNT },
	{ "GFP_TEMPORARY", KERNEL | KMM_GFP_RECLAIMABLE },
	{ "GFP_USER", KERNEL | KMM_GFP_HARDWALL },
	{ "GFP_HIGHUSER", HIGHUSER },
	{ "GFP_HIGHUSER_MOVABLE", HIGHUSER | KMM_GFP_MOVABLE },
	{ "GFP_TRANSHUGE_LIGHT", HUGE & ~RECLAIM },
	{ "GFP_TRANSHUGE", HUGE | KMM_GFP_DIRECT_RECLAIM },
};

int ftext_words_init(struct ftext_words *w)
{
	memset(w, 0, sizeof(*w));
	gfpbits_parse(&w->numbers, "", 0);
	/* No flags at all: the empty string, which a table of strings begins with. */
	w->gfp_room = 64;
	w->gfp = calloc(w->gfp_room, sizeof(*w->gfp));
	return !w->gfp || intern_init(&w->sites) || intern_init(&w->gfp_words) ? -ENOMEM : 0;
}

void ftext_words_free(struct ftext_words *w)
{
	intern_free(&w->sites);
	intern_free(&w->gfp_words);
	free(w->gfp);
}

const char *ftext_site(const struct ftext_words *w, uint64_t site, uint64_t *offset)
{
	uint64_t number = (site - SITE_BASE) >> SITE_OFFSET_BITS;

	if (site < SITE_BASE || number >= w->sites.count)
		return NULL;
	*offset = site & ((1u << SITE_OFFSET_BITS) - 1);
	return intern_str(&w->sites, (uint32_t)number);
}

int ftext_function(struct ftext_words *w, const char *name, uint64_t *start, uint64_t *end)
{
	uint32_t id = intern_add(&w->sites, name, strlen(name));

	if (id == UINT32_MAX)
		return -ENOMEM;
	*start = SITE_BASE + ((uint64_t)id << SITE_OFFSET_BITS);
	*end = *start + (1u << SITE_OFFSET_BITS);
	return 0;
}

void ftext_type_init(struct ftext_type *t, enum event_kind kind)
{
	memset(t, 0, sizeof(*t));
	t->kind = kind;
	t->payload = (uint8_t)bind_payload(kind);
	t->needed = bind_needed(kind);
	for (unsigned i = 0; i < BIND_FIELDS; i++)
		t->absent[i] = (uint64_t)(int64_t)bind_absent(t->payload, i);
}

/* ---- values ---- */

/* Of each hexadecimal digit the value and 1 more. */
static const uint8_t digits[256] = {
	['0'] = 1,  ['1'] = 2,	['2'] = 3,  ['3'] = 4,	['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,	['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
	['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* Eight hexadecimal digits at once; false where they are not all of them. */
static inline bool hex8(const char *p, uint32_t *v)
{
	const uint64_t ones = 0x0101010101010101;
	uint64_t raw = bytes_u64((const uint8_t *)p, HOST_BIG_ENDIAN);
	uint64_t w = raw | ones * 0x20, letter = w >> 6 & ones;
	uint64_t d = (w & ones * 0x0f) + letter * 9;

	/* The value must give the character back, be 10 to 15 where it is a letter, and be no control character. */
	if (d + ones * 0x30 + letter * 0x27 != w || d & ones * 0xf0 ||
	    ((d + ones * 6) & ones * 0x10) != letter << 4 || (~raw & ones * 0x20 & ~(letter << 5)))
		return false;
	d = (d << 4 | d >> 8) & 0x00ff00ff00ff00ff;
	d = (d << 8 | d >> 16) & 0x0000ffff0000ffff;
	*v = (uint32_t)(d << 16 | d >> 32);
	return true;
}

static const char *hex(const char *p, const char *end, uint64_t *v)
{
	uint64_t sum = 0;
	uint32_t eight;
	uint8_t d;

	for (; end - p >= 8 && hex8(p, &eight); p += 8)
		sum = sum << 32 | eight;
	for (; p < end && (d = digits[(uint8_t)*p]) != 0; p++)
		sum = sum << 4 | (d - 1u);
	*v = sum;
	return p;
}

/* Numbers as any printf writes them; pointers; words for yes and no. */
static bool plain_value(const char *p, const char *end, bool pointer, uint64_t *v)
{
	bool minus = p < end && *p == '-';

	*v = 0;
	if (p == end)
		return false;
	if (end - p > 2 && p[0] == '0' && (p[1] | 0x20) == 'x')
		return hex(p + 2, end, v) == end;
	/* The kernel's %p and %lx have no 0x. */
	if (pointer && hex(p, end, v) == end)
		return true;
	*v = 0;
	if (*p == '(')
		return end - p >= 5 && (!memcmp(p, "(nil)", 5) || !memcmp(p, "(null", 5));
	if (end - p == 4 && !memcmp(p, "true", 4))
		return *v = 1, true;
	if (end - p == 5 && !memcmp(p, "false", 5))
		return true;
	for (p += minus; p < end && *p >= '0' && *p <= '9'; p++)
		*v = *v * 10 + (uint64_t)(*p - '0');
	if (minus)
		*v = -*v;
	return p == end;
}

/* The end of a number as most are written, "0x1f" or "31"; NULL: it takes plain_value(). */
static const char *quick_number(const char *p, const char *end, bool pointer, uint64_t *v)
{
	uint64_t sum = 0;

	if (end - p > 2 && p[0] == '0' && p[1] == 'x') {
		p = hex(p + 2, end, v);
		return p == end || *p == ' ' ? p : NULL;
	}
	if (pointer || p == end || *p < '0' || *p > '9')
		return NULL;
	for (; p < end && *p >= '0' && *p <= '9'; p++)
		sum = sum * 10 + (uint64_t)(*p - '0');
	*v = sum;
	return p == end || *p == ' ' ? p : NULL;
}

enum ftext_pointer ftext_pointer(const char *p, const char *end, unsigned *bits)
{
	bool prefix = end - p > 2 && p[0] == '0' && p[1] == 'x';
	uint64_t v;

	*bits = 0;
	if (end - p >= 5 && !memcmp(p, "(____", 5))
		return FTEXT_HIDDEN;
	if (!plain_value(p, end, true, &v) || !v)
		return FTEXT_NIL;
	if (prefix || v >> 32) {
		*bits = v >> 32 ? 64 : 32;
		return FTEXT_RAW;
	}
	/* A hash has 32 bits; the kernel's own half of 32 is the upper one. */
	*bits = end - p > 8 ? 64 : 32;
	return *bits == 64 || v < 0x80000000 ? FTEXT_HASHED : FTEXT_RAW;
}

/* "GFP_KERNEL|__GFP_ZERO|0x8000000" */
static kmm_gfp gfp_of(struct ftext_words *w, const char *p, const char *end)
{
	kmm_gfp gfp = 0;

	while (p < end) {
		const char *bar = memchr(p, '|', (size_t)(end - p)), *stop = bar ? bar : end;
		kmm_gfp one = 0;
		char name[48];
		uint64_t v;
		size_t n = (size_t)(stop - p);

		if (n && plain_value(p, stop, false, &v)) {
			gfp |= gfpbits_get(&w->numbers, v);
		} else if (n < sizeof(name)) {
			bool set = false;

			memcpy(name, p, n);
			name[n] = '\0';
			for (unsigned i = 0; !set && i < sizeof(sets) / sizeof(*sets); i++)
				if (!strcmp(sets[i].name, name)) {
					one = sets[i].gfp;
					set = true;
				}
			if (!set)
				one = gfpbits_flag(name);
			gfp |= one || set ? one : (kmm_gfp)KMM_GFP_UNKNOWN;
		} else {
			gfp |= (kmm_gfp)KMM_GFP_UNKNOWN;
		}
		p = stop + 1;
	}
	return gfp;
}

static int gfp_value(struct ftext_words *w, const char *p, const char *end, uint64_t *v)
{
	uint32_t id = intern_find(&w->gfp_words, p, (size_t)(end - p));

	if (id == UINT32_MAX) {
		kmm_gfp *more;

		id = intern_add(&w->gfp_words, p, (size_t)(end - p));
		if (id == UINT32_MAX)
			return -ENOMEM;
		if (id >= w->gfp_room) {
			more = realloc(w->gfp, (2u * id + 64) * sizeof(*more));
			if (!more)
				return -ENOMEM;
			w->gfp = more;
			w->gfp_room = 2 * id + 64;
		}
		w->gfp[id] = gfp_of(w, p, end);
	}
	*v = w->gfp[id];
	return 0;
}

/* "rcu_do_batch+0x19a/0x500", "rcu_do_batch+0x19a", or an address */
static int site_value(struct ftext_words *w, const char *p, const char *end, uint64_t *v)
{
	const char *plus;
	uint64_t offset = 0;
	uint32_t id;

	if (plain_value(p, end, true, v))
		return 0;
	plus = memchr(p, '+', (size_t)(end - p));
	id = intern_add(&w->sites, p, (size_t)((plus ? plus : end) - p));
	if (id == UINT32_MAX)
		return -ENOMEM;
	if (plus && end - plus > 3 && plus[1] == '0' && plus[2] == 'x')
		hex(plus + 3, end, &offset);
	*v = SITE_BASE + ((uint64_t)id << SITE_OFFSET_BITS) +
	     (offset & ((1u << SITE_OFFSET_BITS) - 1));
	return 0;
}

/* ---- keys ---- */

static bool is_one_of(const char *names, const char *key, size_t len)
{
	while (*names) {
		size_t n = strcspn(names, "|");

		if (n == len && !memcmp(names, key, len))
			return true;
		names += n + (names[n] == '|');
	}
	return false;
}

static int field_of(const struct ftext_type *t, const char *key, size_t len)
{
	const char *const *names = bind_field_names(t->payload);

	/* What libtraceevent's own print format calls by another name. */
	if (t->payload == PAYLOAD_vmap && len == 10 && !memcmp(key, "num_purged", 10))
		return VMAP_N;
	for (int i = 0; i < BIND_FIELDS && names[i]; i++)
		if (is_one_of(names[i], key, len))
			return i;
	return -1;
}

static enum ftext_value value_of(unsigned payload, int field)
{
	switch (payload) {
	case PAYLOAD_page:
		return field == PAGE_GFP     ? FTEXT_GFP :
		       field == PAGE_POINTER ? FTEXT_POINTER :
					       FTEXT_PLAIN;
	case PAYLOAD_object:
		return field == OBJ_PTR	 ? FTEXT_POINTER :
		       field == OBJ_GFP	 ? FTEXT_GFP :
		       field == OBJ_SITE ? FTEXT_SITE :
		       field == OBJ_NAME ? FTEXT_NAME :
					   FTEXT_PLAIN;
	case PAYLOAD_percpu:
		return field == PER_PTR || field == PER_BASE ? FTEXT_POINTER :
		       field == PER_GFP			     ? FTEXT_GFP :
		       field == PER_SITE		     ? FTEXT_SITE :
							       FTEXT_PLAIN;
	case PAYLOAD_probe:
		return field == PROBE_ADDR ? FTEXT_POINTER : FTEXT_PLAIN;
	case PAYLOAD_reclaim:
		return field == REC_GFP ? FTEXT_GFP : FTEXT_PLAIN;
	default:
		return FTEXT_PLAIN;
	}
}

/* The n-th key of a line, when it is not that of the line before. */
static const struct ftext_memo *look_up(struct ftext_type *t, unsigned n, const char *key,
					size_t len)
{
	struct ftext_memo *m = &t->memo[n < FTEXT_MEMO ? n : FTEXT_MEMO];
	int field = field_of(t, key, len);

	m->len = 0;
	if (n < FTEXT_MEMO && len <= FTEXT_KEY) {
		memcpy(m->key, key, len);
		m->len = (uint8_t)len;
	}
	m->field = (int8_t)field;
	m->value = (uint8_t)value_of(t->payload, field);
	return m;
}

/* Does the key of the line before stand here? */
static bool is_key(const struct ftext_memo *m, const char *p, const char *end)
{
	return m->len && end - p > m->len && (p[m->len] == '=' || p[m->len] == ':') &&
	       bytes_same((const uint8_t *)p, (const uint8_t *)m->key, m->len);
}

struct values {
	uint64_t v[BIND_FIELDS];
	uint32_t have; /* 1 << field */
};

static void put_value(struct values *out, const struct ftext_memo *m, uint64_t v)
{
	out->v[m->field] = v;
	out->have |= 1u << m->field;
}

static int take_value(struct ftext_words *w, const struct ftext_memo *m, const char *p,
		      const char *end, struct values *out, struct intern *names)
{
	uint64_t v;
	bool good;
	int ret;

	switch (m->value) {
	case FTEXT_GFP:
		ret = gfp_value(w, p, end, &v);
		good = true;
		break;
	case FTEXT_SITE:
		ret = site_value(w, p, end, &v);
		good = true;
		break;
	case FTEXT_NAME:
		v = intern_add(names, p, (size_t)(end - p));
		ret = v == UINT32_MAX ? -ENOMEM : 0;
		good = true;
		break;
	case FTEXT_POINTER:
		good = plain_value(p, end, true, &v);
		ret = 0;
		break;
	default:
		good = plain_value(p, end, false, &v);
		ret = 0;
	}
	if (ret < 0 || !good)
		return ret;
	put_value(out, m, v);
	return 0;
}

/* All "key=value" and "key: value" of the words. */
static int read_values(struct ftext_words *w, struct ftext_type *t, const char *p, const char *end,
		       struct values *out, struct intern *names)
{
	unsigned n = 0;

	/* trace-cmd's plugin repeats the call site in front. */
	if (p < end && *p == '(') {
		const char *space = memchr(p, ' ', (size_t)(end - p));

		p = space ? space + 1 : end;
	}
	while (p < end) {
		const struct ftext_memo *m = &t->memo[n < FTEXT_MEMO ? n : FTEXT_MEMO];
		const char *key = p, *stop;
		int ret;

		if (is_key(m, p, end)) {
			p += m->len;
		} else {
			while (p < end && *p != '=' && *p != ' ' && *p != ':')
				p++;
			if (p == end || *p == ' ') {
				p++; /* a word that is no key */
				continue;
			}
			m = look_up(t, n, key, (size_t)(p - key));
		}
		n++;
		p++;
		if (p < end && *p == ' ')
			p++;
		if (m->field >= 0 && m->value <= FTEXT_POINTER) {
			uint64_t v;

			stop = quick_number(p, end, m->value == FTEXT_POINTER, &v);
			if (stop) {
				put_value(out, m, v);
				p = stop + (stop < end);
				continue;
			}
		}
		stop = memchr(p, ' ', (size_t)(end - p));
		if (!stop)
			stop = end;
		if (m->field >= 0) {
			ret = take_value(w, m, p, stop, out, names);
			if (ret < 0)
				return ret;
		}
		p = stop + (stop < end);
	}
	return 0;
}

/* ---- payloads ---- */

static void fill_page(const struct values *x, struct event *ev)
{
	ev->page.pfn = x->v[PAGE_PFN];
	/* The kernel prints a failed allocation as no page and frame 0. */
	if (ev->kind == EVENT_MM_PAGE_ALLOC && !ev->page.pfn && !x->v[PAGE_POINTER])
		ev->page.pfn = EVENT_NO_PFN;
	ev->page.order = (int16_t)x->v[PAGE_ORDER];
	ev->page.gfp = (kmm_gfp)x->v[PAGE_GFP];
	ev->page.migratetype = (int16_t)x->v[PAGE_TYPE];
	ev->page.percpu_refill = (int8_t)x->v[PAGE_REFILL];
}

static void fill_object(const struct values *x, struct event *ev)
{
	ev->object.ptr = x->v[OBJ_PTR];
	ev->object.call_site = x->v[OBJ_SITE];
	ev->object.bytes_req = x->v[OBJ_REQ];
	ev->object.bytes_alloc = x->v[OBJ_ALLOC];
	ev->object.gfp = (kmm_gfp)x->v[OBJ_GFP];
	ev->object.node = (int32_t)x->v[OBJ_NODE];
	ev->object.name = (uint32_t)x->v[OBJ_NAME];
	ev->object.accounted = (int8_t)x->v[OBJ_ACCOUNTED];
}

static void fill_percpu(const struct values *x, struct event *ev)
{
	ev->percpu.call_site = x->v[PER_SITE];
	ev->percpu.size = x->v[PER_SIZE];
	ev->percpu.align = x->v[PER_ALIGN];
	ev->percpu.base_addr = x->v[PER_BASE];
	ev->percpu.ptr = x->v[PER_PTR];
	ev->percpu.bytes_alloc = x->v[PER_BYTES];
	ev->percpu.off = (int32_t)x->v[PER_OFF];
	ev->percpu.gfp = (kmm_gfp)x->v[PER_GFP];
	ev->percpu.reserved = (int8_t)x->v[PER_RESERVED];
	ev->percpu.is_atomic = (int8_t)x->v[PER_ATOMIC];
}

static void fill_vmap(const struct values *x, struct event *ev)
{
	ev->vmap.addr = x->v[VMAP_ADDR];
	ev->vmap.size = x->v[VMAP_SIZE];
	if (ev->kind == EVENT_PURGE_VMAP_AREA_LAZY)
		ev->vmap.size -= ev->vmap.addr;
	ev->vmap.align = x->v[VMAP_ALIGN];
	ev->vmap.vstart = x->v[VMAP_START];
	ev->vmap.vend = x->v[VMAP_END];
	ev->vmap.n = x->v[VMAP_N];
	ev->vmap.failed = (int8_t)x->v[VMAP_FAILED];
}

static bool fill(const struct values *x, struct event *ev, unsigned payload)
{
	switch (payload) {
	case PAYLOAD_page:
		fill_page(x, ev);
		break;
	case PAYLOAD_extfrag:
		ev->extfrag.pfn = x->v[EXT_PFN];
		ev->extfrag.alloc_order = (int16_t)x->v[EXT_ALLOC_ORDER];
		ev->extfrag.fallback_order = (int16_t)x->v[EXT_FALLBACK_ORDER];
		ev->extfrag.alloc_migratetype = (int16_t)x->v[EXT_ALLOC_TYPE];
		ev->extfrag.fallback_migratetype = (int16_t)x->v[EXT_FALLBACK_TYPE];
		ev->extfrag.change_ownership = (int8_t)x->v[EXT_OWNED];
		break;
	case PAYLOAD_object:
		fill_object(x, ev);
		break;
	case PAYLOAD_percpu:
		fill_percpu(x, ev);
		break;
	case PAYLOAD_vmap:
		fill_vmap(x, ev);
		break;
	case PAYLOAD_probe:
		ev->probe.addr = x->v[PROBE_ADDR];
		ev->probe.size = x->v[PROBE_SIZE];
		ev->probe.pfn = x->v[PROBE_PFN];
		ev->probe.flags = x->v[PROBE_FLAGS];
		ev->probe.align = x->v[PROBE_ALIGN];
		break;
	case PAYLOAD_compaction:
		ev->compaction.start_pfn = x->v[COMP_START];
		ev->compaction.end_pfn = x->v[COMP_END];
		ev->compaction.migrate_pfn = x->v[COMP_MIGRATE];
		ev->compaction.free_pfn = x->v[COMP_FREE];
		ev->compaction.scanned = x->v[COMP_SCANNED];
		ev->compaction.taken = x->v[COMP_TAKEN];
		ev->compaction.sync = (int8_t)x->v[COMP_SYNC];
		ev->compaction.status = (uint8_t)x->v[COMP_STATUS];
		ev->compaction.order = (int16_t)x->v[COMP_ORDER];
		break;
	case PAYLOAD_reclaim:
		ev->reclaim.nid = (int32_t)x->v[REC_NID];
		ev->reclaim.order = (int16_t)x->v[REC_ORDER];
		ev->reclaim.zid = (int16_t)x->v[REC_ZID];
		ev->reclaim.gfp = (kmm_gfp)x->v[REC_GFP];
		ev->reclaim.nr_reclaimed = x->v[REC_RECLAIMED];
		break;
	default:
		return false;
	}
	return true;
}

/* trace_marker's text, without the words before it. */
static void fill_print(const char *p, const char *end, struct event *ev)
{
	static const char writer[] = "tracing_mark_write: ";
	const char *buf = memmem(p, (size_t)(end - p), " buf=", 5);

	if (end - p >= (int64_t)sizeof(writer) - 1 && !memcmp(p, writer, sizeof(writer) - 1))
		p += sizeof(writer) - 1;
	else if (buf && end - p > 3 && !memcmp(p, "ip=", 3))
		p = buf + 5;
	ev->print.text = p;
	ev->print.len = (uint32_t)(end - p);
}

int ftext_event_read(struct ftext_words *w, struct ftext_type *t, const char *p, const char *end,
		     struct event *ev, struct intern *names)
{
	struct values x;
	int ret;

	ev->kind = (uint16_t)t->kind;
	if (t->kind == EVENT_OTHER)
		return 0;
	if (t->kind == EVENT_PRINT) {
		fill_print(p, end, ev);
		return 0;
	}
	memcpy(x.v, t->absent, sizeof(x.v));
	x.have = 0;
	ret = read_values(w, t, p, end, &x, names);
	if (ret < 0)
		return ret;
	if ((x.have & t->needed) != t->needed ||
	    (t->payload == PAYLOAD_page && !(x.have & 1u << PAGE_PFN)) ||
	    (t->payload == PAYLOAD_extfrag && !(x.have & 1u << EXT_PFN)) ||
	    !fill(&x, ev, t->payload))
		ev->kind = EVENT_OTHER;
	return 0;
}
