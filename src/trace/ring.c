// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/ring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "trace/bytes.h"

#define COMMIT_MASK 0xfffffu
#define LOST (1u << 31)
#define LOST_STORED (1u << 30)
#define STAMP_TOP 0xf800000000000000ull /* bits that an absolute stamp does not carry */
#define CHUNK_LIMIT (16u << 20)
#define CHUNK_FREE (1u << 20) /* a larger one must not claim an absurd ratio */
#define AROUND (1u << 16)     /* bytes that one page fault maps (fault_around_bytes) */
#define RESIDENT (1u << 20)   /* bytes of a mapped file that are kept in memory behind the reader */

enum { TYPE_LENGTH_WORD = 0, TYPE_PADDING = 29, TYPE_EXTEND = 30, TYPE_STAMP = 31 };

static int damaged(const struct ring *r, const char *what, struct err *e)
{
	return err_set(e, EBADMSG, "CPU %u, page at offset %llu: %s", r->cpu,
		       (unsigned long long)r->page_offset, what);
}

/* One line of header_page: "field: local_t commit; offset:8; size:8; signed:1;" */
static bool find_field(const char *text, const char *name, unsigned *offset, unsigned *size)
{
	char key[32];
	const char *p;

	snprintf(key, sizeof(key), " %s;", name);
	p = strstr(text, key);
	return p && sscanf(p + strlen(key), " offset:%u; size:%u;", offset, size) == 2;
}

bool ring_layout_parse(struct ring_layout *l, const char *text, uint32_t len, uint32_t page_size)
{
	unsigned commit, commit_size, data, data_size;
	char buf[1024];

	snprintf(buf, sizeof(buf), "%.*s", (int)(len < sizeof(buf) ? len : sizeof(buf) - 1), text);
	if (!find_field(buf, "commit", &commit, &commit_size) ||
	    !find_field(buf, "data", &data, &data_size))
		return false;
	if ((commit_size != 4 && commit_size != 8) || commit < 8 || commit > 64 ||
	    data < commit + commit_size || data > 128 || page_size < 256 ||
	    page_size > (16u << 20) || page_size <= data)
		return false;
	l->page = page_size;
	l->commit_offset = commit;
	l->commit_size = (uint8_t)commit_size;
	l->data_offset = data;
	return true;
}

int ring_open(struct ring *r, struct datfile *f, const struct dat_buffer *b,
	      const struct dat_cpu *c, const struct ring_layout *l, struct err *e)
{
	memset(r, 0, sizeof(*r));
	r->file = f;
	r->layout = l;
	r->plain = !l->swap && !l->big_endian;
	r->cpu = c->cpu;
	r->packed = b->packed;
	r->data_start = r->page_offset = c->offset;
	r->data_end = c->offset + c->size;
	if (!c->size)
		return 0;
	if (!b->packed) {
		r->next = f->map.data + c->offset;
		r->end = r->next + c->size;
		r->resident = r->next;
		return 0;
	}
	if (c->size < 4)
		return damaged(r, "no room for the number of chunks", e);
	r->chunks_left = bytes_u32(f->map.data + c->offset, f->swap);
	r->chunk_at = c->offset + 4;
	/* trace-cmd leaves the word with the number of chunks out of the size. */
	r->data_end = f->map.size - r->data_end < 4 ? f->map.size : r->data_end + 4;
	return 0;
}

void ring_close(struct ring *r)
{
	free(r->chunk);
	memset(r, 0, sizeof(*r));
}

/* Unpack the next chunk of pages. 1, 0 at the end, or a negative errno. */
static int next_chunk(struct ring *r, struct err *e)
{
	const uint8_t *p;
	uint32_t packed, plain;

	if (!r->chunks_left)
		return 0;
	r->page_offset = r->chunk_at;
	if (r->data_end - r->chunk_at < 8)
		return damaged(r, "the sizes of a chunk were expected", e);
	p = r->file->map.data + r->chunk_at;
	packed = bytes_u32(p, r->file->swap);
	plain = bytes_u32(p + 4, r->file->swap);
	if (packed > r->data_end - r->chunk_at - 8)
		return damaged(r, "a chunk ends after the CPU's data", e);
	if (!plain || plain > CHUNK_LIMIT || (plain > CHUNK_FREE && plain / 256 > packed))
		return damaged(r, "the sizes of a chunk cannot be right", e);
	if (plain > r->chunk_room) {
		uint8_t *more = realloc(r->chunk, plain);

		if (!more)
			return err_set(e, ENOMEM, "out of memory for a chunk of %u bytes", plain);
		r->chunk = more;
		r->next = r->end = more;
		r->chunk_room = plain;
	}
	if (unpack(&r->file->unpacker, p + 8, packed, r->chunk, plain, e) < 0)
		return err_prefix(e, "CPU %u, chunk at offset %llu: ", r->cpu,
				  (unsigned long long)r->chunk_at);
	r->chunk_at += 8 + (uint64_t)packed;
	r->chunks_left--;
	r->next = r->chunk;
	r->end = r->chunk + plain;
	return 1;
}

static uint64_t load_long(const uint8_t *p, unsigned size, bool swap)
{
	return size == 8 ? bytes_u64(p, swap) : bytes_u32(p, swap);
}

/* What was read of a mapped file need not stay in memory, however long the file is. */
static void give_back(struct ring *r)
{
	uintptr_t mask = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
	const uint8_t *start = r->file->map.data + r->data_start;
	/* A fault maps neighbours too, also ones behind that were given back already. */
	size_t behind = (size_t)(r->resident - start) < AROUND ? (size_t)(r->resident - start) :
								 AROUND;
	uintptr_t from = ((uintptr_t)(r->resident - behind) + mask) & ~mask,
		  to = (uintptr_t)r->next & ~mask;

	if (to > from)
		madvise((void *)from, to - from, MADV_DONTNEED);
	r->resident = r->next;
}

