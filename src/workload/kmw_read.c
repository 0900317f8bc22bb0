// SPDX-License-Identifier: GPL-2.0-or-later
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "workload/kmw_block.h"
#include "workload/kmw_section.h"
#include "workload/varint.h"

struct block_entry {
	uint64_t offset, first, last, ordinal;
};

struct kmw_reader {
	const uint8_t *map;
	uint64_t size;
	bool cut_off;
	struct kmw_summary summary;
	struct intern strings;
	struct block_entry *blocks;
	uint32_t block_count;
	uint64_t *attachment_at; /* [attachments] */
	char **names;		 /* [attachments + 1], NULL at the end */
	uint32_t attachments;
};

struct kmw_scratch {
	uint8_t *buf;
	size_t room;
	struct request_sig sigs[KMW_BLOCK_RECORDS];
};

struct kmw_scratch *kmw_scratch_new(void)
{
	return calloc(1, sizeof(struct kmw_scratch));
}

void kmw_scratch_free(struct kmw_scratch *s)
{
	if (s)
		free(s->buf);
	free(s);
}

static int oom(struct err *e)
{
	return err_set(e, ENOMEM, "out of memory for the workload");
}

/* ---- parts ---- */

static int add_block(struct kmw_reader *r, struct block_entry b, struct err *e)
{
	if ((r->block_count & (r->block_count - 1)) == 0) {
		uint32_t room = r->block_count ? r->block_count * 2 : 1;
		struct block_entry *more = realloc(r->blocks, room * sizeof(*more));

		if (!more)
			return oom(e);
		r->blocks = more;
	}
	r->blocks[r->block_count++] = b;
	return 0;
}

static int add_attachment(struct kmw_reader *r, const char *name, uint64_t offset, struct err *e)
{
	uint64_t *at = realloc(r->attachment_at, (r->attachments + 1) * sizeof(*at));
	char **names;

	if (!at)
		return oom(e);
	r->attachment_at = at;
	names = realloc(r->names, (r->attachments + 2) * sizeof(*names));
	if (!names)
		return oom(e);
	r->names = names;
	names[r->attachments] = strdup(name);
	names[r->attachments + 1] = NULL;
	if (!names[r->attachments])
		return oom(e);
	at[r->attachments++] = offset;
	return 0;
}

/* The strings at the head of a block, which come before its records. */
static int read_strings(struct kmw_reader *r, struct varints *c, bool keep, struct err *e)
{
	uint64_t n = varint_get(c);

	for (uint64_t i = 0; i < n; i++) {
		uint64_t len = varint_get(c);

		if (c->bad || len > (uint64_t)(c->end - c->p))
			return err_set(e, EBADMSG, "damaged strings in a block");
		if (keep && intern_add(&r->strings, (const char *)c->p, len) == UINT32_MAX)
			return oom(e);
		c->p += len;
	}
	return c->bad ? err_set(e, EBADMSG, "damaged strings in a block") : 0;
}

static const char *get_text(struct varints *c)
{
	const uint8_t *p = c->p, *nul = memchr(p, 0, (size_t)(c->end - p));

	if (!nul) {
		c->bad = true;
		return "";
	}
	c->p = nul + 1;
	return (const char *)p;
}

static int read_summary(struct kmw_reader *r, const struct kmw_section *sec, struct err *e)
{
	struct kmw_summary *s = &r->summary;
	uint64_t n[15];
	struct varints c;
	struct blob b;

	if (kmw_section_read(sec, &b, e) < 0)
		return e->code;
	c = (struct varints){ b.data, b.data + b.len, false };
	snprintf(s->source, sizeof(s->source), "%s", get_text(&c));
	snprintf(s->format, sizeof(s->format), "%s", get_text(&c));
	snprintf(s->clock, sizeof(s->clock), "%s", get_text(&c));
	snprintf(s->kernel, sizeof(s->kernel), "%s", get_text(&c));
	for (unsigned i = 0; i < 15; i++)
		n[i] = varint_get(&c);
	s->clock_is_time = n[0];
	s->big_endian = n[1];
	s->long_size = (uint8_t)n[2];
	s->page_size = (uint32_t)n[3];
	s->cpus = n[4] <= KMM_CPUS ? (uint32_t)n[4] : KMM_CPUS;
	s->events = n[5];
	s->lost = n[6];
	s->lost_unknown = n[7];
	s->first = n[8];
	s->last = n[9];
	s->truncated = n[10];
	s->requests = n[11];
	s->observations = n[12];
	s->slots = (uint32_t)n[13];
	for (uint64_t i = 0; i < n[14] && !c.bad; i++) {
		struct kmw_event_count *more = realloc(s->counts, (s->count_n + 1) * sizeof(*more));

		if (!more) {
			blob_free(&b);
			return oom(e);
		}
		s->counts = more;
		snprintf(more[s->count_n].system, sizeof(more->system), "%s", get_text(&c));
		snprintf(more[s->count_n].name, sizeof(more->name), "%s", get_text(&c));
		more[s->count_n++].count = varint_get(&c);
	}
	blob_free(&b);
	return c.bad ? err_set(e, EBADMSG, "damaged summary") : 0;
}

