// SPDX-License-Identifier: GPL-2.0-or-later
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "workload/kmw_block.h"
#include "workload/kmw_section.h"
#include "workload/varint.h"

struct block_entry {
	uint64_t offset, first, last, ordinal;
};

struct attachment_entry {
	uint64_t offset;
	char *name;
};

struct kmw_writer {
	struct file_out out;
	enum kmw_compression method;
	struct intern strings;
	uint32_t strings_written;
	struct kmw_packer *packer;
	uint64_t first, last, ordinal; /* of the block under way */
	struct block_entry *blocks;
	uint32_t block_count, block_room;
	struct attachment_entry *attachments;
	uint32_t attachment_count;
	uint8_t *buf;
	size_t buf_room;
	uint64_t at, bytes_blocks;
};

static int oom(struct err *e)
{
	return err_set(e, ENOMEM, "out of memory for the workload");
}

struct kmw_writer *kmw_create(const char *path, enum kmw_compression c, struct err *e)
{
	struct kmw_writer *w = calloc(1, sizeof(*w));

	if (!w) {
		oom(e);
		return NULL;
	}
	w->method = c == KMW_DEFAULT ? KMW_NONE : c;
	w->packer = kmw_packer_new();
	if (!w->packer || intern_init(&w->strings)) {
		oom(e);
		kmw_abort(w);
		return NULL;
	}
	w->strings_written = 1; /* number 0 is the empty string, always */
	if (file_out_open(&w->out, path, 1, e) < 0) {
		kmw_abort(w);
		return NULL;
	}
	setvbuf(w->out.f, NULL, _IOFBF, 1 << 20);
	if (fwrite(KMW_MAGIC, 8, 1, w->out.f) != 1) {
		err_set(e, EIO, "%s: cannot be written", path);
		kmw_abort(w);
		return NULL;
	}
	w->at = 8;
	return w;
}

void kmw_abort(struct kmw_writer *w)
{
	if (!w)
		return;
	file_out_abort(&w->out);
	kmw_packer_free(w->packer);
	intern_free(&w->strings);
	for (uint32_t i = 0; i < w->attachment_count; i++)
		free(w->attachments[i].name);
	free(w->attachments);
	free(w->blocks);
	free(w->buf);
	free(w);
}

uint32_t kmw_string(struct kmw_writer *w, const char *s, size_t len)
{
	return intern_add(&w->strings, s, len);
}

void kmw_written(const struct kmw_writer *w, uint64_t *blocks, uint64_t *rest)
{
	*blocks = w->bytes_blocks;
	*rest = w->at - w->bytes_blocks;
}

static int reserve(struct kmw_writer *w, size_t n, struct err *e)
{
	uint8_t *more;

	if (n <= w->buf_room)
		return 0;
	more = realloc(w->buf, n);
	if (!more)
		return oom(e);
	w->buf = more;
	w->buf_room = n;
	return 0;
}

int kmw_attach(struct kmw_writer *w, const char *name, const void *data, size_t len, struct err *e)
{
	size_t head = strlen(name) + 1;
	struct attachment_entry *more;

	more = realloc(w->attachments, (w->attachment_count + 1) * sizeof(*more));
	if (!more)
		return oom(e);
	w->attachments = more;
	if (reserve(w, head + len, e) < 0)
		return e ? e->code : -ENOMEM;
	memcpy(w->buf, name, head);
	memcpy(w->buf + head, data, len);
	more[w->attachment_count].name = strdup(name);
	more[w->attachment_count].offset = w->at;
	if (!more[w->attachment_count].name)
		return oom(e);
	w->attachment_count++;
	return kmw_section_write(w->out.f, KMW_ATTACHMENT, KMW_ZSTD, w->buf, head + len, &w->at, e);
}

/* New strings (number of the first, how many, each with its length), then the packed records. */
static int flush_block(struct kmw_writer *w, struct err *e)
{
	size_t n = 3 * VARINT_MAX + kmw_packer_bound(w->packer);
	uint64_t before = w->at;
	struct block_entry *b;
	uint8_t *o;
	int ret;

	if (!kmw_packer_count(w->packer) && w->strings_written == w->strings.count)
		return 0;
	for (uint32_t i = w->strings_written; i < w->strings.count; i++)
		n += VARINT_MAX + strlen(intern_str(&w->strings, i));
	if (reserve(w, n, e) < 0)
		return e ? e->code : -ENOMEM;
	if (w->block_count == w->block_room) {
		uint32_t room = w->block_room ? w->block_room * 2 : 64;
		struct block_entry *more = realloc(w->blocks, room * sizeof(*more));

		if (!more)
			return oom(e);
		w->blocks = more;
		w->block_room = room;
	}
	o = varint_put(w->buf, w->strings.count - w->strings_written);
	for (uint32_t i = w->strings_written; i < w->strings.count; i++) {
		size_t len = strlen(intern_str(&w->strings, i));

		o = varint_put(o, len);
		memcpy(o, intern_str(&w->strings, i), len);
		o += len;
	}
	w->strings_written = w->strings.count;
	b = &w->blocks[w->block_count++];
	*b = (struct block_entry){ w->at, w->first, w->last, w->ordinal };
	w->ordinal += kmw_packer_count(w->packer);
	o += kmw_packer_finish(w->packer, o);
	ret = kmw_section_write(w->out.f, KMW_BLOCK, w->method, w->buf, (size_t)(o - w->buf), &w->at, e);
	w->bytes_blocks += w->at - before;
	return ret;
}

