// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/kmaps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/event.h"

#define TASKS 32768
#define CPUS 64

/* struct page's address for a page frame: what tells pages apart, no more is asked. */
static kmm_pfn page_of(uint64_t address)
{
	return (kmm_pfn)(address >> 3);
}

static void map(struct kmm_highmem *h, uint64_t pkmap_base, const struct request *q)
{
	/* Idle tasks share pid 0: one for each CPU. */
	unsigned task = q->pid > 0 ? (unsigned)q->pid : 1u + q->cpu, woken;
	uint64_t at;

	if (task >= TASKS || q->cpu >= CPUS)
		return;
	switch (q->sig.aux) {
	case EVENT_KMAP_HIGH:
		kmm_kmap(h, task, true, page_of(q->addr), &at);
		break;
	case EVENT_KUNMAP_HIGH:
		kmm_kunmap(h, page_of(q->addr), &woken);
		break;
	case EVENT_KMAP_LOCAL_PFN:
		kmm_kmap_local(h, task, q->cpu, q->pfn != KMM_NO_PFN ? q->pfn : 1, &at);
		break;
	case EVENT_KUNMAP_LOCAL: /* low pages and pkmap addresses pass through */
		if (q->addr >= pkmap_base)
			kmm_kunmap_local(h, task, q->cpu, q->addr);
		break;
	default:
		break;
	}
}

static int replay(struct kmaps_window *w, const struct kmm_highmem_config *config,
		  struct kmw_reader *k, uint64_t *maps, struct err *e)
{
	struct kmm_highmem_config c = *config;
	struct request *q = malloc(KMW_BLOCK_RECORDS * sizeof(*q));
	struct kmw_scratch *scratch = kmw_scratch_new();
	struct kmm_highmem *h;
	uint32_t blocks = kmw_block_count(k);
	int ret;

	c.pkmap_slots = w->slots;
	h = kmm_highmem_create(&c);
	ret = q && scratch && h ? 0 : err_set(e, ENOMEM, "out of memory");
	*maps = 0;
	for (uint32_t b = 0; b < blocks && ret >= 0; b++) {
		int n = kmw_block_read(k, b, q, scratch, e);

		ret = n < 0 ? n : 0;
		for (int i = 0; i < n; i++)
			if (q[i].sig.op == REQ_KMAP || q[i].sig.op == REQ_KUNMAP) {
				map(h, c.pkmap_base, &q[i]);
				*maps += q[i].sig.op == REQ_KMAP;
			}
	}
	if (ret >= 0)
		kmm_highmem_stats(h, &w->s);
	if (h)
		kmm_highmem_destroy(h);
	kmw_scratch_free(scratch);
	free(q);
	return ret;
}

/* Whether the capture has such events at all. */
static bool any(const struct kmw_reader *k)
{
	const struct kmw_summary *s = kmw_summary(k);

	for (uint32_t i = 0; i < s->count_n; i++)
		if (strstr(s->counts[i].name, "kmap") && s->counts[i].count)
			return true;
	return false;
}

int kmaps_replay(struct kmaps *x, struct kmw_reader *k, const struct machine *m, struct err *e)
{
	struct kmm_highmem_config c;
	unsigned own;
	int ret = 0;

	memset(x, 0, sizeof(*x));
	if (!any(k))
		return 0;
	/* kmap_high and kmap_local_pfn are called for high memory only: all of it is. */
	kmm_highmem_config_init(&c, KMM_X86_32_PAE, KMM_LINUX_6_1, 0);
	c.cpus = m->cpus && m->cpus <= CPUS ? m->cpus : CPUS;
	c.tasks = TASKS;
	own = strstr(m->kernel, "pae") ? 512 : 1024; /* LAST_PKMAP of i386 */
	for (unsigned slots = own / 4; x->count < KMAPS_WINDOWS && ret >= 0; slots *= 2) {
		struct kmaps_window *w = &x->window[x->count++];

		w->slots = slots;
		w->own = slots == own;
		ret = replay(w, &c, k, &x->maps, e);
	}
	if (!x->maps)
		x->count = 0;
	return ret;
}
