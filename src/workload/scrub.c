// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "workload/scrub.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/file.h"
#include "machine/kallsyms.h"
#include "machine/machine.h"
#include "workload/import.h"

#define PACK_FROM 65536 /* bytes of a file that is worth packing */

struct scrub {
	struct rebase key;
	struct map code; /* addresses of instructions in the trace */
	struct snapshot_source source;
	const char *dir; /* under construction */
	struct scrub_result *res;
	struct err *e;
};

/* ---- files that are not kept as they are: each writes what stays of b ---- */

typedef int (*filter_fn)(struct scrub *s, const struct blob *b, FILE *out);

static int copy(struct scrub *s, const struct blob *b, FILE *out)
{
	(void)s;
	fwrite(b->data, 1, b->len, out);
	return 0;
}

static int move_some(struct scrub *s, const struct blob *b, FILE *out)
{
	rebase_text(&s->key, (const char *)b->data, b->len, false, out);
	return 0;
}

static int move_all(struct scrub *s, const struct blob *b, FILE *out)
{
	rebase_text(&s->key, (const char *)b->data, b->len, true, out);
	return 0;
}

static int filter_symbols(struct scrub *s, const struct blob *b, FILE *out)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	int ret = f ? kallsyms_cut((const char *)b->data, b->len, &s->code, import_functions,
				   IMPORT_FUNCTIONS, f, s->e) :
		      0;

	if ((!f || fclose(f)) && ret >= 0)
		ret = err_set(s->e, ENOMEM, "out of memory for the symbols");
	if (ret >= 0)
		rebase_text(&s->key, text, len, true, out);
	free(text);
	return ret;
}

/* The lines that `keep` says bytes of are written, with so many of them. */
static int lines(const struct blob *b, FILE *out, size_t (*keep)(const char *p, size_t len))
{
	const char *p = (const char *)b->data, *end = p + b->len;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p)), *eol = nl ? nl : end;
		size_t n = keep(p, (size_t)(eol - p));

		if (n) {
			fwrite(p, 1, n, out);
			putc('\n', out);
		}
		p = eol + 1;
	}
	return 0;
}

static bool starts_with(const char *p, size_t len, const char *with)
{
	return len >= strlen(with) && !memcmp(p, with, strlen(with));
}

static size_t words(const char *p, size_t len, unsigned n)
{
	size_t at = 0;

	while (at < len && n--) {
		while (at < len && p[at] == ' ')
			at++;
		while (at < len && p[at] != ' ')
			at++;
	}
	return at;
}

/* "Linux version RELEASE" of /proc/version, "RELEASE ARCH" of uname; not who built it, where and when. */
static size_t keep_release(const char *p, size_t len)
{
	return words(p, len, starts_with(p, len, "Linux version ") ? 3 : 2);
}

static int filter_version(struct scrub *s, const struct blob *b, FILE *out)
{
	(void)s;
	return lines(b, out, keep_release);
}

static size_t keep_ram(const char *p, size_t len)
{
	static const char ram[] = " : System RAM";

	return len > sizeof(ram) && *p != ' ' &&
			       !memcmp(p + len - (sizeof(ram) - 1), ram, sizeof(ram) - 1) ?
		       len :
		       0;
}

static int filter_iomem(struct scrub *s, const struct blob *b, FILE *out)
{
	(void)s;
	return lines(b, out, keep_ram);
}

/* "processor	: 0"; s390's "processor 0: version = ..., identification = ..." up to the colon. */
static size_t keep_processor(const char *p, size_t len)
{
	const char *colon = memchr(p, ':', len);

	if (!starts_with(p, len, "processor") || !colon)
		return 0;
	return colon > p && colon[-1] >= '0' && colon[-1] <= '9' ? (size_t)(colon + 1 - p) : len;
}

static int filter_cpuinfo(struct scrub *s, const struct blob *b, FILE *out)
{
	(void)s;
	return lines(b, out, keep_processor);
}

/* Switches and numbers; the strings are names of the builder's. */
static size_t keep_switch(const char *p, size_t len)
{
	return starts_with(p, len, "CONFIG_") && !memchr(p, '"', len) ? len : 0;
}

