// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/perf_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/bytes.h"
#include "trace/dat.h"

enum feature {
	FEATURE_TRACING_DATA = 1,
	FEATURE_BUILD_ID = 2,
	FEATURE_OSRELEASE = 4,
	FEATURE_ARCH = 6,
	FEATURE_NRCPUS = 7,
	FEATURE_DIR_FORMAT = 24,
	FEATURES = 256,
};

#define HEADER_LEN 104
#define ATTRS_MAX 65536
#define MISC_CPU_MODE 7 /* of a record's misc: whose it is */
#define MISC_KERNEL 1
#define MISC_MMAP_BUILD_ID \
	(1u << 14) /* a MMAP2 has a build id where else the file's device and number are */
#define MISC_BUILD_ID_SIZE \
	(1u << 15) /* a build id says how long it is; else it is of SHA-1, 20 bytes */
#define KERNEL_NAME "[kernel.kallsyms]"
#define HEAD_RECORDS 4096 /* at most so many are looked through for the kernel's place */

static int add_attr(struct perf_file *f, const uint8_t *p, uint64_t len, struct err *e)
{
	struct perf_layout *more;
	struct perf_attr a;

	if (f->layout_count == ATTRS_MAX)
		return err_set(e, EBADMSG, "more than %d events", ATTRS_MAX);
	if (!perf_attr_read(&a, p, len, f->swap))
		return err_set(e, EBADMSG, "an event attribute of %llu bytes",
			       (unsigned long long)len);
	more = realloc(f->layouts, (f->layout_count + 1) * sizeof(*more));
	if (!more)
		return err_set(e, ENOMEM, "out of memory for the event attributes");
	f->layouts = more;
	perf_layout_make(&more[f->layout_count++], &a);
	return 0;
}

/* The ids under which samples of the last attribute come. */
static int add_ids(struct perf_file *f, const uint8_t *p, uint64_t len, struct err *e)
{
	for (uint64_t i = 0; i + 8 <= len; i += 8)
		if (map_put(&f->by_id, bytes_u64(p + i, f->swap), f->layout_count - 1))
			return err_set(e, ENOMEM, "out of memory for the event ids");
	return 0;
}

/* A length and a string of so many bytes, its NULs among them. */
static void read_string(const struct cursor *from, char *out, size_t room)
{
	struct cursor c = *from;
	uint32_t len = cursor_u32(&c);
	const uint8_t *p = cursor_bytes(&c, len);

	if (p)
		snprintf(out, room, "%.*s", (int)strnlen((const char *)p, len < 4096 ? len : 4096),
			 (const char *)p);
}

/* The same as the start of a trace.dat of version 6, from its magic number on. */
static int read_tracing_data(struct perf_file *f, struct datfile *d, struct cursor c, struct err *e)
{
	const uint8_t *magic = cursor_bytes(&c, 10);
	const char *version = cursor_string(&c);
	uint8_t order = cursor_u8(&c);
	uint32_t n;

	d->long_size = cursor_u8(&c);
	d->page_size = cursor_u32(&c);
	if (c.bad || memcmp(magic, "\x17\x08\x44tracing", 10) || order > 1 ||
	    (d->long_size != 4 && d->long_size != 8))
		return dat_expected(&c, "the head of the tracing data", e);
	d->big_endian = order == 1;
	c.swap = d->swap = d->big_endian != HOST_BIG_ENDIAN;
	if (dat_read_header_info(d, &c, e) < 0)
		return err_code(e);
	n = cursor_u32(&c);
	if (dat_read_formats(d, &c, "ftrace", n, e) < 0 || dat_read_systems(d, &c, e) < 0 ||
	    dat_read_text(&c, 4, &d->kallsyms, "kallsyms", e) < 0 ||
	    dat_read_text(&c, 4, &d->printk, "the printk formats", e) < 0)
		return err_code(e);
	if (strcmp(version, "0.6") >= 0 &&
	    dat_read_text(&c, 8, &d->cmdlines, "the saved command lines", e) < 0)
		return err_code(e);
	f->has_tracing = true;
	return 0;
}

uint64_t perf_record_len(const struct perf_file *f, const uint8_t *p, const uint8_t *end)
{
	uint64_t left = (uint64_t)(end - p), len, more = 0;
	uint32_t type;

	if (left < PERF_RECORD_HEAD)
		return 0;
	type = bytes_u32(p, f->swap);
	len = bytes_u16(p + 6, f->swap);
	if (len < PERF_RECORD_HEAD || len > left)
		return 0;
	if (type == PERF_TRACING_DATA && len >= 12)
		more = ((uint64_t)bytes_u32(p + 8, f->swap) + 7) & ~7ull;
	else if (type == PERF_AUXTRACE && len >= 16)
		more = bytes_u64(p + 8, f->swap);
	return more <= left - len ? len + more : 0;
}

