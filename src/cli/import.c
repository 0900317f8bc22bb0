// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemlab import: a capture in, a workload out. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/input.h"

static struct input_options in = INPUT_DEFAULTS;
static const char *output;
static int compression = KMW_DEFAULT;
static bool quiet;

static const char *const compressions[] = { "none", "zlib", "zstd", "default", NULL };

static struct option options[] = {
	{ "output", 'o', OPTION_STRING, &output, "FILE", NULL,
	  "the workload to write (default: the capture's name with .kmw, in this folder)" },
	{ "compression", 'z', OPTION_CHOICE, &compression, "METHOD", compressions,
	  "how blocks of requests are packed (none); zstd makes the file a quarter to a half smaller" },
	INPUT_OPTIONS(in),
	{ "quiet", 'q', OPTION_FLAG, &quiet, NULL, NULL, "print no summary" },
	{ NULL },
};

static void print_summary(const char *path, const struct import_result *r)
{
	const struct resolve_stats *s = &r->resolved;

	printf("%s: %" PRIu64 " events -> %" PRIu64 " requests, %" PRIu64 " observations\n", path,
	       r->events, s->requests, s->observations);
	printf("  %.2f M events/s; %.2f bytes an event, and %" PRIu64
	       " KiB for snapshots and index\n",
	       r->seconds > 0 ? (double)r->events / r->seconds / 1e6 : 0,
	       r->events ? (double)r->bytes_blocks / (double)r->events : 0, r->bytes_rest >> 10);
	printf("  direct map: %#" PRIx64 " (%s)\n", r->direct_map_base, r->direct_map_source);
	printf("  pages: %" PRIu64 " slab, %" PRIu64 " large kmalloc, %" PRIu64 " user, %" PRIu64
	       " page table, %" PRIu64 " percpu, %" PRIu64 " vmalloc (silent), %" PRIu64 " other\n",
	       s->owners[OWNER_SLAB], s->owners[OWNER_KMALLOC_LARGE], s->owners[OWNER_USER],
	       s->owners[OWNER_PGTABLE], s->owners[OWNER_PERCPU], s->bulk_pages,
	       s->owners[OWNER_KERNEL] + s->owners[OWNER_UNKNOWN]);
	printf("  frees with no known allocation: %" PRIu64 " pages, %" PRIu64
	       " objects; silent frees: %" PRIu64 " pages, %" PRIu64 " objects\n",
	       s->unpaired_pages, s->unpaired_objects, s->implied_pages, s->implied_objects);
	if (s->lost)
		printf("  LOST: %" PRIu64 " events; what was live then is uncertain\n", s->lost);
	if (r->damage[0])
		printf("  DAMAGED: %s\n", r->damage);
}

static int run(int argc, char **argv)
{
	struct import_result res;
	uint8_t mask[KMM_CPUS];
	struct import_options o = { .compression = (enum kmw_compression)compression,
				    .keep_going = in.keep_going,
				    .progress = true,
				    .from = in.from,
				    .to = in.to,
				    .instance = in.instance,
				    .kallsyms = in.kallsyms };
	struct err e = { 0 };
	struct capture c;
	char name[300];

	if (argc != 1) {
		fprintf(stderr,
			"kmemlab import: one capture is expected; see kmemlab import --help\n");
		return 2;
	}
	if (capture_find(argv[0], &c, &e) < 0)
		return input_fail("import", &e);
	if (c.kind == CAPTURE_KMW) {
		fprintf(stderr, "kmemlab import: %s is a workload already\n", argv[0]);
		return 2;
	}
	if (in.cpus) {
		if (input_cpu_mask(in.cpus, mask, &e) < 0)
			return input_fail("import", &e);
		o.cpu_mask = mask;
		o.cpu_mask_len = KMM_CPUS;
	}
	if (!output) {
		snprintf(name, sizeof(name), "%s.kmw", c.name);
		output = name;
	}
	if (import_capture(&c, output, &o, &res, &e) < 0)
		return input_fail("import", &e);
	if (!quiet)
		print_summary(output, &res);
	return 0;
}

struct command cmd_import = {
	.name = "import",
	.summary = "turn a capture into a workload",
	.args = "CAPTURE",
	.description =
		"Reads a trace (trace.dat, perf.data, or text of the kernel, trace-cmd or perf; also packed with gzip "
		"or zstd, and - for standard input) with the snapshots beside it and writes a "
		"workload: a compact, checksummed stream of requests and observations in order of operations, "
		"with the machine's description embedded.\n\n"
		"CAPTURE is a capture directory or a bare trace. From a bare trace less can be known; what "
		"is missing is said by kmemlab info.",
	.examples = "kmemlab import -o small.kmw traces/amd64-6.1-small\n"
		    "  import the bundled capture\n",
	.options = options,
	.run = run,
};
