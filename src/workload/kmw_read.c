// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "workload/kmw_block.h"
#include "workload/kmw_section.h"
#include "workload/kmw_summary.h"

/*
 * Unpacked bytes of embedded files that a workload file may ask for: this much and
 * so many times its own length.  Page flags of an idle machine shrink 50-fold.
 */
#define FILE_FLOOR (64u << 20)
#define FILE_RATIO 1024
#define SLOTS_AHEAD \
	65536 /* slots that a resolver may have given out before it wrote their records */

struct block {
	uint64_t offset;
	struct kmw_head head;
};

struct embedded {
	uint64_t offset; /* of its first part */
	char *name;
};

struct kmw_reader {
	const uint8_t *map;
	uint64_t size;
	bool cut_off;
	struct kmw_summary summary;
	struct intern strings;
	struct kmw_packer *packer;
	struct block *blocks;
	uint32_t block_count, block_room;
	struct embedded *files;
	uint32_t file_count, file_room;
	const char **names; /* of the files that a caller put there, NULL at the end */
	uint64_t records, observations, events, first, last;
	uint32_t slots, cpus;
};

struct kmw_scratch {
	struct kmw_packer *packer;
	struct kmw_decoder *decoder;
	uint8_t *raw;
	size_t room;
};

static int damaged(struct err *e, uint64_t offset, const char *what)
{
	return err_set(e, EBADMSG, "offset %llu: %s", (unsigned long long)offset, what);
}

static int no_memory(struct err *e)
{
	return err_set(e, ENOMEM, "out of memory");
}

/* Room for one more of `size` bytes. */
static int grow(void **array, uint32_t count, uint32_t *room, size_t size)
{
	uint32_t more = *room ? *room * 2 : 16;
	void *p;

	if (count < *room)
		return 0;
	p = more > *room ? realloc(*array, more * size) : NULL;
	if (!p)
		return -ENOMEM;
	*array = p;
	*room = more;
	return 0;
}

/* ---- what the sections hold ---- */

/* The k-th part of a file of this name, k given in *part; *last: there is no further one. */
static int check_part(const struct kmw_section *s, const char *name, uint32_t part, bool *last,
		      struct err *e)
{
	size_t len = strlen(name);

	if (s->type != KMW_SECTION_FILE || s->plain_len != 5 + len ||
	    memcmp(s->plain + 5, name, len) || kmw_load32(s->plain) != part)
		return damaged(e, s->offset, "not the embedded file that should be here");
	*last = s->plain[4];
	return 0;
}

/* Put an embedded file together; `end` (may be NULL) is where its last part ends. */
static int read_file(struct kmw_reader *r, uint64_t offset, const char *name, struct blob *out,
		     uint64_t *end, struct err *e)
{
	uint64_t limit = FILE_FLOOR + r->size * FILE_RATIO;
	struct kmw_section s;
	uint8_t *more;
	bool last = false;
	int ret;

	out->data = NULL;
	out->len = 0;
	for (uint32_t part = 0; !last; part++) {
		ret = kmw_section_parse(r->map, r->size, offset, &s, e);
		if (ret >= 0)
			ret = check_part(&s, name, part, &last, e);
		if (ret < 0)
			goto fail;
		ret = -EFBIG;
		if (out->len + s.raw_len > limit) {
			err_set(e, EFBIG, "offset %llu: the embedded file '%s' is too large",
				(unsigned long long)offset, name);
			goto fail;
		}
		ret = -ENOMEM;
		more = realloc(out->data, out->len + s.raw_len + 1);
		if (!more) {
			no_memory(e);
			goto fail;
		}
		out->data = more;
		ret = kmw_section_unpack(&s, r->packer, out->data + out->len, e);
		if (ret < 0)
			goto fail;
		out->len += s.raw_len;
		offset = s.end;
	}
	out->data[out->len] = 0;
	if (end)
		*end = offset;
	return 0;
fail:
	blob_free(out);
	return ret;
}

static int add_block(struct kmw_reader *r, uint64_t offset, const uint8_t *plain, struct err *e)
{
	struct kmw_head h;

	kmw_head_load(&h, plain);
	if (!h.records || h.records > KMW_BLOCK_RECORDS || h.ordinal != r->records ||
	    h.observations > h.records || h.cpus > KMM_CPUS || !h.cpus)
		return damaged(e, offset, "a block whose description cannot be right");
	if (grow((void **)&r->blocks, r->block_count, &r->block_room, sizeof(*r->blocks)))
		return no_memory(e);
	if (!r->block_count || h.first < r->first)
		r->first = h.first;
	r->last = h.last > r->last ? h.last : r->last;
	r->events = h.events > r->events ? h.events : r->events;
	r->slots = h.slots > r->slots ? h.slots : r->slots;
	r->cpus = h.cpus > r->cpus ? h.cpus : r->cpus;
	r->records += h.records;
	r->observations += h.observations;
	r->blocks[r->block_count++] = (struct block){ offset, h };
	return 0;
}

