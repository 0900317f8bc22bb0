// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * text: an event in words.  Events with a payload are printed from the struct
 * that everything else uses, so what is shown is what is worked with; all
 * others through libtraceevent.
 */
#include <errno.h>
#include <event-parse.h>
#include <inttypes.h>
#include <stdlib.h>
#include <trace-seq.h>

#include "trace/reader.h"

static void put_gfp(const struct binding *b, const struct event *ev, FILE *out)
{
	char text[512];

	gfpbits_text(b->gfp, bind_raw_gfp(b, ev->record), text, sizeof(text));
	fprintf(out, " gfp_flags=%s", text);
}

static void put_site(struct trace *t, const char *key, uint64_t addr, FILE *out)
{
	uint64_t off;
	const char *sym = trace_symbol(t, addr, &off);

	if (sym)
		fprintf(out, "%s=%s+0x%" PRIx64, key, sym, off);
	else
		fprintf(out, "%s=0x%" PRIx64, key, addr);
}

static void put_page(const struct binding *b, const struct event *ev, FILE *out)
{
	if (ev->page.pfn == EVENT_NO_PFN)
		fprintf(out, "pfn=0x0");
	else
		fprintf(out, "pfn=0x%" PRIx64, ev->page.pfn);
	fprintf(out, " order=%d", ev->page.order < 0 ? 0 : ev->page.order);
	if (ev->page.migratetype >= 0)
		fprintf(out, " migratetype=%d", ev->page.migratetype);
	if (ev->page.percpu_refill >= 0)
		fprintf(out, " percpu_refill=%d", ev->page.percpu_refill);
	if (ev->kind == EVENT_MM_PAGE_ALLOC)
		put_gfp(b, ev, out);
}

static void put_object(struct trace *t, const struct binding *b, const struct event *ev, FILE *out)
{
	put_site(t, "call_site", ev->object.call_site, out);
	fprintf(out, " ptr=0x%" PRIx64, ev->object.ptr);
	if (ev->object.name)
		fprintf(out, " name=%s", intern_str(&t->names, ev->object.name));
	if (ev->kind == EVENT_KFREE || ev->kind == EVENT_KMEM_CACHE_FREE)
		return;
	fprintf(out, " bytes_req=%" PRIu64 " bytes_alloc=%" PRIu64, ev->object.bytes_req, ev->object.bytes_alloc);
	put_gfp(b, ev, out);
	if (b->f[5].size)
		fprintf(out, " node=%d", ev->object.node);
	if (ev->object.accounted >= 0)
		fprintf(out, " accounted=%s", ev->object.accounted ? "true" : "false");
}

static void put_extfrag(const struct event *ev, FILE *out)
{
	fprintf(out, "pfn=0x%" PRIx64 " alloc_order=%d fallback_order=%d alloc_migratetype=%d "
		     "fallback_migratetype=%d change_ownership=%d",
		ev->extfrag.pfn, ev->extfrag.alloc_order, ev->extfrag.fallback_order,
		ev->extfrag.alloc_migratetype, ev->extfrag.fallback_migratetype, ev->extfrag.change_ownership);
}

static int put_other(struct trace *t, const struct event *ev, FILE *out)
{
	struct tep_record record = { .ts = ev->time, .cpu = (int)ev->cpu, .size = (int)ev->record_len,
				     .data = (void *)ev->record };
	struct tep_event *te = types_tep_event(&t->types, ev->id);
	struct trace_seq s;

	if (!te) {
		fprintf(out, "unknown event type %u, %u bytes", ev->id, ev->record_len);
		return 0;
	}
	trace_seq_init(&s);
	tep_print_event(t->types.tep, &s, &record, "%s", TEP_PRINT_INFO);
	trace_seq_terminate(&s);
	fputs(s.buffer ? s.buffer : "", out);
	trace_seq_destroy(&s);
	return 0;
}

int trace_event_text(struct trace *t, const struct event *ev, FILE *out)
{
	const struct binding *b = t->types.by_id[ev->id] ? &t->types.by_id[ev->id]->binding : NULL;

	switch (ev->kind) {
	case EVENT_MM_PAGE_ALLOC:
	case EVENT_MM_PAGE_FREE:
	case EVENT_MM_PAGE_FREE_BATCHED:
	case EVENT_MM_PAGE_ALLOC_ZONE_LOCKED:
	case EVENT_MM_PAGE_PCPU_DRAIN:
		put_page(b, ev, out);
		break;
	case EVENT_MM_PAGE_ALLOC_EXTFRAG:
		put_extfrag(ev, out);
		break;
	case EVENT_KMALLOC:
	case EVENT_KMALLOC_NODE:
	case EVENT_KFREE:
	case EVENT_KMEM_CACHE_ALLOC:
	case EVENT_KMEM_CACHE_ALLOC_NODE:
	case EVENT_KMEM_CACHE_FREE:
		put_object(t, b, ev, out);
		break;
	default:
		return put_other(t, ev, out);
	}
	return ferror(out) ? -EIO : 0;
}
