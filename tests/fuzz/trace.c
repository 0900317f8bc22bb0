// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * trace FILE [CUTS FLIPS]: damages a capture by cutting it off at so many places
 * (200) and by changing so many bytes (2000), one at a time, and imports each,
 * once strictly and once with what is readable of it.  A failure without a
 * word, a crash, a hang or a sanitizer's word is the failure.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "workload/capture.h"
#include "workload/import.h"
#include "workload/kmw.h"

static struct request out[KMW_BLOCK_RECORDS];

static uint64_t next_random(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

static void die(const char *what)
{
	fprintf(stderr, "fuzz trace: %s\n", what);
	exit(1);
}

static void write_all(const char *path, const uint8_t *data, size_t len)
{
	FILE *f = fopen(path, "w");

	if (!f || (len && fwrite(data, len, 1, f) != 1) || fclose(f))
		die(strerror(errno));
}

/* 0 refused, 1 imported: then every block of the workload can be read. */
static int import(const char *path, bool keep_going)
{
	struct import_options o = { .keep_going = keep_going };
	struct kmw_scratch *s = kmw_scratch_new();
	struct err e = { 0 };
	struct kmw_reader *k = import_open(path, &o, NULL, &e);

	if (!s)
		die("no memory");
	if (!k && (!e.text[0] || strchr(e.text, '\n')))
		die("a failure without a word, or with more than a line");
	for (uint32_t b = 0; k && b < kmw_block_count(k); b++)
		if (kmw_block_read(k, b, out, s, &e) < 0)
			die("a workload that cannot be read was made");
	if (k)
		kmw_close(k);
	kmw_scratch_free(s);
	return k != NULL;
}

int main(int argc, char **argv)
{
	unsigned cuts = argc > 3 ? (unsigned)atoi(argv[2]) : 200;
	unsigned flips = argc > 3 ? (unsigned)atoi(argv[3]) : 2000;
	const char *dir = getenv("TMPDIR");
	unsigned strict[2] = { 0 }, kept[2] = { 0 };
	uint64_t seed = 20110;
	struct blob b;
	char path[256];
	FILE *f;

	/* Not file_read(): that unpacks what is packed. */
	f = argc > 1 ? fopen(argv[1], "rb") : NULL;
	b.data = malloc(64u << 20);
	if (!f || !b.data)
		die("a capture is expected");
	b.len = fread(b.data, 1, 64u << 20, f);
	fclose(f);
	snprintf(path, sizeof(path), "%.200s/fuzz-trace-%ld.dat", dir && *dir ? dir : "/tmp",
		 (long)getpid());
	for (unsigned i = 0; i < cuts; i++) {
		write_all(path, b.data, next_random(&seed) % b.len);
		strict[import(path, false)]++;
		kept[import(path, true)]++;
	}
	printf("cut off: %u refused, %u read; keeping going: %u refused, %u read\n", strict[0],
	       strict[1], kept[0], kept[1]);
	memset(strict, 0, sizeof(strict));
	memset(kept, 0, sizeof(kept));
	for (unsigned i = 0; i < flips; i++) {
		/* Half of the places near the start, where the structure is. */
		size_t near = b.len < 8192 ? b.len : 8192;
		size_t at = next_random(&seed) % (i % 2 ? b.len : near);
		uint8_t was = b.data[at];

		b.data[at] = (uint8_t)next_random(&seed);
		write_all(path, b.data, b.len);
		(i % 4 < 2 ? strict : kept)[import(path, i % 4 >= 2)]++;
		b.data[at] = was;
	}
	printf("changed: %u refused, %u read; keeping going: %u refused, %u read\n", strict[0],
	       strict[1], kept[0], kept[1]);
	unlink(path);
	free(b.data);
	return 0;
}
