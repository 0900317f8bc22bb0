// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/compact.h"

#include "mm/buddy.h"

static bool has_block(const struct zone *z, unsigned order)
{
	return (z->avail[KMM_UNMOVABLE] | z->avail[KMM_MOVABLE] | z->avail[KMM_RECLAIMABLE]) >>
	       order;
}

static bool movable_frame(const struct kmm *mm, const struct zone *z, kmm_pfn pfn)
{
	const struct frame *f = &mm->frame[pfn];

	return frame_in_use(f) && f->type == KMM_MOVABLE && f->zone == z->index &&
	       frame_tag(mm, pfn) == KMM_MOVABLE;
}

/* The highest frame below `end` that is in the buddy lists of a MOVABLE page block. */
static kmm_pfn find_target(const struct kmm *mm, const struct zone *z, kmm_pfn above, kmm_pfn end)
{
	while (end > above) {
		kmm_pfn head;

		end--;
		if (mm->frame[end].zone != z->index || frame_tag(mm, end) != KMM_MOVABLE)
			continue;
		head = frame_block_of(mm, end);
		if (head != KMM_NO_PFN && mm->frame[head].state == FRAME_IS_FREE)
			return end;
	}
	return KMM_NO_PFN;
}

static void move_page(struct kmm *mm, struct zone *z, unsigned cpu, kmm_pfn from, kmm_pfn to)
{
	kmm_take(mm, to, 0);
	frame_set_used(mm, to, 0, KMM_MOVABLE);
	kmm_set_frame_words(mm, to, 0, kmm_frame_word(mm, from));
	OBSERVE(mm, mm_page_free, cpu, from, 0);
	mm->stats.zone_locks++;
	frame_set_unused(mm, from, 0);
	buddy_free(mm, z, from, 0, frame_tag(mm, from), false);
}

/* Whether the owner lets the page move. */
static bool migrate(struct kmm *mm, unsigned cpu, kmm_pfn from, kmm_pfn to)
{
	if (mm->seen.migrate_page)
		return mm->seen.migrate_page(mm->seen_arg, cpu, from, to);
	return mm->shortage.migrate_page(mm->shortage.arg, cpu, from, to);
}

bool compact_zone(struct kmm *mm, struct zone *z, unsigned cpu, unsigned order)
{
	kmm_pfn target = z->end;

	if (!mm->seen.migrate_page && !mm->shortage.migrate_page)
		return false;
	mm->stats.compactions++;
	for (kmm_pfn pfn = z->start; pfn < target && !has_block(z, order); pfn++) {
		kmm_pfn to;

		if (!movable_frame(mm, z, pfn))
			continue;
		to = find_target(mm, z, pfn, target);
		if (to == KMM_NO_PFN)
			break;
		target = to + 1;
		if (migrate(mm, cpu, pfn, to))
			move_page(mm, z, cpu, pfn, to);
	}
	return has_block(z, order);
}