/* ---- the whole file ---- */

static int read_index(struct kmw_reader *r, struct err *e)
{
	struct kmw_section sec;
	struct varints c;
	struct blob b;
	uint64_t offset, n, summary;
	int ret = 0;

	memcpy(&offset, r->map + r->size - KMW_TRAILER, 8);
	ret = kmw_section_find(r->map, r->size, le64toh(offset), &sec, e);
	if (ret < 0)
		return ret;
	if (sec.type != KMW_INDEX)
		return err_set(e, EBADMSG, "the index is not where the trailer says");
	if (kmw_section_read(&sec, &b, e) < 0)
		return e->code;
	c = (struct varints){ b.data, b.data + b.len, false };
	summary = varint_get(&c);
	n = varint_get(&c);
	for (uint64_t i = 0; i < n && !c.bad && ret >= 0; i++) {
		struct block_entry x;

		x.offset = varint_get(&c);
		x.first = varint_get(&c);
		x.last = varint_get(&c);
		x.ordinal = varint_get(&c);
		ret = c.bad ? 0 : add_block(r, x, e);
	}
	n = ret < 0 ? 0 : varint_get(&c);
	for (uint64_t i = 0; i < n && !c.bad && ret >= 0; i++) {
		uint64_t at = varint_get(&c);

		ret = add_attachment(r, get_text(&c), at, e);
	}
	blob_free(&b);
	if (ret >= 0 && c.bad)
		ret = err_set(e, EBADMSG, "damaged index");
	if (ret >= 0)
		ret = kmw_section_find(r->map, r->size, summary, &sec, e);
	if (ret >= 0)
		ret = sec.type == KMW_SUMMARY ? read_summary(r, &sec, e) : err_set(e, EBADMSG, "no summary");
	return ret;
}

/* All strings, from the heads of the blocks. */
static int collect_strings(struct kmw_reader *r, struct err *e)
{
	uint8_t *buf = NULL;
	size_t room = 0;
	int ret = 0;

	for (uint32_t i = 0; i < r->block_count && ret >= 0; i++) {
		struct kmw_section sec;
		struct varints c;

		ret = kmw_section_find(r->map, r->size, r->blocks[i].offset, &sec, e);
		if (ret >= 0 && sec.type != KMW_BLOCK)
			ret = err_set(e, EBADMSG, "offset %llu: a block was expected",
				      (unsigned long long)r->blocks[i].offset);
		if (ret >= 0)
			ret = kmw_section_read_into(&sec, &buf, &room, e);
		if (ret < 0)
			break;
		c = (struct varints){ buf, buf + sec.raw, false };
		ret = read_strings(r, &c, true, e);
	}
	free(buf);
	return ret;
}

/* The file was cut off: what is whole from the start on is served. */
static int scan(struct kmw_reader *r, struct err *e)
{
	struct request *records = malloc(KMW_BLOCK_RECORDS * sizeof(*records));
	struct kmw_scratch *s = kmw_scratch_new();
	uint64_t at = 8, ordinal = 0;
	struct kmw_section sec;
	int ret = records && s ? 0 : oom(e);

	r->cut_off = true;
	while (ret >= 0 && kmw_section_find(r->map, r->size, at, &sec, NULL) >= 0) {
		struct blob b;

		at += KMW_SECTION_HEAD + sec.stored;
		if (sec.type == KMW_ATTACHMENT) {
			if (kmw_section_read(&sec, &b, NULL) < 0)
				break;
			if (memchr(b.data, 0, b.len))
				ret = add_attachment(r, (char *)b.data, sec.offset, e);
			blob_free(&b);
		} else if (sec.type == KMW_BLOCK) {
			struct block_entry x = { sec.offset, UINT64_MAX, 0, ordinal };
			int n;

			ret = add_block(r, x, e);
			n = ret < 0 ? ret : kmw_block_read(r, r->block_count - 1, records, s, NULL);
			if (n < 0) {
				r->block_count--;
				break;
			}
			for (int i = 0; i < n; i++) {
				struct block_entry *b2 = &r->blocks[r->block_count - 1];

				b2->first = records[i].time < b2->first ? records[i].time : b2->first;
				b2->last = records[i].time > b2->last ? records[i].time : b2->last;
				if (r->summary.cpus <= records[i].cpu)
					r->summary.cpus = records[i].cpu + 1u;
				if (records[i].slot != NO_SLOT && r->summary.slots <= records[i].slot)
					r->summary.slots = records[i].slot + 1;
				if (request_is_observation(&records[i]))
					r->summary.observations++;
				else
					r->summary.requests++;
			}
			ordinal += (uint64_t)n;
		} else if (sec.type == KMW_SUMMARY) {
			break;
		}
	}
	if (ret >= 0 && !r->block_count)
		ret = err_set(e, EBADMSG, "cut off before its first whole block");
	if (ret >= 0) {
		struct kmw_summary *m = &r->summary;

		m->first = r->blocks[0].first;
		m->last = r->blocks[r->block_count - 1].last;
		m->clock_is_time = true; /* the commonest; the summary that would tell is gone */
		m->truncated = true;
		m->long_size = 8;
		m->page_size = 4096;
		snprintf(m->format, sizeof(m->format), "unknown (workload cut off)");
		snprintf(m->clock, sizeof(m->clock), "unknown");
	}
	free(records);
	kmw_scratch_free(s);
	return ret;
}

