// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "mm/highmem.h"

static unsigned bucket_of(kmm_pfn pfn)
{
	return (pfn * 2654435769u) >> 25;
}

static uint64_t slot_address(const struct kmm_highmem *h, uint32_t slot)
{
	return h->config.pkmap_base + (uint64_t)slot * 4096;
}

/* ---- the page_address hash ---- */

uint32_t pkmap_find(const struct kmm_highmem *h, kmm_pfn pfn)
{
	uint32_t slot = h->bucket[bucket_of(pfn)];

	while (slot != NO_SLOT && h->slot[slot].pfn != pfn)
		slot = h->slot[slot].next;
	return slot;
}

static void hash_add(struct kmm_highmem *h, uint32_t slot, kmm_pfn pfn)
{
	uint32_t *head = &h->bucket[bucket_of(pfn)];

	h->slot[slot].pfn = pfn;
	h->slot[slot].next = *head;
	*head = slot;
}

static void hash_remove(struct kmm_highmem *h, uint32_t slot)
{
	uint32_t *at = &h->bucket[bucket_of(h->slot[slot].pfn)];

	while (*at != slot)
		at = &h->slot[*at].next;
	*at = h->slot[slot].next;
	h->slot[slot].pfn = KMM_NO_PFN;
}

uint64_t kmm_page_address(const struct kmm_highmem *h, kmm_pfn pfn)
{
	uint32_t slot;

	if (pfn == KMM_NO_PFN)
		return 0;
	if (pfn < h->config.highmem)
		return h->config.direct_map + (uint64_t)pfn * 4096;
	slot = pkmap_find(h, pfn);
	return slot == NO_SLOT ? 0 : slot_address(h, slot);
}

/* ---- slots ---- */

void kmm_kmap_flush_unused(struct kmm_highmem *h)
{
	uint64_t before = h->stats.slots_flushed;

	for (uint32_t i = 0; i < h->config.pkmap_slots; i++) {
		if (h->slot[i].count != 1)
			continue;
		h->slot[i].count = 0;
		hash_remove(h, i);
		h->stats.slots_flushed++;
	}
	if (h->stats.slots_flushed != before)
		h->stats.flushes++;
}

/* Round and round from the last slot; a wrap to 0 first gives the unused ones back. */
static uint32_t find_slot(struct kmm_highmem *h)
{
	unsigned left = h->config.pkmap_slots;

	do {
		h->last = (h->last + 1) & (h->config.pkmap_slots - 1);
		if (!h->last) {
			kmm_kmap_flush_unused(h);
			left = h->config.pkmap_slots;
		}
		h->stats.searched++;
		if (!h->slot[h->last].count)
			return h->last;
	} while (--left);
	return NO_SLOT;
}

static int wait_for_slot(struct kmm_highmem *h, unsigned task, bool may_sleep)
{
	if (!may_sleep) {
		h->stats.atomic_sleeps++;
		return -EPERM;
	}
	h->stats.sleeps++;
	h->waiting[h->waiters++] = task;
	return -EAGAIN;
}

/* Whoever asks again no longer sleeps. */
static void leave_queue(struct kmm_highmem *h, unsigned task)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < h->waiters; i++)
		if (h->waiting[i] != task)
			h->waiting[kept++] = h->waiting[i];
	h->waiters = kept;
}

int kmm_kmap(struct kmm_highmem *h, unsigned task, bool may_sleep, kmm_pfn pfn, uint64_t *addr)
{
	uint32_t slot;

	*addr = 0;
	if (task >= h->config.tasks || pfn == KMM_NO_PFN) {
		h->stats.misuse++;
		return -EINVAL;
	}
	leave_queue(h, task);
	h->stats.kmaps++;
	if (pfn < h->config.highmem) {
		h->stats.low_pages++;
		*addr = kmm_page_address(h, pfn);
		return 0;
	}
	slot = pkmap_find(h, pfn);
	if (slot == NO_SLOT) {
		slot = find_slot(h);
		if (slot == NO_SLOT)
			return wait_for_slot(h, task, may_sleep);
		h->slot[slot].count = 1;
		hash_add(h, slot, pfn);
	} else {
		h->stats.reused++;
	}
	h->slot[slot].count++;
	*addr = slot_address(h, slot);
	return 0;
}

int kmm_kunmap(struct kmm_highmem *h, kmm_pfn pfn, unsigned *woken)
{
	uint32_t slot;

	if (pfn < h->config.highmem)
		return 0;
	slot = pkmap_find(h, pfn);
	if (slot == NO_SLOT || h->slot[slot].count < 2) {
		h->stats.misuse++;
		return -EINVAL;
	}
	if (--h->slot[slot].count > 1 || !h->waiters)
		return 0;
	*woken = h->waiting[0];
	h->waiters--;
	for (unsigned i = 0; i < h->waiters; i++)
		h->waiting[i] = h->waiting[i + 1];
	h->stats.wakeups++;
	return 1;
}

unsigned kmm_pkmap_count(const struct kmm_highmem *h, unsigned slot)
{
	return slot < h->config.pkmap_slots ? h->slot[slot].count : 0;
}

/* ---- the whole ---- */

bool pkmap_init(struct kmm_highmem *h)
{
	h->slot = calloc(h->config.pkmap_slots, sizeof(*h->slot));
	h->waiting = calloc(h->config.tasks, sizeof(*h->waiting));
	if (!h->slot || !h->waiting)
		return false;
	for (unsigned i = 0; i < HASH_BUCKETS; i++)
		h->bucket[i] = NO_SLOT;
	for (unsigned i = 0; i < h->config.pkmap_slots; i++)
		h->slot[i].pfn = KMM_NO_PFN;
	return true;
}

void pkmap_stats(const struct kmm_highmem *h, struct kmm_highmem_stats *s)
{
	for (unsigned i = 0; i < h->config.pkmap_slots; i++)
		s->mapped += h->slot[i].count > 1;
	for (unsigned i = 0; i < HASH_BUCKETS; i++) {
		unsigned n = 0;

		for (uint32_t slot = h->bucket[i]; slot != NO_SLOT; slot = h->slot[slot].next)
			n++;
		if (n > s->longest_chain)
			s->longest_chain = n;
	}
}

const char *pkmap_check(const struct kmm_highmem *h)
{
	unsigned used = 0, hashed = 0;

	for (unsigned i = 0; i < h->config.pkmap_slots; i++) {
		const struct pkmap_slot *s = &h->slot[i];

		if (!s->count != (s->pfn == KMM_NO_PFN))
			return "a free slot has a page, or a used one none";
		if (s->count && pkmap_find(h, s->pfn) != i)
			return "a slot's page is mapped twice, or not in the hash";
		used += s->count > 0;
	}
	for (unsigned i = 0; i < HASH_BUCKETS; i++)
		for (uint32_t slot = h->bucket[i]; slot != NO_SLOT; slot = h->slot[slot].next)
			if (++hashed > used)
				return "the hash holds more than the used slots";
	if (hashed != used)
		return "the hash holds fewer than the used slots";
	return NULL;
}
