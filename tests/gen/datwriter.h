/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * datwriter: writes trace.dat files byte by byte as the kernel's ring buffer and
 * trace-cmd make them (trace-cmd.dat.v6(5), trace-cmd.dat.v7(5)), for tests: any
 * byte order, long size, version and compression.  Independent of the reader.
 * Events may be added in any number; pages go to one temporary file a CPU.
 */
#ifndef TESTS_DATWRITER_H
#define TESTS_DATWRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define DW_PAGE 4096
#define DW_CHUNK_PAGES 10
#define DW_CPUS 64

enum dw_packing { DW_PLAIN, DW_ZLIB, DW_ZSTD };

struct dw_options {
	unsigned cpus;
	bool big_endian;
	unsigned long_size; /* 4 or 8 */
	unsigned version;   /* 6 or 7 */
	enum dw_packing packing;
	const char *clock;	      /* "global" */
	const char *instance;	      /* a second buffer of this name; NULL: none */
	uint64_t offset;	      /* an OFFSET option, if not 0 */
	uint64_t date;		      /* a DATE option, us, if not 0 */
	uint32_t tsc_mult, tsc_shift; /* a TSC2NSEC option, if not 0 */
	bool odd; /* discarded records, absolute stamps, padding at the end of pages */
};

/* A CPU's ring buffer: the page under way, and the pages written so far. */
struct dw_ring {
	uint8_t page[DW_PAGE];
	unsigned used; /* bytes behind the page's header; 0: no page begun */
	uint64_t time, page_time;
	uint64_t missed; /* events lost before this page */
	bool missed_unknown;
	FILE *out;
	uint8_t chunk[DW_CHUNK_PAGES * DW_PAGE];
	unsigned chunk_pages;
	uint32_t chunks;
	uint64_t pages, records;
};

struct dw_text {
	const char *system; /* NULL: of ftrace itself */
	char *text;
};

struct dw {
	struct dw_options o;
	FILE *f;
	struct dw_ring *ring[2][DW_CPUS]; /* main buffer, instance */
	struct dw_text *formats;
	unsigned format_count;
	char *kallsyms, *cmdlines;
	bool failed;
};

/* ---- numbers in the file's byte order ---- */

static inline bool dw_swap(const struct dw *w)
{
	const uint16_t one = 1;

	return w->o.big_endian == (*(const uint8_t *)&one == 1);
}

static inline void dw_store(const struct dw *w, uint8_t *p, uint64_t v, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		p[w->o.big_endian ? size - 1 - i : i] = (uint8_t)(v >> 8 * i);
}

static inline void dw_put(struct dw *w, FILE *f, uint64_t v, unsigned size)
{
	uint8_t b[8];

	dw_store(w, b, v, size);
	if (fwrite(b, 1, size, f) != size)
		w->failed = true;
}

static inline void dw_bytes(struct dw *w, FILE *f, const void *p, size_t n)
{
	if (n && fwrite(p, 1, n, f) != n)
		w->failed = true;
}

static inline uint64_t dw_tell(struct dw *w)
{
	off_t at = ftello(w->f);

	return at < 0 ? (w->failed = true, 0) : (uint64_t)at;
}

/* ---- ring buffer pages ---- */

static inline unsigned dw_head(const struct dw *w)
{
	return 8 + w->o.long_size;
}

static inline void dw_chunk(struct dw *w, struct dw_ring *r)
{
	uint8_t out[DW_CHUNK_PAGES * DW_PAGE + 4096];
	size_t plain = (size_t)r->chunk_pages * DW_PAGE, packed;

	if (!plain)
		return;
	if (w->o.packing == DW_ZLIB) {
		uLongf n = sizeof(out);

		packed = compress2(out, &n, r->chunk, plain, 1) == Z_OK ? n : 0;
	} else {
		packed = ZSTD_compress(out, sizeof(out), r->chunk, plain, 1);
		if (ZSTD_isError(packed))
			packed = 0;
	}
	if (!packed)
		w->failed = true;
	dw_put(w, r->out, packed, 4);
	dw_put(w, r->out, plain, 4);
	dw_bytes(w, r->out, out, packed);
	r->chunks++;
	r->chunk_pages = 0;
}

