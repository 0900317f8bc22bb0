// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/story.h"
#include "trace/event.h"

static void nothing_is_missing_in_order(void **state)
{
	struct story *s = *state;
	struct err e;

	refill(s);
	for (uint32_t p = 11; p < 15; p++)
		tell(s, REQ_PAGE_ALLOC, p, p, 0);
	tell(s, REQ_PAGE_FREE, 12, 12, 0);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->s.taken.count, 0);
}

/* Free pages of a list tell what block they lie in, so where a page that is freed there goes: 60 was taken before 50. */
static void types_of_blocks_from_the_lists(void **state)
{
	uint32_t free_page = 100;
	struct machine_list list = { .cpu = -1, .type = KMM_UNMOVABLE, .count = 1 };
	struct machine_state before = { .have_lists = true,
					.lists = &list,
					.list_count = 1,
					.list_pfns = &free_page,
					.list_pfn_count = 1 };
	struct story *s = *state;
	struct err e;

	silent_start(&s->s, &before);
	tell(s, REQ_PAGE_FREE, 50, 50, 0);
	tell(s, REQ_PAGE_FREE, 60, 60, 0);
	tell(s, REQ_PAGE_FREE, 560, 560, 0); /* in a block of which nothing is known */
	tell(s, REQ_PAGE_ALLOC, 50, 1, 0);
	tell(s, REQ_PAGE_FREE, 60, 2, 0);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->s.taken.count, 1);
	assert_int_equal(s->s.taken.gone[0].pfn, 60);
}

/* 13 comes from the head: 11 and 12 were taken before; the frees prove it. */
static void pages_before_the_one_handed_out(void **state)
{
	struct story *s = *state;
	struct err e;
	uint64_t at;

	refill(s);
	at = s->n;
	tell(s, REQ_PAGE_ALLOC, 13, 2, 0);
	tell(s, REQ_PAGE_FREE, 11, NO_SLOT, 0);
	tell(s, REQ_PAGE_FREE, 12, NO_SLOT, 0);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->s.taken.count, 2);
	assert_int_equal(s->s.taken.page[0].number, at);
	assert_int_equal(s->s.taken.page[1].number, at);
}

/* An interrupt's pop is logged first: the list was in order all the same. */
static void a_later_event_acquits(void **state)
{
	struct story *s = *state;
	struct err e;

	refill(s);
	tell(s, REQ_PAGE_ALLOC, 12, 2, 0);
	tell(s, REQ_PAGE_ALLOC, 11, 3, 0);
	tell(s, REQ_PAGE_FREE, 11, 3, 0);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->s.taken.count, 0);
}

static void what_the_resolver_knows_is_not_found_again(void **state)
{
	struct story *s = *state;
	struct err e;

	refill(s);
	tell(s, REQ_PAGE_BULK, KMM_NO_PFN, 20, 0);
	tell(s, REQ_PAGE_BULK, KMM_NO_PFN, 21, 0);
	tell(s, REQ_PAGE_ALLOC, 13, 2, 0);
	tell(s, REQ_PAGE_FREE, 11, 20, 0);
	tell(s, REQ_PAGE_FREE, 12, 21, 0);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->s.taken.count, 0);
}

/* Without a free, only the snapshot can tell: it does not have them free. */
static void the_snapshot_decides_what_was_kept(void **state)
{
	struct story *s = *state;
	uint32_t pfn = 11;
	struct machine_list l = { .cpu = 0, .count = 1 };
	struct machine_state after = {
		.have_lists = true, .lists = &l, .list_count = 1, .list_pfns = &pfn
	};
	struct err e;

	refill(s);
	tell(s, REQ_PAGE_ALLOC, 13, 2, 0);
	assert_int_equal(silent_end(&s->s, &after, &e), 0);
	assert_int_equal(s->s.taken.count, 1);
}

/* 30 was freed last, and yet 31 was handed out: 30 had been taken, as its next free proves. */
static void pages_freed_before_the_one_handed_out(void **state)
{
	struct story *s = *state;
	struct err e;
	uint64_t at;

	learn_block(s);
	push(s, 31, NO_SLOT, 0);
	push(s, 30, NO_SLOT, 0);
	at = s->n;
	tell(s, REQ_PAGE_ALLOC, 31, 3, 0);
	push(s, 30, NO_SLOT, 0);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->s.taken.count, 1);
	assert_int_equal(s->s.taken.page[0].number, at);
	assert_int_equal(s->s.taken.past_count, 0);
}

