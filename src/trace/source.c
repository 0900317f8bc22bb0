// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/source.h"

#include <stddef.h>

const struct source *source_find(const struct filemap *m)
{
	static const struct source *const all[] = { &source_perf, &source_ftext };

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i]->knows(m))
			return all[i];
	return NULL;
}
