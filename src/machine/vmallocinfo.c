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

/* "0xffffc90000000000-0xffffc90000005000   20480 caller+0x1/0x2 pages=4 vmalloc" */
int vmallocinfo_parse(struct machine *m, struct text *t, struct err *e)
{
	struct span line, from, to, word;

	m->area_count = 0;
	while (text_next(t, &line)) {
		struct machine_area a = { 0 };
		uint64_t end, bytes, pages;

		if (!span_until(&line, '-', &from) || !span_word(&line, &to) ||
		    !span_u64(from, &a.addr) || !span_u64(to, &end) ||
		    !span_next_u64(&line, &bytes) || bytes % 4096)
			return text_bad(t, e, "expected \"0xFIRST-0xEND BYTES ...\"");
		/* Without privilege, or where nothing restricts them, they are hashed, or zeros. */
		if (end <= a.addr || bytes != end - a.addr || a.addr % 4096 || !a.addr)
			return text_bad(
				t, e,
				"its addresses are hidden (root sees them where kernel.kptr_restrict is 1)");
		if (m->area_count == MOST_AREAS)
			return text_bad(t, e, "more than %u areas", MOST_AREAS);
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
	return 0;
}
