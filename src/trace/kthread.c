// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/kthread.h"

#include <string.h>

static const struct {
	const char *begins;
	enum kthread is;
} known[] = {
	{ "kswapd", KTHREAD_KSWAPD },	  { "kcompactd", KTHREAD_KCOMPACTD },
	{ "kworker/u", KTHREAD_UNBOUND }, { "pgdatinit", KTHREAD_PGDATINIT },
	{ "khugepaged", KTHREAD_OTHER },  { "ksmd", KTHREAD_OTHER },
	{ "kmemlab", KTHREAD_OTHER },	  { "<idle>", KTHREAD_OTHER },
	{ "<...>", KTHREAD_OTHER },
};

enum kthread kthread_of(const char *name, size_t len, size_t *kept)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		size_t n = strlen(known[i].begins);

		if (len < n || memcmp(name, known[i].begins, n) != 0)
			continue;
		while (n < len && name[n] >= '0' && name[n] <= '9')
			n++;
		*kept = n;
		return known[i].is;
	}
	*kept = 0;
	return KTHREAD_NONE;
}