/* ---- which kernel ---- */

static bool of_kernel(const struct perf_file *f, const uint8_t *rec)
{
	return (bytes_u16(rec + 4, f->swap) & MISC_CPU_MODE) == MISC_KERNEL;
}

static void set_build_id(struct kernel_id *k, const uint8_t *id, unsigned len)
{
	if (!len || len > BUILD_ID_MAX)
		return;
	memcpy(k->build, id, len);
	k->build_len = (uint8_t)len;
}

/* What stands behind the prefix of the kernel's name at p: NULL where that is another's. */
static const char *behind_name(const uint8_t *p, const uint8_t *end)
{
	size_t len = sizeof(KERNEL_NAME) - 1;

	if ((size_t)(end - p) <= len || memcmp(p, KERNEL_NAME, len) ||
	    !memchr(p, 0, (size_t)(end - p)))
		return NULL;
	return (const char *)p + len;
}

/* Records of a head, a process's number, 24 bytes with the build id in them, and whose it is. */
static void read_build_ids(struct perf_file *f, struct cursor c)
{
	while (c.end - c.p >= PERF_RECORD_HEAD + 28) {
		const uint8_t *rec = c.p;
		uint16_t misc = bytes_u16(rec + 4, f->swap), len = bytes_u16(rec + 6, f->swap);

		if (len < PERF_RECORD_HEAD + 28 || len > c.end - c.p)
			return;
		if (of_kernel(f, rec) && behind_name(rec + 36, rec + len))
			set_build_id(&f->kernel, rec + 12,
				     misc & MISC_BUILD_ID_SIZE ? rec[32] : BUILD_ID_MAX);
		c.p += len;
	}
}

/*
 * Where the kernel lay: its MMAP record, one of the first, is named for a symbol, whose address is the
 * record's page offset.
 */
static void read_mmap(struct perf_file *f, const uint8_t *rec, uint32_t type, uint32_t len)
{
	bool two = type == PERF_MMAP2;
	uint32_t name = two ? 72 : 40;
	const char *ref = len > name && of_kernel(f, rec) ? behind_name(rec + name, rec + len) :
							    NULL;

	if (!ref)
		return;
	if (two && bytes_u16(rec + 4, f->swap) & MISC_MMAP_BUILD_ID && !f->kernel.build_len)
		set_build_id(&f->kernel, rec + 44, rec[40]);
	snprintf(f->kernel.ref, sizeof(f->kernel.ref), "%s", ref);
	f->kernel.ref_addr = bytes_u64(rec + 32, f->swap);
}

static void find_kernel(struct perf_file *f, const struct datfile *d)
{
	const uint8_t *p = d->map.data + f->data, *end = d->map.data + f->end;
	uint64_t len;

	for (unsigned i = 0; i < HEAD_RECORDS && !f->kernel.ref[0]; i++, p += len) {
		uint32_t type, size;

		len = perf_record_len(f, p, end);
		if (!len)
			return;
		type = bytes_u32(p, f->swap);
		size = bytes_u16(p + 6, f->swap);
		if (type == PERF_MMAP || type == PERF_MMAP2)
			read_mmap(f, p, type, size);
	}
}

static int read_feature(struct perf_file *f, struct datfile *d, unsigned id, struct cursor c,
			struct err *e)
{
	switch (id) {
	case FEATURE_BUILD_ID:
		read_build_ids(f, c);
		return 0;
	case FEATURE_TRACING_DATA:
		return f->has_tracing ? 0 : read_tracing_data(f, d, c, e);
	case FEATURE_OSRELEASE:
		read_string(&c, f->release, sizeof(f->release));
		return 0;
	case FEATURE_ARCH:
		read_string(&c, f->arch, sizeof(f->arch));
		return 0;
	case FEATURE_DIR_FORMAT:
		f->in_directory = true;
		return 0;
	case FEATURE_NRCPUS: /* online and, before it, available */
		f->cpus = cursor_u32(&c);
		return 0;
	default:
		return 0;
	}
}