/* The same in an interrupt that found the list locked, and the page was not seen again. */
static void a_free_that_went_past_the_list(void **state)
{
	struct story *s = *state;
	struct err e;
	uint64_t at;

	learn_block(s);
	push(s, 31, NO_SLOT, 0);
	at = s->n;
	push(s, 30, NO_SLOT, FREE_IRQ);
	tell(s, REQ_PAGE_ALLOC, 31, 3, 0);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->s.taken.count, 0);
	assert_int_equal(s->s.taken.past_count, 1);
	assert_int_equal(s->s.taken.past[0], at);
}

/* A refill takes it: hindsight knows that its free went past the list, and nobody took it. */
static void a_page_that_a_refill_takes_was_not_taken(void **state)
{
	struct story *s = *state;
	struct err e;

	learn_block(s);
	push(s, 31, NO_SLOT, 0);
	push(s, 30, NO_SLOT, FREE_IRQ);
	tell(s, REQ_PAGE_ALLOC, 31, 3, 0);
	tell(s, REQ_PAGE_ALLOC, 30, 4, 1);
	tell(s, OBS_ZONE_LOCKED, 30, 4, 0);
	push(s, 30, 4, 0);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->s.taken.count, 0);
	assert_int_equal(s->s.taken.past_count, 0);
}

/* What compaction takes from the free lists leaves no event but a later free either. */
static void compaction_is_an_explanation_too(void **state)
{
	struct request move = { .pfn = KMM_NO_PFN, .slot = NO_SLOT };
	struct story *s = *state;
	struct err e;

	push(s, 20, NO_SLOT, 0);
	tell_movable(s, REQ_PAGE_ALLOC, 20, 9, 0);
	push(s, 31, NO_SLOT, 0);
	push(s, 30, NO_SLOT, FREE_IRQ);
	tell_movable(s, REQ_PAGE_ALLOC, 31, 3, 0);
	move.sig.op = OBS_COMPACTION;
	move.sig.aux = EVENT_MM_COMPACTION_ISOLATE_FREEPAGES;
	silent_record(&s->s, &move, s->n++);
	push(s, 30, NO_SLOT, 0);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->s.taken.count, 0);
}

/* It takes none from UNMOVABLE page blocks, and what was on its list is not in the free lists. */
static void compaction_does_not_explain_all(void **state)
{
	struct request move = { .pfn = KMM_NO_PFN, .slot = NO_SLOT };
	struct story *s = *state;
	struct err e;

	learn_block(s);
	push(s, 31, NO_SLOT, 0);
	push(s, 30, NO_SLOT, FREE_IRQ);
	tell(s, REQ_PAGE_ALLOC, 31, 3, 0);
	move.sig.op = OBS_COMPACTION;
	move.sig.aux = EVENT_MM_COMPACTION_ISOLATE_FREEPAGES;
	silent_record(&s->s, &move, s->n++);
	push(s, 30, NO_SLOT, 0);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->s.taken.count, 1);
}

/* An interrupt may have found the list locked, and the free is believed to have gone past it: 30, by an interrupt. */
static void free_believed_past(struct story *s, uint8_t aux)
{
	struct request q = { .pfn = 30, .slot = NO_SLOT };

	q.sig.op = REQ_PAGE_FREE;
	q.sig.flags = REQ_DIRECT;
	q.sig.aux = aux;
	silent_record(&s->s, &q, s->n++);
}

/*
 * It had not: a kernel stack had got the page, from the CPU's list, as its next free shows (6.18, vfree's kworker).  A free to
 * the tail is no belief, and a page that is not seen again leaves it at that.
 */
