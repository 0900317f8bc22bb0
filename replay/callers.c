// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/callers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH 64

/*
 * Functions that allocate for whoever calls them, without a purpose of their own: those
 * of mm/util.c, the allocators' entries and insides, and the trace points themselves.
 */
static const char *const wrappers[] = {
	"kstrdup",
	"kstrdup_const",
	"kstrndup",
	"kmemdup",
	"kmemdup_nul",
	"kmemdup_array",
	"kvmemdup",
	"memdup_user",
	"vmemdup_user",
	"memdup_user_nul",
	"strndup_user",
	"kasprintf",
	"kvasprintf",
	"kvasprintf_const",
	"kmalloc",
	"kzalloc",
	"kcalloc",
	"kmalloc_array",
	"kvmalloc",
	"kvzalloc",
	"kvcalloc",
	"kvmalloc_node",
	"kvmalloc_array",
	"krealloc",
	"kvrealloc",
	"krealloc_array",
	"mempool_alloc",
	"mempool_alloc_slab",
	"mempool_kmalloc",
	"mempool_alloc_pages",
	"devm_kmalloc",
	"devm_kmemdup",
	"devm_kstrdup",
	"devm_kasprintf",
	"devm_kvasprintf",
	"sg_kmalloc",
	"kmem_cache_alloc",
	"kmem_cache_zalloc",
	"kmem_cache_alloc_node",
	"kmem_cache_alloc_lru",
	"kmem_cache_alloc_trace",
	"kmem_cache_alloc_node_trace",
	"kmem_cache_alloc_bulk",
	"kmalloc_trace",
	"kmalloc_node_trace",
	"kmalloc_large",
	"kmalloc_large_node",
	"kmalloc_order",
	"kmalloc_order_trace",
	"kmalloc_node_track_caller",
	"slab_alloc",
	"slab_alloc_node",
	"new_slab",
	"allocate_slab",
	"alloc_slab_page",
	"get_partial_node",
	"alloc_pages",
	"alloc_pages_node",
	"alloc_pages_bulk_array",
	"alloc_pages_vma",
	"alloc_pages_mpol",
	"alloc_pages_current",
	"alloc_page_interleave",
	"alloc_frozen_pages",
	"alloc_frozen_pages_nolock",
	"folio_alloc",
	"folio_alloc_mpol",
	"vma_alloc_folio",
	"get_zeroed_page",
	"get_free_pages",
	"get_page_from_freelist",
	"rmqueue",
	"rmqueue_bulk",
	"prep_new_page",
	"post_alloc_hook",
	"alloc_pages_exact",
	"alloc_pages_slowpath",
	"alloc_pages_direct_compact",
	"alloc_pages_direct_reclaim",
	"alloc_pages_may_oom",
	"alloc_pages_nodemask",
	"cache_alloc_refill",
	"cache_grow_begin",
	"kmem_getpages",
	"do_kmalloc_node",
	"do_kmalloc",
};

/* The plain name: without what the compiler and memory profiling add to it. */
static void plain(const char *name, char out[64])
{
	size_t n;

	while (*name == '_')
		name++;
	n = strcspn(name, ".");
	if (n > 7 && !strncmp(name + n - 7, "_noprof", 7))
		n -= 7;
	if (n > 63)
		n = 63;
	memcpy(out, name, n);
	out[n] = 0;
}

bool callers_is_wrapper(const char *function)
{
	char name[64];

	plain(function, name);
	for (size_t i = 0; i < sizeof(wrappers) / sizeof(*wrappers); i++)
		if (!strcmp(wrappers[i], name))
			return true;
	return !strncmp(name, "trace_event_raw_event_", 22) || !strncmp(name, "perf_trace_", 11) ||
	       !strncmp(name, "traceiter_", 10) || !strcmp(name, "slab_alloc") ||
	       !strncmp(name, "trace_event_buffer_", 19) || !strncmp(name, "perf_tp_event", 13) ||
	       !strncmp(name, "perf_callchain", 14) || !strncmp(name, "ftrace_trace_stack", 18);
}

