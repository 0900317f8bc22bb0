// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * text: an event in words.  Events with a payload are printed from the struct
 * that everything else uses, so what is shown is what is worked with; all
 * others through libtraceevent.  Those of a trace that is text keep their own words.
 */
#include <errno.h>
#include <event-parse.h>
#include <stdlib.h>
#include <string.h>
#include <trace-seq.h>

#include "trace/reader.h"

#define LINE 1024
#define RECORD_MAX 65536
#define SPARE (2 * 65536) /* what a 16-bit offset and a 16-bit length can reach */

/* A line under construction; what does not fit is left out. */
struct line {
	char *p, *end;
	char text[LINE];
};

static void put(struct line *l, const char *s)
{
	while (*s && l->p < l->end)
		*l->p++ = *s++;
}

static void put_uint(struct line *l, const char *key, uint64_t v)
{
	char digits[24];
	unsigned n = sizeof(digits);

	put(l, key);
	digits[--n] = '\0';
	do
		digits[--n] = (char)('0' + v % 10);
	while (v /= 10);
	put(l, digits + n);
}

static void put_int(struct line *l, const char *key, int64_t v)
{
	put(l, key);
	if (v < 0)
		put(l, "-");
	put_uint(l, "", v < 0 ? -(uint64_t)v : (uint64_t)v);
}

static void put_hex(struct line *l, const char *key, uint64_t v)
{
	unsigned shift = v ? (63 - (unsigned)__builtin_clzll(v)) & ~3u : 0;

	put(l, key);
	put(l, "0x");
	for (; l->p < l->end; shift -= 4) {
		*l->p++ = "0123456789abcdef"[v >> shift & 15];
		if (!shift)
			break;
	}
}

/* As the kernel's %p family: nothing is "(nil)". */
static void put_pointer(struct line *l, const char *key, uint64_t v)
{
	if (v) {
		put_hex(l, key, v);
		return;
	}
	put(l, key);
	put(l, "(nil)");
}

static void put_gfp(struct line *l, const struct binding *b, const struct event *ev)
{
	uint64_t raw = bind_raw_gfp(b, ev->record);
	char text[512] = "none"; /* the print format's own word for no flags */

	if (raw)
		gfpbits_text(b->gfp, raw, text, sizeof(text));
	put(l, " gfp_flags=");
	put(l, text);
}

static void put_site(struct trace *t, struct line *l, uint64_t addr)
{
	uint64_t off = 0;
	const char *sym = trace_symbol(t, addr, &off);

	if (!sym) {
		put_hex(l, "call_site=", addr);
		return;
	}
	put(l, "call_site=");
	put(l, sym);
	put_hex(l, "+", off);
}

static void put_page(struct line *l, const struct binding *b, const struct event *ev)
{
	if (!b->pfn_is_pointer) {
		uint64_t pfn = ev->page.pfn == EVENT_NO_PFN ? 0 : ev->page.pfn;

		if (b->pfn_decimal)
			put_uint(l, "pfn=", pfn);
		else
			put_hex(l, "pfn=", pfn);
	} else {
		put_pointer(l, "page=", bind_raw_page(b, ev->record));
	}
	put_int(l, " order=", ev->page.order < 0 ? 0 : ev->page.order);
	if (ev->page.migratetype >= 0)
		put_int(l, " migratetype=", ev->page.migratetype);
	if (ev->page.percpu_refill >= 0)
		put_int(l, " percpu_refill=", ev->page.percpu_refill);
	if (ev->kind == EVENT_MM_PAGE_ALLOC)
		put_gfp(l, b, ev);
}

static void put_object(struct trace *t, struct line *l, const struct binding *b,
		       const struct event *ev)
{
	put_site(t, l, ev->object.call_site);
	put_pointer(l, " ptr=", ev->object.ptr);
	if (ev->object.name) {
		put(l, " name=");
		put(l, intern_str(&t->names, ev->object.name));
	}
	if (b->is_free)
		return;
	put_uint(l, " bytes_req=", ev->object.bytes_req);
	put_uint(l, " bytes_alloc=", ev->object.bytes_alloc);
	put_gfp(l, b, ev);
	if (b->f[OBJ_NODE].size)
		put_int(l, " node=", ev->object.node);
	if (ev->object.accounted >= 0)
		put(l, ev->object.accounted ? " accounted=true" : " accounted=false");
	else if (b->says_accounted)
		put(l, ev->object.gfp & KMM_GFP_ACCOUNT ? " accounted=true" : " accounted=false");
}