static inline void dw_end_page(struct dw *w, struct dw_ring *r)
{
	unsigned head = dw_head(w);
	uint64_t commit = r->used;

	if (!r->used)
		return;
	dw_store(w, r->page, r->page_time, 8);
	if (r->missed || r->missed_unknown) {
		commit |= 1u << 31;
		if (r->missed && r->used + w->o.long_size <= DW_PAGE - head) {
			commit |= 1u << 30;
			dw_store(w, r->page + head + r->used, r->missed, w->o.long_size);
		}
	} else if (w->o.odd && r->used + 4 <= DW_PAGE - head) {
		/* The rest of the page as one empty record. */
		dw_store(w, r->page + head + r->used, w->o.big_endian ? 29u << 27 : 29, 4);
		commit = DW_PAGE - head;
	}
	dw_store(w, r->page + 8, commit, w->o.long_size);
	if (w->o.packing == DW_PLAIN) {
		dw_bytes(w, r->out, r->page, DW_PAGE);
	} else {
		memcpy(r->chunk + (size_t)r->chunk_pages++ * DW_PAGE, r->page, DW_PAGE);
		if (r->chunk_pages == DW_CHUNK_PAGES)
			dw_chunk(w, r);
	}
	r->pages++;
	r->used = 0;
	r->missed = 0;
	r->missed_unknown = false;
	memset(r->page, 0, sizeof(r->page));
}

static inline void dw_word(struct dw *w, struct dw_ring *r, unsigned type, uint32_t delta)
{
	dw_store(w, r->page + dw_head(w) + r->used,
		 w->o.big_endian ? type << 27 | delta : delta << 5 | type, 4);
	r->used += 4;
}

static inline void dw_data(struct dw *w, struct dw_ring *r, const uint8_t *rec, unsigned len)
{
	memcpy(r->page + dw_head(w) + r->used, rec, len);
	r->used += len;
}

/* Add a record at a time, which must not be before the ring's last one.  False if it cannot fit a page. */
static inline bool dw_add(struct dw *w, unsigned buffer, unsigned cpu, uint64_t time,
			  const uint8_t *rec, unsigned len)
{
	struct dw_ring *r = w->ring[buffer][cpu];
	unsigned room = DW_PAGE - dw_head(w) - 8; /* a lost count fits behind */
	uint64_t delta;

	len = (len + 3) & ~3u;
	if (len + 32 > room)
		return false;
	if (r->used && r->used + len + 32 > room)
		dw_end_page(w, r);
	if (!r->used)
		r->page_time = r->time = time;
	delta = time - r->time;
	if (delta >= 1u << 27) {
		if (w->o.odd &&
		    r->records % 2) { /* absolute: all but the top five bits of the time */
			dw_word(w, r, 31, (uint32_t)(time & 0x7ffffff));
			dw_store(w, r->page + dw_head(w) + r->used, (time & ~(0x1full << 59)) >> 27,
				 4);
		} else {
			dw_word(w, r, 30, (uint32_t)(delta & 0x7ffffff));
			dw_store(w, r->page + dw_head(w) + r->used, delta >> 27, 4);
		}
		r->used += 4;
		delta = 0;
	} else if (w->o.odd && r->records % 7 == 3 && delta > 1) {
		/* A discarded record of 12 bytes that takes one unit of the time. */
		dw_word(w, r, 29, 1);
		dw_store(w, r->page + dw_head(w) + r->used, 12, 4);
		r->used += 12;
		delta--;
	}
	if (len <= 112 && len) {
		dw_word(w, r, len / 4, (uint32_t)delta);
	} else {
		dw_word(w, r, 0, (uint32_t)delta);
		dw_store(w, r->page + dw_head(w) + r->used, len + 4, 4);
		r->used += 4;
	}
	dw_data(w, r, rec, len);
	r->time = time;
	r->records++;
	return true;
}

