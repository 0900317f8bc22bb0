// SPDX-License-Identifier: GPL-2.0-or-later
/* The validator must see each kind of damage; a sound machine is sound. */
#include <errno.h>

#include "mm_machine.h"

#include "mm/buddy.h"

static struct kmm *sound_machine(void)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 2048);

	assert_int_equal(kmm_seed_free(mm, 0, 3, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 64, 3, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 128, 0, KMM_UNMOVABLE), 0);
	assert_int_equal(kmm_seed_pcp(mm, 0, 256, 0, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_pcp(mm, 0, 260, 1, KMM_MOVABLE), 0);
	check_valid(mm);
	return mm;
}

static void check_damaged(struct kmm *mm, const char *word)
{
	char why[200];

	assert_int_equal(kmm_validate(mm, why, sizeof(why)), -EUCLEAN);
	if (!strstr(why, word))
		fail_msg("\"%s\" does not say \"%s\"", why, word);
	kmm_destroy(mm);
}

static void test_frames(void **state)
{
	struct kmm *mm;

	(void)state;
	mm = sound_machine();
	mm->frame[3].state = FRAME_IS_USED; /* in use inside a free block */
	check_damaged(mm, "inside the block");
	mm = sound_machine();
	mm->frame[1000].state = FRAME_IS_TAIL; /* in no block */
	check_damaged(mm, "outside any block");
	mm = sound_machine();
	mm->frame[128].order = 1; /* overlaps what is in use */
	check_damaged(mm, "inside the block");
	mm = sound_machine();
	mm->frame[1001].state = FRAME_IS_FREE; /* free but on no list */
	check_damaged(mm, "counted");
	mm = sound_machine();
	mm->frame[1001].state = FRAME_IS_PCP;
	check_damaged(mm, "per-CPU lists but are not");
}

static void test_lists(void **state)
{
	struct kmm *mm;

	(void)state;
	mm = sound_machine();
	mm->frame[64].prev = 7;
	check_damaged(mm, "broken link");
	mm = sound_machine();
	mm->frame[64].type = KMM_UNMOVABLE;
	check_damaged(mm, "exist");
	mm = sound_machine();
	mm->frame[260].cpu = 5;
	check_damaged(mm, "belong");
	mm = sound_machine();
	mm->frame[buddy_list(&mm->zone[0], 3, KMM_MOVABLE)].blocks++;
	check_damaged(mm, "counted");
	mm = sound_machine();
	mm->zone[0].avail[KMM_MOVABLE] = 0;
	check_damaged(mm, "bit");
	mm = sound_machine();
	mm->zone[0].free_pages++;
	check_damaged(mm, "free pages");
	mm = sound_machine();
	mm->frame[260].type = KMM_UNMOVABLE;
	check_damaged(mm, "CPU 0");
	mm = sound_machine();
	mm->pcp[0].count++;
	check_damaged(mm, "counted");
	mm = sound_machine();
	mm->pcp[0].free_factor = 9;
	check_damaged(mm, "factors");
}

static void test_buddies_and_tags(void **state)
{
	struct kmm *mm = sound_machine();

	(void)state;
	assert_int_equal(kmm_seed_free(mm, 8, 3, KMM_MOVABLE), 0); /* seeds do not merge */
	check_damaged(mm, "buddy");
	mm = sound_machine();
	mm->tag[2] = KMM_UNMOVABLE; /* behind the counters' back */
	check_damaged(mm, "page blocks");
	mm = sound_machine();
	mm->tag[2] = 77;
	check_damaged(mm, "type 77");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_buddies_and_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
