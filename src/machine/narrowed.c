// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * system/narrowed: of whom events were recorded, where it was not of all: `processes`, `comm`, `cpus`, one a line.
 */
#include <stdio.h>
#include <string.h>

#include "machine/load.h"

int narrowed_parse(struct machine *m, struct text *t, struct err *e)
{
	static const struct {
		const char *word, *means;
	} known[] = {
		{ "processes", "some processes" },
		{ "comm", "tasks of one name" },
		{ "cpus", "some CPUs" },
	};
	struct span line, word;

	(void)e;
	while (text_next(t, &line)) {
		size_t n = strlen(m->narrowed);

		if (!span_word(&line, &word))
			continue;
		for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (span_is(word, known[i].word) && !strstr(m->narrowed, known[i].means))
				snprintf(m->narrowed + n, sizeof(m->narrowed) - n, "%s%s",
					 n ? " and " : "", known[i].means);
	}
	return 0;
}
