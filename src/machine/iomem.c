// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/load.h"

#define MOST_RANGES 65536

static int add_range(struct machine *m, uint64_t first, uint64_t last)
{
	uint32_t n = m->ram_count;

	if (!(n & (n - 1))) {
		size_t room = n ? n * 2 : 1;
		uint64_t *f = realloc(m->ram_first, room * sizeof(*f));
		uint64_t *l;

		if (!f)
			return -ENOMEM;
		m->ram_first = f;
		l = realloc(m->ram_last, room * sizeof(*l));
		if (!l)
			return -ENOMEM;
		m->ram_last = l;
	}
	m->ram_first[n] = first;
	m->ram_last[n] = last;
	m->ram_count++;
	return 0;
}

/* "00100000-1ffd9fff : System RAM"; what is indented lies within another range. */
int iomem_parse(struct machine *m, struct text *t, struct err *e)
{
	struct span line, from, to, first, last;
	bool hidden = false;

	m->ram_count = 0;
	while (text_next(t, &line)) {
		uint64_t a, b;

		if (!span_ends(line, " : System RAM") || *line.p == ' ')
			continue;
		if (!span_until(&line, '-', &from) || !span_until(&line, ':', &to) ||
		    !span_word(&from, &first) || !span_word(&to, &last) || !span_hex(first, &a) ||
		    !span_hex(last, &b) || a > b)
			return text_bad(t, e, "expected \"FIRST-LAST : System RAM\"");
		/* Without privilege the kernel prints zeros. */
		if (!b) {
			hidden = true;
			continue;
		}
		if (m->ram_count == MOST_RANGES)
			return text_bad(t, e, "more than %d ranges", MOST_RANGES);
		if (add_range(m, a, b))
			return err_set(e, ENOMEM, "out of memory");
	}
	if (hidden && !m->ram_count)
		machine_note(m, "%s was read without privilege: where memory lies is hidden",
			     t->name);
	return 0;
}