/* A cursor over a section; bad where it does not lie in the file. */
static struct cursor section(const struct perf_file *f, const struct datfile *d, uint64_t offset,
			     uint64_t size)
{
	const uint8_t *p = d->map.data;
	bool bad = offset > d->map.size || size > d->map.size - offset;

	if (bad)
		offset = size = 0;
	return (struct cursor){ p, p + offset, p + offset + size, f->swap, bad };
}

static int read_attrs(struct perf_file *f, struct datfile *d, uint64_t each, uint64_t offset,
		      uint64_t size, struct err *e)
{
	struct cursor c = section(f, d, offset, size);

	if (c.bad || each < 64 + 16 || each > 4096)
		return dat_expected(&c, "the event attributes", e);
	while ((uint64_t)(c.end - c.p) >= each) {
		const uint8_t *p = cursor_bytes(&c, each);
		struct cursor ids = section(f, d, bytes_u64(p + each - 16, f->swap),
					    bytes_u64(p + each - 8, f->swap));

		if (ids.bad)
			return dat_expected(&c, "the place of an event's ids", e);
		if (add_attr(f, p, each - 16, e) < 0 ||
		    add_ids(f, ids.p, (uint64_t)(ids.end - ids.p), e) < 0)
			return err_code(e);
	}
	return 0;
}

static int read_features(struct perf_file *f, struct datfile *d, const uint8_t *bits, struct err *e)
{
	struct cursor c = section(f, d, f->end, d->map.size - f->end);

	for (unsigned i = 0; i < FEATURES; i++) {
		struct cursor s;
		uint64_t offset;

		if (!(bytes_u64(bits + i / 64 * 8, f->swap) >> i % 64 & 1))
			continue;
		offset = cursor_u64(&c);
		s = section(f, d, offset, cursor_u64(&c));
		if (c.bad || s.bad)
			return dat_expected(&c, "the place of a feature section", e);
		if (read_feature(f, d, i, s, e) < 0)
			return err_code(e);
	}
	return 0;
}

static int open_file(struct perf_file *f, struct datfile *d, struct cursor *c, struct err *e)
{
	uint64_t each = cursor_u64(c), attrs = cursor_u64(c), attrs_size = cursor_u64(c);
	uint64_t size;
	const uint8_t *bits;

	f->data = cursor_u64(c);
	size = cursor_u64(c);
	cursor_u64(c); /* the names of the events, up to 2.6.38 */
	cursor_u64(c);
	bits = cursor_bytes(c, FEATURES / 8);
	if (c->bad || f->data > d->map.size)
		return dat_expected(c, "the file's header", e);
	if (read_attrs(f, d, each, attrs, attrs_size, e) < 0)
		return err_code(e);
	if (!size)
		return err_set(e, EBADMSG,
			       "the recorder did not come to its end: no event formats were saved");
	if (size > d->map.size - f->data)
		return err_set(e, EBADMSG,
			       "the file is cut off after byte %llu; the event formats, at its "
			       "end, are missing",
			       (unsigned long long)d->map.size);
	f->end = f->data + size;
	return read_features(f, d, bits, e);
}