static void a_free_that_was_believed_past(void **state)
{
	static const uint8_t how[] = { FREE_NESTED, FREE_NESTED, FREE_TAIL };

	for (unsigned i = 0; i < 3; i++) {
		struct story *s = *state;
		struct err e;
		uint64_t at;

		story_end(state);
		assert_int_equal(story_begin(state), 0);
		learn_block(s);
		push(s, 31, NO_SLOT, 0);
		at = s->n;
		free_believed_past(s, how[i]);
		tell(s, REQ_PAGE_ALLOC, 31, 3, 0);
		if (i != 1)
			push(s, 30, NO_SLOT, 0);
		assert_int_equal(silent_end(&s->s, NULL, &e), 0);
		assert_int_equal(s->s.taken.count, !i);
		assert_int_equal(s->s.taken.past_count, !i);
		if (!i)
			assert_int_equal(s->s.taken.past[0], at);
	}
}

/* The request got 12 of its refill: 10 and 11 had been taken before, and the refill was theirs. */
static void a_refill_of_others(void **state)
{
	struct story *s = *state;
	struct err e;
	uint64_t at = s->n;

	tell(s, REQ_PAGE_ALLOC, 12, 1, 5);
	for (uint32_t p = 10; p < 15; p++)
		tell(s, OBS_ZONE_LOCKED, p, 1, 0);
	push(s, 10, NO_SLOT, 0);
	push(s, 11, NO_SLOT, 0);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->s.taken.count, 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(s->s.taken.page[i].number, at);
		assert_int_equal(s->s.taken.page[i].zone, 0);
		/* For who follows the recording they go when the refill has brought them. */
		assert_int_equal(s->s.taken.gone[i].number, at + 3);
	}
}

/* 30 stood before 31, which task 2 got: task 1 had taken it, and was preempted before it logged that. */
static void a_task_that_was_preempted(void **state)
{
	struct story *s = *state;
	uint64_t at;

	learn_block(s);
	push(s, 31, NO_SLOT, 0);
	push(s, 30, NO_SLOT, 0);
	at = s->n;
	alloc_by(s, 31, 2, 0);
	alloc_by(s, 30, 1, 0);
	assert_int_equal(s->early.count, 1);
	assert_int_equal(s->early.a[0].from, at + 1);
	assert_int_equal(s->early.a[0].to, at);
}

/* The same, but both did something in between: neither can have been on its way. */
static void tasks_that_went_on(void **state)
{
	struct story *s = *state;

	learn_block(s);
	push(s, 31, NO_SLOT, 0);
	push(s, 30, NO_SLOT, 0);
	alloc_by(s, 51, 2, 0);
	alloc_by(s, 31, 2, 0);
	alloc_by(s, 50, 1, 0);
	alloc_by(s, 30, 1, 0);
	assert_int_equal(s->early.count, 0);
}

/* It woke up on another CPU. */
static void a_task_that_moved(void **state)
{
	struct story *s = *state;
	uint64_t at;

	learn_block(s);
	push(s, 30, NO_SLOT, 0);
	at = s->n;
	push(s, 31, NO_SLOT, 0);
	alloc_by(s, 30, 1, 1);
	assert_int_equal(s->early.count, 1);
	assert_int_equal(s->early.a[0].to, at);
	assert_int_equal(s->early.a[0].q.cpu, 0);
}

/* 30 was given back after task 1 had taken 31, and handed out next as if nothing had been before. */
static void pages_that_came_meanwhile(void **state)
{
	struct story *s = *state;
	uint64_t at;

	learn_block(s);
	push(s, 31, NO_SLOT, 0);
	at = s->n;
	push(s, 30, NO_SLOT, 0);
	alloc_by(s, 31, 1, 0);
	alloc_by(s, 30, 1, 0);
	assert_int_equal(s->early.count, 1);
	assert_int_equal(s->early.a[0].q.pfn, 31);
	assert_int_equal(s->early.a[0].to, at);
}

