// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "machine/load.h"

/* "KEY N ...", N into *v; 0 another line, -EBADMSG. */
static int value(struct text *t, struct span line, const char *key, uint64_t *v, struct err *e)
{
	if (!span_starts(line, key))
		return 0;
	line.p += strlen(key);
	return span_next_u64(&line, v) ? 1 : text_bad(t, e, "no number behind \"%s\"", key);
}

/*
 * Rounds of "marked at N nsecs", "now at N nsecs" and "jiffies: N", the last two as /proc/timer_list
 * has them.  The count is read a little after the time; in the best round the least.  Ticks begin at
 * multiples of the monotonic clock [6.4 on, where no tick is skewed].
 */
int jiffies_parse(struct machine *m, struct text *t, struct err *e)
{
	struct machine_jiffies j = { .hz = m->jiffies.hz };
	uint64_t tick = j.hz ? 1000000000u / j.hz : 0, now = 0, count = 0, marked;
	struct span line;
	int ret;

	while (text_next(t, &line)) {
		ret = value(t, line, "marked at ", &marked, e);
		if (ret > 0 && j.marked < MACHINE_MARKED)
			j.marked_ns[j.marked++] = marked;
		if (!ret)
			ret = value(t, line, "now at ", &now, e);
		if (!ret) {
			ret = value(t, line, "jiffies: ", &count, e);
			if (ret > 0 && tick &&
			    (!j.count || now / tick - count > j.mono_ns / tick - j.count)) {
				j.count = count;
				j.mono_ns = now / tick * tick;
			}
		}
		if (ret < 0)
			return ret;
	}
	if (!count || !j.marked)
		return text_bad(t, e, "jiffies are missing");
	m->jiffies = j;
	return 0;
}
