// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "trace/datscrub.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "trace/dat.h"
#include "trace/datscrub_inside.h"

#define CHUNK_PAGES 10 /* as trace-cmd packs them */
#define DISCARDED 29

/* ---- sub-buffers ---- */

/* Of what lies between two records, the words that say how long it is and how much time it takes. */
static void carry_gap(const struct scrub *s, uint8_t *to, const uint8_t *from, const uint8_t *end)
{
	memcpy(to, from, (size_t)(end - from));
	while (end - from >= 8) {
		uint32_t head = bytes_u32(from, s->layout.swap), len = 4;

		if ((s->layout.big_endian ? head >> 27 : head & 31) == DISCARDED) {
			len = bytes_u32(from + 4, s->layout.swap);
			if (!(s->layout.big_endian ? head & 0x7ffffff : head >> 5) || len < 4 ||
			    len > (size_t)(end - from) - 4)
				len = (uint32_t)(end - from) - 4;
			memset(to + 8, 0, len - 4);
		}
		to += 4 + len;
		from += 4 + len;
	}
}

static int carry_page(struct scrub *s, uint32_t cpu, uint8_t *to, const uint8_t *page)
{
	const struct ring_layout *l = &s->layout;
	const uint8_t *done;
	struct ring r;
	int ret = ring_open_page(&r, l, cpu, page, s->e);

	memset(to, 0, l->page);
	if (ret < 0)
		return ret;
	done = page + l->data_offset;
	memcpy(to, page, l->data_offset);
	while ((ret = ring_next(&r, s->e)) == 1) {
		carry_gap(s, to + (done - page), done, r.record);
		ret = scrub_carry(s, to + (r.record - page), r.record, r.record_len);
		if (ret < 0)
			return ret;
		done = r.p;
	}
	if (ret < 0)
		return ret;
	carry_gap(s, to + (done - page), done, r.page_end);
	/* The number of lost events, where it is there, stands behind the data. */
	if (r.lost_count)
		memcpy(to + (r.page_end - page), r.page_end, l->commit_size);
	return 0;
}

/* The size of the sub-buffers, and room for a chunk of them. */
int scrub_set_pages(struct scrub *s, const struct dat_buffer *b)
{
	const struct dat_text *t = &s->file.header_page;

	if (!ring_layout_parse(&s->layout, t->text, t->len,
			       b->page_size ? b->page_size : s->file.page_size))
		return err_set(s->e, EBADMSG,
			       "the description of a ring-buffer page makes no sense");
	free(s->chunk);
	free(s->packed);
	s->packed_room = ZSTD_compressBound((size_t)CHUNK_PAGES * s->layout.page);
	s->chunk = malloc((size_t)CHUNK_PAGES * s->layout.page);
	s->packed = malloc(s->packed_room);
	return s->chunk && s->packed ? 0 : err_set(s->e, ENOMEM, "out of memory for sub-buffers");
}

static int put_chunk(struct scrub *s, unsigned pages)
{
	size_t plain = (size_t)pages * s->layout.page;
	size_t n = ZSTD_compressCCtx(s->zstd, s->packed, s->packed_room, s->chunk, plain,
				     SCRUB_LEVEL);

	if (ZSTD_isError(n))
		return err_set(s->e, EIO, "zstd: %s", ZSTD_getErrorName(n));
	scrub_put(s, s->out, n, 4);
	scrub_put(s, s->out, plain, 4);
	fwrite(s->packed, 1, n, s->out);
	return 0;
}

/* Where a failure is damage that the caller wants to pass over, the CPU's data end there. */
static int tolerate(const struct scrub *s, int ret)
{
	if (ret == -EBADMSG && s->o->keep_going) {
		memset(s->e, 0, sizeof(*s->e));
		return 0;
	}
	return ret;
}

int scrub_put_cpu(struct scrub *s, const struct dat_buffer *b, const struct dat_cpu *c)
{
	off_t at = ftello(s->out);
	unsigned pages = 0;
	uint32_t chunks = 0;
	const uint8_t *page;
	struct ring r;
	int ret;

	scrub_put(s, s->out, 0, 4);
	ret = ring_open(&r, &s->file, b, c, &s->layout, s->e);
	while (ret >= 0 && (ret = ring_page(&r, &page, s->e)) == 1) {
		ret = carry_page(s, c->cpu, s->chunk + (size_t)pages * s->layout.page, page);
		if (ret < 0)
			break;
		if (++pages == CHUNK_PAGES) {
			ret = put_chunk(s, pages);
			chunks++;
			pages = 0;
		}
	}
	ring_close(&r);
	ret = tolerate(s, ret);
	if (ret >= 0 && pages) {
		ret = put_chunk(s, pages);
		chunks++;
	}
	if (ret < 0)
		return ret;
	fseeko(s->out, at, SEEK_SET);
	scrub_put(s, s->out, chunks, 4);
	fseeko(s->out, 0, SEEK_END);
	return 0;
}

/* ---- the whole ---- */

static int open_input(struct scrub *s, const char *path)
{
	if (datfile_open(&s->file, path, s->e) < 0)
		return err_code(s->e);
	if (!s->file.buffers || !s->file.header_page.text)
		return err_set(s->e, EBADMSG, "no buffer or no description of its pages");
	if (scrub_set_pages(s, s->file.buffers) < 0)
		return err_code(s->e);
	if (s->file.truncated && !s->o->keep_going)
		return err_set(s->e, EBADMSG, "%s: the file is cut off after byte %" PRIu64, path,
			       s->file.map.size);
	s->layout.swap = s->file.swap;
	s->layout.big_endian = s->file.big_endian;
	return 0;
}

int datscrub_long_size(const char *path, struct err *e)
{
	const struct datscrub_options o = { .keep_going = true };
	struct scrub s = { .o = &o, .e = e };
	int ret = open_input(&s, path);

	if (ret >= 0)
		ret = s.layout.commit_size;
	datfile_close(&s.file);
	free(s.chunk);
	free(s.packed);
	return ret;
}

int datscrub(const char *path, struct rebase *r, const struct datscrub_options *o, FILE *out,
	     struct map *code, struct datscrub_result *res, struct err *e)
{
	struct scrub s = { .key = r, .out = out, .o = o, .code = code, .res = res, .e = e };
	int ret = open_input(&s, path);

	memset(res, 0, sizeof(*res));
	if (ret < 0)
		goto out;
	res->long_size = s.layout.commit_size;
	s.plans = calloc(TYPES_MAX, sizeof(*s.plans));
	s.zstd = ZSTD_createCCtx();
	if (!s.plans || !s.zstd) {
		ret = err_set(e, ENOMEM, "out of memory");
		goto out;
	}
	ret = types_init(&s.types, &s.file, s.layout.commit_size, e);
	if (ret >= 0)
		ret = scrub_write_file(&s);
	res->names = r->replaced;
out:
	if (ret < 0 && s.file.map.data)
		err_prefix(e, "%s: ", path);
	for (unsigned i = 0; s.plans && i < TYPES_MAX; i++)
		free(s.plans[i]);
	free(s.plans);
	types_free(&s.types);
	ZSTD_freeCCtx(s.zstd);
	free(s.chunk);
	free(s.packed);
	datfile_close(&s.file);
	return ret;
}