/* No bulk allocation asks for MOVABLE pages: there was somebody who is not in the trace. */
static void who_took_movable_pages(void **state)
{
	struct story *s = *state;

	for (unsigned type = KMM_UNMOVABLE; type <= KMM_MOVABLE; type++) {
		for (unsigned i = 0; i < 3; i++) {
			struct request q = { .pfn = 40 + i, .slot = 40 + i };

			q.sig.op = i ? OBS_ZONE_LOCKED : REQ_PAGE_ALLOC;
			q.sig.own_obs = i ? 0 : 3;
			q.sig.type = (uint8_t)type;
			q.slot = 40;
			silent_record(&s->s, &q, s->n++);
		}
		/* 42 is handed out, and 41 given back, which stood before it. */
		for (unsigned i = 2; i; i--) {
			struct request q = { .pfn = 40 + i, .slot = 50 };

			q.sig.op = i == 2 ? REQ_PAGE_ALLOC : REQ_PAGE_FREE;
			q.sig.type = (uint8_t)type;
			q.sig.flags = i == 2 ? 0 : REQ_DIRECT;
			silent_record(&s->s, &q, s->n++);
		}
		assert_int_equal(s->s.taken.count, type + 1);
		assert_int_equal(s->s.unseen, type == KMM_MOVABLE);
	}
}

/* 32 was taken before what stands before it came, as 30 shows; so 31, which another task gets, is no later. */
static void what_came_meanwhile_stays_in_turn(void **state)
{
	struct story *s = *state;

	learn_block(s);
	push(s, 32, NO_SLOT, 0);
	push(s, 31, NO_SLOT, 0);
	push(s, 30, NO_SLOT, 0);
	alloc_by(s, 32, 1, 0);
	alloc_by(s, 30, 1, 0);
	alloc_by(s, 31, 2, 0);
	assert_int_equal(s->early.count, 1);
	assert_int_equal(s->early.a[0].q.pfn, 32);
}

/* Likewise; 30 to 32 still stand there in their order, in which 31 was gone when 32 was handed out. */
static void what_came_meanwhile_is_still_there(void **state)
{
	struct story *s = *state;
	uint64_t at;

	learn_block(s);
	for (uint32_t p = 33; p >= 30; p--)
		push(s, p, NO_SLOT, 0);
	alloc_by(s, 33, 1, 0);
	alloc_by(s, 30, 1, 0);
	at = s->n;
	alloc_by(s, 32, 3, 0);
	alloc_by(s, 31, 2, 0);
	assert_int_equal(s->early.count, 2);
	assert_int_equal(s->early.a[1].q.pfn, 31);
	assert_int_equal(s->early.a[1].to, at);
}

/* Task 1, on its way with 31, gave back for a task that is gone when it got the CPU again. */
static void a_switch_is_not_the_task_going_on(void **state)
{
	struct story *s = *state;

	learn_block(s);
	push_by(s, 31, 3, 0);
	push_by(s, 30, 3, 0);
	alloc_by(s, 30, 2, 0);
	alloc_by(s, 53, 1, 0);
	push_by(s, 32, 3, 0);
	push_by(s, 33, 1, 0);
	alloc_by(s, 31, 1, 0);
	alloc_by(s, 33, 1, 0);
	assert_int_equal(s->early.count, 1);
	assert_int_equal(s->early.a[0].q.pfn, 31);
}

/* 10 and 11 are on the list since before the workload: 30, which stands before them, was not there. */
static void pages_of_the_start(void **state)
{
	struct story *s = *state;
	uint32_t pfns[] = { 10, 11 };
	uint8_t types[] = { KMM_UNMOVABLE, KMM_MOVABLE };
	struct machine_list l = { .cpu = 0, .count = 2 };
	const struct machine_state before = { .have_lists = true,
					      .lists = &l,
					      .list_count = 1,
					      .list_pfns = pfns,
					      .block_types = types,
					      .block_count = 2 };
	struct err e;

	push(s, 40, NO_SLOT, 0);
	silent_start(&s->s, &before);
	push(s, 600, NO_SLOT, FREE_IRQ); /* of another type */
	push(s, 30, NO_SLOT, FREE_IRQ);
	tell(s, REQ_PAGE_ALLOC, 10, 1, 0);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->s.taken.past_count, 1);
	assert_int_equal(s->s.taken.count, 0);
}

