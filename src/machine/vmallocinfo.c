// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/load.h"

#define MOST_AREAS (1u << 22)

static bool has(struct span line, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = line.p; p + n <= line.end; p++)
		if (!memcmp(p, word, n))
			return true;
	return false;
}

static int add_area(struct machine *m, const struct machine_area *a)
{
	uint32_t n = m->area_count;

	if (!(n & (n - 1))) {
		struct machine_area *more = realloc(m->areas, (n ? n * 2ull : 1) * sizeof(*more));

		if (!more)
			return -ENOMEM;
		m->areas = more;
	}
	m->areas[n] = *a;
	m->area_count++;
	return 0;
}

/*
 * "0xffffc90000000000-0xffffc90000005000   20480 caller+0x1/0x2 pages=4 vmalloc".  With kptr_restrict 0 the
 * two addresses are hashed, each by itself, and with 2 they are zeros, in all lines alike.
 */
int vmallocinfo_parse(struct machine *m, struct text *t, struct err *e)
{
	struct span line, from, to, word;
	bool told = false, hidden = false;

	m->area_count = 0;
	while (text_next(t, &line)) {
		struct machine_area a = { 0 };
		uint64_t end, bytes, pages;
		bool raw;

		if (!span_until(&line, '-', &from) || !span_word(&line, &to) ||
		    !span_u64(from, &a.addr) || !span_u64(to, &end) ||
		    !span_next_u64(&line, &bytes) || !bytes || bytes % 4096)
			return text_bad(t, e, "expected \"0xFIRST-0xEND BYTES ...\"");
		if (m->area_count == MOST_AREAS)
			return text_bad(t, e, "more than %u areas", MOST_AREAS);
		raw = a.addr && end > a.addr && bytes == end - a.addr && !(a.addr % 4096);
		told |= raw;
		hidden |= !raw;
		if (told && hidden)
			return text_bad(t, e, "the range is not of as many bytes as it says");
		if (!raw)
			a.addr = 0;
		a.size = bytes;
		a.percpu = has(line, "pcpu_get_vm_areas");
		while (span_word(&line, &word))
			if (span_starts(word, "pages=")) {
				word.p += strlen("pages=");
				if (span_u64(word, &pages) && pages <= UINT32_MAX)
					a.pages = (uint32_t)pages;
			}
		if (add_area(m, &a))
			return err_set(e, ENOMEM, "out of memory");
	}
	if (hidden)
		machine_note(
			m,
			"%s: addresses are hidden (root sees them where kernel.kptr_restrict is 1): where the "
			"%u vmalloc areas lie is unknown, their sizes are not",
			t->name, m->area_count);
	return 0;
}