/* The records before the first sample tell what a file's sections would. */
static int open_pipe(struct perf_file *f, struct datfile *d, struct err *e)
{
	const uint8_t *start = d->map.data, *p = start + f->data, *end = start + d->map.size;
	uint64_t len;

	f->end = d->map.size;
	for (; (len = perf_record_len(f, p, end)); p += len) {
		uint32_t type = bytes_u32(p, f->swap), size = bytes_u16(p + 6, f->swap);
		struct cursor c = { start, p + 8, p + len, f->swap, false };
		uint64_t id;
		int ret = 0;

		if (type == PERF_SAMPLE || type == PERF_COMPRESSED || type == PERF_COMPRESSED2)
			break;
		if (type == PERF_HEADER_ATTR) {
			/* The attribute's own length stands in its second word. */
			uint32_t attr = size >= 16 ? bytes_u32(p + 12, f->swap) : 0;

			if (attr > size - 8)
				return dat_expected(&c, "an event attribute", e);
			ret = add_attr(f, p + 8, attr, e);
			if (ret >= 0)
				ret = add_ids(f, p + 8 + attr, size - 8 - attr, e);
		} else if (type == PERF_HEADER_FEATURE) {
			id = cursor_u64(&c);
			ret = id < FEATURES ? read_feature(f, d, (unsigned)id, c, e) : 0;
		} else if (type == PERF_TRACING_DATA && !f->has_tracing) {
			c.p = p + size;
			ret = read_tracing_data(f, d, c, e);
		}
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* Without the feature: the highest number in any sample. */
static int count_cpus(struct perf_file *f, const struct datfile *d, struct err *e)
{
	const uint8_t *p = d->map.data + f->data, *end = d->map.data + f->end;
	uint64_t len;

	for (; (len = perf_record_len(f, p, end)); p += len) {
		uint32_t type = bytes_u32(p, f->swap), size = bytes_u16(p + 6, f->swap);
		const struct perf_layout *l;
		struct perf_sample s;

		if (type == PERF_COMPRESSED || type == PERF_COMPRESSED2)
			return err_set(e, EPROTONOSUPPORT,
				       "packed records in a file that does not say how many CPUs "
				       "the machine has");
		l = type == PERF_SAMPLE ? perf_file_layout(f, p, size) : NULL;
		if (l && perf_sample_read(l, p, size, f->swap, &s) && s.cpu < DAT_CPUS &&
		    s.cpu >= f->cpus)
			f->cpus = s.cpu + 1;
	}
	return 0;
}

static bool all_alike(struct perf_file *f)
{
	const struct perf_layout *first;

	while (f->sampled + 1 < f->layout_count && f->layouts[f->sampled].attr.silent)
		f->sampled++;
	first = &f->layouts[f->sampled];
	for (uint32_t i = 0; i < f->layout_count; i++) {
		const struct perf_layout *l = &f->layouts[i];

		if (!l->attr.silent &&
		    (!l->tracepoint || l->attr.sample_type != first->attr.sample_type ||
		     l->attr.read_format != first->attr.read_format ||
		     l->attr.sample_id_all != first->attr.sample_id_all))
			return false;
	}
	return true;
}

/* Where events differ in layout, a sample must say at one place which event it is of. */
static bool ids_alike(const struct perf_file *f)
{
	for (uint32_t i = 0; i < f->layout_count; i++)
		if (!f->layouts[i].id || f->layouts[i].id != f->layouts[0].id)
			return false;
	return true;
}

static int check(struct perf_file *f, struct datfile *d, struct err *e)
{
	bool any = false;

	for (uint32_t i = 0; i < f->layout_count; i++)
		any |= f->layouts[i].tracepoint;
	if (!any)
		return err_set(e, EBADMSG, "no tracepoint with its raw data was recorded");
	if (!f->has_tracing)
		return err_set(e, EBADMSG, "the file holds no event formats (tracing data)");
	f->uniform = all_alike(f);
	if (!f->uniform && !ids_alike(f))
		return err_set(e, EPROTONOSUPPORT,
			       "events of different sample layouts, and no ids to tell them apart");
	if (!f->cpus && count_cpus(f, d, e) < 0)
		return err_code(e);
	if (!f->cpus)
		f->cpus = 1;
	if (f->cpus > DAT_CPUS)
		return err_set(e, EBADMSG, "%u CPUs", f->cpus);
	find_kernel(f, d);
	return 0;
}

int perf_file_open(struct perf_file *f, struct datfile *d, struct err *e)
{
	struct cursor c = { d->map.data, d->map.data, d->map.data + d->map.size, false, false };
	const uint8_t *magic = cursor_bytes(&c, 8);
	uint64_t size;
	int ret;

	memset(f, 0, sizeof(*f));
	if (map_init(&f->by_id, 256))
		return err_set(e, ENOMEM, "out of memory");
	f->swap = magic && !memcmp(magic, HOST_BIG_ENDIAN ? "PERFILE2" : "2ELIFREP", 8);
	c.swap = f->swap;
	d->swap = f->swap;
	d->big_endian = f->swap != HOST_BIG_ENDIAN;
	size = cursor_u64(&c);
	if (c.bad || (size != 16 && size < HEADER_LEN))
		return dat_expected(&c, "the header's size", e);
	f->pipe = size == 16;
	f->data = size;
	ret = f->pipe ? open_pipe(f, d, e) : open_file(f, d, &c, e);
	return ret < 0 ? ret : check(f, d, e);
}

void perf_file_close(struct perf_file *f)
{
	free(f->layouts);
	map_free(&f->by_id);
	memset(f, 0, sizeof(*f));
}

const struct perf_layout *perf_file_layout_of(const struct perf_file *f, const uint8_t *rec,
					      uint32_t len)
{
	uint16_t at = f->layouts[0].id;
	uint32_t i;

	if (len < at + 8u)
		return NULL;
	i = map_get(&f->by_id, bytes_u64(rec + at, f->swap));
	return i == MAP_NONE ? NULL : &f->layouts[i];
}
