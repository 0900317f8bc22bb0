// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "machine/load.h"

/* "processor	: 0"; S/390 and others print "processor 0: ...". */
int cpuinfo_parse(struct machine *m, struct text *t, struct err *e)
{
	struct span line, word;

	while (text_next(t, &line)) {
		uint64_t cpu;

		if (!span_word(&line, &word) || !span_is(word, "processor"))
			continue;
		if (!span_word(&line, &word))
			return text_bad(t, e, "a CPU's number was expected");
		if (span_is(word, ":") && !span_word(&line, &word))
			return text_bad(t, e, "a CPU's number was expected");
		if (span_ends(word, ":"))
			word.end--;
		if (!span_u64(word, &cpu) || cpu >= KMM_CPUS)
			return text_bad(t, e, "expected a CPU's number below %d", KMM_CPUS);
		m->cpu[cpu].present = true;
		if (m->cpus <= cpu)
			m->cpus = (uint32_t)cpu + 1;
	}
	return 0;
}

/* "0-1,4" */
static int parse_cpulist(struct machine *m, struct text *t, struct span line, uint8_t node,
			 struct err *e)
{
	struct span piece;
	bool more = true;

	while (more && span_len(line)) {
		uint64_t first, last;
		struct span from;

		more = span_until(&line, ',', &piece);
		if (!more)
			piece = line;
		if (!span_until(&piece, '-', &from))
			from = piece;
		if (!span_u64(from, &first) || !span_u64(piece, &last) || first > last ||
		    last >= KMM_CPUS)
			return text_bad(t, e, "expected a list of CPUs");
		for (uint64_t c = first; c <= last; c++) {
			m->cpu[c].node = node;
			m->cpu[c].present = true;
		}
		if (m->cpus <= last)
			m->cpus = (uint32_t)last + 1;
	}
	return 0;
}

static int parse_distances(struct machine *m, struct text *t, struct span line, unsigned node,
			   struct err *e)
{
	struct span word;

	for (unsigned to = 0; span_word(&line, &word); to++) {
		uint64_t v;

		if (to == KMM_NODES || !span_u64(word, &v) || v > UINT8_MAX)
			return text_bad(t, e, "expected the distances of node %u", node);
		m->distance[node][to] = (uint8_t)v;
	}
	return 0;
}

/* Blocks "== /sys/devices/system/node/nodeN/FILE" with the file's text below. */
int nodes_parse(struct machine *m, struct text *t, struct err *e)
{
	enum { OTHER, CPULIST, DISTANCE } what = OTHER;
	struct span line, piece;
	uint64_t node = 0;
	int ret = 0;

	while (!ret && text_next(t, &line)) {
		if (span_starts(line, "== ")) {
			what = span_ends(line, "/cpulist")  ? CPULIST :
			       span_ends(line, "/distance") ? DISTANCE :
							      OTHER;
			if (what == OTHER)
				continue;
			while (span_until(&line, '/', &piece))
				if (span_starts(piece, "node") && span_len(piece) > 4)
					piece.p += 4, span_u64(piece, &node);
			if (node >= KMM_NODES)
				return text_bad(t, e, "node %llu is beyond %d",
						(unsigned long long)node, KMM_NODES - 1);
			if (m->nodes <= node)
				m->nodes = (uint32_t)node + 1;
		} else if (what == CPULIST) {
			ret = parse_cpulist(m, t, line, (uint8_t)node, e);
			m->have_nodes = true;
		} else if (what == DISTANCE) {
			ret = parse_distances(m, t, line, (unsigned)node, e);
		}
	}
	return ret;
}

/* "64K" */
static bool parse_size(struct span s, uint64_t *v)
{
	unsigned shift = span_ends(s, "K") ? 10 : span_ends(s, "M") ? 20 : 0;

	if (shift)
		s.end--;
	return span_u64(s, v) && *v <= UINT32_MAX >> shift && (*v <<= shift, true);
}

/* How many CPUs "0-1,4" names; 0 if it is no list. */
static uint32_t cpulist_len(struct span list)
{
	uint64_t first, last, n = 0;
	struct span piece, from;
	bool more = true;

	while (more && span_len(list)) {
		more = span_until(&list, ',', &piece);
		if (!more)
			piece = list;
		if (!span_until(&piece, '-', &from))
			from = piece;
		if (!span_u64(from, &first) || !span_u64(piece, &last) || first > last ||
		    last >= KMM_CPUS)
			return 0;
		n += last - first + 1;
	}
	return (uint32_t)n;
}

/* ".../cpu0/cache/index2/size: 512K": the caches that CPU 0 sees stand for all. */
int cpucache_parse(struct machine *m, struct text *t, struct err *e)
{
	static const char at[] = "/sys/devices/system/cpu/cpu0/cache/index";
	const uint32_t most = sizeof(m->caches) / sizeof(*m->caches);
	struct span line, key, index, value;

	while (text_next(t, &line)) {
		struct machine_cache *c;
		uint64_t i, v = 0;
		bool good;

		if (!span_until(&line, ':', &key) || !span_starts(key, at))
			continue;
		key.p += sizeof(at) - 1;
		if (!span_until(&key, '/', &index) || !span_u64(index, &i) || i >= most)
			return text_bad(t, e, "expected a cache's number below %u", most);
		c = &m->caches[i];
		if (m->cache_count <= i)
			m->cache_count = (uint32_t)i + 1;
		if (!span_word(&line, &value))
			continue;
		good = parse_size(value, &v);
		if (span_is(key, "type"))
			span_copy(value, c->type, sizeof(c->type));
		else if (span_is(key, "shared_cpu_list"))
			c->sharers = cpulist_len(value);
		else if (span_is(key, "level") && good && v < 256)
			c->level = (uint8_t)v;
		else if (span_is(key, "size") && good)
			c->size = (uint32_t)v;
		else if (span_is(key, "coherency_line_size") && good)
			c->line = (uint32_t)v;
		else if (span_is(key, "ways_of_associativity") && good)
			c->ways = (uint32_t)v;
		else if (span_is(key, "number_of_sets") && good)
			c->sets = (uint32_t)v;
	}
	return 0;
}
