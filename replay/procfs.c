// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/procfs.h"

#include <inttypes.h>
#include <stdbool.h>

void procfs_buddyinfo(const struct machine *m, const struct view *v, FILE *out)
{
	for (uint32_t z = 0; z < m->zone_count; z++) {
		fprintf(out, "Node %u, zone %8s ", m->zones[z].node, m->zones[z].name);
		for (unsigned o = 0; o < m->orders; o++)
			fprintf(out, "%6" PRIu64 " ", view_blocks(v, z, o));
		fputc('\n', out);
	}
}

/* Does this kernel have the type, or the view blocks of it? */
static bool has_type(const struct machine *m, const struct view *v, unsigned type)
{
	if (type == VIEW_UNKNOWN) {
		for (uint32_t z = 0; z < m->zone_count; z++) {
			if (v->pageblocks[z][type])
				return true;
			for (unsigned o = 0; o < m->orders; o++)
				if (v->nr_free[z][type][o])
					return true;
		}
		return false;
	}
	for (unsigned raw = 0; raw < 16; raw++)
		if (m->migratetype_of_raw[raw] == type)
			return true;
	return false;
}

static void print_node(const struct machine *m, const struct view *v, unsigned node, FILE *out)
{
	fprintf(out, "Page block order: %u\nPages per block:  %u\n\n", m->pageblock_order,
		1u << m->pageblock_order);
	fprintf(out, "%-43s ", "Free pages count per migrate type at order");
	for (unsigned o = 0; o < m->orders; o++)
		fprintf(out, "%6u ", o);
	fputc('\n', out);
	for (uint32_t z = 0; z < m->zone_count; z++)
		for (unsigned t = 0; t < VIEW_TYPES; t++) {
			if (m->zones[z].node != node || !has_type(m, v, t))
				continue;
			fprintf(out, "Node %4u, zone %8s, type %12s ", node, m->zones[z].name,
				view_type_names[t]);
			for (unsigned o = 0; o < m->orders; o++)
				fprintf(out, "%6" PRIu32 " ", v->nr_free[z][t][o]);
			fputc('\n', out);
		}
	fprintf(out, "\n%-23s", "Number of blocks type ");
	for (unsigned t = 0; t < VIEW_TYPES; t++)
		if (has_type(m, v, t))
			fprintf(out, "%12s ", view_type_names[t]);
	fputc('\n', out);
	for (uint32_t z = 0; z < m->zone_count; z++) {
		if (m->zones[z].node != node)
			continue;
		fprintf(out, "Node %u, zone %8s ", node, m->zones[z].name);
		for (unsigned t = 0; t < VIEW_TYPES; t++)
			if (has_type(m, v, t))
				fprintf(out, "%12" PRIu32 " ", v->pageblocks[z][t]);
		fputc('\n', out);
	}
}

void procfs_pagetypeinfo(const struct machine *m, const struct view *v, FILE *out)
{
	for (unsigned node = 0; node < KMM_NODES; node++)
		for (uint32_t z = 0; z < m->zone_count; z++)
			if (m->zones[z].node == node) {
				print_node(m, v, node, out);
				break;
			}
}

void procfs_zoneinfo(const struct machine *m, const struct view *v, FILE *out)
{
	for (uint32_t z = 0; z < m->zone_count; z++) {
		const struct machine_zone *zone = &m->zones[z];

		fprintf(out, "Node %u, zone %8s\n", zone->node, zone->name);
		fprintf(out, "  pages free     %" PRIu64 "\n", view_free_pages(v, z));
		fprintf(out,
			"        boost    %" PRIu64 "\n        min      %" PRIu64
			"\n        low      %" PRIu64 "\n        high     %" PRIu64
			"\n        spanned  %" PRIu64 "\n        present  %" PRIu64
			"\n        managed  %" PRIu64 "\n        cma      %" PRIu64 "\n",
			zone->boost, zone->min, zone->low, zone->high, zone->spanned, zone->present,
			zone->managed, zone->cma);
		fprintf(out, "  pagesets\n              count: %" PRIu64 "\n", v->pcp_pages[z]);
	}
}
