// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libdeflate.h>
#include <stdlib.h>

#include "workload/kmw_block.h"
#include "workload/kmw_section.h"
#include "workload/kmw_summary.h"

#define STRING_MAX 65535
#define STRINGS_BODY (1u << 20) /* a section of strings is closed beyond this */

struct bytes {
	uint8_t *data;
	size_t len, room;
};

struct kmw_writer {
	struct file_out file;
	uint64_t at;	    /* position in the file */
	uint64_t in_blocks; /* bytes of it that are blocks */
	uint64_t ordinal;   /* of the first record that waits */
	enum kmw_compression compression;
	struct kmw_packer *packer;
	struct kmw_encoder *encoder;
	struct intern strings;
	uint32_t strings_written;
	struct intern names; /* of the files embedded so far */
	struct bytes index;
	int failed;
};

static int failed(struct kmw_writer *w, int ret, struct err *e)
{
	w->failed = ret;
	if (ret != -EINVAL) /* a record that cannot be stored is not the file's fault */
		err_prefix(e, "%s: ", w->file.final_name);
	return ret;
}

static uint8_t *bytes_grow(struct bytes *b, size_t len)
{
	uint8_t *at;

	if (b->room - b->len < len) {
		size_t room = b->room + len + (b->room > 4096 ? b->room : 4096);
		uint8_t *more = realloc(b->data, room);

		if (!more)
			return NULL;
		b->data = more;
		b->room = room;
	}
	at = b->data + b->len;
	b->len += len;
	return at;
}

/* A line of the index: the section that starts at the file's present end. */
static uint8_t *index_add(struct kmw_writer *w, enum kmw_section_type type, size_t more,
			  struct err *e)
{
	uint8_t *p = bytes_grow(&w->index, 9 + more);

	if (!p) {
		err_set(e, ENOMEM, "out of memory for the index");
		return NULL;
	}
	p[0] = (uint8_t)type;
	kmw_store64(p + 1, w->at);
	return p + 9;
}

/* ---- sections ---- */

static int write_strings(struct kmw_writer *w, struct err *e)
{
	struct bytes body = { 0 };
	int ret = 0;

	while (w->strings_written < w->strings.count && ret >= 0) {
		uint8_t plain[4], *p;
		uint32_t n = w->strings_written;

		body.len = 0;
		for (; n < w->strings.count && body.len < STRINGS_BODY; n++) {
			const char *s = intern_str(&w->strings, n);
			size_t len = strlen(s);

			p = bytes_grow(&body, 2 + len);
			if (!p)
				goto oom;
			kmw_store16(p, (uint16_t)len);
			memcpy(p + 2, s, len);
		}
		if (!index_add(w, KMW_SECTION_STRINGS, 0, e))
			goto oom;
		kmw_store32(plain, w->strings_written);
		ret = kmw_section_write(w->file.f, &w->at, w->packer, KMW_SECTION_STRINGS, KMW_ZSTD,
					plain, sizeof(plain), body.data, body.len, e);
		w->strings_written = n;
	}
	free(body.data);
	return ret;
oom:
	free(body.data);
	return err_set(e, ENOMEM, "out of memory for strings");
}

/* Names that are new come before the block, so that a cut-off file has them. */
static int write_block(struct kmw_writer *w, struct err *e)
{
	uint8_t plain[KMW_HEAD_LEN], *p;
	struct kmw_head head;
	const uint8_t *raw;
	uint64_t before;
	size_t len;
	int ret;

	if (!kmw_encoder_count(w->encoder))
		return 0;
	ret = write_strings(w, e);
	if (ret < 0)
		return ret;
	raw = kmw_encoder_finish(w->encoder, &head, &len);
	head.ordinal = w->ordinal;
	kmw_head_store(plain, &head);
	p = index_add(w, KMW_SECTION_BLOCK, KMW_HEAD_LEN, e);
	if (!p)
		return -ENOMEM;
	memcpy(p, plain, KMW_HEAD_LEN);
	before = w->at;
	ret = kmw_section_write(w->file.f, &w->at, w->packer, KMW_SECTION_BLOCK, w->compression,
				plain, sizeof(plain), raw, len, e);
	w->in_blocks += w->at - before;
	w->ordinal += head.records;
	return ret;
}

static int write_file(struct kmw_writer *w, const char *name, enum kmw_compression c,
		      const uint8_t *data, size_t len, struct err *e)
{
	size_t name_len = strlen(name);
	uint8_t plain[KMW_PLAIN_MAX];
	uint32_t part = 0;
	int ret;

	do {
		size_t n = len < KMW_BODY_MAX ? len : KMW_BODY_MAX;

		kmw_store32(plain, part++);
		plain[4] = n == len;
		memcpy(plain + 5, name, name_len);
		ret = kmw_section_write(w->file.f, &w->at, w->packer, KMW_SECTION_FILE, c, plain,
					5 + name_len, data, n, e);
		data += n;
		len -= n;
	} while (len && ret >= 0);
	return ret;
}

static int add_file(struct kmw_writer *w, const char *name, const void *data, size_t len,
		    struct err *e)
{
	size_t name_len = strlen(name);
	uint8_t *p;

	p = index_add(w, KMW_SECTION_FILE, 2 + name_len, e);
	if (!p)
		return -ENOMEM;
	kmw_store16(p, (uint16_t)name_len);
	memcpy(p + 2, name, name_len);
	return write_file(w, name, KMW_ZSTD, data, len, e);
}

/* ---- the writer ---- */

