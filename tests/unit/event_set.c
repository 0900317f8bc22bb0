// SPDX-License-Identifier: GPL-2.0-or-later
/* Presets and names of events become a list; what could leave the events' folder is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "record/presets.h"

static int make(struct event_set *s, const char *text, struct err *e)
{
	struct option_list one = { &text, text != NULL };

	return event_set_make(s, &one, e);
}

static bool has(const struct event_set *s, const char *system, const char *event)
{
	for (unsigned i = 0; i < s->count; i++)
		if (!strcmp(s->e[i].system, system) &&
		    (event ? s->e[i].event && !strcmp(s->e[i].event, event) : !s->e[i].event))
			return true;
	return false;
}

static void test_presets(void **state)
{
	struct event_set s;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(make(&s, NULL, &e), 0);
	assert_true(has(&s, "kmem", "kmalloc") && has(&s, "percpu", NULL));
	event_set_free(&s);
	assert_int_equal(make(&s, "pages", &e), 0);
	assert_true(has(&s, "kmem", "mm_page_alloc") && !has(&s, "kmem", "kmalloc"));
	event_set_free(&s);
	assert_int_equal(make(&s, "slab", &e), 0);
	assert_true(has(&s, "kmem", "mm_page_alloc") && has(&s, "kmem", "kmalloc"));
	assert_false(has(&s, "percpu", NULL));
	event_set_free(&s);
}

static void test_weights(void **state)
{
	struct event_gaps gaps = { 0 };
	struct event_set s;
	struct err e = { 0 };
	unsigned needed = 0, wanted = 0;

	(void)state;
	assert_int_equal(make(&s, "all", &e), 0);
	for (unsigned i = 0; i < s.count; i++) {
		needed += s.e[i].needed;
		wanted += s.e[i].wanted;
		assert_false(s.e[i].needed && s.e[i].wanted);
		/* Not in 6.18, which tells of nodes with kmalloc itself. */
		if (s.e[i].event && strstr(s.e[i].event, "_node"))
			assert_false(s.e[i].needed || s.e[i].wanted);
	}
	assert_true(needed >= 10 && wanted >= 5);
	event_set_free(&s);
	for (unsigned i = 0; i < 100; i++)
		event_gaps_add(&gaps, i ? "kmem" : "percpu", i ? "mm_page_alloc" : NULL);
	assert_int_equal(gaps.count, 100);
	assert_memory_equal(gaps.names, "percpu, kmem:mm_page_alloc, k", 29);
	assert_true(strlen(gaps.names) < sizeof(gaps.names));
}

static void test_names(void **state)
{
	struct event_set s;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(make(&s, "kmem:kfree,oom,percpu:*", &e), 0);
	assert_int_equal(s.count, 3);
	assert_true(has(&s, "kmem", "kfree") && has(&s, "oom", NULL) && has(&s, "percpu", NULL));
	assert_true(s.e[0].needed);
	event_set_free(&s);
}

static void test_refused(void **state)
{
	static const char *const bad[] = { "", "../x", "kmem:../../x", ":x", "kmem,,oom", "a/b" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct event_set s;
		struct err e = { 0 };

		assert_int_equal(make(&s, bad[i], &e), -EINVAL);
		assert_int_equal(s.count, 0);
		assert_non_null(strstr(e.text, "is no preset"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_presets),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