/* 30 seemed to be the bulk allocation's, but was past the list; 31 was, and nobody else took it. */
static void a_bulk_allocation_got_another_page(void **state)
{
	struct story *s = *state;
	struct err e;

	learn_block(s);
	push(s, 32, NO_SLOT, 0);
	push(s, 31, NO_SLOT, 0);
	push(s, 30, NO_SLOT, FREE_IRQ);
	tell(s, REQ_PAGE_BULK, KMM_NO_PFN, 20, 0);
	tell(s, REQ_PAGE_ALLOC, 32, 3, 0);
	tell(s, REQ_PAGE_ALLOC, 30, 4, 1);
	tell(s, OBS_ZONE_LOCKED, 30, 4, 0);
	push(s, 31, 20, 0);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->s.taken.count, 0);
}

/*
 * Two pages of a bulk allocation are refilled one by one, as in a zone whose batch is 1: the other zone's list, which served
 * the CPU before, has what it had.
 */
static void a_bulk_allocation_from_the_zone_that_it_refills(void **state)
{
	struct story *s = *state;
	struct err e;

	silent_free(&s->s);
	s->m.zone_count = 2;
	s->m.zones[0].spanned = 512;
	s->m.zones[1].start_pfn = s->m.zones[1].spanned = 512;
	assert_int_equal(silent_init(&s->s, &s->early, &s->m, &e), 0);
	push(s, 520, NO_SLOT, 0);
	tell(s, REQ_PAGE_ALLOC, 520, 9, 0);
	push(s, 600, NO_SLOT, 0);
	tell(s, REQ_PAGE_BULK, KMM_NO_PFN, 20, 2);
	tell(s, REQ_PAGE_BULK, KMM_NO_PFN, 21, 0);
	tell(s, OBS_ZONE_LOCKED, 40, 20, 0);
	tell(s, OBS_ZONE_LOCKED, 41, 20, 0);
	tell(s, REQ_PAGE_ALLOC, 600, 3, 0);
	push(s, 40, 20, 0);
	push(s, 41, 21, 0);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->s.taken.count, 0);
}

/* 30 was freed by an interrupt in the midst of the bulk allocation's refill, past the list that was held: it is not what that got. */
static void a_bulk_allocation_got_nothing_freed_since(void **state)
{
	struct story *s = *state;
	struct err e;
	uint64_t at;

	learn_block(s);
	tell(s, REQ_PAGE_BULK, KMM_NO_PFN, 21, 3);
	for (uint32_t p = 11; p < 14; p++)
		tell(s, OBS_ZONE_LOCKED, p, 21, 0);
	at = s->n;
	push(s, 30, NO_SLOT, FREE_IRQ);
	tell(s, REQ_PAGE_ALLOC, 12, 3, 0);
	push(s, 11, 21, 0);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->s.taken.count, 0);
	assert_int_equal(s->s.taken.past_count, 1);
	assert_int_equal(s->s.taken.past[0], at);
}

/* A fallback from 6.10 on, without another event, got 30: it had gone past the list, and nobody had taken it. */
static void a_stolen_page_was_not_taken(void **state)
{
	struct story *s = *state;
	struct request q = { .pfn = 30, .slot = 4 };
	struct err e;

	s->m.kernel_major = 6;
	s->m.kernel_minor = 18;
	learn_block(s);
	push(s, 31, NO_SLOT, 0);
	push(s, 30, NO_SLOT, 0);
	tell(s, REQ_PAGE_ALLOC, 31, 3, 0);
	tell(s, REQ_PAGE_ALLOC, 30, 4, 1);
	q.sig.op = OBS_EXTFRAG;
	q.sig.type = KMM_MOVABLE;
	silent_record(&s->s, &q, s->n++);
	push(s, 30, 4, 0);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->s.taken.count, 0);
}