struct kmw_writer *kmw_create(const char *path, enum kmw_compression c, struct err *e)
{
	struct kmw_writer *w = calloc(1, sizeof(*w));
	uint8_t head[KMW_HEADER_LEN] = KMW_MAGIC;

	if (!w) {
		err_set(e, ENOMEM, "out of memory");
		return NULL;
	}
	/* Blocks meet the aim of 8 bytes an event as they are; to pack them takes a seventh of an import. */
	w->compression = c == KMW_DEFAULT ? KMW_NONE : c;
	w->packer = kmw_packer_new();
	w->encoder = kmw_encoder_new();
	if (!w->packer || !w->encoder || intern_init(&w->strings) || intern_init(&w->names)) {
		err_set(e, ENOMEM, "out of memory");
		goto fail;
	}
	/* Kernel addresses are in it: for the owner's eyes. */
	if (file_out_open(&w->file, path, 1, e) < 0)
		goto fail;
	kmw_store32(head + 8, KMW_VERSION);
	kmw_store32(head + 12, KMW_BLOCK_RECORDS);
	kmw_store32(head + 20, libdeflate_crc32(0, head, 20));
	if (fwrite(head, sizeof(head), 1, w->file.f) != 1) {
		err_set(e, errno ? errno : EIO, "%s: cannot be written", path);
		goto fail;
	}
	w->at = sizeof(head);
	w->strings_written = 1; /* the empty string is everybody's number 0 */
	return w;
fail:
	kmw_abort(w);
	return NULL;
}

int kmw_attach(struct kmw_writer *w, const char *name, const void *data, size_t len, struct err *e)
{
	size_t name_len = strlen(name);
	int ret;

	if (w->failed)
		return err_set(e, -w->failed, "the workload could not be written");
	if (!name_len || name_len > KMW_PLAIN_MAX - 5 || !strncmp(name, "kmw/", 4))
		return err_set(e, EINVAL, "a file cannot be embedded as '%.64s'", name);
	if (intern_find(&w->names, name, name_len) != UINT32_MAX)
		return err_set(e, EEXIST, "two files named '%s'", name);
	if (intern_add(&w->names, name, name_len) == UINT32_MAX)
		return failed(w, err_set(e, ENOMEM, "out of memory"), e);
	ret = write_block(w, e);
	if (ret >= 0)
		ret = add_file(w, name, data, len, e);
	return ret < 0 ? failed(w, ret, e) : 0;
}

uint32_t kmw_string(struct kmw_writer *w, const char *s, size_t len)
{
	return intern_add(&w->strings, s, len < STRING_MAX ? len : STRING_MAX);
}

/* The encoder could not take the record, or its block is full. */
static __attribute__((noinline)) int after_put(struct kmw_writer *w, int n, struct err *e)
{
	int ret = n < 0 ? n : write_block(w, e);

	return ret < 0 ? failed(w, ret, e) : 0;
}

int kmw_put(struct kmw_writer *w, const struct request *r, struct err *e)
{
	int n;

	if (__builtin_expect(w->failed, 0))
		return err_set(e, -w->failed, "the workload could not be written");
	n = kmw_encoder_put(w->encoder, r, e);
	if (__builtin_expect(n > 0 && n < KMW_BLOCK_RECORDS, 1))
		return 0;
	return after_put(w, n, e);
}

static int write_summary(struct kmw_writer *w, const struct kmw_summary *s, struct err *e)
{
	struct blob text = { 0 };
	int ret = kmw_summary_text(s, &text, e);

	if (ret >= 0)
		ret = add_file(w, KMW_SUMMARY_NAME, text.data, text.len, e);
	blob_free(&text);
	return ret;
}

static int write_end(struct kmw_writer *w, struct err *e)
{
	uint8_t trailer[KMW_TRAILER_LEN] = { 0 };
	int ret;

	kmw_store64(trailer, w->at);
	memcpy(trailer + 8, KMW_TRAILER_MAGIC, 8);
	kmw_store32(trailer + 20, libdeflate_crc32(0, trailer, 20));
	/* Not packed: a reader's memory for the index is then bounded by the file's size. */
	ret = write_file(w, KMW_INDEX_NAME, KMW_NONE, w->index.data, w->index.len, e);
	if (ret < 0)
		return ret;
	if (fwrite(trailer, sizeof(trailer), 1, w->file.f) != 1)
		return err_set(e, errno ? errno : EIO, "cannot be written: %s", strerror(errno));
	w->at += sizeof(trailer);
	return 0;
}

int kmw_commit(struct kmw_writer *w, const struct kmw_summary *s, struct err *e)
{
	int ret = w->failed ? err_set(e, -w->failed, "the workload could not be written") : 0;

	if (!ret)
		ret = write_block(w, e);
	if (ret >= 0)
		ret = write_strings(w, e);
	if (ret >= 0)
		ret = write_summary(w, s, e);
	if (ret >= 0)
		ret = write_end(w, e);
	if (ret < 0 && !w->failed)
		failed(w, ret, e);
	if (ret >= 0)
		ret = file_out_commit(&w->file, e);
	kmw_abort(w);
	return ret;
}

void kmw_abort(struct kmw_writer *w)
{
	if (!w)
		return;
	file_out_abort(&w->file);
	kmw_encoder_free(w->encoder);
	kmw_packer_free(w->packer);
	intern_free(&w->strings);
	intern_free(&w->names);
	free(w->index.data);
	free(w);
}

void kmw_written(const struct kmw_writer *w, uint64_t *blocks, uint64_t *rest)
{
	*blocks = w->in_blocks;
	*rest = w->at - w->in_blocks;
}
