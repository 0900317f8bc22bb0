// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kmw FILE CUTS CHANGES: damages a workload file at so many places by cutting it off and at so
 * many by changing a byte, half of those with the checksums made right again, and
 * reads each time all that is served.  Prints how many were refused and how
 * many gave a part; a crash, a hang or a sanitizer's word is the failure, and so
 * are numbers that somebody might use as an index.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/file.h"
#include "workload/kmw.h"
#include "workload/kmw_section.h"

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
	fprintf(stderr, "fuzz kmw: %s\n", what);
	exit(1);
}

static void write_all(const char *path, const uint8_t *data, size_t len)
{
	FILE *f = fopen(path, "w");

	if (!f || (len && fwrite(data, len, 1, f) != 1) || fclose(f))
		die(strerror(errno));
}

static void check(const struct request *r, const struct kmw_summary *s)
{
	if (r->sig.op >= REQUEST_OP_COUNT || r->sig.owner >= REQUEST_OWNER_COUNT ||
	    r->cpu >= KMM_CPUS)
		die("an operation, owner or CPU out of range");
	if (r->sig.op <= REQ_PAGE_BULK &&
	    (r->sig.order >= KMM_ORDERS || r->sig.type >= KMM_MIGRATETYPES))
		die("an order or migrate type out of range");
	if (r->slot != NO_SLOT && r->slot && r->slot >= s->slots)
		die("a slot beyond the summary's number");
}

/* 0 refused when opened, 1 a part was refused, 2 all was served. */
static int read_all(const char *path)
{
	struct kmw_scratch *s = kmw_scratch_new();
	struct err e = { 0 };
	struct kmw_reader *k = kmw_open(path, &e);
	int ret = 2;

	if (!s || (!k && !e.text[0]))
		die("no memory, or a failure without a word");
	if (!k) {
		kmw_scratch_free(s);
		return 0;
	}
	for (uint32_t b = 0; b < kmw_block_count(k); b++) {
		int n = kmw_block_read(k, b, out, s, &e);

		if (n < 0)
			ret = 1;
		for (int i = 0; i < n; i++)
			check(&out[i], kmw_summary(k));
	}
	for (const char *const *name = kmw_attachment_names(k); *name; name++) {
		struct blob blob;

		if (kmw_attachment(k, *name, &blob, &e) < 0)
			ret = 1;
		blob_free(&blob);
	}
	kmw_close(k);
	kmw_scratch_free(s);
	return ret;
}

/* Give every section whose CRC is wrong the right one, as an attacker would. */
static void repair(uint8_t *data, size_t len)
{
	size_t at = KMW_HEADER_LEN;

	kmw_store32(data + 20, (uint32_t)crc32(0, data, 20));
	while (len - at >= KMW_SECTION_LEN && kmw_load32(data + at) == KMW_SECTION_MAGIC) {
		size_t more = (size_t)kmw_load16(data + at + 6) + kmw_load32(data + at + 20);
		uLong crc = crc32(0, data + at, 28);

		if (more > len - at - KMW_SECTION_LEN)
			return;
		crc = crc32(crc, data + at + KMW_SECTION_LEN, (uInt)more);
		kmw_store32(data + at + 28, (uint32_t)crc);
		at += KMW_SECTION_LEN + more;
	}
	if (len - at == KMW_TRAILER_LEN)
		kmw_store32(data + at + 20, (uint32_t)crc32(0, data + at, 20));
}

int main(int argc, char **argv)
{
	const char *dir = getenv("TMPDIR");
	unsigned count[3] = { 0 };
	uint64_t seed = 20110;
	struct err e = { 0 };
	struct blob b, damaged;
	char path[256];

	if (argc != 4 || file_read(argv[1], 1u << 30, &b, &e) || b.len < KMW_HEADER_LEN)
		die(argc == 4 ? e.text :
				"a workload file and the numbers of cuts and changes are expected");
	snprintf(path, sizeof(path), "%.200s/fuzz-kmw-%ld", dir && *dir ? dir : "/tmp",
		 (long)getpid());
	for (long i = 0; i < atol(argv[2]); i++) {
		write_all(path, b.data, next_random(&seed) % b.len);
		count[read_all(path)]++;
	}
	printf("cut off: %u refused, %u damaged in part, %u served to the cut\n", count[0],
	       count[1], count[2]);
	memset(count, 0, sizeof(count));
	damaged.data = malloc(b.len);
	if (!damaged.data)
		die("no memory");
	for (long i = 0; i < atol(argv[3]); i++) {
		/* Half of the places near the start or the end, where the structure is. */
		size_t at = next_random(&seed) % (i % 4 > 1 ? b.len : b.len < 600 ? b.len : 600);

		if (i % 4 == 1)
			at = b.len - 1 - at;
		memcpy(damaged.data, b.data, b.len);
		damaged.data[at] = (uint8_t)next_random(&seed);
		if (i & 1)
			repair(damaged.data, b.len);
		write_all(path, damaged.data, b.len);
		count[read_all(path)]++;
	}
	printf("changed: %u refused, %u damaged in part, %u served\n", count[0], count[1],
	       count[2]);
	unlink(path);
	free(damaged.data);
	blob_free(&b);
	return 0;
}
