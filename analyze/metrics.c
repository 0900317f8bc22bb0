// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyze/metrics.h"

#include <stddef.h>
#include <string.h>

#include "analyze/html.h"

const struct metric metrics[] = {
	{ .id = "free-memory",
	  .name = "Free memory by block order",
	  .unit = "MiB or GiB",
	  .definition = "N(o)·2^o pages for each order o, where N(o) is the number of free blocks "
			"of order o in the buddy lists. A block is 2^o page frames, aligned to "
			"its size.",
	  .source = "free_blocks, all migratetypes summed",
	  .limits = "Pages on per-CPU lists are free too, but not in the buddy lists; they are "
		    "given apart." },
	{ .id = "free-blocks",
	  .name = "Free blocks per order",
	  .unit = "blocks",
	  .definition =
		  "N(o), the number of free blocks of order o, as in a line of /proc/buddyinfo.",
	  .source = "free_blocks",
	  .limits = "A machine with no free block of order o can still serve order o from a larger "
		    "block." },
	{ .id = "unusable",
	  .name = "Unusable free-space index",
	  .unit = "0 to 1",
	  .definition = "U(o) = (F − S(o)·2^o) / F, where F is the number of free pages and S(o) "
			"the number of blocks of order o that the free blocks of order o and "
			"above make. 1 where nothing is free. Worked example: 5, 3, 0, 2 free "
			"blocks of orders 0 to 3 are F = 27 pages; S(2) = 4, so U(2) = (27 − 16) "
			"/ 27 = 0.407.",
	  .source = "free_blocks; the same number as the kernel's extfrag/unusable_index in "
		    "debugfs, which cuts it to thousandths",
	  .limits = "It says nothing of how much is free: a machine with one free page has U(0) = "
		    "0. Over several zones together it is the mean of theirs, weighted by free "
		    "pages." },
	{ .id = "extfrag",
	  .name = "External fragmentation index",
	  .unit = "−1, or 0 to 1",
	  .definition = "E(o) = −1 where a free block of order o or above exists, since nothing "
			"would fail; 0 where nothing is free; else 1 − (1 + F/2^o) / B with B the "
			"number of free blocks. Towards 0 an allocation of order o would fail for "
			"want of memory, towards 1 because of fragmentation.",
	  .source = "free_blocks of one zone; the kernel's extfrag/extfrag_index in debugfs. "
		    "Compaction for orders above 3 is skipped where 0 ≤ E(o) ≤ 0.5 "
		    "(vm.extfrag_threshold)",
	  .limits = "Meaningful for one zone: a small zone that keeps a large block would hide the "
		    "others. The figure shows the zone with the most pages unless another one was "
		    "chosen. Rounded to twentieths there." },
	{ .id = "pageblocks",
	  .name = "Pageblocks by migratetype",
	  .unit = "pageblocks",
	  .definition = "How many pageblocks (2^pageblock_order page frames each) are tagged with "
			"each migratetype.",
	  .source = "pageblocks; /proc/pagetypeinfo at the start",
	  .limits = "The tag is not the contents: a Movable pageblock can hold unmovable pages "
		    "after a fallback. Where the start is not known a block counts as Unknown "
		    "until an event tells." },
	{ .id = "map",
	  .name = "Map of memory",
	  .unit = "state of a cell",
	  .definition = "Each cell stands for a number of page frames at one sample and shows the "
			"state that most of them are in: no memory, free in the buddy lists, on a "
			"per-CPU list, or in use by user space, slab, the kernel, or as "
			"reclaimable memory.",
	  .source = "map_column",
	  .limits = "A cell hides its minority: one kernel page in 512 is not seen, though it pins "
		    "the block. Maps that would be too large for a page are drawn coarser." },
	{ .id = "rates",
	  .name = "Event rates",
	  .unit = "events per second, or per 1,000 clock units",
	  .definition = "The growth of a counter from one sample to the next, divided by the time "
			"between them. allocs and frees are page allocations and frees; refills "
			"are pages taken from the buddy lists to a per-CPU list, drains pages "
			"given back; fallbacks are allocations served from another migratetype; "
			"failed are allocations that got nothing.",
	  .source = "counter; in a recorded run the events of the capture, in a simulated run "
		    "those of the model",
	  .limits =
		  "What happens between two samples is averaged, in the figure over a hundredth of the capture. Events that the capture lost "
		  "are not counted." },
	{ .id = "pcp",
	  .name = "Pages on per-CPU lists",
	  .unit = "pages",
	  .definition = "The sum of the pages that all CPUs' page lists of all zones hold.",
	  .source = "sample_zone.pcp_pages",
	  .limits = "The recorded number needs the lists' contents at the start; without them it "
		    "counts from zero." },
	{ .id = "placement",
	  .name = "Placement score",
	  .unit = "share of allocations",
	  .definition = "The share of page allocations for which the model, free-running from the "
			"recorded start, returned the very page frame that the kernel returned. "
			"Its error is the rest to 1.",
	  .source = "the capture's mm_page_alloc events beside the simulated run",
	  .limits = "Strict: after one allocation went elsewhere many others must, though the "
		    "machine as a whole looks the same. See the order error for the latter.",
	  .rows = "placement|placement, with objects" },
	{ .id = "anchored",
	  .name = "Placement score, anchored",
	  .unit = "share of allocations",
	  .definition = "As the placement score, but the model is set to the recorded outcome "
			"after each allocation, so that one deviation does not cause the next.",
	  .source = "a simulated run of its own",
	  .limits = "Judges the model's single steps, not what it makes of a long run.",
	  .rows = "placement, anchored|anchored" },
	{ .id = "counts",
	  .name = "Refills, drains, fallbacks",
	  .unit = "events; error in %",
	  .definition = "How often the recorded kernel and the model did each. The error is "
			"|simulated − recorded| / recorded.",
	  .source = "counters at the end of both runs",
	  .limits = "Equal counts can hide different times and places.",
	  .rows = "refills|drains|fallbacks" },
	{ .id = "order-error",
	  .name = "Free blocks per order, error",
	  .unit = "% of free pages",
	  .definition = "At each sample, the sum over zones and orders of |difference in "
			"blocks|·2^order, divided by the recorded free pages; the mean and the "
			"maximum over all samples.",
	  .source = "free_blocks of the simulated and of the recorded run",
	  .limits = "Counts a block that is split differently twice, once where it is missing and "
		    "once where it is too much.",
	  .rows = "free blocks per order, mean error|free blocks per order, maximum error|blocks" },
	{ .id = "snapshot",
	  .name = "Agreement with the snapshot after the capture",
	  .unit = "pages, blocks, pageblocks",
	  .definition = "The reconstructed machine at the end beside what the kernel itself said "
			"then: the sum over zones and orders of |difference in blocks|·2^order; "
			"the number of blocks, and of pageblocks' types, that differ.",
	  .source = "after/buddyinfo and after/pagetypeinfo of the capture",
	  .limits = "The files were read one after the other while the machine ran, so a few pages "
		    "may have moved between them.",
	  .rows = "free pages at the end|free blocks that differ|pageblocks by type that differ" },
	{ .id = "contradictions",
	  .name = "Contradictions and silent moves",
	  .unit = "events",
	  .definition = "Contradictions: events that the reconstructed state does not allow, such "
			"as the allocation of a page that is in use. Silent moves: changes that "
			"the kernel is known to make without an event, and that the "
			"reconstruction made up for.",
	  .source = "the recorded run",
	  .limits = "Each contradiction means that something happened that the trace does not show.",
	  .rows = "contradictions|silent moves put right" },
	{ .id = "slabs",
	  .name = "Slabs, error",
	  .unit = "slabs, objects, pages; error in %",
	  .definition = "Slabs, objects and active objects of each cache in the model beside the "
			"kernel's own, with object requests going through the model. The error of "
			"all slab pages is |simulated − recorded| / recorded; of a cache, the same "
			"of its slabs, the largest among caches of 50 slabs and more.",
	  .source = "after/slabinfo of the capture, and the model at the marker where that was read",
	  .limits = "slabinfo counts every object of a slab that some CPU holds as active; so does "
		    "the model.",
	  .rows = "slab pages at the end|slabs of a cache, largest error" },
	{ .id = "owners",
	  .name = "Owners of pages",
	  .unit = "allocations, pages",
	  .definition = "Page allocations by who made them: a slab cache, user space, page tables "
			"and so on. Live pages were allocated in the capture and not freed by its "
			"end; the peak is the most that were live at once.",
	  .source = "owner; found by the resolver from the events around each allocation",
	  .limits = "Pages that were in use before the capture began are not counted." },
	{ .id = NULL },
};

