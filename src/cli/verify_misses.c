// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/verify_misses.h"

static const struct column columns[] = {
	{ "kind", "kind", COLUMN_STRING, 0, "where the model had the kernel's page" },
	{ "misses", "free-running", COLUMN_UINT, 0, "misses of the model that is never corrected" },
	{ "anchored", "anchored", COLUMN_UINT, 0,
	  "misses of the model that is corrected after each" },
	{ "meaning", "meaning", COLUMN_STRING, 0, "what that says" },
};

struct table *verify_miss_table(const struct simulated_stats *free_running,
				const struct simulated_stats *anchored)
{
	struct table *t = table_new(columns, 4);

	for (unsigned i = 0; t && i < MISS_KINDS; i++) {
		if (!free_running->misses[i] && !anchored->misses[i])
			continue;
		table_row(t);
		table_string(t, miss_name((enum miss)i));
		table_uint(t, free_running->misses[i]);
		table_uint(t, anchored->misses[i]);
		table_string(t, miss_help((enum miss)i));
	}
	return t;
}
