// SPDX-License-Identifier: GPL-2.0-or-later
/* The validator: each kind of damage is found, and named. */
#include "mm/cache.h"
#include "mm/slob.h"

#include "tests/unit/mm_slab_machine.h"

static struct kmm *mm;
static struct kmm_slab *sl;
static struct kmm_cache *s;
static kmm_addr at[40];

static void begin(enum kmm_slab_kind kind)
{
	sl = slab_of_version(&mm, kind, KMM_VERSION(6, 1, 0), 2, 1);
	s = slab_cache(sl, "checked", 512, 0, KMM_SLAB_NO_MERGE);
	for (unsigned i = 0; i < 40; i++)
		at[i] = kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);
	for (unsigned i = 0; i < 40; i += 3)
		kmm_kmem_cache_free(s, 0, at[i]);
	slab_valid(sl);
}

static void found(const char *part)
{
	char why[300];

	assert_int_equal(kmm_slab_validate(sl, why, sizeof(why)), -EUCLEAN);
	if (!strstr(why, part))
		fail_msg("\"%s\" does not say \"%s\"", why, part);
}

static void end(void)
{
	slab_done(sl);
	kmm_destroy(mm);
}

static void test_slub(void **state)
{
	struct slab *slab;
	unsigned index;
	uint16_t link;

	(void)state;
	begin(KMM_SLUB);
	slab = slab_of(sl, at[1]);
	index = slab_index(slab, s, at[1]);
	slab->inuse++;
	found("in use");
	slab->inuse--;
	link = slab->link[index];
	slab->link[index] = LINK_HELD;
	found("held");
	slab->link[index] = 3;
	found("on lists");
	slab->link[index] = link;
	s->node[0].nr_slabs++;
	found("counted");
	s->node[0].nr_slabs--;
	sl->stats.frees++;
	found("objects live");
	sl->stats.frees--;
	set_owner(sl, slab->pfn, 0);
	found("middle of a slab");
	set_owner(sl, slab->pfn, (uintptr_t)slab);
	slab->place = PLACE_PARTIAL;
	found("checked");
	slab->place = PLACE_CPU_PARTIAL;
	end();
}

static void test_slab(void **state)
{
	struct slab *slab;

	(void)state;
	begin(KMM_SLAB);
	slab = slab_of(sl, at[1]);
	s->lists[0].free_objects++;
	found("free objects");
	s->lists[0].free_objects--;
	s->arrays[0]->avail--;
	found("objects held");
	s->arrays[0]->avail++;
	slab->node++;
	found("node");
	slab->node--;
	end();
}

static void test_slob(void **state)
{
	struct slob_page *p;

	(void)state;
	begin(KMM_SLOB);
	p = slob_page_of(sl, at[0]);
	p->units++;
	found("free units");
	p->units--;
	p->begins[0] ^= 1;
	found("SLOB page");
	p->begins[0] ^= 1;
	sl->slob.pages++;
	found("pages");
	sl->slob.pages--;
	end();
}

/* Pages that the page allocator got back behind the slab's back. */
static void test_stolen_page(void **state)
{
	(void)state;
	begin(KMM_SLUB);
	kmm_free_pages(mm, 0, kmm_slab_frame(sl, at[1]), 0);
	/* The first frame is free, and with that nobody's; the others say whose it was. */
	found("in the middle of a slab");
	kmm_slab_destroy(sl);
	kmm_destroy(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slub),
		cmocka_unit_test(test_slab),
		cmocka_unit_test(test_slob),
		cmocka_unit_test(test_stolen_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