/* Freed in an interrupt, drained by nobody, and in the free lists of the snapshot: it went past, as 50 did not. */
static void free_in_the_end_without_a_drain(void **state)
{
	uint32_t pfn[] = { 48, 50 };
	struct machine_list lists[] = { { .cpu = -1, .order = 1, .first = 0, .count = 1 },
					{ .cpu = 0, .first = 1, .count = 1 } };
	struct machine_state after = { .have_lists = true,
				       .lists = lists,
				       .list_count = 2,
				       .list_pfns = pfn,
				       .list_pfn_count = 2 };
	struct story *s = *state;
	struct request q = { .slot = NO_SLOT,
			     .sig = { .op = REQ_PAGE_FREE, .aux = FREE_NESTED | FREE_IRQ } };
	struct err e;

	learn_block(s);
	q.pfn = 50;
	silent_record(&s->s, &q, s->n++);
	q.pfn = 49;
	silent_record(&s->s, &q, s->n++);
	assert_int_equal(silent_after(&s->s, &after, s->n), 0);
	assert_int_equal(silent_end(&s->s, &after, &e), 0);
	assert_int_equal(s->s.taken.past_count, 1);
	assert_int_equal(s->s.taken.past[0], s->n - 1);
}

/*
 * Task 1 had taken 30, and logs it when it has the CPU again; task 2's kernel stack, which was thought to have got 30, got 31
 * and 32: its next page was 33.
 */
static void a_page_taken_before_a_bulk_allocation(void **state)
{
	struct story *s = *state;
	struct err e;
	uint64_t at, bulk;

	learn_block(s);
	for (uint32_t p = 33; p >= 30; p--)
		push_by(s, p, 3, 0);
	bulk = s->n;
	bulk_by(s, 2, 2);
	alloc_by(s, 33, 2, 0);
	at = s->n;
	alloc_by(s, 30, 1, 0);
	push_by(s, 31, 2, 0);
	push_by(s, 32, 2, 0);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->early.count, 1);
	assert_int_equal(s->early.a[0].q.pfn, 30);
	assert_int_equal(s->early.a[0].from, at);
	assert_int_equal(s->early.a[0].to, bulk);
	assert_int_equal(s->s.taken.count, 0);
}

/* vmalloc's pages are of highmem, whatever the CPU's last request was for: it had 600, and nobody 50. */
static void a_bulk_allocation_takes_highmem(void **state)
{
	struct story *s = *state;
	struct err e;

	silent_free(&s->s);
	s->m.zone_count = 2;
	s->m.zones[0].spanned = 512;
	s->m.zones[1].start_pfn = s->m.zones[1].spanned = 512;
	s->m.zones[1].type = KMM_ZONE_HIGHMEM;
	assert_int_equal(silent_init(&s->s, &s->early, &s->m, &e), 0);
	learn_block(s);
	push(s, 700, NO_SLOT, 0);
	tell(s, REQ_PAGE_ALLOC, 700, 1, 0);
	push(s, 600, NO_SLOT, 0);
	push(s, 51, NO_SLOT, 0);
	push(s, 50, NO_SLOT, 0);
	tell(s, REQ_PAGE_ALLOC, 50, 2, 0);
	push(s, 50, 2, 0);
	tell_request(s,
		     &(struct request){ .pfn = KMM_NO_PFN,
					.slot = 3,
					.sig = { .op = REQ_PAGE_BULK, .gfp = KMM_GFP_HIGHMEM } });
	tell(s, REQ_PAGE_ALLOC, 50, 4, 0);
	push(s, 600, 3, 0);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->s.taken.count, 0);
	assert_int_equal(s->s.taken.gone_count, 1);
	assert_int_equal(s->s.taken.gone[0].pfn, 600);
}

/*
 * Freed in interrupts that may have found the list locked: 50 was passed over by the allocation of 40, and 51 was believed
 * to have gone past.  The snapshot has both on the list of the CPU.
 */
static void on_a_cpus_list_in_the_end(void **state)
{
	uint32_t pfn[] = { 50, 51 };
	struct machine_list list = { .cpu = 0, .count = 2 };
	struct machine_state after = { .have_lists = true,
				       .lists = &list,
				       .list_count = 1,
				       .list_pfns = pfn,
				       .list_pfn_count = 2 };
	struct story *s = *state;
	struct err e;

	learn_block(s);
	push(s, 40, NO_SLOT, 0);
	push(s, 50, NO_SLOT, FREE_NESTED | FREE_IRQ);
	alloc_by(s, 40, 1, 0);
	tell_request(s, &(struct request){ .pfn = 51,
					   .slot = NO_SLOT,
					   .sig = { .op = REQ_PAGE_FREE,
						    .flags = REQ_DIRECT,
						    .aux = FREE_NESTED | FREE_IRQ } });
	assert_int_equal(silent_after(&s->s, &after, s->n), 0);
	assert_int_equal(silent_end(&s->s, &after, &e), 0);
	assert_int_equal(s->s.taken.count, 0);
	assert_int_equal(s->s.taken.past_count, 1);
	assert_int_equal(s->s.taken.past[0], s->n - 1);
}

