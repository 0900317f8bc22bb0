// SPDX-License-Identifier: GPL-2.0-or-later
/* freelists: free blocks by order, /proc/buddyinfo, and by type, /proc/pagetypeinfo. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "machine/lines.h"
#include "machine/parse.h"

/* Numbers of a line, "> 100000" counting as a cut one; how many there were. */
static unsigned numbers(const char *p, uint64_t *out, bool *cut, unsigned room)
{
	unsigned n = 0;

	while (n < room) {
		bool more = false;
		char *end;

		while (*p == ' ' || *p == '\t' || *p == '>') {
			more |= *p == '>';
			p++;
		}
		if (*p < '0' || *p > '9')
			break;
		out[n] = strtoull(p, &end, 10);
		if (cut)
			cut[n] = more;
		n++;
		p = end;
	}
	return n;
}

int parse_buddyinfo(struct machine *m, struct machine_state *s, const struct blob *b, const char *file,
		    struct err *e)
{
	struct lines l = lines_of(b);

	while (lines_next(&l)) {
		unsigned node, n;
		int at = 0, z;
		char name[16];

		if (sscanf(l.text, "Node %u, zone %15s%n", &node, name, &at) != 2 || !at)
			continue;
		z = machine_zone_find(m, node, name);
		if (z < 0)
			continue;
		n = numbers(l.text + at, s->nr_free[z], NULL, KMM_ORDERS);
		if (!n)
			return err_set(e, EBADMSG, "%s:%u: counts of free blocks were expected", file, l.number);
		if (!m->orders)
			m->orders = n;
		s->have_buddyinfo = true;
	}
	return 0;
}

static int type_of_name(const char *name)
{
	static const char *const names[] = {
		[KMM_UNMOVABLE] = "Unmovable",	 [KMM_MOVABLE] = "Movable", [KMM_RECLAIMABLE] = "Reclaimable",
		[KMM_HIGHATOMIC] = "HighAtomic", [KMM_CMA] = "CMA",	    [KMM_ISOLATE] = "Isolate",
	};

	for (int t = 0; t < KMM_MIGRATETYPES; t++)
		if (!strcmp(names[t], name))
			return t;
	return strcmp(name, "Reserve") ? -1 : KMM_HIGHATOMIC; /* to 4.3: the reserve was a type of its own */
}

/* The header names the types in the order of the kernel's numbers. */
static unsigned type_header(struct machine *m, const char *p, uint8_t *column)
{
	unsigned n = 0;
	char name[16];
	int used;

	while (n < 16 && sscanf(p, "%15s%n", name, &used) == 1) {
		int t = type_of_name(name);

		column[n] = (uint8_t)(t < 0 ? KMM_UNMOVABLE : t);
		m->migratetype_of_raw[n] = column[n];
		n++;
		p += used;
	}
	return n;
}

int parse_pagetypeinfo(struct machine *m, struct machine_state *s, const struct blob *b, const char *file,
		       struct err *e)
{
	struct lines l = lines_of(b);
	uint8_t column[16] = { 0 };
	unsigned columns = 0, order;

	while (lines_next(&l)) {
		char name[16], type[16];
		unsigned node;
		int at = 0, z, t;

		if (sscanf(l.text, "Page block order: %u", &order) == 1) {
			if (order >= KMM_ORDERS)
				return err_set(e, EBADMSG, "%s:%u: a pageblock order of %u", file, l.number, order);
			m->pageblock_order = order;
		} else if (!strncmp(l.text, "Number of blocks type", 21)) {
			columns = type_header(m, l.text + 21, column);
		} else if (sscanf(l.text, "Node %u, zone %15[^, ], type %15s%n", &node, name, type, &at) == 3 && at) {
			z = machine_zone_find(m, node, name);
			t = type_of_name(type);
			if (z < 0 || t < 0)
				continue;
			if (!numbers(l.text + at, s->nr_free_type[z][t], s->nr_free_type_cut[z][t], KMM_ORDERS))
				return err_set(e, EBADMSG, "%s:%u: counts of free blocks were expected", file,
					       l.number);
			s->have_pagetypeinfo = true;
		} else if (columns && sscanf(l.text, "Node %u, zone %15s%n", &node, name, &at) == 2 && at) {
			uint64_t n[16] = { 0 };

			z = machine_zone_find(m, node, name);
			numbers(l.text + at, n, NULL, columns);
			for (unsigned c = 0; z >= 0 && c < columns; c++)
				s->pageblocks[z][column[c]] = n[c];
		}
	}
	return 0;
}
