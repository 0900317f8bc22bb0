// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "analyze/metrics.h"

#include <stddef.h>
#include <stdlib.h>
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
	{ .id = "block-use",
	  .name = "Page blocks by contents",
	  .unit = "page blocks",
	  .definition =
		  "A page *pins* its page block if it is neither free nor movable: slab, page tables, "
		  "other kernel pages, reclaimable ones, and what was in use before the start and is not "
		  "known to be movable. A block is free (all its pages are, on per-CPU lists "
		  "too, from where they are no huge page yet), movable (free and movable pages: "
		  "compaction can make it whole), mixed (some page pins it, others are free or movable), "
		  "pinned (every page pins it), partial (a hole or another zone takes part of it) or "
		  "unknown. THP-able memory is that of free and movable blocks: what huge pages can be made "
		  "of, now or by compaction.",
	  .source = "block_use and the view thp_memory; recorded runs: from the events, simulated "
		    "ones: the model's pages",
	  .limits =
		  "Movable is judged by the flags of the allocation: no event tells that a user page "
		  "is pinned for I/O, mlocked or busy, so compaction may fail on it. Reclaimable pages "
		  "may be freed by their shrinkers; here they pin." },
	{ .id = "grouping",
	  .name = "Page blocks under perfect grouping",
	  .unit = "page blocks",
	  .definition =
		  "How many page blocks would hold no pinning page if all pinning pages of a "
		  "zone's mixed blocks had been packed into as few blocks as they fill: free + "
		  "movable + mixed − ceil(pinning pages / pages of a block). The distance to the "
		  "THP-able blocks is what mixing costs.",
	  .source = "view thp_memory, column grouped",
	  .limits = "A bound that no allocator without knowledge of lifetimes reaches. Pinned and "
		    "partial blocks are left as they are." },
	{ .id = "pins",
	  .name = "What keeps page blocks from being whole",
	  .unit = "pages kept",
	  .definition =
		  "For each mixed page block, its free and movable pages are shared out among the "
		  "allocations that pin it, by their pages; allocations alike in owner, slab cache and "
		  "call site are summed up and ranked. Alone: blocks that nothing else pins. A slab is "
		  "held by the objects in it: its call site is that of most of them.",
	  .source = "pin, mixed_block; `kmemlab state --show pins` and `--show holders`",
	  .limits =
		  "At one instant: that of the snapshot of page frames afterwards, else the end. Call "
		  "sites are known of slab pages and large kmallocs, whose events bear them; of other "
		  "pages they are not, and stacks of the capture are not looked at here (`kmemlab stat "
		  "--by page-site` does). Of simulated runs owners are known alone. Of what was there at the start owner and cache are known, not who and when; "
		  "how many allocations such pages are is not known either, runs of them count as one." },
	{ .id = "fallback-severity",
	  .name = "Severity of fallbacks",
	  .unit = "events",
	  .definition =
		  "whole: a page block or more changed hands, nothing was mixed. mild: a movable "
		  "allocation went into an unmovable or reclaimable block, from where compaction can take "
		  "it, or unmovable and reclaimable ones into each other's. moderate: the block was "
		  "claimed for unmovable or reclaimable pages, and movable ones may be left in it. severe: "
		  "an unmovable or reclaimable page in a block that stays Movable.",
	  .source =
		  "fallback; mm_page_alloc_extfrag of the capture: alloc and fallback migratetype, "
		  "fallback_order and change_ownership",
	  .limits = "change_ownership says what the block's type is afterwards, also if it was so "
		    "before. How long the page lives decides what it costs; see the pins." },
	{ .id = "internal",
	  .name = "Internal fragmentation",
	  .unit = "share of the bytes given",
	  .definition =
		  "1 − bytes asked for / bytes given, per slab cache and call site. Of traffic: "
		  "over all allocations. Held: each allocation weighed with the time that it lived "
		  "(the integral of live bytes over time). Live: bytes wasted at the end.",
	  .source = "object_site, views site_waste and cache_waste",
	  .limits =
		  "Objects that were allocated in the capture. kmem_cache_alloc() reports its cache's "
		  "object size as asked for, so there the waste is padding and alignment alone." },
	{ .id = "occupancy",
	  .name = "Occupancy of slabs",
	  .unit = "slabs",
	  .definition =
		  "How many objects live in each slab of a cache, of those that fit. One object: "
		  "slabs that a single object keeps from being given back. Spare: slabs that would "
		  "be empty were the objects packed.",
	  .source =
		  "slab_occupancy, view cache_occupancy; allocations and frees by address, and the "
		  "snapshot's counts for slabs of the start",
	  .limits =
		  "Objects allocated or freed in bulk leave no event. In a slab that a CPU allocated "
		  "from at the start, the free objects in its hand count as live." },
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
	  .limits =
		  "The recorded number needs the lists' contents at the start; without them it "
		  "counts from zero. Pages taken without an event (kernel stacks, vmalloc) are known "
		  "to be gone when something behind them on the list goes, or by the lists in after/: "
		  "until then it is too high, by the four pages of a stack or two as a rule." },
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
			"the kernel is known to make without an event (bulk allocations, "
			"compaction), or that a task made whose events are not in the trace, and "
			"that the reconstruction made up for.",
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
	{ .id = "set-load",
	  .name = "Cache sets by load",
	  .unit = "lines a set; misses as a share of the lines",
	  .definition =
		  "Each object that lives at the end puts its first line (or all of it) on the set (physical "
		  "address / line) mod sets of each of the processor's caches. A sweep touches every "
		  "line in turn, over and over, with LRU: a set of more lines than ways misses on each "
		  "of its lines, other sets on none. If even: the same were the lines spread evenly; "
		  "what is above that is conflict, not lack of room.",
	  .source =
		  "set_load, set_histogram; addresses by the slab dumps and events, or of simulated "
		  "allocators",
	  .limits =
		  "Which objects are really touched together is not in a trace of allocations. Last-level "
		  "caches that hash addresses do not follow the formula. One level at a time." },
	{ .id = "mapping",
	  .name = "TLB entries",
	  .unit = "entries",
	  .definition =
		  "How many TLB entries map a piece of memory at once: its bytes by each size of page, divided "
		  "by that size. Huge vmalloc: areas of 2 MiB and more rounded up to large pages. kmalloc "
		  "instead: each area as one block of the direct map, areas above 4 MiB left out. User memory "
		  "in 2 MiB: into the blocks that are free now, or into all that compaction could empty.",
	  .source =
		  "mapping; meminfo's DirectMap lines and vmallocinfo of the snapshot, user memory by the "
		  "recorded machine",
	  .limits =
		  "Entries that would be in use at once, not those that a program needs. User memory is taken "
		  "to be contiguous in its own address space: an upper bound of what could be large." },
	{ .id = "tlb-pressure",
	  .name = "TLB pressure",
	  .unit = "page walks",
	  .definition =
		  "Accesses that the events imply (an object as it is given out and given back, a page as it is "
		  "zeroed) run through the data TLBs of a named processor, two levels with LRU, one for each "
		  "CPU, with the direct map in pages of one size.",
	  .source = "tlb_pressure",
	  .limits =
		  "A lower bound: what programs and the kernel do with the memory is not in the trace. "
		  "`kmemlab tlb --accesses` takes addresses that were really touched." },
	{ .id = "kmap",
	  .name = "Maps of high memory",
	  .unit = "maps, flushes",
	  .definition =
		  "The capture's kmap and kmap_local calls through a window of so many slots. When a window is "
		  "used up it is flushed from the TLBs of all CPUs; the end of each temporary map flushes one "
		  "address on one CPU.",
	  .source = "kmap; replayed through the model of highmem",
	  .limits = "32-bit captures whose kmap functions were probed." },
	{ .id = "what-if-error",
	  .name = "Error of a what-if",
	  .unit = "that of the metric",
	  .definition =
		  "|control − recorded|, where the control is the captured kernel's own policy simulated as "
		  "what-ifs are (native, as what-if): from the recorded start, without what the recording tells "
		  "of the kernel's zones, batches and compaction. The largest over all samples, since at one "
		  "instant, the end, the two may agree by luck. A what-if is compared with its control; what "
		  "differs by no more than the error is within error. Attempts that failed when recorded are "
		  "not made again: of failed allocations the error is how many the control has, since the "
		  "kernel served them all.",
	  .source = "run, column control; the metrics of both runs",
	  .limits =
		  "Measured on one course of one capture: small changes make later ones, so figures of a few "
		  "blocks may differ by more elsewhere. It says how well the captured policy is modelled, not "
		  "how well another one is. Requests stay those that were recorded: a process that would have "
		  "run longer or failed under another policy does not." },
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

