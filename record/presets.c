// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/presets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	IN_PAGES = 1,
	IN_SLAB = 2,
	IN_ALL = 4,
	IN_HIGHMEM = 8,
	IN_EACH = 15,
};

enum weight {
	NEEDED,
	WANTED,
	SOME_HAVE, /* of a range of kernel versions, or kprobes stand in */
};

/* Low-rate ones are in every preset: they explain what the others show. */
static const struct {
	const char *system, *event;
	unsigned presets;
	enum weight weight;
} known[] = {
	{ "kmem", "mm_page_alloc", IN_EACH, NEEDED },
	{ "kmem", "mm_page_free", IN_EACH, NEEDED },
	{ "kmem", "mm_page_free_batched", IN_EACH, NEEDED },
	{ "kmem", "mm_page_alloc_zone_locked", IN_EACH, NEEDED },
	{ "kmem", "mm_page_pcpu_drain", IN_EACH, NEEDED },
	{ "kmem", "mm_page_alloc_extfrag", IN_EACH, NEEDED },
	{ "kmem", "mm_alloc_contig_migrate_range_info", IN_EACH, SOME_HAVE },
	{ "kmem", "kmalloc", IN_SLAB | IN_ALL, NEEDED },
	{ "kmem", "kmalloc_node", IN_SLAB | IN_ALL, SOME_HAVE },
	{ "kmem", "kmem_cache_alloc", IN_SLAB | IN_ALL, NEEDED },
	{ "kmem", "kmem_cache_alloc_node", IN_SLAB | IN_ALL, SOME_HAVE },
	{ "kmem", "kfree", IN_SLAB | IN_ALL, NEEDED },
	{ "kmem", "kmem_cache_free", IN_SLAB | IN_ALL, NEEDED },
	{ "percpu", NULL, IN_ALL, WANTED },
	{ "vmalloc", NULL, IN_EACH, SOME_HAVE },
	{ "compaction", NULL, IN_EACH, WANTED },
	{ "oom", NULL, IN_EACH, WANTED },
	{ "vmscan", "mm_vmscan_kswapd_wake", IN_EACH, WANTED },
	{ "vmscan", "mm_vmscan_kswapd_sleep", IN_EACH, WANTED },
	{ "vmscan", "mm_vmscan_wakeup_kswapd", IN_EACH, WANTED },
	{ "vmscan", "mm_vmscan_direct_reclaim_begin", IN_EACH, WANTED },
	{ "vmscan", "mm_vmscan_direct_reclaim_end", IN_EACH, WANTED },
};

static const struct {
	const char *name;
	unsigned bit, probes;
	const char *help;
} presets[] = {
	{ "all", IN_ALL, PROBES_VMALLOC, "pages, slab objects, per-CPU memory, vmalloc areas" },
	{ "pages", IN_PAGES, PROBES_VMALLOC, "the page allocator alone" },
	{ "slab", IN_SLAB, PROBES_VMALLOC, "pages and slab objects" },
	{ "highmem", IN_HIGHMEM, PROBES_VMALLOC | PROBES_HIGHMEM,
	  "pages and the mappings of high memory (32-bit), by kprobes" },
};

const char *preset_name(unsigned n, const char **help)
{
	if (n >= sizeof(presets) / sizeof(*presets))
		return NULL;
	*help = presets[n].help;
	return presets[n].name;
}

static int add(struct event_set *s, const char *system, size_t len, const char *event,
	       enum weight weight)
{
	struct preset_event *more = realloc(s->e, (s->count + 1) * sizeof(*more));
	struct preset_event *x;

	if (!more)
		return -ENOMEM;
	s->e = more;
	x = &s->e[s->count];
	x->system = strndup(system, len);
	x->event = event ? strdup(event) : NULL;
	x->needed = weight == NEEDED;
	x->wanted = weight == WANTED;
	s->count++;
	return x->system && (x->event || !event) ? 0 : -ENOMEM;
}

int event_set_add(struct event_set *s, const char *system, const char *event)
{
	return add(s, system, strlen(system), event, SOME_HAVE);
}

static int add_preset(struct event_set *s, unsigned bit, unsigned probes)
{
	int ret = 0;

	s->probes |= probes;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known) && !ret; i++)
		if (known[i].presets & bit)
			ret = add(s, known[i].system, strlen(known[i].system), known[i].event,
				  known[i].weight);
	return ret;
}

static int add_word(struct event_set *s, const char *word)
{
	const char *colon = strchr(word, ':');

	for (size_t i = 0; i < sizeof(presets) / sizeof(*presets); i++)
		if (!strcmp(word, presets[i].name))
			return add_preset(s, presets[i].bit, presets[i].probes);
	if (!*word || *word == ':' || strchr(word, '/') || strchr(word, '.'))
		return -EINVAL;
	if (!colon)
		return add(s, word, strlen(word), NULL, NEEDED);
	return add(s, word, (size_t)(colon - word),
		   colon[1] && strcmp(colon + 1, "*") ? colon + 1 : NULL, NEEDED);
}

int event_set_make(struct event_set *s, const struct option_list *wanted, struct err *e)
{
	int ret = 0;

	memset(s, 0, sizeof(*s));
	if (!wanted->count)
		ret = add_word(s, "all");
	for (size_t i = 0; i < wanted->count && !ret; i++) {
		char *copy = strdup(wanted->items[i]), *at = copy, *word;

		if (!copy)
			ret = -ENOMEM;
		while (!ret && (word = strsep(&at, ","))) {
			ret = add_word(s, word);
			if (ret == -EINVAL)
				err_set(e, EINVAL,
					"'%.64s' is no preset (all, pages, slab, highmem) and no "
					"SYSTEM:EVENT",
					word);
		}
		free(copy);
	}
	if (!ret)
		return 0;
	event_set_free(s);
	return ret == -EINVAL ? ret : err_set(e, ENOMEM, "out of memory");
}

void event_gaps_add(struct event_gaps *g, const char *system, const char *event)
{
	size_t n = strlen(g->names);

	g->count++;
	snprintf(g->names + n, sizeof(g->names) - n, "%s%s%s%s", n ? ", " : "", system,
		 event ? ":" : "", event ? event : "");
}

void event_set_free(struct event_set *s)
{
	for (unsigned i = 0; i < s->count; i++) {
		free((char *)s->e[i].system);
		free((char *)s->e[i].event);
	}
	free(s->e);
	memset(s, 0, sizeof(*s));
}