static int filter_config(struct scrub *s, const struct blob *b, FILE *out)
{
	(void)s;
	return lines(b, out, keep_switch);
}

/* The ELF header and the segments of the direct map, which tell its base and nothing of the text. */
static int filter_kcore(struct scrub *s, const struct blob *b, FILE *out)
{
	Elf64_Ehdr h;
	uint8_t *to;

	if (b->len < sizeof(h) || memcmp(b->data, ELFMAG, SELFMAG))
		return 0;
	to = calloc(1, b->len);
	if (!to)
		return err_set(s->e, ENOMEM, "out of memory");
	if (b->data[EI_CLASS] == ELFCLASS64) {
		memcpy(&h, b->data, sizeof(h));
		memcpy(to, &h, sizeof(h));
		for (uint32_t i = 0;
		     i < h.e_phnum && h.e_phentsize >= sizeof(Elf64_Phdr) && h.e_phoff < b->len &&
		     (i + 1ull) * h.e_phentsize <= b->len - h.e_phoff;
		     i++) {
			Elf64_Phdr p;

			memcpy(&p, b->data + h.e_phoff + (uint64_t)i * h.e_phentsize, sizeof(p));
			p.p_vaddr = rebase_address(&s->key, p.p_vaddr);
			p.p_offset = 0;
			if (p.p_type != PT_LOAD || p.p_paddr == UINT64_MAX ||
			    p.p_vaddr >= REBASE_TEXT)
				memset(&p, 0, sizeof(p));
			memcpy(to + h.e_phoff + (uint64_t)i * h.e_phentsize, &p, sizeof(p));
		}
	} else {
		Elf32_Ehdr h32;

		memcpy(&h32, b->data, sizeof(h32));
		memcpy(to, &h32, sizeof(h32));
		for (uint32_t i = 0;
		     i < h32.e_phnum && h32.e_phentsize >= sizeof(Elf32_Phdr) &&
		     h32.e_phoff < b->len && (i + 1ull) * h32.e_phentsize <= b->len - h32.e_phoff;
		     i++) {
			Elf32_Phdr p;

			memcpy(&p, b->data + h32.e_phoff + (uint64_t)i * h32.e_phentsize,
			       sizeof(p));
			p.p_vaddr = (uint32_t)rebase_address(&s->key, p.p_vaddr);
			p.p_offset = 0;
			if (p.p_type != PT_LOAD || p.p_paddr == UINT32_MAX)
				memset(&p, 0, sizeof(p));
			memcpy(to + h32.e_phoff + (uint64_t)i * h32.e_phentsize, &p, sizeof(p));
		}
	}
	fwrite(to, 1, b->len, out);
	free(to);
	return 0;
}

/* Every file that is kept, and how; machine_attachments() and what the commands read besides. */
static const struct {
	const char *name;
	filter_fn filter;
} system_files[] = {
	{ "system/version", filter_version },	  { "system/kernel_config", filter_config },
	{ "system/iomem", filter_iomem },	  { "system/kcore_head.raw", filter_kcore },
	{ "system/sysctl_vm", move_some },	  { "system/thp", move_some },
	{ "system/cpuinfo", filter_cpuinfo },	  { "system/nodes", move_some },
	{ "system/cpu_cache", move_some },	  { "system/kallsyms", filter_symbols },
	{ "system/ring_buffer_stats", move_some }, { "system/page_reporting", copy },
	{ "system/narrowed", copy },
}, state_files[] = {
	{ "zoneinfo", move_some },    { "buddyinfo", move_some },
	{ "pagetypeinfo", move_some }, { "meminfo", move_some },
	{ "vmstat", move_some },      { "slabinfo", move_some },
	{ "slab_attrs.txt", move_some }, { "vmallocinfo", move_all },
	{ "kpageflags", copy },	      { "kpagecount", copy },
	{ "extfrag_extfrag_index", move_some }, { "extfrag_unusable_index", move_some },
	{ "jiffies", copy },
};

/* ---- writing ---- */