struct kmw_reader *kmw_open(const char *path, struct err *e)
{
	struct kmw_reader *r = calloc(1, sizeof(*r));
	int fd = -1, ret = -ENOMEM;
	struct stat st;

	if (!r || intern_init(&r->strings)) {
		oom(e);
		goto out;
	}
	ret = -EIO;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		err_set(e, errno, "%s", strerror(errno));
		goto out;
	}
	r->size = (uint64_t)st.st_size;
	if (r->size < 8 + KMW_TRAILER) {
		err_set(e, EBADMSG, "too short for a workload");
		goto out;
	}
	r->map = mmap(NULL, r->size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (r->map == MAP_FAILED) {
		r->map = NULL;
		err_set(e, errno, "cannot be mapped: %s", strerror(errno));
		goto out;
	}
	if (memcmp(r->map, KMW_MAGIC, 8)) {
		err_set(e, EBADMSG, "not a workload (no KMWORK1 at its start)");
		goto out;
	}
	if (memcmp(r->map + r->size - 8, KMW_TRAILER_MAGIC, 8))
		ret = scan(r, e);
	else
		ret = read_index(r, e);
	if (ret >= 0)
		ret = collect_strings(r, e);
out:
	if (fd >= 0)
		close(fd);
	if (ret < 0) {
		err_prefix(e, "%s: ", path);
		kmw_close(r);
		return NULL;
	}
	return r;
}

void kmw_close(struct kmw_reader *r)
{
	if (!r)
		return;
	for (uint32_t i = 0; i < r->attachments; i++)
		free(r->names[i]);
	free(r->names);
	free(r->attachment_at);
	free(r->blocks);
	free(r->summary.counts);
	intern_free(&r->strings);
	if (r->map)
		munmap((void *)r->map, r->size);
	free(r);
}

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

const char *const *kmw_attachment_names(const struct kmw_reader *r)
{
	static const char *const none[] = { NULL };

	return r->names ? (const char *const *)r->names : none;
}

int kmw_attachment(struct kmw_reader *r, const char *name, struct blob *out, struct err *e)
{
	for (uint32_t i = 0; i < r->attachments; i++) {
		struct kmw_section sec;
		size_t head = strlen(name) + 1;
		int ret;

		if (strcmp(r->names[i], name))
			continue;
		ret = kmw_section_find(r->map, r->size, r->attachment_at[i], &sec, e);
		if (ret >= 0 && sec.type != KMW_ATTACHMENT)
			ret = err_set(e, EBADMSG, "%s: no attachment where the index says", name);
		if (ret >= 0)
			ret = kmw_section_read(&sec, out, e);
		if (ret < 0)
			return ret;
		if (out->len < head || memcmp(out->data, name, head)) {
			blob_free(out);
			return err_set(e, EBADMSG, "%s: another attachment stands in its place", name);
		}
		memmove(out->data, out->data + head, out->len - head + 1);
		out->len -= head;
		return 0;
	}
	return err_set(e, ENOENT, "%s: not in the workload", name);
}

uint32_t kmw_block_count(const struct kmw_reader *r)
{
	return r->block_count;
}

void kmw_block_span(const struct kmw_reader *r, uint32_t block, uint64_t *first, uint64_t *last,
		    uint64_t *ordinal)
{
	*first = r->blocks[block].first;
	*last = r->blocks[block].last;
	*ordinal = r->blocks[block].ordinal;
}

int kmw_block_read(const struct kmw_reader *r, uint32_t block, struct request *out, struct kmw_scratch *s,
		   struct err *e)
{
	struct kmw_section sec;
	struct varints c;
	int ret = kmw_section_find(r->map, r->size, r->blocks[block].offset, &sec, e);

	if (ret >= 0 && sec.type != KMW_BLOCK)
		ret = err_set(e, EBADMSG, "offset %llu: a block was expected",
			      (unsigned long long)r->blocks[block].offset);
	if (ret >= 0)
		ret = kmw_section_read_into(&sec, &s->buf, &s->room, e);
	if (ret < 0)
		return ret;
	c = (struct varints){ s->buf, s->buf + sec.raw, false };
	ret = read_strings((struct kmw_reader *)r, &c, false, e);
	if (ret >= 0)
		ret = kmw_unpack(c.p, (size_t)(c.end - c.p), out, s->sigs, e);
	return ret < 0 ? err_prefix(e, "block %u: ", block) : ret;
}
