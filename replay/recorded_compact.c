// SPDX-License-Identifier: GPL-2.0-or-later
/* What compaction takes from the free lists, and what it keeps. */
#include "replay/recorded_inside.h"
#include "trace/event.h"

/* Mark a block as taken by compaction. */
static void hold_isolated(struct recorded *r, uint32_t pfn, unsigned order)
{
	recorded_touch(r, pfn, pfn + (1ull << order));
	recorded_enter(r, pfn, order, FRAME_USED, 0, KMM_MOVABLE, OWNER_USER);
	for (uint32_t i = 0; i < 1u << order; i++)
		r->set.f[pfn + i].isolated = true;
	r->stats.pages_isolated += 1u << order;
}

/*
 * The block that these pages make whole is kept for the task that compacts, as
 * soon as it is as large as wanted (pitfall 5).
 */
bool recorded_keep(struct recorded *r, const struct request *q, uint32_t pfn, unsigned order)
{
	const struct freescan_run *run = freescan_direct(&r->scan, q->pid);
	struct freescan_kept *k = NULL;
	uint32_t whole;

	if (!run || run->order <= 0 || (unsigned)run->order < order ||
	    machine_zone_of(r->m, pfn) != (int)run->zone)
		return false;
	for (unsigned i = 0; i < FREESCAN_RUNS; i++) {
		if (r->kept[i].pfn != KMM_NO_PFN && r->kept[i].pid == q->pid)
			return false;
		if (r->kept[i].pfn == KMM_NO_PFN)
			k = &r->kept[i];
	}
	whole = pfn & ~((1u << run->order) - 1);
	if (!k || !freeset_completes(&r->set, pfn, order, (unsigned)run->order))
		return false;
	freeset_take(&r->set, whole, (unsigned)run->order);
	hold_isolated(r, whole, (unsigned)run->order);
	*k = (struct freescan_kept){ q->pid, (uint8_t)run->order, whole };
	return true;
}

/* ---- compaction's free scanner meets the free lists ---- */

static uint32_t list_prev(void *who, unsigned zone, unsigned order, uint32_t at)
{
	return freeset_prev(&((struct recorded *)who)->set, zone, order, KMM_MOVABLE, at);
}

static uint32_t list_next(void *who, unsigned zone, unsigned order, uint32_t at)
{
	return freeset_next(&((struct recorded *)who)->set, zone, order, KMM_MOVABLE, at);
}

static void list_turn(void *who, unsigned zone, unsigned order, uint32_t first)
{
	freeset_turn(&((struct recorded *)who)->set, zone, order, KMM_MOVABLE, first);
}

static int free_block(void *who, uint32_t pfn)
{
	const struct recorded *r = who;

	return pfn < r->set.frames && r->set.f[pfn].state == FRAME_BUDDY &&
			       r->set.f[pfn].order != NOT_HEAD ?
		       r->set.f[pfn].order :
		       -1;
}

static unsigned compound_page(void *who, uint32_t pfn)
{
	const struct recorded *r = who;

	return pfn < r->set.frames && r->set.f[pfn].state == FRAME_USED &&
			       r->set.f[pfn].order != NOT_HEAD ?
		       r->set.f[pfn].order :
		       0;
}

/*
 * A page block of which compaction took at least half is going to be movable.  From 6.10 on its other
 * free blocks go to the tails of their lists then, those of a MOVABLE one too [__isolate_free_page()],
 * and a page block that reaches over the zone's boundary stays as it is.
 */
static void make_movable(struct recorded *r, uint32_t pfn)
{
	const struct machine_zone *z = &r->m->zones[r->set.f[pfn].zone];
	unsigned pb = r->m->pageblock_order, tag = r->set.block_type[pfn >> pb];
	uint32_t start = pfn & ~((1u << pb) - 1), end = start + (1u << pb);

	if (tag >= KMM_PCPTYPES && tag != VIEW_UNKNOWN)
		return;
	if (r->claims_silent) {
		if (start < z->start_pfn || end > z->start_pfn + z->spanned)
			return;
		freeset_move_range(&r->set, start, end, KMM_MOVABLE);
	}
	freeset_retag(&r->set, pfn, KMM_MOVABLE);
}

static void isolate_block(void *who, uint32_t pfn)
{
	struct recorded *r = who;
	unsigned order = r->set.f[pfn].order, pb = r->m->pageblock_order;

	freeset_remove(&r->set, pfn);
	if (order + 1 >= pb)
		for (uint32_t b = pfn; b < pfn + (1u << order); b += 1u << pb)
			make_movable(r, b);
	hold_isolated(r, pfn, order);
}

const struct freescan_lists recorded_lists = { list_prev,  list_next,	  list_turn,
					       free_block, compound_page, isolate_block };

/* The block that the task's compaction kept; any other that it has goes back. */
bool recorded_hand_out(struct recorded *r, const struct request *q)
{
	for (unsigned i = 0; i < FREESCAN_RUNS; i++) {
		struct freescan_kept *k = &r->kept[i];
		uint32_t pfn = k->pfn;

		if (pfn == KMM_NO_PFN || k->pid != q->pid)
			continue;
		k->pfn = KMM_NO_PFN;
		if (pfn == q->pfn && k->order == q->sig.order) {
			recorded_use(r, q);
			return true;
		}
		freeset_put(&r->set, pfn, k->order, r->set.block_type[pfn >> r->m->pageblock_order],
			    false);
	}
	return false;
}

/*
 * Compaction gives back what it did not need of blocks that it had taken from
 * the free lists without an event; it takes whole blocks.
 */
void recorded_take_isolated(struct recorded *r, const struct request *q)
{
	uint32_t head = r->giving_back[q->cpu] ? freeset_block_of(&r->set, q->pfn) : KMM_NO_PFN;
	unsigned order;

	if (head == KMM_NO_PFN)
		return;
	order = r->set.f[head].order;
	if (order >= r->m->pageblock_order)
		return;
	freeset_remove(&r->set, head);
	hold_isolated(r, head, order);
}

/*
 * A compaction moved pages into blocks that it had taken unseen.  Which ones follows from
 * the order of the lists; without that, and without a snapshot to mend it by, any page that
 * was known to be free may be in use now.
 */
static void forget_free(struct recorded *r)
{
	for (uint32_t p = 0; p < r->set.frames; p++) {
		struct frame *f = &r->set.f[p];
		uint32_t pages = f->state == FRAME_BUDDY ? 1u << f->order : 0;

		if (!pages)
			continue;
		freeset_remove(&r->set, p);
		for (uint32_t i = 0; i < pages; i++)
			f[i].state = FRAME_UNKNOWN;
		r->unknown += pages;
		p += pages - 1;
	}
}

void recorded_compaction(struct recorded *r, const struct request *q)
{
	bool *giving = q->cpu < r->m->cpus ? &r->giving_back[q->cpu] : NULL;

	freescan_event(&r->scan, q);
	switch (q->sig.aux) {
	case EVENT_MM_COMPACTION_MIGRATEPAGES:
		r->compacted = true;
		if (r->bare && (uint32_t)q->addr)
			forget_free(r);
		if (giving)
			*giving = true;
		break;
	case EVENT_MM_COMPACTION_ISOLATE_MIGRATEPAGES:
		/* From now on until they are moved their old frames are freed. */
		if (giving && (uint32_t)q->addr)
			*giving = false;
		break;
	case EVENT_MM_COMPACTION_BEGIN:
	case EVENT_MM_COMPACTION_END:
		if (giving)
			*giving = false;
		break;
	default:
		break;
	}
}
