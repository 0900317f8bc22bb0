// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/relay.h"

#define SLOTS 4
#define ALL 100000

struct line {
	struct relay relay;
	unsigned slot[SLOTS];
	unsigned amount, given;
};

static void *give(void *arg)
{
	struct line *l = arg;
	int slot;

	while (l->given < l->amount && (slot = relay_room(&l->relay)) >= 0) {
		l->slot[slot] = l->given++;
		relay_give(&l->relay);
	}
	relay_end(&l->relay);
	return NULL;
}

static void start(struct line *l, pthread_t *thread, unsigned amount)
{
	*l = (struct line){ .amount = amount };
	relay_init(&l->relay, SLOTS);
	assert_int_equal(pthread_create(thread, NULL, give, l), 0);
}

static void all_come_in_order(void **state)
{
	static const unsigned amounts[] = { 0, 1, SLOTS / 2, SLOTS, SLOTS + 1, ALL };
	pthread_t thread;
	struct line l;
	int slot;

	(void)state;
	for (unsigned i = 0; i < sizeof(amounts) / sizeof(*amounts); i++) {
		unsigned n = 0;

		start(&l, &thread, amounts[i]);
		for (; (slot = relay_next(&l.relay)) >= 0; relay_done(&l.relay))
			assert_int_equal(l.slot[slot], n++);
		assert_int_equal(n, amounts[i]);
		assert_int_equal(relay_next(&l.relay), -1);
		pthread_join(thread, NULL);
		relay_free(&l.relay);
	}
}

/* No more than the ring holds is filled before one is done with. */
static void the_ring_bounds_what_waits(void **state)
{
	pthread_t thread;
	struct line l;
	int slot;

	(void)state;
	start(&l, &thread, ALL);
	slot = relay_next(&l.relay);
	assert_int_equal(l.slot[slot], 0);
	relay_stop(&l.relay);
	pthread_join(thread, NULL);
	assert_in_range(l.given, 1, SLOTS);
	relay_free(&l.relay);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_come_in_order),
		cmocka_unit_test(the_ring_bounds_what_waits),
	};

	return cmocka_run_group_tests_name("relay", tests, NULL, NULL);
}