/* The texts are Markdown, of which they use `code` and *emphasis*. */
static void html_markdown(FILE *out, const char *text)
{
	char *copy = strdup(text), *s = copy;

	if (!copy)
		html_text(out, text);
	while (s && *s) {
		char *mark = strpbrk(s, "`*"), *end = mark ? strchr(mark + 1, *mark) : NULL;
		const char *tag = mark && *mark == '*' ? "em" : "code";

		if (!end) {
			html_text(out, s);
			break;
		}
		*mark = *end = 0;
		html_text(out, s);
		fprintf(out, "<%s>", tag);
		html_text(out, mark + 1);
		fprintf(out, "</%s>", tag);
		s = end + 1;
	}
	free(copy);
}

static void html_field(FILE *out, const char *name, const char *text)
{
	fprintf(out, "<p class=\"field\"><b>%s</b> ", name);
	html_markdown(out, text);
	fputs("</p>\n", out);
}

void metrics_print_html(FILE *out)
{
	fputs("<dl class=\"glossary\">\n", out);
	for (const struct metric *m = metrics; m->id; m++) {
		fprintf(out, "<div id=\"metric-%s\">\n<dt>", m->id);
		html_text(out, m->name);
		fputs("</dt>\n<dd><p>", out);
		html_markdown(out, m->definition);
		fputs("</p>\n", out);
		html_field(out, "Unit", m->unit);
		html_field(out, "Source", m->source);
		html_field(out, "Limits", m->limits);
		fputs("</dd>\n</div>\n", out);
	}
	fputs("</dl>\n", out);
}
