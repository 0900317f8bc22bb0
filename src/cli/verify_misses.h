/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the model had the pages that it did not give, of the free-running and of the anchored run. */
#ifndef CLI_VERIFY_MISSES_H
#define CLI_VERIFY_MISSES_H

#include "base/table.h"
#include "replay/simulated.h"

/* One row a kind that occurred.  NULL without memory. */
struct table *verify_miss_table(const struct simulated_stats *free_running,
				const struct simulated_stats *anchored);

#endif
