// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reader: a fuzz target for each reader of traces, the same code for all: READER
 * says which one the input is made to meet, by the first bytes that a file of
 * its kind has.  Every event is read and some are put into words, damage is
 * passed over (or ends it, as the input's last bit says), and a part
 * of the inputs is imported.
 *
 * With clang's -fsanitize=fuzzer (make fuzz) it is driven by libFuzzer; by
 * itself it runs the files that it is given, so that what was once found, and the
 * corpora in tests/fuzz/corpus, are tried with every build.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "trace/trace.h"
#include "workload/import.h"
#include "workload/kmw.h"

#define EVENTS_MAX 20000 /* of one input: a small one may unpack to many */
#define WORDS 64	 /* the first events, and then one in so many, are put into words */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const magics[] = { "\x17\x08\x44tracing", "PERFILE2" };

/* The file under a name that can be opened again and again; its descriptor. */
static int file_of(const char *reader, const uint8_t *data, size_t size, char *path, size_t room)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	unsigned kind = !strcmp(reader, "dat") ? 0 : !strcmp(reader, "perf") ? 1 : 2;
	size_t n = kind < 2 ? strlen(magics[kind]) : 0;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size ||
	    (n && size > n && !(kind && !memcmp(data, "2ELIFREP", 8)) &&
	     pwrite(fd, magics[kind], n, 0) != (ssize_t)n))
		abort();
	snprintf(path, room, "/proc/self/fd/%d", fd);
	return fd;
}

static void read_all(const char *path, bool keep_going)
{
	static FILE *nowhere;
	struct trace_options o = { .keep_going = keep_going };
	struct err e = { 0 };
	struct trace *t = trace_open(path, &o, &e);
	struct event ev[32];
	unsigned room = keep_going ? 32 : 1;
	char gfp[256];
	int ret = 0;

	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	if (!t && (!e.text[0] || strchr(e.text, '\n')))
		abort(); /* a failure without a word, or with more than a line */
	for (unsigned n = 0; t && n < EVENTS_MAX && (ret = trace_next_many(t, ev, room, &e)) > 0;
	     n += (unsigned)ret)
		for (unsigned i = 0; i < (unsigned)ret; i++)
			if (n < WORDS || !((n + i) % WORDS)) {
				trace_event_text(t, &ev[i], nowhere);
				trace_gfp_text(t, &ev[i], gfp, sizeof(gfp));
				trace_comm(t, ev[i].pid);
			}
	if (ret < 0 && (keep_going || !e.text[0]))
		abort();
	trace_close(t);
}

static void import_all(const char *path, bool keep_going)
{
	static struct request out[KMW_BLOCK_RECORDS];
	struct import_options o = { .keep_going = keep_going };
	struct kmw_scratch *s = kmw_scratch_new();
	struct err e = { 0 };
	struct kmw_reader *k = import_open(path, &o, NULL, &e);

	if (!k && (!e.text[0] || strchr(e.text, '\n')))
		abort();
	for (uint32_t b = 0; k && b < kmw_block_count(k); b++)
		if (kmw_block_read(k, b, out, s, &e) < 0)
			abort(); /* a workload that cannot be read was made */
	if (k)
		kmw_close(k);
	kmw_scratch_free(s);
}

static void run(const char *reader, const uint8_t *data, size_t size)
{
	bool keep_going = size && !(data[size - 1] & 1);
	char path[64];
	int fd;

	if (!size)
		return;
	fd = file_of(reader, data, size, path, sizeof(path));
	read_all(path, keep_going);
	/* Importing costs ten times as much: a part of the inputs. */
	if ((data[size - 1] & 14) == 0)
		import_all(path, keep_going);
	close(fd);
}

#ifdef READER

#define QUOTED(x) #x
#define QUOTE(x) QUOTED(x)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	run(QUOTE(READER), data, size);
	return 0;
}

#else

/* reader dat|perf|text FILE... */
int main(int argc, char **argv)
{
	static uint8_t data[16u << 20];

	for (int i = 2; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		size_t n = f ? fread(data, 1, sizeof(data), f) : 0;

		if (!n) {
			fprintf(stderr, "reader: %s cannot be read\n", argv[i]);
			return 1;
		}
		fclose(f);
		run(argv[1], data, n);
	}
	printf("%d files\n", argc > 2 ? argc - 2 : 0);
	return argc < 3;
}

#endif