/* Read the head of a page. 0 or -EBADMSG. */
static int begin_page(struct ring *r, const uint8_t *page, struct err *e)
{
	const struct ring_layout *l = r->layout;
	uint64_t commit = load_long(page + l->commit_offset, l->commit_size, l->swap);
	uint32_t bytes = (uint32_t)commit & COMMIT_MASK;

	r->time = bytes_u64(page, l->swap);
	if (bytes > l->page - l->data_offset)
		return damaged(r, "more data than a page holds", e);
	r->p = page + l->data_offset;
	r->page_end = r->p + bytes;
	if (commit & LOST) {
		r->lost = true;
		r->lost_count = 0;
		if (commit & LOST_STORED && bytes + l->commit_size <= l->page - l->data_offset)
			r->lost_count = load_long(r->page_end, l->commit_size, l->swap);
	}
	return 0;
}

/* Begin the next page. 1, 0 at the end, or a negative errno. */
static int next_page(struct ring *r, struct err *e)
{
	const struct ring_layout *l = r->layout;
	const uint8_t *page;

	while ((uint64_t)(r->end - r->next) < l->page) {
		int ret;

		if (!r->packed) {
			bool rest = r->next != r->end;

			r->page_offset = (uint64_t)(r->next - r->file->map.data);
			r->next = r->end;
			return rest ? damaged(r, "the data ends inside a page", e) : 0;
		}
		ret = next_chunk(r, e);
		if (ret <= 0)
			return ret;
		if ((uint64_t)(r->end - r->next) < l->page)
			return damaged(r, "a chunk is smaller than a page", e);
	}
	page = r->next;
	r->next += l->page;
	if (!r->packed) {
		r->page_offset = (uint64_t)(page - r->file->map.data);
		if (page - r->resident > (ptrdiff_t)RESIDENT)
			give_back(r);
	}
	if (begin_page(r, page, e) < 0)
		return err_code(e);
	/* The page after this one begins before the window does, so nothing here is in it. */
	if (l->from && (uint64_t)(r->end - r->next) >= l->page &&
	    bytes_u64(r->next, l->swap) < l->from) {
		r->p = r->page_end;
		r->lost = false;
	}
	return 1;
}

int ring_page(struct ring *r, const uint8_t **page, struct err *e)
{
	int ret = next_page(r, e);

	if (ret == 1)
		*page = r->next - r->layout->page;
	return ret;
}

int ring_open_page(struct ring *r, const struct ring_layout *l, uint32_t cpu, const uint8_t *page,
		   struct err *e)
{
	memset(r, 0, sizeof(*r));
	r->layout = l;
	r->plain = !l->swap && !l->big_endian;
	r->cpu = cpu;
	r->packed = true; /* with no chunk left behind this page */
	return begin_page(r, page, e);
}

int ring_next_slow(struct ring *r, struct err *e)
{
	const struct ring_layout *l = r->layout;

	for (;;) {
		uint32_t head, type, delta, len;

		while (r->page_end - r->p < 4) {
			int ret = next_page(r, e);

			if (ret <= 0)
				return ret;
		}
		head = bytes_u32(r->p, l->swap);
		/* The bit field's first member stands in the low bits of a little-endian word, else in the high ones. */
		type = l->big_endian ? head >> 27 : head & 31;
		delta = l->big_endian ? head & 0x7ffffff : head >> 5;
		r->p += 4;
		if (type && type < TYPE_PADDING) {
			len = type * 4;
			if ((uint32_t)(r->page_end - r->p) < len)
				return damaged(r, "a record ends after its page", e);
			r->time += delta;
			r->record = r->p;
			r->record_len = len;
			r->p += len;
			return 1;
		}
		if (r->page_end - r->p < 4) {
			if (type == TYPE_PADDING) {
				r->p = r->page_end;
				continue;
			}
			return damaged(r, "a record ends after its page", e);
		}
		switch (type) {
		case TYPE_LENGTH_WORD:
			len = bytes_u32(r->p, l->swap);
			if (len < 4 || (uint32_t)(r->page_end - r->p) < len)
				return damaged(r, "a record's length does not fit its page", e);
			r->time += delta;
			r->record = r->p + 4;
			r->record_len = len - 4;
			r->p += (len + 3) & ~3u;
			if (r->p > r->page_end)
				r->p = r->page_end;
			return 1;
		case TYPE_PADDING:
			/* Delta 0: the rest of the page is empty; else a discarded event. */
			len = bytes_u32(r->p, l->swap);
			if (!delta) {
				r->p = r->page_end;
				break;
			}
			if (len < 4 || (uint32_t)(r->page_end - r->p) < len)
				return damaged(r,
					       "a discarded record's length does not fit its page",
					       e);
			r->time += delta;
			r->p += len;
			break;
		case TYPE_EXTEND:
			r->time += delta + ((uint64_t)bytes_u32(r->p, l->swap) << 27);
			r->p += 4;
			break;
		case TYPE_STAMP:
			r->time = (r->time & STAMP_TOP) |
				  (delta + ((uint64_t)bytes_u32(r->p, l->swap) << 27));
			r->p += 4;
			break;
		}
	}
}

uint64_t ring_progress(const struct ring *r, uint64_t *total)
{
	uint64_t at = r->packed ? r->chunk_at :
		      r->next	? (uint64_t)(r->next - r->file->map.data) :
				  r->data_end;

	*total = r->data_end - r->data_start;
	return at > r->data_start ? at - r->data_start : 0;
}