/* Events were lost on this CPU here.  0: nobody knows how many. */
static inline void dw_lose(struct dw *w, unsigned cpu, uint64_t count)
{
	struct dw_ring *r = w->ring[0][cpu];

	dw_end_page(w, r);
	r->missed = count;
	r->missed_unknown = !count;
}

/* ---- begin and end ---- */

static inline int dw_open(struct dw *w, const char *path, const struct dw_options *o)
{
	memset(w, 0, sizeof(*w));
	w->o = *o;
	if (!o->cpus || o->cpus > DW_CPUS || (o->version == 6 && o->packing != DW_PLAIN))
		return -1;
	w->f = fopen(path, "wb");
	for (unsigned b = 0; b < (o->instance ? 2u : 1u); b++)
		for (unsigned i = 0; i < o->cpus; i++) {
			w->ring[b][i] = calloc(1, sizeof(struct dw_ring));
			if (!w->ring[b][i] || !(w->ring[b][i]->out = tmpfile()))
				w->failed = true;
		}
	return w->f && !w->failed ? 0 : -1;
}

static inline void dw_format(struct dw *w, const char *system, char *text)
{
	struct dw_text *more = realloc(w->formats, (w->format_count + 1) * sizeof(*more));

	if (!more || !text) {
		w->failed = true;
		free(text);
		return;
	}
	w->formats = more;
	more[w->format_count++] = (struct dw_text){ system, text };
}

static inline void dw_header_info(struct dw *w, FILE *f)
{
	unsigned ls = w->o.long_size;
	char page[512];
	static const char event[] = "# compressed entry header\n\ttype_len    :    5 bits\n"
				    "\ttime_delta  :   27 bits\n\tarray       :   32 bits\n\n"
				    "\tpadding     : type == 29\n\ttime_extend : type == 30\n"
				    "\ttime_stamp : type == 31\n\tdata max type_len  == 28\n";

	snprintf(page, sizeof(page),
		 "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
		 "\tfield: local_t commit;\toffset:8;\tsize:%u;\tsigned:1;\n"
		 "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
		 "\tfield: char data;\toffset:%u;\tsize:%u;\tsigned:1;\n",
		 ls, 8 + ls, DW_PAGE - 8 - ls);
	dw_bytes(w, f, "header_page", 12);
	dw_put(w, f, strlen(page), 8);
	dw_bytes(w, f, page, strlen(page));
	dw_bytes(w, f, "header_event", 13);
	dw_put(w, f, strlen(event), 8);
	dw_bytes(w, f, event, strlen(event));
}

static inline void dw_ftrace_formats(struct dw *w, FILE *f)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->format_count; i++)
		n += !w->formats[i].system;
	dw_put(w, f, n, 4);
	for (unsigned i = 0; i < w->format_count; i++)
		if (!w->formats[i].system) {
			dw_put(w, f, strlen(w->formats[i].text), 8);
			dw_bytes(w, f, w->formats[i].text, strlen(w->formats[i].text));
		}
}

static inline bool dw_first_of_system(const struct dw *w, unsigned i)
{
	for (unsigned j = 0; j < i; j++)
		if (w->formats[j].system && !strcmp(w->formats[j].system, w->formats[i].system))
			return false;
	return true;
}

static inline void dw_event_formats(struct dw *w, FILE *f)
{
	unsigned systems = 0;

	for (unsigned i = 0; i < w->format_count; i++)
		systems += w->formats[i].system && dw_first_of_system(w, i);
	dw_put(w, f, systems, 4);
	for (unsigned i = 0; i < w->format_count; i++) {
		const char *system = w->formats[i].system;
		unsigned n = 0;

		if (!system || !dw_first_of_system(w, i))
			continue;
		for (unsigned j = i; j < w->format_count; j++)
			n += w->formats[j].system && !strcmp(w->formats[j].system, system);
		dw_bytes(w, f, system, strlen(system) + 1);
		dw_put(w, f, n, 4);
		for (unsigned j = i; j < w->format_count; j++)
			if (w->formats[j].system && !strcmp(w->formats[j].system, system)) {
				dw_put(w, f, strlen(w->formats[j].text), 8);
				dw_bytes(w, f, w->formats[j].text, strlen(w->formats[j].text));
			}
	}
}

