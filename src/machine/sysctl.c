// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "machine/load.h"

/* "lowmem_reserve_ratio: 256	256	32	0	0", by the kernel's own zone index. */
static int parse_ratios(struct machine *m, struct text *t, struct span line, struct err *e)
{
	struct span word;

	for (uint32_t i = 0; span_word(&line, &word); i++) {
		uint64_t v;

		if (!span_u64(word, &v) || v > UINT32_MAX)
			return text_bad(t, e, "a ratio is no number");
		if (i < m->zone_types)
			m->lowmem_reserve_ratio[m->zone_type_of_index[i]] = (uint32_t)v;
	}
	return 0;
}

int sysctl_parse(struct machine *m, struct text *t, struct err *e)
{
	const struct {
		const char *name;
		uint32_t *to;
	} keys[] = {
		{ "min_free_kbytes", &m->min_free_kbytes },
		{ "watermark_scale_factor", &m->watermark_scale_factor },
		{ "watermark_boost_factor", &m->watermark_boost_factor },
	};
	struct span line, key;

	while (text_next(t, &line)) {
		if (!span_until(&line, ':', &key))
			continue;
		if (span_is(key, "lowmem_reserve_ratio")) {
			int ret = parse_ratios(m, t, line, e);

			if (ret)
				return ret;
		}
		for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
			uint64_t v;

			if (!span_is(key, keys[i].name))
				continue;
			if (!span_next_u64(&line, &v) || v > UINT32_MAX)
				return text_bad(t, e, "%s is no number", keys[i].name);
			*keys[i].to = (uint32_t)v;
		}
	}
	m->have_sysctl = true;
	return 0;
}

/* ".../enabled: [always] madvise never"; the file is there only if the kernel has huge pages. */
int thp_parse(struct machine *m, struct text *t, struct err *e)
{
	struct span line, key, word;

	(void)e;
	while (text_next(t, &line)) {
		if (!span_until(&line, ':', &key) ||
		    !span_ends(key, "transparent_hugepage/enabled"))
			continue;
		m->thp_compiled = 1;
		while (span_word(&line, &word))
			if (span_is(word, "[always]") || span_is(word, "[madvise]"))
				m->thp_enabled = true;
	}
	return 0;
}

int meminfo_parse(struct machine *m, struct text *t, struct err *e)
{
	struct span line, key;

	while (text_next(t, &line)) {
		if (!span_until(&line, ':', &key) || !span_is(key, "MemTotal"))
			continue;
		return span_next_u64(&line, &m->mem_total_kb) ?
			       0 :
			       text_bad(t, e, "MemTotal is no number");
	}
	return text_bad(t, e, "MemTotal is missing");
}
