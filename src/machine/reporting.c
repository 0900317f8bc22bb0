// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * system/page_reporting: does the guest's balloon driver report free blocks to the host?  mm/page_reporting.c
 * takes 32 of them off their list at a time and puts them back at its tail, the last one first, some
 * seconds after blocks of that order were freed.  No event shows it.
 */
#include <inttypes.h>

#include "machine/load.h"

#define DRIVER_OK (1ull << 2) /* of a device's status: virtio 1.2, section 2.1 */
#define FEATURE 5	      /* VIRTIO_BALLOON_F_REPORTING: section 5.5.3 */
#define NEVER 10	      /* a larger order than this one has no list */

/* "/sys/...: VALUE" a line; a device's features are a digit a bit, the lowest first. */
int reporting_parse(struct machine *m, struct text *t, struct err *e)
{
	struct span line, key, word;
	bool offered = false, running = false;
	uint64_t order = m->pageblock_order, status, v;

	(void)e;
	while (text_next(t, &line)) {
		if (!span_until(&line, ':', &key) || !span_word(&line, &word))
			continue;
		if (span_ends(key, "/page_reporting_order") && span_u64(word, &v))
			order = v;
		else if (span_ends(key, "/features"))
			offered |= span_len(word) > FEATURE && word.p[FEATURE] == '1';
		else if (span_ends(key, "/status") && span_u64(word, &status))
			running |= (status & DRIVER_OK) != 0;
	}
	if (offered && running && order <= NEVER)
		machine_note(
			m,
			"free blocks of order %" PRIu64
			" and more are reported to the host (page_reporting): their lists change order, and "
			"up to 32 blocks are off them for a while, without an event",
			order);
	return 0;
}