const struct metric *metrics_of_row(const char *row)
{
	size_t n = strlen(row);

	for (const struct metric *m = metrics; n && m->id; m++) {
		const char *p = m->rows;

		while (p) {
			size_t len = strcspn(p, "|");

			if (len == n && !memcmp(p, row, n))
				return m;
			p = p[len] ? p + len + 1 : NULL;
		}
	}
	return NULL;
}

void metrics_print_markdown(FILE *out)
{
	fputs("# Metrics\n\n"
	      "What each number of a report means, its unit, what it is computed from and what it "
	      "does not tell.\n"
	      "Sources are tables of the results file ([schema.md](schema.md)). This page is "
	      "printed from the table in\n"
	      "`analyze/metrics.c`, as is the glossary at the end of each report.\n",
	      out);
	for (const struct metric *m = metrics; m->id; m++)
		fprintf(out, "\n## %s\n\n%s\n\n* Unit: %s\n* Source: %s\n* Limits: %s\n", m->name,
			m->definition, m->unit, m->source, m->limits);
}

static void html_field(FILE *out, const char *name, const char *text)
{
	fprintf(out, "<p class=\"field\"><b>%s</b> ", name);
	html_text(out, text);
	fputs("</p>\n", out);
}

void metrics_print_html(FILE *out)
{
	fputs("<dl class=\"glossary\">\n", out);
	for (const struct metric *m = metrics; m->id; m++) {
		fprintf(out, "<div id=\"metric-%s\">\n<dt>", m->id);
		html_text(out, m->name);
		fputs("</dt>\n<dd><p>", out);
		html_text(out, m->definition);
		fputs("</p>\n", out);
		html_field(out, "Unit", m->unit);
		html_field(out, "Source", m->source);
		html_field(out, "Limits", m->limits);
		fputs("</dd>\n</div>\n", out);
	}
	fputs("</dl>\n", out);
}