static int add_file(struct kmw_reader *r, uint64_t offset, const uint8_t *name, size_t len,
		    struct err *e)
{
	struct embedded *f;

	if (grow((void **)&r->files, r->file_count, &r->file_room, sizeof(*r->files)))
		return no_memory(e);
	f = &r->files[r->file_count];
	f->offset = offset;
	f->name = strndup((const char *)name, len);
	if (!f->name)
		return no_memory(e);
	r->file_count++;
	return 0;
}

static int add_strings(struct kmw_reader *r, const struct kmw_section *s, struct err *e)
{
	uint8_t *body = malloc(s->raw_len + 1);
	int ret = -EBADMSG;
	uint32_t at = 0;

	if (!body)
		return no_memory(e);
	if (s->plain_len != 4 || kmw_load32(s->plain) != r->strings.count) {
		damaged(e, s->offset, "strings whose numbers are not the next ones");
		goto out;
	}
	ret = kmw_section_unpack(s, r->packer, body, e);
	while (at < s->raw_len && ret >= 0) {
		uint32_t len = s->raw_len - at < 2 ? 65536 : kmw_load16(body + at);
		uint32_t id = r->strings.count;

		at += 2;
		if (len > s->raw_len - at)
			ret = damaged(e, s->offset, "a string that is cut off");
		else if (intern_add(&r->strings, (char *)body + at, len) != id)
			ret = damaged(e, s->offset, "a string that was there before");
		at += len;
	}
out:
	free(body);
	return ret;
}

/* ---- the index, or a walk through the sections where it is lost ---- */

static int load_index(struct kmw_reader *r, uint64_t offset, struct err *e)
{
	struct kmw_section s;
	struct blob index;
	const uint8_t *p, *end;
	uint64_t stop;
	int ret = read_file(r, offset, KMW_INDEX_NAME, &index, &stop, e);

	if (ret < 0)
		return ret;
	if (stop + KMW_TRAILER_LEN != r->size)
		ret = damaged(e, stop, "the index does not end at the trailer");
	p = index.data;
	end = p + index.len;
	while (p < end && ret >= 0) {
		size_t left = (size_t)(end - p), use = 9;
		uint64_t at = left >= 9 ? kmw_load64(p + 1) : 0;

		if (*p == KMW_SECTION_BLOCK && left >= 9 + KMW_HEAD_LEN) {
			use += KMW_HEAD_LEN;
			ret = add_block(r, at, p + 9, e);
		} else if (*p == KMW_SECTION_STRINGS && left >= 9) {
			ret = kmw_section_parse(r->map, r->size, at, &s, e);
			if (ret >= 0 && s.type != KMW_SECTION_STRINGS)
				ret = damaged(e, at, "no strings where the index says so");
			if (ret >= 0)
				ret = add_strings(r, &s, e);
		} else if (*p == KMW_SECTION_FILE && left >= 11 && left - 11 >= kmw_load16(p + 9)) {
			use += 2u + kmw_load16(p + 9);
			ret = add_file(r, at, p + 11, kmw_load16(p + 9), e);
		} else {
			ret = damaged(e, offset, "an index that cannot be right");
		}
		p += use;
	}
	blob_free(&index);
	return ret;
}

static void forget(struct kmw_reader *r)
{
	for (uint32_t i = 0; i < r->file_count; i++)
		free(r->files[i].name);
	r->file_count = r->block_count = 0;
	r->records = r->observations = r->events = r->first = r->last = 0;
	r->slots = r->cpus = 0;
	intern_free(&r->strings);
}

/* Take whole sections from the front up to the first that is not. */
static int walk(struct kmw_reader *r, struct err *e)
{
	uint64_t at = KMW_HEADER_LEN, begin = 0;
	struct err why = { 0 };
	struct kmw_section s;
	uint32_t part = 0;
	int ret = 0;

	forget(r);
	if (intern_init(&r->strings))
		return no_memory(e);
	while (kmw_section_parse(r->map, r->size, at, &s, &why) >= 0) {
		if (s.type == KMW_SECTION_BLOCK && s.plain_len == KMW_HEAD_LEN) {
			ret = add_block(r, at, s.plain, &why);
		} else if (s.type == KMW_SECTION_STRINGS) {
			ret = add_strings(r, &s, &why);
		} else if (s.type == KMW_SECTION_FILE && s.plain_len >= 5) {
			if (kmw_load32(s.plain) == 0) {
				begin = at;
				part = 0;
			}
			/* Only a file whose last part is there counts. */
			if (kmw_load32(s.plain) == part++ && s.plain[4])
				ret = add_file(r, begin, s.plain + 5, s.plain_len - 5u, &why);
		} else {
			break;
		}
		if (ret == -ENOMEM)
			return no_memory(e);
		if (ret < 0)
			break;
		at = s.end;
	}
	if (!r->block_count)
		return err_set(e, EBADMSG,
			       "cut off or damaged before the end of its first block (%s)",
			       why.text);
	return 0;
}

