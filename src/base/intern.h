/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * intern: strings stored once and named by small numbers, 0, 1, 2, ... in the
 * order of their first use.  Number 0 is always the empty string.
 */
#ifndef BASE_INTERN_H
#define BASE_INTERN_H

#include <stddef.h>
#include <stdint.h>

struct intern_place {
	uint32_t number; /* the string's, plus 1; 0: free */
	uint32_t hash, len;
};

struct intern {
	char **strings; /* [count], each terminated */
	uint32_t count;
	uint32_t room;
	struct intern_place *table;
	uint32_t mask;
};

int intern_init(struct intern *in);
void intern_free(struct intern *in);
/* The number of the string of len bytes (cut at a NUL); UINT32_MAX when out of memory. */
uint32_t intern_add(struct intern *in, const char *s, size_t len);
/* As intern_add, but UINT32_MAX if the string is not there. */
uint32_t intern_find(const struct intern *in, const char *s, size_t len);
/* The string of a number; "" for a number that was never given out. */
const char *intern_str(const struct intern *in, uint32_t id);

#endif