static void put_extfrag(struct line *l, const struct event *ev)
{
	put_hex(l, "pfn=", ev->extfrag.pfn);
	put_int(l, " alloc_order=", ev->extfrag.alloc_order);
	put_int(l, " fallback_order=", ev->extfrag.fallback_order);
	put_int(l, " alloc_migratetype=", ev->extfrag.alloc_migratetype);
	put_int(l, " fallback_migratetype=", ev->extfrag.fallback_migratetype);
	put_int(l, " change_ownership=", ev->extfrag.change_ownership);
}

/* For libtraceevent: the symbol that holds an address, and its start. */
static char *resolve(void *t, unsigned long long *addr, char **module)
{
	uint64_t off = 0;
	const char *sym = trace_symbol(t, *addr, &off);

	*module = NULL;
	if (sym)
		*addr -= off;
	return (char *)sym;
}

/*
 * In the words of the capture's print format; where that is none that can be trusted, field by
 * field, as libtraceevent does with one that it does not understand.
 */
static int print_other(struct trace *t, const struct event *ev, FILE *out)
{
	struct tep_event *te = types_printable(&t->types, ev->id);
	struct tep_event *plain = te ? NULL : types_tep_event(&t->types, ev->id);
	struct tep_record record = { .ts = ev->time,
				     .cpu = (int)ev->cpu,
				     .size = (int)ev->record_len };
	struct trace_seq s;

	/* libtraceevent trusts offsets in the record, so it gets a copy with room behind it. */
	if ((te || plain) && !t->spare)
		t->spare = calloc(1, RECORD_MAX + SPARE);
	if (!(te || plain) || !t->spare || ev->record_len > RECORD_MAX) {
		fprintf(out, "unknown event type %u, %u bytes", ev->id, ev->record_len);
		return ferror(out) ? -EIO : 0;
	}
	memcpy(t->spare, ev->record, ev->record_len);
	memset(t->spare + ev->record_len, 0, SPARE);
	record.data = t->spare;
	trace_seq_init(&s);
	if (te) {
		tep_set_function_resolver(t->types.printer, resolve, t);
		tep_print_event(t->types.printer, &s, &record, "%s", TEP_PRINT_INFO);
	} else {
		trace_seq_puts(&s, "[FAILED TO PARSE]");
		tep_print_fields(&s, t->spare, (int)ev->record_len, plain);
	}
	trace_seq_terminate(&s);
	for (const char *c = s.buffer ? s.buffer : ""; *c; c++)
		if (*c != '\n') /* trace_marker's own line end */
			putc(*c, out);
	trace_seq_destroy(&s);
	return ferror(out) ? -EIO : 0;
}

int trace_event_text(struct trace *t, const struct event *ev, FILE *out)
{
	const struct type *type = t->types.by_id[ev->id];
	const struct binding *b;
	struct line l;

	if (t->source && t->source->text)
		return t->source->text(t, ev, out);
	if (!type)
		return print_other(t, ev, out);
	b = &type->binding;
	l.p = l.text;
	l.end = l.text + LINE;
	switch (ev->kind) {
	case EVENT_MM_PAGE_ALLOC:
	case EVENT_MM_PAGE_FREE:
	case EVENT_MM_PAGE_FREE_BATCHED:
	case EVENT_MM_PAGE_ALLOC_ZONE_LOCKED:
	case EVENT_MM_PAGE_PCPU_DRAIN:
		put_page(&l, b, ev);
		break;
	case EVENT_MM_PAGE_ALLOC_EXTFRAG:
		put_extfrag(&l, ev);
		break;
	case EVENT_KMALLOC:
	case EVENT_KMALLOC_NODE:
	case EVENT_KFREE:
	case EVENT_KMEM_CACHE_ALLOC:
	case EVENT_KMEM_CACHE_ALLOC_NODE:
	case EVENT_KMEM_CACHE_FREE:
		put_object(t, &l, b, ev);
		break;
	default:
		return print_other(t, ev, out);
	}
	fwrite(l.text, 1, (size_t)(l.p - l.text), out);
	return ferror(out) ? -EIO : 0;
}

int trace_gfp_text(const struct trace *t, const struct event *ev, char *out, unsigned room)
{
	const struct type *type = t->types.by_id[ev->id];

	if (t->source && t->source->gfp_text)
		return t->source->gfp_text(t, ev, out, room);
	switch (ev->kind) {
	case EVENT_MM_PAGE_ALLOC:
	case EVENT_KMALLOC:
	case EVENT_KMALLOC_NODE:
	case EVENT_KMEM_CACHE_ALLOC:
	case EVENT_KMEM_CACHE_ALLOC_NODE:
	case EVENT_PERCPU_ALLOC_PERCPU:
		gfpbits_text(type->binding.gfp, bind_raw_gfp(&type->binding, ev->record), out,
			     room);
		return 0;
	default:
		return -ENOENT;
	}
}