/*
 * A drain takes the last page of the list, and took 30 though 32 stood behind it: task 1 had taken that.  It was the
 * first of its list when the task lost the CPU, so it was taken before task 2 freed anything.
 */
static void a_page_that_a_drain_passed_over(void **state)
{
	struct story *s = *state;
	uint64_t at;

	learn_block(s);
	push(s, 32, NO_SLOT, 0);
	push(s, 31, NO_SLOT, 0);
	alloc_by(s, 31, 1, 0);
	at = s->n;
	by(s, 2, REQ_PAGE_FREE, 60, 1);
	by(s, 2, REQ_PAGE_FREE, 30, 0);
	by(s, 2, OBS_PCPU_DRAIN, 30, 0);
	alloc_by(s, 32, 1, 0);
	assert_int_equal(s->early.count, 1);
	assert_int_equal(s->early.a[0].q.pfn, 32);
	assert_int_equal(s->early.a[0].from, at + 3);
	assert_int_equal(s->early.a[0].to, at);
}

/* The same, but 33 stood before 32 when the task lost the CPU: it took 32 only after another one had taken that. */
static void a_page_that_was_not_the_first(void **state)
{
	struct story *s = *state;
	uint64_t at;

	learn_block(s);
	push(s, 32, NO_SLOT, 0);
	push(s, 33, NO_SLOT, 0);
	push(s, 31, NO_SLOT, 0);
	alloc_by(s, 31, 1, 0);
	alloc_by(s, 33, 2, 0);
	at = s->n;
	by(s, 2, REQ_PAGE_FREE, 30, 0);
	by(s, 2, OBS_PCPU_DRAIN, 30, 0);
	alloc_by(s, 32, 1, 0);
	assert_int_equal(s->early.count, 1);
	assert_int_equal(s->early.a[0].to, at);
}

/*
 * A task took a huge page of its CPU's list and lost that CPU while it was zeroed: another one ran there, and the page is
 * logged on the other CPU, from whose list it cannot be.  It is off the first one's list from where the task was moved.
 */
static void a_huge_page_of_a_task_that_moved(void **state)
{
	struct story *s = *state;
	struct request q = { .slot = 1, .pid = 1, .sig = { .op = REQ_PAGE_ALLOC, .order = 9 } };
	uint64_t at;

	q.sig.type = KMM_MOVABLE;
	q.sig.own_obs = 2;
	silent_record(&s->s, &q, s->n++);
	q.sig.op = OBS_ZONE_LOCKED;
	silent_record(&s->s, &q, s->n++);
	q.pfn = 512;
	silent_record(&s->s, &q, s->n++);
	by(s, 1, REQ_OBJ_ALLOC, KMM_NO_PFN, 0);
	at = s->n;
	by(s, 2, REQ_OBJ_ALLOC, KMM_NO_PFN, 0);
	q.cpu = 1;
	q.slot = 2;
	q.sig.op = REQ_PAGE_ALLOC;
	q.sig.own_obs = 0;
	silent_record(&s->s, &q, s->n++);
	assert_int_equal(s->early.count, 1);
	assert_int_equal(s->early.a[0].to, at);
	assert_int_equal(s->early.a[0].q.cpu, 0);
}

/* A free that was logged right before such a drain found the list locked: it is not waited for. */
static void a_free_while_another_cpu_drains(void **state)
{
	struct story *s = *state;
	struct err e;
	uint64_t at;

	learn_block(s);
	push(s, 32, NO_SLOT, 0);
	push(s, 31, NO_SLOT, 0);
	at = s->n;
	push(s, 30, NO_SLOT, 0);
	drain_all(s, 32, false);
	drain_all(s, 31, true);
	alloc_by(s, 90, 300, 1);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->s.taken.count, 0);
	assert_int_equal(s->s.taken.past_count, 1);
	assert_int_equal(s->s.taken.past[0], at);
}