int kmw_put(struct kmw_writer *w, const struct request *r, struct err *e)
{
	if (!kmw_packer_count(w->packer))
		w->first = w->last = r->time;
	if (r->time < w->first)
		w->first = r->time;
	if (r->time > w->last)
		w->last = r->time;
	kmw_packer_put(w->packer, r);
	return kmw_packer_count(w->packer) == KMW_BLOCK_RECORDS ? flush_block(w, e) : 0;
}

static int write_summary(struct kmw_writer *w, const struct kmw_summary *s, uint64_t *offset, struct err *e)
{
	const uint64_t numbers[] = {
		s->clock_is_time, s->big_endian, s->long_size, s->page_size, s->cpus, s->events, s->lost,
		s->lost_unknown, s->first, s->last, s->truncated, s->requests, s->observations, s->slots,
		s->count_n,
	};
	const char *texts[] = { s->source, s->format, s->clock, s->kernel };
	size_t n = sizeof(numbers) / sizeof(*numbers) * VARINT_MAX + 1024 + (size_t)s->count_n * 128;
	uint8_t *o;

	if (reserve(w, n, e) < 0)
		return e ? e->code : -ENOMEM;
	o = w->buf;
	for (unsigned i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		size_t len = strlen(texts[i]) + 1;

		memcpy(o, texts[i], len);
		o += len;
	}
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		o = varint_put(o, numbers[i]);
	for (uint32_t i = 0; i < s->count_n; i++) {
		const char *both[] = { s->counts[i].system, s->counts[i].name };

		for (unsigned k = 0; k < 2; k++) {
			size_t len = strlen(both[k]) + 1;

			memcpy(o, both[k], len);
			o += len;
		}
		o = varint_put(o, s->counts[i].count);
	}
	*offset = w->at;
	return kmw_section_write(w->out.f, KMW_SUMMARY, KMW_NONE, w->buf, (size_t)(o - w->buf), &w->at, e);
}

static int write_index(struct kmw_writer *w, uint64_t summary, struct err *e)
{
	size_t n = (4 + 4 * (size_t)w->block_count) * VARINT_MAX;
	uint64_t offset = w->at, trailer;
	uint8_t *o;

	for (uint32_t i = 0; i < w->attachment_count; i++)
		n += VARINT_MAX + strlen(w->attachments[i].name) + 1;
	if (reserve(w, n, e) < 0)
		return e ? e->code : -ENOMEM;
	o = varint_put(w->buf, summary);
	o = varint_put(o, w->block_count);
	for (uint32_t i = 0; i < w->block_count; i++) {
		o = varint_put(o, w->blocks[i].offset);
		o = varint_put(o, w->blocks[i].first);
		o = varint_put(o, w->blocks[i].last);
		o = varint_put(o, w->blocks[i].ordinal);
	}
	o = varint_put(o, w->attachment_count);
	for (uint32_t i = 0; i < w->attachment_count; i++) {
		size_t len = strlen(w->attachments[i].name) + 1;

		o = varint_put(o, w->attachments[i].offset);
		memcpy(o, w->attachments[i].name, len);
		o += len;
	}
	if (kmw_section_write(w->out.f, KMW_INDEX, KMW_NONE, w->buf, (size_t)(o - w->buf), &w->at, e) < 0)
		return e ? e->code : -EIO;
	trailer = htole64(offset);
	if (fwrite(&trailer, 8, 1, w->out.f) != 1 || fwrite(KMW_TRAILER_MAGIC, 8, 1, w->out.f) != 1)
		return err_set(e, EIO, "the workload could not be written");
	w->at += KMW_TRAILER;
	return 0;
}

int kmw_commit(struct kmw_writer *w, const struct kmw_summary *s, struct err *e)
{
	uint64_t summary = 0;
	int ret = flush_block(w, e);

	if (ret >= 0)
		ret = write_summary(w, s, &summary, e);
	if (ret >= 0)
		ret = write_index(w, summary, e);
	if (ret >= 0)
		ret = file_out_commit(&w->out, e);
	kmw_abort(w);
	return ret;
}