int callers_init(struct callers *c, struct trace *t, const char *const *more)
{
	memset(c, 0, sizeof(*c));
	c->t = t;
	c->more = more;
	c->cpus = trace_info(t)->cpus;
	c->queue = calloc(CALLERS_QUEUE, sizeof(*c->queue));
	c->waiting = calloc(c->cpus + 1ull, sizeof(*c->waiting));
	return c->queue && c->waiting && !map_init(&c->known, 256) ? 0 : -ENOMEM;
}

void callers_free(struct callers *c)
{
	map_free(&c->known);
	free(c->queue);
	free(c->waiting);
	memset(c, 0, sizeof(*c));
}

static const char *function_at(const struct callers *c, uint64_t ip)
{
	uint64_t off;

	return trace_symbol(c->t, ip, &off);
}

/* Where no symbol is known nothing is skipped. */
static bool in_wrapper(struct callers *c, uint64_t ip)
{
	uint32_t is = map_get(&c->known, ip);
	const char *name;

	if (is != MAP_NONE)
		return is;
	name = function_at(c, ip);
	is = name && callers_is_wrapper(name);
	for (const char *const *m = c->more; name && m && *m && !is; m++)
		is = !strcmp(*m, name);
	map_put(&c->known, ip, is); /* without memory it is looked up again */
	return is;
}

static bool is_object(const struct event *ev)
{
	return ev->kind == EVENT_KMALLOC || ev->kind == EVENT_KMALLOC_NODE ||
	       ev->kind == EVENT_KMEM_CACHE_ALLOC || ev->kind == EVENT_KMEM_CACHE_ALLOC_NODE;
}

/* Give an allocation the first caller beyond its call site that is no wrapper. */
static void resolve(struct callers *c, struct callers_event *x, const uint64_t *stack, unsigned n)
{
	unsigned i = 0;

	c->stacks++;
	if (is_object(&x->ev)) {
		uint64_t site = x->ev.object.call_site;

		if (!in_wrapper(c, site))
			return;
		while (i < n && stack[i] != site)
			i++;
		if (i == n) /* not in the stack: begin at its top */
			i = 0;
	}
	while (i < n && in_wrapper(c, stack[i]))
		i++;
	if (i == n)
		return;
	if (is_object(&x->ev)) {
		c->skipped++;
		x->ev.object.call_site = stack[i];
	} else {
		x->site = stack[i];
	}
}

void callers_push(struct callers *c, const struct event *ev)
{
	struct callers_event *x = &c->queue[c->next % CALLERS_QUEUE];
	bool allocates = is_object(ev) || ev->kind == EVENT_MM_PAGE_ALLOC;
	uint64_t stack[DEPTH], *waits = &c->waiting[ev->cpu < c->cpus ? ev->cpu : c->cpus];
	unsigned n;

	if (*waits) {
		struct callers_event *w = &c->queue[(*waits - 1) % CALLERS_QUEUE];

		if (*waits > c->first && w->waits) {
			n = trace_is_stack(c->t, ev) ? trace_stack(c->t, ev, stack, DEPTH) : 0;
			if (n)
				resolve(c, w, stack, n);
			else
				c->without++;
			w->waits = false;
		}
		*waits = 0;
	}
	if (trace_is_stack(c->t, ev))
		return;
	*x = (struct callers_event){ .ev = *ev };
	n = allocates ? trace_stack(c->t, ev, stack, DEPTH) : 0;
	if (n) {
		resolve(c, x, stack, n);
	} else if (allocates) {
		x->waits = true;
		*waits = c->next + 1;
	}
	c->next++;
}

bool callers_pop(struct callers *c, struct callers_event *out, bool all)
{
	struct callers_event *x = &c->queue[c->first % CALLERS_QUEUE];

	if (c->first == c->next || (x->waits && !all && c->next - c->first < CALLERS_QUEUE))
		return false;
	c->without += x->waits;
	x->waits = false;
	*out = *x;
	c->first++;
	return true;
}
