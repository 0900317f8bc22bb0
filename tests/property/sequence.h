/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sequence: what tests of random sequences of operations share: their parameters, and of one that fails a short one that still does. */
#ifndef TESTS_PROPERTY_SEQUENCE_H
#define TESTS_PROPERTY_SEQUENCE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A number from the environment. */
static unsigned long number_from(const char *name, unsigned long def)
{
	const char *text = getenv(name);

	return text && *text ? strtoul(text, NULL, 0) : def;
}

/* Does this sequence pass? */
typedef bool passes(void *arg, const void *ops, unsigned n);

/* Leave out ever smaller parts of ops[n], `size` bytes each, for as long as the rest still fails; how many are left. */
static unsigned shrink(void *ops, unsigned n, size_t size, passes *pass, void *arg)
{
	char *trial = malloc(n * size), *all = ops;

	for (unsigned part = n / 2; trial && part; part /= 2) {
		for (unsigned from = 0; from < n;) {
			unsigned gone = part < n - from ? part : n - from;

			memcpy(trial, all, from * size);
			memcpy(trial + from * size, all + (from + gone) * size,
			       (n - from - gone) * size);
			if (n > gone && !pass(arg, trial, n - gone)) {
				n -= gone;
				memcpy(all, trial, n * size);
			} else {
				from += part;
			}
		}
	}
	free(trial);
	return n;
}

#endif