static inline void dw_sized(struct dw *w, FILE *f, const char *text, unsigned size)
{
	size_t n = text ? strlen(text) : 0;

	dw_put(w, f, n, size);
	dw_bytes(w, f, text, n);
}

static inline void dw_option(struct dw *w, FILE *f, unsigned id, const void *data, uint32_t len)
{
	dw_put(w, f, id, 2);
	dw_put(w, f, len, 4);
	dw_bytes(w, f, data, len);
}

/* Options that both versions hold. */
static inline void dw_common_options(struct dw *w, FILE *f)
{
	static const char *const clocks[] = { "local",	"global", "counter",
					      "uptime", "mono",	  "x86-tsc" };
	char text[256] = "", uname[] = "Linux generated 0.0.0-gentrace none";
	uint8_t tsc[16];
	uint8_t count[4];

	for (unsigned i = 0; i < sizeof(clocks) / sizeof(*clocks); i++) {
		bool used = !strcmp(clocks[i], w->o.clock);

		snprintf(text + strlen(text), sizeof(text) - strlen(text), used ? "%s[%s]" : "%s%s",
			 i ? " " : "", clocks[i]);
	}
	strcat(text, "\n");
	dw_option(w, f, 4, text, (uint32_t)strlen(text) + 1);
	dw_option(w, f, 5, uname, sizeof(uname));
	dw_store(w, count, w->o.cpus, 4);
	dw_option(w, f, 8, count, 4);
	if (w->o.offset) {
		snprintf(text, sizeof(text), "%lld", (long long)w->o.offset);
		dw_option(w, f, 7, text, (uint32_t)strlen(text) + 1);
	}
	if (w->o.date) {
		snprintf(text, sizeof(text), "%#llx", (unsigned long long)w->o.date);
		dw_option(w, f, 1, text, (uint32_t)strlen(text) + 1);
	}
	if (w->o.tsc_mult) {
		dw_store(w, tsc, w->o.tsc_mult, 4);
		dw_store(w, tsc + 4, w->o.tsc_shift, 4);
		dw_store(w, tsc + 8, 0, 8);
		dw_option(w, f, 14, tsc, 16);
	}
}

static inline void dw_pad(struct dw *w)
{
	while (!w->failed && dw_tell(w) % DW_PAGE)
		dw_put(w, w->f, 0, 1);
}

static inline void dw_copy(struct dw *w, FILE *from)
{
	char buf[65536];
	size_t n;

	rewind(from);
	while ((n = fread(buf, 1, sizeof(buf), from)) > 0)
		dw_bytes(w, w->f, buf, n);
}

/* All CPUs' data, each on a page of its own; where they came to stand and their sizes. */
static inline void dw_cpu_data(struct dw *w, unsigned buffer, uint64_t *offset, uint64_t *size)
{
	for (unsigned i = 0; i < w->o.cpus; i++) {
		struct dw_ring *r = w->ring[buffer][i];

		dw_pad(w);
		offset[i] = dw_tell(w);
		if (w->o.packing != DW_PLAIN)
			dw_put(w, w->f, r->chunks, 4);
		dw_copy(w, r->out);
		size[i] = dw_tell(w) - offset[i];
	}
}

static inline void dw_flyrecord6(struct dw *w, unsigned buffer)
{
	uint64_t offset[DW_CPUS], size[DW_CPUS], table, end;

	dw_bytes(w, w->f, "flyrecord", 10);
	table = dw_tell(w);
	for (unsigned i = 0; i < 2 * w->o.cpus; i++)
		dw_put(w, w->f, 0, 8);
	dw_cpu_data(w, buffer, offset, size);
	end = dw_tell(w);
	fseeko(w->f, (off_t)table, SEEK_SET);
	for (unsigned i = 0; i < w->o.cpus; i++) {
		dw_put(w, w->f, offset[i], 8);
		dw_put(w, w->f, size[i], 8);
	}
	fseeko(w->f, (off_t)end, SEEK_SET);
}