static int fail(const struct scrub *s, const char *name)
{
	int why = errno ? errno : EIO;

	return err_set(s->e, why, "%s/%s: %s", s->dir, name, strerror(why));
}

/* A file of the new capture, packed where it is large. */
static int put_file(struct scrub *s, const char *name, const void *data, size_t len)
{
	char path[PATH_MAX];
	bool good;

	errno = 0;
	if (len < PACK_FROM) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", s->dir, name);
		f = fopen(path, "wx");
		good = f && (!len || fwrite(data, 1, len, f) == len);
		if (f && fclose(f))
			good = false;
	} else {
		gzFile g;

		snprintf(path, sizeof(path), "%s/%s.gz", s->dir, name);
		g = gzopen(path, "wbx6"); /* 9 takes ten times as long for an eighth less */
		good = g && gzfwrite(data, 1, len, g) == len;
		if (g && gzclose(g) != Z_OK)
			good = false;
	}
	if (!good)
		return fail(s, name);
	s->res->files++;
	return 0;
}

static int scrub_file(struct scrub *s, const char *name, filter_fn filter)
{
	struct blob b;
	char *text = NULL;
	size_t len = 0;
	FILE *f;
	int ret = s->source.read(s->source.ctx, name, &b, s->e);

	if (ret == -ENOENT) {
		memset(s->e, 0, sizeof(*s->e));
		return 0;
	}
	if (ret < 0)
		return ret;
	f = open_memstream(&text, &len);
	ret = f ? filter(s, &b, f) : err_set(s->e, ENOMEM, "out of memory for %s", name);
	if (f && fclose(f) && ret >= 0)
		ret = err_set(s->e, ENOMEM, "out of memory for %s", name);
	if (ret >= 0)
		ret = put_file(s, name, text, len);
	free(text);
	blob_free(&b);
	return ret;
}

/* The raw dumps in words. */
static int put_words(struct scrub *s, const struct machine *m, const struct machine_state *st,
		     const char *name,
		     int (*make)(const struct machine *, const struct machine_state *,
				 struct blob *, struct err *))
{
	struct blob b;
	int ret = make(m, st, &b, s->e);

	if (ret == -ENOENT) {
		memset(s->e, 0, sizeof(*s->e));
		return 0;
	}
	if (ret < 0)
		return ret;
	ret = put_file(s, name, b.data, b.len);
	blob_free(&b);
	return ret;
}

static int put_dumps(struct scrub *s)
{
	struct machine *m = machine_load(&s->source, s->e);
	int ret;

	if (!m)
		return err_code(s->e);
	ret = put_words(s, m, &m->before, "before/lists", machine_lists_text);
	if (ret >= 0)
		ret = put_words(s, m, &m->after, "after/lists", machine_lists_text);
	if (ret >= 0)
		ret = put_words(s, m, &m->before, "before/slabs", machine_slabs_text);
	if (ret >= 0)
		ret = put_words(s, m, &m->after, "after/slabs", machine_slabs_text);
	machine_free(m);
	return ret;
}