/* So did one in the midst of it, as the next refill shows; what was freed before was on the list. */
static void a_free_in_the_midst_of_a_drain(void **state)
{
	struct story *s = *state;
	struct err e;
	uint64_t at;

	learn_block(s);
	push(s, 32, NO_SLOT, 0);
	push(s, 31, NO_SLOT, 0);
	drain_all(s, 32, false);
	at = s->n;
	push(s, 30, NO_SLOT, 0);
	drain_all(s, 31, true);
	refill(s);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->s.taken.count, 0);
	assert_int_equal(s->s.taken.past_count, 1);
	assert_int_equal(s->s.taken.past[0], at);
}

/*
 * 30 was logged right before the drain of all lists of its CPU, which did not find it, and is drained by the next one: it
 * came to the list in between.
 */
static void a_free_that_a_drain_did_not_find(void **state)
{
	struct story *s = *state;
	uint64_t at, to;

	learn_block(s);
	push(s, 32, NO_SLOT, 0);
	push(s, 31, NO_SLOT, 0);
	at = s->n;
	push(s, 30, NO_SLOT, 0);
	drain_all(s, 32, false);
	drain_all(s, 31, true);
	to = s->n;
	drain_all(s, 90, false);
	assert_int_equal(s->early.count, 0);
	drain_all(s, 30, true);
	assert_int_equal(s->early.count, 1);
	assert_int_equal(s->early.a[0].q.sig.op, REQ_PAGE_FREE);
	assert_int_equal(s->early.a[0].from, at);
	assert_int_equal(s->early.a[0].to, to);
}

/* It is freed once more: somebody had taken it. */
static void a_page_that_was_taken_before_the_drain(void **state)
{
	struct story *s = *state;

	learn_block(s);
	push(s, 32, NO_SLOT, 0);
	push(s, 31, NO_SLOT, 0);
	push(s, 30, NO_SLOT, 0);
	drain_all(s, 32, false);
	drain_all(s, 31, true);
	drain_all(s, 90, false);
	push(s, 30, NO_SLOT, 0);
	drain_all(s, 30, true);
	assert_int_equal(s->early.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(nothing_is_missing_in_order),
		STORY(types_of_blocks_from_the_lists),
		STORY(pages_before_the_one_handed_out),
		STORY(a_later_event_acquits),
		STORY(what_the_resolver_knows_is_not_found_again),
		STORY(the_snapshot_decides_what_was_kept),
		STORY(pages_freed_before_the_one_handed_out),
		STORY(a_free_that_went_past_the_list),
		STORY(a_page_that_a_refill_takes_was_not_taken),
		STORY(compaction_is_an_explanation_too),
		STORY(compaction_does_not_explain_all),
		STORY(a_free_that_was_believed_past),
		STORY(a_refill_of_others),
		STORY(a_task_that_was_preempted),
		STORY(a_page_that_a_drain_passed_over),
		STORY(a_page_that_was_not_the_first),
		STORY(tasks_that_went_on),
		STORY(a_task_that_moved),
		STORY(a_huge_page_of_a_task_that_moved),
		STORY(pages_that_came_meanwhile),
		STORY(what_came_meanwhile_stays_in_turn),
		STORY(what_came_meanwhile_is_still_there),
		STORY(who_took_movable_pages),
		STORY(a_switch_is_not_the_task_going_on),
		STORY(pages_of_the_start),
		STORY(a_bulk_allocation_got_another_page),
		STORY(a_bulk_allocation_from_the_zone_that_it_refills),
		STORY(a_bulk_allocation_got_nothing_freed_since),
		STORY(a_stolen_page_was_not_taken),
		STORY(free_in_the_end_without_a_drain),
		STORY(on_a_cpus_list_in_the_end),
		STORY(a_bulk_allocation_takes_highmem),
		STORY(a_page_taken_before_a_bulk_allocation),
		STORY(a_free_while_another_cpu_drains),
		STORY(a_free_in_the_midst_of_a_drain),
		STORY(a_free_that_a_drain_did_not_find),
		STORY(a_page_that_was_taken_before_the_drain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