static inline void dw_finish6(struct dw *w)
{
	uint64_t instance_at = 0;

	dw_header_info(w, w->f);
	dw_ftrace_formats(w, w->f);
	dw_event_formats(w, w->f);
	dw_sized(w, w->f, w->kallsyms, 4);
	dw_sized(w, w->f, "", 4);
	dw_sized(w, w->f, w->cmdlines, 8);
	dw_put(w, w->f, w->o.cpus, 4);
	dw_bytes(w, w->f, "options  ", 10);
	dw_common_options(w, w->f);
	if (w->o.instance) {
		dw_put(w, w->f, 3, 2);
		dw_put(w, w->f, 8 + strlen(w->o.instance) + 1, 4);
		instance_at = dw_tell(w);
		dw_put(w, w->f, 0, 8);
		dw_bytes(w, w->f, w->o.instance, strlen(w->o.instance) + 1);
	}
	dw_put(w, w->f, 0, 2);
	dw_flyrecord6(w, 0);
	if (w->o.instance) {
		uint64_t at = dw_tell(w);

		fseeko(w->f, (off_t)instance_at, SEEK_SET);
		dw_put(w, w->f, at, 8);
		fseeko(w->f, (off_t)at, SEEK_SET);
		dw_flyrecord6(w, 1);
	}
}

/* A section of version 7 around what `fill` writes; packed if the file is.  Returns its offset. */
static inline uint64_t dw_section(struct dw *w, unsigned id, FILE *content)
{
	uint64_t at = dw_tell(w);
	long plain = ftell(content);
	uint8_t *in = malloc((size_t)plain + 1), *out = malloc((size_t)plain + 4096);
	size_t packed = 0;

	rewind(content);
	if (!in || !out || fread(in, 1, (size_t)plain, content) != (size_t)plain)
		w->failed = true;
	if (!w->failed && w->o.packing == DW_ZLIB) {
		uLongf n = (uLongf)plain + 4096;

		packed = compress2(out, &n, in, (uLong)plain, 6) == Z_OK ? n : 0;
	} else if (!w->failed && w->o.packing == DW_ZSTD) {
		packed = ZSTD_compress(out, (size_t)plain + 4096, in, (size_t)plain, 3);
	}
	dw_put(w, w->f, id, 2);
	dw_put(w, w->f, packed != 0, 2);
	dw_put(w, w->f, 0, 4);
	dw_put(w, w->f, packed ? packed + 8 : (uint64_t)plain, 8);
	if (packed) {
		dw_put(w, w->f, packed, 4);
		dw_put(w, w->f, (uint64_t)plain, 4);
		dw_bytes(w, w->f, out, packed);
	} else if (!w->failed) {
		dw_bytes(w, w->f, in, (size_t)plain);
	}
	free(in);
	free(out);
	fclose(content);
	return at;
}

/* The pages of a buffer in a section, and the option that describes it. */
static inline void dw_buffer7(struct dw *w, unsigned buffer, FILE *options)
{
	uint64_t offset[DW_CPUS], size[DW_CPUS], at = dw_tell(w), end;
	const char *name = buffer ? w->o.instance : "";
	bool packed = w->o.packing != DW_PLAIN;

	dw_put(w, w->f, 3, 2);
	dw_put(w, w->f, packed, 2);
	dw_put(w, w->f, 0, 4);
	dw_put(w, w->f, 0, 8);
	dw_cpu_data(w, buffer, offset, size);
	end = dw_tell(w);
	fseeko(w->f, (off_t)at + 8, SEEK_SET);
	dw_put(w, w->f, end - at - 16, 8);
	fseeko(w->f, (off_t)end, SEEK_SET);
	dw_put(w, options, 3, 2);
	dw_put(w, options, 8 + strlen(name) + 1 + strlen(w->o.clock) + 1 + 8 + 20 * w->o.cpus, 4);
	dw_put(w, options, at, 8);
	dw_bytes(w, options, name, strlen(name) + 1);
	dw_bytes(w, options, w->o.clock, strlen(w->o.clock) + 1);
	dw_put(w, options, DW_PAGE, 4);
	dw_put(w, options, w->o.cpus, 4);
	for (unsigned i = 0; i < w->o.cpus; i++) {
		dw_put(w, options, i, 4);
		dw_put(w, options, offset[i], 8);
		/* trace-cmd does not count the word with the number of chunks */
		dw_put(w, options, size[i] - (packed ? 4 : 0), 8);
	}
}