/* Files in a folder, not in those below it. */
static unsigned count_files(const char *from, const char *sub)
{
	char path[PATH_MAX + 16];
	struct dirent *d;
	unsigned n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", from, sub);
	dir = opendir(path);
	while (dir && (d = readdir(dir)))
		n += d->d_type != DT_DIR;
	if (dir)
		closedir(dir);
	return n;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

static int scrub_snapshots(struct scrub *s, const char *from)
{
	static const char *const dirs[] = { "system", "before", "after" };
	char name[PATH_MAX + 16];
	unsigned all = count_files(from, ".") - 1; /* the trace is not left out */
	int ret = snapshot_dir_open(from, &s->source, s->e);

	for (unsigned d = 0; d < 3 && ret >= 0; d++) {
		snprintf(name, sizeof(name), "%s/%s", from, dirs[d]);
		all += count_files(from, dirs[d]);
		if (access(name, F_OK))
			continue;
		snprintf(name, sizeof(name), "%s/%s", s->dir, dirs[d]);
		if (mkdir(name, 0777))
			ret = fail(s, dirs[d]);
		if (!d)
			for (unsigned i = 0;
			     i < sizeof(system_files) / sizeof(*system_files) && ret >= 0; i++)
				ret = scrub_file(s, system_files[i].name, system_files[i].filter);
		else
			for (unsigned i = 0;
			     i < sizeof(state_files) / sizeof(*state_files) && ret >= 0; i++) {
				snprintf(name, sizeof(name), "%s/%s", dirs[d], state_files[i].name);
				ret = scrub_file(s, name, state_files[i].filter);
			}
	}
	s->res->dropped = all > s->res->files ? all - s->res->files : 0;
	if (ret >= 0)
		ret = put_dumps(s);
	snapshot_dir_close(&s->source);
	return ret;
}

static int scrub_trace(struct scrub *s, const char *from, const char *to, bool keep_going)
{
	const struct datscrub_options how = { keep_going, import_functions, IMPORT_FUNCTIONS };
	struct file_out o;
	int ret = file_out_open(&o, to, 0, s->e);

	if (ret < 0)
		return ret;
	ret = datscrub(from, &s->key, &how, o.f, &s->code, &s->res->trace, s->e);
	if (ret < 0)
		file_out_abort(&o);
	else
		ret = file_out_commit(&o, s->e);
	return ret;
}

static int scrub_dir(struct scrub *s, const struct capture *c, const char *out, bool keep_going)
{
	char part[PATH_MAX], trace[PATH_MAX];
	int ret;

	if ((size_t)snprintf(part, sizeof(part), "%s.partial", out) >= sizeof(part) - 16)
		return err_set(s->e, ENAMETOOLONG, "%s: name too long", out);
	if (mkdir(part, 0777))
		return err_set(s->e, errno, "%s: %s", part, strerror(errno));
	s->dir = part;
	snprintf(trace, sizeof(trace), "%.*s/trace.dat", (int)sizeof(trace) - 16, part);
	ret = scrub_trace(s, c->trace, trace, keep_going);
	if (ret >= 0)
		ret = scrub_snapshots(s, c->dir);
	if (ret >= 0 && rename(part, out))
		ret = err_set(s->e, errno, "%s: %s", out, strerror(errno));
	if (ret < 0)
		nftw(part, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return ret;
}

/* When it was scrubbed is nobody's business either. */
static int forget_time(const char *path, const struct stat *st, int type, struct FTW *where)
{
	const struct timespec never[2] = { { 0, 0 }, { 0, 0 } };

	(void)st, (void)type, (void)where;
	return utimensat(AT_FDCWD, path, never, AT_SYMLINK_NOFOLLOW);
}

int scrub_capture(const struct capture *c, const char *out, bool keep_going,
		  struct scrub_result *res, struct err *e)
{
	struct scrub s = { .res = res, .e = e };
	struct stat st;
	int ret;

	memset(res, 0, sizeof(*res));
	if (!lstat(out, &st))
		return err_set(e, EEXIST, "%s: is there already", out);
	ret = datscrub_long_size(c->trace, e);
	if (ret >= 0)
		ret = rebase_init(&s.key, (unsigned)ret, e);
	if (ret < 0)
		return ret;
	if (map_init(&s.code, 1024)) {
		rebase_free(&s.key);
		return err_set(e, ENOMEM, "out of memory");
	}
	ret = c->kind == CAPTURE_DIR ? scrub_dir(&s, c, out, keep_going) :
				       scrub_trace(&s, c->trace, out, keep_going);
	rebase_free(&s.key);
	map_free(&s.code);
	if (ret >= 0 && nftw(out, forget_time, 16, FTW_DEPTH | FTW_PHYS))
		ret = err_set(e, errno, "%s: %s", out, strerror(errno));
	return ret;
}

int scrub_replace(const char *raw, const char *out, struct scrub_result *res, struct err *e)
{
	struct capture c;

	if (capture_find(raw, &c, e) < 0 || scrub_capture(&c, out, false, res, e) < 0)
		return err_code(e);
	if (nftw(raw, remove_one, 16, FTW_DEPTH | FTW_PHYS))
		return err_set(e, errno, "%s cannot be removed: %s", raw, strerror(errno));
	return 0;
}
