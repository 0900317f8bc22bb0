// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "trace/symbols.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/bytes.h"

#define TEXT_MAX (256u << 20)
#define NOTES "/sys/kernel/notes"
#define NOTE_BUILD_ID 3

int symbols_read(struct symbols *s, const char *path, struct err *e)
{
	int ret = file_read(path, TEXT_MAX, &s->blob, e);

	if (ret < 0)
		return ret;
	snprintf(s->from, sizeof(s->from), "%s", path);
	s->text = (const char *)s->blob.data;
	s->len = s->blob.len;
	return 0;
}

/* ---- by build id ---- */

/* Is this kernel the one?  Its notes: name's and description's length, type, and both, each of whole words. */
static bool runs_here(const struct kernel_id *id)
{
	struct blob b;
	bool same = false;

	if (file_read(NOTES, 1u << 20, &b, NULL) < 0)
		return false;
	for (size_t at = 0; at + 12 <= b.len && !same;) {
		uint32_t name = bytes_u32(b.data + at, false);
		uint32_t desc = bytes_u32(b.data + at + 4, false);
		size_t text = at + 12 + (((size_t)name + 3) & ~(size_t)3);

		if (text > b.len || desc > b.len - text)
			break;
		same = bytes_u32(b.data + at + 8, false) == NOTE_BUILD_ID && name == 4 &&
		       !memcmp(b.data + at + 12, "GNU", 4) && desc == id->build_len &&
		       !memcmp(b.data + text, id->build, desc);
		at = text + (((size_t)desc + 3) & ~(size_t)3);
	}
	blob_free(&b);
	return same;
}

/* perf record keeps a copy for each kernel: DIR/[kernel.kallsyms]/BUILD-ID/kallsyms. */
static bool take_cached(struct symbols *s, const struct kernel_id *id)
{
	const char *dir = getenv("PERF_BUILDID_DIR"), *home = getenv("HOME");
	char hex[2 * BUILD_ID_MAX + 1], path[PATH_MAX];
	int len;

	for (unsigned i = 0; i < id->build_len; i++)
		snprintf(hex + 2 * (size_t)i, 3, "%02x", id->build[i]);
	if (dir && *dir)
		len = snprintf(path, sizeof(path), "%s/[kernel.kallsyms]/%s/kallsyms", dir, hex);
	else if (home && *home)
		len = snprintf(path, sizeof(path), "%s/.debug/[kernel.kallsyms]/%s/kallsyms", home,
			       hex);
	else
		return false;
	return (size_t)len < sizeof(path) && symbols_read(s, path, NULL) >= 0;
}

/* The text with its addresses `by` further up, without the symbols of modules, which go their own ways. */
static bool move_text(struct symbols *s, uint64_t by)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	const char *end = s->text + s->len;

	for (const char *p = s->text, *eol; f && p < end; p = eol + 1) {
		char *rest;
		uint64_t addr = strtoull(p, &rest, 16);

		eol = memchr(p, '\n', (size_t)(end - p));
		if (!eol)
			eol = end;
		if (rest != p && addr && rest < eol && !memchr(rest, '[', (size_t)(eol - rest)))
			fprintf(f, "%016" PRIx64 "%.*s\n", addr + by, (int)(eol - rest), rest);
	}
	if (!f || fclose(f)) {
		free(text);
		return false;
	}
	blob_free(&s->blob);
	s->blob = (struct blob){ (uint8_t *)text, len };
	s->text = text;
	s->len = len;
	return true;
}

/* Put the symbols where the kernel lay; false: where that was is not known, or they name nothing. */
static bool place(struct symbols *s, const struct kernel_id *id)
{
	uint64_t at = *id->ref ? kallsyms_start(s->text, s->len, id->ref) : 0;

	return at && (at == id->ref_addr || move_text(s, id->ref_addr - at));
}

void symbols_find(struct symbols *s, const struct kernel_id *id)
{
	if (!id->build_len)
		return;
	if (take_cached(s, id) && place(s, id)) {
		s->by_id = true;
		return;
	}
	symbols_free(s);
	if (runs_here(id) && symbols_read(s, "/proc/kallsyms", NULL) >= 0 && place(s, id)) {
		s->by_id = true;
		return;
	}
	symbols_free(s);
}

const struct kallsyms *symbols_table(struct symbols *s)
{
	if (s->text && !s->table)
		s->table = kallsyms_parse(s->text, s->len, NULL);
	return s->table;
}

void symbols_free(struct symbols *s)
{
	kallsyms_free(s->table);
	blob_free(&s->blob);
	*s = (struct symbols){ 0 };
}