static const struct embedded *find_file(const struct kmw_reader *r, const char *name)
{
	for (uint32_t i = 0; i < r->file_count; i++)
		if (!strcmp(r->files[i].name, name))
			return &r->files[i];
	return NULL;
}

static int load_summary(struct kmw_reader *r, struct err *e)
{
	const struct embedded *f = find_file(r, KMW_SUMMARY_NAME);
	struct kmw_summary *s = &r->summary;
	struct blob text;
	int ret;

	if (f) {
		ret = read_file(r, f->offset, f->name, &text, NULL, e);
		if (ret < 0)
			return ret;
		ret = kmw_summary_parse(&text, s, e);
		blob_free(&text);
		if (ret < 0)
			return ret;
	} else if (!r->cut_off) {
		return err_set(e, EBADMSG, "the summary is missing");
	} else {
		s->events = r->events;
		s->first = r->first;
		s->last = r->last;
		s->cpus = r->cpus;
		s->lost_unknown = true;
		s->truncated = true;
	}
	/* A replay's tables are sized by these: taken from the blocks, whatever the text says. */
	if (r->slots > r->records + SLOTS_AHEAD)
		return err_set(e, EBADMSG, "%u slots for %llu records", r->slots,
			       (unsigned long long)r->records);
	s->slots = r->slots;
	s->requests = r->records - r->observations;
	s->observations = r->observations;
	return 0;
}

static int list_names(struct kmw_reader *r, struct err *e)
{
	uint32_t n = 0;

	r->names = calloc(r->file_count + 1, sizeof(*r->names));
	if (!r->names)
		return no_memory(e);
	for (uint32_t i = 0; i < r->file_count; i++)
		if (strncmp(r->files[i].name, "kmw/", 4))
			r->names[n++] = r->files[i].name;
	return 0;
}

/* ---- opening ---- */

static int map_file(struct kmw_reader *r, const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret = 0;
	struct stat st;
	void *map;

	if (fd < 0)
		return err_set(e, errno, "%s", strerror(errno));
	if (fstat(fd, &st))
		ret = err_set(e, errno, "%s", strerror(errno));
	else if (!S_ISREG(st.st_mode))
		ret = err_set(e, EINVAL, "not a regular file");
	else if (st.st_size < KMW_HEADER_LEN)
		ret = err_set(e, EBADMSG, "too short for a workload");
	if (!ret) {
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map == MAP_FAILED) {
			ret = err_set(e, errno, "cannot be mapped: %s", strerror(errno));
		} else {
			r->map = map;
			r->size = (uint64_t)st.st_size;
		}
	}
	close(fd);
	return ret;
}

static int check_header(const struct kmw_reader *r, struct err *e)
{
	if (memcmp(r->map, KMW_MAGIC, 8))
		return err_set(e, EBADMSG, "not a workload");
	if (kmw_load32(r->map + 20) != libdeflate_crc32(0, r->map, 20))
		return err_set(e, EBADMSG, "offset 0: the header's checksum is wrong");
	if (kmw_load32(r->map + 8) != KMW_VERSION)
		return err_set(e, EBADMSG, "version %u of the workload format, only %d is known",
			       kmw_load32(r->map + 8), KMW_VERSION);
	if (kmw_load32(r->map + 12) > KMW_BLOCK_RECORDS)
		return err_set(e, EBADMSG, "blocks of %u records, at most %d are possible",
			       kmw_load32(r->map + 12), KMW_BLOCK_RECORDS);
	return 0;
}

static bool find_index(const struct kmw_reader *r, uint64_t *offset)
{
	const uint8_t *t = r->map + r->size - KMW_TRAILER_LEN;

	if (r->size < KMW_HEADER_LEN + KMW_TRAILER_LEN || memcmp(t + 8, KMW_TRAILER_MAGIC, 8) ||
	    kmw_load32(t + 20) != libdeflate_crc32(0, t, 20))
		return false;
	*offset = kmw_load64(t);
	return true;
}

static int load(struct kmw_reader *r, struct err *e)
{
	struct err ignored = { 0 };
	uint64_t offset;
	int ret = check_header(r, e);

	if (ret < 0)
		return ret;
	if (!find_index(r, &offset) || (ret = load_index(r, offset, &ignored)) < 0) {
		if (ret == -ENOMEM)
			return no_memory(e);
		r->cut_off = true;
		ret = walk(r, e);
		if (ret < 0)
			return ret;
	}
	ret = load_summary(r, e);
	return ret < 0 ? ret : list_names(r, e);
}

