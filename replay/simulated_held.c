// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * simulated_held: what stands behind an id.  Four bytes an id say where its block is and
 * how large; whose it is, and what for, stands in the words of the block's own frames.
 * Before the start the model has no memory to write in, and a table keeps all of it.
 */
#include <stdlib.h>
#include <string.h>

#include "replay/simulated_inside.h"

/* An id's code.  A block of 2^order frames starts at a multiple of that, which leaves room for the order. */
#define GONE 0u
#define NOWHERE 0xffffffc0u /* and more: it lives, but has no page of the model's */
#define NOWHERE_SILENT 0x20u
_Static_assert(REQUEST_OWNER_COUNT <= NOWHERE_SILENT, "an owner has five bits");

/* The upper half of a frame's word. */
enum { MARK_TYPE = 32, MARK_OWNER = 35, MARK_COMPOUND = 40, MARK_SILENT = 41 };

static bool aligned(const struct held *h)
{
	return !(h->pfn & ((1u << h->order) - 1));
}

static uint32_t code_of(const struct held *h)
{
	if (!h->live)
		return GONE;
	if (h->pfn == KMM_NO_PFN || !aligned(h))
		return NOWHERE | (h->silent ? NOWHERE_SILENT : 0) | h->owner;
	return h->pfn << 1 | 1u << h->order;
}

static uint64_t mark_of(uint32_t slot, const struct held *h)
{
	return (slot + 1ull) | (uint64_t)h->type << MARK_TYPE | (uint64_t)h->owner << MARK_OWNER |
	       (uint64_t)h->compound << MARK_COMPOUND | (uint64_t)h->silent << MARK_SILENT;
}

static void read_mark(struct held *h, uint64_t word)
{
	h->type = word >> MARK_TYPE & 7;
	h->owner = word >> MARK_OWNER & 31;
	h->compound = word >> MARK_COMPOUND & 1;
	h->silent = word >> MARK_SILENT & 1;
}

/* A table with room for n; NULL, and the one before stays, if there is no memory. */
static void *grown(void *table, size_t size, uint32_t had, uint32_t n)
{
	char *more = realloc(table, n * size);

	if (more)
		memset(more + had * size, 0, (n - had) * size);
	return more;
}

static bool make_room(struct simulated *s, uint32_t slot)
{
	uint32_t n = slot + slot / 8 + 1024, had = s->slots;
	void *more = NULL;

	if (slot < had)
		return true;
	if (s->seeded && (more = grown(s->held, sizeof(*s->held), had, n)))
		s->held = more;
	if (!s->seeded && (more = grown(s->before, sizeof(*s->before), had, n)))
		s->before = more;
	if (more && s->may_run_short && (more = grown(s->born, sizeof(*s->born), had, n)))
		s->born = more;
	if (more && s->wants && (more = grown(s->want, sizeof(*s->want), had, n)))
		s->want = more;
	if (more)
		s->slots = n;
	s->no_memory |= !more;
	return more;
}

struct held simulated_held(const struct simulated *s, uint32_t slot)
{
	struct held h = { .pfn = KMM_NO_PFN };
	uint32_t code;

	if (slot >= s->slots)
		return h;
	if (!s->seeded)
		return s->before[slot];
	code = s->held[slot];
	h.live = code != GONE;
	if (code >= NOWHERE) {
		h.owner = code & (NOWHERE_SILENT - 1);
		h.silent = code & NOWHERE_SILENT;
	} else if (code) {
		h.order = (uint8_t)__builtin_ctz(code);
		h.pfn = (code & (code - 1)) >> 1;
	}
	return h;
}

void simulated_split(struct simulated *s, uint32_t slot)
{
	struct held h = simulated_held(s, slot);

	if (h.pfn == KMM_NO_PFN || !simulated_named(s, slot, h.pfn, &h) || !h.compound)
		return;
	h.compound = false;
	kmm_set_frame_words(s->mm, h.pfn, 0, mark_of(slot, &h));
}

bool simulated_named(const struct simulated *s, uint32_t slot, kmm_pfn pfn, struct held *h)
{
	uint64_t word = kmm_frame_word(s->mm, pfn);

	if ((uint32_t)word != slot + 1)
		return false;
	read_mark(h, word);
	return true;
}

struct held simulated_held_at(const struct simulated *s, kmm_pfn pfn)
{
	uint64_t word = kmm_frame_word(s->mm, pfn);
	struct held h = { .pfn = KMM_NO_PFN };

	if (!(uint32_t)word || (uint32_t)word >= OF_KEPT)
		return h;
	h = simulated_held(s, (uint32_t)word - 1);
	read_mark(&h, word);
	return h;
}

kmm_pfn simulated_want(const struct simulated *s, uint32_t slot)
{
	return s->want ? s->want[slot] : KMM_NO_PFN;
}

bool simulated_hold(struct simulated *s, uint32_t slot, const struct held *h, kmm_pfn want)
{
	if (!make_room(s, slot))
		return false;
	if (s->wants)
		s->want[slot] = want;
	if (!s->seeded) {
		s->before[slot] = *h;
		return true;
	}
	s->held[slot] = code_of(h);
	if (h->pfn != KMM_NO_PFN)
		simulated_own(s, h->pfn, h->order, mark_of(slot, h));
	return true;
}

void simulated_move(struct simulated *s, uint32_t slot, const struct held *h)
{
	s->held[slot] = code_of(h);
}

void simulated_let_go(struct simulated *s, uint32_t slot)
{
	if (s->seeded)
		s->held[slot] = GONE;
	else
		s->before[slot].live = false;
}

/* Slabs that the object model has taken over have no word of ours: their owner goes with the id. */
static bool of_objects(const struct simulated *s, const struct held *h)
{
	return s->objects && (h->owner == OWNER_SLAB || h->owner == OWNER_KMALLOC_LARGE);
}

bool simulated_hold_from_before(struct simulated *s)
{
	s->held = calloc(s->slots + 1ull, sizeof(*s->held));
	if (!s->held)
		return false;
	for (uint32_t i = 0; i < s->slots; i++) {
		struct held h = s->before[i];

		if (h.live && h.pfn != KMM_NO_PFN)
			simulated_own(s, h.pfn, h.order, mark_of(i, &h));
		if (of_objects(s, &h))
			h.pfn = KMM_NO_PFN;
		s->held[i] = code_of(&h);
	}
	free(s->before);
	s->before = NULL;
	return true;
}

void simulated_held_free(struct simulated *s)
{
	free(s->held);
	free(s->before);
	free(s->born);
	free(s->want);
}