static inline void dw_finish7(struct dw *w)
{
	static const char *const names[] = { "none", "zlib", "zstd" };
	static const char *const versions[] = { "", "1", "1" };
	FILE *options = tmpfile(), *s;
	uint64_t at[6], first;

	dw_bytes(w, w->f, names[w->o.packing], strlen(names[w->o.packing]) + 1);
	dw_bytes(w, w->f, versions[w->o.packing], strlen(versions[w->o.packing]) + 1);
	first = dw_tell(w);
	dw_put(w, w->f, 0, 8);
	for (unsigned id = 16; id <= 21 && options; id++) {
		uint8_t place[8];

		s = tmpfile();
		if (!s)
			break;
		if (id == 16)
			dw_header_info(w, s);
		else if (id == 17)
			dw_ftrace_formats(w, s);
		else if (id == 18)
			dw_event_formats(w, s);
		else
			dw_sized(w, s,
				 id == 19 ? w->kallsyms :
				 id == 20 ? "" :
					    w->cmdlines,
				 id == 21 ? 8 : 4);
		at[id - 16] = dw_section(w, id, s);
		dw_store(w, place, at[id - 16], 8);
		dw_option(w, options, id, place, 8);
	}
	if (!options) {
		w->failed = true;
		return;
	}
	dw_common_options(w, options);
	dw_buffer7(w, 0, options);
	if (w->o.instance)
		dw_buffer7(w, 1, options);
	dw_option(w, options, 0, "\0\0\0\0\0\0\0", 8);
	at[0] = dw_section(w, 0, options);
	fseeko(w->f, (off_t)first, SEEK_SET);
	dw_put(w, w->f, at[0], 8);
}

/* Write the rest and free everything; 0, or -1 if anything failed. */
static inline int dw_close(struct dw *w)
{
	char version[4];

	if (w->f && !w->failed) {
		for (unsigned b = 0; b < 2; b++)
			for (unsigned i = 0; i < w->o.cpus && w->ring[b][i]; i++) {
				dw_end_page(w, w->ring[b][i]);
				if (w->o.packing != DW_PLAIN)
					dw_chunk(w, w->ring[b][i]);
			}
		snprintf(version, sizeof(version), "%u", w->o.version);
		dw_bytes(w, w->f, "\x17\x08\x44tracing", 10);
		dw_bytes(w, w->f, version, strlen(version) + 1);
		dw_put(w, w->f, w->o.big_endian, 1);
		dw_put(w, w->f, w->o.long_size, 1);
		dw_put(w, w->f, DW_PAGE, 4);
		if (w->o.version == 6)
			dw_finish6(w);
		else
			dw_finish7(w);
	}
	for (unsigned b = 0; b < 2; b++)
		for (unsigned i = 0; i < w->o.cpus && w->ring[b][i]; i++) {
			if (w->ring[b][i]->out)
				fclose(w->ring[b][i]->out);
			free(w->ring[b][i]);
		}
	for (unsigned i = 0; i < w->format_count; i++)
		free(w->formats[i].text);
	free(w->formats);
	free(w->kallsyms);
	free(w->cmdlines);
	if (w->f && fclose(w->f))
		w->failed = true;
	return w->f && !w->failed ? 0 : -1;
}

#endif