struct kmw_reader *kmw_open(const char *path, struct err *e)
{
	struct kmw_reader *r = calloc(1, sizeof(*r));
	int ret;

	if (!r || intern_init(&r->strings) || !(r->packer = kmw_packer_new()))
		ret = no_memory(e);
	else
		ret = map_file(r, path, e);
	if (ret >= 0)
		ret = load(r, e);
	if (ret >= 0)
		return r;
	err_prefix(e, "%s: ", path);
	kmw_close(r);
	return NULL;
}

void kmw_close(struct kmw_reader *r)
{
	if (!r)
		return;
	forget(r);
	free(r->files);
	free(r->blocks);
	free(r->names);
	free(r->summary.counts);
	free(r->summary.per_cpu);
	kmw_packer_free(r->packer);
	if (r->map)
		munmap((void *)(uintptr_t)r->map, r->size);
	free(r);
}

/* ---- asking ---- */

const struct kmw_summary *kmw_summary(const struct kmw_reader *r)
{
	return &r->summary;
}

const struct intern *kmw_strings(const struct kmw_reader *r)
{
	return &r->strings;
}

bool kmw_cut_off(const struct kmw_reader *r)
{
	return r->cut_off;
}

int kmw_attachment(struct kmw_reader *r, const char *name, struct blob *out, struct err *e)
{
	const struct embedded *f = find_file(r, name);

	out->data = NULL;
	out->len = 0;
	if (!f)
		return err_set(e, ENOENT, "the workload has no file '%s'", name);
	return read_file(r, f->offset, name, out, NULL, e);
}

const char *const *kmw_attachment_names(const struct kmw_reader *r)
{
	return r->names;
}

uint32_t kmw_block_count(const struct kmw_reader *r)
{
	return r->block_count;
}

void kmw_block_span(const struct kmw_reader *r, uint32_t block, uint64_t *first, uint64_t *last,
		    uint64_t *ordinal)
{
	const struct kmw_head *h = &r->blocks[block].head;

	*first = h->first;
	*last = h->last;
	*ordinal = h->ordinal;
}

struct kmw_scratch *kmw_scratch_new(void)
{
	struct kmw_scratch *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->packer = kmw_packer_new();
	s->decoder = kmw_decoder_new();
	if (s->packer && s->decoder)
		return s;
	kmw_scratch_free(s);
	return NULL;
}

void kmw_scratch_free(struct kmw_scratch *s)
{
	if (!s)
		return;
	kmw_packer_free(s->packer);
	kmw_decoder_free(s->decoder);
	free(s->raw);
	free(s);
}

static int scratch_room(struct kmw_scratch *s, size_t len, struct err *e)
{
	if (len > s->room) {
		free(s->raw);
		s->raw = calloc(1, len);
		s->room = s->raw ? len : 0;
		if (!s->raw)
			return no_memory(e);
	}
	return 0;
}

/* What was decoded need not stay in memory, however long the file is. */
static void give_back(const struct kmw_reader *r, const struct kmw_section *s)
{
	uintptr_t mask = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
	uintptr_t from = ((uintptr_t)r->map + s->offset) & ~mask;
	uintptr_t to = ((uintptr_t)r->map + s->end) & ~mask;

	if (to > from)
		madvise((void *)from, to - from, MADV_DONTNEED);
}

int kmw_block_read(const struct kmw_reader *r, uint32_t block, struct request *out,
		   struct kmw_scratch *s, struct err *e)
{
	const struct block *b = &r->blocks[block];
	struct kmw_section sec;
	uint8_t head[KMW_HEAD_LEN];
	int ret = kmw_section_parse(r->map, r->size, b->offset, &sec, e);

	if (ret < 0)
		goto fail;
	kmw_head_store(head, &b->head);
	if (sec.type != KMW_SECTION_BLOCK || sec.plain_len != sizeof(head) ||
	    memcmp(sec.plain, head, sizeof(head))) {
		ret = damaged(e, b->offset, "not the block that the index describes");
		goto fail;
	}
	ret = scratch_room(s, sec.raw_len + KMW_DECODE_SLACK, e);
	if (ret >= 0)
		ret = kmw_section_unpack(&sec, s->packer, s->raw, e);
	if (ret >= 0)
		ret = kmw_decode(s->decoder, &b->head, s->raw, sec.raw_len, out, e);
	give_back(r, &sec);
	if (ret >= 0)
		return (int)b->head.records;
fail:
	err_prefix(e, "workload block %u (offset %llu): ", block, (unsigned long long)b->offset);
	return ret;
}
